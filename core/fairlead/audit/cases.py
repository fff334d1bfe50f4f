"""Cases: one symbolic case of a question, and the concrete one that the engine replays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import z3

from fairlead.audit.encoding import Decider, Facts, Space, Time, Undecidable, Value
from fairlead.audit.encoding.conditions import all_of, any_of, implies, negate
from fairlead.audit.encoding.terms import Terms
from fairlead.audit.encoding.values import FIRST_INSTANT, ListValue, Symbolic, literal, same, unknown
from fairlead.audit.realised import with_records
from fairlead.audit.solver import Assignment
from fairlead.engine import Program
from fairlead.engine.results import RewardResult, json_value
from fairlead.facts.types import (
    BooleanType,
    DateTimeType,
    DateType,
    DecimalType,
    IntegerType,
    ListType,
    MoneyType,
    Type,
)
from fairlead.facts.values import json_from_internal
from fairlead.logic.terms import Term, Variable
from fairlead.ruleset.policy_pack import PolicyPack
from fairlead.ruleset.typed import Reward, Ruleset

__all__ = ["Cases", "Outcome", "Period", "SymbolicCase", "alike_outside", "decided", "replayed"]


@dataclass(frozen=True, slots=True)
class Period:
    """Days, both included, on which every dated parameter has one value."""

    first: date
    last: date


class SymbolicCase:
    """All cases about `entity` at once; `tag` tells the cases of one question apart.

    `time` is shared by the cases of a pair unless they may lie at different times.
    """

    def __init__(
        self, space: Space, ruleset: Ruleset, entity: str, tag: str, period: Period, time: Time | None = None
    ) -> None:
        self.space = space
        self.ruleset = ruleset
        self.tag = tag
        self.period = period
        self.facts = Facts(space, ruleset.model, entity, tag)
        self.time = time or Time(tag, period.first.toordinal(), period.last.toordinal())
        self.decider = Decider(ruleset, self.facts, self.time, period.first)
        self._pack: PolicyPack | None = None
        self._pack_terms = Terms(space, self._read_for_pack)

    @property
    def entity(self) -> str:
        """What the case is about."""
        return self.facts.entity

    def turn_to(self, pack: PolicyPack | None) -> None:
        """Begin a question about an obligation of a pack."""
        self.read_as(pack)
        self.facts.touched.clear()

    def read_as(self, pack: PolicyPack | None) -> None:
        """Let `of_pack` read expressions of another pack."""
        self._pack = pack
        self._pack_terms = Terms(self.space, self._read_for_pack)

    def domain(self, names: Iterable[str]) -> list[z3.BoolRef]:
        """Return what input checking admits of the facts of these names."""
        return [*self.facts.domain(names), *self.time.domain]

    def of_pack(self, term: Term) -> Value:
        """Return the value of an expression of the policy pack."""
        return self._pack_terms.value(term)

    def _read_for_pack(self, variable: Variable) -> Symbolic:
        if variable.origin == "fact":
            return self.facts.read(variable.name)
        if variable.origin != "parameter":
            return self.decider.terms.encode(variable)
        assert self._pack is not None
        parameter = self._pack.parameters[variable.name.split(".", 1)[1]]
        value = parameter.on(self.period.first)
        return unknown(parameter.type) if value is None else literal(self.space, parameter.type, value)


class Cases:
    """The cases of one ruleset about one entity in one period: three at one time, and one at another.

    Each is encoded once, when it is first needed, and serves every question.
    """

    def __init__(self, ruleset: Ruleset, entity: str, period: Period) -> None:
        self.space = Space()
        self.first = SymbolicCase(self.space, ruleset, entity, "a", period)
        self.second = SymbolicCase(self.space, ruleset, entity, "b", period, self.first.time)
        self.other_time = SymbolicCase(self.space, ruleset, entity, "c", period)
        self.third = SymbolicCase(self.space, ruleset, entity, "d", period, self.first.time)
        self._used: dict[str, dict[str, None]] = {}
        self._encode(self.first)

    def _encode(self, case: SymbolicCase) -> None:
        self.space.used = {}
        for decision in case.ruleset.decisions:
            if decision.entity not in case.facts.keys:
                continue
            try:
                if isinstance(decision, Reward):
                    case.decider.reward(decision.name)
                else:
                    case.decider.decision(decision.name)
            except Undecidable:
                # it is met again, and said, by the question that needs the decision
                continue
        self._used[case.tag] = self.space.used

    def turn_to(self, pack: PolicyPack, others: Sequence[SymbolicCase] = ()) -> None:
        """Begin a question about an obligation of a pack, of the first case and some of the others."""
        for case in others:
            if case.tag not in self._used:
                self._encode(case)
        self.space.used = {}
        for case in (self.first, *others):
            self.space.used.update(self._used[case.tag])
            case.turn_to(pack)


def alike_outside(
    one: SymbolicCase, other: SymbolicCase, names: Iterable[str], carried: frozenset[str]
) -> list[z3.BoolRef]:
    """Return what makes two cases equal in the facts and keys of `names`, but for what is in `carried`.

    `carried` holds names of facts, and keys of records whose existence may differ: where one of two records
    is missing, so are its facts.
    """
    conditions = []
    for name in sorted(set(names) - carried):
        if "." not in name:
            conditions.append(one.facts.record_exists(name) == other.facts.record_exists(name))
            continue
        key = name.partition(".")[0]
        equal = _same(one.facts.read(name), other.facts.read(name))
        if key in carried:
            there = all_of((one.facts.record_exists(key), other.facts.record_exists(key)))
            equal = implies(there, equal)
        conditions.append(equal)
    return conditions


def _same(one: Symbolic, other: Symbolic) -> z3.BoolRef:
    if isinstance(one, Value) and isinstance(other, Value):
        return same(one, other)
    assert isinstance(one, ListValue)
    assert isinstance(other, ListValue)
    if one.items is None or other.items is None:
        return all_of((one.known == other.known, implies(one.known, one.identity == other.identity)))
    pairs = zip(one.items, other.items, strict=True)
    items = all_of(held == also for (held, _), (also, _) in pairs)
    return all_of((one.known == other.known, implies(one.known, items)))


def differs(one: Symbolic, other: Symbolic) -> z3.BoolRef:
    """Tell whether two facts differ."""
    return negate(_same(one, other))


def any_differs(one: SymbolicCase, other: SymbolicCase, names: frozenset[str]) -> z3.BoolRef:
    """Tell whether any of the facts, or the existence of any of the records, differs."""
    return any_of(
        differs(one.facts.read(name), other.facts.read(name))
        if "." in name
        else negate(one.facts.record_exists(name) == other.facts.record_exists(name))
        for name in sorted(names)
    )


def difference(one: SymbolicCase, other: SymbolicCase, name: str) -> z3.BoolRef:
    """Tell whether two cases differ in a fact, or in whether a record is there."""
    if "." in name:
        return differs(one.facts.read(name), other.facts.read(name))
    return any_differs(one, other, frozenset({name}))


def other_numbers(case: SymbolicCase, names: Iterable[str], values: Assignment) -> z3.BoolRef:
    """Return that the aggregates of a case are not all what they are in an assignment."""
    alike = []
    for name in names:
        value, label = case.facts.read(name), f"{case.tag}:{name}"
        assert isinstance(value, Value)
        alike.append(value.known == bool(values.get(f"{label}?")))
        alike.append(implies(value.known, value.term == values.get(label, 0)))
    return negate(all_of(alike))


@dataclass(frozen=True, slots=True)
class Outcome:
    """A concrete case and what the engine gave for it; `record` and `as_of` are JSON values.

    `record` states aggregates as numbers; `listed` has in their place the records that come to them.
    """

    record: Mapping[str, Mapping[str, Any]]
    listed: Mapping[str, Mapping[str, Any]]
    as_of: str
    decisions: Mapping[str, Any]
    undetermined: frozenset[str]

    @property
    def results(self) -> dict[str, Any]:
        """The decisions as JSON values."""
        return {name: json_value(value) for name, value in self.decisions.items()}

    def reward(self, name: str) -> RewardResult | None:
        """Return what a reward gave, None where it is undetermined."""
        found = self.decisions.get(name)
        return found if isinstance(found, RewardResult) else None

    def value(self, name: str) -> Any:
        """Return a fact as it stands in the record, None where it is absent."""
        key, _, short = name.partition(".")
        return (self.record.get(key) or {}).get(short)


def replayed(case: SymbolicCase, values: Assignment, program: Program, names: Iterable[str] = ()) -> Outcome:
    """Return the concrete case of an assignment, decided by the engine.

    An aggregate of `names` that is absent stays so where others over the same records are stated.
    Raises Unrealisable where no records come to its aggregates.
    """
    moment = FIRST_INSTANT + timedelta(microseconds=int(values.get(f"{_time_tag(case)}:as_of", 0)))
    return decided(concrete(case, values), names, moment, program)


def decided(
    record: Mapping[str, Mapping[str, Any]], names: Iterable[str], moment: datetime, program: Program
) -> Outcome:
    """Return what the engine gives for a record whose aggregates are realised by related records."""
    listed = with_records(record, names, program, moment)
    result = program.evaluate(listed, as_of=moment)
    return Outcome(
        record,
        listed,
        moment.isoformat().replace("+00:00", "Z"),
        dict(result.decisions),
        frozenset(result.undetermined) | frozenset(result.conflicts),
    )


def _time_tag(case: SymbolicCase) -> str:
    return str(case.time.as_of).partition(":")[0]


def concrete(case: SymbolicCase, values: Assignment) -> dict[str, dict[str, Any]]:
    """Return the record of an assignment, as JSON values."""
    record: dict[str, dict[str, Any]] = {case.entity: {}}
    for key in case.facts.exists:
        if key != case.entity and values.get(f"{case.tag}:{key}"):
            record[key] = {}
    for name in case.facts.values:
        label = f"{case.tag}:{name}"
        if values.get(f"{label}?"):
            key, _, short = name.partition(".")
            type_ = case.facts.fact(name).type
            value = case.facts.values[name]
            if isinstance(value, ListValue) and value.items is None:
                internal: Any = _free_items(case, value, short, type_, values)
            else:
                internal = _internal(case, label, short, type_, values)
            record.setdefault(key, {})[short] = json_from_internal(type_, internal)
    return record


def _free_items(
    case: SymbolicCase, value: ListValue, short: str, type_: Type, values: Assignment
) -> tuple[Any, ...]:
    """Return the values that were looked up in a list and found."""
    assert isinstance(type_, ListType)
    assert isinstance(type_.item, Type)
    found = {}
    for wanted, answer in value.asked:
        if values.get(str(answer)):
            held = wanted.term
            number = held.as_long() if z3.is_int_value(held) else values.get(str(held), 0)
            found[number] = _internal(case, "", short, type_.item, {"": number})
    return tuple(found.values())


def _internal(case: SymbolicCase, label: str, short: str, type_: Type, values: Assignment) -> Any:
    number = values.get(label, 0)
    match type_:
        case BooleanType():
            return bool(number)
        case IntegerType() | DecimalType():
            return int(number)
        case MoneyType(currency=None):
            return int(number), case.space.currencies[int(values.get(f"{label}#currency", 0))]
        case MoneyType():
            return int(number)
        case DateType():
            return date.fromordinal(max(int(number), 1))
        case DateTimeType():
            return FIRST_INSTANT + timedelta(microseconds=int(number))
        case ListType(item=item):
            options = getattr(item, "values", (True, False))
            return tuple(option for option in options if values.get(f"{label}={option}"))
    return case.space.texts.get(int(number)) or f"{short.replace('_', ' ')} {int(number)}"
