"""ISO 4217: which currencies there are, and how many digits their amounts have.

A currency is an active code of ISO 4217 list one that has minor units. Metals, the codes for testing and
for "no currency", and of bond markets have none, and nobody is paid in them. Withdrawn currencies are not
taken: an amount in one must be converted before it is compared or paid. The list is that of the installed
`iso4217` package.
"""

from __future__ import annotations

from functools import cache

__all__ = ["currency_codes", "is_currency", "minor_units"]


@cache
def _minor_units() -> dict[str, int]:
    # imported on first use: it parses the published XML table
    from iso4217 import raw_table

    # the table also has a line, without a code, for each territory that has no currency
    digits = {code: str(entry["CcyMnrUnts"]) for code, entry in raw_table.items()}
    return {str(code): int(text) for code, text in digits.items() if text.isdigit()}


@cache
def currency_codes() -> frozenset[str]:
    """Return all currency codes."""
    return frozenset(_minor_units())


def is_currency(code: str) -> bool:
    """Return whether `code` is the code of a currency, in capitals."""
    return code in _minor_units()


def minor_units(code: str) -> int | None:
    """Return the number of digits after the point of amounts in a currency; None for an unknown code."""
    return _minor_units().get(code)
