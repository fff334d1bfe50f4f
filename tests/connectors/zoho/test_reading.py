"""Reading: nothing is lost between pages, runs and conversions, and few calls are made."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest
from tests.connectors.zoho.conftest import Start
from tests.connectors.zoho.desk import Desk

from fairlead.plugins.failures import ConnectorError, FailureKind
from fairlead.plugins.records import Link, ReadQuery
from fairlead_zoho.sandbox.schema import FieldDef


def test_a_full_read_takes_the_largest_pages(start: Start) -> None:
    desk = start(leads=4500)

    found, _ = desk.read(desk.sandbox.query("lead"))

    assert found == desk.sandbox.truth("lead")
    assert desk.calls("POST", "/coql") == 3
    assert desk.calls("GET", "/Leads") == 1  # the look at converted leads
    assert len(desk.sandbox.calls) == 6  # with the token and the description of the fields


def test_a_few_changes_cost_one_credit_for_the_query(desk: Desk) -> None:
    _, cursor = desk.read(desk.query())
    desk.settle()
    changed = desk.ids()[:3]
    for id_ in changed:
        desk.sandbox.do("edit", object="Leads", id=id_, values={"Country": "SE"})
    before = desk.sandbox.credits.used

    found, _ = desk.read(desk.query(), cursor)

    assert sorted(found) == changed
    assert desk.sandbox.credits.used - before == 2  # the query, and the look at converted leads


def test_more_than_2000_records_with_one_stamp(start: Start) -> None:
    desk = start(leads=2600)
    _, cursor = desk.read(desk.query())
    desk.settle()
    desk.sandbox.do("edit_many", object="Leads", ids=desk.ids(), values={"Country": "SE"})

    found, _ = desk.read(desk.query(), cursor)

    assert sorted(found) == desk.ids()


def test_a_cursor_holds_instants_and_ids_alone(start: Start) -> None:
    desk = start(leads=2100)
    first, *_ = desk.connector.read_changes(desk.query(), None)

    assert set(json.loads(first.cursor)) == {"v", "until", "after"}
    assert json.loads(first.cursor)["after"] == desk.ids()[1999]


def test_reading_goes_on_from_each_page_after_days(start: Start) -> None:
    desk = start(leads=2100)
    pages = desk.pages(desk.query())
    desk.sandbox.advance(5 * 86_400)

    again = desk.pages(desk.query(), pages[0].cursor)

    assert [record.id for page in again for record in page.records] == desk.ids()[2000:]


def test_the_cursor_stays_two_minutes_behind_zohos_clock(desk: Desk) -> None:
    """A transaction that commits late has an earlier stamp than what was read already."""
    _, cursor = desk.read(desk.query())
    desk.sandbox.advance(60)
    id_ = desk.ids()[0]
    desk.sandbox.do("edit_late", object="Leads", id=id_, values={"Country": "SE"}, seconds=100)

    found, _ = desk.read(desk.query(), cursor)

    assert found[id_].values == {"Last_Name": desk.sandbox.truth("lead")[id_].values["Last_Name"]}


def test_the_time_is_zohos_not_this_machines(desk: Desk) -> None:
    connector = desk.open()
    connector._client._clock = lambda: desk.sandbox.now() + timedelta(hours=9)

    *_, last = connector.read_changes(desk.query(), None)

    behind = desk.sandbox.now() - timedelta(seconds=115)
    assert json.loads(last.cursor)["since"] < behind.isoformat()


def test_the_boundary_is_read_again(desk: Desk) -> None:
    """`Modified_Time` has whole seconds: a change in the second of the cursor must not be lost."""
    _, cursor = desk.read(desk.query())
    since = json.loads(cursor)["since"]
    id_ = desk.ids()[0]
    row = desk.sandbox.account.tables["Leads"].rows[int(id_)]
    desk.sandbox.account.tables["Leads"].touch(row, datetime.fromisoformat(since))

    found, _ = desk.read(desk.query(), cursor)

    assert list(found) == [id_]


def test_since_narrows_a_first_read(desk: Desk) -> None:
    truth = desk.sandbox.truth("lead")
    since = sorted(record.modified_at for record in truth.values())[30]

    pages = list(desk.connector.read_changes(desk.query(), None, since))

    found = {record.id for page in pages for record in page.records}
    assert found == {id_ for id_, record in truth.items() if record.modified_at >= since}


def test_a_converted_lead_tells_what_it_became(desk: Desk) -> None:
    _, cursor = desk.read(desk.query())
    desk.settle()
    id_ = desk.ids()[0]
    became = desk.sandbox.do("convert", object="Leads", id=id_)

    found, _ = desk.read(desk.sandbox.query("lead"), cursor)

    assert list(found) == [id_]
    assert found[id_].became == became
    assert set(became) == {"Accounts", "Contacts", "Deals"}
    assert found[id_].values == desk.sandbox.truth("lead")[id_].values
    (by_id,) = desk.connector.read(desk.sandbox.query("lead"), [id_])
    assert by_id == found[id_]


def test_many_converted_leads_are_read_in_pages(start: Start) -> None:
    desk = start(leads=460)
    for id_ in desk.ids()[:450]:
        desk.sandbox.do("convert", object="Leads", id=id_)

    pages = desk.pages(desk.query())

    assert [len(page.records) for page in pages] == [10, 200, 200, 50]
    resumed = desk.pages(desk.query(), pages[1].cursor)
    seen = {record.id for page in [*pages[:2], *resumed] for record in page.records}
    assert sorted(seen) == desk.ids()


def test_more_converted_leads_than_a_list_reaches(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """The list begins again at its last stamp; the ceiling of 100,000 is lowered for the test."""
    monkeypatch.setattr("fairlead_zoho.reading._LIST_CEILING", 400)
    monkeypatch.setattr("fairlead_zoho.sandbox.reading._LAST_BY_TOKEN", 400)
    desk = start(leads=1000)
    for number, id_ in enumerate(desk.ids()):
        desk.sandbox.advance(1 if number % 100 == 0 else 0)
        desk.sandbox.do("convert", object="Leads", id=id_)

    found, _ = desk.read(desk.query())

    assert sorted(found) == desk.ids()


def test_more_leads_converted_in_one_second_than_a_list_reaches(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fairlead_zoho.reading._LIST_CEILING", 400)
    monkeypatch.setattr("fairlead_zoho.sandbox.reading._LAST_BY_TOKEN", 400)
    desk = start(leads=500)
    stamp = desk.sandbox.stamp()
    monkeypatch.setattr(desk.sandbox, "stamp", lambda: stamp)
    for id_ in desk.ids():
        desk.sandbox.do("convert", object="Leads", id=id_)

    with pytest.raises(ConnectorError) as raised:
        desk.pages(desk.query())

    assert (raised.value.failure.kind, raised.value.failure.code) == (FailureKind.STOP, "too-many-at-once")


def test_more_fields_than_a_list_names_are_read_in_pieces(start: Start) -> None:
    """A list names fifty fields; of a converted lead, five are those that tell of the conversion."""
    desk = start()
    described = desk.connector.describe(["Leads"])[0]
    names = tuple(field.name for field in described.fields if not field.name.startswith("Converted"))
    assert len(names) > 45
    id_ = desk.ids()[0]
    desk.sandbox.do("convert", object="Leads", id=id_)

    found, _ = desk.read(ReadQuery("Leads", names))
    (by_id,) = desk.connector.read(ReadQuery("Leads", names), [id_])

    assert len(found) == 60
    assert found[id_] == by_id
    assert set(by_id.values) == set(names)
    assert by_id.problem is None


def _more_than_fifty(desk: Desk) -> tuple[str, ...]:
    """Add fields to the account and return the names of all that leads have."""
    for number in range(10):
        name = f"Extra_{number}"
        desk.sandbox.account.add_field("Leads", FieldDef(f"99{number}", name, name, "text", custom=True))
        for id_ in desk.ids():
            desk.sandbox.account.tables["Leads"].rows[int(id_)].values[name] = f"{number} of {id_}"
    names = tuple(field.name for field in desk.open().describe(["Leads"])[0].fields)
    assert len(names) > 50
    return names


def test_older_versions_select_fifty_columns_at_a_time(desk: Desk) -> None:
    names = _more_than_fifty(desk)
    old = desk.open(api_version="v7")

    def read(connector: object) -> dict[str, object]:
        pages = list(connector.read_changes(ReadQuery("Leads", names), None))  # type: ignore[attr-defined]
        return {record.id: record for page in pages for record in page.records}

    assert read(old) == read(desk.connector)
    assert desk.sandbox.count("POST", "/crm/v7/coql") == 2


def test_a_record_that_goes_between_two_pieces_is_left_to_its_deletion(desk: Desk) -> None:
    names = _more_than_fifty(desk)
    old = desk.open(api_version="v7")
    answer = desk.sandbox.reading.query
    gone = desk.ids()[0]

    def delete_first(request: object, version: str) -> object:
        if desk.sandbox.count("POST", "/coql") == 1:
            desk.sandbox.do("delete", object="Leads", id=gone)
        return answer(request, version)  # type: ignore[arg-type]

    desk.sandbox._handlers["POST /crm/<version>/coql"] = delete_first  # type: ignore[assignment]
    pages = list(old.read_changes(ReadQuery("Leads", names), None))

    found = {record.id for page in pages for record in page.records}
    assert len(found) == 59
    assert gone not in found


def test_records_that_a_piece_has_no_room_for_are_read_by_themselves(start: Start) -> None:
    """Records that change between two pieces take the room of others in the second."""
    desk = start(leads=2100)
    names = _more_than_fifty(desk)
    late, changed = desk.ids()[100:110], [*desk.ids()[50:100], *desk.ids()[110:]]
    since = desk.sandbox.stamp()
    desk.sandbox.do("edit_many", object="Leads", ids=changed, values={"Country": "SE"})
    answer = desk.sandbox.reading.query

    def change_first(request: object, version: str) -> object:
        if desk.sandbox.count("POST", "/coql") == 1:
            desk.sandbox.do("edit_many", object="Leads", ids=late, values={"Country": "SE"})
        return answer(request, version)  # type: ignore[arg-type]

    desk.sandbox._handlers["POST /crm/<version>/coql"] = change_first  # type: ignore[assignment]
    pages = list(desk.open(api_version="v7").read_changes(ReadQuery("Leads", names), None, since))

    found = {record.id: record for page in pages for record in page.records}
    assert set(changed) <= set(found)
    assert all(found[id_].values == desk.sandbox_values(id_, names) for id_ in changed[1985:1995])


def test_calls_are_interactions_by_telephone(desk: Desk) -> None:
    found, _ = desk.read(desk.sandbox.query("interaction"))

    assert found == desk.sandbox.truth("interaction")
    assert {record.values["Call_Type"] for record in found.values()} <= {"Inbound", "Outbound"}
    assert all(record.links["lead"][0] in desk.ids() for record in found.values())


def test_a_lookup_is_a_link_and_an_empty_one_points_nowhere(desk: Desk) -> None:
    found, _ = desk.read(
        ReadQuery("Leads", ("Last_Name",), (Link("partner", "Vendors", "Fairlead_partner"),))
    )

    targets = {record.links["partner"] for record in found.values()}
    assert () in targets
    assert {target[0] for target in targets if target} <= set(desk.ids("partner"))


def test_a_link_needs_its_lookup_field(desk: Desk) -> None:
    with pytest.raises(ConnectorError) as raised:
        desk.pages(ReadQuery("Leads", ("Last_Name",), (Link("partner", "Vendors"),)))

    assert raised.value.failure.code == "link-without-field"


def test_a_field_that_is_gone_stops_the_read_and_is_named(desk: Desk) -> None:
    desk.pages(desk.query("Last_Name", "Fairlead_language"))
    desk.sandbox.do("drop_field", object="Leads", name="Fairlead_language")

    for connector in (desk.connector, desk.open()):
        with pytest.raises(ConnectorError) as raised:
            list(connector.read_changes(desk.query("Last_Name", "Fairlead_language"), None))
        failure = raised.value.failure
        assert (failure.kind, failure.field) == (FailureKind.STOP, "Fairlead_language")
        assert "provision" in str(failure.remedy)


def test_a_list_leaves_out_a_field_that_is_gone_and_the_record_says_so(desk: Desk) -> None:
    """`GET` passes over names that it does not know: without a look at the answer they would be empty."""
    query = desk.query("Last_Name", "Fairlead_language")
    desk.pages(query)
    desk.sandbox.do("drop_field", object="Leads", name="Fairlead_language")

    (record,) = desk.connector.read(query, desk.ids()[:1])

    assert record.problem is not None
    assert (record.problem.kind, record.problem.field) == (FailureKind.REJECT, "Fairlead_language")


def test_deletions_are_read_once_and_then_the_new_ones(desk: Desk) -> None:
    one, two = desk.ids()[:2]
    desk.sandbox.do("delete", object="Leads", id=one)
    (page,) = desk.connector.read_deletions("Leads", None)
    assert [each.id for each in page.deletions] == [one]
    desk.settle()
    desk.sandbox.do("delete", object="Leads", id=two)

    (again,) = desk.connector.read_deletions("Leads", page.cursor)

    assert two in {each.id for each in again.deletions}
    desk.settle()
    (later,) = desk.connector.read_deletions("Leads", again.cursor)
    desk.settle()
    assert next(iter(desk.connector.read_deletions("Leads", later.cursor))).deletions == ()


def test_deletions_come_in_pages(start: Start) -> None:
    desk = start(leads=450)
    for id_ in desk.ids()[:430]:
        desk.sandbox.do("delete", object="Leads", id=id_)

    pages = list(desk.connector.read_deletions("Leads", None))

    assert [len(page.deletions) for page in pages] == [200, 200, 30]
    assert [page.last for page in pages] == [False, False, True]
    rest = list(desk.connector.read_deletions("Leads", pages[0].cursor))
    assert len({each.id for page in [pages[0], *rest] for each in page.deletions}) == 430


def test_deletions_of_more_than_sixty_days_ago_ask_for_a_reconciliation(desk: Desk) -> None:
    (page,) = desk.connector.read_deletions("Leads", None)
    desk.sandbox.advance(61 * 86_400)

    with pytest.raises(ConnectorError) as raised:
        list(desk.connector.read_deletions("Leads", page.cursor))

    assert (raised.value.failure.kind, raised.value.failure.code) == (FailureKind.REJECT, "window-passed")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"v":2}',
        '{"v":1,"since":"yesterday"}',
        '{"v":1,"after":"1 or 1"}',
        '{"v":1,"page":0}',
        '{"v":1,"phase":"all"}',
        '{"v":1,"other":1}',
    ],
)
def test_a_cursor_of_another_making_is_refused(desk: Desk, text: str) -> None:
    with pytest.raises(ConnectorError) as raised:
        desk.pages(desk.query(), text)

    assert raised.value.failure.code == "bad-cursor"


def test_a_checkbox_of_the_accounts_own_is_never_empty(desk: Desk) -> None:
    """Which is why Fairlead's own yes-or-no fields are pick lists."""
    desk.sandbox.do("retype_field", object="Leads", name="Fairlead_file_complete", kind="boolean")

    found, _ = desk.read(desk.query("Fairlead_file_complete"))

    assert {record.values["Fairlead_file_complete"] for record in found.values()} == {False}


@pytest.mark.parametrize("path", ["/coql", "/Leads$", "/settings/fields", "/deleted"])
@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        "a text",
        {"data": 5, "fields": 5},
        {"data": [], "fields": []},
        {"data": [{"Last_Name": "x"}], "fields": [{"label": "x"}], "info": {"more_records": True}},
        {"data": [{"id": "1 or 1"}], "fields": [5], "info": 7},
        {"status": "error", "code": "SOMETHING", "details": {}},
    ],
)
def test_an_answer_of_another_shape_is_never_taken_for_an_empty_one(
    desk: Desk, path: str, body: object
) -> None:
    """It would move the cursor past records that were never seen."""
    desk.sandbox.fault("status", path=path, status=200, body=body, times=100)

    def read_all() -> None:
        desk.pages(desk.query())
        list(desk.connector.read_deletions("Leads", None))

    with pytest.raises(ConnectorError) as raised:
        read_all()

    assert (raised.value.failure.kind, raised.value.failure.code) == (FailureKind.RETRY, "odd-answer")


def test_a_merge_shows_as_a_deletion_and_a_change(desk: Desk) -> None:
    """No answer of the interface names the two records together."""
    _, cursor = desk.read(desk.query("Country"))
    (page,) = desk.connector.read_deletions("Leads", None)
    desk.settle()
    keep, lose = desk.ids()[:2]
    desk.sandbox.do("edit", object="Leads", id=keep, values={"Country": None})
    desk.sandbox.do("edit", object="Leads", id=lose, values={"Country": "SE"})
    desk.sandbox.do("merge", object="Leads", keep=keep, lose=lose)

    found, _ = desk.read(desk.query("Country"), cursor)
    (gone,) = desk.connector.read_deletions("Leads", page.cursor)

    assert {id_: record.values["Country"] for id_, record in found.items()} == {keep: "SE"}
    assert found[keep].aliases == ()
    assert [(each.id, each.merged_into) for each in gone.deletions] == [(lose, None)]


def test_both_causes_of_429_are_met(desk: Desk) -> None:
    desk.sandbox.do("throttle", times=2)
    found, _ = desk.read(desk.query())
    assert len(found) == 60
    assert desk.connector.usage().throttled == 2

    desk.sandbox.do("use_up_quota")
    with pytest.raises(ConnectorError) as raised:
        desk.open().read(desk.query(), desk.ids())
    assert (raised.value.failure.kind, raised.value.failure.code) == (FailureKind.LIMIT, "credits-used-up")


def test_credits_of_other_integrations_are_seen_in_time(desk: Desk) -> None:
    desk.sandbox.credits.limit = 200
    connector = desk.open(daily_credits=200)
    for _ in range(150):
        desk.sandbox.credits.take(1)

    connector.check()

    assert connector.usage().daily_used is not None
    assert (connector.usage().daily_used or 0) >= 150
    assert connector.usage().daily_limit == 200
