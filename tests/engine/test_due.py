"""The next instant at which time alone can change a result."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tests.strategies import PARAMETERS, RATES, TITLE, moments, reason, records, ruleset, rulesets

from fairlead.engine import Program
from fairlead.facts.types import BOOLEAN, DATE, DATE_TIME, IntegerType
from fairlead.logic import factory
from fairlead.logic.terms import Term, Variable
from fairlead.ruleset.typed import Check, Formula, Parameter, Ruleset

SINCE = Variable(DATE, "lead.since", "fact")
UNTIL = Variable(DATE, "lead.until", "fact")
SEEN = Variable(DATE_TIME, "lead.seen", "fact")
READY = Variable(BOOLEAN, "lead.ready", "fact")
NOW = Variable(DATE_TIME, "as_of", "time")
TODAY = Variable(DATE, "as_of_date", "time")
LIMIT = Variable(IntegerType(), "parameters.limit", "parameter")

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def whole(number: int) -> Term:
    return factory.literal(number)


def check(requirement: Term) -> Ruleset:
    return ruleset(
        [Check("lead.ok", BOOLEAN, TITLE, TITLE, False, "", requirement, "info", None, reason("no"))]
    )


def formula(value: Term) -> Ruleset:
    return ruleset([Formula("lead.value", value.type, TITLE, TITLE, False, "", value)])


def due(rules: Ruleset, record: dict[str, Any], as_of: datetime | date = NOON, zone: str = "UTC") -> Any:
    return Program(rules, zone=zone).evaluate_checked({"lead": record}, as_of).due


def after(count: int, unit: str, operator: str = ">=") -> Term:
    first, second = (SINCE, TODAY) if unit == "days_between" else (SEEN, NOW)
    return factory.apply(operator, [factory.apply(unit, [first, second]), whole(count)])


@pytest.mark.parametrize(
    ("condition", "record", "expected"),
    [
        # 30 days after 1 November is 1 December, at midnight
        (after(30, "days_between"), {"since": date(2026, 11, 1)}, datetime(2026, 12, 1, tzinfo=UTC)),
        (after(30, "days_between", ">"), {"since": date(2026, 11, 1)}, datetime(2026, 12, 2, tzinfo=UTC)),
        # equal to 30 from 1 December; then no longer from 2 December
        (after(30, "days_between", "=="), {"since": date(2026, 10, 22)}, datetime(2026, 11, 22, tzinfo=UTC)),
        # already 30 days: it stays so
        (after(30, "days_between"), {"since": date(2026, 10, 1)}, None),
        # the date is not known, and time does not make it known
        (after(30, "days_between"), {}, None),
        # two hours after 11:30:15 is 13:30:15
        (
            after(2, "hours_between"),
            {"seen": datetime(2026, 11, 21, 11, 30, 15, tzinfo=UTC)},
            datetime(2026, 11, 21, 13, 30, 15, tzinfo=UTC),
        ),
        (
            after(45, "minutes_between", "<"),
            {"seen": datetime(2026, 11, 21, 11, 59, 59, 5, tzinfo=UTC)},
            datetime(2026, 11, 21, 12, 44, 59, 5, tzinfo=UTC),
        ),
        # seen in the future: fewer than 3600 seconds left from one microsecond after 12:30
        (
            factory.apply("<", [factory.apply("seconds_between", [NOW, SEEN]), whole(3600)]),
            {"seen": datetime(2026, 11, 21, 13, 30, tzinfo=UTC)},
            datetime(2026, 11, 21, 12, 30, 0, 1, tzinfo=UTC),
        ),
        # one month after 30 November is 30 December, one month after 1 December is 1 January
        (
            factory.apply(">=", [factory.apply("add_months", [TODAY, whole(1)]), UNTIL]),
            {"until": date(2026, 12, 31)},
            datetime(2026, 12, 1, tzinfo=UTC),
        ),
        # 28 to 31 January are all 28 February one month later: the first of them counts
        (
            factory.apply(">=", [factory.apply("add_months", [TODAY, whole(1)]), UNTIL]),
            {"until": date(2027, 2, 28)},
            datetime(2027, 1, 28, tzinfo=UTC),
        ),
        # the day 90 days on reaches 1 March on 1 December
        (
            factory.apply("<", [UNTIL, factory.apply("add_days", [TODAY, whole(90)])]),
            {"until": date(2027, 2, 28)},
            datetime(2026, 12, 1, tzinfo=UTC),
        ),
        # two hours after 11:30 is 13:30
        (
            factory.apply(">", [NOW, factory.apply("add_hours", [SEEN, whole(2)])]),
            {"seen": datetime(2026, 11, 21, 11, 30, tzinfo=UTC)},
            datetime(2026, 11, 21, 13, 30, 0, 1, tzinfo=UTC),
        ),
        (
            factory.apply(">=", [factory.apply("add_hours", [NOW, whole(2)]), SEEN]),
            {"seen": datetime(2026, 11, 21, 15, tzinfo=UTC)},
            datetime(2026, 11, 21, 13, tzinfo=UTC),
        ),
        (factory.apply("<", [NOW, SEEN]), {"seen": NOON + timedelta(hours=1)}, NOON + timedelta(hours=1)),
        # a false operand decides `and`, whatever the clock says
        (factory.apply("and", [READY, after(30, "days_between")]), {"ready": False}, None),
        (
            factory.apply("and", [READY, after(30, "days_between")]),
            {"ready": True, "since": date(2026, 11, 1)},
            datetime(2026, 12, 1, tzinfo=UTC),
        ),
        # decay: the step at 60 days is next
        (
            factory.apply(
                "==",
                [
                    factory.apply(
                        "if",
                        [after(60, "days_between"), whole(1), after(30, "days_between"), whole(5), whole(9)],
                    ),
                    whole(1),
                ],
            ),
            {"since": date(2026, 10, 1)},
            datetime(2026, 11, 30, tzinfo=UTC),
        ),
        (READY, {"ready": True}, None),
    ],
)
def test_comparisons_with_the_time_are_exact(
    condition: Term, record: dict[str, Any], expected: datetime | None
) -> None:
    assert due(check(condition), record) == expected


def test_days_begin_in_the_zone() -> None:
    rules = check(after(30, "days_between"))
    # midnight in Istanbul is 21:00 UTC the day before
    expected = datetime(2026, 11, 30, 21, tzinfo=UTC)
    assert due(rules, {"since": date(2026, 11, 1)}, zone="Europe/Istanbul") == expected


def test_a_midnight_that_a_zone_skips_is_the_first_instant_of_its_day() -> None:
    # Beirut went from 24:00 on 25 March 2023 to 01:00: the 26th began at 22:00 UTC
    rules = check(factory.apply(">=", [TODAY, UNTIL]))
    found = due(rules, {"until": date(2023, 3, 26)}, datetime(2023, 3, 25, 12, tzinfo=UTC), "Asia/Beirut")
    zone = ZoneInfo("Asia/Beirut")
    assert found.astimezone(zone).date() == date(2023, 3, 26)
    assert (found - timedelta(microseconds=1)).astimezone(zone).date() == date(2023, 3, 25)


def test_a_count_that_is_a_result_changes_at_its_next_step() -> None:
    days = formula(factory.apply("days_between", [SINCE, TODAY]))
    assert due(days, {"since": date(2026, 11, 1)}) == datetime(2026, 11, 22, tzinfo=UTC)
    hours = formula(factory.apply("hours_between", [SEEN, NOW]))
    seen = datetime(2026, 11, 21, 10, 15, tzinfo=UTC)
    assert due(hours, {"seen": seen}) == datetime(2026, 11, 21, 12, 15, tzinfo=UTC)


def test_a_parameter_changes_on_its_day() -> None:
    dated = Parameter("limit", IntegerType(), TITLE, ((None, 3), (date(2027, 1, 1), 5)))
    count = Variable(IntegerType(), "lead.pages", "fact")
    rules = [
        Check(
            "lead.ok",
            BOOLEAN,
            TITLE,
            TITLE,
            False,
            "",
            factory.apply(">", [count, LIMIT]),
            "info",
            None,
            reason("no"),
        )
    ]
    with_it = ruleset(list(rules), parameters={**PARAMETERS, "limit": dated})
    assert due(with_it, {"pages": 4}) == datetime(2027, 1, 1, tzinfo=UTC)


def test_a_version_ends_with_the_day_before_its_end() -> None:
    rules = check(READY)
    ending = replace(rules, effective_to=date(2027, 1, 1))
    assert due(ending, {"ready": True}) == datetime(2027, 1, 1, tzinfo=UTC)
    beginning = replace(rules, effective_from=date(2027, 2, 1))
    assert due(beginning, {"ready": True}) == datetime(2027, 2, 1, tzinfo=UTC)


def lands(day: date, months: int) -> bool:
    """Tell whether there is a day that, so many months later, is this one."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return day.day <= monthrange(year, month + 1)[1]


MOVING = ("days_between", "hours_between", "minutes_between", "seconds_between", "days", "months")


@settings(max_examples=120, deadline=None)
@given(
    st.sampled_from(
        ("days_between", "hours_between", "minutes_between", "seconds_between", "days", "months")
    ),
    st.booleans(),
    st.integers(-40, 400),
    st.sampled_from(("==", "!=", "<", "<=", ">", ">=")),
    st.integers(-500, 500),
    st.integers(0, 86400 * 10**6 - 1),
)
@example("months", False, 48, "==", 220, 0)
def test_at_the_instant_that_is_due_a_comparison_turns(
    kind: str, turned: bool, count: int, operator: str, days: int, microseconds: int
) -> None:
    seen = NOON + timedelta(days=days, microseconds=microseconds)
    if kind.endswith("_between"):
        first, second = (SINCE, TODAY) if kind == "days_between" else (SEEN, NOW)
        operands = [second, first] if turned else [first, second]
        sides = [factory.apply(kind, operands), whole(count)]
    else:
        sides = [factory.apply(f"add_{kind}", [TODAY, whole(count // 12)]), SINCE]
    program = Program(check(factory.apply(operator, sides[::-1] if turned else sides)))
    record = {"lead": {"since": seen.date(), "seen": seen}}
    result = program.evaluate_checked(record, NOON)
    if result.due is None:
        later = [NOON + timedelta(days=step) for step in range(0, 4000, 7)]
        assert {program.runner(moment)(record)[0]["lead.ok"] for moment in later} == {
            result.decisions["lead.ok"]
        }
    else:
        before = program.runner(result.due - timedelta(microseconds=1))(record)[0]
        assert before == result.decisions
        # no day lands, months later, on a day that its own month lacks: to be equal to it is due early
        never = kind == "months" and operator in ("==", "!=") and not lands(seen.date(), count // 12)
        assert never or program.runner(result.due)(record)[0] != result.decisions


@settings(max_examples=180, deadline=None, suppress_health_check=list(HealthCheck))
@given(rulesets(depth=3), records(), moments, st.data())
def test_nothing_changes_before_it_is_due(
    rules: Ruleset, record: dict[str, dict[str, Any]], as_of: datetime, data: st.DataObject
) -> None:
    program = Program(rules, zone=data.draw(st.sampled_from(("UTC", "Europe/Istanbul", "America/New_York"))))
    result = program.evaluate_checked(record, as_of, RATES)
    end = result.due
    assert end is None or end > as_of
    far = datetime(9998, 1, 1, tzinfo=UTC)
    span = min(end or far, far) - as_of
    steps = data.draw(st.lists(st.integers(0, 10**6), min_size=3, max_size=3))
    later = [as_of + span // 10**6 * step for step in steps]
    later += [as_of + span - timedelta(microseconds=1)]
    later += [as_of + timedelta(days=days) for days in (1, 2, 10, 30, 31, 40, 365)]
    for moment in later:
        if as_of <= moment < (end or far):
            then = program.evaluate_checked(record, moment, RATES)
            assert then.decisions == result.decisions
            assert then.reasons == result.reasons
            assert then.unknown == result.unknown
            assert then.undetermined == result.undetermined
