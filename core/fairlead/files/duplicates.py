"""People who may have been entered twice: told with what they share, never merged.

Two are suspected where one of these is the same, and clearly so:

- the e-mail address, without regard to case; dots and tags in it count, since some hosts tell them apart;
- the telephone number, where both are written with their country (`+44 …`, `0044 …`): a number without it
  may belong to somebody in another country;
- the whole name (two words or more, in any order, without regard to case) together with the year of birth.

A family may share a telephone and an address: whether two are one person is for people to say.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import NamedTuple

__all__ = ["SHARED", "Person", "Suspected", "suspected_duplicates"]

#: what two people can share, the strongest sign first
SHARED = ("email", "phone", "name_and_birth_year")

_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+")
_INTERNATIONAL = re.compile(r"(?:\+|00)([1-9][0-9]{7,14})")
_BETWEEN_DIGITS = re.compile(r"[\s().\-/\u2010-\u2015]")
_TRUNK_ZERO = re.compile(r"\(\s*0\s*\)")
_YEAR = re.compile(r"(?<![0-9])(?:19|20)[0-9]{2}(?![0-9])")


class Person(NamedTuple):
    """What one record says about a person, as written; None is not known."""

    id: str
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    born: str | None = None


class Suspected(NamedTuple):
    """Two records that may be of one person: the ids in the order of reading, and what they share."""

    first: str
    second: str
    shared: tuple[str, ...]


def suspected_duplicates(people: Iterable[Person]) -> Iterator[Suspected]:
    """Yield each person who shares something with one that came before, beside the first who had it.

    Of `n` people that share one thing, `n - 1` are yielded. What they share is of SHARED, in that order.
    """
    seen: dict[tuple[str, str], str] = {}
    for person in people:
        others: dict[str, list[str]] = {}
        for kind, key in _keys(person):
            first = seen.setdefault((kind, key), person.id)
            if first != person.id:
                others.setdefault(first, []).append(kind)
        for first, shared in others.items():
            yield Suspected(first, person.id, tuple(shared))


def _keys(person: Person) -> Iterator[tuple[str, str]]:
    keys = (_email(person.email), _phone(person.phone), _name_and_birth_year(person.name, person.born))
    for kind, key in zip(SHARED, keys, strict=True):
        if key is not None:
            yield kind, key


def _email(text: str | None) -> str | None:
    address = _plain(text)
    return address if _ADDRESS.fullmatch(address) else None


def _phone(text: str | None) -> str | None:
    # `+44 (0)20 …`: the zero is dialled within the country alone
    digits = _BETWEEN_DIGITS.sub("", _TRUNK_ZERO.sub("", _plain(text)))
    match = _INTERNATIONAL.fullmatch(digits)
    return match[1] if match is not None else None


def _name_and_birth_year(name: str | None, born: str | None) -> str | None:
    words = sorted(_plain(name).replace(",", " ").split())
    years = set(_YEAR.findall(_plain(born)))
    if len(words) < 2 or len(years) != 1:
        return None
    return " ".join([*words, *years])


def _plain(text: str | None) -> str:
    return unicodedata.normalize("NFKC", text or "").strip().casefold()
