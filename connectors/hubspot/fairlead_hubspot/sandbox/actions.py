"""What a person or another integration does in the account, behind the connector's back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from fairlead.plugins.fields import FieldKind
from fairlead_hubspot.sandbox.account import ACCOUNT_ID, Account
from fairlead_hubspot.sandbox.gate import Gate
from fairlead_hubspot.sandbox.schema import wire_types
from fairlead_hubspot.sandbox.seeding import wire
from fairlead_hubspot.sandbox.sender import WebhookSender
from fairlead_hubspot.sandbox.tables import Row, Table

__all__ = ["Actions"]

_WEBHOOK_URL = "https://sync.example.com/webhooks/hubspot"


class Actions:
    """The actions of `POST /_control/do`; values are those that connectors give, or plain JSON."""

    def __init__(self, account: Account, gate: Gate) -> None:
        self._account = account
        self._gate = gate
        self.sender = WebhookSender(gate.client_secret, ACCOUNT_ID)
        self._target: str | None = None

    def by_name(self) -> Mapping[str, Callable[..., Any]]:
        """Return the actions by name."""
        gate = self._gate
        return {
            "create": self.create,
            "edit": self.edit,
            "edit_many": self.edit_many,
            "edit_late": self.edit_late,
            "delete": self.delete,
            "merge": self.merge,
            "drop_field": self.drop_field,
            "retype_field": self.retype_field,
            "rename_field": self.rename_field,
            "forbid": self.forbid,
            "lock": self.lock,
            "throttle": gate.throttle,
            "overload": gate.overload,
            "use_up_quota": gate.use_up_quota,
            "expire_credentials": gate.expire,
            "revoke_credentials": gate.revoke,
            "move_data": gate.move_data,
            "drop_scope": self.drop_scope,
            "associate": self.associate,
            "webhook": self.webhook,
            "subscribe": self.subscribe,
            "deliver": self.deliver,
        }

    def create(self, object: str, values: Mapping[str, Any]) -> str:  # noqa: A002 - the contract's word
        """Create a record; returns its id."""
        kept = {name: text for name, value in values.items() if (text := _text(value)) is not None}
        return str(self._account.create(object, kept).id)

    def edit(self, object: str, id: str, values: Mapping[str, Any]) -> None:  # noqa: A002
        """Change values of a record."""
        self._account.change(object, self._row(object, id), _texts(values))

    def edit_many(self, object: str, ids: Sequence[str], values: Mapping[str, Any]) -> None:  # noqa: A002
        """Change values of many records in one import: they share one stamp."""
        table, now, texts = self._account.table(object), self._account.clock(), _texts(values)
        for id_ in ids:
            table.change(self._row(object, id_), texts, now, self._account.visible_at(now, created=False))

    def edit_late(
        self,
        object: str,  # noqa: A002
        id: str,  # noqa: A002
        values: Mapping[str, Any],
        seconds: float,
    ) -> None:
        """Let a change of some seconds ago reach the search only now."""
        stamp = self._account.clock() - round(seconds * 1000)
        self._account.change(object, self._row(object, id), _texts(values), stamp)

    def delete(self, object: str, id: str) -> None:  # noqa: A002
        """Delete a record."""
        self._account.archive(object, self._row(object, id))

    def merge(self, object: str, keep: str, lose: str) -> str:  # noqa: A002
        """Merge two records; returns the id of the record that they become."""
        return str(self._account.merge(object, self._row(object, keep), self._row(object, lose)).id)

    def drop_field(self, object: str, name: str) -> None:  # noqa: A002
        """Archive a property."""
        table = self._account.table(object)
        table.archived_properties[name] = table.properties.pop(name)
        table.version += 1

    def retype_field(self, object: str, name: str, kind: str) -> None:  # noqa: A002
        """Make a property one of another kind."""
        self._account.retype(object, name, wire_types(FieldKind(kind)))

    def rename_field(self, object: str, name: str, to: str) -> None:  # noqa: A002
        """Put another property in the place of one: HubSpot never renames a property itself."""
        table = self._account.table(object)
        table.properties[to] = {**table.properties.pop(name), "name": to}
        for row in table.rows.values():
            if name in row.values:
                row.values[to] = row.values.pop(name)
        table.version += 1

    def forbid(self, object: str, field: str, value: Any) -> None:  # noqa: A002
        """Let a validation rule of the account refuse a value."""
        self._account.forbidden.add((self._account.table(object).name, field, _text(value) or ""))

    def lock(self, object: str, id: str, seconds: float) -> None:  # noqa: A002
        """Refuse writes to a record for a while."""
        table = self._account.table(object)
        self._account.locks[(table.name, int(id))] = self._account.clock() + round(seconds * 1000)

    def drop_scope(self, scope: str) -> None:
        """Take a scope away from the key and the app."""
        self._gate.scopes.discard(scope)

    def associate(self, object: str, id: str, to: str, target: str, label: str | None = None) -> None:  # noqa: A002
        """Associate two records, with a label of the account's own where it is named."""
        one, other = self._account.table(object).name, self._account.table(to).name
        types = [
            each.type_id for each in self._account.links.labels.get((one, other), ()) if each.label == label
        ]
        self._account.links.connect(one, other, int(id), int(target), types)

    def webhook(
        self,
        object: str,  # noqa: A002
        id: str,  # noqa: A002
        deleted: bool = False,
        forged: str | None = None,
        url: str = _WEBHOOK_URL,
    ) -> dict[str, Any]:
        """Return a request as HubSpot sends it; `forged` is `signature`, `age`, `body` or `unsigned`."""
        table, now = self._account.table(object), self._account.clock()
        what = "deletion" if deleted else "propertyChange"
        event = self.sender.event(table.name, table.type_id, int(id), what, now)
        return self.sender.request(url, [event], now, forged)

    def subscribe(self, url: str) -> None:
        """Have changes from now on delivered to an address on loopback."""
        if not url.startswith(("http://127.0.0.1:", "http://localhost:")):
            raise ValueError("webhooks of a sandbox go to loopback only")
        self._target = url
        self._account.watched = True

    def deliver(self, twice: bool = False) -> int:
        """Deliver what changed since the last time; returns how many requests it took."""
        if self._target is None:
            return 0
        now = self._account.clock()
        events = [
            self.sender.event(type_, self._account.table(type_).type_id, id_, what, now)
            for type_, id_, what in self._account.changes
        ]
        self._account.changes.clear()
        return self.sender.deliver(self._target, events, now, twice=twice)

    def _row(self, type_: str, id_: str) -> Row:
        table: Table = self._account.table(type_)
        row = table.find(int(id_))
        if row is None:
            raise KeyError(f"{type_} {id_}")
        return row


def _texts(values: Mapping[str, Any]) -> dict[str, str | None]:
    return {name: _text(value) for name, value in values.items()}


def _text(value: Any) -> str | None:
    if isinstance(value, list):
        return wire(tuple(value))
    if isinstance(value, bool | int | Decimal | str | date | datetime | tuple) or value is None:
        return wire(value) or None
    return str(value)
