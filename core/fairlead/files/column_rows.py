"""The rows of a file in batches of columns, for evaluation as tables.

What is a row, its number, and what becomes of one that cannot be read stay with the readers of rows: these
classes take the cells before they become records.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo
from itertools import islice
from typing import Any

import polars as pl

from fairlead.facts.model import Aggregate, Fact, FactModel
from fairlead.facts.types import BooleanType, TextType
from fairlead.files.cells import CellValues
from fairlead.files.csv_rows import CsvRows
from fairlead.files.layout import Layout, plain_facts
from fairlead.files.parquet_rows import ParquetRows
from fairlead.files.rejects import Reject
from fairlead.files.rows import Row, record_id
from fairlead.files.typed_rows import text_of_value
from fairlead.problems import Problem

__all__ = ["Batch", "CsvBatches", "ParquetBatches", "empty_rows", "file_parser", "without_blank_cells"]

#: how many rows of Parquet are evaluated at once
_TOGETHER = 250_000
#: and of CSV, whose cells are Python texts for a while
_CELLS_TOGETHER = 50_000
#: what Python's `strip` leaves nothing of
_WHITE = r"^[\s\x1c-\x1f]+$"
_BEYOND_ASCII = r"[^\x00-\x7f]"


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows: `numbers` are those of their first lines, `frame` has a column for each fact, as it was read.

    `refuse` rejects the row at a place: with the given problems, else with what is wrong with its cells.
    `row` gives the row at a place as the reader of rows does; it raises UnfitValue where a cell does not fit.
    """

    numbers: pl.Series
    frame: pl.DataFrame
    refuse: Callable[[int, Sequence[Problem]], None]
    row: Callable[[int], Row]


def empty_rows(frame: pl.DataFrame) -> pl.Series:
    """Tell which rows have nothing in them."""
    cells = (
        pl.col(name).is_null() | (pl.col(name) == "") if dtype == pl.String else pl.col(name).is_null()
        for name, dtype in frame.schema.items()
    )
    return frame.select(pl.all_horizontal(cells)).to_series()


def file_parser(fact: Fact | Aggregate, zone: tzinfo) -> Callable[[Any], Any]:
    """Return the careful reading of a cell: of the text that it has, or would have, in CSV."""
    values = CellValues.of(fact, zone)
    return lambda cell: values[text_of_value(cell)]


def without_blank_cells(batch: Batch, facts: Mapping[str, Fact | Aggregate]) -> Batch:
    """Return a batch in which cells are null of white space that the row engine reads as empty.

    They are those of facts that are no text, and of texts those with more than ASCII.
    """
    blank = {}
    for name, fact in facts.items():
        column = batch.frame[name]
        if column.dtype != pl.String:
            continue
        found = column.str.contains(_WHITE)
        if found.any() and isinstance(fact.type, TextType):
            found = found & column.str.contains(_BEYOND_ASCII)
        if found.any():
            blank[name] = found
    if not blank:
        return batch
    frame = batch.frame.with_columns(
        pl.when(~found.fill_null(value=False)).then(pl.col(name)).alias(name) for name, found in blank.items()
    )
    return replace(batch, frame=frame)


class CsvBatches(CsvRows):
    """The rows of a CSV whose columns are facts. Raises as CsvRows."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.layout: Layout = self._layout
        cells: Any = lambda given: given  # noqa: E731 - a row is its cells here, no record yet
        self._layout = replace(self._layout, make=cells, identity=lambda *_: None)
        # whether there is something to decide is asked of the whole batch
        self._asked = False

    def batches(self) -> Iterator[Batch]:
        """Yield the rows that are rows."""
        rows: Iterator[Any] = iter(self)
        while True:
            # the text of every row of a batch is kept, for those that are refused after all
            self._lines.keep_all()
            held = list(islice(rows, _CELLS_TOGETHER))
            if not held:
                return
            try:
                frame = self._frame(held)
            except UnicodeEncodeError:
                held = [
                    row for place, row in enumerate(held) if self._is_text(row, held[place + 1 : place + 2])
                ]
                frame = self._frame(held)
            numbers = pl.Series([row[0] for row in held], dtype=pl.Int64)
            yield Batch(numbers, frame, self._refusing(held), self._giving(held))

    def _is_text(self, row: Any, following: Sequence[Any]) -> bool:
        number, _, cells = row
        try:
            "".join(cells).encode()
        except UnicodeEncodeError:
            problems = self.layout.problems(cells)
            if problems:
                self._reject(Reject(number, problems, self._text(number, following)))
                return False
        return True

    def _frame(self, held: Sequence[Any]) -> pl.DataFrame:
        columns = zip(*(row[2] for row in held), strict=True) if held else ([] for _ in self.layout.facts)
        pairs = zip(self.layout.facts, columns, strict=True)
        return pl.DataFrame([pl.Series(name, column, dtype=pl.String) for name, column in pairs])

    def _text(self, number: int, following: Sequence[Any]) -> str:
        """Return the lines of the row that begins at a line; `following` has the row after it, if any."""
        last = following[0][0] - 1 if following else self._lines.read
        lines = self._lines.between(number, last)
        reader = csv.reader(lines, delimiter=self.delimiter, strict=True)
        next(reader, None)
        return "".join(islice(lines, reader.line_num))

    def _refusing(self, held: Sequence[Any]) -> Callable[[int, Sequence[Problem]], None]:
        def refuse(place: int, problems: Sequence[Problem]) -> None:
            number, _, cells = held[place]
            text = self._text(number, held[place + 1 : place + 2])
            self._reject(Reject(number, problems or self.layout.problems(cells), text))

        return refuse

    def _giving(self, held: Sequence[Any]) -> Callable[[int], Row]:
        def row(place: int) -> Row:
            number, _, cells = held[place]
            record = self.layout.make(cells)
            return number, self.layout.identity(record, cells), record

        return row


class ParquetBatches(ParquetRows):
    """The rows of a Parquet file whose columns are facts. Raises as ParquetRows.

    A column that is not in `needed` is left unread where its type vouches for all values, unless it is needed
    to tell a row with nothing in it.
    """

    def batches(self, model: FactModel, needed: frozenset[str]) -> Iterator[Batch]:
        """Yield the rows."""
        names = self._read_columns(model, needed)
        texts = self._number_texts(model)
        number = 0
        for batch in self._read(_TOGETHER, names):
            made = pl.from_arrow(batch)
            assert isinstance(made, pl.DataFrame)
            frame = made.rename({name: name.strip() for name in made.columns}).cast(
                {name: pl.String for name in texts if name in made.columns and made[name].dtype.is_integer()}
            )
            numbers = pl.int_range(number + 1, number + frame.height + 1, dtype=pl.Int64, eager=True)
            number += frame.height
            empty = empty_rows(frame)
            blank = int(empty.sum())
            self.blank += blank
            self.read += frame.height - blank
            unfit = self._unfit_lists(batch)
            for place, problem in unfit.items():
                self._refuse(int(numbers[place]), self._whole_row(int(numbers[place])), [problem])
            if blank or unfit:
                rows = (~empty.scatter(list(unfit), values=True)).arg_true()
                frame, numbers = frame[rows], numbers.gather(rows)
            yield Batch(numbers, frame, self._refusing(numbers), self._giving(numbers))

    def _refusing(self, numbers: pl.Series) -> Callable[[int, Sequence[Problem]], None]:
        def refuse(place: int, problems: Sequence[Problem]) -> None:
            number = int(numbers[place])
            cells = self._whole_row(number)
            self._refuse(number, cells, problems or self._layout.problems(cells))

        return refuse

    def _giving(self, numbers: pl.Series) -> Callable[[int], Row]:
        def row(place: int) -> Row:
            number = int(numbers[place])
            record = self._layout.make(self._whole_row(number))
            return number, record_id(record, self._entities), record

        return row

    def _whole_row(self, number: int) -> tuple[str, ...]:
        """Return all cells of a row, those of columns that were left unread included."""
        place = number - 1
        for group in range(self._file.num_row_groups):
            rows = self._file.metadata.row_group(group).num_rows
            if place < rows:
                if self._group_read != group:
                    self._group, self._group_read = self._file.read_row_group(group), group
                self._whole = self._group.slice(place, 1).combine_chunks().to_batches()[0]
                return next(iter(self._cells(self._whole)))
            place -= rows
        raise IndexError(number)

    _group: Any = None
    _group_read = -1
    _whole: Any = None

    def _number_texts(self, model: FactModel) -> list[str]:
        facts = plain_facts(model, self._names, None)
        return [
            name for name, fact in zip(self._names, facts, strict=True) if isinstance(fact.type, TextType)
        ]

    def _read_columns(self, model: FactModel, needed: frozenset[str]) -> list[str] | None:
        """Return the columns to read; None is all."""
        if len(self._layout.keys) > 1:
            return None
        schema = self._file.schema_arrow
        facts = plain_facts(model, self._names, None)
        names: list[str] = []
        always = False
        for place, (own, fact) in enumerate(zip(schema.names, facts, strict=True)):
            vouched = _vouches(self._arrow, schema.types[place], fact)
            if own.strip() in needed or not vouched:
                names.append(own)
                always = always or self._never_empty(place)
        return names if always else None

    def _never_empty(self, place: int) -> bool:
        """Tell whether the file states that a column has a value in every row."""
        metadata = self._file.metadata
        if metadata.num_columns != len(self._names):
            return False
        for group in range(metadata.num_row_groups):
            found = metadata.row_group(group).column(place).statistics
            if found is None or found.null_count != 0 or not found.has_min_max or found.min in ("", b""):
                return False
        return True


def _vouches(arrow: Any, kind: Any, fact: Fact | Aggregate) -> bool:
    """Tell whether a column of a type can hold values of the fact alone."""
    types = arrow.types
    if isinstance(fact.type, TextType):
        return bool(types.is_string(kind) or types.is_large_string(kind))
    return isinstance(fact.type, BooleanType) and bool(types.is_boolean(kind))
