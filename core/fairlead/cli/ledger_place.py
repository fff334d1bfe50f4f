"""Opening a project's ledger for the commands of `fairlead ledger`, and the options that they share."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fairlead.cli.signing_options import asked_day
from fairlead.documents.found import found_text
from fairlead.problems import Problem, UsageError, nearest_name

if TYPE_CHECKING:
    from fairlead.ledger.ledger import Ledger
    from fairlead.ledger.periods import Period
    from fairlead.project import Project
    from fairlead.store import Store, Transaction

__all__ = [
    "By",
    "EntryNumber",
    "OnPeriod",
    "Opened",
    "Partner",
    "Reason",
    "asked_period",
    "day_or_today",
    "now",
    "opened_ledger",
    "person_named",
    "reads",
    "safe_name",
    "unknown_record",
]

By = Annotated[
    str,
    typer.Option(
        "--by",
        metavar="NAME",
        help="Who does this. Where the project has a register of people: an id of it.",
        show_default=False,
    ),
]
OnPeriod = Annotated[
    str,
    typer.Option(
        "--period",
        metavar="PERIOD",
        help="A year, half-year, quarter or month: 2026, 2026-H2, 2026-Q4, 2026-11.",
        show_default=False,
    ),
]
Partner = Annotated[
    str | None,
    typer.Option("--partner", metavar="CODE", help="Only the partner of this code.", show_default=False),
]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why.", show_default=False)]
EntryNumber = Annotated[
    int, typer.Argument(metavar="ENTRY", min=1, help="The entry's number.", show_default=False)
]

_UNSAFE_IN_NAMES = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True)
class Opened:
    """A project with its store and its ledger as of now."""

    project: Project
    store: Store
    ledger: Ledger


def now() -> datetime:
    """Return this instant: acts of the ledger are dated by it."""
    return datetime.now(UTC)


@contextmanager
def opened_ledger(folder: Path, *, writing: bool = False, trying: bool = False) -> Iterator[Opened]:
    """Open a project's ledger, and close its store at the end.

    `writing` keeps other runs of the project out. With `trying` everything written is undone at the end.
    """
    from contextlib import ExitStack

    from fairlead import project
    from fairlead.ledger.ledger import Ledger
    from fairlead.project.rates import rates_of
    from fairlead.store import rehearsal
    from fairlead.sync.place import locked, open_store

    opened = project.open(folder)
    rates = rates_of(opened)
    with ExitStack() as stack:
        if writing:
            stack.enter_context(locked(opened))
        store: Store = stack.enter_context(open_store(opened))
        if trying:
            store = stack.enter_context(rehearsal(store))
        at = now()
        yield Opened(opened, store, Ledger(opened, store, now=at, is_read=reads(opened, store), rates=rates))


def reads(project: Project, store: Store) -> Callable[[str], bool]:
    """Return what tells whether the mirror holds an entity: the mapping reads it, or some were imported."""
    from fairlead.sync.mapping import load_crm_mapping
    from fairlead.sync.session import connector_of, mapping_path

    mapping = None
    if project.settings.connector is not None:
        model = project.ruleset(as_of=now()).model
        mapping = load_crm_mapping(mapping_path(project, connector_of(project)), model, project.zone)
    with store.reading() as tx:
        held = {entity for entity, count in tx.mirror.counts().items() if count}

    def is_read(entity: str) -> bool:
        return entity in held or (mapping is not None and mapping.object_of(entity) is not None)

    return is_read


def asked_period(text: str) -> Period:
    """Return the period that was typed. Raises UsageError."""
    from fairlead.ledger.periods import read_period

    return read_period(text)


def day_or_today(option: str, text: str | None, ledger: Ledger) -> date:
    """Return a day that was typed, today where none was. Raises UsageError."""
    return asked_day(option, text) or ledger.today


def person_named(project: Project, name: str) -> str:
    """Return who acts: an id of the register of people where the project has one, else the name as it is.

    Raises UsageError for an empty name, and for one that the register does not know.
    """
    from fairlead.project.register import REGISTER_FILE, read_register

    if not name.strip():
        message = "who does this is not said"
        raise UsageError([Problem("empty-value", message, remedy="name the person with `--by`")])
    path = project.folder / REGISTER_FILE
    return read_register(path).person(name.strip()).id if path.is_file() else name.strip()


def unknown_record(tx: Transaction, entity: str, id_: str) -> UsageError:
    """Return the refusal of an id that is not there, with the nearest one."""
    known = [each for page in tx.mirror.ids(entity) for each in page]
    return UsageError(
        [
            Problem(
                "unknown-record",
                f"there is no {entity} `{found_text(id_)}`",
                found=found_text(id_),
                nearest=nearest_name(id_[:100], known),
                remedy="give its id in the CRM, of an imported one `import-` and the id in the file; "
                "a sync or import brings in what is new",
            )
        ]
    )


def safe_name(text: str) -> str:
    """Return a text as a part of a file's name: what a partner is called leads out of no folder."""
    return _UNSAFE_IN_NAMES.sub("-", text).strip(".-") or "partner"
