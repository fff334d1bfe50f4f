"""What a person or a machine reads: plain lines, coloured only on a terminal, and JSON.

Text that comes from a user is never read as markup, and its control characters are shown, not sent.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterable, Sequence
from typing import IO, Any
from unicodedata import east_asian_width

__all__ = ["Styled", "column_lines", "error", "print_json", "printable", "say", "use_utf8", "width"]

#: a piece of a line with the name of its style ("" for none)
Styled = tuple[str, str]

# C0 but tab and line feed, delete and C1, and the characters that reorder what stands around them
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


def printable(text: str) -> str:
    """Return the text with control characters and half surrogate pairs written out."""
    shown = _UNSAFE.sub(lambda match: match[0].encode("unicode_escape").decode("ascii"), text)
    return shown.encode("utf-8", "backslashreplace").decode("utf-8")


def use_utf8() -> None:
    """Let standard output and standard error take any character, whatever the locale."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def say(*pieces: str | Styled) -> None:
    """Print one line to standard output."""
    _print(sys.stdout, pieces)


def error(*pieces: str | Styled) -> None:
    """Print one line to standard error."""
    _print(sys.stderr, pieces)


def print_json(value: Any, *, to_error: bool = False) -> None:
    """Print a value as JSON for machines, to standard output unless that is taken by results."""
    stream = sys.stderr if to_error else sys.stdout
    stream.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def width(text: str) -> int:
    """Return how many columns a terminal needs for the text."""
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)


def column_lines(rows: Sequence[Sequence[str]], *, indent: str = "") -> Iterable[str]:
    """Yield the rows as lines whose cells stand in columns two spaces apart."""
    rows = [[printable(cell).replace("\n", " ") for cell in row] for row in rows]
    widths = [max(map(width, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell + " " * (most - width(cell)) for cell, most in zip(row, widths, strict=True))
        yield (indent + "  ".join(cells)).rstrip()


def _print(stream: IO[str], pieces: Iterable[str | Styled]) -> None:
    styled = [(piece, "") if isinstance(piece, str) else piece for piece in pieces]
    if not stream.isatty() or "NO_COLOR" in os.environ:
        stream.write("".join(printable(text) for text, _ in styled) + "\n")
        return
    from rich.console import Console
    from rich.text import Text

    # as Text, brackets in it are no markup
    line = Text.assemble(*((printable(text), style) for text, style in styled))
    Console(file=stream, highlight=False, soft_wrap=True).print(line)
