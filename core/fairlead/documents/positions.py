"""Where things stand in a JSON text: one pass, no recursion, linear time, for when a problem needs it.

The scanner never raises. In a text that is not JSON its places are right up to the first fault.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import replace
from decimal import Decimal

from fairlead.documents.found import found_text
from fairlead.problems import Problem

__all__ = [
    "LineIndex",
    "exact_number",
    "faults",
    "join_pointer",
    "offsets",
    "path_at",
    "split_pointer",
    "too_deep_at",
]

#: a document with more faults than this has one cause
_MOST_FAULTS = 1000
#: no double needs more characters when written out
_LONGEST_EXACT = 800

# the closing quote is optional so that a match never fails and rescans: linear on hostile texts
_TOKEN = re.compile(
    r'[ \t\n\r]*(?:(?P<string>"[^"\\]*(?:\\.[^"\\]*)*"?)|(?P<mark>[{}\[\],:])'
    r'|(?P<bare>[^ \t\n\r{}\[\],:"]+))',
    re.DOTALL,
)
_BRACKET_OR_STRING = re.compile(r'[\[{\]}]|"[^"\\]*(?:\\.[^"\\]*)*"?', re.DOTALL)


def split_pointer(pointer: str) -> list[str]:
    """Return the parts of an RFC 6901 pointer, unescaped."""
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]


def join_pointer(parts: Iterable[str | int]) -> str:
    """Return the RFC 6901 pointer with these parts."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


class LineIndex:
    """Turns offsets in a text into lines and columns, both from 1; a column counts characters."""

    def __init__(self, text: str) -> None:
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]

    def __call__(self, offset: int) -> tuple[int, int]:
        """Return (line, column) of the character at `offset`."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1


class _Frame:
    """An open object or array: `part` is the key or index of the member being read, None between two."""

    __slots__ = ("is_object", "keys", "part")

    def __init__(self, is_object: bool) -> None:
        self.is_object = is_object
        self.part: str | int | None = None if is_object else 0
        self.keys: set[str] = set()


def _unquoted(token: str) -> str:
    if "\\" not in token:
        return token.strip('"')
    try:
        return str(json.loads(token, strict=False))
    except ValueError:
        return token


def _events(text: str, stack: list[_Frame]) -> Iterator[tuple[str, int, str]]:
    """Yield ("key" | "value" | "close", offset, token); `stack` holds the path at that moment.

    At a key and at its value the innermost frame's `part` is that key. An opening bracket is a value, and
    is yielded before its frame is put on the stack.
    """
    expects_key = False
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup
        offset = match.start(kind) if kind else match.end()
        token = match.group(kind) if kind else ""
        if kind == "string" and expects_key and stack:
            stack[-1].part = _unquoted(token)
            expects_key = False
            yield "key", offset, token
        elif token in ("{", "["):
            yield "value", offset, token
            stack.append(_Frame(token == "{"))
            expects_key = token == "{"
        elif token in ("}", "]"):
            if not stack:
                return
            stack.pop()
            expects_key = False
            yield "close", offset, token
        elif token == ",":
            if not stack:
                return
            frame = stack[-1]
            expects_key = frame.is_object
            frame.part = frame.part + 1 if isinstance(frame.part, int) else None
        elif token != ":":
            yield "value", offset, token


def _path(stack: Iterable[_Frame]) -> str:
    return join_pointer(frame.part for frame in stack if frame.part is not None)


def path_at(text: str, end: int) -> str:
    """Return the pointer of the innermost thing being read at offset `end`."""
    stack: list[_Frame] = []
    for _ in _events(text[:end], stack):
        pass
    return _path(stack)


def too_deep_at(text: str, limit: int) -> int | None:
    """Return the offset of the first bracket nested deeper than `limit`, or None."""
    if text.count("[") + text.count("{") <= limit:
        return None
    depth = 0
    for match in _BRACKET_OR_STRING.finditer(text):
        mark = text[match.start()]
        if mark in "[{":
            depth += 1
            if depth > limit:
                return match.start()
        elif mark in "]}":
            depth -= 1
    return None


class _Wanted:
    """A node of the tree of pointers that are looked for."""

    __slots__ = ("children", "key_offset", "pointers", "value_offset")

    def __init__(self) -> None:
        self.children: dict[str, _Wanted] = {}
        self.pointers: list[str] = []
        self.value_offset = -1
        self.key_offset = -1


def offsets(text: str, pointers: Iterable[str]) -> dict[str, tuple[int, int]]:
    """Return for each pointer (offset of its value, offset of its key).

    A pointer that leads nowhere gets the places of its nearest ancestor that exists; an array element and
    the document itself have no key and give the value's offset twice.
    """
    root = _Wanted()
    nodes: dict[str, list[_Wanted]] = {}
    for pointer in pointers:
        node = root
        trail = [root]
        for part in split_pointer(pointer):
            node = node.children.setdefault(part, _Wanted())
            trail.append(node)
        nodes[pointer] = trail
    stack: list[_Frame] = []
    open_nodes: list[_Wanted | None] = []
    key_offset = -1
    for kind, offset, token in _events(text, stack):
        if kind == "close":
            open_nodes.pop()
        elif kind == "key":
            key_offset = offset
        else:
            node_here: _Wanted | None = root
            if stack:
                parent = open_nodes[-1]
                node_here = parent.children.get(str(stack[-1].part)) if parent is not None else None
            if node_here is not None and node_here.value_offset < 0:
                node_here.value_offset = offset
                node_here.key_offset = key_offset if stack and stack[-1].is_object else offset
            if token in ("{", "["):
                open_nodes.append(node_here)
    places = {}
    for pointer, trail in nodes.items():
        reached = [node for node in trail if node.value_offset >= 0]
        places[pointer] = (reached[-1].value_offset, reached[-1].key_offset) if reached else (0, 0)
    return places


def exact_number(token: str) -> bool:
    """Return whether a JSON number token is exactly a double."""
    try:
        if len(token) > _LONGEST_EXACT:
            return False
        as_double = float(token)
        if as_double in (float("inf"), float("-inf")):
            return False
        return Decimal(token) == Decimal(as_double)
    except ArithmeticError:
        return False


def _has_surrogate(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)


def _fault(kind: str, token: str, frame: _Frame | None) -> Problem | None:
    if token.startswith('"'):
        if _has_surrogate(_unquoted(token) if "\\u" in token else token):
            return Problem(
                "invalid-text",
                "a string holds half of a surrogate pair",
                found=found_text(token),
                remedy="write the whole character",
            )
        if kind == "key" and frame is not None:
            name = str(frame.part)
            if name in frame.keys:
                return Problem(
                    "duplicate-key",
                    f"the key `{found_text(name)}` stands twice in this object",
                    found=found_text(name),
                    remedy="keep one of the two",
                )
            frame.keys.add(name)
        return None
    if token in ("NaN", "Infinity", "-Infinity"):
        return Problem("invalid-json", f"`{token}` is not a JSON value", found=token)
    if token[0] in "-0123456789" and not exact_number(token):
        shown = found_text(token)
        return Problem(
            "inexact-number",
            f"the number {shown} cannot be held exactly as a JSON number",
            found=shown,
            remedy=f'write it as a string: "{shown}"',
        )
    return None


def faults(text: str) -> list[tuple[int, Problem]]:
    """Return (offset, problem) for what strict reading refuses in a text that is otherwise JSON.

    These are second keys of one name, inexact numbers, NaN and infinities, and half surrogate pairs; the
    first 1,000 of them.
    """
    found: list[tuple[int, Problem]] = []
    stack: list[_Frame] = []
    for kind, offset, token in _events(text, stack):
        if kind == "close" or token in ("{", "["):
            continue
        problem = _fault(kind, token, stack[-1] if stack else None)
        if problem is not None:
            found.append((offset, replace(problem, pointer=_path(stack))))
            if len(found) == _MOST_FAULTS:
                break
    return found
