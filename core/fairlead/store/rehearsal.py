"""A store for dry runs: everything in it is undone at the end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from fairlead.store.failures import failing
from fairlead.store.store import Store
from fairlead.store.transaction import Transaction

__all__ = ["Rehearsal", "rehearsal"]


class Rehearsal(Store):
    """A store whose transactions all lie within one that is never committed; for one thread."""

    def __init__(self, store: Store, connection: Connection) -> None:
        self.url = store.url
        self.id = store.id
        self._connection = connection

    def close(self) -> None:
        """Do nothing: the connection belongs to `rehearsal`."""

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Read and write until the rehearsal ends; undone at once where anything is raised."""
        with failing(self.url), self._connection.begin_nested():
            yield Transaction(self._connection)

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        """Read what the rehearsal has written so far."""
        with failing(self.url):
            yield Transaction(self._connection)


@contextmanager
def rehearsal(store: Store) -> Iterator[Rehearsal]:
    """Give a store in which a run can be tried; everything it writes there is undone."""
    with failing(store.url), store._engine.connect() as connection:  # noqa: SLF001 - a part of the store
        outer = connection.begin()
        try:
            yield Rehearsal(store, connection)
        finally:
            outer.rollback()
