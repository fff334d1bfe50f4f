"""Re-rating, where a programme says so: earlier introductions of a period at the rate of the latest.

The difference is a new entry; what was entered before stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from fairlead.facts.model import Aggregate
from fairlead.ledger.accrual import logged
from fairlead.ledger.limits import PER, Limits, Subject, window_bounds
from fairlead.ledger.payees import Payee, read_payees
from fairlead.ledger.programmes import Version
from fairlead.ledger.work import Work
from fairlead.problems import RecordError
from fairlead.ruleset.typed import Reward
from fairlead.store import Decided, Transaction
from fairlead.store.ledger_records import Entry, NewEntry
from fairlead.store.ledger_states import State

__all__ = ["re_rate"]


def re_rate(work: Work) -> int:
    """Enter the differences for every payee whose rate changed in a window; return how many."""
    entered = 0
    for programme in work.subjects.programmes:
        version = programme.on(work.today)
        for reward in version.rewards if version is not None else ():
            window = _window(version, reward) if version is not None and reward.re_rates else None
            if window is None:
                continue
            with work.store.transaction() as tx:
                tx.book.lock()
                entered += _of_reward(work, tx, programme.name, reward, window)
    return entered


def _window(version: Version, reward: Reward) -> Mapping[str, Any] | None:
    """Return the window of the count that the amount goes by, None where it goes by none."""
    for name in sorted(version.rests_on(reward)):
        found = version.ruleset.model.find(reward.entity, name)
        if isinstance(found, Aggregate) and found.window is not None:
            window = found.window
            return {
                "kind": window.kind,
                "unit": window.unit,
                "months": window.months,
                "days": window.days,
            }
    return None


def _of_reward(work: Work, tx: Transaction, programme: str, reward: Reward, window: Mapping[str, Any]) -> int:
    # nothing is written before all differences are known: what is taken counts for those after it
    limits = Limits(kept=PER)
    limits.keep(tx.book.last_act())
    standing: dict[str, list[Entry]] = {}
    for entry in tx.book.entries(entity=reward.entity, programme=programme):
        if entry.reward == reward.name and entry.kind != "opening" and entry.state is not State.REVERSED:
            standing.setdefault(entry.payee, []).append(entry)
    new: list[tuple[NewEntry, Decided]] = []
    # what a partner earned who was merged counts with what the one earned that it lives on as
    alive: dict[Payee, list[Entry]] = {}
    for id_, payee in read_payees(tx, standing).items():
        alive.setdefault(payee, []).extend(standing[id_])
    for payee, entries in alive.items():
        latest = max(entries, key=lambda each: (each.day, each.subject))
        first, last = window_bounds(window, latest.day)
        members = [each for each in entries if first <= each.day <= last]
        new += _differences(work, tx, reward, payee, members, latest, limits)
    if not new:
        return 0
    first_seq = tx.log.head().count + 1
    tx.log.append([decided for _, decided in new], run=None, at=work.now)
    act = tx.book.begin("re_rate", actor=work.actor, at=work.now)
    for position, (difference, _) in enumerate(new):
        act.enter(replace(difference, decision=first_seq + position))
    act.write()
    return len(new)


def _differences(
    work: Work,
    tx: Transaction,
    reward: Reward,
    payee: Payee,
    members: Sequence[Entry],
    latest: Entry,
    limits: Limits,
) -> list[tuple[NewEntry, Decided]]:
    by_subject: dict[str, list[Entry]] = {}
    for entry in members:
        by_subject.setdefault(entry.subject, []).append(entry)
    up_to = (latest.day.isoformat(), latest.subject)
    records = work.subjects.read(tx, reward.entity, by_subject, up_to=up_to)
    programmes = {each.name: each for each in work.subjects.programmes}
    found: list[tuple[NewEntry, Decided]] = []
    for subject, own in by_subject.items():
        accrual = next((each for each in own if each.kind == "accrual"), None)
        version = programmes[latest.programme].on(own[0].day)
        # what was taken back, or cut by a limit, is not rated anew
        if accrual is None or version is None or subject not in records or accrual.units != accrual.asked:
            continue
        if any(each.kind == "correction" for each in own):
            continue
        try:
            checked = version.program.check(records[subject].counted)
        except RecordError:
            continue
        earned = next(
            each
            for each in version.earned(checked, latest.day, work.rates_table)
            if each.reward.name == reward.name
        )
        rated = sum(each.units for each in own)
        if earned.result is None or not earned.result.accrues or earned.units in (None, rated):
            continue
        assert earned.units is not None
        asked = units = earned.units - rated
        if asked > 0:
            whose = Subject(
                accrual.programme, subject, payee.id, accrual.patient, accrual.day, payee_also=payee.ids[1:]
            )
            limits.prepare(tx.book, [(reward, whose)])
            taken = limits.take(version, reward, whose, asked, checked)
            units = 0 if taken is None else taken[0]
        if units == 0:
            continue
        difference = NewEntry(
            kind="re_rating",
            programme=accrual.programme,
            reward=reward.name,
            entity=accrual.entity,
            subject=subject,
            revision=accrual.revision,
            payee=accrual.payee,
            patient=accrual.patient,
            day=accrual.day,
            currency=accrual.currency,
            units=units,
            asked=asked,
            content={
                **{name: accrual.content[name] for name in ("ruleset", "version", "approval", "object")},
                "rated_by": latest.subject,
            },
            round=1 + sum(each.kind == "re_rating" for each in own),
        )
        found.append(
            (difference, logged(records[subject], version, [earned], records[subject].counted, work.rates))
        )
    return found
