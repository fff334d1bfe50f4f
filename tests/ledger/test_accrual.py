"""Accrual: once for each programme, reward and introduction; limits; what is not entered and why."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tests.ledger.world import write_project

if TYPE_CHECKING:
    from tests.ledger.world import World


def test_an_introduction_accrues_once(world: World) -> None:
    world.partner()
    world.introduction("i1", "2026-10-05")
    report = world.ledger().accrue()
    assert (report.looked_at, report.accrued_now, report.units) == (1, 1, {"USD": 50000})
    again = world.ledger().accrue()
    assert (again.looked_at, again.accrued_before, again.entries) == (1, 1, 0)
    with world.store.reading() as tx:
        [entry] = tx.book.entries()
    assert (entry.payee, entry.patient, entry.units, entry.asked) == ("p1", "l-i1", 50000, 50000)
    assert entry.content["basis"] == {"introduction.file_complete": True, "introduction.verified": True}


def test_the_yearly_limit_cuts_the_newest(world: World) -> None:
    world.partner()
    for number in range(1, 17):
        world.introduction(f"i{number:02}", f"2026-03-{number:02}")
    report = world.ledger().accrue()
    # 15 times 500.00 is the 7,500.00 that one partner earns in a year
    assert (report.entries, report.cut, report.units) == (16, 1, {"USD": 750000})
    with world.store.reading() as tx:
        last = list(tx.book.entries())[-1]
    assert (last.subject, last.units, last.asked) == ("i16", 0, 50000)
    assert last.content["limits"] == [{"id": "partner_year", "per": "payee", "maximum": 750000, "left": 0}]


def test_what_is_in_order_is_released_and_the_rest_is_held_with_reasons(world: World) -> None:
    world.partner()
    world.partner("p2", licence_valid_until="2026-06-30")
    world.introduction("i1", "2026-10-05")
    world.introduction("i2", "2026-10-06", "p2")
    ledger = world.ledger()
    ledger.accrue()
    report = ledger.assess()
    assert (report.looked_at, report.released, report.held, report.by_code) == (2, 1, 1, {"no_licence": 1})


def test_patients_who_are_not_known_are_several(world: World) -> None:
    world.partner()
    for number in (1, 2):
        id_ = f"i{number}"
        facts = {"introduced_on": "2026-10-05", "verified": True, "file_complete": True}
        world.put("introduction", id_, facts, {"partner": "p1"})
    report = world.ledger().accrue()
    # one fee for each patient is the limit; nobody knows that these two are one
    assert (report.entries, report.cut, report.units) == (2, 0, {"USD": 100000})


def test_what_another_programme_paid_does_not_hide_what_is_due(make_world: Callable[..., World]) -> None:
    world = make_world("medical-travel/handling-fee-programme")
    world.partner()
    world.introduction("i1", "2026-10-05", complexity="simple")
    first = world.ledger().accrue()
    # the file of a simple case
    assert (first.accrued_now, first.entries, first.units) == (1, 1, {"USD": 10000})
    write_project(world.folder, "medical-travel/partner-programme")
    report = world.ledger().accrue()
    # one reward is in force, and one accrual stands: by the other programme
    assert (report.accrued_now, report.entries, report.units) == (1, 1, {"USD": 50000})
