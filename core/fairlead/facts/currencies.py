"""ISO 4217: which currencies there are, and how many digits their amounts have.

A currency is an active code of ISO 4217 list one that has minor units. Metals, the codes for testing and
for "no currency", and of bond markets have none, and nobody is paid in them. Withdrawn currencies are not
taken: an amount in one must be converted before it is compared or paid. The list is that of the installed
`iso4217` package.

Points of a loyalty programme are counted under `POINTS`, which is no currency: no fact, parameter or rate is
in it, only a reward whose benefit is points. ISO 4217 has no code for points; under `XTS`, its code for
testing, a real balance would look like a test.
"""

from __future__ import annotations

from functools import cache

__all__ = ["POINTS", "currency_codes", "is_currency", "minor_units"]

#: what stands for a currency where a reward is points; a point is not divided
POINTS = "PTS"


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
    """Return the number of digits after the point of amounts in a currency; None for an unknown code.

    Points have none.
    """
    return 0 if code == POINTS else _minor_units().get(code)
