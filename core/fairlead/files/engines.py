"""Choosing the engine that evaluates a file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import TypeVar

from fairlead.engine.program import Program
from fairlead.files.evaluate import Progress, Summary, evaluate_file
from fairlead.files.inputs import InputFile
from fairlead.files.output_file import STANDARD_STREAM
from fairlead.files.parquet_rows import pyarrow_or_refuse
from fairlead.problems import Problem, UsageError, nearest_name

__all__ = ["ENGINES", "evaluate_with", "on_engine"]

Made = TypeVar("Made")

#: what can be asked for; `columns` runs on Polars, see docs/large-data.md
ENGINES = ("row", "columns", "spark", "auto")

#: rows of Parquet or of a database from which on columns win: below, both take the time of their start. From
#: Parquet `python -m benchmarks.columns_files` measured 1.0 to 1.1 times the speed of rows up to 10,000 of
#: them, 1.2 times at 20,000, and twice at 100,000
_WORTH_COLUMNS = 10_000


def evaluate_with(
    engine: str,
    program: Program,
    source: InputFile,
    target: str,
    rejects: str | None,
    as_of: date,
    *,
    output_format: str,
    language: str | None = None,
    progress: Progress | None = None,
) -> Summary:
    """Evaluate each record of a file on one of ENGINES; arguments and errors are those of `evaluate_file`.

    Raises UsageError as well for an unknown engine, and for what the engine cannot do.
    """

    def by_row() -> Summary:
        return evaluate_file(
            program,
            source,
            target,
            rejects,
            as_of,
            output_format=output_format,
            language=language,
            progress=progress,
        )

    def as_tables() -> Summary:
        from fairlead.files.evaluate_columns import evaluate_as_tables

        return evaluate_as_tables(
            program,
            source,
            target,
            rejects,
            as_of,
            output_format=output_format,
            engine="spark" if engine == "spark" else "polars",
            language=language,
            progress=progress,
        )

    return on_engine(engine, ENGINES, source, by_row, as_tables)


def on_engine(
    engine: str,
    engines: Sequence[str],
    source: InputFile,
    by_row: Callable[[], Made],
    as_tables: Callable[[], Made],
) -> Made:
    """Return what is made of a file by the row engine or as tables, as `engine`, one of `engines`, says.

    With `auto` the row engine does what columns cannot. Raises UsageError for an unknown engine, and for what
    the engine that is asked for cannot do.
    """
    if engine not in engines:
        message = f"there is no engine `{engine}`"
        nearest = nearest_name(engine[:100], engines)
        problem = Problem("unknown-engine", message, found=engine, allowed=tuple(engines), nearest=nearest)
        raise UsageError([problem])
    if engine == "row" or (engine == "auto" and not _worth_columns(source)):
        return by_row()
    try:
        return as_tables()
    except ImportError as missing:
        refused = UsageError([_missing(missing)])
    except UsageError as found:
        refused = found
    if engine != "auto" or refused.problems[0].code not in ("not-columnar", "missing-package"):
        raise refused
    return by_row()


def _worth_columns(source: InputFile) -> bool:
    """Tell whether an input is Parquet or a table of a database with many rows.

    The cells of CSV are Python texts to both engines.
    """
    if source.database is not None:
        with source.database.opened() as table:
            return table.has_rows(_WORTH_COLUMNS)
    if source.path == STANDARD_STREAM or source.format != "parquet" or not Path(source.path).is_file():
        return False
    arrow = pyarrow_or_refuse()
    try:
        rows: int = arrow.parquet.read_metadata(source.path).num_rows
    except (arrow.ArrowException, OSError):
        return False
    return rows >= _WORTH_COLUMNS


def _missing(missing: ImportError) -> Problem:
    return Problem(
        "missing-package",
        f"tables need the package `{missing.name}`, which is not installed",
        remedy='run `pip install "fairlead[columns]"`',
    )
