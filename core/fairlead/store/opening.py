"""Opening a database by URL, with the settings that keep what was committed and forget what was deleted."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from fairlead.problems import Problem, StoreError

__all__ = ["BEGIN", "open_engine", "shown_url"]

#: execution option for SQLite: the statement that begins a transaction, empty for none
BEGIN = "fairlead_begin"

_FORMS = ("sqlite:///fairlead.db", "postgresql+psycopg://user@host/database")
_SECRET_PARTS = ("password", "passfile", "sslpassword", "sslkey")


def open_engine(url: str, *, timeout: float) -> tuple[Engine, str]:
    """Return the engine of a store's URL, and the URL as it may be shown.

    `timeout` is how many seconds to wait for another writer, and for the server. Nothing is read or written
    yet, but that the file of a new SQLite store is made, for its owner alone. Raises StoreError.
    """
    parsed = _parsed(url)
    if parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    shown = shown_url(parsed)
    if parsed.drivername == "sqlite":
        _prepare_file(parsed, shown)
        engine = create_engine(parsed, hide_parameters=True, connect_args={"timeout": timeout})
        _set_up_sqlite(engine, timeout)
        return engine, shown
    try:
        engine = create_engine(
            parsed,
            hide_parameters=True,
            pool_pre_ping=True,
            connect_args={"connect_timeout": max(2, round(timeout))},
        )
    except ImportError:
        problem = Problem(
            "missing-package",
            "PostgreSQL needs a package that is not installed",
            found="psycopg",
            remedy="pip install 'fairlead[postgresql]'",
        )
        raise StoreError([problem]) from None
    milliseconds = round(timeout * 1000)

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: Any) -> None:
        connection.execute(f"SET lock_timeout = {milliseconds}").close()
        connection.commit()

    return engine, shown


def shown_url(url: URL) -> str:
    """Return a URL without its password, and without the parameters that hold or find secrets."""
    kept = {name: value for name, value in url.query.items() if name not in _SECRET_PARTS}
    return url.set(query=kept).render_as_string(hide_password=True)


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
        parsed.get_dialect()
    except (ArgumentError, NoSuchModuleError, ValueError):
        parsed = None
    if parsed is None or parsed.drivername not in ("sqlite", "postgresql", "postgresql+psycopg"):
        # the URL is not repeated: what cannot be read may hold a password anywhere
        raise StoreError(
            [
                Problem(
                    "wrong-store-url",
                    "the URL of the store names no database that Fairlead knows",
                    found=None if parsed is None else parsed.drivername,
                    allowed=_FORMS,
                    remedy="a special character in a password is written as %xx",
                )
            ]
        )
    if parsed.drivername == "sqlite" and parsed.database in (None, "", ":memory:"):
        raise StoreError(
            [
                Problem(
                    "wrong-store-url",
                    "the URL of the store names no file",
                    found=parsed.database or None,
                    allowed=_FORMS,
                    remedy="name a file: what is only in memory would be lost at the end",
                )
            ]
        )
    return parsed


def _prepare_file(url: URL, shown: str) -> None:
    if url.database is None or url.database.startswith("file:"):
        return
    path = Path(url.database)
    if not path.parent.is_dir():
        raise StoreError(
            [
                Problem(
                    "store-unreachable",
                    f"the folder of the store does not exist: `{shown}`",
                    found=str(path.parent),
                    remedy="create the folder, or name another one in the store's URL",
                )
            ]
        )
    try:
        # it holds personal data; the files that SQLite makes beside it take its permissions
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        pass
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        raise StoreError(
            [
                Problem(
                    "store-unreachable",
                    f"the file of the store cannot be made: {reason}: `{shown}`",
                    remedy="check that this user may write in the folder and that the disk has space",
                )
            ]
        ) from None


def _set_up_sqlite(engine: Engine, timeout: float) -> None:
    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: Any) -> None:
        # transactions are begun below, not by the driver
        connection.isolation_level = None
        for setting in (
            f"busy_timeout = {round(timeout * 1000)}",
            "journal_mode = WAL",
            "synchronous = FULL",
            "foreign_keys = ON",
            "secure_delete = ON",
            "recursive_triggers = ON",
            "temp_store = MEMORY",
            "cache_size = -32768",
        ):
            connection.execute(f"PRAGMA {setting}").close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # a writer takes its lock at once: upgrading a read could fail half-way
        statement = connection.get_execution_options().get(BEGIN, "BEGIN IMMEDIATE")
        if statement:
            connection.exec_driver_sql(statement)
