"""The outbox: what is to be written to the CRM, one desired state per record, the newest one winning."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select, update

from fairlead.store.held import Held
from fairlead.store.identity import Identity
from fairlead.store.records import OutboxState, Queued, Ref, Refusal, Reject, Stage, Want, Wanted
from fairlead.store.rejects import Rejects
from fairlead.store.schema import outbox
from fairlead.store.statements import any_ref, insert_rows, update_each
from fairlead.store.stored_values import chunks, json_text, json_value, micros

__all__ = ["Outbox"]

_AT_ONCE = 1000


class Outbox:
    """The queued writes within one transaction.

    `take` belongs in a transaction of its own that is committed before the CRM is called: what was taken and
    never reported counts as perhaps written, and is written again.
    """

    def __init__(self, connection: Connection, held: Held, identity: Identity, rejects: Rejects) -> None:
        self._connection = connection
        self._held = held
        self._identity = identity
        self._rejects = rejects

    def queue(self, wanted: Sequence[Wanted], *, at: datetime) -> list[Want]:
        """Queue what differs from what the CRM holds, for each record in order; the newest state wins.

        Give the whole desired state each time, also where nothing seems to differ: a pending write that is
        no longer wanted is withdrawn, and fields that a write may have changed unheard are put right. An
        absent field and an empty one are the same. A forgotten person's record is `unchanged`.
        """
        outcomes = []
        for part in chunks(wanted, _AT_ONCE):
            newest = {item.ref: item for item in part}
            results = self._queue(newest, micros(at))
            outcomes += [results[item.ref] for item in part]
        return outcomes

    def _queue(self, wanted: Mapping[Ref, Wanted], stamp: int) -> dict[Ref, Want]:
        held = self._held.get(wanted)
        rows = self._rows(wanted)
        lost = self._identity.forgotten(wanted)
        results, fresh, gone, again = {}, [], [], []
        for ref, item in wanted.items():
            row = rows.get(ref)
            if ref in lost:
                results[ref] = Want.UNCHANGED
                continue
            uncertain = json_value(row.uncertain) if row is not None else []
            changed = _difference(item.values, held.get(ref, {}), uncertain)
            results[ref] = Want.QUEUED if changed else Want.UNCHANGED
            fields = json_text(changed)
            if not changed:
                gone += [ref] if row is not None else []
            elif row is None or row.fields != fields:
                gone += [ref] if row is not None else []
                fresh.append(
                    {
                        "object": ref.object,
                        "crm_id": ref.id,
                        "state": OutboxState.PENDING.value,
                        "fields": fields,
                        "uncertain": json_text(uncertain),
                        "attempts": 0,
                        "queued_at": stamp,
                        "tried_at": None,
                    }
                )
            elif row.state == OutboxState.RETIRED:
                results[ref] = Want.RETIRED
            elif row.state != OutboxState.PENDING:
                again.append({"position": row.position, "state": OutboxState.PENDING.value})
        for condition in any_ref(self._connection, (outbox.c.object, outbox.c.crm_id), gone):
            self._connection.execute(delete(outbox).where(condition))
        insert_rows(self._connection, outbox, fresh)
        update_each(self._connection, outbox, ("position",), again)
        return results

    def _rows(self, refs: Iterable[Ref]) -> dict[Ref, Row[Any]]:
        return {
            Ref(row.object, row.crm_id): row
            for condition in any_ref(self._connection, (outbox.c.object, outbox.c.crm_id), refs)
            for row in self._connection.execute(select(outbox).where(condition)).all()
        }

    def take(self, object_: str, *, limit: int, at: datetime, after: int = 0) -> list[Queued]:
        """Take the next pending writes of an object in order, and count the attempt.

        `after` is the position of the last one taken in this run, so that none is taken twice.
        """
        rows = self._connection.execute(
            select(outbox)
            .where(
                outbox.c.state == OutboxState.PENDING.value,
                outbox.c.object == object_,
                outbox.c.position > after,
            )
            .order_by(outbox.c.position)
            .limit(limit)
        ).all()
        taken = []
        for row in rows:
            values = json_value(row.fields)
            taken.append(Queued(row.position, Ref(row.object, row.crm_id), values, row.attempts + 1))
        stamp = micros(at)
        update_each(
            self._connection,
            outbox,
            ("position",),
            [
                {
                    "position": row.position,
                    "attempts": row.attempts + 1,
                    "tried_at": stamp,
                    "uncertain": json_text(sorted({*json_value(row.uncertain), *item.values})),
                }
                for row, item in zip(rows, taken, strict=True)
            ],
        )
        return taken

    def written(self, items: Sequence[Queued], *, at: datetime) -> None:
        """Report writes that the CRM took: it holds their values now, and write rejects are resolved.

        A newer state that was queued meanwhile stays queued.
        """
        for part in chunks(items, _AT_ONCE):
            held = self._held.get(item.ref for item in part)
            self._held.put({item.ref: {**held.get(item.ref, {}), **item.values} for item in part}, at=at)
            self._connection.execute(
                delete(outbox).where(outbox.c.position.in_([item.position for item in part]))
            )
            self._rejects.resolve(Stage.WRITE, [item.ref for item in part])

    def rejected(self, items: Sequence[tuple[Queued, Refusal]], *, at: datetime) -> list[Reject]:
        """Report writes that the CRM refused, with the reason; return their rejects, in order."""
        update_each(
            self._connection,
            outbox,
            ("position",),
            [{"position": item.position, "state": OutboxState.REJECTED.value} for item, _ in items],
        )
        return [self._rejects.record(Stage.WRITE, item.ref, refusal, at=at) for item, refusal in items]

    def deferred(self, items: Sequence[Queued]) -> None:
        """Report writes that were put off (quota, outage, end of the run): they wait for `reopen`."""
        update_each(
            self._connection,
            outbox,
            ("position",),
            [{"position": item.position, "state": OutboxState.DEFERRED.value} for item in items],
        )

    def reopen(self) -> int:
        """Make rejected and deferred writes pending again, as each run does first; return how many."""
        put_off = (OutboxState.REJECTED.value, OutboxState.DEFERRED.value)
        return self._connection.execute(
            update(outbox).where(outbox.c.state.in_(put_off)).values(state=OutboxState.PENDING.value)
        ).rowcount

    def objects(self) -> list[str]:
        """Return the objects that have pending writes."""
        query = select(outbox.c.object).where(outbox.c.state == OutboxState.PENDING.value).distinct()
        return sorted(self._connection.scalars(query))

    def counts(self) -> dict[OutboxState, int]:
        """Return how many writes are in each state."""
        counts = dict.fromkeys(OutboxState, 0)
        query = select(outbox.c.state, func.count()).group_by(outbox.c.state)
        return counts | {OutboxState(state): count for state, count in self._connection.execute(query)}


def _difference(
    wanted: Mapping[str, Any], held: Mapping[str, Any], uncertain: Iterable[str]
) -> dict[str, Any]:
    """Return the fields to write: those that differ, and those of which it is not known."""
    changed = {name: value for name, value in wanted.items() if not _same(value, held.get(name))}
    # a field that is no longer wanted goes back to what was there before the unheard write
    return changed | {name: wanted.get(name, held.get(name)) for name in uncertain if name not in changed}


def _same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and bool(one == other) and json_text(one) == json_text(other)
