"""Provisioning: a group of our own, options, what is there already, and taking it all away."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.connectors.hubspot.conftest import StartDesk
from tests.connectors.hubspot.desk import Desk

from fairlead.plugins.fields import FieldKind, FieldSpec, Option, SetupStep

BAND = FieldSpec(
    "contacts",
    "fairlead_band",
    "Band",
    FieldKind.ONE_OF,
    "result",
    "Written by Fairlead.",
    (Option("hot", "Hot"), Option("warm", "Warm")),
)
SCORE = FieldSpec("contacts", "fairlead_score", "Score", FieldKind.INTEGER, "result")
SEEN = FieldSpec("contacts", "fairlead_seen", "Seen", FieldKind.BOOLEAN, "result")
CODE = FieldSpec("companies", "fairlead_code", "Tracking code", FieldKind.TEXT, "input", unique=True)
SPECS = (BAND, SCORE, SEEN, CODE)


@pytest.fixture
def stock(start: StartDesk) -> Desk:
    """An account without anything of ours."""
    return start(provisioned=False)


def actions(steps: list[SetupStep]) -> dict[str, str]:
    return {step.target: step.action for step in steps}


def test_a_stock_account_gets_a_group_the_properties_and_the_label(stock: Desk) -> None:
    steps = stock.connector.provision(SPECS, dry_run=False)

    assert actions(steps) == {
        "contacts, property group `fairlead`": "create",
        "contacts.fairlead_band": "create",
        "contacts.fairlead_score": "create",
        "contacts.fairlead_seen": "create",
        "contacts to companies, association label `Referring partner`": "create",
        "companies, property group `fairlead`": "create",
        "companies.fairlead_code": "create",
    }
    assert all(step.done and step.failure is None for step in steps)
    band = stock.sandbox.account.table("contacts").properties["fairlead_band"]
    assert band["groupName"] == "fairlead"
    assert [(each["value"], each["displayOrder"]) for each in band["options"]] == [("hot", 0), ("warm", 1)]
    seen = stock.sandbox.account.table("contacts").properties["fairlead_seen"]
    assert [each["value"] for each in seen["options"]] == ["true", "false"]
    assert stock.sandbox.account.table("companies").properties["fairlead_code"]["hasUniqueValue"] is True


def test_a_second_time_everything_exists(stock: Desk) -> None:
    stock.connector.provision(SPECS, dry_run=False)
    before = stock.sandbox.state()

    steps = stock.connector.provision(SPECS, dry_run=False)

    assert {step.action for step in steps} == {"exists"}
    assert stock.sandbox.state() == before


def test_a_property_of_another_kind_is_left_alone_and_told(stock: Desk) -> None:
    stock.connector.provision([replace(SCORE, kind=FieldKind.TEXT)], dry_run=False)
    before = stock.sandbox.account.table("contacts").properties["fairlead_score"]["type"]

    step = next(s for s in stock.connector.provision([SCORE], dry_run=False) if s.spec == SCORE)

    assert step.failure is not None
    assert step.failure.code == "wrong-kind"
    assert before == stock.sandbox.account.table("contacts").properties["fairlead_score"]["type"] == "string"


def test_missing_options_are_added_to_those_of_the_account(stock: Desk) -> None:
    """A change of options replaces the whole list: what people added is sent again."""
    stock.connector.provision(
        [replace(BAND, options=(Option("hot", "Heiß"), Option("vip", "VIP")))], dry_run=False
    )

    step = next(s for s in stock.connector.provision([BAND], dry_run=False) if s.spec == BAND)

    assert (step.action, step.done) == ("change", True)
    assert "`warm`" in step.detail
    options = stock.sandbox.account.table("contacts").properties["fairlead_band"]["options"]
    assert [(each["value"], each["label"]) for each in options] == [
        ("hot", "Heiß"),
        ("vip", "VIP"),
        ("warm", "Warm"),
    ]


def test_another_label_and_further_options_are_reported_and_stay(stock: Desk) -> None:
    more = (*BAND.options, Option("vip", "VIP"))
    stock.connector.provision([replace(BAND, label="Priorität", options=more)], dry_run=False)

    step = next(s for s in stock.connector.provision([BAND], dry_run=False) if s.spec == BAND)

    assert (step.action, step.failure) == ("exists", None)
    assert step.detail == "its label is `Priorität`, not `Band`; it has further options: `vip`"


def test_an_archived_property_comes_back(stock: Desk) -> None:
    stock.connector.provision([SCORE], dry_run=False)
    stock.sandbox.do("drop_field", object="contacts", name="fairlead_score")

    dry = next(s for s in stock.connector.provision([SCORE], dry_run=True) if s.spec == SCORE)
    real = next(s for s in stock.connector.provision([SCORE], dry_run=False) if s.spec == SCORE)

    assert "archived" in dry.detail
    assert (real.action, real.done) == ("create", True)
    assert stock.connector.describe(["contacts"])[0].field("fairlead_score") is not None


def test_an_archived_property_of_another_kind_comes_back_as_it_was_and_is_told(stock: Desk) -> None:
    stock.connector.provision([replace(SCORE, kind=FieldKind.DATE)], dry_run=False)
    stock.sandbox.do("drop_field", object="contacts", name="fairlead_score")

    step = next(s for s in stock.connector.provision([SCORE], dry_run=False) if s.spec == SCORE)

    assert step.failure is not None
    assert step.failure.code == "wrong-kind"


def test_a_property_that_somebody_made_in_between_is_adopted(stock: Desk) -> None:
    """HubSpot answers 409: what is there is read back and compared."""
    wanted = {"name": "fairlead_score", "label": "Score", "type": "number", "fieldType": "number"}
    stock.connector.provision([BAND], dry_run=False)
    # the answer to the first try is lost after it took effect: the second one meets what the first one made
    stock.sandbox.fault("reset_after", method="POST", path="properties/2026-09/contacts$")
    step = next(s for s in stock.connector.provision([SCORE], dry_run=False) if s.spec == SCORE)
    assert (step.done, step.failure) == (True, None)

    answer = stock.call("POST", "/crm/properties/2026-09/contacts", json={**wanted, "groupName": "fairlead"})
    assert answer.status_code == 409
    assert answer.json()["subCategory"] == "Properties.PROPERTY_WITH_NAME_EXISTS"


def test_a_missing_scope_is_named(stock: Desk) -> None:
    stock.sandbox.do("drop_scope", scope="crm.schemas.contacts.write")

    steps = stock.connector.provision(SPECS, dry_run=False)

    failed = next(step for step in steps if step.failure is not None)
    assert failed.failure is not None
    assert "`crm.schemas.contacts.write`" in failed.failure.message
    assert actions(steps)["companies.fairlead_code"] == "create"


def test_unprovisioning_leaves_the_account_as_it_was(stock: Desk) -> None:
    before = stock.sandbox.state()
    stock.connector.provision(SPECS, dry_run=False)
    stock.connector.views({"lead.priority": "fairlead_band"}, dry_run=False)

    announced = stock.connector.unprovision(SPECS, dry_run=True)
    steps = stock.connector.unprovision([*SPECS, replace(BAND, name="fairlead_priority")], dry_run=False)

    assert not any(step.done for step in announced)
    assert all(step.done for step in steps)
    assert stock.sandbox.state() == before
    assert stock.connector.unprovision(SPECS, dry_run=False) == []


def test_what_others_made_under_our_names_stays(stock: Desk) -> None:
    """Only what is in the group `fairlead` is ours."""
    wanted = {"name": "fairlead_score", "label": "Score", "type": "number", "fieldType": "number"}
    stock.call("POST", "/crm/properties/2026-09/contacts", json={**wanted, "groupName": "information"})

    assert stock.connector.unprovision([SCORE], dry_run=False) == []
    assert stock.connector.describe(["contacts"])[0].field("fairlead_score") is not None


def test_a_property_in_use_is_told_with_the_remedy(stock: Desk) -> None:
    stock.connector.provision([SCORE], dry_run=False)
    stock.sandbox.switches["properties_in_use"] = ["fairlead_score"]

    step = next(s for s in stock.connector.unprovision([SCORE], dry_run=False) if s.spec == SCORE)

    assert step.failure is not None
    assert step.failure.remedy == "take the property out of the lists, forms and workflows that use it"


def test_views_are_lists_and_an_explanation(stock: Desk) -> None:
    priority = replace(BAND, name="fairlead_priority", options=(Option("call_now", "Call now"),))
    stock.connector.provision([priority], dry_run=False)
    fields = {"lead.priority": "fairlead_priority", "lead.score": "fairlead_score"}

    dry = stock.connector.views(fields, dry_run=True)
    assert stock.sandbox.state()["lists"] == []
    made = stock.connector.views(fields, dry_run=False)
    again = stock.connector.views(fields, dry_run=False)

    assert [step.action for step in dry] == ["create", "explain"]
    assert [(step.action, step.done) for step in made] == [("create", True), ("explain", False)]
    assert [step.action for step in again] == ["exists", "explain"]
    assert stock.sandbox.state()["lists"] == ["Fairlead: call now"]


def test_a_list_is_made_once_although_the_first_answer_was_lost(stock: Desk) -> None:
    priority = replace(BAND, name="fairlead_priority", options=(Option("call_now", "Call now"),))
    stock.connector.provision([priority], dry_run=False)
    stock.sandbox.fault("reset_after", method="POST", path="/crm/lists/")

    steps = stock.connector.views({"lead.priority": "fairlead_priority"}, dry_run=False)

    assert [(step.action, step.failure) for step in steps] == [("create", None), ("explain", None)]
    assert stock.sandbox.state()["lists"] == ["Fairlead: call now"]


def test_a_label_is_made_once_although_the_first_answer_was_lost(stock: Desk) -> None:
    stock.sandbox.fault("reset_after", method="POST", path="/labels$")

    steps = stock.connector.provision([SCORE], dry_run=False)

    assert [step.failure for step in steps if step.failure] == []
    (label,) = stock.sandbox.account.links.labels[("contacts", "companies")]
    assert label.label == "Referring partner"


@pytest.mark.parametrize("version", ["2026-09", "2026-03", "v3"])
def test_each_version_provisions_the_same(stock: Desk, version: str) -> None:
    steps = stock.open(api_version=version).provision(SPECS, dry_run=False)

    assert [step.failure for step in steps if step.failure] == []
    assert {"fairlead_band", "fairlead_score"} <= set(stock.sandbox.state()["properties"]["contacts"])
