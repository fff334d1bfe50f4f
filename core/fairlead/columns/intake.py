"""Reading the columns of a table as facts: from what they hold to the form that the algebra works on.

Each column is read by a quick expression over the whole of it, which knows the plain values of its type and
tells of every cell whether it is one. The others, which are few, are read one distinct value at a time by the
same parsing that the row engine uses, so that both take and refuse the same.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, tzinfo
from functools import partial
from typing import Any

import polars as pl

from fairlead.columns.nodes import Kind, width_of
from fairlead.columns.quick import read_quickly
from fairlead.columns.values import Shape, number_of, shape_of
from fairlead.facts.model import Aggregate, Fact, FactModel
from fairlead.facts.types import ListType, MoneyType, OneOfType, Type
from fairlead.facts.values import Money, UnfitValue, internal_from_json
from fairlead.problems import Problem, UsageError, nearest_name

__all__ = [
    "Intake",
    "Misfit",
    "Parse",
    "Taken",
    "attempt",
    "column_name",
    "facts_of_columns",
    "internal_dtype",
    "python_values",
]

#: from a value as a column holds it to the internal value of a fact; raises UnfitValue
Parse = Callable[[Any], Any]

_YES = pl.lit(value=True)
_INTEGERS: dict[int, Any] = {8: pl.Int8, 16: pl.Int16, 32: pl.Int32, 64: pl.Int64, 128: pl.Int128}


@dataclass(frozen=True, slots=True)
class Misfit:
    """A cell that does not fit its fact."""

    name: str
    value: Any
    unfit: UnfitValue


@dataclass
class Taken:
    """Columns of facts as they were read.

    `frame` has the parts of the needed facts under the names that `column_name` gives; where a row is among
    the `misfits`, its values mean nothing. `enums` are the enumerations among them, `longest` the lengths of
    the longest lists by fact. Of facts that are not among the `values` (None is all) only their presence was
    read.
    """

    frame: pl.DataFrame
    misfits: dict[int, list[Misfit]] = field(default_factory=dict)
    enums: dict[str, tuple[str, ...]] = field(default_factory=dict)
    longest: dict[str, int] = field(default_factory=dict)
    values: frozenset[str] | None = None


def column_name(name: str, part: str) -> str:
    """Return the name of the column that holds a part of a fact."""
    return f"{name}#{part}"


def internal_dtype(shape: Shape) -> Any:
    """Return the type of the column that holds a part."""
    kind = shape.item if shape.kind is Kind.LIST else shape.kind
    plain: Any = {Kind.BOOLEAN: pl.Boolean, Kind.TEXT: pl.String}.get(kind or Kind.TEXT)
    if plain is None:
        plain = _INTEGERS[width_of(*shape.reach)]
    return pl.List(plain) if shape.kind is Kind.LIST else plain


def facts_of_columns(model: FactModel, names: Sequence[str]) -> dict[str, Fact | Aggregate]:
    """Return the facts that columns are named after; a name without a point is of no concern.

    Raises UsageError with every other name that is no fact.
    """
    keys = model.record_keys()
    found: dict[str, Fact | Aggregate] = {}
    problems = []
    for name in names:
        key, point, short = name.partition(".")
        if not point:
            continue
        fact = model.entities[keys[key]].get(short) if key in keys else None
        if fact is not None:
            found[name] = fact
        else:
            problems.append(_unknown_column(model, keys, name))
    if problems:
        raise UsageError(problems)
    return found


def _unknown_column(model: FactModel, keys: Mapping[str, str], name: str) -> Problem:
    allowed = tuple(
        f"{key}.{short}"
        for key, entity in keys.items()
        for short in (*model.entities[entity].facts, *model.entities[entity].aggregates)
    )
    message = f"the column `{name}` is not a fact"
    return Problem(
        "unknown-fact", message, found=name, allowed=allowed, nearest=nearest_name(name[:200], allowed)
    )


class Intake:
    """Reads columns of the given facts; naive times are clock times in `zone`.

    `parser` makes the careful reading of a fact's cells. By default they are values of records, as
    `fairlead.facts.values` reads them.
    """

    def __init__(
        self,
        facts: Mapping[str, Fact | Aggregate],
        zone: tzinfo,
        parser: Callable[[Fact | Aggregate, tzinfo], Parse] | None = None,
    ) -> None:
        self._facts = facts
        self._zone = zone
        self._parser = parser or _value_parser

    def take(
        self,
        frame: pl.DataFrame,
        needed: Mapping[str, Type],
        present: Sequence[str] = (),
        *,
        values: Collection[str] | None = None,
        check_all: bool = True,
    ) -> Taken:
        """Read the columns of a frame.

        Of those that are needed only `values` (None is all) are read; of the others it is asked where they
        have a value. All are checked, or, without `check_all`, those alone whose values are read.
        """
        taken = Taken(pl.DataFrame())
        made: dict[str, pl.Series] = {}
        there: dict[str, list[pl.Series]] = {key: [] for key in present}
        for name, fact in self._facts.items():
            key = name.partition(".")[0]
            raw = frame[name]
            if name in needed and (values is None or name in values):
                self._column(raw, name, fact, taken, made)
            elif check_all and not self._all_fit(raw, fact):
                self._column(raw, name, fact, taken, made if name in needed else None)
            elif name in needed:
                # any column that is null where the fact is absent will do
                asked = raw
                if asked.dtype == pl.String:
                    asked = pl.DataFrame({"": asked}).select(pl.when(_known(asked)).then(_YES)).to_series()
                made |= {column_name(name, shape.part): asked for shape in shape_of(fact.type)}
            if key in there:
                there[key].append(_known(frame[name]))
        for key, columns in there.items():
            none = pl.Series([False]).new_from_index(0, frame.height)
            made[column_name(f"{key}.", "value")] = pl.select(pl.any_horizontal(none, *columns)).to_series()
        if not made:
            # a frame without columns would have no rows either
            made["#row"] = pl.int_range(frame.height, dtype=pl.Int64, eager=True)
        taken.frame = pl.DataFrame([series.alias(name) for name, series in made.items()])
        return taken

    def _all_fit(self, raw: pl.Series, fact: Fact | Aggregate) -> bool:
        """Tell whether the quick reading knows all cells."""
        quick = read_quickly(fact.type, raw, *_ends_of(fact), self._zone, only_check=True)
        return quick is not None and quick.fits is None

    def _column(
        self,
        raw: pl.Series,
        name: str,
        fact: Fact | Aggregate,
        taken: Taken,
        made: dict[str, pl.Series] | None,
    ) -> None:
        type_ = fact.type
        shapes = shape_of(type_)
        quick = read_quickly(type_, raw, *_ends_of(fact), self._zone)
        dtypes = (
            [pl.Enum(type_.values)] if isinstance(type_, OneOfType) else list(map(internal_dtype, shapes))
        )
        odd: pl.Series | None
        if quick is None:
            odd = raw.is_not_null()
            parts = [pl.Series([None], dtype=dtype).new_from_index(0, len(raw)) for dtype in dtypes]
        elif made is None and quick.fits is None:
            return
        else:
            odd = ~quick.fits if quick.fits is not None else None
            pairs = zip(quick.parts, dtypes, strict=True)
            # numbers that fit are within their width, and those that do not are read again
            parts = [
                part if part.dtype == dtype else part.cast(dtype, strict=False, wrap_numerical=True)
                for part, dtype in pairs
            ]
        if odd is not None and odd.any():
            parts = self._careful(raw, odd, name, fact, taken, parts, dtypes)
        if made is None:
            return
        for shape, part in zip(shapes, parts, strict=True):
            made[column_name(name, shape.part)] = part
            if shape.kind is Kind.LIST:
                most = part.list.len().max()
                taken.longest[name] = int(most) if isinstance(most, int) else 0
        if isinstance(type_, OneOfType):
            taken.enums[name] = type_.values

    def _careful(
        self,
        raw: pl.Series,
        odd: pl.Series,
        name: str,
        fact: Fact | Aggregate,
        taken: Taken,
        parts: list[pl.Series],
        dtypes: list[Any],
    ) -> list[pl.Series]:
        """Read the cells that the quick reading does not know."""
        parse = self._parser(fact, self._zone)
        rows = odd.arg_true()
        known: dict[Any, Any] = {}
        read: list[Any] = []
        for row, value in zip(rows.to_list(), python_values(raw.gather(rows)), strict=True):
            key = value if type(value) is str else repr(value)
            if key not in known:
                known[key] = attempt(parse, value)
            found = known[key]
            if isinstance(found, UnfitValue):
                taken.misfits.setdefault(row, []).append(Misfit(name, value, found))
                found = None
            read.append(found)
        return [
            _with_values(
                part, rows, pl.Series([part_of(fact.type, each, place) for each in read], dtype=dtype)
            )
            for place, (part, dtype) in enumerate(zip(parts, dtypes, strict=True))
        ]


def _with_values(part: pl.Series, rows: pl.Series, values: pl.Series) -> pl.Series:
    """Return a column with other values in some rows."""
    if not isinstance(part.dtype, pl.List):
        return part.scatter(rows, values)
    # Polars scatters no lists
    places = pl.int_range(len(part), eager=True)
    places = places.scatter(rows, pl.int_range(len(part), len(part) + len(values), eager=True))
    return pl.concat([part, values]).gather(places)


def _known(raw: pl.Series) -> pl.Series:
    known = raw.is_not_null()
    return known & (raw != "") if raw.dtype == pl.String else known


def attempt(parse: Parse, value: Any) -> Any:
    """Return what a cell is read as, or the UnfitValue that its reading raised."""
    try:
        return parse(value)
    except UnfitValue as unfit:
        return unfit


def python_values(cells: pl.Series) -> list[Any]:
    """Return cells as Python values; a date that Python has no name for becomes its number."""
    try:
        return cells.to_list()
    except (ValueError, OverflowError):
        return cells.to_physical().to_list()


def part_of(type_: Type, value: Any, place: int) -> Any:
    """Return a part of an internal value, as its column holds it."""
    if value is None:
        return None
    if isinstance(type_, ListType):
        return [part_of(type_.item, item, place) for item in value] if type_.item is not None else []
    if isinstance(type_, MoneyType) and type_.currency is None:
        return value[place]
    return number_of(type_, value)


def _ends_of(fact: Fact | Aggregate) -> tuple[int | None, int | None]:
    return (fact.low, fact.high) if isinstance(fact, Fact) else (None, None)


def _value_parser(fact: Fact | Aggregate, zone: tzinfo) -> Parse:
    low, high = _ends_of(fact)
    read = partial(internal_from_json, fact.type, zone=zone, low=low, high=high)

    def parse(value: Any) -> Any:
        if value is None or value == "":
            return None
        return read(_as_record_value(value))

    return parse


def _as_record_value(value: Any) -> Any:
    """Return what a cell is as a value of a record."""
    match value:
        case {"amount": amount, "currency": currency} if len(value) == 2:
            return Money(amount, currency) if amount is not None else dict(value)
        case list():
            return [_as_record_value(item) for item in value]
        case date():
            return value
    return value
