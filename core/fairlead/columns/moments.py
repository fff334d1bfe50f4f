"""The moments that tables are decided as of: one for all rows, or each row's own in a column."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, tzinfo
from functools import partial
from typing import Any

import polars as pl

from fairlead.columns.arithmetic import FIRST_DAY, LAST_DAY
from fairlead.columns.intake import Misfit, Taken, attempt, column_name, python_values
from fairlead.columns.plan import AS_OF, AS_OF_DATE
from fairlead.columns.values import day_number, instant_number
from fairlead.columns.zones import days_of, instants_of
from fairlead.documents.found import found_text, json_kind
from fairlead.facts.values import UnfitValue, instant, parse_date, parse_date_time
from fairlead.problems import Problem, UsageError, nearest_name

__all__ = ["add_moments", "check_moments", "moment_and_day"]

_DAY = 86_400_000_000


def moment_and_day(as_of: object, zone: tzinfo) -> tuple[datetime, date]:
    """Return the instant in UTC, and its day in the zone, of an instant or the start of a day.

    Raises UsageError for anything else, and at the ends of the calendar.
    """
    if not isinstance(as_of, date):
        message = "`as_of` is a date, a date-time, or the name of a column of these"
        remedy = "pass datetime.date(2026, 11, 21)"
        raise UsageError([Problem("wrong-usage", message, found=found_text(as_of), remedy=remedy)])
    try:
        return _read(as_of, zone)
    except OverflowError:
        message = f"`{as_of}` is too near the end of the calendar to be decided as of"
        raise UsageError([Problem("out-of-range", message, found=str(as_of))]) from None


def check_moments(name: str, columns: Sequence[str]) -> None:
    """Raise UsageError where there is no column of the name."""
    if name not in columns:
        problem = Problem(
            "unknown-columns",
            f"the table has no column `{name}` to be decided as of",
            found=name,
            nearest=nearest_name(name[:200], columns),
            remedy="name a column of dates or date-times, or pass one date for all rows",
        )
        raise UsageError([problem])


def add_moments(taken: Taken, name: str, raw: pl.Series, zone: tzinfo) -> None:
    """Add each row's own instant and day to what was read.

    The column has dates, date-times or texts of these; cells that are none of them become misfits.
    """
    instants, days = _quick(raw, zone)
    rows = (instants.is_null() | days.is_null()).arg_true()
    known: dict[Any, Any] = {}
    read: list[tuple[int | None, int | None]] = []
    for row, value in zip(rows.to_list(), python_values(raw.gather(rows)), strict=True):
        key = value if type(value) is str else repr(value)
        if key not in known:
            known[key] = attempt(partial(_parse, zone=zone), value)
        found = known[key]
        if isinstance(found, UnfitValue):
            cells = taken.misfits.setdefault(row, [])
            if all(each.name != name for each in cells):
                cells.append(Misfit(name, value, found))
            read.append((None, None))
        else:
            read.append((instant_number(found[0]), day_number(found[1])))
    numbers: Any = ((AS_OF, instants, pl.Int64), (AS_OF_DATE, days, pl.Int32))
    taken.frame = taken.frame.with_columns(
        quick.scatter(rows, pl.Series([each[place] for each in read], dtype=dtype)).alias(
            column_name(column, "value")
        )
        for place, (column, quick, dtype) in enumerate(numbers)
    )


def _quick(raw: pl.Series, zone: tzinfo) -> tuple[pl.Series, pl.Series]:
    """Return the instants and the days of plain cells, null for others."""
    if raw.dtype == pl.Date:
        cell = pl.col("")
        inside = pl.when(cell.is_between(FIRST_DAY, LAST_DAY)).then(cell)
        days = pl.DataFrame({"": raw.cast(pl.Int32)}).select(inside).to_series()
        return instants_of(days.cast(pl.Int64) * _DAY, zone), days
    if not isinstance(raw.dtype, pl.Datetime):
        none = pl.Series([None], dtype=pl.Int64).new_from_index(0, len(raw))
        return none, none.cast(pl.Int32)
    numbers = raw.dt.cast_time_unit("us").to_physical()
    instants = numbers if raw.dtype.time_zone is not None else instants_of(numbers, zone)
    return instants, days_of(instants, zone)


def _parse(value: object, zone: tzinfo) -> tuple[datetime, date]:
    """Return the instant and the day of a cell; raise UnfitValue."""
    if value is None or value == "":
        raise UnfitValue("missing-moment", "is absent, and the row is to be decided as of it", value)
    moment = _date_or_time(value, zone) if type(value) is str else value
    if not isinstance(moment, date):
        raise _wrong_type(value)
    try:
        return _read(moment, zone)
    except (OverflowError, ValueError):
        message = "is too near the end of the calendar to be decided as of"
        raise UnfitValue("out-of-range", message, value) from None


def _date_or_time(text: str, zone: tzinfo) -> date:
    for parse in (parse_date, lambda each: parse_date_time(each, zone)):
        try:
            return parse(text)
        except UnfitValue as unfit:
            if unfit.code != "wrong-type":
                raise
    raise _wrong_type(text)


def _wrong_type(value: object) -> UnfitValue:
    return UnfitValue(
        "wrong-type",
        f"must be a date, or a date and a time; this is {json_kind(value)}",
        value,
        remedy="write it as `2026-11-21`, or as `2026-11-21T09:00:00+03:00`",
    )


def _read(as_of: date, zone: tzinfo) -> tuple[datetime, date]:
    if isinstance(as_of, datetime):
        moment = instant(as_of, zone)
        return moment, moment.astimezone(zone).date()
    return instant(datetime.combine(as_of, time()), zone), as_of
