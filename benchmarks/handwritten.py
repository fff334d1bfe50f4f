"""The lead scorecard and its band as a person would write them for speed: what Fairlead is measured against.

It follows rulesets/medical-travel/lead-scoring.json row by row; tests/test_benchmarks.py checks that both
give the same.
"""

from __future__ import annotations

from typing import Any

__all__ = ["score_lead"]

# one bit per row of the scorecard, in document order
MEDICAL_RECORDS = 1
SPECIFIC_DATES = 2
DIRECT_CHANNEL = 4
WEB_FORM = 8


def score_lead(record: dict[str, dict[str, Any]]) -> tuple[dict[str, Any], list[str], int]:
    """Return the decisions, the reason codes (most points first) and the bit mask of the unknown rows."""
    lead = record["lead"]
    score = 0
    reasons = []
    unknown = 0

    records = lead.get("submitted_medical_records")
    if records:
        score += 25
        reasons.append("medical_records")
    elif records is None:
        unknown |= MEDICAL_RECORDS

    dates = lead.get("asked_for_specific_dates")
    if dates:
        score += 20
        reasons.append("specific_dates")
    elif dates is None:
        unknown |= SPECIFIC_DATES

    channel = lead.get("channel")
    if channel is None:
        unknown |= DIRECT_CHANNEL | WEB_FORM
    elif channel == "whatsapp" or channel == "phone":
        score += 15
        reasons.append("direct_channel")

    if lead.get("budget") is not None:
        score += 10
        reasons.append("budget")

    if channel == "web_form":
        score += 5
        reasons.append("web_form")

    if score > 50:
        band = "hot"
    elif score >= 20:
        band = "warm"
    else:
        band = "cold"
    return {"lead.score": score, "lead.band": band}, reasons, unknown
