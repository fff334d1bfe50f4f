"""The connector contract: what Fairlead asks of a plug-in for one CRM."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from fairlead.plugins.fields import FieldSpec, ObjectInfo, SetupStep
from fairlead.plugins.limits import Limits, Usage
from fairlead.plugins.recent_calls import RecentCalls
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

__all__ = ["Capabilities", "Connector", "ConnectorContext", "Secrets"]


class Secrets(Protocol):
    """Where a connector gets its secrets: the environment or the system keyring, never a file."""

    def get(self, name: str) -> str | None:
        """Return a secret, or None where it is not set."""

    def put(self, name: str, value: str) -> None:
        """Keep a secret that the CRM renewed (a rotated refresh token).

        Raises ConnectorError (STOP) where secrets come from the environment, which cannot be written.
        """


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class ConnectorContext:
    """What a connector is opened with.

    `settings` are those of `fairlead.toml`, checked against the announced schema. `daily_share` is the part
    of the daily quota that Fairlead may use; the rest is left to other integrations. `used_today` is what
    earlier runs of the last 24 hours took of it, `recent` what earlier processes took of shorter windows.
    `timeout` is the seconds to connect, and to wait for each piece of an answer. `clock` and `sleep` are
    replaced in tests. `memory` is what a connector may keep for the next time that the same process opens
    it, such as an access token: it is never written anywhere.
    """

    settings: Mapping[str, object]
    secrets: Secrets
    daily_share: float = 0.5
    used_today: int = 0
    recent: RecentCalls = field(default_factory=RecentCalls)
    timeout: tuple[float, float] = (10.0, 60.0)
    clock: Callable[[], datetime] = _now
    sleep: Callable[[float], None] = field(default=time.sleep)
    memory: dict[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a connector can do beyond reading and writing records.

    Each is false where the CRM or the chosen way of authentication does not allow it. With `labelled_links`
    the `via` of a link is the label of an association, else a lookup field that `describe` lists.
    """

    deletions: bool = True
    webhooks: bool = False
    bulk_read: bool = False
    bulk_write: bool = False
    tasks: bool = False
    views: bool = False
    quiet_writes: bool = False
    labelled_links: bool = False


class Connector(ABC):
    """One CRM account, open for reading and writing.

    Every method but `close` may raise ConnectorError for a call that failed as a whole; retries, renewal of
    credentials and waiting ahead of the limits happen inside. Methods may be called from several threads.
    """

    @abstractmethod
    def capabilities(self) -> Capabilities:
        """Tell what this account and these credentials allow."""

    @abstractmethod
    def limits(self) -> Limits:
        """Return the ceilings that calls are kept to."""

    @abstractmethod
    def usage(self) -> Usage:
        """Return what was used since the connector was opened."""

    @abstractmethod
    def check(self) -> list[Problem]:
        """Return what keeps the connector from working: credentials, scopes, permissions, the account.

        Each problem names the remedy. Writes nothing.
        """

    def notes(self) -> list[Problem]:
        """Return what a person should know of the settings and what they leave out; nothing is called."""
        return []

    def account(self) -> str | None:
        """Return the id of the account that the credentials are of; None where the CRM does not tell.

        A project's store remembers it, and a run with the credentials of another account is refused.
        """
        return None

    @abstractmethod
    def describe(self, objects: Sequence[str]) -> list[ObjectInfo]:
        """Return the objects that exist of those asked for, with the fields that the user can see."""

    @abstractmethod
    def field_name(self, base: str) -> str:
        """Return the API name of a field of ours: `score` is `fairlead_score` or `Fairlead_score__c`."""

    @abstractmethod
    def provision(self, specs: Sequence[FieldSpec], *, dry_run: bool) -> list[SetupStep]:
        """Create the fields that are missing and make them visible to the integration user.

        A field that exists with another kind is a step with a failure; nothing is changed about it. What
        was created is read back. With `dry_run` nothing is written and `done` is false.
        """

    @abstractmethod
    def unprovision(self, specs: Sequence[FieldSpec], *, dry_run: bool) -> list[SetupStep]:
        """Remove the fields of ours, and what provisioning made for them."""

    @abstractmethod
    def read_changes(
        self, query: ReadQuery, cursor: str | None, since: datetime | None = None
    ) -> Iterator[Page]:
        """Yield the records that changed after `cursor`, in pages.

        Without a cursor all records are read, or those that changed at or after `since`. Each page's cursor
        resumes after it. The last page's cursor is the instant up to which everything was seen: now, less a
        margin for what the CRM shows late. Records may come again: the overlap is part of the contract, and
        nothing is ever left out for it.
        """

    @abstractmethod
    def read_deletions(self, object_: str, cursor: str | None) -> Iterator[DeletionPage]:
        """Yield the records that were deleted or merged away after `cursor`.

        Without a cursor the deletions that the CRM still knows of are read. Raises ConnectorError (REJECT)
        with the code `window-passed` where the cursor is older than the CRM remembers: a full
        reconciliation is due.
        """

    @abstractmethod
    def read(self, query: ReadQuery, ids: Sequence[str]) -> list[Record]:
        """Return the records with these ids; those that are gone are left out."""

    @abstractmethod
    def write(self, changes: Sequence[Change]) -> list[WriteResult]:
        """Write the desired values by record id, any number, one object; one result per change, in order.

        A call that failed as a whole after retries gives each of its records that failure; changes that
        were not tried because of a STOP or LIMIT carry it too.
        """

    @abstractmethod
    def write_links(self, changes: Sequence[LinkChange]) -> list[WriteResult]:
        """Point links to records; one result per change, in order. Repeating it changes nothing."""

    def create_tasks(self, tasks: Sequence[Task]) -> list[WriteResult]:
        """Create the tasks whose keys the CRM does not have yet; one result per task, in order."""
        raise NotImplementedError

    def views(self, fields: Mapping[str, str], *, dry_run: bool) -> list[SetupStep]:
        """Create the views "Call now" and "Rewards held", or explain how a person makes them.

        `fields` are API names by result: `lead.priority`, `lead.score`, `introduction.reward_state`.
        """
        return []

    def watch(self, url: str, objects: Sequence[str], *, dry_run: bool) -> list[SetupStep]:
        """Open the channel that announces changes of these objects to `url`, or renew it ahead of its end.

        Called when an account is provisioned and once a day after. Nothing to do where the CRM is told of
        the address by its administrator.
        """
        return []

    def unwatch(self, url: str, *, dry_run: bool) -> list[SetupStep]:
        """Close the channel to `url`."""
        return []

    def receive(self, request: WebhookRequest) -> WebhookReply:
        """Check that a request is the CRM's and return what it announces.

        Raises WebhookError where it is not. Nothing is read from the CRM here.
        """
        raise NotImplementedError

    @abstractmethod
    def close(self) -> None:
        """Give back connections."""
