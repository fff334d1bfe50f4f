"""One import: several files in one transaction, each after those that it may refer to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from fairlead.files.entity_file import EntityFile, TableKind
from fairlead.ledger.cut_over import counted_until
from fairlead.ledger.importing import ENTITIES, ImportedFile, Importer, record_kinds
from fairlead.ledger.known_records import KnownRecords
from fairlead.ledger.opening import OPENINGS, Openings, Terms, opening_kind
from fairlead.ledger.programmes import programmes_of
from fairlead.problems import Problem, UsageError
from fairlead.project import Project
from fairlead.project.register import REGISTER_FILE, read_register
from fairlead.store import Store

__all__ = ["KINDS", "import_files", "table_kinds"]

#: what files can be about, in the order in which they are taken
KINDS = (*ENTITIES, OPENINGS)


def table_kinds(project: Project, now: datetime) -> list[TableKind]:
    """Return what files can be about, by the fact model of the project's main ruleset."""
    return [*record_kinds(project.ruleset(as_of=now).model), opening_kind()]


def import_files(
    store: Store, project: Project, files: Sequence[EntityFile], *, now: datetime, terms: Terms | None = None
) -> list[ImportedFile]:
    """Take files into the mirror and the ledger; return what became of them, in the order they were taken.

    A preview is the same on a store that is undone. Raises UsageError for a file of openings without
    `terms`, and where a register of people asks for a signature that is missing or does not count.
    """
    ordered = sorted(files, key=lambda each: KINDS.index(each.kind))
    if any(each.kind == OPENINGS for each in ordered) and terms is None:
        message = "opening balances are as of a day"
        remedy = "say the first day of the new ledger: `--cut-over 2026-07-01`"
        raise UsageError([Problem("missing-key", message, remedy=remedy)])
    programmes = programmes_of(project, project.day_of(now)) if terms is not None else []
    people = project.folder / REGISTER_FILE
    register = read_register(people) if people.is_file() else None
    with store.transaction() as tx:
        known = KnownRecords(tx, now)
        importer = Importer(known, project.ruleset(as_of=now).model, now, counted_until(tx))
        done = []
        for file in ordered:
            if file.kind == OPENINGS:
                assert terms is not None
                done.append(Openings(tx, project, programmes, known, terms, now, register).take(file))
            else:
                done.append(importer.take(file))
        return done
