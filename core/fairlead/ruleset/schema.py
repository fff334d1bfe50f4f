"""The published JSON Schemas (2020-12) of all documents, generated from the models that check them."""

from __future__ import annotations

from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue

from fairlead.documents.shapes import DocumentModel
from fairlead.facts.document import FactModelDocument
from fairlead.facts.overlay_document import FactModelOverlay
from fairlead.logic.expression_schema import expression_schema
from fairlead.ruleset.catalogue import RULESETS
from fairlead.ruleset.crm_mapping_document import CrmMappingDocument
from fairlead.ruleset.document import LockDocument, RatesDocument, RulesetDocument
from fairlead.ruleset.extra_operators import offered_operators
from fairlead.ruleset.mapping_document import MappingDocument
from fairlead.ruleset.overlay_document import RulesetOverlayDocument
from fairlead.ruleset.parts import EXPRESSION_MARK
from fairlead.ruleset.policy_pack_document import PolicyPackDocument
from fairlead.ruleset.scenarios import ScenariosDocument

__all__ = ["DIALECT", "json_schema", "json_schemas", "model_of", "schema_of"]

DIALECT = "https://json-schema.org/draft/2020-12/schema"

#: the model of each kind of document
_MODELS: dict[str, type[DocumentModel]] = {
    "ruleset": RulesetDocument,
    "ruleset-overlay": RulesetOverlayDocument,
    "fact-model": FactModelDocument,
    "fact-model-overlay": FactModelOverlay,
    "lock": LockDocument,
    "mapping": MappingDocument,
    "crm-mapping": CrmMappingDocument,
    "rates": RatesDocument,
    "scenarios": ScenariosDocument,
    "policy-pack": PolicyPackDocument,
}

_EXPRESSION = "expression"
#: keywords of other dialects that pydantic writes
_FOREIGN = frozenset({"discriminator"})
_REFERENCE = {"$ref": f"#/$defs/{_EXPRESSION}"}


class _Generator(GenerateJsonSchema):
    """pydantic's generator, with keys as words for titles."""

    schema_dialect = DIALECT

    def get_title_from_name(self, name: str) -> str:
        """Return a key as words, as people read it."""
        return name.replace("_", " ")


def _placed(schema: Any) -> Any:
    """Return the schema with references to the expression definition in the place of its marks."""
    if isinstance(schema, list):
        return [_placed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("$comment") == EXPRESSION_MARK["$comment"]:
        kept = {key: value for key, value in schema.items() if key not in (*EXPRESSION_MARK, "default")}
        return {**_REFERENCE, **kept}
    placed = {key: _placed(value) for key, value in schema.items() if key not in _FOREIGN}
    if "patternProperties" in placed:
        # keys that do not have the form are refused, not passed over
        placed.setdefault("additionalProperties", False)
    return placed


def _paragraph(text: str) -> str:
    return text.partition("\n\n")[0].replace("\n", " ")


def _tidy(schema: JsonSchemaValue) -> JsonSchemaValue:
    for definition in (schema, *schema.get("$defs", {}).values()):
        if isinstance(definition.get("description"), str):
            definition["description"] = _paragraph(definition["description"])
        # a key whose default is null is a key that may be left out, which `required` says already
        for member in definition.get("properties", {}).values():
            if isinstance(member, dict) and "default" in member and member["default"] is None:
                del member["default"]
    return schema


def model_of(kind: str) -> type[DocumentModel]:
    """Return the model that checks a kind of document. Raises KeyError for an unknown kind."""
    return _MODELS[kind]


def json_schema(kind: str) -> dict[str, Any]:
    """Return the JSON Schema of a kind of document. Raises KeyError for an unknown kind."""
    return schema_of(kind, _MODELS[kind])


def schema_of(kind: str, model: type[DocumentModel]) -> dict[str, Any]:
    """Return the JSON Schema of a kind of document that `model` checks."""
    generated = model.model_json_schema(schema_generator=_Generator, mode="validation")
    placed = _tidy(_placed(generated))
    if _mentions(placed):
        extra = _extra_operators() if kind in RULESETS else {}
        placed.setdefault("$defs", {})[_EXPRESSION] = expression_schema(extra)
    return {"$schema": DIALECT, **placed, "title": f"Fairlead: {kind}"}


def _extra_operators() -> dict[str, tuple[str, int]]:
    """Return the title and the number of operands of each operator of an installed plug-in."""
    offered = offered_operators()
    return {
        name: (
            part["title"] if isinstance(part["title"], str) else part["title"]["en"],
            len(part["parameters"]),
        )
        for name, part in offered.items()
    }


def _mentions(schema: Any) -> bool:
    if isinstance(schema, list):
        return any(_mentions(item) for item in schema)
    if isinstance(schema, dict):
        return schema.get("$ref") == _REFERENCE["$ref"] or any(_mentions(item) for item in schema.values())
    return False


def json_schemas() -> dict[str, dict[str, Any]]:
    """Return the JSON Schemas of all kinds of documents, by kind."""
    return {kind: json_schema(kind) for kind in _MODELS}
