"""Ordering that the records of a person are kept, and lifting the order: acts of the ledger."""

from __future__ import annotations

from datetime import datetime

from fairlead.problems import Problem, UsageError
from fairlead.store import Ref, Store
from fairlead.store.legal_holds import LIFTED, PLACED

__all__ = ["lift_legal_hold", "place_legal_hold"]


def place_legal_hold(store: Store, person: Ref, *, by: str, reason: str, at: datetime) -> None:
    """Let nobody forget a person until the order is lifted.

    Raises UsageError for a person of whom the store knows nothing, without a reason, and where an order
    stands already.
    """
    _needs_reason(reason)
    with store.transaction() as tx:
        tx.book.lock()
        if not tx.identity.knows(person):
            message = f"the store knows nothing of `{person}`"
            remedy = "name the record as the CRM does: its object and its id"
            raise UsageError([Problem("unknown-person", message, found=str(person), remedy=remedy)])
        standing = tx.identity.legal_hold(person)
        if standing is not None:
            message = f"the records of `{person}` are kept already: {standing.by}, {standing.since:%Y-%m-%d}"
            raise UsageError([Problem("legal-hold", message, found=str(person))])
        content = {"object": person.object, "id": person.id}
        tx.book.begin(PLACED, actor=by, reason=reason, at=at, content=content).write()


def lift_legal_hold(store: Store, person: Ref, *, by: str, reason: str, at: datetime) -> None:
    """Let a person be forgotten again. Raises UsageError where no order stands, and without a reason."""
    _needs_reason(reason)
    with store.transaction() as tx:
        tx.book.lock()
        standing = tx.identity.legal_hold(person)
        if standing is None:
            message = f"no order stands that the records of `{person}` are kept"
            raise UsageError([Problem("unknown-entry", message, found=str(person))])
        # the id that the order was given under: the person may live on under another since
        content = {"object": standing.person.object, "id": standing.person.id}
        tx.book.begin(LIFTED, actor=by, reason=reason, at=at, content=content).write()


def _needs_reason(reason: str) -> None:
    if not reason.strip():
        message = "why the records are kept, or no longer are, is not said"
        raise UsageError([Problem("empty-value", message, remedy="give a `--reason`")])
