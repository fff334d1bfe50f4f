"""Calendar steps: the year, month and day of a date, and adding months."""

from __future__ import annotations

import z3

from fairlead.audit.encoding.conditions import all_of, choose, implies
from fairlead.audit.encoding.space import Space
from fairlead.audit.encoding.values import LAST_DAY

__all__ = ["Calendar", "is_day"]

#: days before each month in a year that is no leap year
_BEFORE = (0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334)
_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def is_day(day: z3.ArithRef) -> z3.BoolRef:
    """Tell whether a number is a day of the years 1 to 9999."""
    return all_of((day >= 1, day <= LAST_DAY))


class Calendar:
    """The Gregorian calendar as linear arithmetic with constant divisors."""

    def __init__(self, space: Space) -> None:
        self._space = space

    def add_months(self, day: z3.ArithRef, months: z3.ArithRef) -> tuple[z3.BoolRef, z3.ArithRef]:
        """Return whether the date so many months later exists, and its number; a day too late clamps."""
        year, month, of_month = self._split(day)
        count = year * 12 + (month - 1) + months
        later, new_month = count / 12, count % 12 + 1
        leap = _is_leap(later)
        most = _by_month(new_month, _DAYS) + choose(
            all_of((new_month == 2, leap)), z3.IntVal(1), z3.IntVal(0)
        )
        clamped = choose(of_month > most, most, of_month)
        return all_of((later >= 1, later <= 9999)), _number(later, new_month, clamped)

    def _split(self, day: z3.ArithRef) -> tuple[z3.ArithRef, z3.ArithRef, z3.ArithRef]:
        (year, new), (month, _), (of_month, _) = (
            self._space.helper(part, z3.IntSort(), [day]) for part in ("year", "month", "day of month")
        )
        if new:
            whole_years = all_of((year >= 1, year <= 9999, month >= 1, month <= 12))
            whole_months = all_of((of_month >= 1, of_month <= _length(year, month)))
            exact = all_of((whole_years, whole_months, day == _number(year, month, of_month)))
            self._space.define(year, implies(is_day(day), exact))
        return year, month, of_month


def _is_leap(year: z3.ArithRef) -> z3.BoolRef:
    return z3.Or(z3.And(year % 4 == 0, year % 100 != 0), year % 400 == 0)


def _length(year: z3.ArithRef, month: z3.ArithRef) -> z3.ArithRef:
    leap_day = all_of((month == 2, _is_leap(year)))
    return _by_month(month, _DAYS) + choose(leap_day, z3.IntVal(1), z3.IntVal(0))


def _by_month(month: z3.ArithRef, values: tuple[int, ...]) -> z3.ArithRef:
    term: z3.ArithRef = z3.IntVal(values[-1])
    for number in range(len(values) - 1, 0, -1):
        term = choose(month == number, z3.IntVal(values[number - 1]), term)
    return term


def _number(year: z3.ArithRef, month: z3.ArithRef, day: z3.ArithRef) -> z3.ArithRef:
    before = year - 1
    leap_day = choose(all_of((month > 2, _is_leap(year))), z3.IntVal(1), z3.IntVal(0))
    years = before * 365 + before / 4 - before / 100 + before / 400
    return years + _by_month(month, _BEFORE) + leap_day + day
