"""The records of one object type, with what is needed to find them without looking at all."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from fairlead_hubspot.sandbox.answers import iso

__all__ = ["Overlay", "Row", "Table"]

_CLOSED = ("closedwon", "closedlost")


class Row:
    """A record: instants in thousandths of a second, and the properties that have a value."""

    __slots__ = ("created", "id", "merged", "updated", "values")

    def __init__(self, id_: int, created: int, updated: int, values: dict[str, str]) -> None:
        self.id = id_
        self.created = created
        self.updated = updated
        self.values = values
        self.merged: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Overlay:
    """What the search still shows of a changed record until an instant; no stamp is a record not yet seen."""

    until: int
    updated: int | None
    values: Mapping[str, str | None]


@dataclass
class Table:
    """The live and archived records of one object type."""

    name: str
    type_id: str
    stamp: str
    created: str
    properties: dict[str, dict[str, Any]]
    archived_properties: dict[str, dict[str, Any]] = field(default_factory=dict)
    groups: dict[str, str] = field(default_factory=lambda: {"information": "Information"})
    rows: dict[int, Row] = field(default_factory=dict)
    archived: dict[int, tuple[Row, int]] = field(default_factory=dict)
    moved: dict[int, int] = field(default_factory=dict)
    overlays: dict[int, Overlay] = field(default_factory=dict)
    version: int = 0
    ids: list[int] = field(default_factory=list)
    _by_stamp: list[tuple[int, int]] = field(default_factory=list)
    _taken: dict[str, dict[str, int]] = field(default_factory=dict)
    _matches: dict[str, tuple[int, list[int]]] = field(default_factory=dict)

    def find(self, id_: int) -> Row | None:
        """Return the live record with an id, or the one that it was merged into."""
        while id_ in self.moved:
            id_ = self.moved[id_]
        return self.rows.get(id_)

    def value(self, row: Row, name: str) -> str | None:
        """Return a property's value as the interface writes it."""
        if name == "hs_object_id":
            return str(row.id)
        if name == self.stamp:
            return iso(row.updated)
        if name == self.created:
            return iso(row.created)
        if name == "hs_merged_object_ids":
            return ";".join(map(str, row.merged)) or None
        if self.name == "deals" and name in ("hs_is_closed", "hs_is_closed_won"):
            stage = row.values.get("dealstage")
            return (
                "true" if stage == "closedwon" or (name == "hs_is_closed" and stage in _CLOSED) else "false"
            )
        if name == "hs_closed_won_date" and row.values.get("dealstage") != "closedwon":
            return None
        return row.values.get(name)

    def fill(self, rows: Iterable[Row]) -> None:
        """Take in the seeded records at once."""
        for row in rows:
            self.rows[row.id] = row
        self.ids = sorted(self.rows)
        self._by_stamp = sorted((row.updated, row.id) for row in self.rows.values())
        for name in [name for name, each in self.properties.items() if each["hasUniqueValue"]]:
            self._taken[name] = {row.values[name]: row.id for row in self.rows.values() if name in row.values}

    def add(self, row: Row, visible_at: int) -> None:
        """Add a record that the search shows from an instant on."""
        self.rows[row.id] = row
        insort(self.ids, row.id)
        insort(self._by_stamp, (row.updated, row.id))
        self._note_unique(row, row.values)
        if visible_at > row.updated:
            self.overlays[row.id] = Overlay(visible_at, None, {})
        self.version += 1

    def change(self, row: Row, values: Mapping[str, str | None], stamp: int, visible_at: int) -> None:
        """Change values of a record; the search shows them from an instant on."""
        old = {name: row.values.get(name) for name in values}
        before = self.overlays.get(row.id)
        if visible_at > stamp:
            updated = row.updated if before is None else before.updated
            shown = old if before is None else {**old, **before.values}
            self.overlays[row.id] = Overlay(visible_at, updated, shown)
        for name, value in values.items():
            if name in self._taken and old[name] is not None:
                self._taken[name].pop(old[name] or "", None)
            if value is None:
                row.values.pop(name, None)
            else:
                row.values[name] = value
        self._note_unique(row, {name: value for name, value in values.items() if value is not None})
        row.updated = stamp
        insort(self._by_stamp, (stamp, row.id))
        if len(self._by_stamp) > 2 * len(self.rows) + 1000:
            self._by_stamp = sorted((each.updated, each.id) for each in self.rows.values())
        self.version += 1

    def remove(self, row: Row, now: int) -> None:
        """Archive a record."""
        self.drop(row)
        self.archived[row.id] = (row, now)

    def drop(self, row: Row) -> None:
        """Take a record out for good, as a merge does."""
        del self.rows[row.id]
        del self.ids[bisect_left(self.ids, row.id)]
        self.overlays.pop(row.id, None)
        for name, taken in self._taken.items():
            taken.pop(row.values.get(name, ""), None)
        self.version += 1

    def owner_of(self, name: str, value: str) -> int | None:
        """Return the record that has a value of a property with unique values."""
        if name not in self._taken:
            self._taken[name] = {row.values[name]: row.id for row in self.rows.values() if name in row.values}
        return self._taken[name].get(value)

    def settle(self, now: int) -> None:
        """Let the search see what has become due."""
        due = [id_ for id_, overlay in self.overlays.items() if overlay.until <= now]
        for id_ in due:
            del self.overlays[id_]
        self.version += bool(due)

    def since(self, stamp: int) -> list[int]:
        """Return the ids of records changed at or after a stamp, those with an overlay included."""
        later = self._by_stamp[bisect_left(self._by_stamp, (stamp, 0)) :]
        return [*{id_ for updated, id_ in later if self._stands(updated, id_)}, *self.overlays]

    def matching(self, key: str, find: Callable[[], list[int]]) -> list[int]:
        """Return the ids that a search finds, in its order; kept until a record changes."""
        kept = self._matches.get(key)
        if kept is None or kept[0] != self.version:
            if len(self._matches) > 20:
                self._matches.clear()
            kept = self._matches[key] = (self.version, find())
        return kept[1]

    def between(self, ids: list[int], low: int, high: int | None) -> tuple[int, int]:
        """Return the places in an ascending list of ids that begin and end a range, ends included."""
        return bisect_left(ids, low), len(ids) if high is None else bisect_right(ids, high)

    def _stands(self, updated: int, id_: int) -> bool:
        row = self.rows.get(id_)
        return row is not None and row.updated == updated

    def _note_unique(self, row: Row, values: Mapping[str, str]) -> None:
        for name, taken in self._taken.items():
            if name in values:
                taken[values[name]] = row.id
