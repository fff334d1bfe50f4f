"""The names that the tests of the expression language read: a few facts of a lead, of each type."""

from __future__ import annotations

from typing import Any

import pytest

from fairlead.facts.types import (
    BOOLEAN,
    DATE,
    DATE_TIME,
    TEXT,
    DecimalType,
    IntegerType,
    ListType,
    MoneyType,
    OneOfType,
)
from fairlead.logic import Scope, from_jsonlogic
from fairlead.logic.factory import variable
from fairlead.logic.terms import Term
from fairlead.problems import DocumentError, Problem

CHANNELS = OneOfType(("whatsapp", "phone", "email", "chat", "web_form"))
LANGUAGES = OneOfType(("english", "german", "arabic"))

_TYPES = {
    "lead.submitted_medical_records": BOOLEAN,
    "lead.asked_for_specific_dates": BOOLEAN,
    "lead.channel": CHANNELS,
    "lead.language": TEXT,
    "lead.procedure_of_interest": TEXT,
    "lead.pages_read": IntegerType(0, 10_000),
    "lead.loyalty_points": IntegerType(),
    "lead.likelihood_of_booking": DecimalType(5, 4),
    "lead.satisfaction": DecimalType(2, 1),
    "lead.widest": DecimalType(38, 10),
    "lead.budget": MoneyType(None, 18, 4),
    "lead.deposit": MoneyType("USD", 18, 2),
    "lead.savings": MoneyType("EUR", 18, 2),
    "lead.fee_in_yen": MoneyType("JPY", 18, 0),
    "lead.created_on": DATE,
    "lead.booked_on": DATE,
    "lead.created_at": DATE_TIME,
    "lead.answered_at": DATE_TIME,
    "lead.languages": ListType(LANGUAGES),
    "lead.priorities": ListType(TEXT),
    "lead.ratings": ListType(IntegerType(1, 5)),
    "lead.offers": ListType(MoneyType("USD", 18, 2)),
}

SCOPE = Scope(
    {
        **{name: variable(name, type_, "fact") for name, type_ in _TYPES.items()},
        "lead.score": variable("lead.score", IntegerType(0, 100), "decision"),
        "parameters.hot_above": variable("parameters.hot_above", IntegerType(50, 50), "parameter"),
        "as_of": variable("as_of", DATE_TIME, "time"),
        "as_of_date": variable("as_of_date", DATE, "time"),
    },
    hidden={"lead.converted": "a rule about a new lead cannot know whether it became a patient"},
)

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


def read(expression: Any) -> Term:
    """Return the term of an expression in the scope above."""
    return from_jsonlogic(expression, SCOPE)


def problems(expression: Any) -> list[Problem]:
    """Return everything that is wrong with an expression."""
    with pytest.raises(DocumentError) as caught:
        read(expression)
    return list(caught.value.problems)


def problem(expression: Any) -> Problem:
    """Return the one thing that is wrong with an expression."""
    (only,) = problems(expression)
    return only
