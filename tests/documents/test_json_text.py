"""Reading is strict, and every problem has its place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.documents.json_text import MAX_BYTES, Document, read_document
from fairlead.documents.positions import join_pointer, offsets
from fairlead.problems import DocumentError, Problem


def problems_of(source: Path | str | bytes) -> list[Problem]:
    with pytest.raises(DocumentError) as raised:
        read_document(source, name="rules.json")
    return list(raised.value.problems)


def summary(problem: Problem) -> tuple[str, str, int | None, int | None]:
    return problem.code, problem.pointer, problem.line, problem.column


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"a": 1,\n "a": 2}', ("duplicate-key", "/a", 2, 2)),
        ('{"a": {"b": 1, "\\u0062": 2}}', ("duplicate-key", "/a/b", 1, 16)),
        ('{"points": [1, 0.1]}', ("inexact-number", "/points/1", 1, 16)),
        ("[9007199254740993]", ("inexact-number", "/0", 1, 2)),
        ("[1e400]", ("inexact-number", "/0", 1, 2)),
        ("[1e-999999999999999999999]", ("inexact-number", "/0", 1, 2)),
        ("[" + "7" * 5000 + "]", ("inexact-number", "/0", 1, 2)),
        ('{"x": NaN}', ("invalid-json", "/x", 1, 7)),
        ("[-Infinity]", ("invalid-json", "/0", 1, 2)),
        ('["\\ud800"]', ("invalid-text", "/0", 1, 2)),
        ('{"\\udfff": 1}', ("invalid-text", "/\udfff", 1, 2)),
        ("", ("invalid-json", "", 1, 1)),
        ('{"a": [1,\n  }', ("invalid-json", "/a/1", 2, 3)),
        ('{"a": 1 "b": 2}', ("invalid-json", "/a", 1, 9)),
        ('{"a": 1,}', ("invalid-json", "", 1, 9)),
        ('{"a": 1} {', ("invalid-json", "", 1, 10)),
        ('{"a": "x}', ("invalid-json", "/a", 1, 7)),
        ('{"a": "\\q"}', ("invalid-json", "/a", 1, 8)),
        ('{"a": "line\nbreak"}', ("invalid-json", "/a", 1, 12)),
        ("{'a': 1}", ("invalid-json", "", 1, 2)),
    ],
)
def test_what_json_leaves_open_is_refused_at_its_place(
    text: str, expected: tuple[str, str, int, int]
) -> None:
    assert [summary(problem) for problem in problems_of(text)] == [expected]


def test_all_faults_of_a_document_are_told_at_once() -> None:
    text = '{"a": 0.1,\n "b": [0.25, 0.3],\n "a": NaN}'
    assert [summary(problem) for problem in problems_of(text)] == [
        ("inexact-number", "/a", 1, 7),
        ("inexact-number", "/b/1", 2, 14),
        ("duplicate-key", "/a", 3, 2),
        ("invalid-json", "/a", 3, 7),
    ]


def test_an_inexact_number_comes_with_its_remedy() -> None:
    [problem] = problems_of('{"rate": 0.1}')
    assert str(problem) == (
        "rules.json:1:10: the number 0.1 cannot be held exactly as a JSON number [inexact-number]\n"
        "  at /rate\n"
        '  remedy: write it as a string: "0.1"'
    )


def test_numbers_that_are_exact_are_read() -> None:
    text = "[0, -1, 0.5, 1e2, 1.250, 9007199254740992, -9223372036854775808]"
    assert read_document(text).value == [0, -1, 0.5, 100.0, 1.25, 9007199254740992, -9223372036854775808]


def test_a_byte_order_mark_is_accepted() -> None:
    document = read_document(b'\xef\xbb\xbf{"a": "\xc3\xbc"}')
    assert document.value == {"a": "ü"}
    assert document.place("/a") == (1, 7)


@pytest.mark.parametrize("content", [b'{"a":\n"\xff"}', b'{"a":\n"\xed\xa0\x80"}'])
def test_bytes_that_are_not_utf8_are_refused_at_their_place(content: bytes) -> None:
    assert [summary(problem) for problem in problems_of(content)] == [("not-utf8", "/a", 2, 2)]


def test_utf16_is_not_guessed() -> None:
    assert [problem.code for problem in problems_of('{"a": 1}'.encode("utf-16"))] == ["not-utf8"]


@pytest.mark.parametrize("opening", ["[", '{"a":', '[{"a":'])
def test_ten_thousand_levels_are_refused_at_the_65th(opening: str) -> None:
    [problem] = problems_of(opening * 10_000)
    assert problem.code == "too-deep"
    assert problem.pointer.count("/") == 64
    assert problem.line == 1


def test_sixty_four_levels_are_read() -> None:
    text = "[" * 64 + "]" * 64
    assert read_document(text).text == text


def test_brackets_in_strings_are_no_levels() -> None:
    assert read_document(json.dumps(["[" * 100 + '"{' * 100])).value == ["[" * 100 + '"{' * 100]


def test_a_hundred_megabytes_are_refused_without_reading_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "large.json"
    with path.open("wb") as stream:
        stream.truncate(100 * 1024 * 1024)
    monkeypatch.setattr(Path, "open", None)
    assert [problem.code for problem in problems_of(path)] == ["too-large"]


@pytest.mark.parametrize("kind", [str, bytes])
def test_a_text_over_five_mebibytes_is_refused(kind: type) -> None:
    text = '"' + "ü" * (MAX_BYTES // 2) + '"'
    source = text if kind is str else text.encode()
    assert [problem.code for problem in problems_of(source)] == ["too-large"]


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    assert [problem.code for problem in problems_of(tmp_path / "none.json")] == ["no-such-file"]
    assert [problem.code for problem in problems_of(tmp_path)] == ["unreadable-file"]
    assert [problem.code for problem in problems_of(Path("a\0b"))] == ["unreadable-file"]


def test_the_file_is_named_in_problems(tmp_path: Path) -> None:
    path = tmp_path / "rules.json"
    path.write_text("{")
    with pytest.raises(DocumentError) as raised:
        read_document(path)
    assert raised.value.problems[0].file == str(path)


@pytest.mark.parametrize(
    "text",
    [
        '"' + '\\"' * 500_000,
        '"\\"' * 300_000,
        "[" + "0.1," * 300_000 + "1]",
        '{"a":1,' * 60 + '"b":' * 100_000,
        "[" + '"' * 1_000_001,
        "\\" * 1_000_000,
    ],
)
def test_hostile_texts_are_answered(text: str) -> None:
    # in more than linear time these would take minutes
    assert problems_of(text)


def test_at_most_a_thousand_faults_are_told() -> None:
    assert len(problems_of("[" + "0.1," * 5000 + "1]")) == 1000


DOCUMENT = '{\n  "rows": [\n    {"id": "a", "x/y": {"~": 1}},\n    {"id": "b"}\n  ]\n}'


@pytest.mark.parametrize(
    ("pointer", "value_place", "key_place"),
    [
        ("", (1, 1), (1, 1)),
        ("/rows", (2, 11), (2, 3)),
        ("/rows/0", (3, 5), (3, 5)),
        ("/rows/0/x~1y/~0", (3, 30), (3, 25)),
        ("/rows/1/id", (4, 12), (4, 6)),
        ("/rows/1/missing", (4, 5), (4, 5)),
        ("/rows/1/missing/deeper", (4, 5), (4, 5)),
        ("/rows/7", (2, 11), (2, 3)),
        ("/rows/01", (2, 11), (2, 3)),
    ],
)
def test_a_place_is_that_of_the_pointer_or_of_its_nearest_ancestor(
    pointer: str, value_place: tuple[int, int], key_place: tuple[int, int]
) -> None:
    document = read_document(DOCUMENT)
    assert document.place(pointer) == value_place
    assert document.place(pointer, key=True) == key_place


def test_problems_about_keys_stand_at_the_key() -> None:
    document = read_document(DOCUMENT, name="rules.json")
    located = document.locate(
        [Problem("unknown-key", "…", "/rows/0/id"), Problem("wrong-type", "…", "/rows/0/id")]
    )
    assert [(problem.file, problem.line, problem.column) for problem in located] == [
        ("rules.json", 3, 6),
        ("rules.json", 3, 12),
    ]


def test_a_resolved_document_places_each_problem_where_its_part_came_from() -> None:
    base = read_document('{"a": 1,\n "b": {"c": 2}}', name="base.json")
    change = read_document('{"value":\n {"c": 3}}', name="change.json")
    resolved = Document.resolved({"a": 1, "b": {"c": 3}}, origins={"": (base, ""), "/b": (change, "/value")})
    located = resolved.locate([Problem("x", "…", "/b/c"), Problem("x", "…", "/a")])
    assert [(problem.file, problem.pointer, problem.line, problem.column) for problem in located] == [
        ("change.json", "/value/c", 2, 8),
        ("base.json", "/a", 1, 7),
    ]
    assert resolved.place("/b") is None


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.integers(-1000, 1000).map(lambda number: number / 8)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
)


def paths_of(value: object) -> list[list[str | int]]:
    members: list[tuple[str | int, object]] = []
    if isinstance(value, dict):
        members = list(value.items())
    elif isinstance(value, list):
        members = list(enumerate(value))
    return [[], *([key, *path] for key, member in members for path in paths_of(member))]


@given(json_values, st.sampled_from([None, 1, "\t"]), st.booleans())
def test_every_value_is_found_where_the_parser_finds_it(
    value: object, indent: int | str | None, ascii_only: bool
) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    assert read_document(text).value == value
    paths = paths_of(value)
    places = offsets(text, [join_pointer(path) for path in paths])
    for path in paths:
        expected = value
        for part in path:
            expected = expected[part]  # type: ignore[index]
        value_offset, key_offset = places[join_pointer(path)]
        assert json.JSONDecoder().raw_decode(text, value_offset)[0] == expected
        if path and isinstance(path[-1], str):
            assert json.JSONDecoder().raw_decode(text, key_offset)[0] == path[-1]


@given(st.text('[]{}",:\\ \nu0d8.1e-aNtrue') | st.text() | st.binary())
def test_reading_raises_document_errors_and_nothing_else(source: str | bytes) -> None:
    problems: list[Problem] = []
    try:
        read_document(source)
    except DocumentError as error:
        problems = list(error.problems)
    for problem in problems:
        assert problem.line is not None
        assert str(problem).encode()


@given(st.text('[]{}",:\\ \nu0d8.1e-aNtrue'), st.lists(st.text("/~01ab")))
def test_places_can_be_asked_of_any_text(text: str, parts: list[str]) -> None:
    pointer = join_pointer(parts)
    value_offset, key_offset = offsets(text, [pointer])[pointer]
    assert 0 <= value_offset <= len(text)
    assert 0 <= key_offset <= len(text)
