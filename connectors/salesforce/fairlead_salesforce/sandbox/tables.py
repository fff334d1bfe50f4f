"""The records of one object, by id and in the order of their modification."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from fairlead_salesforce.sandbox.ids import make_id
from fairlead_salesforce.sandbox.schema import PREFIXES, Field, stock_fields

__all__ = ["Row", "Table", "wire_instant"]


@lru_cache(maxsize=65_536)
def wire_instant(seconds: int) -> str:
    """Return an instant as the REST API writes it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")


class Row:
    """One record: `values` has no key for an empty field; stamps are seconds since 1970."""

    __slots__ = ("created", "deleted_at", "id", "stamp", "values")

    def __init__(self, id_: str, values: dict[str, Any], created: int, stamp: int) -> None:
        self.id = id_
        self.values = values
        self.created = created
        self.stamp = stamp
        self.deleted_at: int | None = None


class Table:
    """The fields and records of one object."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.prefix = PREFIXES[name]
        self.fields: dict[str, Field] = {field.name: field for field in stock_fields(name)}
        self.rows: dict[str, Row] = {}
        self._order: list[tuple[int, str]] = []
        self._last = 0

    def add(self, values: dict[str, Any], created: int, stamp: int) -> Row:
        """Add a record under a new id."""
        self._last += 1
        row = Row(make_id(self.prefix, self._last), values, created, stamp)
        self.rows[row.id] = row
        self._place(row)
        return row

    def touch(self, row: Row, stamp: int) -> None:
        """Give a record a new modification stamp."""
        if row.stamp == stamp:
            return
        row.stamp = stamp
        self._place(row)

    def _place(self, row: Row) -> None:
        key = (row.stamp, row.id)
        if not self._order or self._order[-1] < key:
            self._order.append(key)
        else:
            insort(self._order, key)
        # entries of earlier stamps stay behind and are passed over, until there are as many as records
        if len(self._order) > 2 * len(self.rows) + 1_000:
            self._order = sorted((each.stamp, each.id) for each in self.rows.values())

    def settle(self) -> None:
        """Put the order right at once after many records were added out of it."""
        self._order = sorted((each.stamp, each.id) for each in self.rows.values())

    def load(self, values: dict[str, Any], created: int, stamp: int) -> Row:
        """Add a record of the seeded data; `settle` is due after the last one."""
        self._last += 1
        row = Row(make_id(self.prefix, self._last), values, created, stamp)
        self.rows[row.id] = row
        return row

    def in_order(self, first: int | None = None, last: int | None = None) -> Iterator[Row]:
        """Yield the records, deleted ones too, by (stamp, id), from a first to a last stamp."""
        start = 0 if first is None else bisect_left(self._order, (first, ""))
        before = None
        for index in range(start, len(self._order)):
            key = self._order[index]
            if last is not None and key[0] > last:
                return
            row = self.rows[key[1]]
            if row.stamp == key[0] and key != before:
                yield row
            before = key

    def value(self, row: Row, name: str) -> Any:
        """Return a field of a record in the form of the REST API; None is empty."""
        match name:
            case "Id":
                return row.id
            case "SystemModstamp" | "LastModifiedDate":
                return wire_instant(row.stamp)
            case "CreatedDate":
                return wire_instant(row.created)
            case "IsDeleted":
                return row.deleted_at is not None
            case "Name" if self.name in ("Lead", "Contact"):
                return " ".join(
                    part for part in (row.values.get("FirstName"), row.values.get("LastName")) if part
                )
            case "IsClosed":
                return str(row.values.get("StageName", "")).startswith("Closed")
            case "IsWon":
                return row.values.get("StageName") == "Closed Won"
        found = row.values.get(name)
        if found is None and self.fields[name].type == "boolean":
            return False
        return found
