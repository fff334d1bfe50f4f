"""What one made-up HubSpot account holds, shared by all parts of the sandbox."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from fairlead_hubspot.sandbox.answers import Refusal, iso
from fairlead_hubspot.sandbox.links import Links
from fairlead_hubspot.sandbox.schema import TYPE_IDS, property_of, stock_properties
from fairlead_hubspot.sandbox.tables import Row, Table

__all__ = ["ACCOUNT_ID", "Account"]

ACCOUNT_ID = 48_112_903
_NAMES = {number: name for name, number in TYPE_IDS.items()}
_SINGULAR = {"contact": "contacts", "company": "companies", "deal": "deals", "call": "calls"}
#: where the ids of each object type begin: those of two types never meet
_FIRST_ID = {
    "contacts": 81_000_000_051,
    "companies": 20_400_000_001,
    "deals": 31_700_000_001,
    "communications": 64_000_000_001,
    "tasks": 66_000_000_001,
    "calls": 60_000_000_001,
    "emails": 62_000_000_001,
}
#: ids of one type lie apart, as those of a busy account do
_STEP = 7

Change = tuple[str, int, str]


def _tables() -> dict[str, Table]:
    tables = {}
    for name, type_id in TYPE_IDS.items():
        properties = {each["name"]: each for each in stock_properties(name)}
        stamp = "lastmodifieddate" if name == "contacts" else "hs_lastmodifieddate"
        created = "hs_createdate" if "hs_createdate" in properties else "createdate"
        tables[name] = Table(name, type_id, stamp, created, properties)
    return tables


@dataclass
class Account:
    """The records, associations and rules of an account; `clock` gives thousandths of a second."""

    clock: Callable[[], int]
    switches: dict[str, Any]
    tables: dict[str, Table] = field(default_factory=_tables)
    links: Links = field(default_factory=Links)
    #: values that a validation rule of the account refuses: (object, property, value)
    forbidden: set[tuple[str, str, str]] = field(default_factory=set)
    #: until when writes to a record are refused, by (object, id)
    locks: dict[tuple[str, int], int] = field(default_factory=dict)
    lists: dict[int, dict[str, Any]] = field(default_factory=dict)
    #: (object, id, what happened) since the webhook sender last took them
    changes: list[Change] = field(default_factory=list)
    chance: random.Random = field(default_factory=lambda: random.Random(7))  # noqa: S311 - an order, no secret
    watched: bool = False
    _next: dict[str, int] = field(default_factory=lambda: dict(_FIRST_ID))

    def table(self, type_: str) -> Table:
        """Return the records of an object type by its name, singular or type id; refuses an unknown one."""
        name = _NAMES.get(type_) or _SINGULAR.get(type_, type_)
        if name not in self.tables:
            raise Refusal(400, "VALIDATION_ERROR", f"Unable to infer object type from: {type_}")
        return self.tables[name]

    def new_id(self, type_: str) -> int:
        """Return an id that no record has had."""
        id_ = self._next[type_]
        self._next[type_] += _STEP
        return id_

    def visible_at(self, stamp: int, *, created: bool) -> int:
        """Return when the search shows what was written now."""
        delay: float = self.switches["search_lag_create" if created else "search_lag_update"]
        return stamp + round(delay * 1000)

    def create(self, type_: str, values: Mapping[str, str], *, id_: int | None = None) -> Row:
        """Add a record whose values were checked."""
        table, now = self.table(type_), self.clock()
        row = Row(id_ or self.new_id(table.name), now, now, dict(values))
        table.add(row, self.visible_at(now, created=True))
        self.note(table.name, row.id, "creation")
        return row

    def change(
        self, type_: str, row: Row, values: Mapping[str, str | None], stamp: int | None = None
    ) -> None:
        """Change values that were checked; `stamp` stands in for now."""
        table, now = self.table(type_), self.clock()
        if values.get("dealstage") == "closedwon":
            values = {**values, "hs_closed_won_date": iso(now)}
        table.change(row, values, stamp or now, 0 if stamp else self.visible_at(now, created=False))
        self.note(table.name, row.id, "propertyChange")

    def archive(self, type_: str, row: Row) -> None:
        """Delete a record the way a person does: it can be restored for 90 days."""
        table = self.table(type_)
        table.remove(row, self.clock())
        self.links.forget(table.name, row.id)
        self.note(table.name, row.id, "deletion")

    def merge(self, type_: str, keep: Row, lose: Row) -> Row:
        """Merge two records into a new one: ids of both lead to it from then on."""
        table, now = self.table(type_), self.clock()
        merged = Row(self.new_id(table.name), min(keep.created, lose.created), now, {})
        merged.values = {**lose.values, **keep.values}
        merged.merged = (*keep.merged, *lose.merged, keep.id, lose.id)
        table.drop(keep)
        table.drop(lose)
        table.moved.update({keep.id: merged.id, lose.id: merged.id})
        table.add(merged, self.visible_at(now, created=True))
        self.links.move(table.name, (keep.id, lose.id), merged.id)
        self.note(table.name, merged.id, f"merge {keep.id} {lose.id}")
        return merged

    def note(self, type_: str, id_: int, what: str) -> None:
        """Remember a change for the webhook sender, where there is one."""
        if self.watched:
            self.changes.append((type_, id_, what))

    def shown(
        self, table: Table, row: Row, names: list[str], *, archived: int | None = None
    ) -> dict[str, Any]:
        """Return a record as the interface shows it; properties that do not exist are left out."""
        always = ["hs_object_id", table.created, table.stamp]
        wanted = [name for name in dict.fromkeys([*names, *always]) if name in table.properties]
        answer: dict[str, Any] = {
            "id": str(row.id),
            "properties": {name: table.value(row, name) for name in wanted},
            "createdAt": iso(row.created),
            "updatedAt": iso(row.updated),
            "archived": archived is not None,
        }
        if archived is not None:
            answer["archivedAt"] = iso(archived)
        return answer

    def add_property(self, type_: str, shown: dict[str, Any]) -> None:
        """Take in a property that a person or provisioning made."""
        table = self.table(type_)
        table.groups.setdefault(shown["groupName"], shown["groupName"])
        table.properties[shown["name"]] = shown
        table.version += 1

    def retype(self, type_: str, name: str, wire: tuple[str, str]) -> None:
        """Change a property's type, as a person does in the settings; values stay as they are."""
        table = self.table(type_)
        old = table.properties[name]
        table.properties[name] = {
            **property_of(name, old["label"], *wire, group=old["groupName"]),
            "hubspotDefined": old["hubspotDefined"],
            "modificationMetadata": old["modificationMetadata"],
        }
        table.version += 1
