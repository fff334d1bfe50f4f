"""What `pytest -p fairlead.testing.plugin --fairlead-connector NAME` runs: the kit without a test file."""

from __future__ import annotations

from fairlead.testing.conformance import ConnectorConformance


class TestConnector(ConnectorConformance):
    """The connector of `--fairlead-connector`."""
