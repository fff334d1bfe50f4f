"""One sync run: read, decide, write, and account for every record."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from typing import Any, Literal

from fairlead.documents.canonical import digest
from fairlead.documents.texts import pick
from fairlead.plugins.connector import Capabilities
from fairlead.plugins.failures import ConnectorError, Failure, FailureKind
from fairlead.plugins.limits import Usage
from fairlead.plugins.records import Deletion
from fairlead.problems import DocumentError, Problem, UsageError
from fairlead.store import CHANGES, DELETIONS, Due, Ref, RejectState, RunState, Store, Transaction, rehearsal
from fairlead.store.cursors import ACCOUNT, ALL, MAPPING, RULES
from fairlead.sync.account import compare
from fairlead.sync.dispatching import Dispatcher, due_of
from fairlead.sync.duplicates import forget_told, untold_duplicates
from fairlead.sync.evaluating import Evaluator
from fairlead.sync.extras import Extras
from fairlead.sync.fields import ResultFields
from fairlead.sync.ledger_results import mark_moved
from fairlead.sync.plan import Plan
from fairlead.sync.reading import Reader
from fairlead.sync.report import RunReport
from fairlead.sync.session import Session, as_problem

__all__ = ["RunKind", "Runner", "sync"]

RunKind = Literal["incremental", "full", "dry run", "announced"]

#: the code with which a connector says that deletions are no longer known since the cursor
_WINDOW_PASSED = "window-passed"


def _no_event(name: str, **members: Any) -> None:
    """Tell nobody."""


def sync(
    session: Session,
    store: Store,
    *,
    full: bool = False,
    dry_run: bool = False,
    announced: Mapping[str, Sequence[str]] | None = None,
    event: Callable[..., None] = _no_event,
) -> RunReport:
    """Run once and return the report; a failure of the CRM stands in it, it is not raised.

    With `full` every record is read and those that are gone are buried. With `dry_run` the same is done on
    a store that is undone at the end, and nothing is written to the CRM. `announced` are ids by object that
    webhooks named: only these are read. `event` is called after each step with its name and members. Raises
    DocumentError where the mapping does not fit the account, UsageError where it is another account than
    the store's.
    """
    if dry_run:
        with rehearsal(store) as tried:
            return Runner(session, tried, full=full, dry_run=True, event=event).run()
    return Runner(session, store, full=full, announced=announced or {}, event=event).run()


@dataclass
class Runner:
    """One run of a session on a store."""

    session: Session
    store: Store
    full: bool = False
    dry_run: bool = False
    announced: Mapping[str, Sequence[str]] = field(default_factory=dict)
    event: Callable[..., None] = _no_event
    _number: int | None = field(default=None, init=False)
    _used_before: Usage = field(default_factory=Usage, init=False)

    def run(self) -> RunReport:
        """Do everything; see `sync`."""
        now = self.session.clock()
        self._used_before = self.session.connector.usage()
        kind: RunKind = "dry run" if self.dry_run else "full" if self.full else "incremental"
        if self.announced:
            kind = "announced"
        with self.store.transaction() as tx:
            tx.runs.fail_abandoned(at=now)
            self._number = tx.runs.start(kind, at=now)
            tx.outbox.reopen()
            untold = untold_duplicates(tx)
        self.event("started", kind=kind)
        report = RunReport(str(self._number), kind, now, notes=untold)
        try:
            stopped = self._steps(report, now)
        except ConnectorError as error:
            stopped = error.failure
        except BaseException:
            self._end(report, RunState.FAILED)
            raise
        if stopped is not None:
            report.problem = as_problem(stopped)
        report.state = "done" if stopped is None else "stopped"
        unaccounted = report.imbalances()
        if unaccounted:
            report.state = "failed"
            report.problem = Problem(
                "unaccounted",
                f"the run lost sight of records: {'; '.join(unaccounted)}",
                remedy="report this",
            )
        self._end(report, RunState.DONE if report.state == "done" else RunState.FAILED)
        return report

    def _end(self, report: RunReport, state: RunState) -> None:
        report.ended = self.session.clock()
        report.usage = self.session.connector.usage().since(self._used_before)
        with self.store.transaction() as tx:
            report.rejects_open = tx.rejects.counts()[RejectState.OPEN]
            assert self._number is not None
            forget_told(tx)
            tx.runs.add_calls(self._number, report.usage.total, at=report.ended)
            tx.runs.end(self._number, state, report.as_json(), at=report.ended)
        self.event("ended", state=report.state)

    def _steps(self, report: RunReport, now: datetime) -> Failure | None:
        session = self.session
        plan = session.plan(now)
        fields = session.result_fields(plan)
        self._check_account(now)
        self._archive(plan, now)
        reader = Reader(
            session.connector,
            session.mapping,
            plan,
            fields,
            self.store,
            report,
            now,
            self.event,
            zone=session.project.zone,
        )
        self._mark_under_new_rules(plan, fields, now)
        with self.store.transaction() as tx:
            self.event("ledger", marked=mark_moved(tx, session.mapping, now))
        self._read(reader, now)
        reader.reread_consented()
        settings = session.project.settings.sync
        extras = Extras(
            session.mapping,
            settings.model_copy(update={"tasks": settings.tasks and self._capabilities().tasks}),
            report,
            now,
            self.event,
            _field_of(fields, "lead.priority"),
        )
        evaluator = Evaluator(
            session.mapping,
            plan,
            fields,
            self.store,
            report,
            now,
            self._number,
            session.project.zone,
            session.project.language,
            self.event,
            reader.edited,
            extras,
            settings.pilot,
            self.dry_run,
        )
        evaluator.evaluate_due()
        if self.dry_run:
            report.deferred = report.queued
            return None
        dispatcher = Dispatcher(
            session.connector,
            session.mapping,
            fields,
            self.store,
            report,
            reader,
            now,
            self.event,
            lambda ref, values: self._task(ref, values, fields, now),
        )
        return dispatcher.dispatch()

    def _capabilities(self) -> Capabilities:
        return self.session.connector.capabilities()

    def _check_account(self, now: datetime) -> None:
        """Raise where the account is not the project's, or lacks what is read or written; nothing is yet."""
        session = self.session
        account = session.connector.account()
        with self.store.transaction() as tx:
            known = tx.cursors.get(ALL, ACCOUNT)
            if account is not None and known is None:
                tx.cursors.set(ALL, ACCOUNT, account, at=now)
        if None not in (account, known) and account != known:
            message = f"the credentials are of account {account}, and the store is of account {known}"
            remedy = "set the credentials of the right account, or give this one a project of its own"
            raise UsageError([Problem("wrong-account", message, found=account, remedy=remedy)])
        described = {each.name: each for each in session.connector.describe(session.mapping.described)}
        problems = compare(session, described).problems
        if problems:
            raise DocumentError(problems)

    def _archive(self, plan: Plan, now: datetime) -> None:
        """Keep every document that decides anything in this run."""
        documents = {program.digest: program.ruleset.document for program in plan.programs}
        documents[self.session.mapping.digest] = self.session.mapping.source
        with self.store.transaction() as tx:
            for known, document in documents.items():
                # making the canonical form anew in each run would cost more than all else in a quiet one
                if not tx.archive.has(known):
                    tx.archive.put(document, at=now)
        self.event("archived", documents=len(documents))

    def _mark_under_new_rules(self, plan: Plan, fields: Mapping[str, ResultFields], now: datetime) -> None:
        """Let every record be decided anew where rules, fields or settings are not those of the last run."""
        project = self.session.project
        sync_settings = project.settings.sync
        decides = digest(
            {
                "rulesets": [program.digest for program in plan.programs],
                "mapping": self.session.mapping.digest,
                "fields": [name for each in fields.values() for name in each.names],
                "language": project.language,
                "zone": project.settings.zone,
                "pilot": sync_settings.pilot.model_dump() if sync_settings.pilot else None,
                "tasks": sync_settings.tasks,
            }
        )
        with self.store.transaction() as tx:
            known = tx.cursors.get(ALL, RULES)
            if known == decides:
                return
            if known is not None:
                for object_ in plan.objects:
                    main = self.session.mapping.entities(object_)[0]
                    for page in tx.mirror.refs(object_):
                        tx.due.set([Due(main, ref.id, now) for ref in page])
            tx.cursors.set(ALL, RULES, decides, at=now)
        self.event("rules", changed=known is not None)

    def _read(self, reader: Reader, now: datetime) -> None:
        """Read what changed; everything, where the mapping is not that of the last run."""
        session = self.session
        if self.announced:
            for object_, ids in self.announced.items():
                if object_ in session.mapping.objects:
                    reader.reread(object_, ids)
            return
        with self.store.transaction() as tx:
            known = tx.cursors.get(ALL, MAPPING)
        full = self.full or known not in (None, session.mapping.digest)
        since = session.project.settings.sync.since
        first = None if since is None else datetime.combine(since, time(), session.project.zone)
        for object_ in session.mapping.objects:
            with self.store.transaction() as tx:
                begun = tx.cursors.get(object_, CHANGES) is not None
            since_day = None if begun or first is None else first
            reader.read_changes(object_, full=full and begun, since=since_day)
            # after the changes: a record that says what was merged into it is seen before the other is gone
            if session.connector.capabilities().deletions and self._read_deletions(reader, object_, now):
                said = "deletions are no longer known since the last run: all is compared"
                reader.report.notes.append((_WINDOW_PASSED, object_, said))
                reader.read_changes(object_, full=True, since=None)
        with self.store.transaction() as tx:
            tx.cursors.set(ALL, MAPPING, session.mapping.digest, at=now)

    def _read_deletions(self, reader: Reader, object_: str, now: datetime) -> bool:
        """Bury what was deleted or merged away; True where the CRM no longer knows of all of it."""
        with self.store.transaction() as tx:
            cursor = tx.cursors.get(object_, DELETIONS)
        try:
            for page in self.session.connector.read_deletions(object_, cursor):
                with self.store.transaction() as tx:
                    for deletion in page.deletions:
                        self._delete(reader, tx, deletion, now)
                    tx.cursors.set(object_, DELETIONS, page.cursor, at=now)
                self.event("deletions", object=object_, records=len(page.deletions))
        except ConnectorError as error:
            if error.failure.code != _WINDOW_PASSED or error.failure.kind is not FailureKind.REJECT:
                raise
            with self.store.transaction() as tx:
                tx.cursors.clear(object_, DELETIONS)
            self.event("window-passed", object=object_)
            return True
        return False

    @staticmethod
    def _delete(reader: Reader, tx: Transaction, deletion: Deletion, now: datetime) -> None:
        ref = Ref(deletion.object, deletion.id)
        if deletion.merged_into is None:
            reader.bury(tx, ref)
        elif tx.identity.merge(ref, Ref(deletion.object, deletion.merged_into), at=now):
            reader.report.counts(deletion.object).merged += 1
            reader.mark_merged(tx, deletion.object, deletion.merged_into)

    def _task(
        self, ref: Ref, values: Mapping[str, Any], fields: Mapping[str, ResultFields], now: datetime
    ) -> tuple[str, str, datetime]:
        due = due_of(values, _field_of(fields, "lead.follow_up_by"), now)
        reasons = fields[ref.object].reasons.get("lead")
        body = str(values.get(reasons.name) or "") if reasons is not None else ""
        return pick(_TASK_SUBJECT, self.session.project.language), body, due.astimezone(UTC)


_TASK_SUBJECT = {
    "en": "Call this lead now (Fairlead)",
    "de": "Diese Anfrage jetzt anrufen (Fairlead)",
    "tr": "Bu adayı şimdi arayın (Fairlead)",
    "ar": "اتصل بهذا العميل الآن (Fairlead)",
}


def _field_of(fields: Mapping[str, ResultFields], decision: str) -> str | None:
    """Return the field that a decision goes to, or None."""
    for each in fields.values():
        slots = each.by_decision.get(decision)
        if slots:
            return slots[0].spec.name
    return None
