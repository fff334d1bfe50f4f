"""`fairlead fleet` looks at every client, whatever is wrong with one of them, and writes nothing."""

import io
import json
from pathlib import Path

import pytest
from tests.project.shelf import LESS_FOR_RECORDS, client, contents, run, ship, stock
from tests.ruleset.clinic import row, ruleset

from fairlead.cli.progress import each_of
from fairlead.project import fleet


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return stock(tmp_path / "shelf", monkeypatch)


def table(text: str) -> list[list[str]]:
    """The lines of a table as cells, which stand two spaces apart."""
    return [[cell.strip() for cell in line.split("  ") if cell.strip()] for line in text.splitlines()]


def test_clients_that_need_nothing_are_no_findings(shelf: Path) -> None:
    client(Path("clients/a"))
    client(Path("clients/b"))

    result = run("fleet", "clients")

    assert result.exit_code == 0
    assert table(result.stdout) == [
        ["client", "rulesets", "valid", "scenarios", "changes waiting", "note"],
        ["a", "client/scoring", "yes", "1 passed, 0 failed", "none"],
        ["b", "client/scoring", "yes", "1 passed, 0 failed", "none"],
        ["2 clients, 0 with findings"],
    ]


def test_each_client_has_a_line_and_a_broken_one_stops_no_other(shelf: Path) -> None:
    client(Path("clients/a"))
    (client(Path("clients/b")) / "fairlead.toml").write_text("name = ")
    client(Path("clients/c"), cases={"A call scores 16": 16})
    client(Path("clients/d"), LESS_FOR_RECORDS)
    Path("clients/notes").mkdir()
    newer = ruleset("1.1.0")
    newer["decisions"][0]["rows"][0] = row("medical_records", 30)
    newer["decisions"][0]["rows"][2]["points"] = 30
    ship(shelf, decisions=newer["decisions"])
    before = contents(Path("clients"))

    result = run("fleet", "clients")

    assert result.exit_code == 1
    # the client's own row stands after one that is gone
    gone = "there is no row `records` of `lead.score` in `base/scoring` 1.1.0"
    lines = table(result.stdout)
    assert [line[0] for line in lines[1:5]] == ["a", "b", "c", "d"]
    assert lines[1][2:5] == ["yes", "1 passed, 0 failed", "blocked"]
    assert lines[2][1:4] == ["-", "no", "-"]
    assert lines[2][5].startswith("clients/b/fairlead.toml:1:8: the text is not TOML: ")
    assert lines[3][3] == "0 passed, 1 failed"
    assert lines[4][4] == "blocked"
    assert lines[4][5] == f"the upgrade cannot be made: clients/d/rulesets/client/scoring.json:17:13: {gone}"
    assert lines[5:] == [
        ["4 clients, 4 with findings"],
        ["passed over, without a fairlead.toml: clients/notes"],
    ]
    assert contents(Path("clients")) == before


def test_changes_that_wait_are_counted_in_rules_and_scenarios(shelf: Path) -> None:
    client(Path("clinic"))
    ship(shelf)

    result = run("fleet", "clinic")

    assert result.exit_code == 1
    assert table(result.stdout)[1] == [
        "clinic",
        "client/scoring",
        "yes",
        "1 passed, 0 failed",
        "1 in its rules, 1 scenario",
        "1 scenario is no longer as expected after the upgrade",
    ]


def test_the_fleet_is_there_for_machines(shelf: Path) -> None:
    client(Path("clients/a"))
    client(Path("clients/b"), cases={"A call scores 16": 16})

    result = run("fleet", "clients", "--json")

    assert result.exit_code == 1
    found = json.loads(result.stdout)
    assert found["findings"] == 1
    assert found["passed_over"] == []
    assert found["clients"][0] == {
        "client": "a",
        "folder": "clients/a",
        "rulesets": ["client/scoring"],
        "valid": True,
        "passed": 1,
        "failed": 0,
        "untested": [],
        "upgrade": {"waiting": False, "changes": 0, "scenarios_changed": 0, "problems": []},
        "findings": False,
        "problems": [],
        "notes": [],
    }
    assert found["clients"][1]["notes"] == ["failed: A call scores 16"]


def test_a_client_without_scenarios_is_a_finding(shelf: Path) -> None:
    folder = client(Path("clinic"))
    (folder / "tests" / "scoring.json").unlink()

    result = run("fleet", "clinic")

    assert result.exit_code == 1
    assert table(result.stdout)[1][3:] == ["none", "none", "no scenarios for client/scoring"]


def test_a_document_that_changed_without_a_new_version_makes_a_client_invalid(shelf: Path) -> None:
    client(Path("clinic"))
    newer = shelf / "base" / "scoring.json"
    newer.write_text(newer.read_text().replace('"points": 25', '"points": 26'))

    line = table(run("fleet", "clinic").stdout)[1]

    assert line[2:5] == ["no", "-", "pins only"]
    assert "is not what was pinned" in line[5]


def test_a_folder_without_clients_is_wrong_usage(shelf: Path) -> None:
    Path("clients").mkdir()

    for folder in ("clients", "nowhere"):
        result = run("fleet", folder)
        assert result.exit_code == 2
        assert f"there is no client's folder in `{folder}` [no-such-file]" in result.stderr


def test_a_folder_that_is_no_client_is_a_finding_beside_others(shelf: Path) -> None:
    client(Path("clinic"))

    result = run("fleet", "clinic", "nowhere")

    assert result.exit_code == 1
    note = "nowhere/fairlead.toml: there is no file `nowhere/fairlead.toml`"
    assert table(result.stdout)[2] == ["nowhere", "-", "no", "-", "-", note]


def test_not_even_a_fault_of_the_programs_own_stops_the_others(
    shelf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client(Path("clients/a"))
    client(Path("clients/b"))
    look = fleet._survey

    def failing(folder: Path, report: fleet.ClientReport) -> None:
        if folder.name == "a":
            raise RuntimeError("a fault")
        look(folder, report)

    monkeypatch.setattr(fleet, "_survey", failing)

    lines = table(run("fleet", "clients").stdout)

    assert lines[1][-1] == "the client cannot be looked at: a fault"
    assert lines[2][2] == "yes"


@pytest.mark.parametrize("watched", [False, True])
def test_progress_is_shown_to_a_person_alone(watched: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    class Screen(io.StringIO):
        def isatty(self) -> bool:
            return watched

    screen = Screen()
    monkeypatch.setattr("sys.stderr", screen)

    assert list(each_of(["a", "b"], "clients")) == ["a", "b"]
    assert ("clients" in screen.getvalue()) is watched
