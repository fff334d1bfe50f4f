"""An input read as tables for one program: batches of rows, and which of them are records that fit."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from typing import IO

import polars as pl

from fairlead.columns.evaluation import TableProgram
from fairlead.columns.intake import Taken, facts_of_columns
from fairlead.engine.program import Program
from fairlead.files.batches import Batches, for_rows, open_batches
from fairlead.files.column_rows import Batch, CsvBatches, file_parser, without_blank_cells
from fairlead.files.database_batches import DatabaseBatches
from fairlead.files.inputs import InputFile
from fairlead.files.rejects import Reject
from fairlead.files.related import RelatedSummary
from fairlead.files.related_tables import RelatedRows, read_related_table
from fairlead.files.rows import id_entities, nothing_to_decide

__all__ = ["TableBatch", "TableInput", "for_rows", "open_as_tables"]


@dataclass(frozen=True, slots=True)
class TableBatch:
    """Rows as they were read; `refused` are the places of those that are no records, in order."""

    batch: Batch
    taken: Taken
    refused: list[int]
    _entities: tuple[str, ...]

    def refuse(self, place: int) -> None:
        """Give the reject of a refused row to the function that takes the rejects of the input."""
        self.batch.refuse(place, [] if place in self.taken.misfits else [nothing_to_decide(self._entities)])


@dataclass(frozen=True)
class TableInput:
    """An input read as tables; `stream` is empty for a database. Iterating yields the batches once.

    `unknown` is the form in which the table will be asked for what is unknown.
    """

    program: Program
    table: TableProgram
    rows: Batches
    stream: IO[bytes]
    unknown: str
    related: Sequence[RelatedRows]

    def __iter__(self) -> Iterator[TableBatch]:
        entities = id_entities(self.program)
        facts = facts_of_columns(self.program.ruleset.model, self.rows.columns)
        for read in self._batches(entities):
            batch = without_blank_cells(read, {name: facts[name] for name in read.frame.columns})
            taken = self.table.read(batch.frame, unknown=self.unknown)
            for each in self.related:
                each.met(taken)
            refused = sorted({*taken.misfits, *self._without_entity(taken, entities)})
            yield TableBatch(batch, taken, refused, entities)

    def related_summaries(self) -> list[RelatedSummary]:
        """Return what became of the related records, once the input is read."""
        return [each.summary() for each in self.related]

    def _batches(self, entities: tuple[str, ...]) -> Iterator[Batch]:
        if isinstance(self.rows, CsvBatches):
            return self.rows.batches()
        if isinstance(self.rows, DatabaseBatches):
            return self.rows.batches(self.program.ruleset.model)
        ids = {f"{entity}.id" for entity in entities}
        return self.rows.batches(self.program.ruleset.model, frozenset([*self.table.plan.facts, *ids]))

    def _without_entity(self, taken: Taken, entities: tuple[str, ...]) -> list[int]:
        """Return the rows that have none of the entities decided about."""
        present = self.table.plan.present
        if not present:
            return []
        there = [pl.col(f"{entity}.#value") for entity in entities if entity in present]
        return taken.frame.select(~pl.any_horizontal(there)).to_series().arg_true().to_list()


@contextmanager
def open_as_tables(
    program: Program,
    source: InputFile,
    as_of: date,
    reject: Callable[[Reject], None],
    *,
    unknown: str = "mask",
) -> Iterator[TableInput]:
    """Open an input for a program; what is no row goes to `reject`, of what does not fit the caller decides.

    Raises as `open_input`, and UsageError for what columns cannot do exactly.
    """
    stated = replace(source.stated, mapping=None)
    related = [read_related_table(program, each, stated) for each in source.related]
    with open_batches(program, source, id_entities(program), reject) as (rows, stream):
        heading = rows.heading
        for each in related:
            each.records.check_layout(heading.layout, source.path, heading.line)
        table = TableProgram(
            program.ruleset,
            rows.columns,
            as_of,
            zone=program.zone,
            select=program.decisions,
            parser=file_parser,
            related={each.name: each.frame for each in related if each.belongs_to(rows.columns)},
        )
        yield TableInput(program, table, rows, stream, unknown, related)
