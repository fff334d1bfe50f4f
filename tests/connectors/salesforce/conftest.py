"""A sandbox org with a connector for each test, and the default mapping."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.connectors.salesforce.org import Org, org

from fairlead.plugins.manager import connector, load_plugins
from fairlead.ruleset.models import load_model
from fairlead.sync.mapping import CrmMapping, load_crm_mapping


@pytest.fixture
def clinic() -> Iterator[Org]:
    """A provisioned org of 20 leads and 4 partners."""
    with org() as made:
        yield made


@pytest.fixture(scope="session")
def mapping() -> CrmMapping:
    """The mapping that the connector brings, on the shipped fact model."""
    path = connector(load_plugins(), "salesforce").mapping
    assert path is not None
    return load_crm_mapping(path, load_model("medical-travel/facts"))
