"""`fairlead sandbox`: a stand-in for a CRM on this machine."""

from __future__ import annotations

import threading
from typing import Annotated

import typer

from fairlead.cli.failures import with_messages
from fairlead.cli.options import AsJson, help_text
from fairlead.cli.screen import print_json, say
from fairlead.problems import Problem, UsageError

__all__ = ["register"]

_PURPOSE = (
    "Serve a stand-in for a CRM on this machine, filled with invented leads and partners, until it is "
    "stopped. It behaves as the CRM does: pages, limits, refusals, delays. Nothing leaves the machine."
)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "sandbox",
        help=help_text(
            _PURPOSE, "fairlead sandbox hubspot", "fairlead sandbox zoho --port 8080 --leads 2000"
        ),
    )(with_messages(_sandbox))


def _sandbox(
    crm: Annotated[
        str, typer.Argument(metavar="CRM", help="A connector, such as hubspot.", show_default=False)
    ],
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="The port; 0 takes a free one.")] = 0,
    leads: Annotated[
        int, typer.Option("--leads", min=0, max=1_000_000, help="How many leads it holds.")
    ] = 200,
    partners: Annotated[int, typer.Option("--partners", min=0, max=100_000, help="How many partners.")] = 12,
    stock: Annotated[
        bool, typer.Option("--stock", help="An account without any field of ours, as on the first day.")
    ] = False,
    limits: Annotated[
        bool, typer.Option("--limits/--no-limits", help="Keep to the CRM's rate limits and quotas.")
    ] = True,
    as_json: AsJson = False,
) -> int:
    from fairlead.plugins.manager import connector, load_plugins
    from fairlead.plugins.sandboxes import SandboxOptions

    info = connector(load_plugins(), crm)
    if info.sandbox is None:
        raise UsageError([Problem("no-sandbox", f"connector `{info.name}` brings no sandbox", found=crm)])
    options = SandboxOptions(port=port, leads=leads, partners=partners, limits=limits, provisioned=not stock)
    sandbox = info.sandbox(options)
    try:
        if as_json:
            print_json(
                {
                    "crm": info.name,
                    "url": sandbox.url,
                    "settings": dict(sandbox.settings()),
                    "environment": dict(sandbox.secrets()),
                }
            )
        else:
            say((f"{info.crm} sandbox at {sandbox.url}", "bold"))
            say("Look at it in a browser, or steer it at /_control. Its data is invented.")
            say("")
            say("A project on it:")
            stated = " ".join(
                f"--setting {name}={_stated(value)}" for name, value in sandbox.settings().items()
            )
            say(f"fairlead init clinic --crm {info.name} {stated}")
            say("")
            say("Or in fairlead.toml:")
            say("[connector]")
            say(f'name = "{info.name}"')
            say("[connector.settings]")
            for name, value in sandbox.settings().items():
                say(f"{name} = {_toml(value)}")
            say("")
            say("In the environment:")
            for name, secret in sandbox.secrets().items():
                say(f"export {name}={_quoted(secret)}")
            say("")
            say("Stop it with Ctrl-C.")
        import sys

        sys.stdout.flush()
        threading.Event().wait()
    finally:
        sandbox.stop()
    return 0


def _stated(value: object) -> str:
    return _quoted(value if isinstance(value, str) else _toml(value))


def _toml(value: object) -> str:
    import json

    # JSON's texts, numbers, booleans and lists are TOML's
    return json.dumps(value, ensure_ascii=False)


def _quoted(text: str) -> str:
    import shlex

    return shlex.quote(text)
