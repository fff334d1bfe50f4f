"""Numbers and dates as people and programs write them, and which of the ways a column shows."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from fairlead.facts.values import UnfitValue
from fairlead.files.month_names import month_of
from fairlead.ruleset.mapping_document import DateOrder, DecimalSign

__all__ = [
    "PLAIN",
    "DateEvidence",
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
_SHORT_YEAR = re.compile(r"([0-9]{1,2})([-/.])([0-9]{1,2})\2([0-9]{2})(?=$|[T ,])")
_DAY_NAME = re.compile(
    r"([0-9]{1,2})(?:\.|st|nd|rd|th)?[-/. ]?\s?([^\W\d_]+)\.?,?[-/. ]?([0-9]{4}|[0-9]{2})(?=$|[T ,])"
)
_NAME_DAY = re.compile(r"([^\W\d_]+)\.? ([0-9]{1,2})(?:st|nd|rd|th)?,? ([0-9]{4})(?=$|[T ,])")
_TIME = re.compile(
    r"[T ,]\s*([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(\.[0-9]{1,6})?[0-9]*)?\s*([AaPp][Mm])?\s*"
    r"(Z|UTC|GMT|[+-][0-9]{2}:?[0-9]{2})?"
)


@dataclass(frozen=True, slots=True)
class Notation:
    """How a column writes numbers and dates; `century` is where years of two digits begin."""

    decimal: DecimalSign = "."
    dates: DateOrder = "year_first"
    century: int | None = None


#: how programs write them
PLAIN = Notation()


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the texts of a column show: the ways that one of them can only have, each with an example.

    `open` is a text that reads as something else in another way.
    """

    shown: dict[str, str]
    open: str | None


@dataclass(frozen=True, slots=True)
class DateEvidence(Evidence):
    """What the texts of a column of dates show.

    Each of the others is an example, or None: `short` of a year of two digits, `named` of a month's name,
    `unknown` of a word in the place of a month. `whole` tells that there are dates without either.
    """

    whole: bool = False
    short: str | None = None
    named: str | None = None
    unknown: str | None = None


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


def date_evidence(texts: Iterable[str]) -> DateEvidence:
    """Return what the dates of a column show of their order.

    With points between its parts a date that ends with the year has the day first: no country writes it
    otherwise. A year of two digits may come first, so that it shows nothing else.
    """
    proved: dict[str, str] = {}
    examples: dict[str, str] = {}
    whole = False
    for text in map(str.strip, texts):
        if _YEAR_FIRST.match(text):
            whole = True
            continue
        match = _YEAR_LAST.match(text) or _SHORT_YEAR.match(text)
        if match is None:
            _note_name(text, examples)
            continue
        one, other = int(match[1]), int(match[3])
        is_short = len(match[4]) == 2
        whole = whole or not is_short
        if is_short:
            examples.setdefault("short", text)
        if match[2] == "." or (one > 12 >= other and not is_short):
            proved.setdefault("day_first", text)
        elif other > 12 >= one and not is_short:
            proved.setdefault("month_first", text)
        elif one != other or is_short:
            examples.setdefault("open", text)
    return DateEvidence(
        proved,
        examples.get("open"),
        whole,
        examples.get("short"),
        examples.get("named"),
        examples.get("unknown"),
    )


def _note_name(text: str, examples: dict[str, str]) -> None:
    match = _DAY_NAME.match(text)
    name, year = (match[2], match[3]) if match is not None else ("", "")
    if match is None:
        match = _NAME_DAY.match(text)
        if match is None:
            return
        name, year = match[1], match[3]
    if month_of(name) is None:
        examples.setdefault("unknown", text)
        return
    examples.setdefault("named", text)
    if len(year) == 2:
        examples.setdefault("short", text)


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


def date_text(text: str, notation: Notation) -> str:
    """Return a date, with its time where it has one, as `2026-11-21` or `2026-11-21T09:00:00+03:00`.

    Dates that begin with a year of four digits, or that name their month, are read in every order. Raises
    UnfitValue.
    """
    order = notation.dates
    if notation.century is None and (_SHORT_YEAR.match(text) or _has_short_year(text)):
        remedy = "write the year with four digits, or say `--century 2000`"
        raise UnfitValue("wrong-type", "must have a year of four digits", text, remedy=remedy)
    if match := _YEAR_FIRST.match(text):
        year, month, day = match[1], match[3], match[4]
    elif (order != "year_first" and (match := _YEAR_LAST.match(text))) or (match := _SHORT_YEAR.match(text)):
        year, month, day = _in_order(match[1], match[3], match[4], order)
    elif (match := _DAY_NAME.match(text)) and (named := month_of(match[2])):
        year, month, day = match[3], str(named), match[1]
        if len(year) == 2 and order == "year_first":
            year, day = day, year
    elif (match := _NAME_DAY.match(text)) and (named := month_of(match[1])):
        year, month, day = match[3], str(named), match[2]
    else:
        raise _no_date(text, order)
    if notation.century is not None and len(year) < 4:
        year = str(notation.century + int(year))
    if not 1 <= int(month) <= 12:
        raise UnfitValue("out-of-range", f"has no month {month}", text, remedy=_read_as(order))
    rest = text[match.end() :]
    return f"{year}-{month:0>2}-{day:0>2}" + (_time_text(rest, text) if rest else "")


def _has_short_year(text: str) -> bool:
    match = _DAY_NAME.match(text)
    return match is not None and len(match[3]) == 2 and month_of(match[2]) is not None


def _in_order(first: str, second: str, third: str, order: DateOrder) -> tuple[str, str, str]:
    """Return year, month and day of three parts."""
    if order == "year_first":
        return first, second, third
    return (third, second, first) if order == "day_first" else (third, first, second)


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
