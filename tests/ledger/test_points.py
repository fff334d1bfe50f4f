"""Points: earned by visits and feedback, used oldest first, run out after their months, never below zero."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.ledger.world import World, write_project

from fairlead.ledger.corrections import Corrections
from fairlead.ledger.payout import Payout
from fairlead.ledger.periods import read_period
from fairlead.ledger.points import Points, PointsBalance
from fairlead.ledger.replay import replay
from fairlead.problems import UsageError
from fairlead.store import Store
from fairlead.store.ledger_states import State

if TYPE_CHECKING:
    from fairlead.ledger.ledger import Ledger

LOYALTY = "medical-travel/loyalty"


@pytest.fixture
def clinic(make_world: Callable[..., World]) -> World:
    """The shipped loyalty programme: 20 points for a visit, 10 for feedback, for 24 months."""
    world = make_world(LOYALTY)
    world.put("lead", "l1", {"is_former_patient": True})
    return world


def visit(world: World, id_: str, day: str, *, feedback: bool = False, lead: str = "l1") -> None:
    facts = {"is_maintenance_visit": True, "completed": True, "arrived_on": day}
    if feedback:
        facts["feedback_on"] = day
    world.put("treatment", id_, facts, {"lead": lead})


def ledger_on(world: World, day: str) -> Ledger:
    ledger = world.ledger(datetime.fromisoformat(f"{day}T12:00:00").replace(tzinfo=UTC))
    ledger.accrue()
    ledger.assess()
    return ledger


def balance(world: World, ledger: Ledger, person: str = "l1") -> PointsBalance:
    with world.store.reading() as tx:
        return Points(ledger).balance(tx, person)


def sums(found: PointsBalance) -> tuple[int, int, int, int, int]:
    return found.earned, found.redeemed, found.expired, found.left, found.usable


def test_a_visit_earns_twenty_points_and_feedback_ten(clinic: World) -> None:
    visit(clinic, "t1", "2026-03-02", feedback=True)
    visit(clinic, "t2", "2026-09-07")
    found = balance(clinic, ledger_on(clinic, "2026-11-21"))
    assert sums(found) == (50, 0, 0, 50, 50)
    assert [(lot.left, lot.runs_out_on) for lot in found.lots] == [
        (20, date(2028, 3, 2)),
        (10, date(2028, 3, 2)),
        (20, date(2028, 9, 7)),
    ]


def test_bringing_patients_earns_no_points(clinic: World) -> None:
    clinic.partner()
    clinic.introduction("i1", "2026-10-05", lead="l1")
    clinic.put("treatment", "t1", {"completed": True, "arrived_on": "2026-10-20"}, {"lead": "l1"})
    assert sums(balance(clinic, ledger_on(clinic, "2026-11-21"))) == (0, 0, 0, 0, 0)


def test_points_that_are_held_do_not_count(clinic: World) -> None:
    clinic.put("lead", "l2", {})
    visit(clinic, "t1", "2026-03-02", lead="l2")
    ledger = ledger_on(clinic, "2026-11-21")
    assert sums(balance(clinic, ledger, "l2")) == (0, 0, 0, 0, 0)
    with clinic.store.reading() as tx:
        [entry] = tx.book.entries()
        [reason] = tx.book.holds([entry.id])[entry.id].reasons
    assert (entry.state, reason["code"]) == (State.HELD, "not_a_former_patient")


def test_what_runs_out_first_is_used_first(clinic: World) -> None:
    visit(clinic, "t1", "2026-03-02")
    visit(clinic, "t2", "2026-09-07")
    ledger = ledger_on(clinic, "2026-11-21")
    number = Points(ledger).redeem("l1", 30, "discounted_follow_up", "Ana")
    with clinic.store.reading() as tx:
        used = tx.book.entry(number)
    assert (used.units, used.kind, used.state, dict(used.content["from"])) == (
        -30,
        "redemption",
        State.PAID,
        {"1": 20, "2": 10},
    )
    found = balance(clinic, ledger)
    assert sums(found) == (40, 30, 0, 10, 10)
    assert [lot.entry.subject for lot in found.lots] == ["t2"]


@pytest.mark.parametrize(
    ("points", "benefit", "code"),
    [
        (21, "free_follow_up", "not-enough-points"),
        (0, "free_follow_up", "value-out-of-range"),
        (-5, "free_follow_up", "value-out-of-range"),
        (20, " ", "empty-value"),
    ],
)
def test_points_that_are_not_there_cannot_be_used(
    clinic: World, points: int, benefit: str, code: str
) -> None:
    visit(clinic, "t1", "2026-03-02")
    ledger = ledger_on(clinic, "2026-11-21")
    with pytest.raises(UsageError) as caught:
        Points(ledger).redeem("l1", points, benefit, "Ana")
    assert caught.value.problems[0].code == code
    assert sums(balance(clinic, ledger)) == (20, 0, 0, 20, 20)


def test_points_run_out_after_their_months_and_are_booked_by_a_run(clinic: World) -> None:
    visit(clinic, "t1", "2026-03-02")
    visit(clinic, "t2", "2026-09-07")
    Points(ledger_on(clinic, "2026-11-21")).redeem("l1", 5, "free_follow_up", "Ana")
    last_day = ledger_on(clinic, "2028-03-01")
    assert sums(balance(clinic, last_day)) == (40, 5, 0, 35, 35)
    assert Points(last_day).expire() == {}
    after = ledger_on(clinic, "2028-03-02")
    # 15 have run out, and are left until a run books it; they cannot be used any more
    assert sums(balance(clinic, after)) == (40, 5, 0, 35, 20)
    assert Points(after).expire() == {"l1": 15}
    assert sums(balance(clinic, after)) == (40, 5, 15, 20, 20)
    assert Points(after).expire() == {}


def test_a_visit_that_was_a_duplicate_is_taken_back_also_after_its_points_were_used(clinic: World) -> None:
    visit(clinic, "t1", "2026-03-02")
    visit(clinic, "t2", "2026-09-07")
    ledger = ledger_on(clinic, "2026-11-21")
    Points(ledger).redeem("l1", 20, "discounted_follow_up", "Ana")
    Corrections(ledger).correct(1, "Mehmet", "duplicate", "entered twice")
    assert sums(balance(clinic, ledger)) == (20, 20, 0, 0, 0)


def test_points_of_a_merged_person_are_used_and_run_out_as_one(clinic: World) -> None:
    clinic.put("lead", "l2", {"is_former_patient": True})
    visit(clinic, "v1", "2026-01-10", lead="l1")
    visit(clinic, "v2", "2026-06-10", lead="l2")
    ledger = ledger_on(clinic, "2026-07-01")
    clinic.merge("leads", "l1", "l2")
    assert [sums(balance(clinic, ledger, person)) for person in ("l1", "l2")] == [(40, 0, 0, 40, 40)] * 2
    Points(ledger).redeem("l1", 25, "free_follow_up", "Ana")
    assert sums(balance(clinic, ledger, "l2")) == (40, 25, 0, 15, 15)
    # the second visit's points run out after 24 months, the first one's were used
    later = ledger_on(clinic, "2028-06-10")
    assert Points(later).expire() == {"l2": 15}
    assert sums(balance(clinic, later, "l2")) == (40, 25, 15, 0, 0)


def test_visits_of_a_year_earn_two_hundred_points_at_most(clinic: World) -> None:
    for number in range(1, 12):
        visit(clinic, f"t{number:02}", f"2026-03-{number:02}")
    assert balance(clinic, ledger_on(clinic, "2026-11-21")).earned == 200


def test_points_are_never_paid_out_and_the_ledger_can_be_replayed(clinic: World) -> None:
    visit(clinic, "t1", "2026-03-02")
    ledger = ledger_on(clinic, "2026-11-21")
    Points(ledger).redeem("l1", 20, "discounted_follow_up", "Ana")
    proposal = Payout(ledger).propose(read_period("2026"), "Ana").proposal
    assert (proposal.payees, proposal.held, proposal.totals) == ((), (), {})
    report = replay(clinic.store, "UTC")
    assert report.is_same
    assert dict(report.outcomes) == {"same": 1, "spent": 1}


ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.just("visit"), st.integers(0, 40)),
        st.tuples(st.just("redeem"), st.integers(1, 60)),
        st.tuples(st.just("wait"), st.integers(1, 500)),
        st.tuples(st.just("expire"), st.just(0)),
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ACTIONS)
def test_what_is_earned_is_used_expired_or_left_and_never_below_zero(actions: list[tuple[str, int]]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with Store.open(f"sqlite:///{folder / 'fairlead.db'}", anchor=folder / "anchor.jsonl") as store:
            world = World(write_project(folder / "clinic", LOYALTY), store)
            world.put("lead", "l1", {"is_former_patient": True})
            today = date(2026, 3, 1)
            used = expired = 0
            for number, (action, amount) in enumerate(actions):
                if action == "visit":
                    day = today - timedelta(days=amount)
                    visit(world, f"t{number:02}", max(day, date(2026, 1, 2)).isoformat())
                elif action == "wait":
                    today += timedelta(days=amount)
                ledger = ledger_on(world, today.isoformat())
                points = Points(ledger)
                if action == "redeem":
                    usable = balance(world, ledger).usable
                    if amount > usable:
                        with pytest.raises(UsageError, match=f"can use {usable} points"):
                            points.redeem("l1", amount, "free_follow_up", "Ana")
                    else:
                        points.redeem("l1", amount, "free_follow_up", "Ana")
                        used += amount
                elif action == "expire":
                    expired += sum(points.expire().values())
                found = balance(world, ledger)
                assert found.earned == found.redeemed + found.expired + found.left
                assert (found.redeemed, found.expired) == (used, expired)
                assert 0 <= found.usable <= found.left
                with store.reading() as tx:
                    assert list(tx.ledger_checks.faults()) == []
