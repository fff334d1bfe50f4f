"""The decision graph as an SVG element, for a page whose style sheet colours it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape

from fairlead.audit.graph import DecisionGraph, Node, Path
from fairlead.show.content import Span

__all__ = ["drawing"]

# all in units of the drawing, which are pixels where it is not scaled
_WIDTH, _ACROSS, _DOWN, _MARGIN = 230, 90, 18, 12
_LINE, _PADDING, _LONGEST, _MOST_LINES = 17, 11, 31, 5
_FLAG = "⚑ "


@dataclass(frozen=True, slots=True)
class _Box:
    node: Node
    lines: tuple[tuple[str, str], ...]
    left: int
    top: int

    @property
    def height(self) -> int:
        return _height(self.lines)

    @property
    def middle(self) -> int:
        return self.top + self.height // 2


def drawing(graph: DecisionGraph, anchor: str, title: str) -> str:
    """Return the graph as an SVG element.

    A box with labels is hatched and names them; a path by which a label flows is thick and dashed. So neither
    rests on colour. `anchor` keeps the names inside apart from those of other drawings, `title` is read out.
    """
    return "\n".join(_lines(graph, escape(anchor), title))


def _lines(graph: DecisionGraph, anchor: str, title: str) -> Iterator[str]:
    boxes = _boxes(graph)
    width = max((box.left + _WIDTH for box in boxes.values()), default=0) + _MARGIN
    height = max((box.top + box.height for box in boxes.values()), default=0) + _MARGIN
    yield (
        f'<svg class="graph" xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="{anchor}-title"'
        f' width="{width}" height="{height}" viewBox="0 0 {width} {height}">'
    )
    yield f'<title id="{anchor}-title">{_said(title)}</title>'
    yield "<defs>"
    yield (
        f'<pattern id="{anchor}-hatch" width="8" height="8" patternUnits="userSpaceOnUse"'
        ' patternTransform="rotate(45)"><rect class="hatch-ground" width="8" height="8"/>'
        '<rect class="hatch-line" width="2.5" height="8"/></pattern>'
    )
    for kind in ("plain", "tainted"):
        yield (
            f'<marker id="{anchor}-{kind}" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="9"'
            ' markerHeight="9" markerUnits="userSpaceOnUse" orient="auto">'
            f'<path class="head {kind}" d="M0 0L10 5L0 10z"/></marker>'
        )
    yield "</defs>"
    # those that matter are drawn last, over the others
    for path in sorted(graph.paths, key=lambda each: bool(each.labels)):
        yield _path(path, boxes[path.source], boxes[path.target], anchor)
    for box in boxes.values():
        yield from _box(box, anchor)
    yield "</svg>"


def _boxes(graph: DecisionGraph) -> Mapping[str, _Box]:
    columns = [[(node, _texts(node)) for node in layer] for layer in graph.layers]
    heights = [sum(_height(lines) + _DOWN for _, lines in column) - _DOWN for column in columns]
    boxes = {}
    for place, (column, height) in enumerate(zip(columns, heights, strict=True)):
        top = _MARGIN + (max(heights) - height) // 2
        for node, lines in column:
            left = _MARGIN + place * (_WIDTH + _ACROSS)
            boxes[node.name] = _Box(node, lines, left, top)
            top += _height(lines) + _DOWN
    return boxes


def _height(lines: tuple[tuple[str, str], ...]) -> int:
    return len(lines) * _LINE + 2 * _PADDING


def _texts(node: Node) -> tuple[tuple[str, str], ...]:
    """Return the lines in a box, each with its class."""
    lines = [("title", line) for line in _wrapped(node.title, _LONGEST)]
    lines.append(("kind", node.kind))
    if node.labels:
        flagged = _wrapped(", ".join(node.labels), _LONGEST - len(_FLAG))
        lines += [("label", (_FLAG if place == 0 else "") + line) for place, line in enumerate(flagged)]
    return tuple(lines)


def _wrapped(text: str, longest: int) -> list[str]:
    return textwrap.wrap(Span(text).text, longest, max_lines=_MOST_LINES, placeholder=" …") or [" "]


def _path(path: Path, source: _Box, target: _Box, anchor: str) -> str:
    kind = "tainted" if path.labels else "plain"
    start, end = (source.left + _WIDTH, source.middle), (target.left - 1, target.middle)
    bend = _ACROSS * 2 // 3
    curve = f"M{start[0]} {start[1]}C{start[0] + bend} {start[1]} {end[0] - bend} {end[1]} {end[0]} {end[1]}"
    return f'<path class="path {kind}" d="{curve}" marker-end="url(#{anchor}-{kind})"/>'


def _box(box: _Box, anchor: str) -> Iterator[str]:
    node = box.node
    kind = node.kind if node.kind in ("fact", "reward") else "decision"
    rounding = 18 if kind == "fact" else 4
    yield f'<g class="{kind}{" tainted" if node.labels else ""}">'
    shape = f'x="{box.left}" y="{box.top}" width="{_WIDTH}" height="{box.height}" rx="{rounding}"'
    fill = f' fill="url(#{anchor}-hatch)"' if node.labels else ""
    yield f'<rect class="box" {shape}{fill}/>'
    if node.labels:
        # the text stands on plain paper within the hatched frame
        inner = f'x="{box.left + 6}" y="{box.top + 6}" width="{_WIDTH - 12}" height="{box.height - 12}"'
        yield f'<rect class="paper" {inner} rx="{max(rounding - 6, 2)}"/>'
    for place, (look, line) in enumerate(box.lines):
        down = box.top + _PADDING + place * _LINE + 13
        yield f'<text class="{look}" x="{box.left + 14}" y="{down}">{_said(line)}</text>'
    yield "</g>"


def _said(text: str) -> str:
    return escape(Span(text).text)
