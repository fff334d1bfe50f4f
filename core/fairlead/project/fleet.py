"""Many clients at once: is each valid, does it pass its scenarios, and what waits for it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from fairlead.engine.scenarios import run_scenarios
from fairlead.problems import FairleadError, Problem, UsageError
from fairlead.project.checking import check_other_files
from fairlead.project.project import Project, open
from fairlead.project.scenarios import scenario_files
from fairlead.project.settings import SETTINGS_FILE
from fairlead.project.witnesses import upgrade_effects
from fairlead.ruleset.catalogue import Catalogue
from fairlead.ruleset.scenarios import load_scenarios
from fairlead.ruleset.upgrade import plan_upgrade

__all__ = ["ClientReport", "Fleet", "find_clients", "survey"]


@dataclass(frozen=True)
class Fleet:
    """The folders of clients; `passed_over` are folders beside them that have no settings file."""

    clients: tuple[Path, ...]
    passed_over: tuple[Path, ...]


@dataclass
class ClientReport:
    """How one client stands.

    `changes` are the differences that an upgrade makes to its rules, `scenarios_changed` the scenarios of its
    own that come out otherwise then, `waiting` whether there is anything to upgrade at all. `untested`
    are rulesets without scenarios. `problems` are
    what is wrong now, `blocked` why the upgrade cannot be made, `notes` what else there is to know.
    """

    folder: Path
    name: str
    rulesets: list[str] = field(default_factory=list)
    valid: bool = False
    passed: int = 0
    failed: int = 0
    untested: list[str] = field(default_factory=list)
    waiting: bool = False
    changes: int = 0
    scenarios_changed: int = 0
    problems: list[Problem] = field(default_factory=list)
    blocked: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def has_findings(self) -> bool:
        """Whether somebody should look at the client."""
        found = self.failed or self.untested or self.waiting or self.problems or self.blocked
        return not self.valid or bool(found)

    @property
    def note(self) -> str:
        """The most important thing to know, in one line."""
        if self.problems:
            more = f" (and {len(self.problems) - 1:,} more)" if len(self.problems) > 1 else ""
            return f"{_with_place(self.problems[0])}{more}"
        if self.blocked:
            return f"the upgrade cannot be made: {_with_place(self.blocked[0])}"
        untested = [f"no scenarios for {', '.join(self.untested)}"] if self.untested else []
        return "; ".join(untested + self.notes)

    def as_json(self) -> dict[str, Any]:
        """Return the report as a JSON object."""
        return {
            "client": self.name,
            "folder": str(self.folder),
            "rulesets": self.rulesets,
            "valid": self.valid,
            "passed": self.passed,
            "failed": self.failed,
            "untested": self.untested,
            "upgrade": {
                "waiting": self.waiting,
                "changes": self.changes,
                "scenarios_changed": self.scenarios_changed,
                "problems": [problem.as_json() for problem in self.blocked],
            },
            "findings": self.has_findings,
            "problems": [problem.as_json() for problem in self.problems],
            "notes": self.notes,
        }


def find_clients(folders: Iterable[Path]) -> Fleet:
    """Return the clients among these folders: each a client's own, or one of many clients.

    A folder that is neither is taken for a client, whose report says what is missing. Raises UsageError where
    there is no client at all.
    """
    clients: list[Path] = []
    passed_over: list[Path] = []
    listed = list(folders)
    for folder in listed:
        below = [] if _is_client(folder) or not folder.is_dir() else sorted(folder.iterdir())
        below = [path for path in below if path.is_dir() and not path.name.startswith(".")]
        found = [path for path in below if _is_client(path)]
        clients += found or [folder]
        passed_over += [path for path in below if path not in found] if found else []
    if not any(map(_is_client, clients)):
        named = ", ".join(f"`{folder}`" for folder in listed)
        message = f"there is no client's folder in {named}"
        remedy = f"name folders with a `{SETTINGS_FILE}`, or a folder of such; `fairlead init` makes one"
        raise UsageError([Problem("no-such-file", message, remedy=remedy)])
    return Fleet(tuple(dict.fromkeys(clients)), tuple(passed_over))


def _is_client(folder: Path) -> bool:
    try:
        return (folder / SETTINGS_FILE).exists()
    except OSError:
        # a folder that may not be looked into is a finding of its own
        return True


def survey(folder: Path) -> ClientReport:
    """Return how one client stands; whatever is wrong with it stands in the report."""
    report = ClientReport(folder, folder.resolve().name)
    try:
        _survey(folder, report)
    except FairleadError as error:
        report.problems += _problems_of(error)
    except OSError as error:
        reason = (error.strerror or "it cannot be used").lower()
        report.problems.append(Problem("unreadable-file", f"`{error.filename}` cannot be used: {reason}"))
    except Exception as error:  # noqa: BLE001 - one client never stops the others
        report.problems.append(Problem("client-failed", f"the client cannot be looked at: {error}"))
    if report.problems:
        report.valid = False
    return report


def _survey(folder: Path, report: ClientReport) -> None:
    project = open(folder)
    report.name, report.rulesets = project.name, list(project.ruleset_names)
    for name in project.ruleset_names:
        try:
            project.ruleset(name)
        except FairleadError as error:
            report.problems += [each for each in _problems_of(error) if each not in report.problems]
    for checked in check_other_files(project):
        report.problems += [each for each in checked.problems if each not in report.problems]
    report.valid = not report.problems
    if report.valid:
        for name in project.ruleset_names:
            _test(project, name, report)
    _look_ahead(project, report)


def _test(project: Project, name: str, report: ClientReport) -> None:
    files = scenario_files(project, name)
    if not files:
        report.untested.append(name)
    program = project.draft(name)
    for path in files:
        for result in run_scenarios(program, load_scenarios(path)):
            report.passed += result.passed
            report.failed += not result.passed
            if not result.passed and report.failed == 1:
                report.notes.append(f"failed: {result.name}")


def _look_ahead(project: Project, report: ClientReport) -> None:
    """Note what an upgrade would do, as its dry run does."""
    plan = plan_upgrade(Catalogue(project.roots), project.lock, project.ruleset_names)
    today = datetime.now(project.zone).date()
    effects = upgrade_effects(project, plan, today, witnesses=0)
    report.waiting = not plan.is_empty
    report.changes = sum(len(ruleset.differences) for ruleset in plan.rulesets)
    compared = [effect.scenarios for effect in effects if effect.scenarios is not None]
    report.scenarios_changed = sum(each.changed + each.no_longer_fit + each.fit_now for each in compared)
    later = [*plan.problems, *(problem for effect in effects for problem in effect.problems)]
    known = {(problem.code, problem.message) for problem in report.problems}
    report.blocked += [problem for problem in later if (problem.code, problem.message) not in known]
    report.notes += [f"{change.name} was edited under the version that is pinned" for change in plan.edited]
    failing = sum(len(effect.newly_failing) for effect in effects)
    if failing:
        scenarios = "scenario is" if failing == 1 else "scenarios are"
        report.notes.append(f"{failing:,} {scenarios} no longer as expected after the upgrade")
    report.notes += [
        f"after the upgrade: {problem.message}" for effect in effects for problem in effect.not_in_force
    ]


def _problems_of(error: FairleadError) -> list[Problem]:
    return list(getattr(error, "problems", ()))


def _with_place(problem: Problem) -> str:
    place = ":".join(str(part) for part in (problem.file, problem.line, problem.column) if part is not None)
    return f"{place}: {problem.message}" if place else problem.message
