"""Files for imports, and taking them into a world's store."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

from tests.ledger.world import NOW, World

from fairlead import project
from fairlead.files.entity_file import read_entity_file
from fairlead.files.mappings import Stated
from fairlead.ledger.import_run import import_files, table_kinds
from fairlead.ledger.importing import ImportedFile
from fairlead.ledger.opening import Terms
from fairlead.store import MirrorRecord

__all__ = ["codes", "mirrored", "outcomes", "take", "taken", "write_book"]

REWARD = "medical-travel/partner-programme,introduction.reward,USD"


def write_book(path: Path, *rows: list[Any], title: str = "Sheet") -> Path:
    """Write a workbook of one sheet."""
    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = title
    for row in rows:
        sheet.append(row)
    book.save(path)
    return path


def taken(
    world: World,
    *contents: str | Path,
    kind: str | None = None,
    cut_over: date | None = None,
    stated: Stated | None = None,
    now: datetime = NOW,
) -> list[ImportedFile]:
    """Import texts of CSV, or files; return what became of each."""
    opened = project.open(world.folder)
    paths = []
    for number, content in enumerate(contents):
        if isinstance(content, Path):
            paths.append(content)
            continue
        path = world.folder.parent / f"file-{number}.csv"
        path.write_text(content, "utf-8")
        paths.append(path)
    kinds = table_kinds(opened, now)
    files = [read_entity_file(str(path), kinds, kind, stated or Stated(), opened.zone) for path in paths]
    terms = Terms(cut_over, "Ana Silva") if cut_over is not None else None
    return import_files(world.store, opened, files, now=now, terms=terms)


def take(world: World, content: str | Path, **options: Any) -> ImportedFile:
    """Import one file."""
    (done,) = taken(world, content, **options)
    return done


def outcomes(done: ImportedFile) -> list[tuple[int, str, str | None]]:
    """Return (line, outcome, what it was known by) of the rows that were taken."""
    return [(line.line, line.outcome.value, line.by) for line in done.lines]


def codes(done: ImportedFile) -> list[tuple[int, str]]:
    """Return (line, code of the first problem) of the rows that were not."""
    return [(each.line, each.problems[0].code) for each in done.rejects]


def mirrored(world: World, entity: str, id_: str) -> MirrorRecord:
    """Return a record of the mirror."""
    with world.store.reading() as tx:
        record = tx.mirror.record(entity, id_)
    assert record is not None
    return record
