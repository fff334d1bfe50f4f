"""Planted faults in when a reward is paid, how much at most, and when it is taken back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from tests.audit.planted.workshop import (
    Broken,
    Edit,
    Plant,
    Replay,
    V,
    at,
    check_proved,
    check_refuted,
    paid,
)

REWARD = "introduction.reward"
TOLD, GIVEN, RECORDED = "introduction.told", V("disclosure.given_at"), V("disclosure.recorded_at")
STATE, DECIDED = V("introduction.decision_state"), V("introduction.patient_decided_at")
COST = V("treatment.total_cost")
TELLS = at(REWARD, "payable_when", {"and": [V(TOLD), V("introduction.may_be_paid")]})


def usd(amount: str) -> dict[str, Any]:
    return {"money": [amount, "USD"]}


def payable(case: Replay) -> bool:
    given = case.reward()
    return given is not None and given.payable is True


def moment(case: Replay, name: str) -> datetime | None:
    said = case.fact(name)
    return datetime.fromisoformat(said) if said is not None else None


def untold(cases: Sequence[Replay]) -> bool:
    """Payable, and not: told and recorded by now, with no decision so far or one that came later."""
    (case,) = cases
    given, recorded = (moment(case, f"disclosure.{name}") for name in ("given_at", "recorded_at"))
    decided = moment(case, "introduction.patient_decided_at")
    state = case.fact("introduction.decision_state")
    if not payable(case):
        return False
    if given is None or recorded is None or not given <= recorded <= case.as_of:
        return True
    if state == "none_so_far":
        return False
    in_time = state == "decided" and decided is not None and given < decided and recorded < decided
    return not in_time


def told(orders: Sequence[Any], states: Sequence[Any]) -> Edit:
    return at(TOLD, "requirement", {"and": [*orders, {"or": list(states)}]})


IN_ORDER = {"<=": [GIVEN, RECORDED, V("as_of")]}
NONE_SO_FAR = {"==": [STATE, "none_so_far"]}
IS_DECIDED = {"==": [STATE, "decided"]}
BEFORE = [{"<": [GIVEN, DECIDED]}, {"<": [RECORDED, DECIDED]}]


def disclosed(id_: str, *edits: Edit) -> Plant:
    return Plant(id_, {"kind": "disclosed_before"}, (TELLS, *edits), untold, clean=(TELLS,))


def pays(case: Replay, *, where: bool) -> bool:
    return where and payable(case) and paid(case) > 0


def single(test: Callable[[Replay], bool]) -> Broken:
    return lambda cases: len(cases) == 1 and test(cases[0])


CLINICIAN = {"kind": "never_paid", "when": V("partner.is_clinician")}
MAY = "introduction.may_be_paid"
MOST = {"kind": "item_cap", "maximum": usd("500.00")}
FEE = V("parameters.fee")
YEAR = {"kind": "calendar", "unit": "year"}
BY_YEAR = {"kind": "period_cap", "per": "payee", "unit": "year"}
AT_MOST = {**BY_YEAR, "maximum": usd("5000.00")}
NEUTRAL = {"kind": "clawback_neutral"}
ALLOWED = ["did_not_occur", "fraud", "duplicate"]


def cap(**keys: Any) -> Edit:
    given = {"id": "year", "per": "payee", "window": YEAR, "maximum": V("parameters.year_maximum"), **keys}
    return at(REWARD, "caps", [{name: value for name, value in given.items() if value is not None}])


def dated(name: str, later: str, before: str) -> Edit:
    values = [
        {"from": day, "value": {"amount": amount, "currency": "USD"}}
        for day, amount in (("2026-01-01", before), ("2027-01-01", later))
    ]
    return Edit(("parameters", name), {"type": "money", "currency": "USD", "title": name, "dated": values})


def amount(value: Any, *, pays_always: bool = True) -> tuple[Edit, ...]:
    return (at(REWARD, "amount", value),)


def rounded(value: Any, mode: str) -> dict[str, Any]:
    return {"round": [value, {"scale": 2, "rounding": mode}]}


def above(limit: str) -> Broken:
    return single(lambda case: paid(case) > Decimal(limit))


def cost_of(case: Replay) -> Decimal:
    given = case.fact("treatment.total_cost")
    return Decimal(given["amount"]) if given is not None else Decimal(0)


def reversed_for(test: Callable[[Replay], bool]) -> Broken:
    def broken(cases: Sequence[Replay]) -> bool:
        given = [case.reward() for case in cases]
        taken = [each is not None and each.reversed is True for each in given]
        if len(cases) == 1:
            return taken[0] and test(cases[0])
        return given[0] != given[1] and taken[0] != taken[1]

    return broken


FIFTH = {"kind": "case_cap", "share": {"decimal": "0.20"}, "cost": "treatment.total_cost"}


def of_cost(rate: str, mode: str, cost: Any = COST) -> tuple[Edit, ...]:
    return amount(rounded({"*": [cost, {"decimal": rate}]}, mode))


PLANTS = [
    disclosed("not-told-at-all", at(REWARD, "payable_when", V(MAY))),
    disclosed("told-or-not", at(REWARD, "payable_when", {"or": [V(TOLD), V(MAY)]})),
    disclosed(
        "no-decision-date-taken-for-no-decision",
        told(
            [IN_ORDER],
            [{"absent": "introduction.patient_decided_at"}, {"and": [IS_DECIDED, *BEFORE]}],
        ),
    ),
    disclosed(
        "recorded-after-the-decision", told([IN_ORDER], [NONE_SO_FAR, {"and": [IS_DECIDED, BEFORE[0]]}])
    ),
    disclosed(
        "told-at-the-moment-of-the-decision",
        told(
            [IN_ORDER],
            [NONE_SO_FAR, {"and": [IS_DECIDED, {"<=": [GIVEN, DECIDED]}, {"<=": [RECORDED, DECIDED]}]}],
        ),
    ),
    disclosed(
        "recorded-before-it-was-given",
        told([{"<=": [RECORDED, GIVEN, V("as_of")]}], [NONE_SO_FAR, {"and": [IS_DECIDED, *BEFORE]}]),
    ),
    disclosed(
        "recorded-in-the-future",
        told([{"<=": [GIVEN, RECORDED]}], [NONE_SO_FAR, {"and": [IS_DECIDED, *BEFORE]}]),
    ),
    disclosed(
        "decided-for-certain-and-told-whenever",
        told([IN_ORDER], [NONE_SO_FAR, IS_DECIDED]),
    ),
    Plant(
        "a-clinician-who-is-not-known-as-one",
        CLINICIAN,
        (at(MAY, "requirement", {"!": {"var": ["partner.is_clinician", False]}}),),
        single(lambda case: pays(case, where=case.fact("partner.is_clinician") is None)),
    ),
    Plant(
        "a-clinician-who-is-no-staff",
        CLINICIAN,
        (at(MAY, "requirement", {"or": [{"!": V("partner.is_clinician")}, {"!": V("partner.is_staff")}]}),),
        single(lambda case: pays(case, where=case.fact("partner.is_clinician") is not False)),
    ),
    Plant(
        "a-negation-too-many",
        CLINICIAN,
        (at(MAY, "requirement", {"!": {"!": V("partner.is_clinician")}}),),
        single(lambda case: pays(case, where=case.fact("partner.is_clinician") is not False)),
        says="Payable, reward 300 USD, with the partner is a clinician: yes.",
    ),
    Plant(
        "paid-in-a-place-where-nobody-is",
        {"kind": "never_paid", "when": {"==": [V("partner.country"), "de"]}},
        (),
        single(lambda case: pays(case, where=case.fact("partner.country") in ("de", None))),
        clean=(
            at(
                MAY,
                "requirement",
                {
                    "and": [
                        {"!": V("partner.is_clinician")},
                        {"in": [V("partner.country"), ["tr", "us"]]},
                    ]
                },
            ),
        ),
    ),
    Plant(
        "paid-through-a-list-with-one-place-too-many",
        {"kind": "never_paid", "when": {"==": [V("partner.country"), "de"]}},
        (at(MAY, "requirement", {"in": [V("partner.country"), ["tr", "us", "de"]]}),),
        single(lambda case: pays(case, where=case.fact("partner.country") in ("de", None))),
        clean=(at(MAY, "requirement", {"in": [V("partner.country"), ["tr", "us"]]}),),
    ),
    Plant(
        "earned-without-verification",
        {"kind": "implies", "part": "accrues_when", "requirement": V("introduction.verified")},
        (
            at(
                REWARD,
                "accrues_when",
                {"or": [V("introduction.verified"), V("introduction.file_complete")]},
            ),
        ),
        single(
            lambda case: (
                case.result.decisions[REWARD].accrues is True
                and case.fact("introduction.verified") is not True
            )
        ),
    ),
    Plant(
        "earned-for-an-unwanted-service",
        {
            "kind": "implies",
            "part": "accrues_when",
            "requirement": {"none": [V("introduction.services"), {"==": [V(""), "surgery"]}]},
        },
        (
            at(
                REWARD,
                "accrues_when",
                {"some": [V("introduction.services"), {"in": [V(""), ["travel", "surgery"]]}]},
            ),
        ),
        single(
            lambda case: (
                case.result.decisions[REWARD].accrues is True
                and "surgery" in case.fact("introduction.services")
            )
        ),
        clean=(
            at(
                REWARD,
                "accrues_when",
                {"all": [V("introduction.services"), {"in": [V(""), ["travel", "translation"]]}]},
            ),
        ),
    ),
    Plant(
        "payable-an-hour-too-early",
        {
            "kind": "implies",
            "part": "payable_when",
            "requirement": {">=": [{"hours_between": [GIVEN, V("as_of")]}, 24]},
        },
        (at(REWARD, "payable_when", {">=": [{"hours_between": [GIVEN, V("as_of")]}, 23]}),),
        single(
            lambda case: (
                payable(case)
                and (case.as_of - moment(case, "disclosure.given_at")).total_seconds() < 24 * 3600  # type: ignore[operator]
            )
        ),
        clean=(at(REWARD, "payable_when", {">=": [{"minutes_between": [GIVEN, V("as_of")]}, 1440]}),),
    ),
    Plant(
        "one-cent-too-much",
        MOST,
        amount(usd("500.01")),
        above("500.00"),
        says="One reward 500.01 USD, above 500 USD.",
    ),
    Plant(
        "too-much-through-a-table-output",
        MOST,
        (at("introduction.fee", "rows", "standard", "then", usd("501.00")),),
        above("500.00"),
    ),
    Plant(
        "too-much-through-rounding",
        MOST,
        # 500 x 1.000009 is 500.0045
        amount(rounded({"*": [FEE, {"decimal": "1.000009"}]}, "up")),
        above("500.00"),
        clean=amount(rounded({"*": [FEE, {"decimal": "1.000009"}]}, "half_up")),
    ),
    Plant(
        "too-much-at-the-most-hours",
        MOST,
        amount({"*": [usd("5.01"), V("introduction.hours")]}),
        above("500.00"),
        clean=amount({"*": [usd("5.00"), V("introduction.hours")]}),
    ),
    Plant(
        "too-much-through-the-larger-of-two",
        MOST,
        amount({"max": [FEE, {"*": [usd("6.00"), V("introduction.hours")]}]}),
        above("500.00"),
        clean=amount({"min": [FEE, {"*": [usd("6.00"), V("introduction.hours")]}]}),
    ),
    Plant(
        "too-much-from-next-year-on",
        MOST,
        (dated("fee", "600.00", "500.00"),),
        single(lambda case: paid(case) > 500 and case.as_of.year >= 2027),
        clean=(dated("fee", "450.00", "500.00"),),
    ),
    Plant(
        "too-much-through-a-quotient",
        MOST,
        amount(
            {
                "/": [
                    usd("100000.00"),
                    {"+": [V("introduction.hours"), 199]},
                    {"scale": 2, "rounding": "half_up"},
                ]
            }
        ),
        above("500.00"),
        clean=amount(
            {
                "/": [
                    usd("100000.00"),
                    {"+": [V("introduction.hours"), 200]},
                    {"scale": 2, "rounding": "half_up"},
                ]
            }
        ),
    ),
    Plant("no-limit-at-all", BY_YEAR, (at(REWARD, "caps", []),), above("0.00")),
    Plant("a-limit-for-each-patient", BY_YEAR, (cap(per="patient"),), above("0.00")),
    Plant("a-limit-for-each-introduction", BY_YEAR, (cap(per="introduction", window=None),), above("0.00")),
    Plant(
        "a-limit-for-each-month",
        BY_YEAR,
        (cap(window={"kind": "calendar", "unit": "month"}),),
        above("0.00"),
        clean=(cap(window=None),),
    ),
    Plant(
        "a-limit-one-cent-too-high",
        AT_MOST,
        (cap(maximum=usd("5000.01")),),
        above("0.00"),
    ),
    Plant(
        "a-limit-that-rises-next-year",
        AT_MOST,
        (dated("year_maximum", "6000.00", "5000.00"),),
        single(lambda case: paid(case) > 0 and case.as_of.year >= 2027),
        clean=(dated("year_maximum", "4000.00", "5000.00"),),
    ),
    Plant(
        "a-limit-that-rises-with-volume",
        AT_MOST,
        (
            cap(
                maximum={
                    "if": [{">": [V("partner.introductions_this_year"), 20]}, usd("6000.00"), usd("5000.00")]
                }
            ),
        ),
        single(lambda case: paid(case) > 0 and len(case.fact("partner.introductions")) > 20),
    ),
    Plant(
        "a-share-above-a-fifth",
        FIFTH,
        of_cost("0.21", "down"),
        single(lambda case: paid(case) > cost_of(case) / 5),
        clean=of_cost("0.20", "down"),
    ),
    Plant(
        "a-share-rounded-up",
        FIFTH,
        of_cost("0.20", "half_up"),
        single(lambda case: paid(case) > cost_of(case) / 5),
        clean=of_cost("0.19", "floor"),
    ),
    Plant(
        "a-share-of-an-absent-bill",
        FIFTH,
        of_cost("0.20", "down", {"var": ["treatment.total_cost", usd("1000.00")]}),
        single(lambda case: paid(case) > 0 and case.fact("treatment.total_cost") is None),
        clean=of_cost("0.20", "down", {"var": ["treatment.total_cost", usd("0.00")]}),
    ),
    Plant(
        "taken-back-for-a-complication",
        NEUTRAL,
        (
            at(
                REWARD,
                "reversed_when",
                {"in": [V("introduction.reversal_cause"), [*ALLOWED, "complication"]]},
            ),
        ),
        reversed_for(lambda case: case.fact("introduction.reversal_cause") == "complication"),
    ),
    Plant(
        "taken-back-without-a-cause",
        NEUTRAL,
        (at(REWARD, "reversed_when", V("introduction.reversal_noted")),),
        reversed_for(lambda case: case.fact("introduction.reversal_cause") not in ALLOWED),
    ),
    Plant(
        "taken-back-where-treatment-failed",
        NEUTRAL,
        (
            at(
                REWARD,
                "reversed_when",
                {
                    "and": [
                        {"in": [V("introduction.reversal_cause"), ALLOWED]},
                        {"!": V("treatment.completed")},
                    ]
                },
            ),
        ),
        reversed_for(lambda case: False),
        apart=frozenset({"treatment.completed"}),
        shown=2,
    ),
    Plant(
        "taken-back-where-the-patient-declines",
        NEUTRAL,
        (
            at(
                REWARD,
                "reversed_when",
                {
                    "and": [
                        {"in": [V("introduction.reversal_cause"), ALLOWED]},
                        {"!=": [V("introduction.accepted"), True]},
                    ]
                },
            ),
        ),
        reversed_for(lambda case: False),
        apart=frozenset({"introduction.accepted"}),
        shown=2,
    ),
]


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.id)
def test_the_fault_is_refuted_with_a_case_that_breaks_the_property(plant: Plant) -> None:
    check_refuted(plant)


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.id)
def test_the_clean_twin_is_proved(plant: Plant) -> None:
    check_proved(plant)
