"""Bringing operands to one type: reading text literals, joining types, widening numbers.

Nothing is coerced at run time. A text literal is read as a date, date-time or decimal where its neighbour
has that type; a whole number stands where an exact number is wanted; both happen once, when the rule loads.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TypeGuard

from fairlead.documents.found import found_text
from fairlead.facts.currencies import POINTS
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
    TextType,
    Type,
)
from fairlead.facts.values import UnfitValue, internal_from_json
from fairlead.logic.numbers import digits_before_point, exact_decimal, scale_of
from fairlead.logic.problems import IllTyped, at_operand
from fairlead.logic.terms import Apply, Literal, Term

__all__ = [
    "align",
    "check_members",
    "conform",
    "is_text",
    "join",
    "named",
    "narrowed",
    "read_literal",
    "read_literals",
    "time_literal",
    "unwidened",
    "widen",
]

#: what a text literal beside it is read as
_WRITTEN_AS_TEXT = (DateType, DateTimeType, DecimalType, MoneyType)


def is_text(type_: Type) -> bool:
    """Tell whether the type is text or one-of."""
    return isinstance(type_, TextType | OneOfType)


def _is_text_literal(term: Term) -> TypeGuard[Literal]:
    return isinstance(term, Literal) and is_text(term.type)


def read_literal(term: Term, wanted: Type) -> Term:
    """Read a text literal as the wanted type where that is a date, date-time or decimal; else return it."""
    if not _is_text_literal(term):
        return term
    if isinstance(wanted, DecimalType | MoneyType):
        exact = exact_decimal(term.value)
        return Literal(*exact) if exact is not None else term
    if isinstance(wanted, DateType | DateTimeType):
        return time_literal(term.value, wanted)
    return term


def read_literals(terms: Sequence[Term], wanted: Type) -> list[Term]:
    """Read each text literal as the wanted type; a problem names its position."""
    read = list(terms)
    for position, term in enumerate(terms):
        if _is_text_literal(term):
            with at_operand(position):
                read[position] = read_literal(term, wanted)
    return read


def time_literal(text: str, wanted: DateType | DateTimeType) -> Literal:
    """Return the date or date-time that a text writes; an instant must state its offset."""
    shown = found_text(text)
    try:
        # a rule has no zone of its own: the same text must be the same instant in every project
        value = internal_from_json(wanted, text, zone=None)
    except UnfitValue as unfit:
        raise IllTyped(
            "wrong-literal",
            f"`{shown}` {unfit.message if unfit.code == 'wrong-literal' else f'is not a {wanted}'}",
            found=shown,
            remedy="write a day as 2026-01-31, an instant as 2026-01-31T09:00:00Z",
        ) from None
    return Literal(wanted, value)


def check_members(terms: Sequence[Term], choices: Type) -> None:
    """Refuse text literals that are none of the values of a one-of."""
    if not isinstance(choices, OneOfType):
        return
    known = frozenset(choices.values)
    for position, term in enumerate(terms):
        if isinstance(term, Literal) and isinstance(term.type, OneOfType) and term.value not in known:
            raise IllTyped(
                "unknown-value",
                f"`{found_text(term.value)}` is not one of the values of this fact",
                found=term.value,
                allowed=choices.values,
                argument=position,
            )


def _common_digits(left: Type, right: Type) -> tuple[int, int]:
    """Return precision and scale of the narrowest exact type that holds numbers of both types."""
    scale = max(scale_of(left), scale_of(right))
    precision = max(digits_before_point(left), digits_before_point(right)) + scale
    if precision > MAX_DIGITS:
        raise IllTyped(
            "too-many-digits",
            f"one type for `{left}` and `{right}` needs {precision} digits; at most {MAX_DIGITS} are exact",
            remedy="declare smaller ranges or precisions on the facts, or round earlier",
        )
    return max(precision, 1), scale


def _join_two(left: Type, right: Type) -> Type | None:
    if left == right:
        return left
    if is_text(left) and is_text(right):
        if isinstance(left, OneOfType) and isinstance(right, OneOfType):
            return OneOfType(tuple(dict.fromkeys(left.values + right.values)))
        return TEXT
    if isinstance(left, IntegerType) and isinstance(right, IntegerType):
        return IntegerType(min(left.low, right.low), max(left.high, right.high))
    if isinstance(left, IntegerType | DecimalType) and isinstance(right, IntegerType | DecimalType):
        return DecimalType(*_common_digits(left, right))
    if isinstance(left, MoneyType) and isinstance(right, MoneyType):
        if left.currency and right.currency and left.currency != right.currency:
            return None
        # points are no currency that an amount of any currency could have
        if POINTS in (left.currency, right.currency) and left.currency != right.currency:
            return None
        currency = left.currency if left.currency == right.currency else None
        return MoneyType(currency, *_common_digits(left, right))
    if isinstance(left, ListType) and isinstance(right, ListType):
        if left.item is None or right.item is None:
            return right if left.item is None else left
        item = _join_two(left.item, right.item)
        return ListType(item) if item is not None else None
    return None


def join(types: Iterable[Type]) -> Type | None:
    """Return the narrowest type that holds values of all the types, or None where there is none."""
    joined, misfit = _joined(list(types))
    return joined if misfit is None else None


def _joined(types: Sequence[Type]) -> tuple[Type, int | None]:
    """Return the join of the first types that have one, and the position of the first that does not fit."""
    joined = types[0]
    # the values of one-of types are gathered: pair by pair, a long list would take quadratic time
    values = dict.fromkeys(joined.values) if isinstance(joined, OneOfType) else None
    for position, type_ in enumerate(types[1:], start=1):
        if values is not None and isinstance(type_, OneOfType):
            values.update(dict.fromkeys(type_.values))
            continue
        if values is not None:
            joined, values = OneOfType(tuple(values)), None
        wider = _join_two(joined, type_)
        if wider is None:
            return joined, position
        joined = wider
    return (joined if values is None else OneOfType(tuple(values))), None


def _same_form(left: Type, right: Type) -> bool:
    """Tell whether values of both types have the same internal form."""
    if isinstance(left, ListType) and isinstance(right, ListType):
        return left.item is None or right.item is None or _same_form(left.item, right.item)
    if is_text(left) and is_text(right):
        return True
    if isinstance(left, MoneyType) and isinstance(right, MoneyType):
        return left.currency == right.currency and left.scale == right.scale
    if isinstance(left, IntegerType | DecimalType) and isinstance(right, IntegerType | DecimalType):
        return scale_of(left) == scale_of(right)
    return left == right


def widen(term: Term, wanted: Type) -> Term:
    """Return the term with the internal form of `wanted`, a type that `join` gave for it."""
    if _same_form(term.type, wanted):
        return term
    return Apply(wanted, "widen", (term,))


def align(operator: str, operands: Sequence[Term]) -> tuple[list[Term], Type]:
    """Bring operands to one type: read text literals, join, widen. Refuse operands that do not fit.

    Literals beside a one-of fact must be among its values.
    """
    wanted = next((term.type for term in operands if isinstance(term.type, _WRITTEN_AS_TEXT)), None)
    if wanted is not None:
        operands = read_literals(operands, wanted)
    declared = {id(term.type): term.type for term in operands if not _written_out(term)}
    for choices in declared.values():
        check_members(operands, choices)
    joined, misfit = _joined([term.type for term in operands])
    if misfit is not None:
        found = operands[misfit].type
        subject = "a list" if operator == "list" else f"`{operator}`"
        raise IllTyped(
            "wrong-type",
            f"{subject} cannot take {named(joined)} and {named(found)} together",
            found=named(found),
            remedy=_remedy(joined, found),
            argument=misfit,
        )
    return [widen(term, joined) for term in operands], joined


def _written_out(term: Term) -> bool:
    """Tell whether a term only chooses among literals: its one-of type is what was written, not declared."""
    if term.called is not None:
        return False
    if isinstance(term, Apply) and term.operator in ("if", "list"):
        return all(_written_out(argument) for argument in term.arguments if argument.type != BOOLEAN)
    return isinstance(term, Literal)


def named(type_: Type) -> str:
    """Return a type as a problem names it: the values that a text may have are left out."""
    if isinstance(type_, ListType) and type_.item is not None:
        return f"list of {named(type_.item)}"
    return "text" if is_text(type_) else str(type_)


def _remedy(left: Type, right: Type) -> str | None:
    kinds = (left, right)
    if any(isinstance(kind, MoneyType) for kind in kinds):
        if all(isinstance(kind, MoneyType) for kind in kinds):
            return "convert one of them with `convert`, which names the currency and the date"
        return 'write an amount as {"money": ["500.00", "USD"]}'
    if any(is_text(kind) for kind in kinds) and any(
        isinstance(kind, IntegerType | DecimalType) for kind in kinds
    ):
        return 'write a number without quotes, or {"decimal": "0.05"} for an exact decimal'
    if DATE in kinds and DATE_TIME in kinds:
        return "compare with `as_of_date` for days, or with `as_of` for instants"
    if isinstance(left, IntegerType) and isinstance(right, DecimalType):
        return 'round it: {"round": [..., {"scale": 0, "rounding": "half_even"}]}'
    return None


def conform(term: Term, wanted: Type) -> Term:
    """Return the term as a value of a declared type, or refuse it.

    Used where a document declares a result: a one-of result takes only its values, a date result reads
    text literals as dates, an exact result takes fewer digits after the point, never more.
    """
    if isinstance(term, Apply) and term.operator == "if":
        arguments = list(term.arguments)
        last_value = len(arguments) - 1 if len(arguments) % 2 else None
        values = []
        for index, argument in enumerate(arguments):
            if index % 2 == 1 or index == last_value:
                arguments[index] = conform(unwidened(argument), wanted)
                values.append(arguments[index].type)
        return replace(term, type=narrowed(wanted, join(values) or wanted), arguments=tuple(arguments))
    term = read_literal(term, wanted)
    actual = term.type
    if isinstance(wanted, OneOfType) and isinstance(actual, OneOfType):
        for value in actual.values:
            if value not in wanted.values:
                raise IllTyped(
                    "unknown-value",
                    f"`{found_text(value)}` is not one of the declared values",
                    found=value,
                    allowed=wanted.values,
                )
        return term
    if isinstance(wanted, TextType) and is_text(actual):
        return term
    if isinstance(wanted, IntegerType) and isinstance(actual, IntegerType):
        if actual.low < wanted.low or actual.high > wanted.high:
            raise IllTyped(
                "out-of-range",
                f"the result can be from {actual.low} to {actual.high}, "
                f"outside the declared {wanted.low} to {wanted.high}",
                remedy="widen the declared range, or bound the expression with `min` and `max`",
            )
        return term
    if isinstance(wanted, DecimalType) and isinstance(actual, IntegerType | DecimalType):
        _fits(actual, wanted)
        return widen(term, wanted)
    if isinstance(wanted, MoneyType) and isinstance(actual, MoneyType):
        if wanted.currency not in (actual.currency, None):
            raise IllTyped(
                "wrong-currency",
                f"the result is {actual}, declared is {wanted}",
                found=str(actual),
                remedy="convert it with `convert`, which names the currency and the date",
            )
        _fits(actual, wanted)
        return widen(term, wanted)
    if isinstance(wanted, ListType) and isinstance(actual, ListType):
        # the wanted type goes first: a join keeps the order of its values
        if actual.item is None or (wanted.item is not None and join((wanted, actual)) == wanted):
            return widen(term, wanted)
    elif actual == wanted or (wanted == BOOLEAN and actual == BOOLEAN):
        return term
    raise IllTyped(
        "wrong-type",
        f"this is {named(actual)}, declared is {wanted}",
        found=named(actual),
        remedy=_remedy(wanted, actual),
    )


def narrowed(wanted: Type, actual: Type) -> Type:
    """Return the declared type with the digits or the range that the values really have."""
    if isinstance(wanted, IntegerType | MoneyType) and isinstance(actual, IntegerType | MoneyType):
        return actual
    return wanted


def unwidened(term: Term) -> Term:
    """Return the term without the widening that `align` put around it."""
    return term.arguments[0] if isinstance(term, Apply) and term.operator == "widen" else term


def _fits(actual: Type, wanted: DecimalType | MoneyType) -> None:
    if scale_of(actual) > wanted.scale:
        raise IllTyped(
            "rounding-needed",
            f"the result has {scale_of(actual)} digits after the point, {wanted} holds {wanted.scale}",
            remedy=f'round it: {{"round": [..., {{"scale": {wanted.scale}, "rounding": "half_even"}}]}}',
        )
    if digits_before_point(actual) > wanted.precision - wanted.scale:
        raise IllTyped(
            "too-many-digits",
            f"the result can have {digits_before_point(actual)} digits before the point, "
            f"{wanted} holds {wanted.precision - wanted.scale}",
            remedy="declare a larger precision, or smaller ranges on the facts",
        )
