import copy
from typing import Any

import pytest
from tests.ruleset.clinic import band, fact, model, row, ruleset

from fairlead.ruleset.differences import differences


def resolved() -> dict[str, Any]:
    return {**ruleset(), "model": model()}


def texts(new: dict[str, Any], old: dict[str, Any] | None = None) -> list[str]:
    return [each.text for each in differences(old or resolved(), new)]


def test_nothing_is_different_but_the_name() -> None:
    new = {**resolved(), "name": "client/scoring", "version": "2.0.0", "lineage": []}
    assert texts(new) == []


def test_a_changed_row_says_which_key_with_old_and_new_text() -> None:
    new = resolved()
    new["decisions"][0]["rows"][0]["points"] = 30
    new["decisions"][0]["rows"][0]["reason"]["text"] = "Sent records"
    [points, reason] = differences(resolved(), new)
    assert points.text == "row `records` of `lead.score`: points changed from 25 to 30"
    assert (points.action, points.what, points.member, points.old, points.new) == (
        "changed", "row", "points", "25", "30",
    )  # fmt: skip
    assert reason.member == "reason"


def test_rows_are_added_removed_and_moved() -> None:
    new = resolved()
    rows = new["decisions"][1]["rows"]
    new["decisions"][1]["rows"] = [rows[1], rows[0], band("cool", "cold", 10)]
    del new["decisions"][0]["rows"][2]
    assert texts(new) == [
        (
            'row `phone` of `lead.score` removed: {"id": "phone", "when": {"==": [{"var": "lead.channel"}, '
            '"phone"]}, "points": 15, "reason": {"code": "phone", "text": "phone"}}'
        ),
        (
            'row `cool` of `lead.band` added: {"id": "cool", "cells": {"lead.score": {"at_least": 10}}, '
            '"then": "cold"}'
        ),
        "rows of `lead.band`: order changed from hot, warm to warm, hot",
    ]


@pytest.mark.parametrize(
    ("pointer", "new", "expected"),
    [
        (["parameters", "hot_above", "value"], 60, "parameter `hot_above`: value changed from 50 to 60"),
        (
            ["decisions", 1, "hit_policy"],
            "unique",
            "decision `lead.band`: hit_policy changed from “first” to “unique”",
        ),
        (["decisions", 0, "maximum"], 75, "decision `lead.score`: maximum added: 75"),
        (
            ["decisions", 0, "groups", 0, "maximum"],
            20,
            "group `asked` of `lead.score`: maximum changed from 30 to 20",
        ),
        (
            ["effective", "to"],
            "2027-01-01",
            (
                'ruleset: effective changed from {"from": "2026-01-01"} to '
                '{"from": "2026-01-01", "to": "2027-01-01"}'
            ),
        ),
        (
            ["model", "version"],
            "1.1.0",
            "fact model: document changed from `base/facts` 1.0.0 to `base/facts` 1.1.0",
        ),
        (
            ["model", "entities", "lead", "facts", "channel", "labels"],
            ["personal"],
            'fact `lead.channel`: labels changed from [] to ["personal"]',
        ),
        (
            ["model", "labels", "personal"],
            "About one person.",
            "label `personal`: text changed from “About a person.” to “About one person.”",
        ),
        (
            ["decisions", 2, "value"],
            True,
            (
                'decision `lead.hot`: value changed from {">": [{"var": "lead.score"}, '
                '{"var": "parameters.hot_above"}]} to true'
            ),
        ),
    ],
)
def test_every_change_is_one_line(pointer: list[Any], new: Any, expected: str) -> None:
    value = copy.deepcopy(resolved())
    owner: Any = value
    for part in pointer[:-1]:
        owner = owner[part]
    owner[pointer[-1]] = new
    assert texts(value) == [expected]


def test_decisions_parameters_and_facts_come_and_go() -> None:
    old, new = resolved(), resolved()
    del new["decisions"][2]
    new["parameters"] = {}
    new["model"]["entities"]["lead"]["facts"]["card"] = fact(type="text")
    assert [(each.action, each.what, each.name) for each in differences(old, new)] == [
        ("removed", "parameter", "`hot_above`"),
        ("removed", "decision", "`lead.hot`"),
        ("added", "fact", "`lead.card`"),
    ]
    assert [(each.action, each.what, each.name) for each in differences(new, old)] == [
        ("added", "parameter", "`hot_above`"),
        ("added", "decision", "`lead.hot`"),
        ("removed", "fact", "`lead.card`"),
    ]


def test_a_decision_of_another_kind_is_said_once() -> None:
    new = resolved()
    new["decisions"][2] = {**new["decisions"][2], "kind": "check", "severity": "error"}
    assert texts(new) == ["decision `lead.hot`: kind changed from formula to check"]


def test_true_and_one_are_different() -> None:
    old, new = resolved(), resolved()
    old["decisions"][2]["value"], new["decisions"][2]["value"] = True, 1
    assert texts(new, old) == ["decision `lead.hot`: value changed from true to 1"]


def test_a_difference_is_json_for_machines() -> None:
    new = resolved()
    new["decisions"][0]["rows"].append(row("email", 5))
    [difference] = differences(resolved(), new)
    assert difference.as_json() == {
        "action": "added",
        "what": "row",
        "name": "`email` of `lead.score`",
        "new": '{"id": "email", "when": {"var": "lead.records"}, "points": 5, '
        '"reason": {"code": "email", "text": "email"}}',
        "text": 'row `email` of `lead.score` added: {"id": "email", "when": {"var": "lead.records"}, '
        '"points": 5, "reason": {"code": "email", "text": "email"}}',
    }
