"""Faults planted into the shipped rulesets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.audit.planted.workshop import (
    Broken,
    Edit,
    Plant,
    Replay,
    V,
    add,
    at,
    check_proved,
    check_refuted,
    paid,
)

REWARD = "introduction.reward"


def usd(amount: str) -> dict[str, Any]:
    return {"money": [amount, "USD"]}


def single(test: Callable[[Replay], bool]) -> Broken:
    return lambda cases: len(cases) == 1 and test(cases[0])


def score_row(name: str, when: Any, points: int) -> dict[str, Any]:
    reason = {"code": name, "text": name.capitalize()}
    return {"id": name, "when": when, "points": points, "reason": reason}


PROGRAMME = "medical-travel/partner-programme"
HANDLING = "medical-travel/handling-fee-programme"
SCORING = "medical-travel/lead-scoring"


def shipped(base: str, id_: str, asked: dict[str, Any], *edits: Edit, broken: Broken, **keys: Any) -> Plant:
    return Plant(id_, asked, edits, broken, base=base, **keys)


def unlike(name: str) -> Broken:
    return lambda cases: cases[0].result.decisions[name] != cases[1].result.decisions[name]


DOSSIER = "introduction.dossier_reward"
SHIPPED = [
    shipped(
        PROGRAMME,
        "the-programme-pays-by-tier",
        {"kind": "independent", "label": "referral_volume"},
        at(
            REWARD,
            "amount",
            {"if": [{"==": [V("partner.tier"), "gold"]}, usd("600.00"), V("parameters.introduction_fee")]},
        ),
        broken=unlike(REWARD),
        apart=frozenset({"partner.introductions"}),
        shown=2,
    ),
    shipped(
        PROGRAMME,
        "the-programme-pays-more-than-its-table-says",
        {"kind": "item_cap", "maximum": usd("500.00")},
        at(REWARD, "amount", usd("600.00")),
        at(REWARD, "caps", 0, "maximum", usd("550.00")),
        broken=single(lambda case: paid(case) == 600),
    ),
    shipped(
        PROGRAMME,
        "the-programme-pays-without-telling",
        {"kind": "disclosed_before"},
        at(REWARD, "payable_when", "and", 1, V("introduction.agreement_in_force")),
        broken=single(
            lambda case: (
                case.result.decisions[REWARD].payable is True
                and case.result.decisions["introduction.disclosed_in_time"] is not True
            )
        ),
    ),
    shipped(
        PROGRAMME,
        "the-programme-pays-by-a-completed-treatment",
        {"kind": "independent", "label": "acceptance"},
        at(REWARD, "accrues_when", "and", 0, V("treatment.completed")),
        broken=unlike(REWARD),
        apart=frozenset({"treatment", "treatment.completed", "treatment.id"}),
        shown=2,
    ),
    shipped(
        HANDLING,
        "the-dossier-fee-follows-the-price",
        {"kind": "independent", "label": "treatment_value"},
        at(
            "introduction.dossier_fee",
            "rows",
            "complex",
            "then",
            {
                "if": [
                    {"absent": "treatment.total_cost"},
                    V("parameters.dossier_standard"),
                    V("parameters.dossier_complex"),
                ]
            },
        ),
        broken=unlike(DOSSIER),
        apart=frozenset({"treatment.total_cost", "treatment"}),
        subject=DOSSIER,
        shown=2,
    ),
    shipped(
        HANDLING,
        "the-dossier-fee-is-taken-back-for-any-reason",
        {"kind": "clawback_neutral"},
        at(DOSSIER, "reversed_when", {"absent": "introduction.reversal_cause"}),
        broken=single(
            lambda case: (
                case.result.decisions[DOSSIER].reversed is True
                and case.fact("introduction.reversal_cause") not in ("did_not_occur", "fraud", "duplicate")
            )
        ),
        subject=DOSSIER,
    ),
    shipped(
        SCORING,
        "the-score-follows-the-language",
        {"kind": "independent", "label": "protected", "of": ["lead.score"]},
        add(
            "decisions",
            "lead.score",
            "rows",
            score_row("english", {"==": [V("lead.language"), "English"]}, 5),
        ),
        broken=unlike("lead.score"),
        apart=frozenset({"lead.language"}),
        entity="lead",
        subject="lead.score",
        shown=2,
    ),
]


@pytest.mark.parametrize("plant", SHIPPED, ids=lambda plant: plant.id)
def test_the_fault_is_refuted_with_a_case_that_breaks_the_property(plant: Plant) -> None:
    check_refuted(plant)


@pytest.mark.parametrize("plant", SHIPPED, ids=lambda plant: plant.id)
def test_the_clean_twin_is_proved(plant: Plant) -> None:
    check_proved(plant)
