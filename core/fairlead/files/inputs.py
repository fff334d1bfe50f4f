"""An input and all that is said about it, opened the same way by every command."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from io import BytesIO
from pathlib import Path
from typing import IO, TYPE_CHECKING

from fairlead.engine.program import Program
from fairlead.files.json_rows import JsonRows
from fairlead.files.mappings import Stated
from fairlead.files.opening import TABLE, format_of, rows_of, with_related
from fairlead.files.output_file import STANDARD_STREAM
from fairlead.files.reading import Reading
from fairlead.files.rejects import Reject
from fairlead.files.related import RelatedFile, RelatedRecords, RelatedSummary, read_related
from fairlead.files.rows import Row, id_entities
from fairlead.files.understanding import Understanding

if TYPE_CHECKING:
    from fairlead.files.csv_rows import CsvRows
    from fairlead.files.databases import DatabaseTable
    from fairlead.files.typed_rows import TypedRows

__all__ = ["InputFile", "OpenInput", "open_input"]


@dataclass(frozen=True)
class InputFile:
    """A file of records, `-` for standard input, and what the user says about it.

    `file_format` is a key of FORMATS; None is told by the name of the file. `related` are files of related
    records, to which all that is said applies as well, but for the mapping and the format. With a `database`
    the records are the rows of its table, and `path` is what messages call it.
    """

    path: str
    file_format: str | None = None
    stated: Stated = field(default_factory=Stated)
    related: Sequence[RelatedFile] = ()
    database: DatabaseTable | None = None

    @property
    def format(self) -> str:
        """The format of the file, or TABLE. Raises UsageError where nothing tells it."""
        if self.database is not None:
            return TABLE
        return format_of(self.path, self.file_format)


@dataclass(frozen=True)
class OpenInput:
    """The checked records of an input, read as they are asked for; `stream` is empty for a database."""

    rows: CsvRows | JsonRows | TypedRows
    stream: IO[bytes]
    related: Sequence[RelatedRecords]

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    @property
    def columns(self) -> Sequence[str] | None:
        """The facts that records can have; None is any."""
        return None if isinstance(self.rows, JsonRows) or self.related else self.rows.columns

    def reading(self) -> Reading:
        """Return how the input was understood, once it is read."""
        return Reading.of(self.rows)

    def related_summaries(self) -> list[RelatedSummary]:
        """Return what became of the related records, once the input is read."""
        return [each.summary() for each in self.related]


@contextmanager
def open_input(program: Program, file: InputFile, reject: Callable[[Reject], None]) -> Iterator[OpenInput]:
    """Open an input for a program; what is no record of it goes to `reject`.

    Raises UsageError where what is said does not go with the file or a database cannot be read, DocumentError
    where its header is not understood or a related record is wrong, OSError where a file cannot be read.
    """
    file_format = file.format
    stated = replace(file.stated, mapping=None)
    related = [read_related(program, each, stated) for each in file.related]
    if file.database is not None:
        from fairlead.files.database_rows import DatabaseRows

        entities = id_entities(program)
        understanding = Understanding(program.ruleset.model, program.zone, entities, file.stated, file.path)
        with file.database.opened() as table:
            found = DatabaseRows(
                table,
                lambda known: with_related(understanding.of_table(known), related, file.path),
                entities,
                reject,
                file=file.path,
            )
            yield OpenInput(found, BytesIO(), related)
        return
    with _opened(file.path) as stream:
        rows = rows_of(
            program.ruleset.model,
            program.zone,
            id_entities(program),
            stream,
            file_format,
            reject,
            check=program.check,
            name=file.path,
            stated=file.stated,
            related=related,
        )
        yield OpenInput(rows, stream, related)


@contextmanager
def _opened(path: str) -> Iterator[IO[bytes]]:
    if path == STANDARD_STREAM:
        yield sys.stdin.buffer
        return
    with Path(path).open("rb", buffering=0) as stream:
        yield stream
