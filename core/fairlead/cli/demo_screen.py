"""What the demo prints, for a terminal of 80 columns."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from fairlead.cli.demo_reading import AS_OF, PRIORITIES
from fairlead.cli.demo_rewards import ACCRUED, STATES
from fairlead.cli.inputs import understood, understood_related
from fairlead.cli.screen import column_lines, say
from fairlead.engine.explain import value_in_words
from fairlead.ledger.programmes import amount_text

if TYPE_CHECKING:
    from fairlead.cli.demo_reading import Contacts, FileRead, Late, PartnerTier
    from fairlead.cli.demo_rewards import Balance, Earned
    from fairlead.facts.values import Money
    from fairlead.files.duplicates import Suspected
    from fairlead.ledger.proposal import Proposal

__all__ = ["Demo", "print_demo"]

_WIDTH = 79

_SHARED = {
    "email": "the same e-mail address",
    "phone": "the same telephone number",
    "name_and_birth_year": "the same name and year of birth",
}

_OUTCOMES = {"pay": "to pay", "carried_over": "carried over", "stopped": "stopped"}

_STATES = {
    "released": "released",
    "held": "held",
    "reversed": "taken back",
    "over_the_limit": "over the limit",
    "not_known": "not known yet",
    "nothing": "nothing earned",
}


@dataclass(frozen=True)
class Demo:
    """All that the demo shows. `introductions_of` are the ids of introductions by the id of the lead."""

    folder: Path
    files: Sequence[FileRead]
    contacts: Contacts
    tiers: Sequence[PartnerTier]
    rewards: Sequence[Earned]
    balances: Sequence[Balance]
    proposal: Proposal
    late: Sequence[Late]
    introductions_of: dict[str, list[str]]

    def introductions_of_both(self, pair: Suspected) -> list[str]:
        """Return the introductions of two leads that may be one person."""
        return [*self.introductions_of.get(pair.first, ()), *self.introductions_of.get(pair.second, ())]

    def asked_to_be_left_alone(self, pair: Suspected) -> list[str]:
        """Return which of two leads asked not to be contacted."""
        return [lead for lead in (pair.first, pair.second) if lead in self.contacts.left_alone]

    def is_without_consequence(self, pair: Suspected) -> bool:
        """Tell whether neither a fee nor the wish not to be contacted hangs on a pair."""
        return not self.introductions_of_both(pair) and len(self.asked_to_be_left_alone(pair)) != 1


def print_demo(demo: Demo, most: int | None) -> None:
    """Print the demo, at most so many of each kind."""
    say(("These people and partners are invented. The rulesets are unapproved.", "italic"))
    _head("What was read")
    for file in demo.files:
        _print_file(file)
    _print_queue(demo.contacts, most)
    _print_duplicates(demo, most)
    _print_late(demo.late, most)
    _print_tiers(demo.tiers)
    _print_rewards(demo.rewards, most)
    _print_balances(demo.balances)
    _print_proposal(demo.proposal)
    say("")
    say(f"The files are in {demo.folder}")


def _print_file(file: FileRead) -> None:
    say(f"{file.name}: {file.read} read = {file.evaluated} evaluated + {len(file.rejects)} rejected")
    for sentence in (*understood(file.reading), *understood_related(file.related)):
        _wrapped(sentence.strip(), "    " if sentence.startswith(" ") else "  ")
    for reject in file.rejects:
        problem = reject.problems[0]
        found = f": `{problem.found}`" if problem.found is not None and problem.pointer else ""
        _wrapped(f"line {reject.line} rejected: {problem.message}{found}", "  ")


def _print_queue(contacts: Contacts, most: int | None) -> None:
    _head(f"Who to answer first, as of {AS_OF} (times in UTC)")
    queue = contacts.queue
    shown = queue[:most]
    heads = ("lead", "score", "what next", "answer by", "name")
    rows = [
        (
            lead.id,
            str(-lead.score),
            lead.priority.replace("_", " "),
            f"{lead.deadline:%Y-%m-%d %H:%M}",
            lead.name,
        )
        for lead in shown
    ]
    head, *lines = column_lines([heads, *rows], indent="  ")
    say(head)
    for line, lead in zip(lines, shown, strict=True):
        say(line)
        _wrapped(", ".join(lead.reasons) or "nothing counted", "    ")
    _and_more(len(queue) - len(shown))
    counts = Counter(lead.priority for lead in queue)
    said = ", ".join(f"{counts[name]} {name.replace('_', ' ')}" for name in PRIORITIES if counts[name])
    _wrapped(f"{len(queue)} leads wait: {said}", "  ")
    alone = contacts.left_alone
    _wrapped(f"{len(alone)} asked not to be contacted and are left alone: {', '.join(alone)}", "  ")
    _head(f"Why {queue[0].id} comes first: the rules, and the values they read")
    for sentence in contacts.explanation:
        indent = len(sentence) - len(sentence.lstrip())
        _wrapped(sentence.strip(), " " * (2 + indent))


def _print_duplicates(demo: Demo, most: int | None) -> None:
    # those where something is at stake come first
    pairs = sorted(demo.contacts.duplicates, key=demo.is_without_consequence)
    _head(f"{len(pairs)} leads may be entered twice: nothing is merged, look at each")
    for pair in pairs[:most]:
        _wrapped(
            f"{pair.first} and {pair.second}: {' and '.join(_SHARED[what] for what in pair.shared)}", "  "
        )
        introductions = demo.introductions_of_both(pair)
        if introductions:
            said = "fees may be counted twice" if len(introductions) > 1 else "look before it is paid"
            _wrapped(f"introduced in {', '.join(introductions)}: {said}", "    ")
        alone = demo.asked_to_be_left_alone(pair)
        if len(alone) == 1:
            (other,) = {pair.first, pair.second}.difference(alone)
            _wrapped(f"{alone[0]} asked not to be contacted: ask before anyone calls {other}", "    ")
    _and_more(len(pairs) - len(pairs[:most]))


def _print_late(late: Sequence[Late], most: int | None) -> None:
    _head(f"{len(late)} late entries: more than two weeks after the introduction")
    for each in late[:most]:
        subject = f"{each.introduction} was recorded"
        if each.what == "lead":
            subject = f"lead {each.id} of {each.introduction} was entered"
        say(f"  {subject} {each.entered_on}, {each.days} days after {each.introduced_on}")
    _and_more(len(late) - len(late[:most]))


def _print_tiers(tiers: Sequence[PartnerTier]) -> None:
    _head("Partners in 2026 (the tier is recognition: no fee reads it)")
    rows = [
        (
            partner.id,
            "not counted" if partner.introductions is None else str(partner.introductions),
            partner.tier or "not known",
            partner.name,
        )
        for partner in tiers
    ]
    _print_table([("partner", "introductions", "tier", "name"), *rows])


def _print_rewards(rewards: Sequence[Earned], most: int | None) -> None:
    _head("Rewards for the work of introductions")
    by_state = {state: [each for each in rewards if each.state == state] for state in STATES}
    for state in ("held", "not_known", "over_the_limit", "reversed", "released"):
        found = by_state[state]
        if not found:
            continue
        say((f"  {_STATES[state]}: {len(found)}", "bold"))
        shown = found[:most]
        rows = [
            (each.introduction, each.partner, value_in_words(each.amount) if each.amount else "", each.title)
            for each in shown
        ]
        for line, each in zip(column_lines(rows), shown, strict=True):
            _wrapped(line, "    ")
            if each.because:
                _wrapped("; ".join(each.because), "      ")
        _and_more(len(found) - len(shown), "    ")
    say(f"  {_STATES['nothing']}: {len(by_state['nothing'])}, as the step is not done or nobody may be paid")
    _head("What holds the rewards")
    held = by_state["held"]
    reasons = Counter(why for each in held for why in each.because)
    for why, count in reasons.most_common():
        sums = _sums(each.amount for each in held if each.amount is not None and why in each.because)
        _wrapped(f"{count} {'reward' if count == 1 else 'rewards'}, {sums}: {why}", "  ")


def _print_balances(balances: Sequence[Balance]) -> None:
    _head("What each partner accrued")
    for currency in sorted({balance.currency for balance in balances}):
        own = [balance for balance in balances if balance.currency == currency]
        totals = [sum((balance.by_state[state] for balance in own), Decimal()) for state in ACCRUED]
        accrued = sum((balance.accrued for balance in own), Decimal())
        rows = [
            (whose, *(f"{amount:,.2f}" for amount in amounts))
            for whose, amounts in [
                *((balance.partner, (balance.accrued, *balance.by_state.values())) for balance in own),
                ("together", (accrued, *totals)),
            ]
        ]
        _print_table([(currency, "accrued", *(_STATES[state] for state in ACCRUED)), *rows], right=True)
        parts = zip(totals, ACCRUED, strict=True)
        said = " + ".join(f"{amount:,.2f} {_STATES[state]}" for amount, state in parts)
        _wrapped(f"{accrued:,.2f} {currency} accrued = {said}", "  ")


def _print_proposal(proposal: Proposal) -> None:
    _head(f"The payout proposed for {proposal.period.name}: somebody else has to approve it")
    rows = [
        (
            each.payee.code,
            amount_text(each.units, each.terms.currency),
            _OUTCOMES[each.outcome],
            ", ".join(reason.text["en"] for reason in each.reasons),
        )
        for each in proposal.payees
    ]
    for code, amount, outcome, why in rows:
        _wrapped(f"{code}  {amount}  {outcome}{': ' if why else ''}{why}", "  ")
    held = len(proposal.held)
    totals = ", ".join(amount_text(units, currency) for currency, units in proposal.totals.items())
    _wrapped(f"to pay: {totals or 'nothing'}; {held} rewards are held, for the reasons above", "  ")


def _sums(amounts: Iterable[Money]) -> str:
    by_currency: dict[str, Decimal] = {}
    for amount, currency in amounts:
        by_currency[currency] = by_currency.get(currency, Decimal()) + amount
    return " and ".join(f"{amount:,.2f} {currency}" for currency, amount in sorted(by_currency.items()))


def _print_table(rows: Sequence[Sequence[str]], *, right: bool = False) -> None:
    if right:
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        rows = [
            [
                cell.rjust(most) if place else cell
                for place, (cell, most) in enumerate(zip(row, widths, strict=True))
            ]
            for row in rows
        ]
    for line in column_lines(rows, indent="  "):
        say(line)


def _head(text: str) -> None:
    say("")
    say((text, "bold"))


def _and_more(count: int, indent: str = "  ") -> None:
    if count:
        say(f"{indent}and {count} more: `fairlead demo --all` shows them")


def _wrapped(text: str, indent: str) -> None:
    for line in _lines(text, indent):
        say(line)


def _lines(text: str, indent: str) -> Iterable[str]:
    return textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=indent,
        subsequent_indent=indent + "  ",
        break_long_words=False,
        break_on_hyphens=False,
    )
