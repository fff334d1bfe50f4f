"""`fairlead ledger review`: what partners' introductions came to, and a proposal to renew, talk or end."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fairlead.cli.failures import with_messages
from fairlead.cli.ledger_pay import write_file
from fairlead.cli.ledger_place import Partner, now, reads
from fairlead.cli.ledger_words import print_rows
from fairlead.cli.options import AsJson, help_text
from fairlead.cli.project_options import ProjectFolder
from fairlead.cli.screen import print_json, say
from fairlead.cli.signing_options import asked_day
from fairlead.problems import Problem, UsageError

if TYPE_CHECKING:
    from fairlead.ledger.review import Review

__all__ = ["register"]

_PURPOSE = (
    "Review the partners: conversion, waits, where hand-offs leak, complaints, complete files, proved "
    "disclosures, and a proposal to renew, talk or end with its reasons, from the project's ruleset or the "
    "shipped `medical-travel/partner-review`. A person decides. What patients decided and how treatment went "
    "is for the review alone and never reaches a reward; where one of the project's rewards reads it all the "
    "same, the review says so. Nothing is written."
)


def register(group: typer.Typer) -> None:
    """Add the command of this module to the group `ledger`."""
    group.command(
        "review",
        help=help_text(
            _PURPOSE,
            "fairlead ledger review clinic",
            "fairlead ledger review clinic --partner TA-101 --from 2026-01-01 --to 2026-06-30",
            "fairlead ledger review clinic --html review.html",
        ),
    )(with_messages(_review))


def _review(
    folder: ProjectFolder = Path(),
    partner: Partner = None,
    first: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="DATE",
            help="The first day of introductions. Default: 1 January of the last day's year.",
            show_default=False,
        ),
    ] = None,
    last: Annotated[
        str | None,
        typer.Option("--to", metavar="DATE", help="The last day. Default: today.", show_default=False),
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option("--html", metavar="FILE", help="Write the review as one web page.", show_default=False),
    ] = None,
    as_json: AsJson = False,
) -> int:
    from fairlead import project
    from fairlead.ledger.review import review
    from fairlead.ledger.review_page import review_html
    from fairlead.sync.place import open_store

    opened = project.open(folder)
    at = now()
    until = asked_day("--to", last) or opened.day_of(at)
    since = asked_day("--from", first) or date(until.year, 1, 1)
    if since > until:
        message = f"the first day, {since}, is after the last, {until}"
        raise UsageError([Problem("wrong-period", message, found=str(since))])
    with open_store(opened) as store:
        is_read = reads(opened, store)
        with store.reading() as tx:
            found = review(tx, opened, at, first=since, last=until, code=partner, is_read=is_read)
    if partner is not None and not found.partners:
        message = f"there is no partner `{partner}`"
        raise UsageError([Problem("unknown-partner", message, found=partner)])
    if html is not None:
        write_file(html, review_html(found).encode())
    if as_json:
        print_json(found.as_json())
    else:
        _print(found)
    return 0


def _print(found: Review) -> None:
    from fairlead.ledger.review_page import HEADS, NOTE, STEP_HEADS, paid_by_lines, rows, step_rows

    say((f"Partner review, introductions of {found.first} to {found.last}", "bold"))
    print_rows([list(HEADS), *rows(found)])
    say("")
    say("Steps of the hand-off")
    print_rows([list(STEP_HEADS), *step_rows(found.partners)])
    for count, what in ((found.unread, "could not be read"), (found.nobodys, "have no partner")):
        if count:
            say(f"{count:,} introductions {what}")
    say("")
    say(NOTE)
    for line in paid_by_lines(found):
        say((line, "yellow"))
