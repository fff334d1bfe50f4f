"""The sandbox: Zoho CRM's interface on loopback."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from werkzeug.http import http_date
from werkzeug.wrappers import Request, Response

from fairlead.plugins.records import ReadQuery, Record
from fairlead.plugins.sandboxes import SandboxOptions
from fairlead.testing.server import Action, Handler, SandboxServer, json_response
from fairlead_zoho.sandbox.account import Account
from fairlead_zoho.sandbox.accounts import CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN, Accounts
from fairlead_zoho.sandbox.actions import Actions
from fairlead_zoho.sandbox.bulk import Bulk
from fairlead_zoho.sandbox.emails import Emails
from fairlead_zoho.sandbox.errors import Refusal, item_error
from fairlead_zoho.sandbox.filling import OBJECTS, fill, queries
from fairlead_zoho.sandbox.limits import (
    CONCURRENT,
    DAILY_CREDITS,
    HEAVY_CONCURRENT,
    Credits,
    is_heavy,
    price,
)
from fairlead_zoho.sandbox.reading import Reading, most_columns
from fairlead_zoho.sandbox.schema import ModuleDef, as_seen
from fairlead_zoho.sandbox.setup import Setup
from fairlead_zoho.sandbox.store import Row
from fairlead_zoho.sandbox.watching import Watching
from fairlead_zoho.sandbox.writing import Writing

__all__ = ["ZohoSandbox"]

_WEBHOOK_TOKEN = "sandbox-webhook-token"  # noqa: S105 - made up
_VERSIONS = {f"v{number}" for number in range(2, 9)}
_SCOPES = {
    "coql": "ZohoCRM.coql.READ",
    "settings": "ZohoCRM.settings.ALL",
    "users": "ZohoCRM.users.READ",
    "org": "ZohoCRM.org.READ",
    "actions": "ZohoCRM.notifications.ALL",
    "bulk": "ZohoCRM.bulk.ALL",
}


class ZohoSandbox(SandboxServer):
    """A stand-in of one Zoho CRM account.

    Switches: `missing_scope` (a part of the path: `coql`, `settings`, `Leads`), `forbidden_module`,
    `fields_hidden` (new fields that name no profiles are seen by the administrator alone),
    `other_data_centre`.
    """

    title = "Zoho CRM sandbox"
    objects = OBJECTS

    def __init__(self, options: SandboxOptions) -> None:
        self.account = Account()
        fill(self.account, options)
        self.accounts = Accounts(self.now, lambda: self.url, limits=options.limits)
        self.credits = Credits(self.now, limit=DAILY_CREDITS, enforced=options.limits)
        self.reading = Reading(self)
        self.writing = Writing(self)
        self.emails = Emails(self)
        self.setup = Setup(self)
        self.watching = Watching(self)
        self._bulk = Bulk(self)
        self._actions = Actions(self)
        self._queries = queries(options)
        self.throttled = self.overloaded = 0
        self.webhook_token = _WEBHOOK_TOKEN
        super().__init__(options)
        self.switches.update(
            missing_scope="", forbidden_module="", fields_hidden=True, other_data_centre=False
        )

    def routes(self) -> Iterator[tuple[str, str, Handler]]:
        """Yield the routes."""
        yield "POST", "/oauth/v2/token", self._token
        yield "POST", "/oauth/v2/token/revoke", self.accounts.revoke_call
        for part in (self.reading, self.emails, self.writing, self.setup, self.watching, self._bulk):
            for method, path, handler in part.routes():
                yield method, path, self._guarded(handler)

    def settings(self) -> Mapping[str, object]:
        """Return the connector's settings that reach this sandbox."""
        return {"data_centre": "eu", "accounts_url": self.url, "daily_credits": DAILY_CREDITS}

    def secrets(self) -> Mapping[str, str]:
        """Return made-up secrets."""
        return {
            "ZOHO_CLIENT_ID": CLIENT_ID,
            "ZOHO_CLIENT_SECRET": CLIENT_SECRET,
            "ZOHO_REFRESH_TOKEN": REFRESH_TOKEN,
            "ZOHO_WEBHOOK_TOKEN": self.webhook_token,
        }

    def query(self, role: str) -> ReadQuery:
        """Return what the default mapping reads of the object in a role."""
        return self._queries[role]

    def truth(self, role: str) -> Mapping[str, Record]:
        """Return every record of a role as a reader is to see it, converted leads included."""
        query = self._queries[role]
        with self.lock:
            definition = self.account.modules[query.object]
            rows = self.account.tables[query.object].rows.values()
            return {str(row.id): _record(definition, row, query) for row in rows}

    def actions(self) -> Mapping[str, Action]:
        """Return what a person could do in the account."""
        return self._actions.all()

    def before(self, request: Request) -> Response | None:
        """Refuse a call without credentials, scope or room."""
        if request.path.startswith("/oauth/"):
            return None
        refusal = self._refusal(request)
        if refusal is None:
            return None
        return self._finished(json_response(refusal.body, refusal.status))

    def not_found(self, request: Request) -> Response:
        """Answer an unknown path."""
        return json_response(item_error("INVALID_URL_PATTERN"), 404)

    def state(self) -> Any:
        """Return everything that the account holds."""
        with self.lock:
            return {
                module: {
                    str(row.id): {
                        "values": {name: _plain(value) for name, value in sorted(row.values.items())},
                        "modified": row.modified.isoformat(),
                        "became": row.became,
                    }
                    for row in table.rows.values()
                }
                for module, table in self.account.tables.items()
            }

    def tables(self) -> Iterator[tuple[str, Sequence[str], Iterable[Sequence[object]]]]:
        """Yield the modules with Fairlead's own fields first."""
        for name, definition in self.account.modules.items():
            table = self.account.tables[name]
            fields = sorted(definition.fields.values(), key=lambda each: not each.custom)
            columns = ["id", "Modified_Time", *(each.api_name for each in fields)]
            yield (
                f"{definition.plural} ({len(table.rows)})",
                columns,
                (
                    [row.id, row.modified, *(row.get(each.api_name) for each in fields)]
                    for row in table.rows.values()
                ),
            )

    def stamp(self) -> datetime:
        """Return the sandbox's time in whole seconds, as Zoho keeps stamps."""
        return self.now().replace(microsecond=0)

    @staticmethod
    def body(request: Request) -> dict[str, Any]:
        """Return the JSON object that was sent; raises Refusal."""
        try:
            found = json.loads(request.get_data() or b"{}", parse_float=Decimal)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise Refusal(400, "INVALID_DATA", {"expected_data_type": "jsonobject"}, "body is not JSON")
        return found

    def _token(self, request: Request) -> Response:
        self.accounts.other_data_centre = bool(self.switches["other_data_centre"])
        return self.accounts.token(request)

    def _refusal(self, request: Request) -> Refusal | None:
        parts = request.path.strip("/").split("/")
        version = next((part for part in parts if part in _VERSIONS), None)
        if parts[0] != "crm" or version is None:
            return Refusal(404, "INVALID_URL_PATTERN")
        if self.overloaded > 0:
            self.overloaded -= 1
            return Refusal(500, "INTERNAL_ERROR")
        if not self.accounts.admits(request.headers.get("Authorization")):
            return Refusal(401, "INVALID_TOKEN")
        missing = self.switches["missing_scope"]
        if missing and missing in parts:
            return Refusal(401, "OAUTH_SCOPE_MISMATCH", {"scope": _SCOPES.get(missing, missing)})
        if self.switches["forbidden_module"] in parts:
            return Refusal(403, "NO_PERMISSION", {"permissions": [f"Crm_Implied_View_{parts[2]}"]})
        return self._no_room(request, version)

    def _no_room(self, request: Request, version: str) -> Refusal | None:
        try:
            body = self.body(request)
        except Refusal:
            body = {}
        if self.throttled > 0:
            self.throttled -= 1
            return Refusal(429, "TOO_MANY_REQUESTS")
        most = HEAVY_CONCURRENT if is_heavy(request, body) else CONCURRENT
        if self.options.limits and self._in_flight > most:
            return Refusal(429, "TOO_MANY_REQUESTS")
        if not self.credits.take(price(request, body, most_columns(version))):
            return Refusal(429, "TOO_MANY_REQUESTS")
        return None

    def _guarded(self, handler: Handler) -> Handler:
        def answer(request: Request, **parts: Any) -> Response:
            try:
                response = handler(request, **parts)
            except Refusal as refusal:
                response = json_response(refusal.body, refusal.status)
            return self._finished(response)

        return answer

    def _finished(self, response: Response) -> Response:
        response.headers["Date"] = http_date(self.now())
        response.headers.update(self.credits.header)
        return response


def _record(definition: ModuleDef, row: Row, query: ReadQuery) -> Record:
    values = {
        name: as_seen(definition.fields[name], row.get(name))
        for name in query.fields
        if name in definition.fields
    }
    links = {}
    for link in query.links:
        found = row.get(link.via or "")
        links[link.name] = (str(found),) if found is not None else ()
    return Record(query.object, str(row.id), row.modified, values, links, became=dict(row.became or {}))


def _plain(value: object) -> object:
    match value:
        case datetime():
            return value.astimezone(UTC).isoformat()
        case tuple():
            return list(value)
        case None | bool() | int() | str():
            return value
    return str(value)
