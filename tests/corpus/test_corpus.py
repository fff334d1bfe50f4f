"""What a release decided once is decided so again: values, reasons and what is missing, exactly."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import fairlead
from fairlead.engine import Program, json_value
from fairlead.engine.load import load
from fairlead.ruleset.catalogue import shipped_root
from fairlead.ruleset.typed import Reward, Scorecard

HERE = Path(__file__).resolve().parent
CORPORA = sorted(HERE.glob("decisions-*.jsonl"))


def cases(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


@cache
def program(name: str, version: str) -> Program:
    return load(f"{name}@{version}")


def differences(case: dict[str, Any], decided_by: Program) -> list[str]:
    result = decided_by.evaluate(case["record"], as_of=date.fromisoformat(case["as_of"]))
    found = {name: json_value(value) for name, value in result.decisions.items()}
    pairs = [(name, expected, found.get(name)) for name, expected in case["decisions"].items()]
    pairs += [
        ("reasons", case["reasons"], list(result.reasons)),
        ("missing", case["missing"], list(result.missing)),
    ]
    return [f"{name}: {expected} became {now}" for name, expected, now in pairs if expected != now]


@pytest.mark.parametrize("path", CORPORA, ids=lambda path: path.stem)
def test_every_decision_of_a_release_is_decided_so_again(path: Path) -> None:
    found = [
        f"line {number}, {case['ruleset']} {case['version']}: {each}"
        for number, case in enumerate(cases(path), start=1)
        for each in differences(case, program(case["ruleset"], case["version"]))
    ]
    assert found == []


def test_this_release_has_a_corpus_over_every_ruleset_that_scores_or_rewards() -> None:
    path = HERE / f"decisions-{fairlead.__version__}.jsonl"
    counted = Counter(case["ruleset"] for case in cases(path))
    names = [f"medical-travel/{each.stem}" for each in (shipped_root() / "medical-travel").glob("*.json")]
    wanted = {
        name
        for name in names
        if name != "medical-travel/facts"
        and any(isinstance(each, Reward | Scorecard) for each in fairlead.load(name).ruleset.decisions)
    }
    assert set(counted) == wanted
    assert min(counted.values()) >= 10
    assert sum(counted.values()) >= 300


def test_a_changed_meaning_is_found(tmp_path: Path) -> None:
    document = (shipped_root() / "medical-travel" / "lead-scoring.json").read_text("utf-8")
    changed = json.loads(document)
    [score] = [each for each in changed["decisions"] if each["name"] == "lead.score"]
    row = score["rows"][0]
    row["points"] += 1
    folder = tmp_path / "rulesets" / "medical-travel"
    folder.mkdir(parents=True)
    (folder / "lead-scoring.json").write_text(json.dumps(changed), "utf-8")
    decided_by = load("medical-travel/lead-scoring", roots=[tmp_path / "rulesets"])
    own = [case for case in cases(CORPORA[0]) if case["ruleset"] == "medical-travel/lead-scoring"]
    assert any(differences(case, decided_by) for case in own)
