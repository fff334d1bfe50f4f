"""The columns that the values of a type take."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from fairlead.columns.algebra import Algebra
from fairlead.columns.arithmetic import FIRST_DAY, FIRST_INSTANT, LAST_DAY, LAST_INSTANT
from fairlead.columns.nodes import Kind, Node
from fairlead.facts.types import (
    BooleanType,
    DateTimeType,
    DateType,
    DecimalType,
    IntegerType,
    ListType,
    MoneyType,
    Type,
)

__all__ = ["Value", "constant", "day_number", "fact_value", "instant_number", "null_value", "shape_of"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Value:
    """The columns of a value: one, or units and currency for money of any currency (or a list of it).

    Where one is unknown the others are.
    """

    parts: tuple[Node, ...]

    @property
    def node(self) -> Node:
        """The column of a value that has just one."""
        (node,) = self.parts
        return node

    def map(self, function: Callable[[Node], Node]) -> Value:
        """Return the value with a function applied to each column."""
        return Value(tuple(map(function, self.parts)))


@dataclass(frozen=True, slots=True)
class Shape:
    """What the parts of a value of a type are called and hold."""

    part: str
    kind: Kind
    reach: tuple[int, int] = (0, 0)
    item: Kind | None = None


def day_number(day: date) -> int:
    """Return the days since 1970-01-01."""
    return day.toordinal() - _EPOCH.toordinal()


def instant_number(moment: datetime) -> int:
    """Return the microseconds since 1970-01-01 in UTC."""
    span = moment - _EPOCH
    return (span.days * 86_400 + span.seconds) * 1_000_000 + span.microseconds


def shape_of(type_: Type) -> tuple[Shape, ...]:
    """Return the columns of a type."""
    if isinstance(type_, ListType):
        inner = shape_of(type_.item) if type_.item is not None else (Shape("value", Kind.TEXT),)
        return tuple(Shape(each.part, Kind.LIST, each.reach, each.kind) for each in inner)
    match type_:
        case BooleanType():
            return (Shape("value", Kind.BOOLEAN),)
        case IntegerType(low=low, high=high):
            return (Shape("value", Kind.NUMBER, (low, high)),)
        case DecimalType(precision=precision):
            return (Shape("value", Kind.NUMBER, _digits(precision)),)
        case MoneyType(currency=None, precision=precision):
            return (Shape("units", Kind.NUMBER, _digits(precision)), Shape("currency", Kind.TEXT))
        case MoneyType(precision=precision):
            return (Shape("value", Kind.NUMBER, _digits(precision)),)
        case DateType():
            return (Shape("value", Kind.NUMBER, (FIRST_DAY, LAST_DAY)),)
        case DateTimeType():
            return (Shape("value", Kind.NUMBER, (FIRST_INSTANT, LAST_INSTANT)),)
    return (Shape("value", Kind.TEXT),)


def _digits(precision: int) -> tuple[int, int]:
    most = 10**precision - 1
    return -most, most


def fact_value(on: Algebra, name: str, type_: Type) -> Value:
    """Return the columns of a fact."""
    return Value(
        tuple(on.fact(name, each.part, each.kind, each.reach, each.item) for each in shape_of(type_))
    )


def null_value(on: Algebra, type_: Type) -> Value:
    """Return the value that is unknown everywhere."""
    return Value(tuple(on.null(each.kind, each.item) for each in shape_of(type_)))


def number_of(type_: Type, value: Any) -> Any:
    """Return an internal value (`fairlead.facts.types`) as what a column holds."""
    if isinstance(type_, DateTimeType):
        return instant_number(value)
    return day_number(value) if isinstance(type_, DateType) else value


def constant(on: Algebra, type_: Type, value: Any) -> Value:
    """Return the columns of a constant, given as an internal value; None is unknown."""
    if value is None:
        return null_value(on, type_)
    if isinstance(type_, ListType):
        return _constant_list(on, type_, value)
    if isinstance(type_, MoneyType) and type_.currency is None:
        return Value((on.number(value[0]), on.text(value[1])))
    (shape,) = shape_of(type_)
    if shape.kind is Kind.BOOLEAN:
        return Value((on.boolean(value),))
    if shape.kind is Kind.NUMBER:
        return Value((on.number(number_of(type_, value)),))
    return Value((on.text(value),))


def _constant_list(on: Algebra, type_: ListType, values: Iterable[Any]) -> Value:
    shapes = shape_of(type_)
    item = type_.item
    listed = tuple(values)
    if item is None:
        return Value((on.constant_list((), Kind.TEXT),))
    if len(shapes) > 1:
        return Value(
            (
                on.constant_list(tuple(units for units, _ in listed), Kind.NUMBER),
                on.constant_list(tuple(currency for _, currency in listed), Kind.TEXT),
            )
        )
    kind = shapes[0].item or Kind.TEXT
    return Value((on.constant_list(tuple(number_of(item, value) for value in listed), kind),))
