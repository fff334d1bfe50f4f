"""The records of a project's store decided by two versions."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.commands import invoke
from tests.project.approved_clinic import fact, model, ruleset, write

from fairlead.engine import Program, load
from fairlead.project import open
from fairlead.project.past_mirror import changes_by_mirror
from fairlead.ruleset.catalogue import Catalogue
from fairlead.ruleset.lock import pin, write_lock
from fairlead.store import MirrorRecord, Ref, Store
from fairlead.sync.place import open_store

AT = datetime(2026, 3, 1, tzinfo=UTC)
DAY = date(2026, 3, 3)


def introduction(id_: str, partner: str | None, **facts: Any) -> MirrorRecord:
    links = {"partner": None if partner is None else Ref("partners", partner)}
    return MirrorRecord("introduction", id_, Ref("introductions", id_), AT, {"id": id_, **facts}, links)


def fill(store: Store) -> None:
    """Introductions by one partner and by nobody; guests are a fact that the draft alone knows."""
    with store.transaction() as tx:
        tx.mirror.put([MirrorRecord("partner", "P-1", Ref("partners", "P-1"), AT, {"id": "P-1"})])
        tx.mirror.put(
            [
                introduction("I-1", "P-1", records=True, **{"@became": {"Contact": "c"}}),
                introduction("I-2", "P-1", records=False),
                introduction("I-3", None, records=True),
                introduction("I-4", "P-1", records=True, guests=2),
                introduction("I-5", "P-1", records=True, guests="two"),
            ]
        )


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path / 'store.db'}", anchor=None) as opened:
        fill(opened)
        yield opened


def documents(*, draft: bool) -> tuple[dict[str, Any], dict[str, Any]]:
    facts, rules = model(), ruleset()
    if draft:
        facts["entities"]["introduction"]["facts"]["guests"] = fact(type="integer")
        rules["parameters"]["fee"]["dated"][0]["value"]["amount"] = "55.00"
        rules["decisions"][0]["payable_when"] = {">": [{"var": "introduction.guests"}, 1]}
    return facts, rules


def program(folder: Path, *, draft: bool) -> Program:
    facts, rules = documents(draft=draft)
    root = folder / ("new" if draft else "old") / "rulesets"
    write(root / "clinic" / "facts.json", facts)
    return load(write(root / "clinic" / "rewards.json", rules), roots=[root])


def test_each_version_reads_what_it_knows_of_a_record(tmp_path: Path, store: Store) -> None:
    old, new = program(tmp_path, draft=False), program(tmp_path, draft=True)
    changes = changes_by_mirror(store, lambda _: True, DAY, old, new, 1)
    # I-2 earns nothing and I-3 has no partner, before as after
    assert (changes.compared, changes.changed, changes.no_longer_fit, changes.rejected) == (4, 2, 1, 0)
    assert changes.by_how_much == {"introduction.reward": {"USD": Decimal("10.00")}}
    assert [each.record for each in changes.witnesses["introduction.reward"]] == ["I-1"]
    assert [record for record, _ in changes.unfit] == ["I-5"]
    back = changes_by_mirror(store, lambda _: True, DAY, new, old, 1)
    assert (back.compared, back.changed, back.fit_now) == (4, 2, 1)


def test_records_are_decided_by_the_decisions_about_them(tmp_path: Path, store: Store) -> None:
    def known(folder: str, value: bool) -> Program:
        facts, rules = documents(draft=False)
        decision = {
            "name": "partner.known",
            "kind": "formula",
            "title": "known",
            "result": {"type": "boolean"},
            "value": {"==": [{"absent": "partner.id"}, value]},
        }
        rules["decisions"].append(decision)
        root = tmp_path / folder / "rulesets"
        write(root / "clinic" / "facts.json", facts)
        return load(write(root / "clinic" / "rewards.json", rules), roots=[root])

    changes = changes_by_mirror(store, lambda _: True, DAY, known("old", False), known("new", True), 5)
    assert changes.compared == 6
    assert changes.by_decision == {"partner.known": 1}
    assert [each.record for each in changes.witnesses["partner.known"]] == ["P-1"]


def test_another_entitys_reasons_are_not_a_records_own(tmp_path: Path, store: Store) -> None:
    def named(folder: str, code: str) -> Program:
        facts, rules = documents(draft=False)
        rules["decisions"].append(
            {
                "name": "partner.registered",
                "kind": "check",
                "title": "registered",
                "requirement": {"absent": "partner.id"},
                "severity": "warning",
                "citation": "House rules 1",
                "reason": {"code": code, "text": "The partner is not registered."},
            }
        )
        root = tmp_path / folder / "rulesets"
        write(root / "clinic" / "facts.json", facts)
        return load(write(root / "clinic" / "rewards.json", rules), roots=[root])

    changes = changes_by_mirror(store, lambda _: True, DAY, named("old", "one"), named("new", "other"), 9)
    assert changes.by_decision == {"reasons": 1}
    (witness,) = changes.witnesses["reasons"]
    assert (witness.record, witness.old_reasons, witness.new_reasons) == ("P-1", ("one",), ("other",))


def project(folder: Path, *, draft: bool) -> Path:
    for document in documents(draft=draft):
        write(folder / "rulesets" / f"{document['name']}.json", document)
    (folder / "fairlead.toml").write_text('name = "Clinic"\nrulesets = ["clinic/rewards"]\n', "utf-8")
    facts = Catalogue([folder / "rulesets"]).find("clinic/facts", "1.0.0")
    write_lock(folder / "fairlead.lock", pin([facts]))
    return folder


def test_diff_decides_the_records_of_the_new_projects_mirror(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    old, new = project(tmp_path / "before", draft=False), project(tmp_path / "clinic", draft=True)
    with open_store(open(new)) as store:
        fill(store)
    found = invoke("diff", old, new, "--data", "mirror", "--as-of", "2026-03-03", "--json")
    (rewards,) = json.loads(found.stdout)["rulesets"]
    assert (rewards["records"]["compared"], rewards["records"]["changed"]) == (4, 2)
    said = invoke("diff", old, new, "--data", "mirror", "--as-of", "2026-03-03").stdout
    assert "  mirror: 4 compared, 2 changed, 1 no longer fit the facts\n" in said


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("medical-travel/lead-scoring", "medical-travel/lead-scoring"), "wrong-usage"),
        (("clinic", "clinic", "--engine", "columns"), "not-columnar"),
    ],
)
def test_a_mirror_that_cannot_be_read_so_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], code: str
) -> None:
    monkeypatch.chdir(tmp_path)
    project(tmp_path / "clinic", draft=False)
    result = invoke("diff", *words, "--data", "mirror", "--json")
    (problem,) = json.loads(result.stdout)["problems"]
    assert (result.exit_code, problem["code"]) == (2, code)


def test_an_empty_store_is_said_to_be_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    clinic = project(tmp_path / "clinic", draft=False)
    result = invoke("diff", clinic, clinic, "--data", "mirror", "--json")
    (problem,) = json.loads(result.stdout)["problems"]
    assert (result.exit_code, problem["message"]) == (2, "the project's store holds no records")
    assert "fairlead sync" in problem["remedy"]
