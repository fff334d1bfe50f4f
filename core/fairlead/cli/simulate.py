"""`fairlead simulate`: what a draft of a programme would have changed, by the records of the past."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fairlead.cli.failures import with_messages
from fairlead.cli.options import AsJson, help_text
from fairlead.cli.project_options import ProjectFolder
from fairlead.cli.screen import column_lines, print_json, say

if TYPE_CHECKING:
    from fairlead.ledger.simulation import Simulation

__all__ = ["register"]

_PURPOSE = (
    "Run a draft of a programme over the introductions of the past beside the programme in force, without "
    "touching the ledger: who would gain or lose and by how much, and which checks would fire. What is "
    "payable goes by today's records. A draft is not approved, and the results say so."
)
#: payees in the table, and the longest bar
_MOST_ROWS, _BAR = 40, 24


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "simulate",
        help=help_text(
            _PURPOSE,
            "fairlead simulate clinic --ruleset new.json --since 2026-01-01",
            "fairlead simulate clinic --ruleset new.json --since 2026-01-01 --html new.html",
        ),
    )(with_messages(_simulate))


def _simulate(
    folder: ProjectFolder = Path(),
    ruleset: Annotated[
        Path | None, typer.Option("--ruleset", metavar="FILE", help="The draft.", show_default=False)
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="DATE", help="The first day.", show_default=False)
    ] = None,
    until: Annotated[
        str | None,
        typer.Option("--until", metavar="DATE", help="The last day. Default: today.", show_default=False),
    ] = None,
    instead_of: Annotated[
        str | None,
        typer.Option(
            "--instead-of",
            metavar="NAME",
            help="The programme that the draft takes the place of, where its name does not say so.",
            show_default=False,
        ),
    ] = None,
    page: Annotated[
        Path | None,
        typer.Option(
            "--html", metavar="FILE", help="Write a page with the chart as well.", show_default=False
        ),
    ] = None,
    as_json: AsJson = False,
) -> int:
    from fairlead import project
    from fairlead.cli.ledger_explain import counted, rates_table
    from fairlead.cli.ledger_place import reads
    from fairlead.cli.signing_options import asked_days, needed
    from fairlead.ledger.history import draft_of, simulate_history
    from fairlead.ledger.simulation_page import simulation_html
    from fairlead.sync.place import open_store

    needed(ruleset=ruleset, since=since)
    assert ruleset is not None
    first, last = asked_days(("--since", since), ("--until", until))
    assert first is not None
    opened = project.open(folder)
    draft = draft_of(opened, ruleset)
    with open_store(opened) as store, counted("records simulated") as progress:
        found = simulate_history(
            opened,
            store,
            draft,
            since=first,
            until=last,
            instead_of=instead_of,
            is_read=reads(opened, store),
            rates=rates_table(opened),
            language=opened.language,
            progress=progress,
        )
    if page is not None:
        page.write_text(simulation_html(found), "utf-8")
    if as_json:
        print_json(found.as_json())
    else:
        _print(found, page)
    return 0


def _print(found: Simulation, page: Path | None) -> None:
    from fairlead.ledger.programmes import amount_text
    from fairlead.ledger.simulation_page import NOTE, signed

    say((f"{found.draft_name} {found.draft_version}", "bold"), f", {found.approval}, {found.digest}")
    say(f"{found.looked_at:,} records from {found.since} to {found.until}")
    say(f"earned {found.present.earned:,} times, with the draft {found.draft.earned:,}")
    for currency, before, after in found.totals:
        said = f"{amount_text(before, currency)}, with the draft {amount_text(after, currency)}"
        say((f"{said}: {signed(after - before, currency)}", "bold"))
    changes = [each for each in found.payees if each.gain]
    shown = sorted(changes, key=lambda each: -abs(each.gain))[:_MOST_ROWS]
    most = max((abs(each.gain) for each in shown), default=1)
    if shown:
        say()
        rows = [("payee", "present", "draft", "gain", "")]
        rows += [
            (
                each.payee,
                amount_text(each.present, each.currency),
                amount_text(each.draft, each.currency),
                signed(each.gain, each.currency),
                ("+" if each.gain > 0 else "-") * max(abs(each.gain) * _BAR // most, 1),
            )
            for each in sorted(shown, key=lambda each: (each.currency, each.gain, each.payee))
        ]
        for line in column_lines(rows):
            say(line)
        if len(changes) > len(shown):
            say(f"and {len(changes) - len(shown):,} with smaller differences; `--json` lists them all")
    else:
        say("nobody would gain or lose")
    if found.checks:
        say()
        checks = [("not passed", "present", "draft", "")]
        checks += [(each.code, f"{each.present:,}", f"{each.draft:,}", each.text) for each in found.checks]
        for line in column_lines(checks):
            say(line)
    say()
    say(NOTE)
    if page is not None:
        say(f"the page is in {page}")
