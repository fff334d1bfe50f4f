"""What the org holds, as a reader is to see it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from fairlead.plugins.records import Link, ReadQuery, Record, Scalar
from fairlead_salesforce.sandbox.org import Org
from fairlead_salesforce.sandbox.schema import Field, stock_fields
from fairlead_salesforce.sandbox.tables import Row, Table

__all__ = ["OBJECTS", "mapped_query", "true_records"]

OBJECTS: Mapping[str, str] = {
    "lead": "Lead",
    "partner": "Account",
    "treatment": "Opportunity",
    "interaction": "Task",
}
_CONVERTED = ("Account", "Contact", "Opportunity")
_NUMBERS = ("double", "currency", "percent", "int")


def mapped_query(role: str, *, provisioned: bool) -> ReadQuery:
    """Return what the default mapping reads of a role's object; of a stock org without our fields."""
    object_ = OBJECTS[role]
    text = Path(__file__).parent.with_name("mapping.json").read_text(encoding="utf-8")
    part = json.loads(text)["objects"][object_]
    names: dict[str, None] = {}
    if "only" in part:
        names[part["only"]["field"]] = None
    for told_by in part.get("same_person", {}).values():
        names |= dict.fromkeys(told_by)
    for entity in part["entities"].values():
        names |= dict.fromkeys(entity.get("present", ()))
        for source in entity["facts"].values():
            listed = [source.get("field"), source.get("currency_field"), *source.get("fields", ())]
            names |= {name: None for name in listed if name is not None}
    stock = {field.name for field in stock_fields(object_)}
    fields = tuple(name for name in names if provisioned or name in stock)
    links = tuple(
        Link(name, link["object"], link["via"])
        for name, link in part.get("links", {}).items()
        if provisioned or (link["via"] is None and name != "partner")
    )
    return ReadQuery(object_, fields, links)


def true_records(org: Org, role: str, query: ReadQuery) -> dict[str, Record]:
    """Return every record of a role by id."""
    table = org.tables[OBJECTS[role]]
    leads = org.tables["Lead"].rows.values() if role == "treatment" else ()
    by_conversion = {
        lead.values["ConvertedOpportunityId"]: lead.id
        for lead in leads
        if "ConvertedOpportunityId" in lead.values and lead.deleted_at is None
    }
    return {
        row.id: _record(table, row, query, by_conversion)
        for row in table.rows.values()
        if row.deleted_at is None
    }


def _record(table: Table, row: Row, query: ReadQuery, by_conversion: Mapping[str, str]) -> Record:
    # a field that was removed or renamed since has no value that could be read
    names = [name for name in query.fields if name in table.fields]
    found: str | None
    links: dict[str, tuple[str, ...]] = {}
    for link in query.links:
        match (table.name, link.target, link.via):
            case (_, _, str(via)):
                found = row.values.get(via)
            case ("Lead", "Account", None):
                found = row.values.get("Fairlead_partner__c")
            case ("Opportunity", "Lead", None):
                found = row.values.get("Fairlead_lead__c") or by_conversion.get(row.id)
            case _:
                found = row.values.get("WhoId")
        links[link.name] = (found,) if found else ()
    became = {
        each: row.values[f"Converted{each}Id"] for each in _CONVERTED if f"Converted{each}Id" in row.values
    }
    return Record(
        table.name,
        row.id,
        datetime.fromtimestamp(row.stamp, UTC),
        {name: _scalar(table.fields[name], table.value(row, name)) for name in names},
        links,
        became=became,
    )


def _scalar(field: Field, value: Any) -> Scalar:
    if value is None:
        return None
    match field.type:
        case "date":
            return date.fromisoformat(value)
        case "datetime":
            return datetime.strptime(value, "%Y-%m-%dT%H:%M:%S.000%z").astimezone(UTC)
        case "multipicklist":
            return tuple(str(value).split(";"))
        case kind if kind in _NUMBERS:
            return int(value) if field.scale == 0 else Decimal(repr(value))
        case "boolean":
            return bool(value)
    return str(value)
