"""Planted faults in tables, scorecards and bounds, and in the shipped rulesets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from itertools import product
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
    subject_of,
)

from fairlead.engine import Program

FEES, TIER, SHARE, SCORE, BAND = (
    "introduction.fee",
    "partner.tier",
    "introduction.share",
    "lead.score",
    "lead.band",
)
REWARD = "introduction.reward"
COUNT = "partner.introductions_this_year"
DAY = date(2026, 11, 22)


def usd(amount: str) -> dict[str, Any]:
    return {"money": [amount, "USD"]}


def single(test: Callable[[Replay], bool]) -> Broken:
    return lambda cases: len(cases) == 1 and test(cases[0])


def in_no_row(name: str, *read: str) -> Broken:
    """All that is read is there, and the table has no row for it."""
    return single(
        lambda case: (
            case.result.decisions[name] is None
            and name not in case.result.conflicts
            and all(case.fact(each) is not None for each in read)
        )
    )


def in_rows(name: str, *rows: str) -> Broken:
    return single(lambda case: set(case.result.conflicts.get(name, ())) == set(rows))


def never(name: str, edits: Sequence[Edit], value: Any, **facts: Sequence[Any]) -> Broken:
    """No record over these facts gives the value."""

    def broken(_: Sequence[Replay]) -> bool:
        program = Program(subject_of("planted/programme", edits).ruleset)
        entity = name.partition(".")[0]
        records = (dict(zip(facts, values, strict=True)) for values in product(*facts.values()))
        given = [
            program.evaluate({entity: {k: v for k, v in each.items() if v is not None}}, as_of=DAY)
            for each in records
        ]
        return len(given) > 1 and all(each.decisions[name] != value for each in given)

    return broken


def tables(kind: str, name: str) -> dict[str, Any]:
    return {"kind": kind, "of": [name]}


def score_row(name: str, when: Any, points: int) -> dict[str, Any]:
    reason = {"code": name, "text": name.capitalize()}
    return {"id": name, "when": when, "points": points, "reason": reason}


def scoring(id_: str, asked: dict[str, Any], *edits: Edit, broken: Broken, **keys: Any) -> Plant:
    return Plant(id_, asked, edits, broken, entity="lead", **{"subject": SCORE, **keys})


HIDDEN = (
    Edit(
        ("decisions", SHARE, "rows"),
        [
            {"id": "whole", "when": {"absent": "introduction.reversal_noted"}, "then": 100},
            {"id": "half", "cells": {"introduction.file_complete": False}, "then": 50},
            {
                "id": "rest",
                "when": {
                    "and": [
                        {"absent": "introduction.reversal_noted"},
                        V("introduction.verified"),
                    ]
                },
                "then": 60,
            },
        ],
    ),
)
SHOWN = (
    Edit(
        ("decisions", SHARE, "rows"),
        [
            {"id": "half", "cells": {"introduction.file_complete": False}, "then": 50},
            {
                "id": "rest",
                "when": {
                    "and": [
                        {"absent": "introduction.reversal_noted"},
                        V("introduction.verified"),
                    ]
                },
                "then": 60,
            },
            {"id": "whole", "when": {"absent": "introduction.reversal_noted"}, "then": 100},
        ],
    ),
)
NO_PAGES = (add("decisions", SCORE, "rows", score_row("reader", {">": [V("lead.pages"), 50]}, 5)),)
NOT_BOTH = (
    add(
        "decisions",
        SCORE,
        "rows",
        score_row("both", {"and": [V("lead.dates"), {"!": V("lead.dates")}]}, 5),
    ),
)
FAR = (Edit(("parameters", "hot", "value"), 101),)
DIVIDED = at(
    REWARD,
    "amount",
    {"/": [V("parameters.fee"), V("introduction.hours"), {"scale": 2, "rounding": "down"}]},
)
SAFELY = at(
    REWARD,
    "amount",
    {
        "/": [
            V("parameters.fee"),
            {"max": [V("introduction.hours"), 1]},
            {"scale": 2, "rounding": "down"},
        ]
    },
)
WITH_RECORDS = (
    at(SCORE, "rows", "dates", "points", 15),
    at(SCORE, "rows", "pages", "points", 10),
    at(SCORE, "rows", "visits", "points", 10),
    add("decisions", SCORE, "rows", score_row("records", V("lead.records"), 40)),
)

PLANTS = [
    Plant(
        "a-gap-of-one",
        tables("total", TIER),
        (at(TIER, "rows", "bronze", "cells", COUNT, {"at_least": 1, "at_most": 4}),),
        single(
            lambda case: case.result.decisions[TIER] is None and len(case.fact("partner.introductions")) == 5
        ),
        subject=TIER,
        says="Introductions this year: 5: in no row of “tier”.",
    ),
    Plant(
        "an-overlap-of-one",
        tables("disjoint", TIER),
        (at(TIER, "rows", "silver", "cells", COUNT, {"at_least": 5}),),
        in_rows(TIER, "bronze", "silver"),
        subject=TIER,
        says="Introductions this year: 5: in the rows `bronze` and `silver` of “tier” at once.",
    ),
    Plant(
        "none-for-zero",
        tables("total", TIER),
        (at(TIER, "rows", 0, None),),
        single(lambda case: case.result.decisions[TIER] is None and case.fact("partner.introductions") == []),
        subject=TIER,
    ),
    Plant(
        "a-choice-in-no-row",
        tables("total", FEES),
        (at(FEES, "rows", 1, None),),
        in_no_row(FEES, "introduction.complexity"),
        subject=FEES,
        says="Complexity: standard: in no row of “fee by complexity”.",
    ),
    Plant(
        "a-choice-in-two-rows",
        tables("disjoint", FEES),
        (at(FEES, "rows", "standard", "cells", "introduction.complexity", ["standard", "complex"]),),
        in_rows(FEES, "standard", "complex"),
        subject=FEES,
    ),
    Plant(
        "two-rows-through-a-condition",
        tables("disjoint", FEES),
        (
            at(FEES, "rows", "simple", "cells", None),
            at(FEES, "rows", "simple", "when", {"!=": [V("introduction.complexity"), "complex"]}),
        ),
        in_rows(FEES, "simple", "standard"),
        subject=FEES,
    ),
    Plant(
        "two-answers-of-an-any-table",
        tables("disjoint", FEES),
        (
            at(FEES, "hit_policy", "any"),
            at(FEES, "rows", "standard", "cells", "introduction.complexity", ["standard", "complex"]),
        ),
        in_rows(FEES, "standard", "complex"),
        clean=(
            at(FEES, "hit_policy", "any"),
            at(FEES, "rows", "standard", "cells", "introduction.complexity", ["standard", "complex"]),
            at(FEES, "rows", "complex", "then", usd("400.00")),
        ),
        subject=FEES,
    ),
    Plant(
        "a-row-that-earlier-ones-hide",
        {"kind": "no_shadowed_row", "of": [SHARE]},
        HIDDEN,
        never(
            SHARE,
            HIDDEN,
            60,
            verified=(True, False, None),
            file_complete=(True, False, None),
            reversal_noted=(True, False, None),
        ),
        clean=SHOWN,
        subject=SHARE,
        shown=0,
    ),
    Plant(
        "a-row-above-the-most-pages",
        {"kind": "no_dead_row", "of": "scorecards"},
        NO_PAGES,
        never(SCORE, NO_PAGES, 35, pages=(None, *range(51)), visits=(None,)),
        entity="lead",
        subject=SCORE,
        shown=0,
    ),
    Plant(
        "a-row-that-contradicts-itself",
        {"kind": "no_dead_row", "of": "scorecards"},
        NOT_BOTH,
        never(SCORE, NOT_BOTH, 45, dates=(True, False, None)),
        entity="lead",
        subject=SCORE,
        shown=0,
    ),
    Plant(
        "an-empty-range",
        {"kind": "no_dead_row", "of": [TIER]},
        (at(TIER, "rows", "bronze", "cells", COUNT, {"above": 3, "below": 4}),),
        lambda _: not any(3 < number < 4 for number in range(1000)),
        subject=TIER,
        shown=0,
    ),
    Plant(
        "no-amount-for-the-complex",
        {"kind": "determined"},
        (
            at(
                REWARD,
                "amount",
                {
                    "if": [
                        {"==": [V("introduction.complexity"), "simple"]},
                        usd("300.00"),
                        {"==": [V("introduction.complexity"), "standard"]},
                        usd("400.00"),
                    ]
                },
            ),
        ),
        single(
            lambda case: (
                case.reward() is None
                and case.fact("introduction.complexity") == "complex"
                and case.fact("introduction.verified") is True
            )
        ),
    ),
    Plant(
        "divided-by-no-hours",
        {"kind": "determined"},
        (DIVIDED,),
        single(lambda case: case.reward() is None and case.fact("introduction.hours") == 0),
        clean=(SAFELY,),
    ),
    scoring(
        "more-than-a-hundred",
        {"kind": "bounded", "of": [SCORE], "maximum": 100},
        at(SCORE, "maximum", None),
        at(SCORE, "rows", "pages", "points", 31),
        broken=single(lambda case: case.result.decisions[SCORE] == 101),
    ),
    scoring(
        "less-than-nothing",
        {"kind": "bounded", "of": [SCORE], "minimum": 0},
        at(SCORE, "minimum", None),
        add("decisions", SCORE, "rows", score_row("turkish", {"==": [V("lead.language"), "tr"]}, -5)),
        broken=single(lambda case: case.result.decisions[SCORE] == -5),
    ),
    scoring(
        "fewer-points-for-more-pages",
        {"kind": "monotone", "of": [SCORE], "in": "lead.pages", "direction": "up"},
        at(
            SCORE,
            "rows",
            "pages",
            "when",
            {"and": [{">=": [V("lead.pages"), 10]}, {"<": [V("lead.pages"), 40]}]},
        ),
        broken=lambda cases: (
            cases[0].fact("lead.pages") < cases[1].fact("lead.pages")
            and cases[0].result.decisions[SCORE] > cases[1].result.decisions[SCORE]
        ),
        apart=frozenset({"lead.pages"}),
        shown=2,
    ),
    scoring(
        "a-colder-band-for-more-pages",
        {"kind": "monotone", "of": [BAND], "in": "lead.pages", "direction": "up"},
        add("decisions", SCORE, "rows", score_row("many", {">": [V("lead.pages"), 45]}, -60)),
        broken=lambda cases: (
            cases[0].fact("lead.pages") < cases[1].fact("lead.pages")
            and [case.result.decisions[BAND] for case in cases] == ["hot", "cold"]
        ),
        apart=frozenset({"lead.pages"}),
        subject=BAND,
        shown=2,
    ),
    scoring(
        "points-by-nationality",
        {"kind": "independent", "label": "protected", "of": [SCORE]},
        at(SCORE, "rows", "dates", "when", {"!=": [V("lead.nationality"), "us"]}),
        broken=lambda cases: cases[0].result.decisions[SCORE] != cases[1].result.decisions[SCORE],
        apart=frozenset({"lead.nationality"}),
        shown=2,
    ),
    scoring(
        "a-band-by-nationality-through-the-score",
        {"kind": "independent", "label": "protected", "of": [BAND]},
        at(SCORE, "rows", "dates", "when", {"in": [V("lead.nationality"), ["de", "us"]]}),
        broken=lambda cases: cases[0].result.decisions[BAND] != cases[1].result.decisions[BAND],
        apart=frozenset({"lead.nationality"}),
        subject=BAND,
        shown=2,
    ),
    scoring(
        "a-band-nobody-reaches",
        {"kind": "reachable", "of": [BAND], "value": "hot"},
        *FAR,
        broken=never(BAND, FAR, "hot", dates=(True, False, None), pages=(0, 9, 10, 50), visits=(0, 2, 3, 50)),
        subject=BAND,
        shown=0,
    ),
    scoring(
        "hot-only-with-health-records",
        {"kind": "needs", "of": [BAND], "value": "hot", "label": "special_category"},
        *WITH_RECORDS,
        broken=single(
            lambda case: (
                case.result.decisions[BAND] == "hot"
                and case.fact("lead.records") is True
                and Program(subject_of("planted/programme", WITH_RECORDS).ruleset)
                .evaluate({"lead": {**case.record["lead"], "records": False}}, as_of=DAY)
                .decisions[BAND]
                == "cold"
            )
        ),
        subject=BAND,
    ),
]


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.id)
def test_the_fault_is_refuted_with_a_case_that_breaks_the_property(plant: Plant) -> None:
    check_refuted(plant)


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.id)
def test_the_clean_twin_is_proved(plant: Plant) -> None:
    check_proved(plant)
