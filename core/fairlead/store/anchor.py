"""The anchor: the head of the decision log, kept in a file outside the database that only grows."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from fairlead.documents.canonical import canonical_bytes
from fairlead.problems import Problem, StoreError
from fairlead.store.chain import Head

__all__ = ["AnchorFile", "AnchorLine", "Unreadable"]

_LONGEST_LINE = 1000


@dataclass(frozen=True, slots=True)
class AnchorLine:
    """One line: the head at an instant. `store` is the id of the store that it belongs to."""

    number: int
    at: str
    head: Head
    store: str


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A whole line that is no anchor."""

    number: int


class AnchorFile:
    """A file of anchors, one JSON object to a line, each forced to the disk."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def size(self) -> int | None:
        """Return the size in bytes; None where there is no file."""
        try:
            return self.path.stat().st_size
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _failed(self.path, "read", error) from None

    def append(self, head: Head, *, store: str, at: datetime) -> None:
        """Add a head. Raises StoreError where the file cannot be written."""
        line = canonical_bytes(
            {"at": at.isoformat(timespec="seconds"), "count": head.count, "hash": head.hash, "store": store}
        )
        try:
            new = not self.path.exists()
            with self.path.open("a+b", buffering=0) as stream:
                whole = True
                if stream.seek(0, os.SEEK_END):
                    stream.seek(-1, os.SEEK_END)
                    whole = stream.read(1) == b"\n"
                # a line that a crash cut short stays on a line of its own
                stream.write((b"" if whole else b"\n") + line + b"\n")
                os.fsync(stream.fileno())
            if new:
                _keep_name(self.path.parent)
        except OSError as error:
            raise _failed(self.path, "written", error) from None

    def last(self) -> AnchorLine | None:
        """Return the newest readable line."""
        newest = None
        for line in self.lines(self.size() or 0):
            newest = line if isinstance(line, AnchorLine) else newest
        return newest

    def lines(self, size: int) -> Iterator[AnchorLine | Unreadable]:
        """Yield the lines within the first `size` bytes; what a crash cut short is passed over."""
        read = 0
        try:
            with self.path.open("rb") as stream:
                number = 0
                while read < size and (raw := stream.readline(_LONGEST_LINE)):
                    number += 1
                    read += len(raw)
                    line = _parsed(number, raw)
                    if line is not None:
                        yield line
        except OSError as error:
            raise _failed(self.path, "read", error) from None


def _parsed(number: int, raw: bytes) -> AnchorLine | Unreadable | None:
    content = raw.strip()
    if not content.endswith(b"}"):
        # the beginning of a line that a crash cut short, or nothing at all
        return None if not content or content.startswith(b'{"at":"'[: len(content)]) else Unreadable(number)
    try:
        value = json.loads(content)
        head = Head(value["count"], value["hash"])
        line = AnchorLine(number, value["at"], head, value["store"])
    except (ValueError, KeyError, TypeError):
        return Unreadable(number)
    texts = (line.at, line.head.hash, line.store)
    if type(head.count) is not int or head.count < 0 or not all(isinstance(text, str) for text in texts):
        return Unreadable(number)
    return line


def _keep_name(folder: Path) -> None:
    """Force the name of a new file to the disk, where the system can."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _failed(path: Path, done: str, error: OSError) -> StoreError:
    reason = (error.strerror or "unknown reason").lower()
    return StoreError(
        [
            Problem(
                "anchor-failed",
                f"the anchor file `{path}` cannot be {done}: {reason}",
                file=str(path),
                remedy="make its folder writable and give it space; nothing in the store is lost",
            )
        ]
    )
