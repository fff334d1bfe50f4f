"""Statements that both databases know: insert or replace many rows, and conditions on many keys."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any, Literal

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Dialect,
    MetaData,
    Table,
    Text,
    Update,
    and_,
    any_,
    bindparam,
    text,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateIndex, CreateTable
from sqlalchemy.types import TypeEngine

from fairlead.store.records import Ref
from fairlead.store.stored_values import json_text

__all__ = [
    "any_number",
    "any_of",
    "any_ref",
    "create_tables",
    "insert_missing",
    "insert_rows",
    "update_each",
    "upsert",
]


#: the statements that create tables, by what describes these and kind of database: compiling takes longer
_CREATING: dict[tuple[MetaData, str], list[str]] = {}


def create_tables(connection: Connection, metadata: MetaData) -> None:
    """Create every table of `metadata` with its indexes; the database refuses one that exists already."""
    dialect = connection.dialect
    key = (metadata, dialect.name)
    if key not in _CREATING:
        elements: list[CreateTable | CreateIndex] = []
        for table in metadata.sorted_tables:
            elements.append(CreateTable(table))
            elements += [
                CreateIndex(index) for index in sorted(table.indexes, key=lambda each: str(each.name))
            ]
        _CREATING[key] = [str(element.compile(dialect=dialect)) for element in elements]
    for statement in _CREATING[key]:
        connection.exec_driver_sql(statement)


def upsert(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows; those whose primary key is there already replace the old ones."""
    _insert_many(connection, table, rows, "replace")


def insert_missing(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert the rows whose primary key is not there yet."""
    _insert_many(connection, table, rows, "leave")


def insert_rows(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that are new."""
    _insert_many(connection, table, rows, "refuse")


#: what is done where the primary key is there already
_Conflict = Literal["replace", "leave", "refuse"]


def _insert_many(
    connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], conflict: _Conflict
) -> None:
    if not rows:
        return
    # rows go to the driver as they are: every column holds what both drivers take, and this is twice as fast
    text, positions = _compiled(connection.dialect, table, tuple(rows[0]), conflict)
    parameters: list[Any] = list(rows)
    if positions is not None:
        # every table has two columns at least, so that this gives tuples
        parameters = list(map(itemgetter(*positions), rows))
    connection.exec_driver_sql(text, parameters)


@lru_cache(maxsize=256)
def _compiled(
    dialect: Dialect, table: Table, columns: tuple[str, ...], conflict: _Conflict
) -> tuple[str, Sequence[str] | None]:
    """Return the text of an insertion and, where parameters go by position, their order."""
    statement = sqlite.insert(table) if dialect.name == "sqlite" else postgresql.insert(table)
    keys = [column.name for column in table.primary_key]
    if conflict == "replace":
        others = {name: statement.excluded[name] for name in columns if name not in keys}
        statement = statement.on_conflict_do_update(index_elements=keys, set_=others)
    elif conflict == "leave":
        statement = statement.on_conflict_do_nothing(index_elements=keys)
    compiled = statement.compile(dialect=dialect, column_keys=list(columns))
    return compiled.string, compiled.positiontup


def update_each(
    connection: Connection, table: Table, keys: Sequence[str], rows: Sequence[Mapping[str, Any]]
) -> int:
    """Set the other members of each row where its keys match; return how many rows that were."""
    if not rows:
        return 0
    statement: Update = update(table)
    for key in keys:
        statement = statement.where(table.c[key] == bindparam(f"old_{key}"))
    statement = statement.values({name: bindparam(f"new_{name}") for name in rows[0] if name not in keys})
    parameters = [
        {(f"old_{name}" if name in keys else f"new_{name}"): value for name, value in row.items()}
        for row in rows
    ]
    return connection.execute(statement, parameters).rowcount


def any_of(connection: Connection, column: Column[str], ids: Iterable[str]) -> ColumnElement[bool]:
    """Return the condition that a column is one of many ids, however many: they are one parameter."""
    return _one_of(connection, column, list(ids), Text)


def any_number(connection: Connection, column: Column[int], numbers: Iterable[int]) -> ColumnElement[bool]:
    """Return the condition that a column is one of many numbers, however many: they are one parameter."""
    return _one_of(connection, column, list(numbers), BigInteger)


#: as text: to build it as a table for each condition takes half of the time of a small query
_LISTED = text("SELECT value FROM json_each(:listed)")


def _one_of(
    connection: Connection, column: Column[Any], values: list[Any], type_: type[TypeEngine[Any]]
) -> ColumnElement[bool]:
    if connection.dialect.name == "sqlite":
        return column.in_(_LISTED.bindparams(bindparam("listed", json_text(values), unique=True)))
    return column == any_(bindparam(None, values, type_=postgresql.ARRAY(type_)))


def any_ref(
    connection: Connection, columns: tuple[Column[str], Column[str]], refs: Iterable[Ref]
) -> Iterator[ColumnElement[bool]]:
    """Yield one condition per object; one of them holds where the columns (object, id) name a CRM record."""
    by_object: dict[str, list[str]] = {}
    for object_, id_ in refs:
        by_object.setdefault(object_, []).append(id_)
    for name, ids in by_object.items():
        yield and_(columns[0] == name, any_of(connection, columns[1], ids))
