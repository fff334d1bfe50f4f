"""`fairlead diff`: what changed in labels and mappings, what is proved equal, and for whom results change."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.commands import invoke
from tests.project.approved_clinic import mapping, model, pack, ruleset, scoring, write

from fairlead.ruleset.catalogue import Catalogue
from fairlead.ruleset.lock import pin, write_lock

AS_OF = ("--as-of", "2026-03-03")
SETTINGS = 'name = "Clinic"\nrulesets = ["clinic/rewards", "clinic/looks"]\npacks = ["policies/house"]\n'

Documents = dict[str, dict[str, Any]]
Edit = Callable[[Documents], object]


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(*words: str | Path) -> Any:
    result = invoke(*words)
    assert "Traceback" not in result.output
    assert not isinstance(result.exception, Exception), result.exception
    return result


def client(name: str, *edits: Edit) -> Path:
    """Write a project with edited documents: model, ruleset, scoring, pack, mapping."""
    documents = {
        "model": model(),
        "ruleset": ruleset(),
        "scoring": scoring(),
        "pack": pack(),
        "mapping": mapping(),
    }
    documents["scoring"]["decisions"].append(size_of_the_invoice())
    documents["model"]["entities"]["partner"]["facts"]["id"]["title"] = "number of the partner"
    for edit in edits:
        edit(documents)
    folder = Path(name)
    for key, document in documents.items():
        place = "mappings/list" if key == "mapping" else f"rulesets/{document['name']}"
        write(folder / f"{place}.json", document)
    (folder / "fairlead.toml").write_text(SETTINGS, "utf-8")
    found = Catalogue([folder / "rulesets"]).find("clinic/facts", "1.0.0")
    write_lock(folder / "fairlead.lock", pin([found]))
    return folder


def size_of_the_invoice() -> dict[str, Any]:
    def row(name: str, **cell: str) -> dict[str, Any]:
        bounds = {sign: {"money": [amount, "USD"]} for sign, amount in cell.items()}
        return {"id": name, "cells": {"introduction.invoice": bounds}, "then": name}

    return {
        "name": "introduction.size",
        "kind": "table",
        "title": "size of the invoice",
        "result": {"type": "one_of", "values": ["small", "middling", "large"]},
        "hit_policy": "unique",
        "rows": [
            row("small", below="1000.00"),
            row("middling", at_least="1000.00", below="5000.00"),
            row("large", at_least="5000.00"),
        ],
        "otherwise": "undetermined",
    }


def diff(*edits: Edit, words: tuple[str, ...] = ()) -> Any:
    return run("diff", client("old"), client("new", *edits), *AS_OF, *words)


def decisions(*edits: Edit) -> dict[str, dict[str, Any]]:
    found = json.loads(diff(*edits, words=("--json",)).stdout)
    return {each["decision"]: each for ruleset_ in found["rulesets"] for each in ruleset_["decisions"]}


def reward(documents: Documents) -> dict[str, Any]:
    (found,) = documents["ruleset"]["decisions"]
    return dict_of(found)


def dict_of(value: Any) -> dict[str, Any]:
    assert isinstance(value, dict)
    return value


def fee(amount: str) -> Edit:
    def edit(documents: Documents) -> None:
        documents["ruleset"]["parameters"]["fee"]["dated"][0]["value"]["amount"] = amount

    return edit


# proofs


def test_the_same_rules_are_exit_code_0() -> None:
    result = diff()

    assert result.exit_code == 0
    assert result.stdout == (
        "clinic/rewards:\n"
        "  introduction.reward: the same rules\n"
        "clinic/looks:\n"
        "  introduction.complete: the same rules\n"
        "  introduction.size: the same rules\n"
    )


def test_rows_in_another_order_are_proved_equal() -> None:
    result = diff(lambda documents: documents["scoring"]["decisions"][1]["rows"].reverse())

    assert "  introduction.size: proved equal for every input\n" in result.stdout
    assert result.exit_code == 0


def test_the_same_condition_in_other_words_is_proved_equal() -> None:
    twice = {"!": {"!": {"var": "introduction.records"}}}
    found = decisions(lambda documents: reward(documents).update(accrues_when=twice))

    assert found["introduction.reward"]["likeness"] == "equal"


# witnesses


def test_a_difference_has_a_witness_in_business_words() -> None:
    result = diff(fee("55.00"))

    assert result.exit_code == 1
    assert (
        "  introduction.reward: Records were handed over: yes, number of the partner: partner-1: "
        "was reward 50 USD, is reward 55 USD.\n"
    ) in result.stdout


def test_the_cases_of_a_witness_are_what_the_engine_decided() -> None:
    found = decisions(fee("55.00"))["introduction.reward"]

    assert found["likeness"] == "different"
    old, new = found["cases"]
    assert (
        old["record"]
        == new["record"]
        == {
            "introduction": {"records": True},
            "partner": {"id": "partner-1"},
        }
    )
    amounts = [each["results"]["introduction.reward"]["amount"]["amount"] for each in (old, new)]
    assert amounts == ["50.00", "55.00"]


def test_a_boundary_that_moves_is_found_at_the_boundary() -> None:
    def edit(documents: Documents) -> None:
        moved = {"money": ["1000.01", "USD"]}
        small, middling, _ = documents["scoring"]["decisions"][1]["rows"]
        small["cells"]["introduction.invoice"]["below"] = moved
        middling["cells"]["introduction.invoice"]["at_least"] = moved

    found = decisions(edit)["introduction.size"]

    assert found["witness"] == "The invoice: 1,000 USD: was middling, is small."


def test_other_caps_are_a_difference() -> None:
    cap = {
        "id": "year",
        "per": "payee",
        "window": {"kind": "calendar", "unit": "year"},
        "maximum": {"money": ["500.00", "USD"]},
    }
    found = decisions(lambda documents: reward(documents).update(caps=[cap]))["introduction.reward"]

    assert (found["likeness"], found["why"]) == ("different", "the limits on what is paid are others")


# what cannot be compared


def test_a_fact_of_another_type_is_undecided() -> None:
    def edit(documents: Documents) -> None:
        facts = documents["model"]["entities"]["introduction"]["facts"]
        facts["records"] = {**facts["records"], "type": "text"}
        filled = {"!": {"absent": "introduction.records"}}
        reward(documents).update(accrues_when=filled, payable_when=filled)
        documents["scoring"]["decisions"][0]["value"] = filled

    result = diff(edit)

    line = "  introduction.reward: undecided: the type of `introduction.records` is another one\n"
    assert line in result.stdout
    assert result.exit_code == 1


def test_decisions_that_come_and_go_are_named() -> None:
    def edit(documents: Documents) -> None:
        first, size = documents["scoring"]["decisions"]
        documents["scoring"]["decisions"] = [size, {**first, "name": "introduction.whole"}]

    result = diff(edit)

    assert result.exit_code == 1
    assert "  introduction.complete: removed\n" in result.stdout
    assert "  introduction.whole: new\n" in result.stdout
    assert decisions(edit)["introduction.whole"]["likeness"] == "added"


def test_two_projects_without_a_common_ruleset_are_refused() -> None:
    one = client("one")
    (one / "fairlead.toml").write_text('name = "One"\nrulesets = ["clinic/rewards"]\n', "utf-8")
    result = run("diff", client("two"), one, "--json")
    assert result.exit_code == 0
    result = run("diff", client("two"), "medical-travel/lead-scoring", "--json")

    (problem,) = json.loads(result.stdout)["problems"]
    assert (result.exit_code, problem["message"]) == (2, "the two have no ruleset in common")


def test_an_unknown_ruleset_is_refused_with_the_nearest_name() -> None:
    result = run("diff", "medical-travel/lead-scorin", "medical-travel/lead-scoring", "--json")

    (problem,) = json.loads(result.stdout)["problems"]
    assert (result.exit_code, problem["nearest"]) == (2, "medical-travel/lead-scoring")


# labels and mappings


def test_changed_labels_and_mappings_come_first_and_are_findings() -> None:
    def edit(documents: Documents) -> None:
        documents["model"]["entities"]["introduction"]["facts"]["invoice"]["labels"] = []
        documents["mapping"]["facts"]["introduction.records"] = {"column": ["Invoice"]}

    result = diff(edit)

    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    titles = [line for line in lines if not line.startswith(" ")]
    assert titles[:3] == [
        "labels: what facts reveal:",
        "mappings: where facts are read from:",
        "clinic/rewards:",
    ]
    assert any("`introduction.invoice`" in line and "treatment_value" in line for line in lines)
    assert "  introduction.reward: the same rules" in lines
    found = json.loads(diff(edit, words=("--json",)).stdout)["changes"]
    assert list(found)[:2] == ["labels", "mapping"]


# past records

PAST = (
    "introduction.id,introduction.records,partner.id,introduction.invoice\n"
    "I-1,true,P-1,999.00 USD\n"
    "I-2,true,P-1,1000.00 USD\n"
    "I-3,false,P-2,\n"
)


def test_with_data_it_counts_the_past_records_that_change() -> None:
    Path("past.csv").write_text(PAST, "utf-8")
    result = diff(fee("55.00"), words=("--data", "past.csv"))

    assert result.exit_code == 1
    assert (
        "  past.csv: 3 compared, 2 changed\n    introduction.reward: 2 changed, +10.00 USD in all\n"
        in result.stdout
    )
    assert "I-1: accrues 50.00 USD, payable: yes, reversed: no -> accrues 55.00 USD" in result.stdout
    assert "I-3" not in result.stdout


def test_with_data_json_has_counts_and_witnesses() -> None:
    Path("past.csv").write_text(PAST, "utf-8")
    found = json.loads(diff(fee("55.00"), words=("--data", "past.csv", "--witnesses", "1", "--json")).stdout)

    rewards, looks = found["rulesets"]
    assert (rewards["records"]["compared"], rewards["records"]["changed"]) == (3, 2)
    (changed,) = rewards["records"]["decisions"]
    assert (changed["decision"], changed["changed"]) == ("introduction.reward", 2)
    assert [each["record"] for each in changed["witnesses"]] == ["I-1"]
    assert looks["records"]["changed"] == 0


def test_data_that_cannot_be_read_is_refused() -> None:
    result = diff(fee("55.00"), words=("--data", "no-such.csv", "--json"))

    (problem,) = json.loads(result.stdout)["problems"]
    assert (result.exit_code, problem["message"]) == (2, "there is no file `no-such.csv`")


# single rulesets


def test_two_files_are_compared_whatever_their_names() -> None:
    client("old")
    client("new", fee("55.00"))
    result = run("diff", "old/rulesets/clinic/rewards.json", "new/rulesets/clinic/rewards.json", *AS_OF)

    assert result.exit_code == 1
    assert "was reward 50 USD, is reward 55 USD." in result.stdout


def test_a_fact_that_only_the_new_rules_know_is_named_in_the_witness() -> None:
    def edit(documents: Documents) -> None:
        facts = documents["model"]["entities"]["introduction"]["facts"]
        facts["guided"] = {**facts["records"], "title": "the visit was guided"}
        reward(documents)["accrues_when"] = {
            "and": [{"var": "introduction.records"}, {"var": "introduction.guided"}]
        }

    witness = decisions(edit)["introduction.reward"]["witness"]

    assert witness.startswith("Records were handed over: yes")
    assert "the visit was guided: no" in witness
    assert witness.endswith(": was reward 50 USD, is no reward.")
