"""Credits in a rolling day, and calls at the same time."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from werkzeug.wrappers import Request

from fairlead_zoho.sandbox.coql import parse_query
from fairlead_zoho.sandbox.errors import Refusal

__all__ = ["CONCURRENT", "DAILY_CREDITS", "HEAVY_CONCURRENT", "Credits", "is_heavy", "price"]

#: Enterprise edition with 150 users: 50,000 + 150 × 1,000 credits, 20 calls at once, 10 heavy ones
DAILY_CREDITS = 200_000
CONCURRENT = 20
HEAVY_CONCURRENT = 10
_HEADER_FROM = 0.5


class Credits:
    """Counts credits in the last 24 hours."""

    def __init__(self, now: Callable[[], datetime], *, limit: int, enforced: bool) -> None:
        self._now = now
        self._spent: deque[tuple[datetime, int]] = deque()
        self.limit = limit
        self.enforced = enforced
        self.used = 0

    def take(self, cost: int) -> bool:
        """Spend credits; False, nothing spent, where they do not suffice."""
        now = self._now()
        while self._spent and self._spent[0][0] <= now - timedelta(hours=24):
            self.used -= self._spent.popleft()[1]
        if self.enforced and self.used + cost > self.limit:
            return False
        self._spent.append((now, cost))
        self.used += cost
        return True

    def use_up(self) -> None:
        """Spend what is left, as another integration might; from now on credits count in any case."""
        self.enforced = True
        left = max(self.limit - self.used, 0)
        self._spent.append((self._now(), left))
        self.used += left

    @property
    def header(self) -> dict[str, str]:
        """What an answer says of the credits: nothing before half of them are used."""
        if not self.enforced or self.used < _HEADER_FROM * self.limit:
            return {}
        return {"X-API-CREDITS-REMAINING": str(max(self.limit - self.used, 0))}


def price(request: Request, body: Any, most_columns: int) -> int:
    """Return the credits that a call costs: one, writes one for ten records, queries by their limit."""
    path = request.path
    if path.endswith("/coql") and isinstance(body, dict):
        try:
            return parse_query(str(body.get("select_query", "")), most_columns=most_columns).credits
        except Refusal:
            return 1
    if path.startswith("/crm/bulk/") and path.endswith("/read") and request.method == "POST":
        return 50
    if path.endswith("/actions/convert"):
        return 5
    return math.ceil(max(_records(body), 1) / 10)


def is_heavy(request: Request, body: Any) -> bool:
    """Tell whether a call is of those of which ten may run at once: queries, writes above ten records."""
    return request.path.endswith("/coql") or _records(body) > 10


def _records(body: Any) -> int:
    data = body.get("data") if isinstance(body, dict) else None
    return len(data) if isinstance(data, list) else 0
