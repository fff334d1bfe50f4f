"""What the demo's introductions earn: each reward with its state, limits applied, and sums that balance."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from fairlead.cli.demo_words import reason

if TYPE_CHECKING:
    from fairlead.cli.demo_reading import Decided
    from fairlead.engine import Program, Result
    from fairlead.facts.values import Money
    from fairlead.ruleset.typed import Cap, Reward

__all__ = ["ACCRUED", "STATES", "Balance", "Earned", "balances", "earned"]

#: the states of what was accrued: together they are all of it
ACCRUED = ("payable", "held", "reversed", "over_the_limit")
#: all states of a reward
STATES = (*ACCRUED, "not_known", "nothing")


class Earned(NamedTuple):
    """A reward, or the part of it that is in one state.

    `amount` is None where nothing is earned or it is not known. `because` are the checks that hold it in
    words, or what is not known, limits it or had it taken back; `checks` are the names of these checks.
    """

    introduction: str
    partner: str
    reward: str
    title: str
    amount: Money | None
    state: str
    because: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()


class Balance(NamedTuple):
    """What a partner accrued in one currency, and in which states it is."""

    partner: str
    currency: str
    accrued: Decimal
    by_state: dict[str, Decimal]


def earned(programme: Program, introductions: Sequence[Decided], as_of: date, language: str) -> list[Earned]:
    """Return what each introduction earns, by its id; limits are applied to the oldest first.

    What is taken back does not count towards a limit.
    """
    from fairlead.ruleset.typed import Reward

    rewards = [decision for decision in programme.ruleset.decisions if isinstance(decision, Reward)]
    limits = _Limits(programme, as_of, language)
    by_day = sorted(introductions, key=_day_and_id)
    found = [
        each
        for record, result in by_day
        for reward in rewards
        for each in _parts(programme, reward, record, result, limits, language)
    ]
    return sorted(found, key=lambda each: each.introduction)


def balances(rewards: Sequence[Earned], introductions: Sequence[Decided]) -> list[Balance]:
    """Return the sums of each partner and currency, by partner.

    What is accrued is summed from the decisions, not from the parts, and is held to be their sum.
    """
    from fairlead.engine.results import RewardResult

    accrued: dict[tuple[str, str], Decimal] = {}
    for _, result in introductions:
        for value in result.decisions.values():
            if isinstance(value, RewardResult) and value.accrues and value.amount is not None:
                key = value.payee or "", value.amount.currency
                accrued[key] = accrued.get(key, Decimal()) + value.amount.amount
    found = []
    for partner, currency in sorted(accrued):
        by_state = dict.fromkeys(ACCRUED, Decimal())
        for each in rewards:
            if each.partner == partner and each.amount is not None and each.amount.currency == currency:
                by_state[each.state] += each.amount.amount
        total = accrued[partner, currency]
        assert sum(by_state.values()) == total, "the states of what was accrued are not all of it"
        found.append(Balance(partner, currency, total, by_state))
    return found


def _day_and_id(decided: Decided) -> tuple[date, str]:
    facts = decided[0]["introduction"]
    return facts["introduced_on"], facts["id"]


class _Limits:
    """The rewards' limits with what counts towards each so far."""

    def __init__(self, programme: Program, as_of: date, language: str) -> None:
        self._ruleset = programme.ruleset
        self._as_of = as_of
        self._language = language
        self._used: dict[tuple[str, str, str, str], Decimal] = {}

    def take(
        self, reward: Reward, record: dict[str, dict[str, Any]], amount: Decimal
    ) -> tuple[Decimal, tuple[str, ...]]:
        """Return how much of an amount is within all limits, and the limits that cut it, in words.

        What is within them is counted towards them.
        """
        keys = [(cap, self._key(reward, cap, record)) for cap in reward.caps]
        within, cut = amount, []
        for cap, key in keys:
            maximum = self._maximum(cap)
            left = maximum.amount - self._used.get(key, Decimal())
            if left < amount:
                most = f"{maximum.amount:,.2f} {maximum.currency}"
                cut.append(reason(f"limit_per_{cap.per}", self._language, most))
            within = min(within, max(left, Decimal()))
        for _, key in keys:
            self._used[key] = self._used.get(key, Decimal()) + within
        return within, tuple(cut)

    def _key(self, reward: Reward, cap: Cap, record: dict[str, dict[str, Any]]) -> tuple[str, str, str, str]:
        facts = record["introduction"]
        entity = {"payee": reward.payee, "patient": "lead", "introduction": "introduction"}.get(cap.per)
        whose = record.get(entity, {}).get("id", "") if entity is not None else ""
        if cap.window is None:
            period = ""
        else:
            # the shipped programmes have years of the calendar alone
            assert (cap.window["kind"], cap.window["unit"]) == ("calendar", "year")
            period = str(facts["introduced_on"].year)
        return reward.name, cap.id, whose, period

    def _maximum(self, cap: Cap) -> Money:
        from fairlead.facts.values import public_from_internal
        from fairlead.logic.terms import Variable

        # the shipped programmes name their limits
        assert isinstance(cap.maximum, Variable)
        parameter = self._ruleset.parameters[cap.maximum.name.partition(".")[2]]
        maximum: Money = public_from_internal(parameter.type, parameter.on(self._as_of))
        return maximum


def _parts(
    programme: Program,
    reward: Reward,
    record: dict[str, dict[str, Any]],
    result: Result,
    limits: _Limits,
    language: str,
) -> Iterator[Earned]:
    """Yield the parts of one reward: two where a limit divides it."""
    from fairlead.documents.texts import pick
    from fairlead.facts.values import Money

    whose = (
        record["introduction"]["id"],
        record.get(reward.payee, {}).get("id", ""),
        reward.name,
        pick(reward.title, language),
    )
    value = result.decisions[reward.name]
    if value is None or (value.accrues and value.amount is None):
        yield Earned(*whose, None, "not_known", _unknown_facts(programme, reward, result, language))
    elif not value.accrues:
        yield Earned(*whose, None, "nothing")
    elif value.reversed:
        cause = reason(record["introduction"]["reversal_cause"], language)
        yield Earned(*whose, value.amount, "reversed", (cause,))
    else:
        amount, currency = value.amount
        within, cut = limits.take(reward, record, amount)
        if within:
            because, checks = ((), ()) if value.payable else _holding(programme, reward, result, language)
            state = "payable" if value.payable else "held"
            yield Earned(*whose, Money(within, currency), state, because, checks)
        if within < amount:
            yield Earned(*whose, Money(amount - within, currency), "over_the_limit", cut)


def _holding(
    programme: Program, reward: Reward, result: Result, language: str
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the checks that hold a reward, in words and by name: failed ones first."""
    from fairlead.documents.texts import pick
    from fairlead.logic.terms import Variable, walk
    from fairlead.ruleset.typed import Check

    read = {term.name for term in walk(reward.payable_when) if isinstance(term, Variable)}
    checks = [
        decision
        for decision in programme.ruleset.decisions
        if isinstance(decision, Check) and decision.name in read
    ]
    failed = [check for check in checks if result.decisions[check.name] is False]
    unknown = [check for check in checks if result.decisions[check.name] is None]
    words = [pick(check.reason.text, language) for check in failed]
    words += [reason("not_on_record", language, pick(check.title, language)) for check in unknown]
    return tuple(words), tuple(check.name for check in (*failed, *unknown))


def _unknown_facts(programme: Program, reward: Reward, result: Result, language: str) -> tuple[str, ...]:
    from fairlead.documents.texts import pick

    model = programme.ruleset.model
    names = sorted({cause.subject for cause in result.undetermined.get(reward.name, ())})
    facts = [(name, model.find(reward.name.partition(".")[0], name)) for name in names]
    titles = [name if fact is None else pick(fact.title, language) for name, fact in facts]
    return tuple(reason("not_known", language, title) for title in titles)
