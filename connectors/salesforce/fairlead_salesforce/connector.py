"""The Salesforce connector: one org, open for reading and writing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from fairlead.plugins.connector import Capabilities, Connector, ConnectorContext
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
from fairlead_salesforce.checking import check
from fairlead_salesforce.client import LIMITS, SalesforceClient
from fairlead_salesforce.metadata import developer_name
from fairlead_salesforce.provisioning import Provisioner
from fairlead_salesforce.reading import Reader
from fairlead_salesforce.tasks import create_tasks, explained_views
from fairlead_salesforce.webhooks import check_address, receive_outbound_message
from fairlead_salesforce.writing import Writer

__all__ = ["SalesforceConnector"]

_WEBHOOK_TOKEN = "SALESFORCE_WEBHOOK_TOKEN"  # noqa: S105 - the name of a secret, not one
#: records from which on the bulk interface is used: the vendor's advice for reading is 2,000
_BULK_READS = 2_000
_BULK_WRITES = 5_000


class SalesforceConnector(Connector):
    """Reads and writes one org as the integration user."""

    def __init__(self, context: ConnectorContext) -> None:
        settings = context.settings
        self._context = context
        self._client = SalesforceClient(context)
        partner_field = str(settings.get("partner_field", self.field_name("partner")))
        lead_field = self.field_name("lead")
        reads = settings.get("bulk_reads_above", _BULK_READS)
        writes = settings.get("bulk_writes_above", _BULK_WRITES)
        assert isinstance(reads, int)
        assert isinstance(writes, int)
        self._reader = Reader(self._client, partner_field, lead_field, reads)
        self._writer = Writer(self._client, self._reader, writes)
        self._provisioner = Provisioner(self._client, partner_field, lead_field)

    def capabilities(self) -> Capabilities:
        """Tell what the org and the credentials allow; webhooks need their token."""
        return Capabilities(
            deletions=True,
            webhooks=bool(self._context.secrets.get(_WEBHOOK_TOKEN)),
            bulk_read=True,
            bulk_write=True,
            tasks=True,
            views=False,
            quiet_writes=False,
        )

    def limits(self) -> Limits:
        """Return the ceilings; the daily one is the org's own once an answer told it."""
        return replace(LIMITS, daily=self._client.usage().daily_limit)

    def usage(self) -> Usage:
        """Return what was used so far."""
        return self._client.usage()

    def check(self) -> list[Problem]:
        """Return what keeps the connector from working. Writes nothing."""
        return check(self._client)

    def account(self) -> str:
        """Return the id of the org."""
        return self._client.login.org_id

    def describe(self, objects: Sequence[str]) -> list[ObjectInfo]:
        """Return the objects that the integration user sees of those asked for."""
        self._client.forget_describes()
        return [found for name in objects if (found := self._client.object(name)) is not None]

    def field_name(self, base: str) -> str:
        """Return the API name of a field of ours: `score` is `Fairlead_score__c`."""
        return f"{developer_name(base)}__c"

    def provision(self, specs: Sequence[FieldSpec], *, dry_run: bool) -> list[SetupStep]:
        """Create the fields that are missing and grant them by a permission set."""
        return self._provisioner.provision(specs, dry_run=dry_run)

    def unprovision(self, specs: Sequence[FieldSpec], *, dry_run: bool) -> list[SetupStep]:
        """Remove the fields of ours, and the permission set with the last of them."""
        return self._provisioner.unprovision(specs, dry_run=dry_run)

    def read_changes(
        self, query: ReadQuery, cursor: str | None, since: datetime | None = None
    ) -> Iterator[Page]:
        """Yield the records that changed, in pages of 2,000 ordered by stamp and id."""
        return self._reader.changes(query, cursor, since)

    def read_deletions(self, object_: str, cursor: str | None) -> Iterator[DeletionPage]:
        """Yield what was deleted or merged away; Salesforce remembers 15 days."""
        return self._reader.deletions(object_, cursor)

    def read(self, query: ReadQuery, ids: Sequence[str]) -> list[Record]:
        """Return the records with these ids."""
        return self._reader.by_id(query, ids)

    def write(self, changes: Sequence[Change]) -> list[WriteResult]:
        """Write by record id, 200 to a call or by bulk jobs."""
        return self._writer.changes(changes)

    def write_links(self, changes: Sequence[LinkChange]) -> list[WriteResult]:
        """Point lookups to records."""
        return self._writer.links(changes)

    def create_tasks(self, tasks: Sequence[Task]) -> list[WriteResult]:
        """Create the tasks whose keys no subject has yet."""
        return create_tasks(self._client, tasks)

    def views(self, fields: Mapping[str, str], *, dry_run: bool) -> list[SetupStep]:
        """Explain how a person makes the views."""
        return explained_views(fields)

    def receive(self, request: WebhookRequest) -> WebhookReply:
        """Check an outbound message and return the records that it announces."""
        token = self._context.secrets.get(_WEBHOOK_TOKEN)
        # nobody from outside makes us log in, which may be what tells the org
        check_address(request, token)
        org_id = str(self._context.settings.get("org_id") or self._client.login.org_id)
        return receive_outbound_message(request, token, org_id)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()
