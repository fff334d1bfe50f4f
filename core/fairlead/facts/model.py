"""The fact model: entities, links, typed facts and aggregates, resolved and immutable."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from fairlead.documents.json_text import Document
from fairlead.facts.types import Type

__all__ = ["Aggregate", "Entity", "Fact", "FactModel", "Link", "Related", "Window", "texts_in"]

#: a text per language tag; `en` is always there
Texts = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Link:
    """A to-one link: a record carries the linked record of `entity` under `name`."""

    name: str
    entity: str
    description: Texts


@dataclass(frozen=True, slots=True)
class Related:
    """A to-many list: the records of `entity` whose to-one `link` leads here."""

    name: str
    entity: str
    link: str
    description: Texts


class _OfEntity:
    """What has a full name: its entity, a point and its own."""

    __slots__ = ()

    name: str

    @property
    def entity(self) -> str:
        """The entity that it is about."""
        return self.name.split(".", 1)[0]

    @property
    def short(self) -> str:
        """The name within the entity."""
        return self.name.split(".", 1)[1]


@dataclass(frozen=True, slots=True)
class Fact(_OfEntity):
    """A typed thing known about an entity.

    `name` is full (`lead.channel`). `low` and `high` bound the units of a decimal, of money, or of the
    items of a list of these; None is no bound. `reviewed_by` says who reviewed the labels.
    """

    name: str
    type: Type
    low: int | None
    high: int | None
    title: Texts
    description: Texts
    labels: tuple[str, ...]
    reviewed_by: str | None
    derived_from: tuple[str, ...]
    known_at_decision: bool


@dataclass(frozen=True, slots=True)
class Window:
    """Which related records count by their date `on` (a full fact name).

    `kind` is `calendar` with `unit` (`year`, `quarter`, `month`), or `rolling` with either `days` or
    `months`.
    """

    kind: str
    unit: str | None
    days: int | None
    months: int | None
    on: str


@dataclass(frozen=True, slots=True)
class Aggregate(_OfEntity):
    """A value computed from the related records `of`, which are records of the entity `record`.

    `name` is full. `function` is `count`, `sum`, `exists`, `earliest` or `latest`; `value` is the full name
    of the fact it works on, None for count and exists. `where` is the filter as JSON, None for no filter.
    `pointer` is the place in the model document.
    """

    name: str
    type: Type
    title: Texts
    description: Texts
    labels: tuple[str, ...]
    reviewed_by: str | None
    function: str
    of: str
    record: str
    value: str | None
    where: Any
    window: Window | None
    pointer: str

    @property
    def derived_from(self) -> tuple[str, ...]:
        """The facts of the related records that the value, the filter and the window read."""
        read = [self.value] if self.value is not None else []
        read += sorted(texts_in(self.where)) if self.where is not None else []
        read += [self.window.on] if self.window is not None else []
        prefix = self.record + "."
        return tuple(dict.fromkeys(name for name in read if name.startswith(prefix)))


def texts_in(expression: Any) -> set[str]:
    """Return all texts in a JSON value: the names that an expression reads are among them."""
    found: set[str] = set()
    waiting = [expression]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            found.add(item)
        elif isinstance(item, dict):
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)
    return found


@dataclass(frozen=True, slots=True)
class Entity:
    """A kind of record; its mappings are keyed by short names."""

    name: str
    title: Texts
    description: Texts
    links: Mapping[str, Link]
    related: Mapping[str, Related]
    facts: Mapping[str, Fact]
    aggregates: Mapping[str, Aggregate]

    def get(self, short: str) -> Fact | Aggregate | None:
        """Return the fact or aggregate `short`, or None."""
        return self.facts.get(short) or self.aggregates.get(short)


@dataclass(frozen=True, slots=True, eq=False)
class FactModel:
    """All entities of a model.

    `labels` describes the declared labels. `document` is the resolved JSON document and `digest` its
    SHA-256 (`sha256:` and 64 hex digits).
    """

    name: str
    version: str
    title: Texts
    about: Texts
    labels: Mapping[str, Texts]
    entities: Mapping[str, Entity]
    document: Mapping[str, Any] = field(repr=False)
    digest: str
    _visible: dict[str, dict[str, Fact | Aggregate]] = field(default_factory=dict, init=False, repr=False)
    _types: dict[str, dict[str, Type]] = field(default_factory=dict, init=False, repr=False)

    @classmethod
    def from_document(cls, document: Document) -> FactModel:
        """Return the model of a document of kind `fact-model`; raise DocumentError with every problem."""
        from fairlead.facts.model_building import build

        return build(document)

    def visible(self, entity: str) -> Mapping[str, Type]:
        """Return the names that an expression about `entity` can read, with their types.

        These are its own facts and aggregates (`lead.channel`) and those of each linked record
        (`partner.code`). Raises KeyError for an unknown entity.
        """
        if entity not in self._types:
            self._types[entity] = {name: fact.type for name, fact in self._readable(entity).items()}
        return self._types[entity]

    def find(self, entity: str, name: str) -> Fact | Aggregate | None:
        """Return the fact or aggregate that `name` stands for in an expression about `entity`."""
        return self._readable(entity).get(name)

    def _readable(self, entity: str) -> dict[str, Fact | Aggregate]:
        if entity not in self._visible:
            own = self.entities[entity]
            names = dict(_prefixed(entity, own))
            for link in own.links.values():
                names.update(_prefixed(link.name, self.entities[link.entity]))
            self._visible[entity] = names
        return self._visible[entity]

    def get(self, name: str) -> Fact | Aggregate | None:
        """Return the fact or aggregate with the full name `name`, or None."""
        entity, _, short = name.partition(".")
        return self.entities[entity].get(short) if entity in self.entities else None

    def labels_of(self, name: str) -> frozenset[str]:
        """Return the labels of a fact or aggregate (full name) and of all that it derives from.

        Raises KeyError for an unknown name.
        """
        labels: set[str] = set()
        seen = {name}
        waiting = [name]
        while waiting:
            current = self.get(waiting.pop())
            if current is None:
                raise KeyError(name)
            labels.update(current.labels)
            # the filter of an aggregate holds texts that only look like names
            parents = [parent for parent in current.derived_from if self.get(parent) is not None]
            waiting.extend(parent for parent in parents if parent not in seen)
            seen.update(parents)
        return frozenset(labels)

    def record_keys(self) -> Mapping[str, str]:
        """Return all keys that a record may have, with the entity each stands for."""
        keys = {name: name for name in self.entities}
        for entity in self.entities.values():
            keys.update({name: link.entity for name, link in entity.links.items()})
        return keys


def _prefixed(prefix: str, entity: Entity) -> Iterable[tuple[str, Fact | Aggregate]]:
    for short, fact in entity.facts.items():
        yield f"{prefix}.{short}", fact
    for short, aggregate in entity.aggregates.items():
        yield f"{prefix}.{short}", aggregate
