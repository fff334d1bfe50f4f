"""Running a plan over a frame of facts on Polars, DuckDB or Spark."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import polars as pl

from fairlead.columns.intake import Taken, column_name
from fairlead.columns.nodes import Node
from fairlead.columns.on_polars import PolarsEmitter
from fairlead.columns.plan import Output, Plan, not_columnar
from fairlead.columns.terms import UnsupportedError
from fairlead.columns.values import shape_of
from fairlead.facts.types import BOOLEAN
from fairlead.problems import Problem, UsageError

__all__ = ["ENGINES", "run_plan"]

#: from (plan, facts, results, further columns) to a frame of these, row by row as the facts
Runner = Callable[[Plan, Taken, Sequence[Output], Mapping[str, Node]], pl.DataFrame]


def names_of(plan: Plan) -> dict[tuple[str, str], str]:
    """Return the column that holds each part of each fact of a plan."""
    facts = {**plan.facts, **{f"{entity}.": BOOLEAN for entity in plan.present}}
    return {
        (name, shape.part): column_name(name, shape.part)
        for name, type_ in facts.items()
        for shape in shape_of(type_)
    }


def _roots(outputs: Iterable[Output], further: Mapping[str, Node]) -> dict[str, Node]:
    roots = {
        f"{output.name}#{place}": part for output in outputs for place, part in enumerate(output.value.parts)
    }
    return {**roots, **further}


def _on_polars(
    plan: Plan, taken: Taken, outputs: Sequence[Output], further: Mapping[str, Node]
) -> pl.DataFrame:
    emitter = PolarsEmitter(names_of(plan), taken.enums, taken.longest)
    frame = emitter.run(taken.frame.lazy(), _roots(outputs, further))
    columns = emitter.final(outputs)
    columns += [emitter.column(node).alias(name) for name, node in further.items()]
    # beside the facts, for a result that is the same everywhere has as many rows as they; the order is kept
    return frame.with_columns(columns).select([*(output.name for output in outputs), *further]).collect()


def _numbered(frame: pl.DataFrame) -> pl.DataFrame:
    """Return a frame with numbered rows."""
    if "#row" in frame.columns:
        return frame
    return frame.with_columns(pl.int_range(frame.height, dtype=pl.Int64, eager=True).alias("#row"))


def _expression(
    plan: Plan, table: Any, dialect: Any, outputs: Sequence[Output], further: Mapping[str, Node]
) -> Any:
    from fairlead.columns.on_ibis import IbisEmitter

    emitter = IbisEmitter(table, names_of(plan), dialect)
    emitter.run(_roots(outputs, further).values())
    columns = emitter.final(outputs)
    columns |= {name: emitter.column(node) for name, node in further.items()}
    return emitter.table.select(emitter.table["#row"], **columns)


def _on_duckdb(
    plan: Plan, taken: Taken, outputs: Sequence[Output], further: Mapping[str, Node]
) -> pl.DataFrame:
    import duckdb
    import ibis

    from fairlead.columns.on_ibis import dialect_of, sql_of, with_wide_numbers

    dialect = dialect_of("duckdb")
    facts = _portable(taken.frame).to_arrow()
    table = with_wide_numbers(ibis.table(ibis.Schema.from_pyarrow(facts.schema), name="facts"), dialect)
    query = sql_of(_expression(plan, table, dialect, outputs, further), "duckdb")
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.register("facts", facts)
        return _in_order(pl.DataFrame(connection.sql(query).to_arrow_table()))


def _in_order(frame: pl.DataFrame) -> pl.DataFrame:
    """Return a frame in the order of the facts: no engine promises it."""
    if not frame["#row"].is_sorted():
        frame = frame.sort("#row")
    return frame.drop("#row")


def _portable(frame: pl.DataFrame) -> pl.DataFrame:
    """Return a frame with numbered rows, and without 128-bit integers, which Arrow has no name for."""
    frame = _numbered(frame)
    wide: dict[Any, Any] = {pl.Int128: pl.Decimal(38, 0), pl.List(pl.Int128): pl.List(pl.Decimal(38, 0))}
    return frame.cast({name: wide[dtype] for name, dtype in frame.schema.items() if dtype in wide})


def _on_spark(
    plan: Plan, taken: Taken, outputs: Sequence[Output], further: Mapping[str, Node]
) -> pl.DataFrame:
    import ibis
    from pyspark.sql import SparkSession

    from fairlead.columns.on_ibis import dialect_of, sql_of

    session = SparkSession.builder.config("spark.sql.session.timeZone", "UTC").getOrCreate()
    plain = _portable(taken.frame)
    texts: Any = {name: pl.String for name, dtype in plain.schema.items() if isinstance(dtype, pl.Enum)}
    arrow = plain.cast(texts).to_arrow(compat_level=pl.CompatLevel.oldest())
    name = f"facts_{id(taken)}"
    session.createDataFrame(arrow).createOrReplaceTempView(name)
    try:
        table = ibis.table(ibis.Schema.from_pyarrow(arrow.schema), name=name)
        expression = _expression(plan, table, dialect_of("pyspark"), outputs, further)
        return _in_order(pl.DataFrame(session.sql(sql_of(expression, "pyspark")).toArrow()))
    finally:
        session.catalog.dropTempView(name)


ENGINES: Mapping[str, Runner] = {"polars": _on_polars, "duckdb": _on_duckdb, "spark": _on_spark}


def run_plan(
    engine: str, plan: Plan, taken: Taken, outputs: Sequence[Output], further: Mapping[str, Node]
) -> pl.DataFrame:
    """Return the results and the further columns, a row for each row of the facts, in their order.

    Raises UsageError for an engine that there is not, or whose package is missing.
    """
    runner = ENGINES.get(engine)
    if runner is None:
        message = f"there is no engine `{engine}` for tables"
        raise UsageError([Problem("unknown-engine", message, found=engine, allowed=tuple(ENGINES))])
    try:
        return runner(plan, taken, outputs, further)
    except UnsupportedError as found:
        raise UsageError([not_columnar(f"`{engine}`", str(found), plan.ruleset.name)]) from None
    except ImportError as missing:
        extra = "spark" if engine == "spark" else "columns"
        problem = Problem(
            "missing-package",
            f"the engine `{engine}` needs the package `{missing.name}`, which is not installed",
            remedy=f'run `pip install "fairlead[{extra}]"`',
        )
        raise UsageError([problem]) from None
