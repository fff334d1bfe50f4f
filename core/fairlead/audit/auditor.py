"""Auditing rulesets against policy packs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import fairlead
from fairlead.audit.bench import Bench, Settings, Settled
from fairlead.audit.coverage import OBLIGATION, no_escape, pack_of_all
from fairlead.audit.findings import (
    Audit,
    AuditedPack,
    AuditedRuleset,
    Confidence,
    EvidenceItem,
    Finding,
    Force,
    Method,
    Obligation,
    Place,
    Verdict,
)
from fairlead.audit.properties import PROPERTIES
from fairlead.audit.second_opinion import SecondOpinion
from fairlead.audit.solver import DEFAULT_LIMIT, solver_name
from fairlead.audit.taint import Taints
from fairlead.documents.json_text import Document
from fairlead.engine import Program
from fairlead.problems import Problem
from fairlead.ruleset.policy_pack import PackObligation, PolicyPack
from fairlead.ruleset.typed import Ruleset

__all__ = ["AcceptedRisk", "Subject", "audit", "worst"]

#: verdicts from the worst to the best
_ORDER = tuple(Verdict)
_FORCES = tuple(Force)


@dataclass(frozen=True, slots=True)
class Subject:
    """A ruleset to audit; `document` is the resolved one, which knows the places of its parts."""

    ruleset: Ruleset
    program: Program
    document: Document | None = None


@dataclass(frozen=True, slots=True)
class AcceptedRisk:
    """A finding that somebody answers for until a day (not included)."""

    finding: str
    reason: str
    approver: str
    until: date


@dataclass(slots=True)
class _Auditor:
    settings: Settings
    risks: Mapping[str, AcceptedRisk]
    findings: list[Finding] = field(default_factory=list)
    known: dict[tuple[object, ...], list[tuple[str, Settled]]] = field(default_factory=dict)

    def look(self, subject: Subject, taints: Taints, pack: PolicyPack) -> None:
        """Settle every obligation of a pack for one ruleset."""
        for obligation in pack.obligations:
            bench = Bench(subject.ruleset, subject.program, taints, pack, obligation, self.settings)
            self.findings += [self._answered(each) for each in self._of(bench, subject)]

    def look_for_gaps(self, subject: Subject, taints: Taints, packs: Sequence[PolicyPack]) -> None:
        """Settle that no case which a ruleset pays escapes every pack."""
        whole = pack_of_all(packs)
        bench = Bench(subject.ruleset, subject.program, taints, whole, OBLIGATION, self.settings)
        quoted = quote(whole, OBLIGATION)
        for name, settled in no_escape(bench, packs):
            finding = self._finding(bench, subject, quoted, name, settled, ())
            self.findings.append(self._answered(replace(finding, property="coverage")))

    def _of(self, bench: Bench, subject: Subject) -> Iterable[Finding]:
        obligation = bench.obligation
        quoted = quote(bench.pack, obligation)
        evidence = _evidence(bench)
        if not _law(obligation, self.settings.day):
            why = "it is not law on the day of the audit"
            yield self._finding(bench, subject, quoted, "", _plain(Verdict.NOT_APPLICABLE, why), evidence)
            return
        missing = [item.title["en"] for item in evidence if not item.present]
        lacking = f"nothing in the fact model holds {', '.join(missing)}"
        if obligation.property is not None:
            settled = list(PROPERTIES[obligation.property.kind](bench, obligation.property))
            if not settled:
                why = "the ruleset has nothing that it is asked of"
                settled = [("", _plain(Verdict.NOT_APPLICABLE, why))]
            for name, each in settled:
                found = _doubted(bench, bench.grounded(each, name))
                if missing and found.verdict in (Verdict.PROVED, Verdict.TESTED):
                    found = replace(found, verdict=Verdict.EVIDENCE_MISSING, why=(lacking, *found.why))
                yield self._finding(bench, subject, quoted, name, found, evidence)
            return
        if not bench.rewards():
            title = bench.pack.model.entities[obligation.entity].title["en"].lower()
            why = f"the ruleset rewards nothing about a {title}"
            yield self._finding(bench, subject, quoted, "", _plain(Verdict.NOT_APPLICABLE, why), evidence)
            return
        reasons = []
        if obligation.guard is not None:
            said = bench.words(obligation.guard.requirement)
            reasons.append(f"no proof is asked for: it is checked on each record that {said}")
        if evidence and not missing:
            reasons.append("whether each document is there is looked up on each record")
        if missing:
            reasons.append(lacking)
        verdict = Verdict.EVIDENCE_MISSING if missing and obligation.guard is None else Verdict.UNDECIDED
        yield self._finding(bench, subject, quoted, "", _plain(verdict, *reasons), evidence)

    def _finding(
        self,
        bench: Bench,
        subject: Subject,
        quoted: Obligation,
        name: str,
        settled: Settled,
        evidence: tuple[EvidenceItem, ...],
    ) -> Finding:
        obligation, ruleset = bench.obligation, bench.ruleset
        parts = [bench.pack.name.rpartition("/")[2], obligation.id, ruleset.name]
        return Finding(
            id=":".join([*parts, name] if name else parts),
            ruleset=ruleset.name,
            obligation=quoted,
            subject=name or None,
            property=obligation.property.kind if obligation.property is not None else None,
            verdict=settled.verdict,
            method=settled.method,
            statement=settled.statement or obligation.title["en"],
            why=settled.why,
            counterexamples=settled.counterexamples,
            evidence=evidence,
            guarded=obligation.guard is not None,
            place=_place(subject, name),
            steps=settled.steps,
            formula=settled.formula,
            advice=obligation.advice["en"] if obligation.advice is not None else None,
        )

    def _answered(self, finding: Finding) -> Finding:
        """Return the finding as an accepted risk where somebody answers for it; never what is forbidden."""
        risk = self.risks.get(finding.id)
        open_ = finding.verdict in (Verdict.REFUTED, Verdict.UNDECIDED, Verdict.EVIDENCE_MISSING)
        if risk is None or not open_ or finding.obligation.force == Force.FORBID:
            return finding
        if self.settings.day >= risk.until:
            return replace(finding, why=(*finding.why, f"the risk was accepted until {risk.until}"))
        accepted = {"reason": risk.reason, "approver": risk.approver, "until": risk.until.isoformat()}
        said = f"accepted by {risk.approver} until {risk.until}: {risk.reason}"
        return replace(finding, verdict=Verdict.ACCEPTED_RISK, why=(*finding.why, said), accepted=accepted)


def _plain(verdict: Verdict, *why: str) -> Settled:
    return Settled(verdict, Method.LOOK_UP, "", why)


def _law(obligation: PackObligation, day: date) -> bool:
    """Tell whether it is law on the day of the audit or after; cases before are the ledger's affair."""
    return obligation.effective_to is None or obligation.effective_to > day


def _doubted(bench: Bench, settled: Settled) -> Settled:
    """Return `undecided` instead of `proved` where the source or a figure is known from memory only."""
    doubts = bench.pack.doubts(bench.obligation)
    if settled.verdict != Verdict.PROVED or not doubts:
        return settled
    named = ", ".join(
        "the obligation itself" if name == bench.obligation.id else f"`{name}`" for name in doubts
    )
    why = f"the property is proved, but the source of {named} was not re-read: the confidence is low"
    return replace(settled, verdict=Verdict.UNDECIDED, why=(why, *settled.why))


def _evidence(bench: Bench) -> tuple[EvidenceItem, ...]:
    return tuple(
        EvidenceItem(each.id, each.title, each.fact, each.fact is not None)
        for each in bench.obligation.evidence
    )


def quote(pack: PolicyPack, obligation: PackObligation) -> Obligation:
    """Return an obligation as the report quotes it."""
    return Obligation(
        obligation.id,
        pack.name,
        obligation.title,
        obligation.text,
        obligation.citation,
        obligation.source,
        obligation.binds,
        Force(obligation.force),
        obligation.effective_from,
        obligation.effective_to,
        obligation.governing,
        Confidence(obligation.confidence),
        obligation.reviewed_by,
        obligation.checks,
        obligation.asks(),
    )


def _place(subject: Subject, name: str) -> Place | None:
    pointer = ""
    if name:
        pointer = subject.ruleset.decision(name).pointer
    document = subject.document
    if document is None:
        return None
    (placed,) = document.locate([Problem("place", "", pointer)])
    return Place(placed.file, placed.pointer, placed.line, placed.column)


def worst(findings: Iterable[Finding]) -> Finding | None:
    """Return the finding that decides: the worst verdict, of equal ones the strictest force, then the first.

    What is not applicable decides only where nothing else was found.
    """
    ranked = sorted(
        findings,
        key=lambda each: (_ORDER.index(each.verdict), _FORCES.index(each.obligation.force)),
    )
    return ranked[0] if ranked else None


def audit(
    name: str,
    subjects: Sequence[Subject],
    packs: Sequence[PolicyPack],
    day: date,
    *,
    limit: int = DEFAULT_LIMIT,
    risks: Iterable[AcceptedRisk] = (),
    second: SecondOpinion | None = None,
) -> Audit:
    """Audit rulesets against packs, as of `day`; `name` is what the report calls the whole.

    Every pack must be typed against the model of every ruleset. The answer depends on the documents, the day
    and the versions of the solvers alone.
    """
    auditor = _Auditor(Settings(day, limit, second), {risk.finding: risk for risk in risks})
    audited = []
    for subject in subjects:
        taints = Taints(subject.ruleset)
        for pack in packs:
            auditor.look(subject, taints, pack)
        if packs:
            auditor.look_for_gaps(subject, taints, packs)
        audited.append(_audited(subject, taints))
    findings = auditor.findings
    shown = []
    for pack in packs:
        deciding = worst(each for each in findings if each.obligation.pack == pack.name)
        shown.append(
            AuditedPack(
                pack.name,
                pack.version,
                pack.title,
                pack.digest,
                deciding.verdict if deciding is not None else Verdict.NOT_APPLICABLE,
                deciding.id if deciding is not None else None,
            )
        )
    deciding = worst(findings)
    solvers = [solver_name(), *([second.name] if second is not None and second.name else [])]
    return Audit(
        subject=name,
        as_of=day,
        rulesets=tuple(audited),
        packs=tuple(shown),
        findings=tuple(findings),
        verdict=deciding.verdict if deciding is not None else Verdict.NOT_APPLICABLE,
        decided_by=deciding.id if deciding is not None else None,
        solver=", ".join(solvers),
        limit=limit,
        valid_until=next_change([subject.ruleset for subject in subjects], packs, day),
        engine=f"fairlead {fairlead.__version__}",
    )


def next_change(rulesets: Iterable[Ruleset], packs: Iterable[PolicyPack], day: date) -> date | None:
    """Return the first day after `day` on which a dated parameter, obligation or ruleset changes."""
    days: set[date] = set()
    for ruleset in rulesets:
        days |= {each for each in (ruleset.effective_from, ruleset.effective_to) if each is not None}
        for parameter in ruleset.parameters.values():
            days |= {start for start, _ in parameter.values if start is not None}
    for pack in packs:
        for figure in pack.parameters.values():
            days |= {start for start, _ in figure.values if start is not None}
        for obligation in pack.obligations:
            ends = (obligation.effective_from, obligation.effective_to)
            days |= {each for each in ends if each is not None}
    return min((each for each in days if each > day), default=None)


def _audited(subject: Subject, taints: Taints) -> AuditedRuleset:
    ruleset = subject.ruleset
    return AuditedRuleset(
        ruleset.name,
        ruleset.version,
        ruleset.title,
        ruleset.digest,
        ruleset.model.digest,
        place.file if (place := _place(subject, "")) is not None else None,
        taints.table(),
        ruleset.document,
    )
