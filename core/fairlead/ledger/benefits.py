"""What an entry gives: money, or a gift, voucher, discount or points, of which no money is ever paid."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from fairlead.facts.currencies import POINTS
from fairlead.ledger.programmes import Programme
from fairlead.ruleset.typed import Benefit
from fairlead.store.ledger_records import Entry

__all__ = ["MONEY", "benefit_of", "without_points"]

MONEY = "money"


def benefit_of(programmes: Sequence[Programme], entry: Entry) -> Benefit:
    """Return what an entry gives by the version of its day; money where the programme is gone."""
    programme = next((each for each in programmes if each.name == entry.programme), None)
    version = programme.on(entry.day) if programme is not None else None
    for reward in version.rewards if version is not None else ():
        if reward.name == entry.reward:
            return reward.benefit
    return Benefit()


def without_points(entries: Iterable[Entry]) -> list[Entry]:
    """Return the entries that are settled by payout runs: points are redeemed instead."""
    return [entry for entry in entries if entry.currency != POINTS]
