"""Fields of ours as Salesforce's metadata says them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from fairlead.plugins.fields import FieldKind, FieldSpec, Option

__all__ = ["developer_name", "metadata_of", "option_values", "with_options"]

#: the longest name of a field, without `__c`, and the longest label
_LONGEST_NAME = 40
_LONGEST_LABEL = 40
_LONGEST_TEXT = 255
_LONGEST_HELP = 510
_LONGEST_DESCRIPTION = 1_000
#: what a long text holds unless said otherwise, and at most
_LONG_TEXT = 32_768
_MOST_LONG_TEXT = 131_072
_DIGITS = 18


def developer_name(base: str) -> str:
    """Return the name of a field of ours without `__c`, at most 40 characters."""
    name = f"Fairlead_{base}"
    if len(name) <= _LONGEST_NAME:
        return name
    mark = hashlib.sha256(base.encode()).hexdigest()[:6]
    return f"{name[: _LONGEST_NAME - 7].rstrip('_')}_{mark}"


def metadata_of(spec: FieldSpec) -> dict[str, Any]:
    """Return the `Metadata` that creates a field."""
    found: dict[str, Any] = {
        "label": spec.label[:_LONGEST_LABEL].strip(),
        "description": spec.description[:_LONGEST_DESCRIPTION] or None,
        "inlineHelpText": spec.description[:_LONGEST_HELP] or None,
        "required": False,
    }
    return {name: value for name, value in (found | _by_kind(spec)).items() if value is not None}


def _by_kind(spec: FieldSpec) -> dict[str, Any]:
    match spec.kind:
        case FieldKind.LONG_TEXT:
            return _long_text(spec)
        case FieldKind.BOOLEAN:
            return {"type": "Checkbox", "defaultValue": "false", "required": None}
        case FieldKind.INTEGER:
            return {"type": "Number", "precision": _DIGITS, "scale": 0}
        case FieldKind.DECIMAL:
            scale = 2 if spec.scale is None else spec.scale
            return {"type": "Number", "precision": min(spec.precision or _DIGITS, _DIGITS), "scale": scale}
        case FieldKind.DATE:
            return {"type": "Date"}
        case FieldKind.DATE_TIME:
            return {"type": "DateTime"}
        case FieldKind.ONE_OF:
            return {"type": "Picklist", "valueSet": _value_set(spec.options)}
        case FieldKind.MANY_OF:
            return {"type": "MultiselectPicklist", "visibleLines": 4, "valueSet": _value_set(spec.options)}
        case FieldKind.LINK:
            name = spec.name.removesuffix("__c")
            return {
                "type": "Lookup",
                "referenceTo": spec.links_to,
                "relationshipName": f"{spec.object}s_{name}"[:_LONGEST_NAME],
                "relationshipLabel": f"{spec.object}s",
                "deleteConstraint": "SetNull",
            }
    if (spec.length or _LONGEST_TEXT) > _LONGEST_TEXT:
        return _long_text(spec)
    text: dict[str, Any] = {"type": "Text", "length": spec.length or _LONGEST_TEXT}
    if spec.unique:
        text |= {"unique": True, "externalId": True, "caseSensitive": False}
    return text


def _long_text(spec: FieldSpec) -> dict[str, Any]:
    # Salesforce has no long text of less than 256 characters
    length = min(max(spec.length or _LONG_TEXT, _LONGEST_TEXT + 1), _MOST_LONG_TEXT)
    return {"type": "LongTextArea", "length": length, "visibleLines": 4}


def _value_set(options: Sequence[Option]) -> dict[str, Any]:
    return {
        "restricted": True,
        "valueSetDefinition": {"sorted": False, "value": [_value(option) for option in options]},
    }


def _value(option: Option) -> dict[str, Any]:
    return {"fullName": option.value, "label": option.label, "default": False}


def option_values(metadata: Mapping[str, Any]) -> set[str]:
    """Return the values of a pick list's metadata."""
    definition = (metadata.get("valueSet") or {}).get("valueSetDefinition") or {}
    return {str(each.get("fullName") or each.get("valueName")) for each in definition.get("value") or ()}


def with_options(metadata: Mapping[str, Any], options: Sequence[Option]) -> dict[str, Any]:
    """Return a pick list's metadata with options added; what people added stays."""
    known = option_values(metadata)
    values = dict(metadata.get("valueSet") or {"restricted": True})
    definition = dict(values.get("valueSetDefinition") or {"sorted": False})
    added = [_value(option) for option in options if option.value not in known]
    definition["value"] = [*(definition.get("value") or ()), *added]
    return {**metadata, "valueSet": {**values, "valueSetDefinition": definition}}
