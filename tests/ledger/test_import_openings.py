"""Starting in mid-year: openings, and the quarter after them, in amounts worked by hand."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from tests.ledger.importing import codes, outcomes, take, taken
from tests.ledger.world import NOW, World

from fairlead import project
from fairlead.ledger.import_run import import_files
from fairlead.ledger.payout import Payout
from fairlead.ledger.periods import read_period
from fairlead.problems import UsageError
from fairlead.store import rehearsal

JULY = date(2026, 7, 1)
HEAD = "code,programme,reward,currency,introductions,due,paid,reference\n"
OWN = "medical-travel/partner-programme,introduction.reward,USD"


def opening(*lines: str) -> str:
    return HEAD + "".join(f"{line}\n" for line in lines)


def open_july(world: World, *lines: str, **options: Any) -> Any:
    return take(world, opening(*lines), cut_over=JULY, **options)


def run(world: World) -> Any:
    ledger = world.ledger()
    report = ledger.accrue()
    ledger.assess()
    return report


def test_what_was_counted_is_due_and_was_paid_goes_on(world: World) -> None:
    world.partner("p1")
    world.introduction("i12", "2026-06-08")
    world.introduction("i13", "2026-06-22")
    done = open_july(world, f"TA-101,{OWN},13,1000.00,6000.00,BANK-118")
    assert outcomes(done) == [(2, "new", None)]
    with world.store.reading() as tx:
        due, paid = tx.book.entries()
        [act] = tx.book.acts(["open"])
    assert (due.kind, due.subject, due.units, due.state) == (
        "opening",
        "opening-TA-101-2026-07-01",
        100000,
        "released",
    )
    assert (paid.subject, paid.units, paid.state, paid.content["reference"]) == (
        "opening-TA-101-2026-07-01-paid",
        600000,
        "paid",
        "BANK-118",
    )
    assert (due.payee, due.day, paid.day) == ("p1", date(2026, 6, 30), date(2026, 6, 30))
    assert (act.actor, act.reason) == ("Ana Silva", "opening balances as of 2026-07-01")
    assert act.content["cut_over"] == {"medical-travel/partner-programme": "2026-07-01"}
    with world.store.reading() as tx:
        assert tx.archive.get(act.content["document"])["lines"][0]["paid"] == 600000
        # 11 of the 13 are known by their number alone
        assert len(tx.mirror.related("introduction", "partner", ["p1"])["p1"]) == 13


def test_the_quarter_after_pays_what_is_within_the_limit_of_the_year(world: World) -> None:
    world.partner("p1")
    world.introduction("i13", "2026-06-22")
    open_july(world, f"TA-101,{OWN},13,1000.00,6000.00,BANK-118")
    world.introduction("i14", "2026-07-14")
    world.introduction("i15", "2026-08-03")
    report = run(world)
    # 12 unnamed and i13 are before July; 6,000 + 1,000 leave 500 of the 7,500 of the year
    assert (report.looked_at, report.before_cut_over, report.accrued_now) == (15, 13, 2)
    assert (report.units, report.cut) == ({"USD": 50000}, 1)
    period = read_period("2026-Q3")
    payout = Payout(world.ledger())
    (payee,) = payout.propose(period, "Ana Silva").proposal.payees
    # 1,000 that were due and 500 for July
    assert (payee.outcome, payee.units) == ("pay", 150000)
    payout.approve(period, "Mehmet Kaya")
    payout.state(period, "Mehmet Kaya")
    payout.pay(period, "Ana Silva", on=NOW.date(), reference="BANK-201")
    with world.store.reading() as tx:
        balances = {each.account: each.units for each in tx.book.balances(["p1"])}
    assert balances == {"opening": -700000, "expense": -50000, "paid": 750000, "released": 0} | {
        key: 0 for key in balances if key not in ("opening", "expense", "paid")
    }


def test_introductions_before_the_cut_over_never_accrue_however_late_they_come(world: World) -> None:
    world.partner("p1")
    open_july(world, f"TA-101,{OWN},0,0,0,")
    world.introduction("i1", "2026-06-30")
    world.introduction("i2", "2026-07-01")
    report = run(world)
    assert (report.before_cut_over, report.accrued_now) == (1, 1)


def test_the_limit_of_a_year_that_has_not_begun_is_whole(world: World) -> None:
    world.partner("p1")
    take(world, opening(f"TA-101,{OWN},0,0,7500.00,X-1"), cut_over=date(2026, 1, 1))
    world.introduction("i1", "2026-03-05")
    assert run(world).units == {"USD": 50000}


def test_the_same_opening_twice_changes_nothing_and_another_one_is_refused(world: World) -> None:
    world.partner("p1")
    world.partner("p2")
    open_july(world, f"TA-101,{OWN},3,100.00,0,")
    assert outcomes(open_july(world, f"TA-101,{OWN},3,100.00,0,")) == [(2, "same", None)]
    done = open_july(world, f"TA-101,{OWN},3,200.00,0,", f"TA-102,{OWN},1,50.00,0,")
    assert (codes(done), outcomes(done)) == ([(2, "already-opened")], [(3, "new", None)])
    with world.store.reading() as tx:
        assert [(each.payee, each.units) for each in tx.book.entries()] == [("p1", 10000), ("p2", 5000)]


def test_a_programme_has_one_cut_over(world: World) -> None:
    world.partner("p1")
    world.partner("p2")
    open_july(world, f"TA-101,{OWN},0,100.00,0,")
    done = take(world, opening(f"TA-102,{OWN},0,100.00,0,"), cut_over=date(2026, 8, 1))
    assert codes(done) == [(2, "already-opened")]
    assert done.rejects[0].problems[0].remedy == "give `--cut-over 2026-07-01`: a programme has one"


def test_a_ledger_that_has_accrued_is_not_opened_over_it(world: World) -> None:
    world.partner("p1")
    world.introduction("i1", "2026-06-22")
    run(world)
    assert codes(open_july(world, f"TA-101,{OWN},1,500.00,0,")) == [(2, "already-opened")]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (f"TA-109,{OWN},0,1.00,0,", "unknown-record"),
        ("TA-101,medical-travel/loyalty,introduction.reward,USD,0,1.00,0,", "no-rewards"),
        ("TA-101,medical-travel/partner-programme,introduction.fee,USD,0,1.00,0,", "no-rewards"),
        ("TA-101,medical-travel/partner-programme,introduction.reward,EUR,0,1.00,0,", "wrong-currency"),
        (f"TA-101,{OWN},0,1.2345,0,", "amount-not-rounded"),
        (f"TA-101,{OWN},0,-1.00,0,", "out-of-range"),
        (f"TA-101,{OWN},-1,1.00,0,", "out-of-range"),
        (f"TA-101,{OWN},0,0,5.00,", "empty-value"),
        ("TA-101,,introduction.reward,USD,0,1.00,0,", "missing-identity"),
        (f",{OWN},0,1.00,0,", "missing-identity"),
        (f"TA-101,{OWN},1,0,0,", "opening-count"),
    ],
)
def test_a_line_that_cannot_be_right_is_refused(world: World, line: str, code: str) -> None:
    world.partner("p1")
    world.introduction("i1", "2026-06-08")
    world.introduction("i2", "2026-06-09")
    assert codes(open_july(world, line)) == [(2, code)]
    with world.store.reading() as tx:
        assert list(tx.book.acts(["open"])) == []


def test_one_line_for_a_partner_and_a_reward(world: World) -> None:
    world.partner("p1")
    done = open_july(world, f"TA-101,{OWN},0,1.00,0,", f"TA-101,{OWN},0,2.00,0,")
    assert (codes(done), outcomes(done)) == ([(3, "already-opened")], [(2, "new", None)])


def test_openings_need_their_day_and_it_is_not_to_come(world: World) -> None:
    world.partner("p1")
    with pytest.raises(UsageError, match="opening balances are as of a day"):
        take(world, opening(f"TA-101,{OWN},0,1.00,0,"))
    with pytest.raises(UsageError, match="2027-01-01 is still to come"):
        take(world, opening(f"TA-101,{OWN},0,1.00,0,"), cut_over=date(2027, 1, 1))


def test_introductions_that_were_counted_do_not_come_in_once_more(world: World) -> None:
    world.partner("p1")
    open_july(world, f"TA-101,{OWN},3,0,0,")
    text = "id,partner.code,introduced_on\nI-1,TA-101,2026-05-05\nI-2,TA-101,2026-07-05\n"
    done = take(world, text)
    assert (codes(done), outcomes(done)) == ([(2, "already-opened")], [(3, "new", None)])


def test_partners_and_their_openings_come_in_one_import(world: World) -> None:
    partners = "code,name\nTA-55,Atlas\n"
    done = taken(world, opening(f"TA-55,{OWN},2,500.00,0,"), partners, cut_over=JULY)
    assert [(each.file.kind, codes(each)) for each in done] == [("partners", []), ("openings", [])]
    with world.store.reading() as tx:
        [entry] = tx.book.entries()
    assert (entry.payee, entry.units) == ("import-TA-55", 50000)


def test_a_preview_writes_nothing(world: World) -> None:
    world.partner("p1")
    path = world.folder.parent / "openings.csv"
    path.write_text(opening(f"TA-101,{OWN},3,100.00,0,"), "utf-8")
    real = world.store
    with rehearsal(real) as tried:
        world.store = tried
        assert outcomes(take(world, path, cut_over=JULY)) == [(2, "new", None)]
    world.store = real
    with real.reading() as tx:
        assert (list(tx.book.acts()), tx.mirror.counts()) == ([], {"agreement": 1, "partner": 1})


def test_the_tier_goes_on_by_the_count(world: World) -> None:
    world.partner("p1")
    open_july(world, f"TA-101,{OWN},5,0,0,")
    world.introduction("i6", "2026-07-02")
    with world.store.reading() as tx:
        related = tx.mirror.related("introduction", "partner", ["p1"])["p1"]
    record = {"partner": {"id": "p1", "introductions": [dict(each.facts) for each in related]}}
    result = project.open(world.folder).evaluate(record, date(2026, 7, 3))
    # silver begins at 6
    assert result.decisions["partner.tier"] == "silver"


def test_nothing_is_imported_without_files(world: World) -> None:
    assert import_files(world.store, project.open(world.folder), [], now=NOW) == []
