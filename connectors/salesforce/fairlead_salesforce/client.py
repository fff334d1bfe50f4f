"""The calls to Salesforce: addresses, the answers' failures, the daily quota, what the org describes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import requests

from fairlead.plugins.connector import ConnectorContext
from fairlead.plugins.failures import ConnectorError, Failure, FailureKind
from fairlead.plugins.fields import FieldInfo, ObjectInfo
from fairlead.plugins.http import ApiClient, Quota
from fairlead.plugins.limits import Limits, Usage
from fairlead_salesforce.activities import PARENT_FIELDS
from fairlead_salesforce.auth import SalesforceLogin
from fairlead_salesforce.refusals import call_failure
from fairlead_salesforce.values import field_from_describe

__all__ = ["LIMITS", "LONGEST_QUERY", "SalesforceClient", "expecting"]

#: Salesforce counts calls by the day and long ones at once, not by the second; of 25 calls of 20 seconds or
#: more this leaves most to others. The daily ceiling is the largest that there is (a full sandbox's; both:
#: Developer Limits quick reference), until the first answer tells the org's own
LIMITS = Limits(windows=(), concurrent=10, read_page=2_000, write_batch=200, daily=5_000_000)
#: address and headers may have 16,384 bytes together; a session id takes up to some 2,000, in bytes
LONGEST_QUERY = 12_000
#: how long a describe is taken for true
_DESCRIBED = timedelta(minutes=5)
_USAGE = re.compile(r"api-usage=(\d+)/(\d+)")
_OBJECT = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,79}")


class SalesforceClient:
    """One org, over the REST, Tooling and Bulk interfaces."""

    def __init__(self, context: ConnectorContext) -> None:
        self.context = context
        self.version = str(context.settings.get("api_version", "62.0"))
        self._api = ApiClient(context, LIMITS, classify=call_failure, quota=_quota)
        # what creates records is not sent again unseen: it may have taken effect
        self._once = ApiClient(context, LIMITS, classify=call_failure, quota=_quota, attempts=1)
        self.login = SalesforceLogin(context, self._api)
        self._described: dict[str, tuple[datetime, Mapping[str, Any] | None]] = {}

    def path(self, tail: str) -> str:
        """Return the address of an interface of the org."""
        return f"{self.login.instance}/services/data/v{self.version}/{tail}"

    def json(self, kind: str, method: str, tail: str, *, once: bool = False, **options: Any) -> Any:
        """Return a call's answer as JSON; `once` does not repeat it. Raises ConnectorError."""
        return self.json_at(kind, method, self.path(tail), once=once, **options)

    def json_at(self, kind: str, method: str, url: str, *, once: bool = False, **options: Any) -> Any:
        """Return a call's answer as JSON; `url` is whole. Raises ConnectorError."""
        api = self._once if once else self._api
        return api.call_json(kind, method, url, authorizer=self.login, **options)

    def raw(self, kind: str, method: str, url: str, **options: Any) -> requests.Response:
        """Return a call's answer as it is; `url` is whole. Raises ConnectorError."""
        return self._api.call(kind, method, url, authorizer=self.login, **options)

    def query(self, soql: str, *, deleted: bool = False, kind: str = "read", tooling: bool = False) -> Any:
        """Return the first page of a query. Raises ConnectorError."""
        tail = "tooling/query" if tooling else "queryAll" if deleted else "query"
        headers = {"Sforce-Query-Options": f"batchSize={LIMITS.read_page}"}
        # a request's own encoding writes a space as a plus sign, which some hosts do not read back
        return self.json(kind, "GET", f"{tail}?q={quote(soql, safe='')}", headers=headers)

    def more(self, next_url: str) -> Any:
        """Return the next page of a query by its `nextRecordsUrl`. Raises ConnectorError."""
        _, _, tail = next_url.partition(f"/services/data/v{self.version}/")
        return self.json("read", "GET", tail)

    def rows(self, soql: str, *, deleted: bool = False, kind: str = "read") -> Iterator[Mapping[str, Any]]:
        """Yield every record of a query."""
        answer = self.query(soql, deleted=deleted, kind=kind)
        while True:
            yield from answer["records"]
            if answer.get("done", True):
                return
            answer = self.more(answer["nextRecordsUrl"])

    def describe(self, name: str) -> Mapping[str, Any] | None:
        """Return an object's describe, or None where the user sees no such object."""
        if not _OBJECT.fullmatch(name):
            return None
        now = self.context.clock()
        known = self._described.get(name)
        if known is not None and known[0] <= now < known[0] + _DESCRIBED:
            return known[1]
        try:
            told = self.json("setup", "GET", f"sobjects/{name}/describe")
        except ConnectorError as error:
            if error.failure.code not in ("NOT_FOUND", "INVALID_TYPE"):
                raise
            told = None
        self._described[name] = (now, told)
        return self._described[name][1]

    def forget_describes(self) -> None:
        """Ask the org anew: its fields were changed."""
        self._described.clear()

    def object(self, name: str) -> ObjectInfo | None:
        """Return an object with the fields that the user sees."""
        told = self.describe(name)
        if told is None:
            return None
        fields = tuple(field_from_describe(each) for each in told["fields"])
        if name in PARENT_FIELDS:
            parent, names = PARENT_FIELDS[name]
            found = [
                field_from_describe(each) for each in (self.describe(parent) or {"fields": ()})["fields"]
            ]
            fields += tuple(
                replace(each, name=f"{parent}.{each.name}", writable=False)
                for each in found
                if each.name in names
            )
        if not told.get("updateable", True):
            # the user's permission for the object stands above those for its fields
            fields = tuple(replace(field, writable=False) for field in fields)
        return ObjectInfo(str(told["name"]), str(told.get("label") or name), fields)

    def fields(self, name: str) -> dict[str, FieldInfo]:
        """Return an object's fields by name; empty where the user sees no such object."""
        found = self.object(name)
        return {field.name: field for field in found.fields} if found is not None else {}

    def usage(self) -> Usage:
        """Return what both clients used."""
        one, other = self._api.usage(), self._once.usage()
        calls = {
            kind: one.calls.get(kind, 0) + other.calls.get(kind, 0) for kind in {**one.calls, **other.calls}
        }
        latest = max((one, other), key=lambda each: each.daily_used or 0)
        return Usage(
            calls=calls,
            throttled=one.throttled + other.throttled,
            retried=one.retried + other.retried,
            waited=one.waited + other.waited,
            daily_used=latest.daily_used,
            daily_limit=latest.daily_limit,
        )

    def close(self) -> None:
        """Close the connections."""
        self._api.close()
        self._once.close()


def _quota(response: requests.Response) -> Quota | None:
    found = _USAGE.search(response.headers.get("Sforce-Limit-Info", ""))
    return Quota(int(found.group(1)), int(found.group(2))) if found else None


def expecting(status: int, what: str) -> Callable[[requests.Response], Failure | None]:
    """Return a judge that takes one status alone for a success: a proxy's page is none."""

    def judge(response: requests.Response) -> Failure | None:
        failure = call_failure(response)
        if failure is None and response.status_code != status:
            return Failure(FailureKind.RETRY, str(response.status_code), f"{what} was not confirmed")
        return failure

    return judge
