"""A ruleset as an Ibis expression."""

from __future__ import annotations

from datetime import UTC, date, datetime

import duckdb
import ibis
import polars as pl
import pytest
from tests.columns.test_tables import LEADS, scoring

from fairlead.columns import query
from fairlead.columns.on_ibis import sql_of
from fairlead.engine import load
from fairlead.problems import UsageError

DAY = date(2026, 11, 21)


def ran(table: pl.DataFrame, expression: ibis.Table) -> pl.DataFrame:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.register("leads", table.to_arrow())
        result = pl.from_arrow(connection.sql(sql_of(expression, "duckdb")).to_arrow_table())
    assert isinstance(result, pl.DataFrame)
    return result.sort("lead.id")


def leads(table: pl.DataFrame) -> ibis.Table:
    return ibis.table(ibis.Schema.from_pyarrow(table.to_arrow().schema), name="leads")


def expression(table: pl.DataFrame, **options: object) -> ibis.Table:
    ruleset = scoring().ruleset
    chosen = ["lead.score", "lead.band"]
    return query(ruleset, leads(table), DAY, select=chosen, keep=["lead.id"], back_end="duckdb", **options)  # type: ignore[arg-type]


def test_the_expression_gives_the_results() -> None:
    table = pl.DataFrame(LEADS)
    result = ran(table, expression(table))
    assert result["lead.score"].to_list() == [70, 0, 5]
    assert result["lead.band"].to_list() == ["hot", "cold", "cold"]
    assert result["reasons"].to_list() == [0b01111, 0, 0b10000]
    assert result["misfit"].to_list() == [False, False, False]


def test_a_program_asks_for_its_decisions_in_its_zone() -> None:
    program = load("medical-travel/lead-scoring", select=["lead.follow_up_by"], zone="Europe/Berlin")
    table = pl.DataFrame({"lead.id": ["L1"], "lead.created_at": [datetime(2026, 7, 1, 12, tzinfo=UTC)]})
    for as_of in (DAY, "lead.created_at"):
        asked = program.query(leads(table), as_of, keep=["lead.id"], back_end="duckdb")
        assert ran(table, asked)["lead.follow_up_by"].to_list() == [datetime(2026, 7, 1, 14, tzinfo=UTC)]
    asked = scoring().query(leads(table), DAY, keep=["lead.id"], back_end="duckdb")
    assert asked.columns == ("lead.id", "lead.score", "lead.band", "reasons", "unknown", "misfit")
    # the day of the lead is in the zone of the program: the query has its clocks, from local mean time on
    text = sql_of(program.query(leads(table), "lead.created_at", back_end="duckdb"), "duckdb")
    assert "3208000000" in text


def test_a_row_with_a_value_that_does_not_fit_has_no_results() -> None:
    table = pl.DataFrame({**LEADS, "lead.channel": ["phone", "fax", None]})
    result = ran(table, expression(table))
    assert result["misfit"].to_list() == [False, True, False]
    assert result["lead.score"].to_list() == [70, None, 0]


def test_only_columns_that_decisions_read_are_read() -> None:
    text = sql_of(expression(pl.DataFrame(LEADS)), "duckdb")
    assert "lead.channel" in text
    assert "lead.pages_read" not in text


def test_a_back_end_that_is_not_known_to_be_exact_is_refused() -> None:
    with pytest.raises(UsageError) as found:
        query(scoring().ruleset, leads(pl.DataFrame(LEADS)), DAY, back_end="mysql")
    (problem,) = found.value.problems
    assert (problem.code, problem.allowed) == ("unknown-back-end", ("duckdb", "pyspark"))


def test_a_table_of_no_back_end_needs_one_named() -> None:
    with pytest.raises(UsageError) as found:
        query(scoring().ruleset, leads(pl.DataFrame(LEADS)), DAY)
    assert found.value.problems[0].code == "wrong-usage"


def test_a_column_of_the_wrong_type_is_named() -> None:
    table = pl.DataFrame({**LEADS, "lead.submitted_medical_records": [1, 0, 1]})
    with pytest.raises(UsageError) as found:
        expression(table)
    (problem,) = found.value.problems
    assert problem.code == "wrong-type"
    assert problem.message == (
        "the column `lead.submitted_medical_records` is int64, and the fact is boolean"
    )
