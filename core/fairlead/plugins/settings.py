"""Checking a connector's settings against the JSON Schema that it announced."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from fairlead.plugins.hookspecs import ConnectorInfo
from fairlead.problems import Problem, nearest_name

if TYPE_CHECKING:
    from jsonschema import ValidationError

__all__ = ["validate_settings"]

_TYPE_NAMES = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "a whole number",
    "null": "nothing",
    "number": "a number",
    "object": "a table",
    "string": "text",
}
_SECRET_WORDS = ("key", "password", "secret", "token")


def validate_settings(
    info: ConnectorInfo, settings: Mapping[str, object], *, option: str | None = None
) -> list[Problem]:
    """Return every problem of a connector's settings, in the order of their places.

    `settings` is the connector's table of `fairlead.toml`, as parsed. Pointers are relative to it. The
    value of an unknown setting is never repeated: it may be a secret put in the wrong place. Where settings
    come from a command line, `option` is the one that states them, which the remedies then name.
    """
    # jsonschema takes longer to import than `fairlead --version` may take to run
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    try:
        Draft202012Validator.check_schema(info.settings_schema)
    except SchemaError as error:
        return [
            Problem(
                code="bad-settings-schema",
                message=f"connector `{info.name}` brings a broken settings schema: {error.message}",
                remedy="report this to the connector's author",
            )
        ]
    validator = Draft202012Validator(dict(info.settings_schema))
    problems = {
        problem
        for error in validator.iter_errors(dict(settings))
        for problem in _problems(info, error, option)
    }
    return sorted(problems, key=lambda problem: (problem.pointer, problem.code, problem.message))


def _problems(info: ConnectorInfo, error: ValidationError, option: str | None) -> Iterator[Problem]:
    for problem in _found(info, error, option):
        if option is None or problem.remedy is not None:
            yield problem
        elif error.absolute_path:
            name = str(error.absolute_path[0])
            yield replace(problem, remedy=f"give `{option} {name}=VALUE`{_described(info, name)}")
        else:
            yield replace(problem, remedy=f"give `{option} KEY=VALUE` with a setting that the connector has")


def _described(info: ConnectorInfo, name: str) -> str:
    """Return what the schema says of a setting, to stand at the end of a sentence."""
    properties: Any = info.settings_schema.get("properties")
    text = properties.get(name, {}).get("description") if isinstance(properties, Mapping) else None
    return f": {text[:1].lower()}{text[1:].rstrip('.')}" if isinstance(text, str) and text else ""


def _found(info: ConnectorInfo, error: ValidationError, option: str | None) -> Iterator[Problem]:
    pointer = _pointer(error.absolute_path)
    name = str(error.absolute_path[-1]) if error.absolute_path else info.name
    # the value of the schema's keyword, and what it was applied to: as open as JSON Schema is
    rule: Any = error.validator_value
    instance: Any = error.instance
    match error.validator:
        case "additionalProperties":
            yield from _unknown(info, error.schema, instance, pointer)
        case "required":
            for missing in (member for member in rule if member not in instance):
                yield Problem(
                    code="missing-key",
                    message=f"connector `{info.name}` needs the setting `{missing}`",
                    pointer=pointer,
                    remedy=f"add `{missing}` to the connector's settings"
                    if option is None
                    else f"give `{option} {missing}=VALUE`{_described(info, missing)}",
                )
        case "type":
            wanted = [rule] if isinstance(rule, str) else rule
            yield Problem(
                code="wrong-type",
                message=f"setting `{name}` is not {' or '.join(_TYPE_NAMES[each] for each in wanted)}",
                pointer=pointer,
                found=_shown(instance),
            )
        case "enum" | "const":
            allowed = tuple(str(value) for value in (rule if error.validator == "enum" else [rule]))
            yield Problem(
                code="unknown-value",
                message=f"setting `{name}` has a value that is not allowed",
                pointer=pointer,
                found=_shown(instance),
                allowed=allowed,
                nearest=nearest_name(str(instance), allowed),
            )
        case keyword:
            yield Problem(
                code="invalid-value",
                message=f"setting `{name}` breaks its rule `{keyword}`",
                pointer=pointer,
                found=_shown(instance),
                allowed=(_shown(rule),),
            )


def _unknown(info: ConnectorInfo, schema: Any, settings: Iterable[str], pointer: str) -> Iterator[Problem]:
    known = tuple(schema.get("properties", ()))
    patterns = tuple(schema.get("patternProperties", ()))
    for key in settings:
        if key in known or any(re.search(pattern, key) for pattern in patterns):
            continue
        is_secret = any(word in key.lower() for word in _SECRET_WORDS)
        yield Problem(
            code="unknown-key",
            message=f"connector `{info.name}` has no setting `{key}`",
            pointer=f"{pointer}/{_escaped(key)}",
            found=key,
            allowed=known,
            nearest=nearest_name(key, known),
            remedy="set secrets in the environment, never in a project's files" if is_secret else None,
        )


def _pointer(path: Iterable[str | int]) -> str:
    return "".join(f"/{_escaped(str(part))}" for part in path)


def _escaped(part: str) -> str:
    return part.replace("~", "~0").replace("/", "~1")


def _shown(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
