"""How Acme writes values, and what its refusals mean."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import requests

from fairlead.plugins.failures import Failure, FailureKind
from fairlead.plugins.fields import FieldKind
from fairlead.plugins.records import Scalar

__all__ = ["classify", "from_wire", "record_failure", "stamp", "to_wire"]

_BY_CODE = {
    "TOKEN_EXPIRED": FailureKind.REFRESH,
    "QUOTA_USED": FailureKind.LIMIT,
    "FIELD_EXISTS": FailureKind.ADOPT,
    "NOT_FOUND": FailureKind.GONE,
    "INVALID_VALUE": FailureKind.REJECT,
    "LOCKED": FailureKind.RETRY,
}
_REMEDIES = {
    "KEY_REVOKED": "make a new key under Settings > Keys and put it into ACME_KEY",
    "UNKNOWN_FIELD": "run `fairlead provision`, or correct the mapping",
}


def stamp(instant: datetime) -> str:
    """Write an instant as Acme does: UTC, whole seconds."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def to_wire(value: Scalar) -> object:
    """Write a value as Acme takes it."""
    if isinstance(value, datetime):
        return stamp(value)
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


def from_wire(kind: FieldKind, value: Any) -> Scalar:
    """Read a value of a kind; raises ValueError where it is not of that kind."""
    if value is None or value in ("", []):
        return None
    match kind, value:
        case FieldKind.BOOLEAN, bool():
            return value
        case FieldKind.INTEGER, int() if not isinstance(value, bool):
            return value
        case FieldKind.DECIMAL, int() | Decimal():
            return Decimal(value)
        case FieldKind.DATE, str():
            return date.fromisoformat(value)
        case FieldKind.DATE_TIME, str():
            return datetime.fromisoformat(value)
        case FieldKind.MANY_OF, list():
            return tuple(value)
        case ((FieldKind.TEXT | FieldKind.LONG_TEXT | FieldKind.ONE_OF | FieldKind.LINK), str()):
            return value
    raise ValueError(f"not a value of the kind `{kind}`")


def record_failure(body: dict[str, Any]) -> Failure:
    """Return what a refusal means: `{"code", "message", "field"}` of a call or of one record."""
    code = str(body.get("code", "UNKNOWN"))
    kind = _BY_CODE.get(code, FailureKind.STOP)
    remedy = _REMEDIES.get(code, "look the code up in Acme's documentation")
    return Failure(kind, code, str(body.get("message", "refused")), field=body.get("field"), remedy=remedy)


def classify(response: requests.Response) -> Failure | None:
    """Return None for an answer that is fine, else what is to be done about it."""
    status = response.status_code
    if status < 300:
        return None
    if status == 429 or status >= 500:
        wait = response.headers.get("Retry-After", "")
        return Failure(
            FailureKind.RETRY,
            f"http-{status}",
            "Acme is overloaded, or was called too often",
            retry_after=float(wait) if wait.isdecimal() else None,
        )
    try:
        return record_failure(dict(response.json()))
    except (TypeError, ValueError):
        return Failure(FailureKind.STOP, f"http-{status}", "Acme refused a call without saying why")
