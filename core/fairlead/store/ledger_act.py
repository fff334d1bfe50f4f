"""Writing to the ledger: everything that one act does, in one place, at the end of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, func, select, text

from fairlead.problems import Problem, UsageError
from fairlead.store.decision_log import DecisionLog
from fairlead.store.ledger_records import Entry, NewEntry
from fairlead.store.ledger_schema import acts, attributions, entries, holds, movements
from fairlead.store.ledger_states import State
from fairlead.store.records import Decided, Ref
from fairlead.store.statements import insert_rows
from fairlead.store.stored_values import check_id, json_text, micros, tidy

__all__ = ["LEDGER_ENTITY", "ActWriter", "act_digest", "lock"]

#: the entity and person that acts stand under in the decision log
LEDGER_ENTITY = "ledger"
_NOBODY = Ref(LEDGER_ENTITY, "acts")


class ActWriter:
    """Collects what an act writes; `write` keeps it all. Entries have their numbers at once.

    Made by `Book.begin`, which holds the ledger's lock until the end of the transaction.
    """

    def __init__(
        self,
        connection: Connection,
        log: DecisionLog,
        *,
        kind: str,
        actor: str,
        reason: str,
        at: datetime,
        key: str | None,
        content: Mapping[str, Any],
    ) -> None:
        if not actor.strip():
            message = "an act of the ledger is somebody's"
            raise UsageError([Problem("empty-value", message, remedy="name the person")])
        self._connection = connection
        self._log = log
        self.id = _next(connection, acts)
        self.at = at
        self._head = {
            "id": self.id,
            "at": micros(at),
            "kind": kind,
            "actor": tidy(actor.strip()),
            "reason": tidy(reason.strip()),
            "key": key,
        }
        self.content = dict(content)
        self._next_entry = _next(connection, entries)
        self._next_movement = _next(connection, movements)
        self._attributions: list[dict[str, Any]] = []
        self._entries: list[dict[str, Any]] = []
        self._movements: list[dict[str, Any]] = []
        self._holds: list[dict[str, Any]] = []

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing is to be written but the act itself."""
        return not (self._attributions or self._entries or self._movements or self._holds)

    def attribute(
        self, entity: str, subject: str, revision: int, payee: str, content: Mapping[str, Any]
    ) -> None:
        """Keep whom a subject belongs to from this revision on."""
        self._attributions.append(
            {
                "entity": entity,
                "subject": check_id(subject, what=f"`{entity}`"),
                "revision": revision,
                "payee": check_id(payee, what="the payee"),
                "act": self.id,
                "content": json_text(content),
            }
        )

    def enter(self, new: NewEntry, *, state: State = State.ACCRUED) -> int:
        """Write an entry in its first state and return its number.

        `state` is `accrued`, or `paid` for what was paid before the ledger began and for points used.
        """
        number = self._next_entry
        self._next_entry += 1
        self._entries.append(
            {
                "id": number,
                "act": self.id,
                "kind": new.kind,
                "programme": new.programme,
                "reward": new.reward,
                "entity": new.entity,
                "subject": new.subject,
                "revision": new.revision,
                "round": new.round,
                "payee": new.payee,
                "patient": new.patient,
                "day": new.day.isoformat(),
                "currency": new.currency,
                "units": new.units,
                "asked": new.asked,
                "corrects": new.corrects,
                "corrected_units": None if new.corrects is None else -new.units,
                "content": json_text(new.content),
                "decision": new.decision,
            }
        )
        self._move(number, None, state, new.units)
        return number

    def move(self, entry: Entry, state: State) -> None:
        """Move an entry with its amount from the state that it is in to the next."""
        self._move(entry.id, entry.state, state, entry.units)

    def move_new(self, entry: int, from_state: State, state: State, units: int) -> None:
        """Move an entry that this act entered."""
        self._move(entry, from_state, state, units)

    def hold(self, entry: int, reasons: Sequence[Mapping[str, Any]]) -> None:
        """Keep why an entry is held from now on; nothing holds it where the reasons are empty."""
        self._holds.append({"entry": entry, "act": self.id, "reasons": json_text(list(reasons))})

    def write(self) -> int:
        """Write the act with all its rows and its entry in the decision log; return its number.

        Raises StoreError where the database refuses it: what does not balance, an amount that is there
        already, a state that may not follow.
        """
        rows = (self._attributions, self._entries, self._movements, self._holds)
        content = json_text(self.content)
        digest = act_digest(content, rows)
        seq = self._log.head().count + 1
        self._log.append(
            [
                Decided(
                    entity=LEDGER_ENTITY,
                    id=str(self.id),
                    person=_NOBODY,
                    ruleset="",
                    model="",
                    semantics="",
                    approval="",
                    inputs={},
                    decisions={"ledger.act": {**self._head, "digest": digest}},
                    clear=frozenset({"ledger.act"}),
                )
            ],
            run=None,
            at=self.at,
        )
        insert_rows(
            self._connection, acts, [{**self._head, "content": content, "digest": digest, "log_seq": seq}]
        )
        for table, new in zip((attributions, entries, movements, holds), rows, strict=True):
            insert_rows(self._connection, table, new)
        return self.id

    def _move(self, entry: int, from_state: str | None, state: str, units: int) -> None:
        self._movements.append(
            {
                "id": self._next_movement,
                "act": self.id,
                "entry": entry,
                "from_state": from_state,
                "state": state,
                "units": units,
            }
        )
        self._next_movement += 1


def act_digest(content: str, rows: Sequence[Sequence[Mapping[str, Any]]]) -> str:
    """Return the digest of an act: of the text of its content, and of its rows by table, in any order."""
    found = hashlib.sha256(content.encode())
    for part in rows:
        found.update(b"\x00")
        found.update("\n".join(sorted(map(json_text, part))).encode())
    return "sha256:" + found.hexdigest()


def _next(connection: Connection, table: Table) -> int:
    return (connection.scalar(select(func.max(table.c.id))) or 0) + 1


def lock(connection: Connection) -> None:
    """Keep other writers of the ledger out until the end of the transaction."""
    if connection.dialect.name == "postgresql":
        # SQLite's transactions that write have the whole database to themselves
        connection.execute(text("LOCK TABLE ledger_acts IN SHARE ROW EXCLUSIVE MODE"))
