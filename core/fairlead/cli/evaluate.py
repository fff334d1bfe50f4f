"""`fairlead evaluate`: decide every record of a file or of a table of a database."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer

from fairlead.cli.failures import FINDINGS, with_messages
from fairlead.cli.inputs import (
    Said,
    TableName,
    reading_json,
    related_json,
    understood,
    understood_related,
    with_input_options,
)
from fairlead.cli.options import AsJson, AsOf, Decisions, RulesetName, help_text, names_in
from fairlead.cli.progress import reading
from fairlead.cli.screen import error, print_json, say

__all__ = ["register"]

_PURPOSE = (
    "Decide every record of a CSV, JSON Lines or Parquet file, or of a table of a database. The columns are "
    "names of facts, or those of an export that a mapping knows. A record that does not fit the fact model "
    "goes to the rejects file with its line and reason; all others are decided. Ends with exit code 1 when "
    "there are rejects."
)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "evaluate",
        help=help_text(
            _PURPOSE,
            "fairlead evaluate medical-travel/lead-scoring --input leads.csv --output scores.csv",
            "fairlead evaluate medical-travel/lead-scoring --input leads.jsonl --output out.jsonl \\",
            "    --as-of 2026-11-21 --decisions lead.score,lead.band --language de",
            "fairlead evaluate medical-travel/lead-scoring --input contacts.csv --output scores.csv \\",
            "    --mapping hubspot-contacts --dates day-first",
            "fairlead evaluate medical-travel/partner-programme --input partners.csv --output tiers.csv \\",
            "    --related introductions=introductions.csv",
            "fairlead evaluate medical-travel/lead-scoring --input leads.parquet --output scores.parquet \\",
            "    --engine columns",
            "fairlead evaluate medical-travel/lead-scoring --input sqlite:///crm.db --table leads \\",
            "    --output scores.csv",
            "fairlead evaluate medical-travel/lead-scoring --table leads --output scores.parquet \\",
            "    --input 'postgresql+psycopg://reader:${CRM_PASSWORD}@host/crm' --engine columns",
            "cat leads.jsonl | fairlead evaluate medical-travel/lead-scoring --input - --output -",
        ),
    )(with_messages(with_input_options(_evaluate)))


def _evaluate(
    ruleset: RulesetName,
    source: Annotated[
        str,
        typer.Option(
            "--input",
            metavar="FILE",
            help="CSV, JSON Lines or Parquet; `-` is standard input. Or the URL of a database, with --table: "
            "a password `${NAME}` in it is taken from the environment.",
        ),
    ],
    table: TableName = None,
    target: Annotated[
        str,
        typer.Option("--output", metavar="FILE", help="CSV, JSON Lines or Parquet; `-` is standard output."),
    ] = "-",
    rejects: Annotated[
        str | None,
        typer.Option(
            "--rejects",
            metavar="FILE",
            help="Where rejected records go. Default: beside the output, as OUTPUT.rejects.jsonl.",
            show_default=False,
        ),
    ] = None,
    as_of: AsOf = None,
    decisions: Decisions = None,
    language: Annotated[
        str | None,
        typer.Option(
            "--language",
            metavar="TAG",
            help="Add the texts of the reasons in this language, such as `de`.",
            show_default=False,
        ),
    ] = None,
    file_format: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="FORMAT",
            help="csv, jsonl or parquet, for files whose names do not tell.",
            show_default=False,
        ),
    ] = None,
    engine: Annotated[
        str,
        typer.Option(
            "--engine",
            metavar="ENGINE",
            help="row, record by record; columns, many rows at once, for CSV, Parquet and databases (extra "
            "`columns`); spark (extra `spark`); auto takes columns for Parquet and databases with many rows, "
            "where they can do it.",
        ),
    ] = "row",
    *,
    said: Said,
    as_json: AsJson = False,
) -> int:
    from fairlead.cli.targets import Target, moment_of
    from fairlead.files import STANDARD_STREAM, evaluate_with, format_of

    named = Target.of(ruleset)
    moment = moment_of(as_of, named.zone)
    program = named.program(moment, names_in(decisions))
    to_stdout = target == STANDARD_STREAM
    if rejects is None and not to_stdout:
        rejects = f"{target}.rejects.jsonl"
    with reading(source) as progress:
        summary = evaluate_with(
            engine,
            program,
            said.input(named, source, table, file_format),
            target,
            rejects,
            moment,
            output_format=format_of(target, file_format),
            language=language,
            progress=progress,
        )
    if as_json:
        print_json(
            {
                "ruleset": program.ruleset.name,
                "version": program.ruleset.version,
                "digest": program.digest,
                "approval": program.approval,
                "as_of": moment.isoformat(),
                "read": summary.read,
                "evaluated": summary.evaluated,
                "rejected": summary.rejected,
                "rejected_by_code": summary.by_code,
                **reading_json(summary.reading),
                "related": [related_json(each) for each in summary.related],
                "rejects": rejects,
            },
            to_error=to_stdout,
        )
        return FINDINGS if summary.rejected else 0
    tell = error if to_stdout else say
    tell(
        f"{program.ruleset.name} {program.ruleset.version}, as of {_shown(moment)}, "
        f"{program.approval}, digest {program.digest}"
    )
    for sentence in (*understood(summary.reading), *understood_related(summary.related)):
        tell(sentence)
    tell(
        (f"{summary.read:,}", "bold"),
        " read = ",
        (f"{summary.evaluated:,}", "bold"),
        " evaluated + ",
        (f"{summary.rejected:,}", "bold red" if summary.rejected else "bold"),
        " rejected",
    )
    for code, count in summary.by_code.items():
        tell(f"  {count:,} rejected: {code}")
    if summary.rejected and rejects is not None:
        tell(f"  each with its line and reason in {rejects}")
    elif summary.rejected:
        tell("  name a file with --rejects to keep them with their lines and reasons")
    return FINDINGS if summary.rejected else 0


def _shown(moment: date) -> str:
    return moment.isoformat().replace("+00:00", "Z")
