"""From the store's mirror to raw records: each with the linked and related records that rules read of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fairlead.facts.model import Aggregate, FactModel
from fairlead.store import MirrorRecord, Ref, Transaction

__all__ = [
    "Chosen",
    "LinkReads",
    "ListReads",
    "Raw",
    "Reads",
    "all_records",
    "assembled",
    "embodied_by",
    "fitting",
    "reads_of",
]

#: a record as `Program.evaluate` takes it: entity or link -> fact or list -> JSON
Raw = dict[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class ListReads:
    """A list of related records that aggregates are computed from.

    `entity` and `link` say which records are in it: those whose link points to the owner. `facts` are the
    short names that the aggregates read of each.
    """

    name: str
    entity: str
    link: str
    facts: frozenset[str]


@dataclass(frozen=True, slots=True)
class LinkReads:
    """A linked record that decisions read: its facts by short name, and lists that belong to it."""

    name: str
    entity: str
    facts: frozenset[str]
    lists: tuple[ListReads, ...]


@dataclass(frozen=True, slots=True)
class Reads:
    """What is read of an entity: facts by short name, lists that belong to it, records that it links to."""

    entity: str
    facts: frozenset[str] = frozenset()
    lists: tuple[ListReads, ...] = ()
    links: tuple[LinkReads, ...] = ()


#: from the record assembled, a list of it or of a record linked to it, and the records of that list in the
#: order of their ids, to those that it is to hold
Chosen = Callable[[MirrorRecord, ListReads, Sequence[MirrorRecord]], Sequence[MirrorRecord]]


def reads_of(model: FactModel, entity: str, names: Iterable[str], is_read: Callable[[str], bool]) -> Reads:
    """Return what a record of an entity needs for `names`, such as those of `Program.reads`.

    Names begin with the entity or one of its links; other names are passed over. `is_read` tells whether
    the mirror holds an entity at all: where it does not, a list of it is left out, since what is counted
    there is not known, and not zero.
    """
    by_key: dict[str, set[str]] = {}
    for name in names:
        key, _, short = name.partition(".")
        by_key.setdefault(key, set()).add(short)
    facts, lists = _split(model, entity, by_key.pop(entity, set()), is_read)
    links = []
    for key, shorts in sorted(by_key.items()):
        link = model.entities[entity].links.get(key)
        if link is not None:
            links.append(LinkReads(key, link.entity, *_split(model, link.entity, shorts, is_read)))
    return Reads(entity, facts, lists, tuple(links))


def _split(
    model: FactModel, entity: str, shorts: Iterable[str], is_read: Callable[[str], bool]
) -> tuple[frozenset[str], tuple[ListReads, ...]]:
    """Return the facts among short names, and the lists that the aggregates among them need."""
    known = model.entities[entity]
    facts: set[str] = set()
    needed: dict[str, set[str]] = {}
    for short in shorts:
        aggregate = known.aggregates.get(short)
        if aggregate is None:
            facts.add(short)
        elif is_read(known.related[aggregate.of].entity):
            needed.setdefault(aggregate.of, set()).update(_read_by(aggregate))
    lists = tuple(
        ListReads(name, known.related[name].entity, known.related[name].link, frozenset(read))
        for name, read in sorted(needed.items())
    )
    return frozenset(facts), lists


def _read_by(aggregate: Aggregate) -> Iterator[str]:
    """Yield the short names of the facts that an aggregate reads of each related record."""
    for name in aggregate.derived_from:
        yield name.partition(".")[2]


def assembled(
    tx: Transaction,
    reads: Reads,
    records: Mapping[Ref, MirrorRecord],
    *,
    chosen: Chosen | None = None,
) -> dict[Ref, Raw]:
    """Return the raw record of each of these records of the entity, by its CRM record.

    An owner without related records has an empty list: none is not unknown. `chosen` says which records a
    list holds, such as the introductions of a partner up to the one assembled; without it, all. What stands
    beside the facts in the mirror, under names that begin with `@`, is left out. Lists and the records in
    them may be shared between raw records: they are not for changing.
    """
    raws: dict[Ref, Raw] = {ref: {reads.entity: _facts(record.facts)} for ref, record in records.items()}
    _attach(tx, reads.lists, {ref: [(records[ref], raw[reads.entity])] for ref, raw in raws.items()}, chosen)
    for link in reads.links:
        targets = {ref: target for ref, record in records.items() if (target := record.links.get(link.name))}
        linked = tx.mirror.facts_of(link.entity, sorted(set(targets.values())))
        holders: dict[Ref, list[tuple[MirrorRecord, dict[str, Any]]]] = {}
        for ref, target in targets.items():
            if target in linked:
                facts = _facts(linked[target])
                raws[ref][link.name] = facts
                holders.setdefault(target, []).append((records[ref], facts))
        _attach(tx, link.lists, holders, chosen)
    return raws


def _attach(
    tx: Transaction,
    lists: Iterable[ListReads],
    owners: Mapping[Ref, Sequence[tuple[MirrorRecord, dict[str, Any]]]],
    chosen: Chosen | None,
) -> None:
    """Give the lists of each owner to the facts of those who hold it, each with the record assembled."""
    for listed in lists:
        found = tx.mirror.related(listed.entity, listed.link, sorted({ref.id for ref in owners}))
        for ref, holders in owners.items():
            related = found.get(ref.id, [])
            items = {record.id: _facts(record.facts) for record in related}
            everything = list(items.values())
            for subject, facts in holders:
                facts[listed.name] = (
                    everything
                    if chosen is None
                    else [items[record.id] for record in chosen(subject, listed, related)]
                )


def _facts(mirrored: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in mirrored.items() if not name.startswith("@")}


def fitting(raw: Mapping[str, Mapping[str, Any]], model: FactModel, entity: str) -> dict[str, Any]:
    """Return the raw record of an entity without what a model does not have.

    Records that are read for two versions have the facts of both.
    """
    links = model.entities[entity].links
    owners = {
        key: entity if key == entity else links[key].entity for key in raw if key == entity or key in links
    }
    return {key: _known(facts, model, owners[key]) for key, facts in raw.items() if key in owners}


def _known(facts: Mapping[str, Any], model: FactModel, entity: str) -> Mapping[str, Any]:
    known = model.entities[entity]
    if facts.keys() <= known.facts.keys():
        return facts
    kept: dict[str, Any] = {}
    for short, value in facts.items():
        if short in known.facts or short in known.aggregates:
            kept[short] = value
        elif short in known.related:
            of = known.related[short].entity
            kept[short] = [_known(each, model, of) for each in value]
    return kept


def embodied_by(tx: Transaction, refs: Iterable[Ref]) -> dict[str, dict[Ref, MirrorRecord]]:
    """Return the live records that CRM records embody, by entity and CRM record."""
    ids: dict[str, list[str]] = {}
    for keys in tx.mirror.embodied(refs).values():
        for entity, id_ in keys:
            ids.setdefault(entity, []).append(id_)
    return {
        entity: {record.ref: record for record in tx.mirror.records(entity, wanted).values()}
        for entity, wanted in ids.items()
    }


def all_records(tx: Transaction, entity: str, *, page: int = 1000) -> Iterator[dict[Ref, MirrorRecord]]:
    """Yield an entity's live records in pages, in the order of their ids, however many there are."""
    for ids in tx.mirror.ids(entity, page=page):
        found = tx.mirror.records(entity, ids)
        yield {found[id_].ref: found[id_] for id_ in ids}
