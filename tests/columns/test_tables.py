"""Tables in, tables of the same kind out; what does not fit is named with its row."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from decimal import Decimal
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from fairlead.columns import TableProgram
from fairlead.engine import Program, load
from fairlead.problems import RecordError, UsageError

DAY = date(2026, 11, 21)
ENGINES = ("polars", "duckdb")

LEADS: dict[str, list[Any]] = {
    "lead.id": ["L1", "L2", "L3"],
    "lead.submitted_medical_records": [True, None, False],
    "lead.asked_for_specific_dates": [True, False, None],
    "lead.channel": ["phone", "", "web_form"],
    "lead.budget": [{"amount": Decimal("8000.00"), "currency": "EUR"}, None, None],
    "lead.pages_read": [5, None, 2],
}


@cache
def scoring() -> Program:
    return load("medical-travel/lead-scoring", select=["lead.score", "lead.band"])


def evaluated(table: Any, **options: Any) -> Any:
    return scoring().evaluate_table(table, DAY, **options)


@pytest.mark.parametrize("engine", ENGINES)
def test_the_results_are_those_of_the_rules(engine: str) -> None:
    result = evaluated(pl.DataFrame(LEADS), engine=engine, reasons="names", unknown="names")
    assert result["lead.score"].to_list() == [70, 0, 5]
    assert result["lead.band"].cast(pl.String).to_list() == ["hot", "cold", "cold"]
    assert result["reasons"].to_list() == [
        ["medical_records", "specific_dates", "direct_channel", "budget"],
        [],
        ["web_form"],
    ]
    assert result["unknown_rows"].to_list() == [
        [],
        ["lead.score/medical_records", "lead.score/direct_channel", "lead.score/web_form"],
        ["lead.score/specific_dates"],
    ]


def test_a_mask_has_a_bit_for_each_reason() -> None:
    frame = pl.DataFrame(LEADS)
    program = TableProgram(scoring().ruleset, frame.columns, DAY, select=scoring().decisions)
    assert [bit.code for bit in program.reason_bits] == [
        "medical_records",
        "specific_dates",
        "direct_channel",
        "budget",
        "web_form",
    ]
    assert program.evaluate(frame).frame["reasons"].to_list() == [0b01111, 0, 0b10000]


def test_arrow_comes_back_as_arrow() -> None:
    result = evaluated(pa.table(LEADS))
    assert isinstance(result, pa.Table)
    assert result["lead.score"].to_pylist() == [70, 0, 5]
    assert isinstance(evaluated(pa.RecordBatch.from_pydict(LEADS)), pa.RecordBatch)


def test_polars_comes_back_as_polars() -> None:
    assert evaluated(pl.LazyFrame(LEADS)).collect()["lead.score"].to_list() == [70, 0, 5]


def test_pandas_comes_back_as_pandas_with_its_index() -> None:
    frame = pd.DataFrame(LEADS, index=[7, 8, 9])
    result = evaluated(frame)
    assert isinstance(result, pd.DataFrame)
    assert dict(result["lead.score"]) == {7: 70, 8: 0, 9: 5}


def test_the_order_of_rows_stays() -> None:
    frame = pl.DataFrame({"lead.pages_read": [4, 5] * 5000})
    program = load("medical-travel/lead-scoring", select=["lead.segment"])
    for engine in ENGINES:
        segments = program.evaluate_table(frame, DAY, engine=engine)["lead.segment"].cast(pl.String)
        assert segments.to_list() == ["none", "mql"] * 5000


def test_a_column_without_a_point_in_its_name_is_left_alone() -> None:
    assert evaluated(pl.DataFrame({**LEADS, "note": ["a", "b", "c"]}))["lead.score"].to_list() == [70, 0, 5]


def test_a_column_that_is_no_fact_is_named_with_the_nearest() -> None:
    with pytest.raises(UsageError) as found:
        evaluated(pl.DataFrame({"lead.chanel": ["phone"]}))
    (problem,) = found.value.problems
    assert (problem.code, problem.nearest) == ("unknown-fact", "lead.channel")


def test_values_that_do_not_fit_are_named_with_their_rows() -> None:
    table = pl.DataFrame({**LEADS, "lead.channel": ["phone", "fax", None], "lead.pages_read": [1, 2, -1]})
    with pytest.raises(RecordError) as found:
        evaluated(table)
    assert [(each.line, each.code, each.pointer) for each in found.value.problems] == [
        (2, "unknown-value", "/lead/channel"),
        (3, "out-of-range", "/lead/pages_read"),
    ]


def test_rows_that_do_not_fit_have_no_results() -> None:
    seen: dict[int, Any] = {}
    table = pl.DataFrame({**LEADS, "lead.channel": ["phone", "fax", None]})
    result = evaluated(table, misfits=seen.update)
    assert list(seen) == [1]
    assert result["lead.score"].to_list() == [70, None, 0]
    assert result["reasons"].to_list()[1] is None


def test_without_check_all_only_what_is_read_is_checked() -> None:
    table = pl.DataFrame({**LEADS, "lead.pages_read": [1, 2, -1]})
    assert evaluated(table, check_all=False)["lead.score"].to_list() == [70, 0, 5]


@pytest.mark.parametrize(
    ("amount", "currency", "code"),
    [
        (Decimal("1.00"), "XXQ", "unknown-currency"),
        (None, "EUR", "wrong-type"),
        (Decimal("-1.00"), "EUR", "out-of-range"),
    ],
)
def test_amounts_that_do_not_fit(amount: Decimal | None, currency: str, code: str) -> None:
    amounts = [{"amount": amount, "currency": currency}, {"amount": Decimal("2.00"), "currency": "EUR"}]
    with pytest.raises(RecordError) as found:
        evaluated(pl.DataFrame({"lead.budget": amounts}))
    assert [problem.code for problem in found.value.problems] == [code]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_clock_time_is_read_in_the_zone(engine: str) -> None:
    program = load("medical-travel/lead-scoring", select=["lead.follow_up_by"], zone="Europe/Berlin")
    # clocks go back at 03:00 on 25 October: 02:30 comes twice, and the earlier one counts
    clocks = ["2026-07-01T12:00:00", "2026-10-25T02:30:00"]
    table = pl.DataFrame({"lead.created_at": [datetime.fromisoformat(clock) for clock in clocks]})
    result = program.evaluate_table(table, DAY, engine=engine)
    assert result["lead.follow_up_by"].to_list() == [
        datetime(2026, 7, 1, 12, tzinfo=UTC),
        datetime(2026, 10, 25, 2, 30, tzinfo=UTC),
    ]


@pytest.mark.parametrize(
    ("zone", "clock", "due"),
    [
        # back ends know the changes of clocks up to some year only
        (ZoneInfo("Europe/Berlin"), "2150-07-01T12:00:00", datetime(2150, 7, 1, 12, tzinfo=UTC)),
        (timezone(timedelta(hours=3)), "2026-07-01T12:00:00", datetime(2026, 7, 1, 11, tzinfo=UTC)),
    ],
)
def test_a_clock_time_is_read_in_any_zone_and_year(zone: tzinfo, clock: str, due: datetime) -> None:
    program = load("medical-travel/lead-scoring", select=["lead.follow_up_by"])
    table = pl.DataFrame({"lead.created_at": [datetime.fromisoformat(clock)]})
    result = program.evaluate_table(table, DAY, zone=zone)
    assert result["lead.follow_up_by"].to_list() == [due]


def test_an_instant_of_another_zone_is_the_same_instant() -> None:
    program = load("medical-travel/lead-scoring", select=["lead.follow_up_by"])
    moment = datetime(2026, 7, 1, 12, tzinfo=ZoneInfo("Asia/Tokyo"))
    result = program.evaluate_table(pa.table({"lead.created_at": [moment]}), DAY)
    assert result["lead.follow_up_by"].to_pylist() == [datetime(2026, 7, 1, 5, tzinfo=UTC)]


def test_an_engine_that_is_not_there_is_named() -> None:
    with pytest.raises(UsageError) as found:
        evaluated(pl.DataFrame(LEADS), engine="abacus")
    assert found.value.problems[0].code == "unknown-engine"


def test_a_thing_that_is_no_table_is_refused() -> None:
    with pytest.raises(UsageError) as found:
        evaluated([1, 2])
    assert found.value.problems[0].found == "builtins.list"


def test_a_table_without_rows_has_none() -> None:
    empty = pl.DataFrame(LEADS).clear()
    for engine in ENGINES:
        assert evaluated(empty, engine=engine, reasons="names", unknown="names").height == 0
