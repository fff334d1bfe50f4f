"""The ledger's movements as a journal for accounting: one line for each posting, debits equal to credits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from fairlead.facts.currencies import POINTS
from fairlead.files.result_lines import text_cell
from fairlead.ledger.ledger import Ledger
from fairlead.ledger.payees import Payee, read_payees
from fairlead.ledger.periods import Period
from fairlead.ledger.programmes import major
from fairlead.project.settings import AccountNames
from fairlead.store import Transaction
from fairlead.store.ledger_records import Act, Entry
from fairlead.store.ledger_states import State

__all__ = ["COLUMNS", "Posting", "journal", "journal_csv", "journal_totals"]

COLUMNS = ("date", "document", "account", "debit", "credit", "currency", "partner", "reference", "text")

#: the account of the settings that each state of an entry is in
_ACCOUNT_OF = {
    State.ACCRUED: "accrued",
    State.HELD: "accrued",
    State.RELEASED: "accrued",
    State.APPROVED: "accrued",
    State.ON_STATEMENT: "payable",
    State.DISPUTED: "payable",
    State.PAID: "paid",
    State.REVERSED: "reversed",
}
_TEXTS = {
    "accrued": "reward earned",
    "payable": "reward on a statement",
    "paid": "reward paid",
    "reversed": "reward reversed",
}


@dataclass(frozen=True, slots=True)
class Posting:
    """One line of the journal: a debit or a credit, in minor units of the currency."""

    on: date
    document: str
    account: str
    debit: int
    credit: int
    currency: str
    partner: str
    reference: str
    text: str


def journal(tx: Transaction, ledger: Ledger, period: Period) -> Iterator[Posting]:
    """Yield the postings dated within a period, in order; two for each movement between two accounts.

    A payment is dated by the day it was made, everything else by the day it was written down. Movements
    between states of one account, amounts of zero and points are no postings.
    """
    names = ledger.project.settings.ledger.accounts
    known: dict[str, Payee] = {}
    for act in tx.book.acts():
        stated = act.content.get("on")
        on = ledger.project.day_of(act.at) if stated is None else date.fromisoformat(stated)
        if not period.first <= on <= period.last:
            continue
        moved = tx.book.rows_of(act.id)[2]
        entries = {entry.id: entry for entry in tx.book.entries(numbers=[row["entry"] for row in moved])}
        known |= read_payees(tx, {each.payee for each in entries.values()} - known.keys())
        for row in moved:
            entry = entries[row["entry"]]
            if entry.currency == POINTS:
                # points are no money that accounting knows
                continue
            state = State(row["state"])
            before = None if row["from_state"] is None else State(row["from_state"])
            yield from _postings(act, on, entry, before, state, known[entry.payee].code, names)


def _postings(
    act: Act,
    on: date,
    entry: Entry,
    before: State | None,
    state: State,
    partner: str,
    names: AccountNames,
) -> Iterator[Posting]:
    source = "opening" if entry.kind == "opening" else "expense"
    left = source if before is None else _ACCOUNT_OF[before]
    right = _ACCOUNT_OF[state]
    if left == right or entry.units == 0:
        return
    debit, credit = (left, right) if entry.units > 0 else (right, left)
    text = "reward taken back" if entry.kind == "correction" and before is None else _TEXTS[right]
    for account, is_debit in ((debit, True), (credit, False)):
        yield Posting(
            on=on,
            document=f"{act.id}-{entry.id}",
            account=getattr(names, account),
            debit=abs(entry.units) if is_debit else 0,
            credit=0 if is_debit else abs(entry.units),
            currency=entry.currency,
            partner=partner,
            reference=str(act.content.get("reference") or f"{entry.entity} {entry.subject}"),
            text=text,
        )


def journal_totals(postings: list[Posting]) -> dict[str, tuple[int, int]]:
    """Return the debits and the credits by currency, in minor units: they are the same."""
    totals: dict[str, tuple[int, int]] = {}
    for each in postings:
        debit, credit = totals.get(each.currency, (0, 0))
        totals[each.currency] = debit + each.debit, credit + each.credit
    assert all(debit == credit for debit, credit in totals.values()), "debits equal credits"
    return totals


def journal_csv(postings: list[Posting]) -> bytes:
    """Return the journal as CSV in UTF-8; no cell is one that a spreadsheet takes for a formula."""
    lines = [",".join(COLUMNS)]
    for each in postings:
        amounts = [
            "" if units == 0 else f"{major(units, each.currency).amount:f}"
            for units in (each.debit, each.credit)
        ]
        texts = (each.currency, each.partner, each.reference, each.text)
        cells = [each.on.isoformat(), each.document, text_cell(each.account), *amounts]
        lines.append(",".join([*cells, *map(text_cell, texts)]))
    return "".join(f"{line}\r\n" for line in lines).encode()
