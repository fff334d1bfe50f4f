"""What an audit found: verdicts, cases and counterexamples, as plain values.

Reports (JSON, SARIF, HTML) are functions over `Audit`; nothing here knows the solver.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

__all__ = [
    "Audit",
    "AuditedPack",
    "AuditedRuleset",
    "Case",
    "Confidence",
    "Counterexample",
    "Difference",
    "EvidenceItem",
    "Finding",
    "Force",
    "Method",
    "Obligation",
    "Place",
    "Taint",
    "Verdict",
]

#: a text per language tag; `en` is always there
Texts = Mapping[str, str]


class Verdict(StrEnum):
    """What is known about an obligation; the worst first."""

    REFUTED = "refuted"
    UNDECIDED = "undecided"
    EVIDENCE_MISSING = "evidence missing"
    ACCEPTED_RISK = "accepted risk"
    TESTED = "tested"
    PROVED = "proved"
    NOT_APPLICABLE = "not applicable"


class Method(StrEnum):
    """What settled a verdict."""

    DATA_FLOW = "data flow"  # nothing of the label reaches the result
    SOLVER = "solver"  # over all inputs, by SMT
    SWEEP = "sweep"  # over the boxes of a decision table
    LOOK_UP = "look-up"  # whether the fact model or a document has what is asked for
    NONE = "none"  # nothing settled it


class Force(StrEnum):
    """How an obligation binds, the strictest first: packs combine by it."""

    FORBID = "forbid"
    CAP = "cap"
    ALLOW_IF = "allow_if"
    DISCLOSE = "disclose"
    REGISTER = "register"


class Confidence(StrEnum):
    """How well the source of an obligation or a figure is known; `low` never lets a verdict be `proved`."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a file: `file` as it was given, the JSON pointer, line and column from 1."""

    file: str | None
    pointer: str
    line: int | None = None
    column: int | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """A fact that differs between the two cases; `first` and `second` are JSON values, None is absent."""

    name: str
    title: Texts
    first: Any
    second: Any


@dataclass(frozen=True, slots=True)
class Case:
    """One concrete case as the engine replayed it.

    `record` is a record that `evaluate` takes, `as_of` an ISO date-time, `results` what the engine gave: JSON
    values by the name of a decision (a reward as an object with `accrues`, `amount`, `payable`, `reversed`).
    """

    record: Mapping[str, Any]
    as_of: str
    results: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Counterexample:
    """One or two concrete cases that break a property.

    `sentence` says it in business words. Of two cases, `differences` are all facts that differ.
    """

    sentence: str
    cases: tuple[Case, ...]
    differences: tuple[Difference, ...] = ()


@dataclass(frozen=True, slots=True)
class EvidenceItem:
    """A document that must exist: `fact` is where the fact model would hold it, `present` whether it can."""

    id: str
    title: Texts
    fact: str | None
    present: bool


@dataclass(frozen=True, slots=True)
class Obligation:
    """One obligation of a policy pack, as the report quotes it.

    `governing` is the date that decides which law holds: introduction, disclosure, release or payment.
    `reviewed_by` None means that no counsel has reviewed it. `asks` is `property`, `guard`, `evidence` in the
    order of the pack. `checks` are the ids of the check catalogue (C1 to C30).
    """

    id: str
    pack: str
    title: Texts
    text: Texts
    citation: str
    source: str
    binds: str
    force: Force
    effective_from: date | None
    effective_to: date | None
    governing: str
    confidence: Confidence
    reviewed_by: str | None
    checks: tuple[str, ...]
    asks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """The verdict on one obligation for one subject.

    `subject` is a decision, or a row of it as `decision#row`, or None for the ruleset as a whole. `property`
    names the property (`independent`, …), None where only guards or evidence are asked for. `statement` says
    in a sentence what was asked for of this subject. `why` says in sentences what an undecided, accepted or
    inapplicable verdict rests on. `steps` is what the solver spent, in its resource units. `formula` is the
    SHA-256 of the SMT-LIB text (`sha256:…`). `advice` is the remedy. `accepted` names who accepted the risk.
    """

    id: str
    ruleset: str
    obligation: Obligation
    subject: str | None
    property: str | None
    verdict: Verdict
    method: Method
    statement: str
    why: tuple[str, ...] = ()
    counterexamples: tuple[Counterexample, ...] = ()
    evidence: tuple[EvidenceItem, ...] = ()
    guarded: bool = False
    place: Place | None = None
    steps: int = 0
    formula: str | None = None
    advice: str | None = None
    accepted: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Taint:
    """One line of the taint map: a fact or decision, its labels and what they come from.

    `reviewed_by` None means that nobody has reviewed the labels. `own` are the labels declared for it,
    `labels` these and all that flow in from `from_`.
    """

    name: str
    title: Texts
    own: tuple[str, ...]
    labels: tuple[str, ...]
    from_: tuple[str, ...]
    reviewed_by: str | None


@dataclass(frozen=True, slots=True)
class AuditedRuleset:
    """A ruleset of the audit; `path` is its file as given, `document` the resolved document."""

    name: str
    version: str
    title: Texts
    digest: str
    model_digest: str
    path: str | None
    taints: tuple[Taint, ...]
    document: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class AuditedPack:
    """A policy pack of the audit, with its worst verdict and the finding that decided it."""

    name: str
    version: str
    title: Texts
    digest: str
    verdict: Verdict
    decided_by: str | None


@dataclass(frozen=True, slots=True)
class Audit:
    """The whole result. `decided_by` is the id of the finding that decides the conclusion.

    `solver` is its name and version, `limit` the resource units that one question may cost. `valid_until` is
    the first day on which a dated parameter or obligation changes, None where none does. `as_of` is the day
    of the audit, which the caller gives.
    """

    subject: str
    as_of: date
    rulesets: tuple[AuditedRuleset, ...]
    packs: tuple[AuditedPack, ...]
    findings: tuple[Finding, ...]
    verdict: Verdict
    decided_by: str | None
    solver: str
    limit: int
    valid_until: date | None
    engine: str
