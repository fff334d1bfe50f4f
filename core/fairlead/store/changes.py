"""The numbers that changes to the mirror have, by which what changed since is found."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from fairlead.store.schema import mirror

__all__ = ["last_change", "next_change"]


def last_change(connection: Connection) -> int:
    """Return the number of the newest change to the mirror, zero where there was none."""
    return connection.scalar(select(func.max(mirror.c.change))) or 0


def next_change(connection: Connection) -> int:
    """Return the number for what changes now; one writer at a time changes the mirror."""
    return last_change(connection) + 1
