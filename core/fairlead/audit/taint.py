"""What reaches a decision, and which labels flow in with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from fairlead.audit.findings import Taint
from fairlead.facts.model import Aggregate, Fact, FactModel
from fairlead.logic.terms import Term, Variable, walk
from fairlead.ruleset.typed import Check, Decision, Formula, Reward, Ruleset, Scorecard, Table

__all__ = ["Reading", "Taints", "part_terms", "terms_of"]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a decision, or a part of one, reads through all earlier decisions.

    `facts` are full names as the decision writes them (`partner.code`), `decisions` the decisions on the way,
    `parameters` short names, `timed` whether the time is read.
    """

    facts: frozenset[str]
    decisions: frozenset[str]
    parameters: frozenset[str]
    timed: bool

    def joined(self, other: Reading) -> Reading:
        """Return what either reads."""
        return Reading(
            self.facts | other.facts,
            self.decisions | other.decisions,
            self.parameters | other.parameters,
            self.timed or other.timed,
        )

    @property
    def names(self) -> set[str]:
        """The facts that are read, and the keys of their records."""
        return {*self.facts, *self.keys}

    @property
    def keys(self) -> frozenset[str]:
        """The keys of the records that are read."""
        return frozenset(name.partition(".")[0] for name in self.facts)


def part_terms(decision: Reward) -> Mapping[str, Term]:
    """Return the expressions of a reward that make up R, by part."""
    return {
        "amount": decision.amount,
        "accrues_when": decision.accrues_when,
        "payable_when": decision.payable_when,
        "reversed_when": decision.reversed_when,
    }


def terms_of(decision: Decision) -> Iterable[Term]:
    """Yield all expressions of a decision that decide its value."""
    match decision:
        case Scorecard():
            for row in decision.rows:
                yield from (row.when, row.points)
        case Table():
            for line in decision.rows:
                yield line.when
                if line.then is not None:
                    yield line.then
            if decision.otherwise is not None:
                yield decision.otherwise
        case Formula():
            yield decision.value
        case Check():
            yield decision.requirement
        case Reward():
            yield from part_terms(decision).values()


class Taints:
    """The labels of everything in a ruleset."""

    def __init__(self, ruleset: Ruleset) -> None:
        self.ruleset = ruleset
        self.model: FactModel = ruleset.model
        self._readings: dict[str, Reading] = {}
        self._decisions = {decision.name: decision for decision in ruleset.decisions}

    @cached_property
    def _keys(self) -> Mapping[str, str]:
        return self.model.record_keys()

    def of_terms(self, terms: Iterable[Term]) -> Reading:
        """Return what expressions read through decisions."""
        facts: set[str] = set()
        decisions: set[str] = set()
        parameters: set[str] = set()
        timed = False
        for term in terms:
            for found in walk(term):
                if not isinstance(found, Variable):
                    continue
                match found.origin:
                    case "fact":
                        facts.add(found.name)
                    case "parameter":
                        parameters.add(found.name.split(".", 1)[1])
                    case "time":
                        timed = True
                    case "decision":
                        below = self.reading(found.name)
                        facts |= below.facts
                        decisions |= below.decisions | {found.name}
                        parameters |= below.parameters
                        timed = timed or below.timed
        return Reading(frozenset(facts), frozenset(decisions), frozenset(parameters), timed)

    def reading(self, decision: str) -> Reading:
        """Return what a decision reads; a reward reads its payee as well."""
        if decision not in self._readings:
            found = self._decisions[decision]
            reading = self.of_terms(terms_of(found))
            if isinstance(found, Reward):
                payee = frozenset({f"{found.payee}.id"})
                reading = Reading(reading.facts | payee, reading.decisions, reading.parameters, reading.timed)
            self._readings[decision] = reading
        return self._readings[decision]

    def with_caps(self, reward: Reward) -> Reading:
        """Return what a reward and its caps read."""
        return self.reading(reward.name).joined(self.of_terms(cap.maximum for cap in reward.caps))

    def labels(self, name: str) -> frozenset[str]:
        """Return the labels of a fact as it is read: its own and those of all that it derives from.

        An aggregate also has those of the existence of the records that it looks at.
        """
        fact = self._fact(name)
        labels = self.model.labels_of(fact.name)
        if isinstance(fact, Aggregate):
            labels |= self.model.labels_of(f"{fact.record}.id")
        return labels

    def _fact(self, name: str) -> Fact | Aggregate:
        key, _, short = name.partition(".")
        fact = self.model.entities[self._keys[key]].get(short)
        assert fact is not None
        return fact

    def existence(self, key: str) -> frozenset[str]:
        """Return the labels of whether the record under a key exists: those of its id."""
        return self.model.labels_of(f"{self._keys[key]}.id")

    def carries(self, reading: Reading, label: str, subject: str) -> frozenset[str]:
        """Return H of a label within a reading: facts, and keys of records whose existence carries it.

        The record of `subject` itself, the entity that a case is about, always exists.
        """
        facts = {name for name in reading.facts if label in self.labels(name)}
        keys = {key for key in reading.keys if key != subject and label in self.existence(key)}
        return frozenset(facts | keys)

    def derived(self, reading: Reading, source: str) -> frozenset[str]:
        """Return the facts of a reading that are `source` or derive from it."""
        wanted = self._fact(source).name
        return frozenset(name for name in reading.facts if wanted in self._sources(name))

    def _sources(self, name: str) -> set[str]:
        seen = {self._fact(name).name}
        waiting = list(seen)
        while waiting:
            fact = self.model.get(waiting.pop())
            fresh = [each for each in fact.derived_from if each not in seen] if fact is not None else []
            seen.update(fresh)
            waiting += fresh
        return seen

    def in_model(self, label: str) -> bool:
        """Tell whether anything in the model carries a label."""
        return any(
            label in fact.labels for entity in self.model.entities.values() for fact in entity.facts.values()
        ) or any(
            label in aggregate.labels
            for entity in self.model.entities.values()
            for aggregate in entity.aggregates.values()
        )

    def unreviewed(self, reading: Reading) -> tuple[str, ...]:
        """Return the facts of a reading, and what they derive from, whose labels nobody has reviewed."""
        found: set[str] = set()
        waiting = [self._fact(name).name for name in reading.facts]
        seen = set(waiting)
        while waiting:
            fact = self.model.get(waiting.pop())
            if fact is None:
                continue
            if fact.reviewed_by is None:
                found.add(fact.name)
            fresh = [name for name in fact.derived_from if name not in seen]
            seen.update(fresh)
            waiting += fresh
        return tuple(sorted(found))

    def table(self) -> tuple[Taint, ...]:
        """Return the taint map: every fact that a decision reads, and every decision."""
        facts: dict[str, Taint] = {}
        decisions: list[Taint] = []
        for decision in self.ruleset.decisions:
            reading = self.reading(decision.name)
            labels: set[str] = set()
            for name in sorted(reading.facts):
                labels |= self.labels(name)
                if name not in facts:
                    fact = self._fact(name)
                    facts[name] = Taint(
                        name,
                        fact.title,
                        tuple(sorted(fact.labels)),
                        tuple(sorted(self.labels(name))),
                        tuple(fact.derived_from),
                        fact.reviewed_by,
                    )
            direct = {
                each.name
                for term in terms_of(decision)
                for each in walk(term)
                if isinstance(each, Variable) and each.origin in ("fact", "decision")
            }
            decisions.append(
                Taint(
                    decision.name, decision.title, (), tuple(sorted(labels)), tuple(sorted(direct)), "derived"
                )
            )
        return (*(facts[name] for name in sorted(facts)), *decisions)
