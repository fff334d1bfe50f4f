"""What a run did, counted so that every record is accounted for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from fairlead.plugins.limits import Usage
from fairlead.problems import Problem

__all__ = ["ObjectCounts", "PlannedChange", "RunReport"]


@dataclass(slots=True)
class ObjectCounts:
    """The records of one object: each one read is mirrored, rejected or passed over by the filter."""

    read: int = 0
    new: int = 0
    changed: int = 0
    same: int = 0
    rejected: int = 0
    passed_over: int = 0
    deleted: int = 0
    merged: int = 0

    @property
    def mirrored(self) -> int:
        """Records whose entities stand in the mirror."""
        return self.new + self.changed + self.same


@dataclass(frozen=True, slots=True)
class PlannedChange:
    """A field that a dry run would write: what the CRM holds and what it would hold."""

    object: str
    id: str
    field: str
    before: str
    after: str


@dataclass(slots=True)
class RunReport:
    """What became of every record of a run.

    `state` is `running`, `done` or `stopped`; `problem` says why it stopped. `planned` is filled by dry runs.
    `edits` are result fields that a person had changed and that were restored.
    """

    run: str
    kind: str
    started: datetime
    state: str = "running"
    ended: datetime | None = None
    objects: dict[str, ObjectCounts] = field(default_factory=dict)
    evaluated: int = 0
    not_evaluated: int = 0
    unchanged: int = 0
    outside_pilot: int = 0
    read_only: int = 0
    queued: int = 0
    carried_over: int = 0
    written: int = 0
    write_rejected: int = 0
    deferred: int = 0
    gone: int = 0
    linked: int = 0
    codes: int = 0
    touches: int = 0
    tasks: int = 0
    withheld: int = 0
    edits: list[str] = field(default_factory=list)
    #: (code, record, words): what a person should look at
    notes: list[tuple[str, str, str]] = field(default_factory=list)
    rejects_open: int = 0
    planned: list[PlannedChange] = field(default_factory=list)
    usage: Usage = field(default_factory=Usage)
    problem: Problem | None = None

    def counts(self, object_: str) -> ObjectCounts:
        """Return the counts of an object."""
        return self.objects.setdefault(object_, ObjectCounts())

    @property
    def seconds(self) -> float:
        """How long the run took."""
        return (self.ended - self.started).total_seconds() if self.ended else 0.0

    def imbalances(self) -> list[str]:
        """Return the sums that do not hold: none, unless Fairlead lost sight of a record."""
        found = []
        for name, each in self.objects.items():
            if each.read != each.mirrored + each.rejected + each.passed_over:
                found.append(f"{name}: {each.read} read, {each.mirrored} mirrored, {each.rejected} rejected")
        done = self.unchanged + self.queued + self.outside_pilot + self.read_only
        if self.evaluated != done:
            found.append(f"{self.evaluated} evaluated, {done} unchanged, queued or held back")
        ended = self.written + self.write_rejected + self.deferred + self.gone
        if self.state == "done" and self.queued + self.carried_over != ended:
            found.append(f"{self.queued} queued and {self.carried_over} carried over, {ended} settled")
        return found

    def as_json(self) -> dict[str, Any]:
        """Return the report as a JSON object, without values of records."""
        return {
            "run": self.run,
            "kind": self.kind,
            "state": self.state,
            "started": self.started.isoformat(),
            "ended": self.ended.isoformat() if self.ended else None,
            "seconds": round(self.seconds, 3),
            "objects": {
                name: {
                    "read": each.read,
                    "mirrored": each.mirrored,
                    "new": each.new,
                    "changed": each.changed,
                    "same": each.same,
                    "rejected": each.rejected,
                    "passed_over": each.passed_over,
                    "deleted": each.deleted,
                    "merged": each.merged,
                }
                for name, each in self.objects.items()
            },
            "evaluated": self.evaluated,
            "not_evaluated": self.not_evaluated,
            "unchanged": self.unchanged,
            "outside_pilot": self.outside_pilot,
            "read_only": self.read_only,
            "queued": self.queued,
            "carried_over": self.carried_over,
            "written": self.written,
            "rejected": self.write_rejected,
            "deferred": self.deferred,
            "gone": self.gone,
            "linked": self.linked,
            "codes": self.codes,
            "touches": self.touches,
            "tasks": self.tasks,
            "withheld_facts": self.withheld,
            "edits_restored": list(self.edits),
            "notes": [{"code": code, "record": ref, "message": said} for code, ref, said in self.notes],
            "rejects_open": self.rejects_open,
            "calls": _calls(self.usage),
            "problem": self.problem.as_json() if self.problem else None,
            "planned": [
                {"object": each.object, "id": each.id, "field": each.field}
                | {"before": each.before, "after": each.after}
                for each in self.planned
            ],
        }


def _calls(usage: Usage) -> Mapping[str, Any]:
    return {
        "total": usage.total,
        "by_kind": dict(usage.calls),
        "throttled": usage.throttled,
        "retried": usage.retried,
        "seconds_waited": round(usage.waited, 3),
        "daily_used": usage.daily_used,
        "daily_limit": usage.daily_limit,
    }
