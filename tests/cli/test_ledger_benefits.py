"""`fairlead ledger points`, `redeem`, `hand-over` and `review`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.commands import invoke
from tests.ledger.test_benefits import share
from tests.ledger.world import NOW, World, write_project

from fairlead import project
from fairlead.ledger.payout import Payout
from fairlead.ledger.periods import read_period
from fairlead.sync.place import open_store

OCTOBER = read_period("2026-10")


@pytest.fixture
def clinic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A project on 21 November 2026: 20 points of one patient, one story, one introduction."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FAIRLEAD_STORE_URL", raising=False)
    monkeypatch.setattr("fairlead.cli.ledger_place.now", lambda: NOW)
    monkeypatch.setattr("fairlead.cli.ledger_review.now", lambda: NOW)
    folder = write_project(
        tmp_path / "clinic",
        "medical-travel/partner-programme",
        "medical-travel/ambassador-rewards",
        "medical-travel/loyalty",
    )
    with open_store(project.open(folder)) as store:
        world = World(folder, store)
        world.partner()
        world.introduction("i1", "2026-10-05")
        share(world)
        world.put("lead", "L-17", {"is_former_patient": True})
        visit = {"is_maintenance_visit": True, "completed": True, "arrived_on": "2026-03-02"}
        world.put("treatment", "t1", visit, {"lead": "L-17"})
        ledger = world.ledger()
        ledger.accrue()
        ledger.assess()
        yield world


def test_points_are_shown_used_and_never_more_than_there_are(clinic: World) -> None:
    shown = invoke("ledger", "points", "L-17", "clinic")
    assert shown.exit_code == 0
    assert "L-17 can use 20 points" in shown.stdout
    assert "20 earned = 0 used + 0 run out + 20 left" in shown.stdout
    assert "2028-03-02" in shown.stdout
    used = invoke(
        "ledger", "redeem", "L-17", "clinic", "--points", "15", "--benefit", "free_follow_up", "--by", "Ana"
    )
    assert used.exit_code == 0
    assert "20 earned = 15 used + 0 run out + 5 left" in used.stdout
    refused = invoke(
        "ledger", "redeem", "L-17", "clinic", "--points", "6", "--benefit", "free_follow_up", "--by", "Ana"
    )
    assert refused.exit_code == 2
    assert "`L-17` can use 5 points, and not 6" in refused.stderr
    assert "[not-enough-points]" in refused.stderr
    found = json.loads(invoke("ledger", "points", "L-17", "clinic", "--json").stdout)
    assert (found["earned"], found["redeemed"], found["left"], found["usable"]) == (20, 15, 5, 5)


def test_a_run_books_points_that_ran_out(clinic: World, monkeypatch: pytest.MonkeyPatch) -> None:
    later = NOW.replace(year=2028)
    monkeypatch.setattr("fairlead.cli.ledger_place.now", lambda: later)
    result = invoke("ledger", "run", "clinic", "--period", "2026-10", "--by", "Ana")
    assert "points that have run out: 20" in result.stdout
    assert "0 points" in invoke("ledger", "points", "L-17", "clinic").stdout


def test_a_gift_is_proposed_as_one_and_handed_over(clinic: World) -> None:
    run = invoke("ledger", "run", "clinic", "--period", "2026-10", "--by", "Ana")
    assert "15.00 USD (gift)" in run.stdout
    assert "To be paid: 500.00 USD" in run.stdout
    payout = Payout(clinic.ledger())
    payout.approve(OCTOBER, "Mehmet")
    written = invoke("ledger", "statements", "clinic", "--period", "2026-10", "--by", "Ana", "--out", "told")
    assert written.exit_code == 0
    assert sorted(path.name for path in Path("told").glob("*.json")) == [
        "TA-101-2026-10-USD-gift.json",
        "TA-101-2026-10-USD.json",
    ]
    given = invoke(
        "ledger", "hand-over", "clinic", "--period", "2026-10", "--what", "train voucher", "--by", "Ana"
    )
    assert "story s1, of 15.00 USD" in given.stdout
    assert "handed over as train voucher: 1" in given.stdout


def test_the_review_is_a_table_json_and_a_page(clinic: World) -> None:
    shown = invoke("ledger", "review", "clinic", "--html", "review.html")
    assert shown.exit_code == 0
    assert "TA-101" in shown.stdout
    assert "never reach a reward" in shown.stdout
    assert "never reach a reward" in Path("review.html").read_text("utf-8")
    found = json.loads(invoke("ledger", "review", "clinic", "--partner", "TA-101", "--json").stdout)
    assert [(each["code"], each["introductions"]) for each in found["partners"]] == [("TA-101", 1)]
    # points of patients go by their own visits, and are no partner's
    assert found["rewards_that_read_what_is_for_the_review"] == {}
    assert found["rulesets"] == ["medical-travel/partner-review 1.0.0", "medical-travel/handoff 1.0.0"]


def test_a_review_of_nobody_or_of_no_time_is_refused(clinic: World) -> None:
    unknown = invoke("ledger", "review", "clinic", "--partner", "TA-999")
    assert (unknown.exit_code, "[unknown-partner]" in unknown.stderr) == (2, True)
    backwards = invoke("ledger", "review", "clinic", "--from", "2026-10-01", "--to", "2026-09-01")
    assert (backwards.exit_code, "[wrong-period]" in backwards.stderr) == (2, True)
