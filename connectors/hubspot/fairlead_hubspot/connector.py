"""The connector: one HubSpot account, open for reading and writing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from fairlead.plugins.connector import Capabilities, Connector, ConnectorContext
from fairlead.plugins.failures import ConnectorError, FailureKind
from fairlead.plugins.fields import FieldSpec, ObjectInfo, SetupStep
from fairlead.plugins.limits import Limits, Usage
from fairlead.plugins.records import (
    Change,
    DeletionPage,
    LinkChange,
    Page,
    ReadQuery,
    Record,
    Task,
    WriteResult,
)
from fairlead.plugins.webhooks import WebhookReply, WebhookRequest
from fairlead.problems import Problem
from fairlead_hubspot.checking import check
from fairlead_hubspot.client import HubSpotClient
from fairlead_hubspot.provisioning import TASK_KEY, Provisioner
from fairlead_hubspot.reading import Reader
from fairlead_hubspot.values import described
from fairlead_hubspot.views import Views
from fairlead_hubspot.webhooks import receive
from fairlead_hubspot.writing import Writer

__all__ = ["HubSpotConnector"]

#: longer names are cut in lists and exports (HubSpot takes 100 characters)
_LONGEST_NAME = 100


class HubSpotConnector(Connector):
    """One HubSpot account; see the contract for what each method does and raises."""

    def __init__(self, context: ConnectorContext) -> None:
        self._context = context
        self._client = HubSpotClient(context)
        pipelines = context.settings.get("pipelines", ())
        names = [str(each) for each in pipelines] if isinstance(pipelines, Sequence) else []
        self._reader = Reader(self._client, names)
        self._writer = Writer(self._client, self._reader)
        self._provisioner = Provisioner(self._client)
        self._views = Views(self._client)

    def capabilities(self) -> Capabilities:
        """Webhooks need the app's client secret: a service key has none."""
        secret = self._context.secrets.get("HUBSPOT_CLIENT_SECRET")
        return Capabilities(webhooks=bool(secret), tasks=True, views=True, labelled_links=True)

    def limits(self) -> Limits:
        """Return the ceilings of the plan, a little lowered."""
        return self._client.limits

    def usage(self) -> Usage:
        """Return what was used so far."""
        return self._client.usage()

    def check(self) -> list[Problem]:
        """Try the credentials, the account and each scope; a call that writes is sent without any input."""
        return check(self._client)

    def account(self) -> str:
        """Return the number of the token's account."""
        return str(self._client.account())

    def describe(self, objects: Sequence[str]) -> list[ObjectInfo]:
        """Return object types with their properties; one that the account lacks is left out."""
        found = []
        for object_ in objects:
            try:
                fields = self._client.properties(object_, anew=True)
            except ConnectorError as error:
                if error.failure.kind in (FailureKind.GONE, FailureKind.REJECT):
                    continue
                raise
            label = object_.replace("_", " ").capitalize()
            found.append(ObjectInfo(object_, label, tuple(described(shown) for shown in fields.values())))
        return found

    def field_name(self, base: str) -> str:
        """Return `fairlead_BASE`."""
        return f"fairlead_{base}"[:_LONGEST_NAME].lower()

    def provision(self, specs: Sequence[FieldSpec], *, dry_run: bool) -> list[SetupStep]:
        """Create missing properties in a group of their own, and association labels for links."""
        return self._provisioner.provision(specs, dry_run=dry_run)

    def unprovision(self, specs: Sequence[FieldSpec], *, dry_run: bool) -> list[SetupStep]:
        """Remove lists, properties, labels and the group."""
        steps = self._views.remove([spec.name for spec in specs], dry_run=dry_run)
        return [*steps, *self._provisioner.unprovision(specs, dry_run=dry_run)]

    def read_changes(
        self, query: ReadQuery, cursor: str | None, since: datetime | None = None
    ) -> Iterator[Page]:
        """Yield changed records through the search, in the order of ids within each stretch of them."""
        return self._reader.changes(query, cursor, since)

    def read_deletions(self, object_: str, cursor: str | None) -> Iterator[DeletionPage]:
        """Yield archived records and merged ids."""
        return self._reader.deletions(object_, cursor)

    def read(self, query: ReadQuery, ids: Sequence[str]) -> list[Record]:
        """Return records by id, 100 to a call."""
        return self._reader.records(query, ids)

    def write(self, changes: Sequence[Change]) -> list[WriteResult]:
        """Write values, 100 records to a call, several calls at once."""
        return self._writer.write(changes)

    def write_links(self, changes: Sequence[LinkChange]) -> list[WriteResult]:
        """Associate records."""
        return self._writer.write_links(changes)

    def create_tasks(self, tasks: Sequence[Task]) -> list[WriteResult]:
        """Create tasks whose keys no task has yet."""
        if not tasks:
            return []
        self._client.ensure_account()
        self._provisioner.ensure(TASK_KEY)
        return self._writer.create_tasks(tasks, TASK_KEY.name)

    def views(self, fields: Mapping[str, str], *, dry_run: bool) -> list[SetupStep]:
        """Create lists, and explain how a person makes views."""
        return self._views.make(fields, dry_run=dry_run)

    def receive(self, request: WebhookRequest) -> WebhookReply:
        """Check the signature and return the records announced; which account is ours is asked once."""
        return receive(
            request,
            secret=self._context.secrets.get("HUBSPOT_CLIENT_SECRET"),
            account_id=lambda: self._client.stated_account or self._client.account(),
            now=self._context.clock(),
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()
