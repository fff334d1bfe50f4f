"""What counts towards the limits of rewards so far, and how much of an amount is within them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Protocol

from fairlead.engine.program import Checked
from fairlead.engine.runtime import add_months
from fairlead.facts.values import Money
from fairlead.ledger.periods import period_bounds
from fairlead.ledger.programmes import Version, limit_name, minor
from fairlead.ruleset.typed import Cap, Reward

__all__ = ["PER", "Cut", "Limits", "Subject", "Totals", "window_bounds"]

_COLUMN = {"payee": "payee", "patient": "patient", "introduction": "subject", "programme": "programme"}
#: whom a limit can be for
PER = tuple(_COLUMN)
#: kept from one batch to the next; the others have as many members as there are introductions
_KEPT = ("payee", "programme")
_KEPT_DAYS = 1000


class Totals(Protocol):
    """Where the totals so far come from: the ledger's book, or a history that is only simulated."""

    def last_act(self) -> int:
        """Return a number that changes where the totals do."""
        ...

    def totals(
        self, programme: str, reward: str, by: str, whose: Iterable[str] | None
    ) -> dict[tuple[str, str], int]:
        """Return the net units of a reward by (whose, ISO day)."""
        ...


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose amount it is, for the limits of a programme.

    `payee_also` and `patient_also` are ids that were merged into these: what counts under them counts here.
    """

    programme: str
    subject: str
    payee: str
    patient: str
    day: date
    payee_also: tuple[str, ...] = ()
    patient_also: tuple[str, ...] = ()

    def whose(self, per: str) -> str:
        """Return the member of a limit's kind: the payee's id for `payee`, and so on."""
        member: str = getattr(self, _COLUMN[per])
        return member

    def also(self, per: str) -> tuple[str, ...]:
        """Return the ids that were merged into the member of a limit's kind."""
        return {"payee": self.payee_also, "patient": self.patient_also}.get(per, ())


@dataclass(frozen=True, slots=True)
class Cut:
    """A limit that left less than was asked; `left` and `maximum` are minor units."""

    id: str
    per: str
    maximum: int
    left: int

    def as_json(self) -> dict[str, Any]:
        """Return the limit as entries keep it."""
        return {"id": self.id, "per": self.per, "maximum": self.maximum, "left": self.left}


class _Used:
    """What counts towards a limit of one member, by ISO day; sums of calendar periods are kept up to date."""

    __slots__ = ("_days", "_sums", "total")

    def __init__(self) -> None:
        self._days: dict[str, int] = {}
        self._sums: dict[tuple[str, str], int] = {}
        self.total = 0

    def add(self, day: str, units: int) -> None:
        """Count units of a day."""
        self._days[day] = self._days.get(day, 0) + units
        self.total += units
        for period in self._sums:
            if period[0] <= day <= period[1]:
                self._sums[period] += units

    def within(self, first: str, last: str, *, is_kept: bool) -> int:
        """Return the units from the first day to the last, both included."""
        found = self._sums.get((first, last))
        if found is None:
            found = sum(units for day, units in self._days.items() if first <= day <= last)
            if is_kept:
                self._sums[first, last] = found
        return found


class Limits:
    """The totals behind the limits, read from their source: of the ledger, under its lock.

    They are kept between the batches of one run as long as nobody else wrote to the ledger. `kept` are the
    kinds that are: all of them where the source has nothing to read again.
    """

    def __init__(self, kept: Collection[str] = _KEPT) -> None:
        self._kept = kept
        #: (programme, reward, per) -> whose -> units
        self._used: dict[tuple[str, str, str], dict[str, _Used]] = {}
        #: maxima that no record can change, by (ruleset, reward, day)
        self._known: dict[tuple[str, str, date], Sequence[tuple[Cap, int | None]]] = {}
        self._act = -1

    def prepare(self, source: Totals, wanted: Iterable[tuple[Reward, Subject]]) -> None:
        """Read what is needed for these; of the ledger's book only inside the lock."""
        if source.last_act() != self._act:
            self._used.clear()
        for key in list(self._used):
            if key[2] not in self._kept:
                del self._used[key]
        missing: dict[tuple[str, str, str], set[str]] = {}
        owners: dict[tuple[str, str], str] = {}
        for reward, subject in wanted:
            for cap in reward.caps:
                key = (subject.programme, reward.name, cap.per)
                whose = subject.whose(cap.per)
                if whose not in self._used.setdefault(key, {}):
                    missing.setdefault(key, set()).add(whose)
                    for other in subject.also(cap.per):
                        owners[cap.per, other] = whose
        for key, members in missing.items():
            programme, reward_name, per = key
            used = self._used[key]
            for member in members:
                used[member] = _Used()
            merged = {other for (kind, other), owner in owners.items() if kind == per and owner in members}
            found = source.totals(programme, reward_name, _COLUMN[per], sorted(members | merged))
            for (whose, day), units in found.items():
                used[owners.get((per, whose), whose)].add(day, units)

    def keep(self, act: int) -> None:
        """Say which act wrote what was taken since `prepare`."""
        self._act = act

    def take(
        self, version: Version, reward: Reward, subject: Subject, asked: int, checked: Checked
    ) -> tuple[int, list[Cut]] | None:
        """Return how much is within all limits, and the limits that cut it; what is within counts from now.

        None where a limit's maximum is not known.
        """
        within, cuts = asked, []
        for cap, maximum in self._maxima(version, reward, subject, checked):
            if maximum is None:
                return None
            left = max(maximum - self._total(reward, cap, subject), 0)
            if left < asked:
                cuts.append(Cut(cap.id, cap.per, maximum, left))
            within = min(within, left)
        self.count(reward, subject, within)
        return within, cuts

    def count(self, reward: Reward, subject: Subject, units: int) -> None:
        """Count units towards every limit of a reward."""
        day = subject.day.isoformat()
        for per in {cap.per for cap in reward.caps}:
            self._used[subject.programme, reward.name, per][subject.whose(per)].add(day, units)

    def _maxima(
        self, version: Version, reward: Reward, subject: Subject, checked: Checked
    ) -> Sequence[tuple[Cap, int | None]]:
        key = (version.digest, reward.name, subject.day)
        if key in self._known:
            return self._known[key]
        if not reward.caps:
            return []
        decisions: Mapping[str, Any] = version.limits.runner(subject.day)(checked)[0]
        found = []
        for cap in reward.caps:
            maximum: Money | None = decisions[limit_name(reward, cap.id)]
            found.append((cap, None if maximum is None else minor(maximum)))
        if not any(version.limits.reads(limit_name(reward, cap.id)) for cap in reward.caps):
            if len(self._known) >= _KEPT_DAYS:
                self._known.clear()
            self._known[key] = found
        return found

    def _total(self, reward: Reward, cap: Cap, subject: Subject) -> int:
        used = self._used[subject.programme, reward.name, cap.per][subject.whose(cap.per)]
        if cap.window is None:
            return used.total
        first, last = window_bounds(cap.window, subject.day)
        # rolling windows are as many as there are days
        is_kept = cap.window["kind"] == "calendar"
        return used.within(first.isoformat(), last.isoformat(), is_kept=is_kept)


def window_bounds(window: Mapping[str, Any], day: date) -> tuple[date, date]:
    """Return the first and the last day of the window that holds a day; a rolling one ends on it."""
    if window["kind"] == "calendar":
        return period_bounds(window["unit"], day)
    if window.get("months") is not None:
        before = add_months(day, -window["months"])
        return (before or date.min) + timedelta(days=1), day
    return day - timedelta(days=window["days"] - 1), day
