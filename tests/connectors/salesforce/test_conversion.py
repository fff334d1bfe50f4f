"""What an introduction comes to after its lead was converted: it stands on the contact that came of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.sync.clinic import Clinic

from fairlead import project
from fairlead.problems import DocumentError
from fairlead.store import Ref
from fairlead_salesforce.sandbox.server import SalesforceSandbox

OpenClinic = Callable[..., Clinic]
#: an introduction that is entered in full, and earns its reward
INTRODUCED = {
    "Fairlead_introduced_on__c": "2026-10-01",
    "Fairlead_introduction_verified__c": True,
    "Fairlead_file_complete__c": True,
    "Fairlead_patient_already_known__c": False,
    "Fairlead_is_self_referral__c": False,
}


@pytest.fixture
def clinic(open_clinic: OpenClinic) -> Clinic:
    made = open_clinic("salesforce", leads=20, partners=4)
    made.provision()
    return made


def org(clinic: Clinic) -> SalesforceSandbox:
    assert isinstance(clinic.sandbox, SalesforceSandbox)
    return clinic.sandbox


def held(clinic: Clinic, object_: str, id_: str) -> Mapping[str, Any]:
    """Return what the org holds in fields of ours."""
    values = org(clinic).state()[object_]["records"][id_]["values"]
    return {name: value for name, value in values.items() if name.startswith("Fairlead_")}


def unconverted(clinic: Clinic, count: int) -> list[str]:
    leads = clinic.sandbox.truth("lead").items()
    return [id_ for id_, record in leads if not record.became and record.links["partner"]][:count]


def introduced(clinic: Clinic) -> str:
    """Return a lead of a partner that was introduced and synced."""
    (id_,) = unconverted(clinic, 1)
    clinic.sandbox.do("edit", object="Lead", id=id_, values=INTRODUCED)
    settled(clinic)
    return id_


def settled(clinic: Clinic) -> None:
    clinic.sandbox.advance(1_200)
    report = clinic.sync()
    assert (report.state, report.write_rejected, report.imbalances()) == ("done", 0, [])


def enter_licence(clinic: Clinic, lead: str) -> None:
    """Enter what the partner lacked: the reward falls due."""
    (partner,) = clinic.sandbox.truth("lead")[lead].links["partner"]
    values = {"Fairlead_licence_valid_from__c": "2026-01-01", "Fairlead_licence_valid_until__c": "2028-01-01"}
    clinic.sandbox.do("edit", object="Account", id=partner, values=values)


def test_results_go_to_the_contact_that_the_lead_became(clinic: Clinic) -> None:
    lead = introduced(clinic)
    before = held(clinic, "Lead", lead)
    assert before["Fairlead_reward_state__c"] in ("not_earned", "held", "payable")
    contact = clinic.sandbox.do("convert", object="Lead", id=lead)["Contact"]

    settled(clinic)

    found = held(clinic, "Contact", contact)
    assert found["Fairlead_reward_state__c"] == before["Fairlead_reward_state__c"]
    assert found["Fairlead_introduction_reasons__c"] == before["Fairlead_introduction_reasons__c"]
    # the lead's own results end with the lead
    assert not {"Fairlead_score__c", "Fairlead_priority__c", "Fairlead_reasons__c"} & set(found)
    assert held(clinic, "Lead", lead) == before


def test_what_changes_after_the_conversion_is_written_and_nothing_twice(clinic: Clinic) -> None:
    lead = introduced(clinic)
    contact = clinic.sandbox.do("convert", object="Lead", id=lead)["Contact"]
    settled(clinic)
    before = held(clinic, "Contact", contact)
    assert (before["Fairlead_licence_valid__c"], before["Fairlead_reward_state__c"]) == ("failed", "held")
    enter_licence(clinic, lead)

    settled(clinic)
    after = held(clinic, "Contact", contact)
    assert (after["Fairlead_licence_valid__c"], after["Fairlead_reward_state__c"]) == ("passed", "payable")

    clinic.sandbox.calls.clear()
    settled(clinic)
    assert clinic.sandbox.count("PATCH") == 0
    assert len(org(clinic).state()["Contact"]["records"]) == 1


def test_a_lead_without_an_introduction_ends_with_its_conversion(clinic: Clinic) -> None:
    settled(clinic)
    (lead,) = [id_ for id_, record in clinic.sandbox.truth("lead").items() if not record.links["partner"]][:1]
    contact = clinic.sandbox.do("convert", object="Lead", id=lead)["Contact"]

    settled(clinic)

    assert held(clinic, "Contact", contact) == {}


def test_two_leads_that_became_one_contact_do_not_overwrite_each_other(clinic: Clinic) -> None:
    """Salesforce converts into a contact that is there already; the first introduction keeps its place."""
    one, two = unconverted(clinic, 2)
    for id_ in (one, two):
        clinic.sandbox.do("edit", object="Lead", id=id_, values=INTRODUCED)
    settled(clinic)
    contact = clinic.sandbox.do("convert", object="Lead", id=one)["Contact"]
    settled(clinic)
    kept = held(clinic, "Contact", contact)
    clinic.sandbox.do("convert_into", id=two, contact=contact)
    clinic.sandbox.advance(1_200)

    report = clinic.sync()

    assert [(code, ref) for code, ref, _ in report.notes] == [("shared-conversion", f"Lead/{two}")]
    assert held(clinic, "Contact", contact) == kept
    assert report.imbalances() == []


def test_who_forgets_the_lead_forgets_the_contact(clinic: Clinic) -> None:
    lead = introduced(clinic)
    contact = clinic.sandbox.do("convert", object="Lead", id=lead)["Contact"]
    settled(clinic)

    with clinic.store() as store:
        store.forget(Ref("Lead", lead), at=datetime(2026, 12, 1, tzinfo=UTC))
        with store.reading() as tx:
            assert tx.held.get([Ref("Contact", contact), Ref("Lead", lead)]) == {}
            assert tx.identity.resolve(Ref("Contact", contact)) == Ref("Lead", lead)


def test_a_contact_that_was_deleted_is_gone_and_the_run_goes_on(clinic: Clinic) -> None:
    lead = introduced(clinic)
    contact = clinic.sandbox.do("convert", object="Lead", id=lead)["Contact"]
    clinic.sandbox.do("delete", object="Contact", id=contact)
    clinic.sandbox.advance(1_200)

    report = clinic.sync()

    assert (report.state, report.gone, report.imbalances()) == ("done", 1, [])


def test_contacts_that_the_user_does_not_see_or_may_not_edit_are_named(clinic: Clinic) -> None:
    clinic.sandbox.do("restrict_object", object="Contact", to="read")
    with pytest.raises(DocumentError) as raised:
        clinic.sync()
    (problem,) = raised.value.problems
    assert problem.code == "missing-result-field"
    assert "of ours of `Contact`" in problem.message

    clinic.sandbox.do("restrict_object", object="Contact", to="hidden")
    with pytest.raises(DocumentError) as raised:
        clinic.sync()
    (problem,) = raised.value.problems
    assert (problem.code, problem.found) == ("unknown-object", "Contact")


def test_a_project_may_leave_contacts_alone(clinic: Clinic) -> None:
    """Without `after_conversion` in its mapping, what comes after a conversion is counted, not written."""
    session = clinic.session()
    document = session.mapping.document.model_dump(mode="json", exclude_unset=True)
    session.connector.close()
    del document["objects"]["Lead"]["after_conversion"]
    path = project.open(clinic.folder).folder / "mappings" / "salesforce.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({**document, "name": "mappings/salesforce"}), "utf-8")
    lead = introduced(clinic)
    contact = clinic.sandbox.do("convert", object="Lead", id=lead)["Contact"]
    enter_licence(clinic, lead)
    clinic.sandbox.advance(1_200)

    report = clinic.sync()

    assert report.read_only >= 1
    assert held(clinic, "Contact", contact) == {}
