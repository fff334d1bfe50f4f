"""The columnar algebra as Ibis expressions.

What Ibis itself leaves open, because its back ends differ (whole division, wide numbers, days as numbers), is
written for each known back end by the functions of that back end; others are refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import reduce
from inspect import Parameter, Signature
from typing import Any

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from fairlead.columns.dialects import DIALECTS, WIDE, Dialect
from fairlead.columns.nodes import Kind, Node, balanced, width_of
from fairlead.columns.plan import Output
from fairlead.columns.stages import stages_of
from fairlead.facts.types import (
    DateTimeType,
    DateType,
    DecimalType,
    IntegerType,
    ListType,
    MoneyType,
    Type,
)
from fairlead.problems import Problem, UsageError

__all__ = ["IbisEmitter", "dialect_of", "integer_type", "sql_of", "with_wide_numbers"]

_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def dialect_of(name: str) -> Dialect:
    """Return what is known of a back end of Ibis by its name; raise UsageError for one that is not known."""
    if name not in DIALECTS:
        raise UsageError(
            [
                Problem(
                    "unknown-back-end",
                    f"it is not known that `{name}` computes exactly what the rules say",
                    found=name,
                    allowed=tuple(DIALECTS),
                )
            ]
        )
    return DIALECTS[name]


class IbisEmitter:
    """Turns nodes into Ibis expressions over a table.

    `columns` names the columns of the table that hold the parts of facts, in the form of the algebra.
    """

    def __init__(self, table: ir.Table, columns: Mapping[tuple[str, str], str], dialect: Dialect) -> None:
        self.table = table
        self._columns = columns
        self._dialect = dialect
        self._names: dict[int, str] = {}
        self._made: dict[int, Any] = {}
        self._elements: dict[tuple[int, int], Any] = {}

    def run(self, roots: Iterable[Node]) -> ir.Table:
        """Add the columns that the roots need on the way; return the table with them."""
        stages, names = stages_of(roots)
        for stage in stages:
            made = {name: self._emit(node) for name, node in stage.columns}
            self.table = self.table.mutate(**made)
            # what is emitted from here on reads the new table
            self._names.update({id(node): names[id(node)] for _, node in stage.columns})
            self._made.clear()
        return self.table

    def column(self, node: Node) -> Any:
        """Return the expression of a node; equal nodes are emitted once."""
        name = self._names.get(id(node))
        if name is not None:
            return self.table[name]
        if node.elements:
            return self._emit(node)
        found = self._made.get(id(node))
        if found is None:
            found = self._made[id(node)] = self._emit(node)
        return found

    def _emit(self, node: Node) -> Any:
        return getattr(self, f"_{_METHODS.get(node.op, node.op)}")(node)

    # types

    def _dtype(self, node: Node) -> dt.DataType:
        if node.kind is Kind.LIST:
            return dt.Array(self._plain(node.item or Kind.TEXT, node))
        return self._plain(node.kind, node)

    def _plain(self, kind: Kind, node: Node) -> dt.DataType:
        if kind is Kind.NUMBER:
            return integer_type(node.low, node.high)
        return dt.boolean if kind is Kind.BOOLEAN else dt.string

    def _number(self, node: Node, *, low: int, high: int) -> Any:
        """Return a number in the width of low..high."""
        wanted = integer_type(low, high)
        if node.op == "constant":
            return self._literal(node.extra, wanted)
        if node.op == "null":
            return self._dialect.null(wanted)
        made = self.column(node)
        held = integer_type(node.low, node.high)
        if held == wanted:
            return made
        if wanted == WIDE:
            return self._dialect.to_wide(made)
        return self._dialect.from_wide(made, wanted) if held == WIDE else made.cast(wanted)

    def _literal(self, value: int, dtype: dt.DataType) -> Any:
        if dtype == WIDE:
            return self._dialect.wide_literal(value)
        # a bare number is one of 32 bits to the back ends, whatever type Ibis knows it by
        return ibis.literal(value, type=dtype) if dtype == dt.int32 else ibis.literal(str(value)).cast(dtype)

    def _like(self, node: Node, like: Node) -> Any:
        """Return a node in the type of another that holds it."""
        if like.kind is Kind.NUMBER:
            return self._number(node, low=like.low, high=like.high)
        if node.op == "null":
            return self._dialect.null(self._dtype(like))
        made = self.column(node)
        if like.kind is Kind.LIST and self._dtype(node) != self._dtype(like):
            return self._cast_list(made, node, like)
        return made

    def _cast_list(self, made: Any, node: Node, like: Node) -> Any:
        if like.item is Kind.NUMBER and integer_type(like.low, like.high) == WIDE:
            return made.map(self._dialect.to_wide)
        return made.cast(self._dtype(like))

    # leaves

    def _constant(self, node: Node) -> Any:
        if node.kind is Kind.NUMBER:
            return self._literal(node.extra, self._dtype(node))
        if node.kind is Kind.LIST and node.item is Kind.NUMBER and node.extra:
            item = integer_type(node.low, node.high)
            return ibis.array([self._literal(value, item) for value in node.extra])
        if node.kind is Kind.LIST and node.extra:
            return ibis.array([ibis.literal(value) for value in node.extra])
        return ibis.literal(
            list(node.extra) if node.kind is Kind.LIST else node.extra, type=self._dtype(node)
        )

    def _null(self, node: Node) -> Any:
        return self._dialect.null(self._dtype(node))

    def _fact(self, node: Node) -> Any:
        column = self.table[self._columns[node.extra]]
        numbers = node.kind is Kind.NUMBER or node.item is Kind.NUMBER
        return column.cast(self._dtype(node)) if numbers and column.type() != self._dtype(node) else column

    def _element(self, node: Node) -> Any:
        return self._elements[node.extra]

    # truth

    def _not(self, node: Node) -> Any:
        return ~self.column(node.args[0])

    def _and(self, node: Node) -> Any:
        return balanced(lambda a, b: a & b, map(self.column, node.args))

    def _or(self, node: Node) -> Any:
        return balanced(lambda a, b: a | b, map(self.column, node.args))

    def _is_null(self, node: Node) -> Any:
        (asked,) = node.args
        if asked.op == "fact":
            # what is only asked for its presence may be held in any type
            return self.table[self._columns[asked.extra]].isnull()
        return self.column(_without_not(asked)).isnull()

    def _comparison(self, node: Node) -> Any:
        left, right = node.args
        if left.kind is Kind.NUMBER:
            low, high = min(left.low, right.low), max(left.high, right.high)
            return _COMPARE[node.op](
                self._number(left, low=low, high=high), self._number(right, low=low, high=high)
            )
        return _COMPARE[node.op](self.column(left), self.column(right))

    def _member(self, node: Node) -> Any:
        (item,) = node.args
        if item.kind is not Kind.NUMBER:
            return self.column(item).isin(list(node.extra))
        held = self._dtype(item)
        fitting = [value for value in node.extra if item.low <= value <= item.high]
        made = self.column(item)
        return made.isin([self._literal(value, held) for value in fitting]) if fitting else made != made

    # choices

    def _case(self, node: Node) -> Any:
        *pairs, otherwise = node.args
        branches = [
            (self.column(test), self._like(value, node))
            for test, value in zip(pairs[::2], pairs[1::2], strict=True)
        ]
        return ibis.cases(*branches, else_=self._like(otherwise, node))

    def _coalesce(self, node: Node) -> Any:
        value, fallback = node.args
        return ibis.coalesce(self._like(value, node), self._like(fallback, node))

    # numbers

    def _arithmetic(self, node: Node) -> Any:
        low = min(node.low, *(arg.low for arg in node.args))
        high = max(node.high, *(arg.high for arg in node.args))
        held = integer_type(low, high)
        left, right = (self._number(arg, low=low, high=high) for arg in node.args)
        match node.op:
            case "+":
                made = self._dialect.add(left, right, held)
            case "-":
                made = self._dialect.subtract(left, right, held)
            case "*":
                made = self._dialect.multiply(left, right, held)
            case "div":
                made = self._dialect.divide(left, right, held)
            case _:
                made = self._dialect.modulo(left, right, held)
        wanted = integer_type(node.low, node.high)
        if wanted == held:
            return made
        return self._dialect.from_wide(made, wanted) if held == WIDE else made.cast(wanted)

    def _within(self, node: Node) -> Any:
        (value,) = node.args
        low, high = node.extra
        made = self.column(value)
        held, wanted = self._dtype(value), self._dtype(node)
        tests = []
        if value.low < low:
            tests.append(made >= self._literal(low, held))
        if value.high > high:
            tests.append(made <= self._literal(high, held))
        inside = reduce(lambda a, b: a & b, tests)
        if held == wanted:
            return ibis.cases((inside, made), else_=self._dialect.null(held))
        if held == WIDE:
            guarded = ibis.cases((inside, made), else_=self._dialect.null(held))
            return self._dialect.from_wide(guarded, wanted)
        return ibis.cases((inside, made), else_=self._dialect.null(held)).cast(wanted)

    def _assume(self, node: Node) -> Any:
        return self._number(node.args[0], low=node.low, high=node.high)

    def _date_part(self, node: Node) -> Any:
        day = self._dialect.to_date(self.column(node.args[0]))
        return getattr(day, node.extra)().cast(self._dtype(node))

    # texts

    def _contains(self, node: Node) -> Any:
        text, part = map(self.column, node.args)
        return text.contains(part)

    def _concatenate(self, node: Node) -> Any:
        return reduce(lambda a, b: a + b, map(self.column, node.args))

    def _length(self, node: Node) -> Any:
        return self.column(node.args[0]).length().cast(self._dtype(node))

    def _piece(self, node: Node) -> Any:
        text, begin, count = map(self.column, node.args)
        return text.substr(begin.cast(dt.int32), count.cast(dt.int32))

    # lists

    def _list(self, node: Node) -> Any:
        made = ibis.array([self._item(arg, node) for arg in node.args])
        lacking = [self.column(_without_not(arg)).isnull() for arg in node.args if arg.nullable]
        if not lacking:
            return made
        unknown = reduce(lambda a, b: a | b, lacking)
        return ibis.cases((unknown, self._dialect.null(self._dtype(node))), else_=made)

    def _compact(self, node: Node) -> Any:
        made = ibis.array([self._item(arg, node) for arg in node.args])
        return made.filter(lambda item: item.notnull())

    def _item(self, item: Node, of: Node) -> Any:
        if item.kind is Kind.NUMBER:
            return self._number(item, low=of.low, high=of.high)
        return self.column(item)

    def _is_empty(self, node: Node) -> Any:
        made = self.column(node.args[0])
        return ibis.cases((made.notnull(), made.length() == 0), else_=self._dialect.null(dt.boolean))

    def _any_of(self, node: Node) -> Any:
        *lists, body = node.args
        held = [self.column(each) for each in lists]
        source = held[0] if len(held) == 1 else held[0].zip(held[1])

        def holding(item: Any, asked: Node) -> Any:
            fields = [item] if len(held) == 1 else [item.f1, item.f2]
            for place, each in enumerate(fields):
                self._elements[node.extra, place] = each
            return self.column(asked)

        name = f"item_{node.extra}"
        true = source.filter(_taking(name, lambda item: holding(item, body))).length() > 0
        branches = [(held[0].isnull(), self._dialect.null(dt.boolean)), (true, ibis.literal(value=True))]
        if body.nullable:
            plain = _without_not(body)
            unknown = source.filter(_taking(name, lambda item: holding(item, plain).isnull())).length() > 0
            branches.append((unknown, self._dialect.null(dt.boolean)))
        return ibis.cases(*branches, else_=ibis.literal(value=False))

    # results

    def final(self, outputs: Sequence[Output]) -> dict[str, Any]:
        """Return the columns of results in their public form."""
        return {output.name: self._public(output.type, output.value.parts) for output in outputs}

    def _public(self, type_: Type, parts: Sequence[Node]) -> Any:
        made = [self.column(part) for part in parts]
        if isinstance(type_, ListType):
            item = type_.item
            if item is None:
                return made[0].cast(dt.Array(dt.string))
            if len(made) == 1:
                return made[0].map(lambda each: self._public_value(item, [each], parts))
            return made[0].zip(made[1]).map(lambda each: self._public_value(item, [each.f1, each.f2], parts))
        return self._public_value(type_, made, parts)

    def _public_value(self, type_: Type, made: list[Any], parts: Sequence[Node]) -> Any:
        dialect = self._dialect
        match type_:
            case IntegerType():
                return made[0].cast(dt.int64)
            case DecimalType(scale=scale):
                return self._decimal(made[0], parts[0], scale)
            case MoneyType(currency=currency, scale=scale):
                amount = self._decimal(made[0], parts[0], scale)
                code = made[1] if len(made) > 1 else ibis.literal(currency)
                whole = ibis.struct({"amount": amount, "currency": code})
                none = dialect.null(whole.type())
                return ibis.cases((made[0].notnull(), whole), else_=none)
            case DateType():
                return dialect.to_date(made[0])
            case DateTimeType():
                return dialect.to_instant(made[0])
        return made[0]

    def _decimal(self, units: Any, part: Node, scale: int) -> Any:
        held = self._dtype(part) if part.kind is Kind.NUMBER else integer_type(part.low, part.high)
        whole = self._dialect.decimal_from_wide(units) if held == WIDE else units.cast(WIDE)
        if not scale:
            return whole
        digits = max(len(str(abs(part.low))), len(str(abs(part.high))))
        return self._dialect.scaled(whole, digits, scale)


def integer_type(low: int, high: int) -> dt.DataType:
    """Return the type that holds every number from low to high: 32 or 64 bits, or WIDE."""
    return {8: dt.int32, 16: dt.int32, 32: dt.int32, 64: dt.int64}.get(width_of(low, high), WIDE)


_METHODS = {
    **dict.fromkeys(("==", "!=", "<", "<=", ">", ">="), "comparison"),
    **dict.fromkeys(("+", "-", "*", "div", "mod"), "arithmetic"),
}


def _without_not(node: Node) -> Node:
    """Return what is as unknown as a condition: Ibis writes `NOT x IS NULL` for `(NOT x) IS NULL`."""
    while node.op == "not":
        (node,) = node.args
    return node


def _taking(name: str, function: Callable[[Any], Any]) -> Callable[..., Any]:
    """Return a function with a parameter of this name, which Ibis gives to the lambda of the query.

    Of two lambdas with one name, one within the other, the inner one would hide what the outer one is about.
    """

    def call(**given: Any) -> Any:
        return function(given[name])

    parameter = Parameter(name, Parameter.POSITIONAL_OR_KEYWORD)
    call.__signature__ = Signature([parameter])  # type: ignore[attr-defined]
    return call


def sql_of(expression: Any, dialect: str) -> str:
    """Return the query text of an expression, each stage a query of its own."""
    fused = ibis.options.sql.fuse_selects
    # put into one, the stages would write shared columns out again and again
    ibis.options.sql.fuse_selects = False
    try:
        return str(ibis.to_sql(expression, dialect=dialect))
    finally:
        ibis.options.sql.fuse_selects = fused


def with_wide_numbers(table: ir.Table, dialect: Dialect) -> ir.Table:
    """Return a table whose columns of 38 digits are held as the back end computes with them."""
    wide = {name: dialect.to_wide(table[name]) for name, held in table.schema().items() if held == WIDE}
    lists = {
        name: table[name].map(dialect.to_wide)
        for name, held in table.schema().items()
        if isinstance(held, dt.Array) and held.value_type == WIDE
    }
    return table.mutate(**wide, **lists) if wide or lists else table
