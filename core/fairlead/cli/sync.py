"""`fairlead sync`: read what changed in the CRM, decide it, write the results back."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fairlead.cli.events import told
from fairlead.cli.failures import BROKEN_INPUT, FINDINGS, with_messages
from fairlead.cli.options import AsJson, help_text
from fairlead.cli.problem_lines import print_problems
from fairlead.cli.project_options import ProjectFolder
from fairlead.cli.screen import column_lines, print_json, say

if TYPE_CHECKING:
    from fairlead.sync.report import RunReport

__all__ = ["print_report", "register"]

_PURPOSE = (
    "Sync a project with its CRM: read what changed, decide what is affected or due, write the results "
    "back, and say what happened to every record. Ends with exit code 1 where records were rejected or a "
    "person should look at something, with 2 where the run was stopped."
)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "sync",
        help=help_text(
            _PURPOSE,
            "fairlead sync clinic --dry-run",
            "fairlead sync clinic",
            "fairlead sync clinic --full --json --events run.jsonl",
        ),
    )(with_messages(_sync))


def _sync(
    folder: ProjectFolder = Path(),
    full: Annotated[
        bool, typer.Option("--full", help="Read every record and compare all of them with the mirror.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show each field before and after; write nothing.")
    ] = False,
    events: Annotated[
        Path | None,
        typer.Option(
            "--events", metavar="FILE", help="Append one line of JSON for each event.", show_default=False
        ),
    ] = None,
    first: Annotated[
        int, typer.Option("--first", metavar="N", min=1, help="How many changes of a dry run to print.")
    ] = 40,
    as_json: AsJson = False,
) -> int:
    from fairlead import project
    from fairlead.sync.place import locked, open_store
    from fairlead.sync.runner import sync
    from fairlead.sync.session import open_session

    opened = project.open(folder)
    with locked(opened), open_store(opened) as store, told(events) as event:
        with store.reading() as tx:
            used = tx.runs.used_today(datetime.now(UTC))
        session = open_session(opened, used_today=used)
        try:
            report = sync(session, store, full=full, dry_run=dry_run, event=event)
        finally:
            session.connector.close()
    if as_json:
        print_json(report.as_json())
    else:
        print_report(report, first=first)
    if report.problem is not None:
        return BROKEN_INPUT
    return FINDINGS if report.rejects_open or report.notes else 0


def print_report(report: RunReport, *, first: int) -> None:
    """Print a run's report for a person."""
    state = {"done": "done", "stopped": "stopped before the end", "failed": "failed"}[report.state]
    say((f"Run {report.run}, {report.kind}: {state}, {report.seconds:.1f} s", "bold"))
    rows = [["object", "read", "new", "changed", "same", "rejected", "passed over", "deleted", "merged"]]
    for name, each in report.objects.items():
        numbers = (each.read, each.new, each.changed, each.same, each.rejected, each.passed_over)
        rows.append([name, *(f"{number:,}" for number in (*numbers, each.deleted, each.merged))])
    for line in column_lines(rows):
        say(line)
    held_back = [
        f"{count:,} {words}"
        for count, words in (
            (report.outside_pilot, "outside the pilot"),
            (report.read_only, "read-only since their conversion"),
        )
        if count
    ]
    more = "".join(f", {each}" for each in held_back)
    said = f"{report.evaluated:,} decided: {report.unchanged:,} unchanged, {report.queued:,} to write{more}"
    say(said + (f"; {report.not_evaluated:,} could not be decided" if report.not_evaluated else ""))
    if report.kind == "dry run":
        _print_planned(report, first)
    else:
        carried = f" ({report.carried_over:,} of them from earlier runs)" if report.carried_over else ""
        say(
            f"{report.queued + report.carried_over:,} to write{carried}: {report.written:,} written, "
            f"{report.write_rejected:,} rejected, {report.deferred:,} deferred, {report.gone:,} gone"
        )
    _print_rest(report)


def _print_planned(report: RunReport, first: int) -> None:
    say("")
    say(("What would be written", "bold"))
    rows = [["record", "field", "before", "after"]]
    for change in report.planned[:first]:
        texts = [_short(change.before), _short(change.after)]
        rows.append([f"{change.object}/{change.id}", change.field, *texts])
    for line in column_lines(rows):
        say(line)
    left = len(report.planned) - first
    if left > 0:
        say(f"and {left:,} more fields: `--first` or `--json` shows them")


def _print_rest(report: RunReport) -> None:
    tried = report.kind == "dry run"
    codes = "tracking codes would be given" if tried else "tracking codes given"
    for count, words in (
        (report.codes, f"{codes} to new partners"),
        (report.linked, "leads linked to the partner of their code"),
        (report.tasks, "tasks made"),
        (report.withheld, "facts left out: no live consent covers them"),
        (report.touches, f"tracking codes of leads {'would be ' if tried else ''}kept for attribution"),
    ):
        if count:
            say(f"{count:,} {words}")
    for edit in report.edits[:10]:
        say(f"edited by a person and restored: {edit}")
    if len(report.edits) > 10:
        say(f"and {len(report.edits) - 10:,} more edits restored")
    for code, ref, message in report.notes[:20]:
        say((f"{ref}: ", "bold"), f"{message} ", (f"[{code}]", "yellow"))
    if len(report.notes) > 20:
        say(f"and {len(report.notes) - 20:,} more")
    if report.rejects_open:
        say((f"{report.rejects_open:,} rejects are open", "yellow"), ": `fairlead rejects` lists them")
    usage = report.usage
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in sorted(usage.calls.items()))
    quota = (
        f"; {usage.daily_used:,} of {usage.daily_limit:,} calls of the day used by all integrations"
        if usage.daily_used is not None and usage.daily_limit is not None
        else ""
    )
    say(f"{usage.total:,} calls ({kinds}), {usage.waited:.1f} s waited for limits{quota}")
    if report.problem is not None:
        print_problems([report.problem])


def _short(text: str) -> str:
    line = text.replace("\n", " / ")
    return line if len(line) <= 40 else line[:39] + "…"
