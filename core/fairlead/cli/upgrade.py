"""`fairlead upgrade`: show what newer versions change, then build on them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairlead.cli.failures import BROKEN_INPUT, with_messages
from fairlead.cli.options import AsJson, help_text
from fairlead.cli.problem_lines import print_problems
from fairlead.cli.screen import print_json, say

if TYPE_CHECKING:
    from fairlead.ruleset.upgrade import PinChange, UpgradePlan

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "upgrade",
        help=help_text(
            "Bring a project to the current versions of what it builds on, show what that changes, and pin "
            "them in fairlead.lock.",
            "fairlead upgrade --dry-run",
            "fairlead upgrade clients/clinic-a",
        ),
    )(with_messages(_upgrade))


def _upgrade(
    project: Annotated[
        Path, typer.Argument(metavar="[PROJECT]", help="The project's folder.", show_default=False)
    ] = Path(),
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change and end.")] = False,
    as_json: AsJson = False,
) -> int:
    from fairlead.project import LOCK_FILE, open
    from fairlead.ruleset.catalogue import Catalogue
    from fairlead.ruleset.upgrade import apply_upgrade, plan_upgrade

    opened = open(project)
    plan = plan_upgrade(Catalogue(opened.roots), opened.lock, opened.ruleset_names)
    if as_json:
        print_json({"applied": not (dry_run or plan.problems), **_plan_json(plan)})
    else:
        _print_plan(plan)
    if plan.problems:
        if not as_json:
            print_problems(plan.problems)
        return BROKEN_INPUT
    apply_upgrade(plan, opened.folder / LOCK_FILE, dry_run=dry_run)
    if not as_json and not plan.is_empty:
        say("nothing was written: this was a dry run" if dry_run else f"done; {LOCK_FILE} is up to date")
    return 0


def _print_plan(plan: UpgradePlan) -> None:
    if plan.is_empty and not plan.problems:
        say("everything is up to date")
        return
    for edit in plan.edits:
        say(f"{edit.name}: builds on {edit.refers_to} {edit.new} instead of {edit.old}")
    for change in plan.pin_changes:
        say(_pin_text(change))
    for ruleset in plan.rulesets:
        if ruleset.differences or ruleset.notes:
            say((ruleset.name, "bold"), ":")
        for difference in ruleset.differences:
            say(f"  {difference.text}")
        for note in ruleset.notes:
            say("  ", (f"note: {note.text}", "yellow"))


def _pin_text(change: PinChange) -> str:
    if change.old is None and change.new is not None:
        return f"pin {change.name} {change.new.version} ({change.new.digest})"
    if change.new is None:
        return f"no longer pin {change.name}"
    assert change.old is not None
    if change.old.version == change.new.version:
        return f"pin {change.name} {change.new.version} with the digest {change.new.digest}"
    return f"pin {change.name} {change.new.version} instead of {change.old.version}"


def _plan_json(plan: UpgradePlan) -> dict[str, Any]:
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
                "digest": None if change.new is None else change.new.digest,
            }
            for change in plan.pin_changes
        ],
        "rulesets": [
            {
                "name": ruleset.name,
                "differences": [difference.as_json() for difference in ruleset.differences],
                "notes": [note.text for note in ruleset.notes],
            }
            for ruleset in plan.rulesets
        ],
        "problems": [problem.as_json() for problem in plan.problems],
    }
