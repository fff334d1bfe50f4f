"""`fairlead ledger statements`, `paid`, `totals` and `export`: telling payees, paying them, accounting."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

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
    safe_name,
)
from fairlead.cli.ledger_words import entry_json, money_json, print_rows, totals_text
from fairlead.cli.options import AsJson, help_text
from fairlead.cli.project_options import ProjectFolder
from fairlead.cli.screen import print_json, say
from fairlead.documents.texts import count_of
from fairlead.problems import Problem, UsageError

if TYPE_CHECKING:
    from fairlead.ledger.statement import Statement
    from fairlead.ledger.yearly import YearTotal
    from fairlead.store.ledger_records import Entry

__all__ = ["register", "write_file"]

_STATEMENTS = (
    "Put what was approved on statements, one for each partner and currency, and write those of the period "
    "as web pages to print, JSON and CSV, in the partner's language. They hold no data about anybody's "
    "health. What was stated before is written again as it was. Partners of whom everything is held get a "
    "preview."
)
_PAID = (
    "Record that what is on the statements of a period was paid: to everybody, to one partner, or what a "
    "file of payments says (CSV: code, amount, currency, on, reference). An amount in the file that is not "
    "what the statements ask for is refused, and then nothing is recorded. Disputed entries wait for their "
    "outcome."
)
_TOTALS = (
    "What partners were paid in a calendar year, for the tax office: the total, whether it reaches the "
    "amount that has to be reported, and whether the tax form is on file."
)
_EXPORT = (
    "Write the movements of a period as a journal for accounting (CSV): one line for each debit and credit, "
    "and debits equal credits. The table `[ledger.accounts]` of fairlead.toml names the accounts."
)


def register(group: typer.Typer) -> None:
    """Add the commands of this module to the group `ledger`."""
    for name, command, purpose, examples in (
        (
            "statements",
            _statements,
            _STATEMENTS,
            ['fairlead ledger statements clinic --period 2026-Q4 --by "Ana Silva" --out statements'],
        ),
        (
            "paid",
            _paid,
            _PAID,
            [
                'fairlead ledger paid clinic --period 2026-Q4 --by "Ana Silva" --on 2027-01-14 \\',
                "    --reference SEPA-17 --partner TA-101",
                'fairlead ledger paid clinic --period 2026-Q4 --by "Ana Silva" --file payments.csv',
            ],
        ),
        ("totals", _totals, _TOTALS, ["fairlead ledger totals clinic --year 2026"]),
        ("export", _export, _EXPORT, ["fairlead ledger export clinic --period 2026-Q4 --out journal.csv"]),
    ):
        group.command(name, help=help_text(purpose, *examples))(with_messages(command))


def _statements(
    period: OnPeriod,
    by: By,
    out: Annotated[
        Path, typer.Option("--out", metavar="FOLDER", help="Where to write the files.", show_default=False)
    ],
    folder: ProjectFolder = Path(),
    as_json: AsJson = False,
) -> int:
    from fairlead.ledger.payout import Payout

    wanted = asked_period(period)
    with opened_ledger(folder, writing=True) as opened:
        person = person_named(opened.project, by)
        payout = Payout(opened.ledger)
        made = payout.state(wanted, person)
        with opened.store.reading() as tx:
            previews = payout.previews(tx, wanted)
    out.mkdir(parents=True, exist_ok=True)
    written = list(_written([*made, *previews], out))
    if as_json:
        print_json(
            {
                "period": wanted.name,
                "statements": [
                    {
                        "code": each.document["code"],
                        "total": money_json(each.document["total"], each.document["currency"]),
                        "held": len(each.document["held"]),
                        "preview": "draft" in each.document,
                        "dispute_until": each.document["dispute_until"],
                        "digest": each.digest or None,
                        "files": [str(path) for path in paths],
                    }
                    for each, paths in written
                ],
            }
        )
        return 0
    from fairlead.ledger.programmes import amount_text

    rows = [["partner", "total", "held", "object until", "file"]]
    for each, paths in written:
        document = each.document
        total = amount_text(document["total"], document["currency"])
        held = str(len(document["held"]))
        until = "preview" if "draft" in document else document["dispute_until"]
        rows.append([document["code"], total, held, until, str(paths[0])])
    print_rows(rows)
    if made:
        say(f"{count_of(len(made), 'statement')} of {wanted.name}, each as HTML, JSON and CSV")
    else:
        say(f"nothing of {wanted.name} is approved: `fairlead ledger approve` approves what a run proposed")
    if previews:
        say(f"{count_of(len(previews), 'preview')} for partners who are paid nothing yet, with what holds it")
    return 0


def _written(made: Sequence[Statement], out: Path) -> Iterator[tuple[Statement, list[Path]]]:
    """Write each statement's files; give it with their paths."""
    import json

    from fairlead.ledger.statement_page import statement_csv, statement_html

    taken: dict[str, int] = {}
    for each in made:
        document = each.document
        end = "-preview" if "draft" in document else ""
        benefit = document.get("benefit", "money")
        end = (f"-{benefit}" if benefit != "money" else "") + end
        name = safe_name(f"{document['code']}-{document['period']}-{document['currency']}{end}")
        taken[name.lower()] = taken.get(name.lower(), 0) + 1
        # more than one where something of the period was approved later
        number = taken[name.lower()]
        name = name if number == 1 else f"{name}-{number}"
        contents = {
            ".html": statement_html(each),
            ".json": json.dumps(document, ensure_ascii=False, indent=2) + "\n",
            ".csv": statement_csv(each),
        }
        paths = []
        for end, content in contents.items():
            paths.append(out / (name + end))
            write_file(paths[-1], content.encode())
        yield each, paths


def write_file(path: Path | str, content: bytes) -> None:
    """Write a file whole or not at all; `-` is standard output."""
    from fairlead.files.output_file import OutputFile

    with OutputFile(str(path)) as file:
        file.write(content)


def _paid(
    period: OnPeriod,
    by: By,
    folder: ProjectFolder = Path(),
    on: Annotated[
        str | None,
        typer.Option("--on", metavar="DATE", help="When it was paid. Default: today.", show_default=False),
    ] = None,
    reference: Annotated[
        str | None,
        typer.Option(
            "--reference",
            metavar="TEXT",
            help="The bank's reference; needed without `--file`.",
            show_default=False,
        ),
    ] = None,
    partner: Partner = None,
    file: Annotated[
        Path | None,
        typer.Option("--file", metavar="FILE", help="A list of payments, CSV.", show_default=False),
    ] = None,
    as_json: AsJson = False,
) -> int:
    from fairlead.ledger.payments import pay_all, read_payments
    from fairlead.ledger.payout import Payout

    wanted = asked_period(period)
    if file is not None and (on or reference or partner):
        message = "a file says who was paid, when, and under which reference"
        raise UsageError([Problem("wrong-usage", message, remedy="give `--file` alone")])
    if file is None and not reference:
        message = "a payment has a reference"
        raise UsageError([Problem("missing-key", message, remedy="give `--reference` or `--file`")])
    payments = [] if file is None else read_payments(file)
    with opened_ledger(folder, writing=True) as opened:
        person = person_named(opened.project, by)
        payout = Payout(opened.ledger)
        if file is not None:
            paid = pay_all(payout, wanted, person, payments, str(file))
        else:
            day = day_or_today("--on", on, opened.ledger)
            code = _stated_code(payout, wanted, partner) if partner else None
            paid = payout.pay(wanted, person, on=day, reference=reference or "", code=code)
        with opened.store.reading() as tx:
            disputed = len(payout.open_disputes(tx))
            listed = _by_partner(tx, paid)
    if as_json:
        print_json({"period": wanted.name, "paid": [entry_json(each, None) for each in paid]})
        return 0
    print_rows([["partner", "paid", "entries"], *listed])
    totals: dict[str, int] = {}
    for each in paid:
        totals[each.currency] = totals.get(each.currency, 0) + each.units
    say((f"Recorded as paid: {totals_text(totals)}", "green") if paid else "nothing is left to be paid")
    if disputed:
        say(f"{disputed:,} disputes are open: their entries are paid once they are settled")
    return 0


def _stated_code(payout: Any, period: Any, partner: str) -> str:
    """Return a code as the statements of the period have it. Raises UsageError for one they do not have."""
    from fairlead.problems import nearest_name

    with payout.store.reading() as tx:
        codes = [str(each.document["code"]) for each in payout.statements(tx, period)]
    for code in codes:
        if code.upper() == partner.strip().upper():
            return code
    message = f"nothing is on a statement of {period.name} for `{partner}`"
    nearest = nearest_name(partner[:100], codes)
    remedy = "give the code of a partner who is on a statement, or make it with `fairlead ledger statements`"
    problem = Problem(
        "nothing-on-statement",
        message,
        found=partner,
        allowed=tuple(dict.fromkeys(codes)),
        nearest=nearest,
        remedy=remedy,
    )
    raise UsageError([problem])


def _by_partner(tx: Any, paid: Sequence[Entry]) -> list[list[str]]:
    from fairlead.ledger.payees import read_payees
    from fairlead.ledger.programmes import amount_text

    payees = read_payees(tx, {each.payee for each in paid})
    sums: dict[tuple[str, str], list[int]] = {}
    for each in paid:
        sums.setdefault((payees[each.payee].code, each.currency), []).append(each.units)
    return [
        [code, amount_text(sum(units), currency), str(len(units))]
        for (code, currency), units in sorted(sums.items())
    ]


def _totals(
    year: Annotated[
        int, typer.Option("--year", metavar="YEAR", min=1, max=9999, help="Which year.", show_default=False)
    ],
    folder: ProjectFolder = Path(),
    as_json: AsJson = False,
) -> int:
    from fairlead.ledger.yearly import yearly_totals

    with opened_ledger(folder) as opened, opened.store.reading() as tx:
        totals = yearly_totals(tx, opened.ledger.programmes, year, opened.ledger.today)
    if as_json:
        print_json({"year": year, "payees": [_total_json(each) for each in totals]})
        return 0
    from fairlead.ledger.programmes import amount_text

    rows = [["partner", "name", "paid", "to report from", "to be reported", "tax form"]]
    for each in totals:
        threshold = "-"
        if each.reportable_from is not None:
            threshold = amount_text(each.reportable_from, each.currency)
        form = "missing" if each.lacks_form else "on file" if each.payee.has_tax_form else "not needed"
        reported = "yes" if each.to_be_reported else "no"
        paid = amount_text(each.units, each.currency)
        rows.append([each.payee.code, each.payee.name, paid, threshold, reported, form])
    print_rows(rows)
    reported_count = sum(each.to_be_reported for each in totals)
    say(f"{len(totals):,} totals of {year}, {reported_count:,} of them to be reported")
    return 0


def _total_json(each: YearTotal) -> dict[str, Any]:
    threshold = each.reportable_from
    return {
        "code": each.payee.code,
        "name": each.payee.name,
        "paid": money_json(each.units, each.currency),
        "reportable_from": None if threshold is None else money_json(threshold, each.currency),
        "to_be_reported": each.to_be_reported,
        "tax_form_needed": each.tax_form_needed,
        "tax_form_on_file": each.payee.has_tax_form is True,
    }


def _export(
    period: OnPeriod,
    out: Annotated[
        Path,
        typer.Option("--out", metavar="FILE", help="The CSV; `-` is standard output.", show_default=False),
    ],
    folder: ProjectFolder = Path(),
    as_json: AsJson = False,
) -> int:
    from fairlead.files import STANDARD_STREAM
    from fairlead.ledger.journal import journal, journal_csv, journal_totals

    wanted = asked_period(period)
    to_screen = str(out) == STANDARD_STREAM
    if as_json and to_screen:
        message = "`--json` goes to standard output, and so would the journal"
        raise UsageError([Problem("wrong-usage", message, remedy="name a file with `--out`")])
    with opened_ledger(folder) as opened, opened.store.reading() as tx:
        postings = list(journal(tx, opened.ledger, wanted))
    totals = journal_totals(postings)
    write_file(out, journal_csv(postings))
    if as_json:
        sums = [money_json(debit, currency) for currency, (debit, _) in sorted(totals.items())]
        print_json({"period": wanted.name, "file": str(out), "lines": len(postings), "debits": sums})
    elif not to_screen:
        said = totals_text({currency: debit for currency, (debit, _) in totals.items()})
        say(f"{len(postings):,} lines are written to {out}: debits and credits of {said} each")
    return 0
