"""Properties of two cases: what a reward may depend on, and how it may grow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

import z3

from fairlead.audit.bench import Bench, Claim, Settled
from fairlead.audit.cases import Outcome, SymbolicCase, any_differs
from fairlead.audit.encoding import RewardTerms, Undecidable, Value
from fairlead.audit.encoding.conditions import all_of, any_of, implies, negate
from fairlead.audit.encoding.values import is_true, same
from fairlead.audit.findings import Difference, Method, Verdict
from fairlead.audit.taint import Reading, part_terms
from fairlead.audit.words import case_words, reward_words, value_words
from fairlead.facts.types import (
    BooleanType,
    DateTimeType,
    DateType,
    DecimalType,
    IntegerType,
    MoneyType,
)
from fairlead.ruleset.policy_pack import PackProperty
from fairlead.ruleset.typed import Decision, Reward

__all__ = [
    "currency_of",
    "equal_work",
    "flows_nowhere",
    "independent",
    "no_cliff",
    "no_positive_correlation",
    "paid",
    "two_cases",
    "varies",
]

Found = Iterator[tuple[str, Settled]]


def paid(reward: Reward, outcome: Outcome) -> Decimal:
    """Return what a reward pays in a case, 0 where it does not accrue or is undetermined."""
    given = outcome.reward(reward.name)
    if given is None or not given.accrues or given.amount is None:
        return Decimal(0)
    return Decimal(given.amount.amount)


def currency_of(reward: Reward) -> str | None:
    """Return the currency of a reward."""
    return reward.type.currency if isinstance(reward.type, MoneyType) else None


def two_cases(
    bench: Bench, subject: Decision, outcomes: Sequence[Outcome], differences: Sequence[Difference]
) -> str:
    """Return two cases in a sentence: what differs, and what each gives."""
    parts = []
    for place, outcome in enumerate(outcomes):
        facts = [(each.name, each.first if place == 0 else each.second) for each in differences]
        if isinstance(subject, Reward):
            result = reward_words(outcome.reward(subject.name))
        else:
            title = subject.title["en"]
            result = f"{title} {value_words(outcome.decisions.get(subject.name))}"
        parts.append(f"{case_words(bench.ruleset.model, facts)}: {result}")
    start = f"Same {bench.ruleset.model.entities[subject.entity].title['en'].lower()}"
    return f"{start}; " + "; ".join(parts) + "."


def independent(bench: Bench, asked: PackProperty) -> Iterable[tuple[str, Settled]]:
    """Two cases that are equal outside H(label) have the same result."""
    label = asked.options["label"]
    for subject in bench.targets(asked.options["of"]):
        what = "the reward" if isinstance(subject, Reward) else f"“{subject.title['en']}”"
        statement = f"Whether {what} stays the same whatever is {_said(label)}."
        yield subject.name, varies(bench, subject, label, statement)


def _said(label: str) -> str:
    return {
        "outcome": "known of the medical outcome",
        "treatment_value": "known of the price or cost of treatment",
        "referral_volume": "known of the number of introductions",
        "acceptance": "known of whether the patient accepts treatment",
        "special_category": "known of the patient's health",
        "protected": "known of protected characteristics",
    }.get(label, f"labelled `{label}`")


def varies(bench: Bench, subject: Decision, label: str, statement: str, part: str | None = None) -> Settled:
    """Settle whether a decision, or one part of a reward, varies with a label."""
    whole = reading = bench.taints.reading(subject.name)
    if part is not None:
        assert isinstance(subject, Reward)
        reading = bench.taints.of_terms([part_terms(subject)[part]])
    if not bench.taints.in_model(label):
        why = f"nothing in the fact model carries the label `{label}`, so there is nothing to vary"
        return Settled(Verdict.UNDECIDED, Method.DATA_FLOW, statement, (why,))
    carried = bench.taints.carries(reading, label, subject.entity)
    doubtful = bench.doubtful(statement, reading)
    if part is None and isinstance(subject, Reward):
        doubtful = doubtful or _through_caps(bench, subject, statement, label)
    if not carried:
        return doubtful or flows_nowhere(bench, subject, statement, _nothing(label))

    def build(one: SymbolicCase, other: SymbolicCase) -> Claim:
        if not isinstance(subject, Reward):
            values = [case.decider.single(subject.name) for case in (one, other)]
            return Claim(
                negate(same(*values)),
                lambda outcomes: outcomes[0].results[subject.name] != outcomes[1].results[subject.name],
                lambda outcomes, differences: two_cases(bench, subject, outcomes, differences),
                antecedents=[(_NEVER_UNLIKE, any_differs(one, other, carried))],
                wishes=[value.known for value in values],
            )
        rewards = [case.decider.reward(subject.name) for case in (one, other)]
        claim = _reward_varies(bench, subject, rewards, part)
        claim.antecedents.append((_NEVER_UNLIKE, any_differs(one, other, carried)))
        return claim

    settled = bench.ask_pair(statement, subject.entity, whole, carried, build)
    return settled if settled.verdict == Verdict.REFUTED or doubtful is None else doubtful


def _through_caps(bench: Bench, subject: Reward, statement: str, label: str) -> Settled | None:
    """Return `undecided` where a cap reads what carries the label: what is paid in the end follows it."""
    reading = bench.taints.of_terms(cap.maximum for cap in subject.caps)
    carried = bench.taints.carries(reading, label, subject.entity)
    if not carried:
        return bench.doubtful(statement, reading)
    names = ", ".join(f"`{name}`" for name in sorted(carried))
    why = f"a cap of the reward reads {names}, which carries the label `{label}`"
    return Settled(Verdict.UNDECIDED, Method.DATA_FLOW, statement, (why,))


_NEVER_UNLIKE = "no two admitted cases differ in what carries the label"


def _nothing(label: str) -> str:
    return f"nothing that carries the label `{label}` reaches it"


def flows_nowhere(bench: Bench, subject: Decision, statement: str, why: str) -> Settled:
    """Return the proof by data flow, once it is shown not to be empty."""
    if isinstance(subject, Reward):
        nothing = bench.ever_pays(statement, subject)
        if nothing is not None:
            return nothing
    return Settled(Verdict.PROVED, Method.DATA_FLOW, statement, (why,))


def _reward_varies(bench: Bench, subject: Reward, rewards: Sequence[RewardTerms], part: str | None) -> Claim:
    one, other = rewards
    alike = {
        "amount": all_of((one.determined == other.determined, one.pay == other.pay)),
        "accrues_when": same(one.accrues, other.accrues),
        "payable_when": same(one.payable, other.payable),
        "reversed_when": same(one.reversed, other.reversed),
        "payee": same(one.payee, other.payee),
    }
    looked_at = [part] if part is not None else list(alike)

    def broken(outcomes: Sequence[Outcome]) -> bool:
        results = [outcome.results[subject.name] for outcome in outcomes]
        if part == "reversed_when":
            return bool(results[0] is None or results[1] is None or _part(results, "reversed"))
        return bool(results[0] != results[1])

    return Claim(
        negate(all_of(alike[name] for name in looked_at)),
        broken,
        lambda outcomes, differences: two_cases(bench, subject, outcomes, differences),
        pays=one.pay > 0,
        wishes=[
            *([any_of((is_true(one.reversed), is_true(other.reversed)))] if part == "reversed_when" else []),
            all_of((one.determined, other.determined)),
            all_of((is_true(one.accrues), is_true(other.accrues))),
            all_of((one.pay > 0, other.pay > 0)),
            all_of((is_true(one.payable), is_true(other.payable))),
            negate(one.pay == other.pay),
        ],
        currency=currency_of(subject),
    )


def _part(results: Sequence[Any], name: str) -> bool:
    return bool(results[0].get(name) != results[1].get(name))


def no_positive_correlation(bench: Bench, asked: PackProperty) -> Found:
    """Where more is known of H(label), or it is larger, pay is never larger."""
    label, per = asked.options["label"], asked.options["per"]
    for subject in bench.rewards():
        statement = f"Whether pay never rises with what is {_said(label)}" + (
            ", in the total of a period." if per == "total" else ", case by case."
        )
        reading = bench.taints.reading(subject.name)
        doubtful = bench.doubtful(statement, reading) or _through_caps(bench, subject, statement, label)
        if per == "total" and label == "referral_volume":
            settled = _one_more_case(bench, subject, statement, reading)
        else:
            carried = bench.taints.carries(reading, label, subject.entity)
            if not carried:
                yield subject.name, doubtful or flows_nowhere(bench, subject, statement, _nothing(label))
                continue
            settled = _correlated(bench, subject, statement, reading, carried)
        yield (
            subject.name,
            settled if settled.verdict == Verdict.REFUTED or doubtful is None else doubtful,
        )


def _correlated(
    bench: Bench, subject: Reward, statement: str, reading: Reading, carried: frozenset[str]
) -> Settled:
    def build(one: SymbolicCase, other: SymbolicCase) -> Claim:
        less, more = (case.decider.reward(subject.name) for case in (one, other))
        risen = all_of(_at_most(one, other, name) for name in sorted(carried))
        return Claim(
            all_of((risen, more.pay > less.pay)),
            lambda outcomes: paid(subject, outcomes[1]) > paid(subject, outcomes[0]),
            lambda outcomes, differences: two_cases(bench, subject, outcomes, differences),
            pays=more.pay > 0,
            wishes=[
                all_of((less.determined, more.determined)),
                less.pay > 0,
                all_of((is_true(less.payable), is_true(more.payable))),
            ],
            currency=currency_of(subject),
        )

    return bench.ask_pair(statement, subject.entity, reading, carried, build)


def _at_most(one: SymbolicCase, other: SymbolicCase, name: str) -> z3.BoolRef:
    """Tell whether a fact of `other` is that of `one` or more of it: absent < present, false < true."""
    if "." not in name:
        return implies(one.facts.record_exists(name), other.facts.record_exists(name))
    less, more = one.facts.read(name), other.facts.read(name)
    if not isinstance(less, Value) or not isinstance(more, Value):
        return same_lists(less, more)
    type_ = one.facts.fact(name).type
    present = implies(less.known, more.known)
    match type_:
        case BooleanType():
            grown = implies(less.term, more.term)
        case IntegerType() | DecimalType() | MoneyType() | DateType() | DateTimeType():
            grown = less.term <= more.term
            if less.currency is not None and more.currency is not None:
                grown = all_of((grown, less.currency == more.currency))
        case _:
            # what has no order may only appear
            grown = less.term == more.term
    return all_of((present, implies(all_of((less.known, more.known)), grown)))


def same_lists(one: object, other: object) -> z3.BoolRef:
    """Lists have no order: the property is asked of equal ones alone, which cannot be compared here."""
    raise Undecidable("the order of a list")


def _one_more_case(bench: Bench, subject: Reward, statement: str, reading: Reading) -> Settled:
    """In the total of a period each case that pays raises it."""
    return bench.ask_single(statement, subject.entity, reading, lambda case: _one_more(case, subject))


def _one_more(case: SymbolicCase, subject: Reward) -> Claim:
    reward = case.decider.reward(subject.name)

    def sentence(outcomes: Sequence[Outcome], _: Sequence[Difference]) -> str:
        more = f"{value_words(paid(subject, outcomes[0]))} {currency_of(subject)}"
        return f"One more introduction raises the total of the period by {more}."

    return Claim(
        reward.pay > 0,
        lambda outcomes: paid(subject, outcomes[0]) > 0,
        sentence,
        pays=reward.pay > 0,
        wishes=[is_true(reward.payable)],
        currency=currency_of(subject),
    )


def no_cliff(bench: Bench, asked: PackProperty) -> Found:
    """One more case changes the period's total by at most `factor` times the pay for the first case."""
    factor, count = Decimal(asked.options["factor"]), asked.options["count"]
    for subject in bench.rewards():
        statement = f"Whether one more introduction adds at most {factor} times the fee for the first."
        reading = bench.taints.reading(subject.name)
        carried = bench.taints.derived(reading, count)
        if not carried:
            why = f"`{count}` does not reach the reward: every case is paid alike"
            yield subject.name, flows_nowhere(bench, subject, statement, why)
            continue
        ask = _re_rated_cliff if subject.re_rates else _cliff
        yield subject.name, ask(bench, subject, statement, reading, factor, count, carried | {count})


def _cliff(
    bench: Bench,
    subject: Reward,
    statement: str,
    reading: Reading,
    factor: Decimal,
    count: str,
    carried: frozenset[str],
) -> Settled:
    numerator, denominator = factor.as_integer_ratio()

    def build(one: SymbolicCase, other: SymbolicCase) -> Claim:
        unit, later = (case.decider.reward(subject.name) for case in (one, other))
        number = _counted(other, count)
        at_first = all_of((_is_number(one, count, 1), number.known, number.term >= 2))
        return Claim(
            all_of(
                (
                    at_first,
                    unit.determined,
                    later.determined,
                    unit.pay > 0,
                    later.pay * denominator > unit.pay * numerator,
                )
            ),
            lambda outcomes: paid(subject, outcomes[1]) > factor * paid(subject, outcomes[0]),
            lambda outcomes, differences: two_cases(bench, subject, outcomes, differences),
            antecedents=[("the reward never pays for a first case", all_of((at_first, unit.pay > 0)))],
            wishes=[number.term <= 20, all_of((is_true(unit.payable), is_true(later.payable)))],
            currency=currency_of(subject),
        )

    return bench.ask_pair(statement, subject.entity, reading, carried, build)


def _re_rated_cliff(
    bench: Bench,
    subject: Reward,
    statement: str,
    reading: Reading,
    factor: Decimal,
    count: str,
    carried: frozenset[str],
) -> Settled:
    """Where all cases of a period are paid at the rate of the latest, n of them come to n times its pay."""
    numerator, denominator = factor.as_integer_ratio()

    def build(one: SymbolicCase, before: SymbolicCase, after: SymbolicCase) -> Claim:
        unit, less, more = (case.decider.reward(subject.name) for case in (one, before, after))
        number, next_number = _counted(before, count), _counted(after, count)
        counted = [_is_number(one, count, 1), number.known, number.term >= 1, next_number.known]
        at_first = all_of((*counted, next_number.term == number.term + 1))
        added = next_number.term * more.pay - number.term * less.pay
        return Claim(
            all_of(
                (
                    at_first,
                    *(each.determined for each in (unit, less, more)),
                    unit.pay > 0,
                    added * denominator > unit.pay * numerator,
                )
            ),
            lambda outcomes: _added(subject, outcomes, count) > factor * paid(subject, outcomes[0]),
            lambda outcomes, differences: (
                f"{two_cases(bench, subject, outcomes[1:], differences)} All are paid anew, so one more adds "
                f"{value_words(_added(subject, outcomes, count))} {currency_of(subject)}; the first earns "
                f"{value_words(paid(subject, outcomes[0]))} {currency_of(subject)}."
            ),
            antecedents=[("the reward never pays for a first case", all_of((at_first, unit.pay > 0)))],
            wishes=[
                number.term <= 20,
                all_of(is_true(each.payable) for each in (unit, less, more)),
            ],
            currency=currency_of(subject),
        )

    return bench.ask_three(statement, subject.entity, reading, carried, build)


def _counted(case: SymbolicCase, count: str) -> Value:
    value = case.facts.read(count)
    assert isinstance(value, Value)
    return value


def _is_number(case: SymbolicCase, count: str, number: int) -> z3.BoolRef:
    value = _counted(case, count)
    return all_of((value.known, value.term == number))


def _added(subject: Reward, outcomes: Sequence[Outcome], count: str) -> Decimal:
    before, after = outcomes[1:]
    return paid(subject, after) * int(after.value(count)) - paid(subject, before) * int(before.value(count))


def equal_work(bench: Bench, asked: PackProperty) -> Found:
    """Equal on the declared work facts, both accruing, in one version: equal amount before caps.

    Where no work facts are declared, any two cases are equal work.
    """
    for subject in bench.rewards():
        statement = "Whether equal work earns equal pay, before caps."
        reading = bench.taints.reading(subject.name)
        yield subject.name, _equal_work(bench, subject, statement, reading)


def _equal_work(bench: Bench, subject: Reward, statement: str, reading: Reading) -> Settled:
    keys = {key for key in reading.keys if key != subject.entity}
    free = (reading.facts | keys) - set(subject.work)

    def build(one: SymbolicCase, other: SymbolicCase) -> Claim:
        first, second = (case.decider.reward(subject.name) for case in (one, other))
        both = all_of((is_true(first.accrues), is_true(second.accrues)))
        return Claim(
            all_of(
                (both, first.determined, second.determined, negate(first.amount.term == second.amount.term))
            ),
            lambda outcomes: paid(subject, outcomes[0]) != paid(subject, outcomes[1]),
            lambda outcomes, differences: two_cases(bench, subject, outcomes, differences),
            antecedents=[("no two cases of equal work accrue", both)],
            wishes=[any_of((first.pay > 0, second.pay > 0)), all_of((first.pay > 0, second.pay > 0))],
            currency=currency_of(subject),
        )

    return bench.ask_pair(statement, subject.entity, reading, frozenset(free), build, one_time=False)
