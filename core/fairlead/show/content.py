"""What is shown of a ruleset, before it looks like anything: sections of sentences, lists and tables.

Every text is a phrase of spans that know their language, so that a page can mix languages and writing
directions; a span without a language is a name, a number or a date, and reads from left to right.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

__all__ = [
    "Block",
    "Field",
    "Fields",
    "Figure",
    "Grid",
    "Heading",
    "Page",
    "Paragraph",
    "Phrase",
    "Section",
    "Span",
    "Value",
    "direction_of",
]

# controls but tab and line feed, and the characters that reorder the text after them
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]")

_IN_BACKTICKS = re.compile(r"`([^`\n]+)`")
_IN_BRACES = re.compile(r"\{(\w+)\}")

_RIGHT_TO_LEFT = frozenset(("ar", "arc", "ckb", "dv", "fa", "he", "ku-Arab", "ps", "sd", "ug", "ur", "yi"))


def direction_of(language: str | None) -> str:
    """Return `rtl` for a language that is written from right to left, else `ltr`."""
    while language:
        if language in _RIGHT_TO_LEFT:
            return "rtl"
        language = language.rpartition("-")[0]
    return "ltr"


def _written_out(text: str) -> str:
    shown = _UNSAFE.sub(lambda match: match[0].encode("unicode_escape").decode("ascii"), text)
    return shown.encode("utf-8", "backslashreplace").decode("utf-8")


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of text in one language; None is a name, a number or a date.

    `target` is the anchor of the section or heading that the text is about. `is_name` marks a name as
    documents write it. `mark` is the class of a word that stands out on a web page, such as a verdict; the
    word itself says as much. Characters that nobody sees, or that reorder others, are written out.
    """

    text: str
    language: str | None = None
    target: str | None = None
    is_name: bool = False
    mark: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", _written_out(self.text))


@dataclass(frozen=True, slots=True)
class Phrase:
    """Spans that stand one after the other."""

    spans: tuple[Span, ...] = ()

    @classmethod
    def plain(cls, text: str) -> Phrase:
        """Return a number, a date or a value as a phrase."""
        return cls((Span(text),))

    @classmethod
    def name(cls, name: str) -> Phrase:
        """Return a name as documents write it as a phrase."""
        return cls((Span(name, is_name=True),))

    @classmethod
    def marked(cls, text: str, language: str) -> Phrase:
        """Return a text as a phrase; what stands in it between backticks is a name."""
        # pieces at odd places stood between backticks
        pieces = enumerate(_IN_BACKTICKS.split(text))
        return cls(
            tuple(
                Span(piece, is_name=True) if place % 2 else Span(piece, language)
                for place, piece in pieces
                if piece
            )
        )

    @classmethod
    def filled(cls, words: str, language: str, parts: Mapping[str, Phrase | str]) -> Phrase:
        """Return words of a language with what stands in braces filled in from `parts`."""
        spans: list[Span] = []
        # pieces at odd places are what stood in braces
        for place, piece in enumerate(_IN_BRACES.split(words)):
            if place % 2:
                part = parts[piece]
                spans += part.spans if isinstance(part, Phrase) else [Span(part)]
            elif piece:
                spans.append(Span(piece, language))
        return cls(tuple(spans))

    @property
    def text(self) -> str:
        """The words without their languages."""
        return "".join(span.text for span in self.spans)

    def __bool__(self) -> bool:
        return bool(self.spans)

    def __add__(self, other: Phrase) -> Phrase:
        return Phrase(self.spans + other.spans)


@dataclass(frozen=True, slots=True)
class Value:
    """What a field or a table cell says.

    `items` are a list below `text`, its lead-in. `code` is the name that machines and other documents use.
    `number` is there where the value is nothing but a number. `is_blank` marks a cell where a row says
    nothing, whatever mark stands there.
    """

    text: Phrase = Phrase()
    items: tuple[Phrase, ...] = ()
    code: str | None = None
    number: Decimal | None = None
    is_blank: bool = False

    def __post_init__(self) -> None:
        if self.code is not None:
            object.__setattr__(self, "code", _written_out(self.code))

    @property
    def lines(self) -> tuple[Phrase, ...]:
        """The lead-in, the items and the code, for where a list is no more than lines."""
        lead = (self.text,) if self.text else ()
        code = (Phrase.name(self.code),) if self.code is not None else ()
        return lead + self.items + code

    def as_json(self) -> Any:
        """Return a text, or an object where there is more than that."""
        more = {
            "items": [item.text for item in self.items],
            "code": self.code,
            "number": str(self.number) if self.number is not None else None,
        }
        members = {key: value for key, value in more.items() if value}
        return {"text": self.text.text, **members} if members else self.text.text


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A sentence or a few; a `note` explains, where the rest states."""

    text: Phrase
    is_note: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return the block for machines."""
        return {"block": "note" if self.is_note else "paragraph", "text": self.text.text}


@dataclass(frozen=True, slots=True)
class Field:
    """A label and what it says."""

    label: Phrase
    value: Value


@dataclass(frozen=True, slots=True)
class Fields:
    """A list of labels with what they say."""

    fields: tuple[Field, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the block for machines."""
        listed = [{"label": field.label.text, "value": field.value.as_json()} for field in self.fields]
        return {"block": "fields", "fields": listed}


@dataclass(frozen=True, slots=True)
class Grid:
    """A table with a caption; the first cell of a row names it.

    `legend` tells what the mark in blank cells means, and is needed only where these are shown.
    """

    caption: Phrase
    heads: tuple[Phrase, ...]
    rows: tuple[tuple[Value, ...], ...]
    legend: Phrase = Phrase()

    @property
    def number_columns(self) -> frozenset[int]:
        """The places of the columns that hold nothing but numbers."""
        return frozenset(
            place
            for place, cells in enumerate(zip(*self.rows, strict=True))
            if all(cell.number is not None or cell.is_blank for cell in cells)
            and any(cell.number is not None for cell in cells)
        )

    def as_json(self) -> dict[str, Any]:
        """Return the block for machines."""
        return {
            "block": "table",
            "caption": self.caption.text,
            "columns": [head.text for head in self.heads],
            "rows": [[cell.as_json() for cell in row] for row in self.rows],
            **({"legend": self.legend.text} if self.legend else {}),
        }


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading within a section. `anchor` is unique within the page, None where nothing leads there."""

    text: Phrase
    anchor: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the block for machines."""
        return {"block": "heading", "text": self.text.text}


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture with a caption.

    `drawing` is an SVG element that this program drew: it goes into a web page as it is. `text` says the
    same for whoever does not see it, and where nothing can be drawn.
    """

    caption: Phrase
    drawing: str
    text: Phrase

    def as_json(self) -> dict[str, Any]:
        """Return the block for machines."""
        return {"block": "figure", "caption": self.caption.text, "text": self.text.text}


Block = Paragraph | Fields | Grid | Heading | Figure


@dataclass(frozen=True, slots=True)
class Section:
    """One decision, or what all of them share. `kind` and `name` are None where it is no decision.

    `anchor` is unique within the page. `kind` is the key of the kind (`scorecard`), `kind_words` its name
    in the language of the page.
    """

    anchor: str
    title: Phrase
    blocks: tuple[Block, ...]
    name: str | None = None
    kind: str | None = None
    kind_words: Phrase = Phrase()

    def as_json(self) -> dict[str, Any]:
        """Return the section for machines."""
        return {
            "title": self.title.text,
            "name": self.name,
            "kind": self.kind,
            "content": [block.as_json() for block in self.blocks],
        }


@dataclass(frozen=True, slots=True)
class Page:
    """Everything that is shown of a ruleset. `language` is that of the fixed words."""

    language: str
    title: Phrase
    name: str
    version: str
    about: tuple[Phrase, ...]
    fields: Fields
    notes: tuple[Phrase, ...]
    contents: Phrase
    sections: tuple[Section, ...]

    @property
    def anchors(self) -> frozenset[str]:
        """The anchors of all sections and headings."""
        headings = (
            block.anchor
            for section in self.sections
            for block in section.blocks
            if isinstance(block, Heading)
        )
        return frozenset((*(section.anchor for section in self.sections), *filter(None, headings)))

    @property
    def direction(self) -> str:
        """`rtl` or `ltr`."""
        return direction_of(self.language)

    def as_json(self) -> dict[str, Any]:
        """Return the page for machines."""
        return {
            "language": self.language,
            "direction": self.direction,
            "title": self.title.text,
            "name": self.name,
            "version": self.version,
            "about": [paragraph.text for paragraph in self.about],
            "fields": self.fields.as_json()["fields"],
            "notes": [note.text for note in self.notes],
            "sections": [section.as_json() for section in self.sections],
        }
