"""What a person or another integration could do in the account, for tests and demonstrations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from fairlead.plugins.fields import FieldKind
from fairlead.plugins.records import Scalar
from fairlead_zoho.sandbox.schema import FieldDef, parse_instant, stored
from fairlead_zoho.sandbox.store import Row

if TYPE_CHECKING:
    from fairlead.testing.server import Action
    from fairlead_zoho.sandbox.server import ZohoSandbox

__all__ = ["Actions"]

_TYPES = {
    FieldKind.TEXT: "text",
    FieldKind.LONG_TEXT: "textarea",
    FieldKind.BOOLEAN: "boolean",
    FieldKind.INTEGER: "integer",
    FieldKind.DECIMAL: "double",
    FieldKind.DATE: "date",
    FieldKind.DATE_TIME: "datetime",
    FieldKind.ONE_OF: "picklist",
    FieldKind.MANY_OF: "multiselectpicklist",
}
_FORGERIES = ("signature", "age", "body", "unsigned")


class Actions:
    """The actions; values are given as connectors give them, or as JSON writes those."""

    def __init__(self, sandbox: ZohoSandbox) -> None:
        self._sandbox = sandbox
        self._account = sandbox.account

    def all(self) -> Mapping[str, Action]:
        """Return the actions by name."""
        return {
            "create": self.create,
            "edit": self.edit,
            "edit_many": self.edit_many,
            "edit_late": self.edit_late,
            "delete": self.delete,
            "merge": self.merge,
            "convert": self.convert,
            "drop_field": self.drop_field,
            "retype_field": self.retype_field,
            "rename_field": self.rename_field,
            "forbid": self.forbid,
            "lock": self.lock,
            "throttle": self.throttle,
            "overload": self.overload,
            "use_up_quota": self.use_up_quota,
            "expire_credentials": self.expire_credentials,
            "revoke_credentials": self.revoke_credentials,
            "webhook": self.webhook,
            "email": self._sandbox.emails.add,
        }

    def create(self, object: str, values: Mapping[str, Any]) -> str:  # noqa: A002 - the contract's name
        """Create a record with a person's hands."""
        row = self._account.insert(object, self._stored(object, values), self._sandbox.stamp())
        return str(row.id)

    def edit(self, object: str, id: str, values: Mapping[str, Any]) -> None:  # noqa: A002
        """Change a record."""
        self.edit_many(object, [id], values)

    def edit_many(self, object: str, ids: Sequence[str], values: Mapping[str, Any]) -> None:  # noqa: A002
        """Change records in one transaction, with one stamp."""
        stamp, kept = self._sandbox.stamp(), self._stored(object, values)
        for id_ in ids:
            self._account.update(object, self._row(object, id_), kept, stamp)

    def edit_late(self, object: str, id: str, values: Mapping[str, Any], seconds: float) -> None:  # noqa: A002
        """Change a record so that it shows only now, with a stamp of some seconds ago."""
        stamp = self._sandbox.stamp() - timedelta(seconds=seconds)
        self._account.update(object, self._row(object, id), self._stored(object, values), stamp)

    def delete(self, object: str, id: str) -> None:  # noqa: A002
        """Put a record into the recycle bin."""
        row = self._row(object, id)
        self._account.tables[object].remove(row, self._sandbox.stamp(), name=self._account.title(object, row))

    def merge(self, object: str, keep: str, lose: str) -> None:  # noqa: A002
        """Merge one record into another: the other ends up deleted, and nothing tells where it went."""
        kept, lost = self._row(object, keep), self._row(object, lose)
        for name, value in lost.values.items():
            kept.values.setdefault(name, value)
        self._account.tables[object].touch(kept, self._sandbox.stamp())
        for module, table in self._account.tables.items():
            lookups = [n for n, each in self._account.modules[module].fields.items() if each.lookup == object]
            for row in table.rows.values():
                for name in lookups:
                    if row.values.get(name) == lose:
                        row.values[name] = keep
                        table.touch(row, self._sandbox.stamp())
        title = self._account.title(object, lost)
        self._account.tables[object].remove(lost, self._sandbox.stamp(), name=title)

    def convert(self, object: str, id: str) -> dict[str, str]:  # noqa: A002
        """Convert a lead into an account, a contact and a deal."""
        if object != "Leads":
            raise ValueError("leads alone are converted")
        row, now = self._row(object, id), self._sandbox.stamp()
        name = str(row.get("Last_Name") or "unknown")
        account = self._account.insert("Accounts", {"Account_Name": name}, now)
        person = {key: row.get(key) for key in ("First_Name", "Last_Name", "Email", "Phone")}
        contact = self._account.insert("Contacts", {**person, "Account_Name": str(account.id)}, now)
        deal_values: dict[str, Scalar] = {"Deal_Name": name, "Stage": "Qualification"}
        deal = self._account.insert("Deals", {**deal_values, "Contact_Name": str(contact.id)}, now)
        row.became = {"Accounts": str(account.id), "Contacts": str(contact.id), "Deals": str(deal.id)}
        singular = {module: module.removesuffix("s") for module in row.became}
        links: dict[str, Scalar] = {f"Converted_{singular[m]}": id_ for m, id_ in row.became.items()}
        self._account.update("Leads", row, links, now)
        return dict(row.became)

    def drop_field(self, object: str, name: str) -> None:  # noqa: A002
        """Delete a field."""
        self._sandbox.setup.remove(object, name)

    def retype_field(self, object: str, name: str, kind: str) -> None:  # noqa: A002
        """Give a field another kind, by deleting it and making it again under its name."""
        old = self._account.module(object).fields[name]
        self.drop_field(object, name)
        type_ = _TYPES[FieldKind(kind)]
        new = FieldDef(str(self._account.ids.new()), name, old.label, type_, length=255, custom=True)
        self._account.add_field(object, new)

    def rename_field(self, object: str, name: str, to: str) -> None:  # noqa: A002
        """Change a field's API name, as administrators may."""
        fields = self._account.module(object).fields
        fields[to] = fields.pop(name)
        fields[to].api_name = to
        for row in self._account.tables[object].rows.values():
            if name in row.values:
                row.values[to] = row.values.pop(name)

    def forbid(self, object: str, field: str, value: Any) -> None:  # noqa: A002
        """Make a validation rule that refuses a value."""
        (kept,) = self._stored(object, {field: value}).values()
        self._account.rules.append((object, field, kept))

    def lock(self, object: str, id: str, seconds: float) -> None:  # noqa: A002
        """Lock a record for a while."""
        self._sandbox.writing.lock(object, id, seconds)

    def throttle(self, times: int = 1) -> None:
        """Refuse the next calls for too many at once."""
        self._sandbox.throttled += times

    def overload(self, times: int = 1) -> None:
        """Fail the next calls with an internal error."""
        self._sandbox.overloaded += times

    def use_up_quota(self) -> None:
        """Spend what is left of the day's credits."""
        self._sandbox.credits.use_up()

    def expire_credentials(self) -> None:
        """End all access tokens."""
        self._sandbox.accounts.expire()

    def revoke_credentials(self) -> None:
        """End the grant."""
        self._sandbox.accounts.revoke()

    def webhook(
        self,
        object: str,  # noqa: A002
        id: str,  # noqa: A002
        deleted: bool = False,
        forged: str | None = None,
    ) -> dict[str, Any]:
        """Return a callback of a channel; with no signature, a forgery is one with another token or none."""
        if forged is not None and forged not in _FORGERIES:
            raise ValueError(f"`forged` is one of {', '.join(_FORGERIES)}")
        token = {None: self._sandbox.webhook_token, "unsigned": None}.get(forged, "another-token")
        operation = "delete" if deleted else "update"
        url = "https://clinic.example.com/webhooks/zoho"
        return self._sandbox.watching.callback(object, id, operation, url, token)

    def _row(self, module: str, id_: str) -> Row:
        return self._account.tables[module].rows[int(id_)]

    def _stored(self, module: str, values: Mapping[str, Any]) -> dict[str, Scalar]:
        fields = self._account.module(module).fields
        unknown = sorted(set(values) - set(fields))
        if unknown:
            raise ValueError(f"{module} has no field {', '.join(unknown)}")
        return {name: stored(fields[name], _scalar(fields[name], value)) for name, value in values.items()}


def _scalar(definition: FieldDef, value: Any) -> Scalar:
    """Return a value given as a connector gives it, or as JSON writes that."""
    match definition.data_type, value:
        case "datetime", str():
            return parse_instant(value)
        case "datetime", datetime():
            return value.replace(microsecond=0)
        case "date", str():
            return date.fromisoformat(value)
        case "double" | "currency", int() | float() | str() if not isinstance(value, bool):
            return Decimal(str(value))
        case "multiselectpicklist", list():
            return tuple(value)
    kept: Scalar = value
    return kept
