import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from tests.ruleset.clinic import MORE_FOR_RECORDS, fact, model, overlay, ruleset
from tests.ruleset.test_document import CHECK, REWARD, SCENARIOS, changed

from fairlead.documents.json_text import Document
from fairlead.documents.shapes import check_shape
from fairlead.problems import DocumentError
from fairlead.ruleset.schema import json_schema, json_schemas, model_of

SHIPPED = Path(__file__).parents[2] / "rulesets"
RULESET = {**ruleset(), "decisions": [*ruleset()["decisions"], REWARD, CHECK]}
DIGEST = "sha256:" + "0" * 64
DOCUMENTS: dict[str, dict[str, Any]] = {
    "ruleset": RULESET,
    "ruleset-overlay": overlay(MORE_FOR_RECORDS),
    "crm-mapping": {
        "fairlead": 1,
        "kind": "crm-mapping",
        "name": "clinic/hubspot",
        "version": "1.0.0",
        "connector": "hubspot",
        "title": "HubSpot of the clinic",
        "about": "A contact is a lead.",
        "objects": {
            "contacts": {
                "only": {"field": "lifecyclestage", "values": ["lead"]},
                "entities": {"lead": {"facts": {"channel": {"field": "fairlead_channel"}}}},
            }
        },
    },
    "fact-model": model(),
    "fact-model-overlay": {
        "fairlead": 1,
        "kind": "fact-model-overlay",
        "name": "client/facts",
        "version": "1.0.0",
        "extends": {"name": "base/facts", "version": "1.0.0"},
        "changes": [
            {"action": "add", "what": "fact", "entity": "lead", "id": "card", "value": fact(type="text")}
        ],
    },
    "lock": {
        "fairlead": 1,
        "kind": "lock",
        "pins": {"base/scoring": {"version": "1.0.0", "digest": DIGEST}},
    },
    "mapping": {
        "fairlead": 1,
        "kind": "mapping",
        "name": "mappings/list",
        "version": "1.0.0",
        "title": "List",
        "about": "A clinic's list.",
        "recognised_by": [["No"]],
        "facts": {"lead.id": {"column": ["No"]}},
    },
    "policy-pack": {
        "fairlead": 1,
        "kind": "policy-pack",
        "name": "policies/small",
        "version": "1.0.0",
        "title": "Small",
        "about": "A small pack.",
        "model": {"name": "base/facts", "version": "1.0.0"},
        "entity": "lead",
        "applies_when": {"var": "lead.records"},
        "parameters": {
            "most": {
                "type": "integer",
                "dated": [{"from": "2026-01-01", "value": 5}],
                "title": "most",
                "source": "Seen.",
                "confidence": "high",
            }
        },
        "obligations": [
            {
                "id": "value",
                "title": "Not by value",
                "text": "The fee does not follow the bill.",
                "citation": "Act 1",
                "source": "Seen.",
                "binds": "both",
                "force": "forbid",
                "effective": {"from": "2026-01-01"},
                "governing": "payment",
                "confidence": "high",
                "reviewed_by": None,
                "checks": ["C3"],
                "property": {"kind": "independent", "label": "personal", "of": ["lead.score"]},
                "guard": {"requirement": {"var": "lead.records"}, "text": "No records."},
                "evidence": [{"id": "records", "title": "The records", "fact": "lead.records"}],
            }
        ],
    },
    "rates": {
        "fairlead": 1,
        "kind": "rates",
        "name": "base/rates",
        "version": "1.0.0",
        "rates": [{"from": "USD", "to": "EUR", "on": "2026-01-01", "rate": "0.92"}],
    },
    "scenarios": SCENARIOS,
}


@cache
def validator(kind: str) -> Draft202012Validator:
    return Draft202012Validator(json_schema(kind))


def accepted_by_schema(kind: str, value: Any) -> bool:
    return bool(validator(kind).is_valid(value))


def accepted_by_model(kind: str, value: Any) -> bool:
    try:
        check_shape(model_of(kind), Document(value))
    except DocumentError:
        return False
    return True


@pytest.mark.parametrize("kind", sorted(DOCUMENTS))
def test_the_schemas_are_json_schema_2020_12_and_describe_every_key(kind: str) -> None:
    schema = json_schema(kind)
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["title"] == f"Fairlead: {kind}"
    assert schema["description"]
    for definition in schema.get("$defs", {}).values():
        assert definition["description"]


def test_there_is_a_schema_for_every_kind() -> None:
    assert sorted(json_schemas()) == sorted(DOCUMENTS)


@pytest.mark.parametrize("kind", sorted(DOCUMENTS))
def test_schema_and_model_accept_a_right_document(kind: str) -> None:
    assert accepted_by_schema(kind, DOCUMENTS[kind])
    assert accepted_by_model(kind, DOCUMENTS[kind])


@pytest.mark.parametrize("path", sorted(SHIPPED.rglob("*.json")), ids=lambda p: p.stem)
def test_the_shipped_documents_fit_their_schema(path: Path) -> None:
    value = json.loads(path.read_text("utf-8"))
    errors = [error.message for error in validator(value["kind"]).iter_errors(value)]
    assert errors == []


@pytest.mark.parametrize(
    ("kind", "pointer", "new"),
    [
        ("ruleset", "/tittle", "x"),
        ("ruleset", "/title", ...),
        ("ruleset", "/name", "../x"),
        ("ruleset", "/version", "1"),
        ("ruleset", "/effective/from", "tomorrow"),
        ("ruleset", "/model", {"name": "base/facts"}),
        ("ruleset", "/parameters/Hot", {"type": "boolean", "value": True, "title": "x"}),
        ("ruleset", "/parameters/hot_above/type", "number"),
        ("ruleset", "/parameters/hot_above/scale", 2),
        ("ruleset", "/decisions", {}),
        ("ruleset", "/decisions/0/kind", "cards"),
        ("ruleset", "/decisions/0/rows/0/points", ...),
        ("ruleset", "/decisions/0/rows/0/reason/code", "Two Words"),
        ("ruleset", "/decisions/0/initial", 0.5),
        ("ruleset", "/decisions/0/rows/0/decay", {"since": "lead.seen_on", "steps": []}),
        ("ruleset", "/decisions/1/hit_policy", ...),
        ("ruleset", "/decisions/1/otherwise", "cold"),
        ("ruleset", "/decisions/1/rows/0/cells/lead.score", {"at_least": 1, "above": 1}),
        ("ruleset", "/decisions/1/rows/0/cells/lead.score", []),
        ("ruleset", "/decisions/3/caps/0/per", "partner"),
        ("ruleset", "/decisions/3/currency", "dollars"),
        ("ruleset", "/decisions/4/severity", "fatal"),
        ("ruleset-overlay", "/extends", ...),
        ("ruleset-overlay", "/changes/0/action", "move"),
        ("ruleset-overlay", "/changes/0/value/id", ...),
        ("ruleset-overlay", "/changes/0/value/extra", 1),
        ("fact-model", "/entities/lead/facts/records/labels", ...),
        ("fact-model", "/entities/lead/facts/Records", fact(type="boolean")),
        ("fact-model-overlay", "/changes/0/what", "facts"),
        ("lock", "/pins/base~scoring", {"version": "1.0.0"}),
        ("policy-pack", "/obligations", []),
        ("policy-pack", "/obligations/0/reviewed_by", ...),
        ("policy-pack", "/obligations/0/force", "forbids"),
        ("policy-pack", "/obligations/0/checks/0", "C31"),
        ("policy-pack", "/obligations/0/property/kind", "independant"),
        ("policy-pack", "/obligations/0/property/label", ...),
        ("policy-pack", "/obligations/0/property/of", "reward"),
        ("policy-pack", "/obligations/0/property/of", []),
        ("policy-pack", "/obligations/0/property/of", ["score"]),
        ("policy-pack", "/obligations/0/property/of", 5),
        ("policy-pack", "/obligations/0/guard/requirement", ...),
        ("policy-pack", "/obligations/0/evidence/0/id", "The Records"),
        ("policy-pack", "/parameters/most/source", ...),
        ("policy-pack", "/parameters/most/confidence", "sure"),
        ("rates", "/rates/0/rate", 0.92),
        ("rates", "/rates/0/on", ...),
        ("scenarios", "/scenarios/0/given", 5),
        ("scenarios", "/as_of", "soon"),
        ("scenarios", "/scenarios/0/expect/score", 1),
    ],
)
def test_schema_and_model_refuse_the_same_wrong_documents(kind: str, pointer: str, new: Any) -> None:
    value = changed(DOCUMENTS[kind], pointer, new)
    assert not accepted_by_model(kind, value)
    assert not accepted_by_schema(kind, value)
