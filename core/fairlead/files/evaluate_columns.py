"""Evaluating a file as tables: the same records, rejects and results as `evaluate_file`, batch by batch."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import IO, Any

import polars as pl

from fairlead.columns.evaluation import TableProgram
from fairlead.columns.intake import Taken
from fairlead.documents.texts import pick
from fairlead.engine.program import Program
from fairlead.files.column_rows import Batch, CsvBatches, ParquetBatches, file_parser
from fairlead.files.evaluate import Progress, Rejects, Summary, check_paths
from fairlead.files.inputs import InputFile
from fairlead.files.layout import Heading
from fairlead.files.output_file import STANDARD_STREAM, OutputFile
from fairlead.files.reading import Reading
from fairlead.files.rejects import Reject
from fairlead.files.rows import id_entities, nothing_to_decide
from fairlead.files.sources import SAMPLE, ByteSource
from fairlead.files.tables_out import TableWriter
from fairlead.files.understanding import Understanding
from fairlead.problems import Problem, UsageError
from fairlead.ruleset.reasons import reason_texts

__all__ = ["evaluate_as_tables", "what_needs_rows"]


def what_needs_rows(source: InputFile, output_format: str) -> str | None:
    """Return what about a run only the row engine can do; None for nothing."""
    if source.path == STANDARD_STREAM:
        return "standard input"
    if source.format == "jsonl":
        return "JSON Lines"
    if output_format == "jsonl":
        return "results as JSON Lines"
    if source.related:
        return "related records from a file"
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
    """Evaluate each record of a CSV or Parquet file, some 250,000 at a time.

    The results have the columns of the row engine's, with `undetermined`, `conflicts` and `unknown_rows` in
    the place of `missing`. Raises as `evaluate_file`, and UsageError for what columns cannot do exactly.
    """
    needs_rows = what_needs_rows(source, output_format)
    if needs_rows is not None:
        raise UsageError([_refused(needs_rows)])
    check_paths(source, target, rejects)
    with ExitStack() as files:
        out = files.enter_context(OutputFile(target))
        reject = Rejects(files.enter_context(OutputFile(rejects)) if rejects is not None else None)
        stream = files.enter_context(Path(source.path).open("rb", buffering=0))
        waiting: list[Reject] = []
        rows = _opened(program, source, stream, waiting.append)
        if not rows.heading.layout.plain:
            raise UsageError([_refused("an input whose columns a mapping or a notation explains")])
        table = TableProgram(
            program.ruleset,
            rows.columns,
            as_of,
            zone=program.zone,
            select=program.decisions,
            parser=file_parser,
        )
        writer = TableWriter(program, out, output_format, _texts(program, language))
        run = _Run(program, table, engine, writer)
        for batch in _batches(rows, program, table):
            run.batch(batch)
            _in_order(waiting, reject)
            if progress is not None:
                progress(stream.tell())
        _in_order(waiting, reject)
        writer.close()
        assert rows.read == run.evaluated + reject.count, "a record is not accounted for"
    return Summary(rows.read, run.evaluated, reject.count, reject.by_code, Reading.of(rows))


def _in_order(waiting: list[Reject], reject: Rejects) -> None:
    """Write the rejects of a batch in the order of their lines; the reader's own come before the others."""
    for each in sorted(waiting, key=lambda found: found.line):
        reject(each)
    waiting.clear()


def _refused(what: str) -> Problem:
    message = f"{what} is for the row engine"
    return Problem("not-columnar", message, found=what, remedy="leave out `--engine`, or say `--engine row`")


def _texts(program: Program, language: str | None) -> dict[str, str] | None:
    if language is None:
        return None
    return {code: pick(texts, language) for code, texts in reason_texts(program.ruleset).items()}


def _opened(
    program: Program, source: InputFile, stream: IO[bytes], reject: Callable[[Reject], None]
) -> CsvBatches | ParquetBatches:
    model, entities = program.ruleset.model, id_entities(program)
    understanding = Understanding(model, program.zone, entities, source.stated, source.path)
    if source.format == "parquet":
        return ParquetBatches(stream, understanding.of_table, entities, reject, file=source.path)
    readable = ByteSource(stream, source.stated.encoding)
    sample = readable.peek()
    heading: Heading | None = understanding.of_csv(sample, whole=len(sample) < SAMPLE)
    return CsvBatches(readable, model, program.zone, entities, reject, file=source.path, heading=heading)


def _batches(rows: CsvBatches | ParquetBatches, program: Program, table: TableProgram) -> Iterable[Batch]:
    if isinstance(rows, CsvBatches):
        return rows.batches()
    ids = {f"{entity}.id" for entity in id_entities(program)}
    return rows.batches(program.ruleset.model, frozenset([*table.plan.facts, *ids]))


@dataclass
class _Run:
    """Batches on their way through a program for tables."""

    program: Program
    table: TableProgram
    engine: str
    writer: TableWriter
    evaluated: int = 0

    def batch(self, batch: Batch) -> None:
        """Evaluate a batch and write its results."""
        entities = id_entities(self.program)
        taken = self.table.read(batch.frame)
        results = self.table.results(taken, engine=self.engine, reasons="names", unknown="names")
        lacking = self._without_entity(taken, entities)
        refused = sorted({*taken.misfits, *lacking})
        for place in refused:
            batch.refuse(place, [] if place in taken.misfits else [nothing_to_decide(entities)])
        made = results.with_columns(
            batch.numbers.alias("line"), self._ids(batch.frame, entities, results.height)
        )
        if refused:
            places = pl.Series(refused, dtype=pl.Int64).implode()
            made = made.filter(~pl.int_range(pl.len(), dtype=pl.Int64).is_in(places))
        self.evaluated += made.height
        self.writer.write(made)

    def _without_entity(self, taken: Taken, entities: tuple[str, ...]) -> list[int]:
        """Return the rows that have none of the entities decided about."""
        if not self.table.plan.present:
            return []
        there = [pl.col(f"{entity}.#value") for entity in entities if entity in self.table.plan.present]
        return taken.frame.select(~pl.any_horizontal(there)).to_series().arg_true().to_list()

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
