"""Why something is unknown: one pass over the terms and what a traced run recorded of them.

The causes of an unknown term are those of its unknown operands; where all operands are known it is the
operator's own. A condition chain has the causes of the condition that stopped it, or of the value it chose.
A decision that is read passes its causes on; one in conflict is a cause itself.
"""

from __future__ import annotations

from typing import Any

from fairlead.engine.decisions import payee_fact
from fairlead.engine.nodes import DecisionNodes, Node, RowNodes
from fairlead.engine.recording import Frame, Recording
from fairlead.engine.results import Cause
from fairlead.engine.runtime import Rates, rate_on
from fairlead.facts.types import MoneyType
from fairlead.logic.terms import Apply, Quantifier, Variable
from fairlead.ruleset.typed import Reward, Scorecard, Table

__all__ = ["Causes"]

_NOTHING: frozenset[Cause] = frozenset()


class Causes:
    """The causes in one recording; those of decisions are found once, in evaluation order."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self._decisions: dict[str, frozenset[Cause]] = {}
        for name, nodes in recording.nodes.items():
            if recording.present(nodes.decision.entity) and recording.undetermined(name):
                self._decisions[name] = self._of_decision(nodes)

    def decision(self, name: str) -> frozenset[Cause]:
        """Return why a decision is undetermined; nothing where it is not."""
        return self._decisions.get(name, _NOTHING)

    def row(self, nodes: DecisionNodes, row: RowNodes) -> frozenset[Cause]:
        """Return why a row is unknown; nothing where it is not."""
        recording = self._recording
        if not recording.row_unknown(row, scored=isinstance(nodes.decision, Scorecard)):
            return _NOTHING
        if recording.value(row.when) is None:
            return self.term(row.when)
        return self.term(row.then) if row.then is not None else _NOTHING

    def term(self, node: Node, frame: Frame | None = None) -> frozenset[Cause]:
        """Return why a term is unknown; nothing where it is known or was not evaluated."""
        recording = self._recording
        if not recording.reached(node, frame) or recording.value(node, frame) is not None:
            return _NOTHING
        match node.term:
            case Variable() as variable:
                return self._variable(variable)
            case Quantifier():
                source, body = node.children
                if recording.value(source, frame) is None:
                    return self.term(source, frame)
                return _NOTHING.union(
                    *(self.term(body, element) for element in recording.frames(node, frame))
                )
            case Apply(operator="if"):
                return self._if(node, frame)
            case Apply() as term:
                unknown = [child for child in node.children if recording.value(child, frame) is None]
                if unknown:
                    return _NOTHING.union(*(self.term(child, frame) for child in unknown))
                values = [recording.value(child, frame) for child in node.children]
                return frozenset({_own_cause(term, values, recording.rates)})
        return _NOTHING

    def _variable(self, variable: Variable) -> frozenset[Cause]:
        if variable.origin != "decision":
            return frozenset({Cause("absent", variable.name)})
        entity = variable.name.partition(".")[0]
        if not self._recording.present(entity):
            return frozenset({Cause("absent", entity)})
        if self._recording.in_conflict(variable.name):
            return frozenset({Cause("conflict", variable.name)})
        return self.decision(variable.name)

    def _if(self, node: Node, frame: Frame | None) -> frozenset[Cause]:
        children = node.children
        for index in range(0, len(children) - 1, 2):
            state = self._recording.value(children[index], frame)
            if state is None:
                return self.term(children[index], frame)
            if state:
                return self.term(children[index + 1], frame)
        return self.term(children[-1], frame) if len(children) % 2 else frozenset({Cause("no_branch")})

    def _of_decision(self, nodes: DecisionNodes) -> frozenset[Cause]:
        match nodes.decision:
            case Scorecard():
                unknown = [row for row in nodes.rows if self._recording.row_unknown(row, scored=True)]
                return self._rows(nodes, unknown) if unknown else frozenset({Cause("overflow")})
            case Table() as table:
                return self._of_table(nodes, table)
            case Reward() as reward:
                return self._of_reward(nodes, reward)
        return _NOTHING.union(*(self.term(part) for part in nodes.parts.values()))

    def _of_table(self, nodes: DecisionNodes, table: Table) -> frozenset[Cause]:
        recording = self._recording
        unknown = [row for row in nodes.rows if recording.row_unknown(row, scored=False)]
        if table.strict and unknown:
            return self._rows(nodes, unknown)
        true = [row for row in nodes.rows if recording.row_true(row)]
        outputs = [row.then for row in true if row.then is not None]
        failed = [output for output in outputs if recording.value(output) is None]
        if failed:
            return _NOTHING.union(*(self.term(output) for output in failed))
        if true or table.aggregate in ("sum", "count"):
            return frozenset({Cause("overflow")})
        if "otherwise" in nodes.parts:
            return self.term(nodes.parts["otherwise"])
        return self._rows(nodes, unknown) | {Cause("no_matching_row", table.name)}

    def _of_reward(self, nodes: DecisionNodes, reward: Reward) -> frozenset[Cause]:
        accrues = nodes.parts["accrues_when"]
        if self._recording.value(accrues) is None:
            return self.term(accrues)
        causes = self.term(nodes.parts["amount"])
        payee = payee_fact(reward)
        key, _, short = payee.partition(".")
        if (self._recording.record.get(key) or {}).get(short) is None:
            causes |= {Cause("absent", payee)}
        return causes

    def _rows(self, nodes: DecisionNodes, rows: list[RowNodes]) -> frozenset[Cause]:
        return _NOTHING.union(*(self.row(nodes, row) for row in rows))


def _own_cause(term: Apply, values: list[Any], rates: Rates | None) -> Cause:
    """Return why an operator has no result although all its operands are known."""
    match term.operator:
        case "/" | "%":
            return Cause("division_by_zero")
        case "substr":
            return Cause("empty_text")
        case "==" | "!=" | "<" | "<=" | ">" | ">=" | "in":
            return Cause("currency_mismatch")
        case "convert":
            source, target = term.arguments[0].type, term.option("currency")
            assert isinstance(source, MoneyType)
            currency = source.currency or values[0][1]
            if rate_on(rates, currency, target, values[1]) is None:
                return Cause("no_rate", f"{currency}>{target}")
    return Cause("overflow")
