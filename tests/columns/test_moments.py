"""Each row decided as of its own moment, which a column of the table gives."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import ibis
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.strategies import TITLE, ruleset

from fairlead.columns import evaluate_table, query, sql_of
from fairlead.columns.tables import Misfits
from fairlead.engine import Program, load
from fairlead.facts.model import Entity, Fact, FactModel
from fairlead.facts.types import BOOLEAN, DATE, DATE_TIME, ListType, MoneyType, OneOfType, Type
from fairlead.logic.terms import Apply, Term, Variable
from fairlead.problems import RecordError, UsageError
from fairlead.ruleset.typed import Decision, Formula, Parameter, Ruleset

ENGINES = ("polars", "duckdb")
BERLIN = ZoneInfo("Europe/Berlin")
FEE = MoneyType("USD", 9, 2)
ROUTE = OneOfType(("call", "write"))


def formula(short: str, type_: Type, value: Term) -> Formula:
    return Formula(f"lead.{short}", type_, TITLE, TITLE, strict=True, pointer="", value=value)


def rules() -> Ruleset:
    since = Variable(DATE, "lead.since", "fact")
    day = Variable(DATE, "as_of_date", "time")
    parameters = {
        "fee": Parameter(
            "fee", FEE, TITLE, ((date(2020, 1, 1), 60000), (date(2026, 1, 1), 200000), (date(2026, 3, 29), 5))
        ),
        "route": Parameter("route", ROUTE, TITLE, ((None, "call"), (date(2026, 3, 29), "write"))),
        "days": Parameter(
            "days",
            ListType(DATE),
            TITLE,
            ((None, ()), (date(2026, 3, 29), (date(2026, 3, 29), date(2026, 3, 30)))),
        ),
    }
    among = (day, Variable(ListType(DATE), "parameters.days", "parameter"))
    made: list[Decision] = [
        formula("fee_now", FEE, Variable(FEE, "parameters.fee", "parameter")),
        formula("route", ROUTE, Variable(ROUTE, "parameters.route", "parameter")),
        formula("listed", BOOLEAN, Apply(BOOLEAN, "in", among)),
        formula("day", DATE, day),
        formula("now", DATE_TIME, Variable(DATE_TIME, "as_of", "time")),
        formula("begun", BOOLEAN, Apply(BOOLEAN, "<=", (since, day))),
    ]
    own = Fact("lead.since", DATE, None, None, TITLE, TITLE, (), None, (), known_at_decision=True)
    lead = Entity("lead", TITLE, TITLE, {}, {}, {"since": own}, {})
    model = FactModel("test/facts", "1.0.0", TITLE, TITLE, {}, {"lead": lead}, {}, "")
    return ruleset(made, parameters=parameters, model=model)


RULES = rules()


def in_duckdb(table: pl.DataFrame, as_of: date | str, zone: Any = UTC, **options: Any) -> pl.DataFrame:
    """Run the query of a table on DuckDB, and return its rows in the order of `row`."""
    numbered = table.with_row_index("row")
    source = ibis.table(ibis.Schema.from_pyarrow(numbered.to_arrow().schema), name="leads")
    asked = query(RULES, source, as_of, zone=zone, keep=["row"], back_end="duckdb", **options)
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'Asia/Tokyo'")
        connection.register("leads", numbered.to_arrow())
        found = pl.from_arrow(connection.sql(sql_of(asked, "duckdb")).to_arrow_table())
    assert isinstance(found, pl.DataFrame)
    return found.sort("row").with_columns(pl.col("lead.now").dt.convert_time_zone("UTC"))


def tables(moments: Sequence[Any]) -> pl.DataFrame:
    since = [date(2026, 3, 29)] * len(moments)
    return pl.DataFrame({"lead.since": since, "decided": moments}, strict=False)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


DAYS = [
    *(date(2019, 12, 31), date(2020, 1, 1), date(2025, 12, 31), date(2026, 1, 1)),
    *(date(2026, 3, 28), date(2026, 3, 29), date(2026, 3, 30), date(2026, 10, 26)),
]


@pytest.mark.parametrize("engine", [*ENGINES, "query"])
def test_each_row_has_the_parameters_of_its_own_day(engine: str) -> None:
    table = tables(DAYS)
    if engine == "query":
        found = in_duckdb(table, "decided", BERLIN)
    else:
        found = evaluate_table(RULES, table, as_of="decided", zone=BERLIN, engine=engine)
    amounts = [None, "600.00", "600.00", "2000.00", "2000.00", "0.05", "0.05", "0.05"]
    assert found["lead.fee_now"].to_list() == [
        None if each is None else {"amount": Decimal(each), "currency": "USD"} for each in amounts
    ]
    assert found["lead.route"].cast(pl.String).to_list() == ["call"] * 5 + ["write"] * 3
    assert found["lead.listed"].to_list() == [False] * 5 + [True, True, False]
    assert found["lead.begun"].to_list() == [False] * 5 + [True] * 3
    assert found["lead.day"].to_list() == DAYS
    # clocks went forward on 29 March at 02:00 and go back on 25 October
    assert found["lead.now"].to_list() == [
        *(utc(2019, 12, 30, 23), utc(2019, 12, 31, 23), utc(2025, 12, 30, 23), utc(2025, 12, 31, 23)),
        *(utc(2026, 3, 27, 23), utc(2026, 3, 28, 23), utc(2026, 3, 29, 22), utc(2026, 10, 25, 23)),
    ]


INSTANTS = {
    utc(2026, 3, 28, 22, 59, 59): date(2026, 3, 28),
    utc(2026, 3, 28, 23): date(2026, 3, 29),
    utc(2026, 3, 29, 21, 59, 59, 999999): date(2026, 3, 29),
    utc(2026, 3, 29, 22): date(2026, 3, 30),
    utc(2026, 10, 24, 21, 59, 59, 999999): date(2026, 10, 24),
    utc(2026, 10, 24, 22): date(2026, 10, 25),
    utc(2026, 10, 25, 22, 59, 59): date(2026, 10, 25),
    utc(2026, 10, 25, 23): date(2026, 10, 26),
}


@pytest.mark.parametrize("engine", [*ENGINES, "query"])
def test_an_instant_has_its_day_in_the_zone(engine: str) -> None:
    table = tables(list(INSTANTS))
    if engine == "query":
        found = in_duckdb(table, "decided", BERLIN)
    else:
        found = evaluate_table(RULES, table, as_of="decided", zone=BERLIN, engine=engine)
    assert found["lead.day"].to_list() == list(INSTANTS.values())
    assert found["lead.now"].to_list() == list(INSTANTS)


@pytest.mark.parametrize(
    ("zone", "day", "start"),
    [
        # at 00:00 clocks went to 01:00
        ("Africa/Cairo", date(2026, 4, 24), utc(2026, 4, 23, 22)),
        # at 01:00 clocks went back to 00:00, which so came twice
        ("America/Havana", date(2026, 11, 1), utc(2026, 11, 1, 4)),
        # the day was left out
        ("Pacific/Apia", date(2011, 12, 30), utc(2011, 12, 30, 10)),
        ("Asia/Kathmandu", date(2026, 1, 1), utc(2025, 12, 31, 18, 15)),
    ],
)
def test_a_day_starts_where_the_zone_says(zone: str, day: date, start: datetime) -> None:
    table = tables([day])
    for found in (
        evaluate_table(RULES, table, as_of="decided", zone=ZoneInfo(zone)),
        in_duckdb(table, "decided", ZoneInfo(zone)),
    ):
        assert found["lead.now"].to_list() == [start]
        assert found["lead.day"].to_list() == [day]
    assert Program(RULES, zone).evaluate({"lead": {}}, day).decisions["lead.now"] == start


def test_a_column_of_texts_has_dates_and_clock_times() -> None:
    # 02:30 was skipped on 29 March, and came twice on 25 October
    clocks = ["2026-03-29T02:30:00", "2026-10-25T02:30:00"]
    wanted = [utc(2026, 3, 29, 1, 30), utc(2026, 10, 25, 0, 30)]
    texts = [*clocks, "2026-03-29", "2026-03-29T00:30:00Z"]
    found = evaluate_table(RULES, tables(texts), as_of="decided", zone=BERLIN)
    assert found["lead.now"].to_list() == [*wanted, utc(2026, 3, 28, 23), utc(2026, 3, 29, 0, 30)]
    naive = [datetime.fromisoformat(clock) for clock in clocks]
    found = evaluate_table(RULES, tables(naive), as_of="decided", zone=BERLIN)
    assert found["lead.now"].to_list() == wanted


def test_a_row_without_a_moment_does_not_fit() -> None:
    table = tables(["2026-03-29", None, "", "soon", "2026-02-30", "0001-01-01"])
    with pytest.raises(RecordError) as raised:
        evaluate_table(RULES, table, as_of="decided", zone=BERLIN)
    assert [(each.line, each.code, each.pointer) for each in raised.value.problems] == [
        (2, "missing-moment", "/decided"),
        (3, "missing-moment", "/decided"),
        (4, "wrong-type", "/decided"),
        (5, "out-of-range", "/decided"),
        (6, "out-of-range", "/decided"),
    ]
    seen: dict[int, Any] = {}
    keep: Misfits = seen.update
    found = evaluate_table(RULES, table, as_of="decided", zone=BERLIN, misfits=keep)
    assert list(seen) == [1, 2, 3, 4, 5]
    assert found["lead.day"].to_list() == [date(2026, 3, 29), None, None, None, None, None]
    assert found["lead.route"].to_list()[1] is None


def test_a_column_of_numbers_has_no_moments() -> None:
    with pytest.raises(RecordError) as raised:
        evaluate_table(RULES, tables([20260329]), as_of="decided")
    assert [(each.line, each.code) for each in raised.value.problems] == [(1, "wrong-type")]


def test_a_column_that_is_not_there_is_named_with_the_nearest() -> None:
    table = tables([date(2026, 3, 29)])
    for ask in (
        lambda: evaluate_table(RULES, table, as_of="decide"),
        lambda: in_duckdb(table, "decide"),
    ):
        with pytest.raises(UsageError) as raised:
            ask()
        (problem,) = raised.value.problems
        assert (problem.code, problem.nearest) == ("unknown-columns", "decided")


def test_a_fact_can_be_what_rows_are_decided_as_of() -> None:
    table = pl.DataFrame({"lead.since": [date(2026, 3, 28), None, date(2026, 3, 29)]})
    seen: dict[int, Any] = {}
    keep: Misfits = seen.update
    found = evaluate_table(RULES, table, as_of="lead.since", misfits=keep)
    assert found["lead.begun"].to_list() == [True, None, True]
    assert found["lead.route"].cast(pl.String).to_list() == ["call", None, "write"]
    assert [cell.name for cell in seen[1]] == ["lead.since"]
    asked = in_duckdb(table, "lead.since")
    assert asked["misfit"].to_list() == [False, True, False]
    assert asked["lead.route"].to_list() == ["call", None, "write"]


def test_a_cell_that_fits_neither_way_is_told_once() -> None:
    with pytest.raises(RecordError) as raised:
        evaluate_table(RULES, pl.DataFrame({"lead.since": ["soon"]}), as_of="lead.since")
    assert [each.pointer for each in raised.value.problems] == ["/lead/since"]


def test_an_as_of_that_is_no_moment_is_refused() -> None:
    with pytest.raises(UsageError) as raised:
        evaluate_table(RULES, tables([]), as_of=20260329)  # type: ignore[arg-type]
    assert raised.value.problems[0].code == "wrong-usage"


def test_a_query_wants_dates_or_instants() -> None:
    with pytest.raises(UsageError) as raised:
        in_duckdb(tables([datetime.fromisoformat("2026-03-29T12:00:00")]), "decided")
    (problem,) = raised.value.problems
    assert (problem.code, problem.found) == ("wrong-type", "timestamp(6)")


def test_a_query_has_misfits_where_there_is_no_moment() -> None:
    days = [date(2099, 12, 30), date(2099, 12, 31), None, date(1, 1, 1)]
    found = in_duckdb(tables(days), "decided", BERLIN)
    assert found["misfit"].to_list() == [False, True, True, True]
    assert found["lead.day"].to_list() == [date(2099, 12, 30), None, None, None]
    # Tokyo has not changed its clocks since 1951
    found = in_duckdb(tables(days), "decided", ZoneInfo("Asia/Tokyo"))
    assert found["misfit"].to_list() == [False, False, True, True]


def test_the_lead_scorecard_as_of_each_row() -> None:
    program = load("medical-travel/lead-scoring", zone="Europe/Istanbul", select=["lead.score"])
    table = pl.DataFrame({"lead.submitted_medical_records": [True], "asked": [utc(2026, 11, 20, 22)]})
    assert program.evaluate_table(table, "asked")["lead.score"].to_list() == [25]


zones = st.sampled_from(
    ["Europe/Berlin", "Africa/Cairo", "America/Havana", "Pacific/Apia", "Africa/Freetown"]
)
times = st.one_of(
    st.dates(date(1, 1, 3), date(9999, 12, 29)).map(lambda day: datetime.combine(day, time(13, 7), UTC)),
    st.builds(
        lambda day, minutes: utc(2026, 1, 1) + timedelta(day, minutes * 60),
        st.integers(-6000, 400),
        st.integers(-200, 200),
    ),
)


@settings(max_examples=6, deadline=None)
@given(zones, st.lists(times, min_size=5, max_size=60))
def test_moments_agree(zone: str, moments: list[datetime]) -> None:
    program = Program(RULES, zone)
    for column in (
        moments,
        [moment.date() for moment in moments],
        [moment.replace(tzinfo=None) for moment in moments],
    ):
        table = tables(list(column))
        found = evaluate_table(RULES, table, as_of="decided", zone=program.zone)
        wanted = [program.evaluate({"lead": {}}, moment).decisions for moment in column]
        for name in ("lead.day", "lead.now"):
            assert found[name].to_list() == [each[name] for each in wanted]
        if table["decided"].dtype == pl.Datetime("us"):
            continue
        asked = in_duckdb(table, "decided", program.zone)
        for name in ("lead.day", "lead.now"):
            assert asked[name].to_list() == [
                None if misfit else each[name] for misfit, each in zip(asked["misfit"], wanted, strict=True)
            ]
        assert [moment.year > 2098 for moment in column] >= asked["misfit"].to_list()
