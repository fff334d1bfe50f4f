"""What must be true of the ledger's tables, asked of the tables themselves: the database's keys aside."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Exists, and_, func, or_, select, tuple_
from sqlalchemy.sql.elements import ColumnElement

from fairlead.store.ledger_schema import acts, entries, holds, movements
from fairlead.store.ledger_states import TRANSITIONS, State

__all__ = ["LedgerChecks", "LedgerFault"]

_FIRST_STATES = (State.ACCRUED.value, State.PAID.value)
_PAIRS = sorted((before.value, after.value) for before, after in TRANSITIONS)


@dataclass(frozen=True, slots=True)
class LedgerFault:
    """One thing that is wrong with an entry: `kind` is stable, `message` a sentence."""

    kind: str
    entry: int
    message: str


class LedgerChecks:
    """Checks of the whole ledger within one transaction, in bounded memory."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def faults(self) -> Iterator[LedgerFault]:
        """Yield everything wrong with movements, states, corrections, and what was accrued twice."""
        yield from self._of_no_act()
        yield from self._unbalanced()
        yield from self._out_of_order()
        yield from self._corrections()
        yield from self._twice()

    def _of_no_act(self) -> Iterator[LedgerFault]:
        for table, number in (
            (entries, entries.c.id),
            (movements, movements.c.entry),
            (holds, holds.c.entry),
        ):
            query = select(number.label("entry"), table.c.act).where(
                ~select(acts.c.id).where(acts.c.id == table.c.act).exists()
            )
            for row in self._connection.execute(query):
                yield LedgerFault("no-act", row.entry, f"act {row.act} that wrote it is not there")

    def _unbalanced(self) -> Iterator[LedgerFault]:
        joined = movements.outerjoin(entries, entries.c.id == movements.c.entry)
        query = (
            select(movements.c.entry, movements.c.units, entries.c.units.label("whole"))
            .select_from(joined)
            .where(or_(entries.c.id.is_(None), entries.c.units != movements.c.units))
        )
        for row in self._connection.execute(query):
            whole = "no entry" if row.whole is None else f"an entry of {row.whole}"
            message = f"a movement moves {row.units} minor units of {whole}"
            yield LedgerFault("not-balanced", row.entry, message)

    def _out_of_order(self) -> Iterator[LedgerFault]:
        firsts = (
            select(entries.c.id, func.count(movements.c.id).label("count"))
            .select_from(
                entries.outerjoin(
                    movements, and_(movements.c.entry == entries.c.id, movements.c.from_state.is_(None))
                )
            )
            .group_by(entries.c.id)
            .having(func.count(movements.c.id) != 1)
        )
        for row in self._connection.execute(firsts):
            yield LedgerFault("wrong-state", row.id, f"it was entered into a first state {row.count} times")
        wrong = select(movements.c.entry, movements.c.from_state, movements.c.state).where(
            or_(
                and_(movements.c.from_state.is_(None), movements.c.state.not_in(_FIRST_STATES)),
                and_(
                    movements.c.from_state.is_not(None),
                    tuple_(movements.c.from_state, movements.c.state).not_in(_PAIRS),
                ),
            )
        )
        for row in self._connection.execute(wrong):
            message = f"`{row.state}` may not follow `{row.from_state or 'nothing'}`"
            yield LedgerFault("wrong-state", row.entry, message)
        before = movements.alias("before")
        unentered = select(movements.c.entry, movements.c.from_state).where(
            movements.c.from_state.is_not(None),
            ~(
                select(before.c.id)
                .where(
                    before.c.entry == movements.c.entry,
                    before.c.state == movements.c.from_state,
                    before.c.id < movements.c.id,
                )
                .exists()
            ),
        )
        for row in self._connection.execute(unentered):
            yield LedgerFault("wrong-state", row.entry, f"it left `{row.from_state}` before it was in it")
        for column in (movements.c.state, movements.c.from_state):
            twice = (
                select(movements.c.entry, column.label("state"))
                .where(column.is_not(None))
                .group_by(movements.c.entry, column)
                .having(func.count() > 1)
            )
            for row in self._connection.execute(twice):
                yield LedgerFault("wrong-state", row.entry, f"it was in `{row.state}` twice")

    def _corrections(self) -> Iterator[LedgerFault]:
        former = entries.alias("former")
        query = (
            select(entries.c.id, entries.c.corrects)
            .select_from(entries.outerjoin(former, former.c.id == entries.c.corrects))
            .where(
                entries.c.kind == "correction",
                or_(
                    former.c.id.is_(None),
                    former.c.units != -entries.c.units,
                    former.c.currency != entries.c.currency,
                    former.c.payee != entries.c.payee,
                    _is_reversed(former.c.id),
                ),
            )
        )
        for row in self._connection.execute(query):
            message = f"it does not take back the whole of entry {row.corrects}, once"
            yield LedgerFault("wrong-correction", row.id, message)
        again = (
            select(entries.c.corrects)
            .where(entries.c.corrects.is_not(None))
            .group_by(entries.c.corrects)
            .having(func.count() > 1)
        )
        for row in self._connection.execute(again):
            yield LedgerFault("wrong-correction", row.corrects, "it was taken back more than once")

    def _twice(self) -> Iterator[LedgerFault]:
        correction = entries.alias("correction")
        what = (entries.c.programme, entries.c.reward, entries.c.entity, entries.c.subject)
        query = (
            select(*what, func.max(entries.c.id).label("id"))
            .where(
                entries.c.kind == "accrual",
                ~_is_reversed(entries.c.id),
                ~select(correction.c.id).where(correction.c.corrects == entries.c.id).exists(),
            )
            .group_by(*what)
            .having(func.count() > 1)
        )
        for row in self._connection.execute(query):
            message = f"`{row.reward}` was accrued twice for one record, and neither was taken back"
            yield LedgerFault("accrued-twice", row.id, message)


def _is_reversed(number: ColumnElement[Any]) -> Exists:
    return (
        select(movements.c.id)
        .where(movements.c.entry == number, movements.c.state == State.REVERSED.value)
        .exists()
    )
