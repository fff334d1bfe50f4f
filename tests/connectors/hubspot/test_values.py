"""Values on the wire: HubSpot writes everything as text."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from fairlead.plugins.fields import FieldKind
from fairlead.plugins.records import Scalar
from fairlead_hubspot.values import decoded, described, encoded, kind_of

ISTANBUL = timezone(timedelta(hours=3))


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (FieldKind.TEXT, "007", "007"),
        (FieldKind.TEXT, "", None),
        (FieldKind.TEXT, None, None),
        (FieldKind.BOOLEAN, "true", True),
        (FieldKind.BOOLEAN, "false", False),
        (FieldKind.INTEGER, "17", 17),
        (FieldKind.INTEGER, "17.0", 17),
        (FieldKind.DECIMAL, "12.50", Decimal("12.50")),
        (FieldKind.DECIMAL, "1E+2", Decimal(100)),
        (FieldKind.DATE, "2026-11-21", date(2026, 11, 21)),
        (FieldKind.DATE, "1572480000000", date(2019, 10, 31)),
        (FieldKind.DATE_TIME, "2019-12-07T16:50:06.678Z", datetime(2019, 12, 7, 16, 50, 6, 678000, UTC)),
        (FieldKind.DATE_TIME, "2019-12-07T16:50:06Z", datetime(2019, 12, 7, 16, 50, 6, tzinfo=UTC)),
        (FieldKind.DATE_TIME, "1572480000000", datetime(2019, 10, 31, tzinfo=UTC)),
        (FieldKind.MANY_OF, "a;b", ("a", "b")),
        (FieldKind.MANY_OF, ";a", ("a",)),
    ],
)
def test_what_is_read(kind: FieldKind, text: str | None, value: Scalar) -> None:
    assert decoded(kind, text) == value


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (FieldKind.BOOLEAN, "perhaps"),
        (FieldKind.INTEGER, "17.5"),
        (FieldKind.DECIMAL, "NaN"),
        (FieldKind.DECIMAL, "many"),
        (FieldKind.DATE, "soon"),
        (FieldKind.DATE, "2026-02-30"),
        (FieldKind.DATE_TIME, "2026-11-21"),
        (FieldKind.DATE_TIME, "9" * 30),
    ],
)
def test_what_cannot_be_read_is_no_value(kind: FieldKind, text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - its text is for nobody
        decoded(kind, text)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "true"),
        (False, "false"),
        (-7, "-7"),
        (Decimal("0.10"), "0.10"),
        (Decimal("1E+3"), "1000"),
        (date(2026, 11, 21), "2026-11-21"),
        (datetime(2026, 11, 21, 12, 30, tzinfo=ISTANBUL), "2026-11-21T09:30:00.000Z"),
        (("a", "b"), "a;b"),
        ((), ""),
        ("=1+1", "=1+1"),
    ],
)
def test_what_is_written(value: Scalar, text: str) -> None:
    assert encoded(value) == text


def test_a_whole_number_is_known_by_the_description_of_the_property() -> None:
    """HubSpot has one type for all numbers."""
    assert kind_of({"type": "number", "fieldType": "number"}) is FieldKind.DECIMAL
    shown = {"type": "number", "fieldType": "number", "description": "Pages read. Whole number."}
    assert kind_of(shown) is FieldKind.INTEGER


def test_an_owner_is_a_link_and_a_calculated_property_cannot_be_written() -> None:
    owner = described(
        {
            "name": "hubspot_owner_id",
            "label": "Owner",
            "type": "enumeration",
            "fieldType": "select",
            "referencedObjectType": "OWNER",
            "hubspotDefined": True,
        }
    )
    won = described({"name": "hs_is_closed_won", "type": "bool", "fieldType": "x", "calculated": True})

    assert (owner.kind, owner.links_to, owner.custom) == (FieldKind.LINK, ("owner",), False)
    assert (won.kind, won.writable) == (FieldKind.BOOLEAN, False)
