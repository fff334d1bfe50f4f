"""Calls of extra operators: what they stand for, how they are written, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from tests.logic.lead_scope import (
    BUDGET,
    CHANNEL,
    CREATED_ON,
    LIKELIHOOD,
    PAGES,
    POINTS,
    RECORDS,
    SCOPE,
)

from fairlead.documents.json_text import Document
from fairlead.facts.types import OneOfType
from fairlead.logic import Scope, from_jsonlogic, to_english, to_jsonlogic
from fairlead.logic.conversion import conform
from fairlead.logic.extra_operators import MOST_TERMS
from fairlead.logic.terms import Apply, Term, walk
from fairlead.problems import DocumentError, Problem
from fairlead.ruleset.extra_operators import typed_operators

DAY, START = {"var": "day"}, {"var": "start"}
X, Y = {"var": "x"}, {"var": "y"}
BOOLEAN, INTEGER, DATE = {"type": "boolean"}, {"type": "integer"}, {"type": "date"}
DECIMAL = {"type": "decimal", "precision": 12, "scale": 2}
RATIO = {"scale": 2, "rounding": "half_even"}


def operator(parameters: dict[str, Any], result: Any, words: Any, definition: Any) -> dict[str, Any]:
    return {
        "title": "an operator",
        "parameters": [{"name": name, "type": type_} for name, type_ in parameters.items()],
        "result": result,
        "words": words,
        "definition": definition,
    }


OPERATORS = {
    "in_week": operator(
        {"day": DATE, "start": DATE},
        BOOLEAN,
        "{day} is in the week from {start}",
        {"and": [{"<=": [START, DAY]}, {"<": [DAY, {"add_days": [START, 7]}]}]},
    ),
    "share": operator(
        {"x": DECIMAL, "y": DECIMAL},
        {"type": "decimal", "precision": 18, "scale": 2},
        "the share of {x} in {y}",
        {"/": [X, Y, RATIO]},
    ),
    "whole": operator({"x": INTEGER}, DECIMAL | {"precision": 30}, "{x} and one", {"+": [X, 1]}),
    "speed": operator(
        {"x": {"type": "integer", "minimum": 0, "maximum": 100_000}},
        {"type": "one_of", "values": ["slow", "quick"]},
        "how quick {x} is",
        {"if": [{"<": [X, 10]}, "slow", "quick"]},
    ),
    "known": operator({"x": INTEGER}, BOOLEAN, "{x} is known", {"!": [{"absent": "x"}]}),
    "unknown": operator({"x": INTEGER}, BOOLEAN, "nobody knows {x}", {"absent": "x"}),
    "or_zero": operator({"x": DECIMAL}, DECIMAL, "{x}, else zero", {"var": ["x", 0]}),
    "any_above": operator(
        {"x": {"type": "list", "items": INTEGER}, "y": INTEGER},
        BOOLEAN,
        "any of {x} is above {y}",
        {"some": [X, {">": [{"var": ""}, Y]}]},
    ),
    "double": operator({"x": DECIMAL}, DECIMAL | {"precision": 14}, "twice {x}", {"+": [X, X]}),
    "both": operator({"x": BOOLEAN}, BOOLEAN, "{x}, and once more", {"and": [X, X]}),
    "one_of_two": operator(
        {"x": {"type": "text"}}, BOOLEAN, "{x} is by voice", {"in": [X, ["phone", "chat"]]}
    ),
}


def scope() -> Scope:
    return Scope(SCOPE.variables, SCOPE.hidden, typed_operators(Document({"operators": OPERATORS})))


def read(expression: Any) -> Term:
    return from_jsonlogic(expression, scope())


def problem(expression: Any) -> Problem:
    with pytest.raises(DocumentError) as caught:
        read(expression)
    (only,) = caught.value.problems
    return only


SAME = [
    pytest.param(
        {"in_week": [CREATED_ON, "2026-11-16"]},
        {
            "and": [
                {"<=": [{"date": "2026-11-16"}, CREATED_ON]},
                {"<": [CREATED_ON, {"add_days": [{"date": "2026-11-16"}, 7]}]},
            ]
        },
        id="a text is read as its parameter's type",
    ),
    pytest.param({"both": RECORDS}, {"and": [RECORDS, RECORDS]}, id="one operand without its list"),
    pytest.param(
        {"!": [{"both": [RECORDS]}]}, {"!": [{"and": [RECORDS, RECORDS]}]}, id="inside another operator"
    ),
    pytest.param(
        {"both": [{"known": [POINTS]}]},
        {"and": [{"!": [{"absent": "lead.loyalty_points"}]}, {"!": [{"absent": "lead.loyalty_points"}]}]},
        id="a call in a call",
    ),
    pytest.param({"known": [POINTS]}, {"!": [{"absent": "lead.loyalty_points"}]}, id="asks for absence"),
    pytest.param({"one_of_two": [CHANNEL]}, {"in": [CHANNEL, ["phone", "chat"]]}, id="one-of as text"),
]


@pytest.mark.parametrize(("called", "written_out"), SAME)
def test_a_call_is_the_same_as_its_definition_written_out(called: Any, written_out: Any) -> None:
    assert read(called) == read(written_out)


def test_an_operand_takes_the_digits_of_its_parameter() -> None:
    # an integer and a decimal with one digit both stand as decimals with two
    term = read({"share": [PAGES, {"var": "lead.satisfaction"}]})

    assert isinstance(term, Apply)
    assert [(each.operator, str(each.type)) for each in term.arguments if isinstance(each, Apply)] == [
        ("widen", "decimal(12, 2)"),
        ("widen", "decimal(12, 2)"),
    ]


def test_no_back_end_sees_the_operator_itself() -> None:
    term = read({"both": [{"known": [{"var": "lead.loyalty_points"}]}]})

    assert {part.operator for part in walk(term) if isinstance(part, Apply)} == {"and", "!", "absent"}


WRITTEN = [
    {"in_week": [CREATED_ON, {"date": "2026-11-16"}]},
    {"==": [{"speed": [PAGES]}, "slow"]},
    {"<": [{"share": [PAGES, {"decimal": "2.50"}]}, {"decimal": "0.50"}]},
    {">": [{"whole": [POINTS]}, LIKELIHOOD]},
    {"double": [{"round": [LIKELIHOOD, RATIO]}]},
    {"both": [{"!": [{"both": [RECORDS]}]}]},
    {"some": [{"var": "lead.ratings"}, {"known": [POINTS]}]},
    {"any_above": [{"var": "lead.ratings"}, 3]},
]


@pytest.mark.parametrize("expression", WRITTEN, ids=str)
def test_what_is_written_back_calls_the_operator_by_name(expression: Any) -> None:
    term = read(expression)

    assert to_jsonlogic(term) == expression
    assert read(to_jsonlogic(term)) == term


SAID = [
    ({"in_week": [CREATED_ON, "2026-11-16"]}, "lead.created_on is in the week from 2026-11-16"),
    (
        {"!": [{"in_week": [CREATED_ON, {"add_days": [CREATED_ON, 1]}]}]},
        "it is not so that (lead.created_on is in the week from (1 day after lead.created_on))",
    ),
    ({"==": [{"speed": [PAGES]}, "slow"]}, '(how quick lead.pages_read is) is "slow"'),
    ({">": [{"whole": [POINTS]}, LIKELIHOOD]}, "(lead.loyalty_points and one) is more than …"),
    ({"!": [{"unknown": [POINTS]}]}, "it is not so that (nobody knows lead.loyalty_points)"),
    ({"!": [{"one_of_two": [CHANNEL]}]}, "it is not so that (lead.channel is by voice)"),
]


@pytest.mark.parametrize(("expression", "words"), SAID, ids=[words for _, words in SAID])
def test_a_call_is_said_in_the_operators_own_words(expression: Any, words: str) -> None:
    assert to_english(read(expression)).startswith(words.rstrip("…"))


def test_a_call_that_takes_a_declared_type_is_still_that_call() -> None:
    # conforming goes into the branches of an `if`
    term = conform(read({"speed": [PAGES]}), OneOfType(("slow", "quick", "unheard of")))

    assert to_jsonlogic(term) == {"speed": [PAGES]}
    assert to_english(term) == "how quick lead.pages_read is"


def test_words_that_stand_in_an_operand_are_not_taken_for_parameters() -> None:
    said = to_english(read({"one_of_two": ["{x}{y}"]}))

    assert said == '"{x}{y}" is by voice'


REFUSED = [
    pytest.param({"in_week": [CREATED_ON]}, "wrong-operand-count", "/in_week", "`day`, `start`", id="few"),
    pytest.param(
        {"in_week": [CREATED_ON, PAGES]},
        "wrong-type",
        "/in_week/1",
        "operand `start` of `in_week`: this is integer",
        id="a wrong type",
    ),
    pytest.param({"in_week": [CREATED_ON, "soon"]}, "wrong-literal", "/in_week/1", "`soon`", id="no date"),
    pytest.param({"speed": [POINTS]}, "out-of-range", "/speed/0", "0 to 100000", id="a wider range"),
    pytest.param({"double": [LIKELIHOOD]}, "rounding-needed", "/double/0", "4 digits", id="more digits"),
    pytest.param({"whole": [BUDGET]}, "wrong-type", "/whole/0", "money", id="money for a number"),
    pytest.param({"known": [{"+": [POINTS, 1]}]}, "wrong-operand", "/known/0", "name of a fact", id="sum"),
    pytest.param({"or_zero": [1]}, "wrong-operand", "/or_zero/0", "name of a fact", id="a fallback for none"),
    pytest.param(
        {"==": [{"speed": [PAGES]}, "quik"]},
        "unknown-value",
        "/==/1",
        "not one of the values",
        id="a value that the result never has",
    ),
    pytest.param(
        {"some": [{"var": "lead.ratings"}, {"any_above": [{"var": "lead.ratings"}, {"var": ""}]}]},
        "wrong-operand",
        "/some/1/any_above/1",
        "each element of a list of its own",
        id="an element where it would be another",
    ),
    pytest.param(
        {"some": [{"var": "lead.ratings"}, {"all": [{"var": "lead.ratings"}, {"any_above": [
            {"var": "lead.ratings"}, 3]}]}]},
        "too-deep",
        "/some/1",
        "nest at most 2 deep",
        id="lists in lists in lists",
    ),
    pytest.param({"in_weak": [1, 2]}, "unknown-operator", "/in_weak", "in_weak", id="an unknown name"),
]  # fmt: skip


@pytest.mark.parametrize(("expression", "code", "pointer", "said"), REFUSED)
def test_what_does_not_fit_is_refused_in_its_place(
    expression: Any, code: str, pointer: str, said: str
) -> None:
    found = problem(expression)

    assert (found.code, found.pointer) == (code, pointer)
    assert said in found.message


def test_an_unknown_operator_is_answered_with_the_nearest_of_all() -> None:
    assert problem({"in_weak": [1, 2]}).nearest == "in_week"


def nested(levels: int) -> Any:
    expression: Any = RECORDS
    for _ in range(levels):
        expression = {"both": [expression]}
    return expression


def test_calls_in_calls_that_double_are_stopped_before_they_take_the_memory() -> None:
    found = problem(nested(40))

    assert found.code == "expansion-too-large"
    assert str(MOST_TERMS) in found.message


def test_the_calls_of_one_document_are_counted_together() -> None:
    # the calls in it become 3, 7, 15, … and 8191 terms: 16368 together
    whole = scope()
    for _ in range(6):
        from_jsonlogic(nested(12), whole)

    with pytest.raises(DocumentError) as caught:
        from_jsonlogic(nested(12), whole)

    assert {each.code for each in caught.value.problems} == {"expansion-too-large"}


def test_what_calls_stand_for_nests_no_deeper_than_what_is_written_may() -> None:
    # the call alone is a name below `absent` below `!`
    expression: Any = {"known": [POINTS]}
    for _ in range(46):
        expression = {"!": [expression]}
    read(expression)

    found = problem({"!": [expression]})

    assert found.code == "too-deep"
