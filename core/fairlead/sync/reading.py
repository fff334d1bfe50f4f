"""Reading what changed into the mirror, page by page, each page in one transaction with its cursor."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, tzinfo
from queue import Queue
from threading import Event, Thread
from typing import Any, TypeVar

from fairlead.plugins.connector import Connector
from fairlead.plugins.fields import FieldKind
from fairlead.plugins.records import Page, ReadQuery, Record
from fairlead.store import CHANGES, Due, MirrorRecord, Put, Ref, Refusal, Stage, Store, Transaction
from fairlead.sync.affected import Changed, affected, difference
from fairlead.sync.consents import Consents
from fairlead.sync.duplicates import suspected_duplicates
from fairlead.sync.fields import ResultFields
from fairlead.sync.held_values import held_form
from fairlead.sync.mapping import BECAME, RECORD, CrmMapping, EntityRecord, Unmapped
from fairlead.sync.overrides import OVERRIDES, OverrideFields, stated_overrides
from fairlead.sync.plan import Plan
from fairlead.sync.report import ObjectCounts, RunReport
from fairlead.sync.touches import keep_touches

__all__ = ["LINK", "TASK", "Reader", "prefetched"]

#: what is held and wanted besides fields: where a link points, and the tasks that were made
LINK, TASK = "@link:", "@task:"
#: pages that wait while one is stored
_AHEAD = 2
#: records that are read again by their ids in one transaction
_REREAD = 500

Item = TypeVar("Item")


@dataclass
class Reader:
    """Reads the objects of a CRM into the mirror and marks what is to be decided anew."""

    connector: Connector
    mapping: CrmMapping
    plan: Plan
    fields: Mapping[str, ResultFields]
    store: Store
    report: RunReport
    now: datetime
    event: Callable[..., None]
    #: our fields that were not as they were known: a person's edit, or a write of ours that nobody heard of
    edited: dict[Ref, set[str]] = field(default_factory=dict)
    zone: tzinfo = UTC
    _kinds: dict[str, dict[str, FieldKind]] = field(default_factory=dict)
    _consents: Consents = field(init=False)

    def __post_init__(self) -> None:
        self._consents = Consents(self.mapping, self.now, self.zone)
        self._kinds = {
            object_: {spec.name: spec.kind for spec in each.specs} for object_, each in self.fields.items()
        }
        codes, partners = self.mapping.document.tracking_code, self.mapping.object_of("partner")
        if codes is not None and partners is not None:
            # the codes are people's to edit and ours to give
            self._kinds.setdefault(partners, {})[codes.partner] = FieldKind.TEXT

    def read_changes(self, object_: str, *, full: bool, since: datetime | None) -> None:
        """Read the changed records of an object; with `full` all of them, and bury those that are gone."""
        query = self._query(object_)
        with self.store.transaction() as tx:
            cursor = None if full else tx.cursors.get(object_, CHANGES)
            # a first read has nothing to bury, and need not remember hundreds of thousands of ids for it
            known = next(iter(tx.mirror.refs(object_, page=1)), None) is not None
        whole = cursor is None and since is None
        seen: set[str] = set()
        for page in prefetched(self.connector.read_changes(query, cursor, since)):
            if whole and known:
                seen.update(record.id for record in page.records)
            self._keep_page(object_, page)
        if whole:
            if known:
                self._bury_unseen(object_, seen)
            with self.store.transaction() as tx:
                tx.cursors.set_reconciled(object_, at=self.now)
            self.event("reconciled", object=object_)

    def reread(self, object_: str, ids: Sequence[str]) -> None:
        """Read some records again, because a webhook named them; those that are gone are buried."""
        found = self.connector.read(self._query(object_), ids)
        with self.store.transaction() as tx:
            self._keep(tx, object_, found)
            gone = set(ids) - {record.id for record in found}
            for id_ in sorted(gone):
                self.bury(tx, Ref(object_, id_))
        self.event("reread", object=object_, records=len(found))

    def reread_consented(self) -> None:
        """Read again what is about leads whose consent came or went, wherever the last run ended."""
        for object_ in self.mapping.objects:
            with self.store.reading() as tx:
                waiting = self._consents.waiting(tx, object_)
            for start in range(0, len(waiting), _REREAD):
                ids = waiting[start : start + _REREAD]
                self.reread(object_, ids)
                with self.store.transaction() as tx:
                    self._consents.settled(tx, object_, ids)

    def _query(self, object_: str) -> ReadQuery:
        """Return what is read of an object: what the mapping says, our results and their overrides."""
        query = self.mapping.query(object_)
        by_hand = [spec.name for each in self._overrides(object_) for spec in each.specs]
        names = dict.fromkeys((*query.fields, *self._kinds.get(object_, {}), *by_hand))
        return replace(query, fields=tuple(names))

    def _overrides(self, object_: str) -> list[OverrideFields]:
        return list(self.fields[object_].overrides.values()) if object_ in self.fields else []

    def mark_merged(self, tx: Transaction, object_: str, id_: str) -> None:
        """Let a record that another one was merged into be decided anew, with all that read either."""
        records = self._mirrored(tx, [Ref(object_, id_)])
        changes = [difference(None, record) for record in records.values()]
        self._mark(tx, [replace(change, id=id_) for change in changes if change is not None])

    def bury(self, tx: Transaction, ref: Ref) -> bool:
        """Remove a record that is gone from the mirror and mark what read it; False: it was not there."""
        before = self._mirrored(tx, [ref])
        gone = [difference(record, None) for record in before.values()]
        changes = [replace(change, id=ref.id) for change in gone if change is not None]
        if not tx.mirror.delete(ref):
            return False
        self._mark(tx, changes)
        self.report.counts(ref.object).deleted += 1
        return True

    def _keep_page(self, object_: str, page: Page) -> None:
        with self.store.transaction() as tx:
            self._keep(tx, object_, page.records)
            tx.cursors.set(object_, CHANGES, page.cursor, at=self.now)
        self.event("page", object=object_, records=len(page.records), last=page.last)

    def _bury_unseen(self, object_: str, seen: set[str]) -> None:
        with self.store.transaction() as tx:
            unseen = [ref for page in tx.mirror.refs(object_) for ref in page if ref.id not in seen]
        for ref in unseen:
            with self.store.transaction() as tx:
                self.bury(tx, ref)
            self.event("buried", object=object_, id=ref.id)

    def _keep(self, tx: Transaction, object_: str, records: Iterable[Record]) -> None:
        counts = self.report.counts(object_)
        # of two states of one record in a page the later one counts
        newest = {record.id: record for record in records}
        counts.read += len(newest)
        for record in newest.values():
            for alias in record.aliases:
                if tx.identity.merge(Ref(object_, alias), Ref(object_, record.id), at=self.now):
                    counts.merged += 1
        embodied = tx.mirror.embodied(Ref(object_, id_) for id_ in newest)
        covered = self._consents.covered(tx, object_, list(newest.values()))
        puts: list[MirrorRecord] = []
        left: list[Ref] = []
        mapped_of: dict[str, list[MirrorRecord]] = {}
        told_by: dict[Ref, list[tuple[str, str]]] = {}
        for record in newest.values():
            ref = Ref(object_, record.id)
            if not self.mapping.in_scope(record):
                counts.passed_over += 1
                left.append(ref)
                continue
            try:
                mapped = self.mapping.map(record, covered)
            except Unmapped as unmapped:
                counts.rejected += 1
                self._reject(tx, ref, record, unmapped)
                continue
            self.report.withheld += sum(len(each.withheld) for each in mapped)
            made = [self._mirror_record(record, each) for each in mapped]
            self._register_codes(tx, made)
            country = next((each.facts["country"] for each in mapped if "country" in each.facts), None)
            told_by[ref] = self.mapping.same_person(record, country)
            mapped_of[record.id] = made
            puts += made
        keys = ((each.entity, each.id) for each in puts)
        outcomes = dict(zip(keys, tx.mirror.replace(puts), strict=True))
        befores = [(each, outcomes[each.entity, each.id][1]) for each in puts]
        self.report.touches += keep_touches(tx, befores, now=self.now)
        self._report_duplicates(tx, told_by)
        changes: list[Changed] = []
        for id_, made in mapped_of.items():
            changes += self._changes(tx, embodied.get(Ref(object_, id_), ()), made, outcomes, id_)
            self._count(counts, made, outcomes)
        self._mark(tx, changes)
        self._mark_edited(tx, object_, self._hold(tx, object_, [newest[id_] for id_ in mapped_of]))
        for ref in left:
            if ref in embodied:
                self.bury(tx, ref)

    def _report_duplicates(self, tx: Transaction, told_by: Mapping[Ref, list[tuple[str, str]]]) -> None:
        for code, ref, said in suspected_duplicates(tx, told_by, at=self.now):
            self.report.notes.append((code, ref, said))
            object_, _, id_ = ref.partition("/")
            self.event(code, object=object_, id=id_)

    def _register_codes(self, tx: Transaction, made: Iterable[MirrorRecord]) -> None:
        """Keep the codes that the CRM states, ahead of all decisions: none is given to a new partner."""
        for record in made:
            if record.entity == "partner" and record.facts.get("code") is not None:
                tx.codes.register(str(record.facts["code"]), record.ref, at=self.now)

    def _mirrored(self, tx: Transaction, refs: Sequence[Ref]) -> dict[tuple[str, str], MirrorRecord]:
        """Return the mirrored records that CRM records embody, by (entity, id)."""
        by_entity: dict[str, list[str]] = {}
        for keys in tx.mirror.embodied(refs).values():
            for entity, id_ in keys:
                by_entity.setdefault(entity, []).append(id_)
        return {
            (entity, id_): record
            for entity, ids in by_entity.items()
            for id_, record in tx.mirror.records(entity, ids).items()
        }

    def _mirror_record(self, record: Record, mapped: EntityRecord) -> MirrorRecord:
        facts: dict[str, Any] = dict(mapped.facts)
        if record.became and mapped.entity == self.mapping.entities(record.object)[0]:
            facts[BECAME] = dict(record.became)
        own = [each for each in self._overrides(record.object) if each.entity == mapped.entity]
        if by_hand := stated_overrides(record, own):
            facts[OVERRIDES] = by_hand
        part = self.mapping.document.objects[record.object]
        links: dict[str, Ref | None] = {}
        for link, target in mapped.links.items():
            through = part.entities[mapped.entity].links[link]
            object_ = record.object if through == RECORD else part.links[through].object
            links[link] = Ref(object_, target)
        person = links.get("lead") if mapped.entity not in ("partner", "agreement") else None
        return MirrorRecord(
            mapped.entity, mapped.id, Ref(record.object, record.id), record.modified_at, facts, links, person
        )

    def _changes(
        self,
        tx: Transaction,
        before: Iterable[tuple[str, str]],
        made: Sequence[MirrorRecord],
        outcomes: Mapping[tuple[str, str], tuple[Put, MirrorRecord | None]],
        crm_id: str,
    ) -> Iterator[Changed]:
        """Yield what changed of one CRM record, which embodied the records `before`."""
        for record in made:
            outcome, earlier = outcomes[record.entity, record.id]
            if outcome in (Put.NEW, Put.CHANGED):
                change = difference(earlier, record)
                if change is not None:
                    yield replace(change, id=crm_id)
        kept = {(record.entity, record.id) for record in made}
        for entity, id_ in before:
            if (entity, id_) in kept:
                continue
            change = difference(tx.mirror.record(entity, id_), None)
            tx.mirror.delete_record(entity, id_)
            if change is not None:
                yield replace(change, id=crm_id)

    @staticmethod
    def _count(
        counts: ObjectCounts,
        made: Sequence[MirrorRecord],
        outcomes: Mapping[tuple[str, str], tuple[Put, MirrorRecord | None]],
    ) -> None:
        results = [outcomes[record.entity, record.id][0] for record in made]
        if results and results[0] is Put.NEW:
            counts.new += 1
        elif Put.NEW in results or Put.CHANGED in results:
            counts.changed += 1
        else:
            counts.same += 1

    def _hold(self, tx: Transaction, object_: str, records: Sequence[Record]) -> dict[Ref, set[str]]:
        """Keep what the CRM holds in our fields; return the fields that are not as they were known."""
        kinds = self._kinds.get(object_)
        if kinds is None:
            return {}
        known = tx.held.get(Ref(object_, record.id) for record in records)
        held: dict[Ref, dict[str, Any]] = {}
        edited: dict[Ref, set[str]] = {}
        for record in records:
            ref = Ref(object_, record.id)
            values = {
                name: value
                for name, kind in kinds.items()
                if (value := held_form(kind, record.values.get(name))) is not None
            }
            for link, targets in record.links.items():
                if targets:
                    values[LINK + link] = targets[0]
            before = known.get(ref)
            if before is not None:
                values |= {name: value for name, value in before.items() if name.startswith(TASK)}
                others = {name for name in kinds if before.get(name) != values.get(name)}
                if others:
                    edited[ref] = others
            held[ref] = values
        tx.held.put(held, at=self.now)
        return edited

    def _mark(self, tx: Transaction, changes: Sequence[Changed]) -> None:
        erased = self._consents.follow(tx, changes)
        self.report.withheld += sum(len(each.facts) for each in erased)
        found = affected(tx.mirror, self.plan, [*changes, *erased])
        tx.due.set([Due(self._main(entity), id_, self.now) for entity, id_ in sorted(found)])

    def _mark_edited(self, tx: Transaction, object_: str, edited: Mapping[Ref, set[str]]) -> None:
        """Let what somebody else wrote into our fields be compared again, and put right."""
        main = self.mapping.entities(object_)[0]
        tx.due.set([Due(main, ref.id, self.now) for ref in edited])
        self.edited.update(edited)

    def _main(self, entity: str) -> str:
        object_ = self.mapping.object_of(entity)
        assert object_ is not None
        return self.mapping.entities(object_)[0]

    def _reject(self, tx: Transaction, ref: Ref, record: Record, unmapped: Unmapped) -> None:
        problem = unmapped.problems[0]
        # whether somebody consents is not known of a record that cannot be read
        unkept = self.mapping.unkept_fields(ref.object)
        values = {
            name: json.loads(json.dumps(value, default=str))
            for name, value in record.values.items()
            if name not in unkept
        }
        refusal = Refusal(problem.code, problem.message, problem.pointer.strip("/") or None, values)
        tx.rejects.record(Stage.READ, ref, refusal, at=self.now)
        self.event("rejected", object=ref.object, id=ref.id, code=problem.code)


def prefetched(pages: Iterable[Item]) -> Iterator[Item]:
    """Yield what an iterator yields while it works on the next items in a thread of its own."""
    waiting: Queue[tuple[bool, Any]] = Queue(maxsize=_AHEAD)
    stopped = Event()

    def fetch() -> None:
        try:
            for page in pages:
                waiting.put((True, page))
                if stopped.is_set():
                    return
            waiting.put((False, None))
        except BaseException as error:  # noqa: BLE001 - it is raised where the pages are read
            waiting.put((False, error))

    thread = Thread(target=fetch, daemon=True, name="reading ahead")
    thread.start()
    try:
        while True:
            more, item = waiting.get()
            if not more:
                if item is not None:
                    raise item
                return
            yield item
    finally:
        stopped.set()
        while thread.is_alive():
            # let a thread that waits for room see that it is over
            while not waiting.empty():
                waiting.get_nowait()
            thread.join(0.01)
