"""Cursors: texts of our own with instants and ids, good for days."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from fairlead.plugins.failures import ConnectorError, Failure, FailureKind

__all__ = ["Lane", "Position", "deletion_cursor", "deletion_position"]

_VERSION = 1


@dataclass(frozen=True, slots=True)
class Lane:
    """A stretch of ids that is still to be read: those above `after`, and below `end` where it is known.

    `left` is how many records it held at the last look; None before the first.
    """

    after: int = 0
    end: int | None = None
    left: int | None = None


@dataclass(frozen=True, slots=True)
class Position:
    """Where a reading of changes stands.

    `since` is the stamp, in thousandths of a second, from which on records are read; None reads all. Without
    `lanes` nothing has begun. `began` is when the reading began: what changed later comes in the next one.
    """

    since: int | None
    began: int | None = None
    lanes: tuple[Lane, ...] = ()

    def text(self) -> str:
        """Return the cursor."""
        members: dict[str, Any] = {"v": _VERSION, "since": self.since}
        if self.lanes:
            members["began"] = self.began
            members["lanes"] = [[lane.after, lane.end] for lane in self.lanes]
        return json.dumps(members, separators=(",", ":"))

    @classmethod
    def of(cls, cursor: str) -> Position:
        """Return the position that a cursor holds; raises ConnectorError (STOP) for any other text."""
        members = _members(cursor)
        try:
            since, began = _integer(members.get("since")), _integer(members.get("began"))
            lanes = tuple(Lane(int(after), _integer(end)) for after, end in members.get("lanes", ()))
        except (TypeError, ValueError):
            raise _broken() from None
        if lanes and began is None:
            raise _broken()
        return cls(since, began, lanes)


def deletion_cursor(seen: datetime) -> str:
    """Return the cursor from which deletions are read on."""
    return json.dumps({"v": _VERSION, "deleted": int(seen.timestamp() * 1000)}, separators=(",", ":"))


def deletion_position(cursor: str) -> datetime:
    """Return the instant of a cursor of deletions; raises ConnectorError (STOP) for any other text."""
    seen = _members(cursor).get("deleted")
    if not isinstance(seen, int):
        raise _broken()
    return datetime.fromtimestamp(seen / 1000, UTC)


def _members(cursor: str) -> Mapping[str, Any]:
    try:
        members = json.loads(cursor)
    except ValueError:
        raise _broken() from None
    if not isinstance(members, dict) or members.get("v") != _VERSION:
        raise _broken()
    return members


def _integer(value: Any) -> int | None:
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    raise ValueError


def _broken() -> ConnectorError:
    return ConnectorError(
        Failure(
            FailureKind.STOP,
            "bad-cursor",
            "the cursor is not one of the HubSpot connector",
            remedy="run a full reconciliation",
        )
    )
