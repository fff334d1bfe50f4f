"""The review of partners: shares, waits and leaks worked by hand, and proposals with reasons."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from tests.ledger.world import NOW

from fairlead import project
from fairlead.ledger.review import PartnerReview, Review, review
from fairlead.ledger.review_page import NOTE, paid_by_lines, review_html, rows

if TYPE_CHECKING:
    from tests.ledger.world import World

#: a partner whose work can be judged
SINCE_LONG = {
    "onboarded_on": "2025-12-01",
    "screening_clear": True,
    "complaints_this_year": 0,
    "late_payments_this_year": 0,
    "unanswered_introductions_this_year": 0,
    "usual_answer_hours": 20,
    "rating": 4,
    "rating_of_facility": 4,
    "surveyed_on": "2026-10-01",
}
DONE: dict[str, Any] = {
    "disclosure_proved": True,
    "handed_over_on": "2026-10-05",
    "patient_contacted_on": "2026-10-06",
    "partner_thanked_on": "2026-10-06",
    "appointment_on": "2026-10-15",
    "appointment_attended": True,
    "patient_decision": "accepted",
    "decision_state": "decided",
}


def reviewed(world: World, code: str | None = None, first: str = "2026-01-01") -> Review:
    with world.store.reading() as tx:
        return review(
            tx,
            project.open(world.folder),
            NOW,
            first=date.fromisoformat(first),
            last=date(2026, 11, 21),
            code=code,
        )


def one(world: World, **facts: Any) -> PartnerReview:
    """A partner with four introductions of 5 October: two attended, one slipped, one the patient's choice."""
    world.partner(**{**SINCE_LONG, **facts})
    world.introduction("i1", "2026-10-05", **DONE, patient_decided_at="2026-10-09T10:00:00Z")
    world.introduction("i2", "2026-10-05", **DONE, patient_decided_at="2026-10-25T10:00:00Z")
    world.introduction("i3", "2026-10-05", disclosure_proved=True, closed_because="not_reached")
    world.introduction(
        "i4",
        "2026-10-05",
        disclosure_proved=True,
        handed_over_on="2026-10-05",
        patient_contacted_on="2026-10-06",
        closed_because="patient_declined",
        patient_decision="declined",
        patient_decided_at="2026-10-08T10:00:00Z",
    )
    for number, hour in ((1, "09:30"), (2, "13:00")):
        talk = {
            "occurred_at": f"2026-10-05T{hour}:00Z",
            "direction": "outbound",
            "author_kind": "coordinator",
            "purpose": "answer",
        }
        world.put("interaction", f"r{number}", talk, {"lead": f"l-i{number}"})
    acknowledged = {
        "occurred_at": "2026-10-05T08:00:01Z",
        "direction": "outbound",
        "author_kind": "automation",
    }
    world.put("interaction", "r3", acknowledged, {"lead": "l-i2"})
    [found] = reviewed(world).partners
    return found


def test_shares_and_waits_are_what_the_records_say(world: World) -> None:
    found = one(world).as_json()
    assert found["introductions"] == 4
    # 2 of 4 patients accepted
    assert found["conversion"] == {"accepted": 2, "percent": 50}
    # enquiries of 08:00 answered by a person after 1 and 5 whole hours; 3, 4 and 20 days to a decision
    assert found["median"] == {
        "first_reply_hours": 1,
        "teleconsultation_hours": None,
        "decision_days": 4,
    }
    assert (found["complete_files_percent"], found["disclosed_percent"]) == (100, 100)


def test_leakage_is_counted_along_the_steps(world: World) -> None:
    found = one(world).as_json()
    assert found["steps"] == {
        "file_complete": 4,
        "verified": 4,
        "handed_over": 3,
        "contacted": 3,
        "thanked": 2,
        "appointment": 2,
        "attended": 2,
    }
    assert found["leakage"] == {"leaked": 1, "none": 2, "own_decision": 1}


@pytest.mark.parametrize(
    ("facts", "proposal", "code"),
    [
        ({}, "renew", "good_work"),
        ({"complaints_this_year": 1}, "talk", "complaints"),
        ({"usual_answer_hours": 72}, "talk", "slow_answers"),
        ({"late_payments_this_year": 1}, "our_turn", "our_turn"),
        ({"screening_clear": False}, "end", "screened_out"),
        ({"onboarded_on": "2026-10-01"}, "too_early", "too_new"),
    ],
)
def test_a_proposal_has_its_reason(world: World, facts: dict[str, Any], proposal: str, code: str) -> None:
    found = one(world, **facts)
    assert found.proposal == proposal
    assert code in [each for each, _ in found.reasons]


def test_an_undetermined_proposal_says_what_is_missing(world: World) -> None:
    world.partner(onboarded_on="2025-12-01")
    for number in range(1, 4):
        world.introduction(f"i{number}", "2026-10-05")
    [found] = reviewed(world).partners
    assert found.proposal is None
    assert "partner.complaints_this_year" in found.missing


def test_only_introductions_of_the_period_and_the_partner_asked_for_count(world: World) -> None:
    world.partner()
    world.partner("p2")
    world.introduction("i1", "2026-03-02")
    world.introduction("i2", "2026-10-05")
    world.introduction("i3", "2026-10-05", "p2")
    [found] = reviewed(world, "ta-101", "2026-06-01").partners
    assert (found.code, found.introductions) == ("TA-101", 1)


def test_an_introduction_counts_for_whom_the_ledger_has_it(world: World) -> None:
    from fairlead.ledger.corrections import Corrections

    world.partner()
    world.partner("p2")
    world.introduction("i1", "2026-10-05")
    Corrections(world.ledger()).attribute("introduction", "i1", "p2", "Mehmet", "the code was read wrongly")
    assert [(each.code, each.introductions) for each in reviewed(world).partners] == [
        ("TA-101", 0),
        ("TA-102", 1),
    ]


def test_introductions_of_a_partner_that_was_merged_count_for_the_one_it_lives_on_as(world: World) -> None:
    world.partner("p1")
    world.partner("p2")
    world.introduction("i1", "2026-10-01", "p1")
    world.introduction("i2", "2026-10-02", "p2")
    world.ledger().accrue()
    world.merge("partners", "p1", "p2")
    found = {each.code: each.introductions for each in reviewed(world).partners}
    assert found["TA-102"] == 2


def test_the_review_writes_nothing_and_says_that_its_figures_reach_no_reward(world: World) -> None:
    one(world)
    found = reviewed(world)
    page = review_html(found)
    assert NOTE.split(".", maxsplit=1)[0] in page
    assert "never reach a reward" in page
    assert paid_by_lines(found) == []
    assert [row[0] for row in rows(found)] == ["TA-101"]
    with world.store.reading() as tx:
        assert tx.book.last_act() == 0


def test_a_reward_that_reads_what_is_for_the_review_is_named(make_world: Callable[..., World]) -> None:
    world = make_world("medical-travel/partner-tiers-as-published")
    world.partner()
    [line] = paid_by_lines(reviewed(world))
    assert "`introduction.reward of medical-travel/partner-tiers-as-published` reads" in line
    assert "`treatment.total_cost`" in line


def test_a_bad_record_is_counted_and_not_hidden(world: World) -> None:
    world.partner()
    world.introduction("i1", "2026-10-05", closed_because="vanished")
    found = reviewed(world)
    assert (found.unread, found.partners[0].introductions) == (1, 0)


def test_an_instant_of_another_zone_is_the_same_instant(world: World) -> None:
    world.partner()
    world.introduction("i1", "2026-10-05")
    talk = {
        "occurred_at": "2026-10-05T14:00:00+03:00",
        "direction": "outbound",
        "author_kind": "clinician",
        "purpose": "teleconsultation",
    }
    world.put("interaction", "r1", talk, {"lead": "l-i1"})
    [found] = reviewed(world).partners
    # 14:00 in Istanbul is 11:00 UTC, three hours after the enquiry
    assert (dict(found.reply_hours), dict(found.teleconsultation_hours)) == ({3: 1}, {3: 1})
