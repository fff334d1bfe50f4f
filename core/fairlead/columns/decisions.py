"""From the decisions of a ruleset to the columnar algebra."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from fairlead.columns import arithmetic
from fairlead.columns.algebra import Algebra
from fairlead.columns.nodes import Kind, Node
from fairlead.columns.terms import Terms, UnsupportedError
from fairlead.columns.values import Value, null_value
from fairlead.facts.types import IntegerType
from fairlead.logic.terms import Term
from fairlead.ruleset.typed import Check, Decision, Formula, Reason, Reward, Scorecard, Table

__all__ = ["Columns", "Given", "decide", "first_true"]


@dataclass(frozen=True, slots=True)
class Given:
    """A reason and where it is given; `rank` orders the reasons of a scorecard: more points come first."""

    code: str
    test: Node
    rank: Node | None = None


@dataclass
class Columns:
    """The columns of one decision.

    `value` is unknown where the decision is undetermined or in conflict. `members` are the further columns
    of a reward: `payee`, `accrues`, `payable`, `reversed`. `unknown` are the rows, or parts of a reward, with
    the test that they are unknown. `hits` are the rows of a table with the test that they are true.
    """

    value: Value
    undetermined: Node
    conflict: Node
    reasons: list[Given] = field(default_factory=list)
    unknown: list[tuple[str, Node]] = field(default_factory=list)
    hits: list[tuple[str, Node]] = field(default_factory=list)
    members: dict[str, Node] = field(default_factory=dict)

    def only_where(self, on: Algebra, present: Node) -> Columns:
        """Return the columns of a decision that is made where its entity is there."""
        if present.constant(True):
            return self
        return Columns(
            self.value.map(lambda part: on.where(present, part)),
            on.and_(present, self.undetermined),
            on.and_(present, self.conflict),
            [Given(each.code, on.and_(present, each.test), each.rank) for each in self.reasons],
            [(row, on.and_(present, test)) for row, test in self.unknown],
            [(row, on.and_(present, test)) for row, test in self.hits],
            {name: on.where(present, node) for name, node in self.members.items()},
        )


def decide(terms: Terms, decision: Decision, payee: Callable[[Reward], Node]) -> Columns:
    """Return the columns of a decision; `payee` gives who a reward is paid to."""
    on = terms.on
    match decision:
        case Formula():
            value = terms.value(decision.value)
            return Columns(value, on.is_null(value.parts[0]), on.false)
        case Check():
            test = terms.test(decision.requirement)
            given = Given(decision.reason.code, on.is_false(test))
            return Columns(Value((test,)), on.is_null(test), on.false, [given])
        case Scorecard():
            return _scorecard(terms, decision)
        case Table():
            return _TableColumns(terms, decision).columns()
    assert isinstance(decision, Reward)
    return _reward(terms, decision, payee(decision))


def _reward(terms: Terms, reward: Reward, payee: Node) -> Columns:
    on = terms.on
    amount = terms.value(reward.amount)
    accrues = terms.test(reward.accrues_when)
    payable = terms.test(reward.payable_when)
    reversed_ = terms.test(reward.reversed_when)
    paid = on.and_(on.is_known(amount.parts[0]), on.is_known(payee))
    determined = on.or_(on.is_false(accrues), on.and_(on.is_true(accrues), paid))
    members = {"payee": payee, "accrues": accrues, "payable": payable, "reversed": reversed_}
    given = []
    if reward.reason is not None:
        given.append(Given(reward.reason.code, on.and_(on.is_true(accrues), paid)))
    return Columns(
        amount.map(lambda part: on.where(determined, part)),
        on.not_(determined),
        on.false,
        given,
        [("payable_when", on.is_null(payable)), ("reversed_when", on.is_null(reversed_))],
        [],
        {name: on.where(determined, node) for name, node in members.items()},
    )


def _scorecard(terms: Terms, card: Scorecard) -> Columns:
    on = terms.on
    zero = on.number(0)
    sums: dict[str | None, list[Node]] = {None: [on.number(card.initial)]}
    hits: list[tuple[Reason, Node, Node]] = []
    unknown: list[tuple[str, Node]] = []
    for row in card.rows:
        state, points = terms.test(row.when), terms.value(row.points).node
        true = on.is_true(state)
        hit = on.and_(true, on.is_known(points))
        counted = on.case([(state, on.coalesce(points, zero))], zero)
        sums.setdefault(row.group, []).append(counted)
        unknown.append((row.id, on.or_(on.is_null(state), on.and_(true, on.is_null(points)))))
        hits.append((row.reason, hit, on.negative(on.coalesce(points, zero))))
    total = on.total(sums[None])
    for group in card.groups:
        bounded = on.clamp(on.total(sums.get(group.id, [])), group.minimum, group.maximum)
        total = on.add(total, bounded)
    total = on.clamp(total, card.minimum, card.maximum)
    if isinstance(card.type, IntegerType):
        total = arithmetic.fits_64_bits(on, total)
    if card.strict:
        total = on.unless(on.or_(*(test for _, test in unknown)), total)
    known = on.is_known(total)
    given = [Given(reason.code, on.and_(known, hit), rank) for reason, hit, rank in hits]
    return Columns(Value((total,)), on.is_null(total), on.false, given, unknown)


def first_true(on: Algebra, states: Sequence[Node]) -> Node:
    """Return the place of the first test that is true, or how many there are.

    With it no row of a table has to look at all rows before it.
    """
    branches = [(state, on.number(place)) for place, state in enumerate(states)]
    return on.case(branches, on.number(len(states)))


class _TableColumns:
    """The columns of one table."""

    def __init__(self, terms: Terms, table: Table) -> None:
        self.terms = terms
        self.on = on = terms.on
        self.table = table
        self.states = [terms.test(row.when) for row in table.rows]
        self.true = [on.is_true(state) for state in self.states]
        self.unknown = [on.is_null(state) for state in self.states]
        self.blocked = on.false
        self.width = len(null_value(on, table.type).parts)

    def columns(self) -> Columns:
        """Return the columns by the hit policy."""
        policies = {"first": self._first, "unique": self._unique, "any": self._any, "collect": self._collect}
        if self.table.strict and self.table.hit_policy != "first":
            self.blocked = self.on.or_(*self.unknown)
        return policies[self.table.hit_policy]()

    def _value(self, term: Term | None) -> Value:
        return null_value(self.on, self.table.type) if term is None else self.terms.value(term)

    def _choose(self, branches: list[tuple[Node, Value]], otherwise: Value) -> Value:
        on = self.on
        return Value(
            tuple(
                on.case([(test, value.parts[place]) for test, value in branches], otherwise.parts[place])
                for place in range(self.width)
            )
        )

    def _result(
        self, value: Value, conflict: Node, counting: list[Node], unmatched: Node, unknown: list[Node]
    ) -> Columns:
        """Return the columns; `counting` tells where each row gives its reason if there is a value."""
        on, rows = self.on, self.table.rows
        known = on.is_known(value.parts[0])
        given = [
            Given(row.reason.code, on.and_(known, test))
            for row, test in zip(rows, counting, strict=True)
            if row.reason is not None
        ]
        if self.table.otherwise is not None and self.table.otherwise_reason is not None:
            given.append(Given(self.table.otherwise_reason.code, on.and_(known, unmatched)))
        return Columns(
            value,
            on.and_(on.not_(known), on.not_(conflict)),
            conflict,
            given,
            [(row.id, test) for row, test in zip(rows, unknown, strict=True)],
            [(row.id, test) for row, test in zip(rows, self.true, strict=True)],
        )

    def _first(self) -> Columns:
        on, table = self.on, self.table
        places = [on.number(place) for place in range(len(table.rows) + 1)]
        first = first_true(on, self.states)
        counting = [on.compare("==", first, place) for place in places]
        unknown = [
            on.and_(lacking, on.compare(">", first, place))
            for lacking, place in zip(self.unknown, places, strict=False)
        ]
        branches: list[tuple[Node, Value]] = []
        for state, lacking, row in zip(self.states, self.unknown, table.rows, strict=True):
            if table.strict:
                branches.append((lacking, self._value(None)))
            branches.append((state, self._value(row.then)))
        value = self._choose(branches, self._value(table.otherwise))
        return self._result(value, on.false, counting[:-1], counting[-1], unknown)

    def _unique(self) -> Columns:
        on, table = self.on, self.table
        one, zero = on.number(1), on.number(0)
        hits = on.total(on.case([(true, one)], zero) for true in self.true)
        several = on.and_(on.not_(self.blocked), on.compare(">", hits, one))
        none = on.compare("==", hits, zero)
        branches = [(self.blocked, self._value(None)), (several, self._value(None))]
        branches += [(true, self._value(row.then)) for true, row in zip(self.true, table.rows, strict=True)]
        value = self._choose(branches, self._value(table.otherwise))
        return self._result(value, several, self.true, none, self.unknown)

    def _failing(self, outputs: list[Value]) -> Node:
        """Tell where the output of a true row is unknown."""
        on = self.on
        lacking = zip(self.true, outputs, strict=True)
        return on.or_(*(on.and_(true, on.is_null(output.parts[0])) for true, output in lacking))

    def _any(self) -> Columns:
        on, table = self.on, self.table
        outputs = [self._value(row.then) for row in table.rows]
        if any(output.parts[0].kind is Kind.LIST for output in outputs) and len(outputs) > 1:
            raise UnsupportedError("a table with the hit policy `any` whose outputs are lists")
        hits = list(zip(self.true, outputs, strict=True))
        first = self._choose(hits, self._value(None))
        differing = on.or_(
            *(
                on.and_(true, on.is_true(on.compare("!=", part, chosen)))
                for true, output in hits[1:]
                for part, chosen in zip(output.parts, first.parts, strict=True)
            )
        )
        blocked = on.or_(self.blocked, self._failing(outputs))
        conflict = on.and_(on.not_(blocked), differing)
        none = on.not_(on.or_(*self.true))
        nothing = self._value(None)
        value = self._choose(
            [(blocked, nothing), (conflict, nothing), (none, self._value(table.otherwise))], first
        )
        return self._result(value, conflict, self.true, none, self.unknown)

    def _collect(self) -> Columns:
        on, table = self.on, self.table
        one, zero = on.number(1), on.number(0)
        none = on.not_(on.or_(*self.true))
        if table.aggregate == "count":
            counted = on.total(on.case([(true, one)], zero) for true in self.true)
            return self._collected(Value((counted,)), self.blocked, none)
        outputs = [self._value(row.then) for row in table.rows]
        blocked = on.or_(self.blocked, self._failing(outputs))
        nodes = [output.node for output in outputs]
        if table.aggregate == "sum":
            parts = zip(self.true, nodes, strict=True)
            total = on.total(on.case([(true, on.coalesce(node, zero))], zero) for true, node in parts)
            if isinstance(table.type, IntegerType):
                total = arithmetic.fits_64_bits(on, total)
            return self._collected(Value((total,)), blocked, none)
        better = "<" if table.aggregate == "min" else ">"
        best = on.null(Kind.NUMBER)
        for true, node in zip(self.true, nodes, strict=True):
            leads = on.or_(on.is_null(best), on.compare(better, node, best))
            best = on.case([(on.and_(true, leads), node)], best)
        value = self._choose([(none, self._value(table.otherwise))], Value((best,)))
        return self._collected(value, blocked, none)

    def _collected(self, value: Value, blocked: Node, none: Node) -> Columns:
        value = value.map(lambda part: self.on.unless(blocked, part))
        return self._result(value, self.on.false, self.true, none, self.unknown)
