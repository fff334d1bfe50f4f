"""Plain values: what the facts of a counterexample should be, if they can."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from fairlead.audit.cases import SymbolicCase
from fairlead.audit.encoding.values import DAY, ListValue
from fairlead.audit.solver import Wish
from fairlead.facts.types import (
    BooleanType,
    DateTimeType,
    DateType,
    DecimalType,
    IntegerType,
    MoneyType,
    OneOfType,
    TextType,
    Type,
)

__all__ = ["one_currency", "plain_values"]

#: amounts in the currency's whole units, numbers, and days before the day of the case, plainest first
_AMOUNTS = (10_000, 20_000, 1_000, 500, 100, 50_000, 0)
_NUMBERS = (1, 0, 2, 3, 5, 6, 10, 15, 16)
_DAYS_BEFORE = (10, 20, 5, 30, 0, 100, 400, -10, -100)
#: nine in the morning, in microseconds
_MORNING = 9 * 3_600_000_000


def one_currency(cases: Sequence[SymbolicCase], names: Iterable[str], currency: str | None) -> list[Wish]:
    """Return the wishes that amounts are in one currency, so that no case rests on a rate of exchange."""
    if currency is None:
        return []
    return [
        Wish(f"{label}#currency", ((f"{label}#currency", case.space.currency(currency)),))
        for case in cases
        for name in sorted(names)
        if "." in name and _any_currency(case.facts.fact(name).type)
        for label in [f"{case.tag}:{name}"]
    ]


def _any_currency(type_: Type) -> bool:
    return isinstance(type_, MoneyType) and type_.currency is None


def plain_values(
    cases: Sequence[SymbolicCase],
    names: Iterable[str],
    day: date,
    currency: str | None,
    carried: frozenset[str],
) -> list[list[Wish]]:
    """Return groups of wishes for the facts and records of `names` in the cases of one question.

    `day` is when the cases are evaluated, `currency` the one that amounts should have, `carried` what may
    differ between two cases: in the second case these have other values than in the first.
    """
    groups: list[list[Wish]] = [[*_moment(cases, day)]]
    first = cases[0]
    facts = sorted(name for name in names if "." in name)
    keys = sorted(name for name in names if "." not in name and name != first.entity)
    absent = [
        Wish(f"{first.tag}:{name}", ((f"{first.tag}:{name}?", False),))
        for name in facts
        if name not in carried
    ]
    absent += [
        Wish(f"{first.tag}:{key}", ((f"{first.tag}:{key}", False),)) for key in keys if key not in carried
    ]
    groups.append(absent)
    choices = [_choices(case, facts, day, currency, carried, place) for place, case in enumerate(cases)]
    most = max((len(each) for case in choices for each in case), default=0)
    groups += [
        [each[number] for case in choices for each in case if number < len(each)] for number in range(most)
    ]
    return groups


def _moment(cases: Sequence[SymbolicCase], day: date) -> Iterable[Wish]:
    tags = dict.fromkeys(str(case.time.as_of).partition(":")[0] for case in cases)
    for tag in tags:
        number = day.toordinal()
        yield Wish(
            f"{tag}:time", ((f"{tag}:as_of_date", number), (f"{tag}:as_of", (number - 1) * DAY + DAY // 2))
        )


def _choices(
    case: SymbolicCase,
    facts: Sequence[str],
    day: date,
    currency: str | None,
    carried: frozenset[str],
    place: int,
) -> list[list[Wish]]:
    """Return for each fact its wishes, the plainest first; of a second case the second plainest."""
    chosen = []
    for name in facts:
        value = case.facts.read(name)
        label = f"{case.tag}:{name}"
        type_ = case.facts.fact(name).type
        if isinstance(value, ListValue):
            continue
        values = [*_plain(case, type_, name, day)]
        if place and name in carried:
            values = [*values[1:], *values[:1]]
        extra: tuple[tuple[str, int | bool], ...] = ()
        if _any_currency(type_) and currency is not None:
            extra = ((f"{label}#currency", case.space.currency(currency)),)
        wishes = [Wish(label, ((f"{label}?", True), (label, each), *extra)) for each in values]
        chosen.append(wishes)
    return chosen


def _plain(case: SymbolicCase, type_: Type, name: str, day: date) -> list[int | bool]:
    match type_:
        case BooleanType():
            return [True, False]
        case IntegerType(low=low, high=high):
            return [number for number in _NUMBERS if low <= number <= high]
        case DecimalType(scale=scale):
            return [number * 10**scale for number in _NUMBERS]
        case MoneyType(scale=scale):
            return [number * 10**scale for number in _AMOUNTS]
        case OneOfType(values=values):
            return [case.space.text(value) for value in values]
        case TextType():
            return [case.space.text(text) for text in _texts(name)]
        case DateType():
            return [(day - timedelta(days=days)).toordinal() for days in _DAYS_BEFORE]
        case DateTimeType():
            return [(day - timedelta(days=days)).toordinal() * DAY - DAY + _MORNING for days in _DAYS_BEFORE]
    return []


def _texts(name: str) -> tuple[str, ...]:
    key, _, short = name.partition(".")
    if short == "id":
        return (f"{key}-1", f"{key}-2")
    return (f"{short.replace('_', ' ')} A", f"{short.replace('_', ' ')} B")
