"""Whether two rulesets decide alike: proved for each decision, or a witness that the engine replayed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

import z3

from fairlead.audit.cases import Cases, Outcome, Period, SymbolicCase, replayed
from fairlead.audit.encoding import Undecidable, Value
from fairlead.audit.encoding.conditions import all_of, negate
from fairlead.audit.encoding.values import is_true, same
from fairlead.audit.findings import Case
from fairlead.audit.plain import one_currency, plain_values
from fairlead.audit.realised import Unrealisable
from fairlead.audit.solver import DEFAULT_LIMIT, Question, Wish
from fairlead.audit.taint import Taints, part_terms, terms_of
from fairlead.audit.words import case_words, reward_words, sentence_case, value_words
from fairlead.engine import Program
from fairlead.facts.types import MoneyType
from fairlead.logic.terms import Term
from fairlead.ruleset.typed import Decision, Reward, Scorecard, Table

__all__ = ["ComparedDecision", "Likeness", "compare"]


class Likeness(StrEnum):
    """How a decision of two rulesets compares."""

    DIFFERENT = "different"
    UNDECIDED = "undecided"
    ADDED = "added"
    REMOVED = "removed"
    EQUAL = "equal"


@dataclass(frozen=True, slots=True)
class ComparedDecision:
    """One decision: `why` says what a verdict other than a proof rests on.

    Of a difference, `sentence` says the witness in business words, and `cases` are the same record as the old
    and as the new ruleset decide it. `written_alike` tells that nothing that decides it was changed.
    """

    name: str
    likeness: Likeness
    why: str = ""
    sentence: str = ""
    cases: tuple[Case, ...] = ()
    written_alike: bool = False
    steps: int = 0


def compare(
    old: Program, new: Program, day: date, *, limit: int = DEFAULT_LIMIT
) -> tuple[ComparedDecision, ...]:
    """Compare two rulesets decision by decision, over all inputs that both admit, on all days of both.

    `day` is the day that witnesses lie on where they can.
    """
    names = dict.fromkeys([*old.ruleset.document_order, *new.ruleset.document_order])
    comparing = _Comparing(old, new, day, limit)
    return tuple(comparing.decision(name) for name in names)


class _Comparing:
    def __init__(self, old: Program, new: Program, day: date, limit: int) -> None:
        self.old = old
        self.new = new
        self.day = day
        self.limit = limit
        self._taints = Taints(old.ruleset), Taints(new.ruleset)
        self._cases: dict[tuple[str, Period], tuple[SymbolicCase, SymbolicCase]] = {}

    def decision(self, name: str) -> ComparedDecision:
        if name not in self.old.ruleset.document_order:
            return ComparedDecision(name, Likeness.ADDED)
        if name not in self.new.ruleset.document_order:
            return ComparedDecision(name, Likeness.REMOVED)
        if self._written_alike(name):
            return ComparedDecision(name, Likeness.EQUAL, written_alike=True)
        before, after = self.old.ruleset.decision(name), self.new.ruleset.decision(name)
        changed = self._changed_types(name)
        if changed:
            listed = ", ".join(f"`{each}`" for each in changed)
            return ComparedDecision(name, Likeness.UNDECIDED, f"the type of {listed} is another one")
        if type(before.type) is not type(after.type):
            return ComparedDecision(
                name, Likeness.DIFFERENT, f"the result was {before.type} and is {after.type}"
            )
        if isinstance(before, Reward) and isinstance(after, Reward) and _limits(before) != _limits(after):
            return ComparedDecision(name, Likeness.DIFFERENT, "the limits on what is paid are others")
        steps = 0
        for period in self._periods(name):
            try:
                found = self._asked(before, after, period)
            except Undecidable as error:
                return ComparedDecision(name, Likeness.UNDECIDED, f"{error} cannot be encoded", steps=steps)
            steps += found.steps
            if found.likeness != Likeness.EQUAL:
                return found
        return ComparedDecision(name, Likeness.EQUAL, steps=steps)

    def _written_alike(self, name: str) -> bool:
        """Tell whether a decision, and all that it reads, has the same rules in both."""
        one, other = (taints.reading(name) for taints in self._taints)
        if one != other or self._changed_types(name):
            return False
        rulesets = self.old.ruleset, self.new.ruleset
        if any(
            rulesets[0].parameters[each].values != rulesets[1].parameters[each].values
            for each in one.parameters
        ):
            return False
        if rulesets[0].effective_from != rulesets[1].effective_from or (
            rulesets[0].effective_to != rulesets[1].effective_to
        ):
            return False
        return all(
            _rules(rulesets[0].decision(each)) == _rules(rulesets[1].decision(each))
            for each in (name, *sorted(one.decisions))
        )

    def _changed_types(self, name: str) -> list[str]:
        """Return the facts that a decision reads and that are of another type in the other model."""
        read = self._taints[0].reading(name).facts | self._taints[1].reading(name).facts
        entity = name.partition(".")[0]
        changed = []
        for fact in sorted(read):
            one, other = (each.ruleset.model.find(entity, fact) for each in (self.old, self.new))
            if one is None or other is None:
                # what only one of them has is absent in the other
                continue
            if type(one.type) is not type(other.type) or _scale(one.type) != _scale(other.type):
                changed.append(fact)
        return changed

    def _periods(self, name: str) -> list[Period]:
        """Return the spans of days on which both are in force and no parameter that is read changes."""
        rulesets = self.old.ruleset, self.new.ruleset
        first = max(each.effective_from or date.min for each in rulesets)
        ends = [each.effective_to - timedelta(days=1) for each in rulesets if each.effective_to is not None]
        last = min([date.max, *ends])
        starts = {first}
        for ruleset, taints in zip(rulesets, self._taints, strict=True):
            for parameter in taints.reading(name).parameters:
                starts |= {
                    start
                    for start, _ in ruleset.parameters[parameter].values
                    if start is not None and first < start <= last
                }
        ordered = sorted(starts)
        until = [*(start - timedelta(days=1) for start in ordered[1:]), last]
        return [Period(*span) for span in zip(ordered, until, strict=True) if span[0] <= span[1]]

    def _pair(self, entity: str, period: Period) -> tuple[SymbolicCase, SymbolicCase]:
        key = (entity, period)
        if key not in self._cases:
            # one tag: a fact that both read is one unknown
            both = (
                Cases(self.old.ruleset, entity, period).first,
                Cases(self.new.ruleset, entity, period).first,
            )
            self._cases[key] = both
        return self._cases[key]

    def _asked(self, before: Decision, after: Decision, period: Period) -> ComparedDecision:
        name = before.name
        pair = self._pair(before.entity, period)
        violation, wishes = _unlike(before, after, pair)
        names = self._taints[0].reading(name).names | self._taints[1].reading(name).names
        conditions: list[z3.BoolRef] = []
        for case, taints in zip(pair, self._taints, strict=True):
            known = set(case.facts.keys)
            own = {each for each in taints.reading(name).names if each.partition(".")[0] in known}
            conditions += [*case.domain(own), *case.space.definitions]
        flags = [z3.Bool(f"wished!{number}") for number in range(len(wishes))]
        conditions += [flag == wish for flag, wish in zip(flags, wishes, strict=True)]
        asked = f"{name} in {self.old.name} and {self.new.name}"
        question = Question.of(asked, conditions, {"unlike": violation})
        currency = before.type.currency if isinstance(before.type, MoneyType) else None
        readable = {each for each in names if self._readable(pair[0], each)}
        day = min(max(self.day, period.first), period.last)

        def wishes_for_plain() -> list[list[Wish]]:
            groups = [one_currency(pair[:1], readable, currency)]
            groups += [[Wish(str(flag), ((str(flag), True),))] for flag in flags]
            return groups + plain_values(pair[:1], readable, day, currency, frozenset())

        answer = question.ask("unlike", limit=self.limit, wishes=wishes_for_plain)
        if answer.no:
            return ComparedDecision(name, Likeness.EQUAL, steps=answer.steps)
        if answer.values is None:
            return ComparedDecision(name, Likeness.UNDECIDED, answer.why, steps=answer.steps)
        # both records are one: a text that either side named is that text in both
        texts = {**pair[1].space.texts, **pair[0].space.texts}
        for case in pair:
            case.space.texts.update(texts)
        try:
            outcomes = [
                replayed(case, answer.values, program, readable)
                for case, program in zip(pair, (self.old, self.new), strict=True)
            ]
        except Unrealisable as error:
            return ComparedDecision(name, Likeness.UNDECIDED, str(error), steps=answer.steps)
        if outcomes[0].results.get(name) == outcomes[1].results.get(name):
            why = "the solver found a case that the engine does not confirm"
            return ComparedDecision(name, Likeness.UNDECIDED, why, steps=answer.steps)
        return ComparedDecision(
            name,
            Likeness.DIFFERENT,
            sentence=self._sentence(before, after, outcomes),
            cases=tuple(Case(each.listed, each.as_of, each.results) for each in outcomes),
            steps=answer.steps,
        )

    @staticmethod
    def _readable(case: SymbolicCase, name: str) -> bool:
        key, _, short = name.partition(".")
        if key not in case.facts.keys:
            return False
        return not short or case.ruleset.model.entities[case.facts.keys[key]].get(short) is not None

    def _sentence(self, before: Decision, after: Decision, outcomes: Sequence[Outcome]) -> str:
        read = self._reading_of_changes(before, after)
        said: dict[str, str] = {}
        for program, outcome in zip((self.old, self.new), outcomes, strict=True):
            for key, record in outcome.record.items():
                for short, value in record.items():
                    name = f"{key}.{short}"
                    if name in read and name not in said:
                        said[name] = case_words(program.ruleset.model, [(name, value)])
        facts = sentence_case(", ".join(said.values())) or "The same case"
        was, now = (
            _said(decision, outcome) for decision, outcome in zip((before, after), outcomes, strict=True)
        )
        return f"{facts}: was {was}, is {now}."

    def _reading_of_changes(self, before: Decision, after: Decision) -> frozenset[str]:
        """Return the facts that the changed expressions read, and where there are none, all."""
        one, other = (dict(_expressions(decision)) for decision in (before, after))
        changed = [place for place in {**one, **other} if one.get(place) != other.get(place)]
        found: frozenset[str] = frozenset()
        for taints, expressions in zip(self._taints, (one, other), strict=True):
            terms = [expressions[place] for place in changed if place in expressions]
            found |= taints.of_terms(terms).facts
        return found or self._taints[0].reading(before.name).facts


def _expressions(decision: Decision) -> list[tuple[str, Term]]:
    if isinstance(decision, Reward):
        return list(part_terms(decision).items())
    return [(str(place), term) for place, term in enumerate(terms_of(decision))]


def _said(decision: Decision, outcome: Outcome) -> str:
    if isinstance(decision, Reward):
        return reward_words(outcome.reward(decision.name))
    value = outcome.decisions.get(decision.name)
    return "undetermined" if value is None else value_words(value)


def _scale(type_: Any) -> tuple[Any, ...]:
    return tuple(getattr(type_, name, None) for name in ("scale", "currency", "item"))


def _rules(decision: Decision) -> tuple[Any, ...]:
    """Return what decides the value of a decision, without its words and its place."""
    parts: list[Any] = [type(decision), decision.type, decision.strict, tuple(terms_of(decision))]
    match decision:
        case Scorecard():
            parts += [decision.initial, decision.minimum, decision.maximum, decision.groups]
            parts.append(tuple(row.group for row in decision.rows))
        case Table():
            parts += [decision.hit_policy, decision.aggregate, len(decision.rows), decision.otherwise is None]
        case Reward():
            parts += [decision.payee, _limits(decision), decision.work]
    return tuple(parts)


def _limits(reward: Reward) -> list[Any]:
    """Return what the ledger does with what a reward pays."""
    return [reward.re_rates, reward.benefit, *((cap.per, cap.window, cap.maximum) for cap in reward.caps)]


def _unlike(
    before: Decision, after: Decision, pair: tuple[SymbolicCase, SymbolicCase]
) -> tuple[z3.BoolRef, list[z3.BoolRef]]:
    """Return what a difference is, and what a witness should show."""
    if isinstance(before, Reward) and isinstance(after, Reward):
        if before.type != after.type and _scale(before.type) != _scale(after.type):
            raise Undecidable("rewards in two currencies")
        one, other = (case.decider.reward(before.name) for case in pair)
        alike = all_of(
            (
                one.determined == other.determined,
                one.pay == other.pay,
                same(one.payee, other.payee),
                same(one.accrues, other.accrues),
                same(one.payable, other.payable),
                same(one.reversed, other.reversed),
            )
        )
        wishes = [
            negate(one.pay == other.pay),
            all_of((one.determined, other.determined)),
            all_of((is_true(one.payable), is_true(other.payable))),
        ]
        return negate(alike), wishes
    if _scale(before.type) != _scale(after.type):
        raise Undecidable("results on two scales")
    first, second = (case.decider.single(before.name) for case in pair)
    assert isinstance(first, Value)
    return negate(same(first, second)), [all_of((first.known, second.known))]
