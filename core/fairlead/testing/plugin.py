"""The pytest plug-in of the conformance kit: `--fairlead-connector NAME` runs the kit without a test file."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

__all__ = ["pytest_addoption", "pytest_configure"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that names the connector."""
    parser.getgroup("fairlead").addoption(
        "--fairlead-connector",
        metavar="NAME",
        default=None,
        help="the connector to run the conformance kit on; without test files named, the kit alone runs",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Run the kit where a connector is named and no tests are.

    Raises `pytest.UsageError` where there is no such connector.
    """
    name = config.getoption("--fairlead-connector")
    if name is None:
        return
    # every pytest run of those who have Fairlead installed imports this module: the rest waits
    from fairlead.plugins.manager import connector, load_plugins
    from fairlead.problems import UsageError

    try:
        connector(load_plugins(), name)
    except UsageError as error:
        raise pytest.UsageError(str(error)) from None
    if config.args_source is not pytest.Config.ArgsSource.ARGS:
        kit = find_spec("fairlead.testing.conformance.standalone")
        assert kit is not None
        assert kit.origin is not None
        config.args = [kit.origin]
