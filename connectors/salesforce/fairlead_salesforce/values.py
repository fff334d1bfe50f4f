"""Values between Salesforce's forms (JSON, CSV, SOQL) and those of the contract; fields as described."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from fairlead.plugins.failures import Failure, FailureKind
from fairlead.plugins.fields import FieldInfo, FieldKind, Option
from fairlead.plugins.records import Scalar

__all__ = [
    "EMPTY_CELL",
    "Unreadable",
    "Unwritable",
    "field_from_describe",
    "from_wire",
    "instant_text",
    "is_id",
    "read_instant",
    "to_cell",
    "to_wire",
]

#: what empties a field in a CSV file: an empty cell leaves it as it is
EMPTY_CELL = "#N/A"

_KINDS: Mapping[str, FieldKind] = {
    "string": FieldKind.TEXT,
    "email": FieldKind.TEXT,
    "phone": FieldKind.TEXT,
    "url": FieldKind.TEXT,
    "combobox": FieldKind.TEXT,
    "encryptedstring": FieldKind.TEXT,
    "id": FieldKind.TEXT,
    "textarea": FieldKind.LONG_TEXT,
    "boolean": FieldKind.BOOLEAN,
    "int": FieldKind.INTEGER,
    "long": FieldKind.INTEGER,
    "date": FieldKind.DATE,
    "datetime": FieldKind.DATE_TIME,
    "picklist": FieldKind.ONE_OF,
    "multipicklist": FieldKind.MANY_OF,
    "reference": FieldKind.LINK,
}
_NUMBERS = ("double", "currency", "percent")
_ID = re.compile(r"[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?")


class Unreadable(Exception):
    """A value has not the form of its field."""


class Unwritable(Exception):
    """A value cannot be put into a call; `failure` says why."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


def is_id(text: str) -> bool:
    """Tell whether a text has the form of a record id: only such texts are put into queries."""
    return _ID.fullmatch(text) is not None


def field_from_describe(told: Mapping[str, Any]) -> FieldInfo:
    """Return a field from its member of a describe."""
    type_ = str(told["type"])
    scale = int(told.get("scale") or 0)
    if type_ in _NUMBERS:
        kind = FieldKind.INTEGER if scale == 0 and type_ == "double" else FieldKind.DECIMAL
    else:
        kind = _KINDS.get(type_, FieldKind.OTHER)
    options = tuple(
        Option(str(each["value"]), str(each.get("label") or each["value"]))
        for each in told.get("picklistValues") or ()
        if each.get("active", True)
    )
    return FieldInfo(
        name=str(told["name"]),
        label=str(told.get("label") or told["name"]),
        kind=kind,
        options=options if kind in (FieldKind.ONE_OF, FieldKind.MANY_OF) else (),
        writable=bool(told.get("updateable")),
        custom=bool(told.get("custom")),
        unique=bool(told.get("unique")),
        length=int(told.get("length") or 0) or None,
        scale=scale if kind is FieldKind.DECIMAL else None,
        links_to=tuple(str(each) for each in told.get("referenceTo") or ()),
    )


def read_instant(text: str) -> datetime:
    """Return a date-time of the REST or the bulk interface in UTC; raises ValueError."""
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(text)
    return instant.astimezone(UTC)


def instant_text(instant: datetime) -> str:
    """Return an instant as SOQL and the interfaces take it."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def from_wire(kind: FieldKind, value: Any) -> Scalar:
    """Return a value of a JSON answer or a CSV cell; raises Unreadable."""
    if value is None or value == "":
        return None
    try:
        return _READERS.get(kind, _text)(value)
    except (ValueError, InvalidOperation, TypeError):
        raise Unreadable from None


def _boolean(value: Any) -> Scalar:
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}[value] if value in ("true", "false") else _no()


def _decimal(value: Any) -> Scalar:
    if isinstance(value, bool):
        return _no()
    number = Decimal(value)
    return number if number.is_finite() else _no()


def _integer(value: Any) -> Scalar:
    if isinstance(value, bool):
        return _no()
    number = Decimal(value)
    return int(number) if number == number.to_integral_value() else _no()


def _many(value: Any) -> Scalar:
    return tuple(value.split(";")) if isinstance(value, str) else _no()


def _text(value: Any) -> Scalar:
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | Decimal) else _no()


def _other(value: Any) -> Scalar:
    return value if isinstance(value, str) else None


#: how a value of each kind is read; any other kind is a text
_READERS: Mapping[FieldKind, Callable[[Any], Scalar]] = {
    FieldKind.BOOLEAN: _boolean,
    FieldKind.INTEGER: _integer,
    FieldKind.DECIMAL: _decimal,
    FieldKind.DATE: date.fromisoformat,
    FieldKind.DATE_TIME: read_instant,
    FieldKind.MANY_OF: _many,
    FieldKind.OTHER: _other,
}


def _no() -> Scalar:
    raise ValueError


def to_wire(value: Scalar) -> Any:
    """Return a value for a JSON body; raises Unwritable for a number that JSON does not keep."""
    match value:
        case bool() | int() | None:
            return value
        case Decimal():
            whole = value.to_integral_value()
            plain: int | float = int(whole) if value == whole else float(value)
            if Decimal(repr(plain)) != value:
                raise Unwritable(
                    Failure(
                        FailureKind.REJECT,
                        "too-many-digits",
                        "a number has more digits than Salesforce keeps",
                    )
                )
            return plain
        case datetime():
            return instant_text(value)
        case date():
            return value.isoformat()
        case tuple():
            return ";".join(value) or None
    return value or None


def to_cell(value: Scalar) -> str:
    """Return a value for a CSV file; raises Unwritable where the file cannot say it."""
    plain = to_wire(value)
    if plain is None:
        return EMPTY_CELL
    if isinstance(plain, bool):
        return "true" if plain else "false"
    text = format(value, "f") if isinstance(value, Decimal) else str(plain)
    if text.strip() in ("", EMPTY_CELL):
        raise Unwritable(Failure(FailureKind.RETRY, "not-in-csv", "the text has a meaning of its own in CSV"))
    return text
