"""`fairlead fleet`: how all clients stand, in one table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fairlead.cli.failures import FINDINGS, with_messages
from fairlead.cli.options import AsJson, help_text
from fairlead.cli.progress import each_of
from fairlead.cli.screen import column_lines, print_json, say

if TYPE_CHECKING:
    from fairlead.project.fleet import ClientReport, Fleet

__all__ = ["register"]

_PURPOSE = (
    "Check many clients' folders at once: validate, test and upgrade --dry-run for each, in one table. "
    "Nothing is written, and one client that is broken stops no other. Ends with exit code 1 when a client "
    "is not valid, fails a scenario, or has an upgrade waiting."
)

_HEADER = ["client", "rulesets", "valid", "scenarios", "changes waiting", "note"]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "fleet",
        help=help_text(
            _PURPOSE,
            "fairlead fleet clients",
            "fairlead fleet clients/clinic-a clients/clinic-b --json",
        ),
    )(with_messages(_fleet))


def _fleet(
    folders: Annotated[
        list[str],
        typer.Argument(
            metavar="FOLDER...", help="Clients' folders, or folders of clients' folders.", show_default=False
        ),
    ],
    as_json: AsJson = False,
) -> int:
    from fairlead.project.fleet import find_clients, survey

    fleet = find_clients(map(Path, folders))
    reports = [survey(folder) for folder in each_of(fleet.clients, "clients")]
    findings = sum(report.has_findings for report in reports)
    if as_json:
        print_json(
            {
                "clients": [report.as_json() for report in reports],
                "findings": findings,
                "passed_over": [str(folder) for folder in fleet.passed_over],
            }
        )
    else:
        _print_table(fleet, reports)
    return FINDINGS if findings else 0


def _print_table(fleet: Fleet, reports: list[ClientReport]) -> None:
    for line in column_lines([_HEADER, *map(_cells, reports)]):
        say(line)
    findings = sum(report.has_findings for report in reports)
    clients = "client" if len(reports) == 1 else "clients"
    say(
        f"{len(reports):,} {clients}, ",
        (f"{findings:,} with findings", "bold yellow" if findings else "green"),
    )
    if fleet.passed_over:
        names = ", ".join(str(folder) for folder in fleet.passed_over)
        say(f"passed over, without a fairlead.toml: {names}")


def _cells(report: ClientReport) -> list[str]:
    return [
        report.name,
        ", ".join(report.rulesets) or "-",
        "yes" if report.valid else "no",
        _scenarios(report),
        _waiting(report),
        report.note,
    ]


def _scenarios(report: ClientReport) -> str:
    if not report.valid:
        return "-"
    return f"{report.passed:,} passed, {report.failed:,} failed" if report.passed + report.failed else "none"


def _waiting(report: ClientReport) -> str:
    if report.blocked:
        return "blocked"
    if not report.waiting:
        return "-" if not report.rulesets else "none"
    if not report.changes:
        return "pins only"
    changed = report.scenarios_changed
    rules = f"{report.changes:,} in its rules"
    return f"{rules}, {changed:,} {'scenario' if changed == 1 else 'scenarios'}" if changed else rules
