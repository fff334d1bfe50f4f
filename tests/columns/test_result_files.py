"""Results written as tables are the row engine's files: CSV byte for byte, Parquet as tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet
import pytest
from tests.files.small_model import small_model
from tests.files.test_unknowns import AS_OF, RULESETS, records
from tests.strategies import TITLE, reason, ruleset

from fairlead.engine import Program, load
from fairlead.files import InputFile, evaluate_with
from fairlead.logic import factory
from fairlead.logic.terms import Term, Variable
from fairlead.ruleset.typed import Decision, Formula, Reward

ENDS = (".csv", ".parquet")


def assert_same_files(program: Program, cells: pl.DataFrame, folder: Path, end: str) -> Any:
    """Evaluate the cells both ways, as CSV; return the results by columns where they are Parquet."""
    source = folder / "input.csv"
    cells.write_csv(source)
    written = {}
    for engine in ("row", "columns"):
        target = folder / f"{engine}{end}"
        rejects = folder / f"{engine}.rejects"
        options: Any = {"output_format": end[1:], "language": "en"}
        summary = evaluate_with(
            engine, program, InputFile(str(source)), str(target), str(rejects), AS_OF, **options
        )
        assert summary.evaluated > 0
        written[engine] = target
    if end == ".csv":
        assert written["columns"].read_text() == written["row"].read_text()
        return None
    by_row, found = (pyarrow.parquet.read_table(written[engine]) for engine in ("row", "columns"))
    assert found.schema == by_row.schema
    assert found.equals(by_row)
    return found


def of_every_type() -> Program:
    """Return decisions of each type that a cell can have: formulas, lists among them, and a reward."""
    model = small_model()
    facts = {name: Variable(type_, name, "fact") for name, type_ in model.visible("lead").items()}
    terms: list[Term] = [fact for name, fact in facts.items() if name != "lead.id"]
    for short in ("budget", "fee", "share", "asked_on", "last_seen_at", "pages_read", "sent_records", "name"):
        own = facts[f"lead.{short}"]
        terms.append(factory.list_of([own, own]))
    said: dict[str, Any] = {"title": TITLE, "description": TITLE, "strict": True, "pointer": ""}
    decisions: list[Decision] = [
        Formula(name=f"lead.v{number}", type=term.type, value=term, **said)
        for number, term in enumerate(terms)
    ]
    many = factory.apply(">", [facts["lead.pages_read"], factory.literal(3)])
    reward = Reward(
        name="lead.reward",
        type=facts["lead.fee"].type,
        payee="partner",
        amount=facts["lead.fee"],
        accrues_when=facts["lead.sent_records"],
        payable_when=many,
        reversed_when=factory.apply("!", [many]),
        caps=(),
        work=(),
        reason=reason("earned"),
        **said,
    )
    return Program(ruleset([*decisions, reward], model=model), zone="Europe/Istanbul")


ROWS = {
    "lead.id": ["L1", "=1+1", "", "L4"],
    "lead.name": ["=A", "a,b", "", "a; b"],
    "lead.sent_records": ["true", "false", "true", ""],
    "lead.channel": ["phone", "", "whatsapp", "web_form"],
    "lead.pages_read": ["5", "3", "", "4"],
    "lead.budget": ["8000 EUR", "0.5 KWD", "", "300 JPY"],
    "lead.fee": ["500.00 USD", "1 USD", "2 USD", ""],
    "lead.share": ["0.50", "12", "", "-3.1"],
    "lead.asked_on": ["0001-01-01", "2026-11-21", "", "9999-12-31"],
    "lead.last_seen_at": ["2026-11-21T10:00:00.25Z", "2026-11-21T10:00:00+03:00", "", "0001-01-02T00:00:00Z"],
    "lead.languages": ["de|en", "=x", "", "a,b"],
    "partner.id": ["P1", "P2", "", "P4"],
    "partner.code": ["C1", "C2", "C3", ""],
    "partner.leads_ever": ["1", "2", "3", ""],
}


@pytest.mark.parametrize("end", ENDS)
def test_values_of_every_type(tmp_path: Path, end: str) -> None:
    found = assert_same_files(of_every_type(), pl.DataFrame(ROWS), tmp_path, end)
    if found is not None:
        assert found["missing"].to_pylist() == [
            [],
            ["lead.channel"],
            [
                "lead.asked_on",
                "lead.budget",
                "lead.languages",
                "lead.last_seen_at",
                "lead.name",
                "lead.pages_read",
                "lead.share",
                "partner.id",
            ],
            ["lead.fee", "lead.sent_records", "partner.code", "partner.leads_ever"],
        ]


def cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case {"amount": amount, "currency": currency}:
            return f"{amount} {currency}"
        case list():
            return "|".join(map(cell, value))
    return str(value)


@pytest.mark.parametrize("name", RULESETS)
def test_shipped_rulesets(tmp_path: Path, name: str) -> None:
    program = load(f"medical-travel/{name}")
    found = [
        {f"{key}.{short}": cell(value) for key, facts in record.items() for short, value in facts.items()}
        for record in records(program, 80)
    ]
    names = sorted({each for record in found for each in record})
    cells = {each: [record.get(each, "") for record in found] for each in names}
    assert_same_files(program, pl.DataFrame(cells), tmp_path, ".csv")
