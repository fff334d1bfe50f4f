"""Reading records: changes by search, single records by batch, links by the associations' batch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

from fairlead.plugins.failures import ConnectorError, Failure, FailureKind
from fairlead.plugins.records import Deletion, DeletionPage, Link, Page, ReadQuery, Record, Scalar
from fairlead_hubspot.client import WRITE_BATCH, HubSpotClient, Properties, results_of
from fairlead_hubspot.cursors import Lane, Position, deletion_cursor, deletion_position
from fairlead_hubspot.searches import Search, search_pages
from fairlead_hubspot.values import decoded, instant, kind_of, milliseconds

__all__ = ["Reader"]

#: the search may show a change this late: twice the longest delay that any source tells of (60 seconds)
_LAG = timedelta(seconds=120)
#: archived records can be listed for 90 days; a day less, for the time a run takes
_REMEMBERED = timedelta(days=89)
_ASSOCIATIONS_BATCH = 1_000
_LIST_PAGE = 100
_MERGED = "hs_merged_object_ids"
_Row = dict[str, Any]


class Reader:
    """Reads one account. `pipelines` are the deal pipelines whose deals are read; none stands for all."""

    def __init__(self, client: HubSpotClient, pipelines: Sequence[str]) -> None:
        self._client = client
        self._pipelines = frozenset(pipelines)

    def changes(self, query: ReadQuery, cursor: str | None, since: datetime | None) -> Iterator[Page]:
        """Yield changed records in pages; see the contract."""
        position = Position(None if since is None else milliseconds(since))
        if cursor is not None:
            position = Position.of(cursor)
        fields = self._fields(query)
        began = position.began
        if began is None:
            # asked after the first answer, so that HubSpot's clock counts as well
            began = milliseconds(self._client.now())
        search = Search(
            query.object, self._wanted(query, fields), tuple(self._filters(query.object, position.since))
        )
        end = Position(max(began - milliseconds_of(_LAG), position.since or 0)).text()
        group: list[tuple[list[_Row], str, bool]] = []
        held = 0
        for found in search_pages(self._client, search, position.lanes or (Lane(),)):
            text = Position(position.since, began, found.lanes).text() if found.lanes else end
            if held + len(found.rows) > _ASSOCIATIONS_BATCH:
                yield from self._pages(query, fields, group)
                group, held = [], 0
            group.append((found.rows, text, not found.lanes))
            held += len(found.rows)
        yield from self._pages(query, fields, group)

    def records(self, query: ReadQuery, ids: Sequence[str]) -> list[Record]:
        """Return the records with these ids; one that was merged comes under the id that it has now."""
        fields = self._fields(query)
        wanted = list(dict.fromkeys(each for each in ids if each.isascii() and each.isdigit()))
        batches = [wanted[start : start + WRITE_BATCH] for start in range(0, len(wanted), WRITE_BATCH)]
        names = list(self._wanted(query, fields))

        def read(batch: list[str]) -> list[_Row]:
            body = {
                "properties": names,
                "propertiesWithHistory": [],
                "inputs": [{"id": each} for each in batch],
            }
            answer = self._client.send(
                "read", "POST", self._client.paths.objects(query.object, "/batch/read"), body
            )
            return results_of(answer)

        with ThreadPoolExecutor(max_workers=4, thread_name_prefix="hubspot-read") as pool:
            rows = [row for found in pool.map(read, batches) for row in found]
        known = {str(row["id"]): row for row in rows if self._is_ours(query.object, row)}
        return self._records(query, fields, list(known.values()))

    def deletions(self, object_: str, cursor: str | None) -> Iterator[DeletionPage]:
        """Yield deletions and merges; see the contract.

        The list of archived records knows neither a filter nor an order, so each reading goes through all of
        the last 90 days; a page's cursor stays that of the beginning until the last one.
        """
        fields = self._client.properties(object_)
        now = self._client.now()
        seen = None if cursor is None else deletion_position(cursor)
        if seen is not None and now - seen > _REMEMBERED:
            raise ConnectorError(
                Failure(
                    FailureKind.REJECT,
                    "window-passed",
                    "deletions were last read more than 89 days ago, and HubSpot lists those of 90",
                    remedy="run a full reconciliation",
                )
            )
        start = cursor or deletion_cursor(now - _REMEMBERED)
        merged: set[str] = set()
        for found in self._merges(object_, fields, seen):
            merged.update(each.id for each in found)
            yield DeletionPage(tuple(found), start, last=False)
        for rows, last in self._archived(object_):
            gone = [
                Deletion(object_, str(row["id"]), _archived_at(row))
                for row in rows
                if str(row["id"]) not in merged and (seen is None or _archived_at(row) >= seen)
            ]
            yield DeletionPage(tuple(gone), deletion_cursor(now - _LAG) if last else start, last)

    def links_of(self, object_: str, link: Link, ids: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """Return the ids that a link of each record points to; the primary one goes first."""
        path = self._client.paths.associations(object_, link.target, "/batch/read")
        todo: list[dict[str, str]] = [{"id": each} for each in ids]
        found: dict[str, list[tuple[bool, str]]] = {}
        while todo:
            batch, todo = todo[:_ASSOCIATIONS_BATCH], todo[_ASSOCIATIONS_BATCH:]
            answer = self._client.send("read", "POST", path, {"inputs": batch})
            for each in results_of(answer):
                id_ = str(each["from"]["id"])
                for target in each["to"]:
                    labels = {str(type_.get("label")) for type_ in target["associationTypes"]}
                    if link.via is None or link.via in labels:
                        found.setdefault(id_, []).append(("Primary" not in labels, str(target["toObjectId"])))
                after = ((each.get("paging") or {}).get("next") or {}).get("after")
                if after:
                    todo.append({"id": id_, "after": str(after)})
        return {
            id_: tuple(target for _, target in sorted(targets, key=lambda target: target[0]))
            for id_, targets in found.items()
        }

    def _fields(self, query: ReadQuery) -> Properties:
        """Return the object's properties; a property that is gone would be read as empty without a word."""
        fields = self._client.properties(query.object, anew=True)
        for name in query.fields:
            if name not in fields:
                raise ConnectorError(
                    Failure(
                        FailureKind.STOP,
                        "PROPERTY_DOESNT_EXIST",
                        f"HubSpot has no property `{name}` of `{query.object}`",
                        field=name,
                        remedy="run `fairlead provision`, or correct the mapping",
                    )
                )
        for link in query.links:
            if link.via is not None:
                self.label_id(query.object, link.target, link.via)
        return fields

    def label_id(self, object_: str, target: str, via: str) -> int:
        """Return the type id of a label; raises ConnectorError (STOP) where the account has none."""
        path = self._client.paths.associations(object_, target, "/labels")
        for each in results_of(self._client.get("setup", path)):
            if each.get("label") == via:
                return int(each["typeId"])
        raise ConnectorError(
            Failure(
                FailureKind.STOP,
                "no-association-label",
                f"there is no association label `{via}` from `{object_}` to `{target}`",
                remedy="run `fairlead provision`, or correct `via` in the mapping",
            )
        )

    def _wanted(self, query: ReadQuery, fields: Properties) -> tuple[str, ...]:
        extra = [name for name in (_stamp(fields), _MERGED) if name in fields]
        if query.object == "deals" and self._pipelines:
            extra.append("pipeline")
        return tuple(dict.fromkeys([*query.fields, *extra]))

    def _filters(self, object_: str, since: int | None) -> Iterator[Mapping[str, Any]]:
        if since is not None:
            stamp = _stamp(self._client.properties(object_))
            yield {"propertyName": stamp, "operator": "GTE", "value": str(since)}
        if object_ == "deals" and self._pipelines:
            yield {"propertyName": "pipeline", "operator": "IN", "values": sorted(self._pipelines)}

    def _is_ours(self, object_: str, row: _Row) -> bool:
        if object_ != "deals" or not self._pipelines:
            return True
        return row["properties"].get("pipeline") in self._pipelines

    def _pages(
        self, query: ReadQuery, fields: Properties, group: list[tuple[list[_Row], str, bool]]
    ) -> Iterator[Page]:
        records = iter(self._records(query, fields, [row for rows, _, _ in group for row in rows]))
        for rows, text, last in group:
            yield Page(tuple(next(records) for _ in rows), text, last)

    def _records(self, query: ReadQuery, fields: Properties, rows: list[_Row]) -> list[Record]:
        ids = [str(row["id"]) for row in rows]
        links = {link.name: self.links_of(query.object, link, ids) if ids else {} for link in query.links}
        kinds = {name: kind_of(fields[name]) for name in query.fields}
        stamp = _stamp(fields)
        records = []
        for row in rows:
            held = row["properties"]
            values: dict[str, Scalar] = {}
            problem = None
            for name, kind in kinds.items():
                try:
                    values[name] = decoded(kind, held.get(name))
                except ValueError:
                    values[name] = None
                    problem = Failure(
                        FailureKind.REJECT,
                        "unreadable-value",
                        f"the value of `{name}` is not one of its kind, {kind.value.replace('_', ' ')}",
                        field=name,
                        remedy="correct it in HubSpot",
                    )
            id_ = str(row["id"])
            records.append(
                Record(
                    query.object,
                    id_,
                    instant(str(held.get(stamp) or row["updatedAt"])) or datetime.fromtimestamp(0, UTC),
                    values,
                    {name: found.get(id_, ()) for name, found in links.items()},
                    aliases=_ids(held.get(_MERGED)),
                    problem=problem,
                )
            )
        return records

    def _merges(self, object_: str, fields: Properties, seen: datetime | None) -> Iterator[list[Deletion]]:
        if _MERGED not in fields:
            return
        filters = [
            *self._filters(object_, None if seen is None else milliseconds(seen)),
            {"propertyName": _MERGED, "operator": "HAS_PROPERTY"},
        ]
        for found in search_pages(self._client, Search(object_, (_MERGED,), tuple(filters)), (Lane(),)):
            gone = [
                Deletion(object_, old, merged_into=str(row["id"]))
                for row in found.rows
                for old in _ids(row["properties"].get(_MERGED))
            ]
            if gone:
                yield gone

    def _archived(self, object_: str) -> Iterator[tuple[list[_Row], bool]]:
        after = None
        while True:
            params: dict[str, str | int] = {
                "archived": "true",
                "limit": _LIST_PAGE,
                "properties": "hs_object_id",
            }
            if after:
                params["after"] = after
            answer = self._client.get("read", self._client.paths.objects(object_), params)
            after = ((answer.get("paging") or {}).get("next") or {}).get("after")
            yield results_of(answer), not after
            if not after:
                return


def milliseconds_of(span: timedelta) -> int:
    """Return a length of time in thousandths of a second."""
    return int(span.total_seconds() * 1000)


def _stamp(fields: Properties) -> str:
    """Return the property that tells when a record changed: contacts have one of their own."""
    return "hs_lastmodifieddate" if "hs_lastmodifieddate" in fields else "lastmodifieddate"


def _ids(text: Any) -> tuple[str, ...]:
    return tuple(part.strip() for part in str(text or "").split(";") if part.strip())


def _archived_at(row: _Row) -> datetime:
    return instant(str(row.get("archivedAt") or row["updatedAt"])) or datetime.fromtimestamp(0, UTC)
