"""Values compare equal in whatever way a CRM gives them back, and come back as they were written."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.plugins.fields import FieldKind
from fairlead.plugins.records import Scalar
from fairlead.sync.held_values import held_form, scalar_of


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        (FieldKind.INTEGER, 5, Decimal("5.0")),
        (FieldKind.DECIMAL, Decimal("500.00"), Decimal(500)),
        (FieldKind.DECIMAL, 500, Decimal("500.0")),
        (
            FieldKind.DATE_TIME,
            datetime(2026, 11, 21, 10, 0, 0, 250_000, tzinfo=UTC),
            datetime(2026, 11, 21, 13, 0, tzinfo=timezone(timedelta(hours=3))),
        ),
        (FieldKind.MANY_OF, ("b", "a"), ("a", "b")),
        (FieldKind.LONG_TEXT, "one\r\ntwo\r\n", "one\ntwo"),
        (FieldKind.TEXT, "", None),
    ],
)
def test_one_value_in_two_forms_is_held_alike(kind: FieldKind, one: Scalar, other: Scalar) -> None:
    assert held_form(kind, one) == held_form(kind, other)


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        (FieldKind.INTEGER, 55, 55),
        (FieldKind.DECIMAL, Decimal("1E+2"), "100"),
        (FieldKind.DECIMAL, Decimal("0.50"), "0.5"),
        (FieldKind.BOOLEAN, False, False),
        (FieldKind.DATE, date(2026, 2, 28), "2026-02-28"),
        (FieldKind.DATE_TIME, datetime(2026, 2, 28, 1, 2, 3, tzinfo=UTC), "2026-02-28T01:02:03+00:00"),
        (FieldKind.TEXT, None, None),
    ],
)
def test_values_are_held_as_json(kind: FieldKind, value: Scalar, expected: object) -> None:
    assert held_form(kind, value) == expected


PAIRS = st.one_of(
    st.tuples(st.just(FieldKind.INTEGER), st.integers(-(2**53), 2**53)),
    st.tuples(
        st.just(FieldKind.DECIMAL),
        st.decimals(allow_nan=False, allow_infinity=False, places=2, max_value=10**12),
    ),
    st.tuples(st.just(FieldKind.BOOLEAN), st.booleans()),
    st.tuples(st.just(FieldKind.DATE), st.dates()),
    st.tuples(
        st.just(FieldKind.DATE_TIME),
        st.datetimes(timezones=st.just(UTC)).map(lambda moment: moment.replace(microsecond=0)),
    ),
    st.tuples(st.just(FieldKind.TEXT), st.text(min_size=1).map(str.strip).filter(bool)),
)


@given(PAIRS)
def test_what_is_held_is_written_as_it_was_meant(pair: tuple[FieldKind, Scalar]) -> None:
    kind, value = pair
    held = held_form(kind, value)

    assert held_form(kind, scalar_of(kind, held)) == held
