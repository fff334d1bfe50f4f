"""People who may have been entered twice: told with what they share, never merged.

Two are suspected where they share an e-mail address, a telephone number, or a name with a year of birth; see
`fairlead.facts.same_person` for what counts as the same. A family may share a telephone and an address:
whether two are one person is for people to say.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from fairlead.facts.same_person import SHARED, email_key, name_key, phone_key

__all__ = ["Person", "Suspected", "suspected_duplicates"]


class Person(NamedTuple):
    """What one record says about a person, as written; None is not known.

    `country` is the two-letter code of where the person lives: numbers without a country are read by it.
    """

    id: str
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    born: str | None = None
    country: str | None = None


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
    keys = (
        email_key(person.email),
        phone_key(person.phone, person.country),
        name_key(person.name, person.born),
    )
    for kind, key in zip(SHARED, keys, strict=True):
        if key is not None:
            yield kind, key
