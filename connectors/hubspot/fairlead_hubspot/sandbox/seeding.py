"""Filling the account with the seeded leads, partners, treatments and messages."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal

from fairlead.plugins.records import Scalar
from fairlead.testing.seed import Seed, SeedLead
from fairlead_hubspot.sandbox.account import Account
from fairlead_hubspot.sandbox.answers import iso, to_ms
from fairlead_hubspot.sandbox.schema import LIFECYCLE_OF_STAGE, input_properties
from fairlead_hubspot.sandbox.tables import Row

__all__ = ["fill", "wire"]

#: where HubSpot keeps what was said: a web form makes no record of its own there
_ENGAGEMENTS = {
    "phone": "calls",
    "email": "emails",
    "whatsapp": "communications",
    "chat": "communications",
}
_CHANNEL_TYPES = {"whatsapp": "WHATS_APP", "chat": "CUSTOM_CHANNEL_CONVERSATION"}
_DEAL_STAGES = {"open": "contractsent", "won": "closedwon", "lost": "closedlost"}
_SOURCES = ("ORGANIC_SEARCH", "PAID_SEARCH", "DIRECT_TRAFFIC", "SOCIAL_MEDIA")
_OWNERS = ("70110201", "70110202", "70110203")


def wire(value: Scalar) -> str | None:
    """Return a value as HubSpot keeps it; None and no options are an empty property."""
    match value:
        case None | ():
            return None
        case bool():
            return "true" if value else "false"
        case datetime():
            return iso(to_ms(value))
        case date():
            return value.isoformat()
        case Decimal():
            return format(value.normalize(), "f")
        case tuple():
            return ";".join(value)
    return str(value)


def fill(account: Account, seed: Seed, *, provisioned: bool) -> None:
    """Put the seeded records into the account; `provisioned` has the input fields made and filled."""
    # millions of objects that all stay: looking for garbage among them doubles the time
    gc.disable()
    try:
        _fill(account, seed, provisioned=provisioned)
    finally:
        gc.enable()


def _fill(account: Account, seed: Seed, *, provisioned: bool) -> None:
    if provisioned:
        for type_ in ("contacts", "companies"):
            for shown in input_properties(type_):
                account.add_property(type_, shown)
            account.table(type_).groups["fairlead"] = "Fairlead"
    partners = {}

    def companies() -> Iterator[Row]:
        for each in seed.partners():
            values = {"name": each.name, "country": each.country, "type": "PARTNER"}
            if provisioned:
                values |= _inputs(each.inputs.items())
            partners[each.number] = account.new_id("companies")
            yield Row(partners[each.number], to_ms(each.created_at), to_ms(each.modified_at), values)

    account.table("companies").fill(companies())
    leads: list[int] = []
    introduced: list[tuple[int, int]] = []

    def contacts() -> Iterator[Row]:
        for each in seed.leads():
            id_ = account.new_id("contacts")
            leads.append(id_)
            if each.partner is not None:
                introduced.append((id_, partners[each.partner]))
            values = _contact(each)
            if provisioned:
                values |= _inputs(each.inputs.items())
            yield Row(id_, to_ms(each.created_at), to_ms(each.modified_at), values)

    account.table("contacts").fill(contacts())
    label = None
    if provisioned:
        made = account.links.add_label("contacts", "companies", "Referring partner", "fairlead_partner")
        label = made[0].type_id
    account.links.seed("contacts", "companies", introduced, label)
    treated: list[tuple[int, int]] = []

    def deals() -> Iterator[Row]:
        for each in seed.treatments():
            id_ = account.new_id("deals")
            treated.append((id_, leads[each.lead - 1]))
            values = {
                "dealname": each.name,
                "pipeline": "default",
                "dealstage": _DEAL_STAGES[each.outcome],
                "amount": str(each.amount),
                "deal_currency_code": "EUR",
            }
            if each.outcome == "won":
                values["hs_closed_won_date"] = iso(to_ms(each.modified_at))
            yield Row(id_, to_ms(each.created_at), to_ms(each.modified_at), values)

    account.table("deals").fill(deals())
    account.links.seed("deals", "contacts", treated)
    _fill_engagements(account, seed, leads)


def _fill_engagements(account: Account, seed: Seed, leads: list[int]) -> None:
    rows: dict[str, list[Row]] = {name: [] for name in ("calls", "emails", "communications")}
    pairs: dict[str, list[tuple[int, int]]] = {name: [] for name in rows}
    for each in seed.interactions():
        type_ = _ENGAGEMENTS.get(each.channel)
        if type_ is None:
            continue
        inbound = each.direction == "inbound"
        match type_:
            case "calls":
                values = {"hs_call_direction": "INBOUND" if inbound else "OUTBOUND"}
            case "emails":
                values = {"hs_email_direction": "INCOMING_EMAIL" if inbound else "EMAIL"}
            case _:
                values = {"hs_communication_channel_type": _CHANNEL_TYPES[each.channel]}
        stamp, id_ = to_ms(each.occurred_at), account.new_id(type_)
        values["hs_timestamp"] = iso(stamp)
        rows[type_].append(Row(id_, stamp, stamp, values))
        pairs[type_].append((id_, leads[each.lead - 1]))
    for type_, found in rows.items():
        account.table(type_).fill(found)
        account.links.seed(type_, "contacts", pairs[type_])


def _contact(each: SeedLead) -> dict[str, str]:
    values = {
        "firstname": each.first_name,
        "lastname": each.last_name,
        "country": each.country,
        "lifecyclestage": LIFECYCLE_OF_STAGE[each.stage],
        "hubspot_owner_id": _OWNERS[each.number % len(_OWNERS)],
        "hs_analytics_source": "REFERRALS" if each.partner else _SOURCES[each.number % len(_SOURCES)],
    }
    pages = each.inputs.get("pages_read")
    if pages is not None:
        values["hs_analytics_num_page_views"] = str(pages)
    if each.email is not None:
        values["email"] = each.email
    if each.phone is not None:
        values["phone"] = each.phone
    return values


def _inputs(found: Iterable[tuple[str, Scalar]]) -> dict[str, str]:
    values = {}
    for base, value in found:
        text = wire(value)
        if text is not None:
            values[f"fairlead_{base}"] = text
    return values
