"""Simulation: a draft run over history beside the programme in force; the ledger is not touched."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol

from fairlead.documents.texts import pick
from fairlead.engine import RewardResult
from fairlead.engine.program import Checked, Run
from fairlead.ledger.limits import PER, Limits, Subject
from fairlead.ledger.programmes import Earned, Version
from fairlead.ledger.subjects import SubjectRecord
from fairlead.problems import RecordError
from fairlead.project.assembling import fitting
from fairlead.ruleset.typed import Reward

__all__ = ["CheckChange", "DraftProgramme", "InForce", "PayeeChange", "Side", "Simulation", "simulate"]


class InForce(Protocol):
    """A programme in its versions: of a project, or a draft."""

    @property
    def name(self) -> str:
        """The programme's name."""
        ...

    def on(self, day: date) -> Version | None:
        """Return the version in force on a day, None where none is."""
        ...


@dataclass(frozen=True, slots=True)
class DraftProgramme:
    """A draft, taken as in force on every day."""

    name: str
    version: Version

    def on(self, day: date) -> Version | None:
        """Return the draft."""
        return self.version


@dataclass
class Side:
    """What one set of programmes would have entered; amounts by currency, in minor units.

    Each record is counted once for each reward about it: `earned` + `not_earned` + `not_known` + `nobody`
    (earned, and nobody is known who introduced the patient) + `taken_back` (earned, and taken back since) +
    `refused` (the record is not one that the rules can read). `out_of_force` counts records for which no
    version was in force. `payable` is the part of `units` that nothing in the programme stands against now.
    """

    earned: int = 0
    not_earned: int = 0
    not_known: int = 0
    nobody: int = 0
    taken_back: int = 0
    refused: int = 0
    out_of_force: int = 0
    cut: int = 0
    units: dict[str, int] = field(default_factory=dict)
    payable: dict[str, int] = field(default_factory=dict)
    #: (payee, currency) -> (entries, units, payable units)
    payees: dict[tuple[str, str], tuple[int, int, int]] = field(default_factory=dict)
    #: reason code -> (text, how often)
    checks: dict[str, tuple[str, int]] = field(default_factory=dict)

    def enter(self, payee: str, currency: str, units: int, *, is_payable: bool) -> None:
        """Count one entry."""
        payable = units if is_payable else 0
        entries, before, payable_before = self.payees.get((payee, currency), (0, 0, 0))
        self.payees[payee, currency] = (entries + 1, before + units, payable_before + payable)
        self.units[currency] = self.units.get(currency, 0) + units
        self.payable[currency] = self.payable.get(currency, 0) + payable

    def fire(self, code: str, text: str) -> None:
        """Count a check that is not passed."""
        self.checks[code] = (text, self.checks.get(code, (text, 0))[1] + 1)

    def as_json(self) -> dict[str, Any]:
        """Return the counts for machines."""
        names = (
            "earned",
            "not_earned",
            "not_known",
            "nobody",
            "taken_back",
            "refused",
            "out_of_force",
            "cut",
        )
        counts: dict[str, Any] = {name: getattr(self, name) for name in names}
        return {**counts, "units": dict(self.units), "payable_units": dict(self.payable)}


@dataclass(frozen=True, slots=True)
class PayeeChange:
    """What one payee would gain (above zero) or lose, in minor units of a currency."""

    payee: str
    currency: str
    present_entries: int
    draft_entries: int
    present: int
    draft: int
    present_payable: int
    draft_payable: int

    @property
    def gain(self) -> int:
        """The units that the draft gives more than the present programme."""
        return self.draft - self.present


@dataclass(frozen=True, slots=True)
class CheckChange:
    """How often a check is not passed by what is earned: before and with the draft."""

    code: str
    text: str
    present: int
    draft: int


@dataclass(frozen=True)
class Simulation:
    """What a draft would have changed in a time of history. Nothing in it was approved, and nothing is paid.

    `looked_at` counts the records of that time. `draft_name`, `draft_version` and `digest` say what was
    tried; `approval` what results say of it.
    """

    since: date
    until: date
    as_of: datetime
    draft_name: str
    draft_version: str
    digest: str
    approval: str
    looked_at: int
    present: Side
    draft: Side

    @property
    def payees(self) -> list[PayeeChange]:
        """Every payee of either side, who loses most first."""
        nothing = (0, 0, 0)
        changes = []
        for key in self.present.payees.keys() | self.draft.payees.keys():
            before, after = self.present.payees.get(key, nothing), self.draft.payees.get(key, nothing)
            changes.append(PayeeChange(*key, before[0], after[0], before[1], after[1], before[2], after[2]))
        return sorted(changes, key=lambda each: (each.currency, each.gain, each.payee))

    @property
    def checks(self) -> list[CheckChange]:
        """Every check that is not passed on either side, the most frequent with the draft first."""
        found = []
        for code in self.present.checks.keys() | self.draft.checks.keys():
            before, after = self.present.checks.get(code), self.draft.checks.get(code)
            text = (after or before or ("", 0))[0]
            found.append(CheckChange(code, text, before[1] if before else 0, after[1] if after else 0))
        return sorted(found, key=lambda each: (-each.draft, -each.present, each.code))

    @property
    def totals(self) -> list[tuple[str, int, int]]:
        """The units by currency: before, and with the draft."""
        currencies = sorted(self.present.units.keys() | self.draft.units.keys())
        return [(each, self.present.units.get(each, 0), self.draft.units.get(each, 0)) for each in currencies]

    def as_json(self) -> dict[str, Any]:
        """Return the simulation for machines."""
        return {
            "since": self.since.isoformat(),
            "until": self.until.isoformat(),
            "as_of": self.as_of.isoformat(),
            "draft": {
                "name": self.draft_name,
                "version": self.draft_version,
                "digest": self.digest,
                "approval": self.approval,
            },
            "looked_at": self.looked_at,
            "present": self.present.as_json(),
            "with_draft": self.draft.as_json(),
            "payees": [
                {
                    "payee": each.payee,
                    "currency": each.currency,
                    "entries": [each.present_entries, each.draft_entries],
                    "units": [each.present, each.draft],
                    "payable_units": [each.present_payable, each.draft_payable],
                    "gain_units": each.gain,
                }
                for each in self.payees
            ],
            "checks": [
                {"code": each.code, "text": each.text, "present": each.present, "draft": each.draft}
                for each in self.checks
            ],
        }


def linked_partner(record: SubjectRecord) -> str | None:
    """Return the partner that a record is linked to, None for none."""
    return record.linked("partner") or None


def simulate(
    present: Sequence[InForce],
    draft: Sequence[InForce],
    records: Iterable[SubjectRecord],
    *,
    tried: DraftProgramme,
    since: date,
    until: date,
    as_of: datetime,
    day_fact: Callable[[str], str],
    payee_of: Callable[[SubjectRecord], str | None] = linked_partner,
    rates: Any = None,
    language: str = "en",
) -> Simulation:
    """Return what `draft` would have given for the records instead of `present`; neither writes anything.

    `records` come in the order of their days. Those before `since` count towards limits alone, those after
    `until` not at all. Amounts and whether something is earned go by each record's day, what is payable and
    what is taken back by `as_of`. `tried` is the programme of `draft` that is a draft. `day_fact` gives the
    short name of an entity's day, and `payee_of` whom a record belongs to.
    """
    sides = [_Running(present, as_of, rates, language), _Running(draft, as_of, rates, language)]
    looked_at = 0
    for record in records:
        stated = record.raw[record.entity].get(day_fact(record.entity))
        day = None if stated is None else date.fromisoformat(stated)
        if day is None or day > until:
            continue
        is_counted = day >= since
        looked_at += is_counted
        payee = payee_of(record)
        for side in sides:
            side.take(record, day, payee, is_counted=is_counted)
    version = tried.version
    return Simulation(
        since,
        until,
        as_of,
        tried.name,
        version.ruleset.version,
        version.digest,
        version.program.approval,
        looked_at,
        *(side.side for side in sides),
    )


class _Nothing:
    """Totals of a history that nothing was entered in yet."""

    def last_act(self) -> int:
        return -1

    def totals(
        self,
        programme: str,
        reward: str,
        by: str,
        whose: Iterable[str] | None,
    ) -> dict[tuple[str, str], int]:
        return {}


class _Running:
    """One side while it runs."""

    def __init__(self, programmes: Sequence[InForce], as_of: datetime, rates: Any, language: str) -> None:
        self.side = Side()
        self._programmes = programmes
        self._as_of = as_of
        self._rates = rates
        self._language = language
        self._limits = Limits(PER)
        self._runs: dict[str, Run] = {}

    def take(self, record: SubjectRecord, day: date, payee: str | None, *, is_counted: bool) -> None:
        """Decide one record by every programme of this side."""
        # what counts towards limits alone goes into a side that is thrown away
        side = self.side if is_counted else Side()
        was_in_force = False
        for programme in self._programmes:
            version = programme.on(day)
            if version is None:
                continue
            was_in_force = True
            try:
                counted, raw = _checked(version, record)
            except RecordError:
                side.refused += 1
                continue
            now: Mapping[str, Any] | None = None
            for earned in version.earned(counted, day, self._rates):
                if earned.reward.entity != record.entity:
                    continue
                outcome = _outcome(earned, payee)
                if outcome != "earned":
                    setattr(side, outcome, getattr(side, outcome) + 1)
                    continue
                if now is None:
                    now = self._as_it_is(version)(raw)[0]
                assert payee is not None
                subject = Subject(programme.name, record.id, payee, record.patient, day)
                self._enter(side, version, earned, subject, counted, now)
        side.out_of_force += not was_in_force

    def _as_it_is(self, version: Version) -> Run:
        """Return what decides records as of today."""
        if version.digest not in self._runs:
            self._runs[version.digest] = version.program.runner(self._as_of, self._rates)
        return self._runs[version.digest]

    def _enter(
        self,
        side: Side,
        version: Version,
        earned: Earned,
        subject: Subject,
        counted: Checked,
        now: Mapping[str, Any],
    ) -> None:
        reward = earned.reward
        result: RewardResult | None = now[reward.name]
        if result is not None and result.reversed is True:
            side.taken_back += 1
            return
        assert earned.units is not None
        self._limits.prepare(_Nothing(), [(reward, subject)])
        taken = self._limits.take(version, reward, subject, earned.units, counted)
        units = 0 if taken is None else taken[0]
        side.earned += 1
        side.cut += units < earned.units
        is_payable = result is not None and result.payable is True
        side.enter(subject.payee, earned.currency, units, is_payable=is_payable)
        if not is_payable:
            for code, text in self._fired(version, reward, now):
                side.fire(code, text)

    def _fired(self, version: Version, reward: Reward, now: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        fired = [each for each in version.checks_behind(reward) if now[each.name] is not True]
        for check in fired:
            yield check.reason.code, pick(check.reason.text, self._language)
        if not fired:
            yield "not_payable", "The programme's condition for paying is not met"


def _outcome(earned: Earned, payee: str | None) -> str:
    if earned.result is None:
        return "not_known"
    if not earned.result.accrues:
        return "not_earned"
    if earned.units is None or earned.units < 0:
        return "not_known"
    return "earned" if payee is not None else "nobody"


def _checked(version: Version, record: SubjectRecord) -> tuple[Checked, Checked]:
    """Return the record as it was counted on its day, and as it is now. Raises RecordError."""
    model = version.ruleset.model
    counted = version.program.check(fitting(record.counted, model, record.entity))
    if record.raw is record.counted:
        return counted, counted
    return counted, version.program.check(fitting(record.raw, model, record.entity))
