"""Reading a whole table about one entity, CSV or XLSX, and telling what it is about."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo
from itertools import islice
from pathlib import Path
from typing import Any

from fairlead.documents.found import found_text
from fairlead.facts.values import json_from_internal
from fairlead.files.csv_rows import CsvRows
from fairlead.files.entity_headings import EntityHeadings, KnownColumns
from fairlead.files.mappings import Stated, find_mapping, known_mappings
from fairlead.files.reading import Reading
from fairlead.files.rejects import Reject
from fairlead.files.rows import Record
from fairlead.files.sources import SAMPLE, ByteSource
from fairlead.files.xlsx_rows import MOST_ROWS, Sheet, XlsxRows, read_sheet, table_of
from fairlead.problems import DocumentError, Problem, UsageError

__all__ = ["EntityFile", "TableKind", "read_entity_file"]

#: a title and empty lines may stand before the header
_HEADER_WITHIN = 20
_MOST_BYTES = 64 * 1024 * 1024
_WORKBOOKS = (".xlsx", ".xlsm")


@dataclass(frozen=True)
class TableKind:
    """What a table can be about: `name` is what people call it, `columns` what its columns can be."""

    name: str
    columns: KnownColumns
    #: whether it may be an export that a shipped mapping knows
    exports: bool = True


@dataclass(frozen=True)
class EntityFile:
    """A table that was read.

    `rows` are (line, entity or link -> fact -> JSON); `read` counts them and the `rejects`. `kind` is what
    the table is about, `by` the columns that told so, None where the user said it.
    """

    path: str
    kind: str
    by: Sequence[str] | None
    read: int
    rows: Sequence[tuple[int, Mapping[str, Mapping[str, Any]]]]
    rejects: list[Reject]
    reading: Reading


def read_entity_file(
    path: str,
    kinds: Sequence[TableKind],
    wanted: str | None,
    stated: Stated,
    zone: tzinfo,
    *,
    sheet: str | None = None,
) -> EntityFile:
    """Return the rows of a table; `wanted` names its kind, else its columns tell it.

    Raises UsageError where it is open what the table is about, DocumentError where its header is not
    understood or it is too large, OSError where it cannot be read.
    """
    if Path(path).suffix.lower() in _WORKBOOKS:
        return _of_workbook(path, kinds, wanted, stated, zone, read_sheet(Path(path), sheet))
    if sheet is not None:
        message = f"`{path}` is no workbook, and has no sheets"
        raise UsageError([Problem("wrong-usage", message, remedy="leave out `--sheet`")])
    with Path(path).open("rb", buffering=0) as stream:
        source = ByteSource(stream, stated.encoding)
        sample = source.peek()
        text = sample.decode("utf-8", "surrogateescape").removeprefix("\ufeff")
        lines = list(islice(io.StringIO(text, newline="\n"), _HEADER_WITHIN))
        headings = _headings(kinds, zone, stated, path)
        rows = {name: list(each.rows_in(lines)) for name, each in headings.items()}
        kind, by = _kind(kinds, wanted, headings, rows, path)
        heading = headings[kind.name].of_csv(sample, whole=len(sample) < SAMPLE)
        if heading is None:
            raise _empty(path)
        if Path(path).stat().st_size > _MOST_BYTES:
            raise _too_large(path)
        rejects: list[Reject] = []
        entities = tuple(sorted(kind.columns.prefixes))
        read = CsvRows(source, kind.columns.model, zone, entities, rejects.append, file=path, heading=heading)
        return _read(path, kind, by, read, rejects)


def _of_workbook(
    path: str,
    kinds: Sequence[TableKind],
    wanted: str | None,
    stated: Stated,
    zone: tzinfo,
    sheet: Sheet,
) -> EntityFile:
    first = sheet.rows[:_HEADER_WITHIN]
    if not first:
        raise _empty(path)
    headings = _headings(kinds, zone, stated, path)
    candidates = [cells for _, cells in first]
    kind, by = _kind(kinds, wanted, headings, dict.fromkeys(headings, candidates), path)
    place = headings[kind.name].header_among(candidates) or 0
    number = first[place][0]
    heading = replace(headings[kind.name].of_table(table_of(sheet, number, path)), line=number)
    rejects: list[Reject] = []
    rows = XlsxRows(sheet, heading, tuple(sorted(kind.columns.prefixes)), rejects.append)
    return _read(path, kind, by, rows, rejects)


def _headings(
    kinds: Sequence[TableKind], zone: tzinfo, stated: Stated, path: str
) -> dict[str, EntityHeadings]:
    named = find_mapping(stated.mapping, stated.folders) if stated.mapping is not None else None
    mappings = known_mappings(stated.folders) if named is None else []
    return {
        kind.name: EntityHeadings(
            kind.columns, zone, stated, path, named=named, mappings=mappings if kind.exports else ()
        )
        for kind in kinds
    }


def _kind(
    kinds: Sequence[TableKind],
    wanted: str | None,
    headings: Mapping[str, EntityHeadings],
    rows: Mapping[str, Sequence[Sequence[str]]],
    path: str,
) -> tuple[TableKind, Sequence[str] | None]:
    """Return what a table is about, with the columns that say so where the user does not."""
    if wanted is not None:
        return next(kind for kind in kinds if kind.name == wanted), None
    scores = {kind.name: headings[kind.name].score(rows[kind.name]) for kind in kinds}
    best = max(scores.values())
    found = [kind for kind in kinds if scores[kind.name] == best]
    if best == 0 or len(found) > 1:
        names = " or ".join(f"`{kind.name}`" for kind in (found if best else kinds))
        said = f"may be about {names}" if best else "has no column that tells what it is about"
        columns = next((names for names in rows[kinds[0].name] if any(names)), [])
        raise UsageError(
            [
                Problem(
                    "unclear-subject",
                    f"`{path}` {said}",
                    found=found_text(", ".join(columns)),
                    allowed=tuple(kind.name for kind in kinds),
                    remedy=f"say what it is about: `--as {found[0].name}`",
                    file=path,
                )
            ]
        )
    kind = found[0]
    place = headings[kind.name].header_among(rows[kind.name]) or 0
    return kind, [name for name in rows[kind.name][place] if kind.columns.fact(name) is not None]


def _read(
    path: str,
    kind: TableKind,
    by: Sequence[str] | None,
    rows: CsvRows | XlsxRows,
    rejects: list[Reject],
) -> EntityFile:
    model = kind.columns.model
    keys = model.record_keys()
    found = []
    withheld: set[str] = set()

    def as_json(record: Record) -> dict[str, dict[str, Any]]:
        result: dict[str, dict[str, Any]] = {}
        for key, facts in record.items():
            for short, value in facts.items():
                fact = model.entities[keys[key]].get(short)
                if value is None or fact is None:
                    continue
                if f"{key}.{short}" in kind.columns.withheld:
                    withheld.add(f"{key}.{short}")
                else:
                    result.setdefault(key, {})[short] = json_from_internal(fact.type, value)
        return result

    for line, _, record in rows:
        found.append((line, as_json(record)))
        if len(found) > MOST_ROWS:
            raise _too_large(path)
    reading = Reading.of(rows)
    if withheld:
        names = ", ".join(f"`{name}`" for name in sorted(withheld))
        said = f"not taken, since it is about health and needs the patient's consent: {names}"
        reading = replace(reading, notes=[*reading.notes, said])
    return EntityFile(path, kind.name, by, rows.read, found, rejects, reading)


def _empty(path: str) -> DocumentError:
    problem = Problem("missing-header", "the file has no line that names its columns")
    return DocumentError([problem.at(file=path, line=1, column=None)])


def _too_large(path: str) -> DocumentError:
    message = f"the file has more than {MOST_ROWS:,} rows, or {_MOST_BYTES // 1024 // 1024} MiB"
    return DocumentError([Problem("too-large", message, file=path, remedy="divide it into several files")])
