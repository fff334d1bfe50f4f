"""What a change of law touches: obligations and figures that change on a day, and the records they meet."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any

from fairlead.engine.guards import GuardResult, Guards
from fairlead.engine.results import json_value
from fairlead.facts.model import FactModel
from fairlead.facts.values import public_from_internal
from fairlead.files import InputFile, Reading, Reject, RelatedSummary, open_input
from fairlead.files.rows import Record
from fairlead.problems import Problem, UsageError
from fairlead.ruleset.policy_pack import PackObligation, PolicyPack
from fairlead.ruleset.typed import Texts

__all__ = ["Impact", "LawChange", "Touched", "changes_of_law", "days_of_change", "touched_records"]

#: how often progress is told, in records
_TOGETHER = 1000
#: rejected records that are named
_MOST_UNFIT = 20


@dataclass(frozen=True, slots=True)
class LawChange:
    """One thing that a pack asks otherwise from a day on.

    `kind` is `begins` or `ends` for an obligation, `changes` for a figure, whose values on the day before and
    on the day are `old` and `new`, None where it has none. `name` is the obligation's id or `parameters.X`.
    `obligations` are the ids of those that it touches, `citations` are theirs; `source` says where the
    obligation, or the figure, was seen.
    """

    pack: str
    kind: str
    name: str
    title: Texts
    obligations: tuple[str, ...]
    citations: tuple[str, ...]
    source: str
    confidence: str
    old: Any = None
    new: Any = None

    def as_json(self) -> dict[str, Any]:
        """Return the change as a JSON object."""
        return {
            "pack": self.pack,
            "kind": self.kind,
            "name": self.name,
            "title": dict(self.title),
            "obligations": list(self.obligations),
            "citations": list(self.citations),
            "source": self.source,
            "confidence": self.confidence,
            "old": json_value(self.old),
            "new": json_value(self.new),
        }


@dataclass(frozen=True, slots=True)
class Touched:
    """One record that a changed obligation applies to, or may apply to.

    `record` is its id or its line. `governing_date` is None where the record does not have it. `applies` is
    None where that is unknown. `before` and `after` are whether the guard passes by the law of the day before
    and by that of the day, None where the obligation asks nothing of a record. `why` is what stands against
    the record afterwards.
    """

    record: str
    pack: str
    obligation: str
    governing: str
    governing_date: date | None
    applies: bool | None
    before: bool | None
    after: bool | None
    why: tuple[str, ...]

    @property
    def changes(self) -> bool:
        """Whether the guard's answer is another one."""
        return self.before != self.after

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON object."""
        return {
            "record": self.record,
            "pack": self.pack,
            "obligation": self.obligation,
            "governing": self.governing,
            "governing_date": json_value(self.governing_date),
            "applies": self.applies,
            "passes_before": self.before,
            "passes_after": self.after,
            "changes": self.changes,
            "why": list(self.why),
        }


@dataclass
class Impact:
    """The records that a change of law touches, by governing date.

    `read` = `looked_at` + `rejected`; `unfit` has line and reason of the first rejected. `reading` and
    `related` are how the file was understood; `reading` is None where no obligation changes: then no file was
    read.
    """

    looked_at: int = 0
    rejected: int = 0
    touched: list[Touched] = field(default_factory=list)
    unfit: list[tuple[int, str]] = field(default_factory=list)
    reading: Reading | None = None
    related: Sequence[RelatedSummary] = ()

    @property
    def read(self) -> int:
        """How many records there were."""
        return self.looked_at + self.rejected

    @property
    def records(self) -> int:
        """How many records are touched."""
        return len({each.record for each in self.touched})

    @property
    def changed(self) -> int:
        """How many records have a guard that answers otherwise."""
        return len({each.record for each in self.touched if each.changes})


def days_of_change(packs: Sequence[PolicyPack]) -> list[date]:
    """Return the days on which something dated in the packs changes, in order."""
    days: set[date | None] = set()
    for pack in packs:
        for obligation in pack.obligations:
            days |= {obligation.effective_from, obligation.effective_to}
        for figure in pack.parameters.values():
            days |= {start for start, _ in figure.values}
    return sorted(day for day in days if day is not None)


def changes_of_law(packs: Sequence[PolicyPack], day: date) -> list[LawChange]:
    """Return what the packs ask from `day` on that they did not ask on the day before, or no longer ask.

    Raises UsageError for the first day of the calendar, which has none before it.
    """
    if day == date.min:
        message = f"`{day}` has no day before it"
        raise UsageError([Problem("out-of-range", message, found=str(day))])
    return [change for pack in packs for change in _changes(pack, day)]


def _changes(pack: PolicyPack, day: date) -> Iterator[LawChange]:
    eve = day - timedelta(days=1)
    for each in pack.obligations:
        was, now = each.in_force(eve), each.in_force(day)
        if was != now:
            yield LawChange(
                pack.name,
                "begins" if now else "ends",
                each.id,
                each.title,
                (each.id,),
                (each.citation,),
                each.source,
                each.confidence,
            )
    for name, figure in pack.parameters.items():
        old, new = figure.on(eve), figure.on(day)
        if old == new:
            continue
        readers = [each for each in pack.obligations if name in each.parameters]
        yield LawChange(
            pack.name,
            "changes",
            f"parameters.{name}",
            figure.title,
            tuple(each.id for each in readers),
            tuple(dict.fromkeys(each.citation for each in readers)),
            figure.source,
            figure.confidence,
            public_from_internal(figure.type, old),
            public_from_internal(figure.type, new),
        )


def touched_records(
    packs: Sequence[PolicyPack],
    model: FactModel,
    zone: tzinfo,
    day: date,
    as_of: date | datetime,
    file: InputFile,
    progress: Callable[[int], None] | None = None,
) -> Impact:
    """Return the records of a file that what changes on `day` touches.

    A record is touched by an obligation that changes, or reads a figure that does, where it applies or may
    apply, before or after, and the record's governing date is on or after `day` or missing. What the release
    or the payment governs is looked at as if it happened at `as_of`, or on `day` where that is later. Raises
    UsageError and OSError where the file cannot be opened, DocumentError where its header is not understood.
    """
    impact = Impact()
    changed = [each for pack in packs for each in _changed_part(pack, day)]
    if not changed:
        return impact
    law = _Law(changed, model, zone, day, _not_before(as_of, day, zone))

    def reject(refused: Reject) -> None:
        impact.rejected += 1
        if len(impact.unfit) < _MOST_UNFIT:
            impact.unfit.append((refused.line, refused.problems[0].message))

    with open_input(law.guards.reader, file, reject) as rows:
        for number, identity, record in rows:
            impact.looked_at += 1
            impact.touched += law.touches(identity if identity is not None else f"line {number}", record)
            if progress is not None and impact.looked_at % _TOGETHER == 0:
                progress(rows.stream.tell())
        impact.reading, impact.related = rows.reading(), rows.related_summaries()
    # a missing day comes first: nobody knows yet which law holds
    impact.touched.sort(key=lambda each: each.governing_date or date.min)
    return impact


def _changed_part(pack: PolicyPack, day: date) -> Iterator[PolicyPack]:
    """Yield the pack with nothing but the obligations that a change touches."""
    names = {name for change in _changes(pack, day) for name in change.obligations}
    if names:
        yield replace(pack, obligations=tuple(each for each in pack.obligations if each.id in names))


def _not_before(as_of: date | datetime, day: date, zone: tzinfo) -> date | datetime:
    if isinstance(as_of, datetime):
        moment = as_of if as_of.tzinfo is not None else as_of.replace(tzinfo=UTC)
        return as_of if moment.astimezone(zone).date() >= day else day
    return max(as_of, day)


class _Law:
    """The obligations that change, asked of a record by the law of the day before and by that of the day."""

    def __init__(
        self, packs: Sequence[PolicyPack], model: FactModel, zone: tzinfo, day: date, as_of: date | datetime
    ) -> None:
        self.guards = Guards(packs, model, zone, every=True)
        self._day = day
        self._eve = day - timedelta(days=1)
        self._as_of = as_of
        self._obligations = {(pack.name, each.id): each for pack in packs for each in pack.obligations}
        self._entities = tuple(dict.fromkeys(each.entity for each in self._obligations.values()))

    def touches(self, name: str, record: Record) -> Iterator[Touched]:
        """Yield what touches a record."""
        for entity in self._entities:
            if entity not in record:
                continue
            old = self.guards.check_checked(record, self._as_of, entity, law=self._eve)
            new = self.guards.check_checked(record, self._as_of, entity, law=self._day)
            for before, after in zip(old, new, strict=True):
                if before.applies is False and after.applies is False:
                    continue
                if after.governing_date is not None and after.governing_date < self._day:
                    continue
                yield self._touched(name, before, after)

    def _touched(self, name: str, before: GuardResult, after: GuardResult) -> Touched:
        obligation: PackObligation = self._obligations[after.pack, after.obligation]
        asks = obligation.guard is not None or bool(obligation.evidence)
        return Touched(
            name,
            after.pack,
            after.obligation,
            obligation.governing,
            after.governing_date,
            after.applies if after.in_force else before.applies,
            before.passed if asks else None,
            after.passed if asks else None,
            after.why if after.applies is not False else (),
        )
