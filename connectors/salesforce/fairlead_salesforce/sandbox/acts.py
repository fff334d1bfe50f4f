"""What people, administrators and other integrations do in the org."""

# ruff: noqa: A002 - the arguments are named as control requests name them

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from fairlead.plugins.fields import FieldKind
from fairlead_salesforce.sandbox.org import ORG_ID, Org
from fairlead_salesforce.sandbox.outbound import outbound_message
from fairlead_salesforce.sandbox.schema import retyped
from fairlead_salesforce.sandbox.stored import stored_value
from fairlead_salesforce.sandbox.tables import Table

__all__ = ["Acts"]


class Acts:
    """Actions on the records and fields of one org.

    `url` is its address, `hook` the token that the addresses of its webhooks end in.
    """

    def __init__(self, org: Org, url: Callable[[], str], hook: str) -> None:
        self._org = org
        self._url = url
        self._hook = hook

    def by_name(self) -> Mapping[str, Callable[..., Any]]:
        """Return the actions."""
        return {
            "create": self.create,
            "edit": self.edit,
            "edit_many": self.edit_many,
            "edit_late": self.edit_late,
            "delete": self.delete,
            "merge": self.merge,
            "convert": self.convert,
            "convert_into": self.convert_into,
            "drop_field": self.drop_field,
            "retype_field": self.retype_field,
            "rename_field": self.rename_field,
            "hide_field": self.hide_field,
            "restrict_object": self.restrict_object,
            "forbid": self.forbid,
            "lock": self.lock,
            "duplicate_rule": self.duplicate_rule,
            "webhook": self.webhook,
        }

    def create(self, object: str, values: Mapping[str, Any]) -> str:
        """Create a record past all rules."""
        table = self._org.table(object)
        now = self._org.now()
        given = self._stored(table, values)
        return table.add({name: value for name, value in given.items() if value is not None}, now, now).id

    def edit(self, object: str, id: str, values: Mapping[str, Any]) -> None:
        """Edit a record."""
        self.edit_many(object, [id], values)

    def edit_many(self, object: str, ids: Iterable[str], values: Mapping[str, Any]) -> None:
        """Edit records in one transaction: one stamp."""
        table = self._org.table(object)
        given = self._stored(table, values)
        stamp = self._org.now()
        for id_ in ids:
            self._org.store(table, table.rows[id_], given, stamp)

    def edit_late(self, object: str, id: str, values: Mapping[str, Any], seconds: float) -> None:
        """Commit a transaction that began some seconds ago."""
        table = self._org.table(object)
        given = self._stored(table, values)
        self._org.store(table, table.rows[id], given, self._org.now() - int(seconds))

    def delete(self, object: str, id: str) -> None:
        """Delete a record."""
        self._org.delete(self._org.table(object), id)

    def merge(self, object: str, keep: str, lose: str) -> None:
        """Merge one record into another."""
        self._org.merge(self._org.table(object), keep, lose)

    def convert(self, object: str, id: str) -> dict[str, str]:
        """Convert a lead; return what it became, by object."""
        return self._org.convert(id)

    def convert_into(self, id: str, contact: str) -> dict[str, str]:
        """Convert a lead into a contact that is there already; return what it became, by object."""
        return self._org.convert(id, contact)

    def _stored(self, table: Table, values: Mapping[str, Any]) -> dict[str, Any]:
        return {name: stored_value(table.fields[name], value) for name, value in values.items()}

    def drop_field(self, object: str, name: str) -> None:
        """Remove a custom field."""
        self._org.remove_field(self._org.table(object), name)

    def retype_field(self, object: str, name: str, kind: str) -> None:
        """Change the type of a custom field; values that do not fit are lost."""
        table = self._org.table(object)
        new = retyped(table.fields[name], FieldKind(kind))
        table.fields[name] = new
        for row in table.rows.values():
            value = row.values.pop(name, None)
            if value is None:
                continue
            if isinstance(value, float) and value.is_integer():
                value = int(value)
            try:
                row.values[name] = stored_value(new, value if new.type == "boolean" else str(value))
            except ValueError:
                continue
        self._org.schema_changed()

    def rename_field(self, object: str, name: str, to: str) -> None:
        """Change the API name of a custom field."""
        table = self._org.table(object)
        field = table.fields.pop(name)
        field.name = to
        table.fields[to] = field
        for row in table.rows.values():
            if name in row.values:
                row.values[to] = row.values.pop(name)
        old, new = f"{table.name}.{name}", f"{table.name}.{to}"
        for each, member in (("FieldPermissions", "Field"), ("CustomField", "FullName")):
            for row in self._org.tables[each].rows.values():
                if row.values.get(member) == old:
                    row.values[member] = new
                    if each == "CustomField":
                        row.values["DeveloperName"] = to.removesuffix("__c")
        self._org.schema_changed()

    def hide_field(self, object: str, name: str) -> None:
        """Take field-level security for a field away from everybody."""
        rows = self._org.tables["FieldPermissions"].rows
        for row in list(rows.values()):
            if row.values.get("Field") == f"{object}.{name}":
                del rows[row.id]
        self._org.tables["FieldPermissions"].settle()
        self._org.schema_changed()

    def restrict_object(self, object: str, to: str) -> None:
        """Take permissions for an object from the integration user: it is `hidden`, or there to `read`."""
        if to not in ("hidden", "read"):
            raise ValueError("`to` is hidden or read")
        self._org.restricted[object] = to

    def forbid(self, object: str, field: str, value: Any) -> None:
        """Add a validation rule that refuses a value."""
        table = self._org.table(object)
        refused = stored_value(table.fields[field], value)
        self._org.forbidden.setdefault((table.name, field), []).append(refused)

    def lock(self, object: str, id: str, seconds: float) -> None:
        """Hold a lock on a record for a while."""
        self._org.locks[id] = self._org.now() + int(seconds)

    def duplicate_rule(self, mode: str) -> None:
        """Set what the duplicate rule on leads' e-mail addresses does: `off`, `alert` or `block`."""
        if mode not in ("off", "alert", "block"):
            raise ValueError("`mode` is off, alert or block")
        self._org.duplicate_rule = mode

    def webhook(
        self, object: str, id: str, deleted: bool = False, forged: str | None = None
    ) -> dict[str, Any]:
        """Return an outbound message about a record; `forged` is `signature`, `body` or `unsigned`."""
        if forged == "age":
            raise ValueError("outbound messages carry no time")
        hook = {"signature": "0" * len(self._hook), "unsigned": ""}.get(str(forged), self._hook)
        org = "00D000000000000AAA" if forged == "body" else ORG_ID
        return {
            "method": "POST",
            "url": f"https://clinic.example.com/webhooks/salesforce/{hook}",
            "headers": {
                "Content-Type": "text/xml; charset=utf-8",
                "SOAPAction": '""',
                "User-Agent": "Salesforce.com Outbound Messaging",
            },
            "body": outbound_message(org, self._url(), object, [id]),
        }
