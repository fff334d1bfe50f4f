"""Deciding what is due: from the mirror to desired field values in the outbox."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, tzinfo
from typing import Any

from fairlead.documents.texts import pick
from fairlead.engine import Program, Result
from fairlead.engine.results import json_value
from fairlead.engine.semantics import SEMANTICS
from fairlead.problems import RecordError
from fairlead.project.assembling import assembled, embodied_by
from fairlead.project.settings import PilotSettings
from fairlead.ruleset.reasons import reason_texts
from fairlead.store import (
    Decided,
    Due,
    MirrorRecord,
    Ref,
    Refusal,
    Stage,
    Store,
    Transaction,
    Want,
    Wanted,
)
from fairlead.sync.fields import ResultFields, shown
from fairlead.sync.held_values import held_form, scalar_of
from fairlead.sync.ledger_results import ledger_values
from fairlead.sync.mapping import BECAME, CrmMapping
from fairlead.sync.overrides import LOGGED, OVERRIDES, Override, in_force, override_line
from fairlead.sync.plan import EntityPlan, Plan
from fairlead.sync.report import PlannedChange, RunReport

__all__ = ["Evaluator"]

#: records decided in one transaction
_AT_ONCE = 500
#: a due instant that lies in the past would be decided again at once
_SOONEST = timedelta(seconds=1)


@dataclass
class Evaluator:
    """Decides the records that are due and queues what the CRM should hold."""

    mapping: CrmMapping
    plan: Plan
    fields: Mapping[str, ResultFields]
    store: Store
    report: RunReport
    now: datetime
    run: int | None
    zone: tzinfo
    language: str
    event: Callable[..., None]
    edited: Mapping[Ref, set[str]]
    #: what else a record should hold: a partner's code, a lead's partner, a task
    others: Callable[[Transaction, Ref, Mapping[str, MirrorRecord], Mapping[str, Any]], Mapping[str, Any]]
    pilot: PilotSettings | None = None
    dry_run: bool = False
    _texts: dict[str, str] = field(default_factory=dict)
    _kinds: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for program in self.plan.programs:
            for code, texts in reason_texts(program.ruleset).items():
                self._texts[code] = pick(texts, self.language)
        self._kinds = {
            f"{object_}.{spec.name}": spec.kind
            for object_, each in self.fields.items()
            for spec in each.specs
        }

    def evaluate_due(self) -> None:
        """Decide all records that are due by now, some at a time."""
        while True:
            with self.store.transaction() as tx:
                page = next(tx.due.before(self.now, page=_AT_ONCE), None)
                if page is None:
                    return
                by_entity: dict[str, list[str]] = {}
                for due in page:
                    by_entity.setdefault(due.entity, []).append(due.id)
                for entity, ids in by_entity.items():
                    self._evaluate(tx, entity, ids)
            self.event("evaluated", records=len(page))

    def _evaluate(self, tx: Transaction, main: str, ids: Sequence[str]) -> None:
        object_ = self.mapping.object_of(main)
        tx.due.clear(main, ids)
        if object_ is None or object_ not in self.fields:
            return
        refs = [Ref(object_, id_) for id_ in ids]
        plans = self.plan.of_object(object_)
        there = embodied_by(tx, refs)
        records = {
            (plan.entity, ref.id): raw
            for plan in plans
            for ref, raw in assembled(tx, plan.reads, there.get(plan.entity, {})).items()
        }
        ledger: dict[str, dict[str, Any]] = {}
        for entity, own in there.items():
            said = ledger_values(tx, self.fields[object_].ledger, entity, own, self.language)
            for ref, record in own.items():
                ledger.setdefault(ref.id, {}).update(said.get(record.id, {}))
        wanted: list[Wanted] = []
        decided: dict[Ref, list[Decided]] = {}
        dues: list[Due] = []
        able: list[Ref] = []
        for ref in refs:
            if not any(ref in each for each in there.values()):
                # gone since it was marked
                continue
            made = self._decide(tx, ref, plans, records, there)
            if made is None:
                self.report.not_evaluated += 1
                continue
            self.report.evaluated += 1
            able.append(ref)
            values, entries, due = made
            values |= {
                name: held_form(self._kinds[f"{ref.object}.{name}"], value)
                for name, value in ledger.get(ref.id, {}).items()
            }
            if due is not None:
                dues.append(Due(main, ref.id, max(due, self.now + _SOONEST)))
            embodied = {entity: each[ref] for entity, each in there.items() if ref in each}
            into = self._converted_into(tx, ref, embodied)
            if into is None:
                self.report.read_only += 1
                continue
            if not self._in_pilot(embodied):
                self.report.outside_pilot += 1
                continue
            if into == ref:
                values |= self.others(tx, ref, embodied, values)
            else:
                values = {name: values[name] for name in self.fields[into.object].names}
            wanted.append(Wanted(into, values))
            decided[into] = entries
        tx.due.set(dues)
        tx.rejects.resolve(Stage.EVALUATE, able)
        held = tx.held.get(item.ref for item in wanted) if self.dry_run or self.edited else {}
        logged: list[Decided] = []
        for item, want in zip(wanted, tx.outbox.queue(wanted, at=self.now), strict=True):
            if want is not Want.QUEUED:
                self.report.unchanged += 1
                continue
            self.report.queued += 1
            logged += decided[item.ref]
            self._tell(item, held.get(item.ref, {}))
        tx.log.append(logged, at=self.now, run=self.run)

    def _decide(
        self,
        tx: Transaction,
        ref: Ref,
        plans: Sequence[EntityPlan],
        records: Mapping[tuple[str, str], dict[str, dict[str, Any]]],
        there: Mapping[str, Mapping[Ref, MirrorRecord]],
    ) -> tuple[dict[str, Any], list[Decided], datetime | None] | None:
        """Return the desired values, log entries and next due instant; None where a record is rejected."""
        fields = self.fields[ref.object]
        values: dict[str, Any] = dict.fromkeys(fields.names)
        entries: list[Decided] = []
        dues: list[datetime] = []
        for plan in plans:
            raw = records.get((plan.entity, ref.id))
            if raw is None:
                continue
            record = there[plan.entity][ref]
            by_hand = self._by_hand(ref, record)
            dues += [each.ends for each in by_hand.values() if each.ends is not None]
            reasons: list[str] = []
            for program, names in plan.programs:
                try:
                    result = program.evaluate(raw, self.now)
                except RecordError as error:
                    problem = error.problems[0]
                    refusal = Refusal(problem.code, problem.message, problem.pointer.strip("/") or None)
                    tx.rejects.record(Stage.EVALUATE, ref, refusal, at=self.now, entity=plan.entity)
                    return None
                due = result.due if program.reads_time else program.next_change(self.now)
                if due is not None:
                    dues.append(due)
                self._keep_over(ref, result, by_hand)
                for name in names:
                    for field_name, value in fields.values(name, result.decisions[name]):
                        values[field_name] = held_form(self._kinds[f"{ref.object}.{field_name}"], value)
                reasons += [code for code in result.reasons if code not in reasons]
                entries.append(_entry(record, program, names, result, raw, by_hand))
            values |= {
                fields.overrides[name].result: each.value for name, each in by_hand.items() if each.followed
            }
            lines = [
                override_line(fields.overrides[name], each, self.language) for name, each in by_hand.items()
            ]
            lines += [self._texts.get(code, code) for code in reasons]
            name, text = fields.reasons_value(plan.entity, lines)
            values[name] = held_form(self._kinds[f"{ref.object}.{name}"], text)
        return values, entries, min(dues, default=None)

    def _converted_into(self, tx: Transaction, ref: Ref, embodied: Mapping[str, MirrorRecord]) -> Ref | None:
        """Return the record that takes a record's results: itself, or what it was converted into.

        None where it can no longer be written to, and nothing takes its results.
        """
        became = next((each.facts[BECAME] for each in embodied.values() if BECAME in each.facts), None)
        if became is None:
            return ref
        after = self.mapping.after_conversion(ref.object)
        if (
            after is None
            or after.object not in became
            or not any(name in embodied for name in after.entities)
        ):
            return None
        into = Ref(after.object, became[after.object])
        owner = tx.identity.resolve(into)
        if owner not in (into, ref) and tx.mirror.embodied([owner]):
            said = (
                f"`{into}`, which it was converted into, has the results of `{owner}`: these are not written"
            )
            self._note("shared-conversion", ref, said)
            return None
        # the person lives on there: who forgets the one forgets both
        tx.identity.merge(into, ref, at=self.now)
        return into

    def _by_hand(self, ref: Ref, record: MirrorRecord) -> dict[str, Override]:
        """Return the overrides of a record that are in force, by decision."""
        found: dict[str, Override] = {}
        known = self.fields[ref.object].overrides
        for name, stated in record.facts.get(OVERRIDES, {}).items():
            override = in_force(stated, self.now, self.zone)
            if override is None or name not in known:
                continue
            options = known[name].value.options
            if options and override.value not in {option.value for option in options}:
                said = f"`{name}` is overridden with a value that is none of its options: not followed"
                self._note("unknown-override", ref, said)
                continue
            if override.reason is None:
                self._note("override-without-reason", ref, f"`{name}` is overridden without a reason")
            found[name] = override
        return found

    def _keep_over(self, ref: Ref, result: Result, by_hand: dict[str, Override]) -> None:
        """Let results stand that no override may hide, and say which override is not followed."""
        for name, override in by_hand.items():
            decided = result.decisions.get(name)
            if override.followed and decided in self.fields[ref.object].overrides[name].never_over:
                by_hand[name] = replace(override, followed=False)
                said = f"`{name}` is `{decided}`, which stands against the override to `{override.value}`"
                self._note("override-not-followed", ref, said)

    def _note(self, code: str, ref: Ref, message: str) -> None:
        self.report.notes.append((code, str(ref), message))
        self.event(code, object=ref.object, id=ref.id)

    def _in_pilot(self, embodied: Mapping[str, MirrorRecord]) -> bool:
        if self.pilot is None:
            return True
        entity, _, short = self.pilot.fact.partition(".")
        # the filter is about one entity: a record that does not embody it is written as ever
        return entity not in embodied or embodied[entity].facts.get(short) in self.pilot.values

    def _tell(self, item: Wanted, held: Mapping[str, Any]) -> None:
        others = sorted(
            name for name in self.edited.get(item.ref, ()) if item.values.get(name) != held.get(name)
        )
        self.report.edits += [f"{item.ref}: {name}" for name in others]
        if not self.dry_run:
            return
        for name, value in item.values.items():
            before = held.get(name)
            if before != value:
                kind = self._kinds.get(f"{item.ref.object}.{name}")
                texts = [
                    shown(scalar_of(kind, each)) if kind else str(each or "") for each in (before, value)
                ]
                self.report.planned.append(PlannedChange(item.ref.object, item.ref.id, name, *texts))


def _entry(
    record: MirrorRecord,
    program: Program,
    names: Sequence[str],
    result: Result,
    raw: Mapping[str, Any],
    by_hand: Mapping[str, Override],
) -> Decided:
    overridden = {name + LOGGED: by_hand[name].as_json() for name in names if name in by_hand}
    return Decided(
        entity=record.entity,
        id=record.id,
        person=record.person or record.ref,
        ruleset=result.digest,
        model=program.ruleset.model.digest,
        semantics=SEMANTICS,
        approval=result.approval,
        inputs=raw,
        decisions={name: json_value(result.decisions[name]) for name in names} | overridden,
        reasons=tuple(result.reasons),
    )
