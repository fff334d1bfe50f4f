# ruff: noqa: INP001 - a script that is handed to Spark by itself
"""Score the leads of a Parquet folder on Spark: `spark-submit score_leads.py LEADS SCORES`."""

from __future__ import annotations

import datetime as dt
import sys

import ibis
from pyspark.sql import SparkSession

import fairlead
from fairlead.columns import query, sql_of


def main(source: str, target: str) -> None:
    """Read leads whose columns are named after facts; write their ids, scores and bands."""
    session = SparkSession.builder.config("spark.sql.session.timeZone", "UTC").getOrCreate()
    leads = session.read.parquet(source)
    leads.createOrReplaceTempView("leads")
    ruleset = fairlead.load("medical-travel/lead-scoring").ruleset
    table = ibis.table(ibis.Schema.from_pyarrow(leads.limit(0).toArrow().schema), name="leads")
    scores = query(
        ruleset,
        table,
        dt.date(2026, 11, 21),
        select=["lead.score", "lead.band"],
        keep=["lead.id"],
        back_end="pyspark",
    )
    session.sql(sql_of(scores, "pyspark")).write.mode("overwrite").parquet(target)


if __name__ == "__main__":
    main(*sys.argv[1:])
