"""The commands of `fairlead`."""

from __future__ import annotations

from typing import Annotated

import typer

from fairlead.cli import (
    demo,
    evaluate,
    explain,
    facts,
    fleet,
    init,
    scenarios,
    schema,
    show,
    upgrade,
    validate,
)
from fairlead.cli.failures import BROKEN_INPUT, STOPPED
from fairlead.cli.screen import error, say, use_utf8

__all__ = ["app", "run"]

app = typer.Typer(
    name="fairlead",
    help="Score leads, rank partners and reward introductions by rules that explain themselves.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"], "max_content_width": 100},
)


def _version(asked: bool) -> None:
    if asked:
        from fairlead import __version__

        say(f"fairlead {__version__}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    """Score leads, rank partners and reward introductions by rules that explain themselves."""


for command in (
    init,
    validate,
    scenarios,
    show,
    evaluate,
    explain,
    facts,
    schema,
    upgrade,
    fleet,
    demo,
):
    command.register(app)


def run() -> int:
    """Run the command line of this process and return its exit code."""
    use_utf8()
    try:
        app(prog_name="fairlead")
    except SystemExit as stopped:
        return stopped.code if isinstance(stopped.code, int) else BROKEN_INPUT
    except KeyboardInterrupt:
        error("stopped")
        return STOPPED
    return 0
