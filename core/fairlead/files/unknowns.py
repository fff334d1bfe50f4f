"""What is unknown about each result of a file, found once for all records that are alike in it.

A trace tells why something is unknown, and takes a hundred times as long as a decision. For most conditions
the mask of what is unknown and the absent facts tell as much: an unknown `and` of comparisons has as causes
all its absent facts. So traces are made only for the first record of each kind. A decision with conditions
that are not so plain, or that time moves, also depends on the values it reads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Generic, NamedTuple, TypeVar

from fairlead.engine.marks import CONFLICT, UNDETERMINED, Mark
from fairlead.engine.nodes import DecisionNodes
from fairlead.engine.program import Checked, Program
from fairlead.engine.results import Cause
from fairlead.engine.trace import Trace
from fairlead.facts.model import Aggregate
from fairlead.facts.types import MoneyType
from fairlead.logic.terms import Apply, Literal, Term, Variable, walk
from fairlead.ruleset.typed import Reward

__all__ = ["NOTHING_UNKNOWN", "Unknown", "Unknowns", "aggregate_lists", "is_plain"]

#: how many kinds of records are remembered
_MOST_KEPT = 8192

#: operators that are unknown only where an operand is, unless they are marked as checked
_STRICT = frozenset(
    ["==", "!=", "<", "<=", ">", ">=", "in", "+", "-", "*", "min", "max", "widen", "list"]
    + [f"{unit}_between" for unit in ("days", "hours", "minutes", "seconds")]
)
_OTHER = {"and": "or", "or": "and"}

_NO_FACTS: Mapping[str, Any] = {}

Rendered = TypeVar("Rendered")


class Unknown(NamedTuple):
    """What is unknown about one result, and when time alone can next change it."""

    undetermined: Mapping[str, tuple[Cause, ...]]
    conflicts: Mapping[str, tuple[str, ...]]
    unknown_rows: Mapping[str, tuple[str, ...]]
    missing: tuple[str, ...]
    due: datetime | None


NOTHING_UNKNOWN = Unknown({}, {}, {}, (), None)


class _Part(NamedTuple):
    """What is unknown about one decision."""

    undetermined: tuple[Cause, ...] | None
    unknown_rows: tuple[str, ...]
    missing: frozenset[str]


@dataclass
class _Reads:
    """What the unknown part of one decision depends on.

    `bits` of the mask; `absent` are the facts whose absence counts; `values` the names whose values count.
    """

    bits: int = 0
    absent: set[str] = field(default_factory=set)
    values: set[str] = field(default_factory=set)

    def add(self, other: _Reads) -> None:
        """Depend on all that another decision depends on."""
        self.bits |= other.bits
        self.absent |= other.absent
        self.values |= other.values


class Unknowns(Generic[Rendered]):
    """From (record, decisions, mask) to what is unknown, rendered.

    `columns` are the facts that a record of the file can have; None is any. Where `with_due` is false, what
    is rendered does not show when time can next change a result.
    """

    def __init__(
        self,
        program: Program,
        as_of: date,
        render: Callable[[Unknown], Rendered],
        columns: Iterable[str] | None = None,
        *,
        with_due: bool = True,
    ) -> None:
        self._program = program
        self._as_of = as_of
        self._render = render
        # no record is needed to learn what the decisions read
        empty = program.trace({}, as_of)
        nodes = empty.recording.nodes
        self._reads = _all_reads(program, nodes)
        self._conflicts = _bits(program, lambda mark: mark.kind == CONFLICT)
        self._related = _related_lists(program, nodes.values())
        self._with_due = with_due
        self._aggregating = program.aggregating(as_of)
        timed = [item for item in nodes.values() if item.timed] if with_due else []
        self._timed = bool(timed)
        self._due = program.due(empty)
        # without a set bit nothing is unknown: only the due instant is then left to find
        self._needs_no_bit = with_due and (self._timed or bool(self._related))

        absent = {name for reads in self._reads.values() for name in reads.absent}
        values = {name for reads in self._reads.values() for name in reads.values}
        values |= {variable.name for item in timed for variable in item.variables()}
        if columns is not None:
            known = set(columns)
            absent &= known
            values &= known | self._reads.keys()
        self._absent = {name: 1 << place for place, name in enumerate(sorted(absent))}
        self._absent_by_key = _by_key(self._absent)
        self._values = [name.partition(".") for name in sorted(values)]
        self._part_reads = {
            name: (
                reads.bits,
                sum(self._absent[fact] for fact in reads.absent & absent),
                [place for place, value in enumerate(sorted(values)) if value in reads.values],
            )
            for name, reads in self._reads.items()
        }

        self._kept: dict[Any, Rendered] = {}
        self._parts: dict[Any, _Part] = {}
        self._nothing = render(NOTHING_UNKNOWN._replace(due=self._due))

    def __call__(self, record: Checked, decisions: Mapping[str, Any], mask: int) -> Rendered:
        """Return what is unknown about one result."""
        if not mask and not self._needs_no_bit:
            return self._nothing
        if self._related and self._has_related(record):
            if self._with_due:
                # how long the related records count is in a trace alone
                return self._render(self._traced(record))
            record = self._aggregating(record)
        if mask & self._conflicts:
            # which rows are true is in a trace alone
            return self._render(self._traced(record))
        absent = 0
        for entity, facts in self._absent_by_key:
            known = record.get(entity, _NO_FACTS)
            for short, bit in facts:
                if known.get(short) is None:
                    absent |= bit
        values: tuple[Any, ...] = ()
        if self._values:
            values = tuple([self._value(record, decisions, *name) for name in self._values])
        key = (mask, absent, values, tuple(record))
        kept = self._kept.get(key)
        if kept is None:
            whole = self._traced(record) if self._timed else self._composed(record, decisions, *key)
            kept = self._render(whole)
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            self._kept[key] = kept
        return kept

    def _composed(
        self,
        record: Checked,
        decisions: Iterable[str],
        mask: int,
        absent: int,
        values: tuple[Any, ...],
        entities: tuple[str, ...],
    ) -> Unknown:
        """Return what is unknown, put together from what was found for each decision before."""
        undetermined, unknown_rows = {}, {}
        missing: set[str] = set()
        trace: Trace | None = None
        for name in decisions:
            bits, absent_bits, places = self._part_reads[name]
            if not mask & bits:
                continue
            own_values = tuple([values[place] for place in places])
            key = (name, mask & bits, absent & absent_bits, own_values, entities)
            part = self._parts.get(key)
            if part is None:
                trace = trace or self._trace(record)
                part = _part(trace, name)
                if len(self._parts) >= _MOST_KEPT:
                    self._parts.clear()
                self._parts[key] = part
            if part.undetermined is not None:
                undetermined[name] = part.undetermined
            if part.unknown_rows:
                unknown_rows[name] = part.unknown_rows
            missing |= part.missing
        return Unknown(undetermined, {}, unknown_rows, tuple(sorted(missing)), self._due)

    def _value(self, record: Checked, decisions: Mapping[str, Any], entity: str, _: str, short: str) -> Any:
        name = f"{entity}.{short}"
        value = decisions.get(name) if name in self._reads else record.get(entity, _NO_FACTS).get(short)
        return tuple(value) if type(value) is list else value

    def _has_related(self, record: Checked) -> bool:
        return any(related in record.get(entity, _NO_FACTS) for entity, related in self._related)

    def _traced(self, record: Checked) -> Unknown:
        trace = self._trace(record)
        return Unknown(
            trace.undetermined,
            trace.conflicts,
            trace.unknown_rows,
            tuple(trace.missing),
            self._program.due(trace),
        )

    def _trace(self, record: Checked) -> Trace:
        return self._program.trace(record, self._as_of)


def is_plain(term: Term, joined: str | None = None) -> bool:
    """Tell whether the causes of a condition, where it is unknown, are always all its absent facts.

    `joined` is the connective, `and` or `or`, that the condition stands under. An `or` under an `and` is not
    plain: true, it hides what is absent in it.
    """
    match term:
        case Variable() | Literal():
            return True
        case Apply(operator="and" | "or" as operator):
            if joined in (None, operator):
                return all(is_plain(child, operator) for child in term.children)
        case Apply(operator="!"):
            return is_plain(term.children[0], _OTHER.get(joined or ""))
        case Apply(operator=operator) if operator in _STRICT:
            return all(_is_strict(part) for part in walk(term))
    return _tells_of_absence(term)


def _is_strict(term: Term) -> bool:
    """Tell whether a term is unknown only where an operand is."""
    if isinstance(term.type, MoneyType) and term.type.currency is None:
        return False
    match term:
        case Variable() | Literal():
            return True
        case Apply(operator=operator, checked=checked):
            return operator in _STRICT and not checked
    return False


def _tells_of_absence(term: Term) -> bool:
    """Tell whether a term looks only at which facts are absent."""
    if isinstance(term, Apply) and term.operator == "absent":
        return True
    if isinstance(term, Apply) and term.operator in ("and", "or", "!"):
        return all(map(_tells_of_absence, term.children))
    return isinstance(term, Literal)


def _all_reads(program: Program, nodes: Mapping[str, DecisionNodes]) -> dict[str, _Reads]:
    found: dict[str, _Reads] = {}
    fallible = {mark.decision for mark in program.marks.marks if mark.kind in (UNDETERMINED, CONFLICT)}
    # in evaluation order, so that what a decision reads is complete
    for name, item in nodes.items():
        reads = found[name] = _own_reads(program, item)
        for variable in item.variables():
            if variable.origin == "decision" and variable.name in fallible:
                reads.add(found[variable.name])
    return found


def _own_reads(program: Program, nodes: DecisionNodes) -> _Reads:
    name = nodes.decision.name
    reads = _Reads(_bits(program, lambda mark: mark.decision == name))
    is_reward = isinstance(nodes.decision, Reward)
    for root in nodes.roots:
        facts = _names_in(root.term, "fact")
        # a plain condition on one fact is unknown where that fact is absent: its bit tells as much
        if is_reward or len(facts) > 1 or not is_plain(root.term):
            reads.absent |= facts
    if isinstance(nodes.decision, Reward):
        reads.absent.add(f"{nodes.decision.payee}.id")
    telling = [nodes.parts[part].term for part in nodes.parts if part != "amount"]
    outputs = [row.then.term for row in nodes.rows if row.then is not None]
    outputs += [nodes.parts[part].term for part in nodes.parts if part == "amount"]
    conditions = [row.when.term for row in nodes.rows]
    if not all(_is_always_known(output, program) for output in outputs):
        # which of the outputs is unknown depends on which row is true
        telling_values = [*telling, *conditions, *outputs]
    else:
        telling_values = [term for term in (*telling, *conditions) if not is_plain(term)]
    for term in telling_values:
        reads.values |= _names_in(term, "fact") | _names_in(term, "decision")
    return reads


def _names_in(term: Term, origin: str) -> set[str]:
    return {part.name for part in walk(term) if isinstance(part, Variable) and part.origin == origin}


def _is_always_known(term: Term, program: Program) -> bool:
    for part in walk(term):
        if isinstance(part, Variable):
            if part.origin == "parameter":
                values = program.ruleset.parameters[part.name.partition(".")[2]].values
                if values and values[0][0] is None:
                    continue
            if part.origin != "time":
                return False
        elif not _is_strict(part):
            return False
    return True


def _bits(program: Program, wanted: Callable[[Mark], bool]) -> int:
    return sum(1 << place for place, mark in enumerate(program.marks.marks) if wanted(mark))


def aggregate_lists(program: Program) -> list[tuple[str, str]]:
    """Return (entity or link, name of the list) for the aggregates that the decisions of a program read."""
    # the decisions' nodes are known once something is traced; no record is needed for it
    return _related_lists(program, program.trace({}, date(2026, 1, 1)).recording.nodes.values())


def _related_lists(program: Program, nodes: Iterable[DecisionNodes]) -> list[tuple[str, str]]:
    """Return (entity or link, name of the list) for the aggregates that are read."""
    model = program.ruleset.model
    keys = model.record_keys()
    found = set()
    for name in {variable.name for item in nodes for variable in item.variables()}:
        key, _, short = name.partition(".")
        fact = model.entities[keys[key]].get(short) if key in keys else None
        if isinstance(fact, Aggregate):
            found.add((key, fact.of))
    return sorted(found)


def _by_key(bits: Mapping[str, int]) -> list[tuple[str, list[tuple[str, int]]]]:
    grouped: dict[str, list[tuple[str, int]]] = {}
    for name, bit in bits.items():
        key, _, short = name.partition(".")
        grouped.setdefault(key, []).append((short, bit))
    return list(grouped.items())


def _part(trace: Trace, name: str) -> _Part:
    decision = trace.decisions[name]
    causes = {*decision.causes, *(cause for row in decision.rows for cause in row.causes)}
    return _Part(
        trace.undetermined.get(name),
        trace.unknown_rows.get(name, ()),
        frozenset(
            cause.subject
            for cause in causes
            if cause.kind == "absent" and not cause.subject.startswith("parameters.")
        ),
    )
