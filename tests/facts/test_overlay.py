"""A client's overlay adds to a shipped model and can hide nothing of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.facts.clinic import model_document

from fairlead.documents.json_text import Document, read_document
from fairlead.facts.model import FactModel
from fairlead.facts.overlay import apply_overlay
from fairlead.facts.types import OneOfType, TextType
from fairlead.problems import DocumentError, Problem

BASE = read_document(json.dumps(model_document(), indent=1), name="base.json")
FACT: dict[str, Any] = {
    "type": "text",
    "title": "loyalty card",
    "description": "x",
    "labels": [],
    "reviewed_by": None,
}


def overlay(*changes: dict[str, Any], **keys: Any) -> Document:
    value = {
        "fairlead": 1,
        "kind": "fact-model-overlay",
        "name": "clinic-a/facts",
        "version": "0.1.0",
        "extends": {"name": "clinic/facts", "version": "1.0.0"},
        "changes": list(changes),
        **keys,
    }
    return read_document(json.dumps(value, indent=1), name="overlay.json")


def change(action: str, what: str, id_: str, value: Any = None, **keys: Any) -> dict[str, Any]:
    members = {"action": action, "what": what, "id": id_, **keys}
    return members if value is None else members | {"value": value}


def problems_of(*changes: dict[str, Any], **keys: Any) -> list[Problem]:
    with pytest.raises(DocumentError) as raised:
        FactModel.from_document(apply_overlay(BASE, overlay(*changes, **keys)))
    return list(raised.value.problems)


def test_an_added_fact_is_in_the_resolved_model() -> None:
    resolved = apply_overlay(
        BASE, overlay(change("add", "fact", "loyalty_card", FACT, entity="lead"), title="Clinic A")
    )
    model = FactModel.from_document(resolved)
    assert (model.name, model.version, model.title) == ("clinic-a/facts", "0.1.0", {"en": "Clinic A"})
    assert model.visible("lead")["lead.loyalty_card"] == TextType()
    assert model.about == {"en": "A clinic with partners."}
    assert "loyalty_card" not in BASE.value["entities"]["lead"]["facts"]


def test_everything_of_a_model_can_be_added_replaced_and_removed() -> None:
    entity = {"title": "Agent", "description": "x", "facts": {"id": FACT}}
    resolved = apply_overlay(
        BASE,
        overlay(
            change("add", "label", "loyalty", "How loyal a patient is"),
            change("add", "entity", "agent", entity),
            change("add", "link", "agent", {"entity": "agent", "description": "x"}, entity="lead"),
            change(
                "add",
                "related",
                "leads",
                {"entity": "lead", "link": "agent", "description": "x"},
                entity="agent",
            ),
            change(
                "add",
                "aggregate",
                "leads_in_all",
                {
                    "title": "x",
                    "description": "x",
                    "labels": ["loyalty"],
                    "reviewed_by": None,
                    "function": "count",
                    "of": "leads",
                },
                entity="agent",
            ),
            change("replace", "fact", "channel", FACT | {"type": "one_of", "values": ["fax"]}, entity="lead"),
            change("remove", "fact", "companions", entity="lead"),
        ),
    )
    model = FactModel.from_document(resolved)
    assert model.labels_of("agent.leads_in_all") == {"loyalty"}
    assert model.visible("lead")["lead.channel"] == OneOfType(("fax",))
    assert "lead.companions" not in model.visible("lead")


def test_overlays_chain() -> None:
    first = apply_overlay(BASE, overlay(change("add", "fact", "card", FACT, entity="lead")))
    second = apply_overlay(
        first,
        overlay(
            change("replace", "fact", "card", FACT | {"labels": ["outcome"]}, entity="lead"),
            name="clinic-b/facts",
            extends={"name": "clinic-a/facts", "version": "0.1.0"},
        ),
    )
    assert FactModel.from_document(second).labels_of("lead.card") == {"outcome"}


def test_what_one_overlay_removes_a_later_one_cannot_bring_back_with_fewer_labels() -> None:
    labelled = FACT | {"labels": ["outcome"]}
    base = apply_overlay(BASE, overlay(change("add", "fact", "card", labelled, entity="lead")))
    without = overlay(
        change("remove", "fact", "card", entity="lead"),
        name="clinic-b/facts",
        extends={"name": "clinic-a/facts", "version": "0.1.0"},
    )
    again = overlay(
        change("add", "fact", "card", FACT, entity="lead"),
        name="clinic-c/facts",
        extends={"name": "clinic-b/facts", "version": "0.1.0"},
    )
    with pytest.raises(DocumentError) as raised:
        apply_overlay(base, without, again)
    [problem] = raised.value.problems
    assert (problem.code, problem.pointer) == ("label-dropped", "/changes/0/value/labels")


def test_a_fact_does_not_lose_its_labels_by_becoming_an_aggregate() -> None:
    labelled = FACT | {"labels": ["outcome"]}
    base = apply_overlay(BASE, overlay(change("add", "fact", "patients_ever", labelled, entity="partner")))
    count: dict[str, Any] = {
        "title": "patients ever",
        "description": "x",
        "labels": [],
        "reviewed_by": None,
        "function": "count",
        "of": "introductions",
    }
    above = overlay(
        change("remove", "fact", "patients_ever", entity="partner"),
        change("add", "aggregate", "patients_ever", count, entity="partner"),
        name="clinic-b/facts",
        extends={"name": "clinic-a/facts", "version": "0.1.0"},
    )
    with pytest.raises(DocumentError) as raised:
        apply_overlay(base, above)
    assert [problem.code for problem in raised.value.problems] == ["label-dropped"]


def test_an_aggregate_that_becomes_a_fact_keeps_what_it_was_computed_from() -> None:
    stated = FACT | {"labels": ["referral_volume"]}
    [problem] = problems_of(
        change("remove", "aggregate", "introductions_this_year", entity="partner"),
        change("add", "fact", "introductions_this_year", stated, entity="partner"),
    )
    assert (problem.code, problem.remedy) == (
        "derivation-dropped", "add `introduction.ended_well`, `introduction.introduced_on`",
    )  # fmt: skip


def test_a_base_of_the_wrong_form_is_refused_with_its_places() -> None:
    value = model_document()
    value["entities"]["lead"]["facts"]["channel"] = "phone"
    base = read_document(json.dumps(value, indent=1), name="base.json")
    with pytest.raises(DocumentError) as raised:
        apply_overlay(base, overlay(change("add", "fact", "card", FACT, entity="lead")))
    [problem] = raised.value.problems
    assert (problem.code, problem.file) == ("wrong-type", "base.json")


@pytest.mark.parametrize(
    ("changes", "code", "pointer", "nearest"),
    [
        (
            [change("replace", "fact", "chanel", FACT, entity="lead")],
            "unknown-id",
            "/changes/0/id",
            "channel",
        ),
        ([change("remove", "fact", "chanel", entity="lead")], "unknown-id", "/changes/0/id", "channel"),
        ([change("remove", "entity", "led")], "unknown-id", "/changes/0/id", "lead"),
        ([change("add", "fact", "x", FACT, entity="led")], "unknown-entity", "/changes/0/entity", "lead"),
        ([change("add", "fact", "channel", FACT, entity="lead")], "duplicate-id", "/changes/0/id", None),
        ([change("add", "fact", "x", entity="lead")], "missing-key", "/changes/0/value", None),
        (
            [change("remove", "fact", "channel", FACT, entity="lead")],
            "unexpected-key",
            "/changes/0/value",
            None,
        ),
        ([change("add", "fct", "x", FACT, entity="lead")], "unknown-value", "/changes/0/what", "fact"),
        (
            [change("add", "fact", "x", FACT | {"typ": "text"}, entity="lead")],
            "unknown-key",
            "/changes/0/value/typ",
            "type",
        ),
        (
            [change("replace", "fact", "deposit", FACT, entity="lead")],
            "label-dropped",
            "/changes/0/value/labels",
            None,
        ),
        (
            [
                change("remove", "fact", "deposit", entity="lead"),
                change("add", "fact", "deposit", FACT, entity="lead"),
            ],
            "label-dropped",
            "/changes/1/value/labels",
            None,
        ),
        (
            [change("replace", "fact", "expected_revenue", FACT, entity="lead")],
            "derivation-dropped",
            "/changes/0/value",
            None,
        ),
    ],
)
def test_a_change_that_cannot_be_made_is_refused_in_the_overlay(
    changes: list[dict[str, Any]], code: str, pointer: str, nearest: str | None
) -> None:
    problem = problems_of(*changes)[0]
    assert (problem.code, problem.nearest, problem.file) == (code, nearest, "overlay.json")
    assert problem.pointer.startswith(pointer)


def test_a_dropped_label_is_named() -> None:
    [problem] = problems_of(change("replace", "fact", "deposit", FACT, entity="lead"))
    assert problem.message == (
        "`lead.deposit` leaves out `treatment_value`, which the original has in `labels`"
    )
    assert problem.remedy == "add `treatment_value`"


def test_an_overlay_of_another_version_is_refused() -> None:
    [problem] = problems_of(extends={"name": "clinic/facts", "version": "2.0.0"})
    assert (problem.code, problem.pointer) == ("wrong-base", "/extends")
    assert problem.message == (
        "the overlay extends `clinic/facts` 2.0.0, but is applied to `clinic/facts` 1.0.0"
    )


def test_problems_of_the_result_stand_in_the_document_they_came_from() -> None:
    found = problems_of(
        change("add", "fact", "card", FACT | {"labels": ["outcom"]}, entity="lead"),
        change("remove", "label", "referral_volume"),
    )
    assert [(problem.code, problem.file, problem.pointer) for problem in found] == [
        ("unknown-label", "overlay.json", "/changes/0/value/labels/0"),
        (
            "unknown-label",
            "base.json",
            "/entities/partner/aggregates/introductions_this_year/labels/0",
        ),
    ]
    assert all(problem.line is not None for problem in found)
