"""Sandboxes and connectors for the tests of the Zoho connector."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.connectors.zoho.desk import Desk

from fairlead.plugins.sandboxes import SandboxOptions
from fairlead_zoho.connector import ZohoConnector
from fairlead_zoho.sandbox import ZohoSandbox

Start = Callable[..., Desk]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts sandboxes with a connector each; options as `SandboxOptions` has them."""
    desks: list[Desk] = []

    def begin(*, settings: dict[str, object] | None = None, **options: Any) -> Desk:
        desk = Desk(ZohoSandbox(SandboxOptions(**{"leads": 60, "partners": 6, **options})), settings or {})
        desks.append(desk)
        return desk

    yield begin
    for desk in desks:
        desk.close()


@pytest.fixture
def desk(start: Start) -> Desk:
    """A provisioned sandbox with 60 leads and 6 partners, and a connector."""
    return start()


@pytest.fixture
def zoho(desk: Desk) -> ZohoConnector:
    return desk.connector
