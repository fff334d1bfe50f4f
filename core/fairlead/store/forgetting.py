"""Forgetting one person: the key is destroyed, what is stored about the person goes, tombstones stay."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, or_, select, update

from fairlead.store.attribution_schema import person_marks, touches
from fairlead.store.records import Forgotten, RecordState, Ref
from fairlead.store.schema import due, forgotten, held, links, mirror, outbox, person_keys, rejects
from fairlead.store.statements import any_of, any_ref, insert_missing
from fairlead.store.stored_values import micros

__all__ = ["EMPTIED", "erase", "is_known"]

#: the tables that forgetting takes something out of
EMPTIED = (person_keys, mirror, links, held, due, outbox, rejects, person_marks, touches)


def erase(connection: Connection, people: Sequence[Ref], *, at: datetime) -> Forgotten:
    """Destroy the keys of these ids of one person and remove everything that is stored about them."""
    refs, keys = set(people), set()
    for columns in (
        (mirror.c.object, mirror.c.crm_id),
        (mirror.c.person_object, mirror.c.person_id),
    ):
        query = select(mirror.c.entity, mirror.c.id, mirror.c.object, mirror.c.crm_id)
        for condition in any_ref(connection, columns, people):
            for row in connection.execute(query.where(condition)):
                keys.add((row.entity, row.id))
                refs.add(Ref(row.object, row.crm_id))
    records = 0
    for entity in sorted({entity for entity, _ in keys}):
        ids = [id_ for of, id_ in keys if of == entity]
        emptied = or_(mirror.c.facts.is_not(None), mirror.c.state != RecordState.FORGOTTEN.value)
        records += connection.execute(
            update(mirror)
            .where(mirror.c.entity == entity, any_of(connection, mirror.c.id, ids), emptied)
            .values(state=RecordState.FORGOTTEN.value, facts=None, fingerprint="")
        ).rowcount
        for table in (links, due):
            these = any_of(connection, table.c.id, ids)
            connection.execute(delete(table).where(table.c.entity == entity, these))
    counts = {
        table.name: sum(
            connection.execute(delete(table).where(condition)).rowcount
            for condition in any_ref(connection, (table.c.object, table.c.crm_id), refs)
        )
        for table in (held, outbox, rejects)
    }
    destroyed = sum(
        connection.execute(
            update(person_keys)
            .where(condition, person_keys.c.key.is_not(None))
            .values(key=None, destroyed_at=micros(at))
        ).rowcount
        for condition in any_ref(connection, (person_keys.c.object, person_keys.c.crm_id), people)
    )
    stamp = micros(at)
    insert_missing(
        connection,
        forgotten,
        [{"object": ref.object, "crm_id": ref.id, "at": stamp} for ref in sorted(refs)],
    )
    for table in (touches, person_marks):
        # touches may go only of those who are forgotten already
        for condition in any_ref(connection, (table.c.object, table.c.crm_id), refs):
            connection.execute(delete(table).where(condition))
    return Forgotten(
        people=tuple(people),
        records=records,
        held=counts["held"],
        queued=counts["outbox"],
        rejects=counts["rejects"],
        keys=destroyed,
    )


def is_known(connection: Connection, people: Sequence[Ref]) -> bool:
    """Return whether the store knows anything of a person under one of these ids."""
    places = (
        (mirror.c.object, mirror.c.crm_id),
        (mirror.c.person_object, mirror.c.person_id),
        (person_keys.c.object, person_keys.c.crm_id),
        (forgotten.c.object, forgotten.c.crm_id),
        (held.c.object, held.c.crm_id),
        (outbox.c.object, outbox.c.crm_id),
        (rejects.c.object, rejects.c.crm_id),
        (touches.c.object, touches.c.crm_id),
        (person_marks.c.object, person_marks.c.crm_id),
    )
    return any(
        connection.execute(select(columns[0]).where(condition).limit(1)).first() is not None
        for columns in places
        for condition in any_ref(connection, columns, people)
    )
