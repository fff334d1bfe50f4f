"""`fairlead show`: formats, files, languages, and what is refused."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from tests.commands import invoke

from fairlead.ruleset.catalogue import shipped_root

SCORING = "medical-travel/lead-scoring"


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def show(*words: str) -> Any:
    result = invoke("show", *words)
    assert "Traceback" not in result.output
    return result


def test_help_has_an_example() -> None:
    result = show("--help")

    assert "    fairlead show medical-travel/lead-scoring\n" in result.stdout


def test_the_terminal_shows_tables() -> None:
    result = show(SCORING)

    assert result.exit_code == 0
    assert "Lead score  scorecard  lead.score\n" in result.stdout
    assert "the patient sent medical records" in result.stdout
    assert "\x1b" not in result.stdout


def test_a_files_name_tells_its_format() -> None:
    for name in ("page.html", "page.htm", "page.md", "book.xlsx", "text.txt"):
        result = show(SCORING, "--output", name)
        assert (result.exit_code, result.stdout) == (
            0,
            f"medical-travel/lead-scoring 1.0.0 is written to {name}\n",
        )

    assert Path("page.html").read_text("utf-8").startswith("<!doctype html>")
    assert Path("page.md").read_text("utf-8").startswith("# Lead scoring\n")
    assert openpyxl.load_workbook("book.xlsx").sheetnames[1] == "lead.score"
    assert "│ medical_records │ the patient sent medical records" in Path("text.txt").read_text("utf-8")
    assert sorted(path.name for path in Path().iterdir()) == [
        "book.xlsx",
        "page.htm",
        "page.html",
        "page.md",
        "text.txt",
    ]


def test_a_page_and_a_workbook_go_to_standard_output() -> None:
    assert show(SCORING, "--format", "html").stdout.startswith("<!doctype html>")
    assert show(SCORING, "--format", "markdown").stdout.startswith("# Lead scoring\n")
    run = [sys.executable, "-m", "fairlead.cli", "show", SCORING, "--format", "xlsx", "--output", "-"]
    done = subprocess.run(run, capture_output=True, check=True)
    assert openpyxl.load_workbook(io.BytesIO(done.stdout)).sheetnames[1] == "lead.score"


def test_json_is_the_content() -> None:
    page = json.loads(show(SCORING, "--json", "--language", "tr", "--decisions", "lead.band").stdout)

    assert (page["name"], page["version"], page["language"]) == (SCORING, "1.0.0", "tr")
    assert [each["name"] for each in page["sections"]] == ["lead.score", "lead.band", None, None]


def test_a_projects_folder_brings_its_language() -> None:
    Path("fairlead.toml").write_text(f'name = "a"\nrulesets = ["{SCORING}"]\nlanguage = "ar"\n', "utf-8")
    assert invoke("upgrade").exit_code == 0

    assert json.loads(show(".", "--json").stdout)["direction"] == "rtl"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--format", "pdf"], "unknown-format"),
        (["--output", "rules.pdf"], "unknown-format"),
        (["--format", "xlsx"], "wrong-usage"),
        (["--json", "--output", "page.html"], "wrong-usage"),
        (["--decisions", "lead.scroe"], "unknown-decision"),
        (["--output", "no-such-folder/page.html"], "unwritable-file"),
    ],
)
def test_what_cannot_be_done_is_refused_and_nothing_is_written(words: list[str], code: str) -> None:
    result = show(SCORING, *words)

    assert result.exit_code == 2
    assert code in result.output
    assert list(Path().iterdir()) == []


def test_a_ruleset_is_never_written_over() -> None:
    source = (shipped_root() / f"{SCORING}.json").read_text("utf-8")
    Path("rules.json").write_text(source, "utf-8")
    Path("rules.html").symlink_to("rules.json")

    result = show("rules.json", "--output", "rules.html")

    assert (result.exit_code, "same-file" in result.output) == (2, True)
    assert Path("rules.json").read_text("utf-8") == source


def test_a_broken_ruleset_gets_its_problems() -> None:
    Path("rules.json").write_text('{"fairlead": 1, "kind": "ruleset"}', "utf-8")

    result = show("rules.json", "--json")

    assert result.exit_code == 2
    assert json.loads(result.stdout)["problems"][0]["code"] == "missing-key"


def test_a_reader_that_has_gone_is_no_error_message() -> None:
    line = f'"{sys.executable}" -m fairlead.cli show {SCORING} | head -n 1'
    done = subprocess.run(
        ["bash", "-c", line], capture_output=True, text=True, check=True, env={**os.environ, "COLUMNS": "80"}
    )

    assert (done.stdout, done.stderr) == ("Lead scoring\n", "")
