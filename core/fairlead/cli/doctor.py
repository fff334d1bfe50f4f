"""`fairlead doctor`: what keeps a project from syncing, and how well each fact is covered."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairlead.cli.failures import FINDINGS, with_messages
from fairlead.cli.options import AsJson, help_text
from fairlead.cli.problem_lines import print_problems, problem_lines
from fairlead.cli.project_options import ProjectFolder, connected
from fairlead.cli.screen import column_lines, print_json, say

if TYPE_CHECKING:
    from fairlead.sync.doctor import Diagnosis

__all__ = ["register"]

_PURPOSE = (
    "Look at a project's CRM and tell what is missing, and how to mend it: credentials, scopes, permissions, "
    "fields, the mapping. Reads some records and counts how well each fact is covered. Writes nothing. Ends "
    "with exit code 1 when something is missing."
)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "doctor", help=help_text(_PURPOSE, "fairlead doctor clinic", "fairlead doctor clinic --json")
    )(with_messages(_doctor))


def _doctor(
    folder: ProjectFolder = Path(),
    sample: Annotated[
        int, typer.Option("--sample", metavar="N", min=1, max=10_000, help="Records to look at, per object.")
    ] = 500,
    as_json: AsJson = False,
) -> int:
    from fairlead.sync.doctor import diagnose

    with connected(folder) as session:
        found = diagnose(session, sample=sample)
    if as_json:
        print_json(_as_json(found))
    else:
        _print(found)
    return FINDINGS if found.problems else 0


def _print(found: Diagnosis) -> None:
    if found.account is not None:
        say(("Account ", "bold"), found.account)
    print_problems(found.problems)
    if found.notes:
        say(("To look at; it keeps nothing from syncing:", "bold"))
        for note in found.notes:
            for pieces in problem_lines(note):
                say(*pieces)
    if found.coverage:
        said = ", ".join(f"{count:,} of `{name}`" for name, count in found.sampled.items())
        say(("How well each fact is covered", "bold"), f" in the records looked at: {said}")
        rows = [
            [f"  {each.fact}", f"{each.filled:,} of {each.records:,}", _percent(each.filled, each.records)]
            for each in found.coverage
        ]
        for line in column_lines(rows):
            say(line)
    for (object_, name), values in found.unmapped.items():
        listed = ", ".join(f"`{value}` ({count:,})" for value, count in values.items())
        say(
            (f"{object_}.{name}: ", "bold"),
            f"option values that are not mapped, with their records: {listed}",
        )
    for message, count in found.unreadable.items():
        say((f"{count:,} records would be rejected: ", "yellow"), message)
    if not found.problems:
        say(("Nothing is missing: the project can sync.", "green"))


def _percent(part: int, whole: int) -> str:
    return f"{100 * part // whole} %" if whole else "-"


def _as_json(found: Diagnosis) -> dict[str, Any]:
    return {
        "account": found.account,
        "problems": [problem.as_json() for problem in found.problems],
        "notes": [note.as_json() for note in found.notes],
        "sampled": dict(found.sampled),
        "coverage": [
            {"fact": each.fact, "filled": each.filled, "records": each.records} for each in found.coverage
        ],
        "unmapped": [
            {"object": object_, "field": name, "values": values}
            for (object_, name), values in found.unmapped.items()
        ],
        "unreadable": dict(found.unreadable),
    }
