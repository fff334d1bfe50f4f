"""Currencies are the active ones of ISO 4217."""

from __future__ import annotations

import pytest

from fairlead.facts.currencies import currency_codes, is_currency, minor_units


@pytest.mark.parametrize(
    ("code", "digits"),
    [("USD", 2), ("EUR", 2), ("TRY", 2), ("JPY", 0), ("KWD", 3), ("CLF", 4)],
)
def test_a_currency_has_the_minor_units_of_the_standard(code: str, digits: int) -> None:
    assert is_currency(code)
    assert code in currency_codes()
    assert minor_units(code) == digits


@pytest.mark.parametrize("code", ["XAU", "XXX", "XTS", "XDR", "DEM", "usd", "US", "", "EURO"])
def test_metals_test_codes_withdrawn_and_unknown_codes_are_no_currencies(code: str) -> None:
    assert not is_currency(code)
    assert minor_units(code) is None
    assert code not in currency_codes()
