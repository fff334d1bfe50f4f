"""Whether a CRM mapping fits a fact model and itself."""

from __future__ import annotations

from collections.abc import Iterator

from fairlead.documents.positions import join_pointer
from fairlead.facts.model import Entity, FactModel
from fairlead.facts.types import DecimalType, IntegerType, MoneyType, Type
from fairlead.facts.values import UnfitValue, internal_from_json
from fairlead.problems import Problem, nearest_name
from fairlead.ruleset.crm_mapping_document import CrmMappingDocument, EntityPart, FactSource, ObjectPart

__all__ = ["RECORD", "crm_mapping_problems"]

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
