"""E-mails: a related list of each lead, ten to a call, read for the leads that had activity."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from fairlead.plugins.fields import FieldInfo, FieldKind, ObjectInfo
from fairlead.plugins.records import DeletionPage, Page, ReadQuery, Record, Scalar
from fairlead.problems import Problem
from fairlead_zoho.client import ZohoClient, info_of, items_of, rows_of
from fairlead_zoho.cursors import Cursor
from fairlead_zoho.values import Unfitting, instant_text, parse_instant

__all__ = ["MODULE", "NOT_READ", "Emails"]

#: what mappings call them; Zoho has no module of that name
MODULE = "Emails"
_TIME, _SENT = "time", "sent"
_LEADS, _ACTIVE = "Leads", "Last_Activity_Time"
#: leads whose e-mails make one page: as many rows cost one credit
_AT_ONCE = 200
#: how long after its time an e-mail may come in from a mailbox
_LATE = timedelta(days=1)
_INFO = ObjectInfo(
    MODULE,
    MODULE,
    (
        FieldInfo(_TIME, "Time", FieldKind.DATE_TIME, writable=False),
        FieldInfo(_SENT, "Sent", FieldKind.BOOLEAN, writable=False),
    ),
)
NOT_READ = Problem(
    "emails-not-read",
    "e-mails are not read: Zoho gives them lead by lead, one call each",
    remedy="set `emails = true` for the connector where the credits allow one call for each lead with "
    "activity, in a first or full run for each lead; the refresh token then needs "
    "ZohoCRM.modules.emails.READ",
)


class Emails:
    """Reads time and direction of e-mails, where the settings ask for it; else there are none."""

    def __init__(self, client: ZohoClient, *, wanted: bool) -> None:
        self._client = client
        self._wanted = wanted

    @staticmethod
    def describe() -> ObjectInfo:
        """Return what is read of an e-mail, as an object."""
        return _INFO

    def changes(
        self, query: ReadQuery, text: str | None, since: datetime | None, until: str
    ) -> Iterator[Page]:
        """Yield the e-mails of the leads that had activity since, some leads at a time.

        Those of a lead come from its newest one back to the beginning, or to what was read before.
        """
        cursor = Cursor.parse(text) if text is not None else Cursor(instant_text(since) if since else None)
        until = cursor.until or until
        while self._wanted:
            leads = self._active(cursor)
            with ThreadPoolExecutor(self._client.limits.concurrent) as pool:
                found = pool.map(partial(self._of_lead, query, cursor.since), leads)
                records = tuple(record for each in found for record in each)
            if len(leads) < _AT_ONCE:
                yield Page(records, Cursor(since=until).text(), last=True)
                return
            cursor = replace(cursor, until=until, after=leads[-1])
            yield Page(records, cursor.text(), last=False)
        yield Page((), Cursor(since=until).text(), last=True)

    @staticmethod
    def deletions(until: str) -> Iterator[DeletionPage]:
        """Yield nothing: Zoho lists no e-mails that were deleted."""
        yield DeletionPage((), Cursor(since=until).text(), last=True)

    def _active(self, cursor: Cursor) -> Sequence[str]:
        since = f"{_ACTIVE} >= '{cursor.since}'" if cursor.since is not None else f"{_ACTIVE} is not null"
        where = f"({since} and id > {cursor.after})" if cursor.after is not None else since
        # the names are fixed, instants and ids have been looked at
        text = f"select id from {_LEADS} where {where} order by id limit {_AT_ONCE}"  # noqa: S608
        return [str(row["id"]) for row in rows_of(self._client.query(text, _AT_ONCE))]

    def _of_lead(self, query: ReadQuery, since: str | None, lead: str) -> list[Record]:
        found: list[Record] = []
        oldest = parse_instant(since) - _LATE if since is not None else None
        index: str | None = None
        while True:
            params: dict[str, str | int] = {"index": index} if index else {}
            answer = self._client.json("read", "GET", f"/{_LEADS}/{lead}/{MODULE}", params=params)
            for item in items_of(answer, MODULE):
                try:
                    at = parse_instant(str(item.get(_TIME)))
                except Unfitting:
                    # a draft, or one that is to be sent
                    continue
                if oldest is not None and at < oldest:
                    return found
                values: dict[str, Scalar] = {_TIME: at, _SENT: bool(item.get(_SENT))}
                # one e-mail to two leads is a contact with each
                id_ = f"{lead}.{item.get('message_id')}"
                kept = {name: values.get(name) for name in query.fields}
                found.append(Record(MODULE, id_, at, kept, {link.name: (lead,) for link in query.links}))
            index = info_of(answer).get("next_index")
            if not index or not info_of(answer).get("more_records"):
                return found
