"""Which records time alone makes due, and when."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, select, tuple_

from fairlead.store.records import Due
from fairlead.store.schema import due
from fairlead.store.statements import any_of, upsert
from fairlead.store.stored_values import from_micros, micros

__all__ = ["DueRecords"]


class DueRecords:
    """The due records within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def set(self, entries: Sequence[Due]) -> None:
        """Keep when records fall due, in place of earlier instants."""
        newest = {
            (entry.entity, entry.id): {"entity": entry.entity, "id": entry.id, "due_at": micros(entry.due_at)}
            for entry in entries
        }
        upsert(self._connection, due, list(newest.values()))

    def clear(self, entity: str, ids: Iterable[str]) -> None:
        """Keep that time alone changes nothing about these records any more."""
        these = any_of(self._connection, due.c.id, ids)
        self._connection.execute(delete(due).where(due.c.entity == entity, these))

    def before(self, instant: datetime, *, page: int = 1000) -> Iterator[list[Due]]:
        """Yield the records that fall due at or before an instant in pages, earliest first.

        A page may be cleared or set anew, to a later instant, before the next one is asked for.
        """
        after: tuple[int, str, str] | None = None
        while True:
            query = select(due.c.due_at, due.c.entity, due.c.id).where(due.c.due_at <= micros(instant))
            if after is not None:
                query = query.where(tuple_(due.c.due_at, due.c.entity, due.c.id) > after)
            rows = self._connection.execute(
                query.order_by(due.c.due_at, due.c.entity, due.c.id).limit(page)
            ).all()
            if rows:
                yield [Due(entity, id_, from_micros(stamp)) for stamp, entity, id_ in rows]
            if len(rows) < page:
                return
            after = (rows[-1].due_at, rows[-1].entity, rows[-1].id)
