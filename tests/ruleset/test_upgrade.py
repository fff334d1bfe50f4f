from pathlib import Path
from typing import Any

import pytest
from tests.ruleset.clinic import MORE_FOR_RECORDS, fact, model, overlay, row, ruleset, write

from fairlead.problems import DocumentError
from fairlead.ruleset.catalogue import Catalogue
from fairlead.ruleset.load import load_ruleset
from fairlead.ruleset.lock import Lock, read_lock, write_lock
from fairlead.ruleset.upgrade import UpgradePlan, apply_upgrade, current_pins, plan_upgrade

#: an overlay as a person lays it out, with the version twice
OVERLAY = """{ "fairlead": 1,   "kind": "ruleset-overlay",
\t"name": "client/scoring", "version": "1.0.0",\r
  "title": "Größe \\u00e9", "about": "extends 1.0.0",
  "extends": { "version" :  "1.0.0" , "name": "base/scoring" },
  "changes": [
    {"action": "replace", "what": "row", "decision": "lead.score", "id": "records", "value":
      {"id": "records", "when": {"var": "lead.records"}, "points": 40,
       "reason": {"code": "records", "text": "Records"}}}
  ]}
"""


def release(shipped: Path, **keys: Any) -> dict[str, Any]:
    """Ship version 1.1.0 and keep 1.0.0 beside it; phone is worth 30 instead of 15."""
    write(shipped, ruleset(), older=True)
    newer = {**ruleset("1.1.0"), **keys}
    newer["decisions"][0]["rows"][2]["points"] = 30
    write(shipped, newer)
    return newer


@pytest.fixture
def lock(shipped: Path, own: Path, tmp_path: Path) -> Path:
    """The lock file of a project with one overlay, up to date."""
    path = own / "client" / "scoring.json"
    path.parent.mkdir()
    path.write_bytes(OVERLAY.encode())
    lock = tmp_path / "fairlead.lock"
    write_lock(lock, current_pins(Catalogue([own])))
    return lock


def plan(own: Path, lock: Path, *names: str) -> UpgradePlan:
    return plan_upgrade(Catalogue([own]), read_lock(lock), names)


def test_a_project_that_is_up_to_date_has_nothing_to_do(own: Path, lock: Path) -> None:
    assert plan(own, lock).is_empty


def test_the_plan_says_what_changes_in_documents_pins_and_results(
    shipped: Path, own: Path, lock: Path
) -> None:
    release(shipped)
    found = plan(own, lock)
    [edit] = found.edits
    assert (edit.name, edit.pointer, edit.refers_to, edit.old, edit.new) == (
        "client/scoring", "/extends/version", "base/scoring", "1.0.0", "1.1.0",
    )  # fmt: skip
    [change] = found.pin_changes
    assert change.old is not None
    assert change.new is not None
    assert (change.name, change.old.version, change.new.version) == ("base/scoring", "1.0.0", "1.1.0")
    [upgraded] = found.rulesets
    assert [each.text for each in upgraded.differences] == [
        "row `phone` of `lead.score`: points changed from 15 to 30"
    ]
    assert upgraded.notes == ()
    assert found.problems == ()


def test_a_dry_run_writes_nothing(shipped: Path, own: Path, lock: Path) -> None:
    release(shipped)
    before = lock.read_bytes(), (own / "client" / "scoring.json").read_bytes()
    apply_upgrade(plan(own, lock), lock, dry_run=True)
    assert (lock.read_bytes(), (own / "client" / "scoring.json").read_bytes()) == before


def test_an_upgrade_rewrites_one_value_and_keeps_every_other_byte(
    shipped: Path, own: Path, lock: Path
) -> None:
    release(shipped)
    apply_upgrade(plan(own, lock), lock)
    expected = OVERLAY.replace('"version" :  "1.0.0"', '"version" :  "1.1.0"').encode()
    assert (own / "client" / "scoring.json").read_bytes() == expected
    loaded = load_ruleset("client/scoring", roots=[own], lock=read_lock(lock))
    assert loaded.document["decisions"][0]["rows"][2]["points"] == 30
    assert plan(own, lock).is_empty


def test_a_byte_order_mark_stays(shipped: Path, own: Path, lock: Path) -> None:
    path = own / "client" / "scoring.json"
    path.write_bytes(b"\xef\xbb\xbf" + OVERLAY.encode())
    release(shipped)
    apply_upgrade(plan(own, lock), lock)
    expected = OVERLAY.replace('"version" :  "1.0.0"', '"version" :  "1.1.0"').encode()
    assert path.read_bytes() == b"\xef\xbb\xbf" + expected


def test_a_change_whose_row_is_gone_is_named_with_its_old_text_and_nothing_is_written(
    shipped: Path, own: Path, lock: Path
) -> None:
    newer = ruleset("1.1.0")
    newer["decisions"][0]["rows"][0]["id"] = "medical_records"
    release(shipped, decisions=newer["decisions"])
    found = plan(own, lock)
    [upgraded] = found.rulesets
    [note] = upgraded.notes
    assert (note.case, note.what, note.id, note.pointer) == ("vanished", "row", "records", "/changes/0/id")
    assert note.old == (
        '{"id": "records", "when": {"var": "lead.records"}, "points": 25, '
        '"reason": {"code": "records", "text": "records"}}'
    )
    assert (note.new, note.nearest) == (None, "medical_records")
    assert [(problem.code, problem.pointer) for problem in found.problems] == [
        ("unknown-id", "/changes/0/id")
    ]
    before = lock.read_bytes(), (own / "client" / "scoring.json").read_bytes()
    with pytest.raises(DocumentError):
        apply_upgrade(found, lock)
    assert (lock.read_bytes(), (own / "client" / "scoring.json").read_bytes()) == before


def test_a_change_that_hides_a_change_of_the_base_is_named_with_both_texts(
    shipped: Path, own: Path, lock: Path
) -> None:
    newer = ruleset("1.1.0")
    newer["decisions"][0]["rows"][0]["points"] = 35
    release(shipped, decisions=newer["decisions"])
    found = plan(own, lock)
    [note] = found.rulesets[0].notes
    assert (note.case, note.id) == ("changed", "records")
    assert note.old is not None
    assert note.new is not None
    assert '"points": 25' in note.old
    assert '"points": 35' in note.new
    assert found.problems == ()


def test_an_added_row_that_the_base_has_by_now_is_named(shipped: Path, own: Path, tmp_path: Path) -> None:
    added = {"action": "add", "what": "row", "decision": "lead.score", "value": row("email", 5),
             "position": {"after": "phone"}}  # fmt: skip
    write(own, overlay(added))
    lock = tmp_path / "fairlead.lock"
    write_lock(lock, current_pins(Catalogue([own])))
    newer = ruleset("1.1.0")
    newer["decisions"][0]["rows"].append(row("email", 10))
    release(shipped, decisions=newer["decisions"])
    found = plan(own, lock)
    [note] = found.rulesets[0].notes
    assert (note.case, note.id, note.old) == ("taken", "email", None)
    assert [problem.code for problem in found.problems] == ["duplicate-id"]


def test_model_overlays_are_upgraded_too(shipped: Path, own: Path, tmp_path: Path) -> None:
    card = {"action": "add", "what": "fact", "entity": "lead", "id": "card", "value": fact(type="text")}
    write(own, {
        "fairlead": 1, "kind": "fact-model-overlay", "name": "client/facts", "version": "1.0.0",
        "extends": {"name": "base/facts", "version": "1.0.0"}, "changes": [card],
    })  # fmt: skip
    write(own, overlay(MORE_FOR_RECORDS, model={"name": "client/facts", "version": "1.0.0"}))
    lock = tmp_path / "fairlead.lock"
    write_lock(lock, current_pins(Catalogue([own])))
    write(shipped, model(), older=True)
    newer = model("1.1.0")
    newer["entities"]["lead"]["facts"]["channel"]["labels"] = ["personal"]
    write(shipped, newer)
    found = plan(own, lock)
    assert [(edit.name, edit.pointer, edit.new) for edit in found.edits] == [
        ("client/facts", "/extends/version", "1.1.0")
    ]
    assert [each.text for each in found.rulesets[0].differences] == [
        'fact `lead.channel`: labels changed from [] to ["personal"]'
    ]
    assert [change.name for change in found.pin_changes] == ["base/facts", "client/facts"]
    apply_upgrade(found, lock)
    load_ruleset("client/scoring", roots=[own], lock=read_lock(lock))


def test_a_shipped_ruleset_that_runs_as_it_is_moves_with_its_pins(
    shipped: Path, own: Path, tmp_path: Path
) -> None:
    lock = tmp_path / "fairlead.lock"
    write_lock(lock, current_pins(Catalogue([own]), ["base/scoring"]))
    release(shipped, effective={"from": "2027-01-01"})
    assert load_ruleset("base/scoring", lock=read_lock(lock)).version == "1.0.0"
    found = plan(own, lock, "base/scoring")
    assert found.edits == ()
    assert [each.text for each in found.rulesets[0].differences] == [
        'ruleset: effective changed from {"from": "2026-01-01"} to {"from": "2027-01-01"}',
        "row `phone` of `lead.score`: points changed from 15 to 30",
    ]
    apply_upgrade(found, lock)
    assert sorted(read_lock(lock).pins) == ["base/facts", "base/scoring", "base/scoring@1.0.0"]
    assert load_ruleset("base/scoring", lock=read_lock(lock)).version == "1.1.0"


def test_the_first_upgrade_makes_the_lock(shipped: Path, own: Path, tmp_path: Path) -> None:
    write(own, overlay(MORE_FOR_RECORDS))
    found = plan_upgrade(Catalogue([own]), Lock())
    assert [(change.name, change.old) for change in found.pin_changes] == [
        ("base/facts", None),
        ("base/scoring", None),
    ]
    apply_upgrade(found, tmp_path / "fairlead.lock")
    load_ruleset("client/scoring", roots=[own], lock=read_lock(tmp_path / "fairlead.lock"))


def test_an_older_version_of_ones_own_keeps_what_it_extends(shipped: Path, own: Path, tmp_path: Path) -> None:
    write(own, overlay(MORE_FOR_RECORDS, effective={"from": "2026-01-01"}), older=True)
    write(own, overlay(MORE_FOR_RECORDS, version="2.0.0", effective={"from": "2026-07-01"}))
    lock = tmp_path / "fairlead.lock"
    write_lock(lock, current_pins(Catalogue([own])))
    release(shipped)
    apply_upgrade(plan(own, lock), lock)
    pins = read_lock(lock)
    assert {name: each.version for name, each in pins.pins.items()} == {
        "base/facts": "1.0.0",
        "base/scoring": "1.1.0",
        "base/scoring@1.0.0": "1.0.0",
    }
    assert load_ruleset("client/scoring", roots=[own], lock=pins, version="1.0.0").version == "1.0.0"
    assert load_ruleset("client/scoring", roots=[own], lock=pins).version == "2.0.0"


def test_an_old_version_that_is_no_longer_shipped_cannot_be_compared(
    shipped: Path, own: Path, lock: Path
) -> None:
    write(shipped, ruleset("1.1.0"))
    [upgraded] = plan(own, lock).rulesets
    assert upgraded.differences == ()
    assert [problem.code for problem in upgraded.before] == ["unknown-version"]
