"""What a project decides about each entity of a CRM, and what each decision reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from fairlead.engine import Program
from fairlead.facts.model import Aggregate, FactModel
from fairlead.problems import Problem, UsageError
from fairlead.project import Project
from fairlead.sync.mapping import BECAME, CrmMapping
from fairlead.sync.overrides import OVERRIDES

__all__ = ["EntityPlan", "LinkReads", "ListReads", "Plan", "make_plan"]


#: the facts that tracking codes stand in, by entity
_CODES = {"lead": {"tracking_code"}, "partner": {"code"}}


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
class EntityPlan:
    """What is decided about one entity: programs with the names of their decisions about it."""

    entity: str
    object: str
    programs: tuple[tuple[Program, tuple[str, ...]], ...]
    facts: frozenset[str]
    lists: tuple[ListReads, ...]
    links: tuple[LinkReads, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """All that a project decides, as of one instant."""

    model: FactModel
    entities: Mapping[str, EntityPlan]
    programs: tuple[Program, ...]

    def of_object(self, object_: str) -> tuple[EntityPlan, ...]:
        """Return the plans of the entities that are written back to an object."""
        return tuple(plan for plan in self.entities.values() if plan.object == object_)

    @property
    def objects(self) -> tuple[str, ...]:
        """The objects that results are written back to."""
        return tuple(dict.fromkeys(plan.object for plan in self.entities.values()))


def make_plan(project: Project, mapping: CrmMapping, as_of: datetime, *, draft: bool = False) -> Plan:
    """Return what a project's rulesets, in force at `as_of`, decide about what the mapping reads.

    Decisions about entities that the mapping does not embody are left out. With `draft` nothing is to be
    decided by the plan, and the rulesets need no approval. Raises UsageError where the rulesets build on
    different fact models, and where they or the mapping are not approved and have to be.
    """
    programs = tuple(
        project.draft(name, as_of=as_of)
        if draft
        else project.approved_with(mapping.digest, project.program(name, as_of=as_of))
        for name in project.ruleset_names
    )
    models = {program.ruleset.model.digest: program for program in programs}
    if len(models) > 1:
        names = sorted(program.ruleset.model.name for program in models.values())
        message = f"the project's rulesets build on different fact models: {', '.join(names)}"
        remedy = "let all of them name one model in one version"
        raise UsageError([Problem("different-models", message, remedy=remedy)])
    model = programs[0].ruleset.model
    entities: dict[str, EntityPlan] = {}
    for entity in model.entities:
        object_ = mapping.object_of(entity)
        if object_ is None:
            continue
        decided = [(program, _about(program, entity)) for program in programs]
        kept = tuple((program, names) for program, names in decided if names)
        if kept:
            entities[entity] = _EntityPlanner(model, mapping).plan(entity, object_, kept)
    return Plan(model, entities, programs)


def _about(program: Program, entity: str) -> tuple[str, ...]:
    return tuple(name for name in program.decisions if name.partition(".")[0] == entity)


class _EntityPlanner:
    def __init__(self, model: FactModel, mapping: CrmMapping) -> None:
        self._model = model
        self._mapping = mapping

    def plan(
        self, entity: str, object_: str, programs: tuple[tuple[Program, tuple[str, ...]], ...]
    ) -> EntityPlan:
        names = {
            name for program, decisions in programs for each in decisions for name in program.reads(each)
        }
        by_key: dict[str, set[str]] = {}
        for name in names:
            key, _, short = name.partition(".")
            by_key.setdefault(key, set()).add(short)
        own = by_key.pop(entity, set())
        if self._mapping.document.tracking_code is not None:
            # no rule reads the codes; the sync itself follows them
            own |= _CODES.get(entity, set())
        if any(name.partition(".")[0] == entity for name in self._mapping.document.overridden):
            own.add(OVERRIDES)
        if self._mapping.after_conversion(object_) is not None:
            own.add(BECAME)
        facts, lists = self._split(entity, own)
        links = []
        for key, shorts in sorted(by_key.items()):
            link = self._model.entities[entity].links.get(key)
            if link is not None:
                links.append(LinkReads(key, link.entity, *self._split(link.entity, shorts)))
        return EntityPlan(entity, object_, programs, facts, lists, tuple(links))

    def _split(self, entity: str, shorts: Iterable[str]) -> tuple[frozenset[str], tuple[ListReads, ...]]:
        """Return the facts among short names, and the lists that the aggregates among them need."""
        known = self._model.entities[entity]
        facts: set[str] = set()
        needed: dict[str, set[str]] = {}
        for short in shorts:
            aggregate = known.aggregates.get(short)
            if aggregate is None:
                facts.add(short)
                continue
            related = known.related[aggregate.of]
            # where the mapping does not read what is counted, the count is not known: it is not zero
            if self._mapping.object_of(related.entity) is not None:
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
