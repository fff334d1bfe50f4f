"""Whether a CRM mapping fits a fact model and itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from fairlead.documents.positions import join_pointer
from fairlead.facts.model import Entity, FactModel
from fairlead.facts.types import DecimalType, IntegerType, MoneyType, OneOfType, Type
from fairlead.facts.values import UnfitValue, internal_from_json
from fairlead.problems import Problem, nearest_name
from fairlead.ruleset.crm_mapping_document import CrmMappingDocument, EntityPart, FactSource, ObjectPart
from fairlead.ruleset.typed import Check, Decision, Reward

__all__ = ["RECORD", "crm_mapping_problems", "override_problems"]

#: what a link of an entity says where the same record embodies the other entity
RECORD = "record"

_NUMBERS = (IntegerType, DecimalType, MoneyType)


def crm_mapping_problems(document: CrmMappingDocument, model: FactModel) -> Iterator[Problem]:
    """Yield what does not fit the model or itself."""
    seen: dict[str, str] = {}
    for name, part in document.objects.items():
        for link, target in part.links.items():
            if target.object not in document.objects:
                yield Problem(
                    "unknown-object",
                    f"the link `{link}` points to an object that the mapping does not read",
                    join_pointer(["objects", name, "links", link, "object"]),
                    found=target.object,
                    allowed=tuple(document.objects),
                )
        yield from _conversion_problems(document, name, part)
        for entity, entity_part in part.entities.items():
            pointer = join_pointer(["objects", name, "entities", entity])
            known = model.entities.get(entity)
            if known is None:
                yield Problem(
                    "unknown-entity",
                    f"the fact model has no entity `{entity}`",
                    pointer,
                    found=entity,
                    allowed=tuple(model.entities),
                    nearest=nearest_name(entity, model.entities),
                )
                continue
            # messages of several kinds are one entity; what is written to has one home
            if entity in seen and entity in ("lead", "partner", "introduction"):
                yield Problem(
                    "duplicate-name",
                    f"`{entity}` is embodied by two objects, `{seen[entity]}` and `{name}`",
                    pointer,
                    found=entity,
                )
            seen.setdefault(entity, name)
            yield from _entity_problems(part, entity_part, known, model, pointer)


def _conversion_problems(document: CrmMappingDocument, name: str, part: ObjectPart) -> Iterator[Problem]:
    if part.after_conversion is None:
        return
    into, pointer = part.after_conversion.object, join_pointer(["objects", name, "after_conversion"])
    if into in document.objects:
        # its records embody what they embody: the same result would stand there twice
        message = f"`{into}` is read by the mapping, and takes no results of what was converted into it"
        remedy = "take `after_conversion` out, or the object"
        yield Problem("duplicate-name", message, f"{pointer}/object", found=into, remedy=remedy)
    for position, entity in enumerate(part.after_conversion.entities):
        if entity not in part.entities:
            yield Problem(
                "unknown-entity",
                f"records of this object embody no `{entity}`",
                f"{pointer}/entities/{position}",
                found=entity,
                allowed=tuple(part.entities),
            )


def _entity_problems(
    part: ObjectPart, entity_part: EntityPart, known: Entity, model: FactModel, pointer: str
) -> Iterator[Problem]:
    for short, source in entity_part.facts.items():
        place = f"{pointer}/facts/{short}"
        fact = known.facts.get(short)
        if fact is None or short == "id":
            yield Problem(
                "unknown-fact",
                f"`{known.name}` has no fact `{short}` that a mapping can give",
                place,
                found=f"{known.name}.{short}",
                nearest=nearest_name(short, known.facts),
                remedy="name a fact of the model, or add one in an overlay of the model",
            )
            continue
        yield from _value_problems(fact.type, source, place)
    for link, through in entity_part.links.items():
        place = f"{pointer}/links/{link}"
        target = known.links.get(link)
        if target is None:
            yield Problem(
                "unknown-link",
                f"`{known.name}` has no link `{link}`",
                place,
                found=link,
                allowed=tuple(known.links),
                nearest=nearest_name(link, known.links),
            )
        elif through == RECORD:
            if target.entity not in part.entities:
                yield Problem(
                    "unknown-entity",
                    f"records of this object embody no `{target.entity}`",
                    place,
                    found=target.entity,
                    allowed=tuple(part.entities),
                )
        elif through not in part.links:
            yield Problem(
                "unknown-link",
                f"the object has no link `{through}`",
                place,
                found=through,
                allowed=(RECORD, *part.links),
            )


def override_problems(
    document: CrmMappingDocument, decisions: Mapping[str, Decision], *, shipped: bool = False
) -> Iterator[Problem]:
    """Yield what keeps a mapping's overrides from the decisions about what it reads.

    A `shipped` mapping may name what a project does not decide.
    """
    seen: set[str] = set()
    for position, listed in enumerate(document.overrides):
        place = join_pointer(["overrides", position])
        name, kept = (listed, []) if isinstance(listed, str) else (listed.decision, listed.never_over)
        decision = decisions.get(name)
        if name in seen:
            yield Problem("duplicate-name", f"`{name}` is listed twice", place, found=name)
        elif decision is not None:
            yield from _overridden_problems(document, decision, kept, place)
        elif not shipped:
            yield Problem(
                "unknown-decision",
                f"no ruleset of the project decides `{name}` about what the mapping reads",
                place,
                found=name,
                nearest=nearest_name(name, decisions),
                remedy="name a decision of the project, or take it out",
            )
        seen.add(name)


def _overridden_problems(
    document: CrmMappingDocument, decision: Decision, kept: Sequence[str], place: str
) -> Iterator[Problem]:
    name, type_ = decision.name, decision.type
    in_two_fields = isinstance(type_, MoneyType) and type_.currency is None
    if isinstance(decision, Check | Reward) or in_two_fields:
        yield Problem(
            "no-override",
            f"`{name}` cannot be overridden: it is a check, a reward, or an amount in any currency",
            place,
            found=name,
            remedy="correct the facts that it is decided from",
        )
        return
    if document.results.get(name, "") is None:
        yield Problem(
            "no-override",
            f"`{name}` cannot be overridden: `results` writes it nowhere",
            place,
            found=name,
            remedy="take it out here, or let `results` name a field",
        )
    known = type_.values if isinstance(type_, OneOfType) else ()
    for position, value in enumerate(kept):
        if value not in known:
            said = f"`{name}` is never `{value}`" if known else f"`{name}` has no listed values"
            yield Problem(
                "unknown-value",
                f"{said}: there is nothing that an override could hide",
                f"{place}/never_over/{position}",
                found=value,
                allowed=known,
                nearest=nearest_name(value, known),
            )


def _value_problems(type_: Type, source: FactSource, pointer: str) -> Iterator[Problem]:
    values = dict(source.values or {})
    if source.constant is not None:
        values["constant"] = source.constant
    for key, value in values.items():
        if value is None:
            continue
        place = f"{pointer}/constant" if key == "constant" else pointer + join_pointer(["values", key])
        try:
            internal_from_json(type_, value)
        except UnfitValue as unfit:
            yield unfit.problem(key, place)
    if source.values is None and isinstance(type_, _NUMBERS) and source.fields is not None:
        yield Problem("wrong-type", "a number cannot be made of several fields", pointer + "/fields")
