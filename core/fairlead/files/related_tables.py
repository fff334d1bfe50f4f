"""Related records from a file of their own as one table, with the refusals and counts of the row engine."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from fairlead.columns.intake import Intake, Taken, column_name, facts_of_columns
from fairlead.engine.program import Program
from fairlead.facts.model import FactModel
from fairlead.files.batches import Batches, open_batches
from fairlead.files.column_rows import Batch, CsvBatches, ParquetBatches, file_parser, without_blank_cells
from fairlead.files.inputs import InputFile
from fairlead.files.mappings import Stated
from fairlead.files.reading import Reading
from fairlead.files.rejects import Reject
from fairlead.files.related import (
    RelatedFile,
    RelatedProblems,
    RelatedRecords,
    RelatedSummary,
    duplicate_id,
    related_list,
)
from fairlead.files.rows import nothing_to_decide

__all__ = ["RelatedRows", "read_related_table"]


class RelatedRows:
    """The related records of one list in one table: their own facts, and the ids of what they belong to.

    `links` has these ids as they are understood, in a column for each link that the file has.
    """

    def __init__(
        self, records: RelatedRecords, frame: pl.DataFrame, links: pl.DataFrame, reading: Reading
    ) -> None:
        self.name = records.name
        self.records = records
        self._reading = reading
        self._unlinked: dict[str, int] = {}
        self._unmet: dict[str, pl.DataFrame] = {}
        for target in records.targets:
            link = f"{target.link}.id"
            if link in links.columns:
                owners = links.select(pl.col(link).alias("owner")).drop_nulls()
            else:
                # none of them says what it belongs to
                frame = frame.with_columns(pl.lit(None, dtype=pl.String).alias(link))
                owners = pl.DataFrame(schema={"owner": pl.String})
            self._unlinked[target.key] = frame.height - owners.height
            self._unmet[target.key] = owners.group_by("owner").len()
        self.frame = frame

    def belongs_to(self, columns: list[str]) -> bool:
        """Tell whether records with these columns have ids by which the related ones name them."""
        return any(f"{target.key}.id" in columns for target in self.records.targets)

    def met(self, taken: Taken) -> None:
        """Note which records of the input there are; those that do not fit do not count."""
        for target in self.records.targets:
            column = column_name(f"{target.key}.id", "value")
            if column not in taken.frame.columns:
                continue
            ids = taken.frame.select(pl.col(column).alias("owner"))
            if taken.misfits:
                unfit = pl.Series(sorted(taken.misfits), dtype=pl.Int64).implode()
                ids = ids.filter(~pl.int_range(pl.len(), dtype=pl.Int64).is_in(unfit))
            self._unmet[target.key] = self._unmet[target.key].join(ids, on="owner", how="anti")

    def summary(self) -> RelatedSummary:
        """Return what became of the records, once all of the main ones are read."""
        unmatched = {key: int(left["len"].sum()) for key, left in self._unmet.items()}
        return RelatedSummary(self.name, self.frame.height, unmatched, self._unlinked, self._reading)


def read_related_table(program: Program, file: RelatedFile, stated: Stated) -> RelatedRows:
    """Read the related records of a CSV or Parquet file, which are held in memory.

    Raises as `read_related`, and UsageError for a file that a mapping or a notation explains.
    """
    records = related_list(program, file.name)
    model, entities = program.ruleset.model, (records.entity,)
    problems = RelatedProblems(file)
    waiting: list[Reject] = []
    source = InputFile(file.path, None, stated)
    what = f"a file of `{file.name}`"
    with open_batches(program, source, entities, waiting.append, what=what) as (rows, _):
        facts = facts_of_columns(model, rows.columns)
        types = {name: fact.type for name, fact in facts.items()}
        intake = Intake(facts, program.zone, file_parser)
        ids = {f"{target.link}.id" for target in records.targets} & facts.keys()
        frames = [pl.DataFrame(schema=dict.fromkeys(rows.columns, pl.String))]
        links = [pl.DataFrame(schema=dict.fromkeys(ids, pl.String))]
        seen = pl.Series(dtype=pl.String)
        for read in _batches_of(rows, model):
            batch = without_blank_cells(read, facts)
            taken = intake.take(batch.frame, types)
            lacking = _without(records.entity, taken)
            for place in sorted({*taken.misfits, *lacking}):
                batch.refuse(place, [] if place in taken.misfits else [nothing_to_decide(entities)])
            seen = _seen(seen, records.entity, batch, taken, waiting)
            for reject in sorted(waiting, key=lambda found: found.line):
                problems(reject)
            waiting.clear()
            frames.append(batch.frame)
            links.append(taken.frame.select(pl.col(column_name(name, "value")).alias(name) for name in ids))
        for reject in waiting:
            problems(reject)
    problems.check()
    return RelatedRows(records, pl.concat(frames[1:] or frames), pl.concat(links), Reading.of(rows))


def _batches_of(rows: Batches, model: FactModel) -> Iterator[Batch]:
    """Yield all rows with all columns."""
    if isinstance(rows, CsvBatches):
        return rows.batches()
    assert isinstance(rows, ParquetBatches), "related records stand in files"
    return rows.batches(model, frozenset(rows.columns))


def _without(entity: str, taken: Taken) -> list[int]:
    """Return the rows that have no fact of the entity."""
    own = [pl.col(name).is_not_null() for name in taken.frame.columns if name.startswith(f"{entity}.")]
    return taken.frame.select(~pl.any_horizontal(own)).to_series().arg_true().to_list()


def _seen(seen: pl.Series, entity: str, batch: Batch, taken: Taken, waiting: list[Reject]) -> pl.Series:
    """Return the ids that were seen, those of a batch included; reject records whose id was seen before."""
    column = column_name(f"{entity}.id", "value")
    if column not in taken.frame.columns:
        return seen
    ids = taken.frame[column]
    if taken.misfits:
        unfit = pl.Series(sorted(taken.misfits), dtype=pl.Int64).implode()
        ids = taken.frame.select(
            pl.when(~pl.int_range(pl.len(), dtype=pl.Int64).is_in(unfit)).then(pl.col(column))
        ).to_series()
    twice = ids.is_not_null() & (~ids.is_first_distinct() | ids.is_in(seen.implode()))
    waiting += [
        Reject(int(batch.numbers[place]), [duplicate_id(str(ids[place]))], "") for place in twice.arg_true()
    ]
    return pl.concat([seen, ids.drop_nulls()])
