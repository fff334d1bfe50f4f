"""A small fact model for the tests of this folder."""

from __future__ import annotations

import copy
from typing import Any


def _fact(title: str, labels: tuple[str, ...] = (), **keys: Any) -> dict[str, Any]:
    return {"title": title, "description": title, "labels": list(labels), "reviewed_by": None, **keys}


MODEL: dict[str, Any] = {
    "fairlead": 1,
    "kind": "fact-model",
    "name": "clinic/facts",
    "version": "1.0.0",
    "title": {"en": "Clinic", "de": "Klinik"},
    "about": "A clinic with partners.",
    "labels": {
        "outcome": "How a treatment ended",
        "treatment_value": "What a treatment costs",
        "referral_volume": "How many patients a partner introduced",
    },
    "entities": {
        "lead": {
            "title": "Lead",
            "description": "A patient who asks.",
            "links": {"partner": {"entity": "partner", "description": "Who introduced the patient."}},
            "facts": {
                "id": _fact("id", type="text"),
                "channel": _fact("enquiry channel", type="one_of", values=["whatsapp", "phone", "web_form"]),
                "submitted_medical_records": _fact("the patient sent records", type="boolean"),
                "asked_for_specific_dates": _fact("the patient asked for dates", type="boolean"),
                "budget": _fact("budget", type="money", minimum="0"),
                "deposit": _fact("deposit", ("treatment_value",), type="money", currency="EUR"),
                "companions": _fact("companions", type="integer", minimum=0, maximum=20),
                "discount": _fact("discount", type="decimal", precision=5, scale=2, maximum="100"),
                "first_contact_on": _fact("first contact", type="date"),
                "first_contact_at": _fact("first contact", type="date_time"),
                "languages": _fact("languages", type="list", items={"type": "text"}),
                "expected_revenue": _fact(
                    "expected revenue",
                    type="money",
                    currency="EUR",
                    derived_from=["lead.deposit", "partner.introductions_this_year"],
                ),
            },
        },
        "partner": {
            "title": "Partner",
            "description": "Who introduces patients.",
            "related": {
                "introductions": {
                    "entity": "introduction",
                    "link": "partner",
                    "description": "The patients introduced.",
                }
            },
            "facts": {"id": _fact("id", type="text"), "code": _fact("code", type="text")},
            "aggregates": {
                "introductions_this_year": {
                    "title": "introductions this year",
                    "description": "Introductions since 1 January.",
                    "labels": ["referral_volume"],
                    "reviewed_by": "A. Reviewer",
                    "function": "count",
                    "of": "introductions",
                    "where": {"==": [{"var": "introduction.ended_well"}, True]},
                    "window": {"kind": "calendar", "unit": "year", "on": "introduction.introduced_on"},
                },
                "last_introduction_on": {
                    "title": "last introduction",
                    "description": "The day of the last introduction.",
                    "labels": [],
                    "reviewed_by": None,
                    "function": "latest",
                    "of": "introductions",
                    "value": "introduction.introduced_on",
                },
            },
        },
        "introduction": {
            "title": "Introduction",
            "description": "The act of introducing a patient.",
            "links": {"partner": {"entity": "partner", "description": "Who introduced."}},
            "facts": {
                "id": _fact("id", type="text"),
                "introduced_on": _fact("day", type="date"),
                "amount": _fact("fee", type="money", currency="USD"),
                "ended_well": _fact("the treatment ended well", ("outcome",), type="boolean"),
            },
        },
    },
}


def model_document() -> dict[str, Any]:
    """Return a copy of the model's document that a test may change."""
    return copy.deepcopy(MODEL)
