"""`fairlead statement`: what one partner is told about a period."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fairlead.cli.failures import with_messages
from fairlead.cli.ledger_pay import write_file
from fairlead.cli.ledger_place import OnPeriod, asked_period, opened_ledger
from fairlead.cli.options import AsJson, Language, help_text
from fairlead.cli.project_options import ProjectFolder
from fairlead.cli.screen import error, print_json, say
from fairlead.problems import Problem, UsageError, nearest_name

if TYPE_CHECKING:
    from fairlead.ledger.statement import Statement

__all__ = ["register"]

_PURPOSE = (
    "Print what one partner is told about a period: what is paid, what is held and what to do about it, in "
    "the partner's language and without data about anybody's health. `--language` changes the fixed words "
    "alone: what programmes say stands as the partner was told. Before the statement is made it is a "
    "preview, and says so."
)
_FORMATS = ("text", "html", "csv", "json")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "statement",
        help=help_text(
            _PURPOSE,
            "fairlead statement clinic --partner TA-101 --period 2026-Q4",
            "fairlead statement clinic --partner TA-101 --period 2026-Q4 --format html --output TA-101.html",
        ),
    )(with_messages(_statement))


def _statement(
    partner: Annotated[
        str, typer.Option("--partner", metavar="CODE", help="The partner's code.", show_default=False)
    ],
    period: OnPeriod,
    folder: ProjectFolder = Path(),
    form: Annotated[
        str, typer.Option("--format", metavar="FORMAT", help="text, html, csv or json.")
    ] = "text",
    output: Annotated[
        str, typer.Option("--output", metavar="FILE", help="Where to write; `-` is standard output.")
    ] = "-",
    language: Language = None,
    as_json: AsJson = False,
) -> int:
    from fairlead.ledger.payees import payee_of_code
    from fairlead.ledger.payout import Payout
    from fairlead.ledger.statement import Teller

    wanted = asked_period(period)
    if form not in _FORMATS:
        message = f"there is no format `{form}`"
        nearest = nearest_name(form[:100], _FORMATS)
        raise UsageError([Problem("unknown-format", message, found=form, allowed=_FORMATS, nearest=nearest)])
    _check_language(language)
    with opened_ledger(folder) as opened, opened.store.reading() as tx:
        payee = payee_of_code(tx, partner)
        payout = Payout(opened.ledger)
        found = [each for each in payout.statements(tx, wanted) if each.payee == payee.id]
        if not found:
            proposal = payout.look(tx, wanted)
            found = Teller(tx, opened.ledger, wanted, proposal, opened.ledger.now).drafts(payee.id)
    if not found:
        message = f"nothing of `{payee.code}` is in the ledger until the end of {wanted.name}"
        remedy = "`fairlead ledger run` enters what was earned"
        raise UsageError([Problem("nothing-on-statement", message, found=payee.code, remedy=remedy)])
    if as_json:
        print_json({"statements": [{**each.document, "digest": each.digest or None} for each in found]})
        return 0
    if form in ("html", "json") and len(found) > 1:
        # one of each currency, or of each time that something was approved
        error(f"{len(found)} statements, of which this is the last one: `--json` has all of them")
        found = found[-1:]
    write_file(output, _content(found, form, language).encode())
    if output != "-":
        say(f"the statement of {payee.code} for {wanted.name} is written to {output}")
    return 0


def _check_language(language: str | None) -> None:
    from fairlead.ledger.statement_words import LANGUAGES

    if language is not None and language.partition("-")[0] not in LANGUAGES:
        message = f"statements have no words in `{language}`"
        raise UsageError([Problem("unknown-language", message, found=language, allowed=LANGUAGES)])


def _content(found: Sequence[Statement], form: str, language: str | None) -> str:
    from fairlead.ledger.statement_page import page_text, statement_csv, statement_html, statement_page

    match form:
        case "html":
            return statement_html(found[-1], language)
        case "csv":
            return "".join(map(statement_csv, found))
        case "json":
            return json.dumps(found[-1].document, ensure_ascii=False, indent=2) + "\n"
    return "\n".join(page_text(statement_page(each, language)) for each in found)
