"""A PostgreSQL that is started for the tests: the system's, or that of the package `pgserver`."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

__all__ = ["PASSWORD", "Server", "new_schema", "schema", "server"]

PASSWORD = "correct-horse-7f3a"  # noqa: S105 - of a server that lives as long as the tests


@dataclass(frozen=True)
class Server:
    """A PostgreSQL server on a socket of its own."""

    sockets: Path
    data: Path

    def url(self, *, schema: str = "public", password: str = PASSWORD, database: str = "postgres") -> str:
        return (
            f"postgresql+psycopg://fairlead:{password}@/{database}?host={self.sockets}"
            f"&options=-csearch_path%3D{schema}"
        )


def programs() -> Path | None:
    """The folder with PostgreSQL's programs: of the system, or of the package `pgserver`."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    on_path = shutil.which("initdb")
    if on_path is not None:
        folders.insert(0, Path(on_path).parent)
    package = find_spec("pgserver")
    if package is not None and package.origin is not None:
        folders.append(Path(package.origin).parent / "pginstall" / "bin")
    return next((folder for folder in folders if (folder / "pg_ctl").exists()), None)


def unprivileged() -> str | None:
    """The user to run the server as: it refuses to be run by root."""
    if os.geteuid() != 0:
        return None
    users = {user.pw_name for user in pwd.getpwall()}
    return next(name for name in ("postgres", "nobody") if name in users)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    bin_ = programs()
    if bin_ is None or find_spec("psycopg") is None:
        pytest.skip("needs PostgreSQL (of the system, or pip install pgserver) and psycopg")
    user = unprivileged()
    home = Path(tempfile.mkdtemp(prefix="fairlead-postgresql-"))
    secret = home / "password"
    secret.write_text(PASSWORD)
    if user is not None:
        for path in (home, secret):
            shutil.chown(path, user)
    data = home / "data"

    def run(*command: str) -> None:
        subprocess.run(
            command, check=True, capture_output=True, user=user, cwd=home, env={"LC_ALL": "C", "TZ": "UTC"}
        )

    try:
        run(
            *(str(bin_ / "initdb"), "-D", str(data), "-U", "fairlead", "-E", "UTF8", "--no-sync"),
            *("--auth=scram-sha-256", f"--pwfile={secret}"),
        )
        settings = f"-c listen_addresses= -c unix_socket_directories={home} -c fsync=off -c autovacuum=off"
        log = str(home / "log")
        run(str(bin_ / "pg_ctl"), "-D", str(data), "-l", log, "-o", settings, "-w", "-s", "start")
        try:
            yield Server(home, data)
        finally:
            run(str(bin_ / "pg_ctl"), "-D", str(data), "-m", "immediate", "-w", "-s", "stop")
    finally:
        shutil.rmtree(home)


def new_schema(server: Server) -> str:
    """Make a new schema on the server and return its name."""
    name = f"t{uuid.uuid4().hex}"
    engine = create_engine(server.url())
    with engine.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {name}"))
    engine.dispose()
    return name


@pytest.fixture
def schema(server: Server) -> str:
    """A new schema on the server."""
    return new_schema(server)
