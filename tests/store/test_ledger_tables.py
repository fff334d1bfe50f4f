"""What the database itself sees to: nothing is changed, every movement balances, nothing is there twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from fairlead.problems import StoreError, UsageError
from fairlead.store import Store
from fairlead.store.ledger_records import Balance, NewEntry
from fairlead.store.ledger_states import TRANSITIONS, State

AT = datetime(2026, 11, 21, 9, tzinfo=UTC)
TABLES = (
    "ledger_acts",
    "ledger_attributions",
    "ledger_entries",
    "ledger_movements",
    "ledger_holds",
    "ledger_transitions",
)


def new(**others: Any) -> NewEntry:
    """A fee of 500.00 USD for introduction `i1` by partner `p1`."""
    values: dict[str, Any] = {
        "kind": "accrual",
        "programme": "medical-travel/partner-programme",
        "reward": "introduction.reward",
        "entity": "introduction",
        "subject": "i1",
        "revision": 1,
        "payee": "p1",
        "patient": "l1",
        "day": date(2026, 10, 5),
        "currency": "USD",
        "units": 50000,
        "asked": 50000,
    }
    return NewEntry(**{**values, **others})


def accrue(store: Store, *entries: NewEntry, key: str | None = None) -> list[int]:
    with store.transaction() as tx:
        act = tx.book.begin("accrue", actor="fairlead", at=AT, key=key)
        known = {(each.entity, each.subject, each.revision) for each in entries}
        there = tx.book.attributions("introduction", [each.subject for each in entries])
        for entity, subject, revision in sorted(known):
            payee = next(each.payee for each in entries if each.subject == subject)
            if subject not in there or there[subject].revision < revision:
                act.attribute(entity, subject, revision, payee, {"way": "tracking_code"})
        numbers = [act.enter(each) for each in entries]
        act.write()
    return numbers


def move(store: Store, number: int, *states: State) -> None:
    for state in states:
        with store.transaction() as tx:
            act = tx.book.begin("assess", actor="fairlead", at=AT)
            act.move(tx.book.entry(number), state)
            act.write()


def test_an_entry_is_read_back_with_its_state(store: Store) -> None:
    [number] = accrue(store, new(content={"basis": {"introduction.verified": True}}, decision=7))
    move(store, number, State.HELD, State.RELEASED)
    with store.reading() as tx:
        entry = tx.book.entry(number)
        path = [each.state for each in tx.book.movements(number)]
    assert (entry.state, entry.units, entry.day, entry.decision) == (
        State.RELEASED,
        50000,
        date(2026, 10, 5),
        7,
    )
    assert entry.content == {"basis": {"introduction.verified": True}}
    assert path == [State.ACCRUED, State.HELD, State.RELEASED]


def test_every_movement_sums_to_zero_over_the_accounts(store: Store) -> None:
    first, second = accrue(store, new(), new(subject="i2", units=12000, asked=50000))
    move(store, first, State.RELEASED, State.APPROVED, State.ON_STATEMENT, State.PAID)
    move(store, second, State.HELD)
    with store.reading() as tx:
        balances = tx.book.balances(["p1"])
    assert balances == [
        Balance("p1", "USD", "accrued", 0),
        Balance("p1", "USD", "approved", 0),
        Balance("p1", "USD", "expense", -62000),
        Balance("p1", "USD", "held", 12000),
        Balance("p1", "USD", "on_statement", 0),
        Balance("p1", "USD", "paid", 50000),
        Balance("p1", "USD", "released", 0),
    ]
    assert sum(each.units for each in balances) == 0


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("change", ["UPDATE {0} SET {1} = {1}", "DELETE FROM {0}"])
def test_no_row_can_be_changed_or_removed(store: Store, table: str, change: str) -> None:
    [number] = accrue(store, new())
    with store.transaction() as tx:
        act = tx.book.begin("assess", actor="fairlead", at=AT)
        act.hold(number, [{"code": "no_licence"}])
        act.write()
    column = {"ledger_acts": "kind", "ledger_attributions": "payee", "ledger_entries": "units"}.get(
        table, "reasons" if table == "ledger_holds" else "state"
    )
    with pytest.raises(DBAPIError, match="append-only"), store._engine.begin() as connection:
        connection.execute(text(change.format(table, column)))


def test_a_reward_accrues_once_for_each_introduction(store: Store) -> None:
    accrue(store, new())
    with pytest.raises(StoreError):
        accrue(store, new())


def test_one_introduction_has_one_payee_in_all_programmes(store: Store) -> None:
    accrue(store, new())
    with pytest.raises(StoreError):
        accrue(store, new(programme="medical-travel/handling-fee-programme", payee="p2"))


def test_an_act_is_done_once_under_a_key(store: Store) -> None:
    accrue(store, new(), key="accrue 2026-Q4")
    with pytest.raises(StoreError):
        accrue(store, new(subject="i2"), key="accrue 2026-Q4")


@pytest.mark.parametrize("states", [(one, next_) for one in State for next_ in State], ids=str)
def test_only_the_declared_transitions_are_taken(store: Store, states: tuple[State, State]) -> None:
    paths = {
        State.ACCRUED: (),
        State.HELD: (State.HELD,),
        State.RELEASED: (State.RELEASED,),
        State.APPROVED: (State.RELEASED, State.APPROVED),
        State.ON_STATEMENT: (State.RELEASED, State.APPROVED, State.ON_STATEMENT),
        State.DISPUTED: (State.RELEASED, State.APPROVED, State.ON_STATEMENT, State.DISPUTED),
        State.PAID: (State.RELEASED, State.APPROVED, State.ON_STATEMENT, State.PAID),
        State.REVERSED: (State.REVERSED,),
    }
    first, second = states
    [number] = accrue(store, new())
    move(store, number, *paths[first])
    if states in TRANSITIONS:
        move(store, number, second)
    else:
        with pytest.raises(StoreError):
            move(store, number, second)


@pytest.mark.parametrize(
    ("from_state", "state", "units"),
    [
        (State.ACCRUED, State.HELD, 49999),
        (State.HELD, State.RELEASED, 50000),
        (None, State.ACCRUED, 50000),
    ],
    ids=["another amount", "a state that was not entered", "accrued a second time"],
)
def test_a_movement_takes_the_whole_amount_from_where_it_is(
    store: Store, from_state: State | None, state: State, units: int
) -> None:
    [number] = accrue(store, new())

    def move() -> None:
        with store.transaction() as tx:
            act = tx.book.begin("assess", actor="fairlead", at=AT)
            act._move(number, from_state, state, units)
            act.write()

    with pytest.raises(StoreError):
        move()


def test_a_correction_takes_back_the_whole_of_one_entry_once(store: Store) -> None:
    [number] = accrue(store, new())
    back = new(kind="correction", units=-50000, asked=-50000, corrects=number)
    for wrong in (
        {"units": -40000},
        {"units": 50000},
        {"currency": "EUR"},
        {"corrects": None},
        {"corrects": 99},
    ):
        with pytest.raises(StoreError):
            accrue(store, NewEntry(**{**_fields(back), **wrong}))
    [taken] = accrue(store, back)
    with store.reading() as tx:
        assert tx.book.entry(taken).units == -50000
        assert {each.account: each.units for each in tx.book.balances(["p1"])} == {"accrued": 0, "expense": 0}
    with pytest.raises(StoreError):
        accrue(store, NewEntry(**{**_fields(back), "revision": 2, "payee": "p1"}))


def test_an_accrual_is_never_below_zero_nor_above_what_was_asked(store: Store) -> None:
    for units, asked in ((-1, 50000), (50001, 50000)):
        with pytest.raises(StoreError):
            accrue(store, new(units=units, asked=asked))


def test_the_newest_reasons_hold(store: Store) -> None:
    [number] = accrue(store, new())
    for reasons in ([{"code": "no_licence"}, {"code": "no_agreement"}], [{"code": "no_agreement"}]):
        with store.transaction() as tx:
            act = tx.book.begin("assess", actor="fairlead", at=AT)
            act.hold(number, reasons)
            act.write()
    with store.reading() as tx:
        assert [each["code"] for each in tx.book.holds([number])[number].reasons] == ["no_agreement"]
        assert [len(each.reasons) for each in tx.book.hold_history(number)] == [2, 1]


def test_totals_leave_out_what_was_reversed(store: Store) -> None:
    first, _, _ = accrue(
        store, new(), new(subject="i2"), new(subject="i3", day=date(2026, 10, 6), units=100, asked=100)
    )
    move(store, first, State.REVERSED)
    with store.reading() as tx:
        totals = tx.book.totals(
            "medical-travel/partner-programme", "introduction.reward", "payee", ["p1", "p9"]
        )
    assert totals == {("p1", "2026-10-05"): 50000, ("p1", "2026-10-06"): 100}


def test_entries_are_found_by_every_condition(store: Store) -> None:
    first, second = accrue(store, new(), new(subject="i2", payee="p2", patient="l2", day=date(2026, 12, 31)))
    move(store, second, State.HELD)
    questions: list[tuple[dict[str, Any], list[int]]] = [
        ({}, [first, second]),
        ({"payees": ["p2"]}, [second]),
        ({"subjects": ["i1", "i9"], "entity": "introduction"}, [first]),
        ({"patients": ["l2"]}, [second]),
        ({"states": [State.ACCRUED]}, [first]),
        ({"states": [State.HELD]}, [second]),
        ({"first": date(2026, 10, 6)}, [second]),
        ({"last": date(2026, 10, 5)}, [first]),
        ({"numbers": [second]}, [second]),
        ({"programme": "another"}, []),
        ({"after": first}, [second]),
    ]
    with store.reading() as tx:
        found = [[each.id for each in tx.book.entries(**question)] for question, _ in questions]
    assert found == [expected for _, expected in questions]


def test_an_act_needs_somebody(store: Store) -> None:
    with pytest.raises(UsageError, match="somebody"), store.transaction() as tx:
        tx.book.begin("approve", actor=" ", at=AT)


def test_acts_stand_in_the_decision_log(open_store: Callable[[], Store]) -> None:
    store = open_store()
    accrue(store, new(), key="accrue 2026-Q4")
    with store.reading() as tx:
        act = next(tx.book.acts())
        assert act.key == "accrue 2026-Q4"
        logged = tx.log.entry(act.log_seq)
    assert logged.entity == "ledger"
    assert logged.decisions["ledger.act"]["digest"] == act.digest
    assert store.verify().sound


def _fields(entry: NewEntry) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in NewEntry.__slots__}
