"""Whom an introduction belongs to: as the ledger keeps it already, or as the programme says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, tzinfo
from typing import Any

from fairlead.ledger.attribution import Attributed, Override, Touch, attribute, code_of_url
from fairlead.ledger.payees import read_payees
from fairlead.ledger.programmes import Programme
from fairlead.ledger.reasons import HoldReason
from fairlead.ledger.subjects import SubjectRecord
from fairlead.ruleset.detections import DETECTIONS
from fairlead.ruleset.typed import Attribution
from fairlead.store import Ref, Transaction, Way
from fairlead.store.ledger_records import Attribution as Kept

__all__ = ["PERSON", "Attributor", "Found", "with_payee"]

_INTRODUCTION = "introduction"
#: how the ledger says that a person chose
PERSON = "person"


@dataclass(frozen=True, slots=True)
class Found:
    """Whom a subject belongs to.

    `payee` is None where nobody is known. `is_new` tells that the ledger does not keep it yet, `revision`
    under which number it does or would. `reasons` stand against paying it, as of now; `notes` are only told.
    """

    payee: str | None
    revision: int
    is_new: bool
    content: Mapping[str, Any] = field(default_factory=dict)
    reasons: tuple[HoldReason, ...] = ()
    notes: tuple[HoldReason, ...] = ()


class Attributor:
    """Finds whom subjects belong to. What the ledger keeps is never changed: it gets a new revision.

    The first of the programmes that says how introductions are attributed decides; without one it is the
    partner that the record names.
    """

    def __init__(self, programmes: Sequence[Programme], zone: tzinfo) -> None:
        self._programmes = programmes
        self._zone = zone

    def find(
        self, tx: Transaction, entity: str, records: Mapping[str, SubjectRecord], payee_link: str
    ) -> dict[str, Found]:
        """Return whom each of these records belongs to."""
        kept = tx.book.attributions(entity, records)
        if entity != _INTRODUCTION:
            return {id_: _as_linked(kept.get(id_), record, payee_link) for id_, record in records.items()}
        known = _Known(tx, records)
        alive = {
            id_: payee.id for id_, payee in read_payees(tx, (each.payee for each in kept.values())).items()
        }
        found = {}
        for id_, record in records.items():
            rules = self._rules(record)
            if rules is None:
                found[id_] = _as_linked(kept.get(id_), record, payee_link)
            else:
                found[id_] = self._by_rules(rules, known, record, kept.get(id_), alive)
        return found

    def _rules(self, record: SubjectRecord) -> Attribution | None:
        on = record.raw[record.entity].get("introduced_on")
        if on is None:
            return None
        for programme in self._programmes:
            version = programme.on(date.fromisoformat(on))
            if version is not None and version.ruleset.attribution is not None:
                return version.ruleset.attribution
        return None

    def _by_rules(
        self,
        rules: Attribution,
        known: _Known,
        record: SubjectRecord,
        kept: Kept | None,
        alive: Mapping[str, str],
    ) -> Found:
        override = None
        # a partner that was merged lives on as another one
        payee = alive[kept.payee] if kept is not None else None
        if kept is not None and kept.content.get("way") == PERSON:
            override = Override(alive[kept.payee], kept.content["by"], kept.content["reason"])
        attributed = attribute(
            rules,
            record.raw,
            known.touches(record, rules.url_parameter),
            known.same_patient_as(record),
            self._zone,
            override,
        )
        if kept is None:
            return Found(
                attributed.partner, 1, True, _content(attributed), attributed.reasons, attributed.notes
            )
        reasons = attributed.reasons
        if attributed.partner != payee and all(each.code != "another_partner" for each in reasons):
            reasons = (*reasons, _another(attributed.partner, payee or kept.payee))
        return Found(kept.payee, kept.revision, False, kept.content, reasons, attributed.notes)


class _Known:
    """What is known of the leads behind some introductions: touches, and who may be the same person."""

    def __init__(self, tx: Transaction, records: Mapping[str, SubjectRecord]) -> None:
        people = {record.person for record in records.values()}
        self._touches = tx.touches.of(people)
        codes = {touch.code for touches in self._touches.values() for touch in touches}
        self._owners = tx.codes.owners(codes)
        self._tx = tx
        alike = tx.marks.suspected_all(people)
        leads = {ref.id for ref in people} | {ref.id for refs in alike.values() for ref in refs}
        pointing = tx.mirror.pointing(_INTRODUCTION, "lead", leads)
        # an introduction that nobody else shares a patient with is the rule
        several = {lead for lead, ids in pointing.items() if len(ids) > 1}
        self._others: dict[Ref, list[str]] = {
            ref: [
                *(pointing.get(ref.id, ()) if ref.id in several else ()),
                *(id_ for other in alike.get(ref, ()) for id_ in pointing.get(other.id, ())),
            ]
            for ref in people
        }
        ids = {id_ for others in self._others.values() for id_ in others}
        self._days = {
            id_: str(other.facts.get("introduced_on") or "")
            for id_, other in (tx.mirror.records(_INTRODUCTION, ids) if ids else {}).items()
        }

    def touches(self, record: SubjectRecord, url_parameter: str | None) -> list[Touch]:
        """Return the touches of an introduction's lead, each with the partner that its code belongs to."""
        found = []
        for touch in self._touches.get(record.person, ()):
            code: str | None = touch.code
            if touch.way is Way.URL:
                code = code_of_url(touch.code, url_parameter) if url_parameter is not None else None
                owner = self._tx.codes.owner(code) if code is not None else None
            else:
                owner = self._owners.get(touch.code)
            found.append(
                Touch(None if owner is None else owner.id, code or touch.code, touch.at, touch.way.value)
            )
        return found

    def same_patient_as(self, record: SubjectRecord) -> list[str]:
        """Return the earlier introductions of who may be the same patient."""
        own = (str(record.raw[_INTRODUCTION].get("introduced_on") or ""), record.id)
        return sorted(
            {
                id_
                for id_ in self._others.get(record.person, ())
                if id_ in self._days and (self._days[id_], id_) < own
            }
        )


def with_payee(
    tx: Transaction, records: Mapping[str, SubjectRecord], found: Mapping[str, Found]
) -> dict[str, SubjectRecord]:
    """Return the records with the partner that each belongs to, where the CRM does not name that one."""
    wanted = {
        each.payee: None
        for id_, each in found.items()
        if each.payee is not None and records[id_].linked("partner") != each.payee
    }
    if not wanted:
        return dict(records)
    partners = tx.mirror.records("partner", wanted)
    completed = dict(records)
    for id_, each in found.items():
        record = records[id_]
        partner = partners.get(each.payee or "")
        if record.entity == _INTRODUCTION and partner is not None and record.linked("partner") != partner.id:
            facts = {name: value for name, value in partner.facts.items() if not name.startswith("@")}
            raw = {**record.raw, "partner": facts}
            counted = raw if record.counted is record.raw else {**record.counted, "partner": facts}
            completed[id_] = replace(record, raw=raw, counted=counted)
    return completed


def _as_linked(kept: Kept | None, record: SubjectRecord, payee_link: str) -> Found:
    if kept is not None:
        return Found(kept.payee, kept.revision, False, kept.content)
    return Found(record.linked(payee_link) or None, 1, True, {"way": "partner_link"})


def _content(attributed: Attributed) -> dict[str, Any]:
    content: dict[str, Any] = {"way": attributed.way}
    if attributed.touch is not None:
        content |= {"code": attributed.touch.code, "at": attributed.touch.at.isoformat()}
    return content


def _another(found: str | None, kept: str) -> HoldReason:
    words = DETECTIONS["another_partner"]
    about = ", ".join(sorted({kept, found or "-"}))
    text = {language: f"{said}: {about}" for language, said in words.text.items()}
    return HoldReason("another_partner", text, "attribution", (), words.remedy)
