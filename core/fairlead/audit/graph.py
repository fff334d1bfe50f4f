"""The decision graph of a ruleset: which facts reach which decisions and rewards, and with which labels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from fairlead.audit.findings import Taint
from fairlead.documents.texts import pick
from fairlead.ruleset.typed import Decision, Ruleset
from fairlead.show.sections import KINDS, terms_of
from fairlead.show.wording import names_read

__all__ = ["DecisionGraph", "Node", "Path", "decision_graph"]

#: labels that say whose a fact is, and not what a result must be independent of
_WHOSE = frozenset(("personal", "commercial", "location"))

#: how often the order within the layers is made anew from the order of their neighbours
_SWEEPS = 8


@dataclass(frozen=True, slots=True)
class Node:
    """A fact or a decision. `kind` is `fact` or the kind of the decision; `labels` are those that mark it."""

    name: str
    title: str
    kind: str
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Path:
    """What `target` reads: `source`. `labels` are those that flow from one to the other."""

    source: str
    target: str
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DecisionGraph:
    """Nodes in layers, from what is known to what is paid, each from top to bottom."""

    layers: tuple[tuple[Node, ...], ...]
    paths: tuple[Path, ...]

    def reads(self, name: str) -> tuple[Path, ...]:
        """Return the paths that end at a node."""
        return tuple(path for path in self.paths if path.target == name)

    @property
    def decisions(self) -> tuple[Node, ...]:
        """The decisions, layer by layer."""
        return tuple(node for layer in self.layers for node in layer if node.kind != "fact")


def decision_graph(ruleset: Ruleset, taints: Iterable[Taint]) -> DecisionGraph:
    """Return the graph of a ruleset.

    A fact stands in the layer before the first decision that reads it, a decision after all that it reads.
    Labels are those of the taint map; what is not in there carries none.
    """
    labels = {taint.name: _marking(taint.labels) for taint in taints}
    nodes: dict[str, Node] = {}
    read: dict[str, list[str]] = {}
    for decision in ruleset.decisions:
        read[decision.name] = _read_by(decision, ruleset, labels, nodes)
        kind = KINDS[type(decision)]
        nodes[decision.name] = Node(decision.name, pick(decision.title), kind, labels.get(decision.name, ()))
    layers = _layers(nodes, read)
    paths = tuple(
        Path(source, target, _shared(nodes[source].labels, nodes[target].labels))
        for target, sources in read.items()
        for source in sources
    )
    return DecisionGraph(_untangled(layers, paths), paths)


def _marking(labels: Iterable[str]) -> tuple[str, ...]:
    return tuple(label for label in labels if label not in _WHOSE)


def _shared(first: Sequence[str], second: Sequence[str]) -> tuple[str, ...]:
    return tuple(label for label in first if label in second)


def _read_by(
    decision: Decision, ruleset: Ruleset, labels: Mapping[str, tuple[str, ...]], nodes: dict[str, Node]
) -> list[str]:
    """Return the facts and decisions that a decision reads, and put the facts among the nodes."""
    found: dict[str, None] = {}
    for variable in names_read(terms_of(decision)):
        if variable.origin == "decision":
            found[variable.name] = None
        elif variable.origin == "fact":
            # in an expression a fact goes by the name of the link to its entity
            fact = ruleset.model.find(decision.entity, variable.name)
            assert fact is not None
            found[fact.name] = None
            nodes.setdefault(fact.name, Node(fact.name, pick(fact.title), "fact", labels.get(fact.name, ())))
    return list(found)


def _layers(nodes: Mapping[str, Node], read: Mapping[str, Sequence[str]]) -> list[list[Node]]:
    depth: dict[str, int] = {}
    for name, sources in read.items():
        depth[name] = 1 + max((depth[source] for source in sources if source in depth), default=0)
    for name in nodes:
        if name not in read:
            depth[name] = min(depth[target] for target, sources in read.items() if name in sources) - 1
    layers: list[list[Node]] = [[] for _ in range(1 + max(depth.values(), default=0))]
    for name, node in nodes.items():
        layers[depth[name]].append(node)
    return [layer for layer in layers if layer]


def _untangled(layers: list[list[Node]], paths: Sequence[Path]) -> tuple[tuple[Node, ...], ...]:
    """Return the layers with each node near the middle of what it is joined with."""
    joined: dict[str, list[str]] = {}
    for path in paths:
        joined.setdefault(path.source, []).append(path.target)
        joined.setdefault(path.target, []).append(path.source)
    for _ in range(_SWEEPS):
        for layer in layers:
            # places count from 0 to 1, whatever the number of nodes in a layer
            places = {
                node.name: (place + 0.5) / len(each) for each in layers for place, node in enumerate(each)
            }
            middles = {
                node.name: sum(places[other] for other in joined[node.name]) / len(joined[node.name])
                if node.name in joined
                else places[node.name]
                for node in layer
            }
            layer.sort(key=lambda node: (middles[node.name], node.name))
    return tuple(map(tuple, layers))
