"""Runs: when, of which kind, how they ended, and how many calls they made."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from fairlead.problems import Problem, UsageError
from fairlead.store.records import Run, RunState
from fairlead.store.schema import runs
from fairlead.store.stored_values import from_micros, json_text, json_value, micros

__all__ = ["Runs"]

_A_DAY = timedelta(hours=24)


class Runs:
    """The runs within one transaction. `ended` tells whether one was ended in it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.ended = False

    def start(self, kind: str, *, at: datetime) -> int:
        """Begin a run and return its id."""
        stamp = micros(at)
        result = self._connection.execute(
            insert(runs).values(
                kind=kind, started=stamp, state=RunState.RUNNING.value, calls=0, calls_at=stamp
            )
        )
        [run] = result.inserted_primary_key or (0,)
        return int(run)

    def add_calls(self, run: int, calls: int, *, at: datetime) -> None:
        """Count calls made; while the run lasts, so that a crash loses no more than the last few."""
        self._connection.execute(
            update(runs).where(runs.c.id == run).values(calls=runs.c.calls + calls, calls_at=micros(at))
        )

    def end(self, run: int, state: RunState, report: Mapping[str, Any], *, at: datetime) -> None:
        """End a run with its report. Raises UsageError for a run that is not running."""
        changed = self._connection.execute(
            update(runs)
            .where(runs.c.id == run, runs.c.state == RunState.RUNNING.value)
            .values(state=state.value, report=json_text(report), ended=micros(at))
        ).rowcount
        if not changed:
            raise UsageError([Problem("unknown-run", f"run {run} is not running", found=str(run))])
        self.ended = True

    def fail_abandoned(self, *, at: datetime) -> list[int]:
        """Mark runs that were cut short as failed; call it only where no other run can be under way."""
        query = select(runs.c.id).where(runs.c.state == RunState.RUNNING.value).order_by(runs.c.id)
        abandoned = list(self._connection.scalars(query))
        if abandoned:
            self._connection.execute(
                update(runs)
                .where(runs.c.state == RunState.RUNNING.value)
                .values(state=RunState.FAILED.value, ended=micros(at))
            )
        return abandoned

    def get(self, run: int) -> Run:
        """Return a run. Raises UsageError for one that is not there."""
        row = self._connection.execute(select(runs).where(runs.c.id == run)).first()
        if row is None:
            raise UsageError([Problem("unknown-run", f"there is no run {run}", found=str(run))])
        return _run(row)

    def latest(self, *, limit: int = 20) -> list[Run]:
        """Return the newest runs, newest first."""
        query = select(runs).order_by(runs.c.id.desc()).limit(limit)
        return [_run(row) for row in self._connection.execute(query)]

    def used_today(self, instant: datetime) -> int:
        """Return the calls of all runs that called within the 24 hours up to an instant.

        A run counts whole when its last call lies within them: never too few.
        """
        query = select(func.coalesce(func.sum(runs.c.calls), 0)).where(
            runs.c.calls_at > micros(instant - _A_DAY)
        )
        return int(self._connection.scalar(query) or 0)


def _run(row: Row[Any]) -> Run:
    return Run(
        id=row.id,
        kind=row.kind,
        started=from_micros(row.started),
        ended=None if row.ended is None else from_micros(row.ended),
        state=RunState(row.state),
        calls=row.calls,
        report=None if row.report is None else json_value(row.report),
    )
