"""The code of decision tables."""

from __future__ import annotations

import ast
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING

from fairlead.engine import tree
from fairlead.engine.bounds import can_overflow, sum_reach
from fairlead.engine.marks import CONFLICT, ROW, UNDETERMINED, Mark
from fairlead.engine.nodes import DecisionNodes, Node, RowNodes
from fairlead.engine.operators import within_range
from fairlead.logic.terms import Literal
from fairlead.ruleset.typed import Table, TableRow

if TYPE_CHECKING:
    from fairlead.engine.decisions import DecisionEmitter

__all__ = ["emit_table"]

#: hoisting a guard pays from this number of rows on
_MANY_ROWS = 2


def emit_table(emit: DecisionEmitter, nodes: DecisionNodes, decision: Table, target: str) -> None:
    """Emit the code of a table."""
    policies: dict[str, type[_Policy]] = {
        "first": _First,
        "unique": _Unique,
        "any": _Any,
        "collect": _Collect,
    }
    policies[decision.hit_policy](emit, nodes, decision, target).emit()


class _Policy(ABC):
    """What all hit policies share: rows that are tested one after the other, then a conclusion."""

    def __init__(self, emit: DecisionEmitter, nodes: DecisionNodes, decision: Table, target: str) -> None:
        self.into = emit
        self.emitter = emit.emitter
        self.nodes = nodes
        self.decision = decision
        self.target = target
        self.positions: list[int] = []
        self.failed: str | None = None

    def emit(self) -> None:
        """Emit the rows and the conclusion."""
        self.start()
        common = self.common_guards()
        if common:
            marks = [self.row_mark(row) for row in self.decision.rows]
            with self.into.block() as rows, self.emitter.knowing(common):
                self.rows()
            lacking = tree.any_of(tree.is_none(guard) for guard in sorted(common))
            self.emitter.emit(tree.when(lacking, [_all_bits(self.positions_of(marks))], rows))
        else:
            self.rows()
        self.conclude()

    def start(self) -> None:  # noqa: B027 - most policies have nothing to emit there
        """Emit what stands before the rows."""

    @abstractmethod
    def hit(self, row: TableRow, nodes: RowNodes) -> None:
        """Emit what a true row does."""

    @abstractmethod
    def conclude(self) -> None:
        """Emit what stands after the rows."""

    def rows(self) -> None:
        """Emit the rows."""
        for row, nodes in zip(self.decision.rows, self.nodes.rows, strict=True):
            self.row(row, nodes)

    def row(self, row: TableRow, nodes: RowNodes) -> None:
        """Emit one row."""
        test = self.emitter.test(nodes.when)
        with self.into.block() as hit:
            self.hit(row, nodes)
        unknown: list[ast.stmt] = []
        if test.guards:
            unknown = self.unknown(row)
        self.emitter.branch(test, hit, unknown)

    def unknown(self, row: TableRow) -> list[ast.stmt]:
        """Return what an unknown row does."""
        mark = self.row_mark(row)
        self.positions_of([mark])
        return [self.into.mark(mark)]

    def row_mark(self, row: TableRow) -> Mark:
        """Return the mark of an unknown row."""
        return Mark(self.decision.name, ROW, row.id)

    def positions_of(self, marks: Sequence[Mark]) -> list[int]:
        """Return the bits of marks, and count them to the rows that can be unknown."""
        positions = [self.into.marks.position(mark) for mark in marks]
        self.positions += positions
        return positions

    def common_guards(self) -> set[str]:
        """Return the names without which every row is unknown.

        They are tested once, before the rows; what a trace records of each term must not depend on that.
        """
        if self.emitter.tracing or len(self.nodes.rows) < _MANY_ROWS:
            return set()
        common: set[str] | None = None
        for nodes in self.nodes.rows:
            with self.into.block() as statements:
                test = self.emitter.test(nodes.when)
            if statements or not test.strict:
                return set()
            guards = set(test.guards)
            common = guards if common is None else common & guards
            if not common:
                return set()
        return common or set()

    def undetermined(self) -> list[ast.stmt]:
        """Return the statements that leave the decision undetermined."""
        return self.into.without_value(self.decision.name, self.target, UNDETERMINED)

    def conflict(self) -> list[ast.stmt]:
        """Return the statements that leave the decision in conflict."""
        return self.into.without_value(self.decision.name, self.target, CONFLICT)

    def output(self, node: Node) -> bool:
        """Emit the binding of the target to an output; return whether it can be unknown."""
        fragment = self.emitter.term(node)
        self.emitter.emit(tree.assign(self.target, self.emitter.value_or_none(fragment)))
        return bool(fragment.guards)

    def otherwise(self) -> list[ast.stmt]:
        """Return the statements for the case that no row matches."""
        if "otherwise" not in self.nodes.parts:
            return self.undetermined()
        with self.into.block() as block:
            maybe = self.output(self.nodes.parts["otherwise"])
            given = self.into.give(self.decision.otherwise_reason)
            if maybe:
                lacking = tree.is_none(self.target)
                self.emitter.emit(tree.when(lacking, self.undetermined(), given))
            else:
                self.emitter.emit(*given)
        return block

    def unless_unknown(self, statements: list[ast.stmt], *tests: ast.expr) -> list[ast.stmt]:
        """Return the statements, or undetermined where a row of a strict table is unknown or a test holds."""
        unfit = list(tests)
        if self.decision.strict and self.positions:
            unfit.insert(0, self.into.marked(self.positions))
        if not unfit:
            return statements
        return [tree.when(tree.any_of(unfit), self.undetermined(), statements)]


class _First(_Policy):
    """The first true row counts; a row after it is not looked at."""

    def emit(self) -> None:
        with self.into.block() as body:
            super().emit()
        self.emitter.emit(tree.loop_once(body))

    def start(self) -> None:
        # a flag, as the bits of all earlier rows at every row would grow with the square of the rows
        self.waiting = self.emitter.fresh("u")
        if self.decision.strict:
            self.emitter.emit(tree.assign(self.waiting, tree.constant(False)))

    def unknown(self, row: TableRow) -> list[ast.stmt]:
        flagged = [tree.assign(self.waiting, tree.constant(True))] if self.decision.strict else []
        return [*super().unknown(row), *flagged]

    def hit(self, row: TableRow, nodes: RowNodes) -> None:
        assert nodes.then is not None
        with self.into.block() as chosen:
            maybe = self.output(nodes.then)
            given = self.into.give(row.reason)
            if maybe:
                self.emitter.emit(tree.when(tree.is_none(self.target), self.undetermined(), given))
            else:
                self.emitter.emit(*given)
        if self.decision.strict and self.positions:
            chosen = [tree.when(tree.name(self.waiting), self.undetermined(), chosen)]
        self.emitter.emit(*chosen, tree.stop())

    def conclude(self) -> None:
        self.emitter.emit(*self.unless_unknown(self.otherwise()))


class _Unique(_Policy):
    """One true row counts; two are a conflict."""

    def start(self) -> None:
        self.count, self.reason = self.emitter.fresh("n"), self.emitter.fresh("r")
        self.maybe = False
        self.emitter.emit(tree.assign(self.count, tree.constant(0)))
        if any(row.reason for row in self.decision.rows):
            self.emitter.emit(tree.assign(self.reason, tree.NONE))

    def hit(self, row: TableRow, nodes: RowNodes) -> None:
        assert nodes.then is not None
        self.emitter.emit(tree.augment(self.count, "+", tree.constant(1)))
        self.maybe |= self.output(nodes.then)
        if row.reason is not None:
            self.emitter.emit(tree.assign(self.reason, tree.constant(row.reason.code)))

    def conclude(self) -> None:
        reasons = [row.reason for row in self.decision.rows]
        given: list[ast.stmt] = []
        if any(reasons):
            append = tree.method(tree.name(self.into.reasons), "append", tree.name(self.reason))
            given = [tree.expression(append)]
            if not all(reasons):
                given = [tree.when(tree.is_not_none(self.reason), given)]
        if self.maybe:
            given = [tree.when(tree.is_none(self.target), self.undetermined(), given)]
        one = tree.compare(tree.name(self.count), "==", tree.constant(1))
        several = self.otherwise()
        if len(self.decision.rows) > 1:
            several = [tree.when(tree.name(self.count), self.conflict(), several)]
        self.emitter.emit(*self.unless_unknown([tree.when(one, given, several)]))


class _Several(_Policy):
    """Policies under which several true rows may count; reasons wait until there is a value."""

    def begin(self, value: ast.expr) -> None:
        """Emit the names that collect what the rows give."""
        self.value, self.codes = self.emitter.fresh("v"), self.emitter.fresh("r")
        self.failing = self.emitter.fresh("u")
        self.emitter.emit(tree.assign(self.value, value))
        self.emitter.emit(tree.assign(self.failing, tree.constant(False)))
        if any(row.reason for row in self.decision.rows):
            self.emitter.emit(tree.assign(self.codes, tree.display((), mutable=True)))

    def counted(self, row: TableRow) -> list[ast.stmt]:
        """Return the statement that keeps the reason of a row that counts."""
        if row.reason is None:
            return []
        append = tree.method(tree.name(self.codes), "append", tree.constant(row.reason.code))
        return [tree.expression(append)]

    def give_all(self) -> list[ast.stmt]:
        """Return the statements that give the value and its reasons."""
        given: list[ast.stmt] = [tree.assign(self.target, tree.name(self.value))]
        if any(row.reason for row in self.decision.rows):
            extend = tree.method(tree.name(self.into.reasons), "extend", tree.name(self.codes))
            given.append(tree.expression(extend))
        return given

    def fed(self, node: Node) -> tuple[ast.expr, ast.expr | None]:
        """Emit an output; return its value and the test that it is unknown."""
        fragment = self.emitter.term(node)
        if not isinstance(node.term, Literal):
            fragment = self.emitter.held(fragment)
        return fragment.value, fragment.lacks() if fragment.guards else None

    def feed(self, unknown: ast.expr | None, step: list[ast.stmt]) -> None:
        """Emit the step, or where the output is unknown the failure of the decision."""
        if unknown is None:
            self.emitter.emit(*step)
            return
        self.failed = self.failing
        failure = [tree.assign(self.failing, tree.constant(True))]
        self.emitter.emit(tree.when(unknown, failure, step))

    def failures(self) -> list[ast.expr]:
        """Return the test that an output was unknown, where one can be."""
        return [tree.name(self.failed)] if self.failed is not None else []


class _Any(_Several):
    """True rows must agree; where they do not, the decision is in conflict."""

    def start(self) -> None:
        self.begin(tree.NONE)
        self.differing = self.emitter.fresh("c")
        self.emitter.emit(tree.assign(self.differing, tree.constant(False)))

    def hit(self, row: TableRow, nodes: RowNodes) -> None:
        assert nodes.then is not None
        output, unknown = self.fed(nodes.then)
        differs = tree.negate(tree.compare(tree.name(self.value), "==", output))
        step = [
            tree.when(
                tree.is_none(self.value),
                [tree.assign(self.value, output)],
                [tree.when(differs, [tree.assign(self.differing, tree.constant(True))])],
            ),
            *self.counted(row),
        ]
        self.feed(unknown, step)

    def conclude(self) -> None:
        outcome = [tree.when(tree.is_none(self.value), self.otherwise(), self.give_all())]
        if len(self.decision.rows) > 1:
            outcome = [tree.when(tree.name(self.differing), self.conflict(), outcome)]
        self.emitter.emit(*self.unless_unknown(outcome, *self.failures()))


class _Collect(_Several):
    """All true rows count: their outputs are added, compared, or the rows counted."""

    def start(self) -> None:
        self.begin(tree.constant(0) if self.decision.aggregate in ("sum", "count") else tree.NONE)

    def hit(self, row: TableRow, nodes: RowNodes) -> None:
        if nodes.then is None or self.decision.aggregate == "count":
            self.emitter.emit(tree.augment(self.value, "+", tree.constant(1)), *self.counted(row))
            return
        output, unknown = self.fed(nodes.then)
        if self.decision.aggregate == "sum":
            step = tree.augment(self.value, "+", output)
        else:
            operator = "<" if self.decision.aggregate == "min" else ">"
            better = tree.compare(output, operator, tree.name(self.value))
            step = tree.when(
                tree.any_of((tree.is_none(self.value), better)), [tree.assign(self.value, output)]
            )
        self.feed(unknown, [step, *self.counted(row)])

    def conclude(self) -> None:
        outcome = self.give_all()
        tests = self.failures()
        if self.decision.aggregate in ("min", "max"):
            outcome = [tree.when(tree.is_none(self.value), self.otherwise(), outcome)]
        elif self.decision.aggregate == "sum" and can_overflow(
            self.decision.type, sum_reach(row.then for row in self.decision.rows if row.then is not None)
        ):
            tests.append(tree.negate(within_range(tree.name(self.value), self.decision.type)))
        self.emitter.emit(*self.unless_unknown(outcome, *tests))


def _all_bits(positions: Sequence[int]) -> ast.stmt:
    bits = sum(1 << position for position in positions)
    return tree.augment("mask", "|", tree.constant(bits))
