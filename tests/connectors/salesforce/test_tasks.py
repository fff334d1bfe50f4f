"""Tasks for people are made once; views are explained."""

from __future__ import annotations

from datetime import UTC, datetime

from tests.connectors.salesforce.org import Org

from fairlead.plugins.failures import FailureKind
from fairlead.plugins.records import Task

DUE = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def task(id_: str, key: str, subject: str = "Call now: score 70") -> Task:
    return Task("Lead", id_, key, subject, "Sent medical records", DUE)


def tasks_of(clinic: Org, id_: str) -> list[dict[str, object]]:
    fields = "Subject, ActivityDate, Priority, OwnerId"
    answer = clinic.query(f"SELECT {fields} FROM Task WHERE WhoId = '{id_}' AND Priority = 'High'")  # noqa: S608
    return list(answer.json()["records"])


def test_a_task_is_made_for_the_owner_of_the_lead(clinic: Org) -> None:
    (id_,) = clinic.ids(1)

    (result,) = clinic.connector.create_tasks([task(id_, "hot/1")])

    (made,) = tasks_of(clinic, id_)
    assert result.failure is None
    assert str(made["Subject"]).startswith("Call now: score 70 [fairlead:")
    assert (made["ActivityDate"], made["OwnerId"]) == ("2026-11-24", "0055f0000000001AAA")


def test_a_key_that_is_there_makes_no_second_task_though_the_words_changed(clinic: Org) -> None:
    first, second = clinic.ids(2)
    clinic.connector.create_tasks([task(first, "hot/1")])

    results = clinic.connector.create_tasks([task(first, "hot/1", "Call: 80"), task(second, "hot/2")])

    assert [result.failure for result in results] == [None, None]
    assert [len(tasks_of(clinic, id_)) for id_ in (first, second)] == [1, 1]


def test_a_creation_whose_answer_was_lost_makes_no_second_task(clinic: Org) -> None:
    (id_,) = clinic.ids(1)
    clinic.sandbox.fault("reset_after", method="POST", path="/composite/sobjects$")

    (result,) = clinic.connector.create_tasks([task(id_, "hot/1")])

    assert result.failure is None
    assert len(tasks_of(clinic, id_)) == 1


def test_trouble_that_stays_fails_each_task(clinic: Org) -> None:
    ids = clinic.ids(2)
    clinic.sandbox.fault("status", method="POST", path="/composite/sobjects$", times=99)

    results = clinic.connector.create_tasks([task(id_, id_) for id_ in ids])

    assert [result.failure and result.failure.kind for result in results] == [FailureKind.RETRY] * 2


def test_views_are_explained_since_the_interface_makes_none(clinic: Org) -> None:
    fields = {
        "lead.priority": "Fairlead_priority__c",
        "lead.score": "Fairlead_score__c",
        "introduction.reward_state": "Fairlead_reward_state__c",
    }

    steps = clinic.connector.views(fields, dry_run=False)

    assert [(step.action, step.target, step.done) for step in steps] == [
        ("explain", "list view Call now", False),
        ("explain", "list view Rewards held", False),
    ]
    assert "`Fairlead_priority__c`" in steps[0].detail
