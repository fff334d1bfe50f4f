"""The trace of one evaluation: every value read, every row with its state, and why something is unknown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fairlead.engine.causes import Causes
from fairlead.engine.marks import ROW
from fairlead.engine.nodes import DecisionNodes, Node, RowNodes
from fairlead.engine.recording import Recording
from fairlead.engine.results import Cause, json_value
from fairlead.facts.values import public_from_internal
from fairlead.logic.terms import Variable
from fairlead.ruleset.typed import Reason, Reward, Scorecard, ScoreRow, Table, TableRow

__all__ = ["DecisionTrace", "GroupTrace", "RowTrace", "Trace"]

_STATES = {True: "true", False: "false", None: "unknown"}


@dataclass(frozen=True, slots=True)
class RowTrace:
    """One row; of a reward, one of the conditions `accrues_when`, `payable_when`, `reversed_when`.

    `state` is `true`, `false`, `unknown` or `not reached` (after the first true row of a `first` table).
    `output` is the points or output of a true row, None where that is unknown or there is none.
    """

    id: str
    state: str
    output: Any
    reason: Reason | None
    causes: tuple[Cause, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the row as a JSON object."""
        return {
            "id": self.id,
            "state": self.state,
            "output": json_value(self.output),
            "reason": self.reason.code if self.reason is not None else None,
            "causes": _causes_json(self.causes),
        }


@dataclass(frozen=True, slots=True)
class GroupTrace:
    """The points of a scorecard's group, before and after the group's bounds."""

    id: str
    before: Any
    after: Any

    def as_json(self) -> dict[str, Any]:
        """Return the group as a JSON object."""
        return {"id": self.id, "before": json_value(self.before), "after": json_value(self.after)}


@dataclass(frozen=True, slots=True)
class DecisionTrace:
    """One decision.

    `status` is `determined`, `undetermined` or `conflict`. `before_caps` is a scorecard's sum before its
    bounds. `facts` are the facts read with their values; `inputs` the decisions, parameters and times.
    """

    name: str
    kind: str
    status: str
    value: Any
    before_caps: Any
    groups: tuple[GroupTrace, ...]
    rows: tuple[RowTrace, ...]
    facts: dict[str, Any]
    inputs: dict[str, Any]
    causes: tuple[Cause, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the decision as a JSON object."""
        return {
            "name": self.name,
            "kind": self.kind,
            "status": self.status,
            "value": json_value(self.value),
            "before_caps": json_value(self.before_caps),
            "groups": [group.as_json() for group in self.groups],
            "rows": [row.as_json() for row in self.rows],
            "facts": {name: json_value(value) for name, value in self.facts.items()},
            "inputs": {name: json_value(value) for name, value in self.inputs.items()},
            "causes": _causes_json(self.causes),
        }


class Trace:
    """The trace of one evaluation, decisions in document order."""

    def __init__(
        self, recording: Recording, decisions: dict[str, Any], reasons: list[str], digest: str
    ) -> None:
        self.recording = recording
        self.reasons = reasons
        self.digest = digest
        self._causes = Causes(recording)
        self.decisions = {
            name: self._decision(recording.nodes[name], value) for name, value in decisions.items()
        }

    @property
    def undetermined(self) -> dict[str, tuple[Cause, ...]]:
        """The undetermined decisions with their causes, sorted."""
        return {
            name: decision.causes
            for name, decision in self.decisions.items()
            if decision.status == "undetermined"
        }

    @property
    def conflicts(self) -> dict[str, tuple[str, ...]]:
        """The decisions in conflict with the ids of their true rows."""
        return {
            name: tuple(row.id for row in decision.rows if row.state == "true")
            for name, decision in self.decisions.items()
            if decision.status == "conflict"
        }

    @property
    def unknown_rows(self) -> dict[str, tuple[str, ...]]:
        """The ids of the unknown rows, by decision; of a reward the names of its unknown parts."""
        rows: dict[str, list[str]] = {}
        for mark in self.recording.marks.decode(self.recording.mask):
            if mark.kind == ROW and mark.row is not None:
                rows.setdefault(mark.decision, []).append(mark.row)
        ordered = {}
        for name, decision in self.decisions.items():
            if name in rows:
                order = {row.id: place for place, row in enumerate(decision.rows)}
                ordered[name] = tuple(sorted(rows[name], key=lambda row: (order.get(row, 0), row)))
        return ordered

    @property
    def missing(self) -> list[str]:
        """The absent facts behind unknown rows and undetermined decisions, sorted."""
        causes = {
            cause
            for decision in self.decisions.values()
            for cause in (*decision.causes, *(cause for row in decision.rows for cause in row.causes))
        }
        return sorted(
            cause.subject
            for cause in causes
            if cause.kind == "absent" and not cause.subject.startswith("parameters.")
        )

    def as_json(self) -> dict[str, Any]:
        """Return the trace as a JSON object."""
        return {
            "as_of": json_value(self.recording.as_of),
            "as_of_date": json_value(self.recording.as_of_date),
            "digest": self.digest,
            "reasons": list(self.reasons),
            "decisions": [decision.as_json() for decision in self.decisions.values()],
        }

    def _decision(self, nodes: DecisionNodes, value: Any) -> DecisionTrace:
        decision, recording = nodes.decision, self.recording
        status = "determined"
        if recording.in_conflict(decision.name):
            status = "conflict"
        elif recording.undetermined(decision.name):
            status = "undetermined"
        facts, inputs = self._read(nodes)
        before = recording.values.get(nodes.total_slot)
        return DecisionTrace(
            decision.name,
            type(decision).__name__.lower(),
            status,
            value,
            public_from_internal(decision.type, before),
            self._groups(nodes),
            self._rows(nodes),
            facts,
            inputs,
            tuple(sorted(self._causes.decision(decision.name))),
        )

    def _groups(self, nodes: DecisionNodes) -> tuple[GroupTrace, ...]:
        decision = nodes.decision
        if not isinstance(decision, Scorecard):
            return ()
        groups = []
        for group in decision.groups:
            before = self.recording.values[nodes.group_slots[group.id]]
            after = before if group.minimum is None else max(before, group.minimum)
            after = after if group.maximum is None else min(after, group.maximum)
            groups.append(
                GroupTrace(
                    group.id,
                    public_from_internal(decision.type, before),
                    public_from_internal(decision.type, after),
                )
            )
        return tuple(groups)

    def _rows(self, nodes: DecisionNodes) -> tuple[RowTrace, ...]:
        decision = nodes.decision
        if isinstance(decision, Reward):
            return tuple(
                self._part(part, nodes.parts[part])
                for part in ("accrues_when", "payable_when", "reversed_when")
            )
        if not isinstance(decision, Scorecard | Table):
            return ()
        rows: tuple[ScoreRow | TableRow, ...] = decision.rows
        return tuple(self._row(nodes, row, own) for row, own in zip(rows, nodes.rows, strict=True))

    def _part(self, part: str, node: Node) -> RowTrace:
        state = _STATES[self.recording.value(node)]
        return RowTrace(part, state, None, None, tuple(sorted(self._causes.term(node))))

    def _row(self, nodes: DecisionNodes, row: ScoreRow | TableRow, own: RowNodes) -> RowTrace:
        recording = self.recording
        if not recording.reached(own.when):
            state = "not reached"
        elif recording.row_unknown(own, scored=isinstance(nodes.decision, Scorecard)):
            state = "unknown"
        else:
            state = _STATES[recording.value(own.when)]
        output = recording.value(own.then) if state == "true" and own.then is not None else None
        return RowTrace(
            row.id,
            state,
            public_from_internal(nodes.decision.type, output),
            row.reason,
            tuple(sorted(self._causes.row(nodes, own))),
        )

    def _read(self, nodes: DecisionNodes) -> tuple[dict[str, Any], dict[str, Any]]:
        facts: dict[str, Any] = {}
        inputs: dict[str, Any] = {}
        for root in nodes.roots:
            if not self.recording.reached(root):
                continue
            for node in root.walk():
                if isinstance(node.term, Variable):
                    value = public_from_internal(node.term.type, self.recording.variable(node.term))
                    (facts if node.term.origin == "fact" else inputs)[node.term.name] = value
        return facts, inputs


def _causes_json(causes: tuple[Cause, ...]) -> list[dict[str, str]]:
    return [{"kind": cause.kind, "subject": cause.subject} for cause in causes]
