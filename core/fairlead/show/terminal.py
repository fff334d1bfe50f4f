"""A page in a terminal, or as plain text."""

from __future__ import annotations

from rich import box
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from fairlead.show.content import (
    Block,
    Field,
    Fields,
    Figure,
    Grid,
    Heading,
    Page,
    Paragraph,
    Phrase,
    Section,
    Value,
)

__all__ = ["print_page"]

_NAME, _QUIET, _LABEL = "cyan", "dim", "bold"

#: the characters that a column needs on average before its words break up
_NARROWEST = 16

_WIDEST_LABEL = 40


def print_page(page: Page, console: Console) -> None:
    """Print a page, as wide as the console is."""
    console.print(_text(page.title, _LABEL))
    for paragraph in page.about:
        console.print()
        console.print(_text(paragraph))
    for note in page.notes:
        console.print()
        console.print(_text(note, _QUIET))
    console.print()
    console.print(_fields(page.fields))
    for section in page.sections:
        _print_section(section, console)


def _print_section(section: Section, console: Console) -> None:
    console.print()
    console.print(Rule(style=_QUIET))
    heading = _text(section.title, _LABEL)
    if section.name is not None:
        heading = Text.assemble(heading, "  ", _text(section.kind_words, _QUIET), "  ", (section.name, _NAME))
    console.print(heading)
    for block in section.blocks:
        console.print()
        # a table that is the whole section has its title as caption
        if isinstance(block, Grid) and block.caption != section.title:
            console.print(_text(block.caption, _LABEL))
        console.print(_block(block, console.width))


def _block(block: Block, width: int) -> RenderableType:
    match block:
        case Paragraph():
            return _text(block.text, _QUIET if block.is_note else "")
        case Heading():
            return _text(block.text, _LABEL)
        case Figure():
            return Group(_text(block.caption, _LABEL), _text(block.text))
        case Fields():
            return _fields(block)
        case Grid():
            return _cards(block) if len(block.heads) * _NARROWEST > width else _grid(block)


def _fields(block: Fields) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    table.add_column(max_width=_WIDEST_LABEL)
    table.add_column(overflow="fold")
    for field in block.fields:
        table.add_row(_text(field.label, _LABEL), _value(field.value))
    return table


def _grid(block: Grid) -> RenderableType:
    numbers = block.number_columns
    table = Table(box=box.SQUARE, show_lines=True, header_style=_LABEL)
    for place, head in enumerate(block.heads):
        table.add_column(_text(head), justify="right" if place in numbers else "left", overflow="fold")
    for row in block.rows:
        table.add_row(*map(_value, row))
    return Group(table, _text(block.legend, _QUIET)) if block.legend else table


def _cards(block: Grid) -> RenderableType:
    """Return the rows of a table that is too wide one below the other, without what they do not ask for."""
    cards = []
    for row in block.rows:
        said = [Field(head, cell) for head, cell in zip(block.heads, row, strict=True) if not cell.is_blank]
        cards.append(Padding(_fields(Fields(tuple(said))), (0, 0, 1, 2)))
    return Group(*cards)


def _value(value: Value) -> Text:
    text = _text(value.text, _QUIET if value.is_blank else "")
    for item in value.items:
        text.append("\n" if text else "")
        text.append("- ", _QUIET)
        text.append_text(_text(item))
    if value.code is not None:
        text.append("\n" if text else "")
        text.append(value.code, _NAME)
    return text


def _text(phrase: Phrase, style: str = "") -> Text:
    """Return a phrase as text, which is never read as markup."""
    text = Text(style=style)
    for span in phrase.spans:
        text.append(span.text, _NAME if span.is_name else "")
    return text
