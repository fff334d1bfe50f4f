"""How a value that was found is shown in a problem."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

__all__ = ["found_text", "json_kind"]

_LONGEST = 60


def _shortened(text: str) -> str:
    if len(text) > _LONGEST:
        text = text[: _LONGEST - 1] + "…"
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def json_kind(value: object) -> str:
    """Return the JSON name of what a value is: `text`, `a number`, `an object`, ..."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, int | float | Decimal):
        return "a number"
    if isinstance(value, str):
        return "text"
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list | tuple):
        return "a list"
    if isinstance(value, date):
        return "a date"
    return "something that is not JSON"


def found_text(value: object) -> str:
    """Return a value as a short, printable text, whatever it is; nested values only by their kind."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _shortened(str.__str__(value)) if value else "empty text"
    if isinstance(value, int) and value.bit_length() > 256:
        return "a number of more than 70 digits"
    if isinstance(value, int):
        return int.__repr__(value)
    if isinstance(value, float):
        return float.__repr__(value)
    if isinstance(value, Decimal):
        return _shortened(Decimal.__str__(value))
    if isinstance(value, date):
        return value.isoformat()
    return json_kind(value)
