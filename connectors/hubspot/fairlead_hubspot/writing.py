"""Writing desired values and links by record id, and tasks by a key of our own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from fairlead.plugins.failures import ConnectorError, Failure, FailureKind
from fairlead.plugins.records import Change, LinkChange, Task, WriteResult
from fairlead_hubspot.client import WRITE_BATCH, HubSpotClient, results_of
from fairlead_hubspot.failures import item_failure
from fairlead_hubspot.reading import Reader
from fairlead_hubspot.values import encoded, instant

__all__ = ["Writer"]

#: associations in one call (HubSpot's associations guide)
_LINK_BATCH = 1_000
_ENDS_THE_RUN = (FailureKind.STOP, FailureKind.LIMIT)
T = TypeVar("T")


class Writer:
    """Writes to one account, after its number was checked."""

    def __init__(self, client: HubSpotClient, reader: Reader) -> None:
        self._client = client
        self._reader = reader

    def write(self, changes: Sequence[Change]) -> list[WriteResult]:
        """Write values by record id; one result per change, in order."""
        if not changes:
            return []
        object_ = changes[0].object
        # HubSpot refuses an id twice in a batch: of several changes of one record the later values stand
        values: dict[str, dict[str, str]] = {}
        for change in changes:
            sent = {name: encoded(value) for name, value in change.values.items()}
            values.setdefault(change.id, {}).update(sent)
        found = self._in_batches(
            list(values),
            WRITE_BATCH,
            lambda ids: self._update(object_, {id_: values[id_] for id_ in ids}),
            lambda id_, failure: WriteResult(object_, id_, failure),
        )
        return [found[change.id] for change in changes]

    def write_links(self, changes: Sequence[LinkChange]) -> list[WriteResult]:
        """Point links to records; one result per change, in order.

        The default association is added and none is taken away: others may be the facility's own. A label is
        moved from the record that it pointed to.
        """
        results: dict[int, WriteResult] = {}
        groups: dict[tuple[str, str, str | None], list[int]] = {}
        for place, change in enumerate(changes):
            groups.setdefault((change.object, change.link.target, change.link.via), []).append(place)
        for (object_, target, via), places in groups.items():

            def put(
                some: Sequence[int], object_: str = object_, target: str = target, via: str | None = via
            ) -> dict[int, WriteResult]:
                found = [changes[place] for place in some]
                failed = (
                    self._associate(object_, target, [(each.id, each.target_id) for each in found])
                    if via is None
                    else self._label(object_, target, via, found)
                )
                return {
                    place: WriteResult(object_, each.id, failed.get((each.id, each.target_id)))
                    for place, each in zip(some, found, strict=True)
                }

            def fail(place: int, failure: Failure, object_: str = object_) -> WriteResult:
                return WriteResult(object_, changes[place].id, failure)

            results.update(self._in_batches(places, _LINK_BATCH, put, fail))
        return [results[place] for place in range(len(changes))]

    def create_tasks(self, tasks: Sequence[Task], key_property: str) -> list[WriteResult]:
        """Create the tasks whose keys no task has, and associate each with its record.

        The key is a property with unique values, which a read by that property finds at once: the search
        would show a task only later, and a repeated call would make a second one.
        """
        by_key = {task.key: task for task in tasks}
        found = self._in_batches(
            list(by_key),
            WRITE_BATCH,
            lambda keys: self._put_tasks([by_key[key] for key in keys], key_property),
            lambda key, failure: WriteResult(by_key[key].object, by_key[key].id, failure),
        )
        return [found[task.key] for task in tasks]

    def _in_batches(
        self,
        keys: Sequence[T],
        size: int,
        put: Callable[[Sequence[T]], Mapping[T, WriteResult]],
        fail: Callable[[T, Failure], WriteResult],
    ) -> dict[T, WriteResult]:
        """Send batches side by side; after a failure that ends the run the rest is not tried."""
        batches = [keys[start : start + size] for start in range(0, len(keys), size)]
        ended: list[Failure] = []
        lock = threading.Lock()

        def send(batch: Sequence[T]) -> Mapping[T, WriteResult]:
            with lock:
                end = ended[0] if ended else None
            if end is None:
                try:
                    self._client.ensure_account()
                    return put(batch)
                except ConnectorError as error:
                    end = error.failure
                    if end.kind in _ENDS_THE_RUN:
                        with lock:
                            ended.append(end)
            return {key: fail(key, end) for key in batch}

        results: dict[T, WriteResult] = {}
        workers = min(len(batches), self._client.limits.concurrent) or 1
        with ThreadPoolExecutor(max_workers=workers, thread_name_prefix="hubspot-write") as pool:
            for found in pool.map(send, batches):
                results.update(found)
        return results

    def _update(self, object_: str, values: Mapping[str, Mapping[str, str]]) -> dict[str, WriteResult]:
        """Write one batch; one that HubSpot refuses as a whole is halved until the bad record is alone."""
        body = {
            "inputs": [
                {"id": id_, "properties": dict(each), "objectWriteTraceId": id_}
                for id_, each in values.items()
            ]
        }
        try:
            answer = self._client.send(
                "write", "POST", self._client.paths.objects(object_, "/batch/update"), body
            )
        except ConnectorError as error:
            # a failure of one record may fail its batch
            if error.failure.kind not in (FailureKind.REJECT, FailureKind.ADOPT, FailureKind.GONE):
                raise
            if len(values) == 1:
                return {id_: WriteResult(object_, id_, error.failure) for id_ in values}
            ids = list(values)
            middle = len(ids) // 2
            return {
                **self._update(object_, {id_: values[id_] for id_ in ids[:middle]}),
                **self._update(object_, {id_: values[id_] for id_ in ids[middle:]}),
            }
        return _results(object_, list(values), answer)

    def _associate(
        self, object_: str, target: str, pairs: Sequence[tuple[str, str]]
    ) -> dict[tuple[str, str], Failure]:
        """Add default associations; return the failures by pair."""
        body = {"inputs": [{"from": {"id": one}, "to": {"id": other}} for one, other in pairs]}
        path = self._client.paths.associations(object_, target, "/batch/associate/default")
        return _failed_pairs(self._client.send("write", "POST", path, body), pairs)

    def _label(
        self, object_: str, target: str, via: str, changes: Sequence[LinkChange]
    ) -> dict[tuple[str, str], Failure]:
        """Move a label to other records; return the failures by pair."""
        paths = self._client.paths
        type_id = self._reader.label_id(object_, target, via)
        types = [{"associationCategory": "USER_DEFINED", "associationTypeId": type_id}]
        pairs = [(change.id, change.target_id) for change in changes]
        held = self._reader.links_of(object_, changes[0].link, dict.fromkeys(change.id for change in changes))
        wanted = dict(pairs)
        stale: list[dict[str, Any]] = [
            {"from": {"id": id_}, "to": {"id": other}, "types": types}
            for id_, others in held.items()
            for other in others
            if other != wanted[id_]
        ]
        inputs = [{"from": {"id": one}, "to": {"id": other}, "types": types} for one, other in pairs]
        path = paths.associations(object_, target, "/batch/create")
        failed = _failed_pairs(self._client.send("write", "POST", path, {"inputs": inputs}), pairs)
        # only where the new one holds: a crash in between leaves two, and the next run takes the old one away
        kept = {one for one, _ in failed}
        stale = [each for each in stale if each["from"]["id"] not in kept]
        if stale:
            path = paths.associations(object_, target, "/batch/labels/archive")
            self._client.send("write", "POST", path, {"inputs": stale})
        return failed

    def _put_tasks(self, tasks: Sequence[Task], key_property: str) -> dict[str, WriteResult]:
        paths = self._client.paths
        known = self._tasks_by_key([task.key for task in tasks], key_property)
        new = [task for task in tasks if task.key not in known]
        failed: dict[str, Failure] = {}
        if new:
            inputs = [
                {
                    "id": task.key,
                    "idProperty": key_property,
                    "objectWriteTraceId": task.key,
                    "properties": {
                        "hs_task_subject": task.subject,
                        "hs_task_body": task.body,
                        "hs_timestamp": encoded(task.due_at),
                        "hs_task_status": "NOT_STARTED",
                        "hs_task_priority": "HIGH",
                        "hs_task_type": "TODO",
                    },
                }
                for task in new
            ]
            answer = self._client.send(
                "write", "POST", paths.objects("tasks", "/batch/upsert"), {"inputs": inputs}
            )
            known.update(
                {str(each.get("objectWriteTraceId")): str(each["id"]) for each in results_of(answer)}
            )
            failed = dict(_failures(answer))
        for object_ in dict.fromkeys(task.object for task in tasks):
            pairs = {
                (known[task.key], task.id): task.key
                for task in tasks
                if task.object == object_ and task.key in known
            }
            if pairs:
                lost = self._associate("tasks", object_, list(pairs))
                failed.update({pairs[pair]: failure for pair, failure in lost.items()})
        unknown = Failure(FailureKind.RETRY, "no-result", "HubSpot's answer says nothing of the task")
        return {
            task.key: WriteResult(
                task.object, task.id, failed.get(task.key, None if task.key in known else unknown)
            )
            for task in tasks
        }

    def _tasks_by_key(self, keys: Sequence[str], key_property: str) -> dict[str, str]:
        body = {
            "idProperty": key_property,
            "properties": [key_property],
            "propertiesWithHistory": [],
            "inputs": [{"id": key} for key in keys],
        }
        answer = self._client.send("read", "POST", self._client.paths.objects("tasks", "/batch/read"), body)
        return {str(each["properties"].get(key_property)): str(each["id"]) for each in results_of(answer)}


def _results(object_: str, ids: Sequence[str], answer: Mapping[str, Any]) -> dict[str, WriteResult]:
    """Match results, which come in any order, and errors with the records that they are about."""
    found: dict[str, WriteResult] = {}
    for each in results_of(answer):
        # a record that was merged answers under another id than it was asked by
        id_ = str(each.get("objectWriteTraceId") or each["id"])
        found[id_] = WriteResult(
            object_,
            id_,
            modified_at=instant(str(each.get("updatedAt") or "")),
            warnings=tuple(
                f"HubSpot changed how the value of `{warning.get('propertyName')}` is written"
                for warning in each.get("warnings") or ()
            ),
        )
    for id_, failure in _failures(answer):
        found[id_] = WriteResult(object_, id_, failure)
    unknown = Failure(FailureKind.RETRY, "no-result", "HubSpot's answer says nothing of the record")
    return {id_: found.get(id_) or WriteResult(object_, id_, unknown) for id_ in ids}


def _failures(answer: Mapping[str, Any]) -> Iterator[tuple[str, Failure]]:
    """Yield the failures of a 207 by the trace ids or ids that they name."""
    for error in answer.get("errors") or ():
        context = error.get("context") or {}
        named = context.get("objectWriteTraceId") or context.get("ids") or context.get("id") or ()
        failure = item_failure(error)
        for id_ in [named] if isinstance(named, str) else named:
            yield str(id_), failure


def _failed_pairs(answer: Any, pairs: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Failure]:
    failed = {}
    for error in (answer.get("errors") if isinstance(answer, dict) else None) or ():
        context = error.get("context") or {}
        named = {str(id_) for ids in context.values() for id_ in ([ids] if isinstance(ids, str) else ids)}
        failure = item_failure(error)
        for pair in pairs:
            if set(pair) <= named:
                failed[pair] = failure
    return failed
