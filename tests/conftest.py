"""What tests of several folders share."""

from __future__ import annotations

import gc

import pytest
from tests.browser import browser
from tests.postgresql import schema, server

import fairlead.plugins.http
from fairlead.plugins.sandboxes import SandboxOptions
from fairlead.testing.server import SandboxServer

__all__ = ["browser", "schema", "server"]


#: tests of many seconds: begun last, one of them would keep a single process busy at the end
_LONGEST = ("tests/sync/test_crashes.py", "tests/docs/test_examples.py")


# as the command line does: the collector would run again and again over what is imported, which stays
gc.set_threshold(50_000, 20, 20)


def pytest_collection_finish() -> None:
    """Let the collector pass over what every test finds there."""
    gc.collect()
    gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the longest tests run first."""
    items.sort(key=lambda item: not item.nodeid.startswith(_LONGEST))


@pytest.fixture(autouse=True)
def no_limits_without_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let connectors call as fast as they can where every sandbox of a test has its limits off.

    To keep to limits that nothing watches would be most of the time of many tests.
    """
    limited: list[bool] = []
    start, limiter = SandboxServer.__init__, fairlead.plugins.http._limiter

    def started(self: SandboxServer, options: SandboxOptions) -> None:
        limited.append(options.limits)
        start(self, options)

    def wanted(*arguments: object) -> object:
        return limiter(*arguments) if any(limited) or not limited else None  # type: ignore[arg-type]

    monkeypatch.setattr(SandboxServer, "__init__", started)
    monkeypatch.setattr(fairlead.plugins.http, "_limiter", wanted)
