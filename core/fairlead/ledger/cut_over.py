"""The day from which a programme accrues, where the ledger was opened in mid-year."""

from __future__ import annotations

from datetime import date

from fairlead.store import Transaction

__all__ = ["counted_until", "cut_overs"]


def cut_overs(tx: Transaction) -> dict[str, date]:
    """Return the day from which each programme accrues, of those that were opened in mid-year."""
    return {
        programme: date.fromisoformat(day)
        for act in tx.book.acts(["open"])
        for programme, day in act.content["cut_over"].items()
    }


def counted_until(tx: Transaction) -> dict[str, date]:
    """Return the partners (by id) of whom an opening counted introductions that are not named one by one."""
    return {
        partner: date.fromisoformat(day)
        for act in tx.book.acts(["open"])
        for partner, day in act.content["counted"].items()
    }
