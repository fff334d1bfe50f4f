"""The SMT term of each operator, over operands that are already terms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import z3

from fairlead.audit.encoding.arithmetic import divided, fits_64_bits, rescaled, times, truncated_remainder
from fairlead.audit.encoding.calendar import is_day
from fairlead.audit.encoding.conditions import TRUE, all_of, any_of, choose, implies, negate
from fairlead.audit.encoding.space import Undecidable
from fairlead.audit.encoding.values import (
    LAST_INSTANT,
    ListValue,
    Symbolic,
    Value,
    listed,
    select,
    unknown,
)
from fairlead.facts.types import IntegerType, ListType, MoneyType, OneOfType, TextType, Type
from fairlead.logic.numbers import scale_of
from fairlead.logic.terms import Apply, Literal

if TYPE_CHECKING:
    from fairlead.audit.encoding.terms import Terms

__all__ = ["OPERATORS", "Encode"]

#: from the encoder, the term and its encoded operands to its value
Encode = Callable[["Terms", Apply, Sequence[Symbolic]], Symbolic]

_UNITS = {"hours_between": 3_600_000_000, "minutes_between": 60_000_000, "seconds_between": 1_000_000}


def _single(operands: Sequence[Symbolic]) -> list[Value]:
    for operand in operands:
        if not isinstance(operand, Value):
            raise Undecidable("a list where a single value is expected")
    return [operand for operand in operands if isinstance(operand, Value)]


def _known(operands: Sequence[Symbolic]) -> z3.BoolRef:
    return all_of(operand.known for operand in operands)


def _and(_terms: Terms, _term: Apply, operands: Sequence[Symbolic]) -> Value:
    values = _single(operands)
    false = any_of(all_of((value.known, negate(value.term))) for value in values)
    return Value(any_of((false, _known(values))), negate(false))


def _or(_terms: Terms, _term: Apply, operands: Sequence[Symbolic]) -> Value:
    values = _single(operands)
    true = any_of(all_of((value.known, value.term)) for value in values)
    return Value(any_of((true, _known(values))), true)


def _not(_terms: Terms, _term: Apply, operands: Sequence[Symbolic]) -> Value:
    (value,) = _single(operands)
    return Value(value.known, negate(value.term))


def _if(_terms: Terms, term: Apply, operands: Sequence[Symbolic]) -> Symbolic:
    values = list(operands)
    if isinstance(term.type, ListType):
        raise Undecidable("a list chosen by a condition")
    single = _single(values)
    result = single.pop() if len(single) % 2 else unknown(term.type)
    while single:
        value, condition = single.pop(), single.pop()
        result = select(condition.term, value, result)
        result = Value(all_of((condition.known, result.known)), result.term, result.currency)
    return result


def _default(_terms: Terms, term: Apply, operands: Sequence[Symbolic]) -> Symbolic:
    if isinstance(term.type, ListType):
        raise Undecidable("a list with a fallback")
    value, fallback = _single(operands)
    return select(value.known, value, fallback)


def _comparison(_terms: Terms, term: Apply, operands: Sequence[Symbolic]) -> Value:
    left, right = _single(operands)
    known = _known(operands)
    if left.currency is not None and right.currency is not None:
        known = all_of((known, left.currency == right.currency))
    one, other = left.term, right.term
    result = {
        "==": lambda: one == other,
        "!=": lambda: negate(one == other),
        "<": lambda: one < other,
        "<=": lambda: one <= other,
        ">": lambda: one > other,
        ">=": lambda: one >= other,
    }[term.operator]()
    return Value(known, z3.simplify(result) if _constant(one) and _constant(other) else result)


def _constant(term: z3.ExprRef) -> bool:
    return bool(z3.is_int_value(term) or z3.is_true(term) or z3.is_false(term))


def _in(terms: Terms, term: Apply, operands: Sequence[Symbolic]) -> Value:
    item, container = operands
    known = _known(operands)
    if not isinstance(item, Value):
        raise Undecidable("a list inside a list")
    if isinstance(container, Value):
        texts = [each.value for each in term.arguments if isinstance(each, Literal)]
        if len(texts) == 2:
            return Value(known, z3.BoolVal(texts[0] in texts[1]))
        inside = terms.space.applied("text in text", z3.BoolSort(), [item.term, container.term])
        return Value(known, any_of((item.term == container.term, inside)))
    found = container.member(item)
    if item.currency is None:
        return Value(known, found)
    if container.items is None:
        raise Undecidable("an amount in any currency looked up in a list")
    # an amount in another currency may or may not be the same
    currency = item.currency
    comparable = all_of(
        implies(held, each.currency == currency)
        for held, each in container.items
        if each.currency is not None
    )
    return Value(all_of((known, any_of((found, comparable)))), found)


def _checked(term: Apply, known: z3.BoolRef, result: z3.ArithRef) -> Value:
    if term.checked and isinstance(term.type, IntegerType):
        known = all_of((known, fits_64_bits(result)))
    return Value(known, result)


def _plus(_terms: Terms, term: Apply, operands: Sequence[Symbolic]) -> Value:
    values = _single(operands)
    total = values[0].term
    for value in values[1:]:
        total = total + value.term
    return _checked(term, _known(values), total)


def _minus(_terms: Terms, term: Apply, operands: Sequence[Symbolic]) -> Value:
    values = _single(operands)
    result = -values[0].term if len(values) == 1 else values[0].term - values[1].term
    return _checked(term, _known(values), result)


def _product(_terms: Terms, term: Apply, operands: Sequence[Symbolic]) -> Value:
    values = _single(operands)
    result = values[0].term
    for value in values[1:]:
        result = times(result, value.term)
    return _checked(term, _known(values), result)


def _quotient(_terms: Terms, term: Apply, operands: Sequence[Symbolic]) -> Value:
    top, bottom = _single(operands)
    known = all_of((_known(operands), negate(bottom.term == 0)))
    gained = term.option("scale") + scale_of(term.arguments[1].type) - scale_of(term.arguments[0].type)
    upper, lower = rescaled(top.term, max(gained, 0)), rescaled(bottom.term, max(-gained, 0))
    return Value(known, divided(upper, lower, term.option("rounding")))


def _remainder(_terms: Terms, _term: Apply, operands: Sequence[Symbolic]) -> Value:
    top, bottom = _single(operands)
    known = all_of((_known(operands), negate(bottom.term == 0)))
    return Value(known, truncated_remainder(top.term, bottom.term))


def _extreme(_terms: Terms, term: Apply, operands: Sequence[Symbolic]) -> Value:
    values = _single(operands)
    result = values[0].term
    for value in values[1:]:
        further = value.term < result if term.operator == "min" else value.term > result
        result = choose(further, value.term, result)
    return Value(_known(values), result)


def _round(_terms: Terms, term: Apply, operands: Sequence[Symbolic]) -> Value:
    (value,) = _single(operands)
    lost = scale_of(term.arguments[0].type) - term.option("scale")
    result = divided(value.term, z3.IntVal(10**lost), term.option("rounding")) if lost > 0 else value.term
    return _checked(term, value.known, result)


def _widen(terms: Terms, term: Apply, operands: Sequence[Symbolic]) -> Symbolic:
    (operand,) = operands
    actual, wanted = term.arguments[0].type, term.type
    if isinstance(operand, ListValue):
        assert isinstance(actual, ListType)
        assert isinstance(wanted, ListType)
        if actual.item is None or wanted.item is None:
            return listed(operand.known, [])
        if operand.items is None:
            if isinstance(actual.item, OneOfType | TextType):
                return operand
            raise Undecidable("a list of amounts on another scale")
        widened = [(held, _widened(terms, item, actual.item, wanted.item)) for held, item in operand.items]
        return listed(operand.known, widened)
    return _widened(terms, operand, actual, wanted)


def _widened(terms: Terms, value: Value, actual: Type, wanted: Type) -> Value:
    units = rescaled(value.term, scale_of(wanted) - scale_of(actual))
    currency = value.currency
    if isinstance(actual, MoneyType) and isinstance(wanted, MoneyType) and wanted.currency is None:
        currency = z3.IntVal(terms.space.currency(actual.currency)) if actual.currency else value.currency
    return Value(value.known, units, currency)


def _text_function(terms: Terms, term: Apply, operands: Sequence[Symbolic]) -> Value:
    values = _single(operands)
    arguments = [value.term for value in values]
    result = terms.space.applied(f"{term.operator}{len(values)}", z3.IntSort(), arguments)
    terms.space.define(result, result >= 0)
    known = _known(values)
    if term.operator == "substr":
        known = all_of((known, terms.space.applied(f"some left{len(values)}", z3.BoolSort(), arguments)))
    return Value(known, result)


def _absent(_terms: Terms, _term: Apply, operands: Sequence[Symbolic]) -> Value:
    (operand,) = operands
    return Value(TRUE, negate(operand.known))


def _days_between(_terms: Terms, _term: Apply, operands: Sequence[Symbolic]) -> Value:
    first, second = _single(operands)
    return Value(_known(operands), second.term - first.term)


def _elapsed(_terms: Terms, term: Apply, operands: Sequence[Symbolic]) -> Value:
    first, second = _single(operands)
    return Value(_known(operands), (second.term - first.term) / _UNITS[term.operator])


def _add_days(_terms: Terms, _term: Apply, operands: Sequence[Symbolic]) -> Value:
    day, count = _single(operands)
    later = day.term + count.term
    return Value(all_of((_known(operands), is_day(later))), later)


def _add_hours(_terms: Terms, _term: Apply, operands: Sequence[Symbolic]) -> Value:
    moment, count = _single(operands)
    later = moment.term + count.term * 3_600_000_000
    return Value(all_of((_known(operands), later >= 0, later <= LAST_INSTANT)), later)


def _add_months(terms: Terms, _term: Apply, operands: Sequence[Symbolic]) -> Value:
    day, count = _single(operands)
    exists, later = terms.calendar.add_months(day.term, count.term)
    return Value(all_of((_known(operands), exists)), later)


def _convert(terms: Terms, term: Apply, operands: Sequence[Symbolic]) -> Value:
    money, day = _single(operands)
    source, target = term.arguments[0].type, term.type
    assert isinstance(source, MoneyType)
    assert isinstance(target, MoneyType)
    if source.currency == target.currency:
        return Value(_known(operands), rescaled(money.term, target.scale - source.scale))
    currency = (
        money.currency
        if money.currency is not None
        else z3.IntVal(terms.space.currency(str(source.currency)))
    )
    arguments = [money.term, currency, day.term]
    name = f"converted to {target.currency} {term.option('rounding')}"
    result = terms.space.applied(name, z3.IntSort(), arguments)
    rate = terms.space.applied(f"has a rate to {target.currency}", z3.BoolSort(), [currency, day.term])
    own = currency == terms.space.currency(str(target.currency))
    lost = source.scale - target.scale
    alike = (
        divided(money.term, z3.IntVal(10**lost), term.option("rounding"))
        if lost > 0
        else rescaled(money.term, -lost)
    )
    terms.space.define(result, implies(own, all_of((rate, result == alike))))
    # rates are positive
    terms.space.define(result, implies(money.term >= 0, result >= 0))
    terms.space.define(result, implies(money.term <= 0, result <= 0))
    terms.space.define(result, all_of((result < 10**target.precision, result > -(10**target.precision))))
    return Value(all_of((_known(operands), rate)), result)


def _list(_terms: Terms, _term: Apply, operands: Sequence[Symbolic]) -> ListValue:
    return listed(_known(operands), [(TRUE, value) for value in _single(operands)])


OPERATORS: dict[str, Encode] = {
    "and": _and,
    "or": _or,
    "!": _not,
    "if": _if,
    "default": _default,
    **dict.fromkeys(("==", "!=", "<", "<=", ">", ">="), _comparison),
    "in": _in,
    "+": _plus,
    "-": _minus,
    "*": _product,
    "/": _quotient,
    "%": _remainder,
    "min": _extreme,
    "max": _extreme,
    "round": _round,
    "widen": _widen,
    "cat": _text_function,
    "substr": _text_function,
    "absent": _absent,
    "days_between": _days_between,
    **dict.fromkeys(_UNITS, _elapsed),
    "add_days": _add_days,
    "add_hours": _add_hours,
    "add_months": _add_months,
    "convert": _convert,
    "list": _list,
}
