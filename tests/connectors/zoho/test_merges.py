"""Merges, of which Zoho tells nothing: one record is deleted, the other has what it took over."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import pytest
from tests.sync.clinic import Clinic

INTRODUCED = {"Fairlead_introduced_on": date(2026, 10, 1)}


@pytest.fixture
def clinic(open_clinic: Callable[..., Clinic]) -> Clinic:
    made = open_clinic("zoho", leads=20, partners=3)
    made.provision()
    made.sync()
    return made


def synced(clinic: Clinic) -> Any:
    clinic.sandbox.advance(600)
    report = clinic.sync()
    assert (report.state, report.imbalances()) == ("done", [])
    return report


def introductions(clinic: Clinic) -> Mapping[str, str | None]:
    """Return the partner of each introduction by its id."""
    with clinic.store() as store, store.reading() as tx:
        ids = [id_ for page in tx.mirror.ids("introduction") for id_ in page]
        found = tx.mirror.records("introduction", ids)
    links = {id_: record.links.get("partner") for id_, record in found.items()}
    return {id_: link.id if link is not None else None for id_, link in links.items()}


def two_leads(clinic: Clinic, kept: Mapping[str, Any]) -> tuple[str, str, str]:
    """Return a partner, and two leads of theirs, the second of which was introduced."""
    truth = clinic.sandbox.truth("lead")
    partner = next(iter(sorted(clinic.sandbox.truth("partner"))))
    keep, lose = sorted(truth)[:2]
    for id_, values in ((keep, kept), (lose, INTRODUCED)):
        entered = {"Fairlead_partner": partner, "Fairlead_introduced_on": None, **values}
        clinic.sandbox.do("edit", object="Leads", id=id_, values=entered)
    synced(clinic)
    return partner, keep, lose


def test_an_introduction_stays_one_and_moves_to_the_lead_that_is_kept(clinic: Clinic) -> None:
    partner, keep, lose = two_leads(clinic, kept={})
    before = introductions(clinic)
    assert (before.get(lose), before.get(keep)) == (partner, None)

    clinic.sandbox.do("merge", object="Leads", keep=keep, lose=lose)
    report = synced(clinic)

    assert introductions(clinic) == {id_: each for id_, each in before.items() if id_ != lose} | {
        keep: partner
    }
    counts = report.objects["Leads"]
    assert (counts.deleted, counts.merged) == (1, 0)


def test_two_introductions_of_one_patient_become_one_and_nothing_is_left_of_the_other(clinic: Clinic) -> None:
    partner, keep, lose = two_leads(clinic, kept=INTRODUCED)
    before = introductions(clinic)
    assert (before[lose], before[keep]) == (partner, partner)

    clinic.sandbox.do("merge", object="Leads", keep=keep, lose=lose)
    report = synced(clinic)

    assert introductions(clinic) == {id_: each for id_, each in before.items() if id_ != lose}
    assert report.write_rejected == report.rejects_open == 0
    with clinic.store() as store, store.reading() as tx:
        assert sum(tx.outbox.counts().values()) == 0
    assert synced(clinic).queued == 0
