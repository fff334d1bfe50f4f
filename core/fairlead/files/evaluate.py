"""Evaluating a file: records in, results and rejects out, each record accounted for."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import IO, TYPE_CHECKING

from fairlead.engine.program import Program
from fairlead.files.csv_rows import DELIMITERS, CsvRows
from fairlead.files.json_rows import JsonRows
from fairlead.files.mappings import Stated
from fairlead.files.opening import FORMATS, format_of, rows_of
from fairlead.files.output_file import STANDARD_STREAM, OutputFile
from fairlead.files.rejects import Reject
from fairlead.files.related import RelatedFile, RelatedRecords, RelatedSummary, read_related
from fairlead.files.result_lines import CsvLines, JsonLines, LineFormat
from fairlead.files.rows import id_entities
from fairlead.files.unknowns import Unknowns
from fairlead.problems import Problem, UsageError

if TYPE_CHECKING:
    from fairlead.files.parquet_rows import ParquetRows

__all__ = ["FORMATS", "Summary", "evaluate_file", "format_of", "open_rows"]

#: from the number of bytes read to nothing
Progress = Callable[[int], None]

#: how many results are written at once
_TOGETHER = 1000


@dataclass(frozen=True, slots=True)
class Summary:
    """How many records were read, evaluated and rejected, and how the input was understood.

    `by_code` counts the rejects by the code of their first problem. `delimiter` is the name of a CSV
    input's delimiter, `encoding` what its text is in, `header` the number of the line with its columns; they
    are None for other formats. `mapping` is the name of the mapping that was used. `blank` rows had nothing
    in them and are not among the read ones. `notes` are sentences about how columns are read, `unused` the
    columns that are not, `unmapped` the option values that are read as absent, by column.
    """

    read: int
    evaluated: int
    rejected: int
    by_code: dict[str, int]
    delimiter: str | None = None
    encoding: str | None = None
    header: int | None = None
    mapping: str | None = None
    blank: int = 0
    notes: Sequence[str] = ()
    unused: Sequence[str] = ()
    unmapped: dict[str, list[str]] = field(default_factory=dict)
    related: Sequence[RelatedSummary] = ()


class _Rejects:
    """Counts rejects, and writes them where there is a file for them."""

    def __init__(self, file: OutputFile | None) -> None:
        self.count = 0
        self.by_code: dict[str, int] = {}
        self._file = file

    def __call__(self, reject: Reject) -> None:
        """Take a reject."""
        self.count += 1
        code = reject.problems[0].code
        self.by_code[code] = self.by_code.get(code, 0) + 1
        if self._file is not None:
            self._file.write(reject.json_line().encode("ascii"))


def evaluate_file(
    program: Program,
    source: str,
    target: str,
    rejects: str | None,
    as_of: date,
    *,
    input_format: str,
    output_format: str,
    language: str | None = None,
    stated: Stated | None = None,
    related: Sequence[RelatedFile] = (),
    progress: Progress | None = None,
) -> Summary:
    """Evaluate each record of a file and write a result for it, or a reject.

    `-` is standard input or output; the formats are keys of FORMATS, see `format_of`. `stated` is what the
    user says about the input. `related` records are held in memory. The files appear when all is written.
    `progress` is called now and then with the number of bytes read. Memory does not grow with the number of
    records.

    Raises UsageError where a file cannot be written, DocumentError where the header of the input is not
    understood or a related record is wrong, OSError where the input cannot be read.
    """
    _check_paths(source, target, rejects, related)
    if len({each.name for each in related}) < len(related):
        raise UsageError([Problem("wrong-usage", "one list of related records is given twice")])
    joined = [read_related(program, each) for each in related]
    with _opened(source) as stream, ExitStack() as files:
        out = files.enter_context(OutputFile(target))
        reject = _Rejects(files.enter_context(OutputFile(rejects)) if rejects is not None else None)
        records = open_rows(program, stream, input_format, reject, name=source, stated=stated, related=joined)
        run = _Run(program, as_of, records, stream, out, language, with_related=bool(joined))
        if output_format == "parquet":
            evaluated = run.to_parquet(progress)
        else:
            lines = CsvLines(program, language) if output_format == "csv" else JsonLines(program, language)
            evaluated = run.to_text(lines, progress)
        # inside, so that no file appears where it does not hold
        assert records.read == evaluated + reject.count, "a record is not accounted for"
    return _summary(records, evaluated, reject, joined)


@dataclass
class _Run:
    """One file on its way through the engine."""

    program: Program
    as_of: date
    records: CsvRows | JsonRows | ParquetRows
    stream: IO[bytes]
    out: OutputFile
    language: str | None
    with_related: bool

    def to_text(self, lines: LineFormat, progress: Progress | None) -> int:
        """Write results as lines; return how many."""
        run, out = self.program.runner(self.as_of), self.out
        unknown_text = Unknowns(self.program, self.as_of, lines.unknown_text, self._columns())
        written = 0
        waiting = [lines.header()]
        for number, identity, record in self.records:
            decisions, reasons, mask = run(record)
            unknown = unknown_text(record, decisions, mask)
            waiting.append(lines.line(number, identity, decisions, reasons, unknown))
            if len(waiting) > _TOGETHER:
                written += len(waiting)
                out.write("".join(waiting).encode())
                waiting.clear()
                if progress is not None:
                    progress(self.stream.tell())
        written += len(waiting)
        out.write("".join(waiting).encode())
        return written - 1  # without the header

    def to_parquet(self, progress: Progress | None) -> int:
        """Write results as Parquet; return how many."""
        from fairlead.files.parquet_results import ParquetResults

        run = self.program.runner(self.as_of)
        results = ParquetResults(self.program, self.out, self.language)
        missing = Unknowns(self.program, self.as_of, lambda unknown: unknown.missing, self._columns())
        written = 0
        for number, identity, record in self.records:
            decisions, reasons, mask = run(record)
            results.add(number, identity, decisions, reasons, missing(record, decisions, mask))
            written += 1
            if progress is not None and written % _TOGETHER == 0:
                progress(self.stream.tell())
        results.close()
        return written

    def _columns(self) -> Sequence[str] | None:
        """Return the facts that records can have; None is any."""
        if isinstance(self.records, JsonRows) or self.with_related:
            return None
        return self.records.columns


def open_rows(
    program: Program,
    stream: IO[bytes],
    file_format: str,
    reject: Callable[[Reject], None],
    *,
    name: str | None = None,
    stated: Stated | None = None,
    related: Sequence[RelatedRecords] = (),
) -> CsvRows | JsonRows | ParquetRows:
    """Return the checked records of a stream, read as they are asked for; what is none goes to `reject`.

    `name` is what problems call the stream. Raises as `fairlead.files.opening.rows_of`.
    """
    return rows_of(
        program.ruleset.model,
        program.zone,
        id_entities(program),
        stream,
        file_format,
        reject,
        check=program.check,
        name=name,
        stated=stated,
        related=related,
    )


def _summary(
    records: CsvRows | JsonRows | ParquetRows,
    evaluated: int,
    reject: _Rejects,
    related: Sequence[RelatedRecords],
) -> Summary:
    counts = (records.read, evaluated, reject.count, reject.by_code)
    joined = [each.summary() for each in related]
    if isinstance(records, JsonRows):
        return Summary(*counts, related=joined)
    heading = records.heading
    layout = heading.layout
    return Summary(
        *counts,
        delimiter=DELIMITERS.get(heading.delimiter),
        encoding=records.encoding,
        header=heading.line or None,
        mapping=heading.mapping,
        blank=records.blank,
        notes=layout.notes,
        unused=layout.unused,
        unmapped={name: sorted(values) for name, values in layout.unmapped.items() if values},
        related=joined,
    )


@contextmanager
def _opened(path: str) -> Iterator[IO[bytes]]:
    if path == STANDARD_STREAM:
        yield sys.stdin.buffer
        return
    with Path(path).open("rb", buffering=0) as stream:
        yield stream


def _check_paths(source: str, target: str, rejects: str | None, related: Sequence[RelatedFile]) -> None:
    named = [("input", source), ("output", target), ("rejects", rejects)]
    named += [(f"related {each.name}", each.path) for each in related]
    places: dict[str, str] = {}
    for role, path in named:
        if path is None or path == STANDARD_STREAM:
            continue
        place = os.path.realpath(path)
        if place in places and not place.startswith("/dev/"):
            message = f"`{path}` is named for {places[place]} and for {role}"
            raise UsageError([Problem("same-file", message, found=path, remedy="name two files")])
        places[place] = role
