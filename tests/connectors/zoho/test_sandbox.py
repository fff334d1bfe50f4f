"""The sandbox behaves as Zoho CRM's interface is documented to."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from tests.connectors.zoho.conftest import Start
from tests.connectors.zoho.desk import Desk


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def listed(desk: Desk, **params: Any) -> Any:
    headers = params.pop("headers", {})
    return desk.call("GET", "/Leads", params={"fields": "Last_Name", **params}, headers=headers)


def test_fields_are_asked_for_and_at_most_fifty(desk: Desk) -> None:
    assert code(desk.call("GET", "/Leads")) == (400, "REQUIRED_PARAM_MISSING")
    names = ",".join(f"Field_{number}" for number in range(51))
    assert code(listed(desk, fields=names)) == (400, "LIMIT_EXCEEDED")


def test_page_numbers_end_at_2000_records_and_tokens_go_on(start: Start) -> None:
    desk = start(leads=2300)
    assert code(listed(desk, page=11)) == (400, "DISCRETE_PAGINATION_LIMIT_EXCEEDED")

    last = listed(desk, page=10, sort_by="id", sort_order="asc")
    token = last.json()["info"]["next_page_token"]
    ids = [row["id"] for row in last.json()["data"]]
    while token:
        page = listed(desk, page_token=token, sort_by="id", sort_order="asc").json()
        ids += [row["id"] for row in page["data"]]
        token = page["info"]["next_page_token"]

    assert ids == desk.ids()[1800:]


def test_a_page_token_is_bound_and_ends(start: Start) -> None:
    desk = start(leads=450)
    token = listed(desk).json()["info"]["next_page_token"]

    assert code(listed(desk, page=2, page_token=token)) == (400, "AMBIGUITY_DURING_PROCESSING")
    assert code(listed(desk, page_token=token, sort_by="id")) == (400, "TOKEN_BOUND_DATA_MISMATCH")
    assert listed(desk, page_token=token).status_code == 200
    desk.sandbox.advance(24 * 3600)
    desk._token = None
    assert code(listed(desk, page_token=token)) == (400, "EXPIRED_VALUE")


def test_nothing_modified_is_304_and_an_empty_module_204(desk: Desk) -> None:
    id_ = desk.ids()[0]
    desk.sandbox.do("edit", object="Leads", id=id_, values={"Country": "FR"})
    stamp = desk.sandbox.truth("lead")[id_].modified_at

    inclusive = listed(desk, headers={"If-Modified-Since": stamp.isoformat()})
    later = listed(desk, headers={"If-Modified-Since": stamp.replace(year=2027).isoformat()})

    assert [row["id"] for row in inclusive.json()["data"]] == [id_]
    assert (later.status_code, later.content) == (304, b"")
    empty = desk.call("GET", "/Contacts", params={"fields": "Last_Name"})
    assert (empty.status_code, empty.content) == (204, b"")


def test_converted_leads_are_listed_on_request(desk: Desk) -> None:
    id_ = desk.ids()[0]
    desk.sandbox.do("convert", object="Leads", id=id_)

    def shown(**params: str) -> set[str]:
        return {row["id"] for row in listed(desk, **params).json()["data"]}

    assert id_ not in shown()
    assert shown(converted="true") == {id_}
    assert len(shown(converted="both")) == 60


def test_some_items_of_a_batch_fail_under_207_and_all_under_202(desk: Desk) -> None:
    one, two = desk.ids()[:2]
    bad = {"id": two, "Fairlead_pages_read": "many"}

    mixed = desk.call("PUT", "/Leads", json={"data": [{"id": one, "Country": "SE"}, bad], "trigger": []})
    none = desk.call("PUT", "/Leads", json={"data": [bad], "trigger": []})

    assert (mixed.status_code, none.status_code) == (207, 202)
    good, refused = mixed.json()["data"]
    assert (good["code"], good["details"]["id"]) == ("SUCCESS", one)
    assert (refused["code"], refused["details"]) == (
        "INVALID_DATA",
        {
            "api_name": "Fairlead_pages_read",
            "json_path": "$.data[1].Fairlead_pages_read",
            "expected_data_type": "integer",
        },
    )


def test_a_batch_takes_a_hundred_records(desk: Desk) -> None:
    data = [{"id": desk.ids()[0], "Country": "SE"}] * 101

    assert code(desk.call("PUT", "/Leads", json={"data": data})) == (400, "LIMIT_EXCEEDED")


def test_a_value_for_a_field_that_is_not_there_is_dropped_without_a_word(desk: Desk) -> None:
    answer = desk.call("PUT", "/Leads", json={"data": [{"id": desk.ids()[0], "Fairlead_nothing": 1}]})

    assert (answer.status_code, answer.json()["data"][0]["code"]) == (200, "SUCCESS")


def test_workflows_run_unless_the_trigger_is_empty(desk: Desk) -> None:
    record = {"id": desk.ids()[0], "Country": "SE"}
    for body in (
        {"data": [record]},
        {"data": [record], "trigger": ["workflow"]},
        {"data": [record], "trigger": []},
    ):
        desk.call("PUT", "/Leads", json=body)

    assert [run.runs_automations for run in desk.sandbox.account.runs] == [True, True, False]


def test_a_newer_record_is_not_overwritten_where_the_caller_asks_for_that(desk: Desk) -> None:
    id_ = desk.ids()[0]
    stamp = desk.sandbox.truth("lead")[id_].modified_at
    body = {"data": [{"id": id_, "Country": "SE"}]}
    header = {"If-Unmodified-Since": stamp.isoformat()}

    assert desk.call("PUT", "/Leads", json=body, headers=header).status_code == 200
    assert code(desk.call("PUT", "/Leads", json=body, headers=header)) == (412, "ALREADY_MODIFIED")


def test_a_unique_field_takes_each_value_once(desk: Desk) -> None:
    one, two = desk.ids("partner")[:2]
    taken = desk.sandbox.truth("partner")[one].values["Fairlead_code"]
    answer = desk.call("PUT", "/Vendors", json={"data": [{"id": two, "Fairlead_code": taken}]})

    (item,) = answer.json()["data"]
    assert (item["code"], item["details"]["id"]) == ("DUPLICATE_DATA", one)


def test_creation_asks_for_mandatory_fields(desk: Desk) -> None:
    answer = desk.call("POST", "/Leads", json={"data": [{"First_Name": "Ayşe"}, {"Last_Name": "Yılmaz"}]})

    assert answer.status_code == 207
    assert [item["code"] for item in answer.json()["data"]] == ["MANDATORY_NOT_FOUND", "SUCCESS"]


def test_credits_one_for_ten_records_and_more_for_large_queries(desk: Desk) -> None:
    def cost(method: str, path: str, **options: Any) -> int:
        before = desk.sandbox.credits.used
        desk.call(method, path, **options)
        return desk.sandbox.credits.used - before

    records = [{"id": id_, "Country": "SE"} for id_ in desk.ids()]
    assert cost("GET", "/org") == 1
    assert cost("PUT", "/Leads", json={"data": records[:10]}) == 1
    assert cost("PUT", "/Leads", json={"data": records[:11]}) == 2
    for limit, price in ((200, 1), (201, 2), (1000, 2), (1001, 3)):
        query = {"select_query": " ".join(["select id from Leads where id is not null limit", str(limit)])}
        assert cost("POST", "/coql", json=query) == price


def test_the_credits_that_remain_are_told_once_half_are_used(desk: Desk) -> None:
    desk.sandbox.credits.limit = 10

    headers = [desk.call("GET", "/org").headers.get("X-API-CREDITS-REMAINING") for _ in range(10)]

    assert headers == [None] * 4 + ["5", "4", "3", "2", "1", "0"]
    refused = desk.call("GET", "/org")
    assert code(refused) == (429, "TOO_MANY_REQUESTS")
    assert refused.headers["X-API-CREDITS-REMAINING"] == "0"
    assert "Retry-After" not in refused.headers
    desk.sandbox.advance(24 * 3600)
    desk._token = None
    assert desk.call("GET", "/org").status_code == 200


def test_heavy_calls_are_ten_at_once(desk: Desk) -> None:
    """The sandbox answers one call at a time; calls that wait for it count as in flight."""
    desk.call("GET", "/org")
    desk.sandbox.latency = 0.2

    def ask(_: int) -> int:
        return desk.leads_where("id is not null").status_code

    with ThreadPoolExecutor(14) as pool:
        found = sorted(pool.map(ask, range(14)))

    assert set(found) == {200, 429}
    assert found.count(200) >= 10


def test_without_limits_nothing_is_refused_for_their_sake(start: Start) -> None:
    desk = start(limits=False)
    desk.sandbox.credits.limit = 1
    desk.sandbox.latency = 0.1
    desk.call("GET", "/org")

    with ThreadPoolExecutor(14) as pool:
        assert set(pool.map(lambda _: desk.leads_where("id is not null").status_code, range(14))) == {200}


@pytest.mark.parametrize(
    ("field", "refusal", "name"),
    [
        (
            {"field_label": "A label of more than 25 characters", "data_type": "text"},
            "INVALID_DATA",
            "field_label",
        ),
        ({"field_label": "Company", "data_type": "text"}, "DUPLICATE_DATA", "field_label"),
        ({"field_label": "Rating", "data_type": "stars"}, "INVALID_DATA", "data_type"),
        (
            {
                "field_label": "Choice",
                "data_type": "picklist",
                "pick_list_values": [{"actual_value": str(number)} for number in range(11)],
            },
            "LIMIT_EXCEEDED",
            "pick_list_values",
        ),
    ],
)
def test_a_field_that_cannot_be_created(desk: Desk, field: dict[str, Any], refusal: str, name: str) -> None:
    answer = desk.call("POST", "/settings/fields?module=Leads", json={"fields": [field]})

    (item,) = answer.json()["fields"]
    assert (answer.status_code, item["code"], item["details"]["api_name"]) == (400, refusal, name)


def test_five_fields_at_once(desk: Desk) -> None:
    fields = [{"field_label": f"Field {number}", "data_type": "text"} for number in range(6)]

    assert code(desk.call("POST", "/settings/fields?module=Leads", json={"fields": fields})) == (
        400,
        "LIMIT_EXCEEDED",
    )


def test_zoho_makes_the_api_name_of_the_label(desk: Desk) -> None:
    def made(label: str) -> str:
        body = {
            "field_label": label,
            "data_type": "text",
            "profiles": [{"id": "5725767000000026014", "permission_type": "read_write"}],
        }
        answer = desk.call("POST", "/settings/fields?module=Leads", json={"fields": [body]})
        id_ = answer.json()["fields"][0]["details"]["id"]
        shown = desk.call("GET", f"/settings/fields/{id_}?module=Leads").json()["fields"]
        return str(shown[0]["api_name"])

    assert made("Kit score") == "Kit_score"
    assert made("Kit (score)") == "Kit_score1"
    assert made("Kit-score") == "Kit_score2"


def test_a_field_without_profiles_is_not_seen(desk: Desk) -> None:
    body = {"fields": [{"field_label": "Hidden", "data_type": "text"}]}
    desk.call("POST", "/settings/fields?module=Leads", json=body)

    names = {each["api_name"] for each in desk.call("GET", "/settings/fields?module=Leads").json()["fields"]}
    assert "Hidden" not in names


def test_the_same_seed_gives_the_same_account(start: Start) -> None:
    assert start(seed=7).sandbox.state() == start(seed=7).sandbox.state()
    assert start(seed=7).sandbox.state() != start(seed=8).sandbox.state()


def test_a_stock_account_has_no_fields_of_ours(start: Start) -> None:
    desk = start(provisioned=False)

    names = {
        field.name for each in desk.connector.describe(["Leads", "Vendors", "Deals"]) for field in each.fields
    }
    assert [name for name in names if name.startswith("Fairlead")] == []
    assert desk.sandbox.query("lead").links == ()


def test_a_person_can_look_at_it(desk: Desk) -> None:
    import requests

    page = requests.get(desk.sandbox.url, timeout=5).text
    assert "Zoho CRM sandbox" in page
    assert "Leads (60)" in page
