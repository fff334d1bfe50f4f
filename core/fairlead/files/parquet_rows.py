"""Reading Parquet, whose columns have types.

Needs the package `pyarrow`, which the extra `parquet` installs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import IO, Any

from fairlead.files.layout import Heading
from fairlead.files.mapped_layout import Table
from fairlead.files.rejects import Reject
from fairlead.files.typed_rows import TypedRows, list_problem, text_of_value
from fairlead.problems import DocumentError, Problem, UsageError

__all__ = ["ParquetRows", "pyarrow_or_refuse"]

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


class ParquetRows(TypedRows):
    """The checked records of a Parquet file, read a few thousand rows at a time.

    `arrange` makes the heading of the table. Raises UsageError without the package `pyarrow`, and
    DocumentError where the file is no Parquet or its columns are not understood.
    """

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
        self._arrow = arrow
        self._name = file
        if not stream.seekable():
            message = "Parquet cannot be read from a stream"
            raise UsageError([Problem("wrong-usage", message, remedy="name a file with `--input`")])
        try:
            self._file = arrow.parquet.ParquetFile(stream, buffer_size=1 << 20)
        except (arrow.ArrowException, OSError):
            problem = Problem("invalid-parquet", "the file is not Parquet", file=file)
            raise DocumentError([problem]) from None
        schema = self._file.schema_arrow
        names = [name.strip() for name in schema.names]
        self._texts = [_text_of(arrow, kind) for kind in schema.types]
        typed = frozenset(place for place, kind in enumerate(schema.types) if not _is_text(arrow, kind))
        first = next(self._batches(), None)
        rows = self._cells(first) if first is not None else []
        heading = arrange(Table(names, list(rows), typed, file, 0))
        super().__init__(names, heading, entities, reject, file=file)

    def _texts_of_rows(self) -> Iterator[tuple[Sequence[Sequence[str]], dict[int, Problem]]]:
        for batch in self._batches():
            yield list(self._cells(batch)), self._unfit_lists(batch)

    def _batches(self) -> Iterator[Any]:
        return self._read(_TOGETHER)

    def _read(self, size: int, columns: Sequence[str] | None = None) -> Iterator[Any]:
        """Yield the rows of columns (None is all), so many at once.

        Raises DocumentError where the file turns out to be damaged.
        """
        rows = 0
        try:
            for groups in self._groups(size):
                for batch in self._file.iter_batches(batch_size=size, row_groups=groups, columns=columns):
                    yield batch
                    rows += batch.num_rows
        except (self._arrow.ArrowException, OSError) as damage:
            message = f"the file cannot be read beyond row {rows}: {damage}"
            raise DocumentError([Problem("invalid-parquet", message, file=self._name)]) from None

    def _groups(self, size: int) -> Iterator[list[int]]:
        """Yield row groups that are read together, with as many rows at least.

        What pyarrow reads together it holds to the end, so the file is not read in one go; and columns with a
        dictionary inside of several groups it cannot put together.
        """
        alone = any(map(self._has_inner_dictionary, self._file.schema_arrow.types))
        together: list[int] = []
        rows = 0
        for group in range(self._file.num_row_groups):
            together.append(group)
            rows += self._file.metadata.row_group(group).num_rows
            if alone or rows >= size:
                yield together
                together, rows = [], 0
        if together:
            yield together

    def _has_inner_dictionary(self, kind: Any) -> bool:
        types = self._arrow.types
        return bool(types.is_struct(kind)) and any(types.is_dictionary(field.type) for field in kind)

    def _cells(self, batch: Any) -> Iterator[tuple[str, ...]]:
        columns = [
            [text(value) for value in self._plain(column).to_pylist()]
            for text, column in zip(self._texts, batch.columns, strict=True)
        ]
        return zip(*columns, strict=True)

    def _unfit_lists(self, batch: Any) -> dict[int, Problem]:
        """Return the rows with a list whose items cannot be told apart in one text."""
        unfit = {}
        types = self._arrow.types
        for name, column in zip(batch.schema.names, batch.columns, strict=True):
            kind = column.type
            if not (types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind)):
                continue
            for place, items in enumerate(column.to_pylist()):
                problem = list_problem(name.strip(), items)
                if problem is not None:
                    unfit[place] = problem
        return unfit

    def _plain(self, column: Any) -> Any:
        """Return a column whose times are no finer than microseconds."""
        kind = column.type
        if self._arrow.types.is_timestamp(kind) and kind.unit == "ns":
            return column.cast(self._arrow.timestamp("us", kind.tz), safe=False)
        return column


def _is_text(arrow: Any, kind: Any) -> bool:
    types = arrow.types
    if types.is_dictionary(kind):
        return _is_text(arrow, kind.value_type)
    return bool(types.is_string(kind) or types.is_large_string(kind) or types.is_null(kind))


def _text_of(arrow: Any, kind: Any) -> Callable[[Any], str]:
    """Return the function from a value of a type to the text that CSV would have."""
    return text_of_value if not _is_text(arrow, kind) else lambda value: value or ""
