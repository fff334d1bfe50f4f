"""The JSON Schema of an expression, made from the operator table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fairlead.facts.values import ROUNDING_MODES
from fairlead.logic.operators import ALIASES, OPERATORS, Operator

__all__ = ["expression_schema"]


def _operand_list(least: int, most: int | None) -> dict[str, Any]:
    schema: dict[str, Any] = {
        "type": "array",
        "items": {"$ref": "#/$defs/expression"},
        "minItems": least,
    }
    if most is not None:
        schema["maxItems"] = most
    return schema


def _settings_schema(operator: Operator) -> dict[str, Any]:
    members: dict[str, Any] = {
        "scale": {"type": "integer", "minimum": 0, "maximum": 38},
        "rounding": {"enum": list(ROUNDING_MODES)},
        "currency": {"type": "string", "pattern": "^[A-Z]{3}$"},
    }
    return {
        "type": "object",
        "properties": {name: members[name] for name in operator.options},
        "required": list(operator.options),
        "additionalProperties": False,
    }


def _operator_schema(operator: Operator) -> dict[str, Any]:
    if operator.options:
        count = operator.least
        operands: dict[str, Any] = {
            "type": "array",
            "prefixItems": [{"$ref": "#/$defs/expression"}] * count + [_settings_schema(operator)],
            "minItems": count + 1,
            "maxItems": count + 1,
        }
    elif operator.name == "absent":
        operands = {
            "anyOf": [
                {"type": "string"},
                {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 1},
            ]
        }
    else:
        operands = _operands(operator.least, operator.most)
    return operands


def _operands(least: int, most: int | None) -> dict[str, Any]:
    """Return the schema of a list of operands; one operand may stand without its list."""
    operands = _operand_list(least, most)
    return {"anyOf": [{"$ref": "#/$defs/expression"}, operands]} if least == 1 else operands


def expression_schema(extra: Mapping[str, tuple[str, int]] | None = None) -> dict[str, Any]:
    """Return the JSON Schema of an expression (2020-12), to stand at `#/$defs/expression`.

    It knows the form only; names and types are checked when a ruleset loads. `extra` gives the title and the
    number of operands of each extra operator.
    """
    forms: dict[str, Any] = {
        operator.name: {"description": operator.summary, **_operator_schema(operator)}
        for operator in OPERATORS.values()
    }
    for alias, name in ALIASES.items():
        forms[alias] = {"description": f"The same as `{name}`.", **_operator_schema(OPERATORS[name])}
    for name, (title, count) in (extra or {}).items():
        forms[name] = {"description": title, **_operands(count, count)}
    names = {"type": "array", "items": {"type": "string"}}
    readable = {"type": ["string", "integer", "null"]}
    forms["var"] = {
        "description": "The value of a fact, decision, parameter or time; an optional second operand "
        'stands in where it is absent. `""` is the element inside `all`, `some` and `none`.',
        "anyOf": [
            readable,
            {"type": "array", "prefixItems": [readable, {"$ref": "#/$defs/expression"}], "maxItems": 2},
        ],
    }
    forms["missing"] = {
        "description": "The names among those given that are absent, as a list.",
        "anyOf": [{"type": "string"}, names],
    }
    forms["missing_some"] = {
        "description": "Empty once that many of the names are present, else the absent ones.",
        "type": "array",
        "prefixItems": [{"type": "integer", "minimum": 1}, names],
        "minItems": 2,
        "maxItems": 2,
    }
    for kind, meaning in (
        ("all", "True where every element passes; false for an empty list."),
        ("some", "True where any element passes."),
        ("none", "True where no element passes; true for an empty list."),
    ):
        forms[kind] = {"description": meaning, **_operand_list(2, 2)}
    forms["decimal"] = {"description": "An exact decimal.", "type": "string"}
    forms["date"] = {"description": "A day, YYYY-MM-DD.", "type": "string"}
    forms["date_time"] = {"description": "An instant, ISO 8601 with its offset.", "type": "string"}
    forms["money"] = {
        "description": "An amount and its currency.",
        "type": "array",
        "prefixItems": [{"type": "string"}, {"type": "string", "pattern": "^[A-Z]{3}$"}],
        "minItems": 2,
        "maxItems": 2,
    }
    return {
        "title": "expression",
        "description": "A typed JSONLogic expression.",
        "anyOf": [
            {"type": ["boolean", "number", "string"]},
            {"type": "array", "items": {"$ref": "#/$defs/expression"}},
            {
                "type": "object",
                "properties": forms,
                "minProperties": 1,
                "maxProperties": 1,
                "additionalProperties": False,
            },
        ],
    }
