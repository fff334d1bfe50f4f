"""`fairlead init`: a client's folder, ready to run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fairlead.cli.failures import with_messages
from fairlead.cli.options import AsJson, help_text
from fairlead.cli.screen import column_lines, print_json, say

if TYPE_CHECKING:
    from fairlead.project.starting import NewProject

__all__ = ["register"]

_PURPOSE = (
    "Make a client's folder: settings, lock file, first scenarios, and for each ruleset an overlay to fill "
    "in. It runs the shipped rulesets as they are until an overlay is put in their place."
)

#: what each kind of file is for, by the beginning or the whole of its path
_FOR = {
    "fairlead.toml": "name, zone, language and rulesets",
    "fairlead.lock": "version and digest of every document it builds on",
    "rulesets/": "an overlay to fill in, not in use yet",
    "tests/": "a first scenario, to go on from",
    "mappings/": "for exports with columns of the client's own",
}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "init",
        help=help_text(
            _PURPOSE,
            "fairlead init clients/clinic-a",
            "fairlead init clients/clinic-a --zone Europe/Istanbul --language tr \\",
            "    --ruleset medical-travel/lead-scoring --ruleset medical-travel/partner-programme",
            "fairlead init clients/clinic-a --dry-run",
        ),
    )(with_messages(_init))


def _init(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="FOLDER", help="The folder to make: empty, or not there yet.", show_default=False
        ),
    ],
    zone: Annotated[
        str, typer.Option("--zone", metavar="ZONE", help="The time zone of days, such as Europe/Istanbul.")
    ] = "UTC",
    language: Annotated[
        str, typer.Option("--language", metavar="TAG", help="The language of texts, such as `de`.")
    ] = "en",
    ruleset: Annotated[
        list[str] | None,
        typer.Option(
            "--ruleset",
            metavar="NAME",
            help="A shipped ruleset to run; once for each. Default: medical-travel/lead-scoring.",
            show_default=False,
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be made and end.")] = False,
    as_json: AsJson = False,
) -> int:
    from fairlead.project.starting import plan_project, write_project

    project = plan_project(folder, ruleset or (), zone=zone, language=language)
    if not dry_run:
        write_project(project)
    if as_json:
        print_json(
            {
                "folder": str(folder),
                "made": not dry_run,
                "rulesets": list(project.rulesets),
                "files": sorted(project.texts),
                "examples": dict(project.examples),
            }
        )
        return 0
    say((str(folder), "bold"), " would be made" if dry_run else " is made")
    for line in column_lines([[path, _purpose(path)] for path in sorted(project.texts)], indent="  "):
        say(line)
    if dry_run:
        say("nothing was written: this was a dry run")
    else:
        _print_next(project)
    return 0


def _purpose(path: str) -> str:
    return next(text for start, text in _FOR.items() if path.startswith(start))


def _print_next(project: NewProject) -> None:
    folder = project.folder
    ruleset = project.rulesets[0]
    say("it runs ", (", ".join(project.rulesets), "bold"), " as shipped; next:")
    say(f"  fairlead test {folder}")
    say(f"  fairlead evaluate {folder} --input leads.csv --output queue.csv")
    say(f"  to change {ruleset} for this client, see the steps in {folder / 'fairlead.toml'}")
