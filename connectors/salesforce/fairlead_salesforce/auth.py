"""Logging in: JWT bearer, client credentials, refresh with rotation."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlsplit

from fairlead.plugins.connector import ConnectorContext
from fairlead.plugins.failures import ConnectorError, Failure, FailureKind, missing_setting
from fairlead.plugins.http import ApiClient
from fairlead_salesforce.refusals import token_failure

__all__ = ["SalesforceLogin", "checked_host"]

_JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
#: how long an assertion holds: sources disagree on the ceiling, three or five minutes
_ASSERTION = timedelta(seconds=120)
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_SECRETS: Mapping[str, tuple[str, ...]] = {
    "jwt": ("SALESFORCE_CLIENT_ID", "SALESFORCE_USERNAME", "SALESFORCE_PRIVATE_KEY"),
    "client_credentials": ("SALESFORCE_CLIENT_ID", "SALESFORCE_CLIENT_SECRET"),
    "refresh": ("SALESFORCE_CLIENT_ID", "SALESFORCE_REFRESH_TOKEN"),
}


def checked_host(url: str, *, loopback: bool) -> str:
    """Return an address without a path, if it is Salesforce's over https (or loopback, where allowed).

    Raises ConnectorError (STOP): a token is sent to no other host.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    is_salesforce = parts.scheme == "https" and host.endswith(".salesforce.com") and parts.port in (None, 443)
    is_near = loopback and parts.scheme in ("http", "https") and host in _LOOPBACK
    if not (is_salesforce or is_near) or parts.username is not None:
        raise ConnectorError(
            Failure(
                FailureKind.STOP,
                "wrong-host",
                f"`{host}` is not an https address of Salesforce",
                remedy="set `login_url` to the org's My Domain: https://<name>.my.salesforce.com",
            )
        )
    return f"{parts.scheme}://{parts.netloc}"


def _login_url(settings: Mapping[str, object]) -> str:
    url = settings.get("login_url")
    if url is None:
        raise ConnectorError(
            missing_setting(
                "login_url",
                "https://clinic.my.salesforce.com",
                "the org's address is not stated, and apps are known at the org's My Domain alone",
                "what Setup, My Domain shows as the current URL",
            )
        )
    return str(url)


@dataclass(frozen=True)
class _Session:
    token: str = field(repr=False)
    instance: str
    org_id: str
    user_id: str


class SalesforceLogin:
    """Keeps one session for all threads, and renews it one at a time."""

    def __init__(self, context: ConnectorContext, client: ApiClient) -> None:
        self._context = context
        self._client = client
        self._flow = str(context.settings.get("flow", "client_credentials"))
        self._url = checked_host(_login_url(context.settings), loopback=True)
        self._lock = threading.Lock()
        self._session: _Session | None = None

    def headers(self) -> Mapping[str, str]:
        """Return the header that authorizes; logs in where there is no session yet."""
        return {"Authorization": f"Bearer {self._current().token}"}

    def renew(self, refused: Mapping[str, str]) -> bool:
        """Log in again, unless another thread has since `refused` was sent."""
        with self._lock:
            if self._session is None or refused.get("Authorization") == f"Bearer {self._session.token}":
                self._session = self._logged_in()
        return True

    @property
    def instance(self) -> str:
        """The address of the org's interfaces, as the login told it."""
        return self._current().instance

    @property
    def org_id(self) -> str:
        """The id of the org, as the login told it."""
        return self._current().org_id

    @property
    def user_id(self) -> str:
        """The id of the integration user."""
        return self._current().user_id

    def __repr__(self) -> str:
        return f"SalesforceLogin({self._url!r}, {self._flow!r})"

    def _current(self) -> _Session:
        with self._lock:
            if self._session is None:
                self._session = self._logged_in()
            return self._session

    def _logged_in(self) -> _Session:
        secrets = {name: self._secret(name) for name in _SECRETS[self._flow]}
        match self._flow:
            case "jwt":
                form = {"grant_type": _JWT_BEARER, "assertion": self._assertion(secrets)}
            case "refresh":
                form = {
                    "grant_type": "refresh_token",
                    "client_id": secrets["SALESFORCE_CLIENT_ID"],
                    "refresh_token": secrets["SALESFORCE_REFRESH_TOKEN"],
                }
                # apps with PKCE have no secret
                if secret := self._context.secrets.get("SALESFORCE_CLIENT_SECRET"):
                    form["client_secret"] = secret
            case _:
                form = {
                    "grant_type": "client_credentials",
                    "client_id": secrets["SALESFORCE_CLIENT_ID"],
                    "client_secret": secrets["SALESFORCE_CLIENT_SECRET"],
                }
        answer = self._client.call_json(
            "auth", "POST", f"{self._url}/services/oauth2/token", form=form, classify=token_failure
        )
        if self._flow == "refresh":
            renewed = answer.get("refresh_token")
            if isinstance(renewed, str) and renewed != secrets["SALESFORCE_REFRESH_TOKEN"]:
                # the old one is used up: whatever happens next, the new one is to be kept
                self._context.secrets.put("SALESFORCE_REFRESH_TOKEN", renewed)
        is_near = urlsplit(self._url).hostname in _LOOPBACK
        identity = str(answer.get("id", "")).rstrip("/").split("/")
        return _Session(
            token=answer["access_token"],
            instance=checked_host(str(answer.get("instance_url", "")), loopback=is_near),
            org_id=identity[-2] if len(identity) > 1 else "",
            user_id=identity[-1],
        )

    def _secret(self, name: str) -> str:
        value = self._context.secrets.get(name)
        if not value:
            raise ConnectorError(
                Failure(
                    FailureKind.STOP,
                    "missing-secret",
                    f"the secret `{name}` is not set, and the flow `{self._flow}` needs it",
                    remedy=f"set `{name}` in the environment or the keyring, or change `flow`",
                )
            )
        return value

    def _assertion(self, secrets: Mapping[str, str]) -> str:
        """Return the signed claim to be the user (RFC 7523)."""
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import padding, rsa

        # a key of several lines is often put into one
        text = secrets["SALESFORCE_PRIVATE_KEY"].replace("\\n", "\n").encode()
        try:
            key = serialization.load_pem_private_key(text, password=None)
        except (ValueError, TypeError):
            key = None
        if not isinstance(key, rsa.RSAPrivateKey):
            raise ConnectorError(
                Failure(
                    FailureKind.STOP,
                    "bad-private-key",
                    "`SALESFORCE_PRIVATE_KEY` is not an RSA key in PEM without a pass phrase",
                    remedy="put the key that belongs to the app's certificate there, from BEGIN to END",
                )
            )
        claims = {
            "iss": secrets["SALESFORCE_CLIENT_ID"],
            "sub": secrets["SALESFORCE_USERNAME"],
            "aud": self._url,
            "exp": int((self._context.clock() + _ASSERTION).timestamp()),
        }
        signed = b".".join(_packed(json.dumps(part).encode()) for part in ({"alg": "RS256"}, claims))
        signature = key.sign(signed, padding.PKCS1v15(), hashes.SHA256())
        return (signed + b"." + _packed(signature)).decode()


def _packed(content: bytes) -> bytes:
    return base64.urlsafe_b64encode(content).rstrip(b"=")
