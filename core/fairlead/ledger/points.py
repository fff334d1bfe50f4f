"""Points of a loyalty programme: how many somebody has, using them, and letting those run out that are old.

Points are earned by reward blocks whose benefit is points, and count once they are released. Using them and
running out are entries below zero, which say how much they take of which entries: those that run out first
go first. Points are never paid out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from fairlead.engine.runtime import add_months
from fairlead.facts.currencies import POINTS
from fairlead.ledger.benefits import benefit_of
from fairlead.ledger.ledger import SYSTEM, Ledger
from fairlead.ledger.payees import object_of
from fairlead.problems import Problem, UsageError
from fairlead.store import Ref, Transaction
from fairlead.store.ledger_act import ActWriter
from fairlead.store.ledger_records import Entry, NewEntry
from fairlead.store.ledger_states import State

__all__ = ["Lot", "Points", "PointsBalance"]

_REDEMPTION, _EXPIRY = "redemption", "expiry"
_GONE = (_REDEMPTION, _EXPIRY)
_EARNED = ("accrual", "opening")
_DOES_NOT_COUNT = (State.ACCRUED, State.HELD, State.REVERSED)
#: who may have points: a patient, or a partner
_PEOPLE = ("lead", "partner")
#: what stands for record and reward in entries that take points of several
_ENTITY = _REWARD = "points"


@dataclass(frozen=True, slots=True)
class Lot:
    """Points that one entry earned: how many are left of them, and the first day they cannot be used on."""

    entry: Entry
    left: int
    runs_out_on: date | None

    def is_usable(self, on: date) -> bool:
        """Tell whether what is left can be used on a day."""
        return self.left > 0 and (self.runs_out_on is None or on < self.runs_out_on)


@dataclass(frozen=True, slots=True)
class PointsBalance:
    """The points of one person: `earned` = `redeemed` + `expired` + `left`.

    Of those left `usable` can be used today, by `lots`; the others have run out, and the next run books
    that. What is left is below zero only where points were taken back after they had been used.
    """

    earned: int
    redeemed: int
    expired: int
    left: int
    usable: int
    lots: tuple[Lot, ...]


class Points:
    """The points in a ledger, by the id of the person who has them."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._store = ledger.store

    def balance(self, tx: Transaction, person: str) -> PointsBalance:
        """Return the points of a person as of the ledger's day."""
        entries = _points_of(tx, person)
        redeemed, expired = (-sum(each.units for each in entries if each.kind == kind) for kind in _GONE)
        earned = sum(each.units for each in entries if each.kind not in _GONE and _counts(each))
        usable = tuple(lot for lot in self._lots(entries) if lot.is_usable(self._ledger.today))
        return PointsBalance(
            earned=earned,
            redeemed=redeemed,
            expired=expired,
            left=earned - redeemed - expired,
            usable=sum(lot.left for lot in usable),
            lots=usable,
        )

    def redeem(self, person: str, points: int, benefit: str, by: str, *, reason: str = "") -> int:
        """Book that somebody used points for a benefit; return the entry's number.

        Raises UsageError for more points than can be used today, for none, and where it is not said for what.
        """
        if not benefit.strip():
            message = "what the points are used for is not said"
            remedy = "name the benefit, such as `free_follow_up`"
            raise UsageError([Problem("empty-value", message, remedy=remedy)])
        if points <= 0:
            message = f"{points} points cannot be used"
            raise UsageError([Problem("value-out-of-range", message, found=str(points))])
        with self._store.transaction() as tx:
            tx.book.lock()
            person = _ids(tx, person)[0]
            balance = self.balance(tx, person)
            if points > balance.usable:
                message = f"`{person}` can use {balance.usable} points, and not {points}"
                raise UsageError(
                    [
                        Problem(
                            "not-enough-points",
                            message,
                            found=str(points),
                            remedy="points that are held, ran out or were used do not count",
                        )
                    ]
                )
            content = {"person": person, "points": points, "benefit": benefit.strip()}
            act = tx.book.begin("redeem", actor=by, at=self._ledger.now, reason=reason, content=content)
            number = self._enter(
                act, _REDEMPTION, person, [*_first(balance.lots, points)], _points_of(tx, person)
            )
            act.write()
            return number

    def expire(self, *, actor: str = SYSTEM) -> dict[str, int]:
        """Book the points that have run out; return how many by person. Doing it again does nothing."""
        found: dict[str, int] = {}
        today = self._ledger.today
        with self._store.transaction() as tx:
            tx.book.lock()
            act = tx.book.begin("expire", actor=actor, at=self._ledger.now)
            known = {each.payee for each in tx.book.balances() if each.currency == POINTS}
            for person in sorted({_ids(tx, each)[0] for each in known}):
                own = _points_of(tx, person)
                lots = [lot for lot in self._lots(own) if lot.left > 0 and not lot.is_usable(today)]
                if lots:
                    self._enter(act, _EXPIRY, person, lots, own)
                    found[person] = sum(lot.left for lot in lots)
            if found:
                act.write()
        return found

    def _enter(
        self, act: ActWriter, kind: str, person: str, taken: Sequence[Lot], known: Sequence[Entry]
    ) -> int:
        """Enter that what is left of these lots is gone."""
        revision = 1 + sum(each.kind in _GONE for each in known)
        act.attribute(_ENTITY, person, revision, person, {"way": _ENTITY})
        units = -sum(lot.left for lot in taken)
        new = NewEntry(
            kind=kind,
            programme=taken[0].entry.programme,
            reward=_REWARD,
            entity=_ENTITY,
            subject=person,
            revision=revision,
            payee=person,
            patient=person,
            day=self._ledger.today,
            currency=POINTS,
            units=units,
            asked=units,
            content={"from": {str(lot.entry.id): lot.left for lot in taken}},
        )
        return act.enter(new, state=State.PAID)

    def _lots(self, entries: Sequence[Entry]) -> list[Lot]:
        """Return what is left of what each entry earned, what runs out first before the others.

        What was taken back after it was used is missing from the others.
        """
        gone: dict[int, int] = {}
        for each in entries:
            if each.kind in _GONE:
                taken: Mapping[str, int] = each.content["from"]
                for number, units in taken.items():
                    gone[int(number)] = gone.get(int(number), 0) + units
            elif each.corrects is not None:
                gone[each.corrects] = gone.get(each.corrects, 0) - each.units
        lots = [
            Lot(each, (each.units if _counts(each) else 0) - gone.get(each.id, 0), self._runs_out_on(each))
            for each in entries
            if each.kind in _EARNED
        ]
        missing = -sum(min(lot.left, 0) for lot in lots)
        found = []
        for lot in sorted(lots, key=lambda lot: (lot.runs_out_on or date.max, lot.entry.day, lot.entry.id)):
            left = max(lot.left, 0)
            found.append(replace(lot, left=max(left - missing, 0)))
            missing = max(missing - left, 0)
        return found

    def _runs_out_on(self, entry: Entry) -> date | None:
        months = benefit_of(self._ledger.programmes, entry).expires_after_months
        return None if months is None else add_months(entry.day, months)


def _points_of(tx: Transaction, person: str) -> list[Entry]:
    return [each for each in tx.book.entries(payees=_ids(tx, person)) if each.currency == POINTS]


def _ids(tx: Transaction, person: str) -> list[str]:
    """Return the ids that somebody's points stand under, first the one that they live on as."""
    for entity in _PEOPLE:
        ref = tx.identity.resolve(Ref(object_of(tx, entity), person))
        if ref.id != person or tx.mirror.record(entity, person) is not None:
            return list(tx.identity.ids_of([ref]))
    return [person]


def _counts(entry: Entry) -> bool:
    return entry.state not in _DOES_NOT_COUNT


def _first(lots: Sequence[Lot], points: int) -> Iterator[Lot]:
    """Yield the first so many points of lots."""
    for lot in lots:
        if points > 0:
            yield replace(lot, left=min(lot.left, points))
            points -= lot.left
