"""`fairlead demo`: the shipped rulesets on an export of invented leads and partners."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairlead.cli.failures import with_messages
from fairlead.cli.options import AsJson, help_text
from fairlead.cli.screen import print_json

if TYPE_CHECKING:
    from fairlead.cli.demo_reading import FileRead
    from fairlead.cli.demo_screen import Demo

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "demo",
        help=help_text(
            "Read a year of invented files as a facility has them: an export of about 500 leads with all "
            "that goes wrong in one, 12 partners, 60 introductions. Shows what was understood, who to call "
            "now and why, who may be entered twice, each partner's tier, what holds each reward, and the "
            "payout proposed for the quarter. "
            "With --crm, runs the whole job against a sandbox of a CRM.",
            "fairlead demo",
            "fairlead demo --all --language de",
            "fairlead demo --crm hubspot",
            "fairlead demo --crm zoho --keep",
        ),
    )(with_messages(_demo))


def _demo(
    show_all: Annotated[bool, typer.Option("--all", help="Print every lead and reward.")] = False,
    first: Annotated[
        int, typer.Option("--first", metavar="N", min=1, help="How many of each kind to print.")
    ] = 6,
    language: Annotated[
        str, typer.Option("--language", metavar="TAG", help="The language of the reasons.")
    ] = "en",
    crm: Annotated[
        str | None,
        typer.Option(
            "--crm",
            metavar="NAME",
            help="Sync with a sandbox of this CRM instead: hubspot, salesforce or zoho.",
            show_default=False,
        ),
    ] = None,
    keep: Annotated[
        bool, typer.Option("--keep", help="With --crm: leave the sandbox running, to look at it.")
    ] = False,
    as_json: AsJson = False,
) -> int:
    if crm is not None:
        from fairlead.cli.demo_sync import demo_on

        return demo_on(crm, first=None if show_all else first, keep=keep, language=language, as_json=as_json)
    from fairlead.cli.demo_audit import audit_json, print_audit
    from fairlead.cli.demo_reading import AS_OF
    from fairlead.cli.demo_screen import print_demo

    demo = _run(language)
    if as_json:
        print_json({**_as_json(demo), "audit": audit_json(AS_OF)})
    else:
        print_demo(demo, None if show_all else first)
        print_audit(AS_OF)
    return 0


def _run(language: str) -> Demo:
    from fairlead.cli.demo_reading import AS_OF, decided, late_entries, read_contacts, read_partners
    from fairlead.cli.demo_rewards import rewards_of
    from fairlead.cli.demo_screen import Demo
    from fairlead.engine import load
    from fairlead.files import InputFile
    from fairlead.ruleset.catalogue import shipped_root

    folder = shipped_root() / "medical-travel" / "demo"
    contacts = read_contacts(folder, language)
    tiers, partners = read_partners(folder)
    programme = load("medical-travel/handling-fee-programme", as_of=AS_OF)
    introductions, report = decided(programme, InputFile(str(folder / "introductions.csv")))
    rewards = rewards_of(programme, introductions, AS_OF, language)
    by_lead: dict[str, list[str]] = {}
    for record, _ in introductions:
        by_lead.setdefault(record["lead"]["id"], []).append(record["introduction"]["id"])
    return Demo(
        folder=folder,
        files=[contacts.file, partners, report],
        contacts=contacts,
        tiers=tiers,
        rewards=rewards.earned,
        balances=rewards.balances,
        proposal=rewards.proposal,
        late=late_entries(introductions, contacts.entered_on),
        introductions_of=by_lead,
    )


def _as_json(demo: Demo) -> dict[str, Any]:
    from fairlead.cli.demo_reading import AS_OF
    from fairlead.engine.results import json_value
    from fairlead.ledger.programmes import amount_text

    return {
        "as_of": AS_OF.isoformat(),
        "synthetic": True,
        "folder": str(demo.folder),
        "files": [_file_json(file) for file in demo.files],
        "queue": [
            {
                "id": lead.id,
                "name": lead.name,
                "score": -lead.score,
                "priority": lead.priority,
                "deadline": json_value(lead.deadline),
                "reasons": list(lead.reasons),
            }
            for lead in demo.contacts.queue
        ],
        "explanation_of_the_first": demo.contacts.explanation,
        "not_to_be_contacted": demo.contacts.left_alone,
        "suspected_duplicates": [
            {
                "first": pair.first,
                "second": pair.second,
                "shared": list(pair.shared),
                "introductions": demo.introductions_of_both(pair),
                "asked_not_to_be_contacted": demo.asked_to_be_left_alone(pair),
            }
            for pair in demo.contacts.duplicates
        ],
        "late_entries": [
            {
                "what": late.what,
                "id": late.id,
                "introduction": late.introduction,
                "introduced_on": late.introduced_on.isoformat(),
                "entered_on": late.entered_on.isoformat(),
                "days": late.days,
            }
            for late in demo.late
        ],
        "partners": [
            {
                "partner": partner.id,
                "name": partner.name,
                "introductions": partner.introductions,
                "tier": partner.tier,
            }
            for partner in demo.tiers
        ],
        "rewards": [
            {
                "introduction": reward.introduction,
                "partner": reward.partner,
                "reward": reward.reward,
                "amount": json_value(reward.amount),
                "state": reward.state,
                "because": list(reward.because),
                "checks": list(reward.checks),
            }
            for reward in demo.rewards
        ],
        "totals": [
            {
                "partner": balance.partner,
                "currency": balance.currency,
                "accrued": json_value(balance.accrued),
                **{state: json_value(amount) for state, amount in balance.by_state.items()},
            }
            for balance in demo.balances
        ],
        "proposal": {
            "period": demo.proposal.period.name,
            "totals": {
                currency: amount_text(units, currency) for currency, units in demo.proposal.totals.items()
            },
            "payees": [
                {
                    "partner": each.payee.id,
                    "outcome": each.outcome,
                    "amount": amount_text(each.units, each.terms.currency),
                    "entries": len(each.entries),
                    "reasons": [reason.code for reason in each.reasons],
                }
                for each in demo.proposal.payees
            ],
            "held": len(demo.proposal.held),
        },
    }


def _file_json(file: FileRead) -> dict[str, Any]:
    from fairlead.cli.inputs import reading_json, related_json

    return {
        "file": file.name,
        "read": file.read,
        "evaluated": file.evaluated,
        "rejected": len(file.rejects),
        **reading_json(file.reading),
        "related": [related_json(each) for each in file.related],
        "rejects": [reject.as_json() for reject in file.rejects],
    }
