"""A bar for long reading, where a person is watching."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["reading"]


@contextmanager
def reading(source: str | None) -> Iterator[Callable[[int], None] | None]:
    """Show how far a file is read; gives what to call with the number of bytes, or None."""
    if source is None or not sys.stderr.isatty() or not Path(source).is_file():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn

    columns = (BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=Path(source).stat().st_size)
        yield lambda position: bar.update(task, completed=position)
