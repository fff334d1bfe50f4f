"""`fairlead ledger points`, `redeem` and `hand-over`: points of a loyalty programme, gifts and vouchers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fairlead.cli.failures import with_messages
from fairlead.cli.ledger_place import (
    By,
    OnPeriod,
    Partner,
    asked_period,
    day_or_today,
    opened_ledger,
    person_named,
)
from fairlead.cli.ledger_words import entry_json, print_rows
from fairlead.cli.options import AsJson, help_text
from fairlead.cli.project_options import ProjectFolder
from fairlead.cli.screen import print_json, say

if TYPE_CHECKING:
    from fairlead.ledger.points import PointsBalance

__all__ = ["register"]

_POINTS = (
    "Show somebody's points: earned, used, run out and left, and which run out when. Earned = used + run out "
    "+ left. Points are earned by what was entered and released; `fairlead ledger run` books those that have "
    "run out."
)
_REDEEM = (
    "Book that somebody used points for a benefit. What runs out first is used first; points that are held, "
    "ran out or were used do not count, and nobody has less than none. Points are never paid out."
)
_HAND_OVER = (
    "Record that the gifts, vouchers and discounts on the statements of a period were handed over. Their "
    "amounts are values: no money is paid for them."
)

Person = Annotated[
    str, typer.Argument(metavar="PERSON", help="The person's id in the CRM.", show_default=False)
]


def register(group: typer.Typer) -> None:
    """Add the commands of this module to the group `ledger`."""
    for name, command, purpose, example in (
        ("points", _points, _POINTS, "fairlead ledger points L-17 clinic"),
        (
            "redeem",
            _redeem,
            _REDEEM,
            'fairlead ledger redeem L-17 clinic --points 40 --benefit free_follow_up --by "Ana Silva"',
        ),
        (
            "hand-over",
            _hand_over,
            _HAND_OVER,
            'fairlead ledger hand-over clinic --period 2026-10 --what "train voucher" --by "Ana Silva"',
        ),
    ):
        group.command(name, help=help_text(purpose, example))(with_messages(command))


def _points(person: Person, folder: ProjectFolder = Path(), as_json: AsJson = False) -> int:
    from fairlead.ledger.points import Points

    with opened_ledger(folder) as opened, opened.store.reading() as tx:
        balance = Points(opened.ledger).balance(tx, person)
    if as_json:
        print_json(_balance_json(person, balance))
    else:
        _print_balance(person, balance)
    return 0


def _redeem(
    person: Person,
    points: Annotated[
        int, typer.Option("--points", metavar="N", help="How many points are used.", show_default=False)
    ],
    benefit: Annotated[
        str, typer.Option("--benefit", metavar="NAME", help="What they are used for.", show_default=False)
    ],
    by: By,
    folder: ProjectFolder = Path(),
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why, where that matters.")] = "",
    as_json: AsJson = False,
) -> int:
    from fairlead.ledger.points import Points

    with opened_ledger(folder, writing=True) as opened:
        who = person_named(opened.project, by)
        number = Points(opened.ledger).redeem(person, points, benefit, who, reason=reason)
        with opened.store.reading() as tx:
            balance = Points(opened.ledger).balance(tx, person)
    if as_json:
        print_json({"entry": number, **_balance_json(person, balance)})
    else:
        say(f"entry {number}: {points} points of {person} are used for {benefit.strip()}")
        _print_balance(person, balance)
    return 0


def _hand_over(
    period: OnPeriod,
    what: Annotated[
        str, typer.Option("--what", metavar="TEXT", help="What was handed over.", show_default=False)
    ],
    by: By,
    folder: ProjectFolder = Path(),
    partner: Partner = None,
    on: Annotated[
        str | None,
        typer.Option(
            "--on", metavar="DATE", help="The day it was handed over. Default: today.", show_default=False
        ),
    ] = None,
    as_json: AsJson = False,
) -> int:
    from fairlead.ledger.payout import Payout
    from fairlead.ledger.programmes import amount_text

    wanted = asked_period(period)
    with opened_ledger(folder, writing=True) as opened:
        who = person_named(opened.project, by)
        day = day_or_today("--on", on, opened.ledger)
        given = Payout(opened.ledger).hand_over(wanted, who, on=day, what=what, code=partner)
    if as_json:
        print_json({"period": wanted.name, "handed_over": [entry_json(each, None) for each in given]})
        return 0
    for each in given:
        say(f"entry {each.id}: {each.entity} {each.subject}, of {amount_text(each.units, each.currency)}")
    say(f"handed over as {what.strip()}: {len(given):,}")
    return 0


def _balance_json(person: str, balance: PointsBalance) -> dict[str, object]:
    return {
        "person": person,
        "earned": balance.earned,
        "redeemed": balance.redeemed,
        "expired": balance.expired,
        "left": balance.left,
        "usable": balance.usable,
        "lots": [
            {
                "entry": lot.entry.id,
                "day": lot.entry.day.isoformat(),
                "left": lot.left,
                "runs_out_on": None if lot.runs_out_on is None else lot.runs_out_on.isoformat(),
            }
            for lot in balance.lots
        ],
    }


def _print_balance(person: str, balance: PointsBalance) -> None:
    say((f"{person} can use {balance.usable:,} points", "bold"))
    say(
        f"  {balance.earned:,} earned = {balance.redeemed:,} used + {balance.expired:,} run out "
        f"+ {balance.left:,} left"
    )
    rows = [["entry", "of", "left", "cannot be used from"]]
    for lot in balance.lots:
        until = "-" if lot.runs_out_on is None else lot.runs_out_on.isoformat()
        rows.append([str(lot.entry.id), lot.entry.day.isoformat(), f"{lot.left:,}", until])
    print_rows(rows, indent="  ")
