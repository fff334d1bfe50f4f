"""Headers and columns are understood where they are unambiguous, and otherwise refused."""

import io
import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.files.small_model import small_model

from fairlead.files.csv_rows import CsvRows
from fairlead.files.mappings import Stated
from fairlead.files.rejects import Reject
from fairlead.files.sources import ByteSource
from fairlead.files.understanding import Understanding
from fairlead.problems import DocumentError, UsageError

MODEL = small_model()
ENTITIES = ("lead", "partner")


def mapping(**changes: Any) -> dict[str, Any]:
    return {
        "fairlead": 1,
        "kind": "mapping",
        "name": "mappings/clinic",
        "version": "1.0.0",
        "title": "The clinic's list",
        "about": "A list that the clinic keeps.",
        "recognised_by": [["Patient No", "Asked on"]],
        "facts": {
            "lead.id": {"column": ["Patient No"]},
            "lead.name": {"columns": ["First", "Last"]},
            "lead.sent_records": {"filled": ["Records 1", "Records 2"]},
            "lead.channel": {
                "column": ["Way"],
                "values": {"Anruf": "phone", "Formular": "web_form", "-": None},
            },
            "lead.asked_on": {"column": ["Asked on"]},
            "lead.last_seen_at": {"column": ["Seen"]},
            "lead.budget": {"column": ["Budget"], "currency_column": ["Cur"]},
            "lead.fee": {"column": ["Fee"]},
            "lead.pages_read": {"column": ["Pages"]},
            "lead.languages": {"column": ["Languages"], "values": {"German": "de", "English": "en"}},
        },
        "ignored": ["Phone"],
        **changes,
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "clinic.json").write_text(json.dumps(mapping()), "utf-8")
    return tmp_path


def read(content: str, stated: Stated) -> tuple[list[dict[str, Any]], list[Reject], CsvRows]:
    rejects: list[Reject] = []
    source = ByteSource(io.BytesIO(content.encode()))
    heading = Understanding(MODEL, UTC, ENTITIES, stated, "a.csv").of_csv(source.peek(), whole=True)
    reader = CsvRows(source, MODEL, UTC, ENTITIES, rejects.append, file="a.csv", heading=heading)
    rows = [record for _, _, record in reader]
    assert reader.read == len(rows) + len(rejects)
    return rows, rejects, reader


def refused(content: str, stated: Stated) -> Any:
    with pytest.raises(DocumentError) as error:
        read(content, stated)
    return error.value.problems[0]


@pytest.mark.parametrize(
    ("columns", "cells", "facts"),
    [
        ("First,Last", "Ada,Example", {"name": "Ada Example"}),
        ("First,Last", " ,Example", {"name": "Example"}),
        ("Records 1,Records 2", ",scan.pdf", {"sent_records": True}),
        ("Records 1", '" "', {"sent_records": False}),
        ("Way", "Anruf", {"channel": "phone"}),
        ("way", "formular", {"channel": "web_form"}),
        ("Way", "Web form", {"channel": "web_form"}),
        ("Way", "-", {}),
        ("Seen", "2026-11-20 09:30", {"last_seen_at": datetime(2026, 11, 20, 9, 30, tzinfo=UTC)}),
        ("Budget,Cur", '"8.000,50",EUR', {"budget": (80_005_000, "EUR")}),
        ("Budget,Cur", "8000,eur", {"budget": (80_000_000, "EUR")}),
        ("Budget", "€ 8000", {"budget": (80_000_000, "EUR")}),
        ("Fee", '"1,500.00"', {"fee": 150_000}),
        ("Pages", "12.0", {"pages_read": 12}),
        ("Languages", "German; English", {"languages": ("de", "en")}),
    ],
)
def test_columns_become_facts_as_the_mapping_says(
    folder: Path, columns: str, cells: str, facts: dict[str, Any]
) -> None:
    content = f"Patient No,Asked on,{columns}\n7,2026-11-21,{cells}\n"

    (record,), rejects, _ = read(content, Stated(folders=(folder,)))

    assert rejects == []
    assert record == {"lead": {"id": "7", "asked_on": date(2026, 11, 21), **facts}}


def test_columns_that_are_not_used_are_told_and_ignored_ones_are_not(folder: Path) -> None:
    content = "Patient No,Asked on,Phone,Colour,\n7,2026-11-21,1,red,x\n"

    _, _, reader = read(content, Stated(folders=(folder,)))

    assert reader.heading.mapping == "mappings/clinic"
    assert reader.heading.layout.unused == ["`Colour`", "column 5, without a name"]


def test_an_option_that_is_not_mapped_rejects_its_row_with_its_column(folder: Path) -> None:
    content = "Patient No,Asked on,Way\n7,2026-11-21,Brieftaube\n8,2026-11-21,Anruf\n"

    rows, (reject,), _ = read(content, Stated(folders=(folder,)))

    assert [row["lead"]["id"] for row in rows] == ["8"]
    assert reject.line == 2
    assert reject.problems[0].code == "unknown-value"
    assert reject.problems[0].message == "`lead.channel` has an option value that is not mapped, in `Way`"
    assert reject.problems[0].remedy == "add it to `values` in the mapping"


def test_an_option_may_be_read_as_absent_and_is_told(folder: Path) -> None:
    facts = {
        "lead.id": {"column": ["No"]},
        "lead.channel": {"column": ["Way"], "values": {}, "other": "absent"},
    }
    path = folder / "other.json"
    path.write_text(json.dumps(mapping(facts=facts)), "utf-8")

    rows, _, reader = read("No,Way\n7,Brieftaube\n", Stated(mapping=str(path)))

    assert rows == [{"lead": {"id": "7"}}]
    assert reader.heading.layout.unmapped == {"Way": {"Brieftaube"}}


def test_the_order_of_dates_is_that_which_the_column_shows(folder: Path) -> None:
    content = "Patient No,Asked on\n1,03/04/2026\n2,25/04/2026\n3,04/25/2026\n"
    two = content.replace("3,04/25/2026\n", "")

    rows, _, reader = read(two, Stated(folders=(folder,)))

    assert [row["lead"]["asked_on"] for row in rows] == [date(2026, 4, 3), date(2026, 4, 25)]
    assert reader.heading.layout.notes == [
        "the dates of `Asked on` are read with the day first, as `25/04/2026` shows"
    ]
    assert refused(content, Stated(folders=(folder,))).code == "mixed-notation"


def test_an_open_order_of_dates_is_refused_with_the_column_and_an_example(folder: Path) -> None:
    problem = refused("Patient No,Asked on\n1,03/04/2026\n", Stated(folders=(folder,)))

    assert problem.code == "ambiguous-notation"
    assert problem.message == (
        "the dates of `Asked on` can be read with the day or with the month first: `03/04/2026`"
    )
    assert problem.remedy == "say which: `--dates day-first`, or `dates` in a mapping"


def test_what_the_user_says_closes_what_is_open(folder: Path) -> None:
    stated = Stated(folders=(folder,), dates="month_first", decimal=",")

    rows, _, _ = read('Patient No,Asked on,Budget\n1,03/04/2026,"8.000 EUR"\n', stated)

    assert rows == [{"lead": {"id": "1", "asked_on": date(2026, 3, 4), "budget": (80_000_000, "EUR")}}]


def test_an_open_decimal_sign_is_refused(folder: Path) -> None:
    problem = refused("Patient No,Asked on,Budget\n1,2026-11-21,8.000 EUR\n", Stated(folders=(folder,)))

    assert problem.code == "ambiguous-notation"
    assert "`Budget` can be read with a decimal point or with a decimal comma: `8.000 EUR`" in problem.message


def test_fact_names_with_a_decimal_comma_and_days_first_are_understood() -> None:
    rows, rejects, reader = read(
        "lead.id;lead.budget;lead.asked_on\n1;8.000,50 EUR;21/11/2026\n2;7.000 EUR;x\n", Stated()
    )

    assert rows == [{"lead": {"id": "1", "budget": (80_005_000, "EUR"), "asked_on": date(2026, 11, 21)}}]
    assert [reject.line for reject in rejects] == [3]
    assert len(reader.heading.layout.notes) == 2


def test_a_title_and_merged_cells_before_the_header_are_passed_over(folder: Path) -> None:
    content = "Patients of the clinic,,,\n,,,\nPatient No,Asked on,Way,\n7,2026-11-21,Anruf,\n,,,\n,,,\n"

    rows, _, reader = read(content, Stated(folders=(folder,)))

    assert [row["lead"]["id"] for row in rows] == ["7"]
    assert reader.heading.line == 3
    assert reader.blank == 2


def test_thousands_of_empty_rows_are_passed_over_and_counted() -> None:
    rows, rejects, reader = read("lead.id,lead.channel\nL-1,phone\n" + ",\n" * 5000, Stated())

    assert len(rows) == 1
    assert rejects == []
    assert reader.blank == 5000


def test_a_fact_named_header_may_have_columns_without_a_name() -> None:
    rows, _, reader = read("lead.id,lead.channel,,\nL-1,phone,,\n", Stated())

    assert rows == [{"lead": {"id": "L-1", "channel": "phone"}}]
    assert reader.heading.layout.unused == ["column 3, without a name", "column 4, without a name"]


def test_a_duplicate_header_is_refused_where_it_is_read(folder: Path) -> None:
    problem = refused("Patient No,Asked on,Way,Way\n", Stated(folders=(folder,)))

    assert problem.code == "duplicate-name"
    assert problem.found == "Way"


def test_a_duplicate_header_that_is_not_read_is_not_used(folder: Path) -> None:
    _, _, reader = read("Patient No,Asked on,Note,Note\n", Stated(folders=(folder,)))

    assert reader.heading.layout.unused == ["`Note`", "`Note`"]


def test_unknown_columns_are_refused_with_an_example_of_what_to_map() -> None:
    problem = refused("Hasta,Tarih\n1,2026-11-21\n", Stated())

    assert problem.code == "unknown-columns"
    assert "the columns are `Hasta`, `Tarih`" in problem.message
    assert '"facts": {"lead.id": {"column": ["Hasta"]}}' in problem.remedy
    assert "`hubspot-companies`, `hubspot-contacts`, `hubspot-deals`" in problem.remedy


def test_two_mappings_that_know_an_export_are_refused_by_name(folder: Path) -> None:
    (folder / "second.json").write_text(json.dumps(mapping(name="mappings/second")), "utf-8")

    problem = refused("Patient No,Asked on\n", Stated(folders=(folder,)))

    assert problem.code == "ambiguous-mapping"
    assert "`mappings/clinic`, `mappings/second`" in problem.message


def test_a_mapping_that_does_not_exist_is_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError) as error:
        read("A,B\n", Stated(mapping="hubspot-contact"))

    assert error.value.problems[0].nearest == "hubspot-contacts"


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"lead.nam": {"column": ["No"]}}, "unknown-fact"),
        ({"lead.channel": {"column": ["No"], "values": {"A": "fax"}}}, "unknown-value"),
        ({"lead.id": {}}, "missing-key"),
        ({"lead.id": {"column": ["No"], "filled": ["No"]}}, "unexpected-key"),
        ({"lead.id": {"colum": ["No"]}}, "unknown-key"),
    ],
)
def test_a_mapping_that_is_wrong_is_refused_with_the_reason(
    folder: Path, facts: dict[str, Any], code: str
) -> None:
    path = folder / "wrong.json"
    path.write_text(json.dumps(mapping(facts=facts)), "utf-8")

    assert code in refused("No\n1\n", Stated(mapping=str(path))).code


def test_a_header_that_is_not_utf8_is_refused_with_the_remedy() -> None:
    source = ByteSource(io.BytesIO(b"Gr\xf6\xdfe,Name\n"))

    with pytest.raises(DocumentError) as error:
        Understanding(MODEL, UTC, ENTITIES, Stated(), "a.csv").of_csv(source.peek(), whole=True)

    assert error.value.problems[0].code == "not-utf8"
    assert "--encoding windows-1252" in str(error.value)


def test_a_broken_row_does_not_hide_what_the_rows_before_it_show(folder: Path) -> None:
    content = 'Patient No,Asked on\n1,25/04/2026\n2,03/04/2026\n3,"open\n'

    rows, rejects, _ = read(content, Stated(folders=(folder,)))

    assert [row["lead"]["asked_on"] for row in rows] == [date(2026, 4, 25), date(2026, 4, 3)]
    assert [reject.line for reject in rejects] == [4]
