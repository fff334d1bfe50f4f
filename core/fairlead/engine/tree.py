"""Small constructors of Python syntax trees with their positions filled in.

Generated code is built from these alone. Text of a ruleset enters only through `constant`; identifiers are
made by the generator.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from typing import Any

__all__ = [
    "NONE",
    "all_of",
    "any_of",
    "assign",
    "attribute",
    "augment",
    "binary",
    "bit",
    "call",
    "choose",
    "compare",
    "constant",
    "display",
    "each",
    "expression",
    "for_each",
    "function",
    "is_none",
    "is_not_none",
    "loop_once",
    "mapping",
    "method",
    "module",
    "name",
    "negate",
    "negative",
    "returns",
    "stop",
    "store",
    "subscript",
    "when",
]

#: the compiler wants a position on every node; generated code has no source
_AT: dict[str, Any] = {"lineno": 1, "col_offset": 0}

_LOAD = ast.Load()
_STORE = ast.Store()

_COMPARISONS: dict[str, ast.cmpop] = {
    "==": ast.Eq(),
    "!=": ast.NotEq(),
    "<": ast.Lt(),
    "<=": ast.LtE(),
    ">": ast.Gt(),
    ">=": ast.GtE(),
    "in": ast.In(),
    "is": ast.Is(),
    "is not": ast.IsNot(),
}
_BINARY: dict[str, ast.operator] = {
    "+": ast.Add(),
    "-": ast.Sub(),
    "*": ast.Mult(),
    "//": ast.FloorDiv(),
    "&": ast.BitAnd(),
    "|": ast.BitOr(),
    "<<": ast.LShift(),
}


def name(identifier: str) -> ast.expr:
    """Read a local, closure or global name."""
    return ast.Name(identifier, _LOAD, **_AT)


def constant(value: Any) -> ast.expr:
    """Return a constant: None, a boolean, an integer, text, or a tuple or frozenset of these."""
    return ast.Constant(value, **_AT)


NONE = constant(None)


def attribute(value: ast.expr, member: str) -> ast.expr:
    """Read an attribute whose name the generator chose."""
    return ast.Attribute(value, member, _LOAD, **_AT)


def subscript(value: ast.expr, key: ast.expr) -> ast.expr:
    """Read `value[key]`."""
    return ast.Subscript(value, key, _LOAD, **_AT)


def call(callee: str | ast.expr, *arguments: ast.expr) -> ast.expr:
    """Call a function by name or expression."""
    target = name(callee) if isinstance(callee, str) else callee
    return ast.Call(target, list(arguments), [], **_AT)


def method(value: ast.expr, member: str, *arguments: ast.expr) -> ast.expr:
    """Call a method."""
    return call(attribute(value, member), *arguments)


def compare(left: ast.expr, operator: str, right: ast.expr) -> ast.expr:
    """Compare two values."""
    return ast.Compare(left, [_COMPARISONS[operator]], [right], **_AT)


def binary(left: ast.expr, operator: str, right: ast.expr) -> ast.expr:
    """Combine two values."""
    return ast.BinOp(left, _BINARY[operator], right, **_AT)


def negative(value: ast.expr) -> ast.expr:
    """Return `-value`."""
    return ast.UnaryOp(ast.USub(), value, **_AT)


def negate(test: ast.expr) -> ast.expr:
    """Return `not test`, without stacking negations."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        inner = test.operand
        if isinstance(inner, ast.Compare):
            return inner
    return ast.UnaryOp(ast.Not(), test, **_AT)


def all_of(tests: Iterable[ast.expr]) -> ast.expr:
    """Join tests by `and`; true where there is none."""
    return _joined(ast.And(), tests, empty=True)


def any_of(tests: Iterable[ast.expr]) -> ast.expr:
    """Join tests by `or`; false where there is none."""
    return _joined(ast.Or(), tests, empty=False)


def _joined(operator: ast.boolop, tests: Iterable[ast.expr], *, empty: bool) -> ast.expr:
    flat: list[ast.expr] = []
    for test in tests:
        if isinstance(test, ast.BoolOp) and type(test.op) is type(operator):
            flat.extend(test.values)
        else:
            flat.append(test)
    if not flat:
        return constant(empty)
    return flat[0] if len(flat) == 1 else ast.BoolOp(operator, flat, **_AT)


def each(value: ast.expr, target: str, items: ast.expr) -> ast.expr:
    """Return a tuple of `value` for each of the items."""
    step = ast.comprehension(ast.Name(target, _STORE, **_AT), items, [], 0)
    return ast.Tuple([ast.Starred(ast.ListComp(value, [step], **_AT), _LOAD, **_AT)], _LOAD, **_AT)


def is_none(identifier: str) -> ast.expr:
    """Test that a name holds nothing."""
    return compare(name(identifier), "is", NONE)


def is_not_none(identifier: str) -> ast.expr:
    """Test that a name holds a value."""
    return compare(name(identifier), "is not", NONE)


def choose(test: ast.expr, then: ast.expr, otherwise: ast.expr) -> ast.expr:
    """Return `then if test else otherwise`."""
    return ast.IfExp(test, then, otherwise, **_AT)


def display(items: Iterable[ast.expr], *, mutable: bool = False) -> ast.expr:
    """Return a tuple, or a list."""
    elements = list(items)
    return ast.List(elements, _LOAD, **_AT) if mutable else ast.Tuple(elements, _LOAD, **_AT)


def mapping(items: Iterable[tuple[ast.expr, ast.expr]]) -> ast.expr:
    """Return a new mapping."""
    pairs = list(items)
    return ast.Dict([key for key, _ in pairs], [value for _, value in pairs], **_AT)


def bit(position: int) -> ast.expr:
    """Return the integer with one bit set.

    A far bit is shifted when it is needed: as constants, the bits of a long table would take space that
    grows with the square of its rows.
    """
    if position < 120:
        return constant(1 << position)
    return binary(constant(1), "<<", constant(position))


def assign(target: str, value: ast.expr) -> ast.stmt:
    """Bind a name."""
    return ast.Assign([ast.Name(target, _STORE, **_AT)], value, **_AT)


def store(value: ast.expr, key: ast.expr, stored: ast.expr) -> ast.stmt:
    """Set `value[key]`."""
    return ast.Assign([ast.Subscript(value, key, _STORE, **_AT)], stored, **_AT)


def augment(target: str, operator: str, value: ast.expr) -> ast.stmt:
    """Combine a name's value with another, in place."""
    return ast.AugAssign(ast.Name(target, _STORE, **_AT), _BINARY[operator], value, **_AT)


def expression(value: ast.expr) -> ast.stmt:
    """Evaluate for its effect."""
    return ast.Expr(value, **_AT)


def when(test: ast.expr, then: Sequence[ast.stmt], otherwise: Sequence[ast.stmt] | None = None) -> ast.stmt:
    """Branch; an empty branch is left out."""
    if not then and otherwise:
        return ast.If(negate(test), list(otherwise), [], **_AT)
    return ast.If(test, list(then) or [ast.Pass(**_AT)], list(otherwise or ()), **_AT)


def for_each(target: str, items: ast.expr, body: Sequence[ast.stmt]) -> ast.stmt:
    """Loop over items."""
    return ast.For(ast.Name(target, _STORE, **_AT), items, list(body), [], None, **_AT)


def loop_once(body: Sequence[ast.stmt]) -> ast.stmt:
    """A block that `stop` leaves."""
    return ast.While(constant(True), [*body, stop()], [], **_AT)


def stop() -> ast.stmt:
    """Leave the nearest loop."""
    return ast.Break(**_AT)


def returns(value: ast.expr) -> ast.stmt:
    """Return a value."""
    return ast.Return(value, **_AT)


def function(identifier: str, parameters: Sequence[str], body: Sequence[ast.stmt]) -> ast.stmt:
    """Define a function of positional parameters."""
    arguments = ast.arguments(
        posonlyargs=[],
        args=[ast.arg(parameter, None, None, **_AT) for parameter in parameters],
        vararg=None,
        kwonlyargs=[],
        kw_defaults=[],
        kwarg=None,
        defaults=[],
    )
    definition = ast.FunctionDef(identifier, arguments, list(body), [], None, None, **_AT)
    if hasattr(definition, "type_params"):
        definition.type_params = []
    return definition


def module(body: Sequence[ast.stmt]) -> ast.Module:
    """Return a module."""
    return ast.Module(list(body), [])
