"""Boolean terms that fold what is already settled, so that formulas stay small."""

from __future__ import annotations

from collections.abc import Iterable

import z3

__all__ = ["FALSE", "TRUE", "all_of", "any_of", "choose", "implies", "negate"]

TRUE: z3.BoolRef = z3.BoolVal(True)
FALSE: z3.BoolRef = z3.BoolVal(False)


#: terms are shared, so that these two are known by their numbers; that is several times faster than asking
_TRUE = TRUE.get_id()
_FALSE = FALSE.get_id()


def all_of(parts: Iterable[z3.BoolRef]) -> z3.BoolRef:
    """Return the conjunction; of nothing it is true."""
    kept: dict[int, z3.BoolRef] = {}
    for part in parts:
        number = part.get_id()
        if number == _FALSE:
            return FALSE
        if number != _TRUE:
            kept[number] = part
    if len(kept) <= 1:
        return next(iter(kept.values()), TRUE)
    return z3.And(*kept.values())


def any_of(parts: Iterable[z3.BoolRef]) -> z3.BoolRef:
    """Return the disjunction; of nothing it is false."""
    kept: dict[int, z3.BoolRef] = {}
    for part in parts:
        number = part.get_id()
        if number == _TRUE:
            return TRUE
        if number != _FALSE:
            kept[number] = part
    if len(kept) <= 1:
        return next(iter(kept.values()), FALSE)
    return z3.Or(*kept.values())


def negate(part: z3.BoolRef) -> z3.BoolRef:
    """Return the negation."""
    number = part.get_id()
    if number == _TRUE:
        return FALSE
    if number == _FALSE:
        return TRUE
    return part.arg(0) if z3.is_not(part) else z3.Not(part)


def implies(condition: z3.BoolRef, consequence: z3.BoolRef) -> z3.BoolRef:
    """Return the implication."""
    return any_of((negate(condition), consequence))


def choose(condition: z3.BoolRef, one: z3.ExprRef, other: z3.ExprRef) -> z3.ExprRef:
    """Return `one` where the condition holds, else `other`."""
    number = condition.get_id()
    if number == _TRUE or one.eq(other):
        return one
    if number == _FALSE:
        return other
    if z3.is_bool(one):
        return any_of((all_of((condition, one)), all_of((negate(condition), other))))
    return z3.If(condition, one, other)
