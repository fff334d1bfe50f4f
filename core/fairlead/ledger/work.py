"""What a pass over the ledger works with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from fairlead.ledger.attributing import Attributor
from fairlead.ledger.subjects import Subjects
from fairlead.project.rates import ProjectRates, table_of
from fairlead.store import Store

__all__ = ["Work"]


@dataclass(frozen=True, slots=True)
class Work:
    """A pass over the ledger as of one instant, in somebody's name.

    `today` is the day of `now` in the project's zone. `progress` is told how many were looked at since.
    """

    store: Store
    subjects: Subjects
    attributor: Attributor
    now: datetime
    today: date
    actor: str
    rates: ProjectRates | None
    progress: Callable[[int], None]

    @property
    def rates_table(self) -> Any:
        """The exchange rates as rules read them."""
        return table_of(self.rates)
