"""What Zoho CRM's errors mean, for calls and for single records."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import requests

from fairlead.plugins.failures import Failure, FailureKind

__all__ = [
    "CREDITS_HEADER",
    "call_failure",
    "item_failure",
    "token_failure",
    "too_many_tokens",
    "unknown_field",
]

CREDITS_HEADER = "X-API-CREDITS-REMAINING"
_STOP, _RETRY, _REJECT = FailureKind.STOP, FailureKind.RETRY, FailureKind.REJECT
#: seconds until another access token may be asked for, once there were too many (vendor's OAuth limits)
_TOKEN_WAIT = 600.0
_DATA_CENTRE = (
    "make a refresh token for this client and put it into `ZOHO_REFRESH_TOKEN`; a token of another data "
    "centre is refused with the same words: check `data_centre`"
)
_REMEDIES = {
    "INVALID_MODULE": "name a module that the account has and the integration user may see",
    "INVALID_URL_PATTERN": "check `api_version`",
    "NO_PERMISSION": "give the integration user's profile this permission",
    "AUTHORIZATION_FAILED": "give the integration user's profile this permission",
}
#: item codes that ask for nothing but patience; locks are set by people or by the account's rules
_PASSING_ITEMS = frozenset(
    {
        "RECORD_LOCKED",
        "NOT_APPROVED",
        "RECORD_IN_BLUEPRINT",
        "INTERNAL_ERROR",
        "DEPENDENT_SERVICE_ERROR",
        "TOO_MANY_REQUESTS",
    }
)
_ITEM_WORDS = {
    "INVALID_DATA": "Zoho CRM refuses the value",
    "MANDATORY_NOT_FOUND": "the account makes a field mandatory that is empty",
    "DEPENDENT_FIELD_MISSING": "the account asks for another field beside this one",
    "DEPENDENT_MISMATCH": "the value does not go with that of another field",
    "EXPECTED_FIELD_MISSING": "the account asks for a field that was not sent",
    "DUPLICATE_DATA": "another record has this value already, and the field takes each value once",
    "ID_ALREADY_CONVERTED": "the lead was converted, and converted leads cannot be written",
    "RECORD_LOCKED": "the record is locked",
    "NOT_APPROVED": "the record waits for approval",
    "NO_PERMISSION": "the integration user may not write the record",
}


def call_failure(response: requests.Response) -> Failure | None:
    """Return why a call failed; None where it did not, and where each item has a result of its own."""
    status = response.status_code
    if 200 <= status < 300 or status == 304:
        return None
    body = _body(response)
    if status == 400 and any(isinstance(body.get(name), list) for name in ("data", "fields", "watch")):
        return None
    code, details = str(body.get("code") or f"http-{status}"), body.get("details")
    details = details if isinstance(details, dict) else {}
    if status == 429:
        return _too_many(response)
    if code == "OAUTH_SCOPE_MISMATCH":
        scope = f" `{details['scope']}`" if isinstance(details.get("scope"), str) else ""
        remedy = f"make a refresh token with the scope{scope} that the call to {_path(response)} needs"
        return Failure(_STOP, code, f"the refresh token lacks a scope{scope}", remedy=remedy)
    if status == 401 and code != "AUTHORIZATION_FAILED":
        return Failure(FailureKind.REFRESH, code, "the access token is not valid", remedy=_DATA_CENTRE)
    if status >= 500 or status == 408:
        return Failure(_RETRY, code, f"Zoho CRM failed to answer {_path(response)} ({status})")
    if code == "INVALID_QUERY" and isinstance(details.get("column_name"), str):
        column = details["column_name"].partition(".")[0]
        return unknown_field(column, code)
    if status == 403 or code in ("NO_PERMISSION", "AUTHORIZATION_FAILED"):
        named = details.get("permissions")
        words = f": {', '.join(map(str, named))}" if isinstance(named, list) and named else ""
        message = f"the integration user may not call {_path(response)}{words}"
        return Failure(_STOP, code, message, remedy=_REMEDIES["NO_PERMISSION"])
    named_field = details.get("api_name") or details.get("param_name") or details.get("column_name")
    message = f"Zoho CRM refuses the call to {_path(response)}" + (
        f" for `{named_field}`" if named_field else ""
    )
    field = named_field if isinstance(named_field, str) else None
    return Failure(_STOP, code, message, field=field, remedy=_REMEDIES.get(code))


def unknown_field(name: str, code: str = "unknown-field") -> Failure:
    """Return the failure of a field that the account does not have, or does not show."""
    return Failure(
        _STOP,
        code,
        f"the account has no field `{name}` that the integration user can see",
        field=name,
        remedy="run `fairlead provision`, show the field to the user's profile, or change the mapping",
    )


def token_failure(response: requests.Response) -> Failure | None:
    """Return why no access token was given; Zoho says so under HTTP 200."""
    body = _body(response)
    error = body.get("error")
    if error is None:
        if "access_token" in body:
            return None
        if response.status_code == 200 and not body:
            # an error page of a proxy: the caller finds that it is not JSON and asks again
            return None
        kind = _RETRY if response.status_code >= 500 else _STOP
        code = f"http-{response.status_code}"
        return Failure(kind, code, "Zoho's accounts server gives no access token", remedy=_DATA_CENTRE)
    match str(error):
        case "invalid_code":
            message = "Zoho's accounts server does not take the refresh token"
            return Failure(_STOP, "invalid_code", message, remedy=_DATA_CENTRE)
        case "invalid_client" | "invalid_client_secret":
            message = "Zoho's accounts server does not know the client, or its secret is wrong"
            remedy = "check `ZOHO_CLIENT_ID`, `ZOHO_CLIENT_SECRET` and `data_centre`"
            return Failure(_STOP, str(error), message, remedy=remedy)
        case "Access Denied":
            return too_many_tokens()
    return Failure(
        _STOP, "token-refused", "Zoho's accounts server gives no access token", remedy=_DATA_CENTRE
    )


def too_many_tokens(wait: float = _TOKEN_WAIT) -> Failure:
    """Return the failure of the eleventh access token in ten minutes."""
    return Failure(
        _RETRY,
        "too-many-tokens",
        "ten access tokens were made of this refresh token in ten minutes, and Zoho makes no more",
        retry_after=wait,
        remedy="wait ten minutes; let fewer programs share this refresh token",
    )


def item_failure(item: Mapping[str, Any]) -> Failure | None:
    """Return why one record of a batch was refused; None where it was written."""
    if item.get("status") == "success" or item.get("code") == "SUCCESS":
        return None
    code = str(item.get("code") or "unknown")
    details = item.get("details")
    details = details if isinstance(details, dict) else {}
    name = details.get("api_name")
    field = name if isinstance(name, str) else None
    if code == "INVALID_DATA" and field == "id":
        return Failure(FailureKind.GONE, code, "there is no record with this id any more", field=field)
    words = _ITEM_WORDS.get(code, "Zoho CRM refuses the record")
    message = f"{words}: `{field}`" if field else words
    if code == "DUPLICATE_DATA":
        other = details.get("id")
        if other is None and isinstance(details.get("duplicate_record"), dict):
            other = details["duplicate_record"].get("id")
        if other is not None:
            return Failure(FailureKind.ADOPT, code, message, field=field, other_id=str(other))
    if code in _PASSING_ITEMS:
        return Failure(_RETRY, code, message, field=field)
    return Failure(_REJECT, code, message, field=field)


def _too_many(response: requests.Response) -> Failure:
    """Tell the two causes of 429 apart: the header is there and zero where the credits are used up."""
    left = response.headers.get(CREDITS_HEADER, "")
    if left.isdigit() and int(left) == 0:
        return Failure(
            FailureKind.LIMIT,
            "credits-used-up",
            "the organisation's credits of the last 24 hours are used up",
            remedy="the next run goes on from here; buy credits, or let other integrations use fewer",
        )
    return Failure(_RETRY, "TOO_MANY_REQUESTS", "too many calls at the same time")


def _body(response: requests.Response) -> dict[str, Any]:
    try:
        found = json.loads(response.content)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _path(response: requests.Response) -> str:
    return urlsplit(response.url).path
