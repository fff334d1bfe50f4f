"""Reading an org: order, cursors, bulk jobs, deletions, merges, conversions."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from urllib.parse import unquote

import pytest
from tests.connectors.salesforce.org import Org, org, read_all

from fairlead.plugins.failures import ConnectorError, FailureKind
from fairlead.plugins.records import Link, ReadQuery

LEADS = ReadQuery("Lead", ("LastName",))
TREATMENTS = ReadQuery("Opportunity", ("Name",), (Link("lead", "Lead"),))


def test_reading_goes_on_where_the_cursor_of_a_query_has_expired() -> None:
    with org(leads=4_300, partners=2) as made:
        connector = made.open(bulk_reads_above=100_000)
        seen: list[str] = []
        for number, page in enumerate(connector.read_changes(LEADS, None)):
            seen += [record.id for record in page.records]
            if number == 0:
                made.sandbox.do("expire_cursors")

        assert len(seen) == len(set(seen)) == 4_300


def test_a_cursor_is_a_place_and_no_locator(clinic: Org) -> None:
    _, (page,) = read_all(clinic.connector, LEADS)
    kept = json.loads(page.cursor)

    assert sorted(kept) == ["asked", "at", "id", "v"]
    assert kept["id"] == ""


def test_the_cursor_stays_behind_now_and_the_next_run_overlaps(clinic: Org) -> None:
    """A transaction of ten minutes shows with the stamp of its beginning."""
    (id_,) = clinic.ids(1)
    clinic.sandbox.advance(7_200)
    _, pages = read_all(clinic.connector, LEADS)
    clinic.sandbox.advance(60)
    clinic.sandbox.do("edit_late", object="Lead", id=id_, values={"LastName": "Late"}, seconds=600)

    found, _ = read_all(clinic.connector, LEADS, pages[-1].cursor)

    assert found[id_].values["LastName"] == "Late"


def test_many_records_are_read_by_a_bulk_job() -> None:
    """The first page tells how many there are; what is left comes by a job whose results have parts."""
    with org(leads=4_500, partners=2) as made:
        found, pages = read_all(made.connector, LEADS)

        assert found.keys() == made.sandbox.truth("lead").keys()
        assert [len(page.records) for page in pages] == [2_000, 2_000, 500]
        assert made.sandbox.count("POST", "/jobs/query") == 1
        assert made.sandbox.count("DELETE", "/jobs/query") == 1


def test_results_of_a_bulk_job_come_in_parts_until_the_locator_is_the_word_null(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("fairlead_salesforce.bulk._PART", 150)
    with org(leads=2_400, partners=2) as made:
        query = made.sandbox.query("lead")
        found, _ = read_all(made.open(bulk_reads_above=0), query)

        assert made.sandbox.count("GET", "/results") == 3
        assert {id_: record.values for id_, record in found.items()} == {
            id_: record.values for id_, record in made.sandbox.truth("lead").items()
        }


def test_a_bulk_job_that_is_aborted_is_made_up_for_by_queries() -> None:
    with org(leads=2_400, partners=2) as made:
        made.sandbox.fault(
            "status", path=r"/jobs/query/\w+$", method="GET", status=200, body={"state": "Aborted"}
        )
        found, _ = read_all(made.open(bulk_reads_above=0), LEADS)

        assert len(found) == 2_400


def test_a_list_of_fields_that_no_address_holds_goes_into_a_bulk_job(clinic: Org) -> None:
    names = tuple(f"Fairlead_{'long' * 5}_{number:03d}__c" for number in range(300))
    for name in names:
        body = {"FullName": f"Lead.{name}", "Metadata": {"label": "L", "type": "Text", "length": 9}}
        clinic.call("POST", "/tooling/sobjects/CustomField", json=body)
    show_all(clinic, names)

    found, _ = read_all(clinic.open(), ReadQuery("Lead", names))

    assert len(found) == 20
    assert clinic.sandbox.count("POST", "/jobs/query") == 1


def show_all(clinic: Org, names: tuple[str, ...]) -> None:
    (granted,) = clinic.query("SELECT Id FROM PermissionSet WHERE Name = 'Fairlead'").json()["records"]
    for start in range(0, len(names), 200):
        records = [
            {
                "attributes": {"type": "FieldPermissions"},
                "ParentId": granted["Id"],
                "SobjectType": "Lead",
                "Field": f"Lead.{name}",
                "PermissionsRead": True,
                "PermissionsEdit": True,
            }
            for name in names[start : start + 200]
        ]
        clinic.call("POST", "/composite/sobjects", json={"records": records})


def test_conditions_go_by_stamp_and_id() -> None:
    """The bare comparison of the stamp is what an index serves; the id breaks ties."""
    with org(leads=2_100, partners=1) as made:
        connector = made.open(bulk_reads_above=100_000)
        first = next(iter(connector.read_changes(LEADS, None)))
        last = first.records[-1]
        rest, _ = read_all(connector, LEADS, first.cursor)

        assert len(rest) == 100
        assert json.loads(first.cursor)["id"] == last.id


def test_the_lead_of_a_treatment_is_the_one_that_was_converted_or_the_one_in_the_lookup() -> None:
    with org(leads=60, partners=2) as made:
        leads = made.sandbox.truth("lead")
        by_conversion = {record.became["Opportunity"]: id_ for id_, record in leads.items() if record.became}
        found, _ = read_all(made.connector, TREATMENTS)

        assert len(by_conversion) == 3
        assert {id_: found[id_].links["lead"] for id_ in by_conversion} == {
            id_: (lead,) for id_, lead in by_conversion.items()
        }
        assert all(record.links["lead"] for record in found.values())


def test_a_converted_lead_tells_what_it_became(clinic: Org) -> None:
    (id_,) = clinic.ids(1)
    became = clinic.sandbox.do("convert", object="Lead", id=id_)

    assert sorted(became) == ["Account", "Contact", "Opportunity"]
    assert clinic.lead(id_, "LastName").became == became


def test_a_merged_lead_lives_on_under_its_master(clinic: Org) -> None:
    keep, lose, deleted = clinic.ids(3)
    clinic.sandbox.do("merge", object="Lead", keep=keep, lose=lose)
    clinic.sandbox.do("delete", object="Lead", id=deleted)
    clinic.sandbox.advance(300)

    (page,) = clinic.connector.read_deletions("Lead", None)

    assert {each.id: each.merged_into for each in page.deletions} == {lose: keep, deleted: None}


def test_deletions_of_an_object_that_cannot_be_merged_are_read(clinic: Org) -> None:
    gone = next(iter(clinic.sandbox.truth("treatment")))
    clinic.sandbox.do("delete", object="Opportunity", id=gone)
    clinic.sandbox.advance(300)

    (page,) = clinic.connector.read_deletions("Opportunity", None)

    assert [each.id for each in page.deletions] == [gone]


def test_deletions_of_more_than_fifteen_days_ago_are_told_to_be_lost(clinic: Org) -> None:
    (page,) = clinic.connector.read_deletions("Lead", None)
    clinic.sandbox.advance(timedelta(days=14).total_seconds())
    (later,) = clinic.connector.read_deletions("Lead", page.cursor)
    clinic.sandbox.advance(timedelta(days=16).total_seconds())

    assert later.last
    with pytest.raises(ConnectorError) as caught:
        list(clinic.connector.read_deletions("Lead", later.cursor))
    assert (caught.value.failure.kind, caught.value.failure.code) == (FailureKind.REJECT, "window-passed")


def test_more_deletions_than_one_answer_has_are_asked_for_in_halves(clinic: Org) -> None:
    ids = clinic.ids(3)
    for id_ in ids:
        clinic.sandbox.do("delete", object="Lead", id=id_)
        clinic.sandbox.advance(86_400)
    refusal = [{"errorCode": "EXCEEDED_ID_LIMIT", "message": "too many"}]
    clinic.sandbox.fault("status", path="/deleted", status=400, body=refusal, times=3)

    (page,) = clinic.connector.read_deletions("Lead", None)

    assert sorted(each.id for each in page.deletions) == sorted(ids)
    assert len({each.id for each in page.deletions}) == len(page.deletions)


def test_a_partner_lookup_that_was_removed_stops_reading(clinic: Org) -> None:
    """Read without it, every lead would look as if nobody had introduced it."""
    clinic.sandbox.do("drop_field", object="Lead", name="Fairlead_partner__c")

    with pytest.raises(ConnectorError) as caught:
        read_all(clinic.open(), clinic.sandbox.query("lead"))

    assert (caught.value.failure.kind, caught.value.failure.field) == (
        FailureKind.STOP,
        "Fairlead_partner__c",
    )


def test_the_org_may_have_a_partner_lookup_of_its_own(clinic: Org) -> None:
    truth = clinic.sandbox.truth("lead")
    clinic.sandbox.do("rename_field", object="Lead", name="Fairlead_partner__c", to="Referring_Account__c")
    query = ReadQuery("Lead", ("LastName",), (Link("partner", "Account"),))

    found, _ = read_all(clinic.open(partner_field="Referring_Account__c"), query)

    assert {id_: record.links for id_, record in found.items()} == {
        id_: record.links for id_, record in truth.items()
    }


def test_a_task_about_a_contact_has_no_lead(clinic: Org) -> None:
    """`WhoId` holds leads and contacts; the first characters of an id tell which."""
    task = next(iter(clinic.sandbox.truth("interaction")))
    contact = clinic.call("POST", "/sobjects/Contact", json={"LastName": "Carter"}).json()["id"]
    clinic.call("PATCH", f"/sobjects/Task/{task}", json={"WhoId": contact})

    (record,) = clinic.connector.read(clinic.sandbox.query("interaction"), [task])

    assert record.links["lead"] == ()


def test_a_value_that_does_not_fit_its_field_rejects_its_record_alone(clinic: Org) -> None:
    query = replace(LEADS, fields=("CreatedDate",))
    ids = clinic.ids(2)
    rows = [
        {"Id": ids[0], "SystemModstamp": "2026-11-20T18:00:00.000+0000", "CreatedDate": "yesterday"},
        {"Id": ids[1], "SystemModstamp": "2026-11-20T18:00:00.000+0000", "CreatedDate": None},
    ]
    answer = {"totalSize": 2, "done": True, "records": rows}
    clinic.sandbox.fault("status", path="/query", status=200, body=answer)

    found, _ = read_all(clinic.connector, query)

    problem = found[ids[0]].problem
    assert problem is not None
    assert (problem.kind, problem.field) == (FailureKind.REJECT, "CreatedDate")
    assert "yesterday" not in str(problem)
    assert found[ids[1]].problem is None


def test_a_mapping_puts_nothing_but_names_into_a_query(clinic: Org) -> None:
    with pytest.raises(ConnectorError) as caught:
        read_all(clinic.connector, ReadQuery("Lead", ("Id FROM User WHERE Name != 'x' --",)))

    assert caught.value.failure.kind is FailureKind.STOP
    assert not [call for call in clinic.sandbox.calls if "User" in unquote(call.path)]


def test_a_cursor_that_is_none_of_ours_is_told(clinic: Org) -> None:
    with pytest.raises(ConnectorError) as caught:
        read_all(clinic.connector, LEADS, '{"at": "2026-01-01T00:00:00Z", "id": "x OR 1=1"}')

    assert caught.value.failure.code == "bad-cursor"


def test_reading_without_changes_takes_as_many_calls_over_many_records_as_over_few(clinic: Org) -> None:
    clinic.sandbox.advance(86_400)
    _, pages = read_all(clinic.connector, LEADS)
    clinic.sandbox.advance(3_600)
    before = len(clinic.sandbox.calls)
    found, _ = read_all(clinic.connector, LEADS, pages[-1].cursor)

    assert found == {}
    assert len(clinic.sandbox.calls) - before == 2
