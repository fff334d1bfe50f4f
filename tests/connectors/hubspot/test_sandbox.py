"""The sandbox: HubSpot's ceilings, limits and refusals, seen past the connector."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from tests.connectors.hubspot.conftest import StartDesk
from tests.connectors.hubspot.desk import Desk
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from fairlead.plugins.webhooks import WebhookEvent, WebhookRequest

CONTACTS = "/crm/objects/2026-09/contacts"


def search(desk: Desk, **members: Any) -> requests.Response:
    return desk.call("POST", f"{CONTACTS}/search", json=members)


def only(**filter_: Any) -> list[dict[str, Any]]:
    return [{"filters": [filter_]}]


@pytest.mark.parametrize(
    "members",
    [
        {"limit": 201},
        {"limit": 200, "after": "9801"},
        {"filterGroups": [{"filters": []}] * 6},
        {"filterGroups": only(propertyName="country", operator="EQ", value="NL") * 6},
        {"filterGroups": [{"filters": [{"propertyName": "country", "operator": "HAS_PROPERTY"}] * 7}]},
        {"filterGroups": only(propertyName="country", operator="LIKE", value="N")},
        {"filterGroups": only(propertyName="no_such", operator="HAS_PROPERTY")},
        {"sorts": [{"propertyName": "country"}, {"propertyName": "createdate"}]},
        {"query": "x" * 3_001},
    ],
)
def test_the_search_refuses_what_is_beyond_its_ceilings(desk: Desk, members: dict[str, Any]) -> None:
    answer = search(desk, **members)

    assert answer.status_code == 400
    assert answer.json()["category"] == "VALIDATION_ERROR"


@pytest.mark.parametrize(
    ("filter_", "found"),
    [
        ({"operator": "EQ", "value": "NL"}, {"a", "d"}),
        ({"operator": "NEQ", "value": "NL"}, {"b", "c"}),
        ({"operator": "IN", "values": ["nl", "de"]}, {"a", "b", "d"}),
        # values of texts are to be in lower case: the index is
        ({"operator": "IN", "values": ["NL"]}, set()),
        ({"operator": "NOT_IN", "values": ["nl"]}, {"b"}),
        ({"operator": "HAS_PROPERTY"}, {"a", "b", "d"}),
        ({"operator": "NOT_HAS_PROPERTY"}, {"c"}),
        ({"operator": "CONTAINS_TOKEN", "value": "N*"}, {"a", "d"}),
    ],
)
def test_the_searchs_operators(start: StartDesk, filter_: dict[str, Any], found: set[str]) -> None:
    desk = start(leads=0, partners=0)
    for name, country in (("a", "NL"), ("b", "DE"), ("c", None), ("d", "NL")):
        desk.sandbox.do("create", object="contacts", values={"firstname": name, "country": country})

    answer = search(
        desk, filterGroups=only(propertyName="country", **filter_), properties=["firstname"]
    ).json()

    assert {each["properties"]["firstname"] for each in answer["results"]} == found
    assert answer["total"] == len(found)


def test_the_search_is_late_and_knows_no_associations_nor_headers_of_the_limit(start: StartDesk) -> None:
    desk = start(limits=True)
    desk.sandbox.switches.update(search_lag_update=60, search_lag_create=10)
    id_ = desk.ids()[0]
    before = desk.held(id_, "country")
    desk.sandbox.do("edit", object="contacts", id=id_, values={"country": "XX"})
    new = desk.sandbox.do("create", object="contacts", values={"country": "XX"})
    filters = only(propertyName="country", operator="EQ", value="XX")

    for seconds, found in ((0, set()), (11, {new}), (50, {new, id_})):
        desk.sandbox.advance(seconds)
        answer = search(desk, filterGroups=filters)
        assert {each["id"] for each in answer.json()["results"]} == found
    assert "associations" not in answer.json()["results"][0]
    assert not [name for name in answer.headers if name.lower().startswith("x-hubspot-ratelimit")]
    assert before != "XX"


def test_a_sixth_search_in_a_second_is_too_many(start: StartDesk) -> None:
    desk = start(limits=True)
    statuses = [search(desk).status_code for _ in range(6)]
    refused = search(desk)

    assert statuses == [200] * 5 + [429]
    assert refused.json()["policyName"] == "SECONDLY"
    assert refused.json()["errorType"] == "RATE_LIMIT"
    assert "Retry-After" not in refused.headers
    desk.sandbox.advance(1)
    assert search(desk).status_code == 200


def test_the_hundred_and_first_call_of_a_key_in_ten_seconds_is_too_many(start: StartDesk) -> None:
    desk = start(leads=1, partners=0, limits=True)
    path = "/account-info/2026-09/details"
    answers = [desk.call("GET", path) for _ in range(101)]

    assert [answer.status_code for answer in answers].index(429) == 100
    assert answers[-1].json()["policyName"] == "TEN_SECONDLY_ROLLING"
    assert answers[0].headers["X-HubSpot-RateLimit-Max"] == "100"
    assert answers[0].headers["X-HubSpot-RateLimit-Remaining"] == "99"
    assert answers[99].headers["X-HubSpot-RateLimit-Daily-Remaining"] == "249900"


def test_the_day_of_the_quota_ends_at_midnight_in_istanbul(desk: Desk) -> None:
    desk.sandbox.do("use_up_quota")
    assert desk.call("GET", CONTACTS).json()["policyName"] == "DAILY"

    desk.sandbox.advance(86_400)

    assert desk.call("GET", CONTACTS).status_code == 200


def test_a_data_move_tells_how_long_it_takes(desk: Desk) -> None:
    desk.sandbox.do("move_data", seconds=90)
    answer = desk.call("GET", CONTACTS)

    assert (answer.status_code, answer.headers["Retry-After"]) == (477, "90")


def test_bad_tokens_are_told_apart(desk: Desk) -> None:
    url = desk.sandbox.url + CONTACTS
    nobody = requests.get(url, headers={"Authorization": "Bearer pat-eu1-nobody"}, timeout=10)
    assert nobody.json()["category"] == "INVALID_AUTHENTICATION"
    desk.connector.describe(["deals"])
    (token,) = desk.sandbox.gate._access
    desk.sandbox.advance(1_805)
    late = requests.get(url, headers={"Authorization": f"Bearer {token}"}, timeout=10)

    assert late.status_code == 401
    assert late.json()["category"] == "EXPIRED_AUTHENTICATION"
    assert "expired" in late.json()["message"]


@pytest.mark.parametrize(("version", "taken"), [("2026-09", False), ("2026-03", True), ("v3", True)])
def test_options_need_a_display_order_from_2026_09_on(desk: Desk, version: str, taken: bool) -> None:
    path = "/crm/v3/properties/deals" if version == "v3" else f"/crm/properties/{version}/deals"
    wanted = {
        "name": "band",
        "label": "Band",
        "type": "enumeration",
        "fieldType": "select",
        "groupName": "information",
        "options": [{"label": "Hot", "value": "hot"}],
    }

    assert desk.call("POST", path, json=wanted).ok is taken


def test_a_version_that_does_not_exist_is_not_found(desk: Desk) -> None:
    assert desk.call("GET", "/crm/objects/2019-03/contacts").status_code == 404


def test_a_page_of_the_list_holds_a_hundred(desk: Desk) -> None:
    assert desk.call("GET", CONTACTS, params={"limit": 100}).status_code == 200
    assert desk.call("GET", CONTACTS, params={"limit": 101}).status_code == 400


def test_a_batch_holds_a_hundred_and_results_come_shuffled(start: StartDesk) -> None:
    desk = start(leads=150)
    inputs = [{"id": id_} for id_ in desk.ids()]
    assert desk.call("POST", f"{CONTACTS}/batch/read", json={"inputs": inputs}).status_code == 400

    answer = desk.call("POST", f"{CONTACTS}/batch/read", json={"inputs": inputs[:100]}).json()

    found = [each["id"] for each in answer["results"]]
    assert sorted(found) == sorted(each["id"] for each in inputs[:100])
    assert found != sorted(found)


def test_without_trace_ids_one_bad_input_fails_the_batch_and_nothing_is_written(desk: Desk) -> None:
    good, bad = desk.ids()[:2]
    before = desk.held(good, "country")
    inputs = [
        {"id": good, "properties": {"country": "XX"}},
        {"id": bad, "properties": {"lifecyclestage": "smoke"}},
    ]

    answer = desk.call("POST", f"{CONTACTS}/batch/update", json={"inputs": inputs})

    assert answer.status_code == 400
    assert desk.held(good, "country") == before
    traced = [{**each, "objectWriteTraceId": each["id"]} for each in inputs]
    assert desk.call("POST", f"{CONTACTS}/batch/update", json={"inputs": traced}).status_code == 207
    assert desk.held(good, "country") == "XX"


def test_garbage_is_refused_in_hubspots_words(desk: Desk) -> None:
    for body in (b"", b"[]", b"{", b'{"inputs": 7}', b'{"inputs": [7]}'):
        answer = desk.call("POST", f"{CONTACTS}/batch/update", data=body)
        assert answer.status_code == 400
        assert answer.json()["category"] == "VALIDATION_ERROR"


@pytest.fixture
def receiver() -> Iterator[tuple[str, list[WebhookRequest], list[int]]]:
    """A receiver of webhooks on loopback: its address, what came, and the statuses that it answers next."""
    came: list[WebhookRequest] = []
    statuses: list[int] = []

    def receive(environ: dict[str, Any], start_response: Any) -> Any:
        request = Request(environ)
        headers = {name.lower(): value for name, value in request.headers.items()}
        came.append(WebhookRequest(request.method, request.url, headers, request.get_data()))
        return Response(status=statuses.pop(0) if statuses else 200)(environ, start_response)

    server = make_server("127.0.0.1", 0, receive)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/hook", came, statuses
    server.shutdown()
    server.server_close()
    thread.join()


def test_webhooks_are_delivered_signed_repeated_and_tried_again(
    desk: Desk, receiver: tuple[str, list[WebhookRequest], list[int]]
) -> None:
    url, came, statuses = receiver
    first, second, third = desk.ids()[:3]
    desk.sandbox.do("subscribe", url=url)
    desk.sandbox.do("edit", object="contacts", id=first, values={"country": "NL"})
    desk.sandbox.do("delete", object="contacts", id=second)
    statuses.append(503)

    assert desk.sandbox.do("deliver", twice=True) == 3
    replies = [desk.connector.receive(request).events for request in came]
    assert {frozenset(events) for events in replies} == {
        frozenset({WebhookEvent("contacts", first), WebhookEvent("contacts", second, deleted=True)})
    }
    made = desk.sandbox.do("merge", object="contacts", keep=first, lose=third)
    desk.sandbox.do("deliver")
    assert set(desk.connector.receive(came[-1]).events) == {
        WebhookEvent("contacts", made),
        WebhookEvent("contacts", first, deleted=True),
        WebhookEvent("contacts", third, deleted=True),
    }


def test_webhooks_of_a_sandbox_never_leave_the_machine(desk: Desk) -> None:
    with pytest.raises(ValueError, match="loopback"):
        desk.sandbox.do("subscribe", url="https://sync.example.com/hook")


def test_a_stock_account_has_nothing_of_ours(start: StartDesk) -> None:
    desk = start(provisioned=False)

    assert desk.sandbox.state()["properties"]["contacts"] == []
    assert desk.sandbox.query("lead").fields[0] == "firstname"
    assert len(desk.read()) == 40


def test_the_page_shows_what_the_account_holds(desk: Desk) -> None:
    page = requests.get(desk.sandbox.url, timeout=10).text

    assert "HubSpot sandbox" in page
    assert desk.ids()[0] in page
