"""Bulk API 2.0: query jobs with locators, ingest jobs with their three lists of results."""

from __future__ import annotations

import base64
import csv
import io
import itertools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from werkzeug.wrappers import Request, Response

from fairlead.testing.server import json_response
from fairlead_salesforce.sandbox.ids import make_id
from fairlead_salesforce.sandbox.org import USER_ID, Org
from fairlead_salesforce.sandbox.queries import Prepared, prepare
from fairlead_salesforce.sandbox.refusals import Refused
from fairlead_salesforce.sandbox.rest import body_object
from fairlead_salesforce.sandbox.schema import Field
from fairlead_salesforce.sandbox.tables import Table, wire_instant

__all__ = ["Bulk"]

Handler = Callable[..., Response]

_OPERATIONS = ("insert", "update", "upsert", "delete")
_DELIMITERS = {"COMMA": ",", "SEMICOLON": ";", "TAB": "\t", "PIPE": "|", "CARET": "^", "BACKQUOTE": "`"}
_LARGEST = 150_000_000
_NUMBERS = ("double", "currency", "percent", "int")


@dataclass
class _Job:
    id: str
    operation: str
    object: str
    created: int
    delimiter: str
    ending: str
    external_id: str | None = None
    state: str = "Open"
    #: states that the next looks at the job go through
    ahead: list[str] = field(default_factory=list)
    error: str | None = None
    prepared: Prepared | None = None
    data: bytes | None = None
    header: list[str] = field(default_factory=list)
    done: list[tuple[str, bool, list[str]]] = field(default_factory=list)
    failed: list[tuple[str, str, list[str]]] = field(default_factory=list)
    left: list[list[str]] = field(default_factory=list)

    def told(self, version: str) -> dict[str, Any]:
        kind = "query" if self.prepared is not None else "ingest"
        answer: dict[str, Any] = {
            "id": self.id,
            "operation": self.operation,
            "object": self.object,
            "createdById": USER_ID,
            "createdDate": wire_instant(self.created),
            "systemModstamp": wire_instant(self.created),
            "state": self.state,
            "concurrencyMode": "Parallel",
            "contentType": "CSV",
            "apiVersion": float(version),
            "lineEnding": self.ending,
            "columnDelimiter": self.delimiter,
        }
        if kind == "ingest":
            # relative to the instance, without a slash in front
            answer["contentUrl"] = f"services/data/v{version}/jobs/ingest/{self.id}/batches"
            answer["jobType"] = "V2Ingest"
            if self.external_id:
                answer["externalIdFieldName"] = self.external_id
        else:
            answer["jobType"] = "V2Query"
        if self.state in ("JobComplete", "Failed", "Aborted"):
            processed = len(self.done) + len(self.failed)
            if self.prepared is not None:
                processed = len(self.prepared.rows)
            answer |= {"numberRecordsProcessed": processed, "numberRecordsFailed": len(self.failed)}
        if self.error:
            answer["errorMessage"] = self.error
        return answer


class Bulk:
    """Handlers of the bulk interface on one org."""

    def __init__(self, org: Org, switches: Mapping[str, Any]) -> None:
        self._org = org
        self._switches = switches
        self._jobs: dict[str, _Job] = {}
        self._numbers = itertools.count(1)

    def routes(self) -> Iterable[tuple[str, str, Handler]]:
        """Return (method, path, handler), paths below `/services/data/v<version>`."""
        queries, ingest = "/jobs/query", "/jobs/ingest"
        return [
            ("POST", queries, self.create_query),
            ("GET", f"{queries}/<id_>", self.look),
            ("PATCH", f"{queries}/<id_>", self.set_state),
            ("DELETE", f"{queries}/<id_>", self.remove),
            ("GET", f"{queries}/<id_>/results", self.query_results),
            ("POST", ingest, self.create_ingest),
            ("PUT", f"{ingest}/<id_>/batches", self.upload),
            ("PATCH", f"{ingest}/<id_>", self.set_state),
            ("GET", f"{ingest}/<id_>", self.look),
            ("DELETE", f"{ingest}/<id_>", self.remove),
            ("GET", f"{ingest}/<id_>/successfulResults", self.successful),
            ("GET", f"{ingest}/<id_>/failedResults", self.failed),
            ("GET", f"{ingest}/<id_>/unprocessedrecords", self.unprocessed),
            ("GET", f"{ingest}/<id_>/unprocessedRecords", self.unprocessed),
        ]

    def _new(self, body: Mapping[str, Any], object_: str) -> _Job:
        delimiter = str(body.get("columnDelimiter", "COMMA"))
        if delimiter not in _DELIMITERS:
            raise Refused("INVALIDJOB", f"unknown columnDelimiter {delimiter}")
        job = _Job(
            make_id("750", next(self._numbers)),
            str(body.get("operation")),
            object_,
            self._org.now(),
            delimiter,
            str(body.get("lineEnding", "LF")),
        )
        self._jobs[job.id] = job
        return job

    def _job(self, id_: str) -> _Job:
        if id_ not in self._jobs:
            raise Refused("NOT_FOUND", "The requested resource does not exist", status=404)
        return self._jobs[id_]

    def _run(self, job: _Job) -> None:
        """The org goes on with a job whether anybody looks or not; the looks see it pass its states."""
        job.state = "UploadComplete"
        job.ahead = ["InProgress"] * int(self._switches["bulk_looks"]) + ["JobComplete"]

    def look(self, request: Request, version: str, id_: str) -> Response:
        """Answer how far a job is."""
        job = self._job(id_)
        if job.ahead:
            job.state = job.ahead.pop(0)
        return json_response(job.told(version))

    def remove(self, request: Request, version: str, id_: str) -> Response:
        """Remove a job with its results."""
        del self._jobs[self._job(id_).id]
        return Response(status=204)

    # queries

    def create_query(self, request: Request, version: str) -> Response:
        """Start a query job."""
        body = body_object(request)
        if body.get("operation") not in ("query", "queryAll"):
            raise Refused("INVALIDJOB", "operation is query or queryAll")
        prepared = prepare(self._org, str(body.get("query", "")), deleted=body["operation"] == "queryAll")
        if prepared.query.counts:
            raise Refused("INVALIDJOB", "aggregate functions are not supported in Bulk Query")
        job = self._new(body, prepared.query.object)
        job.prepared = prepared
        self._run(job)
        return json_response(job.told(version))

    def query_results(self, request: Request, version: str, id_: str) -> Response:
        """Answer some rows of a query job as CSV."""
        job = self._job(id_)
        if job.prepared is None or job.state != "JobComplete":
            raise Refused("INVALIDJOBSTATE", "the job is not complete")
        start = 0
        if locator := request.args.get("locator"):
            try:
                start = int(base64.b64decode(locator, validate=True))
            except ValueError:
                raise Refused("INVALID_QUERY_LOCATOR", "invalid query locator") from None
        most = min(int(request.args.get("maxRecords", 50_000)), 50_000)
        rows = job.prepared.rows[start : start + most]
        end = start + len(rows)
        more = end < len(job.prepared.rows)
        text = io.StringIO()
        ending = "\r\n" if job.ending == "CRLF" else "\n"
        writer = csv.writer(
            text, quoting=csv.QUOTE_ALL, lineterminator=ending, delimiter=_DELIMITERS[job.delimiter]
        )
        writer.writerows(job.prepared.cells(rows))
        headers = {
            # the end is told by the word, not by leaving it out
            "Sforce-Locator": base64.b64encode(str(end).encode()).decode() if more else "null",
            "Sforce-NumberOfRecords": str(len(rows)),
        }
        return Response(text.getvalue(), headers=headers, content_type="text/csv; charset=UTF-8")

    # ingest

    def create_ingest(self, request: Request, version: str) -> Response:
        """Open an ingest job."""
        body = body_object(request)
        if body.get("operation") not in _OPERATIONS:
            raise Refused("INVALIDJOB", f"operation is one of {', '.join(_OPERATIONS)}")
        table = self._org.table(str(body.get("object", "")))
        job = self._new(body, table.name)
        external = body.get("externalIdFieldName")
        if job.operation == "upsert" and not external:
            raise Refused("INVALIDJOB", "externalIdFieldName is needed for upsert")
        job.external_id = str(external) if external else None
        return json_response(job.told(version))

    def upload(self, request: Request, version: str, id_: str) -> Response:
        """Take the rows of an ingest job, once."""
        job = self._job(id_)
        if job.state != "Open" or job.data is not None:
            raise Refused("INVALIDJOBSTATE", f"Job {job.id} has its content already")
        data = request.get_data()
        if len(data) > _LARGEST:
            raise Refused("EXCEEDED_MAX_SIZE_REQUEST", "the content is too large")
        job.data = data
        return Response(status=201)

    def set_state(self, request: Request, version: str, id_: str) -> Response:
        """Close or abort a job."""
        job = self._job(id_)
        state = body_object(request).get("state")
        if state == "Aborted" and job.state in ("Open", "UploadComplete", "InProgress"):
            job.state, job.ahead = "Aborted", []
        elif state == "UploadComplete" and job.state == "Open" and job.prepared is None:
            self._run(job)
            self._ingest(job)
        else:
            raise Refused("INVALIDJOBSTATE", f"Job {job.id} is {job.state}; it cannot become {state}")
        return json_response(job.told(version))

    def _ingest(self, job: _Job) -> None:
        reader = csv.reader(
            io.StringIO((job.data or b"").decode("utf-8")), delimiter=_DELIMITERS[job.delimiter]
        )
        job.header = next(reader, [])
        table = self._org.table(job.object)
        visible = self._org.visible(table)
        unknown = next((name for name in job.header if name.lower() not in visible), None)
        rows = list(reader)
        if unknown is not None or not job.header:
            job.ahead[-1] = "Failed"
            job.error = f"InvalidBatch : Field name not found : {unknown}"
            job.left = rows
            return
        fields = [visible[name.lower()] for name in job.header]
        most = self._switches["bulk_stops_after"]
        for number, cells in enumerate(rows):
            if most is not None and number >= int(most):
                job.left.append(cells)
                job.ahead[-1] = "Failed"
                job.error = "InternalServerError : the job was stopped"
                continue
            try:
                id_, created = self._write(job, table, fields, cells)
            except Refused as refused:
                names = ",".join(refused.fields)
                id_ = next((cell for each, cell in zip(fields, cells, strict=True) if each.name == "Id"), "")
                job.failed.append((id_, f"{refused.code}:{refused.message}:{names} --", cells))
            else:
                job.done.append((id_, created, cells))

    def _write(self, job: _Job, table: Table, fields: list[Field], cells: list[str]) -> tuple[str, bool]:
        if len(cells) != len(fields):
            raise Refused("INVALID_ROW", "the number of cells is not that of the header")
        values: dict[str, Any] = {}
        id_ = ""
        for each, cell in zip(fields, cells, strict=True):
            if each.name == "Id":
                id_ = cell
            elif cell == "#N/A":
                values[each.name] = None
            elif cell != "":
                # an empty cell leaves the field as it is
                values[each.name] = _value(each, cell)
        match job.operation:
            case "insert":
                return self._org.insert(table, values), True
            case "update":
                self._org.update(table, id_, values)
                return id_, False
            case "delete":
                self._org.delete(table, id_)
                return id_, False
        name = str(job.external_id)
        if name.lower() == "id":
            if not id_:
                return self._org.insert(table, values), True
            self._org.update(table, id_, values)
            return id_, False
        key = self._org.visible(table).get(name.lower())
        if key is None:
            raise Refused("INVALID_FIELD", f"No such column '{name}' on sobject of type {table.name}")
        found = self._org.matching(table, key, str(values.get(key.name, "")))
        if len(found) > 1:
            raise Refused("DUPLICATE_EXTERNAL_ID", f"{name}: more than one record found", (name,))
        if found:
            self._org.update(table, found[0], {n: v for n, v in values.items() if n != key.name})
            return found[0], False
        return self._org.insert(table, values), True

    def successful(self, request: Request, version: str, id_: str) -> Response:
        """Answer the rows that were written."""
        job = self._job(id_)
        rows = ([id_, "true" if new else "false", *cells] for id_, new, cells in job.done)
        return _csv(["sf__Id", "sf__Created", *job.header], rows)

    def failed(self, request: Request, version: str, id_: str) -> Response:
        """Answer the rows that were refused, with the reason."""
        job = self._job(id_)
        rows = ([id_, error, *cells] for id_, error, cells in job.failed)
        return _csv(["sf__Id", "sf__Error", *job.header], rows)

    def unprocessed(self, request: Request, version: str, id_: str) -> Response:
        """Answer the rows that were not tried."""
        job = self._job(id_)
        return _csv(job.header, job.left)


def _csv(header: list[str], rows: Iterable[list[str]]) -> Response:
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return Response(text.getvalue(), content_type="text/csv; charset=UTF-8")


def _value(field: Field, cell: str) -> Any:
    if field.type == "boolean":
        return cell.lower() in ("true", "1")
    if field.type in _NUMBERS:
        try:
            return float(cell)
        except ValueError:
            raise Refused(
                "INVALID_TYPE_ON_FIELD_IN_RECORD", f"'{cell}' is not a number", (field.name,)
            ) from None
    return cell
