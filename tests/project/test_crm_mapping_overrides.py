"""`validate` compares what a mapping says of overrides with what the project decides."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.commands import invoke

from fairlead import project
from fairlead.problems import Problem
from fairlead.project.checking import check_other_files
from fairlead.project.starting import plan_project, write_project

ROOT = Path(__file__).parents[2]


@pytest.fixture
def clinic(tmp_path: Path) -> Path:
    folder = tmp_path / "clinic"
    write_project(plan_project(folder, crm="hubspot"))
    return folder


def problems(clinic: Path, overrides: list[Any], **others: Any) -> list[Problem]:
    shipped = (ROOT / "connectors/hubspot/fairlead_hubspot/mapping.json").read_text("utf-8")
    document = {**json.loads(shipped), "name": "mappings/hubspot", "overrides": overrides, **others}
    (clinic / "mappings/hubspot.json").write_text(json.dumps(document), "utf-8")
    return [problem for each in check_other_files(project.open(clinic)) for problem in each.problems]


def test_the_shipped_overrides_are_right(clinic: Path) -> None:
    protected = {"decision": "lead.priority", "never_over": ["no_contact", "clinician_now"]}

    assert problems(clinic, [protected, "partner.tier"]) == []


@pytest.mark.parametrize(
    ("listed", "code", "pointer"),
    [
        ("lead.priorty", "unknown-decision", "/overrides/0"),
        # decided by no ruleset of this project
        ("lead.hours_to_answer", "unknown-decision", "/overrides/0"),
        ("introduction.reward", "no-override", "/overrides/0"),
        ("lead.segment", "no-override", "/overrides/0"),
        (
            {"decision": "lead.priority", "never_over": ["no-contact"]},
            "unknown-value",
            "/overrides/0/never_over/0",
        ),
        ({"decision": "lead.score", "never_over": ["1"]}, "unknown-value", "/overrides/0/never_over/0"),
    ],
)
def test_what_cannot_be_overridden_is_named_in_its_place(
    clinic: Path, listed: Any, code: str, pointer: str
) -> None:
    (problem,) = problems(clinic, [listed], results={"lead.segment": None})

    assert (problem.code, problem.pointer) == (code, pointer)
    assert str(problem.file).endswith("mappings/hubspot.json")
    assert problem.line is not None


def test_one_that_is_listed_twice_is_named(clinic: Path) -> None:
    (problem,) = problems(clinic, ["partner.tier", {"decision": "partner.tier"}])

    assert (problem.code, problem.pointer) == ("duplicate-name", "/overrides/1")


@pytest.mark.parametrize(
    ("overrides", "pointer"),
    [
        ([{"decision": "lead.priority", "never": []}], "/overrides/0"),
        ([{"never_over": []}], "/overrides/0"),
        ([7], "/overrides/0"),
    ],
)
def test_the_form_of_an_override_is_checked(clinic: Path, overrides: list[Any], pointer: str) -> None:
    found = problems(clinic, overrides)

    assert found
    assert all(problem.pointer.startswith(pointer) for problem in found)
    assert not any("Overridable" in str(problem) for problem in found)


@pytest.mark.parametrize("target", [".", "mappings/hubspot.json"])
def test_validate_says_so(clinic: Path, target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    problems(clinic, ["lead.priorty"])
    monkeypatch.chdir(clinic)

    result = invoke("validate", target)

    assert result.exit_code == 2
    assert "no ruleset of the project decides `lead.priorty`" in result.stderr
    assert "did you mean `lead.priority`?" in result.stderr
