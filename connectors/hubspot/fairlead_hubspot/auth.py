"""Tokens: one that stays as it is, or access tokens that are renewed ahead of their end."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import datetime, timedelta

from fairlead.plugins.connector import ConnectorContext
from fairlead.plugins.failures import ConnectorError, Failure, FailureKind
from fairlead.plugins.http import ApiClient, Authorizer
from fairlead_hubspot.failures import classify_token

__all__ = ["NAMES", "authorizer", "uses_oauth"]

_TOKEN = "HUBSPOT_TOKEN"  # noqa: S105 - the name of a variable
_OAUTH = ("HUBSPOT_CLIENT_ID", "HUBSPOT_CLIENT_SECRET", "HUBSPOT_REFRESH_TOKEN")
NAMES = (_TOKEN, *_OAUTH)
#: an access token is renewed this long before it ends, or a tenth of its life where that is shorter
_AHEAD = timedelta(minutes=2)


def uses_oauth(context: ConnectorContext) -> bool:
    """Tell whether the secrets are those of OAuth; a token, where there is one, goes first."""
    return not context.secrets.get(_TOKEN) and all(context.secrets.get(name) for name in _OAUTH)


def authorizer(context: ConnectorContext, client: ApiClient, token_url: str) -> Authorizer:
    """Return what authorizes the calls of these secrets."""
    token = context.secrets.get(_TOKEN)
    if token:
        return _Static(token)
    if uses_oauth(context):
        return _Renewed(context, client, token_url)
    return _Missing()


class _Static:
    """A service key, or the static token of an app: nothing renews it."""

    def __init__(self, token: str) -> None:
        self._headers = {"Authorization": f"Bearer {token}"}

    def headers(self) -> Mapping[str, str]:
        return self._headers

    def renew(self, refused: Mapping[str, str]) -> bool:
        return False


class _Missing:
    """No credentials are set."""

    def headers(self) -> Mapping[str, str]:
        raise ConnectorError(
            Failure(
                FailureKind.STOP,
                "no-credentials",
                "no credentials for HubSpot are set",
                remedy=f"set `{_TOKEN}`, or `{'`, `'.join(_OAUTH)}`, in the environment or the keyring",
            )
        )

    def renew(self, refused: Mapping[str, str]) -> bool:
        return False


class _Renewed:
    """OAuth access tokens, renewed with a refresh token that neither ends nor changes."""

    def __init__(self, context: ConnectorContext, client: ApiClient, token_url: str) -> None:
        self._context = context
        self._client = client
        self._url = token_url
        self._lock = threading.Lock()
        self._headers: Mapping[str, str] = {}
        self._renew_at: datetime | None = None

    def headers(self) -> Mapping[str, str]:
        with self._lock:
            if self._renew_at is None or self._context.clock() >= self._renew_at:
                self._log_in()
            return self._headers

    def renew(self, refused: Mapping[str, str]) -> bool:
        with self._lock:
            if all(refused.get(name) == value for name, value in self._headers.items()):
                self._log_in()
        return True

    def _log_in(self) -> None:
        client_id, secret, refresh_token = (self._context.secrets.get(name) or "" for name in _OAUTH)
        asked = self._context.clock()
        answer = self._client.call_json(
            "auth",
            "POST",
            self._url,
            form={
                "grant_type": "refresh_token",
                "client_id": client_id,
                "client_secret": secret,
                "refresh_token": refresh_token,
            },
            classify=classify_token,
        )
        token = answer.get("access_token") if isinstance(answer, dict) else None
        if not isinstance(token, str) or not token:
            raise ConnectorError(
                Failure(FailureKind.STOP, "no-access-token", "HubSpot's answer holds no access token")
            )
        life = timedelta(seconds=float(answer.get("expires_in") or 0))
        self._renew_at = asked + life - min(_AHEAD, life / 10)
        self._headers = {"Authorization": f"Bearer {token}"}
