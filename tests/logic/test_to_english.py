"""The sentence that a compliance officer reads, for rules as they are written."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from tests.logic.lead_scope import read

from fairlead.facts.types import (
    BOOLEAN,
    DATE,
    DATE_TIME,
    TEXT,
    DecimalType,
    IntegerType,
    ListType,
    MoneyType,
    Type,
)
from fairlead.logic import to_english
from fairlead.logic.operators import OPERATORS
from fairlead.logic.to_english import value_in_english

TITLES = {
    "lead.submitted_medical_records": "the patient sent medical records",
    "lead.asked_for_specific_dates": "the patient asked for specific dates",
    "lead.channel": "enquiry channel",
    "lead.language": "patient's language",
    "lead.languages": "languages spoken",
    "lead.procedure_of_interest": "procedure asked about",
    "lead.pages_read": "number of pages read",
    "lead.loyalty_points": "loyalty points",
    "lead.likelihood_of_booking": "likelihood of booking",
    "lead.ratings": "ratings given",
    "lead.budget": "budget the patient mentioned",
    "lead.deposit": "deposit",
    "lead.created_on": "day of the enquiry",
    "lead.booked_on": "day of booking",
    "lead.created_at": "time of the enquiry",
    "lead.answered_at": "time of the first answer",
    "lead.score": "lead score",
    "parameters.hot_above": "score above which a lead is hot",
}

RECORDS = {"var": "lead.submitted_medical_records"}
DATES = {"var": "lead.asked_for_specific_dates"}
CHANNEL = {"var": "lead.channel"}
PAGES = {"var": "lead.pages_read"}
SCORE = {"var": "lead.score"}
DEPOSIT = {"var": "lead.deposit"}
BUDGET = {"var": "lead.budget"}
CREATED_ON = {"var": "lead.created_on"}
TODAY = {"var": "as_of_date"}

SENTENCES: list[tuple[Any, str]] = [
    # a rule of the lead score
    (
        {
            "and": [
                {"in": [CHANNEL, ["whatsapp", "phone"]]},
                RECORDS,
                {">=": [BUDGET, {"money": ["10000", "EUR"]}]},
            ]
        },
        (
            '(enquiry channel is one of "whatsapp" or "phone") and the patient sent medical records and '
            "budget the patient mentioned is at least 10000.00 EUR"
        ),
    ),
    (
        {"or": [{"and": [RECORDS, DATES]}, {">": [SCORE, {"var": "parameters.hot_above"}]}]},
        (
            "(the patient sent medical records and the patient asked for specific dates) or lead score is "
            "more than score above which a lead is hot"
        ),
    ),
    (
        {"if": [{">": [SCORE, 50]}, "hot", {">=": [SCORE, 20]}, "warm", "cold"]},
        '"hot" if lead score is more than 50, "warm" if lead score is at least 20, otherwise "cold"',
    ),
    ({"if": [RECORDS, 25]}, "25 if the patient sent medical records, otherwise not known"),
    (
        {"if": [RECORDS, {"if": [DATES, 1, 2]}, 3]},
        (
            "(1 if the patient asked for specific dates, otherwise 2) if the patient sent medical records, "
            "otherwise 3"
        ),
    ),
    # what is known and what is not
    ({"absent": "lead.budget"}, "budget the patient mentioned is not known"),
    ({"!": {"absent": "lead.budget"}}, "budget the patient mentioned is known"),
    (
        {"absent": "lead.submitted_medical_records"},
        "it is not known whether the patient sent medical records",
    ),
    (
        {"and": [{"!": {"absent": "lead.budget"}}, {"!": DATES}]},
        "budget the patient mentioned is known and (it is not so that the patient asked for specific dates)",
    ),
    (
        {"var": ["lead.submitted_medical_records", False]},
        "it is known that the patient sent medical records",
    ),
    (
        {"and": [{"var": ["lead.submitted_medical_records", True]}, DATES]},
        "(the patient sent medical records, or that is not known) and the patient asked for specific dates",
    ),
    (
        {">": [{"var": ["lead.pages_read", 0]}, 5]},
        "(number of pages read, or 0 where that is not known) is more than 5",
    ),
    (
        {"missing": ["lead.budget", "lead.channel", "lead.language"]},
        "those of budget the patient mentioned, enquiry channel and patient's language that are not known",
    ),
    (
        {"missing_some": [1, ["lead.budget", "lead.channel"]]},
        (
            "those of budget the patient mentioned and enquiry channel that are not known (none as soon as 1 "
            "of them is known)"
        ),
    ),
    # negation and agreement
    (
        {"!": {"or": [RECORDS, DATES]}},
        "it is not so that (the patient sent medical records or the patient asked for specific dates)",
    ),
    ({"!": {"in": [CHANNEL, ["email", "chat"]]}}, 'enquiry channel is none of "email" or "chat"'),
    ({"!=": [CHANNEL, "web_form"]}, 'enquiry channel is not "web_form"'),
    ({"==": [RECORDS, True]}, "the patient sent medical records"),
    ({"==": [RECORDS, False]}, "it is not so that the patient sent medical records"),
    (
        {"==": [RECORDS, DATES]},
        "the patient sent medical records exactly when the patient asked for specific dates",
    ),
    (
        {"!=": [RECORDS, DATES]},
        "either the patient sent medical records or the patient asked for specific dates, not both",
    ),
    # days and instants
    (
        {"<=": [{"days_between": [CREATED_ON, TODAY]}, 30]},
        "the number of days from day of the enquiry to the day of evaluation is at most 30",
    ),
    (
        {">": [{"hours_between": [{"var": "lead.created_at"}, {"var": "as_of"}]}, 4]},
        "the number of hours from time of the enquiry to the time of evaluation is more than 4",
    ),
    (
        {"<": [{"var": "lead.booked_on"}, {"add_months": [CREATED_ON, 1]}]},
        "day of booking is before 1 month after day of the enquiry",
    ),
    ({"add_days": [CREATED_ON, -2]}, "2 days before day of the enquiry"),
    ({"add_hours": [{"var": "lead.created_at"}, 24]}, "24 hours after time of the enquiry"),
    ({"add_days": [CREATED_ON, PAGES]}, "as many days after day of the enquiry as number of pages read"),
    (
        {"<=": ["2026-01-01", CREATED_ON, "2026-12-31"]},
        "2026-01-01 is on or before day of the enquiry and day of the enquiry is on or before 2026-12-31",
    ),
    (
        {">=": [{"var": "lead.answered_at"}, "2026-01-31T09:00:00+03:00"]},
        "time of the first answer is at or after 2026-01-31 06:00 UTC",
    ),
    (
        {"min": [CREATED_ON, {"var": "lead.booked_on"}, TODAY]},
        "the earliest of day of the enquiry, day of booking and the day of evaluation",
    ),
    ({"max": [CREATED_ON, TODAY]}, "the later of day of the enquiry and the day of evaluation"),
    # arithmetic
    (
        {"max": [0, {"-": [{"+": [PAGES, {"var": "lead.loyalty_points"}]}, {"*": [2, SCORE]}]}]},
        "the larger of 0 and ((number of pages read plus loyalty points) minus (2 times lead score))",
    ),
    ({"-": [SCORE]}, "minus lead score"),
    (
        {"round": [{"*": [DEPOSIT, "0.05"]}, {"scale": 2, "rounding": "half_up"}]},
        "(deposit times 0.05) rounded to 2 decimals (to the nearest, ties away from zero)",
    ),
    (
        {"/": [DEPOSIT, PAGES, {"scale": 0, "rounding": "down"}]},
        "deposit divided by number of pages read, rounded to a whole number (towards zero)",
    ),
    (
        {
            ">": [
                {"convert": [BUDGET, TODAY, {"currency": "EUR", "rounding": "half_even"}]},
                {"money": ["5000", "EUR"]},
            ]
        },
        (
            "budget the patient mentioned in EUR at the rate of the day of evaluation (to the nearest, ties "
            "to even) is more than 5000.00 EUR"
        ),
    ),
    # lists and text
    (
        {"all": [{"var": "lead.ratings"}, {">=": [{"var": ""}, 4]}]},
        "each element of ratings given, of which there is at least one, is such that it is at least 4",
    ),
    (
        {"some": [{"var": "lead.languages"}, {"in": [{"var": ""}, ["german", "arabic"]]}]},
        'at least one element of languages spoken is such that it is one of "german" or "arabic"',
    ),
    (
        {"none": [{"var": "lead.ratings"}, {"<": [{"var": ""}, 2]}]},
        "no element of ratings given is such that it is less than 2",
    ),
    (
        {"in": [{"var": "lead.language"}, {"var": "lead.languages"}]},
        "patient's language is one of languages spoken",
    ),
    ({"in": [PAGES, [SCORE, 3]]}, "number of pages read is one of lead score or 3"),
    ({"in": ["implant", {"var": "lead.procedure_of_interest"}]}, 'procedure asked about contains "implant"'),
    ({"in": [CHANNEL, []]}, "enquiry channel is one of nothing"),
    (
        {"cat": ["TA-", {"substr": [{"var": "lead.language"}, 0, 2]}]},
        '"TA-" followed by (the part of patient\'s language from position 0, length 2)',
    ),
]


@pytest.mark.parametrize(("expression", "sentence"), SENTENCES, ids=[case[1] for case in SENTENCES])
def test_a_rule_reads_as_a_sentence(expression: Any, sentence: str) -> None:
    assert to_english(read(expression), TITLES.__getitem__) == sentence


def test_without_titles_names_stand_as_they_are() -> None:
    expression = {"<": [{"days_between": [CREATED_ON, TODAY]}, PAGES]}

    assert to_english(read(expression)) == (
        "the number of days from lead.created_on to as_of_date is less than lead.pages_read"
    )


def test_widening_is_not_said() -> None:
    assert to_english(read({"<": [{"var": "lead.likelihood_of_booking"}, 1]})) == (
        "lead.likelihood_of_booking is less than 1"
    )


def test_a_text_cannot_pretend_to_be_part_of_the_sentence() -> None:
    expression = {"==": [{"var": "lead.language"}, 'x" or "y\\\u202e\n\x1b[2J']}

    assert to_english(read(expression)) == ('lead.language is "x\\" or \\"y\\\\\\u202e\\u000a\\u001b[2J"')


@pytest.mark.parametrize("name", OPERATORS)
def test_every_operator_has_a_sentence(name: str) -> None:
    sentence = to_english(read(OPERATORS[name].example))

    assert len(sentence.split()) > 1
    assert "{" not in sentence


@pytest.mark.parametrize(
    ("type_", "value", "words"),
    [
        (BOOLEAN, True, "yes"),
        (BOOLEAN, False, "no"),
        (IntegerType(), -7, "-7"),
        (DecimalType(5, 2), 1250, "12.50"),
        (MoneyType("USD", 18, 2), 50_000, "500.00 USD"),
        (MoneyType(None, 18, 4), (50_000_000, "JPY"), "5000 JPY"),
        (TEXT, "phone", '"phone"'),
        (DATE, date(2026, 1, 31), "2026-01-31"),
        (DATE_TIME, datetime(2026, 1, 31, 9, 5, tzinfo=UTC), "2026-01-31 09:05 UTC"),
        (DATE_TIME, datetime(2026, 1, 31, 9, 5, 30, tzinfo=UTC), "2026-01-31 09:05:30 UTC"),
        (ListType(TEXT), ("a", "b", "c"), '"a", "b" and "c"'),
        (ListType(TEXT), (), "nothing"),
        (ListType(None), (), "nothing"),
        (TEXT, None, "not known"),
    ],
)
def test_a_value_reads_as_words(type_: Type, value: Any, words: str) -> None:
    assert value_in_english(type_, value) == words
