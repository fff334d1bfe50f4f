"""Logging in: three OAuth flows, sessions that end, refresh tokens that are used once."""

from __future__ import annotations

import base64
import binascii
import functools
import json
import secrets
from collections.abc import Callable, Mapping

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from werkzeug.wrappers import Request, Response

from fairlead.testing.server import json_response
from fairlead_salesforce.sandbox.org import ORG_ID, USER_ID, USER_NAME

__all__ = ["CLIENT_ID", "Login", "private_key_text"]

CLIENT_ID = "3MVG9.fairlead-sandbox-client"
_JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
#: how long a session lives without a word about it in the answer, in seconds
_SESSION = 7_200
#: how far ahead an assertion may expire, in seconds
_LONGEST_ASSERTION = 300
#: the org's My Domain, beside the sandbox's own address
_MY_DOMAIN = "https://clinic.my.salesforce.com"


class _Denied(Exception):
    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(error)
        self.answer = {"error": error, "error_description": description}
        self.status = status


@functools.cache
def _private_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65_537, key_size=2_048)


def private_key_text() -> str:
    """Return the key that assertions are signed with; a new one for each process."""
    return (
        _private_key()
        .private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        .decode()
    )


class Login:
    """The token endpoint and the sessions that it gave out."""

    def __init__(self, now: Callable[[], int], url: Callable[[], str]) -> None:
        self._now = now
        self._url = url
        self.client_secret = secrets.token_hex(32)
        self.refresh_token = "5Aep861" + secrets.token_urlsafe(40)
        #: whether each refresh gives a new refresh token and ends the old one
        self.rotates = True
        self._spent: set[str] = set()
        self._sessions: dict[str, int] = {}
        self.revoked = False

    def knows(self, authorization: str) -> bool:
        """Tell whether a header authorizes: a session that has not ended; each call keeps it alive."""
        kind, _, token = authorization.partition(" ")
        ends = self._sessions.get(token)
        if kind not in ("Bearer", "OAuth") or ends is None or ends <= self._now():
            return False
        self._sessions[token] = self._now() + _SESSION
        return True

    def end_sessions(self) -> None:
        """End every session."""
        self._sessions.clear()

    def answer(self, request: Request) -> Response:
        """Answer a call of the token endpoint."""
        try:
            return json_response(self._token(request))
        except _Denied as denied:
            return json_response(denied.answer, denied.status)

    def _token(self, request: Request) -> Mapping[str, str]:
        if request.host.partition(":")[0] in ("login.salesforce.com", "test.salesforce.com"):
            raise _Denied("app_not_found", "External client app is not installed in this org")
        form = request.form
        flow = form.get("grant_type", "")
        if self.revoked:
            raise _Denied("invalid_grant", "expired access/refresh token")
        answer: dict[str, str] = {}
        match flow:
            case "client_credentials":
                self._check_client(request)
            case "refresh_token":
                self._check_client(request)
                answer |= self._refreshed(form.get("refresh_token", ""))
            case grant if grant == _JWT_BEARER:
                self._check_assertion(form.get("assertion", ""))
            case _:
                raise _Denied("unsupported_grant_type", "grant type not supported")
        token = f"{ORG_ID[:15]}!AQ{secrets.token_urlsafe(60)}"
        self._sessions[token] = self._now() + _SESSION
        return {
            "access_token": token,
            "instance_url": self._url(),
            "id": f"{self._url()}/id/{ORG_ID}/{USER_ID}",
            "token_type": "Bearer",
            "issued_at": str(self._now() * 1_000),
            "signature": base64.b64encode(secrets.token_bytes(32)).decode(),
            "scope": "api refresh_token",
            "token_format": "opaque",
        } | answer

    def _check_client(self, request: Request) -> None:
        given = (request.form.get("client_id"), request.form.get("client_secret"))
        if request.authorization is not None and request.authorization.type == "basic":
            given = (request.authorization.username, request.authorization.password)
        if given[0] != CLIENT_ID:
            raise _Denied("invalid_client_id", "client identifier invalid")
        if given[1] != self.client_secret:
            raise _Denied("invalid_client", "invalid client credentials")

    def _refreshed(self, token: str) -> Mapping[str, str]:
        if token in self._spent:
            # an old token that comes again may be stolen: the grant ends
            self.revoked = True
            self.end_sessions()
        if token != self.refresh_token or self.revoked:
            raise _Denied("invalid_grant", "expired access/refresh token")
        if not self.rotates:
            return {}
        self._spent.add(token)
        self.refresh_token = "5Aep861" + secrets.token_urlsafe(40)
        return {"refresh_token": self.refresh_token}

    def _check_assertion(self, assertion: str) -> None:
        try:
            signed, _, signature = assertion.rpartition(".")
            head, claims = (json.loads(_unpacked(part)) for part in signed.split("."))
            _private_key().public_key().verify(
                _unpacked(signature), signed.encode(), padding.PKCS1v15(), hashes.SHA256()
            )
            expires = int(claims["exp"])
        except (InvalidSignature, ValueError, KeyError, TypeError, binascii.Error):
            raise _Denied("invalid_grant", "invalid assertion") from None
        if head.get("alg") != "RS256":
            raise _Denied("invalid_grant", "invalid assertion")
        if claims.get("iss") != CLIENT_ID:
            raise _Denied("invalid_client_id", "client identifier invalid")
        if claims.get("sub") != USER_NAME:
            raise _Denied("invalid_grant", "user hasn't approved this consumer")
        if claims.get("aud") not in (self._url(), _MY_DOMAIN):
            raise _Denied("invalid_grant", "audience is invalid")
        if not self._now() < expires <= self._now() + _LONGEST_ASSERTION:
            raise _Denied("invalid_grant", "assertion is expired or expires too late")


def _unpacked(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
