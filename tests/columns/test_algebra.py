"""The algebra of columns: bounds, folding, and what does not fit."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from tests.columns.frames import assert_agreement
from tests.strategies import TITLE, ruleset

from fairlead.columns.algebra import Algebra
from fairlead.columns.arithmetic import add_months, checked_product, shifted_months
from fairlead.columns.nodes import Kind, TooWideError, width_of
from fairlead.columns.plan import make_plan
from fairlead.columns.values import day_number
from fairlead.facts.types import DecimalType, IntegerType
from fairlead.logic import factory
from fairlead.logic.terms import Term, Variable
from fairlead.problems import UsageError
from fairlead.ruleset.typed import Formula, Ruleset

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def formula(term: Term) -> Ruleset:
    made = Formula("lead.value", term.type, TITLE, TITLE, strict=False, pointer="", value=term)
    return ruleset([made])


@pytest.mark.parametrize(
    ("low", "high", "bits"),
    [
        (-(2**7), 2**7 - 1, 8),
        (0, 2**7, 16),
        (0, 2**15 - 1, 16),
        (-(2**15) - 1, 0, 32),
        (0, 2**31, 64),
        (-(2**63), 2**63 - 1, 64),
        (0, 2**63, 128),
    ],
)
def test_the_narrowest_width_that_holds_all_is_taken(low: int, high: int, bits: int) -> None:
    assert width_of(low, high) == bits


def test_equal_nodes_are_one() -> None:
    on = Algebra()
    pages = on.fact("lead.pages", "value", Kind.NUMBER, (0, 9))
    assert on.add(pages, on.number(1)) is on.add(pages, on.number(1))


def test_bounds_follow_the_arithmetic() -> None:
    on = Algebra()
    pages = on.fact("lead.pages", "value", Kind.NUMBER, (-2, 9))
    product = on.multiply(pages, pages)
    assert (product.low, product.high) == (-18, 81)


def test_a_number_beyond_38_digits_is_too_wide() -> None:
    on = Algebra()
    large = on.fact("lead.large", "value", Kind.NUMBER, (0, 10**37))
    with pytest.raises(TooWideError):
        on.multiply(large, large)


def test_a_product_beyond_64_bits_stays_beyond() -> None:
    on = Algebra()
    factors = [on.number(2**62), on.number(4), on.number(-1), on.number(3)]
    assert on.within(checked_product(on, factors), -(2**63), 2**63 - 1).is_null_constant
    assert checked_product(on, [*factors, on.number(0)]).extra == 0


@pytest.mark.parametrize(
    ("day", "months", "wanted"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2024, 2, 29), -48, date(2020, 2, 29)),
        (date(1900, 1, 31), 1, date(1900, 2, 28)),
        (date(2000, 1, 31), 1, date(2000, 2, 29)),
        (date(9999, 12, 31), 0, date(9999, 12, 31)),
        (date(1, 1, 1), 0, date(1, 1, 1)),
    ],
)
def test_months_clamp_to_the_last_day(day: date, months: int, wanted: date) -> None:
    on = Algebra()
    assert add_months(on, on.number(day_number(day)), on.number(months)).extra == day_number(wanted)


def test_every_month_of_the_calendar_begins_on_its_first_day() -> None:
    on = Algebra()
    for year in (1, 4, 100, 400, 1582, 1900, 2000, 2026, 9999):
        for month in range(1, 13):
            first = shifted_months(on, on.number(year * 12 + month - 1), on.number(1))
            assert first.extra == day_number(date(year, month, 1))


def test_what_can_need_more_than_38_digits_on_the_way_is_refused_by_name() -> None:
    wide = Variable(DecimalType(30, 0), "lead.wide", "fact")
    small = Variable(DecimalType(38, 30), "lead.small", "fact")
    quotient = factory.apply("/", [small, wide], {"scale": 2, "rounding": "half_even"})
    with pytest.raises(UsageError) as found:
        make_plan(formula(quotient), NOON, NOON.date())
    (problem,) = found.value.problems
    assert (problem.code, problem.found) == ("not-columnar", "lead.value")


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_sums_between_32_and_64_bits_are_exact(engine: str) -> None:
    """Each constant fits 32 bits and their sum does not."""
    ready = Variable(factory.literal(value=True).type, "lead.ready", "fact")
    half = factory.apply("if", [ready, factory.literal(2_000_000_000), factory.literal(0)])
    total = factory.apply("+", [half, half, half])
    assert_agreement(engine, formula(total), [{"lead": {"ready": True}}, {"lead": {"ready": False}}], NOON)


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_quotients_beyond_what_a_double_holds_are_exact(engine: str) -> None:
    large = Variable(IntegerType(), "lead.large", "fact")
    third = factory.apply("/", [large, factory.literal(3)], {"scale": 2, "rounding": "half_even"})
    records = [{"lead": {"large": large}} for large in (2**63 - 1, -(2**63), 9_007_199_254_740_993, 0)]
    assert_agreement(engine, formula(third), records, NOON)
