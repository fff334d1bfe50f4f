"""A consultant's year with one client: start, own rules, scenarios, a new shipped version, the next year."""

import json
from pathlib import Path

import pytest
from tests.project.shelf import PAST, run, ship, stock


def test_a_year_from_an_empty_folder_to_the_next_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shelf = stock(tmp_path / "shelf", monkeypatch)
    clinic = Path("clients/clinic")
    Path("leads.jsonl").write_text(PAST, "utf-8")

    # january: the shipped rules as they are
    assert run("init", clinic, "--ruleset", "base/scoring").exit_code == 0
    assert "1 scenario, 1 passed" in run("test", "clients/clinic/tests/scoring.json").stdout
    assert run("fleet", "clients").exit_code == 0

    # february: the overlay that waits is filled in and put in the place of the shipped ruleset
    example = clinic / "rulesets" / "clinic" / "scoring.json.example"
    overlay = example.with_suffix("")
    example.rename(overlay)
    assert run("validate", overlay).exit_code == 2
    value = json.loads(overlay.read_text("utf-8"))
    assert value["changes"][0]["id"] == "hot_above"
    value["changes"][0]["value"]["value"] = 40
    overlay.write_text(json.dumps(value, indent=2), "utf-8")
    settings = clinic / "fairlead.toml"
    settings.write_text(
        settings.read_text("utf-8").replace('  "base/scoring",', '  "clinic/scoring",'), "utf-8"
    )
    assert run("upgrade", clinic).exit_code == 0
    assert "clinic/scoring 1.0.0 is valid" in run("validate", clinic).stdout
    # the scenarios that named the shipped ruleset are the client's, and go on
    assert "clinic/scoring: 1 scenario, 1 passed" in run("test", clinic).stdout

    # march: what the client expects, in words
    tests = clinic / "tests" / "scoring.json"
    scenarios = json.loads(tests.read_text("utf-8"))
    scenarios["ruleset"] = "clinic/scoring"
    scenarios["scenarios"].append(
        {
            "name": "Records alone are not hot here",
            "given": {"lead": {"records": True, "dates": False, "channel": "email"}},
            "expect": {"lead.score": 25, "lead.hot": False},
        }
    )
    tests.write_text(json.dumps(scenarios, indent=2), "utf-8")
    assert "2 scenarios, 2 passed" in run("test", clinic).stdout

    # november: a new version is shipped; the client goes on with the pinned one
    ship(shelf)
    assert "2 scenarios, 2 passed" in run("test", clinic).stdout
    waiting = run("fleet", "clients")
    assert waiting.exit_code == 1
    assert "1 in its rules, 1 scenario" in waiting.stdout

    # december: read what changes, agree on it, take it
    shown = run("upgrade", clinic, "--dry-run", "--data", "leads.jsonl", "--as-of", "2026-12-01").stdout
    assert "row `phone` of `lead.score`: points changed from 15 to 30" in shown
    assert "scenarios: 2 compared, 1 changed" in shown
    assert "no longer as expected: A call scores 15" in shown
    assert "records of leads.jsonl as of 2026-12-01: 4 compared, 3 changed" in shown
    assert "L-3: 60 -> 75" in shown
    tests.write_text(tests.read_text("utf-8").replace('"lead.score": 15', '"lead.score": 30'), "utf-8")
    assert run("upgrade", clinic).exit_code == 0
    assert json.loads(overlay.read_text("utf-8"))["extends"]["version"] == "1.1.0"
    assert "2 scenarios, 2 passed" in run("test", clinic).stdout
    assert run("fleet", "clients").exit_code == 0
