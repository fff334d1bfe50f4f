"""What an upgrade does to results: the client's scenarios and past records, decided before and after."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from fairlead.engine import Program, Result
from fairlead.engine.scenarios import run_scenarios
from fairlead.files import (
    STANDARD_STREAM,
    InputFile,
    Reading,
    Reject,
    RelatedSummary,
    format_of,
    open_input,
)
from fairlead.files.rows import Row
from fairlead.problems import DocumentError, Problem, RecordError, UsageError
from fairlead.project.comparison import Changes, Comparison, Decided
from fairlead.project.project import Project
from fairlead.project.scenarios import client_scenario_files
from fairlead.ruleset.catalogue import RULESETS, Catalogue
from fairlead.ruleset.lock import Lock
from fairlead.ruleset.resolve import build, find_ruleset
from fairlead.ruleset.scenarios import load_scenarios
from fairlead.ruleset.typed import Ruleset
from fairlead.ruleset.upgrade import UpgradePlan
from fairlead.ruleset.versions import Versions

__all__ = ["PastRecords", "RulesetEffects", "compared_records", "upgrade_effects"]

#: how many messages about rejects wait for the record that they are about
_MOST_WAITING = 1000
#: how often progress is told, in records
_TOGETHER = 1000


@dataclass(frozen=True)
class PastRecords:
    """A file of past records, read as `evaluate` reads it.

    `progress` is called now and then with the number of bytes read.
    """

    file: InputFile
    progress: Callable[[int], None] | None = None


@dataclass
class RulesetEffects:
    """What an upgrade does to the results of one ruleset.

    `problems` are why the new version cannot run, `not_compared` why the old one cannot, `unread` why the
    past records cannot be read for this ruleset, `not_in_force` why no version is in force any more on the
    day asked for. `scenarios` and `records` are None where nothing was compared. `newly_failing` are the
    scenarios that are as expected before the upgrade and not after it. `reading` and `related` are how the
    past records were understood.
    """

    name: str
    old: Ruleset | None = None
    new: Ruleset | None = None
    scenarios: Changes | None = None
    newly_failing: list[str] = field(default_factory=list)
    records: Changes | None = None
    reading: Reading | None = None
    related: Sequence[RelatedSummary] = ()
    problems: tuple[Problem, ...] = ()
    unread: tuple[Problem, ...] = ()
    not_compared: tuple[Problem, ...] = ()
    not_in_force: tuple[Problem, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the effects as members of a JSON object; null where nothing was compared."""
        members: dict[str, Any] = {
            "scenarios": None if self.scenarios is None else self.scenarios.as_json(),
            "newly_failing": self.newly_failing,
            "records": None if self.records is None else self.records.as_json(),
        }
        for key in ("unread", "not_compared", "not_in_force"):
            problems: tuple[Problem, ...] = getattr(self, key)
            if problems:
                members[key] = [problem.as_json() for problem in problems]
        return members


def upgrade_effects(
    project: Project,
    plan: UpgradePlan,
    as_of: date,
    past: PastRecords | None = None,
    *,
    witnesses: int = 3,
) -> list[RulesetEffects]:
    """Return what an upgrade does to the results of each ruleset of its plan.

    Past records are decided as of `as_of`, scenarios as of their own days. Both versions decide as they are
    written, also on days on which another version is in force. A ruleset that stays as it is, is not
    compared. At most `witnesses` records are kept for each decision. Raises UsageError and OSError where the
    past records cannot be opened, and DocumentError where no ruleset can read them.
    """
    if past is not None:
        _check_readable(past)
    catalogue = Catalogue(project.roots)
    later = catalogue.with_edits(plan.texts)
    effects = []
    for ruleset in plan.rulesets:
        effect = RulesetEffects(ruleset.name)
        effects.append(effect)
        if ruleset.problems:
            continue
        try:
            effect.new = build(later.find(ruleset.name, kinds=RULESETS), later)
        except DocumentError as error:
            effect.problems = tuple(error.problems)
            continue
        try:
            effect.old = _as_it_is(ruleset.name, catalogue, project.lock)
        except (DocumentError, UsageError) as error:
            effect.not_compared = tuple(error.problems)
            continue
        if effect.old.digest == effect.new.digest:
            continue
        effect.not_in_force = _ends_to_be_in_force(project, plan, effect.name, catalogue, later, as_of)
        old = Program(effect.old, zone=project.zone)
        new = Program(effect.new, zone=project.zone)
        _decide_scenarios(project, effect, old, new, witnesses)
        if past is not None:
            try:
                effect.records = _decide_records(past, as_of, Comparison(old, new, witnesses), effect)
            except (DocumentError, UsageError) as error:
                effect.unread = tuple(error.problems)
    unread = [effect.unread for effect in effects if effect.unread]
    if unread and not any(effect.records for effect in effects):
        raise DocumentError(list(dict.fromkeys(problem for problems in unread for problem in problems)))
    return effects


def compared_records(
    name: str, old: Program, new: Program, as_of: date, past: PastRecords, *, witnesses: int = 3
) -> RulesetEffects:
    """Return how many past records two programs decide otherwise, as of `as_of`, and by how much.

    At most `witnesses` records are kept for each decision. Raises UsageError and OSError where the past
    records cannot be opened, and DocumentError where they cannot be read.
    """
    _check_readable(past)
    effect = RulesetEffects(name, old=old.ruleset, new=new.ruleset)
    effect.records = _decide_records(past, as_of, Comparison(old, new, witnesses), effect)
    return effect


def _check_readable(past: PastRecords) -> None:
    """Say that a file cannot be read even where there is nothing to compare."""
    path = past.file.path
    if path == STANDARD_STREAM:
        message = "past records are read twice, and standard input can be read once"
        raise UsageError([Problem("wrong-usage", message, found=path, remedy="name a file")])
    format_of(path, past.file.file_format)
    with Path(path).open("rb"):
        pass


def _as_it_is(name: str, catalogue: Catalogue, lock: Lock) -> Ruleset:
    """Return the ruleset before the upgrade: as it is pinned, or as it is written where it is not yet."""
    found = find_ruleset(name, catalogue, lock)
    try:
        return build(found, catalogue, lock)
    except DocumentError as error:
        if any(problem.code != "not-locked" for problem in error.problems):
            raise
    return build(found, catalogue)


def _ends_to_be_in_force(
    project: Project, plan: UpgradePlan, name: str, catalogue: Catalogue, later: Catalogue, as_of: date
) -> tuple[Problem, ...]:
    """Return why no version is in force on a day on which one is before the upgrade."""
    day = project.day_of(as_of)
    try:
        Versions(name, catalogue, project.lock).select(day)
    except DocumentError:
        return ()
    try:
        Versions(name, later, Lock(plan.pins)).select(day)
    except DocumentError as error:
        return tuple(error.problems)
    return ()


# scenarios


def _decide_scenarios(
    project: Project, effect: RulesetEffects, old: Program, new: Program, witnesses: int
) -> None:
    comparison = Comparison(old, new, witnesses)
    for path in client_scenario_files(project, effect.name):
        document = load_scenarios(path)
        before, after = run_scenarios(old, document), run_scenarios(new, document)
        effect.newly_failing += [
            was.name for was, now in zip(before, after, strict=True) if was.passed and not now.passed
        ]
        for scenario in document.scenarios:
            moment = scenario.as_of or document.as_of
            first, second = (_evaluated(program, scenario.given, moment) for program in (old, new))
            if isinstance(first, Result) and isinstance(second, Result):
                comparison.add(scenario.name, _decided(first), _decided(second))
            elif isinstance(first, Result):
                comparison.add_unfit(scenario.name, str(second))
            elif isinstance(second, Result):
                comparison.changes.fit_now += 1
            else:
                comparison.changes.rejected += 1
    effect.scenarios = comparison.changes


def _evaluated(program: Program, record: dict[str, Any], moment: date) -> Result | str:
    """Return the result, or why there is none."""
    try:
        return program.evaluate(record, moment)
    except (RecordError, UsageError) as error:
        return error.problems[0].message


def _decided(result: Result) -> Decided:
    return result.decisions, result.reasons, result.unknown


# past records


class _Waiting:
    """Keeps why records were rejected, by line, until the record is met; takes and counts the rejects."""

    def __init__(self) -> None:
        self.count = 0
        self.messages: dict[int, str] = {}

    def __call__(self, reject: Reject) -> None:
        """Take a reject."""
        self.count += 1
        if len(self.messages) < _MOST_WAITING:
            self.messages[reject.line] = reject.problems[0].message

    def forget(self, number: int) -> None:
        """Drop what is about lines up to this one."""
        while self.messages and (line := next(iter(self.messages))) <= number:
            del self.messages[line]


def _decide_records(
    past: PastRecords, as_of: date, comparison: Comparison, effect: RulesetEffects
) -> Changes:
    """Decide each record by both versions; both read the file for themselves, each by its own fact model."""
    changes = comparison.changes
    first, second = comparison.old.runner(as_of), comparison.new.runner(as_of)
    refused = _Waiting()
    with (
        open_input(comparison.old, past.file, lambda _: None) as before,
        open_input(comparison.new, past.file, refused) as after,
    ):
        for number, old, new in _by_line(iter(before), iter(after)):
            shown = _shown(number, old or new)
            if old is not None and new is not None:
                comparison.add(shown, first(old[2]), second(new[2]))
            elif old is not None:
                comparison.add_unfit(shown, refused.messages.get(number, "it does not fit"))
            else:
                changes.fit_now += 1
            refused.forget(number)
            if past.progress is not None and changes.compared % _TOGETHER == 0:
                past.progress(before.stream.tell())
        effect.reading, effect.related = after.reading(), after.related_summaries()
    changes.rejected = refused.count - changes.no_longer_fit
    return changes


def _by_line(old: Iterator[Row], new: Iterator[Row]) -> Iterator[tuple[int, Row | None, Row | None]]:
    """Yield the records of one file as two readers give them, those of one line together."""
    before, after = next(old, None), next(new, None)
    while before is not None or after is not None:
        lines = [row[0] for row in (before, after) if row is not None]
        number = min(lines)
        is_before = before is not None and before[0] == number
        is_after = after is not None and after[0] == number
        yield number, before if is_before else None, after if is_after else None
        before = next(old, None) if is_before else before
        after = next(new, None) if is_after else after


def _shown(number: int, row: Row | None) -> str:
    identity = row[1] if row is not None else None
    return identity if identity is not None else f"line {number}"
