"""Each refusal of Salesforce is classified, and no value of a record stands in what is said."""

from __future__ import annotations

from typing import Any

import pytest
import requests
import responses

from fairlead.plugins.failures import Failure, FailureKind
from fairlead_salesforce.refusals import call_failure, csv_failure, item_failure, token_failure

URL = "https://clinic.my.salesforce.com/services/data/v62.0/query"


@responses.activate
def answered(status: int, body: Any, headers: dict[str, str] | None = None) -> requests.Response:
    options: dict[str, Any] = {"body": body} if isinstance(body, str) else {"json": body}
    responses.get(URL, status=status, headers=headers, **options)
    return requests.get(URL, timeout=5)


def failed(status: int, code: str, message: str = "") -> Failure:
    failure = call_failure(answered(status, [{"errorCode": code, "message": message}]))
    assert failure is not None
    return failure


@pytest.mark.parametrize(
    ("status", "code", "message", "kind"),
    [
        (401, "INVALID_SESSION_ID", "Session expired or invalid", FailureKind.REFRESH),
        (403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", FailureKind.LIMIT),
        (403, "REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests Limit exceeded.", FailureKind.RETRY),
        (503, "SERVER_UNAVAILABLE", "", FailureKind.RETRY),
        (500, "UNKNOWN_EXCEPTION", "", FailureKind.RETRY),
        (400, "QUERY_TIMEOUT", "", FailureKind.RETRY),
        (400, "UNABLE_TO_LOCK_ROW", "", FailureKind.RETRY),
        (400, "MALFORMED_QUERY", "unexpected token", FailureKind.STOP),
        (403, "API_DISABLED_FOR_ORG", "", FailureKind.STOP),
        (403, "INSUFFICIENT_ACCESS", "", FailureKind.STOP),
        (400, "SOMETHING_NEW", "", FailureKind.STOP),
        (404, "NOT_FOUND", "", FailureKind.GONE),
        (400, "FIELD_CUSTOM_VALIDATION_EXCEPTION", "No", FailureKind.REJECT),
    ],
)
def test_a_call_is_classified_by_its_code(status: int, code: str, message: str, kind: FailureKind) -> None:
    assert failed(status, code, message).kind is kind


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (502, "<html>Bad gateway</html>", FailureKind.RETRY),
        (429, "", FailureKind.RETRY),
        (401, "", FailureKind.REFRESH),
        (403, "<html>Forbidden</html>", FailureKind.STOP),
        (302, "", FailureKind.STOP),
        (400, {"unexpected": True}, FailureKind.STOP),
    ],
)
def test_an_answer_without_a_code_is_classified_by_its_status(
    status: int, body: Any, kind: FailureKind
) -> None:
    failure = call_failure(answered(status, body))

    assert failure is not None
    assert failure.kind is kind


def test_a_success_is_no_failure() -> None:
    assert call_failure(answered(200, {"done": True})) is None


def test_what_salesforce_asks_to_wait_is_told() -> None:
    failure = call_failure(answered(503, "", {"Retry-After": "7"}))

    assert failure is not None
    assert failure.retry_after == 7.0


def test_a_field_that_field_level_security_hides_is_named_with_the_remedy() -> None:
    failure = failed(400, "INVALID_FIELD", "\nSELECT X\nNo such column 'Fairlead_score__c' on entity 'Lead'.")

    assert (failure.kind, failure.field) == (FailureKind.STOP, "Fairlead_score__c")
    assert "`Fairlead_score__c`" in failure.message
    assert failure.remedy is not None
    assert "field-level security" in failure.remedy


@pytest.mark.parametrize(
    ("code", "fields", "kind"),
    [
        ("ENTITY_IS_DELETED", [], FailureKind.GONE),
        ("INVALID_CROSS_REFERENCE_KEY", [], FailureKind.GONE),
        ("INVALID_CROSS_REFERENCE_KEY", ["Fairlead_partner__c"], FailureKind.REJECT),
        ("CANNOT_UPDATE_CONVERTED_LEAD", [], FailureKind.REJECT),
        ("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", [], FailureKind.REJECT),
        ("REQUIRED_FIELD_MISSING", ["Company"], FailureKind.REJECT),
        ("DUPLICATES_DETECTED", [], FailureKind.REJECT),
        ("UNABLE_TO_LOCK_ROW", [], FailureKind.RETRY),
        ("SOMETHING_NEW", [], FailureKind.REJECT),
    ],
)
def test_a_record_is_classified_by_its_code(code: str, fields: list[str], kind: FailureKind) -> None:
    failure = item_failure([{"statusCode": code, "message": "text", "fields": fields}])

    assert (failure.kind, failure.code) == (kind, code)
    assert failure.field == (fields[0] if fields else None)


def test_a_value_that_is_taken_names_the_other_record() -> None:
    message = "duplicate value found: Fairlead_code__c duplicates value on record with id: 0015f0000000002AAA"
    failure = item_failure([{"statusCode": "DUPLICATE_VALUE", "message": message, "fields": []}])

    assert (failure.kind, failure.other_id) == (FailureKind.REJECT, "0015f0000000002AAA")


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("STRING_TOO_LONG", "Phone: data value too large: +90 532 000 (max length=5)"),
        ("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "bad value for restricted picklist field: +90 532 000"),
        ("SOMETHING_NEW", "cannot take +90 532 000"),
        ("not a code +90 532 000", ""),
    ],
)
def test_no_value_of_a_record_is_told(code: str, message: str) -> None:
    failure = item_failure([{"statusCode": code, "message": message, "fields": []}])

    assert "532" not in f"{failure!r}"


def test_the_text_of_a_validation_rule_is_told() -> None:
    errors = [{"statusCode": "FIELD_CUSTOM_VALIDATION_EXCEPTION", "message": "Ask the desk", "fields": []}]

    assert "Ask the desk" in item_failure(errors).message


def test_a_row_of_a_bulk_job_is_classified_like_a_record() -> None:
    failure = csv_failure("FIELD_CUSTOM_VALIDATION_EXCEPTION:Ask: the desk:Fairlead_band__c --")

    assert (failure.kind, failure.field) == (FailureKind.REJECT, "Fairlead_band__c")
    assert "Ask: the desk" in failure.message


@pytest.mark.parametrize("errors", [None, [], [None], "text", [{"statusCode": None}]])
def test_a_record_without_a_readable_error_is_rejected(errors: Any) -> None:
    assert item_failure(errors).kind is FailureKind.REJECT


@pytest.mark.parametrize(
    ("status", "body", "kind", "code"),
    [
        (400, {"error": "invalid_grant", "error_description": "user"}, FailureKind.STOP, "invalid_grant"),
        (400, {"error": "app_not_found"}, FailureKind.STOP, "app_not_found"),
        (400, {"error": "what <b>is</b> this"}, FailureKind.STOP, "400"),
        (200, "<html>Log in</html>", FailureKind.RETRY, "not-a-token"),
        (503, "", FailureKind.RETRY, "503"),
    ],
)
def test_a_login_is_classified(status: int, body: Any, kind: FailureKind, code: str) -> None:
    failure = token_failure(answered(status, body))

    assert failure is not None
    assert (failure.kind, failure.code) == (kind, code)


def test_the_login_host_of_all_orgs_is_answered_with_the_remedy() -> None:
    failure = token_failure(answered(400, {"error": "app_not_found"}))

    assert failure is not None
    assert failure.remedy == "set `login_url` to the org's My Domain, not to login or test"
