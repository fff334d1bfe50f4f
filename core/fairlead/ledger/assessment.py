"""Assessment: what is held and why, what may be released, and what is taken back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from fairlead.engine.program import Checked
from fairlead.ledger.accrual import logged
from fairlead.ledger.attributing import Attributor, Found
from fairlead.ledger.holds import Holds
from fairlead.ledger.programmes import Earned, Programme, Version
from fairlead.ledger.reasons import HoldReason
from fairlead.ledger.subjects import SubjectRecord, Subjects
from fairlead.problems import RecordError
from fairlead.store import Ref, Store, Transaction
from fairlead.store.ledger_records import Entry
from fairlead.store.ledger_states import State

__all__ = ["Assessment", "AssessmentReport", "Finding"]

_AT_ONCE = 500
_OPEN = (State.ACCRUED, State.HELD)


@dataclass
class AssessmentReport:
    """How many open entries were looked at, and what became of them.

    `looked_at` = `released` + `held` + `reversed`; `by_code` counts the reasons of what is held.
    """

    looked_at: int = 0
    released: int = 0
    held: int = 0
    reversed: int = 0
    by_code: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Finding:
    """What is known about an entry now: why it may not be paid, or that it is to be taken back."""

    entry: Entry
    record: SubjectRecord | None
    version: Version | None
    earned: Earned | None
    found: Found | None
    reasons: tuple[HoldReason, ...]
    reversed_by: str | None = None


class Assessment:
    """Looks at entries as of one instant; `run` moves those that are open."""

    def __init__(
        self,
        store: Store,
        subjects: Subjects,
        attributor: Attributor,
        holds: Holds,
        *,
        now: datetime,
        today: date,
        actor: str,
        rates: Any = None,
        progress: Callable[[int], None] | None = None,
    ) -> None:
        self._store = store
        self._subjects = subjects
        self._attributor = attributor
        self._holds = holds
        self._now = now
        self._today = today
        self._actor = actor
        self._rates = rates
        self._progress = progress or (lambda _count: None)
        self._programmes: Mapping[str, Programme] = {each.name: each for each in subjects.programmes}
        self.report = AssessmentReport()

    def run(self) -> AssessmentReport:
        """Look at every entry that is accrued or held, and release, hold or reverse it."""
        after = 0
        while True:
            with self._store.transaction() as tx:
                tx.book.lock()
                page = self._page(tx, after)
                if not page:
                    return self.report
                self._move(tx, self.findings(tx, page))
            after = page[-1].id
            self._progress(len(page))

    def findings(self, tx: Transaction, entries: Sequence[Entry]) -> list[Finding]:
        """Return what is known about entries now, in their order."""
        by_entity: dict[str, list[Entry]] = {}
        for entry in entries:
            by_entity.setdefault(entry.entity, []).append(entry)
        found: dict[int, Finding] = {}
        for entity, own in by_entity.items():
            alive = self._alive(tx, own)
            records = self._subjects.read(tx, entity, set(alive.values()))
            attributions = self._attributor.find(tx, entity, records)
            for entry in own:
                record = records.get(alive[entry.id])
                found[entry.id] = self._finding(entry, record, attributions)
        return [found[entry.id] for entry in entries]

    def _page(self, tx: Transaction, after: int) -> list[Entry]:
        page = []
        for entry in tx.book.entries(states=_OPEN, after=after):
            page.append(entry)
            if len(page) == _AT_ONCE:
                break
        return page

    def _alive(self, tx: Transaction, entries: Sequence[Entry]) -> dict[int, str]:
        """Return the id that each entry's record lives on under."""
        refs = {entry.id: Ref(entry.content.get("object", ""), entry.subject) for entry in entries}
        resolved = tx.identity.resolve_all(refs.values())
        return {number: resolved.get(ref, ref).id for number, ref in refs.items()}

    def _finding(
        self, entry: Entry, record: SubjectRecord | None, attributions: Mapping[str, Found]
    ) -> Finding:
        programme = self._programmes.get(entry.programme)
        version = programme.on(entry.day) if programme is not None else None
        then = now = None
        checked: Checked = {}
        found = attributions[record.id] if record is not None else Found(entry.payee, entry.revision, False)
        if record is not None and version is not None:
            try:
                checked = version.program.check(record.raw)
                counted = version.program.check(record.counted)
            except RecordError:
                pass
            else:
                then = _of(version.earned(counted, entry.day, self._rates), entry)
                now = _of(version.earned(checked, self._now, self._rates), entry)
        reversed_by = None
        if now is not None and now.result is not None and now.result.reversed is True:
            assert record is not None
            reversed_by = str(record.raw[record.entity].get("reversal_cause") or "reversed_when")
        reasons = self._holds.reasons(entry, version, record, then, checked, found, now)
        return Finding(entry, record, version, now, found, tuple(reasons), reversed_by)

    def _move(self, tx: Transaction, findings: Sequence[Finding]) -> None:
        held_before = tx.book.holds([each.entry.id for each in findings])
        released = [each for each in findings if not each.reasons and each.reversed_by is None]
        decisions = self._log(tx, released)
        content: dict[str, Any] = {}
        if decisions:
            content["decisions"] = {str(number): seq for number, seq in decisions.items()}
        taken = {str(each.entry.id): each.reversed_by for each in findings if each.reversed_by is not None}
        if taken:
            content["reversed"] = taken
        act = tx.book.begin("assess", actor=self._actor, at=self._now, content=content)
        for each in findings:
            self.report.looked_at += 1
            if each.reversed_by is not None:
                act.move(each.entry, State.REVERSED)
                self.report.reversed += 1
                continue
            before = held_before.get(each.entry.id)
            reasons = [reason.as_json() for reason in each.reasons]
            if (list(before.reasons) if before is not None else []) != reasons:
                act.hold(each.entry.id, reasons)
            if not reasons:
                act.move(each.entry, State.RELEASED)
                self.report.released += 1
                continue
            self.report.held += 1
            for reason in each.reasons:
                self.report.by_code[reason.code] = self.report.by_code.get(reason.code, 0) + 1
            if each.entry.state is State.ACCRUED:
                act.move(each.entry, State.HELD)
        if not act.is_empty:
            act.write()

    def _log(self, tx: Transaction, released: Sequence[Finding]) -> dict[int, int]:
        """Log the inputs that entries are released on; return the log's number by entry."""
        first = tx.log.head().count + 1
        entries = []
        for each in released:
            assert each.record is not None
            assert each.version is not None
            assert each.earned is not None
            entries.append(logged(each.record, each.version, [each.earned], each.record.raw))
        tx.log.append(entries, run=None, at=self._now)
        return {each.entry.id: first + position for position, each in enumerate(released)}


def _of(earned: Sequence[Earned], entry: Entry) -> Earned | None:
    return next((each for each in earned if each.reward.name == entry.reward), None)
