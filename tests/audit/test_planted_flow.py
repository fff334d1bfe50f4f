"""Planted faults in what a reward depends on: each is found, and its clean twin is proved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from tests.audit.planted.workshop import (
    Edit,
    Plant,
    Replay,
    V,
    add,
    at,
    check_proved,
    check_refuted,
)

REWARD = "introduction.reward"
VERIFIED = {"and": [V("introduction.verified"), V("introduction.file_complete")]}
PAYABLE = {"and": [V("introduction.may_be_paid")]}
COST, PRICE, NIGHTS = V("treatment.total_cost"), V("treatment.list_price"), V("treatment.nights")
FEE = V("parameters.fee")
COUNT = V("partner.introductions_this_year")
BY_VOLUME = frozenset({"partner.introductions"})


def usd(amount: str) -> dict[str, Any]:
    return {"money": [amount, "USD"]}


def share(rate: Any, rounding: str = "half_up") -> dict[str, Any]:
    return {"round": [{"*": [COST, rate]}, {"scale": 2, "rounding": rounding}]}


def either(condition: Any, one: Any = FEE, other: Any = None) -> Edit:
    return at(REWARD, "amount", {"if": [condition, one, other or usd("300.00")]})


def if_also(part: str, condition: Any) -> Edit:
    before = VERIFIED if part == "accrues_when" else PAYABLE
    return at(REWARD, part, {"and": [*before["and"], condition]})


def formula(name: str, result: dict[str, Any], value: Any) -> Edit:
    return add(
        "decisions",
        {"name": name, "kind": "formula", "title": name, "result": result, "value": value},
    )


def parameter(name: str, value: dict[str, Any]) -> Edit:
    return Edit(("parameters", name), {"title": name, **value})


def unlike(cases: Sequence[Replay]) -> bool:
    """The two rewards differ, whether in payee, pay, accrual, payment or reversal."""
    one, other = cases
    return one.reward() != other.reward()


def independent(id_: str, label: str, *edits: Edit, apart: set[str] | frozenset[str], **keys: Any) -> Plant:
    asked = {"kind": "independent", "label": label}
    return Plant(id_, asked, edits, unlike, frozenset(apart), shown=2, **keys)


BAND: dict[str, Any] = {
    "name": "introduction.points",
    "kind": "scorecard",
    "title": "points",
    "initial": 0,
    "rows": [
        {
            "id": "file",
            "when": V("introduction.file_complete"),
            "points": 10,
            "reason": {"code": "file", "text": "File"},
        },
        {
            "id": "stay",
            "when": {">=": [NIGHTS, 7]},
            "points": 10,
            "reason": {"code": "stay", "text": "Stay"},
        },
    ],
}
EXTRA: dict[str, Any] = {
    "name": "introduction.extra",
    "kind": "table",
    "title": "extra",
    "result": {"type": "integer"},
    "hit_policy": "collect",
    "aggregate": "sum",
    "rows": [
        {"id": "base", "when": True, "then": 10},
        {"id": "long", "when": {">": [NIGHTS, 5]}, "then": 5},
    ],
}
DATED = {
    "type": "decimal",
    "precision": 3,
    "scale": 2,
    "dated": [{"from": "2026-01-01", "value": "0.00"}, {"from": "2027-01-01", "value": "0.01"}],
}

JOINED = {"cat": ["note: ", V("introduction.note")]}

PLANTS = [
    independent(
        "value-as-a-share",
        "treatment_value",
        at(REWARD, "amount", {"+": [FEE, share({"decimal": "0.05"})]}),
        apart={"treatment.total_cost"},
        says="Same introduction; total treatment cost: 10,000 USD: reward 1,000 USD; "
        "total treatment cost: 20,000 USD: reward 1,500 USD.",
    ),
    independent(
        "outcome-through-the-bill",
        "outcome",
        at(REWARD, "amount", {"+": [FEE, share({"decimal": "0.05"})]}),
        apart={"treatment.total_cost"},
    ),
    independent(
        "value-through-a-derived-fact",
        "treatment_value",
        either({"==": [V("introduction.case_class"), "a"]}),
        apart={"introduction.case_class"},
        clean=(either({"==": [V("introduction.complexity"), "complex"]}),),
    ),
    independent(
        "value-through-a-second-decision",
        "treatment_value",
        formula("introduction.base", {"type": "money", "currency": "USD"}, PRICE),
        at("introduction.fee", "rows", "complex", "then", V("introduction.base")),
        apart={"treatment.list_price"},
        clean=(
            formula("introduction.base", {"type": "money", "currency": "USD"}, FEE),
            at("introduction.fee", "rows", "complex", "then", V("introduction.base")),
        ),
    ),
    independent(
        "value-through-three-decisions",
        "treatment_value",
        formula("introduction.dear", {"type": "boolean"}, {">": [PRICE, usd("5000.00")]}),
        formula("introduction.kind", {"type": "integer"}, {"if": [V("introduction.dear"), 2, 1]}),
        formula("introduction.times", {"type": "integer"}, {"+": [V("introduction.kind"), 1]}),
        at(REWARD, "amount", {"*": [FEE, V("introduction.times")]}),
        apart={"treatment.list_price"},
    ),
    independent(
        "value-through-rounding",
        "treatment_value",
        at(REWARD, "amount", {"+": [FEE, share({"decimal": "0.000001"}, "down")]}),
        apart={"treatment.total_cost"},
        clean=(
            at(
                REWARD,
                "amount",
                {"round": [{"*": [FEE, {"decimal": "0.001"}]}, {"scale": 2, "rounding": "down"}]},
            ),
        ),
    ),
    independent(
        "volume-through-an-aggregate",
        "referral_volume",
        either({">=": [COUNT, 6]}),
        apart=BY_VOLUME,
        says="Same introduction; introductions this year: 1: reward 300 USD; "
        "introductions this year: 6: reward 500 USD.",
    ),
    independent(
        "volume-through-the-tier",
        "referral_volume",
        either({"==": [V("partner.tier"), "silver"]}),
        apart=BY_VOLUME,
    ),
    independent(
        "volume-through-a-sum",
        "referral_volume",
        either({">": [V("partner.hours_this_year"), 40]}),
        apart=BY_VOLUME,
    ),
    independent(
        "volume-through-a-filter",
        "referral_volume",
        either({">=": [V("partner.verified_this_year"), 2]}),
        apart=BY_VOLUME,
    ),
    independent(
        "volume-through-the-first-day",
        "referral_volume",
        either({"<": [V("partner.first_introduced_on"), {"date": "2026-06-01"}]}),
        apart=BY_VOLUME,
    ),
    independent(
        "volume-through-existence",
        "referral_volume",
        either(V("partner.has_introduced")),
        apart=BY_VOLUME,
    ),
    independent(
        "volume-through-a-fact-derived-from-an-aggregate",
        "referral_volume",
        either({">=": [V("partner.rank"), 5]}),
        apart={"partner.rank"},
    ),
    independent(
        "outcome-under-a-negation",
        "outcome",
        if_also("accrues_when", {"!": {"==": [V("treatment.completed"), False]}}),
        apart={"treatment.completed"},
    ),
    independent(
        "outcome-under-two-negations",
        "outcome",
        if_also("accrues_when", {"!": {"or": [{"!": {"<": [NIGHTS, 20]}}, False]}}),
        apart={"treatment.nights"},
    ),
    independent(
        "outcome-by-absence",
        "outcome",
        if_also("accrues_when", {"absent": "treatment.discharged_on"}),
        apart={"treatment.discharged_on"},
        clean=(if_also("accrues_when", {"absent": "introduction.reversal_cause"}),),
    ),
    independent(
        "outcome-by-a-missing-list",
        "outcome",
        if_also("accrues_when", {"in": ["treatment.nights", {"missing": ["treatment.nights"]}]}),
        apart={"treatment.nights"},
    ),
    independent(
        "outcome-by-a-fallback",
        "outcome",
        either({">": [{"var": ["treatment.nights", 0]}, 3]}),
        apart={"treatment.nights"},
        clean=(either({">": [{"var": ["introduction.hours", 0]}, 3]}),),
    ),
    independent(
        "acceptance-by-a-record",
        "acceptance",
        if_also("accrues_when", {"!": {"absent": "treatment.id"}}),
        apart={"treatment", "treatment.id"},
    ),
    independent(
        "value-through-a-table-output",
        "treatment_value",
        at("introduction.fee", "rows", "simple", "then", PRICE),
        apart={"treatment.list_price"},
    ),
    independent(
        "value-through-otherwise",
        "treatment_value",
        at("introduction.fee", "rows", 2, None),
        at("introduction.fee", "otherwise", {"then": PRICE}),
        apart={"treatment.list_price"},
        clean=(
            at("introduction.fee", "rows", 2, None),
            at("introduction.fee", "otherwise", {"then": FEE}),
        ),
    ),
    independent(
        "outcome-through-a-scorecard-band",
        "outcome",
        add("decisions", BAND),
        either({">=": [V("introduction.points"), 20]}),
        apart={"treatment.nights"},
        clean=(
            add("decisions", {**BAND, "rows": BAND["rows"][:1]}),
            either({">=": [V("introduction.points"), 20]}),
        ),
    ),
    independent(
        "outcome-through-a-collected-sum",
        "outcome",
        add("decisions", EXTRA),
        at(REWARD, "amount", {"*": [usd("10.00"), V("introduction.extra")]}),
        apart={"treatment.nights"},
        clean=(
            add("decisions", {**EXTRA, "rows": EXTRA["rows"][:1]}),
            at(REWARD, "amount", {"*": [usd("10.00"), V("introduction.extra")]}),
        ),
    ),
    independent(
        "outcome-through-if",
        "outcome",
        either(V("treatment.completed")),
        apart={"treatment.completed"},
    ),
    independent(
        "acceptance-through-payable-when",
        "acceptance",
        if_also("payable_when", V("treatment.completed")),
        apart={"treatment.completed"},
    ),
    independent(
        "acceptance-through-accrues-when",
        "acceptance",
        if_also("accrues_when", V("introduction.accepted")),
        apart={"introduction.accepted"},
        says="Same introduction; the patient accepted: yes: reward 300 USD; "
        "the patient accepted: no: no reward.",
    ),
    independent(
        "outcome-through-reversed-when",
        "outcome",
        at(REWARD, "reversed_when", {">": [NIGHTS, 30]}),
        apart={"treatment.nights"},
        clean=(at(REWARD, "reversed_when", {">": [V("introduction.hours"), 30]}),),
    ),
    independent(
        "volume-through-the-payee",
        "referral_volume",
        model=(Edit(("entities", "partner", "facts", "id", "labels"), ["referral_volume"]),),
        apart={"partner.id", "partner"},
    ),
    independent(
        "value-through-a-figure-that-changes-later",
        "treatment_value",
        parameter("share", DATED),
        at(REWARD, "amount", {"+": [FEE, share(V("parameters.share"))]}),
        apart={"treatment.total_cost"},
    ),
    independent(
        "outcome-through-the-time",
        "outcome",
        if_also("payable_when", {"<=": [V("treatment.closed_at"), V("as_of")]}),
        apart={"treatment.closed_at"},
        clean=(if_also("payable_when", {"<=": [V("disclosure.given_at"), V("as_of")]}),),
    ),
    independent(
        "outcome-through-a-list",
        "outcome",
        if_also("accrues_when", {"!": {"in": ["complication", V("introduction.remarks")]}}),
        apart={"introduction.remarks"},
        clean=(if_also("accrues_when", {"!": {"in": ["surgery", V("introduction.services")]}}),),
    ),
    independent(
        "outcome-through-a-joined-text",
        "outcome",
        if_also(
            "accrues_when",
            # true of every note that is there, and unknown without one
            {"or": [{"==": [JOINED, "note: died"]}, {"!=": [JOINED, "note: died"]}]},
        ),
        apart={"introduction.note"},
    ),
    independent(
        "value-through-a-conversion",
        "treatment_value",
        at(
            REWARD,
            "amount",
            {
                "convert": [
                    V("treatment.any_cost"),
                    V("introduction.introduced_on"),
                    {"currency": "USD", "rounding": "down"},
                ]
            },
        ),
        apart={"treatment.any_cost"},
    ),
    independent(
        "outcome-through-elapsed-days",
        "outcome",
        either(
            {
                "<": [
                    {"days_between": [V("introduction.introduced_on"), V("treatment.discharged_on")]},
                    30,
                ]
            }
        ),
        apart={"treatment.discharged_on"},
    ),
    independent(
        "outcome-through-a-remainder",
        "outcome",
        either({"==": [{"%": [NIGHTS, 2]}, 1]}),
        apart={"treatment.nights"},
    ),
    independent(
        "value-through-the-smaller-of-two",
        "treatment_value",
        at(REWARD, "amount", {"min": [FEE, PRICE]}),
        apart={"treatment.list_price"},
        clean=(at(REWARD, "amount", {"min": [FEE, usd("400.00")]}),),
    ),
    independent(
        "outcome-through-a-later-day",
        "outcome",
        if_also("payable_when", {"<=": [{"add_days": [V("treatment.discharged_on"), 30]}, V("as_of_date")]}),
        apart={"treatment.discharged_on"},
    ),
]


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.id)
def test_the_fault_is_refuted_with_a_case_that_breaks_the_property(plant: Plant) -> None:
    check_refuted(plant)


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.id)
def test_the_clean_twin_is_proved(plant: Plant) -> None:
    check_proved(plant)
