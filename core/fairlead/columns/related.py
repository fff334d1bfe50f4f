"""Aggregates over a table of related records: one group for each record that they belong to."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, tzinfo
from typing import Any

import polars as pl

from fairlead.columns import arithmetic
from fairlead.columns.algebra import Algebra
from fairlead.columns.backends import run_plan
from fairlead.columns.intake import Intake, Parse, Taken, column_name, facts_of_columns, internal_dtype
from fairlead.columns.nodes import Kind, Node, TooWideError
from fairlead.columns.plan import AS_OF, AS_OF_DATE, Plan, not_columnar, time_value
from fairlead.columns.terms import Terms, UnsupportedError
from fairlead.columns.values import Value, fact_value, null_value, shape_of
from fairlead.facts.model import Aggregate, Fact, Window
from fairlead.facts.types import DATE, INT64_HIGH, INT64_LOW, MAX_DIGITS, IntegerType, Type
from fairlead.logic.terms import Variable
from fairlead.problems import Problem, RecordError, UsageError
from fairlead.ruleset.typed import Ruleset

__all__ = ["NOTHING", "RelatedTable", "aggregates_of", "aggregates_plan", "check_stated", "link_of"]

_MONTHS = {"year": 12, "quarter": 3, "month": 1}
#: rows that a sum is exact over, as a power of ten
_MOST_ROWS = 18
#: what an owner has for whom nothing was found; it is absent for the other functions
NOTHING: Mapping[str, Any] = {"count": 0, "sum": 0, "exists": False}


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


def check_stated(facts: Iterable[str], computed: Mapping[str, Aggregate]) -> None:
    """Raise UsageError with the aggregates that are stated and computed as well."""
    problems = [
        Problem(
            "stated-twice",
            f"`{name}` is stated, and also the records in `{computed[name].of}` that it is computed from",
            found=name,
            remedy="leave out one of them",
        )
        for name in facts
        if name in computed
    ]
    if problems:
        raise UsageError(problems)


def link_of(ruleset: Ruleset, aggregate: Aggregate, facts: Iterable[str]) -> str:
    """Return the fact of related records that names their owner; raise UsageError where there is none."""
    entity = ruleset.model.entities[aggregate.entity]
    link = f"{entity.related[aggregate.of].link}.id"
    if link not in facts:
        message = f"the related records `{aggregate.of}` have no column `{link}`"
        raise UsageError([Problem("unknown-columns", message, found=aggregate.of)])
    return link


@dataclass(frozen=True, slots=True)
class _Held:
    """Related records as an aggregate reads them.

    `times` are the columns of the owner's own moment that it asks for; without them `groups` are the
    aggregates by owner, for each engine that was asked.
    """

    plan: Plan
    roots: tuple[Node, Node]
    taken: Taken
    times: list[str]
    groups: dict[str, pl.DataFrame] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RelatedTable:
    """Related records: their own facts, and the id of what they belong to (`partner.id`).

    `as_of` and `as_of_date` are None where each owner has its own; `parser` is that of Intake.
    """

    ruleset: Ruleset
    frame: pl.DataFrame
    zone: tzinfo
    as_of: datetime | None
    as_of_date: date | None
    parser: Callable[[Fact | Aggregate, tzinfo], Parse] | None = None
    _held: dict[str, _Held] = field(default_factory=dict, init=False)

    def series(self, name: str, aggregate: Aggregate, owners: pl.DataFrame, engine: str) -> pl.Series:
        """Return an aggregate for each owner by its id, in the column `owner`; it is absent where the id is.

        The owners have the columns of their own moment, if each has its own. Raises RecordError for a related
        record that does not fit or that another has the id of, UsageError for what columns cannot compute
        exactly.
        """
        held = self._held.get(aggregate.name)
        if held is None:
            held = self._held[aggregate.name] = self._read(aggregate)
        keys = ["owner", *held.times]
        if held.times:
            # an owner that is there for several moments has an aggregate for each, where they matter
            moments = owners.select(keys).unique()
            rows = replace(
                held.taken, frame=held.taken.frame.drop("#row", strict=False).join(moments, on="owner")
            )
            groups = self._groups(aggregate, held, rows, engine)
        else:
            found = held.groups.get(engine)
            if found is None:
                found = held.groups[engine] = self._groups(aggregate, held, held.taken, engine)
            groups = found
        (shape,) = shape_of(aggregate.type)
        joined = owners.select(keys).join(groups, on=keys, how="left", maintain_order="left")
        none = pl.col("owner").is_not_null() & pl.col("found").is_null()
        made = pl.when(none).then(pl.lit(NOTHING.get(aggregate.function))).otherwise(pl.col("value"))
        return joined.select(made.cast(internal_dtype(shape)).alias(name)).to_series()

    def _read(self, aggregate: Aggregate) -> _Held:
        """Read what an aggregate asks of the related records; it is kept for the next table of owners."""
        facts = facts_of_columns(self.ruleset.model, self.frame.columns)
        link = link_of(self.ruleset, aggregate, facts)
        plan, roots = aggregates_plan(self.ruleset, [aggregate], facts, self.as_of, self.as_of_date)
        intake = Intake({**facts}, self.zone, self.parser)
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
        taken.frame = taken.frame.with_columns(taken.frame[column_name(link, "value")].alias("owner"))
        times = [column_name(each, "value") for each in (AS_OF, AS_OF_DATE) if each in plan.facts]
        return _Held(plan, roots[0], taken, times)

    def _groups(self, aggregate: Aggregate, held: _Held, taken: Taken, engine: str) -> pl.DataFrame:
        state, value = held.roots
        rows = run_plan(engine, held.plan, taken, [], {"state": state, "value": value})
        keys = ["owner", *held.times]
        return _grouped(rows.with_columns(taken.frame[keys]).drop_nulls("owner"), aggregate, keys)

    def _check_ids(self, column: str) -> None:
        if column not in self.frame.columns:
            return
        ids = self.frame[column].drop_nulls()
        twice = ids.filter(ids.is_duplicated() & (ids.cast(pl.String) != ""))
        if len(twice):
            message = f"two related records have the id `{twice[0]}`"
            remedy = "leave out one of them: it would be counted twice"
            raise RecordError([Problem("duplicate-id", message, found=str(twice[0]), remedy=remedy)])


def aggregates_plan(
    ruleset: Ruleset,
    aggregates: Iterable[Aggregate],
    facts: Collection[str],
    as_of: datetime | None,
    as_of_date: date | None,
) -> tuple[Plan, list[tuple[Node, Node]]]:
    """Return what to compute of each related record: for each aggregate whether it counts, and its value.

    Without a moment it is the owner's, which stands beside the facts. Raises UsageError for what columns
    cannot compute exactly.
    """
    on = Algebra()
    plan = Plan(ruleset, on, [], {}, set())

    def read(variable: Variable) -> Value:
        if variable.origin == "time":
            return time_value(plan, variable.name, as_of, as_of_date)
        return fact(variable.name, variable.type)

    def fact(name: str, type_: Type) -> Value:
        if name not in facts:
            return null_value(on, type_)
        plan.facts[name] = type_
        return fact_value(on, name, type_)

    def roots(aggregate: Aggregate) -> tuple[Node, Node]:
        where = ruleset.aggregate_filters.get(aggregate.name)
        state = Terms(on, read).test(where) if where is not None else on.true
        if aggregate.window is not None:
            today = time_value(plan, "as_of_date", as_of, as_of_date).node
            day = fact(aggregate.window.on, DATE).node
            state = on.and_(state, _inside(on, aggregate.window, day, today))
        value = on.null(Kind.NUMBER)
        if aggregate.value is not None:
            found = ruleset.model.get(aggregate.value)
            assert found is not None
            value = fact(aggregate.value, found.type).node
            if aggregate.function == "sum" and max(-value.low, value.high) > 10 ** (MAX_DIGITS - _MOST_ROWS):
                raise TooWideError
        return state, value

    made = []
    for aggregate in aggregates:
        try:
            made.append(roots(aggregate))
        except (TooWideError, UnsupportedError):
            what = "more than 38 digits on the way"
            raise UsageError([not_columnar(f"`{aggregate.name}`", what, aggregate.name)]) from None
    return plan, made


def _inside(on: Algebra, window: Window, day: Node, today: Node) -> Node:
    if window.kind == "calendar":
        months = on.number(_MONTHS[str(window.unit)])
        own, now = (on.divide(arithmetic.month_start(on, each), months) for each in (day, today))
        return on.compare("==", own, now)
    so_far = on.compare("<=", day, today)
    if window.months is not None:
        start = arithmetic.add_months(on, today, on.number(-window.months))
    else:
        start = arithmetic.add_days(on, today, on.number(-(window.days or 0)))
    # a window that would begin before the calendar has every day so far
    return on.and_(so_far, on.or_(on.is_null(start), on.compare(">", day, start)))


def _grouped(rows: pl.DataFrame, aggregate: Aggregate, keys: Sequence[str]) -> pl.DataFrame:
    """Return a row for each owner, or owner and moment.

    `found` is true, `value` the aggregate, null where it is unknown.
    """
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
    grouped = rows.group_by(keys).agg(
        pl.lit(value=True).alias("found"), pl.when(~unknown).then(made).alias("value")
    )
    if aggregate.function == "sum" and isinstance(aggregate.type, IntegerType):
        total = pl.col("value")
        low, high = (pl.lit(limit, dtype=pl.Int128) for limit in (INT64_LOW, INT64_HIGH))
        grouped = grouped.with_columns(pl.when(total.is_between(low, high)).then(total))
    return grouped
