"""Which records have to be decided anew when one changed: those that read it, and no others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from fairlead.project.assembling import ListReads
from fairlead.store import MirrorRecord, Ref
from fairlead.sync.plan import Plan

__all__ = ["Changed", "affected", "difference"]


class Pointing(Protocol):
    """What finds the records whose link points to others."""

    def pointing(self, entity: str, link: str, ids: Iterable[str]) -> Mapping[str, list[str]]:
        """Return the ids of an entity's records by the id that their link points to."""


@dataclass(frozen=True, slots=True)
class Changed:
    """A mirrored entity that changed.

    `facts` are the short names that did; `before` and `after` the ids that its links pointed to. A record
    that came or went changed in everything: `whole` is then true.
    """

    entity: str
    id: str
    facts: frozenset[str]
    before: Mapping[str, str] = field(default_factory=dict)
    after: Mapping[str, str] = field(default_factory=dict)
    whole: bool = False

    def touches(self, facts: frozenset[str]) -> bool:
        """Tell whether a reader of some facts sees the change."""
        return self.whole or not self.facts.isdisjoint(facts)

    def owners(self, link: str) -> set[str]:
        """Return the ids that a link pointed to before or after."""
        return {links[link] for links in (self.before, self.after) if link in links}

    def moved(self, link: str) -> bool:
        """Tell whether a link points elsewhere now."""
        return self.before.get(link) != self.after.get(link)


def difference(before: MirrorRecord | None, after: MirrorRecord | None) -> Changed | None:
    """Return what changed between two states of a record; None where nothing did."""
    known = after or before
    if known is None:
        return None
    old, new = _targets(before), _targets(after)
    if before is None or after is None:
        return Changed(known.entity, known.id, frozenset(known.facts), old, new, whole=True)
    facts = frozenset(
        name for name in {*before.facts, *after.facts} if before.facts.get(name) != after.facts.get(name)
    )
    return Changed(known.entity, known.id, facts, old, new) if facts or old != new else None


def _targets(record: MirrorRecord | None) -> dict[str, str]:
    links: Mapping[str, Ref | None] = record.links if record is not None else {}
    return {name: target.id for name, target in links.items() if target is not None}


def affected(mirror: Pointing, plan: Plan, changes: Iterable[Changed]) -> set[tuple[str, str]]:
    """Return (entity, id) of the records whose decisions may read something that changed."""
    found: set[tuple[str, str]] = set()
    # what is read through links is looked up once for all changes
    through: dict[tuple[str, str], set[str]] = {}
    for change in changes:
        for entity, entity_plan in plan.entities.items():
            if entity == change.entity and (
                change.whole
                or change.touches(entity_plan.reads.facts)
                or any(change.moved(link.name) for link in entity_plan.reads.links)
            ):
                found.add((entity, change.id))
            for listed in entity_plan.reads.lists:
                found.update((entity, owner) for owner in _owners(change, listed))
            for link in entity_plan.reads.links:
                targets = (
                    {change.id} if change.entity == link.entity and change.touches(link.facts) else set()
                )
                for listed in link.lists:
                    targets |= _owners(change, listed)
                if targets:
                    through.setdefault((entity, link.name), set()).update(targets)
    for (entity, name), targets in through.items():
        for ids in mirror.pointing(entity, name, sorted(targets)).values():
            found.update((entity, id_) for id_ in ids)
    return found


def _owners(change: Changed, listed: ListReads) -> set[str]:
    """Return the owners of a list that the change is to be seen in."""
    if change.entity != listed.entity:
        return set()
    if change.touches(listed.facts) or change.moved(listed.link):
        return change.owners(listed.link)
    return set()
