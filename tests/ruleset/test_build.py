"""What a ruleset means once it is typed, and what is refused only then."""

import re
from pathlib import Path
from typing import Any

import pytest
from tests.ruleset.clinic import fact, model, overlay, row, ruleset, write

from fairlead.facts.types import DecimalType, IntegerType, MoneyType
from fairlead.problems import DocumentError, Problem
from fairlead.ruleset.load import load_ruleset
from fairlead.ruleset.typed import Ruleset

BOOLEAN = {"type": "boolean"}
INTEGER = {"type": "integer"}
NOT_RECORDS = {"!": [{"var": "lead.records"}]}


def formula(name: str, value: Any, result: Any) -> dict[str, Any]:
    return {"name": name, "kind": "formula", "title": "t", "result": result, "value": value}


def scorecard(*rows: dict[str, Any], **keys: Any) -> dict[str, Any]:
    return {"name": "lead.points", "kind": "scorecard", "title": "t", "rows": list(rows), **keys}


def table(*rows: dict[str, Any], **keys: Any) -> dict[str, Any]:
    return {
        "name": "lead.out",
        "kind": "table",
        "title": "t",
        "result": INTEGER,
        "hit_policy": "first",
        "rows": list(rows),
        "otherwise": "undetermined",
        **keys,
    }


def facts() -> dict[str, Any]:
    value = model()
    lead = value["entities"]["lead"]
    lead["facts"] |= {
        "pages": fact(type="integer", minimum=0, maximum=50),
        "any_number": fact(type="integer"),
        "rate": fact(type="decimal", precision=5, scale=2),
        "budget": fact(type="money"),
        "asked_at": fact(type="date_time"),
        "last_on": fact(type="date"),
    }
    lead["links"] = {"partner": {"entity": "partner", "description": "d"}}
    lead["related"] = {"invoices": {"entity": "invoice", "link": "lead", "description": "d"}}
    lead["aggregates"] = {
        "paid": {
            "title": "t",
            "description": "d",
            "labels": [],
            "reviewed_by": None,
            "function": "sum",
            "of": "invoices",
            "value": "invoice.amount",
        }
    }
    value["entities"]["partner"] = {
        "title": "Partner",
        "description": "d",
        "facts": {"id": fact(type="text"), "country": fact(type="text")},
    }
    value["entities"]["invoice"] = {
        "title": "Invoice",
        "description": "d",
        "links": {"lead": {"entity": "lead", "description": "d"}},
        "facts": {"id": fact(type="text"), "amount": fact(type="money", currency="USD")},
    }
    return value


def load(root: Path, *decisions: dict[str, Any], parameters: Any = None) -> Ruleset:
    write(root, facts())
    value = {**ruleset(), "decisions": list(decisions), "parameters": parameters or {}}
    write(root, value)
    return load_ruleset("base/scoring")


def problems(root: Path, *decisions: dict[str, Any], **keys: Any) -> list[Problem]:
    with pytest.raises(DocumentError) as caught:
        load(root, *decisions, **keys)
    return list(caught.value.problems)


def places(found: list[Problem]) -> list[tuple[str, str]]:
    assert all(problem.line is not None for problem in found)
    return [(problem.code, problem.pointer) for problem in found]


DECAY = {"since": "lead.last_on"}


@pytest.mark.parametrize(
    ("card", "code", "pointer"),
    [
        (scorecard(row("a", 1), initial="007"), "invalid-value", "/initial"),
        (scorecard(row("a", 1), initial=2**70), "value-out-of-range", "/initial"),
        (scorecard(row("a", 1), maximum="1" * 38 + ".5"), "too-many-digits", "/maximum"),
        (
            scorecard(row("a", 1, decay={**DECAY, "steps": [{"after_days": 1, "factor": "00.5"}]})),
            "invalid-value",
            "/rows/0/decay/steps/0/factor",
        ),
        (
            scorecard(row("a", 1, decay={**DECAY, "steps": [{"after_days": 2**70, "factor": 0}]})),
            "value-out-of-range",
            "/rows/0/decay/steps/0/after_days",
        ),
        (
            scorecard(row("a", 1, decay={**DECAY, "steps": [{"after_days": 1, "factor": f"0.{'0' * 37}1"}]})),
            "too-many-digits",
            "/rows/0/decay",
        ),
        (
            scorecard(row("a", "0." + "0" * 37 + "1"), row("b", {"var": "lead.pages"})),
            "too-many-digits",
            "",
        ),
    ],
)
def test_numbers_that_cannot_be_held_have_their_place(
    card: dict[str, Any], code: str, pointer: str, shipped: Path
) -> None:
    assert places(problems(shipped, card)) == [(code, f"/decisions/0{pointer}")]


def test_a_chosen_whole_number_has_the_range_of_its_choices(shipped: Path) -> None:
    loaded = load(shipped, formula("lead.x", {"if": [{"var": "lead.records"}, 1, 5]}, INTEGER))
    assert loaded.decision("lead.x").type == IntegerType(1, 5)


def test_a_sum_over_records_leaves_room_to_compute_with_it(shipped: Path) -> None:
    value = {"+": [{"var": "lead.paid"}, {"money": ["500.00", "USD"]}]}
    loaded = load(shipped, formula("lead.x", value, {"type": "money", "currency": "USD"}))
    assert loaded.decision("lead.x").type == MoneyType("USD", 29, 2)


def test_an_exact_number_without_digits_after_the_point_becomes_an_integer(shipped: Path) -> None:
    half = {"/": [{"var": "lead.pages"}, 2, {"scale": 0, "rounding": "down"}]}
    value = {"round": [half, {"scale": 0, "rounding": "down"}]}
    loaded = load(shipped, formula("lead.x", value, INTEGER))
    assert loaded.decision("lead.x").type == IntegerType(-999, 999)


def test_a_whole_number_means_the_same_however_json_writes_it(shipped: Path) -> None:
    one = load(shipped, formula("lead.x", {"+": [{"var": "lead.pages"}, 1]}, INTEGER))
    path = shipped / "base" / "scoring.json"
    text, found = re.subn(r"\b1$", "1.0", path.read_text("utf-8"), flags=re.MULTILINE)
    path.write_text(text, "utf-8")
    other = load_ruleset("base/scoring")
    assert found == 1
    assert (other.digest, other.decisions) == (one.digest, one.decisions)


def test_what_was_built_before_lets_no_other_writing_of_it_pass(shipped: Path) -> None:
    load_ruleset("base/scoring")
    path = shipped / "base" / "scoring.json"
    path.write_text(path.read_text("utf-8").replace('"value": 50,', '"value": 50.0,'), "utf-8")
    with pytest.raises(DocumentError) as caught:
        load_ruleset("base/scoring")
    assert places(list(caught.value.problems)) == [("wrong-type", "/parameters/hot_above/value")]


def test_a_fallback_is_not_a_name_that_is_read(shipped: Path) -> None:
    loaded = load(
        shipped,
        formula("lead.x", {"var": ["lead.id", "lead.y"]}, {"type": "text"}),
        formula("lead.y", {"cat": [{"var": "lead.x"}, "!"]}, {"type": "text"}),
        formula("partner.home", {"==": [{"var": ["partner.country", "DE"]}, "DE"]}, BOOLEAN),
        formula("lead.home", {"var": "partner.home"}, BOOLEAN),
    )
    assert [decision.name for decision in loaded.decisions] == [
        "lead.x", "partner.home", "lead.y", "lead.home",
    ]  # fmt: skip


def test_every_circle_is_said_and_nothing_that_follows_from_one(shipped: Path) -> None:
    found = problems(
        shipped,
        formula("lead.a", {"!": [{"var": "lead.b"}]}, BOOLEAN),
        formula("lead.b", {"!": [{"var": "lead.a"}]}, BOOLEAN),
        formula("lead.c", {"and": [{"var": "lead.a"}, {"var": "lead.pages"}]}, BOOLEAN),
        formula("lead.d", {"!": [{"var": "lead.d"}]}, BOOLEAN),
    )
    assert places(found) == [
        ("cycle", "/decisions/0/name"),
        ("wrong-type", "/decisions/2/value/and/1"),
        ("cycle", "/decisions/3/name"),
    ]


def test_a_long_circle_is_said_shortly(shipped: Path) -> None:
    names = [f"lead.f{index}" for index in range(100)]
    decisions = [
        formula(name, {"!": [{"var": other}]}, BOOLEAN)
        for name, other in zip(names, names[1:] + names[:1], strict=True)
    ]
    [problem] = problems(shipped, *decisions)
    assert problem.message.endswith(
        "`lead.f0` reads `lead.f1` reads `lead.f2` reads `lead.f3` reads … "
        "reads `lead.f97` reads `lead.f98` reads `lead.f99` reads `lead.f0`"
    )


def test_an_instant_in_a_parameter_states_its_offset(shipped: Path) -> None:
    parameters = {
        "since": {"type": "date_time", "title": "since", "value": "2026-01-31T09:00:00"},
        "until": {"type": "date_time", "title": "until", "value": "2026-01-31T09:00:00+03:00"},
    }
    found = problems(shipped, formula("lead.x", NOT_RECORDS, BOOLEAN), parameters=parameters)
    assert places(found) == [("wrong-literal", "/parameters/since/value")]


@pytest.mark.parametrize(
    "cell",
    [
        {"lead.pages": {"at_least": 10, "at_most": 9}},
        {"lead.pages": {"above": 5, "at_most": 5}},
        {"lead.rate": {"at_least": "0.5", "below": {"decimal": "0.50"}}},
        {"lead.last_on": {"at_least": "2026-02-01", "at_most": "2026-01-31"}},
        {"lead.budget": {"above": {"money": ["5", "EUR"]}, "below": {"money": ["4.99", "EUR"]}}},
    ],
)
def test_a_range_that_holds_no_value_is_refused(cell: dict[str, Any], shipped: Path) -> None:
    found = problems(shipped, table({"id": "a", "cells": cell, "then": 1}))
    assert places(found) == [("inconsistent-range", f"/decisions/0/rows/0/cells/{next(iter(cell))}")]


@pytest.mark.parametrize(
    "cell",
    [
        {"lead.pages": {"at_least": 5, "at_most": 5}},
        {"lead.rate": {"above": "0.49", "below": 1}},
        {"lead.budget": {"above": {"money": ["5", "EUR"]}, "below": {"money": ["4", "USD"]}}},
    ],
)
def test_a_range_that_holds_one_value_is_a_range(cell: dict[str, Any], shipped: Path) -> None:
    loaded = load(shipped, table({"id": "a", "cells": cell, "then": 1}))
    assert loaded.document_order == ("lead.out",)


@pytest.mark.parametrize(
    ("result", "value", "pointer"),
    [
        (
            {"type": "decimal", "precision": 5, "scale": 2, "minimum": "0"},
            {"var": "lead.rate"},
            "/result/minimum",
        ),
        (
            {"type": "money", "maximum": "100"},
            {"var": "lead.budget"},
            "/result/maximum",
        ),
        (
            {"type": "list", "items": {"type": "decimal", "precision": 5, "scale": 2, "minimum": "0"}},
            [{"var": "lead.rate"}],
            "/result/items/minimum",
        ),
    ],
)
def test_a_range_that_nothing_would_hold_a_result_to_is_refused(
    result: Any, value: Any, pointer: str, shipped: Path
) -> None:
    found = problems(shipped, formula("lead.x", value, result))
    assert places(found) == [("unexpected-key", f"/decisions/0{pointer}")]


@pytest.mark.parametrize(
    ("card", "expected"),
    [
        (scorecard(row("a", 5), row("b", -3), initial=10), IntegerType(7, 15)),
        (scorecard(row("a", 5), row("b", -3), initial=10, minimum=8, maximum=12), IntegerType(8, 12)),
        # a group without a hit counts as 0, brought into its bounds
        (
            scorecard(row("a", 5, group="g"), row("b", 9), groups=[{"id": "g", "minimum": 2, "maximum": 4}]),
            IntegerType(2, 13),
        ),
        (scorecard(row("a", 5), groups=[{"id": "g", "minimum": 3}]), IntegerType(3, 8)),
        (scorecard(row("a", {"-": [{"var": "lead.pages"}]}), row("b", "2.5")), DecimalType(3, 1)),
    ],
)
def test_a_score_has_the_range_that_its_rows_and_bounds_allow(
    card: dict[str, Any], expected: object, shipped: Path
) -> None:
    assert load(shipped, card).decision("lead.points").type == expected


def test_what_an_overlay_removed_and_something_reads_names_the_overlay(shipped: Path, own: Path) -> None:
    write(own, overlay({"action": "remove", "what": "parameter", "id": "hot_above"}))
    with pytest.raises(DocumentError) as caught:
        load_ruleset("client/scoring", roots=[own])
    [problem] = caught.value.problems
    assert (problem.code, problem.found, problem.nearest) == ("unknown-fact", "parameters.hot_above", None)
    assert problem.remedy == "`client/scoring` removes it; keep it, or replace what reads it here as well"


def test_whole_points_are_whole_in_quotes_too(shipped: Path) -> None:
    assert load(shipped, scorecard(row("a", "25"))).decision("lead.points").type == IntegerType(0, 25)
    assert load(shipped, scorecard(row("a", "2.5"))).decision("lead.points").type == DecimalType(2, 1)
