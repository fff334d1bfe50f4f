"""A CRM's limits, and how much of them was used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["Limits", "RateWindow", "Usage"]


@dataclass(frozen=True, slots=True)
class RateWindow:
    """At most `calls` calls in any `seconds` seconds."""

    calls: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Limits:
    """The ceilings that a connector keeps to.

    `windows` hold for all calls, `search_windows` for searches where the CRM counts them apart. `daily`
    counts calls or credits in 24 hours, as the CRM does; None is unmetered. `read_page` and `write_batch`
    count records, `concurrent` calls in flight.
    """

    windows: tuple[RateWindow, ...]
    concurrent: int
    read_page: int
    write_batch: int
    daily: int | None = None
    search_windows: tuple[RateWindow, ...] = ()


@dataclass(frozen=True, slots=True)
class Usage:
    """What a connector used since it was opened.

    `calls` counts requests sent, by kind (`read`, `write`, `search`, `auth`, `setup`). `throttled` counts
    answers that said the rate was too high, `waited` the seconds spent waiting ahead of the limits.
    `daily_used` is the CRM's own count where it tells.
    """

    calls: Mapping[str, int] = field(default_factory=dict)
    throttled: int = 0
    retried: int = 0
    waited: float = 0.0
    daily_used: int | None = None
    daily_limit: int | None = None

    def since(self, before: Usage) -> Usage:
        """Return what was used after an earlier count; the quota stands as it does now."""
        calls = {kind: count - before.calls.get(kind, 0) for kind, count in self.calls.items()}
        return Usage(
            calls={kind: count for kind, count in calls.items() if count},
            throttled=self.throttled - before.throttled,
            retried=self.retried - before.retried,
            waited=self.waited - before.waited,
            daily_used=self.daily_used,
            daily_limit=self.daily_limit,
        )

    @property
    def total(self) -> int:
        """All requests sent."""
        return sum(self.calls.values())
