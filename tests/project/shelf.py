"""A shelf of shipped rulesets of its own, and a client's folder on it, for tests that walk through a year."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.commands import invoke
from tests.ruleset.clinic import model, overlay, row, ruleset, write

from fairlead.project import scenarios, starting
from fairlead.ruleset import catalogue

#: records of a year: two that asked by phone, one by e-mail, one that is not readable
PAST = (
    '{"lead": {"id": "L-1", "channel": "phone", "records": true}}\n'
    '{"lead": {"id": "L-2", "channel": "email"}}\n'
    '{"lead": {"id": "L-3", "channel": "phone", "records": true, "dates": true}}\n'
    '{"lead": {"id": "L-4", "channel": "fax"}}\n'
    '{"lead": {"channel": "phone"}}\n'
)

#: the client's own row
COMPANION = {
    "action": "add",
    "what": "row",
    "decision": "lead.score",
    "position": {"after": "records"},
    "value": row("mail", 5, {"==": [{"var": "lead.channel"}, "email"]}),
}

#: the client's change of a shipped row
LESS_FOR_RECORDS = {
    "action": "replace",
    "what": "row",
    "decision": "lead.score",
    "id": "records",
    "value": row("records", 20),
}


def stock(root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a folder with one ruleset, its scenarios and its model in the place of the shipped rulesets."""
    write(root, model())
    write(root, ruleset())
    write_scenarios(root / "base" / "tests" / "scoring.json", "base/scoring", {"A call scores 15": 15})
    for module in (catalogue, scenarios, starting):
        monkeypatch.setattr(module, "shipped_root", lambda: root)
    return root


def write_scenarios(path: Path, name: str, cases: dict[str, int]) -> None:
    """Write scenarios about a lead that phones and has sent no records, by name and expected score."""
    path.parent.mkdir(parents=True, exist_ok=True)
    folder, _, last = name.rpartition("/")
    document = {
        "fairlead": 1,
        "kind": "scenarios",
        "name": f"{folder}/tests/{last}",
        "version": "1.0.0",
        "ruleset": name,
        "as_of": "2026-11-21",
        "scenarios": [
            {
                "name": case,
                "given": {"lead": {"channel": "phone", "records": False, "dates": False}},
                "expect": {"lead.score": score},
            }
            for case, score in cases.items()
        ],
    }
    path.write_text(json.dumps(document, indent=2), "utf-8")


def ship(root: Path, **keys: Any) -> dict[str, Any]:
    """Ship version 1.1.0 and keep 1.0.0 beside it; phone is worth 30 instead of 15."""
    write(root, ruleset(), older=True)
    newer = {**ruleset("1.1.0"), **keys}
    if "decisions" not in keys:
        newer["decisions"][0]["rows"][2]["points"] = 30
    write(root, newer)
    write_scenarios(root / "base" / "tests" / "scoring.json", "base/scoring", {"A call scores 30": 30})
    return newer


def client(folder: Path, *changes: dict[str, Any], cases: dict[str, int] | None = None, **keys: Any) -> Path:
    """Make a client with an overlay and scenarios, and pin what it builds on."""
    folder.mkdir(parents=True)
    (folder / "fairlead.toml").write_text(f'name = "{folder.name}"\nruleset = "client/scoring"\n', "utf-8")
    write(folder / "rulesets", overlay(*(changes or (COMPANION,)), **keys))
    write_scenarios(
        folder / "tests" / "scoring.json",
        "client/scoring",
        {"A call scores 15": 15} if cases is None else cases,
    )
    assert run("upgrade", folder).exit_code == 0
    return folder


def run(*words: str | Path) -> Any:
    """Run a command in this process."""
    result = invoke(*words)
    assert "Traceback" not in result.output
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder with what is in it."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
