"""Reading a table of a database, row by row or in batches of columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

from fairlead.files.layout import Heading
from fairlead.files.mapped_layout import Table
from fairlead.files.rejects import Reject
from fairlead.files.typed_rows import TypedRows, list_problem, text_of_value
from fairlead.problems import Problem

if TYPE_CHECKING:
    from fairlead.files.databases import OpenTable

__all__ = ["DatabaseRows", "texts_of"]

#: how many rows are looked at before the first, however many are read at once
_LOOKED_AT = 4096


class DatabaseRows(TypedRows):
    """The checked records of a table or view of a database, read TOGETHER at once.

    `arrange` makes the heading of the table. Raises UsageError where the database stops the reading, and
    DocumentError where the columns are not understood.
    """

    TOGETHER = 4096

    def __init__(
        self,
        table: OpenTable,
        arrange: Callable[[Table], Heading],
        entities: tuple[str, ...],
        reject: Callable[[Reject], None],
        *,
        file: str | None = None,
    ) -> None:
        names = [name.strip() for name in table.names]
        batches = table.batches(self.TOGETHER)
        first = next(batches, [])
        self._values: Iterator[list[Sequence[Any]]] = chain([first], batches)
        looked_at = [texts_of(row) for row in first[:_LOOKED_AT]]
        heading = arrange(Table(names, looked_at, table.typed, file, 0))
        super().__init__(names, heading, entities, reject, file=file)

    def _texts_of_rows(self) -> Iterator[tuple[Sequence[Sequence[str]], Mapping[int, Problem]]]:
        for rows in self._values:
            yield [texts_of(row) for row in rows], self._unfit_lists(rows)

    def _unfit_lists(self, rows: Sequence[Sequence[Any]]) -> dict[int, Problem]:
        """Return the rows with a list whose items cannot be told apart in one text."""
        unfit: dict[int, Problem] = {}
        for place, row in enumerate(rows):
            for name, value in zip(self._names, row, strict=True):
                problem = list_problem(name, value) if type(value) is list else None
                if problem is not None:
                    unfit[place] = problem
        return unfit


def texts_of(row: Sequence[Any]) -> tuple[str, ...]:
    """Return the cells of a row as the texts that CSV would have."""
    return tuple([value if type(value) is str else text_of_value(value) for value in row])
