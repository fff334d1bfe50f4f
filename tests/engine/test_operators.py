"""The value of each operator, and why it is unknown, worked out by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from tests.engine.rules import (
    BUDGET,
    CHANNEL,
    DATES,
    FEE,
    PAGES,
    RATE,
    RECORDS,
    SINCE,
    apply,
    text,
    value_of,
    whole,
)

from fairlead.facts.types import DATE_TIME, TEXT, IntegerType, ListType
from fairlead.facts.values import Money
from fairlead.logic import factory
from fairlead.logic.terms import Term, Variable

TAGS = Variable(ListType(TEXT), "lead.tags", "fact")
LARGE = Variable(IntegerType(), "lead.large", "fact")
SEEN = Variable(DATE_TIME, "lead.seen", "fact")
USD_500 = factory.money("500.00", "USD")
NEW_YEAR = factory.date_literal(date(2026, 1, 1))
RATES = {("EUR", "USD"): [(date(2026, 1, 1), 105, 2), (date(2026, 11, 1), 11, 1)]}

CASES: list[tuple[Term, dict[str, Any], Any]] = [
    # three-valued logic
    (apply("and", RECORDS, DATES), {"records": False}, False),
    (apply("and", RECORDS, DATES), {"records": True}, {"absent lead.dates"}),
    (apply("and", RECORDS, DATES), {}, {"absent lead.records", "absent lead.dates"}),
    (apply("or", RECORDS, DATES), {"dates": True}, True),
    (apply("or", RECORDS, DATES), {"dates": False}, {"absent lead.records"}),
    (apply("!", RECORDS), {"records": False}, True),
    (apply("!", RECORDS), {}, {"absent lead.records"}),
    (apply("==", apply("and", RECORDS, DATES), RECORDS), {"records": False}, True),
    (apply("!=", CHANNEL, text("phone")), {}, {"absent lead.channel"}),
    (apply("==", CHANNEL, CHANNEL), {}, {"absent lead.channel"}),
    # branches
    (apply("if", RECORDS, whole(1), DATES, whole(2), whole(3)), {"records": False, "dates": True}, 2),
    (apply("if", RECORDS, whole(1), DATES, whole(2), whole(3)), {"dates": True}, {"absent lead.records"}),
    (apply("if", RECORDS, PAGES, whole(3)), {"records": True}, {"absent lead.pages"}),
    (apply("if", RECORDS, PAGES, whole(3)), {"records": False}, 3),
    (apply("if", RECORDS, whole(1)), {"records": False}, {"no_branch"}),
    (factory.default(PAGES, whole(7)), {}, 7),
    (factory.default(PAGES, whole(7)), {"pages": 0}, 0),
    (factory.default(RECORDS, DATES), {}, {"absent lead.records", "absent lead.dates"}),
    (apply("absent", PAGES), {}, True),
    (apply("absent", PAGES), {"pages": 0}, False),
    (factory.missing([PAGES, CHANNEL]), {"pages": 1}, ["lead.channel"]),
    (factory.missing([PAGES, CHANNEL], 1), {"pages": 1}, []),
    (factory.missing([PAGES, CHANNEL], 2), {"pages": 1}, ["lead.channel"]),
    # numbers
    (apply("+", PAGES, whole(1), whole(2)), {"pages": 4}, 7),
    (apply("+", *[PAGES] * 40), {"pages": 2}, 80),
    (apply("-", PAGES), {"pages": 4}, -4),
    (apply("*", PAGES, factory.decimal("0.05")), {"pages": 3}, Decimal("0.15")),
    (apply("*", factory.decimal("0.1"), whole(3)), {}, Decimal("0.3")),
    (apply("*", LARGE, LARGE), {"large": 2**32}, {"overflow"}),
    (apply("+", LARGE, whole(1)), {"large": 2**63 - 1}, {"overflow"}),
    (apply("-", LARGE), {"large": -(2**63)}, {"overflow"}),
    (apply("/", PAGES, whole(8), scale=2, rounding="half_even"), {"pages": 1}, Decimal("0.12")),
    (apply("/", PAGES, whole(8), scale=2, rounding="half_up"), {"pages": 1}, Decimal("0.13")),
    (apply("/", whole(1), PAGES, scale=2, rounding="down"), {"pages": 0}, {"division_by_zero"}),
    (apply("/", whole(1), PAGES, scale=2, rounding="down"), {}, {"absent lead.pages"}),
    (
        apply("/", FEE, whole(3), scale=2, rounding="half_even"),
        {"fee": 50000},
        Money(Decimal("166.67"), "USD"),
    ),
    (apply("/", FEE, USD_500, scale=3, rounding="floor"), {"fee": 12345}, Decimal("0.246")),
    (apply("/", RATE, factory.decimal("0.003"), scale=0, rounding="up"), {"rate": 1}, Decimal(4)),
    (apply("%", apply("-", PAGES), whole(3)), {"pages": 7}, -1),
    (apply("%", whole(7), apply("-", PAGES)), {"pages": 3}, 1),
    (apply("%", PAGES, PAGES), {"pages": 0}, {"division_by_zero"}),
    (apply("min", PAGES, whole(3)), {"pages": 9}, 3),
    (
        apply("max", SINCE, factory.date_literal(date(2026, 1, 1))),
        {"since": date(2027, 1, 1)},
        date(2027, 1, 1),
    ),
    (apply("round", RATE, scale=0, rounding="half_even"), {"rate": 250}, 2),
    (apply("round", RATE, scale=1, rounding="half_up"), {"rate": 225}, Decimal("2.3")),
    (apply("<", RATE, PAGES), {"rate": 199, "pages": 2}, True),
    # money
    (apply("==", BUDGET, USD_500), {"budget": (50000, "USD")}, True),
    (apply(">", BUDGET, USD_500), {"budget": (50000, "EUR")}, {"currency_mismatch"}),
    (apply(">", BUDGET, USD_500), {}, {"absent lead.budget"}),
    (apply("in", BUDGET, factory.list_of([USD_500])), {"budget": (50000, "USD")}, True),
    (apply("in", BUDGET, factory.list_of([USD_500])), {"budget": (1, "USD")}, False),
    (apply("in", BUDGET, factory.list_of([USD_500])), {"budget": (1, "EUR")}, {"currency_mismatch"}),
    (
        apply("convert", BUDGET, SINCE, currency="USD", rounding="half_even"),
        {"budget": (100, "EUR"), "since": date(2026, 10, 31), "rates": RATES},
        Money(Decimal("1.05"), "USD"),
    ),
    (
        apply("convert", BUDGET, SINCE, currency="USD", rounding="half_even"),
        {"budget": (100, "EUR"), "since": date(2026, 11, 1), "rates": RATES},
        Money(Decimal("1.10"), "USD"),
    ),
    (
        apply("convert", BUDGET, SINCE, currency="USD", rounding="half_even"),
        {"budget": (100, "EUR"), "since": date(2025, 12, 31), "rates": RATES},
        {"no_rate EUR>USD"},
    ),
    (
        apply("convert", BUDGET, SINCE, currency="USD", rounding="half_even"),
        {"budget": (100, "USD"), "since": date(2025, 12, 31)},
        Money(Decimal("1.00"), "USD"),
    ),
    (
        apply("convert", FEE, SINCE, currency="JPY", rounding="up"),
        {"fee": 100, "since": date(2025, 12, 31)},
        {"no_rate USD>JPY"},
    ),
    # text and lists
    (apply("cat", CHANNEL, text("-"), CHANNEL), {"channel": "a"}, "a-a"),
    (apply("substr", CHANNEL, whole(-3), whole(2)), {"channel": "phone"}, "on"),
    (apply("substr", CHANNEL, whole(1), whole(-2)), {"channel": "phone"}, "ho"),
    (apply("substr", CHANNEL, whole(9)), {"channel": "phone"}, {"empty_text"}),
    (apply("in", text("hon"), CHANNEL), {"channel": "phone"}, True),
    (apply("in", CHANNEL, TAGS), {"channel": "a", "tags": ("b",)}, False),
    (apply("in", CHANNEL, factory.list_of([])), {"channel": "a"}, False),
    (factory.list_of([CHANNEL, text("b")]), {"channel": "a"}, ["a", "b"]),
    (factory.list_of([CHANNEL, text("b")]), {}, {"absent lead.channel"}),
    (factory.quantifier("all", TAGS, apply("!=", factory.element(TEXT), text("x"))), {"tags": ()}, False),
    (factory.quantifier("none", TAGS, apply("==", factory.element(TEXT), text("x"))), {"tags": ()}, True),
    (factory.quantifier("some", TAGS, apply("==", factory.element(TEXT), CHANNEL)), {"tags": ()}, False),
    (
        factory.quantifier("some", TAGS, apply("==", factory.element(TEXT), CHANNEL)),
        {"tags": ("a", "b")},
        {"absent lead.channel"},
    ),
    (
        factory.quantifier("all", TAGS, apply("and", apply("==", factory.element(TEXT), text("a")), RECORDS)),
        {"tags": ("a", "b")},
        False,
    ),
    (
        factory.quantifier("some", TAGS, apply("or", apply("==", factory.element(TEXT), text("b")), RECORDS)),
        {"tags": ("a", "b")},
        True,
    ),
    # time
    (apply("days_between", SINCE, factory.date_literal(date(2026, 3, 1))), {"since": date(2026, 2, 28)}, 1),
    (apply("add_days", SINCE, whole(1)), {"since": date(9999, 12, 31)}, {"overflow"}),
    (apply("add_days", SINCE, LARGE), {"since": date(2026, 1, 1), "large": 2**62}, {"overflow"}),
    # 25 hours from noon, whatever a clock on a wall did that night
    (
        apply("add_hours", SEEN, whole(25)),
        {"seen": datetime(2026, 3, 28, 12, tzinfo=UTC)},
        datetime(2026, 3, 29, 13, tzinfo=UTC),
    ),
    (apply("add_hours", SEEN, whole(-1)), {"seen": datetime(1, 1, 1, tzinfo=UTC)}, {"overflow"}),
    (
        apply("add_hours", SEEN, LARGE),
        {"seen": datetime(2026, 1, 1, tzinfo=UTC), "large": 2**62},
        {"overflow"},
    ),
    (apply("add_months", SINCE, whole(1)), {"since": date(2024, 1, 31)}, date(2024, 2, 29)),
    (apply("add_months", SINCE, whole(-1)), {"since": date(1, 1, 31)}, {"overflow"}),
    (
        apply("hours_between", SEEN, factory.date_time_literal(datetime(2026, 1, 1, 2, tzinfo=UTC))),
        {"seen": datetime(2026, 1, 1, 0, 0, 1, tzinfo=UTC)},
        1,
    ),
    (
        apply("minutes_between", SEEN, factory.date_time_literal(datetime(2026, 1, 1, tzinfo=UTC))),
        {"seen": datetime(2026, 1, 1, 0, 0, 1, tzinfo=UTC)},
        -1,
    ),
]


@pytest.mark.parametrize(("term", "facts", "expected"), CASES)
def test_value_or_causes(term: Term, facts: dict[str, Any], expected: Any) -> None:
    found = value_of(term, **facts)
    assert found == expected
    assert type(found) is type(expected)


def test_quantifiers_nest() -> None:
    inner = factory.quantifier("some", TAGS, apply("==", factory.element(TEXT), text("a")))
    outer = factory.quantifier("all", TAGS, inner)
    assert value_of(outer, tags=("a", "b")) is True
    assert value_of(outer, tags=("b",)) is False
    assert value_of(outer, tags=()) is False


def test_a_chain_of_conditions_may_be_long() -> None:
    chain = [part for number in range(1500) for part in (apply("==", PAGES, whole(number)), whole(number))]
    assert value_of(apply("if", *chain, whole(-1)), pages=1499) == 1499


def test_conditions_may_be_many_and_deep() -> None:
    assert value_of(apply("and", *[RECORDS] * 3000), records=True) is True
    deep: Term = RECORDS
    for _ in range(30):
        deep = apply("if", apply("!", deep), DATES, RECORDS)
    # records are there, so each level gives back what stands below it
    assert value_of(deep, records=True, dates=False) is True
