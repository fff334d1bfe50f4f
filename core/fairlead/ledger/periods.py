"""Periods of the calendar: months, quarters, half-years and years."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from fairlead.documents.found import found_text
from fairlead.problems import Problem, UsageError

__all__ = ["Period", "period_bounds", "read_period"]

_MONTHS = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}
_FORMS = (
    ("year", re.compile(r"([0-9]{4})()")),
    ("quarter", re.compile(r"([0-9]{4})-Q([1-4])")),
    ("half_year", re.compile(r"([0-9]{4})-H([12])")),
    ("month", re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")),
)


@dataclass(frozen=True, slots=True)
class Period:
    """A period by its name (`2026-Q4`), with its first and last day."""

    name: str
    first: date
    last: date


def read_period(text: str) -> Period:
    """Return the period of a name. Raises UsageError for what is none."""
    for unit, form in _FORMS:
        match = form.fullmatch(text)
        if match is not None and int(match[1]) > 0:
            months = _MONTHS[unit]
            number = int(match[2] or 1)
            first = date(int(match[1]), (number - 1) * months + 1, 1)
            return Period(text, *period_bounds(unit, first))
    raise UsageError(
        [
            Problem(
                "wrong-period",
                f"`{found_text(text)}` is not a period",
                found=found_text(text),
                allowed=("2026", "2026-H1", "2026-Q4", "2026-11"),
                remedy="name a year, half-year, quarter or month",
            )
        ]
    )


def period_bounds(unit: str, day: date) -> tuple[date, date]:
    """Return the first and the last day of the `month`, `quarter`, `half_year` or `year` that holds a day."""
    months = _MONTHS[unit]
    first = day.replace(month=(day.month - 1) // months * months + 1, day=1)
    last_month = first.month + months - 1
    if last_month == 12:
        return first, date(day.year, 12, 31)
    return first, date(day.year, last_month + 1, 1) - timedelta(days=1)
