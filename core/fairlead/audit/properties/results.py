"""Properties of results: bounds, growth, and which inputs reach a value."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

import z3

from fairlead.audit.bench import Bench, Claim, Settled
from fairlead.audit.cases import Outcome, SymbolicCase
from fairlead.audit.combinations import smallest_combinations
from fairlead.audit.encoding import Undecidable, Value
from fairlead.audit.encoding.conditions import all_of, any_of, choose, negate
from fairlead.audit.encoding.values import is_true, literal
from fairlead.audit.findings import Method, Verdict
from fairlead.audit.properties.flow import currency_of, two_cases
from fairlead.audit.words import case_words, sentence_case, title_of, value_words
from fairlead.facts.types import BooleanType, OneOfType, Type
from fairlead.facts.values import Money, UnfitValue, internal_from_json
from fairlead.logic.numbers import is_number, scale_of
from fairlead.ruleset.policy_pack import PackProperty
from fairlead.ruleset.typed import Decision, Reward, Scorecard

__all__ = ["bounded", "determined", "monotone", "needs", "reachable"]

Found = Iterator[tuple[str, Settled]]


def _facts_of(bench: Bench, subject: Decision, outcome: Outcome) -> list[tuple[str, Any]]:
    return [
        (name, outcome.value(name))
        for name in sorted(bench.taints.reading(subject.name).facts)
        if outcome.value(name) is not None
    ]


def bounded(bench: Bench, asked: PackProperty) -> Found:
    """A known result is never below the minimum and never above the maximum."""
    minimum, maximum = asked.options.get("minimum"), asked.options.get("maximum")
    for subject in bench.targets(asked.options["of"]):
        if not is_number(subject.type):
            continue
        scale = scale_of(subject.type)
        title = subject.title["en"]
        bounds = [f"at least {minimum}"] if minimum is not None else []
        bounds += [f"at most {maximum}"] if maximum is not None else []
        statement = f"Whether “{title}” is always {' and '.join(bounds)}."

        def build(case: SymbolicCase, subject: Decision = subject, scale: int = scale) -> Claim:
            value = case.decider.single(subject.name)
            outside = []
            for bound, below in ((minimum, True), (maximum, False)):
                if bound is not None:
                    units = Decimal(bound).scaleb(scale)
                    outside.append(_beyond(value.term, units, below=below))
            return Claim(
                all_of((value.known, any_of(outside))),
                lambda outcomes: _outside(_result(subject, outcomes[0]), minimum, maximum),
                lambda outcomes, _: (
                    f"{sentence_case(subject.title['en'])} "
                    f"{value_words(_result(subject, outcomes[0]))} with "
                    f"{case_words(bench.ruleset.model, _facts_of(bench, subject, outcomes[0]))}."
                ),
                antecedents=[("it never has a value, so the property says nothing", value.known)],
                currency=currency_of(subject) if isinstance(subject, Reward) else None,
            )

        reading = bench.taints.reading(subject.name)
        yield subject.name, bench.ask_single(statement, subject.entity, reading, build)


def _beyond(term: z3.ArithRef, bound: Decimal, *, below: bool) -> z3.BoolRef:
    numerator, denominator = bound.as_integer_ratio()
    return term * denominator < numerator if below else term * denominator > numerator


def _outside(result: Any, minimum: Any, maximum: Any) -> bool:
    """Tell whether a number or an amount that the engine gave lies outside the bounds."""
    if result is None:
        return False
    number = Decimal(result.amount if isinstance(result, Money) else result)
    below = minimum is not None and number < Decimal(minimum)
    return below or (maximum is not None and number > Decimal(maximum))


def _result(subject: Decision, outcome: Outcome) -> Any:
    reward = outcome.reward(subject.name)
    return reward.amount if reward is not None else outcome.decisions.get(subject.name)


def determined(bench: Bench, asked: PackProperty) -> Found:
    """Where all facts and decisions that it reads have a value, the result has one."""
    for subject in bench.targets(asked.options["of"]):
        title = subject.title["en"]
        statement = f"Whether “{title}” has a value wherever all that it reads is known."
        reading = bench.taints.reading(subject.name)

        def build(case: SymbolicCase, subject: Decision = subject) -> Claim:
            value = case.decider.single(subject.name)
            below = bench.taints.reading(subject.name)
            known = [case.facts.read(name).known for name in sorted(below.facts)]
            known += [case.decider.decision(name).known for name in sorted(below.decisions)]
            everything = all_of(known)
            wishes: list[z3.BoolRef] = []
            currency = currency_of(subject) if isinstance(subject, Reward) else None
            for name in sorted(below.facts):
                fact = case.facts.read(name)
                if isinstance(fact, Value) and fact.currency is not None and currency is not None:
                    # another currency would lack a rate, which is no fault of the rules
                    everything = all_of((everything, fact.currency == case.space.currency(currency)))
            if isinstance(subject, Reward):
                everything = all_of((everything, is_true(case.decider.reward(subject.name).accrues)))
            return Claim(
                all_of((everything, negate(value.known))),
                lambda outcomes: subject.name in outcomes[0].undetermined,
                lambda outcomes, _: (
                    f"{sentence_case(subject.title['en'])} undetermined with "
                    f"{case_words(bench.ruleset.model, _facts_of(bench, subject, outcomes[0]))}."
                ),
                antecedents=[("not everything can be known at once", everything)],
                wishes=wishes,
                currency=currency,
            )

        yield subject.name, bench.ask_single(statement, subject.entity, reading, build)


def monotone(bench: Bench, asked: PackProperty) -> Found:
    """Two cases that differ in one fact alone: where it is larger, the result never falls (or rises)."""
    fact, direction = asked.options["fact"], asked.options["direction"]
    for subject in bench.targets(asked.options["of"]):
        reading = bench.taints.reading(subject.name)
        named = title_of(bench.ruleset.model, fact)["en"]
        never = "falls" if direction == "up" else "rises"
        statement = f"Whether “{subject.title['en']}” never {never} where the {named} is larger."
        if fact not in reading.facts:
            why = f"`{fact}` does not reach it"
            yield subject.name, Settled(Verdict.PROVED, Method.DATA_FLOW, statement, (why,))
            continue

        def build(one: SymbolicCase, other: SymbolicCase, subject: Decision = subject) -> Claim:
            less, more = one.facts.read(fact), other.facts.read(fact)
            assert isinstance(less, Value)
            assert isinstance(more, Value)
            first, second = (_ordered(case, subject) for case in (one, other))
            grown = [less.known, more.known, _number(one, fact, less) < _number(other, fact, more)]
            if less.currency is not None:
                grown.append(less.currency == more.currency)
            worse = second.term < first.term if direction == "up" else second.term > first.term
            return Claim(
                all_of((*grown, first.known, second.known, worse)),
                lambda outcomes: outcomes[0].results[subject.name] != outcomes[1].results[subject.name],
                lambda outcomes, differences: two_cases(bench, subject, outcomes, differences),
                antecedents=[
                    ("it never has a value for two such cases", all_of((first.known, second.known)))
                ],
                currency=currency_of(subject) if isinstance(subject, Reward) else None,
            )

        yield subject.name, bench.ask_pair(statement, subject.entity, reading, frozenset({fact}), build)


def _number(case: SymbolicCase, fact: str, value: Value) -> z3.ArithRef:
    return _as_number(case, case.facts.fact(fact).type, value)


def _ordered(case: SymbolicCase, subject: Decision) -> Value:
    value = case.decider.single(subject.name)
    return Value(value.known, _as_number(case, subject.type, value))


def _as_number(case: SymbolicCase, type_: Type, value: Value) -> z3.ArithRef:
    """Return a value as a number in its order; of a one-of, the place in its declaration."""
    if isinstance(type_, BooleanType):
        return choose(value.term, z3.IntVal(1), z3.IntVal(0))
    if isinstance(type_, OneOfType):
        place: z3.ArithRef = z3.IntVal(-1)
        for number, text in enumerate(type_.values):
            place = choose(value.term == case.space.text(text), z3.IntVal(number), place)
        return place
    return value.term


def _reached(case: SymbolicCase, subject: Decision, wanted: Any) -> z3.BoolRef:
    value = case.decider.single(subject.name)
    try:
        internal = internal_from_json(subject.type, wanted)
    except UnfitValue:
        raise Undecidable(f"`{subject.name}` is never `{wanted}`: the value") from None
    said = literal(case.space, subject.type, internal)
    assert isinstance(said, Value)
    return all_of((value.known, value.term == said.term))


def reachable(bench: Bench, asked: PackProperty) -> Found:
    """Some admitted case gives the value; the smallest combinations of rows that do are listed."""
    wanted = asked.options["value"]
    for subject in bench.targets(asked.options["of"]):
        said = f"“{subject.title['en']}” can be {value_words(wanted)}"
        statement = f"Whether {said}."
        reading = bench.taints.reading(subject.name)

        def build(case: SymbolicCase, subject: Decision = subject) -> Claim:
            return Claim(
                _reached(case, subject, wanted),
                lambda outcomes: outcomes[0].results[subject.name] == wanted,
                lambda outcomes, _: (
                    f"{sentence_case(subject.title['en'])} is {value_words(wanted)} with "
                    f"{case_words(bench.ruleset.model, _facts_of(bench, subject, outcomes[0]))}."
                ),
            )

        settled = bench.ask_single(statement, subject.entity, reading, build)
        if settled.verdict == Verdict.PROVED:
            why = (f"no admitted case makes it {value_words(wanted)}",)
            yield subject.name, Settled(Verdict.REFUTED, Method.SOLVER, statement, why, steps=settled.steps)
        elif settled.verdict == Verdict.REFUTED:
            combinations = smallest_combinations(bench, subject, wanted)
            yield (
                subject.name,
                Settled(
                    Verdict.PROVED,
                    Method.SOLVER,
                    statement,
                    combinations,
                    settled.counterexamples,
                    settled.steps,
                    settled.formula,
                ),
            )
        else:
            yield subject.name, settled


def needs(bench: Bench, asked: PackProperty) -> Found:
    """The value can be had without anything that carries the label."""
    wanted, label = asked.options["value"], asked.options["label"]
    for subject in bench.targets(asked.options["of"]):
        said = f"“{subject.title['en']}” can be {value_words(wanted)}"
        statement = f"Whether {said} without anything labelled `{label}`."
        reading = bench.taints.reading(subject.name)
        carried = sorted(bench.taints.carries(reading, label, subject.entity))

        def build(case: SymbolicCase, subject: Decision = subject, carried: list[str] = carried) -> Claim:
            given = [_given(case, name) for name in carried]
            return Claim(
                all_of((_reached(case, subject, wanted), negate(any_of(given)))),
                lambda outcomes: outcomes[0].results[subject.name] == wanted,
                lambda outcomes, _: (
                    f"{sentence_case(subject.title['en'])} is {value_words(wanted)} with "
                    f"{case_words(bench.ruleset.model, _facts_of(bench, subject, outcomes[0]))}."
                ),
            )

        free = bench.ask_single(statement, subject.entity, reading, build)
        if free.verdict == Verdict.REFUTED:
            # such a case is what is asked for
            yield (
                subject.name,
                Settled(
                    Verdict.PROVED,
                    Method.SOLVER,
                    statement,
                    (free.counterexamples[0].sentence,),
                    steps=free.steps,
                    formula=free.formula,
                ),
            )
        elif free.verdict == Verdict.PROVED:
            yield subject.name, _only_with(bench, subject, statement, wanted, carried, free)
        else:
            yield subject.name, free


def _given(case: SymbolicCase, name: str) -> z3.BoolRef:
    """Tell whether a fact says something of a person: known, and of a boolean true."""
    if "." not in name:
        return case.facts.record_exists(name)
    value = case.facts.read(name)
    if isinstance(value, Value) and isinstance(case.facts.fact(name).type, BooleanType):
        return is_true(value)
    return value.known


def _only_with(
    bench: Bench, subject: Decision, statement: str, wanted: Any, carried: Sequence[str], free: Settled
) -> Settled:
    """Return the finding that a value is had only with what carries the label, or by nobody at all."""

    def build(case: SymbolicCase) -> Claim:
        return Claim(
            _reached(case, subject, wanted),
            lambda outcomes: outcomes[0].results[subject.name] == wanted,
            lambda outcomes, differences: _with_what(bench, subject, wanted, carried, outcomes),
        )

    reading = bench.taints.reading(subject.name)
    reached = bench.ask_single(statement, subject.entity, reading, build)
    steps = free.steps + reached.steps
    if reached.verdict != Verdict.REFUTED:
        why = reached.why or (f"no admitted case makes it {value_words(wanted)}",)
        return Settled(Verdict.UNDECIDED, Method.SOLVER, statement, why, steps=steps)
    combinations = smallest_combinations(bench, subject, wanted) if isinstance(subject, Scorecard) else ()
    combinations = combinations or smallest_combinations(bench, subject, wanted)
    return Settled(
        Verdict.REFUTED,
        Method.SOLVER,
        statement,
        combinations,
        reached.counterexamples,
        steps,
        free.formula,
    )


def _with_what(
    bench: Bench, subject: Decision, wanted: Any, carried: Sequence[str], outcomes: Sequence[Outcome]
) -> str:
    given = [(name, outcomes[0].value(name)) for name in carried if outcomes[0].value(name) is not None]
    title = sentence_case(subject.title["en"])
    return f"{title} is {value_words(wanted)} only with {case_words(bench.ruleset.model, given)}."
