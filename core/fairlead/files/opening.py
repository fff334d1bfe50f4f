"""Opening an input: its format, its encoding, its heading, its rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import tzinfo
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from fairlead.facts.check import Check
from fairlead.facts.model import FactModel
from fairlead.files.csv_rows import CsvRows
from fairlead.files.json_rows import JsonRows
from fairlead.files.layout import Heading
from fairlead.files.mappings import Stated
from fairlead.files.output_file import STANDARD_STREAM
from fairlead.files.rejects import Reject
from fairlead.files.sources import SAMPLE, ByteSource
from fairlead.files.understanding import Understanding
from fairlead.problems import Problem, UsageError, nearest_name

if TYPE_CHECKING:
    from fairlead.files.parquet_rows import ParquetRows
    from fairlead.files.related import RelatedRecords

__all__ = ["FORMATS", "TABLE", "format_of", "is_url", "rows_of", "with_related"]

#: the formats of input and output with the ends of the names of their files
FORMATS = {
    "csv": (".csv", ".tsv"),
    "jsonl": (".jsonl", ".ndjson", ".json"),
    "parquet": (".parquet", ".pq"),
}
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+_]*://")
#: what an input is that is no file: a table of a database
TABLE = "table"


def rows_of(
    model: FactModel,
    zone: tzinfo,
    entities: tuple[str, ...],
    stream: IO[bytes],
    file_format: str,
    reject: Callable[[Reject], None],
    *,
    check: Check,
    name: str | None = None,
    stated: Stated | None = None,
    related: Sequence[RelatedRecords] = (),
) -> CsvRows | JsonRows | ParquetRows:
    """Return the checked records of a stream, read as they are asked for; what is none goes to `reject`.

    Raises UsageError where what is stated does not go with the format, and DocumentError where a header is
    not understood.
    """
    stated = stated or Stated()
    if file_format == "parquet":
        from fairlead.files.parquet_rows import ParquetRows

        understanding = Understanding(model, zone, entities, stated, name)
        return ParquetRows(
            stream,
            lambda table: with_related(understanding.of_table(table), related, name),
            entities,
            reject,
            file=name,
        )
    source = ByteSource(stream, stated.encoding)
    if file_format == "csv":
        sample = source.peek()
        understanding = Understanding(model, zone, entities, stated, name)
        heading = understanding.of_csv(sample, whole=len(sample) < SAMPLE)
        if heading is not None:
            heading = with_related(heading, related, name)
        return CsvRows(source, model, zone, entities, reject, file=name, heading=heading)
    if any(
        said is not None
        for said in (stated.mapping, stated.dates, stated.decimal, stated.delimiter, stated.century)
    ):
        message = "JSON Lines have facts, not columns: nothing is to be mapped"
        raise UsageError([Problem("wrong-usage", message, remedy="leave out `--mapping` and the like")])
    if not related:
        return JsonRows(source, check, entities, reject)

    def joined(raw: Any) -> dict[str, dict[str, Any]]:
        record = check(raw)
        for each in related:
            each.attach(record)
        return record

    return JsonRows(source, joined, entities, reject)


def with_related(heading: Heading, related: Sequence[RelatedRecords], file: str | None) -> Heading:
    """Return a heading whose records get their related ones.

    Raises DocumentError where a column states what is computed from them.
    """
    if not related:
        return heading
    layout = heading.layout
    for each in related:
        each.check_layout(layout, file, heading.line)
    make = layout.make

    def joined(cells: Sequence[str]) -> dict[str, dict[str, Any]]:
        record = make(cells)
        for each in related:
            each.attach(record)
        return record

    return replace(heading, layout=replace(layout, make=joined))


def is_url(text: str) -> bool:
    """Tell whether a text names a database, and no file."""
    return _URL.match(text) is not None


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
