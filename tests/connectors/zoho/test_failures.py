"""What Zoho's errors mean: each call and each item gets one kind of failure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
import requests
import responses

from fairlead.plugins.failures import Failure, FailureKind
from fairlead_zoho.failures import call_failure, item_failure, token_failure

URL = "https://www.zohoapis.eu/crm/v8/Leads"


def error(code: str, **details: Any) -> dict[str, Any]:
    return {"code": code, "details": details, "message": "a message", "status": "error"}


@responses.activate
def judged(
    judge: Callable[[requests.Response], Failure | None],
    status: int,
    body: Any,
    headers: Mapping[str, str] | None = None,
) -> Failure | None:
    if isinstance(body, str):
        responses.add(responses.GET, URL, body=body, status=status, headers=headers)
    else:
        responses.add(responses.GET, URL, json=body, status=status, headers=headers)
    return judge(requests.get(f"{URL}?secret=1", timeout=1))


@pytest.mark.parametrize(
    ("status", "body", "kind", "code", "field"),
    [
        (401, error("INVALID_TOKEN"), "refresh", "INVALID_TOKEN", None),
        (401, error("AUTHENTICATION_FAILURE"), "refresh", "AUTHENTICATION_FAILURE", None),
        (401, error("OAUTH_SCOPE_MISMATCH"), "stop", "OAUTH_SCOPE_MISMATCH", None),
        (401, error("AUTHORIZATION_FAILED"), "stop", "AUTHORIZATION_FAILED", None),
        (403, error("NO_PERMISSION", permissions=["Crm_Edit"]), "stop", "NO_PERMISSION", None),
        (400, error("INVALID_MODULE"), "stop", "INVALID_MODULE", None),
        (404, error("INVALID_URL_PATTERN"), "stop", "INVALID_URL_PATTERN", None),
        (
            400,
            error("INVALID_QUERY", column_name="Fairlead_x"),
            "stop",
            "INVALID_QUERY",
            "Fairlead_x",
        ),
        (
            400,
            error("REQUIRED_PARAM_MISSING", param_name="fields"),
            "stop",
            "REQUIRED_PARAM_MISSING",
            "fields",
        ),
        (500, error("INTERNAL_ERROR"), "retry", "INTERNAL_ERROR", None),
        (503, "<html>busy</html>", "retry", "http-503", None),
        (408, "", "retry", "http-408", None),
        (302, "", "stop", "http-302", None),
        (418, "<html>tea</html>", "stop", "http-418", None),
        (429, error("TOO_MANY_REQUESTS"), "retry", "TOO_MANY_REQUESTS", None),
    ],
)
def test_a_refused_call(status: int, body: Any, kind: str, code: str, field: str | None) -> None:
    failure = judged(call_failure, status, body)

    assert failure is not None
    assert (failure.kind, failure.code, failure.field) == (FailureKind(kind), code, field)
    assert "secret" not in str(failure)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 207, 304])
def test_an_answer_that_is_fine_or_has_results_of_its_own(status: int) -> None:
    body: Any = "" if status in (204, 304) else {"data": [error("INVALID_DATA")]}
    assert judged(call_failure, status, body) is None


def test_items_under_400_are_judged_one_by_one() -> None:
    assert judged(call_failure, 400, {"data": [error("INVALID_DATA")]}) is None


@pytest.mark.parametrize(
    ("headers", "kind"),
    [
        ({}, "retry"),
        ({"X-API-CREDITS-REMAINING": "90"}, "retry"),  # half of the credits are used, calls were too many
        ({"X-API-CREDITS-REMAINING": "0"}, "limit"),
    ],
)
def test_the_two_causes_of_429_are_told_apart(headers: dict[str, str], kind: str) -> None:
    failure = judged(call_failure, 429, error("TOO_MANY_REQUESTS"), headers)

    assert failure is not None
    assert failure.kind is FailureKind(kind)


@pytest.mark.parametrize(
    ("status", "body", "kind", "code"),
    [
        (200, {"error": "invalid_code"}, "stop", "invalid_code"),
        (200, {"error": "invalid_client"}, "stop", "invalid_client"),
        (200, {"error": "something else"}, "stop", "token-refused"),
        (400, {"error": "Access Denied", "status": "failure"}, "retry", "too-many-tokens"),
        (503, {}, "retry", "http-503"),
        (404, {}, "stop", "http-404"),
    ],
)
def test_a_token_that_is_refused(status: int, body: Any, kind: str, code: str) -> None:
    failure = judged(token_failure, status, body)

    assert failure is not None
    assert (failure.kind, failure.code) == (FailureKind(kind), code)
    assert failure.remedy is not None or failure.kind is FailureKind.RETRY


def test_a_foreign_data_centre_is_named_among_the_causes() -> None:
    failure = judged(token_failure, 200, {"error": "invalid_code"})

    assert failure is not None
    assert "data_centre" in str(failure.remedy)


@pytest.mark.parametrize(
    ("item", "kind", "field", "other"),
    [
        (error("INVALID_DATA", api_name="Fairlead_band"), "reject", "Fairlead_band", None),
        (error("INVALID_DATA", api_name="id"), "gone", "id", None),
        (error("MANDATORY_NOT_FOUND", api_name="Last_Name"), "reject", "Last_Name", None),
        (error("DEPENDENT_FIELD_MISSING"), "reject", None, None),
        (error("ID_ALREADY_CONVERTED"), "reject", None, None),
        (error("DUPLICATE_DATA", api_name="Fairlead_code", id="77"), "adopt", "Fairlead_code", "77"),
        (
            error("DUPLICATE_DATA", api_name="Fairlead_code", duplicate_record={"id": "78"}),
            "adopt",
            "Fairlead_code",
            "78",
        ),
        (error("DUPLICATE_DATA", api_name="Fairlead_code"), "reject", "Fairlead_code", None),
        (error("RECORD_LOCKED"), "retry", None, None),
        (error("NOT_APPROVED"), "retry", None, None),
        ({"code": None}, "reject", None, None),
    ],
)
def test_an_item_that_is_refused(
    item: dict[str, Any], kind: str, field: str | None, other: str | None
) -> None:
    failure = item_failure(item)

    assert failure is not None
    assert (failure.kind, failure.field, failure.other_id) == (FailureKind(kind), field, other)


def test_an_item_that_was_written() -> None:
    assert item_failure({"code": "SUCCESS", "status": "success", "details": {"id": "1"}}) is None
