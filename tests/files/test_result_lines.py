"""Results as lines: JSON for machines, CSV that no spreadsheet runs."""

import csv
import datetime as dt
import json
from typing import Any

import pytest

import fairlead
from fairlead.files.result_lines import CsvLines, JsonLines, text_cell
from fairlead.files.unknowns import Unknowns

AS_OF = dt.date(2026, 11, 21)
INTRODUCTION = {"verified": True, "file_complete": True, "introduced_on": "2026-11-02"}


def line(ruleset: str, record: dict[str, Any], kind: type[JsonLines] | type[CsvLines], **options: Any) -> str:
    program = fairlead.load(f"medical-travel/{ruleset}", as_of=AS_OF)
    lines = kind(program, **options)
    checked = program.check(record)
    decisions, reasons, mask = program.runner(AS_OF)(checked)
    unknown = Unknowns(program, AS_OF, lines.unknown_text)(checked, decisions, mask)
    return lines.header() + lines.line(7, "I-1", decisions, reasons, unknown)


def test_a_reward_is_an_object_in_json() -> None:
    told = json.loads(
        line("partner-programme", {"introduction": INTRODUCTION, "partner": {"id": "TA-101"}}, JsonLines)
    )

    assert (told["line"], told["id"]) == (7, "I-1")
    assert told["decisions"]["introduction.reward"] == {
        "payee": "TA-101",
        "amount": {"amount": "500.00", "currency": "USD"},
        "accrues": True,
        "payable": None,
        "reversed": False,
    }
    assert told["undetermined"]["introduction.licence_valid"] == [
        {"kind": "absent", "subject": "partner.licence_valid_from"},
        {"kind": "absent", "subject": "partner.licence_valid_until"},
    ]


def test_decisions_of_an_entity_that_is_not_there_are_left_out() -> None:
    told = json.loads(line("partner-programme", {"partner": {"introductions_this_year": 6}}, JsonLines))

    assert told["decisions"] == {"partner.tier": "silver"}
    assert "undetermined" not in told


def test_a_reward_has_five_columns_in_csv() -> None:
    text = line("partner-programme", {"introduction": INTRODUCTION, "partner": {"id": "TA-101"}}, CsvLines)
    (row,) = csv.DictReader(text.splitlines())

    assert {name: cell for name, cell in row.items() if name.startswith("introduction.reward")} == {
        "introduction.reward": "500.00 USD",
        "introduction.reward.payee": "TA-101",
        "introduction.reward.accrues": "true",
        "introduction.reward.payable": "",
        "introduction.reward.reversed": "false",
    }
    assert "partner.licence_valid_from" in row["missing"].split()


def test_columns_stay_in_place_where_decisions_are_left_out() -> None:
    text = line("partner-programme", {"partner": {"introductions_this_year": 6}}, CsvLines)
    (row,) = csv.DictReader(text.splitlines())

    assert (row["partner.tier"], row["introduction.reward"], row["missing"]) == ("silver", "", "")
    assert None not in row


def test_csv_has_the_texts_of_reasons_where_a_language_is_asked_for() -> None:
    record = {"lead": {"submitted_medical_records": True, "asked_for_specific_dates": True}}
    (row,) = csv.DictReader(line("lead-scoring", record, CsvLines, language="de").splitlines())

    assert row["reasons"] == "medical_records specific_dates"
    assert row["texts"] == "Medizinische Unterlagen geschickt; Nach konkreten Terminen gefragt"


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("L-1", "L-1"),
        ("=1+1", "'=1+1"),
        ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("-1+2", "'-1+2"),
        ("\t=1", '"\'\t=1"'),
        ("\r=1", '"\'\r=1"'),
        ("-5", "-5"),
        ("+12.50", "+12.50"),
        ("a,b", '"a,b"'),
        ('say "no"', '"say ""no"""'),
        ("two\nlines", '"two\nlines"'),
    ],
)
def test_a_text_is_never_a_formula(text: str, cell: str) -> None:
    assert text_cell(text) == cell


def test_a_csv_line_carries_the_digest_and_that_nobody_approved_it() -> None:
    text = line("partner-programme", {"partner": {"introductions_this_year": 6}}, CsvLines)
    (row,) = csv.DictReader(text.splitlines())

    assert row["digest"].startswith("sha256:")
    assert row["approval"] == "unapproved"
