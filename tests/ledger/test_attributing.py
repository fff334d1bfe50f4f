"""Attribution within the ledger: codes, duplicates, merges, persons."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tests.ledger.world import NOW

from fairlead.ledger.payout import Payout
from fairlead.ledger.periods import read_period
from fairlead.ledger.replay import replay
from fairlead.store import Ref, Touch, Way

if TYPE_CHECKING:
    from tests.ledger.world import World


def run(world: World) -> dict[str, tuple[str, list[str]]]:
    """Accrue and assess; return payee and codes of the reasons by introduction."""
    ledger = world.ledger()
    ledger.accrue()
    ledger.assess()
    with world.store.reading() as tx:
        entries = [entry for entry in tx.book.entries() if entry.kind == "accrual"]
        holds = tx.book.holds([entry.id for entry in entries])
        return {
            entry.subject: (
                entry.payee,
                [reason["code"] for reason in holds[entry.id].reasons] if entry.id in holds else [],
            )
            for entry in entries
        }


def touch(world: World, lead: str, code: str, at: datetime, way: Way = Way.TRACKING_CODE) -> None:
    with world.store.transaction() as tx:
        tx.touches.add([Touch(Ref("leads", lead), code, way, at, NOW)])


def register(world: World, *partners: str) -> None:
    with world.store.transaction() as tx:
        for partner in partners:
            tx.codes.register(f"TA-{100 + int(partner[1:])}", Ref("partners", partner), at=NOW)


def test_a_code_that_names_another_partner_than_the_crm_holds(world: World) -> None:
    world.partner("p1")
    world.partner("p2")
    register(world, "p1", "p2")
    world.introduction("i1", "2026-10-05", "p2")
    touch(world, "l-i1", "TA-101", datetime(2026, 10, 1, 9, tzinfo=UTC))
    payee, codes = run(world)["i1"]
    # the first touch decides, and that somebody else is named is for a person to settle
    assert (payee, codes) == ("p1", ["another_partner"])


def test_a_code_in_an_address_counts(world: World) -> None:
    world.partner("p1")
    register(world, "p1")
    world.introduction("i1", "2026-10-05", "p1")
    address = "https://clinic.example/start?partner=TA-101"
    touch(world, "l-i1", address, datetime(2026, 10, 1, 9, tzinfo=UTC), Way.URL)
    assert run(world)["i1"] == ("p1", [])
    with world.store.reading() as tx:
        kept = tx.book.attributions("introduction", ["i1"])["i1"].content
    assert kept == {"way": "url", "code": "TA-101", "at": "2026-10-01T09:00:00+00:00"}


def test_the_second_introduction_of_a_patient_is_a_duplicate(world: World) -> None:
    world.partner("p1")
    world.partner("p2")
    world.introduction("i1", "2026-10-05", "p1", lead="l1")
    world.introduction("i2", "2026-10-06", "p2", lead="l1")
    assert run(world) == {"i1": ("p1", []), "i2": ("p2", ["duplicate_patient"])}


def test_two_leads_of_one_person_are_suspected_and_not_merged(world: World) -> None:
    world.partner("p1")
    world.partner("p2")
    world.introduction("i1", "2026-10-05", "p1")
    world.introduction("i2", "2026-10-06", "p2")
    with world.store.transaction() as tx:
        tx.marks.put({Ref("leads", f"l-{id_}"): [("email", "ayse@example.com")] for id_ in ("i1", "i2")})
    assert run(world) == {"i1": ("p1", []), "i2": ("p2", ["duplicate_patient"])}


def test_an_introduction_stays_one_when_its_record_is_merged(world: World) -> None:
    world.partner("p1")
    world.introduction("i1", "2026-10-05", "p1")
    run(world)
    with world.store.transaction() as tx:
        tx.identity.merge(Ref("introductions", "i1"), Ref("introductions", "i9"), at=NOW)
    found = run(world)
    assert found == {"i1": ("p1", [])}


def test_a_partner_that_is_gone_holds_what_is_not_paid(world: World) -> None:
    world.partner("p1")
    world.introduction("i1", "2026-10-05", "p1", file_complete=True)
    run(world)
    with world.store.transaction() as tx:
        tx.mirror.delete(Ref("partners", "p1"))
    payee, codes = run(world)["i1"]
    assert payee == "p1"
    assert codes


def test_what_is_noted_by_the_crm_holds(world: World) -> None:
    world.partner("p1")
    world.introduction("i1", "2026-10-01", "p1", is_self_referral=True)
    world.introduction("i2", "2026-10-02", "p1", patient_already_known=True)
    world.partner("p2", is_facility_staff=True)
    world.introduction("i3", "2026-10-03", "p2")
    found = run(world)
    assert found["i1"] == ("p1", ["self_referral"])
    assert found["i2"] == ("p1", ["existing_patient"])
    assert found["i3"] == ("p2", ["staff_referral", "partner_may_not_be_paid"])


def test_a_merged_partner_is_paid_as_who_it_lives_on_as_within_one_limit(world: World) -> None:
    world.partner("p1")
    world.partner("p2")
    for number in range(1, 15):
        world.introduction(f"i{number:02}", f"2026-03-{number:02}", "p1")
    run(world)
    world.merge("partners", "p1", "p2")
    world.merge("agreements", "a-p1", "a-p2")
    for number in (15, 16):
        world.introduction(f"i{number:02}", f"2026-03-{number:02}", "p2")
    found = run(world)
    assert {codes for _, codes in ((payee, tuple(codes)) for payee, codes in found.values())} == {()}
    with world.store.reading() as tx:
        units = {entry.subject: entry.units for entry in tx.book.entries()}
        proposal = Payout(world.ledger()).look(tx, read_period("2026"))
    # 14 under the old id and 1 under the new: 15 times 500.00 are the 7,500.00 of a year
    assert (units["i15"], units["i16"]) == (50000, 0)
    assert [(each.payee.id, each.units) for each in proposal.payees] == [("p2", 750000)]
    assert replay(world.store, "UTC").is_same


def test_what_a_programme_does_not_hold_is_noted(make_world: Callable[..., World]) -> None:
    world = make_world("medical-travel/partner-tiers-as-published")
    world.partner("p1")
    world.put("treatment", "t1", {"completed": True, "total_cost": {"amount": "8000.00", "currency": "USD"}})
    world.introduction("i1", "2026-10-01", "p1", is_self_referral=True)
    with world.store.transaction() as tx:
        record = tx.mirror.record("introduction", "i1")
        assert record is not None
        tx.mirror.put_record(replace(record, links={**record.links, "treatment": Ref("treatments", "t1")}))
    ledger = world.ledger()
    ledger.accrue()
    report = ledger.assess()
    # the published text holds nothing
    assert (report.released, report.noted) == (1, {"self_referral": 1})
