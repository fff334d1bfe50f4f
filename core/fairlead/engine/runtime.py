"""What generated code calls: exact arithmetic and calendar steps that are more than one expression.

None is unknown; nothing here raises for a value that fits its type.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from calendar import monthrange
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Context, Decimal
from functools import partial
from typing import Any

from fairlead.engine.results import RewardResult
from fairlead.facts.types import MAX_DIGITS, DecimalType, Type
from fairlead.facts.values import divide_rounded, public_from_internal

__all__ = ["NAMES", "Rates", "add_days", "add_hours", "add_months", "public_form", "rate_on"]

#: (from, to) -> the rates in ascending order of their first day: (day, numerator, scale)
Rates = Mapping[tuple[str, str], Sequence[tuple[date, int, int]]]

_WIDE = Context(prec=4 * MAX_DIGITS)
_MOST_DAYS = (date.max - date.min).days


def absent_names(names: tuple[str, ...], values: tuple[Any, ...], at_least: int | None) -> tuple[str, ...]:
    """Return the names whose value is absent; none of them once `at_least` are present."""
    absent = tuple(name for name, value in zip(names, values, strict=True) if value is None)
    if at_least is not None and len(names) - len(absent) >= at_least:
        return ()
    return absent


def money_in(item: tuple[int, str], items: Sequence[tuple[int, str]]) -> bool | None:
    """Tell whether an amount is in a list; unknown where only other currencies could tell."""
    if item in items:
        return True
    return None if any(other[1] != item[1] for other in items) else False


def remainder(top: int, bottom: int) -> int:
    """Return what a division that truncates leaves over; it has the sign of `top`."""
    left = abs(top) % abs(bottom)
    return -left if top < 0 else left


def part_of_text(text: str, start: int, length: int | None = None) -> str | None:
    """Return `substr` of JSONLogic, in code points; nothing left is unknown."""
    rest = text[start:]
    if length is not None:
        rest = rest[:length]
    return rest or None


def add_days(day: date, days: int) -> date | None:
    """Return the date so many days later, or None outside the years 1 to 9999."""
    if not -_MOST_DAYS <= days <= _MOST_DAYS:
        return None
    try:
        return day + timedelta(days)
    except OverflowError:
        return None


def add_hours(moment: datetime, hours: int) -> datetime | None:
    """Return the instant so many hours later, or None outside the years 1 to 9999."""
    if not -_MOST_DAYS * 24 <= hours <= _MOST_DAYS * 24:
        return None
    try:
        return moment + timedelta(hours=hours)
    except OverflowError:
        return None


def add_months(day: date, months: int) -> date | None:
    """Return the date so many months later, its day clamped to the month; None outside 1 to 9999."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if not date.min.year <= year <= date.max.year:
        return None
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def rate_on(rates: Rates | None, source: str, target: str, day: date) -> tuple[int, int] | None:
    """Return the rate in force on a day as (numerator, scale), or None; a currency is 1 of itself."""
    if source == target:
        return 1, 0
    listed = (rates or {}).get((source, target), ())
    index = bisect_right(listed, day, key=lambda rate: rate[0])
    return listed[index - 1][1:] if index else None


def convert(
    rates: Rates | None,
    units: int,
    currency: str,
    scale: int,
    day: date,
    target: str,
    target_scale: int,
    precision: int,
    rounding: str,
) -> int | None:
    """Return an amount in another currency at the rate in force on `day`; None without a rate.

    `units` are of 10**-scale, the result of 10**-target_scale. A result of more than
    `precision` digits is None.
    """
    rate = rate_on(rates, currency, target, day)
    if rate is None:
        return None
    numerator, rate_scale = rate
    result = divide_rounded(units * numerator * 10**target_scale, 10 ** (scale + rate_scale), rounding)
    return result if abs(result) < 10**precision else None


def codes_by_rank(hits: list[tuple[int, int, str]]) -> list[str]:
    """Return the codes of (points with the sign turned, place in the document, code), in rank order."""
    hits.sort()
    return [code for _, _, code in hits]


def public_form(type_: Type) -> Callable[[Any], Any]:
    """Return the function from internal values of a type to public ones; unknown is left to the caller."""
    if isinstance(type_, DecimalType):
        scale = -type_.scale
        return lambda units: Decimal(units).scaleb(scale, _WIDE)
    return partial(public_from_internal, type_)


#: the global names of generated code; it sees no others, built-in ones included
NAMES: Mapping[str, Any] = {
    "__builtins__": {},
    "RewardResult": RewardResult,
    "a_minute": timedelta(minutes=1),
    "a_second": timedelta(seconds=1),
    "absent_names": absent_names,
    "add_days": add_days,
    "add_hours": add_hours,
    "add_months": add_months,
    "an_hour": timedelta(hours=1),
    "codes_by_rank": codes_by_rank,
    "convert": convert,
    "divide_rounded": divide_rounded,
    "greatest": max,
    "least": min,
    "money_in": money_in,
    "part_of_text": part_of_text,
    "product": math.prod,
    "remainder": remainder,
    "total": sum,
}
