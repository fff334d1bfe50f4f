"""The columnar algebra on Polars."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import reduce
from typing import Any

import polars as pl

from fairlead.columns.nodes import Kind, Node, balanced, width_of
from fairlead.columns.plan import Output
from fairlead.columns.stages import stages_of
from fairlead.facts.types import (
    MAX_DIGITS,
    DateTimeType,
    DateType,
    DecimalType,
    IntegerType,
    ListType,
    MoneyType,
    OneOfType,
    Type,
)

__all__ = ["Columns", "PolarsEmitter"]

#: (fact, part) -> the column of the frame that holds it
Columns = Mapping[tuple[str, str], str]

_INTEGERS: dict[int, Any] = {8: pl.Int8, 16: pl.Int16, 32: pl.Int32, 64: pl.Int64, 128: pl.Int128}
_COMPARE: dict[str, Callable[[pl.Expr, pl.Expr], pl.Expr]] = {
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def _integer(low: int, high: int) -> Any:
    return _INTEGERS[width_of(low, high)]


class PolarsEmitter:
    """Turns nodes into Polars expressions.

    `columns` names the columns of the frame that hold the parts of facts, in the form of the algebra;
    `enums` are the values of those that are enumerations; `longest` is the length of the longest list by
    fact. Lists are asked item by item, up to that length.
    """

    def __init__(
        self, columns: Columns, enums: Mapping[str, tuple[str, ...]], longest: Mapping[str, int]
    ) -> None:
        self._columns = columns
        self._enums = enums
        self._longest = longest
        self._names: dict[int, str] = {}
        self._made: dict[int, pl.Expr] = {}
        self._elements: dict[tuple[int, int], pl.Expr] = {}

    def run(self, frame: pl.LazyFrame, roots: Mapping[str, Node]) -> pl.LazyFrame:
        """Return the frame with a column of each name, in the form of the algebra."""
        stages, self._names = stages_of(roots.values())
        for stage in stages:
            made = []
            for name, node in stage.columns:
                made.append(self._definition(node).alias(name))
            self._made.clear()
            frame = frame.with_columns(made)
        self._made.clear()
        return frame

    def final(self, outputs: Sequence[Output]) -> list[pl.Expr]:
        """Return the columns of results in their public form."""
        return [self._public(output.type, output.value.parts).alias(output.name) for output in outputs]

    def column(self, node: Node) -> pl.Expr:
        """Return the expression of a node; equal nodes are emitted once."""
        name = self._names.get(id(node))
        if name is not None:
            return pl.col(name).cast(pl.String) if self._enum(node) is not None else pl.col(name)
        if node.elements:
            return self._emit(node)
        found = self._made.get(id(node))
        if found is None:
            found = self._made[id(node)] = self._emit(node)
        return found

    def _definition(self, node: Node) -> pl.Expr:
        """Return what a column on the way holds: texts among constants are enumerations."""
        values = self._enum(node)
        if values is None:
            return self._emit(node)
        return self._choice(node, lambda value: self._as_enum(value, values))

    def _emit(self, node: Node) -> pl.Expr:
        made: pl.Expr = getattr(self, f"_{_METHODS.get(node.op, node.op)}")(node)
        return made

    # types

    def _dtype(self, node: Node) -> Any:
        if node.kind is Kind.LIST:
            return pl.List(self._plain(node.item or Kind.TEXT, node))
        return self._plain(node.kind, node)

    def _plain(self, kind: Kind, node: Node) -> Any:
        if kind is Kind.NUMBER:
            return _integer(node.low, node.high)
        return pl.Boolean if kind is Kind.BOOLEAN else pl.String

    def _number(self, node: Node, *, low: int, high: int) -> pl.Expr:
        """Return a number in the width of low..high."""
        wanted = _integer(low, high)
        if node.op == "constant":
            return pl.lit(node.extra, dtype=wanted)
        if node.op == "null":
            return pl.lit(None, dtype=wanted)
        made = self.column(node)
        return made if _integer(node.low, node.high) is wanted else made.cast(wanted)

    def _like(self, node: Node, like: Node) -> pl.Expr:
        """Return a node in the type of another that holds it."""
        if like.kind is Kind.NUMBER:
            return self._number(node, low=like.low, high=like.high)
        if node.op == "null":
            return pl.lit(None, dtype=self._dtype(like))
        made = self.column(node)
        return made.cast(self._dtype(like)) if like.kind is Kind.LIST else made

    # enumerations

    def _enum(self, node: Node) -> tuple[str, ...] | None:
        """Return the values of a column that is an enumeration on the way."""
        if node.kind is not Kind.TEXT:
            return None
        if node.op == "fact":
            return self._enums.get(node.extra[0])
        if id(node) not in self._names or node.op != "case":
            return None
        return _constants(node)

    def _as_enum(self, node: Node, values: tuple[str, ...]) -> pl.Expr:
        dtype = pl.Enum(values)
        if node.op == "constant":
            return pl.lit(node.extra, dtype=dtype)
        if node.op == "null":
            return pl.lit(None, dtype=dtype)
        if id(node) not in self._names and node.op == "case":
            return self._choice(node, lambda value: self._as_enum(value, values))
        made = self._raw(node)
        return made if self._enum(node) == values else made.cast(dtype)

    def _raw(self, node: Node) -> pl.Expr:
        """Return a text as it is held, which may be an enumeration."""
        if self._enum(node) is None:
            return self.column(node)
        if node.op == "fact":
            return pl.col(self._columns[node.extra])
        return pl.col(self._names[id(node)])

    # leaves

    def _constant(self, node: Node) -> pl.Expr:
        if node.kind is Kind.LIST:
            return pl.lit(list(node.extra), dtype=self._dtype(node))
        return pl.lit(node.extra, dtype=self._dtype(node))

    def _null(self, node: Node) -> pl.Expr:
        return pl.lit(None, dtype=self._dtype(node))

    def _fact(self, node: Node) -> pl.Expr:
        column = pl.col(self._columns[node.extra])
        return column.cast(pl.String) if self._enum(node) is not None else column

    def _element(self, node: Node) -> pl.Expr:
        return self._elements[node.extra]

    # truth

    def _not(self, node: Node) -> pl.Expr:
        return ~self.column(node.args[0])

    def _and(self, node: Node) -> pl.Expr:
        return balanced(lambda a, b: a & b, map(self.column, node.args))

    def _or(self, node: Node) -> pl.Expr:
        return balanced(lambda a, b: a | b, map(self.column, node.args))

    def _is_null(self, node: Node) -> pl.Expr:
        return self._raw(node.args[0]).is_null()

    def _comparison(self, node: Node) -> pl.Expr:
        left, right = node.args
        compare = _COMPARE[node.op]
        if left.kind is Kind.NUMBER:
            low, high = min(left.low, right.low), max(left.high, right.high)
            return compare(self._number(left, low=low, high=high), self._number(right, low=low, high=high))
        for one, other in ((left, right), (right, left)):
            values = self._enum(one)
            if values is not None and other.op == "constant":
                if other.extra in values:
                    return compare(self._raw(one), pl.lit(other.extra, dtype=pl.Enum(values)))
                none = pl.lit(node.op == "!=")
                return pl.when(self._raw(one).is_not_null()).then(none)
        return compare(self.column(left), self.column(right))

    def _member(self, node: Node) -> pl.Expr:
        (item,) = node.args
        values = self._enum(item)
        members = list(node.extra)
        if values is not None:
            held = [member for member in members if member in values]
            tests = [self._raw(item) == pl.lit(member, dtype=pl.Enum(values)) for member in held]
            none = pl.when(self._raw(item).is_not_null()).then(pl.lit(value=False))
            return reduce(lambda a, b: a | b, tests) if tests else none
        if item.kind is Kind.NUMBER:
            fitting = [member for member in members if item.low <= member <= item.high]
            return self.column(item).is_in(pl.Series(fitting, dtype=self._dtype(item)).implode())
        return self.column(item).is_in(members)

    # choices

    def _case(self, node: Node) -> pl.Expr:
        return self._choice(node, lambda value: self._like(value, node))

    def _choice(self, node: Node, emit: Callable[[Node], pl.Expr]) -> pl.Expr:
        *pairs, otherwise = node.args
        chain: Any = pl
        for test, value in zip(pairs[::2], pairs[1::2], strict=True):
            chain = chain.when(self.column(test)).then(emit(value))
        made: pl.Expr = chain.otherwise(emit(otherwise))
        return made

    def _coalesce(self, node: Node) -> pl.Expr:
        value, fallback = node.args
        return self._like(value, node).fill_null(self._like(fallback, node))

    # numbers

    def _arithmetic(self, node: Node) -> pl.Expr:
        low = min(node.low, *(arg.low for arg in node.args))
        high = max(node.high, *(arg.high for arg in node.args))
        left, right = (self._number(arg, low=low, high=high) for arg in node.args)
        match node.op:
            case "+":
                made = left + right
            case "-":
                made = left - right
            case "*":
                made = left * right
            case "div":
                made = left // right
            case _:
                made = left % right
        wanted = _integer(node.low, node.high)
        return made if wanted is _integer(low, high) else made.cast(wanted)

    def _within(self, node: Node) -> pl.Expr:
        (value,) = node.args
        low, high = node.extra
        made = self.column(value)
        tests = []
        if value.low < low:
            tests.append(made >= pl.lit(low, dtype=self._dtype(value)))
        if value.high > high:
            tests.append(made <= pl.lit(high, dtype=self._dtype(value)))
        return pl.when(*tests).then(made).cast(self._dtype(node), strict=False)

    def _assume(self, node: Node) -> pl.Expr:
        return self._number(node.args[0], low=node.low, high=node.high)

    def _date_part(self, node: Node) -> pl.Expr:
        part = getattr(self.column(node.args[0]).cast(pl.Int32).cast(pl.Date).dt, node.extra)
        made: pl.Expr = part().cast(self._dtype(node))
        return made

    # texts

    def _contains(self, node: Node) -> pl.Expr:
        text, part = map(self.column, node.args)
        return text.str.contains(part, literal=True)

    def _concatenate(self, node: Node) -> pl.Expr:
        return pl.concat_str([self.column(arg) for arg in node.args])

    def _length(self, node: Node) -> pl.Expr:
        return self.column(node.args[0]).str.len_chars().cast(self._dtype(node))

    def _piece(self, node: Node) -> pl.Expr:
        text, begin, count = map(self.column, node.args)
        return text.str.slice(begin.cast(pl.Int64), count.cast(pl.UInt64))

    # lists

    def _list(self, node: Node) -> pl.Expr:
        items = [self._item(arg, node) for arg in node.args]
        made = pl.concat_list(items)
        lacking = [self.column(arg).is_null() for arg in node.args if arg.nullable]
        if not lacking:
            return made
        return pl.when(~reduce(lambda a, b: a | b, lacking)).then(made)

    def _compact(self, node: Node) -> pl.Expr:
        return pl.concat_list([self._item(arg, node) for arg in node.args]).list.drop_nulls()

    def _item(self, item: Node, of: Node) -> pl.Expr:
        if item.kind is Kind.NUMBER:
            return self._number(item, low=of.low, high=of.high)
        return self.column(item)

    def _is_empty(self, node: Node) -> pl.Expr:
        return self.column(node.args[0]).list.len() == 0

    def longest(self, node: Node) -> int:
        """Return how many items a list has at most."""
        match node.op:
            case "fact":
                return self._longest.get(node.extra[0], 0)
            case "constant":
                return len(node.extra)
            case "list" | "compact":
                return len(node.args)
            case "null":
                return 0
        return max(self.longest(arg) for arg in node.args if arg.kind is Kind.LIST)

    def _any_of(self, node: Node) -> pl.Expr:
        *lists, body = node.args
        held = [self.column(each) for each in lists]
        count = held[0].list.len()
        tests = []
        for place in range(max(map(self.longest, lists))):
            for position, each in enumerate(held):
                item = each.list.get(place, null_on_oob=True)
                self._elements[node.extra, position] = item
            tests.append(pl.when(count > place).then(self.column(body)).otherwise(pl.lit(value=False)))
        found = reduce(lambda a, b: a | b, tests, pl.lit(value=False))
        return pl.when(held[0].is_not_null()).then(found)

    # results

    def _public(self, type_: Type, parts: Sequence[Node]) -> pl.Expr:
        if isinstance(type_, OneOfType):
            return self._as_enum(parts[0], type_.values)
        if isinstance(type_, ListType):
            return self._public_list(type_, parts)
        return self._public_value(type_, [self.column(part) for part in parts])

    def _public_value(self, type_: Type, parts: Sequence[pl.Expr]) -> pl.Expr:
        match type_:
            case IntegerType():
                return parts[0].cast(pl.Int64)
            case DecimalType(scale=scale):
                return _decimal(parts[0], scale)
            case MoneyType(currency=currency, scale=scale):
                code = parts[1] if len(parts) > 1 else pl.lit(currency)
                amount = _decimal(parts[0], scale).alias("amount")
                made = pl.struct(amount, code.alias("currency"))
                return pl.when(parts[0].is_not_null()).then(made)
            case DateType():
                return parts[0].cast(pl.Int32).cast(pl.Date)
            case DateTimeType():
                return parts[0].cast(pl.Int64).cast(pl.Datetime("us", "UTC"))
        return parts[0]

    def _public_list(self, type_: ListType, parts: Sequence[Node]) -> pl.Expr:
        item = type_.item
        held = [self.column(part) for part in parts]
        if item is None:
            return held[0].cast(pl.List(pl.String))
        if len(held) == 1:
            return held[0].list.eval(self._public_value(item, [pl.element()]))
        count = held[0].list.len()
        items = []
        for place in range(max(map(self.longest, parts))):
            got = [each.list.get(place, null_on_oob=True) for each in held]
            items.append(pl.when(count > place).then(self._public_value(item, got)))
        if not items:
            assert isinstance(item, MoneyType)
            empty = pl.Struct({"amount": pl.Decimal(MAX_DIGITS, item.scale), "currency": pl.String})
            return pl.when(held[0].is_not_null()).then(pl.lit([], dtype=pl.List(empty)))
        return pl.when(held[0].is_not_null()).then(pl.concat_list(items).list.drop_nulls())


def _decimal(units: pl.Expr, scale: int) -> pl.Expr:
    whole = units.cast(pl.Int128).cast(pl.Decimal(MAX_DIGITS, 0))
    if not scale:
        return whole
    one = pl.lit(Decimal(1).scaleb(-scale), dtype=pl.Decimal(MAX_DIGITS, scale))
    return (whole * one).cast(pl.Decimal(MAX_DIGITS, scale))


def _constants(node: Node) -> tuple[str, ...] | None:
    """Return the texts that a choice is among, where all of them are constants."""
    if node.op == "constant":
        return (node.extra,)
    if node.op == "null":
        return ()
    if node.op != "case":
        return None
    *pairs, otherwise = node.args
    found: dict[str, None] = {}
    for value in (*pairs[1::2], otherwise):
        own = _constants(value)
        if own is None:
            return None
        found.update(dict.fromkeys(own))
    return tuple(found)


_METHODS = {
    **dict.fromkeys(("==", "!=", "<", "<=", ">", ">="), "comparison"),
    **dict.fromkeys(("+", "-", "*", "div", "mod"), "arithmetic"),
}
