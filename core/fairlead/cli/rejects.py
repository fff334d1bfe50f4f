"""`fairlead rejects`: the records that could not be read, decided or written, and why."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer

from fairlead.cli.failures import FINDINGS, with_messages
from fairlead.cli.options import AsJson, help_text
from fairlead.cli.project_options import ProjectFolder, with_store
from fairlead.cli.screen import column_lines, print_json, say
from fairlead.problems import Problem, UsageError

__all__ = ["register"]

_PURPOSE = (
    "List the records that could not be read, decided or written, with the reason and the attempts. Each is "
    "tried again in every run until it succeeds or a person retires it. Ends with exit code 1 while any is "
    "open."
)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "rejects",
        help=help_text(
            _PURPOSE,
            "fairlead rejects clinic",
            'fairlead rejects clinic --retire 17 --by "A. Yılmaz" --because "a test record"',
        ),
    )(with_messages(_rejects))


def _rejects(
    folder: ProjectFolder = Path(),
    retire: Annotated[
        int | None,
        typer.Option("--retire", metavar="ID", help="Try this one no more.", show_default=False),
    ] = None,
    by: Annotated[
        str | None, typer.Option("--by", metavar="NAME", help="Who retires it.", show_default=False)
    ] = None,
    because: Annotated[
        str | None, typer.Option("--because", metavar="TEXT", help="Why.", show_default=False)
    ] = None,
    first: Annotated[int, typer.Option("--first", metavar="N", min=1, help="How many to list.")] = 50,
    as_json: AsJson = False,
) -> int:
    with with_store(folder) as store:
        if retire is not None:
            if not by or not because:
                message = "retiring a reject needs a person and a reason"
                raise UsageError([Problem("missing-key", message, remedy="give `--by` and `--because`")])
            with store.transaction() as tx:
                tx.rejects.retire(retire, who=by, reason=because, at=datetime.now(UTC))
        with store.reading() as tx:
            listed = list(islice(tx.rejects.entries(), first))
            counts = tx.rejects.counts()
    from fairlead.store import RejectState

    still_open = counts[RejectState.OPEN]
    if as_json:
        print_json(
            {
                "open": still_open,
                "rejects": [
                    {
                        "id": each.id,
                        "stage": each.stage.value,
                        "object": each.ref.object,
                        "record": each.ref.id,
                        "field": each.field,
                        "code": each.code,
                        "message": each.message,
                        "attempts": each.attempts,
                        "since": each.first_seen.isoformat(),
                    }
                    for each in listed
                ],
            }
        )
        return FINDINGS if still_open else 0
    rows = [["id", "stage", "record", "attempts", "since", "why"]]
    for each in listed:
        where = f"{each.ref}" + (f" ({each.field})" if each.field else "")
        since = f"{each.first_seen:%Y-%m-%d %H:%M}"
        why = f"{each.message} [{each.code}]"
        rows.append([str(each.id), each.stage.value, where, str(each.attempts), since, why])
    for line in column_lines(rows) if listed else []:
        say(line)
    more = still_open - len(listed)
    say(f"{still_open:,} rejects are open" + (f"; {more:,} more than listed" if more > 0 else ""))
    return FINDINGS if still_open else 0
