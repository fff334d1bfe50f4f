"""Blocks of lines: whatever the sizes, no line is lost, split or counted twice."""

import io

from hypothesis import example, given
from hypothesis import strategies as st

from fairlead.files.lines import blocks


def numbered(content: bytes, longest: int, size: int) -> list[tuple[int, bytes, bool]]:
    found = []
    for block in blocks(io.BytesIO(content), longest=longest, size=size):
        if block.too_long:
            found.append((block.first, block.content, True))
            continue
        found += [
            (number, line, False) for number, line in enumerate(block.content.splitlines(True), block.first)
        ]
    return found


@given(
    st.lists(st.text("ab", max_size=12).map(str.encode), max_size=20),
    st.booleans(),
    st.integers(1, 9),
    st.integers(1, 9),
)
@example([b"aaaaaaaa", b"b"], True, 4, 3)
def test_each_line_comes_once_with_its_number(
    texts: list[bytes], ends: bool, longest: int, size: int
) -> None:
    content = b"\n".join(texts) + (b"\n" if ends else b"")
    expected = []
    for number, line in enumerate(content.splitlines(True), start=1):
        too_long = len(line) > longest
        expected.append((number, line[:longest] if too_long else line, too_long))

    assert [
        (number, line.rstrip(b"\n"), too_long)
        for number, line, too_long in numbered(content, longest, min(size, longest))
    ] == [(number, line.rstrip(b"\n"), too_long) for number, line, too_long in expected]
