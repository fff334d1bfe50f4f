"""`fairlead upgrade`: show what newer versions change, with witnesses, then build on them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairlead.cli.effects import print_effects
from fairlead.cli.failures import BROKEN_INPUT, FINDINGS, with_messages
from fairlead.cli.inputs import Said, reading_json, related_json, with_input_options
from fairlead.cli.options import AsJson, AsOf, PastData, PastEngine, Witnesses, help_text
from fairlead.cli.problem_lines import print_problems
from fairlead.cli.progress import reading
from fairlead.cli.screen import print_json, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fairlead.project.witnesses import RulesetEffects
    from fairlead.ruleset.upgrade import PinChange, UpgradePlan

__all__ = ["register"]

_PURPOSE = (
    "Bring a project to the current versions of what it builds on and pin them in fairlead.lock. Shows first "
    "what that changes: in the rules, and in the results of the project's scenarios and of past records, "
    "which are decided before and after. A document that was edited under the version that is pinned is a "
    "finding: nothing is written, and the exit code is 1."
)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "upgrade",
        help=help_text(
            _PURPOSE,
            "fairlead upgrade --dry-run",
            "fairlead upgrade clients/clinic-a --dry-run --data leads-2026.csv --witnesses 5",
            "fairlead upgrade clients/clinic-a",
        ),
    )(with_messages(with_input_options(_upgrade)))


def _upgrade(
    project: Annotated[
        Path, typer.Argument(metavar="[PROJECT]", help="The project's folder.", show_default=False)
    ] = Path(),
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change and end.")] = False,
    accept_edited: Annotated[
        bool,
        typer.Option(
            "--accept-edited", help="Pin documents that were edited under their version as they are now."
        ),
    ] = False,
    data: PastData = None,
    engine: PastEngine = "auto",
    witnesses: Witnesses = 3,
    as_of: AsOf = None,
    *,
    said: Said,
    as_json: AsJson = False,
) -> int:
    from fairlead.cli.targets import Target, moment_of
    from fairlead.project import LOCK_FILE, open
    from fairlead.project.past_records import PastRecords
    from fairlead.project.witnesses import upgrade_effects
    from fairlead.ruleset.catalogue import Catalogue
    from fairlead.ruleset.upgrade import apply_upgrade, plan_upgrade

    opened = open(project)
    moment = moment_of(as_of, opened.zone)
    plan = plan_upgrade(Catalogue(opened.roots), opened.lock, opened.ruleset_names)
    with reading(data) as progress:
        past = None
        if data is not None:
            past = PastRecords(said.of(Target(None, opened), data), progress, engine)
        effects = upgrade_effects(opened, plan, moment, past, witnesses=witnesses)
    refused = [] if accept_edited else plan.edited
    problems = [*plan.problems, *(problem for effect in effects for problem in effect.problems)]
    if as_json:
        members = _plan_json(plan, effects)
        members["problems"] = [problem.as_json() for problem in problems]
        print_json({"applied": not (dry_run or problems or refused), "as_of": moment.isoformat(), **members})
    else:
        _print_plan(plan, effects, f"records of {data} as of {moment}", opened.language)
    if problems:
        if not as_json:
            print_problems(problems)
        return BROKEN_INPUT
    if refused:
        if not as_json:
            say(
                "nothing was written: give what was edited a new version, or accept it with `--accept-edited`"
            )
        return FINDINGS
    apply_upgrade(plan, opened.folder / LOCK_FILE, dry_run=dry_run)
    if not as_json and not plan.is_empty:
        say("nothing was written: this was a dry run" if dry_run else f"done; {LOCK_FILE} is up to date")
    return 0


def _print_plan(plan: UpgradePlan, effects: Sequence[RulesetEffects], data: str, language: str) -> None:
    if plan.is_empty and not plan.problems:
        say("everything is up to date")
        return
    for edit in plan.edits:
        say(f"{edit.name}: builds on {edit.refers_to} {edit.new} instead of {edit.old}")
    for change in plan.pin_changes:
        say(_pin_text(change))
    for ruleset, effect in zip(plan.rulesets, effects, strict=True):
        compared = effect.scenarios is not None or effect.not_compared
        if ruleset.differences or ruleset.notes or compared:
            say((ruleset.name, "bold"), ":")
        for difference in ruleset.differences:
            say(f"  {difference.text}")
        for note in ruleset.notes:
            say("  ", (f"note: {note.text}", "yellow"))
        print_effects(effect, data, language)


def _pin_text(change: PinChange) -> str:
    if change.old is None and change.new is not None:
        return f"pin {change.name} {change.new.version} ({change.new.digest})"
    if change.new is None:
        return f"no longer pin {change.name}"
    assert change.old is not None
    if change.is_edit:
        return (
            f"{change.name} {change.new.version} was edited under the same version: "
            f"pinned is {change.old.digest}, now it is {change.new.digest}"
        )
    return f"pin {change.name} {change.new.version} instead of {change.old.version}"


def _plan_json(plan: UpgradePlan, effects: Sequence[RulesetEffects]) -> dict[str, Any]:
    return {
        "edits": [
            {
                "file": str(edit.path),
                "document": edit.name,
                "pointer": edit.pointer,
                "refers_to": edit.refers_to,
                "old": edit.old,
                "new": edit.new,
            }
            for edit in plan.edits
        ],
        "pins": [
            {
                "name": change.name,
                "old": None if change.old is None else change.old.version,
                "new": None if change.new is None else change.new.version,
                "old_digest": None if change.old is None else change.old.digest,
                "digest": None if change.new is None else change.new.digest,
                "edited": change.is_edit,
            }
            for change in plan.pin_changes
        ],
        "rulesets": [
            {
                "name": ruleset.name,
                "differences": [difference.as_json() for difference in ruleset.differences],
                "notes": [note.as_json() for note in ruleset.notes],
                **effect.as_json(),
                "reading": None if effect.reading is None else reading_json(effect.reading),
                "related": [related_json(each) for each in effect.related],
            }
            for ruleset, effect in zip(plan.rulesets, effects, strict=True)
        ],
    }
