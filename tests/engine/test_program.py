"""Programs, results, traces, explanations and coverage."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from tests.engine.rules import (
    CHANNEL,
    DATES,
    FEE,
    LIMIT,
    NOON,
    PAGES,
    RECORDS,
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
from tests.strategies import ruleset

from fairlead.engine import Coverage, Program, RewardResult, explain, json_value
from fairlead.facts.types import DATE, DATE_TIME
from fairlead.facts.values import Money
from fairlead.logic import factory
from fairlead.logic.terms import Variable
from fairlead.problems import UsageError
from fairlead.ruleset.typed import Group

CARD = scorecard(score_row("records", RECORDS, 25), score_row("dates", DATES, 20))
BAND = table(
    "first",
    row("hot", apply(">", read(CARD), whole(40)), text("hot")),
    row("phone", apply("==", CHANNEL, text("phone")), text("warm"), "phoned"),
    otherwise=text("cold"),
)
RULES = ruleset([CARD, BAND, check(DATES)])


def test_a_selection_compiles_what_it_reads_and_no_more() -> None:
    assert Program(RULES, select=["lead.band"]).decisions == ("lead.score", "lead.band")
    assert Program(RULES, select=["lead.score"]).decisions == ("lead.score",)
    assert Program(RULES).decisions == ("lead.score", "lead.band", "lead.ok")


def test_an_unknown_decision_is_named_with_the_one_that_was_meant() -> None:
    with pytest.raises(UsageError) as raised:
        Program(RULES, select=["lead.scroe"])
    (problem,) = raised.value.problems
    assert (problem.code, problem.found, problem.nearest) == ("unknown-decision", "lead.scroe", "lead.score")


def test_an_unknown_zone_is_named_with_the_one_that_was_meant() -> None:
    with pytest.raises(UsageError) as raised:
        Program(RULES, zone="Europe/Istanbull")
    (problem,) = raised.value.problems
    assert (problem.code, problem.nearest) == ("unknown-zone", "Europe/Istanbul")


TODAY = formula(Variable(DATE, "as_of_date", "time"), "lead.today")
NOW = formula(Variable(DATE_TIME, "as_of", "time"), "lead.now")


@pytest.mark.parametrize(
    ("as_of", "day", "instant"),
    [
        (date(2026, 11, 21), date(2026, 11, 21), datetime(2026, 11, 20, 21, tzinfo=UTC)),
        # an hour on the clock of the zone
        (datetime(2026, 11, 21, 1), date(2026, 11, 21), datetime(2026, 11, 20, 22, tzinfo=UTC)),  # noqa: DTZ001 - naive
        (datetime(2026, 11, 20, 22, tzinfo=UTC), date(2026, 11, 21), datetime(2026, 11, 20, 22, tzinfo=UTC)),
    ],
)
def test_the_day_and_the_instant_of_an_evaluation(as_of: date, day: date, instant: datetime) -> None:
    program = Program(ruleset([TODAY, NOW]), zone="Europe/Istanbul")
    result = program.evaluate_checked({"lead": {}}, as_of)
    assert result.decisions == {"lead.today": day, "lead.now": instant}


def test_a_time_beyond_the_calendar_is_refused() -> None:
    with pytest.raises(UsageError):
        Program(RULES, zone="Europe/Istanbul").evaluate_checked({}, date.min)


def test_a_runner_is_shared_by_times_that_make_no_difference() -> None:
    program = Program(ruleset([check(apply(">", PAGES, LIMIT))]))
    assert program.runner(date(2026, 1, 1)) is program.runner(date(2026, 2, 1))
    # the parameter changes on 21 November
    assert program.runner(date(2026, 1, 1)) is not program.runner(date(2026, 11, 21))
    daily = Program(ruleset([TODAY]))
    assert daily.runner(NOON) is daily.runner(date(2026, 11, 21))
    assert daily.runner(NOON) is not daily.runner(date(2026, 11, 22))
    for day in range(1, 29):
        for month in range(1, 13):
            assert daily.runner(date(2026, month, day))({"lead": {}})[0]["lead.today"].day == day


def test_a_runner_gives_decisions_reasons_and_a_mask_of_what_is_unknown() -> None:
    program = Program(ruleset([CARD]))
    run = program.runner(NOON)
    assert run({"lead": {"records": True, "dates": True}}) == (
        {"lead.score": 45},
        ["because_records", "because_dates"],
        0,
    )
    decisions, reasons, unknown = run({"lead": {"records": True, "dates": None}})
    assert (decisions, reasons) == ({"lead.score": 25}, ["because_records"])
    assert [(mark.kind, mark.row) for mark in program.marks.decode(unknown)] == [("row", "dates")]
    assert run({}) == ({}, [], 0)


def test_each_result_is_the_callers_own() -> None:
    run = Program(RULES).runner(NOON)
    first, second = run({}), run({})
    first[0]["lead.score"] = 1
    first[1].append("reason")
    assert second == ({}, [], 0)


def test_a_result_as_json() -> None:
    result = decide(CARD, BAND, records=True)
    assert result.as_json() == {
        "decisions": {"lead.score": 25, "lead.band": "cold"},
        "reasons": ["because_records", "otherwise"],
        "undetermined": {},
        "conflicts": {},
        "unknown_rows": {"lead.score": ["dates"], "lead.band": ["phone"]},
        "missing": ["lead.channel", "lead.dates"],
        "due": None,
        "digest": "sha256:1",
        "approval": "unapproved",
    }


def test_values_as_json() -> None:
    paid = RewardResult("P1", Money(Decimal("500.00"), "USD"), True, None, False)
    assert json_value(paid) == {
        "payee": "P1",
        "amount": {"amount": "500.00", "currency": "USD"},
        "accrues": True,
        "payable": None,
        "reversed": False,
    }
    assert json_value([Decimal("1.50"), date(2026, 1, 1), NOON, True, None]) == [
        "1.50",
        "2026-01-01",
        "2026-11-21T12:00:00Z",
        True,
        None,
    ]


def test_a_trace_as_json() -> None:
    trace = decide(CARD, BAND, records=True, dates=False, channel="phone").trace().as_json()
    assert trace["as_of"] == "2026-11-21T12:00:00Z"
    assert trace["reasons"] == ["because_records", "phoned"]
    assert trace["decisions"][1] == {
        "name": "lead.band",
        "kind": "table",
        "status": "determined",
        "value": "warm",
        "before_caps": None,
        "groups": [],
        "rows": [
            {"id": "hot", "state": "false", "output": None, "reason": None, "causes": []},
            {"id": "phone", "state": "true", "output": "warm", "reason": "phoned", "causes": []},
        ],
        "facts": {"lead.channel": "phone"},
        "inputs": {"lead.score": 25},
        "causes": [],
    }


def test_an_explanation_names_what_counted_and_what_is_not_known() -> None:
    result = decide(CARD, BAND, records=True, channel="chat")
    assert explain(ruleset([CARD, BAND]), result.trace()) == [
        "lead.score (lead.score): 25",
        "  +25  because of records [because_records]",
        "  ?  because of dates [because_dates]: unknown, because `lead.dates` is not known",
        "  facts read: lead.records = yes, lead.dates = not known",
        "lead.band (lead.band): cold",
        "  no row is true, so what is stated for `otherwise` holds",
        "  not so: `hot`, `phone`",
        "  facts read: lead.channel = chat",
    ]


def test_reasons_are_explained_in_the_language_asked_for() -> None:
    result = decide(CARD, BAND, records=False, dates=True, channel="phone")
    german = explain(ruleset([CARD, BAND]), result.trace(), "de")
    assert '  row `phone` gives warm: lead.channel is "phone" (wegen phoned [phoned])' in german


def test_bounds_are_explained() -> None:
    card = scorecard(
        score_row("a", RECORDS, 30, "web"),
        score_row("b", RECORDS, 5),
        maximum=20,
        groups=(Group("web", None, 18),),
    )
    lines = explain(ruleset([card]), decide(card, records=True).trace())
    assert "  the points of group `web` come to 30, bounded to 18" in lines
    assert "  the points come to 23, bounded to 20" in lines


def test_what_has_no_value_is_explained() -> None:
    unique = table("unique", row("a", RECORDS, text("A")), row("b", DATES, text("B")))
    ratio = formula(apply("/", whole(1), PAGES, scale=2, rounding="down"), "lead.ratio")
    paying = reward(FEE, RECORDS, apply("==", CHANNEL, text("a")))
    decisions = [unique, ratio, check(DATES), paying]
    result = decide(*decisions, partner={"id": "P1"}, records=True, dates=True, pages=0, fee=50000)
    lines = explain(ruleset(decisions), result.trace())
    assert "lead.band (lead.band): in conflict: the rows `a`, `b` are true together" in lines
    assert "lead.ratio (lead.ratio): undetermined, because something is divided by zero" in lines
    assert "lead.ok (lead.ok): passed" in lines
    assert "lead.reward (lead.reward): 500.00 USD to P1" in lines
    assert "  ?  `payable_when` is unknown, because `lead.channel` is not known" in lines
    failed = decide(*decisions, partner={"id": "P1"}, records=False, dates=False)
    lines = explain(ruleset(decisions), failed.trace())
    assert "lead.band (lead.band): undetermined, because no row of `lead.band` matches" in lines
    assert "lead.ok (lead.ok): failed" in lines
    assert "lead.reward (lead.reward): nothing is earned" in lines


def test_coverage_names_what_was_never_reached() -> None:
    coverage = Coverage(RULES)
    assert coverage.unreached == {
        "lead.score": ["records", "dates"],
        "lead.band": ["hot", "phone", "otherwise"],
        "lead.ok": ["passed", "failed"],
    }
    program = Program(RULES)
    records: list[dict[str, object]] = [
        {"records": True, "dates": False, "channel": "phone"},
        {"dates": False, "records": False},
    ]
    coverage.add_all(program.trace({"lead": record}, NOON) for record in records)
    assert coverage.unreached == {"lead.score": ["dates"], "lead.band": ["hot"], "lead.ok": ["passed"]}
    assert coverage.counts["lead.score"] == {"records": 1, "dates": 0}


def test_an_operator_that_divides_is_exact_in_what_it_explains() -> None:
    share = formula(apply("*", PAGES, factory.decimal("0.05")))
    lines = explain(ruleset([share]), decide(share, pages=3).trace())
    assert lines[0] == "lead.value (lead.value): 0.15"


def test_a_time_that_is_no_date_is_refused_in_words() -> None:
    import fairlead

    program = fairlead.load("medical-travel/lead-scoring", select="lead.band")
    assert program.decisions == ("lead.score", "lead.band")
    with pytest.raises(UsageError) as caught:
        program.runner("2026-11-21")  # type: ignore[arg-type]  # what an untyped caller may pass

    [problem] = caught.value.problems
    assert (problem.code, problem.found) == ("wrong-usage", "2026-11-21")
