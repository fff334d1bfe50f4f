"""The worked year of the documentation: its tables are what the ledgers have, and its sums add up."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from decimal import Decimal
from math import prod
from pathlib import Path

import pytest
from tests.ledger.worked_decisions import PROGRAMMES, Done, live
from tests.ledger.worked_year import INTRODUCTIONS, PARTNERS, Year
from tests.ledger.world import World, write_project

from fairlead.ledger.proposal import PAY
from fairlead.store import Store
from fairlead.store.ledger_states import State

PAGE = Path(__file__).resolve().parents[2] / "docs" / "worked-year.md"
AS_PUBLISHED, TO_RUN, REDESIGN = PROGRAMMES
#: the heading of each programme's part of the page
PARTS = {AS_PUBLISHED: "As published", TO_RUN: "The programme to run", REDESIGN: "The redesign"}

Rows = list[dict[str, str]]


@pytest.fixture(scope="module")
def years(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, Done]]:
    """The year as each programme went through it."""
    done = {}
    stores = []
    for name in PROGRAMMES:
        folder = tmp_path_factory.mktemp("year")
        store = Store.open(f"sqlite:///{folder / 'fairlead.db'}", anchor=folder / "anchor.jsonl")
        stores.append(store)
        done[name] = live(Year(World(write_project(folder / "clinic", name), store)), name)
    yield done
    for store in stores:
        store.close()


def sections(text: str) -> dict[str, str]:
    """Return the text below each heading, by the headings above it joined by `/`."""
    found: dict[str, str] = {}
    path = [""]
    for part in re.split(r"^(?=##)", text, flags=re.MULTILINE)[1:]:
        head, _, body = part.partition("\n")
        depth = len(head) - len(head.lstrip("#")) - 2
        path = [*path[:depth], head.lstrip("# ")]
        found["/".join(path)] = body
    return found


def tables(text: str) -> list[Rows]:
    """Return the tables of a text: each row by the headings of its columns."""
    found = []
    for block in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        head, _, *rows = (
            [cell.strip() for cell in line.strip("| \n").split("|")] for line in block.splitlines()
        )
        found.append([dict(zip(head, row + [""] * (len(head) - len(row)), strict=True)) for row in rows])
    return found


def amount(units: int) -> str:
    return f"{Decimal(units) / 100:,.2f}"


def value(text: str) -> Decimal:
    """Return what a sum of products comes to, such as `2 × 500.00 − 500.00`."""
    total, sign = Decimal(0), 1
    for part in re.split(r" ([+−]) ", text):
        if part in "+−":
            sign = 1 if part == "+" else -1
        else:
            total += sign * prod(
                (Decimal(each.replace(",", "")) for each in part.split(" × ")), start=Decimal(1)
            )
    return total


TEXT = PAGE.read_text("utf-8")
SECTIONS = sections(TEXT)
#: the page without its tables, in one line
PROSE = re.sub(r"^\|.*$", "", TEXT, flags=re.MULTILINE).replace("\n", " ")
SUM = r"([\d,.]+(?: [×+−] [\d,.]+)+) = ([\d,.]*\d)"


@pytest.mark.parametrize(
    ("programme", "period"),
    [
        (programme, period.partition("/")[2])
        for programme, part in PARTS.items()
        for period in SECTIONS
        if period.startswith(f"{part}/")
    ],
)
def test_each_run_proposes_and_pays_what_the_page_says(
    years: Mapping[str, Done], programme: str, period: str
) -> None:
    done = years[programme]
    [said] = tables(SECTIONS[f"{PARTS[programme]}/{period}"])
    proposed = [
        {
            "partner": each.payee.code,
            "amount": amount(each.units),
            "outcome": "paid"
            if each.outcome == PAY
            else f"{each.outcome}: {', '.join(reason.code for reason in each.reasons)}",
        }
        for each in done.proposals[period].payees
    ]
    proposed.append({"partner": "all", "amount": amount(sum(done.paid[period].values())), "outcome": "paid"})

    assert [{key: row[key] for key in ("partner", "amount", "outcome")} for row in said] == proposed
    assert {row["partner"]: row["amount"] for row in said if row["outcome"] == "paid"} == {
        **{code: amount(units) for code, units in done.paid[period].items()},
        "all": amount(done.proposals[period].totals["USD"]),
    }


@pytest.mark.parametrize("programme", [TO_RUN, REDESIGN])
def test_what_is_held_and_why_is_what_the_page_says(years: Mapping[str, Done], programme: str) -> None:
    [said] = tables(SECTIONS[PARTS[programme]])
    held: dict[str, dict[str, str]] = {}
    for period, proposal in years[programme].proposals.items():
        for line in proposal.held:
            row = held.setdefault(line.entry.subject, {"amount": amount(line.entry.units)})
            row[period] = ", ".join(str(reason["code"]) for reason in line.reasons)

    assert {row["introduction"]: {key: cell for key, cell in row.items() if cell} for row in said} == {
        subject: {"introduction": subject, **row} for subject, row in held.items()
    }


def test_nothing_is_ever_held_as_published(years: Mapping[str, Done]) -> None:
    assert [each.held for each in years[AS_PUBLISHED].proposals.values()] == [(), ()]


def test_the_first_partner_earns_by_number_and_bill_as_published(years: Mapping[str, Done]) -> None:
    earned, refused = tables(SECTIONS["As published"])
    with years[AS_PUBLISHED].year.store.reading() as tx:
        entries = {each.subject: each.units for each in tx.book.entries(payees=["TA-101"])}
        rejects = {each.ref.id: each for each in tx.rejects.entries()}

    assert {row["introduction"]: row["reward"] for row in earned} == {
        subject: amount(units) for subject, units in entries.items()
    }
    assert {row["introduction"]: (row["code"], row["cause"]) for row in refused} == {
        subject: (each.code, each.message.rpartition(": ")[2]) for subject, each in rejects.items()
    }
    # number and bill are those of the records
    for row in (*earned, *refused):
        subject = row["introduction"]
        assert int(row["number"]) == int(subject[-2:])
        assert "bill" not in row or row["bill"].replace(",", "") == INTRODUCTIONS[subject].cost


def test_the_partners_are_those_of_the_records() -> None:
    [said] = tables(SECTIONS["The partners"])
    counted = Counter(f"TA-{subject[:3]}" for subject in INTRODUCTIONS)

    assert [(row["code"], row["partner"], int(row["introductions"])) for row in said] == [
        (code, facts["name"], counted[code]) for code, facts in PARTNERS.items()
    ]
    assert f"{len(PARTNERS)} partners, {len(INTRODUCTIONS)} introductions" == "12 partners, 44 introductions"
    assert "twelve partners, 44 introductions in 2026" in TEXT


def test_the_year_of_each_partner_is_what_was_paid(years: Mapping[str, Done]) -> None:
    said, _ = tables(SECTIONS["The year"])
    for row in said:
        for name, column in ((AS_PUBLISHED, "as published"), (TO_RUN, "to run"), (REDESIGN, "redesign")):
            paid = years[name].paid.values()
            units = sum(
                units for period in paid for code, units in period.items() if row["partner"] in (code, "all")
            )
            assert row[column] == amount(units), (row["partner"], column)


def test_every_state_is_visited_as_often_as_the_page_says(years: Mapping[str, Done]) -> None:
    _, said = tables(SECTIONS["The year"])
    entered: list[Counter[str]] = []
    for done in years.values():
        visited, standing = Counter[str](), Counter[str]()
        with done.year.store.reading() as tx:
            for entry in tx.book.entries():
                standing[entry.state] += 1
                visited.update(movement.state for movement in tx.book.movements(entry.id))
        entered += [visited, standing]

    assert [row["state"] for row in said] == [state.value for state in _in_order()]
    # the columns "at the end" share a heading: rows are read again, as cells
    [cells] = re.findall(r"^\| state .*\n\|-.*\n((?:\|.*\n)+)", TEXT, re.MULTILINE)
    for line in cells.splitlines():
        state, *counts = (cell.strip() for cell in line.strip("| ").split("|"))
        assert [int(count) for count in counts] == [each[state] for each in entered], state


def _in_order() -> list[State]:
    order = ("accrued", "held", "released", "approved", "on_statement", "disputed", "paid", "reversed")
    assert set(order) == {state.value for state in State}
    return [State(name) for name in order]


def test_nothing_is_paid_twice_and_the_books_balance(years: Mapping[str, Done]) -> None:
    for done in years.values():
        with done.year.store.reading() as tx:
            assert list(tx.ledger_checks.faults()) == []


def test_each_sum_on_the_page_adds_up() -> None:
    rows = [
        row
        for text in SECTIONS.values()
        for table in tables(text)
        for row in table
        if "how it adds up" in row
    ]
    assert len(rows) == 76
    for row in rows:
        stated = Decimal(row.get("amount", row.get("reward", "")).replace(",", ""))
        # a reward is rounded half up to the cent
        assert value(row["how it adds up"]).quantize(Decimal("0.01"), "ROUND_HALF_UP") == stated, row
    sums = re.findall(SUM, PROSE)
    assert len(sums) == 15
    for left, right in sums:
        assert value(left) == Decimal(right.replace(",", "")), (left, right)


def test_each_amount_in_the_text_is_in_a_table_or_a_sum() -> None:
    amounts = re.compile(r"\d[\d,]*\.\d\d\b")
    rows = "\n".join(re.findall(r"^\|.*$", TEXT, re.MULTILINE))
    sums = " ".join(" ".join(each) for each in re.findall(SUM, PROSE))

    assert set(amounts.findall(PROSE)) - set(amounts.findall(rows + sums)) == set()
