"""What people decide about single entries: disputes and their outcome, corrections, other payees."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from fairlead.ledger.assessment import take_back
from fairlead.ledger.ledger import Ledger
from fairlead.ledger.payees import read_payees
from fairlead.ledger.payout import Payout, same_person
from fairlead.problems import Problem, UsageError
from fairlead.store import Transaction
from fairlead.store.ledger_records import Entry
from fairlead.store.ledger_states import UNSTATED, State

__all__ = ["CLAWBACK_CAUSES", "OUTCOMES", "Corrections"]

#: the only causes for taking back what a payee was told: never for clinical reasons (check C23)
CLAWBACK_CAUSES = ("did_not_occur", "fraud", "duplicate")
#: how a dispute ends: as it was stated, or the entry is taken back and decided anew
OUTCOMES = ("rejected", "upheld")


class Corrections:
    """Decisions of people about entries; each needs a person and a reason, and leaves a trace."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._store = ledger.store
        self._now = ledger.now
        self._payout = Payout(ledger)

    def dispute(self, number: int, by: str, reason: str) -> date:
        """Record that a payee objects to an entry on a statement; return until when that was possible.

        Raises UsageError after that day, and for an entry that is on no statement or disputed already.
        """
        _needs(by, reason)
        with self._store.transaction() as tx:
            tx.book.lock()
            entry = tx.book.entry(number)
            if entry.state is not State.ON_STATEMENT:
                raise _refusal(
                    "not-disputable",
                    f"entry {number} is `{entry.state}`: only what is stated and not paid is disputed",
                    entry.state,
                    (State.ON_STATEMENT.value,),
                    "a mistake in it is taken back with `fairlead ledger correct`",
                )
            until = self._dispute_until(tx, number)
            if self._ledger.today > until:
                raise _refusal(
                    "too-late", f"entry {number} could be disputed until {until}", str(self._ledger.today)
                )
            content = {"entry": number, "until": until.isoformat()}
            act = tx.book.begin("dispute", actor=by, reason=reason, at=self._now, content=content)
            act.move(entry, State.DISPUTED)
            act.write()
            return until

    def settle(self, number: int, by: str, outcome: str, reason: str) -> int | None:
        """Record how a dispute ended; return the number of the correction where it was upheld.

        An upheld entry is taken back, and what is right is decided anew from the records as they are then.
        Raises UsageError where there is no open dispute, and for a person who disputed it.
        """
        _needs(by, reason)
        if outcome not in OUTCOMES:
            raise _refusal("wrong-option", f"`{outcome}` is no outcome of a dispute", outcome, OUTCOMES)
        with self._store.transaction() as tx:
            tx.book.lock()
            entry = tx.book.entry(number)
            dispute = self._payout.open_disputes(tx).get(number)
            if dispute is None:
                raise _refusal("no-dispute", f"entry {number} has no open dispute", str(number))
            if same_person(by, dispute.actor):
                raise _refusal(
                    "same-person", f"`{by}` disputed entry {number} and cannot settle it", by, remedy=_OTHER
                )
            content = {"entry": number, "outcome": outcome}
            act = tx.book.begin("settle", actor=by, reason=reason, at=self._now, content=content)
            taken = None
            if outcome == "upheld":
                taken = take_back(act, entry, "dispute upheld")
                act.attribute(
                    entry.entity,
                    entry.subject,
                    entry.revision + 1,
                    entry.payee,
                    {"way": "dispute", "entry": number},
                )
            act.write()
            return taken

    def correct(self, number: int, by: str, cause: str, reason: str) -> int | None:
        """Take back an entry, because it did not occur, was a fraud or a duplicate.

        What the payee was not told is reversed, and None is returned; else a new entry with the opposite
        amount takes it back at the next payout, and its number is returned. Raises UsageError for another
        cause, and for an entry that was taken back already.
        """
        _needs(by, reason)
        if cause not in CLAWBACK_CAUSES:
            raise _refusal(
                "wrong-cause",
                f"`{cause}` is no cause for taking back a reward; clinical reasons never are",
                cause,
                CLAWBACK_CAUSES,
            )
        with self._store.transaction() as tx:
            tx.book.lock()
            entry = tx.book.entry(number)
            self._check_whole(tx, entry)
            content = {"entry": number, "cause": cause}
            act = tx.book.begin("correct", actor=by, reason=reason, at=self._now, content=content)
            taken = None
            if entry.state in UNSTATED:
                act.move(entry, State.REVERSED)
            else:
                taken = take_back(act, entry, cause)
            act.write()
            return taken

    def decide_anew(self, number: int, by: str, reason: str) -> None:
        """Reverse an entry that the payee was not told about, so that it accrues by what is known now.

        This is for an amount that changed, and for a programme that was corrected. Raises UsageError for an
        entry that was on a statement: that is disputed or corrected.
        """
        _needs(by, reason)
        with self._store.transaction() as tx:
            tx.book.lock()
            entry = tx.book.entry(number)
            self._reverse_all(tx, entry, entry.payee, by, reason, {"way": "decided_anew", "entry": number})

    def attribute(self, entity: str, subject: str, payee: str, by: str, reason: str) -> list[int]:
        """Say whom a subject belongs to, whatever its code says; return the entries reversed for it.

        Raises UsageError for a partner that is not there, and where somebody else was told already that they
        are paid for it.
        """
        _needs(by, reason)
        with self._store.transaction() as tx:
            tx.book.lock()
            if read_payees(tx, [payee])[payee].gone:
                raise _refusal("unknown-partner", f"the CRM has no partner `{payee}`", payee)
            content = {"way": "person", "by": by, "reason": reason}
            entries = list(tx.book.entries(entity=entity, subjects=[subject]))
            if not entries:
                act = tx.book.begin(
                    "attribute", actor=by, reason=reason, at=self._now, content={"subject": subject}
                )
                known = tx.book.attributions(entity, [subject]).get(subject)
                act.attribute(entity, subject, known.revision + 1 if known else 1, payee, content)
                act.write()
                return []
            return self._reverse_all(tx, entries[0], payee, by, reason, content)

    def _reverse_all(
        self, tx: Transaction, entry: Entry, payee: str, by: str, reason: str, content: Mapping[str, object]
    ) -> list[int]:
        """Reverse every open entry of a subject and begin its next revision."""
        own = [
            each
            for each in tx.book.entries(entity=entry.entity, subjects=[entry.subject])
            if each.kind == "accrual"
        ]
        taken_back = {each.corrects for each in tx.book.entries(corrects=[each.id for each in own])}
        told = [
            each
            for each in own
            if each.state not in (*UNSTATED, State.REVERSED) and each.id not in taken_back
        ]
        if told:
            raise _refusal(
                "already-told",
                f"entry {told[0].id} is `{told[0].state}`: what a payee was told is not decided anew",
                told[0].state,
                remedy="correct it first, or settle its dispute",
            )
        act = tx.book.begin(
            "attribute", actor=by, reason=reason, at=self._now, content={"subject": entry.subject}
        )
        reversed_ = []
        for each in own:
            if each.state in UNSTATED:
                act.move(each, State.REVERSED)
                reversed_.append(each.id)
        known = tx.book.attributions(entry.entity, [entry.subject])[entry.subject]
        act.attribute(entry.entity, entry.subject, known.revision + 1, payee, content)
        act.write()
        return reversed_

    def _check_whole(self, tx: Transaction, entry: Entry) -> None:
        taken = next(tx.book.entries(corrects=[entry.id]), None)
        if entry.state is State.REVERSED or taken is not None or entry.kind == "correction":
            message = f"entry {entry.id} was taken back already, or takes back another one"
            raise _refusal("taken-back", message, str(entry.id), remedy="`fairlead ledger show` tells which")

    def _dispute_until(self, tx: Transaction, number: int) -> date:
        [(act, _)] = tx.book.moved_into(State.ON_STATEMENT, [number])
        return date.fromisoformat(act.content["dispute_until"])


_OTHER = "let somebody else settle it"


def _needs(by: str, reason: str) -> None:
    if not by.strip() or not reason.strip():
        message = "this is decided by a person and for a reason"
        raise UsageError([Problem("empty-value", message, remedy="name both")])


def _refusal(
    code: str, message: str, found: str, allowed: tuple[str, ...] = (), remedy: str | None = None
) -> UsageError:
    return UsageError([Problem(code, message, found=found, allowed=allowed, remedy=remedy)])
