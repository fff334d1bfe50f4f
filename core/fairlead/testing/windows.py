"""Counting calls in a sliding window, as a CRM's own rate limit does."""

from __future__ import annotations

from collections import deque

__all__ = ["SlidingWindow"]


class SlidingWindow:
    """Admits at most `calls` calls in any `seconds` seconds."""

    def __init__(self, calls: int, seconds: float) -> None:
        self.calls = calls
        self.seconds = seconds
        self._times: deque[float] = deque()

    def admits(self, now: float) -> bool:
        """Count a call at an instant in seconds; False, uncounted, where the window is full."""
        while self._times and self._times[0] <= now - self.seconds:
            self._times.popleft()
        if len(self._times) >= self.calls:
            return False
        self._times.append(now)
        return True

    @property
    def left(self) -> int:
        """How many calls the window still admits, as of the last call."""
        return self.calls - len(self._times)
