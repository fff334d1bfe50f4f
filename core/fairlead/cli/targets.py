"""What a command works on: the project it is in, the ruleset that is named, the moment to decide at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING

from fairlead.facts.values import UnfitValue, parse_date, parse_date_time
from fairlead.problems import UsageError

if TYPE_CHECKING:
    from fairlead.engine import Program
    from fairlead.project import Project
    from fairlead.ruleset.typed import Ruleset

__all__ = ["SETTINGS_FILE", "Target", "moment_of", "project_in"]

#: as in `fairlead.project`, which takes longer to import than some commands need
SETTINGS_FILE = "fairlead.toml"


@dataclass(frozen=True)
class Target:
    """A ruleset by the name or file that was typed, in a project where there is one.

    `name` None is the project's main ruleset. `roots` are folders of documents to look in, without a
    project.
    """

    name: str | None
    project: Project | None = None
    roots: tuple[Path, ...] = ()

    @classmethod
    def of(cls, argument: str) -> Target:
        """Return what an argument names.

        It is a project's folder; or a file, in the project whose folder holds it; or else the name of a
        ruleset, in the project of the current folder.
        """
        path = Path(argument)
        if path.name == SETTINGS_FILE or (path.is_dir() and not _is_name_here(argument)):
            return cls(None, _open(path.parent if path.name == SETTINGS_FILE else path))
        if argument.endswith(".json"):
            for folder in path.absolute().parents:
                if (folder / SETTINGS_FILE).is_file():
                    return cls(argument, _open(folder))
            roots = [folder for folder in path.absolute().parents if folder.name == "rulesets"]
            return cls(argument, roots=tuple(roots[:1]))
        return cls(argument, project_in(Path()))

    @property
    def zone(self) -> tzinfo:
        """The zone in which days begin."""
        return self.project.zone if self.project is not None else UTC

    def day_of(self, moment: date) -> date:
        """Return the day of a date or an instant where days begin as `zone` says."""
        return moment.astimezone(self.zone).date() if isinstance(moment, datetime) else moment

    @property
    def language(self) -> str:
        """The language of texts where none is asked for."""
        return self.project.language if self.project is not None else "en"

    @property
    def document_roots(self) -> list[Path]:
        """The folders of documents that come before the shipped ones."""
        return self.project.roots if self.project is not None else list(self.roots)

    def ruleset(self) -> Ruleset:
        """Return the current version of the ruleset. Raises DocumentError with every problem."""
        if self.project is not None:
            return self.project.ruleset(self.name)
        from fairlead.ruleset.load import load_ruleset

        assert self.name is not None
        return load_ruleset(self.name, roots=self.roots)

    def program(self, as_of: date | None = None, select: Sequence[str] | None = None) -> Program:
        """Return the program of the version in force at `as_of`, else of the current version."""
        if self.project is not None:
            return self.project.program(self.name, select, as_of=as_of)
        from fairlead.engine import load

        assert self.name is not None
        day = as_of.astimezone(UTC).date() if isinstance(as_of, datetime) else as_of
        return load(self.name, as_of=day, select=select, roots=self.roots)

    def draft(self) -> Program:
        """Return the program of the current version for tests, whether it is approved or not."""
        return self.project.draft(self.name) if self.project is not None else self.program()


def project_in(folder: Path) -> Project | None:
    """Return the project whose folder this is, or None."""
    return _open(folder) if (folder / SETTINGS_FILE).is_file() else None


def moment_of(text: str | None, zone: tzinfo) -> date:
    """Return the date or the instant that was typed, or today in `zone`. Raises UsageError."""
    if text is None:
        return datetime.now(zone).date()
    try:
        return parse_date(text) if len(text) <= len("2026-11-21") else parse_date_time(text, zone)
    except UnfitValue as unfit:
        raise UsageError([unfit.problem("--as-of")]) from None


def _open(folder: Path) -> Project:
    from fairlead.project import open

    return open(folder)


def _is_name_here(argument: str) -> bool:
    """Tell whether a folder's name is also that of a document beside it."""
    return Path(f"{argument}.json").is_file() and not (Path(argument) / SETTINGS_FILE).is_file()
