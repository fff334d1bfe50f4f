"""Health facts of a treatment are kept as long as its lead consents, and no longer."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from tests.sync.clinic import Clinic

from fairlead.plugins.records import Scalar
from fairlead.sync.mapping import covers_health
from fairlead.sync.report import RunReport
from fairlead.sync.runner import Runner

OpenClinic = Callable[..., Clinic]

CRMS = ("hubspot", "salesforce", "zoho")
#: what each CRM's mapping reads of a treatment that is about health
HEALTH = {"hubspot": "estimate_total", "salesforce": "procedure", "zoho": "procedure"}
CONSENTED: dict[str, Scalar] = {
    "given_on": date(2026, 11, 1),
    "explicit": True,
    "covers_health_data": True,
    "withdrawn": False,
}


def synced(clinic: Clinic) -> RunReport:
    clinic.sandbox.advance(3600)
    report = clinic.sync()
    assert (report.state, report.rejects_open) == ("done", 0), report.problem
    return report


def consent(clinic: Clinic, lead: str, **facts: Scalar) -> None:
    """Fill the fields of a lead's consent in the CRM."""
    session = clinic.session()
    object_ = clinic.sandbox.objects["lead"]
    sources = session.mapping.document.objects[object_].entities["consent"].facts
    session.connector.close()
    values = {str(sources[short].field): value for short, value in facts.items()}
    clinic.sandbox.do("edit", object=object_, id=lead, values=values)


def treatment(clinic: Clinic, lead: str) -> Any:
    """Return the facts that the store has of a lead's treatment."""
    with clinic.store() as store, store.reading() as tx:
        return tx.mirror.related("treatment", "lead", [lead])[lead][0].facts


def with_a_treatment(clinic: Clinic) -> str:
    with clinic.store() as store, store.reading() as tx:
        leads = [id_ for page in tx.mirror.ids("lead") for id_ in page]
        return min(tx.mirror.related("treatment", "lead", leads))


@pytest.mark.parametrize("crm", CRMS)
def test_a_treatments_health_facts_follow_its_leads_consent(open_clinic: OpenClinic, crm: str) -> None:
    clinic = open_clinic(crm, leads=30, partners=2, limits=False)
    clinic.provision()
    synced(clinic)
    lead = with_a_treatment(clinic)
    consent(clinic, lead, **CONSENTED | {"withdrawn": True})
    synced(clinic)
    assert HEALTH[crm] not in treatment(clinic, lead)

    consent(clinic, lead, **CONSENTED)
    synced(clinic)
    assert HEALTH[crm] in treatment(clinic, lead)

    consent(clinic, lead, withdrawn=True)
    report = synced(clinic)
    assert HEALTH[crm] not in treatment(clinic, lead)
    assert report.withheld >= 1
    # nothing else brings them back
    clinic.sandbox.advance(3600)
    assert clinic.sync(full=True).state == "done"
    assert HEALTH[crm] not in treatment(clinic, lead)


@pytest.fixture
def clinic(open_clinic: OpenClinic) -> Clinic:
    """A HubSpot account with treatments, synced, and none of its leads consents."""
    clinic = open_clinic("hubspot", leads=30, partners=2, limits=False, provisioned=False)
    clinic.provision()
    synced(clinic)
    return clinic


@pytest.mark.parametrize(
    "lacking",
    [
        {"covers_health_data": False},
        {"covers_health_data": None},
        {"withdrawn": True},
        {"given_on": None},
    ],
    ids=str,
)
def test_what_is_no_live_consent_for_health_data_gives_nothing(
    clinic: Clinic, lacking: dict[str, Scalar]
) -> None:
    lead = with_a_treatment(clinic)

    consent(clinic, lead, **CONSENTED | lacking)
    synced(clinic)

    assert "estimate_total" not in treatment(clinic, lead)


def test_a_consent_that_is_gone_erases_them_too(clinic: Clinic) -> None:
    lead = with_a_treatment(clinic)
    consent(clinic, lead, **CONSENTED)
    synced(clinic)
    assert "estimate_total" in treatment(clinic, lead)

    consent(clinic, lead, given_on=None)
    synced(clinic)

    assert "estimate_total" not in treatment(clinic, lead)


def test_a_lead_that_is_gone_erases_them_too(clinic: Clinic) -> None:
    lead = with_a_treatment(clinic)
    consent(clinic, lead, **CONSENTED)
    synced(clinic)

    clinic.sandbox.do("delete", object="contacts", id=lead)
    synced(clinic)

    with clinic.store() as store, store.reading() as tx:
        kept = [
            record.facts
            for page in tx.mirror.ids("treatment")
            for record in tx.mirror.records("treatment", page).values()
        ]
    assert kept
    assert [facts for facts in kept if "estimate_total" in facts] == []


def test_another_leads_consent_does_not_count(clinic: Clinic) -> None:
    lead = with_a_treatment(clinic)
    other = next(id_ for id_ in sorted(clinic.sandbox.truth("lead")) if id_ != lead)

    consent(clinic, other, **CONSENTED)
    synced(clinic)

    assert "estimate_total" not in treatment(clinic, lead)


def test_treatments_that_are_read_before_their_leads_are_read_again(open_clinic: OpenClinic) -> None:
    clinic = open_clinic("hubspot", leads=30, partners=2, limits=False)
    session = clinic.session()
    document = dict(session.mapping.source)
    session.connector.close()
    objects = dict(document["objects"])
    document["objects"] = {"deals": objects.pop("deals"), **objects}
    (clinic.folder / "mappings" / "hubspot.json").write_text(json.dumps(document), "utf-8")
    clinic.provision()

    synced(clinic)

    with clinic.store() as store, store.reading() as tx:
        leads = [id_ for page in tx.mirror.ids("lead") for id_ in page]
        consents = tx.mirror.related("consent", "lead", leads)
        treatments = tx.mirror.related("treatment", "lead", leads)
        live = {
            lead
            for lead, (found, *_) in consents.items()
            if found.facts.get("covers_health_data") and not found.facts.get("withdrawn")
        }
        kept = {
            lead
            for lead, found in treatments.items()
            if any("estimate_total" in each.facts for each in found)
        }
    assert kept
    assert kept == live & treatments.keys()


def cut_short(clinic: Clinic) -> None:
    """Sync until the leads are read, and end there."""

    def end(*_: object) -> None:
        raise KeyboardInterrupt

    clinic.sandbox.advance(3600)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Runner, "_read_deletions", end)
        with pytest.raises(KeyboardInterrupt):
            clinic.sync()


def test_what_a_run_could_not_read_again_the_next_one_does(clinic: Clinic) -> None:
    lead = with_a_treatment(clinic)
    consent(clinic, lead, **CONSENTED)
    cut_short(clinic)
    assert "estimate_total" not in treatment(clinic, lead)

    synced(clinic)

    assert "estimate_total" in treatment(clinic, lead)


def test_a_withdrawal_erases_in_the_step_that_reads_it(clinic: Clinic) -> None:
    lead = with_a_treatment(clinic)
    consent(clinic, lead, **CONSENTED)
    synced(clinic)
    assert "estimate_total" in treatment(clinic, lead)

    consent(clinic, lead, withdrawn=True)
    cut_short(clinic)

    assert "estimate_total" not in treatment(clinic, lead)


@pytest.mark.parametrize(
    ("ends", "day", "stands"),
    [
        (None, date(2030, 1, 1), True),
        ("2026-11-21", date(2026, 11, 21), True),
        ("2026-11-21", date(2026, 11, 22), False),
    ],
)
def test_a_consent_stands_to_its_last_day(ends: str | None, day: date, stands: bool) -> None:
    found = {"given_on": "2026-01-02", "covers_health_data": True, "expires_on": ends}

    assert covers_health(found, day) is stands


def test_a_reject_keeps_nothing_about_health(open_clinic: OpenClinic) -> None:
    clinic = open_clinic(leads=4, partners=1)
    clinic.provision()
    clinic.sandbox.do(
        "edit",
        object="people",
        id="P000001",
        values={"fl_pages_read": -4, "fl_reported_urgent_symptoms": True, "fl_channel": "phone"},
    )

    assert clinic.sync().rejects_open == 1

    with clinic.store() as store, store.reading() as tx:
        (reject,) = tx.rejects.entries()
    assert reject.input is not None
    assert (reject.input["fl_pages_read"], reject.input["fl_channel"]) == (-4, "phone")
    assert "fl_reported_urgent_symptoms" not in reject.input
