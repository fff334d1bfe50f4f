"""Symbolic values: whether they are known, and what they are.

| type | term |
|---|---|
| boolean | Bool |
| integer, decimal, money | Int: the internal units |
| money in any currency | Int: the units; `currency` is the number of its currency |
| text, one-of | Int: the number of the text |
| date | Int: days, 1 January of year 1 is 1 |
| date-time | Int: microseconds since the beginning of year 1, UTC |
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import z3

from fairlead.audit.encoding.conditions import FALSE, TRUE, all_of, any_of, choose, implies, negate
from fairlead.audit.encoding.space import Space, Undecidable
from fairlead.facts.types import (
    BooleanType,
    DateTimeType,
    DateType,
    DecimalType,
    IntegerType,
    ListType,
    MoneyType,
    OneOfType,
    TextType,
    Type,
)

__all__ = [
    "DAY",
    "FIRST_INSTANT",
    "LAST_DAY",
    "LAST_INSTANT",
    "ListValue",
    "Symbolic",
    "Value",
    "admitted",
    "equal",
    "is_true",
    "literal",
    "microseconds",
    "same",
    "select",
    "unknown",
    "zero",
]

#: microseconds in a day
DAY = 86_400_000_000
LAST_DAY = date.max.toordinal()
LAST_INSTANT = LAST_DAY * DAY - 1
FIRST_INSTANT = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, eq=False)
class Value:
    """A single value; `term` means nothing where `known` is false."""

    known: z3.BoolRef
    term: z3.ExprRef
    currency: z3.ExprRef | None = None


@dataclass(frozen=True, slots=True, eq=False)
class ListValue:
    """A list as the set of its items, which is all that can be asked of it.

    `items` are pairs of a condition and the item that is in the list where it holds; None where the items
    cannot be counted: equal `identity` then means equal lists, and `asked` are the values that were looked
    up, with the answers. `member` tells whether a value is in the list.
    """

    known: z3.BoolRef
    items: tuple[tuple[z3.BoolRef, Value], ...] | None
    member: Callable[[Value], z3.BoolRef]
    identity: z3.ArithRef | None = None
    asked: list[tuple[Value, z3.BoolRef]] = field(default_factory=list)


Symbolic = Value | ListValue


def microseconds(moment: datetime) -> int:
    """Return an instant as microseconds since the beginning of year 1, UTC."""
    return (moment - FIRST_INSTANT) // timedelta(microseconds=1)


def zero(type_: Type) -> z3.ExprRef:
    """Return a term of the type's sort, for where nothing is known."""
    return FALSE if isinstance(type_, BooleanType) else z3.IntVal(0)


def unknown(type_: Type) -> Value:
    """Return the unknown value of a type that is no list."""
    any_currency = isinstance(type_, MoneyType) and type_.currency is None
    return Value(FALSE, zero(type_), z3.IntVal(0) if any_currency else None)


def is_true(value: Value) -> z3.BoolRef:
    """Tell whether a boolean is known and true."""
    return all_of((value.known, value.term))


def literal(space: Space, type_: Type, internal: Any) -> Symbolic:
    """Return the term of an internal value."""
    match type_:
        case BooleanType():
            return Value(TRUE, z3.BoolVal(internal))
        case MoneyType(currency=None):
            return Value(TRUE, z3.IntVal(internal[0]), z3.IntVal(space.currency(internal[1])))
        case IntegerType() | DecimalType() | MoneyType():
            return Value(TRUE, z3.IntVal(internal))
        case TextType() | OneOfType():
            return Value(TRUE, z3.IntVal(space.text(internal)))
        case DateType():
            return Value(TRUE, z3.IntVal(internal.toordinal()))
        case DateTimeType():
            return Value(TRUE, z3.IntVal(microseconds(internal)))
        case ListType(item=Type() as item):
            items = [literal(space, item, each) for each in internal]
            return listed(TRUE, [(TRUE, each) for each in items if isinstance(each, Value)])
        case ListType():
            return listed(TRUE, [])
    raise Undecidable(f"a value of type {type_}")


def listed(known: z3.BoolRef, items: list[tuple[z3.BoolRef, Value]]) -> ListValue:
    """Return the list of the items whose condition holds."""
    return ListValue(
        known,
        tuple(items),
        lambda wanted: any_of(all_of((held, equal(item, wanted))) for held, item in items),
    )


def admitted(space: Space, type_: Type, term: z3.ExprRef, low: int | None, high: int | None) -> z3.BoolRef:
    """Return what input checking asks of a value of the type; `low` and `high` bound its units."""
    match type_:
        case IntegerType():
            return all_of((term >= type_.low, term <= type_.high))
        case DecimalType(precision=digits) | MoneyType(precision=digits):
            most = 10**digits - 1
            least = -most if low is None else max(low, -most)
            most = most if high is None else min(high, most)
            return all_of((term >= least, term <= most))
        case OneOfType(values=values):
            return any_of(term == space.text(value) for value in values)
        case TextType():
            return term >= 0
        case DateType():
            return all_of((term >= 1, term <= LAST_DAY))
        case DateTimeType():
            return all_of((term >= 0, term <= LAST_INSTANT))
    return TRUE


def equal(one: Value, other: Value) -> z3.BoolRef:
    """Tell whether two known values are the same."""
    parts = [one.term == other.term]
    if one.currency is not None and other.currency is not None:
        parts.append(one.currency == other.currency)
    return all_of(parts)


def same(one: Value, other: Value) -> z3.BoolRef:
    """Tell whether two values are both unknown, or both known and the same."""
    alike = any_of((all_of((one.known, other.known)), all_of((negate(one.known), negate(other.known)))))
    return all_of((alike, implies(one.known, equal(one, other))))


def select(condition: z3.BoolRef, one: Value, other: Value) -> Value:
    """Return `one` where the condition holds, else `other`."""
    currency = None
    if one.currency is not None and other.currency is not None:
        currency = choose(condition, one.currency, other.currency)
    return Value(choose(condition, one.known, other.known), choose(condition, one.term, other.term), currency)
