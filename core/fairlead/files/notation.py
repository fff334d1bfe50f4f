"""Numbers and dates as people and programs write them, and which of the ways a column shows."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from fairlead.facts.values import UnfitValue
from fairlead.ruleset.mapping_document import DateOrder, DecimalSign

__all__ = [
    "PLAIN",
    "Evidence",
    "Notation",
    "amount_parts",
    "date_evidence",
    "date_text",
    "number_evidence",
    "number_text",
    "shown",
]

_WORDS = {
    ".": "with a decimal point",
    ",": "with a decimal comma",
    "year_first": "with the year first",
    "day_first": "with the day first",
    "month_first": "with the month first",
}

_SPACES = " \u00a0\u202f"
_NUMBERS = {
    decimal: re.compile(
        rf"([+-]?)((?:[1-9][0-9]{{0,2}}(?P<group>[{groups}'’{_SPACES}])[0-9]{{3}}(?:(?P=group)[0-9]{{3}})*)"
        rf"|[0-9]{{1,40}})(?:{re.escape(decimal)}([0-9]{{1,40}}))?"
    )
    for decimal, groups in ((".", ","), (",", "."))
}
_NOT_DIGITS = re.compile(r"[^0-9]")
_AMOUNT = re.compile(r"([A-Za-z]{3}|[€£₺])?\s*([+-]?[0-9][0-9.,'’\s]*?)\s*([A-Za-z]{3}|[€£₺])?")
#: the signs that stand for one currency alone; a dollar sign stands for many
_SIGNS = {"€": "EUR", "£": "GBP", "₺": "TRY"}

_YEAR_FIRST = re.compile(r"([0-9]{4})([-/.])([0-9]{1,2})\2([0-9]{1,2})(?=$|[T ,])")
_YEAR_LAST = re.compile(r"([0-9]{1,2})([-/.])([0-9]{1,2})\2([0-9]{4})(?=$|[T ,])")
_TIME = re.compile(
    r"[T ,]\s*([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(\.[0-9]{1,6})?[0-9]*)?\s*([AaPp][Mm])?\s*"
    r"(Z|UTC|GMT|[+-][0-9]{2}:?[0-9]{2})?"
)


@dataclass(frozen=True, slots=True)
class Notation:
    """How a column writes numbers and dates."""

    decimal: DecimalSign = "."
    dates: DateOrder = "year_first"


#: how programs write them
PLAIN = Notation()


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the texts of a column show: the ways that one of them can only have, each with an example.

    `open` is a text that reads as something else in another way.
    """

    shown: dict[str, str]
    open: str | None


def shown(way: str) -> str:
    """Return a decimal sign or an order of dates in words."""
    return _WORDS[way]


def number_evidence(texts: Iterable[str]) -> Evidence:
    """Return what the numbers of a column show of its decimal sign."""
    proved: dict[str, str] = {}
    unproved: str | None = None
    for text in texts:
        digits = amount_parts(text)[0]
        fits = [decimal for decimal, pattern in _NUMBERS.items() if pattern.fullmatch(digits)]
        if len(fits) == 1:
            proved.setdefault(fits[0], text.strip())
        elif len(fits) == 2 and ("." in digits or "," in digits) and unproved is None:
            unproved = text.strip()
    return Evidence(proved, unproved)


def date_evidence(texts: Iterable[str]) -> Evidence:
    """Return what the dates of a column show of their order.

    With points between its parts a date that ends with the year has the day first: no country writes it
    otherwise.
    """
    proved: dict[str, str] = {}
    unproved: str | None = None
    for text in map(str.strip, texts):
        if _YEAR_FIRST.match(text):
            continue
        match = _YEAR_LAST.match(text)
        if match is None:
            continue
        one, other = int(match[1]), int(match[3])
        if match[2] == "." or one > 12 >= other:
            proved.setdefault("day_first", text)
        elif other > 12 >= one:
            proved.setdefault("month_first", text)
        elif one != other and unproved is None:
            unproved = text
    return Evidence(proved, unproved)


def number_text(text: str, decimal: DecimalSign) -> str:
    """Return a number with a point and without separators for thousands. Raises UnfitValue."""
    match = _NUMBERS[decimal].fullmatch(text)
    if match is None:
        remedy = f"numbers of this column are read {_WORDS[decimal]}"
        raise UnfitValue("wrong-type", "must be a number", text, remedy=remedy)
    sign, whole, part = match[1], _NOT_DIGITS.sub("", match[2]), match[4]
    return ("-" if sign == "-" else "") + whole + (f".{part}" if part is not None else "")


def amount_parts(text: str) -> tuple[str, str | None]:
    """Return the number and the currency's code in a text such as `€ 8.000,50` or `8000 EUR`.

    The code is None where the text has none, or two that differ.
    """
    match = _AMOUNT.fullmatch(text.strip())
    if match is None:
        return text.strip(), None
    codes = {_SIGNS.get(part, part.upper()) for part in (match[1], match[3]) if part is not None}
    return match[2], codes.pop() if len(codes) == 1 else None


def date_text(text: str, order: DateOrder) -> str:
    """Return a date, with its time where it has one, as `2026-11-21` or `2026-11-21T09:00:00+03:00`.

    Dates that begin with the year are read in every order. Raises UnfitValue.
    """
    match = _YEAR_FIRST.match(text)
    if match is not None:
        year, month, day = match[1], match[3], match[4]
    else:
        match = _YEAR_LAST.match(text)
        if match is None or order == "year_first":
            raise _no_date(text, order)
        day, month = (match[1], match[3]) if order == "day_first" else (match[3], match[1])
        year = match[4]
    if not 1 <= int(month) <= 12:
        raise UnfitValue("out-of-range", f"has no month {month}", text, remedy=_read_as(order))
    rest = text[match.end() :]
    return f"{year}-{month:0>2}-{day:0>2}" + (_time_text(rest, text) if rest else "")


def _time_text(rest: str, text: str) -> str:
    match = _TIME.fullmatch(rest)
    if match is None:
        raise _no_date(text, "year_first")
    hour = int(match[1])
    if match[5] is not None:
        if not 1 <= hour <= 12:
            raise UnfitValue("out-of-range", "is not a time of the calendar", text)
        hour = hour % 12 + (12 if match[5].lower() == "pm" else 0)
    offset = match[6] or ""
    if offset in ("UTC", "GMT"):
        offset = "Z"
    elif len(offset) == 5:
        offset = f"{offset[:3]}:{offset[3:]}"
    return f"T{hour:02}:{match[2]}:{match[3] or '00'}{match[4] or ''}{offset}"


def _no_date(text: str, order: DateOrder) -> UnfitValue:
    return UnfitValue("wrong-type", "must be a date", text, remedy=_read_as(order))


def _read_as(order: DateOrder) -> str:
    return f"dates of this column are read {_WORDS[order]}"
