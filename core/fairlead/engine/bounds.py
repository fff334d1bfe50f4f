"""How far the points of a scorecard can go, so that bounds which cannot matter cost nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from fairlead.engine.constants import folded
from fairlead.facts.types import INT64_HIGH, INT64_LOW, MAX_DIGITS, DecimalType, IntegerType, MoneyType, Type
from fairlead.logic.terms import Literal, Term
from fairlead.ruleset.typed import Scorecard

__all__ = ["ScoreBounds", "can_overflow", "score_bounds", "sum_reach"]

_TOO_LARGE: int = 10**MAX_DIGITS


class ScoreBounds(NamedTuple):
    """The least and highest sum before its own bounds apply; `overflows` where the score can be too large."""

    total: tuple[int, int]
    groups: Mapping[str, tuple[int, int]]
    overflows: bool


def _number_bounds(term: Term) -> tuple[int, int]:
    """Return the least and highest value, in units, that a number term can have."""
    term = folded(term)
    if isinstance(term, Literal):
        return term.value, term.value
    return _type_bounds(term.type)


def _type_bounds(type_: Type) -> tuple[int, int]:
    if isinstance(type_, IntegerType):
        return type_.low, type_.high
    assert isinstance(type_, DecimalType | MoneyType)
    most = 10**type_.precision - 1
    return -most, most


def _clamped(reach: tuple[int, int], minimum: int | None, maximum: int | None) -> tuple[int, int]:
    low, high = reach
    if minimum is not None:
        low, high = max(low, minimum), max(high, minimum)
    if maximum is not None:
        low, high = min(low, maximum), min(high, maximum)
    return low, high


def score_bounds(decision: Scorecard) -> ScoreBounds:
    """Return how far the sums of a scorecard can go."""
    groups = {
        group.id: sum_reach(row.points for row in decision.rows if row.group == group.id)
        for group in decision.groups
    }
    parts = [_clamped(groups[group.id], group.minimum, group.maximum) for group in decision.groups]
    parts.append(sum_reach(row.points for row in decision.rows if row.group is None))
    total = (
        decision.initial + sum(low for low, _ in parts),
        decision.initial + sum(high for _, high in parts),
    )
    overflows = can_overflow(decision.type, _clamped(total, decision.minimum, decision.maximum))
    return ScoreBounds(total, groups, overflows)


def can_overflow(type_: Type, reach: tuple[int, int]) -> bool:
    """Tell whether numbers within `reach` can be too large for any value of the kind of `type_`."""
    low, high = reach
    if isinstance(type_, IntegerType):
        return low < INT64_LOW or high > INT64_HIGH
    return low <= -_TOO_LARGE or high >= _TOO_LARGE


def sum_reach(terms: Iterable[Term]) -> tuple[int, int]:
    """Return the least and highest sum of any of the terms."""
    bounds = [_number_bounds(term) for term in terms]
    return sum(min(low, 0) for low, _ in bounds), sum(max(high, 0) for _, high in bounds)
