"""Values between Zoho CRM's wire form and Fairlead's."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from fairlead.plugins.fields import FieldInfo, FieldKind
from fairlead.plugins.records import Scalar

__all__ = ["FLAG_OPTIONS", "Unfitting", "decode", "encode", "instant_text", "parse_instant"]

#: the pick list that Fairlead has in the place of a checkbox, which cannot be empty
FLAG_OPTIONS = ("Yes", "No")


class Unfitting(Exception):
    """A value is not of its field's kind."""


def decode(kind: FieldKind, wire: Any) -> Scalar:
    """Return a value as read; raises Unfitting."""
    if wire is None or wire == "" or wire == [] or wire == "-None-":
        return None
    match kind, wire:
        case FieldKind.BOOLEAN, bool():
            return wire
        case FieldKind.BOOLEAN, "Yes" | "No":
            return bool(wire == "Yes")
        case FieldKind.INTEGER, int() if not isinstance(wire, bool):
            return wire
        case FieldKind.INTEGER, str():
            return _whole(wire)
        case FieldKind.DECIMAL, int() | Decimal() if not isinstance(wire, bool):
            return Decimal(wire)
        case FieldKind.DECIMAL, str():
            return _decimal(wire)
        case FieldKind.DATE, str():
            return _date(wire)
        case FieldKind.DATE_TIME, str():
            return parse_instant(wire)
        case FieldKind.LINK, {"id": found}:
            return str(found)
        case FieldKind.MANY_OF, list():
            return tuple(map(str, wire))
        case FieldKind.TEXT | FieldKind.LONG_TEXT | FieldKind.ONE_OF | FieldKind.LINK, str():
            return wire
    raise Unfitting


def encode(field: FieldInfo, value: Scalar) -> Any:
    """Return a value as it is written; raises Unfitting."""
    if value is None or value in ("", ()):
        return None
    match field.kind, value:
        case FieldKind.BOOLEAN, bool():
            if field.options:
                return FLAG_OPTIONS[0] if value else FLAG_OPTIONS[1]
            return value
        case FieldKind.INTEGER, int() if not isinstance(value, bool):
            return value
        case FieldKind.DECIMAL, int() | Decimal() if not isinstance(value, bool):
            return value
        case FieldKind.DATE_TIME, datetime() if value.tzinfo is not None:
            return instant_text(value)
        case FieldKind.DATE, date() if not isinstance(value, datetime):
            return value.isoformat()
        case FieldKind.LINK, str():
            return {"id": value}
        case FieldKind.MANY_OF, tuple():
            return list(value)
        case FieldKind.TEXT | FieldKind.LONG_TEXT | FieldKind.ONE_OF, str():
            return value
    raise Unfitting


def instant_text(value: datetime) -> str:
    """Return an instant as Zoho takes it: in whole seconds, with its offset."""
    return value.astimezone(UTC).isoformat(timespec="seconds")


def parse_instant(text: str) -> datetime:
    """Return the instant that Zoho writes; raises Unfitting."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise Unfitting from None
    if found.tzinfo is None:
        raise Unfitting
    return found.astimezone(UTC)


def _whole(text: str) -> int:
    # big integers come as text
    if not text.removeprefix("-").isdecimal() or len(text) > 19:
        raise Unfitting
    return int(text)


def _decimal(text: str) -> Decimal:
    try:
        found = Decimal(text)
    except InvalidOperation:
        raise Unfitting from None
    if not found.is_finite():
        raise Unfitting
    return found


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Unfitting from None
