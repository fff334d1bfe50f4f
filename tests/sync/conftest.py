"""Sandboxes of CRMs with projects on them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.sync.clinic import ACME_FOLDER, Clinic, clinic_on
from tests.sync.forks import Forks

from fairlead.plugins.manager import installed_plugins


@pytest.fixture(scope="session")
def acme_metadata(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the metadata that pip would leave of the tutorial's connector."""
    installed = tmp_path_factory.mktemp("installed")
    info = installed / "acme_fairlead-0.1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-fairlead\nVersion: 0.1\n", "utf-8")
    (info / "entry_points.txt").write_text("[fairlead]\nacme = fairlead_acme\n", "utf-8")
    return installed


@pytest.fixture
def acme_installed(acme_metadata: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Install the tutorial's connector; return the folder of its metadata."""
    monkeypatch.syspath_prepend(str(ACME_FOLDER))
    monkeypatch.syspath_prepend(str(acme_metadata))
    installed_plugins.cache_clear()
    yield acme_metadata
    installed_plugins.cache_clear()


@pytest.fixture
def open_clinic(tmp_path: Path, acme_installed: Path) -> Iterator[Callable[..., Clinic]]:
    """Make clinics on sandboxes that are stopped at the end."""
    made: list[Clinic] = []

    def make(crm: str = "acme", **options: object) -> Clinic:
        clinic = clinic_on(crm, tmp_path / f"clinic-{len(made)}", **options)  # type: ignore[arg-type]
        made.append(clinic)
        return clinic

    yield make
    for clinic in made:
        clinic.sandbox.stop()
    for name in [name for name in sys.modules if name.partition(".")[0] == "fairlead_acme"]:
        sys.modules.pop(name)


@pytest.fixture(scope="session")
def forks(acme_metadata: Path) -> Iterator[Forks]:
    """Run syncs in processes that may be killed."""
    made = Forks(acme_metadata)
    yield made
    made.close()
