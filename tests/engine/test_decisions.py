"""What each kind of decision gives for true, false and unknown rows, worked out by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from tests.engine.rules import (
    BUDGET,
    CHANNEL,
    DATES,
    FEE,
    LATER,
    LIMIT,
    PAGES,
    RATE,
    RECORDS,
    SINCE,
    apply,
    check,
    decide,
    formula,
    read,
    reward,
    row,
    score_row,
    scorecard,
    table,
    text,
    whole,
)

from fairlead.engine import Cause, Result, RewardResult
from fairlead.facts.types import TEXT, DecimalType, IntegerType
from fairlead.facts.values import Money
from fairlead.logic import factory
from fairlead.logic.terms import Literal, Term
from fairlead.ruleset.typed import Group, Table

BY_PHONE = apply("in", CHANNEL, factory.list_of([text("whatsapp"), text("phone")]))
HAS_BUDGET = apply("!", apply("absent", BUDGET))
BY_FORM = apply("==", CHANNEL, text("web_form"))

PUBLISHED = scorecard(
    score_row("records", RECORDS, 25),
    score_row("dates", DATES, 20),
    score_row("phone", BY_PHONE, 15),
    score_row("budget", HAS_BUDGET, 10),
    score_row("form", BY_FORM, 5),
)


@pytest.mark.parametrize(
    ("facts", "score", "reasons", "unknown"),
    [
        ({"records": True, "dates": True, "channel": "phone", "budget": (800000, "EUR")}, 70, "rdpb", ""),
        ({"records": True, "dates": True, "channel": "web_form"}, 50, "rdf", ""),
        ({"records": False, "dates": False, "channel": "email"}, 0, "", ""),
        ({"channel": "whatsapp"}, 15, "p", "rd"),
        ({}, 0, "", "rdpf"),
    ],
)
def test_the_published_scorecard(facts: dict[str, Any], score: int, reasons: str, unknown: str) -> None:
    names = {"r": "records", "d": "dates", "p": "phone", "b": "budget", "f": "form"}
    result = decide(PUBLISHED, **facts)
    assert result.decisions == {"lead.score": score}
    assert result.reasons == [f"because_{names[letter]}" for letter in reasons]
    assert result.unknown_rows.get("lead.score", ()) == tuple(names[letter] for letter in unknown)
    assert result.undetermined == {}


def test_reasons_are_ranked_by_points_then_by_the_document() -> None:
    card = scorecard(
        score_row("small", RECORDS, 1),
        score_row("minus", RECORDS, -5),
        score_row("first", RECORDS, 7),
        score_row("second", RECORDS, 7),
    )
    result = decide(card, records=True)
    assert result.decisions == {"lead.score": 10}
    assert result.reasons == ["because_first", "because_second", "because_small", "because_minus"]


def test_points_that_fade_are_ranked_by_what_is_left_of_them() -> None:
    today = factory.variable("as_of_date", SINCE.type, "time")
    aged = apply(">=", apply("days_between", SINCE, today), whole(30))
    card = scorecard(
        score_row("fading", RECORDS, apply("if", aged, whole(2), whole(20))),
        score_row("steady", RECORDS, 10),
    )
    fresh = decide(card, records=True, since=date(2026, 11, 1))
    assert (fresh.decisions["lead.score"], fresh.reasons) == (30, ["because_fading", "because_steady"])
    old = decide(card, records=True, since=date(2026, 10, 1))
    assert (old.decisions["lead.score"], old.reasons) == (12, ["because_steady", "because_fading"])


def test_a_row_whose_points_are_unknown_is_an_unknown_row() -> None:
    today = factory.variable("as_of_date", SINCE.type, "time")
    faded = apply("-", whole(20), apply("days_between", SINCE, today))
    card = scorecard(score_row("fading", RECORDS, faded), score_row("steady", RECORDS, 10))
    result = decide(card, records=True)
    assert result.decisions == {"lead.score": 10}
    assert result.unknown_rows == {"lead.score": ("fading",)}
    assert result.missing == ["lead.since"]
    assert decide(card, records=False).unknown_rows == {}


def test_bounds_hold_for_groups_first_and_then_for_the_score() -> None:
    card = scorecard(
        score_row("a", RECORDS, 30, "web"),
        score_row("b", RECORDS, 30, "web"),
        score_row("c", RECORDS, 80),
        initial=5,
        maximum=100,
        groups=(Group("web", None, 40),),
    )
    result = decide(card, records=True)
    # 5 + min(30 + 30, 40) + 80 = 125, at most 100
    assert result.decisions == {"lead.score": 100}
    trace = result.trace().decisions["lead.score"]
    assert (trace.groups[0].before, trace.groups[0].after, trace.before_caps) == (60, 40, 125)
    below = scorecard(score_row("a", RECORDS, -30), minimum=-10)
    assert decide(below, records=True).decisions == {"lead.score": -10}


def test_a_score_of_decimals() -> None:
    type_ = DecimalType(6, 2)
    card = scorecard(
        score_row("a", RECORDS, Literal(type_, 250)),
        score_row("b", RECORDS, RATE),
        initial=100,
        type_=type_,
    )
    assert decide(card, records=True, rate=5).decisions == {"lead.score": Decimal("3.55")}


def test_a_score_that_leaves_64_bits_is_undetermined() -> None:
    large = factory.variable("lead.large", IntegerType(), "fact")
    card = scorecard(score_row("a", RECORDS, large), score_row("b", RECORDS, 1))
    result = decide(card, records=True, large=2**63 - 1)
    assert result.decisions == {"lead.score": None}
    assert result.undetermined == {"lead.score": (Cause("overflow"),)}
    assert result.reasons == []


def test_where_the_score_reaches_a_reward_an_unknown_row_makes_it_undetermined() -> None:
    card = scorecard(score_row("records", RECORDS, 25), score_row("dates", DATES, 20), strict=True)
    result = decide(card, records=True)
    assert result.decisions == {"lead.score": None}
    assert result.undetermined == {"lead.score": (Cause("absent", "lead.dates"),)}
    assert result.unknown_rows == {"lead.score": ("dates",)}
    assert result.reasons == []
    assert decide(card, records=True, dates=False).decisions == {"lead.score": 25}


# tables: rows a and b match by the booleans `records` and `dates`

A_AND_B = (row("a", RECORDS, text("A"), "ra"), row("b", DATES, text("B"), "rb"))
ABSENT_RECORDS = {"lead.records"}
UNDETERMINED, CONFLICT = "undetermined", "conflict"

#: policy, strict, (records, dates), value or outcome, reasons, unknown rows, causes
CASES = [
    ("first", False, (True, True), "A", ["ra"], "", ""),
    ("first", False, (False, True), "B", ["rb"], "", ""),
    ("first", False, (False, False), "else", ["otherwise"], "", ""),
    ("first", False, (None, True), "B", ["rb"], "a", ""),
    ("first", False, (True, None), "A", ["ra"], "", ""),
    ("first", False, (None, None), "else", ["otherwise"], "ab", ""),
    ("first", True, (True, None), "A", ["ra"], "", ""),
    ("first", True, (None, True), UNDETERMINED, [], "a", "records"),
    ("first", True, (False, None), UNDETERMINED, [], "b", "dates"),
    ("first", True, (None, None), UNDETERMINED, [], "ab", "dates records"),
    ("first", True, (False, False), "else", ["otherwise"], "", ""),
    ("unique", False, (True, False), "A", ["ra"], "", ""),
    ("unique", False, (True, None), "A", ["ra"], "b", ""),
    ("unique", False, (None, None), "else", ["otherwise"], "ab", ""),
    ("unique", False, (True, True), CONFLICT, [], "", ""),
    ("unique", True, (True, False), "A", ["ra"], "", ""),
    ("unique", True, (True, None), UNDETERMINED, [], "b", "dates"),
    ("unique", True, (False, False), "else", ["otherwise"], "", ""),
    ("unique", True, (True, True), CONFLICT, [], "", ""),
    ("any", False, (True, True), CONFLICT, [], "", ""),
    ("any", False, (False, True), "B", ["rb"], "", ""),
    ("any", False, (None, True), "B", ["rb"], "a", ""),
    ("any", True, (None, True), UNDETERMINED, [], "a", "records"),
    ("any", True, (False, False), "else", ["otherwise"], "", ""),
]


def outcome(result: Result, name: str = "lead.band") -> Any:
    if name in result.conflicts:
        assert result.decisions[name] is None
        return CONFLICT
    return UNDETERMINED if result.decisions[name] is None else result.decisions[name]


def given(states: tuple[bool | None, bool | None]) -> dict[str, Any]:
    return {
        name: state for name, state in zip(("records", "dates"), states, strict=True) if state is not None
    }


@pytest.mark.parametrize(("policy", "strict", "states", "expected", "reasons", "unknown", "causes"), CASES)
def test_hit_policies(
    policy: str,
    strict: bool,
    states: tuple[bool | None, bool | None],
    expected: str,
    reasons: list[str],
    unknown: str,
    causes: str,
) -> None:
    result = decide(table(policy, *A_AND_B, otherwise=text("else"), strict=strict), **given(states))
    assert outcome(result) == expected
    assert result.reasons == reasons
    assert result.unknown_rows == ({"lead.band": tuple(unknown)} if unknown else {})
    named = tuple(Cause("absent", f"lead.{fact}") for fact in causes.split())
    assert result.undetermined == ({"lead.band": named} if causes else {})
    assert result.conflicts == ({"lead.band": ("a", "b")} if expected == CONFLICT else {})


def test_a_row_after_the_first_true_one_is_not_looked_at() -> None:
    result = decide(table("first", *A_AND_B), records=True)
    assert [row.state for row in result.trace().decisions["lead.band"].rows] == ["true", "not reached"]


def test_without_a_match_and_without_otherwise_a_table_is_undetermined() -> None:
    result = decide(table("unique", *A_AND_B), records=False)
    assert result.decisions == {"lead.band": None}
    assert result.undetermined["lead.band"] == (
        Cause("absent", "lead.dates"),
        Cause("no_matching_row", "lead.band"),
    )
    assert decide(table("unique", *A_AND_B), records=False, dates=False).undetermined["lead.band"] == (
        Cause("no_matching_row", "lead.band"),
    )


def test_rows_that_agree_are_no_conflict_under_any() -> None:
    agreeing = table("any", row("a", RECORDS, text("A"), "ra"), row("b", DATES, text("A"), "rb"))
    result = decide(agreeing, records=True, dates=True)
    assert result.decisions == {"lead.band": "A"}
    assert result.reasons == ["ra", "rb"]


def test_a_true_row_whose_output_is_unknown_makes_a_table_undetermined() -> None:
    for policy in ("first", "unique", "any"):
        rows = (row("a", RECORDS, CHANNEL, "ra"), row("b", DATES, text("B")))
        result = decide(table(policy, *rows, otherwise=text("else")), records=True, dates=False)
        assert result.decisions == {"lead.band": None}, policy
        assert result.undetermined == {"lead.band": (Cause("absent", "lead.channel"),)}
        assert result.unknown_rows == {}
        assert result.reasons == []


def test_an_unknown_otherwise_makes_a_table_undetermined() -> None:
    result = decide(table("first", *A_AND_B, otherwise=CHANNEL), records=False, dates=False)
    assert result.undetermined == {"lead.band": (Cause("absent", "lead.channel"),)}


def collecting(aggregate: str, strict: bool = False, otherwise: Term | None = None) -> Table:
    outputs: list[Term | None] = [None, None] if aggregate == "count" else [whole(3), PAGES]
    return table(
        "collect",
        row("a", RECORDS, outputs[0], "ra"),
        row("b", DATES, outputs[1], "rb"),
        type_=IntegerType(0, 1003),
        aggregate=aggregate,
        strict=strict,
        otherwise=otherwise,
    )


@pytest.mark.parametrize(
    ("aggregate", "strict", "facts", "expected", "reasons"),
    [
        ("sum", False, {"records": True, "dates": True, "pages": 4}, 7, ["ra", "rb"]),
        ("sum", False, {"records": False, "dates": False}, 0, []),
        ("sum", False, {"records": True}, 3, ["ra"]),
        ("sum", True, {"records": True}, None, []),
        ("sum", False, {"records": True, "dates": True}, None, []),
        ("count", False, {"records": True, "dates": True}, 2, ["ra", "rb"]),
        ("count", False, {}, 0, []),
        ("count", True, {}, None, []),
        ("min", False, {"records": True, "dates": True, "pages": 2}, 2, ["ra", "rb"]),
        ("max", False, {"records": True, "dates": True, "pages": 2}, 3, ["ra", "rb"]),
        ("max", False, {"records": False, "dates": False}, None, []),
    ],
)
def test_collected_outputs(
    aggregate: str, strict: bool, facts: dict[str, Any], expected: int | None, reasons: list[str]
) -> None:
    result = decide(collecting(aggregate, strict), **facts)
    assert result.decisions == {"lead.band": expected}
    assert result.reasons == reasons


def test_the_least_of_nothing_is_what_otherwise_says() -> None:
    result = decide(collecting("min", otherwise=whole(9)), records=False, dates=False)
    assert (result.decisions["lead.band"], result.reasons) == (9, ["otherwise"])


def test_a_check_gives_its_reason_when_it_fails() -> None:
    assert decide(check(RECORDS), records=True).decisions == {"lead.ok": True}
    failed = decide(check(RECORDS), records=False)
    assert (failed.decisions, failed.reasons) == ({"lead.ok": False}, ["not_ok"])
    unknown = decide(check(RECORDS))
    assert (unknown.decisions, unknown.reasons) == ({"lead.ok": None}, [])
    assert unknown.undetermined == {"lead.ok": (Cause("absent", "lead.records"),)}


PAYING = reward(FEE, RECORDS, DATES, apply("==", CHANNEL, text("fraud")), "earned")


@pytest.mark.parametrize(
    ("facts", "partner", "expected", "unknown"),
    [
        (
            {"fee": 50000, "records": True, "dates": True, "channel": "phone"},
            {"id": "P1"},
            RewardResult("P1", Money(Decimal("500.00"), "USD"), True, True, False),
            (),
        ),
        # earned, not yet payable: whether it was disclosed is not known
        (
            {"fee": 50000, "records": True, "channel": "phone"},
            {"id": "P1"},
            RewardResult("P1", Money(Decimal("500.00"), "USD"), True, None, False),
            ("payable_when",),
        ),
        # not earned: what it would be does not matter
        (
            {"records": False, "dates": False, "channel": "fraud"},
            None,
            RewardResult(None, None, False, False, True),
            (),
        ),
        ({"fee": 50000, "dates": True, "channel": "phone"}, {"id": "P1"}, {"lead.records"}, ()),
        ({"records": True, "dates": True, "channel": "phone"}, {"id": "P1"}, {"lead.fee"}, ()),
        ({"fee": 1, "records": True, "dates": True, "channel": "a"}, {}, {"partner.id"}, ()),
    ],
)
def test_rewards(
    facts: dict[str, Any],
    partner: dict[str, Any] | None,
    expected: RewardResult | set[str],
    unknown: tuple[str, ...],
) -> None:
    result = decide(PAYING, partner=partner, **facts)
    assert result.unknown_rows.get("lead.reward", ()) == unknown
    if isinstance(expected, RewardResult):
        assert result.decisions["lead.reward"] == expected
        assert result.reasons == (["earned"] if expected.accrues else [])
    else:
        assert result.decisions["lead.reward"] is None
        assert {cause.subject for cause in result.undetermined["lead.reward"]} == expected
        assert result.reasons == []


def test_an_undetermined_decision_passes_its_causes_on() -> None:
    band = table("unique", *A_AND_B)
    later = formula(apply("cat", read(band), text("!")), "lead.later")
    result = decide(band, later, records=False)
    assert result.undetermined["lead.later"] == result.undetermined["lead.band"]


def test_a_conflict_is_a_cause_of_its_own() -> None:
    band = table("unique", *A_AND_B)
    ok = check(apply("==", read(band), text("A")))
    result = decide(band, ok, records=True, dates=True)
    assert result.decisions == {"lead.band": None, "lead.ok": None}
    assert result.conflicts == {"lead.band": ("a", "b")}
    assert result.undetermined == {"lead.ok": (Cause("conflict", "lead.band"),)}


def test_decisions_and_reasons_stand_in_document_order() -> None:
    ok = check(RECORDS)
    card = scorecard(score_row("a", apply("!", read(ok)), 5))
    result = decide(ok, card, order=["lead.score", "lead.ok"], records=False)
    assert list(result.decisions.items()) == [("lead.score", 5), ("lead.ok", False)]
    assert result.reasons == ["because_a", "not_ok"]


def test_a_decision_is_given_only_where_the_record_has_its_entity() -> None:
    code = factory.variable("partner.code", TEXT, "fact")
    tier = table(
        "first",
        row("a", apply("==", code, text("TA-101")), text("gold")),
        name="partner.tier",
        otherwise=text("none"),
    )
    copied = formula(read(tier), "lead.tier")
    both = decide(tier, copied, partner={"code": "TA-101"})
    assert both.decisions == {"partner.tier": "gold", "lead.tier": "gold"}
    alone = decide(tier, copied)
    assert alone.decisions == {"lead.tier": None}
    assert alone.undetermined == {"lead.tier": (Cause("absent", "partner"),)}
    assert alone.missing == ["partner"]


def test_parameters_have_the_value_of_the_day() -> None:
    many = check(apply(">", PAGES, LIMIT))
    assert decide(many, as_of=date(2026, 11, 20), pages=4).decisions == {"lead.ok": True}
    assert decide(many, as_of=date(2026, 11, 21), pages=4).decisions == {"lead.ok": False}
    late = check(apply("<", SINCE, LATER))
    before = decide(late, as_of=date(2026, 11, 21), since=date(2026, 1, 1))
    assert before.undetermined == {"lead.ok": (Cause("absent", "parameters.later"),)}
    assert before.missing == []
    assert decide(late, as_of=date(2026, 11, 22), since=date(2026, 1, 1)).decisions == {"lead.ok": True}
