"""A project: one client's folder with its settings, documents and lock file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, tzinfo
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from fairlead.engine import Program, Result
from fairlead.project.settings import SETTINGS_FILE, ProjectSettings, read_settings
from fairlead.ruleset.catalogue import Catalogue
from fairlead.ruleset.load import load_ruleset
from fairlead.ruleset.lock import Lock, read_lock
from fairlead.ruleset.typed import Ruleset
from fairlead.ruleset.versions import Versions

__all__ = ["LOCK_FILE", "Project", "open"]

#: the file with the versions and digests that a project builds on
LOCK_FILE = "fairlead.lock"


def open(folder: str | Path) -> Project:
    """Open the project in a folder. Raises DocumentError with every problem of its settings and lock file."""
    path = Path(folder)
    return Project(path, read_settings(path / SETTINGS_FILE), read_lock(path / LOCK_FILE))


class Project:
    """The one gate to everything that a project evaluates.

    Documents are looked up in the project's `rulesets/` folder first, then among the shipped ones, and must
    be what the lock file pins. Results say `unapproved`: approvals come with the audit.
    """

    def __init__(self, folder: Path, settings: ProjectSettings, lock: Lock) -> None:
        self.folder = folder
        self.settings = settings
        self.lock = lock
        self.zone: tzinfo = UTC if settings.zone == "UTC" else ZoneInfo(settings.zone)
        self._catalogue = Catalogue(self.roots)
        self._versions: dict[str, Versions] = {}
        self._programs: dict[tuple[str, tuple[str, ...] | None], Program] = {}

    @property
    def name(self) -> str:
        """What people call the project."""
        return self.settings.name

    @property
    def language(self) -> str:
        """The language of texts where none is asked for."""
        return self.settings.language

    @property
    def ruleset_names(self) -> list[str]:
        """The names of the project's rulesets, the main one first."""
        return self.settings.ruleset_names

    @property
    def roots(self) -> list[Path]:
        """The project's own folders of documents; the shipped ones come after them."""
        return [self.folder / "rulesets"]

    def day_of(self, as_of: date) -> date:
        """Return the day of a date or date-time in the project's zone; a naive one is in that zone."""
        if not isinstance(as_of, datetime):
            return as_of
        return as_of.date() if as_of.tzinfo is None else as_of.astimezone(self.zone).date()

    def ruleset(self, name: str | None = None, *, as_of: date | None = None) -> Ruleset:
        """Return a ruleset in the version in force at `as_of`, else in the current one.

        `name` is a name, `name@version` or a file; None is the project's main ruleset. Raises UsageError for
        an unknown name, and DocumentError with every problem of the documents.
        """
        name = self.ruleset_names[0] if name is None else name
        day = self.day_of(as_of) if as_of is not None else None
        if day is None or "@" in name or name.endswith(".json"):
            return load_ruleset(name, as_of=day, roots=self.roots, lock=self.lock)
        if name not in self._versions:
            self._versions[name] = Versions(name, self._catalogue, self.lock)
        return self._versions[name].at(day)

    def program(
        self, name: str | None = None, select: Sequence[str] | None = None, *, as_of: date | None = None
    ) -> Program:
        """Return the compiled ruleset; `select` keeps the decisions of these names and what they read.

        Raises as `ruleset` does, and UsageError for a decision that does not exist.
        """
        ruleset = self.ruleset(name, as_of=as_of)
        key = (ruleset.digest, None if select is None else tuple(select))
        if key not in self._programs:
            self._programs[key] = Program(ruleset, select=select, zone=self.zone)
        return self._programs[key]

    def evaluate(self, record: Mapping[str, Any], as_of: date, *, ruleset: str | None = None) -> Result:
        """Evaluate one record by the version of the ruleset in force at `as_of`. Raises RecordError."""
        return self.program(ruleset, as_of=as_of).evaluate(record, as_of=as_of)
