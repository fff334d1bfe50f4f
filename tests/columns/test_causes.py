"""Why something is unknown, of whole tables: the causes that the row engine gives, worked by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import pytest
from tests.columns.frames import assert_agreement, evaluated
from tests.columns.test_tables import ENGINES, LEADS, scoring
from tests.strategies import ANY_MONEY, RATES, TITLE, ruleset, variables_in_scope

from fairlead.columns import TableProgram
from fairlead.columns.plan import make_plan
from fairlead.facts.types import IntegerType
from fairlead.logic import factory
from fairlead.logic.terms import Term, Variable
from fairlead.problems import UsageError
from fairlead.ruleset.typed import Decision, Formula, Reward, Ruleset, Table, TableRow

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
DAY = date(2026, 11, 21)
KNOWN = {each.name: each for each in variables_in_scope("lead")}
PAGES, RATE, NAME = KNOWN["lead.pages"], KNOWN["lead.rate"], KNOWN["lead.name"]
Causes = list[tuple[str, str, str]]


def formula(name: str, value: Term) -> Formula:
    return Formula(f"lead.{name}", value.type, TITLE, TITLE, strict=True, pointer="", value=value)


def table(name: str, when: list[Term], policy: str = "first", *, strict: bool = False) -> Table:
    rows = [TableRow(f"r{place}", test, factory.literal(place), None, "") for place, test in enumerate(when)]
    return Table(
        f"lead.{name}",
        IntegerType(),
        TITLE,
        TITLE,
        strict=strict,
        pointer="",
        hit_policy=policy,
        aggregate=None,
        rows=tuple(rows),
        otherwise=None,
        otherwise_reason=None,
    )


def found(engine: str, rules: Ruleset, *leads: dict[str, Any]) -> list[tuple[Causes, list[str]]]:
    """Return, of each lead, (decision, kind, subject) of each cause, and what is missing."""
    rows = [{"lead": facts} for facts in leads]
    if engine == "polars":
        # what is worked by hand is also what the row engine says
        assert_agreement(engine, rules, rows, NOON)
    plan = make_plan(rules, NOON, DAY, entities=None, rates=RATES)
    return [
        ([(each["decision"], each["kind"], each["subject"]) for each in row["causes"]], row["missing"])
        for row in evaluated(engine, plan, rows)
    ]


def above(value: Term, limit: int = 0) -> Term:
    return factory.apply(">", [value, factory.literal(limit)])


def decisions(*made: Decision) -> Ruleset:
    return ruleset(list(made))


@pytest.mark.parametrize("engine", ENGINES)
def test_an_operator_has_the_causes_of_its_operands_and_its_own_where_all_are_known(engine: str) -> None:
    half = factory.apply("/", [PAGES, KNOWN["lead.large"]], {"scale": 1, "rounding": "down"})
    rules = decisions(
        formula("half", half),
        formula("sum", factory.apply("+", [KNOWN["lead.large"], KNOWN["lead.large"]])),
        formula("piece", factory.apply("substr", [NAME, PAGES])),
    )
    known, wide, unknown = found(
        engine,
        rules,
        {"pages": 5, "large": 0, "name": "anna"},
        {"pages": 0, "large": 2**63 - 1},
        {"large": 0, "name": "anna"},
    )
    assert known == ([("lead.half", "division_by_zero", ""), ("lead.piece", "empty_text", "")], [])
    assert wide == ([("lead.sum", "overflow", ""), ("lead.piece", "absent", "lead.name")], ["lead.name"])
    # a divisor that is 0 is no cause where the dividend is absent
    assert unknown == (
        [("lead.half", "absent", "lead.pages"), ("lead.piece", "absent", "lead.pages")],
        ["lead.pages"],
    )


@pytest.mark.parametrize("engine", ENGINES)
def test_what_decides_hides_what_is_absent(engine: str) -> None:
    both = factory.apply("and", [KNOWN["lead.ready"], above(PAGES)])
    rules = decisions(formula("both", both))
    assert found(engine, rules, {"ready": False}, {"ready": True}, {}) == [
        ([], []),
        ([("lead.both", "absent", "lead.pages")], ["lead.pages"]),
        (
            [("lead.both", "absent", "lead.pages"), ("lead.both", "absent", "lead.ready")],
            ["lead.pages", "lead.ready"],
        ),
    ]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_chain_has_the_causes_of_where_it_stops(engine: str) -> None:
    first, second = above(PAGES, 10), KNOWN["lead.ready"]
    chain = factory.apply("if", [first, RATE, second, KNOWN["lead.rate"]])
    rules = decisions(formula("chosen", chain))
    leads: list[dict[str, Any]] = [
        {"ready": True, "rate": 5},
        {"pages": 11},
        {"pages": 9},
        {"pages": 9, "ready": False},
    ]
    assert [causes for causes, _ in found(engine, rules, *leads)] == [
        [("lead.chosen", "absent", "lead.pages")],
        [("lead.chosen", "absent", "lead.rate")],
        [("lead.chosen", "absent", "lead.ready")],
        [("lead.chosen", "no_branch", "")],
    ]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_decision_passes_its_causes_on_and_a_conflict_is_one(engine: str) -> None:
    twice = table("twice", [above(PAGES), above(PAGES, 1)], "unique")
    read = formula("read", above(Variable(twice.type, "lead.twice", "decision"), 0))
    rules = decisions(twice, read)
    conflict, unmatched, unknown = found(engine, rules, {"pages": 5}, {"pages": -5}, {})
    assert conflict == ([("lead.read", "conflict", "lead.twice")], [])
    assert unmatched[0] == [
        ("lead.twice", "no_matching_row", "lead.twice"),
        ("lead.read", "no_matching_row", "lead.twice"),
    ]
    assert unknown == (
        [
            ("lead.twice", "absent", "lead.pages"),
            ("lead.twice", "no_matching_row", "lead.twice"),
            ("lead.read", "absent", "lead.pages"),
            ("lead.read", "no_matching_row", "lead.twice"),
        ],
        ["lead.pages"],
    )


@pytest.mark.parametrize("engine", ENGINES)
def test_a_row_after_the_first_true_one_lacks_nothing(engine: str) -> None:
    rules = decisions(table("first", [above(PAGES), KNOWN["lead.ready"], above(RATE)]))
    leads: list[dict[str, Any]] = [{"ready": True}, {"pages": 1}, {"pages": 0, "ready": False}]
    assert found(engine, rules, *leads) == [
        ([], ["lead.pages"]),
        ([], []),
        (
            [("lead.first", "absent", "lead.rate"), ("lead.first", "no_matching_row", "lead.first")],
            ["lead.rate"],
        ),
    ]


def test_each_element_of_a_list_has_its_causes() -> None:
    dollars = factory.apply(
        "convert",
        [factory.element(ANY_MONEY), KNOWN["lead.since"]],
        {"currency": "USD", "rounding": "down"},
    )
    offers = factory.quantifier("some", KNOWN["lead.offers"], positive(dollars))
    rules = decisions(formula("offered", offers))
    francs, yen, euros = (50_000, "CHF"), (50_000, "JPY"), (50_000, "EUR")
    leads: list[dict[str, Any]] = [
        {"since": DAY, "offers": ((0, "USD"), francs, yen)},
        # 5 francs are unknown in dollars, but 5 euros are 5.50
        {"since": DAY, "offers": (francs, euros)},
        # the rate of euros begins with the year
        {"since": date(2025, 12, 31), "offers": (euros, (0, "USD"))},
        {"offers": (francs,)},
        {"since": DAY},
    ]
    assert [causes for causes, _ in found("polars", rules, *leads)] == [
        [("lead.offered", "no_rate", "CHF>USD"), ("lead.offered", "no_rate", "JPY>USD")],
        [],
        [("lead.offered", "no_rate", "EUR>USD")],
        [("lead.offered", "absent", "lead.since")],
        [("lead.offered", "absent", "lead.offers")],
    ]


def positive(dollars: Term) -> Term:
    return factory.apply(">", [dollars, factory.money("0", "USD")])


def test_unknown_conditions_of_a_reward_lack_facts_and_a_parameter_is_none() -> None:
    reward = Reward(
        name="lead.reward",
        type=KNOWN["lead.fee"].type,
        title=TITLE,
        description=TITLE,
        strict=True,
        pointer="",
        payee="partner",
        amount=KNOWN["lead.fee"],
        accrues_when=KNOWN["lead.ready"],
        payable_when=above(PAGES),
        reversed_when=above(RATE),
        caps=(),
        work=(),
        reason=None,
    )
    # the parameter has no value before 22 November
    late = formula("late", factory.apply("<", [KNOWN["parameters.later"], KNOWN["as_of_date"]]))
    rules = decisions(reward, late)
    later = ("lead.late", "absent", "parameters.later")
    assert found("polars", rules, {"ready": False}, {"ready": True, "fee": 5, "pages": 1}, {}) == [
        ([later], ["lead.pages", "lead.rate"]),
        ([("lead.reward", "absent", "partner.id"), later], ["lead.rate", "partner.id"]),
        ([("lead.reward", "absent", "lead.ready"), later], ["lead.pages", "lead.rate", "lead.ready"]),
    ]


def test_a_table_gives_the_causes_of_each_row() -> None:
    table = pl.DataFrame({**LEADS, "lead.submitted_medical_records": [True, None, False]})
    program = scoring().evaluate_table(table, DAY, unknown="causes")
    assert program["causes"].to_list() == [[], [], []]
    assert program["missing"].to_list() == [
        [],
        ["lead.channel", "lead.submitted_medical_records"],
        ["lead.asked_for_specific_dates"],
    ]


def test_causes_alone_can_read_a_value() -> None:
    # the quotient is compared with what is always absent: only the causes ask whether the divisor is 0
    quotient = factory.apply("/", [PAGES, KNOWN["lead.large"]], {"scale": 0, "rounding": "down"})
    rules = decisions(formula("never", factory.apply(">", [quotient, RATE])))
    plan = make_plan(rules, NOON, DAY, entities=("lead",), available=["lead.pages", "lead.large"])
    assert plan.read_values() == set()
    assert plan.read_values([test for *_, test in plan.causes]) == {"lead.large"}
    assert [(cause.kind, cause.subject) for _, cause, _ in plan.causes] == [
        ("absent", "lead.large"),
        ("absent", "lead.pages"),
        ("absent", "lead.rate"),
        ("division_by_zero", ""),
    ]


def test_what_holds_wherever_a_fact_is_absent_is_asked_of_that_alone() -> None:
    chain = factory.apply("if", [KNOWN["lead.class"], above(PAGES, 1), above(RATE), above(PAGES, 2)])
    nested = formula("nested", factory.apply("and", [KNOWN["lead.ready"], chain]))
    plan = make_plan(decisions(nested, formula("plain", above(PAGES))), NOON, DAY, entities=("lead",))
    tests = dict(plan.missing)
    assert (tests["lead.pages"].op, tests["lead.pages"].args[0].extra) == ("is_null", ("lead.pages", "value"))
    assert tests["lead.rate"].op == "and"


def test_causes_that_are_not_asked_for_are_not_made() -> None:
    frame = pl.DataFrame(LEADS)
    program = TableProgram(scoring().ruleset, frame.columns, DAY, select=scoring().decisions)
    program.evaluate(frame, reasons="names", unknown="names")
    assert {"causes", "missing"} & program.plan.__dict__.keys() == set()
    program.evaluate(frame, unknown="missing")
    assert {"causes", "missing"} & program.plan.__dict__.keys() == {"missing"}


@pytest.mark.parametrize("option", ["reasons", "unknown"])
def test_a_form_that_there_is_not_is_named(option: str) -> None:
    with pytest.raises(UsageError) as found:
        scoring().evaluate_table(pl.DataFrame(LEADS), DAY, **{option: "name"})
    (problem,) = found.value.problems
    assert (problem.code, problem.found, problem.nearest) == ("wrong-usage", "name", "names")
