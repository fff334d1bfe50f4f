"""Whose health facts may be kept where the consent stands in another record than they do."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo

from fairlead.plugins.records import Record
from fairlead.store import Ref, Transaction
from fairlead.sync.affected import Changed, difference
from fairlead.sync.mapping import CrmMapping, covers_health

__all__ = ["Consents"]

#: kept beside the cursors of an object: its records to read again, because a consent came or went
_WAITING = "consent"


@dataclass
class Consents:
    """Looks through a record's lead to that lead's consents in the store; without one, nothing is kept.

    What stands in the same record as a consent goes by that consent alone.
    """

    mapping: CrmMapping
    now: datetime
    zone: tzinfo
    #: (object, entity, its link to the lead; None for the lead itself, its health facts)
    _elsewhere: list[tuple[str, str, str | None, frozenset[str]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._elsewhere = list(self.mapping.consented_elsewhere())

    def covered(self, tx: Transaction, object_: str, records: Sequence[Record]) -> frozenset[str]:
        """Return the ids of the leads, of those that some records are about, who consent."""
        refs: set[Ref] = set()
        for of, entity, link, _ in self._elsewhere:
            if of == object_:
                refs.update(
                    ref
                    for record in records
                    if (ref := self.mapping.lead_of(record, entity, link)) is not None
                )
        lives_on = tx.identity.resolve_all(refs)
        consenting = self._consenting(tx, {lives_on.get(ref, ref).id for ref in refs})
        return frozenset(ref.id for ref in refs if lives_on.get(ref, ref).id in consenting)

    def _consenting(self, tx: Transaction, leads: Iterable[str]) -> set[str]:
        today = self.now.astimezone(self.zone).date()
        found = tx.mirror.related("consent", "lead", sorted(leads))
        return {
            lead
            for lead, consents in found.items()
            if any(covers_health(consent.facts, today) for consent in consents)
        }

    def follow(self, tx: Transaction, changes: Iterable[Changed]) -> list[Changed]:
        """Erase what is no longer consented to, and return what that changed.

        Records of leads whose consent came or went are kept to be read again.
        """
        leads = {lead for change in changes if change.entity == "consent" for lead in change.owners("lead")}
        if not leads or not self._elsewhere:
            return []
        consenting = self._consenting(tx, leads)
        erased: list[Changed] = []
        waiting: dict[str, set[str]] = {}
        for object_, entity, link, special in self._elsewhere:
            if link is None:
                related = {id_: [record] for id_, record in tx.mirror.records(entity, sorted(leads)).items()}
            else:
                related = tx.mirror.related(entity, link, sorted(leads))
            for lead, records in related.items():
                for record in records:
                    if record.ref.object != object_:
                        continue
                    waiting.setdefault(object_, set()).add(record.ref.id)
                    if lead in consenting or special.isdisjoint(record.facts):
                        continue
                    kept = {name: value for name, value in record.facts.items() if name not in special}
                    after = replace(record, facts=kept)
                    tx.mirror.put_record(after)
                    change = difference(record, after)
                    if change is not None:
                        erased.append(replace(change, id=record.ref.id))
        for object_, ids in waiting.items():
            self._set_waiting(tx, object_, ids.union(self.waiting(tx, object_)))
        return erased

    def waiting(self, tx: Transaction, object_: str) -> list[str]:
        """Return the ids of an object's records that are to be read again."""
        kept = tx.cursors.get(object_, _WAITING)
        return list(json.loads(kept)) if kept else []

    def settled(self, tx: Transaction, object_: str, ids: Iterable[str]) -> None:
        """Keep that some records were read again."""
        self._set_waiting(tx, object_, set(self.waiting(tx, object_)).difference(ids))

    def _set_waiting(self, tx: Transaction, object_: str, ids: Iterable[str]) -> None:
        left = sorted(ids)
        if left:
            tx.cursors.set(object_, _WAITING, json.dumps(left), at=self.now)
        else:
            tx.cursors.clear(object_, _WAITING)
