"""Who introduced a patient, and what a person has to look at first.

A pure function of the programme's rules, one introduction's record and the touches of its lead: no store and
no clock. The same input in any order gives the same answer, and an introduction has one payee or none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, tzinfo
from typing import Any, Literal
from urllib.parse import parse_qsl, urlsplit

from fairlead.facts.values import UnfitValue, instant, parse_date, parse_date_time
from fairlead.ledger.reasons import HoldReason
from fairlead.problems import Problem, UsageError
from fairlead.ruleset.detections import DETECTIONS, NO_DAY, NO_TOUCH, TIE, Words
from fairlead.ruleset.typed import Attribution

__all__ = ["Attributed", "Override", "Touch", "attribute", "code_of_url"]

Way = Literal["tracking_code", "url", "partner_link"]

#: what the choice of a partner by a person does not settle: there the record or the agreement is wrong
_NOT_BY_CHOICE = frozenset({"self_referral", "staff_referral", "reciprocal", "no_day"})
#: findings that no programme can leave at a note: without them nobody would be paid and nobody told
_ALWAYS_HELD: Mapping[str, Words] = {"tie": TIE, "no_touch": NO_TOUCH, "no_day": NO_DAY}
_WORDS = {**DETECTIONS, **_ALWAYS_HELD}
#: the facts to fill in
_MISSING = {"no_touch": ("lead.tracking_code",), "no_day": ("introduction.introduced_on",)}

_LONGEST_URL, _MOST_FIELDS = 4096, 100
_CODE = re.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class Touch:
    """A lead came with a code, or with a partner that the CRM names.

    `partner` is the id of the partner that the code belongs to, None for nobody. `at` is an instant; without
    an offset it is a clock time in the project's zone.
    """

    partner: str | None
    code: str
    at: datetime
    way: Way


@dataclass(frozen=True, slots=True)
class Override:
    """A person decided which partner introduced a patient. Raises UsageError where who or why is not said."""

    partner: str
    by: str
    reason: str

    def __post_init__(self) -> None:
        problems = [
            Problem("empty-value", f"an override has no `{key}`", f"/{key}", remedy="say who decided and why")
            for key in ("partner", "by", "reason")
            if not getattr(self, key).strip()
        ]
        if problems:
            raise UsageError(problems)


@dataclass(frozen=True, slots=True)
class Attributed:
    """Whose an introduction is.

    `partner` is the one payee, None while nobody is known. `touch` decided, `way` is its way, or `override`.
    `reasons` hold the introduction, `notes` do not. Where `partner` is None there is a reason.
    """

    partner: str | None
    way: str | None
    touch: Touch | None
    reasons: tuple[HoldReason, ...]
    notes: tuple[HoldReason, ...] = ()
    override: Override | None = None


def attribute(
    rules: Attribution,
    record: Mapping[str, Any],
    touches: Iterable[Touch],
    same_patient_as: Sequence[str],
    zone: tzinfo,
    override: Override | None = None,
) -> Attributed:
    """Return whose an introduction is, and what holds it.

    `record` is the raw record of the introduction with its lead, partner and agreement; `same_patient_as`
    names other introductions of a patient who may be the same person; `zone` is the project's. Where the link
    to the partner counts, the record's own is a touch at the beginning of the introduction's day.
    An override chooses the partner and turns what held for doubts about that into notes; an introduction of
    oneself, by staff or in return for others stays held.
    """
    facts = _Facts(record, zone)
    day = facts.day("introduction", "introduced_on")
    created = facts.instant("lead", "created_at")
    known = sorted((*touches, *_link(facts, day, zone)), key=lambda touch: _order(touch, zone))
    counting = [touch for touch in known if touch.way in rules.by]
    late = [touch for touch in counting if _is_late(touch, created, rules, zone)]
    by_then = created is not None or rules.late_code_days is None
    within = [
        touch
        for touch in counting
        if day is not None and _within(touch, day, rules, zone, may_follow=by_then and touch not in late)
    ]
    chosen, tied = _chosen([touch for touch in within if touch.partner is not None], rules, zone)
    found: dict[str, str] = {}
    if day is None:
        found["no_day"] = ""
    elif tied:
        found["tie"] = _listed(touch.partner for touch in tied)
    elif chosen is None:
        found.update(_without(counting, within))
    found.update(_about_time(late, within, chosen))
    found.update(_about_partners(rules, known, within, zone))
    found.update(_about_record(facts, same_patient_as))
    if chosen is None and override is None and not found.keys() & {*rules.holds, *_ALWAYS_HELD}:
        found["no_touch"] = ""
    reasons, notes = _said(found, rules, override) if found else ((), ())
    partner = chosen.partner if chosen is not None else None
    way: str | None = chosen.way if chosen is not None else None
    if override is not None:
        partner, way, chosen = override.partner, "override", None
    return Attributed(
        partner,
        way,
        chosen,
        reasons,
        notes,
        override,
    )


def code_of_url(text: str, parameter: str) -> str | None:
    """Return the code that an address states in a parameter, None for none.

    None also for two different codes, for what is no address of the web, and for what cannot be a code:
    nothing is guessed. The text may be anything.
    """
    if len(text) > _LONGEST_URL:
        return None
    try:
        address = urlsplit(text.strip())
        fields = parse_qsl(address.query, max_num_fields=_MOST_FIELDS)
    except ValueError:
        return None
    if address.scheme not in ("", "http", "https"):
        return None
    codes = {value.strip().upper(): value.strip() for name, value in fields if name == parameter}
    code = next(iter(codes.values())) if len(codes) == 1 else ""
    return code if _CODE.fullmatch(code) else None


class _Facts:
    """The facts of a raw record; what has not the form that its fact asks for counts as absent."""

    def __init__(self, record: Mapping[str, Any], zone: tzinfo) -> None:
        self._record = record
        self._zone = zone

    def of(self, entity: str, name: str) -> Any:
        part = self._record.get(entity)
        return part.get(name) if isinstance(part, dict) else None

    def says(self, entity: str, name: str) -> bool:
        """Tell whether a fact is known to be true."""
        return self.of(entity, name) is True

    def day(self, entity: str, name: str) -> date | None:
        try:
            return parse_date(self.of(entity, name))
        except UnfitValue:
            return None

    def instant(self, entity: str, name: str) -> datetime | None:
        try:
            return parse_date_time(self.of(entity, name), self._zone)
        except UnfitValue:
            return None


def _order(touch: Touch, zone: tzinfo) -> tuple[datetime, str, str, str]:
    return instant(touch.at, zone), touch.code.upper(), touch.partner or "", touch.way


def _link(facts: _Facts, day: date | None, zone: tzinfo) -> list[Touch]:
    """Return the partner that the record names as a touch; a link does not say since when it is there."""
    partner = facts.of("partner", "id")
    if not isinstance(partner, str) or day is None:
        return []
    code = facts.of("partner", "code")
    beginning = datetime.combine(day, time.min, zone)
    return [Touch(partner, code if isinstance(code, str) else partner, beginning, "partner_link")]


def _is_late(touch: Touch, created: datetime | None, rules: Attribution, zone: tzinfo) -> bool:
    """Tell whether a code was entered more whole days after the enquiry than is allowed."""
    if touch.way != "tracking_code" or created is None or rules.late_code_days is None:
        return False
    return (instant(touch.at, zone) - created).days > rules.late_code_days


def _within(touch: Touch, day: date, rules: Attribution, zone: tzinfo, *, may_follow: bool) -> bool:
    """Tell whether a touch lies in the window; a code that is entered in time may follow the introduction."""
    days_before = (day - instant(touch.at, zone).astimezone(zone).date()).days
    if days_before < 0:
        return may_follow and touch.way == "tracking_code"
    return days_before <= rules.window_days


def _chosen(
    touches: Sequence[Touch], rules: Attribution, zone: tzinfo
) -> tuple[Touch | None, Sequence[Touch]]:
    """Return the touch that decides, or those of several partners at one instant; they are in order."""
    if not touches:
        return None, ()
    decisive = instant(touches[0 if rules.touch == "first" else -1].at, zone)
    together = [touch for touch in touches if instant(touch.at, zone) == decisive]
    if rules.ties == "hold" and len({touch.partner for touch in together}) > 1:
        return None, together
    return together[0], ()


def _without(counting: Sequence[Touch], within: Sequence[Touch]) -> dict[str, str]:
    """Return what is found where no touch decides."""
    if within:
        # nobody's code is found by itself
        return {}
    return {"outside_window" if any(touch.partner for touch in counting) else "no_touch": ""}


def _about_time(late: Sequence[Touch], within: Sequence[Touch], chosen: Touch | None) -> dict[str, str]:
    """Return the late codes of the partner that was found, where nothing but late codes speaks for it."""
    if not late:
        return {}
    in_time = {touch.partner for touch in within if touch.way != "partner_link" and touch not in late}
    codes = [
        touch.code
        for touch in late
        if touch.partner is not None
        and (chosen is None or touch.partner == chosen.partner)
        and touch.partner not in in_time
    ]
    return {"late_code": _listed(codes)} if codes else {}


def _about_partners(
    rules: Attribution, known: Sequence[Touch], within: Sequence[Touch], zone: tzinfo
) -> dict[str, str]:
    found = {}
    nobodys = [touch.code for touch in within if touch.partner is None]
    if nobodys:
        found["unknown_code"] = _listed(nobodys)
    by_code = [touch for touch in within if touch.way != "partner_link" and touch.partner is not None]
    if not by_code:
        return found
    linked = {touch.partner for touch in known if touch.way == "partner_link" and touch.partner}
    decided, tied = _chosen(by_code, rules, zone)
    coded = {touch.partner for touch in (tied or (decided,)) if touch is not None}
    if linked and coded != linked:
        found["another_partner"] = _listed(coded | linked)
    return found


def _about_record(facts: _Facts, same_patient_as: Sequence[str]) -> dict[str, str]:
    found = {}
    if facts.says("introduction", "is_self_referral"):
        found["self_referral"] = ""
    if facts.says("introduction", "patient_already_known") or facts.says("lead", "is_former_patient"):
        found["existing_patient"] = ""
    if same_patient_as:
        found["duplicate_patient"] = _listed(same_patient_as)
    if facts.says("partner", "is_facility_staff"):
        found["staff_referral"] = ""
    if facts.says("agreement", "depends_on_return_referrals"):
        found["reciprocal"] = ""
    return found


def _said(
    found: Mapping[str, str], rules: Attribution, override: Override | None
) -> tuple[tuple[HoldReason, ...], tuple[HoldReason, ...]]:
    """Return what was found as reasons that hold and as notes."""
    settled = frozenset[str]() if override is None else frozenset(_WORDS) - _NOT_BY_CHOICE
    held = {*rules.holds, *_ALWAYS_HELD} - settled
    said = {code: _reason(code, found[code]) for code in _WORDS if code in found}
    return (
        tuple(reason for code, reason in said.items() if code in held),
        tuple(reason for code, reason in said.items() if code not in held),
    )


def _listed(names: Iterable[str | None]) -> str:
    return ", ".join(sorted({str(name) for name in names}))


def _reason(code: str, about: str) -> HoldReason:
    words = _WORDS[code]
    text = {language: f"{said}: {about}" if about else said for language, said in words.text.items()}
    return HoldReason(code, text, "attribution", _MISSING.get(code, ()), words.remedy)
