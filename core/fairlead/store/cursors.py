"""How far each object of the CRM was read, when it was last reconciled in full, and what runs went by."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, select

from fairlead.store.schema import cursors
from fairlead.store.statements import upsert
from fairlead.store.stored_values import from_micros, micros

__all__ = [
    "ACCOUNT",
    "ALL",
    "ASSESSED",
    "CHANGES",
    "DELETIONS",
    "LEDGER",
    "MAPPING",
    "RULES",
    "SUSPECTED",
    "Cursors",
]

#: the two kinds of cursors that connectors have
CHANGES, DELETIONS = "changes", "deletions"
_RECONCILED = "reconciled"

#: in the place of an object: what is kept once, for all of them
ALL = "*"
#: of all: what the last run was made under
RULES, MAPPING, ACCOUNT = "rules", "mapping", "account"
#: of all: notes of people who may be there twice, until a run has ended and its report was given
SUSPECTED = "suspected"
#: of all: the newest act of the ledger that records were marked for
LEDGER = "ledger"
#: of all: the newest change to the mirror that entries of the ledger were looked at for
ASSESSED = "ledger.assessed"


class Cursors:
    """The cursors within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, object_: str, kind: str) -> str | None:
        """Return the cursor of an object for `changes` or `deletions`; None before the first read."""
        return self._connection.scalar(
            select(cursors.c.cursor).where(cursors.c.object == object_, cursors.c.kind == kind)
        )

    def set(self, object_: str, kind: str, cursor: str, *, at: datetime) -> None:
        """Keep a cursor; in the transaction that keeps the records before it, so that none is passed over."""
        row = {"object": object_, "kind": kind, "cursor": cursor, "at": micros(at)}
        upsert(self._connection, cursors, [row])

    def clear(self, object_: str, kind: str) -> None:
        """Drop a cursor: the next read begins at the beginning."""
        self._connection.execute(delete(cursors).where(cursors.c.object == object_, cursors.c.kind == kind))

    def reconciled(self, object_: str) -> datetime | None:
        """Return when an object was last reconciled in full."""
        stamp = self._connection.scalar(
            select(cursors.c.at).where(cursors.c.object == object_, cursors.c.kind == _RECONCILED)
        )
        return None if stamp is None else from_micros(stamp)

    def set_reconciled(self, object_: str, *, at: datetime) -> None:
        """Keep that an object was reconciled in full at an instant."""
        self.set(object_, _RECONCILED, "", at=at)
