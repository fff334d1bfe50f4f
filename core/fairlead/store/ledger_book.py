"""The ledger within one transaction: reading entries, states, holds and balances, and beginning acts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import fields as dataclass_fields
from datetime import date, datetime
from sys import intern
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, case, func, literal, or_, select
from sqlalchemy.sql.elements import ColumnElement

from fairlead.problems import Problem, UsageError
from fairlead.store.decision_log import DecisionLog
from fairlead.store.ledger_act import ActWriter, lock
from fairlead.store.ledger_records import Act, Attribution, Balance, Entry, Held, Movement
from fairlead.store.ledger_schema import acts, attributions, entries, holds, movements
from fairlead.store.ledger_states import State
from fairlead.store.statements import any_number, any_of
from fairlead.store.stored_values import damaged_row, from_micros, json_value, shared_value

__all__ = ["Book"]

_PAGE = 1000
_later = movements.alias("later")
_STATES = {each.value: each for each in State}
#: what an entry is made of, in the order of its members
_COLUMNS = [
    (movements if member.name == "state" else entries).c[member.name] for member in dataclass_fields(Entry)
]


class Book:
    """The ledger's tables. Nothing in it is ever changed; `begin` starts an act that adds to it."""

    def __init__(self, connection: Connection, log: DecisionLog) -> None:
        self._connection = connection
        self._log = log

    def begin(
        self,
        kind: str,
        *,
        actor: str,
        at: datetime,
        reason: str = "",
        key: str | None = None,
        content: Mapping[str, Any] | None = None,
    ) -> ActWriter:
        """Begin an act: it keeps other writers out until the end of the transaction.

        One act at a time: the next is begun after `write`. What must not be done twice, such as opening
        the same balances, has a `key`: the database refuses a second act with it. Raises UsageError without
        an actor.
        """
        lock(self._connection)
        return ActWriter(
            self._connection,
            self._log,
            kind=kind,
            actor=actor,
            reason=reason,
            at=at,
            key=key,
            content=content or {},
        )

    def lock(self) -> None:
        """Keep other writers of the ledger out until the end of the transaction."""
        lock(self._connection)

    def entry(self, number: int) -> Entry:
        """Return one entry. Raises UsageError where there is none."""
        found = next(self.entries(numbers=[number]), None)
        if found is None:
            message = f"the ledger has no entry {number}"
            remedy = "`fairlead ledger show` lists the entries"
            raise UsageError([Problem("unknown-entry", message, found=str(number), remedy=remedy)])
        return found

    def entries(
        self,
        *,
        numbers: Collection[int] | None = None,
        entity: str | None = None,
        subjects: Iterable[str] | None = None,
        programme: str | None = None,
        payees: Iterable[str] | None = None,
        patients: Iterable[str] | None = None,
        states: Collection[str] | None = None,
        first: date | None = None,
        last: date | None = None,
        act: int | None = None,
        corrects: Collection[int] | None = None,
        after: int = 0,
    ) -> Iterator[Entry]:
        """Yield the entries that all of the conditions hold for, by number, page by page.

        `first` and `last` bound the day of the introduction, both included.
        """
        conditions: list[ColumnElement[bool]] = []
        for column, wanted in (
            (entries.c.entity, entity),
            (entries.c.programme, programme),
            (entries.c.act, act),
        ):
            if wanted is not None:
                conditions.append(column == wanted)
        if numbers is not None:
            conditions.append(any_number(self._connection, entries.c.id, numbers))
        if corrects is not None:
            conditions.append(any_number(self._connection, entries.c.corrects, corrects))
        if subjects is not None:
            conditions.append(any_of(self._connection, entries.c.subject, subjects))
        if payees is not None:
            conditions.append(any_of(self._connection, entries.c.payee, payees))
        if patients is not None:
            conditions.append(any_of(self._connection, entries.c.patient, patients))
        if first is not None:
            conditions.append(entries.c.day >= first.isoformat())
        if last is not None:
            conditions.append(entries.c.day <= last.isoformat())
        if states is not None:
            conditions.append(movements.c.state.in_(list(states)))
        query = _with_state().where(*conditions).order_by(entries.c.id).limit(_PAGE)
        while True:
            rows = self._connection.execute(query.where(entries.c.id > after)).all()
            yield from map(_entry, rows)
            if len(rows) < _PAGE:
                return
            after = rows[-1].id

    def movements(self, entry: int) -> list[Movement]:
        """Return the movements of an entry, in order."""
        query = select(movements).where(movements.c.entry == entry).order_by(movements.c.id)
        return [
            Movement(
                row.id,
                row.act,
                row.entry,
                None if row.from_state is None else _state(row.from_state),
                _state(row.state),
                row.units,
            )
            for row in self._connection.execute(query)
        ]

    def moved_into(self, state: State, numbers: Collection[int]) -> list[tuple[Act, int]]:
        """Return which act moved each of these entries into a state, with the entry, in order."""
        query = (
            select(acts, movements.c.entry)
            .join(movements, movements.c.act == acts.c.id)
            .where(movements.c.state == state, any_number(self._connection, movements.c.entry, numbers))
            .order_by(movements.c.id)
        )
        return [(_act(row), row.entry) for row in self._connection.execute(query)]

    def entering(self) -> set[int]:
        """Return the acts that entered anything."""
        return set(self._connection.scalars(select(entries.c.act).distinct()))

    def moving_into(self, states: Collection[str]) -> set[int]:
        """Return the acts that moved anything into one of these states."""
        query = select(movements.c.act).where(movements.c.state.in_(list(states)))
        return set(self._connection.scalars(query.distinct()))

    def moves_of(self, act: int) -> list[tuple[int, State]]:
        """Return the entries that an act moved, each with the state that it moved into, in order."""
        query = select(movements.c.entry, movements.c.state).where(movements.c.act == act)
        ordered = query.order_by(movements.c.id)
        return [(entry, _state(state)) for entry, state in self._connection.execute(ordered).all()]

    def holds(self, numbers: Collection[int]) -> dict[int, Held]:
        """Return the newest reasons of entries, by entry; one that was never held has none."""
        newest = (
            select(holds.c.entry, func.max(holds.c.act).label("act"))
            .where(any_number(self._connection, holds.c.entry, numbers))
            .group_by(holds.c.entry)
            .subquery()
        )
        query = select(holds).join(newest, and_(holds.c.entry == newest.c.entry, holds.c.act == newest.c.act))
        return {
            row.entry: Held(row.entry, row.act, tuple(shared_value(row.reasons)))
            for row in self._connection.execute(query)
        }

    def hold_history(self, entry: int) -> list[Held]:
        """Return every change of what held an entry, in order."""
        query = select(holds).where(holds.c.entry == entry).order_by(holds.c.act)
        return [
            Held(row.entry, row.act, tuple(shared_value(row.reasons)))
            for row in self._connection.execute(query)
        ]

    def attributions(self, entity: str, subjects: Iterable[str]) -> dict[str, Attribution]:
        """Return the newest attribution of subjects, by subject."""
        query = (
            select(attributions)
            .where(
                attributions.c.entity == entity,
                any_of(self._connection, attributions.c.subject, subjects),
            )
            .order_by(attributions.c.revision)
        )
        return {
            row.subject: Attribution(
                row.entity, row.subject, row.revision, row.payee, row.act, shared_value(row.content)
            )
            for row in self._connection.execute(query)
        }

    def balances(self, payees: Collection[str] | None = None) -> list[Balance]:
        """Return what is in each account, by payee, currency and account; the sum of a payee's is zero.

        The accounts are `expense` (or `opening`, for what was carried into the ledger) and the states.
        """
        into = select(
            entries.c.payee,
            entries.c.currency,
            movements.c.state.label("account"),
            movements.c.units.label("units"),
        )
        out = select(
            entries.c.payee,
            entries.c.currency,
            func.coalesce(movements.c.from_state, _source()).label("account"),
            (-movements.c.units).label("units"),
        )
        joined = [each.join(entries, entries.c.id == movements.c.entry) for each in (into, out)]
        if payees is not None:
            these = any_of(self._connection, entries.c.payee, payees)
            joined = [each.where(these) for each in joined]
        both = joined[0].union_all(joined[1]).subquery()
        query = (
            select(both.c.payee, both.c.currency, both.c.account, func.sum(both.c.units).label("units"))
            .group_by(both.c.payee, both.c.currency, both.c.account)
            .order_by(both.c.payee, both.c.currency, both.c.account)
        )
        return [
            Balance(row.payee, row.currency, row.account, int(row.units))
            for row in self._connection.execute(query)
        ]

    def totals(
        self,
        programme: str,
        reward: str,
        by: str,
        whose: Iterable[str] | None,
        *,
        first: date | None = None,
        last: date | None = None,
        before_act: int | None = None,
    ) -> dict[tuple[str, str], int]:
        """Return the net units of a reward by (whose, day): what is not reversed, corrections included.

        `by` is `payee`, `patient`, `subject` or `programme` (then `whose` is not asked, and is empty). With
        `before_act` they are as they were before that act.
        """
        column = entries.c[by]
        reversal = select(movements.c.id).where(
            movements.c.entry == entries.c.id, movements.c.state == "reversed"
        )
        if before_act is not None:
            reversal = reversal.where(movements.c.act < before_act)
        query = (
            select(column.label("whose"), entries.c.day, func.sum(entries.c.units).label("units"))
            .where(
                entries.c.programme == programme,
                entries.c.reward == reward,
                ~reversal.exists(),
            )
            .group_by(column, entries.c.day)
        )
        if whose is not None:
            query = query.where(any_of(self._connection, column, whose))
        if first is not None:
            query = query.where(entries.c.day >= first.isoformat())
        if last is not None:
            query = query.where(entries.c.day <= last.isoformat())
        if before_act is not None:
            query = query.where(entries.c.act < before_act)
        return {(who, day): int(units) for who, day, units in self._connection.execute(query).all()}

    def paid(self, numbers: Collection[int], first: date, last: date) -> list[tuple[str, str, int]]:
        """Return (payee, currency, units) of what these acts paid, and of openings that were paid before.

        The openings are those dated from `first` to `last`, both included.
        """
        carried_in = and_(
            movements.c.from_state.is_(None),
            entries.c.day >= first.isoformat(),
            entries.c.day <= last.isoformat(),
        )
        query = (
            select(entries.c.payee, entries.c.currency, func.sum(movements.c.units))
            .join(entries, entries.c.id == movements.c.entry)
            .where(
                movements.c.state == State.PAID,
                or_(any_number(self._connection, movements.c.act, numbers), carried_in),
            )
            .group_by(entries.c.payee, entries.c.currency)
        )
        return [
            (payee, currency, int(units)) for payee, currency, units in self._connection.execute(query).all()
        ]

    def standing(self, entity: str, programmes: Collection[str]) -> dict[str, int]:
        """Return how many accruals of each subject by these programmes were not taken back."""
        taken_back = entries.alias("taken_back")
        query = (
            select(entries.c.subject, func.count().label("standing"))
            .where(
                entries.c.entity == entity,
                entries.c.kind == "accrual",
                entries.c.programme.in_(list(programmes)),
                ~select(movements.c.id)
                .where(movements.c.entry == entries.c.id, movements.c.state == State.REVERSED)
                .exists(),
                ~select(taken_back.c.id).where(taken_back.c.corrects == entries.c.id).exists(),
            )
            .group_by(entries.c.subject)
        )
        return {subject: int(standing) for subject, standing in self._connection.execute(query).all()}

    def attributed_anew(self, entity: str) -> set[str]:
        """Return the subjects of an entity that a person had decided anew."""
        query = select(attributions.c.subject).where(
            attributions.c.entity == entity, attributions.c.revision > 1
        )
        return set(self._connection.scalars(query))

    def moved_since(self, act: int) -> Iterator[tuple[str, str]]:
        """Yield (entity, id) of what entries are about, and of their partners, that moved after an act."""
        touched = (
            select(movements.c.entry)
            .where(movements.c.act > act)
            .union(select(holds.c.entry).where(holds.c.act > act))
        )
        query = select(entries.c.entity, entries.c.subject, entries.c.payee).where(entries.c.id.in_(touched))
        found: dict[tuple[str, str], None] = {}
        for entity, subject, payee in self._connection.execute(query):
            found[entity, subject] = None
            found["partner", payee] = None
        yield from found

    def last_act(self) -> int:
        """Return the number of the newest act, zero where there is none."""
        return self._connection.scalar(select(func.max(acts.c.id))) or 0

    def act(self, number: int) -> Act:
        """Return one act. Raises UsageError where there is none."""
        row = self._connection.execute(select(acts).where(acts.c.id == number)).first()
        if row is None:
            message = f"the ledger has no act {number}"
            raise UsageError([Problem("unknown-entry", message, found=str(number))])
        return _act(row)

    def acts(self, kinds: Collection[str] | None = None, *, after: int = 0) -> Iterator[Act]:
        """Yield the acts, of these kinds where they are named, in order, page by page."""
        query = select(acts).order_by(acts.c.id).limit(_PAGE)
        if kinds is not None:
            query = query.where(acts.c.kind.in_(list(kinds)))
        while True:
            rows = self._connection.execute(query.where(acts.c.id > after)).all()
            yield from map(_act, rows)
            if len(rows) < _PAGE:
                return
            after = rows[-1].id

    def rows_of(self, act: int) -> tuple[list[dict[str, Any]], ...]:
        """Return the rows that an act wrote, by table, as its digest covers them."""
        return tuple(
            [dict(row) for row in self._connection.execute(query).mappings()]
            for query in (
                select(attributions).where(attributions.c.act == act),
                select(entries).where(entries.c.act == act).order_by(entries.c.id),
                select(movements).where(movements.c.act == act).order_by(movements.c.id),
                select(holds).where(holds.c.act == act),
            )
        )

    def stored_content(self, act: int) -> str:
        """Return the text of an act's content as it is stored."""
        text: str = self._connection.execute(select(acts.c.content).where(acts.c.id == act)).scalar_one()
        return text


def _source() -> ColumnElement[str]:
    return case((entries.c.kind == "opening", literal("opening")), else_=literal("expense"))


def _with_state() -> Select[Any]:
    current = ~(
        select(_later.c.id)
        .where(_later.c.entry == movements.c.entry, _later.c.from_state == movements.c.state)
        .exists()
    )
    return select(*_COLUMNS).join(movements, movements.c.entry == entries.c.id).where(current)


def _entry(row: Row[Any]) -> Entry:
    # a row is taken apart as a tuple: by name each member costs ten times as much
    *before, day, currency, units, asked, corrects, content, decision, state, round_ = tuple(row)
    # entries are kept by the ten thousand, and have few different texts and contents
    before = [intern(each) if isinstance(each, str) else each for each in before]
    content = shared_value(content)
    after = (intern(currency), units, asked, corrects, content, decision, _state(state), round_)
    members = (*before, date.fromisoformat(day), *after)
    return Entry(*members)


def _state(text: str) -> State:
    try:
        return _STATES[text]
    except KeyError:
        raise damaged_row(f"`{text}` is no state of an entry") from None


def _act(row: Row[Any]) -> Act:
    return Act(
        id=row.id,
        at=from_micros(row.at),
        kind=row.kind,
        actor=row.actor,
        reason=row.reason,
        key=row.key,
        content=json_value(row.content),
        digest=row.digest,
        log_seq=row.log_seq,
    )
