"""From the parts of a typed ruleset to phrases in one language.

Texts of the ruleset are taken in the language asked for, else in English; fixed words come from the table
of words. Conditions are sentences in English, and titles with what they are asked for elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from fairlead.facts.types import (
    BooleanType,
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
from fairlead.facts.values import decimal_text
from fairlead.logic.terms import Apply, Literal, Term, Variable, walk
from fairlead.logic.to_english import to_english, value_in_english
from fairlead.ruleset.typed import Ruleset, Texts
from fairlead.show.content import Field, Phrase, Span, Value
from fairlead.show.notation import Notation, bare
from fairlead.show.words import WORDS

__all__ = ["Wording", "names_read"]

_COUNTED = re.compile(r"\s+\((\d{1,3})\)\s+")

#: how the bounds of a cell are said: key of the cell -> words for numbers, words for dates
_BOUNDS = {
    "at_least": ("low_at_least", "time_at_least"),
    "above": ("low_above", "time_above"),
    "at_most": ("high_at_most", "time_at_most"),
    "below": ("high_below", "time_below"),
}

_TYPE_WORDS: Mapping[type[Type], str] = {
    BooleanType: "boolean",
    DateTimeType: "date_time",
    DateType: "date",
    DecimalType: "decimal",
    IntegerType: "integer",
    MoneyType: "money",
    TextType: "text",
}


def names_read(terms: Iterable[Term]) -> list[Variable]:
    """Return the names that terms read, each once, in the order of reading."""
    found: dict[str, Variable] = {}
    for term in terms:
        for part in walk(term):
            if isinstance(part, Variable):
                found.setdefault(part.name, part)
    return list(found.values())


def _language_in(texts: Texts, language: str) -> str:
    """Return the tag of the text that is taken for `language`: its own, its base language's, or `en`."""
    while language:
        if language in texts:
            return language
        language = language.rpartition("-")[0]
    return "en"


class Wording:
    """The words for one ruleset in one language.

    `language` is that of the fixed words. `prefix` begins all anchors, where a page shows several rulesets.
    """

    def __init__(self, ruleset: Ruleset, language: str = "en", prefix: str = "") -> None:
        self._ruleset = ruleset
        self.prefix = prefix
        self._asked = language
        self.language = _language_in(WORDS["name"], language)

    def text(self, texts: Texts) -> Phrase:
        """Return a text of the ruleset in the language asked for, else in English."""
        language = _language_in(texts, self._asked)
        return Phrase.marked(texts[language], language)

    def filled(self, texts: Texts, parts: Mapping[str, Phrase | str]) -> Phrase:
        """Return a text of the ruleset with what stands in braces filled in."""
        language = _language_in(texts, self._asked)
        return Phrase.filled(texts[language], language, parts)

    def paragraphs(self, texts: Texts) -> Iterable[Phrase]:
        """Yield a long text in paragraphs: one for each point that it counts, (1), (2) and so on."""
        language = _language_in(texts, self._asked)
        text, begin = texts[language], 0
        for wanted, mark in enumerate(_COUNTED.finditer(text), start=1):
            if int(mark[1]) != wanted:
                break
            yield Phrase.marked(text[begin : mark.start()], language)
            begin = mark.start(1) - 1
        yield Phrase.marked(text[begin:], language)

    def title(self, texts: Texts) -> Phrase:
        """Return a title as a heading: its first letter is a capital."""
        first, *others = self.text(texts).spans
        if first.is_name:
            return Phrase((first, *others))
        letter = "İ" if (first.text[0], first.language) == ("i", "tr") else first.text[0].upper()
        return Phrase((Span(letter + first.text[1:], first.language), *others))

    def word(self, key: str, **parts: Phrase | str) -> Phrase:
        """Return fixed words with their braces filled in."""
        return Phrase.filled(WORDS[key][self.language], self.language, parts)

    def field(self, key: str, value: Value | Phrase) -> Field:
        """Return a field with a fixed label."""
        return Field(self.word(key), value if isinstance(value, Value) else Value(value))

    def sentences(self, *sentences: Phrase) -> Phrase:
        """Return sentences as one phrase."""
        spans: list[Span] = []
        for sentence in filter(None, sentences):
            spans += [Span(" ", self.language), *sentence.spans] if spans else sentence.spans
        return Phrase(tuple(spans))

    def value(self, type_: Type, value: Any) -> Phrase:
        """Return an internal value."""
        if isinstance(value, bool):
            return self.word("yes" if value else "no")
        if isinstance(value, str):
            return Phrase.plain(value)
        if isinstance(type_, ListType) and type_.item is not None and value:
            return self._joined([self.value(type_.item, item) for item in value], Span(", "))
        return Phrase.plain(value_in_english(type_, value))

    def _joined(self, phrases: list[Phrase], between: Span) -> Phrase:
        spans: list[Span] = []
        for phrase in phrases:
            spans += [between, *phrase.spans] if spans else phrase.spans
        return Phrase(tuple(spans))

    # names

    def name(self, name: str, entity: str) -> Phrase:
        """Return the title of a name that a decision about `entity` reads."""
        texts = self.texts_of(name, entity)
        return self.text(texts) if texts is not None else Phrase.plain(name)

    def texts_of(self, name: str, entity: str) -> Texts | None:
        """Return the title of a name in all languages, or None where it has none."""
        if name in ("as_of", "as_of_date"):
            return WORDS[name]
        prefix, _, short = name.partition(".")
        if prefix == "parameters":
            return self._ruleset.parameters[short].title
        if name in self._ruleset.document_order:
            return self._ruleset.decision(name).title
        fact = self._ruleset.model.find(entity, name) if entity in self._ruleset.model.entities else None
        return fact.title if fact is not None else None

    def type_of(self, name: str, entity: str) -> Type | None:
        """Return the type of a name that a decision about `entity` reads, or None."""
        prefix, _, short = name.partition(".")
        if prefix == "parameters":
            return self._ruleset.parameters[short].type
        if name in self._ruleset.document_order:
            return self._ruleset.decision(name).type
        fact = self._ruleset.model.find(entity, name)
        return fact.type if fact is not None else None

    def reads(self, terms: Iterable[Term], entity: str) -> Value:
        """Return the names that terms read, each with its title."""
        items = []
        for variable in names_read(terms):
            title = self.name(variable.name, entity)
            if variable.origin == "decision":
                target = self.prefix + variable.name
                title = Phrase(tuple(replace(span, target=target) for span in title.spans))
            if variable.origin != "time":
                title += Phrase((Span(" "), Span(variable.name, is_name=True)))
            items.append(title)
        return Value(items=tuple(items)) if items else Value(self.word("nothing_stated"))

    # conditions and results

    def constant(self, name: str) -> Literal | None:
        """Return the value of a setting that never changes, None for all other names."""
        prefix, _, short = name.partition(".")
        if prefix != "parameters":
            return None
        setting = self._ruleset.parameters[short]
        ((first, value), *later) = setting.values
        return Literal(setting.type, value) if first is None and not later else None

    def expression(self, term: Term, entity: str) -> Phrase:
        """Return a term as a sentence in English, as a notation with titles in every other language.

        The value of a setting that never changes stands with it.
        """
        if self.language != "en":
            return Notation(self, entity).write(term)

        def words(name: str) -> str:
            texts, value = self.texts_of(name, entity), self.constant(name)
            said = texts["en"] if texts is not None else name
            return said if value is None else f"{said} ({value_in_english(value.type, value.value)})"

        return Phrase((Span(to_english(term, words), "en"),))

    def condition(self, term: Term, entity: str) -> Value:
        """Return a condition: one phrase, or a list where it is several joined by `and` or by `or`."""
        if isinstance(term, Literal):
            return Value(self.word("always" if term.value else "never"))
        if isinstance(term, Apply) and term.operator in ("and", "or") and term.called is None:
            items = tuple(self.expression(part, entity) for part in term.arguments)
            return Value(self.word("all_of" if term.operator == "and" else "any_of"), items)
        return Value(self.expression(term, entity))

    def result(self, term: Term, entity: str) -> Value:
        """Return what a row or a formula yields: a value, or an expression."""
        term = bare(term)
        if not isinstance(term, Literal):
            return Value(self.expression(term, entity))
        number = None
        if isinstance(term.type, IntegerType):
            number = Decimal(term.value)
        elif isinstance(term.type, DecimalType):
            number = Decimal(decimal_text(term.value, term.type.scale))
        return Value(self.value(term.type, term.value), number=number)

    # table cells, as documents write them

    def cell(self, cell: Any, type_: Type | None) -> Value:
        """Return what a table cell asks for."""
        if isinstance(cell, list):
            between = Span(WORDS["or"][self.language], self.language)
            return Value(self._joined([self._literal(item) for item in cell], between))
        if isinstance(cell, Mapping) and any(key in _BOUNDS for key in cell):
            return Value(self._range(cell, timed=isinstance(type_, DateType | DateTimeType)))
        whole = isinstance(cell, int) and not isinstance(cell, bool)
        return Value(self._literal(cell), number=Decimal(cell) if whole else None)

    def _range(self, cell: Mapping[str, Any], *, timed: bool) -> Phrase:
        if cell.keys() == {"at_least", "at_most"}:
            low, high = self._literal(cell["at_least"]), self._literal(cell["at_most"])
            return self.word("range", low=low, high=high)
        bounds = []
        for key, bound in cell.items():
            words = _BOUNDS[key][timed]
            part = "low" if key in ("at_least", "above") else "high"
            bounds.append(self.word(words, **{part: self._literal(bound)}))
        return self._joined(bounds, Span(", "))

    def _literal(self, value: Any) -> Phrase:
        if isinstance(value, bool):
            return self.word("yes" if value else "no")
        if isinstance(value, Mapping):
            ((_, value),) = value.items()
        if isinstance(value, list):
            return Phrase.plain(" ".join(map(str, value)))
        return Phrase.plain(str(value))

    # types

    def type_words(self, type_: Type) -> Phrase:
        """Return what values a type has."""
        match type_:
            case OneOfType(values=values):
                return Phrase.plain(", ".join(values))
            case MoneyType(currency=str() as currency):
                return self.word("money_in", currency=currency)
            case ListType(item=Type() as item):
                return self.word("list", items=self.type_words(item))
        return self.word(_TYPE_WORDS[type(type_)])
