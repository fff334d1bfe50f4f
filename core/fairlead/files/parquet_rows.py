"""Reading Parquet: typed columns become the texts that CSV would have, and pass the same checks.

Needs the package `pyarrow`, which the extra `parquet` installs.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import IO, Any

from fairlead.documents.found import found_text
from fairlead.facts.values import UnfitValue
from fairlead.files.cells import LIST_SEPARATOR
from fairlead.files.layout import Heading
from fairlead.files.mapped_layout import Table
from fairlead.files.rejects import Reject
from fairlead.files.rows import Row, nothing_to_decide, record_id
from fairlead.problems import DocumentError, Problem, UsageError

__all__ = ["ParquetRows", "pyarrow_or_refuse", "text_of_value"]

#: how many rows are read at once, and looked at before the first
_TOGETHER = 4096


def pyarrow_or_refuse() -> Any:
    """Return the package `pyarrow`; raise UsageError where it is not installed."""
    try:
        import pyarrow as pa
        import pyarrow.parquet
    except ImportError:
        problem = Problem(
            "missing-package",
            "Parquet files need the package `pyarrow`, which is not installed",
            remedy='run `pip install "fairlead[parquet]"`',
        )
        raise UsageError([problem]) from None
    return pa


class ParquetRows:
    """The checked records of a Parquet file, read a few thousand rows at a time.

    `arrange` makes the heading of the table. Iterating yields the rows once, numbered from 1; a row that is
    no record goes to `reject`, and rows without any value are passed over. Raises UsageError without the
    package `pyarrow`, and DocumentError where the file is no Parquet or its columns are not understood.
    """

    encoding = None

    def __init__(
        self,
        stream: IO[bytes],
        arrange: Callable[[Table], Heading],
        entities: tuple[str, ...],
        reject: Callable[[Reject], None],
        *,
        file: str | None = None,
    ) -> None:
        arrow = pyarrow_or_refuse()
        self.read = 0
        self.blank = 0
        self._entities = entities
        self._reject = reject
        self._arrow = arrow
        if not stream.seekable():
            message = "Parquet cannot be read from a stream"
            raise UsageError([Problem("wrong-usage", message, remedy="name a file with `--input`")])
        try:
            self._file = arrow.parquet.ParquetFile(stream, buffer_size=1 << 20)
        except (arrow.ArrowException, OSError):
            problem = Problem("invalid-parquet", "the file is not Parquet", file=file)
            raise DocumentError([problem]) from None
        schema = self._file.schema_arrow
        self._names = [name.strip() for name in schema.names]
        self._texts = [_text_of(arrow, kind) for kind in schema.types]
        typed = frozenset(place for place, kind in enumerate(schema.types) if not _is_text(arrow, kind))
        first = next(self._batches(), None)
        rows = self._cells(first) if first is not None else []
        self.heading = arrange(Table(self._names, list(rows), typed, file, 0))
        self._layout = self.heading.layout
        self.columns = list(self._layout.facts)
        if self._layout.keys.isdisjoint(entities):
            raise DocumentError([nothing_to_decide(entities).at(file=file, line=None, column=None)])

    def __iter__(self) -> Iterator[Row]:
        make = self._layout.make
        number = 0
        for batch in self._batches():
            unfit = self._unfit_lists(batch)
            for place, cells in enumerate(self._cells(batch)):
                number += 1
                if not any(cells):
                    self.blank += 1
                    continue
                self.read += 1
                if place in unfit:
                    self._refuse(number, cells, [unfit[place]])
                    continue
                try:
                    record = make(cells)
                except UnfitValue:
                    self._refuse(number, cells, self._layout.problems(cells))
                    continue
                if record.keys().isdisjoint(self._entities):
                    self._refuse(number, cells, [nothing_to_decide(self._entities)])
                    continue
                yield number, record_id(record, self._entities), record

    def _batches(self) -> Iterator[Any]:
        batches: Iterator[Any] = self._file.iter_batches(batch_size=_TOGETHER)
        return batches

    def _cells(self, batch: Any) -> Iterator[tuple[str, ...]]:
        columns = [
            [text(value) for value in self._plain(column).to_pylist()]
            for text, column in zip(self._texts, batch.columns, strict=True)
        ]
        return zip(*columns, strict=True)

    def _unfit_lists(self, batch: Any) -> dict[int, Problem]:
        """Return the rows with a list whose items cannot be told apart in one text."""
        unfit = {}
        for name, column in zip(self._names, batch.columns, strict=True):
            if not self._arrow.types.is_list(column.type):
                continue
            for place, items in enumerate(column.to_pylist()):
                if any(LIST_SEPARATOR in text_of_value(item) for item in items or ()):
                    message = f"`{name}` has an item with a `{LIST_SEPARATOR}` in it"
                    unfit[place] = Problem("invalid-value", message, found=found_text(items))
        return unfit

    def _plain(self, column: Any) -> Any:
        """Return a column whose times are no finer than microseconds."""
        kind = column.type
        if self._arrow.types.is_timestamp(kind) and kind.unit == "ns":
            return column.cast(self._arrow.timestamp("us", kind.tz), safe=False)
        return column

    def _refuse(self, number: int, cells: Sequence[str], problems: Sequence[Problem]) -> None:
        known = {name: cell for name, cell in zip(self._names, cells, strict=True) if cell}
        self._reject(Reject(number, problems, json.dumps(known, ensure_ascii=False)))


def _is_text(arrow: Any, kind: Any) -> bool:
    types = arrow.types
    if types.is_dictionary(kind):
        return _is_text(arrow, kind.value_type)
    return bool(types.is_string(kind) or types.is_large_string(kind) or types.is_null(kind))


def _text_of(arrow: Any, kind: Any) -> Callable[[Any], str]:
    """Return the function from a value of a type to the text that CSV would have."""
    return text_of_value if not _is_text(arrow, kind) else lambda value: value or ""


def text_of_value(value: Any) -> str:
    """Return the text that a value would have in CSV."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case float() if value.is_integer():
            return str(int(value))
        case float():
            number = Decimal(repr(value))
            return f"{number:f}" if number.is_finite() else str(number)
        case Decimal():
            return f"{value:f}"
        case datetime() | date():
            return value.isoformat()
        case {"amount": amount, "currency": currency} if len(value) == 2:
            return f"{text_of_value(amount)} {text_of_value(currency)}".strip()
        case list():
            return LIST_SEPARATOR.join(map(text_of_value, value))
        case dict() | bytes():
            return repr(value)
    return str(value)
