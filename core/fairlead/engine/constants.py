"""Constants that the typing of a rule left to be widened: `5` beside a decimal is `5.00`."""

from __future__ import annotations

from typing import Any

from fairlead.facts.types import ListType, MoneyType, Type
from fairlead.logic.numbers import scale_of
from fairlead.logic.terms import Apply, Literal, Term

__all__ = ["folded"]


def folded(term: Term) -> Term:
    """Return a widened literal as the literal it is; any other term as it stands."""
    if isinstance(term, Apply) and term.operator == "widen":
        inner = folded(term.arguments[0])
        if isinstance(inner, Literal):
            return Literal(term.type, _widened(inner.value, inner.type, term.type))
    return term


def _widened(value: Any, actual: Type, wanted: Type) -> Any:
    if isinstance(actual, ListType) and isinstance(wanted, ListType):
        if actual.item is None or wanted.item is None:
            return value
        return tuple(_widened(item, actual.item, wanted.item) for item in value)
    factor = 10 ** (scale_of(wanted) - scale_of(actual))
    if isinstance(actual, MoneyType) and actual.currency is None:
        return value[0] * factor, value[1]
    if isinstance(wanted, MoneyType) and isinstance(actual, MoneyType) and wanted.currency is None:
        return value * factor, actual.currency
    return value * factor if factor != 1 else value
