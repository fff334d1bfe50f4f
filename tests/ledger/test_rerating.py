"""Tiers by count: frozen when an introduction accrues, and rated anew only where the programme says so."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.ledger.world import World, write_project

from fairlead.ledger.replay import replay
from fairlead.store import Store


def tiers(*, re_rates: bool) -> dict[str, object]:
    """500.00 USD for each of the first two introductions of a year, 600.00 from the third on."""
    amounts = {
        "if": [
            {">=": [{"var": "partner.introductions_this_year"}, 3]},
            {"money": ["600.00", "USD"]},
            {"money": ["500.00", "USD"]},
        ]
    }
    return {
        "fairlead": 1,
        "kind": "ruleset",
        "name": "clinic/tiers",
        "version": "1.0.0",
        "title": "Tiers",
        "about": "For tests.",
        "model": {"name": "medical-travel/facts", "version": "1.0.0"},
        "decisions": [
            {
                "name": "introduction.reward",
                "kind": "reward",
                "title": "fee by tier",
                "currency": "USD",
                "payee": "partner",
                "amount": amounts,
                "accrues_when": {"var": "introduction.verified"},
                "payable_when": True,
                "reversed_when": False,
                "caps": [
                    {
                        "id": "year",
                        "per": "payee",
                        "window": {"kind": "calendar", "unit": "year"},
                        "maximum": {"money": ["2350.00", "USD"]},
                    }
                ],
                "work": ["introduction.verified"],
                "re_rates": re_rates,
            }
        ],
    }


def world_of(folder: Path, store: Store, *, re_rates: bool) -> World:
    (folder / "rulesets" / "clinic").mkdir(parents=True)
    (folder / "rulesets" / "clinic" / "tiers.json").write_text(json.dumps(tiers(re_rates=re_rates)))
    return World(write_project(folder, "clinic/tiers"), store)


def entered(world: World) -> list[tuple[str, str, int]]:
    with world.store.reading() as tx:
        return [(entry.subject, entry.kind, entry.units) for entry in tx.book.entries()]


@pytest.mark.parametrize("re_rates", [False, True])
def test_the_tier_of_an_introduction_is_that_of_its_day(store: Store, tmp_path: Path, re_rates: bool) -> None:
    world = world_of(tmp_path / "clinic", store, re_rates=re_rates)
    world.partner()
    for number in (1, 2):
        world.introduction(f"i{number}", f"2026-02-0{number}")
    world.ledger().accrue()
    world.introduction("i3", "2026-02-03")
    report = world.ledger().accrue()
    plain = [("i1", "accrual", 50000), ("i2", "accrual", 50000), ("i3", "accrual", 60000)]
    anew = [("i1", "re_rating", 10000), ("i2", "re_rating", 10000)]
    assert entered(world) == (plain + anew if re_rates else plain)
    assert report.re_rated == (2 if re_rates else 0)
    # once more: nothing is rated twice
    assert world.ledger().accrue().re_rated == 0
    # 1,800.00 so far (1,600.00 where nothing is rated anew); the limit is 2,350.00
    world.introduction("i4", "2026-02-04")
    world.ledger().accrue()
    assert entered(world)[-1] == ("i4", "accrual", 55000 if re_rates else 60000)


def test_a_late_introduction_is_counted_at_its_own_place(store: Store, tmp_path: Path) -> None:
    world = world_of(tmp_path / "clinic", store, re_rates=False)
    world.partner()
    for number in (1, 2, 3):
        world.introduction(f"i{number}", f"2026-02-0{number}")
    world.ledger().accrue()
    # it comes to light later, and it is the first of the year
    world.introduction("i0", "2026-01-31")
    world.ledger().accrue()
    assert entered(world) == [
        ("i1", "accrual", 50000),
        ("i2", "accrual", 50000),
        ("i3", "accrual", 60000),
        ("i0", "accrual", 50000),
    ]


def test_a_re_rating_is_held_and_released_with_its_introduction(store: Store, tmp_path: Path) -> None:
    world = world_of(tmp_path / "clinic", store, re_rates=True)
    world.partner()
    for number in (1, 2):
        world.introduction(f"i{number}", f"2026-02-0{number}")
    world.ledger().accrue()
    world.introduction("i3", "2026-02-03")
    ledger = world.ledger()
    ledger.accrue()
    report = ledger.assess()
    assert (report.looked_at, report.released) == (5, 5)


def test_introductions_of_a_merged_partner_are_rated_anew_within_one_limit(
    store: Store, tmp_path: Path
) -> None:
    world = world_of(tmp_path / "clinic", store, re_rates=True)
    world.partner("p1")
    world.partner("p2")
    for number in (1, 2):
        world.introduction(f"i{number}", f"2026-02-0{number}", "p1")
    world.ledger().accrue()
    world.merge("partners", "p1", "p2")
    world.introduction("i3", "2026-02-03", "p2")
    world.introduction("i4", "2026-02-04", "p2")
    world.ledger().accrue()
    # 500.00 + 500.00 + 600.00 + 600.00 are 2,200.00: of the limit 150.00 are left
    assert entered(world) == [
        ("i1", "accrual", 50000),
        ("i2", "accrual", 50000),
        ("i3", "accrual", 60000),
        ("i4", "accrual", 60000),
        ("i1", "re_rating", 10000),
        ("i2", "re_rating", 5000),
    ]
    assert replay(world.store, "UTC").is_same
