"""A bundle of evidence: what is in it, who is not, and that no change to it goes unnoticed."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from tests.ledger.test_replay import tamper
from tests.ledger.world import NOW, World

from fairlead import project
from fairlead.ledger.bundle import check_bundle, is_bundle, read_bundle, write_bundle
from fairlead.ledger.evidence import Evidence, gather
from fairlead.ledger.pseudonyms import Pseudonyms
from fairlead.problems import DocumentError, UsageError
from fairlead.store import Ref

KEY = bytes(range(32))
PACK = "policies/introduction-only"


def gathered(world: World, partner: str = "TA-101") -> Evidence:
    return gather(
        project.open(world.folder),
        world.store,
        partner,
        date(2026, 1, 1),
        date(2026, 12, 31),
        pseudonyms=Pseudonyms(KEY),
        now=NOW,
    )


@pytest.fixture
def two_partners(make_world: Callable[..., World]) -> World:
    """A partner with one fee released and one held, and another partner."""
    world = make_world("medical-travel/partner-programme")
    world.partner()
    world.partner("p2")
    world.introduction("i1", "2026-10-05", lead="patient-1")
    world.introduction("i2", "2026-10-06", lead="patient-2", disclosure={})
    world.introduction("i3", "2026-10-07", "p2", lead="patient-3")
    ledger = world.ledger()
    ledger.accrue()
    ledger.assess()
    return world


def entries_of(evidence: Evidence) -> list[dict[str, Any]]:
    return [json.loads(line) for line in evidence.files["entries.jsonl"].splitlines()]


def written(world: World, path: Path) -> Path:
    write_bundle(path, gathered(world), signer=None, role=None, at=NOW)
    return path


def rewritten(path: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    with zipfile.ZipFile(path) as file:
        members = {name: file.read(name) for name in file.namelist()}
    change(members)
    with zipfile.ZipFile(path, "w") as file:
        for name, content in members.items():
            file.writestr(name, content)
    return path


def test_entries_of_a_partner_that_was_merged_are_in_the_bundle(two_partners: World) -> None:
    two_partners.merge("partners", "p1", "p2")
    found = entries_of(gathered(two_partners, "TA-102"))
    assert [each["recomputed"]["outcome"] for each in found] == ["same", "same", "same"]


def test_the_bundle_holds_rule_agreement_disclosures_entries_and_replay(two_partners: World) -> None:
    evidence = gathered(two_partners)
    assert sorted({name.partition("/")[0] for name in evidence.files}) == [
        "README.txt",
        "documents",
        "entries.jsonl",
        "partner.json",
        "replay.json",
        "rules",
    ]
    first, second = entries_of(evidence)
    assert (first["units"], first["state"], second["state"]) == (50000, "released", "held")
    assert first["disclosure"] == {"given_at": "2026-01-02T09:00:00Z", "recorded_at": "2026-01-02T09:05:00Z"}
    assert [each["to"] for each in first["movements"]] == ["accrued", "released"]
    assert [reason["code"] for reason in second["holds"][0]["reasons"]] == ["not_disclosed_in_time"]
    assert [each["recomputed"]["outcome"] for each in (first, second)] == ["same", "same"]
    [agreement] = json.loads(evidence.files["partner.json"])["agreements"]
    assert agreement["signed_on"] == "2025-12-01"
    [rule] = [content for name, content in evidence.files.items() if name.startswith("rules/")]
    assert "One flat fee for a verified introduction with a complete file" in rule.decode()
    assert (evidence.facts["recomputed"], evidence.facts["verified"], evidence.facts["entries"]) == (
        True,
        True,
        2,
    )


def test_no_patient_and_no_record_of_one_is_named(two_partners: World) -> None:
    evidence = gathered(two_partners)
    everything = b"\n".join(evidence.files.values()).decode()
    for name in ("patient-1", "patient-2", "patient-3", '"i1"', '"i2"', "d-i1"):
        assert name not in everything
    first, second = entries_of(evidence)
    assert first["patient"].startswith("lead-")
    assert first["patient"] != second["patient"]
    # the same patient has the same pseudonym in every bundle of a project, and another elsewhere
    assert first["patient"] == Pseudonyms(KEY).of("lead", "patient-1")
    assert first["patient"] != Pseudonyms(bytes(32)).of("lead", "patient-1")


def test_what_differs_is_said_without_naming_anybody(two_partners: World, tmp_path: Path) -> None:
    tamper(tmp_path, "UPDATE ledger_entries SET subject = 'i1', revision = id WHERE id = 3")
    evidence = gathered(two_partners)
    assert (evidence.facts["recomputed"], evidence.facts["verified"]) == (False, False)
    [found] = json.loads(evidence.files["replay.json"])["replay"]["differences"]
    assert found["entry"] == 3
    assert found["what"][0].startswith("record of decision")
    assert '"i1"' not in b"".join(evidence.files.values()).decode()
    assert b"introduction i1" not in evidence.files["replay.json"]


def test_a_forgotten_patient_is_said_to_be_erased(two_partners: World) -> None:
    two_partners.store.forget(Ref("leads", "patient-1"))
    first, second = entries_of(gathered(two_partners))
    assert first["disclosure"] == {"inputs_erased": True}
    assert (first["recomputed"]["outcome"], second["recomputed"]["outcome"]) == ("from_basis", "same")


def test_the_obligations_of_packs_are_in_words(make_world: Callable[..., World]) -> None:
    world = make_world("medical-travel/partner-programme", packs=(PACK,))
    world.partner()
    evidence = gathered(world)
    assert "Citation: " in evidence.files["packs/policies-introduction-only.md"].decode()


def test_an_unknown_partner_is_refused(two_partners: World) -> None:
    with pytest.raises(UsageError, match="TA-999"):
        gathered(two_partners, "TA-999")


def test_a_bundle_as_it_was_written_is_sound_and_recomputes(two_partners: World, tmp_path: Path) -> None:
    path = written(two_partners, tmp_path / "evidence.zip")
    assert is_bundle(path)
    check = check_bundle(read_bundle(path))
    assert (check.problems, check.entries, check.recomputed, check.stated) == ((), 2, 2, 0)
    again = written(two_partners, tmp_path / "again.zip")
    assert again.read_bytes() == path.read_bytes()


def _amount(members: dict[str, bytes]) -> None:
    members["entries.jsonl"] = members["entries.jsonl"].replace(
        b'"asked_units": 50000', b'"asked_units": 90000'
    )


def _missing(members: dict[str, bytes]) -> None:
    del members["partner.json"]


def _added(members: dict[str, bytes]) -> None:
    members["rules/other.md"] = b"another rule"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_amount, "`entries.jsonl` is not the file of its digest"),
        (_missing, "`partner.json` is missing"),
        (_added, "`rules/other.md` is not in the manifest"),
    ],
)
def test_any_change_is_found(
    two_partners: World, tmp_path: Path, change: Callable[[dict[str, bytes]], None], said: str
) -> None:
    path = rewritten(written(two_partners, tmp_path / "evidence.zip"), change)
    assert said in [problem.message for problem in check_bundle(read_bundle(path)).problems]


def test_an_amount_that_the_rule_does_not_give_is_found(two_partners: World, tmp_path: Path) -> None:
    path = rewritten(written(two_partners, tmp_path / "evidence.zip"), _amount)
    said = [problem.message for problem in check_bundle(read_bundle(path)).problems]
    assert ("entry 1: its amount before limits is 90000 USD in minor units, and the rule gives 50000") in said


@pytest.mark.parametrize(
    "line", [b"[]", b"{}", b'"x"', b"{", b'{"kind": "accrual", "ruleset": 7, "zone": "UTC"}']
)
def test_lines_that_are_no_entries_are_findings(two_partners: World, tmp_path: Path, line: bytes) -> None:
    def change(members: dict[str, bytes]) -> None:
        members["entries.jsonl"] = line + b"\n"

    path = rewritten(written(two_partners, tmp_path / "evidence.zip"), change)
    assert len(check_bundle(read_bundle(path)).problems) >= 2


def _zip(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return path


MANIFEST = b'{"fairlead": 1, "kind": "evidence", "files": []}'


@pytest.mark.parametrize(
    "name", ["../out.txt", "/etc/passwd", "a/../../b", "a\\b", "a/b/c", ".hidden", "a//b"]
)
def test_a_member_that_would_lead_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    path = _zip(tmp_path / "evil.zip", {"manifest.json": MANIFEST, name: b"x"})
    with pytest.raises(DocumentError, match="bundle-unsafe"):
        read_bundle(path)


def test_a_bundle_that_unpacks_to_too_much_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fairlead.ledger.bundle._MAX_UNPACKED", 1_000_000)
    path = _zip(tmp_path / "bomb.zip", {"manifest.json": MANIFEST, "bomb.txt": bytes(2_000_000)})
    with pytest.raises(DocumentError, match="unpacks to more than"):
        read_bundle(path)


def test_too_many_members_and_a_member_twice_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with zipfile.ZipFile(tmp_path / "twice.zip", "w") as file:
        file.writestr("manifest.json", MANIFEST)
        with pytest.warns(UserWarning, match="Duplicate name"):
            file.writestr("manifest.json", MANIFEST)
    with pytest.raises(DocumentError, match="there twice"):
        read_bundle(tmp_path / "twice.zip")
    monkeypatch.setattr("fairlead.ledger.bundle._MAX_MEMBERS", 2)
    path = _zip(tmp_path / "many.zip", {"manifest.json": MANIFEST, "a": b"", "b": b""})
    with pytest.raises(DocumentError, match="more than 2 members"):
        read_bundle(path)


@pytest.mark.parametrize(
    "content", [b"PK\x03\x04", b"PK\x03\x04" + bytes(100), b"PK\x03\x04PK\x05\x06" + bytes(18)]
)
def test_what_is_no_zip_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "no.zip"
    path.write_bytes(content)
    with pytest.raises(DocumentError):
        read_bundle(path)


def test_any_byte_of_a_bundle_can_be_broken_without_a_traceback(two_partners: World, tmp_path: Path) -> None:
    whole = bytearray(written(two_partners, tmp_path / "evidence.zip").read_bytes())
    path = tmp_path / "broken.zip"
    for place in range(0, len(whole), max(len(whole) // 150, 1)):
        broken = bytearray(whole)
        broken[place] ^= 0xFF
        path.write_bytes(broken)
        try:
            problems = check_bundle(read_bundle(path)).problems
        except DocumentError:
            continue
        # times and the like are no content
        assert problems or _same(path, bytes(whole)), place


def _same(path: Path, whole: bytes) -> bool:
    with zipfile.ZipFile(path) as one, zipfile.ZipFile(io.BytesIO(whole)) as other:
        return {name: one.read(name) for name in one.namelist()} == {
            name: other.read(name) for name in other.namelist()
        }
