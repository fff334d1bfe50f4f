"""Records behind the numbers of a case: an aggregate is what lists of related records come to.

A question knows an aggregate as a number of its own. A case that is shown lists the records that the engine
counts, adds up or compares to that number, so that nobody has to take it on trust.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import islice, product
from typing import Any

import z3

from fairlead.engine import Program
from fairlead.engine.aggregates import Aggregates, aggregate_value
from fairlead.facts.model import Aggregate, Fact
from fairlead.facts.types import (
    BooleanType,
    DateTimeType,
    DateType,
    DecimalType,
    IntegerType,
    ListType,
    MoneyType,
    OneOfType,
    TextType,
    Type,
)
from fairlead.facts.values import internal_from_json, json_from_internal
from fairlead.logic.numbers import scale_of
from fairlead.logic.terms import Literal, Term, Variable, walk

__all__ = ["Unrealisable", "with_records"]

#: a case lists at most so many records of one kind
_MOST_RECORDS = 500
#: shapes of records that are tried, and resource units for combining them
_MOST_SHAPES = 20_000
_LIMIT = 5_000_000

Record = Mapping[str, Mapping[str, Any]]


class Unrealisable(Exception):
    """No records were found that come to the numbers of a case; `names` are the aggregates."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)
        listed = ", ".join(f"`{name}`" for name in names)
        super().__init__(f"the numbers of the case cannot be realised by records: {listed}")


@dataclass(frozen=True, slots=True)
class _Wanted:
    """An aggregate under its name in the record, and the internal value that it should have."""

    name: str
    aggregate: Aggregate
    where: Term | None
    value: Any


@dataclass(frozen=True, slots=True)
class _Shape:
    """A related record, and for each aggregate: whether it counts there, and the value that counts."""

    facts: Mapping[str, Any]
    states: tuple[tuple[bool | None, Any], ...]


def with_records(record: Record, names: Iterable[str], program: Program, as_of: datetime) -> Record:
    """Return a record whose aggregates are replaced by lists of records that come to them.

    `names` are the facts that the case rests on: an aggregate among them that is absent stays so. Raises
    Unrealisable where no such lists were found.
    """
    model = program.ruleset.model
    keys = model.record_keys()
    day = as_of.astimezone(program.zone).date()
    made = {key: dict(facts) for key, facts in record.items()}
    groups: dict[tuple[str, str], list[_Wanted]] = {}
    stated = {f"{key}.{short}" for key, facts in record.items() for short in facts}
    for name in sorted({*names, *stated}):
        key, _, short = name.partition(".")
        if key not in record or not short:
            continue
        aggregate = model.entities[keys[key]].aggregates.get(short)
        if aggregate is None:
            continue
        value = record[key].get(short)
        internal = None if value is None else internal_from_json(aggregate.type, value)
        where = program.ruleset.aggregate_filters.get(aggregate.name)
        groups.setdefault((key, aggregate.of), []).append(_Wanted(name, aggregate, where, internal))
    for (key, related), wanted in groups.items():
        if all(each.value is None for each in wanted):
            continue
        listed = _records(wanted, program, as_of, day)
        facts = model.entities[wanted[0].aggregate.record].facts
        for each in wanted:
            made[key].pop(each.aggregate.short, None)
        made[key][related] = [_as_json(facts, each) for each in listed]
    _confirm(made, groups, program, as_of)
    return made


def _as_json(facts: Mapping[str, Fact], record: Mapping[str, Any]) -> dict[str, Any]:
    return {short: json_from_internal(facts[short].type, value) for short, value in record.items()}


def _confirm(
    made: Record, groups: Mapping[tuple[str, str], list[_Wanted]], program: Program, as_of: datetime
) -> None:
    """Let the engine compute the aggregates; raise Unrealisable where one is not what it should be."""
    for (key, related), wanted in groups.items():
        if related not in made[key]:
            continue
        names = [each.name for each in wanted]
        engine = Aggregates(program.ruleset.model, program.ruleset.aggregate_filters, names)
        day = as_of.astimezone(program.zone).date()
        computed = engine.bound(as_of, day)(program.check(made))
        if any(computed[key].get(each.aggregate.short) != each.value for each in wanted):
            raise Unrealisable(names)


def _records(wanted: Sequence[_Wanted], program: Program, as_of: datetime, day: date) -> list[dict[str, Any]]:
    """Return records, each with an id, over which all aggregates have their values."""
    shapes = _shapes(wanted, program, as_of, day)
    counts = _combined(wanted, shapes)
    if counts is None:
        raise Unrealisable([each.name for each in wanted])
    kind = wanted[0].aggregate.record
    listed = [shape.facts for shape, count in zip(shapes, counts, strict=True) for _ in range(count)]
    return [{"id": f"{kind}-{number}", **facts} for number, facts in enumerate(listed, 1)]


def _shapes(wanted: Sequence[_Wanted], program: Program, as_of: datetime, day: date) -> list[_Shape]:
    """Return records that the aggregates tell apart, the plainest of each kind."""
    model = program.ruleset.model
    facts = model.entities[wanted[0].aggregate.record].facts
    read = {name for each in wanted for name in _read(each)}
    named = sorted(short for short in {name.partition(".")[2] for name in read} if short in facts)
    options = [list(_options(facts[short], wanted, as_of, day)) for short in named]
    names = [each.name for each in wanted]
    tests = [
        (
            replace(item.aggregate, function="exists"),
            item.make_filter(as_of, day, None) if item.make_filter is not None else None,
        )
        for item in Aggregates(model, program.ruleset.aggregate_filters, names).needed
    ]
    found: dict[tuple[tuple[bool | None, Any], ...], _Shape] = {}
    for values in islice(product(*options), _MOST_SHAPES):
        shape = {short: value for short, value in zip(named, values, strict=True) if value is not None}
        states = tuple(_state(aggregate, shape, test, day) for aggregate, test in tests)
        if states not in found:
            found[states] = _Shape(shape, states)
    return list(found.values())


def _read(wanted: _Wanted) -> Iterator[str]:
    aggregate = wanted.aggregate
    if wanted.where is not None:
        yield from (each.name for each in walk(wanted.where) if isinstance(each, Variable))
    if aggregate.window is not None:
        yield aggregate.window.on
    if aggregate.value is not None:
        yield aggregate.value


def _state(aggregate: Aggregate, shape: Mapping[str, Any], test: Any, day: date) -> tuple[bool | None, Any]:
    """Return whether a record counts, None where that is unknown, and its value where it does."""
    counts = aggregate_value(aggregate, [shape], test, day)
    if aggregate.value is None or not counts:
        return counts, None
    return counts, shape.get(aggregate.value.partition(".")[2])


def _combined(wanted: Sequence[_Wanted], shapes: Sequence[_Shape]) -> list[int] | None:
    """Return how many records of each shape come to all values, as few as there can be; None for none."""
    if len(wanted) == 1 and wanted[0].aggregate.function == "count":
        # the common case needs no solver
        value = wanted[0].value
        place = next((place for place, shape in enumerate(shapes) if shape.states[0][0]), None)
        if value > _MOST_RECORDS or (value and place is None):
            return None
        return [value if number == place else 0 for number in range(len(shapes))]
    counts = [z3.Int(f"shape{number}") for number in range(len(shapes))]
    solver = z3.Solver()
    solver.set("random_seed", 0)
    solver.set("rlimit", _LIMIT)
    total = z3.Sum(counts)
    solver.add(*(count >= 0 for count in counts), total <= _MOST_RECORDS)
    for place, each in enumerate(wanted):
        solver.add(
            *_conditions(
                each, [(count, *shape.states[place]) for count, shape in zip(counts, shapes, strict=True)]
            )
        )
    if solver.check() != z3.sat:
        return None
    best = solver.model()
    low, high = 0, _total(best, counts)
    while low < high:
        middle = (low + high) // 2
        if solver.check(total <= middle) == z3.sat:
            best = solver.model()
            high = _total(best, counts)
        else:
            low = middle + 1
    return [_number(best, count) for count in counts]


def _total(model: z3.ModelRef, counts: Sequence[z3.ArithRef]) -> int:
    return sum(_number(model, count) for count in counts)


def _number(model: z3.ModelRef, count: z3.ArithRef) -> int:
    return int(model.eval(count, model_completion=True).as_long())


def _conditions(
    wanted: _Wanted, parts: Sequence[tuple[z3.ArithRef, bool | None, Any]]
) -> Iterator[z3.BoolRef]:
    """Yield what makes an aggregate over so many records of each shape its value."""
    function, value = wanted.aggregate.function, wanted.value
    valued = function not in ("count", "exists")
    lacking = [count for count, state, own in parts if state is None or (state and valued and own is None)]
    counted = [(count, own) for count, state, own in parts if state and not (valued and own is None)]
    number = z3.Sum([count for count, _ in counted])
    if value is None:
        unknown = z3.Sum(lacking) >= 1
        yield z3.Or(unknown, number == 0) if function in ("earliest", "latest") else unknown
        return
    yield from (count == 0 for count in lacking)
    match function:
        case "count":
            yield number == value
        case "exists":
            yield (number >= 1) if value else (number == 0)
        case "sum":
            yield z3.Sum([count * own for count, own in counted]) == value
        case _:
            earliest = function == "earliest"
            yield z3.Sum([count for count, own in counted if own == value]) >= 1
            yield from (count == 0 for count, own in counted if (own < value if earliest else own > value))


def _options(fact: Fact, wanted: Sequence[_Wanted], as_of: datetime, day: date) -> Iterator[Any]:
    """Yield values that a filter, a window or a sum may tell apart, the plainest first; None is absent."""
    yield None
    said = [
        value
        for each in wanted
        if each.where is not None
        for literal in walk(each.where)
        if isinstance(literal, Literal)
        for value in _values_of(literal)
    ]
    asked = [each.value for each in wanted if each.aggregate.value == fact.name and each.value is not None]
    yield from dict.fromkeys(_fitting(fact, [*asked, *said], wanted, as_of, day))


def _values_of(literal: Literal) -> Iterable[Any]:
    return literal.value if isinstance(literal.type, ListType) else (literal.value,)


def _fitting(
    fact: Fact, said: Sequence[Any], wanted: Sequence[_Wanted], as_of: datetime, day: date
) -> Iterator[Any]:
    type_ = fact.type
    match type_:
        case BooleanType():
            yield from (True, False)
        case OneOfType(values=values):
            yield from (value for value in values if value in said)
            yield from islice((value for value in values if value not in said), 1)
        case TextType():
            yield from (value for value in said if isinstance(value, str))
            yield "other"
        case DateType():
            days = [value for value in said if type(value) is date]
            yield from days
            yield from _days(day, wanted)
            yield from (near for each in days for near in _beside(each))
        case DateTimeType():
            moments = [value for value in said if isinstance(value, datetime)]
            yield from moments
            yield from (as_of, as_of - timedelta(days=1), as_of + timedelta(days=1))
        case IntegerType(low=low, high=high):
            yield from _numbers(type_, said, low, high)
        case DecimalType() | MoneyType(currency=str()):
            yield from _numbers(type_, said, fact.low, fact.high)
        case ListType():
            yield ()


def _numbers(type_: Type, said: Sequence[Any], low: int | None, high: int | None) -> Iterator[int]:
    numbers = [value for value in said if type(value) is int]
    tried = [*numbers, 0, 10 ** scale_of(type_)]
    tried += [number + step for number in numbers for step in (1, -1)]
    if high is not None and high > 0:
        # a sum above what one record can have is spread over several
        tried += [high, *(number % high for number in numbers)]
    yield from (
        number for number in tried if (low is None or number >= low) and (high is None or number <= high)
    )


def _days(day: date, wanted: Sequence[_Wanted]) -> Iterator[date]:
    """Yield days in and around the windows that end on, or hold, a day."""
    yield day
    first_months = (day.month, (day.month - 1) // 3 * 3 + 1, 1)
    for month in first_months:
        first = date(day.year, month, 1)
        yield first
        yield from _beside(first)
    for each in wanted:
        window = each.aggregate.window
        if window is not None and window.kind == "rolling":
            length = window.days if window.days is not None else 31 * (window.months or 0)
            yield from _shifted(day, (-length + 5, -length - 5, 1))
    yield from _shifted(day, (400, -400))


def _beside(day: date) -> Iterator[date]:
    yield from _shifted(day, (-1, 1))


def _shifted(day: date, steps: Iterable[int]) -> Iterator[date]:
    for step in steps:
        if date.min.toordinal() <= day.toordinal() + step <= date.max.toordinal():
            yield day + timedelta(days=step)
