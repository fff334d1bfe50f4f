"""An audit written by hand: the partner tiers as published, against four packs, with every verdict.

The amounts are worked by hand from the published table: 500 USD for each treated patient, from the sixth
patient on 5 % of the bill besides. Bill 10,000: 500 + 500 = 1,000; bill 20,000: 500 + 1,000 = 1,500.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from fairlead.audit.findings import (
    Audit,
    AuditedPack,
    AuditedRuleset,
    Case,
    Confidence,
    Counterexample,
    Difference,
    EvidenceItem,
    Finding,
    Force,
    Method,
    Obligation,
    Place,
    Taint,
    Verdict,
)
from fairlead.ruleset.load import load_ruleset

TIERS = "medical-travel/partner-tiers-as-published"
PATH = "rulesets/medical-travel/partner-tiers-as-published.json"
MAINTAINERS = "Fairlead maintainers, 2026-11-21 (not counsel)"
AS_OF = "2026-11-22T00:00:00Z"
STARK, OWN, GERMANY, GIFTS = (
    "policies/us-stark",
    "policies/introduction-only",
    "policies/de",
    "policies/us-patient-gifts",
)


def digest(digit: str) -> str:
    return "sha256:" + digit * 64


def obligation(id_: str, pack: str, title: str, citation: str, **keys: Any) -> Obligation:
    defaults: dict[str, Any] = {
        "text": {"en": f"{title}."},
        "source": "from memory, text not re-read",
        "binds": "payer",
        "force": Force.FORBID,
        "effective_from": None,
        "effective_to": None,
        "governing": "introduction",
        "confidence": Confidence.MEDIUM,
        "reviewed_by": None,
        "checks": (),
        "asks": ("property",),
    }
    return Obligation(id_, pack, {"en": title}, citation=citation, **(defaults | keys))


def finding(
    asked: Obligation, subject: str | None, property_: str | None, verdict: Verdict, **keys: Any
) -> Finding:
    defaults: dict[str, Any] = {"method": Method.SOLVER, "statement": "It holds."}
    tail = f"/{subject}" if subject is not None else ""
    return Finding(
        f"{asked.pack.removeprefix('policies/')}/{asked.id}{tail}",
        TIERS,
        asked,
        subject,
        property_,
        verdict,
        **(defaults | keys),
    )


def usd(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "USD"}


def case(tier: str | None, amount: str | None, introductions: int, bill: str = "10000.00") -> Case:
    record = {
        "introduction": {"id": "i-1"},
        "partner": {"id": "p-1", "introductions_this_year": introductions},
        "treatment": {
            "id": "t-1",
            "total_cost": usd(bill),
            "billed_on": "2026-05-04",
            "completed": True,
        },
    }
    reward = {"accrues": True, "amount": usd(amount), "payable": True, "reversed": False} if amount else None
    return Case(record, AS_OF, {"partner.tier": tier, "introduction.reward": reward})


BILL = Counterexample(
    "Same introduction; bill 10,000 USD: reward 1,000 USD; bill 20,000 USD: reward 1,500 USD.",
    (case("silver", "1000.00", 10), case("silver", "1500.00", 10, "20000.00")),
    (Difference("treatment.total_cost", {"en": "total treatment cost"}, usd("10000.00"), usd("20000.00")),),
)
COUNT = Counterexample(
    "Same introduction; 5 introductions this year: reward 500 USD; 6: reward 1,000 USD.",
    (case("bronze", "500.00", 5), case("silver", "1000.00", 6)),
    (Difference("partner.introductions_this_year", {"en": "number of introductions this year"}, 5, 6),),
)
FIFTEEN = Counterexample(
    "A partner with 15 introductions is in two rows: `silver` and `gold`.", (case(None, None, 15),)
)
ZERO = Counterexample("A partner with 0 introductions is in no row.", (case(None, None, 0),))
UNTOLD = Counterexample(
    "Nothing says that the patient was told; reward 500 USD, payable.", (case("bronze", "500.00", 3),)
)

VALUE = obligation(
    "volume-or-value",
    STARK,
    "Compensation does not follow the volume or value of referrals",
    "42 CFR 411.354(d)(5)-(6)",
    text={
        "en": "Compensation must not be determined by a formula that counts referrals, or the business that "
        "they bring, as a variable that moves the pay up with it."
    },
    source="eCFR, read 2026-11-20",
    effective_from=date(2021, 1, 19),
    confidence=Confidence.HIGH,
    checks=("C3", "C4"),
    binds="both",
)
WRITING = obligation(
    "in-writing",
    STARK,
    "The arrangement is set out in writing and signed",
    "42 CFR 411.357(d)(1)(i)",
    asks=("evidence",),
    force=Force.ALLOW_IF,
    checks=("C12",),
)
OUTCOME = obligation(
    "outcome-independence",
    OWN,
    "The reward does not follow the outcome of a treatment",
    "Fairlead, ethics of introductions",
    source="the domain's own ethics",
    confidence=Confidence.HIGH,
    checks=("C1",),
)
VOLUME = obligation(
    "volume-independence",
    OWN,
    "The reward for one introduction does not grow with their number",
    "Fairlead, ethics of introductions",
    confidence=Confidence.HIGH,
    checks=("C4",),
)
DISJOINT = obligation(
    "one-tier", OWN, "Each count is in one tier at most", "Fairlead, quality of tables", checks=("C13",)
)
TOTAL = obligation(
    "some-tier", OWN, "Each count is in some tier", "Fairlead, quality of tables", checks=("C13",)
)
DISCLOSED = obligation(
    "disclosed-before",
    OWN,
    "The patient is told of the reward before deciding",
    "GMC, Good medical practice, 2024, paragraph 96",
    force=Force.DISCLOSE,
    governing="disclosure",
    asks=("property", "guard"),
    checks=("C7",),
)
CLAWBACK = obligation(
    "clawback-neutral",
    OWN,
    "Nothing is taken back for how treatment went",
    "Fairlead, ethics",
    checks=("C23",),
)
SPLITTING = obligation(
    "fee-splitting",
    GERMANY,
    "No pay for sending patients",
    "Section 31 MBO-Ä",
    source="from memory, text not re-read",
    confidence=Confidence.LOW,
    effective_from=date(2015, 1, 1),
    effective_to=date(2030, 1, 1),
)
REGISTER = obligation(
    "gift-register",
    GIFTS,
    "Gifts to patients are registered",
    "OIG Special Fraud Alert, 2002",
    force=Force.REGISTER,
)
STORY = obligation(
    "sentiment-independence", GIFTS, "No pay for a favourable story", "16 CFR 465.4", checks=("C19",)
)
BOUND = obligation("never-negative", GIFTS, "A reward is never below zero", "Fairlead, quality")
HELD = obligation("held-so-far", GIFTS, "No gift above 15 USD", "OIG, 2016", force=Force.CAP)

FINDINGS = (
    finding(
        BOUND,
        "introduction.reward",
        "bounded",
        Verdict.PROVED,
        statement="The reward is never below zero.",
        steps=20_481,
        formula=digest("b"),
    ),
    finding(
        VALUE,
        "introduction.reward",
        "independent",
        Verdict.REFUTED,
        statement="Whether the reward stays the same whatever the treatment costs.",
        counterexamples=(BILL,),
        steps=12_345,
        formula=digest("a"),
        place=Place(PATH, "/decisions/1/amount", 152, 17),
        advice="Pay a fixed fee for a documented step of the work, whatever the bill.",
        guarded=True,
    ),
    finding(
        WRITING,
        None,
        None,
        Verdict.EVIDENCE_MISSING,
        method=Method.LOOK_UP,
        statement="The fact model has a place for the signed agreement and for the valuation of the fee.",
        evidence=(
            EvidenceItem("signed-agreement", {"en": "signed agreement"}, "agreement.signed_on", present=True),
            EvidenceItem(
                "valuation", {"en": "valuation of the fee, with date and valuer"}, None, present=False
            ),
        ),
    ),
    finding(
        OUTCOME,
        "introduction.reward",
        "independent",
        Verdict.REFUTED,
        statement="The reward stays the same when only what tells the outcome changes.",
        counterexamples=(BILL,),
        steps=9_800,
        place=Place(PATH, "/decisions/1/amount", 152, 17),
    ),
    finding(
        VOLUME,
        "introduction.reward",
        "no_positive_correlation",
        Verdict.REFUTED,
        statement="More introductions never raise the reward for one.",
        counterexamples=(COUNT,),
        steps=11_020,
        place=Place(PATH, "/decisions/0", 42, 5),
    ),
    finding(
        DISJOINT,
        "partner.tier#gold",
        "disjoint",
        Verdict.REFUTED,
        method=Method.SWEEP,
        statement="At most one row of the table is true.",
        counterexamples=(FIFTEEN,),
        place=Place(PATH, "/decisions/0/rows/2", 83, 9),
    ),
    finding(
        TOTAL,
        "partner.tier",
        "total",
        Verdict.REFUTED,
        method=Method.SWEEP,
        statement="At least one row of the table is true.",
        counterexamples=(ZERO,),
    ),
    finding(
        DISCLOSED,
        "introduction.reward",
        "disclosed_before",
        Verdict.REFUTED,
        statement="Where the reward is payable, the patient was told before deciding.",
        counterexamples=(UNTOLD,),
        steps=4_400,
    ),
    finding(
        CLAWBACK,
        "introduction.reward",
        "clawback_neutral",
        Verdict.PROVED,
        method=Method.DATA_FLOW,
        statement="Neither outcome nor acceptance changes whether the reward is taken back.",
    ),
    finding(
        SPLITTING,
        "introduction.reward",
        "never_paid",
        Verdict.UNDECIDED,
        statement="Nothing is paid to a clinician.",
        why=("The source of the obligation is known from memory alone: no proof counts.",),
        steps=3_000,
    ),
    finding(
        REGISTER,
        None,
        None,
        Verdict.ACCEPTED_RISK,
        method=Method.LOOK_UP,
        statement="The fact model has a place for a register of gifts.",
        accepted={
            "accepted by": "A. Tanaka, compliance officer",
            "reason": "no gifts are given before March",
            "until": "2027-03-01",
        },
    ),
    finding(
        HELD,
        "introduction.reward",
        "item_cap",
        Verdict.TESTED,
        method=Method.NONE,
        statement="No gift is above 15 USD.",
    ),
    finding(
        STORY,
        None,
        "independent",
        Verdict.NOT_APPLICABLE,
        method=Method.LOOK_UP,
        statement="The reward for a story does not follow what it says.",
        why=("No reward is paid for a story.",),
    ),
)

TAINTS = (
    Taint(
        "partner.introductions_this_year",
        {"en": "number of introductions this year"},
        ("referral_volume",),
        ("referral_volume",),
        ("introduction.introduced_on", "introduction.reversal_cause"),
        MAINTAINERS,
    ),
    Taint(
        "treatment.total_cost",
        {"en": "total treatment cost"},
        ("outcome", "treatment_value"),
        ("outcome", "special_category", "treatment_value"),
        ("treatment.estimate_total", "treatment.had_complications"),
        MAINTAINERS,
    ),
    Taint(
        "treatment.billed_on",
        {"en": "day of the final bill"},
        ("outcome",),
        ("acceptance", "outcome"),
        ("treatment.discharged_on",),
        MAINTAINERS,
    ),
    Taint(
        "treatment.completed",
        {"en": "the treatment was completed"},
        ("acceptance", "outcome"),
        ("acceptance", "outcome"),
        (),
        None,
    ),
    Taint(
        "partner.tier",
        {"en": "partner tier"},
        (),
        ("referral_volume",),
        ("partner.introductions_this_year",),
        None,
    ),
    Taint(
        "introduction.reward",
        {"en": "partner's reward"},
        (),
        ("acceptance", "outcome", "referral_volume", "special_category", "treatment_value"),
        ("partner.tier", "treatment.total_cost", "treatment.billed_on", "treatment.completed"),
        None,
    ),
)


def audited(name: str = TIERS, path: str | None = PATH, taints: tuple[Taint, ...] = TAINTS) -> AuditedRuleset:
    ruleset = load_ruleset(name)
    return AuditedRuleset(
        ruleset.name,
        ruleset.version,
        ruleset.title,
        ruleset.digest,
        ruleset.model.digest,
        path,
        taints,
        ruleset.document,
    )


def audit(
    findings: tuple[Finding, ...] = FINDINGS, rulesets: tuple[AuditedRuleset, ...] | None = None
) -> Audit:
    return Audit(
        subject="clinic-a",
        as_of=date(2026, 11, 22),
        rulesets=(audited(),) if rulesets is None else rulesets,
        packs=(
            AuditedPack(
                STARK,
                "1.0.0",
                {"en": "United States: Stark law"},
                digest("1"),
                Verdict.REFUTED,
                "us-stark/volume-or-value/introduction.reward",
            ),
            AuditedPack(
                OWN,
                "1.0.0",
                {"en": "Introductions only"},
                digest("2"),
                Verdict.REFUTED,
                "introduction-only/outcome-independence/introduction.reward",
            ),
            AuditedPack(
                GERMANY,
                "0.2.0",
                {"en": "Germany"},
                digest("3"),
                Verdict.UNDECIDED,
                "de/fee-splitting/introduction.reward",
            ),
            AuditedPack(
                GIFTS,
                "1.0.0",
                {"en": "United States: gifts to patients"},
                digest("4"),
                Verdict.ACCEPTED_RISK,
                "us-patient-gifts/gift-register",
            ),
        ),
        findings=findings,
        verdict=Verdict.REFUTED,
        decided_by="us-stark/volume-or-value/introduction.reward",
        solver="z3 4.15.1",
        limit=20_000_000,
        valid_until=date(2027, 1, 1),
        engine="fairlead 0.1.0",
    )
