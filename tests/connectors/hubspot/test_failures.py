"""What each refusal of HubSpot means: bodies as its error page and public recordings show them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
import responses
from tests.connectors.hubspot.desk import KeptSecrets

from fairlead.plugins.connector import ConnectorContext
from fairlead.plugins.failures import ConnectorError, Failure, FailureKind
from fairlead_hubspot.client import HubSpotClient
from fairlead_hubspot.failures import item_failure

DETAILS = "https://api.hubapi.com/account-info/2026-09/details"
OBJECTS = "https://api.hubapi.com/crm/objects/2026-09/contacts/batch/update"


def client(waited: list[float] | None = None) -> HubSpotClient:
    return HubSpotClient(
        ConnectorContext(
            {"account_id": 62515},
            KeptSecrets({"HUBSPOT_TOKEN": "pat-eu1-made-up"}),
            clock=lambda: datetime(2026, 11, 21, 12, 0, tzinfo=UTC),
            sleep=(waited if waited is not None else []).append,
        )
    )


def refused(status: int, body: Any, headers: dict[str, str] | None = None) -> Failure:
    """Return the failure that remains when every answer is this one."""
    with responses.RequestsMock() as mocked:
        text = body if isinstance(body, str) else json.dumps(body)
        mocked.add(responses.POST, OBJECTS, text, status=status, headers=headers)
        with pytest.raises(ConnectorError) as caught:
            client().send("write", "POST", "/crm/objects/2026-09/contacts/batch/update", {"inputs": []})
    return caught.value.failure


@pytest.mark.parametrize(
    ("status", "body", "kind", "code"),
    [
        (401, {"category": "INVALID_AUTHENTICATION"}, FailureKind.STOP, "INVALID_AUTHENTICATION"),
        (401, {"category": "EXPIRED_AUTHENTICATION"}, FailureKind.STOP, "EXPIRED_AUTHENTICATION"),
        (403, {"category": "MISSING_SCOPES"}, FailureKind.STOP, "MISSING_SCOPES"),
        (404, {"category": "OBJECT_NOT_FOUND"}, FailureKind.GONE, "OBJECT_NOT_FOUND"),
        (404, "resource not found", FailureKind.GONE, "404"),
        (409, {"category": "OBJECT_ALREADY_EXISTS"}, FailureKind.ADOPT, "OBJECT_ALREADY_EXISTS"),
        (414, "", FailureKind.STOP, "414"),
        (423, {}, FailureKind.RETRY, "423"),
        (429, {"policyName": "TEN_SECONDLY_ROLLING"}, FailureKind.RETRY, "TEN_SECONDLY_ROLLING"),
        (429, {"policyName": "SECONDLY"}, FailureKind.RETRY, "SECONDLY"),
        (429, {"policyName": "DAILY"}, FailureKind.LIMIT, "DAILY"),
        (500, "<html>", FailureKind.RETRY, "500"),
        (502, "", FailureKind.RETRY, "502"),
        (503, "", FailureKind.RETRY, "503"),
        (522, "", FailureKind.RETRY, "522"),
        (530, "", FailureKind.STOP, "530"),
        (301, "", FailureKind.STOP, "301"),
        (400, {"category": "VALIDATION_ERROR"}, FailureKind.REJECT, "VALIDATION_ERROR"),
        (400, "[]", FailureKind.REJECT, "400"),
    ],
)
def test_each_status_has_its_kind(status: int, body: Any, kind: FailureKind, code: str) -> None:
    failure = refused(status, body)

    assert (failure.kind, failure.code) == (kind, code)


def test_a_duplicate_names_the_record_to_adopt() -> None:
    failure = refused(409, {"category": "CONFLICT", "message": "Contact already exists. Existing ID: 40512"})

    assert failure.kind is FailureKind.ADOPT
    assert failure.other_id == "40512"


def test_missing_scopes_are_named() -> None:
    detail = {"context": {"requiredScopes": ["crm.objects.contacts.write"]}}
    failure = refused(403, {"category": "MISSING_SCOPES", "errors": [detail]})

    assert "`crm.objects.contacts.write`" in failure.message
    assert failure.remedy is not None


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("PROPERTY_DOESNT_EXIST", FailureKind.STOP),
        ("READ_ONLY_VALUE", FailureKind.REJECT),
        ("INVALID_OPTION", FailureKind.REJECT),
        ("INVALID_INTEGER", FailureKind.REJECT),
        ("INVALID_LONG", FailureKind.REJECT),
        ("MISSING_REQUIRED_PROPERTY", FailureKind.REJECT),
        ("MISSING_CONDITIONAL_REQUIRED_PROPERTY", FailureKind.REJECT),
    ],
)
def test_codes_are_found_in_details_and_in_the_older_message(code: str, kind: FailureKind) -> None:
    dated = {"errors": [{"code": code, "context": {"propertyName": ["fairlead_band"]}}]}
    found = [{"isValid": False, "message": "hot was not allowed", "error": code, "name": "fairlead_band"}]
    older = {"message": f"Property values were not valid: {json.dumps(found)}"}
    for body in (dated, older):
        failure = item_failure({"category": "VALIDATION_ERROR", **body})
        assert (failure.kind, failure.code, failure.field) == (kind, code, "fairlead_band")
        assert "hot" not in failure.message


def test_a_lock_is_waited_for_two_seconds_at_least() -> None:
    waited: list[float] = []
    with responses.RequestsMock() as mocked:
        mocked.add(responses.GET, DETAILS, "{}", status=423)
        mocked.add(responses.GET, DETAILS, json.dumps({"portalId": 62515}))
        client(waited).details()

    assert waited == [2.0]


def test_a_data_move_of_half_a_minute_is_waited_for() -> None:
    waited: list[float] = []
    with responses.RequestsMock() as mocked:
        mocked.add(responses.GET, DETAILS, "{}", status=477, headers={"Retry-After": "30"})
        mocked.add(responses.GET, DETAILS, json.dumps({"portalId": 62515}))
        client(waited).details()

    assert waited == [30.0]


def test_a_data_move_of_a_day_ends_the_run() -> None:
    with responses.RequestsMock() as mocked:
        mocked.add(responses.GET, DETAILS, "{}", status=477, headers={"Retry-After": "86400"})
        with pytest.raises(ConnectorError) as caught:
            client().details()

    assert caught.value.failure.kind is FailureKind.RETRY
    assert caught.value.failure.retry_after == 86400.0


def test_a_rate_limit_without_a_waiting_time_is_tried_again_with_growing_waits() -> None:
    waited: list[float] = []
    with responses.RequestsMock() as mocked:
        for _ in range(3):
            mocked.add(responses.GET, DETAILS, '{"policyName": "SECONDLY"}', status=429)
        mocked.add(responses.GET, DETAILS, json.dumps({"portalId": 62515}))
        opened = client(waited)
        opened.details()

    assert len(waited) == 3
    assert opened.usage().throttled == 3


def test_a_daily_limit_is_not_tried_again() -> None:
    with responses.RequestsMock() as mocked:
        mocked.add(responses.GET, DETAILS, '{"policyName": "DAILY"}', status=429)
        with pytest.raises(ConnectorError):
            client().details()
        assert len(mocked.calls) == 1


def test_half_of_the_daily_quota_is_left_to_others() -> None:
    """The headers say that 125,001 of 250,000 calls are used, by all integrations; ours is the first."""
    headers = {"X-HubSpot-RateLimit-Daily": "250000", "X-HubSpot-RateLimit-Daily-Remaining": "124999"}
    with responses.RequestsMock() as mocked:
        mocked.add(responses.GET, DETAILS, '{"portalId": 62515}', headers=headers)
        opened = client()
        opened.details()

    assert (opened.usage().daily_used, opened.usage().daily_limit) == (125_001, 250_000)


def test_another_account_is_refused_before_anything_is_written() -> None:
    with responses.RequestsMock() as mocked:
        mocked.add(responses.GET, DETAILS, '{"portalId": 99}')
        with pytest.raises(ConnectorError) as caught:
            client().ensure_account()

    assert caught.value.failure.code == "wrong-account"


@pytest.mark.parametrize(
    "address",
    ["https://api.hubapi.com.example.com", "http://api.hubapi.com", "http://127.0.0.1:80@example.com:1", "x"],
)
def test_a_token_goes_to_hubspot_or_this_machine_only(address: str) -> None:
    context = ConnectorContext({"account_id": 1, "base_url": address}, KeptSecrets({"HUBSPOT_TOKEN": "t"}))
    with pytest.raises(ConnectorError) as caught:
        HubSpotClient(context)

    assert caught.value.failure.code == "bad-base-url"
