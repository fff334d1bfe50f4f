"""Overrides: what people set by hand in the place of a result, with a reason and a day on which it ends."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any

from fairlead.documents.texts import pick
from fairlead.plugins.fields import FieldKind, FieldSpec
from fairlead.plugins.records import Record
from fairlead.sync.held_values import held_form

__all__ = [
    "LOGGED",
    "OVERRIDES",
    "Override",
    "OverrideFields",
    "fits",
    "in_force",
    "override_line",
    "override_words",
    "stated_overrides",
]

#: what people set by hand stands beside the facts of its entity, by decision
OVERRIDES = "@overrides"
#: what is put behind a decision's name in the log, where another value was written than the one decided
LOGGED = ".override"

_BY_HAND = {
    "en": "Set by hand",
    "de": "Von Hand gesetzt",
    "tr": "Elle ayarlandı",
    "ar": "تم التعيين يدويًا",
}

_NOT_FOLLOWED = {
    "en": "Set by hand, not followed",
    "de": "Von Hand gesetzt, nicht befolgt",
    "tr": "Elle ayarlandı, uygulanmadı",
    "ar": "تم التعيين يدويًا ولم يُتبع",
}


@dataclass(frozen=True, slots=True)
class OverrideFields:
    """The three fields with which people override a decision, and the result field that follows them.

    `title` is the decision's, in the project's language. `never_over` are results that no override hides.
    """

    decision: str
    title: str
    result: str
    value: FieldSpec
    reason: FieldSpec
    until: FieldSpec
    never_over: tuple[str, ...] = ()

    @property
    def specs(self) -> tuple[FieldSpec, ...]:
        """The fields: value, reason, last day."""
        return self.value, self.reason, self.until

    @property
    def entity(self) -> str:
        """The entity that the decision is about."""
        return self.decision.partition(".")[0]


@dataclass(frozen=True, slots=True)
class Override:
    """An override that is in force: the value in its held form, and the instant at which it ends.

    `ends` is None where it stands until a person takes it back. It is not `followed` where what was decided
    stands against any override.
    """

    value: Any
    reason: str | None
    until: str | None
    ends: datetime | None
    followed: bool = True

    def as_json(self) -> dict[str, Any]:
        """Return what the decision log says of it."""
        said = {"value": self.value, "reason": self.reason, "until": self.until}
        return said if self.followed else {**said, "followed": False}


def stated_overrides(record: Record, fields: Iterable[OverrideFields]) -> dict[str, dict[str, Any]]:
    """Return what a record states of overrides, by decision; nothing is kept where there is no value."""
    stated: dict[str, dict[str, Any]] = {}
    for each in fields:
        found = {
            key: held_form(spec.kind, record.values.get(spec.name))
            for key, spec in zip(("value", "reason", "until"), each.specs, strict=True)
        }
        if found["value"] is not None:
            stated[each.decision] = {key: value for key, value in found.items() if value is not None}
    return stated


def in_force(stated: Mapping[str, Any], now: datetime, zone: tzinfo) -> Override | None:
    """Return a stated override that counts at an instant, up to the end of its last day in the zone."""
    until = stated.get("until")
    ends = None if until is None else _end_of(date.fromisoformat(until), zone)
    if ends is not None and ends <= now:
        return None
    reason = stated.get("reason")
    return Override(stated["value"], None if reason is None else " ".join(reason.split()), until, ends)


def _end_of(day: date, zone: tzinfo) -> datetime | None:
    if day.year == date.max.year:
        # what people write for "for ever"
        return None
    return datetime.combine(day + timedelta(days=1), time(), zone)


def override_line(fields: OverrideFields, override: Override, language: str) -> str:
    """Return the line that stands before the reasons of a decision."""
    words = _BY_HAND if override.followed else _NOT_FOLLOWED
    said = f"{pick(words, language)} ({fields.title})"
    return said if override.reason is None else f"{said}: {override.reason}"


def override_words(logged: Mapping[str, Any]) -> str:
    """Return what the decision log says of an override, in words."""
    said = f"set by hand to {logged['value']}"
    if logged.get("until") is not None:
        said += f" until {logged['until']}"
    if logged.get("followed") is False:
        said += ", not followed: this result stands against any override"
    return said if logged.get("reason") is None else f"{said}; why: {logged['reason']}"


def fits(spec: FieldSpec, kind: FieldKind) -> bool:
    """Tell whether a field of the CRM can hold what a specification asks for."""
    alike = ({FieldKind.INTEGER, FieldKind.DECIMAL}, {FieldKind.TEXT, FieldKind.LONG_TEXT})
    return kind is spec.kind or any(spec.kind in each and kind in each for each in alike)
