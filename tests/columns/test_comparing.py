"""Two versions compared as tables find what the comparison of single records finds."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Context, Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.columns.frames import Record, taken_of
from tests.strategies import RATES, moments, records, rulesets, variables_in_scope
from tests.strategies import ruleset as rules_of

from fairlead.columns.comparing import TableComparison
from fairlead.columns.plan import make_plan
from fairlead.engine import Program
from fairlead.facts.types import BOOLEAN, DecimalType, IntegerType, ListType, MoneyType, Type
from fairlead.logic.terms import Apply, Literal, Term
from fairlead.problems import UsageError
from fairlead.project.comparison import REASONS, Changes, Comparison
from fairlead.ruleset.typed import Decision, Formula, Reward, Ruleset, Scorecard, Table, TableRow

NOW = datetime(2026, 11, 21, tzinfo=UTC)
TEXTS = {"en": "x"}
LEAD = {each.name: each for each in variables_in_scope("lead")}


def by_record(old: Ruleset, new: Ruleset, rows: Sequence[Record], as_of: datetime) -> Changes:
    comparison = Comparison(Program(old), Program(new), 3)
    first, second = (each.runner(as_of, RATES) for each in (comparison.old, comparison.new))
    for number, record in enumerate(rows):
        comparison.add(str(number), first(record), second(record))
    return comparison.changes


def assert_same(old: Ruleset, new: Ruleset, rows: Sequence[Record], as_of: datetime = NOW) -> Changes:
    """Check the tables against the records; return what the records say."""
    expected = by_record(old, new, rows, as_of)
    day = as_of.astimezone(UTC).date()
    before, after = (make_plan(each, as_of, day, entities=None, rates=RATES) for each in (old, new))
    names = Comparison(Program(old), Program(new), 0).names
    tables = TableComparison(before, after, names)
    everything = pl.Series([True] * len(rows))
    found = tables.compare(taken_of(before, rows), taken_of(after, rows), everything)
    counts = {name: len(places) for name, places in found.rows.items()}
    counts |= {REASONS: len(found.reasons)} if len(found.reasons) else {}
    assert (found.changed, counts) == (expected.changed, expected.by_decision)
    first = {name: [str(place) for place in places.head(3)] for name, places in found.rows.items()}
    first |= {REASONS: [str(place) for place in found.reasons.head(3)]} if len(found.reasons) else {}
    assert first == {name: [each.record for each in kept] for name, kept in expected.witnesses.items()}
    sums: dict[str, dict[str, Decimal]] = {}
    for name, gains in found.gains.items():
        for currency, amount in gains:
            own = sums.setdefault(name, {})
            own[currency] = Context(prec=100).add(own.get(currency, Decimal(0)), amount)
    assert as_texts(sums) == as_texts(expected.by_how_much)
    nothing = tables.compare(taken_of(before, rows), taken_of(after, rows), ~everything)
    assert (nothing.changed, nothing.rows, len(nothing.reasons)) == (0, {}, 0)
    return expected


def as_texts(sums: Any) -> Any:
    """Return sums with their order and their digits after the point."""
    return {name: list(map(str, own.items())) for name, own in sums.items()}


@st.composite
def some(draw: st.DrawFn, rows: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(draw(st.permutations(rows))[: draw(st.integers(1, len(rows)))])


@st.composite
def drafts(draw: st.DrawFn, rules: Ruleset) -> Ruleset:
    """Return a ruleset with some decisions edited a little."""
    edited: list[Decision] = []
    for decision in rules.decisions:
        how = draw(st.sampled_from(("same", "rows", "rows", "strict")))
        made = decision
        if how == "strict":
            made = replace(decision, strict=not decision.strict)
        elif how == "rows" and isinstance(decision, Table | Scorecard):
            rows: Any = draw(some(decision.rows))
            made = replace(decision, rows=rows)
        elif how == "rows" and isinstance(decision, Reward):
            made = replace(decision, payable_when=decision.accrues_when)
        edited.append(made)
    return replace(rules, decisions=tuple(edited))


several = st.lists(records(), min_size=1, max_size=6)
RELAXED = settings(deadline=None, suppress_health_check=list(HealthCheck), max_examples=25)


@RELAXED
@given(st.data(), rulesets(), several, moments)
def test_edited_rulesets_agree(
    data: st.DataObject, rules: Ruleset, rows: list[dict[str, dict[str, Any]]], as_of: datetime
) -> None:
    assert_same(rules, data.draw(drafts(rules)), rows, as_of)


@RELAXED
@given(rulesets(), rulesets(), several, moments)
def test_unlike_rulesets_agree(
    old: Ruleset, new: Ruleset, rows: list[dict[str, dict[str, Any]]], as_of: datetime
) -> None:
    # lists of other items are refused
    with suppress(UsageError):
        assert_same(old, new, rows, as_of)


def formula(value: Term) -> Ruleset:
    return rules_of([Formula("lead.made", value.type, TEXTS, TEXTS, strict=True, pointer="", value=value)])


def literal(type_: Type, value: Any) -> Ruleset:
    return formula(Literal(type_, value))


USD, EUR = MoneyType("USD", 9, 2), MoneyType("EUR", 9, 2)
FINE = MoneyType("USD", 38, 12)


@pytest.mark.parametrize(
    ("old", "new", "differ"),
    [
        # numbers are the same whatever digits they are written with
        (literal(DecimalType(5, 1), 15), literal(DecimalType(8, 3), 1500), 0),
        (literal(DecimalType(5, 1), 15), literal(DecimalType(8, 3), 1501), 1),
        (literal(DecimalType(5, 1), -15), literal(DecimalType(38, 30), -15 * 10**29), 0),
        (literal(USD, 700), literal(FINE, 7 * 10**12), 0),
        (literal(USD, 700), literal(FINE, 7 * 10**12 - 1), 1),
        # 7.00 USD is not 7.00 EUR, and a whole number is no decimal
        (literal(USD, 700), literal(EUR, 700), 1),
        (literal(IntegerType(), 7), literal(DecimalType(5, 2), 700), 1),
        (literal(BOOLEAN, True), literal(IntegerType(), 1), 1),
        (literal(ListType(IntegerType()), (1, 2)), literal(ListType(IntegerType(0, 9)), (1, 2)), 0),
        (literal(ListType(IntegerType()), (1, 2)), literal(ListType(IntegerType()), (2, 1)), 1),
        (literal(ListType(IntegerType()), (1,)), literal(ListType(None), ()), 1),
        (literal(ListType(IntegerType()), ()), literal(ListType(None), ()), 0),
    ],
)
def test_values_of_other_types(old: Ruleset, new: Ruleset, differ: int) -> None:
    assert assert_same(old, new, [{"lead": {}}]).changed == differ


def test_money_that_brings_its_currency_equals_money_in_it() -> None:
    fact = next(
        each for each in LEAD.values() if isinstance(each.type, MoneyType) and each.type.currency is None
    )
    short = fact.name.partition(".")[2]
    rows: list[Record] = [
        {"lead": {short: (70_000, "USD")}},
        {"lead": {short: (70_000, "EUR")}},
        {"lead": {short: (70_001, "USD")}},
        {"lead": {}},
    ]
    changes = assert_same(formula(fact), literal(USD, 700), rows)
    assert [each.record for each in changes.witnesses["lead.made"]] == ["1", "2", "3"]


def test_lists_of_items_of_other_types_are_refused_by_name() -> None:
    numbers, answers = literal(ListType(IntegerType()), (1,)), literal(ListType(BOOLEAN), (True,))
    old, new = (make_plan(each, NOW, NOW.date(), entities=None) for each in (numbers, answers))
    with pytest.raises(UsageError) as refused:
        TableComparison(old, new, ["lead.made"])
    (problem,) = refused.value.problems
    assert (problem.code, problem.found) == ("not-columnar", "lead.made")


def reward(amount: int, type_: MoneyType = USD, **edits: Any) -> Ruleset:
    ready, none = LEAD["lead.ready"], Literal(BOOLEAN, False)
    made = Reward(
        name="lead.fee_due",
        type=type_,
        title=TEXTS,
        description=TEXTS,
        strict=True,
        pointer="",
        payee="partner",
        amount=Literal(type_, amount),
        accrues_when=ready,
        payable_when=ready,
        reversed_when=none,
        caps=(),
        work=(),
        reason=None,
    )
    return rules_of([replace(made, **edits)])


PAID: Record = {"lead": {"ready": True}, "partner": {"id": "P-1"}}
LATE: Record = {"lead": {"ready": False}, "partner": {"id": "P-1"}}
NOBODY: Record = {"lead": {"ready": True}}
UNKNOWN: Record = {"lead": {}, "partner": {"id": "P-1"}}


def test_gains_are_summed_by_currency_in_the_order_in_which_they_occur() -> None:
    rows = [LATE, NOBODY, UNKNOWN, PAID, PAID]
    changes = assert_same(reward(5_000), reward(7_000, EUR), rows)
    assert as_texts(changes.by_how_much) == {
        "lead.fee_due": ["('USD', Decimal('-100.00'))", "('EUR', Decimal('140.00'))"]
    }
    assert changes.changed == 2


def test_what_is_not_earned_has_no_amount_that_counts() -> None:
    assert assert_same(reward(5_000), reward(7_000), [LATE]).changed == 0


def test_a_reward_that_is_only_paid_otherwise_is_a_change_without_a_gain() -> None:
    changes = assert_same(reward(5_000), reward(5_000, reversed_when=Literal(BOOLEAN, True)), [PAID])
    assert (changes.changed, changes.by_how_much["lead.fee_due"]) == (1, {"USD": Decimal("0.00")})


def test_sums_do_not_leave_the_numbers_that_columns_hold() -> None:
    whole = MoneyType("USD", 38, 0)
    changes = assert_same(reward(10**38 - 1, whole), reward(1, whole), [PAID] * 40)
    assert changes.by_how_much["lead.fee_due"] == {"USD": Decimal(-40 * (10**38 - 2))}


def test_a_conflict_and_what_is_undetermined_are_two_results() -> None:
    ready = LEAD["lead.ready"]
    rows = tuple(TableRow(f"r{number}", ready, Literal(IntegerType(), number), None, "") for number in (1, 2))
    common: Any = {"title": TEXTS, "description": TEXTS, "strict": True, "pointer": ""}
    table = Table(
        name="lead.band",
        type=IntegerType(),
        **common,
        hit_policy="unique",
        aggregate=None,
        rows=rows,
        otherwise=None,
        otherwise_reason=None,
    )
    never = replace(table, rows=(replace(rows[0], when=Apply(BOOLEAN, "!", (ready,))),))
    leads: list[Record] = [{"lead": {"ready": True}}, {"lead": {}}]
    changes = assert_same(rules_of([table]), rules_of([never]), leads)
    (witness,) = changes.witnesses["lead.band"]
    assert (witness.record, witness.old.words, witness.new.words) == ("0", "conflict", "undetermined")
