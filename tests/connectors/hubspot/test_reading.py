"""Reading: keyset by id, the search's delay and ceilings, associations, deletions and merges."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from tests.connectors.hubspot.conftest import StartDesk
from tests.connectors.hubspot.desk import Desk

from fairlead.plugins.failures import ConnectorError, FailureKind
from fairlead.plugins.records import Deletion, Link, ReadQuery


def test_a_full_read_makes_the_fewest_calls(start: StartDesk) -> None:
    """2,500 leads: 13 searches of 200, associations in 3 calls of 1,000; besides the login, the properties
    and the labels.
    """
    desk = start(leads=2_500)

    assert len(desk.read()) == 2_500
    assert desk.calls("/search") == 13
    assert desk.calls("/batch/read") == 3
    assert len(desk.sandbox.calls) == 13 + 3 + 3


def test_a_page_holds_200_records_and_a_cursor_of_ids_and_instants(start: StartDesk) -> None:
    desk = start(leads=900)
    pages = desk.pages()

    assert [len(page.records) for page in pages] == [200, 200, 200, 200, 100]
    assert [page.last for page in pages] == [False, False, False, False, True]
    assert set(json.loads(pages[0].cursor)) == {"v", "since", "began", "lanes"}
    assert max(len(page.cursor) for page in pages) < 300


def test_reading_goes_on_from_every_cursor(start: StartDesk) -> None:
    desk = start(leads=1_300)
    pages = desk.pages()
    everything = set(desk.ids())
    for place, page in enumerate(pages[:-1]):
        before = {record.id for each in pages[: place + 1] for record in each.records}
        assert before | set(desk.read(page.cursor)) == everything


def test_a_record_deleted_between_two_pages_takes_no_other_with_it(start: StartDesk) -> None:
    """Pages by offset would move up by one, and pass a record by."""
    desk = start(leads=1_500)
    everything = set(desk.ids())
    gone = sorted(everything)[3]
    found: set[str] = set()
    for page in desk.connector.read_changes(desk.sandbox.query("lead"), None):
        if not found:
            desk.sandbox.do("delete", object="contacts", id=gone)
        found |= {record.id for record in page.records}

    assert found | {gone} == everything


def test_many_records_of_one_stamp_are_read_without_the_ceiling(start: StartDesk) -> None:
    """An import gives 700 records one stamp; each page goes on by id, whatever the stamps."""
    desk = start(leads=900)
    cursor = desk.pages()[-1].cursor
    desk.sandbox.advance(3_600)
    imported = desk.ids()[:700]
    desk.sandbox.do("edit_many", object="contacts", ids=imported, values={"country": "NL"})
    before = desk.calls("/search")

    assert set(desk.read(cursor)) == set(imported)
    assert desk.calls("/search") - before == 4


def test_a_change_that_the_search_shows_late_is_read_by_the_next_run(desk: Desk) -> None:
    """HubSpot shows an update up to a minute later: the cursor stays two minutes behind."""
    desk.sandbox.advance(3_600)
    id_ = desk.ids()[5]
    desk.sandbox.switches["search_lag_update"] = 60
    desk.sandbox.do("edit", object="contacts", id=id_, values={"country": "NL"})
    desk.sandbox.advance(50)
    first = desk.pages()
    seen = next(record for page in first for record in page.records if record.id == id_)
    assert seen.values["country"] != "NL"

    desk.sandbox.advance(11)

    assert desk.read(first[-1].cursor)[id_].values["country"] == "NL"


def test_a_new_record_that_the_search_does_not_know_yet_is_read_by_the_next_run(desk: Desk) -> None:
    desk.sandbox.advance(3_600)
    desk.sandbox.switches["search_lag_create"] = 10
    id_ = desk.sandbox.do("create", object="contacts", values={"firstname": "Ayşe"})
    desk.sandbox.advance(8)
    first = desk.pages()
    assert id_ not in {record.id for page in first for record in page.records}

    desk.sandbox.advance(3)

    assert id_ in desk.read(first[-1].cursor)


def test_a_clock_that_runs_ahead_passes_nothing_by(desk: Desk) -> None:
    """The cursor is made from HubSpot's clock where ours is ahead of it."""
    desk.sandbox.advance(3_600)
    ahead = desk.open()
    context = ahead._context
    object.__setattr__(context, "clock", lambda: desk.sandbox.now() + timedelta(hours=2))
    pages = list(ahead.read_changes(desk.sandbox.query("lead"), None))
    id_ = desk.ids()[0]
    desk.sandbox.do("edit", object="contacts", id=id_, values={"country": "NL"})

    assert id_ in desk.read(pages[-1].cursor)


def test_a_second_run_without_changes_reads_nothing_in_one_search(desk: Desk) -> None:
    desk.sandbox.advance(3_600)
    cursor = desk.pages()[-1].cursor
    before = desk.calls("/search")

    assert desk.read(cursor) == {}
    assert desk.calls("/search") - before == 1


@pytest.mark.parametrize("cursor", ["", "x", "{}", '{"v":2}', '{"v":1,"lanes":[[1]]}', '{"v":1,"since":"a"}'])
def test_a_cursor_of_somebody_else_is_refused(desk: Desk, cursor: str) -> None:
    with pytest.raises(ConnectorError) as caught:
        desk.read(cursor)

    assert caught.value.failure.code == "bad-cursor"


def test_contacts_and_companies_have_different_stamps(desk: Desk) -> None:
    """`lastmodifieddate` and `hs_lastmodifieddate`: the wrong one would find nothing, without an error."""
    for role, object_ in (("lead", "contacts"), ("partner", "companies"), ("treatment", "deals")):
        cursor = desk.pages(role=role)[-1].cursor
        desk.sandbox.advance(3_600)
        id_ = desk.ids(role)[0]
        desk.sandbox.do("edit", object=object_, id=id_, values={})
        assert list(desk.read(cursor, role)) == [id_]


def test_a_property_that_is_gone_stops_the_run(desk: Desk) -> None:
    """HubSpot leaves an unknown property out of its answer, as if every record had lost its value."""
    desk.sandbox.do("drop_field", object="contacts", name="fairlead_channel")
    with pytest.raises(ConnectorError) as caught:
        desk.read()

    assert caught.value.failure.kind is FailureKind.STOP
    assert caught.value.failure.field == "fairlead_channel"


def test_a_value_that_is_not_of_its_kind_rejects_the_record_alone(desk: Desk) -> None:
    good, bad = desk.ids()[:2]
    desk.sandbox.do("edit", object="contacts", id=bad, values={"fairlead_introduced_on": "last week"})

    read = desk.read()

    assert read[good].problem is None
    problem = read[bad].problem
    assert problem is not None
    assert (problem.kind, problem.field) == (FailureKind.REJECT, "fairlead_introduced_on")
    assert "last week" not in str(problem)


def test_the_primary_company_goes_first_where_no_label_is_asked_for(desk: Desk) -> None:
    id_, companies = desk.ids()[0], desk.ids("partner")
    for target in companies[:3]:
        desk.sandbox.do("associate", object="contacts", id=id_, to="companies", target=target)
    (record,) = desk.connector.read(
        ReadQuery("contacts", ("firstname",), (Link("partner", "companies"),)), [id_]
    )
    # the first association ever made is the primary one
    primary = str(desk.sandbox.account.links.of("contacts", int(id_), "companies")[0])

    assert record.links["partner"][0] == primary
    assert set(companies[:3]) <= set(record.links["partner"])


def test_an_employer_is_no_partner(desk: Desk) -> None:
    """HubSpot associates a contact with the company of its e-mail domain; only the label makes a partner."""
    id_ = next(id_ for id_, record in desk.sandbox.truth("lead").items() if not record.links["partner"])
    desk.sandbox.do("associate", object="contacts", id=id_, to="companies", target=desk.ids("partner")[0])

    assert desk.read()[id_].links["partner"] == ()


def test_a_label_that_is_gone_stops_the_run(start: StartDesk) -> None:
    desk = start(provisioned=False)
    query = ReadQuery("contacts", ("firstname",), (Link("partner", "companies", "Referring partner"),))
    with pytest.raises(ConnectorError) as caught:
        list(desk.connector.read_changes(query, None))

    assert caught.value.failure.code == "no-association-label"


def test_a_record_with_more_associations_than_a_page_has_all_of_them(start: StartDesk) -> None:
    """Associations of one record come 500 to an answer."""
    desk = start(leads=2, partners=1_050)
    id_ = desk.ids()[0]
    for target in desk.ids("partner"):
        desk.sandbox.do("associate", object="contacts", id=id_, to="companies", target=target)
    (record,) = desk.connector.read(
        ReadQuery("contacts", ("firstname",), (Link("partner", "companies"),)), [id_]
    )

    assert set(record.links["partner"]) == set(desk.ids("partner"))


def test_records_are_read_by_id_a_hundred_to_a_call(start: StartDesk) -> None:
    desk = start(leads=250)
    ids = desk.ids()

    found = desk.connector.read(desk.query("firstname"), [*ids, "1", "not-an-id", ids[0]])

    assert sorted(record.id for record in found) == sorted(ids)
    assert desk.calls("/contacts/batch/read") == 3


def test_a_merge_makes_a_third_record_whose_aliases_are_both(desk: Desk) -> None:
    """Since 2025 HubSpot gives what comes of a merge an id of its own; both old ids lead to it."""
    deleted = list(desk.connector.read_deletions("contacts", None))[-1].cursor
    cursor = desk.pages()[-1].cursor
    desk.sandbox.advance(3_600)
    keep, lose = desk.ids()[:2]
    made = desk.sandbox.do("merge", object="contacts", keep=keep, lose=lose)

    (record,) = desk.read(cursor).values()
    assert (record.id, record.aliases) == (made, (keep, lose))
    by_old = desk.connector.read(desk.query("firstname"), [keep, lose])
    assert [each.id for each in by_old] == [made]
    gone = [each for page in desk.connector.read_deletions("contacts", deleted) for each in page.deletions]
    assert gone == [
        Deletion("contacts", keep, merged_into=made),
        Deletion("contacts", lose, merged_into=made),
    ]


def test_deletions_come_from_the_list_of_archived_records(start: StartDesk) -> None:
    """The list has 100 to a page and no filter; what was known before is left out."""
    desk = start(leads=180)
    early = desk.ids()[:3]
    for id_ in early:
        desk.sandbox.do("delete", object="contacts", id=id_)
    desk.sandbox.advance(600)
    cursor = list(desk.connector.read_deletions("contacts", None))[-1].cursor
    desk.sandbox.advance(3_600)
    late = desk.ids()[:120]
    for id_ in late:
        desk.sandbox.do("delete", object="contacts", id=id_)

    pages = list(desk.connector.read_deletions("contacts", cursor))

    assert {each.id for page in pages for each in page.deletions} == set(late)
    assert [page.last for page in pages] == [False, True]
    assert all(each.deleted_at is not None for page in pages for each in page.deletions)


def test_deletions_are_known_for_90_days(desk: Desk) -> None:
    cursor = list(desk.connector.read_deletions("contacts", None))[-1].cursor
    desk.sandbox.advance(90 * 86_400)
    with pytest.raises(ConnectorError) as caught:
        list(desk.connector.read_deletions("contacts", cursor))

    assert (caught.value.failure.kind, caught.value.failure.code) == (FailureKind.REJECT, "window-passed")


def test_only_deals_of_the_chosen_pipelines_are_read(desk: Desk) -> None:
    other = desk.ids("treatment")[0]
    desk.sandbox.do("edit", object="deals", id=other, values={"pipeline": "aftercare"})
    connector = desk.open(pipelines=["default"])
    query = desk.sandbox.query("treatment")

    found = {record.id for page in connector.read_changes(query, None) for record in page.records}

    assert found == set(desk.ids("treatment")) - {other}
    assert connector.read(query, [other]) == []


@pytest.mark.parametrize("version", ["2026-09", "2026-03", "v3"])
def test_each_version_reads_the_same(desk: Desk, version: str) -> None:
    """The third version has other paths, and numbers where the dated ones write texts."""
    connector = desk.open(api_version=version)
    truth = desk.sandbox.truth("lead")

    found = {
        record.id: record
        for page in connector.read_changes(desk.sandbox.query("lead"), None)
        for record in page.records
    }

    assert found == truth
    assert (desk.calls("/crm/v3/") > 0) is (version == "v3")


@pytest.mark.parametrize("body", [{}, [], {"results": None}, {"results": [1]}, "ok"])
@pytest.mark.parametrize("path", ["/properties/", "/labels", "/search", "/batch/read"])
def test_an_answer_of_another_shape_is_an_outage(desk: Desk, path: str, body: object) -> None:
    """A gateway in between may answer 200 with JSON of its own."""
    desk.sandbox.fault("status", path=path, status=200, body=body)
    with pytest.raises(ConnectorError) as caught:
        desk.read()

    assert (caught.value.failure.kind, caught.value.failure.code) == (FailureKind.RETRY, "unexpected-answer")
