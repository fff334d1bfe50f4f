"""What is told while a run goes on: lines of JSON for machines, a moving count for a person."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

__all__ = ["told"]

_WORDS = {"page": "read", "evaluated": "decided", "writing": "writing", "deletions": "deletions"}


@contextmanager
def told(path: Path | None, *, watched: bool = True) -> Iterator[Callable[..., None]]:
    """Give what to call with each event and its members.

    Each is appended to the file at `path` as a line of JSON. With `watched`, a person at a terminal sees how
    many records went through each step.
    """
    with ExitStack() as held:
        stream = held.enter_context(path.open("a", encoding="utf-8")) if path is not None else None
        show = held.enter_context(_counted()) if watched and sys.stderr.isatty() else None

        def event(name: str, **members: Any) -> None:
            if stream is not None:
                line = {"at": datetime.now(UTC).isoformat(), "event": name, **members}
                stream.write(json.dumps(line, ensure_ascii=False, default=str) + "\n")
                stream.flush()
            if show is not None and "records" in members:
                show(name, int(members["records"]))

        yield event


@contextmanager
def _counted() -> Iterator[Callable[[str, int], None]]:
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    counts: dict[str, int] = {}
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("")

        def show(name: str, records: int) -> None:
            counts[name] = counts.get(name, 0) + records
            said = ", ".join(f"{_WORDS.get(each, each)} {count:,}" for each, count in counts.items())
            bar.update(task, description=said)

        yield show
