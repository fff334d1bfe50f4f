"""Aggregates over tables of related records give what the row engine gives over the records themselves."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.strategies import TITLE, ruleset

from fairlead.columns import evaluate_table
from fairlead.engine import Program
from fairlead.facts.model import Aggregate, Entity, Fact, FactModel, Link, Related, Window
from fairlead.facts.types import BOOLEAN, DATE, TEXT, IntegerType, Type
from fairlead.logic.terms import Term, Variable
from fairlead.problems import RecordError, UsageError
from fairlead.ruleset.typed import Formula, Ruleset

ON = "introduction.introduced_on"
AMOUNT = IntegerType()
HAPPENED = Variable(BOOLEAN, "introduction.happened", "fact")
DAY = date(2026, 11, 21)

WINDOWS = (
    None,
    *(Window("calendar", unit, None, None, ON) for unit in ("year", "quarter", "month")),
    Window("rolling", None, 30, None, ON),
    Window("rolling", None, None, 1, ON),
    Window("rolling", None, 1_000_000, None, ON),
)
FUNCTIONS: tuple[tuple[str, Type, str | None], ...] = (
    ("count", IntegerType(0), None),
    ("exists", BOOLEAN, None),
    ("sum", AMOUNT, "introduction.amount"),
    ("earliest", DATE, ON),
    ("latest", DATE, ON),
)


def fact(name: str, type_: Type) -> Fact:
    return Fact(name, type_, None, None, TITLE, TITLE, (), None, (), known_at_decision=True)


def rules(
    function: str, type_: Type, value: str | None, window: Window | None, where: Term | None
) -> Ruleset:
    found = Aggregate(
        "partner.found",
        type_,
        TITLE,
        TITLE,
        (),
        None,
        function,
        "introductions",
        "introduction",
        value,
        None,
        window,
        "",
    )
    own = {"happened": BOOLEAN, "introduced_on": DATE, "amount": AMOUNT, "id": TEXT}
    introduction = Entity(
        "introduction",
        TITLE,
        TITLE,
        {"partner": Link("partner", "partner", TITLE)},
        {},
        {short: fact(f"introduction.{short}", kind) for short, kind in own.items()},
        {},
    )
    related = {"introductions": Related("introductions", "introduction", "partner", TITLE)}
    partner = Entity("partner", TITLE, TITLE, {}, related, {"id": fact("partner.id", TEXT)}, {"found": found})
    model = FactModel(
        "test/facts", "1.0.0", TITLE, TITLE, {}, {"partner": partner, "introduction": introduction}, {}, ""
    )
    formula = Formula(
        "partner.value",
        type_,
        TITLE,
        TITLE,
        strict=False,
        pointer="",
        value=Variable(type_, found.name, "fact"),
    )
    filters = {found.name: where} if where is not None else {}
    return ruleset([formula], model=model, aggregate_filters=filters)


introductions = st.lists(
    st.fixed_dictionaries(
        {
            "partner.id": st.sampled_from(["P1", "P2", "P9", "", None]),
            "introduction.happened": st.sampled_from([True, True, False, None]),
            ON: st.one_of(
                st.none(),
                st.sampled_from(
                    [DAY, date(2026, 1, 1), date(2026, 10, 31), date(1, 1, 1), date(9999, 12, 31)]
                ),
                st.integers(-400, 40).map(lambda days: DAY + timedelta(days)),
            ),
            "introduction.amount": st.sampled_from([0, 5, -3, 2**62, None]),
        }
    ),
    max_size=8,
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.sampled_from(FUNCTIONS),
    st.sampled_from(WINDOWS),
    st.sampled_from([None, HAPPENED]),
    introductions,
    st.sampled_from([DAY, date(2024, 2, 29), date(2026, 3, 31), date(1, 1, 2)]),
)
def test_aggregates_agree(
    kind: tuple[str, Type, str | None],
    window: Window | None,
    where: Term | None,
    rows: list[dict[str, Any]],
    as_of: date,
) -> None:
    function, type_, value = kind
    made = rules(function, type_, value, window, where)
    program = Program(made)
    columns = {"partner.id": pl.String, "introduction.happened": pl.Boolean, ON: pl.Date}
    related = pl.DataFrame(rows, schema={**columns, "introduction.amount": pl.Int64})
    ids = ["P1", "P2", "P3", None]
    table = pl.DataFrame({"partner.id": ids}, schema={"partner.id": pl.String})
    for engine in ("polars", "duckdb"):
        result = evaluate_table(made, table, as_of=as_of, related={"introductions": related}, engine=engine)
        for identity, found in zip(ids, result["partner.value"].to_list(), strict=True):
            record: dict[str, Any] = {"partner": {}}
            if identity is not None:
                own = [row for row in rows if row["partner.id"] == identity]
                records = [
                    {name.partition(".")[2]: cell for name, cell in row.items() if name.startswith("intro")}
                    for row in own
                ]
                record = {"partner": {"id": identity, "introductions": records}}
            assert found == program.evaluate_checked(record, as_of).decisions["partner.value"]


COUNT = rules("count", IntegerType(0), None, None, None)
PARTNERS = pl.DataFrame({"partner.id": ["P1"]})


def test_a_list_that_no_record_has_is_named() -> None:
    with pytest.raises(UsageError) as found:
        evaluate_table(COUNT, PARTNERS, as_of=DAY, related={"visits": PARTNERS})
    assert found.value.problems[0].code == "unknown-related"


def test_an_aggregate_cannot_be_stated_and_computed() -> None:
    with pytest.raises(UsageError) as found:
        evaluate_table(
            COUNT,
            PARTNERS.with_columns(pl.lit(3).alias("partner.found")),
            as_of=DAY,
            related={"introductions": PARTNERS},
        )
    assert found.value.problems[0].code == "stated-twice"


def test_a_related_record_is_not_counted_twice() -> None:
    related = pl.DataFrame({"introduction.id": ["I1", "I1"], "partner.id": ["P1", "P1"]})
    with pytest.raises(RecordError) as found:
        evaluate_table(COUNT, PARTNERS, as_of=DAY, related={"introductions": related})
    assert found.value.problems[0].code == "duplicate-id"
