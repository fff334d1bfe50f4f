"""`fairlead evidence`: one signed, pseudonymised bundle of what a partner's rewards rest on."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fairlead.cli.failures import FINDINGS, with_messages
from fairlead.cli.options import AsJson, help_text
from fairlead.cli.project_options import ProjectFolder
from fairlead.cli.screen import print_json, say
from fairlead.cli.signing_options import KeyFile, SigningPerson, SigningRole

if TYPE_CHECKING:
    from fairlead.project import Project
    from fairlead.project.envelope import Role, Signer

__all__ = ["register"]

_PURPOSE = (
    "Write one bundle (a zip file) of what a partner earned: rules in words, packs, approvals, agreements, "
    "disclosures, entries with their movements and holds, and a replay of the ledger. Ids of patients are "
    "pseudonyms. `fairlead verify` checks it without a network. Signed with --as and --key; unsigned, and "
    "said to be, without. Ends with exit code 1 where the replay finds differences."
)
#: the file in the project's folder of state that the key of pseudonyms is in
_KEY_FILE = "pseudonyms.key"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "evidence",
        help=help_text(
            _PURPOSE,
            "fairlead evidence clinic --partner TA-101 --from 2026-01-01 --to 2026-12-31 --out TA-101.zip",
            "fairlead evidence clinic --partner TA-101 --from 2026-01-01 --to 2026-12-31 --out TA-101.zip \\",
            "    --as ayse --role compliance --key ~/keys/ayse.pem",
        ),
    )(with_messages(_evidence))


def _evidence(
    folder: ProjectFolder = Path(),
    partner: Annotated[
        str | None,
        typer.Option("--partner", metavar="CODE", help="The partner's code.", show_default=False),
    ] = None,
    first: Annotated[
        str | None, typer.Option("--from", metavar="DATE", help="The first day.", show_default=False)
    ] = None,
    last: Annotated[
        str | None, typer.Option("--to", metavar="DATE", help="The last day.", show_default=False)
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="The bundle.", show_default=False)
    ] = None,
    person: SigningPerson = None,
    role: SigningRole = None,
    key: KeyFile = None,
    as_json: AsJson = False,
) -> int:
    from fairlead import project
    from fairlead.cli.ledger_explain import counted, rates_table
    from fairlead.cli.signing_options import asked_days, needed, now
    from fairlead.ledger.bundle import write_bundle
    from fairlead.ledger.evidence import gather
    from fairlead.ledger.pseudonyms import Pseudonyms
    from fairlead.sync.place import open_store, state_folder

    needed(partner=partner, from_=first, to=last, out=out)
    assert partner is not None
    assert out is not None
    start, end = asked_days(("--from", first), ("--to", last))
    assert start is not None
    assert end is not None
    opened = project.open(folder)
    signer, signing_as = _signer(opened, person, role, key)
    pseudonyms = Pseudonyms(_key(state_folder(opened) / _KEY_FILE))
    at = now()
    with open_store(opened) as store, counted("entries recomputed") as progress:
        evidence = gather(
            opened,
            store,
            partner,
            start,
            end,
            pseudonyms=pseudonyms,
            now=at,
            rates=rates_table(opened),
            progress=progress,
        )
    envelope = write_bundle(out, evidence, signer=signer, role=signing_as, at=at)
    facts = evidence.facts
    is_sound = facts["recomputed"] is True and facts["verified"] is True
    if as_json:
        signed = [each.model_dump() for each in envelope.signatures]
        print_json({"file": str(out), "digest": envelope.digest, **facts, "signatures": signed})
        return 0 if is_sound else FINDINGS
    say(
        (str(out), "bold"),
        f": {facts['entries']:,} entries, {len(evidence.files):,} files, {envelope.digest}",
    )
    say(
        "  everything recomputes, and the ledger is whole"
        if is_sound
        else ("  `replay.json` has differences", "red")
    )
    if signer is not None:
        say(f"  signed by {signer.name} as {signing_as}")
    elif _has_register(opened):
        say(("  unsigned", "yellow"), ": `--as` and `--key` sign it")
    else:
        say(("  unsigned", "yellow"), ": the project has no register of people, so nobody can sign")
    return 0 if is_sound else FINDINGS


def _has_register(project: Project) -> bool:
    from fairlead.project.register import REGISTER_FILE

    return (project.folder / REGISTER_FILE).is_file()


def _signer(
    project: Project, person: str | None, role: str | None, key: Path | None
) -> tuple[Signer | None, Role | None]:
    """Return who signs as what, None for nobody; without a role it is the first that the person has."""
    from fairlead.cli.signing_options import asked_role, needed, now, signer_of
    from fairlead.problems import Problem, UsageError
    from fairlead.project.envelope import ROLES

    if person is None and key is None and role is None:
        return None, None
    needed(as_=person, key=key)
    assert person is not None
    assert key is not None
    people = project.approvals.register
    held = people.person(person).roles_at(now())
    chosen = role if role is not None else next((each for each in ROLES if each in held), None)
    if chosen is None or chosen not in held:
        message = f"`{person}` does not have the role `{chosen}`" if chosen else f"`{person}` has no role"
        raise UsageError([Problem("role-missing", message, found=chosen, allowed=tuple(sorted(held)))])
    return signer_of(people, person, key), asked_role(chosen)


def _key(path: Path) -> bytes:
    """Return the project's key of pseudonyms, made where it is missing: one person is one in all bundles."""
    from fairlead.ledger.pseudonyms import KEY_BYTES
    from fairlead.problems import Problem, UsageError

    if not path.exists():
        # nobody else on the machine may read it
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_hex(KEY_BYTES) + "\n")
    try:
        found = bytes.fromhex(path.read_text("ascii").strip())
    except ValueError:
        found = b""
    if len(found) != KEY_BYTES:
        message = f"`{path}` holds no key"
        remedy = "put it back from a backup; without it the people behind older bundles cannot be found"
        raise UsageError([Problem("unreadable-file", message, file=str(path), remedy=remedy)])
    return found
