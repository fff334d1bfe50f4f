"""Plug-ins that stand on the path as pip would have left them."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent

import pytest

#: distribution, name of the plug-in, source of its module
Install = Callable[[str, str, str], None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Install a one-module distribution that announces a plug-in, as pip would leave it."""
    monkeypatch.syspath_prepend(tmp_path)
    installed: list[str] = []

    def install(distribution: str, plugin: str, source: str) -> None:
        module = distribution.replace("-", "_")
        (tmp_path / f"{module}.py").write_text(dedent(source), encoding="utf-8")
        installed.append(module)
        info = tmp_path / f"{module}-2.1.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 2.1\n", "utf-8"
        )
        (info / "entry_points.txt").write_text(f"[fairlead]\n{plugin} = {module}\n", "utf-8")

    yield install
    for module in installed:
        sys.modules.pop(module, None)
