"""Values as a person writes them."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from fairlead.audit.words import value_words
from fairlead.facts.values import Money


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "not known"),
        (True, "yes"),
        (15000, "15,000"),
        (Decimal("0.05"), "0.05"),
        (Money(Decimal("1500.00"), "USD"), "1,500 USD"),
        ({"amount": "1500.50", "currency": "USD"}, "1,500.50 USD"),
        ("reply_in_turn", "reply in turn"),
        ("2026-11-12", "2026-11-12"),
        ("2026-11-12T09:00:00Z", "2026-11-12 09:00 UTC"),
        ("2026-11-12T09:00:07Z", "2026-11-12 09:00:07 UTC"),
        ("2026-11-12T09:00:00.000001Z", "2026-11-12 09:00:00.000001 UTC"),
        (datetime(2026, 11, 12, 11, tzinfo=UTC), "2026-11-12 11:00 UTC"),
        (["a", "b", "c"], "a, b and c"),
    ],
)
def test_a_value_in_words(value: Any, words: str) -> None:
    assert value_words(value) == words
