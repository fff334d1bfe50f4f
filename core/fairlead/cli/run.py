"""`fairlead run`: sync on schedule until it is stopped."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fairlead.cli.events import told
from fairlead.cli.failures import FINDINGS, with_messages
from fairlead.cli.options import help_text
from fairlead.cli.problem_lines import print_problems
from fairlead.cli.project_options import ProjectFolder
from fairlead.cli.screen import error, say

if TYPE_CHECKING:
    from fairlead.problems import Problem
    from fairlead.sync.report import RunReport

__all__ = ["register"]

_PURPOSE = (
    "Sync a project on its schedule until it is stopped: `every_minutes` and `full_every_days` under [sync] "
    "in fairlead.toml. Receives webhooks where [sync.webhooks] says so, and tells a person of failures, "
    "stale data and rejects as [sync.alerts] says."
)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "run",
        help=help_text(_PURPOSE, "fairlead run clinic --events events.jsonl", "fairlead run clinic --once"),
    )(with_messages(_run))


def _run(
    folder: ProjectFolder = Path(),
    once: Annotated[bool, typer.Option("--once", help="Run once, with the alerts, and end.")] = False,
    events: Annotated[
        Path | None,
        typer.Option(
            "--events", metavar="FILE", help="Append one line of JSON for each event.", show_default=False
        ),
    ] = None,
) -> int:
    from fairlead.sync.service import Service

    failed = False

    def said(found: RunReport | Problem) -> None:
        nonlocal failed
        failed = _say(found)
        # a log that is read through a pipe shows each run when it ends, not when the service does
        sys.stdout.flush()

    with told(events, watched=False) as event:
        service = Service(folder, os.environ, said, error, event)
        # a service manager stops with SIGTERM: the run under way ends first
        previous = signal.signal(signal.SIGTERM, lambda number, frame: service.stop.set())
        try:
            service.run(once=once)
        finally:
            signal.signal(signal.SIGTERM, previous)
    return FINDINGS if failed else 0


def _say(found: RunReport | Problem) -> bool:
    """Print one line for a run; return whether it failed."""
    from fairlead.problems import Problem

    if isinstance(found, Problem):
        print_problems([found])
        return True
    read = sum(each.read for each in found.objects.values())
    say(
        f"{found.ended:%Y-%m-%d %H:%M:%S} run {found.run}, {found.kind}: {found.state}, {read:,} read, "
        f"{found.evaluated:,} decided, {found.written:,} written, {found.rejects_open:,} rejects open, "
        f"{found.usage.total:,} calls, {found.seconds:.1f} s"
    )
    if found.problem is not None:
        print_problems([found.problem])
    return found.problem is not None
