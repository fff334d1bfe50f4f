"""Spark in local mode gives what the row engine gives; skipped without Java or without the extra `spark`."""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from importlib.util import find_spec
from typing import Any

import ibis
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.columns.frames import assert_agreement
from tests.columns.test_moments import BERLIN, DAYS, INSTANTS, RULES, tables
from tests.columns.test_related import AMOUNT, FEES, ON, rules
from tests.columns.test_tables import LEADS, evaluated
from tests.strategies import moments, records, rulesets

from fairlead.columns import evaluate_table, query, sql_of
from fairlead.facts.model import Window
from fairlead.facts.types import BOOLEAN, DATE, IntegerType
from fairlead.ruleset.typed import Ruleset

pytestmark = [
    pytest.mark.skipif(shutil.which("java") is None, reason="Spark needs Java, and there is none"),
    pytest.mark.skipif(find_spec("pyspark") is None, reason="pip install 'fairlead[spark]' was not run"),
    # said of the version of pandas, which Spark's own tables of pandas would need; none are used
    pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


@pytest.fixture
def session() -> Iterator[Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pyspark.sql import SparkSession

        builder = SparkSession.builder.master("local[1]").appName("fairlead tests")
        for name, value in {
            "spark.driver.host": "127.0.0.1",
            "spark.ui.enabled": "false",
            "spark.sql.session.timeZone": "UTC",
            "spark.sql.shuffle.partitions": "1",
            # compiling each random query to Java takes far longer than running it on five rows
            "spark.sql.codegen.wholeStage": "false",
            "spark.sql.codegen.factoryMode": "NO_CODEGEN",
            # and the same goes for Java's better compiler
            "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1",
        }.items():
            builder = builder.config(name, value)
        made = builder.getOrCreate()
        made.sparkContext.setLogLevel("ERROR")
    yield made
    made.stop()


several = st.lists(records(), min_size=5, max_size=12)


@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
@given(rulesets(), several, moments)
def random_rulesets_agree(ruleset: Ruleset, rows: list[dict[str, dict[str, Any]]], as_of: datetime) -> None:
    assert_agreement("spark", ruleset, rows, as_of)


decided = st.lists(st.tuples(records(), moments), min_size=5, max_size=12)


@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
@given(rulesets(), decided)
def records_agree_as_of_their_own_moments(
    ruleset: Ruleset, rows: list[tuple[dict[str, dict[str, Any]], datetime]]
) -> None:
    assert_agreement("spark", ruleset, [record for record, _ in rows], [moment for _, moment in rows])


def queried(session: Any, expression: Any) -> pl.DataFrame:
    found = pl.from_arrow(session.sql(sql_of(expression, "pyspark")).toArrow())
    assert isinstance(found, pl.DataFrame)
    return found.sort("row")


def viewed(session: Any, name: str, table: pl.DataFrame) -> Any:
    """Register a table, and return it as Ibis has it."""
    arrow = table.to_arrow(compat_level=pl.CompatLevel.oldest())
    session.createDataFrame(arrow).createOrReplaceTempView(name)
    return ibis.table(ibis.Schema.from_pyarrow(arrow.schema), name=name)


def a_query_is_as_of_each_row(session: Any) -> None:
    for days in (DAYS, [*INSTANTS]):
        table = tables(days).with_columns(row=pl.int_range(pl.len()))
        view = viewed(session, "leads", table)
        asked = query(RULES, view, "decided", zone=BERLIN, keep=["row"], back_end="pyspark")
        found = queried(session, asked)
        wanted = evaluate_table(RULES, table, as_of="decided", zone=BERLIN)
        assert found["lead.day"].to_list() == (days if days == DAYS else list(INSTANTS.values()))
        for name in ("lead.fee_now", "lead.listed", "lead.now", "lead.day"):
            assert found[name].to_list() == wanted[name].to_list()


def a_query_has_related_records(session: Any, as_of: date | str, functions: set[str]) -> None:
    window = Window("rolling", None, 30, None, ON)
    then = [date(2025, 12, 31), date(2026, 1, 31), date(2026, 1, 31), date(2026, 1, 31)]
    table = pl.DataFrame({"row": [0, 1, 2, 3], "partner.id": ["P1", "P1", "P2", None], "then": then})
    related = pl.DataFrame(
        {
            "partner.id": ["P1", "P1", "P1"],
            ON: [date(2025, 12, 30), date(2026, 1, 2), date(2026, 1, 31)],
            "introduction.amount": [2**62, 2**62, 2**62 - 1],
            "introduction.fee": [{"amount": Decimal("999999999999999999.99"), "currency": "USD"}] * 3,
        },
        schema_overrides={
            "introduction.fee": pl.Struct({"amount": pl.Decimal(20, 2), "currency": pl.String})
        },
    )
    one, both, nil = (
        {"amount": Decimal(amount), "currency": "USD"}
        for amount in ("999999999999999999.99", "1999999999999999999.98", "0.00")
    )
    owners, introductions = (viewed(session, name, each) for name, each in (("p", table), ("i", related)))
    for function, type_, value, (before, after, none) in (
        ("count", IntegerType(0), None, (1, 2, 0)),
        ("sum", AMOUNT, "introduction.amount", (2**62, 2**63 - 1, 0)),
        ("sum", FEES, "introduction.fee", (one, both, nil)),
        ("exists", BOOLEAN, None, (True, True, False)),
        ("latest", DATE, ON, (date(2025, 12, 30), date(2026, 1, 31), None)),
    ):
        if function not in functions:
            continue
        made = rules(function, type_, value, window, None)
        lists = {"introductions": introductions}
        found = queried(session, query(made, owners, as_of, related=lists, keep=["row"], back_end="pyspark"))
        first = before if as_of == "then" else after
        assert found["partner.value"].to_list() == [first, after, none, None]


def the_lead_scorecard_is_right(session: Any) -> None:
    session.conf.set("spark.sql.codegen.wholeStage", "true")
    result = evaluated(pl.DataFrame(LEADS), engine="spark", reasons="names")
    assert result["lead.score"].to_list() == [70, 0, 5]
    assert result["lead.band"].to_list() == ["hot", "cold", "cold"]
    assert result["reasons"].to_list()[2] == ["web_form"]


def test_spark(session: Any, subtests: pytest.Subtests) -> None:
    # one test, for one session: each process that tests would start a Spark of its own
    for asked, arguments in (
        (random_rulesets_agree, ()),
        (records_agree_as_of_their_own_moments, ()),
        (a_query_is_as_of_each_row, (session,)),
        (a_query_has_related_records, (session, "then", {"sum", "latest"})),
        (a_query_has_related_records, (session, date(2026, 1, 31), {"count", "exists"})),
        (the_lead_scorecard_is_right, (session,)),
    ):
        with subtests.test(asked.__name__, of=arguments[1:]):
            asked(*arguments)
