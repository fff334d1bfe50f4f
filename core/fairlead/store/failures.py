"""What goes wrong with a database, said with its remedy and without a password or a value."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from fairlead.problems import Problem, StoreError

__all__ = ["failing", "store_error"]

#: primary result codes, https://www.sqlite.org/rescode.html
_SQLITE = {
    sqlite3.SQLITE_READONLY: (
        "store-read-only",
        "the store can be read and not written",
        "give this user the right to write the file and its folder",
    ),
    sqlite3.SQLITE_FULL: (
        "store-full",
        "the disk of the store is full",
        "free some space and run again: nothing that was committed is lost",
    ),
    sqlite3.SQLITE_CANTOPEN: (
        "store-unreachable",
        "the file of the store cannot be opened",
        "check that its folder exists and that this user may write in it",
    ),
    sqlite3.SQLITE_PERM: (
        "store-unreachable",
        "the file of the store cannot be opened",
        "check that this user may read and write it",
    ),
    sqlite3.SQLITE_BUSY: (
        "store-locked",
        "another program is writing to the store",
        "wait until it has ended, or end it, and run again",
    ),
    sqlite3.SQLITE_LOCKED: (
        "store-locked",
        "another program is writing to the store",
        "wait until it has ended, or end it, and run again",
    ),
    sqlite3.SQLITE_NOTADB: (
        "store-damaged",
        "the file is no SQLite database",
        "name another file, or restore this one from a backup",
    ),
    sqlite3.SQLITE_CORRUPT: (
        "store-damaged",
        "the database file is damaged",
        "restore it from a backup, then run with `--full`",
    ),
    sqlite3.SQLITE_IOERR: (
        "store-unreachable",
        "the disk of the store does not answer as it should",
        "check the disk and its space, and run again",
    ),
}

#: extended result codes that say more than their primary one
_SQLITE_EXTENDED = {
    # the index of the log ahead cannot grow
    sqlite3.SQLITE_IOERR_SHMSIZE: _SQLITE[sqlite3.SQLITE_FULL],
}

#: the first two characters of SQLSTATE, or all five, https://www.postgresql.org/docs/current/errcodes-appendix.html
_POSTGRESQL = {
    "28": (
        "store-refused",
        "the server refused the user or the password",
        "check user and password of the store's URL, and the server's `pg_hba.conf`",
    ),
    "3D000": (
        "store-unreachable",
        "the server has no database of that name",
        "create it (`createdb`), or mend the name in the store's URL",
    ),
    "3F000": (
        "store-unreachable",
        "the server has no schema of that name",
        "create it, or mend `search_path` in the store's URL",
    ),
    "42501": (
        "store-read-only",
        "the user may not do this in the database",
        "make the user the owner of the schema and its tables",
    ),
    "25006": (
        "store-read-only",
        "the server answers reads only: it is a standby or set so",
        "name the primary server in the store's URL",
    ),
    "53100": (
        "store-full",
        "the server's disk is full",
        "free some space and run again: nothing that was committed is lost",
    ),
    "53300": (
        "store-unreachable",
        "the server has too many connections",
        "raise `max_connections`, or close other programs",
    ),
    "55P03": (
        "store-locked",
        "another program keeps a table of the store locked",
        "wait until it has ended, or end it, and run again",
    ),
    "40": (
        "store-locked",
        "another program wrote to the store at the same time",
        "run again: nothing was changed",
    ),
    "57": (
        "store-unreachable",
        "the server is shutting down or starting",
        "wait until it is up, and run again",
    ),
    "08": (
        "store-unreachable",
        "the connection to the server was lost",
        "check that the server is up, and run again",
    ),
}

#: what libpq says where there is no SQLSTATE yet; the texts are its own, never shown
_CONNECTING = (
    ("password", _POSTGRESQL["28"]),
    ("authentication", _POSTGRESQL["28"]),
    ("role", _POSTGRESQL["28"]),
    ("no pg_hba.conf entry", _POSTGRESQL["28"]),
    ("database", _POSTGRESQL["3D000"]),
)

_UNREACHABLE = (
    "store-unreachable",
    "the server does not answer",
    "check host and port of the store's URL, and that the server is up",
)

_UNKNOWN = (
    "store-failed",
    "the database refused a statement",
    "check its log; if it goes on, report it with this code",
)


def store_error(error: SQLAlchemyError, shown: str) -> StoreError:
    """Return what a database error means; `shown` is the store's URL without its password."""
    code, message, remedy, found = *_UNKNOWN, None
    original = error.orig if isinstance(error, DBAPIError) else None
    if isinstance(original, sqlite3.Error):
        number = getattr(original, "sqlite_errorcode", None)
        found = getattr(original, "sqlite_errorname", None)
        if number is not None:
            meaning = _SQLITE_EXTENDED.get(number) or _SQLITE.get(number & 0xFF, _UNKNOWN)
            code, message, remedy = meaning
    elif original is not None:
        found = getattr(original, "sqlstate", None)
        if found is not None:
            code, message, remedy = _POSTGRESQL.get(found) or _POSTGRESQL.get(found[:2]) or _UNKNOWN
        else:
            said = str(original).lower()
            fatal = said.partition("fatal:")[2]
            code, message, remedy = next(
                (meaning for word, meaning in _CONNECTING if word in fatal), _UNREACHABLE
            )
    return StoreError([Problem(code, f"{message}: `{shown}`", found=found, remedy=remedy)])


@contextmanager
def failing(shown: str) -> Iterator[None]:
    """Let database errors leave as StoreError."""
    try:
        yield
    except SQLAlchemyError as error:
        raise store_error(error, shown) from None
