from pathlib import Path

import pytest
from tests.ruleset.clinic import model, ruleset, write

from fairlead.documents.canonical import digest
from fairlead.problems import DocumentError
from fairlead.ruleset.catalogue import Catalogue
from fairlead.ruleset.document import Pin
from fairlead.ruleset.lock import Lock, pin, read_lock, write_lock

OTHER = "sha256:" + "0" * 64


def test_a_lock_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "fairlead.lock"
    pins = {"base/scoring": Pin(version="1.0.0", digest=OTHER), "a": Pin(version="2.0.0", digest=OTHER)}
    write_lock(path, pins)
    assert path.read_text() == (
        "{\n"
        '  "fairlead": 1,\n'
        '  "kind": "lock",\n'
        '  "pins": {\n'
        '    "a": {\n'
        '      "version": "2.0.0",\n'
        f'      "digest": "{OTHER}"\n'
        "    },\n"
        '    "base/scoring": {\n'
        '      "version": "1.0.0",\n'
        f'      "digest": "{OTHER}"\n'
        "    }\n"
        "  }\n"
        "}\n"
    )
    assert read_lock(path).pins == pins
    assert [each.name for each in tmp_path.iterdir()] == ["fairlead.lock"]


def test_no_lock_file_pins_nothing(tmp_path: Path) -> None:
    assert read_lock(tmp_path / "fairlead.lock").pins == {}


def test_a_lock_file_of_the_wrong_form_is_refused_in_its_place(tmp_path: Path) -> None:
    path = tmp_path / "fairlead.lock"
    path.write_text('{"fairlead": 1, "kind": "lock", "pins": {"a": {"version": "1.0.0", "digest": "x"}}}')
    with pytest.raises(DocumentError) as caught:
        read_lock(path)
    [problem] = caught.value.problems
    assert (problem.code, problem.pointer, problem.line, problem.column) == (
        "invalid-value", "/pins/a/digest", 1, 78,
    )  # fmt: skip


def test_what_is_pinned_passes(shipped: Path) -> None:
    found = Catalogue().find("base/scoring")
    assert Lock(pin([found])).check(found) is None


def test_what_is_not_in_the_lock_is_refused_with_the_remedy(shipped: Path) -> None:
    problem = Lock().check(Catalogue().find("base/scoring"))
    assert problem is not None
    assert problem.code == "not-locked"
    assert problem.message == "`base/scoring` 1.0.0 is not in the lock file"
    assert problem.remedy == "run `fairlead upgrade` to see what changes and to pin it"


def test_another_version_than_the_pinned_is_refused(shipped: Path, tmp_path: Path) -> None:
    path = tmp_path / "fairlead.lock"
    write_lock(path, {"base/scoring": Pin(version="0.9.0", digest=OTHER)})
    problem = read_lock(path).check(Catalogue().find("base/scoring"))
    assert problem is not None
    assert (problem.code, problem.file, problem.pointer) == (
        "lock-mismatch", str(path), "/pins/base~1scoring/version",
    )  # fmt: skip
    assert (problem.line, problem.column, problem.found) == (6, 18, "1.0.0")
    assert problem.message == "`base/scoring` is pinned to version 0.9.0; version 1.0.0 is asked for"


def test_a_document_that_changed_under_its_version_is_refused(shipped: Path, tmp_path: Path) -> None:
    path = tmp_path / "fairlead.lock"
    write_lock(path, {"base/scoring": Pin(version="1.0.0", digest=OTHER)})
    problem = read_lock(path).check(Catalogue().find("base/scoring"))
    assert problem is not None
    assert (problem.code, problem.line, problem.column) == ("lock-mismatch", 7, 17)
    assert problem.found == digest(ruleset())
    assert problem.message == (
        f"`base/scoring` 1.0.0 is not what was pinned: its digest is {digest(ruleset())}, pinned is {OTHER}"
    )


def test_layout_does_not_change_a_digest(shipped: Path) -> None:
    before = Catalogue().find("base/scoring")
    before.path.write_text(before.path.read_text().replace("\n", "\r\n") + "\n\n")
    assert Lock(pin([before])).check(Catalogue().find("base/scoring")) is None


def test_of_two_versions_the_newest_has_the_name(shipped: Path) -> None:
    write(shipped, ruleset("0.9.0"), older=True)
    write(shipped, model())
    catalogue = Catalogue()
    pins = pin([catalogue.find("base/scoring", "0.9.0"), catalogue.find("base/scoring", "1.0.0")])
    assert {name: each.version for name, each in pins.items()} == {
        "base/scoring": "1.0.0",
        "base/scoring@0.9.0": "0.9.0",
    }
    lock = Lock(pins)
    assert lock.check(catalogue.find("base/scoring", "0.9.0")) is None
    assert lock.check(catalogue.find("base/scoring", "1.0.0")) is None


def test_a_lock_that_cannot_be_written_is_a_problem(tmp_path: Path) -> None:
    with pytest.raises(DocumentError) as caught:
        write_lock(tmp_path / "absent" / "fairlead.lock", {})
    assert [problem.code for problem in caught.value.problems] == ["unwritable-file"]
