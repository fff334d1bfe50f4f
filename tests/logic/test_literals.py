"""Literals: what an expression may hold, read exactly or refused."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from tests.logic.lead_scope import problem, read

from fairlead.facts.types import (
    BOOLEAN,
    DATE,
    DATE_TIME,
    DecimalType,
    IntegerType,
    ListType,
    MoneyType,
    OneOfType,
    Type,
)
from fairlead.logic.terms import Apply, Literal


@pytest.mark.parametrize(
    ("expression", "type_", "value"),
    [
        (True, BOOLEAN, True),
        (0, IntegerType(0, 0), 0),
        (-7, IntegerType(-7, -7), -7),
        (2**63 - 1, IntegerType(2**63 - 1, 2**63 - 1), 2**63 - 1),
        (-(2**63), IntegerType(-(2**63), -(2**63)), -(2**63)),
        (0.5, DecimalType(1, 1), 5),
        (2.0, IntegerType(2, 2), 2),
        (1e22, DecimalType(23, 0), 10**22),
        ("phone", OneOfType(("phone",)), "phone"),
        ("Grüße, 患者", OneOfType(("Grüße, 患者",)), "Grüße, 患者"),
        ({"decimal": "0.05"}, DecimalType(2, 2), 5),
        ({"decimal": "-12.50"}, DecimalType(4, 2), -1250),
        ({"decimal": "0"}, DecimalType(1, 0), 0),
        ({"decimal": "9" * 38}, DecimalType(38, 0), 10**38 - 1),
        ({"decimal": "0." + "9" * 38}, DecimalType(38, 38), 10**38 - 1),
        ({"date": "2026-02-28"}, DATE, date(2026, 2, 28)),
        ({"date_time": "2026-01-31T09:00:00+03:00"}, DATE_TIME, datetime(2026, 1, 31, 6, tzinfo=UTC)),
        ({"money": ["500", "USD"]}, MoneyType("USD", 5, 2), 50_000),
        ({"money": ["-0.5", "EUR"]}, MoneyType("EUR", 2, 2), -50),
        ({"money": ["500", "JPY"]}, MoneyType("JPY", 3, 0), 500),
        ({"money": ["1.234", "KWD"]}, MoneyType("KWD", 4, 3), 1234),
        ([], ListType(None), ()),
        ([1, 3], ListType(IntegerType(1, 3)), (1, 3)),
        (["a", "b"], ListType(OneOfType(("a", "b"))), ("a", "b")),
        ([{"decimal": "0.5"}, {"decimal": "1.0"}], ListType(DecimalType(2, 1)), (5, 10)),
    ],
)
def test_a_literal_is_read_exactly(expression: Any, type_: Type, value: Any) -> None:
    assert read(expression) == Literal(type_, value)


@pytest.mark.parametrize(
    ("expression", "code", "message"),
    [
        (None, "wrong-literal", "null is not a value"),
        ("", "empty-text", "the empty text is absent, it equals nothing"),
        (2**63, "out-of-range", "a whole number must fit 64 bits"),
        (-(2**63) - 1, "out-of-range", "a whole number must fit 64 bits"),
        (0.1, "inexact-number", "`0.1` as a number is not exactly that value"),
        (3.14, "inexact-number", "`3.14` as a number is not exactly that value"),
        (float("nan"), "wrong-literal", "a number must be finite"),
        (float("inf"), "wrong-literal", "a number must be finite"),
        (2.0**200, "inexact-number", "`1.6069380442589903e+60` as a number is not exactly that value"),
        ({"decimal": "1e3"}, "wrong-literal", "`1e3` is not a decimal of at most 38 digits"),
        ({"decimal": ".5"}, "wrong-literal", "`.5` is not a decimal of at most 38 digits"),
        ({"decimal": "007"}, "wrong-literal", "`007` is not a decimal of at most 38 digits"),
        ({"decimal": "1,000"}, "wrong-literal", "`1,000` is not a decimal of at most 38 digits"),
        ({"decimal": "٣"}, "wrong-literal", "`٣` is not a decimal of at most 38 digits"),
        ({"decimal": "1\n"}, "wrong-literal", "`1\n` is not a decimal of at most 38 digits"),
        ({"decimal": "9" * 39}, "wrong-literal", f"`{'9' * 39}` is not a decimal of at most 38 digits"),
        ({"decimal": 0.5}, "wrong-literal", "`decimal` takes one text"),
        ({"date": "2026-02-30"}, "wrong-literal", "`2026-02-30` is not a date"),
        ({"date": "26-02-28"}, "wrong-literal", "`26-02-28` is not a date"),
        ({"date": ["2026-02-28"]}, "wrong-literal", "`date` takes one text"),
        ({"date_time": "2026-01-31"}, "wrong-literal", "`2026-01-31` is not a date-time"),
        (
            {"date_time": "2026-01-31T09:00:00"},
            "wrong-literal",
            "`2026-01-31T09:00:00` has no offset, so it is no one instant",
        ),
        ({"money": ["500"]}, "wrong-literal", "money is an amount and a currency, both in quotes"),
        ({"money": [500, "USD"]}, "wrong-literal", "money is an amount and a currency, both in quotes"),
        (
            {"money": ["500.005", "USD"]},
            "too-many-digits",
            "more than the 2 digits after the point of USD",
        ),
        ({"money": ["0.5", "JPY"]}, "too-many-digits", "has more than the 0 digits after the point of JPY"),
        ({"money": ["9" * 37, "USD"]}, "too-many-digits", "an amount has at most 38 digits"),
        ({"money": ["5", "DEM"]}, "unknown-currency", "`DEM` is not an ISO 4217 currency"),
        ({"money": ["5", "usd"]}, "unknown-currency", "`usd` is not an ISO 4217 currency"),
    ],
)
def test_what_is_no_exact_value_is_refused(expression: Any, code: str, message: str) -> None:
    refused = problem(expression)

    assert refused.code == code
    assert message in refused.message


@pytest.mark.parametrize(
    ("number", "remedy"),
    [
        (0.1, 'write it as {"decimal": "0.1"}'),
        (1.1e-7, 'write it as {"decimal": "0.00000011"}'),
        (2.0**200, None),
    ],
)
def test_an_inexact_number_is_answered_with_the_decimal_that_was_meant(
    number: float, remedy: str | None
) -> None:
    assert problem(number).remedy == remedy


def test_a_misspelt_currency_is_answered_with_a_real_one() -> None:
    refused = problem({"money": ["5", "EURO"]})

    assert refused.nearest == "EUR"
    assert "USD" in refused.allowed


def operands(expression: Any) -> tuple[Any, ...]:
    term = read(expression)
    assert isinstance(term, Apply)
    return term.arguments


@pytest.mark.parametrize(
    ("expression", "position", "expected"),
    [
        ({"<": [{"var": "lead.created_on"}, "2026-01-31"]}, 1, Literal(DATE, date(2026, 1, 31))),
        ({"==": ["2026-01-31", {"var": "lead.created_on"}]}, 0, Literal(DATE, date(2026, 1, 31))),
        (
            {">": [{"var": "as_of"}, "2026-01-31T09:00:00Z"]},
            1,
            Literal(DATE_TIME, datetime(2026, 1, 31, 9, tzinfo=UTC)),
        ),
        ({"max": ["2026-01-31", {"var": "as_of_date"}]}, 0, Literal(DATE, date(2026, 1, 31))),
        (
            {"in": [{"var": "as_of_date"}, ["2026-01-31"]]},
            1,
            Literal(ListType(DATE), (date(2026, 1, 31),)),
        ),
        (
            {"==": [{"var": "lead.likelihood_of_booking"}, "0.1234"]},
            1,
            Literal(DecimalType(4, 4), 1234),
        ),
        ({"*": [{"var": "lead.deposit"}, "0.05"]}, 1, Literal(DecimalType(2, 2), 5)),
        (
            {"==": [{"var": "lead.language"}, "2026-01-31"]},
            1,
            Literal(OneOfType(("2026-01-31",)), "2026-01-31"),
        ),
    ],
)
def test_a_text_is_read_as_the_date_or_decimal_beside_it(
    expression: Any, position: int, expected: Literal
) -> None:
    assert operands(expression)[position] == expected


@pytest.mark.parametrize(
    ("expression", "pointer"),
    [
        ({"<": [{"var": "lead.created_on"}, "tomorrow"]}, "/</1"),
        ({"add_days": ["2026-13-01", 1]}, "/add_days/0"),
        ({"in": [{"var": "lead.created_on"}, ["2026-01-31", "31.01.2026"]]}, "/in/1/1"),
        ({"==": [{"var": "as_of"}, "2026-01-31T09:00:00"]}, "/==/1"),
        ({"var": ["lead.created_on", "never"]}, "/var/1"),
    ],
)
def test_a_text_that_is_no_date_is_refused_where_a_date_is_wanted(expression: Any, pointer: str) -> None:
    refused = problem(expression)

    assert (refused.code, refused.pointer) == ("wrong-literal", pointer)
    assert refused.remedy in (
        "write a day as 2026-01-31, an instant as 2026-01-31T09:00:00Z",
        "write an instant with its offset, as 2026-01-31T09:00:00Z",
    )
