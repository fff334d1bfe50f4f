"""The code of each operator, given the fragments of its operands.

`if`, `default`, quantifiers and `missing` choose what they evaluate and stand in `emitter`.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING

from fairlead.engine import tree
from fairlead.engine.fragments import Fragment, Test, atom_name, both, comparison, either, inverse, merged
from fairlead.facts.types import (
    INT64_HIGH,
    INT64_LOW,
    MAX_DIGITS,
    IntegerType,
    ListType,
    MoneyType,
    Type,
)
from fairlead.logic.numbers import scale_of
from fairlead.logic.terms import Apply, Literal

if TYPE_CHECKING:
    from fairlead.engine.emitter import Emitter

__all__ = ["OPERATORS", "within_range"]

Emit = Callable[["Emitter", Apply, list[Fragment]], Fragment]

#: operands up to this number become one expression; more would nest it too deep
_FEW = 8

#: a constant list up to this length is searched from its start
_SHORT_LIST = 3


def within_range(value: ast.expr, type_: Type) -> ast.expr:
    """Test that a number is one that `type_` may hold: 64 bits, or 38 digits."""
    low, high = (INT64_LOW, INT64_HIGH)
    if not isinstance(type_, IntegerType):
        high = 10**MAX_DIGITS - 1
        low = -high
    return tree.all_of(
        (
            tree.compare(value, ">=", tree.constant(low)),
            tree.compare(value, "<=", tree.constant(high)),
        )
    )


def _any_currency(type_: Type) -> bool:
    return isinstance(type_, MoneyType) and type_.currency is None


def _tests(fragments: list[Fragment]) -> list[Test]:
    return [fragment for fragment in fragments if isinstance(fragment, Test)]


def _and(_emitter: Emitter, _term: Apply, operands: list[Fragment]) -> Fragment:
    return both(_tests(operands))


def _or(_emitter: Emitter, _term: Apply, operands: list[Fragment]) -> Fragment:
    return either(_tests(operands))


def _not(_emitter: Emitter, _term: Apply, operands: list[Fragment]) -> Fragment:
    return inverse(_tests(operands)[0])


def _comparison(emitter: Emitter, term: Apply, operands: list[Fragment]) -> Fragment:
    left, right = operands
    operator = term.operator
    if _any_currency(term.arguments[0].type):
        return _by_currency(emitter, operator, left, right)
    value = tree.compare(left.value, operator, right.value)
    guards = merged(operands)
    # nothing equals an empty name but another one, so beside a constant no guard is needed
    lone = len(guards) == 1 and any(
        atom_name(one) is not None and not other.guards and isinstance(constant, Literal)
        for one, other, constant in (
            (left, right, term.arguments[1]),
            (right, left, term.arguments[0]),
        )
    )
    if operator == "!=" and lone:
        return comparison(value, guards, safe_opposite=tree.compare(left.value, "==", right.value))
    return comparison(value, guards, safe=operator == "==" and lone)


def _by_currency(emitter: Emitter, operator: str, left: Fragment, right: Fragment) -> Fragment:
    first, second = emitter.held(left), emitter.held(right)

    def part(fragment: Fragment, index: int) -> ast.expr:
        return tree.subscript(fragment.value, tree.constant(index))

    same = tree.compare(part(first, 1), "==", part(second, 1))
    value = tree.compare(part(first, 0), operator, part(second, 0))
    guards = Fragment(tree.NONE, merged((first, second)))
    known = tree.all_of((guards.holds(), same)) if guards.guards else same
    return emitter.atom_test(emitter.hold(tree.choose(known, value, tree.NONE), maybe=True))


def _in(emitter: Emitter, term: Apply, operands: list[Fragment]) -> Fragment:
    item, container = operands
    guards = merged(operands)
    listed = term.arguments[1]
    if isinstance(listed.type, ListType) and listed.type.item is not None and _any_currency(listed.type.item):
        value = tree.call("money_in", item.value, container.value)
        return emitter.atom_test(_perhaps(emitter, value, guards))
    if isinstance(listed, Literal) and isinstance(listed.value, tuple):
        short = len(listed.value) <= _SHORT_LIST
        members = emitter.constant(listed.value if short else frozenset(listed.value))
        return comparison(tree.compare(item.value, "in", members), guards, safe=atom_name(item) is not None)
    return comparison(tree.compare(item.value, "in", container.value), guards)


def _perhaps(emitter: Emitter, value: ast.expr, guards: tuple[str, ...]) -> Fragment:
    """Hold the result of a function that gives None where it has none."""
    if guards:
        value = tree.choose(Fragment(tree.NONE, guards).holds(), value, tree.NONE)
    return emitter.hold(value, maybe=True)


def _checked(emitter: Emitter, term: Apply, value: ast.expr, guards: tuple[str, ...]) -> Fragment:
    if not term.checked:
        return Fragment(value, guards)
    held = emitter.held(Fragment(value, guards))
    target = atom_name(held)
    assert target is not None
    outside = tree.negate(within_range(held.value, term.type))
    if held.guards:
        outside = tree.all_of((held.holds(), outside))
    emitter.emit(tree.when(outside, [tree.assign(target, tree.NONE)]))
    return Fragment(held.value, (target,))


def _chain(operator: str, function: str) -> Emit:
    def emit(emitter: Emitter, term: Apply, operands: list[Fragment]) -> Fragment:
        values = [operand.value for operand in operands]
        if len(values) > _FEW:
            value = tree.call(function, tree.display(values))
        else:
            value = values[0]
            for other in values[1:]:
                value = tree.binary(value, operator, other)
        return _checked(emitter, term, value, merged(operands))

    return emit


def _minus(emitter: Emitter, term: Apply, operands: list[Fragment]) -> Fragment:
    if len(operands) == 1:
        value = tree.negative(operands[0].value)
    else:
        value = tree.binary(operands[0].value, "-", operands[1].value)
    return _checked(emitter, term, value, merged(operands))


def _divide(emitter: Emitter, term: Apply, operands: list[Fragment]) -> Fragment:
    top, bottom = operands
    above, below = (argument.type for argument in term.arguments)
    # top / 10^a over bottom / 10^b is wanted in units of 10^-s, so the units of top gain s + b - a digits
    gained = scale_of(term.type) + scale_of(below) - scale_of(above)
    numerator = _scaled(top.value, gained)
    bottom = emitter.held(bottom)
    denominator = _scaled(bottom.value, -gained)
    quotient = tree.call("divide_rounded", numerator, denominator, tree.constant(term.option("rounding")))
    return _unless_zero(emitter, term, quotient, (top, bottom))


def _scaled(value: ast.expr, digits: int) -> ast.expr:
    return tree.binary(value, "*", tree.constant(10**digits)) if digits > 0 else value


def _remainder(emitter: Emitter, term: Apply, operands: list[Fragment]) -> Fragment:
    top, bottom = operands[0], emitter.held(operands[1])
    return _unless_zero(emitter, term, tree.call("remainder", top.value, bottom.value), (top, bottom))


def _unless_zero(
    emitter: Emitter, term: Apply, value: ast.expr, operands: tuple[Fragment, Fragment]
) -> Fragment:
    divisor = term.arguments[1]
    guards = merged(operands)
    if isinstance(divisor, Literal) and divisor.value != 0:
        return Fragment(value, guards)
    holds = (tree.is_not_none(guard) for guard in guards)
    known = tree.all_of((*holds, tree.compare(operands[1].value, "!=", tree.constant(0))))
    return emitter.hold(tree.choose(known, value, tree.NONE), maybe=True)


def _extreme(_emitter: Emitter, term: Apply, operands: list[Fragment]) -> Fragment:
    values = [operand.value for operand in operands]
    return Fragment(tree.call("least" if term.operator == "min" else "greatest", *values), merged(operands))


def _round(emitter: Emitter, term: Apply, operands: list[Fragment]) -> Fragment:
    (operand,) = operands
    lost = scale_of(term.arguments[0].type) - scale_of(term.type)
    if lost <= 0:
        value = _scaled(operand.value, -lost)
    else:
        value = tree.call(
            "divide_rounded",
            operand.value,
            tree.constant(10**lost),
            tree.constant(term.option("rounding")),
        )
    return _checked(emitter, term, value, operand.guards)


def _widen(emitter: Emitter, term: Apply, operands: list[Fragment]) -> Fragment:
    (operand,) = operands
    actual, wanted = term.arguments[0].type, term.type
    if isinstance(actual, ListType) and isinstance(wanted, ListType):
        if actual.item is None or wanted.item is None:
            return operand
        item = emitter.fresh("x")
        widened = _widened(emitter, tree.name(item), actual.item, wanted.item)
        return Fragment(tree.each(widened, item, operand.value), operand.guards)
    if _any_currency(actual):
        operand = emitter.held(operand)
    return Fragment(_widened(emitter, operand.value, actual, wanted), operand.guards)


def _widened(emitter: Emitter, value: ast.expr, actual: Type, wanted: Type) -> ast.expr:
    gained = scale_of(wanted) - scale_of(actual)
    if isinstance(actual, MoneyType) and isinstance(wanted, MoneyType) and wanted.currency is None:
        if actual.currency is not None:
            return tree.display((_scaled(value, gained), emitter.constant(actual.currency)))
        if gained == 0:
            return value
        units = tree.subscript(value, tree.constant(0))
        return tree.display((_scaled(units, gained), tree.subscript(value, tree.constant(1))))
    return _scaled(value, gained)


def _cat(_emitter: Emitter, _term: Apply, operands: list[Fragment]) -> Fragment:
    texts = tree.display(operand.value for operand in operands)
    return Fragment(tree.method(tree.constant(""), "join", texts), merged(operands))


def _substr(emitter: Emitter, _term: Apply, operands: list[Fragment]) -> Fragment:
    value = tree.call("part_of_text", *(operand.value for operand in operands))
    return _perhaps(emitter, value, merged(operands))


def _absent(_emitter: Emitter, _term: Apply, operands: list[Fragment]) -> Fragment:
    (operand,) = operands
    if not operand.guards:
        return comparison(tree.constant(False), ())
    return comparison(tree.is_none(operand.guards[0]), ())


def _days_between(_emitter: Emitter, _term: Apply, operands: list[Fragment]) -> Fragment:
    first, second = operands
    span = tree.binary(second.value, "-", first.value)
    return Fragment(tree.attribute(span, "days"), merged(operands))


def _elapsed(unit: str) -> Emit:
    def emit(_emitter: Emitter, _term: Apply, operands: list[Fragment]) -> Fragment:
        first, second = operands
        span = tree.binary(second.value, "-", first.value)
        return Fragment(tree.binary(span, "//", tree.name(unit)), merged(operands))

    return emit


def _shift(function: str) -> Emit:
    def emit(emitter: Emitter, _term: Apply, operands: list[Fragment]) -> Fragment:
        value = tree.call(function, *(operand.value for operand in operands))
        return _perhaps(emitter, value, merged(operands))

    return emit


def _convert(emitter: Emitter, term: Apply, operands: list[Fragment]) -> Fragment:
    money, day = operands
    source, target = term.arguments[0].type, term.type
    assert isinstance(source, MoneyType)
    assert isinstance(target, MoneyType)
    amount: tuple[ast.expr, ast.expr]
    if source.currency is None:
        money = emitter.held(money)
        amount = (
            tree.subscript(money.value, tree.constant(0)),
            tree.subscript(money.value, tree.constant(1)),
        )
    else:
        amount = (money.value, emitter.constant(source.currency))
    value = tree.call(
        "convert",
        tree.name("rates"),
        *amount,
        tree.constant(source.scale),
        day.value,
        emitter.constant(target.currency),
        tree.constant(target.scale),
        tree.constant(target.precision),
        tree.constant(term.option("rounding")),
    )
    return _perhaps(emitter, value, merged((money, day)))


def _list(_emitter: Emitter, _term: Apply, operands: list[Fragment]) -> Fragment:
    return Fragment(tree.display(operand.value for operand in operands), merged(operands))


OPERATORS: dict[str, Emit] = {
    "and": _and,
    "or": _or,
    "!": _not,
    **dict.fromkeys(("==", "!=", "<", "<=", ">", ">="), _comparison),
    "in": _in,
    "+": _chain("+", "total"),
    "-": _minus,
    "*": _chain("*", "product"),
    "/": _divide,
    "%": _remainder,
    "min": _extreme,
    "max": _extreme,
    "round": _round,
    "widen": _widen,
    "cat": _cat,
    "substr": _substr,
    "absent": _absent,
    "days_between": _days_between,
    "hours_between": _elapsed("an_hour"),
    "minutes_between": _elapsed("a_minute"),
    "seconds_between": _elapsed("a_second"),
    "add_days": _shift("add_days"),
    "add_hours": _shift("add_hours"),
    "add_months": _shift("add_months"),
    "convert": _convert,
    "list": _list,
}
