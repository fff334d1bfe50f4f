"""Writing by record id: collections of 200, bulk jobs for thousands, locked rows again."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from fairlead.plugins.failures import ConnectorError, Failure, FailureKind
from fairlead.plugins.fields import FieldKind
from fairlead.plugins.records import Change, LinkChange, Scalar, WriteResult
from fairlead_salesforce.bulk import JobEnded, bulk_update
from fairlead_salesforce.client import LIMITS, SalesforceClient
from fairlead_salesforce.reading import Reader
from fairlead_salesforce.refusals import item_failure
from fairlead_salesforce.values import Unwritable, is_id, to_cell, to_wire

__all__ = ["WRITE_HEADERS", "Writer"]

#: duplicate alerts do not stop us: we write to records that are there, and no assignment rule is to run
WRITE_HEADERS: Mapping[str, str] = {
    "Sforce-Duplicate-Rule-Header": "allowSave=true",
    "Sforce-Auto-Assign": "FALSE",
}
#: rows of one bulk job, and bytes of its file; Salesforce takes 150 MB after its own encoding
_JOB_ROWS = 50_000
_JOB_BYTES = 90_000_000
#: waits before rows that were locked are tried again, in seconds
_LOCK_WAITS = (1.0, 2.0, 4.0, 8.0)
_LOCKED = "UNABLE_TO_LOCK_ROW"
_ALERTED = "DUPLICATES_DETECTED"
_TRIGGERED = "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"
#: failures after which nothing more is tried
_ENDING = (FailureKind.STOP, FailureKind.LIMIT)
#: calls of one write that are under way at once; more would lock each other's parents
_THREADS = 5


@dataclass(slots=True)
class _Item:
    """One record to write: `values` by field, `order` keeps records with one parent together."""

    id: str
    values: dict[str, Scalar]
    order: tuple[str, str]


class Writer:
    """Writes to one org; `bulk_above` is the number of records from which on a bulk job is used."""

    def __init__(self, client: SalesforceClient, reader: Reader, bulk_above: int) -> None:
        self._client = client
        self._reader = reader
        self._bulk_above = bulk_above

    def changes(self, changes: Sequence[Change]) -> list[WriteResult]:
        """Write changes of one object; one result each, in order."""
        if not changes:
            return []
        items: dict[str, _Item] = {}
        for change in changes:
            item = items.setdefault(change.id, _Item(change.id, {}, ("", change.id)))
            item.values |= change.values
        failures = self._write(changes[0].object, list(items.values()))
        return [WriteResult(change.object, change.id, failures.get(change.id)) for change in changes]

    def links(self, changes: Sequence[LinkChange]) -> list[WriteResult]:
        """Point lookups to records; one result each, in order."""
        if not changes:
            return []
        object_ = changes[0].object
        items: dict[str, _Item] = {}
        unknown: dict[str, Failure] = {}
        for change in changes:
            field = change.link.via or self._reader.default_field(object_, change.link.target)
            if field is None:
                unknown[change.id] = Failure(
                    FailureKind.STOP,
                    "unknown-link",
                    f"no lookup from `{object_}` to `{change.link.target}` is known",
                    remedy="name the lookup's API name as `via` in the mapping",
                )
                continue
            item = items.setdefault(change.id, _Item(change.id, {}, (change.target_id, change.id)))
            item.values[field] = change.target_id
        failures = self._write(object_, list(items.values())) | unknown
        return [WriteResult(change.object, change.id, failures.get(change.id)) for change in changes]

    def _write(self, object_: str, items: list[_Item]) -> dict[str, Failure]:
        """Return the failures by id."""
        failures: dict[str, Failure] = {}
        try:
            emptied = self._unticked(object_, items)
        except ConnectorError as error:
            return {item.id: error.failure for item in items}
        ready = []
        for item in sorted(items, key=lambda each: each.order):
            if item.id in self._reader.converted:
                failures[item.id] = item_failure([{"statusCode": "CANNOT_UPDATE_CONVERTED_LEAD"}])
                continue
            if not is_id(item.id):
                failures[item.id] = item_failure([{"statusCode": "MALFORMED_ID"}])
                continue
            # a checkbox cannot be empty
            item.values = {
                name: False if value is None and name in emptied else value
                for name, value in item.values.items()
            }
            try:
                for value in item.values.values():
                    to_wire(value)
            except Unwritable as error:
                failures[item.id] = error.failure
                continue
            ready.append(item)
        ready_all = ready
        if len(ready) > self._bulk_above:
            ready = self._by_bulk(object_, ready, failures)
        self._by_collections(object_, ready, failures)
        self._again(object_, {item.id: item for item in ready_all}, failures)
        return failures

    def _unticked(self, object_: str, items: Iterable[_Item]) -> set[str]:
        """Return the checkboxes among the fields that are to be emptied."""
        emptied = {name for item in items for name, value in item.values.items() if value is None}
        if not emptied:
            return set()
        fields = self._client.fields(object_)
        return {name for name in emptied if name in fields and fields[name].kind is FieldKind.BOOLEAN}

    # collections

    def _by_collections(self, object_: str, items: Sequence[_Item], failures: dict[str, Failure]) -> None:
        """Write in calls of 200, several at once; enters the failures."""
        size = LIMITS.write_batch
        batches = [items[start : start + size] for start in range(0, len(items), size)]
        ended: list[Failure] = []
        lock = threading.Lock()

        def send(batch: Sequence[_Item]) -> None:
            with lock:
                ending = ended[0] if ended else None
            found = (
                dict.fromkeys((item.id for item in batch), ending) if ending else self._send(object_, batch)
            )
            with lock:
                failures.update({id_: failure for id_, failure in found.items() if failure is not None})
                ended.extend(
                    failure for failure in found.values() if failure is not None and failure.kind in _ENDING
                )

        if len(batches) == 1:
            send(batches[0])
        elif batches:
            with ThreadPoolExecutor(_THREADS) as pool:
                list(pool.map(send, batches))

    def _send(self, object_: str, batch: Sequence[_Item]) -> dict[str, Failure | None]:
        records: list[dict[str, Any]] = [
            {
                "attributes": {"type": object_},
                "id": item.id,
                **{name: to_wire(value) for name, value in item.values.items()},
            }
            for item in batch
        ]
        try:
            answer = self._client.json(
                "write",
                "PATCH",
                "composite/sobjects",
                body={"allOrNone": False, "records": records},
                headers=WRITE_HEADERS,
            )
        except ConnectorError as error:
            failure = error.failure
            # what one record's value did to the whole call is to hit that record alone
            if failure.kind is FailureKind.REJECT and len(batch) > 1:
                middle = len(batch) // 2
                return self._send(object_, batch[:middle]) | self._send(object_, batch[middle:])
            return dict.fromkeys((item.id for item in batch), failure)
        if not isinstance(answer, list) or len(answer) != len(batch):
            failure = Failure(FailureKind.RETRY, "odd-answer", "Salesforce did not answer for each record")
            return dict.fromkeys((item.id for item in batch), failure)
        # 200 whatever became of the records: the items tell, in the order of the call
        return {
            item.id: None if told.get("success") else item_failure(told.get("errors"))
            for item, told in zip(batch, answer, strict=True)
        }

    def _again(self, object_: str, items: Mapping[str, _Item], failures: dict[str, Failure]) -> None:
        """Try rows again that were locked, and once those on which the org's own code failed."""
        codes: tuple[str, ...] = (_LOCKED, _TRIGGERED)
        for pause in _LOCK_WAITS:
            left = [items[id_] for id_, failure in failures.items() if failure.code in codes]
            if not left:
                return
            self._client.context.sleep(pause)
            for item in left:
                del failures[item.id]
            self._by_collections(object_, left, failures)
            codes = (_LOCKED,)

    # bulk

    def _by_bulk(self, object_: str, items: Sequence[_Item], failures: dict[str, Failure]) -> list[_Item]:
        """Write by bulk jobs; return what is left for collections."""
        names = sorted({name for item in items for name in item.values})
        left: list[_Item] = []
        job: list[_Item] = []
        rows: list[list[str]] = []
        size = 0
        for item in items:
            try:
                cells = [to_cell(item.values[name]) if name in item.values else "" for name in names]
            except Unwritable:
                left.append(item)
                continue
            job.append(item)
            rows.append([item.id, *cells])
            size += sum(len(cell) for cell in cells) * 2
            if len(rows) >= _JOB_ROWS or size > _JOB_BYTES:
                left += self._run_job(object_, names, job, rows, failures)
                job, rows, size = [], [], 0
        if rows:
            left += self._run_job(object_, names, job, rows, failures)
        return left

    def _run_job(
        self,
        object_: str,
        names: Sequence[str],
        items: Sequence[_Item],
        rows: Sequence[Sequence[str]],
        failures: dict[str, Failure],
    ) -> list[_Item]:
        """Run one job; return the records that are left to write."""
        try:
            result = bulk_update(self._client, object_, ["Id", *names], rows)
        except JobEnded:
            return list(items)
        except ConnectorError as error:
            if error.failure.kind in _ENDING:
                failures.update(dict.fromkeys((item.id for item in items), error.failure))
                return []
            return list(items)
        # a bulk job has no way to save in spite of a duplicate alert: a collection has
        alerted = {id_ for id_, failure in result.failed.items() if failure.code == _ALERTED}
        failures.update({id_: each for id_, each in result.failed.items() if id_ not in alerted})
        return [item for item in items if item.id in result.untried or item.id in alerted]
