"""`fairlead run`: syncs on the project's schedule, follows webhooks, and tells a person of trouble."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from fairlead import project
from fairlead.plugins.failures import ConnectorError
from fairlead.problems import DocumentError, Problem, RecordError, StoreError, UsageError
from fairlead.project import Project
from fairlead.store import RunState, Store
from fairlead.sync.alerts import Alert, Alerts
from fairlead.sync.place import locked, open_store
from fairlead.sync.provisioning import watch
from fairlead.sync.receiver import Receiver
from fairlead.sync.report import RunReport
from fairlead.sync.runner import sync
from fairlead.sync.session import Session, as_problem, open_session

__all__ = ["Service"]

#: announcements that arrive together are read together, in seconds
_GATHER = 2.0
_RUNS_LOOKED_AT = 200
#: how often a channel for announcements is renewed; Zoho ends them after a week
_WATCH_AGAIN = timedelta(days=1)


def _real_clock() -> datetime:
    return datetime.now(UTC)


@dataclass
class Service:
    """Runs one project until it is told to stop.

    `said` is called with each report, or with the problem that kept a run from beginning. The project is
    opened anew for each run, so that edited settings and rulesets count from then on.
    """

    folder: Path
    environment: Mapping[str, str]
    said: Callable[[RunReport | Problem], None]
    warn: Callable[[str], None]
    event: Callable[..., None]
    clock: Callable[[], datetime] = _real_clock
    stop: threading.Event = field(default_factory=threading.Event)
    open_session: Callable[..., Session] = open_session
    _alerts: Alerts | None = None
    _watched: datetime | None = None
    #: what the connector keeps from one run to the next, such as an access token
    _memory: dict[str, Any] = field(default_factory=dict)

    def run(self, *, once: bool = False) -> None:
        """Sync on schedule until `stop` is set, or once."""
        opened = project.open(self.folder)
        self._alerts = Alerts(opened.settings.sync.alerts, self.environment, self.warn)
        receiver = None if once else self._receiver(opened)
        try:
            while not self.stop.is_set():
                self._run_once({})
                if once:
                    return
                self._wait(receiver, timedelta(minutes=opened.settings.sync.every_minutes))
        finally:
            if receiver is not None:
                receiver.stop()

    def _wait(self, receiver: Receiver | None, time: timedelta) -> None:
        """Wait for the next scheduled run; what webhooks announce meanwhile is read at once."""
        until = self.clock() + time
        while not self.stop.is_set() and (left := (until - self.clock()).total_seconds()) > 0:
            if receiver is None:
                self.stop.wait(left)
                return
            if receiver.announced.wait(min(left, 1.0)) and not self.stop.wait(_GATHER):
                self._run_once(receiver.take())

    def _receiver(self, opened: Project) -> Receiver | None:
        settings = opened.settings.sync.webhooks
        if settings is None:
            return None
        session = self.open_session(opened, environment=self.environment)
        if not session.connector.capabilities().webhooks:
            session.connector.close()
            message = f"connector `{session.info.name}` takes no webhooks with these credentials"
            raise UsageError([Problem("no-webhooks", message, remedy="take `[sync.webhooks]` out")])
        return Receiver(session.connector, settings, lambda why: self.event("webhook-refused", why=why))

    def _run_once(self, announced: Mapping[str, Sequence[str]]) -> None:
        found: RunReport | Problem
        alerts: list[Alert] = []
        try:
            opened = project.open(self.folder)
            with locked(opened), open_store(opened, self.environment) as store:
                found = self._sync(opened, store, announced)
                alerts = self._judged(opened, store, found)
        except (DocumentError, RecordError, StoreError, UsageError) as error:
            found = error.problems[0]
            alerts = [_failed(self.folder.name, found)]
        except ConnectorError as error:
            found = as_problem(error.failure)
            alerts = [_failed(self.folder.name, found)]
        self.said(found)
        if self._alerts is not None:
            for alert in self._alerts.tell(alerts, self.clock()):
                self.event("alert", kind=alert.kind, message=alert.message)

    def _sync(self, opened: Project, store: Store, announced: Mapping[str, Sequence[str]]) -> RunReport:
        now = self.clock()
        with store.reading() as tx:
            used = tx.runs.used_today(now)
        session = self.open_session(
            opened,
            environment=self.environment,
            used_today=used,
            context=lambda made: replace(made, memory=self._memory),
        )
        try:
            full = not announced and self._is_full_due(session, store, now)
            if self._watched is None or now - self._watched >= _WATCH_AGAIN:
                for step in watch(session, dry_run=False):
                    self.event("channel", action=step.action, target=step.target, done=step.done)
                self._watched = now
            return sync(session, store, full=full, announced=announced, event=self.event)
        finally:
            session.connector.close()

    @staticmethod
    def _is_full_due(session: Session, store: Store, now: datetime) -> bool:
        days = timedelta(days=session.project.settings.sync.full_every_days)
        with store.reading() as tx:
            stamps = [tx.cursors.reconciled(object_) for object_ in session.mapping.objects]
        return any(stamp is not None and now - stamp >= days for stamp in stamps)

    def _judged(self, opened: Project, store: Store, report: RunReport) -> list[Alert]:
        settings = opened.settings.sync.alerts
        alerts = []
        if report.problem is not None:
            alerts.append(_failed(opened.name, report.problem))
        if settings is None:
            return alerts
        if report.rejects_open > settings.most_rejects:
            message = f"{report.rejects_open:,} rejects are open"
            alerts.append(Alert("rejects", opened.name, message, "`fairlead rejects` lists them"))
        with store.reading() as tx:
            good = next(
                (run for run in tx.runs.latest(limit=_RUNS_LOOKED_AT) if run.state is RunState.DONE), None
            )
        limit = timedelta(minutes=settings.stale_after_minutes)
        if report.problem is not None and (
            good is None or self.clock() - (good.ended or good.started) > limit
        ):
            message = f"no run has succeeded for more than {settings.stale_after_minutes:,} minutes"
            alerts.append(Alert("stale", opened.name, message, "look at why the runs fail"))
        return alerts


def _failed(name: str, problem: Problem) -> Alert:
    message = f"{problem.message} [{problem.code}]"
    return Alert("failed", name, message, problem.remedy or "see `fairlead sync` for more")
