"""Arguments and options that several commands share, and the form of their help."""

from __future__ import annotations

from typing import Annotated

import typer

__all__ = [
    "AsJson",
    "AsOf",
    "Decisions",
    "Language",
    "PastData",
    "PastEngine",
    "RulesetName",
    "Witnesses",
    "help_text",
    "names_in",
]

RulesetName = Annotated[
    str,
    typer.Argument(
        metavar="RULESET",
        help="A ruleset's name (medical-travel/lead-scoring), its file, or a project's folder.",
        show_default=False,
    ),
]

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]

AsOf = Annotated[
    str | None,
    typer.Option(
        "--as-of",
        metavar="DATE",
        help="The date or date-time to decide at. Default: today in the project's zone.",
        show_default=False,
    ),
]

Decisions = Annotated[
    str | None,
    typer.Option(
        "--decisions",
        metavar="NAMES",
        help="Only these decisions and those they read, with commas between them.",
        show_default=False,
    ),
]

PastData = Annotated[
    str | None,
    typer.Option(
        "--data",
        metavar="FILE",
        help="Past records, CSV, JSON Lines or Parquet: which of them come out otherwise.",
        show_default=False,
    ),
]

PastEngine = Annotated[
    str,
    typer.Option(
        "--engine",
        metavar="ENGINE",
        help="What decides the past records: row, record by record; columns, many rows at once, for CSV and "
        "Parquet (extra `columns`); auto takes columns for Parquet with many rows, where they can do it. All "
        "find the same.",
    ),
]

Witnesses = Annotated[
    int,
    typer.Option("--witnesses", metavar="N", min=0, help="At most so many records for each decision."),
]

Language = Annotated[
    str | None,
    typer.Option(
        "--language",
        metavar="TAG",
        help="The language of texts, such as `de`. Default: the project's.",
        show_default=False,
    ),
]


def help_text(purpose: str, *examples: str) -> str:
    """Return the help of a command: what it is for, and examples that can be copied."""
    # the control character keeps the lines as they are
    return "\n".join([purpose, "", "\b", "Examples:", *(f"  {example}" for example in examples)])


def names_in(text: str | None) -> list[str] | None:
    """Return the names in a text with commas between them; None where there is no text."""
    return None if text is None else [name.strip() for name in text.split(",")]
