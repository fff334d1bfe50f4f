"""How values are stored: JSON as one text for equal values, instants as microseconds, ids without NUL."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, TypeVar

from fairlead.problems import Problem, StoreError

__all__ = [
    "check_id",
    "chunks",
    "damaged_row",
    "fingerprint",
    "from_micros",
    "json_text",
    "json_value",
    "micros",
    "shared_value",
    "tidy",
]

Item = TypeVar("Item")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_LONGEST_ID = 255

# escapes keep NUL and half surrogate pairs storable in both databases
_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False).encode


def json_text(value: Any) -> str:
    """Return the text of a JSON value: the same for equal values, in ASCII."""
    return _encode(value)


def json_value(text: str) -> Any:
    """Return the value of a stored JSON text. Raises StoreError for what is none."""
    try:
        return json.loads(text)
    except ValueError:
        raise damaged_row("a text that should be JSON is none") from None


@lru_cache(maxsize=2000)
def shared_value(text: str) -> Any:
    """Return the value of a stored JSON text that many rows have: one for all of them, not for changing.

    Raises StoreError for what is none.
    """
    return json_value(text)


def damaged_row(what: str) -> StoreError:
    """Return the failure of a row that was written otherwise than by the store."""
    remedy = "`fairlead ledger verify` and `fairlead log verify` say what was edited; restore a backup"
    return StoreError([Problem("store-damaged", f"a row of the store cannot be read: {what}", remedy=remedy)])


def fingerprint(*parts: str) -> str:
    """Return the digest that tells whether a stored record changed; it means nothing outside the store."""
    return hashlib.sha256("\x00".join(parts).encode()).hexdigest()


def micros(instant: datetime) -> int:
    """Return an instant as microseconds since 1970 in UTC. Raises ValueError for one without a zone."""
    if instant.tzinfo is None:
        raise ValueError("an instant carries a zone")
    return (instant - _EPOCH) // _MICROSECOND


def from_micros(stored: int) -> datetime:
    """Return the instant of stored microseconds, in UTC."""
    return _EPOCH + timedelta(microseconds=stored)


def tidy(text: str) -> str:
    """Return a text that both databases can store; what they cannot becomes U+FFFD."""
    return _UNSTORABLE.sub("\ufffd", text)


def check_id(value: str, *, what: str) -> str:
    """Return an id as it is. Raises StoreError for one that is empty, too long or holds NUL."""
    if 0 < len(value) <= _LONGEST_ID and not (
        _UNSTORABLE.search(value) if not value.isascii() else "\0" in value
    ):
        return value
    raise StoreError(
        [
            Problem(
                "bad-record-id",
                f"the id of {what} must be 1 to {_LONGEST_ID} characters of text",
                found=f"{len(value)} characters",
                remedy="check the mapping: an id is what the CRM calls the record",
            )
        ]
    )


def chunks(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    """Yield the items in order, at most `size` at once."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
