"""Calls of Zoho CRM's interface: paths, credits, the time there."""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import requests

from fairlead.plugins.connector import ConnectorContext
from fairlead.plugins.failures import ConnectorError, Failure, FailureKind
from fairlead.plugins.http import ApiClient, Quota
from fairlead.plugins.limits import Limits, Usage
from fairlead_zoho.auth import ZohoAuth, accounts_url
from fairlead_zoho.failures import CREDITS_HEADER, call_failure, token_failure

__all__ = [
    "READ_PAGE",
    "WRITE_BATCH",
    "ZohoClient",
    "info_of",
    "items_of",
    "odd_answer",
    "rows_of",
    "write_cost",
]

#: the smallest allowance of a paid edition (vendor's API limits): credits in 24 hours
_DAILY_CREDITS = 50_000
#: heavy calls at the same time, in every edition: queries and writes above ten records are of these
_CONCURRENT = 10
READ_PAGE = 2000
WRITE_BATCH = 100


def write_cost(records: int) -> int:
    """Return the credits of a write: one for ten records."""
    return max(math.ceil(records / 10), 1)


def items_of(answer: Any, name: str) -> list[Mapping[str, Any]]:
    """Return the items of an answer under a name; an answer without content has none."""
    found = answer.get(name) if isinstance(answer, dict) else None
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def rows_of(answer: Any) -> list[Mapping[str, Any]]:
    """Return the records of an answer; none where it has no content.

    Raises ConnectorError for an answer of another shape: taken for an empty one, it would end the reading
    and move the cursor past records that were never seen.
    """
    rows = items_of(answer, "data")
    count = len(answer["data"]) if rows else 0
    sound = all(str(each.get("id")).isdecimal() for each in rows) and len(rows) == count
    if answer is None or (rows and sound):
        return rows
    raise ConnectorError(odd_answer())


def odd_answer() -> Failure:
    """Return the failure of an answer that is JSON and none of Zoho's."""
    return Failure(
        FailureKind.RETRY,
        "odd-answer",
        "an answer does not have the shape of Zoho CRM's",
        remedy="look at what stands between this machine and Zoho: a proxy, a login page",
    )


def info_of(answer: Any) -> Mapping[str, Any]:
    """Return what an answer says of its page."""
    found = answer.get("info") if isinstance(answer, dict) else None
    return found if isinstance(found, dict) else {}


class ZohoClient:
    """One account's interface, safe for use by several threads."""

    def __init__(self, context: ConnectorContext) -> None:
        settings = context.settings
        self.version = str(settings.get("api_version") or "v8")
        self._clock = context.clock
        self._daily = _number(settings, "daily_credits", _DAILY_CREDITS)
        self.limits = Limits(
            # Zoho counts credits and calls in flight, not calls in a time
            windows=(),
            concurrent=min(_number(settings, "concurrent_calls", _CONCURRENT), _CONCURRENT),
            read_page=READ_PAGE,
            write_batch=WRITE_BATCH,
            daily=self._daily,
        )
        accounts = accounts_url(settings)
        self._token_url = f"{accounts}/oauth/v2/token"
        self._api = ApiClient(context, self.limits, classify=call_failure, quota=self._seen)
        self.auth = ZohoAuth(context, accounts, self._ask_for_token)
        #: how far Zoho's clock is ahead of ours
        self._ahead = timedelta(0)

    def json(
        self,
        kind: str,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | int] | None = None,
        body: object = None,
        headers: Mapping[str, str] | None = None,
        cost: int = 1,
    ) -> Any:
        """Return what a call answers; None for no content and for nothing modified."""
        return self._api.call_json(
            kind,
            method,
            f"{self.auth.api()}/crm/{self.version}{path}",
            authorizer=self.auth,
            params=params,
            body=body,
            headers=headers,
            cost=cost,
        )

    def query(self, text: str, limit: int) -> Any:
        """Return what a COQL query answers."""
        # the price of a query goes by its limit (vendor's COQL overview)
        cost = 1 if limit <= 200 else 2 if limit <= 1000 else 3
        return self.json("read", "POST", "/coql", body={"select_query": text}, cost=cost)

    def now(self) -> datetime:
        """Return the time by Zoho's clock, as its last answer told it; by ours before the first."""
        return self._clock() + self._ahead

    def usage(self) -> Usage:
        """Return what was used so far."""
        return self._api.usage()

    def close(self) -> None:
        """Close the connections."""
        self._api.close()

    def _ask_for_token(self, form: Mapping[str, str]) -> Any:
        answer = self._api.call_json(
            "auth", "POST", self._token_url, form=form, cost=0, classify=token_failure
        )
        if not isinstance(answer, dict):
            message = "Zoho's accounts server answers with nothing"
            raise ConnectorError(Failure(FailureKind.RETRY, "no-token", message))
        return answer

    def _seen(self, response: requests.Response) -> Quota | None:
        """Read the time and the credits off an answer; the header is there once half of them are used."""
        date = response.headers.get("Date")
        if date and not response.url.startswith(self._token_url):
            with suppress(ValueError):
                self._ahead = parsedate_to_datetime(date) - self._clock()
        left = response.headers.get(CREDITS_HEADER, "")
        if not left.isdigit():
            return None
        # below half of the allowance at most: a setting that is too low shows here
        limit = max(self._daily, 2 * int(left))
        return Quota(used=limit - int(left), limit=limit)


def _number(settings: Mapping[str, object], name: str, otherwise: int) -> int:
    found = settings.get(name)
    return found if isinstance(found, int) else otherwise
