"""Fixtures for the tests of the HubSpot connector."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from tests.connectors.hubspot.desk import Desk, open_desk

from fairlead.plugins.sandboxes import SandboxOptions

StartDesk = Callable[..., Desk]


@pytest.fixture
def start() -> Iterator[StartDesk]:
    """Start desks of any size; all are stopped at the end."""
    desks: list[Desk] = []

    def started(
        leads: int = 40, partners: int = 6, *, limits: bool = False, provisioned: bool = True
    ) -> Desk:
        desks.append(open_desk(SandboxOptions(0, leads, partners, 1, limits, provisioned)))
        return desks[-1]

    yield started
    for desk in desks:
        desk.connector.close()
        desk.sandbox.stop()


@pytest.fixture
def desk(start: StartDesk) -> Desk:
    """An account with 40 leads and 6 partners, limits off."""
    return start()
