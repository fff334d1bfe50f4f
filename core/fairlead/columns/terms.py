"""From the terms of the language to the columnar algebra."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date

from fairlead.columns import arithmetic
from fairlead.columns.algebra import Algebra
from fairlead.columns.nodes import Kind, Node
from fairlead.columns.values import Value, constant, day_number, null_value, shape_of
from fairlead.facts.types import INT64_HIGH, INT64_LOW, IntegerType, ListType, MoneyType, Type
from fairlead.logic.numbers import scale_of
from fairlead.logic.terms import Apply, Element, Literal, Missing, Quantifier, Term, Variable

__all__ = ["Rates", "Terms"]

#: (from, to) -> the rates in ascending order of their first day: (day, numerator, scale)
Rates = Mapping[tuple[str, str], Sequence[tuple[date, int, int]]]

_UNITS = {"hours_between": 3_600_000_000, "minutes_between": 60_000_000, "seconds_between": 1_000_000}
_SHIFTS = {
    "add_days": arithmetic.add_days,
    "add_hours": arithmetic.add_hours,
    "add_months": arithmetic.add_months,
}


def any_currency(type_: Type | None) -> bool:
    """Tell whether each value of a type brings its own currency."""
    return isinstance(type_, MoneyType) and type_.currency is None


class Terms:
    """Translates terms; `read` gives the columns of a name, whatever its origin."""

    def __init__(self, on: Algebra, read: Callable[[Variable], Value], rates: Rates | None = None) -> None:
        self.on = on
        self._read = read
        self._rates = rates or {}
        #: the quantifiers around what is translated, from the outermost on
        self.inside: tuple[int, ...] = ()
        self._elements: list[Value] = []
        self._quantifiers: dict[tuple[tuple[int, ...], int], int] = {}
        self._known: dict[tuple[tuple[int, ...], int], tuple[Term, Value]] = {}

    def value(self, term: Term) -> Value:
        """Return the columns of a term."""
        key = (self.inside, id(term))
        found = self._known.get(key)
        if found is None:
            # the term is kept, or its id could become another's
            found = self._known[key] = (term, self._value(term))
        return found[1]

    def test(self, term: Term) -> Node:
        """Return the column of a boolean term."""
        return self.value(term).node

    def _value(self, term: Term) -> Value:
        match term:
            case Literal():
                return constant(self.on, term.type, term.value)
            case Variable():
                return self._read(term)
            case Element():
                return self._elements[-1]
            case Missing():
                return self._missing(term)
            case Quantifier():
                return self._quantifier(term)
        assert isinstance(term, Apply)
        return self._apply(term)

    def _missing(self, term: Missing) -> Value:
        on = self.on
        absent = [on.is_null(self.value(name).parts[0]) for name in term.variables]
        names = [
            on.where(lacking, on.text(name.name))
            for lacking, name in zip(absent, term.variables, strict=True)
        ]
        none = on.constant_list((), Kind.TEXT)
        if all(name.is_null_constant for name in names):
            return Value((none,))
        listed = on.listed(names, compact=True)
        if term.at_least is not None:
            present = on.total(on.case([(lacking, on.number(0))], on.number(1)) for lacking in absent)
            enough = on.compare(">=", present, on.number(term.at_least))
            listed = on.case([(enough, none)], listed)
        return Value((listed,))

    @contextmanager
    def elements_of(self, term: Quantifier) -> Iterator[int]:
        """Translate what is inside a quantifier; give its number, which is one wherever it is asked for."""
        on, outside = self.on, self.inside
        source = self.value(term.source)
        key = (outside, id(term))
        if key not in self._quantifiers:
            self._quantifiers[key] = on.new_quantifier()
        quantifier = self._quantifiers[key]
        elements = (on.element(quantifier, place, part) for place, part in enumerate(source.parts))
        self._elements.append(Value(tuple(elements)))
        self.inside = (*outside, quantifier)
        try:
            yield quantifier
        finally:
            self._elements.pop()
            self.inside = outside

    def _quantifier(self, term: Quantifier) -> Value:
        on = self.on
        source = self.value(term.source)
        with self.elements_of(term) as quantifier:
            body = self.test(term.body)
        if term.kind == "all":
            fails = on.any_of(quantifier, source.parts, on.not_(body))
            # all of nothing is false, as in JSONLogic
            return Value((on.and_(on.not_(fails), on.not_(on.is_empty(source.parts[0]))),))
        some = on.any_of(quantifier, source.parts, body)
        return Value((some if term.kind == "some" else on.not_(some),))

    def _apply(self, term: Apply) -> Value:
        on, operator = self.on, term.operator
        operands = [self.value(argument) for argument in term.arguments]
        match operator:
            case "if":
                return self._choice(term, operands)
            case "default":
                return self._default(term, operands)
            case "absent":
                return Value((on.is_null(operands[0].parts[0]),))
            case "in":
                return Value((self._in(term, operands),))
            case "widen":
                return self._widen(operands[0], term.arguments[0].type, term.type)
            case "list":
                columns = zip(*(operand.parts for operand in operands), strict=True)
                return Value(tuple(on.listed(list(column)) for column in columns))
            case "convert":
                return Value((self._convert(term, *operands),))
            case "==" | "!=" | "<" | "<=" | ">" | ">=":
                return Value((self.compare(operator, *operands),))
        return Value((self._plain(term, [operand.node for operand in operands]),))

    def _plain(self, term: Apply, nodes: list[Node]) -> Node:
        """Return the column of an operator whose operands have one column each."""
        on, operator = self.on, term.operator
        match operator:
            case "and":
                return on.and_(*nodes)
            case "or":
                return on.or_(*nodes)
            case "!":
                return on.not_(nodes[0])
            case "cat":
                return on.concatenate(nodes)
            case "substr":
                return self._substr(*nodes)
            case "days_between":
                return on.subtract(nodes[1], nodes[0])
            case "hours_between" | "minutes_between" | "seconds_between":
                span = on.subtract(nodes[1], nodes[0])
                return arithmetic.floor_divide(on, span, _UNITS[operator])
            case "add_days" | "add_hours" | "add_months":
                return _SHIFTS[operator](on, *nodes)
        return self._number(term, nodes)

    def compare(self, operator: str, left: Value, right: Value) -> Node:
        """Compare two values; amounts of different currencies compare as unknown."""
        on = self.on
        if len(left.parts) == 1:
            return on.compare(operator, left.node, right.node)
        same = on.compare("==", left.parts[1], right.parts[1])
        return on.where(same, on.compare(operator, left.parts[0], right.parts[0]))

    def _choice(self, term: Apply, operands: Sequence[Value]) -> Value:
        on = self.on
        pairs = list(zip(operands[::2], operands[1::2], strict=False))
        last = operands[-1] if len(operands) % 2 else null_value(on, term.type)
        last = self._fitted(last, term.type)
        pairs = [(condition, self._fitted(value, term.type)) for condition, value in pairs]
        parts = []
        for place, otherwise in enumerate(last.parts):
            branches: list[tuple[Node, Node]] = []
            for condition, value in pairs:
                chosen = value.parts[place]
                if condition.node.nullable:
                    branches.append((on.is_null(condition.node), on.null(chosen.kind, chosen.item)))
                branches.append((condition.node, chosen))
            parts.append(on.case(branches, otherwise))
        return Value(tuple(parts))

    def _fitted(self, value: Value, type_: Type) -> Value:
        """Return an empty list, which fits any list, with the columns of a type."""
        if value.parts[0].op == "constant" and value.parts[0].extra == ():
            return constant(self.on, type_, ())
        if len(value.parts) != len(shape_of(type_)):
            raise UnsupportedError("a choice among empty lists")
        return value

    def _default(self, term: Apply, operands: Sequence[Value]) -> Value:
        value, fallback = (self._fitted(operand, term.type) for operand in operands)
        pairs = zip(value.parts, fallback.parts, strict=True)
        return Value(tuple(self.on.coalesce(part, other) for part, other in pairs))

    def _in(self, term: Apply, operands: Sequence[Value]) -> Node:
        on = self.on
        item, container = operands
        if not isinstance(term.arguments[1].type, ListType):
            return on.contains(container.node, item.node)
        listed = term.arguments[1]
        if len(item.parts) == 1 and container.node.op == "constant":
            return on.member(item.node, container.node.extra)
        known = on.and_(*(on.is_known(part) for part in (item.parts[0], container.parts[0])))
        quantifier = on.new_quantifier()
        elements = [on.element(quantifier, place, part) for place, part in enumerate(container.parts)]
        assert isinstance(listed.type, ListType)
        if len(item.parts) > 1 and len(elements) > 1:
            units = on.compare("==", elements[0], item.parts[0])
            currency = on.compare("==", elements[1], item.parts[1])
            body = on.where(currency, units)
        elif listed.type.item is None:
            body = on.false
        else:
            body = on.compare("==", elements[0], item.node)
        return on.where(known, on.any_of(quantifier, container.parts, body))

    def _widen(self, value: Value, actual: Type, wanted: Type) -> Value:
        on = self.on
        if isinstance(actual, ListType) and isinstance(wanted, ListType):
            return self._widen_list(value, actual, wanted)
        factor = on.number(10 ** (scale_of(wanted) - scale_of(actual)))
        units = on.multiply(value.parts[0], factor)
        if not any_currency(wanted):
            return Value((units,))
        if len(value.parts) > 1:
            return Value((units, value.parts[1]))
        assert isinstance(actual, MoneyType)
        currency = on.text(actual.currency or "")
        return Value((units, on.unless(on.is_null(units), currency) if units.nullable else currency))

    def _widen_list(self, value: Value, actual: ListType, wanted: ListType) -> Value:
        on = self.on
        if actual.item is None or wanted.item is None or actual.item == wanted.item:
            if actual.item is None and wanted.item is not None and value.node.op == "constant":
                return constant(on, wanted, ())
            return value
        if value.parts[0].op not in ("constant", "list"):
            if len(shape_of(actual)) == len(shape_of(wanted)) and scale_of(actual.item) == scale_of(
                wanted.item
            ):
                return value
            raise UnsupportedError("a list whose numbers change their scale")
        items = [self._widen(each, actual.item, wanted.item) for each in self._items(value, actual)]
        columns = zip(*(item.parts for item in items), strict=True)
        return (
            Value(tuple(on.listed(list(column)) for column in columns)) if items else constant(on, wanted, ())
        )

    def _items(self, value: Value, type_: ListType) -> list[Value]:
        """Return the items of a list that is constant or built of columns."""
        on = self.on
        columns = []
        for part in value.parts:
            if part.op == "constant":
                columns.append([on.same_kind(part, item) for item in part.extra])
            else:
                columns.append(list(part.args))
        return [Value(tuple(parts)) for parts in zip(*columns, strict=True)]

    def _substr(self, text: Node, start: Node, length: Node | None = None) -> Node:
        on = self.on
        zero = on.number(0)
        whole = on.length(text)
        start = on.clamp(start, -(2**31), 2**31 - 1)
        from_end = on.clamp(on.add(whole, start), 0, None)
        begin = on.case([(on.compare("<", start, zero), from_end)], on.assume(start, (0, 2**31 - 1)))
        begin = on.assume(begin, (0, 2**31 - 1))
        rest = on.clamp(on.subtract(whole, begin), 0, None)
        if length is not None:
            length = on.clamp(length, -(2**31), 2**31 - 1)
            shorter = on.clamp(on.add(rest, length), 0, None)
            at_most = on.case([(on.compare("<", length, rest), length)], rest)
            rest = on.case([(on.compare("<", length, zero), shorter)], at_most)
            rest = on.assume(rest, (0, 2**31 - 1))
        known = [on.is_known(node) for node in (text, start, *([length] if length is not None else []))]
        return on.where(on.and_(*known, on.compare(">", rest, zero)), on.piece(text, begin, rest))

    def _number(self, term: Apply, nodes: list[Node]) -> Node:
        on, operator = self.on, term.operator
        match operator:
            case "+":
                result = on.total(nodes)
            case "-":
                result = on.negative(nodes[0]) if len(nodes) == 1 else on.subtract(*nodes)
            case "*":
                result = self._product(term, nodes)
            case "/":
                result = self._quotient(term, *nodes)
            case "%":
                result = arithmetic.remainder(on, *nodes)
            case "min" | "max":
                result = self._extreme("<" if operator == "min" else ">", nodes)
            case "round":
                result = self._rounded(term, nodes[0])
            case _:
                raise UnsupportedError(f"the operator `{operator}`")
        if term.checked and isinstance(term.type, IntegerType):
            return on.within(result, INT64_LOW, INT64_HIGH)
        # the bounds of the type hold for every value, the ones found here may be wider
        (shape,) = shape_of(term.type)
        return on.assume(result, shape.reach)

    def _product(self, term: Apply, nodes: list[Node]) -> Node:
        if isinstance(term.type, IntegerType) and term.checked:
            return arithmetic.checked_product(self.on, nodes)
        result = nodes[0]
        for node in nodes[1:]:
            result = self.on.multiply(result, node)
        return result

    def _quotient(self, term: Apply, top: Node, bottom: Node) -> Node:
        on = self.on
        above, below = (argument.type for argument in term.arguments)
        # top / 10^a over bottom / 10^b is wanted in units of 10^-s
        gained = scale_of(term.type) + scale_of(below) - scale_of(above)
        top = on.multiply(top, on.number(10 ** max(gained, 0)))
        bottom = on.multiply(bottom, on.number(10 ** max(-gained, 0)))
        return arithmetic.divide_rounded(on, top, bottom, term.option("rounding"))

    def _rounded(self, term: Apply, node: Node) -> Node:
        on = self.on
        lost = scale_of(term.arguments[0].type) - scale_of(term.type)
        if lost <= 0:
            return on.multiply(node, on.number(10**-lost))
        return arithmetic.divide_rounded(on, node, on.number(10**lost), term.option("rounding"))

    def _extreme(self, better: str, nodes: list[Node]) -> Node:
        on = self.on
        result = nodes[0]
        for node in nodes[1:]:
            known = on.and_(on.is_known(result), on.is_known(node))
            chosen = on.case([(on.compare(better, node, result), node)], result)
            reach = self._extreme_reach(better, result, node)
            result = on.assume(on.where(known, chosen), reach)
        return result

    def _extreme_reach(self, better: str, left: Node, right: Node) -> tuple[int, int]:
        pick = min if better == "<" else max
        return pick(left.low, right.low), pick(left.high, right.high)

    def rate(self, term: Apply, currency: str | None = None) -> Node:
        """Return the rate of a conversion, unknown where there is none.

        With `currency` it is the rate of amounts in that one.
        """
        return self._rate_and_digits(term, currency)[0]

    def _rate_and_digits(self, term: Apply, code: str | None = None) -> tuple[Node, int]:
        source = term.arguments[0].type
        assert isinstance(source, MoneyType)
        wanted = str(term.option("currency"))
        money, day = (self.value(argument) for argument in term.arguments)
        known = code or source.currency
        currency = self.on.text(known) if known is not None else money.parts[1]
        digits = max(
            (rate[2] for (_, to), rates in self._rates.items() if to == wanted for rate in rates), default=0
        )
        return self._rate(currency, wanted, day.node, digits), digits

    def _convert(self, term: Apply, money: Value, day: Value) -> Node:
        on = self.on
        source, target = term.arguments[0].type, term.type
        assert isinstance(source, MoneyType)
        assert isinstance(target, MoneyType)
        units = money.parts[0]
        numerator, digits = self._rate_and_digits(term)
        top = on.multiply(on.multiply(units, numerator), on.number(10**target.scale))
        bottom = on.number(10 ** (source.scale + digits))
        known = on.and_(on.is_known(units), on.is_known(day.node))
        result = arithmetic.divide_rounded(on, top, bottom, term.option("rounding"))
        most = 10**target.precision - 1
        return on.where(known, on.within(result, -most, most))

    def _rate(self, currency: Node, target: str, day: Node, digits: int) -> Node:
        """Return the rate in force in units of 10**-digits, unknown where there is none."""
        on = self.on
        branches = []
        for (source, to), rates in self._rates.items():
            if to != target or source == target:
                continue
            own = on.compare("==", currency, on.text(source))
            in_force = [
                (
                    on.compare(">=", day, on.number(day_number(first))),
                    on.number(numerator * 10 ** (digits - scale)),
                )
                for first, numerator, scale in reversed(rates)
            ]
            if in_force:
                branches.append((own, on.case(in_force, on.null(Kind.NUMBER))))
        own = on.compare("==", currency, on.text(target))
        return on.case([(own, on.number(10**digits)), *branches], on.null(Kind.NUMBER))


class UnsupportedError(Exception):
    """Something that cannot be translated exactly; the message says what, as part of a sentence."""
