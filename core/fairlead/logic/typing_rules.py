"""The typing rule of each operator: operands and settings in, a well-typed term out, or `IllTyped`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from fairlead.facts.types import (
    BOOLEAN,
    DATE,
    DATE_TIME,
    MAX_DIGITS,
    TEXT,
    DateTimeType,
    DateType,
    DecimalType,
    IntegerType,
    ListType,
    MoneyType,
    OneOfType,
    Type,
)
from fairlead.logic.conversion import (
    align,
    check_members,
    is_text,
    join,
    named,
    read_literal,
    read_literals,
    unwidened,
    widen,
)
from fairlead.logic.numbers import (
    bounded_integer,
    decimal_type,
    digits_before_point,
    is_number,
    scale_of,
)
from fairlead.logic.problems import IllTyped, at_operand
from fairlead.logic.terms import Apply, Literal, Term, Variable

Options = Mapping[str, Any]

#: seconds in the years 1 to 9999, the span of a date-time
_LONGEST_SECONDS = 10_000 * 366 * 86_400


def _type_problem(
    operator: str, wanted: str, term: Term, argument: int, remedy: str | None = None
) -> IllTyped:
    found = named(term.type)
    return IllTyped(
        "wrong-type",
        f"`{operator}` takes {wanted}, found {found}",
        found=found,
        remedy=remedy,
        argument=argument,
    )


def _booleans(operator: str, terms: Sequence[Term]) -> None:
    for position, term in enumerate(terms):
        if term.type != BOOLEAN:
            raise _no_condition(operator, term, position)


def _no_condition(operator: str, term: Term, position: int) -> IllTyped:
    remedy = 'nothing counts as true but true itself; compare, or ask {"!": [{"absent": "..."}]}'
    return _type_problem(operator, "true or false", term, position, remedy)


def boolean(operator: str, terms: Sequence[Term], options: Options) -> Term:
    """`and`, `or`, `!`: booleans in, a boolean out."""
    _booleans(operator, terms)
    if operator != "!" and len(terms) == 1:
        return terms[0]
    return Apply(BOOLEAN, operator, tuple(terms))


def branch(operator: str, terms: Sequence[Term], options: Options) -> Term:
    """`if`: conditions are boolean, all values have one type."""
    if len(terms) == 1:
        return terms[0]
    terms = list(terms)
    odd = len(terms) % 2
    conditions = range(0, len(terms) - odd, 2)
    for position in conditions:
        if terms[position].type != BOOLEAN:
            raise _no_condition(operator, terms[position], position)
    places = [*range(1, len(terms), 2), *([len(terms) - 1] if odd else [])]
    try:
        values, joined = align(operator, [terms[place] for place in places])
    except IllTyped as error:
        error.path = (places[error.path[0]], *error.path[1:]) if error.path else ()
        raise
    for place, value in zip(places, values, strict=True):
        terms[place] = value
    return Apply(joined, operator, tuple(terms))


def equality(operator: str, terms: Sequence[Term], options: Options) -> Term:
    """`==`, `!=`: two values of one type; lists are not compared."""
    operands, joined = align(operator, terms)
    if isinstance(joined, ListType):
        raise _type_problem(operator, "single values", terms[0], 0, "use `in`, `all`, `some` or `none`")
    return Apply(BOOLEAN, operator, tuple(operands))


def _ordered(operator: str, terms: Sequence[Term]) -> tuple[list[Term], Type]:
    operands, joined = align(operator, terms)
    if not (is_number(joined) or isinstance(joined, DateType | DateTimeType)):
        raise _type_problem(operator, "numbers, money, dates or date-times", operands[0], 0)
    return operands, joined


def order(operator: str, terms: Sequence[Term], options: Options) -> Term:
    """`<`, `<=`, `>`, `>=`: ordered values; three operands read as a chain."""
    operands, _ = _ordered(operator, terms)
    if len(operands) == 2:
        return Apply(BOOLEAN, operator, tuple(operands))
    # each pair stands alone, so that it reads back as it is written
    pairs = pairwise(unwidened(operand) for operand in operands)
    return Apply(BOOLEAN, "and", tuple(order(operator, pair, options) for pair in pairs))


def extreme(operator: str, terms: Sequence[Term], options: Options) -> Term:
    """`min`, `max`: ordered values of one type; money needs one currency."""
    operands, joined = _ordered(operator, terms)
    _one_currency(operator, joined)
    if isinstance(joined, IntegerType):
        spans = [term.type for term in operands if isinstance(term.type, IntegerType)]
        pick = min if operator == "min" else max
        joined = IntegerType(pick(span.low for span in spans), pick(span.high for span in spans))
    return operands[0] if len(operands) == 1 else Apply(joined, operator, tuple(operands))


def _one_currency(operator: str, type_: Type) -> None:
    if isinstance(type_, MoneyType) and type_.currency is None:
        raise IllTyped(
            "currency-not-known",
            f"`{operator}` needs money in one currency that is known when the ruleset loads",
            remedy="convert it first with `convert`, which names the currency and the date",
        )


def _numbers(operator: str, terms: Sequence[Term]) -> list[Term]:
    """Read text literals beside exact numbers as decimals and refuse what is no number."""
    exact = next((term.type for term in terms if isinstance(term.type, DecimalType | MoneyType)), None)
    # beside money a text literal can only be a factor, never an amount
    wanted = DecimalType(1, 0) if exact is not None else None
    read = read_literals(terms, wanted) if wanted is not None else list(terms)
    for position, term in enumerate(read):
        if not is_number(term.type):
            raise _type_problem(
                operator,
                "numbers",
                term,
                position,
                'write an exact decimal as {"decimal": "0.05"}' if is_text(term.type) else None,
            )
        _one_currency(operator, term.type)
    return read


def member(operator: str, terms: Sequence[Term], options: Options) -> Term:
    """`in`: a value in a list, or a text inside a text."""
    item, container = terms
    if is_text(item.type) and is_text(container.type):
        return Apply(BOOLEAN, operator, (item, container))
    if not isinstance(container.type, ListType):
        raise _type_problem(operator, "a value and a list, or two texts", container, 1)
    if isinstance(item.type, ListType):
        raise _type_problem(operator, "a single value first", item, 0)
    if container.type.item is None:
        return Apply(BOOLEAN, operator, (item, container))
    listed: Term = container
    if isinstance(container, Literal):
        listed = _read_list(container, item.type)
        if is_text(container.type.item) and not isinstance(item, Literal):
            with at_operand(1):
                check_members(_items(container), item.type)
    elif isinstance(container, Apply) and container.operator == "list":
        if not isinstance(item, Literal):
            listed = _checked_list(container, item.type)
    elif isinstance(item, Literal):
        (item,) = read_literals([item], container.type.item)
        check_members([item], container.type.item)
    joined = join((ListType(item.type), listed.type))
    if not isinstance(joined, ListType) or joined.item is None:
        raise _type_problem(operator, f"a list of {named(item.type)}", container, 1)
    return Apply(BOOLEAN, operator, (widen(item, joined.item), widen(listed, joined)))


def _checked_list(container: Apply, wanted: Type) -> Term:
    """Read the literals of a list of terms as the wanted type; refuse what is none of its values."""
    with at_operand(1):
        items = read_literals([unwidened(item) for item in container.arguments], wanted)
        check_members(items, wanted)
        return listing("list", items, {})


def _items(container: Literal) -> list[Term]:
    """Return the items of a list of text literals, as terms."""
    return [Literal(OneOfType((value,)), value) for value in container.value]


def _read_list(container: Literal, wanted: Type) -> Literal:
    """Read the text items of a list literal as the wanted type."""
    assert isinstance(container.type, ListType)
    item = container.type.item
    if item is None or not is_text(item):
        return container
    with at_operand(1):
        items = read_literals(_items(container), wanted)
    joined = join(term.type for term in items)
    if joined is None or is_text(joined):
        return container
    scaled = tuple(
        term.value * 10 ** (scale_of(joined) - scale_of(term.type)) if is_number(joined) else term.value
        for term in items
        if isinstance(term, Literal)
    )
    return Literal(ListType(joined), scaled)


def addition(operator: str, terms: Sequence[Term], options: Options) -> Term:
    """`+`: integers, exact numbers, or money in one currency."""
    operands = _numbers(operator, terms)
    if len(operands) == 1:
        return operands[0]
    return _sum(operator, operands, [1] * len(operands))


def subtraction(operator: str, terms: Sequence[Term], options: Options) -> Term:
    """`-`: a difference, or with one operand its negative."""
    operands = _numbers(operator, terms)
    return _sum(operator, operands, [-1] if len(operands) == 1 else [1, -1])


def _sum(operator: str, operands: Sequence[Term], signs: Sequence[int]) -> Term:
    aligned, joined = align(operator, operands)
    if isinstance(joined, IntegerType):
        spans = [
            (term.type.low, term.type.high) if sign > 0 else (-term.type.high, -term.type.low)
            for term, sign in zip(aligned, signs, strict=True)
            if isinstance(term.type, IntegerType)
        ]
        type_, checked = bounded_integer(sum(low for low, _ in spans), sum(high for _, high in spans))
        return Apply(type_, operator, tuple(aligned), (), checked)
    carry = len(str(len(aligned) - 1)) if len(aligned) > 1 else 0
    exact = decimal_type(digits_before_point(joined) + carry, scale_of(joined), operator)
    return Apply(_with_currency(exact, joined), operator, tuple(aligned))


def _with_currency(exact: DecimalType, like: Type) -> Type:
    return MoneyType(like.currency, exact.precision, exact.scale) if isinstance(like, MoneyType) else exact


def product(operator: str, terms: Sequence[Term], options: Options) -> Term:
    """`*`: numbers, at most one of them money; the scales add up, nothing is rounded."""
    operands = _numbers(operator, terms)
    if len(operands) == 1:
        return operands[0]
    money = [term.type for term in operands if isinstance(term.type, MoneyType)]
    if len(money) > 1:
        raise IllTyped(
            "wrong-type",
            "`*` multiplies at most one amount of money",
            remedy="multiply money by a plain number",
            argument=1,
        )
    low, high = 1, 1
    for term in operands:
        if isinstance(term.type, IntegerType):
            ends = [low * term.type.low, low * term.type.high, high * term.type.low, high * term.type.high]
            low, high = min(ends), max(ends)
    if all(isinstance(term.type, IntegerType) for term in operands):
        type_, checked = bounded_integer(low, high)
        return Apply(type_, operator, tuple(operands), (), checked)
    digits = sum(digits_before_point(term.type) for term in operands)
    exact = decimal_type(digits, sum(scale_of(term.type) for term in operands), operator)
    return Apply(_with_currency(exact, money[0]) if money else exact, operator, tuple(operands))


def division(operator: str, terms: Sequence[Term], options: Options) -> Term:
    """`/`: the exact quotient, rounded once as the rule says."""
    top, bottom = _numbers(operator, terms)
    scale = options["scale"]
    if isinstance(bottom.type, MoneyType) and (
        not isinstance(top.type, MoneyType) or top.type.currency != bottom.type.currency
    ):
        raise _type_problem(operator, f"a number or money in {bottom.type.currency} over money", top, 0)
    # |top| < 10^digits and |bottom| >= 10^-scale; one digit more because rounding can carry
    exact = decimal_type(digits_before_point(top.type) + scale_of(bottom.type) + 1, scale, operator)
    ratio = isinstance(bottom.type, MoneyType)
    type_ = exact if ratio else _with_currency(exact, top.type)
    return Apply(type_, operator, (top, bottom), tuple(sorted(options.items())))


def remainder(operator: str, terms: Sequence[Term], options: Options) -> Term:
    """`%`: what is left after a division that truncates; it has the sign of the first operand."""
    operands = _numbers(operator, terms)
    for position, term in enumerate(operands):
        if isinstance(term.type, MoneyType):
            raise _type_problem(operator, "plain numbers", term, position)
    aligned, joined = align(operator, operands)
    if isinstance(joined, IntegerType):
        top, bottom = aligned[0].type, aligned[1].type
        assert isinstance(top, IntegerType)
        assert isinstance(bottom, IntegerType)
        most = max(abs(bottom.low), abs(bottom.high), 1) - 1
        joined = IntegerType(max(-most, min(top.low, 0)), min(most, max(top.high, 0)))
    return Apply(joined, operator, tuple(aligned))


def rounding(operator: str, terms: Sequence[Term], options: Options) -> Term:
    """`round`: fewer digits after the point; with none left a plain number becomes an integer."""
    (term,) = _numbers(operator, terms)
    scale = options["scale"]
    whole = scale == 0 and not isinstance(term.type, MoneyType)
    # a decimal without digits after the point has none to lose, but becomes an integer
    if scale_of(term.type) <= scale and not (whole and isinstance(term.type, DecimalType)):
        raise IllTyped(
            "nothing-to-round",
            f"the value has {scale_of(term.type)} digits after the point already",
            remedy="leave `round` out",
            argument=0,
        )
    settings = tuple(sorted(options.items()))
    digits = digits_before_point(term.type)
    if whole:
        # rounding can carry up to the next power of ten, which no value itself reaches
        most = 10**digits if scale_of(term.type) else 10**digits - 1
        integer, checked = bounded_integer(-most, most)
        return Apply(integer, operator, (term,), settings, checked)
    return Apply(
        _with_currency(decimal_type(digits + 1, scale, operator), term.type), operator, (term,), settings
    )


def concatenation(operator: str, terms: Sequence[Term], options: Options) -> Term:
    """`cat`: texts, one after the other."""
    for position, term in enumerate(terms):
        if not is_text(term.type):
            raise _type_problem(operator, "text", term, position)
    return terms[0] if len(terms) == 1 else Apply(TEXT, operator, tuple(terms))


def substring(operator: str, terms: Sequence[Term], options: Options) -> Term:
    """`substr`: text, start, and perhaps length; negative numbers count from the end."""
    if not is_text(terms[0].type):
        raise _type_problem(operator, "text first", terms[0], 0)
    for position, term in enumerate(terms[1:], start=1):
        if not isinstance(term.type, IntegerType):
            raise _type_problem(operator, "whole numbers for start and length", term, position)
    return Apply(TEXT, operator, tuple(terms))


def absence(operator: str, terms: Sequence[Term], options: Options) -> Term:
    """`absent`: whether a name has no known value."""
    if not isinstance(terms[0], Variable):
        raise IllTyped(
            "wrong-operand",
            "`absent` takes the name of a fact or decision",
            remedy='write {"absent": "lead.budget"}',
            argument=0,
        )
    return Apply(BOOLEAN, operator, (terms[0],))


def fallback(operator: str, terms: Sequence[Term], options: Options) -> Term:
    """`var` with a second operand: the value, or the fallback where it is absent."""
    aligned, joined = align("var", terms)
    return Apply(joined, operator, tuple(aligned))


def _expect(operator: str, terms: Sequence[Term], wanted: Sequence[Type]) -> list[Term]:
    read = []
    for position, (term, type_) in enumerate(zip(terms, wanted, strict=True)):
        with at_operand(position):
            read.append(read_literal(term, type_))
        if not isinstance(read[-1].type, type(type_)):
            remedy = None
            if isinstance(type_, DateType) and isinstance(term.type, DateTimeType):
                remedy = "use `hours_between` for instants, or a fact that is a date"
            article = "an" if isinstance(type_, IntegerType) else "a"
            raise _type_problem(operator, f"{article} {type_} here", term, position, remedy)
    return read


def days(operator: str, terms: Sequence[Term], options: Options) -> Term:
    """`days_between`: whole days from the first date to the second."""
    operands = _expect(operator, terms, (DATE, DATE))
    span = 10_000 * 366
    return Apply(IntegerType(-span, span), operator, tuple(operands))


def elapsed(operator: str, terms: Sequence[Term], options: Options) -> Term:
    """`seconds_between`, `minutes_between`, `hours_between`: whole units, rounded down."""
    operands = _expect(operator, terms, (DATE_TIME, DATE_TIME))
    return Apply(IntegerType(-_LONGEST_SECONDS, _LONGEST_SECONDS), operator, tuple(operands))


def shift(operator: str, terms: Sequence[Term], options: Options) -> Term:
    """`add_days`, `add_months`: a later or earlier date; a day the month lacks becomes its last."""
    operands = _expect(operator, terms, (DATE, IntegerType()))
    return Apply(DATE, operator, tuple(operands), (), True)


def later_instant(operator: str, terms: Sequence[Term], options: Options) -> Term:
    """`add_hours`: a later or earlier instant; no calendar is asked."""
    operands = _expect(operator, terms, (DATE_TIME, IntegerType()))
    return Apply(DATE_TIME, operator, tuple(operands), (), True)


def conversion(operator: str, terms: Sequence[Term], options: Options) -> Term:
    """`convert`: money in another currency, at the rate in force on a date."""
    if not isinstance(terms[0].type, MoneyType):
        raise _type_problem(operator, "money first", terms[0], 0)
    amount, day = _expect(operator, terms, (terms[0].type, DATE))
    scale = options["scale"]
    settings = tuple(sorted((key, value) for key, value in options.items() if key != "scale"))
    # a rate can be anything: digits enough for any amount, and some to spare for what is computed from it
    money = MoneyType(options["currency"], MAX_DIGITS - 8, scale)
    return Apply(money, operator, (amount, day), settings, checked=True)


def listing(operator: str, terms: Sequence[Term], options: Options) -> Term:
    """A list of terms; unknown where one of them is."""
    if not terms:
        return Literal(ListType(None), ())
    aligned, joined = align("list", terms)
    if isinstance(joined, ListType):
        raise IllTyped(
            "wrong-type", f"a list takes single values, found {joined}", found=str(joined), argument=0
        )
    if all(isinstance(term, Literal) for term in terms) and aligned == list(terms):
        return Literal(ListType(joined), tuple(term.value for term in aligned if isinstance(term, Literal)))
    return Apply(ListType(joined), operator, tuple(aligned))
