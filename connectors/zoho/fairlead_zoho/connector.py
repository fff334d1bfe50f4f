"""The connector: one Zoho CRM account, open for reading and writing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from fairlead.plugins.connector import Capabilities, Connector, ConnectorContext
from fairlead.plugins.failures import ConnectorError, Failure, FailureKind
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
from fairlead_zoho import emails, naming, tasks, webhooks
from fairlead_zoho.catalogue import Catalogue
from fairlead_zoho.checking import find_problems
from fairlead_zoho.client import ZohoClient
from fairlead_zoho.provisioning import Provisioner
from fairlead_zoho.reading import Reader
from fairlead_zoho.views import explained_views
from fairlead_zoho.writing import Writer

__all__ = ["ZohoConnector"]


class ZohoConnector(Connector):
    """Reads and writes one Zoho CRM account."""

    def __init__(self, context: ConnectorContext) -> None:
        self._context = context
        self._client = ZohoClient(context)
        self._catalogue = Catalogue(self._client)
        self._reads_emails = context.settings.get("emails") is True
        self._reader = Reader(self._client, self._catalogue, reads_emails=self._reads_emails)
        self._writer = Writer(self._client, self._catalogue)
        self._provisioner = Provisioner(self._client, self._catalogue)
        self._tasks = tasks.Tasks(self._client, self._catalogue, self._provisioner)
        self._channels = webhooks.Channels(self._client)

    def capabilities(self) -> Capabilities:
        """Tell what is possible; webhooks need their token."""
        return Capabilities(
            webhooks=bool(self._context.secrets.get(webhooks.TOKEN)), tasks=True, quiet_writes=True
        )

    def limits(self) -> Limits:
        """Return the ceilings that calls are kept to; `daily` counts credits."""
        return self._client.limits

    def usage(self) -> Usage:
        """Return what was used since the connector was opened."""
        return self._client.usage()

    def check(self) -> list[Problem]:
        """Return what keeps the connector from working."""
        return find_problems(self._client, emails=self._reads_emails)

    def notes(self) -> list[Problem]:
        """Tell that e-mails are not read, where they are not."""
        return [] if self._reads_emails else [emails.NOT_READ]

    def describe(self, objects: Sequence[str]) -> list[ObjectInfo]:
        """Return the modules that exist of those asked for."""
        return self._catalogue.describe(objects)

    def field_name(self, base: str) -> str:
        """Return the API name of a field of ours."""
        return naming.field_name(base)

    def provision(self, specs: Sequence[FieldSpec], *, dry_run: bool) -> list[SetupStep]:
        """Create the fields that are missing."""
        return self._provisioner.provision(specs, dry_run=dry_run)

    def unprovision(self, specs: Sequence[FieldSpec], *, dry_run: bool) -> list[SetupStep]:
        """Remove the fields of ours, and the one that keeps tasks from being made twice."""
        steps = self._provisioner.unprovision(specs, dry_run=dry_run)
        key = self._provisioner.remove_field(tasks.MODULE, tasks.KEY, dry_run=dry_run)
        return [*steps, key] if key is not None else steps

    def read_changes(
        self, query: ReadQuery, cursor: str | None, since: datetime | None = None
    ) -> Iterator[Page]:
        """Yield the records that changed after `cursor`, in pages."""
        return self._reader.changes(query, cursor, since)

    def read_deletions(self, object_: str, cursor: str | None) -> Iterator[DeletionPage]:
        """Yield the records that were deleted after `cursor`; merged ones are among them."""
        return self._reader.deletions(object_, cursor)

    def read(self, query: ReadQuery, ids: Sequence[str]) -> list[Record]:
        """Return the records with these ids."""
        return self._reader.by_ids(query, ids)

    def write(self, changes: Sequence[Change]) -> list[WriteResult]:
        """Write the desired values by record id."""
        return self._writer.write(changes)

    def write_links(self, changes: Sequence[LinkChange]) -> list[WriteResult]:
        """Point lookup fields to records."""
        return self._writer.write_links(changes)

    def create_tasks(self, tasks: Sequence[Task]) -> list[WriteResult]:
        """Create the tasks whose keys the CRM does not have yet."""
        return self._tasks.create(tasks)

    def views(self, fields: Mapping[str, str], *, dry_run: bool) -> list[SetupStep]:
        """Explain how a person makes the views: the interface reads custom views and makes none."""
        return explained_views(fields)

    def watch(self, url: str, objects: Sequence[str], *, dry_run: bool) -> list[SetupStep]:
        """Open the notification channel that calls `url`, or renew it ahead of its end.

        To be called about once a day: a channel lives for six days. Raises ConnectorError.
        """
        token = self._context.secrets.get(webhooks.TOKEN)
        if not token:
            message = f"`{webhooks.TOKEN}` is not set"
            remedy = "put a random text of 32 to 50 characters into it"
            raise ConnectorError(Failure(FailureKind.STOP, "missing-secret", message, remedy=remedy))
        webhooks.check_token(token)
        # mails are a list below a lead and no module, which alone can be watched
        modules = [name for name in objects if name != emails.MODULE]
        return [self._channels.keep(url, modules, token, dry_run=dry_run)]

    def unwatch(self, url: str, *, dry_run: bool) -> list[SetupStep]:
        """Close the notification channel that calls `url`; no step where there is none."""
        step = self._channels.close(url, dry_run=dry_run)
        return [] if step is None else [step]

    def receive(self, request: WebhookRequest) -> WebhookReply:
        """Check that a request is Zoho's and return what it announces."""
        return webhooks.receive(request, self._context.secrets.get(webhooks.TOKEN))

    def close(self) -> None:
        """Give back connections."""
        self._client.close()
