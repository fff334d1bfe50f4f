"""Past records decided as tables: rows are looked at one by one for witnesses alone."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import date
from functools import cached_property

import polars as pl

from fairlead.columns.comparing import Different, TableComparison
from fairlead.engine import Program
from fairlead.files import InputFile, Reading, Reject
from fairlead.files.evaluate_columns import what_needs_rows
from fairlead.files.related import RelatedRecords, read_related
from fairlead.files.rows import Record
from fairlead.files.table_input import TableBatch, for_rows, open_as_tables
from fairlead.problems import UsageError
from fairlead.project.comparison import REASONS, Comparison, Decided
from fairlead.project.past_records import PastChanges, PastRecords, shown

__all__ = ["changes_by_tables"]


def changes_by_tables(past: PastRecords, as_of: date, comparison: Comparison) -> PastChanges:
    """Return what the row engine returns. Raises UsageError as well for what columns cannot do exactly."""
    needs_rows = what_needs_rows(past.file, "csv")
    if needs_rows is not None:
        raise UsageError([for_rows(needs_rows)])
    changes = comparison.changes
    rejects: deque[Reject] = deque(maxlen=1)
    with ExitStack() as files:
        before = files.enter_context(open_as_tables(comparison.old, past.file, as_of, lambda _: None))
        after = files.enter_context(open_as_tables(comparison.new, past.file, as_of, rejects.append))
        tables = TableComparison(before.table.plan, after.table.plan, comparison.names)
        run = _Run(comparison, tables, as_of, past.file, rejects)
        # which rows a file has does not depend on the version
        for old, new in zip(before, after, strict=True):
            run.batch(old, new)
            if past.progress is not None:
                past.progress(before.stream.tell())
        # at the end, rows that are no rows to either are counted as well
        changes.rejected = after.rows.read - changes.read
        return PastChanges(changes, Reading.of(after.rows), tuple(after.related_summaries()))


class _Run:
    """Batches on their way through both versions."""

    def __init__(
        self,
        comparison: Comparison,
        tables: TableComparison,
        as_of: date,
        file: InputFile,
        rejects: deque[Reject],
    ) -> None:
        self._comparison = comparison
        self._tables = tables
        self._old = _Version(comparison.old, as_of, file)
        self._new = _Version(comparison.new, as_of, file)
        self._rejects = rejects

    def batch(self, old: TableBatch, new: TableBatch) -> None:
        """Count what differs in a batch, and keep its witnesses."""
        assert old.batch.numbers.equals(new.batch.numbers), "two versions see other rows"
        height = len(old.batch.numbers)
        fitted, fits = _without(height, old.refused), _without(height, new.refused)
        both = fitted & fits
        self._comparison.changes.compared += int(both.sum())
        self._comparison.changes.fit_now += int((fits & ~fitted).sum())
        self._unfit(old, new, (fitted & ~fits).arg_true())
        different = self._tables.compare(old.taken, new.taken, both)
        self._witnesses(old, new, self._count(different))

    def _unfit(self, old: TableBatch, new: TableBatch, places: pl.Series) -> None:
        lacking = min(self._comparison.lacks_unfit, len(places))
        for place in places.head(lacking):
            number, _, _ = row = old.batch.row(place)
            new.refuse(place)
            self._comparison.add_unfit(shown(number, row), self._rejects[-1].problems[0].message)
        self._comparison.changes.no_longer_fit += len(places) - lacking

    def _count(self, different: Different) -> dict[str, list[int]]:
        """Count what differs; return the first rows of each decision that lacks witnesses."""
        comparison = self._comparison
        comparison.changes.changed += different.changed
        found = {**different.rows, **({REASONS: different.reasons} if len(different.reasons) else {})}
        lacking = {}
        # in the order in which the rows are met; those of one row stand in the order of the document
        for name, rows in sorted(found.items(), key=lambda each: int(each[1][0])):
            lacking[name] = rows.head(comparison.lacks_witnesses(name)).to_list()
            comparison.count(name, len(rows))
            for currency, amount in different.gains.get(name, ()):
                comparison.gain(name, currency, amount)
        return lacking

    def _witnesses(self, old: TableBatch, new: TableBatch, lacking: Mapping[str, Sequence[int]]) -> None:
        """Let the row engine decide rows that differ, and keep them."""
        for place in sorted({place for places in lacking.values() for place in places}):
            number, _, before = row = old.batch.row(place)
            _, _, after = new.batch.row(place)
            differ = self._comparison.add_witness(
                shown(number, row), self._old.decided(before), self._new.decided(after)
            )
            expected = {name for name, places in lacking.items() if place in places}
            assert expected.issubset(differ), "the row engine finds no difference"


class _Version:
    """One version, for single records of the file."""

    def __init__(self, program: Program, as_of: date, file: InputFile) -> None:
        self._program = program
        self._run = program.runner(as_of)
        self._file = file

    @cached_property
    def _related(self) -> list[RelatedRecords]:
        stated = replace(self._file.stated, mapping=None)
        return [read_related(self._program, each, stated) for each in self._file.related]

    def decided(self, record: Record) -> Decided:
        """Decide a record of the main file."""
        for each in self._related:
            each.attach(record)
        return self._run(record)


def _without(height: int, refused: Sequence[int]) -> pl.Series:
    """Tell of each row whether it is none of these."""
    rows = pl.repeat(value=True, n=height, dtype=pl.Boolean, eager=True)
    return rows.scatter(list(refused), False) if refused else rows
