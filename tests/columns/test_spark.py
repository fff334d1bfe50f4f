"""Spark in local mode gives what the row engine gives; skipped without Java or without the extra `spark`."""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Iterator
from datetime import datetime
from importlib.util import find_spec
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.columns.frames import assert_agreement
from tests.columns.test_tables import LEADS, evaluated
from tests.strategies import moments, records, rulesets

from fairlead.ruleset.typed import Ruleset

pytestmark = [
    pytest.mark.skipif(shutil.which("java") is None, reason="Spark needs Java, and there is none"),
    pytest.mark.skipif(find_spec("pyspark") is None, reason="pip install 'fairlead[spark]' was not run"),
    # said of the version of pandas, which Spark's own tables of pandas would need; none are used
    pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


@pytest.fixture(scope="module", autouse=True)
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
        }.items():
            builder = builder.config(name, value)
        made = builder.getOrCreate()
        made.sparkContext.setLogLevel("ERROR")
    yield made
    made.stop()


several = st.lists(records(), min_size=5, max_size=12)


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(rulesets(), several, moments)
def test_spark_agrees(ruleset: Ruleset, rows: list[dict[str, dict[str, Any]]], as_of: datetime) -> None:
    assert_agreement("spark", ruleset, rows, as_of)


def test_the_lead_scorecard_on_spark(session: Any) -> None:
    session.conf.set("spark.sql.codegen.wholeStage", "true")
    result = evaluated(pl.DataFrame(LEADS), engine="spark", reasons="names")
    assert result["lead.score"].to_list() == [70, 0, 5]
    assert result["lead.band"].to_list() == ["hot", "cold", "cold"]
    assert result["reasons"].to_list()[2] == ["web_form"]
