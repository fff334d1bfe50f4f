"""Stores on both databases: SQLite in a file, and a PostgreSQL that is started for the session."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.postgresql import Server

from fairlead.store import Store


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a new store, on each database in turn."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'fairlead.db'}"
    server: Server = request.getfixturevalue("server")
    return server.url(schema=request.getfixturevalue("schema"))


@pytest.fixture
def anchor(tmp_path: Path) -> Path:
    return tmp_path / "anchor.jsonl"


@pytest.fixture
def open_store(url: str, anchor: Path) -> Iterator[Callable[[], Store]]:
    """Opens the store of `url`, as often as asked, and closes each at the end."""
    opened: list[Store] = []

    def open_() -> Store:
        opened.append(Store.open(url, anchor=anchor, anchor_every=10, timeout=2))
        return opened[-1]

    yield open_
    for store in opened:
        store._engine.dispose()


@pytest.fixture
def store(open_store: Callable[[], Store]) -> Store:
    return open_store()
