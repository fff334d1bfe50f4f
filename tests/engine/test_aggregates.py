"""Aggregates over the related records that a record brings along."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from tests.engine.rules import NOON, apply, formula, text
from tests.strategies import TITLE, model, ruleset

from fairlead.engine import Program
from fairlead.engine.aggregates import Aggregates
from fairlead.facts.model import Aggregate, Entity, FactModel, Link, Related, Window
from fairlead.facts.types import BOOLEAN, DATE, IntegerType, MoneyType, Type
from fairlead.logic import factory
from fairlead.logic.terms import Term, Variable

USD = MoneyType("USD", 38, 2)
ON = "introduction.introduced_on"
HAPPENED = Variable(BOOLEAN, "introduction.happened", "fact")

CALENDAR = {unit: Window("calendar", unit, None, None, ON) for unit in ("year", "quarter", "month")}
LAST_30_DAYS = Window("rolling", None, 30, None, ON)
LAST_MONTH = Window("rolling", None, None, 1, ON)


def aggregate(
    function: str, type_: Type, value: str | None = None, window: Window | None = None
) -> Aggregate:
    return Aggregate(
        name="partner.found",
        type=type_,
        title=TITLE,
        description=TITLE,
        labels=(),
        reviewed_by=None,
        function=function,
        of="introductions",
        record="introduction",
        value=value,
        where=None,
        window=window,
        pointer="",
    )


def with_aggregate(declared: Aggregate) -> FactModel:
    base = model()
    related = {"introductions": Related("introductions", "introduction", "partner", TITLE)}
    partner = Entity("partner", TITLE, TITLE, {}, related, {}, {"found": declared})
    introduction = Entity("introduction", TITLE, TITLE, {}, {}, {}, {})
    lead = Entity("lead", TITLE, TITLE, {"referrer": Link("referrer", "partner", TITLE)}, {}, {}, {})
    return replace(base, entities={"lead": lead, "partner": partner, "introduction": introduction})


def program(declared: Aggregate, where: Term | None = None, zone: str = "UTC") -> Program:
    value = formula(Variable(declared.type, declared.name, "fact"), "partner.value")
    filters: Mapping[str, Term] = {declared.name: where} if where is not None else {}
    return Program(ruleset([value], model=with_aggregate(declared), aggregate_filters=filters), zone=zone)


def found(
    declared: Aggregate, introductions: list[dict[str, Any]], where: Term | None = None, as_of: date = NOON
) -> Any:
    record = {"partner": {"introductions": introductions}}
    return program(declared, where).evaluate_checked(record, as_of).decisions["partner.value"]


def on(*days: date) -> list[dict[str, Any]]:
    return [{"id": f"I{place}", "introduced_on": day} for place, day in enumerate(days)]


COUNT = aggregate("count", IntegerType(0))
THREE = [
    {"amount": 500, "introduced_on": date(2026, 3, 1)},
    {"amount": 250, "introduced_on": date(2026, 5, 1)},
    {"amount": 0, "introduced_on": date(2025, 5, 1)},
]


@pytest.mark.parametrize(
    ("declared", "of_three", "of_nothing"),
    [
        (COUNT, 3, 0),
        (aggregate("exists", BOOLEAN), True, False),
        (aggregate("sum", IntegerType(), "introduction.amount"), 750, 0),
        (aggregate("earliest", DATE, ON), date(2025, 5, 1), None),
        (aggregate("latest", DATE, ON), date(2026, 5, 1), None),
    ],
)
def test_functions(declared: Aggregate, of_three: Any, of_nothing: Any) -> None:
    assert found(declared, THREE) == of_three
    assert found(declared, []) == of_nothing


def test_a_stated_aggregate_is_read_as_it_is() -> None:
    assert program(COUNT).evaluate_checked({"partner": {"found": 9}}, NOON).decisions["partner.value"] == 9


def test_an_aggregate_that_is_neither_stated_nor_computed_is_absent() -> None:
    result = program(COUNT).evaluate_checked({"partner": {}}, NOON)
    assert result.missing == ["partner.found"]


def test_only_records_that_pass_the_filter_count() -> None:
    records = [{"happened": True}, {"happened": False}, {"happened": True}]
    assert found(COUNT, records, HAPPENED) == 2


def test_an_unknown_filter_makes_the_aggregate_absent() -> None:
    result = program(COUNT, HAPPENED).evaluate_checked(
        {"partner": {"introductions": [{"happened": True}, {}]}}, NOON
    )
    assert result.decisions["partner.value"] is None
    assert result.missing == ["partner.found"]


def test_a_record_that_fails_the_filter_needs_no_date() -> None:
    yearly = aggregate("count", IntegerType(0), window=CALENDAR["year"])
    assert found(yearly, [{"happened": False}], HAPPENED) == 0
    assert found(yearly, [{"happened": True}], HAPPENED) is None


def test_a_value_that_is_absent_makes_the_sum_absent() -> None:
    assert found(aggregate("sum", USD, "introduction.amount"), [{"amount": 5}, {}]) is None


def test_a_sum_outside_64_bits_is_absent() -> None:
    large = [{"amount": 2**62}, {"amount": 2**62}]
    assert found(aggregate("sum", IntegerType(), "introduction.amount"), large) is None


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        (CALENDAR["year"], 5),
        (CALENDAR["quarter"], 4),
        (CALENDAR["month"], 1),
        # from 23 October to 21 November
        (LAST_30_DAYS, 2),
        # from 22 October to 21 November
        (LAST_MONTH, 3),
    ],
)
def test_windows_around_21_november(window: Window, expected: int) -> None:
    days = on(
        date(2025, 12, 31),
        date(2026, 1, 1),
        date(2026, 10, 21),
        date(2026, 10, 22),
        date(2026, 10, 23),
        date(2026, 11, 21),
    )
    assert found(aggregate("count", IntegerType(0), window=window), days) == expected


def test_the_day_is_that_of_the_zone() -> None:
    yearly = aggregate("count", IntegerType(0), window=CALENDAR["year"])
    record = {"partner": {"introductions": on(date(2027, 1, 1))}}
    last_hour = datetime(2026, 12, 31, 22, 30, tzinfo=UTC)
    assert program(yearly).evaluate_checked(record, last_hour).decisions["partner.value"] == 0
    istanbul = program(yearly, zone="Europe/Istanbul")
    assert istanbul.evaluate_checked(record, last_hour).decisions["partner.value"] == 1


def test_aggregates_of_a_linked_record_stand_under_the_links_name() -> None:
    value = formula(Variable(COUNT.type, "referrer.found", "fact"), "lead.value")
    linked = Program(ruleset([value], model=with_aggregate(COUNT)))
    record = {"lead": {}, "referrer": {"introductions": on(NOON.date())}}
    assert linked.evaluate_checked(record, NOON).decisions == {"lead.value": 1}


def test_the_given_record_is_not_changed() -> None:
    record = {"partner": {"introductions": on(NOON.date())}}
    program(COUNT).evaluate_checked(record, NOON)
    assert record == {"partner": {"introductions": on(NOON.date())}}


def midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


@pytest.mark.parametrize(
    ("window", "days", "expected"),
    [
        (CALENDAR["year"], [date(2026, 3, 1)], date(2027, 1, 1)),
        (CALENDAR["quarter"], [date(2026, 11, 1)], date(2027, 1, 1)),
        (CALENDAR["month"], [date(2026, 11, 1)], date(2026, 12, 1)),
        (CALENDAR["month"], [], None),
        # counted up to 29 days later: out on 1 December
        (LAST_30_DAYS, [date(2026, 11, 1)], date(2026, 12, 1)),
        (LAST_30_DAYS, [date(2026, 10, 1)], None),
        # tomorrow's record comes in tomorrow
        (LAST_30_DAYS, [date(2026, 11, 22)], date(2026, 11, 22)),
        # a month before 30 November is 30 October, a month before 1 December is 1 November
        (LAST_MONTH, [date(2026, 10, 31)], date(2026, 12, 1)),
        (LAST_MONTH, [date(2026, 10, 22)], date(2026, 11, 22)),
        (None, [date(2026, 11, 22)], None),
    ],
)
def test_when_a_window_moves_on(window: Window | None, days: list[date], expected: date | None) -> None:
    declared = aggregate("count", IntegerType(0), window=window)
    record = {"partner": {"introductions": on(*days)}}
    due = program(declared).evaluate_checked(record, NOON).due
    assert due == (midnight(expected) if expected is not None else None)


def test_a_filter_that_reads_the_day_is_due_the_next_day() -> None:
    today = Variable(DATE, "as_of_date", "time")
    recent = apply(">", Variable(DATE, ON, "fact"), apply("add_days", today, factory.literal(-5)))
    record = {"partner": {"introductions": on(date(2026, 11, 20))}}
    due = program(COUNT, recent).evaluate_checked(record, NOON).due
    assert due == datetime(2026, 11, 22, tzinfo=UTC)


def test_an_ordinal_counts_the_window_up_to_its_own_date_and_id() -> None:
    yearly = aggregate("count", IntegerType(0), window=CALENDAR["year"])
    aggregates = Aggregates(with_aggregate(yearly), {}, ["partner.found"])
    day = date(2026, 3, 1)
    records = [
        {"id": "I3", "introduced_on": day},
        {"id": "I1", "introduced_on": day},
        {"id": "I9", "introduced_on": date(2026, 2, 1)},
        {"id": "I0", "introduced_on": date(2026, 4, 1)},
        {"id": "I2", "introduced_on": date(2025, 3, 1)},
    ]

    def ordinal(own: dict[str, Any]) -> int | None:
        return aggregates.ordinal("partner.found", records, own, NOON, NOON.date())

    assert [ordinal(record) for record in records] == [3, 2, 1, 4, 1]
    assert ordinal({"id": "I3"}) is None
    assert ordinal({"id": "I7", "introduced_on": day}) is None


def test_a_filter_may_compare_text() -> None:
    kind = Variable(text("a").type, "introduction.kind", "fact")
    records = [{"kind": "a"}, {"kind": "b"}]
    assert found(COUNT, records, apply("==", kind, text("a"))) == 1
