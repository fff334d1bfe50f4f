"""The page that compares engines shows the recorded answers, and our own are what the engine gives."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from benchmarks.strictness import CASES, ENGINES, fairlead_answer

import fairlead

DOCS = Path(__file__).parents[2] / "docs"
RECORDED: dict[str, Any] = json.loads((DOCS / "strictness.json").read_text("utf-8"))


def test_the_record_has_every_question_and_every_engine() -> None:
    assert RECORDED["engines"] == {**ENGINES, "fairlead": fairlead.__version__}
    asked = [{key: case[key] for key in ("question", "rule", "data")} for case in CASES]
    assert [{key: case[key] for key in ("question", "rule", "data")} for case in RECORDED["cases"]] == asked
    assert all(case["answers"].keys() == RECORDED["engines"].keys() for case in RECORDED["cases"])


@pytest.mark.parametrize("place", range(len(CASES)), ids=[case["question"] for case in CASES])
def test_our_answer_is_the_recorded_one(place: int) -> None:
    assert fairlead_answer(CASES[place]) == RECORDED["cases"][place]["answers"]["fairlead"]


def test_our_answers_are_these() -> None:
    assert [case["answers"]["fairlead"] for case in RECORDED["cases"]] == [
        "unknown",
        "unknown",
        '["lead.name"]',
        "refused: inexact-number",
        "refused: wrong-type",
        "refused: wrong-type",
        "refused: wrong-type",
        "false",
        "5",
        "refused: wrong-type",
        "refused: wrong-operand-count",
        "-1",
    ]


def test_the_exact_way_to_write_the_product_gives_the_exact_answer() -> None:
    case = next(case for case in CASES if case["rule"] == {"*": [0.1, 3]})

    # decimals are written as JSON strings
    assert fairlead_answer({**case, "rule": {"*": [{"decimal": "0.1"}, 3]}}) == '"0.3"'


def test_the_page_is_made_from_the_record() -> None:
    subprocess.run([sys.executable, "-m", "cogapp", "--check", str(DOCS / "strictness.md")], check=True)
