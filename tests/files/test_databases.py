"""Tables of databases: the rows, rejects and results that the same cells have in a file, on both engines."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from sqlalchemy import Engine, create_engine, event, text
from tests.commands import invoke
from tests.files.small_model import small_model
from tests.postgresql import PASSWORD, Server

from fairlead.columns.intake import Intake, column_name, facts_of_columns, part_of
from fairlead.columns.values import shape_of
from fairlead.engine import load
from fairlead.files import InputFile, Summary, evaluate_with
from fairlead.files.column_rows import file_parser
from fairlead.files.database_batches import DatabaseBatches
from fairlead.files.database_rows import DatabaseRows
from fairlead.files.databases import DatabaseTable
from fairlead.files.mappings import Stated
from fairlead.files.rejects import Reject
from fairlead.files.understanding import Understanding
from fairlead.problems import Problem, UsageError

MODEL = small_model()
DAY = date(2026, 11, 21)
SCORING = "medical-travel/lead-scoring"
NINE = datetime(2026, 11, 21, 9, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a new database, on each kind in turn."""
    if request.param == "sqlite":
        sqlite3.connect(tmp_path / "crm.db").close()
        return f"sqlite:///{tmp_path / 'crm.db'}"
    server: Server = request.getfixturevalue("server")
    return server.url(schema=request.getfixturevalue("schema"))


def fill(url: str, create: str, rows: Sequence[tuple[Any, ...]] = (), table: str = "leads") -> None:
    """Make a table and its rows as a program that knows nothing of Fairlead does."""
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text(create))
        for row in rows:
            names = [f"v{place}" for place in range(len(row))]
            places = ", ".join(f":{name}" for name in names)
            connection.execute(
                text(f"INSERT INTO {table} VALUES ({places})"),  # noqa: S608 - of this file alone
                dict(zip(names, row, strict=True)),
            )
    engine.dispose()


LEADS = (
    'CREATE TABLE leads ("lead.id" VARCHAR(20) PRIMARY KEY, "lead.channel" TEXT, '
    '"lead.submitted_medical_records" BOOLEAN, "lead.pages_read" INTEGER, "lead.budget" TEXT, '
    '"lead.language" TEXT)'
)
ROWS = [
    ("L3", "whatsapp", None, 2, "100.50 USD", "tr"),
    ("L1", "phone", True, 5, "8000 EUR", "de"),
    ("L2", "fax", False, 2, None, "en"),
    ("L5", "", None, -4, "12 XXQ", None),
    ("L4", "web_form", True, None, "", "de"),
]


def ran(engine: str, url: str, folder: Path, end: str = ".csv") -> tuple[Summary, str, Path]:
    target, rejects = folder / f"{engine}{end}", folder / f"{engine}.rejects"
    table = DatabaseTable.of(url, "leads")
    program = load(SCORING, select=["lead.score", "lead.band"], zone="Europe/Istanbul")
    source = InputFile(table.shown, database=table)
    summary = evaluate_with(engine, program, source, str(target), str(rejects), DAY, output_format=end[1:])
    return summary, rejects.read_text(), target


@pytest.mark.parametrize("engine", ["row", "columns", "auto"])
def test_rows_are_numbered_by_the_primary_key(engine: str, url: str, tmp_path: Path) -> None:
    fill(url, LEADS, ROWS)
    summary, rejects, target = ran(engine, url, tmp_path, ".parquet")
    assert (summary.read, summary.evaluated, summary.rejected) == (5, 3, 2)
    assert summary.by_code == {"unknown-value": 1, "out-of-range": 1}
    found = pl.read_parquet(target).select("line", "id", "lead.score").rows()
    assert found == [(1, "L1", 50), (3, "L3", 25), (4, "L4", 30)]
    first, second = map(json.loads, rejects.splitlines())
    assert (first["line"], first["fact"], first["found"]) == (2, "lead.channel", "fax")
    assert json.loads(first["input"]) == {
        "lead.id": "L2",
        "lead.channel": "fax",
        "lead.submitted_medical_records": "false",
        "lead.pages_read": "2",
        "lead.language": "en",
    }
    assert (second["line"], second["found"]) == (5, "-4")
    assert [each["code"] for each in second["also"]] == ["unknown-currency"]


def test_both_engines_write_the_same_rejects_counts_and_results(url: str, tmp_path: Path) -> None:
    fill(url, LEADS, ROWS)
    by_row, rejects_by_row, results_by_row = ran("row", url, tmp_path, ".parquet")
    summary, rejects, results = ran("columns", url, tmp_path, ".parquet")
    assert rejects == rejects_by_row
    assert (summary.read, summary.by_code, summary.reading) == (by_row.read, by_row.by_code, by_row.reading)
    wanted, found = pl.read_parquet(results_by_row), pl.read_parquet(results)
    shared = [name for name in wanted.columns if name in found.columns]
    assert found.select(shared).to_dicts() == wanted.select(shared).to_dicts()


def looked_at(url: str, zone: Any = UTC) -> tuple[list[Any], list[Reject], DatabaseRows]:
    """Read the table `leads` with the reader of rows."""
    rejects: list[Reject] = []
    understanding = Understanding(MODEL, zone, ("lead",), Stated(), "leads")
    with DatabaseTable.of(url, "leads").opened() as table:
        reader = DatabaseRows(table, understanding.of_table, ("lead",), rejects.append, file="leads")
        return list(reader), rejects, reader


def as_columns(url: str, zone: Any = UTC) -> tuple[list[dict[str, Any]], list[Reject], DatabaseBatches]:
    """Read the table `leads` in batches: the parts of each row by the name of their column."""
    rejects: list[Reject] = []
    understanding = Understanding(MODEL, zone, ("lead",), Stated(), "leads")
    with DatabaseTable.of(url, "leads").opened() as table:
        reader = DatabaseBatches(table, understanding.of_table, ("lead",), rejects.append, file="leads")
        facts = facts_of_columns(MODEL, reader.columns)
        intake = Intake(facts, zone, file_parser)
        rows = []
        for batch in reader.batches(MODEL):
            taken = intake.take(batch.frame, {name: fact.type for name, fact in facts.items()})
            for place, row in enumerate(taken.frame.to_dicts()):
                if place in taken.misfits:
                    batch.refuse(place, [])
                else:
                    rows.append(row)
        return rows, rejects, reader


def parts(record: dict[str, Any]) -> dict[str, Any]:
    """Return a record as its columns hold it."""
    found = {}
    for short, value in record["lead"].items():
        fact = MODEL.get(f"lead.{short}")
        assert fact is not None
        for place, shape in enumerate(shape_of(fact.type)):
            found[column_name(f"lead.{short}", shape.part)] = part_of(fact.type, value, place)
    return found


ISTANBUL = ZoneInfo("Europe/Istanbul")
TYPED = [
    ("name", "TEXT", "Zoë", "Zoë"),
    ("name", "INTEGER", 17, "17"),
    ("sent_records", "BOOLEAN", True, True),
    ("sent_records", "TEXT", "TRUE", True),
    ("pages_read", "INTEGER", 12, 12),
    ("pages_read", "DOUBLE PRECISION", 12.0, 12),
    ("pages_read", "TEXT", " 12", 12),
    ("share", "DOUBLE PRECISION", 12.5, 1250),
    ("share", "INTEGER", 12, 1200),
    ("asked_on", "DATE", "2026-11-21", date(2026, 11, 21)),
    ("asked_on", "TEXT", "2026-11-21", date(2026, 11, 21)),
    ("last_seen_at", "TIMESTAMP", "2026-11-21 12:00:00", NINE),
    ("last_seen_at", "TEXT", "2026-11-21T09:00:00Z", NINE),
    ("budget", "TEXT", "8000.5 EUR", (80_005_000, "EUR")),
    ("channel", "VARCHAR(9)", "phone", "phone"),
    ("languages", "TEXT", "de|en", ("de", "en")),
]


@pytest.mark.parametrize(("fact", "type_", "value", "wanted"), TYPED)
def test_a_typed_column_is_read_as_its_fact_by_both_engines(
    fact: str, type_: str, value: Any, wanted: Any, url: str
) -> None:
    fill(url, f'CREATE TABLE leads ("lead.id" TEXT, "lead.{fact}" {type_})')
    # a string is what both databases take for a date
    literal = f"'{value}'" if isinstance(value, str) else str(value)
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text(f"INSERT INTO leads VALUES ('L-1', {literal}), ('L-2', NULL)"))  # noqa: S608
    engine.dispose()
    rows, rejects, _ = looked_at(url, ISTANBUL)
    assert rejects == []
    assert [(number, id_, record["lead"][fact]) for number, id_, record in rows] == [
        (1, "L-1", wanted),
        (2, "L-2", None),
    ]
    columns, rejects, _ = as_columns(url, ISTANBUL)
    assert rejects == []
    assert columns == [parts(record) for _, _, record in rows]


POSTGRESQL = [
    ("share", "NUMERIC", Decimal("12.50"), 1250),
    ("share", "NUMERIC(9, 4)", Decimal("12.5000"), 1250),
    ("share", "NUMERIC", Decimal("12.505"), None),
    ("last_seen_at", "TIMESTAMPTZ", NINE.astimezone(timezone(timedelta(hours=3))), NINE),
    ("languages", "TEXT[]", ["de", "en"], ("de", "en")),
    ("languages", "TEXT[]", ["de|en"], None),
    ("budget", "JSONB", '{"amount": "8000.5", "currency": "EUR"}', (80_005_000, "EUR")),
    ("name", "UUID", "6f2b1a9e-0c1d-4a57-9b6e-1f0e8f4f8a11", "6f2b1a9e-0c1d-4a57-9b6e-1f0e8f4f8a11"),
    ("pages_read", "NUMERIC", Decimal(7), 7),
    ("pages_read", "NUMERIC", Decimal(10**30), None),
    ("sent_records", "INTEGER", 1, None),
    ("asked_on", "TIMESTAMP", datetime(2026, 11, 21), None),  # noqa: DTZ001 - it has no zone there
    ("share", "NUMERIC", Decimal("NaN"), None),
    ("pages_read", "JSONB", str(10**30), None),
]


@pytest.mark.parametrize(("fact", "type_", "value", "wanted"), POSTGRESQL)
def test_what_postgresql_alone_has_is_read_or_refused_alike(
    fact: str, type_: str, value: Any, wanted: Any, server: Server, schema: str
) -> None:
    url = server.url(schema=schema)
    fill(url, f'CREATE TABLE leads ("lead.id" TEXT, "lead.{fact}" {type_})')
    engine = create_engine(url)
    with engine.begin() as connection:
        insert = f"INSERT INTO leads VALUES ('L-1', CAST(:value AS {type_}))"  # noqa: S608
        connection.execute(text(insert), {"value": value})
    engine.dispose()
    rows, rejects, reader = looked_at(url)
    columns, rejects_of_columns, batches = as_columns(url)
    assert [record["lead"][fact] for _, _, record in rows] == ([] if wanted is None else [wanted])
    assert columns == [parts(record) for _, _, record in rows]
    assert [each.as_json() for each in rejects_of_columns] == [each.as_json() for each in rejects]
    assert len(rows) + len(rejects) == reader.read == batches.read == 1


def test_a_time_as_text_is_that_of_the_zone_in_which_the_server_shows_it(server: Server, schema: str) -> None:
    url = server.url(schema=schema) + "%20-ctimezone%3DAsia/Dubai"
    fill(url, 'CREATE TABLE leads ("lead.id" TEXT, "lead.name" TIMESTAMPTZ)', [("L", NINE)])
    (row,), _, _ = looked_at(url)
    assert row[2]["lead"]["name"] == "2026-11-21T13:00:00+04:00"
    assert as_columns(url)[0] == [parts(row[2])]


def test_sqlite_keeps_booleans_as_numbers_and_other_numbers_are_none(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'crm.db'}"
    with sqlite3.connect(tmp_path / "crm.db") as connection:
        connection.execute('CREATE TABLE leads ("lead.id" TEXT, "lead.sent_records" BOOLEAN)')
        cells = [(1,), (0,), ("true",), (2,), ("no",), (None,)]
        connection.executemany("INSERT INTO leads VALUES ('L', ?)", cells)
    rows, rejects, _ = looked_at(url)
    assert [record["lead"]["sent_records"] for _, _, record in rows] == [True, False, True, None]
    assert [(each.line, each.problems[0].found) for each in rejects] == [(4, "2"), (5, "no")]
    columns, rejects_of_columns, _ = as_columns(url)
    assert [row["lead.sent_records#value"] for row in columns] == [True, False, True, None]
    assert rejects_of_columns == rejects


def test_a_number_is_no_boolean_where_the_column_is_none(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'crm.db'}"
    with sqlite3.connect(tmp_path / "crm.db") as connection:
        connection.execute('CREATE TABLE leads ("lead.id" TEXT, "lead.sent_records" INTEGER)')
        connection.execute("INSERT INTO leads VALUES ('L', 1)")
    _, (reject,), _ = looked_at(url)
    assert (reject.problems[0].code, reject.problems[0].found) == ("wrong-type", "1")
    assert as_columns(url)[1] == [reject]


def test_a_column_of_sqlite_may_hold_anything(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'crm.db'}"
    values = [5, "6", 7.0, "x", 2**62, b"\xff", None, "", "8.5", 1.5, -1]
    with sqlite3.connect(tmp_path / "crm.db") as connection:
        connection.execute('CREATE TABLE leads ("lead.id" TEXT, "lead.pages_read")')
        connection.executemany("INSERT INTO leads VALUES ('L', ?)", [(value,) for value in values])
    rows, rejects, _ = looked_at(url)
    assert [record["lead"]["pages_read"] for _, _, record in rows] == [5, 6, 7, 2**62, None, None]
    assert [each.line for each in rejects] == [4, 6, 9, 10, 11]
    columns, rejects_of_columns, _ = as_columns(url)
    assert [row["lead.pages_read#value"] for row in columns] == [5, 6, 7, 2**62, None, None]
    assert rejects_of_columns == rejects


def test_bytes_that_are_no_text_are_rejected_with_their_row(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'crm.db'}"
    with sqlite3.connect(tmp_path / "crm.db") as connection:
        connection.execute('CREATE TABLE leads ("lead.id" TEXT, "lead.name" TEXT)')
        connection.execute("INSERT INTO leads VALUES ('a', 'x'), ('b', CAST(x'FF' AS TEXT)), ('c', 'y')")
    rows, (reject,), _ = looked_at(url)
    assert [id_ for _, id_, _ in rows] == ["a", "c"]
    assert (reject.line, reject.problems[0].code) == (2, "not-utf8")
    columns, rejects, reader = as_columns(url)
    assert [row["lead.id#value"] for row in columns] == ["a", "c"]
    assert rejects == [reject]
    assert reader.read == 3


def test_rows_without_anything_are_passed_over(url: str) -> None:
    create = 'CREATE TABLE leads ("lead.id" TEXT, "lead.name" TEXT, "lead.pages_read" INTEGER)'
    fill(url, create, [("a", None, None), (None, "", None), ("b", "", 0)])
    rows, _, reader = looked_at(url)
    columns, _, batches = as_columns(url)
    assert ([number for number, _, _ in rows], reader.blank, reader.read) == ([1, 3], 1, 2)
    assert ([row["lead.id#value"] for row in columns], batches.blank, batches.read) == (["a", "b"], 1, 2)


def test_a_view_is_read_as_a_table_is(url: str, tmp_path: Path) -> None:
    fill(url, "CREATE TABLE contacts (id TEXT, how TEXT)", [("L1", "phone")], "contacts")
    fill(url, 'CREATE VIEW leads AS SELECT id AS "lead.id", how AS "lead.channel" FROM contacts')
    _, _, target = ran("columns", url, tmp_path, ".parquet")
    assert pl.read_parquet(target).select("id", "lead.score").rows() == [("L1", 15)]


def test_more_rows_than_are_read_at_once_come_in_order(
    url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(DatabaseRows, "TOGETHER", 7)
    monkeypatch.setattr(DatabaseBatches, "TOGETHER", 7)
    rows = [(f"L{number:02}", number - 3) for number in range(30)]
    fill(url, 'CREATE TABLE leads ("lead.id" TEXT PRIMARY KEY, "lead.pages_read" INTEGER)', rows[::-1])
    by_row, rejects_by_row, _ = ran("row", url, tmp_path)
    summary, rejects, target = ran("columns", url, tmp_path, ".parquet")
    assert rejects == rejects_by_row
    assert [json.loads(line)["line"] for line in rejects.splitlines()] == [1, 2, 3]
    assert pl.read_parquet(target).select("line", "id").rows() == [
        (number + 1, f"L{number:02}") for number in range(3, 30)
    ]
    assert (summary.read, by_row.read) == (30, 30)


@pytest.fixture
def cursors() -> Iterator[list[Any]]:
    """The cursors of all statements."""
    found: list[Any] = []

    def keep(_connection: Any, cursor: Any, *_: Any) -> None:
        found.append(cursor)

    event.listen(Engine, "before_cursor_execute", keep)
    yield found
    event.remove(Engine, "before_cursor_execute", keep)


def test_a_server_keeps_the_rows_until_they_are_asked_for(
    server: Server, schema: str, cursors: list[Any], tmp_path: Path
) -> None:
    from psycopg import ServerCursor

    url = server.url(schema=schema)
    fill(url, LEADS, ROWS)
    ran("row", url, tmp_path)
    assert isinstance(cursors[-1], ServerCursor)


def test_auto_takes_columns_for_many_rows(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(url, LEADS, ROWS)
    asked: list[int] = []
    batches = DatabaseBatches.batches

    def noted(self: DatabaseBatches, model: Any) -> Any:
        asked.append(1)
        return batches(self, model)

    monkeypatch.setattr(DatabaseBatches, "batches", noted)
    monkeypatch.setattr("fairlead.files.engines._WORTH_COLUMNS", 6)
    ran("auto", url, tmp_path)
    assert asked == []
    monkeypatch.setattr("fairlead.files.engines._WORTH_COLUMNS", 5)
    ran("auto", url, tmp_path)
    assert asked == [1]


def refused(url: str, table: str = "leads", environment: dict[str, str] | None = None) -> Problem:
    """The one problem that a table gives; it never shows the password."""
    with pytest.raises(UsageError) as error, DatabaseTable.of(url, table, environment).opened():
        pass
    [problem] = error.value.problems
    assert PASSWORD not in str(error.value)
    assert error.value.__cause__ is None
    assert problem.remedy or problem.allowed
    return problem


def test_a_table_that_is_not_there_is_refused_with_the_nearest(url: str) -> None:
    fill(url, LEADS)
    problem = refused(url, "lead")
    assert (problem.code, problem.found, problem.nearest) == ("unknown-table", "lead", "leads")
    assert "leads" in problem.allowed
    assert refused(url, "nowhere.leads").code == "unknown-table"


def test_a_table_of_another_schema_is_named_with_it(server: Server, schema: str) -> None:
    fill(server.url(schema=schema), 'CREATE TABLE leads ("lead.id" TEXT)', [("a",)])
    with DatabaseTable.of(server.url(), f"{schema}.leads").opened() as table:
        assert list(table.batches(10)) == [[("a",)]]


def test_a_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    table = DatabaseTable.of(f"sqlite:///{tmp_path / 'gone.db'}", "leads")
    with pytest.raises(FileNotFoundError) as error, table.opened():
        pass
    assert error.value.filename == str(tmp_path / "gone.db")
    assert not (tmp_path / "gone.db").exists()


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "crm.db").write_text("name,phone\n" * 100)
    problem = refused(f"sqlite:///{tmp_path / 'crm.db'}")
    assert (problem.code, problem.found) == ("database-failed", "SQLITE_NOTADB")


def test_nothing_can_be_written_to_the_database(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'crm.db'}"
    fill(url, LEADS)
    with DatabaseTable.of(url, "leads").opened() as table, pytest.raises(Exception, match="readonly"):
        table.connection.execute(text("DELETE FROM leads"))


@pytest.mark.parametrize(
    ("wrong", "code", "found"),
    [
        ("oracl://me@host/db", "wrong-database-url", "oracl"),
        (f"postgresql://me:{PASSWORD}@host:port/db", "wrong-database-url", "postgresql"),
        ("sqlite://", "wrong-database-url", None),
        ("sqlite:///:memory:", "wrong-database-url", ":memory:"),
        (f"mysql+pymysql://me:{PASSWORD}@host/db", "missing-package", "pymysql"),
    ],
)
def test_a_url_that_names_no_usable_database_is_refused(wrong: str, code: str, found: str | None) -> None:
    problem = refused(wrong)
    assert (problem.code, problem.found) == (code, found)


def test_a_password_comes_from_the_environment_and_is_not_shown(server: Server, schema: str) -> None:
    fill(server.url(schema=schema), LEADS, ROWS)
    url = server.url(schema=schema, password="${CRM_PASSWORD}")  # noqa: S106 - it names one
    table = DatabaseTable.of(url, "leads", {"CRM_PASSWORD": PASSWORD})
    with table.opened() as opened:
        assert len(next(opened.batches(10))) == 5
    assert "fairlead:***@" in table.shown
    assert PASSWORD not in repr(table)
    assert PASSWORD not in repr(InputFile(table.shown, database=table))
    problem = refused(url, environment={})
    assert (problem.code, problem.found) == ("missing-secret", "CRM_PASSWORD")


def test_a_server_that_refuses_or_does_not_answer_is_told(server: Server, tmp_path: Path) -> None:
    problem = refused(server.url(password="wrong-" + PASSWORD))
    assert problem.code == "database-unreachable"
    assert problem.message.startswith("the database refuses the user or the password")
    gone = server.url().replace(str(server.sockets), str(tmp_path))
    assert refused(gone).message.startswith("the database cannot be connected to")


def test_what_the_user_may_not_read_is_told(server: Server, schema: str) -> None:
    url = server.url(schema=schema)
    fill(url, LEADS, ROWS)
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text(f"CREATE ROLE stranger LOGIN PASSWORD '{PASSWORD}'"))
        connection.execute(text(f"GRANT USAGE ON SCHEMA {schema} TO stranger"))
    try:
        table = DatabaseTable.of(url.replace("//fairlead:", "//stranger:"), "leads")
        with table.opened() as opened, pytest.raises(UsageError) as error:
            next(opened.batches(10))
    finally:
        with engine.begin() as connection:
            connection.execute(text("DROP OWNED BY stranger"))
            connection.execute(text("DROP ROLE stranger"))
        engine.dispose()
    [problem] = error.value.problems
    assert (problem.code, problem.found) == ("database-failed", "42501")
    assert problem.remedy == "grant it: `GRANT SELECT ON leads TO …`"


def test_a_value_that_python_has_no_form_for_stops_the_reading_with_a_reason(
    server: Server, schema: str, tmp_path: Path
) -> None:
    url = server.url(schema=schema)
    fill(url, 'CREATE TABLE leads ("lead.id" TEXT, "lead.created_at" TIMESTAMP)')
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO leads VALUES ('a', 'infinity')"))
    engine.dispose()
    with pytest.raises(UsageError) as error:
        ran("row", url, tmp_path)
    [problem] = error.value.problems
    assert problem.code == "database-failed"
    assert "view" in str(problem.remedy)


def test_the_output_is_not_the_database(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'crm.db'}"
    fill(url, LEADS, ROWS)
    table = DatabaseTable.of(url, "leads")
    source = InputFile(table.shown, database=table)
    with pytest.raises(UsageError) as error:
        evaluate_with("row", load(SCORING), source, str(tmp_path / "crm.db"), None, DAY, output_format="csv")
    assert error.value.problems[0].code == "same-file"


@pytest.fixture
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Runs `fairlead` where there is a database `crm.db`."""
    fill(f"sqlite:///{tmp_path / 'crm.db'}", LEADS, ROWS)
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> Any:
        result = invoke(words[0], SCORING, "--as-of", "2026-11-21", *words[1:])
        assert "Traceback" not in result.output
        return result

    return run


def test_the_command_reads_a_table(in_folder: Callable[..., Any]) -> None:
    database = ("--input", "sqlite:///crm.db", "--table", "leads")
    result = in_folder("evaluate", *database, "--output", "out.csv", "--engine", "columns")
    assert (result.exit_code, "5 read = 3 evaluated + 2 rejected" in result.stdout) == (1, True)
    assert Path("out.csv.rejects.jsonl").read_text().count("\n") == 2
    result = in_folder("explain", *database, "--line", "1")
    assert result.exit_code == 0
    assert "(lead.score): 50" in result.stdout
    result = in_folder("explain", *database, "--line", "9")
    assert "no record of `sqlite:///crm.db` begins on line 9" in result.stderr


def test_a_command_that_reads_files_alone_says_so_without_the_password(in_folder: Callable[..., Any]) -> None:
    url = f"postgresql+psycopg://me:{PASSWORD}@host/crm"
    result = invoke("diff", SCORING, SCORING, "--data", url)
    assert result.exit_code == 2
    assert "this command reads files, and the URL of a database is given" in result.stderr
    assert PASSWORD not in result.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--input", "sqlite:///crm.db"], "the input is a database, and nothing says which of its tables"),
        (["--input", "leads.csv", "--table", "leads"], "`--table` goes with the URL of a database"),
        (["--input", "sqlite:///gone.db", "--table", "leads"], "there is no file `gone.db`"),
        (["--input", "sqlite:///crm.db", "--table", "lead"], "did you mean `leads`?"),
    ],
)
def test_a_url_and_a_table_go_together(words: list[str], said: str, in_folder: Callable[..., Any]) -> None:
    result = in_folder("evaluate", *words, "--output", "out.csv")
    assert result.exit_code == 2
    assert said in result.stderr
    assert not Path("out.csv").exists()
