"""`fairlead ledger dispute`, `settle`, `correct`, `anew`, `attribute`: what people decide about entries."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fairlead.cli.failures import with_messages
from fairlead.cli.ledger_place import By, EntryNumber, Reason, opened_ledger, person_named, unknown_record
from fairlead.cli.options import AsJson, help_text
from fairlead.cli.project_options import ProjectFolder
from fairlead.cli.screen import print_json, say
from fairlead.problems import Problem, UsageError, nearest_name

if TYPE_CHECKING:
    from fairlead.store import Transaction

__all__ = ["register"]

_DISPUTE = (
    "Record that a payee objects to an entry on a statement. It is not paid before somebody else settles it. "
    "The statement says until when this can be done; `--by` is the payee's code or name, or who wrote it "
    "down."
)
_SETTLE = (
    "Record how a dispute ended: `rejected` lets the entry be paid as it was stated, `upheld` takes it back, "
    "and the next run decides it anew from the records as they then are. Another person than the one who "
    "disputed it does so."
)
_CORRECT = (
    "Take back an entry because it did not occur, was a fraud or a duplicate; clinical reasons never count. "
    "What the payee was not told is reversed; else a new entry with the opposite amount takes it back at the "
    "next payout. Nothing that was written is changed."
)
_ANEW = (
    "Reverse an entry that the payee was not told about, so that the next run decides it by what is known "
    "then: for an amount that changed, and a programme that was corrected."
)
_ATTRIBUTE = (
    "Say whom an introduction belongs to, whatever its code says. What was entered for somebody else and not "
    "told to them is reversed, and the next run enters it for this partner."
)


def register(group: typer.Typer) -> None:
    """Add the commands of this module to the group `ledger`."""
    for name, command, purpose, example in (
        (
            "dispute",
            _dispute,
            _DISPUTE,
            'fairlead ledger dispute 17 clinic --by TA-101 --reason "two files were handed over"',
        ),
        (
            "settle",
            _settle,
            _SETTLE,
            'fairlead ledger settle 17 clinic --outcome rejected --by "Mehmet Kaya" --reason "one file"',
        ),
        (
            "correct",
            _correct,
            _CORRECT,
            'fairlead ledger correct 17 clinic --cause duplicate --by "Mehmet Kaya" --reason "same as I-9"',
        ),
        (
            "anew",
            _anew,
            _ANEW,
            'fairlead ledger anew 17 clinic --by "Mehmet Kaya" --reason "the file was completed"',
        ),
        (
            "attribute",
            _attribute,
            _ATTRIBUTE,
            'fairlead ledger attribute I-9 clinic --partner TA-102 --by Mehmet --reason "a typing error"',
        ),
    ):
        group.command(name, help=help_text(purpose, example))(with_messages(command))


def _dispute(
    entry: EntryNumber, by: By, reason: Reason, folder: ProjectFolder = Path(), as_json: AsJson = False
) -> int:
    from fairlead.ledger.corrections import Corrections

    # a payee is no person of the register
    with opened_ledger(folder, writing=True) as opened:
        until = Corrections(opened.ledger).dispute(entry, by, reason)
    if as_json:
        print_json({"entry": entry, "state": "disputed", "possible_until": until.isoformat()})
    else:
        say(f"entry {entry} is disputed; that was possible until {until}")
        say("  it is paid once somebody settles it: `fairlead ledger settle`")
    return 0


def _settle(
    entry: EntryNumber,
    outcome: Annotated[
        str, typer.Option("--outcome", metavar="OUTCOME", help="rejected or upheld.", show_default=False)
    ],
    by: By,
    reason: Reason,
    folder: ProjectFolder = Path(),
    as_json: AsJson = False,
) -> int:
    from fairlead.ledger.corrections import Corrections

    with opened_ledger(folder, writing=True) as opened:
        person = person_named(opened.project, by)
        taken = Corrections(opened.ledger).settle(entry, person, outcome, reason)
    if as_json:
        print_json({"entry": entry, "outcome": outcome, "taken_back_by": taken})
    elif taken is None:
        say(f"entry {entry} stands as it was stated, and can be paid")
    else:
        say(f"entry {taken} takes back entry {entry}; the next run decides it anew")
    return 0


def _correct(
    entry: EntryNumber,
    cause: Annotated[
        str,
        typer.Option(
            "--cause", metavar="CAUSE", help="did_not_occur, fraud or duplicate.", show_default=False
        ),
    ],
    by: By,
    reason: Reason,
    folder: ProjectFolder = Path(),
    as_json: AsJson = False,
) -> int:
    from fairlead.ledger.corrections import Corrections

    with opened_ledger(folder, writing=True) as opened:
        person = person_named(opened.project, by)
        taken = Corrections(opened.ledger).correct(entry, person, cause, reason)
    if as_json:
        print_json({"entry": entry, "cause": cause, "taken_back_by": taken})
    elif taken is None:
        say(f"entry {entry} is reversed: nobody was told about it")
    else:
        say(f"entry {taken} takes back entry {entry} at the next payout")
    return 0


def _anew(
    entry: EntryNumber, by: By, reason: Reason, folder: ProjectFolder = Path(), as_json: AsJson = False
) -> int:
    from fairlead.ledger.corrections import Corrections

    with opened_ledger(folder, writing=True) as opened:
        person = person_named(opened.project, by)
        Corrections(opened.ledger).decide_anew(entry, person, reason)
    if as_json:
        print_json({"entry": entry, "state": "reversed"})
    else:
        say(f"entry {entry} is reversed; the next run decides it anew")
    return 0


def _attribute(
    subject: Annotated[
        str, typer.Argument(metavar="ID", help="The introduction's id in the CRM.", show_default=False)
    ],
    partner: Annotated[
        str, typer.Option("--partner", metavar="CODE", help="Whom it belongs to.", show_default=False)
    ],
    by: By,
    reason: Reason,
    folder: ProjectFolder = Path(),
    entity: Annotated[
        str, typer.Option("--entity", metavar="ENTITY", help="What the id is one of.")
    ] = "introduction",
    as_json: AsJson = False,
) -> int:
    from fairlead.ledger.corrections import Corrections
    from fairlead.ledger.payees import payee_of_code

    with opened_ledger(folder, writing=True) as opened:
        person = person_named(opened.project, by)
        with opened.store.reading() as tx:
            payee = payee_of_code(tx, partner)
            _check_subject(tx, opened.ledger.subjects.entities, entity, subject)
        reversed_ = Corrections(opened.ledger).attribute(entity, subject, payee.id, person, reason)
    if as_json:
        print_json({"entity": entity, "id": subject, "partner": payee.code, "reversed": reversed_})
    else:
        numbers = ", ".join(map(str, reversed_))
        more = f"; reversed for it: entries {numbers}" if numbers else ""
        say(f"{entity} {subject} belongs to {payee.code}{more}; the next run enters it")
    return 0


def _check_subject(tx: Transaction, entities: Sequence[str], entity: str, subject: str) -> None:
    """Raise UsageError for what no programme rewards, and for an id that is not there."""
    if entity not in entities:
        message = f"no programme rewards anything about `{entity}`"
        nearest = nearest_name(entity[:100], entities)
        raise UsageError(
            [Problem("unknown-entity", message, found=entity, allowed=tuple(entities), nearest=nearest)]
        )
    known = tx.mirror.record(entity, subject) is not None
    if not known and next(tx.book.entries(entity=entity, subjects=[subject]), None) is None:
        raise unknown_record(tx, entity, subject)
