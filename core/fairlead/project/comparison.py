"""Deciding records by two versions of a ruleset, and counting what comes out otherwise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Context, Decimal
from typing import Any, NamedTuple

from fairlead.engine import Program
from fairlead.engine.explain import value_in_words
from fairlead.engine.marks import CONFLICT, Mark
from fairlead.engine.results import RewardResult, json_value
from fairlead.facts.values import Money

__all__ = ["REASONS", "Changes", "Comparison", "Decided", "Outcome", "Witness"]

#: stands in the place of a decision where the decisions are the same and their reasons are not
REASONS = "reasons"

#: sums of amounts, which have up to 38 digits, are not rounded
_EXACT = Context(prec=100)

#: (decisions, reason codes, mask of what is unknown), as a program's runner gives them
Decided = tuple[Mapping[str, Any], list[str], int]


class Outcome(NamedTuple):
    """What a ruleset says of one decision: `state` is `value`, `undetermined`, `conflict` or `absent`.

    It is absent where the record has nothing that the decision is about.
    """

    state: str
    value: Any = None

    def as_json(self) -> Any:
        """Return the outcome as scenarios write it; null where it is absent."""
        if self.state == "value":
            return json_value(self.value)
        return None if self.state == "absent" else {self.state: True}

    @property
    def words(self) -> str:
        """The outcome as words."""
        if self.state == "absent":
            return "nothing"
        if self.state != "value":
            return self.state
        if isinstance(self.value, RewardResult):
            reward = self.value
            if not reward.accrues:
                return "does not accrue"
            parts = [f"accrues {value_in_words(reward.amount)}"]
            parts.append(f"payable: {value_in_words(reward.payable)}")
            parts.append(f"reversed: {value_in_words(reward.reversed)}")
            return ", ".join(parts)
        return value_in_words(self.value)


@dataclass(frozen=True, slots=True)
class Witness:
    """One record whose result changes: `record` is its id, its line or the name of the scenario.

    `decision` is `reasons` where the decisions are the same. The reasons are codes, in rank order.
    """

    record: str
    decision: str
    old: Outcome
    new: Outcome
    old_reasons: tuple[str, ...]
    new_reasons: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the witness as a JSON object."""
        return {
            "record": self.record,
            "decision": self.decision,
            "old": self.old.as_json(),
            "new": self.new.as_json(),
            "old_reasons": list(self.old_reasons),
            "new_reasons": list(self.new_reasons),
        }


@dataclass
class Changes:
    """What changes over many records.

    `compared` records were decided by both versions, `changed` of them come out otherwise. `by_decision`
    counts them for each decision, `witnesses` has the first of them. `no_longer_fit` records fit the old fact
    model and not the new one, with the first of them and why in `unfit`; of `fit_now` records the reverse is
    true; `rejected` records fit neither. `by_how_much` is, of each reward that changes, what all records earn
    more (or less) together, by currency; what is undetermined earns nothing.
    """

    compared: int = 0
    changed: int = 0
    no_longer_fit: int = 0
    fit_now: int = 0
    rejected: int = 0
    by_decision: dict[str, int] = field(default_factory=dict)
    witnesses: dict[str, list[Witness]] = field(default_factory=dict)
    unfit: list[tuple[str, str]] = field(default_factory=list)
    by_how_much: dict[str, dict[str, Decimal]] = field(default_factory=dict)

    @property
    def any(self) -> bool:
        """Whether a record comes out otherwise."""
        return bool(self.changed or self.no_longer_fit or self.fit_now)

    @property
    def read(self) -> int:
        """How many records there were."""
        return self.compared + self.no_longer_fit + self.fit_now + self.rejected

    def as_json(self) -> dict[str, Any]:
        """Return the changes as a JSON object."""
        return {
            "read": self.read,
            "compared": self.compared,
            "changed": self.changed,
            "no_longer_fit": self.no_longer_fit,
            "fit_now": self.fit_now,
            "rejected": self.rejected,
            "unfit": [{"record": record, "message": message} for record, message in self.unfit],
            "decisions": [
                {
                    "decision": name,
                    "changed": count,
                    "by_how_much": {
                        currency: str(amount) for currency, amount in self.by_how_much.get(name, {}).items()
                    },
                    "witnesses": [witness.as_json() for witness in self.witnesses[name]],
                }
                for name, count in self.by_decision.items()
            ],
        }


class Comparison:
    """Compares what two versions of a ruleset say, record by record.

    Decisions that both versions have are compared, or those of them that are `names`; the differences in
    words name the others. At most `limit` witnesses are kept for each decision. What is found is added to
    `changes` where they are given.
    """

    def __init__(
        self,
        old: Program,
        new: Program,
        limit: int,
        *,
        names: Sequence[str] | None = None,
        changes: Changes | None = None,
    ) -> None:
        self.old = old
        self.new = new
        self.changes = Changes() if changes is None else changes
        self._limit = limit
        both = [name for name in old.decisions if name in new.decisions]
        self._marks = [(name, Mark(name, CONFLICT)) for name in both if names is None or name in names]

    @property
    def names(self) -> list[str]:
        """The decisions that are compared, in document order."""
        return [name for name, _ in self._marks]

    def add(self, record: str, old: Decided, new: Decided) -> None:
        """Compare what the two versions say of one record."""
        changes = self.changes
        changes.compared += 1
        different = self._different(old, new)
        changes.changed += bool(different)
        for name, before, after in different:
            self.count(name, 1)
            was, now = _earned(before), _earned(after)
            if was is not None:
                self.gain(name, was.currency, was.amount.copy_negate())
            if now is not None:
                self.gain(name, now.currency, now.amount)
            self._keep(record, name, before, after, old, new)

    def count(self, name: str, records: int) -> None:
        """Count records in which a decision, or the reasons alone, come out otherwise."""
        self.changes.by_decision[name] = self.changes.by_decision.get(name, 0) + records
        self.changes.witnesses.setdefault(name, [])

    def gain(self, name: str, currency: str, amount: Decimal) -> None:
        """Count what the new version gives more for a reward that comes out otherwise, or less."""
        sums = self.changes.by_how_much.setdefault(name, {})
        sums[currency] = _EXACT.add(sums.get(currency, Decimal(0)), amount)

    def lacks_witnesses(self, name: str) -> int:
        """Return how many more witnesses are kept."""
        return self._limit - len(self.changes.witnesses.get(name, ()))

    def add_witness(self, record: str, old: Decided, new: Decided) -> list[str]:
        """Keep a record that was counted as a witness where one is lacking; return what differs in it."""
        different = self._different(old, new)
        for name, before, after in different:
            self._keep(record, name, before, after, old, new)
        return [name for name, _, _ in different]

    def _keep(
        self, record: str, name: str, before: Outcome, after: Outcome, old: Decided, new: Decided
    ) -> None:
        witnesses = self.changes.witnesses[name]
        if len(witnesses) < self._limit:
            witnesses.append(Witness(record, name, before, after, tuple(old[1]), tuple(new[1])))

    def _different(self, old: Decided, new: Decided) -> list[tuple[str, Outcome, Outcome]]:
        different = [
            (name, before, after)
            for name, mark in self._marks
            if not _is_same(
                before := _outcome(self.old, old, name, mark), after := _outcome(self.new, new, name, mark)
            )
        ]
        if not different and old[1] != new[1]:
            return [(REASONS, Outcome("value", list(old[1])), Outcome("value", list(new[1])))]
        return different

    @property
    def lacks_unfit(self) -> int:
        """How many more records that fit no longer are kept."""
        return self._limit - len(self.changes.unfit)

    def add_unfit(self, record: str, message: str) -> None:
        """Note a record that fits the old fact model and not the new one."""
        self.changes.no_longer_fit += 1
        if len(self.changes.unfit) < self._limit:
            self.changes.unfit.append((record, message))


def _earned(outcome: Outcome) -> Money | None:
    reward = outcome.value
    return reward.amount if isinstance(reward, RewardResult) and reward.accrues else None


def _outcome(program: Program, decided: Decided, name: str, conflict: Mark) -> Outcome:
    decisions, _, mask = decided
    if name not in decisions:
        return Outcome("absent")
    value = decisions[name]
    if value is not None:
        return Outcome("value", value)
    return Outcome("conflict" if program.marks.has(mask, conflict) else "undetermined")


def _is_same(old: Outcome, new: Outcome) -> bool:
    rewards = [each.value for each in (old, new) if isinstance(each.value, RewardResult)]
    if len(rewards) == 2 and not any(each.accrues for each in rewards):
        # what is not earned has an amount that nobody is owed
        return True
    # true equals 1 in Python, and is another result
    return old == new and type(old.value) is type(new.value)
