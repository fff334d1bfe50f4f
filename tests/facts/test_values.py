"""Values are exact on the way in and on the way out."""

from __future__ import annotations

import decimal
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
    Type,
)
from fairlead.facts.values import (
    ROUNDING_MODES,
    Money,
    UnfitValue,
    decimal_text,
    divide_rounded,
    instant,
    internal_from_json,
    json_from_internal,
    parse_date,
    parse_date_time,
    parse_units,
    public_from_internal,
    units_to_decimal,
)

ISTANBUL = ZoneInfo("Europe/Istanbul")
BERLIN = ZoneInfo("Europe/Berlin")

CHANNEL = OneOfType(("whatsapp", "phone"))
BUDGET = MoneyType(None, 18, 4)
FEE = MoneyType("USD", 18, 2)
RATE = DecimalType(5, 2)


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        # what 5.5, 2.5, 1.6, 1.1, -1.1, -1.6, -2.5 and -5.5 become
        ("up", [6, 3, 2, 2, -2, -2, -3, -6]),
        ("down", [5, 2, 1, 1, -1, -1, -2, -5]),
        ("ceiling", [6, 3, 2, 2, -1, -1, -2, -5]),
        ("floor", [5, 2, 1, 1, -2, -2, -3, -6]),
        ("half_up", [6, 3, 2, 1, -1, -2, -3, -6]),
        ("half_down", [5, 2, 2, 1, -1, -2, -2, -5]),
        ("half_even", [6, 2, 2, 1, -1, -2, -2, -6]),
    ],
)
def test_each_rounding_mode_rounds_as_it_says(mode: str, expected: list[int]) -> None:
    tenths = [55, 25, 16, 11, -11, -16, -25, -55]
    assert [divide_rounded(number, 10, mode) for number in tenths] == expected
    assert [divide_rounded(-number, -10, mode) for number in tenths] == expected


def test_every_rounding_mode_has_a_case_above() -> None:
    assert sorted(ROUNDING_MODES) == [
        "ceiling",
        "down",
        "floor",
        "half_down",
        "half_even",
        "half_up",
        "up",
    ]
    with pytest.raises(ValueError, match="rounding mode"):
        divide_rounded(1, 3, "sideways")


@given(
    st.integers(-(10**40), 10**40),
    st.sampled_from([1, 2, 4, 5, 10, 16, 10**20]),
    st.sampled_from(ROUNDING_MODES),
)
def test_rounding_agrees_with_the_decimal_library(numerator: int, denominator: int, mode: str) -> None:
    with decimal.localcontext(prec=100):
        quotient = Decimal(numerator) / denominator
        expected = quotient.to_integral_value(rounding=f"ROUND_{mode.upper()}")
    assert divide_rounded(numerator, denominator, mode) == expected


@pytest.mark.parametrize(
    ("value", "units"),
    [
        ("0.05", 5),
        ("-0.05", -5),
        ("12", 1200),
        ("999.99", 99999),
        ("0012.500", 1250),
        ("-0", 0),
        (7, 700),
        (-7, -700),
        (Decimal("1.5"), 150),
        (Decimal("1E+2"), 10000),
        (Decimal("-0.0"), 0),
        (0.1, 10),
        (2.5, 250),
        (1e2, 10000),
    ],
)
def test_a_decimal_is_read_as_it_is_written(value: object, units: int) -> None:
    assert parse_units(value, 2, 5) == units


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("1.234", "too-many-digits"),
        ("1000", "too-many-digits"),
        (1000, "too-many-digits"),
        (0.1 + 0.2, "too-many-digits"),
        (1e300, "too-many-digits"),
        (Decimal("1E+999999"), "too-many-digits"),
        pytest.param(10**5000, "too-many-digits", id="5000 digits"),
        pytest.param("9" * 10000, "too-many-digits", id="10000 nines"),
        (float("nan"), "not-exact"),
        (float("inf"), "not-exact"),
        (Decimal("sNaN"), "not-exact"),
        ("1e2", "wrong-type"),
        ("1,000", "wrong-type"),
        ("1_0", "wrong-type"),
        (" 1", "wrong-type"),
        ("+1", "wrong-type"),
        (".5", "wrong-type"),
        ("5.", "wrong-type"),
        ("１", "wrong-type"),
        ("", "wrong-type"),
        (True, "wrong-type"),
        (b"1", "wrong-type"),
    ],
)
def test_a_decimal_that_does_not_fit_is_refused(value: object, code: str) -> None:
    with pytest.raises(UnfitValue) as raised:
        parse_units(value, 2, 5)
    assert raised.value.code == code


@given(st.integers(-(10**38) + 1, 10**38 - 1), st.integers(0, 38))
def test_a_decimal_comes_back_as_it_was(units: int, scale: int) -> None:
    assert parse_units(decimal_text(units, scale), scale, 38) == units
    assert parse_units(units_to_decimal(units, scale), scale, 38) == units
    assert units_to_decimal(units, scale).as_tuple().exponent == -scale


@pytest.mark.parametrize(
    ("units", "scale", "text"),
    [(5, 2, "0.05"), (-5, 2, "-0.05"), (1250, 2, "12.50"), (7, 0, "7"), (0, 3, "0.000")],
)
def test_a_decimal_is_written_with_all_its_places(units: int, scale: int, text: str) -> None:
    assert decimal_text(units, scale) == text


def test_a_date_has_one_form() -> None:
    assert parse_date("2026-11-21") == date(2026, 11, 21)
    for text in ["2026-1-1", "20261121", "2026-W47-6", "21.11.2026", "2026-11-21T00:00", "２026-11-21", ""]:
        with pytest.raises(UnfitValue, match="must be a date"):
            parse_date(text)
    for text in ["2026-02-29", "0000-01-01", "2026-13-01"]:
        with pytest.raises(UnfitValue, match="not a day of the calendar"):
            parse_date(text)


def test_a_date_time_is_not_a_date() -> None:
    with pytest.raises(UnfitValue):
        parse_date(datetime(2026, 11, 21, tzinfo=UTC))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-21T09:00:00Z", datetime(2026, 11, 21, 9, tzinfo=UTC)),
        ("2026-11-21T09:00:00+03:00", datetime(2026, 11, 21, 6, tzinfo=UTC)),
        ("2026-11-21T09:00:00-0530", datetime(2026, 11, 21, 14, 30, tzinfo=UTC)),
        ("2026-11-21 09:00", datetime(2026, 11, 21, 6, tzinfo=UTC)),
        ("2026-11-21T09:00:00.123", datetime(2026, 11, 21, 6, 0, 0, 123000, tzinfo=UTC)),
    ],
)
def test_a_time_without_an_offset_is_the_clock_of_the_zone(text: str, expected: datetime) -> None:
    moment = parse_date_time(text, ISTANBUL)
    assert moment == expected
    assert moment.tzinfo is UTC


def test_a_clock_time_that_is_skipped_or_doubled_has_the_offset_from_before_the_change() -> None:
    assert parse_date_time("2026-03-29T02:30", BERLIN) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert parse_date_time("2026-10-25T02:30", BERLIN) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert instant(datetime(2026, 10, 25, 2, 30, fold=1), BERLIN) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)  # noqa: DTZ001  (naive is what is tested)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("2026-11-21", "wrong-type"),
        ("2026-11-21T09", "wrong-type"),
        ("2026-11-21T09:00:00.1234567", "wrong-type"),
        ("2026-11-21T24:00", "out-of-range"),
        ("2026-11-21T09:00:60Z", "out-of-range"),
        ("2026-11-21T09:00+25:00", "out-of-range"),
        ("0001-01-01T00:00:00+05:00", "out-of-range"),
        ("9999-12-31T23:59:59-05:00", "out-of-range"),
    ],
)
def test_a_time_that_is_none_is_refused(text: str, code: str) -> None:
    with pytest.raises(UnfitValue) as raised:
        parse_date_time(text, ISTANBUL)
    assert raised.value.code == code


FORMS: list[tuple[Type, Any, Any, Any]] = [
    # type, JSON, internal, public
    (BOOLEAN, True, True, True),
    (IntegerType(0, 20), 20, 20, 20),
    (RATE, "12.50", 1250, Decimal("12.50")),
    (FEE, {"amount": "500.00", "currency": "USD"}, 50000, Money(Decimal("500.00"), "USD")),
    (BUDGET, {"amount": "8000.00", "currency": "EUR"}, (80000000, "EUR"), Money(Decimal("8000.00"), "EUR")),
    (BUDGET, {"amount": "0.125", "currency": "EUR"}, (1250, "EUR"), Money(Decimal("0.125"), "EUR")),
    (BUDGET, {"amount": "8000", "currency": "JPY"}, (80000000, "JPY"), Money(Decimal(8000), "JPY")),
    (BUDGET, {"amount": "1.500", "currency": "KWD"}, (15000, "KWD"), Money(Decimal("1.500"), "KWD")),
    (TEXT, "Jürgen", "Jürgen", "Jürgen"),
    (CHANNEL, "phone", "phone", "phone"),
    (DATE, "2026-11-21", date(2026, 11, 21), date(2026, 11, 21)),
    (
        DATE_TIME,
        "2026-11-21T06:00:00Z",
        datetime(2026, 11, 21, 6, tzinfo=UTC),
        datetime(2026, 11, 21, 6, tzinfo=UTC),
    ),
    (ListType(RATE), ["1.00", "2.50"], (100, 250), [Decimal("1.00"), Decimal("2.50")]),
    (ListType(TEXT), [], (), []),
]


@pytest.mark.parametrize(("type_", "as_json", "internal", "public"), FORMS)
def test_each_type_has_its_three_forms(type_: Type, as_json: Any, internal: Any, public: Any) -> None:
    assert internal_from_json(type_, as_json) == internal
    assert json_from_internal(type_, internal) == as_json
    assert public_from_internal(type_, internal) == public
    assert repr(public_from_internal(type_, internal)) == repr(public)
    assert internal_from_json(type_, public) == internal


def test_absent_stays_absent() -> None:
    for type_, *_ in FORMS:
        assert json_from_internal(type_, None) is None
        assert public_from_internal(type_, None) is None


@pytest.mark.parametrize(
    ("type_", "value", "code", "message"),
    [
        (BOOLEAN, 1, "wrong-type", "`lead.x` must be true or false; this is a number"),
        (BOOLEAN, "true", "wrong-type", "`lead.x` must be true or false; this is text"),
        (IntegerType(0, 20), 21, "out-of-range", "`lead.x` must be from 0 to 20"),
        (IntegerType(0, 20), "5", "wrong-type", "`lead.x` must be an integer; this is text"),
        (IntegerType(0, 20), 5.0, "wrong-type", "`lead.x` must be an integer; this is a number"),
        (IntegerType(0, 20), True, "wrong-type", "`lead.x` must be an integer; this is a boolean"),
        (IntegerType(), 2**63, "out-of-range", None),
        (TEXT, 5, "wrong-type", "`lead.x` must be text; this is a number"),
        (TEXT, "\ud800", "invalid-text", "`lead.x` holds half of a surrogate pair"),
        (CHANNEL, "phon", "unknown-value", "`lead.x` has a value that is not allowed"),
        (CHANNEL, ["phone"], "wrong-type", "`lead.x` must be text; this is a list"),
        (BUDGET, "8000", "wrong-type", "`lead.x` must be an amount with a currency; this is text"),
        (BUDGET, {"amount": "1"}, "missing-key", "`lead.x` has no `currency`"),
        (BUDGET, {"amount": "1", "currency": "eur"}, "unknown-currency", None),
        (BUDGET, {"amount": "1", "currency": "XAU"}, "unknown-currency", None),
        (BUDGET, {"amount": "1", "currency": ["EUR"]}, "wrong-type", None),
        (BUDGET, {"amount": "1", "currency": "EUR", "x": 1}, "unknown-key", None),
        (FEE, {"amount": "1", "currency": "EUR"}, "wrong-currency", "`lead.x` must be in USD"),
        (FEE, {"amount": "0.001", "currency": "USD"}, "too-many-digits", None),
        (
            ListType(TEXT),
            ["a", None],
            "wrong-type",
            "`lead.x` has no value at position 2 of the list",
        ),
        (
            ListType(RATE),
            ["1.00", "x"],
            "wrong-type",
            "`lead.x` at position 2 of the list must be a decimal number",
        ),
        (ListType(TEXT), "a", "wrong-type", "`lead.x` must be a list; this is text"),
    ],
)
def test_a_value_that_does_not_fit_is_told_by_the_name_of_its_fact(
    type_: Type, value: object, code: str, message: str | None
) -> None:
    with pytest.raises(UnfitValue) as raised:
        internal_from_json(type_, value)
    problem = raised.value.problem("lead.x", "/lead/x")
    assert (problem.code, problem.pointer) == (code, "/lead/x")
    if message is not None:
        assert problem.message == message


def test_a_wrong_choice_comes_with_what_is_allowed_and_meant() -> None:
    with pytest.raises(UnfitValue) as raised:
        internal_from_json(CHANNEL, "phon")
    assert (raised.value.allowed, raised.value.nearest) == (("whatsapp", "phone"), "phone")


def test_bounds_hold_for_decimals_money_and_items() -> None:
    assert internal_from_json(RATE, "1.00", low=100, high=100) == 100
    for type_, value in [
        (RATE, "0.99"),
        (FEE, {"amount": "0.99", "currency": "USD"}),
        (ListType(RATE), ["1.00", "0.99"]),
    ]:
        with pytest.raises(UnfitValue, match=r"must be at least 1\.00"):
            internal_from_json(type_, value, low=100)


json_like: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.decimals()
    | st.text()
    | st.text(st.characters(categories=["Cs"]))
    | st.binary()
    | st.dates()
    | st.datetimes(timezones=st.none() | st.just(timezone(timedelta(hours=14)))),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(st.sampled_from(["amount", "currency", ""]), inner)
        | st.fixed_dictionaries({"amount": inner, "currency": st.sampled_from(["EUR", "USD"])})
    ),
    max_leaves=5,
)


@given(st.sampled_from([form[0] for form in FORMS]), json_like)
def test_whatever_is_read_fits_or_is_told(type_: Type, value: object) -> None:
    try:
        internal = internal_from_json(type_, value, zone=ISTANBUL)
    except UnfitValue as unfit:
        told = str(unfit.problem("lead.x"))
    else:
        told = "fits"
        assert internal_from_json(type_, json_from_internal(type_, internal)) == internal
        assert internal_from_json(type_, public_from_internal(type_, internal)) == internal
    assert told.encode()
