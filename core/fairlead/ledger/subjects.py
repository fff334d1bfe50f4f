"""The records that rewards are about, assembled from the mirror as they are decided."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from fairlead.facts.model import FactModel
from fairlead.ledger.programmes import Programme, Version, day_fact
from fairlead.project.assembling import ListReads, Raw, Reads, assembled, reads_of
from fairlead.store import MirrorRecord, Ref, Transaction

__all__ = ["SubjectRecord", "Subjects", "always_read"]

#: what the ledger itself reads of a subject, besides what the rules do
_OWN = frozenset(
    {
        "introduction.id",
        "introduction.introduced_on",
        "introduction.recorded_at",
        "introduction.tracking_code",
        "introduction.is_self_referral",
        "introduction.patient_already_known",
        "introduction.reversal_cause",
        "lead.id",
        "lead.created_at",
        "lead.tracking_code",
        "lead.tracking_code_entered_at",
        "lead.is_former_patient",
        "lead.language",
        "partner.id",
        "partner.code",
        "partner.is_facility_staff",
        "partner.has_tax_form",
        "partner.relationship_ended_on",
        "agreement.id",
        "agreement.depends_on_return_referrals",
        "disclosure.id",
        "story.id",
    }
)


def always_read(_entity: str) -> bool:
    """Say of any entity that the mirror holds it."""
    return True


@dataclass(frozen=True, slots=True)
class SubjectRecord:
    """A record that rewards are about: as it is now, and as it was counted on its day.

    In `counted` the lists of related records hold only those up to this one by (date, id), so that an amount
    that goes by a count is frozen when it accrues. `old_ids` are the ids that were merged into it.
    """

    entity: str
    id: str
    ref: Ref
    person: Ref
    raw: Raw
    counted: Raw
    old_ids: tuple[str, ...] = ()

    @property
    def patient(self) -> str:
        """Whom it concerns: the lead; where none is known, the record itself, which nobody shares."""
        return self.linked("lead") or self.id

    def linked(self, link: str) -> str:
        """Return the id of a linked record, empty where there is none."""
        value = self.raw.get(link, {}).get("id")
        return "" if value is None else str(value)


class Subjects:
    """Reads the subjects of programmes: all facts that their rewards, limits and guards read."""

    def __init__(
        self,
        programmes: Sequence[Programme],
        versions: Iterable[Version],
        guarded: Iterable[str] = (),
        is_read: Callable[[str], bool] = always_read,
    ) -> None:
        names: dict[str, set[str]] = {}
        reversing: dict[str, set[str]] = {}
        self._days: dict[str, str] = {}
        self._payees: dict[str, str] = {}
        self.model: FactModel | None = None
        for version in versions:
            self.model = version.ruleset.model
            for reward in version.rewards:
                own = names.setdefault(reward.entity, set(guarded) | _OWN)
                own |= version.reads
                reversing.setdefault(reward.entity, set()).update(version.reversal_reads(reward))
                self._days[reward.entity] = day_fact(version.ruleset, reward)
                self._payees[reward.entity] = reward.payee
        assert self.model is not None
        self.programmes = programmes
        self._reads = {
            entity: reads_of(self.model, entity, self._known(entity, wanted), is_read)
            for entity, wanted in names.items()
        }
        self._reversing = {
            entity: reads_of(self.model, entity, self._known(entity, wanted), is_read)
            for entity, wanted in reversing.items()
        }

    @property
    def reversing(self) -> set[str]:
        """The entities that rewards are about, and those whose facts can reverse one."""
        found = set(self._reversing)
        for reads in self._reversing.values():
            for link in reads.links:
                found |= {link.entity, *(each.entity for each in link.lists)}
            found |= {each.entity for each in reads.lists}
        return found

    def reversed_by(self, tx: Transaction, changed: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
        """Return the ids of subjects, by entity, that changed records (entity, id) may reverse.

        Of a record that left a list, the list that it was in is not known any more.
        """
        ids: dict[str, set[str]] = {}
        for entity, id_ in changed:
            ids.setdefault(entity, set()).add(id_)

        def owners(lists: Iterable[ListReads]) -> set[str]:
            found = set()
            for listed in lists:
                for record in tx.mirror.records(listed.entity, ids.get(listed.entity, ())).values():
                    owner = record.links.get(listed.link)
                    if owner is not None:
                        found.add(owner.id)
            return found

        found: dict[str, set[str]] = {}
        for entity, reads in self._reversing.items():
            own = ids.get(entity, set()) | owners(reads.lists)
            for link in reads.links:
                targets = ids.get(link.entity, set()) | owners(link.lists)
                if targets:
                    pointing = tx.mirror.pointing(entity, link.name, sorted(targets))
                    own = own.union(*pointing.values())
            if own:
                found[entity] = own
        return found

    @property
    def entities(self) -> list[str]:
        """The entities that rewards are about."""
        return list(self._reads)

    def day_fact(self, entity: str) -> str:
        """Return the short name of the date that the rewards of an entity go by."""
        return self._days[entity]

    def payee_link(self, entity: str) -> str:
        """Return the link of an entity to whom its rewards are paid."""
        return self._payees[entity]

    def payee_entity(self, entity: str) -> str:
        """Return what those are to whom the rewards of an entity are paid: `partner`, or `lead`."""
        assert self.model is not None
        return self.model.entities[entity].links[self._payees[entity]].entity

    def read(
        self,
        tx: Transaction,
        entity: str,
        ids: Iterable[str],
        *,
        up_to: tuple[str, str] | None = None,
    ) -> dict[str, SubjectRecord]:
        """Return the live records of these ids.

        In `counted` each is counted up to itself, or up to the (ISO day, id) of `up_to`.
        """
        short = self._days[entity]
        records = tx.mirror.records(entity, ids)
        by_ref = {record.ref: record for record in records.values()}
        reads = self._reads[entity]
        raws = assembled(tx, reads, by_ref)
        counted = raws
        if _has_lists(reads):

            def chosen(
                subject: MirrorRecord, listed: ListReads, related: Sequence[MirrorRecord]
            ) -> Sequence[MirrorRecord]:
                if listed.entity != entity:
                    return related
                own = up_to or (subject.facts.get(short), subject.id)
                if own[0] is None:
                    return related
                return [
                    each
                    for each in related
                    if (day := each.facts.get(short)) is not None and (day, each.id) <= own
                ]

            counted = assembled(tx, reads, by_ref, chosen=chosen)
        old: dict[Ref, list[str]] = {}
        for merged, owner in tx.identity.merged_into(by_ref).items():
            old.setdefault(owner, []).append(merged.id)
        return {
            record.id: SubjectRecord(
                entity,
                record.id,
                record.ref,
                record.person or record.ref,
                raws[record.ref],
                counted[record.ref],
                tuple(sorted(old.get(record.ref, ()))),
            )
            for record in records.values()
        }

    def _known(self, entity: str, wanted: Iterable[str]) -> list[str]:
        assert self.model is not None
        return [name for name in sorted(wanted) if self.model.find(entity, name) is not None]


def _has_lists(reads: Reads) -> bool:
    return bool(reads.lists) or any(link.lists for link in reads.links)
