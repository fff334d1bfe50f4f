"""Access tokens: one for all threads, renewed ahead of time and by one thread at a time."""

from __future__ import annotations

import hashlib
import re
import threading
from collections import deque
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from fairlead.plugins.connector import ConnectorContext
from fairlead.plugins.failures import ConnectorError, Failure, FailureKind, missing_setting
from fairlead_zoho.failures import too_many_tokens

__all__ = ["ACCOUNTS", "CLIENT_ID", "CLIENT_SECRET", "REFRESH_TOKEN", "ZohoAuth", "accounts_url"]

CLIENT_ID = "ZOHO_CLIENT_ID"
CLIENT_SECRET = "ZOHO_CLIENT_SECRET"  # noqa: S105 - the name of the variable
REFRESH_TOKEN = "ZOHO_REFRESH_TOKEN"  # noqa: S105 - the name of the variable
#: accounts servers by data centre (vendor's Python SDK 7.0.0, class DataCenter)
ACCOUNTS = {
    "com": "https://accounts.zoho.com",
    "eu": "https://accounts.zoho.eu",
    "in": "https://accounts.zoho.in",
    "com.cn": "https://accounts.zoho.com.cn",
    "com.au": "https://accounts.zoho.com.au",
    "jp": "https://accounts.zoho.jp",
    "ca": "https://accounts.zohocloud.ca",
    "sa": "https://accounts.zoho.sa",
}
_API_HOST = re.compile(r"(?:www|sandbox|developer)\.zohoapis\.(?:com|eu|in|com\.cn|com\.au|jp|ca|sa)")
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
#: renewed this long before the end, and at the latest after nine tenths of its life
_AHEAD = timedelta(minutes=5)
#: one fewer than Zoho gives in ten minutes: another program may use the same refresh token
_MOST_TOKENS = 9
_WINDOW = timedelta(minutes=10)


def is_loopback(url: str) -> bool:
    """Tell whether an address is on this machine."""
    return urlsplit(url).hostname in _LOOPBACK


def accounts_url(settings: Mapping[str, object]) -> str:
    """Return the accounts server: that of the data centre, or one on loopback. Raises ConnectorError."""
    given, centre = settings.get("accounts_url"), settings.get("data_centre")
    if given is None and centre is None:
        raise ConnectorError(
            missing_setting(
                "data_centre",
                "eu",
                "Zoho's data centre is not stated, and secrets go to no other than their own",
                f"the end of Zoho's address where you log in: {', '.join(ACCOUNTS)}",
            )
        )
    if given is None:
        return ACCOUNTS[str(centre)]
    if not is_loopback(str(given)):
        raise ConnectorError(
            Failure(
                FailureKind.STOP,
                "foreign-accounts-url",
                "`accounts_url` may name a sandbox on this machine only",
                remedy="set `data_centre` instead",
            )
        )
    return str(given).rstrip("/")


class ZohoAuth:
    """Authorizes calls with an access token, and knows the host that the token is good for.

    `ask` posts the form to the accounts server and returns what it answers.
    """

    def __init__(
        self, context: ConnectorContext, accounts: str, ask: Callable[[Mapping[str, str]], Any]
    ) -> None:
        self._context = context
        self._on_loopback = is_loopback(accounts)
        self._ask = ask
        self._lock = threading.Lock()
        self._token: str | None = None
        self._renew_at = datetime.min.replace(tzinfo=UTC)
        # those that earlier processes got count as well
        ages = context.recent.ages(_WINDOW.total_seconds(), ("auth",))
        now = context.clock()
        self._made = deque(now - timedelta(seconds=age) for age in ages)
        self._api = ""
        self._recall()

    def headers(self) -> Mapping[str, str]:
        """Return the header; gets a token where there is none or where it is about to end."""
        return {"Authorization": f"Zoho-oauthtoken {self._current()}"}

    def api(self) -> str:
        """Return the address of the interface, as the accounts server names it."""
        self._current()
        return self._api

    def renew(self, refused: Mapping[str, str]) -> bool:
        """Get a new token, unless another thread has since."""
        with self._lock:
            if self._token is None or refused.get("Authorization") == f"Zoho-oauthtoken {self._token}":
                self._fetch()
        return True

    def _current(self) -> str:
        with self._lock:
            if self._token is None or self._context.clock() >= self._renew_at:
                self._fetch()
            assert self._token is not None
            return self._token

    def _fetch(self) -> None:
        now = self._context.clock()
        while self._made and self._made[0] <= now - _WINDOW:
            self._made.popleft()
        if len(self._made) >= _MOST_TOKENS:
            raise ConnectorError(too_many_tokens((self._made[0] + _WINDOW - now).total_seconds()))
        form = {
            "grant_type": "refresh_token",
            "client_id": self._secret(CLIENT_ID),
            "client_secret": self._secret(CLIENT_SECRET),
            "refresh_token": self._secret(REFRESH_TOKEN),
        }
        self._made.append(now)
        answer = self._ask(form)
        token, api = answer.get("access_token"), answer.get("api_domain")
        life = answer.get("expires_in")
        if not isinstance(token, str) or not isinstance(api, str):
            message = "the answer of Zoho's accounts server lacks the token or the address of the interface"
            raise ConnectorError(Failure(FailureKind.STOP, "token-refused", message))
        self._check_host(api)
        lifetime = timedelta(seconds=life if isinstance(life, int) and life > 0 else 3600)
        self._token, self._api = token, api.rstrip("/")
        self._renew_at = now + lifetime - min(_AHEAD, lifetime / 10)
        self._context.memory[self._memory_key()] = (self._token, self._api, self._renew_at)

    def _recall(self) -> None:
        """Take up the token that an earlier run of this process got with the same secrets."""
        known = self._context.memory.get(self._memory_key())
        if known is not None:
            self._token, self._api, self._renew_at = known

    def _memory_key(self) -> str:
        secrets = [str(self._context.secrets.get(name)) for name in (CLIENT_ID, REFRESH_TOKEN)]
        return "zoho token " + hashlib.sha256("\0".join(secrets).encode()).hexdigest()

    def _check_host(self, api: str) -> None:
        """Refuse a host that is none of Zoho's: the token would go there."""
        parts = urlsplit(api)
        if self._on_loopback and is_loopback(api):
            return
        if parts.scheme != "https" or not _API_HOST.fullmatch(parts.netloc):
            message = f"the accounts server names `{parts.hostname}`, which is none of Zoho's interfaces"
            remedy = "check what stands between this machine and Zoho"
            raise ConnectorError(Failure(FailureKind.STOP, "foreign-api-domain", message, remedy=remedy))

    def _secret(self, name: str) -> str:
        found = self._context.secrets.get(name)
        if not found:
            raise ConnectorError(
                Failure(
                    FailureKind.STOP,
                    "missing-secret",
                    f"`{name}` is not set",
                    remedy=f"make it in Zoho's API console and put it into the environment as `{name}`, "
                    "or into the keyring",
                )
            )
        return found
