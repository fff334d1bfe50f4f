"""Records that could not be read, evaluated or written, until they can or a person retires them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from fairlead.problems import Problem, UsageError
from fairlead.store.records import OutboxState, Ref, Refusal, Reject, RejectState, Stage
from fairlead.store.schema import outbox, rejects
from fairlead.store.statements import any_ref
from fairlead.store.stored_values import check_id, from_micros, json_text, json_value, micros, tidy

__all__ = ["Rejects"]

_PAGE = 500


class Rejects:
    """The rejects within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def record(self, stage: Stage, ref: Ref, refusal: Refusal, *, at: datetime, entity: str = "") -> Reject:
        """Record that a CRM record, or the entity that it embodies, was rejected.

        A record has one reject per stage and entity, with the newest reason. One that was retired stays so
        while its code and field do.
        """
        stamp = micros(at)
        own = (
            (rejects.c.crm_id == check_id(ref.id, what=f"`{ref.object}`"))
            & (rejects.c.object == ref.object)
            & (rejects.c.stage == stage.value)
            & (rejects.c.entity == entity)
        )
        values: dict[str, Any] = {
            "code": tidy(refusal.code),
            "message": tidy(refusal.message),
            "field": None if refusal.field is None else tidy(refusal.field),
            "input": None if refusal.input is None else json_text(refusal.input),
            "last_seen": stamp,
        }
        before = self._connection.execute(select(rejects).where(own)).first()
        if before is None:
            values |= {
                "stage": stage.value,
                "object": ref.object,
                "crm_id": ref.id,
                "entity": entity,
                "attempts": 1,
                "first_seen": stamp,
                "state": RejectState.OPEN.value,
            }
            self._connection.execute(insert(rejects).values(values))
        else:
            same = (before.code, before.field) == (values["code"], values["field"])
            if before.state == RejectState.RESOLVED:
                values |= {"attempts": 1, "first_seen": stamp}
            else:
                values["attempts"] = before.attempts + 1
            if not (same and before.state == RejectState.RETIRED):
                values |= {
                    "state": RejectState.OPEN.value,
                    "retired_by": None,
                    "retired_because": None,
                    "retired_at": None,
                }
            self._connection.execute(update(rejects).where(own).values(values))
        return _reject(self._connection.execute(select(rejects).where(own)).one())

    def resolve(self, stage: Stage | None, refs: Iterable[Ref], *, entity: str | None = None) -> int:
        """Mark the rejects of CRM records as resolved and drop their inputs; return how many those were.

        `stage` and `entity` narrow it down; None is any. Putting a record and reporting it written do this
        for the stages `read` and `write`.
        """
        resolved = 0
        for condition in any_ref(self._connection, (rejects.c.object, rejects.c.crm_id), set(refs)):
            statement = update(rejects).where(condition, rejects.c.state != RejectState.RESOLVED.value)
            if stage is not None:
                statement = statement.where(rejects.c.stage == stage.value)
            if entity is not None:
                statement = statement.where(rejects.c.entity == entity)
            resolved += self._connection.execute(
                statement.values(state=RejectState.RESOLVED.value, input=None)
            ).rowcount
        return resolved

    def retire(self, id_: int, *, who: str, reason: str, at: datetime) -> Reject:
        """Stop retrying a reject, because a person says so.

        A write is tried again once other values are wanted. Raises UsageError for an id that is not there,
        a reject that is resolved, and an empty name or reason.
        """
        row = self._connection.execute(select(rejects).where(rejects.c.id == id_)).first()
        if row is None:
            raise UsageError([Problem("unknown-reject", f"there is no reject {id_}", found=str(id_))])
        if row.state == RejectState.RESOLVED:
            raise UsageError(
                [Problem("unknown-reject", f"reject {id_} is resolved: there is nothing to retire")]
            )
        if not who.strip() or not reason.strip():
            raise UsageError(
                [
                    Problem(
                        "empty-value",
                        "a reject is retired by a person and for a reason",
                        remedy="name both",
                    )
                ]
            )
        self._connection.execute(
            update(rejects)
            .where(rejects.c.id == id_)
            .values(
                state=RejectState.RETIRED.value,
                retired_by=tidy(who.strip()),
                retired_because=tidy(reason.strip()),
                retired_at=micros(at),
            )
        )
        if row.stage == Stage.WRITE:
            self._connection.execute(
                update(outbox)
                .where(outbox.c.object == row.object, outbox.c.crm_id == row.crm_id)
                .values(state=OutboxState.RETIRED.value)
            )
        return _reject(self._connection.execute(select(rejects).where(rejects.c.id == id_)).one())

    def entries(self, state: RejectState | None = RejectState.OPEN) -> Iterator[Reject]:
        """Yield the rejects in one state (None: all), oldest first, however many there are."""
        after = 0
        while True:
            query = select(rejects).where(rejects.c.id > after).order_by(rejects.c.id).limit(_PAGE)
            if state is not None:
                query = query.where(rejects.c.state == state.value)
            rows = self._connection.execute(query).all()
            yield from (_reject(row) for row in rows)
            if len(rows) < _PAGE:
                return
            after = rows[-1].id

    def counts(self) -> dict[RejectState, int]:
        """Return how many rejects are in each state."""
        counts = dict.fromkeys(RejectState, 0)
        query = select(rejects.c.state, func.count()).group_by(rejects.c.state)
        return counts | {RejectState(state): count for state, count in self._connection.execute(query)}


def _reject(row: Row[Any]) -> Reject:
    return Reject(
        id=row.id,
        stage=Stage(row.stage),
        ref=Ref(row.object, row.crm_id),
        entity=row.entity,
        code=row.code,
        message=row.message,
        field=row.field,
        input=None if row.input is None else json_value(row.input),
        attempts=row.attempts,
        first_seen=from_micros(row.first_seen),
        last_seen=from_micros(row.last_seen),
        state=RejectState(row.state),
        retired_by=row.retired_by,
        retired_because=row.retired_because,
    )
