"""A sandbox with a connector opened on it, and plain calls of the sandbox's interface."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import requests

from fairlead.plugins.connector import ConnectorContext
from fairlead.plugins.records import Change, Page, ReadQuery, Record, Scalar
from fairlead_zoho.connector import ZohoConnector
from fairlead_zoho.sandbox import ZohoSandbox
from fairlead_zoho.sandbox.schema import as_seen


class Secrets:
    """Secrets of a test."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self.values = dict(values)

    def get(self, name: str) -> str | None:
        return self.values.get(name)

    def put(self, name: str, value: str) -> None:
        self.values[name] = value


class Desk:
    """One sandbox, one connector."""

    def __init__(self, sandbox: ZohoSandbox, settings: Mapping[str, object]) -> None:
        self.sandbox = sandbox
        self._settings = settings
        self._opened: list[ZohoConnector] = []
        self.waits: list[float] = []
        self.connector = self.open()
        self._token: str | None = None

    def open(self, **settings: object) -> ZohoConnector:
        """Open another connector; it waits by moving the sandbox's clock."""
        context = ConnectorContext(
            settings={**self.sandbox.settings(), **self._settings, **settings},
            secrets=Secrets(self.sandbox.secrets()),
            timeout=(2.0, 5.0),
            clock=self.sandbox.now,
            sleep=self._sleep,
        )
        connector = ZohoConnector(context)
        self._opened.append(connector)
        return connector

    def _sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.sandbox.advance(seconds)

    def close(self) -> None:
        for each in self._opened:
            each.close()
        self.sandbox.stop()

    def settle(self) -> None:
        """Let the margin pass that reading keeps."""
        self.sandbox.advance(600)

    def call(self, method: str, path: str, version: str = "v8", **options: Any) -> requests.Response:
        """Call the sandbox's interface as any client does."""
        if self._token is None:
            form = {
                "grant_type": "refresh_token",
                "client_id": self.sandbox.secrets()["ZOHO_CLIENT_ID"],
                "client_secret": self.sandbox.secrets()["ZOHO_CLIENT_SECRET"],
                "refresh_token": self.sandbox.secrets()["ZOHO_REFRESH_TOKEN"],
            }
            answer = requests.post(f"{self.sandbox.url}/oauth/v2/token", data=form, timeout=5)
            self._token = answer.json()["access_token"]
        headers = {"Authorization": f"Zoho-oauthtoken {self._token}", **options.pop("headers", {})}
        url = f"{self.sandbox.url}/crm/{version}{path}"
        return requests.request(method, url, headers=headers, timeout=5, **options)

    def coql(self, text: str) -> requests.Response:
        return self.call("POST", "/coql", json={"select_query": text})

    def leads_where(self, where: str, columns: str = "id", more: str = "order by id") -> requests.Response:
        """Query leads."""
        return self.coql(" ".join(["select", columns, "from Leads where", where, more]))

    def query(self, *fields: str) -> ReadQuery:
        return ReadQuery("Leads", fields or ("Last_Name",))

    def pages(self, query: ReadQuery, cursor: str | None = None) -> list[Page]:
        return list(self.connector.read_changes(query, cursor))

    def read(self, query: ReadQuery, cursor: str | None = None) -> tuple[dict[str, Record], str]:
        """Return the newest state of each record that is read, and the last cursor."""
        pages = self.pages(query, cursor)
        assert [page.last for page in pages] == [False] * (len(pages) - 1) + [True]
        return {record.id: record for page in pages for record in page.records}, pages[-1].cursor

    def ids(self, role: str = "lead") -> list[str]:
        return sorted(map(str, self.sandbox.account.tables[self.sandbox.objects[role]].rows))

    def sandbox_values(self, id_: str, names: tuple[str, ...]) -> dict[str, Scalar]:
        """Return what the sandbox holds of a lead, as a reader is to see it."""
        fields = self.sandbox.account.modules["Leads"].fields
        row = self.sandbox.account.tables["Leads"].rows[int(id_)]
        return {name: as_seen(fields[name], row.get(name)) for name in names}

    def change(self, id_: str, **values: Scalar) -> Change:
        return Change("Leads", id_, values)

    def calls(self, method: str, path: str) -> int:
        return self.sandbox.count(method, path)
