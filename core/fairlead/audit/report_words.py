"""The fixed words of a report: what verdicts mean, what follows from them, limits and glossary.

Reports speak of properties that hold or do not. That somebody keeps the law is no property of a ruleset, and
no report says so (domain facts, 5.3).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from fairlead.audit.findings import Confidence, Finding, Force, Method, Obligation, Verdict

__all__ = [
    "ASSUMPTIONS",
    "BINDS",
    "CONDITIONS",
    "EXCLUDED",
    "FORCES",
    "GLOSSARY",
    "GOVERNING",
    "LIMITS",
    "MEANINGS",
    "METHODS",
    "OPEN",
    "PICTURED_LABELS",
    "SIGNERS",
    "SYMBOLS",
    "advice_on",
    "checked",
    "effect_of",
    "in_force",
    "reviewer",
    "sourced",
    "worst_first",
]

#: the verdicts that somebody has to look at
OPEN = frozenset((Verdict.REFUTED, Verdict.UNDECIDED, Verdict.EVIDENCE_MISSING, Verdict.ACCEPTED_RISK))

#: a sign beside each verdict, so that colour is never alone
SYMBOLS: Mapping[Verdict, str] = {
    Verdict.REFUTED: "✗",
    Verdict.UNDECIDED: "?",
    Verdict.EVIDENCE_MISSING: "○",
    Verdict.ACCEPTED_RISK: "!",
    Verdict.TESTED: "≈",
    Verdict.PROVED: "✓",
    Verdict.NOT_APPLICABLE: "–",
}

MEANINGS: Mapping[Verdict, str] = {
    Verdict.REFUTED: "A concrete case breaks the property. The case is shown, as the engine replayed it.",
    Verdict.UNDECIDED: "Neither a proof nor a counterexample was found. It counts as not passed.",
    Verdict.EVIDENCE_MISSING: "A document is asked for that the fact model has no place for.",
    Verdict.ACCEPTED_RISK: "The property does not hold, and a named person has accepted that until a day.",
    Verdict.TESTED: "It held on the records that were tested. That is no proof.",
    Verdict.PROVED: "It holds for all inputs that the fact model admits, under the assumptions of section 2.",
    Verdict.NOT_APPLICABLE: "The rules have nothing that it is about.",
}

CONDITIONS: Mapping[Verdict, str] = {
    Verdict.REFUTED: "It does not hold.",
    Verdict.UNDECIDED: "It could not be settled, and counts as not passed.",
    Verdict.EVIDENCE_MISSING: "The evidence that is asked for cannot be shown.",
    Verdict.ACCEPTED_RISK: "It does not hold, and the risk is accepted.",
    Verdict.TESTED: "It held on the records that were tested; there is no proof.",
    Verdict.PROVED: "It holds.",
    Verdict.NOT_APPLICABLE: "It does not apply.",
}

METHODS: Mapping[Method, str] = {
    Method.DATA_FLOW: "what could change the result does not reach it",
    Method.SOLVER: "a proof, or a counterexample, over all inputs that the fact model admits",
    Method.SWEEP: "a look at all boxes of a decision table",
    Method.LOOK_UP: "whether the fact model or a document has what is asked for",
    Method.NONE: "nothing settled it",
}

FORCES: Mapping[Force, str] = {
    Force.FORBID: "forbids",
    Force.CAP: "caps",
    Force.ALLOW_IF: "allows on a condition",
    Force.DISCLOSE: "asks for disclosure",
    Force.REGISTER: "asks for a register",
}

BINDS: Mapping[str, str] = {"payer": "the payer", "payee": "the payee", "both": "payer and payee"}

GOVERNING: Mapping[str, str] = {
    "introduction": "the day of the introduction",
    "disclosure": "the day of the disclosure",
    "release": "the day of the release",
    "payment": "the day of the payment",
}

_EFFECTS: Mapping[Force, str] = {
    Force.FORBID: "A payment that the obligation forbids can come out of these rules.",
    Force.CAP: "More can be paid than the obligation allows.",
    Force.ALLOW_IF: "A payment can be made without what the obligation makes it depend on.",
    Force.DISCLOSE: "A payment can be made that was not disclosed as the obligation asks.",
    Force.REGISTER: "What the obligation wants registered can be missing.",
}

EXCLUDED = (
    "side payments, gifts and favours outside the rules; what contracts say; what people do with results"
)

ASSUMPTIONS = (
    "a record holds what the fact model admits; nothing else is assumed of it",
    "each fact means what its description says",
    "each fact has all the labels it should have: the taint map below is assumed, not proved",
)

LIMITS = (
    (
        "The proofs cover the rules as written and the inputs that the fact model admits. They cannot see "
        "side payments, fields that hold something other than their name says, a wrong derivation map, or "
        "intent."
    ),
    "Liability under anti-kickback law depends on intent; this report does not assess intent.",
    (
        "A fee inside a valuation range is evidence of fair market value. Fair market value alone does not "
        "protect anybody."
    ),
    (
        "The packs quote the law as somebody read it on a day. Where no counsel has reviewed an obligation, "
        "the register says so. This report is no legal advice."
    ),
    (
        "The mapping from the CRM to the facts is digested and approved with the rest, but not proved: a "
        "clean fact bound to the wrong field would defeat every proof."
    ),
)

GLOSSARY: tuple[tuple[str, str], ...] = (
    ("fact", "a typed thing known about an entity, such as the channel of a lead"),
    (
        "label",
        (
            "what a fact reveals, such as the outcome of a treatment; labels flow along derivations, "
            "through decisions and through aggregates"
        ),
    ),
    ("taint", "that a label reaches a fact or a decision"),
    ("ruleset", "a document of decisions"),
    ("decision", "one named result: a scorecard, a table, a formula, a check or a reward"),
    ("policy pack", "dated obligations with their citations"),
    ("property", "what an obligation asks to hold over all inputs"),
    ("guard", "what an obligation asks of each record when it is decided; an unknown counts as not passed"),
    ("evidence", "a document that must exist"),
    ("counterexample", "one or two concrete cases that break a property, replayed by the engine"),
    ("digest", "a SHA-256 of a document's canonical form (RFC 8785): one changed byte gives another"),
    ("solver steps", "what the solver spent on a question, in its own units: the same on every machine"),
)

PICTURED_LABELS = (
    "Labels that only say whose a fact is (`personal`, `commercial`, `location`) are left out of the picture."
)

#: the role of each signature, and what it says
SIGNERS: tuple[tuple[str, str], ...] = (
    ("Prepared by", "ran the audit and wrote the recommendations"),
    ("Reviewed by (compliance officer)", "read the findings and the taint map"),
    ("Legal reviewer", "read the obligations and their citations"),
    ("Approver", "decides whether the rules run; is not who wrote them"),
)

_ORDER = {verdict: place for place, verdict in enumerate(Verdict)}
_STRICTEST = {force: place for place, force in enumerate(Force)}


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """Return findings in the order of their verdicts, then of how strictly they bind, else as they stood."""
    return sorted(findings, key=lambda each: (_ORDER[each.verdict], _STRICTEST[each.obligation.force]))


def reviewer(reviewed_by: str | None) -> str:
    """Return who reviewed something."""
    return reviewed_by if reviewed_by is not None else "none yet"


def in_force(obligation: Obligation) -> str:
    """Return from and until when an obligation is in force."""
    first, end = obligation.effective_from, obligation.effective_to
    if first is not None and end is not None:
        return f"from {first.isoformat()}, and no longer from {end.isoformat()} on"
    if first is not None:
        return f"from {first.isoformat()}"
    return "at all times, as no dates are stated" if end is None else f"before {end.isoformat()}"


def checked(finding: Finding) -> str:
    """Return what was asked as a sentence: `We checked whether …`."""
    first, _, rest = finding.statement.partition(" ")
    if first.casefold() == "whether":
        return f"We checked whether {rest}"
    return f"We checked whether this holds: {finding.statement}"


def sourced(obligation: Obligation) -> str:
    """Return the citation with how well it is known and who reviewed it."""
    words = f"{obligation.citation} (confidence {obligation.confidence}"
    return f"{words}, reviewer {reviewer(obligation.reviewed_by)})"


def effect_of(finding: Finding) -> str:
    """Return what follows from an open finding, for whom."""
    obligation = finding.obligation
    whom = f"It binds {BINDS.get(obligation.binds, obligation.binds)}."
    guarded = (
        " A guard stops such a record when it is decided, as long as the guards of this pack are switched on."
        if finding.guarded
        else ""
    )
    match finding.verdict:
        case Verdict.REFUTED | Verdict.ACCEPTED_RISK:
            return f"{_EFFECTS[obligation.force]} {whom}{guarded}"
        case Verdict.UNDECIDED:
            unsure = "Nobody can say yet that this does not happen:"
            effect = _EFFECTS[obligation.force]
            return f"{unsure} {effect[0].lower()}{effect[1:]} {whom}{guarded}"
        case Verdict.EVIDENCE_MISSING:
            return f"Whoever asks for the document gets none. {whom}{guarded}"
    return whom


def advice_on(finding: Finding) -> str:
    """Return the remedy that the pack names, else the plainest one for the verdict."""
    if finding.advice is not None:
        return finding.advice
    match finding.verdict:
        case Verdict.REFUTED:
            return "Change the rules so that the shown case no longer comes out, and run the audit again."
        case Verdict.UNDECIDED if finding.obligation.confidence is Confidence.LOW:
            return "Let counsel read the source and confirm the obligation, then run the audit again."
        case Verdict.UNDECIDED:
            return "Settle what is named under cause, and run the audit again."
        case Verdict.EVIDENCE_MISSING:
            return "Add a fact for the document to the fact model, and keep the document."
    return "Look at it again before the acceptance ends."
