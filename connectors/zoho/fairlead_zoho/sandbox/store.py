"""What the account holds: records with their indexes, and what was deleted."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from fairlead.plugins.records import Scalar

__all__ = ["Deleted", "Row", "Table"]

#: days that the recycle bin keeps a record
_BIN_DAYS = 60


class Row:
    """One record: values that are not empty, by API name."""

    __slots__ = ("became", "id", "locked_until", "modified", "se_module", "values")

    def __init__(self, id_: int, values: dict[str, Scalar], modified: datetime) -> None:
        self.id = id_
        self.values = values
        self.modified = modified
        #: ids by module, once a lead was converted
        self.became: dict[str, str] | None = None
        self.locked_until: datetime | None = None
        #: the module that `What_Id` of an activity points to
        self.se_module: str | None = None

    def get(self, name: str) -> Scalar:
        """Return a stored value."""
        if name == "Modified_Time":
            return self.modified
        return self.values.get(name)


@dataclass(frozen=True, slots=True)
class Deleted:
    """A record in the recycle bin."""

    id: int
    name: str
    at: datetime


class Table:
    """The records of one module, in order of id and in order of modification.

    The order of modification is a log: entries that a later change made stale are passed over and cleared
    away once they are the greater part.
    """

    def __init__(self) -> None:
        self.rows: dict[int, Row] = {}
        self.deleted: list[Deleted] = []
        self._ids: list[int] = []
        self._log: list[tuple[datetime, int]] = []

    def add(self, row: Row) -> None:
        """Add a record; ids ascend."""
        self.rows[row.id] = row
        self._ids.append(row.id)
        self._enter(row)

    def touch(self, row: Row, modified: datetime) -> None:
        """Set a record's stamp."""
        if modified != row.modified:
            row.modified = modified
            self._enter(row)

    def remove(self, row: Row, at: datetime, *, name: str) -> None:
        """Put a record into the recycle bin."""
        del self.rows[row.id]
        del self._ids[bisect_left(self._ids, row.id)]
        self.deleted.append(Deleted(row.id, name, at))

    def known_deletions(self, now: datetime) -> Iterator[Deleted]:
        """Yield the deletions that the account still knows of, newest first."""
        return (each for each in reversed(self.deleted) if each.at > now - timedelta(days=_BIN_DAYS))

    def after(self, id_: int) -> Iterator[Row]:
        """Yield the records whose id is greater, in order of id."""
        rows = self.rows
        for position in range(bisect_left(self._ids, id_ + 1), len(self._ids)):
            yield rows[self._ids[position]]

    def changed_since(self, instant: datetime) -> Iterator[Row]:
        """Yield the records modified at or after an instant, oldest change first."""
        before = None
        for entry in self._log[bisect_left(self._log, (instant, 0)) :]:
            row = self.rows.get(entry[1])
            if entry != before and row is not None and row.modified == entry[0]:
                yield row
            before = entry

    def how_many_since(self, instant: datetime) -> int:
        """Return at most how many records were modified at or after an instant."""
        return len(self._log) - bisect_left(self._log, (instant, 0))

    def fill(self, rows: Iterable[Row]) -> None:
        """Add many records at once; ids ascend."""
        for row in rows:
            self.rows[row.id] = row
            self._ids.append(row.id)
            self._log.append((row.modified, row.id))
        self._log.sort()

    def _enter(self, row: Row) -> None:
        entry = (row.modified, row.id)
        if not self._log or self._log[-1] <= entry:
            self._log.append(entry)
        else:
            insort(self._log, entry)
        if len(self._log) > 2 * len(self.rows) + 1000:
            self._log = sorted((each.modified, each.id) for each in self.rows.values())
