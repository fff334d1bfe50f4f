"""Tasks for people, each made once, and the views that a person makes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from fairlead.plugins.failures import ConnectorError, Failure, FailureKind
from fairlead.plugins.fields import SetupStep
from fairlead.plugins.records import Task, WriteResult
from fairlead_salesforce.client import LIMITS, SalesforceClient
from fairlead_salesforce.refusals import item_failure
from fairlead_salesforce.soql import ID_PARTS, one_of, select
from fairlead_salesforce.values import is_id
from fairlead_salesforce.writing import WRITE_HEADERS

__all__ = ["create_tasks", "explained_views"]

_LONGEST_SUBJECT = 255
_LONGEST_BODY = 32_000
_ATTEMPTS = 4
#: what a task is about is kept apart by kind: people (`WhoId`) and everything else (`WhatId`)
_PEOPLE = ("Lead", "Contact")


def create_tasks(client: SalesforceClient, tasks: Sequence[Task]) -> list[WriteResult]:
    """Create the tasks whose keys are in no subject yet; one result each, in order."""
    failures: dict[str, Failure] = {}
    ready = []
    for task in tasks:
        if is_id(task.id):
            ready.append(task)
        else:
            failures[task.key] = item_failure([{"statusCode": "MALFORMED_ID"}])
    for start in range(0, len(ready), LIMITS.write_batch):
        failures |= _created(client, ready[start : start + LIMITS.write_batch])
    return [WriteResult(task.object, task.id, failures.get(task.key)) for task in tasks]


def _created(client: SalesforceClient, tasks: Sequence[Task]) -> dict[str, Failure]:
    """Create some tasks; return the failures by key."""
    pause, failure = 1.0, None
    for _ in range(_ATTEMPTS):
        try:
            known = _known(client, tasks)
            missing = list({task.key: task for task in tasks if _mark(task.key) not in known}.values())
            if not missing:
                return {}
            body = {"allOrNone": False, "records": _records(client, missing)}
            answer = client.json(
                "write", "POST", "composite/sobjects", body=body, once=True, headers=WRITE_HEADERS
            )
        except ConnectorError as error:
            failure = error.failure
            if failure.kind is not FailureKind.RETRY:
                return {task.key: failure for task in tasks}
            # the call may have taken effect: what is there now is looked up before it is sent again
            client.context.sleep(pause)
            pause *= 2
            continue
        return {
            task.key: item_failure(told.get("errors"))
            for task, told in zip(missing, answer, strict=True)
            if not told.get("success")
        }
    assert failure is not None
    return {task.key: failure for task in tasks}


def _mark(key: str) -> str:
    """Return what stands in a subject for a key."""
    return f"[fairlead:{hashlib.sha256(key.encode()).hexdigest()[:12]}]"


def _link(task: Task) -> str:
    return "WhoId" if task.object in _PEOPLE else "WhatId"


def _known(client: SalesforceClient, tasks: Sequence[Task]) -> set[str]:
    """Return the marks of the tasks that these records have."""
    marks: set[str] = set()
    for link in ("WhoId", "WhatId"):
        ids = sorted({task.id for task in tasks if _link(task) == link})
        for start in range(0, len(ids), ID_PARTS):
            about = one_of(link, ids[start : start + ID_PARTS])
            soql = select(("Subject",), "Task", about, "Subject LIKE '%[fairlead:%'")
            for row in client.rows(soql):
                marks.add(str(row["Subject"]).rpartition(" ")[2])
    return marks


def _owners(client: SalesforceClient, tasks: Sequence[Task]) -> dict[str, str]:
    """Return the owners of the records that are people; a queue is none."""
    owners: dict[str, str] = {}
    for object_ in sorted({task.object for task in tasks}):
        ids = [task.id for task in tasks if task.object == object_]
        body = {"ids": ids, "fields": ["Id", "OwnerId"]}
        for row in client.json("read", "POST", f"composite/sobjects/{object_}", body=body):
            if row is not None and str(row.get("OwnerId") or "").startswith("005"):
                owners[row["Id"]] = row["OwnerId"]
    return owners


def _records(client: SalesforceClient, tasks: Sequence[Task]) -> list[dict[str, Any]]:
    owners = _owners(client, tasks)
    records = []
    for task in tasks:
        mark = _mark(task.key)
        subject = f"{task.subject[: _LONGEST_SUBJECT - len(mark) - 1]} {mark}"
        record: dict[str, Any] = {
            "attributes": {"type": "Task"},
            "Subject": subject,
            "Description": task.body[:_LONGEST_BODY],
            "ActivityDate": task.due_at.date().isoformat(),
            "Priority": "High",
            "Status": "Not Started",
            _link(task): task.id,
        }
        if task.id in owners:
            record["OwnerId"] = owners[task.id]
        records.append(record)
    return records


def explained_views(fields: Mapping[str, str]) -> list[SetupStep]:
    """Explain how a person makes the list views: the REST interface creates none."""
    priority, score = fields.get("lead.priority"), fields.get("lead.score")
    state = fields.get("introduction.reward_state")
    steps = []
    if priority is not None:
        sorted_by = f", sorted by `{score}` downwards" if score is not None else ""
        steps.append(
            SetupStep(
                "explain",
                "list view Call now",
                f"Leads, list view controls, New: name `Call now`, filter `{priority}` equals the value for "
                f"calling now{sorted_by}; share it with the coordinators",
                False,
            )
        )
    if state is not None:
        steps.append(
            SetupStep(
                "explain",
                "list view Rewards held",
                f"Leads, list view controls, New: name `Rewards held`, filter `{state}` equals `held`; share "
                "it with the people who release rewards",
                False,
            )
        )
    return steps
