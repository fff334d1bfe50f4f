"""Properties of one case: what must hold wherever a reward is payable, or taken back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import z3

from fairlead.audit.bench import Bench, Claim, Settled, combined
from fairlead.audit.cases import Outcome, SymbolicCase
from fairlead.audit.encoding import Value
from fairlead.audit.encoding.conditions import all_of, any_of, negate
from fairlead.audit.encoding.values import is_true
from fairlead.audit.findings import Difference
from fairlead.audit.properties.flow import currency_of, flows_nowhere, paid, varies
from fairlead.audit.words import case_words, reward_words
from fairlead.logic.terms import Literal, Term, Variable, walk
from fairlead.ruleset.policy_pack import PackProperty
from fairlead.ruleset.typed import Reward

__all__ = ["clawback_neutral", "disclosed_before", "implied", "never_paid"]

Found = Iterator[tuple[str, Settled]]

_PARTS = {"payable_when": "payable", "accrues_when": "earned", "reversed_when": "taken back"}
_RESULTS = {"payable_when": "payable", "accrues_when": "accrues", "reversed_when": "reversed"}


def disclosed_before(bench: Bench, asked: PackProperty) -> Found:
    """Payable only where the patient was told, on record, and had not decided before."""
    facts = asked.options["facts"]
    statement = "Whether it is payable only if the patient was told before deciding."

    def requirement(case: SymbolicCase) -> z3.BoolRef:
        given, recorded, state, decided = (
            _single(case, facts[name]) for name in ("given_at", "recorded_at", "state", "decided_at")
        )
        as_of = case.time.as_of
        in_order = all_of((given.known, recorded.known, given.term <= recorded.term, recorded.term <= as_of))
        open_still = all_of((state.known, state.term == case.space.text(facts["undecided"])))
        before = all_of(
            (
                state.known,
                state.term == case.space.text(facts["decided"]),
                decided.known,
                given.term < decided.term,
                recorded.term < decided.term,
            )
        )
        return all_of((in_order, any_of((open_still, before))))

    names = [facts[name] for name in ("given_at", "recorded_at", "state", "decided_at")]
    for subject in bench.rewards():
        yield subject.name, _required(bench, subject, "payable_when", statement, requirement, names)


def _single(case: SymbolicCase, name: str) -> Value:
    value = case.facts.read(name)
    assert isinstance(value, Value)
    return value


def implied(bench: Bench, asked: PackProperty) -> Found:
    """Wherever a part of the reward is true, the requirement is true."""
    part, requirement = asked.options["part"], asked.options["requirement"]
    said = bench.words(requirement)
    statement = f"Whether it is {_PARTS[part]} only if {said}."
    for subject in bench.rewards():
        yield (
            subject.name,
            _required(
                bench,
                subject,
                part,
                statement,
                lambda case: is_true(case.of_pack(requirement)),
                _facts_in(requirement),
                lambda outcome: bench.says(requirement, outcome) is not True,
            ),
        )


def _facts_in(term: Term) -> list[str]:
    return list(
        dict.fromkeys(
            each.name for each in walk(term) if isinstance(each, Variable) and each.origin == "fact"
        )
    )


def _required(
    bench: Bench,
    subject: Reward,
    part: str,
    statement: str,
    requirement: Callable[[SymbolicCase], z3.BoolRef],
    shown: Sequence[str],
    lacks: Callable[[Outcome], bool] = lambda _: True,
) -> Settled:
    """Settle that a part of a reward is true only where a requirement is; `lacks` is asked of a replay."""

    def build(case: SymbolicCase) -> Claim:
        reward = case.decider.reward(subject.name)
        condition = {
            "payable_when": reward.payable,
            "accrues_when": reward.accrues,
            "reversed_when": reward.reversed,
        }[part]
        held = is_true(condition)

        def broken(outcomes: Sequence[Outcome]) -> bool:
            given = outcomes[0].results[subject.name]
            return (given is None or given[_RESULTS[part]] is True) and lacks(outcomes[0])

        return Claim(
            all_of((held, negate(requirement(case)))),
            broken,
            lambda outcomes, _: _one_case(bench, subject, part, outcomes[0], shown),
            antecedents=[(f"it is never {_PARTS[part]}, so the property says nothing", held)],
            wishes=[reward.determined, reward.pay > 0, negate(is_true(reward.reversed))],
            currency=currency_of(subject),
        )

    reading = bench.taints.reading(subject.name)
    return bench.ask_single(statement, subject.entity, reading, build)


def _one_case(bench: Bench, subject: Reward, part: str, outcome: Outcome, shown: Sequence[str]) -> str:
    facts = case_words(bench.ruleset.model, [(name, outcome.value(name)) for name in shown])
    given = outcome.reward(subject.name)
    paying = f", {reward_words(given)}" if given is not None and given.accrues else ""
    state = _PARTS[part][:1].upper() + _PARTS[part][1:]
    return f"{state}{paying}, with {facts}." if facts else f"{state}{paying}."


def never_paid(bench: Bench, asked: PackProperty) -> Found:
    """Where the condition is true or unknown, nothing above zero is payable."""
    when = asked.options["when"]
    always = isinstance(when, Literal) and when.value is True
    statement = f"Whether nothing is paid{'' if always else f' where {bench.words(when)}'}."
    for subject in bench.rewards():

        def build(case: SymbolicCase, subject: Reward = subject) -> Claim:
            return _paying(bench, case, subject, when)

        reading = bench.taints.reading(subject.name)
        yield subject.name, bench.ask_single(statement, subject.entity, reading, build)


def _paying(bench: Bench, case: SymbolicCase, subject: Reward, when: Term) -> Claim:
    reward, condition = case.decider.reward(subject.name), case.of_pack(when)
    caught = any_of((negate(condition.known), condition.term))
    shown = _facts_in(when)

    def sentence(outcomes: Sequence[Outcome], _: Sequence[Difference]) -> str:
        return _one_case(bench, subject, "payable_when", outcomes[0], shown)

    return Claim(
        all_of((caught, is_true(reward.payable), reward.pay > 0)),
        lambda outcomes: (
            paid(subject, outcomes[0]) > 0
            and outcomes[0].results[subject.name]["payable"] is True
            and bench.says(when, outcomes[0]) is not False
        ),
        sentence,
        antecedents=[
            ("no case meets the condition, so the property says nothing", is_true(condition)),
        ],
        pays=reward.pay > 0,
        pays_anywhere=True,
        wishes=[is_true(condition), negate(is_true(reward.reversed))],
        currency=currency_of(subject),
    )


def clawback_neutral(bench: Bench, asked: PackProperty) -> Found:
    """Taken back only for the allowed causes, whatever the outcome and whatever the patient decides."""
    cause, causes = asked.options["cause"], asked.options["causes"]
    statement = "Whether a reward is taken back only if the case did not occur, was a fraud or a duplicate."
    for subject in bench.rewards():
        if isinstance(subject.reversed_when, Literal) and subject.reversed_when.value is False:
            yield subject.name, flows_nowhere(bench, subject, statement, "it is never taken back")
            continue
        found = [
            varies(bench, subject, label, statement, "reversed_when") for label in asked.options["labels"]
        ]

        def allowed(case: SymbolicCase) -> z3.BoolRef:
            value = _single(case, cause)
            return all_of((value.known, any_of(value.term == case.space.text(each) for each in causes)))

        found.append(_required(bench, subject, "reversed_when", statement, allowed, [cause]))
        yield subject.name, combined(found)
