"""Writing what is queued: in batches, each result recorded, nothing assumed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from fairlead.plugins.connector import Connector
from fairlead.plugins.failures import ConnectorError, Failure, FailureKind
from fairlead.plugins.fields import FieldKind
from fairlead.plugins.records import Change, Link, LinkChange, Task
from fairlead.store import OutboxState, Queued, Ref, Refusal, Store
from fairlead.sync.fields import ResultFields
from fairlead.sync.held_values import scalar_of
from fairlead.sync.mapping import CrmMapping
from fairlead.sync.reading import LINK, TASK, Reader
from fairlead.sync.report import RunReport

__all__ = ["Dispatcher"]

#: batches that one transaction takes for each call that may be in flight
_BATCHES = 5


@dataclass
class Dispatcher:
    """Writes the outbox to the CRM."""

    connector: Connector
    mapping: CrmMapping
    fields: Mapping[str, ResultFields]
    store: Store
    report: RunReport
    reader: Reader
    now: datetime
    event: Callable[..., None]
    #: the text of a task for a lead that became hot, from what is held of it
    task_texts: Callable[[Ref, Mapping[str, Any]], tuple[str, str, datetime]] | None = None
    _kinds: dict[str, FieldKind] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._kinds = {
            f"{object_}.{spec.name}": spec.kind
            for object_, each in self.fields.items()
            for spec in each.specs
        }

    def dispatch(self) -> Failure | None:
        """Write everything that is pending; return the failure that stopped the run, if one did."""
        limits = self.connector.limits()
        size = limits.write_batch * max(1, min(limits.concurrent, 8)) * _BATCHES
        with self.store.transaction() as tx:
            objects = tx.outbox.objects()
            pending = tx.outbox.counts()[OutboxState.PENDING]
        self.report.carried_over = pending - self.report.queued
        stopped: Failure | None = None
        for object_ in objects:
            while stopped is None:
                with self.store.transaction() as tx:
                    taken = tx.outbox.take(object_, limit=size, at=self.now)
                if not taken:
                    break
                self.event("writing", object=object_, records=len(taken))
                failures = self._write(object_, taken)
                stopped = self._settle(taken, failures)
                self.event("wrote", object=object_, records=len(taken) - len(failures))
        with self.store.transaction() as tx:
            counts = tx.outbox.counts()
        self.report.deferred = counts[OutboxState.PENDING] + counts[OutboxState.DEFERRED]
        return stopped

    def _write(self, object_: str, taken: Sequence[Queued]) -> dict[int, Failure]:
        """Write fields, links and tasks; return the first failure of each item that had one."""
        failures: dict[int, Failure] = {}
        steps = (self._write_fields, self._write_links, self._make_tasks)
        for step in steps:
            left = [item for item in taken if item.position not in failures]
            try:
                failures |= step(object_, left)
            except ConnectorError as error:
                failures |= {item.position: error.failure for item in left}
        return failures

    def _write_fields(self, object_: str, taken: Sequence[Queued]) -> dict[int, Failure]:
        changes, items = [], []
        for item in taken:
            values = {
                name: scalar_of(self._kinds.get(f"{object_}.{name}", FieldKind.TEXT), value)
                for name, value in item.values.items()
                if not name.startswith("@")
            }
            if values:
                changes.append(Change(object_, item.ref.id, values))
                items.append(item)
        if not changes:
            return {}
        results = self.connector.write(changes)
        self.event("wrote-fields", object=object_, changes=len(changes))
        for result in results:
            for warning in result.warnings:
                self.event("warning", object=object_, id=result.id, warning=warning)
        return _failed(items, [result.failure for result in results])

    def _write_links(self, object_: str, taken: Sequence[Queued]) -> dict[int, Failure]:
        changes, items = [], []
        for item in taken:
            for name, target in item.values.items():
                if name.startswith(LINK) and target is not None:
                    link = name.removeprefix(LINK)
                    part = self.mapping.document.objects[object_].links[link]
                    changes.append(
                        LinkChange(object_, item.ref.id, Link(link, part.object, part.via), str(target))
                    )
                    items.append(item)
        if not changes:
            return {}
        results = self.connector.write_links(changes)
        self.event("wrote-links", object=object_, links=len(changes))
        failed = _failed(items, [result.failure for result in results])
        self.report.linked += len(changes) - len(failed)
        return failed

    def _make_tasks(self, object_: str, taken: Sequence[Queued]) -> dict[int, Failure]:
        tasks, items = [], []
        wanted = [item for item in taken if any(name.startswith(TASK) for name in item.values)]
        if not wanted:
            return {}
        with self.store.reading() as tx:
            # what was written before is not queued again, and the task tells of it all the same
            held = tx.held.get(item.ref for item in wanted)
        for item in wanted:
            for name, key in item.values.items():
                if name.startswith(TASK) and key is not None and self.task_texts is not None:
                    known = {**held.get(item.ref, {}), **item.values}
                    subject, body, due_at = self.task_texts(item.ref, known)
                    tasks.append(Task(object_, item.ref.id, str(key), subject, body, due_at))
                    items.append(item)
        if not tasks:
            return {}
        results = self.connector.create_tasks(tasks)
        self.event("made-tasks", object=object_, tasks=len(tasks))
        failed = _failed(items, [result.failure for result in results])
        self.report.tasks += len(tasks) - len(failed)
        return failed

    def _settle(self, taken: Sequence[Queued], failures: Mapping[int, Failure]) -> Failure | None:
        """Record the result of each item; return the failure that makes going on useless."""
        written = [item for item in taken if item.position not in failures]
        rejected: list[tuple[Queued, Refusal]] = []
        deferred: list[Queued] = []
        stopped: Failure | None = None
        with self.store.transaction() as tx:
            tx.outbox.written(written, at=self.now)
            for item in taken:
                failure = failures.get(item.position)
                if failure is None:
                    continue
                self.event("not-written", object=item.ref.object, id=item.ref.id, code=failure.code)
                match failure.kind:
                    case FailureKind.REJECT:
                        refusal = Refusal(failure.code, failure.message, failure.field, item.values)
                        rejected.append((item, refusal))
                    case FailureKind.GONE:
                        self.reader.bury(tx, item.ref)
                        self.report.gone += 1
                    case FailureKind.ADOPT if failure.other_id is not None:
                        tx.identity.merge(item.ref, Ref(item.ref.object, failure.other_id), at=self.now)
                        self.report.gone += 1
                    case _:
                        deferred.append(item)
                        if failure.kind in (FailureKind.LIMIT, FailureKind.STOP):
                            stopped = stopped or failure
            tx.outbox.rejected(rejected, at=self.now)
            tx.outbox.deferred(deferred)
        self.report.written += len(written)
        self.report.write_rejected += len(rejected)
        return stopped


def _failed(items: Sequence[Queued], failures: Sequence[Failure | None]) -> dict[int, Failure]:
    return {
        item.position: failure for item, failure in zip(items, failures, strict=True) if failure is not None
    }


def due_of(values: Mapping[str, Any], field_name: str | None, now: datetime) -> datetime:
    """Return when a task falls due: what a field says, else in an hour."""
    stated = values.get(field_name) if field_name else None
    return datetime.fromisoformat(stated) if isinstance(stated, str) else now + timedelta(hours=1)
