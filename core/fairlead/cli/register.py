"""`fairlead register`: the people of a project, their roles and their keys."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairlead.cli.failures import with_messages
from fairlead.cli.options import AsJson, help_text
from fairlead.cli.project_options import ProjectFolder
from fairlead.cli.screen import print_json, say
from fairlead.cli.signing_options import KeyFile, SigningPerson, asked_day, needed, now, passphrase, signer_of
from fairlead.problems import Problem, UsageError

if TYPE_CHECKING:
    from fairlead.project.register import Register

__all__ = ["register"]

_PURPOSE = (
    "The register of people: who may sign as what, with which keys and since when. It is a list of signed "
    "changes that only grows, in `people.json` of a project's folder, verified whole whenever it is read. "
    "Each action takes --json."
)

#: no file with a public key is longer, in bytes
_LONGEST_KEY = 4096

People = Annotated[
    str | None,
    typer.Option("--person", metavar="ID", help="Whom the change is about.", show_default=False),
]
Roles = Annotated[
    list[str] | None,
    typer.Option(
        "--role",
        metavar="ROLE",
        help="author, compliance, legal, approver, payer or registrar; once for each.",
        show_default=False,
    ),
]
Public = Annotated[
    str | None,
    typer.Option(
        "--public",
        metavar="KEY",
        help="The person's public key, or the file that `keygen` wrote it to.",
        show_default=False,
    ),
]
ValidFrom = Annotated[
    str | None,
    typer.Option(
        "--valid-from", metavar="DATE", help="The key's first day. Default: today.", show_default=False
    ),
]
ValidUntil = Annotated[
    str | None,
    typer.Option("--valid-until", metavar="DATE", help="The key's last day.", show_default=False),
]


_ACTIONS = {
    "keygen": (
        (
            "Make a key: the private part goes into a new file, encrypted and outside of every project; the "
            "public part is printed, and written beside it (FILE.pub), for the register."
        ),
        ("fairlead register keygen --key ~/keys/ayse.pem",),
    ),
    "init": (
        "Begin a register with its first registrar, who signs it.",
        ("fairlead register init clinic --as rana --name 'Rana Demir' --key ~/keys/rana.pem",),
    ),
    "add": (
        "Add a person with a key, or a further key to a person; a registrar signs it.",
        (
            "fairlead register add clinic --as rana --key ~/keys/rana.pem --person ayse \\",
            "    --name 'Ayşe Yılmaz' --role approver --public ayse.pem.pub",
        ),
    ),
    "roles": (
        "Change what a person may sign as from now on; nothing without --role. A registrar signs it.",
        ("fairlead register roles clinic --as rana --key ~/keys/rana.pem --person ayse --role legal",),
    ),
    "revoke": (
        (
            "Revoke a key; a registrar signs it. With --compromised nothing that it signed counts any more "
            "but the approvals that are in the project's folder now: the date in a signature is its signer's "
            "word."
        ),
        (
            "fairlead register revoke clinic --as rana --key ~/keys/rana.pem --person ayse \\",
            "    --key-id 0123456789abcdef --reason 'laptop lost' --compromised",
        ),
    ),
    "show": (
        (
            "List the people with their roles and keys, and the digests of the first and the last entry: "
            "keep them where nobody can change them."
        ),
        ("fairlead register show clinic",),
    ),
}


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
    actions: list[Callable[..., int]] = [_keygen, _init, _add, _roles, _revoke, _show]
    for (name, (purpose, examples)), action in zip(_ACTIONS.items(), actions, strict=True):
        group.command(name, help=help_text(purpose, *examples))(with_messages(action))
    every = [line for _, examples in _ACTIONS.values() for line in examples]
    app.add_typer(group, name="register", help=help_text(_PURPOSE, *every))


def _keygen(
    key: KeyFile = None,
    as_json: AsJson = False,
) -> int:
    from fairlead.project.keys import key_id, new_key, public_text, write_key

    needed(key=key)
    assert key is not None
    made = new_key()
    public = public_text(made)
    beside = write_key(key, made, passphrase(new=True))
    if as_json:
        print_json({"file": str(key), "public": public, "public_file": str(beside), "key": key_id(public)})
        return 0
    say("private key: ", (str(key), "bold"), ", for its owner alone")
    say(f"public key: {public}, in {beside}")
    say(f"id of the key: {key_id(public)}")
    return 0


def _init(
    folder: ProjectFolder = Path(),
    person: SigningPerson = None,
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="The person's name.", show_default=False)
    ] = None,
    role: Roles = None,
    key: KeyFile = None,
    valid_from: ValidFrom = None,
    valid_until: ValidUntil = None,
    as_json: AsJson = False,
) -> int:
    from fairlead.project.envelope import Signer
    from fairlead.project.keys import public_text, read_key
    from fairlead.project.register import REGISTER_FILE, begin_register
    from fairlead.project.register_document import AddPerson

    needed(as_=person, name=name, key=key)
    assert person is not None
    assert name is not None
    assert key is not None
    private = read_key(key, passphrase())
    roles = list(dict.fromkeys(["registrar", *(role or ())]))
    change = {
        "action": "add-person",
        "person": person,
        "name": name,
        "roles": roles,
        "key": _key(public_text(private), valid_from, valid_until),
    }
    made = begin_register(
        folder / REGISTER_FILE, _shaped(AddPerson, change), Signer(person, name, private), now()
    )
    return _told(made, as_json)


def _add(
    folder: ProjectFolder = Path(),
    signer: SigningPerson = None,
    key: KeyFile = None,
    person: People = None,
    name: Annotated[
        str | None,
        typer.Option(
            "--name",
            metavar="NAME",
            help="The name of a person who is not in it yet.",
            show_default=False,
        ),
    ] = None,
    role: Roles = None,
    public: Public = None,
    valid_from: ValidFrom = None,
    valid_until: ValidUntil = None,
    as_json: AsJson = False,
) -> int:
    from fairlead.project.keys import read_public
    from fairlead.project.register_document import AddKey, AddPerson

    needed(person=person, public=public)
    assert public is not None
    part = _key(read_public(_text_of(public)), valid_from, valid_until)
    if name is None and not role:
        shape = _shaped(AddKey, {"action": "add-key", "person": person, "key": part})
        return _changed(folder, signer, key, shape, as_json)
    needed(name=name, role=role)
    change = {"action": "add-person", "person": person, "name": name, "roles": list(role or ()), "key": part}
    return _changed(folder, signer, key, _shaped(AddPerson, change), as_json)


def _text_of(public: str) -> str:
    """Return a public key that was typed, or that stands in the file of that name."""
    path = Path(public)
    with suppress(OSError, ValueError):
        if path.is_file():
            return path.read_bytes()[:_LONGEST_KEY].decode("ascii", "replace")
    return public


def _roles(
    folder: ProjectFolder = Path(),
    signer: SigningPerson = None,
    key: KeyFile = None,
    person: People = None,
    role: Roles = None,
    as_json: AsJson = False,
) -> int:
    from fairlead.project.register_document import SetRoles

    needed(person=person)
    change = {"action": "set-roles", "person": person, "roles": list(role or ())}
    return _changed(folder, signer, key, _shaped(SetRoles, change), as_json)


def _revoke(
    folder: ProjectFolder = Path(),
    signer: SigningPerson = None,
    key: KeyFile = None,
    person: People = None,
    key_id: Annotated[
        str | None,
        typer.Option(
            "--key-id", metavar="ID", help="The id of the key, as `show` lists it.", show_default=False
        ),
    ] = None,
    reason: Annotated[
        str | None, typer.Option("--reason", metavar="TEXT", help="Why.", show_default=False)
    ] = None,
    on: Annotated[
        str | None,
        typer.Option(
            "--on",
            metavar="DATE",
            help="Nothing that was signed on this day or later counts. Default: today.",
            show_default=False,
        ),
    ] = None,
    compromised: Annotated[
        bool, typer.Option("--compromised", help="Somebody else may have the private key.")
    ] = False,
    as_json: AsJson = False,
) -> int:
    from fairlead import project
    from fairlead.project.register_document import RevokeKey

    needed(person=person, key_id=key_id, reason=reason)
    day = asked_day("--on", on) or now().date()
    change: dict[str, Any] = {
        "action": "revoke-key",
        "person": person,
        "key": key_id,
        "revoked_on": day.isoformat(),
        "reason": reason,
    }
    if compromised:
        approvals = project.open(folder).approvals.all
        change["known"] = sorted(
            each.digest for each in approvals if any(one.key == key_id for one in each.envelope.signatures)
        )
    return _changed(folder, signer, key, _shaped(RevokeKey, change), as_json)


def _show(folder: ProjectFolder = Path(), as_json: AsJson = False) -> int:
    from fairlead.project.register import REGISTER_FILE, read_register

    found = read_register(folder / REGISTER_FILE)
    if as_json:
        print_json(_as_json(found))
        return 0
    for person in found.people.values():
        roles = ", ".join(sorted(person.current_roles)) or "no role any more"
        say((person.id, "bold"), f"  {person.name}: {roles}")
        for held in person.keys.values():
            until = f" until {held.part.valid_until}" if held.part.valid_until is not None else ""
            said = f"  key {held.id}, from {held.part.valid_from}{until}"
            if held.revoked is None:
                say(said)
            else:
                say(said, (f", revoked on {held.revoked.revoked_on}: {held.revoked.reason}", "red"))
    _say_state(found)
    return 0


def _changed(folder: Path, signer: str | None, key: Path | None, change: Any, as_json: bool) -> int:
    """Add a change to the register, signed by a registrar."""
    from fairlead.project.register import REGISTER_FILE, append_change, read_register

    needed(as_=signer, key=key)
    assert signer is not None
    assert key is not None
    path = folder / REGISTER_FILE
    known = read_register(path)
    return _told(append_change(path, change, signer_of(known, signer, key), now()), as_json)


def _told(found: Register, as_json: bool) -> int:
    if as_json:
        print_json(_as_json(found))
    else:
        _say_state(found)
    return 0


def _say_state(found: Register) -> None:
    say(f"first entry {found.root}")
    say(f"last entry  {found.head}, number {found.count - 1}")


def _as_json(found: Register) -> dict[str, Any]:
    return {
        "root": found.root,
        "entries": found.count,
        "head": found.head,
        "people": [
            {
                "id": person.id,
                "name": person.name,
                "roles": sorted(person.current_roles),
                "keys": [
                    {
                        "id": held.id,
                        **held.part.model_dump(mode="json"),
                        "revoked_on": held.revoked.revoked_on.isoformat() if held.revoked else None,
                        "reason": held.revoked.reason if held.revoked else None,
                    }
                    for held in person.keys.values()
                ],
            }
            for person in found.people.values()
        ],
    }


def _key(public: str, valid_from: str | None, valid_until: str | None) -> dict[str, Any]:
    first = asked_day("--valid-from", valid_from) or now().date()
    last = asked_day("--valid-until", valid_until)
    part = {"public": public, "valid_from": first.isoformat()}
    return part if last is None else {**part, "valid_until": last.isoformat()}


def _shaped(model: Any, change: dict[str, Any]) -> Any:
    """Return a change that was typed; raise UsageError for what does not have the right form."""
    from fairlead.documents.json_text import Document
    from fairlead.documents.shapes import check_shape
    from fairlead.problems import DocumentError

    try:
        return check_shape(model, Document(change))
    except DocumentError as error:
        raise UsageError(
            [
                Problem(each.code, each.message, found=each.found, allowed=each.allowed)
                for each in error.problems
            ]
        ) from None
