"""Limits: on one reward, on what a case costs, on what is paid in a period."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

import z3

from fairlead.audit.bench import Bench, Claim, Settled
from fairlead.audit.cases import Outcome, SymbolicCase
from fairlead.audit.encoding import Undecidable, Value
from fairlead.audit.encoding.arithmetic import rescaled, times
from fairlead.audit.encoding.conditions import FALSE, TRUE, all_of, any_of, choose, implies, negate
from fairlead.audit.encoding.values import is_true
from fairlead.audit.findings import Difference, Method, Verdict
from fairlead.audit.properties.flow import currency_of, paid
from fairlead.audit.words import case_words, joined, reward_words, sentence_case, title_of, value_words
from fairlead.facts.types import DecimalType, MoneyType
from fairlead.facts.values import public_from_internal
from fairlead.logic.numbers import scale_of
from fairlead.logic.terms import Literal, Term, Variable
from fairlead.ruleset.policy_pack import PackProperty
from fairlead.ruleset.typed import Cap, Reward

__all__ = ["case_cap", "item_cap", "period_cap"]

Found = Iterator[tuple[str, Settled]]

#: periods from the shortest; None is all time
_PERIODS = ("month", "quarter", "year", None)


def _cap_term(case: SymbolicCase, cap: Cap, reward: Reward) -> z3.ArithRef:
    """Return a cap in the units of the reward; a cap that is unknown pays nothing, as in the ledger."""
    value = case.decider.terms.value(cap.maximum)
    units = rescaled(value.term, scale_of(reward.type) - scale_of(cap.maximum.type))
    return choose(value.known, units, z3.IntVal(0))


def _capped(case: SymbolicCase, reward: Reward) -> z3.ArithRef:
    """Return what one reward can pay once the caps of a single introduction hold."""
    pay = case.decider.reward(reward.name).pay
    for cap in reward.caps:
        if cap.per in ("introduction", "patient", "payee", "programme"):
            limit = _cap_term(case, cap, reward)
            pay = choose(pay > limit, limit, pay)
    return pay


def _limit(case: SymbolicCase, term: Term, reward: Reward) -> Value:
    """Return an amount of the pack in the units of the reward; raise Undecidable across currencies."""
    type_ = term.type
    if not isinstance(type_, MoneyType) or type_.currency != currency_of(reward):
        raise Undecidable(
            f"a limit in {getattr(type_, 'currency', None)} for a reward in {currency_of(reward)}"
        )
    value = case.of_pack(term)
    return Value(value.known, rescaled(value.term, scale_of(reward.type) - type_.scale))


def _amount(bench: Bench, term: Term) -> str:
    """Return a limit in words, where it is a parameter or a literal."""
    if isinstance(term, Literal):
        return value_words(public_from_internal(term.type, term.value))
    if isinstance(term, Variable) and term.origin == "parameter":
        parameter = bench.pack.parameters[term.name.split(".", 1)[1]]
        value = parameter.on(bench.settings.day)
        if value is not None:
            return value_words(public_from_internal(parameter.type, value))
    return "the limit"


def item_cap(bench: Bench, asked: PackProperty) -> Found:
    """One reward never pays more than the limit, once its own caps hold."""
    maximum = asked.options["maximum"]
    statement = f"Whether one reward is never above {_amount(bench, maximum)}."
    for subject in bench.rewards():

        def build(case: SymbolicCase, subject: Reward = subject) -> Claim:
            limit = _limit(case, maximum, subject)
            pay = _capped(case, subject)
            reward = case.decider.reward(subject.name)
            return Claim(
                all_of((limit.known, pay > limit.term)),
                lambda outcomes: paid(subject, outcomes[0]) > 0,
                lambda outcomes, _: (
                    f"One {reward_words(outcomes[0].reward(subject.name))}, above {_amount(bench, maximum)}."
                ),
                antecedents=[
                    ("the limit has no value then", limit.known),
                ],
                pays=reward.pay > 0,
                wishes=[is_true(reward.payable)],
                currency=currency_of(subject),
            )

        reading = bench.taints.with_caps(subject)
        yield subject.name, bench.ask_single(statement, subject.entity, reading, build)


def period_cap(bench: Bench, asked: PackProperty) -> Found:
    """0 <= prior <= cap implies 0 <= pay and prior + pay <= cap, prior being the period's net total."""
    per, unit, maximum = asked.options["per"], asked.options["unit"], asked.options.get("maximum")
    whom = {"payee": "one partner", "patient": "one patient", "programme": "the programme"}[per]
    most = f" to at most {_amount(bench, maximum)}" if maximum is not None else ""
    statement = f"Whether what is paid for {whom} in a {unit} is limited{most}."
    for subject in bench.rewards():
        reading = bench.taints.with_caps(subject)
        caps = [cap for cap in subject.caps if cap.per == per and _covers(cap, unit)]
        if not caps:
            yield subject.name, _unlimited(bench, subject, statement, whom, unit)
            continue

        def build(case: SymbolicCase, subject: Reward = subject, caps: Sequence[Cap] = caps) -> Claim:
            return _within_period(bench, case, subject, caps, maximum)

        yield subject.name, bench.ask_single(statement, subject.entity, reading, build)


def _covers(cap: Cap, unit: str) -> bool:
    """Tell whether a cap holds for the period or a longer one; what caps a year caps a quarter of it."""
    window = None if cap.window is None else str(cap.window["unit"])
    return _PERIODS.index(window) >= _PERIODS.index(unit)


def _unlimited(bench: Bench, subject: Reward, statement: str, whom: str, unit: str) -> Settled:
    def build(case: SymbolicCase) -> Claim:
        reward = case.decider.reward(subject.name)
        return Claim(
            reward.pay > 0,
            lambda outcomes: paid(subject, outcomes[0]) > 0,
            lambda outcomes, _: (
                f"One {reward_words(outcomes[0].reward(subject.name))}, and so for each "
                f"further introduction: the reward states no limit for {whom} in a {unit}."
            ),
            pays=reward.pay > 0,
            wishes=[is_true(reward.payable)],
            currency=currency_of(subject),
        )

    reading = bench.taints.with_caps(subject)
    return bench.ask_single(statement, subject.entity, reading, build)


def _within_period(
    bench: Bench, case: SymbolicCase, subject: Reward, caps: Sequence[Cap], maximum: Term | None
) -> Claim:
    reward = case.decider.reward(subject.name)
    limits = [_cap_term(case, cap, subject) for cap in caps]
    least = limits[0]
    for limit in limits[1:]:
        least = choose(limit < least, limit, least)
    prior = z3.Int("prior")
    rest = least - prior
    given = choose(reward.pay > rest, rest, reward.pay)
    in_order = all_of((prior >= 0, prior <= least))
    broken_rule = z3.Or(reward.pay < 0, prior + given > least)
    antecedents = [("the limit never leaves room for a payment", all_of((in_order, given > 0)))]
    if maximum is not None:
        allowed = _limit(case, maximum, subject)
        broken_rule = z3.Or(broken_rule, all_of((allowed.known, least > allowed.term)))
        antecedents.append(("the limit of the pack has no value then", allowed.known))

    def sentence(outcomes: Sequence[Outcome], _: Sequence[Difference]) -> str:
        stated = joined([f"`{cap.id}`" for cap in caps])
        beyond = f", above {_amount(bench, maximum)}" if maximum is not None else ""
        return (
            f"{sentence_case(reward_words(outcomes[0].reward(subject.name)))}; the limit {stated} of the "
            f"reward allows more in the period{beyond}."
        )

    return Claim(
        all_of((in_order, broken_rule)),
        lambda outcomes: outcomes[0].results[subject.name] is not None,
        sentence,
        antecedents=antecedents,
        pays=reward.pay > 0,
        wishes=[reward.pay > 0, is_true(reward.payable)],
        currency=currency_of(subject),
    )


def case_cap(bench: Bench, asked: PackProperty) -> Found:
    """The sum of all rewards for one case is at most the share of its cost; absent cost counts as 0."""
    share, cost = asked.options["share"], asked.options["cost"]
    subjects = bench.rewards()
    if not subjects:
        return
    named = title_of(bench.ruleset.model, cost)["en"]
    statement = f"Whether all rewards of one case together stay within the allowed share of the {named}."
    reading = bench.taints.of_terms([])
    for each in subjects:
        reading = reading.joined(bench.taints.with_caps(each))

    def build(case: SymbolicCase) -> Claim:
        return _share_of_cost(bench, case, subjects, share, cost)

    settled = bench.ask_single(statement, subjects[0].entity, reading, build)
    if settled.verdict == Verdict.PROVED:
        elsewhere = bench.ask_single(
            statement, subjects[0].entity, reading, lambda case: _billed_elsewhere(case, subjects, cost)
        )
        if elsewhere.verdict == Verdict.REFUTED:
            why = f"where the {named} is in another currency, it cannot be compared with what is paid"
            settled = Settled(Verdict.UNDECIDED, Method.SOLVER, statement, (why,), steps=elsewhere.steps)
        elif elsewhere.verdict == Verdict.UNDECIDED:
            settled = elsewhere
    yield subjects[0].name if len(subjects) == 1 else "", settled


def _billed_elsewhere(case: SymbolicCase, subjects: Sequence[Reward], cost: str) -> Claim:
    """Return the claim that nothing is paid where the cost is in another currency than the rewards."""
    read = case.facts.read(cost)
    assert isinstance(read, Value)
    other = FALSE
    if read.currency is not None:
        own = case.space.currency(str(currency_of(subjects[0])))
        other = all_of((read.known, negate(read.currency == own)))
    pays = any_of(case.decider.reward(subject.name).pay > 0 for subject in subjects)
    return Claim(
        all_of((other, pays)),
        lambda outcomes: any(paid(subject, outcomes[0]) > 0 for subject in subjects),
        lambda outcomes, _: "",
    )


def _share_of_cost(
    bench: Bench, case: SymbolicCase, subjects: Sequence[Reward], share: Term, cost: str
) -> Claim:
    currencies = {currency_of(subject) for subject in subjects}
    if len(currencies) > 1:
        raise Undecidable(f"rewards in {joined(sorted(str(each) for each in currencies))} for one case")
    (currency,) = currencies
    read, type_ = case.facts.read(cost), case.facts.fact(cost).type
    assert isinstance(read, Value)
    assert isinstance(type_, MoneyType)
    comparable = TRUE
    if read.currency is not None:
        comparable = read.currency == case.space.currency(str(currency))
    elif type_.currency != currency:
        raise Undecidable(f"a cost in {type_.currency} beside rewards in {currency}")
    part = case.of_pack(share)
    assert isinstance(share.type, DecimalType) or scale_of(share.type) == 0
    scale = max(scale_of(subject.type) for subject in subjects)
    total: z3.ArithRef = z3.IntVal(0)
    for subject in subjects:
        total = total + rescaled(_capped(case, subject), scale - scale_of(subject.type))
    bill = choose(read.known, read.term, z3.IntVal(0))
    # total / 10^scale > share / 10^s * bill / 10^b
    left = rescaled(total, scale_of(share.type) + type_.scale)
    right = rescaled(times(part.term, bill), scale)
    rewards = [case.decider.reward(subject.name) for subject in subjects]

    def sentence(outcomes: Sequence[Outcome], _: Sequence[Difference]) -> str:
        (outcome,) = outcomes
        given = sum((paid(subject, outcome) for subject in subjects), Decimal(0))
        facts: list[tuple[str, Any]] = [(cost, outcome.value(cost))]
        return (
            f"{sentence_case(case_words(bench.ruleset.model, facts))}; the rewards of the case come to "
            f"{value_words(given)} {currency}."
        )

    return Claim(
        all_of((part.known, implies(read.known, comparable), left > right)),
        lambda outcomes: sum(paid(subject, outcomes[0]) for subject in subjects) > 0,
        sentence,
        antecedents=[
            ("the allowed share is never known", part.known),
        ],
        pays=total > 0,
        wishes=[
            all_of(is_true(reward.payable) for reward in rewards),
            all_of((read.known, read.term > 0)),
            negate(total == 0),
        ],
        currency=currency,
    )
