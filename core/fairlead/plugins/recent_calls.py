"""When calls were made lately: what one process used of a CRM's windows, the next one knows."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from pathlib import Path

__all__ = ["RecentCalls"]

#: the longest window of the three CRMs is that of Zoho's tokens, in seconds
_KEPT = 600.0
#: a file is written anew once it holds so much that nobody asks for, in bytes
_STALE = 64 * 1024


class RecentCalls:
    """The calls of the last ten minutes, in memory, and in a file where a path is given.

    Each call is a line of the file before it is sent: a process that is killed leaves none out. A file that
    cannot be read or written is done without; the CRM then says itself that the rate was too high. `clock`
    gives seconds since 1970.
    """

    def __init__(self, path: Path | None = None, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._path = path
        self._before = list(self._read(path)) if path is not None else []

    def note(self, kind: str) -> None:
        """Keep that a call is about to be made."""
        if self._path is None:
            return
        with suppress(OSError):
            # one short write at the end of the file: lines of several threads do not mix
            file = os.open(self._path, os.O_APPEND | os.O_CREAT | os.O_WRONLY, 0o600)
            try:
                os.write(file, _line(self._clock(), kind))
            finally:
                os.close(file)

    def ages(self, seconds: float, kinds: Collection[str] | None = None) -> list[float]:
        """Return how long ago earlier processes made their calls of the last seconds, the oldest first."""
        now = self._clock()
        found = (now - at for at, kind in self._before if kinds is None or kind in kinds)
        return sorted((age for age in found if 0 <= age < seconds), reverse=True)

    def _read(self, path: Path) -> Iterator[tuple[float, str]]:
        try:
            content = path.read_bytes()
        except OSError:
            return
        kept = [each for each in _parsed(content) if 0 <= self._clock() - each[0] < _KEPT]
        if len(content) - sum(len(_line(*each)) for each in kept) > _STALE:
            with suppress(OSError):
                written = path.with_name(f"{path.name}.{os.getpid()}")
                written.write_bytes(b"".join(_line(*each) for each in kept))
                written.replace(path)
        yield from kept


def _line(at: float, kind: str) -> bytes:
    return f"{at:.3f} {kind}\n".encode()


def _parsed(content: bytes) -> Iterator[tuple[float, str]]:
    for line in content.decode("utf-8", "replace").splitlines():
        at, _, kind = line.partition(" ")
        with suppress(ValueError):
            yield float(at), kind
