"""Where a project keeps what it syncs, and the lock that keeps two runs apart."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from fairlead.plugins.recent_calls import RecentCalls
from fairlead.problems import Problem, StoreError, UsageError
from fairlead.project import Project

if TYPE_CHECKING:
    from fairlead.store import Store

__all__ = ["STATE_FOLDER", "STORE_URL", "locked", "open_store", "recent_calls", "state_folder"]

#: the folder with the store, its anchor and the lock; it belongs in no version control
STATE_FOLDER = ".fairlead"
#: the environment variable that stands in for the address in fairlead.toml
STORE_URL = "FAIRLEAD_STORE_URL"


def state_folder(project: Project) -> Path:
    """Return the project's folder of state, made where it is missing. Raises UsageError."""
    folder = project.folder / STATE_FOLDER
    try:
        folder.mkdir(exist_ok=True)
        ignore = folder / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n", "utf-8")
    except OSError as error:
        raise _not_writable(folder, error) from None
    return folder


def _not_writable(folder: Path, error: OSError) -> StoreError:
    if error.errno == errno.ENOSPC:
        message, remedy = f"the disk of `{folder}` is full", "free some space and run again: nothing is lost"
        return StoreError([Problem("store-full", message, remedy=remedy)])
    message = f"`{folder}` cannot be written: {(error.strerror or '').lower()}"
    remedy = "give this user the right to write there, and see that the disk is not mounted read-only"
    return StoreError([Problem("store-not-writable", message, remedy=remedy)])


def open_store(project: Project, environment: Mapping[str, str] | None = None) -> Store:
    """Open the project's store: the address of the environment, of fairlead.toml, or SQLite in its folder.

    Raises StoreError with one problem and its remedy.
    """
    # commands that need the folder alone do without the database's packages
    from fairlead.store import Store

    settings = project.settings.store
    found = (os.environ if environment is None else environment).get(STORE_URL) or settings.url
    folder = state_folder(project)
    url = found or f"sqlite:///{folder.resolve() / 'store.db'}"
    anchor = project.folder / settings.anchor if settings.anchor else folder / "log-anchor.jsonl"
    return Store.open(url, anchor=anchor)


def recent_calls(project: Project) -> RecentCalls:
    """Return the calls that commands of this project made lately; or of this process alone."""
    try:
        return RecentCalls(state_folder(project) / "calls.log")
    except StoreError:
        return RecentCalls()


@contextmanager
def locked(project: Project) -> Iterator[None]:
    """Keep other runs of the project out.

    Raises UsageError where one is under way, StoreError where the lock cannot be made.
    """
    from filelock import FileLock, Timeout

    path = state_folder(project) / "run.lock"
    lock = FileLock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        message = f"another run of `{project.name}` is under way"
        remedy = f"wait until it has ended; the lock is `{path}`, and ends with the process that holds it"
        raise UsageError([Problem("already-running", message, remedy=remedy)]) from None
    except OSError as error:
        raise _not_writable(path.parent, error) from None
    try:
        yield
    finally:
        lock.release()
