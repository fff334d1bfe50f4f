"""Opening an input in batches of columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import IO, Any

from fairlead.engine.program import Program
from fairlead.files.column_rows import CsvBatches, ParquetBatches
from fairlead.files.database_batches import DatabaseBatches
from fairlead.files.inputs import InputFile
from fairlead.files.rejects import Reject
from fairlead.files.sources import SAMPLE, ByteSource
from fairlead.files.understanding import Understanding
from fairlead.problems import Problem, UsageError

__all__ = ["Batches", "for_rows", "open_batches"]

#: the rows of an input in batches of columns
Batches = CsvBatches | ParquetBatches | DatabaseBatches


@contextmanager
def open_batches(
    program: Program,
    source: InputFile,
    entities: tuple[str, ...],
    reject: Callable[[Reject], None],
    *,
    what: str = "an input",
) -> Iterator[tuple[Batches, IO[bytes]]]:
    """Open a CSV or Parquet file or a table of a database, whose rows are known by the id of `entities`.

    The stream tells how much was read; it is empty for a database. `what` is what is refused where a mapping
    or a notation explains the columns. Raises as `open_input`, and UsageError for that.
    """
    with _opened(program, source, entities, reject) as (rows, stream):
        if not rows.heading.layout.plain:
            raise UsageError([for_rows(f"{what} whose columns a mapping or a notation explains")])
        yield rows, stream


@contextmanager
def _opened(
    program: Program, source: InputFile, entities: tuple[str, ...], reject: Callable[[Reject], None]
) -> Iterator[tuple[Batches, IO[bytes]]]:
    model = program.ruleset.model
    understanding = Understanding(model, program.zone, entities, source.stated, source.path)
    if source.database is not None:
        with source.database.opened() as table:
            made = DatabaseBatches(table, understanding.of_table, entities, reject, file=source.path)
            yield made, BytesIO()
        return
    with Path(source.path).open("rb", buffering=0) as stream:
        if source.format == "parquet":
            yield ParquetBatches(stream, understanding.of_table, entities, reject, file=source.path), stream
            return
        readable = ByteSource(stream, source.stated.encoding)
        sample = readable.peek()
        heading = understanding.of_csv(sample, whole=len(sample) < SAMPLE)
        options: Any = {"file": source.path, "heading": heading}
        yield CsvBatches(readable, model, program.zone, entities, reject, **options), stream


def for_rows(what: str) -> Problem:
    """Return the problem of something that only the row engine can do."""
    message = f"{what} is for the row engine"
    return Problem("not-columnar", message, found=what, remedy="leave out `--engine`, or say `--engine row`")
