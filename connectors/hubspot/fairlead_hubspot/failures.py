"""What HubSpot's refusals mean; the actions of its error page, one classification for calls and items.

Sources: HubSpot's error handling page (stored copy of 30 March 2026) and the change log on write validation.
No message of ours repeats HubSpot's: theirs quote values of records.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import requests

from fairlead.plugins.failures import Failure, FailureKind

__all__ = ["classify", "classify_token", "item_failure"]

#: an account or record locks for two seconds after a heavy burst of writes
_LOCK_SECONDS = 2.0
_EXISTING = re.compile(r"Existing ID:\s*(\d+)")
_OVERLOADED = frozenset({500, 502, 503, 504, 520, 521, 522, 523, 524, 525, 526})
_NEW_KEY = "make a new key or install the app again, and set it in the environment"


def classify(response: requests.Response) -> Failure | None:
    """Return what an answer means for its call; None is one to go on with, 207 included."""
    status = response.status_code
    if status < 300:
        return None
    body = _body(response)
    code = str(body.get("category") or status)
    match status:
        case 401:
            return Failure(FailureKind.REFRESH, code, "HubSpot does not accept the token", remedy=_NEW_KEY)
        case 403:
            return _forbidden(code, body)
        case 423:
            wait = max(_retry_after(response) or 0.0, _LOCK_SECONDS)
            return Failure(FailureKind.RETRY, code, "HubSpot locked what was to be written", retry_after=wait)
        case 429:
            return _too_many(response, body)
        case 477:
            return Failure(
                FailureKind.RETRY,
                "MIGRATION_IN_PROGRESS",
                "HubSpot is moving the account's data",
                retry_after=_retry_after(response),
                remedy="run again later: HubSpot names up to a day",
            )
        case 530:
            return Failure(FailureKind.STOP, "530", "HubSpot cannot read the token", remedy=_NEW_KEY)
        case 414:
            return Failure(FailureKind.STOP, "414", "an address is longer than HubSpot takes")
    if status in _OVERLOADED or status > 500:
        return Failure(
            FailureKind.RETRY, code, f"HubSpot is overloaded ({status})", retry_after=_retry_after(response)
        )
    if status < 400:
        return Failure(
            FailureKind.STOP,
            str(status),
            "the address leads elsewhere",
            remedy="look at `base_url`, and at proxies in between",
        )
    return item_failure(body, status)


def classify_token(response: requests.Response) -> Failure | None:
    """Return what an answer to a request for an access token means."""
    if response.status_code not in (400, 401, 403):
        return classify(response)
    body = _body(response)
    code = str(body.get("status") or body.get("error") or response.status_code)
    return Failure(FailureKind.STOP, code, "HubSpot does not renew the access token", remedy=_NEW_KEY)


def item_failure(body: Mapping[str, Any], status: int | None = None) -> Failure:
    """Return what an error means for the record that it is about: a body, or one of the errors of a 207."""
    category = str(body.get("category") or status or "UNKNOWN")
    code, field = next(_details(body), (None, None))
    found = _EXISTING.search(str(body.get("message") or ""))
    if found:
        return Failure(FailureKind.ADOPT, category, "the record exists under another id", other_id=found[1])
    if status == 404 or category == "OBJECT_NOT_FOUND":
        return Failure(FailureKind.GONE, category, "the record was deleted, or never existed")
    if category == "OBJECT_ALREADY_EXISTS":
        return Failure(FailureKind.ADOPT, category, "it exists already")
    if category == "MISSING_SCOPES":
        return _forbidden(category, body)
    if category in ("RATE_LIMITS", "RATE_LIMIT", "INTERNAL_ERROR", "LOCKED"):
        return Failure(FailureKind.RETRY, category, "HubSpot could not write the record for now")
    if code == "PROPERTY_DOESNT_EXIST":
        return Failure(
            FailureKind.STOP,
            code,
            f"HubSpot has no property `{field}`" if field else "HubSpot lacks a property",
            field=field,
            remedy="run `fairlead provision`, or correct the mapping",
        )
    if code is not None and code.startswith("MISSING_"):
        return Failure(
            FailureKind.REJECT,
            code,
            f"the account asks for a value of `{field}` whenever this record is changed",
            field=field,
            remedy="fill the property in HubSpot, or no longer require it in its settings",
        )
    what = f"HubSpot does not take the value of `{field}`" if field else "HubSpot does not take the record"
    return Failure(FailureKind.REJECT, code or category, what, field=field)


def _forbidden(code: str, body: Mapping[str, Any]) -> Failure:
    scopes = [
        str(scope)
        for each in _listed(body.get("errors"))
        for scope in _listed(_members(each.get("context")).get("requiredScopes"))
    ]
    return Failure(
        FailureKind.STOP,
        code,
        f"the token lacks {_quoted(scopes)}" if scopes else "the token does not allow this call",
        remedy="add the scopes to the key or app, and set its token anew",
    )


def _too_many(response: requests.Response, body: Mapping[str, Any]) -> Failure:
    policy = str(body.get("policyName") or "RATE_LIMIT")
    if policy == "DAILY":
        return Failure(
            FailureKind.LIMIT,
            policy,
            "the account's calls of the day are used up",
            remedy="the next run goes on from here; the count ends at midnight in the account's time zone",
        )
    return Failure(
        FailureKind.RETRY,
        policy,
        "HubSpot was called too often",
        retry_after=_retry_after(response),
        remedy="another integration uses the same limit; run at another time if this stays",
    )


def _details(body: Mapping[str, Any]) -> Iterator[tuple[str | None, str | None]]:
    """Yield code and property of each detail: in the dated versions' members, else in the message's JSON."""
    for each in _listed(body.get("errors")):
        if each.get("code"):
            names = _listed(_members(each.get("context")).get("propertyName"))
            yield str(each["code"]), str(names[0]) if names else None
    _, _, text = str(body.get("message") or "").partition("Property values were not valid: ")
    try:
        listed = json.loads(text) if text else []
    except ValueError:
        return
    for each in _listed(listed):
        if isinstance(each, dict) and each.get("error"):
            yield str(each["error"]), str(each["name"]) if each.get("name") else None


def _body(response: requests.Response) -> Mapping[str, Any]:
    try:
        return _members(json.loads(response.content or b"{}"))
    except ValueError:
        return {}


def _members(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _retry_after(response: requests.Response) -> float | None:
    text = response.headers.get("Retry-After", "")
    return float(text) if re.fullmatch(r"\d+(\.\d+)?", text) else None


def _quoted(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
