"""What HubSpot accepts as the value of a property, and what it makes of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from fairlead_hubspot.sandbox.answers import iso, to_ms

__all__ = ["BadValue", "Checked", "checked", "instant_ms"]

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_DAY_MS = 86_400_000


class BadValue(Exception):
    """A value that is refused; `code` is HubSpot's."""

    def __init__(self, code: str, name: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.name = name


@dataclass(frozen=True, slots=True)
class Checked:
    """A value as it is kept; `normalized` where it is not what was sent."""

    value: str | None
    normalized: bool = False


def checked(shown: dict[str, Any], raw: Any, *, newest: bool) -> Checked:
    """Return a value as it is kept.

    `newest` has the write rules of 2026-09: a date that is not written as one is normalised, and reported.
    Raises BadValue.
    """
    name = shown["name"]
    if shown["modificationMetadata"]["readOnlyValue"]:
        raise BadValue("READ_ONLY_VALUE", name, f'"{name}" is a read only property')
    if raw is None or raw == "":
        return Checked(None)
    text = ("true" if raw else "false") if isinstance(raw, bool) else str(raw)
    match shown["type"], shown["fieldType"]:
        case ("enumeration", "checkbox"):
            chosen = [part for part in text.split(";") if part]
            _among(shown, chosen, text)
            return Checked(";".join(chosen))
        case ("enumeration", "booleancheckbox") | ("bool", _):
            if text not in ("true", "false"):
                raise BadValue("INVALID_OPTION", name, f"{text} was not one of the allowed options")
        case ("enumeration", _):
            if not shown["externalOptions"]:
                _among(shown, [text], text)
        case ("number", _):
            try:
                number = Decimal(text)
            except InvalidOperation:
                raise BadValue("INVALID_INTEGER", name, f"{text} was not a valid number.") from None
            if not number.is_finite():
                raise BadValue("INVALID_INTEGER", name, f"{text} was not a valid number.")
        case ("date", _):
            return _day(name, text, newest=newest)
        case ("datetime", _):
            return _instant(name, text)
        case _ if name == "email" and not _EMAIL.fullmatch(text):
            raise BadValue("INVALID_EMAIL", name, f"Email address {text} is invalid")
    return Checked(text)


def instant_ms(text: str) -> int | None:
    """Return an instant written in ISO 8601 or as thousandths of a second; None for anything else."""
    if re.fullmatch(r"-?\d+", text):
        return int(text)
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    return to_ms(instant if instant.tzinfo else instant.replace(tzinfo=UTC))


def _among(shown: dict[str, Any], chosen: list[str], text: str) -> None:
    known = {option["value"] for option in shown["options"]}
    if not set(chosen) <= known:
        message = f"{text} was not one of the allowed options: [{', '.join(sorted(known))}]"
        raise BadValue("INVALID_OPTION", shown["name"], message)


def _day(name: str, text: str, *, newest: bool) -> Checked:
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        try:
            return Checked(date.fromisoformat(text).isoformat())
        except ValueError:
            raise BadValue("INVALID_DATE", name, f"{text} was not a valid date.") from None
    ms = instant_ms(text)
    if ms is None or (ms % _DAY_MS and not newest):
        raise BadValue("INVALID_DATE", name, f"{text} is at a time of day, not midnight in UTC.")
    return Checked(datetime.fromtimestamp(ms / 1000, UTC).date().isoformat(), normalized=newest)


def _instant(name: str, text: str) -> Checked:
    ms = instant_ms(text)
    if ms is None:
        raise BadValue("INVALID_LONG", name, f"{text} was not a valid long.")
    return Checked(iso(ms))
