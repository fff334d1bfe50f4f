"""What an operator does not take: the code, the place, what was found, and what to do."""

from __future__ import annotations

from typing import Any

import pytest
from tests.logic.lead_scope import (
    BUDGET,
    CHANNEL,
    CREATED_AT,
    CREATED_ON,
    DEPOSIT,
    HALF_EVEN,
    LANGUAGE,
    LIKELIHOOD,
    PAGES,
    RECORDS,
    SAVINGS,
    SCOPE,
    problem,
    problems,
    read,
)

from fairlead.facts.types import BOOLEAN

#: expression, code, pointer, found, a part of the message
REFUSED: list[tuple[Any, str, str, str | None, str]] = [
    (
        {"and": [RECORDS, PAGES]},
        "wrong-type",
        "/and/1",
        "integer",
        "`and` takes true or false, found integer",
    ),
    ({"or": [CHANNEL, RECORDS]}, "wrong-type", "/or/0", "text", "`or` takes true or false, found text"),
    ({"!": BUDGET}, "wrong-type", "/!", "money", "`!` takes true or false, found money"),
    ({"if": [PAGES, 1, 2]}, "wrong-type", "/if/0", "integer", "`if` takes true or false, found integer"),
    ({"if": [RECORDS, 1, PAGES, 2, 3]}, "wrong-type", "/if/2", "integer", "`if` takes true or false"),
    (
        {"if": [RECORDS, 1, "cold"]},
        "wrong-type",
        "/if/2",
        "text",
        "`if` cannot take integer and text together",
    ),
    ({"if": [RECORDS, "fax", CHANNEL]}, "unknown-value", "/if/1", "fax", "`fax` is not one of the values"),
    (
        {"if": [RECORDS, [], RECORDS, [1], ["a"]]},
        "wrong-type",
        "/if/4",
        "list of text",
        "`if` cannot take",
    ),
    (
        {"if": [RECORDS, DEPOSIT, SAVINGS]},
        "wrong-type",
        "/if/2",
        "money in EUR",
        "money in USD and money in EUR",
    ),
    ({"if": []}, "wrong-operand-count", "/if", None, "`if` takes 1 or more operands, found 0"),
    ({"==": [PAGES, "5"]}, "wrong-type", "/==/1", "text", "`==` cannot take integer and text together"),
    ({"==": [CHANNEL, "phne"]}, "unknown-value", "/==/1", "phne", "`phne` is not one of the values"),
    ({"==": [RECORDS, 1]}, "wrong-type", "/==/1", "integer", "`==` cannot take boolean and integer together"),
    ({"==": [DEPOSIT, 500]}, "wrong-type", "/==/1", "integer", "`==` cannot take money in USD and integer"),
    ({"==": [DEPOSIT, SAVINGS]}, "wrong-type", "/==/1", "money in EUR", "money in USD and money in EUR"),
    ({"==": [CREATED_ON, CREATED_AT]}, "wrong-type", "/==/1", "date-time", "date and date-time together"),
    (
        {"==": [CREATED_ON, "31/01/2026"]},
        "wrong-literal",
        "/==/1",
        "31/01/2026",
        "`31/01/2026` is not a date",
    ),
    ({"==": [[1], [1]]}, "wrong-type", "/==/0", "list of integer", "`==` takes single values"),
    ({"==": [1]}, "wrong-operand-count", "/==", None, "`==` takes 2 operands, found 1"),
    ({"<": [LANGUAGE, "m"]}, "wrong-type", "/</0", "text", "numbers, money, dates or date-times"),
    ({"<": [RECORDS, True]}, "wrong-type", "/</0", "boolean", "numbers, money, dates or date-times"),
    ({"<": [1, 2, 3, 4]}, "wrong-operand-count", "/<", None, "`<` takes 2 to 3 operands, found 4"),
    (
        {"<": [1, PAGES, CREATED_ON]},
        "wrong-type",
        "/</2",
        "date",
        "`<` cannot take integer and date together",
    ),
    (
        {"in": [CHANNEL, ["whatsapp", "fax"]]},
        "unknown-value",
        "/in/1/1",
        "fax",
        "`fax` is not one of the values",
    ),
    (
        {"in": [CHANNEL, ["fax", CHANNEL]]},
        "unknown-value",
        "/in/1/0",
        "fax",
        "`fax` is not one of the values",
    ),
    (
        {"in": [CHANNEL, ["fax", LANGUAGE]]},
        "unknown-value",
        "/in/1/0",
        "fax",
        "`fax` is not one of the values",
    ),
    (
        {"in": ["french", {"var": "lead.languages"}]},
        "unknown-value",
        "/in/0",
        "french",
        "`french` is not one",
    ),
    ({"in": [PAGES, ["1"]]}, "wrong-type", "/in/1", "list of text", "`in` takes a list of integer"),
    ({"in": [PAGES, LANGUAGE]}, "wrong-type", "/in/1", "text", "`in` takes a value and a list, or two texts"),
    ({"in": [[1], [1, 2]]}, "wrong-type", "/in/0", "list of integer", "`in` takes a single value first"),
    ({"+": [PAGES, "1"]}, "wrong-type", "/+/1", "text", "`+` takes numbers, found text"),
    ({"+": [DEPOSIT, SAVINGS]}, "wrong-type", "/+/1", "money in EUR", "money in USD and money in EUR"),
    ({"+": [DEPOSIT, 5]}, "wrong-type", "/+/1", "integer", "`+` cannot take money in USD and integer"),
    ({"+": [BUDGET, BUDGET]}, "currency-not-known", "/+", None, "`+` needs money in one currency"),
    ({"+": [CREATED_ON, 30]}, "wrong-type", "/+/0", "date", "`+` takes numbers, found date"),
    ({"+": "1"}, "wrong-type", "/+", "text", "`+` takes numbers, found text"),
    ({"-": [1, 2, 3]}, "wrong-operand-count", "/-", None, "`-` takes 1 to 2 operands, found 3"),
    ({"*": [DEPOSIT, DEPOSIT]}, "wrong-type", "/*/1", None, "`*` multiplies at most one amount of money"),
    ({"/": [4, 2]}, "missing-settings", "//", None, "`/` states `scale` and `rounding` in a last operand"),
    ({"/": [4, 2, {"scale": 2}]}, "missing-settings", "//", None, "`/` states `scale` and `rounding`"),
    ({"/": [4, 2, {"scale": 2, "mode": "up"}]}, "unknown-key", "//", "mode", "`/` states `scale`"),
    ({"/": [4, 2, {"scale": 39, "rounding": "up"}]}, "out-of-range", "//", "39", "from 0 to 38"),
    ({"/": [4, 2, {"scale": True, "rounding": "up"}]}, "out-of-range", "//", "true", "from 0 to 38"),
    ({"/": [4, 2, {"scale": 2, "rounding": "half_evn"}]}, "unknown-value", "//", "half_evn", "rounding mode"),
    ({"/": [4, DEPOSIT, HALF_EVEN]}, "wrong-type", "///0", "integer", "`/` takes a number or money in USD"),
    ({"%": [DEPOSIT, 2]}, "wrong-type", "/%/0", "money in USD", "`%` takes plain numbers"),
    ({"min": [BUDGET, DEPOSIT]}, "currency-not-known", "/min", None, "`min` needs money in one currency"),
    ({"max": ["a", "b"]}, "wrong-type", "/max/0", "text", "numbers, money, dates or date-times"),
    ({"max": []}, "wrong-operand-count", "/max", None, "`max` takes 1 or more operands, found 0"),
    (
        {"round": [PAGES, HALF_EVEN]},
        "nothing-to-round",
        "/round/0",
        None,
        "has 0 digits after the point already",
    ),
    ({"cat": ["a", 1]}, "wrong-type", "/cat/1", "integer", "`cat` takes text, found integer"),
    ({"substr": [PAGES, 1]}, "wrong-type", "/substr/0", "integer", "`substr` takes text first"),
    (
        {"substr": [LANGUAGE, LIKELIHOOD]},
        "wrong-type",
        "/substr/1",
        "decimal(5, 4)",
        "whole numbers for start",
    ),
    ({"absent": {"+": [1, 2]}}, "wrong-operand", "/absent", None, "a name is written out"),
    (
        {"days_between": [CREATED_AT, CREATED_ON]},
        "wrong-type",
        "/days_between/0",
        "date-time",
        "takes a date",
    ),
    (
        {"hours_between": [CREATED_ON, CREATED_AT]},
        "wrong-type",
        "/hours_between/0",
        "date",
        "a date-time here",
    ),
    (
        {"add_days": [CREATED_ON, 0.5]},
        "wrong-type",
        "/add_days/1",
        "decimal(1, 1)",
        "`add_days` takes an integer",
    ),
    (
        {"convert": [PAGES, CREATED_ON, {"currency": "EUR", "rounding": "up"}]},
        "wrong-type",
        "/convert/0",
        "integer",
        "`convert` takes money first",
    ),
    (
        {"convert": [BUDGET, CREATED_ON, {"currency": "EURO", "rounding": "up"}]},
        "unknown-currency",
        "/convert",
        "EURO",
        "`EURO` is not an ISO 4217 currency",
    ),
    ({"convert": [BUDGET, CREATED_ON]}, "missing-settings", "/convert", None, "`currency` and `rounding`"),
    ({"all": [PAGES, True]}, "wrong-type", "/all/0", "integer", "`all` takes a list of values first"),
    ({"some": [[], True]}, "wrong-type", "/some/0", "empty list", "`some` takes a list of values first"),
    (
        {"none": [{"var": "lead.ratings"}, {"var": ""}]},
        "wrong-type",
        "/none/1",
        None,
        "takes a condition second",
    ),
    (
        {"all": [{"var": "lead.ratings"}]},
        "wrong-operand-count",
        "/all",
        None,
        "`all` takes a list and a condition",
    ),
    (
        {"missing_some": [0, ["lead.budget"]]},
        "out-of-range",
        "/missing_some/0",
        None,
        "a whole number from 1",
    ),
    ({"missing_some": ["1", ["lead.budget"]]}, "wrong-operand", "/missing_some", None, "a number and a list"),
    ({"missing": {"cat": ["lead", ".budget"]}}, "wrong-operand", "/missing", None, "a name is written out"),
    ({"var": ["lead.channel", "fax"]}, "unknown-value", "/var/1", "fax", "`fax` is not one of the values"),
    (
        {"var": ["lead.channel", 1]},
        "wrong-type",
        "/var/1",
        "integer",
        "`var` cannot take text and integer together",
    ),
    ({"var": ["lead.channel", "phone", "chat"]}, "wrong-operand-count", "/var", None, "a name and perhaps"),
    ({"var": {"cat": ["lead.", "channel"]}}, "wrong-operand", "/var", None, "a name is written out"),
    ({"var": ""}, "wrong-operand", "/var", None, "an empty name is the element inside"),
    ([1, "a"], "wrong-type", "/1", "text", "a list cannot take integer and text together"),
    ([[1], [2]], "wrong-type", "/0", "list of integer", "a list takes single values"),
    (
        {"in": [CREATED_ON, ["2026-01-31", "soon"]]},
        "wrong-literal",
        "/in/1/1",
        "soon",
        "`soon` is not a date",
    ),
]


@pytest.mark.parametrize(
    ("expression", "code", "pointer", "found", "message"), REFUSED, ids=[str(case[0]) for case in REFUSED]
)
def test_what_does_not_fit_is_refused_at_its_place(
    expression: Any, code: str, pointer: str, found: str | None, message: str
) -> None:
    refused = problem(expression)

    assert (refused.code, refused.pointer, refused.found) == (code, pointer.replace("//", "/~1", 1), found)
    assert message in refused.message


@pytest.mark.parametrize(
    ("expression", "allowed", "nearest"),
    [
        ({"==": [CHANNEL, "phne"]}, ("whatsapp", "phone", "email", "chat", "web_form"), "phone"),
        ({"in": ["germn", {"var": "lead.languages"}]}, ("english", "german", "arabic"), "german"),
        (
            {"round": [LIKELIHOOD, {"scale": 2, "rounding": "half_evn"}]},
            ("half_even", "half_up", "half_down", "up", "down", "floor", "ceiling"),
            "half_even",
        ),
    ],
)
def test_a_misspelt_value_is_answered_with_the_nearest(
    expression: Any, allowed: tuple[str, ...], nearest: str
) -> None:
    refused = problem(expression)

    assert refused.allowed == allowed
    assert refused.nearest == nearest


@pytest.mark.parametrize(
    ("expression", "remedy"),
    [
        (
            {"and": [PAGES]},
            'nothing counts as true but true itself; compare, or ask {"!": [{"absent": "..."}]}',
        ),
        ({"==": [PAGES, "5"]}, 'write a number without quotes, or {"decimal": "0.05"} for an exact decimal'),
        ({"+": [PAGES, "5"]}, 'write an exact decimal as {"decimal": "0.05"}'),
        ({"==": [DEPOSIT, 500]}, 'write an amount as {"money": ["500.00", "USD"]}'),
        (
            {"<": [DEPOSIT, SAVINGS]},
            "convert one of them with `convert`, which names the currency and the date",
        ),
        (
            {"+": [BUDGET, DEPOSIT]},
            "convert it first with `convert`, which names the currency and the date",
        ),
        (
            {"<": [CREATED_ON, {"var": "as_of"}]},
            "compare with `as_of_date` for days, or with `as_of` for instants",
        ),
        ({"==": [CREATED_ON, "soon"]}, "write a day as 2026-01-31, an instant as 2026-01-31T09:00:00Z"),
        (
            {"/": [1, 3]},
            'write it as {"/": [{"var": "lead.pages_read"}, 3, {"scale": 2, "rounding": "half_even"}]}',
        ),
        ({"round": [PAGES, HALF_EVEN]}, "leave `round` out"),
        ({"==": [LANGUAGE, ""]}, 'ask {"absent": "..."} instead'),
        ({"==": [BUDGET, None]}, 'ask {"absent": "..."} whether a fact is absent'),
        (
            {"days_between": [CREATED_AT, CREATED_ON]},
            "use `hours_between` for instants, or a fact that is a date",
        ),
    ],
)
def test_a_problem_says_what_to_do(expression: Any, remedy: str) -> None:
    assert problem(expression).remedy == remedy


def test_a_result_of_more_than_38_digits_is_refused() -> None:
    widest = {"var": "lead.widest"}

    sum_ = problem({"+": [widest, widest]})
    product = problem({"*": [widest, LIKELIHOOD]})
    quotient = problem({"/": [widest, LIKELIHOOD, {"scale": 6, "rounding": "up"}]})
    comparison = problem({"<": [widest, {"decimal": "0.00000000001"}]})

    assert {refused.code for refused in (sum_, product, quotient, comparison)} == {"too-many-digits"}
    assert sum_.message == "the result of `+` can need 39 digits; at most 38 are exact"
    assert product.message == "the result of `*` can need 43 digits; at most 38 are exact"
    assert quotient.message == "the result of `/` can need 39 digits; at most 38 are exact"
    assert comparison.message == (
        "one type for `decimal(38, 10)` and `decimal(11, 11)` needs 39 digits; at most 38 are exact"
    )
    assert read({"<": [widest, {"decimal": "0.0000000001"}]}).type == BOOLEAN


def test_a_name_that_may_not_be_read_says_why() -> None:
    refused = problem({"var": "lead.converted"})

    assert refused.code == "name-not-readable"
    assert refused.message == "`lead.converted` cannot be read here"
    assert refused.remedy == SCOPE.hidden["lead.converted"]


def test_a_rule_that_is_wrong_everywhere_lists_every_problem_and_helps_with_the_first() -> None:
    found = problems({"and": [{"var": "lead.chanel"}] * 250})

    assert [each.pointer for each in found] == [f"/and/{place}/var" for place in range(250)]
    assert [each.nearest for each in found] == ["lead.channel"] * 100 + [None] * 150
