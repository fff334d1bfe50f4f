import copy
import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.ruleset.clinic import MORE_FOR_RECORDS, overlay, row, ruleset

from fairlead.documents.json_text import Document, read_document
from fairlead.problems import DocumentError, Problem
from fairlead.ruleset.document import check_rates, check_ruleset
from fairlead.ruleset.overlay_document import check_ruleset_overlay
from fairlead.ruleset.scenarios import check_scenarios, load_scenarios

SHIPPED = Path(__file__).parents[2] / "rulesets"


def problems(check: Callable[[Document], object], value: Any) -> list[Problem]:
    with pytest.raises(DocumentError) as caught:
        check(Document(value))
    return list(caught.value.problems)


def said(found: list[Problem]) -> list[tuple[str, str]]:
    return [(problem.code, problem.pointer) for problem in found]


def changed(value: dict[str, Any], pointer: str, new: Any) -> dict[str, Any]:
    """The document with one member set (or removed, with ...) at a pointer."""
    value = copy.deepcopy(value)
    *parents, last = [int(part) if part.isdigit() else part for part in pointer.split("/")[1:]]
    owner: Any = value
    for part in parents:
        owner = owner[part]
    if new is ...:
        del owner[last]
    else:
        owner[last] = new
    return value


RULESET = ruleset()
REWARD: dict[str, Any] = {
    "name": "introduction.fee",
    "kind": "reward",
    "title": "fee",
    "currency": "USD",
    "payee": "partner",
    "amount": {"money": ["500.00", "USD"]},
    "accrues_when": True,
    "payable_when": True,
    "reversed_when": False,
    "caps": [{"id": "yearly", "per": "payee", "maximum": {"money": ["5000.00", "USD"]}}],
    "work": ["introduction.kind"],
}
CHECK = {
    "name": "lead.may_call",
    "kind": "check",
    "title": "may call",
    "requirement": True,
    "severity": "error",
    "reason": {"code": "do_not_call", "text": "The patient asked not to be called."},
}


def test_a_ruleset_is_read_with_its_defaults() -> None:
    document = check_ruleset(Document(RULESET))
    assert document.name == "base/scoring"
    assert document.effective is not None
    assert (document.effective.first, document.effective.to) == (date(2026, 1, 1), None)
    assert document.decisions[0].title == {"en": "score"}
    assert document.decisions[0].kind == "scorecard"
    assert document.decisions[0].initial == 0
    assert document.decisions[1].kind == "table"
    assert document.decisions[1].hit_policy == "first"


@pytest.mark.parametrize(
    ("pointer", "new", "code", "at"),
    [
        ("/tittle", "x", "unknown-key", "/tittle"),
        ("/title", ..., "missing-key", "/title"),
        ("/title", {"de": "Punkte"}, "missing-key", "/title/en"),
        ("/about", "", "empty-value", "/about"),
        ("/fairlead", 2, "unknown-value", "/fairlead"),
        ("/kind", "rulesets", "unknown-value", "/kind"),
        ("/version", "1.0", "invalid-value", "/version"),
        ("/name", "../scoring", "bad-name", "/name"),
        ("/model", "base/facts", "wrong-type", "/model"),
        ("/model/version", ..., "missing-key", "/model/version"),
        ("/effective/from", "2026-13-01", "invalid-value", "/effective/from"),
        ("/effective/from", 2026, "wrong-type", "/effective/from"),
        ("/effective/to", "2026-01-01", "inconsistent-range", "/effective/to"),
        ("/decisions", [], "empty-value", "/decisions"),
        ("/decisions/0/kind", "score", "unknown-value", "/decisions/0/kind"),
        ("/decisions/0/kind", ..., "missing-key", "/decisions/0/kind"),
        ("/decisions/0/name", "score", "bad-name", "/decisions/0/name"),
        ("/decisions/0/initial", 0.5, "invalid-value", "/decisions/0/initial"),
        ("/decisions/0/initial", "half", "invalid-value", "/decisions/0/initial"),
        ("/decisions/0/initial", True, "wrong-type", "/decisions/0/initial"),
        ("/decisions/0/rows", [], "empty-value", "/decisions/0/rows"),
        ("/decisions/0/rows/0/when", ..., "missing-key", "/decisions/0/rows/0/when"),
        ("/decisions/0/rows/0/id", "Records!", "bad-name", "/decisions/0/rows/0/id"),
        ("/decisions/0/rows/0/reason/text", 5, "wrong-type", "/decisions/0/rows/0/reason/text"),
        ("/decisions/1/result/type", "int", "unknown-value", "/decisions/1/result/type"),
        ("/decisions/1/hit_policy", "all", "unknown-value", "/decisions/1/hit_policy"),
        ("/decisions/1/otherwise", "unknown", "unknown-value", "/decisions/1/otherwise"),
        ("/decisions/1/otherwise", 5, "wrong-type", "/decisions/1/otherwise"),
        ("/parameters/hot_above/type", "number", "unknown-value", "/parameters/hot_above/type"),
        ("/parameters/hot_above/value", None, "wrong-type", "/parameters/hot_above/value"),
        ("/parameters/Hot", {"type": "boolean", "value": True, "title": "x"}, "bad-name", "/parameters/Hot"),
        ("/lineage", [], "unknown-key", "/lineage"),
    ],
)
def test_a_wrong_form_is_one_problem_in_its_place(pointer: str, new: Any, code: str, at: str) -> None:
    assert said(problems(check_ruleset, changed(RULESET, pointer, new))) == [(code, at)]


def test_the_nearest_key_is_named() -> None:
    [problem] = problems(check_ruleset, changed(RULESET, "/decisions/0/rows/0/point", 5))
    assert (problem.found, problem.nearest) == ("point", "points")


def test_all_problems_come_at_once_in_document_order_with_their_places() -> None:
    text = """{
  "fairlead": 1,
  "kind": "ruleset",
  "name": "base/scoring",
  "version": "1.0.0",
  "titel": "Scoring",
  "about": "Scores leads.",
  "model": {"name": "base/facts", "version": "1.0.0"},
  "decisions": [
    {"name": "lead.score", "kind": "scorecard", "title": "score", "rows": [
      {"id": "a", "when": true, "points": 5, "reason": {"code": "a", "text": "a"}},
      {"id": "a", "when": true, "points": 5, "reason": {"code": "b", "text": "b"}}
    ]}
  ]
}"""
    with pytest.raises(DocumentError) as caught:
        check_ruleset(read_document(text, name="scoring.json"))
    assert [
        (problem.code, problem.pointer, problem.file, problem.line, problem.column)
        for problem in caught.value.problems
    ] == [
        ("missing-key", "/title", "scoring.json", 1, 1),
        ("unknown-key", "/titel", "scoring.json", 6, 3),
        ("duplicate-id", "/decisions/0/rows/1/id", "scoring.json", 12, 14),
    ]


def with_decision(**keys: Any) -> dict[str, Any]:
    return changed(RULESET, "/decisions/1", {**RULESET["decisions"][1], **keys})


def without(pointer: str) -> dict[str, Any]:
    return changed(RULESET, pointer, ...)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (with_decision(name="lead.score"), ("duplicate-id", "/decisions/1/name")),
        (
            changed(RULESET, "/decisions/0/rows/1/group", "aksed"),
            ("unknown-group", "/decisions/0/rows/1/group"),
        ),
        (
            changed(RULESET, "/decisions/0/groups/0/minimum", 31),
            ("inconsistent-range", "/decisions/0/groups/0/minimum"),
        ),
        (
            changed(changed(RULESET, "/decisions/0/minimum", "0.5"), "/decisions/0/maximum", 0),
            ("inconsistent-range", "/decisions/0/minimum"),
        ),
        (with_decision(aggregate="sum"), ("unexpected-key", "/decisions/1/aggregate")),
        (with_decision(hit_policy="collect"), ("missing-key", "/decisions/1/aggregate")),
        (with_decision(hit_policy="collect", aggregate="sum"), ("unexpected-key", "/decisions/1/otherwise")),
        (without("/decisions/1/otherwise"), ("missing-key", "/decisions/1/otherwise")),
        (without("/decisions/1/rows/0/then"), ("missing-key", "/decisions/1/rows/0/then")),
        (without("/decisions/1/rows/0/cells"), ("missing-key", "/decisions/1/rows/0/cells")),
        (without("/parameters/hot_above/value"), ("missing-key", "/parameters/hot_above/value")),
    ],
)
def test_parts_that_do_not_agree_are_one_problem_in_its_place(value: Any, expected: tuple[str, str]) -> None:
    assert said(problems(check_ruleset, value)) == [expected]


def test_a_group_that_is_not_there_has_the_nearest_name() -> None:
    [problem] = problems(check_ruleset, changed(RULESET, "/decisions/0/rows/1/group", "aksed"))
    assert (problem.found, problem.nearest, problem.allowed) == ("aksed", "asked", ("asked",))


def test_collect_count_has_neither_outputs_nor_otherwise() -> None:
    table = {**RULESET["decisions"][1], "hit_policy": "collect", "aggregate": "count"}
    assert said(problems(check_ruleset, changed(RULESET, "/decisions/1", table))) == [
        ("unexpected-key", "/decisions/1/otherwise"),
        ("unexpected-key", "/decisions/1/rows/0/then"),
        ("unexpected-key", "/decisions/1/rows/1/then"),
    ]


@pytest.mark.parametrize(
    "cell",
    [True, 5, "gold", 0.5, {"date": "2026-01-01"}, {"money": ["5", "EUR"]}, [1, 2], [{"decimal": "0.5"}],
     {"at_least": 1, "below": 5}, {"above": {"date": "2026-01-01"}}, {"at_most": 3}],
)  # fmt: skip
def test_a_cell_is_a_value_a_list_or_a_range(cell: Any) -> None:
    check_ruleset(Document(changed(RULESET, "/decisions/1/rows/0/cells/lead.score", cell)))


@pytest.mark.parametrize(
    ("cell", "code", "below"),
    [
        (None, "wrong-type", ""),
        ([], "empty-value", ""),
        ({}, "empty-value", ""),
        ([[1]], "wrong-type", "/0"),
        ({"from": 1}, "unknown-key", "/from"),
        ({"at_least": 1, "above": 1}, "unexpected-key", "/above"),
        ({"at_most": {"var": "lead.score"}}, "wrong-type", "/at_most"),
    ],
)
def test_any_other_cell_is_a_problem(cell: Any, code: str, below: str) -> None:
    pointer = "/decisions/1/rows/0/cells/lead.score"
    assert said(problems(check_ruleset, changed(RULESET, pointer, cell))) == [(code, pointer + below)]


def test_decay_steps_ascend_and_their_factors_are_shares() -> None:
    decay = {
        "since": "lead.last_seen_on",
        "steps": [{"after_days": 30, "factor": "0.5"}, {"after_days": 30, "factor": "1.5"}],
    }
    value = changed(RULESET, "/decisions/0/rows/0/decay", decay)
    assert said(problems(check_ruleset, value)) == [
        ("invalid-value", "/decisions/0/rows/0/decay/steps/1/factor"),
        ("wrong-order", "/decisions/0/rows/0/decay/steps/1/after_days"),
    ]


def test_a_parameter_may_change_on_days_also_where_its_type_lists_values() -> None:
    tone = {
        "type": "one_of",
        "values": ["formal", "warm"],
        "title": "tone",
        "dated": [{"from": "2026-01-01", "value": "formal"}, {"from": "2026-07-01", "value": "warm"}],
    }
    document = check_ruleset(Document(changed(RULESET, "/parameters/tone", tone)))
    dated = document.parameters["tone"].dated
    assert dated is not None
    assert [(entry.first, entry.value) for entry in dated] == [
        (date(2026, 1, 1), "formal"),
        (date(2026, 7, 1), "warm"),
    ]


def test_dated_values_ascend_and_exclude_a_single_one() -> None:
    parameter = {
        "type": "integer",
        "title": "x",
        "value": 1,
        "dated": [{"from": "2026-07-01", "value": 2}, {"from": "2026-01-01", "value": 1}],
    }
    assert said(problems(check_ruleset, changed(RULESET, "/parameters/x", parameter))) == [
        ("unexpected-key", "/parameters/x/dated"),
        ("wrong-order", "/parameters/x/dated/1/from"),
    ]


@pytest.mark.parametrize(
    ("pointer", "new", "code", "nearest"),
    [
        ("/currency", "USDD", "unknown-currency", "USD"),
        ("/caps/0/per", "partner", "unknown-value", None),
        ("/caps/0/window", {"kind": "calendar", "unit": "week"}, "unknown-value", None),
        ("/work", ..., "missing-key", None),
    ],
)
def test_rewards_are_checked(pointer: str, new: Any, code: str, nearest: str | None) -> None:
    value = changed(RULESET, "/decisions/1", changed(REWARD, pointer, new))
    [problem] = problems(check_ruleset, value)
    assert problem.code == code
    assert problem.pointer.startswith(f"/decisions/1{pointer}")
    assert problem.nearest == nearest


def test_two_caps_of_one_reward_have_different_ids() -> None:
    value = changed(RULESET, "/decisions/1", {**REWARD, "caps": REWARD["caps"] * 2})
    assert said(problems(check_ruleset, value)) == [("duplicate-id", "/decisions/1/caps/1/id")]


def test_checks_have_a_severity() -> None:
    value = changed(RULESET, "/decisions/1", {**CHECK, "severity": "eror"})
    [problem] = problems(check_ruleset, value)
    assert (problem.pointer, problem.allowed, problem.nearest) == (
        "/decisions/1/severity",
        ("error", "warning", "info"),
        "error",
    )


@pytest.mark.parametrize(
    ("change", "code", "below"),
    [
        ({**MORE_FOR_RECORDS, "action": "replaces"}, "unknown-value", "/action"),
        ({**MORE_FOR_RECORDS, "what": "rows"}, "unknown-value", "/what"),
        ({"what": "row"}, "missing-key", "/action"),
        ({**MORE_FOR_RECORDS, "position": "last"}, "unknown-key", "/position"),
        ({**MORE_FOR_RECORDS, "value": row("records", 5, point=5)}, "unknown-key", "/value/point"),
        ({**MORE_FOR_RECORDS, "action": "remove"}, "unknown-key", "/value"),
        ("records", "wrong-type", ""),
        (
            {"action": "add", "what": "row", "decision": "lead.score", "value": row("email", 5)},
            "missing-key",
            "/position",
        ),
        (
            {
                "action": "add",
                "what": "row",
                "decision": "lead.score",
                "value": row("email", 5),
                "position": "end",
            },
            "unknown-value",
            "/position",
        ),
        (
            {
                "action": "add",
                "what": "row",
                "decision": "lead.score",
                "value": row("email", 5),
                "position": {"behind": "dates"},
            },
            "missing-key",
            "/position/before",
        ),
    ],
)
def test_a_wrong_change_is_a_problem_in_its_place(change: Any, code: str, below: str) -> None:
    found = problems(check_ruleset_overlay, overlay(change))
    assert (code, f"/changes/0{below}") in said(found)
    assert len(found) == (2 if "behind" in json.dumps(change) else 1)


def test_rates_become_a_table_of_exact_numbers() -> None:
    rates = {
        "fairlead": 1,
        "kind": "rates",
        "name": "base/rates",
        "version": "1.0.0",
        "rates": [
            {"from": "USD", "to": "EUR", "on": "2026-02-01", "rate": "0.925"},
            {"from": "USD", "to": "EUR", "on": "2026-01-01", "rate": "0.92"},
            {"from": "EUR", "to": "TRY", "on": "2026-01-01", "rate": 50},
        ],
    }
    assert check_rates(Document(rates)).table() == {
        ("USD", "EUR"): [(date(2026, 1, 1), 92, 2), (date(2026, 2, 1), 925, 3)],
        ("EUR", "TRY"): [(date(2026, 1, 1), 50, 0)],
    }
    assert Decimal(925).scaleb(-3) == Decimal("0.925")


def test_rates_stand_once_are_positive_and_lead_elsewhere() -> None:
    rate = {"from": "USD", "to": "EUR", "on": "2026-01-01", "rate": "0.92"}
    rates = {
        "fairlead": 1,
        "kind": "rates",
        "name": "base/rates",
        "version": "1.0.0",
        "rates": [rate, rate, {**rate, "to": "USD"}, {**rate, "from": "GBP", "rate": "-1"}],
    }
    assert said(problems(check_rates, rates)) == [
        ("duplicate-id", "/rates/1/on"),
        ("invalid-value", "/rates/2/to"),
        ("invalid-value", "/rates/3/rate"),
    ]


SCENARIOS: dict[str, Any] = {
    "fairlead": 1,
    "kind": "scenarios",
    "name": "base/tests/scoring",
    "version": "1.0.0",
    "ruleset": "base/scoring",
    "as_of": "2026-11-21",
    "scenarios": [
        {"name": "A patient who sent records scores 25", "given": {"lead": {"records": True}},
         "expect": {"lead.score": 25}, "reasons": ["records"]},
    ],
}  # fmt: skip


def test_scenarios_are_read() -> None:
    document = check_scenarios(Document(SCENARIOS))
    assert document.as_of == date(2026, 11, 21)
    assert document.scenarios[0].expect == {"lead.score": 25}
    assert document.scenarios[0].missing is None


@pytest.mark.parametrize(
    ("pointer", "new", "code"),
    [
        ("/as_of", "tomorrow", "invalid-value"),
        ("/as_of", "2026-11-21T25:00:00Z", "invalid-value"),
        ("/scenarios/0/expect", {}, "empty-value"),
        ("/scenarios/0/given", [], "wrong-type"),
        ("/scenarios/0/expected", {}, "unknown-key"),
        ("/scenarios/0/name", "two\nlines", "invalid-value"),
    ],
)
def test_wrong_scenarios_are_refused(pointer: str, new: Any, code: str) -> None:
    assert said(problems(check_scenarios, changed(SCENARIOS, pointer, new))) == [(code, pointer)]


def test_two_scenarios_have_different_names() -> None:
    value = {**SCENARIOS, "scenarios": SCENARIOS["scenarios"] * 2}
    assert said(problems(check_scenarios, value)) == [("duplicate-id", "/scenarios/1/name")]


@pytest.mark.parametrize(
    "path", sorted((SHIPPED / "medical-travel" / "tests").glob("*.json")), ids=lambda p: p.stem
)
def test_the_shipped_scenarios_have_the_right_form(path: Path) -> None:
    assert load_scenarios(path).scenarios


def test_null_stands_for_a_key_that_is_left_out() -> None:
    assert said(problems(check_ruleset, with_decision(aggregate=None, otherwise=None))) == [
        ("missing-key", "/decisions/1/otherwise")
    ]
    row_without = changed(
        changed(RULESET, "/decisions/1/rows/0/cells", None), "/decisions/1/rows/0/when", None
    )
    assert said(problems(check_ruleset, row_without)) == [("missing-key", "/decisions/1/rows/0/cells")]
