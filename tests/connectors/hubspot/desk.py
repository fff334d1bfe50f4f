"""A sandbox with a connector open on it: what most tests of the HubSpot connector start from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests

from fairlead.plugins.connector import ConnectorContext
from fairlead.plugins.records import Change, Page, ReadQuery, Record, WriteResult
from fairlead.plugins.sandboxes import SandboxOptions
from fairlead_hubspot.connector import HubSpotConnector
from fairlead_hubspot.sandbox import HubSpotSandbox

__all__ = ["Desk", "KeptSecrets", "open_desk"]


class KeptSecrets:
    """Secrets in memory."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = dict(values)

    def get(self, name: str) -> str | None:
        return self._values.get(name)

    def put(self, name: str, value: str) -> None:
        self._values[name] = value


@dataclass
class Desk:
    """One account and one connector."""

    sandbox: HubSpotSandbox
    connector: HubSpotConnector

    def open(self, secrets: Mapping[str, str] | None = None, **settings: object) -> HubSpotConnector:
        """Open another connector; waiting moves the sandbox's clock and takes no time."""
        given = self.sandbox.secrets() if secrets is None else secrets
        return HubSpotConnector(
            ConnectorContext(
                {**self.sandbox.settings(), **settings},
                KeptSecrets(given),
                clock=self.sandbox.now,
                sleep=self.sandbox.advance,
                timeout=(2.0, 10.0),
            )
        )

    def ids(self, role: str = "lead") -> list[str]:
        return list(self.sandbox.truth(role))

    def read(self, cursor: str | None = None, role: str = "lead") -> dict[str, Record]:
        return {each.id: each for page in self.pages(cursor, role) for each in page.records}

    def pages(self, cursor: str | None = None, role: str = "lead") -> list[Page]:
        return list(self.connector.read_changes(self.sandbox.query(role), cursor))

    def write(self, values: Mapping[str, Mapping[str, Any]], object_: str = "contacts") -> list[WriteResult]:
        return self.connector.write([Change(object_, id_, each) for id_, each in values.items()])

    def held(self, id_: str, name: str, object_: str = "contacts") -> str | None:
        """Return what the account holds, as HubSpot keeps it."""
        table = self.sandbox.account.table(object_)
        return table.value(table.rows[int(id_)], name)

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        """Call the sandbox with the service key, past the connector."""
        headers = {"Authorization": f"Bearer {self.sandbox.gate.token}"}
        return requests.request(method, self.sandbox.url + path, headers=headers, timeout=10, **options)

    def calls(self, path: str) -> int:
        return self.sandbox.count(path=path)

    def query(self, *fields: str) -> ReadQuery:
        return ReadQuery("contacts", fields)


def open_desk(options: SandboxOptions) -> Desk:
    sandbox = HubSpotSandbox(options)
    desk = Desk(sandbox, None)  # type: ignore[arg-type]
    desk.connector = desk.open()
    return desk
