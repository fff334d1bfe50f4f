"""A statement to a payee: what is paid, what is held and how to mend it, and nothing about anybody's health.

It names introductions by id and day, rewards by title, amounts and reasons. It has no patient's name, no
procedure, no bill and no decision of a patient (check C26 of the domain); what is missing is named where it
says nothing about a patient.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from fairlead.documents.texts import pick
from fairlead.ledger.benefits import MONEY, benefit_of, without_points
from fairlead.ledger.payees import Payee, read_payees, terms_of
from fairlead.ledger.periods import Period, period_bounds
from fairlead.ledger.proposal import CARRIED_OVER, PAY, HeldLine, PayeeProposal, Proposal
from fairlead.ledger.remedies import open_facts, remedy_of
from fairlead.store import Transaction
from fairlead.store.ledger_records import Entry
from fairlead.store.ledger_states import State

if TYPE_CHECKING:
    from fairlead.ledger.ledger import Ledger

__all__ = ["Statement", "Teller", "paid_in_year", "payments"]


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement as it was made: its document (JSON) and the digest that it is archived under."""

    document: Mapping[str, Any]
    digest: str = ""

    @property
    def payee(self) -> str:
        """The id of the payee."""
        return str(self.document["payee"])


class Teller:
    """Makes the statements of a period from one proposal; what all of them need is read once."""

    def __init__(
        self, tx: Transaction, ledger: Ledger, period: Period, proposal: Proposal, now: datetime
    ) -> None:
        self._ledger = ledger
        self._period = period
        self._now = now
        self._own: dict[str, list[PayeeProposal]] = {}
        for each in proposal.payees:
            self._own.setdefault(each.payee.id, []).append(each)
        self._held: dict[str, list[HeldLine]] = {}
        for line in proposal.held:
            self._held.setdefault(line.payee.id, []).append(line)
        self._paid = paid_in_year(tx, ledger.today.year)

    def statement(self, payee: Payee, currency: str, entries: Sequence[Entry]) -> Statement:
        """Return the statement of entries that are about to be told to a payee; amounts are minor units.

        The entries give one kind of benefit. Where that is not money the amounts are its value.
        """
        ledger, today = self._ledger, self._ledger.today
        before = self._paid.get((payee.id, currency), 0)
        total = sum(each.units for each in entries)
        own = [each for each in self._own.get(payee.id, ()) if each.terms.currency == currency]
        held = [each for each in self._held.get(payee.id, ()) if each.entry.currency == currency]
        held += [
            HeldLine(entry, payee, tuple(reason.as_json() for reason in each.reasons))
            for each in own
            if each.outcome != PAY
            for entry in each.entries
        ]
        carried = sum(each.units for each in own if each.outcome == CARRIED_OVER)
        told = entries or [each.entry for each in held]
        terms = terms_of(ledger.programmes, {each.programme for each in told}, currency, today)
        reportable = terms.reportable_from
        benefits = {benefit_of(ledger.programmes, each).kind for each in entries} or {MONEY}
        assert len(benefits) == 1, "a statement is of one kind of benefit"
        document = {
            "fairlead": 1,
            "kind": "statement",
            "project": ledger.project.name,
            "period": self._period.name,
            "made_on": today.isoformat(),
            "made_at": self._now.isoformat(),
            "payee": payee.id,
            "code": payee.code,
            "name": payee.name,
            "language": payee.language,
            "currency": currency,
            "benefit": benefits.pop(),
            "lines": [_line(ledger, each, payee.language) for each in entries],
            "total": total,
            "held": [_held(ledger, each, payee.language) for each in held],
            "carried_over": carried,
            "year": {
                "year": today.year,
                "paid_before": before,
                "with_this": before + total,
                "reportable_from": reportable,
                "to_be_reported": reportable is not None and before + total >= reportable,
                "tax_form_on_file": payee.has_tax_form is True,
            },
            "dispute_until": (today + timedelta(days=terms.dispute_days)).isoformat(),
        }
        return Statement(document)

    def drafts(self, payee_id: str) -> list[Statement]:
        """Return what a payee would be told now, by currency and kind; nothing in it is approved."""
        own, held = self._own.get(payee_id, ()), self._held.get(payee_id, ())
        payee = next((each.payee for each in (*own, *held)), None)
        if payee is None:
            return []
        found = []
        currencies = {each.terms.currency for each in own} | {each.entry.currency for each in held}
        for currency in sorted(currencies):
            paid = [each for each in own if each.terms.currency == currency and each.outcome == PAY]
            for benefit in sorted({each.benefit for each in paid}) or [MONEY]:
                entries = [entry for each in paid if each.benefit == benefit for entry in each.entries]
                made = self.statement(payee, currency, entries)
                found.append(Statement({**made.document, "draft": True}))
        return found


def paid_in_year(tx: Transaction, year: int) -> dict[tuple[str, str], int]:
    """Return what was paid in a calendar year, in minor units, by (payee, currency), openings included.

    Payees go by the ids that they live on under.
    """
    first, last = period_bounds("year", date(year, 1, 1))
    acts = [
        act.id
        for act in tx.book.acts()
        if act.content.get("on") and first <= date.fromisoformat(act.content["on"]) <= last
    ]
    found: dict[tuple[str, str], int] = {}
    sums = tx.book.paid(acts, first, last)
    alive = read_payees(tx, {payee for payee, _, _ in sums})
    for payee, currency, units in sums:
        key = alive[payee].id, currency
        found[key] = found.get(key, 0) + units
    return found


def payments(tx: Transaction) -> list[tuple[Entry, date]]:
    """Return what was paid, with the day of each payment."""
    found_paid = without_points(tx.book.entries(states=[State.PAID]))
    paid = {entry.id: entry for entry in found_paid}
    found = []
    for act, entry in tx.book.moved_into(State.PAID, list(paid)):
        on = act.content.get("on")
        day = date.fromisoformat(on) if on else paid[entry].day
        found.append((paid[entry], day))
    return found


def _line(ledger: Ledger, entry: Entry, language: str) -> dict[str, Any]:
    line: dict[str, Any] = {
        "entry": entry.id,
        "introduction": entry.subject,
        "day": entry.day.isoformat(),
        "programme": entry.programme,
        "reward": _title(ledger, entry, language),
        "units": entry.units,
    }
    if entry.corrects is not None:
        line |= {"corrects": entry.corrects, "cause": entry.content["cause"]}
    if entry.content.get("limits"):
        line |= {"asked": entry.asked, "limits": entry.content["limits"]}
    return line


def _held(ledger: Ledger, held: HeldLine, language: str) -> dict[str, Any]:
    model = ledger.versions[0].ruleset.model
    return {
        "introduction": held.entry.subject,
        "day": held.entry.day.isoformat(),
        "reward": _title(ledger, held.entry, language),
        "units": held.entry.units,
        "reasons": [
            {
                "code": reason["code"],
                "text": pick(reason["text"], language),
                "remedy": remedy_of(reason, language, model),
                "missing": open_facts(reason.get("missing", ()), model, language),
            }
            for reason in held.reasons
        ],
    }


def _title(ledger: Ledger, entry: Entry, language: str) -> str:
    programme = ledger.programme(entry.programme)
    version = programme.on(entry.day) if programme is not None else None
    for reward in version.rewards if version is not None else ():
        if reward.name == entry.reward:
            return pick(reward.title, language)
    return entry.reward
