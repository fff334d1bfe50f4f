"""Calls to one HubSpot account: address, limits, the account's number, its properties."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import requests

from fairlead.plugins.connector import ConnectorContext
from fairlead.plugins.failures import ConnectorError, Failure, FailureKind
from fairlead.plugins.http import ApiClient, Quota
from fairlead.plugins.limits import Limits, RateWindow, Usage
from fairlead_hubspot.auth import authorizer, uses_oauth
from fairlead_hubspot.failures import classify
from fairlead_hubspot.paths import DEFAULT_VERSION, Paths

__all__ = ["SEARCH_PAGE", "WRITE_BATCH", "HubSpotClient", "limits_for", "results_of", "unexpected_answer"]

SEARCH_PAGE, WRITE_BATCH = 200, 100
_HUBSPOT = "https://api.hubapi.com"
_LOOPBACK = re.compile(r"http://(127\.0\.0\.1|localhost|\[::1\]):\d{1,5}")
#: calls in ten seconds and in a day, by plan (HubSpot's usage guidelines)
_PLANS = {
    "starter": (100, 250_000),
    "professional": (190, 625_000),
    "enterprise": (190, 1_000_000),
    "increased": (250, 1_000_000),
}
#: an OAuth app of the marketplace, per installing account; the daily quota does not count its calls
_OAUTH_CALLS = 110
#: the part of a window that is used: calls arrive closer together than they were sent
_USED = 0.96
#: five searches a second and account; one at a time, because a burst may arrive in less time than it took
_SEARCHES = (RateWindow(1, 0.15), RateWindow(5, 1.03))
_CONCURRENT = 10

Properties = Mapping[str, Mapping[str, Any]]


def limits_for(context: ConnectorContext) -> Limits:
    """Return the ceilings of the plan in the settings, or of an OAuth app."""
    calls, daily = _PLANS[str(context.settings.get("plan", "starter"))]
    oauth = uses_oauth(context)
    window = RateWindow(int((_OAUTH_CALLS if oauth else calls) * _USED), 10.0)
    return Limits(
        windows=(window,),
        concurrent=_CONCURRENT,
        read_page=SEARCH_PAGE,
        write_batch=WRITE_BATCH,
        daily=None if oauth else daily,
        search_windows=_SEARCHES,
    )


class HubSpotClient:
    """Calls that know their account.

    Raises ConnectorError (STOP) for a base address that is neither HubSpot's nor on loopback: the token
    would go there.
    """

    def __init__(self, context: ConnectorContext) -> None:
        self.context = context
        self.paths = Paths(str(context.settings.get("api_version", DEFAULT_VERSION)))
        self._base = str(context.settings.get("base_url", _HUBSPOT))
        if self._base != _HUBSPOT and not _LOOPBACK.fullmatch(self._base):
            raise ConnectorError(
                Failure(
                    FailureKind.STOP,
                    "bad-base-url",
                    "`base_url` is neither HubSpot's address nor one on this machine",
                    remedy=f"leave it out, for {_HUBSPOT}",
                )
            )
        self.limits = limits_for(context)
        self._api = ApiClient(context, self.limits, classify=self._judge, quota=_quota)
        self._auth = authorizer(context, self._api, self._base + self.paths.token)
        self._lock = threading.Lock()
        self._properties: dict[str, Properties] = {}
        self._account: int | None = None
        self._account_lock = threading.Lock()
        self._ahead = timedelta(0)

    def get(self, kind: str, path: str, params: Mapping[str, str | int] | None = None) -> Any:
        """Return what a GET answers."""
        return self._api.call_json(kind, "GET", self._base + path, authorizer=self._auth, params=params)

    def send(self, kind: str, method: str, path: str, body: object = None) -> Any:
        """Return what a call with a JSON body answers; a 207 comes back like a 200."""
        return self._api.call_json(kind, method, self._base + path, authorizer=self._auth, body=body)

    def now(self) -> datetime:
        """Return the instant, by this machine's clock or HubSpot's, whichever is behind.

        A cursor made from a clock that runs ahead would pass changes by. How far ahead it is shows in the
        date of HubSpot's last answer.
        """
        return self.context.clock() - self._ahead

    def details(self) -> Mapping[str, Any]:
        """Return what HubSpot says of the token's account."""
        answer = self.get("setup", self.paths.account)
        return answer if isinstance(answer, dict) else {}

    def ensure_account(self, *, anew: bool = False) -> None:
        """Make sure, once, which account the token is of, before anything is written.

        Raises ConnectorError (STOP) where it is another than the settings name, or HubSpot names none.
        """
        with self._account_lock:
            if self._account is not None and not anew:
                return
            found, wanted = self.details().get("portalId"), self.stated_account
            if wanted is not None and found != wanted:
                raise ConnectorError(
                    Failure(
                        FailureKind.STOP,
                        "wrong-account",
                        f"the token is of account {found}, and the settings name account {wanted}",
                        remedy="set the token of the right account, or correct `account_id`",
                    )
                )
            if not isinstance(found, int):
                raise ConnectorError(unexpected_answer())
            self._account = found

    @property
    def stated_account(self) -> int | None:
        """The account that the settings name."""
        stated = self.context.settings.get("account_id")
        return stated if isinstance(stated, int) else None

    def account(self) -> int:
        """Return the number of the token's account; HubSpot is asked once. Raises ConnectorError."""
        self.ensure_account()
        assert self._account is not None
        return self._account

    def properties(self, object_: str, *, anew: bool = False) -> Properties:
        """Return the properties of an object type by name, as HubSpot shows them."""
        with self._lock:
            known = self._properties.get(object_)
        if known is None or anew:
            answer = self.get("setup", self.paths.properties(object_))
            known = {str(each["name"]): each for each in results_of(answer)}
            with self._lock:
                self._properties[object_] = known
        return known

    def usage(self) -> Usage:
        """Return what was used so far."""
        return self._api.usage()

    def close(self) -> None:
        """Close the connections."""
        self._api.close()

    def _judge(self, response: requests.Response) -> Failure | None:
        with suppress(KeyError, ValueError):
            there = parsedate_to_datetime(response.headers["Date"]).astimezone(UTC)
            self._ahead = max(self.context.clock() - there, timedelta(0))
        return classify(response)


def results_of(answer: Any) -> list[dict[str, Any]]:
    """Return the results of an answer; raises ConnectorError (RETRY) for one of another shape."""
    results = answer.get("results") if isinstance(answer, dict) else None
    if not isinstance(results, list) or not all(isinstance(each, dict) for each in results):
        raise ConnectorError(unexpected_answer())
    return results


def unexpected_answer() -> Failure:
    """Return the failure of an answer that is JSON and none of HubSpot's."""
    return Failure(
        FailureKind.RETRY,
        "unexpected-answer",
        "an answer is not of HubSpot's form",
        remedy="look at what stands between this machine and HubSpot, and at `api_version`",
    )


def _quota(response: requests.Response) -> Quota | None:
    limit = response.headers.get("X-HubSpot-RateLimit-Daily", "")
    left = response.headers.get("X-HubSpot-RateLimit-Daily-Remaining", "")
    if not (limit.isdigit() and left.isdigit()):
        return None
    return Quota(used=int(limit) - int(left), limit=int(limit))
