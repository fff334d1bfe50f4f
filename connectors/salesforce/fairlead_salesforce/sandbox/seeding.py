"""Filling the org with the seeded records."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fairlead.plugins.sandboxes import SandboxOptions
from fairlead.testing.seed import Seed, SeedLead
from fairlead_salesforce.sandbox.org import USER_ID, Org
from fairlead_salesforce.sandbox.schema import input_fields
from fairlead_salesforce.sandbox.stored import stored
from fairlead_salesforce.sandbox.tables import Row, wire_instant

__all__ = ["CONVERTED", "fill"]

#: of the leads whose treatment took place, so many were converted to the opportunity, the first ones
CONVERTED = 3

_STATUS = {
    "discovery": "Open - Not Contacted",
    "enquiry": "Open - Not Contacted",
    "lost": "Closed - Not Converted",
}
_STAGE = {"open": "Proposal/Price Quote", "won": "Closed Won", "lost": "Closed Lost"}


def fill(org: Org, options: SandboxOptions) -> None:
    """Add the user, the permission set of a provisioned org, and the seeded records."""
    _add_setup(org, provisioned=options.provisioned)
    seed = Seed(options.leads, options.partners, options.seed)
    accounts = org.tables["Account"]
    partners: dict[int, str] = {}
    for partner in seed.partners():
        values = {"Name": partner.name, "BillingCountry": partner.country, "Type": "Partner"}
        values |= _inputs(partner.inputs) if options.provisioned else {}
        created, stamp = _seconds(partner.created_at), _seconds(partner.modified_at)
        partners[partner.number] = accounts.load(_owned(values), created, stamp).id
    leads: dict[int, Row] = {}
    table = org.tables["Lead"]
    for lead in seed.leads():
        values = _lead_values(lead)
        if options.provisioned:
            values |= _inputs(lead.inputs)
            if lead.partner is not None:
                values["Fairlead_partner__c"] = partners[lead.partner]
        leads[lead.number] = table.load(_owned(values), _seconds(lead.created_at), _seconds(lead.modified_at))
    _add_treatments(org, seed, leads, provisioned=options.provisioned)
    tasks = org.tables["Task"]
    for talk in seed.interactions():
        at = _seconds(talk.occurred_at)
        by_person = talk.author_kind != "automation"
        if talk.channel == "email" and by_person:
            _add_email(org, leads[talk.lead].id, at, incoming=talk.direction == "inbound")
        tasks.load(
            {
                "Status": "Completed",
                "CompletedDateTime": wire_instant(at),
                "TaskSubtype": {"phone": "Call", "email": "Email"}.get(talk.channel, "Task")
                if by_person
                else "ListEmail",
                # an e-mail's task does not say who wrote
                **({} if talk.channel == "email" else {"CallType": talk.direction.capitalize()}),
                "WhoId": leads[talk.lead].id,
            },
            at,
            at,
        )
    for name in ("Account", "Lead", "Opportunity", "Contact", "Task", "EmailMessage", "EmailMessageRelation"):
        org.tables[name].settle()
    for name in ("Account", "Lead"):
        for field in org.tables[name].fields.values():
            if field.unique:
                org.index_field(org.tables[name], field)


def _add_setup(org: Org, *, provisioned: bool) -> None:
    now = org.now()
    org.tables["User"].add({"Username": "fairlead@clinic.example.com", "Name": "Fairlead"}, now, now)
    org.tables["Organization"].add({"Name": "Clinic", "OrganizationType": "Enterprise Edition"}, now, now)
    if not provisioned:
        return
    granted = org.tables["PermissionSet"].add({"Name": "Fairlead", "Label": "Fairlead"}, now, now).id
    org.tables["PermissionSetAssignment"].add({"AssigneeId": USER_ID, "PermissionSetId": granted}, now, now)
    for name in ("Lead", "Account", "Opportunity"):
        table = org.tables[name]
        for field in input_fields(name):
            org.add_field(table, field)
            full = f"{name}.{field.name}"
            org.tables["CustomField"].add(
                {"DeveloperName": field.name[:-3], "TableEnumOrId": name, "FullName": full}, now, now
            )
            org.tables["FieldPermissions"].add(
                {
                    "ParentId": granted,
                    "SobjectType": name,
                    "Field": full,
                    "PermissionsRead": True,
                    "PermissionsEdit": True,
                },
                now,
                now,
            )
    org.schema_changed()


def _lead_values(lead: SeedLead) -> dict[str, Any]:
    return {
        "FirstName": lead.first_name,
        "LastName": lead.last_name,
        "Company": "Private patient",
        "Email": lead.email,
        "Phone": lead.phone,
        "Country": lead.country,
        "Status": _STATUS.get(lead.stage, "Working - Contacted"),
        "LeadSource": "Partner Referral" if lead.partner is not None else "Web",
    }


def _add_email(org: Org, lead: str, at: int, *, incoming: bool) -> None:
    """Add an e-mail of Enhanced Email with those it was from and to."""
    values = {"MessageDate": wire_instant(at), "Incoming": incoming, "Status": "1" if incoming else "3"}
    email = org.tables["EmailMessage"].load(values, at, at).id
    for person, kind, sends in ((lead, "Lead", incoming), (USER_ID, "User", not incoming)):
        relation = {
            "EmailMessageId": email,
            "RelationId": person,
            "RelationObjectType": kind,
            "RelationType": "FromAddress" if sends else "ToAddress",
        }
        org.tables["EmailMessageRelation"].load(relation, at, at)


def _inputs(inputs: Any) -> dict[str, Any]:
    return {f"Fairlead_{base}__c": stored(value) for base, value in inputs.items()}


def _owned(values: dict[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in values.items() if value is not None}
    kept["OwnerId"] = USER_ID
    return kept


def _add_treatments(org: Org, seed: Seed, leads: dict[int, Row], *, provisioned: bool) -> None:
    """Add the opportunities; those of converted leads hang on the conversion, the others on the lookup."""
    table = org.tables["Opportunity"]
    left = CONVERTED
    for treatment in seed.treatments():
        lead = leads[treatment.lead]
        converted = treatment.outcome == "won" and left > 0
        planned = treatment.arrival_planned_on or treatment.modified_at.date()
        values = {
            "Name": treatment.name,
            "StageName": _STAGE[treatment.outcome],
            "CloseDate": planned.isoformat(),
            "Amount": float(treatment.amount),
        }
        if provisioned and not converted:
            values["Fairlead_lead__c"] = lead.id
        row = table.load(_owned(values), _seconds(treatment.created_at), _seconds(treatment.modified_at))
        if converted:
            org.mark_converted(lead, {"Opportunity": row.id})
            left -= 1


def _seconds(instant: datetime) -> int:
    return int(instant.timestamp())
