"""A page as Markdown, for folders of documentation that are read beside the rulesets."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from html import escape
from urllib.parse import quote

from fairlead.show.content import (
    Block,
    Fields,
    Figure,
    Grid,
    Heading,
    Page,
    Paragraph,
    Phrase,
    Section,
    Span,
    Value,
    direction_of,
)

__all__ = ["markdown"]

_MARKS = re.compile(r"([\\`*_\[\]~$#])")
#: what makes a list where a block begins with it
_LIST_START = re.compile(r"^(\d*)([-+.)])(?=[\s-]|$)")
#: where GitHub begins a link of its own accord
_ADDRESS = re.compile(r"(?<=[a-z])(:)(?=//)|(?<=www)(\.)", re.IGNORECASE)
_TICKS = re.compile("`+")
_BREAK = "<br>"


def markdown(page: Page) -> str:
    """Return a page as CommonMark with the tables that GitHub, GitLab and most generators read.

    Texts are shown as they are written: neither Markdown nor HTML nor a web address in them does anything.
    """
    return "\n".join(_Writer(page).lines()) + "\n"


class _Writer:
    def __init__(self, page: Page) -> None:
        self.page = page
        self.anchors = page.anchors

    def lines(self) -> Iterator[str]:
        """Yield the page; an empty line stands between two blocks."""
        page = self.page
        if page.direction == "rtl":
            yield from (f'<div lang="{escape(page.language)}" dir="rtl">', "")
        yield f"# {self.phrase(page.title)}"
        for paragraph in page.about:
            yield from ("", self.paragraph(paragraph))
        for note in page.notes:
            yield from ("", f"> {self.paragraph(note)}")
        yield ""
        yield from self.fields(page.fields)
        yield from ("", f"## {self.phrase(page.contents)}", "")
        for section in page.sections:
            kind = f" ({self.phrase(section.kind_words)})" if section.kind else ""
            yield f"- [{self.phrase(section.title, with_links=False)}](#{_fragment(section.anchor)}){kind}"
        for section in page.sections:
            yield ""
            yield from self.section(section)
        if page.direction == "rtl":
            yield from ("", "</div>")

    def section(self, section: Section) -> Iterator[str]:
        yield f'<a id="{escape(section.anchor)}"></a>'
        yield ""
        yield f"## {self.phrase(section.title)}"
        if section.name is not None:
            yield from ("", f"{self.phrase(section.kind_words)} {_code(section.name)}")
        for block in section.blocks:
            yield ""
            # a table that is the whole section has its title as caption
            if isinstance(block, Grid) and block.caption != section.title:
                yield from (f"**{self.phrase(block.caption)}**", "")
            yield from self.block(block)

    def block(self, block: Block) -> Iterator[str]:
        match block:
            case Paragraph():
                yield ("> " if block.is_note else "") + self.paragraph(block.text)
            case Heading():
                yield from (f'<a id="{escape(block.anchor)}"></a>', "") if block.anchor is not None else ()
                yield f"### {self.phrase(block.text)}"
            case Figure():
                yield from (f"**{self.phrase(block.caption)}**", "", self.paragraph(block.text))
            case Fields():
                yield from self.fields(block)
            case Grid():
                yield from self.grid(block)

    def fields(self, block: Fields) -> Iterator[str]:
        for field in block.fields:
            lead, *lines = self.value(field.value)
            yield f"- **{self.phrase(field.label)}**: {lead}".rstrip()
            yield from (f"  - {line}" for line in lines)

    def grid(self, grid: Grid) -> Iterator[str]:
        numbers = grid.number_columns
        yield _row(self.phrase(head) for head in grid.heads)
        yield _row("---:" if place in numbers else "---" for place in range(len(grid.heads)))
        for row in grid.rows:
            yield _row(self.cell(value) for value in row)
        if grid.legend:
            yield from ("", f"> {self.paragraph(grid.legend)}")

    def cell(self, value: Value) -> str:
        lead, *items = self.value(value)
        said = [lead] * bool(lead) + [f"• {item}" for item in items]
        # a bar ends a cell, within code as well
        return _BREAK.join(said).replace("|", "\\|")

    def value(self, value: Value) -> list[str]:
        """Return the lead-in with the code, then the items."""
        code = [_code(value.code)] if value.code is not None else []
        lead = " ".join([self.phrase(value.text)] * bool(value.text) + code)
        return [lead, *map(self.paragraph, value.items)]

    def paragraph(self, phrase: Phrase) -> str:
        """Return a phrase that begins a block, and that begins no list."""
        return _LIST_START.sub(r"\1\\\2", self.phrase(phrase))

    def phrase(self, phrase: Phrase, *, with_links: bool = True) -> str:
        return "".join(self.span(span, with_links) for span in phrase.spans).strip()

    def span(self, span: Span, with_links: bool) -> str:
        """Return a span; one in another language than the page is marked with it."""
        said = _code(span.text) if span.is_name else _escaped(span.text)
        if span.language not in (None, self.page.language):
            direction = direction_of(span.language)
            said = f'<span lang="{escape(str(span.language))}" dir="{direction}">{said}</span>'
        if with_links and span.target in self.anchors:
            return f"[{said}](#{_fragment(str(span.target))})"
        return said


def _escaped(text: str) -> str:
    marked = escape(_MARKS.sub(r"\\\1", text), quote=False)
    quiet = _ADDRESS.sub(lambda match: f"&#{ord(match[0])};", marked)
    return quiet.replace("\n", _BREAK)


def _code(name: str) -> str:
    # the fence is longer than any within
    fence = "`" * (max(map(len, _TICKS.findall(name)), default=0) + 1)
    room = " " if len(fence) > 1 else ""
    return f"{fence}{room}{name}{room}{fence}"


def _fragment(anchor: str) -> str:
    return quote(anchor)


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
