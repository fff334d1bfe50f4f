"""Exports as they should not be: understood and told, or refused with the column and what to do."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from tests.commands import invoke

HUBSPOT = "Record ID;Contact owner;Create Date;Preferred arrival date;Treatment budget;Budget currency"
ROW = "1;Deniz;2026-11-18 09:12;{date};{budget};EUR"


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def evaluate(content: str | bytes, *words: str, name: str = "leads.csv") -> Any:
    Path(name).write_bytes(content if isinstance(content, bytes) else content.encode())
    line = ["evaluate", "medical-travel/lead-scoring", "--input", name, "--output", "out.csv"]
    result = invoke(*line, "--as-of", "2026-11-21", *words)
    assert "Traceback" not in result.output
    return result


def scores() -> list[str]:
    with Path("out.csv").open(encoding="utf-8", newline="") as file:
        return [row["lead.score"] for row in csv.DictReader(file)]


def rejects() -> list[dict[str, Any]]:
    return [json.loads(line) for line in Path("out.csv.rejects.jsonl").read_text("utf-8").splitlines()]


# delimiters


@pytest.mark.parametrize(("sign", "name"), [(",", "comma"), (";", "semicolon"), ("\t", "tab"), ("|", "pipe")])
def test_a_delimiter_is_understood_and_told(sign: str, name: str) -> None:
    result = evaluate(f"lead.id{sign}lead.channel\n1{sign}phone\n")

    assert f"the delimiter of the input is a {name}\n" in result.stdout
    assert scores() == ["15"]


def test_the_rows_show_the_delimiter_where_the_header_has_several() -> None:
    text = 'Record ID;Contact owner;"Notes, remarks, other";Enquiry channel, if known\n1;Deniz;a, b, c;\n'

    result = evaluate(text)

    assert "the delimiter of the input is a semicolon\n" in result.stdout
    assert "columns that are not used: `Notes, remarks, other`, `Enquiry channel, if known`" in result.stdout


def test_a_delimiter_that_stays_open_is_refused_until_it_is_stated() -> None:
    text = "Record ID,Contact owner;Enquiry channel\n1,a;WhatsApp\n"

    result = evaluate(text)

    assert result.exit_code == 2
    assert "the delimiter may be a comma or a semicolon" in result.stderr
    assert "say which: `--delimiter comma`" in result.stderr
    assert not Path("out.csv").exists()
    assert evaluate("lead.id;lead.channel,x\n1;phone\n", "--delimiter", "slash").exit_code == 2


def test_a_stated_delimiter_is_taken() -> None:
    result = evaluate('lead.id|lead.channel\n"1|2"|phone\n', "--delimiter", "pipe")

    assert "the delimiter of the input is a pipe\n" in result.stdout
    assert scores() == ["15"]


# encodings


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_a_byte_order_mark_tells_the_encoding(encoding: str) -> None:
    assert evaluate("lead.id,lead.name,lead.channel\n1,Jürgen,phone\n".encode(encoding)).exit_code == 0
    assert scores() == ["15"]


@pytest.mark.parametrize(
    ("encoding", "python", "name"),
    [
        ("windows-1252", "cp1252", "Jürgen Müller"),
        ("windows-1254", "cp1254", "Ayşe Işık"),
        ("cp1254", "cp1254", "Ayşe Işık"),
        ("iso-8859-9", "iso-8859-9", "Ayşe Işık"),
        ("utf-16-le", "utf-16-le", "Ayşe Işık"),
    ],
)
def test_an_encoding_that_is_stated_is_read_and_told(encoding: str, python: str, name: str) -> None:
    content = f"lead.id,lead.tracking_code,lead.channel\n{name},x,phone\n".encode(python)

    result = evaluate(content, "--encoding", encoding)

    assert result.exit_code == 0
    told = encoding.replace("cp125", "windows-125")
    assert f"the encoding of the input is {told}\n" in result.stdout
    assert f",{name}," in Path("out.csv").read_text("utf-8")


def test_an_encoding_that_is_not_stated_is_never_guessed() -> None:
    turkish = "lead.id,lead.name,lead.channel\n1,Ayşe Işık,phone\n".encode("cp1254")

    assert evaluate(turkish).exit_code == 1
    (reject,) = rejects()
    assert (reject["line"], reject["fact"], reject["code"]) == (2, "lead.name", "not-utf8")
    assert "`windows-1254` for Turkish" in reject["remedy"]
    refused = evaluate("Kişi,Doğum\n1,2\n".encode("cp1254"))
    assert refused.exit_code == 2
    assert "the header is not UTF-8" in refused.stderr
    assert evaluate("lead.id\n1\n".encode("utf-16-le")).stderr.startswith(
        "leads.csv:1: the file looks like UTF-16 without a byte-order mark"
    )


# numbers and dates


def export(*rows: tuple[str, str], header: str = HUBSPOT) -> str:
    return "\n".join([header, *(ROW.format(date=date, budget=budget) for date, budget in rows)]) + "\n"


def test_a_decimal_comma_is_understood_where_a_number_shows_it() -> None:
    result = evaluate(export(("", "8.000,50"), ("", "1.200")))

    assert "numbers of `Treatment budget` are read with a decimal comma, as `8.000,50` shows" in result.stdout


def test_a_decimal_sign_that_stays_open_is_refused_until_it_is_stated() -> None:
    result = evaluate(export(("", "8.000")))

    assert result.exit_code == 2
    assert "the numbers of `Treatment budget` can be read with a decimal point or with" in result.stderr
    assert "say which: `--decimal ,`, or `decimal` in a mapping" in result.stderr
    assert evaluate(export(("", "8.000")), "--decimal", ",").exit_code == 0


def test_an_order_of_dates_is_settled_by_other_rows() -> None:
    result = evaluate(export(("03/04/2026", ""), ("25/04/2026", "")))

    assert result.exit_code == 0
    assert "`Preferred arrival date` are read with the day first, as `25/04/2026` shows" in result.stdout


@pytest.mark.parametrize("header", [HUBSPOT, HUBSPOT.replace("Preferred arrival date", "x")])
def test_an_order_of_dates_that_stays_open_is_refused_until_it_is_stated(header: str) -> None:
    text = export(("03/04/2026", ""), ("05/06/2026", ""), header=header)
    if header != HUBSPOT:
        # names of facts are read with the same care
        text = "lead.id,lead.preferred_arrival_on\n1,03/04/2026\n2,05/06/2026\n"

    result = evaluate(text)

    assert result.exit_code == 2
    assert "can be read with the day or with the month first: `03/04/2026`" in result.stderr
    assert "say which: `--dates day-first`, or `dates` in a mapping" in result.stderr
    assert not Path("out.csv").exists()
    assert evaluate(text, "--dates", "month-first").exit_code == 0


def test_dates_in_two_orders_are_refused() -> None:
    result = evaluate(export(("25/04/2026", ""), ("04/25/2026", "")))

    assert result.exit_code == 2
    assert "`Preferred arrival date` are written in two ways: `25/04/2026` and `04/25/2026`" in result.stderr


@pytest.mark.parametrize("text", ["21 November 2026", "21. Dezember 2026", "3 Ağustos 2026", "Nov 21, 2026"])
@pytest.mark.parametrize("header", [HUBSPOT, None])
def test_names_of_months_are_understood_and_told(text: str, header: str | None) -> None:
    content = export((text, "")) if header else f'lead.id,lead.preferred_arrival_on\n1,"{text}"\n'

    result = evaluate(content)

    assert result.exit_code == 0, result.output
    column = "Preferred arrival date" if header else "lead.preferred_arrival_on"
    assert f"the dates of `{column}` name their months, as in `{text}`\n" in result.stdout


def test_names_of_months_in_other_languages_are_refused() -> None:
    result = evaluate(export(("21 ноября 2026", "")))

    assert result.exit_code == 2
    assert "`Preferred arrival date` name months in a language that is not known: `21 ноября" in result.stderr
    assert "write dates with the number of the month, such as `2026-11-21`" in result.stderr


@pytest.mark.parametrize("text", ["21.11.26", "21/11/26", "21-Nov-26"])
def test_years_of_two_digits_are_refused_until_the_century_is_stated(text: str) -> None:
    result = evaluate(export((text, "")))

    assert result.exit_code == 2
    assert f"`Preferred arrival date` have two digits, and may be of two centuries: `{text}`" in result.stderr
    assert "say `--century 2000`, or `century` in a mapping" in result.stderr
    result = evaluate(export((text, "")), "--century", "2000", "--dates", "day-first")
    assert result.exit_code == 0
    assert "`Preferred arrival date` are read as 2000 to 2099 where they have two digits" in result.stdout


def test_one_year_of_two_digits_among_whole_ones_rejects_its_row() -> None:
    result = evaluate(export(("21.11.2026", ""), ("21.11.26", "")))

    assert result.exit_code == 1
    assert [(reject["line"], reject["remedy"]) for reject in rejects()] == [
        (3, "write the year with four digits, or say `--century 2000`")
    ]


# headers


def test_lines_above_the_header_are_passed_over_and_told() -> None:
    text = "All contacts;;;\nExported on 21.11.2026;;;\n\n" + export(("", "8000,50"))

    result = evaluate(text)

    assert "the columns are named in line 4; the lines before it are passed over\n" in result.stdout
    assert "1 read = 1 evaluated + 0 rejected" in result.stdout


def test_columns_without_a_name_are_not_used_and_told() -> None:
    result = evaluate("Record ID,Contact owner,,Enquiry channel,\n1,Deniz,x,Phone,y\n")

    assert "columns that are not used: column 3, without a name, column 5, without a name" in result.stdout
    assert scores() == ["15"]


def test_a_column_that_stands_twice_is_refused_only_where_it_is_read() -> None:
    assert evaluate("Record ID,Contact owner,City,City\n1,Deniz,a,b\n").exit_code == 0
    result = evaluate("Record ID,Contact owner,Enquiry channel,Enquiry Channel\n1,Deniz,Phone,Chat\n")
    assert result.exit_code == 2
    assert "the column `Enquiry channel` stands 2 times, and the mapping reads it" in result.stderr
    assert "take out of the export, or rename, all but one of them" in result.stderr
    result = evaluate("lead.id,lead.id\n1,2\n")
    assert "the column `lead.id` stands twice" in result.stderr


def test_other_names_of_columns_are_refused_with_an_example_of_what_to_map() -> None:
    result = evaluate("Hasta No;Tarih\n1;2026-11-21\n")

    assert result.exit_code == 2
    assert "the columns are `Hasta No`, `Tarih`" in result.stderr
    assert '"facts": {"lead.id": {"column": ["Hasta No"]}}' in result.stderr


def test_the_header_below_a_title_is_the_one_that_is_refused() -> None:
    result = evaluate("Enquiries;;\nHasta No;Tarih;\n1;2026-11-21;\n")

    assert "leads.csv:2: the columns are no facts" in result.stderr
    assert '"facts": {"lead.id": {"column": ["Hasta No"]}}' in result.stderr
    turkish = evaluate("Enquiries;;\nHasta No;Bütçe;\n1;2;\n".encode("cp1254"))
    assert "leads.csv:2: the header is not UTF-8" in turkish.stderr


# rows


def test_thousands_of_empty_rows_are_passed_over_and_counted() -> None:
    result = evaluate("lead.id,lead.channel\n1,phone\n" + ",\n" * 5000 + "2,email\n" + "\n" * 5000)

    assert "2 read = 2 evaluated + 0 rejected" in result.stdout
    assert "5,000 empty rows are passed over" in result.stdout


def test_a_column_of_mixed_types_rejects_each_row_with_its_line_and_reason() -> None:
    cells = ["12", "twelve", "2026-11-21", "true", "", "7"]
    text = "lead.id,lead.pages_read\n" + "".join(f"{n},{cell}\n" for n, cell in enumerate(cells))

    result = evaluate(text)

    assert "6 read = 3 evaluated + 3 rejected" in result.stdout
    assert [(each["line"], each["fact"], each["found"]) for each in rejects()] == [
        (3, "lead.pages_read", "twelve"),
        (4, "lead.pages_read", "2026-11-21"),
        (5, "lead.pages_read", "true"),
    ]


def test_a_null_character_rejects_its_row_and_no_other() -> None:
    result = evaluate("lead.id,lead.name,lead.channel\n1,a,phone\n2,b\0c,phone\n3,d,phone\n")

    assert "3 read = 2 evaluated + 1 rejected" in result.stdout
    (reject,) = rejects()
    assert (reject["line"], reject["code"]) == (3, "invalid-text")
    assert reject["message"] == "cell 2 of the row holds a null character, which is no text"


def test_a_quoted_cell_that_is_cut_off_at_the_end_rejects_its_row_alone() -> None:
    result = evaluate('lead.id,lead.name\n1,a\n2,"b\n3,c\n4,"d')

    assert "4 read = 2 evaluated + 2 rejected" in result.stdout
    assert [(each["line"], each["code"], each["input"]) for each in rejects()] == [
        (3, "invalid-csv", '2,"b'),
        (5, "invalid-csv", '4,"d'),
    ]


def test_a_row_of_a_million_cells_is_rejected_in_short() -> None:
    result = evaluate("lead.id,lead.channel\n1,phone\n" + "," * 999_998 + "x\n2,phone\n")

    assert "3 read = 2 evaluated + 1 rejected" in result.stdout
    (reject,) = rejects()
    assert (reject["line"], reject["code"]) == (3, "ragged-row")
    assert reject["message"] == "the row has 999999 cells and the header 2"
    assert len(reject["input"]) == 4000


@pytest.mark.parametrize("name", ["a", "lead.id", "lead.colour", ""])
def test_a_header_of_a_hundred_thousand_columns_is_refused_in_short(name: str) -> None:
    result = evaluate(",".join([name] * 100_000) + "\n" + "," * 99_999 + "\n")

    assert result.exit_code == 2
    assert len(result.stderr) < 20_000


def test_a_header_longer_than_a_line_may_be_is_refused() -> None:
    assert "[line-too-long]" in evaluate("lead.id," * 1_000_000 + "\n").stderr
