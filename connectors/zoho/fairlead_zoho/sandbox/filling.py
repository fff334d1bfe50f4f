"""Filling the account with the made-up records that all sandboxes share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from fairlead.plugins.fields import FieldKind
from fairlead.plugins.records import Link, ReadQuery, Scalar
from fairlead.plugins.sandboxes import SandboxOptions
from fairlead.testing.seed import LEAD_INPUTS, PARTNER_INPUTS, InputField, Seed, SeedLead
from fairlead_zoho.naming import field_name
from fairlead_zoho.sandbox.account import Account
from fairlead_zoho.sandbox.schema import USER, FieldDef, stored
from fairlead_zoho.sandbox.store import Row

__all__ = ["LEAD_LOOKUP", "OBJECTS", "PARTNER_LOOKUP", "fill", "queries"]

OBJECTS = {"lead": "Leads", "partner": "Vendors", "treatment": "Deals", "interaction": "Calls"}
PARTNER_LOOKUP = field_name("partner")
LEAD_LOOKUP = field_name("lead")
#: statuses that the account's administrators added to the stock ones
_OWN_STATUSES = ("Discovery", "Considering", "Booked", "Arrived", "Treated", "Follow-up", "Advocate")
_STATUS = {
    "discovery": "Discovery",
    "enquiry": "Not Contacted",
    "qualification": "Contacted",
    "considering": "Considering",
    "booked": "Booked",
    "arrived": "Arrived",
    "treated": "Treated",
    "follow_up": "Follow-up",
    "advocate": "Advocate",
    "lost": "Lost Lead",
}
_STAGE = {"open": "Proposal/Price Quote", "won": "Closed Won", "lost": "Closed Lost"}
_TYPES = {
    FieldKind.TEXT: "text",
    FieldKind.BOOLEAN: "picklist",
    FieldKind.INTEGER: "integer",
    FieldKind.DECIMAL: "double",
    FieldKind.DATE: "date",
    FieldKind.DATE_TIME: "datetime",
    FieldKind.ONE_OF: "picklist",
}
_LENGTHS = {"integer": 9, "double": 16, "text": 255}
_LEAD_STOCK = (
    *("First_Name", "Last_Name", "Email", "Phone", "Mobile"),
    *("Created_Time", "Country", "Lead_Source", "Lead_Status", "Owner"),
)
_PARTNER_STOCK = ("Vendor_Name", "Country")
_DEAL_STOCK = ("Deal_Name",)
_CALL_STOCK = ("Call_Start_Time", "Call_Type")


def queries(options: SandboxOptions) -> dict[str, ReadQuery]:
    """Return what the default mapping reads, by role."""

    def inputs(fields: Sequence[InputField]) -> tuple[str, ...]:
        return tuple(field_name(each.base) for each in fields) if options.provisioned else ()

    to_partner = (Link("partner", "Vendors", PARTNER_LOOKUP),) if options.provisioned else ()
    to_lead = (Link("lead", "Leads", LEAD_LOOKUP),) if options.provisioned else ()
    return {
        "lead": ReadQuery("Leads", (*_LEAD_STOCK, *inputs(LEAD_INPUTS)), to_partner),
        "partner": ReadQuery("Vendors", (*_PARTNER_STOCK, *inputs(PARTNER_INPUTS))),
        "treatment": ReadQuery("Deals", _DEAL_STOCK, to_lead),
        "interaction": ReadQuery("Calls", _CALL_STOCK, (Link("lead", "Leads", "What_Id"),)),
    }


def fill(account: Account, options: SandboxOptions) -> None:
    """Put in the records; with `provisioned` the input fields too, and their values."""
    statuses = account.modules["Leads"].fields["Lead_Status"].options
    statuses.extend(_OWN_STATUSES)
    if options.provisioned:
        _add_inputs(account, "Leads", LEAD_INPUTS)
        _add_inputs(account, "Vendors", PARTNER_INPUTS)
        _add_lookup(account, "Leads", PARTNER_LOOKUP, "Partner", "Vendors")
        _add_lookup(account, "Deals", LEAD_LOOKUP, "Lead", "Leads")
    seed = Seed(options.leads, options.partners, options.seed)
    partners: dict[int, str] = {}
    leads: dict[int, str] = {}
    account.tables["Vendors"].fill(_partners(account, seed, options, partners))
    account.tables["Leads"].fill(_leads(account, seed, options, partners, leads))
    account.tables["Deals"].fill(_deals(account, seed, options, leads))
    account.tables["Calls"].fill(_calls(account, seed, leads))
    _add_emails(account, seed, leads)


def _add_inputs(account: Account, module: str, inputs: Iterable[InputField]) -> None:
    for each in inputs:
        type_ = _TYPES[each.kind]
        options = ["Yes", "No"] if each.kind is FieldKind.BOOLEAN else list(each.values)
        account.add_field(
            module,
            FieldDef(
                str(account.ids.new()),
                field_name(each.base),
                each.label,
                type_,
                length=_LENGTHS.get(type_, 120),
                options=options,
                custom=True,
                unique=each.unique,
                decimal_place=2 if type_ == "double" else None,
            ),
        )


def _add_lookup(account: Account, module: str, name: str, label: str, target: str) -> None:
    id_ = str(account.ids.new())
    account.add_field(module, FieldDef(id_, name, label, "lookup", custom=True, lookup=target))


def _inputs(
    account: Account, module: str, given: Iterable[tuple[str, Scalar]]
) -> Iterator[tuple[str, Scalar]]:
    fields = account.modules[module].fields
    for base, value in given:
        name = _name(base)
        kept = stored(fields[name], value)
        if kept is not None:
            yield name, kept


_NAMES = {each.base: field_name(each.base) for each in (*LEAD_INPUTS, *PARTNER_INPUTS)}


def _name(base: str) -> str:
    return _NAMES[base]


def _partners(account: Account, seed: Seed, options: SandboxOptions, ids: dict[int, str]) -> Iterator[Row]:
    for each in seed.partners():
        values: dict[str, Scalar] = {
            "Vendor_Name": each.name,
            "Country": each.country,
            "Created_Time": each.created_at,
            "Owner": USER,
        }
        if options.provisioned:
            values.update(_inputs(account, "Vendors", each.inputs.items()))
        row = Row(account.ids.new(), values, each.modified_at)
        ids[each.number] = str(row.id)
        yield row


def _leads(
    account: Account, seed: Seed, options: SandboxOptions, partners: dict[int, str], ids: dict[int, str]
) -> Iterator[Row]:
    for each in seed.leads():
        values = _lead_values(each)
        if options.provisioned:
            values.update(_inputs(account, "Leads", each.inputs.items()))
            if each.partner is not None:
                values[PARTNER_LOOKUP] = partners[each.partner]
        row = Row(account.ids.new(), values, each.modified_at)
        ids[each.number] = str(row.id)
        yield row


def _lead_values(lead: SeedLead) -> dict[str, Scalar]:
    values: dict[str, Scalar] = {
        "First_Name": lead.first_name,
        "Last_Name": lead.last_name,
        "Country": lead.country,
        "Created_Time": lead.created_at,
        "Lead_Status": _STATUS[lead.stage],
        "Owner": USER,
    }
    if lead.email is not None:
        values["Email"] = lead.email
    if lead.phone is not None:
        values["Phone"] = lead.phone
    if lead.partner is not None:
        values["Lead_Source"] = "Partner"
    elif lead.number % 3:
        values["Lead_Source"] = "Facebook" if lead.number % 2 else "Trade Show"
    return values


def _deals(account: Account, seed: Seed, options: SandboxOptions, leads: dict[int, str]) -> Iterator[Row]:
    for each in seed.treatments():
        values: dict[str, Scalar] = {
            "Deal_Name": each.name,
            "Stage": _STAGE[each.outcome],
            "Amount": each.amount,
            "Created_Time": each.created_at,
            "Owner": USER,
        }
        if options.provisioned:
            values[LEAD_LOOKUP] = leads[each.lead]
        yield Row(account.ids.new(), values, each.modified_at)


def _add_emails(account: Account, seed: Seed, leads: dict[int, str]) -> None:
    for each in seed.interactions():
        if each.channel == "email" and each.author_kind != "automation":
            id_ = int(leads[each.lead])
            account.emails.setdefault(id_, []).append((each.occurred_at, each.direction == "outbound"))
            account.tables["Leads"].rows[id_].values["Last_Activity_Time"] = each.occurred_at


def _calls(account: Account, seed: Seed, leads: dict[int, str]) -> Iterator[Row]:
    """Yield telephone calls: e-mails are a list of each lead, messages no records of a module."""
    for each in seed.interactions():
        if each.channel != "phone":
            continue
        values: dict[str, Scalar] = {
            "Subject": "Call",
            "Call_Type": "Inbound" if each.direction == "inbound" else "Outbound",
            "Call_Start_Time": each.occurred_at,
            "Created_Time": each.occurred_at,
            "Owner": USER,
            "What_Id": leads[each.lead],
        }
        row = Row(account.ids.new(), values, each.occurred_at)
        row.se_module = "Leads"
        yield row
