"""`fairlead ledger legal-hold`: order that the records of a person are kept, and lift the order."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fairlead.cli.failures import with_messages
from fairlead.cli.ledger_place import By, Reason, now, person_named
from fairlead.cli.options import AsJson, help_text
from fairlead.cli.project_options import ProjectFolder
from fairlead.cli.screen import print_json, say

__all__ = ["register"]

_PURPOSE = (
    "Order that the records of a person are kept, as for a lawsuit or an office: `fairlead forget` refuses "
    "until the order is lifted with --lift. Both are acts of the ledger, with who and why. PERSON is the "
    "CRM's object and id, such as `contacts/1042`."
)


def register(group: typer.Typer) -> None:
    """Add the command of this module to the group `ledger`."""
    group.command(
        "legal-hold",
        help=help_text(
            _PURPOSE,
            'fairlead ledger legal-hold contacts/1042 clinic --by "Rana Demir" --reason "claim 7/2026"',
            'fairlead ledger legal-hold contacts/1042 clinic --lift --by "Rana Demir" --reason "settled"',
        ),
    )(with_messages(_legal_hold))


def _legal_hold(
    person: Annotated[
        str, typer.Argument(metavar="PERSON", help="The CRM's object and id.", show_default=False)
    ],
    folder: ProjectFolder = Path(),
    by: By = "",
    reason: Reason = "",
    lift: Annotated[bool, typer.Option("--lift", help="Lift the order.")] = False,
    as_json: AsJson = False,
) -> int:
    from fairlead import project
    from fairlead.ledger.legal_hold import lift_legal_hold, place_legal_hold
    from fairlead.problems import Problem, UsageError
    from fairlead.store import Ref
    from fairlead.sync.place import open_store

    object_, mark, id_ = person.partition("/")
    if not (object_ and mark and id_):
        message = "a person is the CRM's object and id, such as `contacts/1042`"
        raise UsageError([Problem("invalid-value", message, found=person[:100])])
    opened = project.open(folder)
    who, ref = person_named(opened, by), Ref(object_, id_)
    with open_store(opened) as store:
        change = lift_legal_hold if lift else place_legal_hold
        change(store, ref, by=who, reason=reason, at=now())
    if as_json:
        print_json({"person": str(ref), "by": who, "reason": reason, "held": not lift})
    elif lift:
        say(f"{ref} can be forgotten again")
    else:
        say(f"the records of {ref} are kept until the order is lifted")
    return 0
