"""Tables give what the row engine gives, for random rulesets and records."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.columns.frames import assert_agreement
from tests.strategies import moments, records, records_for, rulesets

from fairlead.engine import Program, load
from fairlead.ruleset.typed import Ruleset

SHIPPED = Path(__file__).parents[2] / "rulesets" / "medical-travel"
RELAXED = settings(deadline=None, suppress_health_check=list(HealthCheck))

several = st.lists(records(), min_size=1, max_size=5)


@cache
def shipped(name: str) -> Program:
    return load(f"medical-travel/{name}")


@settings(RELAXED, max_examples=150)
@given(rulesets(), several, moments)
def test_polars_agrees(ruleset: Ruleset, rows: list[dict[str, dict[str, Any]]], as_of: datetime) -> None:
    assert_agreement("polars", ruleset, rows, as_of)


@settings(RELAXED, max_examples=60)
@given(rulesets(), several, moments)
def test_duckdb_agrees(ruleset: Ruleset, rows: list[dict[str, dict[str, Any]]], as_of: datetime) -> None:
    assert_agreement("duckdb", ruleset, rows, as_of)


@settings(RELAXED, max_examples=40)
@given(rulesets(depth=3), several, moments)
def test_polars_agrees_on_deep_terms(
    ruleset: Ruleset, rows: list[dict[str, dict[str, Any]]], as_of: datetime
) -> None:
    assert_agreement("polars", ruleset, rows, as_of)


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
@pytest.mark.parametrize("name", sorted(path.stem for path in SHIPPED.glob("*.json") if path.stem != "facts"))
@settings(RELAXED, max_examples=3)
@given(st.data())
def test_shipped_rulesets_agree(name: str, engine: str, data: st.DataObject) -> None:
    ruleset = shipped(name).ruleset
    rows = data.draw(st.lists(records_for(ruleset), min_size=1, max_size=3))
    assert_agreement(engine, ruleset, rows, data.draw(moments))
