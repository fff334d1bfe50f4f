"""Who may call, and how often: tokens, scopes, rate limits, the daily quota, locks."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from typing import Any

from werkzeug.wrappers import Request, Response

from fairlead.testing.server import json_response
from fairlead.testing.windows import SlidingWindow
from fairlead_hubspot.sandbox.account import ACCOUNT_ID
from fairlead_hubspot.sandbox.answers import Refusal
from fairlead_hubspot.sandbox.schema import TYPE_IDS

__all__ = ["ARRIVED", "Gate"]

#: where a request's environment says when it came, in thousandths of a second
ARRIVED = "fairlead_hubspot.arrived"

_LIFETIME_MS = 1_800_000
_DAY_MS = 86_400_000
#: the account is in Istanbul: its day begins three hours before that of UTC
_ZONE_MS = 3 * 3_600_000
_LOCK_MS = 2_000
_ENGAGEMENTS = ("calls", "emails", "communications", "tasks")
#: calls that read although their method says otherwise
_READING = re.compile(r"/(search|batch/read)$")
_SCOPES = (
    *(
        f"crm.{area}.{object_}.{way}"
        for object_ in ("contacts", "companies", "deals")
        for area in ("objects", "schemas")
        for way in ("read", "write")
    ),
    "crm.lists.read",
    "crm.lists.write",
    "oauth",
)


class Gate:
    """Admits calls as HubSpot does.

    `clock` gives thousandths of a second. `limited` is false where neither rates nor quotas are kept.
    """

    def __init__(self, clock: Callable[[], int], switches: dict[str, Any], *, limited: bool) -> None:
        self._clock = clock
        self._switches = switches
        self._limited = limited
        self.token = f"pat-eu1-{secrets.token_hex(16)}"
        self.client_id = secrets.token_hex(16)
        self.client_secret = secrets.token_hex(16)
        self.refresh_token = f"eu1-{secrets.token_hex(16)}"
        self.scopes = set(_SCOPES)
        self._access: dict[str, int] = {}
        self._revoked = False
        self._static = SlidingWindow(100, 10.0)
        self._oauth = SlidingWindow(110, 10.0)
        self._searches = SlidingWindow(5, 1.0)
        self._bursts = SlidingWindow(1, 1.0)
        self._locked_until = 0
        self._moving_until = 0
        self.daily_limit = 250_000
        self.daily_used = 0
        self._day = 0
        self._throttle = self._overload = 0

    def admit(self, request: Request) -> None:
        """Let a call pass, or raise Refusal in HubSpot's words."""
        if request.path.startswith("/oauth/"):
            return
        metered = self._authenticate(request)
        self._ask_scope(request)
        now = self._clock()
        if self._moving_until > now:
            wait = str(-(-(self._moving_until - now) // 1000))
            raise Refusal(
                477, "MIGRATION_IN_PROGRESS", "account data is moving", headers={"Retry-After": wait}
            )
        if self._overload > 0:
            self._overload -= 1
            raise Refusal(503, "SERVICE_UNAVAILABLE", "The service is temporarily unavailable")
        self._count(request, metered=metered)
        self._lock_bursts(request)

    def headers(self, request: Request) -> dict[str, str]:
        """Return what an answer says of the limits."""
        if request.path.endswith("/search") or request.path.startswith("/oauth/"):
            return {}
        window = self._static if self._is_static(request) else self._oauth
        shown = {
            "X-HubSpot-RateLimit-Max": str(window.calls),
            "X-HubSpot-RateLimit-Remaining": str(window.left),
            "X-HubSpot-RateLimit-Interval-Milliseconds": "10000",
        }
        if self._is_static(request):
            shown["X-HubSpot-RateLimit-Daily"] = str(self.daily_limit)
            shown["X-HubSpot-RateLimit-Daily-Remaining"] = str(max(self.daily_limit - self.daily_used, 0))
        return shown

    def give_token(self, request: Request, version: str) -> Response:
        """Answer a request for an access token."""
        form = request.form
        if form.get("client_id") != self.client_id or form.get("client_secret") != self.client_secret:
            return _refused("invalid_client", "BAD_CLIENT_ID", "missing or invalid client id or secret")
        if form.get("grant_type") != "refresh_token":
            return _refused("unsupported_grant_type", "BAD_GRANT_TYPE", "unknown grant type")
        if form.get("refresh_token") != self.refresh_token or self._revoked:
            return _refused("invalid_grant", "BAD_REFRESH_TOKEN", "missing or invalid refresh token")
        token = f"CN{secrets.token_urlsafe(24)}"
        self._access[token] = self._clock() + _LIFETIME_MS
        return json_response(
            {
                "access_token": token,
                "refresh_token": self.refresh_token,
                "expires_in": _LIFETIME_MS // 1000,
                "token_type": "bearer",
                "token_use": "access_token",
                "hub_id": ACCOUNT_ID,
                "user_id": 1,
                "scopes": sorted(self.scopes),
            }
        )

    def expire(self) -> None:
        """Let every access token run out now."""
        self._access = dict.fromkeys(self._access, 0)

    def revoke(self) -> None:
        """Uninstall the app and delete the key: nothing is accepted any more, nor renewed."""
        self._revoked = True
        self._access.clear()

    def throttle(self, times: int) -> None:
        """Refuse the next calls for their rate."""
        self._throttle = times

    def overload(self, times: int) -> None:
        """Fail the next calls for overload."""
        self._overload = times

    def use_up_quota(self) -> None:
        """Refuse every call until midnight in the account's time zone."""
        self._day = self._today()
        self.daily_used = self.daily_limit + 1

    def move_data(self, seconds: float) -> None:
        """Refuse calls while the account moves to another data centre."""
        self._moving_until = self._clock() + round(seconds * 1000)

    def _authenticate(self, request: Request) -> bool:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme == "Bearer" and token == self.token and not self._revoked:
            return True
        if scheme != "Bearer" or token not in self._access:
            message = "Authentication credentials not found. This API supports OAuth 2.0 authentication"
            raise Refusal(401, "INVALID_AUTHENTICATION", message)
        late = self._clock() - self._access[token]
        if late >= 0:
            raise Refusal(
                401,
                "EXPIRED_AUTHENTICATION",
                f"The OAuth token used to make this call expired {late // 1000} second(s) ago.",
                context={"expire time": [str(self._access[token])]},
            )
        return False

    def _is_static(self, request: Request) -> bool:
        return request.headers.get("Authorization") == f"Bearer {self.token}"

    def _ask_scope(self, request: Request) -> None:
        needed = _scope(request)
        if needed is not None and needed not in self.scopes:
            message = "This app hasn't been granted all required scopes to make this call."
            detail = {
                "message": "One or more of the following scopes are required.",
                "context": {"requiredScopes": [needed]},
            }
            raise Refusal(403, "MISSING_SCOPES", message, errors=[detail])

    def _count(self, request: Request, *, metered: bool) -> None:
        if self._day != self._today():
            self._day, self.daily_used = self._today(), 0
        if self.daily_used > self.daily_limit:
            raise _too_many("You have reached your daily limit.", "DAILY")
        if self._throttle > 0:
            self._throttle -= 1
            raise _too_many("You have reached your ten_secondly_rolling limit.", "TEN_SECONDLY_ROLLING")
        if not self._limited:
            return
        now = request.environ.get(ARRIVED, self._clock()) / 1000
        if request.path.endswith("/search"):
            if not self._searches.admits(now):
                raise _too_many("You have reached your secondly limit.", "SECONDLY")
        elif not (self._static if metered else self._oauth).admits(now):
            raise _too_many("You have reached your ten_secondly_rolling limit.", "TEN_SECONDLY_ROLLING")
        if metered:
            if self.daily_used >= self.daily_limit:
                raise _too_many("You have reached your daily limit.", "DAILY")
            self.daily_used += 1

    def _lock_bursts(self, request: Request) -> None:
        most = self._switches["lock_burst"]
        if not most or "/objects/" not in request.path or _is_reading(request):
            return
        now = self._clock()
        self._bursts.calls = most
        if self._locked_until <= now and not self._bursts.admits(now / 1000):
            self._locked_until = now + _LOCK_MS
        if self._locked_until > now:
            raise Refusal(423, "LOCKED", "The account is locked by too many writes at once")

    def _today(self) -> int:
        return (self._clock() + _ZONE_MS) // _DAY_MS


def _is_reading(request: Request) -> bool:
    return request.method == "GET" or _READING.search(request.path) is not None


def _scope(request: Request) -> str | None:
    """Return the scope that a call needs."""
    parts = [part for part in request.path.split("/") if part]
    way = "read" if _is_reading(request) else "write"
    if len(parts) < 3 or parts[0] != "crm":
        return None
    area, object_ = (parts[2], parts[3:4]) if parts[1] in ("v3", "v4") else (parts[1], parts[3:4])
    if area == "lists":
        return f"crm.lists.{way}"
    named = object_[0] if object_ else ""
    named = "contacts" if named in _ENGAGEMENTS else named
    if named not in TYPE_IDS:
        return None
    if area == "properties":
        return f"crm.schemas.{named}.{way}"
    if area in ("objects", "associations"):
        return f"crm.objects.{named}.{way}"
    return None


def _too_many(message: str, policy: str) -> Refusal:
    return Refusal(
        429, "RATE_LIMITS", message, errorType="RATE_LIMIT", policyName=policy, groupName="publicapi:sandbox"
    )


def _refused(error: str, status: str, message: str) -> Response:
    return json_response(
        {"error": error, "error_description": message, "status": status, "message": message}, 400
    )
