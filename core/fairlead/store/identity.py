"""Who is who: ids that were merged or converted live on under another, and people who were forgotten."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import Connection, and_, delete, or_, select, tuple_, update

from fairlead.problems import Problem, UsageError
from fairlead.store.attribution_schema import person_marks
from fairlead.store.changes import next_change
from fairlead.store.forgetting import erase, is_known
from fairlead.store.legal_holds import LegalHold, standing_hold
from fairlead.store.records import Alias, Forgotten, RecordState, Ref
from fairlead.store.rejects import Rejects
from fairlead.store.schema import aliases, due, forgotten, held, links, mirror, outbox
from fairlead.store.statements import any_ref, insert_missing, upsert
from fairlead.store.stored_values import micros

__all__ = ["Identity"]


class Identity:
    """Aliases and forgotten people within one transaction."""

    def __init__(self, connection: Connection, rejects: Rejects) -> None:
        self._connection = connection
        self._rejects = rejects

    def resolve(self, ref: Ref) -> Ref:
        """Return the CRM record that an id lives on under: itself where it was never merged."""
        return self.resolve_all([ref]).get(ref, ref)

    def resolve_all(self, refs: Iterable[Ref]) -> dict[Ref, Ref]:
        """Return where those of the ids that were merged live on; the others have no key."""
        query = select(aliases)
        return {
            Ref(row.object, row.crm_id): Ref(row.to_object, row.to_id)
            for condition in any_ref(self._connection, (aliases.c.object, aliases.c.crm_id), set(refs))
            for row in self._connection.execute(query.where(condition)).all()
        }

    def aliases_of(self, ref: Ref) -> list[Ref]:
        """Return the ids that were merged into this one, in order."""
        query = select(aliases.c.object, aliases.c.crm_id).where(
            aliases.c.to_object == ref.object, aliases.c.to_id == ref.id
        )
        return sorted(Ref(row.object, row.crm_id) for row in self._connection.execute(query))

    def merged_into(self, refs: Iterable[Ref]) -> dict[Ref, Ref]:
        """Return the ids that were merged into any of these, each with the one that it lives on as."""
        return {
            Ref(row.object, row.crm_id): Ref(row.to_object, row.to_id)
            for condition in any_ref(self._connection, (aliases.c.to_object, aliases.c.to_id), set(refs))
            for row in self._connection.execute(select(aliases).where(condition)).all()
        }

    def ids_of(self, refs: Collection[Ref]) -> dict[str, str]:
        """Return the ids that records may stand under, each with the one that it lives on under.

        These are their own, in order, then those that were merged into them.
        """
        own = {ref.id: ref.id for ref in refs}
        return own | {old.id: new.id for old, new in sorted(self.merged_into(refs).items())}

    def forgotten(self, refs: Iterable[Ref]) -> set[Ref]:
        """Return those of the ids whose person was forgotten."""
        query = select(forgotten.c.object, forgotten.c.crm_id)
        return {
            Ref(row.object, row.crm_id)
            for condition in any_ref(self._connection, (forgotten.c.object, forgotten.c.crm_id), set(refs))
            for row in self._connection.execute(query.where(condition)).all()
        }

    def forget(self, person: Ref, *, at: datetime) -> Forgotten:
        """Destroy a person's key and remove what is stored; `Store.forget` also overwrites the space.

        Raises UsageError for a person of whom the store knows nothing, and while a legal hold stands.
        """
        person = self.resolve(person)
        people = [person, *self.aliases_of(person)]
        held = standing_hold(self._connection, people)
        if held is not None:
            said = f"{held.by} ordered on {held.since:%Y-%m-%d} to keep the records"
            remedy = "`fairlead ledger legal-hold --lift` lifts the order"
            message = f"`{person}` cannot be forgotten: {said} ({held.reason})"
            raise UsageError([Problem("legal-hold", message, found=str(person), remedy=remedy)])
        if not is_known(self._connection, people):
            raise UsageError(
                [
                    Problem(
                        "unknown-person",
                        f"the store knows nothing of `{person}`",
                        found=str(person),
                        remedy="name the record as the CRM does: its object and its id",
                    )
                ]
            )
        return erase(self._connection, people, at=at)

    def knows(self, person: Ref) -> bool:
        """Tell whether the store knows anything of a person, under whichever id."""
        person = self.resolve(person)
        return is_known(self._connection, [person, *self.aliases_of(person)])

    def legal_hold(self, person: Ref) -> LegalHold | None:
        """Return the order to keep a person's records that stands, under whichever id; None for none."""
        person = self.resolve(person)
        return standing_hold(self._connection, [person, *self.aliases_of(person)])

    def merge(self, old: Ref, new: Ref, *, at: datetime) -> Alias | None:
        """Let `old` live on as `new`, after a merge or a conversion; return None where it did already.

        What `old` embodied moves to `new` where `new` does not embody it itself; links, persons and marks
        follow; what was held and queued for `old` goes, and its rejects are resolved. The next put of a
        record that moved, or points elsewhere now, says that it changed. Ids merged into a forgotten person
        are forgotten with it.
        """
        new = self.resolve(new)
        if old == new or self.resolve(old) == new:
            return None
        stamp = micros(at)
        self._connection.execute(
            update(aliases)
            .where(aliases.c.to_object == old.object, aliases.c.to_id == old.id)
            .values(to_object=new.object, to_id=new.id)
        )
        upsert(
            self._connection,
            aliases,
            [
                {
                    "object": old.object,
                    "crm_id": old.id,
                    "to_object": new.object,
                    "to_id": new.id,
                    "at": stamp,
                }
            ],
        )
        self._move_records(old, new)
        self._move_pointers(old, new)
        self._move_marks(old, new)
        self._mark_changed(new)
        for table in (held, outbox):
            self._connection.execute(
                delete(table).where(table.c.object == old.object, table.c.crm_id == old.id)
            )
        self._rejects.resolve(None, [old])
        if self.forgotten([new]):
            erase(self._connection, [new, *self.aliases_of(new)], at=at)
        return Alias(old, new)

    def _move_records(self, old: Ref, new: Ref) -> None:
        rows = self._connection.execute(
            select(mirror.c.entity, mirror.c.id, mirror.c.state).where(
                mirror.c.object == old.object, mirror.c.crm_id == old.id
            )
        ).all()
        for row in rows:
            own = and_(mirror.c.entity == row.entity, mirror.c.id == row.id)
            new_id = new.id if row.id == old.id else row.id
            there = None
            if new_id != row.id:
                there = self._connection.scalar(
                    select(mirror.c.state).where(mirror.c.entity == row.entity, mirror.c.id == new_id)
                )
            if row.state != RecordState.LIVE or there == RecordState.LIVE:
                self._connection.execute(delete(mirror).where(own))
                self._connection.execute(delete(due).where(due.c.entity == row.entity, due.c.id == row.id))
                continue
            if there is not None:
                self._connection.execute(
                    delete(mirror).where(mirror.c.entity == row.entity, mirror.c.id == new_id)
                )
            self._connection.execute(
                update(mirror).where(own).values(id=new_id, object=new.object, crm_id=new.id, fingerprint="")
            )
            self._connection.execute(
                update(due).where(due.c.entity == row.entity, due.c.id == row.id).values(id=new_id)
            )

    def _move_pointers(self, old: Ref, new: Ref) -> None:
        self._connection.execute(
            update(links)
            .where(links.c.target_object == old.object, links.c.target_id == old.id)
            .values(target_object=new.object, target_id=new.id)
        )
        self._connection.execute(
            update(mirror)
            .where(mirror.c.person_object == old.object, mirror.c.person_id == old.id)
            .values(person_object=new.object, person_id=new.id)
        )

    def _mark_changed(self, ref: Ref) -> None:
        """Let the records that a CRM record embodies, and those that link to it, count as changed."""
        pointing = select(links.c.entity, links.c.id).where(
            links.c.target_object == ref.object, links.c.target_id == ref.id
        )
        own = and_(mirror.c.object == ref.object, mirror.c.crm_id == ref.id)
        self._connection.execute(
            update(mirror)
            .where(or_(own, tuple_(mirror.c.entity, mirror.c.id).in_(pointing)))
            .values(change=next_change(self._connection))
        )

    def _move_marks(self, old: Ref, new: Ref) -> None:
        """Let `new` be told by what `old` was told by, until the record is read again."""
        own = and_(person_marks.c.object == old.object, person_marks.c.crm_id == old.id)
        rows = [
            {"object": new.object, "crm_id": new.id, "kind": row.kind, "mark": row.mark}
            for row in self._connection.execute(select(person_marks).where(own)).all()
        ]
        insert_missing(self._connection, person_marks, rows)
        self._connection.execute(delete(person_marks).where(own))
