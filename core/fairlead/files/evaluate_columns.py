"""Evaluating a file as tables: the same records, rejects and results as `evaluate_file`, batch by batch."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from fairlead.columns.evaluation import TableProgram
from fairlead.engine.program import Program
from fairlead.files.evaluate import Progress, Rejects, Summary, check_paths
from fairlead.files.inputs import InputFile
from fairlead.files.opening import format_of
from fairlead.files.output_file import STANDARD_STREAM, OutputFile
from fairlead.files.reading import Reading
from fairlead.files.rejects import Reject
from fairlead.files.rows import id_entities
from fairlead.files.table_input import TableBatch, for_rows, open_as_tables
from fairlead.files.tables_out import TableWriter
from fairlead.problems import UsageError

__all__ = ["evaluate_as_tables", "what_needs_rows"]


def what_needs_rows(source: InputFile, output_format: str) -> str | None:
    """Return what about a run only the row engine can do; None for nothing."""
    if source.path == STANDARD_STREAM:
        return "standard input"
    if source.format == "jsonl":
        return "JSON Lines"
    if output_format == "jsonl":
        return "results as JSON Lines"
    if any(format_of(each.path) == "jsonl" for each in source.related):
        return "related records as JSON Lines"
    said = source.stated
    if any(each is not None for each in (said.mapping, said.decimal, said.dates, said.century)):
        return "an input whose columns a mapping explains"
    return None


def evaluate_as_tables(
    program: Program,
    source: InputFile,
    target: str,
    rejects: str | None,
    as_of: date,
    *,
    output_format: str,
    engine: str = "polars",
    language: str | None = None,
    progress: Progress | None = None,
) -> Summary:
    """Evaluate each record of a CSV or Parquet file, or of a database's table, in batches.

    The results are those of the row engine. Raises as `evaluate_file`, and UsageError for what columns cannot
    do exactly.
    """
    needs_rows = what_needs_rows(source, output_format)
    if needs_rows is not None:
        raise UsageError([for_rows(needs_rows)])
    check_paths(source, target, rejects)
    with ExitStack() as files:
        out = files.enter_context(OutputFile(target))
        reject = Rejects(files.enter_context(OutputFile(rejects)) if rejects is not None else None)
        waiting: list[Reject] = []
        records = files.enter_context(
            open_as_tables(program, source, as_of, waiting.append, unknown="missing")
        )
        writer = TableWriter(program, out, output_format, language)
        run = _Run(program, records.table, engine, writer)
        for batch in records:
            run.batch(batch)
            _in_order(waiting, reject)
            if progress is not None:
                progress(records.stream.tell())
        _in_order(waiting, reject)
        writer.close()
        rows = records.rows
        assert rows.read == run.evaluated + reject.count, "a record is not accounted for"
    return Summary(
        rows.read, run.evaluated, reject.count, reject.by_code, Reading.of(rows), records.related_summaries()
    )


def _in_order(waiting: list[Reject], reject: Rejects) -> None:
    """Write the rejects of a batch in the order of their lines; the reader's own come before the others."""
    for each in sorted(waiting, key=lambda found: found.line):
        reject(each)
    waiting.clear()


@dataclass
class _Run:
    """Batches on their way through a program for tables."""

    program: Program
    table: TableProgram
    engine: str
    writer: TableWriter
    evaluated: int = 0

    def batch(self, found: TableBatch) -> None:
        """Evaluate a batch and write its results."""
        batch, entities = found.batch, id_entities(self.program)
        results = self.table.results(found.taken, engine=self.engine, reasons="names", unknown="missing")
        for place in found.refused:
            found.refuse(place)
        made = results.with_columns(
            batch.numbers.alias("line"), self._ids(batch.frame, entities, results.height)
        )
        if found.refused:
            places = pl.Series(found.refused, dtype=pl.Int64).implode()
            made = made.filter(~pl.int_range(pl.len(), dtype=pl.Int64).is_in(places))
        self.evaluated += made.height
        self.writer.write(made)

    def _ids(self, frame: pl.DataFrame, entities: tuple[str, ...], height: int) -> pl.Series:
        """Return the id of the first entity that each record has."""
        chosen: Any = pl.lit(None, dtype=pl.String)
        for entity in reversed(entities):
            columns = [name for name in frame.columns if name.startswith(f"{entity}.")]
            if not columns:
                continue
            own = pl.col(f"{entity}.id").cast(pl.String) if f"{entity}.id" in columns else pl.lit(None)
            text = pl.when(own != "").then(own)
            if len({name.partition(".")[0] for name in frame.columns}) == 1:
                chosen = text
                continue
            there = pl.any_horizontal(_known(frame, name) for name in columns)
            chosen = pl.when(there).then(text).otherwise(chosen)
        return frame.select(pl.int_range(pl.len()), chosen.alias("id")).get_column("id")


def _known(frame: pl.DataFrame, name: str) -> pl.Expr:
    column = pl.col(name)
    return column.is_not_null() & (column != "") if frame.schema[name] == pl.String else column.is_not_null()
