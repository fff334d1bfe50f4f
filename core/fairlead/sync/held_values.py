"""Field values in the one form in which what a CRM holds and what it should hold are compared."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from fairlead.plugins.fields import FieldKind
from fairlead.plugins.records import Scalar

__all__ = ["held_form", "scalar_of"]


def held_form(kind: FieldKind, value: Scalar) -> Any:
    """Return a value as JSON, the same for all ways in which a CRM may give it back.

    Instants lose their fraction of a second and numbers their trailing zeros, as in a CRM; options are in
    order, texts without the blanks around them and with plain line ends.
    """
    match value:
        case None:
            return None
        case bool():
            return value
        case int() | Decimal() if kind is FieldKind.INTEGER and value == int(value):
            return int(value)
        case int() | Decimal():
            # normalize() alone would write 100 as 1E+2
            return format(Decimal(value).normalize(), "f")
        case datetime():
            return value.astimezone(UTC).replace(microsecond=0).isoformat()
        case date():
            return value.isoformat()
        case tuple():
            return sorted(value)
    return value.replace("\r\n", "\n").strip() or None


def scalar_of(kind: FieldKind, held: Any) -> Scalar:
    """Return the value to write for what `held_form` made."""
    if held is None or isinstance(held, bool | int):
        return held
    if isinstance(held, list):
        return tuple(held)
    match kind:
        case FieldKind.DECIMAL | FieldKind.INTEGER:
            return Decimal(held)
        case FieldKind.DATE:
            return date.fromisoformat(held)
        case FieldKind.DATE_TIME:
            return datetime.fromisoformat(held)
    return str(held)
