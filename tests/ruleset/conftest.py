from pathlib import Path

import pytest
from tests.ruleset.clinic import model, ruleset, write

from fairlead.ruleset import catalogue


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in the place of the shipped rulesets, with one ruleset and its model."""
    root = tmp_path / "shipped"
    write(root, model())
    write(root, ruleset())
    monkeypatch.setattr(catalogue, "shipped_root", lambda: root)
    monkeypatch.chdir(tmp_path)
    return root


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A project's folder of documents, empty."""
    root = tmp_path / "own"
    root.mkdir()
    return root
