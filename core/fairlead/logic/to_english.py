"""Writing English: the sentence a compliance officer reads, made from the term that runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeGuard

from fairlead.facts.types import (
    BOOLEAN,
    DateTimeType,
    DateType,
    DecimalType,
    ListType,
    MoneyType,
    Type,
)
from fairlead.facts.values import decimal_text, json_from_internal
from fairlead.logic.extra_operators import filled
from fairlead.logic.operators import OPERATORS
from fairlead.logic.terms import Apply, Call, Element, Literal, Missing, Quantifier, Term, Variable

__all__ = ["to_english", "value_in_english"]

Titles = Callable[[str], str]

_QUANTIFIED = {
    "all": "each element of {0}, of which there is at least one, is such that {1}",
    "some": "at least one element of {0} is such that {1}",
    "none": "no element of {0} is such that {1}",
}

_ROUNDED = {
    "half_even": "to the nearest, ties to even",
    "half_up": "to the nearest, ties away from zero",
    "half_down": "to the nearest, ties towards zero",
    "up": "away from zero",
    "down": "towards zero",
    "floor": "down",
    "ceiling": "up",
}

_TIMES = {"as_of": "the time of evaluation", "as_of_date": "the day of evaluation"}

_IN_TIME = {"<": "is before", "<=": "is {} or before", ">": "is after", ">=": "is {} or after"}

#: operators that move a date or an instant by a count of what their names say
_SHIFTS = ("add_days", "add_hours", "add_months")
_COMPARISONS = frozenset(("==", "!=", "<", "<=", ">", ">="))

#: what stands beside a comparison without brackets
_PLAIN_NOUNS = frozenset(
    (
        *("+", "-", "*", "%", "min", "max", "cat", "substr", *_SHIFTS, "convert"),
        *("days_between", "hours_between", "minutes_between", "seconds_between"),
    )
)

# where a term stands decides whether it needs brackets
_ALONE, _JOINED, _COMPARED, _INSIDE = range(4)


def to_english(term: Term, title: Titles | None = None) -> str:
    """Return a term as English words.

    `title` gives the words for a name: a noun phrase ("enquiry channel"), for booleans a clause ("the
    patient sent medical records"). Without it names stand as they are.
    """
    return _Writer(title).write(term)


def value_in_english(type_: Type, value: Any) -> str:
    """Return an internal value as words; unknown is "not known"."""
    if value is None:
        return "not known"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(type_, ListType):
        return _values(type_, value, "and")
    if isinstance(type_, DecimalType):
        return decimal_text(value, type_.scale)
    if isinstance(type_, MoneyType):
        shown = json_from_internal(type_, value)
        return f"{shown['amount']} {shown['currency']}"
    if isinstance(type_, DateTimeType):
        return f"{value:%Y-%m-%d %H:%M:%S} UTC" if value.second else f"{value:%Y-%m-%d %H:%M} UTC"
    if isinstance(value, str):
        return _quoted(value)
    return str(value)


def _quoted(text: str) -> str:
    """Return a text in quotes; what a reader could not see, or take for its end, is written out."""
    marked = (
        f"\\{mark}" if mark in '"\\' else mark if mark.isprintable() else f"\\u{ord(mark):04x}"
        for mark in text
    )
    return f'"{"".join(marked)}"'


def _values(type_: ListType, values: Sequence[Any], word: str) -> str:
    if type_.item is None:
        return "nothing"
    return _series([value_in_english(type_.item, value) for value in values], word)


def _series(parts: Sequence[str], word: str) -> str:
    if not parts:
        return "nothing"
    if len(parts) == 1:
        return parts[0]
    return f"{', '.join(parts[:-1])} {word} {parts[-1]}"


def _counted(count: Term, unit: str) -> str | None:
    """Return a literal number of days or months from a day on: `1 day after`."""
    if not isinstance(count, Literal):
        return None
    number = abs(count.value)
    return f"{number} {unit}{'s' if number != 1 else ''} {'before' if count.value < 0 else 'after'}"


def _plain(term: Term, place: int) -> bool:
    """Tell whether a compound needs no brackets where it stands."""
    if place == _ALONE:
        return True
    if place == _INSIDE or not isinstance(term, Apply):
        return False
    if place == _COMPARED:
        return term.operator in _PLAIN_NOUNS
    subject = term.arguments[0]
    if term.operator == "!":
        return _asks_for_value(subject)
    if term.operator == "in":
        choices = term.arguments[1]
        return not isinstance(choices, Apply) and not (
            isinstance(choices, Literal) and isinstance(choices.type, ListType) and len(choices.value) > 1
        )
    # clauses about clauses (whether …, exactly when …) keep theirs
    return term.operator in (*_COMPARISONS, "absent") and subject.type != BOOLEAN


def _asks_for_value(term: Term) -> bool:
    """Tell whether a term asks if a name that is no clause is absent."""
    return _applies(term, "absent") and term.children[0].type != BOOLEAN


def _applies(term: Term, operator: str) -> TypeGuard[Apply]:
    """Tell whether a term was written as this operator, and is no expansion of an extra one."""
    return isinstance(term, Apply) and term.operator == operator and term.called is None


class _Writer:
    def __init__(self, title: Titles | None) -> None:
        self.title = title

    def named(self, variable: Variable) -> str:
        """Return the words for a name."""
        if self.title is None:
            return variable.name
        return _TIMES[variable.name] if variable.origin == "time" else self.title(variable.name)

    def write(self, term: Term, place: int = _ALONE) -> str:
        """Return the words of a term, in brackets where its place needs them."""
        if term.called is not None:
            said = self.call(term.called)
            return said if place == _ALONE else f"({said})"
        if isinstance(term, Apply) and term.operator == "widen":
            return self.write(term.arguments[0], place)
        if isinstance(term, Literal):
            return self.value(term)
        if isinstance(term, Variable):
            return self.named(term)
        if isinstance(term, Element):
            return "it"
        if isinstance(term, Quantifier):
            text = _QUANTIFIED[term.kind].format(self.write(term.source, _INSIDE), self.write(term.body))
        elif isinstance(term, Missing):
            text = self.missing(term)
        else:
            assert isinstance(term, Apply)
            text = self.apply(term)
        return text if _plain(term, place) else f"({text})"

    def call(self, call: Call) -> str:
        """Return the words that an extra operator has for itself."""
        operands = (self.write(operand, _INSIDE) for operand in call.operands)
        names = (parameter.name for parameter in call.operator.parameters)
        return filled(call.operator.words["en"], dict(zip(names, operands, strict=True)))

    def value(self, term: Literal) -> str:
        """Return a literal; a list of choices reads as alternatives."""
        if isinstance(term.value, bool):
            return "true" if term.value else "false"
        if isinstance(term.type, ListType):
            return _values(term.type, term.value, "or")
        return value_in_english(term.type, term.value)

    def missing(self, term: Missing) -> str:
        names = _series([self.named(variable) for variable in term.variables], "and")
        text = f"those of {names} that are not known"
        if term.at_least is None:
            return text
        return (
            f"{text} (none as soon as {term.at_least} of them {'are' if term.at_least > 1 else 'is'} known)"
        )

    def apply(self, term: Apply) -> str:
        operator, operands = term.operator, term.arguments
        special = {
            "!": self.negation,
            "absent": self.absence,
            "default": self.fallback,
            "if": self.branches,
            "in": self.membership,
            "list": self.alternatives,
            "max": self.extreme,
            "min": self.extreme,
            **dict.fromkeys(_COMPARISONS, self.comparison),
        }
        if operator in special:
            return special[operator](term)
        if operator == "-" and len(operands) == 1:
            return f"minus {self.write(operands[0], _INSIDE)}"
        if operator == "substr":
            return self.part(operands)
        counted = _counted(operands[1], operator[4:-1]) if operator in _SHIFTS else None
        if counted is not None:
            return f"{counted} {self.write(operands[0], _INSIDE)}"
        entry = OPERATORS[operator]
        place = _JOINED if operator in ("and", "or") else _INSIDE
        parts = [self.write(operand, place) for operand in operands]
        settings = dict(term.options)
        if "rounding" in settings:
            settings["rounding"] = _ROUNDED[settings["rounding"]]
        if "scale" in settings:
            places = settings["scale"]
            settings["scale"] = (
                f"{places} decimal{'s' if places != 1 else ''}" if places else "a whole number"
            )
        return entry.english.format(*parts, all=entry.joint.join(parts), **settings)

    def negation(self, term: Apply) -> str:
        (operand,) = term.arguments
        if _applies(operand, "absent"):
            return self.absence(operand, "known")
        if _applies(operand, "in"):
            return self.membership(operand, ("is none of", "does not contain"))
        return f"it is not so that {self.write(operand, _JOINED)}"

    def absence(self, term: Apply, state: str = "not known") -> str:
        (operand,) = term.arguments
        name = self.write(operand)
        return f"it is {state} whether {name}" if operand.type == BOOLEAN else f"{name} is {state}"

    def comparison(self, term: Apply) -> str:
        operator, (left, right) = term.operator, term.arguments
        if left.type == BOOLEAN:
            return self.agreement(operator == "==", left, right)
        words = OPERATORS[operator].english
        if operator in _IN_TIME and isinstance(left.type, DateType | DateTimeType):
            when = _IN_TIME[operator].format("on" if isinstance(left.type, DateType) else "at")
            words = f"{{0}} {when} {{1}}"
        return words.format(self.write(left, _COMPARED), self.write(right, _COMPARED))

    def agreement(self, same: bool, left: Term, right: Term) -> str:
        """Compare two clauses; with `true` or `false` it is the other clause or its opposite."""
        for literal, clause in ((right, left), (left, right)):
            if isinstance(literal, Literal):
                holds = literal.value is same
                return self.write(clause) if holds else f"it is not so that {self.write(clause, _JOINED)}"
        first, second = self.write(left, _INSIDE), self.write(right, _INSIDE)
        return f"{first} exactly when {second}" if same else f"either {first} or {second}, not both"

    def fallback(self, term: Apply) -> str:
        known, other = term.arguments
        if term.type == BOOLEAN and isinstance(other, Literal):
            clause = self.write(known)
            return f"{clause}, or that is not known" if other.value else f"it is known that {clause}"
        return f"{self.write(known)}, or {self.write(other, _INSIDE)} where that is not known"

    def membership(self, term: Apply, words: tuple[str, str] = ("is one of", "contains")) -> str:
        item, container = term.arguments
        if not isinstance(container.type, ListType):
            return f"{self.write(container, _COMPARED)} {words[1]} {self.write(item, _COMPARED)}"
        choices = self.write(container, _COMPARED)
        if isinstance(container, Apply) and container.operator == "list":
            choices = self.alternatives(container)
        return f"{self.write(item, _COMPARED)} {words[0]} {choices}"

    def alternatives(self, term: Apply) -> str:
        return _series([self.write(item, _INSIDE) for item in term.arguments], "or")

    def extreme(self, term: Apply) -> str:
        timed = isinstance(term.type, DateType | DateTimeType)
        word = {"min": ("small", "earli"), "max": ("large", "late")}[term.operator][timed]
        degree = "r" if len(term.arguments) == 2 else "st"
        ending = degree if word.endswith("e") else f"e{degree}"
        return (
            f"the {word}{ending} of {_series([self.write(item, _INSIDE) for item in term.arguments], 'and')}"
        )

    def branches(self, term: Apply) -> str:
        *pairs, last = (*term.arguments, None) if len(term.arguments) % 2 == 0 else term.arguments
        parts = [
            f"{self.write(value, _COMPARED)} if {self.write(condition)}"
            for condition, value in zip(pairs[0::2], pairs[1::2], strict=True)
            if condition is not None and value is not None
        ]
        parts.append(f"otherwise {self.write(last, _COMPARED) if last is not None else 'not known'}")
        return ", ".join(parts)

    def part(self, operands: Sequence[Term]) -> str:
        text, start, *length = (self.write(operand, _INSIDE) for operand in operands)
        words = f"the part of {text} from position {start}"
        return f"{words}, length {length[0]}" if length else words
