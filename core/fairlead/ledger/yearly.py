"""What payees were paid in a calendar year, for the tax office: totals, forms, and what is to be reported."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from fairlead.ledger.payees import Payee, read_payees, terms_of
from fairlead.ledger.programmes import Programme
from fairlead.ledger.statement import payments
from fairlead.store import Transaction

__all__ = ["YearTotal", "yearly_totals"]


@dataclass(frozen=True, slots=True)
class YearTotal:
    """What one payee was paid in a year in one currency, in minor units.

    `reportable_from` is the threshold of the year's last day, or of today where that is to come; None where
    no programme of the payee states one in this currency.
    """

    payee: Payee
    currency: str
    units: int
    reportable_from: int | None
    tax_form_needed: bool

    @property
    def to_be_reported(self) -> bool:
        """Tell whether the total reaches the threshold."""
        return self.reportable_from is not None and self.units >= self.reportable_from

    @property
    def lacks_form(self) -> bool:
        """Tell whether a tax form is needed and not on file."""
        return self.tax_form_needed and self.payee.has_tax_form is not True


def yearly_totals(
    tx: Transaction, programmes: Sequence[Programme], year: int, today: date
) -> list[YearTotal]:
    """Return the totals of a calendar year by payee and currency, in the order of the codes."""
    paid = [(entry, on) for entry, on in payments(tx) if on.year == year]
    # a partner that was merged is paid as the one it lives on as
    alive = read_payees(tx, {entry.payee for entry, _ in paid})
    payees = {payee.id: payee for payee in alive.values()}
    units: dict[tuple[str, str], int] = {}
    named: dict[tuple[str, str], set[str]] = {}
    for entry, _ in paid:
        key = alive[entry.payee].id, entry.currency
        units[key] = units.get(key, 0) + entry.units
        named.setdefault(key, set()).add(entry.programme)
    day = min(today, date(year, 12, 31))
    found = []
    for (payee, currency), total in units.items():
        terms = terms_of(programmes, named[payee, currency], currency, day)
        found.append(YearTotal(payees[payee], currency, total, terms.reportable_from, terms.tax_form_needed))
    return sorted(found, key=lambda each: (each.payee.code, each.payee.id, each.currency))
