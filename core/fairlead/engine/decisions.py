"""The code of each kind of decision."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from fairlead.engine import tree
from fairlead.engine.bounds import score_bounds
from fairlead.engine.emitter import RECORDED, Emitter
from fairlead.engine.marks import ROW, UNDETERMINED, Mark, Marks
from fairlead.engine.nodes import DecisionNodes, Node, RowNodes
from fairlead.engine.operators import within_range
from fairlead.engine.tables import emit_table
from fairlead.logic.terms import Literal
from fairlead.ruleset.typed import Check, Formula, Reason, Reward, Scorecard, ScoreRow, Table

__all__ = ["DecisionEmitter", "payee_fact"]

MASK = "mask"


def payee_fact(decision: Reward) -> str:
    """Return the name of the fact that identifies who is paid."""
    return f"{decision.payee}.id"


class DecisionEmitter:
    """Emits decisions one after the other into the blocks of an `Emitter`.

    `rewards` maps a reward to the name of its public value, `maybe` holds the decisions that can be
    undetermined or in conflict. `reasons` is the name of the list for the reasons of the current decision.
    """

    def __init__(self, emitter: Emitter, marks: Marks) -> None:
        self.emitter = emitter
        self.marks = marks
        self.rewards: dict[str, str] = {}
        self.maybe: set[str] = set()
        self.reasons = "reasons"

    def decision(self, nodes: DecisionNodes, target: str, reasons: str) -> None:
        """Emit the code that binds `target` to the decision's value and adds to the list `reasons`."""
        decision = nodes.decision
        self.reasons = reasons
        match decision:
            case Scorecard():
                self._scorecard(nodes, decision, target)
            case Table():
                emit_table(self, nodes, decision, target)
            case Formula():
                self._value(nodes.parts["value"], decision.name, target)
            case Check():
                self._check(nodes, decision, target)
            case Reward():
                self._reward(nodes, decision, target)
        self.record(nodes.value_slot, tree.name(target))

    # pieces that all kinds share

    def record(self, slot: int, value: ast.expr) -> None:
        """Keep a value for the trace."""
        if self.emitter.tracing:
            self.emitter.emit(tree.store(tree.name(RECORDED), tree.constant(slot), value))

    def mark(self, mark: Mark) -> ast.stmt:
        """Return the statement that sets a bit of the mask."""
        return tree.augment(MASK, "|", tree.bit(self.marks.position(mark)))

    def without_value(self, decision: str, target: str, kind: str) -> list[ast.stmt]:
        """Return the statements that leave a decision undetermined or in conflict."""
        self.maybe.add(decision)
        return [tree.assign(target, tree.NONE), self.mark(Mark(decision, kind))]

    def give(self, reason: Reason | None) -> list[ast.stmt]:
        """Return the statement that adds a reason code."""
        if reason is None:
            return []
        return [tree.expression(tree.method(tree.name(self.reasons), "append", tree.constant(reason.code)))]

    def marked(self, positions: Sequence[int]) -> ast.expr:
        """Test whether any of these bits, which were taken one after the other, is set."""
        low, high = min(positions), max(positions)
        bits = ((1 << (high - low + 1)) - 1) << low
        return tree.binary(tree.name(MASK), "&", tree.constant(bits))

    @contextmanager
    def block(self) -> Iterator[list[ast.stmt]]:
        """Collect statements."""
        with self.emitter.into() as block:
            yield block

    def _value(self, node: Node, decision: str, target: str) -> None:
        fragment = self.emitter.term(node)
        self.emitter.emit(tree.assign(target, self.emitter.value_or_none(fragment)))
        if fragment.guards:
            undetermined = self.without_value(decision, target, UNDETERMINED)[1:]
            self.emitter.emit(tree.when(tree.is_none(target), undetermined))

    def _check(self, nodes: DecisionNodes, decision: Check, target: str) -> None:
        test = self.emitter.test(nodes.parts["requirement"])
        passed = self.emitter.held(test)
        self.emitter.emit(tree.assign(target, passed.value))
        failed = self.give(decision.reason)
        if passed.guards:
            undetermined = self.without_value(decision.name, target, UNDETERMINED)[1:]
            failed = [tree.when(tree.is_none(target), undetermined, failed)]
        self.emitter.emit(tree.when(tree.negate(tree.name(target)), failed))

    # rewards

    def _reward(self, nodes: DecisionNodes, decision: Reward, target: str) -> None:
        emitter = self.emitter
        name, result = decision.name, emitter.fresh("w")
        self.rewards[name] = result
        parts = {part: emitter.held(emitter.term(node)) for part, node in nodes.parts.items()}
        accrues, amount = parts["accrues_when"], parts["amount"]
        payee = emitter.names[payee_fact(decision)]
        for part in ("payable_when", "reversed_when"):
            if parts[part].guards:
                emitter.emit(tree.when(parts[part].lacks(), [self.mark(Mark(name, ROW, part))]))
        paid = emitter.public(decision.type, amount)
        value = tree.call(
            "RewardResult",
            tree.name(payee),
            paid,
            accrues.value,
            parts["payable_when"].value,
            parts["reversed_when"].value,
        )
        undetermined = [
            *self.without_value(name, target, UNDETERMINED),
            tree.assign(result, tree.NONE),
        ]
        earned = [
            tree.assign(target, amount.value),
            *self.give(decision.reason),
            tree.assign(result, value),
        ]
        lacking = tree.any_of((tree.is_none(payee), *(tree.is_none(guard) for guard in amount.guards)))
        outcome = tree.when(
            accrues.value,
            [tree.when(lacking, undetermined, earned)],
            [tree.assign(target, tree.constant(0)), tree.assign(result, value)],
        )
        if accrues.guards:
            outcome = tree.when(accrues.lacks(), undetermined, [outcome])
        emitter.emit(outcome)

    # scorecards

    def _scorecard(self, nodes: DecisionNodes, decision: Scorecard, target: str) -> None:
        emitter = self.emitter
        rows = list(zip(range(len(decision.rows)), decision.rows, nodes.rows, strict=True))
        ranked = all(row.then is not None and isinstance(row.then.term, Literal) for row in nodes.rows)
        if ranked:
            # equal points keep their order: sorting is stable
            rows.sort(key=lambda row: -_points(row[2]))
        groups = {group.id: emitter.fresh("g") for group in decision.groups}
        hits = emitter.fresh("h")
        emitter.emit(tree.assign(target, tree.constant(decision.initial)))
        emitter.emit(*(tree.assign(group, tree.constant(0)) for group in groups.values()))
        if not ranked:
            emitter.emit(tree.assign(hits, tree.display((), mutable=True)))
        positions: list[int] = []
        for index, row, row_nodes in rows:
            total = groups[row.group] if row.group is not None else target
            rank = None if ranked else (hits, index)
            positions += self._score_row(decision, row, row_nodes, total, rank)
        self._caps(nodes, decision, target, groups)
        self._conclude(decision, target, positions if decision.strict else [], None if ranked else hits)

    def _score_row(
        self,
        decision: Scorecard,
        row: ScoreRow,
        nodes: RowNodes,
        total: str,
        rank: tuple[str, int] | None,
    ) -> list[int]:
        """Emit a row; return its bit, where it can be unknown."""
        emitter = self.emitter
        assert nodes.then is not None
        test = emitter.test(nodes.when)
        mark = Mark(decision.name, ROW, row.id)
        maybe = bool(test.guards)
        with self.block() as hit:
            points = emitter.term(nodes.then)
            if rank is None:
                if _points(nodes):
                    emitter.emit(tree.augment(total, "+", points.value))
                emitter.emit(*self.give(row.reason))
            else:
                if not isinstance(nodes.then.term, Literal):
                    points = emitter.held(points)
                maybe = maybe or bool(points.guards)
                entry = tree.display(
                    (tree.negative(points.value), tree.constant(rank[1]), tree.constant(row.reason.code))
                )
                counted: list[ast.stmt] = [
                    tree.augment(total, "+", points.value),
                    tree.expression(tree.method(tree.name(rank[0]), "append", entry)),
                ]
                if points.guards:
                    counted = [tree.when(points.lacks(), [self.mark(mark)], counted)]
                emitter.emit(*counted)
        emitter.branch(test, hit, [self.mark(mark)] if test.guards else ())
        return [self.marks.position(mark)] if maybe else []

    def _caps(self, nodes: DecisionNodes, decision: Scorecard, target: str, groups: dict[str, str]) -> None:
        bounds = score_bounds(decision)
        for group in decision.groups:
            total = groups[group.id]
            self.record(nodes.group_slots[group.id], tree.name(total))
            self._clamp(total, group.minimum, group.maximum, bounds.groups[group.id])
            self.emitter.emit(tree.augment(target, "+", tree.name(total)))
        self.record(nodes.total_slot, tree.name(target))
        self._clamp(target, decision.minimum, decision.maximum, bounds.total)

    def _clamp(self, total: str, minimum: int | None, maximum: int | None, reach: tuple[int, int]) -> None:
        """Bound a sum, where it can leave its bounds."""
        for bound, operator, matters in (
            (minimum, "<", minimum is not None and reach[0] < minimum),
            (maximum, ">", maximum is not None and reach[1] > maximum),
        ):
            if matters:
                limit = tree.constant(bound)
                beyond = tree.compare(tree.name(total), operator, limit)
                self.emitter.emit(tree.when(beyond, [tree.assign(total, limit)]))

    def _conclude(self, decision: Scorecard, target: str, positions: list[int], hits: str | None) -> None:
        """Emit what is left once the points are added: the order of reasons, and whether there is a value."""
        tests = [self.marked(positions)] if positions else []
        if score_bounds(decision).overflows:
            tests.append(tree.negate(within_range(tree.name(target), decision.type)))
        determined: list[ast.stmt] = []
        if hits is not None:
            codes = tree.call("codes_by_rank", tree.name(hits))
            determined.append(tree.expression(tree.method(tree.name(self.reasons), "extend", codes)))
        if not tests:
            self.emitter.emit(*determined)
            return
        undetermined = self.without_value(decision.name, target, UNDETERMINED)
        if hits is None:
            undetermined.append(tree.expression(tree.method(tree.name(self.reasons), "clear")))
        self.emitter.emit(tree.when(tree.any_of(tests), undetermined, determined))


def _points(nodes: RowNodes) -> int:
    assert nodes.then is not None
    assert isinstance(nodes.then.term, Literal)
    value: int = nodes.then.term.value
    return value
