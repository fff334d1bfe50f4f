"""Ids as Salesforce makes them: 15 characters, and three that make them safe where case is lost."""

from __future__ import annotations

from string import ascii_uppercase

__all__ = ["full_id", "make_id"]

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_CAPITALS = frozenset(ascii_uppercase)
_CHECK = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


def make_id(prefix: str, number: int) -> str:
    """Return the 18 characters of an object's record with a running number."""
    digits = ""
    while number:
        number, digit = divmod(number, 62)
        digits = _DIGITS[digit] + digits
    return full_id(f"{prefix}5f00000{digits:0>5}")


def full_id(id_: str) -> str:
    """Return the 18 characters of an id that was given with 15 or 18; others come back as they are."""
    if len(id_) != 15:
        return id_
    return id_ + _check(id_[:5]) + _check(id_[5:10]) + _check(id_[10:])


def _check(group: str) -> str:
    """Return the letter that says which of five characters are capitals."""
    return _CHECK[
        (group[0] in _CAPITALS)
        + 2 * (group[1] in _CAPITALS)
        + 4 * (group[2] in _CAPITALS)
        + 8 * (group[3] in _CAPITALS)
        + 16 * (group[4] in _CAPITALS)
    ]
