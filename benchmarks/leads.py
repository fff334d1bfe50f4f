"""Synthetic leads: seeded, so that every run and every engine scores the same ones."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

__all__ = ["CHANNELS", "Lead", "synthetic_leads"]

#: `{"lead": {fact: JSON value}}`; a fact that is not known has no key
Lead = dict[str, dict[str, Any]]

CHANNELS = ("whatsapp", "phone", "email", "chat", "web_form")
CURRENCIES = ("EUR", "USD", "GBP")

# the share of leads of which a fact is not known, and of the others the share that say yes
ABSENT = {
    "submitted_medical_records": 0.30,
    "asked_for_specific_dates": 0.25,
    "channel": 0.15,
    "budget": 0.40,
}
YES = {"submitted_medical_records": 0.45, "asked_for_specific_dates": 0.40}


def synthetic_leads(count: int, seed: int = 20261121) -> Iterator[Lead]:
    """Yield `count` leads with the four facts that the lead scorecard reads."""
    rng = random.Random(seed)
    for _ in range(count):
        lead: dict[str, Any] = {}
        for fact, share in YES.items():
            if rng.random() >= ABSENT[fact]:
                lead[fact] = rng.random() < share
        if rng.random() >= ABSENT["channel"]:
            lead["channel"] = rng.choice(CHANNELS)
        if rng.random() >= ABSENT["budget"]:
            amount = rng.randrange(1_000, 40_000, 500)
            lead["budget"] = {"amount": str(amount), "currency": rng.choice(CURRENCIES)}
        yield {"lead": lead}
