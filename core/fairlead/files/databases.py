"""A table of a database as input: its URL, its columns, its rows batch by batch."""

from __future__ import annotations

import errno
import os
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import (
    URL,
    Column,
    Connection,
    Engine,
    Inspector,
    MetaData,
    NullPool,
    Table,
    create_engine,
    event,
    inspect,
    literal,
    make_url,
    select,
)
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SAWarning, SQLAlchemyError
from sqlalchemy.types import Boolean, NullType, String

from fairlead.problems import Problem, UsageError, nearest_name
from fairlead.store.opening import shown_url

__all__ = ["DatabaseTable", "OpenTable"]

_FORMS = ("sqlite:///crm.db", "postgresql+psycopg://user:${NAME}@host/database")
_NAMED = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
#: packages whose names are not those of their modules
_PACKAGES = {"psycopg": "'fairlead[postgresql]'", "MySQLdb": "mysqlclient"}
#: what drivers say where the user or the password is wrong; their texts are their own, never shown
_REFUSED = ("password", "authentication", "access denied", "pg_hba.conf", "role ")
_NO_RIGHT = "42501"


@dataclass(frozen=True)
class DatabaseTable:
    """A table or a view of a database; `shown` is the URL without its password."""

    url: URL = field(repr=False)
    name: str

    @classmethod
    def of(cls, url: str, name: str, environment: Mapping[str, str] | None = None) -> DatabaseTable:
        """Return the table of that name; a password `${NAME}` stands in the environment.

        Nothing is connected to yet. Raises UsageError.
        """
        try:
            parsed = make_url(url)
            if parsed.drivername == "postgresql":
                parsed = parsed.set(drivername="postgresql+psycopg")
            parsed.get_dialect()
        except (ArgumentError, NoSuchModuleError, ValueError):
            raise _wrong_url("the URL names no database that can be read", url.partition("://")[0]) from None
        except ImportError as missing:
            raise _no_driver(missing) from None
        if parsed.get_backend_name() == "sqlite" and parsed.database in (None, "", ":memory:"):
            raise _wrong_url("the URL names no file", parsed.database or None)
        named = _NAMED.fullmatch(parsed.password or "")
        if named is not None:
            found = (os.environ if environment is None else environment).get(named[1])
            if not found:
                message = f"the environment has no `{named[1]}`, which the URL names as the password"
                remedy = f"set it: `export {named[1]}=…`"
                raise UsageError([Problem("missing-secret", message, found=named[1], remedy=remedy)])
            parsed = parsed.set(password=found)
        return cls(parsed, name)

    @property
    def shown(self) -> str:
        """The URL as it may be shown."""
        return shown_url(self.url)

    @property
    def file(self) -> str | None:
        """The file of the database, where it is one that SQLite has."""
        path = self.url.database or ""
        return path if self._is_sqlite and not path.startswith("file:") else None

    @property
    def _is_sqlite(self) -> bool:
        return self.url.get_backend_name() == "sqlite"

    @contextmanager
    def opened(self) -> Iterator[OpenTable]:
        """Connect, and find the table.

        Raises UsageError where the database cannot be read or has no such table, FileNotFoundError where its
        file is not there.
        """
        engine = self._engine()
        try:
            with self._connected(engine) as connection:
                with _told(self, connecting=False), warnings.catch_warnings():
                    # a type that SQLAlchemy does not know is read as its driver gives it
                    warnings.simplefilter("ignore", SAWarning)
                    table, types = self._found(inspect(connection), raw=self._is_sqlite)
                # a server keeps what was not read to its end until it is closed
                with ExitStack() as results:
                    yield OpenTable(self, connection, table, types, results)
        finally:
            engine.dispose()

    def _engine(self) -> Engine:
        if self.file is not None and not Path(self.file).is_file():
            # SQLite would make it
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), self.file)
        try:
            engine = create_engine(self.url, poolclass=NullPool, hide_parameters=True)
        except ImportError as missing:
            raise _no_driver(missing) from None
        except (ArgumentError, TypeError, ValueError):
            raise _wrong_url("the URL has parts that its driver does not know", None) from None
        if self._is_sqlite:

            @event.listens_for(engine, "connect")
            def _connect(connection: Any, _record: Any) -> None:
                connection.execute("PRAGMA query_only = ON").close()
                # bytes that are no UTF-8 become half surrogate pairs, which no fact takes
                connection.text_factory = _text

        return engine

    @contextmanager
    def _connected(self, engine: Engine) -> Iterator[Connection]:
        with _told(self, connecting=True):
            try:
                connection = engine.connect()
            except (TypeError, ValueError):
                raise _wrong_url("the URL has parts that its driver does not know", None) from None
        with connection:
            yield connection

    def _found(self, inspector: Inspector, *, raw: bool) -> tuple[Table, list[Any]]:
        """Return the table with its columns and primary key, and the types that the database states."""
        name, schema = self.name, None
        if not inspector.has_table(name):
            schema, _, name = name.rpartition(".")
            if schema not in inspector.get_schema_names() or not inspector.has_table(name, schema=schema):
                raise self._unknown(inspector)
        found = inspector.get_columns(name, schema=schema)
        types = [each["type"] for each in found]
        # SQLite keeps any value in any column: its values are read as they are, and a wrong one is a reject
        columns: list[Column[Any]] = [
            Column(each["name"], NullType() if raw else each["type"]) for each in found
        ]
        return Table(name, MetaData(), *columns, schema=schema), types

    def _unknown(self, inspector: Inspector) -> UsageError:
        names = sorted({*inspector.get_table_names(), *inspector.get_view_names()})
        problem = Problem(
            "unknown-table",
            f"there is no table `{self.name}` in `{self.shown}`",
            found=self.name,
            allowed=tuple(names),
            nearest=nearest_name(self.name[:200], names),
            remedy=None if names else "the database has no tables: name another one",
        )
        return UsageError([problem])


@dataclass(frozen=True)
class OpenTable:
    """A table that can be read; `types` are those that the database states for the columns."""

    source: DatabaseTable
    connection: Connection
    table: Table
    types: Sequence[Any]
    _results: ExitStack

    @property
    def names(self) -> list[str]:
        """The names of the columns."""
        return [column.name for column in self.table.columns]

    @property
    def typed(self) -> frozenset[int]:
        """The places of the columns that hold no text."""
        texts = (String, NullType)
        return frozenset(place for place, type_ in enumerate(self.types) if not isinstance(type_, texts))

    def batches(self, together: int) -> Iterator[list[Sequence[Any]]]:
        """Yield the rows, so many at once, in the order of the primary key where there is one.

        Raises UsageError where the database ends the reading.
        """
        with _told(self.source, connecting=False):
            key = inspect(self.connection).get_pk_constraint(self.table.name, schema=self.table.schema)
            columns = self.table.columns
            query = select(*columns).order_by(*(columns[name] for name in key["constrained_columns"]))
            options = {"stream_results": True, "yield_per": together, "sqlite_raw_colnames": True}
            result = self._results.enter_context(self.connection.execute(query, execution_options=options))
            for rows in result.partitions():
                yield self._plain([tuple(row) for row in rows])

    def has_rows(self, count: int) -> bool:
        """Tell whether there are so many rows; they are not all counted. Raises UsageError."""
        with _told(self.source, connecting=False):
            query = select(literal(1)).select_from(self.table).offset(count - 1).limit(1)
            return self.connection.execute(query).first() is not None

    def _plain(self, rows: list[Sequence[Any]]) -> list[Sequence[Any]]:
        """Return rows with the booleans of SQLite, which keeps them as 0 and 1, as such."""
        if self.connection.dialect.name != "sqlite":
            return rows
        places = {place for place, type_ in enumerate(self.types) if isinstance(type_, Boolean)}
        if not places:
            return rows
        return [
            [_boolean(value) if place in places else value for place, value in enumerate(row)] for row in rows
        ]


def _boolean(value: Any) -> Any:
    return bool(value) if type(value) is int and value in (0, 1) else value


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")


@contextmanager
def _told(source: DatabaseTable, *, connecting: bool) -> Iterator[None]:
    """Let errors of the database leave as UsageError, without what the driver says: it may hold values."""
    try:
        yield
    except SQLAlchemyError as error:
        original = error.orig if isinstance(error, DBAPIError) else None
        found = getattr(original, "sqlite_errorname", None) or getattr(original, "sqlstate", None)
        code, subject = "database-failed", f"`{source.shown}`"
        if connecting and any(word in str(original).lower() for word in _REFUSED):
            code, message = (
                "database-unreachable",
                f"the database refuses the user or the password: {subject}",
            )
            remedy = "check user and password, and that the server lets this user in from here"
        elif connecting:
            code, message = "database-unreachable", f"the database cannot be connected to: {subject}"
            remedy = "check host, port and database of the URL, and that the server is up"
        elif found == _NO_RIGHT:
            message = f"the user may not read `{source.name}` in {subject}"
            remedy = f"grant it: `GRANT SELECT ON {source.name} TO …`"
        else:
            message = f"the database stopped the reading of `{source.name}` in {subject}"
            remedy = (
                "look into its log; a value that Python has no form for, such as an infinite date, can be "
                "left out by a view"
            )
        raise UsageError([Problem(code, message, found=found, remedy=remedy)]) from None


def _wrong_url(message: str, found: str | None) -> UsageError:
    # the URL is not repeated: what cannot be read may hold a password anywhere
    remedy = "a special character in a password is written as %xx, or the password as `${NAME}`"
    return UsageError([Problem("wrong-database-url", message, found=found, allowed=_FORMS, remedy=remedy)])


def _no_driver(missing: ImportError) -> UsageError:
    name = (missing.name or "").partition(".")[0]
    problem = Problem(
        "missing-package",
        f"the database needs the driver `{name}`, which is not installed",
        found=name,
        remedy=f"run `pip install {_PACKAGES.get(name, name)}`, or name another driver in the URL",
    )
    return UsageError([problem])
