"""Reading JSON Lines: each line is a record, and a line that is none is rejected on its own."""

import io
from typing import Any

import pytest
from tests.files.small_model import small_model

from fairlead.facts.check import compile_check
from fairlead.files.json_rows import JsonRows, parse_record
from fairlead.files.rejects import Reject
from fairlead.problems import RecordError

CHECK = compile_check(small_model())


def read(content: str | bytes) -> tuple[list[Any], list[Reject]]:
    rejects: list[Reject] = []
    stream = io.BytesIO(content.encode() if isinstance(content, str) else content)
    reader = JsonRows(stream, CHECK, ("lead", "partner"), rejects.append)
    rows = list(reader)
    assert reader.read == len(rows) + len(rejects)
    return rows, rejects


def test_each_line_is_a_record_with_its_number_and_id() -> None:
    rows, rejects = read('{"lead": {"id": "L-1", "channel": "phone"}}\n{"partner": {"id": "P-1"}}')

    assert rows == [
        (1, "L-1", {"lead": {"id": "L-1", "channel": "phone"}}),
        (2, "P-1", {"partner": {"id": "P-1"}}),
    ]
    assert rejects == []


def test_blank_lines_are_no_records() -> None:
    rows, rejects = read('\n{"lead": {}}\r\n   \n{"lead": {}}\n\n')

    assert [row[0] for row in rows] == [2, 4]
    assert rejects == []


def test_a_byte_order_mark_is_passed_over() -> None:
    assert len(read(b'\xef\xbb\xbf{"lead": {}}\n')[0]) == 1


def test_numbers_with_a_point_are_exact() -> None:
    rows, _ = read('{"lead": {"share": 0.10, "budget": {"amount": 8000.55, "currency": "EUR"}}}')

    assert rows[0][2] == {"lead": {"share": 10, "budget": (80_005_500, "EUR")}}


@pytest.mark.parametrize(
    ("line", "code", "found"),
    [
        pytest.param(b'{"lead": {}', "invalid-json", "empty text at position 12", id="cut off"),
        pytest.param(b"lead", "invalid-json", "lead at position 1", id="no JSON"),
        pytest.param(b'{"lead": {"share": NaN}}', "invalid-json", "NaN", id="not a number"),
        pytest.param(b'{"lead": {"share": -Infinity}}', "invalid-json", "-Infinity", id="infinity"),
        pytest.param(b'{"lead": {}, "lead": {}}', "duplicate-key", "lead", id="an entity twice"),
        pytest.param(b'{"lead": {"id": "1", "id": "2"}}', "duplicate-key", "id", id="a fact twice"),
        pytest.param(b'[{"lead": {}}]', "bad-record", None, id="a list"),
        pytest.param(b"null", "bad-record", None, id="null"),
        pytest.param(b'{"lead": "\xe9"}', "not-utf8", "byte 0xe9 at position 11", id="another encoding"),
        pytest.param(b"[" * 10_000, "too-deep", None, id="nested 10,000 deep"),
        pytest.param(b'{"lead": {"x": ' + b"9" * 5_000 + b"}}", "not-exact", None, id="5,000 digits"),
        pytest.param(b'{"lead": {"chanel": "phone"}}', "unknown-fact", "lead.chanel", id="unknown fact"),
        pytest.param(b'{"leed": {}}', "unknown-entity", "leed", id="unknown entity"),
        pytest.param(b'{"lead": {"channel": 5}}', "wrong-type", "5", id="wrong type"),
    ],
)
def test_a_line_that_is_no_record_is_rejected_and_the_next_is_read(
    line: bytes, code: str, found: str | None
) -> None:
    rows, rejects = read(line + b'\n{"lead": {"id": "L-2"}}\n')

    assert [(row[0], row[1]) for row in rows] == [(2, "L-2")]
    reject = rejects[0].as_json()
    assert (reject["line"], reject["code"], reject["found"]) == (1, code, found)


def test_a_reject_names_the_fact_and_keeps_the_line() -> None:
    _, (reject,) = read('{"lead": {"channel": "fone"}}\n')

    assert reject.as_json() == {
        "line": 1,
        "code": "unknown-value",
        "fact": "lead.channel",
        "message": "`lead.channel` has a value that is not allowed",
        "found": "fone",
        "nearest": "phone",
        "remedy": None,
        "input": '{"lead": {"channel": "fone"}}',
    }


def test_a_line_of_more_than_a_mebibyte_is_rejected_unread() -> None:
    rows, rejects = read('{"lead": {"name": "' + "x" * 1_500_000 + '"}}\n{"lead": {}}\n')

    assert [row[0] for row in rows] == [2]
    assert [(reject.line, reject.problems[0].code) for reject in rejects] == [(1, "line-too-long")]


def test_line_numbers_hold_across_blocks() -> None:
    lines = [f'{{"lead": {{"id": "L-{number}"}}}}' for number in range(1, 20_001)]
    lines[14_999] = "broken"
    rows, rejects = read("\n".join(lines))

    assert [(number, f"L-{number}") for number in range(1, 20_001) if number != 15_000] == [
        (row[0], row[1]) for row in rows
    ]
    assert [reject.line for reject in rejects] == [15_000]


def test_one_record_is_read_alone_for_explain() -> None:
    assert parse_record(b'{"lead": {}}') == {"lead": {}}
    with pytest.raises(RecordError):
        parse_record(b"{")


def test_a_record_without_anything_decided_about_is_rejected_not_passed_over() -> None:
    rejects: list[Reject] = []
    rows = list(JsonRows(io.BytesIO(b'{"partner": {"id": "P-1"}}\n'), CHECK, ("lead",), rejects.append))

    assert rows == []
    [problem] = rejects[0].problems
    assert (problem.code, problem.allowed) == ("nothing-to-decide", ("lead",))
