"""What Salesforce's error codes mean, and what is said about them.

The texts of Salesforce are passed on only where they hold no value of a record: `data value too large` and
its like repeat what was written.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import requests

from fairlead.plugins.failures import Failure, FailureKind

__all__ = ["call_failure", "csv_failure", "item_failure", "token_failure"]

_RETRY, _REFRESH = FailureKind.RETRY, FailureKind.REFRESH
_REJECT, _GONE = FailureKind.REJECT, FailureKind.GONE
_LIMIT, _STOP = FailureKind.LIMIT, FailureKind.STOP

_FIELD_REMEDY = (
    "run `fairlead doctor`: the field was removed or renamed, or field-level security hides it from the "
    "integration user; `fairlead provision` makes and grants our fields"
)
_PERMISSION_REMEDY = "give the integration user the permission, by its profile or a permission set"
_VERSION_REMEDY = "set `api_version` to one that the org offers"
_AUTH_REMEDY = "check the SALESFORCE_… secrets, the setting `flow`, and the policies of the app in Setup"

#: code -> (kind, what is said, remedy)
_CODES: Mapping[str, tuple[FailureKind, str, str | None]] = {
    "INVALID_SESSION_ID": (_REFRESH, "the session has ended", _AUTH_REMEDY),
    "INVALID_AUTH_HEADER": (_REFRESH, "the session has ended", _AUTH_REMEDY),
    "INVALID_FIELD": (_STOP, "a field is not there, or hidden from the integration user", _FIELD_REMEDY),
    "INVALID_FIELD_FOR_INSERT_UPDATE": (
        _STOP,
        "a field may not be written by the integration user",
        _FIELD_REMEDY,
    ),
    "INVALID_TYPE": (
        _STOP,
        "an object is not there, or hidden from the integration user",
        "run `fairlead doctor`, and give the integration user access to the object",
    ),
    "MALFORMED_QUERY": (_STOP, "Salesforce does not take the query", "report this as a fault of Fairlead"),
    "NOT_FOUND": (_GONE, "the record is not there, or out of reach", None),
    "ENTITY_IS_DELETED": (_GONE, "the record was deleted", None),
    "INVALID_CROSS_REFERENCE_KEY": (_GONE, "the record is not there, or out of reach", None),
    "MALFORMED_ID": (_REJECT, "an id has not the form of this org's ids", None),
    "REQUIRED_FIELD_MISSING": (
        _REJECT,
        "a field that the org requires is empty",
        "fill the field in the CRM",
    ),
    "FIELD_CUSTOM_VALIDATION_EXCEPTION": (
        _REJECT,
        "a validation rule of the org refuses the record",
        "correct the record in the CRM, or exempt the integration user from the rule",
    ),
    "STRING_TOO_LONG": (_REJECT, "the text is longer than the field", None),
    "NUMBER_OUTSIDE_VALID_RANGE": (_REJECT, "the number is larger than the field holds", None),
    "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST": (
        _REJECT,
        "the pick list does not have the value",
        "run `fairlead provision`, which adds the options that are missing",
    ),
    "INVALID_TYPE_ON_FIELD_IN_RECORD": (_REJECT, "the value does not fit the type of the field", None),
    "JSON_PARSER_ERROR": (_REJECT, "the value does not fit the type of the field", _FIELD_REMEDY),
    "DUPLICATE_VALUE": (
        _REJECT,
        "another record has the value of a unique field",
        "give one of the two records another value, or merge them in the CRM",
    ),
    "DUPLICATE_EXTERNAL_ID": (_REJECT, "several records have this external id", "merge them in the CRM"),
    "DUPLICATES_DETECTED": (
        _REJECT,
        "a duplicate rule of the org blocks the record",
        "merge the duplicates in the CRM, or let the rule alert instead of block",
    ),
    "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY": (
        _REJECT,
        "a trigger or flow of the org failed on the record",
        "look at the trigger or flow in the org's logs",
    ),
    "CANNOT_UPDATE_CONVERTED_LEAD": (
        _REJECT,
        "the lead was converted, and Salesforce does not let converted leads be changed",
        "keep results on the lead until conversion; the record is kept as it was",
    ),
    "UNABLE_TO_LOCK_ROW": (_RETRY, "the record is locked by another transaction", None),
    "QUERY_TIMEOUT": (_RETRY, "the query took Salesforce too long", None),
    "SERVER_UNAVAILABLE": (_RETRY, "Salesforce is overloaded", None),
    "UNKNOWN_EXCEPTION": (_RETRY, "Salesforce had an internal error", None),
    "INVALID_QUERY_LOCATOR": (_STOP, "the cursor of the query has expired", None),
    "ALL_OR_NONE_OPERATION_ROLLED_BACK": (_RETRY, "another record of the call failed", None),
    "API_DISABLED_FOR_ORG": (
        _STOP,
        "the org's edition, or the user's profile, has no access to the API",
        "use an edition with API access, and give the integration user `API Enabled`",
    ),
    "API_CURRENTLY_DISABLED": (_STOP, "the API is switched off for this user", _PERMISSION_REMEDY),
    "UNSUPPORTED_API_VERSION": (_STOP, "the org does not offer this version of the API", _VERSION_REMEDY),
    "INVALID_VERSION_FORMAT": (_STOP, "the org does not offer this version of the API", _VERSION_REMEDY),
    "TXN_SECURITY_METERING_ERROR": (
        _STOP,
        "a transaction security policy of the org blocks the call",
        "exempt the integration user from the policy",
    ),
}
_COLUMN = re.compile(r"No such column '([A-Za-z0-9_.]{1,120})'")
_OTHER = re.compile(r"with id: ([A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?)\b")
_RULE_CODES = ("FIELD_CUSTOM_VALIDATION_EXCEPTION",)
_CODE = re.compile(r"[A-Z][A-Z0-9_]{2,60}")
_TOKEN_CODE = re.compile(r"[a-z_]{3,60}")
_LONGEST = 300


def item_failure(errors: Any) -> Failure:
    """Return the failure of one record in a batch from its `errors`."""
    first = errors[0] if isinstance(errors, list) and errors else {}
    if not isinstance(first, Mapping):
        first = {}
    return _failure(str(first.get("statusCode", "")), str(first.get("message", "")), first.get("fields"))


def csv_failure(error: str) -> Failure:
    """Return the failure of one row from `sf__Error`: `CODE:message:fields --`."""
    code, _, rest = error.removesuffix("--").strip().partition(":")
    message, _, fields = rest.rpartition(":")
    return _failure(code, message or rest, [name for name in fields.split(",") if name])


def _failure(code: str, message: str, fields: object) -> Failure:
    """Return what a code means for one record."""
    field = (
        str(fields[0]) if isinstance(fields, Sequence) and fields and not isinstance(fields, str) else None
    )
    if column := _COLUMN.search(message):
        field = column.group(1)
    if not _CODE.fullmatch(code):
        code = "unknown"
    kind, said, remedy = _CODES.get(code, (_REJECT, "Salesforce refused the record", None))
    if code == "REQUEST_LIMIT_EXCEEDED":
        return _limit(message)
    if code == "INVALID_CROSS_REFERENCE_KEY" and field is not None:
        kind, said = _REJECT, "the record that the link is to point to is not there"
    if code == "ENTITY_IS_DELETED" and field is not None:
        kind, said = _REJECT, "the record that the link is to point to was deleted"
    if code == "INVALID_FIELD" and field is not None:
        said = f"the field `{field}` is not there, or hidden from the integration user"
    if code in _RULE_CODES and message:
        # the text of a validation rule is the administrator's own and holds no value
        said = f"{said}: {message[:_LONGEST]}"
    # a write by id adopts no other record: the two are to be told apart by a person
    other = _OTHER.search(message) if code == "DUPLICATE_VALUE" else None
    return Failure(kind, code, said, field=field, other_id=other.group(1) if other else None, remedy=remedy)


def _limit(message: str) -> Failure:
    if "concurrent" in message.lower():
        return Failure(_RETRY, "REQUEST_LIMIT_EXCEEDED", "too many long calls at once")
    return Failure(
        _LIMIT,
        "REQUEST_LIMIT_EXCEEDED",
        "the org's calls of 24 hours are used up",
        remedy="the next run goes on from here; look at the org's other integrations, or buy more calls",
    )


def call_failure(response: requests.Response) -> Failure | None:
    """Return None for an answer that is fine, else the failure of the whole call."""
    status = response.status_code
    if 200 <= status < 300:
        return None
    code, message, fields = _first_error(response)
    if status >= 500 or status in (406, 408, 420, 429):
        return Failure(
            _RETRY, code or str(status), "Salesforce cannot answer now", retry_after=_retry_after(response)
        )
    if code in _CODES or code == "REQUEST_LIMIT_EXCEEDED":
        return _failure(code, message, fields)
    if status == 401:
        return Failure(_REFRESH, code or "401", "the session has ended", remedy=_AUTH_REMEDY)
    if status == 403:
        return Failure(
            _STOP, code or "403", "the integration user may not make this call", remedy=_PERMISSION_REMEDY
        )
    if status == 404:
        return Failure(
            _STOP, code or "404", "the address is not there in this version", remedy=_VERSION_REMEDY
        )
    if status in (301, 302, 303, 307, 308):
        return Failure(
            _STOP,
            str(status),
            "Salesforce sends the call to another host",
            remedy="set `login_url` to the org's My Domain, as Setup shows it",
        )
    return Failure(
        _STOP,
        code or str(status),
        "Salesforce does not take the call",
        remedy="run `fairlead doctor`; where it finds nothing, report this as a fault of Fairlead",
    )


def token_failure(response: requests.Response) -> Failure | None:
    """Return None for an answer with a token, else the failure; of the answer only its code is told."""
    if response.status_code >= 500 or response.status_code in (408, 429):
        return Failure(_RETRY, str(response.status_code), "the login host cannot answer now")
    try:
        answer = json.loads(response.content)
    except ValueError:
        answer = None
    if response.status_code == 200:
        if isinstance(answer, dict) and isinstance(answer.get("access_token"), str):
            return None
        return Failure(
            _RETRY,
            "not-a-token",
            "the login host gave no token",
            remedy="look at what stands between this machine and Salesforce: a proxy, a login page",
        )
    code = str(answer.get("error", "")) if isinstance(answer, dict) else ""
    if not _TOKEN_CODE.fullmatch(code):
        code = str(response.status_code)
    said, remedy = _TOKEN.get(code, ("Salesforce refuses the login", _AUTH_REMEDY))
    return Failure(_STOP, code, said, remedy=remedy)


_TOKEN: Mapping[str, tuple[str, str]] = {
    "invalid_grant": (
        "Salesforce refuses the grant: revoked, used before, or the user is not approved for the app",
        "authorise the app again, pre-authorise the integration user, and for `jwt` look at the clock here",
    ),
    "app_not_found": (
        "this host does not know the app",
        "set `login_url` to the org's My Domain, not to login or test",
    ),
    "invalid_client_id": ("the app is not known", "check SALESFORCE_CLIENT_ID"),
    "invalid_client": ("the app's secret is wrong", "check SALESFORCE_CLIENT_SECRET"),
    "unsupported_grant_type": (
        "the app does not allow this flow",
        "turn the flow on for the app, or change `flow`",
    ),
}


def _first_error(response: requests.Response) -> tuple[str, str, object]:
    try:
        answer = json.loads(response.content)
    except ValueError:
        return "", "", None
    first = answer[0] if isinstance(answer, list) and answer else answer
    if not isinstance(first, dict):
        return "", "", None
    code = str(first.get("errorCode", ""))
    return code if _CODE.fullmatch(code) else "", str(first.get("message", "")), first.get("fields")


def _retry_after(response: requests.Response) -> float | None:
    text = response.headers.get("Retry-After", "")
    return float(text) if text.isdigit() else None
