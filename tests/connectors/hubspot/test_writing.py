"""Writing: partial success, shuffled results, locks, links and tasks."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from tests.connectors.hubspot.conftest import StartDesk
from tests.connectors.hubspot.desk import Desk

from fairlead.plugins.failures import FailureKind
from fairlead.plugins.records import Change, Link, LinkChange, Task
from fairlead_hubspot.provisioning import TASK_KEY

DUE = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
PARTNER = Link("partner", "companies", "Referring partner")


def test_each_item_of_a_207_lands_on_its_record(desk: Desk) -> None:
    """Results come shuffled, errors apart; each is matched by the trace id that it was sent with."""
    first, second, third = desk.ids()[:3]
    values = {id_: {"fairlead_language": f"of {id_}"} for id_ in (first, third)}
    results = desk.write({first: values[first], second: {"fairlead_channel": "smoke"}, third: values[third]})

    assert [each.id for each in results] == [first, second, third]
    assert [each.failure and each.failure.code for each in results] == [None, "INVALID_OPTION", None]
    assert results[1].failure is not None
    assert results[1].failure.field == "fairlead_channel"
    assert desk.held(third, "fairlead_language") == f"of {third}"
    assert results[0].modified_at is not None


def test_a_batch_that_fails_for_one_record_is_halved_until_that_record_is_alone(start: StartDesk) -> None:
    """An interface that knows no partial success fails all; 100 records take 2 x 7 further calls."""
    desk = start(leads=100)
    desk.sandbox.switches["strict_batches"] = True
    ids = desk.ids()
    bad = ids[42]
    results = desk.write({id_: {"fairlead_channel": "smoke" if id_ == bad else "phone"} for id_ in ids})

    assert [each.id for each in results if each.failure] == [bad]
    assert sum(desk.held(id_, "fairlead_channel") == "phone" for id_ in ids) >= 99
    assert desk.calls("/batch/update") <= 15


@pytest.mark.parametrize("body", [{}, [], {"results": [1]}, "ok"])
def test_an_answer_of_another_shape_counts_as_not_written(desk: Desk, body: object) -> None:
    desk.sandbox.fault("status", path="/batch/update", status=200, body=body)
    (result,) = desk.write({desk.ids()[0]: {"country": "NL"}})

    assert result.failure is not None
    assert result.failure.kind is FailureKind.RETRY


def test_a_record_that_is_gone_fails_alone(desk: Desk) -> None:
    gone, there = desk.ids()[:2]
    desk.sandbox.do("delete", object="contacts", id=gone)

    results = desk.write({gone: {"country": "NL"}, there: {"country": "NL"}})

    assert results[0].failure is not None
    assert results[0].failure.kind is FailureKind.GONE
    assert results[1].failure is None


def test_a_write_by_an_old_id_reaches_what_it_was_merged_into(desk: Desk) -> None:
    keep, lose, other = desk.ids()[:3]
    made = desk.sandbox.do("merge", object="contacts", keep=keep, lose=lose)

    results = desk.write({lose: {"country": "NL"}, other: {"country": "DE"}})

    assert [(each.id, each.failure) for each in results] == [(lose, None), (other, None)]
    assert desk.held(made, "country") == "NL"


def test_of_two_changes_of_one_record_the_later_values_stand(desk: Desk) -> None:
    """HubSpot refuses a batch that names an id twice."""
    id_ = desk.ids()[0]
    results = desk.connector.write(
        [
            Change("contacts", id_, {"country": "DE", "fairlead_language": "de"}),
            Change("contacts", id_, {"country": "NL"}),
        ]
    )

    assert [each.failure for each in results] == [None, None]
    assert (desk.held(id_, "country"), desk.held(id_, "fairlead_language")) == ("NL", "de")


def test_none_empties_a_property(desk: Desk) -> None:
    id_ = desk.ids()[0]
    desk.write({id_: {"country": None}})

    assert desk.held(id_, "country") is None


def test_what_hubspot_normalised_is_told(desk: Desk) -> None:
    """From 2026-09 on a date with a time of day is made a date, and the answer says so."""
    id_ = desk.ids()[0]
    (result,) = desk.write({id_: {"fairlead_introduced_on": datetime(2026, 11, 2, 9, 30, tzinfo=UTC)}})

    assert result.failure is None
    assert result.warnings == ("HubSpot changed how the value of `fairlead_introduced_on` is written",)
    assert desk.held(id_, "fairlead_introduced_on") == "2026-11-02"
    (plain,) = desk.write({id_: {"fairlead_introduced_on": date(2026, 11, 3)}})
    assert plain.warnings == ()


def test_a_property_that_the_account_requires_is_named(desk: Desk) -> None:
    """From 2026-09 on a write can fail for a property that it never touched."""
    desk.sandbox.switches["required_properties"] = {"contacts": ["phone"]}
    bare = desk.sandbox.do("create", object="contacts", values={"firstname": "Ayşe"})

    (result,) = desk.write({bare: {"country": "NL"}})
    (older,) = desk.open(api_version="v3").write([Change("contacts", bare, {"country": "NL"})])

    assert result.failure is not None
    assert (result.failure.kind, result.failure.code) == (FailureKind.REJECT, "MISSING_REQUIRED_PROPERTY")
    assert "`phone`" in result.failure.message
    assert older.failure is None


def test_a_code_that_another_partner_has_is_refused(desk: Desk) -> None:
    first, second = desk.ids("partner")[:2]
    (result,) = desk.write(
        {second: {"fairlead_code": desk.held(first, "fairlead_code", "companies")}}, "companies"
    )

    assert result.failure is not None
    assert (result.failure.kind, result.failure.field) == (FailureKind.REJECT, "fairlead_code")


def test_a_lock_after_a_burst_of_writes_is_waited_for(start: StartDesk) -> None:
    """Above three writes a second the account locks for two seconds."""
    desk = start(leads=500)
    desk.sandbox.switches["lock_burst"] = 3

    results = desk.write({id_: {"country": "NL"} for id_ in desk.ids()})

    assert [each.failure for each in results if each.failure] == []
    assert any(call.status == 423 for call in desk.sandbox.calls)


def test_writes_are_under_way_side_by_side(start: StartDesk) -> None:
    desk = start(leads=1_200)
    desk.sandbox.latency = 0.05
    desk.write({id_: {"country": "NL"} for id_ in desk.ids()})

    assert desk.calls("/batch/update") == 12
    assert 2 <= desk.sandbox.most_in_flight <= 10


def test_nothing_is_written_to_another_account(desk: Desk) -> None:
    connector = desk.open(account_id=7)
    (result,) = connector.write([Change("contacts", desk.ids()[0], {"country": "NL"})])

    assert result.failure is not None
    assert (result.failure.kind, result.failure.code) == (FailureKind.STOP, "wrong-account")
    assert desk.calls("/batch/update") == 0


def test_a_label_moves_and_other_associations_stay(desk: Desk) -> None:
    """A partner's label is ours to move; the association with an employer is the facility's."""
    id_ = next(id_ for id_, record in desk.sandbox.truth("lead").items() if not record.links["partner"])
    employer, old, new = desk.ids("partner")[:3]
    desk.sandbox.do("associate", object="contacts", id=id_, to="companies", target=employer)
    for target in (old, new, new):
        (result,) = desk.connector.write_links([LinkChange("contacts", id_, PARTNER, target)])
        assert result.failure is None

    assert desk.sandbox.truth("lead")[id_].links["partner"] == (new,)
    assert desk.sandbox.account.links.of("contacts", int(id_), "companies") == tuple(
        map(int, (employer, old, new))
    )


def test_a_link_without_a_label_is_added_to_those_that_are_there(desk: Desk) -> None:
    id_ = next(id_ for id_, record in desk.sandbox.truth("lead").items() if not record.links["partner"])
    employer, partner = desk.ids("partner")[:2]
    desk.sandbox.do("associate", object="contacts", id=id_, to="companies", target=employer)
    change = LinkChange("contacts", id_, Link("partner", "companies"), partner)

    for _ in range(2):
        assert desk.connector.write_links([change])[0].failure is None

    assert desk.sandbox.account.links.of("contacts", int(id_), "companies") == (int(employer), int(partner))


def test_a_task_is_found_by_its_key_although_the_search_does_not_show_it_yet(desk: Desk) -> None:
    """The key is a property with unique values; a search right after would find nothing."""
    desk.sandbox.switches["search_lag_create"] = 3_600
    id_ = desk.ids()[0]
    task = Task("contacts", id_, "fairlead-hot-1", "Call now", "Score 70", DUE)

    for connector in (desk.connector, desk.open()):
        (result,) = connector.create_tasks([task])
        assert result.failure is None

    tasks = desk.sandbox.account.table("tasks")
    (made,) = tasks.rows.values()
    assert made.values["hs_task_subject"] == "Call now"
    assert made.values[TASK_KEY.name] == "fairlead-hot-1"
    assert desk.sandbox.account.links.of("tasks", made.id, "contacts") == (int(id_),)


def test_a_task_that_a_person_completed_stays_completed(desk: Desk) -> None:
    task = Task("contacts", desk.ids()[0], "fairlead-hot-1", "Call now", "Score 70", DUE)
    desk.connector.create_tasks([task])
    (made,) = desk.sandbox.account.table("tasks").rows.values()
    desk.sandbox.do("edit", object="tasks", id=str(made.id), values={"hs_task_status": "COMPLETED"})

    desk.connector.create_tasks([task])

    assert made.values["hs_task_status"] == "COMPLETED"


def test_a_task_that_lost_its_record_to_a_crash_gets_it_by_the_next_call(desk: Desk) -> None:
    """The task is made and associated in two calls."""
    task = Task("contacts", desk.ids()[0], "fairlead-hot-1", "Call now", "Score 70", DUE)
    desk.sandbox.fault("status", path="associate/default", status=400, body={"category": "VALIDATION_ERROR"})
    (first,) = desk.connector.create_tasks([task])
    assert first.failure is not None

    (second,) = desk.connector.create_tasks([task])

    assert second.failure is None
    (made,) = desk.sandbox.account.table("tasks").rows.values()
    assert desk.sandbox.account.links.of("tasks", made.id, "contacts") == (int(task.id),)


@pytest.mark.parametrize("version", ["2026-09", "v3"])
def test_each_version_writes_the_same(desk: Desk, version: str) -> None:
    connector = desk.open(api_version=version)
    id_, partner = desk.ids()[0], desk.ids("partner")[0]
    (written,) = connector.write([Change("contacts", id_, {"fairlead_channel": "phone"})])
    (linked,) = connector.write_links([LinkChange("contacts", id_, PARTNER, partner)])

    assert (written.failure, linked.failure) == (None, None)
    assert desk.held(id_, "fairlead_channel") == "phone"
    assert desk.sandbox.truth("lead")[id_].links["partner"] == (partner,)
