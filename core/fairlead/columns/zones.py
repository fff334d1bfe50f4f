"""The clocks of a time zone as steps, by which whole columns go between instants, clock times and days.

Back ends bring time zone data of their own, of other versions, and some stop at the year 2100; so the steps
are read off the zone itself, and every back end gives what Python's `zoneinfo` gives for one record.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from math import ceil

import polars as pl

from fairlead.columns.algebra import Algebra
from fairlead.columns.arithmetic import FIRST_DAY, FIRST_INSTANT, LAST_DAY, LAST_INSTANT, floor_divide
from fairlead.columns.nodes import Node

__all__ = ["Clocks", "clocks_of", "day_of", "days_of", "instants_of", "start_of"]

_DAY = 86_400_000_000
_SECOND = 1_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: no zone changed its clocks before the first year; those that go by a rule are followed up to the last
_YEARS = (1840, 2100)
#: the shortest time that a zone had other clocks and then its old ones again was 3.98 days
_STRIDE = 3 * 86_400
#: before every instant and clock time of the calendar
_EVER = 2 * FIRST_INSTANT


@dataclass(frozen=True, slots=True)
class Clocks:
    """The offsets of a zone from UTC, in microseconds.

    The offset `offsets[i]` holds for the instants from `instants[i]` up to the next, and for the clock times
    from `clocks[i]` up to the next: a clock time that is skipped, or shown twice, has the offset from before
    the change. `end` is the instant, and the clock time, from which on the steps do not tell; None for never.
    """

    instants: tuple[int, ...]
    clocks: tuple[int, ...]
    offsets: tuple[int, ...]
    end: int | None = None


@lru_cache(maxsize=64)
def clocks_of(zone: tzinfo) -> Clocks:
    """Return the clocks of a zone."""
    fixed = zone.utcoffset(None)
    if fixed is not None:
        return Clocks((_EVER,), (_EVER,), (fixed // timedelta(microseconds=1),))
    first, end = (int((datetime(year, 1, 1, tzinfo=UTC) - _EPOCH).total_seconds()) for year in _YEARS)
    before = _offset(zone, first)
    steps = [(_EVER, _EVER, before)]
    for moment, after in _changes(zone, first, end):
        steps.append((moment, moment + max(before, after), after))
        before = after
    instants, clocks, offsets = zip(*steps, strict=True)
    # a rule changes the clocks every year, so one without a change in the last year has none
    ruled = instants[-1] >= end * _SECOND - 365 * _DAY
    # within a day of the end, a clock time may already go by a change after it
    return Clocks(instants, clocks, offsets, end * _SECOND - _DAY if ruled else None)


def _offset(zone: tzinfo, second: int) -> int:
    there = (_EPOCH + timedelta(seconds=second)).astimezone(zone).utcoffset()
    assert there is not None
    return there // timedelta(microseconds=1)


def _changes(zone: tzinfo, first: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the instants at which the offset changes, with the new offset, between two seconds."""
    before = _offset(zone, first)
    for start in range(first, end, _STRIDE):
        after = _offset(zone, start + _STRIDE)
        low = start
        while before != after:
            high = start + _STRIDE
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if _offset(zone, middle) == before else (low, middle)
            low, before = high, _offset(zone, high)
            yield high * _SECOND, before


# columns of numbers


def instants_of(clocks: pl.Series, zone: tzinfo) -> pl.Series:
    """Return the instants of clock times, given as if in UTC; null where the steps do not tell."""
    steps = clocks_of(zone)
    known = _within(clocks, FIRST_INSTANT, LAST_INSTANT if steps.end is None else steps.end - 1)
    return _within(known - _steps(known, steps.clocks, steps.offsets), FIRST_INSTANT, LAST_INSTANT)


def days_of(instants: pl.Series, zone: tzinfo) -> pl.Series:
    """Return the days of instants in a zone; null where the steps do not tell."""
    steps = clocks_of(zone)
    known = _within(instants, FIRST_INSTANT, LAST_INSTANT if steps.end is None else steps.end - 1)
    days = (known + _steps(known, steps.instants, steps.offsets)) // _DAY
    return _within(days, FIRST_DAY, LAST_DAY).cast(pl.Int32)


def _within(numbers: pl.Series, low: int, high: int) -> pl.Series:
    cell = pl.col("")
    asked = pl.when(cell.is_between(low, high)).then(cell).cast(pl.Int64)
    return pl.DataFrame({"": numbers}).select(asked).to_series()


def _steps(numbers: pl.Series, firsts: Sequence[int], values: Sequence[int]) -> pl.Series:
    """Return the value of the last step at or before each number."""
    places = pl.Series(firsts, dtype=pl.Int64).search_sorted(numbers.fill_null(0), side="right")
    return pl.Series(values, dtype=pl.Int64).gather(places - 1)


# nodes


def start_of(on: Algebra, day: Node, zone: tzinfo) -> Node:
    """Return the first instant of a day in a zone, unknown where the calendar or the steps end."""
    steps = clocks_of(zone)
    firsts = [ceil(first / _DAY) for first in steps.clocks]
    known = on.within(day, FIRST_DAY, LAST_DAY if steps.end is None else steps.end // _DAY - 1)
    start = on.subtract(on.multiply(known, on.number(_DAY)), _step(on, day, firsts, steps.offsets))
    return on.within(start, FIRST_INSTANT, LAST_INSTANT)


def day_of(on: Algebra, instant: Node, zone: tzinfo) -> Node:
    """Return the day of an instant in a zone, unknown where the calendar or the steps end."""
    steps = clocks_of(zone)
    known = on.within(instant, FIRST_INSTANT, LAST_INSTANT if steps.end is None else steps.end - 1)
    clock = on.add(known, _step(on, instant, steps.instants, steps.offsets))
    return on.within(floor_divide(on, clock, _DAY), FIRST_DAY, LAST_DAY)


def _step(on: Algebra, number: Node, firsts: Sequence[int], values: Sequence[int]) -> Node:
    """Return the value of the last step at or before a number, by halving."""
    if len(values) == 1:
        return on.number(values[0])
    half = len(values) // 2
    earlier = on.compare("<", number, on.number(firsts[half]))
    return on.case(
        [(earlier, _step(on, number, firsts[:half], values[:half]))],
        _step(on, number, firsts[half:], values[half:]),
    )
