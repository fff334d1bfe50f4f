"""`fairlead import`: a preview first, then what it said; signed where the project has a register."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.commands import invoke
from tests.ledger.world import write_project
from tests.project.approved_clinic import add_people, key_of

from fairlead import project
from fairlead.documents.json_text import Document
from fairlead.project.envelope import read_envelope
from fairlead.project.keys import write_key
from fairlead.project.register import REGISTER_FILE, read_register
from fairlead.sync.place import open_store

PARTNERS = "code,name\nTA-101,Atlas Travel\nB-77,Casa Verde\n,\n,,x\n"
OPENINGS = (
    "code,programme,reward,currency,introductions,due,paid,reference\n"
    "TA-101,medical-travel/partner-programme,introduction.reward,USD,3,500.00,1000.00,BANK-1\n"
)


@pytest.fixture(autouse=True)
def clinic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FAIRLEAD_STORE_URL", raising=False)
    Path("partners.csv").write_text(PARTNERS, "utf-8")
    Path("openings.csv").write_text(OPENINGS, "utf-8")
    return write_project(tmp_path / "clinic")


def counts(folder: Path) -> tuple[dict[str, int], int]:
    """Return the records of each entity and the number of the ledger's acts."""
    with open_store(project.open(folder)) as store, store.reading() as tx:
        return tx.mirror.counts(), tx.book.last_act()


def told(*words: str, code: int) -> Any:
    result = invoke("import", "clinic", *words, "--json")
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


def test_a_preview_says_what_would_be_done_and_does_nothing(clinic: Path) -> None:
    result = invoke("import", "clinic", "partners.csv")
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        "partners.csv: partners, by the columns `code`, `name`",
        "  the delimiter of the input is a comma",
        "  1 empty row is passed over",
        "  3 read = 2 new + 0 unchanged + 0 changed + 0 otherwise in the CRM + 1 rejected",
        "  2 tracking codes would be adopted",
        "  line 5: the row has 3 cells and the header 2 [ragged-row]",
        "      found: 3",
        "      remedy: put cells that hold the delimiter, a quote or a line break in double quotes",
        "  line 2: TA-101: new",
        "  line 3: B-77: new",
        "nothing is written yet: run it again with `--apply --by NAME`",
    ]
    assert counts(clinic) == ({}, 0)
    assert not Path("partners.csv.rejects.jsonl").exists()


def test_what_is_applied_is_there_and_rejects_go_beside_the_file(clinic: Path) -> None:
    done = told("partners.csv", "--apply", "--by", "Ana Silva", code=1)
    assert done["applied"] is True
    (file,) = done["files"]
    assert (file["about"], file["new"], file["rejected"]) == ("partners", 2, 1)
    assert (file["adopted_codes"], file["rejects_file"]) == (["TA-101", "B-77"], "partners.csv.rejects.jsonl")
    assert counts(clinic) == ({"partner": 2}, 0)
    (reject,) = (json.loads(line) for line in Path("partners.csv.rejects.jsonl").read_text().splitlines())
    assert (reject["line"], reject["code"], reject["input"]) == (5, "ragged-row", ",,x")
    Path("partners.csv").write_text("code,name\nTA-101,Atlas\n", "utf-8")
    shown = invoke("import", "clinic", "partners.csv", "--apply", "--by", "Ana Silva")
    assert shown.exit_code == 0
    assert "  line 2: TA-101: changed, known by its code" in shown.stdout
    assert "    partner.name: Atlas Travel, from now on Atlas" in shown.stdout
    # those of the attempt before are settled
    assert not Path("partners.csv.rejects.jsonl").exists()


def test_openings_become_entries_of_a_named_person(clinic: Path) -> None:
    words = ("partners.csv", "openings.csv", "--cut-over", "2026-07-01", "--apply", "--by", "Ana Silva")
    assert told(*words, code=1)["files"][1]["new"] == 1
    assert counts(clinic) == ({"introduction": 3, "partner": 2}, 1)
    assert told(*words, code=1)["files"][1]["same"] == 1
    assert counts(clinic) == ({"introduction": 3, "partner": 2}, 1)


def test_openings_are_signed_where_the_project_has_a_register(
    clinic: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    add_people(clinic / REGISTER_FILE)
    monkeypatch.setenv("FAIRLEAD_KEY_PASSPHRASE", "a long enough passphrase")
    for person in ("ayse", "mehmet"):
        write_key(tmp_path / f"{person}.pem", key_of(person), "a long enough passphrase")
    words = ("partners.csv", "openings.csv", "--cut-over", "2026-07-01", "--apply", "--by")
    (problem,) = told(*words, "ayse", code=2)["problems"]
    assert (problem["code"], problem["message"]) == (
        "missing-key",
        "the project has a register of people: opening balances are signed",
    )
    # an author is no approver, and a stranger is nobody
    (problem,) = told(*words, "mehmet", "--key", "mehmet.pem", code=2)["problems"]
    assert problem["code"] == "role-missing"
    (problem,) = told(*words, "Ana", "--key", "ayse.pem", code=2)["problems"]
    assert problem["code"] == "unknown-signer"
    assert counts(clinic) == ({}, 0)
    told(*words, "ayse", "--key", "ayse.pem", code=1)
    with open_store(project.open(clinic)) as store, store.reading() as tx:
        [act] = tx.book.acts(["open"])
        envelope = read_envelope(Document(tx.archive.get(act.content["document"])))
    assert (act.actor, act.content["signature"]["person"]) == ("ayse", "ayse")
    register = read_register(clinic / REGISTER_FILE)
    assert [register.fault(envelope, each) for each in envelope.signatures] == [None]
    changed = {**envelope.payload, "cut_over": "2026-08-01"}
    fault = register.fault(type(envelope)(changed, envelope.signatures), envelope.signatures[0])
    assert fault is not None
    assert fault.code == "bad-signature"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("nothing.csv",), "no-such-file"),
        (("partners.csv", "--as", "patients"), "unknown-value"),
        (("partners.csv", "--apply"), "missing-key"),
        (("partners.csv", "--apply", "--by", " "), "empty-value"),
        (("partners.csv", "--sheet", "A"), "wrong-usage"),
        (("partners.csv", "--mapping", "none"), "unknown-document"),
        (("openings.csv",), "missing-key"),
        (("openings.csv", "--cut-over", "July"), "wrong-type"),
        (("partners.csv", "--encoding", "klingon"), "unknown-encoding"),
        (("partners.csv", "--as", "disclosures"), "unknown-columns"),
        (("clinic",), "unreadable-file"),
    ],
)
def test_wrong_usage_ends_with_2_and_says_what_to_do(words: tuple[str, ...], code: str) -> None:
    problems = told(*words, code=2)["problems"]
    assert [problem["code"] for problem in problems] == [code]


def test_a_file_of_rubbish_has_no_traceback() -> None:
    for number, content in enumerate((b"\x00\xff\xfe" * 50, b'"', b"code\n" + b"x" * 2_000_000, b"\n\n")):
        path = Path(f"rubbish{number}.csv")
        path.write_bytes(content)
        result = invoke("import", "clinic", str(path), "--as", "partners")
        assert result.exit_code in (1, 2), result.output
        assert not isinstance(result.exception, Exception) or isinstance(result.exception, SystemExit)
        assert "Traceback" not in result.output
