"""Canonical JSON (RFC 8785) and digests: equal documents have equal digests, however they are laid out."""

from __future__ import annotations

import hashlib
from typing import Any

import rfc8785

__all__ = ["canonical_bytes", "digest"]

#: RFC 8785 writes numbers as doubles; up to here every integer is one
_EXACT_INTEGERS = 2**53 - 1


def _as_doubles(value: Any) -> Any:
    # the library refuses larger integers, also those that are exact doubles and so have a canonical form
    if isinstance(value, dict):
        return {key: _as_doubles(member) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [_as_doubles(member) for member in value]
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > _EXACT_INTEGERS:
        return float(value)
    return value


def canonical_bytes(value: Any) -> bytes:
    """Return the RFC 8785 form of a JSON value as strict reading gives it."""
    return rfc8785.dumps(_as_doubles(value))


def digest(value: Any) -> str:
    """Return `sha256:` and the hex SHA-256 of the canonical form of a JSON value."""
    return "sha256:" + hashlib.sha256(canonical_bytes(value)).hexdigest()
