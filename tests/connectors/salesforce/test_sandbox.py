"""The sandbox answers as Salesforce does where clients are known to stumble."""

from __future__ import annotations

import pytest
import requests
from tests.connectors.salesforce.org import Org, org

from fairlead_salesforce.sandbox.ids import full_id
from fairlead_salesforce.sandbox.soql import Comparison, Logical, QuerySyntaxError, parse


def found(clinic: Org, soql: str) -> list[dict[str, object]]:
    answer = clinic.query(soql)
    assert answer.status_code == 200, answer.text
    return [
        {name: value for name, value in row.items() if name != "attributes"}
        for row in answer.json()["records"]
    ]


def refused(clinic: Org, soql: str) -> str:
    answer = clinic.query(soql)
    assert answer.status_code == 400
    return str(answer.json()[0]["errorCode"])


@pytest.fixture
def people(clinic: Org) -> Org:
    """Three leads of one company, in their order."""
    for first, last, country in (
        ("Emily", "O'Neill", "GB"),
        ("James", "Carter", None),
        ("anna", "Çağlar", "TR"),
    ):
        values = {"FirstName": first, "LastName": last, "Company": "Ten", "Country": country}
        clinic.sandbox.do("create", object="Lead", values=values)
        clinic.sandbox.advance(1)
    return clinic


@pytest.mark.parametrize(
    ("condition", "names"),
    [
        ("Country = 'gb'", ["O'Neill"]),
        ("Country != 'GB'", ["Carter", "Çağlar"]),
        ("Country = null", ["Carter"]),
        ("Country IN ('GB', 'TR')", ["O'Neill", "Çağlar"]),
        ("Country NOT IN ('GB')", ["Carter", "Çağlar"]),
        ("LastName = 'O\\'Neill'", ["O'Neill"]),
        ("FirstName LIKE '%m%'", ["O'Neill", "Carter"]),
        ("FirstName LIKE 'a_na'", ["Çağlar"]),
        ("NOT (Country = 'GB' OR Country = 'TR')", ["Carter"]),
        ("(Country = 'GB' OR LastName = 'Carter') AND FirstName = 'james'", ["Carter"]),
        ("IsConverted = false AND FirstName > 'e'", ["O'Neill", "Carter"]),
        ("CreatedDate >= 2099-01-01T00:00:00Z", []),
    ],
)
def test_conditions_choose_records(people: Org, condition: str, names: list[str]) -> None:
    soql = f"SELECT LastName FROM Lead WHERE Company = 'Ten' AND ({condition}) ORDER BY CreatedDate"  # noqa: S608

    assert [row["LastName"] for row in found(people, soql)] == names


@pytest.mark.parametrize(
    ("order", "names"),
    [
        ("FirstName", ["Çağlar", "O'Neill", "Carter"]),
        ("FirstName DESC LIMIT 2", ["Carter", "O'Neill"]),
        ("Country NULLS LAST, LastName", ["O'Neill", "Çağlar", "Carter"]),
        ("Country ASC", ["Carter", "O'Neill", "Çağlar"]),
        ("SystemModstamp, Id LIMIT 1 OFFSET 1", ["Carter"]),
    ],
)
def test_records_come_in_the_order_asked_for(people: Org, order: str, names: list[str]) -> None:
    soql = f"SELECT LastName FROM Lead WHERE Company = 'Ten' ORDER BY {order}"  # noqa: S608

    assert [row["LastName"] for row in found(people, soql)] == names


def test_fields_are_followed_over_lookups(clinic: Org) -> None:
    (id_,) = clinic.ids(1)
    partner = next(iter(clinic.sandbox.truth("partner")))
    clinic.sandbox.do("edit", object="Lead", id=id_, values={"Fairlead_partner__c": partner})
    soql = f"SELECT Fairlead_partner__r.Fairlead_code__c FROM Lead WHERE Id = '{id_}'"  # noqa: S608

    assert found(clinic, soql) == [{"Fairlead_partner__r": {"Fairlead_code__c": "TA-101"}}]
    clinic.sandbox.do("edit", object="Lead", id=id_, values={"Fairlead_partner__c": None})
    assert found(clinic, soql) == [{"Fairlead_partner__r": None}]


def test_counting_gives_no_records(people: Org) -> None:
    answer = people.query("SELECT count() FROM Lead WHERE Company = 'Ten'").json()

    assert answer == {"totalSize": 3, "done": True, "records": []}


@pytest.mark.parametrize(
    ("soql", "code"),
    [
        (
            "SELECT Id FROM Lead WHERE Country = 'GB' AND FirstName = 'a' OR FirstName = 'b'",
            "MALFORMED_QUERY",
        ),
        ("SELECT Id FROM Lead WHERE", "MALFORMED_QUERY"),
        ("SELECT Id, FROM Lead", "MALFORMED_QUERY"),
        ("SELECT Id FROM Lead LIMIT x", "MALFORMED_QUERY"),
        ("DELETE FROM Lead", "MALFORMED_QUERY"),
        ("SELECT Nothing__c FROM Lead", "INVALID_FIELD"),
        ("SELECT Nobody__r.Name FROM Lead", "INVALID_FIELD"),
        ("SELECT Id FROM Nothing", "INVALID_TYPE"),
        ("SELECT Id FROM Lead WHERE IsConverted = 'false'", "INVALID_FIELD"),
        ("SELECT Id FROM Lead WHERE CreatedDate > '2026-01-01'", "INVALID_FIELD"),
        ("SELECT Id FROM Task WHERE Description = 'x'", "INVALID_FIELD"),
        ("SELECT Id FROM CustomField", "INVALID_TYPE"),
    ],
)
def test_a_query_that_is_wrong_is_refused_by_its_kind(clinic: Org, soql: str, code: str) -> None:
    assert refused(clinic, soql) == code


def test_a_query_is_read_into_its_parts() -> None:
    query = parse(
        "select Id from Lead where SystemModstamp >= 2026-01-01T01:00:00+01:00 and (A = 1 or B = 2)"
    )

    assert query.object == "Lead"
    assert isinstance(query.where, Logical)
    assert query.where.operator == "and"
    first, second = query.where.parts
    assert isinstance(first, Comparison)
    assert first.value.isoformat() == "2026-01-01T00:00:00+00:00"
    assert second == Logical("or", (Comparison(("A",), "=", 1.0), Comparison(("B",), "=", 2.0)))


def test_conditions_nested_without_end_are_refused() -> None:
    with pytest.raises(QuerySyntaxError, match="nested"):
        parse("SELECT Id FROM Lead WHERE " + "(" * 200 + "A = 1" + ")" * 200)


def test_an_id_of_fifteen_characters_and_its_longer_form_are_one() -> None:
    """The example that Salesforce's help gives for the three characters at the end."""
    assert full_id("001D000000IRt53") == "001D000000IRt53IAD"


def test_a_page_holds_two_thousand_records_whatever_is_asked_for() -> None:
    with org(leads=2_050, partners=1) as made:
        headers = {"Sforce-Query-Options": "batchSize=5000"}
        large = made.call("GET", "/query", params={"q": "SELECT Id FROM Lead"}, headers=headers).json()
        headers = {"Sforce-Query-Options": "batchSize=200"}
        small = made.call("GET", "/query", params={"q": "SELECT Id FROM Lead"}, headers=headers).json()

        tail = small["nextRecordsUrl"].partition("/services/data/v62.0")[2]
        second = made.call("GET", tail).json()

        assert (len(large["records"]), large["totalSize"]) == (2_000, 2_050)
        assert [len(page["records"]) for page in (small, second)] == [200, 200]


def test_the_cursor_of_a_query_lives_two_days_and_ten_are_open(clinic: Org) -> None:
    headers = {"Sforce-Query-Options": "batchSize=200"}
    with org(leads=300, partners=1) as made:
        soql = {"q": "SELECT Id FROM Lead"}
        addresses = [
            made.call("GET", "/query", params=soql, headers=headers).json()["nextRecordsUrl"]
            for _ in range(11)
        ]
        tails = [address.partition("/services/data/v62.0")[2] for address in addresses]
        pushed_out, open_ = made.call("GET", tails[0]), made.call("GET", tails[10])
        made.sandbox.advance(3 * 86_400)
        expired = made.call("GET", tails[10])

        assert open_.status_code == 200
        for answer in (pushed_out, expired):
            assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "INVALID_QUERY_LOCATOR")


def test_an_address_that_is_too_long_is_refused(clinic: Org) -> None:
    soql = f"SELECT Id FROM Lead WHERE LastName IN ('{'x' * 17_000}')"  # noqa: S608

    assert clinic.query(soql).status_code == 414


def test_each_answer_tells_the_usage_and_too_much_of_it_is_refused(clinic: Org) -> None:
    first = clinic.call("GET", "/limits")
    clinic.sandbox.do("use_up_quota")
    second = clinic.call("GET", "/limits")
    clinic.sandbox.advance(25 * 3_600)
    third = clinic.call("GET", "/limits")

    assert first.headers["Sforce-Limit-Info"] == "api-usage=1/100000"
    assert (second.status_code, second.json()[0]["errorCode"]) == (403, "REQUEST_LIMIT_EXCEEDED")
    assert third.status_code == 200


def test_the_daily_quota_counts_the_calls_of_the_last_24_hours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fairlead_salesforce.sandbox.server._DAILY", 3)
    with org(limits=True) as made:
        statuses = [made.call("GET", "/limits").status_code for _ in range(5)]
    with org(limits=False) as made:
        unlimited = [made.call("GET", "/limits").status_code for _ in range(5)]

    assert statuses == [200, 200, 200, 403, 403]
    assert unlimited == [200] * 5


@pytest.mark.parametrize("version", ["58.0", "7.0", "99.0", "x"])
def test_a_version_that_is_not_offered_is_not_there(clinic: Org, version: str) -> None:
    answer = clinic.call("GET", f"/../v{version}/limits")

    assert answer.status_code == 404


def test_no_record_may_be_deleted_for_more_than_fifteen_days_and_be_listed(clinic: Org) -> None:
    span = {"start": "2026-01-01T00:00:00Z", "end": "2099-01-01T00:00:00Z"}
    answer = clinic.call("GET", "/sobjects/Lead/deleted", params=span)

    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "INVALID_REPLICATION_DATE")


def test_more_than_200_records_are_no_collection(clinic: Org) -> None:
    records = [{"attributes": {"type": "Lead"}, "LastName": "A", "Company": "B"}] * 201
    answer = clinic.call("POST", "/composite/sobjects", json={"records": records})

    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "EXCEEDED_MAX_SIZE_REQUEST")


def test_a_field_that_is_hidden_fails_a_whole_collection(clinic: Org) -> None:
    first, second = clinic.ids(2)
    records = [
        {"attributes": {"type": "Lead"}, "id": first, "Fairlead_language__c": "de"},
        {"attributes": {"type": "Lead"}, "id": second, "Fairlead_nothing__c": "de"},
    ]
    answer = clinic.call("PATCH", "/composite/sobjects", json={"records": records})

    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "INVALID_FIELD")


def test_a_lead_without_a_last_name_is_refused(clinic: Org) -> None:
    answer = clinic.call("POST", "/sobjects/Lead", json={"Company": "Private"})

    assert answer.status_code == 400
    assert answer.json()[0]["errorCode"] == "REQUIRED_FIELD_MISSING"
    assert answer.json()[0]["fields"] == ["LastName"]


def test_a_bulk_job_takes_its_rows_once_and_is_seen_in_progress(clinic: Org) -> None:
    body = {"object": "Lead", "operation": "insert", "contentType": "CSV"}
    job = clinic.call("POST", "/jobs/ingest", json=body).json()
    rows = b"LastName,Company\nCarter,Private\n"
    tail = f"/jobs/ingest/{job['id']}"
    uploads = [clinic.call("PUT", f"{tail}/batches", data=rows).status_code for _ in range(2)]
    clinic.call("PATCH", tail, json={"state": "UploadComplete"})
    states = [clinic.call("GET", tail).json()["state"] for _ in range(2)]

    assert job["contentUrl"] == f"services/data/v62.0{tail}/batches"
    assert uploads == [201, 400]
    assert states == ["InProgress", "JobComplete"]


def test_the_end_of_a_bulk_query_is_the_word_null(clinic: Org) -> None:
    clinic.sandbox.switches["bulk_looks"] = 0
    body = {"operation": "query", "query": "SELECT Id FROM Lead"}
    job = clinic.call("POST", "/jobs/query", json=body).json()["id"]
    clinic.call("GET", f"/jobs/query/{job}")
    first = clinic.call("GET", f"/jobs/query/{job}/results", params={"maxRecords": 12})
    locator = first.headers["Sforce-Locator"]
    second = clinic.call("GET", f"/jobs/query/{job}/results", params={"maxRecords": 12, "locator": locator})

    assert first.headers["Sforce-NumberOfRecords"] == "12"
    assert second.headers["Sforce-NumberOfRecords"] == "8"
    assert (locator == "null", second.headers["Sforce-Locator"]) == (False, "null")


def test_the_same_seed_gives_the_same_org() -> None:
    with org(leads=15) as one, org(leads=15) as other:
        for role in ("lead", "partner", "treatment", "interaction"):
            assert one.sandbox.truth(role) == other.sandbox.truth(role)


def test_a_stock_org_has_no_field_of_ours() -> None:
    with org(provisioned=False) as made:
        described = made.call("GET", "/sobjects/Lead/describe").json()["fields"]

        assert not [field["name"] for field in described if field["custom"]]


def test_the_orgs_own_ceiling_is_known_from_the_first_answer_on(clinic: Org) -> None:
    before = clinic.connector.limits().daily
    clinic.connector.describe(["Lead"])

    assert (before, clinic.connector.limits().daily) == (5_000_000, 100_000)


def test_a_person_sees_the_org_and_can_act_in_it(clinic: Org) -> None:
    """The page at `/` shows the records; the control interface does what people do."""
    (id_,) = clinic.ids(1)
    action = {"action": "edit", "object": "Lead", "id": id_, "values": {"LastName": "Pınar <b>"}}
    done = requests.post(f"{clinic.sandbox.url}/_control/do", json=action, timeout=5)
    page = requests.get(f"{clinic.sandbox.url}/", timeout=5).text
    state = requests.get(f"{clinic.sandbox.url}/_control/state", timeout=5).json()

    assert done.status_code == 200
    assert "Pınar &lt;b&gt;" in page
    assert state["Lead"]["records"][id_]["values"]["LastName"] == "Pınar <b>"


def test_a_wrong_control_request_is_answered_in_words(clinic: Org) -> None:
    action = {"action": "edit", "object": "Lead", "id": "nobody", "values": {}}
    answer = requests.post(f"{clinic.sandbox.url}/_control/do", json=action, timeout=5)

    assert answer.status_code == 400
