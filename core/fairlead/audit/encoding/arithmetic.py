"""Exact integer arithmetic: products that stay linear where they can, and division rounded once."""

from __future__ import annotations

import z3

from fairlead.audit.encoding.conditions import FALSE, all_of, any_of, choose

__all__ = ["divided", "fits_64_bits", "rescaled", "times", "truncated_remainder"]

#: a product is spread over at most this many branches
_MOST_BRANCHES = 256


def times(one: z3.ArithRef, other: z3.ArithRef) -> z3.ArithRef:
    """Return a product; a factor that is one of several numbers is spread over its branches.

    So a rate chosen by a table, times a cost, stays linear.
    """
    if z3.is_int_value(one) or z3.is_int_value(other):
        return one * other
    for factor, rest in ((one, other), (other, one)):
        if _branches(factor) <= _MOST_BRANCHES:
            return _spread(factor, rest)
    return one * other


def _branches(term: z3.ArithRef) -> int:
    """Return how many numbers a term chooses between; more than the limit where it is something else."""
    if z3.is_int_value(term):
        return 1
    if z3.is_app_of(term, z3.Z3_OP_ITE):
        first = _branches(term.arg(1))
        return first + _branches(term.arg(2)) if first <= _MOST_BRANCHES else first
    return _MOST_BRANCHES + 1


def _spread(factor: z3.ArithRef, rest: z3.ArithRef) -> z3.ArithRef:
    if z3.is_int_value(factor):
        return factor * rest
    return choose(factor.arg(0), _spread(factor.arg(1), rest), _spread(factor.arg(2), rest))


def rescaled(term: z3.ArithRef, digits: int) -> z3.ArithRef:
    """Return units on a scale with so many more digits."""
    return term if digits == 0 else term * 10**digits


def divided(top: z3.ArithRef, bottom: z3.ArithRef, mode: str) -> z3.ArithRef:
    """Return the quotient rounded once by `mode`; `bottom` is not 0."""
    if not z3.is_int_value(bottom):
        negative = bottom < 0
        top, bottom = choose(negative, -top, top), choose(negative, -bottom, bottom)
    elif bottom.as_long() < 0:
        top, bottom = -top, z3.IntVal(-bottom.as_long())
    # with a positive divisor SMT-LIB's div rounds down and mod is never negative
    below, rest = top / bottom, top % bottom
    twice = 2 * rest
    up = {
        "floor": FALSE,
        "ceiling": rest > 0,
        "down": all_of((rest > 0, top < 0)),
        "up": all_of((rest > 0, top > 0)),
        "half_up": any_of((twice > bottom, all_of((twice == bottom, top > 0)))),
        "half_down": any_of((twice > bottom, all_of((twice == bottom, top < 0)))),
        "half_even": any_of((twice > bottom, all_of((twice == bottom, below % 2 == 1)))),
    }[mode]
    return choose(up, below + 1, below)


def truncated_remainder(top: z3.ArithRef, bottom: z3.ArithRef) -> z3.ArithRef:
    """Return what a division that truncates leaves over; it has the sign of `top`."""
    size = choose(top < 0, -top, top)
    left = size % choose(bottom < 0, -bottom, bottom)
    return choose(top < 0, -left, left)


def fits_64_bits(term: z3.ArithRef) -> z3.BoolRef:
    """Tell whether an integer is one of 64 bits."""
    return all_of((term >= -(2**63), term < 2**63))
