"""Webhooks as HubSpot sends them: signed, in batches, unordered, repeated."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import random
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import unquote

import requests

__all__ = ["WebhookSender"]

_BATCH = 100
_RETRIES = 10
_TIMEOUT = 5.0
#: HubSpot decodes these in the address before it signs, and nothing else
_DECODED = ("%3A", "%2F", "%3F", "%40", "%21", "%24", "%27", "%28", "%29", "%2A", "%2C", "%3B")
_SINGULAR = {"contacts": "contact", "companies": "company", "deals": "deal"}


class WebhookSender:
    """Builds and delivers signed events; `secret` is the app's client secret."""

    def __init__(self, secret: str, account_id: int) -> None:
        self._secret = secret
        self._account_id = account_id
        self._event = 1_000_000
        self._chance = random.Random(11)  # noqa: S311 - an order, no secret

    def event(self, type_: str, type_id: str, id_: int, what: str, now: int) -> dict[str, Any]:
        """Return one event; `what` is `creation`, `propertyChange`, `deletion` or `merge KEEP LOSE`."""
        self._event += 1
        kind, *merged = what.split()
        named = _SINGULAR.get(type_)
        event: dict[str, Any] = {
            "eventId": self._event,
            "subscriptionId": 3_520_771,
            "portalId": self._account_id,
            "appId": 190_331,
            "occurredAt": now,
            "subscriptionType": f"{named or 'object'}.{kind}",
            "attemptNumber": 0,
            "objectId": id_,
            "changeSource": "CRM_UI",
        }
        if named is None:
            event["objectTypeId"] = type_id
        if kind == "propertyChange":
            event.update(propertyName="firstname" if named == "contact" else "name", propertyValue="")
        if kind == "merge":
            keep, lose = (int(each) for each in merged)
            event.update(
                primaryObjectId=keep, mergedObjectIds=[lose], newObjectId=id_, numberOfPropertiesMoved=1
            )
        return event

    def request(
        self, url: str, events: Iterable[Mapping[str, Any]], now: int, forged: str | None = None
    ) -> dict[str, Any]:
        """Return the request that carries some events; `forged` names what is wrong with it."""
        stamp = now - 301_000 if forged == "age" else now
        body = json.dumps(list(events), separators=(",", ":"))
        headers = {"Content-Type": "application/json", "X-HubSpot-Request-Timestamp": str(stamp)}
        if forged != "unsigned":
            secret = "not the app's secret" if forged == "signature" else self._secret
            headers["X-HubSpot-Signature-v3"] = _signature(secret, "POST", url, body, stamp)
        if forged == "body":
            body = body.replace('"objectId":', '"objectId":9')
        return {"method": "POST", "url": url, "headers": headers, "body": body}

    def deliver(self, url: str, events: list[dict[str, Any]], now: int, *, twice: bool) -> int:
        """Send events until they are taken; return how many requests it took.

        Events are shuffled and sent again after a failure, with a higher attempt number, at most ten times
        (over a day, which the sandbox does not wait for). With `twice` each batch arrives a second time.
        """
        self._chance.shuffle(events)
        sent = 0
        for start in range(0, len(events), _BATCH):
            batch = events[start : start + _BATCH]
            for attempt in range(_RETRIES + 1):
                request = self.request(url, [{**each, "attemptNumber": attempt} for each in batch], now)
                sent += 1
                if _taken(request):
                    break
            if twice:
                sent += 1
                _taken(self.request(url, batch, now))
        return sent


def _taken(request: Mapping[str, Any]) -> bool:
    try:
        answer = requests.post(
            request["url"],
            data=request["body"].encode(),
            headers=request["headers"],
            timeout=_TIMEOUT,
            allow_redirects=False,
        )
    except requests.RequestException:
        return False
    return answer.ok


def _signature(secret: str, method: str, url: str, body: str, stamp: int) -> str:
    for code in _DECODED:
        url = url.replace(code, unquote(code)).replace(code.lower(), unquote(code))
    text = f"{method}{url}{body}{stamp}"
    return base64.b64encode(hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()).decode()
