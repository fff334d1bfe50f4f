"""The payout run: proposal, approval by another person, statements, payment, disputes and corrections."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from tests.ledger.world import NOW, write_own_programme

from fairlead.ledger.corrections import Corrections
from fairlead.ledger.payout import Payout
from fairlead.ledger.periods import read_period
from fairlead.problems import UsageError
from fairlead.store.ledger_states import State

if TYPE_CHECKING:
    from tests.ledger.world import World

Q4 = read_period("2026-Q4")
LATER = datetime(2026, 12, 15, 9, tzinfo=UTC)


def run(world: World, now: datetime = NOW) -> Payout:
    ledger = world.ledger(now)
    ledger.accrue()
    ledger.assess()
    return Payout(ledger)


def states(world: World) -> dict[str, list[tuple[int, State]]]:
    with world.store.reading() as tx:
        found: dict[str, list[tuple[int, State]]] = {}
        for entry in tx.book.entries():
            found.setdefault(entry.subject, []).append((entry.units, entry.state))
    return found


def stated(world: World) -> Payout:
    """Two introductions of one partner on a statement of 1,000.00 USD."""
    world.partner()
    world.introduction("i1", "2026-10-05")
    world.introduction("i2", "2026-10-06")
    payout = run(world)
    payout.propose(Q4, "Ana")
    payout.approve(Q4, "Mehmet")
    payout.state(Q4, "Ana")
    return payout


def test_a_quarter_is_proposed_approved_told_and_paid_once(world: World) -> None:
    world.partner()
    world.partner("p2", licence_valid_until="2026-06-30")
    world.introduction("i1", "2026-10-05")
    world.introduction("i2", "2026-10-06")
    world.introduction("i3", "2026-10-07", "p2")
    payout = run(world)
    proposed = payout.propose(Q4, "Ana")
    assert proposed.proposal.totals == {"USD": 100000}
    assert [(each.entry.subject, each.reasons[0]["code"]) for each in proposed.proposal.held] == [
        ("i3", "no_licence")
    ]
    assert [each.units for each in payout.approve(Q4, "Mehmet").payees] == [100000]
    [statement] = payout.state(Q4, "Ana")
    assert statement.document["total"] == 100000
    assert [line["introduction"] for line in statement.document["lines"]] == ["i1", "i2"]
    paid = payout.pay(Q4, "Ana", on=date(2026, 11, 21), reference="SEPA 17")
    assert [entry.subject for entry in paid] == ["i1", "i2"]
    # everything again: nothing is done twice
    again = run(world)
    assert again.propose(Q4, "Ana").proposal.totals == {}
    assert again.approve(Q4, "Mehmet").payees == ()
    assert len(again.state(Q4, "Ana")) == 1
    assert again.pay(Q4, "Ana", on=date(2026, 11, 21), reference="SEPA 17") == []
    assert states(world) == {
        "i1": [(50000, State.PAID)],
        "i2": [(50000, State.PAID)],
        "i3": [(50000, State.HELD)],
    }


def test_the_same_proposal_twice_is_one_act(world: World) -> None:
    world.partner()
    world.introduction("i1", "2026-10-05")
    payout = run(world)
    first = payout.propose(Q4, "Ana")
    second = payout.propose(Q4, "Ana")
    assert (first.is_new, second.is_new, second.act.id) == (True, False, first.act.id)


@pytest.mark.parametrize("name", ["Ana", "ana", " ANA ", "\uff21na"])
def test_who_proposed_cannot_approve(world: World, name: str) -> None:
    world.partner()
    world.introduction("i1", "2026-10-05")
    payout = run(world)
    payout.propose(Q4, "Ana")
    with pytest.raises(UsageError, match="cannot approve"):
        payout.approve(Q4, name)


def test_what_changed_since_is_proposed_anew(world: World) -> None:
    world.partner()
    world.introduction("i1", "2026-10-05")
    run(world).propose(Q4, "Ana")
    world.introduction("i2", "2026-10-06")
    with pytest.raises(UsageError) as caught:
        run(world).approve(Q4, "Mehmet")
    assert caught.value.problems[0].code == "proposal-changed"


def test_a_released_entry_is_stopped_when_its_condition_fails(world: World) -> None:
    world.partner()
    world.introduction("i1", "2026-10-05")
    run(world)
    world.partner(is_public_official=True)
    payout = run(world)
    proposal = payout.propose(Q4, "Ana").proposal
    assert proposal.totals == {}
    assert [reason["code"] for reason in proposal.held[0].reasons] == ["partner_may_not_be_paid"]
    assert states(world) == {"i1": [(50000, State.RELEASED)]}


def test_a_payee_without_tax_form_is_stopped_where_the_programme_needs_one(world: World) -> None:
    world.partner(has_tax_form=False)
    world.introduction("i1", "2026-10-05")
    [payee] = run(world).propose(Q4, "Ana").proposal.payees
    assert (payee.outcome, [reason.code for reason in payee.reasons]) == ("stopped", ["tax-form"])


def test_a_reversal_before_the_statement_leaves_nothing(world: World) -> None:
    world.partner()
    world.introduction("i1", "2026-10-05")
    run(world)
    world.introduction("i1", "2026-10-05", reversal_cause="did_not_occur")
    run(world)
    assert states(world) == {"i1": [(50000, State.REVERSED)]}


def test_a_duplicate_found_after_payment_is_taken_back_by_a_new_entry(world: World) -> None:
    payout = stated(world)
    payout.pay(Q4, "Ana", on=date(2026, 11, 21), reference="SEPA 17")
    world.introduction("i3", "2026-12-01")
    with world.store.transaction() as tx:
        record = tx.mirror.record("introduction", "i1")
        assert record is not None
        facts = {**record.facts, "reversal_cause": "duplicate"}
        changed = type(record)(
            record.entity, record.id, record.ref, LATER, facts, record.links, record.person
        )
        tx.mirror.put_record(changed)
    later = run(world, LATER + timedelta(days=1))
    proposal = later.propose(Q4, "Ana").proposal
    # 500.00 for i3, less 500.00 for i1: nothing is above zero, so both are carried over
    [payee] = proposal.payees
    assert (payee.units, payee.outcome) == (0, "carried_over")
    assert states(world)["i1"] == [(50000, State.PAID), (-50000, State.RELEASED)]
    # it is taken back once
    run(world, LATER + timedelta(days=2))
    assert len(states(world)["i1"]) == 2


def test_a_duplicate_noted_before_the_payment_and_read_after_it_is_taken_back(world: World) -> None:
    payout = stated(world)
    payout.pay(Q4, "Ana", on=date(2026, 11, 21), reference="SEPA 17")
    run(world)
    world.introduction("i1", "2026-10-05", reversal_cause="duplicate", now=NOW - timedelta(hours=1))
    run(world)
    assert states(world)["i1"] == [(50000, State.PAID), (-50000, State.RELEASED)]


def test_an_introduction_that_was_merged_into_a_reversed_one_is_taken_back(world: World) -> None:
    payout = stated(world)
    payout.pay(Q4, "Ana", on=date(2026, 11, 21), reference="SEPA 17")
    world.introduction("i9", "2026-10-05", reversal_cause="duplicate")
    run(world)
    assert states(world)["i1"] == [(50000, State.PAID)]
    world.merge("introductions", "i1", "i9")
    with world.store.transaction() as tx:
        tx.mirror.delete_record("introduction", "i1")
    run(world)
    assert states(world)["i1"] == [(50000, State.PAID), (-50000, State.RELEASED)]


@pytest.mark.parametrize(
    ("condition", "change"),
    [
        (
            {"and": [{"!": {"absent": "lead.is_former_patient"}}, {"var": "lead.is_former_patient"}]},
            lambda world: world.put("lead", "l-i1", {"is_former_patient": True}),
        ),
        (
            {">=": [{"var": "partner.introductions_this_year"}, 3]},
            lambda world: world.introduction("i3", "2026-10-07"),
        ),
    ],
    ids=["a linked record", "a list of a linked record"],
)
def test_what_is_reversed_by_another_record_is_taken_back(
    world: World, condition: object, change: Callable[[World], None]
) -> None:
    write_own_programme(world.folder, reversed_when=condition)
    payout = stated(world)
    payout.pay(Q4, "Ana", on=date(2026, 11, 21), reference="SEPA 17")
    run(world)
    assert states(world)["i1"] == [(50000, State.PAID)]
    change(world)
    run(world)
    assert states(world)["i1"] == [(50000, State.PAID), (-50000, State.RELEASED)]


def test_a_dispute_is_open_until_its_day_and_ends_with_an_outcome(world: World) -> None:
    payout = stated(world)
    corrections = Corrections(world.ledger())
    assert corrections.dispute(1, "TA-101", "the fee is for a complex case") == date(2026, 12, 21)
    assert [entry.id for entry in payout.pay(Q4, "Ana", on=date(2026, 11, 21), reference="17")] == [2]
    with pytest.raises(UsageError, match="cannot settle"):
        corrections.settle(1, "ta-101", "upheld", "yes")
    assert corrections.settle(1, "Mehmet", "rejected", "the programme has one fee") is None
    assert [entry.id for entry in payout.pay(Q4, "Ana", on=date(2026, 11, 21), reference="18")] == [1]


def test_a_dispute_after_its_day_is_too_late(world: World) -> None:
    stated(world)
    with pytest.raises(UsageError, match="until 2026-12-21"):
        Corrections(world.ledger(datetime(2026, 12, 22, tzinfo=UTC))).dispute(1, "TA-101", "late")


def test_an_upheld_dispute_is_decided_anew(world: World) -> None:
    stated(world)
    corrections = Corrections(world.ledger())
    corrections.dispute(1, "TA-101", "wrong")
    corrections.settle(1, "Mehmet", "upheld", "they are right")
    run(world)
    assert states(world)["i1"] == [
        (50000, State.DISPUTED),
        (-50000, State.RELEASED),
        (50000, State.RELEASED),
    ]
    assert states(world)["i2"] == [(50000, State.ON_STATEMENT)]


@pytest.mark.parametrize("cause", ["complication", "patient_declined", "not_suitable"])
def test_nothing_is_taken_back_for_clinical_reasons(world: World, cause: str) -> None:
    stated(world)
    with pytest.raises(UsageError, match="clinical"):
        Corrections(world.ledger()).correct(1, "Mehmet", cause, "because")


def test_another_payee_needs_a_person_and_reverses_what_nobody_was_told(world: World) -> None:
    world.partner()
    world.partner("p2")
    world.introduction("i1", "2026-10-05")
    run(world)
    corrections = Corrections(world.ledger())
    with pytest.raises(UsageError, match="for a reason"):
        corrections.attribute("introduction", "i1", "p2", "Mehmet", " ")
    assert corrections.attribute("introduction", "i1", "p2", "Mehmet", "the code was read wrongly") == [1]
    run(world)
    with world.store.reading() as tx:
        found = [(entry.payee, entry.state) for entry in tx.book.entries()]
    assert found == [("p1", State.REVERSED), ("p2", State.RELEASED)]


def test_an_amount_that_changed_is_held_until_somebody_decides_it_anew(world: World) -> None:
    world.partner()
    world.introduction("i1", "2026-10-05")
    run(world)
    world.introduction("i1", "2026-10-05", file_complete=False)
    run(world)
    with world.store.reading() as tx:
        assert [reason["code"] for reason in tx.book.holds([1])[1].reasons] == ["no-longer-earned"]
    world.introduction("i1", "2026-10-05")
    run(world)
    with world.store.reading() as tx:
        assert tx.book.holds([1])[1].reasons == ()
