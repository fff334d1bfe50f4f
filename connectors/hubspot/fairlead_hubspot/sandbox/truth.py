"""What a reader of the sandbox is to see: the seeded truth, read without any connector."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from fairlead.plugins.records import Link, ReadQuery, Record, Scalar
from fairlead.testing.seed import LEAD_INPUTS, PARTNER_INPUTS
from fairlead_hubspot.sandbox.account import Account

__all__ = ["OBJECTS", "query_of", "truth_of"]

OBJECTS = {"lead": "contacts", "partner": "companies", "treatment": "deals", "interaction": "calls"}
_STOCK = {
    "lead": (
        "firstname",
        "lastname",
        "email",
        "phone",
        "mobilephone",
        "createdate",
        "country",
        "lifecyclestage",
        "hs_analytics_source",
        "hubspot_owner_id",
    ),
    "partner": ("name", "country", "type"),
    "treatment": ("amount", "deal_currency_code", "hs_closed_won_date"),
    "interaction": ("hs_timestamp", "hs_call_direction"),
}
_LINKS: dict[str, tuple[Link, ...]] = {
    "lead": (Link("partner", "companies", "Referring partner"),),
    "partner": (),
    "treatment": (Link("lead", "contacts"),),
    "interaction": (Link("lead", "contacts"),),
}
_INPUTS = {"lead": LEAD_INPUTS, "partner": PARTNER_INPUTS}


def query_of(role: str, *, provisioned: bool) -> ReadQuery:
    """Return what the default mapping reads of a role's object."""
    inputs = [f"fairlead_{each.base}" for each in _INPUTS.get(role, ())] if provisioned else []
    links = _LINKS[role] if provisioned else tuple(replace(link, via=None) for link in _LINKS[role])
    return ReadQuery(OBJECTS[role], (*_STOCK[role], *inputs), links)


def truth_of(account: Account, query: ReadQuery) -> Mapping[str, Record]:
    """Return every record of an object as a reader with this query is to see it."""
    table = account.table(query.object)
    return {
        str(row.id): Record(
            table.name,
            str(row.id),
            datetime.fromtimestamp(row.updated / 1000, UTC),
            {name: _typed(table.properties[name], table.value(row, name)) for name in query.fields},
            {link.name: tuple(map(str, _targets(account, table.name, row.id, link))) for link in query.links},
            aliases=tuple(map(str, row.merged)),
        )
        for row in table.rows.values()
    }


def _targets(account: Account, type_: str, id_: int, link: Link) -> list[int]:
    return [
        target
        for target in account.links.of(type_, id_, link.target)
        if link.via is None
        or link.via in (each["label"] for each in account.links.types(type_, link.target, id_, target))
    ]


def _typed(shown: dict[str, Any], value: str | None) -> Scalar:
    if value is None:
        return None
    match shown["type"], shown["fieldType"]:
        case (_, "booleancheckbox"):
            return value == "true"
        case (_, "checkbox"):
            return tuple(value.split(";"))
        case ("number", _):
            return int(value) if shown["description"].endswith("Whole number.") else Decimal(value)
        case ("date", _):
            return date.fromisoformat(value)
        case ("datetime", _):
            return datetime.fromisoformat(value)
    return value
