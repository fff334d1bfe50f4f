"""A page as an Excel workbook, read back."""

from __future__ import annotations

import io
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet
from tests.show.all_kinds import BAND, HOSTILE, RULESET, SCRIPT, load

from fairlead.problems import UsageError
from fairlead.ruleset.load import load_ruleset
from fairlead.show import Page, page_of, workbook


def read(page: Page) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(workbook(page)))


def values(sheet: Worksheet) -> list[list[Any]]:
    """The rows that say something, without the empty cells at their ends."""
    rows = [[cell for cell in row if cell is not None] for row in sheet.iter_rows(values_only=True)]
    return [row for row in rows if row]


def test_an_overview_leads_to_a_sheet_for_each_table_and_reward_and_one_for_all_checks() -> None:
    book = read(page_of(load_ruleset("medical-travel/partner-programme")))

    assert book.sheetnames == [
        "partner-programme",
        "partner.tier",
        "check",
        "introduction.reward",
        "Who introduced",
        "How it is paid",
        "Settings",
        "What the rules read",
    ]
    overview = book["partner-programme"]
    said = values(overview)
    assert said[0] == ["Partner programme"]
    assert ["Version", "1.0.0"] in said
    assert ["The agreement was in force", "check", "introduction.agreement_in_force"] in said
    links = {
        cell.value: cell.hyperlink.location for row in overview.iter_rows() for cell in row if cell.hyperlink
    }
    assert links["Partner's recognition tier"] == "'partner.tier'!A1"
    assert links["The partner may be paid"] == "'check'!A5"
    assert book["check"]["A5"].value == (
        "The partner may be paid\n"
        "Not a clinician, not on the facility's staff, not a public official. All three must be known.\n"
        "introduction.partner_may_be_paid"
    )
    assert book["check"]["B5"].value == (
        "all of these:\n"
        "• it is not so that the partner is a clinician\n"
        "• it is not so that the partner is on the facility's staff\n"
        "• it is not so that the partner is a public official"
    )


def test_a_table_has_its_columns_and_numbers_are_numbers() -> None:
    book = read(page_of(load_ruleset("medical-travel/lead-scoring")))
    said = values(book["lead.score"])

    assert ["Row", "Condition", "Points", "Reason"] in said
    assert [
        "medical_records",
        "the patient sent medical records",
        25,
        "Sent medical records\nmedical_records",
    ] in said
    points = next(cell for row in book["lead.score"].iter_rows() for cell in row if cell.value == 25)
    assert (points.data_type, points.number_format) == ("n", "+0;-0;0")


def test_decimals_keep_their_digits(tmp_path: Path) -> None:
    book = read(page_of(load(tmp_path)))
    points = next(cell for row in book["lead.score"].iter_rows() for cell in row if cell.value == 2.5)

    assert points.number_format == "+0.0;-0.0;0.0"


def test_a_number_with_more_digits_than_a_spreadsheet_keeps_is_text(tmp_path: Path) -> None:
    long = "1234567890123456.5"
    formula = {
        "name": "lead.value",
        "kind": "formula",
        "title": "value",
        "result": {"type": "decimal", "precision": 17, "scale": 1},
        "value": {"decimal": long},
    }
    table = {**BAND, "result": formula["result"], "otherwise": "undetermined"}
    table["rows"] = [{"id": "a", "when": {"var": "lead.records"}, "then": {"decimal": long}}]
    book = read(page_of(load(tmp_path, {**RULESET, "decisions": [table]})))

    (cell,) = (
        cell for row in book["lead.band"].iter_rows() for cell in row if cell.value in (long, Decimal(long))
    )
    assert (cell.data_type, cell.value) == ("s", long)


def test_no_text_is_taken_for_a_formula_or_an_error(tmp_path: Path) -> None:
    page = page_of(load(tmp_path, HOSTILE))
    book = read(page)
    cells = {cell.value: cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value}

    assert {cell.data_type for cell in cells.values()} <= {"s", "n"}
    for text in (
        '=HYPERLINK("https://example.org","click")',
        "@SUM(1+1)*cmd|' /C calc'!A0\nhot",
        "-1+2 \"quoted\" 'text'\nnone",
        f"+1 {SCRIPT}",
    ):
        assert (cells[text].data_type, cells[text].quotePrefix) == ("s", True)
    assert cells["#REF!\ncold"].data_type == "s"
    assert not any(cell.value for cell in cells.values() if cell.data_type == "f")
    links = {cell.hyperlink.target for cell in cells.values() if cell.hyperlink}
    assert links == {None}


def test_an_arabic_workbook_is_read_from_right_to_left() -> None:
    book = read(page_of(load_ruleset("medical-travel/lead-scoring"), "ar"))
    cells = {cell.value: cell for row in book["lead.score"].iter_rows() for cell in row}

    assert all(sheet.sheet_view.rightToLeft for sheet in book)
    assert cells["إرسال السجلات الطبية\nmedical_records"].alignment.readingOrder == 2
    assert cells["أرسل المريض السجلات الطبية: نعم"].alignment.readingOrder == 2
    overview = [cell for row in book["lead-scoring"].iter_rows() for cell in row]
    (about,) = (cell for cell in overview if str(cell.value).startswith("(4) A lead that meets both lists"))
    assert about.alignment.readingOrder == 1
    assert (
        not read(page_of(load_ruleset("medical-travel/lead-scoring"), "tr"))
        .worksheets[0]
        .sheet_view.rightToLeft
    )


def test_names_of_sheets_are_cut_and_never_the_same(tmp_path: Path) -> None:
    long = "lead." + "very_long_result" * 3
    decisions = [{**BAND, "name": f"{long}_{end}"} for end in "ab"]
    book = read(page_of(load(tmp_path, {**RULESET, "decisions": decisions})))

    assert book.sheetnames[1:3] == ["lead.very_long_resultvery_long_", "lead.very_long_resultvery_lon 2"]
    assert max(map(len, book.sheetnames)) <= 31


def test_the_one_name_that_excel_keeps_for_itself_is_not_used(tmp_path: Path) -> None:
    book = read(page_of(load(tmp_path, {**RULESET, "name": "clinic/history"})))

    assert book.sheetnames[0] == "history 2"


def test_without_openpyxl_the_way_to_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(UsageError) as refused:
        workbook(page_of(load(tmp_path)))

    (problem,) = refused.value.problems
    assert (problem.code, problem.remedy) == ("missing-package", 'run `pip install "fairlead[xlsx]"`')
