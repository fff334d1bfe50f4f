"""Stories, gifts, influencers and reminders: thanks that are never cash, and what the ledger keeps out of."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.ledger.world import NOW

import fairlead
from fairlead.ledger.payout import Payout
from fairlead.ledger.periods import read_period
from fairlead.ledger.statement_page import page_text, statement_page
from fairlead.problems import UsageError
from fairlead.store import Store
from fairlead.store.ledger_states import State

if TYPE_CHECKING:
    from tests.ledger.world import World

OCTOBER = read_period("2026-10")
AMBASSADORS = "medical-travel/ambassador-rewards"

STORY = {
    "shared_on": "2026-10-05",
    "states_reward": True,
    "asked_for_praise": False,
    "all_were_invited": True,
    "tied_to_referral": False,
    "promises_result": False,
    "thanks_kind": "travel_voucher",
}
CONSENT = {
    "purpose": "testimonial",
    "explicit": True,
    "covers_health_data": True,
    "withdrawn": False,
    "given_on": "2026-10-01",
}


def share(world: World, id_: str = "s1", consent: dict[str, Any] | None = None, **facts: Any) -> None:
    """Put a story of an ambassador that may be thanked for."""
    world.put("lead", f"l-{id_}", {})
    world.put("consent", f"c-{id_}", CONSENT if consent is None else consent, {"lead": f"l-{id_}"})
    links = {"lead": f"l-{id_}", "partner": "p1", "consent": f"c-{id_}"}
    world.put("story", id_, {**STORY, **facts}, links)


def run(world: World) -> Payout:
    ledger = world.ledger()
    ledger.accrue()
    ledger.assess()
    return Payout(ledger)


def held_codes(world: World) -> list[str]:
    with world.store.reading() as tx:
        [entry] = tx.book.entries()
        held = tx.book.holds([entry.id]).get(entry.id)
    return [] if held is None else [str(reason["code"]) for reason in held.reasons]


@pytest.mark.parametrize(
    ("consent", "facts", "code"),
    [
        ({**CONSENT, "withdrawn": True}, {}, "not_authorised"),
        ({**CONSENT, "given_on": "2026-10-06"}, {}, "not_authorised"),
        ({}, {}, "not_authorised"),
        (CONSENT, {"states_reward": False}, "reward_hidden"),
        (CONSENT, {"states_reward": None}, "reward_hidden"),
        (CONSENT, {"asked_for_praise": True}, "praise_asked"),
        (CONSENT, {"all_were_invited": False}, "praise_asked"),
        (CONSENT, {"tied_to_referral": True}, "tied_to_referral"),
        (CONSENT, {"thanks_kind": "cash"}, "cash"),
        (CONSENT, {"thanks_kind": "gift_card"}, "cash"),
    ],
)
def test_a_story_is_held_until_it_is_authorised_disclosed_free_and_no_cash(
    make_world: Callable[..., World], consent: dict[str, Any], facts: dict[str, Any], code: str
) -> None:
    world = make_world(AMBASSADORS)
    world.partner(type="ambassador")
    share(world, consent=consent, **facts)
    run(world)
    assert held_codes(world) == [code]


@pytest.mark.parametrize("rating", [1, 5, None])
def test_praise_and_blame_are_thanked_alike(make_world: Callable[..., World], rating: int | None) -> None:
    world = make_world(AMBASSADORS)
    world.partner(type="ambassador")
    share(world, rating=rating)
    proposal = run(world).propose(OCTOBER, "Ana").proposal
    assert [(each.units, each.benefit, each.outcome) for each in proposal.payees] == [(1500, "gift", "pay")]
    # it is value, and no money is to be paid
    assert proposal.totals == {}


def test_a_person_is_thanked_for_five_stories_a_year_and_no_more(make_world: Callable[..., World]) -> None:
    world = make_world(AMBASSADORS)
    world.partner(type="ambassador")
    for number in range(1, 7):
        share(world, f"s{number}")
    # 5 x 15.00 = 75.00
    [payee] = run(world).propose(OCTOBER, "Ana").proposal.payees
    assert payee.units == 7500


def test_a_gift_is_handed_over_and_never_paid_with_money(make_world: Callable[..., World]) -> None:
    world = make_world("medical-travel/partner-programme", AMBASSADORS)
    world.partner(type="ambassador", languages=["de"])
    world.introduction("i1", "2026-10-05")
    share(world)
    payout = run(world)
    payout.propose(OCTOBER, "Ana")
    payout.approve(OCTOBER, "Mehmet")
    gift, money = payout.state(OCTOBER, "Ana")

    assert [(each.document["benefit"], each.document["total"]) for each in (gift, money)] == [
        ("gift", 1500),
        ("money", 50000),
    ]
    text = page_text(statement_page(gift, "en"))
    assert "handed over and never paid in money" in text
    assert "To be paid" not in text
    assert "nie in Geld gezahlt" in page_text(statement_page(gift))
    assert "never paid in money" not in page_text(statement_page(money, "en"))

    paid = payout.pay(OCTOBER, "Ana", on=date(2026, 11, 21), reference="SEPA 17")
    assert [entry.units for entry in paid] == [50000]
    with pytest.raises(UsageError, match="what was handed over is not said"):
        payout.hand_over(OCTOBER, "Ana", on=date(2026, 11, 21), what=" ")
    given = payout.hand_over(OCTOBER, "Ana", on=date(2026, 11, 21), what="train voucher")
    assert [(entry.subject, entry.units) for entry in given] == [("s1", 1500)]
    assert payout.hand_over(OCTOBER, "Ana", on=date(2026, 11, 21), what="train voucher") == []
    with world.store.reading() as tx:
        assert {entry.state for entry in tx.book.entries()} == {State.PAID}


def test_a_thank_you_does_not_grow_with_introductions(make_world: Callable[..., World]) -> None:
    world = make_world(AMBASSADORS)
    world.partner(type="ambassador")
    for number in range(1, 20):
        world.introduction(f"i{number:02}", "2026-10-01")
    share(world)
    [payee] = run(world).propose(OCTOBER, "Ana").proposal.payees
    assert payee.units == 1500


POST_FEE = {
    "name": "story.post_fee",
    "kind": "reward",
    "title": "fee for a post",
    "currency": "USD",
    "payee": "partner",
    "amount": {"money": ["200.00", "USD"]},
    "accrues_when": {
        "and": [{"==": [{"var": "partner.type"}, "influencer"]}, {"!": {"absent": "story.shared_on"}}]
    },
    "payable_when": {
        "and": [
            {"var": "story.post_disclosed"},
            {"var": "partner.discloses_payment_in_posts"},
            {"!": {"var": "partner.makes_medical_claims"}},
        ]
    },
    "reversed_when": False,
    "caps": [],
    "work": ["story.shared_on"],
}
POST_DISCLOSED = {
    "name": "story.post_disclosed",
    "kind": "check",
    "title": "the post says that it is paid",
    "requirement": {"var": "story.states_reward"},
    "severity": "error",
    "citation": "16 CFR 255 (seen)",
    "reason": {"code": "post_undisclosed", "text": "The post does not say that it is paid"},
}


def influencer_programme(folder: Path) -> None:
    path = folder / "rulesets" / "clinic" / "posts.json"
    path.parent.mkdir(parents=True)
    document = {
        "fairlead": 1,
        "kind": "ruleset",
        "name": "clinic/posts",
        "version": "1.0.0",
        "title": "posts",
        "about": "A fee for a post.",
        "model": {"name": "medical-travel/facts", "version": "1.0.0"},
        "decisions": [POST_DISCLOSED, POST_FEE],
    }
    path.write_text(json.dumps(document))


@pytest.mark.parametrize(
    ("post", "partner", "codes"),
    [
        ({"states_reward": True}, {"discloses_payment_in_posts": True}, []),
        ({"states_reward": False}, {"discloses_payment_in_posts": True}, ["post_undisclosed"]),
        ({"states_reward": None}, {"discloses_payment_in_posts": True}, ["post_undisclosed"]),
        ({"states_reward": True}, {"discloses_payment_in_posts": False}, ["not_payable"]),
        ({"states_reward": True}, {}, ["not_payable"]),
    ],
)
def test_a_post_is_paid_only_where_its_disclosure_is_on_record(
    make_world: Callable[..., World],
    tmp_path: Path,
    post: dict[str, Any],
    partner: dict[str, Any],
    codes: list[str],
) -> None:
    influencer_programme(tmp_path / "clinic")
    world = make_world("clinic/posts")
    world.partner(type="influencer", makes_medical_claims=False, **partner)
    share(world, **post)
    run(world)
    assert held_codes(world) == codes


REMINDER = {
    "reminder_subject": "story",
    "asked_not_to_be_contacted": False,
    "agreed_to_marketing": True,
    "has_open_complaint": False,
    "reminders_sent_last_90_days": 0,
    "messages_sent_last_30_days": 0,
}


@pytest.mark.parametrize("subject", ["story", "referral_bonus", "feedback"])
@pytest.mark.parametrize(
    "facts",
    [
        {"planned_arrival_on": "2026-12-05"},
        {"planned_arrival_on": "2026-11-21"},
        {"last_arrived_on": "2026-11-20"},
        {"last_discharged_on": "2026-11-21"},
        {"last_reminder_on": "2026-10-23"},
        {"reminders_sent_last_90_days": 2},
        {"messages_sent_last_30_days": 4},
    ],
    ids=str,
)
def test_no_reminder_goes_out_in_quiet_time_or_above_the_limits(subject: str, facts: dict[str, Any]) -> None:
    program = fairlead.load("medical-travel/reminders")
    record = {"lead": {**REMINDER, "reminder_subject": subject, **facts}}
    decided = program.evaluate(record, as_of=date(2026, 11, 21)).decisions
    assert decided["lead.reminder"] == ("refused" if subject == "referral_bonus" else "wait")


def test_a_reminder_of_a_story_goes_out_at_a_quiet_moment() -> None:
    program = fairlead.load("medical-travel/reminders")
    decided = program.evaluate({"lead": REMINDER}, as_of=date(2026, 11, 21)).decisions
    assert decided["lead.reminder"] == "send"


def test_reminders_are_no_business_of_the_ledger(make_world: Callable[..., World], store: Store) -> None:
    world = make_world("medical-travel/reminders", AMBASSADORS)
    world.put("lead", "l1", REMINDER)
    report = world.ledger(NOW).accrue()
    assert (report.looked_at, report.entries) == (0, 0)
    with store.reading() as tx:
        assert tx.book.last_act() == 0
