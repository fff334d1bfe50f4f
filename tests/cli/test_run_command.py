"""`fairlead run` as a service manager or a container runs it: through a pipe, ended by SIGTERM."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Timer

import pytest

from fairlead.plugins.manager import connector, load_plugins
from fairlead.plugins.sandboxes import SandboxOptions
from fairlead.project.starting import plan_project, write_project
from fairlead.testing.server import SandboxServer


@pytest.fixture
def sandbox() -> Iterator[SandboxServer]:
    info = connector(load_plugins(), "zoho")
    assert info.sandbox is not None
    made = info.sandbox(SandboxOptions(leads=2, partners=1, limits=False))
    assert isinstance(made, SandboxServer)
    yield made
    made.stop()


def test_each_run_is_told_when_it_ends_and_sigterm_ends_the_service(
    sandbox: SandboxServer, tmp_path: Path
) -> None:
    folder = tmp_path / "clinic"
    write_project(plan_project(folder, crm="zoho", crm_settings=sandbox.settings()))
    environment = {**os.environ, **sandbox.secrets()}
    environment.pop("PYTHONUNBUFFERED", None)
    fairlead = [sys.executable, "-m", "fairlead.cli"]
    made = subprocess.run(
        [*fairlead, "provision", str(folder), "--json"], env=environment, capture_output=True, check=True
    )
    assert json.loads(made.stdout)["failed"] == 0

    service = subprocess.Popen(
        [*fairlead, "run", str(folder)], env=environment, stdout=subprocess.PIPE, text=True
    )
    too_late = Timer(60, service.kill)
    too_late.start()
    try:
        assert service.stdout is not None
        line = service.stdout.readline()
        assert service.poll() is None
        service.send_signal(signal.SIGTERM)
        assert service.wait(timeout=30) == 0
    finally:
        too_late.cancel()
        service.kill()
        service.communicate()

    assert "run 1, incremental: done" in line


ROOT = Path(__file__).parents[2]


def test_the_container_copies_what_the_package_is_built_from() -> None:
    """No engine builds it here; at least nothing that the build names is left out or gone."""
    lines = (ROOT / "deploy" / "Containerfile").read_text("utf-8").splitlines()
    copied = [name for line in lines if line.startswith("COPY ") for name in line.split()[1:-1]]

    assert [name for name in copied if not (ROOT / name).exists()] == []
    # pyproject.toml names these: the readme, the licence, the packages, the rulesets
    assert {"pyproject.toml", "README.md", "LICENSE", "core", "connectors", "rulesets"} == set(copied)
