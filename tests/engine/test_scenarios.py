"""Scenarios tell expected from found."""

from typing import Any

import fairlead
from fairlead.documents.json_text import Document
from fairlead.engine.scenarios import Mismatch, run_scenarios
from fairlead.ruleset.scenarios import check_scenarios


def mismatches(given: dict[str, Any], **expected: Any) -> list[tuple[str, Any, Any]]:
    document = {
        "fairlead": 1,
        "kind": "scenarios",
        "name": "clinic/tests/programme",
        "version": "1.0.0",
        "ruleset": "medical-travel/partner-programme",
        "as_of": "2026-11-21",
        "scenarios": [{"name": "A case", "given": given, **expected}],
    }
    program = fairlead.load("medical-travel/partner-programme")
    (result,) = run_scenarios(program, check_scenarios(Document(document)))
    assert result.passed == (not result.mismatches)
    assert all(isinstance(each, Mismatch) for each in result.mismatches)
    return [(each.subject, each.expected, each.found) for each in result.mismatches]


INTRODUCTION = {
    "introduction": {"verified": True, "file_complete": True, "introduced_on": "2026-11-02"},
    "partner": {"id": "TA-101", "introductions_this_year": 3},
}


def test_of_a_reward_only_what_is_expected_is_compared() -> None:
    amount = {"amount": "500.00", "currency": "USD"}

    assert mismatches(INTRODUCTION, expect={"introduction.reward": {"amount": amount, "payable": None}}) == []
    ((subject, _, found),) = mismatches(INTRODUCTION, expect={"introduction.reward": {"payable": True}})
    assert (subject, found["payable"]) == ("introduction.reward", None)


def test_undetermined_is_expected_and_found_as_such() -> None:
    expect = {"introduction.licence_valid": {"undetermined": True}}

    assert mismatches(INTRODUCTION, expect=expect) == []
    assert mismatches(INTRODUCTION, expect={"introduction.licence_valid": True}) == [
        ("introduction.licence_valid", True, {"undetermined": True})
    ]


def test_a_decision_of_an_entity_that_is_not_given_is_not_found() -> None:
    assert mismatches({"introduction": {}}, expect={"partner.tier": "bronze"}) == [
        ("partner.tier", "bronze", None)
    ]


def test_true_is_not_one() -> None:
    assert mismatches(INTRODUCTION, expect={"introduction.reward": {"accrues": 1}}) != []


def test_reasons_and_missing_facts_are_compared_as_a_whole() -> None:
    given = {"partner": {"introductions_this_year": 3}}

    assert mismatches(given, expect={"partner.tier": "bronze"}, reasons=[], missing=[]) == []
    assert mismatches(given, expect={"partner.tier": "bronze"}, reasons=["x"], missing=["lead.id"]) == [
        ("reasons", ["x"], []),
        ("missing", ["lead.id"], []),
    ]


def test_a_record_that_does_not_fit_the_fact_model_is_a_mismatch() -> None:
    (mismatch,) = mismatches({"partner": {"introductions_this_year": "3"}}, expect={"partner.tier": "bronze"})

    assert mismatch == ("given", None, "3")


def test_a_given_fact_with_a_typo_is_answered_with_the_name_that_was_meant() -> None:
    document = {
        "fairlead": 1,
        "kind": "scenarios",
        "name": "clinic/tests/scoring",
        "version": "1.0.0",
        "ruleset": "medical-travel/lead-scoring",
        "as_of": "2026-11-21",
        "scenarios": [
            {"name": "A typo", "given": {"lead": {"chanel": "phone"}}, "expect": {"lead.score": 15}}
        ],
    }
    program = fairlead.load("medical-travel/lead-scoring")
    (result,) = run_scenarios(program, check_scenarios(Document(document)))

    assert "did you mean `lead.channel`?" in str(result.mismatches[0])
