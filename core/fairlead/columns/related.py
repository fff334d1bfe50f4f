"""Aggregates over a table of related records: one group for each record that they belong to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Any

import polars as pl

from fairlead.columns import arithmetic
from fairlead.columns.algebra import Algebra
from fairlead.columns.backends import run_plan
from fairlead.columns.intake import Intake, column_name, facts_of_columns, internal_dtype
from fairlead.columns.nodes import Kind, Node, TooWideError
from fairlead.columns.plan import Plan, not_columnar
from fairlead.columns.terms import Terms, UnsupportedError
from fairlead.columns.values import Value, constant, day_number, fact_value, null_value, shape_of
from fairlead.facts.model import Aggregate, Window
from fairlead.facts.types import DATE, DATE_TIME, INT64_HIGH, INT64_LOW, MAX_DIGITS, IntegerType, Type
from fairlead.logic.terms import Variable
from fairlead.problems import Problem, RecordError, UsageError
from fairlead.ruleset.typed import Ruleset

__all__ = ["RelatedTable", "aggregates_of"]

_MONTHS = {"year": 12, "quarter": 3, "month": 1}
#: rows that a sum is exact over, as a power of ten
_MOST_ROWS = 18


def aggregates_of(ruleset: Ruleset, columns: Iterable[str], lists: Iterable[str]) -> dict[str, Aggregate]:
    """Return the aggregates that lists of related records give to records with the given columns, by name.

    A record needs its id (`partner.id`), by which the related ones name it. Raises UsageError for a list that
    no entity of the columns has.
    """
    model = ruleset.model
    keys = model.record_keys()
    wanted = set(lists)
    found: dict[str, Aggregate] = {}
    known: set[str] = set()
    for name in columns:
        key, _, short = name.partition(".")
        if short != "id" or key not in keys:
            continue
        entity = model.entities[keys[key]]
        known |= wanted & entity.related.keys()
        found |= {f"{key}.{each.short}": each for each in entity.aggregates.values() if each.of in wanted}
    problems = [
        Problem(
            "unknown-related",
            f"no record with an id among the columns has related records `{name}`",
            found=name,
            remedy="give the column with the id of the records that they belong to, such as `partner.id`",
        )
        for name in sorted(wanted - known)
    ]
    if problems:
        raise UsageError(problems)
    return found


@dataclass(frozen=True, slots=True)
class RelatedTable:
    """Related records: their own facts, and the id of what they belong to (`partner.id`)."""

    ruleset: Ruleset
    frame: pl.DataFrame
    zone: tzinfo
    as_of: datetime
    as_of_date: date

    def series(self, name: str, aggregate: Aggregate, owners: pl.Series, engine: str) -> pl.Series:
        """Return an aggregate for each owner by its id; it is absent where the id is.

        Raises RecordError for a related record that does not fit or that another has the id of, UsageError
        for what columns cannot compute exactly.
        """
        entity = self.ruleset.model.entities[aggregate.entity]
        link = f"{entity.related[aggregate.of].link}.id"
        facts = facts_of_columns(self.ruleset.model, self.frame.columns)
        if link not in facts:
            message = f"the related records `{aggregate.of}` have no column `{link}`"
            raise UsageError([Problem("unknown-columns", message, found=aggregate.of)])
        plan, roots = self._plan(aggregate, facts)
        intake = Intake({**facts}, self.zone)
        taken = intake.take(self.frame, {**plan.facts, link: facts[link].type})
        if taken.misfits:
            raise RecordError(
                [
                    each.unfit.problem(each.name).at(file=None, line=row + 1, column=None)
                    for row, cells in sorted(taken.misfits.items())
                    for each in cells
                ]
            )
        self._check_ids(f"{aggregate.record}.id")
        rows = run_plan(engine, plan, taken, [], roots)
        rows = rows.with_columns(taken.frame[column_name(link, "value")].alias("owner"))
        (shape,) = shape_of(aggregate.type)
        groups = _grouped(rows.drop_nulls("owner"), aggregate)
        joined = pl.DataFrame({"owner": owners}).join(groups, on="owner", how="left", maintain_order="left")
        nothing: Any = {"count": 0, "sum": 0, "exists": False}.get(aggregate.function)
        none = pl.col("owner").is_not_null() & pl.col("found").is_null()
        value = pl.when(none).then(pl.lit(nothing)).otherwise(pl.col("value"))
        return joined.select(value.cast(internal_dtype(shape)).alias(name)).to_series()

    def _check_ids(self, column: str) -> None:
        if column not in self.frame.columns:
            return
        ids = self.frame[column].drop_nulls()
        twice = ids.filter(ids.is_duplicated() & (ids.cast(pl.String) != ""))
        if len(twice):
            message = f"two related records have the id `{twice[0]}`"
            remedy = "leave out one of them: it would be counted twice"
            raise RecordError([Problem("duplicate-id", message, found=str(twice[0]), remedy=remedy)])

    def _plan(self, aggregate: Aggregate, facts: Mapping[str, Any]) -> tuple[Plan, dict[str, Node]]:
        on = Algebra()
        plan = Plan(self.ruleset, on, [], {}, set())

        def read(variable: Variable) -> Value:
            if variable.origin == "time":
                own: Any = self.as_of if variable.name == "as_of" else self.as_of_date
                return constant(on, DATE_TIME if variable.name == "as_of" else DATE, own)
            return fact(variable.name, variable.type)

        def fact(name: str, type_: Type) -> Value:
            if name not in facts:
                return null_value(on, type_)
            plan.facts[name] = type_
            return fact_value(on, name, type_)

        try:
            where = self.ruleset.aggregate_filters.get(aggregate.name)
            state = Terms(on, read).test(where) if where is not None else on.true
            if aggregate.window is not None:
                state = on.and_(
                    state, self._inside(on, aggregate.window, fact(aggregate.window.on, DATE).node)
                )
            value = on.null(Kind.NUMBER)
            if aggregate.value is not None:
                found = self.ruleset.model.get(aggregate.value)
                assert found is not None
                value = fact(aggregate.value, found.type).node
                if aggregate.function == "sum" and max(-value.low, value.high) > 10 ** (
                    MAX_DIGITS - _MOST_ROWS
                ):
                    raise TooWideError
        except (TooWideError, UnsupportedError):
            what = "more than 38 digits on the way"
            raise UsageError([not_columnar(f"`{aggregate.name}`", what, aggregate.name)]) from None
        return plan, {"state": state, "value": value}

    def _inside(self, on: Algebra, window: Window, day: Node) -> Node:
        today = on.number(day_number(self.as_of_date))
        if window.kind == "calendar":
            months = on.number(_MONTHS[str(window.unit)])
            own, now = (on.divide(arithmetic.month_start(on, each), months) for each in (day, today))
            return on.compare("==", own, now)
        so_far = on.compare("<=", day, today)
        if window.months is not None:
            start = arithmetic.add_months(on, today, on.number(-window.months))
        else:
            start = arithmetic.add_days(on, today, on.number(-(window.days or 0)))
        return so_far if start.is_null_constant else on.and_(so_far, on.compare(">", day, start))


def _grouped(rows: pl.DataFrame, aggregate: Aggregate) -> pl.DataFrame:
    """Return a row for each owner: `found` is true, `value` the aggregate, null where it is unknown."""
    counts, value = pl.col("state").fill_null(value=False), pl.col("value")
    unknown = pl.col("state").is_null().any()
    lacking = (counts & value.is_null()).any()
    counted = value.filter(counts)
    match aggregate.function:
        case "count":
            made = counts.sum().cast(pl.Int64)
        case "exists":
            made = counts.any()
        case "sum":
            made = pl.when(~lacking).then(counted.cast(pl.Int128).sum())
        case "earliest":
            made = pl.when(~lacking).then(counted.min())
        case _:
            made = pl.when(~lacking).then(counted.max())
    grouped = rows.group_by("owner").agg(
        pl.lit(value=True).alias("found"), pl.when(~unknown).then(made).alias("value")
    )
    if aggregate.function == "sum" and isinstance(aggregate.type, IntegerType):
        total = pl.col("value")
        low, high = (pl.lit(limit, dtype=pl.Int128) for limit in (INT64_LOW, INT64_HIGH))
        grouped = grouped.with_columns(pl.when(total.is_between(low, high)).then(total))
    return grouped
