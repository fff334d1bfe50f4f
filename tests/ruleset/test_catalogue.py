from pathlib import Path

import pytest
from tests.ruleset.clinic import model, overlay, ruleset, write

from fairlead.problems import DocumentError, UsageError
from fairlead.ruleset.catalogue import RULESETS, Catalogue, shipped_root, version_order


def test_the_shipped_rulesets_are_found() -> None:
    assert (shipped_root() / "medical-travel" / "lead-scoring.json").is_file()
    found = Catalogue().find("medical-travel/lead-scoring")
    assert (found.kind, found.own) == ("ruleset", False)


def test_a_projects_document_comes_before_a_shipped_one_of_the_same_name(shipped: Path, own: Path) -> None:
    write(own, {**ruleset("9.0.0"), "title": "Mine"})
    found = Catalogue([own]).find("base/scoring")
    assert (found.version, found.own, found.path) == ("9.0.0", True, own / "base" / "scoring.json")
    assert Catalogue([own]).find("base/scoring", "1.0.0").path == shipped / "base" / "scoring.json"


def test_older_versions_stand_beside_the_current_one(shipped: Path) -> None:
    write(shipped, ruleset("0.9.0"), older=True)
    write(shipped, ruleset("0.10.0"), older=True)
    catalogue = Catalogue()
    assert catalogue.versions("base/scoring") == ["0.9.0", "0.10.0", "1.0.0"]
    assert catalogue.find("base/scoring").version == "1.0.0"
    assert catalogue.find("base/scoring", "0.9.0").path.name == "scoring@0.9.0.json"


@pytest.mark.parametrize(
    ("earlier", "later"),
    [("1.9.0", "1.10.0"), ("1.0.0-rc.1", "1.0.0"), ("1.0.0-rc.2", "1.0.0-rc.10"), ("1.0.0-1", "1.0.0-a")],
)
def test_versions_are_ordered_as_semver_says(earlier: str, later: str) -> None:
    assert version_order(earlier) < version_order(later)


@pytest.mark.parametrize("name", ["base/scorign", "scoring", "base/scoring2"])
def test_an_unknown_name_is_answered_with_the_nearest_and_all(name: str, shipped: Path) -> None:
    write(shipped, model())
    with pytest.raises(UsageError) as caught:
        Catalogue().find(name, kinds=RULESETS)
    [problem] = caught.value.problems
    assert (problem.code, problem.found) == ("unknown-document", name)
    assert (problem.nearest, problem.allowed) == ("base/scoring", ("base/scoring",))


def test_an_unknown_version_is_answered_with_those_there_are(shipped: Path) -> None:
    with pytest.raises(UsageError) as caught:
        Catalogue().find("base/scoring", "1.1.0")
    [problem] = caught.value.problems
    assert (problem.code, problem.found, problem.allowed) == ("unknown-version", "1.1.0", ("1.0.0",))


@pytest.mark.parametrize(
    "name",
    ["../secret", "base/../../secret", "/etc/passwd", "base//scoring", "Base/Scoring", "", "a\x00b", "."],
)
def test_a_name_never_leads_out_of_the_folder(name: str, shipped: Path) -> None:
    (shipped.parent / "secret.json").write_text("{}")
    with pytest.raises(UsageError) as caught:
        Catalogue().find(name)
    assert [problem.code for problem in caught.value.problems] == ["bad-name"]


@pytest.mark.parametrize("version", ["../../secret", "1.0.0/../../x", "1"])
def test_a_version_never_leads_out_of_the_folder(version: str, shipped: Path) -> None:
    with pytest.raises(UsageError) as caught:
        Catalogue().find("base/scoring", version)
    assert [problem.code for problem in caught.value.problems] == ["unknown-version"]


def test_a_document_of_another_kind_is_refused(shipped: Path) -> None:
    with pytest.raises(UsageError) as caught:
        Catalogue().find("base/facts", kinds=RULESETS)
    [problem] = caught.value.problems
    assert problem.code == "wrong-kind"
    assert problem.message == "`base/facts` is a fact model, not a ruleset"
    assert problem.allowed == ("base/scoring",)


def test_a_document_says_the_name_and_version_of_its_file(shipped: Path) -> None:
    path = write(shipped, ruleset("0.9.0"), older=True)
    path.rename(path.with_name("scoring@0.8.0.json"))
    write(shipped, overlay()).rename(shipped / "base" / "other.json")
    with pytest.raises(DocumentError) as caught:
        Catalogue().find("base/scoring", "0.8.0")
    [problem] = caught.value.problems
    assert (problem.code, problem.pointer, problem.line, problem.column) == (
        "misplaced-document", "/version", 5, 14,
    )  # fmt: skip
    assert (problem.found, problem.allowed) == ("0.9.0", ("0.8.0",))
    assert problem.file == "shipped/base/scoring@0.8.0.json"
    with pytest.raises(DocumentError) as caught:
        Catalogue().find("base/other")
    assert [(problem.code, problem.pointer) for problem in caught.value.problems] == [
        ("misplaced-document", "/name")
    ]


def test_a_file_outside_every_folder_may_have_any_name(shipped: Path, tmp_path: Path) -> None:
    path = tmp_path / "draft.json"
    write(tmp_path, overlay()).rename(path)
    assert Catalogue().at_path(path, RULESETS).name == "client/scoring"


def test_a_file_below_a_folder_agrees_with_its_place(shipped: Path, own: Path) -> None:
    path = own / "draft.json"
    write(own, overlay()).rename(path)
    with pytest.raises(DocumentError) as caught:
        Catalogue([own]).at_path(path)
    assert [problem.allowed for problem in caught.value.problems] == [("draft",)]


def test_links_are_followed(shipped: Path, own: Path) -> None:
    path = write(own, overlay())
    path.rename(own / "kept.json")
    path.symlink_to(own / "kept.json")
    assert Catalogue([own]).find("client/scoring").version == "1.0.0"


@pytest.mark.parametrize(
    ("text", "code", "pointer"),
    [
        ("[]", "wrong-type", ""),
        ('{"kind": "ruleset", "name": 5, "version": "1.0.0"}', "wrong-type", "/name"),
        ('{"kind": "rules", "name": "base/new", "version": "1.0.0"}', "unknown-value", "/kind"),
        ('{"kind": "ruleset", "name": "base/new"}', "missing-key", "/version"),
        ("{", "invalid-json", ""),
    ],
)
def test_a_file_that_is_no_document_is_refused(text: str, code: str, pointer: str, shipped: Path) -> None:
    (shipped / "base" / "new.json").write_text(text)
    with pytest.raises(DocumentError) as caught:
        Catalogue().find("base/new")
    assert [(problem.code, problem.pointer) for problem in caught.value.problems] == [(code, pointer)]


def test_an_unreadable_neighbour_does_not_hide_the_names(shipped: Path) -> None:
    (shipped / "base" / "new.json").write_text("{")
    assert Catalogue().names(RULESETS) == ["base/scoring"]
