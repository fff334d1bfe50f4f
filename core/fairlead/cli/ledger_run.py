"""`fairlead ledger run` and `approve`: a payout run proposed by one person and approved by another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairlead.cli.failures import FINDINGS, with_messages
from fairlead.cli.ledger_explain import counted
from fairlead.cli.ledger_place import By, OnPeriod, Opened, asked_period, opened_ledger, person_named
from fairlead.cli.ledger_words import held_json, money_json, payee_json, print_held, print_payees, totals_text
from fairlead.cli.options import AsJson, help_text
from fairlead.cli.project_options import ProjectFolder
from fairlead.cli.screen import print_json, say
from fairlead.cli.signing_options import KeyFile, needed, signer_of
from fairlead.problems import Problem, UsageError

if TYPE_CHECKING:
    from fairlead.ledger.accrual import AccrualReport
    from fairlead.ledger.assessment import AssessmentReport
    from fairlead.ledger.payout import Proposed
    from fairlead.ledger.periods import Period
    from fairlead.store import Reject

__all__ = ["register"]

_RUN = (
    "Propose the payout of a period: enter what introductions earned, look at what stands against paying it, "
    "and say who would be paid what, what is held and why. Running it twice changes nothing. Ends with exit "
    "code 1 where the ledger had to reject something."
)
_APPROVE = (
    "Approve the newest proposal of a period; another person than the one who proposed it does so. Where "
    "what is due changed since, it is proposed anew first. Where the project has a register of people, the "
    "approval is signed."
)
_COUNTS = (
    ("accrued_now", "accrued now"),
    ("accrued_before", "accrued before"),
    ("not_earned", "earn nothing"),
    ("not_known", "not known whether they earn anything"),
    ("rejected", "rejected"),
    ("no_day", "without a day"),
    ("later", "dated later than today"),
    ("before_cut_over", "from before the cut-over date"),
    ("out_of_force", "of days without a programme"),
)
_MOVED = (
    ("released", "released"),
    ("held", "held"),
    ("stopped", "released before and stopped now"),
    ("reversed", "reversed"),
    ("corrected", "taken back by a new entry"),
)


def register(group: typer.Typer) -> None:
    """Add the commands of this module to the group `ledger`."""
    group.command(
        "run",
        help=help_text(
            _RUN,
            'fairlead ledger run clinic --period 2026-Q4 --by "Ana Silva" --dry-run',
            'fairlead ledger run clinic --period 2026-Q4 --by "Ana Silva"',
        ),
    )(with_messages(_run))
    group.command(
        "approve",
        help=help_text(
            _APPROVE,
            'fairlead ledger approve clinic --period 2026-Q4 --by "Mehmet Kaya"',
            'fairlead ledger approve clinic --period 2026-Q4 --by "Mehmet Kaya" --leave-out TA-103 \\',
            '    --reason "the licence is being renewed"',
            "fairlead ledger approve clinic --period 2026-Q4 --as ayse --key ~/keys/ayse.pem",
        ),
    )(with_messages(_approve))


def _run(
    period: OnPeriod,
    by: By,
    folder: ProjectFolder = Path(),
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be proposed; keep nothing.")
    ] = False,
    first: Annotated[
        int, typer.Option("--first", metavar="N", min=1, help="How many held entries to print.")
    ] = 40,
    as_json: AsJson = False,
) -> int:
    from fairlead.ledger.payout import Payout
    from fairlead.ledger.points import Points

    wanted = asked_period(period)
    with opened_ledger(folder, writing=True, trying=dry_run) as opened:
        person = person_named(opened.project, by)
        with counted("introductions looked at") as progress:
            accrued = opened.ledger.accrue(actor=person, progress=progress)
        with counted("entries assessed") as progress:
            assessed = opened.ledger.assess(actor=person, progress=progress)
        run_out = Points(opened.ledger).expire(actor=person)
        proposed = Payout(opened.ledger).propose(wanted, person)
        rejects = _rejects(opened)
        language = opened.project.language
    if as_json:
        print_json(_run_json(proposed, accrued, assessed, rejects, language, dry_run=dry_run))
    else:
        _print_run(proposed, accrued, assessed, rejects, language, first=first, dry_run=dry_run)
        if run_out:
            say(f"points that have run out: {sum(run_out.values()):,}")
    return FINDINGS if rejects else 0


def _rejects(opened: Opened) -> list[Reject]:
    from fairlead.store import Stage

    with opened.store.reading() as tx:
        return [each for each in tx.rejects.entries() if each.stage is Stage.LEDGER]


def _run_json(
    proposed: Proposed,
    accrued: AccrualReport,
    assessed: AssessmentReport,
    rejects: Sequence[Reject],
    language: str,
    *,
    dry_run: bool,
) -> dict[str, Any]:
    proposal = proposed.proposal
    return {
        "period": proposal.period.name,
        "as_of": proposal.as_of.isoformat(),
        "dry_run": dry_run,
        "by": proposed.act.actor,
        "digest": proposal.digest,
        "is_new": proposed.is_new,
        "accrual": {
            **asdict(accrued),
            "units": [money_json(units, currency) for currency, units in sorted(accrued.units.items())],
        },
        "assessment": asdict(assessed),
        "payees": [payee_json(each, language) for each in proposal.payees],
        "held": [held_json(each, language) for each in proposal.held],
        "totals": [money_json(units, currency) for currency, units in sorted(proposal.totals.items())],
        "rejects": [
            {"id": each.id, "record": each.ref.id, "code": each.code, "message": each.message}
            for each in rejects
        ],
    }


def _print_run(
    proposed: Proposed,
    accrued: AccrualReport,
    assessed: AssessmentReport,
    rejects: Sequence[Reject],
    language: str,
    *,
    first: int,
    dry_run: bool,
) -> None:
    proposal = proposed.proposal
    what = "Would be proposed" if dry_run else "Proposed" if proposed.is_new else "Proposed before, the same"
    say((f"{what}: the payout of {proposal.period.name}, as of {proposal.as_of}", "bold"))
    say(f"{accrued.looked_at:,} records looked at{_counts(asdict(accrued), _COUNTS)}")
    cut = f", {accrued.cut:,} of them cut by a limit" if accrued.cut else ""
    new = (
        f"{accrued.entries:,} entries of {totals_text(accrued.units)} are"
        if accrued.entries
        else "no entries are"
    )
    say(f"{new} new{cut}")
    say(f"{assessed.looked_at:,} entries assessed{_counts(asdict(assessed), _MOVED)}")
    if assessed.noted:
        noted = ", ".join(f"{count:,} {code}" for code, count in sorted(assessed.noted.items()))
        say(f"noted by attribution, and not held by the programme: {noted}")
    say("")
    print_payees(proposal.payees, language)
    print_held(proposal.held, language, first=first)
    if rejects:
        say("")
        say((f"{len(rejects):,} rejects are open", "yellow"), ": they earn nothing until they are mended")
        for each in rejects[:first]:
            say((f"  {each.ref}: ", "bold"), f"{each.message} ", (f"[{each.code}]", "yellow"))
    say("")
    say((f"To be paid: {totals_text(proposal.totals)}", "bold"))
    if not dry_run:
        say(f"  {proposal.digest}, proposed by {proposed.act.actor}")
        if any(each.outcome == "pay" for each in proposal.payees):
            say("  another person approves it: `fairlead ledger approve`")
        else:
            say("  nothing is there to approve")


def _counts(report: Mapping[str, Any], words: Sequence[tuple[str, str]]) -> str:
    said = [f"{report[key]:,} {text}" for key, text in words if report.get(key)]
    return f": {', '.join(said)}" if said else ""


def _approve(
    period: OnPeriod,
    folder: ProjectFolder = Path(),
    by: Annotated[
        str | None,
        typer.Option("--by", metavar="NAME", help="Who approves it.", show_default=False),
    ] = None,
    person: Annotated[
        str | None,
        typer.Option(
            "--as", metavar="PERSON", help="Who signs as approver: an id of the register.", show_default=False
        ),
    ] = None,
    key: KeyFile = None,
    leave_out: Annotated[
        list[str] | None,
        typer.Option(
            "--leave-out", metavar="CODE", help="Do not approve this partner's payment.", show_default=False
        ),
    ] = None,
    reason: Annotated[
        str, typer.Option("--reason", metavar="TEXT", help="Why somebody is left out.", show_default=False)
    ] = "",
    as_json: AsJson = False,
) -> int:
    from fairlead.ledger.payout import Payout

    wanted = asked_period(period)
    if leave_out and not reason.strip():
        message = "leaving a partner out needs a reason"
        raise UsageError([Problem("empty-value", message, remedy="give it with `--reason`")])
    with opened_ledger(folder, writing=True) as opened:
        payout = Payout(opened.ledger)
        with opened.store.reading() as tx:
            digest = payout.proposed(tx, wanted).content["digest"]
        approver, signature = _signed(opened, wanted, digest, leave_out or [], by, person, key)
        approved = payout.approve(
            wanted, approver, leave_out=leave_out or (), reason=reason, digest=digest, signature=signature
        )
        language = opened.project.language
    totals: dict[str, int] = {}
    for each in approved.payees:
        totals[each.terms.currency] = totals.get(each.terms.currency, 0) + each.units
    if as_json:
        print_json(
            {
                "period": wanted.name,
                "by": approver,
                "proposal": digest,
                "signed": signature is not None,
                "payees": [payee_json(each, language) for each in approved.payees],
                "left_out": [payee_json(each, language) for each in approved.left_out],
                "totals": [money_json(units, currency) for currency, units in sorted(totals.items())],
            }
        )
    elif not approved.payees:
        say(f"nothing of {wanted.name} is left to approve")
    else:
        print_payees(approved.payees, language)
        signed = ", signed" if signature is not None else ""
        say((f"Approved by {approver}{signed}: {totals_text(totals)}", "green"))
        for each in approved.left_out:
            say(f"  left out: {each.payee.code}")
        say("  next: `fairlead ledger statements`")
    return 0


def _signed(
    opened: Opened,
    period: Period,
    digest: str,
    leave_out: Sequence[str],
    by: str | None,
    person: str | None,
    key: Path | None,
) -> tuple[str, Mapping[str, Any] | None]:
    """Return who approves, and the signed approval where the project has a register of people."""
    from fairlead.project.envelope import Envelope, sign
    from fairlead.project.register import REGISTER_FILE, read_register

    path = opened.project.folder / REGISTER_FILE
    if not path.is_file():
        if person is not None or key is not None:
            message = "the project has no register of people, so nobody can sign"
            remedy = "begin one with `fairlead register init`, or name the approver with `--by`"
            raise UsageError([Problem("wrong-usage", message, remedy=remedy)])
        needed(by=by)
        assert by is not None
        return by.strip(), None
    if by is not None:
        message = "the project has a register of people, so that an approval is signed"
        remedy = "give `--as` and `--key` instead of `--by`"
        raise UsageError([Problem("not-signed", message, remedy=remedy)])
    needed(as_=person, key=key)
    assert person is not None
    assert key is not None
    register = read_register(path)
    signer = signer_of(register, person, key)
    payload = {
        "fairlead": 1,
        "kind": "payout-approval",
        "project": opened.project.name,
        "period": period.name,
        "proposal": digest,
        "left_out": sorted(leave_out),
    }
    signature = sign(payload, signer, "approver", opened.ledger.now)
    envelope = Envelope(payload, (signature,))
    fault = register.fault(envelope, signature)
    if fault is not None:
        raise UsageError([fault])
    return signer.person, envelope.as_json()
