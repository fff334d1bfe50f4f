"""Packages that stand on the path as pip would have left them."""

from __future__ import annotations

from pathlib import Path

__all__ = ["ACME", "announce"]

#: the package that docs/connector-tutorial.md builds
ACME = Path(__file__).parents[2] / "docs" / "examples" / "connector"


def announce(folder: Path, module: str = "fairlead_acme") -> None:
    """Write the metadata of an installed distribution whose entry point is a module."""
    info = folder / f"{module}-1.0.0.dist-info"
    info.mkdir(parents=True)
    name = module.replace("_", "-")
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0.0\n", "utf-8")
    (info / "entry_points.txt").write_text(f"[fairlead]\nacme = {module}\n", "utf-8")
