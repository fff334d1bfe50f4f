"""Opening a store: made, migrated, or refused with one problem, its remedy, and no password."""

from __future__ import annotations

import sqlite3
import stat
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Connection, event, inspect, text
from tests.postgresql import PASSWORD, Server
from tests.store.samples import AT, lead

from fairlead.problems import Problem, StoreError
from fairlead.store import Store, migrations


def refused(url: str, *, timeout: float = 0.2) -> Problem:
    """The one problem that opening a store gives; it never shows the password."""
    with pytest.raises(StoreError) as error:
        Store.open(url, anchor=None, timeout=timeout)
    [problem] = error.value.problems
    assert PASSWORD not in str(error.value)
    assert problem.remedy or problem.allowed
    assert error.value.__cause__ is None
    return problem


def test_a_store_keeps_what_was_put_in_when_it_is_opened_again(open_store: Callable[[], Store]) -> None:
    first = open_store()
    with first.transaction() as tx:
        tx.mirror.put_record(lead("1"))
    first.close()
    second = open_store()
    with second.reading() as tx:
        assert tx.mirror.counts() == {"lead": 1}
    assert second.id == first.id


def test_the_settings_of_sqlite_are_those_that_lose_nothing(tmp_path: Path) -> None:
    store = Store.open(f"sqlite:///{tmp_path / 'fairlead.db'}", anchor=None)
    with store._engine.connect() as connection:
        values = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete", "busy_timeout")
        }
    store.close()
    assert values == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "secure_delete": 1,
        "busy_timeout": 30_000,
    }


def test_the_file_of_a_new_store_is_for_its_owner_alone(tmp_path: Path) -> None:
    store = Store.open(f"sqlite:///{tmp_path / 'fairlead.db'}", anchor=None)
    with store.transaction() as tx:
        tx.mirror.put_record(lead("1"))
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    store.close()
    assert modes == {"fairlead.db": 0o600, "fairlead.db-wal": 0o600, "fairlead.db-shm": 0o600}


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("fairlead.db", None),
        ("", None),
        (f"mysql://me:{PASSWORD}@host/db", None),
        (f"oracle+cx_oracle://me:{PASSWORD}@host/db", "oracle+cx_oracle"),
        (f"postgresql://me:{PASSWORD}@host:port/db", None),
        ("sqlite://", None),
        ("sqlite:///:memory:", ":memory:"),
    ],
)
def test_a_url_that_names_no_usable_database_is_refused(url: str, found: str | None) -> None:
    problem = refused(url)
    assert (problem.code, problem.found) == ("wrong-store-url", found) or url.startswith("mysql")
    assert problem.allowed == ("sqlite:///fairlead.db", "postgresql+psycopg://user@host/database")


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    problem = refused(f"sqlite:///{tmp_path / 'gone' / 'fairlead.db'}")
    assert (problem.code, problem.found) == ("store-unreachable", str(tmp_path / "gone"))


def test_a_folder_in_place_of_the_file_is_refused(tmp_path: Path) -> None:
    assert refused(f"sqlite:///{tmp_path}").code == "store-unreachable"


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "fairlead.db").write_text("name,phone\n" * 100)
    assert refused(f"sqlite:///{tmp_path / 'fairlead.db'}").code == "store-damaged"


def test_a_read_only_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "fairlead.db"
    sqlite3.connect(path).close()
    problem = refused(f"sqlite:///file:{path}?mode=ro&uri=true")
    assert (problem.code, problem.found) == ("store-read-only", "SQLITE_READONLY")


def test_a_read_only_store_says_so_where_something_is_written(tmp_path: Path) -> None:
    path = tmp_path / "fairlead.db"
    Store.open(f"sqlite:///{path}", anchor=None).close()
    with Store.open(f"sqlite:///file:{path}?mode=ro&uri=true", anchor=None) as store:
        with store.reading() as tx:
            assert tx.mirror.counts() == {}
        with pytest.raises(StoreError) as error, store.transaction() as tx:
            tx.mirror.put_record(lead("1"))
    assert [problem.code for problem in error.value.problems] == ["store-read-only"]


def test_another_writer_is_waited_for_and_then_named(tmp_path: Path) -> None:
    path = tmp_path / "fairlead.db"
    store = Store.open(f"sqlite:///{path}", anchor=None, timeout=0.2)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError) as error, store.transaction() as tx:
        tx.mirror.put_record(lead("1"))
    assert [problem.code for problem in error.value.problems] == ["store-locked"]
    with store.reading() as tx:
        assert tx.mirror.counts() == {}
    other.close()
    store.close()


def test_a_full_disk_is_one_problem_and_loses_nothing_that_was_committed(tmp_path: Path) -> None:
    store = Store.open(f"sqlite:///{tmp_path / 'fairlead.db'}", anchor=None)
    with store.transaction() as tx:
        tx.mirror.put_record(lead("1"))

    @event.listens_for(store._engine, "begin")
    def _limit(connection: Connection) -> None:
        connection.exec_driver_sql("PRAGMA max_page_count = 60")

    with pytest.raises(StoreError) as error, store.transaction() as tx:
        tx.mirror.put([lead(str(number), text="x" * 500) for number in range(1000)])
    assert [problem.code for problem in error.value.problems] == ["store-full"]
    assert "xxx" not in str(error.value)
    with store.reading() as tx:
        assert tx.mirror.counts() == {"lead": 1}
    store.close()


def test_a_wrong_password_is_refused_and_not_shown(server: Server) -> None:
    problem = refused(server.url(password="wrong-" + PASSWORD))
    assert problem.code == "store-refused"
    assert "fairlead:***@" in problem.message


def test_a_password_among_the_parameters_is_not_shown(server: Server) -> None:
    url = server.url().replace(f":{PASSWORD}@", "@") + f"&password={PASSWORD}"
    store = Store.open(url, anchor=None)
    assert PASSWORD not in store.url
    assert PASSWORD not in repr(store)
    store.close()
    refused(url.replace("/postgres?", "/nowhere?"))


def test_a_missing_database_schema_or_server_is_named(server: Server, tmp_path: Path) -> None:
    assert refused(server.url(database="nowhere")).message.startswith("the server has no database")
    assert refused(server.url(schema="nowhere")).message.startswith("the server has no schema")
    gone = server.url().replace(str(server.sockets), str(tmp_path))
    assert refused(gone).message.startswith("the server does not answer")


@pytest.fixture
def reader(server: Server, schema: str) -> Iterator[str]:
    """The URL of a user who may only read."""
    store = Store.open(server.url(schema=schema), anchor=None)
    with store._engine.begin() as connection:
        connection.execute(text(f"CREATE ROLE reader LOGIN PASSWORD '{PASSWORD}'"))
        connection.execute(text(f"GRANT USAGE ON SCHEMA {schema} TO reader"))
        connection.execute(text(f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO reader"))
    yield server.url(schema=schema).replace("//fairlead:", "//reader:")
    with store._engine.begin() as connection:
        connection.execute(text("DROP OWNED BY reader"))
        connection.execute(text("DROP ROLE reader"))
    store.close()


def test_a_user_who_may_only_read_is_told_so(reader: str) -> None:
    with Store.open(reader, anchor=None) as store:
        with store.reading() as tx:
            assert tx.mirror.counts() == {}
        with pytest.raises(StoreError) as error, store.transaction() as tx:
            tx.mirror.put_record(lead("1"))
    assert [problem.code for problem in error.value.problems] == ["store-read-only"]


def test_a_table_that_is_locked_is_waited_for_and_then_named(server: Server, schema: str) -> None:
    store = Store.open(server.url(schema=schema), anchor=None, timeout=0.2)
    other = Store.open(server.url(schema=schema), anchor=None)
    with other._engine.begin() as connection:
        connection.execute(text("LOCK TABLE mirror IN ACCESS EXCLUSIVE MODE"))
        with pytest.raises(StoreError) as error, store.transaction() as tx:
            tx.mirror.put_record(lead("1"))
    assert [problem.code for problem in error.value.problems] == ["store-locked"]
    store.close()
    other.close()


def test_postgresql_without_its_package_names_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    problem = refused(f"postgresql://me:{PASSWORD}@localhost/clinic")
    assert (problem.code, problem.remedy) == ("missing-package", "pip install 'fairlead[postgresql]'")


def test_a_short_postgresql_url_takes_the_driver_that_is_known(server: Server, schema: str) -> None:
    url = server.url(schema=schema).replace("postgresql+psycopg:", "postgresql:")
    with Store.open(url, anchor=None) as store:
        assert store.url.startswith("postgresql+psycopg://fairlead:***@")


def test_a_store_of_a_newer_version_is_refused(url: str, store: Store) -> None:
    with store._engine.begin() as connection:
        connection.execute(text("UPDATE store SET version = 99"))
    problem = refused(url)
    assert (problem.code, problem.found) == ("store-too-new", "version 99")
    assert problem.allowed[:2] == ("version 1", "version 2")
    assert "version 99" not in problem.allowed


@pytest.mark.parametrize("table", ["patients", "store"])
def test_a_database_of_something_else_is_left_alone(
    url: str, open_store: Callable[[], Store], table: str
) -> None:
    from fairlead.store.opening import open_engine

    engine, _ = open_engine(url, timeout=1)
    with engine.begin() as connection:
        connection.execute(text(f"CREATE TABLE {table} (name TEXT)"))
    assert refused(url).code == "not-a-store"
    with engine.begin() as connection:
        assert connection.execute(text(f"SELECT * FROM {table}")).all() == []  # noqa: S608
    engine.dispose()


def second(connection: Connection) -> None:
    connection.execute(text("ALTER TABLE runs ADD COLUMN host TEXT"))


def test_an_older_store_is_migrated_step_by_step(
    open_store: Callable[[], Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = open_store()
    with first.transaction() as tx:
        tx.runs.start("sync", at=AT)
    first.close()
    known = len(migrations.VERSIONS)
    monkeypatch.setattr(migrations, "VERSIONS", (*migrations.VERSIONS, second))
    store = open_store()
    with store._engine.connect() as connection:
        assert connection.execute(text("SELECT host FROM runs")).scalars().all() == [None]
        assert connection.execute(text("SELECT version FROM store")).scalar() == known + 1
    open_store().close()


def test_a_store_without_numbers_of_changes_gets_them(open_store: Callable[[], Store]) -> None:
    store = open_store()
    with store.transaction() as tx:
        tx.mirror.put_record(lead("1"))
    with store._engine.begin() as connection:
        connection.execute(text("DROP INDEX mirror_by_change"))
        connection.execute(text("DROP INDEX ledger_entries_by_act"))
        connection.execute(text("ALTER TABLE mirror DROP COLUMN change"))
        connection.execute(text("UPDATE store SET version = 3"))
    store.close()
    store = open_store()
    with store.transaction() as tx:
        assert list(tx.mirror.changed_since(-1, ["lead"])) == [[("lead", "1")]]
        tx.mirror.put_record(lead("2"))
        assert list(tx.mirror.changed_since(0, ["lead"])) == [[("lead", "2")]]
    indexes = {each["name"] for each in inspect(store._engine).get_indexes("ledger_entries")}
    assert "ledger_entries_by_act" in indexes


def test_a_migration_that_fails_leaves_the_store_as_it_was(
    url: str, open_store: Callable[[], Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(connection: Connection) -> None:
        second(connection)
        connection.execute(text("ALTER TABLE nothing ADD COLUMN host TEXT"))

    open_store().close()
    with monkeypatch.context() as patch:
        patch.setattr(migrations, "VERSIONS", (*migrations.VERSIONS, broken))
        assert refused(url, timeout=2).code == "store-failed"
    store = open_store()
    with store._engine.connect() as connection:
        assert connection.execute(text("SELECT version FROM store")).scalar() == len(migrations.VERSIONS)
        columns = connection.execute(text("SELECT * FROM runs")).keys()
    assert "host" not in columns


def test_several_programs_may_open_a_new_store_at_once(url: str) -> None:
    def open_and_close(_: int) -> str:
        with Store.open(url, anchor=None) as store:
            return store.id

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(open_and_close, range(8)))) == 1
