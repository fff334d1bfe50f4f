"""A project: one client's folder with its settings, documents and lock file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, tzinfo
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from fairlead.engine import Program, Result
from fairlead.problems import DocumentError, Problem, UsageError
from fairlead.project.settings import SETTINGS_FILE, ProjectSettings, place_in_settings, read_settings
from fairlead.ruleset.catalogue import Catalogue, Found
from fairlead.ruleset.load import load_ruleset
from fairlead.ruleset.lock import Lock, read_lock
from fairlead.ruleset.typed import Ruleset
from fairlead.ruleset.versions import Versions

# what a project that demands no approval does without is imported where it is needed
if TYPE_CHECKING:
    from fairlead.project.approvals import Approvals
    from fairlead.ruleset.policy_pack import PolicyPack

__all__ = ["LOCK_FILE", "Project", "open"]

#: the file with the versions and digests that a project builds on
LOCK_FILE = "fairlead.lock"


def open(folder: str | Path) -> Project:
    """Open the project in a folder.

    Raises DocumentError with every problem of its settings and lock file, and for a policy pack that does
    not exist.
    """
    path = Path(folder)
    project = Project(path, read_settings(path / SETTINGS_FILE), read_lock(path / LOCK_FILE))
    project.pack_documents()
    return project


class Project:
    """The one gate to everything that a project evaluates.

    Documents are looked up in the project's `rulesets/` folder first, then among the shipped ones, and must
    be what the lock file pins. Where the project demands approval, only what is approved runs, and results
    say by whom; elsewhere they say `unapproved`.
    """

    def __init__(self, folder: Path, settings: ProjectSettings, lock: Lock) -> None:
        self.folder = folder
        self.settings = settings
        self.lock = lock
        self.zone: tzinfo = UTC if settings.zone == "UTC" else ZoneInfo(settings.zone)
        self._catalogue = Catalogue(self.roots)
        self._versions: dict[str, Versions] = {}
        self._programs: dict[tuple[str, tuple[str, ...] | None, str | None], Program] = {}

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
        return self._versions_of(name).at(day)

    def program(
        self, name: str | None = None, select: Sequence[str] | None = None, *, as_of: date | None = None
    ) -> Program:
        """Return the compiled ruleset; `select` keeps the decisions of these names and what they read.

        Where the project demands approval this is the gate: the day of `as_of` is needed, and the program
        runs on days alone that its approval covers. Raises as `ruleset` does, and UsageError for a decision
        that does not exist and for what is not approved.
        """
        if not self.settings.require_approval:
            return self.draft(name, select, as_of=as_of)
        if as_of is None:
            message = "the project demands approval, and an approval is for certain days"
            remedy = "say the day to decide at"
            raise UsageError([Problem("not-approved", message, remedy=remedy)])
        from fairlead.project.approved_program import ApprovedProgram

        ruleset = self.ruleset(name, as_of=as_of)
        approvals = self.approvals
        approval = approvals.find(ruleset, self.day_of(as_of))
        key = (ruleset.digest, None if select is None else tuple(select), approval.digest)
        if key not in self._programs:

            def check(day: date) -> None:
                problems = approvals.refusals(approval, approvals.binder.bind([ruleset], day), day)
                if problems:
                    raise UsageError(problems)

            self._programs[key] = ApprovedProgram(ruleset, self.zone, select, approval, check)
        return self._programs[key]

    def draft(
        self, name: str | None = None, select: Sequence[str] | None = None, *, as_of: date | None = None
    ) -> Program:
        """Return the compiled ruleset whether it is approved or not, for tests and for what only looks at it.

        Its results say `unapproved`. Raises as `program` does.
        """
        ruleset = self.ruleset(name, as_of=as_of)
        key = (ruleset.digest, None if select is None else tuple(select), None)
        if key not in self._programs:
            self._programs[key] = Program(ruleset, select=select, zone=self.zone)
        return self._programs[key]

    def approved_with(self, mapping: str, program: Program) -> Program:
        """Return a program of the gate, where it was approved with the mapping of this digest.

        Raises UsageError where it was not; without the need of approval any mapping will do.
        """
        if self.settings.require_approval and mapping not in getattr(program, "mappings", ()):
            message = "the mapping is not one that was approved with the rules"
            remedy = "`fairlead approve` shows what changed, and approves it"
            raise UsageError([Problem("approval-mismatch", message, found=mapping, remedy=remedy)])
        return program

    def evaluate(self, record: Mapping[str, Any], as_of: date, *, ruleset: str | None = None) -> Result:
        """Evaluate one record by the version of the ruleset in force at `as_of`.

        Raises RecordError, and UsageError where the ruleset is not approved and has to be.
        """
        return self.program(ruleset, as_of=as_of).evaluate(record, as_of=as_of)

    @cached_property
    def approvals(self) -> Approvals:
        """The approvals of the project, as they were when they were first asked for."""
        from fairlead.project.approvals import Approvals

        return Approvals(self)

    def pack_documents(self) -> list[Found]:
        """Return the documents of the project's policy packs.

        Raises DocumentError for one that does not exist, with its place in the settings.
        """
        if not self.settings.packs:
            return []
        from fairlead.ruleset.policy_pack import find_pack

        found, problems = [], []
        for position, name in enumerate(self.settings.packs):
            try:
                found.append(find_pack(name, self._catalogue))
            except UsageError as error:
                problems += [replace(each, pointer=f"/packs/{position}") for each in error.problems]
        if problems:
            raise DocumentError(place_in_settings(problems, self.folder / SETTINGS_FILE))
        return found

    def packs(self, as_of: date | None = None) -> list[PolicyPack]:
        """Return the project's policy packs, typed against the fact model of its main ruleset.

        Raises DocumentError with everything wrong with them.
        """
        documents = self.pack_documents()
        if not documents:
            return []
        from fairlead.ruleset.policy_pack import type_pack

        model = self.ruleset(as_of=as_of).model
        return [type_pack(found, model) for found in documents]

    def version_changes(self) -> set[date]:
        """Return the days on which a version of one of the project's rulesets begins or ends."""
        days: set[date | None] = set()
        for name in self.ruleset_names:
            for version in self._versions_of(name).versions:
                days |= {version.first, version.last}
        return {day for day in days if day is not None}

    def _versions_of(self, name: str) -> Versions:
        if name not in self._versions:
            self._versions[name] = Versions(name, self._catalogue, self.lock)
        return self._versions[name]
