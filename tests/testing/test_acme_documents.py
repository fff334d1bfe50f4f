"""The rulesets and mappings that the tutorial's package brings are found by name and by columns."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from tests.commands import invoke
from tests.testing.installed import ACME, announce

import fairlead
from fairlead.plugins.manager import installed_plugins

PAGE = Path(__file__).parents[2] / "docs" / "connector-tutorial.md"
SHOWN = re.findall(r"^```json\n(.*?)^```$", PAGE.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)

EXPORT = """Person No,Entered,Way,Records
P1,2026-11-20,Form,Y
P2,2026-11-20,Call,N
"""


@pytest.fixture(autouse=True)
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    announce(tmp_path / "site")
    monkeypatch.syspath_prepend(tmp_path / "site")
    monkeypatch.syspath_prepend(ACME)
    monkeypatch.chdir(tmp_path)
    installed_plugins.cache_clear()
    yield
    installed_plugins.cache_clear()


def run(*arguments: str) -> str:
    result = invoke(*arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_an_export_is_decided_by_the_packages_ruleset_through_its_mapping(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text(EXPORT, "utf-8")
    options = ["--input", "people.csv", "--output", "out.jsonl", "--as-of", "2026-11-21"]

    printed = run("evaluate", "acme/lead-scoring", *options, "--decisions", "lead.score")

    assert "the columns are read with the mapping mappings/acme-people" in printed
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text("utf-8").splitlines()]
    # records 25, a call 15; the web form's 10 points are taken out
    assert [line["decisions"]["lead.score"] for line in lines] == [25, 15]


def test_the_tutorial_shows_the_documents_as_they_are() -> None:
    files = [path.read_text("utf-8") for path in sorted((ACME / "fairlead_acme").rglob("*.json"))]

    assert len(SHOWN) == 2
    assert sorted(SHOWN) == sorted(files)


def test_the_documents_are_valid() -> None:
    assert "acme/lead-scoring 1.0.0 is valid" in run("validate", "acme/lead-scoring")
    mapping = ACME / "fairlead_acme" / "mappings" / "acme-people.json"
    assert "mappings/acme-people 1.0.0 is valid: 4 facts" in run("validate", str(mapping))


def test_a_ruleset_calls_the_packages_operator_as_the_tutorial_shows(tmp_path: Path) -> None:
    (call,) = re.findall(r'^`(\{"soon_after": .*\})`$', PAGE.read_text("utf-8"), flags=re.MULTILINE)
    ruleset = {
        "fairlead": 1,
        "kind": "ruleset",
        "name": "quick",
        "version": "1.0.0",
        "title": "Quick",
        "about": "Who booked soon.",
        "model": {"name": "medical-travel/facts", "version": "1.0.0"},
        "decisions": [
            {
                "name": "lead.quick",
                "kind": "formula",
                "title": "quick",
                "result": {"type": "boolean"},
                "value": json.loads(call),
            }
        ],
    }
    (tmp_path / "quick.json").write_text(json.dumps(ruleset), "utf-8")
    program = fairlead.load("quick.json")

    decided = [
        program.evaluate(
            {"lead": {"id": "L1", "created_on": "2026-11-10", "booked_on": day}}, as_of=date(2026, 12, 1)
        ).decisions["lead.quick"]
        for day in ("2026-11-09", "2026-11-10", "2026-11-17", "2026-11-18")
    ]

    assert decided == [False, True, True, False]
