"""A statement to a payee: what is paid, what is held and how to mend it, and nothing about anybody's health.

It names introductions by id and day, rewards by title, amounts and reasons. It has no patient's name, no
procedure, no bill and no decision of a patient (check C26 of the domain).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from fairlead.documents.texts import pick
from fairlead.ledger.payees import read_payees, terms_of
from fairlead.ledger.periods import Period, period_bounds
from fairlead.ledger.proposal import CARRIED_OVER, HeldLine, Proposal
from fairlead.store import Transaction
from fairlead.store.ledger_records import Entry
from fairlead.store.ledger_states import State

if TYPE_CHECKING:
    from fairlead.ledger.ledger import Ledger

__all__ = ["Statement", "make_statement", "paid_in_year", "payments"]


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement as it was made: its document (JSON) and the digest that it is archived under."""

    document: Mapping[str, Any]
    digest: str = ""

    @property
    def payee(self) -> str:
        """The id of the payee."""
        return str(self.document["payee"])


def make_statement(
    tx: Transaction,
    ledger: Ledger,
    period: Period,
    payee_id: str,
    currency: str,
    entries: Sequence[Entry],
    proposal: Proposal,
    now: datetime,
) -> Statement:
    """Return the statement of entries that are about to be told to a payee; amounts are minor units."""
    payee = read_payees(tx, [payee_id])[payee_id]
    today = ledger.today
    terms = terms_of(ledger.programmes, {each.programme for each in entries}, currency, today)
    before = paid_in_year(tx, payee_id, currency, today.year)
    total = sum(each.units for each in entries)
    held = [each for each in proposal.held if each.payee.id == payee.id and each.entry.currency == currency]
    carried = sum(
        each.units
        for each in proposal.payees
        if each.payee.id == payee.id and each.terms.currency == currency and each.outcome == CARRIED_OVER
    )
    reportable = terms.reportable_from
    document = {
        "fairlead": 1,
        "kind": "statement",
        "project": ledger.project.name,
        "period": period.name,
        "made_on": today.isoformat(),
        "made_at": now.isoformat(),
        "payee": payee.id,
        "code": payee.code,
        "name": payee.name,
        "language": payee.language,
        "currency": currency,
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


def paid_in_year(tx: Transaction, payee: str, currency: str, year: int) -> int:
    """Return what a payee was paid in a calendar year in a currency, in minor units, openings included."""
    first, last = period_bounds("year", date(year, 1, 1))
    total = 0
    for entry, on in payments(tx, payee):
        if entry.currency == currency and first <= on <= last:
            total += entry.units
    return total


def payments(tx: Transaction, payee: str | None = None) -> list[tuple[Entry, date]]:
    """Return what was paid, with the day of each payment."""
    paid = {entry.id: entry for entry in tx.book.entries(payee=payee, states=[State.PAID])}
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
    return {
        "introduction": held.entry.subject,
        "day": held.entry.day.isoformat(),
        "reward": _title(ledger, held.entry, language),
        "units": held.entry.units,
        "reasons": [
            {
                "code": reason["code"],
                "text": pick(reason["text"], language),
                "remedy": pick(reason["remedy"], language) if reason.get("remedy") else None,
                "missing": list(reason.get("missing", ())),
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
