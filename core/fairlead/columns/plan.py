"""A ruleset as columns: what to compute, from which facts, and what the bits of its masks mean."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property
from typing import Any

from fairlead.columns.algebra import Algebra
from fairlead.columns.causes import Cause, Causes, Translated
from fairlead.columns.decisions import Columns, decide
from fairlead.columns.nodes import Node, TooWideError
from fairlead.columns.terms import Rates, Terms, UnsupportedError
from fairlead.columns.values import Value, constant, day_number, fact_value, null_value, shape_of
from fairlead.facts.types import BOOLEAN, DATE, DATE_TIME, TEXT, Type
from fairlead.logic.terms import Term, Variable, walk
from fairlead.problems import Problem, UsageError
from fairlead.ruleset.typed import Check, Decision, Formula, Parameter, Reward, Ruleset, Scorecard, Table

__all__ = [
    "AS_OF",
    "AS_OF_DATE",
    "MASK_BITS",
    "Mark",
    "Output",
    "Plan",
    "ReasonBit",
    "make_plan",
    "not_columnar",
    "terms_of",
    "time_value",
]

#: how many bits one mask column holds: signed 64-bit numbers stay positive
MASK_BITS = 62

#: so many of them are put together in numbers of 8 bits first, which back ends add faster
_NARROW_BITS = 7

#: the columns of each row's own instant and day, where there is no one moment for all; no fact is called so
AS_OF, AS_OF_DATE = "#as_of", "#as_of_date"

#: the parts of a reward that are columns of their own
MEMBERS = ("payee", "accrues", "payable", "reversed")


@dataclass(frozen=True, slots=True)
class Mark:
    """A bit of the mask of what is unknown.

    `kind` is `undetermined`, `conflict`, or `row` (the condition of `row` is unknown; of a reward a part).
    """

    decision: str
    kind: str
    row: str | None = None


@dataclass(frozen=True, slots=True)
class ReasonBit:
    """A bit of the mask of reasons: the reason `code` of a decision; the bits stand in the order of reasons.

    `rank` is the column that orders the reasons of a scorecard whose points are computed: less comes first.
    """

    decision: str
    code: str
    rank: Node | None = None


@dataclass(frozen=True, slots=True)
class Output:
    """A column of results: its name, its type and its parts."""

    name: str
    type: Type
    value: Value


@dataclass
class Plan:
    """What to compute.

    `facts` are the facts that are read, by name; `present` the entities whose presence is asked for.
    `marks` and `reasons` give the bits of the masks, with the tests that set them. The tests of `causes` and
    `missing` are made once they are asked for; `translated` is what they are made of.
    """

    ruleset: Ruleset
    algebra: Algebra
    outputs: list[Output]
    facts: dict[str, Type]
    present: set[str]
    marks: list[tuple[Mark, Node]] = field(default_factory=list)
    reasons: list[tuple[ReasonBit, Node]] = field(default_factory=list)
    hits: list[tuple[Mark, Node]] = field(default_factory=list)
    decisions: dict[str, Columns] = field(default_factory=dict)
    translated: dict[str, Translated] = field(default_factory=dict)

    @cached_property
    def causes(self) -> list[tuple[str, Cause, Node]]:
        """Why each decision is undetermined: (decision, cause, where it holds), in the order of results."""
        return [
            (output, cause, test)
            for output in self._in_order
            for cause, test in sorted(self._causes.decision(output).items(), key=lambda item: item[0])
        ]

    @cached_property
    def missing(self) -> list[tuple[str, Node]]:
        """What is absent behind undetermined decisions and unknown rows, sorted, with where it is."""
        found = self._causes.union(map(self._causes.missing, self._in_order))
        return sorted(((cause.subject, test) for cause, test in found.items()), key=lambda item: item[0])

    @cached_property
    def _causes(self) -> Causes:
        return Causes(self.algebra, self.translated)

    @property
    def _in_order(self) -> list[str]:
        return [name for name in self.ruleset.document_order if name in self.translated]

    def read_values(self, further: Iterable[Node] = ()) -> set[str]:
        """Return the facts of which more is read than whether they are there.

        `further` are nodes that are computed besides the results and the masks.
        """
        roots = list(further)
        roots += [part for output in self.outputs for part in output.value.parts]
        roots += [test for _, test in self.marks]
        roots += [test for _, test in self.reasons]
        roots += [test for _, test in self.hits]
        roots += [bit.rank for bit, _ in self.reasons if bit.rank is not None]
        found: set[str] = set()
        seen: set[int] = set()
        while roots:
            node = roots.pop()
            if id(node) in seen:
                continue
            seen.add(id(node))
            if node.op == "fact":
                found.add(node.extra[0])
            elif node.op != "is_null" or node.args[0].op != "fact":
                roots.extend(node.args)
        return found

    def masks(self, tests: Sequence[Node]) -> list[Node]:
        """Return the masks whose bits are the tests, as many as are needed."""
        on = self.algebra
        zero = on.number(0)
        masks = []
        for start in range(0, max(len(tests), 1), MASK_BITS):
            bits = tests[start : start + MASK_BITS]
            parts = []
            for first in range(0, len(bits), _NARROW_BITS):
                few = enumerate(bits[first : first + _NARROW_BITS])
                part = on.total(on.case([(test, on.number(1 << place))], zero) for place, test in few)
                parts.append(on.multiply(part, on.number(1 << first)))
            masks.append(on.total(parts))
        return masks


def terms_of(decision: Decision) -> list[Term]:
    """Return all terms of a decision but the maxima of caps, which the ledger applies."""
    match decision:
        case Scorecard():
            return [term for row in decision.rows for term in (row.when, row.points)]
        case Table():
            rows = [term for row in decision.rows for term in (row.when, row.then)]
            return [term for term in (*rows, decision.otherwise) if term is not None]
        case Formula():
            return [decision.value]
        case Check():
            return [decision.requirement]
    assert isinstance(decision, Reward)
    return [decision.amount, decision.accrues_when, decision.payable_when, decision.reversed_when]


def variables_of(decision: Decision) -> Iterable[Variable]:
    """Yield the names that a decision reads."""
    for term in terms_of(decision):
        for part in walk(term):
            if isinstance(part, Variable):
                yield part
    if isinstance(decision, Reward):
        yield Variable(TEXT, f"{decision.payee}.id", "fact")


def needed_decisions(ruleset: Ruleset, select: Iterable[str] | None) -> list[Decision]:
    """Return the selected decisions and those that they read, in evaluation order."""
    if select is None:
        return list(ruleset.decisions)
    needed = set(select)
    for decision in reversed(ruleset.decisions):
        if decision.name in needed:
            needed.update(each.name for each in variables_of(decision) if each.origin == "decision")
    return [decision for decision in ruleset.decisions if decision.name in needed]


class _Reader:
    """Gives the columns of names."""

    def __init__(
        self,
        plan: Plan,
        available: Collection[str] | None,
        entities: Collection[str] | None,
        as_of: datetime | None,
        as_of_date: date | None,
    ) -> None:
        self.plan = plan
        self.available = available
        self.entities = entities
        self.as_of = as_of
        self.day = as_of_date

    def present(self, entity: str) -> Node:
        """Tell where a record has an entity."""
        if self.entities is None:
            self.plan.present.add(entity)
            column = fact_value(self.plan.algebra, f"{entity}.", BOOLEAN).node
            return self.plan.algebra.is_true(column)
        return self.plan.algebra.boolean(entity in self.entities)

    def __call__(self, variable: Variable) -> Value:
        on = self.plan.algebra
        match variable.origin:
            case "time":
                return time_value(self.plan, variable.name, self.as_of, self.day)
            case "parameter":
                parameter = self.plan.ruleset.parameters[variable.name.partition(".")[2]]
                if self.day is not None:
                    return constant(on, parameter.type, parameter.on(self.day))
                return self.in_force(parameter)
            case "decision":
                found = self.plan.decisions.get(variable.name)
                return found.value if found is not None else null_value(on, variable.type)
        return self.fact(variable.name, variable.type)

    def in_force(self, parameter: Parameter) -> Value:
        """Return the value of a parameter that is in force on the row's day."""
        on = self.plan.algebra
        begun: list[tuple[Node, Value]] = []
        otherwise = null_value(on, parameter.type)
        for first, each in reversed(parameter.values):
            value = constant(on, parameter.type, each)
            if first is None:
                otherwise = value
                break
            day = time_value(self.plan, "as_of_date", None, None).node
            begun.append((on.compare(">=", day, on.number(day_number(first))), value))
        return Value(
            tuple(
                on.case([(test, value.parts[place]) for test, value in begun], last)
                for place, last in enumerate(otherwise.parts)
            )
        )

    def fact(self, name: str, type_: Type) -> Value:
        """Return the columns of a fact; one that no column states is absent."""
        if self.available is not None and name not in self.available:
            return null_value(self.plan.algebra, type_)
        self.plan.facts[name] = type_
        return fact_value(self.plan.algebra, name, type_)


def time_value(plan: Plan, name: str, as_of: datetime | None, as_of_date: date | None) -> Value:
    """Return `as_of` or `as_of_date`: a constant, or where they are None the row's own."""
    column = AS_OF if name == "as_of" else AS_OF_DATE
    type_: Type = DATE_TIME if name == "as_of" else DATE
    moment: date | None = as_of if name == "as_of" else as_of_date
    if moment is not None:
        return constant(plan.algebra, type_, moment)
    plan.facts[column] = type_
    (shape,) = shape_of(type_)
    # a row without a moment has no results, so what is read of it does not matter
    return Value((plan.algebra.fact(column, shape.part, shape.kind, shape.reach, nullable=False),))


def make_plan(
    ruleset: Ruleset,
    as_of: datetime | None,
    as_of_date: date | None,
    *,
    select: Iterable[str] | None = None,
    available: Collection[str] | None = None,
    entities: Collection[str] | None = (),
    rates: Rates | None = None,
) -> Plan:
    """Return the plan of a ruleset as of an instant and its day, or with None as of each row's own.

    `available` are the facts that there are columns for; None is all. `entities` are those that every record
    has; None means that it is asked of each record. Raises UsageError with everything that cannot be
    translated exactly, by decision.
    """
    plan = Plan(ruleset, Algebra(), [], {}, set())
    reader = _Reader(plan, available, entities, as_of, as_of_date)
    problems: list[Problem] = []
    for decision in needed_decisions(ruleset, select):
        terms = Terms(plan.algebra, reader, rates)
        try:
            own = decide(terms, decision, lambda reward: reader.fact(f"{reward.payee}.id", TEXT).node)
            present = reader.present(decision.entity)
            own = own.only_where(plan.algebra, present)
            plan.decisions[decision.name] = own
            plan.translated[decision.name] = Translated(decision, own, terms, present)
        except TooWideError:
            problems.append(_refused(decision, "a number that can need more than 38 digits on the way"))
        except UnsupportedError as found:
            problems.append(_refused(decision, str(found)))
    if problems:
        raise UsageError(problems)
    _arrange(plan)
    return plan


def _refused(decision: Decision, what: str) -> Problem:
    return replace(not_columnar(f"`{decision.name}`", what, decision.name), pointer=decision.pointer)


def not_columnar(subject: str, what: str, found: str) -> Problem:
    """Return the problem of something that needs what columns cannot compute exactly."""
    return Problem(
        "not-columnar",
        f"{subject} needs {what}, which columns cannot compute exactly",
        found=found,
        remedy="evaluate it with `--engine row`, or leave it out with `--decisions`",
    )


def _arrange(plan: Plan) -> None:
    """List outputs, marks and reasons in document order."""
    for name in plan.ruleset.document_order:
        own = plan.decisions.get(name)
        if own is None:
            continue
        decision = plan.ruleset.decision(name)
        plan.outputs.append(Output(name, decision.type, own.value))
        for member, node in own.members.items():
            type_: Type = TEXT if member == "payee" else BOOLEAN
            plan.outputs.append(Output(f"{name}.{member}", type_, Value((node,))))
        marks = [(Mark(name, "undetermined"), own.undetermined)]
        if isinstance(decision, Table) and decision.hit_policy in ("unique", "any"):
            marks.append((Mark(name, "conflict"), own.conflict))
        marks += [(Mark(name, "row", row), test) for row, test in own.unknown]
        plan.marks += marks
        plan.reasons += _ordered_reasons(name, own)
        if not own.conflict.constant(False):
            plan.hits += [(Mark(name, "hit", row), test) for row, test in own.hits]


def _ordered_reasons(name: str, own: Columns) -> list[tuple[ReasonBit, Node]]:
    """Return the reasons in the order in which a record lists them."""
    given = own.reasons
    ranks = [each.rank for each in given if each.rank is not None]
    if len(ranks) == len(given) and all(rank.op == "constant" for rank in ranks):
        given = sorted(given, key=_constant_rank)
        return [(ReasonBit(name, each.code), each.test) for each in given]
    return [(ReasonBit(name, each.code, each.rank), each.test) for each in given]


def _constant_rank(given: Any) -> int:
    rank: int = given.rank.extra
    return rank
