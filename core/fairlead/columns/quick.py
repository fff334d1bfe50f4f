"""Quick readings: the plain values of a whole column at once, and which cells are such."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

import polars as pl

from fairlead.columns.arithmetic import FIRST_DAY, FIRST_INSTANT, LAST_DAY, LAST_INSTANT
from fairlead.columns.zones import instants_of
from fairlead.facts.currencies import currency_codes
from fairlead.facts.types import (
    BooleanType,
    DateTimeType,
    DateType,
    DecimalType,
    IntegerType,
    ListType,
    MoneyType,
    OneOfType,
    TextType,
    Type,
)

__all__ = ["Reading", "read_quickly"]

#: the most digits of a number in text that is read quickly
_DIGITS = 15

_CELL = pl.col("")
_ZERO = pl.lit(0, dtype=pl.Int128)
_NO = pl.lit(value=False)
_YES = pl.lit(value=True)


@dataclass(frozen=True, slots=True)
class Reading:
    """The parts of the values of a column; `fits` tells of which cells they are right, None of all.

    Right are the cells that are empty and those that hold plain values of the type.
    """

    parts: tuple[pl.Series, ...]
    fits: pl.Series | None = None


def read_quickly(
    type_: Type, raw: pl.Series, low: int | None, high: int | None, zone: tzinfo, *, only_check: bool = False
) -> Reading | None:
    """Return the quick reading of a column; None where its data type has none for the type.

    With `only_check` its parts may be left out.
    """
    match type_:
        case BooleanType():
            return _boolean(raw)
        case IntegerType():
            return _integer(type_, raw)
        case DecimalType(precision=precision, scale=scale):
            read = _units(raw, scale, _limits(precision, low, high), only_check=only_check)
            return read and _or_empty(read, raw)
        case MoneyType():
            return _money(type_, raw, low, high, only_check=only_check)
        case TextType():
            return _text(raw)
        case OneOfType(values=values):
            return _one_of(values, raw)
        case DateType():
            return _date(raw)
        case DateTimeType():
            return _instant(raw, zone)
        case ListType(item=Type() as item):
            return _list(item, raw)
    return None


def _of(raw: pl.Series, *expressions: pl.Expr) -> list[pl.Series]:
    """Return expressions over a column that they call nothing."""
    named = [each.alias(str(place)) for place, each in enumerate(expressions)]
    return pl.DataFrame({"": raw}).select(named).get_columns()


def _empty(raw: pl.Series) -> pl.Series:
    return raw.is_null() | (raw == "") if raw.dtype == pl.String else raw.is_null()


def _or_empty(read: Reading, raw: pl.Series) -> Reading:
    """Return a reading in which empty cells fit."""
    if read.fits is None:
        return read
    # an unknown answer is no
    fits = read.fits.fill_null(value=False)
    return Reading(read.parts, None if fits.all() else fits | _empty(raw))


def _boolean(raw: pl.Series) -> Reading | None:
    if raw.dtype == pl.Boolean:
        return Reading((raw,))
    if raw.dtype != pl.String:
        return None
    value = pl.when(_CELL == "true").then(_YES).when(_CELL == "false").then(_NO)
    part, fits = _of(raw, value, _CELL.is_in(["true", "false"]))
    return _or_empty(Reading((part,), fits), raw)


def _integer(type_: IntegerType, raw: pl.Series) -> Reading | None:
    if raw.dtype == pl.String:
        plain = _CELL.str.contains(rf"^-?[0-9]{{1,{_DIGITS}}}$")
        value = pl.when(plain).then(_CELL).cast(pl.Int64, strict=False)
        part, fits = _of(raw, value, plain & value.is_between(type_.low, type_.high))
        return _or_empty(Reading((part,), fits), raw)
    if raw.dtype.is_float():
        # pandas has no other numbers beside unknown ones; a whole one of these is exact
        whole = (_CELL.floor() == _CELL) & (_CELL.abs() < 2**53)
        number = pl.when(whole).then(_CELL).cast(pl.Int64, strict=False)
        part, fits = _of(raw, number, number.is_between(type_.low, type_.high))
        return _or_empty(Reading((part,), fits), raw)
    if not raw.dtype.is_integer():
        return None
    return Reading((raw,), _inside(raw, (type_.low, type_.high)))


def _limits(precision: int, low: int | None, high: int | None) -> tuple[int, int]:
    most = 10**precision - 1
    return max(-most, low if low is not None else -most), min(most, high if high is not None else most)


def _inside(
    numbers: pl.Series, limits: tuple[int, int], ends: tuple[int, int] | None = None
) -> pl.Series | None:
    """Tell which whole numbers are within limits; None where all are. `ends` are their ends, where known."""
    found = ends or _ends(numbers)
    if found is None or (limits[0] <= found[0] and found[1] <= limits[1]):
        return None
    low, high = (pl.lit(limit, dtype=pl.Int128) for limit in limits)
    (inside,) = _of(numbers.cast(pl.Int128), _CELL.is_null() | _CELL.is_between(low, high))
    return inside


def _ends(numbers: pl.Series) -> tuple[int, int] | None:
    """Return the least and the highest of whole numbers; None where there is none."""
    least, most = _of(numbers, _CELL.min(), _CELL.max())
    return None if least[0] is None else (int(str(least[0])), int(str(most[0])))


def _units(
    number: pl.Series, scale: int, limits: tuple[int, int], *, only_check: bool = False
) -> Reading | None:
    """Return numbers as units of 10**-scale; empty texts do not fit here."""
    dtype = number.dtype
    if dtype == pl.String:
        units, plain = _units_of_text(number, scale)
        low, high = (pl.lit(limit, dtype=pl.Int128) for limit in limits)
        fits, inside = plain, _of(units, _CELL.is_between(low, high))[0]
        return Reading((units,), fits & inside)
    if isinstance(dtype, pl.Decimal):
        gained, held = scale - dtype.scale, number.to_physical()
    elif dtype.is_integer():
        gained, held = scale, number
    else:
        return None
    if gained < 0:
        return None
    found = _ends(held)
    least, most = (end * 10**gained for end in found or (0, 0))
    if max(-least, most) >= 10**38:
        return None
    if only_check and limits[0] <= least and most <= limits[1]:
        return Reading(())
    width: Any = pl.Int64 if max(-least, most) < 2**63 else pl.Int128
    units = held.cast(width)
    if gained:
        (units,) = _of(units, _CELL * pl.lit(10**gained, dtype=width))
    return Reading((units,), _inside(units, limits, (least, most)))


def _units_of_text(number: pl.Series, scale: int) -> list[pl.Series]:
    point = rf"(?:\.([0-9]{{1,{scale}}}))?" if scale else ""
    pattern = rf"^(-?)([0-9]{{1,{_DIGITS}}}){point}$"
    plain = _CELL.str.contains(pattern)
    whole = _CELL.str.extract(pattern, 2).cast(pl.Int128, strict=False) * pl.lit(10**scale, dtype=pl.Int128)
    if scale:
        rest = _CELL.str.extract(pattern, 3).fill_null("0").str.pad_end(scale, "0")
        whole = whole + rest.cast(pl.Int128, strict=False)
    signed = pl.when(_CELL.str.starts_with("-")).then(_ZERO - whole).otherwise(whole)
    return _of(number, pl.when(plain).then(signed), plain)


def _money(
    type_: MoneyType, raw: pl.Series, low: int | None, high: int | None, *, only_check: bool
) -> Reading | None:
    dtype = raw.dtype
    if dtype == pl.String:
        amount, currency = _of(
            raw,
            _CELL.str.extract(r"^(\S+) [A-Z]{3}$", 1),
            _CELL.str.extract(r"^\S+ ([A-Z]{3})$", 1),
        )
    elif isinstance(dtype, pl.Struct) and [each.name for each in dtype.fields] == ["amount", "currency"]:
        amount, currency = (raw.struct.field(each.name) for each in dtype.fields)
    else:
        return None
    read = _units(amount, type_.scale, _limits(type_.precision, low, high), only_check=only_check)
    if read is None or not isinstance(currency.dtype, pl.String | pl.Categorical | pl.Enum):
        return None
    known = frozenset([type_.currency]) if type_.currency is not None else currency_codes()
    fits = read.fits
    codes = _codes_among(currency, known)
    lacking = currency.is_null() != amount.is_null()
    if not known.issuperset(codes) or lacking.any():
        good = [code for code in codes if code in known]
        own = currency.cast(pl.String).is_in(good).fill_null(value=False) & ~lacking
        fits = own if fits is None else fits & own
    elif dtype != pl.String and amount.null_count() != raw.null_count():
        # an amount without anything in it is no absent one
        fits = amount.is_not_null() if fits is None else fits & amount.is_not_null()
    elif dtype == pl.String and fits is None and amount.null_count() != raw.null_count():
        fits = amount.is_not_null()
    if only_check:
        return _or_empty(Reading((), fits), raw)
    reading = Reading(
        (read.parts[0], currency.cast(pl.String))[: 1 if type_.currency is not None else 2], fits
    )
    return _or_empty(reading, raw)


def _codes_among(currency: pl.Series, known: frozenset[str]) -> list[str]:
    """Return the codes that occur; of an enumeration, all that may, where all of them are known."""
    if isinstance(currency.dtype, pl.Enum):
        codes = currency.dtype.categories.to_list()
        if known.issuperset(codes):
            return codes
    return currency.unique().drop_nulls().cast(pl.String).to_list()


def _text(raw: pl.Series) -> Reading | None:
    if isinstance(raw.dtype, pl.Categorical | pl.Enum):
        raw = raw.cast(pl.String)
    if raw.dtype != pl.String:
        return None
    if not (raw == "").any():
        return Reading((raw,))
    return Reading(tuple(_of(raw, pl.when(_CELL != "").then(_CELL))))


def _one_of(values: tuple[str, ...], raw: pl.Series) -> Reading | None:
    wanted = pl.Enum(values)
    if raw.dtype == wanted:
        return Reading((raw,))
    if not isinstance(raw.dtype, pl.String | pl.Categorical | pl.Enum):
        return None
    value = raw.cast(wanted, strict=False)
    if value.null_count() == raw.null_count():
        return Reading((value,))
    return _or_empty(Reading((value,), value.is_not_null()), raw.cast(pl.String))


def _date(raw: pl.Series) -> Reading | None:
    if raw.dtype == pl.Date:
        days = raw.cast(pl.Int32)
        return Reading((days,), _inside(days, (FIRST_DAY, LAST_DAY)))
    if raw.dtype != pl.String:
        return None
    plain = _CELL.str.contains(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")
    day = pl.when(plain).then(_CELL).str.to_date("%Y-%m-%d", strict=False).cast(pl.Int32)
    part, fits = _of(raw, day, day.is_between(FIRST_DAY, LAST_DAY))
    return _or_empty(Reading((part,), fits), raw)


def _instant(raw: pl.Series, zone: tzinfo) -> Reading | None:
    moment, held = _CELL, raw
    dtype = raw.dtype
    if dtype == pl.String:
        plain = _CELL.str.contains(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$")
        text = pl.when(plain).then(_CELL)
        moment = text.str.to_datetime("%Y-%m-%dT%H:%M:%SZ", strict=False, time_unit="us")
    elif not isinstance(dtype, pl.Datetime):
        return None
    else:
        held = raw.dt.cast_time_unit("us").to_physical()
        if dtype.time_zone is None:
            # clock times far off, which the steps of the zone do not tell of, are left to the careful reading
            held = instants_of(held, zone)
    value = moment.cast(pl.Int64)
    part, fits = _of(held, value, value.is_between(FIRST_INSTANT, LAST_INSTANT))
    return _or_empty(Reading((part,), fits), raw)


def _list(item: Type, raw: pl.Series) -> Reading | None:
    dtype = raw.dtype
    if not isinstance(dtype, pl.List):
        return None
    element, inner = pl.element(), dtype.inner
    value = _CELL
    if isinstance(item, IntegerType) and inner.is_integer() and inner != pl.UInt64:
        test = element.is_between(item.low, item.high)
    elif isinstance(item, OneOfType) and inner == pl.String:
        test = element.is_in(list(item.values))
    elif isinstance(item, TextType) and inner == pl.String:
        test = element.is_not_null() & (element != "")
    elif isinstance(item, BooleanType) and inner == pl.Boolean:
        test = element.is_not_null()
    elif isinstance(item, DateType) and inner == pl.Date:
        test = element.cast(pl.Int32).is_between(FIRST_DAY, LAST_DAY)
        value = _CELL.list.eval(element.cast(pl.Int32))
    else:
        return None
    part, fits = _of(raw, value, _CELL.list.eval(test.fill_null(value=False)).list.all())
    return _or_empty(Reading((part,), fits), raw)
