"""The argument that names a project's folder, and opening it with its CRM."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from fairlead.store import Store
    from fairlead.sync.session import Session

__all__ = ["ProjectFolder", "connected", "with_store"]

ProjectFolder = Annotated[
    Path,
    typer.Argument(metavar="[FOLDER]", help="A project's folder. Default: this one.", show_default=False),
]


@contextmanager
def connected(folder: Path, *, used_today: int = 0) -> Iterator[Session]:
    """Open a project with its CRM, and close the connections at the end."""
    from fairlead import project
    from fairlead.sync.session import open_session

    session = open_session(project.open(folder), used_today=used_today)
    try:
        yield session
    finally:
        session.connector.close()


@contextmanager
def with_store(folder: Path) -> Iterator[Store]:
    """Open a project's store, and close it at the end."""
    from fairlead import project
    from fairlead.sync.place import open_store

    with open_store(project.open(folder)) as store:
        yield store
