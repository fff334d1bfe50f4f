"""Reading on after a problem: the document without its faulty parts, so that the rest is checked too."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from fairlead.documents.json_text import Document
from fairlead.documents.positions import join_pointer, split_pointer
from fairlead.problems import Problem

__all__ = ["Salvaged", "salvage"]

#: problems that are about one key, which can be left out alone
_ONE_KEY = frozenset({"unexpected-key", "unknown-key"})

#: what is left out around any other problem, the smallest first
_UNITS = (
    re.compile(r"/decisions/\d+/(?:rows|groups|caps)/\d+(?=/|$)"),
    re.compile(r"/decisions/\d+/(?:otherwise|description|benefit)(?=/|$)"),
    re.compile(r"/decisions/\d+(?=/|$)"),
    re.compile(r"/parameters/[^/]*(?=/|$)"),
    re.compile(r"/changes/\d+(?=/|$)"),
    re.compile(r"/(?:effective|attribution|settlement)(?=/|$)"),
)

#: what stands in for a part that cannot be left out
_STAND_INS: dict[str, Any] = {"/title": "-", "/about": "-", "/version": "0.0.0"}


@dataclass(frozen=True)
class Salvaged:
    """What is left of a document, with its origins; `names` are the names that were left out."""

    document: Document
    names: frozenset[str]


def _unit(problem: Problem) -> str | None:
    if problem.code in _ONE_KEY:
        return problem.pointer
    for unit in _UNITS:
        match = unit.match(problem.pointer)
        if match:
            return match.group()
    return None


def _named(value: Any, parts: list[str]) -> set[str]:
    """Return the names by which other parts may read a part that is left out."""
    if parts[0] == "parameters" and len(parts) == 2:
        return {f"parameters.{parts[1]}"}
    if not isinstance(value, dict) or parts[-2:-1] in (["rows"], ["caps"]):
        return set()
    if parts[0] == "changes":
        name = value.get("id")
        added = value.get("value")
        names = {name, f"parameters.{name}"} if isinstance(name, str) else set()
        return names | _named(added, ["decisions", "0"])
    return {text for key in ("name", "id") if isinstance(text := value.get(key), str)}


def salvage(document: Document, problems: Iterable[Problem]) -> Salvaged | None:
    """Return the document without the parts that have problems, or None where too little is left.

    The problems' pointers lead into `document`.
    """
    value = copy.deepcopy(document.value)
    if not isinstance(value, dict):
        return None
    units = set()
    for problem in problems:
        stand_in = _STAND_INS.get("/" + problem.pointer.split("/")[1]) if problem.pointer else None
        if stand_in is not None:
            value[split_pointer(problem.pointer)[0]] = stand_in
            continue
        unit = _unit(problem)
        if unit is None:
            return None
        units.add(unit)
    names: set[str] = set()
    for unit in units:
        _leave_out(value, split_pointer(unit), names)
    origins = {"": (document, "")}
    origins.update(_closed_ranks(value, document))
    return Salvaged(Document.resolved(value, file=document.file, origins=origins), frozenset(names))


class _Gap:
    """Stands where a list item was, so that the items after it keep their index for now."""


_GAP = _Gap()


def _leave_out(value: Any, parts: list[str], names: set[str]) -> None:
    owner = value
    for part in parts[:-1]:
        owner = owner[int(part)] if isinstance(owner, list) else owner.get(part)
        if not isinstance(owner, dict | list):
            return
    last = parts[-1]
    if isinstance(owner, list):
        names |= _named(owner[int(last)], parts)
        owner[int(last)] = _GAP
    elif last in owner:
        names |= _named(owner[last], parts)
        del owner[last]


def _closed_ranks(value: dict[str, Any], document: Document) -> dict[str, tuple[Document, str]]:
    """Take the gaps out of all lists, and return where the items came from whose index changed."""
    origins: dict[str, tuple[Document, str]] = {}
    stack: list[tuple[Any, list[str | int], list[str | int]]] = [(value, [], [])]
    while stack:
        current, path, old_path = stack.pop()
        if isinstance(current, dict):
            stack.extend((item, [*path, key], [*old_path, key]) for key, item in current.items())
        elif isinstance(current, list):
            kept = [(index, item) for index, item in enumerate(current) if item is not _GAP]
            current[:] = [item for _, item in kept]
            for index, (old_index, item) in enumerate(kept):
                here, there = [*path, index], [*old_path, old_index]
                if index != old_index:
                    origins[join_pointer(here)] = (document, join_pointer(there))
                stack.append((item, here, there))
    return origins
