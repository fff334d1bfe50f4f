"""Webhooks: is a request HubSpot's, and which records does it announce.

The signature is version 3 of HubSpot's page on validating requests, with its decoding of the address.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from fairlead.plugins.webhooks import WebhookError, WebhookEvent, WebhookReply, WebhookRequest

__all__ = ["decoded_address", "receive", "signature"]

#: a request that is older, or further ahead of the clock, is refused, in thousandths of a second
_OLDEST_MS = 300_000
#: what HubSpot decodes in the address before it signs, and nothing else
_DECODED = {
    "%3A": ":",
    "%2F": "/",
    "%3F": "?",
    "%40": "@",
    "%21": "!",
    "%24": "$",
    "%27": "'",
    "%28": "(",
    "%29": ")",
    "%2A": "*",
    "%2C": ",",
    "%3B": ";",
}
_ENCODED = re.compile("|".join(_DECODED), re.IGNORECASE)
_OBJECTS = {
    "contact": "contacts",
    "company": "companies",
    "deal": "deals",
    "0-1": "contacts",
    "0-2": "companies",
    "0-3": "deals",
    "0-18": "communications",
    "0-48": "calls",
    "0-49": "emails",
}
_GONE = ("deletion", "privacyDeletion")


def decoded_address(url: str) -> str:
    """Return an address with the escapes decoded that HubSpot decodes."""
    return _ENCODED.sub(lambda found: _DECODED[found[0].upper()], url)


def signature(secret: str, method: str, url: str, body: bytes, timestamp: str) -> str:
    """Return the signature, version 3, of a request."""
    text = method.encode() + decoded_address(url).encode() + body + timestamp.encode()
    return base64.b64encode(hmac.new(secret.encode(), text, hashlib.sha256).digest()).decode()


def receive(
    request: WebhookRequest, *, secret: str | None, account_id: Callable[[], int], now: datetime
) -> WebhookReply:
    """Check a request and return the records that it announces, each once; events of other accounts are not.

    `account_id` is called for a genuine request alone: nobody from outside makes us ask HubSpot. Raises
    WebhookError for a request that is unsigned, forged, older than five minutes or not readable.
    """
    if not secret:
        raise WebhookError("a webhook cannot be checked: `HUBSPOT_CLIENT_SECRET` is not set")
    given = request.headers.get("x-hubspot-signature-v3")
    stamp = request.headers.get("x-hubspot-request-timestamp", "")
    if not given or not re.fullmatch(r"[0-9]{1,16}", stamp):
        raise WebhookError("the request is not signed, or has no timestamp")
    if abs(now.timestamp() * 1000 - int(stamp)) > _OLDEST_MS:
        raise WebhookError("the request is older than five minutes, or the clock of this machine is wrong")
    expected = signature(secret, request.method.upper(), request.url, request.body, stamp)
    if not hmac.compare_digest(expected.encode(), given.encode(errors="replace")):
        raise WebhookError(
            "the signature is not right: the request is not HubSpot's, or the public address is not the one "
            "that HubSpot calls"
        )
    return WebhookReply(tuple(dict.fromkeys(_events(request.body, account_id()))))


def _events(body: bytes, account_id: int) -> Iterator[WebhookEvent]:
    try:
        events = json.loads(body)
    except ValueError:
        raise WebhookError("the body is not JSON") from None
    if not isinstance(events, list) or not all(isinstance(event, dict) for event in events):
        raise WebhookError("the body is not a list of events")
    for event in events:
        if event.get("portalId") == account_id:
            yield from _announced(event)


def _announced(event: Mapping[str, Any]) -> Iterator[WebhookEvent]:
    named, _, what = str(event.get("subscriptionType", "")).partition(".")
    object_ = _OBJECTS.get(str(event.get("objectTypeId")) if named == "object" else named)
    if what == "associationChange":
        yield from _associated(event)
        return
    if object_ is None:
        return
    if what == "merge":
        kept = _id(event.get("newObjectId")) or _id(event.get("primaryObjectId"))
        if kept:
            yield WebhookEvent(object_, kept)
        merged = event.get("mergedObjectIds")
        for old in [*(merged if isinstance(merged, list) else []), event.get("primaryObjectId")]:
            if _id(old) and _id(old) != kept:
                yield WebhookEvent(object_, str(old), deleted=True)
        return
    id_ = _id(event.get("objectId"))
    if id_:
        yield WebhookEvent(object_, id_, deleted=what in _GONE)


def _associated(event: Mapping[str, Any]) -> Iterator[WebhookEvent]:
    """Yield both ends of an association; the type is written `CONTACT_TO_COMPANY`."""
    ends = str(event.get("associationType", "")).lower().split("_to_")
    for end, member in zip(ends, ("fromObjectId", "toObjectId"), strict=False):
        object_, id_ = _OBJECTS.get(end), _id(event.get(member))
        if object_ and id_:
            yield WebhookEvent(object_, id_)


def _id(value: Any) -> str | None:
    text = str(value)
    return text if text.isascii() and text.isdigit() else None
