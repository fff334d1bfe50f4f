"""`fairlead ledger show`: the entries of the ledger, what holds them, and the balances."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairlead.cli.failures import with_messages
from fairlead.cli.ledger_place import Partner, asked_period, unknown_record
from fairlead.cli.ledger_words import entry_json, money_json, print_rows, reasons_text
from fairlead.cli.options import AsJson, help_text
from fairlead.cli.project_options import ProjectFolder
from fairlead.cli.screen import print_json, say
from fairlead.problems import Problem, UsageError, nearest_name

if TYPE_CHECKING:
    from fairlead.ledger.payees import Payee
    from fairlead.store import Transaction
    from fairlead.store.ledger_records import Balance, Entry, Held

__all__ = ["register"]

_PURPOSE = (
    "Show the entries of the ledger with their states and what holds them, and the balances by account, "
    "which sum to zero. Amounts earned or paid count positive in their account; the expense is negative."
)


def register(group: typer.Typer) -> None:
    """Add the command of this module to the group `ledger`."""
    group.command(
        "show",
        help=help_text(
            _PURPOSE,
            "fairlead ledger show clinic",
            "fairlead ledger show clinic --partner TA-101 --state held",
            "fairlead ledger show clinic --period 2026-Q4 --json",
        ),
    )(with_messages(_show))


def _show(
    folder: ProjectFolder = Path(),
    partner: Partner = None,
    state: Annotated[
        str | None,
        typer.Option("--state", metavar="STATE", help="Only entries in this state.", show_default=False),
    ] = None,
    period: Annotated[
        str | None,
        typer.Option(
            "--period",
            metavar="PERIOD",
            help="Only entries of these days, such as 2026-Q4.",
            show_default=False,
        ),
    ] = None,
    introduction: Annotated[
        str | None,
        typer.Option(
            "--introduction", metavar="ID", help="Only entries of this introduction.", show_default=False
        ),
    ] = None,
    first: Annotated[int, typer.Option("--first", metavar="N", min=1, help="How many entries to list.")] = 50,
    as_json: AsJson = False,
) -> int:
    from itertools import islice

    from fairlead import project
    from fairlead.ledger.payees import payee_of_code, read_payees
    from fairlead.sync.place import open_store

    wanted = None if period is None else asked_period(period)
    states = None if state is None else [_asked_state(state)]
    opened = project.open(folder)
    with open_store(opened) as store, store.reading() as tx:
        payee = None if partner is None else payee_of_code(tx, partner)
        found = tx.book.entries(
            payees=None if payee is None else payee.ids,
            states=states,
            first=None if wanted is None else wanted.first,
            last=None if wanted is None else wanted.last,
            subjects=None if introduction is None else _ids(tx, introduction),
        )
        listed = list(islice(found, None if as_json else first))
        more = 0 if as_json else sum(1 for _ in found)
        holds = tx.book.holds([entry.id for entry in listed])
        if introduction is not None and not listed:
            _check_known(tx, introduction)
        balances = tx.book.balances(None if payee is None else payee.ids)
        named = read_payees(tx, {entry.payee for entry in listed} | {each.payee for each in balances})
    if as_json:
        print_json(_as_json(listed, holds, balances, named, opened.language))
    else:
        _print(listed, more, holds, balances, named, opened.language)
    return 0


def _ids(tx: Transaction, introduction: str) -> Collection[str]:
    """Return the ids that an introduction's entries may stand under: its own, and those merged into it."""
    from fairlead.ledger.payees import object_of
    from fairlead.store import Ref

    return tx.identity.ids_of([Ref(object_of(tx, "introduction"), introduction)])


def _check_known(tx: Transaction, subject: str) -> None:
    """Raise UsageError, with the nearest id, for a record that the store does not know at all."""
    if all(tx.mirror.state(entity, subject) is None for entity in tx.mirror.counts()):
        raise unknown_record(tx, "introduction", subject)


def _asked_state(text: str) -> str:
    from fairlead.store.ledger_states import State

    known = tuple(state.value for state in State)
    if text not in known:
        message = f"`{text}` is no state of an entry"
        nearest = nearest_name(text[:100], known)
        raise UsageError([Problem("unknown-value", message, found=text, allowed=known, nearest=nearest)])
    return text


def _as_json(
    listed: Sequence[Entry],
    holds: Mapping[int, Held],
    balances: Sequence[Balance],
    named: Mapping[str, Payee],
    language: str,
) -> dict[str, Any]:
    return {
        "entries": [
            {
                **entry_json(entry, named[entry.payee]),
                "held_by": [
                    {"code": reason["code"], "text": reasons_text([reason], language)}
                    for reason in _reasons(entry, holds)
                ],
            }
            for entry in listed
        ],
        "balances": [
            {
                "partner": named[each.payee].code,
                "account": each.account,
                "balance": money_json(each.units, each.currency),
            }
            for each in balances
        ],
    }


def _reasons(entry: Entry, holds: Mapping[int, Held]) -> Sequence[Mapping[str, Any]]:
    return holds[entry.id].reasons if entry.id in holds else ()


def _print(
    listed: Sequence[Entry],
    more: int,
    holds: Mapping[int, Held],
    balances: Sequence[Balance],
    named: Mapping[str, Payee],
    language: str,
) -> None:
    from fairlead.ledger.programmes import amount_text

    rows = [["entry", "state", "amount", "partner", "record", "day", "reward", "held by"]]
    for entry in listed:
        state = entry.state.value.replace("_", " ")
        what = entry.reward if entry.corrects is None else f"{entry.reward}, takes back {entry.corrects}"
        rows.append(
            [
                str(entry.id),
                state,
                amount_text(entry.units, entry.currency),
                named[entry.payee].code,
                entry.subject,
                entry.day.isoformat(),
                what,
                reasons_text(_reasons(entry, holds), language),
            ]
        )
    print_rows(rows)
    if not listed:
        say("the ledger has no such entries")
    if more:
        say(f"and {more:,} more: `--first` or `--json` shows them")
    sums: dict[tuple[str, str], int] = {}
    for each in balances:
        sums[each.currency, each.account] = sums.get((each.currency, each.account), 0) + each.units
    if not sums:
        return
    say("")
    say(("Balances", "bold"))
    print_rows(
        [
            ["account", "balance"],
            *(
                [account.replace("_", " "), amount_text(units, currency)]
                for (currency, account), units in sorted(sums.items())
                if units
            ),
        ]
    )
    for currency in sorted({currency for currency, _ in sums}):
        total = sum(units for (each, _), units in sums.items() if each == currency)
        say(f"the accounts in {currency} sum to {amount_text(total, currency)}")
