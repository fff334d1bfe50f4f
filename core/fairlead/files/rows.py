"""A checked record on its way from a file to the engine."""

from __future__ import annotations

from typing import Any

from fairlead.engine.program import Program
from fairlead.problems import Problem

__all__ = ["Record", "Row", "id_entities", "nothing_to_decide", "record_id"]

#: a record of internal values: key of an entity or link -> fact -> value
Record = dict[str, dict[str, Any]]

#: (number of the record's first line, the record's id, the record)
Row = tuple[int, str | None, Record]


def id_entities(program: Program) -> tuple[str, ...]:
    """Return the entities whose `id` names a record, the first that a record has counting.

    They are those that are decided about. One that another of them links to comes later: a record of an
    introduction with its partner is known by the introduction.
    """
    decided = list(dict.fromkeys(name.partition(".")[0] for name in program.decisions))
    entities = program.ruleset.model.entities
    linked = {
        link.entity for entity in decided for link in entities[entity].links.values() if link.entity != entity
    }
    return tuple(sorted(decided, key=linked.__contains__))


def record_id(record: Record, entities: tuple[str, ...]) -> str | None:
    """Return the id of the first of the entities that the record has."""
    for entity in entities:
        facts = record.get(entity)
        if facts is not None:
            found: str | None = facts.get("id")
            return found
    return None


def nothing_to_decide(entities: tuple[str, ...]) -> Problem:
    """Return what is wrong with a record that has none of the entities decided about."""
    named = " or ".join(f"`{entity}`" for entity in entities)
    return Problem(
        "nothing-to-decide",
        f"the record has no {named}, and the ruleset decides about nothing else",
        allowed=entities,
        remedy="give the record that entity, or take a ruleset that decides about what it has",
    )
