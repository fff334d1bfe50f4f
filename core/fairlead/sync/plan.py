"""What a project decides about each entity of a CRM, and what each decision reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from fairlead.engine import Program
from fairlead.facts.model import FactModel
from fairlead.problems import Problem, UsageError
from fairlead.project import Project
from fairlead.project.assembling import Reads, reads_of
from fairlead.sync.mapping import BECAME, CrmMapping
from fairlead.sync.overrides import OVERRIDES

__all__ = ["EntityPlan", "Plan", "make_plan"]


#: the facts that tracking codes stand in, by entity
_CODES = {"lead": {"tracking_code"}, "partner": {"code"}}


@dataclass(frozen=True, slots=True)
class EntityPlan:
    """What is decided about one entity: programs with the names of their decisions about it."""

    object: str
    programs: tuple[tuple[Program, tuple[str, ...]], ...]
    reads: Reads

    @property
    def entity(self) -> str:
        """The entity that is decided about."""
        return self.reads.entity


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
            entities[entity] = EntityPlan(object_, kept, _reads(model, mapping, entity, object_, kept))
    return Plan(model, entities, programs)


def _about(program: Program, entity: str) -> tuple[str, ...]:
    return tuple(name for name in program.decisions if name.partition(".")[0] == entity)


def _reads(
    model: FactModel,
    mapping: CrmMapping,
    entity: str,
    object_: str,
    programs: tuple[tuple[Program, tuple[str, ...]], ...],
) -> Reads:
    names = {name for program, decisions in programs for each in decisions for name in program.reads(each)}
    own: set[str] = set()
    if mapping.document.tracking_code is not None:
        # no rule reads the codes; the sync itself follows them
        own |= _CODES.get(entity, set())
    if any(name.partition(".")[0] == entity for name in mapping.document.overridden):
        own.add(OVERRIDES)
    if mapping.after_conversion(object_) is not None:
        own.add(BECAME)
    names |= {f"{entity}.{short}" for short in own}
    return reads_of(model, entity, names, lambda each: mapping.object_of(each) is not None)
