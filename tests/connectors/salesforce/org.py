"""A sandbox org with a connector open on it, for the tests of this folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import requests

from fairlead.plugins.connector import ConnectorContext
from fairlead.plugins.records import Change, Page, ReadQuery, Record, Scalar, WriteResult
from fairlead.plugins.sandboxes import SandboxOptions
from fairlead_salesforce.connector import SalesforceConnector
from fairlead_salesforce.sandbox import SalesforceSandbox

DATA = "/services/data/v62.0"


class KeptSecrets:
    """Secrets in memory; `put_before` is called when a renewed one is kept."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self.values = dict(values)
        self.puts: list[str] = []
        self.put_before: Callable[[], None] = lambda: None

    def get(self, name: str) -> str | None:
        return self.values.get(name)

    def put(self, name: str, value: str) -> None:
        self.put_before()
        self.puts.append(name)
        self.values[name] = value


@dataclass
class Org:
    """A sandbox, the secrets that it accepts, and the connector."""

    sandbox: SalesforceSandbox
    secrets: KeptSecrets
    connector: SalesforceConnector
    opened: list[SalesforceConnector] = field(default_factory=list)

    def open(self, **settings: object) -> SalesforceConnector:
        """Open a connector with settings of its own; waiting moves the sandbox's clock."""
        connector = SalesforceConnector(
            ConnectorContext(
                settings={**self.sandbox.settings(), **settings},
                secrets=self.secrets,
                daily_share=1.0,
                timeout=(2.0, 10.0),
                clock=self.sandbox.now,
                sleep=self.sandbox.advance,
            )
        )
        self.opened.append(connector)
        return connector

    def ids(self, count: int) -> list[str]:
        """Return the first leads that were not converted."""
        return [id_ for id_, record in self.sandbox.truth("lead").items() if not record.became][:count]

    def field_of_lead(self, id_: str, name: str) -> Scalar:
        """Return what a lead holds in a field, as the sandbox knows it."""
        return self.lead(id_, name).values[name]

    def lead(self, id_: str, *names: str) -> Record:
        """Return a lead with some fields, as the connector reads it."""
        (record,) = self.connector.read(ReadQuery("Lead", names), [id_])
        return record

    def write(self, values: Mapping[str, Mapping[str, Scalar]], **settings: object) -> list[WriteResult]:
        """Write values of leads by id with a connector of its own."""
        connector = self.open(**settings) if settings else self.connector
        return connector.write([Change("Lead", id_, each) for id_, each in values.items()])

    def token(self) -> str:
        """Return a session as a client gets it that is not ours."""
        form = {
            "grant_type": "client_credentials",
            "client_id": self.secrets.values["SALESFORCE_CLIENT_ID"],
            "client_secret": self.secrets.values["SALESFORCE_CLIENT_SECRET"],
        }
        answer = requests.post(f"{self.sandbox.url}/services/oauth2/token", data=form, timeout=5)
        return str(answer.json()["access_token"])

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        """Call the sandbox's interface as any client."""
        headers = {"Authorization": f"Bearer {self.token()}", **options.pop("headers", {})}
        url = f"{self.sandbox.url}{DATA}{path}"
        return requests.request(method, url, headers=headers, timeout=5, **options)

    def query(self, soql: str) -> requests.Response:
        """Ask a query as any client."""
        return self.call("GET", "/query", params={"q": soql})


@contextmanager
def org(leads: int = 20, partners: int = 4, **options: bool) -> Iterator[Org]:
    """Start a sandbox and open a connector on it."""
    sandbox = SalesforceSandbox(SandboxOptions(0, leads, partners, **options))
    secrets = KeptSecrets(sandbox.secrets())
    # the connector is opened below, where the settings of the sandbox are known
    made = Org(sandbox, secrets, connector=None)  # type: ignore[arg-type]
    made.connector = made.open()
    try:
        yield made
    finally:
        for connector in made.opened:
            connector.close()
        sandbox.stop()


def read_all(
    connector: SalesforceConnector, query: ReadQuery, cursor: str | None = None
) -> tuple[dict[str, Record], list[Page]]:
    """Read to the end; return the records by id, and the pages."""
    pages = list(connector.read_changes(query, cursor))
    return {record.id: record for page in pages for record in page.records}, pages
