"""Planted faults in how a reward grows: with the price, with one more introduction, for equal work."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from tests.audit.planted.workshop import Edit, Plant, Replay, V, at, check_proved, check_refuted, paid

REWARD = "introduction.reward"
FEE = V("parameters.fee")
COUNT = V("partner.introductions_this_year")
BY_VOLUME = frozenset({"partner.introductions"})


def usd(amount: str) -> dict[str, Any]:
    return {"money": [amount, "USD"]}


def either(condition: Any, one: Any = FEE, other: Any = None) -> Edit:
    return at(REWARD, "amount", {"if": [condition, one, other or usd("300.00")]})


def pays_unlike(cases: Sequence[Replay]) -> bool:
    return paid(cases[0]) != paid(cases[1])


def amount_of(case: Replay, fact: str) -> float:
    given = case.fact(f"treatment.{fact}")
    return float(given["amount"]) if given is not None else -1.0


def number(case: Replay) -> int:
    return len(case.fact("partner.introductions"))


PLANTS = [
    Plant(
        "pay-rises-with-the-price",
        {"kind": "no_positive_correlation", "label": "treatment_value", "per": "unit"},
        (either({">": [{"var": ["treatment.list_price", usd("0.00")]}, usd("1000.00")]}),),
        lambda cases: (
            paid(cases[1]) > paid(cases[0])
            and amount_of(cases[1], "list_price") >= amount_of(cases[0], "list_price")
        ),
        frozenset({"treatment.list_price"}),
        clean=(
            either(
                {">": [{"var": ["treatment.list_price", usd("0.00")]}, usd("1000.00")]}, usd("300.00"), FEE
            ),
        ),
        shown=2,
    ),
    Plant(
        "pay-rises-with-being-known",
        {"kind": "no_positive_correlation", "label": "treatment_value", "per": "unit"},
        (either({"absent": "treatment.list_price"}, usd("300.00"), FEE),),
        lambda cases: (
            paid(cases[1]) > paid(cases[0])
            and cases[0].fact("treatment.list_price") is None
            and cases[1].fact("treatment.list_price") is not None
        ),
        frozenset({"treatment.list_price"}),
        clean=(either({"absent": "treatment.list_price"}),),
        shown=2,
    ),
    Plant(
        "a-leap-of-more-than-two-fees",
        {"kind": "no_cliff", "factor": "2", "count": "partner.introductions_this_year"},
        (either({">=": [COUNT, 6]}, usd("600.01")),),
        lambda cases: paid(cases[1]) > 2 * paid(cases[0]) > 0,
        BY_VOLUME,
        clean=(either({">=": [COUNT, 6]}, usd("600.00")),),
        shown=2,
    ),
    Plant(
        "a-leap-through-a-derived-rank",
        {"kind": "no_cliff", "factor": "2", "count": "partner.introductions_this_year"},
        (either({">=": [V("partner.rank"), 6]}, usd("900.00")),),
        lambda cases: paid(cases[1]) > 2 * paid(cases[0]) > 0,
        frozenset({"partner.rank", "partner.introductions"}),
        clean=(either({">=": [V("introduction.hours"), 6]}, usd("900.00")),),
        shown=2,
    ),
    Plant(
        "a-leap-by-re-rating",
        {"kind": "no_cliff", "factor": "2", "count": "partner.introductions_this_year"},
        (either({">=": [COUNT, 6]}, usd("400.00")), at(REWARD, "re_rates", True)),
        lambda cases: (
            # 6 at 400 less 5 at 300 is 900, above twice 300
            number(cases[1]) == number(cases[0]) + 1
            and paid(cases[1]) * number(cases[1]) - paid(cases[0]) * number(cases[0]) > 600
        ),
        BY_VOLUME,
        clean=(either({">=": [COUNT, 6]}, usd("350.00")), at(REWARD, "re_rates", True)),
        shown=2,
        says="Same introduction; introductions this year: 5: reward 300 USD; introductions this year: 6: "
        "reward 400 USD. All are paid anew, so one more adds 900 USD; the first earns 300 USD.",
    ),
    Plant(
        "unequal-pay-by-country",
        {"kind": "equal_work"},
        (either({"==": [V("partner.country"), "de"]}),),
        pays_unlike,
        frozenset({"partner.country"}),
        shown=2,
        one_time=False,
    ),
    Plant(
        "unequal-pay-through-the-tier",
        {"kind": "equal_work"},
        (either({"==": [V("partner.tier"), "silver"]}),),
        pays_unlike,
        BY_VOLUME,
        shown=2,
        one_time=False,
    ),
    Plant(
        "unequal-pay-for-hours-that-are-no-work-fact",
        {"kind": "equal_work"},
        (at(REWARD, "amount", {"*": [usd("5.00"), V("introduction.hours")]}),),
        pays_unlike,
        frozenset({"introduction.hours"}),
        clean=(
            at(REWARD, "amount", {"*": [usd("5.00"), V("introduction.hours")]}),
            at(REWARD, "work", ["introduction.hours"]),
        ),
        shown=2,
        one_time=False,
    ),
]


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.id)
def test_the_fault_is_refuted_with_a_case_that_breaks_the_property(plant: Plant) -> None:
    check_refuted(plant)


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.id)
def test_the_clean_twin_is_proved(plant: Plant) -> None:
    check_proved(plant)
