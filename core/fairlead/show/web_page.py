"""A page as one HTML file that asks the network for nothing."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Container, Iterator, Mapping
from functools import cache
from html import escape
from importlib.resources import files

from fairlead.show.content import (
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

__all__ = ["web_page"]

_MARKS = re.compile("([_./:])(?=[a-z0-9])")


def web_page(page: Page, *, style: str = "", attached: Mapping[str, str] | None = None) -> str:
    """Return a page as HTML: no scripts, its style inside, and a policy that forbids everything else.

    `style` is CSS besides that of all pages. `attached` are JSON texts that stand in the page for machines,
    by the id of their element.
    """
    return "\n".join(_Writer(page, style, attached or {}).lines()) + "\n"


@cache
def _style() -> str:
    return (files("fairlead.show") / "page.css").read_text("utf-8")


def _policy(style: str) -> str:
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"
    )


def _attributes(**values: str | None) -> str:
    return "".join(f' {name}="{escape(value)}"' for name, value in values.items() if value is not None)


class _Writer:
    def __init__(self, page: Page, style: str, attached: Mapping[str, str]) -> None:
        self.page = page
        self.anchors = page.anchors
        self.style = f"\n{_style()}{style}"
        self.attached = attached

    def lines(self) -> Iterator[str]:
        page, style = self.page, self.style
        yield "<!doctype html>"
        yield f"<html{_attributes(lang=page.language, dir=page.direction)}>"
        yield "<head>"
        yield '<meta charset="utf-8">'
        yield f'<meta http-equiv="Content-Security-Policy"{_attributes(content=_policy(style))}>'
        yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
        yield '<meta name="color-scheme" content="light dark">'
        yield '<meta name="referrer" content="no-referrer">'
        yield '<link rel="icon" href="data:,">'
        yield f"<title>{escape(f'{page.title.text} ({page.name} {page.version})')}</title>"
        yield f"<style>{style}</style>"
        yield "</head>"
        yield "<body>"
        yield "<header>"
        yield f"<h1>{self.phrase(page.title)}</h1>"
        for paragraph in page.about:
            yield self.paragraph(paragraph)
        for note in page.notes:
            yield self.paragraph(note, "note")
        yield from self.block(page.fields)
        yield "</header>"
        yield from self.contents()
        yield "<main>"
        for section in page.sections:
            yield from self.section(section)
        yield "</main>"
        for anchor, text in self.attached.items():
            # within this element nothing but its end tag and comments is markup
            inert = text.replace("<", "\\u003c")
            yield f'<script type="application/json"{_attributes(id=anchor)}>{inert}</script>'
        yield "</body>"
        yield "</html>"

    def contents(self) -> Iterator[str]:
        yield '<nav aria-labelledby="contents">'
        yield f'<h2 id="contents">{self.phrase(self.page.contents)}</h2>'
        yield "<ol>"
        for section in self.page.sections:
            kind = f' <span class="kind">{self.phrase(section.kind_words)}</span>' if section.kind else ""
            link = f'<a href="#{escape(section.anchor)}">{self.phrase(section.title)}</a>'
            yield f"<li>{link}{kind}</li>"
        yield "</ol>"
        yield "</nav>"

    def section(self, section: Section) -> Iterator[str]:
        yield f"<section{_attributes(id=section.anchor)}>"
        yield f"<h2>{self.phrase(section.title)}</h2>"
        if section.name is not None:
            kind = f'<span class="kind">{self.phrase(section.kind_words)}</span>'
            yield f'<p class="what">{kind} {_name(section.name)}</p>'
        for place, block in enumerate(section.blocks):
            anchor = f"{section.anchor}-{place}"
            if isinstance(block, Grid):
                yield from self.grid(block, anchor, is_titled=block.caption == section.title)
            elif isinstance(block, Figure):
                yield from self.figure(block, anchor)
            else:
                yield from self.block(block)
        yield "</section>"

    def block(self, block: Paragraph | Fields | Heading) -> Iterator[str]:
        match block:
            case Paragraph():
                yield self.paragraph(block.text, "note" if block.is_note else None)
            case Heading():
                yield f"<h3{_attributes(id=block.anchor)}>{self.phrase(block.text)}</h3>"
            case Fields():
                yield "<dl>"
                for field in block.fields:
                    yield f"<div><dt>{self.phrase(field.label)}</dt><dd>{self.value(field.value)}</dd></div>"
                yield "</dl>"

    def figure(self, figure: Figure, anchor: str) -> Iterator[str]:
        """Yield a picture, which a narrow screen scrolls, with its caption and its text."""
        caption = f"caption-{anchor}"
        yield "<figure>"
        yield f"<figcaption{_attributes(id=caption)}>{self.phrase(figure.caption)}</figcaption>"
        labelled = _attributes(**{"aria-labelledby": caption})
        yield f'<div class="drawing" role="group" tabindex="0"{labelled}>'
        yield figure.drawing
        yield "</div>"
        yield self.paragraph(figure.text, "note")
        yield "</figure>"

    def grid(self, grid: Grid, anchor: str, *, is_titled: bool) -> Iterator[str]:
        """Yield a table; where its section has the same title, its caption is for listeners alone."""
        # a screen that is too narrow for columns shows rows as blocks, which must stay a table to readers
        caption = f"caption-{anchor}"
        labelled = _attributes(**{"aria-labelledby": caption})
        yield f'<div class="grid" role="group" tabindex="0"{labelled}>'
        yield '<table role="table">'
        heard = _attributes(**{"class": "heard" if is_titled else None})
        yield f"<caption{_attributes(id=caption)}{heard}>{self.phrase(grid.caption)}</caption>"
        yield '<thead role="rowgroup">'
        numbers = grid.number_columns
        yield f'<tr role="row">{"".join(self.heads(grid, numbers))}</tr>'
        yield "</thead>"
        yield '<tbody role="rowgroup">'
        for row in grid.rows:
            yield f'<tr role="row">{"".join(self.cells(grid, row, numbers))}</tr>'
        yield "</tbody>"
        yield "</table>"
        yield "</div>"
        if grid.legend:
            yield self.paragraph(grid.legend, "note legend")

    def heads(self, grid: Grid, numbers: Container[int]) -> Iterator[str]:
        for place, head in enumerate(grid.heads):
            kind = _attributes(**{"class": "number" if place in numbers else None})
            yield f'<th scope="col" role="columnheader"{kind}>{self.phrase(head)}</th>'

    def cells(self, grid: Grid, row: tuple[Value, ...], numbers: Container[int]) -> Iterator[str]:
        for place, (cell, head) in enumerate(zip(row, grid.heads, strict=True)):
            said = self.value(cell)
            if place == 0:
                yield f'<th scope="row" role="rowheader">{said}</th>'
                continue
            kind = "blank" if cell.is_blank else "number" if place in numbers else None
            attributes = _attributes(**{"class": kind, "data-head": head.text})
            yield f'<td role="cell"{attributes}><div>{said}</div></td>'

    def value(self, value: Value) -> str:
        said = self.phrase(value.text)
        if value.items:
            said += "<ul>" + "".join(f"<li>{self.phrase(item)}</li>" for item in value.items) + "</ul>"
        if value.code is not None:
            said += f' <span class="beside">{_name(value.code)}</span>'
        return said

    def paragraph(self, phrase: Phrase, kind: str | None = None) -> str:
        """Return a paragraph; one in another language stands as that language does."""
        languages = {span.language for span in phrase.spans} - {None}
        language = languages.pop() if len(languages) == 1 else None
        if language is None or language == self.page.language:
            return f"<p{_attributes(**{'class': kind})}>{self.phrase(phrase)}</p>"
        attributes = _attributes(**{"class": kind, "lang": language, "dir": direction_of(language)})
        return f"<p{attributes}>{''.join(self.span(span, language) for span in phrase.spans)}</p>"

    def phrase(self, phrase: Phrase) -> str:
        return "".join(self.span(span, self.page.language) for span in phrase.spans)

    def span(self, span: Span, language: str) -> str:
        """Return a span in a text of `language`; one of another language or of none is set apart."""
        if span.is_name:
            said = _name(span.text)
        elif span.language == language:
            said = escape(span.text)
        elif not span.text.strip(" ,"):
            # between others it takes the direction around it
            said = span.text
        elif span.language is None:
            direction = "ltr" if span.text.isascii() else "auto"
            said = f'<bdi dir="{direction}">{escape(span.text)}</bdi>'
        else:
            attributes = _attributes(lang=span.language, dir=direction_of(span.language))
            said = f"<bdi{attributes}>{escape(span.text)}</bdi>"
        if span.mark is not None:
            said = f"<span{_attributes(**{'class': f'mark {span.mark}'})}>{said}</span>"
        if span.target in self.anchors:
            return f'<a href="#{escape(span.target)}">{said}</a>'
        return said


def _name(name: str) -> str:
    # a name that is too long for its place goes on after one of its marks
    said = _MARKS.sub(r"\1<wbr>", escape(name))
    return f'<code dir="ltr">{said}</code>'
