"""Exact arithmetic out of the few operations that all back ends share."""

from __future__ import annotations

from collections.abc import Sequence

from fairlead.columns.algebra import Algebra
from fairlead.columns.nodes import Node
from fairlead.facts.types import INT64_HIGH, INT64_LOW

__all__ = [
    "FIRST_DAY",
    "FIRST_INSTANT",
    "LAST_DAY",
    "LAST_INSTANT",
    "add_days",
    "add_hours",
    "add_months",
    "checked_product",
    "divide_rounded",
    "floor_divide",
    "month_start",
    "remainder",
    "shifted_months",
]

#: days since 1970-01-01 of 0001-01-01 and of 9999-12-31
FIRST_DAY, LAST_DAY = -719_162, 2_932_896
#: microseconds since 1970-01-01 of the first and the last instant of these years
FIRST_INSTANT, LAST_INSTANT = FIRST_DAY * 86_400_000_000, (LAST_DAY + 1) * 86_400_000_000 - 1

_MOST_DAYS = LAST_DAY - FIRST_DAY
_MOST_MONTHS = 9999 * 12

#: a product that is beyond 64 bits stays so when whole numbers other than 0 multiply it
_BEYOND = 2**63 + 1


def checked_product(on: Algebra, factors: Sequence[Node]) -> Node:
    """Return the exact product of 64-bit numbers; beyond 64 bits it is only known to be beyond."""
    result = factors[0]
    for factor in factors[1:]:
        result = on.multiply(on.clamp(result, -_BEYOND, _BEYOND), factor)
    return result


def divide_rounded(on: Algebra, top: Node, bottom: Node, mode: str) -> Node:
    """Return top over bottom, rounded to a whole number by the mode; unknown where bottom is 0."""
    bottom = _not_zero(on, bottom)
    zero, one = on.number(0), on.number(1)
    above, below = on.absolute(top), on.absolute(bottom)
    quotient, rest = on.divide(above, below), on.modulo(above, below)
    negative = _differ(on, on.compare("<", top, zero), on.compare("<", bottom, zero), top, bottom)
    some = on.compare(">", rest, zero)
    over = on.compare(">", rest, on.subtract(below, rest))
    half = on.compare("==", rest, on.subtract(below, rest))
    match mode:
        case "down":
            up = on.false
        case "up":
            up = some
        case "floor":
            up = on.and_(some, negative)
        case "ceiling":
            up = on.and_(some, on.not_(negative))
        case "half_up":
            up = on.or_(over, half)
        case "half_down":
            up = over
        case _:
            odd = on.compare("==", on.modulo(quotient, on.number(2)), one)
            up = on.or_(over, on.and_(half, odd))
    size = on.add(quotient, on.case([(up, one)], zero))
    return on.case([(negative, on.negative(size))], size)


def remainder(on: Algebra, top: Node, bottom: Node) -> Node:
    """Return what a division that truncates leaves over, with the sign of top; unknown where bottom is 0."""
    rest = on.modulo(on.absolute(top), on.absolute(_not_zero(on, bottom)))
    if top.low >= 0:
        return rest
    return on.case([(on.compare("<", top, on.number(0)), on.negative(rest))], rest)


def _not_zero(on: Algebra, bottom: Node) -> Node:
    if bottom.low > 0 or bottom.high < 0 or bottom.is_null_constant:
        return bottom
    return on.unless(on.compare("==", bottom, on.number(0)), bottom)


def _differ(on: Algebra, left: Node, right: Node, top: Node, bottom: Node) -> Node:
    if top.low >= 0:
        return right if bottom.low < 0 else on.false
    if bottom.low >= 0:
        return left
    return on.compare("!=", left, right)


def floor_divide(on: Algebra, top: Node, bottom: int) -> Node:
    """Return the quotient by a positive constant, rounded down."""
    shift = max(-(top.low // bottom), 0)
    moved = on.add(top, on.number(shift * bottom))
    return on.subtract(on.divide(moved, on.number(bottom)), on.number(shift))


def add_days(on: Algebra, day: Node, days: Node) -> Node:
    """Return the day so many days later, unknown outside the years 1 to 9999."""
    return on.within(on.add(day, on.within(days, -_MOST_DAYS, _MOST_DAYS)), FIRST_DAY, LAST_DAY)


def add_hours(on: Algebra, moment: Node, hours: Node) -> Node:
    """Return the instant so many hours later, unknown outside the years 1 to 9999."""
    few = on.within(hours, -_MOST_DAYS * 24, _MOST_DAYS * 24)
    later = on.add(moment, on.multiply(few, on.number(3_600_000_000)))
    return on.within(later, FIRST_INSTANT, LAST_INSTANT)


def add_months(on: Algebra, day: Node, months: Node) -> Node:
    """Return the day so many months later, clamped to its month, unknown outside the years 1 to 9999."""
    first = on.add(month_start(on, day), on.within(months, -_MOST_MONTHS, _MOST_MONTHS))
    return shifted_months(on, on.within(first, 12, _MOST_MONTHS + 11), on.date_part("day", day))


def month_start(on: Algebra, day: Node) -> Node:
    """Return the number of the day's month, counted from January of the year 0."""
    months = on.multiply(on.date_part("year", day), on.number(12))
    return on.add(months, on.subtract(on.date_part("month", day), on.number(1)))


def shifted_months(on: Algebra, month: Node, day: Node) -> Node:
    """Return the day of a month that is counted from January of the year 0, at most the month's last."""
    number = on.number
    year = on.divide(month, number(12))
    inside = on.add(on.modulo(month, number(12)), number(1))
    leap = on.and_(
        on.compare("==", on.modulo(year, number(4)), number(0)),
        on.or_(
            on.compare("!=", on.modulo(year, number(100)), number(0)),
            on.compare("==", on.modulo(year, number(400)), number(0)),
        ),
    )
    february = on.case([(leap, number(29))], number(28))
    last = on.case(
        [
            (on.compare("==", inside, number(2)), february),
            (on.member(inside, (4, 6, 9, 11)), number(30)),
        ],
        number(31),
    )
    chosen = on.case([(on.compare("<", last, day), last)], day)
    # a year that begins in March has its leap day at its end
    early = on.compare("<", inside, number(3))
    shifted = on.case([(early, on.subtract(year, number(1)))], year)
    shifted = on.assume(shifted, (0, 9999))
    from_march = on.case([(early, on.add(inside, number(9)))], on.subtract(inside, number(3)))
    from_march = on.assume(from_march, (0, 11))
    days = on.divide(on.add(on.multiply(from_march, number(153)), number(2)), number(5))
    whole_years = on.subtract(
        on.add(on.multiply(shifted, number(365)), on.divide(shifted, number(4))),
        on.subtract(on.divide(shifted, number(100)), on.divide(shifted, number(400))),
    )
    passed = on.add(on.add(whole_years, days), on.subtract(chosen, number(1)))
    counted = on.subtract(passed, number(719_468))
    # an unknown month leaves the day unknown: a choice would take another branch
    known = on.and_(on.is_known(month), on.is_known(day))
    return on.assume(on.where(known, counted), (FIRST_DAY, LAST_DAY))


def fits_64_bits(on: Algebra, number: Node) -> Node:
    """Return the number, unknown where it leaves 64 bits."""
    return on.within(number, INT64_LOW, INT64_HIGH)
