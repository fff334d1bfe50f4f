"""`fairlead ledger explain`, `replay`, `verify`, `simulate`, `evidence` and `verify` of a bundle."""

from __future__ import annotations

import json
import sqlite3
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.commands import invoke
from tests.ledger.world import World, write_project
from tests.project.approved_clinic import add_people, key_of

from fairlead import project
from fairlead.project.keys import write_key
from fairlead.store import Ref
from fairlead.sync.place import open_store


@pytest.fixture
def clinic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A project with its own store, in which one fee was released and one is held."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FAIRLEAD_STORE_URL", raising=False)
    folder = write_project(tmp_path / "clinic")
    with open_store(project.open(folder)) as store:
        world = World(folder, store)
        world.partner()
        world.partner("p2", licence_valid_until="2026-06-30")
        world.introduction("i1", "2026-10-05", lead="l1")
        world.introduction("i2", "2026-10-06", "p2", lead="l2")
        ledger = world.ledger()
        ledger.accrue()
        ledger.assess()
        yield world


def test_explain_says_why_in_words(clinic: World) -> None:
    result = invoke("ledger", "explain", "1", "clinic")
    assert result.exit_code == 0
    for said in (
        "entry 1: 500.00 USD to TA-101",
        "medical-travel/partner-programme 1.0.0, sha256:",
        "unapproved",
        "Earned when",
        "introduction.verified = yes",
        "disclosure to the patient",
        "given at: 2026-01-02T09:00:00Z",
        "released  by fairlead",
        "recomputed from its inputs: the same",
    ):
        assert said in result.stdout, said


def test_explain_names_what_holds_an_entry(clinic: World) -> None:
    result = invoke("ledger", "explain", "2", "clinic", "--json")
    found = json.loads(result.stdout)
    assert result.exit_code == 0
    assert [reason["code"] for reason in found["holds"][0]["reasons"]] == ["no_licence"]
    assert found["state"] == "held"


def test_explain_says_that_inputs_are_erased(clinic: World) -> None:
    clinic.store.forget(Ref("leads", "l1"))
    result = invoke("ledger", "explain", "1", "clinic")
    assert result.exit_code == 0
    assert "inputs erased" in result.stdout
    assert "recomputed from the facts that were kept: the same" in result.stdout


def test_explain_refuses_an_entry_that_is_not_there(clinic: World) -> None:
    result = invoke("ledger", "explain", "77", "clinic")
    assert result.exit_code == 2
    assert "the ledger has no entry 77" in result.output


def test_replay_and_verify_end_with_one_where_something_was_changed(clinic: World) -> None:
    for action in ("replay", "verify"):
        result = invoke("ledger", action, "clinic")
        assert result.exit_code == 0, result.output
    clinic.store.close()
    with sqlite3.connect("clinic/.fairlead/store.db") as database:
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f"DROP TRIGGER {name}")
        database.execute("UPDATE ledger_entries SET asked = 60000 WHERE id = 1")
    database.close()
    replayed = invoke("ledger", "replay", "clinic")
    assert replayed.exit_code == 1
    assert "entry 1: amount before limits: the ledger has 60000, found 50000" in replayed.stdout
    explained = invoke("ledger", "explain", "1", "clinic")
    assert (explained.exit_code, "not as the ledger has it" in explained.stdout) == (1, True)
    verified = invoke("ledger", "verify", "clinic", "--json")
    assert verified.exit_code == 1
    assert [each["kind"] for each in json.loads(verified.stdout)["findings"]] == ["act-edited"]


@pytest.mark.parametrize(
    "edit",
    [
        "UPDATE ledger_entries SET content = '{' WHERE id = 1",
        "UPDATE ledger_movements SET state = 'nonsense' WHERE entry = 1 AND from_state IS NOT NULL",
    ],
)
def test_a_row_that_cannot_be_read_is_a_damaged_store(clinic: World, edit: str) -> None:
    clinic.store.close()
    with sqlite3.connect("clinic/.fairlead/store.db") as database:
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f"DROP TRIGGER {name}")
        database.execute(edit)
    database.close()
    for words in (("replay", "clinic"), ("show", "clinic"), ("explain", "1", "clinic")):
        result = invoke("ledger", *words)
        assert result.exit_code == 2, result.output
        assert "[store-damaged]" in result.output
        assert "remedy: `fairlead ledger verify`" in result.output
    verified = invoke("ledger", "verify", "clinic")
    assert (verified.exit_code, "[act-edited]" in verified.output) == (1, True)


def test_simulate_prints_a_table_and_writes_a_page(clinic: World) -> None:
    overlay = {
        "fairlead": 1,
        "kind": "ruleset-overlay",
        "name": "clinic/new",
        "version": "2.0.0",
        "title": "A draft",
        "about": "A draft.",
        "extends": {"name": "medical-travel/partner-programme", "version": "1.0.0"},
        "changes": [
            {
                "action": "replace",
                "what": "parameter",
                "id": "introduction_fee",
                "value": {
                    "type": "money",
                    "currency": "USD",
                    "value": {"amount": "350.00", "currency": "USD"},
                    "title": "the fee",
                },
            }
        ],
    }
    Path("new.json").write_text(json.dumps(overlay))
    options = (
        "--ruleset",
        "new.json",
        "--since",
        "2026-01-01",
        "--until",
        "2026-12-31",
        "--html",
        "new.html",
    )
    result = invoke("simulate", "clinic", *options)
    assert result.exit_code == 0, result.output
    assert "1,000.00 USD, with the draft 700.00 USD: -300.00 USD" in result.stdout
    assert "clinic/new 2.0.0, unapproved" in result.stdout
    assert "no_licence  1        1" in result.stdout
    assert "<svg" in Path("new.html").read_text("utf-8")
    assert clinic.ledger().store.verify().head.count == 5
    without = invoke("simulate", "clinic", "--ruleset", "new.json")
    assert (without.exit_code, "`--since` is needed" in without.output) == (2, True)
    assert "TA-101  500.00 USD  350.00 USD  -150.00 USD" in result.stdout


def test_days_that_end_before_they_begin_are_refused(clinic: World) -> None:
    simulated = invoke(
        "simulate", "clinic", "--ruleset", "new.json", "--since", "2026-05-01", "--until", "2026-04-30"
    )
    gathered = invoke(
        *("evidence", "clinic", "--partner", "TA-101", "--out", "out.zip"),
        *("--from", "2026-05-01", "--to", "2026-04-30"),
    )
    assert (simulated.exit_code, "`--until` is before `--since` [wrong-period]" in simulated.output) == (
        2,
        True,
    )
    assert (gathered.exit_code, "`--to` is before `--from` [wrong-period]" in gathered.output) == (2, True)
    assert not Path("out.zip").exists()


def bundle(*options: str) -> list[str]:
    span = ["--from", "2026-01-01", "--to", "2026-12-31", "--out", "out.zip"]
    return ["evidence", "clinic", "--partner", "TA-101", *span, *options]


def test_unsigned_evidence_says_so_and_verifies(clinic: World) -> None:
    result = invoke(*bundle())
    assert result.exit_code == 0, result.output
    assert "out.zip: 1 entries" in result.stdout
    assert "the project has no register of people, so nobody can sign" in result.stdout
    verified = invoke("verify", "out.zip")
    assert verified.exit_code == 0, verified.output
    assert "nobody has signed it" in verified.stdout
    assert "1 entries: 1 amounts recomputed" in verified.stdout
    with zipfile.ZipFile("out.zip") as file, zipfile.ZipFile("damaged.zip", "w") as damaged:
        for name in file.namelist():
            damaged.writestr(name, file.read(name) + (b" " if name == "README.txt" else b""))
    found = invoke("verify", "damaged.zip")
    assert (found.exit_code, "[bundle-damaged]" in found.output) == (1, True)
    assert "it is whole" not in found.output
    assert Path("clinic/.fairlead/pseudonyms.key").stat().st_mode & 0o077 == 0


def test_signed_evidence_names_its_signer_and_a_forged_one_is_found(
    clinic: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAIRLEAD_KEY_PASSPHRASE", "a long passphrase")
    add_people(Path("clinic/people.json"))
    write_key(Path("ayse.pem"), key_of("ayse"), "a long passphrase")
    result = invoke(*bundle("--as", "ayse", "--key", "ayse.pem"))
    assert result.exit_code == 0, result.output
    assert "signed by Ayşe Yılmaz as compliance" in result.stdout
    verified = invoke("verify", "out.zip", "--register", "clinic/people.json")
    assert verified.exit_code == 0, verified.output
    assert "signed by Ayşe Yılmaz (ayse) as compliance" in verified.stdout
    with zipfile.ZipFile("out.zip") as file:
        members = {name: file.read(name) for name in file.namelist()}
    members["manifest.json"] = members["manifest.json"].replace(b'"entries": 1', b'"entries": 2')
    with zipfile.ZipFile("forged.zip", "w") as file:
        for name, content in members.items():
            file.writestr(name, content)
    forged = invoke("verify", "forged.zip", "--register", "clinic/people.json")
    assert forged.exit_code == 1
    assert "bad-signature" in forged.output


def test_evidence_is_not_signed_as_what_the_person_is_not(
    clinic: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAIRLEAD_KEY_PASSPHRASE", "a long passphrase")
    add_people(Path("clinic/people.json"))
    write_key(Path("ayse.pem"), key_of("ayse"), "a long passphrase")
    result = invoke(*bundle("--as", "ayse", "--role", "payer", "--key", "ayse.pem"))
    assert result.exit_code == 2
    assert "`ayse` does not have the role `payer`" in result.output


def test_a_legal_hold_stands_until_it_is_lifted(clinic: World) -> None:
    options = ("clinic", "--by", "Rana", "--reason", "claim 7/2026")
    placed = invoke("ledger", "legal-hold", "leads/l1", *options)
    assert placed.exit_code == 0, placed.output
    refused = invoke("forget", "clinic", "--object", "leads", "--id", "l1", "--yes")
    assert refused.exit_code == 2
    assert "legal-hold" in refused.output
    lifted = invoke("ledger", "legal-hold", "leads/l1", *options, "--lift", "--json")
    assert json.loads(lifted.stdout) == {
        "person": "leads/l1",
        "by": "Rana",
        "reason": "claim 7/2026",
        "held": False,
    }
    assert invoke("forget", "clinic", "--object", "leads", "--id", "l1", "--yes").exit_code == 0
    wrong = invoke("ledger", "legal-hold", "l1", *options)
    assert (wrong.exit_code, "such as `contacts/1042`" in wrong.output) == (2, True)
