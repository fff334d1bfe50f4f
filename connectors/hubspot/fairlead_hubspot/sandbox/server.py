"""The HubSpot sandbox: routes, and what tests and people do with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from werkzeug.wrappers import Request, Response

from fairlead.plugins.records import ReadQuery, Record
from fairlead.plugins.sandboxes import SandboxOptions
from fairlead.testing.seed import Seed
from fairlead.testing.server import SandboxServer, json_response
from fairlead_hubspot.sandbox.account import ACCOUNT_ID, Account
from fairlead_hubspot.sandbox.actions import Actions
from fairlead_hubspot.sandbox.answers import Refusal, to_ms
from fairlead_hubspot.sandbox.gate import ARRIVED, Gate
from fairlead_hubspot.sandbox.links_api import LinksApi
from fairlead_hubspot.sandbox.lists_api import ListsApi
from fairlead_hubspot.sandbox.objects_api import ObjectsApi
from fairlead_hubspot.sandbox.properties_api import PropertiesApi
from fairlead_hubspot.sandbox.seeding import fill
from fairlead_hubspot.sandbox.truth import OBJECTS, query_of, truth_of

__all__ = ["HubSpotSandbox"]

Handler = Callable[..., Response]
_VERSIONS = ("2026-03", "2026-09")


class HubSpotSandbox(SandboxServer):
    """A stand-in of one HubSpot account.

    Switches: `search_lag_create` and `search_lag_update` are the seconds after which the search shows a
    write; `strict_batches` fails a batch for one bad input whatever it carries; `required_properties` names
    the account's required properties by object; `properties_in_use` cannot be archived; `lock_burst` is the
    number of writes a second above which the account locks for two seconds (0: never).
    """

    title = "HubSpot sandbox"
    objects = OBJECTS

    def __init__(self, options: SandboxOptions) -> None:
        self.switches = {
            "search_lag_create": 0,
            "search_lag_update": 0,
            "strict_batches": False,
            "required_properties": {},
            "properties_in_use": [],
            "lock_burst": 0,
        }
        self.account = Account(self._ms, self.switches)
        self.gate = Gate(self._ms, self.switches, limited=options.limits)
        self._deeds = Actions(self.account, self.gate)
        self._provisioned = options.provisioned
        fill(
            self.account,
            Seed(options.leads, options.partners, options.seed),
            provisioned=options.provisioned,
        )
        kept = self.switches
        super().__init__(options)
        self.switches = kept

    def settings(self) -> Mapping[str, object]:
        """Return the connector's settings that reach this sandbox."""
        return {"account_id": ACCOUNT_ID, "base_url": self.url}

    def secrets(self) -> Mapping[str, str]:
        """Return the secrets of an app with OAuth, which can be renewed."""
        return {
            "HUBSPOT_CLIENT_ID": self.gate.client_id,
            "HUBSPOT_CLIENT_SECRET": self.gate.client_secret,
            "HUBSPOT_REFRESH_TOKEN": self.gate.refresh_token,
        }

    def static_secrets(self) -> Mapping[str, str]:
        """Return the secret of a service key, which cannot be renewed."""
        return {"HUBSPOT_TOKEN": self.gate.token}

    def query(self, role: str) -> ReadQuery:
        """Return what the default mapping reads of the object in a role."""
        return query_of(role, provisioned=self._provisioned)

    def truth(self, role: str) -> Mapping[str, Record]:
        """Return every record of a role by id."""
        with self.lock:
            return truth_of(self.account, self.query(role))

    def actions(self) -> Mapping[str, Callable[..., Any]]:
        """Return what can be done in the account, by name."""
        return self._deeds.by_name()

    def state(self) -> Any:
        """Return records, associations, properties and lists."""
        account = self.account
        return {
            "records": {
                name: {str(row.id): dict(sorted(row.values.items())) for row in table.rows.values()}
                for name, table in account.tables.items()
            },
            "associations": [list(each) for each in account.links.pairs()],
            "properties": {
                name: sorted(each for each, shown in table.properties.items() if not shown["hubspotDefined"])
                for name, table in account.tables.items()
            },
            "lists": sorted(each["name"] for each in account.lists.values()),
        }

    def tables(self) -> Iterator[tuple[str, Sequence[str], Iterable[Sequence[object]]]]:
        """Yield the records with the properties of Fairlead, for the page that a person looks at."""
        for name in ("contacts", "companies", "deals", "tasks"):
            table = self.account.tables[name]
            ours = [each for each in table.properties if each.startswith("fairlead_")]
            shown = {
                "contacts": ["firstname", "lastname", "lifecyclestage"],
                "companies": ["name", "country"],
                "deals": ["dealname", "dealstage"],
                "tasks": ["hs_task_subject", "hs_task_status"],
            }[name]
            columns = ["hs_object_id", *shown, *ours]
            yield name, columns, ([table.value(row, each) for each in columns] for row in table.rows.values())

    def before(self, request: Request) -> Response | None:
        """Refuse calls without credentials, scopes or calls left."""
        try:
            self.gate.admit(request)
        except Refusal as refusal:
            return self._finished(request, refusal.response())
        return None

    def not_found(self, request: Request) -> Response:
        """Answer a path that HubSpot does not have."""
        return Refusal(404, "OBJECT_NOT_FOUND", f"no route for {request.path}").response()

    def routes(self) -> Iterable[tuple[str, str, Handler]]:
        """Yield the interface: each dated path, and its counterpart of the third (or fourth) version."""
        objects, links = ObjectsApi(self.account), LinksApi(self.account)
        properties, lists = PropertiesApi(self.account), ListsApi(self.account)
        table: list[tuple[str, str, str, Handler]] = [
            *_object_routes(objects),
            *_link_routes(links),
            *_property_routes(properties),
            ("POST", "/crm/lists/<version>", "/crm/v3/lists", lists.create),
            (
                "GET",
                "/crm/lists/<version>/object-type-id/<type_id>/name/<name>",
                "/crm/v3/lists/object-type-id/<type_id>/name/<name>",
                lists.by_name,
            ),
            ("DELETE", "/crm/lists/<version>/<list_id>", "/crm/v3/lists/<list_id>", lists.delete),
            ("GET", "/account-info/<version>/details", "/account-info/v3/details", self._details),
            ("POST", "/oauth/<version>/token", "/oauth/v3/token", self.gate.give_token),
        ]
        for method, dated, old, handler in table:
            yield method, old, self._wrapped(handler, fixed="v3")
            yield method, dated, self._wrapped(handler)
        yield "POST", "/oauth/v1/token", self._wrapped(self.gate.give_token, fixed="v3")

    def _answer(self, request: Request) -> Response:
        # calls are counted when they arrive, not when those before them are answered
        request.environ[ARRIVED] = self._ms()
        return super()._answer(request)

    def _wrapped(self, handler: Handler, fixed: str | None = None) -> Handler:
        """Return a handler that answers refusals and bad input in HubSpot's words."""

        def answer(request: Request, **parts: str) -> Response:
            version = fixed or parts.pop("version")
            try:
                if fixed is None and version not in _VERSIONS:
                    raise Refusal(404, "OBJECT_NOT_FOUND", f"there is no version {version}")
                response = handler(request, version=version, **parts)
            except Refusal as refusal:
                response = refusal.response()
            except (KeyError, TypeError, ValueError, AttributeError):
                response = Refusal(400, "VALIDATION_ERROR", "Invalid input JSON").response()
            return self._finished(request, response)

        return answer

    def _finished(self, request: Request, response: Response) -> Response:
        for name, value in self.gate.headers(request).items():
            response.headers[name] = value
        return response

    def _details(self, request: Request, version: str) -> Response:
        return json_response(
            {
                "portalId": ACCOUNT_ID,
                "accountType": "STANDARD",
                "timeZone": "Europe/Istanbul",
                "companyCurrency": "EUR",
                "additionalCurrencies": [],
                "utcOffset": "+03:00",
                "utcOffsetMilliseconds": 10_800_000,
                "uiDomain": "app-eu1.hubspot.com",
                "dataHostingLocation": "eu1",
            }
        )

    def _ms(self) -> int:
        return to_ms(self.now())


_Routes = Iterator[tuple[str, str, str, Handler]]


def _object_routes(api: ObjectsApi) -> _Routes:
    dated, old = "/crm/objects/<version>/<type_>", "/crm/v3/objects/<type_>"
    for method, rest, handler in (
        ("GET", "", api.page),
        ("POST", "", api.create),
        ("POST", "/search", api.search),
        ("POST", "/merge", api.merge),
        ("POST", "/batch/read", api.batch_read),
        ("POST", "/batch/create", api.batch_create),
        ("POST", "/batch/update", api.batch_update),
        ("POST", "/batch/upsert", api.batch_upsert),
        ("POST", "/batch/archive", api.batch_archive),
        ("GET", "/<id_>", api.get),
        ("PATCH", "/<id_>", api.update),
        ("DELETE", "/<id_>", api.archive),
    ):
        yield method, dated + rest, old + rest, handler


def _link_routes(api: LinksApi) -> _Routes:
    dated, old = "/crm/associations/<version>/<from_>/<to>", "/crm/v4/associations/<from_>/<to>"
    for method, rest, handler in (
        ("POST", "/batch/read", api.batch_read),
        ("POST", "/batch/create", api.batch_create),
        ("POST", "/batch/associate/default", api.associate_default),
        ("POST", "/batch/archive", api.batch_archive),
        ("POST", "/batch/labels/archive", api.labels_archive),
        ("GET", "/labels", api.labels),
        ("POST", "/labels", api.create_label),
        ("DELETE", "/labels/<type_id>", api.delete_label),
    ):
        yield method, dated + rest, old + rest, handler


def _property_routes(api: PropertiesApi) -> _Routes:
    dated, old = "/crm/properties/<version>/<type_>", "/crm/v3/properties/<type_>"
    for method, rest, handler in (
        ("GET", "", api.every),
        ("POST", "", api.create),
        ("POST", "/batch/create", api.batch_create),
        ("GET", "/groups", api.groups),
        ("POST", "/groups", api.create_group),
        ("DELETE", "/groups/<name>", api.archive_group),
        ("GET", "/<name>", api.get),
        ("PATCH", "/<name>", api.update),
        ("DELETE", "/<name>", api.archive),
    ):
        yield method, dated + rest, old + rest, handler
