"""A bar for long work, where a person is watching."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

__all__ = ["each_of", "reading"]

Item = TypeVar("Item")


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


def each_of(items: Sequence[Item], words: str) -> Iterable[Item]:
    """Return the items one by one, and show how many of them are done; `words` say what is done."""
    if not sys.stderr.isatty():
        return items
    from rich.console import Console
    from rich.progress import track

    return track(items, words, console=Console(stderr=True), transient=True)
