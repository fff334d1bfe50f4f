"""The sandbox's CRM account: modules, fields, records, and what its administrators set up."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from fairlead.plugins.records import Scalar
from fairlead_zoho.sandbox.errors import Refusal
from fairlead_zoho.sandbox.schema import USER_PROFILE, FieldDef, Ids, ModuleDef, render, stock_modules
from fairlead_zoho.sandbox.store import Row, Table

__all__ = ["Account", "Run"]

_SYSTEM_NAMES = ("$converted", "$converted_detail")
_DETAIL = {"Accounts": "account", "Contacts": "contact", "Deals": "deal"}


@dataclass(frozen=True, slots=True)
class Run:
    """A write as the account's automations see it: they run unless `trigger` is an empty list."""

    module: str
    method: str
    trigger: tuple[str, ...] | None
    records: int

    @property
    def runs_automations(self) -> bool:
        """Tell whether workflows, approvals and blueprints ran."""
        return self.trigger is None or bool(self.trigger)


@dataclass
class Account:
    """What one organisation has. `rules` are values that a validation rule refuses."""

    modules: dict[str, ModuleDef] = field(default_factory=stock_modules)
    tables: dict[str, Table] = field(default_factory=dict)
    ids: Ids = field(default_factory=Ids)
    runs: list[Run] = field(default_factory=list)
    #: e-mails by the lead's id, oldest first: (time, None for a draft; whether we sent it)
    emails: dict[int, list[tuple[datetime | None, bool]]] = field(default_factory=dict)
    rules: list[tuple[str, str, Scalar]] = field(default_factory=list)
    #: how many custom fields a module takes: the ceiling depends on the edition
    most_custom_fields: int = 155

    def __post_init__(self) -> None:
        for name in self.modules:
            self.tables.setdefault(name, Table())

    def module(self, name: str) -> ModuleDef:
        """Return a module; raises Refusal where there is none."""
        found = self.modules.get(name)
        if found is None:
            raise Refusal(400, "INVALID_MODULE", {"api_name": "module"})
        return found

    def visible(self, module: str) -> dict[str, FieldDef]:
        """Return the fields that the integration user's profile sees, by API name."""
        fields = self.module(module).fields
        return {
            name: each
            for name, each in fields.items()
            if each.permissions.get(USER_PROFILE, "hidden") != "hidden"
        }

    def add_field(self, module: str, definition: FieldDef) -> None:
        """Add a field to a module."""
        self.module(module).fields[definition.api_name] = definition

    def new_field_name(self, module: str, label: str) -> str:
        """Return the API name that Zoho makes of a label, with a number where it is taken."""
        name = re.sub(r"\W+", "_", label, flags=re.ASCII).strip("_") or "Field"
        taken = {each.lower() for each in self.module(module).fields}
        number, found = 0, name
        while found.lower() in taken:
            number += 1
            found = f"{name}{number}"
        return found

    def writer(self, module: str, names: Iterable[str]) -> Callable[[Row], dict[str, Any]]:
        """Return what turns a record into what Zoho sends, with the fields asked for that are there."""
        fields = self.visible(module)
        known = [(name, *name.split(".", 1)) for name in names]
        plan = [(name, fields[base], part) for name, base, *part in known if base in fields]
        system = [name for name, *_ in known if name in _SYSTEM_NAMES]

        def write(row: Row) -> dict[str, Any]:
            record: dict[str, Any] = {}
            for name, definition, part in plan:
                value = render(definition, row.get(definition.api_name))
                record[name] = value["id"] if part and value else value
            for name in system:
                record[name] = _system_value(name, row)
            record["id"] = str(row.id)
            return record

        return write

    def title(self, module: str, row: Row) -> str:
        """Return what a person calls a record."""
        parts = [row.get(name) for name in ("First_Name", "Last_Name", "Vendor_Name", "Deal_Name", "Subject")]
        return " ".join(str(part) for part in parts if part) or str(row.id)

    def insert(self, module: str, values: dict[str, Scalar], now: datetime) -> Row:
        """Add a record."""
        kept: dict[str, Scalar] = {name: value for name, value in values.items() if value is not None}
        kept.setdefault("Created_Time", now)
        row = Row(self.ids.new(), kept, now)
        self.tables[module].add(row)
        return row

    def update(self, module: str, row: Row, values: dict[str, Scalar], stamp: datetime) -> None:
        """Change a record."""
        for name, value in values.items():
            if value is None:
                row.values.pop(name, None)
            else:
                row.values[name] = value
        self.tables[module].touch(row, stamp)

    def holder(self, module: str, name: str, value: Scalar, other_than: int | None) -> Row | None:
        """Return the record that has a value already, compared as Zoho does: letter case aside."""
        wanted = str(value).casefold()
        return next(
            (
                row
                for row in self.tables[module].rows.values()
                if row.id != other_than and name in row.values and str(row.values[name]).casefold() == wanted
            ),
            None,
        )


def _system_value(name: str, row: Row) -> Any:
    if name == "$converted":
        return row.became is not None
    return {_DETAIL[module]: id_ for module, id_ in (row.became or {}).items()}
