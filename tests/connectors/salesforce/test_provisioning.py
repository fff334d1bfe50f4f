"""Making our fields in an org, and making them visible."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from tests.connectors.salesforce.org import Org, org

from fairlead.plugins.fields import FieldKind, FieldSpec, Option, SetupStep
from fairlead_salesforce.metadata import metadata_of
from fairlead_salesforce.provisioning import PERMISSION_SET

SCORE = FieldSpec("Lead", "Fairlead_score__c", "Score", FieldKind.INTEGER, "result")
BAND = FieldSpec(
    "Lead",
    "Fairlead_band__c",
    "Band",
    FieldKind.ONE_OF,
    "result",
    options=(Option("hot", "Hot"), Option("cold", "Cold")),
)
RECORDS = FieldSpec("Lead", "Fairlead_submitted__c", "Records received", FieldKind.BOOLEAN, "input")


def said(steps: Sequence[SetupStep]) -> list[tuple[str, str, bool]]:
    return [(step.action, step.target, step.done) for step in steps]


def visible(made: Org, object_: str = "Lead") -> set[str]:
    return {field["name"] for field in made.call("GET", f"/sobjects/{object_}/describe").json()["fields"]}


def test_a_field_is_made_granted_and_seen() -> None:
    with org(provisioned=False) as made:
        steps = made.connector.provision([SCORE], dry_run=False)

        assert said(steps) == [
            ("create", "Lead.Fairlead_score__c", True),
            ("create", "permission set Fairlead", True),
            ("grant", "permission set Fairlead", True),
            ("grant", "permission set Fairlead", True),
            ("explain", "permission set Fairlead", False),
        ]
        assert "Fairlead_score__c" in visible(made)


def test_a_field_that_is_there_and_hidden_is_granted(clinic: Org) -> None:
    clinic.sandbox.do("hide_field", object="Lead", name="Fairlead_language__c")
    spec = FieldSpec("Lead", "Fairlead_language__c", "Language", FieldKind.TEXT, "result")

    steps = clinic.open().provision([spec], dry_run=False)

    assert said(steps) == [
        ("exists", "Lead.Fairlead_language__c", True),
        ("grant", "permission set Fairlead", True),
    ]
    assert "Fairlead_language__c" in visible(clinic)


def test_a_field_that_stays_hidden_is_a_failure_with_the_remedy() -> None:
    """A permission set group may mute what the permission set grants."""
    with org(provisioned=False) as made:
        refusal = [{"success": True, "id": "01k000000000001AAA", "errors": []}]
        made.sandbox.fault("status", method="POST", path="/composite/sobjects", status=200, body=refusal)

        step = made.connector.provision([SCORE], dry_run=False)[0]

        assert step.failure is not None
        assert (step.failure.code, step.done) == ("not-visible", False)
        assert f"`{PERMISSION_SET}`" in str(step.failure.remedy)


def test_options_are_added_and_those_of_people_stay(clinic: Org) -> None:
    clinic.connector.provision([BAND], dry_run=False)
    fuller = FieldSpec(
        BAND.object,
        BAND.name,
        BAND.label,
        BAND.kind,
        "result",
        options=(Option("hot", "Hot"), Option("warm", "Warm")),
    )

    (planned, *_) = clinic.connector.provision([fuller], dry_run=True)
    (changed, *_) = clinic.connector.provision([fuller], dry_run=False)
    (again, *_) = clinic.connector.provision([fuller], dry_run=False)

    assert [(step.action, step.done) for step in (planned, changed, again)] == [
        ("change", False),
        ("change", True),
        ("exists", True),
    ]
    (described,) = clinic.connector.describe(["Lead"])
    field = described.field(BAND.name)
    assert field is not None
    assert [option.value for option in field.options] == ["hot", "cold", "warm"]


def test_the_lookups_come_with_the_input_fields_and_go_with_them() -> None:
    with org(provisioned=False) as made:
        made.connector.provision([RECORDS, SCORE], dry_run=False)
        lead, opportunity = visible(made), visible(made, "Opportunity")
        (described,) = made.connector.describe(["Lead"])
        steps = made.connector.unprovision([RECORDS, SCORE], dry_run=False)

        partner = described.field("Fairlead_partner__c")
        assert partner is not None
        assert (partner.kind, partner.links_to) == (FieldKind.LINK, ("Account",))
        assert "Fairlead_partner__c" in lead
        assert "Fairlead_lead__c" in opportunity
        assert said(steps) == [
            ("remove", "Lead.Fairlead_submitted__c", True),
            ("remove", "Lead.Fairlead_score__c", True),
            ("remove", "Lead.Fairlead_partner__c", True),
            ("remove", "Opportunity.Fairlead_lead__c", True),
            ("remove", "permission set Fairlead", True),
        ]
        assert "Fairlead_partner__c" not in visible(made)
        assert made.query("SELECT count() FROM PermissionSet").json()["totalSize"] == 0


def test_the_permission_set_stays_while_fields_of_ours_are_left(clinic: Org) -> None:
    clinic.connector.provision([SCORE], dry_run=False)

    steps = clinic.connector.unprovision([SCORE], dry_run=False)

    assert said(steps) == [("remove", "Lead.Fairlead_score__c", True)]
    assert "Fairlead_language__c" in visible(clinic)


def test_without_the_permission_to_customise_a_person_is_told_what_to_do() -> None:
    with org(provisioned=False) as made:
        refusal = [{"errorCode": "INSUFFICIENT_ACCESS", "message": "no"}]
        made.sandbox.fault("status", path="/tooling/sobjects", status=403, body=refusal, times=9)

        step = made.connector.provision([SCORE], dry_run=False)[0]

        assert (step.action, step.done) == ("explain", False)
        assert "administrator" in step.detail
        assert "metadata bundle" in step.detail


def test_a_creation_whose_answer_was_lost_is_not_a_failure() -> None:
    with org(provisioned=False) as made:
        made.sandbox.fault("reset_after", method="POST", path="/tooling/sobjects")

        step = made.connector.provision([SCORE], dry_run=False)[0]

        assert (step.action, step.done, step.failure) == ("create", True, None)


def test_a_field_of_the_orgs_own_is_neither_granted_nor_removed(clinic: Org) -> None:
    clinic.sandbox.do("rename_field", object="Lead", name="Fairlead_language__c", to="Preferred_Language__c")
    spec = FieldSpec("Lead", "Preferred_Language__c", "Language", FieldKind.TEXT, "override")

    steps = clinic.open().provision([spec], dry_run=False)
    removed = clinic.connector.unprovision([spec], dry_run=False)

    assert said(steps) == [("exists", "Lead.Preferred_Language__c", True)]
    assert removed == []


@pytest.mark.parametrize(
    ("spec", "metadata"),
    [
        (
            FieldSpec("Lead", "Fairlead_a__c", "A", FieldKind.TEXT, "input", length=80, unique=True),
            {"type": "Text", "length": 80, "unique": True, "externalId": True, "caseSensitive": False},
        ),
        (
            FieldSpec("Lead", "Fairlead_a__c", "A", FieldKind.TEXT, "result", length=400),
            {"type": "LongTextArea", "length": 400, "visibleLines": 4},
        ),
        (
            FieldSpec("Lead", "Fairlead_a__c", "A", FieldKind.LONG_TEXT, "result", length=100),
            {"type": "LongTextArea", "length": 256, "visibleLines": 4},
        ),
        (
            FieldSpec("Lead", "Fairlead_a__c", "A", FieldKind.DECIMAL, "result", precision=15, scale=2),
            {"type": "Number", "precision": 15, "scale": 2},
        ),
        (
            FieldSpec("Lead", "Fairlead_a__c", "A", FieldKind.LINK, "input", links_to="Account"),
            {
                "type": "Lookup",
                "referenceTo": "Account",
                "relationshipName": "Leads_Fairlead_a",
                "relationshipLabel": "Leads",
                "deleteConstraint": "SetNull",
            },
        ),
    ],
)
def test_a_field_is_said_in_salesforces_metadata(spec: FieldSpec, metadata: dict[str, object]) -> None:
    assert metadata_of(spec) == {"label": "A", "required": False} | metadata


def test_a_name_is_no_longer_than_salesforce_takes(clinic: Org) -> None:
    """40 characters without `__c`, and two long bases are still told apart."""
    one = clinic.connector.field_name("asked_for_virtual_consultation_twice")
    other = clinic.connector.field_name("asked_for_virtual_consultation_thrice")

    assert clinic.connector.field_name("score") == "Fairlead_score__c"
    assert len(one) == len(other) == 43
    assert one != other


def test_a_grant_of_reading_alone_is_widened(clinic: Org) -> None:
    soql = "SELECT Id FROM FieldPermissions WHERE Field = 'Lead.Fairlead_language__c'"
    (row,) = clinic.query(soql).json()["records"]
    clinic.call("PATCH", f"/sobjects/FieldPermissions/{row['Id']}", json={"PermissionsEdit": False})
    spec = FieldSpec("Lead", "Fairlead_language__c", "Language", FieldKind.TEXT, "result")

    steps = clinic.open().provision([spec], dry_run=False)

    assert said(steps) == [
        ("exists", "Lead.Fairlead_language__c", True),
        ("grant", "permission set Fairlead", True),
    ]
    (described,) = clinic.open().describe(["Lead"])
    field = described.field("Fairlead_language__c")
    assert field is not None
    assert field.writable


def test_without_the_permission_to_grant_the_failure_is_told_with_the_fields() -> None:
    with org(provisioned=False) as made:
        refusal = [{"errorCode": "INSUFFICIENT_ACCESS", "message": "no"}]
        made.sandbox.fault("status", path="/sobjects/PermissionSet", status=403, body=refusal, times=9)

        steps = made.connector.provision([SCORE], dry_run=False)

        failed = [step.target for step in steps if step.failure is not None]
        assert failed == ["Lead.Fairlead_score__c", "permission set Fairlead"]
