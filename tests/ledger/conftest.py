"""Stores and worlds for the tests of the ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.ledger.world import World, write_project
from tests.postgresql import Server

from fairlead.store import Store


@pytest.fixture(params=["sqlite"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a new store: SQLite, and where a test asks for it PostgreSQL as well."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'fairlead.db'}"
    server: Server = request.getfixturevalue("server")
    return server.url(schema=request.getfixturevalue("schema"))


@pytest.fixture
def store(url: str, tmp_path: Path) -> Iterator[Store]:
    with Store.open(url, anchor=tmp_path / "anchor.jsonl") as opened:
        yield opened


@pytest.fixture
def make_world(store: Store, tmp_path: Path) -> Callable[..., World]:
    """Makes the world of a project with these rulesets and packs."""

    def make(*rulesets: str, packs: tuple[str, ...] = (), zone: str = "UTC") -> World:
        return World(write_project(tmp_path / "clinic", *rulesets, packs=packs, zone=zone), store)

    return make


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    """The world of the shipped partner programme: 500.00 USD for an introduction, 7,500.00 a year."""
    return make_world()
