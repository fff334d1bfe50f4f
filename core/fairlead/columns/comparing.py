"""Two versions of a ruleset over the same rows: which of them they decide otherwise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import polars as pl

from fairlead.columns.backends import run_plan
from fairlead.columns.decoding import decoded_reasons
from fairlead.columns.evaluation import further_columns
from fairlead.columns.intake import Taken
from fairlead.columns.nodes import Node
from fairlead.columns.plan import MEMBERS, Plan, not_columnar
from fairlead.facts.types import DecimalType, ListType, MoneyType, OneOfType, TextType, Type
from fairlead.facts.values import units_to_decimal
from fairlead.problems import UsageError
from fairlead.ruleset.typed import Reward

__all__ = ["Different", "TableComparison"]

#: sums of numbers of 38 digits are built from two halves, so that no batch can leave 128 bits
_HALF = 10**19
_OLD, _NEW = "old", "new"
_NO, _YES = pl.lit(value=False), pl.lit(value=True)


@dataclass(frozen=True)
class Different:
    """The rows, from 0, that two versions decide otherwise.

    `changed` is how many there are. `rows` has those of each decision that differs anywhere, `reasons` those
    where the decisions are the same and the reasons are not. `gains` is what is earned in the rows where a
    reward differs: currencies with amounts, of the old version below zero, in the order in which they occur.
    """

    changed: int
    rows: Mapping[str, pl.Series]
    reasons: pl.Series
    gains: Mapping[str, Sequence[tuple[str, Decimal]]]


class TableComparison:
    """Compares what two plans say of the same rows about the named decisions, which both have.

    Results are the same where the row engine's are, see `fairlead.project.comparison`. Raises UsageError for
    lists whose items the versions hold in different types.
    """

    def __init__(self, old: Plan, new: Plan, names: Sequence[str]) -> None:
        self._old, self._new = _Version(old, names, _OLD), _Version(new, names, _NEW)
        self._names = names
        self._refuse_other_lists()

    def _refuse_other_lists(self) -> None:
        problems = []
        for name in self._names:
            types = self._old.types[name], self._new.types[name]
            if all(isinstance(each, ListType) for each in types) and not _are_comparable_lists(*types):
                problems.append(not_columnar(f"`{name}`", "a comparison of lists of other items", name))
        if problems:
            raise UsageError(problems)

    def compare(self, old: Taken, new: Taken, rows: pl.Series) -> Different:
        """Compare the rows for which `rows` is true, as each version read them."""
        both = pl.concat([self._old.results(old), self._new.results(new)], how="horizontal")
        tests = [(~self._same(name, both.schema) & rows).alias(name) for name in self._names]
        found = both.select(pl.lit(rows).alias(""), *tests)
        same = found.select(pl.col("") & ~pl.any_horizontal(_NO, *self._names)).to_series()
        differ = {name: places for name in self._names if len(places := found[name].arg_true())}
        reasons = (same & self._other_reasons(both)).arg_true()
        gains = {
            name: self._gains(name, both[places], places)
            for name, places in differ.items()
            if self._old.is_reward(name) or self._new.is_reward(name)
        }
        return Different(int((rows & ~same).sum()) + len(reasons), differ, reasons, gains)

    def _same(self, name: str, schema: Mapping[str, Any]) -> pl.Expr:
        """Tell where a decision has the same result; never null."""
        old, new = self._old.state(name), self._new.state(name)
        equal = self._equal(name, schema).fill_null(value=False)
        return (old == new) & ((old != _VALUE) | equal)

    def _equal(self, name: str, schema: Mapping[str, Any]) -> pl.Expr:
        """Tell where two values are equal; where one of them is unknown it tells nothing."""
        old, new = self._old, self._new
        if old.is_reward(name) != new.is_reward(name):
            return _NO
        equal = _equal_values(old.value(name, schema), new.value(name, schema))
        if not old.is_reward(name):
            return equal
        members = (old.member(name, each).eq_missing(new.member(name, each)) for each in MEMBERS)
        earned = old.member(name, "accrues") | new.member(name, "accrues")
        # what is not earned has an amount that nobody is owed
        return ~earned | pl.all_horizontal(equal, *members)

    def _other_reasons(self, both: pl.DataFrame) -> pl.Series:
        """Tell where the lists of reasons differ; each combination of bits is decoded once."""
        known: dict[tuple[str, ...], int] = {}
        old, new = (each.reason_lists(both, known) for each in (self._old, self._new))
        return old != new

    def _gains(self, name: str, rows: pl.DataFrame, places: pl.Series) -> list[tuple[str, Decimal]]:
        found: list[tuple[int, int, str, Decimal]] = []
        for sign, version in ((-1, self._old), (1, self._new)):
            if version.is_reward(name):
                found += [
                    (first, sign, currency, units_to_decimal(sign * units, scale))
                    for first, currency, units, scale in version.earned(name, rows, places)
                ]
        return [(currency, amount) for _, _, currency, amount in sorted(found)]


# what a decision says of a row
_ABSENT, _UNDETERMINED, _CONFLICT, _VALUE = range(4)


@dataclass(frozen=True, slots=True)
class _Parts:
    """The columns of a value: `number` or another one, and the currency of money."""

    type: Type
    parts: tuple[pl.Expr, ...]

    @property
    def currency(self) -> pl.Expr:
        assert isinstance(self.type, MoneyType)
        return pl.lit(self.type.currency) if self.type.currency is not None else self.parts[1]


class _Version:
    """One of the versions: its columns have names of their own."""

    def __init__(self, plan: Plan, names: Sequence[str], side: str) -> None:
        self._plan = plan
        self._side = side
        self._outputs = {output.name: output for output in plan.outputs if output.name in names}
        self.types = {name: output.type for name, output in self._outputs.items()}
        self._rewards = {name for name in names if isinstance(plan.ruleset.decision(name), Reward)}
        self._nodes: dict[str, Node] = {}
        for name, output in self._outputs.items():
            columns = plan.decisions[name]
            parts = {str(place): part for place, part in enumerate(output.value.parts)}
            parts |= {"undetermined": columns.undetermined, "conflict": columns.conflict, **columns.members}
            self._nodes |= {self._column(name, part): node for part, node in parts.items()}
        self._reasons = further_columns(plan, "names", "none")

    def _column(self, name: str, part: str) -> str:
        return f"{self._side} {name} {part}"

    def is_reward(self, name: str) -> bool:
        """Tell whether a decision is a reward."""
        return name in self._rewards

    def results(self, taken: Taken) -> pl.DataFrame:
        """Return the columns that are compared."""
        reasons = {f"{self._side} {name}": node for name, node in self._reasons.items()}
        return run_plan("polars", self._plan, taken, [], {**self._nodes, **reasons})

    def state(self, name: str) -> pl.Expr:
        """Return what a decision says: one of four numbers."""
        # what is not earned may have an amount that is unknown
        known = "accrues" if self.is_reward(name) else "0"
        return (
            pl.when(pl.col(self._column(name, known)).is_not_null())
            .then(_VALUE)
            .when(pl.col(self._column(name, "conflict")))
            .then(_CONFLICT)
            .when(pl.col(self._column(name, "undetermined")))
            .then(_UNDETERMINED)
            .otherwise(_ABSENT)
        )

    def member(self, name: str, member: str) -> pl.Expr:
        """Return the column of a member of a reward."""
        return pl.col(self._column(name, member))

    def value(self, name: str, schema: Mapping[str, Any]) -> _Parts:
        """Return the columns of a decision's value; enumerations are texts, which are compared by value."""
        output = self._outputs[name]
        columns = [self._column(name, str(place)) for place in range(len(output.value.parts))]
        return _Parts(
            output.type,
            tuple(
                pl.col(column).cast(pl.String) if isinstance(schema[column], pl.Enum) else pl.col(column)
                for column in columns
            ),
        )

    def reason_lists(self, both: pl.DataFrame, known: dict[tuple[str, ...], int]) -> pl.Series:
        """Return a number for the list of reasons of each row; lists get theirs when they are first met."""
        names = {f"{self._side} {name}": name for name in self._reasons}
        masks = both.select(pl.col(column).alias(name) for column, name in names.items())
        kinds = masks.unique()
        lists = decoded_reasons(kinds, self._plan).get_column("reasons").to_list()
        numbers = pl.Series("#list", [known.setdefault(tuple(codes), len(known)) for codes in lists])
        kinds = kinds.with_columns(numbers.cast(pl.Int64))
        keys = list(self._reasons)
        joined = masks.join(kinds, on=keys, how="left", nulls_equal=True, maintain_order="left")
        return joined.get_column("#list")

    def earned(self, name: str, rows: pl.DataFrame, places: pl.Series) -> list[tuple[int, str, int, int]]:
        """Return first row, currency, units and scale of what is earned in rows, for each currency."""
        value = self.value(name, rows.schema)
        assert isinstance(value.type, MoneyType)
        earned = rows.select(
            row=places, currency=value.currency, units=value.parts[0].cast(pl.Int128)
        ).filter(rows.select(self.member(name, "accrues")).to_series())
        sums = earned.group_by("currency").agg(
            pl.col("row").min(),
            high=(pl.col("units") // _HALF).sum(),
            low=(pl.col("units") % _HALF).sum(),
        )
        return [
            (each["row"], each["currency"], each["high"] * _HALF + each["low"], value.type.scale)
            for each in sums.to_dicts()
        ]


def _equal_values(old: _Parts, new: _Parts) -> pl.Expr:
    """Tell where two values are equal; values of different types are not."""
    if _kind(old.type) != _kind(new.type):
        return _NO
    if isinstance(old.type, ListType) and isinstance(new.type, ListType):
        if old.type.item is None or new.type.item is None:
            return (old.parts[0].list.len() == 0) & (new.parts[0].list.len() == 0)
        return pl.all_horizontal(one == other for one, other in zip(old.parts, new.parts, strict=True))
    equal = _equal_numbers(old, new) if _scale(old.type) != _scale(new.type) else old.parts[0] == new.parts[0]
    return equal & (old.currency == new.currency) if isinstance(old.type, MoneyType) else equal


def _equal_numbers(old: _Parts, new: _Parts) -> pl.Expr:
    """Tell where numbers of different scales are equal: the finer one has zeros there."""
    coarse, fine = sorted((old, new), key=lambda each: _scale(each.type))
    more = pl.lit(10 ** (_scale(fine.type) - _scale(coarse.type)), dtype=pl.Int128)
    units = fine.parts[0].cast(pl.Int128)
    return (units % more == 0) & (units // more == coarse.parts[0].cast(pl.Int128))


def _kind(type_: Type) -> type:
    """Return what tells the values of types apart; a choice of texts is text."""
    return TextType if isinstance(type_, OneOfType) else type(type_)


def _scale(type_: Type) -> int:
    return type_.scale if isinstance(type_, DecimalType | MoneyType) else 0


def _are_comparable_lists(old: Type, new: Type) -> bool:
    """Tell whether equal lists of these types have equal columns."""
    assert isinstance(old, ListType)
    assert isinstance(new, ListType)
    if old.item is None or new.item is None:
        return True
    currencies = [each.currency if isinstance(each, MoneyType) else None for each in (old.item, new.item)]
    is_alike = _kind(old.item) == _kind(new.item) and _scale(old.item) == _scale(new.item)
    return is_alike and currencies[0] == currencies[1]
