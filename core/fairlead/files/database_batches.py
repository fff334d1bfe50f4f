"""The rows of a table of a database in batches of columns, for evaluation as tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from typing import Any

import polars as pl

from fairlead.facts.model import Aggregate, Fact, FactModel
from fairlead.facts.types import OneOfType, TextType
from fairlead.files.column_rows import Batch, empty_rows
from fairlead.files.database_rows import DatabaseRows, texts_of
from fairlead.files.layout import plain_facts
from fairlead.files.rows import Row, record_id
from fairlead.files.typed_rows import text_of_value
from fairlead.problems import Problem

__all__ = ["DatabaseBatches"]

#: (number, values) of a row
_Numbered = tuple[int, Sequence[Any]]

_PLAIN: dict[type, Any] = {bool: pl.Boolean, int: pl.Int64, str: pl.String, date: pl.Date}


class DatabaseBatches(DatabaseRows):
    """The rows of a table or view whose columns are facts. Raises as DatabaseRows."""

    # they are Python values for a while
    TOGETHER = 50_000

    def batches(self, model: FactModel) -> Iterator[Batch]:
        """Yield the rows."""
        facts = plain_facts(model, self._names, None)
        number = 0
        for rows in self._values:
            held: list[_Numbered] = list(enumerate(rows, start=number + 1))
            number += len(rows)
            unfit = self._unfit_lists(rows)
            if unfit:
                held = self._without(held, {number - len(rows) + place + 1: unfit[place] for place in unfit})
            try:
                frame = _frame(self._names, facts, held)
            except UnicodeEncodeError:
                held = [row for row in held if self._is_text(row)]
                frame = _frame(self._names, facts, held)
            empty = empty_rows(frame)
            blank = int(empty.sum())
            self.blank += blank
            self.read += frame.height - blank
            if blank:
                frame = frame.filter(~empty)
                held = [row for row, is_empty in zip(held, empty.to_list(), strict=True) if not is_empty]
            numbers = pl.Series([row[0] for row in held], dtype=pl.Int64)
            yield Batch(numbers, frame, self._refusing(held), self._giving(held))

    def _without(self, held: list[_Numbered], problems: dict[int, Problem]) -> list[_Numbered]:
        """Reject the rows of the numbers; return the others."""
        for number, row in held:
            if number in problems:
                self.read += 1
                self._refuse(number, texts_of(row), [problems[number]])
        return [row for row in held if row[0] not in problems]

    def _is_text(self, held: _Numbered) -> bool:
        """Tell whether the texts of a row are such, else reject it."""
        number, row = held
        cells = texts_of(row)
        try:
            "".join(cells).encode()
        except UnicodeEncodeError:
            self.read += 1
            self._refuse(number, cells, self._layout.problems(cells))
            return False
        return True

    def _refusing(self, held: Sequence[_Numbered]) -> Callable[[int, Sequence[Problem]], None]:
        def refuse(place: int, problems: Sequence[Problem]) -> None:
            number, row = held[place]
            cells = texts_of(row)
            self._refuse(number, cells, problems or self._layout.problems(cells))

        return refuse

    def _giving(self, held: Sequence[_Numbered]) -> Callable[[int], Row]:
        def row(place: int) -> Row:
            number, values = held[place]
            record = self._layout.make(texts_of(values))
            return number, record_id(record, self._entities), record

        return row


def _frame(
    names: Sequence[str], facts: Sequence[Fact | Aggregate], held: Sequence[_Numbered]
) -> pl.DataFrame:
    columns = list(zip(*(row for _, row in held), strict=True)) or [()] * len(names)
    return pl.DataFrame(
        [_series(name, fact, values) for name, fact, values in zip(names, facts, columns, strict=True)]
    )


def _series(name: str, fact: Fact | Aggregate, values: Sequence[Any]) -> pl.Series:
    """Return values as a column of their type, where all have the same one that fits; else as texts."""
    kinds = {type(value) for value in values} - {type(None)}
    dtype: Any = pl.String if not kinds else None
    if len(kinds) == 1:
        (kind,) = kinds
        dtype = _PLAIN.get(kind)
        if kind is datetime:
            aware = {value.tzinfo is not None for value in values if value is not None}
            dtype = pl.Datetime("us", "UTC" if aware == {True} else None) if len(aware) == 1 else None
        if kind is not str and isinstance(fact.type, TextType | OneOfType):
            dtype = None
        if kind is int and not _in_64_bits(values):
            dtype = None
    if dtype is None:
        values = [None if value is None else text_of_value(value) for value in values]
    return pl.Series(name, values, dtype=dtype or pl.String)


def _in_64_bits(values: Sequence[Any]) -> bool:
    known: list[int] = [value for value in values if value is not None]
    return min(known) >= -(2**63) and max(known) < 2**63
