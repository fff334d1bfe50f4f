"""Zoho's accounts server: access tokens for a refresh token, with errors under HTTP 200."""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta

from werkzeug.wrappers import Request, Response

from fairlead.testing.server import json_response

__all__ = ["CLIENT_ID", "CLIENT_SECRET", "REFRESH_TOKEN", "Accounts"]

#: made up: they open this sandbox and nothing else
CLIENT_ID = "1000.SANDBOXCLIENT0000000000000000"
CLIENT_SECRET = "sandbox-client-secret"  # noqa: S105 - made up, as are the others
REFRESH_TOKEN = "1000.sandbox-refresh-token"  # noqa: S105 - made up, for the sandbox alone
_LIFETIME = 3600
#: access tokens for one refresh token, and the minutes in which they are counted (vendor's OAuth limits)
_MOST_TOKENS = 10
_WINDOW = timedelta(minutes=10)


class Accounts:
    """Gives out access tokens and knows which are valid.

    `lifetime` is `expires_in` in seconds. A revoked grant, and one of another data centre, are refused with
    the same words.
    """

    def __init__(self, now: Callable[[], datetime], base: Callable[[], str], *, limits: bool) -> None:
        self._now = now
        self._base = base
        self._limits = limits
        self._given: deque[datetime] = deque()
        self._valid: dict[str, datetime] = {}
        self.lifetime = _LIFETIME
        self.revoked = False
        self.other_data_centre = False

    def token(self, request: Request) -> Response:
        """Answer `POST /oauth/v2/token`."""
        sent = {**request.args.to_dict(), **request.form.to_dict()}
        if sent.get("client_id") != CLIENT_ID or sent.get("client_secret") != CLIENT_SECRET:
            return json_response({"error": "invalid_client"})
        if sent.get("grant_type") != "refresh_token":
            return json_response({"error": "unsupported_grant_type"})
        if self.revoked or self.other_data_centre or sent.get("refresh_token") != REFRESH_TOKEN:
            return json_response({"error": "invalid_code"})
        now = self._now()
        while self._given and self._given[0] <= now - _WINDOW:
            self._given.popleft()
        if self._limits and len(self._given) >= _MOST_TOKENS:
            said = "You have made too many requests continuously. Please try again after some time."
            return json_response(
                {"error": "Access Denied", "error_description": said, "status": "failure"}, 400
            )
        self._given.append(now)
        token = f"1000.{secrets.token_hex(16)}.{secrets.token_hex(16)}"
        self._valid[token] = now + timedelta(seconds=self.lifetime)
        return json_response(
            {
                "access_token": token,
                "scope": "ZohoCRM.modules.ALL ZohoCRM.settings.ALL ZohoCRM.coql.READ",
                "api_domain": self._base(),
                "token_type": "Bearer",
                "expires_in": self.lifetime,
            }
        )

    def revoke_call(self, request: Request) -> Response:
        """Answer `POST /oauth/v2/token/revoke`."""
        if request.values.get("token") != REFRESH_TOKEN:
            return json_response({"error": "invalid_token"}, 400)
        self.revoke()
        return json_response({"status": "success"})

    def admits(self, header: str | None) -> bool:
        """Tell whether an `Authorization` header carries a valid token."""
        scheme, _, token = (header or "").partition(" ")
        expiry = self._valid.get(token.strip())
        return scheme == "Zoho-oauthtoken" and expiry is not None and expiry > self._now()

    def expire(self) -> None:
        """End every access token; they can be renewed."""
        self._valid.clear()

    def revoke(self) -> None:
        """End the grant: nothing can be renewed."""
        self.revoked = True
        self._valid.clear()
