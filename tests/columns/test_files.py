"""Files evaluated as tables: the rejects, counts and results of the row engine."""

from __future__ import annotations

import csv
import json
import random
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet
import pytest

from fairlead.engine import Program, load
from fairlead.files import InputFile, Summary, evaluate_with
from fairlead.problems import UsageError

DAY = date(2026, 11, 21)
COLUMNS = [
    "lead.id",
    "lead.channel",
    "lead.submitted_medical_records",
    "lead.budget",
    "lead.created_at",
    "lead.pages_read",
    "lead.language",
]
#: cells as people and programs write them, good and bad
CELLS: dict[str, list[str]] = {
    "lead.channel": ["phone", "whatsapp", "web_form", "", " phone", "fax"],
    "lead.submitted_medical_records": ["true", "false", "TRUE", "", "yes"],
    "lead.budget": ["8000 EUR", "100.50 USD", "", "12  GBP", "-1 EUR", "1.23456 EUR", "12 XXQ", "EUR"],
    "lead.created_at": [
        "2026-11-20T10:00:00Z",
        "2026-11-20T10:00:00.25+03:00",
        "",
        "2026-11-20T10:00",
        "2026-13-01T00:00:00Z",
    ],
    "lead.pages_read": ["1", "5", "", " 17", "+3", "-1", "1.5", "99999999999999999999"],
    "lead.language": ["de", "", "a,b", 'q"x', "line\nbreak", "naïve ☃", "=1+1"],
}


def program(*select: str) -> Program:
    return load("medical-travel/lead-scoring", select=select or None, zone="Europe/Istanbul")


def written(path: Path, rows: int = 400, seed: int = 1) -> Path:
    rng = random.Random(seed)  # noqa: S311 - seeded cells are no secrets
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for number in range(rows):
            cells = [f"L{number}"]
            for name in COLUMNS[1:]:
                good = CELLS[name][: 4 if rng.random() < 0.9 else None]
                cells.append(rng.choice(good))
            writer.writerow([[], [""] * 7, cells[:5], cells][min(rng.randrange(100), 3)])
    return path


def ran(engine: str, source: Path, folder: Path, end: str = ".csv") -> tuple[Summary, str, Path]:
    target, rejects = folder / f"{engine}{end}", folder / f"{engine}.rejects"
    summary = evaluate_with(
        engine, program(), InputFile(str(source)), str(target), str(rejects), DAY, output_format=end[1:]
    )
    return summary, rejects.read_text(), target


def lines(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_csv_gives_the_same_rejects_counts_and_results(tmp_path: Path) -> None:
    source = written(tmp_path / "leads.csv")
    by_row, rejects_by_row, results_by_row = ran("row", source, tmp_path)
    summary, rejects, results = ran("columns", source, tmp_path)
    assert rejects == rejects_by_row
    assert (summary.read, summary.evaluated, summary.rejected) == (
        by_row.read,
        by_row.evaluated,
        by_row.rejected,
    )
    assert summary.by_code == by_row.by_code
    assert summary.reading == by_row.reading
    assert summary.rejected > 20
    assert results.read_bytes() == results_by_row.read_bytes()
    first = lines(results)[0]
    assert list(first)[:4] == ["line", "id", "lead.score", "lead.band"]
    assert list(first)[-4:] == ["reasons", "missing", "digest", "approval"]
    assert "lead.asked_for_specific_dates" in first["missing"].split(" ")


@pytest.mark.parametrize("end", [".csv", ".parquet"])
def test_a_file_without_records_gives_the_columns_alone(tmp_path: Path, end: str) -> None:
    source = tmp_path / "leads.csv"
    source.write_text("lead.id,lead.channel\n")
    _, _, by_row = ran("row", source, tmp_path, end)
    _, _, found = ran("columns", source, tmp_path, end)
    if end == ".csv":
        assert found.read_text() == by_row.read_text()
        assert found.read_text().startswith("line,id,lead.score,lead.band,")
    else:
        assert parquet_table(found).equals(parquet_table(by_row))
        assert parquet_table(found).column_names[:3] == ["line", "id", "lead.score"]


def test_bytes_that_are_no_text_are_rejected_with_their_line(tmp_path: Path) -> None:
    source = tmp_path / "leads.csv"
    source.write_bytes(b"lead.id,lead.language\nL1,de\nL2,\xff\nL3,\nL4,a\0b\n")
    _, by_row, _ = ran("row", source, tmp_path)
    _, by_columns, _ = ran("columns", source, tmp_path)
    assert by_columns == by_row
    assert [json.loads(line)["line"] for line in by_columns.splitlines()] == [3, 5]


def parquet_table(path: Path) -> Any:
    return pyarrow.parquet.read_table(path)


def parquet(path: Path) -> Path:
    amounts = [
        {"amount": Decimal("8000.00"), "currency": "EUR"},
        None,
        {"amount": Decimal(-1), "currency": "EUR"},
    ]
    frame = pl.DataFrame(
        {
            "lead.id": ["L1", "L2", "L3", None, "L5", "L6"],
            "lead.channel": ["phone", "fax", "", None, "whatsapp", "email"],
            "lead.submitted_medical_records": [True, None, False, None, True, True],
            "lead.budget": [amounts[0], None, amounts[2], None, amounts[0], None],
            "lead.pages_read": [5, 2, 3, None, -4, 9],
            "lead.language": ["de", "en", None, None, "tr", "ar"],
        }
    )
    frame.write_parquet(path, row_group_size=4)
    return path


def test_parquet_gives_the_same_rejects_counts_and_results(tmp_path: Path) -> None:
    source = parquet(tmp_path / "leads.parquet")
    by_row, rejects_by_row, results_by_row = ran("row", source, tmp_path, ".parquet")
    summary, rejects, results = ran("columns", source, tmp_path, ".parquet")
    assert rejects == rejects_by_row
    assert [json.loads(line)["line"] for line in rejects.splitlines()] == [2, 3, 5]
    assert (summary.read, summary.evaluated, summary.rejected) == (5, 2, 3)
    assert summary.by_code == by_row.by_code
    found = parquet_table(results)
    assert found.equals(parquet_table(results_by_row))
    assert found.column_names[:3] == ["line", "id", "lead.score"]
    # of the first lead the channel and the budget are known, and there are no columns for these two
    missing = set(found["missing"].to_pylist()[0])
    assert missing & {"lead.channel", "lead.budget"} == set()
    assert missing >= {"lead.asked_for_specific_dates", "lead.created_at"}


def test_a_record_without_what_is_decided_about_is_rejected(tmp_path: Path) -> None:
    source = tmp_path / "rows.csv"
    source.write_text("partner.id,lead.id,lead.channel\nP1,,\nP2,L2,phone\n")
    _, by_row, _ = ran("row", source, tmp_path)
    _, by_columns, _ = ran("columns", source, tmp_path)
    assert by_columns == by_row
    assert json.loads(by_columns)["code"] == "nothing-to-decide"


def refused(engine: str, source: InputFile, output_format: str = "csv") -> Any:
    with pytest.raises(UsageError) as found:
        evaluate_with(engine, program(), source, "-", None, DAY, output_format=output_format)
    return found.value.problems[0]


def test_what_only_rows_can_do_is_refused_by_name(tmp_path: Path) -> None:
    source = tmp_path / "leads.jsonl"
    source.write_text('{"lead": {"channel": "phone"}}\n')
    problem = refused("columns", InputFile(str(source)))
    assert (problem.code, problem.found) == ("not-columnar", "JSON Lines")
    assert refused("columns", InputFile(str(written(tmp_path / "a.csv", 2))), "jsonl").code == "not-columnar"


def test_auto_takes_rows_for_a_small_file(tmp_path: Path) -> None:
    source = tmp_path / "leads.jsonl"
    source.write_text('{"lead": {"channel": "phone"}}\n')
    summary, _, _ = ran("auto", source, tmp_path)
    assert summary.evaluated == 1


def test_an_engine_that_is_not_there_is_named(tmp_path: Path) -> None:
    problem = refused("colums", InputFile(str(written(tmp_path / "a.csv", 2))))
    assert (problem.code, problem.nearest) == ("unknown-engine", "columns")


def partners(engine: str, source: Path, folder: Path) -> tuple[Summary, str]:
    rejects = folder / f"{engine}.rejects"
    programme = load("medical-travel/partner-programme", as_of=DAY)
    file, target = InputFile(str(source)), str(folder / f"{engine}.csv")
    return evaluate_with(engine, programme, file, target, str(rejects), DAY, output_format="csv"), (
        rejects.read_text()
    )


def test_lists_in_cells_are_read_item_by_item(tmp_path: Path) -> None:
    source = tmp_path / "partners.csv"
    source.write_text("partner.id,partner.languages\nP1,de|en\nP2,\nP3,tr\nP4,de||en\n")
    summary, rejects = partners("columns", source, tmp_path)
    assert (summary.read, summary.evaluated) == (4, 3)
    assert (summary, rejects) == partners("row", source, tmp_path)


@pytest.mark.parametrize("large", [False, True])
def test_a_list_whose_items_hold_the_separator_is_rejected(large: bool, tmp_path: Path) -> None:
    source = tmp_path / "partners.parquet"
    kind = (pyarrow.large_list if large else pyarrow.list_)(pyarrow.string())
    columns = {
        "partner.id": ["P1", None, "P3", "P4"],
        "partner.languages": pyarrow.array([["de|en"], None, ["de", "en"], []], kind),
    }
    pyarrow.parquet.write_table(pyarrow.table(columns), source)
    summary, rejects = partners("columns", source, tmp_path)
    assert (summary.read, summary.evaluated, summary.reading.blank) == (3, 2, 1)
    assert json.loads(rejects)["message"] == "`partner.languages` has an item with a `|` in it"
    assert (summary, rejects) == partners("row", source, tmp_path)


@pytest.mark.parametrize(
    "ruleset", ["medical-travel/lead-scoring", "medical-travel/partner-tiers-as-published"]
)
def test_white_space_is_nothing_where_the_row_engine_reads_nothing(ruleset: str, tmp_path: Path) -> None:
    source = tmp_path / "rows.csv"
    source.write_text(
        "partner.id,partner.rating,lead.id,lead.channel\n"
        ", ,L1,phone\nP1,5, ,\n,,,phone\nP2,4,\u00a0,\u2003\n,4,,\x1f\n",
        "utf-8",
    )
    made = []
    for engine in ("row", "columns"):
        target, rejects = tmp_path / f"{engine}.csv", tmp_path / f"{engine}.rejects"
        evaluate_with(
            *(engine, load(ruleset, as_of=DAY), InputFile(str(source)), str(target), str(rejects), DAY),
            output_format="csv",
        )
        made.append((lines(target), rejects.read_text()))
    assert made[1] == made[0]
    assert "nothing-to-decide" in made[0][1]
