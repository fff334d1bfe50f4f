"""`fairlead init` makes a client's folder that runs, and touches nothing that is there."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from tests.project.shelf import contents, run

from fairlead.project.settings import read_settings

PROGRAMME = "medical-travel/partner-programme"
SCORING = "medical-travel/lead-scoring"


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_new_folder_is_valid_pinned_and_passes_its_scenarios() -> None:
    words = ["--zone", "Europe/Istanbul", "--language", "tr", "--ruleset", SCORING, "--ruleset", PROGRAMME]
    result = run("init", "clients/clinic", *words)

    assert result.exit_code == 0
    folder = Path("clients/clinic")
    assert sorted(contents(folder)) == [
        "fairlead.lock",
        "fairlead.toml",
        "mappings/README.md",
        "rulesets/clinic/lead-scoring.json.example",
        "rulesets/clinic/partner-programme.json.example",
        "tests/lead-scoring.json",
        "tests/partner-programme.json",
    ]
    assert tomllib.loads((folder / "fairlead.toml").read_text("utf-8")) == {
        "name": "clinic",
        "zone": "Europe/Istanbul",
        "language": "tr",
        "rulesets": [SCORING, PROGRAMME],
    }
    assert run("validate", folder).exit_code == 0
    assert run("test", folder).exit_code == 0
    assert run("upgrade", folder).stdout == "everything is up to date\n"


def test_it_ends_with_what_to_do_next() -> None:
    lines = run("init", "clinic").stdout.splitlines()

    assert lines[0] == "clinic is made"
    assert lines[-4:] == [
        "it runs medical-travel/lead-scoring as shipped; next:",
        "  fairlead test clinic",
        "  fairlead evaluate clinic --input leads.csv --output queue.csv",
        "  to change medical-travel/lead-scoring for this client, see the steps in clinic/fairlead.toml",
    ]


def test_a_dry_run_names_the_files_and_writes_none(tmp_path: Path) -> None:
    result = run("init", "clinic", "--dry-run")

    assert "fairlead.lock" in result.stdout
    assert result.stdout.endswith("nothing was written: this was a dry run\n")
    assert list(tmp_path.iterdir()) == []
    assert json.loads(run("init", "clinic", "--dry-run", "--json").stdout) == {
        "folder": "clinic",
        "made": False,
        "rulesets": [SCORING],
        "files": [
            "fairlead.lock",
            "fairlead.toml",
            "mappings/README.md",
            "rulesets/clinic/lead-scoring.json.example",
            "tests/lead-scoring.json",
        ],
        "examples": {SCORING: "rulesets/clinic/lead-scoring.json.example"},
    }


@pytest.mark.parametrize("dry", [[], ["--dry-run"]])
def test_a_folder_that_is_not_empty_is_refused_with_its_files(dry: list[str]) -> None:
    Path("clinic/rulesets").mkdir(parents=True)
    Path("clinic/notes.txt").write_text("mine")

    result = run("init", "clinic", *dry)

    assert result.exit_code == 2
    assert (
        "the folder `clinic` is not empty: it holds `notes.txt`, `rulesets` [folder-not-empty]"
        in result.stderr
    )
    assert contents(Path("clinic")) == {"notes.txt": b"mine"}


def test_of_many_files_the_first_are_named() -> None:
    Path("clinic").mkdir()
    for number in range(20):
        Path(f"clinic/{number:02}").touch()

    assert "`11` and 8 more" in run("init", "clinic").stderr


def test_a_file_in_the_place_of_the_folder_is_refused() -> None:
    Path("clinic").write_text("mine")

    result = run("init", "clinic")

    assert result.exit_code == 2
    assert "`clinic` is a file, not a folder [folder-not-empty]" in result.stderr


def test_an_empty_folder_will_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "clinic").mkdir()
    monkeypatch.chdir(tmp_path / "clinic")

    assert run("init", ".").exit_code == 0
    assert read_settings(Path("fairlead.toml")).name == "clinic"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--zone", "Europe/Istambul"], "did you mean `Europe/Istanbul`?"),
        (["--language", "Deutsch"], "`Deutsch` is not a language tag [invalid-value]"),
        (["--ruleset", "medical-travel/lead-scorin"], "did you mean `medical-travel/lead-scoring`?"),
        (["--ruleset", "medical-travel/facts"], "is a fact model, not a ruleset [wrong-kind]"),
        (["--ruleset", SCORING, "--ruleset", SCORING], "is listed twice [duplicate-name]"),
    ],
)
def test_what_does_not_exist_is_refused_and_nothing_is_made(
    words: list[str], said: str, tmp_path: Path
) -> None:
    result = run("init", "clinic", *words)

    assert result.exit_code == 2
    assert said in result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "own"),
    [
        ('Klinik "Süd" \\ 7', "klinik-s-d-7"),
        ("診療所", "client"),
        ("medical-travel", "medical-travel-own"),
    ],
)
def test_any_name_of_a_folder_can_be_a_clients(name: str, own: str) -> None:
    assert run("init", name).exit_code == 0

    assert read_settings(Path(name) / "fairlead.toml").name == name
    assert (Path(name) / "rulesets" / own / "lead-scoring.json.example").is_file()
    assert run("validate", name).exit_code == 0


def test_where_a_file_cannot_be_written_none_stays(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    write = Path.write_bytes

    def full(path: Path, content: Any) -> int:
        if path.name == "fairlead.lock":
            raise OSError(28, "No space left on device", str(path))
        return write(path, content)

    monkeypatch.setattr(Path, "write_bytes", full)
    result = run("init", "clients/clinic")

    assert result.exit_code == 2
    assert "no space left on device" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_overlay_to_fill_in_is_refused_as_long_as_it_changes_nothing() -> None:
    run("init", "clinic", "--ruleset", PROGRAMME)
    example = Path("clinic/rulesets/clinic/partner-programme.json.example")
    overlay = example.rename(example.with_suffix(""))

    result = run("validate", overlay)

    assert result.exit_code == 2
    assert "the parameter `introduction_fee` is replaced by what it is already [no-change]" in result.stderr


def test_the_steps_in_the_settings_do_what_they_say() -> None:
    run("init", "clinic")
    settings = Path("clinic/fairlead.toml")
    text = settings.read_text("utf-8")
    example = Path("clinic/rulesets/clinic/lead-scoring.json.example")
    overlay = example.rename(example.with_suffix(""))
    document = json.loads(overlay.read_text("utf-8"))
    document["changes"][0]["value"]["value"] = 45
    overlay.write_text(json.dumps(document), "utf-8")
    settings.write_text(
        text.replace('  "medical-travel/lead-scoring",\n', '  "clinic/lead-scoring",\n'), "utf-8"
    )

    assert run("upgrade", "clinic").exit_code == 0
    assert run("test", "clinic").exit_code in (0, 1)

    assert "run `fairlead upgrade`, which pins what it builds on in fairlead.lock" in text
    assert "`fairlead upgrade --dry-run` shows what newer versions change" in text
    assert run("validate", "clinic").stdout.startswith("clinic/lead-scoring 1.0.0 is valid")
