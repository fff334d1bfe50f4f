"""Applying overlays to a fact model: a client's facts of its own on top of a shipped model."""

from __future__ import annotations

import copy
from typing import Any

from fairlead.documents.json_text import Document
from fairlead.documents.positions import join_pointer
from fairlead.documents.shapes import check_shape
from fairlead.facts.document import FactModelDocument
from fairlead.facts.model import texts_in
from fairlead.facts.overlay_document import (
    AggregateChange,
    Change,
    EntityChange,
    FactChange,
    FactModelOverlay,
    LabelChange,
    LinkChange,
)
from fairlead.problems import DocumentError, Problem, nearest_name

__all__ = ["apply_overlay"]


def apply_overlay(base: Document, *overlays: Document) -> Document:
    """Return the document of the fact model that overlays, applied one after the other, make of `base`.

    Each extends the model that the ones before it make. Problems of the result have their place in the
    document that each part came from. Raises DocumentError.
    """
    if overlays:
        check_shape(FactModelDocument, base)
    document = base
    before: list[dict[str, Any]] = []
    for overlay in overlays:
        before.append(document.value)
        document = _applied(document, overlay)
        # what an earlier overlay removed comes back with all that it had, or not at all
        dropped = {
            problem.pointer: problem for value in before for problem in _dropped(value, document.value)
        }
        if dropped:
            raise DocumentError(document.locate(dropped.values()))
    return document


def _applied(base: Document, overlay: Document) -> Document:
    shape = check_shape(FactModelOverlay, overlay)
    value = copy.deepcopy(base.value)
    problems = _base_problems(shape, value)
    origins: dict[str, tuple[Document, str]] = {"": (base, "")}
    value["name"], value["version"] = shape.name, shape.version
    for key in ("name", "version", "title", "about"):
        if overlay.value.get(key) is not None:
            value[key] = overlay.value[key]
            origins[f"/{key}"] = (overlay, f"/{key}")
    for index, change in enumerate(shape.changes):
        raw = overlay.value["changes"][index]
        problem = _apply(value, change, raw.get("value"), f"/changes/{index}", origins, overlay)
        if problem is not None:
            problems.append(problem)
    if problems:
        raise DocumentError(overlay.locate(problems))
    return Document.resolved(value, file=overlay.file, origins=origins)


def _base_problems(shape: FactModelOverlay, base: dict[str, Any]) -> list[Problem]:
    wanted = (shape.extends.name, shape.extends.version)
    found = (base.get("name"), base.get("version"))
    if wanted == found:
        return []
    message = f"the overlay extends `{wanted[0]}` {wanted[1]}, but is applied to `{found[0]}` {found[1]}"
    return [Problem("wrong-base", message, "/extends", found=f"{wanted[0]} {wanted[1]}")]


def _section(value: dict[str, Any], change: Change) -> tuple[list[str], dict[str, Any] | None]:
    """Return where the things that a change is about stand, and the object that holds them."""
    if isinstance(change, EntityChange):
        return ["entities"], value.setdefault("entities", {})
    if isinstance(change, LabelChange):
        return ["labels"], value.setdefault("labels", {})
    if isinstance(change, FactChange):
        section = "facts"
    elif isinstance(change, AggregateChange):
        section = "aggregates"
    else:
        section = "links" if isinstance(change, LinkChange) else "related"
    entity = value["entities"].get(change.entity)
    if entity is None:
        return [], None
    return ["entities", change.entity, section], entity.setdefault(section, {})


def _apply(
    value: dict[str, Any],
    change: Change,
    raw: Any,
    pointer: str,
    origins: dict[str, tuple[Document, str]],
    overlay: Document,
) -> Problem | None:
    """Make one change in `value`, or return why it cannot be made."""
    path, section = _section(value, change)
    if section is None:
        name = getattr(change, "entity", "")
        return Problem(
            "unknown-entity",
            f"the entity `{name}` is not in the model",
            f"{pointer}/entity",
            found=name,
            allowed=tuple(value["entities"]),
            nearest=nearest_name(name, value["entities"]),
        )
    what = f"{change.what} `{change.id}`"
    if change.action == "add":
        if change.id in section:
            message = f"the {what} is already there"
            remedy = "use the action `replace`, or another id"
            return Problem("duplicate-id", message, f"{pointer}/id", found=change.id, remedy=remedy)
    elif change.id not in section:
        return Problem(
            "unknown-id",
            f"there is no {what} to {change.action}",
            f"{pointer}/id",
            found=change.id,
            allowed=tuple(section),
            nearest=nearest_name(change.id, section),
        )
    target = join_pointer([*path, change.id])
    for known in [known for known in origins if known == target or known.startswith(target + "/")]:
        del origins[known]
    if change.action == "remove":
        del section[change.id]
        return None
    section[change.id] = copy.deepcopy(raw)
    origins[target] = (overlay, f"{pointer}/value")
    return None


def _dropped(before: dict[str, Any], after: dict[str, Any]) -> list[Problem]:
    """Return a problem for each fact and aggregate that lost a label or a derivation.

    Whole models are compared, so that removing and adding again is no way around it, and a fact and an
    aggregate of one name are one thing.
    """
    problems = []
    for entity, old_entity in before["entities"].items():
        now = _parts(after["entities"].get(entity, {}))
        for short, (old_section, old) in _parts(old_entity).items():
            if short not in now:
                continue
            section, new = now[short]
            grows = [("labels", "label-dropped", old.get("labels", []))]
            # what an aggregate is computed from is read from itself
            if section == "facts":
                derived = old.get("derived_from", []) if old_section == "facts" else _read_by(old, before)
                grows.append(("derived_from", "derivation-dropped", derived))
            for key, code, had in grows:
                kept = new.get(key, [])
                lost = [name for name in had if name not in kept]
                if lost:
                    names = ", ".join(f"`{name}`" for name in lost)
                    problems.append(
                        Problem(
                            code,
                            f"`{entity}.{short}` leaves out {names}, which the original has in `{key}`",
                            join_pointer(["entities", entity, section, short, key]),
                            found=", ".join(kept) or "none",
                            remedy=f"add {names}",
                        )
                    )
    return problems


def _parts(entity: dict[str, Any]) -> dict[str, tuple[str, dict[str, Any]]]:
    """Return an entity's facts and aggregates by short name, each with the section it stands in."""
    return {
        short: (section, part)
        for section in ("facts", "aggregates")
        for short, part in entity.get(section, {}).items()
    }


def _read_by(aggregate: dict[str, Any], model: dict[str, Any]) -> list[str]:
    """Return the names of facts that stand in an aggregate's value, filter and window."""
    names = {
        f"{entity}.{short}" for entity, value in model["entities"].items() for short in value.get("facts", {})
    }
    window = aggregate.get("window") or {}
    return sorted(names & texts_in([aggregate.get("value"), aggregate.get("where"), window.get("on")]))
