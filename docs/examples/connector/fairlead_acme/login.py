"""Logging in to Acme: a key buys a token that lives for an hour."""

from __future__ import annotations

import threading
from collections.abc import Mapping

from fairlead.plugins.connector import ConnectorContext
from fairlead.plugins.failures import ConnectorError, Failure, FailureKind
from fairlead.plugins.http import ApiClient

__all__ = ["Login", "secret"]


def secret(context: ConnectorContext, name: str) -> str:
    """Return a secret; raises ConnectorError (STOP) where it is not set."""
    value = context.secrets.get(name)
    if value is None:
        remedy = f"put it into the environment variable {name}"
        raise ConnectorError(
            Failure(FailureKind.STOP, "no-secret", f"the secret `{name}` is not set", remedy=remedy)
        )
    return value


class Login:
    """Authorizes calls; one thread at a time gets a new token."""

    def __init__(self, context: ConnectorContext, client: ApiClient, url: str) -> None:
        self._context = context
        self._client = client
        self._url = url
        self._lock = threading.Lock()
        self._granted: dict[str, str] = {}

    def headers(self) -> Mapping[str, str]:
        """Return the headers; logs in where there is no token yet."""
        with self._lock:
            if not self._granted:
                self._log_in()
            return dict(self._granted)

    def renew(self, refused: Mapping[str, str]) -> bool:
        """Get a new token, unless another thread has one since `refused` was sent."""
        with self._lock:
            if self._granted == refused:
                self._log_in()
            return True

    def _log_in(self) -> None:
        body = {"key": secret(self._context, "ACME_KEY")}
        answer = self._client.call_json("auth", "POST", f"{self._url}/login", body=body)
        self._granted = {"Authorization": f"Bearer {answer['token']}"}
