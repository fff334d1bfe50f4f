"""Explain, replay, verify: what is as the ledger has it, what is not, what a forgotten person leaves."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.ledger.test_rerating import world_of
from tests.ledger.worked_decisions import PROGRAMMES, live
from tests.ledger.worked_year import RATES, Year
from tests.ledger.world import NOW, World

from fairlead.ledger.corrections import Corrections
from fairlead.ledger.explaining import Explanation, explain
from fairlead.ledger.payout import Payout
from fairlead.ledger.periods import read_period
from fairlead.ledger.recomputing import Outcome
from fairlead.ledger.replay import ReplayReport, replay
from fairlead.ledger.verifying import LedgerVerification, verify_ledger
from fairlead.store import Ref, Store

HANDLING = "medical-travel/handling-fee-programme"


def settled(world: World, now: datetime = NOW) -> None:
    ledger = world.ledger(now)
    ledger.accrue()
    ledger.assess()


def replayed(world: World) -> ReplayReport:
    return replay(world.store, "UTC")


def why(world: World, entry: int) -> Explanation:
    return explain(world.store, entry, "UTC")


def verified(world: World) -> LedgerVerification:
    return verify_ledger(world.store)


def tamper(tmp_path: Path, *statements: str) -> None:
    """Change the database behind its own back: without its triggers, keys and conditions."""
    with sqlite3.connect(tmp_path / "fairlead.db") as database:
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f"DROP TRIGGER {name}")
        database.execute("PRAGMA ignore_check_constraints = ON")
        for statement in statements:
            assert database.execute(statement).rowcount > 0, statement
    database.close()


def test_a_ledger_with_limits_and_releases_recomputes(world: World) -> None:
    world.partner()
    for number in range(1, 17):
        world.introduction(f"i{number:02}", f"2026-03-{number:02}")
    settled(world)
    report = replayed(world)
    assert report.is_same
    assert (report.entries, report.releases, dict(report.outcomes)) == (16, 16, {"same": 16})
    # 15 times 500.00 USD is the most for one partner in a year
    assert report.currencies == {"USD": 750000}
    last = why(world, 16)
    assert (last.recomputation.asked, last.recomputation.units, str(last.amount)) == (50000, 0, "0.00 USD")


def test_limits_go_by_what_was_there_before_each_act(world: World) -> None:
    world.partner()
    for number in range(1, 16):
        world.introduction(f"i{number:02}", f"2026-03-{number:02}")
    settled(world)
    world.introduction("i01", "2026-03-01", verified=True, reversal_cause="fraud")
    world.introduction("i16", "2026-03-16")
    later = datetime(2026, 11, 22, 9, tzinfo=UTC)
    settled(world, later)
    world.introduction("i17", "2026-03-17")
    # the reversal made room for one more fee, and the entry before it did not have it
    settled(world, datetime(2026, 11, 23, 9, tzinfo=UTC))
    with world.store.reading() as tx:
        units = [entry.units for entry in tx.book.entries()]
    assert units == [50000] * 15 + [0, 50000]
    assert replayed(world).is_same


def test_an_explanation_shows_rule_inputs_disclosure_holds_and_movements(world: World) -> None:
    world.partner(licence_valid_until="2026-06-30")
    world.introduction("i1", "2026-10-05")
    settled(world)
    world.partner()
    settled(world, datetime(2026, 11, 22, 9, tzinfo=UTC))
    found = why(world, 1)
    assert found.recomputation.outcome is Outcome.SAME
    assert found.rule is not None
    assert "introduction.reward" in [section.name for section in found.rule.sections]
    assert found.recomputation.inputs["introduction"]["verified"] is True
    assert found.disclosure == {"given_at": "2026-01-02T09:00:00Z", "recorded_at": "2026-01-02T09:05:00Z"}
    assert [[reason["code"] for reason in held.reasons] for held, _ in found.holds] == [["no_licence"], []]
    assert [(movement.state.value, act.actor) for movement, act in found.movements] == [
        ("accrued", "fairlead"),
        ("held", "fairlead"),
        ("released", "fairlead"),
    ]
    assert found.differences == ()
    assert json.loads(json.dumps(found.as_json()))["amount"] == {"amount": "500.00", "currency": "USD"}


@pytest.mark.parametrize("url", ["sqlite", "postgresql"], indirect=True)
def test_corrections_are_checked_against_what_they_take_back(world: World) -> None:
    world.partner()
    world.introduction("i1", "2026-10-05")
    settled(world)
    payout = Payout(world.ledger())
    period = read_period("2026-Q4")
    payout.propose(period, "Ana")
    payout.approve(period, "Mehmet")
    payout.state(period, "Ana")
    Corrections(world.ledger()).correct(1, "Ana", "duplicate", "entered twice")
    report = replayed(world)
    assert report.is_same
    assert report.outcomes == {"same": 1, "takes_back": 1}
    assert why(world, 2).recomputation.units == -50000
    assert verified(world).sound


def test_a_forgotten_person_leaves_what_recomputes_a_flat_fee(world: World) -> None:
    world.partner()
    world.introduction("i1", "2026-10-05", lead="l1")
    settled(world)
    world.store.forget(Ref("leads", "l1"))
    found = why(world, 1)
    assert found.inputs_erased
    assert found.recomputation.outcome is Outcome.FROM_BASIS
    assert (found.recomputation.asked, found.recomputation.units) == (50000, 50000)
    assert found.recomputation.inputs == {
        "introduction": {"file_complete": True, "verified": True},
        "partner": {"id": "p1"},
    }
    report = replayed(world)
    assert report.is_same
    assert (report.outcomes, report.releases_erased) == ({"from_basis": 1}, 1)
    assert verified(world).sound


@pytest.mark.parametrize(
    ("change", "what", "ledger", "found"),
    [
        ("UPDATE ledger_entries SET asked = 60000, units = 60000", "amount before limits", "60000", "50000"),
        ("UPDATE ledger_entries SET units = 40000", "amount within limits", "40000", "50000"),
        (
            "UPDATE ledger_entries SET subject = 'i9'",
            "record of decision 1",
            "introduction i9",
            "introduction i1",
        ),
        ("UPDATE ledger_entries SET decision = 77", "inputs", "decision 77", "not in the decision log"),
        (
            """UPDATE ledger_entries SET content = replace(content, '"unapproved"', '"approved by Eve"')""",
            "approval of decision 1",
            "approved by Eve",
            "unapproved",
        ),
        ("DELETE FROM archive", "ruleset", "sha256:", "no document of this digest is in the archive"),
        (
            "UPDATE ledger_entries SET reward = 'introduction.gift'",
            "reward",
            "introduction.gift",
            "not in its",
        ),
    ],
)
def test_any_difference_is_said(
    world: World, tmp_path: Path, change: str, what: str, ledger: str, found: str
) -> None:
    world.partner()
    world.introduction("i1", "2026-10-05")
    world.ledger().accrue()
    tamper(tmp_path, change)
    report = replayed(world)
    assert report.found == 1
    said = [(each.what, each.ledger, each.found) for each in report.differences[0].differences]
    assert any(one == what and two.startswith(ledger) and found in three for one, two, three in said), said
    assert why(world, 1).differences


def test_an_archived_document_that_was_changed_is_found(world: World, tmp_path: Path) -> None:
    world.partner()
    world.introduction("i1", "2026-10-05")
    world.ledger().accrue()
    tamper(
        tmp_path, """UPDATE archive SET document = CAST(replace(document, '"500.00"', '"900.00"') AS BLOB)"""
    )
    report = replayed(world)
    assert [each.what for each in report.differences[0].differences] == ["ruleset"]


def test_a_release_that_its_inputs_do_not_allow_is_found(world: World, tmp_path: Path) -> None:
    world.partner()
    world.partner("p2", licence_valid_until="2026-06-30")
    world.introduction("i1", "2026-10-05")
    world.introduction("i2", "2026-10-06", "p2")
    settled(world)
    with world.store.reading() as tx:
        [act] = tx.book.acts(["assess"])
        entered = [each.decision for each in tx.book.entries()]
    # entry 2 as if it had been released on the inputs that it accrued by
    content = json.dumps({"decisions": {"1": act.content["decisions"]["1"], "2": entered[1]}})
    tamper(
        tmp_path,
        "UPDATE ledger_movements SET state = 'released' WHERE entry = 2 AND state = 'held'",
        f"UPDATE ledger_acts SET content = '{content}' WHERE id = {act.id}",  # noqa: S608 - our own
    )
    report = replayed(world)
    assert [each.entry for each in report.differences] == [2]
    assert "payable at release" in [each.what for each in report.differences[0].differences]


def test_entries_of_older_versions_recompute_after_the_version_has_gone(
    make_world: Callable[..., World], tmp_path: Path
) -> None:
    root = tmp_path / "clinic" / "rulesets" / "clinic"
    root.mkdir(parents=True)
    old, new = (
        overlay("1.0.0", "500.00", {"from": "2026-01-01", "to": "2026-07-01"}),
        overlay("2.0.0", "400.00", {"from": "2026-07-01"}),
    )
    (root / "programme@1.0.0.json").write_text(json.dumps(old))
    (root / "programme.json").write_text(json.dumps(new))
    world = make_world("clinic/programme")
    world.partner()
    world.introduction("i1", "2026-06-30")
    world.introduction("i2", "2026-07-01")
    settled(world)
    (root / "programme@1.0.0.json").unlink()
    with world.store.reading() as tx:
        assert [entry.units for entry in tx.book.entries()] == [50000, 40000]
    report = replayed(world)
    assert report.is_same
    assert report.outcomes == {"same": 2}


def overlay(version: str, fee: str, effective: dict[str, str]) -> dict[str, Any]:
    return {
        "fairlead": 1,
        "kind": "ruleset-overlay",
        "name": "clinic/programme",
        "version": version,
        "title": "Our programme",
        "about": "The shipped programme with a fee of our own.",
        "effective": effective,
        "extends": {"name": "medical-travel/partner-programme", "version": "1.0.0"},
        "changes": [
            {
                "action": "replace",
                "what": "parameter",
                "id": "introduction_fee",
                "value": {
                    "type": "money",
                    "currency": "USD",
                    "value": {"amount": fee, "currency": "USD"},
                    "title": "fee for a verified introduction",
                },
            }
        ],
    }


def test_a_ledger_as_it_was_written_is_sound(world: World) -> None:
    world.partner()
    world.introduction("i1", "2026-10-05")
    settled(world)
    found = verified(world)
    assert (found.sound, found.acts, found.found) == (True, 2, 0)


@pytest.mark.parametrize(
    ("change", "kinds"),
    [
        ("UPDATE ledger_acts SET actor = 'Eve' WHERE id = 1", {"act-edited"}),
        ("UPDATE ledger_entries SET patient = 'l9'", {"act-edited"}),
        ("DELETE FROM ledger_holds", {"act-edited"}),
        ("DELETE FROM ledger_acts WHERE id = 2", {"act-missing", "no-act"}),
        ("UPDATE ledger_movements SET units = 1 WHERE id = 1", {"act-edited", "not-balanced"}),
        ("UPDATE ledger_movements SET state = 'paid' WHERE id = 2", {"act-edited", "wrong-state"}),
        (
            "UPDATE ledger_movements SET from_state = 'approved', state = 'on_statement' WHERE id = 2",
            {"act-edited", "wrong-state"},
        ),
        ("UPDATE ledger_entries SET subject = 'i1', revision = id", {"act-edited", "accrued-twice"}),
    ],
)
def test_whatever_is_changed_is_found(world: World, tmp_path: Path, change: str, kinds: set[str]) -> None:
    world.partner(licence_valid_until="2026-06-30")
    world.introduction("i1", "2026-10-05")
    world.introduction("i2", "2026-10-06")
    settled(world)
    tamper(tmp_path, change)
    found = verified(world)
    assert not found.sound
    assert {each.kind for each in found.findings} == kinds


def test_differences_of_rates_recompute_too(store: Store, tmp_path: Path) -> None:
    world = world_of(tmp_path / "clinic", store, re_rates=True)
    world.partner()
    for number in (1, 2, 3):
        world.introduction(f"i{number}", f"2026-02-0{number}", lead=f"l{number}")
        world.ledger().accrue()
    with world.store.reading() as tx:
        kinds = [entry.kind for entry in tx.book.entries()]
    assert kinds.count("re_rating") == 2
    report = replayed(world)
    assert report.is_same, report.differences
    assert report.outcomes == {"same": 5}
    world.store.forget(Ref("leads", "l1"))
    # the count of a partner's introductions is no fact that could be kept
    assert replayed(world).outcomes == {"same": 3, "erased": 2}
    tamper(
        tmp_path, "UPDATE ledger_entries SET asked = 7, units = 7 WHERE kind = 're_rating' AND subject = 'i2'"
    )
    assert [each.what for each in replayed(world).differences[0].differences] == ["new rate"]


@pytest.mark.parametrize("programme", PROGRAMMES)
def test_the_worked_year_recomputes_and_is_whole(make_world: Callable[..., World], programme: str) -> None:
    world = make_world(programme)
    live(Year(world), programme)
    report = replay(world.store, "UTC", RATES)
    assert report.is_same, report.differences
    assert report.entries > 20
    assert "differs" not in report.outcomes
    found = verified(world)
    assert found.sound, found.findings
