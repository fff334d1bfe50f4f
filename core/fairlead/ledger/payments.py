"""A file of payments from accounting: each amount must be what is still to be paid on the statements."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from fairlead.documents.found import found_text
from fairlead.facts.currencies import minor_units
from fairlead.facts.values import UnfitValue, parse_date, parse_units
from fairlead.ledger.benefits import MONEY
from fairlead.ledger.payout import Payout
from fairlead.ledger.periods import Period
from fairlead.ledger.programmes import amount_text
from fairlead.problems import DocumentError, Problem, UsageError, nearest_name
from fairlead.store import Transaction
from fairlead.store.ledger_records import Entry
from fairlead.store.ledger_states import State

__all__ = ["COLUMNS", "Payment", "pay_all", "read_payments"]

#: the columns of the file, in any order
COLUMNS = ("code", "amount", "currency", "on", "reference")
#: no list of payments that accounting writes is larger, in bytes
_MAX_BYTES = 16 * 1024 * 1024
_PRECISION = 18


@dataclass(frozen=True, slots=True)
class Payment:
    """One row: what was paid to whom, in minor units of the currency, when, and the bank's reference."""

    line: int
    code: str
    units: int
    currency: str
    on: date
    reference: str


def read_payments(path: Path) -> list[Payment]:
    """Return the payments in a CSV file. Raises DocumentError with every row that is none."""
    file = str(path)
    if path.stat().st_size > _MAX_BYTES:
        raise DocumentError([Problem("too-large", f"`{file}` is larger than 16 MiB", file=file)])
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        problem = Problem("not-utf8", "the file is not UTF-8", file=file, remedy="save it as UTF-8")
        raise DocumentError([problem]) from None
    rows = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    problems: list[Problem] = []
    payments: list[Payment] = []
    seen: dict[tuple[str, str], int] = {}
    try:
        names = list(rows.fieldnames or ())
        if sorted(names) != sorted(COLUMNS):
            message = "the first line of a list of payments names its columns"
            found = found_text(", ".join(names))
            raise DocumentError(
                [Problem("missing-header", message, found=found, allowed=COLUMNS, file=file, line=1)]
            )
        for row in rows:
            line = rows.line_num
            try:
                payment = _payment(row, line)
            except UsageError as error:
                problems += [replace(each, file=file, line=line) for each in error.problems]
                continue
            key = payment.code.upper(), payment.currency
            if key in seen:
                message = f"`{payment.code}` is paid in {payment.currency} on line {seen[key]} already"
                problems.append(Problem("duplicate-id", message, found=payment.code, file=file, line=line))
            seen.setdefault(key, line)
            payments.append(payment)
    except csv.Error as error:
        message = f"the text is not CSV: {error}"
        problems.append(Problem("invalid-csv", message, file=file, line=rows.reader.line_num))
    if problems:
        raise DocumentError(problems)
    return payments


def _payment(row: dict[str, str | None], line: int) -> Payment:
    if None in row or None in row.values():
        message = f"the row has not {len(COLUMNS)} cells"
        raise UsageError([Problem("ragged-row", message)])
    cells = {name: (text or "").strip() for name, text in row.items()}
    empty = [name for name in COLUMNS if not cells[name]]
    if empty:
        named = ", ".join(f"`{name}`" for name in empty)
        raise UsageError([Problem("empty-value", f"nothing is stated in {named}")])
    currency = cells["currency"].upper()
    digits = minor_units(currency)
    if digits is None:
        message = f"`{found_text(currency)}` is not a currency"
        raise UsageError([Problem("unknown-currency", message, found=found_text(currency))])
    try:
        units = parse_units(cells["amount"], digits, _PRECISION)
        on = parse_date(cells["on"])
    except UnfitValue as unfit:
        raise UsageError([unfit.problem(f"{cells['amount']} on {cells['on']}")]) from None
    return Payment(line, cells["code"], units, currency, on, cells["reference"])


def pay_all(payout: Payout, period: Period, by: str, payments: Sequence[Payment], file: str) -> list[Entry]:
    """Record the payments of a file; nothing is recorded where one of them is not what is due.

    A payment that was recorded before, of the same amount and under the same reference, is passed over.
    Raises UsageError with both numbers for every amount that is not what the statements still ask for.
    """
    with payout.store.reading() as tx:
        codes, due, paid = _on_statements(tx, payout, period)
    problems = []
    waiting = []
    for each in payments:
        key = each.code.upper(), each.currency
        if not due.get(key) and paid.get((*key, each.reference)) == each.units:
            continue
        if key not in due:
            problems.append(_not_stated(each, period, list(codes.values()), file))
        elif due[key] != each.units:
            problems.append(_other_amount(each, due[key], file))
        else:
            waiting.append(each)
    if problems:
        raise UsageError(problems)
    found: list[Entry] = []
    for each in waiting:
        code = codes[each.code.upper()]
        found += payout.pay(
            period, by, on=each.on, reference=each.reference, code=code, currency=each.currency
        )
    return found


def _on_statements(
    tx: Transaction, payout: Payout, period: Period
) -> tuple[dict[str, str], dict[tuple[str, str], int], dict[tuple[str, str, str], int]]:
    """Return what money is on the statements of a period.

    That is the codes by their capitals, what is still to be paid by (code in capitals, currency), and what
    was paid by that and the reference.
    """
    codes: dict[str, str] = {}
    due: dict[tuple[str, str], int] = {}
    paid: dict[tuple[str, str, str], int] = {}
    disputes = payout.open_disputes(tx)
    for statement in payout.statements(tx, period):
        document = statement.document
        if document.get("benefit", MONEY) != MONEY:
            continue
        code = str(document["code"])
        codes[code.upper()] = code
        key = code.upper(), str(document["currency"])
        due.setdefault(key, 0)
        numbers = [line["entry"] for line in document["lines"]]
        units = {}
        for entry in tx.book.entries(numbers=numbers):
            units[entry.id] = entry.units
            if entry.state is not State.PAID and entry.id not in disputes:
                due[key] += entry.units
        for act, number in tx.book.moved_into(State.PAID, numbers):
            by_reference = (*key, str(act.content.get("reference")))
            paid[by_reference] = paid.get(by_reference, 0) + units[number]
    return codes, due, paid


def _not_stated(payment: Payment, period: Period, codes: Sequence[str], file: str) -> Problem:
    return Problem(
        "nothing-on-statement",
        f"nothing is on a statement of {period.name} for `{payment.code}` in {payment.currency}",
        found=payment.code,
        nearest=nearest_name(payment.code[:100], [code for code in codes if code != payment.code]),
        file=file,
        line=payment.line,
    )


def _other_amount(payment: Payment, due: int, file: str) -> Problem:
    paid, asked = (amount_text(units, payment.currency) for units in (payment.units, due))
    return Problem(
        "wrong-amount",
        f"{paid} was paid to `{payment.code}`, and the statements ask for {asked}",
        found=paid,
        allowed=(asked,),
        remedy="correct the file, or the payment: nothing of the file is recorded",
        file=file,
        line=payment.line,
    )
