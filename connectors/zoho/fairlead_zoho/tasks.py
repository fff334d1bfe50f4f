"""Tasks for people, each made once: a unique field of ours holds its key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fairlead.plugins.failures import ConnectorError, Failure, FailureKind
from fairlead.plugins.fields import FieldKind, FieldSpec
from fairlead.plugins.records import Task, WriteResult
from fairlead_zoho.catalogue import Catalogue
from fairlead_zoho.client import WRITE_BATCH, ZohoClient, items_of, write_cost
from fairlead_zoho.failures import item_failure
from fairlead_zoho.naming import field_name
from fairlead_zoho.provisioning import Provisioner

__all__ = ["KEY", "MODULE", "Tasks"]

MODULE = "Tasks"
KEY = field_name("key")
_SUBJECT_LENGTH = 255
#: values in a list of a query (vendor's COQL limitations)
_IN_LIST = 50
_SPEC = FieldSpec(
    MODULE, KEY, "Fairlead key", FieldKind.TEXT, "result", "Keeps a task from being made twice.", unique=True
)


class Tasks:
    """Creates tasks in one account."""

    def __init__(self, client: ZohoClient, catalogue: Catalogue, provisioner: Provisioner) -> None:
        self._client = client
        self._catalogue = catalogue
        self._provisioner = provisioner

    def create(self, tasks: Sequence[Task]) -> list[WriteResult]:
        """Create the tasks whose keys are not there; one result per task, in order."""
        if not tasks:
            return []
        failure = self._prepared()
        if failure is not None:
            return [WriteResult(each.object, each.id, failure) for each in tasks]
        first = {task.key: task for task in reversed(tasks)}
        there = set(self._there(list(first)))
        missing = [task for task in tasks if task.key not in there and first[task.key] is task]
        failures: dict[str, Failure | None] = {}
        for start in range(0, len(missing), WRITE_BATCH):
            batch = missing[start : start + WRITE_BATCH]
            try:
                failures |= self._create(batch)
            except ConnectorError as error:
                failures |= {task.key: error.failure for task in missing[start:]}
                break
        return [WriteResult(each.object, each.id, failures.get(each.key)) for each in tasks]

    def _prepared(self) -> Failure | None:
        """Make the field for the key where it is missing."""
        if KEY in self._catalogue.having(MODULE, [KEY]).fields:
            return None
        step = self._provisioner.create_field(_SPEC)
        if step.failure is None and step.name != KEY:
            message = f"the field `{KEY}` of `{MODULE}` cannot be made: its name is taken"
            return Failure(FailureKind.STOP, "name-taken", message, field=KEY)
        return step.failure

    def _there(self, keys: Sequence[str]) -> Iterator[str]:
        for start in range(0, len(keys), _IN_LIST):
            wanted = ", ".join(_quoted(key) for key in keys[start : start + _IN_LIST])
            # the keys are quoted, the names are constants
            text = f"select {KEY} from {MODULE} where {KEY} in ({wanted}) limit 200"  # noqa: S608
            for row in items_of(self._client.query(text, 200), "data"):
                yield str(row.get(KEY))

    def _create(self, batch: Sequence[Task]) -> dict[str, Failure | None]:
        body = {"data": [_body(task) for task in batch], "trigger": []}
        cost = write_cost(len(batch))
        items = items_of(self._client.json("write", "POST", f"/{MODULE}", body=body, cost=cost), "data")
        lost = Failure(FailureKind.RETRY, "no-result", "Zoho CRM gave no result for the task")
        found = [_failure(item) for item in items] + [lost] * (len(batch) - len(items))
        return {task.key: failure for task, failure in zip(batch, found, strict=True)}


def _body(task: Task) -> dict[str, Any]:
    return {
        "Subject": task.subject[:_SUBJECT_LENGTH],
        "Description": task.body,
        "Due_Date": task.due_at.date().isoformat(),
        "Status": "Not Started",
        "What_Id": {"id": task.id},
        "$se_module": task.object,
        KEY: task.key,
    }


def _failure(item: Mapping[str, Any]) -> Failure | None:
    failure = item_failure(item)
    # a repeated call finds the task that the first one made
    if failure is not None and failure.code == "DUPLICATE_DATA" and failure.field == KEY:
        return None
    return failure


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
