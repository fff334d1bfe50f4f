"""Which nodes become columns of their own on the way, so that none is computed or written out twice."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from fairlead.columns.nodes import Kind, Node

__all__ = ["Stage", "stages_of"]

#: a node that is used more than once is computed once from this many operations on
_WORTH = 6
#: a single node is written out up to this many operations; a larger one gets columns on the way
_LARGEST = 2_000

_ON_TEXTS = frozenset(["==", "!=", "<", "<=", ">", ">=", "member", "contains"])
_LEAVES = frozenset(["fact", "constant", "null", "element"])


@dataclass(frozen=True, slots=True)
class Stage:
    """Columns that are computed from facts and the columns of earlier stages."""

    columns: list[tuple[str, Node]]


def stages_of(roots: Iterable[Node]) -> tuple[list[Stage], dict[int, str]]:
    """Return the stages before the roots, and the names of the columns by the id of the node."""
    asked = list(roots)
    ordered = _topological(asked)
    uses: dict[int, int] = {}
    for node in ordered:
        for arg in node.args:
            uses[id(arg)] = uses.get(id(arg), 0) + 1
    for root in asked:
        uses[id(root)] = uses.get(id(root), 0) + 1
    size: dict[int, int] = {}
    level: dict[int, int] = {}
    names: dict[int, str] = {}
    levels: dict[int, list[tuple[str, Node]]] = {}
    for node in ordered:
        here = max((level[id(arg)] for arg in node.args), default=0)
        own = 1 + sum(size[id(arg)] for arg in node.args)
        shared = uses.get(id(node), 0) > 1 and (own >= _WORTH or _looks_at_text(node))
        if node.op not in _LEAVES and not node.elements and (shared or own > _LARGEST):
            here += 1
            names[id(node)] = f"_{len(names)}"
            levels.setdefault(here, []).append((names[id(node)], node))
            own = 1
        size[id(node)], level[id(node)] = own, here
    return [Stage(levels[key]) for key in sorted(levels)], names


def _looks_at_text(node: Node) -> bool:
    """Tell whether a node asks something of a text, which costs more than its size says."""
    return node.op in _ON_TEXTS and node.args[0].kind is Kind.TEXT


def _topological(roots: Iterable[Node]) -> list[Node]:
    """Return the nodes below the roots, arguments first, each once."""
    done: set[int] = set()
    ordered: list[Node] = []
    waiting: list[tuple[Node, bool]] = [(root, False) for root in reversed(list(roots))]
    while waiting:
        node, expanded = waiting.pop()
        if expanded:
            ordered.append(node)
        elif id(node) not in done:
            done.add(id(node))
            waiting.append((node, True))
            waiting.extend((arg, False) for arg in reversed(node.args) if id(arg) not in done)
    return ordered
