"""What each operator takes, and the type of what it gives."""

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
    POINTS,
    RECORDS,
    problem,
    read,
)

from fairlead.facts.types import (
    BOOLEAN,
    DATE,
    DATE_TIME,
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
from fairlead.logic.terms import Apply, Element, Quantifier, Term

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
    ({"%": [PAGES, 7]}, IntegerType(0, 6)),
    ({"%": [{"-": [PAGES]}, 7]}, IntegerType(-6, 0)),
    ({"%": [3, {"var": "lead.loyalty_points"}]}, IntegerType(0, 3)),
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
    ({"round": [LIKELIHOOD, {"scale": 0, "rounding": "floor"}]}, IntegerType(-10, 10)),
    # a decimal that has no digits after the point becomes an integer, as it is
    (
        {"round": [{"/": [PAGES, 3, {"scale": 0, "rounding": "up"}]}, {"scale": 0, "rounding": "up"}]},
        IntegerType(-(10**6) + 1, 10**6 - 1),
    ),
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
    ({"add_hours": [CREATED_AT, 24]}, DATE_TIME),
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


def test_quantifiers_nest_two_deep_and_no_deeper() -> None:
    def nested(levels: int) -> Any:
        condition: Any = {"==": [{"var": ""}, 1]}
        for _ in range(levels):
            condition = {"some": [{"var": "lead.ratings"}, condition]}
        return condition

    assert isinstance(read(nested(2)), Quantifier)
    refused = problem(nested(3))
    assert (refused.code, refused.pointer) == ("too-deep", "/some/1")
