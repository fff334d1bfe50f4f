"""Reading CSV: each row is a record, and a row that is none is rejected without touching the others."""

import io
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from tests.files.small_model import small_model

from fairlead.files.csv_rows import CsvRows
from fairlead.files.rejects import Reject
from fairlead.problems import DocumentError

MODEL = small_model()


def read(content: str | bytes, *, zone: Any = UTC) -> tuple[list[Any], list[Reject], CsvRows]:
    rejects: list[Reject] = []
    stream = io.BytesIO(content.encode() if isinstance(content, str) else content)
    reader = CsvRows(stream, MODEL, zone, ("lead", "partner"), rejects.append, file="leads.csv")
    rows = list(reader)
    assert reader.read == len(rows) + len(rejects)
    return rows, rejects, reader


def known(record: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The record without absent facts."""
    return {
        key: {name: value for name, value in facts.items() if value is not None}
        for key, facts in record.items()
    }


def one(header: str, cell: str, **options: Any) -> Any:
    rows, rejects, _ = read(f"{header},lead.id\n{cell},x\n", **options)
    assert rejects == []
    return rows[0][2]["lead"].get(header.removeprefix("lead."))


def refused(header: str, cell: str) -> dict[str, Any]:
    rows, rejects, _ = read(f"{header},lead.id\n{cell},x\n")
    assert rows == []
    return rejects[0].as_json()


def test_each_row_is_a_record_with_its_line_and_id() -> None:
    rows, rejects, _ = read("lead.id,lead.channel\nL-1,phone\nL-2,whatsapp\n")

    assert rows == [
        (2, "L-1", {"lead": {"id": "L-1", "channel": "phone"}}),
        (3, "L-2", {"lead": {"id": "L-2", "channel": "whatsapp"}}),
    ]
    assert rejects == []


@pytest.mark.parametrize(
    ("header", "cell", "value"),
    [
        ("lead.name", "Ada", "Ada"),
        ("lead.name", "Zoë", "Zoë"),
        ("lead.sent_records", "true", True),
        ("lead.sent_records", "FALSE", False),
        ("lead.sent_records", " True ", True),
        ("lead.channel", "web_form", "web_form"),
        ("lead.pages_read", "12", 12),
        ("lead.budget", "8000 EUR", (80_000_000, "EUR")),
        ("lead.budget", "8000.50 EUR", (80_005_000, "EUR")),
        ("lead.fee", "500.00 USD", 50_000),
        ("lead.share", "12.50", 1250),
        ("lead.asked_on", "2026-11-21", date(2026, 11, 21)),
        ("lead.last_seen_at", "2026-11-21T09:00:00+03:00", datetime(2026, 11, 21, 6, tzinfo=UTC)),
        ("lead.languages", "de|en", ("de", "en")),
        ("lead.channel", "", None),
        ("lead.pages_read", "  ", None),
    ],
)
def test_a_cell_is_read_as_the_type_of_its_fact(header: str, cell: str, value: object) -> None:
    assert one(header, cell) == value


def test_a_time_without_offset_is_a_clock_time_of_the_zone() -> None:
    assert one("lead.last_seen_at", "2026-11-21T09:00", zone=ZoneInfo("Europe/Istanbul")) == datetime(
        2026, 11, 21, 6, tzinfo=UTC
    )


@pytest.mark.parametrize(
    ("header", "cell", "code", "found"),
    [
        ("lead.sent_records", "yes", "wrong-type", "yes"),
        ("lead.channel", "fax", "unknown-value", "fax"),
        ("lead.pages_read", "many", "wrong-type", "many"),
        ("lead.pages_read", "-1", "out-of-range", "-1"),
        ("lead.budget", "8000", "wrong-type", "8000"),
        ("lead.budget", "8000 EUX", "unknown-currency", "EUX"),
        ("lead.fee", "500 EUR", "wrong-currency", "EUR"),
        ("lead.share", "0.125", "too-many-digits", "0.125"),
        ("lead.asked_on", "21.11.2026", "wrong-type", "21.11.2026"),
        ("lead.asked_on", "2026-02-30", "out-of-range", "2026-02-30"),
    ],
)
def test_a_cell_that_does_not_fit_rejects_its_row_by_the_name_of_the_fact(
    header: str, cell: str, code: str, found: str
) -> None:
    reject = refused(header, cell)

    assert (reject["line"], reject["code"], reject["fact"], reject["found"]) == (2, code, header, found)
    assert reject["message"].startswith(f"`{header}` ")
    assert reject["input"] == f"{cell},x"


def test_all_cells_of_a_row_that_do_not_fit_are_named() -> None:
    rows, rejects, _ = read("lead.id,lead.channel,lead.sent_records\nL-1,fax,maybe\n")

    reject = rejects[0].as_json()
    assert rows == []
    assert reject["fact"] == "lead.channel"
    assert [other["fact"] for other in reject["also"]] == ["lead.sent_records"]


def test_the_nearest_value_is_suggested() -> None:
    assert refused("lead.channel", "fone")["nearest"] == "phone"


def test_a_bad_row_loses_nothing_else() -> None:
    rows, rejects, _ = read("lead.id,lead.pages_read\nL-1,1\nL-2,two\nL-3,3,4\nL-4\nL-5,5\n")

    assert [row[1] for row in rows] == ["L-1", "L-5"]
    assert [(reject.line, reject.problems[0].code) for reject in rejects] == [
        (3, "wrong-type"),
        (4, "ragged-row"),
        (5, "ragged-row"),
    ]


def test_line_numbers_count_the_lines_inside_quotes() -> None:
    rows, rejects, _ = read('lead.id,lead.name\nL-1,"Ada\nLovelace"\nL-2,Bob\nL-3\n')

    assert [(row[0], row[1]) for row in rows] == [(2, "L-1"), (4, "L-2")]
    assert rows[0][2]["lead"]["name"] == "Ada\nLovelace"
    assert [reject.line for reject in rejects] == [5]


def test_an_open_quote_rejects_its_line_and_no_other() -> None:
    rows, rejects, _ = read('lead.id,lead.name\nL-1,"Ada\nL-2,Bob\nL-3,Cy\n')

    assert [(row[0], row[1]) for row in rows] == [(3, "L-2"), (4, "L-3")]
    assert [(reject.line, reject.problems[0].code) for reject in rejects] == [(2, "invalid-csv")]
    assert rejects[0].text == 'L-1,"Ada\n'


def test_an_open_quote_is_found_again_at_the_next_quote() -> None:
    rows, rejects, _ = read('lead.id,lead.name\nL-1,"Ada\nL-2,Bob\nL-3,"Cy"\nL-4,Di\n')

    assert [(row[0], row[1]) for row in rows] == [(3, "L-2"), (4, "L-3"), (5, "L-4")]
    assert [reject.line for reject in rejects] == [2]


def test_a_line_of_more_than_a_mebibyte_is_rejected_and_the_next_is_read() -> None:
    rows, rejects, _ = read("lead.id,lead.name\nL-1," + "x" * 2_000_000 + "\nL-2,Bob\n")

    assert [(row[0], row[1]) for row in rows] == [(3, "L-2")]
    assert [(reject.line, reject.problems[0].code) for reject in rejects] == [(2, "line-too-long")]
    assert len(rejects[0].as_json()["input"]) == 4000


def test_a_long_line_inside_an_open_quote_loses_no_other_line() -> None:
    rows, rejects, _ = read('lead.id,lead.name\nL-1,"a\nL-2,b\nL-3,' + "x" * 2_000_000 + "\nL-4,d\n")

    assert [(row[0], row[1]) for row in rows] == [(3, "L-2"), (5, "L-4")]
    assert [(reject.line, reject.problems[0].code) for reject in rejects] == [
        (2, "invalid-csv"),
        (4, "line-too-long"),
    ]


def test_bytes_that_are_not_utf_8_reject_their_row() -> None:
    rows, rejects, _ = read(b"lead.id,lead.name\nL-1,Zo\xeb\nL-2,Bob\n")

    assert [row[1] for row in rows] == ["L-2"]
    reject = rejects[0].as_json()
    assert (reject["line"], reject["fact"], reject["code"]) == (2, "lead.name", "not-utf8")
    assert rejects[0].json_line().isascii()


@pytest.mark.parametrize(("mark", "name"), [(",", "comma"), (";", "semicolon"), ("\t", "tab")])
def test_the_delimiter_is_that_of_the_header(mark: str, name: str) -> None:
    rows, _, reader = read(f"lead.id{mark}lead.name\nL-1{mark}Ada\n")

    assert rows[0][2] == {"lead": {"id": "L-1", "name": "Ada"}}
    assert reader.delimiter == mark


def test_a_byte_order_mark_and_windows_line_ends_are_taken() -> None:
    rows, rejects, _ = read(b"\xef\xbb\xbflead.id,lead.channel\r\nL-1,phone\r\n\r\nL-2,phone\r\n")

    assert [(row[0], row[1]) for row in rows] == [(2, "L-1"), (4, "L-2")]
    assert rejects == []


def test_columns_of_a_linked_record_stand_under_the_link() -> None:
    rows, _, _ = read("lead.id,partner.code,partner.leads_ever\nL-1,TA-101,4\nL-2,,\n")

    assert [known(row[2]) for row in rows] == [
        {"lead": {"id": "L-1"}, "partner": {"code": "TA-101", "leads_ever": 4}},
        {"lead": {"id": "L-2"}},
    ]


def test_a_file_with_a_header_alone_has_no_rows() -> None:
    assert read("lead.id\n")[:2] == ([], [])
    assert read("lead.id")[:2] == ([], [])


def header_problems(header: str) -> list[dict[str, object]]:
    with pytest.raises(DocumentError) as caught:
        read(header + "\n")
    return [problem.as_json() for problem in caught.value.problems]


def test_a_column_that_is_no_fact_is_refused_with_the_nearest_name() -> None:
    (problem,) = header_problems("lead.id,lead.chanel")

    assert problem["code"] == "unknown-fact"
    assert problem["found"] == "lead.chanel"
    assert problem["nearest"] == "lead.channel"
    assert (problem["file"], problem["line"]) == ("leads.csv", 1)


def test_all_bad_columns_are_named_at_once() -> None:
    problems = header_problems("lead.id,lead.id,channel,,partner.leads")

    assert [(problem["code"], problem["found"]) for problem in problems] == [
        ("duplicate-name", "lead.id"),
        ("unknown-fact", "channel"),
        ("unknown-fact", "empty text"),
        ("unknown-fact", "partner.leads"),
    ]
    assert problems[1]["nearest"] == "lead.channel"
    assert problems[3]["remedy"] == "give these records in a file of their own: `--related leads=FILE`"


@pytest.mark.parametrize("content", ["", "\n", "\ufeff", "  \nL-1\n"])
def test_a_file_without_a_header_is_refused(content: str) -> None:
    with pytest.raises(DocumentError) as caught:
        read(content)
    assert caught.value.problems[0].code == "missing-header"


def test_a_row_without_anything_decided_about_is_rejected_not_passed_over() -> None:
    rejects: list[Reject] = []
    content = b"partner.id,lead.id\nP-1,\nP-2,L-2\n"
    rows = list(CsvRows(io.BytesIO(content), MODEL, UTC, ("lead",), rejects.append))

    assert [row[0] for row in rows] == [3]
    assert [(reject.line, reject.problems[0].code) for reject in rejects] == [(2, "nothing-to-decide")]


def test_a_header_without_anything_decided_about_is_refused_at_once() -> None:
    rejects: list[Reject] = []
    with pytest.raises(DocumentError) as caught:
        CsvRows(io.BytesIO(b"partner.id\nP-1\n"), MODEL, UTC, ("lead",), rejects.append, file="partners.csv")

    [problem] = caught.value.problems
    assert (problem.code, problem.file, problem.line) == ("nothing-to-decide", "partners.csv", 1)
