"""Modules and fields as Zoho CRM describes them to the integration user."""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from fairlead.plugins.failures import ConnectorError
from fairlead.plugins.fields import FieldInfo, FieldKind, ObjectInfo, Option
from fairlead_zoho import emails
from fairlead_zoho.client import ZohoClient, items_of, odd_answer
from fairlead_zoho.naming import PREFIX
from fairlead_zoho.values import FLAG_OPTIONS

__all__ = ["Catalogue", "Described"]

_KINDS = {
    "text": FieldKind.TEXT,
    "email": FieldKind.TEXT,
    "phone": FieldKind.TEXT,
    "website": FieldKind.TEXT,
    "autonumber": FieldKind.TEXT,
    "textarea": FieldKind.LONG_TEXT,
    "boolean": FieldKind.BOOLEAN,
    "integer": FieldKind.INTEGER,
    "bigint": FieldKind.INTEGER,
    "double": FieldKind.DECIMAL,
    "currency": FieldKind.DECIMAL,
    "percent": FieldKind.DECIMAL,
    "date": FieldKind.DATE,
    "datetime": FieldKind.DATE_TIME,
    "picklist": FieldKind.ONE_OF,
    "multiselectpicklist": FieldKind.MANY_OF,
    "lookup": FieldKind.LINK,
    "ownerlookup": FieldKind.LINK,
    "userlookup": FieldKind.LINK,
}
_EMPTY_CHOICE = "-None-"
#: how long writing takes a description for true
_RECENT = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Described:
    """A module's fields by API name, and their ids in Zoho."""

    fields: Mapping[str, FieldInfo]
    ids: Mapping[str, str]
    #: ids of the values of pick lists, by field and value
    option_ids: Mapping[str, Mapping[str, str]]


class Catalogue:
    """What the account has, read once for each module until it is asked for afresh."""

    def __init__(self, client: ZohoClient) -> None:
        self._client = client
        self._lock = threading.Lock()
        self._known: dict[str, tuple[Described, datetime]] = {}

    def module(self, name: str, *, fresh: bool = False) -> Described:
        """Return a module's fields; raises ConnectorError, `INVALID_MODULE` where there is none."""
        with self._lock:
            known = self._known.get(name)
        found = known[0] if known is not None else None
        if found is None or fresh:
            at = self._client.now()
            answer = self._client.json("setup", "GET", "/settings/fields", params={"module": name})
            items = items_of(answer, "fields")
            if answer is not None and not (
                items and all(isinstance(each.get("api_name"), str) for each in items)
            ):
                raise ConnectorError(odd_answer())
            found = _described(items)
            with self._lock:
                self._known[name] = (found, at)
        return found

    def recent(self, module: str, names: Collection[str]) -> Described:
        """Return a module's fields as they were a minute ago at most, or now where one of the names lacks."""
        with self._lock:
            known = self._known.get(module)
        if known is None or self._client.now() - known[1] > _RECENT or set(names) - known[0].fields.keys():
            return self.module(module, fresh=True)
        return known[0]

    def having(self, module: str, names: Sequence[str]) -> Described:
        """Return a module's fields, read afresh where one of the names is not among those known."""
        found = self.module(module)
        if all(name in found.fields for name in names):
            return found
        return self.module(module, fresh=True)

    def describe(self, names: Sequence[str]) -> list[ObjectInfo]:
        """Return the modules that exist of those named."""
        found = []
        for name in names:
            if name == emails.MODULE:
                found.append(emails.Emails.describe())
                continue
            try:
                described = self.module(name, fresh=True)
            except ConnectorError as error:
                if error.failure.code == "INVALID_MODULE":
                    continue
                raise
            # a list of the modules would give their labels, which nobody asks for, at one more call
            found.append(ObjectInfo(name, name, tuple(described.fields.values())))
        return found


def _described(items: list[Mapping[str, Any]]) -> Described:
    fields = {info.name: info for info in map(_field, items)}
    ids = {str(each["api_name"]): str(each.get("id")) for each in items}
    options = {
        str(each["api_name"]): {
            str(value.get("actual_value")): str(value["id"])
            for value in items_of(each, "pick_list_values")
            if value.get("id") is not None
        }
        for each in items
    }
    return Described(fields, ids, options)


def _field(item: Mapping[str, Any]) -> FieldInfo:
    name = str(item["api_name"])
    kind = _KINDS.get(str(item.get("data_type")), FieldKind.OTHER)
    custom = bool(item.get("custom_field"))
    options = tuple(
        Option(str(each.get("actual_value")), str(each.get("display_value")))
        for each in items_of(item, "pick_list_values")
        if each.get("actual_value") != _EMPTY_CHOICE
    )
    values = tuple(option.value for option in options)
    if kind is FieldKind.ONE_OF and custom and name.startswith(PREFIX) and values == FLAG_OPTIONS:
        kind = FieldKind.BOOLEAN
    operations = item.get("operation_type")
    writable = not item.get("read_only") and not item.get("field_read_only")
    if isinstance(operations, dict) and operations.get("api_update") is False:
        writable = False
    return FieldInfo(
        name=name,
        label=str(item.get("field_label") or item.get("display_label") or name),
        kind=kind,
        options=options,
        writable=writable,
        custom=custom,
        unique=bool(item.get("unique")),
        length=_count(item.get("length")),
        scale=_count(item.get("decimal_place")),
        links_to=_targets(item),
    )


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _targets(item: Mapping[str, Any]) -> tuple[str, ...]:
    lookup = item.get("lookup")
    module = lookup.get("module") if isinstance(lookup, dict) else None
    name = module.get("api_name") if isinstance(module, dict) else module
    # a call's or task's lookup leads to the records of any module
    return (str(name),) if name and name != "se_module" else ()
