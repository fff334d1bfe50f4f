"""A quarter with the commands that a facility types, and what people decide about single entries."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.commands import invoke
from tests.ledger.world import NOW, World, write_project

from fairlead import project
from fairlead.cli import ledger_place
from fairlead.sync.place import open_store

Q4 = ("--period", "2026-Q4")
PERSON = ("--by", "Mehmet Kaya")
COMMANDS = [
    *("run", "approve", "show", "statements", "paid", "totals", "export"),
    *("dispute", "settle", "correct", "anew", "attribute"),
]


class Clock:
    """The instant that commands think it is."""

    def __init__(self) -> None:
        self.now = NOW


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(ledger_place, "now", lambda: clock.now)
    return clock


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A clinic with two introductions by TA-101, and one by TA-102, whose licence ended in June."""
    folder = write_project(tmp_path / "clinic")
    with open_store(project.open(folder)) as store:
        world = World(folder, store)
        world.partner()
        world.partner("p2", name="Rhein Reisen", licence_valid_until="2026-06-30")
        world.introduction("i1", "2026-10-05")
        world.introduction("i2", "2026-10-06")
        world.introduction("i3", "2026-10-07", "p2")
        yield world


def run(*words: str | Path) -> Any:
    result = invoke(*words)
    assert "Traceback" not in result.output
    assert not isinstance(result.exception, Exception), result.exception
    return result


def done(*words: str | Path) -> str:
    result = run(*words)
    assert result.exit_code == 0, result.output
    return str(result.stdout)


def said(*words: str | Path) -> Any:
    return json.loads(done(*words, "--json"))


def refused(*words: str | Path) -> dict[str, Any]:
    """Run a command that is refused, and return its one problem."""
    result = run(*words, "--json")
    assert result.exit_code == 2, result.output
    (problem,) = json.loads(result.stdout)["problems"]
    found: dict[str, Any] = problem
    return found


def proposed(world: World) -> Any:
    return said("ledger", "run", world.folder, *Q4, "--by", "Ana Silva")


def stated(world: World, out: Path) -> Any:
    proposed(world)
    done("ledger", "approve", world.folder, *Q4, *PERSON)
    return said("ledger", "statements", world.folder, *Q4, "--by", "Ana Silva", "--out", out)


def states(world: World) -> dict[int, str]:
    shown = said("ledger", "show", world.folder)
    return {each["entry"]: each["state"] for each in shown["entries"]}


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_help_with_an_example(command: str) -> None:
    help_ = done("ledger", command, "--help")

    assert "Examples:" in help_
    assert f"  fairlead ledger {command}" in help_
    assert "--json" in help_


def test_a_run_says_who_is_paid_what_is_held_and_what_to_do(world: World) -> None:
    text = done("ledger", "run", world.folder, *Q4, "--by", "Ana Silva")

    assert "Proposed: the payout of 2026-Q4, as of 2026-11-21" in text
    assert "3 records looked at: 3 accrued now" in text
    assert "TA-101   Atlas Travel  1,000.00 USD  2        to be paid" in text
    assert "i3      2026-10-07  500.00 USD  The partner had no valid licence on the day" in text
    assert "no_licence: it is paid once this is in order" in text
    assert "To be paid: 1,000.00 USD" in text


def test_a_run_for_machines_and_the_same_again_changes_nothing(world: World) -> None:
    first = proposed(world)

    assert first["totals"] == [{"amount": "1000.00", "currency": "USD"}]
    assert [(each["code"], each["outcome"], each["entries"]) for each in first["payees"]] == [
        ("TA-101", "pay", [1, 2])
    ]
    assert [(each["record"], each["reasons"][0]["code"]) for each in first["held"]] == [("i3", "no_licence")]
    again = proposed(world)
    assert (first["is_new"], again["is_new"], again["digest"]) == (True, False, first["digest"])
    assert (again["accrual"]["accrued_now"], again["accrual"]["accrued_before"]) == (0, 3)


def test_a_run_that_pays_nobody_asks_nobody_to_approve_it(world: World) -> None:
    proposed(world)

    text = done("ledger", "run", world.folder, "--period", "2026-Q3", "--by", "Ana Silva")

    assert "no entries are new" in text
    assert "To be paid: nothing" in text
    assert "nothing is there to approve" in text
    assert "fairlead ledger approve" not in text


def test_a_dry_run_keeps_nothing(world: World) -> None:
    tried = said("ledger", "run", world.folder, *Q4, "--by", "Ana Silva", "--dry-run")

    assert tried["totals"] == [{"amount": "1000.00", "currency": "USD"}]
    assert said("ledger", "show", world.folder) == {"entries": [], "balances": []}
    assert refused("ledger", "approve", world.folder, *Q4, *PERSON)["code"] == "nothing-proposed"


def test_an_introduction_whose_amount_cannot_be_known_is_a_reject_and_exit_code_1(world: World) -> None:
    world.put("introduction", "i9", {"introduced_on": "2026-10-08", "verified": True, "file_complete": True})

    result = run("ledger", "run", world.folder, *Q4, "--by", "Ana Silva")

    assert result.exit_code == 1
    assert "nobody is known who introduced `i9` [no-payee]" in result.stdout


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--period", "2026-Q5", "--by", "Ana"), "wrong-period"),
        (("--period", "2027-Q1", "--by", "Ana"), "wrong-period"),
        (("--period", "2026-Q4", "--by", "  "), "empty-value"),
    ],
)
def test_a_run_refuses_what_is_no_period_and_nobody(world: World, words: tuple[str, ...], code: str) -> None:
    assert refused("ledger", "run", world.folder, *words)["code"] == code


def test_balances_by_account_sum_to_zero(world: World) -> None:
    proposed(world)

    text = done("ledger", "show", world.folder)

    assert "expense   -1,500.00 USD" in text
    assert "held      500.00 USD" in text
    assert "released  1,000.00 USD" in text
    assert "the accounts in USD sum to 0.00 USD" in text


def test_entries_are_shown_by_partner_state_period_and_introduction(world: World) -> None:
    world.introduction("i4", "2026-07-01")
    proposed(world)

    def shown(*words: str) -> list[str]:
        return [each["record"] for each in said("ledger", "show", world.folder, *words)["entries"]]

    assert shown("--partner", "ta-102") == ["i3"]
    assert shown("--state", "held") == ["i3"]
    assert shown("--period", "2026-Q3") == ["i4"]
    assert shown("--introduction", "i2") == ["i2"]
    assert refused("ledger", "show", world.folder, "--state", "hold")["nearest"] == "held"
    unknown = refused("ledger", "show", world.folder, "--introduction", "i2x")
    assert (unknown["code"], unknown["nearest"]) == ("unknown-record", "i2")
    world.introduction("i5", "2026-10-08", verified=False)
    assert shown("--introduction", "i5") == []
    world.merge("introductions", "i2", "i5")
    assert shown("--introduction", "i5") == ["i2"]


def test_an_unknown_partner_is_refused_with_the_nearest_code(world: World) -> None:
    problem = refused("ledger", "show", world.folder, "--partner", "TA-110")

    assert (problem["code"], problem["nearest"]) == ("unknown-partner", "TA-101")
    assert problem["remedy"] == "give the partner's tracking code"


def test_who_proposed_cannot_approve_and_nobody_is_left_out_without_a_reason(world: World) -> None:
    proposed(world)

    assert refused("ledger", "approve", world.folder, *Q4, "--by", "ANA  SILVA")["code"] == "same-person"
    left_out = ("ledger", "approve", world.folder, *Q4, *PERSON, "--leave-out", "TA-101")
    assert refused(*left_out)["code"] == "empty-value"
    unknown = ("ledger", "approve", world.folder, *Q4, *PERSON, "--leave-out", "TA-11", "--reason", "late")
    assert refused(*unknown)["nearest"] == "TA-101"
    found = said(*left_out, "--reason", "their account is being changed")
    assert (found["payees"], [each["code"] for each in found["left_out"]]) == ([], ["TA-101"])
    assert states(world) == {1: "released", 2: "released", 3: "held"}


def test_what_changed_since_the_proposal_is_not_approved(world: World) -> None:
    proposed(world)
    world.introduction("i4", "2026-10-09")
    done("ledger", "run", world.folder, "--period", "2026-11", "--by", "Ana Silva")

    problem = refused("ledger", "approve", world.folder, *Q4, *PERSON)

    assert problem["code"] == "proposal-changed"
    assert "fairlead ledger run" in problem["remedy"]


def test_a_project_without_a_register_signs_nothing(world: World) -> None:
    proposed(world)

    problem = refused("ledger", "approve", world.folder, *Q4, "--as", "ayse", "--key", "ayse.pem")

    assert problem["code"] == "wrong-usage"


def test_statements_before_the_approval_say_what_is_missing(world: World, tmp_path: Path) -> None:
    proposed(world)
    words = ("ledger", "statements", world.folder, *Q4, "--by", "Ana Silva", "--out", tmp_path / "out")
    assert "nothing of 2026-Q4 is approved: `fairlead ledger approve`" in done(*words)


def test_a_run_names_the_command_for_what_only_a_person_can_decide(world: World) -> None:
    done("ledger", "run", world.folder, *Q4, "--by", "Ana Silva")
    hint = "`fairlead ledger anew` decides an entry anew"
    assert hint not in done("ledger", "run", world.folder, *Q4, "--by", "Ana Silva")
    world.introduction("i4", "2026-10-08")
    done("ledger", "run", world.folder, *Q4, "--by", "Ana Silva", "--dry-run")
    world.introduction("i3", "2026-10-07", "p2", verified=False)
    assert hint in done("ledger", "run", world.folder, *Q4, "--by", "Ana Silva")


def test_statements_are_written_for_everybody_who_is_paid_or_held(world: World, tmp_path: Path) -> None:
    made = stated(world, tmp_path / "out")

    assert [(each["code"], each["total"]["amount"], each["preview"]) for each in made["statements"]] == [
        ("TA-101", "1000.00", False),
        ("TA-102", "0.00", True),
    ]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        *("TA-101-2026-Q4-USD.csv", "TA-101-2026-Q4-USD.html", "TA-101-2026-Q4-USD.json"),
        *(
            "TA-102-2026-Q4-USD-preview.csv",
            "TA-102-2026-Q4-USD-preview.html",
            "TA-102-2026-Q4-USD-preview.json",
        ),
    ]
    # again: the same statement, and no second one
    before = (tmp_path / "out/TA-101-2026-Q4-USD.html").read_bytes()
    words = ("ledger", "statements", world.folder, *Q4, "--by", "Ana Silva", "--out", tmp_path / "out")
    assert "1 statement of 2026-Q4" in done(*words)
    assert (tmp_path / "out/TA-101-2026-Q4-USD.html").read_bytes() == before


def test_a_partners_code_leads_out_of_no_folder(world: World, tmp_path: Path) -> None:
    world.partner("p3", code="../../etc/passwd")
    world.introduction("i4", "2026-10-09", "p3")

    made = stated(world, tmp_path / "out")

    names = [Path(path).name for each in made["statements"] for path in each["files"]]
    assert "etc-passwd-2026-Q4-USD.html" in names
    assert all(Path(path).parent == tmp_path / "out" for each in made["statements"] for path in each["files"])


def test_payment_is_recorded_once(world: World, tmp_path: Path) -> None:
    stated(world, tmp_path / "out")
    words = ("ledger", "paid", world.folder, *Q4, "--by", "Ana Silva", "--reference", "SEPA-17")

    assert "Recorded as paid: 1,000.00 USD" in done(*words, "--partner", "ta-101")
    assert states(world) == {1: "paid", 2: "paid", 3: "held"}
    assert "nothing is left to be paid" in done(*words)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--reference", "S", "--on", "2026-11-22"), "wrong-day"),
        (("--reference", "S", "--on", "2026-11-20"), "wrong-day"),
        (("--reference", "S", "--on", "21.11.2026"), "wrong-type"),
        (("--reference", "S", "--partner", "TA-102"), "nothing-on-statement"),
        ((), "missing-key"),
        (("--file", "payments.csv", "--reference", "S"), "wrong-usage"),
    ],
)
def test_a_payment_needs_its_day_and_a_reference(
    world: World, tmp_path: Path, words: tuple[str, ...], code: str
) -> None:
    stated(world, tmp_path / "out")

    assert refused("ledger", "paid", world.folder, *Q4, "--by", "Ana Silva", *words)["code"] == code


def test_a_file_of_payments_has_to_say_what_the_statements_say(world: World, tmp_path: Path) -> None:
    world.partner("p3", name="Third")
    world.introduction("i4", "2026-10-09", "p3")
    stated(world, tmp_path / "out")
    file = tmp_path / "payments.csv"
    head = "code,amount,currency,on,reference\n"
    words = ("ledger", "paid", world.folder, *Q4, "--by", "Ana Silva", "--file", file)

    file.write_text(head + "TA-101,999.99,USD,2026-11-21,S-1\nTA-103,500.00,USD,2026-11-21,S-2\n")
    problem = refused(*words)
    assert problem["code"] == "wrong-amount"
    assert problem["message"] == "999.99 USD was paid to `TA-101`, and the statements ask for 1,000.00 USD"
    assert problem["line"] == 2
    # nothing of a file with a wrong amount is recorded
    assert "paid" not in states(world).values()

    file.write_text(head + "ta-101,1000.00,usd,2026-11-21,S-1\nTA-103,500.00,USD,2026-11-21,S-2\n")
    assert len(said(*words)["paid"]) == 3
    assert said(*words)["paid"] == []
    # the same amount under another reference is another payment
    file.write_text(head + "TA-101,1000.00,USD,2026-11-21,S-9\n")
    assert refused(*words)["allowed"] == ["0.00 USD"]


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("TA-101,1000.00,USD,2026-11-21", "ragged-row"),
        ("TA-101,1000.00,USD,2026-11-21,S,more", "ragged-row"),
        ("TA-101,1000.00,USD,2026-11-21,", "empty-value"),
        ("TA-101,1000.001,USD,2026-11-21,S", "too-many-digits"),
        ("TA-101,1.000,XXX,2026-11-21,S", "unknown-currency"),
        ("TA-101,a lot,USD,2026-11-21,S", "wrong-type"),
        ("TA-101,1000.00,USD,yesterday,S", "wrong-type"),
        ("TA-109,1000.00,USD,2026-11-21,S", "nothing-on-statement"),
        ("TA-101,1000.00,EUR,2026-11-21,S", "nothing-on-statement"),
        ('TA-101,"1000.00,USD', "invalid-csv"),
    ],
)
def test_a_row_that_is_no_payment_is_refused_with_its_line(
    world: World, tmp_path: Path, row: str, code: str
) -> None:
    stated(world, tmp_path / "out")
    file = tmp_path / "payments.csv"
    file.write_text(f"code,amount,currency,on,reference\n{row}\n")

    problem = refused("ledger", "paid", world.folder, *Q4, "--by", "Ana Silva", "--file", file)

    assert (problem["code"], problem["file"], problem["line"]) == (code, str(file), 2)


def test_a_file_of_payments_names_its_columns_and_pays_nobody_twice(world: World, tmp_path: Path) -> None:
    stated(world, tmp_path / "out")
    file = tmp_path / "payments.csv"
    words = ("ledger", "paid", world.folder, *Q4, "--by", "Ana Silva", "--file", file)

    file.write_text("TA-101,1000.00,USD,2026-11-21,S\n")
    assert refused(*words)["code"] == "missing-header"
    row = "TA-101,1000.00,USD,2026-11-21,S\n"
    file.write_text("code,amount,currency,on,reference\n" + row + row)
    assert refused(*words)["code"] == "duplicate-id"


def test_a_dispute_holds_back_its_entry_until_somebody_else_settles_it(world: World, tmp_path: Path) -> None:
    stated(world, tmp_path / "out")

    reason = ("--reason", "two files were handed over")
    found = said("ledger", "dispute", "1", world.folder, "--by", "TA-101", *reason)
    assert found == {"entry": 1, "state": "disputed", "possible_until": "2026-12-21"}
    paid = done("ledger", "paid", world.folder, *Q4, "--by", "Ana Silva", "--reference", "SEPA-17")
    assert "1 disputes are open" in paid
    settle = ("ledger", "settle", "1", world.folder, "--reason", "one file")
    assert refused(*settle, "--outcome", "rejected", "--by", "ta-101")["code"] == "same-person"
    assert refused(*settle, "--outcome", "maybe", *PERSON)["allowed"] == ["rejected", "upheld"]
    assert "entry 4 takes back entry 1" in done(*settle, "--outcome", "upheld", *PERSON)
    assert states(world) == {1: "disputed", 2: "paid", 3: "held", 4: "released"}


def test_a_dispute_after_its_day_is_too_late(world: World, tmp_path: Path, clock: Clock) -> None:
    stated(world, tmp_path / "out")
    clock.now = datetime(2026, 12, 22, 9, tzinfo=UTC)

    problem = refused("ledger", "dispute", "1", world.folder, "--by", "TA-101", "--reason", "late")

    assert problem["code"] == "too-late"


def test_a_correction_names_a_cause_that_is_not_clinical(world: World, tmp_path: Path) -> None:
    stated(world, tmp_path / "out")
    words = ("ledger", "correct", "1", world.folder, *PERSON, "--reason", "the same person as i2")

    problem = refused(*words, "--cause", "complication")
    assert (problem["code"], problem["allowed"]) == ("wrong-cause", ["did_not_occur", "fraud", "duplicate"])
    assert said(*words, "--cause", "duplicate") == {"entry": 1, "cause": "duplicate", "taken_back_by": 4}
    assert refused(*words, "--cause", "duplicate")["code"] == "taken-back"
    unknown = ("ledger", "correct", "99", world.folder, *PERSON, "--reason", "x", "--cause", "fraud")
    assert refused(*unknown)["code"] == "unknown-entry"


def test_an_entry_nobody_was_told_about_is_decided_anew(world: World) -> None:
    proposed(world)

    assert "entry 3 is reversed" in done(
        *("ledger", "anew", "3", world.folder, *PERSON, "--reason", "the licence was renewed in time")
    )
    world.partner("p2", name="Rhein Reisen")
    assert proposed(world)["totals"] == [{"amount": "1500.00", "currency": "USD"}]


def test_an_introduction_is_given_to_another_partner(world: World) -> None:
    proposed(world)
    words = ("ledger", "attribute", "i3", world.folder, *PERSON, "--reason", "the code was read wrongly")

    assert refused(*words, "--partner", "TA-1O1")["nearest"] == "TA-101"
    other = ("ledger", "attribute", "i3x", world.folder, *PERSON, "--reason", "x", "--partner", "TA-101")
    unknown = refused(*other)
    assert (unknown["code"], unknown["nearest"]) == ("unknown-record", "i3")
    assert refused(*words, "--partner", "TA-101", "--entity", "story")["code"] == "unknown-entity"
    found = said(*words, "--partner", "TA-101")
    assert (found["partner"], found["reversed"]) == ("TA-101", [3])
    assert proposed(world)["totals"] == [{"amount": "1500.00", "currency": "USD"}]


def test_totals_of_the_year_say_what_is_to_be_reported(world: World, tmp_path: Path) -> None:
    for number in range(4, 6):
        world.introduction(f"i{number}", "2026-10-10")
    stated(world, tmp_path / "out")
    done("ledger", "paid", world.folder, *Q4, "--by", "Ana Silva", "--reference", "SEPA-17")

    (total,) = said("ledger", "totals", world.folder, "--year", "2026")["payees"]

    # four fees of 500 USD reach the threshold of 2026
    assert total == {
        "code": "TA-101",
        "name": "Atlas Travel",
        "paid": {"amount": "2000.00", "currency": "USD"},
        "reportable_from": {"amount": "2000.00", "currency": "USD"},
        "to_be_reported": True,
        "tax_form_needed": True,
        "tax_form_on_file": True,
    }
    assert said("ledger", "totals", world.folder, "--year", "2025")["payees"] == []
    text = done("ledger", "totals", world.folder, "--year", "2026")
    assert "TA-101   Atlas Travel  2,000.00 USD  2,000.00 USD    yes             on file" in text


def test_the_journal_balances_and_uses_the_projects_account_names(world: World, tmp_path: Path) -> None:
    settings = world.folder / "fairlead.toml"
    accounts = '\n[ledger.accounts]\nexpense = "6300"\npayable = "=1600"\npaid = "1800"\n'
    settings.write_text(settings.read_text() + accounts)
    stated(world, tmp_path / "out")
    done("ledger", "paid", world.folder, *Q4, "--by", "Ana Silva", "--reference", "-SEPA")
    file = tmp_path / "journal.csv"

    told = done("ledger", "export", world.folder, *Q4, "--out", file)

    # three fees earned, two of them stated and paid
    assert "14 lines are written" in told
    assert "debits and credits of 3,500.00 USD each" in told
    rows = list(csv.DictReader(file.read_text("utf-8").splitlines()))
    by_account: dict[str, list[float]] = {}
    for row in rows:
        debit, credit = by_account.setdefault(row["account"], [0.0, 0.0])
        by_account[row["account"]] = [debit + float(row["debit"] or 0), credit + float(row["credit"] or 0)]
    # what a spreadsheet would take for a formula stands behind an apostrophe
    assert by_account == {
        "6300": [1500.0, 0.0],
        "accrued": [1000.0, 1500.0],
        "'=1600": [1000.0, 1000.0],
        "1800": [0.0, 1000.0],
    }
    assert {row["reference"] for row in rows if row["account"] == "1800"} == {"'-SEPA"}
    assert "nothing" in done("ledger", "export", world.folder, "--period", "2026-Q3", "--out", file)


def test_what_is_taken_back_goes_the_other_way_in_the_journal(world: World, tmp_path: Path) -> None:
    stated(world, tmp_path / "out")
    words = ("--cause", "duplicate", *PERSON, "--reason", "twice")
    done("ledger", "correct", "1", world.folder, *words)

    text = done("ledger", "export", world.folder, *Q4, "--out", "-")

    lines = [line.split(",")[2:5] for line in text.splitlines() if line.endswith("reward taken back")]
    assert lines == [["accrued", "500.00", ""], ["expense", "", "500.00"]]
