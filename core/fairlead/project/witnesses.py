"""What an upgrade does to results: the client's scenarios and past records, decided before and after."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from fairlead.engine import Program, Result
from fairlead.engine.scenarios import run_scenarios
from fairlead.files import Reading, RelatedSummary
from fairlead.problems import DocumentError, Problem, RecordError, UsageError
from fairlead.project.comparison import Changes, Comparison, Decided
from fairlead.project.past_records import PastChanges, PastRecords, check_readable, past_changes
from fairlead.project.project import Project
from fairlead.project.scenarios import client_scenario_files
from fairlead.ruleset.catalogue import RULESETS, Catalogue
from fairlead.ruleset.lock import Lock
from fairlead.ruleset.resolve import build, find_ruleset
from fairlead.ruleset.scenarios import load_scenarios
from fairlead.ruleset.typed import Ruleset
from fairlead.ruleset.upgrade import UpgradePlan
from fairlead.ruleset.versions import Versions

if TYPE_CHECKING:
    from fairlead.store import Store

__all__ = ["RulesetEffects", "compared_records", "mirror_effects", "upgrade_effects"]


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

    def take(self, past: PastChanges) -> None:
        """Take what comes of the past records."""
        self.records, self.reading, self.related = past.changes, past.reading, past.related

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
        check_readable(past)
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
                effect.take(past_changes(past, as_of, old, new, witnesses))
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
    check_readable(past)
    effect = RulesetEffects(name, old=old.ruleset, new=new.ruleset)
    effect.take(past_changes(past, as_of, old, new, witnesses))
    return effect


def mirror_effects(
    name: str,
    old: Program,
    new: Program,
    as_of: date,
    store: Store,
    is_read: Callable[[str], bool],
    *,
    witnesses: int = 3,
) -> RulesetEffects:
    """Return how many records that a store holds two programs decide otherwise, and by how much."""
    from fairlead.project.past_mirror import changes_by_mirror

    effect = RulesetEffects(name, old=old.ruleset, new=new.ruleset)
    effect.records = changes_by_mirror(store, is_read, as_of, old, new, witnesses)
    return effect


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
