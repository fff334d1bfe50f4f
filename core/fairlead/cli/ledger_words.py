"""How the commands of the ledger print amounts, payees, entries and what holds them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from fairlead.cli.screen import column_lines, say

if TYPE_CHECKING:
    from fairlead.ledger.payees import Payee
    from fairlead.ledger.proposal import HeldLine, PayeeProposal
    from fairlead.store.ledger_records import Entry

__all__ = [
    "entry_json",
    "held_json",
    "money_json",
    "payee_json",
    "print_held",
    "print_payees",
    "print_rows",
    "reasons_text",
    "totals_text",
]

_OUTCOMES = {"pay": "to be paid", "carried_over": "carried over", "stopped": "stopped"}


def money_json(units: int, currency: str) -> dict[str, str]:
    """Return an amount in minor units as JSON documents write money."""
    from fairlead.ledger.programmes import major

    return {"amount": f"{major(units, currency).amount:f}", "currency": currency}


def totals_text(totals: Mapping[str, int]) -> str:
    """Return sums by currency in words."""
    from fairlead.ledger.programmes import amount_text

    return ", ".join(amount_text(units, currency) for currency, units in sorted(totals.items())) or "nothing"


def print_rows(rows: Sequence[Sequence[str]], *, indent: str = "") -> None:
    """Print a table whose first row is its head; a head alone is not printed."""
    if len(rows) > 1:
        for line in column_lines(rows, indent=indent):
            say(line)


def reasons_text(reasons: Iterable[Mapping[str, Any]], language: str) -> str:
    """Return why an entry is held, with what is missing, in one line."""
    from fairlead.documents.texts import pick

    said = []
    for reason in reasons:
        missing = ", ".join(f"`{name}`" for name in reason.get("missing", ()))
        said.append(pick(reason["text"], language) + (f" (missing: {missing})" if missing else ""))
    return "; ".join(said)


def payee_json(each: PayeeProposal, language: str) -> dict[str, Any]:
    """Return what one payee would be paid, for machines."""
    return {
        "code": each.payee.code,
        "name": each.payee.name,
        "outcome": each.outcome,
        "benefit": each.benefit,
        "total": money_json(each.units, each.terms.currency),
        "entries": [entry.id for entry in each.entries],
        "reasons": [
            {"code": reason.code, "text": reasons_text([reason.as_json()], language)}
            for reason in each.reasons
        ],
    }


def held_json(each: HeldLine, language: str) -> dict[str, Any]:
    """Return an entry that is held, for machines."""
    return {
        **entry_json(each.entry, each.payee),
        "reasons": [
            {
                "code": reason["code"],
                "text": reasons_text([{"text": reason["text"]}], language),
                "missing": list(reason.get("missing", ())),
                "remedy": _remedy(reason, language),
                "source": reason.get("source"),
            }
            for reason in each.reasons
        ],
    }


def entry_json(entry: Entry, payee: Payee | None) -> dict[str, Any]:
    """Return an entry for machines."""
    return {
        "entry": entry.id,
        "kind": entry.kind,
        "state": entry.state.value,
        "amount": money_json(entry.units, entry.currency),
        "day": entry.day.isoformat(),
        "partner": payee.code if payee is not None else entry.payee,
        "programme": entry.programme,
        "reward": entry.reward,
        "entity": entry.entity,
        "record": entry.subject,
        **({"corrects": entry.corrects} if entry.corrects is not None else {}),
    }


def print_payees(payees: Iterable[PayeeProposal], language: str) -> None:
    """Print what each payee would be paid, and why not all of them are."""
    from fairlead.ledger.programmes import amount_text

    rows = [["partner", "name", "total", "entries", "outcome", "why"]]
    remedies: dict[str, None] = {}
    for each in payees:
        why = reasons_text((reason.as_json() for reason in each.reasons), language)
        total = amount_text(each.units, each.terms.currency)
        total += f" ({each.benefit})" if each.benefit != "money" else ""
        outcome = _OUTCOMES[each.outcome]
        rows.append([each.payee.code, each.payee.name, total, str(len(each.entries)), outcome, why])
        for reason in each.reasons:
            remedies[f"  {reason.code}: {_remedy(reason.as_json(), language)}"] = None
    print_rows(rows)
    for remedy in remedies:
        say(remedy)


def print_held(held: Sequence[HeldLine], language: str, *, first: int) -> None:
    """Print what is held, why, and what to do about it."""
    from fairlead.ledger.programmes import amount_text
    from fairlead.ledger.remedies import BY_A_PERSON

    if not held:
        return
    say("")
    say(("Held", "bold"))
    rows = [["entry", "partner", "record", "day", "amount", "why"]]
    remedies: dict[str, None] = {}
    for each in held[:first]:
        entry = each.entry
        why = reasons_text(each.reasons, language)
        amount = amount_text(entry.units, entry.currency)
        rows.append([str(entry.id), each.payee.code, entry.subject, entry.day.isoformat(), amount, why])
        for reason in each.reasons:
            remedies[f"{reason['code']}: {_remedy(reason, language)}"] = None
    print_rows(rows)
    if len(held) > first:
        say(f"and {len(held) - first:,} more: `--first` or `--json` shows them")
    say("What to do")
    for remedy in remedies:
        say(f"  {remedy}")
    if any(reason["code"] in BY_A_PERSON for each in held[:first] for reason in each.reasons):
        say("`fairlead ledger anew` decides an entry anew, `fairlead ledger correct` takes it back")


def _remedy(reason: Mapping[str, Any], language: str) -> str:
    from fairlead.ledger.remedies import remedy_of

    return remedy_of(reason, language)
