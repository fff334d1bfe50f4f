"""Provisioning: Zoho's traps at the creation of fields, one after the other."""

from __future__ import annotations

import pytest
from tests.connectors.zoho.conftest import Start
from tests.connectors.zoho.desk import Desk

from fairlead.plugins.failures import FailureKind
from fairlead.plugins.fields import FieldKind, FieldSpec, Option, Purpose
from fairlead_zoho.naming import field_name
from fairlead_zoho.sandbox.schema import ADMIN_PROFILE, USER_PROFILE, FieldDef


def spec(
    base: str,
    kind: FieldKind = FieldKind.TEXT,
    *,
    purpose: Purpose = "result",
    options: int = 0,
    **more: object,
) -> FieldSpec:
    name = field_name(base)
    chosen = tuple(Option(f"value_{number}", f"Value {number}") for number in range(options))
    label = str(more.pop("label", f"Fairlead: {base.replace('_', ' ')}"))
    return FieldSpec("Leads", name, label, kind, purpose, options=chosen, **more)  # type: ignore[arg-type]


@pytest.fixture
def stock(start: Start) -> Desk:
    return start(provisioned=False)


def field(desk: Desk, name: str) -> FieldDef:
    return desk.sandbox.account.modules["Leads"].fields[name]


def test_seven_fields_are_made_in_two_calls_and_labelled_in_two(stock: Desk) -> None:
    specs = [spec(f"result_{number}") for number in range(7)]

    steps = stock.connector.provision(specs, dry_run=False)

    assert [(step.action, step.done, step.failure) for step in steps] == [("create", True, None)] * 7
    assert [step.name for step in steps] == [each.name for each in specs]
    assert (stock.calls("POST", "/settings/fields"), stock.calls("PATCH", "/settings/fields")) == (2, 2)


def test_a_label_longer_than_the_creation_takes_comes_after_it(stock: Desk) -> None:
    wanted = spec(
        "follow_up_within_hours", FieldKind.INTEGER, label="Hours to a reply by a person, as decided"
    )

    (step,) = stock.connector.provision([wanted], dry_run=False)

    assert step.name == "Fairlead_follow_up__c5b92" or step.name == wanted.name
    assert field(stock, wanted.name).label == "Hours to a reply by a person, as decided"


def test_a_label_that_is_taken_leaves_the_short_one(stock: Desk) -> None:
    (step,) = stock.connector.provision([spec("country", label="Country")], dry_run=False)

    assert (step.done, step.failure) == (True, None)
    assert "its label stays `Fairlead country`" in step.detail
    assert field(stock, "Fairlead_country").label == "Fairlead country"


def test_more_than_ten_options_come_in_two_steps(stock: Desk) -> None:
    wanted = spec("specialty", FieldKind.ONE_OF, options=13)

    stock.connector.provision([wanted], dry_run=False)

    assert field(stock, wanted.name).options == [f"value_{number}" for number in range(13)]


def test_options_are_complete_even_where_the_label_is_taken(stock: Desk) -> None:
    wanted = spec("specialty", FieldKind.ONE_OF, options=13, label="Company")

    (step,) = stock.connector.provision([wanted], dry_run=False)

    assert (step.done, step.failure) == (True, None)
    assert len(field(stock, wanted.name).options) == 13


def test_results_are_for_reading_and_inputs_for_people(stock: Desk) -> None:
    stock.connector.provision([spec("score"), spec("note", purpose="input")], dry_run=False)

    assert field(stock, "Fairlead_score").permissions == {
        USER_PROFILE: "read_write",
        ADMIN_PROFILE: "read_only",
    }
    assert field(stock, "Fairlead_note").permissions == {
        USER_PROFILE: "read_write",
        ADMIN_PROFILE: "read_write",
    }


def test_a_name_that_is_taken_by_a_hidden_field_is_read_back(stock: Desk) -> None:
    """Zoho adds a number; the mapping is to be told."""
    hidden = FieldDef("77", "Fairlead_score", "Old score", "text", custom=True, permissions={})
    stock.sandbox.account.add_field("Leads", hidden)

    (step,) = stock.connector.provision([spec("score")], dry_run=False)

    assert (step.done, step.name) == (True, "Fairlead_score1")
    assert "`Fairlead_score1`" in step.detail


def test_a_module_that_is_full_says_so(stock: Desk) -> None:
    stock.sandbox.account.most_custom_fields = 1

    one, two = stock.connector.provision([spec("one"), spec("two")], dry_run=False)

    assert (one.done, two.done) == (True, False)
    assert two.failure is not None
    assert (two.failure.code, two.failure.kind) == ("LIMIT_EXCEEDED", FailureKind.STOP)
    assert "edition" in two.failure.message


def test_a_creation_that_is_repeated_after_a_cut_finds_its_field(stock: Desk) -> None:
    stock.connector.check()
    stock.sandbox.fault("reset_after", method="POST", path="/settings/fields")

    (step,) = stock.connector.provision([spec("score", FieldKind.INTEGER)], dry_run=False)

    assert (step.done, step.failure, step.name) == (True, None, "Fairlead_score")


def test_a_field_that_the_user_may_only_read_is_granted(stock: Desk) -> None:
    stock.connector.provision([spec("score")], dry_run=False)
    field(stock, "Fairlead_score").permissions[USER_PROFILE] = "read_only"

    (dry,) = stock.connector.provision([spec("score")], dry_run=True)
    (step,) = stock.connector.provision([spec("score")], dry_run=False)

    assert (dry.action, dry.done) == ("grant", False)
    assert (step.action, step.done) == ("grant", True)
    assert field(stock, "Fairlead_score").permissions[USER_PROFILE] == "read_write"


def test_options_that_a_new_version_brings_are_added(stock: Desk) -> None:
    stock.connector.provision([spec("band", FieldKind.ONE_OF, options=2)], dry_run=False)

    (step,) = stock.connector.provision([spec("band", FieldKind.ONE_OF, options=3)], dry_run=False)

    assert (step.action, step.done) == ("change", True)
    assert field(stock, "Fairlead_band").options == ["value_0", "value_1", "value_2"]


def test_yes_or_no_is_a_pick_list_and_described_as_boolean(stock: Desk) -> None:
    stock.connector.provision([spec("file_complete", FieldKind.BOOLEAN)], dry_run=False)

    assert field(stock, "Fairlead_file_complete").data_type == "picklist"
    info = stock.connector.describe(["Leads"])[0].field("Fairlead_file_complete")
    assert info is not None
    assert info.kind is FieldKind.BOOLEAN


def test_a_lookup_to_the_partner(stock: Desk) -> None:
    wanted = spec("partner", FieldKind.LINK, links_to="Vendors", label="Referred by")

    (step,) = stock.connector.provision([wanted], dry_run=False)

    assert (step.done, step.name) == (True, "Fairlead_partner")
    info = stock.connector.describe(["Leads"])[0].field("Fairlead_partner")
    assert info is not None
    assert (info.kind, info.links_to) == (FieldKind.LINK, ("Vendors",))


def test_a_module_that_is_not_there_fails_its_fields_alone(stock: Desk) -> None:
    wanted = FieldSpec("Nothing", "Fairlead_x", "x", FieldKind.TEXT, "result")

    bad, good = stock.connector.provision([wanted, spec("score")], dry_run=False)

    assert bad.failure is not None
    assert bad.failure.code == "INVALID_MODULE"
    assert good.done


def test_removal_is_one_call_a_field_and_leaves_those_of_others(stock: Desk) -> None:
    specs = [spec("one"), spec("two")]
    stock.connector.provision(specs, dry_run=False)
    foreign = FieldSpec("Leads", "Company", "Company", FieldKind.TEXT, "result")

    steps = stock.connector.unprovision([*specs, foreign], dry_run=False)

    assert [(step.action, step.target) for step in steps] == [
        ("remove", "Leads.Fairlead_one"),
        ("remove", "Leads.Fairlead_two"),
    ]
    assert stock.calls("DELETE", "/settings/fields") == 2
    assert "Company" in stock.sandbox.account.modules["Leads"].fields


def test_a_removal_that_is_repeated_after_a_cut_is_done(stock: Desk) -> None:
    stock.connector.provision([spec("one")], dry_run=False)
    stock.sandbox.fault("reset_after", method="DELETE")

    (step,) = stock.connector.unprovision([spec("one")], dry_run=False)

    assert (step.action, step.done, step.failure) == ("remove", True, None)
    assert stock.calls("DELETE", "/settings/fields") == 2


def test_views_are_explained(desk: Desk) -> None:
    fields = {"lead.priority": "Fairlead_priority", "lead.score": "Fairlead_score"}

    steps = desk.connector.views(fields, dry_run=False)

    assert [(step.action, step.target, step.done) for step in steps] == [
        ("explain", "view Call now", False),
        ("explain", "view Rewards held", False),
    ]
    assert "`Fairlead_priority`" in steps[0].detail
    assert desk.sandbox.calls == []
