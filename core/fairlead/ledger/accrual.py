"""Accrual: what introductions earn, once for each programme, reward and introduction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from fairlead.engine import json_value
from fairlead.engine.semantics import SEMANTICS
from fairlead.ledger.attributing import Found, with_payee
from fairlead.ledger.cut_over import cut_overs
from fairlead.ledger.limits import Limits, Subject
from fairlead.ledger.payees import object_of
from fairlead.ledger.programmes import Earned, Version
from fairlead.ledger.subjects import SubjectRecord
from fairlead.ledger.work import Work
from fairlead.problems import RecordError
from fairlead.project.rates import ProjectRates
from fairlead.store import Decided, Ref, Refusal, Stage, Transaction
from fairlead.store.ledger_act import ActWriter
from fairlead.store.ledger_records import NewEntry
from fairlead.store.ledger_states import State

__all__ = ["RATES", "Accrual", "AccrualReport", "logged"]

#: what the decision log calls the digest of the exchange rates
RATES = "ledger.rates"

#: introductions decided in one transaction
_AT_ONCE = 2000


@dataclass
class AccrualReport:
    """What became of every introduction that was looked at.

    `looked_at` = `accrued_now` + `accrued_before` + `not_earned` + `not_known` + `rejected` + `no_day` +
    `later` + `before_cut_over` + `out_of_force`; each counts records, by the first that is true of one.
    `entries` and `units` (by currency) are what was entered, `cut` how many entries a limit cut, `re_rated`
    how many differences were entered for earlier introductions.
    """

    looked_at: int = 0
    accrued_now: int = 0
    accrued_before: int = 0
    not_earned: int = 0
    not_known: int = 0
    rejected: int = 0
    no_day: int = 0
    later: int = 0
    before_cut_over: int = 0
    out_of_force: int = 0
    entries: int = 0
    cut: int = 0
    re_rated: int = 0
    units: dict[str, int] = field(default_factory=dict)

    def check(self) -> None:
        """Assert that every record is accounted for."""
        outcomes = (
            self.accrued_now,
            self.accrued_before,
            self.not_earned,
            self.not_known,
            self.rejected,
            self.no_day,
            self.later,
            self.before_cut_over,
            self.out_of_force,
        )
        assert self.looked_at == sum(outcomes), "every introduction is accounted for"


@dataclass(frozen=True, slots=True)
class _Before:
    """The newest accrual of a reward for a record, and whether it was reversed or corrected."""

    entry: int
    revision: int
    taken_back: bool

    def may_accrue_again(self, revision: int) -> bool:
        """Tell whether a person decided that it is decided anew."""
        return self.taken_back and revision > self.revision


@dataclass(frozen=True, slots=True)
class _Due:
    """A reward that was earned and is not in the ledger yet."""

    record: SubjectRecord
    programme: str
    version: Version
    earned: Earned
    day: date
    found: Found
    checked: Any
    subject: Subject


class Accrual:
    """Enters what is earned and not entered yet, oldest introductions first."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._store = work.store
        self._subjects = work.subjects
        self._limits = Limits()
        self._archived: set[str] = set()
        self._in_force: dict[tuple[str, str], int] = {}
        self._cut_overs: Mapping[str, date] = {}
        self.report = AccrualReport()

    def run(self) -> AccrualReport:
        """Look at every introduction, story and so on, and enter what is due."""
        for entity in self._subjects.entities:
            for ids in _chunks(self._in_order(entity)):
                self._batch(entity, ids)
                self._work.progress(len(ids))
        self.report.check()
        return self.report

    def _in_order(self, entity: str) -> list[str]:
        """Return the ids that can be due, the oldest first; limits go by this order."""
        short = self._subjects.day_fact(entity)
        days: list[tuple[str, str]] = []
        with self._store.reading() as tx:
            standing = tx.book.standing(entity, [each.name for each in self._subjects.programmes])
            chosen_anew = tx.book.attributed_anew(entity)
            for page in tx.mirror.facts(entity):
                for id_, facts in page.items():
                    self.report.looked_at += 1
                    day = facts.get(short)
                    if day is None:
                        self.report.no_day += 1
                    elif day > self._work.today.isoformat():
                        self.report.later += 1
                    elif id_ not in chosen_anew and standing.get(id_, 0) >= self._rewards(entity, day):
                        # all that it can earn is in the ledger
                        self.report.accrued_before += 1
                    else:
                        days.append((day, id_))
        days.sort()
        return [id_ for _, id_ in days]

    def _rewards(self, entity: str, day: str) -> int:
        """Return how many rewards about an entity are in force on a day, one at least."""
        key = (entity, day)
        if key not in self._in_force:
            versions = [programme.on(date.fromisoformat(day)) for programme in self._subjects.programmes]
            count = sum(
                reward.entity == entity
                for version in versions
                if version is not None
                for reward in version.rewards
            )
            self._in_force[key] = max(count, 1)
        return self._in_force[key]

    def _batch(self, entity: str, ids: Sequence[str]) -> None:
        short = self._subjects.day_fact(entity)
        with self._store.transaction() as tx:
            tx.book.lock()
            self._cut_overs = cut_overs(tx)
            records = self._subjects.read(tx, entity, ids)
            known = self._known(tx, entity, records)
            link = self._subjects.payee_link(entity)
            attributions = self._work.attributor.find(tx, entity, records, link)
            records = with_payee(tx, records, attributions)
            due: list[_Due] = []
            rejected: set[str] = set()
            for id_ in ids:
                record = records.get(id_)
                if record is None:
                    # gone since it was listed
                    self.report.looked_at -= 1
                    continue
                outcome = self._decide(tx, record, short, known, attributions, due, rejected)
                setattr(self.report, outcome, getattr(self.report, outcome) + 1)
            settled = [record.ref for record in records.values() if record.id not in rejected]
            tx.rejects.resolve(Stage.LEDGER, settled, entity=entity)
            if due:
                self._enter(tx, entity, due)

    def _known(
        self, tx: Transaction, entity: str, records: Mapping[str, SubjectRecord]
    ) -> dict[tuple[str, str, str], _Before]:
        """Return the newest accruals of records, those under ids that were merged into them included."""
        owner = {old: record.id for record in records.values() for old in record.old_ids}
        wanted = [*records, *owner]
        found: dict[tuple[str, str, str], _Before] = {}
        for entry in tx.book.entries(entity=entity, subjects=wanted):
            key = entry.programme, entry.reward, owner.get(entry.subject, entry.subject)
            if entry.kind == "correction":
                if key in found and found[key].entry == entry.corrects:
                    found[key] = replace(found[key], taken_back=True)
            elif key not in found or found[key].revision < entry.revision:
                found[key] = _Before(entry.id, entry.revision, entry.state is State.REVERSED)
        return found

    def _decide(
        self,
        tx: Transaction,
        record: SubjectRecord,
        short: str,
        known: Mapping[tuple[str, str, str], _Before],
        attributions: Mapping[str, Found],
        due: list[_Due],
        rejected: set[str],
    ) -> str:
        """Add what is due for a record; return the counter of the report that the record goes to."""
        day = date.fromisoformat(record.raw[record.entity][short])
        outcomes = set()
        for programme in self._subjects.programmes:
            if day < self._cut_overs.get(programme.name, day):
                outcomes.add("before_cut_over")
                continue
            version = programme.on(day)
            if version is None:
                outcomes.add("out_of_force")
                continue
            try:
                checked = version.program.check(record.counted)
            except RecordError as error:
                problem = error.problems[0]
                self._reject(tx, record, problem.code, problem.message, problem.pointer.strip("/"))
                rejected.add(record.id)
                return "rejected"
            found = attributions[record.id]
            for earned in version.earned(checked, day, self._work.rates_table):
                if earned.reward.entity != record.entity:
                    continue
                before = known.get((programme.name, earned.reward.name, record.id))
                if before is not None and not before.may_accrue_again(found.revision):
                    outcomes.add("accrued_before")
                elif earned.result is None:
                    outcomes.add("not_known")
                elif not earned.result.accrues or earned.result.reversed is True:
                    outcomes.add("not_earned")
                else:
                    refusal = self._refusal(earned, found, record)
                    if refusal is not None:
                        self._reject(tx, record, *refusal)
                        rejected.add(record.id)
                        outcomes.add("rejected")
                        continue
                    assert found.payee is not None
                    subject = Subject(programme.name, record.id, found.payee, record.patient, day)
                    due.append(_Due(record, programme.name, version, earned, day, found, checked, subject))
                    outcomes.add("accrued_now")
        order = ("rejected", "accrued_now", "accrued_before", "not_known", "not_earned", "before_cut_over")
        for outcome in order:
            if outcome in outcomes:
                return outcome
        return "out_of_force"

    def _refusal(self, earned: Earned, found: Found, record: SubjectRecord) -> tuple[str, str, str] | None:
        """Return why an earned reward cannot be entered: code, message, field."""
        reward = earned.reward
        if earned.units is None:
            causes = ", ".join(str(cause) for cause in earned.causes) or "its amount is not known"
            return "amount-unknown", f"`{reward.name}` is earned, and its amount is not known: {causes}", ""
        if earned.units < 0:
            return "negative-amount", f"`{reward.name}` would be below zero: no reward is", ""
        if found.payee is None:
            message = f"`{reward.name}` is earned, and nobody is known who introduced `{record.id}`"
            return "no-payee", message, f"{record.entity}.{reward.payee}"
        return None

    def _reject(self, tx: Transaction, record: SubjectRecord, code: str, message: str, place: str) -> None:
        refusal = Refusal(code, message, place or None)
        tx.rejects.record(Stage.LEDGER, record.ref, refusal, at=self._work.now, entity=record.entity)

    def _enter(self, tx: Transaction, entity: str, due: Sequence[_Due]) -> None:
        due = _with_merged(tx, self._subjects.payee_entity(entity), due)
        self._limits.prepare(tx.book, ((each.earned.reward, each.subject) for each in due))
        self._archive(tx, due)
        decisions = self._log(tx, due)
        act = tx.book.begin("accrue", actor=self._work.actor, at=self._work.now)
        attributed: set[str] = set()
        for each in due:
            if each.found.is_new and each.record.id not in attributed:
                attributed.add(each.record.id)
                assert each.found.payee is not None
                act.attribute(
                    entity, each.record.id, each.found.revision, each.found.payee, each.found.content
                )
            self._enter_one(act, each, decisions[each.programme, each.record.id])
        self._limits.keep(act.write())

    def _enter_one(self, act: ActWriter, due: _Due, decision: int) -> None:
        earned = due.earned
        assert earned.units is not None
        assert due.found.payee is not None
        taken = self._limits.take(due.version, earned.reward, due.subject, earned.units, due.checked)
        # a limit that is not known lets nothing through
        units, cuts = taken if taken is not None else (0, [])
        act.enter(
            NewEntry(
                kind="accrual",
                programme=due.programme,
                reward=earned.reward.name,
                entity=due.record.entity,
                subject=due.record.id,
                revision=due.found.revision,
                payee=due.found.payee,
                patient=due.subject.patient,
                day=due.day,
                currency=earned.currency,
                units=units,
                asked=earned.units,
                content={
                    "ruleset": due.version.digest,
                    "version": due.version.ruleset.version,
                    "approval": due.version.program.approval,
                    "zone": str(due.version.program.zone),
                    "object": due.record.ref.object,
                    "limits": [cut.as_json() for cut in cuts],
                    "limit_unknown": taken is None,
                    "basis": due.version.basis(earned.reward, due.record.counted),
                    **merged_ids(due.subject),
                },
                decision=decision,
            )
        )
        self.report.entries += 1
        self.report.cut += bool(cuts) or taken is None
        self.report.units[earned.currency] = self.report.units.get(earned.currency, 0) + units

    def _archive(self, tx: Transaction, due: Sequence[_Due]) -> None:
        """Keep the documents that entries are made by, also those of versions no longer in force."""
        for version in {each.version.digest: each.version for each in due}.values():
            if version.digest not in self._archived:
                tx.archive.put(version.ruleset.document, at=self._work.now)
                tx.archive.put(version.ruleset.model.document, at=self._work.now)
                self._archived.add(version.digest)

    def _log(self, tx: Transaction, due: Sequence[_Due]) -> dict[tuple[str, str], int]:
        """Log the inputs of what is entered; return the entry's number by programme and record."""
        grouped: dict[tuple[str, str], list[_Due]] = {}
        for each in due:
            grouped.setdefault((each.programme, each.record.id), []).append(each)
        first = tx.log.head().count + 1
        tx.log.append(
            [
                logged(
                    group[0].record,
                    group[0].version,
                    [each.earned for each in group],
                    group[0].record.counted,
                    self._work.rates,
                )
                for group in grouped.values()
            ],
            run=None,
            at=self._work.now,
        )
        return {key: first + position for position, key in enumerate(grouped)}


def _with_merged(tx: Transaction, payee_entity: str, due: Sequence[_Due]) -> Sequence[_Due]:
    """Return the same with the ids that were merged into payees and patients, where there are any."""
    object_ = object_of(tx, payee_entity)
    payees = {Ref(object_, each.subject.payee) for each in due}
    patients = {each.record.person for each in due}
    merged: dict[str, list[str]] = {}
    for old, owner in tx.identity.merged_into(payees | patients).items():
        merged.setdefault(owner.id, []).append(old.id)
    if not merged:
        return due
    return [
        replace(
            each,
            subject=replace(
                each.subject,
                payee_also=tuple(sorted(merged.get(each.subject.payee, ()))),
                patient_also=tuple(sorted(merged.get(each.subject.patient, ()))),
            ),
        )
        for each in due
    ]


def merged_ids(subject: Subject) -> dict[str, list[str]]:
    """Return the merged ids of a subject as an entry's content keeps them."""
    found = {"payee_also": list(subject.payee_also), "patient_also": list(subject.patient_also)}
    return {name: ids for name, ids in found.items() if ids}


def logged(
    record: SubjectRecord,
    version: Version,
    earned: Sequence[Earned],
    inputs: Mapping[str, Any],
    rates: ProjectRates | None = None,
) -> Decided:
    """Return the decision log's entry: the inputs sealed, what was decided about money in clear.

    Under RATES it says which exchange rates amounts were converted with.
    """
    decisions = {each.reward.name: json_value(each.result) for each in earned}
    if rates is not None:
        decisions[RATES] = rates.digest
    return Decided(
        entity=record.entity,
        id=record.id,
        person=record.person,
        ruleset=version.digest,
        model=version.ruleset.model.digest,
        semantics=SEMANTICS,
        approval=version.program.approval,
        inputs=inputs,
        decisions=decisions,
        clear=frozenset(decisions),
    )


def _chunks(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), _AT_ONCE):
        yield ids[start : start + _AT_ONCE]
