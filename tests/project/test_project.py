"""A project is the gate: its documents come first, and what they build on is pinned."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
from tests.commands import invoke

import fairlead
from fairlead.problems import DocumentError

OVERLAY: dict[str, Any] = {
    "fairlead": 1,
    "kind": "ruleset-overlay",
    "name": "clinic-a/lead-scoring",
    "version": "1.0.0",
    "title": "Lead scoring of clinic A",
    "about": "A budget counts more.",
    "extends": {"name": "medical-travel/lead-scoring", "version": "1.0.0"},
    "changes": [
        {
            "action": "replace",
            "what": "parameter",
            "id": "hot_above",
            "value": {"type": "integer", "value": 14, "title": "score above which a lead is hot"},
        }
    ],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "fairlead.toml").write_text(
        'name = "Clinic A"\nzone = "Europe/Istanbul"\nlanguage = "tr"\nruleset = "clinic-a/lead-scoring"\n'
    )
    document = tmp_path / "rulesets" / "clinic-a" / "lead-scoring.json"
    document.parent.mkdir(parents=True)
    document.write_text(json.dumps(OVERLAY))
    return tmp_path


@pytest.fixture
def pinned(folder: Path) -> Path:
    assert run("upgrade", folder).exit_code == 0
    return folder


def run(*words: str | Path) -> Any:
    result = invoke(*words)
    assert "Traceback" not in result.output
    return result


def test_what_a_project_builds_on_must_be_pinned(folder: Path) -> None:
    project = fairlead.open_project(folder)

    with pytest.raises(DocumentError) as caught:
        project.program()
    assert {problem.code for problem in caught.value.problems} == {"not-locked"}


def test_upgrade_pins_what_a_project_builds_on(folder: Path) -> None:
    dry = run("upgrade", folder, "--dry-run")
    assert dry.exit_code == 0
    assert "pin medical-travel/lead-scoring 1.0.0" in dry.stdout
    assert not (folder / "fairlead.lock").exists()

    run("upgrade", folder)

    assert set(json.loads((folder / "fairlead.lock").read_text())["pins"]) == {
        "medical-travel/facts",
        "medical-travel/lead-scoring",
    }
    assert "everything is up to date" in run("upgrade", folder).stdout


def test_a_project_evaluates_its_own_ruleset_unapproved(pinned: Path) -> None:
    result = fairlead.open_project(pinned).evaluate({"lead": {"channel": "phone"}}, dt.date(2026, 11, 21))

    assert result.decisions["lead.score"] == 15
    assert result.decisions["lead.band"] == "hot"
    assert result.approval == "unapproved"


def test_a_program_is_made_once(pinned: Path) -> None:
    project = fairlead.open_project(pinned)

    assert project.program(as_of=dt.date(2026, 11, 21)) is project.program(as_of=dt.date(2026, 11, 22))


def test_a_day_is_a_day_in_the_projects_zone(pinned: Path) -> None:
    project = fairlead.open_project(pinned)

    assert project.day_of(dt.datetime(2026, 11, 21, 22, tzinfo=dt.UTC)) == dt.date(2026, 11, 22)
    assert project.day_of(dt.datetime(2026, 11, 21, 22)) == dt.date(2026, 11, 21)  # noqa: DTZ001 - a clock time


def test_a_project_may_also_run_a_shipped_ruleset_that_is_pinned(pinned: Path) -> None:
    program = fairlead.open_project(pinned).program("medical-travel/lead-scoring")

    assert (
        program.evaluate({"lead": {"channel": "phone"}}, dt.date(2026, 11, 21)).decisions["lead.band"]
        == "cold"
    )


def test_commands_go_through_the_project_of_the_current_folder(
    pinned: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(pinned)
    Path("leads.jsonl").write_text('{"lead": {"id": "L-1", "channel": "phone"}}\n')

    words = ["--input", "leads.jsonl", "--output", "out.jsonl", "--as-of", "2026-11-21"]
    assert run("evaluate", "clinic-a/lead-scoring", *words).exit_code == 0

    assert json.loads(Path("out.jsonl").read_text())["decisions"]["lead.band"] == "hot"


def test_commands_take_a_projects_folder(pinned: Path) -> None:
    assert run("validate", pinned).exit_code == 0
    explained = run("explain", pinned, "--facts", '{"lead": {"channel": "phone"}}', "--as-of", "2026-11-21")
    assert "clinic-a/lead-scoring 1.0.0, as of 2026-11-21, unapproved" in explained.stdout
    assert "WhatsApp veya telefonla ulaştı" in explained.stdout


def test_a_changed_shipped_document_is_not_what_was_pinned(pinned: Path) -> None:
    lock = pinned / "fairlead.lock"
    pins = json.loads(lock.read_text())
    pins["pins"]["medical-travel/facts"]["digest"] = "sha256:" + "0" * 64
    lock.write_text(json.dumps(pins))

    result = run("validate", pinned)

    assert result.exit_code == 2
    assert "[lock-mismatch]" in result.stderr
