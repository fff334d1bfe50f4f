"""Reading: changed records in the order of their stamps, deletions with merges, records by id."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from fairlead.plugins.failures import ConnectorError, Failure, FailureKind
from fairlead.plugins.fields import FieldInfo, FieldKind
from fairlead.plugins.records import Deletion, DeletionPage, Link, Page, ReadQuery, Record, Scalar
from fairlead_salesforce.activities import EVENT, came_due, standing_conditions, value_at
from fairlead_salesforce.bulk import JobEnded, bulk_query
from fairlead_salesforce.client import LIMITS, LONGEST_QUERY, SalesforceClient
from fairlead_salesforce.soql import ID_PARTS, one_of, select
from fairlead_salesforce.values import Unreadable, from_wire, instant_text, is_id, read_instant

__all__ = ["Reader"]

#: the cursor stays so far behind now: what was committed in the last seconds may not be shown yet
_MARGIN = timedelta(seconds=10)
#: a transaction may take ten minutes (the calls' time-out) and then shows with the stamp of its beginning
_OVERLAP = timedelta(minutes=10)
#: how long Salesforce tells deletions, less a margin for the clocks
_REMEMBERED = timedelta(days=15) - timedelta(hours=1)
#: how often a query is begun again at one place because its cursor had expired
_RESTARTS = 3
_CONVERTED = ("Account", "Contact", "Opportunity")

_Key = tuple[datetime, str]


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is selected of an object: fields by name, and for each link the lookup that holds it.

    A lookup of None is the conversion of leads.
    """

    query: ReadQuery
    fields: Mapping[str, FieldInfo]
    names: tuple[str, ...]
    lookups: tuple[tuple[Link, str | None], ...]
    converts: bool
    conditions: tuple[str, ...]


class Reader:
    """Reads one org.

    `bulk_above` is the number of records from which on the rest is read by a bulk job.
    """

    def __init__(
        self, client: SalesforceClient, partner_field: str, lead_field: str, bulk_above: int
    ) -> None:
        self._client = client
        self._partner_field = partner_field
        self._lead_field = lead_field
        self._bulk_above = bulk_above
        self._lock = threading.Lock()
        #: ids of leads that were seen to be converted: writing to them is not tried
        self.converted: set[str] = set()

    # changes

    def changes(self, query: ReadQuery, cursor: str | None, since: datetime | None) -> Iterator[Page]:
        """Yield changed records in pages, ordered by (stamp, id)."""
        asked = self._client.context.clock().replace(microsecond=0) - _MARGIN
        key = _lower_bound(cursor, since)
        due = _due_since(query.object, cursor)
        plan = self._plan(query, asked)
        expired, stuck_at = 0, key
        while True:
            try:
                for records, done in self._stretch(plan, key, asked):
                    key = _last_key(records, asked) or key
                    ended = self._came_due(plan, due, asked) if done and due is not None else []
                    at = (asked, "") if done else key
                    yield Page((*records, *ended), _cursor(at, asked, None if done else due), last=done)
                return
            except ConnectorError as error:
                # the cursor of a query lives two days, and ten may be open: go on after the last record
                expired, stuck_at = (expired + 1 if key == stuck_at else 0), key
                if error.failure.code != "INVALID_QUERY_LOCATOR" or expired > _RESTARTS:
                    raise

    def _came_due(self, plan: _Plan, since: datetime, asked: datetime) -> list[Record]:
        """Return the events that ended since the last run; they are as few as people can attend."""
        soql = select(plan.names, plan.query.object, *came_due(since, asked))
        return self._records(plan, list(self._client.rows(soql)))

    def _stretch(self, plan: _Plan, key: _Key | None, asked: datetime) -> Iterator[tuple[list[Record], bool]]:
        """Yield (records, whether they are the last): by a query, where many are left by a bulk job."""
        if len(quote(_soql(plan, key), safe="")) <= LONGEST_QUERY:
            for records, left in self._pages(plan, key):
                yield records, left == 0
                key = _last_key(records, asked) or key
                if left == 0:
                    return
                if left > self._bulk_above:
                    break
        yield from self._bulk_pages(plan, key, asked)

    def _pages(self, plan: _Plan, key: _Key | None) -> Iterator[tuple[list[Record], int]]:
        """Yield (records, how many are left) over the query interface."""
        answer = self._client.query(_soql(plan, key))
        seen = 0
        while not answer["done"]:
            seen += len(answer["records"])
            yield self._records(plan, answer["records"]), max(int(answer["totalSize"]) - seen, 1)
            answer = self._client.more(answer["nextRecordsUrl"])
        yield self._records(plan, answer["records"]), 0

    def _bulk_pages(
        self, plan: _Plan, key: _Key | None, asked: datetime
    ) -> Iterator[tuple[list[Record], bool]]:
        """Yield (records, whether they are the last) of a bulk job; where it fails, of queries."""
        before: list[dict[str, str]] | None = None
        try:
            for part in bulk_query(self._client, _soql(plan, key)):
                for start in range(0, max(len(part), 1), LIMITS.read_page):
                    # one page is held back: only what comes after it shows whether it was the last
                    if before is not None:
                        records = self._records(plan, before)
                        key = _last_key(records, asked) or key
                        yield records, False
                    before = part[start : start + LIMITS.read_page]
        except JobEnded:
            for records, left in self._pages(plan, key):
                yield records, left == 0
            return
        yield self._records(plan, before or []), True

    def _plan(self, query: ReadQuery, asked: datetime | None = None) -> _Plan:
        fields = self._client.fields(query.object)
        if not fields:
            raise ConnectorError(
                Failure(
                    FailureKind.STOP,
                    "INVALID_TYPE",
                    f"the object `{query.object}` is not there, or hidden from the integration user",
                    remedy="run `fairlead doctor`, and give the integration user access to the object",
                )
            )
        lookups = [pair for link in query.links for pair in self._lookups(query.object, link, fields)]
        converts = "IsConverted" in fields
        names = {"Id": None, "SystemModstamp": None}
        names |= dict.fromkeys(query.fields)
        names |= {field: None for _, field in lookups if field is not None}
        if converts:
            names |= dict.fromkeys(("IsConverted", *(f"Converted{each}Id" for each in _CONVERTED)))
        asked = asked or self._client.context.clock()
        conditions = tuple(standing_conditions(query.object, query.links, asked))
        return _Plan(query, fields, tuple(names), tuple(lookups), converts, conditions)

    def _lookups(
        self, object_: str, link: Link, fields: Mapping[str, FieldInfo]
    ) -> Iterator[tuple[Link, str | None]]:
        if link.via is not None:
            yield link, link.via
            return
        by_conversion = (object_, link.target) == ("Opportunity", "Lead")
        field = self.default_field(object_, link.target)
        if field is not None and field in fields:
            yield link, field
        elif field is not None and not by_conversion and any(name.startswith("Fairlead_") for name in fields):
            # our other fields are there: that this one is gone would read as if no record had a partner
            raise ConnectorError(
                Failure(
                    FailureKind.STOP,
                    "INVALID_FIELD",
                    f"the lookup `{object_}.{field}` is not there, or hidden from the integration user",
                    field=field,
                    remedy="run `fairlead provision`, or name the org's own lookup in `partner_field`",
                )
            )
        if by_conversion:
            yield link, None

    def default_field(self, object_: str, target: str) -> str | None:
        """Return the lookup that a link without `via` is kept in."""
        return {
            ("Lead", "Account"): self._partner_field,
            ("Opportunity", "Lead"): self._lead_field,
            ("Opportunity", "Account"): "AccountId",
            ("Contact", "Account"): "AccountId",
            ("Task", "Lead"): "WhoId",
            ("Task", "Contact"): "WhoId",
            ("Task", "Account"): "WhatId",
            ("Task", "Opportunity"): "WhatId",
            ("Event", "Lead"): "WhoId",
            ("Event", "Contact"): "WhoId",
            ("EmailMessageRelation", "Lead"): "RelationId",
            ("EmailMessageRelation", "Contact"): "RelationId",
        }.get((object_, target))

    # by id

    def by_id(self, query: ReadQuery, ids: Sequence[str]) -> list[Record]:
        """Return the records with these ids that are there."""
        wanted = [id_ for id_ in dict.fromkeys(ids) if is_id(id_)]
        if not wanted:
            return []
        plan = self._plan(query)
        found: list[Record] = []
        if plan.conditions or any("." in name for name in plan.names):
            # the call for records by id knows no fields of a parent, and no conditions
            for start in range(0, len(wanted), ID_PARTS):
                condition = one_of("Id", wanted[start : start + ID_PARTS])
                soql = select(plan.names, query.object, condition, *plan.conditions)
                found += self._records(plan, list(self._client.rows(soql)))
            return found
        for start in range(0, len(wanted), LIMITS.read_page):
            body = {"ids": wanted[start : start + LIMITS.read_page], "fields": list(plan.names)}
            rows = self._client.json("read", "POST", f"composite/sobjects/{query.object}", body=body)
            found += self._records(plan, [row for row in rows if row is not None])
        return found

    def _records(self, plan: _Plan, rows: Sequence[Mapping[str, Any]]) -> list[Record]:
        by_lead = self._converted_to(plan, rows)
        return [self._record(plan, row, by_lead) for row in rows]

    def _converted_to(self, plan: _Plan, rows: Sequence[Mapping[str, Any]]) -> Mapping[str, str]:
        """Return by opportunity the lead that was converted to it, where a link asks for that."""
        if all(field is not None for _, field in plan.lookups):
            return {}
        held = [field for link, field in plan.lookups if field is not None and link.target == "Lead"]
        ids = [row["Id"] for row in rows if not any(row.get(field) for field in held)]
        found: dict[str, str] = {}
        for start in range(0, len(ids), ID_PARTS):
            condition = one_of("ConvertedOpportunityId", ids[start : start + ID_PARTS])
            soql = select(("Id", "ConvertedOpportunityId"), "Lead", condition)
            for lead in self._client.rows(soql):
                found[lead["ConvertedOpportunityId"]] = lead["Id"]
        return found

    def _record(self, plan: _Plan, row: Mapping[str, Any], by_lead: Mapping[str, str]) -> Record:
        values: dict[str, Scalar] = {}
        problem: Failure | None = None
        for name in plan.query.fields:
            field = plan.fields.get(name)
            kind = field.kind if field is not None else FieldKind.TEXT
            try:
                values[name] = from_wire(kind, value_at(row, name))
            except Unreadable:
                values[name] = None
                problem = problem or Failure(
                    FailureKind.REJECT,
                    "unreadable-value",
                    f"the value of `{name}` does not have the form of its field",
                    field=name,
                    remedy="run `fairlead doctor`: the type of the field may have been changed",
                )
        links: dict[str, tuple[str, ...]] = {link.name: () for link in plan.query.links}
        for link, name_ in plan.lookups:
            held = by_lead.get(row["Id"]) if name_ is None else row.get(name_)
            if held and not links[link.name] and self._points_to(link, str(held)):
                links[link.name] = (str(held),)
        became: dict[str, str] = {}
        if plan.converts and row.get("IsConverted") in (True, "true"):
            became = {each: row[f"Converted{each}Id"] for each in _CONVERTED if row.get(f"Converted{each}Id")}
            with self._lock:
                self.converted.add(row["Id"])
        return Record(
            plan.query.object,
            str(row["Id"]),
            read_instant(row["SystemModstamp"]),
            values,
            links,
            became=became,
            problem=problem,
        )

    @staticmethod
    def _points_to(link: Link, id_: str) -> bool:
        """A lookup to several objects (`WhoId`) holds ids of each; the first three characters tell which."""
        prefix = {"Account": "001", "Contact": "003", "Lead": "00Q", "Opportunity": "006"}.get(link.target)
        return prefix is None or id_.startswith(prefix)

    # deletions

    def deletions(self, object_: str, cursor: str | None) -> Iterator[DeletionPage]:
        """Yield what was deleted or merged away, in pages."""
        now = self._client.context.clock()
        earliest = now - _REMEMBERED
        start = earliest
        if cursor is not None and '"at"' in cursor:
            start = _read_cursor(cursor)[0] - _OVERLAP
            if start < earliest:
                raise ConnectorError(
                    Failure(
                        FailureKind.REJECT,
                        "window-passed",
                        "the last run is longer ago than Salesforce remembers deletions: 15 days",
                        remedy="run `fairlead sync --full`",
                    )
                )
        gone, covered = self._deleted(object_, start, max(now, start + _OVERLAP))
        merged: dict[str, str] = {}
        if gone and "MasterRecordId" in self._client.fields(object_):
            soql = select(
                ("Id", "MasterRecordId"),
                object_,
                f"SystemModstamp >= {instant_text(start)}",
                "IsDeleted = true",
                "MasterRecordId != null",
            )
            merged = {row["Id"]: row["MasterRecordId"] for row in self._client.rows(soql, deleted=True)}
        deletions = [
            Deletion(object_, each["id"], read_instant(each["deletedDate"]), merged.get(each["id"]))
            for each in gone
        ]
        size = LIMITS.read_page
        parts = [deletions[place : place + size] for place in range(0, len(deletions), size)] or [[]]
        for part in parts[:-1]:
            # the ids come in no order that could be gone on from
            yield DeletionPage(tuple(part), cursor or _cursor(None, now), last=False)
        yield DeletionPage(tuple(parts[-1]), _cursor((covered, ""), covered), last=True)

    def _deleted(
        self, object_: str, start: datetime, end: datetime
    ) -> tuple[list[Mapping[str, Any]], datetime]:
        span = f"start={quote(instant_text(start), safe='')}&end={quote(instant_text(end), safe='')}"
        try:
            answer = self._client.json("read", "GET", f"sobjects/{object_}/deleted?{span}")
        except ConnectorError as error:
            # 600,000 ids are the most that one answer has
            if error.failure.code != "EXCEEDED_ID_LIMIT" or end - start < timedelta(minutes=4):
                raise
            middle = start + (end - start) / 2
            first, _ = self._deleted(object_, start, middle)
            second, covered = self._deleted(object_, middle - timedelta(minutes=1), end)
            known = {each["id"] for each in first}
            return [*first, *(each for each in second if each["id"] not in known)], covered
        return answer["deletedRecords"], read_instant(answer["latestDateCovered"])


def _soql(plan: _Plan, key: _Key | None) -> str:
    conditions = list(plan.conditions)
    if key is not None:
        stamp = instant_text(key[0])
        # the bare comparison is what the index on the stamp serves
        conditions.append(f"SystemModstamp >= {stamp}")
        if key[1]:
            conditions.append(f"(SystemModstamp > {stamp} OR Id > '{key[1]}')")
    return select(plan.names, plan.query.object, *conditions, order="SystemModstamp, Id")


def _last_key(records: Sequence[Record], asked: datetime) -> _Key | None:
    """Return the place after which reading goes on: never later than what the cursor stays behind of.

    A record that was changed since the query began comes with its new stamp, and comes again in the next run.
    """
    return next(((each.modified_at, each.id) for each in reversed(records) if each.modified_at < asked), None)


def _due_since(object_: str, cursor: str | None) -> datetime | None:
    """Return from when on events came due that no run has seen; None where all are read."""
    if object_ != EVENT or cursor is None or '"at"' not in cursor:
        return None
    _, _, asked = _read_cursor(cursor)
    due = json.loads(cursor).get("due")
    return asked if due is None else read_instant(due)


def _cursor(at: _Key | None, asked: datetime, due: datetime | None = None) -> str:
    kept: dict[str, object] = {"v": 1, "asked": instant_text(asked)}
    if due is not None:
        kept["due"] = instant_text(due)
    if at is not None:
        kept |= {"at": instant_text(at[0]), "id": at[1]}
    return json.dumps(kept)


def _read_cursor(cursor: str) -> tuple[datetime, str, datetime]:
    try:
        kept = json.loads(cursor)
        id_ = str(kept["id"])
        if id_ and not is_id(id_):
            raise ValueError(cursor)
        return read_instant(kept["at"]), id_, read_instant(kept["asked"])
    except (ValueError, KeyError, TypeError):
        raise ConnectorError(
            Failure(
                FailureKind.STOP,
                "bad-cursor",
                "the place where the last run stopped cannot be read",
                remedy="run `fairlead sync --full`",
            )
        ) from None


def _lower_bound(cursor: str | None, since: datetime | None) -> _Key | None:
    if cursor is None or '"at"' not in cursor:
        return (since, "") if since is not None else None
    at, id_, asked = _read_cursor(cursor)
    return min((at, id_), (asked - _OVERLAP, ""))
