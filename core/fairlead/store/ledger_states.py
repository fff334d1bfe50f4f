"""The states of an entry, and which may follow which: only forward, no state twice.

What was on a statement is never reversed: a correction is a new entry with the opposite amount.
"""

from __future__ import annotations

from enum import StrEnum

__all__ = ["TRANSITIONS", "UNSTATED", "State"]


class State(StrEnum):
    """Where an entry stands.

    ACCRUED       earned by the reward block; nothing was checked yet
    HELD          something stands against paying it; the ledger says what
    RELEASED      nothing stands against it: it waits for a payout run
    APPROVED      somebody else than the author of the payout run approved it
    ON_STATEMENT  the payee was told
    DISPUTED      the payee objects; the outcome is awaited or known
    PAID          it was paid, or set off against what was paid
    REVERSED      it was taken back before the payee was told
    """

    ACCRUED = "accrued"
    HELD = "held"
    RELEASED = "released"
    APPROVED = "approved"
    ON_STATEMENT = "on_statement"
    DISPUTED = "disputed"
    PAID = "paid"
    REVERSED = "reversed"


TRANSITIONS: frozenset[tuple[State, State]] = frozenset(
    {
        (State.ACCRUED, State.HELD),
        (State.ACCRUED, State.RELEASED),
        (State.ACCRUED, State.REVERSED),
        (State.HELD, State.RELEASED),
        (State.HELD, State.REVERSED),
        (State.RELEASED, State.APPROVED),
        (State.RELEASED, State.REVERSED),
        (State.APPROVED, State.ON_STATEMENT),
        (State.APPROVED, State.REVERSED),
        (State.ON_STATEMENT, State.PAID),
        (State.ON_STATEMENT, State.DISPUTED),
        (State.DISPUTED, State.PAID),
    }
)

#: the states in which the payee was not told yet
UNSTATED = (State.ACCRUED, State.HELD, State.RELEASED, State.APPROVED)
