"""A ruleset as an Ibis expression over a table of facts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, tzinfo

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from fairlead.columns.backends import names_of
from fairlead.columns.evaluation import named_masks
from fairlead.columns.ibis_intake import IbisIntake, with_moments
from fairlead.columns.ibis_related import RelatedQuery
from fairlead.columns.intake import facts_of_columns
from fairlead.columns.moments import check_moments, moment_and_day
from fairlead.columns.nodes import Node, TooWideError
from fairlead.columns.on_ibis import IbisEmitter, dialect_of
from fairlead.columns.plan import make_plan, not_columnar
from fairlead.columns.related import aggregates_of, check_stated
from fairlead.columns.terms import Rates, UnsupportedError
from fairlead.facts.types import TEXT
from fairlead.problems import Problem, UsageError
from fairlead.ruleset.typed import Ruleset

__all__ = ["query"]


def query(
    ruleset: Ruleset,
    table: ir.Table,
    as_of: date | str,
    *,
    zone: tzinfo = UTC,
    select: Iterable[str] | None = None,
    rates: Rates | None = None,
    related: Mapping[str, ir.Table] | None = None,
    reasons: bool = True,
    unknown: bool = True,
    keep: Iterable[str] = (),
    check: bool = True,
    back_end: str | None = None,
) -> ir.Table:
    """Return the results of a table as an Ibis expression; nothing is run.

    The columns named after facts are read, those in `keep` are passed on. There is a column for each
    decision, masks in `reasons` and `unknown` (see `TableProgram`), and `misfit`, which is true where a value
    that is read does not fit its fact: such a row has no results. Without `check` the values are taken to
    fit, and those of one-of facts to be null where they are absent. `back_end` names the back end of a table
    that has none yet.

    `as_of` is a date or an instant, or the name of a column of dates or of instants: each row is then decided
    as of its own moment, and one without a moment is a misfit. Days and instants go by the zone as Python
    knows it; in a zone that changes its clocks every year, rows as of 2099-12-31 and later are misfits.

    `related` are tables of related records by the name of their list, from which the aggregates of rows with
    an id are computed, as by `TableProgram`. Where a value that is read of a related record does not fit, or
    two related records have one id, the rows that they belong to are misfits.

    Raises UsageError for a back end that is not known to compute exactly, for a column that is no fact or
    whose type cannot hold its values, and for what columns cannot compute exactly.
    """
    dialect = dialect_of(back_end or _back_end(table))
    facts = facts_of_columns(ruleset.model, table.columns)
    lists = related or {}
    computed = aggregates_of(ruleset, facts, lists)
    check_stated(facts, computed)
    keys = {name.partition(".")[0] for name in facts}
    moment, day = None, None
    if isinstance(as_of, str):
        check_moments(as_of, table.columns)
    else:
        moment, day = moment_and_day(as_of, zone)
    plan = make_plan(
        ruleset,
        moment,
        day,
        select=select,
        available=facts.keys() | computed.keys(),
        entities=keys if len(keys) == 1 else None,
        rates=rates,
    )
    needed = {name: each for name, each in computed.items() if name in plan.facts}
    ids = {f"{name.partition('.')[0]}.id": TEXT for name in needed}
    intake = IbisIntake(table, dialect, check=check)
    read_of = {name: facts[name] for name in {**plan.facts, **ids} if name in facts}
    intake.take(read_of, plan.read_values() | ids.keys())
    intake.presence(plan.present, facts)
    if isinstance(as_of, str):
        intake.moment(as_of)
    further: dict[str, Node] = {}
    if reasons:
        further |= named_masks("reasons", plan.masks([test for _, test in plan.reasons]))
    if unknown:
        further |= named_masks("unknown", plan.masks([test for _, test in plan.marks]))
    passed = list(keep)
    if not check:
        intake.tests.clear()
    read = table.select(*passed, misfit=intake.misfit(), **intake.parts)
    roots = [part for output in plan.outputs for part in output.value.parts]
    try:
        if isinstance(as_of, str):
            read = with_moments(read, zone, dialect)
        for name, each in lists.items():
            own = {full: aggregate for full, aggregate in needed.items() if aggregate.of == name}
            read = RelatedQuery(ruleset, each, dialect, moment, day, check=check).joined(read, own)
        emitter = IbisEmitter(read, names_of(plan), dialect)
        emitter.run([*roots, *further.values()])
        columns = emitter.final(plan.outputs)
        columns |= {name: emitter.column(node).cast(dt.int64) for name, node in further.items()}
    except (UnsupportedError, TooWideError) as found:
        what = str(found) or "a number of more than 38 digits"
        raise UsageError([not_columnar(f"`{dialect.name}`", what, ruleset.name)]) from None
    if check:
        columns = {
            name: ibis.cases((~emitter.table["misfit"], made), else_=dialect.null(made.type()))
            for name, made in columns.items()
        }
    return emitter.table.select(*passed, **columns, misfit=emitter.table["misfit"])


def _back_end(table: ir.Table) -> str:
    try:
        return str(table.get_backend().name)
    except ibis.IbisError:
        problem = Problem(
            "wrong-usage",
            "the table belongs to no back end",
            remedy='name the one it will run on: `back_end="duckdb"`',
        )
        raise UsageError([problem]) from None
