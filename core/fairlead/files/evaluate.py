"""Evaluating a file: records in, results and rejects out, each record accounted for."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date

from fairlead.engine.program import Program
from fairlead.files.inputs import InputFile, OpenInput, open_input
from fairlead.files.output_file import STANDARD_STREAM, OutputFile
from fairlead.files.reading import Reading
from fairlead.files.rejects import Reject
from fairlead.files.related import RelatedSummary
from fairlead.files.result_lines import CsvLines, JsonLines, LineFormat
from fairlead.files.unknowns import Unknowns
from fairlead.problems import Problem, UsageError

__all__ = ["Progress", "Rejects", "Summary", "check_paths", "evaluate_file"]

#: from the number of bytes read to nothing
Progress = Callable[[int], None]

#: how many results are written at once
_TOGETHER = 1000


@dataclass(frozen=True, slots=True)
class Summary:
    """How many records were read, evaluated and rejected, and how the input was understood.

    `by_code` counts the rejects by the code of their first problem.
    """

    read: int
    evaluated: int
    rejected: int
    by_code: dict[str, int]
    reading: Reading
    related: Sequence[RelatedSummary] = ()


class Rejects:
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
    source: InputFile,
    target: str,
    rejects: str | None,
    as_of: date,
    *,
    output_format: str,
    language: str | None = None,
    progress: Progress | None = None,
) -> Summary:
    """Evaluate each record of an input and write a result for it, or a reject.

    `-` is standard output; `output_format` is a key of FORMATS, see `format_of`. Related records are held in
    memory. The files appear when all is written. `progress` is called now and then with the number of bytes
    read. Memory does not grow with the number of records.

    Raises UsageError where a file cannot be written or a database cannot be read, DocumentError where the
    header of the input is not understood or a related record is wrong, OSError where a file cannot be read.
    """
    check_paths(source, target, rejects)
    with ExitStack() as files:
        out = files.enter_context(OutputFile(target))
        reject = Rejects(files.enter_context(OutputFile(rejects)) if rejects is not None else None)
        records = files.enter_context(open_input(program, source, reject))
        run = _Run(program, as_of, records, out, language)
        if output_format == "parquet":
            evaluated = run.to_parquet(progress)
        else:
            lines = CsvLines(program, language) if output_format == "csv" else JsonLines(program, language)
            evaluated = run.to_text(lines, progress)
        # inside, so that no file appears where it does not hold
        assert records.rows.read == evaluated + reject.count, "a record is not accounted for"
    return Summary(
        records.rows.read,
        evaluated,
        reject.count,
        reject.by_code,
        records.reading(),
        records.related_summaries(),
    )


@dataclass
class _Run:
    """One file on its way through the engine."""

    program: Program
    as_of: date
    records: OpenInput
    out: OutputFile
    language: str | None

    def to_text(self, lines: LineFormat, progress: Progress | None) -> int:
        """Write results as lines; return how many."""
        run, out = self.program.runner(self.as_of), self.out
        unknown_text = Unknowns(
            self.program, self.as_of, lines.unknown_text, self.records.columns, with_due=lines.shows_due
        )
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
                    progress(self.records.stream.tell())
        written += len(waiting)
        out.write("".join(waiting).encode())
        return written - 1  # without the header

    def to_parquet(self, progress: Progress | None) -> int:
        """Write results as Parquet; return how many."""
        from fairlead.files.parquet_results import ParquetResults

        run = self.program.runner(self.as_of)
        results = ParquetResults(self.program, self.out, self.language)
        missing = Unknowns(
            self.program, self.as_of, lambda unknown: unknown.missing, self.records.columns, with_due=False
        )
        written = 0
        for number, identity, record in self.records:
            decisions, reasons, mask = run(record)
            results.add(number, identity, decisions, reasons, missing(record, decisions, mask))
            written += 1
            if progress is not None and written % _TOGETHER == 0:
                progress(self.records.stream.tell())
        results.close()
        return written


def check_paths(source: InputFile, target: str, rejects: str | None) -> None:
    """Raise UsageError where two of the files are one, or two are of one list of related records."""
    if len({each.name for each in source.related}) < len(source.related):
        raise UsageError([Problem("wrong-usage", "one list of related records is given twice")])
    read = source.path if source.database is None else source.database.file
    named = [("input", read), ("output", target), ("rejects", rejects)]
    named += [(f"related {each.name}", each.path) for each in source.related]
    places: dict[str, str] = {}
    for role, path in named:
        if path is None or path == STANDARD_STREAM:
            continue
        place = os.path.realpath(path)
        if place in places and not place.startswith("/dev/"):
            message = f"`{path}` is named for {places[place]} and for {role}"
            raise UsageError([Problem("same-file", message, found=path, remedy="name two files")])
        places[place] = role
