"""Exact number types: digits, scales, and the type of a sum, product or quotient.

The rules keep every result within the digits its type states, so that no back end can overflow a decimal;
a type that would need more than 38 digits is refused when the ruleset loads.
"""

from __future__ import annotations

import re

from fairlead.facts.types import INT64_HIGH, INT64_LOW, MAX_DIGITS, DecimalType, IntegerType, MoneyType, Type
from fairlead.logic.problems import IllTyped

__all__ = [
    "Number",
    "bounded_integer",
    "decimal_type",
    "digits_before_point",
    "exact_decimal",
    "is_number",
    "scale_of",
]

_EXACT = re.compile(r"-?(0|[1-9][0-9]*)(?:\.([0-9]+))?")

#: the types that arithmetic takes
Number = IntegerType | DecimalType | MoneyType


def is_number(type_: Type) -> bool:
    """Tell whether the type is an integer, a decimal or money."""
    return isinstance(type_, IntegerType | DecimalType | MoneyType)


def digits_before_point(type_: Type) -> int:
    """Return how many digits a value of this number type can have before the point."""
    if isinstance(type_, IntegerType):
        return len(str(max(abs(type_.low), abs(type_.high))))
    assert isinstance(type_, DecimalType | MoneyType)
    return type_.precision - type_.scale


def scale_of(type_: Type) -> int:
    """Return the digits after the point of a number type; 0 for integers."""
    return type_.scale if isinstance(type_, DecimalType | MoneyType) else 0


def decimal_type(digits: int, scale: int, operator: str) -> DecimalType:
    """Return the decimal type with that many digits before and after the point; refuse more than 38."""
    if digits + scale > MAX_DIGITS:
        raise IllTyped(
            "too-many-digits",
            f"the result of `{operator}` can need {digits + scale} digits; at most {MAX_DIGITS} are exact",
            remedy="declare smaller ranges or precisions on the facts, or round earlier",
        )
    return DecimalType(max(digits + scale, 1), scale)


def bounded_integer(low: int, high: int) -> tuple[IntegerType, bool]:
    """Return the integer type of a result in low..high, and whether it can leave 64 bits."""
    if low >= INT64_LOW and high <= INT64_HIGH:
        return IntegerType(low, high), False
    # a result that always leaves 64 bits still needs a range that is one
    return IntegerType(min(max(low, INT64_LOW), INT64_HIGH), max(min(high, INT64_HIGH), INT64_LOW)), True


def exact_decimal(text: str) -> tuple[DecimalType, int] | None:
    """Return the narrowest decimal type of a number as written, and its units; None for no number."""
    match = _EXACT.fullmatch(text)
    if match is None:
        return None
    scale = len(match[2] or "")
    digits = 0 if match[1] == "0" else len(match[1])
    if digits + scale > MAX_DIGITS:
        return None
    return DecimalType(max(digits + scale, 1), scale), int(text.replace(".", ""))
