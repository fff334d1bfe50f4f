"""Notification channels: kept alive ahead of their end, and what arrives through them."""

from __future__ import annotations

import hmac
import json
import zlib
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from fairlead.plugins.failures import ConnectorError, Failure, FailureKind
from fairlead.plugins.fields import SetupStep
from fairlead.plugins.webhooks import WebhookError, WebhookEvent, WebhookReply, WebhookRequest
from fairlead_zoho.client import ZohoClient, items_of
from fairlead_zoho.failures import item_failure
from fairlead_zoho.values import Unfitting, instant_text, parse_instant

__all__ = ["TOKEN", "Channels", "receive"]

TOKEN = "ZOHO_WEBHOOK_TOKEN"  # noqa: S105 - the name of the variable
#: characters that every version of the interface takes as a channel's token
LONGEST_TOKEN = 50
#: a week is the most that version 8 gives, a day what version 2 gave
_LIVES = (timedelta(days=6), timedelta(hours=23))
_RENEWED_BEFORE = timedelta(days=2)
_MOST_IDS = 10_000
#: what a callback may call itself: the vendor's pages show JSON, and state no media type
_MEDIA_TYPES = frozenset({"application/json", "text/json", "text/plain"})


class Channels:
    """Keeps one channel per address."""

    def __init__(self, client: ZohoClient) -> None:
        self._client = client

    def keep(self, url: str, modules: Sequence[str], token: str, *, dry_run: bool) -> SetupStep:
        """Make the channel, or renew it where it ends soon or listens to other modules."""
        id_, events = _channel_id(url), [f"{module}.all" for module in modules]
        target = f"notification channel {id_}"
        now = self._client.now()
        found = self._live(id_)
        if found is not None and set(found.get("events") or ()) == set(events):
            ends = _end(found)
            if ends is not None and ends > now + _RENEWED_BEFORE:
                return SetupStep("exists", target, f"is open until {ends:%Y-%m-%d %H:%M} UTC", True)
        action, words = ("change", "renews") if found is not None else ("create", "opens")
        detail = f"{words} the channel for {', '.join(modules)}"
        if dry_run:
            return SetupStep("change" if found is not None else "create", target, detail, False)
        failure: Failure | None = None
        for life in _LIVES:
            watch = {
                "channel_id": id_,
                "events": events,
                "channel_expiry": instant_text(self._client.now() + life),
                "token": token,
                "notify_url": url,
            }
            method = "PUT" if found is not None else "POST"
            answer = self._client.json("setup", method, "/actions/watch", body={"watch": [watch]})
            items = items_of(answer, "watch")
            failure = item_failure(items[0]) if items else _no_answer()
            if failure is None or failure.field != "channel_expiry":
                break
        done = failure is None
        return SetupStep("create" if action == "create" else "change", target, detail, done, failure=failure)

    def close(self, url: str, *, dry_run: bool) -> SetupStep | None:
        """End the channel of an address, where there is one."""
        id_ = _channel_id(url)
        if self._live(id_) is None:
            return None
        if not dry_run:
            self._client.json("setup", "DELETE", "/actions/watch", params={"channel_ids": id_})
        return SetupStep("remove", f"notification channel {id_}", "closes the channel", not dry_run)

    def _live(self, id_: str) -> Mapping[str, Any] | None:
        answer = self._client.json("setup", "GET", "/actions/watch", params={"channel_id": id_})
        return next((each for each in items_of(answer, "watch") if str(each.get("channel_id")) == id_), None)


def receive(request: WebhookRequest, token: str | None) -> WebhookReply:
    """Check the channel's token and return what is announced; values that are sent along are left unread.

    Zoho signs nothing: the token is all that tells its callbacks from others.
    """
    if not token:
        raise WebhookError(f"`{TOKEN}` is not set: no callback can be told from a forgery")
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() not in _MEDIA_TYPES:
        raise WebhookError("the request does not say that it carries JSON")
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError):
        raise WebhookError("the request is not JSON") from None
    if not isinstance(body, dict):
        raise WebhookError("the request is no callback of a notification channel")
    given = body.get("token")
    if not isinstance(given, str) or not hmac.compare_digest(
        given.encode("utf-8", "replace"), token.encode()
    ):
        raise WebhookError("the token is not that of the channel")
    module, ids = body.get("module"), body.get("ids")
    if not isinstance(module, str) or not isinstance(ids, list) or len(ids) > _MOST_IDS:
        raise WebhookError("the callback does not say which records it is about")
    if not all(isinstance(each, str) and each.isdecimal() for each in ids):
        raise WebhookError("the callback names records by something else than ids")
    deleted = body.get("operation") == "delete"
    return WebhookReply(tuple(WebhookEvent(module, each, deleted) for each in ids))


def check_token(token: str) -> None:
    """Refuse a token that a channel does not take; raises ConnectorError."""
    if len(token) > LONGEST_TOKEN:
        message = f"`{TOKEN}` has more than {LONGEST_TOKEN} characters"
        remedy = "use a random text of 32 to 50 characters"
        raise ConnectorError(Failure(FailureKind.STOP, "token-too-long", message, remedy=remedy))


def _channel_id(url: str) -> str:
    """Return a channel's number, the same for an address each time."""
    return str(5_000_000_000 + zlib.crc32(url.encode()))


def _end(channel: Mapping[str, Any]) -> Any:
    try:
        return parse_instant(str(channel.get("channel_expiry")))
    except Unfitting:
        return None


def _no_answer() -> Failure:
    return Failure(FailureKind.RETRY, "no-result", "Zoho CRM gave no result for the channel")
