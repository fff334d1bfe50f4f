"""Values on their way to and from HubSpot, which writes everything as text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from fairlead.plugins.fields import FieldInfo, FieldKind, FieldSpec, Option
from fairlead.plugins.records import Scalar

__all__ = [
    "WHOLE_NUMBER",
    "decoded",
    "described",
    "encoded",
    "instant",
    "kind_of",
    "milliseconds",
    "wire_type",
]

#: a text property holds at most this many characters (HubSpot knowledge base, property field types)
_TEXT_LENGTH = 65_536
#: HubSpot does not tell whole numbers from others; the description of a property of ours does
WHOLE_NUMBER = "Whole number."
_KINDS = {
    ("string", "textarea"): FieldKind.LONG_TEXT,
    ("string", "html"): FieldKind.LONG_TEXT,
    ("enumeration", "checkbox"): FieldKind.MANY_OF,
    ("enumeration", "booleancheckbox"): FieldKind.BOOLEAN,
}
_KINDS_BY_TYPE = {
    "bool": FieldKind.BOOLEAN,
    "date": FieldKind.DATE,
    "datetime": FieldKind.DATE_TIME,
    "enumeration": FieldKind.ONE_OF,
    "number": FieldKind.DECIMAL,
    "phone_number": FieldKind.TEXT,
    "string": FieldKind.TEXT,
}
_WIRE = {
    FieldKind.TEXT: ("string", "text"),
    FieldKind.LONG_TEXT: ("string", "textarea"),
    FieldKind.BOOLEAN: ("bool", "booleancheckbox"),
    FieldKind.INTEGER: ("number", "number"),
    FieldKind.DECIMAL: ("number", "number"),
    FieldKind.DATE: ("date", "date"),
    FieldKind.DATE_TIME: ("datetime", "date"),
    FieldKind.ONE_OF: ("enumeration", "select"),
    FieldKind.MANY_OF: ("enumeration", "checkbox"),
}


def kind_of(shown: Mapping[str, Any]) -> FieldKind:
    """Return what a property holds, from its `type` and `fieldType`."""
    if shown.get("referencedObjectType"):
        return FieldKind.LINK
    wire = (str(shown.get("type")), str(shown.get("fieldType")))
    if wire[0] == "number" and WHOLE_NUMBER in str(shown.get("description") or ""):
        return FieldKind.INTEGER
    return _KINDS.get(wire) or _KINDS_BY_TYPE.get(wire[0], FieldKind.OTHER)


def wire_type(spec: FieldSpec) -> tuple[str, str]:
    """Return `type` and `fieldType` of the property for a field of ours; raises KeyError for other kinds."""
    return _WIRE[spec.kind]


def described(shown: Mapping[str, Any]) -> FieldInfo:
    """Return a property as all CRMs' fields are described."""
    kind = kind_of(shown)
    metadata = shown.get("modificationMetadata") or {}
    refers_to = shown.get("referencedObjectType")
    return FieldInfo(
        name=str(shown["name"]),
        label=str(shown.get("label") or shown["name"]),
        kind=kind,
        options=tuple(
            Option(str(option["value"]), str(option.get("label") or option["value"]))
            for option in shown.get("options") or ()
            if kind in (FieldKind.ONE_OF, FieldKind.MANY_OF)
        ),
        writable=not metadata.get("readOnlyValue") and not shown.get("calculated"),
        custom=not shown.get("hubspotDefined"),
        unique=bool(shown.get("hasUniqueValue")),
        length=_TEXT_LENGTH if kind in (FieldKind.TEXT, FieldKind.LONG_TEXT) else None,
        links_to=(str(refers_to).lower(),) if refers_to else (),
    )


def decoded(kind: FieldKind, text: Any) -> Scalar:
    """Return a value as read; raises ValueError for a text that its kind does not have."""
    if text is None or text == "":
        return None
    held = str(text)
    match kind:
        case FieldKind.BOOLEAN:
            if held.lower() not in ("true", "false"):
                raise ValueError(kind)
            return held.lower() == "true"
        case FieldKind.INTEGER:
            number = _number(held)
            if number != number.to_integral_value():
                raise ValueError(kind)
            return int(number)
        case FieldKind.DECIMAL:
            return _number(held)
        case FieldKind.DATE:
            found = instant(held)
            return found.date() if found is not None else date.fromisoformat(held)
        case FieldKind.DATE_TIME:
            found = instant(held)
            if found is None:
                raise ValueError(kind)
            return found
        case FieldKind.MANY_OF:
            return tuple(part for part in held.split(";") if part)
    return held


def encoded(value: Scalar) -> str:
    """Return a value as HubSpot takes it; the empty text empties a property."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case datetime():
            utc = value.astimezone(UTC)
            return utc.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        case date():
            return value.isoformat()
        case Decimal():
            return format(value, "f")
        case tuple():
            return ";".join(value)
    return str(value)


def instant(text: str) -> datetime | None:
    """Return an instant in ISO 8601, or in thousandths of a second; None for a date without a time."""
    if re.fullmatch(r"-?\d{9,}", text):
        try:
            return datetime.fromtimestamp(int(text) / 1000, UTC)
        except (OverflowError, OSError):
            raise ValueError("instant") from None
    if "T" not in text:
        return None
    found = datetime.fromisoformat(text)
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def milliseconds(when: datetime) -> int:
    """Return an instant as HubSpot's filters take it."""
    return int(when.timestamp() * 1000)


def _number(text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise ValueError("number") from None
    if not number.is_finite():
        raise ValueError("number")
    return number
