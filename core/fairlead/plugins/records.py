"""Records of a CRM on their way in and out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from fairlead.plugins.failures import Failure

__all__ = [
    "Change",
    "Deletion",
    "DeletionPage",
    "Link",
    "LinkChange",
    "Page",
    "ReadQuery",
    "Record",
    "Scalar",
    "Task",
    "WriteResult",
]

#: a value as connectors give and take it: None is an empty field, many options are a tuple of their values,
#: date-times carry a zone, numbers with a fraction are decimals, never floats
Scalar = None | bool | int | Decimal | str | date | datetime | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """How records of one object point to those of another.

    `name` is the mapping's word (`partner`), `target` the other object, `via` the lookup field or the label
    of the association; None is the CRM's own default link between the two.
    """

    name: str
    target: str
    via: str | None = None


@dataclass(frozen=True, slots=True)
class ReadQuery:
    """What is read of each record of an object."""

    object: str
    fields: tuple[str, ...]
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class Record:
    """One record as read.

    `values` has a key for every field asked for. `links` has the ids that each link points to, in the CRM's
    order. `aliases` are ids of records that were merged into this one. `became` tells what a converted
    record became: ids by object. `problem` is there where a value could not be read; the record is then
    rejected, not mirrored.
    """

    object: str
    id: str
    modified_at: datetime
    values: Mapping[str, Scalar]
    links: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    aliases: tuple[str, ...] = ()
    became: Mapping[str, str] = field(default_factory=dict)
    problem: Failure | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Some changed records, and the cursor from which reading goes on after them.

    A cursor is a text of the connector's own making, at most 4,000 characters, that stays valid for days:
    it holds instants and ids, never a locator that expires. `last` is true on the page that reached the end.
    """

    records: tuple[Record, ...]
    cursor: str
    last: bool


@dataclass(frozen=True, slots=True)
class Deletion:
    """A record that is gone; `merged_into` is the id that it lives on under, where the CRM tells."""

    object: str
    id: str
    deleted_at: datetime | None = None
    merged_into: str | None = None


@dataclass(frozen=True, slots=True)
class DeletionPage:
    """Some deletions, and the cursor from which reading goes on after them."""

    deletions: tuple[Deletion, ...]
    cursor: str
    last: bool


@dataclass(frozen=True, slots=True)
class Change:
    """The desired values of some fields of one record; None empties a field."""

    object: str
    id: str
    values: Mapping[str, Scalar]


@dataclass(frozen=True, slots=True)
class LinkChange:
    """The record that a link of another is to point to."""

    object: str
    id: str
    link: Link
    target_id: str


@dataclass(frozen=True, slots=True)
class Task:
    """A task for a person about one record; `key` is unique, so that a repeated call makes no second one."""

    object: str
    id: str
    key: str
    subject: str
    body: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class WriteResult:
    """What became of one change: written where `failure` is None.

    `modified_at` is the record's stamp after the write, where the CRM tells it. `warnings` are things that
    the CRM did to the values, such as normalising a date.
    """

    object: str
    id: str
    failure: Failure | None = None
    modified_at: datetime | None = None
    warnings: tuple[str, ...] = ()
