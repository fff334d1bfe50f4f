"""What Fairlead's tables are measured against: the same rules as a person would write them for speed."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from fairlead.facts.model import Entity, Fact, FactModel
from fairlead.facts.types import BOOLEAN, IntegerType
from fairlead.logic import factory
from fairlead.logic.terms import Literal, Term, Variable
from fairlead.ruleset.typed import Reason, Ruleset, Scorecard, ScoreRow

__all__ = ["DUCKDB_SCORE", "polars_score", "wide_query", "wide_ruleset"]

BANDS = pl.Enum(["hot", "warm", "cold"])

#: an unknown condition gives no points: that is what `CASE` does with it
DUCKDB_SCORE = """
SELECT score, CASE WHEN score > 50 THEN 'hot' WHEN score >= 20 THEN 'warm' ELSE 'cold' END AS band
FROM (
    SELECT CAST(
        CASE WHEN "lead.submitted_medical_records" THEN 25 ELSE 0 END
        + CASE WHEN "lead.asked_for_specific_dates" THEN 20 ELSE 0 END
        + CASE WHEN "lead.channel" IN ('whatsapp', 'phone') THEN 15 ELSE 0 END
        + CASE WHEN "lead.budget" IS NOT NULL THEN 10 ELSE 0 END
        + CASE WHEN "lead.channel" = 'web_form' THEN 5 ELSE 0 END AS BIGINT) AS score
    FROM leads
)
"""


def polars_score(frame: pl.LazyFrame) -> pl.LazyFrame:
    """Return score and band; an unknown condition gives no points."""

    def points(condition: pl.Expr, count: int) -> pl.Expr:
        return pl.when(condition).then(count).otherwise(0)

    channel = pl.col("lead.channel")
    score = (
        points(pl.col("lead.submitted_medical_records"), 25)
        + points(pl.col("lead.asked_for_specific_dates"), 20)
        + points((channel == "whatsapp") | (channel == "phone"), 15)
        + points(pl.col("lead.budget").is_not_null(), 10)
        + points(channel == "web_form", 5)
    )
    band = (
        pl.when(pl.col("score") > 50)
        .then(pl.lit("hot", dtype=BANDS))
        .when(pl.col("score") >= 20)
        .then(pl.lit("warm", dtype=BANDS))
        .otherwise(pl.lit("cold", dtype=BANDS))
    )
    return frame.select(score.alias("score")).with_columns(band.alias("band"))


#: a scorecard of 200 rows over 20 numbers and 10 booleans: row n asks for fact n % 30
_NUMBERS, _FLAGS, _ROWS = 20, 10, 200


def _fact(number: int) -> str:
    return f"lead.n{number}" if number < _NUMBERS else f"lead.b{number - _NUMBERS}"


def wide_query() -> pl.Expr:
    """Return the score by hand."""
    total: pl.Expr = pl.lit(0)
    for row in range(_ROWS):
        column = pl.col(_fact(row % (_NUMBERS + _FLAGS)))
        condition = column > row if row % (_NUMBERS + _FLAGS) < _NUMBERS else column
        total = total + pl.when(condition).then(row % 9 + 1).otherwise(0)
    return total.alias("score")


def wide_ruleset(count: int) -> tuple[Ruleset, pl.DataFrame]:
    """Return the same as a ruleset, and a table of seeded facts of which one in ten is absent."""
    text = {"en": "points"}
    rng = np.random.default_rng(7)
    facts: dict[str, Fact] = {}
    columns: dict[str, Any] = {}
    for number in range(_NUMBERS + _FLAGS):
        name = _fact(number)
        type_ = IntegerType(0, 1000) if number < _NUMBERS else BOOLEAN
        short = name.removeprefix("lead.")
        facts[short] = Fact(name, type_, None, None, text, text, (), None, (), known_at_decision=True)
        values = rng.integers(0, 1000, count) if number < _NUMBERS else rng.random(count) < 0.5
        columns[name] = pl.Series(values)
    frame = pl.DataFrame(columns)
    frame = frame.select(
        pl.when(pl.Series(rng.random(count) >= 0.1)).then(pl.col(name)).alias(name) for name in columns
    )
    rows = []
    for row in range(_ROWS):
        fact = facts[_fact(row % (_NUMBERS + _FLAGS)).removeprefix("lead.")]
        read = Variable(fact.type, fact.name, "fact")
        own = IntegerType(row, row)
        test: Term = read if fact.type == BOOLEAN else factory.apply(">", [read, Literal(own, row)])
        points = Literal(IntegerType(row % 9 + 1, row % 9 + 1), row % 9 + 1)
        rows.append(ScoreRow(f"r{row}", test, points, None, Reason(f"r{row}", text), ""))
    entity = Entity("lead", text, text, {}, {}, facts, {})
    model = FactModel("bench/facts", "1.0.0", text, text, {}, {"lead": entity}, {}, "")
    card = Scorecard(
        name="lead.score",
        type=IntegerType(),
        title=text,
        description=text,
        strict=False,
        pointer="",
        initial=0,
        minimum=None,
        maximum=None,
        groups=(),
        rows=tuple(rows),
    )
    made = Ruleset(
        name="bench/wide",
        version="1.0.0",
        title=text,
        about=text,
        effective_from=None,
        effective_to=None,
        model=model,
        parameters={},
        decisions=(card,),
        document_order=("lead.score",),
        document={},
        digest="",
    )
    return made, frame
