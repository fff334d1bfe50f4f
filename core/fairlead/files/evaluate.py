"""Evaluating a file: records in, results and rejects out, each record accounted for."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import IO

from fairlead.engine.program import Program
from fairlead.files.csv_rows import DELIMITERS, CsvRows
from fairlead.files.json_rows import JsonRows
from fairlead.files.output_file import STANDARD_STREAM, OutputFile
from fairlead.files.rejects import Reject
from fairlead.files.result_lines import CsvLines, JsonLines
from fairlead.files.rows import id_entities
from fairlead.files.unknowns import Unknowns
from fairlead.problems import Problem, UsageError, nearest_name

__all__ = ["FORMATS", "Summary", "evaluate_file", "format_of", "open_rows"]

#: the formats of input and output with the ends of the names of their files
FORMATS = {"csv": (".csv", ".tsv"), "jsonl": (".jsonl", ".ndjson", ".json")}

#: how many results are written at once
_TOGETHER = 1000


@dataclass(frozen=True, slots=True)
class Summary:
    """How many records were read, evaluated and rejected.

    `by_code` counts the rejects by the code of their first problem. `delimiter` is the name of a CSV
    input's delimiter, None for JSON Lines.
    """

    read: int
    evaluated: int
    rejected: int
    by_code: dict[str, int]
    delimiter: str | None


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
    progress: Callable[[int], None] | None = None,
) -> Summary:
    """Evaluate each record of a file and write a result for it, or a reject.

    `-` is standard input or output; the formats are keys of FORMATS, see `format_of`. The files appear when
    all is written. `progress` is called now and then with the number of bytes read. Memory does not grow
    with the number of records.

    Raises UsageError where a file cannot be written, DocumentError where the header of a CSV file is wrong,
    OSError where the input cannot be read.
    """
    _check_paths(source, target, rejects)
    lines = CsvLines(program, language) if output_format == "csv" else JsonLines(program, language)
    run = program.runner(as_of)
    with _opened(source) as stream, ExitStack() as files:
        out = files.enter_context(OutputFile(target))
        reject = _Rejects(files.enter_context(OutputFile(rejects)) if rejects is not None else None)
        records = open_rows(program, stream, input_format, reject, name=source)
        columns = records.columns if isinstance(records, CsvRows) else None
        delimiter = DELIMITERS[records.delimiter] if isinstance(records, CsvRows) else None
        unknown_text = Unknowns(program, as_of, lines.unknown_text, columns)
        written = 0
        waiting = [lines.header()]
        for number, identity, record in records:
            decisions, reasons, mask = run(record)
            unknown = unknown_text(record, decisions, mask)
            waiting.append(lines.line(number, identity, decisions, reasons, unknown))
            if len(waiting) > _TOGETHER:
                written += len(waiting)
                out.write("".join(waiting).encode())
                waiting.clear()
                if progress is not None:
                    progress(stream.tell())
        written += len(waiting)
        out.write("".join(waiting).encode())
        evaluated = written - 1  # without the header
        # inside, so that no file appears where it does not hold
        assert records.read == evaluated + reject.count, "a record is not accounted for"
    return Summary(records.read, evaluated, reject.count, reject.by_code, delimiter)


def open_rows(
    program: Program,
    stream: IO[bytes],
    file_format: str,
    reject: Callable[[Reject], None],
    *,
    name: str | None = None,
) -> CsvRows | JsonRows:
    """Return the checked records of a stream, read as they are asked for; what is none goes to `reject`.

    `name` is what problems call the stream. Raises DocumentError where the header of CSV is wrong.
    """
    entities = id_entities(program)
    if file_format == "csv":
        return CsvRows(stream, program.ruleset.model, program.zone, entities, reject, file=name)
    return JsonRows(stream, program.check, entities, reject)


def format_of(path: str, named: str | None = None) -> str:
    """Return the format that a file's name tells, else the one that is `named`.

    For a standard stream it is the one that is named, else JSON Lines. Raises UsageError.
    """
    if named is not None and named not in FORMATS:
        problem = Problem("unknown-format", f"there is no format `{named}`", allowed=tuple(FORMATS))
        raise UsageError([problem])
    if path == STANDARD_STREAM:
        return named or "jsonl"
    end = Path(path).suffix.lower()
    for name, ends in FORMATS.items():
        if end in ends:
            return name
    if named is not None:
        return named
    known = tuple(end for ends in FORMATS.values() for end in ends)
    problem = Problem(
        "unknown-format",
        f"the name `{path}` does not tell a format",
        found=end or None,
        allowed=known,
        nearest=nearest_name(end, known) if end else None,
        remedy="rename the file, or name the format: `--format csv` or `--format jsonl`",
    )
    raise UsageError([problem])


@contextmanager
def _opened(path: str) -> Iterator[IO[bytes]]:
    if path == STANDARD_STREAM:
        yield sys.stdin.buffer
        return
    with Path(path).open("rb", buffering=0) as stream:
        yield stream


def _check_paths(source: str, target: str, rejects: str | None) -> None:
    named = [("input", source), ("output", target), ("rejects", rejects)]
    places: dict[str, str] = {}
    for role, path in named:
        if path is None or path == STANDARD_STREAM:
            continue
        place = os.path.realpath(path)
        if place in places and not place.startswith("/dev/"):
            message = f"`{path}` is named for {places[place]} and for {role}"
            raise UsageError([Problem("same-file", message, found=path, remedy="name two files")])
        places[place] = role
