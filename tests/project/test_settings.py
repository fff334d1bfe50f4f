"""Reading `fairlead.toml`: every mistake is named with its place."""

from pathlib import Path

import pytest

from fairlead.problems import DocumentError
from fairlead.project import read_settings


def settings_file(folder: Path, text: str | bytes) -> Path:
    path = folder / "fairlead.toml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def problems(folder: Path, text: str | bytes) -> list[dict[str, object]]:
    path = settings_file(folder, text)
    with pytest.raises(DocumentError) as caught:
        read_settings(path)
    assert all(problem.file == str(path) for problem in caught.value.problems)
    return [problem.as_json() for problem in caught.value.problems]


def test_a_project_names_its_zone_language_and_rulesets(tmp_path: Path) -> None:
    settings = read_settings(
        settings_file(
            tmp_path,
            'name = "Clinic A"\nzone = "Europe/Istanbul"\nlanguage = "tr"\n'
            'rulesets = ["clinic-a/lead-scoring", "medical-travel/partner-programme"]\n',
        )
    )

    assert (settings.name, settings.zone, settings.language) == ("Clinic A", "Europe/Istanbul", "tr")
    assert settings.ruleset_names == ["clinic-a/lead-scoring", "medical-travel/partner-programme"]


def test_one_ruleset_is_enough_and_the_rest_has_defaults(tmp_path: Path) -> None:
    settings = read_settings(
        settings_file(tmp_path, 'name = "Clinic A"\nruleset = "medical-travel/lead-scoring"\n')
    )

    assert settings.ruleset_names == ["medical-travel/lead-scoring"]
    assert (settings.zone, settings.language, settings.connector) == ("UTC", "en", None)


def test_an_installed_connector_is_taken_with_its_settings(tmp_path: Path) -> None:
    settings = read_settings(
        settings_file(
            tmp_path,
            'name = "A"\nruleset = "a"\n[connector]\nname = "hubspot"\n'
            "[connector.settings]\naccount_id = 4711\n",
        )
    )

    assert settings.connector is not None
    assert (settings.connector.name, settings.connector.settings) == ("hubspot", {"account_id": 4711})


@pytest.mark.parametrize(
    ("text", "code", "pointer", "line", "column", "nearest"),
    [
        pytest.param(
            'name = "A"\nruleset = "a"\nzoen = "UTC"\n',
            "unknown-key",
            "/zoen",
            3,
            1,
            "zone",
            id="unknown key",
        ),
        pytest.param(
            'name = "A"\nruleset = "a"\nzone = "Europe/Istambul"\n',
            "unknown-zone",
            "/zone",
            3,
            1,
            "Europe/Istanbul",
            id="unknown zone",
        ),
        pytest.param('name = 5\nruleset = "a"\n', "wrong-type", "/name", 1, 1, None, id="wrong type"),
        pytest.param('ruleset = "a"\n', "missing-key", "/name", 1, 1, None, id="no name"),
        pytest.param('name = "A"\n', "missing-key", "", 1, 1, None, id="no ruleset"),
        pytest.param(
            'name = "A"\nruleset = "a"\nrulesets = ["a"]\n',
            "unexpected-key",
            "/ruleset",
            2,
            1,
            None,
            id="both",
        ),
        pytest.param(
            'name = "A"\nrulesets = ["a", "a"]\n',
            "duplicate-name",
            "/rulesets/1",
            2,
            1,
            None,
            id="listed twice",
        ),
        pytest.param(
            'name = "A"\nruleset = "a"\nlanguage = "German"\n',
            "invalid-value",
            "/language",
            3,
            1,
            None,
            id="no language tag",
        ),
        pytest.param(
            'name = "A"\nruleset = "a"\n\n[connector]\nname = "hubspto"\n',
            "unknown-connector",
            "/connector/name",
            5,
            1,
            "hubspot",
            id="unknown connector",
        ),
        pytest.param(
            'name = "A"\nruleset = "a"\n[connector]\nname = "hubspot"\n'
            "[connector.settings]\n  acount_id = 1\naccount_id = 1\n",
            "unknown-key",
            "/connector/settings/acount_id",
            6,
            3,
            "account_id",
            id="unknown setting of the connector",
        ),
    ],
)
def test_a_mistake_is_named_with_its_place(
    tmp_path: Path, text: str, code: str, pointer: str, line: int, column: int, nearest: str | None
) -> None:
    (problem,) = problems(tmp_path, text)

    assert (problem["code"], problem.get("pointer"), problem["line"], problem["column"]) == (
        code,
        pointer,
        line,
        column,
    )
    assert problem.get("nearest") == nearest


def test_all_mistakes_are_named_at_once(tmp_path: Path) -> None:
    found = problems(tmp_path, 'nmae = "A"\nzone = "Mars/Olympus"\nruleset = "UPPER"\n')

    assert {(problem["code"], problem["line"]) for problem in found} == {
        ("unknown-key", 1),
        ("missing-key", 1),
        ("unknown-zone", 2),
        ("bad-name", 3),
    }


def test_text_that_is_not_toml_is_named_with_line_and_column(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, 'name = "A"\nzone = Europe\n')

    assert (problem["code"], problem["line"], problem["column"]) == ("invalid-toml", 2, 8)
    assert "Toml" not in str(problem["message"])


def test_text_that_ends_too_early_is_named_with_its_end(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, 'name = "A"\nrulesets = [\n')

    assert (problem["code"], problem["line"]) == ("invalid-toml", 3)


def test_bytes_that_are_not_utf_8_are_named_with_their_place(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, b'name = "A"\nzone = "\xe9"\n')

    assert (problem["code"], problem["line"], problem["column"]) == ("not-utf8", 2, 9)


def test_a_folder_without_settings_is_no_project(tmp_path: Path) -> None:
    with pytest.raises(DocumentError) as caught:
        read_settings(tmp_path / "fairlead.toml")
    assert caught.value.problems[0].code == "no-such-file"


def test_a_file_nested_too_deep_is_refused(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, "name = " + "[" * 10_000)

    assert problem["code"] in ("too-deep", "invalid-toml")
