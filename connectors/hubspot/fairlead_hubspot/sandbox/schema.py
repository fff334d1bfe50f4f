"""The object types of the sandbox with the properties that a stock account has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from fairlead.plugins.fields import FieldKind
from fairlead.testing.seed import LEAD_INPUTS, PARTNER_INPUTS, STAGES

__all__ = ["DEFAULTS", "TYPE_IDS", "input_properties", "property_of", "stock_properties", "wire_types"]

#: HubSpot's ids of the object types
TYPE_IDS = {
    "contacts": "0-1",
    "companies": "0-2",
    "deals": "0-3",
    "communications": "0-18",
    "tasks": "0-27",
    "calls": "0-48",
    "emails": "0-49",
}

#: what an answer holds where a call names no properties
DEFAULTS = {
    "contacts": ("createdate", "email", "firstname", "hs_object_id", "lastmodifieddate", "lastname"),
    "companies": ("createdate", "domain", "hs_lastmodifieddate", "hs_object_id", "name"),
    "deals": ("amount", "closedate", "createdate", "dealname", "dealstage", "hs_object_id", "pipeline"),
}

_Options = Sequence[tuple[str, str]]


def property_of(
    name: str,
    label: str,
    type_: str = "string",
    field_type: str = "text",
    options: _Options = (),
    *,
    group: str = "information",
    read_only: bool = False,
    unique: bool = False,
    refers_to: str | None = None,
) -> dict[str, Any]:
    """Return a property as the interface shows it."""
    shown: dict[str, Any] = {
        "name": name,
        "label": label,
        "type": type_,
        "fieldType": field_type,
        "description": "",
        "groupName": group,
        "options": [
            {"value": value, "label": text, "displayOrder": order, "hidden": False}
            for order, (value, text) in enumerate(options)
        ],
        "displayOrder": -1,
        "calculated": read_only,
        "externalOptions": refers_to is not None,
        "hasUniqueValue": unique,
        "hidden": False,
        "hubspotDefined": True,
        "formField": not read_only,
        "modificationMetadata": {
            "archivable": False,
            "readOnlyDefinition": True,
            "readOnlyValue": read_only,
        },
    }
    if refers_to is not None:
        shown["referencedObjectType"] = refers_to
    return shown


_LIFECYCLE = (
    ("subscriber", "Subscriber"),
    ("lead", "Lead"),
    ("marketingqualifiedlead", "Marketing Qualified Lead"),
    ("salesqualifiedlead", "Sales Qualified Lead"),
    ("opportunity", "Opportunity"),
    ("customer", "Customer"),
    ("evangelist", "Evangelist"),
    ("other", "Other"),
)
_SOURCES = (
    ("ORGANIC_SEARCH", "Organic Search"),
    ("PAID_SEARCH", "Paid Search"),
    ("EMAIL_MARKETING", "Email Marketing"),
    ("SOCIAL_MEDIA", "Organic Social"),
    ("REFERRALS", "Referrals"),
    ("OTHER_CAMPAIGNS", "Other Campaigns"),
    ("DIRECT_TRAFFIC", "Direct Traffic"),
    ("OFFLINE", "Offline Sources"),
    ("PAID_SOCIAL", "Paid Social"),
)
_COMPANY_TYPES = (
    ("PROSPECT", "Prospect"),
    ("PARTNER", "Partner"),
    ("RESELLER", "Reseller"),
    ("VENDOR", "Vendor"),
    ("OTHER", "Other"),
)
_DEAL_STAGES = (
    ("qualifiedtobuy", "Qualified To Buy"),
    ("contractsent", "Contract Sent"),
    ("closedwon", "Closed Won"),
    ("closedlost", "Closed Lost"),
)
_BOOLEAN = (("true", "Yes"), ("false", "No"))


def _common(stamp: str, created: str) -> Iterator[dict[str, Any]]:
    yield property_of("hs_object_id", "Record ID", "number", "number", read_only=True)
    yield property_of(created, "Create Date", "datetime", "date", read_only=True)
    yield property_of(stamp, "Last Modified Date", "datetime", "date", read_only=True)
    yield property_of(
        "hubspot_owner_id", "Owner", "enumeration", "select", refers_to="OWNER", group="information"
    )


def _merged() -> dict[str, Any]:
    return property_of("hs_merged_object_ids", "Merged record IDs", "enumeration", "checkbox", read_only=True)


def stock_properties(type_: str) -> list[dict[str, Any]]:
    """Return the properties that HubSpot defines on an object type, as far as anything here needs them."""
    match type_:
        case "contacts":
            own = [
                *_common("lastmodifieddate", "createdate"),
                _merged(),
                property_of("firstname", "First Name"),
                property_of("lastname", "Last Name"),
                property_of("email", "Email", unique=True),
                property_of("phone", "Phone Number", "string", "phonenumber"),
                property_of("mobilephone", "Mobile Phone Number", "string", "phonenumber"),
                property_of("country", "Country/Region"),
                property_of("lifecyclestage", "Lifecycle Stage", "enumeration", "radio", _LIFECYCLE),
                property_of(
                    "hs_analytics_source",
                    "Original Source",
                    "enumeration",
                    "select",
                    _SOURCES,
                    read_only=True,
                ),
                property_of("hs_analytics_num_page_views", "Page Views", "number", "number", read_only=True),
            ]
        case "companies":
            own = [
                *_common("hs_lastmodifieddate", "createdate"),
                _merged(),
                property_of("name", "Company name"),
                property_of("domain", "Company Domain Name"),
                property_of("country", "Country/Region"),
                property_of("type", "Type", "enumeration", "select", _COMPANY_TYPES),
            ]
        case "deals":
            own = [
                *_common("hs_lastmodifieddate", "createdate"),
                _merged(),
                property_of("dealname", "Deal Name"),
                property_of(
                    "pipeline", "Pipeline", "enumeration", "select", (("default", "Sales Pipeline"),)
                ),
                property_of("dealstage", "Deal Stage", "enumeration", "radio", _DEAL_STAGES),
                property_of("amount", "Amount", "number", "number"),
                property_of("deal_currency_code", "Currency", "enumeration", "select", (("EUR", "EUR"),)),
                property_of("closedate", "Close Date", "datetime", "date"),
                property_of("hs_closed_won_date", "Closed Won Date", "datetime", "date", read_only=True),
                property_of("hs_is_closed", "Is closed", "bool", "booleancheckbox", read_only=True),
                property_of("hs_is_closed_won", "Is Closed Won", "bool", "booleancheckbox", read_only=True),
            ]
        case "calls":
            own = [
                property_of(
                    "hs_call_direction",
                    "Call direction",
                    "enumeration",
                    "select",
                    (("INBOUND", "Inbound"), ("OUTBOUND", "Outbound")),
                ),
                property_of("hs_call_title", "Call Title"),
            ]
        case "emails":
            own = [
                property_of(
                    "hs_email_direction",
                    "Email direction",
                    "enumeration",
                    "select",
                    (
                        ("EMAIL", "Email"),
                        ("INCOMING_EMAIL", "Incoming Email"),
                        ("FORWARDED_EMAIL", "Forwarded Email"),
                    ),
                ),
                property_of("hs_email_subject", "Email subject"),
            ]
        case "communications":
            own = [
                property_of(
                    "hs_communication_channel_type",
                    "Channel type",
                    "enumeration",
                    "select",
                    (
                        ("WHATS_APP", "WhatsApp"),
                        ("SMS", "SMS"),
                        ("LINKEDIN_MESSAGE", "LinkedIn message"),
                        ("CUSTOM_CHANNEL_CONVERSATION", "Custom channel conversation"),
                    ),
                ),
            ]
        case "tasks":
            own = [
                property_of("hs_task_subject", "Task Title"),
                property_of("hs_task_body", "Task Notes", "string", "html"),
                property_of(
                    "hs_task_status",
                    "Task Status",
                    "enumeration",
                    "select",
                    (("NOT_STARTED", "Not Started"), ("COMPLETED", "Completed")),
                ),
                property_of(
                    "hs_task_priority",
                    "Priority",
                    "enumeration",
                    "select",
                    (("HIGH", "High"), ("LOW", "Low")),
                ),
                property_of("hs_task_type", "Task Type", "enumeration", "select", (("TODO", "To-do"),)),
            ]
        case _:
            own = []
    if type_ in ("calls", "emails", "communications", "tasks"):
        own.append(property_of("hs_timestamp", "Activity date", "datetime", "date"))
        own.extend(_common("hs_lastmodifieddate", "hs_createdate"))
    return own


def wire_types(kind: FieldKind) -> tuple[str, str]:
    """Return type and fieldType of a property that a person made for a field of some kind."""
    return {
        FieldKind.TEXT: ("string", "text"),
        FieldKind.LONG_TEXT: ("string", "textarea"),
        FieldKind.BOOLEAN: ("bool", "booleancheckbox"),
        FieldKind.INTEGER: ("number", "number"),
        FieldKind.DECIMAL: ("number", "number"),
        FieldKind.DATE: ("date", "date"),
        FieldKind.DATE_TIME: ("datetime", "date"),
        FieldKind.ONE_OF: ("enumeration", "select"),
        FieldKind.MANY_OF: ("enumeration", "checkbox"),
    }[kind]


def input_properties(type_: str) -> Iterator[dict[str, Any]]:
    """Yield Fairlead's input fields of an object type, as a provisioned account has them."""
    found = {"contacts": LEAD_INPUTS, "companies": PARTNER_INPUTS}.get(type_, ())
    for each in found:
        wire, field_type = wire_types(each.kind)
        options = [(option.value, option.label) for option in each.options]
        if each.kind is FieldKind.BOOLEAN:
            options = list(_BOOLEAN)
        made = _custom(
            property_of(
                f"fairlead_{each.base}",
                each.label,
                wire,
                field_type,
                options,
                group="fairlead",
                unique=each.unique,
            )
        )
        if each.kind is FieldKind.INTEGER:
            made["description"] = "Whole number."
        yield made


def _custom(shown: dict[str, Any]) -> dict[str, Any]:
    shown["hubspotDefined"] = False
    shown["modificationMetadata"] = {"archivable": True, "readOnlyDefinition": False, "readOnlyValue": False}
    return shown


#: the lifecycle stage of a contact at each stage of the seeded journey
LIFECYCLE_OF_STAGE = dict(
    zip(
        STAGES,
        (
            "subscriber",
            "lead",
            "marketingqualifiedlead",
            "opportunity",
            "customer",
            "customer",
            "customer",
            "customer",
            "evangelist",
            "other",
        ),
        strict=True,
    )
)
