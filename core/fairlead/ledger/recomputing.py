"""Recomputing what the ledger holds: amounts, limits and releases, from archived documents and inputs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from fairlead.engine import json_value
from fairlead.engine.program import Checked
from fairlead.facts.values import Money
from fairlead.ledger.accrual import RATES
from fairlead.ledger.archived import ArchivedVersions
from fairlead.ledger.limits import Limits, Subject
from fairlead.ledger.programmes import Earned, Version, minor
from fairlead.problems import DocumentError, RecordError, StoreError, UsageError
from fairlead.project.rates import rates_table
from fairlead.ruleset.typed import Reward
from fairlead.store import LogEntry, Transaction
from fairlead.store.ledger_records import Act, Entry

__all__ = ["Difference", "Outcome", "Recomputation", "Recomputer", "from_basis"]


#: what reading an archived document, or a record by it, can raise
_FAILURES = (DocumentError, RecordError, StoreError, UsageError)


class Outcome(StrEnum):
    """How far an entry could be recomputed.

    SAME         from its inputs: amount before limits, limits, amount
    FROM_BASIS   the inputs are erased; the facts that were kept are all that the amount rests on
    ERASED       the inputs are erased, and what was kept is not enough; the logged result is the ledger's
    CARRIED_IN   an opening balance: there are no inputs
    SPENT        points that were redeemed or expired: what was taken of the entries that earned them
    TAKES_BACK   a correction, which is the opposite of the entry that it takes back
    DIFFERS      something is not as the ledger has it
    """

    SAME = "same"
    FROM_BASIS = "from_basis"
    ERASED = "erased"
    CARRIED_IN = "carried_in"
    SPENT = "spent"
    TAKES_BACK = "takes_back"
    DIFFERS = "differs"


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as the ledger has it: `what`, what the ledger holds, and what was found."""

    what: str
    ledger: str
    found: str

    def as_json(self) -> dict[str, str]:
        """Return the difference for machines."""
        return {"what": self.what, "ledger": self.ledger, "found": self.found}


@dataclass(frozen=True, slots=True)
class Recomputation:
    """What became of recomputing one entry.

    `asked` and `units` are what was found, in minor units before and after limits; None where they cannot be
    recomputed. `inputs` is the record that was decided, or what is left of it.
    """

    entry: int
    outcome: Outcome
    asked: int | None = None
    units: int | None = None
    inputs: Mapping[str, Any] = field(default_factory=dict)
    differences: tuple[Difference, ...] = ()


@dataclass(frozen=True, slots=True)
class _Ready:
    """An entry with what it is recomputed from."""

    entry: Entry
    version: Version | None
    reward: Reward | None
    logged: LogEntry | None
    differences: tuple[Difference, ...]


class _Before:
    """The ledger's totals as they were before an act. `changed` is the last act that changed them."""

    def __init__(self, tx: Transaction, act: int, changed: int) -> None:
        self._tx = tx
        self._act = act
        self._changed = changed

    def last_act(self) -> int:
        return self._changed

    def totals(
        self, programme: str, reward: str, by: str, whose: Iterable[str] | None
    ) -> dict[tuple[str, str], int]:
        return self._tx.book.totals(programme, reward, by, whose, before_act=self._act)


class Recomputer:
    """Recomputes entries and releases of one snapshot of the store; acts go in their order."""

    def __init__(self, tx: Transaction, zone: str, rates: Any = None) -> None:
        self._tx = tx
        self._zone = zone
        self._rates = rates
        self._archived_rates: dict[str, Any] = {}
        self._limits = Limits()
        self._changed = 0
        self.versions = ArchivedVersions(tx.archive.get)

    def changed(self, act: int) -> None:
        """Say that an act changed the totals in another way than by accruals."""
        self._changed = act

    def accruals(self, act: int, entries: Sequence[Entry]) -> Iterator[Recomputation]:
        """Yield what becomes of the accruals that one act entered; they are in their order."""
        logged, damaged = self._logged([each.decision for each in entries if each.decision is not None])
        ready = [self._ready(each, logged, damaged) for each in entries]
        counted = [
            (each.reward, _subject(each.entry))
            for each in ready
            if each.reward is not None and each.reward.caps
        ]
        self._limits.prepare(_Before(self._tx, act, self._changed), counted)
        earned: dict[tuple[int, str], tuple[Checked, Sequence[Earned]]] = {}
        for each in ready:
            yield self._accrual(each, earned)
        self._limits.keep(act)
        self._changed = act

    def plain(self, entry: Entry, former: Entry | None) -> Recomputation:
        """Return what becomes of an entry that has no inputs of its own; `former` is what it takes back."""
        if entry.kind == "opening":
            return Recomputation(entry.id, Outcome.CARRIED_IN, entry.asked, entry.units)
        if entry.kind in ("redemption", "expiry"):
            return _spent(entry)
        if entry.kind == "re_rating":
            return self._re_rated(entry)
        differences: tuple[Difference, ...] = ()
        if former is None:
            differences = (Difference("corrected entry", f"entry {entry.corrects}", "not there"),)
            return Recomputation(entry.id, Outcome.DIFFERS, differences=differences)
        theirs = (former.units, former.currency, former.payee)
        mine = (-entry.units, entry.currency, entry.payee)
        if theirs != mine:
            differences = (Difference("corrected entry", _shown(mine), _shown(theirs)),)
        outcome = Outcome.DIFFERS if differences else Outcome.TAKES_BACK
        return Recomputation(entry.id, outcome, -former.asked, -former.units, differences=differences)

    def releases(self, act: Act, entries: Sequence[Entry]) -> Iterator[tuple[Entry, bool, list[Difference]]]:
        """Yield each accrual that an act released, whether its inputs are erased, and what differs."""
        decisions: Mapping[str, int] = act.content.get("decisions") or {}
        logged, damaged = self._logged([int(seq) for seq in decisions.values()])
        for entry in entries:
            seq = decisions.get(str(entry.id))
            if seq is None:
                yield entry, False, [Difference("release", "released", "no inputs that it was released on")]
            elif seq in damaged:
                yield entry, False, [Difference("release", f"decision {seq}", damaged[seq])]
            elif seq not in logged:
                yield entry, False, [Difference("release", f"decision {seq}", "not in the decision log")]
            else:
                yield entry, logged[seq].erased, self._release(act.at, entry, logged[seq])

    def _release(self, at: datetime, entry: Entry, logged: LogEntry) -> list[Difference]:
        # the record may live on under another id since it was merged
        differences = _of_ruleset(entry, logged)
        if logged.inputs is None:
            stated = logged.decisions.get(entry.reward) or {}
            if stated.get("payable") is not True:
                differences.append(Difference("payable at release", "yes", "not by the logged result"))
            return differences
        try:
            version = self._version(entry)
            _, every = self._earned(version, logged.inputs, at, logged)
        except _FAILURES as error:
            return [*differences, Difference("release", f"decision {logged.seq}", _said(error))]
        earned = _of(every, entry.reward)
        result = None if earned is None else earned.result
        if result is None or result.payable is not True:
            differences.append(Difference("payable at release", "yes", "not by the recomputed result"))
        if json_value(result) != logged.decisions.get(entry.reward):
            shown = _shown(logged.decisions.get(entry.reward)), _shown(json_value(result))
            differences.append(Difference("result at release", *shown))
        return differences

    def _re_rated(self, entry: Entry) -> Recomputation:
        """Recompute a difference of rates: the new rate less what the record had before it."""
        logged, damaged = self._logged([] if entry.decision is None else [entry.decision])
        ready = self._ready(entry, logged, damaged)
        if ready.version is None or ready.reward is None or ready.logged is None:
            return Recomputation(entry.id, Outcome.DIFFERS, differences=ready.differences)
        before = sum(
            each.units
            for each in self._same_programme(entry, entry.subject)
            if each.reward == entry.reward and each.id < entry.id and each.kind != "correction"
        )
        stated = ready.logged.decisions.get(entry.reward) or {}
        differences = list(ready.differences)
        asked = f"{entry.asked + before} {entry.currency}"
        if _shown_amount(stated.get("amount") or {}) != asked:
            differences.append(Difference("new rate", asked, _shown_amount(stated.get("amount") or {})))
        inputs = ready.logged.inputs
        if inputs is None:
            outcome = Outcome.DIFFERS if differences else Outcome.ERASED
            return Recomputation(entry.id, outcome, differences=tuple(differences))
        latest = next(self._same_programme(entry, str(entry.content.get("rated_by"))), None)
        found = None
        try:
            day = entry.day if latest is None else latest.day
            one = _of(self._earned(ready.version, inputs, day, ready.logged)[1], entry.reward)
            found = None if one is None else one.result
        except _FAILURES as error:
            differences.append(Difference("inputs", f"decision {ready.logged.seq}", _said(error)))
        if json_value(found) != ready.logged.decisions.get(entry.reward):
            shown = _shown(ready.logged.decisions.get(entry.reward)), _shown(json_value(found))
            differences.append(Difference(f"result of decision {ready.logged.seq}", *shown))
        outcome = Outcome.DIFFERS if differences else Outcome.SAME
        return Recomputation(entry.id, outcome, entry.asked, None, inputs, tuple(differences))

    def _same_programme(self, entry: Entry, subject: str) -> Iterator[Entry]:
        return self._tx.book.entries(entity=entry.entity, subjects=[subject], programme=entry.programme)

    def _logged(self, numbers: Sequence[int]) -> tuple[dict[int, LogEntry], dict[int, str]]:
        """Return the logged decisions, and those that cannot be read with what is wrong."""
        try:
            return self._tx.log.numbered(set(numbers)), {}
        except StoreError:
            # one of them is damaged: the others can still be read
            pass
        logged: dict[int, LogEntry] = {}
        damaged: dict[int, str] = {}
        for seq in set(numbers):
            try:
                logged |= self._tx.log.numbered([seq])
            except StoreError as error:
                damaged[seq] = _said(error)
        return logged, damaged

    def _version(self, entry: Entry) -> Version:
        return self.versions.version(str(entry.content.get("ruleset")), entry.content.get("zone", self._zone))

    def _ready(self, entry: Entry, logged: Mapping[int, LogEntry], damaged: Mapping[int, str]) -> _Ready:
        differences = []
        decision = None if entry.decision is None else logged.get(entry.decision)
        if decision is None:
            found = damaged.get(entry.decision or 0, "not in the decision log")
            differences.append(Difference("inputs", f"decision {entry.decision}", found))
        else:
            differences += _of_ruleset(entry, decision) + _of_approval(entry, decision)
            if (entry.entity, entry.subject) != (decision.entity, decision.id):
                mine, found = f"{entry.entity} {entry.subject}", f"{decision.entity} {decision.id}"
                differences.append(Difference(f"record of decision {decision.seq}", mine, found))
        version = reward = None
        try:
            version = self._version(entry)
        except _FAILURES as error:
            differences.append(Difference("ruleset", str(entry.content.get("ruleset")), _said(error)))
        if version is not None:
            reward = next((each for each in version.rewards if each.name == entry.reward), None)
            if reward is None:
                differences.append(Difference("reward", entry.reward, "not in its ruleset"))
            if decision is not None and decision.model != version.ruleset.model.digest:
                differences.append(Difference("fact model", decision.model, version.ruleset.model.digest))
        return _Ready(entry, version, reward, decision, tuple(differences))

    def _accrual(
        self, ready: _Ready, earned: dict[tuple[int, str], tuple[Checked, Sequence[Earned]]]
    ) -> Recomputation:
        entry, version, reward, logged = ready.entry, ready.version, ready.reward, ready.logged
        if version is None or reward is None or logged is None:
            if reward is not None:
                self._count(reward, entry, entry.units)
            return Recomputation(entry.id, Outcome.DIFFERS, differences=ready.differences)
        inputs, outcome = logged.inputs, Outcome.SAME
        if inputs is None:
            basis: Mapping[str, Any] = entry.content.get("basis") or {}
            inputs = from_basis(basis)
            inputs.setdefault(reward.payee, {})["id"] = entry.payee
            if not version.is_covered(reward, basis):
                self._count(reward, entry, entry.units)
                return _of_kept(entry, logged, inputs, ready.differences)
            outcome = Outcome.FROM_BASIS
        differences = list(ready.differences)
        key = (logged.seq, version.digest) if outcome is Outcome.SAME else (-entry.id, version.digest)
        try:
            if key not in earned:
                earned[key] = self._earned(version, inputs, entry.day, logged)
            checked, every = earned[key]
        except _FAILURES as error:
            self._count(reward, entry, entry.units)
            differences.append(Difference("inputs", f"decision {logged.seq}", _said(error)))
            return Recomputation(entry.id, Outcome.DIFFERS, inputs=inputs, differences=tuple(differences))
        one = _of(every, entry.reward)
        assert one is not None
        differences += _amount(entry, one, logged if outcome is Outcome.SAME else None)
        units = None
        if outcome is Outcome.SAME or not version.limit_reads(reward):
            units = self._within(version, reward, entry, checked, differences)
        else:
            self._count(reward, entry, entry.units)
        if differences:
            outcome = Outcome.DIFFERS
        return Recomputation(entry.id, outcome, one.units, units, inputs, tuple(differences))

    def _earned(
        self, version: Version, inputs: Mapping[str, Any], as_of: date | datetime, logged: LogEntry
    ) -> tuple[Checked, Sequence[Earned]]:
        checked = version.program.check(inputs)
        return checked, version.earned(checked, as_of, self._rates_of(logged))

    def _rates_of(self, logged: LogEntry) -> Any:
        """Return the exchange rates that a decision was made with; the given ones where it names none."""
        digest = logged.decisions.get(RATES)
        if digest is None:
            return self._rates
        if digest not in self._archived_rates:
            self._archived_rates[digest] = rates_table(self._tx.archive.get(digest))
        return self._archived_rates[digest]

    def _within(
        self,
        version: Version,
        reward: Reward,
        entry: Entry,
        checked: Checked,
        differences: list[Difference],
    ) -> int:
        """Return what the limits leave, and add how that differs; the ledger's own amount counts from now."""
        taken = self._limits.take(version, reward, _subject(entry), entry.asked, checked)
        units, cuts = taken if taken is not None else (0, [])
        if taken is None:
            self._count(reward, entry, entry.units)
        elif units != entry.units:
            self._count(reward, entry, entry.units - units)
        if units != entry.units:
            differences.append(Difference("amount within limits", str(entry.units), str(units)))
        found = [cut.as_json() for cut in cuts]
        if found != list(entry.content.get("limits") or []):
            differences.append(Difference("limits", _shown(entry.content.get("limits")), _shown(found)))
        if (taken is None) != bool(entry.content.get("limit_unknown")):
            is_known = "a limit cannot be computed" if taken is None else "every limit can be computed"
            differences.append(Difference("limits", "otherwise", is_known))
        return units

    def _count(self, reward: Reward, entry: Entry, units: int) -> None:
        if reward.caps:
            self._limits.count(reward, _subject(entry), units)


def from_basis(basis: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the record that the kept facts are of."""
    record: dict[str, dict[str, Any]] = {}
    for name, value in basis.items():
        key, _, short = name.partition(".")
        record.setdefault(key, {})[short] = value
    return record


def _subject(entry: Entry) -> Subject:
    return Subject(
        entry.programme,
        entry.subject,
        entry.payee,
        entry.patient,
        entry.day,
        tuple(entry.content.get("payee_also", ())),
        tuple(entry.content.get("patient_also", ())),
    )


def _spent(entry: Entry) -> Recomputation:
    taken = -sum(entry.content["from"].values())
    if taken != entry.units:
        differences = (Difference("points", _shown(entry.units), _shown(taken)),)
        return Recomputation(entry.id, Outcome.DIFFERS, differences=differences)
    return Recomputation(entry.id, Outcome.SPENT, taken, taken)


def _of(earned: Sequence[Earned], reward: str) -> Earned | None:
    return next((each for each in earned if each.reward.name == reward), None)


def _of_ruleset(entry: Entry, logged: LogEntry) -> list[Difference]:
    mine = str(entry.content.get("ruleset"))
    if logged.ruleset == mine:
        return []
    return [Difference(f"ruleset of decision {logged.seq}", mine, logged.ruleset)]


def _of_approval(entry: Entry, logged: LogEntry) -> list[Difference]:
    mine = str(entry.content.get("approval"))
    if logged.approval == mine:
        return []
    return [Difference(f"approval of decision {logged.seq}", mine, logged.approval)]


def _of_kept(
    entry: Entry, logged: LogEntry, inputs: Mapping[str, Any], known: Sequence[Difference]
) -> Recomputation:
    """Compare with the result that was logged in clear: nothing else is left."""
    stated = logged.decisions.get(entry.reward) or {}
    differences = list(known)
    if stated.get("accrues") is not True:
        differences.append(Difference("earned", "yes", "not by the logged result"))
    amount = stated.get("amount") or {}
    asked = f"{entry.asked} {entry.currency}"
    logged_amount = _shown_amount(amount)
    if logged_amount != asked:
        differences.append(Difference("amount before limits", asked, logged_amount))
    outcome = Outcome.DIFFERS if differences else Outcome.ERASED
    return Recomputation(entry.id, outcome, inputs=inputs, differences=tuple(differences))


def _amount(entry: Entry, earned: Earned, logged: LogEntry | None) -> Iterator[Difference]:
    result = earned.result
    if result is None or not result.accrues:
        yield Difference("earned", "yes", "not known" if result is None else "no")
    if earned.units != entry.asked:
        yield Difference("amount before limits", str(entry.asked), _shown(earned.units))
    if earned.currency != entry.currency:
        yield Difference("currency", entry.currency, earned.currency)
    if logged is not None and json_value(result) != logged.decisions.get(entry.reward):
        shown = _shown(logged.decisions.get(entry.reward)), _shown(json_value(result))
        yield Difference(f"result of decision {logged.seq}", *shown)


def _shown_amount(amount: Mapping[str, Any]) -> str:
    """Return a logged amount in minor units with its currency."""
    if not amount:
        return "none"
    return f"{minor(Money(Decimal(amount['amount']), amount['currency']))} {amount['currency']}"


def _shown(value: Any) -> str:
    return "none" if value is None else str(value)


def _said(error: DocumentError | RecordError | StoreError | UsageError) -> str:
    return error.problems[0].message
