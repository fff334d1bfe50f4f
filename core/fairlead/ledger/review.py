"""The review of partners: measured results, where hand-offs leak, and a proposal to renew, talk or end.

Conversion, leakage and complaints show what patients decided and how treatment went. They are for the review
alone; `Review.paid_by` names the rewards of the project that read such facts all the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from fairlead.documents.texts import pick
from fairlead.engine import Program
from fairlead.facts.model import FactModel
from fairlead.facts.values import UnfitValue, parse_date_time
from fairlead.ledger.payees import read_payees
from fairlead.ledger.subjects import always_read
from fairlead.problems import RecordError
from fairlead.project import Project
from fairlead.project.assembling import Raw, Reads, all_records, assembled, reads_of
from fairlead.ruleset.load import load_ruleset
from fairlead.ruleset.typed import Reward
from fairlead.store import MirrorRecord, Ref, Transaction

__all__ = ["STEPS", "PartnerReview", "Review", "median", "review"]

_REVIEW, _HANDOFF = "medical-travel/partner-review", "medical-travel/handoff"
_PROPOSAL, _LEAKAGE = "partner.review", "introduction.leakage"
#: what no reward may rest on, by label
_REVIEW_ONLY = frozenset({"acceptance", "outcome"})
#: partners have lists of introductions: so many of them at once
_PARTNERS_AT_ONCE = 50

#: the steps of a hand-off in order: name and the fact by which it is done (true, or a day)
STEPS = (
    ("file_complete", "file_complete"),
    ("verified", "verified"),
    ("handed_over", "handed_over_on"),
    ("contacted", "patient_contacted_on"),
    ("thanked", "partner_thanked_on"),
    ("appointment", "appointment_on"),
    ("attended", "appointment_attended"),
)
_READ = (
    *(f"introduction.{fact}" for _, fact in STEPS),
    "introduction.introduced_on",
    "introduction.disclosure_proved",
    "introduction.patient_decision",
    "introduction.patient_decided_at",
    "lead.created_at",
    "lead.first_human_reply_at",
    "lead.first_teleconsultation_at",
)


@dataclass
class PartnerReview:
    """What one partner's introductions of a period came to.

    `steps` counts those that reached each step, `leakage` them by what `introduction.leakage` says. The
    waits are whole hours from the enquiry (reply, teleconsultation) and whole days from the introduction
    (decision), each with how often. `complaints` is the CRM's count of the year, None where it has none.
    `proposal` is None where it is undetermined; then `missing` are the facts that are absent.
    """

    id: str
    code: str
    name: str
    introductions: int = 0
    accepted: int = 0
    disclosed: int = 0
    steps: Counter[str] = field(default_factory=Counter)
    leakage: Counter[str] = field(default_factory=Counter)
    reply_hours: Counter[int] = field(default_factory=Counter)
    teleconsultation_hours: Counter[int] = field(default_factory=Counter)
    decision_days: Counter[int] = field(default_factory=Counter)
    complaints: int | None = None
    proposal: str | None = None
    reasons: tuple[tuple[str, str], ...] = ()
    missing: tuple[str, ...] = ()

    def share(self, count: int) -> int | None:
        """Return a count as percent of the introductions, rounded down; None where there are none."""
        return count * 100 // self.introductions if self.introductions else None

    def as_json(self) -> dict[str, Any]:
        """Return the review of the partner for machines; shares are whole percent."""
        return {
            "code": self.code,
            "name": self.name,
            "introductions": self.introductions,
            "conversion": {"accepted": self.accepted, "percent": self.share(self.accepted)},
            "median": {
                "first_reply_hours": median(self.reply_hours),
                "teleconsultation_hours": median(self.teleconsultation_hours),
                "decision_days": median(self.decision_days),
            },
            "steps": {name: self.steps[name] for name, _ in STEPS},
            "leakage": dict(sorted(self.leakage.items())),
            "complaints_this_year": self.complaints,
            "complete_files_percent": self.share(self.steps["file_complete"]),
            "disclosed_percent": self.share(self.disclosed),
            "proposal": self.proposal,
            "reasons": [{"code": code, "text": text} for code, text in self.reasons],
            "missing": list(self.missing),
        }


@dataclass(frozen=True)
class Review:
    """The partners of a project with their introductions of a period, both days included.

    `unread` introductions could not be read, `nobodys` have no partner. `rulesets` decided, by name and
    version. `paid_by` are rewards of partners that read what is for the review alone, with the facts.
    """

    first: date
    last: date
    as_of: datetime
    partners: tuple[PartnerReview, ...]
    unread: int
    nobodys: int
    rulesets: tuple[str, ...]
    paid_by: Mapping[str, Sequence[str]]

    def as_json(self) -> dict[str, Any]:
        """Return the review for machines."""
        return {
            "from": self.first.isoformat(),
            "to": self.last.isoformat(),
            "as_of": self.as_of.isoformat(),
            "rulesets": list(self.rulesets),
            "partners": [each.as_json() for each in self.partners],
            "introductions_unread": self.unread,
            "introductions_without_partner": self.nobodys,
            "rewards_that_read_what_is_for_the_review": {
                name: list(facts) for name, facts in self.paid_by.items()
            },
        }


def median(counted: Counter[int]) -> int | None:
    """Return the lower median of what was counted, None where nothing was."""
    half = (counted.total() + 1) // 2
    for number in sorted(counted):
        half -= counted[number]
        if half <= 0:
            return number
    return None


def review(
    tx: Transaction,
    project: Project,
    now: datetime,
    *,
    first: date,
    last: date,
    code: str | None = None,
    is_read: Callable[[str], bool] = always_read,
) -> Review:
    """Review the partners by the mirror, or the one of a code; nothing is written.

    The proposals are as of `now` and of its calendar year, whatever the period. Raises UsageError for what
    the project does not approve.
    """
    day = project.day_of(now)
    reviewing = _program(project, _PROPOSAL, _REVIEW, day)
    handing = _program(project, _LEAKAGE, _HANDOFF, day)
    partners = _proposals(tx, project, reviewing, now, code, is_read)
    counting = _Counting(tx, project, handing, now, partners, is_read)
    counting.run(first, last)
    return Review(
        first=first,
        last=last,
        as_of=now,
        partners=tuple(sorted(partners.values(), key=lambda each: (each.code, each.id))),
        unread=counting.unread,
        nobodys=counting.nobodys,
        rulesets=tuple(f"{each.ruleset.name} {each.ruleset.version}" for each in (reviewing, handing)),
        paid_by=_paid_by(project, day),
    )


def _program(project: Project, decision: str, shipped: str, day: date) -> Program:
    """Return the project's ruleset that decides this, else the shipped one, which only proposes.

    The shipped one need not be pinned; it reads the records of the project's own fact model.
    """
    for name in project.ruleset_names:
        ruleset = project.ruleset(name, as_of=day)
        if any(each.name == decision for each in ruleset.decisions):
            return project.program(name, [decision], as_of=day)
    own = project.ruleset(as_of=day).model
    ruleset = load_ruleset(shipped, as_of=day, roots=project.roots)
    read = Program(ruleset, zone=project.zone, select=[decision]).reads(decision)
    entity = decision.partition(".")[0]
    if all(own.find(entity, name) is not None for name in read):
        ruleset = replace(ruleset, model=own)
    return Program(ruleset, zone=project.zone, select=[decision])


def _proposals(
    tx: Transaction,
    project: Project,
    program: Program,
    now: datetime,
    code: str | None,
    is_read: Callable[[str], bool],
) -> dict[str, PartnerReview]:
    """Return the partners by id, each with the proposal as of now."""
    names = {*program.reads(_PROPOSAL), "partner.complaints_this_year"}
    reads = reads_of(program.ruleset.model, "partner", names, is_read)
    reason_texts = _reason_texts(program, project.language)
    found = {}
    for page in all_records(tx, "partner", page=_PARTNERS_AT_ONCE):
        wanted = {
            ref: record
            for ref, record in page.items()
            if code is None or str(record.facts.get("code") or record.id).upper() == code.strip().upper()
        }
        raws = assembled(tx, reads, wanted) if wanted else {}
        for ref, record in wanted.items():
            each = PartnerReview(
                record.id, str(record.facts.get("code") or record.id), str(record.facts.get("name") or "")
            )
            found[record.id] = each
            complaints = record.facts.get("complaints_this_year")
            each.complaints = complaints if isinstance(complaints, int) else None
            _propose(program, raws[ref], now, each, reason_texts)
    return found


def _propose(
    program: Program, raw: Raw, now: datetime, each: PartnerReview, texts: Mapping[str, str]
) -> None:
    try:
        result = program.evaluate(raw, as_of=now)
    except RecordError as error:
        each.missing = tuple(problem.message for problem in error.problems)
        return
    each.proposal = result.decisions[_PROPOSAL]
    each.reasons = tuple((reason, texts.get(reason, reason)) for reason in result.reasons)
    if each.proposal is None:
        each.missing = tuple(result.missing)


class _Counting:
    """Goes through the introductions of a period and adds each to its partner."""

    def __init__(
        self,
        tx: Transaction,
        project: Project,
        program: Program,
        now: datetime,
        partners: Mapping[str, PartnerReview],
        is_read: Callable[[str], bool],
    ) -> None:
        self._tx = tx
        self._zone = project.zone
        self._program = program
        self._run = program.runner(as_of=now)
        self._partners = partners
        self._everybody: set[str] | None = None
        names = {*_READ, *program.reads(_LEAKAGE)}
        self._reads: Reads = reads_of(program.ruleset.model, "introduction", sorted(names), is_read)
        self.unread = 0
        self.nobodys = 0

    def run(self, first: date, last: date) -> None:
        low, high = first.isoformat(), last.isoformat()
        for page in all_records(self._tx, "introduction"):
            within = {
                ref: record
                for ref, record in page.items()
                if low <= str(record.facts.get("introduced_on") or "") <= high
            }
            for record, raw, owner in self._owned(within):
                partner = self._partners.get(owner)
                if partner is not None:
                    self._count(partner, record, raw)

    def _owned(self, records: Mapping[Ref, MirrorRecord]) -> Iterator[tuple[MirrorRecord, Raw, str]]:
        """Yield the introductions with their raw record and partner: as the ledger has it, else as linked."""
        if not records:
            return
        kept = self._tx.book.attributions("introduction", [record.id for record in records.values()])
        payees = read_payees(self._tx, (each.payee for each in kept.values()))
        raws = assembled(self._tx, self._reads, records)
        for ref, record in records.items():
            link = record.links.get("partner")
            known = kept.get(record.id)
            owner = payees[known.payee].id if known is not None else link.id if link is not None else ""
            if owner:
                yield record, raws[ref], owner
            else:
                self.nobodys += 1

    def _count(self, partner: PartnerReview, record: MirrorRecord, raw: Raw) -> None:
        try:
            leakage = self._run(self._program.check(raw))[0][_LEAKAGE]
        except RecordError:
            self.unread += 1
            return
        facts = record.facts
        partner.introductions += 1
        partner.accepted += facts.get("patient_decision") == "accepted"
        partner.disclosed += facts.get("disclosure_proved") is True
        partner.leakage[leakage or "undetermined"] += 1
        for name, fact in STEPS:
            partner.steps[name] += bool(facts.get(fact))
        lead = raw.get("lead", {})
        enquired = self._instant(lead.get("created_at"))
        for at, counted in (
            (self._reply(lead), partner.reply_hours),
            (self._teleconsultation(lead), partner.teleconsultation_hours),
        ):
            if enquired is not None and at is not None and at >= enquired:
                counted[int((at - enquired).total_seconds()) // 3600] += 1
        decided = self._instant(facts.get("patient_decided_at"))
        if decided is not None:
            on = decided.astimezone(self._zone).date()
            waited = (on - date.fromisoformat(facts["introduced_on"])).days
            if waited >= 0:
                partner.decision_days[waited] += 1

    def _reply(self, lead: Mapping[str, Any]) -> datetime | None:
        return self._instant(lead.get("first_human_reply_at")) or self._earliest(
            lead,
            lambda each: (
                each.get("direction") == "outbound"
                and each.get("author_kind") in ("coordinator", "clinician")
            ),
        )

    def _teleconsultation(self, lead: Mapping[str, Any]) -> datetime | None:
        return self._instant(lead.get("first_teleconsultation_at")) or self._earliest(
            lead, lambda each: each.get("purpose") == "teleconsultation"
        )

    def _earliest(
        self, lead: Mapping[str, Any], counts: Callable[[Mapping[str, Any]], bool]
    ) -> datetime | None:
        instants = (
            self._instant(each.get("occurred_at")) for each in lead.get("interactions", ()) if counts(each)
        )
        return min((at for at in instants if at is not None), default=None)

    def _instant(self, value: Any) -> datetime | None:
        try:
            return None if value is None else parse_date_time(value, self._zone)
        except UnfitValue:
            return None


def _paid_by(project: Project, day: date) -> dict[str, Sequence[str]]:
    """Return the partners' rewards that read what shows a decision of the patient or an outcome."""
    found: dict[str, Sequence[str]] = {}
    for name in project.ruleset_names:
        ruleset = project.ruleset(name, as_of=day)
        rewards = [
            each
            for each in ruleset.decisions
            if isinstance(each, Reward)
            and ruleset.model.entities[each.entity].links[each.payee].entity == "partner"
        ]
        program = project.draft(name, [each.name for each in rewards], as_of=day) if rewards else None
        for reward in rewards:
            assert program is not None
            read = [
                fact for fact in sorted(program.reads(reward.name)) if _labels(ruleset.model, reward, fact)
            ]
            if read:
                found[f"{reward.name} of {name}"] = read
    return found


def _labels(model: FactModel, reward: Reward, fact: str) -> frozenset[str]:
    found = model.find(reward.entity, fact)
    labels: frozenset[str] = model.labels_of(found.name) if found is not None else frozenset()
    return labels & _REVIEW_ONLY


def _reason_texts(program: Program, language: str) -> dict[str, str]:
    texts = {}
    for decision in program.ruleset.decisions:
        for part in (decision, *getattr(decision, "rows", ())):
            reason = getattr(part, "reason", None)
            if reason is not None:
                texts[reason.code] = pick(reason.text, language)
    return texts
