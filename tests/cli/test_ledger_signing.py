"""Who may approve a payout where the project has a register of people."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.cli.test_ledger_commands import Q4, done, refused, run, said
from tests.ledger.world import NOW, World, write_project

from fairlead import project
from fairlead.cli import ledger_place, register
from fairlead.documents.json_text import Document
from fairlead.project.envelope import read_envelope
from fairlead.project.register import read_register
from fairlead.sync.place import open_store

PASSPHRASE = "a long passphrase"  # noqa: S105 - of keys that the tests make


@pytest.fixture(autouse=True)
def at_now(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for module in (ledger_place, register):
        monkeypatch.setattr(module, "now", lambda: NOW)
    monkeypatch.setenv("FAIRLEAD_KEY_PASSPHRASE", PASSPHRASE)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A clinic with people: rana keeps the register, ana is author, ayse approver, mert has no such role."""
    folder = write_project(tmp_path / "clinic")
    public = {}
    (tmp_path / "keys").mkdir()
    for person in ("rana", "ana", "ayse", "mert"):
        made = json.loads(done("register", "keygen", "--key", f"keys/{person}.pem", "--json"))
        public[person] = made["public"]
    done("register", "init", folder, "--as", "rana", "--name", "Rana Demir", "--key", "keys/rana.pem")
    for person, role in (("ana", "author"), ("ayse", "approver"), ("mert", "payer")):
        done(
            *("register", "add", folder, "--as", "rana", "--key", "keys/rana.pem", "--person", person),
            *("--name", person.title(), "--role", role, "--public", public[person]),
        )
    with open_store(project.open(folder)) as store:
        world = World(folder, store)
        world.partner()
        world.introduction("i1", "2026-10-05")
        yield world


def approve(world: World, person: str, key: str | None = None) -> tuple[str | Path, ...]:
    words = ("--as", person, "--key", f"keys/{key or person}.pem")
    return ("ledger", "approve", world.folder, *Q4, *words)


def test_an_approver_signs_the_proposal(world: World) -> None:
    digest = said("ledger", "run", world.folder, *Q4, "--by", "ana")["digest"]

    found = said(*approve(world, "ayse"))

    assert (found["by"], found["signed"], found["totals"][0]["amount"]) == ("ayse", True, "500.00")
    with world.store.reading() as tx:
        (act,) = tx.book.acts(["approve"])
    envelope = read_envelope(Document(act.content["signature"]))
    assert (act.actor, envelope.payload["proposal"], envelope.payload["period"]) == (
        "ayse",
        digest,
        "2026-Q4",
    )
    people = read_register(world.folder / "people.json")
    assert people.fault(envelope, envelope.signatures[0]) is None


def test_the_author_of_the_run_is_somebody_of_the_register(world: World) -> None:
    problem = refused("ledger", "run", world.folder, *Q4, "--by", "anna")

    assert (problem["code"], problem["nearest"]) == ("unknown-signer", "ana")


def test_the_author_of_the_run_may_not_approve_it(world: World) -> None:
    done("ledger", "run", world.folder, *Q4, "--by", "ayse")

    assert refused(*approve(world, "ayse"))["code"] == "same-person"


@pytest.mark.parametrize(
    ("person", "key", "code"),
    [
        ("mert", "mert", "role-missing"),
        ("ayse", "mert", "unknown-signer"),
        ("nobody", "ayse", "unknown-signer"),
    ],
)
def test_who_has_not_the_role_or_not_the_key_cannot_approve(
    world: World, person: str, key: str, code: str
) -> None:
    done("ledger", "run", world.folder, *Q4, "--by", "ana")

    assert refused(*approve(world, person, key))["code"] == code


def test_a_name_alone_is_no_approval_where_there_is_a_register(world: World) -> None:
    done("ledger", "run", world.folder, *Q4, "--by", "ana")

    assert refused("ledger", "approve", world.folder, *Q4, "--by", "Ayse")["code"] == "not-signed"


def test_two_names_with_one_key_are_one_person(world: World) -> None:
    """The register takes no key twice, so that nobody can approve their own run under a second name."""
    public = json.loads((world.folder / "people.json").read_text("utf-8"))["entries"]
    key = next(
        each["payload"]["change"]["key"]["public"]
        for each in public
        if each["payload"]["change"].get("person") == "ana"
    )

    result: Any = run(
        *("register", "add", world.folder, "--as", "rana", "--key", "keys/rana.pem", "--person", "ana2"),
        *("--name", "Ana Two", "--role", "approver", "--public", key, "--json"),
    )

    assert result.exit_code == 2
    assert json.loads(result.stdout)["problems"][0]["code"] == "key-in-use"
