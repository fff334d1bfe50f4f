"""Bulk read: a job, polled until it is completed, and a CSV in a ZIP archive."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from fairlead.testing.server import Handler, json_response
from fairlead_zoho.sandbox.errors import Refusal
from fairlead_zoho.sandbox.schema import USER, ZONE

if TYPE_CHECKING:
    from fairlead_zoho.sandbox.server import ZohoSandbox

__all__ = ["Bulk"]

_PER_JOB = 200_000
_STATES = ("ADDED", "IN PROGRESS", "COMPLETED")


@dataclass
class _Job:
    module: str
    fields: list[str]
    page: int
    polls: int = 0

    @property
    def state(self) -> str:
        return _STATES[min(self.polls, len(_STATES) - 1)]


class Bulk:
    """The calls of bulk read. A job is completed at the second look."""

    def __init__(self, sandbox: ZohoSandbox) -> None:
        self._sandbox = sandbox
        self._account = sandbox.account
        self._jobs: dict[str, _Job] = {}

    def routes(self) -> Iterator[tuple[str, str, Handler]]:
        """Yield the routes."""
        yield "POST", "/crm/bulk/<version>/read", self.create
        yield "GET", "/crm/bulk/<version>/read/<job>", self.show
        yield "GET", "/crm/bulk/<version>/read/<job>/result", self.result

    def create(self, request: Request, version: str) -> Response:
        """Answer `POST /read`."""
        query = self._sandbox.body(request).get("query") or {}
        named = query.get("module")
        module = self._account.module(str(named["api_name"] if isinstance(named, dict) else named)).api_name
        fields = query.get("fields") or list(self._account.visible(module))
        id_ = str(self._account.ids.new())
        self._jobs[id_] = _Job(module, [str(name) for name in fields], int(query.get("page") or 1))
        details = {
            "id": id_,
            "operation": "read",
            "state": "ADDED",
            "created_by": {"id": USER, "name": "Integration"},
            "created_time": self._sandbox.now().astimezone(ZONE).isoformat(timespec="seconds"),
        }
        item = {
            "status": "success",
            "code": "ADDED_SUCCESSFULLY",
            "message": "Added successfully.",
            "details": details,
        }
        return json_response({"data": [item], "info": {}}, 201)

    def show(self, request: Request, version: str, job: str) -> Response:
        """Answer `GET /read/{job}`."""
        found = self._job(job)
        found.polls += 1
        shown: dict[str, Any] = {
            "id": job,
            "operation": "read",
            "state": found.state,
            "query": {
                "module": {"api_name": found.module},
                "page": found.page,
                "fields": found.fields,
            },
            "created_by": {"id": USER, "name": "Integration"},
            "created_time": self._sandbox.now().astimezone(ZONE).isoformat(timespec="seconds"),
            "file_type": "csv",
        }
        if found.state == "COMPLETED":
            total = len(self._account.tables[found.module].rows)
            start = (found.page - 1) * _PER_JOB
            shown["result"] = {
                "page": found.page,
                "per_page": _PER_JOB,
                "count": max(min(total - start, _PER_JOB), 0),
                "download_url": f"/crm/bulk/{version}/read/{job}/result",
                "more_records": total > start + _PER_JOB,
            }
        return json_response({"data": [shown]})

    def result(self, request: Request, version: str, job: str) -> Response:
        """Answer `GET /read/{job}/result`."""
        found = self._job(job)
        if found.state != "COMPLETED":
            raise Refusal(400, "INVALID_DATA", {"api_name": "job_id"}, "the job is not completed")
        text = io.StringIO()
        columns = ["Id", *(name for name in found.fields if name.lower() != "id")]
        sheet = csv.DictWriter(text, columns)
        sheet.writeheader()
        write = self._account.writer(found.module, columns[1:])
        start = (found.page - 1) * _PER_JOB
        rows = list(self._account.tables[found.module].rows.values())[start : start + _PER_JOB]
        for row in rows:
            record = write(row)
            cells = {name: _cell(record.get(name)) for name in columns[1:]}
            sheet.writerow({"Id": record["id"], **cells})
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(f"{job}.csv", text.getvalue())
        headers = {"Content-Disposition": f'attachment; filename="{job}.zip"'}
        return Response(packed.getvalue(), headers=headers, content_type="application/zip")

    def _job(self, id_: str) -> _Job:
        found = self._jobs.get(id_)
        if found is None:
            raise Refusal(404, "RESOURCE_NOT_FOUND", {"id": id_})
        return found


def _cell(value: Any) -> Any:
    match value:
        case None:
            return ""
        case {"id": id_}:
            return id_
        case list():
            return ";".join(value)
        case bool():
            return str(value).lower()
    return value
