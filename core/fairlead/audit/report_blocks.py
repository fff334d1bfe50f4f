"""The pieces that all sections of a report are made of: words, verdicts, links and tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from fairlead.audit.findings import Verdict
from fairlead.audit.report_words import SYMBOLS
from fairlead.show.content import Block, Field, Fields, Grid, Paragraph, Phrase, Section, Span, Value

__all__ = [
    "fields",
    "grid",
    "linked",
    "note",
    "paragraph",
    "section",
    "short_digest",
    "verdict_mark",
    "words",
]

#: hex digits that are shown of a digest where the whole one stands elsewhere
_SHOWN_DIGITS = 12


def words(text: str) -> Phrase:
    """Return an English text as a phrase; what stands in it between backticks is a name."""
    return Phrase.marked(text, "en")


def verdict_mark(verdict: Verdict) -> Phrase:
    """Return a verdict as a word that stands out, with its sign."""
    kind = verdict.value.replace(" ", "-")
    return Phrase((Span(f"{SYMBOLS[verdict]} {verdict}", "en", mark=f"verdict {kind}"),))


def linked(text: str, anchor: str | None) -> Phrase:
    """Return a text that leads to an anchor."""
    return Phrase((Span(text, "en", target=anchor),))


def short_digest(digest: str) -> Phrase:
    """Return the beginning of a digest."""
    kind, mark, digits = digest.partition(":")
    return Phrase.plain(f"{kind}{mark}{digits[:_SHOWN_DIGITS]}…" if len(digits) > _SHOWN_DIGITS else digest)


def paragraph(text: str | Phrase) -> Paragraph:
    """Return a paragraph."""
    return Paragraph(words(text) if isinstance(text, str) else text)


def note(text: str | Phrase) -> Paragraph:
    """Return a paragraph that explains."""
    return Paragraph(words(text) if isinstance(text, str) else text, is_note=True)


def fields(*listed: tuple[str, str | Phrase | Value]) -> Fields:
    """Return a list of labels with what they say."""
    return Fields(tuple(Field(words(label), _value(said)) for label, said in listed))


def grid(caption: str, heads: Sequence[str], rows: Iterable[Sequence[str | Phrase | Value]]) -> Grid:
    """Return a table."""
    cells = tuple(tuple(map(_value, row)) for row in rows)
    return Grid(words(caption), tuple(map(words, heads)), cells)


def section(anchor: str, title: str, *blocks: Block) -> Section:
    """Return a section."""
    return Section(anchor, words(title), blocks)


def _value(said: str | Phrase | Value) -> Value:
    if isinstance(said, Value):
        return said
    return Value(words(said) if isinstance(said, str) else said)
