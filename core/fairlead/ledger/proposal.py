"""The proposal of a payout run: who would be paid what, what is carried over, and what is held and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from fairlead.documents.canonical import digest
from fairlead.ledger.benefits import MONEY, benefit_of, without_points
from fairlead.ledger.payees import Payee, Terms, read_payees, terms_of
from fairlead.ledger.periods import Period
from fairlead.ledger.programmes import Programme
from fairlead.ledger.reasons import HoldReason
from fairlead.store import Transaction
from fairlead.store.ledger_records import Entry
from fairlead.store.ledger_states import State

__all__ = ["CARRIED_OVER", "PAY", "STOPPED", "HeldLine", "PayeeProposal", "Proposal", "propose"]

PAY, CARRIED_OVER, STOPPED = "pay", "carried_over", "stopped"

_TEXTS = {
    "below-minimum": {
        "en": "The sum is below the minimum that is paid out; it is carried over",
        "de": "Die Summe liegt unter dem Mindestbetrag einer Auszahlung; sie wird übertragen",
        "tr": "Tutar, ödenecek asgari miktarın altında; sonraki döneme devredilir",
        "ar": "المبلغ أقل من الحد الأدنى للدفع؛ ويرحّل إلى الفترة التالية",
    },
    "not-above-zero": {
        "en": "What was taken back is as much as what is due, or more; it is carried over",
        "de": "Zurückgenommen wurde so viel, wie zusteht, oder mehr; es wird übertragen",
        "tr": "Geri alınan tutar, hak edilen tutara eşit ya da ondan fazla; devredilir",
        "ar": "ما استُرد يساوي المستحق أو يزيد عليه؛ ويرحّل إلى الفترة التالية",
    },
    "tax-form": {
        "en": "No tax form of the payee is on file",
        "de": "Ein Steuerformular des Empfängers liegt nicht vor",
        "tr": "Alacaklının vergi formu dosyada yok",
        "ar": "لا يوجد نموذج ضريبي للمستفيد في الملف",
    },
    "payee-gone": {
        "en": "The partner is not in the CRM any more",
        "de": "Der Partner steht nicht mehr im CRM",
        "tr": "İş ortağı artık CRM'de yok",
        "ar": "لم يعد الشريك موجودًا في نظام إدارة العملاء",
    },
}
_REMEDIES = {
    "tax-form": {
        "en": "Send the tax form; it is recorded with the partner",
        "de": "Das Steuerformular einsenden; es wird beim Partner vermerkt",
        "tr": "Vergi formunu gönderin; iş ortağının kaydına işlenir",
        "ar": "أرسلوا النموذج الضريبي؛ ويسجَّل لدى الشريك",
    }
}


@dataclass(frozen=True, slots=True)
class PayeeProposal:
    """What one payee would be given in one currency, in minor units, and by which entries.

    `benefit` is what it is; where it is not money, the amount is its value and nothing is paid.
    """

    payee: Payee
    terms: Terms
    outcome: str
    units: int
    entries: tuple[Entry, ...]
    reasons: tuple[HoldReason, ...]
    benefit: str = MONEY

    def as_json(self) -> dict[str, Any]:
        """Return the part of the proposal that its digest covers."""
        return {
            "payee": self.payee.id,
            "code": self.payee.code,
            "currency": self.terms.currency,
            "outcome": self.outcome,
            "units": self.units,
            "entries": [[each.id, each.units] for each in self.entries],
            "reasons": [reason.code for reason in self.reasons],
            **({"benefit": self.benefit} if self.benefit != MONEY else {}),
        }


@dataclass(frozen=True, slots=True)
class HeldLine:
    """An entry that is not in the proposal, and why."""

    entry: Entry
    payee: Payee
    reasons: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Proposal:
    """Who would be paid what for a period, as of a day; `digest` is what is approved."""

    period: Period
    as_of: date
    payees: tuple[PayeeProposal, ...]
    held: tuple[HeldLine, ...]

    @property
    def content(self) -> dict[str, Any]:
        """What the digest covers: what would be paid, and what would not; not when it was looked at."""
        return {
            "period": self.period.name,
            "payees": [each.as_json() for each in self.payees],
            "held": [
                [each.entry.id, each.entry.units, [reason["code"] for reason in each.reasons]]
                for each in self.held
            ],
        }

    @property
    def digest(self) -> str:
        """The digest of what is proposed."""
        return digest(self.content)

    @property
    def totals(self) -> dict[str, int]:
        """What would be paid in money by currency, in minor units."""
        found: dict[str, int] = {}
        for each in self.payees:
            if each.outcome == PAY and each.benefit == MONEY:
                found[each.terms.currency] = found.get(each.terms.currency, 0) + each.units
        return found


def propose(tx: Transaction, programmes: Sequence[Programme], period: Period, as_of: date) -> Proposal:
    """Return what would be paid now for a period: what is released of its days and of earlier ones.

    It only reads; what stands against an entry is as the last assessment found it.
    """
    released = without_points(tx.book.entries(states=[State.RELEASED], last=period.last))
    held = without_points(tx.book.entries(states=[State.ACCRUED, State.HELD], last=period.last))
    reasons = {
        number: each.reasons
        for number, each in tx.book.holds([entry.id for entry in (*released, *held)]).items()
        if each.reasons
    }
    payees = read_payees(tx, (entry.payee for entry in (*released, *held)))
    stopped = [entry for entry in released if entry.id in reasons]
    grouped: dict[tuple[str, str, str, str], list[Entry]] = {}
    for entry in released:
        if entry.id not in reasons:
            payee = payees[entry.payee]
            benefit = benefit_of(programmes, entry).kind
            grouped.setdefault((payee.code, payee.id, entry.currency, benefit), []).append(entry)
    return Proposal(
        period,
        as_of,
        tuple(
            _of_payee(payees[entries[0].payee], entries, currency, benefit, programmes, as_of)
            for (_, _, currency, benefit), entries in sorted(grouped.items())
        ),
        tuple(
            HeldLine(entry, payees[entry.payee], tuple(reasons.get(entry.id, ())))
            for entry in sorted((*held, *stopped), key=lambda each: each.id)
        ),
    )


def _of_payee(
    payee: Payee,
    entries: Sequence[Entry],
    currency: str,
    benefit: str,
    programmes: Sequence[Programme],
    as_of: date,
) -> PayeeProposal:
    terms = terms_of(programmes, {entry.programme for entry in entries}, currency, as_of)
    units = sum(entry.units for entry in entries)
    codes: list[str] = []
    outcome = PAY
    if units <= 0:
        codes, outcome = ["not-above-zero"], CARRIED_OVER
    elif terms.minimum is not None and units < terms.minimum:
        codes, outcome = ["below-minimum"], CARRIED_OVER
    stops = []
    if payee.gone:
        stops.append("payee-gone")
    if terms.tax_form_needed and payee.has_tax_form is not True:
        stops.append("tax-form")
    if stops:
        codes, outcome = [*codes, *stops], STOPPED
    reasons = tuple(
        HoldReason(code, _TEXTS[code], "settlement", remedy=_REMEDIES.get(code)) for code in codes
    )
    return PayeeProposal(payee, terms, outcome, units, tuple(entries), reasons, benefit)
