"""`fairlead validate` checks a client's scenarios and mappings against the client's rules."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.project.shelf import client, run, stock

from fairlead import project
from fairlead.engine import load
from fairlead.files import mapping_problems
from fairlead.plugins.manager import connector, load_plugins
from fairlead.problems import Problem
from fairlead.project.checking import check_other_files
from fairlead.project.starting import plan_project, write_project
from fairlead.ruleset.catalogue import shipped_root
from fairlead.ruleset.mapping_document import load_mapping


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    stock(tmp_path / "shelf", monkeypatch)
    return client(Path("clinic"))


def write_mapping(folder: Path, facts: dict[str, Any]) -> Path:
    path = folder / "mappings" / "calls.json"
    path.parent.mkdir(exist_ok=True)
    document = {
        "fairlead": 1,
        "kind": "mapping",
        "name": "mappings/calls",
        "version": "1.0.0",
        "title": "Calls",
        "about": "The clinic's own export.",
        "recognised_by": [["Number", "How"]],
        "facts": facts,
    }
    path.write_text(json.dumps(document, indent=2), "utf-8")
    return path


def change_scenario(folder: Path, **changes: Any) -> None:
    path = folder / "tests" / "scoring.json"
    document = json.loads(path.read_text("utf-8"))
    document["scenarios"][0].update(changes)
    path.write_text(json.dumps(document, indent=2), "utf-8")


def test_a_projects_scenarios_and_mappings_are_validated_with_it(folder: Path) -> None:
    write_mapping(folder, {"lead.id": {"column": ["Number"]}})

    result = run("validate", folder)

    assert result.exit_code == 0
    assert result.stdout.splitlines()[1:] == [
        "client/tests/scoring 1.0.0 is valid: 1 scenario",
        "mappings/calls 1.0.0 is valid: 1 fact",
    ]


@pytest.mark.parametrize(
    ("changes", "code", "pointer", "nearest"),
    [
        (
            {"given": {"lead": {"chanel": "phone"}}},
            "unknown-fact",
            "/scenarios/0/given/lead/chanel",
            "lead.channel",
        ),
        ({"given": {"lead": {"channel": "fax"}}}, "unknown-value", "/scenarios/0/given/lead/channel", None),
        ({"expect": {"lead.scor": 15}}, "unknown-decision", "/scenarios/0/expect/lead.scor", "lead.score"),
    ],
)
def test_a_scenario_that_does_not_fit_the_rules_is_named_with_its_place(
    folder: Path, changes: dict[str, Any], code: str, pointer: str, nearest: str | None
) -> None:
    change_scenario(folder, **changes)

    for subject in (folder, folder / "tests" / "scoring.json"):
        result = run("validate", subject, "--json")

        assert result.exit_code == 2
        [problem] = [
            problem for each in json.loads(result.stdout)["documents"] for problem in each["problems"]
        ]
        assert (problem["code"], problem["pointer"]) == (code, pointer)
        assert problem["file"] == "clinic/tests/scoring.json"
        assert problem["line"] > 1
        if nearest is not None:
            assert problem["nearest"] in (nearest, nearest.partition(".")[2])


@pytest.mark.parametrize(
    ("facts", "code", "pointer"),
    [
        ({"lead.chanel": {"column": ["How"]}}, "unknown-fact", "/facts/lead.chanel"),
        (
            {"lead.channel": {"column": ["How"], "values": {"Call": "fon", "Letter": "email"}}},
            "unknown-value",
            "/facts/lead.channel/values/Call",
        ),
    ],
)
def test_a_mapping_of_what_the_rules_do_not_have_is_named_with_its_place(
    folder: Path, facts: dict[str, Any], code: str, pointer: str
) -> None:
    path = write_mapping(folder, facts)

    for subject in (folder, path):
        result = run("validate", subject, "--json")

        assert result.exit_code == 2
        [problem] = [
            problem for each in json.loads(result.stdout)["documents"] for problem in each["problems"]
        ]
        assert (problem["code"], problem["pointer"]) == (code, pointer)
        assert problem["file"] == "clinic/mappings/calls.json"


def test_a_fleet_names_a_client_whose_mapping_does_not_fit(folder: Path) -> None:
    write_mapping(folder, {"lead.chanel": {"column": ["How"]}})

    result = run("fleet", folder)

    assert result.exit_code == 1
    assert "`lead.chanel`, which is not a fact" in result.stdout


@pytest.mark.parametrize("path", sorted((shipped_root() / "mappings").glob("*.json")), ids=lambda p: p.stem)
def test_a_shipped_mapping_has_facts_and_values_of_the_shipped_model_alone(path: Path) -> None:
    program = load("medical-travel/lead-scoring")
    mapping, _ = load_mapping(path)

    assert mapping_problems(mapping, program.ruleset.model, program.zone) == []


def test_a_mapping_of_a_crms_fields_is_checked_as_what_it_is(tmp_path: Path) -> None:
    settings = {"data_centre": "eu"}
    write_project(plan_project(tmp_path / "clinic", crm="zoho", crm_settings=settings))
    shipped = connector(load_plugins(), "zoho").mapping
    assert shipped is not None
    mapping = json.loads(shipped.read_text("utf-8"))
    target = tmp_path / "clinic/mappings/zoho.json"
    target.write_text(json.dumps(mapping), "utf-8")

    assert problems_of(tmp_path / "clinic", target) == []
    mapping["objects"]["Leads"]["entities"]["lead"]["facts"]["chanel"] = {"field": "Fairlead_channel"}
    target.write_text(json.dumps(mapping), "utf-8")

    [problem] = problems_of(tmp_path / "clinic", target)
    assert (problem.code, problem.nearest) == ("unknown-fact", "channel")


def problems_of(folder: Path, path: Path) -> list[Problem]:
    [checked] = [each for each in check_other_files(project.open(folder)) if each.path == path]
    return list(checked.problems)


def write_pack(folder: Path, requirement: str, label: str = "personal") -> None:
    path = folder / "rulesets" / "policies" / "house.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    document = {
        "fairlead": 1,
        "kind": "policy-pack",
        "name": "policies/house",
        "version": "1.0.0",
        "title": "House rules",
        "about": "The clinic's own.",
        "model": {"name": "base/facts", "version": "1.0.0"},
        "entity": "lead",
        "obligations": [
            {
                "id": "fair",
                "title": "Fair",
                "text": "The score is fair.",
                "citation": "House rule 1",
                "source": "Seen.",
                "binds": "payer",
                "force": "forbid",
                "governing": "payment",
                "confidence": "high",
                "reviewed_by": None,
                "property": {"kind": "independent", "label": label, "of": ["lead.score"]},
                "guard": {"requirement": {"var": requirement}, "text": "No records."},
            }
        ],
    }
    path.write_text(json.dumps(document, indent=2), "utf-8")


def test_a_projects_own_policy_pack_is_validated_with_it(folder: Path) -> None:
    write_pack(folder, "lead.records")

    result = run("validate", folder)

    assert result.exit_code == 0
    assert "policies/house 1.0.0 is valid: 1 obligation" in result.stdout.splitlines()


def test_a_policy_pack_with_a_fact_and_a_label_that_the_model_lacks_is_refused(folder: Path) -> None:
    write_pack(folder, "lead.recods", "persnal")

    checked = check_other_files(project.open(folder))

    assert [(each.code, each.nearest) for file in checked for each in file.problems] == [
        ("unknown-fact", "lead.records"),
        ("unknown-label", "personal"),
    ]


def test_a_policy_pack_is_validated_by_name_and_by_file_in_the_project(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_pack(folder, "lead.records")
    file = folder / "rulesets" / "policies" / "house.json"

    assert run("validate", file).stdout == "policies/house 1.0.0 is valid: 1 obligation\n"
    monkeypatch.chdir(folder)
    assert run("validate", "policies/house").stdout == "policies/house 1.0.0 is valid: 1 obligation\n"
    unknown = run("validate", "policies/horse")
    assert unknown.exit_code == 2
    assert "did you mean `policies/house`?" in unknown.output
