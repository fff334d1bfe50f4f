"""Strict reading of JSON documents, with places.

What JSON leaves open is decided here: UTF-8 only, no key twice, no number that a double cannot hold
exactly, no half surrogate pairs, at most 5 MiB and 64 levels. Places are computed only when a problem
needs them.
"""

from __future__ import annotations

import json
import re
import stat
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from fairlead.documents.positions import LineIndex, exact_number, faults, offsets, path_at, too_deep_at
from fairlead.problems import DocumentError, Problem

__all__ = ["MAX_BYTES", "MAX_DEPTH", "Document", "read_document"]

#: the largest document, in bytes
MAX_BYTES = 5 * 1024 * 1024
#: how deep objects and lists may nest
MAX_DEPTH = 64

#: problems that are about a key: their place is the key, not its value
_ABOUT_KEYS = frozenset({"bad-name", "duplicate-key", "unexpected-key", "unknown-key"})

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]|[\ud800-\udfff]")

_MESSAGES = {
    "expecting value": "a value is expected here",
    "expecting property name enclosed in double quotes": "a key in double quotes is expected here",
    "illegal trailing comma before end of object": "a key in double quotes is expected here",
    "illegal trailing comma before end of array": "a value is expected here",
    "expecting ':' delimiter": "a colon is expected here",
    "expecting ',' delimiter": "a comma or the closing bracket is expected here",
    "unterminated string starting at": "this string is not closed",
    "invalid control character at": "a control character in a string must be escaped",
    "extra data": "there is more text after the end of the document",
}


class Document:
    """A JSON value with the text it came from.

    `value` is the value; `text` is None where the value was put together from several documents; `file`
    is what problems call it.
    """

    __slots__ = ("_lines", "_origins", "file", "text", "value")

    def __init__(self, value: Any, *, text: str | None = None, file: str | None = None) -> None:
        self.value = value
        self.text = text
        self.file = file
        self._lines: LineIndex | None = None
        self._origins: dict[str, tuple[Document, str]] = {}

    @classmethod
    def resolved(
        cls, value: Any, *, file: str | None = None, origins: Mapping[str, tuple[Document, str]] | None = None
    ) -> Document:
        """Return a document without a text of its own.

        `origins` maps a pointer in `value` to the (document, pointer) it came from, with everything below
        it; the longest one that fits counts, so `""` names the document that the rest came from.
        """
        document = cls(value, file=file)
        document._origins = dict(origins or {})
        return document

    def place(self, pointer: str, *, key: bool = False) -> tuple[int, int] | None:
        """Return (line, column), from 1, of the value at `pointer`, or of its key.

        A pointer that leads nowhere has the place of its nearest ancestor. None where there is no text.
        """
        if self.text is None:
            return None
        return self._line_of(offsets(self.text, [pointer])[pointer][1 if key else 0])

    def locate(self, problems: Iterable[Problem]) -> list[Problem]:
        """Return the problems with file, line and column, each in the document its pointer came from.

        A problem about a key (`unknown-key` and the like) stands at the key, any other at the value.
        """
        found = list(problems)
        if not found:
            return found
        if self._origins:
            return self._located_at_origins(found)
        if self.text is None:
            return [replace(problem, file=self.file) for problem in found]
        places = offsets(self.text, {problem.pointer for problem in found})
        located = []
        for problem in found:
            line, column = self._line_of(places[problem.pointer][problem.code in _ABOUT_KEYS])
            located.append(problem.at(file=self.file, line=line, column=column))
        return located

    def _line_of(self, offset: int) -> tuple[int, int]:
        if self._lines is None:
            self._lines = LineIndex(self.text or "")
        return self._lines(offset)

    def _located_at_origins(self, problems: list[Problem]) -> list[Problem]:
        located = [replace(problem, file=self.file) for problem in problems]
        by_source: dict[int, tuple[Document, list[int]]] = {}
        for index, problem in enumerate(problems):
            prefix = problem.pointer
            while prefix and prefix not in self._origins:
                prefix = prefix.rpartition("/")[0]
            if prefix in self._origins:
                source, pointer = self._origins[prefix]
                located[index] = replace(problem, pointer=pointer + problem.pointer[len(prefix) :])
                by_source.setdefault(id(source), (source, []))[1].append(index)
        for source, indexes in by_source.values():
            for index, problem in zip(
                indexes, source.locate(located[index] for index in indexes), strict=True
            ):
                located[index] = problem
        return located


def read_document(source: Path | str | bytes, *, name: str | None = None) -> Document:
    """Read a JSON document: a path is read as a file, a string or bytes are the text itself.

    `name` is what problems call the document; for a path it defaults to the path. Raises DocumentError
    with every key that stands twice, inexact number and broken string of the document at once.
    """
    if isinstance(source, Path):
        name = name if name is not None else str(source)
        source = _read_file(source, name)
    if isinstance(source, bytes):
        source = _decoded(source, name)
    elif len(source) > MAX_BYTES or len(source.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise _too_large(name)
    text = source.removeprefix("\ufeff")
    return Document(_parsed(text, name), text=text, file=name)


def _too_large(name: str | None) -> DocumentError:
    return DocumentError(
        [Problem("too-large", "the document is larger than 5 MiB", file=name, remedy="split the document")]
    )


def _read_file(path: Path, name: str) -> bytes:
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise DocumentError([Problem("unreadable-file", f"`{name}` is not a file", file=name)])
        if status.st_size > MAX_BYTES:
            raise _too_large(name)
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        raise DocumentError([Problem("no-such-file", f"there is no file `{name}`", file=name)]) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "its name is not valid"
        message = f"`{name}` cannot be read: {str(reason).lower()}"
        raise DocumentError([Problem("unreadable-file", message, file=name)]) from None
    return content


def _decoded(content: bytes, name: str | None) -> str:
    if len(content) > MAX_BYTES:
        raise _too_large(name)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8").removeprefix("\ufeff")
        line, column = LineIndex(before)(len(before))
        raise DocumentError(
            [
                Problem(
                    "not-utf8",
                    "the document is not UTF-8",
                    pointer=path_at(before, len(before)),
                    found=f"byte 0x{content[error.start]:02x}",
                    remedy="save the document as UTF-8",
                    file=name,
                    line=line,
                    column=column,
                )
            ]
        ) from None


def _parsed(text: str, name: str | None) -> Any:
    deep = too_deep_at(text, MAX_DEPTH)
    if deep is not None:
        message = f"the document is nested deeper than {MAX_DEPTH} levels"
        raise _at(text, deep, Problem("too-deep", message, file=name))
    suspect = _SURROGATE.search(text) is not None

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal suspect
        members = dict(pairs)
        suspect = suspect or len(members) != len(pairs)
        return members

    def real(token: str) -> float:
        nonlocal suspect
        suspect = suspect or not exact_number(token)
        return float(token)

    def whole(token: str) -> int:
        nonlocal suspect
        if len(token) > 15 and not exact_number(token):
            suspect = True
            return 0
        return int(token)

    def constant(token: str) -> float:
        nonlocal suspect
        suspect = True
        return float(token)

    try:
        value = json.loads(
            text, object_pairs_hook=unique, parse_float=real, parse_int=whole, parse_constant=constant
        )
    except json.JSONDecodeError as error:
        message = _message(error.msg)
        raise _at(text, error.pos, Problem("invalid-json", message, file=name)) from None
    if suspect:
        lines = LineIndex(text)
        problems = []
        for offset, problem in faults(text):
            line, column = lines(offset)
            problems.append(problem.at(file=name, line=line, column=column))
        if problems:
            raise DocumentError(problems)
    return value


def _message(found: str) -> str:
    known = _MESSAGES.get(found.lower())
    if known is None and "escape" in found.lower():
        known = "a backslash in a string starts no known escape"
    return known or "the text is not JSON here"


def _at(text: str, offset: int, problem: Problem) -> DocumentError:
    line, column = LineIndex(text)(offset)
    found = text[offset : offset + 1]
    return DocumentError(
        [
            replace(
                problem,
                pointer=path_at(text, offset),
                found=found.encode("utf-8", "backslashreplace").decode("utf-8") if found else "the end",
                line=line,
                column=column,
            )
        ]
    )
