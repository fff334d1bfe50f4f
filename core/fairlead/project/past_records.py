"""A file of past records, decided by two versions of a ruleset: one by one, or as tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from fairlead.engine import Program
from fairlead.files import (
    STANDARD_STREAM,
    InputFile,
    Reading,
    Reject,
    RelatedSummary,
    format_of,
    open_input,
)
from fairlead.files.engines import on_engine
from fairlead.files.rows import Row
from fairlead.problems import Problem, UsageError
from fairlead.project.comparison import Changes, Comparison

__all__ = ["ENGINES", "PastChanges", "PastRecords", "check_readable", "past_changes", "shown"]

#: what can be asked for, see docs/large-data.md
ENGINES = ("row", "columns", "auto")

#: how many messages about rejects wait for the record that they are about
_MOST_WAITING = 1000
#: how often progress is told, in records
_TOGETHER = 1000


@dataclass(frozen=True)
class PastRecords:
    """A file of past records, read as `evaluate` reads it; `engine` is one of ENGINES.

    `progress` is called now and then with the number of bytes read.
    """

    file: InputFile
    progress: Callable[[int], None] | None = None
    engine: str = "auto"


@dataclass(frozen=True, slots=True)
class PastChanges:
    """What comes out otherwise, and how the file and its related records were understood."""

    changes: Changes
    reading: Reading
    related: Sequence[RelatedSummary] = ()


def past_changes(past: PastRecords, as_of: date, old: Program, new: Program, witnesses: int) -> PastChanges:
    """Decide each record by both versions, as of `as_of`; both engines find the same.

    Both versions read the file for themselves, each by its own fact model. At most `witnesses` records are
    kept for each decision. Raises UsageError and OSError where the file cannot be opened, or not read as
    tables where that is asked for; DocumentError where its columns are not understood.
    """

    def as_tables() -> PastChanges:
        from fairlead.project.past_tables import changes_by_tables

        return changes_by_tables(past, as_of, Comparison(old, new, witnesses))

    return on_engine(
        past.engine,
        ENGINES,
        past.file,
        lambda: _changes_by_row(past, as_of, Comparison(old, new, witnesses)),
        as_tables,
    )


def check_readable(past: PastRecords) -> None:
    """Say that a file cannot be read even where there is nothing to compare."""
    path = past.file.path
    if path == STANDARD_STREAM:
        message = "past records are read twice, and standard input can be read once"
        raise UsageError([Problem("wrong-usage", message, found=path, remedy="name a file")])
    format_of(path, past.file.file_format)
    with Path(path).open("rb"):
        pass


class _Waiting:
    """Keeps why records were rejected, by line, until the record is met; takes and counts the rejects."""

    def __init__(self) -> None:
        self.count = 0
        self.messages: dict[int, str] = {}

    def __call__(self, reject: Reject) -> None:
        """Take a reject."""
        self.count += 1
        if len(self.messages) < _MOST_WAITING:
            self.messages[reject.line] = reject.problems[0].message

    def forget(self, number: int) -> None:
        """Drop what is about lines up to this one."""
        while self.messages and (line := next(iter(self.messages))) <= number:
            del self.messages[line]


def _changes_by_row(past: PastRecords, as_of: date, comparison: Comparison) -> PastChanges:
    changes = comparison.changes
    first, second = comparison.old.runner(as_of), comparison.new.runner(as_of)
    refused = _Waiting()
    with (
        open_input(comparison.old, past.file, lambda _: None) as before,
        open_input(comparison.new, past.file, refused) as after,
    ):
        for number, old, new in _by_line(iter(before), iter(after)):
            name = shown(number, old or new)
            if old is not None and new is not None:
                comparison.add(name, first(old[2]), second(new[2]))
            elif old is not None:
                comparison.add_unfit(name, refused.messages.get(number, "it does not fit"))
            else:
                changes.fit_now += 1
            refused.forget(number)
            if past.progress is not None and changes.compared % _TOGETHER == 0:
                past.progress(before.stream.tell())
        changes.rejected = refused.count - changes.no_longer_fit
        return PastChanges(changes, after.reading(), tuple(after.related_summaries()))


def _by_line(old: Iterator[Row], new: Iterator[Row]) -> Iterator[tuple[int, Row | None, Row | None]]:
    """Yield the records of one file as two readers give them, those of one line together."""
    before, after = next(old, None), next(new, None)
    while before is not None or after is not None:
        lines = [row[0] for row in (before, after) if row is not None]
        number = min(lines)
        is_before = before is not None and before[0] == number
        is_after = after is not None and after[0] == number
        yield number, before if is_before else None, after if is_after else None
        before = next(old, None) if is_before else before
        after = next(new, None) if is_after else after


def shown(number: int, row: Row | None) -> str:
    """Return what a record is called: its id, or its line."""
    identity = row[1] if row is not None else None
    return identity if identity is not None else f"line {number}"
