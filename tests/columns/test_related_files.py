"""Related records from files: evaluated as tables, they give the results and counts of the row engine."""

from __future__ import annotations

import csv
import random
import sqlite3
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from tests.commands import invoke

from fairlead.engine import load
from fairlead.files import InputFile, RelatedFile, Summary, evaluate_with
from fairlead.problems import DocumentError, FairleadError, UsageError

DAY = date(2026, 11, 21)
PROGRAMME = "medical-travel/partner-programme"
TIERS = "medical-travel/partner-tiers-as-published"
PARTNERS = "partner.id,partner.name\nP-1,Alpha\nP-2,Beta\nP-3,Gamma\n"
HEADER = "introduction.id,introduction.introduced_on,partner.id\n"
INTRODUCTIONS = (
    HEADER
    + "".join(f"I-{number},2026-03-01,P-1\n" for number in range(6))
    + "I-6,2025-03-01,P-2\nI-7,2026-03-01,P-2\nI-8,2026-03-01,P-9\nI-9,2026-03-01,\n"
)


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def ran(
    engine: str, ruleset: str, partners: str, introductions: str, *, end: str = ".parquet"
) -> tuple[Summary, str, pl.DataFrame]:
    """Evaluate partners with their introductions; return also the rejects and the results."""
    source = InputFile(partners, related=[RelatedFile("introductions", introductions)])
    target = f"{engine}{end}"
    program = load(ruleset, as_of=DAY)
    summary = evaluate_with(engine, program, source, target, "rejects", DAY, output_format=end[1:])
    return summary, Path("rejects").read_text(), pl.read_parquet(target)


def assert_same(ruleset: str, partners: str, introductions: str) -> tuple[Summary, pl.DataFrame]:
    by_row, rejects_by_row, wanted = ran("row", ruleset, partners, introductions)
    summary, rejects, found = ran("columns", ruleset, partners, introductions)
    assert rejects == rejects_by_row
    assert summary == by_row
    shared = [name for name in wanted.columns if name in found.columns]
    assert shared[:2] == ["line", "id"]
    assert found.select(shared).to_dicts() == wanted.select(shared).to_dicts()
    return summary, found


def written(name: str, text: str) -> str:
    """Write a table as CSV, or as Parquet of texts and dates."""
    if name.endswith(".csv"):
        Path(name).write_text(text, "utf-8")
    else:
        frame = pl.read_csv(text.encode(), infer_schema=False)
        frame.with_columns(
            pl.col(each).str.to_date() for each in frame.columns if each.endswith("_on")
        ).write_parquet(name, row_group_size=4)
    return name


@pytest.mark.parametrize("end", ["csv", "parquet"])
def test_aggregates_are_computed_and_records_counted(end: str) -> None:
    partners, introductions = written("p.csv", PARTNERS), written(f"i.{end}", INTRODUCTIONS)
    summary, found = assert_same(TIERS, partners, introductions)
    assert found.select("id", "partner.tier").rows() == [("P-1", "silver"), ("P-2", "bronze"), ("P-3", None)]
    (related,) = summary.related
    assert (related.name, related.read) == ("introductions", 10)
    assert related.unmatched == {"partner": 1}
    assert related.unlinked == {"partner": 1}


#: cells as people and programs write them, all of them good
CELLS = {
    "introduction.introduced_on": ["2026-03-01", "2026-11-21", "2025-12-31", "2026-11-22", ""],
    "introduction.reversal_cause": ["", "", "", "fraud"],
    "partner.id": ["P-1", "P-2", "P-3", "P-4", "P-99", ""],
}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("ruleset", [PROGRAMME, TIERS])
def test_random_introductions_give_what_the_row_engine_gives(ruleset: str, seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311 - seeded cells are no secrets
    with Path("i.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["introduction.id", *CELLS])
        for number in range(300):
            if rng.random() < 0.05:
                writer.writerow(["", "", "", ""])
            day, *others = map(rng.choice, CELLS.values())
            writer.writerow([f"I{number}", f" {day}" if rng.random() < 0.1 else day, *others])
    Path("p.csv").write_text(
        "partner.id,partner.name,partner.rating\nP-1,a,5\nP-2,b,good\nP-3,c,\n,d,1\nP-5,e,2\n\n"
    )
    summary, _ = assert_same(ruleset, "p.csv", "i.csv")
    assert summary.rejected == 1
    assert summary.related[0].unlinked["partner"] > 20


def test_records_that_name_nothing_belong_to_none() -> None:
    introductions = written("i.csv", "introduction.id,introduction.introduced_on\nI-1,2026-03-01\n")
    summary, _ = assert_same(TIERS, written("p.csv", PARTNERS), introductions)
    assert summary.related[0].unlinked == {"partner": 1}


def test_a_link_of_white_space_is_none() -> None:
    introductions = written("i.csv", HEADER + "I-1, ,P-1\nI-2,2026-03-01,\u00a0\nI-3,2026-03-01,P-1\n")
    summary, _ = assert_same(TIERS, written("p.csv", PARTNERS), introductions)
    assert (summary.related[0].unlinked, summary.related[0].unmatched) == ({"partner": 1}, {"partner": 0})


def test_records_of_an_input_without_ids_have_none() -> None:
    summary, _ = assert_same(
        TIERS, written("p.csv", "partner.name\nAlpha\n"), written("i.csv", INTRODUCTIONS)
    )
    assert summary.related[0].unmatched == {"partner": 9}


def test_no_related_record_at_all_is_none_of_each() -> None:
    header = INTRODUCTIONS.partition("\n")[0] + "\n"
    summary, found = assert_same(TIERS, written("p.csv", PARTNERS), written("i.csv", header))
    assert (summary.related[0].read, summary.related[0].unmatched) == (0, {"partner": 0})
    assert found["partner.tier"].to_list() == [None, None, None]


def refused(engine: str, introductions: str, partners: str = "p.csv") -> FairleadError:
    with pytest.raises((DocumentError, UsageError)) as error:
        ran(engine, TIERS, partners, introductions)
    return error.value


@pytest.mark.parametrize(
    ("rows", "wanted"),
    [
        ("I-1,2026-03-01,P-1\nI-1,2026-03-01,P-1\nI-2,soon,P-1\n", [(3, "duplicate-id"), (4, "wrong-type")]),
        (
            "I-1,soon,P-1\n,,P-1\nI-1,2026-03-01\n",
            [(2, "wrong-type"), (3, "nothing-to-decide"), (4, "ragged-row")],
        ),
        ("I-1,2026-02-30,P-1\n" * 30, [(line, "out-of-range") for line in range(2, 22)]),
        # one that does not fit takes no id
        ("I-1,soon,P-1\nI-1,2026-03-01,P-1\n", [(2, "wrong-type")]),
        ("I-1,,P-1\nI-2,,P-1\nI-1,,\nI-2,,\n", [(4, "duplicate-id"), (5, "duplicate-id")]),
        ("I-1,2026-03-01,P-\0\n", [(2, "invalid-text")]),
    ],
)  # fmt: skip
def test_a_record_that_cannot_be_read_or_stands_twice_stops_the_run(
    rows: str, wanted: list[tuple[int, str]]
) -> None:
    written("p.csv", PARTNERS)
    written("i.csv", HEADER + rows)
    by_row, by_columns = refused("row", "i.csv"), refused("columns", "i.csv")
    problems: Any = by_columns
    assert str(by_columns) == str(by_row)
    found = [(each.line, each.code) for each in problems.problems]
    assert found == wanted
    assert not Path("columns.parquet").exists()


def test_an_id_that_stands_in_two_batches_stands_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fairlead.files.column_rows._CELLS_TOGETHER", 2)
    written("p.csv", PARTNERS)
    written("i.csv", HEADER + "I-1,,P-1\nI-2,,P-1\nI-3,,P-1\nI-4,,P-1\nI-2,,P-1\n")
    assert "i.csv:6: two related records have the id `I-2` [duplicate-id]" in str(refused("columns", "i.csv"))
    written("i.csv", HEADER + "I-1,,P-1\nI-2,,P-9\nI-3,,P-1\nI-4,,\nI-5,,P-1\n")
    summary, _ = assert_same(TIERS, "p.csv", "i.csv")
    assert (summary.related[0].read, summary.related[0].unmatched) == (5, {"partner": 1})


def test_an_aggregate_that_is_stated_too_is_refused() -> None:
    written("p.csv", "partner.id,partner.introductions_this_year\nP-1,3\n")
    written("i.csv", INTRODUCTIONS)
    assert str(refused("columns", "i.csv")) == str(refused("row", "i.csv"))


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        (
            "i.jsonl",
            '{"introduction": {"id": "I-1"}, "partner": {"id": "P-1"}}\n',
            "related records as JSON Lines",
        ),
        (
            "i.csv",
            HEADER + "I-1,21.03.2026,P-1\n",
            "a file of `introductions` whose columns a mapping or a notation explains",
        ),
    ],
)  # fmt: skip
def test_what_only_rows_can_do_is_refused_by_name_and_auto_does_it(
    name: str, text: str, found: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path(name).write_text(text)
    written("p.parquet", PARTNERS)
    error: Any = refused("columns", name, "p.parquet")
    assert [(each.code, each.found) for each in error.problems] == [("not-columnar", found)]
    monkeypatch.setattr("fairlead.files.engines._WORTH_COLUMNS", 1)
    assert ran("auto", TIERS, "p.parquet", name)[0].evaluated == 3


def test_a_list_that_is_named_twice_is_refused() -> None:
    written("p.csv", PARTNERS)
    related = [RelatedFile("introductions", written(name, INTRODUCTIONS)) for name in ("i.csv", "j.csv")]
    for engine in ("row", "columns"):
        with pytest.raises(UsageError, match="given twice"):
            evaluate_with(
                engine,
                load(TIERS),
                InputFile("p.csv", related=related),
                "o.csv",
                None,
                DAY,
                output_format="csv",
            )


@pytest.mark.parametrize("engine", ["row", "columns"])
def test_partners_of_a_database_get_their_introductions_from_a_file(engine: str) -> None:
    with sqlite3.connect("crm.db") as connection:
        connection.execute('CREATE TABLE partners ("partner.id" TEXT PRIMARY KEY)')
        connection.executemany("INSERT INTO partners VALUES (?)", [("P-2",), ("P-1",)])
    written("i.csv", INTRODUCTIONS)
    words = ("--input", "sqlite:///crm.db", "--table", "partners", "--related", "introductions=i.csv")
    result = invoke(
        *("evaluate", TIERS, "--as-of", "2026-11-21", "--engine", engine, "--output", "o.csv", *words)
    )
    assert result.exit_code == 0, result.output
    with Path("o.csv").open(newline="") as file:
        found = [(row["line"], row["id"], row["partner.tier"]) for row in csv.DictReader(file)]
    assert found == [("1", "P-1", "silver"), ("2", "P-2", "bronze")]
    assert "introductions: 10 read" in result.stdout
    assert "1 without their partner in the input" in result.stdout
    assert "1 without the id of their partner" in result.stdout
