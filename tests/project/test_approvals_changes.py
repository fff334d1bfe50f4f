"""What changed since the last approval: labels and mappings first, then facts, parameters, rules, packs."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.project.approved_clinic import (
    SIGNED_AT,
    approved,
    mapping,
    model,
    pack,
    repin,
    ruleset,
    write,
)

from fairlead import project
from fairlead.project.approving import Draft, draft_approval
from fairlead.project.changes import (
    fact_changes,
    label_changes,
    mapping_changes,
    pack_changes,
    parameter_changes,
    rule_changes,
)


def resolved() -> dict[str, Any]:
    return {**ruleset(), "model": model()}


def drafted(folder: Path) -> Draft:
    at = SIGNED_AT + timedelta(days=1)
    return draft_approval(project.open(folder), (), author="mehmet", approver="can", at=at)


def sections(folder: Path) -> dict[str, list[str]]:
    return {each.key: [change.text for change in each.changes] for each in drafted(folder).changes}


def test_nothing_changed(tmp_path: Path) -> None:
    approved(tmp_path)

    draft = drafted(tmp_path)

    assert (draft.changes, draft.missing) == ((), ())
    assert draft.previous is not None
    assert draft.document.previous == draft.previous.digest


def test_changes_stand_in_the_order_in_which_they_matter(tmp_path: Path) -> None:
    approved(tmp_path)
    facts, rules, house, columns = model(), ruleset(), pack(), mapping()
    facts["entities"]["introduction"]["facts"]["invoice"]["labels"] = []
    facts["entities"]["introduction"]["facts"]["records"]["title"] = "papers were had"
    rules["parameters"]["fee"]["dated"][0]["value"]["amount"] = "55.00"
    rules["decisions"][0]["payable_when"] = True
    house["obligations"][1]["force"] = "disclose"
    # a clean fact bound to the invoice
    columns["facts"]["introduction.records"]["column"] = ["Invoice paid"]
    for document in (facts, rules, house):
        write(tmp_path / f"rulesets/{document['name']}.json", document)
    write(tmp_path / "mappings/list.json", columns)
    repin(tmp_path)

    found = sections(tmp_path)

    assert list(found) == ["labels", "mapping", "facts", "parameters", "rules", "packs"]
    assert found["labels"] == [
        'fact `introduction.invoice`: labels changed from ["treatment_value"] to []',
    ]
    assert found["mapping"] == [
        'fact `introduction.records`: column changed from ["Records"] to ["Invoice paid"]',
    ]
    assert found["facts"] == [
        "fact `introduction.records`: title changed from “records were handed over” to “papers were had”"
    ]
    assert found["rules"] == [
        'decision `introduction.reward`: payable_when changed from {"var": "introduction.records"} to true'
    ]
    assert found["packs"] == [
        "obligation `written-down` of `policies/house`: force changed from “register” to “disclose”"
    ]
    (fee,) = found["parameters"]
    assert fee.startswith("parameter `fee`: dated changed from ")


def test_documents_that_come_and_go_are_named(tmp_path: Path) -> None:
    approved(tmp_path)
    (tmp_path / "mappings/list.json").rename(tmp_path / "mappings/other.json")
    settings = tmp_path / "fairlead.toml"
    text = settings.read_text("utf-8").replace('packs = ["policies/house"]', "packs = []")
    settings.write_text(text.replace(', "clinic/looks"', ""), "utf-8")

    found = sections(tmp_path)

    assert found == {
        "mapping": [
            "mapping `mappings/list` added: version 1.0.0",
            "mapping `mappings/list` removed: version 1.0.0",
        ],
        "rules": ["ruleset `clinic/looks` removed: version 1.0.0"],
        "packs": ["policy pack `policies/house` removed: version 1.0.0"],
    }


def test_a_document_that_was_not_kept_is_said_to_be_missing(tmp_path: Path) -> None:
    opened = approved(tmp_path)
    digest = opened.approvals.all[0].document.packs[0].digest
    kept = tmp_path / "approvals/documents" / f"{digest.removeprefix('sha256:')}.json"
    changed = json.loads(kept.read_text("utf-8"))
    changed["obligations"][0]["force"] = "register"
    # neither a document that is gone nor one that was edited is compared with
    write(kept, changed)
    house = pack()
    house["obligations"][0]["force"] = "register"
    write(tmp_path / "rulesets/policies/house.json", house)

    draft = drafted(tmp_path)

    assert (draft.changes, draft.missing) == ((), ("policies/house 1.0.0",))


def test_an_approval_whose_signature_does_not_stand_is_compared_with_by_nobody(tmp_path: Path) -> None:
    opened = approved(tmp_path)
    path = opened.approvals.all[0].path
    path.write_text(path.read_text("utf-8").replace("T09:30:00Z", "T09:30:01Z"), "utf-8")

    assert drafted(tmp_path).previous is None


def edited(edit: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    value = copy.deepcopy(resolved())
    edit(value)
    return value


def facts_of(value: dict[str, Any]) -> dict[str, Any]:
    facts: dict[str, Any] = value["model"]["entities"]["introduction"]["facts"]
    return facts


@pytest.mark.parametrize(
    ("edit", "text"),
    [
        (
            lambda value: facts_of(value)["invoice"].update(reviewed_by=None),
            "fact `introduction.invoice`: reviewed_by changed from “counsel” to null",
        ),
        (
            lambda value: facts_of(value)["records"].update(derived_from=["introduction.invoice"]),
            'fact `introduction.records`: derived_from added: ["introduction.invoice"]',
        ),
        (
            lambda value: value["model"]["labels"].update(outcome="What became of it."),
            "label `outcome` added: “What became of it.”",
        ),
        (
            lambda value: facts_of(value).pop("invoice"),
            "fact `introduction.invoice` removed: ",
        ),
    ],
)
def test_what_changes_what_a_fact_reveals_is_a_change_of_labels(
    edit: Callable[[dict[str, Any]], None], text: str
) -> None:
    old, new = resolved(), edited(edit)

    (change,) = label_changes(old, new)

    assert change.text.startswith(text)
    assert fact_changes(old, new) == parameter_changes(old, new) == rule_changes(old, new) == []


def counted(where: Any) -> dict[str, Any]:
    value = resolved()
    value["model"]["entities"]["partner"]["aggregates"] = {
        "introductions": {"function": "count", "of": "introductions", "where": where, "labels": []}
    }
    return value


def test_what_an_aggregate_reads_is_a_change_of_labels() -> None:
    (change,) = label_changes(counted({"var": "introduction.records"}), counted(True))

    assert change.text == (
        'aggregate `partner.introductions`: where changed from {"var": "introduction.records"} to true'
    )


def crm(field: str, **objects: Any) -> dict[str, Any]:
    entity = {"facts": {"records": {"field": field}}}
    return {
        "fairlead": 1,
        "kind": "crm-mapping",
        "name": "mappings/hubspot",
        "version": "1.0.0",
        "connector": "hubspot",
        "title": "Map",
        "about": "Map.",
        "objects": {"deals": {"entities": {"introduction": entity}, **objects}},
    }


@pytest.mark.parametrize(
    ("old", "new", "texts"),
    [
        (
            crm("records_received"),
            crm("bill"),
            [
                "fact `introduction.records` of `deals`: field changed from “records_received” to “bill”",
            ],
        ),
        (
            crm("records"),
            crm("records", only={"field": "pipeline", "values": ["won"]}),
            ['object `deals`: only added: {"field": "pipeline", "values": ["won"]}'],
        ),
        (
            crm("records"),
            {**crm("records"), "results": {"introduction.reward": "amount_due"}},
            ['mapping `mappings/hubspot`: results added: {"introduction.reward": "amount_due"}'],
        ),
        (crm("records"), {**crm("records"), "version": "1.1.0"}, []),
    ],
)
def test_which_field_feeds_which_fact(old: dict[str, Any], new: dict[str, Any], texts: list[str]) -> None:
    assert [change.text for change in mapping_changes(old, new)] == texts


def test_figures_and_obligations_of_a_pack() -> None:
    old, new = pack(), pack()
    new["parameters"] = {"cap": {"type": "integer", "value": 3}}
    del new["obligations"][1]

    texts = [change.text for change in pack_changes(old, new)]

    assert texts[0] == 'figure `cap` of `policies/house` added: {"type": "integer", "value": 3}'
    assert texts[1].startswith("obligation `written-down` of `policies/house` removed: ")
    assert len(texts) == 2
