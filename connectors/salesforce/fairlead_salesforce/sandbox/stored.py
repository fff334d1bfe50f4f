"""Values as the org stores them: the form of the REST API."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from fairlead.plugins.records import Scalar
from fairlead_salesforce.sandbox.schema import Field

__all__ = ["stored", "stored_value"]

_NUMBERS = ("double", "currency", "percent", "int")


def stored(value: Scalar) -> Any:
    """Return a connector's value as the org stores it; None where it is empty."""
    match value:
        case None | bool():
            return value
        case int() | Decimal():
            return float(value)
        case datetime():
            return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")
        case date():
            return value.isoformat()
        case tuple():
            return ";".join(value)
    return value or None


def stored_value(field: Field, value: Any) -> Any:
    """Return a value of a control request, as connectors or JSON give it, as the field stores it."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return value
    if isinstance(value, list):
        return stored(tuple(value))
    if field.type in _NUMBERS:
        return round(float(value), field.scale)
    if field.type == "datetime" and isinstance(value, str):
        return stored(datetime.fromisoformat(value))
    return stored(value if isinstance(value, date | tuple) else str(value))
