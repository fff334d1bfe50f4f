"""`fairlead mapping`: a mapping for the CRM, proposed from what the account has."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairlead.cli.failures import FINDINGS, with_messages
from fairlead.cli.options import AsJson, help_text
from fairlead.cli.problem_lines import print_problems
from fairlead.cli.project_options import ProjectFolder
from fairlead.cli.screen import column_lines, print_json, say
from fairlead.problems import Problem, UsageError

if TYPE_CHECKING:
    from fairlead.project import Project
    from fairlead.sync.proposal import Proposal

__all__ = ["print_proposal", "proposal_as_json", "proposed", "register", "write_mapping"]

_PURPOSE = (
    "Propose a mapping for a project's CRM: the connector's default one, less what the account does not "
    "have, with every option value that it does not know. Nothing is guessed: such a value is read as absent "
    "until somebody says what it means. Reads no records and changes nothing in the CRM."
)
_MOST_OPTIONS = 12


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "mapping",
        help=help_text(
            _PURPOSE,
            "fairlead mapping clinic",
            "fairlead mapping clinic --write",
            "fairlead mapping clinic --json",
        ),
    )(with_messages(_mapping))


def _mapping(
    folder: ProjectFolder = Path(),
    write: Annotated[
        bool, typer.Option("--write", help="Write it into the project, where no mapping is yet.")
    ] = False,
    as_json: AsJson = False,
) -> int:
    from fairlead import project

    opened = project.open(folder)
    path = _own_path(opened)
    if write and path.exists():
        raise _there_already(path)
    proposal = proposed(opened)
    if write:
        write_mapping(opened, proposal)
    if as_json:
        print_json({"file": str(path), "written": write, **proposal_as_json(proposal)})
    else:
        say((str(path), "bold"), " is written" if write else " would be written with `--write`")
        print_proposal(proposal)
    return FINDINGS if proposal.notes else 0


def proposed(opened: Project) -> Proposal:
    """Ask a project's account and return the proposal. Raises UsageError where it cannot be asked."""
    from fairlead.sync.proposal import propose
    from fairlead.sync.session import failing_calls, open_session

    with failing_calls():
        session = open_session(opened, shipped=True)
        try:
            return propose(session)
        finally:
            session.connector.close()


def write_mapping(opened: Project, proposal: Proposal) -> Path:
    """Write a proposed mapping into a project and return its file. Raises UsageError where one is there."""
    path = _own_path(opened)
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(proposal.document, indent=2, ensure_ascii=False) + "\n"
    try:
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        raise _there_already(path) from None
    return path


def _own_path(opened: Project) -> Path:
    from fairlead.sync.session import connector_of, own_mapping_path

    return own_mapping_path(opened, connector_of(opened))


def _there_already(path: Path) -> UsageError:
    message = f"`{path}` is there already, and is not overwritten"
    remedy = "look at the proposal without `--write`, and edit the file"
    return UsageError([Problem("file-exists", message, file=str(path), remedy=remedy)])


def print_proposal(proposal: Proposal) -> None:
    """Print what a person should look at in a proposed mapping."""
    if proposal.left_out:
        say(("Left out, because the account does not have it:", "bold"))
        for line in column_lines([[each.what, each.why] for each in proposal.left_out], indent="  "):
            say(line)
    if proposal.unfilled:
        say(("Option values read as absent until `values` says what they mean:", "bold"))
        for each in proposal.unfilled:
            shown = [
                f"`{option.value}`" + (f" ({option.label})" if option.label != option.value else "")
                for option in each.options[:_MOST_OPTIONS]
            ]
            more = len(each.options) - _MOST_OPTIONS
            said = ", ".join(shown) + (f" and {more:,} more" if more > 0 else "")
            say(f"  {each.object}.{each.field}, for {each.fact}: {said}")
    if not proposal.left_out and not proposal.unfilled:
        say("Nothing of the default mapping had to be left out, and it knows all option values.")
    print_problems(proposal.notes)


def proposal_as_json(proposal: Proposal) -> dict[str, Any]:
    """Return a proposal as a JSON object."""
    return {
        "mapping": proposal.document,
        "left_out": [{"what": each.what, "why": each.why} for each in proposal.left_out],
        "unfilled": [
            {
                "object": each.object,
                "field": each.field,
                "fact": each.fact,
                "values": {option.value: option.label for option in each.options},
            }
            for each in proposal.unfilled
        ],
        "notes": [problem.as_json() for problem in proposal.notes],
    }
