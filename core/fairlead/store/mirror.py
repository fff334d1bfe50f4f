"""The mirror: every mapped entity as the CRM last showed it, with its links."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, func, select, tuple_, update

from fairlead.store.attribution_schema import person_marks
from fairlead.store.changes import last_change, next_change
from fairlead.store.identity import Identity
from fairlead.store.records import MirrorRecord, Put, RecordState, Ref, Stage
from fairlead.store.rejects import Rejects
from fairlead.store.schema import due, held, links, mirror, outbox
from fairlead.store.statements import any_of, any_ref, insert_rows, update_each, upsert
from fairlead.store.stored_values import (
    check_id,
    chunks,
    fingerprint,
    from_micros,
    json_text,
    json_value,
    micros,
)

__all__ = ["Mirror"]

_PUT_AT_ONCE = 1000


class _Known(NamedTuple):
    fingerprint: str
    state: str
    modified_at: int


class Mirror:
    """The mirrored records within one transaction."""

    def __init__(self, connection: Connection, identity: Identity, rejects: Rejects) -> None:
        self._connection = connection
        self._identity = identity
        self._rejects = rejects

    def put_record(self, record: MirrorRecord) -> Put:
        """Put one record; see `put`."""
        return self.put([record])[0]

    def put(self, records: Sequence[MirrorRecord]) -> list[Put]:
        """Put records as read from the CRM and tell, for each in order, what that changed.

        A record is the same where facts, links, CRM record and person are, whatever its stamp says. Links to
        merged ids are kept to the id that lives on. Open rejects of reading are resolved. Thousands at once
        are best; memory is bounded by the batch. Raises StoreError for an id that cannot be one.
        """
        return [outcome for outcome, _ in self.replace(records)]

    def replace(self, records: Sequence[MirrorRecord]) -> list[tuple[Put, MirrorRecord | None]]:
        """Put records as `put` does, and give what each that changed was before."""
        outcomes: list[tuple[Put, MirrorRecord | None]] = []
        for part in chunks(records, _PUT_AT_ONCE):
            wave: dict[tuple[str, str], MirrorRecord] = {}
            for record in part:
                if (record.entity, record.id) in wave:
                    outcomes += self._put_wave(wave)
                    wave = {}
                wave[record.entity, record.id] = record
            outcomes += self._put_wave(wave)
        return outcomes

    def _put_wave(
        self, wave: Mapping[tuple[str, str], MirrorRecord]
    ) -> list[tuple[Put, MirrorRecord | None]]:
        records = list(wave.values())
        for record in records:
            check_id(record.id, what=f"`{record.entity}`")
            check_id(record.ref.id, what=f"`{record.ref.object}`")
        targets = self._identity.resolve_all(
            target for record in records for target in record.links.values() if target is not None
        )
        lost = self._forgotten(records)
        known = self._known(wave)
        change = next_change(self._connection)
        outcomes = []
        rows, link_rows, replaced, stamps = [], [], [], []
        for key, record in wave.items():
            person = record.person or record.ref
            if person in lost or record.ref in lost:
                outcomes.append(Put.FORGOTTEN)
                continue
            own_links = {
                name: targets.get(target, target)
                for name, target in sorted(record.links.items())
                if target is not None
            }
            facts = json_text(record.facts)
            print_ = fingerprint(
                facts,
                *(f"{name} {target.object} {target.id}" for name, target in own_links.items()),
                record.ref.object,
                record.ref.id,
                person.object,
                person.id,
            )
            stamp = micros(record.modified_at)
            before = known.get(key)
            if before is not None and before.state == RecordState.LIVE and before.fingerprint == print_:
                outcomes.append(Put.SAME)
                if before.modified_at != stamp:
                    stamps.append({"entity": key[0], "id": key[1], "modified_at": stamp})
                continue
            new = before is None or before.state != RecordState.LIVE
            outcomes.append(Put.NEW if new else Put.CHANGED)
            if before is not None:
                replaced.append(key)
            rows.append(
                {
                    "entity": key[0],
                    "id": key[1],
                    "object": record.ref.object,
                    "crm_id": record.ref.id,
                    "person_object": person.object,
                    "person_id": person.id,
                    "state": RecordState.LIVE.value,
                    "modified_at": stamp,
                    "fingerprint": print_,
                    "facts": facts,
                    "change": change,
                }
            )
            link_rows += [
                {
                    "entity": key[0],
                    "id": key[1],
                    "link": name,
                    "target_object": target.object,
                    "target_id": target.id,
                }
                for name, target in own_links.items()
            ]
        befores = {
            (entity, id_): record
            for entity, ids in _by_entity(replaced).items()
            for id_, record in self.records(entity, ids).items()
        }
        upsert(self._connection, mirror, rows)
        self._drop_links(replaced)
        insert_rows(self._connection, links, link_rows)
        update_each(self._connection, mirror, ("entity", "id"), stamps)
        self._rejects.resolve(Stage.READ, [record.ref for record in records])
        return [(outcome, befores.get(key)) for outcome, key in zip(outcomes, wave, strict=True)]

    def _forgotten(self, records: Iterable[MirrorRecord]) -> set[Ref]:
        refs = {ref for record in records for ref in (record.ref, record.person or record.ref)}
        return self._identity.forgotten(refs)

    def _known(self, keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], _Known]:
        query = select(
            mirror.c.entity, mirror.c.id, mirror.c.fingerprint, mirror.c.state, mirror.c.modified_at
        )
        return {
            (row.entity, row.id): _Known(row.fingerprint, row.state, row.modified_at)
            for entity, ids in _by_entity(keys).items()
            for row in self._connection.execute(
                query.where(mirror.c.entity == entity, any_of(self._connection, mirror.c.id, ids))
            ).all()
        }

    def _drop_links(self, keys: Iterable[tuple[str, str]]) -> None:
        for entity, ids in _by_entity(keys).items():
            these = any_of(self._connection, links.c.id, ids)
            self._connection.execute(delete(links).where(links.c.entity == entity, these))

    def record(self, entity: str, id_: str) -> MirrorRecord | None:
        """Return a live record, or None."""
        return self.records(entity, [id_]).get(id_)

    def records(self, entity: str, ids: Iterable[str]) -> dict[str, MirrorRecord]:
        """Return the live ones of these records, by id."""
        wanted = list(ids)
        these = any_of(self._connection, links.c.id, wanted)
        own_links: dict[str, dict[str, Ref | None]] = {}
        # rows are taken apart as tuples: by name each member costs ten times as much
        for id_, link, object_, target in self._connection.execute(
            select(links.c.id, links.c.link, links.c.target_object, links.c.target_id)
            .where(links.c.entity == entity, these)
            .order_by(links.c.id, links.c.link)
        ).all():
            own_links.setdefault(id_, {})[link] = Ref(object_, target)
        query = select(
            mirror.c.id,
            mirror.c.object,
            mirror.c.crm_id,
            mirror.c.modified_at,
            mirror.c.facts,
            mirror.c.person_object,
            mirror.c.person_id,
        ).where(
            mirror.c.entity == entity,
            mirror.c.state == RecordState.LIVE.value,
            any_of(self._connection, mirror.c.id, wanted),
        )
        return {
            id_: MirrorRecord(
                entity,
                id_,
                Ref(object_, crm_id),
                from_micros(modified_at),
                json_value(facts),
                own_links.get(id_, {}),
                Ref(*person),
            )
            for id_, object_, crm_id, modified_at, facts, *person in self._connection.execute(query).all()
        }

    def facts(self, entity: str, *, page: int = 1000) -> Iterator[dict[str, dict[str, Any]]]:
        """Yield the facts of an entity's live records by id, in pages, in the order of their ids."""
        query = (
            select(mirror.c.id, mirror.c.facts)
            .where(mirror.c.entity == entity, mirror.c.state == RecordState.LIVE.value)
            .order_by(mirror.c.id)
            .limit(page)
        )
        after = ""
        while True:
            rows = self._connection.execute(query.where(mirror.c.id > after)).all()
            if rows:
                yield {id_: json_value(facts) for id_, facts in rows}
            if len(rows) < page:
                return
            after = rows[-1].id

    def related(self, entity: str, link: str, ids: Iterable[str]) -> dict[str, list[MirrorRecord]]:
        """Return the live records of an entity whose link points to one of these ids, by that id.

        An id without such records has no key. Records of one id are in the order of their ids.
        """
        pointing = self.pointing(entity, link, ids)
        records = self.records(entity, {id_ for found in pointing.values() for id_ in found})
        return {target: [records[id_] for id_ in found] for target, found in pointing.items()}

    def pointing(self, entity: str, link: str, ids: Iterable[str]) -> dict[str, list[str]]:
        """Return the ids of the live records whose link points to one of these ids, by that id."""
        these = any_of(self._connection, links.c.target_id, ids)
        query = (
            select(links.c.target_id, links.c.id)
            .where(links.c.entity == entity, links.c.link == link, these)
            .order_by(links.c.target_id, links.c.id)
        )
        found: dict[str, list[str]] = {}
        for target, id_ in self._connection.execute(query).all():
            found.setdefault(target, []).append(id_)
        return found

    def embodied(self, refs: Iterable[Ref]) -> dict[Ref, list[tuple[str, str]]]:
        """Return the live records (entity, id) that each of these CRM records embodies."""
        found: dict[Ref, list[tuple[str, str]]] = {}
        for condition in any_ref(self._connection, (mirror.c.object, mirror.c.crm_id), refs):
            query = select(mirror.c.object, mirror.c.crm_id, mirror.c.entity, mirror.c.id).where(
                condition, mirror.c.state == RecordState.LIVE.value
            )
            ordered = query.order_by(mirror.c.entity, mirror.c.id)
            for object_, crm_id, entity, id_ in self._connection.execute(ordered).all():
                found.setdefault(Ref(object_, crm_id), []).append((entity, id_))
        return found

    def facts_of(self, entity: str, refs: Iterable[Ref]) -> dict[Ref, dict[str, Any]]:
        """Return the facts of the live records of an entity that these CRM records embody, by these."""
        found: dict[Ref, dict[str, Any]] = {}
        for condition in any_ref(self._connection, (mirror.c.object, mirror.c.crm_id), refs):
            # the entity is asked of what is found: as a condition it lets SQLite go through all of the entity
            query = select(mirror.c.object, mirror.c.crm_id, mirror.c.entity, mirror.c.facts).where(
                condition, mirror.c.state == RecordState.LIVE.value
            )
            rows = self._connection.execute(query.order_by(mirror.c.id)).all()
            for object_, crm_id, own, facts in rows:
                if own == entity:
                    found[Ref(object_, crm_id)] = json_value(facts)
        return found

    def last_change(self) -> int:
        """Return the number of the newest change to the mirror, zero where there was none."""
        return last_change(self._connection)

    def changed_since(
        self, change: int, entities: Collection[str], *, page: int = 1000
    ) -> Iterator[list[tuple[str, str]]]:
        """Yield the records (entity, id) of some entities that came, changed or went after a change.

        Nothing but the stamp of the CRM is no change. In pages, in the order of the changes.
        """
        query = (
            select(mirror.c.change, mirror.c.entity, mirror.c.id)
            .where(mirror.c.entity.in_(list(entities)))
            .order_by(mirror.c.change, mirror.c.entity, mirror.c.id)
            .limit(page)
        )
        after = (change + 1, "", "")
        while True:
            later = tuple_(mirror.c.change, mirror.c.entity, mirror.c.id) > after
            # the first condition is what the index is for
            rows = self._connection.execute(query.where(mirror.c.change >= after[0], later)).all()
            if rows:
                yield [(entity, id_) for _, entity, id_ in rows]
            if len(rows) < page:
                return
            after = tuple(rows[-1])

    def state(self, entity: str, id_: str) -> RecordState | None:
        """Return whether a record is live or why it is gone; None where it was never there."""
        state = self._connection.scalar(
            select(mirror.c.state).where(mirror.c.entity == entity, mirror.c.id == id_)
        )
        return None if state is None else RecordState(state)

    def delete_record(self, entity: str, id_: str) -> bool:
        """Leave only the tombstone of one record; return false where it was not live."""
        return self._bury([(entity, id_)]) == 1

    def delete(self, ref: Ref) -> list[tuple[str, str]]:
        """Remove what a CRM record that is gone embodied, what it held, its marks and what was queued for it.

        Returns the records (entity, id) that were live.
        """
        gone = self.embodied([ref]).get(ref, [])
        self._bury(gone)
        for table in (held, outbox, person_marks):
            self._connection.execute(
                delete(table).where(table.c.object == ref.object, table.c.crm_id == ref.id)
            )
        self._rejects.resolve(None, [ref])
        return gone

    def _bury(self, keys: Sequence[tuple[str, str]]) -> int:
        buried = 0
        change = next_change(self._connection)
        for entity, ids in _by_entity(keys).items():
            these = any_of(self._connection, mirror.c.id, ids)
            buried += self._connection.execute(
                update(mirror)
                .where(mirror.c.entity == entity, these, mirror.c.state == RecordState.LIVE.value)
                .values(state=RecordState.DELETED.value, facts=None, fingerprint="", change=change)
            ).rowcount
            these = any_of(self._connection, due.c.id, ids)
            self._connection.execute(delete(due).where(due.c.entity == entity, these))
        self._drop_links(keys)
        return buried

    def ids(self, entity: str, *, page: int = 1000) -> Iterator[list[str]]:
        """Yield the ids of an entity's live records in pages, in order, however many there are."""
        after = ""
        while True:
            found = list(
                self._connection.scalars(
                    select(mirror.c.id)
                    .where(
                        mirror.c.entity == entity,
                        mirror.c.id > after,
                        mirror.c.state == RecordState.LIVE.value,
                    )
                    .order_by(mirror.c.id)
                    .limit(page)
                )
            )
            if found:
                yield found
            if len(found) < page:
                return
            after = found[-1]

    def refs(self, object_: str, *, page: int = 1000) -> Iterator[list[Ref]]:
        """Yield the CRM records of an object that embody live records, in pages, for a reconciliation."""
        after = ""
        while True:
            found = list(
                self._connection.scalars(
                    select(mirror.c.crm_id)
                    .where(
                        mirror.c.object == object_,
                        mirror.c.crm_id > after,
                        mirror.c.state == RecordState.LIVE.value,
                    )
                    .distinct()
                    .order_by(mirror.c.crm_id)
                    .limit(page)
                )
            )
            if found:
                yield [Ref(object_, id_) for id_ in found]
            if len(found) < page:
                return
            after = found[-1]

    def counts(self) -> dict[str, int]:
        """Return how many live records each entity has."""
        query = (
            select(mirror.c.entity, func.count().label("records"))
            .where(mirror.c.state == RecordState.LIVE.value)
            .group_by(mirror.c.entity)
            .order_by(mirror.c.entity)
        )
        return {row.entity: row.records for row in self._connection.execute(query)}


def _by_entity(keys: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for entity, id_ in keys:
        found.setdefault(entity, []).append(id_)
    return found
