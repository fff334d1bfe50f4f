"""Commands of `fairlead`, run in this process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

from fairlead.cli.app import make_app

__all__ = ["invoke"]


def invoke(*words: str | Path, **options: Any) -> Result:
    """Run a command line; as in a process of its own, only the command that it names is built."""
    line = [str(word) for word in words]
    return CliRunner().invoke(make_app(line[0] if line else None), line, **options)
