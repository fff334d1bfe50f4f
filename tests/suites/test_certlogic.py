"""CertLogic's test suites: the published answer for what the profile holds, a listed reason for the rest.

A case is one assertion of the suite, named by its file and its place in it.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from tests.suites.case_scope import Answer, Case, answer, names_read, same, types_of_names

from fairlead.facts.types import TEXT
from fairlead.logic import Scope, from_jsonlogic
from fairlead.logic.factory import variable
from fairlead.problems import DocumentError

REPOSITORY = Path(__file__).parents[2]
FOLDER = REPOSITORY.parent / "shared" / "suites" / "certlogic"

if not FOLDER.exists():
    pytest.skip("the published CertLogic suites are not beside this checkout", allow_module_level=True)


def read_cases() -> dict[tuple[str, int], Case]:
    cases = {}
    for path in sorted((FOLDER / "testSuite").glob("*.json")):
        place = 0
        for group in json.loads(path.read_text("utf-8"))["cases"]:
            for assertion in group["assertions"]:
                rule = assertion.get("certLogicExpression", group.get("certLogicExpression"))
                cases[path.stem, place] = Case(rule, assertion["data"], assertion["expected"])
                place += 1
    return cases


CASES = read_cases()
LIST_TYPES = types_of_names(CASES.values())

#: why a case is outside the profile: the problem codes, and what it would take to answer it
REASONS = {
    "truthiness": ({"wrong-type"}, "a number, text, list or null would count as true or false"),
    "empty-text": ({"empty-text"}, "the empty text is absent and stands for nothing"),
    "different-types": ({"wrong-type"}, "values of two types would be compared, or chosen between"),
    "fold": ({"operator-left-out"}, "a fold has no bound that can be proved"),
    "own-operator": (
        {"unknown-operator"},
        "`plusTime`, `after`, `dccDateOfBirth`, `extractFromUVCI` are CertLogic's",
    ),
    "object-value": ({"wrong-operand", "unknown-fact"}, "an object is no value"),
    "list-of-nulls": ({"unknown-fact"}, "an element of a list is never absent"),
}

REFUSED: dict[str, dict[str, tuple[int, ...]]] = {
    "truthiness": {
        "JsonLogic-testSuite": (33, 34, 35, 41, 42, 43, 45, 46, 48, 49, 50, 51, 52, 53, 54, 57, 58),
        "and": (1, 3, 4, 5, 6),
        "if": (1, 3),
        "detect-missing-values": tuple(range(10)),
        "var": (13, 14, 15, 16, 17),
    },
    "empty-text": {"JsonLogic-testSuite": (44, 55, 56)},
    "different-types": {"JsonLogic-testSuite": (6, 47, 62), "in": (2,)},
    "fold": {"JsonLogic-testSuite": (78, 79, 80), "patched-reduce": tuple(range(10))},
    "own-operator": {
        "and": (7, 8),
        "date-times": tuple(range(12)),
        "extractFromUCVI": tuple(range(29)),
        "recognising-minors-with-DCC-DOB": tuple(range(15)),
        "recognising-minors-with-plusTime": tuple(range(15)),
    },
    "object-value": {"and": (2,), "if": (2,), "var": (0,)},
    "list-of-nulls": {"ins-with-nulls": (5,)},
}

#: `in` of an absent item, or in an absent list: the rule is one of ours, and unknown instead of false
UNKNOWN_INSTEAD = {"in": (3, 5, 6), "ins-with-nulls": (0, 1, 2, 3, 4, 6)}

REASON_OF = {
    (file, place): reason
    for reason, files in REFUSED.items()
    for file, places in files.items()
    for place in places
}
UNKNOWN = {(file, place) for file, places in UNKNOWN_INSTEAD.items() for place in places}


def test_the_suite_is_the_one_that_was_judged() -> None:
    assert len(CASES) == 232
    assert Counter(REASON_OF.values()) == {
        "truthiness": 39,
        "empty-text": 3,
        "different-types": 4,
        "fold": 13,
        "own-operator": 73,
        "object-value": 3,
        "list-of-nulls": 1,
    }
    assert len(UNKNOWN) == 9
    assert len(CASES) - len(REASON_OF) - len(UNKNOWN) == 87


@pytest.mark.parametrize("place", CASES, ids=[f"{file}-{place}" for file, place in CASES])
def test_a_case_has_the_published_answer_or_a_listed_reason(place: tuple[str, int]) -> None:
    case = CASES[place]
    found = answer(case, LIST_TYPES)

    if place in REASON_OF:
        assert found.refused
        assert set(found.refused) <= REASONS[REASON_OF[place]][0]
    elif place in UNKNOWN:
        assert case.expected is False
        assert found == Answer(value=None)
    else:
        assert found.refused == ()
        assert same(found.value, case.expected)


def validation_cases() -> list[tuple[Any, bool]]:
    return [
        (case["certLogicExpression"], not case["issues"])
        for path in sorted((FOLDER / "validation-testSuite").glob("*.json"))
        for case in json.loads(path.read_text("utf-8"))["cases"]
    ]


#: valid for CertLogic, not for us: the empty text is absent
STRICTER = ['""']
#: invalid for CertLogic, not for us: `var` takes a number
WIDER = ['{"var": 0}']


def refused(expression: Any) -> bool:
    # a fact model can declare names of this form only
    names = [name for name, _ in names_read(expression) if re.fullmatch(r"\w+(\.\w+)*", name)]
    scope = Scope.of(variable(name, TEXT, "fact") for name in names)
    try:
        from_jsonlogic(expression, scope)
    except DocumentError:
        return True
    return False


@pytest.mark.parametrize(
    ("expression", "valid"), validation_cases(), ids=[json.dumps(case[0]) for case in validation_cases()]
)
def test_what_certlogic_refuses_is_refused(expression: Any, valid: bool) -> None:
    shown = json.dumps(expression)

    assert refused(expression) == (shown in STRICTER or (not valid and shown not in WIDER))


def test_the_documentation_says_the_same() -> None:
    page = " ".join((REPOSITORY / "docs" / "strictness.md").read_text("utf-8").split())

    assert "Of the 232 assertions of its suite, 87 give the published answer and 136 are refused" in page
    assert "73 of them for its own operators. The remaining 9" in page
