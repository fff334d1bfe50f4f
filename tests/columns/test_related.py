"""Aggregates over tables of related records give what the row engine gives over the records themselves."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import duckdb
import ibis
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.strategies import TITLE, ruleset

from fairlead.columns import evaluate_table, query, sql_of
from fairlead.engine import Program
from fairlead.facts.model import Aggregate, Entity, Fact, FactModel, Link, Related, Window
from fairlead.facts.types import BOOLEAN, DATE, DATE_TIME, TEXT, IntegerType, MoneyType, Type
from fairlead.logic.terms import Apply, Literal, Term, Variable
from fairlead.problems import RecordError, UsageError
from fairlead.ruleset.typed import Formula, Ruleset

ON = "introduction.introduced_on"
AMOUNT = IntegerType()
FEE = MoneyType("USD", 20, 2)
FEES = MoneyType("USD", 38, 2)
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
    own = {"happened": BOOLEAN, "introduced_on": DATE, "amount": AMOUNT, "id": TEXT, "fee": FEE}
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


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
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
    related = related_frame(rows)
    ids = ["P1", "P2", "P3", None]
    table = pl.DataFrame({"partner.id": ids}, schema={"partner.id": pl.String})
    for engine in ("polars", "duckdb"):
        result = evaluate_table(made, table, as_of=as_of, related={"introductions": related}, engine=engine)
        for identity, found in zip(ids, result["partner.value"].to_list(), strict=True):
            assert found == program.evaluate_checked(of_own(identity, rows), as_of).decisions["partner.value"]


SO_FAR = Apply(BOOLEAN, "<=", (Variable(DATE, ON, "fact"), Variable(DATE, "as_of_date", "time")))
OVER = Apply(
    BOOLEAN,
    "<",
    (Literal(DATE_TIME, datetime(2026, 3, 30, 12, tzinfo=UTC)), Variable(DATE_TIME, "as_of", "time")),
)
days = st.one_of(
    st.sampled_from([DAY, date(2024, 2, 29), date(2026, 3, 31), date(1, 1, 2), date(9999, 12, 30)]),
    st.integers(-400, 40).map(lambda count: DAY + timedelta(count)),
)


def of_own(identity: str | None, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the record of a partner with the related records that name it."""
    if identity is None:
        return {"partner": {}}
    records = [
        {name.partition(".")[2]: cell for name, cell in row.items() if name.startswith("introduction.")}
        for row in rows
        if row["partner.id"] == identity
    ]
    return {"partner": {"id": identity, "introductions": records}}


def related_frame(rows: list[dict[str, Any]]) -> pl.DataFrame:
    columns = {"partner.id": pl.String, "introduction.happened": pl.Boolean, ON: pl.Date}
    return pl.DataFrame(rows, schema={**columns, "introduction.amount": pl.Int64})


def queried(made: Ruleset, table: pl.DataFrame, as_of: date | str, related: pl.DataFrame) -> pl.DataFrame:
    """Run the query of owners and their related records on DuckDB; rows come in the order of `row`."""
    numbered = table.with_row_index("row")
    sources = {"partners": numbered.to_arrow(), "introductions": related.to_arrow()}
    asked = {
        name: ibis.table(ibis.Schema.from_pyarrow(each.schema), name=name) for name, each in sources.items()
    }
    lists = {"introductions": asked["introductions"]}
    expression = query(made, asked["partners"], as_of, related=lists, keep=["row"], back_end="duckdb")
    with duckdb.connect() as connection:
        for name, each in sources.items():
            connection.register(name, each)
        found = pl.from_arrow(connection.sql(sql_of(expression, "duckdb")).to_arrow_table())
    assert isinstance(found, pl.DataFrame)
    return found.sort("row")


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.sampled_from(FUNCTIONS),
    st.sampled_from(WINDOWS),
    st.sampled_from([None, HAPPENED, SO_FAR, OVER]),
    introductions,
    st.lists(st.tuples(st.sampled_from(["P1", "P1", "P2", "P3", None]), days), min_size=1, max_size=6),
)
def test_aggregates_agree_as_of_each_owner(
    kind: tuple[str, Type, str | None],
    window: Window | None,
    where: Term | None,
    rows: list[dict[str, Any]],
    owners: list[tuple[str | None, date]],
) -> None:
    function, type_, value = kind
    made = rules(function, type_, value, window, where)
    program = Program(made)
    related = related_frame(rows)
    ids, moments = zip(*owners, strict=True)
    table = pl.DataFrame(
        {"partner.id": ids, "then": moments}, schema={"partner.id": pl.String, "then": pl.Date}
    )
    wanted = [
        program.evaluate_checked(of_own(identity, rows), moment).decisions["partner.value"]
        for identity, moment in owners
    ]
    for engine in ("polars", "duckdb"):
        lists = {"introductions": related}
        result = evaluate_table(made, table, as_of="then", related=lists, engine=engine)
        assert result["partner.value"].to_list() == wanted
    assert queried(made, table, "then", related)["partner.value"].to_list() == wanted


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.sampled_from(FUNCTIONS),
    st.sampled_from(WINDOWS),
    st.sampled_from([None, HAPPENED, OVER]),
    introductions,
    days,
)
def test_a_query_has_the_aggregates_of_tables(
    kind: tuple[str, Type, str | None],
    window: Window | None,
    where: Term | None,
    rows: list[dict[str, Any]],
    as_of: date,
) -> None:
    function, type_, value = kind
    made = rules(function, type_, value, window, where)
    related = related_frame(rows)
    table = pl.DataFrame({"partner.id": ["P1", "P2", "P3", None, ""]})
    wanted = evaluate_table(made, table, as_of=as_of, related={"introductions": related})
    found = queried(made, table, as_of, related)
    assert found["partner.value"].to_list() == wanted["partner.value"].to_list()
    assert not found["misfit"].any()


MET = [date(2025, 12, 30), date(2026, 1, 2), date(2026, 1, 31), None]


@pytest.mark.parametrize("ask", ["tables", "query"])
def test_a_partner_counts_what_was_so_at_each_day(ask: str) -> None:
    table = pl.DataFrame(
        {
            "partner.id": ["P1", "P1", "P1", "P2", "P3", None],
            "then": [date(2025, 12, 31), date(2026, 1, 31), date(2026, 2, 1), DAY, DAY, DAY],
        }
    )
    related = pl.DataFrame(
        {
            "partner.id": ["P1", "P1", "P1", "P2"],
            "introduction.id": ["I1", "I2", None, ""],
            ON: MET,
            "introduction.amount": [5, 7, 11, 1],
        }
    )
    # of the thirty days up to 31 January the first is 2 January; that of P2 is of no known day
    window = Window("rolling", None, 30, None, ON)
    for function, type_, value, wanted in (
        ("count", IntegerType(0), None, [1, 2, 1, None, 0, None]),
        ("sum", AMOUNT, "introduction.amount", [5, 18, 11, None, 0, None]),
        ("exists", BOOLEAN, None, [True, True, True, None, False, None]),
        ("earliest", DATE, ON, [MET[0], MET[1], MET[2], None, None, None]),
    ):
        made = rules(function, type_, value, window, None)
        if ask == "query":
            found = queried(made, table, "then", related)
        else:
            found = evaluate_table(made, table, as_of="then", related={"introductions": related})
        assert found["partner.value"].to_list() == wanted


@pytest.mark.parametrize("as_of", ["then", DAY])
def test_what_is_not_known_of_a_sum_is_absent(as_of: date | str) -> None:
    rows: list[dict[str, Any]] = [
        {"partner.id": owner, "introduction.happened": happened, ON: DAY, "introduction.amount": amount}
        for owner, happened, amount in (
            # beyond 64 bits, and at their end
            *(("P1", True, 2**62), ("P1", True, 2**62), ("P2", True, 2**62), ("P2", True, 2**62 - 1)),
            # the absent amount counts, does not count, may count
            *(("P3", True, None), ("P4", False, None), ("P4", True, 3), ("P5", None, 1)),
        )
    ]
    table = pl.DataFrame({"partner.id": ["P1", "P2", "P3", "P4", "P5", "P6"], "then": [DAY] * 6})
    related = related_frame(rows)
    # a window that would begin before the calendar begins with it
    for window in (
        None,
        Window("rolling", None, 1_000_000, None, ON),
        Window("calendar", "year", None, None, ON),
    ):
        made = rules("sum", AMOUNT, "introduction.amount", window, HAPPENED)
        for engine in ("polars", "duckdb"):
            lists = {"introductions": related}
            found = evaluate_table(made, table, as_of=as_of, related=lists, engine=engine)
            assert found["partner.value"].to_list() == [None, 2**63 - 1, None, 3, None, 0]
        found = queried(made, table, as_of, related)
        assert found["partner.value"].to_list() == [None, 2**63 - 1, None, 3, None, 0]


@pytest.mark.parametrize("as_of", ["then", DAY])
def test_a_sum_of_amounts_is_exact(as_of: date | str) -> None:
    made = rules("sum", FEES, "introduction.fee", None, SO_FAR)
    table = pl.DataFrame({"partner.id": ["P1", "P2", "P3"], "then": [DAY] * 3})
    most = Decimal("999999999999999999.99")
    fees = [{"amount": each, "currency": "USD"} for each in (most, most, Decimal("0.01"))]
    related = pl.DataFrame(
        {"partner.id": ["P1", "P1", "P2"], ON: [DAY, DAY, DAY], "introduction.fee": fees},
        schema_overrides={
            "introduction.fee": pl.Struct({"amount": pl.Decimal(20, 2), "currency": pl.String})
        },
    )
    wanted = [Decimal("1999999999999999999.98"), Decimal("0.01"), Decimal("0.00")]
    tables = evaluate_table(made, table, as_of=as_of, related={"introductions": related})
    for found in (tables, queried(made, table, as_of, related)):
        assert [each["amount"] for each in found["partner.value"]] == wanted


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


def test_what_does_not_fit_of_related_records_makes_their_owners_misfits() -> None:
    made = rules("sum", AMOUNT, "introduction.amount", None, None)
    table = pl.DataFrame({"partner.id": ["P1", "P2", "P3", "P4", "P5", "P6", None]})
    related = pl.DataFrame(
        {
            "partner.id": ["P1", "P2", "P3", "P3", "P4", "P4", None, "P5", "P6"],
            "introduction.id": ["I1", "I1", "I2", "I3", "", None, "I4", "I4", "I5"],
            "introduction.amount": pl.Series([1, 2, 3, 4, 5, 6, 7, 8, 2**63], dtype=pl.UInt64),
        }
    )
    found = queried(made, table, DAY, related)
    # I1 is there twice; I4 as well, one of them without an owner; the amount of I5 is no integer of 64 bits
    assert found["misfit"].to_list() == [True, True, False, False, True, True, False]
    assert found["partner.value"].to_list() == [None, None, 7, 11, None, None, None]


def test_a_query_without_checks_takes_related_values_to_fit() -> None:
    made = rules("count", IntegerType(0), None, None, None)
    related = ibis.table({"partner.id": "string", "introduction.id": "string"}, name="introductions")
    table = ibis.table({"partner.id": "string"}, name="partners")
    lists = {"introductions": related}
    checked = sql_of(query(made, table, DAY, related=lists, back_end="duckdb"), "duckdb")
    trusted = sql_of(query(made, table, DAY, related=lists, back_end="duckdb", check=False), "duckdb")
    assert "introduction.id" in checked
    assert "introduction.id" not in trusted


def test_a_query_names_what_related_tables_lack() -> None:
    made = rules("count", IntegerType(0), None, None, None)
    table = ibis.table({"partner.id": "string"}, name="partners")
    for related, code in (
        ({"visits": table}, "unknown-related"),
        ({"introductions": ibis.table({"introduction.id": "string"}, name="i")}, "unknown-columns"),
        ({"introductions": ibis.table({"partner.id": "int64"}, name="i")}, "wrong-type"),
    ):
        with pytest.raises(UsageError) as found:
            query(made, table, DAY, related=related, back_end="duckdb")
        assert found.value.problems[0].code == code
