"""Names of months as exports write them: English, German and Turkish, whole and short.

The names are those of the Unicode CLDR, with the short forms that spreadsheets add. None stands for two
months.
"""

from __future__ import annotations

__all__ = ["month_of"]

_NAMES = (
    "january jan januar jänner jän ocak oca",
    "february feb februar feber şubat şub",
    "march mar märz mär mrz mart",
    "april apr nisan nis",
    "may mai mayıs",
    "june jun juni haziran haz",
    "july jul juli temmuz tem",
    "august aug ağustos ağu",
    "september sep sept eylül eyl",
    "october oct oktober okt ekim eki",
    "november nov kasım kas",
    "december dec dezember dez aralık ara",
)


def month_of(name: str) -> int | None:
    """Return the number of a month, from 1, whatever the case of its name; None for any other word."""
    return _MONTHS.get(_key(name))


def _key(name: str) -> str:
    # the capital of a Turkish ı is an I, which other languages fold to an i
    return name.casefold().replace("\u0307", "").replace("ı", "i")


_MONTHS = {_key(name): number for number, names in enumerate(_NAMES, start=1) for name in names.split()}
