"""Options of the commands that sign: who, as what, with which key; and asking for passphrases."""

from __future__ import annotations

import os
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from fairlead.facts.values import UnfitValue, parse_date
from fairlead.problems import Problem, UsageError, nearest_name

if TYPE_CHECKING:
    from fairlead.project.envelope import Role, Signer
    from fairlead.project.register import Register

__all__ = [
    "PASSPHRASE",
    "KeyFile",
    "SigningPerson",
    "SigningRole",
    "asked_day",
    "asked_days",
    "asked_role",
    "needed",
    "now",
    "passphrase",
    "signer_of",
]

#: the variable of the environment that a passphrase may come from
PASSPHRASE = "FAIRLEAD_KEY_PASSPHRASE"  # noqa: S105 - the name of a variable

SigningPerson = Annotated[
    str | None,
    typer.Option("--as", metavar="PERSON", help="Who signs: an id of the register.", show_default=False),
]
SigningRole = Annotated[
    str | None,
    typer.Option(
        "--role",
        metavar="ROLE",
        help="What the person signs as: author, compliance, legal, approver or payer.",
        show_default=False,
    ),
]
KeyFile = Annotated[
    Path | None,
    typer.Option(
        "--key",
        metavar="FILE",
        help=f"The file of the person's private key. Its passphrase is asked for, or read from {PASSPHRASE}.",
        show_default=False,
    ),
]


def now() -> datetime:
    """Return this instant: signatures are dated by it."""
    return datetime.now(UTC)


def needed(**stated: object) -> None:
    """Raise UsageError for the options that must be given and are not."""
    missing = [f"`--{name.rstrip('_').replace('_', '-')}`" for name, value in stated.items() if not value]
    if missing:
        message = f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} needed"
        raise UsageError([Problem("missing-key", message, remedy="`--help` shows an example")])


def asked_role(text: str | None) -> Role:
    """Return a role that was typed. Raises UsageError for one that does not exist."""
    from fairlead.project.envelope import ROLES

    if text not in ROLES:
        message = f"`{text}` is not a role"
        nearest = nearest_name((text or "")[:100], ROLES)
        raise UsageError([Problem("unknown-value", message, found=text, allowed=ROLES, nearest=nearest)])
    return cast("Role", text)


def asked_day(option: str, text: str | None) -> date | None:
    """Return a day that was typed; None for none. Raises UsageError."""
    try:
        return None if text is None else parse_date(text)
    except UnfitValue as unfit:
        raise UsageError([unfit.problem(option)]) from None


def asked_days(
    first: tuple[str, str | None], last: tuple[str, str | None]
) -> tuple[date | None, date | None]:
    """Return two days that were typed, each as (option, text). Raises UsageError where reversed."""
    start, end = asked_day(*first), asked_day(*last)
    if start is not None and end is not None and end < start:
        message = f"`{last[0]}` is before `{first[0]}`"
        remedy = f"give a day that is not before {start}"
        raise UsageError([Problem("wrong-period", message, found=end.isoformat(), remedy=remedy)])
    return start, end


def signer_of(register: Register, person: str, key: Path) -> Signer:
    """Return a person of the register with the private key; asks for its passphrase.

    Raises UsageError for an unknown person, a key that is not theirs and a wrong passphrase.
    """
    from fairlead.project.keys import read_key

    register.person(person)
    return register.signer(person, read_key(key, passphrase()))


def passphrase(*, new: bool = False) -> str:
    """Return a passphrase: from the environment, or typed without being shown. Raises UsageError."""
    found = os.environ.get(PASSPHRASE)
    if found is not None:
        return found
    if not sys.stdin.isatty():
        message = "the passphrase of the key is not known, and nobody is there to be asked"
        remedy = f"set {PASSPHRASE}, or run this in a terminal"
        raise UsageError([Problem("missing-secret", message, found=PASSPHRASE, remedy=remedy)])
    asked: str = typer.prompt("Passphrase of the key", hide_input=True, confirmation_prompt=new, err=True)
    return asked
