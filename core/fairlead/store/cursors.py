"""How far each object of the CRM was read, and when it was last reconciled in full."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, select

from fairlead.store.schema import cursors
from fairlead.store.statements import upsert
from fairlead.store.stored_values import from_micros, micros

__all__ = ["CHANGES", "DELETIONS", "Cursors"]

#: the two kinds of cursors that connectors have
CHANGES, DELETIONS = "changes", "deletions"
_RECONCILED = "reconciled"


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
