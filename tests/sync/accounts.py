"""Alike accounts whose clocks stand still, and what people do in them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import create_engine, text
from tests.sync.clinic import Clinic

from fairlead.sync.place import STATE_FOLDER, STORE_URL

__all__ = ["BEGAN", "at", "people_work", "renewed", "standing_still"]

#: when each account begins: noon in Istanbul
BEGAN = datetime(2026, 11, 21, 9, tzinfo=UTC)


@dataclass(frozen=True)
class Names:
    """What a CRM calls the fields that people fill in here; `new_lead` and `new_partner` are stock fields."""

    ours: Callable[[str], str]
    new_lead: Mapping[str, Any]
    new_partner: Mapping[str, Any]


NAMES = {
    "acme": Names(lambda base: f"fl_{base}", {}, {}),
    "hubspot": Names(
        lambda base: f"fairlead_{base}",
        {"firstname": "Nora", "lastname": "Lind", "email": "nora{}@mail1.example.com"},
        {"name": "Fjord Travel {}", "type": "PARTNER"},
    ),
    "salesforce": Names(
        lambda base: f"Fairlead_{base}__c",
        {"FirstName": "Nora", "LastName": "Lind", "Company": "-", "Email": "nora{}@mail1.example.com"},
        {"Name": "Fjord Travel {}", "Type": "Partner"},
    ),
    "zoho": Names(
        lambda base: f"Fairlead_{base}",
        {"First_Name": "Nora", "Last_Name": "Lind", "Email": "nora{}@mail1.example.com"},
        {"Vendor_Name": "Fjord Travel {}"},
    ),
}


def standing_still(clinic: Clinic) -> Clinic:
    """Let the account's clock stand still but where a test sets it, so that two accounts are alike."""
    sandbox = clinic.sandbox
    sandbox._offset = timedelta(0)
    sandbox.now = lambda: BEGAN + sandbox._offset  # type: ignore[method-assign]
    return clinic


def at(clinic: Clinic, seconds: float) -> None:
    """Set the account's clock to some seconds after its beginning."""
    clinic.sandbox._offset = timedelta(seconds=seconds)


def renewed(clinic: Clinic) -> Clinic:
    """Put a fresh account in the place of a clinic's, at the same address, and throw its store away."""
    old = clinic.sandbox
    old.stop()
    port = int(old.url.rpartition(":")[2])
    sandbox = type(old)(replace(old.options, port=port))
    shutil.rmtree(clinic.folder / STATE_FOLDER, ignore_errors=True)
    url = clinic.environment.get(STORE_URL)
    if url is not None:
        engine = create_engine(url)
        with engine.begin() as connection:
            schema = connection.scalar(text("SELECT current_schema()"))
            connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
            connection.execute(text(f"CREATE SCHEMA {schema}"))
        engine.dispose()
    clinic.sandbox = sandbox
    clinic.environment = {**clinic.environment, **sandbox.secrets()}
    return standing_still(clinic)


def people_work(clinic: Clinic, number: int) -> None:
    """Edit, override a result, delete, merge; where the sandbox can, a new partner and a lead with a code.

    The same account gets the same changes for one number.
    """
    chance = Random(number)  # noqa: S311 - a choice of records, no secret
    sandbox, names = clinic.sandbox, NAMES[clinic.crm]
    people, partners = sandbox.objects["lead"], sandbox.objects["partner"]
    leads = sandbox.truth("lead")
    introduced = names.ours("introduced_on")
    with_introduction = sorted(id_ for id_, lead in leads.items() if lead.values[introduced])
    without = sorted(id_ for id_, lead in leads.items() if not lead.values[introduced])
    edited, overridden, kept, lost = chance.sample(without, 4)
    channel = names.ours("channel")
    other = "phone" if leads[edited].values[channel] == "web_form" else "web_form"
    sandbox.do("edit", object=people, id=edited, values={channel: other})
    sandbox.do("edit", object=people, id=overridden, values={names.ours("score"): 99})
    if with_introduction:
        sandbox.do("delete", object=people, id=chance.choice(with_introduction))
    sandbox.do("merge", object=people, keep=kept, lose=lost)
    if "create" not in sandbox.actions():
        return
    code = {names.ours("tracking_code"): "TA-102"}
    sandbox.do("create", object=people, values=_numbered(names.new_lead, number) | code)
    sandbox.do("create", object=partners, values=_numbered(names.new_partner, number))


def _numbered(values: Mapping[str, str], number: int) -> dict[str, str]:
    return {name: value.format(number) for name, value in values.items()}
