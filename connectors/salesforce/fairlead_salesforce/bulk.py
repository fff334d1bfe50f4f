"""Jobs of the Bulk API 2.0: queries whose results come in parts, and updates with three lists of results."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import requests

from fairlead.plugins.failures import ConnectorError, Failure, FailureKind
from fairlead_salesforce.client import SalesforceClient, expecting
from fairlead_salesforce.refusals import call_failure, csv_failure

__all__ = ["IngestResult", "JobEnded", "bulk_query", "bulk_update"]

#: rows of one part of results: some 12 MB of leads with reasons
_PART = 6_000
#: rows of an answer that are made into records at once
_AT_ONCE = 2_000
_SMALLEST_PART = 100
#: seconds between two looks at a job
_FIRST_LOOK = 0.25
_LONGEST_LOOK = 10.0
#: a job that takes longer is given up; Salesforce gives each batch of 10,000 up to ten minutes, in seconds
_PATIENCE = 6 * 3_600.0


class JobEnded(Exception):
    """A job failed or was aborted; the message says what Salesforce says of it."""


@dataclass(frozen=True, slots=True)
class IngestResult:
    """What became of the rows of an update job: failures by id, and ids that were not tried."""

    failed: dict[str, Failure]
    untried: set[str]


def _wait(client: SalesforceClient, kind: str, tail: str) -> dict[str, Any]:
    """Return a job when it has ended."""
    pause, waited = _FIRST_LOOK, 0.0
    while True:
        client.context.sleep(pause)
        waited += pause
        job: dict[str, Any] = client.json(kind, "GET", tail)
        if job.get("state") in ("JobComplete", "Failed", "Aborted"):
            return job
        if waited > _PATIENCE:
            raise JobEnded("the job did not end")
        pause = min(pause * 2, _LONGEST_LOOK)


def bulk_query(client: SalesforceClient, soql: str) -> Iterator[list[dict[str, str]]]:
    """Yield the rows of a query in parts, each row by field name.

    Raises JobEnded where Salesforce does not carry the job out, ConnectorError else.
    """
    job = client.json("read", "POST", "jobs/query", body={"operation": "query", "query": soql})
    tail = f"jobs/query/{job['id']}"
    try:
        ended = _wait(client, "read", tail)
        if ended["state"] != "JobComplete":
            raise JobEnded(str(ended.get("errorMessage") or ended["state"])[:300])
        locator, size = "", _PART
        while True:
            params: dict[str, str | int] = {"maxRecords": size}
            if locator:
                params["locator"] = locator
            try:
                response = client.raw(
                    "read",
                    "GET",
                    client.path(f"{tail}/results"),
                    params=params,
                    headers={"Accept": "text/csv"},
                    classify=_is_csv,
                )
            except ConnectorError as error:
                if error.failure.code != "answer-too-large" or size <= _SMALLEST_PART:
                    raise
                size //= 4
                continue
            yield from _parts(response)
            locator = response.headers.get("Sforce-Locator", "null")
            # the end is told by the word
            if locator in ("", "null"):
                return
    finally:
        _remove(client, tail)


def _remove(client: SalesforceClient, tail: str) -> None:
    """Remove a job's results; where that fails Salesforce does so after seven days."""
    try:
        client.raw("read", "DELETE", client.path(tail))
    except ConnectorError:
        return


def _is_csv(response: requests.Response) -> Failure | None:
    failure = call_failure(response)
    if failure is None and "text/csv" not in response.headers.get("Content-Type", ""):
        return Failure(FailureKind.RETRY, "not-csv", "the results of a bulk job are not CSV")
    return failure


def _parts(response: requests.Response) -> Iterator[list[dict[str, str]]]:
    """Yield the rows of an answer some at a time: all of them would take many times the text."""
    reader = csv.reader(io.StringIO(response.content.decode("utf-8"), newline=""))
    header = next(reader, [])
    while rows := [dict(zip(header, cells, strict=False)) for cells in islice(reader, _AT_ONCE)]:
        yield rows


def _rows(response: requests.Response) -> list[dict[str, str]]:
    return [row for part in _parts(response) for row in part]


def bulk_update(
    client: SalesforceClient, object_: str, header: Sequence[str], rows: Sequence[Sequence[str]]
) -> IngestResult:
    """Update records by the id in the first cell of each row.

    Raises JobEnded where Salesforce tried nothing, ConnectorError where it cannot be told what became of the
    rows: all of them may then be sent again.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow(header)
    writer.writerows(rows)
    wanted = {
        "object": object_,
        "operation": "update",
        "contentType": "CSV",
        "lineEnding": "LF",
        "columnDelimiter": "COMMA",
    }
    job = client.json("write", "POST", "jobs/ingest", body=wanted)
    tail = f"jobs/ingest/{job['id']}"
    # relative to the instance, without a slash in front
    upload = f"{client.login.instance}/{str(job['contentUrl']).lstrip('/')}"
    _unless_done(
        lambda: client.raw(
            "write",
            "PUT",
            upload,
            data=text.getvalue().encode("utf-8"),
            headers={"Content-Type": "text/csv; charset=UTF-8"},
            classify=expecting(201, "an upload"),
        )
    )
    _unless_done(lambda: client.json("write", "PATCH", tail, body={"state": "UploadComplete"}))
    ended = _wait(client, "write", tail)
    processed = int(ended.get("numberRecordsProcessed") or 0)
    refused = int(ended.get("numberRecordsFailed") or 0)
    failed: dict[str, Failure] = {}
    untried: set[str] = set()
    if refused:
        for row in _results(client, f"{tail}/failedResults"):
            failed[row.get("Id") or row.get("sf__Id", "")] = csv_failure(row.get("sf__Error", ""))
    if ended["state"] != "JobComplete" or processed != len(rows):
        untried = {row["Id"] for row in _results(client, f"{tail}/unprocessedrecords") if row.get("Id")}
        if not processed and len(untried) < len(rows):
            raise JobEnded(str(ended.get("errorMessage") or ended["state"])[:300])
    if ended["state"] == "JobComplete" and refused != len(failed):
        message = "the results of a bulk job do not add up"
        raise ConnectorError(Failure(FailureKind.RETRY, "bulk-results-incomplete", message))
    return IngestResult(failed, untried)


def _unless_done(call: Any) -> None:
    """Make a call; that its job is past that state already tells that it took effect before."""
    try:
        call()
    except ConnectorError as error:
        if error.failure.code != "INVALIDJOBSTATE":
            raise


def _results(client: SalesforceClient, tail: str) -> list[dict[str, str]]:
    response = client.raw("write", "GET", client.path(tail), headers={"Accept": "text/csv"}, classify=_is_csv)
    return _rows(response)
