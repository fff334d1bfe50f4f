"""The bytes of an input as UTF-8, whatever encoding it has."""

from __future__ import annotations

import codecs
from typing import Protocol

from fairlead.documents.found import found_text
from fairlead.problems import Problem, UsageError, nearest_name

__all__ = ["ENCODINGS", "SAMPLE", "ByteSource", "Readable"]

#: the encodings that can be named, with what the language calls them
ENCODINGS = {
    "utf-8": "utf-8",
    "utf-16": "utf-16",
    "utf-16-le": "utf-16-le",
    "utf-16-be": "utf-16-be",
    "windows-1250": "cp1250",
    "windows-1251": "cp1251",
    "windows-1252": "cp1252",
    "windows-1254": "cp1254",
    "windows-1256": "cp1256",
    "iso-8859-1": "iso-8859-1",
    "iso-8859-2": "iso-8859-2",
    "iso-8859-9": "iso-8859-9",
    "iso-8859-15": "iso-8859-15",
}

_OTHER_NAMES = {
    "utf8": "utf-8",
    "utf16": "utf-16",
    "latin-1": "iso-8859-1",
    "latin1": "iso-8859-1",
    "latin-5": "iso-8859-9",
    "latin5": "iso-8859-9",
    **{f"cp125{number}": f"windows-125{number}" for number in (0, 1, 2, 4, 6)},
}

#: how much of the beginning is looked at before the first row is read, in bytes
SAMPLE = 256 * 1024

_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


class Readable(Protocol):
    """What bytes are read from."""

    def read(self, size: int, /) -> bytes | None:
        """Return at most so many bytes; none at the end."""


class ByteSource:
    """A stream read as UTF-8.

    UTF-8 is assumed, and UTF-16 where a byte-order mark says so; any other encoding must be named: the bytes
    of one code page are as good in another, where they are other letters. What is no text in the encoding
    comes as bytes that are no UTF-8, so that the rows with it are rejected. Raises UsageError for an
    encoding that is not one of ENCODINGS, or that the byte-order mark contradicts.
    """

    def __init__(self, stream: Readable, encoding: str | None = None) -> None:
        self._stream = stream
        self._position = 0
        self._ahead = b""
        named = _named(encoding) if encoding is not None else None
        start = self._fill(b"", 3)
        mark, marked = next(((mark, name) for mark, name in _MARKS if start.startswith(mark)), (b"", None))
        if named is not None and marked is not None and not named.startswith(marked):
            message = f"the file begins with the byte-order mark of {marked.upper()}"
            remedy = "leave out `--encoding`"
            raise UsageError([Problem("unknown-encoding", message, found=named, remedy=remedy)])
        self.encoding = named or marked or "utf-8"
        self.marked = bool(mark)
        self._decoder: codecs.IncrementalDecoder | None = None
        if self.encoding == "utf-8":
            self._ahead = start[len(mark) :]
        else:
            errors = "surrogatepass" if self.encoding.startswith("utf-16") else "surrogateescape"
            self._decoder = codecs.getincrementaldecoder(ENCODINGS[self.encoding])(errors)
            own_mark = self.encoding != "utf-16"
            self._ahead = self._recoded(start[len(mark) :] if own_mark else start)

    def tell(self) -> int:
        """Return how many bytes of the stream were read."""
        return self._position

    def peek(self) -> bytes:
        """Return the beginning of what comes next: SAMPLE bytes or more, where there are so many."""
        while len(self._ahead) < SAMPLE:
            piece = self._next(SAMPLE)
            if not piece:
                break
            self._ahead += piece
        return self._ahead

    def read(self, size: int, /) -> bytes:
        """Return about so many bytes of UTF-8; none at the end alone."""
        if self._ahead:
            piece, self._ahead = self._ahead[:size], self._ahead[size:]
            return piece
        return self._next(size)

    def _fill(self, start: bytes, least: int) -> bytes:
        while len(start) < least:
            piece = self._stream.read(SAMPLE) or b""
            if not piece:
                break
            self._position += len(piece)
            start += piece
        return start

    def _next(self, size: int) -> bytes:
        piece = self._stream.read(size) or b""
        self._position += len(piece)
        if self._decoder is None:
            return piece
        while piece:
            text = self._recoded(piece)
            if text:
                return text
            # half a character says nothing, and nothing would be the end
            piece = self._stream.read(size) or b""
            self._position += len(piece)
        return self._rest()

    def _recoded(self, piece: bytes) -> bytes:
        assert self._decoder is not None
        text = self._decoder.decode(piece)
        if not self.encoding.startswith("utf-16"):
            return text.encode("utf-8", "surrogateescape")
        return text.encode("utf-8", "surrogatepass")

    def _rest(self) -> bytes:
        assert self._decoder is not None
        try:
            self._decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            # a byte that is no UTF-8 has the last row rejected
            self._decoder.reset()
            return b"\xff"
        return b""


def _named(encoding: str) -> str:
    name = encoding.strip().lower().replace("_", "-")
    name = _OTHER_NAMES.get(name, name)
    if name not in ENCODINGS:
        shown = found_text(encoding)
        raise UsageError(
            [
                Problem(
                    "unknown-encoding",
                    f"there is no encoding `{shown}` here",
                    found=shown,
                    allowed=tuple(ENCODINGS),
                    nearest=nearest_name(name[:60], ENCODINGS),
                )
            ]
        )
    return name
