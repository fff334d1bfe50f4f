"""The store of a project: opened by URL, used in transactions."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from fairlead.problems import Problem
from fairlead.store.anchor import AnchorFile
from fairlead.store.chain import Head
from fairlead.store.failures import failing
from fairlead.store.forgetting import EMPTIED
from fairlead.store.migrations import migrate
from fairlead.store.opening import BEGIN, open_engine
from fairlead.store.records import Forgotten, Ref
from fairlead.store.transaction import Transaction
from fairlead.store.verification import Verification

__all__ = ["Store"]

_RESIDUE = Problem(
    "not-overwritten",
    "the person is forgotten, but what was deleted may still lie in the files of the database",
    remedy="end other programs that use the store and make room for a copy of it, then forget once more",
)


def _now() -> datetime:
    return datetime.now(UTC)


class Store:
    """One project's store. Open it with `Store.open`, use it from any thread, close it at the end."""

    def __init__(
        self, engine: Engine, shown: str, id_: str, anchor: AnchorFile | None, *, anchor_every: int
    ) -> None:
        self._engine = engine
        self._anchor = anchor
        self._anchor_every = anchor_every
        self._anchored = 0
        self._anchoring = threading.Lock()
        self.url = shown
        self.id = id_

    @classmethod
    def open(
        cls,
        url: str,
        *,
        anchor: Path | None,
        anchor_every: int = 1000,
        timeout: float = 30.0,
        clock: Callable[[], datetime] = _now,
    ) -> Self:
        """Open a store, making or migrating its schema.

        `url` is `sqlite:///path` or `postgresql+psycopg://…`. `anchor` is the file that the head of the
        decision log is kept in, best on another disk or machine than the database; None keeps none.
        `anchor_every` is after how many entries, at most, a commit anchors the head. `timeout` is the seconds
        to wait for another writer. Raises StoreError with one problem and its remedy, never a password.
        """
        engine, shown = open_engine(url, timeout=timeout)
        try:
            with failing(shown), engine.begin() as connection:
                id_ = migrate(connection, shown, at=clock())
                head = Transaction(connection).log.head()
            file = None if anchor is None else AnchorFile(anchor)
            store = cls(engine, shown, id_, file, anchor_every=anchor_every)
            store._clock = clock
            store._begin_anchor(head)
        except BaseException:
            engine.dispose()
            raise
        return store

    _clock: Callable[[], datetime] = staticmethod(_now)

    def close(self) -> None:
        """Anchor what is not anchored yet and give back the connections."""
        try:
            if self._anchor is not None:
                with self.reading() as tx:
                    head = tx.log.head()
                if head.count > self._anchored:
                    self._write_anchor(head)
        finally:
            self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Store {self.url}>"

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Read and write: committed at the end, undone where anything is raised.

        The head of the decision log is anchored after a commit that ends a run, and after every
        `anchor_every` entries. Raises StoreError; where that says `anchor-failed`, the commit stands.
        """
        with failing(self.url), self._engine.begin() as connection:
            tx = Transaction(connection)
            yield tx
            head = tx.log.head() if tx.log.appended or tx.runs.ended else None
        if head is not None and self._anchor is not None:
            ahead = head.count - self._anchored
            if ahead >= self._anchor_every or (tx.runs.ended and ahead > 0):
                self._write_anchor(head)

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        """Only read, one state of the store throughout, without keeping writers waiting."""
        with failing(self.url), self._engine.connect() as plain:
            connection = plain.execution_options(**{BEGIN: "BEGIN"})
            if connection.dialect.name == "postgresql":
                connection = connection.execution_options(isolation_level="REPEATABLE READ")
            with connection.begin():
                yield Transaction(connection)

    def verify(self, *, progress: Callable[[int], None] | None = None) -> Verification:
        """Check the decision log, entry by entry and against its anchor, in bounded memory.

        `progress` is called with the number of entries checked. Raises StoreError where the store or the
        anchor cannot be read at all; everything else is a finding.
        """
        # the anchor is measured first: what a run adds meanwhile is then in the log, and not missing from it
        size = None if self._anchor is None else self._anchor.size()
        with self.reading() as tx:
            return tx.log.verify(self._anchor, size, store=self.id, progress=progress)

    def forget(self, person: Ref, *, at: datetime | None = None) -> Forgotten:
        """Destroy a person's key and remove what the store says of them; the decision log still verifies.

        An id that was merged stands for the person it lives on as. Forgetting twice removes nothing more.
        Raises UsageError for a person of whom the store knows nothing.
        """
        with self.transaction() as tx:
            removed = tx.identity.forget(person, at=at or self._clock())
        return removed if self.overwrite() else replace(removed, residue=_RESIDUE)

    def overwrite(self) -> bool:
        """Write the files of the store anew without what was deleted; return false where that failed.

        `forget` does it for one person; after several forgotten in one transaction, call it once. It takes
        time and space in proportion to the store, and fails where another program has it open.
        """
        try:
            with self._engine.connect() as plain:
                if plain.dialect.name == "sqlite":
                    # `secure_delete` zeroes what is deleted, but not what its tree copied on the way
                    connection = plain.execution_options(**{BEGIN: ""})
                    connection.execute(text("PRAGMA temp_store = FILE"))
                    connection.execute(text("VACUUM"))
                    connection.execute(text("PRAGMA temp_store = MEMORY"))
                    [busy, *_] = connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)")).one()
                    return not busy
                connection = plain.execution_options(isolation_level="AUTOCOMMIT")
                for table in EMPTIED:
                    connection.execute(text(f"VACUUM FULL {table.name}"))
        except SQLAlchemyError:
            return False
        return True

    def _begin_anchor(self, head: Head) -> None:
        if self._anchor is None:
            return
        if self._anchor.size() is None:
            # a new log is anchored from its beginning; a gone file of an old one is for `verify` to tell
            if head.count == 0:
                self._write_anchor(head)
            return
        newest = self._anchor.last()
        self._anchored = 0 if newest is None else newest.head.count

    def _write_anchor(self, head: Head) -> None:
        assert self._anchor is not None
        with self._anchoring:
            self._anchor.append(head, store=self.id, at=self._clock())
            self._anchored = head.count
