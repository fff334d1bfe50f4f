"""Tables as callers have them: Arrow, Polars and pandas alike."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, tzinfo
from typing import Any

import polars as pl

from fairlead.columns.evaluation import TableProgram, misfits_error
from fairlead.columns.intake import Misfit
from fairlead.columns.terms import Rates
from fairlead.problems import Problem, UsageError
from fairlead.ruleset.typed import Ruleset

__all__ = ["evaluate_table"]

#: takes the rows, from 0, with the cells that do not fit their facts
Misfits = Callable[[Mapping[int, Sequence[Misfit]]], None]


def evaluate_table(
    ruleset: Ruleset,
    table: Any,
    *,
    as_of: date | str,
    engine: str = "polars",
    zone: tzinfo = UTC,
    select: Iterable[str] | None = None,
    rates: Rates | None = None,
    related: Mapping[str, Any] | None = None,
    reasons: str = "mask",
    unknown: str = "mask",
    misfits: Misfits | None = None,
    check_all: bool = True,
) -> Any:
    """Evaluate a table whose columns are named after facts; return a table of the same kind, row by row.

    `table` is an Arrow table or record batch, a Polars frame (lazy or not) or a pandas frame. `engine` is
    `polars`, `duckdb` or `spark`. There is a column for each decision; `reasons` and `unknown` are `none`,
    `mask` or `names`, and `unknown` also `missing` or `causes`, see `TableProgram.evaluate`. `as_of`,
    `related` and `check_all` are explained at `TableProgram`. A cell that does not fit its fact raises
    RecordError, with the first ones and their rows; with `misfits` given they go there instead and their rows
    have no results. Raises UsageError as `TableProgram` does, and for an engine that there is not.
    """
    frame, back = _taken(table)
    lists = {name: _taken(each)[0] for name, each in (related or {}).items()}
    program = TableProgram(
        ruleset,
        frame.columns,
        as_of,
        zone=zone,
        select=select,
        rates=rates,
        related=lists,
        check_all=check_all,
    )
    result = program.evaluate(frame, engine=engine, reasons=reasons, unknown=unknown)
    if result.misfits:
        if misfits is None:
            raise misfits_error(result.misfits)
        misfits(result.misfits)
    return back(result.frame)


def _taken(table: Any) -> tuple[pl.DataFrame, Callable[[pl.DataFrame], Any]]:
    """Return a table as a Polars frame, and the way back to its kind."""
    if isinstance(table, pl.DataFrame):
        return table, lambda frame: frame
    if isinstance(table, pl.LazyFrame):
        return table.collect(), lambda frame: frame.lazy()
    kind = f"{type(table).__module__.partition('.')[0]}.{type(table).__name__}"
    if kind in ("pyarrow.Table", "pyarrow.RecordBatch"):
        frame = pl.from_arrow(table)
        assert isinstance(frame, pl.DataFrame)
        if kind == "pyarrow.Table":
            return frame, lambda result: result.to_arrow()
        return frame, lambda result: result.to_arrow().combine_chunks().to_batches()[0]
    if kind == "pandas.DataFrame":
        index = table.index
        made = pl.from_pandas(table.reset_index(drop=True), nan_to_null=True)
        return made, lambda result: result.to_pandas(use_pyarrow_extension_array=True).set_index(index)
    problem = Problem(
        "wrong-usage",
        "a table is an Arrow table, a Polars frame or a pandas frame",
        found=kind,
        remedy="pass `pyarrow.table({...})`, `polars.DataFrame({...})` or `pandas.DataFrame({...})`",
    )
    raise UsageError([problem])
