"""Assessment: what is held and why, what may be released, and what is taken back."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from fairlead.engine.program import Checked
from fairlead.ledger.accrual import logged
from fairlead.ledger.attributing import Found, with_payee
from fairlead.ledger.holds import Holds
from fairlead.ledger.payees import object_of
from fairlead.ledger.programmes import Earned, Programme, Version
from fairlead.ledger.reasons import HoldReason
from fairlead.ledger.subjects import SubjectRecord
from fairlead.ledger.work import Work
from fairlead.problems import RecordError
from fairlead.store import Ref, Transaction
from fairlead.store.cursors import ALL, ASSESSED
from fairlead.store.ledger_act import ActWriter
from fairlead.store.ledger_records import Entry, Held, NewEntry
from fairlead.store.ledger_states import UNSTATED, State

__all__ = ["Assessment", "AssessmentReport", "Finding", "take_back"]

_AT_ONCE = 2000
#: looked at in each run; what was on a statement only where what reverses it changed since
_OPEN = (State.ACCRUED, State.HELD, State.RELEASED, State.APPROVED)
_TOLD = (State.ON_STATEMENT, State.DISPUTED, State.PAID)
_NOT_RELEASED = (State.ACCRUED, State.HELD)
_EARNED = ("accrual", "re_rating")


@dataclass
class AssessmentReport:
    """How many open entries were looked at, and what became of them.

    `looked_at` = `released` + `held` + `stopped` + `reversed` + `corrected` + `as_it_was`. `stopped` were
    released before, and something stands against paying them now; `corrected` were on a statement, and a
    new entry takes them back. `by_code` counts the reasons of what is held or stopped, `noted` what
    attribution found and the programme lets pass.
    """

    looked_at: int = 0
    released: int = 0
    held: int = 0
    stopped: int = 0
    reversed: int = 0
    corrected: int = 0
    as_it_was: int = 0
    by_code: dict[str, int] = field(default_factory=dict)
    noted: dict[str, int] = field(default_factory=dict)


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

    def __init__(self, work: Work, holds: Holds) -> None:
        self._work = work
        self._store = work.store
        self._subjects = work.subjects
        self._holds = holds
        self._programmes: Mapping[str, Programme] = {each.name: each for each in work.subjects.programmes}
        self.report = AssessmentReport()

    def run(self) -> AssessmentReport:
        """Look at every entry whose payee was not told, and at what changed since of the others."""
        after = 0
        while True:
            with self._store.transaction() as tx:
                tx.book.lock()
                page = list(islice(tx.book.entries(states=_OPEN, after=after), _AT_ONCE))
                if not page:
                    break
                after = page[-1].id
                self._move(tx, self.findings(tx, [each for each in page if each.kind in _EARNED]))
            self._work.progress(len(page))
        self._look_at_told()
        return self.report

    def _look_at_told(self) -> None:
        """Take back what its payee was told of and what changed since the last run reverses."""
        with self._store.reading() as tx:
            since = int(tx.cursors.get(ALL, ASSESSED) or -1)
            newest = tx.mirror.last_change()
            pages = list(tx.mirror.changed_since(since, self._subjects.reversing, page=_AT_ONCE))
        for changed in pages:
            with self._store.transaction() as tx:
                tx.book.lock()
                for entity, ids in self._subjects.reversed_by(tx, changed).items():
                    told = self._told(tx, entity, ids)
                    self._move(tx, self.findings(tx, told))
                    self._work.progress(len(told))
        if newest != since:
            with self._store.transaction() as tx:
                tx.cursors.set(ALL, ASSESSED, str(newest), at=self._work.now)

    def _told(self, tx: Transaction, entity: str, ids: Collection[str]) -> list[Entry]:
        """Return the accruals about some records, not taken back yet, that their payees were told of."""
        object_ = object_of(tx, entity)
        subjects = tx.identity.ids_of([Ref(object_, id_) for id_ in ids])
        found = [
            each
            for each in tx.book.entries(entity=entity, subjects=subjects, states=_TOLD)
            if each.kind in _EARNED
        ]
        taken_back = {each.corrects for each in tx.book.entries(corrects=[each.id for each in found])}
        return [each for each in found if each.id not in taken_back]

    def findings(self, tx: Transaction, entries: Sequence[Entry]) -> list[Finding]:
        """Return what is known about entries now, in their order."""
        by_entity: dict[str, list[Entry]] = {}
        for entry in entries:
            by_entity.setdefault(entry.entity, []).append(entry)
        found: dict[int, Finding] = {}
        for entity, own in by_entity.items():
            alive = self._alive(tx, own)
            records = self._subjects.read(tx, entity, set(alive.values()))
            link = self._subjects.payee_link(entity)
            attributions = self._work.attributor.find(tx, entity, records, link)
            records = with_payee(tx, records, attributions)
            for entry in own:
                record = records.get(alive[entry.id])
                found[entry.id] = self._finding(entry, record, attributions)
        return [found[entry.id] for entry in entries]

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
                # they are one where no list of related records is read
                is_one = record.counted is record.raw
                counted = checked if is_one else version.program.check(record.counted)
            except RecordError:
                pass
            else:
                then = _of(version.earned(counted, entry.day, self._work.rates_table), entry)
                now = _of(version.earned(checked, self._work.now, self._work.rates_table), entry)
        reversed_by = None
        if now is not None and now.result is not None and now.result.reversed is True:
            assert record is not None
            reversed_by = str(record.raw[record.entity].get("reversal_cause") or "reversed_when")
        reasons = self._holds.reasons(entry, version, record, then, checked, found, now)
        return Finding(entry, record, version, now, found, tuple(reasons), reversed_by)

    def _move(self, tx: Transaction, findings: Sequence[Finding]) -> None:
        held_before = tx.book.holds([each.entry.id for each in findings])
        released = [
            each
            for each in findings
            if not each.reasons and each.reversed_by is None and each.entry.state in _NOT_RELEASED
        ]
        decisions = self._log(tx, released)
        content: dict[str, Any] = {}
        if decisions:
            content["decisions"] = {str(number): seq for number, seq in decisions.items()}
        taken = {str(each.entry.id): each.reversed_by for each in findings if each.reversed_by is not None}
        if taken:
            content["reversed"] = taken
        act = tx.book.begin("assess", actor=self._work.actor, at=self._work.now, content=content)
        for each in findings:
            self.report.looked_at += 1
            for note in each.found.notes if each.found is not None else ():
                self.report.noted[note.code] = self.report.noted.get(note.code, 0) + 1
            outcome = self._move_one(act, each, held_before.get(each.entry.id))
            setattr(self.report, outcome, getattr(self.report, outcome) + 1)
        if not act.is_empty:
            act.write()

    def _move_one(self, act: ActWriter, finding: Finding, before: Held | None) -> str:
        """Move one entry; return the counter of the report that it goes to."""
        entry = finding.entry
        if finding.reversed_by is not None:
            if entry.state in UNSTATED:
                act.move(entry, State.REVERSED)
                return "reversed"
            take_back(act, entry, finding.reversed_by)
            return "corrected"
        if entry.state in _TOLD:
            return "as_it_was"
        reasons = [reason.as_json() for reason in finding.reasons]
        if (list(before.reasons) if before is not None else []) != reasons:
            act.hold(entry.id, reasons)
        for reason in finding.reasons:
            self.report.by_code[reason.code] = self.report.by_code.get(reason.code, 0) + 1
        if entry.state not in _NOT_RELEASED:
            return "stopped" if reasons else "as_it_was"
        if not reasons:
            act.move(entry, State.RELEASED)
            return "released"
        if entry.state is State.ACCRUED:
            act.move(entry, State.HELD)
        return "held"

    def _log(self, tx: Transaction, released: Sequence[Finding]) -> dict[int, int]:
        """Log the inputs that entries are released on; return the log's number by entry."""
        first = tx.log.head().count + 1
        entries = []
        for each in released:
            assert each.record is not None
            assert each.version is not None
            assert each.earned is not None
            entries.append(
                logged(each.record, each.version, [each.earned], each.record.raw, self._work.rates)
            )
        tx.log.append(entries, run=None, at=self._work.now)
        return {each.entry.id: first + position for position, each in enumerate(released)}


def take_back(act: ActWriter, entry: Entry, cause: str) -> int:
    """Enter a correction that takes back the whole of an entry, ready for the next payout; return its number.

    It keeps the day of what it takes back, so that the limits of that period are free again.
    """
    number = act.enter(
        NewEntry(
            kind="correction",
            programme=entry.programme,
            reward=entry.reward,
            entity=entry.entity,
            subject=entry.subject,
            revision=entry.revision,
            payee=entry.payee,
            patient=entry.patient,
            day=entry.day,
            currency=entry.currency,
            units=-entry.units,
            asked=-entry.asked,
            corrects=entry.id,
            content={"cause": cause, "object": entry.content.get("object", "")},
            decision=entry.decision,
            round=entry.round,
        )
    )
    act.move_new(number, State.ACCRUED, State.RELEASED, -entry.units)
    return number


def _of(earned: Sequence[Earned], entry: Entry) -> Earned | None:
    return next((each for each in earned if each.reward.name == entry.reward), None)
