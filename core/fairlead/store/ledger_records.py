"""What the ledger's tables hold, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from fairlead.store.ledger_states import State

__all__ = ["Act", "Attribution", "Balance", "Entry", "Held", "Movement", "NewEntry"]


@dataclass(frozen=True, slots=True)
class Act:
    """What one person or run did at one time.

    `content` is JSON; `digest` covers it and every row that the act wrote, and is in the decision log's entry
    `log_seq`, so that the log's chain and its anchor cover the ledger as well.
    """

    id: int
    at: datetime
    kind: str
    actor: str
    reason: str
    key: str | None
    content: Mapping[str, Any]
    digest: str
    log_seq: int


@dataclass(frozen=True, slots=True)
class Attribution:
    """Whom a subject (an introduction, a story) belongs to; `content` (JSON) says how that was found."""

    entity: str
    subject: str
    revision: int
    payee: str
    act: int
    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class NewEntry:
    """An entry to write; `units` are minor units of the currency, `asked` those before limits.

    `kind` is `accrual`, `correction`, `re_rating`, `opening`, or for points that were used or that ran out
    `redemption` and `expiry`. A correction has `corrects`, the entry that it takes back as a whole.
    `decision` is the number of the decision log's entry with the inputs. `round` counts re-ratings; a
    correction has that of what it takes back.
    """

    kind: str
    programme: str
    reward: str
    entity: str
    subject: str
    revision: int
    payee: str
    patient: str
    day: date
    currency: str
    units: int
    asked: int
    corrects: int | None = None
    content: Mapping[str, Any] = field(default_factory=dict)
    decision: int | None = None
    round: int = 0


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry with its current state."""

    id: int
    act: int
    kind: str
    programme: str
    reward: str
    entity: str
    subject: str
    revision: int
    payee: str
    patient: str
    day: date
    currency: str
    units: int
    asked: int
    corrects: int | None
    content: Mapping[str, Any]
    decision: int | None
    state: State
    round: int = 0


@dataclass(frozen=True, slots=True)
class Movement:
    """The whole amount of an entry going from one account (a state; None: from outside) to the next."""

    id: int
    act: int
    entry: int
    from_state: State | None
    state: State
    units: int


@dataclass(frozen=True, slots=True)
class Held:
    """Why an entry is held, as of the act that found it; `reasons` are JSON."""

    entry: int
    act: int
    reasons: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Balance:
    """What is in one account of a payee in one currency, in minor units."""

    payee: str
    currency: str
    account: str
    units: int
