"""`fairlead sign`: add a signature to a report or an approval."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from fairlead.cli.failures import with_messages
from fairlead.cli.options import AsJson, help_text
from fairlead.cli.screen import print_json, say
from fairlead.cli.signing_options import (
    KeyFile,
    SigningPerson,
    SigningRole,
    asked_role,
    needed,
    now,
    signer_of,
)
from fairlead.cli.verify import SignedPath, find_register, rendering
from fairlead.problems import UsageError

__all__ = ["register"]

_PURPOSE = (
    "Add a signature to a report of an audit, JSON or HTML, or to an approval. What is signed is the JSON of "
    "the report with the name, the role and the time; the page stays as it is but for its signatures. "
    "A page that is not what its report renders to is not signed."
)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "sign",
        help=help_text(
            _PURPOSE,
            "fairlead sign audit.html --as ayse --role compliance --key ~/keys/ayse.pem --register "
            "clinic/people.json",
            "fairlead sign clinic/approvals/partner-programme-2026-11-22-0123456789ab.json --as mehmet \\",
            "    --role author --key ~/keys/mehmet.pem",
        ),
    )(with_messages(_sign))


def _sign(
    path: SignedPath,
    person: SigningPerson = None,
    role: SigningRole = None,
    key: KeyFile = None,
    register_file: Annotated[
        Path | None,
        typer.Option(
            "--register",
            metavar="FILE",
            help="The register of people. Default: that of the project that the file, or this folder, is in.",
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,
) -> int:
    from fairlead.project.approvals import is_approval, read_approval, signing_problems
    from fairlead.project.envelope import sign
    from fairlead.project.signed_page import read_signed
    from fairlead.ruleset.lock import write_text

    needed(as_=person, role=role, key=key)
    assert person is not None
    assert key is not None
    signing_as = asked_role(role)
    people = find_register(path, register_file, None)
    signed = read_signed(path)
    problem = signed.page_problem(rendering)
    if problem is not None:
        raise UsageError([problem])
    signature = sign(signed.envelope.payload, signer_of(people, person, key), signing_as, now())
    after = signed.envelope.with_signature(signature)
    faults = [people.fault(after, each) for each in after.signatures]
    problems = [each for each in faults if each is not None]
    if not problems and is_approval(signed.envelope):
        approval = read_approval(path)
        problems = signing_problems(replace(approval, envelope=after), people)
    if problems:
        raise UsageError(problems)
    write_text(path, signed.text_with(signature))
    if as_json:
        print_json({"file": str(path), "digest": after.digest, "signature": signature.model_dump()})
    else:
        say(("signed: ", "green"), (str(path), "bold"), f", as {signing_as} by {signature.name}")
        say(f"  {after.digest}")
    return 0
