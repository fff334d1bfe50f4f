"""A declared result takes what fits it: `conform` is how rulesets declare."""

from __future__ import annotations

from typing import Any

import pytest
from tests.logic.lead_scope import (
    BUDGET,
    CREATED_ON,
    DEPOSIT,
    LANGUAGE,
    LIKELIHOOD,
    PAGES,
    RECORDS,
    read,
)

from fairlead.facts.types import (
    BOOLEAN,
    DATE,
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
