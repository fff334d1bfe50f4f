"""Which rows of a ruleset no evaluation reached."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from fairlead.engine.trace import Trace
from fairlead.ruleset.typed import Check, Ruleset, Scorecard, Table

__all__ = ["OTHERWISE", "Coverage"]

#: the name of the outcome of a table that no row matches
OTHERWISE = "otherwise"


class Coverage:
    """Counts what was true over many traces.

    A row counts when it is true; `otherwise` when it gave the value; of a check, `passed` and `failed`.
    """

    def __init__(self, ruleset: Ruleset) -> None:
        self._counts: dict[str, dict[str, int]] = {}
        for name in ruleset.document_order:
            decision = ruleset.decision(name)
            outcomes: list[str] = []
            if isinstance(decision, Scorecard | Table):
                outcomes = [row.id for row in decision.rows]
            if isinstance(decision, Table) and decision.otherwise is not None:
                outcomes.append(OTHERWISE)
            if isinstance(decision, Check):
                outcomes = ["passed", "failed"]
            if outcomes:
                self._counts[name] = dict.fromkeys(outcomes, 0)

    def add(self, trace: Trace) -> None:
        """Count one trace."""
        for name, decision in trace.decisions.items():
            counts = self._counts.get(name)
            if counts is None:
                continue
            true = [row.id for row in decision.rows if row.state == "true"]
            for row in true:
                counts[row] += 1
            if decision.kind == "check" and decision.status == "determined":
                counts["passed" if decision.value else "failed"] += 1
            elif OTHERWISE in counts and not true and decision.status == "determined":
                counts[OTHERWISE] += 1

    def add_all(self, traces: Iterable[Trace]) -> None:
        """Count many traces."""
        for trace in traces:
            self.add(trace)

    @property
    def counts(self) -> Mapping[str, Mapping[str, int]]:
        """How often each outcome was reached, by decision, in document order."""
        return self._counts

    @property
    def unreached(self) -> dict[str, list[str]]:
        """The outcomes that were never reached, by decision; decisions without any are left out."""
        never = {
            name: [outcome for outcome, count in counts.items() if not count]
            for name, counts in self._counts.items()
        }
        return {name: outcomes for name, outcomes in never.items() if outcomes}
