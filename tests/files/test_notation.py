"""Numbers and dates as people write them."""

import pytest

from fairlead.facts.values import UnfitValue
from fairlead.files.notation import (
    Notation,
    amount_parts,
    date_evidence,
    date_text,
    number_evidence,
    number_text,
)
from fairlead.ruleset.mapping_document import DateOrder, DecimalSign


@pytest.mark.parametrize(
    ("text", "decimal", "number"),
    [
        ("8000", ".", "8000"),
        ("8,000.50", ".", "8000.50"),
        ("1,234,567", ".", "1234567"),
        ("8.000,50", ",", "8000.50"),
        ("8 000,50", ",", "8000.50"),
        ("8'000.50", ".", "8000.50"),
        ("-0,5", ",", "-0.5"),
    ],
)
def test_a_number_is_read_with_the_decimal_sign_of_its_column(
    text: str, decimal: DecimalSign, number: str
) -> None:
    assert number_text(text, decimal) == number


@pytest.mark.parametrize(
    ("text", "decimal"), [("8.000,50", "."), ("80,00.5", "."), ("1,2345", "."), ("0,500", "."), ("abc", ",")]
)
def test_a_number_of_another_form_is_refused(text: str, decimal: DecimalSign) -> None:
    with pytest.raises(UnfitValue):
        number_text(text, decimal)


def test_a_decimal_sign_is_shown_by_the_numbers_that_can_be_read_in_one_way_only() -> None:
    assert number_evidence(["8000", "8.000,50"]).shown == {",": "8.000,50"}
    assert number_evidence(["7000.5"]).shown == {".": "7000.5"}
    assert number_evidence(["8.000", "12"]).open == "8.000"
    assert number_evidence(["8.000", "12"]).shown == {}
    assert number_evidence(["1.5", "2,50"]).shown == {".": "1.5", ",": "2,50"}


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("8000 EUR", ("8000", "EUR")),
        ("EUR 8,000.00", ("8,000.00", "EUR")),
        ("€8.000,50", ("8.000,50", "EUR")),
        ("8000", ("8000", None)),
        ("$ 8000", ("$ 8000", None)),
    ],
)
def test_an_amount_may_state_its_currency(text: str, parts: tuple[str, str | None]) -> None:
    assert amount_parts(text) == parts


@pytest.mark.parametrize(
    ("text", "order", "date"),
    [
        ("2026-11-21", "year_first", "2026-11-21"),
        ("2026/3/5", "day_first", "2026-03-05"),
        ("03/04/2026", "day_first", "2026-04-03"),
        ("03/04/2026", "month_first", "2026-03-04"),
        ("3.4.2026", "day_first", "2026-04-03"),
        ("2026-11-18 09:12", "year_first", "2026-11-18T09:12:00"),
        ("2026-11-18T23:30:00.000+0000", "year_first", "2026-11-18T23:30:00.000+00:00"),
        ("11/18/2026 12:05 AM", "month_first", "2026-11-18T00:05:00"),
        ("18.11.2026, 21:05", "day_first", "2026-11-18T21:05:00"),
    ],
)
def test_a_date_is_read_in_the_order_of_its_column(text: str, order: DateOrder, date: str) -> None:
    assert date_text(text, Notation(dates=order)) == date


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("03/04/2026", "year_first"),
        ("12/25/2026", "day_first"),
        ("1/2/26", "day_first"),
        ("2026-11-18 soon", "year_first"),
        ("11/18/2026 13:05 PM", "month_first"),
    ],
)
def test_a_date_of_another_form_is_refused(text: str, order: DateOrder) -> None:
    with pytest.raises(UnfitValue):
        date_text(text, Notation(dates=order))


def test_an_order_is_shown_by_the_dates_that_can_be_read_in_one_way_only() -> None:
    assert date_evidence(["03/04/2026", "25/04/2026"]).shown == {"day_first": "25/04/2026"}
    assert date_evidence(["04/25/2026"]).shown == {"month_first": "04/25/2026"}
    assert date_evidence(["03.04.2026"]).shown == {"day_first": "03.04.2026"}
    assert date_evidence(["03/04/2026"]).open == "03/04/2026"
    assert date_evidence(["05/05/2026", "2026-01-02"]).open is None
    assert len(date_evidence(["25/04/2026", "04/25/2026"]).shown) == 2


@pytest.mark.parametrize(
    "text",
    [
        "21 November 2026", "21. November 2026", "November 21, 2026", "Nov 21, 2026", "21-Nov-2026",
        "21 Kasım 2026", "21 KASIM 2026", "21 Kas 2026", "21. Nov. 2026", "21st November 2026",
    ],
)  # fmt: skip
def test_names_of_months_are_read_in_three_languages(text: str) -> None:
    assert date_text(text, Notation()) == "2026-11-21"


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("1 Mart 2026", "2026-03-01"),
        ("1. März 2026", "2026-03-01"),
        ("3 ŞUBAT 2026", "2026-02-03"),
        ("3 Ağustos 2026 14:05", "2026-08-03T14:05:00"),
        ("9 ARALIK 2026", "2026-12-09"),
        ("9. Dezember 2026", "2026-12-09"),
        ("Mayıs 5 2026", "2026-05-05"),
    ],
)
def test_months_have_their_names_whatever_their_case(text: str, date: str) -> None:
    assert date_text(text, Notation()) == date


@pytest.mark.parametrize("text", ["21 ноября 2026", "21 Brumaire 2026", "November 2026"])
def test_another_word_is_no_month(text: str) -> None:
    with pytest.raises(UnfitValue):
        date_text(text, Notation())


@pytest.mark.parametrize(
    ("text", "order", "century", "date"),
    [
        ("21.11.26", "day_first", 2000, "2026-11-21"),
        ("11/21/76", "month_first", 1900, "1976-11-21"),
        ("26-11-21", "year_first", 2000, "2026-11-21"),
        ("21-Nov-26", "day_first", 2000, "2026-11-21"),
    ],
)
def test_a_year_of_two_digits_is_of_the_century_that_is_said(
    text: str, order: DateOrder, century: int, date: str
) -> None:
    assert date_text(text, Notation(dates=order, century=century)) == date
    with pytest.raises(UnfitValue) as error:
        date_text(text, Notation(dates=order))
    assert error.value.remedy == "write the year with four digits, or say `--century 2000`"


def test_a_year_of_two_digits_does_not_show_the_order() -> None:
    # 21 November 2026 or 26 November 2021
    assert date_evidence(["21/11/26"]).shown == {}
    assert date_evidence(["21/11/26"]).open == "21/11/26"
    assert date_evidence(["21.11.26"]).shown == {"day_first": "21.11.26"}
