"""Aggregates: facts computed from the related records that a record brings along.

A related record counts where its filter is true and its window date lies in the window. Where that is
unknown of any record, or where a value that is needed is absent, the aggregate is absent. Nothing counted is
0, or false, or for `earliest` and `latest` absent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from fairlead.engine.codegen import generate_filter
from fairlead.engine.nodes import Slots
from fairlead.engine.runtime import add_months
from fairlead.facts.model import Aggregate, FactModel, Window
from fairlead.facts.types import INT64_HIGH, INT64_LOW, MAX_DIGITS, IntegerType
from fairlead.logic.terms import Term, Variable, walk

__all__ = ["Aggregates", "window_end"]

#: the facts of one checked record
Facts = Mapping[str, Any]
#: whether a related record passes the filter
Filter = Callable[[Facts], bool | None]

_MONTHS = {"year": 12, "quarter": 3, "month": 1}


@dataclass(frozen=True, slots=True)
class _Needed:
    """An aggregate that the ruleset reads under a key of the record."""

    key: str
    aggregate: Aggregate
    make_filter: Callable[..., Filter] | None
    reads_day: bool
    reads_instant: bool


class Aggregates:
    """The aggregates that a ruleset reads.

    `names` are the full names of facts as decisions read them (`partner.introductions_this_year`);
    `filters` the typed filters by the aggregate's own name.
    """

    def __init__(self, model: FactModel, filters: Mapping[str, Term], names: Iterable[str]) -> None:
        keys = model.record_keys()
        self.needed: list[_Needed] = []
        for name in names:
            key, _, short = name.partition(".")
            entity = keys.get(key)
            aggregate = model.entities[entity].aggregates.get(short) if entity is not None else None
            if aggregate is not None:
                self.needed.append(_needed(key, aggregate, filters.get(aggregate.name)))

    @property
    def reads_day(self) -> bool:
        """Tell whether a value can depend on the day."""
        return any(item.aggregate.window is not None or item.reads_day for item in self.needed)

    @property
    def reads_instant(self) -> bool:
        """Tell whether a value can depend on the instant."""
        return any(item.reads_instant for item in self.needed)

    def computing(self, run: Callable[[Any], Any], as_of: datetime, as_of_date: date) -> Callable[[Any], Any]:
        """Return the function that computes the aggregates of a record and runs `run` on what results."""
        if not self.needed:
            return run
        compute = self.bound(as_of, as_of_date)
        return lambda record: run(compute(record))

    def bound(
        self, as_of: datetime, as_of_date: date
    ) -> Callable[[Mapping[str, Facts]], Mapping[str, Facts]]:
        """Return the function from a checked record to the same with its aggregates computed.

        A record without related records is returned as it is; the given one is never changed.
        """
        tests = [
            (item, item.make_filter(as_of, as_of_date, None) if item.make_filter is not None else None)
            for item in self.needed
        ]

        def compute(record: Mapping[str, Facts]) -> Mapping[str, Facts]:
            computed: dict[str, Facts] = {}
            for item, test in tests:
                facts = record.get(item.key)
                if facts is None or item.aggregate.of not in facts:
                    continue
                value = aggregate_value(item.aggregate, facts[item.aggregate.of], test, as_of_date)
                computed[item.key] = {**computed.get(item.key, facts), item.aggregate.short: value}
            return {**record, **computed} if computed else record

        return compute

    def due(
        self, record: Mapping[str, Facts], as_of: datetime, as_of_date: date
    ) -> Iterable[date | datetime]:
        """Yield the days, or instants, after which a computed aggregate can change with time alone."""
        for item in self.needed:
            facts = record.get(item.key)
            if facts is None or item.aggregate.of not in facts:
                continue
            if item.reads_instant:
                yield as_of + timedelta(microseconds=1)
            if item.reads_day and as_of_date < date.max:
                yield as_of_date + timedelta(days=1)
            if item.aggregate.window is not None:
                yield from _window_changes(item.aggregate.window, facts[item.aggregate.of], as_of_date)

    def ordinal(
        self, name: str, records: Sequence[Facts], own: Facts, as_of: datetime, as_of_date: date
    ) -> int | None:
        """Return the place of a related record among those that the aggregate `name` counts with it.

        These are the records of the window that holds its own date, up to itself by (date, id). None where
        the record itself does not count, or it is unknown whether another one does. Raises KeyError for an
        aggregate that the ruleset does not read.
        """
        item = next((item for item in self.needed if item.aggregate.name == name), None)
        if item is None or item.aggregate.window is None:
            raise KeyError(name)
        on = _short(item.aggregate.window.on)
        day, identity = own.get(on), own.get("id")
        if day is None or identity is None:
            return None
        test = item.make_filter(as_of, as_of_date, None) if item.make_filter is not None else None
        place = 0
        counts_itself = False
        for record in records:
            state = _counts(item.aggregate, record, test, day)
            if state is None:
                return None
            if state and (record[on], record.get("id") or "") <= (day, identity):
                place += 1
                counts_itself = counts_itself or record.get("id") == identity
        return place if counts_itself else None


def _needed(key: str, aggregate: Aggregate, where: Term | None) -> _Needed:
    if where is None:
        return _Needed(key, aggregate, None, False, False)
    read = {term.name for term in walk(where) if isinstance(term, Variable)}
    make = generate_filter(Slots().node(where))
    return _Needed(key, aggregate, make, "as_of_date" in read, "as_of" in read)


def _short(name: str) -> str:
    return name.partition(".")[2]


def aggregate_value(aggregate: Aggregate, records: Sequence[Facts], test: Filter | None, day: date) -> Any:
    """Return the internal value of an aggregate over checked related records, None where it is absent."""
    counted = []
    for record in records:
        state = _counts(aggregate, record, test, day)
        if state is None:
            return None
        if state:
            counted.append(record)
    if aggregate.function == "count":
        return len(counted)
    if aggregate.function == "exists":
        return bool(counted)
    values: list[Any] = [record.get(_short(str(aggregate.value))) for record in counted]
    if None in values:
        return None
    if aggregate.function == "sum":
        return _within(sum(values), aggregate)
    if not values:
        return None
    return min(values) if aggregate.function == "earliest" else max(values)


def _within(total: int, aggregate: Aggregate) -> int | None:
    if isinstance(aggregate.type, IntegerType):
        return total if INT64_LOW <= total <= INT64_HIGH else None
    return total if abs(total) < 10**MAX_DIGITS else None


def _counts(aggregate: Aggregate, record: Facts, test: Filter | None, day: date) -> bool | None:
    """Return Kleene's `and` of the filter and the window."""
    passes = test(record) if test is not None else True
    if passes is False or aggregate.window is None:
        return passes
    on = record.get(_short(aggregate.window.on))
    if on is None:
        return None
    return passes if _inside(aggregate.window, on, day) else False


def _inside(window: Window, on: date, day: date) -> bool:
    if window.kind == "calendar":
        months = _MONTHS[str(window.unit)]
        return (on.year, (on.month - 1) // months) == (day.year, (day.month - 1) // months)
    if on > day:
        return False
    start = _rolling_start(window, day)
    return start is None or on > start


def _rolling_start(window: Window, day: date) -> date | None:
    """Return the last day before a rolling window that ends on `day`; None before the calendar's start."""
    if window.months is not None:
        return add_months(day, -window.months)
    try:
        return day - timedelta(days=window.days or 0)
    except OverflowError:
        return None


def window_end(window: Window, day: date) -> date | None:
    """Return the first day of the calendar unit after the one that holds `day`."""
    months = _MONTHS[str(window.unit)]
    first = date(day.year, (day.month - 1) // months * months + 1, 1)
    return add_months(first, months)


def _window_changes(window: Window, records: Sequence[Facts], day: date) -> Iterable[date]:
    """Yield the days after `day` on which a record enters or leaves the window."""
    if window.kind == "calendar":
        end = window_end(window, day)
        if end is not None and records:
            yield end
        return
    for record in records:
        on = record.get(_short(window.on))
        if on is None:
            continue
        if on > day:
            yield on
            continue
        leaves = _leaves(window, on)
        if leaves is not None and leaves > day:
            yield leaves


def _leaves(window: Window, on: date) -> date | None:
    """Return the first day whose rolling window no longer holds `on`."""
    if window.months is None:
        try:
            return on + timedelta(days=window.days or 0)
        except OverflowError:
            return None
    # months clamp, so the day is searched around the one that the months give
    guess = add_months(on, window.months)
    if guess is None:
        return None
    while guess > on and _after(window, guess - timedelta(days=1), on):
        guess -= timedelta(days=1)
    while not _after(window, guess, on):
        if guess == date.max:
            return None
        guess += timedelta(days=1)
    return guess


def _after(window: Window, day: date, on: date) -> bool:
    start = _rolling_start(window, day)
    return start is not None and start >= on
