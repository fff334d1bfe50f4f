"""Reading records: changes by COQL in order of id, converted leads by list, records by id, deletions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from fairlead.plugins.failures import ConnectorError, Failure, FailureKind
from fairlead.plugins.fields import FieldKind
from fairlead.plugins.records import Deletion, DeletionPage, Page, ReadQuery, Record, Scalar
from fairlead_zoho import emails
from fairlead_zoho.catalogue import Catalogue
from fairlead_zoho.client import READ_PAGE, ZohoClient, info_of, odd_answer, rows_of
from fairlead_zoho.cursors import Cursor
from fairlead_zoho.failures import unknown_field
from fairlead_zoho.values import Unfitting, decode, instant_text, parse_instant

__all__ = ["MARGIN", "Reader"]

#: how long before now reading counts as complete: a write may commit after its stamp
MARGIN = timedelta(seconds=120)
_LEADS = "Leads"
_STAMP = "Modified_Time"
#: columns of a query: 500 since version 8, 50 before (vendor's COQL pages)
_COLUMNS = {"v8": 500}
_FEW_COLUMNS = 50
#: a first page after a cursor: up to 200 rows cost one credit, more cost up to three
_SMALL_PAGE = 200
#: names in `fields` of a list, and ids in `ids` (vendor's records page)
_LIST_FIELDS = 50
_LIST_IDS = 100
_LIST_PAGE = 200
_LIST_CEILING = 100_000
#: days that the recycle bin keeps records, and so deletions are sure to be listed
_BIN_DAYS = 60
_BECAME = {
    "account": ("Accounts", "Converted_Account"),
    "contact": ("Contacts", "Converted_Contact"),
    "deal": ("Deals", "Converted_Deal"),
}
_CONVERSION = ("$converted_detail", *(field for _, field in _BECAME.values()))


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is read of each record: columns, the kinds of those that hold values, links by name."""

    query: ReadQuery
    kinds: Mapping[str, FieldKind]
    links: Mapping[str, str]

    @property
    def columns(self) -> list[str]:
        """The fields to ask for, each once; the id comes by itself."""
        return list(dict.fromkeys((*self.kinds, *self.links.values())))

    def pieces(self, size: int, always: Sequence[str]) -> list[list[str]]:
        """Return the columns in pieces of a size, `always` in the first; there is one piece at least."""
        first, rest = list(always), [name for name in self.columns if name not in always]
        room = max(size - len(first), 0)
        pieces = [first + rest[:room]]
        rest = rest[room:]
        return pieces + [rest[start : start + size] for start in range(0, len(rest), size)]


class Reader:
    """Reads one account's records."""

    def __init__(self, client: ZohoClient, catalogue: Catalogue, *, reads_emails: bool = False) -> None:
        self._client = client
        self._catalogue = catalogue
        self._emails = emails.Emails(client, wanted=reads_emails)

    def changes(self, query: ReadQuery, text: str | None, since: datetime | None) -> Iterator[Page]:
        """Yield changed records in pages; see the contract."""
        if query.object == emails.MODULE:
            yield from self._emails.changes(query, text, since, self._until(None))
            return
        plan = self._plan(query)
        if text is not None:
            cursor = Cursor.parse(text)
        else:
            cursor = Cursor(since=instant_text(since) if since is not None else None)
        # a run after the first finds few changes: the small page costs less
        limit = _SMALL_PAGE if text is not None and cursor.until is None else READ_PAGE
        if cursor.phase == "records":
            for records, after in self._query(plan, cursor, limit):
                ended = after.phase == "converted" and query.object != _LEADS
                cursor = Cursor(since=after.until) if ended else after
                yield Page(records, cursor.text(), last=ended)
        if cursor.phase == "converted":
            yield from self._converted(plan, cursor)

    def by_ids(self, query: ReadQuery, ids: Sequence[str]) -> list[Record]:
        """Return the records with these ids, converted leads among them; e-mails have none of their own."""
        if query.object == emails.MODULE:
            return []
        plan = self._plan(query)
        wanted = list(dict.fromkeys(each for each in ids if each.isdigit()))
        found: dict[str, Record] = {}
        for start in range(0, len(wanted), _LIST_IDS):
            for record in self._listed(plan, wanted[start : start + _LIST_IDS]):
                found[record.id] = record
        return [found[each] for each in wanted if each in found]

    def deletions(self, module: str, text: str | None) -> Iterator[DeletionPage]:
        """Yield deletions in pages; see the contract."""
        if module == emails.MODULE:
            yield from self._emails.deletions(self._until(None))
            return
        cursor = Cursor.parse(text) if text is not None else Cursor()
        while True:
            headers = {"If-Modified-Since": cursor.since} if cursor.since is not None else None
            params: dict[str, str | int] = {"type": "all", "page": cursor.page, "per_page": _LIST_PAGE}
            answer = self._client.json("read", "GET", f"/{module}/deleted", params=params, headers=headers)
            if cursor.since is not None:
                self._check_window(cursor.since)
            until = cursor.until or self._until(cursor.since)
            deletions = tuple(_deletion(module, each) for each in rows_of(answer))
            more = bool(info_of(answer).get("more_records"))
            cursor = replace(cursor, until=until, page=cursor.page + 1) if more else Cursor(since=until)
            yield DeletionPage(deletions, cursor.text(), last=not more)
            if not more:
                return

    def _plan(self, query: ReadQuery) -> _Plan:
        """Return what is read; raises ConnectorError for a field that is not there."""
        links = {}
        for link in query.links:
            if link.via is None:
                message = f"the link `{link.name}` of `{query.object}` names no lookup field"
                remedy = "name the field in the mapping, under `via`"
                raise ConnectorError(Failure(FailureKind.STOP, "link-without-field", message, remedy=remedy))
            links[link.name] = link.via
        names = [*query.fields, *links.values()]
        described = self._catalogue.having(query.object, [name for name in names if name != "id"])
        for name in names:
            if name != "id" and name not in described.fields:
                raise ConnectorError(unknown_field(name))
        kinds = {name: described.fields[name].kind for name in query.fields if name != "id"}
        return _Plan(query, kinds, links)

    def _until(self, since: str | None) -> str:
        """Return the instant up to which a pass that begins now sees everything; never before `since`."""
        until = instant_text(self._client.now() - MARGIN)
        return max(until, since) if since is not None else until

    def _query(self, plan: _Plan, cursor: Cursor, limit: int) -> Iterator[tuple[tuple[Record, ...], Cursor]]:
        """Yield records and the cursor after them; at the end its phase is `converted`."""
        module, size = plan.query.object, _COLUMNS.get(self._client.version, _FEW_COLUMNS)
        pieces = plan.pieces(size, (_STAMP,))
        while True:
            rows, more = self._rows(module, pieces[0], _where(cursor.since, cursor.after), limit)
            until = cursor.until or self._until(cursor.since)
            complete = self._completed(module, pieces[1:], rows, cursor.since)
            records = [_record(plan, row) for row in complete]
            torn = {str(row["id"]) for row in rows} - {record.id for record in records}
            # a record that moved between two queries is read by itself
            records += self.by_ids(plan.query, sorted(torn)) if torn else []
            if not more:
                yield tuple(records), Cursor(since=cursor.since, until=until, phase="converted")
                return
            cursor = replace(cursor, until=until, after=str(rows[-1]["id"]))
            yield tuple(records), cursor
            limit = READ_PAGE

    def _rows(
        self, module: str, columns: Sequence[str], where: str, limit: int
    ) -> tuple[list[Mapping[str, Any]], bool]:
        # the names are those of the account's description, the rest is made here
        text = f"select {', '.join(columns)} from {module} where {where} order by id limit {limit}"  # noqa: S608
        answer = self._client.query(text, limit)
        return rows_of(answer), bool(info_of(answer).get("more_records"))

    def _completed(
        self, module: str, pieces: list[list[str]], rows: list[Mapping[str, Any]], since: str | None
    ) -> list[Mapping[str, Any]]:
        """Return the rows with the columns of further queries; those that one of them lacks are left out."""
        for piece in pieces:
            if not rows:
                break
            span = f"(id >= {rows[0]['id']} and id <= {rows[-1]['id']})"
            where = f"({_STAMP} >= '{since}' and {span})" if since is not None else span
            others, _ = self._rows(module, piece, where, READ_PAGE)
            by_id = {each["id"]: each for each in others}
            rows = [{**row, **by_id[row["id"]]} for row in rows if row["id"] in by_id]
        return rows

    def _converted(self, plan: _Plan, cursor: Cursor) -> Iterator[Page]:
        """Yield converted leads, which queries do not show, by lists in order of modification."""
        names = plan.pieces(_LIST_FIELDS, (_STAMP, *_CONVERSION))[0]
        params: dict[str, str | int] = {
            "fields": ",".join(names),
            "converted": "true",
            "sort_by": _STAMP,
            "sort_order": "asc",
            "per_page": _LIST_PAGE,
        }
        since, seen, token = cursor.since, 0, None
        while True:
            headers = {"If-Modified-Since": since} if since is not None else None
            place: dict[str, str | int] = {"page_token": token} if token else {"page": 1}
            answer = self._client.json(
                "read", "GET", f"/{_LEADS}", params={**params, **place}, headers=headers
            )
            rows = rows_of(answer)
            seen += len(rows)
            token = info_of(answer).get("next_page_token")
            if not rows or not info_of(answer).get("more_records") or token is None:
                yield Page(self._whole(plan, rows), Cursor(since=cursor.until).text(), last=True)
                return
            stamp = _stamp(rows[-1])
            yield Page(self._whole(plan, rows), replace(cursor, since=stamp).text(), last=False)
            if seen + _LIST_PAGE > _LIST_CEILING:
                if stamp == since:
                    raise ConnectorError(_too_many_at_once())
                since, seen, token = stamp, 0, None

    def _whole(self, plan: _Plan, rows: list[Mapping[str, Any]]) -> tuple[Record, ...]:
        """Return listed rows as records; those with more fields than a list gives are read by id."""
        if len(plan.pieces(_LIST_FIELDS, (_STAMP, *_CONVERSION))) == 1:
            return tuple(_record(plan, row) for row in rows)
        ids = [str(row["id"]) for row in rows]
        return tuple(
            record
            for start in range(0, len(ids), _LIST_IDS)
            for record in self._listed(plan, ids[start : start + _LIST_IDS])
        )

    def _listed(self, plan: _Plan, ids: Sequence[str]) -> list[Record]:
        """Return the records of at most 100 ids, fields in as many lists as they need."""
        module = plan.query.object
        always = (_STAMP, *_CONVERSION) if module == _LEADS else (_STAMP,)
        rows: dict[str, dict[str, Any]] = {}
        for number, piece in enumerate(plan.pieces(_LIST_FIELDS, always)):
            params: dict[str, str | int] = {
                "fields": ",".join(piece),
                "ids": ",".join(ids),
                "per_page": _LIST_PAGE,
            }
            if module == _LEADS:
                params["converted"] = "both"
            found = rows_of(self._client.json("read", "GET", f"/{module}", params=params))
            for each in found:
                if number == 0:
                    rows[str(each["id"])] = {}
                if str(each["id"]) in rows:
                    rows[str(each["id"])].update(each)
        return [_record(plan, row) for row in rows.values()]

    def _check_window(self, since: str) -> None:
        if parse_instant(since) < self._client.now() - timedelta(days=_BIN_DAYS):
            message = f"the last look at deletions was on {since[:10]}, and the recycle bin keeps 60 days"
            remedy = "run a full reconciliation: `fairlead sync --full`"
            raise ConnectorError(Failure(FailureKind.REJECT, "window-passed", message, remedy=remedy))


def _where(since: str | None, after: str | None) -> str:
    stamp = f"{_STAMP} >= '{since}'" if since is not None else None
    key = f"id > {after}" if after is not None else None
    if stamp and key:
        return f"({stamp} and {key})"
    return stamp or key or "id is not null"


def _record(plan: _Plan, row: Mapping[str, Any]) -> Record:
    """Return a record; a value that cannot be read is its problem."""
    module, id_ = plan.query.object, str(row["id"])
    values: dict[str, Scalar] = dict.fromkeys(plan.query.fields)
    problem = None
    for name, kind in plan.kinds.items():
        try:
            if name not in row:
                raise Unfitting
            values[name] = decode(kind, row[name])
        except Unfitting:
            words = kind.replace("_", " ")
            message = (
                f"the field `{name}` does not hold {words}" if name in row else f"the field `{name}` is gone"
            )
            problem = Failure(FailureKind.REJECT, "unreadable-value", message, field=name)
    if "id" in values:
        values["id"] = id_
    links = {}
    for name, via in plan.links.items():
        found = row.get(via)
        links[name] = (str(found["id"]),) if isinstance(found, dict) and found.get("id") else ()
        if via not in row:
            problem = Failure(FailureKind.REJECT, "unreadable-value", f"the field `{via}` is gone", field=via)
    try:
        modified = parse_instant(str(row.get(_STAMP)))
    except Unfitting:
        modified = datetime.fromtimestamp(0, tz=parse_instant("1970-01-01T00:00:00+00:00").tzinfo)
        problem = Failure(FailureKind.REJECT, "unreadable-value", f"`{_STAMP}` is no instant", field=_STAMP)
    return Record(module, id_, modified, values, links, became=_became(row), problem=problem)


def _stamp(row: Mapping[str, Any]) -> str:
    try:
        return instant_text(parse_instant(str(row.get(_STAMP))))
    except Unfitting:
        raise ConnectorError(odd_answer()) from None


def _became(row: Mapping[str, Any]) -> dict[str, str]:
    detail = row.get("$converted_detail")
    detail = detail if isinstance(detail, dict) else {}
    found = {}
    for key, (module, field) in _BECAME.items():
        id_ = detail.get(key) or row.get(field)
        id_ = id_.get("id") if isinstance(id_, dict) else id_
        if id_:
            found[module] = str(id_)
    return found


def _deletion(module: str, item: Mapping[str, Any]) -> Deletion:
    try:
        at = parse_instant(str(item.get("deleted_time")))
    except Unfitting:
        at = None
    return Deletion(module, str(item["id"]), at)


def _too_many_at_once() -> Failure:
    return Failure(
        FailureKind.STOP,
        "too-many-at-once",
        f"more than {_LIST_CEILING:,} leads were converted in one second, which no list of Zoho's gets past",
        remedy="tell the connector's authors",
    )
