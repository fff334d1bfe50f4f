"""The columns of the algebra: what a node is, and how wide its numbers are."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeVar

__all__ = ["WIDEST", "Kind", "Node", "TooWideError", "balanced", "width_of"]

T = TypeVar("T")

#: the largest number that every back end holds: 38 digits
WIDEST = 10**38 - 1


class Kind(Enum):
    """What a column holds."""

    BOOLEAN = "boolean"
    NUMBER = "number"
    TEXT = "text"
    LIST = "list"


class TooWideError(Exception):
    """A number can need more digits than the back ends hold."""


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """One column.

    `extra` is what the operation is about besides its arguments: a constant, the name of a fact, a set of
    members. `low` and `high` bound a number, or the numbers of a list, whose items are of kind `item`.
    `elements` are the quantifiers whose current element the node reads.
    """

    op: str
    kind: Kind
    args: tuple[Node, ...] = ()
    extra: Any = None
    nullable: bool = True
    low: int = 0
    high: int = 0
    item: Kind | None = None
    elements: frozenset[int] = frozenset()

    @property
    def is_null_constant(self) -> bool:
        """Tell whether the column is unknown everywhere."""
        return self.op == "null"

    def constant(self, value: bool) -> bool:
        """Tell whether the column is this boolean everywhere."""
        return self.op == "constant" and self.kind is Kind.BOOLEAN and self.extra is value


def width_of(low: int, high: int) -> int:
    """Return the bits (8, 16, 32, 64 or 128) that hold every number from low to high."""
    for bits in (8, 16, 32, 64):
        if -(2 ** (bits - 1)) <= low and high < 2 ** (bits - 1):
            return bits
    return 128


def balanced(join: Callable[[T, T], T], parts: Iterable[T]) -> T:
    """Join parts two by two, so that many of them do not nest too deep for who reads the whole."""
    row = list(parts)
    while len(row) > 1:
        pairs = [join(left, right) for left, right in zip(row[::2], row[1::2], strict=False)]
        row = pairs + row[len(pairs) * 2 :]
    return row[0]
