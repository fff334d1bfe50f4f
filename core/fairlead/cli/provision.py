"""`fairlead provision` and `fairlead unprovision`: our fields in the CRM, made and taken away."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairlead.cli.failures import FINDINGS, with_messages
from fairlead.cli.options import AsJson, help_text
from fairlead.cli.project_options import ProjectFolder, connected
from fairlead.cli.screen import column_lines, print_json, say

if TYPE_CHECKING:
    from fairlead.plugins.fields import SetupStep

__all__ = ["register"]

DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would be done; change nothing.")]

_PURPOSE = (
    "Create the fields of ours that the CRM lacks: results, and what people fill in. What is there is left "
    "as it is; a field of another kind is reported, never changed."
)
_UNDO = "Remove the fields of ours from the CRM, and what was made for them. What they hold is lost."


def register(app: typer.Typer) -> None:
    """Add the command of this module that is asked for; both stand in one module."""
    app.command(
        "provision",
        help=help_text(_PURPOSE, "fairlead provision clinic --dry-run", "fairlead provision clinic"),
    )(with_messages(_provision))
    app.command(
        "unprovision",
        help=help_text(_UNDO, "fairlead unprovision clinic --dry-run", "fairlead unprovision clinic --yes"),
    )(with_messages(_unprovision))


def _provision(folder: ProjectFolder = Path(), dry_run: DryRun = False, as_json: AsJson = False) -> int:
    from fairlead.sync.provisioning import provision
    from fairlead.sync.session import failing_calls

    with connected(folder) as session, failing_calls():
        return _shown(provision(session, dry_run=dry_run), as_json)


def _unprovision(
    folder: ProjectFolder = Path(),
    dry_run: DryRun = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do it: the values of these fields are lost.")] = False,
    as_json: AsJson = False,
) -> int:
    from fairlead.sync.provisioning import unprovision
    from fairlead.sync.session import failing_calls

    with connected(folder) as session, failing_calls():
        code = _shown(unprovision(session, dry_run=dry_run or not yes), as_json)
    if not dry_run and not yes and not as_json:
        say("nothing was removed: `--yes` does it")
    return code


def _shown(steps: list[SetupStep], as_json: bool) -> int:
    failed = [step for step in steps if step.failure is not None]
    if as_json:
        print_json({"steps": [_as_json(step) for step in steps], "failed": len(failed)})
        return FINDINGS if failed else 0
    rows = []
    for step in steps:
        if step.action == "exists" and step.failure is None:
            continue
        if step.failure is not None:
            state = "failed"
        elif step.done or step.action == "explain":
            state = step.action
        else:
            state = f"would {step.action}"
        rows.append([state, step.target, step.detail])
    for line in column_lines(rows) if rows else []:
        say(line)
    for step in failed:
        say((f"{step.target}: ", "bold"), (str(step.failure), "red"))
    there = sum(step.action == "exists" and step.failure is None for step in steps)
    done = sum(step.done and step.action != "exists" for step in steps)
    say(f"{len(steps):,} steps: {done:,} done, {there:,} as wanted already, {len(failed):,} failed")
    return FINDINGS if failed else 0


def _as_json(step: SetupStep) -> dict[str, Any]:
    return {
        "action": step.action,
        "target": step.target,
        "detail": step.detail,
        "done": step.done,
        "name": step.name,
        "failure": str(step.failure) if step.failure is not None else None,
    }
