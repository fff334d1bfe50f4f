"""`fairlead approve`: sign what a project runs on, after seeing what changed since it was last signed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairlead.cli.failures import with_messages
from fairlead.cli.options import AsJson, help_text
from fairlead.cli.project_options import ProjectFolder
from fairlead.cli.screen import print_json, say
from fairlead.cli.signing_options import (
    KeyFile,
    SigningPerson,
    SigningRole,
    asked_day,
    asked_role,
    needed,
    now,
    signer_of,
)
from fairlead.problems import FairleadError, Problem, UsageError

if TYPE_CHECKING:
    from fairlead.project import Project
    from fairlead.project.approvals import Approval
    from fairlead.project.approving import Draft, Risk

__all__ = ["register"]

_PURPOSE = (
    "Approve what a project runs on: its rulesets with the fact model and its labels, parameters, policy "
    "packs, mappings and time zone. First says what changed since the last approval, labels and mappings "
    "first; then signs all of it together and writes a file into `approvals`. The author of the rules cannot "
    "approve them. The approval covers the days until something dated changes, or until --expires."
)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "approve",
        help=help_text(
            _PURPOSE,
            "fairlead approve clinic --as ayse --role approver --key ~/keys/ayse.pem --author mehmet",
            "fairlead approve clinic --dry-run --as ayse --author mehmet",
            "fairlead approve clinic --as ayse --role approver --key ~/keys/ayse.pem --author mehmet \\",
            "    --accept-risk us-stark:writing:medical-travel/partner-programme --reason 'in May' "
            "--until 2027-01-31",
            "fairlead approve clinic --list",
        ),
    )(with_messages(_approve))


def _approve(
    folder: ProjectFolder = Path(),
    person: SigningPerson = None,
    role: SigningRole = None,
    key: KeyFile = None,
    author: Annotated[
        str | None,
        typer.Option("--author", metavar="PERSON", help="Who wrote the rules.", show_default=False),
    ] = None,
    ruleset: Annotated[
        list[str] | None,
        typer.Option(
            "--ruleset",
            metavar="NAME",
            help="Only this ruleset. Default: all of the project.",
            show_default=False,
        ),
    ] = None,
    expires: Annotated[
        str | None,
        typer.Option(
            "--expires",
            metavar="DATE",
            help="The first day that is not covered any more.",
            show_default=False,
        ),
    ] = None,
    accept_risk: Annotated[
        list[str] | None,
        typer.Option(
            "--accept-risk",
            metavar="FINDING",
            help="Accept this finding of the audit, with a --reason and an --until for each.",
            show_default=False,
        ),
    ] = None,
    reason: Annotated[
        list[str] | None,
        typer.Option("--reason", metavar="TEXT", help="Why the finding is accepted.", show_default=False),
    ] = None,
    until: Annotated[
        list[str] | None,
        typer.Option(
            "--until",
            metavar="DATE",
            help="The first day on which it is no longer accepted; the approval ends with it.",
            show_default=False,
        ),
    ] = None,
    listing: Annotated[
        bool, typer.Option("--list", help="List the approvals there are, and which of them count.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what changed, and sign nothing.")] = False,
    as_json: AsJson = False,
) -> int:
    from fairlead import project
    from fairlead.project.approving import draft_approval, write_approval

    opened = project.open(folder)
    at = now()
    if listing:
        _list(opened, at, as_json)
        return 0
    needed(as_=person, author=author or role == "author")
    if not dry_run:
        needed(role=role, key=key)
    assert person is not None
    draft = draft_approval(
        opened,
        ruleset or (),
        author=author or person,
        approver=person,
        at=at,
        expires=asked_day("--expires", expires),
        risks=_risks(accept_risk or (), reason or (), until or ()),
    )
    if not as_json:
        _print_draft(draft)
    approval = None
    if not dry_run:
        assert key is not None
        signing_as = asked_role(role)
        signer = signer_of(opened.approvals.register, person, key)
        approval = write_approval(opened, draft, signer, signing_as, at)
    if as_json:
        print_json(_as_json(draft, approval))
    elif approval is not None:
        say(("signed: ", "green"), (str(approval.path), "bold"))
        say(f"  {approval.digest}")
        if not approval.approvers:
            say("  it counts once an approver has signed it too: `fairlead sign` adds a signature")
    return 0


def _risks(findings: Sequence[str], reasons: Sequence[str], days: Sequence[str]) -> list[Risk]:
    from fairlead.project.approving import Risk

    if not len(findings) == len(reasons) == len(days):
        message = "each `--accept-risk` needs a `--reason` and an `--until`"
        raise UsageError([Problem("wrong-usage", message, remedy="give the three together")])
    risks = []
    for finding, reason, text in zip(findings, reasons, days, strict=True):
        day = asked_day("--until", text)
        assert day is not None
        risks.append(Risk(finding, reason, day))
    return risks


def _print_draft(draft: Draft) -> None:
    document = draft.document
    for bound in document.rulesets:
        say((f"{bound.name} {bound.version}", "bold"), f", {bound.digest}")
        say(f"  facts {bound.model.name} {bound.model.version}, {bound.model.digest}")
    for pack in document.packs:
        say(f"  pack {pack.name} {pack.version}, {pack.digest}")
    for mapping in document.mappings:
        say(f"  mapping {mapping.file or mapping.name}, {mapping.digest}")
    first, until = document.covers.first, document.covers.until
    say(
        f"covers days from {first or 'the beginning'} until "
        + (f"{until} (without it)" if until is not None else "something in it changes")
    )
    for risk in document.accepted:
        say(("accepted: ", "yellow"), f"{risk.finding} until {risk.until}: {risk.reason}")
    if draft.previous is None:
        say("nothing like this was approved before")
        return
    say(f"since {draft.previous.path.name}:")
    for section in draft.changes:
        say((f"  {section.title}", "bold"))
        for change in section.changes:
            say(f"    {change.text}")
    for name in draft.missing:
        say(("  not kept, so that nothing can be compared: ", "yellow"), name)
    if not draft.changes and not draft.missing:
        say("  nothing changed in what the documents say")


def _as_json(draft: Draft, approval: Approval | None) -> dict[str, Any]:
    return {
        "approval": dict(draft.payload),
        "since": draft.previous.path.name if draft.previous is not None else None,
        "changes": [
            {"section": each.key, "changes": [change.as_json() for change in each.changes]}
            for each in draft.changes
        ],
        "not_kept": list(draft.missing),
        "file": str(approval.path) if approval is not None else None,
        "digest": approval.digest if approval is not None else None,
    }


def _list(project: Project, at: datetime, as_json: bool) -> None:
    approvals = project.approvals
    listed = [(each, _refusals(project, each, at)) for each in approvals.all]
    if as_json:
        print_json(
            {
                "approvals": [
                    {
                        "file": each.path.name,
                        "digest": each.digest,
                        "rulesets": [bound.name for bound in each.document.rulesets],
                        "signed_by": [signed.model_dump() for signed in each.envelope.signatures],
                        "covers": each.document.covers.model_dump(mode="json", by_alias=True),
                        "accepted": [risk.model_dump(mode="json") for risk in each.document.accepted],
                        "counts": not problems,
                        "problems": [problem.as_json() for problem in problems],
                    }
                    for each, problems in listed
                ],
                "unreadable": [
                    {"file": path.name, "problems": [problem.as_json() for problem in problems]}
                    for path, problems in approvals.unreadable
                ],
            }
        )
        return
    for each, problems in listed:
        state = ("counts", "green") if not problems else ("does not count", "red")
        say((each.path.name, "bold"), ": ", state)
        for signed in each.envelope.signatures:
            say(f"  {signed.name} ({signed.person}) as {signed.role}, {signed.at}")
        for problem in problems:
            say(f"  {problem.message} [{problem.code}]")
    for path, faults in approvals.unreadable:
        say((path.name, "bold"), ": ", ("cannot be read", "red"))
        for problem in faults:
            say(f"  {problem.message} [{problem.code}]")
    if not listed and not approvals.unreadable:
        say("there are no approvals yet")


def _refusals(project: Project, approval: Approval, at: datetime) -> list[Problem]:
    """Return why an approval would let nothing run today."""
    day = project.day_of(at)
    try:
        rulesets = [project.ruleset(bound.name, as_of=day) for bound in approval.document.rulesets]
        bound = project.approvals.binder.bind(rulesets, day)
        return project.approvals.refusals(approval, bound, day)
    except FairleadError as error:
        return list(getattr(error, "problems", ()))
