"""The decision log: append-only, hash-chained, readable about a person only while their key exists."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, text

from fairlead.problems import Problem, UsageError
from fairlead.store.anchor import AnchorFile
from fairlead.store.chain import GENESIS, Head, entry_hash
from fairlead.store.records import Decided, LogEntry
from fairlead.store.schema import decision_log
from fairlead.store.sealing import keys_by_id, keys_of, seal, unseal
from fairlead.store.statements import insert_rows
from fairlead.store.stored_values import check_id, chunks, from_micros, json_text, json_value, micros
from fairlead.store.verification import Verification, verify_log

__all__ = ["DecisionLog"]

_AT_ONCE = 500


@dataclass
class _Row:
    seq: int
    at: int
    run: int | None
    entity: str
    id: str
    person: str
    ruleset: str
    model: str
    semantics: str
    approval: str
    decisions: str
    sealed: bytes
    previous: str
    hash: str = ""


class DecisionLog:
    """The decision log within one transaction. `appended` counts the entries that it added."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._head: Head | None = None
        self.appended = 0

    def head(self) -> Head:
        """Return the count of entries and the hash of the last one."""
        if self._head is not None:
            return self._head
        row = self._connection.execute(
            select(decision_log.c.seq, decision_log.c.hash).order_by(decision_log.c.seq.desc()).limit(1)
        ).first()
        return Head(0, GENESIS) if row is None else Head(row.seq, row.hash)

    def append(self, decided: Sequence[Decided], *, run: int | None, at: datetime) -> Head:
        """Append evaluations in order and return the new head.

        Raises UsageError, before anything is appended, where one is about a person who was forgotten.
        """
        if decided and self._head is None:
            if self._connection.dialect.name == "postgresql":
                # two writers take turns, or both would chain to one head
                self._connection.execute(text("LOCK TABLE decision_log IN SHARE ROW EXCLUSIVE MODE"))
            self._head = self.head()
        keys = keys_of(self._connection, (item.person for item in decided), at=at)
        head = self.head()
        seq, previous = head.count, head.hash
        stamp = micros(at)
        for part in chunks(decided, _AT_ONCE):
            rows = []
            for item in part:
                seq += 1
                key = keys[item.person]
                check_id(item.id, what=f"`{item.entity}`")
                kept_back = {name: value for name, value in item.decisions.items() if name not in item.clear}
                row = _Row(
                    seq=seq,
                    at=stamp,
                    run=run,
                    entity=item.entity,
                    id=item.id,
                    person=key.id,
                    ruleset=item.ruleset,
                    model=item.model,
                    semantics=item.semantics,
                    approval=item.approval,
                    decisions=json_text(
                        {name: value for name, value in item.decisions.items() if name in item.clear}
                    ),
                    sealed=seal(
                        key,
                        {"inputs": item.inputs, "decisions": kept_back, "reasons": list(item.reasons)},
                        seq=seq,
                        entity=item.entity,
                        id_=item.id,
                    ),
                    previous=previous,
                )
                row.hash = previous = entry_hash(row)
                rows.append(vars(row))
            insert_rows(self._connection, decision_log, rows)
            self._head = Head(seq, previous)
            self.appended += len(part)
        return self.head()

    def entry(self, seq: int) -> LogEntry:
        """Return one entry. Raises UsageError where there is none, StoreError where it was damaged."""
        row = self._connection.execute(select(decision_log).where(decision_log.c.seq == seq)).first()
        if row is None:
            raise UsageError(
                [Problem("unknown-entry", f"the decision log has no entry {seq}", found=str(seq))]
            )
        return self._opened([row])[0]

    def numbered(self, numbers: Collection[int]) -> dict[int, LogEntry]:
        """Return the entries of these numbers, without those that are not there.

        Raises StoreError where one was damaged.
        """
        rows: list[Row[Any]] = []
        for part in chunks(sorted(numbers), _AT_ONCE):
            query = select(decision_log).where(decision_log.c.seq.in_(part))
            rows += self._connection.execute(query).all()
        return {entry.seq: entry for entry in self._opened(rows)}

    def entries(self, *, entity: str | None = None, id_: str | None = None) -> Iterator[LogEntry]:
        """Yield the entries in order, only those of one entity or record where they are named."""
        query = select(decision_log).order_by(decision_log.c.seq).limit(_AT_ONCE)
        if entity is not None:
            query = query.where(decision_log.c.entity == entity)
        if id_ is not None:
            query = query.where(decision_log.c.id == id_)
        after = 0
        while True:
            rows = self._connection.execute(query.where(decision_log.c.seq > after)).all()
            yield from self._opened(rows)
            if len(rows) < _AT_ONCE:
                return
            after = rows[-1].seq

    def verify(
        self,
        anchor: AnchorFile | None,
        size: int | None,
        *,
        store: str,
        progress: Callable[[int], None] | None = None,
    ) -> Verification:
        """Check every entry, and the anchors within the first `size` bytes of their file: `Store.verify`."""
        return verify_log(self._connection, anchor, size, store=store, progress=progress)

    def _opened(self, rows: Sequence[Row[Any]]) -> list[LogEntry]:
        keys = keys_by_id(self._connection, {row.person for row in rows})
        entries = []
        for row in rows:
            # taken apart as a tuple, since by name each member costs ten times as much
            seq, at, run, entity, id_, person, ruleset, model, semantics, approval, *rest = tuple(row)
            decisions, sealed, previous, hash_ = rest
            content = unseal(keys.get(person), sealed, seq=seq, entity=entity, id_=id_)
            clear = json_value(decisions)
            entries.append(
                LogEntry(
                    seq=seq,
                    at=from_micros(at),
                    run=run,
                    entity=entity,
                    id=id_,
                    person=person,
                    ruleset=ruleset,
                    model=model,
                    semantics=semantics,
                    approval=approval,
                    decisions=clear | (content["decisions"] if content else {}),
                    reasons=tuple(content["reasons"]) if content else (),
                    inputs=content["inputs"] if content else None,
                    erased=content is None,
                    previous=previous,
                    hash=hash_,
                )
            )
        return entries
