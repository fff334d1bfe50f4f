"""The work bench of an audit: one obligation asked of one ruleset, settled by data flow or by the solver."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import z3

from fairlead.audit.cases import (
    Cases,
    Outcome,
    Period,
    SymbolicCase,
    alike_outside,
    difference,
    other_numbers,
    replayed,
)
from fairlead.audit.claims import Claim
from fairlead.audit.confirming import engine_says
from fairlead.audit.encoding import Space, Undecidable, Value
from fairlead.audit.encoding.conditions import TRUE, all_of, any_of, negate
from fairlead.audit.encoding.values import DAY
from fairlead.audit.findings import Case, Counterexample, Difference, Method, Verdict
from fairlead.audit.plain import one_currency, plain_values
from fairlead.audit.realised import Unrealisable
from fairlead.audit.second_opinion import SecondOpinion
from fairlead.audit.solver import Answer, Question, Wish, Wishes
from fairlead.audit.taint import Reading, Taints
from fairlead.audit.words import condition_words, title_of
from fairlead.engine import Program
from fairlead.facts.types import DateTimeType
from fairlead.logic.terms import Term
from fairlead.ruleset.policy_pack import PackObligation, PolicyPack
from fairlead.ruleset.policy_pack_build import GOVERNING_FACTS
from fairlead.ruleset.typed import Decision, Reward, Ruleset, Scorecard, Table

__all__ = ["Bench", "Claim", "Settings", "Settled", "combined"]

#: how often other numbers are asked for where no records come to those of a case
_MOST_TRIES = 6
#: what one more question costs is not worth it: of dated parameters so many periods are looked at
MOST_PERIODS = 40


#: what is asked of the question of a claim
_CONTRADICTED = "no case is admitted at all: the declarations contradict one another"
_APPLIES, _BROKEN, _PAYS = "applies", "broken", "pays"


@dataclass(frozen=True, slots=True)
class Settled:
    """What was found out about one subject; see `Finding` for the parts."""

    verdict: Verdict
    method: Method
    statement: str
    why: tuple[str, ...] = ()
    counterexamples: tuple[Counterexample, ...] = ()
    steps: int = 0
    formula: str | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """How an audit is carried out: the day that it looks from, the solver's limit, and a second opinion."""

    day: date
    limit: int
    second: SecondOpinion | None = None
    cases: dict[tuple[str, str, Period], Cases] = field(default_factory=dict)
    admitted: dict[tuple[str, str], Answer] = field(default_factory=dict)


@dataclass(slots=True)
class Bench:
    """One obligation of a pack and one ruleset; `program` is the ruleset as the engine runs it."""

    ruleset: Ruleset
    program: Program
    taints: Taints
    pack: PolicyPack
    obligation: PackObligation
    settings: Settings

    def words(self, term: Term) -> str:
        """Return a condition of the pack in English."""
        return condition_words(self.ruleset, term, self.pack.parameters)

    def rewards(self) -> list[Reward]:
        """Return the rewards about what the obligation is about."""
        return [
            decision
            for decision in self.ruleset.decisions
            if isinstance(decision, Reward) and decision.entity == self.obligation.entity
        ]

    def targets(self, of: str | Sequence[str]) -> list[Decision]:
        """Return the decisions that a property is asked of."""
        match of:
            case "rewards":
                return list(self.rewards())
            case "tables":
                reaching: set[str] = set()
                for reward in self.ruleset.decisions:
                    if isinstance(reward, Reward):
                        reaching |= self.taints.reading(reward.name).decisions
                return [each for each in self._tables() if each.name in reaching]
            case "all_tables":
                return self._tables()
            case "scorecards":
                return [each for each in self.ruleset.decisions if isinstance(each, Scorecard)]
        return [each for each in self.ruleset.decisions if each.name in of]

    def _tables(self) -> list[Decision]:
        return [each for each in self.ruleset.decisions if isinstance(each, Table)]

    def periods(self, reading: Reading) -> list[Period]:
        """Return the spans of days on which nothing dated that is read changes, within the ruleset's own."""
        first = self.ruleset.effective_from or date.min
        end = self.ruleset.effective_to
        last = end - timedelta(days=1) if end is not None else date.max
        starts = {first}
        read = [self.ruleset.parameters[name] for name in reading.parameters]
        read += [self.pack.parameters[name] for name in self.obligation.parameters]
        starts |= {
            start
            for parameter in read
            for start, _ in parameter.values
            if start is not None and first < start <= last
        }
        ordered = sorted(starts)
        ends = [*(start - timedelta(days=1) for start in ordered[1:]), last]
        return [Period(*span) for span in zip(ordered, ends, strict=True)]

    def doubtful(self, statement: str, reading: Reading) -> Settled | None:
        """Return `undecided` where nobody has reviewed the labels of something that reaches the result."""
        unreviewed = self.taints.unreviewed(reading)
        if not unreviewed:
            return None
        names = ", ".join(f"`{name}`" for name in unreviewed[:5]) + (", …" if len(unreviewed) > 5 else "")
        why = f"nobody has reviewed the labels of {names}, which the result depends on"
        return Settled(Verdict.UNDECIDED, Method.DATA_FLOW, statement, (why,))

    def grounded(self, settled: Settled, name: str) -> Settled:
        """Return `undecided` where no case of the decision `name` is admitted and none is shown."""
        settles = settled.verdict in (Verdict.PROVED, Verdict.REFUTED)
        if not settles or settled.counterexamples or not name:
            return settled
        key = (self.ruleset.digest, name)
        known = self.settings.admitted
        if key not in known:
            known[key] = self._admitted(self.ruleset.decision(name))
        answer = known[key]
        if answer.yes:
            return settled
        return Settled(
            Verdict.UNDECIDED, Method.SOLVER, settled.statement, (_CONTRADICTED if answer.no else answer.why,)
        )

    def _admitted(self, subject: Decision) -> Answer:
        reading = self.taints.reading(subject.name)
        # of the facts alone: no decision needs encoding
        case = SymbolicCase(Space(), self.ruleset, subject.entity, "a", self.periods(reading)[0])
        question = Question.of(f"admitted {subject.name}", case.domain(reading.names), {})
        return self.ask(question, [])

    # questions

    def ask_single(
        self, statement: str, entity: str, reading: Reading, build: Callable[[SymbolicCase], Claim]
    ) -> Settled:
        """Settle a property of single cases."""

        def asked(period: Period) -> Settled:
            cases = self._cases(entity, period)
            cases.turn_to(self.pack)
            claim = build(cases.first)
            applies = self._applies(cases.first)
            names = reading.names | cases.first.facts.touched
            return self._settle(statement, [cases.first], claim, names, [applies], frozenset())

        return self._over_periods(statement, reading, asked)

    def ask_pair(
        self,
        statement: str,
        entity: str,
        reading: Reading,
        carried: frozenset[str],
        build: Callable[[SymbolicCase, SymbolicCase], Claim],
        *,
        one_time: bool = True,
    ) -> Settled:
        """Settle a property of two cases that are equal in all that is read but for what is in `carried`."""

        def asked(period: Period) -> Settled:
            cases = self._cases(entity, period)
            pair = [cases.first, cases.second if one_time else cases.other_time]
            cases.turn_to(self.pack, pair[1:])
            return self._ask_alike(statement, pair, reading, carried, build(*pair))

        return self._over_periods(statement, reading, asked)

    def ask_three(
        self,
        statement: str,
        entity: str,
        reading: Reading,
        carried: frozenset[str],
        build: Callable[[SymbolicCase, SymbolicCase, SymbolicCase], Claim],
    ) -> Settled:
        """Settle a property of three such cases at one time; the last two are what is shown."""

        def asked(period: Period) -> Settled:
            cases = self._cases(entity, period)
            three = [cases.first, cases.second, cases.third]
            cases.turn_to(self.pack, three[1:])
            return self._ask_alike(statement, three, reading, carried, build(*three))

        return self._over_periods(statement, reading, asked)

    def _ask_alike(
        self,
        statement: str,
        cases: Sequence[SymbolicCase],
        reading: Reading,
        carried: frozenset[str],
        claim: Claim,
    ) -> Settled:
        applies = [self._applies(case) for case in cases]
        names = reading.names | carried
        for case in cases:
            names |= case.facts.touched
        names -= {cases[0].entity}
        alike = [each for case in cases[1:] for each in alike_outside(cases[0], case, names, carried)]
        return self._settle(statement, cases, claim, names, [*applies, *alike], carried)

    def _cases(self, entity: str, period: Period) -> Cases:
        known = self.settings.cases
        key = (self.ruleset.digest, entity, period)
        if key not in known:
            known[key] = Cases(self.ruleset, entity, period)
        return known[key]

    def _over_periods(self, statement: str, reading: Reading, asked: Callable[[Period], Settled]) -> Settled:
        periods = self.periods(reading)
        if len(periods) > MOST_PERIODS:
            why = f"dated parameters change on more than {MOST_PERIODS} days"
            return Settled(Verdict.UNDECIDED, Method.NONE, statement, (why,))
        found = []
        for period in periods:
            try:
                found.append(asked(period))
            except Undecidable as error:
                why = f"{error} cannot be encoded"
                return Settled(Verdict.UNDECIDED, Method.NONE, statement, (why,))
            if found[-1].verdict == Verdict.REFUTED:
                break
        return combined(found)

    def _settle(
        self,
        statement: str,
        cases: Sequence[SymbolicCase],
        claim: Claim,
        names: Iterable[str],
        conditions: Sequence[z3.BoolRef],
        carried: frozenset[str],
    ) -> Settled:
        applies, alike = all_of(conditions[: len(cases)]), conditions[len(cases) :]
        wished = _named("wished", claim.wishes)
        differing = _named(
            "differs",
            [difference(cases[-2], cases[-1], name) for name in sorted(carried)] if len(cases) > 1 else [],
        )
        space = cases[0].space
        domain = [condition for case in cases for condition in case.domain(names)]
        base = list({each.get_id(): each for each in [*domain, *space.definitions, *alike]}.values())
        base += [const == each for const, each in (*wished, *differing)]
        asked = {_APPLIES: applies, _BROKEN: claim.violation}
        asked |= {f"antecedent {place}": each for place, (_, each) in enumerate(claim.antecedents)}
        if claim.pays is not None:
            asked[_PAYS] = claim.pays
        name = f"{self.pack.name} {self.obligation.id} {self.ruleset.name}"
        question = Question.of(name, base, asked)
        vacuous = self._vacuous(statement, question, claim)
        if vacuous.verdict != Verdict.PROVED:
            return vacuous
        steps = vacuous.steps
        formula = question.digest(_APPLIES, _BROKEN)

        def wishes() -> list[list[Wish]]:
            return self._wishes(cases, names, claim, wished, differing, carried)

        why = ""
        for _ in range(_MOST_TRIES):
            answer = self.ask(question, [_APPLIES, _BROKEN], wishes)
            steps += answer.steps
            if answer.no and not why:
                return Settled(Verdict.PROVED, Method.SOLVER, statement, steps=steps, formula=formula)
            if answer.values is None:
                why = why or answer.why
                break
            outcomes: list[Outcome] = []
            try:
                for case in cases:
                    outcomes += [replayed(case, answer.values, self.program, names)]
            except Unrealisable as error:
                why = str(error)
                base.append(other_numbers(cases[len(outcomes)], error.names, answer.values))
                question = Question.of(name, base, asked)
                continue
            settled = self._refuted(statement, cases[0].entity, claim, carried, outcomes)
            return replace(settled, steps=steps, formula=formula)
        return Settled(Verdict.UNDECIDED, Method.SOLVER, statement, (why,), steps=steps, formula=formula)

    def _wishes(
        self,
        cases: Sequence[SymbolicCase],
        names: Iterable[str],
        claim: Claim,
        wished: Sequence[tuple[z3.BoolRef, z3.BoolRef]],
        differing: Sequence[tuple[z3.BoolRef, z3.BoolRef]],
        carried: frozenset[str],
    ) -> list[list[Wish]]:
        """Return what a counterexample should show: first what the claim asks for, then plain values."""
        groups = [one_currency(cases, names, claim.currency)]
        groups += [
            [Wish(f"wish {number}", ((str(const), True),))] for number, (const, _) in enumerate(wished)
        ]
        flags = tuple(str(const) for const, _ in differing)
        groups += [[Wish("differences", some_of=flags, most=most)] for most in range(1, len(flags))]
        day = self._plain_day(cases[0].period)
        return groups + plain_values(cases, names, day, claim.currency, carried)

    def _vacuous(self, statement: str, question: Question, claim: Claim) -> Settled:
        """Return what an empty proof would rest on; `proved` where it would not be empty."""
        steps = 0

        def possible(*flags: str) -> Answer:
            nonlocal steps
            answer = self.ask(question, flags)
            steps += answer.steps
            return answer

        def ended(verdict: Verdict, why: str) -> Settled:
            return Settled(verdict, Method.SOLVER, statement, (why,), steps=steps)

        needed: list[tuple[tuple[str, ...], str, Verdict]] = [
            ((_APPLIES,), "no admitted case falls under it", Verdict.NOT_APPLICABLE)
        ]
        if claim.pays is not None:
            paying = (_PAYS,) if claim.pays_anywhere else (_APPLIES, _PAYS)
            needed.append(
                (paying, "nothing is ever paid in the cases that it is for", Verdict.NOT_APPLICABLE)
            )
        needed += [
            ((_APPLIES, f"antecedent {place}"), words, Verdict.UNDECIDED)
            for place, (words, _) in enumerate(claim.antecedents)
        ]
        # mostly one case shows all of it at once
        if possible(*dict.fromkeys(flag for flags, _, _ in needed for flag in flags)).yes:
            return Settled(Verdict.PROVED, Method.SOLVER, statement, steps=steps)
        for flags, words, verdict in needed:
            answer = possible(*flags)
            if answer.yes:
                continue
            if not answer.no:
                return ended(Verdict.UNDECIDED, answer.why)
            if possible().no:
                why = "no case is admitted at all: the declarations contradict one another"
                return ended(Verdict.UNDECIDED, why)
            if _PAYS in flags and possible(_PAYS).no:
                why = "the reward never pays anything, so the property says nothing"
                return ended(Verdict.UNDECIDED, why)
            return ended(verdict, words)
        return Settled(Verdict.PROVED, Method.SOLVER, statement, steps=steps)

    def ever_pays(self, statement: str, subject: Reward) -> Settled | None:
        """Return why a property about pay says nothing of a reward; None where it pays in some case."""

        def build(case: SymbolicCase) -> Claim:
            reward = case.decider.reward(subject.name)
            never: z3.BoolRef = z3.BoolVal(False)
            return Claim(never, lambda _: False, lambda _, __: "", pays=reward.pay > 0)

        settled = self.ask_single(statement, subject.entity, self.taints.reading(subject.name), build)
        return None if settled.verdict == Verdict.PROVED else settled

    def ask(self, question: Question, flags: Sequence[str], wishes: Wishes | None = None) -> Answer:
        """Ask the solver, and the second one where there is one."""
        answer = question.ask(*flags, limit=self.settings.limit, wishes=wishes)
        second = self.settings.second
        return answer if second is None else second.confirmed(question, flags, answer)

    def _refuted(
        self,
        statement: str,
        entity: str,
        claim: Claim,
        carried: frozenset[str],
        outcomes: Sequence[Outcome],
    ) -> Settled:
        if not (claim.broken(outcomes) and all(self._falls_under(entity, each) for each in outcomes)):
            why = "the solver found a case that the engine does not confirm"
            return Settled(Verdict.UNDECIDED, Method.SOLVER, statement, (why,))
        differences = self._differences(outcomes[-2:], carried) if len(outcomes) > 1 else ()
        shown = Counterexample(
            claim.sentence(outcomes, differences),
            tuple(Case(each.listed, each.as_of, each.results) for each in outcomes[-2:]),
            differences,
        )
        return Settled(Verdict.REFUTED, Method.SOLVER, statement, counterexamples=(shown,))

    def says(self, term: Term, outcome: Outcome) -> bool | None:
        """Return what the engine says of a condition of the pack in a case."""
        return engine_says(self.program, self.pack, self.obligation.entity, term, outcome)

    def _falls_under(self, entity: str, outcome: Outcome) -> bool:
        applies = self.obligation.applies_when
        if applies is None or self.obligation.entity != entity:
            return True
        return self.says(applies, outcome) is not False

    def _differences(self, outcomes: Sequence[Outcome], carried: frozenset[str]) -> tuple[Difference, ...]:
        one, other = outcomes
        names = {
            f"{key}.{short}"
            for outcome in outcomes
            for key, facts in outcome.record.items()
            for short in facts
        }
        found = [
            Difference(name, title_of(self.ruleset.model, name), one.value(name), other.value(name))
            for name in sorted(names)
            if one.value(name) != other.value(name)
        ]
        for key in sorted(carried):
            there = [key in outcome.record for outcome in outcomes]
            if "." not in key and there[0] != there[1]:
                found.append(Difference(key, title_of(self.ruleset.model, key), *there))
        return tuple(found)

    def _plain_day(self, period: Period) -> date:
        return min(max(self.settings.day, period.first), period.last)

    def _applies(self, case: SymbolicCase) -> z3.BoolRef:
        """Tell whether a case falls under the obligation; a condition that is unknown applies."""
        if case.entity != self.obligation.entity:
            return TRUE
        parts = []
        if self.obligation.applies_when is not None:
            applies = case.of_pack(self.obligation.applies_when)
            parts.append(any_of((negate(applies.known), applies.term)))
        parts += self._in_force(case)
        return all_of(parts)

    def _in_force(self, case: SymbolicCase) -> Iterable[z3.BoolRef]:
        """Yield that the governing date lies where the obligation is law; one that is not known does."""
        first, end = self.obligation.effective_from, self.obligation.effective_to
        if first is None and end is None:
            return
        name = GOVERNING_FACTS.get(self.obligation.governing)
        day: Value = Value(TRUE, case.time.as_of_date)
        if name is not None and name.partition(".")[0] in case.facts.keys:
            read = case.facts.read(name)
            assert isinstance(read, Value)
            day = read
            if isinstance(case.facts.fact(name).type, DateTimeType):
                day = Value(read.known, read.term / DAY + 1)
        if first is not None:
            yield any_of((negate(day.known), day.term >= first.toordinal()))
        if end is not None:
            yield any_of((negate(day.known), day.term < end.toordinal()))


def _named(prefix: str, conditions: Sequence[z3.BoolRef]) -> list[tuple[z3.BoolRef, z3.BoolRef]]:
    return [(z3.Bool(f"{prefix}!{number}"), each) for number, each in enumerate(conditions)]


def combined(found: Sequence[Settled]) -> Settled:
    """Return the worst of what was found in several periods, with the steps of all."""
    order = [Verdict.REFUTED, Verdict.UNDECIDED, Verdict.PROVED, Verdict.NOT_APPLICABLE]
    worst = min(found, key=lambda each: order.index(each.verdict))
    return Settled(
        worst.verdict,
        worst.method,
        worst.statement,
        worst.why,
        worst.counterexamples,
        sum(each.steps for each in found),
        worst.formula,
    )
