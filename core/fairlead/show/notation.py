"""Conditions in languages other than English: titles with what they are asked for, joined by a few words.

A sentence would have to inflect titles that a document gives in one form. Here each stays as it is:
`Kanal der Anfrage: whatsapp oder phone`. Brackets stand wherever two readings are possible.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from fairlead.facts.types import BOOLEAN, DateTimeType, DateType, ListType
from fairlead.logic.terms import Apply, Call, Element, Literal, Missing, Quantifier, Term, Variable
from fairlead.logic.to_english import value_in_english
from fairlead.show.condition_words import CONDITION_WORDS
from fairlead.show.content import Phrase, Span

if TYPE_CHECKING:
    from fairlead.show.wording import Wording

__all__ = ["Notation", "bare"]

#: a text that is read as one word, and needs no quotes
_WORD = re.compile(r"[\w.-]+")

_FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}

#: comparison -> how the table cells say it: for numbers, for days and points in time, what they fill in
_BOUNDS = {
    "<": ("high_below", "time_below", "high"),
    "<=": ("high_at_most", "time_at_most", "high"),
    ">": ("low_above", "time_above", "low"),
    ">=": ("low_at_least", "time_at_least", "low"),
}

_SIGNS = {"+": "plus", "-": "minus", "*": "times", "/": "divided", "%": "divided", "cat": "followed"}
_EXTREMES = {"min": ("smallest", "earliest"), "max": ("largest", "latest")}
_MOVES = {"add_days": "days", "add_hours": "hours", "add_months": "months"}

#: what stands before a colon without brackets
_NOUNS = frozenset(("default", "days_between", "hours_between", "minutes_between", "seconds_between"))

# where a term stands decides whether it needs brackets, and a name its quotes
_ALONE, _SUBJECT, _JOINED, _OPERAND = range(4)


def bare(term: Term) -> Term:
    """Return a term without the widening that nobody wrote."""
    while isinstance(term, Apply) and term.operator == "widen":
        term = term.arguments[0]
    return term


def _is_clause(term: Term, place: int) -> bool:
    """Tell whether a name stands where its being true is meant."""
    return term.type == BOOLEAN and place in (_ALONE, _JOINED)


class Notation:
    """The conditions of the decisions about one entity, in the language of a page that is not English."""

    def __init__(self, wording: Wording, entity: str) -> None:
        self._wording = wording
        self._entity = entity

    def write(self, term: Term, place: int = _ALONE) -> Phrase:
        """Return a term as a phrase, in brackets where its place needs them."""
        term = bare(term)
        if term.called is not None:
            return self._set(self._call(term.called), place)
        match term:
            case Literal():
                return self._literal(term)
            case Variable():
                return self._variable(term, place)
            case Element():
                element = self._word("element")
                return self._with_yes(element) if _is_clause(term, place) else element
            case Quantifier():
                source, body = self.write(term.source, _OPERAND), self.write(term.body)
                return self._set(self._word(term.kind, source=source, body=body), place)
            case Missing():
                return self._set(self._missing(term), place)
        assert isinstance(term, Apply)
        return self._apply(term, place)

    def _call(self, call: Call) -> Phrase:
        """Return the words that an extra operator has for itself."""
        names = (parameter.name for parameter in call.operator.parameters)
        operands = dict(zip(names, self._operands(call.operands), strict=True))
        return self._wording.filled(call.operator.words, operands)

    def _word(self, key: str, **parts: Phrase | str) -> Phrase:
        language = self._wording.language
        return Phrase.filled(CONDITION_WORDS[key][language], language, parts)

    def _set(self, said: Phrase, place: int) -> Phrase:
        """Return what has several words, in brackets where it stands among others."""
        return self._word("brackets", said=said) if place in (_JOINED, _OPERAND) else said

    def _clause(self, said: Phrase, place: int) -> Phrase:
        """Return what no `and` or `or` can tear apart, in brackets where it is compared."""
        return self._word("brackets", said=said) if place == _OPERAND else said

    def _join(self, parts: Iterable[Phrase], between: Phrase) -> Phrase:
        spans: list[Span] = []
        for part in parts:
            spans += [*between.spans, *part.spans] if spans else part.spans
        return Phrase(tuple(spans))

    # names and values

    def _variable(self, variable: Variable, place: int) -> Phrase:
        title = self._wording.name(variable.name, self._entity)
        if _is_clause(variable, place):
            return self._with_yes(title)
        name = self._word("quoted", name=title) if place in (_JOINED, _OPERAND) else title
        value = self._wording.constant(variable.name)
        return self._word("with_value", name=name, value=self._literal(value)) if value is not None else name

    def _with_yes(self, subject: Phrase) -> Phrase:
        return self._word("asked", subject=subject, answer=self._wording.word("yes"))

    def _literal(self, term: Literal) -> Phrase:
        if isinstance(term.type, ListType) and not term.value:
            return self._word("nothing")
        if isinstance(term.type, ListType) and term.type.item is not None:
            items = [self._literal(Literal(term.type.item, value)) for value in term.value]
            return self._join(items, self._word("series"))
        if isinstance(term.value, str) and not _WORD.fullmatch(term.value):
            return Phrase.plain(value_in_english(term.type, term.value))
        return self._wording.value(term.type, term.value)

    def _missing(self, term: Missing) -> Phrase:
        names = self._join((self.write(name, _OPERAND) for name in term.variables), self._word("series"))
        missing = self._word("missing", names=names)
        if term.at_least is None:
            return missing
        return self._word("missing_some", missing=missing, count=str(term.at_least))

    # operators

    def _apply(self, term: Apply, place: int) -> Phrase:
        operands = term.arguments
        match term.operator:
            case "and" | "or":
                joint = self._word("and") if term.operator == "and" else self._wording.word("or")
                parts = [self.write(operand, _JOINED) for operand in operands]
                return self._set(self._join(parts, joint), place) if len(parts) > 1 else parts[0]
            case "!":
                return self._negation(operands[0], place)
            case "absent":
                return self._clause(self._asked(operands[0], self._word("not_known")), place)
            case "==" | "!=" if operands[0].type == BOOLEAN:
                return self._agreement(term, place)
            case "==" | "!=" | "<" | "<=" | ">" | ">=":
                return self._set(self._comparison(term), place)
            case "in":
                return self._set(self._membership(term, holds=True), place)
            case "default":
                asks = term.type == BOOLEAN
                known = self.write(operands[0], _ALONE if asks else place)
                said = self._word("where_unknown", known=known, other=self.write(operands[1], _OPERAND))
                return self._clause(said, place) if asks else said
            case "list":
                return self._set(self._series(operands), place)
            case "if":
                return self._set(self._branches(operands), place)
            case "days_between" | "hours_between" | "minutes_between" | "seconds_between":
                start, end = self._operands(operands)
                return self._set(self._word(term.operator, start=start, end=end), place)
            case "min" | "max":
                timed = isinstance(term.type, DateType | DateTimeType)
                key = _EXTREMES[term.operator][timed]
                return self._set(self._word(key, all=self._series(operands)), place)
        return self._set(self._calculation(term), place)

    def _operands(self, operands: Sequence[Term]) -> list[Phrase]:
        return [self.write(operand, _OPERAND) for operand in operands]

    def _series(self, operands: Sequence[Term]) -> Phrase:
        return self._join(self._operands(operands), self._word("series"))

    def _asked(self, subject: Term, answer: Phrase) -> Phrase:
        subject = bare(subject)
        stands_alone = subject.operator in _NOUNS if isinstance(subject, Apply) else not subject.children
        stands_alone = stands_alone and subject.called is None
        said = self.write(subject, _SUBJECT if stands_alone else _OPERAND)
        return self._word("asked", subject=said, answer=answer)

    def _negation(self, operand: Term, place: int) -> Phrase:
        match operand:
            case Variable() | Element():
                return self._clause(self._asked(operand, self._wording.word("no")), place)
            case Apply(operator="absent", called=None):
                return self._clause(self._asked(operand.arguments[0], self._word("known")), place)
            case Apply(operator="in", called=None):
                return self._set(self._membership(operand, holds=False), place)
        return self._clause(self._word("not", clause=self.write(operand)), place)

    def _agreement(self, term: Apply, place: int) -> Phrase:
        """Compare two clauses; with yes or no it is the other clause or its opposite."""
        same, (left, right) = term.operator == "==", term.arguments
        for literal, clause in ((right, left), (left, right)):
            if isinstance(literal, Literal):
                return self.write(clause, place) if literal.value is same else self._negation(clause, place)
        first, second = self._operands(term.arguments)
        return self._set(self._word("same" if same else "different", left=first, right=second), place)

    def _comparison(self, term: Apply) -> Phrase:
        operator, (subject, other) = term.operator, map(bare, term.arguments)
        if isinstance(subject, Literal) and not isinstance(other, Literal):
            operator, subject, other = _FLIPPED.get(operator, operator), other, subject
        value = self.write(other, _OPERAND)
        if operator in _BOUNDS:
            *keys, part = _BOUNDS[operator]
            timed = isinstance(subject.type, DateType | DateTimeType)
            return self._asked(subject, self._wording.word(keys[timed], **{part: value}))
        return self._asked(subject, value if operator == "==" else self._word("other_than", object=value))

    def _membership(self, term: Apply, *, holds: bool) -> Phrase:
        item, container = term.arguments
        match container:
            case Literal(type=ListType(item=item_type), value=values) if item_type is not None:
                choices = [self._literal(Literal(item_type, value)) for value in values]
            case Apply(operator="list"):
                choices = self._operands(container.arguments)
            case _:
                answer = self._word("contains" if holds else "lacks", item=self.write(item, _OPERAND))
                return self._asked(container, answer)
        if holds:
            return self._asked(item, self._join(choices, self._wording.word("or")))
        return self._asked(item, self._word("none_of", choices=self._join(choices, self._word("series"))))

    def _branches(self, operands: Sequence[Term]) -> Phrase:
        conditions, values = operands[0:-1:2], operands[1::2]
        steps = [
            self._word("when", condition=self.write(condition), value=self.write(value, _JOINED))
            for condition, value in zip(conditions, values, strict=True)
        ]
        has_last = len(operands) % 2 == 1
        last = self.write(operands[-1], _JOINED) if has_last else self._word("not_known")
        return self._join([*steps, self._word("else", value=last)], self._word("steps"))

    def _calculation(self, term: Apply) -> Phrase:
        operands, options = self._operands(term.arguments), dict(term.options)
        match term.operator:
            case "-" if len(operands) == 1:
                said = self._word("negative", value=operands[0])
            case "%":
                said = self._word("remainder", quotient=self._join(operands, self._word("divided")))
            case "convert":
                amount, day = operands
                mode, currency = self._word(options["rounding"]), options["currency"]
                return self._word("convert", amount=amount, currency=currency, day=day, mode=mode)
            case "substr":
                text, start, *length = operands
                part = self._word("part", text=text, start=start)
                said = self._word("part_of_length", part=part, length=length[0]) if length else part
            case "add_days" | "add_hours" | "add_months":
                said = self._word(_MOVES[term.operator], moved=self._moved(term))
            case "round":
                said = operands[0]
            case operator:
                said = self._join(operands, self._word(_SIGNS[operator]))
        if "rounding" not in options:
            return said
        scale = options["scale"]
        places = self._word("places", count=str(scale)) if scale else self._word("whole")
        return self._word("rounded", value=said, places=places, mode=self._word(options["rounding"]))

    def _moved(self, term: Apply) -> Phrase:
        """Return a day or an instant and what is added to it, or taken away."""
        day, count = term.arguments
        back = isinstance(count, Literal) and count.value < 0
        number = (
            Phrase.plain(str(abs(count.value))) if isinstance(count, Literal) else self.write(count, _OPERAND)
        )
        return self._join([self.write(day, _OPERAND), number], self._word("minus" if back else "plus"))
