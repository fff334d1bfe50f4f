"""The payout run: proposed by one person, approved by another, told to the payees, and paid."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from fairlead.ledger.benefits import MONEY, benefit_of
from fairlead.ledger.ledger import Ledger
from fairlead.ledger.payees import read_payees
from fairlead.ledger.periods import Period
from fairlead.ledger.proposal import PAY, PayeeProposal, Proposal, propose
from fairlead.ledger.statement import Statement, Teller
from fairlead.problems import Problem, UsageError, nearest_name
from fairlead.store import Store, Transaction
from fairlead.store.ledger_records import Act, Entry
from fairlead.store.ledger_states import State

__all__ = ["Approved", "Payout", "Proposed", "same_person"]

_DISPUTABLE = (State.ON_STATEMENT, State.DISPUTED)


@dataclass(frozen=True, slots=True)
class Proposed:
    """A proposal with the act that keeps it; `is_new` tells that it was not proposed before."""

    proposal: Proposal
    act: Act
    is_new: bool


@dataclass(frozen=True, slots=True)
class Approved:
    """What was approved: the payees with their entries; none where it had been approved before."""

    payees: tuple[PayeeProposal, ...]
    left_out: tuple[PayeeProposal, ...]


class Payout:
    """The payout runs of a ledger. Every step can be done again without doing anything twice."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._store = ledger.store
        self._now = ledger.now

    @property
    def store(self) -> Store:
        """The store of the ledger."""
        return self._store

    def proposed(self, tx: Transaction, period: Period) -> Act:
        """Return the newest proposal of a period. Raises UsageError where there is none."""
        found = self._last(tx, "propose", period)
        if found is None:
            raise _refusal(
                "nothing-proposed",
                f"nothing was proposed for {period.name}",
                "propose it with `fairlead ledger run`",
            )
        return found

    def look(self, tx: Transaction, period: Period) -> Proposal:
        """Return what would be proposed now; nothing is written."""
        return propose(tx, self._ledger.programmes, period, self._ledger.today)

    def propose(self, period: Period, by: str) -> Proposed:
        """Propose what is due for a period. The same proposal twice is one act.

        Raises UsageError for a period that has not begun.
        """
        if period.first > self._ledger.today:
            message = f"the period {period.name} has not begun"
            remedy = "name the period of today, or an earlier one"
            raise UsageError([Problem("wrong-period", message, found=period.name, remedy=remedy)])
        with self._store.transaction() as tx:
            tx.book.lock()
            proposal = self.look(tx, period)
            last = self._last(tx, "propose", period)
            if last is not None and last.content["digest"] == proposal.digest:
                return Proposed(proposal, last, False)
            content = {
                "period": period.name,
                "digest": tx.archive.put(proposal.content, at=self._now),
                "as_of": proposal.as_of.isoformat(),
                "totals": proposal.totals,
            }
            number = tx.book.begin("propose", actor=by, at=self._now, content=content).write()
            return Proposed(proposal, tx.book.act(number), True)

    def approve(
        self,
        period: Period,
        by: str,
        *,
        leave_out: Collection[str] = (),
        reason: str = "",
        digest: str | None = None,
        signature: Mapping[str, Any] | None = None,
    ) -> Approved:
        """Approve what was proposed, but for the payees of these codes.

        With `digest` that proposal and no later one: it is what a `signature` is over. Raises UsageError
        where nothing was proposed, where what is due changed since, and where the person who approves is
        the one who proposed.
        """
        with self._store.transaction() as tx:
            tx.book.lock()
            proposed = self.proposed(tx, period)
            if same_person(by, proposed.actor):
                raise _refusal(
                    "same-person",
                    f"`{by}` proposed the payout of {period.name} and cannot approve it",
                    "let somebody else approve it",
                )
            proposal = self.look(tx, period)
            if proposal.digest != proposed.content["digest"] or digest not in (None, proposal.digest):
                if self._approved(tx, proposed):
                    return Approved((), ())
                raise _refusal(
                    "proposal-changed",
                    f"what is due for {period.name} is not what was proposed any more",
                    "propose it anew with `fairlead ledger run`, and look at what changed",
                )
            payable = [each for each in proposal.payees if each.outcome == PAY]
            _check_codes(leave_out, payable)
            chosen = [each for each in payable if each.payee.code not in leave_out]
            if not chosen:
                return Approved((), tuple(payable))
            content = {
                "period": period.name,
                "proposal": proposed.content["digest"],
                "payees": [each.payee.id for each in chosen],
                "left_out": sorted(leave_out),
                "signature": signature,
            }
            act = tx.book.begin("approve", actor=by, reason=reason, at=self._now, content=content)
            for each in chosen:
                for entry in each.entries:
                    act.move(entry, State.APPROVED)
            act.write()
            return Approved(tuple(chosen), tuple(each for each in payable if each.payee.code in leave_out))

    def state(self, period: Period, by: str) -> list[Statement]:
        """Tell the payees: put what was approved on statements, each of one payee, currency and kind.

        Return these statements, and those that were made for the period before.
        """
        with self._store.transaction() as tx:
            tx.book.lock()
            proposal = self.look(tx, period)
            approved = list(tx.book.entries(states=[State.APPROVED], last=period.last))
            payees = read_payees(tx, (entry.payee for entry in approved))
            grouped: dict[tuple[str, str, str], list[Entry]] = {}
            for entry in approved:
                benefit = benefit_of(self._ledger.programmes, entry).kind
                grouped.setdefault((payees[entry.payee].id, entry.currency, benefit), []).append(entry)
            teller = Teller(tx, self._ledger, period, proposal, self._now)
            for (_, currency, _), entries in sorted(grouped.items()):
                statement = teller.statement(payees[entries[0].payee], currency, entries)
                content = {
                    "period": period.name,
                    "payee": statement.payee,
                    "currency": currency,
                    "digest": tx.archive.put(statement.document, at=self._now),
                    "dispute_until": statement.document["dispute_until"],
                }
                act = tx.book.begin("statement", actor=by, at=self._now, content=content)
                for entry in entries:
                    act.move(entry, State.ON_STATEMENT)
                act.write()
            return self.statements(tx, period)

    def statements(self, tx: Transaction, period: Period | None = None) -> list[Statement]:
        """Return the statements that were made, for a period where it is named, in order."""
        return [
            Statement(tx.archive.get(act.content["digest"]), act.content["digest"])
            for act in tx.book.acts(["statement"])
            if period is None or act.content["period"] == period.name
        ]

    def previews(self, tx: Transaction, period: Period) -> list[Statement]:
        """Return what those would be told who are on no statement of a period: what of theirs is held."""
        told = {(each.payee, each.document["currency"]) for each in self.statements(tx, period)}
        proposal = self.look(tx, period)
        payees = {each.payee.id for each in proposal.payees} | {each.payee.id for each in proposal.held}
        teller = Teller(tx, self._ledger, period, proposal, self._now)
        return [
            each
            for payee in sorted(payees)
            for each in teller.drafts(payee)
            if (payee, each.document["currency"]) not in told
        ]

    def pay(
        self,
        period: Period,
        by: str,
        *,
        on: date,
        reference: str,
        code: str | None = None,
        currency: str | None = None,
    ) -> list[Entry]:
        """Record that the money on the statements of a period was paid: all, or of one code and currency.

        Disputed entries are paid once their dispute was rejected or upheld; an open one stays. Raises
        UsageError without a reference, and for a payment before the statement or in the future.
        """
        if not reference.strip():
            raise _refusal("empty-value", "a payment has a reference", "give the bank's reference")
        return self._settle(period, by, on=on, reference=reference, code=code, currency=currency, money=True)

    def hand_over(
        self, period: Period, by: str, *, on: date, what: str, code: str | None = None
    ) -> list[Entry]:
        """Record that gifts, vouchers and discounts on the statements of a period were handed over.

        `what` says what it was. Raises UsageError as `pay` does.
        """
        if not what.strip():
            message = "what was handed over is not said"
            raise _refusal("empty-value", message, "say it, such as `book about the city`")
        return self._settle(period, by, on=on, reference=what, code=code, currency=None, money=False)

    def _settle(
        self,
        period: Period,
        by: str,
        *,
        on: date,
        reference: str,
        code: str | None,
        currency: str | None,
        money: bool,
    ) -> list[Entry]:
        if on > self._ledger.today:
            raise _refusal("wrong-day", f"the payment is dated {on}, which is to come", "give its day")
        with self._store.transaction() as tx:
            tx.book.lock()
            paid: list[Entry] = []
            numbers: list[int] = []
            for statement in self.statements(tx, period):
                document = statement.document
                if (document.get("benefit", MONEY) == MONEY) != money:
                    continue
                if code not in (None, document["code"]) or currency not in (None, document["currency"]):
                    continue
                if on < date.fromisoformat(document["made_on"]):
                    message = f"the payment is dated {on}, before the statement of {document['code']}"
                    raise _refusal("wrong-day", message, "give the day on which it was paid")
                numbers += [line["entry"] for line in document["lines"]]
            if not numbers:
                whom = f" for `{code}`" if code is not None else ""
                raise _refusal(
                    "nothing-on-statement",
                    f"nothing is on a statement of {period.name}{whom}",
                    "make the statements with `fairlead ledger statements`",
                )
            open_disputes = self.open_disputes(tx)
            content = {"period": period.name, "on": on.isoformat(), "reference": reference.strip()}
            act = tx.book.begin("pay", actor=by, at=self._now, content=content)
            for entry in tx.book.entries(numbers=numbers, states=_DISPUTABLE):
                if entry.id not in open_disputes:
                    act.move(entry, State.PAID)
                    paid.append(entry)
            if paid:
                act.write()
            return paid

    def open_disputes(self, tx: Transaction) -> dict[int, Act]:
        """Return the disputes without an outcome, by entry."""
        found: dict[int, Act] = {}
        for act in tx.book.acts(["dispute", "settle"]):
            if act.kind == "dispute":
                found[act.content["entry"]] = act
            else:
                found.pop(act.content["entry"], None)
        return found

    def _last(self, tx: Transaction, kind: str, period: Period) -> Act | None:
        last = None
        for act in tx.book.acts([kind]):
            if act.content["period"] == period.name:
                last = act
        return last

    def _approved(self, tx: Transaction, proposed: Act) -> bool:
        return any(
            act.content["proposal"] == proposed.content["digest"] and act.id > proposed.id
            for act in tx.book.acts(["approve"], after=proposed.id)
        )


def same_person(one: str, other: str) -> bool:
    """Tell whether two names are one person's: without regard to case, width and spaces."""
    return _plain(one) == _plain(other)


def _plain(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def _check_codes(codes: Collection[str], payees: Sequence[PayeeProposal]) -> None:
    known = [each.payee.code for each in payees]
    problems = [
        Problem(
            "unknown-partner",
            f"`{code}` is not paid in this run",
            found=code,
            allowed=tuple(known[:20]),
            nearest=nearest_name(code[:100], known),
        )
        for code in codes
        if code not in known
    ]
    if problems:
        raise UsageError(problems)


def _refusal(code: str, message: str, remedy: str) -> UsageError:
    return UsageError([Problem(code, message, remedy=remedy)])
