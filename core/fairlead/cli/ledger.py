"""`fairlead ledger`: what introductions earned, what holds it, who approved it, and what was paid."""

from __future__ import annotations

import typer

from fairlead.cli import (
    ledger_benefits,
    ledger_explain,
    ledger_hold,
    ledger_pay,
    ledger_people,
    ledger_review,
    ledger_run,
    ledger_show,
)
from fairlead.cli.options import help_text

__all__ = ["register"]

_PURPOSE = "The ledger: what introductions earned, what holds it, who approved it, and what was paid."


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
    for module in (
        ledger_run,
        ledger_show,
        ledger_pay,
        ledger_people,
        ledger_benefits,
        ledger_explain,
        ledger_hold,
        ledger_review,
    ):
        module.register(group)
    purpose = help_text(
        _PURPOSE,
        'fairlead ledger run clinic --period 2026-Q4 --by "Ana Silva"',
        "fairlead ledger show clinic --partner TA-101",
    )
    app.add_typer(group, name="ledger", help=purpose)
