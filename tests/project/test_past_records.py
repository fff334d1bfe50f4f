"""Files of past records decided by two versions: record by record and as tables, with one result."""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from tests.project.approved_clinic import fact, model, ruleset, write

from fairlead.engine import Program, load
from fairlead.files import InputFile, RelatedFile, Stated
from fairlead.problems import DocumentError, UsageError
from fairlead.project.past_records import PastChanges, PastRecords, past_changes
from fairlead.ruleset.catalogue import shipped_root

DAY = date(2026, 3, 3)

Documents = tuple[dict[str, Any], dict[str, Any]]
Edit = Callable[[dict[str, Any], dict[str, Any]], object]

CELLS: dict[str, list[str]] = {
    "introduction.records": ["true", "false", "", "TRUE", "maybe"],
    "introduction.invoice": ["999.00 USD", "1000.00 USD", "", "5000.00 USD", "12.345 USD", "5 EUR"],
    "introduction.guests": ["1", "3", "", "8", "-1", "4.5"],
    "introduction.ward": ["north", "south", "", "annex", "west"],
    "partner.id": ["P-1", "P-2", "P-3", ""],
}


def documents() -> Documents:
    """A model and a ruleset with a reward, tables of two hit policies, a scorecard and a formula."""
    facts, rules = model(), ruleset()
    facts["entities"]["introduction"]["facts"] |= {
        "guests": fact(type="integer", minimum=0, maximum=5),
        "ward": fact(type="one_of", values=["north", "south", "annex"]),
    }
    large = {">=": [{"var": "introduction.invoice"}, {"money": ["1000.00", "USD"]}]}
    many = {">": [{"var": "introduction.guests"}, 2]}

    def row(name: str, when: Any, **keys: Any) -> dict[str, Any]:
        return {"id": name, "when": when, "reason": {"code": name, "text": name}, **keys}

    rules["decisions"] += [
        {
            "name": "introduction.size",
            "kind": "table",
            "title": "size",
            "result": {"type": "one_of", "values": ["small", "large", "crowd"]},
            "hit_policy": "unique",
            "rows": [row("large", large, then="large"), row("crowd", many, then="crowd")],
            "otherwise": {"then": "small"},
        },
        {
            "name": "introduction.weight",
            "kind": "scorecard",
            "title": "weight",
            "rows": [
                row("heavy", large, points=3),
                row("crowded", many, points=2),
                row("north", {"==": [{"var": "introduction.ward"}, "north"]}, points=1),
            ],
        },
        {
            "name": "introduction.guided",
            "kind": "formula",
            "title": "guided",
            "result": {"type": "integer"},
            "value": {"+": [{"var": "introduction.guests"}, 1]},
        },
    ]
    return facts, rules


def program(folder: Path, name: str, edit: Edit | None = None) -> Program:
    facts, rules = documents()
    if edit is not None:
        edit(facts, rules)
    root = folder / name / "rulesets"
    write(root / "clinic" / "facts.json", facts)
    return load(write(root / "clinic" / "rewards.json", rules), roots=[root])


def as_csv(path: Path, rows: int = 300, seed: int = 7, odd: float = 0.15) -> Path:
    rng = random.Random(seed)  # noqa: S311 - seeded cells are no secrets
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["introduction.id", *CELLS])
        for number in range(rows):
            cells = [f"I-{number}" if number % 10 else ""]
            for name, values in CELLS.items():
                good = 4 if name == "partner.id" else 3
                cells.append(rng.choice(values if rng.random() < odd else values[:good]))
            writer.writerow(rng.choices([cells, [""] * len(cells), cells[:3]], [96, 2, 2])[0])
    return path


def as_parquet(path: Path, rows: int = 300, seed: int = 7) -> Path:
    rng = random.Random(seed)  # noqa: S311 - seeded cells are no secrets
    invoices = [None, Decimal("999.00"), Decimal("1000.00"), Decimal("5000.00"), Decimal("0.125")]
    frame = pl.DataFrame(
        {
            "introduction.id": [f"I-{number}" if number % 10 else None for number in range(rows)],
            "introduction.records": [rng.choice([True, False, None]) for _ in range(rows)],
            "introduction.invoice": [
                {"amount": rng.choice(invoices), "currency": rng.choice(["USD", "USD", "USD", "EUR"])}
                for _ in range(rows)
            ],
            "introduction.guests": [rng.choice([0, 2, 3, None, 8, -1]) for _ in range(rows)],
            "introduction.ward": [rng.choice(["north", "south", "annex", None, "west"]) for _ in range(rows)],
            "partner.id": [rng.choice(["P-1", "P-2", None]) for _ in range(rows)],
        },
        schema_overrides={
            "introduction.invoice": pl.Struct({"amount": pl.Decimal(18, 3), "currency": pl.String})
        },
    )
    frame.write_parquet(path, row_group_size=64)
    return path


def both(source: Path, old: Program, new: Program, witnesses: int = 3) -> PastChanges:
    """Return what both engines find."""
    by_row, as_tables = (
        past_changes(PastRecords(InputFile(str(source)), engine=engine), DAY, old, new, witnesses)
        for engine in ("row", "columns")
    )
    # as text: the order of decisions, currencies and digits is part of it
    assert json.dumps(as_tables.changes.as_json()) == json.dumps(by_row.changes.as_json())
    assert as_tables == by_row
    return by_row


def fee(facts: dict[str, Any], rules: dict[str, Any]) -> None:
    rules["parameters"]["fee"]["dated"][0]["value"]["amount"] = "55.50"


def every_row(facts: dict[str, Any], rules: dict[str, Any]) -> None:
    _, size, weight, guided = rules["decisions"]
    size["hit_policy"] = "first"
    weight["initial"] = 10
    guided["result"] = {"type": "decimal", "precision": 21, "scale": 1}
    guided["value"] = {"+": [{"var": "introduction.guests"}, {"decimal": "1.0"}]}


def other_reasons(facts: dict[str, Any], rules: dict[str, Any]) -> None:
    for row in rules["decisions"][2]["rows"][:2]:
        row["reason"]["code"] += "_now"


def other_facts(facts: dict[str, Any], rules: dict[str, Any]) -> None:
    """More guests fit, the annex does not fit any more, and there is a fact that no file has."""
    own = facts["entities"]["introduction"]["facts"]
    own["guests"]["maximum"] = 9
    own["ward"]["values"] = ["north", "south"]
    own["seen"] = fact(type="boolean")
    seen = [{"var": "introduction.records"}, {"var": "introduction.seen"}]
    rules["decisions"][0]["payable_when"] = {"and": seen}


def another_currency(facts: dict[str, Any], rules: dict[str, Any]) -> None:
    rules["decisions"][0]["currency"] = "EUR"
    rules["parameters"]["fee"]["currency"] = "EUR"
    for each in rules["parameters"]["fee"]["dated"]:
        each["value"]["currency"] = "EUR"


def fewer_decisions(facts: dict[str, Any], rules: dict[str, Any]) -> None:
    del rules["decisions"][1]
    rules["decisions"].reverse()
    fee(facts, rules)


EDITS = [fee, every_row, other_reasons, other_facts, another_currency, fewer_decisions]


@pytest.mark.parametrize("witnesses", [0, 3, 1000])
@pytest.mark.parametrize("edit", EDITS)
def test_a_csv_gives_the_same_either_way(tmp_path: Path, edit: Edit, witnesses: int) -> None:
    old, new = program(tmp_path, "old"), program(tmp_path, "new", edit)
    found = both(as_csv(tmp_path / "past.csv"), old, new, witnesses).changes
    assert found.changed
    assert found.rejected
    back = both(tmp_path / "past.csv", new, old, witnesses).changes
    assert (back.no_longer_fit, back.fit_now) == (found.fit_now, found.no_longer_fit)


@pytest.mark.parametrize("edit", EDITS)
def test_parquet_gives_the_same_either_way(tmp_path: Path, edit: Edit) -> None:
    old, new = program(tmp_path, "old"), program(tmp_path, "new", edit)
    found = both(as_parquet(tmp_path / "past.parquet"), old, new).changes
    assert found.changed
    assert found.rejected


def test_what_fits_one_version_alone_is_counted_with_its_reason(tmp_path: Path) -> None:
    source = tmp_path / "past.csv"
    source.write_text(
        "introduction.id,introduction.records,introduction.guests,introduction.ward,partner.id\n"
        "I-1,true,2,annex,P-1\n"
        "I-2,true,8,north,P-1\n"
        "I-3,true,8,annex,P-1\n"
        "I-4,true,2,north,P-1\n"
        ",true,2,annex,P-1\n"
        "I-6\n"
    )
    found = both(source, program(tmp_path, "old"), program(tmp_path, "new", other_facts)).changes
    assert (found.compared, found.changed) == (1, 1)
    assert (found.no_longer_fit, found.fit_now, found.rejected) == (2, 1, 2)
    assert [record for record, _ in found.unfit] == ["I-1", "line 6"]
    assert "introduction.ward" in found.unfit[0][1]
    # before it was payable, now nobody knows: the same money
    assert found.by_how_much == {"introduction.reward": {"USD": Decimal("0.00")}}


def test_batches_are_counted_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = program(tmp_path, "old"), program(tmp_path, "new", every_row)
    for name in ("_TOGETHER", "_CELLS_TOGETHER"):
        monkeypatch.setattr(f"fairlead.files.column_rows.{name}", 7)
    both(as_csv(tmp_path / "past.csv"), old, new, 20)
    both(as_parquet(tmp_path / "past.parquet"), old, new, 20)


def test_a_file_without_records_changes_nothing(tmp_path: Path) -> None:
    source = tmp_path / "past.csv"
    source.write_text("introduction.id,introduction.records\n")
    assert both(source, program(tmp_path, "old"), program(tmp_path, "new", fee)).changes.read == 0


def test_a_column_that_only_the_new_model_knows_is_refused_either_way(tmp_path: Path) -> None:
    source = tmp_path / "past.csv"
    source.write_text("introduction.id,introduction.seen\nI-1,true\n")
    old, new = program(tmp_path, "old"), program(tmp_path, "new", other_facts)
    said = []
    for engine in ("row", "columns"):
        with pytest.raises(DocumentError) as refused:
            past_changes(PastRecords(InputFile(str(source)), engine=engine), DAY, old, new, 3)
        said.append([(each.code, each.message) for each in refused.value.problems])
    assert said[0] == said[1] == [("unknown-fact", "the column `introduction.seen` is not a fact")]


def refusal(past: PastRecords, old: Program, new: Program) -> tuple[str, str | None]:
    with pytest.raises(UsageError) as refused:
        past_changes(past, DAY, old, new, 3)
    (problem,) = refused.value.problems
    return problem.code, problem.found


def test_what_columns_cannot_do_is_refused_by_name(tmp_path: Path) -> None:
    old, new = program(tmp_path, "old"), program(tmp_path, "new", fee)
    lines = tmp_path / "past.jsonl"
    lines.write_text('{"introduction": {"id": "I-1", "records": true}, "partner": {"id": "P-1"}}\n')
    records = InputFile(str(lines))
    assert refusal(PastRecords(records, engine="columns"), old, new) == ("not-columnar", "JSON Lines")
    assert past_changes(PastRecords(records), DAY, old, new, 3).changes.changed == 1
    dated = InputFile(str(as_csv(tmp_path / "past.csv", 3)), stated=Stated(dates="day_first"))
    assert refusal(PastRecords(dated, engine="columns"), old, new)[0] == "not-columnar"
    assert refusal(PastRecords(records, engine="spark"), old, new) == ("unknown-engine", "spark")


def test_auto_goes_back_to_records_where_columns_cannot_compare(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fairlead.files.engines._WORTH_COLUMNS", 1)

    def listed(item: dict[str, Any], values: list[Any]) -> Edit:
        decision = {
            "name": "introduction.listed",
            "kind": "formula",
            "title": "listed",
            "result": {"type": "list", "items": item},
            "value": values,
        }
        return lambda facts, rules: rules.update(decisions=[*rules["decisions"], decision])

    source = InputFile(str(as_parquet(tmp_path / "past.parquet", 20)))
    old = program(tmp_path, "old", listed({"type": "integer"}, [1]))
    new = program(tmp_path, "new", listed({"type": "text"}, ["1"]))
    assert refusal(PastRecords(source, engine="columns"), old, new) == ("not-columnar", "introduction.listed")
    by_row, chosen = (
        past_changes(PastRecords(source, engine=engine), DAY, old, new, 3) for engine in ("row", "auto")
    )
    assert chosen == by_row
    assert chosen.changes.by_decision == {"introduction.listed": chosen.changes.compared}


def test_related_records_are_counted_either_way(tmp_path: Path) -> None:
    document = json.loads((shipped_root() / "medical-travel" / "partner-programme.json").read_text("utf-8"))
    (tier,) = (each for each in document["decisions"] if each["name"] == "partner.tier")
    for row, cell in zip(tier["rows"], ({"at_most": 1}, {"at_least": 2, "at_most": 5}), strict=False):
        row["cells"]["partner.introductions_this_year"] = cell
    old = load("medical-travel/partner-programme", select=["partner.tier"])
    new = load(write(tmp_path / "draft.json", document), select=["partner.tier"])
    source, introductions = tmp_path / "partners.csv", tmp_path / "introductions.csv"
    source.write_text("partner.id,partner.code\nP1,TA-1\nP2,TA-2\nP3,TA-3\n")
    introductions.write_text(
        "introduction.id,partner.id,introduction.introduced_on\n"
        "I1,P1,2026-01-05\nI2,P2,2026-01-06\nI3,P2,2026-01-07\nI4,P9,2026-01-07\n"
    )
    file = InputFile(str(source), related=[RelatedFile("introductions", str(introductions))])
    by_row, as_tables = (
        past_changes(PastRecords(file, engine=engine), DAY, old, new, 3) for engine in ("row", "columns")
    )
    assert as_tables == by_row
    (witness,) = by_row.changes.witnesses["partner.tier"]
    assert (witness.record, witness.old.value, witness.new.value) == ("P1", "bronze", "none")
    assert [each.unmatched for each in as_tables.related] == [{"partner": 1}]
