"""A draft tried on history: gains and losses worked by hand, limits, checks, no trace in the ledger."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from tests.ledger.world import NOW, World

from fairlead import project
from fairlead.ledger.history import draft_of, simulate_history
from fairlead.ledger.simulation import Simulation
from fairlead.ledger.simulation_page import simulation_html
from fairlead.problems import UsageError

SINCE = date(2026, 1, 1)


def draft(path: Path, *changes: dict[str, Any], name: str = "clinic/new-programme") -> Path:
    document = {
        "fairlead": 1,
        "kind": "ruleset-overlay",
        "name": name,
        "version": "2.0.0",
        "title": "A draft",
        "about": "A draft of our programme.",
        "extends": {"name": "medical-travel/partner-programme", "version": "1.0.0"},
        "changes": list(changes),
    }
    path.write_text(json.dumps(document))
    return path


def parameter(name: str, amount: str) -> dict[str, Any]:
    return {
        "action": "replace",
        "what": "parameter",
        "id": name,
        "value": {
            "type": "money",
            "currency": "USD",
            "value": {"amount": amount, "currency": "USD"},
            "title": "an amount",
        },
    }


def simulated(world: World, path: Path, since: date = SINCE, **options: Any) -> Simulation:
    opened = project.open(world.folder)
    return simulate_history(opened, world.store, draft_of(opened, path), since=since, now=NOW, **options)


def test_gains_and_losses_are_worked_out_per_payee(world: World, tmp_path: Path) -> None:
    world.partner()
    world.partner("p2")
    world.introduction("i1", "2026-03-01")
    world.introduction("i2", "2026-03-02")
    world.introduction("i3", "2026-04-01", "p2")
    found = simulated(world, draft(tmp_path / "new.json", parameter("introduction_fee", "350.00")))
    # two and one introductions at 500.00 against 350.00 USD
    assert [(each.payee, each.present, each.draft, each.gain) for each in found.payees] == [
        ("TA-101", 100000, 70000, -30000),
        ("TA-102", 50000, 35000, -15000),
    ]
    assert found.totals == [("USD", 150000, 105000)]
    assert (found.looked_at, found.present.earned, found.draft.earned) == (3, 3, 3)
    assert found.approval == "unapproved"
    with world.store.reading() as tx:
        assert (tx.book.last_act(), tx.log.head().count, list(tx.archive.digests())) == (0, 0, [])


def test_limits_hold_over_the_history_before_the_first_day(world: World, tmp_path: Path) -> None:
    world.partner()
    for number in range(1, 17):
        world.introduction(f"i{number:02}", f"2026-03-{number:02}")
    path = draft(tmp_path / "new.json", parameter("partner_year_maximum", "5000.00"))
    found = simulated(world, path, date(2026, 3, 10))
    # of 16 fees of 500.00, 7,500.00 a year leave the first 15, and 5,000.00 the first 10;
    # from 10 March on these are six of them against one
    assert (found.looked_at, found.totals) == (7, [("USD", 300000, 50000)])
    assert (found.present.cut, found.draft.cut) == (1, 6)


def test_checks_that_would_fire_are_counted_on_both_sides(world: World, tmp_path: Path) -> None:
    world.partner()
    world.partner("p2", licence_valid_until="2026-06-30")
    world.introduction("i1", "2026-10-05")
    world.introduction("i2", "2026-10-06", "p2")
    without = {
        "action": "replace",
        "what": "decision",
        "id": "introduction.licence_valid",
        "value": {
            "name": "introduction.licence_valid",
            "kind": "check",
            "title": "The partner is onboarded",
            "requirement": {"absent": "partner.onboarded_on"},
            "severity": "error",
            "reason": {"code": "onboarded", "text": "The partner is onboarded already"},
        },
    }
    found = simulated(world, draft(tmp_path / "new.json", without))
    assert [(each.code, each.present, each.draft) for each in found.checks] == [("no_licence", 1, 0)]
    assert (found.present.payable, found.draft.payable) == ({"USD": 50000}, {"USD": 100000})
    [first, second] = found.payees
    assert (second.payee, second.present_payable, second.draft_payable) == ("TA-102", 0, 50000)
    assert first.present_payable == first.draft_payable == 50000


def test_what_was_taken_back_or_has_no_partner_is_not_counted(world: World, tmp_path: Path) -> None:
    world.partner()
    world.introduction("i1", "2026-10-05", reversal_cause="fraud")
    world.put("introduction", "i2", {"introduced_on": "2026-10-06", "verified": True, "file_complete": True})
    world.introduction("i3", "2026-10-07", verified=False)
    world.introduction("i4", "2025-10-07")
    found = simulated(
        world, draft(tmp_path / "new.json", parameter("introduction_fee", "400.00")), date(2025, 1, 1)
    )
    side = found.present
    assert (side.earned, side.taken_back, side.not_earned, side.out_of_force) == (0, 1, 1, 1)
    assert side.nobody + side.not_known == 1
    # a draft is taken as in force on every day
    assert (found.draft.earned, found.draft.out_of_force) == (1, 0)


def test_a_draft_that_takes_nobodys_place_is_refused(make_world: Any, tmp_path: Path) -> None:
    world = make_world("medical-travel/partner-programme", "medical-travel/handling-fee-programme")
    world.partner()
    world.introduction("i1", "2026-10-05")
    path = draft(tmp_path / "new.json", parameter("introduction_fee", "350.00"))
    with pytest.raises(UsageError) as caught:
        simulated(world, path)
    assert caught.value.problems[0].remedy == "name the programme with `--instead-of`"
    found = simulated(world, path, instead_of="medical-travel/partner-programme")
    assert [each.gain for each in found.payees if each.currency == "USD" and each.gain] == [-15000]


def test_the_page_escapes_what_the_crm_says(world: World, tmp_path: Path) -> None:
    world.partner("<script>p")
    world.introduction("i1", "2026-10-05", "<script>p")
    html = simulation_html(
        simulated(world, draft(tmp_path / "new.json", parameter("introduction_fee", "350.00")))
    )
    assert "<script>p" not in html
    assert "&lt;script&gt;p" in html
    assert '<svg class="bars"' in html
    assert "-150.00 USD" in html
    assert "https://" not in html.replace('xmlns="http://www.w3.org/2000/svg"', "").split("<main>")[1]
