"""Projects on sandboxes, for tests of a connector together with the sync."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.sync.clinic import Clinic, clinic_on


@pytest.fixture
def open_clinic(tmp_path: Path) -> Iterator[Callable[..., Clinic]]:
    """Make clinics on sandboxes that are stopped at the end."""
    made: list[Clinic] = []

    def make(crm: str, **options: object) -> Clinic:
        clinic = clinic_on(crm, tmp_path / f"clinic-{len(made)}", **options)  # type: ignore[arg-type]
        made.append(clinic)
        return clinic

    yield make
    for clinic in made:
        clinic.sandbox.stop()
