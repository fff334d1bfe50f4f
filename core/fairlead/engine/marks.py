"""What the bits of the `unknown` mask mean."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

__all__ = ["CONFLICT", "ROW", "UNDETERMINED", "Mark", "Marks"]

UNDETERMINED = "undetermined"
CONFLICT = "conflict"
ROW = "row"


class Mark(NamedTuple):
    """One bit: the decision is undetermined, is in conflict, or the condition of its `row` is unknown.

    For a reward `row` is the name of the part, `payable_when` or `reversed_when`.
    """

    decision: str
    kind: str
    row: str | None = None


class Marks:
    """The marks of a ruleset by bit position; only what can happen has a bit."""

    def __init__(self) -> None:
        self.marks: list[Mark] = []
        self.positions: dict[Mark, int] = {}

    def position(self, mark: Mark) -> int:
        """Return the bit of a mark, giving it one when it is new."""
        if mark not in self.positions:
            self.positions[mark] = len(self.marks)
            self.marks.append(mark)
        return self.positions[mark]

    def has(self, mask: int, mark: Mark) -> bool:
        """Tell whether a mask has the mark."""
        position = self.positions.get(mark)
        return position is not None and bool(mask >> position & 1)

    def decode(self, mask: int) -> Iterator[Mark]:
        """Yield the marks of a mask, in order."""
        position = 0
        while mask:
            step = (mask & -mask).bit_length() - 1
            position += step
            yield self.marks[position]
            mask >>= step + 1
            position += 1
