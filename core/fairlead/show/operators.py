"""The section that says what the operators of plug-ins stand for."""

from __future__ import annotations

from collections.abc import Iterable

from fairlead.logic.terms import ExtraOperator, Term, walk
from fairlead.logic.to_english import to_english
from fairlead.show.content import Grid, Phrase, Section, Span, Value
from fairlead.show.wording import Wording

__all__ = ["operators_section"]


def operators_section(terms: Iterable[Term], words: Wording) -> Section | None:
    """Return each operator that terms call, what is said of it and its definition; None where they call none.

    The sentence is the plug-in's own, the definition is what is computed, in English.
    """
    called: dict[str, ExtraOperator] = {}
    for term in terms:
        for part in walk(term):
            if part.called is not None:
                called.setdefault(part.called.operator.name, part.called.operator)
    if not called:
        return None
    rows = [
        (
            Value(words.text(operator.title), code=name),
            Value(words.filled(operator.words, {each.name: each.name for each in operator.parameters})),
            Value(Phrase((Span(to_english(operator.definition), "en"),))),
        )
        for name, operator in sorted(called.items())
    ]
    title = words.word("operators")
    heads = tuple(map(words.word, ("operator", "said_as", "stands_for")))
    return Section(words.prefix + "operators", title, (Grid(title, heads, tuple(rows)),))
