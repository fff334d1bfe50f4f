"""Results as the lines of an output file: JSON Lines, and CSV for spreadsheets."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from json.encoder import encode_basestring
from operator import getitem
from typing import Any, Protocol

from fairlead.documents.texts import pick
from fairlead.engine.program import Program
from fairlead.engine.results import RewardResult, json_value
from fairlead.facts.types import ListType, Type
from fairlead.facts.values import Money
from fairlead.files.cells import LIST_SEPARATOR
from fairlead.files.unknowns import Unknown
from fairlead.ruleset.reasons import reason_texts
from fairlead.ruleset.typed import Reward

__all__ = ["CsvLines", "JsonLines", "LineFormat", "text_cell"]

#: how many values of one decision, or lists of reasons, are remembered with their text
_MOST_KEPT = 4096

#: with these a spreadsheet takes a text for a formula
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_NUMBER = re.compile(r"[+-][0-9]+(\.[0-9]+)?")
_TO_QUOTE = re.compile('[,;"\\n\\r\\t]')
_NEEDS_NOTHING = re.compile("[A-Za-z0-9][A-Za-z0-9 _.:/-]*")

#: the members of a reward that stand in columns of their own, after its amount
_REWARD_COLUMNS = ("payee", "accrues", "payable", "reversed")


class LineFormat(Protocol):
    """How a result becomes a line: `unknown_text` of what is unknown, made once for like records, goes in.

    `shows_due` tells whether a line says when time can next change it.
    """

    shows_due: bool

    def header(self) -> str:
        """Return what stands before the first result."""

    def unknown_text(self, unknown: Unknown) -> str:
        """Return what a line says of what is unknown."""

    def line(
        self,
        number: int,
        identity: str | None,
        decisions: Mapping[str, Any],
        reasons: Sequence[str],
        unknown_text: str,
    ) -> str:
        """Return the line of one result, with its line feed."""


class _Kept(dict[Any, str]):
    """The text of each value, made once for values that come again."""

    __slots__ = ("_text",)

    def __init__(self, text: Callable[[Any], str]) -> None:
        super().__init__()
        self._text = text

    def __missing__(self, value: Any) -> str:
        text = self._text(value)
        if len(self) < _MOST_KEPT:
            self[value] = text
        return text


class _Made:
    """The text of each value, made each time: lists cannot be looked up."""

    def __init__(self, text: Callable[[Any], str]) -> None:
        self._text = text

    def __getitem__(self, value: Any) -> str:
        return self._text(value)


def _texts_of(type_: Type, text: Callable[[Any], str]) -> _Kept | _Made:
    return _Made(text) if isinstance(type_, ListType) else _Kept(text)


class JsonLines:
    """Results as JSON, an object per line; with `language` also the texts of the reasons."""

    shows_due = True

    def __init__(self, program: Program, language: str | None = None) -> None:
        self._ends = f',"digest":{_compact(program.digest)},"approval":{_compact(program.approval)}}}\n'
        self._language = language
        self._reason_texts = reason_texts(program.ruleset)
        self._names = program.decisions
        self._decisions = {
            name: _texts_of(program.ruleset.decision(name).type, _member(name)) for name in self._names
        }
        self._in_order = list(self._decisions.values())
        self._reasons = _Kept(self._reasons_text)

    def header(self) -> str:
        """JSON Lines have none."""
        return ""

    def unknown_text(self, unknown: Unknown) -> str:
        """Return the members that tell what is unknown, and those that every line ends with."""
        members: dict[str, Any] = {
            "undetermined": {
                name: [{"kind": cause.kind, "subject": cause.subject} for cause in causes]
                for name, causes in unknown.undetermined.items()
            },
            "conflicts": unknown.conflicts,
            "unknown_rows": unknown.unknown_rows,
            "missing": unknown.missing,
            "due": json_value(unknown.due),
        }
        said = "".join(f",{_compact(name)}:{_compact(member)}" for name, member in members.items() if member)
        return said + self._ends

    def line(
        self,
        number: int,
        identity: str | None,
        decisions: Mapping[str, Any],
        reasons: Sequence[str],
        unknown_text: str,
    ) -> str:
        """Return the line of one result."""
        if len(decisions) == len(self._in_order):
            values = ",".join(map(getitem, self._in_order, decisions.values()))
        else:
            values = ",".join([self._decisions[name][value] for name, value in decisions.items()])
        shown = "null" if identity is None else encode_basestring(identity)
        reasons_text = self._reasons[tuple(reasons)]
        return f'{{"line":{number},"id":{shown},"decisions":{{{values}}}{reasons_text}{unknown_text}'

    def _reasons_text(self, codes: tuple[str, ...]) -> str:
        text = f',"reasons":{_compact(codes)}'
        if self._language is not None:
            texts = [pick(self._reason_texts[code], self._language) for code in codes]
            text += f',"texts":{_compact(texts)}'
        return text


class CsvLines:
    """Results as a table: a column for each decision, and four more for a reward's other members.

    An undetermined decision is an empty cell. With `language` there is a column with the texts of the
    reasons. A text that a spreadsheet would take for a formula gets an apostrophe before it.
    """

    shows_due = False

    def __init__(self, program: Program, language: str | None = None) -> None:
        self._language = language
        self._reason_texts = reason_texts(program.ruleset)
        self._names = program.decisions
        self._columns: list[str] = []
        self._cells: dict[str, _Kept | _Made] = {}
        for name in self._names:
            decision = program.ruleset.decision(name)
            members = _REWARD_COLUMNS if isinstance(decision, Reward) else ()
            self._columns += [name, *(f"{name}.{member}" for member in members)]
            self._cells[name] = _texts_of(decision.type, _cells_of(len(members)))
        self._in_order = list(self._cells.values())
        self._provenance = f"{program.digest},{text_cell(program.approval)}"
        self._reasons = _Kept(self._reasons_cells)

    def header(self) -> str:
        """Return the names of the columns."""
        texts = ["texts"] if self._language is not None else []
        return (
            ",".join(["line", "id", *self._columns, "reasons", *texts, "missing", "digest", "approval"])
            + "\n"
        )

    def unknown_text(self, unknown: Unknown) -> str:
        """Return the names of the missing facts in one cell."""
        return f",{' '.join(unknown.missing)},{self._provenance}\n"

    def line(
        self,
        number: int,
        identity: str | None,
        decisions: Mapping[str, Any],
        reasons: Sequence[str],
        unknown_text: str,
    ) -> str:
        """Return the line of one result."""
        if len(decisions) == len(self._in_order):
            values = ",".join(map(getitem, self._in_order, decisions.values()))
        else:
            values = ",".join([self._cells[name][decisions.get(name)] for name in self._names])
        shown = "" if identity is None else text_cell(identity)
        return f"{number},{shown},{values},{self._reasons[tuple(reasons)]}{unknown_text}"

    def _reasons_cells(self, codes: tuple[str, ...]) -> str:
        cells = " ".join(codes)
        if self._language is not None:
            texts = "; ".join(pick(self._reason_texts[code], self._language) for code in codes)
            cells += "," + text_cell(texts)
        return cells


def text_cell(text: str) -> str:
    """Return a text as one CSV cell that no spreadsheet takes for a formula."""
    if _NEEDS_NOTHING.fullmatch(text):
        return text
    if text.startswith(_FORMULA_STARTS) and not _NUMBER.fullmatch(text):
        text = "'" + text
    if _TO_QUOTE.search(text):
        return '"' + text.replace('"', '""') + '"'
    return text


def _member(name: str) -> Callable[[Any], str]:
    start = _compact(name) + ":"
    return lambda value: start + _compact(json_value(value))


def _cells_of(members: int) -> Callable[[Any], str]:
    """Return the function from a decision's value to its cells; a reward has `members` more than one."""

    def cells(value: Any) -> str:
        if isinstance(value, RewardResult):
            parts = (value.amount, *(getattr(value, member) for member in _REWARD_COLUMNS))
            return ",".join(map(_plain_cell, parts))
        return _plain_cell(value) + "," * members

    return cells


def _plain_cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case Money(amount=amount, currency=currency):
            return f"{amount:f} {currency}"
        case list():
            return text_cell(LIST_SEPARATOR.join(map(_item_text, value)))
        case str():
            return text_cell(value)
    return str(json_value(value))


def _item_text(value: Any) -> str:
    return value if isinstance(value, str) else _plain_cell(value)


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
