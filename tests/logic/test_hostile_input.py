"""Whatever stands where an expression should: a term or a DocumentError, and nothing else."""

from __future__ import annotations

import itertools
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.logic.lead_scope import SCOPE, problem, problems, read

from fairlead.facts.types import BOOLEAN
from fairlead.logic import from_jsonlogic
from fairlead.logic.from_jsonlogic import MAX_DEPTH, read_expression
from fairlead.logic.operators import ALIASES, LEFT_OUT, OPERATORS
from fairlead.problems import DocumentError, Problem


@pytest.mark.parametrize(
    ("expression", "nearest"),
    [
        ({"an": [True]}, "and"),
        ({"days_betwen": [1, 2]}, "days_between"),
        ({"mising": ["lead.budget"]}, "missing"),
        ({"__class__": []}, None),
        ({"constructor": []}, None),
    ],
)
def test_an_unknown_operator_is_answered_with_the_nearest(expression: Any, nearest: str | None) -> None:
    refused = problem(expression)

    assert refused.code == "unknown-operator"
    assert refused.nearest == nearest
    assert set(OPERATORS) < set(refused.allowed)


@pytest.mark.parametrize("operator", sorted(LEFT_OUT))
def test_an_operator_that_is_left_out_says_why(operator: str) -> None:
    refused = problem({operator: [[1, 2], True]})

    assert refused.code == "operator-left-out"
    assert refused.pointer == f"/{operator}"
    assert refused.remedy == LEFT_OUT[operator]


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("lead.chanel", "lead.channel"),
        ("scroe", "lead.score"),
        ("parameters.hot_abov", "parameters.hot_above"),
        ("zzz", None),
        ("__class__", None),
        ("lead.__class__", None),
        ("as_of.year", "as_of"),
    ],
)
def test_an_unknown_fact_is_answered_with_the_nearest(name: str, nearest: str | None) -> None:
    refused = problem({"==": [{"var": name}, 1]})

    assert (refused.code, refused.pointer, refused.found) == ("unknown-fact", "/==/0/var", name)
    assert refused.nearest == nearest
    assert refused.allowed == tuple(SCOPE.variables)


@pytest.mark.parametrize(
    "expression",
    [
        {"missing": ["lead.channel", "lead.chanel"]},
        {"missing_some": [1, ["lead.channel", "lead.chanel"]]},
        {"absent": "lead.chanel"},
        {"var": ["lead.chanel", "phone"]},
    ],
)
def test_a_name_is_checked_wherever_one_is_written(expression: Any) -> None:
    refused = problem(expression)

    assert (refused.code, refused.nearest) == ("unknown-fact", "lead.channel")


def test_all_problems_of_an_expression_come_at_once() -> None:
    found = problems(
        {
            "and": [
                {"==": [{"var": "lead.chanel"}, "phone"]},
                {"=>": [{"var": "lead.pages_read"}, 5]},
                {">": [{"var": "lead.pages_read"}, "5"]},
                {"<": [{"var": "lead.created_on"}, {"date": "2026-02-30"}]},
                {"in": [{"var": "lead.channel"}, ["phone", None]]},
                {"/": [{"var": "lead.scor"}, {"var": "lead.page"}]},
                {"a": 1, "b": 2},
            ]
        }
    )

    assert [(each.code, each.pointer) for each in found] == [
        ("unknown-fact", "/and/0/==/0/var"),
        ("unknown-operator", "/and/1/=>"),
        ("wrong-type", "/and/2/>/1"),
        ("wrong-literal", "/and/3/</1/date"),
        ("wrong-literal", "/and/4/in/1/1"),
        ("unknown-fact", "/and/5/~1/0/var"),
        ("unknown-fact", "/and/5/~1/1/var"),
        ("wrong-expression", "/and/6"),
    ]


@pytest.mark.parametrize(
    ("expression", "found"), [({}, "none"), ({"var": "a", "==": [1, 2]}, "`var`, `==`"), ({1: 2}, "`1`")]
)
def test_an_object_is_one_operator(expression: Any, found: str) -> None:
    refused = problem(expression)

    assert (refused.code, refused.found) == ("wrong-expression", found)


def nested(depth: int) -> Any:
    expression: Any = {"var": "lead.submitted_medical_records"}
    for _ in range(depth):
        expression = {"!": [expression]}
    return expression


def test_an_expression_nests_up_to_a_limit() -> None:
    assert read(nested(MAX_DEPTH)).type == BOOLEAN

    refused = problem(nested(MAX_DEPTH + 1))
    assert refused.code == "too-deep"
    assert refused.message == "an expression nests at most 48 deep"
    assert refused.remedy == "name a part of it as a formula and read that"


@pytest.mark.parametrize("shape", ["operators", "lists", "fallbacks", "quantifiers"])
def test_a_hundred_thousand_levels_are_refused_as_too_deep(shape: str) -> None:
    expression: Any = True
    for _ in range(100_000):
        expression = {
            "operators": {"!": expression},
            "lists": [expression],
            "fallbacks": {"var": ["lead.submitted_medical_records", expression]},
            "quantifiers": {"all": [{"var": "lead.ratings"}, expression]},
        }[shape]

    assert [each.code for each in problems(expression)] == ["too-deep"]


def test_a_wide_expression_is_read() -> None:
    term = read({"or": [{"==": [{"var": "lead.pages_read"}, page]} for page in range(5_000)]})

    assert len(term.children) == 5_000


class Disguised:
    """An object that pretends to be anything."""

    def __getattr__(self, name: str) -> Any:
        return "and"

    def __str__(self) -> str:
        raise RuntimeError("must not be asked")

    __repr__ = __str__


HOSTILE = [
    object(),
    Disguised(),
    b"phone",
    (1, 2),
    {1, 2},
    frozenset({1}),
    Decimal("0.5"),
    Decimal("NaN"),
    1j,
    range(3),
    print,
    type,
    10**5_000,
    -(10**5_000),
    "\ud800",
    "\x00",
    "x" * 1_000_000,
    {"var": 10**5_000},
    {"var": True},
    {"var": 1.5},
    {"var": ["\ud800"]},
    {"var": {"var": "lead.channel"}},
    {"var": [["lead.channel"]]},
    {"var": "x" * 1_000_000},
    {"var": [None, 1]},
    {"\ud800": 1},
    {"x" * 1_000_000: 1},
    {None: 1},
    {(1, 2): 1},
    {1: 2, "a": 3},
    {"/": [1, 2, {1: 2, "scale": 3}]},
    {"/": [1, 2, {"scale": 10**5_000, "rounding": "up"}]},
    {"/": [1, 2, {"scale": [], "rounding": {}}]},
    {"convert": [{"money": ["1", "USD"]}, {"date": "2026-01-01"}, {"currency": 10**5_000, "rounding": 1}]},
    {"missing_some": [10**5_000, ["lead.budget"]]},
    {"missing_some": [True, ["lead.budget"]]},
    {"missing_some": [1, [1, 2]]},
    {"missing": [None]},
    {"missing": [["lead.budget"]]},
    {"money": ["1" * 1_000_000, "USD"]},
    {"money": ["1", "\ud800"]},
    {"decimal": "1" * 1_000_000},
    {"decimal": "\ud800"},
    {"date": "2026-01-01\x00"},
    {"date_time": "9999-12-31T23:59:59-14:00"},
    {"==": {"a": 1, "b": 2}},
    {"all": [object(), object()]},
    {"in": [object(), [object()]]},
    {"substr": [{"var": "lead.language"}, 10**5_000]},
]


@pytest.mark.parametrize("raw", HOSTILE, ids=itertools.count())
def test_what_is_no_expression_is_a_problem_that_can_be_printed(raw: Any) -> None:
    try:
        from_jsonlogic(raw, SCOPE)
    except DocumentError as error:
        for each in error.problems:
            assert len(each.message) < 400
            said = f"{each.message} {each.found} {each.remedy}"
            assert said.encode()
            assert not any(word in said for word in ("object at 0x", "NoneType", "<class", "Decimal("))
    else:
        # the only ones of these that are expressions
        assert raw in ("\x00", "x" * 1_000_000) or isinstance(raw, dict)


_NAMES = st.sampled_from(
    [*OPERATORS, *ALIASES, *LEFT_OUT, "var", "missing", "missing_some", "all", "some", "none"]
)
_FORMS = st.sampled_from(["decimal", "date", "date_time", "money", "scale", "rounding", "__class__", ""])
_LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from([*SCOPE.variables, "USD", "half_even", "2026-01-31", "0.5", b"x", 1j, Decimal(1)])
)
_ANYTHING = st.recursive(
    _LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(_NAMES | _FORMS | st.integers(), inner, max_size=2)
        | st.builds(lambda name, operands: {name: operands}, _NAMES, st.lists(inner, max_size=4))
    ),
    max_leaves=12,
)


@settings(deadline=None)
@given(_ANYTHING)
def test_nothing_but_a_document_error_is_raised(raw: Any) -> None:
    found: list[Problem] = []

    term = read_expression(raw, SCOPE, "", found)

    assert (term is None) == bool(found)
