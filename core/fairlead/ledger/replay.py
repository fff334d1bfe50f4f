"""Replay: the whole ledger recomputed from what was archived, act by act, in bounded memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from fairlead.ledger.recomputing import Difference, Recomputation, Recomputer
from fairlead.store import Store, Transaction
from fairlead.store.ledger_records import Act, Entry
from fairlead.store.ledger_states import State

__all__ = ["EntryDifferences", "ReplayReport", "replay"]

#: entries with differences that are listed; the others are counted
_LISTED = 1000


@dataclass(frozen=True, slots=True)
class EntryDifferences:
    """What is not as the ledger has it of one entry."""

    entry: int
    differences: tuple[Difference, ...]


@dataclass
class ReplayReport:
    """What became of recomputing the ledger.

    `entries` = the sum of `outcomes`, each entry by how far it could be recomputed. `releases` were
    recomputed as well, `releases_erased` of them by the logged result alone; `released_by_people` were
    released by an act that no rule decides. `differences` has the first 1,000 entries that differ, `found`
    counts all. `currencies` are the sums of what was entered, in minor units.
    """

    acts: int = 0
    entries: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    releases: int = 0
    releases_erased: int = 0
    released_by_people: int = 0
    found: int = 0
    differences: list[EntryDifferences] = field(default_factory=list)
    currencies: Counter[str] = field(default_factory=Counter)

    @property
    def is_same(self) -> bool:
        """Whether nothing differs."""
        return self.found == 0

    def differ(self, entry: int, differences: tuple[Difference, ...]) -> None:
        """Note what differs."""
        self.found += 1
        if len(self.differences) < _LISTED:
            self.differences.append(EntryDifferences(entry, differences))

    def as_json(self) -> dict[str, Any]:
        """Return the report for machines."""
        return {
            "acts": self.acts,
            "entries": self.entries,
            "outcomes": dict(sorted(self.outcomes.items())),
            "releases": self.releases,
            "releases_erased": self.releases_erased,
            "released_by_people": self.released_by_people,
            "entered_units": dict(sorted(self.currencies.items())),
            "found": self.found,
            "differences": [
                {"entry": each.entry, "differences": [one.as_json() for one in each.differences]}
                for each in self.differences
            ],
        }


def replay(
    store: Store,
    zone: str,
    rates: Any = None,
    progress: Callable[[int], None] | None = None,
    seen: Callable[[Entry, Recomputation], None] | None = None,
) -> ReplayReport:
    """Recompute every entry and every release of the ledger, in one state of the store.

    `zone` is where days begin for entries that do not say so. `rates` are the exchange rates that programmes
    convert with. `progress` is called with the number of entries done since, `seen` with each entry and what
    became of it.
    """
    report = ReplayReport()
    with store.reading() as tx:
        recomputer = Recomputer(tx, zone, rates)
        # most acts neither enter nor release anything: each statement is one
        entering = tx.book.entering()
        releasing = tx.book.moving_into([State.RELEASED, State.REVERSED])
        for act in tx.book.acts():
            report.acts += 1
            entries = list(tx.book.entries(act=act.id)) if act.id in entering else []
            for entry, found in _entered(tx, recomputer, act, entries):
                report.entries += 1
                if seen is not None:
                    seen(entry, found)
                report.outcomes[found.outcome.value] += 1
                report.currencies[entry.currency] += entry.units
                if found.differences:
                    report.differ(entry.id, found.differences)
            if act.id in releasing:
                _released(tx, recomputer, act, report)
            if progress is not None and entries:
                progress(len(entries))
    return report


def _entered(
    tx: Transaction, recomputer: Recomputer, act: Act, entries: list[Entry]
) -> Iterator[tuple[Entry, Recomputation]]:
    accruals = [each for each in entries if each.kind == "accrual"]
    if accruals:
        yield from zip(accruals, recomputer.accruals(act.id, accruals), strict=True)
    others = [each for each in entries if each.kind != "accrual"]
    if others:
        former = {
            each.id: each
            for each in tx.book.entries(
                numbers=[each.corrects for each in others if each.corrects is not None]
            )
        }
        for each in others:
            yield each, recomputer.plain(each, former.get(each.corrects or 0))
        recomputer.changed(act.id)


def _released(tx: Transaction, recomputer: Recomputer, act: Act, report: ReplayReport) -> None:
    moves = tx.book.moves_of(act.id)
    if any(state is State.REVERSED for _, state in moves):
        recomputer.changed(act.id)
    released = [number for number, state in moves if state is State.RELEASED]
    accruals = (
        [each for each in tx.book.entries(numbers=released) if each.kind == "accrual"] if released else []
    )
    if act.kind != "assess":
        report.released_by_people += len(accruals)
        return
    for entry, is_erased, differences in recomputer.releases(act, accruals):
        report.releases += 1
        report.releases_erased += is_erased
        if differences:
            report.differ(entry.id, tuple(differences))
