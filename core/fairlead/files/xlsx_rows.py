"""Reading workbooks (XLSX): one sheet, whose cells become the texts that CSV would have.

Text is taken as it is, numbers and dates exactly; a formula is not computed, and refuses its row. Needs the
package `openpyxl`, which the extra `xlsx` installs.
"""

from __future__ import annotations

import json
import warnings
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, time
from pathlib import Path
from typing import Any

from fairlead.documents.found import found_text
from fairlead.facts.values import UnfitValue
from fairlead.files.layout import Heading
from fairlead.files.mapped_layout import Table
from fairlead.files.rejects import Reject
from fairlead.files.rows import Row, record_id
from fairlead.files.typed_rows import text_of_value
from fairlead.problems import DocumentError, Problem, UsageError, nearest_name

__all__ = ["MOST_ROWS", "Sheet", "XlsxRows", "read_sheet", "table_of"]

#: what is read of a file at most
MOST_ROWS = 200_000
_MOST_COLUMNS = 500
#: bytes of a workbook with all its parts unpacked
_MOST_BYTES = 256 * 1024 * 1024
_PIECE = 1024 * 1024
#: a row beyond this is none that anybody wrote
_LAST_ROW = MOST_ROWS + 1000


class Sheet:
    """The rows of a sheet: `rows` are (number, cells as texts), blank ones left out.

    `unfit` has what is wrong with cells that have no text of their own, by number of the row and column.
    """

    def __init__(self, values: Sequence[tuple[int, Sequence[Any]]], unfit: dict[int, dict[int, str]]) -> None:
        self.width = max((len(cells) for _, cells in values), default=0)
        self._values = values
        self.unfit = unfit
        dated = self._columns_with_times()
        self.rows = [
            (number, [_text(cell, timed=place in dated) for place, cell in enumerate(self._padded(cells))])
            for number, cells in values
        ]

    def typed(self, after: int) -> frozenset[int]:
        """Return the columns without text after the row of this number."""
        below = [cells for number, cells in self._values if number > after]
        texts = {place for cells in below for place, cell in enumerate(cells) if isinstance(cell, str)}
        filled = {place for cells in below for place, cell in enumerate(cells) if cell is not None}
        return frozenset(filled - texts)

    def _padded(self, cells: Sequence[Any]) -> list[Any]:
        return [*cells, *[None] * (self.width - len(cells))]

    def _columns_with_times(self) -> set[int]:
        """Return the columns with a time of day: where none has one, all of a column are days."""
        return {
            place
            for _, cells in self._values
            for place, cell in enumerate(cells)
            if isinstance(cell, datetime) and cell.time() != time()
        }


class XlsxRows:
    """The records of a sheet. A row that is no record goes to `reject`; rows are numbered as in the sheet."""

    encoding = None
    blank = 0

    def __init__(
        self, sheet: Sheet, heading: Heading, entities: tuple[str, ...], reject: Callable[[Reject], None]
    ) -> None:
        self.read = 0
        self.heading = heading
        self._sheet = sheet
        self._entities = entities
        self._reject = reject

    def __iter__(self) -> Iterator[Row]:
        layout = self.heading.layout
        names = next(cells for number, cells in self._sheet.rows if number == self.heading.line)
        for number, cells in self._sheet.rows:
            if number <= self.heading.line:
                continue
            self.read += 1
            unfit = [
                _unfit_cell(names[place], said)
                for place, said in sorted(self._sheet.unfit.get(number, {}).items())
            ]
            try:
                if unfit:
                    raise UnfitValue("invalid-value", "is no value", None)
                record = layout.make(cells)
            except UnfitValue:
                shown = {name: cell for name, cell in zip(names, cells, strict=True) if cell}
                text = json.dumps(shown, ensure_ascii=False)
                self._reject(Reject(number, unfit or layout.problems(cells), text))
                continue
            yield number, record_id(record, self._entities), record


def table_of(sheet: Sheet, header: int, file: str) -> Table:
    """Return the table below the header that stands in the row of this number."""
    names = next(cells for number, cells in sheet.rows if number == header)
    rows = [cells for number, cells in sheet.rows if number > header]
    return Table([name.strip() for name in names], rows, sheet.typed(header), file, header)


def read_sheet(path: Path, name: str | None = None) -> Sheet:
    """Return a sheet of a workbook: the one of a name, else the only one that has anything in it.

    Raises UsageError without the package `openpyxl`, for an unknown sheet, and where several may be meant;
    DocumentError where the file is no workbook, or larger than is read.
    """
    try:
        import openpyxl
    except ImportError:
        message = "Excel workbooks need the package `openpyxl`, which is not installed"
        remedy = 'run `pip install "fairlead[xlsx]"`'
        raise UsageError([Problem("missing-package", message, remedy=remedy)]) from None
    with _read_safely(path):
        _check_parts(path)
        with warnings.catch_warnings():
            # what a workbook has besides its cells is of no concern
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(path, read_only=True, data_only=False, keep_links=False)
            try:
                found = {
                    sheet.title: sheet
                    for sheet in book.worksheets
                    if sheet.title == name or (name is None and sheet.sheet_state == "visible")
                }
                if name is not None and name not in found:
                    raise _no_sheet(path, name, book.sheetnames)
                filled = {title: read for title, sheet in found.items() if (read := _cells(path, sheet)).rows}
            finally:
                book.close()
    if len(filled) > 1:
        names = ", ".join(f"`{found_text(title)}`" for title in filled)
        message = f"the workbook has several sheets: {names}"
        remedy = f"say which: `--sheet '{found_text(next(iter(filled)))}'`"
        raise UsageError([Problem("unknown-sheet", message, file=str(path), remedy=remedy)])
    return next(iter(filled.values()), Sheet([], {}))


def _cells(path: Path, sheet: Any) -> Sheet:
    # a workbook may state a size that is not its own
    sheet.reset_dimensions()
    rows: list[tuple[int, list[Any]]] = []
    unfit: dict[int, dict[int, str]] = {}
    for number, row in enumerate(sheet.iter_rows(max_row=_LAST_ROW + 1), start=1):
        cells = []
        for place, cell in enumerate(row):
            kind = cell.data_type
            value = None if cell.value is None or cell.value == "" else cell.value
            if value is not None and kind in ("f", "e"):
                unfit.setdefault(number, {})[place] = "formula" if kind == "f" else "error"
                value = str(value) if isinstance(value, str) else "="
            cells.append(value)
        if any(value is not None for value in cells):
            rows.append((number, cells))
        if len(cells) > _MOST_COLUMNS or len(rows) > MOST_ROWS or number > _LAST_ROW:
            raise _too_large(path)
    return Sheet(rows, unfit)


def _text(value: Any, *, timed: bool) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, datetime):
        return value.isoformat() if timed else value.date().isoformat()
    return text_of_value(value)


def _unfit_cell(name: str, kind: str) -> Problem:
    title = f"`{found_text(name)}`" if name else "a column without a name"
    if kind == "formula":
        remedy = "put its value in its place: copy the column, and paste the values alone"
        return Problem(
            "formula-cell", f"the cell in {title} is a formula, which is not computed", remedy=remedy
        )
    return Problem("formula-cell", f"the cell in {title} holds an error", remedy="put a value in its place")


def _check_parts(path: Path) -> None:
    """Refuse a workbook that unpacks to too much, or whose XML declares entities."""
    total = 0
    with zipfile.ZipFile(path) as archive:
        for part in archive.infolist():
            last = b""
            with archive.open(part) as stream:
                while piece := stream.read(_PIECE):
                    total += len(piece)
                    if total > _MOST_BYTES:
                        raise _too_large(path)
                    if part.filename.endswith((".xml", ".rels")) and b"<!DOCTYPE" in last + piece:
                        raise _invalid(path)
                    last = piece[-16:]


@contextmanager
def _read_safely(path: Path) -> Iterator[None]:
    try:
        yield
    except (DocumentError, UsageError, OSError):
        raise
    except Exception:  # noqa: BLE001 - the parser of a foreign format fails in as many ways as files do
        raise _invalid(path) from None


def _invalid(path: Path) -> DocumentError:
    remedy = "save it as an Excel workbook (.xlsx) without a password, or as CSV"
    return DocumentError([Problem("invalid-xlsx", "the file is no workbook", file=str(path), remedy=remedy)])


def _too_large(path: Path) -> DocumentError:
    message = f"the sheet has more than {MOST_ROWS:,} rows or {_MOST_COLUMNS} columns"
    return DocumentError(
        [Problem("too-large", message, file=str(path), remedy="divide it into several files")]
    )


def _no_sheet(path: Path, name: str, known: Sequence[str]) -> UsageError:
    problem = Problem(
        "unknown-sheet",
        f"the workbook has no sheet `{found_text(name)}`",
        found=found_text(name),
        allowed=tuple(known[:20]),
        nearest=nearest_name(name[:100], known),
        file=str(path),
    )
    return UsageError([problem])
