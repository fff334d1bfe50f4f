"""pydantic's errors on a document, as problems in the document's own terms.

pydantic's locations name the branch of a union that was tried; a JSON pointer must not. The types of the
model tell the two apart.
"""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from fairlead.documents.found import found_text, json_kind
from fairlead.documents.positions import join_pointer
from fairlead.problem_codes import CODES
from fairlead.problems import Problem, nearest_name

__all__ = ["shape_problems"]

#: pydantic's error -> what it wanted
_WANTED = {
    "bool_type": "true or false",
    "dict_type": "an object",
    "float_type": "a number",
    "int_from_float": "an integer",
    "int_type": "an integer",
    "list_type": "a list",
    "mapping_type": "an object",
    "model_attributes_type": "an object",
    "model_type": "an object",
    "none_required": "null",
    "string_type": "text",
}

#: pydantic's error -> (its limit's name in the context, how the limit is said)
_LIMITS = {
    "greater_than": ("gt", "above"),
    "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "below"),
    "less_than_equal": ("le", "at most"),
    "multiple_of": ("multiple_of", "a multiple of"),
}


@dataclass(frozen=True)
class _Place:
    """A type on the way along a location; `annotation` None once the way is lost."""

    annotation: Any
    discriminator: str | None = None


_LOST = _Place(None)


def _plain(place: _Place) -> _Place:
    """Return the place without aliases, annotations and `| None`."""
    annotation, discriminator = place.annotation, place.discriminator
    while True:
        if hasattr(annotation, "__value__"):
            annotation = annotation.__value__
        elif get_origin(annotation) is Annotated:
            annotation, *metadata = get_args(annotation)
            for item in metadata:
                if isinstance(item, FieldInfo) and isinstance(item.discriminator, str):
                    discriminator = item.discriminator
        elif get_origin(annotation) in (Union, types.UnionType):
            members = [member for member in get_args(annotation) if member is not type(None)]
            if len(members) > 1:
                return _Place(annotation, discriminator)
            annotation = members[0]
        else:
            return _Place(annotation, discriminator)


def _members(place: _Place) -> list[type[BaseModel]]:
    """Return the models that a union chooses from."""
    found = []
    for member in get_args(place.annotation):
        annotation = _plain(_Place(member)).annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            found.append(annotation)
    return found


def _tags(model: type[BaseModel], discriminator: str) -> tuple[str, ...]:
    for name, field in model.model_fields.items():
        if discriminator in (name, field.alias):
            annotation = _plain(_Place(field.annotation)).annotation
            return tuple(str(tag) for tag in get_args(annotation)) if _is_literal(annotation) else ()
    return ()


def _is_literal(annotation: Any) -> bool:
    return get_origin(annotation) is Literal


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _is_union(annotation: Any) -> bool:
    return get_origin(annotation) in (Union, types.UnionType)


def _keys(model: type[BaseModel]) -> dict[str, FieldInfo]:
    return {field.alias or name: field for name, field in model.model_fields.items()}


def _chosen(place: _Place, item: str | int) -> _Place | None:
    """Return the branch of a union that a location's item names, or None where it names none."""
    for model in _members(place):
        if place.discriminator is not None and str(item) in _tags(model, place.discriminator):
            return _Place(model)
        if place.discriminator is None and item == model.__name__:
            return _Place(model)
    return None


def _below(place: _Place, item: str | int) -> _Place:
    """Return the place of a member of an object or list."""
    annotation = place.annotation
    if _is_model(annotation):
        field = _keys(annotation).get(str(item))
        if field is None:
            return _LOST
        discriminator = field.discriminator if isinstance(field.discriminator, str) else None
        return _Place(field.annotation, discriminator)
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (dict, Mapping) and len(arguments) == 2:
        return _Place(arguments[1])
    if origin in (list, tuple, Sequence) and arguments:
        return _Place(arguments[0])
    return _LOST


def _exists(value: Any, item: str | int) -> bool:
    if isinstance(value, dict):
        return item in value
    return isinstance(value, list) and isinstance(item, int) and item < len(value)


def _walk(
    model: type[BaseModel], value: Any, location: tuple[str | int, ...]
) -> tuple[list[str | int], _Place]:
    """Return the JSON path of a location, and the type that stands there."""
    path: list[str | int] = []
    place = _Place(model)
    for position, item in enumerate(location):
        place = _plain(place)
        if _is_union(place.annotation):
            chosen = _chosen(place, item)
            if chosen is not None:
                place = chosen
                continue
        known = _is_model(place.annotation) or get_origin(place.annotation) in (dict, Mapping, list, Sequence)
        if item == "[key]" and position == len(location) - 1:
            break
        if known or _exists(value, item):
            path.append(item)
            value = value[item] if _exists(value, item) else None
            place = _below(place, item)
    return path, _plain(place)


def _shape_problem(error: ErrorDetails, model: type[BaseModel], value: Any) -> Problem:
    path, place = _walk(model, value, error["loc"])
    pointer = join_pointer(path)
    kind, found, context = error["type"], error["input"], error.get("ctx", {})
    shown = found_text(found)
    if kind in CODES:
        return Problem(
            kind,
            str(context["message"]),
            join_pointer([*path, *context["below"]]),
            found=context["found"],
            allowed=context["allowed"],
            nearest=context["nearest"],
            remedy=context["remedy"],
        )
    if kind == "missing":
        key = error["loc"][-1]
        # the way ends above the keys of what is no model
        pointer = pointer if path[-1] == key else join_pointer([*path, key])
        return Problem("missing-key", f"the key `{key}` is missing", pointer)
    if kind in ("extra_forbidden", "unexpected_keyword_argument"):
        return _unknown_key(model, error["loc"], value, pointer)
    if kind == "union_tag_not_found":
        return _missing_tag(place, pointer)
    if kind in ("union_tag_invalid", "literal_error"):
        return _unknown_value(place, pointer, found)
    if kind in _WANTED:
        message = f"{_WANTED[kind]} is expected here; this is {json_kind(found)}"
        return Problem("wrong-type", message, pointer, found=shown)
    if kind in _LIMITS:
        limit, said = _LIMITS[kind]
        message = f"the number must be {said} {context[limit]}"
        return Problem("value-out-of-range", message, pointer, found=shown)
    if kind in ("string_too_short", "too_short"):
        return Problem("empty-value", "this must not be empty", pointer, found=shown)
    return Problem(
        "invalid-value", "the value does not have the form that is expected here", pointer, found=shown
    )


def _unknown_key(
    model: type[BaseModel], location: tuple[str | int, ...], value: Any, pointer: str
) -> Problem:
    key = str(location[-1])
    _, parent = _walk(model, value, location[:-1])
    allowed = tuple(_keys(parent.annotation)) if _is_model(parent.annotation) else ()
    return Problem(
        "unknown-key",
        f"the key `{found_text(key)}` is not known here",
        pointer,
        found=found_text(key),
        allowed=allowed,
        nearest=nearest_name(key, allowed),
    )


def _missing_tag(place: _Place, pointer: str) -> Problem:
    name = place.discriminator or "type"
    return Problem(
        "missing-key",
        f"the key `{name}` is missing",
        f"{pointer}/{name}",
        allowed=_all_tags(place),
    )


def _all_tags(place: _Place) -> tuple[str, ...]:
    if place.discriminator is None:
        return ()
    return tuple(tag for model in _members(place) for tag in _tags(model, place.discriminator))


def _unknown_value(place: _Place, pointer: str, found: Any) -> Problem:
    allowed: tuple[str, ...] = ()
    if _is_literal(place.annotation):
        allowed = tuple(str(value) for value in get_args(place.annotation))
    elif place.discriminator is not None:
        allowed = _all_tags(place)
        pointer = f"{pointer}/{place.discriminator}"
        found = found.get(place.discriminator) if isinstance(found, dict) else found
    shown = found_text(found)
    return Problem(
        "unknown-value",
        f"`{shown}` is not one of the values allowed here",
        pointer,
        found=shown,
        allowed=allowed,
        nearest=nearest_name(found, allowed) if isinstance(found, str) else None,
    )


def shape_problems(error: ValidationError, model: type[BaseModel], value: Any) -> list[Problem]:
    """Return a problem for each error, with its pointer; several wants at one place become one problem."""
    problems: dict[tuple[str, str, str], Problem] = {}
    for details in error.errors(include_url=False):
        problem = _shape_problem(details, model, value)
        same_place = (problem.code, problem.pointer, "" if problem.code == "wrong-type" else problem.message)
        earlier = problems.get(same_place)
        if earlier is not None and earlier.message != problem.message:
            wants = earlier.message.removesuffix(" is expected here; this is " + json_kind(details["input"]))
            problem = replace(problem, message=f"{wants} or {problem.message}")
        problems[same_place] = problem
    return list(problems.values())
