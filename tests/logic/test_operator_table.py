"""The operator table is the one source of the reference, the schema and the reader."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from tests.logic.lead_scope import problem, read
from tests.logic.test_to_english import SENTENCES

from fairlead.logic.expression_schema import expression_schema
from fairlead.logic.operators import ALIASES, LEFT_OUT, OPERATORS

SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$defs": {"expression": expression_schema()},
    "$ref": "#/$defs/expression",
}
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def test_these_are_the_operators() -> None:
    assert " ".join(OPERATORS) == (
        "and or ! if == != < <= > >= in + - * / % min max round cat substr absent days_between hours_between "
        "minutes_between seconds_between add_days add_hours add_months convert"
    )


def test_an_operator_has_one_name() -> None:
    assert ALIASES == {"?:": "if", "===": "==", "!==": "!="}
    assert set(OPERATORS) & (set(ALIASES) | set(LEFT_OUT)) == set()


@pytest.mark.parametrize("name", OPERATORS)
def test_an_operator_explains_itself(name: str) -> None:
    operator = OPERATORS[name]

    assert operator.summary.endswith(".")
    assert operator.unknown == "never" or operator.unknown.startswith("where ")
    assert list(operator.example) == [name]


@pytest.mark.parametrize("name", OPERATORS)
def test_the_example_of_an_operator_reads(name: str) -> None:
    assert read(OPERATORS[name].example).type is not None


@pytest.mark.parametrize("name", OPERATORS)
def test_an_operator_counts_its_operands(name: str) -> None:
    operator = OPERATORS[name]
    settings = [dict.fromkeys(operator.options, 2)] if operator.options else []

    few = problem({name: [*[1] * (operator.least - 1), *settings]})
    assert few.code == ("wrong-operand" if name == "absent" else "wrong-operand-count")
    if operator.most is not None:
        many = problem({name: [*[1] * (operator.most + 1), *settings]})
        assert many.code == few.code


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    json.dumps(SCHEMA)


@pytest.mark.parametrize("name", OPERATORS)
def test_the_schema_takes_every_example(name: str) -> None:
    VALIDATOR.validate(OPERATORS[name].example)


@pytest.mark.parametrize("expression", [case[0] for case in SENTENCES], ids=[case[1] for case in SENTENCES])
def test_the_schema_takes_what_the_reader_takes(expression: Any) -> None:
    VALIDATOR.validate(expression)


@pytest.mark.parametrize(
    "expression",
    [
        {"var": ""},
        {"var": []},
        {"var": None},
        {"var": 1},
        {"===": [1, 1]},
        {"?:": [True, 1, 2]},
        {"money": ["5", "USD"]},
        {"date": "2026-01-31"},
        {"date_time": "2026-01-31T09:00:00Z"},
        {"missing_some": [1, ["lead.budget"]]},
        [1, {"var": "lead.score"}],
        [],
    ],
)
def test_the_schema_takes_the_other_forms(expression: Any) -> None:
    VALIDATOR.validate(expression)


@pytest.mark.parametrize(
    "expression",
    [
        {"foo": [1, 2]},
        {"__class__": []},
        {"reduce": [[1], True, 0]},
        {"==": [1, 2], "!=": [1, 2]},
        {},
        None,
        {"==": [1]},
        {"==": [1, 2, 3]},
        {"<": [1, 2, 3, 4]},
        {"/": [4, 2]},
        {"/": [4, 2, {"scale": 2}]},
        {"/": [4, 2, {"scale": 2, "rounding": "nearest"}]},
        {"/": [4, 2, {"scale": 39, "rounding": "up"}]},
        {"round": [{"decimal": "0.5"}, {"scale": 0, "rounding": "up", "mode": 1}]},
        {"var": {"cat": ["lead", ".score"]}},
        {"var": ["lead.score", 1, 2]},
        {"absent": ["a", "b"]},
        {"missing_some": [0, ["a"]]},
        {"all": [[1]]},
        {"decimal": 0.5},
        {"money": ["5", "usd"]},
        {"money": ["5"]},
        {"and": [{"and": [{"nand": [True, True]}]}]},
    ],
)
def test_the_schema_refuses_what_has_another_form(expression: Any) -> None:
    assert not VALIDATOR.is_valid(expression)
