"""A page as an Excel workbook: an overview, a sheet for each scorecard, table and reward, one for all checks.

Needs the package `openpyxl`, which the extra `xlsx` installs.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Container, Iterator, Sequence
from typing import TYPE_CHECKING

from fairlead.problems import Problem, UsageError
from fairlead.show.content import (
    Field,
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

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.cell.cell import Cell
    from openpyxl.styles import Font
    from openpyxl.worksheet.worksheet import Worksheet

__all__ = ["workbook"]

#: with these a spreadsheet takes a text for a formula
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")

#: the most characters that a cell holds, and the most digits that a number keeps
_LONGEST = 32_767
_MOST_DIGITS = 15
#: the most characters that the name of a sheet has, and those it cannot have
_LONGEST_NAME = 31
_NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\']")

#: in characters: the narrowest and the widest column, and the least for all of them together
_NARROWEST, _WIDEST, _LEAST_IN_ALL = 12, 48, 100
#: in points: a line of text, a title, the highest row; and how much more room words need than characters
_LINE, _TITLE_LINE, _HIGHEST, _ROOM = 15.0, 26.0, 409.0, 1.15

#: decisions that are labels with values stand on one sheet for all of a kind, in a row each
_LISTED = ("check", "formula")

_FONT, _SIZE, _TITLE_SIZE = "Calibri", 11, 16
_NOTE_COLOUR, _LINK_COLOUR = "00555555", "000B5A75"
_HEAD_COLOUR, _LINE_COLOUR = "00E3ECEF", "00B8C4C8"
_ITEM = "• "
_LEFT_TO_RIGHT, _RIGHT_TO_LEFT = 1, 2


def workbook(page: Page) -> bytes:
    """Return a page as the bytes of an .xlsx file. Raises UsageError where openpyxl is not installed."""
    try:
        import openpyxl
    except ImportError:
        problem = Problem(
            "missing-package",
            "Excel workbooks need the package `openpyxl`, which is not installed",
            remedy='run `pip install "fairlead[xlsx]"`',
        )
        raise UsageError([problem]) from None
    book = openpyxl.Workbook()
    _Book(book, page).fill()
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


class _Book:
    def __init__(self, book: Workbook, page: Page) -> None:
        self.book = book
        self.page = page
        book.remove(book.worksheets[0])

    def fill(self) -> None:
        """Write all sheets."""
        overview = self.sheet(self.page.name.rpartition("/")[2])
        places: dict[str, str] = {}
        for section in self.page.sections:
            if section.anchor not in places:
                places.update(self.list_of(section.kind) if section.kind in _LISTED else self.alone(section))
        self.overview(overview, places)

    def overview(self, sheet: _Sheet, places: dict[str, str]) -> None:
        page = self.page
        sheet.row([Value(page.title)], "title")
        for paragraph in page.about:
            sheet.wide(paragraph, "plain")
        for note in page.notes:
            sheet.wide(note, "note")
        sheet.gap()
        for field in page.fields.fields:
            sheet.field(field)
        sheet.gap()
        sheet.row([Value(page.contents)], "label")
        for section in page.sections:
            cells = [Value(section.title), Value(section.kind_words), Value(code=section.name)]
            sheet.row(cells, "plain", link=places[section.anchor])
        sheet.finish()

    def list_of(self, kind: str) -> dict[str, str]:
        """Write one sheet with a row for each decision of a kind; return the place of each."""
        sections = [section for section in self.page.sections if section.kind == kind]
        # all have the same labels, but for those where nothing is said
        labels = {field.label.text: field.label for section in sections for field in _fields_of(section)}
        words = sections[0].kind_words
        sheet = self.sheet(words.text)
        sheet.row([Value(words), *map(Value, labels.values())], "head")
        sheet.freeze()
        places = {}
        for section in sections:
            said = {field.label.text: field.value for field in _fields_of(section)}
            places[section.anchor] = sheet.place
            title = section.title
            for block in section.blocks:
                if isinstance(block, Paragraph):
                    title += Phrase((Span("\n"), *block.text.spans))
            first = Value(title, code=section.name)
            sheet.row([first, *(said.get(label, Value()) for label in labels)], "cell")
        sheet.finish()
        return places

    def alone(self, section: Section) -> dict[str, str]:
        """Write the sheet of one section; return its place."""
        sheet = self.sheet(section.name or section.title.text)
        place = sheet.place
        sheet.row([Value(section.title)], "title")
        if section.name is not None:
            sheet.row([Value(section.kind_words), Value(code=section.name)], "note")
        for block in section.blocks:
            sheet.gap()
            match block:
                case Paragraph():
                    sheet.wide(block.text, "note" if block.is_note else "plain")
                case Heading():
                    sheet.row([Value(block.text)], "label")
                case Figure():
                    sheet.row([Value(block.caption)], "label")
                    sheet.wide(block.text, "plain")
                case Fields():
                    for field in block.fields:
                        sheet.field(field)
                case Grid():
                    if block.caption != section.title:
                        sheet.row([Value(block.caption)], "label")
                    sheet.row([Value(head) for head in block.heads], "head")
                    for row in block.rows:
                        sheet.row(row, "cell", block.number_columns)
                    if block.legend:
                        sheet.wide(block.legend, "note")
        sheet.finish()
        return {section.anchor: place}

    def sheet(self, name: str) -> _Sheet:
        """Return a new sheet; where its name is taken it gets a number."""
        plain = _NOT_IN_NAMES.sub(" ", name).strip()[:_LONGEST_NAME] or "-"
        # Excel keeps one name for itself
        taken = {"history", *(each.casefold() for each in self.book.sheetnames)}
        chosen, count = plain, 1
        while chosen.casefold() in taken:
            count += 1
            end = f" {count}"
            chosen = plain[: _LONGEST_NAME - len(end)] + end
        return _Sheet(self.book.create_sheet(chosen), is_right_to_left=self.page.direction == "rtl")


def _fields_of(section: Section) -> Iterator[Field]:
    for block in section.blocks:
        if isinstance(block, Fields):
            yield from block.fields


class _Sheet:
    """A worksheet that is written from top to bottom."""

    def __init__(self, sheet: Worksheet, *, is_right_to_left: bool) -> None:
        from openpyxl.worksheet.properties import PageSetupProperties

        self._sheet = sheet
        self._is_right_to_left = is_right_to_left
        self._needed: dict[int, int] = {}
        #: (row, first column, last column or None for the last of all, lengths of the lines)
        self._texts: list[tuple[int, int, int | None, list[int]]] = []
        self._next = 1
        sheet.sheet_view.rightToLeft = is_right_to_left
        sheet.page_setup.orientation = "landscape"
        sheet.page_setup.fitToHeight = 0
        sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)

    @property
    def place(self) -> str:
        """Where the next row begins, for a link within the workbook."""
        return f"'{self._sheet.title}'!A{self._next}"

    def gap(self) -> None:
        """Leave a row empty."""
        self._next += 1

    def row(
        self,
        values: Sequence[Value],
        look: str,
        number_columns: Container[int] = (),
        *,
        link: str | None = None,
    ) -> None:
        """Write cells side by side; `link` is the place that the first one leads to."""
        from openpyxl.worksheet.hyperlink import Hyperlink

        for column, value in enumerate(values, start=1):
            cell = self._cell(column, value, look, is_to_end=column - 1 in number_columns)
            if look == "title":
                continue
            lengths = list(map(len, _lines(value)))
            self._needed[column] = max(self._needed.get(column, 0), *lengths, 0)
            self._texts.append((self._next, column, column, lengths))
            if link is not None and column == 1:
                cell.hyperlink = Hyperlink(ref=cell.coordinate, location=link)
                cell.font = self._font("link")
        if look == "title":
            self._sheet.row_dimensions[self._next].height = _TITLE_LINE
        self._next += 1

    def field(self, field: Field) -> None:
        """Write a label and what it says, a row for each of its lines."""
        self._cell(1, Value(field.label), "label")
        self._needed[1] = max(self._needed.get(1, 0), len(field.label.text))
        for line in field.value.lines or (Phrase(),):
            self.wide(line, "plain", first=2)

    def wide(self, phrase: Phrase, look: str, first: int = 1) -> None:
        """Write a paragraph from column `first` over all others."""
        self._cell(first, Value(phrase), look)
        self._texts.append((self._next, first, None, [len(phrase.text)]))
        self._next += 1

    def freeze(self) -> None:
        """Keep the rows above and the first column in sight."""
        self._sheet.freeze_panes = f"B{self._next}"
        self._sheet.print_title_rows = f"1:{self._next - 1}"

    def finish(self) -> None:
        """Give the columns their widths, and the rows the heights that they need then."""
        from openpyxl.utils import get_column_letter

        last = max(*self._needed, 2)
        widths = {
            column: min(max(math.ceil(self._needed.get(column, 0) * _ROOM) + 2, _NARROWEST), _WIDEST)
            for column in range(1, last + 1)
        }
        # paragraphs need room, above a narrow table as well
        widths[last] += max(0, _LEAST_IN_ALL - sum(widths.values()))
        for column, width in widths.items():
            self._sheet.column_dimensions[get_column_letter(column)].width = width
        lines: dict[int, int] = {}
        for row, first, end, lengths in self._texts:
            if end is None:
                self._sheet.merge_cells(start_row=row, start_column=first, end_row=row, end_column=last)
            room = sum(widths[column] for column in range(first, (end or last) + 1))
            needed = sum(max(math.ceil(length * _ROOM / room), 1) for length in lengths)
            lines[row] = max(lines.get(row, 1), needed)
        for row, count in lines.items():
            self._sheet.row_dimensions[row].height = min(_LINE * count, _HIGHEST)

    def _cell(self, column: int, value: Value, look: str, *, is_to_end: bool = False) -> Cell:
        from openpyxl.cell.cell import Cell
        from openpyxl.styles import Alignment, Border, PatternFill, Side

        cell = self._sheet.cell(self._next, column)
        assert isinstance(cell, Cell)
        if value.number is not None and len(value.number.as_tuple().digits) <= _MOST_DIGITS:
            cell.value = value.number
            cell.number_format = _number_format(value.text.text)
        else:
            _write_text(cell, "\n".join(_lines(value)))
        start, end = ("right", "left") if self._is_right_to_left else ("left", "right")
        cell.alignment = Alignment(
            horizontal=end if is_to_end else start,
            vertical="top",
            wrap_text=look != "title",
            readingOrder=_RIGHT_TO_LEFT if _is_right_to_left(value) else _LEFT_TO_RIGHT,
        )
        cell.font = self._font(look)
        if look == "head":
            cell.fill = PatternFill("solid", start_color=_HEAD_COLOUR)
        if look in ("head", "cell"):
            line = Side(style="thin", color=_LINE_COLOUR)
            cell.border = Border(left=line, right=line, top=line, bottom=line)
        return cell

    def _font(self, look: str) -> Font:
        from openpyxl.styles import Font

        match look:
            case "title":
                return Font(name=_FONT, size=_TITLE_SIZE, bold=True)
            case "head" | "label":
                return Font(name=_FONT, size=_SIZE, bold=True)
            case "note":
                return Font(name=_FONT, size=_SIZE, color=_NOTE_COLOUR)
            case "link":
                return Font(name=_FONT, size=_SIZE, color=_LINK_COLOUR, underline="single")
        return Font(name=_FONT, size=_SIZE)


def _lines(value: Value) -> list[str]:
    """Return the lines of a cell; the items of a list are marked."""
    marked = (f"{_ITEM}{line.text}" if line in value.items else line.text for line in value.lines)
    return [line for text in marked for line in text.split("\n")]


def _is_right_to_left(value: Value) -> bool:
    """Tell whether the first words of a value are written from right to left."""
    languages = (span.language for line in value.lines for span in line.spans)
    return direction_of(next(filter(None, languages), None)) == "rtl"


def _write_text(cell: Cell, text: str) -> None:
    if not text:
        return
    cell.value = text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
    # otherwise a text may become a formula, or the mark of an error
    cell.data_type = "s"
    cell.quotePrefix = text.startswith(_FORMULA_STARTS)


def _number_format(text: str) -> str:
    """Return the format that shows a number as its text does."""
    digits = "0" + "." * ("." in text) + "0" * len(text.partition(".")[2])
    return f"+{digits};-{digits};{digits}" if text.startswith(("+", "-")) else digits
