"""The order in which decisions are evaluated: each after all that it reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise

__all__ = ["in_evaluation_order"]


def in_evaluation_order(reads: Mapping[str, Iterable[str]]) -> tuple[list[str], list[list[str]]]:
    """Return the names, each after all it reads, and every circle (its first name again at its end).

    `reads` maps each name to those it reads, all of them among its keys. The order depends on the order of
    `reads` alone. Where there are circles, a name may stand before one that it reads in a circle.
    """
    left = {name: dict.fromkeys(others) for name, others in reads.items()}
    circles: list[list[str]] = []
    while True:
        try:
            return list(TopologicalSorter(left).static_order()), circles
        except CycleError as error:
            circle: list[str] = list(reversed(error.args[1]))
        circles.append(circle)
        # without the circle's own steps, the next one shows
        for reader, other in pairwise(circle):
            left[reader].pop(other, None)
