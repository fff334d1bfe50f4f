"""The numbered versions of the schema, and the way from each to the next.

A version is one function that takes the schema from the one before; it runs in one transaction with the
change of the number. From the first release on, a version that was released is never changed: a change to
the tables is a function of its own at the end of `VERSIONS`.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from datetime import datetime

from sqlalchemy import Connection, insert, inspect, select, text, update

from fairlead.problems import Problem, StoreError
from fairlead.store.attribution_schema import create_attribution
from fairlead.store.ledger_schema import LEDGER_TABLES, ledger_metadata, transitions
from fairlead.store.ledger_states import TRANSITIONS
from fairlead.store.schema import PERSONAL, metadata, mirror, store
from fairlead.store.statements import create_tables
from fairlead.store.stored_values import micros

__all__ = ["VERSIONS", "migrate"]

_KEPT_WHOLE = ("decision_log", "archive")


def _first(connection: Connection) -> None:
    create_tables(connection, metadata)
    _append_only(connection, _KEPT_WHOLE)
    if connection.dialect.name == "postgresql":
        # the planner's samples would keep values that were forgotten
        for column in PERSONAL:
            statement = f"ALTER TABLE {column.table.name} ALTER COLUMN {column.name} SET STATISTICS 0"
            connection.execute(text(statement))


def _append_only(connection: Connection, tables: Iterable[str]) -> None:
    statements = _SQLITE_GUARDS if connection.dialect.name == "sqlite" else _POSTGRESQL_GUARDS
    for table in tables:
        for statement in statements:
            connection.execute(text(statement.format(table=table)))


_SQLITE_GUARDS = tuple(
    f"CREATE TRIGGER {{table}}_no_{change.lower()} BEFORE {change} ON {{table}} "
    "BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    for change in ("UPDATE", "DELETE")
)

_POSTGRESQL_GUARDS = (
    """
    CREATE FUNCTION {table}_is_append_only() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION '{table} is append-only'; END $$
    """,
    """
    CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION {table}_is_append_only()
    """,
)


def _ledger(connection: Connection) -> None:
    create_tables(connection, ledger_metadata)
    rows = [{"from_state": one.value, "state": next_.value} for one, next_ in sorted(TRANSITIONS)]
    connection.execute(insert(transitions), rows)
    _append_only(connection, [table.name for table in LEDGER_TABLES])


def _changes(connection: Connection) -> None:
    """Add what stores have that were made before the first release: a new one has it from version 1 on."""
    if "change" not in {column["name"] for column in inspect(connection).get_columns("mirror")}:
        connection.execute(text("ALTER TABLE mirror ADD COLUMN change BIGINT DEFAULT 0 NOT NULL"))
    for table in (mirror, *LEDGER_TABLES):
        for index in table.indexes:
            index.create(connection, checkfirst=True)


#: version 1 first
VERSIONS: tuple[Callable[[Connection], None], ...] = (_first, _ledger, create_attribution, _changes)


def migrate(connection: Connection, shown: str, *, at: datetime) -> str:
    """Bring the schema to the newest version and return the store's id.

    Raises StoreError for a store that a newer Fairlead made, and for a database that holds other tables.
    """
    if connection.dialect.name == "postgresql":
        # two programs that open a new store take turns
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('fairlead ' || current_schema()))"))
    found = set(inspect(connection).get_table_names())
    if "store" not in found:
        if found:
            raise StoreError(
                [
                    Problem(
                        "not-a-store",
                        f"the database holds tables of something else: `{shown}`",
                        found=", ".join(sorted(found)[:5]),
                        remedy="give Fairlead a database, schema or file of its own",
                    )
                ]
            )
        version, store_id = 0, uuid.uuid4().hex
    else:
        version, store_id = _state(connection, shown)
    new = version == 0
    for number, step in enumerate(VERSIONS[version:], start=version + 1):
        # it would ask for each index whether it is there: a third of the time that a new store takes
        if not (new and step is _changes):
            step(connection)
        if number == 1:
            connection.execute(insert(store).values(version=1, id=store_id, created_at=micros(at)))
        connection.execute(update(store).values(version=number))
    return store_id


def _state(connection: Connection, shown: str) -> tuple[int, str]:
    columns = {column["name"] for column in inspect(connection).get_columns("store")}
    row = None
    if {"version", "id"} <= columns:
        row = connection.execute(select(store.c.version, store.c.id)).first()
    if row is None:
        raise StoreError(
            [
                Problem(
                    "not-a-store",
                    f"the database holds a table `store` of something else: `{shown}`",
                    remedy="give Fairlead a database, schema or file of its own",
                )
            ]
        )
    if row.version > len(VERSIONS):
        raise StoreError(
            [
                Problem(
                    "store-too-new",
                    f"the store was made by a newer Fairlead: `{shown}`",
                    found=f"version {row.version}",
                    allowed=tuple(f"version {number}" for number in range(1, len(VERSIONS) + 1)),
                    remedy="upgrade Fairlead; a store never goes back to an older version",
                )
            ]
        )
    return row.version, row.id
