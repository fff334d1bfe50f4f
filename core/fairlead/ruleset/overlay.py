"""Applying an overlay to the ruleset it extends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fairlead.documents.canonical import digest
from fairlead.documents.found import found_text
from fairlead.documents.json_text import Document
from fairlead.documents.positions import join_pointer
from fairlead.problems import DocumentError, Problem, nearest_name
from fairlead.ruleset.consistency import PAYING
from fairlead.ruleset.overlay_document import (
    AddAttribution,
    AddDecision,
    AddGroup,
    AddParameter,
    AddRow,
    AddSettlement,
    After,
    Before,
    ChangePart,
    Position,
    RemoveAttribution,
    RemoveDecision,
    RemoveGroup,
    RemoveParameter,
    RemoveRow,
    RemoveSettlement,
    ReplaceAttribution,
    ReplaceDecision,
    ReplaceGroup,
    ReplaceParameter,
    ReplaceRow,
    ReplaceSettlement,
    RulesetOverlayDocument,
)

__all__ = ["apply_overlay"]

#: what the resolved document takes from the overlay, and what only where the overlay says it
_ALWAYS = ("name", "version", "title", "about")
_WHERE_SAID = ("effective", "model")

#: the lists that rows and groups stand in, and the kinds of decisions that have them
_LISTS = {"row": "rows", "group": "groups"}
_HOLDERS = {"row": ("scorecard", "table"), "group": ("scorecard",)}


@dataclass
class _Piece:
    """A part of the ruleset, with the document and pointer that it was written at."""

    value: Any
    source: Document
    pointer: str


@dataclass
class _Decision(_Piece):
    """A decision, with its rows and groups held apart, so that each keeps its place."""

    lists: dict[str, list[_Piece]]

    @property
    def name(self) -> str:
        return str(self.value["name"])

    @property
    def kind(self) -> str:
        return str(self.value["kind"])


def _decision(value: dict[str, Any], source: Document, pointer: str) -> _Decision:
    lists = {
        key: [
            _Piece(item, source, f"{pointer}/{key}/{index}") for index, item in enumerate(value.get(key, ()))
        ]
        for key in _LISTS.values()
    }
    return _Decision(value, source, pointer, lists)


class _Ruleset:
    """The ruleset while changes are made to it; `problems` are places in the overlay."""

    def __init__(self, base: Document, overlay: Document) -> None:
        self.base = base
        self.overlay = overlay
        self.problems: list[Problem] = []
        self.decisions = [
            _decision(value, base, f"/decisions/{index}")
            for index, value in enumerate(base.value["decisions"])
        ]
        self.parameters = {
            name: _Piece(value, base, join_pointer(["parameters", name]))
            for name, value in base.value.get("parameters", {}).items()
        }
        self.paying = {
            key: _Piece(base.value[key], base, f"/{key}") for key in PAYING if base.value.get(key) is not None
        }

    # the changes

    def apply(self, change: ChangePart, index: int) -> None:
        """Make one change, or add why it cannot be made."""
        pointer = f"/changes/{index}"
        raw = self.overlay.value["changes"][index].get("value")
        match change:
            case AddDecision() | ReplaceDecision() | RemoveDecision():
                self._change_decision(change, raw, pointer)
            case AddParameter() | ReplaceParameter() | RemoveParameter():
                self._change_parameter(change, raw, pointer)
            case (
                AddAttribution()
                | ReplaceAttribution()
                | RemoveAttribution()
                | AddSettlement()
                | ReplaceSettlement()
                | RemoveSettlement()
            ):
                self._change_paying(change.action, change.what, raw, pointer)
            case _:
                self._change_member(change, raw, pointer)

    def _change_decision(
        self, change: AddDecision | ReplaceDecision | RemoveDecision, raw: Any, pointer: str
    ) -> None:
        names = [decision.name for decision in self.decisions]
        if isinstance(change, AddDecision):
            at = self._position(change.position, names, "decision", pointer)
            if change.value.name in names:
                self._duplicate("decision", change.value.name, f"{pointer}/value/name")
            elif at is not None:
                self.decisions.insert(at, _decision(raw, self.overlay, f"{pointer}/value"))
            return
        if change.id not in names:
            self._unknown("decision", change.id, names, f"{pointer}/id")
            return
        at = names.index(change.id)
        if isinstance(change, RemoveDecision):
            del self.decisions[at]
        elif self._fits(change.id, change.value.name, "decision", f"{pointer}/value/name"):
            self._notice_no_change(_composed(self.decisions[at])[0], raw, f"decision `{change.id}`", pointer)
            self.decisions[at] = _decision(raw, self.overlay, f"{pointer}/value")

    def _change_parameter(
        self, change: AddParameter | ReplaceParameter | RemoveParameter, raw: Any, pointer: str
    ) -> None:
        if isinstance(change, AddParameter):
            if change.id in self.parameters:
                self._duplicate("parameter", change.id, f"{pointer}/id")
                return
        elif change.id not in self.parameters:
            self._unknown("parameter", change.id, list(self.parameters), f"{pointer}/id")
            return
        if isinstance(change, RemoveParameter):
            del self.parameters[change.id]
            return
        if isinstance(change, ReplaceParameter):
            old = self.parameters[change.id].value
            self._notice_no_change(old, raw, f"parameter `{change.id}`", pointer)
        self.parameters[change.id] = _Piece(raw, self.overlay, f"{pointer}/value")

    def _change_paying(self, action: str, what: str, raw: Any, pointer: str) -> None:
        there = what in self.paying
        if action == "add" and there:
            message = f"the extended ruleset has `{what}` already"
            remedy = "use the action `replace`"
            self._refuse("duplicate-id", message, f"{pointer}/what", found=what, remedy=remedy)
        elif action != "add" and not there:
            message = f"`{self.base.value['name']}` {self.base.value['version']} has no `{what}`"
            remedy = "use the action `add`" if action == "replace" else "take the change out"
            self._refuse("unknown-id", message, f"{pointer}/what", found=what, remedy=remedy)
        elif action == "remove":
            del self.paying[what]
        else:
            if there:
                self._notice_no_change(self.paying[what].value, raw, what, pointer)
            self.paying[what] = _Piece(raw, self.overlay, f"{pointer}/value")

    def _change_member(
        self,
        change: AddRow | ReplaceRow | RemoveRow | AddGroup | ReplaceGroup | RemoveGroup,
        raw: Any,
        pointer: str,
    ) -> None:
        items = self._members(change.decision, change.what, pointer)
        if items is None:
            return
        ids = [str(item.value["id"]) for item in items]
        what, of = change.what, f" of `{change.decision}`"
        if isinstance(change, AddRow | AddGroup):
            at: int | None = len(items)
            if isinstance(change, AddRow):
                at = self._position(change.position, ids, what, pointer, of)
            if change.value.id in ids:
                self._duplicate(what, change.value.id, f"{pointer}/value/id", of)
            elif at is not None:
                items.insert(at, _Piece(raw, self.overlay, f"{pointer}/value"))
            return
        if change.id not in ids:
            self._unknown(what, change.id, ids, f"{pointer}/id", of)
            return
        at = ids.index(change.id)
        if isinstance(change, RemoveRow | RemoveGroup):
            del items[at]
        elif self._fits(change.id, change.value.id, what, f"{pointer}/value/id"):
            self._notice_no_change(items[at].value, raw, f"{what} `{change.id}`{of}", pointer)
            items[at] = _Piece(raw, self.overlay, f"{pointer}/value")

    def _members(self, name: str, what: str, pointer: str) -> list[_Piece] | None:
        """Return the rows or groups of a decision, or add why there are none."""
        for decision in self.decisions:
            if decision.name != name:
                continue
            if decision.kind in _HOLDERS[what]:
                return decision.lists[_LISTS[what]]
            self._refuse(
                "wrong-decision-kind",
                f"`{name}` is a {decision.kind} and has no {_LISTS[what]}",
                f"{pointer}/decision",
                found=name,
                allowed=[each.name for each in self.decisions if each.kind in _HOLDERS[what]],
            )
            return None
        self._unknown("decision", name, [each.name for each in self.decisions], f"{pointer}/decision")
        return None

    def _position(
        self, position: Position, ids: Sequence[str], what: str, pointer: str, of: str = ""
    ) -> int | None:
        if isinstance(position, Before | After):
            key, name = (
                ("before", position.before) if isinstance(position, Before) else ("after", position.after)
            )
            if name not in ids:
                self._unknown(what, name, ids, f"{pointer}/position/{key}", of)
                return None
            return ids.index(name) + (key == "after")
        return 0 if position == "first" else len(ids)

    # what can be wrong with them

    def _refuse(
        self,
        code: str,
        message: str,
        pointer: str,
        *,
        found: str | None = None,
        allowed: Sequence[str] = (),
        nearest: str | None = None,
        remedy: str | None = None,
    ) -> None:
        self.problems.append(
            Problem(
                code, message, pointer, found=found, allowed=tuple(allowed), nearest=nearest, remedy=remedy
            )
        )

    def _unknown(self, what: str, name: str, known: Sequence[str], pointer: str, of: str = "") -> None:
        base = f"`{self.base.value['name']}` {self.base.value['version']}"
        self._refuse(
            "unknown-id",
            f"there is no {what} `{found_text(name)}`{of} in {base}",
            pointer,
            found=found_text(name),
            allowed=known,
            nearest=nearest_name(name, known),
        )

    def _duplicate(self, what: str, name: str, pointer: str, of: str = "") -> None:
        self._refuse(
            "duplicate-id",
            f"there is already a {what} `{name}`{of}",
            pointer,
            found=name,
            remedy="use the action `replace`, or another id",
        )

    def _fits(self, wanted: str, found: str, what: str, pointer: str) -> bool:
        if wanted == found:
            return True
        self._refuse(
            "wrong-id",
            f"the new {what} is `{found}`, but it replaces `{wanted}`",
            pointer,
            found=found,
            allowed=(wanted,),
            remedy="write the same id; to rename, remove the one and add the other",
        )
        return False

    def _notice_no_change(self, old: Any, new: Any, what: str, pointer: str) -> None:
        if _same(old, new):
            self._refuse(
                "no-change",
                f"the {what} is replaced by what it is already",
                f"{pointer}/value",
                remedy="take the change out",
            )

    # the result

    def composed(self) -> tuple[dict[str, Any], dict[str, tuple[Document, str]]]:
        """Return parameters, decisions and how is paid as JSON, and where each part was written."""
        origins: dict[str, tuple[Document, str]] = {}
        value: dict[str, Any] = {"decisions": []}
        if self.parameters or "parameters" in self.base.value:
            value["parameters"] = {name: piece.value for name, piece in self.parameters.items()}
            origins["/parameters"] = (self.base, "/parameters")
        for name, piece in self.parameters.items():
            origins[join_pointer(["parameters", name])] = (piece.source, piece.pointer)
        for index, decision in enumerate(self.decisions):
            whole, places = _composed(decision)
            value["decisions"].append(whole)
            for below, place in places.items():
                origins[f"/decisions/{index}{below}"] = place
        for key, piece in self.paying.items():
            value[key] = piece.value
            origins[f"/{key}"] = (piece.source, piece.pointer)
        return value, origins


def _composed(decision: _Decision) -> tuple[dict[str, Any], dict[str, tuple[Document, str]]]:
    value = dict(decision.value)
    origins = {"": (decision.source, decision.pointer)}
    for key, items in decision.lists.items():
        if items or key in value:
            value[key] = [item.value for item in items]
        for index, item in enumerate(items):
            origins[f"/{key}/{index}"] = (item.source, item.pointer)
    return value, origins


def _same(one: Any, other: Any) -> bool:
    # not `==`: there true equals 1
    return digest(one) == digest(other)


def _lineage(base: Document, overlay: Document) -> list[dict[str, str]]:
    before = base.value.get("lineage")
    return [*(before if before is not None else [_entry(base)]), _entry(overlay)]


def _entry(document: Document) -> dict[str, str]:
    value = document.value
    return {"name": value["name"], "version": value["version"], "digest": digest(value)}


def apply_overlay(base: Document, overlay: Document, shape: RulesetOverlayDocument) -> Document:
    """Return the resolved document that an overlay makes of the ruleset it extends.

    `base` is a ruleset whose form was checked, or what this function returned for one; `shape` is
    `overlay` after its own check. The result knows where each of its parts was written. Raises
    DocumentError with everything in the overlay that does not fit the base.
    """
    ruleset = _Ruleset(base, overlay)
    for index, change in enumerate(shape.changes):
        ruleset.apply(change, index)
    body, origins = ruleset.composed()
    value = {"fairlead": 1, "kind": "ruleset", **body}
    origins[""] = (overlay, "")
    for key in (*_ALWAYS, *_WHERE_SAID):
        source = overlay if key in _ALWAYS or overlay.value.get(key) is not None else base
        if source.value.get(key) is not None:
            value[key] = source.value[key]
            origins[f"/{key}"] = (source, f"/{key}")
    problems = ruleset.problems
    compared = ("decisions", "parameters", *PAYING, *_WHERE_SAID)
    if not problems and all(_same(value.get(key), base.value.get(key)) for key in compared):
        message = f"the overlay leaves `{shape.extends.name}` {shape.extends.version} as it is"
        remedy = "add a change, or use the extended ruleset itself"
        problems.append(Problem("no-change", message, "/changes", remedy=remedy))
    if problems:
        raise DocumentError(overlay.locate(problems))
    value["lineage"] = _lineage(base, overlay)
    return Document.resolved(value, file=overlay.file, origins=origins)
