"""Lines of a byte stream in blocks, so that memory stays flat however long the file or a line is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from fairlead.files.sources import Readable

__all__ = ["LONGEST_LINE", "Block", "blocks"]

#: the longest line that is read, in bytes with its line feed
LONGEST_LINE = 1024 * 1024
_BLOCK = 64 * 1024


class Block(NamedTuple):
    """Whole lines of a stream.

    `first` is the number, from 1, of the first line. Where `too_long`, the block is the beginning of one
    line of more than LONGEST_LINE bytes, whose rest was passed over.
    """

    first: int
    content: bytes
    too_long: bool = False


def blocks(stream: Readable, *, longest: int = LONGEST_LINE, size: int = _BLOCK) -> Iterator[Block]:
    """Yield the stream in blocks of whole lines; only the last line may lack its line feed.

    `size` is how much is read at once; it is at most `longest`.
    """
    number = 1
    rest = b""
    passing_over = False
    while piece := stream.read(size):
        if passing_over:
            _, feed, piece = piece.partition(b"\n")
            passing_over = not feed
        end = piece.rfind(b"\n") + 1
        if end:
            block = rest + piece[:end]
            rest = b""
            first_line = block.find(b"\n") + 1
            if first_line > longest:
                yield Block(number, block[:longest], too_long=True)
                number += 1
                block = block[first_line:]
            if block:
                yield Block(number, block)
                number += block.count(b"\n")
        rest += piece[end:]
        if len(rest) > longest:
            yield Block(number, rest[:longest], too_long=True)
            number += 1
            rest = b""
            passing_over = True
    if rest:
        yield Block(number, rest)
