"""What the demo's introductions earn, by the ledger: each reward with its state, and the quarter's payout."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from fairlead.cli.demo_words import reason

if TYPE_CHECKING:
    from fairlead.cli.demo_reading import Decided
    from fairlead.engine import Program, Result
    from fairlead.facts.values import Money
    from fairlead.ledger.ledger import Ledger
    from fairlead.ledger.proposal import Proposal
    from fairlead.ruleset.typed import Reward
    from fairlead.store import MirrorRecord, Store
    from fairlead.store.ledger_records import Entry

__all__ = ["ACCRUED", "PERIOD", "STATES", "Balance", "Earned", "Rewards", "rewards_of"]

#: the period that the demo proposes a payout for
PERIOD = "2026-Q4"
#: the states of what was earned: together they are all of it
ACCRUED = ("released", "held", "reversed", "over_the_limit")
#: all states of a reward
STATES = (*ACCRUED, "not_known", "nothing")


class Earned(NamedTuple):
    """A reward, or the part of it that is in one state.

    `amount` is None where nothing is earned or it is not known. `because` says in words what holds it, or
    what is not known, limits it or had it taken back; `checks` are the codes of what holds it.
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
    """What a partner earned in one currency, and in which states it is."""

    partner: str
    currency: str
    accrued: Decimal
    by_state: dict[str, Decimal]


@dataclass(frozen=True)
class Rewards:
    """All rewards by introduction, the sums of each partner, and the proposal of the quarter."""

    earned: Sequence[Earned]
    balances: Sequence[Balance]
    proposal: Proposal


def rewards_of(programme: Program, introductions: Sequence[Decided], as_of: date, language: str) -> Rewards:
    """Enter the introductions into a ledger of their own, as a facility's would, and return what it says."""
    from fairlead import project
    from fairlead.ledger.ledger import Ledger
    from fairlead.ledger.payout import Payout
    from fairlead.ledger.periods import read_period
    from fairlead.project.starting import plan_project, write_project
    from fairlead.store import Store

    now = datetime.combine(as_of, time(9), UTC)
    with tempfile.TemporaryDirectory(prefix="fairlead-demo-") as folder:
        clinic = Path(folder) / "clinic"
        write_project(plan_project(clinic, [programme.name], language=language))
        with Store.open(f"sqlite:///{Path(folder) / 'fairlead.db'}", anchor=None) as store:
            _fill(store, programme, introductions, now)
            ledger = Ledger(project.open(clinic), store, now=now)
            ledger.accrue()
            ledger.assess()
            proposal = Payout(ledger).propose(read_period(PERIOD), "the demo").proposal
            found = list(_earned(ledger, programme, introductions, language))
    found.sort(key=lambda each: each.introduction)
    return Rewards(found, _balances(found), proposal)


def _fill(store: Store, programme: Program, introductions: Sequence[Decided], now: datetime) -> None:
    """Put the records of the introductions into the mirror, as a sync would."""
    with store.transaction() as tx:
        for record, _ in introductions:
            tx.mirror.put(list(_mirrored(programme, record, now)))


def _mirrored(
    programme: Program, record: Mapping[str, Mapping[str, Any]], now: datetime
) -> Iterator[MirrorRecord]:
    from fairlead.facts.values import json_from_internal
    from fairlead.store import MirrorRecord, Ref

    model = programme.ruleset.model
    links = {
        name: Ref(link.entity, record[name]["id"])
        for name, link in model.entities["introduction"].links.items()
        if "id" in record.get(name, {})
    }
    for name, facts in record.items():
        if "id" not in facts:
            continue
        entity = name if name == "introduction" else model.entities["introduction"].links[name].entity
        known = model.entities[entity].facts
        values = {
            short: json_from_internal(known[short].type, value)
            for short, value in facts.items()
            if short in known
        }
        own = links if name == "introduction" else {}
        yield MirrorRecord(entity, facts["id"], Ref(entity, facts["id"]), now, values, own, links.get("lead"))


def _earned(
    ledger: Ledger, programme: Program, introductions: Sequence[Decided], language: str
) -> Iterator[Earned]:
    from fairlead.ruleset.typed import Reward

    rewards = {each.name: each for each in programme.ruleset.decisions if isinstance(each, Reward)}
    with ledger.store.reading() as tx:
        entries = {(each.subject, each.reward): each for each in tx.book.entries()}
        holds = tx.book.holds([each.id for each in entries.values()])
    for record, result in introductions:
        for name, reward in rewards.items():
            whose = _whose(record, reward, language)
            entry = entries.get((record["introduction"]["id"], name))
            if entry is None:
                yield _not_entered(programme, reward, record, result, whose, language)
                continue
            reasons = holds[entry.id].reasons if entry.id in holds else ()
            yield from _parts(entry, reasons, whose, language)


def _whose(
    record: Mapping[str, Mapping[str, Any]], reward: Reward, language: str
) -> tuple[str, str, str, str]:
    from fairlead.documents.texts import pick

    payee = record.get(reward.payee, {}).get("id", "")
    return record["introduction"]["id"], payee, reward.name, pick(reward.title, language)


def _parts(
    entry: Entry, reasons: Sequence[Mapping[str, Any]], whose: tuple[str, str, str, str], language: str
) -> Iterator[Earned]:
    """Yield the parts of an entry: two where a limit divides it."""
    from fairlead.documents.texts import pick

    if entry.units:
        because = tuple(pick(each["text"], language) for each in reasons)
        checks = tuple(each["code"] for each in reasons)
        yield Earned(*whose, _money(entry.units, entry), str(entry.state), because, checks)
    if entry.units < entry.asked:
        cut = tuple(
            reason(f"limit_per_{limit['per']}", language, _shown(_money(limit["maximum"], entry)))
            for limit in entry.content["limits"]
        )
        yield Earned(*whose, _money(entry.asked - entry.units, entry), "over_the_limit", cut)


def _not_entered(
    programme: Program,
    reward: Reward,
    record: Mapping[str, Mapping[str, Any]],
    result: Result,
    whose: tuple[str, str, str, str],
    language: str,
) -> Earned:
    value = result.decisions[reward.name]
    if value is None or (value.accrues and value.amount is None):
        return Earned(*whose, None, "not_known", _unknown_facts(programme, reward, result, language))
    if value.accrues and value.reversed:
        # it had fallen away before it was entered
        cause = reason(record["introduction"]["reversal_cause"], language)
        return Earned(*whose, value.amount, "reversed", (cause,))
    return Earned(*whose, None, "nothing")


def _balances(rewards: Sequence[Earned]) -> list[Balance]:
    """Return the sums of each partner and currency, by partner."""
    sums: dict[tuple[str, str], dict[str, Decimal]] = {}
    for each in rewards:
        if each.amount is not None:
            of_partner = sums.setdefault(
                (each.partner, each.amount.currency), dict.fromkeys(ACCRUED, Decimal())
            )
            of_partner[each.state] += each.amount.amount
    return [
        Balance(partner, currency, sum(by_state.values(), Decimal()), by_state)
        for (partner, currency), by_state in sorted(sums.items())
    ]


def _money(units: int, entry: Entry) -> Money:
    from fairlead.facts.currencies import minor_units
    from fairlead.facts.values import Money

    return Money(Decimal(units).scaleb(-(minor_units(entry.currency) or 0)), entry.currency)


def _shown(amount: Money) -> str:
    return f"{amount.amount:,.2f} {amount.currency}"


def _unknown_facts(programme: Program, reward: Reward, result: Result, language: str) -> tuple[str, ...]:
    from fairlead.documents.texts import pick

    model = programme.ruleset.model
    names = sorted({cause.subject for cause in result.undetermined.get(reward.name, ())})
    facts = [(name, model.find(reward.name.partition(".")[0], name)) for name in names]
    titles = [name if fact is None else pick(fact.title, language) for name, fact in facts]
    return tuple(reason("not_known", language, title) for title in titles)
