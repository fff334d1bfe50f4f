"""Legal holds: orders that the records of a person are kept, as acts of the ledger."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from fairlead.store.ledger_schema import acts
from fairlead.store.records import Ref
from fairlead.store.stored_values import from_micros, json_value

__all__ = ["LIFTED", "PLACED", "LegalHold", "standing_hold"]

#: the kinds of acts
PLACED, LIFTED = "legal_hold", "lift_legal_hold"


@dataclass(frozen=True, slots=True)
class LegalHold:
    """An order that stands: whose records are kept, by whom, why and since when."""

    person: Ref
    by: str
    reason: str
    since: datetime


def standing_hold(connection: Connection, people: Collection[Ref]) -> LegalHold | None:
    """Return the order that stands over one of these ids of a person, None where none does.

    All orders are read: a facility has few.
    """
    standing: dict[Ref, LegalHold] = {}
    query = select(acts).where(acts.c.kind.in_((PLACED, LIFTED))).order_by(acts.c.id)
    for row in connection.execute(query):
        content = json_value(row.content)
        person = Ref(content["object"], content["id"])
        if row.kind == PLACED:
            standing[person] = LegalHold(person, row.actor, row.reason, from_micros(row.at))
        else:
            standing.pop(person, None)
    return next((standing[person] for person in people if person in standing), None)
