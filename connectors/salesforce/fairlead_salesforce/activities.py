"""What is particular about e-mails and events: a parent's fields, conditions, events that come due."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from fairlead.plugins.records import Link
from fairlead_salesforce.values import instant_text

__all__ = ["EVENT", "PARENT_FIELDS", "came_due", "standing_conditions", "value_at"]

EVENT = "Event"
_RELATION = "EmailMessageRelation"
#: fields of a parent that are read with a record; the relationship has the name of the parent's object
PARENT_FIELDS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    _RELATION: ("EmailMessage", ("MessageDate", "Status"))
}
#: whom an e-mail was from or to (`RelationObjectType`; vendor's object reference)
_PEOPLE = ("Contact", "Lead", "User")


def standing_conditions(object_: str, links: Iterable[Link], asked: datetime) -> list[str]:
    """Return what each query of an object asks for besides the place it goes on from.

    Of an e-mail's relations those to the objects that are linked, of events those that are over: one that is
    planned is no contact yet.
    """
    if object_ == EVENT:
        return [f"EndDateTime <= {instant_text(asked)}"]
    if object_ == _RELATION:
        people = sorted({link.target for link in links if link.target in _PEOPLE})
        return [f"RelationObjectType IN ({', '.join(repr(name) for name in people)})"] if people else []
    return []


def came_due(since: datetime, asked: datetime) -> list[str]:
    """Return the conditions of the events that ended since a run: their end does not modify them."""
    return [f"EndDateTime > {instant_text(since)}", f"EndDateTime <= {instant_text(asked)}"]


def value_at(row: Mapping[str, object], name: str) -> object:
    """Return a field of a row; one of a parent is nested in JSON and a column of its own in CSV."""
    if name in row:
        return row[name]
    relationship, _, field = name.partition(".")
    parent = row.get(relationship)
    return parent.get(field) if field and isinstance(parent, Mapping) else None
