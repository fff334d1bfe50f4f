"""The only way to make terms: every function type-checks and raises `IllTyped` for what does not fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from fairlead.documents.found import found_text
from fairlead.facts.currencies import currency_codes, minor_units
from fairlead.facts.types import (
    BOOLEAN,
    DATE,
    DATE_TIME,
    INT64_HIGH,
    INT64_LOW,
    MAX_DIGITS,
    TEXT,
    DecimalType,
    IntegerType,
    ListType,
    MoneyType,
    OneOfType,
    Type,
)
from fairlead.facts.values import ROUNDING_MODES
from fairlead.logic import typing_rules
from fairlead.logic.numbers import exact_decimal
from fairlead.logic.operators import OPERATORS
from fairlead.logic.problems import IllTyped
from fairlead.logic.terms import Element, Literal, Missing, Quantifier, Term, Variable

__all__ = [
    "apply",
    "date_literal",
    "date_time_literal",
    "decimal",
    "default",
    "element",
    "list_of",
    "literal",
    "missing",
    "money",
    "quantifier",
    "variable",
]

#: each level multiplies the work for one record by the length of a list
MAX_QUANTIFIERS = 2

_NUMBER_REMEDY = 'write whole numbers as they are and exact decimals as {"decimal": "0.05"}'


def literal(value: object) -> Literal:
    """Return a boolean, whole number, exact number or text literal.

    A text literal has a one-of type of just itself, so that it fits any one-of that has it.
    """
    if isinstance(value, bool):
        return Literal(BOOLEAN, value)
    if isinstance(value, int):
        if not INT64_LOW <= value <= INT64_HIGH:
            raise IllTyped("out-of-range", "a whole number must fit 64 bits", found=found_text(value))
        return Literal(IntegerType(value, value), value)
    if isinstance(value, float):
        return _exact_number(value)
    if isinstance(value, str):
        try:
            value.encode("utf-8")
        except UnicodeEncodeError:
            raise IllTyped(
                "invalid-text", "a text holds half of a surrogate pair", found=found_text(value)
            ) from None
        if not value:
            raise IllTyped(
                "empty-text",
                "the empty text is absent, it equals nothing",
                remedy='ask {"absent": "..."} instead',
            )
        return Literal(OneOfType((value,)), value)
    raise IllTyped("wrong-literal", "this is no value an expression can hold", found=found_text(value))


def _exact_number(value: float) -> Literal:
    """Return the literal of a number that is exactly what its shortest writing says."""
    exact = Decimal(value)
    if not exact.is_finite():
        raise IllTyped("wrong-literal", "a number must be finite", found=found_text(value))
    written = format(Decimal(repr(value)), "f")
    if exact != Decimal(written):
        raise IllTyped(
            "inexact-number",
            f"`{found_text(value)}` as a number is not exactly that value",
            found=found_text(value),
            remedy=f'write it as {{"decimal": "{written}"}}' if exact_decimal(written) else None,
        )
    if value.is_integer() and INT64_LOW <= value <= INT64_HIGH:
        # JSON's 1.0 and 1 are one number with one digest, so they are one literal
        return literal(int(value))
    return decimal(format(exact, "f"))


def decimal(text: str) -> Literal:
    """Return an exact decimal literal from its text; it keeps the digits that are written."""
    exact = exact_decimal(text)
    if exact is None:
        raise IllTyped(
            "wrong-literal",
            f"`{found_text(text)}` is not a decimal of at most {MAX_DIGITS} digits",
            found=text,
            remedy='write digits with a point, as in {"decimal": "0.05"}',
        )
    return Literal(*exact)


def money(amount: str, currency: str) -> Literal:
    """Return a money literal; the amount has at most the digits of the currency's smallest unit."""
    digits = _minor_units(currency)
    exact = decimal(amount)
    assert isinstance(exact.type, DecimalType)
    shift = digits - exact.type.scale
    if shift < 0:
        raise IllTyped(
            "too-many-digits",
            f"`{found_text(amount)}` has more than the {digits} digits after the point of {currency}",
            found=amount,
        )
    precision = exact.type.precision + shift
    if precision > MAX_DIGITS:
        raise IllTyped("too-many-digits", f"an amount has at most {MAX_DIGITS} digits", found=amount)
    return Literal(MoneyType(currency, precision, digits), exact.value * 10**shift)


def date_literal(value: date) -> Literal:
    """Return a date literal."""
    return Literal(DATE, value)


def date_time_literal(value: datetime) -> Literal:
    """Return a date-time literal from an aware UTC instant."""
    return Literal(DATE_TIME, value)


def variable(name: str, type_: Type, origin: str) -> Variable:
    """Return a name to read; `origin` is `fact`, `decision`, `parameter` or `time`."""
    return Variable(type_, name, origin)


def element(type_: Type) -> Element:
    """Return the current element of a quantifier over a list of `type_`."""
    return Element(type_)


def list_of(items: Sequence[Term]) -> Term:
    """Return a list; of literals of one type, a literal."""
    return typing_rules.listing("list", items, {})


def default(name: Variable, fallback: Term) -> Term:
    """Return the variable's value, or the fallback where it is absent."""
    return typing_rules.fallback("default", (name, fallback), {})


def apply(operator: str, operands: Sequence[Term], options: Mapping[str, Any] | None = None) -> Term:
    """Apply an operator of the table to typed operands.

    `options` are the operator's settings (`scale`, `rounding`, `currency`).
    """
    entry = OPERATORS[operator]
    count = len(operands)
    if count < entry.least or (entry.most is not None and count > entry.most):
        raise IllTyped(
            "wrong-operand-count", f"`{operator}` takes {_counted(entry.least, entry.most)}, found {count}"
        )
    settings = dict(options or {})
    if set(settings) != set(entry.options):
        other = sorted(set(settings) - set(entry.options))
        raise IllTyped(
            "unknown-key" if other else "missing-settings",
            f"`{operator}` states {_listed(entry.options)} in a last operand"
            if entry.options
            else f"`{operator}` has no settings",
            found=other[0] if other else None,
            allowed=[option for option in entry.options if option not in settings],
            remedy=f"write it as {_shown(entry.example)}" if entry.options else None,
        )
    _check_settings(settings)
    return entry.rule(operator, tuple(operands), settings)


def _check_settings(settings: dict[str, Any]) -> None:
    if "rounding" in settings and settings["rounding"] not in ROUNDING_MODES:
        raise IllTyped(
            "unknown-value",
            f"`{found_text(settings['rounding'])}` is not a rounding mode",
            found=found_text(settings["rounding"]),
            allowed=ROUNDING_MODES,
        )
    if "scale" in settings:
        scale = settings["scale"]
        if isinstance(scale, bool) or not isinstance(scale, int) or not 0 <= scale <= MAX_DIGITS:
            raise IllTyped(
                "out-of-range", f"`scale` is a whole number from 0 to {MAX_DIGITS}", found=found_text(scale)
            )
    if "currency" in settings:
        settings["scale"] = _minor_units(settings["currency"])


def _minor_units(currency: object) -> int:
    digits = minor_units(currency) if isinstance(currency, str) else None
    if digits is None:
        raise IllTyped(
            "unknown-currency",
            f"`{found_text(currency)}` is not an ISO 4217 currency",
            found=found_text(currency),
            allowed=sorted(currency_codes()),
        )
    return digits


def quantifier(kind: str, source: Term, body: Term) -> Quantifier:
    """Return `all`, `some` or `none` over a list; `body` reads `element` of the list's item type."""
    if not isinstance(source.type, ListType) or source.type.item is None:
        raise IllTyped(
            "wrong-type",
            f"`{kind}` takes a list of values first, found {source.type}",
            found=str(source.type),
            argument=0,
        )
    if body.type != BOOLEAN:
        raise IllTyped("wrong-type", f"`{kind}` takes a condition second, found {body.type}", argument=1)
    if _quantifiers_deep(body) >= MAX_QUANTIFIERS:
        raise IllTyped(
            "too-deep",
            f"`all`, `some` and `none` nest at most {MAX_QUANTIFIERS} deep: the work multiplies with each",
            remedy="name the inner question as a formula and read that",
            argument=1,
        )
    return Quantifier(BOOLEAN, kind, source, body)


def _quantifiers_deep(term: Term) -> int:
    deepest = max((_quantifiers_deep(child) for child in term.children), default=0)
    return deepest + isinstance(term, Quantifier)


def missing(names: Sequence[Variable], at_least: int | None = None) -> Missing:
    """Return the list of absent names; with `at_least`, empty once that many are present."""
    if at_least is not None and (isinstance(at_least, bool) or at_least < 1):
        raise IllTyped("out-of-range", "`missing_some` needs a whole number from 1", argument=0)
    return Missing(ListType(TEXT), tuple(names), at_least)


def _counted(least: int, most: int | None) -> str:
    if most is None:
        return f"{least} or more operands"
    if least == most:
        return f"{least} operand{'s' if least != 1 else ''}"
    return f"{least} to {most} operands"


def _listed(names: Sequence[str]) -> str:
    return " and ".join(f"`{name}`" for name in names)


def _shown(example: Any) -> str:
    import json

    return json.dumps(example)
