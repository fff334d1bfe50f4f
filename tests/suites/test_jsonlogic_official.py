"""JSONLogic's own test suite: the published answer for what the profile holds, a listed reason for the rest.

Cases are numbered from 0, comments left out.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from tests.suites.case_scope import Case, answer, same, types_of_names

REPOSITORY = Path(__file__).parents[2]
SUITE = REPOSITORY.parent / "shared" / "suites" / "jsonlogic-official" / "tests.json"

if not SUITE.exists():
    pytest.skip("the published JSONLogic suite is not beside this checkout", allow_module_level=True)

CASES = [Case(*case) for case in json.loads(SUITE.read_text("utf-8")) if isinstance(case, list)]
LIST_TYPES = types_of_names(CASES)

#: why a case is outside the profile: the problem code, and what it would take to answer it
REASONS = {
    "truthiness": ("wrong-type", "a number, text or list would count as true or false"),
    "truth-operator": ("operator-left-out", "`!!` turns any value into true or false"),
    "empty-text": ("empty-text", "the empty text is absent and stands for nothing"),
    "text-as-number": ("wrong-type", "a text would be read as the number it shows"),
    "number-as-text": ("wrong-type", "a number would be written out as text"),
    "different-types": ("wrong-type", "values of two types would be compared, or chosen between"),
    "inexact-number": ("inexact-number", "the number is not exact as a double; a decimal is written as text"),
    "null-literal": ("wrong-literal", "null is not a value"),
    "no-operand": ("wrong-operand-count", "an `if` of nothing has no value"),
    "division-without-rounding": ("missing-settings", "a division states its scale and rounding mode"),
    "list-operator": (
        "operator-left-out",
        "a list is asked, never built: aggregates and quantifiers instead",
    ),
    "list-of-objects": ("unknown-fact", "an element is a value; related records are read by aggregates"),
    "computed-name": ("wrong-operand", "a name is written out, so that what a rule reads is known"),
}

REFUSED = {
    "truthiness": (
        *(
            44,
            45,
            54,
            55,
            56,
            65,
            66,
            67,
            132,
            133,
            134,
            136,
            137,
            142,
            143,
            145,
            146,
            148,
            149,
            150,
            152,
            153,
        ),
        *(158, 160, 161, 237, 238),
    ),
    "truth-operator": (147, 151, 155, 159),
    "empty-text": (135, 154, 156, 157),
    "text-as-number": (8, 15, 22, 26, 30, 37, 94, 98, 102, 139, 140, 141),
    "number-as-text": (77, 78),
    "different-types": (11, 18, 138, 184),
    "inexact-number": (3, 144),
    "null-literal": (5,),
    "no-operand": (124,),
    "division-without-rounding": (103, 104, 105),
    "list-operator": (*range(114, 124), *range(241, 253)),
    "list-of-objects": (257, 258, 259, 260, 265, 266, 267, 268, 273, 274, 275, 276),
    "computed-name": (205, 239, 240),
}

REASON_OF = {index: reason for reason, indices in REFUSED.items() for index in indices}


def test_the_suite_is_the_one_that_was_judged() -> None:
    assert len(CASES) == 277
    assert {reason: len(indices) for reason, indices in REFUSED.items()} == {
        "truthiness": 27,
        "truth-operator": 4,
        "empty-text": 4,
        "text-as-number": 12,
        "number-as-text": 2,
        "different-types": 4,
        "inexact-number": 2,
        "null-literal": 1,
        "no-operand": 1,
        "division-without-rounding": 3,
        "list-operator": 22,
        "list-of-objects": 12,
        "computed-name": 3,
    }
    assert len(REASON_OF) == 97


@pytest.mark.parametrize("index", range(len(CASES)), ids=[json.dumps(case.rule) for case in CASES])
def test_a_case_has_the_published_answer_or_a_listed_reason(index: int) -> None:
    case = CASES[index]
    found = answer(case, LIST_TYPES)

    if index in REASON_OF:
        assert set(found.refused) == {REASONS[REASON_OF[index]][0]}
    else:
        assert found.refused == ()
        assert same(found.value, case.expected)


def test_180_cases_have_the_published_answer() -> None:
    answers = [answer(case, LIST_TYPES) for case in CASES]
    outcomes = Counter(
        "refused" if found.refused else same(found.value, case.expected)
        for found, case in zip(answers, CASES, strict=True)
    )

    assert outcomes == {True: 180, "refused": 97}


def test_the_documentation_lists_the_reasons() -> None:
    page = (REPOSITORY / "docs" / "strictness.md").read_text("utf-8")

    for reason, (_, meaning) in REASONS.items():
        assert f"| {meaning} | {len(REFUSED[reason])} |" in page
    assert (
        "The published suite has 277 cases. 180 give the published answer; the other 97 are refused" in page
    )
