"""The terms of a ruleset with a slot number for each occurrence.

A slot is where a trace keeps the value that the occurrence had; the passes over a trace (causes, the next
due instant, the explanation) walk these nodes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from fairlead.engine.constants import folded
from fairlead.logic.terms import Term, Variable
from fairlead.ruleset.typed import Check, Decision, Formula, Reward, Ruleset, Scorecard, Table

__all__ = ["DecisionNodes", "Node", "RowNodes", "Slots", "number_decisions"]


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """One occurrence of a term. `timed` is True where its value can change with time alone."""

    term: Term
    slot: int
    children: tuple[Node, ...]
    timed: bool

    def walk(self) -> Iterator[Node]:
        """Yield the node and all below it, parents first."""
        stack = [self]
        while stack:
            node = stack.pop()
            yield node
            stack.extend(reversed(node.children))


@dataclass(frozen=True, slots=True)
class RowNodes:
    """A row: its condition, and its points or output (None under collect count)."""

    id: str
    when: Node
    then: Node | None


@dataclass(frozen=True, slots=True)
class DecisionNodes:
    """The nodes of one decision.

    `parts` are the single terms by name: `otherwise` of a table, `value` of a formula, `requirement` of a
    check, `amount`, `accrues_when`, `payable_when`, `reversed_when` of a reward. `value_slot` keeps the
    decision's internal value; `total_slot` a scorecard's points before its caps; `group_slots` the sums of
    its groups before theirs.
    """

    decision: Decision
    value_slot: int
    total_slot: int
    group_slots: Mapping[str, int]
    rows: tuple[RowNodes, ...] = ()
    parts: Mapping[str, Node] = field(default_factory=dict)

    @property
    def roots(self) -> Iterator[Node]:
        """Every term of the decision."""
        for row in self.rows:
            yield row.when
            if row.then is not None:
                yield row.then
        yield from self.parts.values()

    @property
    def timed(self) -> bool:
        """Tell whether the decision can change with time alone."""
        return any(root.timed for root in self.roots)

    def variables(self) -> Iterator[Variable]:
        """Yield each occurrence of a name that the decision reads."""
        for root in self.roots:
            for node in root.walk():
                if isinstance(node.term, Variable):
                    yield node.term


class Slots:
    """Hands out slot numbers and makes nodes."""

    def __init__(self) -> None:
        self.count = 0
        self.timed_decisions: set[str] = set()

    def take(self) -> int:
        """Return a new slot."""
        self.count += 1
        return self.count - 1

    def node(self, term: Term) -> Node:
        """Number a term and everything below it."""
        term = folded(term)
        slot = self.take()
        children = tuple(self.node(child) for child in term.children)
        timed = any(child.timed for child in children)
        if isinstance(term, Variable):
            timed = term.origin == "time" or (term.origin == "decision" and term.name in self.timed_decisions)
        return Node(term, slot, children, timed)


def _terms(decision: Decision) -> dict[str, Term]:
    match decision:
        case Table():
            return {"otherwise": decision.otherwise} if decision.otherwise is not None else {}
        case Formula():
            return {"value": decision.value}
        case Check():
            return {"requirement": decision.requirement}
        case Reward():
            return {
                "amount": decision.amount,
                "accrues_when": decision.accrues_when,
                "payable_when": decision.payable_when,
                "reversed_when": decision.reversed_when,
            }
    return {}


def _numbered(decision: Decision, slots: Slots) -> DecisionNodes:
    rows: tuple[tuple[str, Term, Any], ...] = ()
    groups: dict[str, int] = {}
    if isinstance(decision, Scorecard):
        rows = tuple((row.id, row.when, row.points) for row in decision.rows)
        groups = {group.id: slots.take() for group in decision.groups}
    elif isinstance(decision, Table):
        rows = tuple((row.id, row.when, row.then) for row in decision.rows)
    nodes = DecisionNodes(
        decision,
        slots.take(),
        slots.take(),
        groups,
        tuple(
            RowNodes(row_id, slots.node(test), slots.node(then) if then is not None else None)
            for row_id, test, then in rows
        ),
        {part: slots.node(term) for part, term in _terms(decision).items()},
    )
    if nodes.timed:
        slots.timed_decisions.add(decision.name)
    return nodes


def _needed(ruleset: Ruleset, select: Iterable[str] | None) -> set[str]:
    names = {decision.name for decision in ruleset.decisions}
    if select is None:
        return names
    needed = set(select)
    # decisions stand after all they read, so one pass from the end finds everything
    for decision in reversed(ruleset.decisions):
        if decision.name in needed:
            nodes = _numbered(decision, Slots())
            needed.update(variable.name for variable in nodes.variables() if variable.origin == "decision")
    return needed & names


def number_decisions(
    ruleset: Ruleset, select: Iterable[str] | None = None
) -> tuple[tuple[DecisionNodes, ...], int]:
    """Return the nodes of the selected decisions and those they read, and the number of slots."""
    needed = _needed(ruleset, select)
    slots = Slots()
    numbered = tuple(_numbered(decision, slots) for decision in ruleset.decisions if decision.name in needed)
    return numbered, slots.count
