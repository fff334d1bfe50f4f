"""The REST API: records, collections, queries, deletions, describes, the Tooling API."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from werkzeug.wrappers import Request, Response

from fairlead.testing.server import json_response
from fairlead_salesforce.sandbox.ids import full_id
from fairlead_salesforce.sandbox.org import BIN_SECONDS, Org
from fairlead_salesforce.sandbox.queries import Prepared, prepare
from fairlead_salesforce.sandbox.refusals import Refused
from fairlead_salesforce.sandbox.schema import PREFIXES
from fairlead_salesforce.sandbox.tables import Table, wire_instant

__all__ = ["Rest", "body_object"]

Handler = Callable[..., Response]

_PAGE = 2_000
_SMALLEST_PAGE = 200
_COLLECTION = 200
_LONGEST_URI = 16_384
#: how long a query's cursor lives, and how many a user may have open
_CURSOR_SECONDS = 2 * 86_400
_CURSORS = 10
_HIDDEN = ("CustomField",)


def body_object(request: Request) -> dict[str, Any]:
    """Return the body as a JSON object; raises Refused."""
    try:
        value = json.loads(request.get_data() or b"{}")
    except ValueError:
        raise Refused("JSON_PARSER_ERROR", "Unexpected character in the body") from None
    if not isinstance(value, dict):
        raise Refused("JSON_PARSER_ERROR", "The body is to be an object")
    return value


class Rest:
    """Handlers of the REST API on one org."""

    def __init__(self, org: Org) -> None:
        self._org = org
        self._cursors: OrderedDict[str, tuple[Prepared, int, bool, int]] = OrderedDict()
        self._opened = 0

    def routes(self) -> Iterable[tuple[str, str, Handler]]:
        """Return (method, path, handler), paths below `/services/data/v<version>`."""
        records = "/sobjects/<object_>"
        return [
            ("GET", "/", self.resources),
            ("GET", "/sobjects", self.global_describe),
            ("GET", f"{records}/describe", self.describe),
            ("GET", f"{records}/deleted", self.deleted),
            ("GET", f"{records}/updated", self.updated),
            ("POST", records, self.create),
            ("GET", f"{records}/<id_>", self.retrieve),
            ("PATCH", f"{records}/<id_>", self.patch),
            ("DELETE", f"{records}/<id_>", self.remove),
            ("GET", f"{records}/<field>/<value>", self.retrieve_by),
            ("PATCH", f"{records}/<field>/<value>", self.upsert),
            ("GET", "/query", self.query),
            ("GET", "/queryAll", self.query_all),
            ("GET", "/query/<locator>", self.query_more),
            ("GET", "/queryAll/<locator>", self.query_more),
            ("POST", "/composite/sobjects", self.create_many),
            ("PATCH", "/composite/sobjects", self.update_many),
            ("POST", "/composite/sobjects/<object_>", self.retrieve_many),
            ("PATCH", "/composite/sobjects/<object_>/<field>", self.upsert_many),
        ]

    # what there is

    def resources(self, request: Request, version: str) -> Response:
        """Answer what the version offers."""
        base = f"/services/data/v{version}"
        return json_response({name: f"{base}/{name}" for name in ("sobjects", "query", "limits", "jobs")})

    def global_describe(self, request: Request, version: str) -> Response:
        """Answer the list of objects."""
        return json_response(
            {
                "encoding": "UTF-8",
                "maxBatchSize": 200,
                "sobjects": [
                    {"name": name, "label": name, "keyPrefix": prefix, "queryable": True, "updateable": True}
                    for name, prefix in PREFIXES.items()
                    if name not in _HIDDEN
                ],
            }
        )

    def describe(self, request: Request, version: str, object_: str) -> Response:
        """Answer an object with the fields that the user sees."""
        table = self._table(object_)
        may_edit = table.name not in self._org.restricted
        fields = []
        for field in self._org.visible(table).values():
            told = field.describe()
            if field.custom and not self._org.editable(table, field):
                told |= {"createable": False, "updateable": False}
            fields.append(told)
        return json_response(
            {
                "name": table.name,
                "label": table.name,
                "keyPrefix": table.prefix,
                "custom": False,
                "queryable": True,
                "createable": may_edit,
                "updateable": may_edit,
                "fields": fields,
            }
        )

    def _table(self, name: str) -> Table:
        try:
            table = self._org.table(name)
        except Refused:
            raise Refused("NOT_FOUND", "The requested resource does not exist", status=404) from None
        if table.name in _HIDDEN:
            raise Refused("NOT_FOUND", "The requested resource does not exist", status=404)
        return table

    # one record

    def create(self, request: Request, version: str, object_: str) -> Response:
        """Create a record."""
        id_ = self._org.insert(self._table(object_), body_object(request), allow_duplicates=_saves(request))
        return json_response({"id": id_, "success": True, "errors": []}, 201)

    def retrieve(self, request: Request, version: str, object_: str, id_: str) -> Response:
        """Answer a record."""
        table = self._table(object_)
        row = self._org.row(table, id_)
        wanted = request.args.get("fields")
        fields = self._fields(table, wanted.split(",") if wanted else None)
        return json_response(self._record(table, row.id, fields, version))

    def patch(self, request: Request, version: str, object_: str, id_: str) -> Response:
        """Write some fields of a record."""
        self._org.update(self._table(object_), id_, body_object(request), allow_duplicates=_saves(request))
        return Response(status=204)

    def remove(self, request: Request, version: str, object_: str, id_: str) -> Response:
        """Delete a record."""
        self._org.delete(self._table(object_), id_)
        return Response(status=204)

    def retrieve_by(self, request: Request, version: str, object_: str, field: str, value: str) -> Response:
        """Answer the record that an external id stands for, or 300 with all that it may stand for."""
        table = self._table(object_)
        ids = self._matching(table, field, value)
        if not ids:
            raise Refused("NOT_FOUND", "The requested resource does not exist", status=404)
        if len(ids) > 1:
            return self._ambiguous(table, ids, version)
        return json_response(self._record(table, ids[0], self._fields(table, None), version))

    def upsert(self, request: Request, version: str, object_: str, field: str, value: str) -> Response:
        """Create or update the record that an external id stands for."""
        table = self._table(object_)
        values = body_object(request)
        if field.lower() == "id":
            return self.patch(request, version, object_, value)
        ids = self._matching(table, field, value)
        if len(ids) > 1:
            return self._ambiguous(table, ids, version)
        if not ids and request.args.get("updateOnly") == "true":
            raise Refused("NOT_FOUND", "The requested resource does not exist", status=404)
        id_, created = self._upserted(table, field, value, values, ids)
        answer = {"id": id_, "success": True, "errors": [], "created": created}
        return json_response(answer, 201 if created else 200)

    def _ambiguous(self, table: Table, ids: list[str], version: str) -> Response:
        return json_response([f"/services/data/v{version}/sobjects/{table.name}/{id_}" for id_ in ids], 300)

    def _matching(self, table: Table, field: str, value: str) -> list[str]:
        found = self._org.visible(table).get(field.lower())
        if found is None:
            raise Refused(
                "NOT_FOUND",
                "Provided external ID field does not exist or is not accessible: " + field,
                status=404,
            )
        return self._org.matching(table, found, value)

    def _upserted(
        self, table: Table, field: str, value: str, values: Mapping[str, Any], ids: list[str]
    ) -> tuple[str, bool]:
        rest = {name: each for name, each in values.items() if name.lower() != field.lower()}
        if ids:
            self._org.update(table, ids[0], rest, allow_duplicates=True)
            return ids[0], False
        return self._org.insert(table, {**rest, field: value}, allow_duplicates=True), True

    # collections

    def create_many(self, request: Request, version: str) -> Response:
        """Create up to 200 records."""
        return self._each(
            request,
            lambda table, values: self._org.insert(table, values, allow_duplicates=_saves(request)),
        )

    def update_many(self, request: Request, version: str) -> Response:
        """Update up to 200 records by id."""

        def update(table: Table, values: Mapping[str, Any]) -> str:
            id_ = values.get("id") or values.get("Id")
            if id_ is None:
                raise Refused("MISSING_ARGUMENT", "Id not specified in an update call")
            self._org.update(table, id_, values, allow_duplicates=_saves(request))
            return full_id(str(id_))

        return self._each(request, update)

    def upsert_many(self, request: Request, version: str, object_: str, field: str) -> Response:
        """Create or update up to 200 records by external id."""
        created: list[bool] = []

        def upsert(table: Table, values: Mapping[str, Any]) -> str:
            key = next((str(each) for name, each in values.items() if name.lower() == field.lower()), "")
            if field.lower() == "id":
                self._org.update(table, key, values, allow_duplicates=True)
                created.append(False)
                return full_id(key)
            if not key:
                raise Refused("MISSING_ARGUMENT", f"{field} not specified")
            ids = self._matching(table, field, key)
            if len(ids) > 1:
                raise Refused(
                    "DUPLICATE_EXTERNAL_ID", f"{field}: more than one record found for external id", (field,)
                )
            id_, is_new = self._upserted(table, field, key, values, ids)
            created.append(is_new)
            return id_

        return self._each(request, upsert, created)

    def _each(
        self,
        request: Request,
        write: Callable[[Table, Mapping[str, Any]], str],
        created: list[bool] | None = None,
    ) -> Response:
        body = body_object(request)
        records = body.get("records")
        if not isinstance(records, list) or not records:
            raise Refused("JSON_PARSER_ERROR", "Unrecognized or missing field: records")
        if len(records) > _COLLECTION:
            raise Refused(
                "EXCEEDED_MAX_SIZE_REQUEST",
                f"record limit reached. cannot submit more than {_COLLECTION} records into this call",
            )
        tables = [self._table(str(record.get("attributes", {}).get("type", ""))) for record in records]
        for table, record in zip(tables, records, strict=True):
            self._check_names(table, record)
        items: list[dict[str, Any]] = []
        for table, record in zip(tables, records, strict=True):
            try:
                id_ = write(table, record)
            except Refused as refused:
                items.append({"success": False, "errors": [refused.as_item()]})
            else:
                told = {"created": created[-1]} if created else {}
                items.append({"id": id_, "success": True, "errors": []} | told)
        return json_response(items)

    def _check_names(self, table: Table, record: Mapping[str, Any]) -> None:
        """A field that the user does not see makes the whole call malformed, not one record."""
        visible = self._org.visible(table)
        for name in record:
            if name.lower() not in ("attributes", "id") and name.lower() not in visible:
                raise Refused("INVALID_FIELD", f"No such column '{name}' on sobject of type {table.name}")

    def retrieve_many(self, request: Request, version: str, object_: str) -> Response:
        """Answer up to 2,000 records by id, null where there is none."""
        table = self._table(object_)
        body = body_object(request)
        ids = [full_id(str(id_)) for id_ in body.get("ids", ())]
        if not ids or len(ids) > _PAGE:
            raise Refused("INVALID_INPUT", f"between 1 and {_PAGE} ids are needed")
        fields = self._fields(table, body.get("fields", ()))
        found = []
        for id_ in ids:
            row = table.rows.get(id_)
            is_there = row is not None and row.deleted_at is None
            found.append(self._record(table, id_, fields, version) if is_there else None)
        return json_response(found)

    def _fields(self, table: Table, names: Iterable[str] | None) -> list[str]:
        visible = self._org.visible(table)
        if names is None:
            return [field.name for field in visible.values()]
        found = []
        for name in names:
            field = visible.get(name.strip().lower())
            if field is None:
                raise Refused("INVALID_FIELD", f"No such column '{name}' on sobject of type {table.name}")
            found.append(field.name)
        return found

    def _record(self, table: Table, id_: str, fields: Iterable[str], version: str) -> dict[str, Any]:
        row = table.rows[id_]
        url = f"/services/data/v{version}/sobjects/{table.name}/{id_}"
        values = {name: table.value(row, name) for name in fields}
        return {"attributes": {"type": table.name, "url": url}, "Id": id_} | values

    # queries

    def query(self, request: Request, version: str) -> Response:
        """Answer a query."""
        return self._queried(request, version, deleted=False)

    def query_all(self, request: Request, version: str) -> Response:
        """Answer a query that finds deleted records too."""
        return self._queried(request, version, deleted=True)

    def _queried(self, request: Request, version: str, *, deleted: bool) -> Response:
        if len(request.full_path) > _LONGEST_URI:
            raise Refused("URI_TOO_LONG", "URI Too Long", status=414)
        text = request.args.get("q", "")
        prepared = prepare(self._org, text, deleted=deleted)
        if prepared.query.object in _HIDDEN:
            raise Refused("INVALID_TYPE", f"sObject type '{prepared.query.object}' is not supported.")
        if prepared.query.counts:
            return json_response({"totalSize": len(prepared.rows), "done": True, "records": []})
        self._opened += 1
        locator = f"01g5f0000{self._opened:06d}AAA"
        # a client may ask for smaller pages, of 200 at least
        hint = request.headers.get("Sforce-Query-Options", "").partition("batchSize=")[2]
        page = min(max(int(hint), _SMALLEST_PAGE), _PAGE) if hint.isdigit() else _PAGE
        if len(prepared.rows) > page:
            self._cursors[locator] = (prepared, self._org.now(), deleted, page)
            while len(self._cursors) > _CURSORS:
                self._cursors.popitem(last=False)
        return json_response(self._paged(prepared, locator, 0, page, version, deleted))

    def query_more(self, request: Request, version: str, locator: str) -> Response:
        """Answer the next page of a query."""
        name, _, place = locator.rpartition("-")
        kept = self._cursors.get(name)
        if kept is None or not place.isdigit() or kept[1] + _CURSOR_SECONDS < self._org.now():
            raise Refused("INVALID_QUERY_LOCATOR", "invalid query locator")
        self._cursors.move_to_end(name)
        prepared, _, deleted, page = kept
        return json_response(self._paged(prepared, name, int(place), page, version, deleted))

    def expire_cursors(self) -> None:
        """Forget the cursors of all queries."""
        self._cursors.clear()

    def _paged(
        self, prepared: Prepared, locator: str, place: int, page: int, version: str, deleted: bool
    ) -> dict[str, Any]:
        rows = prepared.rows[place : place + page]
        done = place + page >= len(prepared.rows)
        answer: dict[str, Any] = {"totalSize": len(prepared.rows), "done": done}
        if not done:
            name = "queryAll" if deleted else "query"
            answer["nextRecordsUrl"] = f"/services/data/v{version}/{name}/{locator}-{place + page}"
        return answer | {"records": prepared.render(rows, version)}

    # what was deleted

    def deleted(self, request: Request, version: str, object_: str) -> Response:
        """Answer the ids that were deleted in a span of time."""
        start, end = self._span(request)
        table = self._table(object_)
        gone = [
            {"id": row.id, "deletedDate": wire_instant(row.deleted_at)}
            for row in table.in_order(start)
            if row.deleted_at is not None and start <= row.deleted_at < end
        ]
        return json_response(
            {
                "deletedRecords": gone,
                "earliestDateAvailable": wire_instant(self._org.now() - BIN_SECONDS),
                "latestDateCovered": wire_instant(end),
            }
        )

    def updated(self, request: Request, version: str, object_: str) -> Response:
        """Answer the ids that were changed in a span of time."""
        start, end = self._span(request)
        ids = [row.id for row in self._table(object_).in_order(start, end - 1) if row.deleted_at is None]
        return json_response({"ids": ids, "latestDateCovered": wire_instant(end)})

    def _span(self, request: Request) -> tuple[int, int]:
        try:
            start, end = (
                # a query string's plus sign may have become a space
                int(datetime.fromisoformat(request.args[name].replace(" ", "+")).astimezone(UTC).timestamp())
                for name in ("start", "end")
            )
        except (KeyError, ValueError):
            raise Refused("INVALID_REPLICATION_DATE", "start and end are needed") from None
        now = self._org.now()
        # seconds are not looked at
        start, end = start // 60 * 60, min(end, now) // 60 * 60
        if start < now - BIN_SECONDS - 60:
            raise Refused("INVALID_REPLICATION_DATE", "startDate cannot be more than 15 days ago")
        if end - start < 60:
            raise Refused(
                "INVALID_REPLICATION_DATE", "endDate must be at least one minute greater than startDate"
            )
        return start, end


def _saves(request: Request) -> bool:
    """Tell whether the client asks to save in spite of a duplicate alert."""
    return "allowsave=true" in request.headers.get("Sforce-Duplicate-Rule-Header", "").lower().replace(
        " ", ""
    )
