"""The sandbox: one org behind the addresses of Salesforce's APIs."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import wraps
from typing import Any

from werkzeug.wrappers import Request, Response

from fairlead.plugins.records import ReadQuery, Record
from fairlead.plugins.sandboxes import SandboxOptions
from fairlead.testing.server import Action, SandboxServer, json_response
from fairlead_salesforce.sandbox.acts import Acts
from fairlead_salesforce.sandbox.bulk import Bulk
from fairlead_salesforce.sandbox.oauth import CLIENT_ID, Login, private_key_text
from fairlead_salesforce.sandbox.org import ORG_ID, USER_NAME, Org
from fairlead_salesforce.sandbox.refusals import Refused
from fairlead_salesforce.sandbox.rest import Rest
from fairlead_salesforce.sandbox.seeding import fill
from fairlead_salesforce.sandbox.tooling import Tooling
from fairlead_salesforce.sandbox.truth import OBJECTS, mapped_query, true_records

__all__ = ["SalesforceSandbox"]

Handler = Callable[..., Response]

_VERSIONS = tuple(f"{number}.0" for number in range(59, 69))
_DATA = "/services/data"
#: calls in 24 hours of an Enterprise Edition org without extra licences
_DAILY = 100_000
_HOUR = 3_600


class SalesforceSandbox(SandboxServer):
    """A Salesforce org.

    Switches: `bulk_looks` is how often a bulk job is seen in progress before it is complete,
    `bulk_stops_after` the number of rows after which an ingest job fails (null never),
    `rotates_refresh_tokens` whether a refresh token is used up by using it.
    """

    title = "Salesforce sandbox"
    objects = OBJECTS

    def __init__(self, options: SandboxOptions) -> None:
        self._org = Org(lambda: int(self.now().timestamp()))
        self._login = Login(lambda: int(self.now().timestamp()), lambda: self.url)
        self._hook = secrets.token_urlsafe(32)
        self._rest = Rest(self._org)
        self._behaviour: dict[str, Any] = {
            "bulk_looks": 1,
            "bulk_stops_after": None,
            "rotates_refresh_tokens": True,
        }
        self._bulk = Bulk(self._org, self._behaviour)
        self._tooling = Tooling(self._org)
        self._acts = Acts(self._org, lambda: self.url, self._hook)
        self._throttled = self._overloaded = 0
        self._quota_ends: int | None = None
        self._used: Counter[int] = Counter()
        super().__init__(options)
        self.switches = self._behaviour
        with self.lock:
            fill(self._org, options)

    # the sandbox's own interface

    def settings(self) -> Mapping[str, object]:
        """Return the settings that reach this sandbox by client credentials."""
        return {"login_url": self.url, "flow": "client_credentials", "org_id": ORG_ID}

    def secrets(self) -> Mapping[str, str]:
        """Return the secrets of all three flows."""
        return {
            "SALESFORCE_CLIENT_ID": CLIENT_ID,
            "SALESFORCE_CLIENT_SECRET": self._login.client_secret,
            "SALESFORCE_USERNAME": USER_NAME,
            "SALESFORCE_PRIVATE_KEY": private_key_text(),
            "SALESFORCE_REFRESH_TOKEN": self._login.refresh_token,
            "SALESFORCE_WEBHOOK_TOKEN": self._hook,
        }

    def query(self, role: str) -> ReadQuery:
        """Return what the default mapping reads of the object in a role."""
        return mapped_query(role, provisioned=self.options.provisioned)

    def truth(self, role: str) -> Mapping[str, Record]:
        """Return every record of a role by id."""
        with self.lock:
            return true_records(self._org, role, self.query(role))

    def actions(self) -> Mapping[str, Action]:
        """Return what can be done in the org, and with the calls to it."""
        return {
            **self._acts.by_name(),
            "throttle": self._throttle,
            "overload": self._overload,
            "use_up_quota": self._use_up_quota,
            "expire_credentials": self._login.end_sessions,
            "revoke_credentials": self._revoke,
            "expire_cursors": self._rest.expire_cursors,
        }

    def _throttle(self, times: int) -> None:
        self._throttled = times

    def _overload(self, times: int) -> None:
        self._overloaded = times

    def _use_up_quota(self) -> None:
        self._quota_ends = self._org.now() + 24 * _HOUR

    def _revoke(self) -> None:
        self._login.revoked = True
        self._login.end_sessions()

    def state(self) -> Any:
        """Return every record and field."""
        return {
            name: {
                "fields": sorted(table.fields),
                "records": {
                    row.id: {
                        "values": dict(sorted(row.values.items())),
                        "stamp": row.stamp,
                        "deleted": row.deleted_at is not None,
                    }
                    for row in table.rows.values()
                },
            }
            for name, table in self._org.tables.items()
        }

    def tables(self) -> Iterator[tuple[str, Sequence[str], Iterable[Sequence[object]]]]:
        """Yield the records of the mapped objects, our fields first."""
        for name in OBJECTS.values():
            table = self._org.tables[name]
            ours = [each for each in table.fields if each.startswith("Fairlead_")]
            stock = [each for each in table.fields if not each.startswith("Fairlead_") and each != "Id"]
            columns = ["Id", *ours, *stock]
            rows = (
                [table.value(row, column) for column in columns]
                for row in table.rows.values()
                if row.deleted_at is None
            )
            yield name, columns, rows

    # serving

    def routes(self) -> Iterable[tuple[str, str, Handler]]:
        """Return the routes of all APIs."""
        yield "POST", "/services/oauth2/token", self._token
        yield "GET", f"{_DATA}/", self._versions
        yield "GET", f"{_DATA}/v<version>/limits", self._answered(self._limits)
        for part in (self._rest, self._tooling, self._bulk):
            for method, path, handler in part.routes():
                yield method, f"{_DATA}/v<version>{path}", self._answered(handler)

    def _token(self, request: Request) -> Response:
        self._login.rotates = bool(self.switches["rotates_refresh_tokens"])
        return self._login.answer(request)

    def _answered(self, handler: Handler) -> Handler:
        """Answer refusals in Salesforce's words, and tell the usage with each answer."""

        @wraps(handler)
        def answered(request: Request, **parts: str) -> Response:
            try:
                response = handler(request, **parts)
            except Refused as refused:
                response = json_response(refused.as_answer(), refused.status)
            self._count()
            response.headers["Sforce-Limit-Info"] = f"api-usage={self._used_today()}/{_DAILY}"
            return response

        return answered

    def _count(self) -> None:
        self._used[self._org.now() // _HOUR] += 1

    def _used_today(self) -> int:
        hour = self._org.now() // _HOUR
        return sum(count for each, count in self._used.items() if each > hour - 24)

    def before(self, request: Request) -> Response | None:
        """Refuse a call without a session, of a version that is not offered, or beyond the limits."""
        if not request.path.startswith(f"{_DATA}/v"):
            return None
        if self._overloaded > 0:
            self._overloaded -= 1
            return _refusal(503, "SERVER_UNAVAILABLE", "We are currently unavailable; try again later")
        if not self._login.knows(request.headers.get("Authorization", "")):
            return _refusal(401, "INVALID_SESSION_ID", "Session expired or invalid")
        version = request.path.removeprefix(f"{_DATA}/v").partition("/")[0]
        if version not in _VERSIONS:
            return _refusal(404, "NOT_FOUND", "The requested resource does not exist")
        if self._throttled > 0:
            self._throttled -= 1
            return _refusal(
                403, "REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests (Concurrent API Requests) Limit exceeded."
            )
        used_up = self._quota_ends is not None and self._org.now() < self._quota_ends
        if used_up or (self.options.limits and self._used_today() >= _DAILY):
            return _refusal(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
        return None

    def not_found(self, request: Request) -> Response:
        """Return Salesforce's answer to a path that it does not have."""
        return _refusal(404, "NOT_FOUND", "The requested resource does not exist")

    def _versions(self, request: Request) -> Response:
        return json_response(
            [
                {"label": f"Release {version}", "url": f"{_DATA}/v{version}", "version": version}
                for version in _VERSIONS
            ]
        )

    def _limits(self, request: Request, version: str) -> Response:
        used = self._used_today()
        return json_response(
            {
                "DailyApiRequests": {"Max": _DAILY, "Remaining": _DAILY - used},
                "DailyBulkV2QueryJobs": {"Max": 10_000, "Remaining": 10_000},
                "DailyBulkV2QueryFileStorageMB": {"Max": 976_562, "Remaining": 976_562},
            }
        )


def _refusal(status: int, code: str, message: str) -> Response:
    return json_response([{"message": message, "errorCode": code}], status)
