"""The objects and fields of a stock org, as far as a connector meets them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fairlead.plugins.fields import FieldKind
from fairlead.testing.seed import LEAD_INPUTS, PARTNER_INPUTS, InputField

__all__ = ["MERGEABLE", "PREFIXES", "Field", "input_fields", "retyped", "stock_fields"]

#: the first three characters of an object's ids
PREFIXES: Mapping[str, str] = {
    "Account": "001",
    "Contact": "003",
    "Lead": "00Q",
    "Opportunity": "006",
    "Task": "00T",
    "Event": "00U",
    "EmailMessage": "02s",
    "EmailMessageRelation": "0cE",
    "User": "005",
    "Organization": "00D",
    "PermissionSet": "0PS",
    "PermissionSetAssignment": "0Pa",
    "FieldPermissions": "01k",
    "CustomField": "00N",
}

#: objects that keep the id they were merged into
MERGEABLE = ("Account", "Contact", "Lead")

_SETUP = (
    "User",
    "Organization",
    "PermissionSet",
    "PermissionSetAssignment",
    "FieldPermissions",
    "CustomField",
)


@dataclass(slots=True)
class Field:
    """A field with its type by Salesforce's own name (`picklist`, `reference`).

    `precision` counts all digits of a number. `options` are (value, label). `relationship` is the name that
    SOQL follows a lookup by. `metadata` is what the Tooling API was given for a custom field.
    """

    name: str
    label: str
    type: str
    length: int = 0
    precision: int = 0
    scale: int = 0
    options: tuple[tuple[str, str], ...] = ()
    restricted: bool = False
    unique: bool = False
    external_id: bool = False
    references: tuple[str, ...] = ()
    relationship: str | None = None
    custom: bool = False
    writable: bool = True
    required: bool = False
    metadata: dict[str, Any] = field(default_factory=dict)

    def describe(self) -> dict[str, Any]:
        """Return the member of `fields` in a describe."""
        return {
            "name": self.name,
            "label": self.label,
            "type": self.type,
            "length": self.length,
            "precision": self.precision,
            "scale": self.scale,
            "custom": self.custom,
            "unique": self.unique,
            "externalId": self.external_id,
            "nillable": not self.required and self.type != "boolean",
            "createable": self.writable,
            "updateable": self.writable,
            "calculated": False,
            "filterable": self.type != "textarea",
            "sortable": self.type not in ("textarea", "multipicklist"),
            "restrictedPicklist": self.restricted,
            "referenceTo": list(self.references),
            "relationshipName": self.relationship,
            "picklistValues": [
                {"active": True, "defaultValue": False, "label": label, "validFor": None, "value": value}
                for value, label in self.options
            ],
        }


def _plain(name: str, label: str, length: int = 80, **more: Any) -> Field:
    return Field(name, label, "string", length=length, **more)


def _options(*values: str) -> tuple[tuple[str, str], ...]:
    return tuple((value, value) for value in values)


def _link(name: str, label: str, *targets: str, writable: bool = True) -> Field:
    relationship = name.removesuffix("Id")
    return Field(
        name,
        label,
        "reference",
        length=18,
        references=targets,
        relationship=relationship,
        writable=writable,
    )


def _system(object_: str) -> list[Field]:
    fixed: dict[str, Any] = {"writable": False}
    fields = [
        Field("Id", "Record ID", "id", length=18, **fixed),
        Field("CreatedDate", "Created Date", "datetime", **fixed),
        Field("LastModifiedDate", "Last Modified Date", "datetime", **fixed),
        Field("SystemModstamp", "System Modstamp", "datetime", **fixed),
    ]
    if object_ not in _SETUP:
        fields += [
            Field("IsDeleted", "Deleted", "boolean", **fixed),
            _link("OwnerId", "Owner ID", "User"),
        ]
    if object_ in MERGEABLE:
        fields.append(_link("MasterRecordId", "Master Record ID", object_, writable=False))
    return fields


def stock_fields(object_: str) -> list[Field]:
    """Return the fields that an object has before anybody adds some."""
    return _system(object_) + _own(object_)


def _own(object_: str) -> list[Field]:  # one branch for each object
    match object_:
        case "Lead":
            return [
                _plain("FirstName", "First Name", 40),
                _plain("LastName", "Last Name", required=True),
                _plain("Name", "Full Name", 121, writable=False),
                _plain("Company", "Company", 255, required=True),
                Field("Email", "Email", "email", length=80),
                Field("Phone", "Phone", "phone", length=40),
                Field("MobilePhone", "Mobile Phone", "phone", length=40),
                _plain("Country", "Country"),
                Field("Status", "Status", "picklist", length=255, options=_LEAD_STATUS),
                Field("LeadSource", "Lead Source", "picklist", length=255, options=_LEAD_SOURCE),
                Field("IsConverted", "Converted", "boolean", writable=False),
                Field("ConvertedDate", "Converted Date", "date", writable=False),
                _link("ConvertedAccountId", "Converted Account ID", "Account", writable=False),
                _link("ConvertedContactId", "Converted Contact ID", "Contact", writable=False),
                _link("ConvertedOpportunityId", "Converted Opportunity ID", "Opportunity", writable=False),
            ]
        case "Account":
            return [
                _plain("Name", "Account Name", 255, required=True),
                _plain("BillingCountry", "Billing Country"),
                Field("Type", "Account Type", "picklist", length=255, options=_options("Partner", "Other")),
            ]
        case "Contact":
            return [
                _plain("FirstName", "First Name", 40),
                _plain("LastName", "Last Name", required=True),
                Field("Email", "Email", "email", length=80),
                _link("AccountId", "Account ID", "Account"),
            ]
        case "Opportunity":
            return [
                _plain("Name", "Name", 120, required=True),
                Field("StageName", "Stage", "picklist", length=255, options=_STAGES, required=True),
                Field("CloseDate", "Close Date", "date", required=True),
                Field("Amount", "Amount", "currency", precision=18, scale=2),
                Field("IsClosed", "Closed", "boolean", writable=False),
                Field("IsWon", "Won", "boolean", writable=False),
                _link("AccountId", "Account ID", "Account"),
            ]
        case "Task":
            return [
                _plain("Subject", "Subject", 255),
                Field("Status", "Status", "picklist", length=255, options=_TASK_STATUS),
                Field(
                    "Priority", "Priority", "picklist", length=255, options=_options("High", "Normal", "Low")
                ),
                Field("ActivityDate", "Due Date Only", "date"),
                Field("CompletedDateTime", "Completed Date", "datetime", writable=False),
                Field("Description", "Description", "textarea", length=32_000),
                Field(
                    "TaskSubtype",
                    "Task Subtype",
                    "picklist",
                    length=40,
                    options=_options("Task", "Email", "Call", "ListEmail"),
                ),
                Field(
                    "CallType",
                    "Call Type",
                    "picklist",
                    length=40,
                    options=_options("Internal", "Inbound", "Outbound"),
                ),
                _link("WhoId", "Name ID", "Contact", "Lead"),
                _link("WhatId", "Related To ID", "Account", "Opportunity"),
            ]
        case "Event":
            return [
                _plain("Subject", "Subject", 255),
                Field("StartDateTime", "Start Date Time", "datetime"),
                Field("EndDateTime", "End Date Time", "datetime"),
                Field("IsChild", "Is Child", "boolean", writable=False),
                _link("WhoId", "Name ID", "Contact", "Lead"),
                _link("WhatId", "Related To ID", "Account", "Opportunity"),
            ]
        case "EmailMessage":
            return [
                _plain("Subject", "Subject", 3000),
                Field("MessageDate", "Message Date", "datetime"),
                Field("Incoming", "Is Incoming", "boolean"),
                Field("Status", "Status", "picklist", length=40, options=_EMAIL_STATUS),
            ]
        case "EmailMessageRelation":
            return [
                _link("EmailMessageId", "Email Message ID", "EmailMessage"),
                _link("RelationId", "Relation ID", "Contact", "Lead", "User"),
                _plain("RelationObjectType", "Relation Object Type", 40, writable=False),
                Field("RelationType", "Relation Type", "picklist", length=40, options=_RELATIONS),
            ]
        case "User":
            return [_plain("Username", "Username"), _plain("Name", "Full Name", 121)]
        case "Organization":
            return [_plain("Name", "Name"), _plain("OrganizationType", "Edition", 40)]
        case "PermissionSet":
            return [
                _plain("Name", "Permission Set Name", required=True, unique=True),
                _plain("Label", "Permission Set Label", required=True),
                _plain("Description", "Description", 255),
                Field("IsOwnedByProfile", "Is Owned By Profile", "boolean", writable=False),
            ]
        case "PermissionSetAssignment":
            return [
                _link("AssigneeId", "Assignee ID", "User"),
                _link("PermissionSetId", "ID", "PermissionSet"),
            ]
        case "FieldPermissions":
            return [
                _link("ParentId", "Parent ID", "PermissionSet"),
                _plain("SobjectType", "Sobject Type Name", 40, required=True),
                _plain("Field", "Field Name", 120, required=True),
                Field("PermissionsRead", "Read Field", "boolean"),
                Field("PermissionsEdit", "Edit Field", "boolean"),
            ]
    return [
        _plain("DeveloperName", "Master Label"),
        _plain("NamespacePrefix", "Namespace Prefix", 15),
        _plain("TableEnumOrId", "Entity Enum or ID", 40),
        _plain("FullName", "Full Name", 255),
    ]


_LEAD_STATUS = _options(
    "Open - Not Contacted", "Working - Contacted", "Closed - Converted", "Closed - Not Converted"
)
_LEAD_SOURCE = _options("Web", "Phone Inquiry", "Partner Referral", "Purchased List", "Other")
_STAGES = _options("Prospecting", "Proposal/Price Quote", "Closed Won", "Closed Lost")
_EMAIL_STATUS = tuple(
    (str(number), label)
    for number, label in enumerate(("New", "Read", "Replied", "Sent", "Forwarded", "Draft"))
)
_RELATIONS = _options("ToAddress", "CcAddress", "BccAddress", "FromAddress")
_TASK_STATUS = _options("Not Started", "In Progress", "Completed")

_TYPES: Mapping[FieldKind, tuple[str, dict[str, Any]]] = {
    FieldKind.TEXT: ("string", {"length": 255}),
    FieldKind.LONG_TEXT: ("textarea", {"length": 32_768}),
    FieldKind.BOOLEAN: ("boolean", {}),
    FieldKind.INTEGER: ("double", {"precision": 18, "scale": 0}),
    FieldKind.DECIMAL: ("double", {"precision": 18, "scale": 2}),
    FieldKind.DATE: ("date", {}),
    FieldKind.DATE_TIME: ("datetime", {}),
    FieldKind.ONE_OF: ("picklist", {"length": 255, "restricted": True}),
    FieldKind.MANY_OF: ("multipicklist", {"length": 4_099, "restricted": True}),
}


def input_fields(object_: str) -> list[Field]:
    """Return the fields that provisioning has made in a provisioned org: inputs and lookups."""
    inputs: tuple[InputField, ...] = {"Lead": LEAD_INPUTS, "Account": PARTNER_INPUTS}.get(object_, ())
    found = []
    for each in inputs:
        type_, more = _TYPES[each.kind]
        options = tuple((option.value, option.label) for option in each.options)
        found.append(
            Field(
                f"Fairlead_{each.base}__c",
                each.label,
                type_,
                options=options,
                unique=each.unique,
                external_id=each.unique,
                custom=True,
                **more,
            )
        )
    lookups = {"Lead": ("partner", "Partner", "Account"), "Opportunity": ("lead", "Lead", "Lead")}
    if object_ in lookups:
        base, label, target = lookups[object_]
        found.append(
            Field(
                f"Fairlead_{base}__c",
                label,
                "reference",
                length=18,
                references=(target,),
                relationship=f"Fairlead_{base}__r",
                custom=True,
            )
        )
    return found


def retyped(old: Field, kind: FieldKind) -> Field:
    """Return a field as an administrator makes it by changing its type."""
    type_, more = _TYPES[kind]
    return Field(old.name, old.label, type_, custom=old.custom, options=old.options, **more)
