"""What one traced run recorded: the value of every term that was evaluated, and the bits of the mask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from fairlead.engine.emitter import frames_key
from fairlead.engine.marks import CONFLICT, UNDETERMINED, Mark, Marks
from fairlead.engine.nodes import DecisionNodes, Node, RowNodes
from fairlead.engine.runtime import Rates
from fairlead.logic.terms import Literal, Variable

__all__ = ["Frame", "Recording"]

#: slot -> value; the slots inside a quantifier stand in a frame for each element
Frame = Mapping[int, Any]


@dataclass(frozen=True, slots=True)
class Recording:
    """A traced run.

    `nodes` maps the evaluated decisions, in evaluation order, to their nodes; `record` is the checked
    record with its aggregates computed; `parameters` are the values in force by full name.
    """

    nodes: Mapping[str, DecisionNodes]
    marks: Marks
    record: Mapping[str, Mapping[str, Any]]
    parameters: Mapping[str, Any]
    as_of: datetime
    as_of_date: date
    rates: Rates | None
    values: Frame
    mask: int

    def value(self, node: Node, frame: Frame | None = None) -> Any:
        """Return the value of a term, None where it is unknown or was not evaluated."""
        if isinstance(node.term, Literal):
            return node.term.value
        return (self.values if frame is None else frame).get(node.slot)

    def reached(self, node: Node, frame: Frame | None = None) -> bool:
        """Tell whether a term was evaluated."""
        return isinstance(node.term, Literal) or node.slot in (self.values if frame is None else frame)

    def frames(self, quantifier: Node, frame: Frame | None = None) -> Sequence[Frame]:
        """Return the frames of the elements that a quantifier looked at."""
        frames: Sequence[Frame] = (self.values if frame is None else frame).get(
            frames_key(quantifier.slot), ()
        )
        return frames

    def present(self, entity: str) -> bool:
        """Tell whether the record has the entity."""
        return self.record.get(entity) is not None

    def undetermined(self, decision: str) -> bool:
        """Tell whether a decision is undetermined."""
        return self.marks.has(self.mask, Mark(decision, UNDETERMINED))

    def in_conflict(self, decision: str) -> bool:
        """Tell whether a decision is in conflict."""
        return self.marks.has(self.mask, Mark(decision, CONFLICT))

    def decision_value(self, decision: str) -> Any:
        """Return the internal value of a decision, None where it has none."""
        return self.values.get(self.nodes[decision].value_slot)

    def row_true(self, row: RowNodes) -> bool:
        """Tell whether the condition of a row is true."""
        return self.value(row.when) is True

    def row_unknown(self, row: RowNodes, *, scored: bool) -> bool:
        """Tell whether a row is unknown; in a scorecard (`scored`) it also is where its points are."""
        if not self.reached(row.when):
            return False
        state = self.value(row.when)
        if state is None:
            return True
        return scored and state is True and row.then is not None and self.value(row.then) is None

    def variable(self, variable: Variable) -> Any:
        """Return the internal value of a name."""
        if variable.origin == "time":
            return self.as_of if variable.name == "as_of" else self.as_of_date
        if variable.origin == "parameter":
            return self.parameters.get(variable.name)
        if variable.origin == "decision":
            return self.decision_value(variable.name)
        key, _, short = variable.name.partition(".")
        return (self.record.get(key) or {}).get(short)
