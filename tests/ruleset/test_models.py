"""A fact model is loaded by itself."""

import json
from pathlib import Path

import pytest

from fairlead.problems import UsageError
from fairlead.ruleset.models import load_model


def test_a_shipped_model_is_loaded_by_name_and_by_version() -> None:
    assert load_model("medical-travel/facts").name == "medical-travel/facts"
    assert load_model("medical-travel/facts@1.0.0").version == "1.0.0"


def test_the_overlays_of_a_model_are_applied(tmp_path: Path) -> None:
    path = tmp_path / "facts.json"
    fact: dict[str, object] = {
        "type": "boolean",
        "title": "the lead has a loyalty card",
        "description": "A card.",
        "labels": [],
        "reviewed_by": None,
    }
    overlay = {
        "fairlead": 1,
        "kind": "fact-model-overlay",
        "name": "clinic/facts",
        "version": "1.0.0",
        "extends": {"name": "medical-travel/facts", "version": "1.0.0"},
        "changes": [{"action": "add", "what": "fact", "entity": "lead", "id": "loyalty_card", "value": fact}],
    }
    path.write_text(json.dumps(overlay))

    model = load_model(str(path))

    assert "loyalty_card" in model.entities["lead"].facts
    assert "channel" in model.entities["lead"].facts


def test_an_unknown_model_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(UsageError) as caught:
        load_model("medical-travel/fact")
    assert caught.value.problems[0].nearest == "medical-travel/facts"
