"""The connector of the tutorial passes the conformance kit, run from a test class and without a test file."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from tests.testing.installed import ACME, announce

from fairlead.testing.conformance import ConnectorConformance


class TestAcme(ConnectorConformance):
    connector = "acme"

    @pytest.fixture(autouse=True)
    def installed(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        announce(tmp_path)
        monkeypatch.syspath_prepend(tmp_path)
        monkeypatch.syspath_prepend(ACME)


def kit(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the plug-in away from the checkout, with the packages in a folder and Acme installed."""
    announce(folder / "site")
    path = os.pathsep.join([str(folder / "site"), str(ACME)])
    command = [sys.executable, "-m", "pytest", "-q", "-p", "fairlead.testing.plugin", *arguments]
    return subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_kit_runs_without_a_test_file(tmp_path: Path) -> None:
    run = kit(tmp_path, "--fairlead-connector", "acme", "-k", "check_tells or a_converted_record", "-rs")

    assert run.returncode == 0, run.stdout
    assert "the sandbox offers no action `convert`" in run.stdout
    assert "1 passed, 2 skipped" in run.stdout


def test_the_kit_names_the_nearest_connector(tmp_path: Path) -> None:
    run = kit(tmp_path, "--fairlead-connector", "acmee")

    assert run.returncode == 4
    assert "there is no connector `acmee`" in run.stderr
    assert "did you mean `acme`?" in run.stderr


def test_without_the_option_the_plugin_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "test_own.py").write_text("def test_own() -> None:\n    pass\n", "utf-8")

    run = kit(tmp_path)

    assert run.returncode == 0
    assert "1 passed" in run.stdout


def test_the_package_announces_its_entry_point() -> None:
    project = tomllib.loads((ACME / "pyproject.toml").read_text("utf-8"))["project"]

    assert project["entry-points"] == {"fairlead": {"acme": "fairlead_acme"}}
