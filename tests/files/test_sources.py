"""Inputs in other encodings come as UTF-8."""

import io

import pytest

from fairlead.files.sources import SAMPLE, ByteSource
from fairlead.problems import UsageError

TEXT = "lead.id,lead.name\nL-1,Zoë İpek\n"


def whole(content: bytes, encoding: str | None = None, size: int = 3) -> bytes:
    source = ByteSource(io.BytesIO(content), encoding)
    pieces = []
    while piece := source.read(size):
        pieces.append(piece)
    return b"".join(pieces)


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (TEXT.encode(), None),
        (TEXT.encode("utf-8-sig"), None),
        (TEXT.encode("utf-16"), None),
        (b"\xfe\xff" + TEXT.encode("utf-16-be"), None),
        (TEXT.encode("utf-16-le"), "utf-16-le"),
        (TEXT.encode("cp1254"), "windows-1254"),
    ],
)
@pytest.mark.parametrize("size", [1, 3, 1000])
def test_each_encoding_gives_the_same_text(content: bytes, encoding: str | None, size: int) -> None:
    assert whole(content, encoding, size) == TEXT.encode()


def test_bytes_that_are_no_text_stay_no_text() -> None:
    with pytest.raises(UnicodeDecodeError):
        whole(b"ab\x81", "windows-1252").decode()
    with pytest.raises(UnicodeDecodeError):
        whole("a".encode("utf-16") + b"\x00").decode()


def test_what_was_looked_at_is_read_again() -> None:
    content = b"x" * (SAMPLE + 10)
    source = ByteSource(io.BytesIO(content))

    assert len(source.peek()) >= SAMPLE
    assert source.read(5) == b"xxxxx"


@pytest.mark.parametrize(
    ("content", "encoding"), [(b"a", "klingon"), (TEXT.encode("utf-16"), "windows-1252")]
)
def test_an_unknown_or_contradicted_encoding_is_refused(content: bytes, encoding: str) -> None:
    with pytest.raises(UsageError) as refused:
        ByteSource(io.BytesIO(content), encoding)

    assert refused.value.problems[0].code == "unknown-encoding"
