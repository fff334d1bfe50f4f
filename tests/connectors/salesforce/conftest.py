"""The org that most tests of this folder use."""

from collections.abc import Iterator

import pytest
from tests.connectors.salesforce.org import Org, org


@pytest.fixture
def clinic() -> Iterator[Org]:
    """A provisioned org of 20 leads and 4 partners."""
    with org() as made:
        yield made
