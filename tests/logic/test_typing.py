"""What each operator takes, and the type of what it gives."""

from __future__ import annotations

from typing import Any

import pytest
from tests.logic.lead_scope import SCOPE, problem, read

from fairlead.facts.types import (
    BOOLEAN,
    DATE,
    INT64_HIGH,
    INT64_LOW,
    TEXT,
    DecimalType,
    IntegerType,
    ListType,
    MoneyType,
    OneOfType,
    Type,
)
from fairlead.logic.conversion import conform, join
from fairlead.logic.problems import IllTyped
from fairlead.logic.terms import Apply, Element, Quantifier, Term

PAGES = {"var": "lead.pages_read"}
POINTS = {"var": "lead.loyalty_points"}
LIKELIHOOD = {"var": "lead.likelihood_of_booking"}
BUDGET = {"var": "lead.budget"}
DEPOSIT = {"var": "lead.deposit"}
SAVINGS = {"var": "lead.savings"}
CHANNEL = {"var": "lead.channel"}
LANGUAGE = {"var": "lead.language"}
CREATED_ON = {"var": "lead.created_on"}
CREATED_AT = {"var": "lead.created_at"}
RECORDS = {"var": "lead.submitted_medical_records"}
HALF_EVEN = {"scale": 2, "rounding": "half_even"}
DAYS_OF_CALENDAR = 10_000 * 366
SECONDS_OF_CALENDAR = DAYS_OF_CALENDAR * 86_400


ACCEPTED: list[tuple[Any, Type]] = [
    # truth
    ({"and": [RECORDS, {"var": "lead.asked_for_specific_dates"}]}, BOOLEAN),
    ({"or": [RECORDS]}, BOOLEAN),
    ({"!": RECORDS}, BOOLEAN),
    ({"absent": "lead.budget"}, BOOLEAN),
    ({"absent": ["lead.score"]}, BOOLEAN),
    # branches join the types of their values
    ({"if": [RECORDS, 1, 5]}, IntegerType(1, 5)),
    ({"if": [RECORDS, 1, {"decimal": "0.25"}]}, DecimalType(3, 2)),
    ({"if": [RECORDS, "warm", "cold"]}, OneOfType(("warm", "cold"))),
    ({"if": [RECORDS, "hot", {"if": [RECORDS, "warm", "cold"]}]}, OneOfType(("hot", "warm", "cold"))),
    ({"if": [RECORDS, "phone", CHANNEL]}, OneOfType(("phone", "whatsapp", "email", "chat", "web_form"))),
    ({"if": [RECORDS, LANGUAGE, "english"]}, TEXT),
    ({"if": [RECORDS, "2026-01-31", CREATED_ON]}, DATE),
    ({"if": [RECORDS, [], ["a"]]}, ListType(OneOfType(("a",)))),
    ({"?:": [RECORDS, 1, 2]}, IntegerType(1, 2)),
    ({"if": [RECORDS, 1]}, IntegerType(1, 1)),
    ({"if": [LANGUAGE]}, TEXT),
    # comparison
    ({"==": [PAGES, 5]}, BOOLEAN),
    ({"===": [RECORDS, True]}, BOOLEAN),
    ({"!==": [CHANNEL, "phone"]}, BOOLEAN),
    ({"==": [LANGUAGE, CHANNEL]}, BOOLEAN),
    ({"==": [BUDGET, DEPOSIT]}, BOOLEAN),
    ({"<": [CREATED_ON, "2026-01-31"]}, BOOLEAN),
    ({"<": ["2026-01-01", CREATED_ON, "2026-12-31"]}, BOOLEAN),
    ({"<=": [CREATED_AT, "2026-01-31T09:00:00+03:00"]}, BOOLEAN),
    ({">": [LIKELIHOOD, 0]}, BOOLEAN),
    ({">": [LIKELIHOOD, "0.5"]}, BOOLEAN),
    ({">=": [BUDGET, {"money": ["5000", "EUR"]}]}, BOOLEAN),
    ({"in": [CHANNEL, ["whatsapp", "phone"]]}, BOOLEAN),
    ({"in": ["english", {"var": "lead.languages"}]}, BOOLEAN),
    ({"in": [LANGUAGE, {"var": "lead.languages"}]}, BOOLEAN),
    ({"in": [PAGES, {"var": "lead.ratings"}]}, BOOLEAN),
    ({"in": [CREATED_ON, ["2026-01-31", "2026-02-28"]]}, BOOLEAN),
    ({"in": [LIKELIHOOD, ["0.5", "1"]]}, BOOLEAN),
    ({"in": ["implant", {"var": "lead.procedure_of_interest"}]}, BOOLEAN),
    ({"in": [PAGES, []]}, BOOLEAN),
    ({"all": [{"var": "lead.ratings"}, {">": [{"var": ""}, 3]}]}, BOOLEAN),
    ({"some": [{"var": "lead.languages"}, {"==": [{"var": []}, "german"]}]}, BOOLEAN),
    ({"none": [{"var": "lead.offers"}, {"<": [{"var": ""}, DEPOSIT]}]}, BOOLEAN),
    # integers keep their range
    ({"+": [PAGES, 1]}, IntegerType(1, 10_001)),
    ({"+": [PAGES]}, IntegerType(0, 10_000)),
    ({"-": [PAGES, 1]}, IntegerType(-1, 9_999)),
    ({"-": [PAGES]}, IntegerType(-10_000, 0)),
    ({"*": [PAGES, -2]}, IntegerType(-20_000, 0)),
    ({"%": [PAGES, 7]}, IntegerType(-6, 6)),
    ({"min": [PAGES, 10]}, IntegerType(0, 10)),
    ({"max": [PAGES, 10]}, IntegerType(10, 10_000)),
    # decimals keep their digits
    ({"+": [LIKELIHOOD, 1]}, DecimalType(6, 4)),
    ({"+": [LIKELIHOOD] * 12}, DecimalType(7, 4)),
    ({"-": [LIKELIHOOD]}, DecimalType(5, 4)),
    ({"*": [LIKELIHOOD, {"decimal": "0.05"}]}, DecimalType(7, 6)),
    ({"*": [PAGES, {"decimal": "0.5"}]}, DecimalType(6, 1)),
    ({"*": [PAGES, 0.5]}, DecimalType(6, 1)),
    ({"/": [PAGES, 3, HALF_EVEN]}, DecimalType(8, 2)),
    ({"/": [LIKELIHOOD, LIKELIHOOD, {"scale": 0, "rounding": "up"}]}, DecimalType(6, 0)),
    ({"%": [LIKELIHOOD, {"decimal": "0.3"}]}, DecimalType(5, 4)),
    ({"max": [LIKELIHOOD, 1]}, DecimalType(5, 4)),
    ({"round": [LIKELIHOOD, {"scale": 1, "rounding": "half_up"}]}, DecimalType(3, 1)),
    ({"round": [LIKELIHOOD, {"scale": 0, "rounding": "floor"}]}, IntegerType(-99, 99)),
    # money keeps its currency
    ({"+": [DEPOSIT, {"money": ["25", "USD"]}]}, MoneyType("USD", 19, 2)),
    ({"-": [DEPOSIT, DEPOSIT]}, MoneyType("USD", 19, 2)),
    ({"*": [DEPOSIT, {"decimal": "0.05"}]}, MoneyType("USD", 20, 4)),
    ({"*": [DEPOSIT, "0.05"]}, MoneyType("USD", 20, 4)),
    ({"/": [DEPOSIT, 3, HALF_EVEN]}, MoneyType("USD", 19, 2)),
    ({"/": [DEPOSIT, DEPOSIT, HALF_EVEN]}, DecimalType(21, 2)),
    (
        {"round": [{"*": [DEPOSIT, {"decimal": "0.05"}]}, {"scale": 2, "rounding": "half_up"}]},
        MoneyType("USD", 19, 2),
    ),
    ({"min": [DEPOSIT, {"money": ["25", "USD"]}]}, MoneyType("USD", 18, 2)),
    (
        {"convert": [BUDGET, {"var": "as_of_date"}, {"currency": "JPY", "rounding": "down"}]},
        MoneyType("JPY", 30, 0),
    ),
    # text
    ({"cat": ["TA-", LANGUAGE]}, TEXT),
    ({"cat": LANGUAGE}, TEXT),
    ({"substr": [CHANNEL, 0, 3]}, TEXT),
    ({"substr": [LANGUAGE, {"-": [PAGES]}]}, TEXT),
    # days and instants
    ({"days_between": [CREATED_ON, "2026-12-31"]}, IntegerType(-DAYS_OF_CALENDAR, DAYS_OF_CALENDAR)),
    (
        {"hours_between": [CREATED_AT, {"var": "as_of"}]},
        IntegerType(-SECONDS_OF_CALENDAR, SECONDS_OF_CALENDAR),
    ),
    (
        {"minutes_between": ["2026-01-31T09:00:00Z", CREATED_AT]},
        IntegerType(-SECONDS_OF_CALENDAR, SECONDS_OF_CALENDAR),
    ),
    ({"seconds_between": [CREATED_AT, CREATED_AT]}, IntegerType(-SECONDS_OF_CALENDAR, SECONDS_OF_CALENDAR)),
    ({"add_days": [CREATED_ON, 30]}, DATE),
    ({"add_months": ["2026-01-31", PAGES]}, DATE),
    ({"max": [CREATED_ON, "2026-01-31"]}, DATE),
    # names
    ({"missing": ["lead.budget", "lead.channel"]}, ListType(TEXT)),
    ({"missing": "lead.budget"}, ListType(TEXT)),
    ({"missing_some": [1, ["lead.budget", "lead.channel"]]}, ListType(TEXT)),
    ({"var": ["lead.pages_read", 0]}, IntegerType(0, 10_000)),
    ({"var": ["lead.likelihood_of_booking", 0]}, DecimalType(5, 4)),
    ({"var": ["lead.language", {"var": "lead.channel"}]}, TEXT),
    ({"var": ["lead.budget", {"money": ["0", "USD"]}]}, MoneyType(None, 18, 4)),
    # lists
    ([], ListType(None)),
    ([1, PAGES], ListType(IntegerType(0, 10_000))),
    ([1, {"decimal": "0.5"}], ListType(DecimalType(2, 1))),
]


@pytest.mark.parametrize(("expression", "expected"), ACCEPTED, ids=[str(case[0]) for case in ACCEPTED])
def test_an_operator_gives_a_value_of_the_narrowest_type(expression: Any, expected: Type) -> None:
    assert read(expression).type == expected


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
    ({"/": [4, 2, {"scale": 2}]}, "missing-settings", "//", "scale", "`/` states `scale` and `rounding`"),
    ({"/": [4, 2, {"scale": 2, "mode": "up"}]}, "unknown-key", "//", "mode, scale", "`/` states `scale`"),
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


@pytest.mark.parametrize(
    ("expression", "type_", "checked"),
    [
        ({"+": [POINTS, 1]}, IntegerType(INT64_LOW + 1, INT64_HIGH), True),
        ({"-": [POINTS]}, IntegerType(INT64_LOW + 1, INT64_HIGH), True),
        ({"*": [POINTS, 2]}, IntegerType(INT64_LOW, INT64_HIGH), True),
        ({"*": [2**62, 4]}, IntegerType(INT64_HIGH, INT64_HIGH), True),
        ({"*": [-(2**62), 4]}, IntegerType(INT64_LOW, INT64_LOW), True),
        ({"+": [PAGES, 1]}, IntegerType(1, 10_001), False),
        ({"+": [2**62, 2**62 - 1]}, IntegerType(INT64_HIGH, INT64_HIGH), False),
        ({"add_days": [CREATED_ON, 1]}, DATE, True),
        ({"*": [POINTS, {"decimal": "0.5"}]}, DecimalType(20, 1), False),
    ],
)
def test_a_result_that_can_leave_its_range_is_marked(expression: Any, type_: Type, checked: bool) -> None:
    term = read(expression)

    assert isinstance(term, Apply)
    assert (term.type, term.checked) == (type_, checked)


def widened(term: Term) -> list[bool]:
    return [isinstance(child, Apply) and child.operator == "widen" for child in term.children]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ({"==": [LIKELIHOOD, 1]}, [False, True]),
        ({"==": [PAGES, 1]}, [False, False]),
        ({"==": [LIKELIHOOD, {"var": "lead.satisfaction"}]}, [False, True]),
        ({"==": [BUDGET, DEPOSIT]}, [False, True]),
        ({"+": [1, LIKELIHOOD, {"decimal": "0.1234"}]}, [True, False, False]),
        ({"*": [1, LIKELIHOOD]}, [False, False]),
        ({"in": [LIKELIHOOD, [0, 1]]}, [False, True]),
        ({"in": [PAGES, [0.5, 1]]}, [True, False]),
        ({"if": [RECORDS, 1, LIKELIHOOD]}, [False, True, False]),
    ],
)
def test_operands_are_widened_to_one_scale_where_they_are_compared_or_added(
    expression: Any, expected: list[bool]
) -> None:
    assert widened(read(expression)) == expected


def test_a_chain_of_three_is_two_comparisons() -> None:
    assert read({"<": [1, PAGES, 5]}) == read({"and": [{"<": [1, PAGES]}, {"<": [PAGES, 5]}]})


def test_a_spelling_of_other_dialects_is_the_same_term() -> None:
    assert read({"===": [PAGES, 5]}) == read({"==": [PAGES, 5]})
    assert read({"!==": [PAGES, 5]}) == read({"!=": [PAGES, 5]})
    assert read({"?:": [RECORDS, 1, 2]}) == read({"if": [RECORDS, 1, 2]})


def test_one_operand_may_stand_without_its_list() -> None:
    assert read({"!": RECORDS}) == read({"!": [RECORDS]})
    assert read({"var": "lead.channel"}) == read({"var": ["lead.channel"]})
    assert read({"absent": "lead.budget"}) == read({"absent": ["lead.budget"]})


def test_an_element_belongs_to_the_nearest_list() -> None:
    term = read(
        {
            "all": [
                {"var": "lead.ratings"},
                {"some": [{"var": "lead.languages"}, {"==": [{"var": ""}, "german"]}]},
            ]
        }
    )

    assert isinstance(term, Quantifier)
    inner = term.body
    assert isinstance(inner, Quantifier)
    assert inner.body.children[0] == Element(OneOfType(("english", "german", "arabic")))


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        ({"if": [RECORDS, "warm", "cold"]}, OneOfType(("hot", "warm", "cold"))),
        (5, DecimalType(5, 2)),
        ({"decimal": "0.5"}, DecimalType(5, 2)),
        ({"if": [RECORDS, 1, LIKELIHOOD]}, DecimalType(7, 5)),
        ({"if": [RECORDS, "2026-01-31", CREATED_ON]}, DATE),
        ("2026-01-31", DATE),
        ({"money": ["5", "USD"]}, MoneyType(None, 18, 4)),
        ([], ListType(TEXT)),
        (LANGUAGE, TEXT),
        ("english", TEXT),
        (PAGES, IntegerType()),
    ],
)
def test_a_declared_result_takes_what_fits_it(expression: Any, wanted: Type) -> None:
    assert join((wanted, conform(read(expression), wanted).type)) == wanted


def test_a_list_takes_its_values_in_any_order() -> None:
    wanted = ListType(OneOfType(("english", "german", "arabic")))

    assert conform(read(["german", "english"]), wanted) == read(["german", "english"])


@pytest.mark.parametrize(
    ("expression", "wanted", "code", "message"),
    [
        ("fax", OneOfType(("phone", "chat")), "unknown-value", "`fax` is not one of the declared values"),
        (["fax"], ListType(OneOfType(("phone",))), "wrong-type", "this is list of text"),
        (PAGES, IntegerType(0, 100), "out-of-range", "the result can be from 0 to 10000"),
        (
            LIKELIHOOD,
            DecimalType(5, 2),
            "rounding-needed",
            "has 4 digits after the point, decimal(5, 2) holds 2",
        ),
        (PAGES, DecimalType(4, 2), "too-many-digits", "can have 5 digits before the point"),
        (LIKELIHOOD, IntegerType(), "wrong-type", "this is decimal(5, 4), declared is integer"),
        (DEPOSIT, MoneyType("EUR", 18, 2), "wrong-currency", "the result is money in USD"),
        (BUDGET, MoneyType("EUR", 18, 4), "wrong-currency", "the result is money, declared is money in EUR"),
        (LANGUAGE, OneOfType(("english",)), "wrong-type", "this is text, declared is one of `english`"),
        (1, BOOLEAN, "wrong-type", "this is integer, declared is boolean"),
        ("next week", DATE, "wrong-literal", "`next week` is not a date"),
    ],
)
def test_a_declared_result_refuses_what_does_not_fit(
    expression: Any, wanted: Type, code: str, message: str
) -> None:
    term = read(expression)

    with pytest.raises(IllTyped) as caught:
        conform(term, wanted)

    assert caught.value.code == code
    assert message in caught.value.message


def test_a_name_that_may_not_be_read_says_why() -> None:
    refused = problem({"var": "lead.converted"})

    assert refused.code == "name-not-readable"
    assert refused.message == "`lead.converted` cannot be read here"
    assert refused.remedy == SCOPE.hidden["lead.converted"]
