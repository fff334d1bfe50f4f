import json
from typing import Any

import pytest
from tests.ruleset.clinic import MORE_FOR_RECORDS, band, model, overlay, row, ruleset

from fairlead.documents.canonical import digest
from fairlead.documents.json_text import Document, read_document
from fairlead.problems import DocumentError, Problem
from fairlead.ruleset.document import check_resolved
from fairlead.ruleset.overlay import apply_overlay
from fairlead.ruleset.overlay_document import check_ruleset_overlay


def applied(*changes: dict[str, Any], **keys: Any) -> Document:
    base = read_document(json.dumps(ruleset()), name="base.json")
    above = read_document(json.dumps(overlay(*changes, **keys), indent=1), name="client.json")
    return apply_overlay(base, above, check_ruleset_overlay(above))


def refused(*changes: dict[str, Any], **keys: Any) -> list[Problem]:
    with pytest.raises(DocumentError) as caught:
        applied(*changes, **keys)
    return list(caught.value.problems)


def ids(document: Document, decision: int) -> list[str]:
    return [row["id"] for row in document.value["decisions"][decision]["rows"]]


def add_row(value: dict[str, Any], position: Any, decision: str = "lead.score") -> dict[str, Any]:
    return {"action": "add", "what": "row", "decision": decision, "value": value, "position": position}


def test_a_replaced_row_keeps_its_place() -> None:
    result = applied(MORE_FOR_RECORDS)
    assert ids(result, 0) == ["records", "dates", "phone"]
    assert result.value["decisions"][0]["rows"][0]["points"] == 40
    assert result.value["decisions"][1] == ruleset()["decisions"][1]


@pytest.mark.parametrize(
    ("position", "expected"),
    [
        ("first", ["email", "records", "dates", "phone"]),
        ("last", ["records", "dates", "phone", "email"]),
        ({"before": "dates"}, ["records", "email", "dates", "phone"]),
        ({"after": "dates"}, ["records", "dates", "email", "phone"]),
    ],
)
def test_an_added_row_stands_where_it_is_said(position: Any, expected: list[str]) -> None:
    assert ids(applied(add_row(row("email", 5), position)), 0) == expected


def test_changes_build_on_one_another() -> None:
    result = applied(
        add_row(row("email", 5), "first"),
        add_row(row("chat", 5), {"after": "email"}),
        {"action": "remove", "what": "row", "decision": "lead.score", "id": "email"},
        {"action": "remove", "what": "row", "decision": "lead.score", "id": "records"},
    )
    assert ids(result, 0) == ["chat", "dates", "phone"]


def test_parameters_groups_and_decisions_are_changed_by_id() -> None:
    warm_from = {"type": "integer", "value": 20, "title": "warm from"}
    hot_above = {"type": "integer", "value": 60, "title": "hot above"}
    good = {
        "name": "lead.good", "kind": "formula", "title": "good", "result": {"type": "boolean"},
        "value": {">": [{"var": "lead.score"}, {"var": "parameters.warm_from"}]},
    }  # fmt: skip
    result = applied(
        {"action": "replace", "what": "parameter", "id": "hot_above", "value": hot_above},
        {"action": "add", "what": "parameter", "id": "warm_from", "value": warm_from},
        {"action": "replace", "what": "group", "decision": "lead.score", "id": "asked",
         "value": {"id": "asked", "maximum": 10}},
        {"action": "add", "what": "group", "decision": "lead.score", "value": {"id": "other", "maximum": 5}},
        {"action": "remove", "what": "decision", "id": "lead.band"},
        {"action": "add", "what": "decision", "value": good, "position": {"before": "lead.hot"}},
    ).value  # fmt: skip
    assert result["parameters"] == {"hot_above": hot_above, "warm_from": warm_from}
    assert result["decisions"][0]["groups"] == [{"id": "asked", "maximum": 10}, {"id": "other", "maximum": 5}]
    assert [decision["name"] for decision in result["decisions"]] == ["lead.score", "lead.good", "lead.hot"]


def test_the_result_is_a_ruleset_with_the_overlays_name_and_its_lineage() -> None:
    above = overlay(MORE_FOR_RECORDS)
    result = applied(MORE_FOR_RECORDS).value
    assert (result["kind"], result["name"], result["version"]) == ("ruleset", "client/scoring", "1.0.0")
    assert (result["title"], result["about"]) == ("Client's scoring", "What the client wants otherwise.")
    assert result["effective"] == {"from": "2026-01-01"}
    assert result["model"] == {"name": "base/facts", "version": "1.0.0"}
    assert "extends" not in result
    assert "changes" not in result
    assert result["lineage"] == [
        {"name": "base/scoring", "version": "1.0.0", "digest": digest(ruleset())},
        {"name": "client/scoring", "version": "1.0.0", "digest": digest(above)},
    ]


def test_an_overlay_may_say_another_model_and_other_days() -> None:
    result = applied(
        effective={"from": "2026-06-01", "to": "2027-01-01"},
        model={"name": "client/facts", "version": "2.0.0"},
    ).value
    assert result["effective"] == {"from": "2026-06-01", "to": "2027-01-01"}
    assert result["model"] == {"name": "client/facts", "version": "2.0.0"}


@pytest.mark.parametrize(
    ("change", "code", "pointer", "nearest"),
    [
        ({**MORE_FOR_RECORDS, "id": "recrods"}, "unknown-id", "/changes/0/id", "records"),
        ({**MORE_FOR_RECORDS, "decision": "lead.scroe"}, "unknown-id", "/changes/0/decision", "lead.score"),
        (add_row(row("email", 5), {"before": "date"}), "unknown-id", "/changes/0/position/before", "dates"),
        (add_row(row("dates", 5), "last"), "duplicate-id", "/changes/0/value/id", None),
        (add_row(row("email", 5), "last", "lead.hot"), "wrong-decision-kind", "/changes/0/decision", None),
        ({**MORE_FOR_RECORDS, "value": row("records_2", 5)}, "wrong-id", "/changes/0/value/id", None),
        ({**MORE_FOR_RECORDS, "value": row("records", 25)}, "no-change", "/changes/0/value", None),
        (
            {"action": "remove", "what": "parameter", "id": "hot_abvoe"},
            "unknown-id",
            "/changes/0/id",
            "hot_above",
        ),
        (
            {
                "action": "add",
                "what": "parameter",
                "id": "hot_above",
                "value": {"type": "integer", "value": 1, "title": "x"},
            },
            "duplicate-id",
            "/changes/0/id",
            None,
        ),
        (
            {"action": "remove", "what": "decision", "id": "lead.bend"},
            "unknown-id",
            "/changes/0/id",
            "lead.band",
        ),
        (
            {"action": "remove", "what": "group", "decision": "lead.band", "id": "asked"},
            "wrong-decision-kind",
            "/changes/0/decision",
            None,
        ),
        (
            {
                "action": "replace",
                "what": "decision",
                "id": "lead.hot",
                "value": {**ruleset()["decisions"][2], "name": "lead.warm"},
            },
            "wrong-id",
            "/changes/0/value/name",
            None,
        ),
    ],
)
def test_a_change_that_does_not_fit_is_refused_in_its_place(
    change: dict[str, Any], code: str, pointer: str, nearest: str | None
) -> None:
    [problem] = refused(change)
    assert (problem.code, problem.pointer, problem.nearest) == (code, pointer, nearest)
    assert problem.file == "client.json"
    assert problem.line is not None


def test_what_is_there_is_named_with_the_extended_document() -> None:
    [problem] = refused({**MORE_FOR_RECORDS, "id": "recrods"})
    assert problem.message == "there is no row `recrods` of `lead.score` in `base/scoring` 1.0.0"
    assert problem.allowed == ("records", "dates", "phone")


def test_all_changes_that_do_not_fit_are_named_at_once() -> None:
    found = refused({**MORE_FOR_RECORDS, "id": "a"}, MORE_FOR_RECORDS, {**MORE_FOR_RECORDS, "id": "b"})
    assert [problem.pointer for problem in found] == ["/changes/0/id", "/changes/2/id"]


@pytest.mark.parametrize("keys", [{}, {"effective": {"from": "2026-01-01"}}])
def test_an_overlay_that_changes_nothing_is_refused(keys: dict[str, Any]) -> None:
    [problem] = refused(**keys)
    assert (problem.code, problem.pointer) == ("no-change", "/changes")


def test_adding_and_removing_the_same_row_changes_nothing() -> None:
    away = {"action": "remove", "what": "row", "decision": "lead.score", "id": "email"}
    assert [problem.code for problem in refused(add_row(row("email", 5), "last"), away)] == ["no-change"]


def test_a_problem_in_the_result_has_its_place_where_the_piece_was_written() -> None:
    result = applied(
        add_row(row("email", 5, group="askd"), "first"),
        add_row(band("cold", "cold", 0), "last", "lead.score"),
        {"action": "remove", "what": "group", "decision": "lead.score", "id": "asked"},
    )
    whole = {**result.value, "model": model()}
    with pytest.raises(DocumentError) as caught:
        check_resolved(Document.resolved(whole, file="client.json", origins={"": (result, "")}))
    places = {(problem.code, problem.file, problem.pointer) for problem in caught.value.problems}
    assert places == {
        ("unknown-group", "client.json", "/changes/0/value/group"),
        ("unknown-group", "base.json", "/decisions/0/rows/1/group"),
        ("missing-key", "client.json", "/changes/1/value/points"),
        ("missing-key", "client.json", "/changes/1/value/when"),
        ("missing-key", "client.json", "/changes/1/value/reason"),
        ("unknown-key", "client.json", "/changes/1/value/cells"),
        ("unknown-key", "client.json", "/changes/1/value/then"),
    }


def test_the_extended_document_stays_as_it_is() -> None:
    base = read_document(json.dumps(ruleset()))
    above = Document(overlay(MORE_FOR_RECORDS, add_row(row("email", 5), "first")))
    apply_overlay(base, above, check_ruleset_overlay(above))
    assert base.value == ruleset()
