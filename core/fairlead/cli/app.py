"""The commands of `fairlead`."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Annotated

import typer

from fairlead.cli.failures import BROKEN_INPUT, STOPPED
from fairlead.cli.screen import error, say, use_utf8

__all__ = ["COMMANDS", "make_app", "run"]

#: the module of each command, in the order of the help
COMMANDS = {
    "init": "init",
    "validate": "validate",
    "test": "scenarios",
    "show": "show",
    "evaluate": "evaluate",
    "explain": "explain",
    "audit": "audit",
    "diff": "diff",
    "facts": "facts",
    "schema": "schema",
    "upgrade": "upgrade",
    "fleet": "fleet",
    "mapping": "mapping",
    "approve": "approve",
    "sign": "sign",
    "verify": "verify",
    "register": "register",
    "doctor": "doctor",
    "provision": "provision",
    "unprovision": "provision",
    "sync": "sync",
    "run": "run",
    "rejects": "rejects",
    "import": "import_",
    "ledger": "ledger",
    "statement": "statement",
    "disclosure": "disclosure",
    "simulate": "simulate",
    "evidence": "evidence",
    "log": "log",
    "forget": "log",
    "sandbox": "sandbox",
    "demo": "demo",
}


def _version(asked: bool) -> None:
    if asked:
        from fairlead import __version__

        say(f"fairlead {__version__}")
        raise typer.Exit


def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    """Score leads, rank partners and reward introductions by rules that explain themselves."""


def make_app(command: str | None = None) -> typer.Typer:
    """Return the application with all commands, or with the one that is named: the others cost start-up."""
    app = typer.Typer(
        name="fairlead",
        help="Score leads, rank partners and reward introductions by rules that explain themselves.",
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["--help", "-h"], "max_content_width": 100},
    )
    app.callback()(_main)
    # two commands may stand in one module
    for module in [COMMANDS[command]] if command in COMMANDS else dict.fromkeys(COMMANDS.values()):
        import_module(f"fairlead.cli.{module}").register(app)
    return app


def run() -> int:
    """Run the command line of this process and return its exit code."""
    use_utf8()
    try:
        make_app(sys.argv[1] if len(sys.argv) > 1 else None)(prog_name="fairlead")
    except SystemExit as stopped:
        return stopped.code if isinstance(stopped.code, int) else BROKEN_INPUT
    except KeyboardInterrupt:
        error("stopped")
        return STOPPED
    return 0
