"""Tables give what the row engine gives, for random rulesets and records."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.columns.frames import assert_agreement
from tests.strategies import moments, records, records_for, ruleset, rulesets, variables_in_scope

from fairlead.engine import Program, load
from fairlead.facts.types import BOOLEAN, ListType
from fairlead.logic.terms import Apply, Element, Literal, Quantifier
from fairlead.ruleset.typed import Formula, Ruleset

SHIPPED = Path(__file__).parents[2] / "rulesets" / "medical-travel"
RELAXED = settings(deadline=None, suppress_health_check=list(HealthCheck))

#: a query takes long to make, and one row more no time at all
several = st.lists(records(), min_size=5, max_size=12)


@cache
def shipped(name: str) -> Program:
    return load(f"medical-travel/{name}")


@settings(RELAXED, max_examples=40)
@given(rulesets(), several, moments)
def test_polars_agrees(rules: Ruleset, rows: list[dict[str, dict[str, Any]]], as_of: datetime) -> None:
    assert_agreement("polars", rules, rows, as_of)


@settings(RELAXED, max_examples=25)
@given(rulesets(), several, moments)
def test_duckdb_agrees(rules: Ruleset, rows: list[dict[str, dict[str, Any]]], as_of: datetime) -> None:
    assert_agreement("duckdb", rules, rows, as_of)


decided = st.lists(st.tuples(records(), moments), min_size=5, max_size=12)


@settings(RELAXED, max_examples=25)
@given(rulesets(), decided)
def test_polars_agrees_on_each_record_as_of_its_own_moment(
    rules: Ruleset, rows: list[tuple[dict[str, dict[str, Any]], datetime]]
) -> None:
    assert_agreement("polars", rules, [record for record, _ in rows], [moment for _, moment in rows])


@settings(RELAXED, max_examples=15)
@given(rulesets(), decided)
def test_duckdb_agrees_on_each_record_as_of_its_own_moment(
    rules: Ruleset, rows: list[tuple[dict[str, dict[str, Any]], datetime]]
) -> None:
    assert_agreement("duckdb", rules, [record for record, _ in rows], [moment for _, moment in rows])


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_an_empty_list_is_chosen_beside_a_list_of_numbers(engine: str) -> None:
    known = {each.name: each for each in variables_in_scope("lead")}
    counts = known["lead.counts"]
    choice = (known["lead.ready"], Literal(ListType(None), ()), counts)
    rows = [{"lead": {"ready": ready, "counts": (5,), "pages": 5}} for ready in (True, False)]
    for made in (
        Apply(counts.type, "if", choice),
        Apply(counts.type, "default", (Literal(ListType(None), ()), counts)),
        Apply(counts.type, "default", (counts, Literal(ListType(None), ()))),
    ):
        value = Apply(BOOLEAN, "in", (known["lead.pages"], made))
        texts = {"en": "listed"}
        listed = Formula("lead.listed", BOOLEAN, texts, texts, strict=True, pointer="", value=value)
        assert_agreement(engine, ruleset([listed]), [*rows, {"lead": {}}], datetime(2026, 11, 21, tzinfo=UTC))


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_a_list_is_looked_through_for_each_item_of_another(engine: str) -> None:
    counts = next(each for each in variables_in_scope("lead") if each.name == "lead.counts")
    assert isinstance(counts.type, ListType)
    assert counts.type.item is not None
    among = Apply(BOOLEAN, "in", (Element(counts.type.item), counts))
    texts = {"en": "listed"}
    value = Quantifier(BOOLEAN, "all", counts, among)
    listed = Formula("lead.listed", BOOLEAN, texts, texts, strict=True, pointer="", value=value)
    rows = [{"lead": {"counts": each}} for each in ((5, 100, 30), (1,), ())]
    assert_agreement(engine, ruleset([listed]), [*rows, {"lead": {}}], datetime(2026, 11, 21, tzinfo=UTC))


@settings(RELAXED, max_examples=25)
@given(rulesets(depth=3), several, moments)
def test_polars_agrees_on_deep_terms(
    rules: Ruleset, rows: list[dict[str, dict[str, Any]]], as_of: datetime
) -> None:
    assert_agreement("polars", rules, rows, as_of)


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
@pytest.mark.parametrize("name", sorted(path.stem for path in SHIPPED.glob("*.json") if path.stem != "facts"))
@settings(RELAXED, max_examples=2)
@given(st.data())
def test_shipped_rulesets_agree(name: str, engine: str, data: st.DataObject) -> None:
    rules = shipped(name).ruleset
    rows = data.draw(st.lists(records_for(rules), min_size=1, max_size=3))
    assert_agreement(engine, rules, rows, data.draw(moments))
