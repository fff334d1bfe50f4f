"""Parquet in and out: typed columns pass the same checks as CSV."""

import builtins
import io
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.files.small_model import small_model

from fairlead.engine import load
from fairlead.files import InputFile, evaluate_file
from fairlead.files.mappings import Stated
from fairlead.files.parquet_rows import ParquetRows
from fairlead.files.rejects import Reject
from fairlead.files.understanding import Understanding
from fairlead.problems import DocumentError, UsageError

MODEL = small_model()
ENTITIES = ("lead", "partner")
NINE = datetime(2026, 11, 21, 9, tzinfo=UTC)


def read(columns: dict[str, Any], **options: Any) -> tuple[list[Any], list[Reject], ParquetRows]:
    stream = io.BytesIO()
    pq.write_table(pa.table(columns), stream, **options)
    stream.seek(0)
    rejects: list[Reject] = []
    understanding = Understanding(MODEL, UTC, ENTITIES, Stated(), "a.parquet")
    reader = ParquetRows(stream, understanding.of_table, ENTITIES, rejects.append, file="a.parquet")
    rows = list(reader)
    assert reader.read == len(rows) + len(rejects)
    return rows, rejects, reader


@pytest.mark.parametrize(
    ("fact", "column", "value"),
    [
        ("name", ["Zoë"], "Zoë"),
        ("sent_records", [True], True),
        ("sent_records", ["true"], True),
        ("pages_read", [12], 12),
        ("pages_read", [12.0], 12),
        ("share", pa.array([Decimal("12.50")], pa.decimal128(9, 2)), 1250),
        ("share", [12.5], 1250),
        ("fee", ["500.00 USD"], 50_000),
        ("budget", [{"amount": Decimal("8000.5"), "currency": "EUR"}], (80_005_000, "EUR")),
        ("asked_on", [date(2026, 11, 21)], date(2026, 11, 21)),
        ("asked_on", ["2026-11-21"], date(2026, 11, 21)),
        ("last_seen_at", pa.array([NINE.replace(tzinfo=None)], pa.timestamp("ns")), NINE),
        ("last_seen_at", pa.array([NINE], pa.timestamp("us", "UTC")), NINE),
        ("languages", [["de", "en"]], ("de", "en")),
        ("channel", pa.array(["phone"]).dictionary_encode(), "phone"),
    ],
)  # fmt: skip
def test_a_typed_column_is_read_as_its_fact(fact: str, column: Any, value: Any) -> None:
    rows, rejects, _ = read({"lead.id": ["L-1"], f"lead.{fact}": column})

    assert rejects == []
    assert rows == [(1, "L-1", {"lead": {"id": "L-1", fact: value} | _absent(rows)})]


def _absent(rows: list[Any]) -> dict[str, None]:
    return {name: None for name, value in rows[0][2]["lead"].items() if value is None}


def test_a_row_that_does_not_fit_is_rejected_with_its_number() -> None:
    rows, (reject,), reader = read({"lead.id": ["a", None, "b"], "lead.pages_read": [1, None, -4]})

    assert [number for number, _, _ in rows] == [1]
    assert reader.blank == 1
    assert reject.as_json()["line"] == 3
    assert reject.as_json()["code"] == "out-of-range"
    assert reject.text == '{"lead.id": "b", "lead.pages_read": "-4"}'


def test_row_groups_are_read_one_after_the_other() -> None:
    rows, _, _ = read({"lead.id": [str(number) for number in range(10_000)]}, row_group_size=700)

    assert [number for number, _, _ in rows] == list(range(1, 10_001))
    assert rows[-1][1] == "9999"


def test_the_currencies_of_several_row_groups_may_be_a_dictionary() -> None:
    money = pa.struct([("amount", pa.decimal128(18, 2)), ("currency", pa.dictionary(pa.int8(), pa.string()))])
    budget = pa.array([{"amount": Decimal(number), "currency": "EUR"} for number in range(5_000)], money)
    rows, rejects, _ = read(
        {"lead.id": [str(number) for number in range(5_000)], "lead.budget": budget}, row_group_size=700
    )

    assert rejects == []
    assert rows[-1][2]["lead"]["budget"] == (49_990_000, "EUR")


def test_a_damaged_file_is_refused_with_the_row_from_which_on_it_cannot_be_read() -> None:
    stream = io.BytesIO()
    names = [f"{number} {'x' * 100}" for number in range(20_000)]
    pq.write_table(pa.table({"lead.id": names}), stream, row_group_size=5_000, compression="none")
    whole = bytearray(stream.getvalue())
    place = whole.index(b"15500 xxx") - 400_000
    whole[place : place + 400_000] = b"\xff" * 400_000
    understanding = Understanding(MODEL, UTC, ENTITIES, Stated(), "a.parquet")
    reader = ParquetRows(
        io.BytesIO(bytes(whole)), understanding.of_table, ENTITIES, no_layout, file="a.parquet"
    )

    with pytest.raises(DocumentError) as error:
        list(reader)

    (problem,) = error.value.problems
    assert (problem.code, problem.file) == ("invalid-parquet", "a.parquet")
    assert re.match("the file cannot be read beyond row [0-9]+: ", problem.message)


def no_layout(*_: Any) -> Any:
    """Stand in for what is asked only once a file was opened."""
    raise AssertionError("the file was opened")


def test_a_file_that_is_no_parquet_is_refused() -> None:
    with pytest.raises(DocumentError) as error:
        ParquetRows(io.BytesIO(b"lead.id\n1\n"), no_layout, ENTITIES, no_layout)

    assert error.value.problems[0].code == "invalid-parquet"


def test_without_the_package_the_remedy_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def missing(name: str, *rest: Any) -> Any:
        if name.startswith("pyarrow"):
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(UsageError) as error:
        ParquetRows(io.BytesIO(), no_layout, ENTITIES, no_layout)

    assert error.value.problems[0].code == "missing-package"
    assert error.value.problems[0].remedy == 'run `pip install "fairlead[parquet]"`'


def test_results_are_typed_columns(tmp_path: Path) -> None:
    program = load("medical-travel/lead-scoring", select=["lead.score", "lead.band"])
    source, target = tmp_path / "leads.parquet", tmp_path / "scores.parquet"
    pq.write_table(pa.table({"lead.id": ["L-1", "=L-2"], "lead.channel": ["phone", "fax"]}), source)
    rejects = tmp_path / "rejects.jsonl"

    summary = evaluate_file(
        program, InputFile(str(source)), str(target), str(rejects), date(2026, 11, 21),
        output_format="parquet", language="de",
    )  # fmt: skip

    assert (summary.read, summary.evaluated, summary.rejected) == (2, 1, 1)
    table = pq.read_table(target)
    assert table.schema.field("lead.score").type == pa.int64()
    (row,) = table.to_pylist()
    assert row["line"] == 1
    assert row["id"] == "L-1"
    assert row["lead.score"] == 15
    assert row["lead.band"] == "cold"
    assert row["reasons"] == ["direct_channel"]
    assert len(row["texts"]) == 1
    assert "lead.submitted_medical_records" in row["missing"]
    assert '"code": "unknown-value"' in rejects.read_text("utf-8")


def test_a_list_whose_items_hold_the_separator_is_rejected() -> None:
    rows, (reject,), _ = read({"lead.id": ["a", "b"], "lead.languages": [["de|en"], ["de"]]})

    assert [record["lead"]["languages"] for _, _, record in rows] == [("de",)]
    assert reject.problems[0].message == "`lead.languages` has an item with a `|` in it"
