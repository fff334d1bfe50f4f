"""Modules and fields of the sandbox's account, and values in Zoho's wire form."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from fairlead.plugins.fields import FieldKind
from fairlead.plugins.records import Scalar

__all__ = [
    "ADMIN_PROFILE",
    "USER",
    "USER_PROFILE",
    "ZONE",
    "FieldDef",
    "Ids",
    "ModuleDef",
    "Unfit",
    "as_seen",
    "parse",
    "parse_instant",
    "render",
    "stock_modules",
    "stored",
]

#: the account's time zone: answers carry its offset, as an organisation in Istanbul gets them
ZONE = timezone(timedelta(hours=3))
#: the integration user and the profiles of the account
USER = "5725767000000300031"
ADMIN_PROFILE = "5725767000000026011"
USER_PROFILE = "5725767000000026014"

_KINDS = {
    "text": FieldKind.TEXT,
    "email": FieldKind.TEXT,
    "phone": FieldKind.TEXT,
    "website": FieldKind.TEXT,
    "textarea": FieldKind.LONG_TEXT,
    "boolean": FieldKind.BOOLEAN,
    "integer": FieldKind.INTEGER,
    "bigint": FieldKind.INTEGER,
    "double": FieldKind.DECIMAL,
    "currency": FieldKind.DECIMAL,
    "date": FieldKind.DATE,
    "datetime": FieldKind.DATE_TIME,
    "picklist": FieldKind.ONE_OF,
    "multiselectpicklist": FieldKind.MANY_OF,
    "lookup": FieldKind.LINK,
    "ownerlookup": FieldKind.LINK,
}


class Ids:
    """Gives ids as Zoho's look: 19 digits, one sequence for the whole account."""

    def __init__(self) -> None:
        self._next = itertools.count(5_725_767_000_001_000_001)

    def new(self) -> int:
        """Return the next id."""
        return next(self._next)


@dataclass
class FieldDef:
    """A field. `permissions` are by profile id; a profile that is not named does not see the field."""

    id: str
    api_name: str
    label: str
    data_type: str
    length: int = 255
    options: list[str] = field(default_factory=list)
    custom: bool = False
    unique: bool = False
    read_only: bool = False
    mandatory: bool = False
    lookup: str | None = None
    decimal_place: int | None = None
    permissions: dict[str, str] = field(
        default_factory=lambda: {ADMIN_PROFILE: "read_write", USER_PROFILE: "read_write"}
    )

    @property
    def is_flag(self) -> bool:
        """Tell whether it is a pick list of yes and no, which Fairlead has in the place of a checkbox."""
        return self.data_type == "picklist" and self.options == ["Yes", "No"] and self.custom

    @property
    def kind(self) -> FieldKind:
        """The kind that a reader is to see."""
        return FieldKind.BOOLEAN if self.is_flag else _KINDS[self.data_type]


@dataclass
class ModuleDef:
    """A module with its fields by API name."""

    api_name: str
    plural: str
    id: str
    fields: dict[str, FieldDef]


class Unfit(Exception):
    """A value does not fit its field; `details` is what Zoho says of it."""

    def __init__(self, details: Mapping[str, Any]) -> None:
        super().__init__(details)
        self.details = dict(details)


def render(definition: FieldDef, value: Scalar) -> Any:
    """Return a stored value as Zoho sends it; a checkbox is never empty."""
    match value:
        case None:
            return False if definition.data_type == "boolean" else None
        case datetime():
            return value.astimezone(ZONE).isoformat(timespec="seconds")
        case date():
            return value.isoformat()
        case tuple():
            return list(value)
        case int() if definition.data_type == "bigint":
            return str(value)
        case str() if definition.data_type in ("lookup", "ownerlookup"):
            return {"name": f"record {value[-5:]}", "id": value}
    return value


def parse(definition: FieldDef, wire: Any) -> Scalar:
    """Return what is stored of a value as it was sent; raises Unfit."""
    if wire is None or wire == "" or wire == []:
        return None
    expected = {"picklist": "text", "multiselectpicklist": "jsonarray", "lookup": "bigint"}
    wrong = Unfit({"expected_data_type": expected.get(definition.data_type, definition.data_type)})
    match definition.data_type, wire:
        case "boolean", bool():
            return wire
        case "integer" | "bigint", int() if not isinstance(wire, bool):
            if abs(wire) >= 10 ** min(definition.length, 18):
                raise Unfit({"maximum_length": definition.length})
            return wire
        case "double" | "currency", int() | Decimal() if not isinstance(wire, bool):
            return Decimal(wire)
        case "date", str() if re.fullmatch(r"\d{4}-\d\d-\d\d", wire):
            return _date(wire, wrong)
        case "datetime", str():
            return _instant(wire, wrong)
        case "multiselectpicklist", list():
            chosen = tuple(str(each) for each in wire)
            if not set(chosen) <= set(definition.options):
                raise Unfit({"expected_values": definition.options})
            return chosen
        case "lookup" | "ownerlookup", {"id": str() | int() as found}:
            return str(found)
        case "lookup" | "ownerlookup", str() if wire.isdigit():
            return wire
        case "picklist", str():
            if wire not in definition.options:
                raise Unfit({"expected_values": definition.options})
            return wire
        case "text" | "textarea" | "email" | "phone" | "website", str():
            if len(wire) > definition.length:
                raise Unfit({"maximum_length": definition.length})
            return wire
    raise wrong


def _date(text: str, wrong: Unfit) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise wrong from None


def _instant(text: str, wrong: Unfit) -> datetime:
    found = parse_instant(text)
    if found is None:
        raise wrong
    return found


def parse_instant(text: str) -> datetime | None:
    """Return the instant that a text with an offset names, in whole seconds; None: it is none."""
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)", text):
        return None
    try:
        return datetime.fromisoformat(text).astimezone(UTC).replace(microsecond=0)
    except ValueError:
        return None


def stored(definition: FieldDef, value: Scalar) -> Scalar:
    """Return how a value is stored that is given as connectors give it."""
    if definition.is_flag and isinstance(value, bool):
        return "Yes" if value else "No"
    return None if value in ("", ()) else value


def as_seen(definition: FieldDef, value: Scalar) -> Scalar:
    """Return a stored value as a reader is to see it."""
    if definition.data_type == "boolean":
        return bool(value)
    if definition.is_flag and value is not None:
        return value == "Yes"
    return value


def _stock(ids: Iterator[str], *rows: tuple[str, str, str] | tuple[str, str, str, dict[str, Any]]) -> Any:
    fields = {}
    for name, label, data_type, *more in [*rows, *_COMMON]:
        fields[name] = FieldDef(next(ids), name, label, data_type, **(more[0] if more else {}))
    return fields


_READ_ONLY = {"read_only": True}
_COMMON: tuple[Any, ...] = (
    ("Owner", "Owner", "ownerlookup", {"lookup": "users"}),
    ("Created_Time", "Created Time", "datetime", _READ_ONLY),
    ("Modified_Time", "Modified Time", "datetime", _READ_ONLY),
    ("Last_Activity_Time", "Last Activity Time", "datetime", _READ_ONLY),
    ("Description", "Description", "textarea", {"length": 32000}),
)
_SOURCES = [
    "Advertisement",
    "Chat",
    "Cold Call",
    "Employee Referral",
    "External Referral",
    "Facebook",
    "Online Store",
    "Partner",
    "Trade Show",
    "Web Download",
    "Web Research",
]
_STATUSES = [
    "Attempted to Contact",
    "Contact in Future",
    "Contacted",
    "Junk Lead",
    "Lost Lead",
    "Not Contacted",
    "Not Qualified",
    "Pre-Qualified",
]
_STAGES = ["Qualification", "Needs Analysis", "Proposal/Price Quote", "Closed Won", "Closed Lost"]
_MANDATORY = {"mandatory": True}


def stock_modules() -> dict[str, ModuleDef]:
    """Return the modules of a stock account, as far as Fairlead and its tests touch them."""
    ids = (str(5_725_767_000_000_002_000 + number) for number in itertools.count(1))
    person: tuple[Any, ...] = (
        ("Last_Name", "Last Name", "text", {"length": 80, **_MANDATORY}),
        ("First_Name", "First Name", "text", {"length": 40}),
        ("Email", "Email", "email", {"length": 100}),
        ("Phone", "Phone", "phone", {"length": 30}),
        ("Mobile", "Mobile", "phone", {"length": 30}),
    )
    converted = {"read_only": True}
    modules = {
        "Leads": (
            *person,
            ("Company", "Company", "text", {"length": 200}),
            ("Country", "Country", "text", {"length": 100}),
            ("Lead_Source", "Lead Source", "picklist", {"length": 120, "options": _SOURCES}),
            ("Lead_Status", "Lead Status", "picklist", {"length": 120, "options": _STATUSES}),
            ("Converted_Account", "Converted Account", "lookup", {"lookup": "Accounts", **converted}),
            ("Converted_Contact", "Converted Contact", "lookup", {"lookup": "Contacts", **converted}),
            ("Converted_Deal", "Converted Deal", "lookup", {"lookup": "Deals", **converted}),
        ),
        "Contacts": (*person, ("Account_Name", "Account Name", "lookup", {"lookup": "Accounts"})),
        "Accounts": (
            ("Account_Name", "Account Name", "text", {"length": 200, **_MANDATORY}),
            ("Billing_Country", "Billing Country", "text", {"length": 100}),
        ),
        "Vendors": (
            ("Vendor_Name", "Vendor Name", "text", {"length": 120, **_MANDATORY}),
            ("Email", "Email", "email", {"length": 100}),
            ("Country", "Country", "text", {"length": 100}),
        ),
        "Deals": (
            ("Deal_Name", "Deal Name", "text", {"length": 120, **_MANDATORY}),
            ("Stage", "Stage", "picklist", {"length": 120, "options": _STAGES, **_MANDATORY}),
            ("Amount", "Amount", "currency", {"length": 16, "decimal_place": 2}),
            ("Closing_Date", "Closing Date", "date"),
            ("Contact_Name", "Contact Name", "lookup", {"lookup": "Contacts"}),
            ("Account_Name", "Account Name", "lookup", {"lookup": "Accounts"}),
        ),
        "Calls": (
            ("Subject", "Subject", "text", _MANDATORY),
            ("Call_Type", "Call Type", "picklist", {"options": ["Inbound", "Outbound", "Missed"]}),
            ("Call_Start_Time", "Call Start Time", "datetime", _MANDATORY),
            ("What_Id", "Related To", "lookup", {"lookup": "se_module"}),
        ),
        "Tasks": (
            ("Subject", "Subject", "text", _MANDATORY),
            ("Due_Date", "Due Date", "date"),
            ("Status", "Status", "picklist", {"options": ["Not Started", "In Progress", "Completed"]}),
            ("What_Id", "Related To", "lookup", {"lookup": "se_module"}),
        ),
    }
    return {
        name: ModuleDef(name, name, str(5_725_767_000_000_002_900 + number), _stock(ids, *rows))
        for number, (name, rows) in enumerate(modules.items())
    }
