"""Problems: what is wrong with a user's input, said as a value.

A problem carries a stable code, the place (file, JSON pointer, line, column), what was found, what is
allowed, the nearest valid name and the remedy. All problems of one document are collected and raised at
once in a `DocumentError`.

    FairleadError
    ├── DocumentError      a document (ruleset, model, overlay, lock, scenarios) is not valid
    ├── RecordError        one record does not fit the fact model
    ├── StoreError         the store cannot be opened, read or written
    └── UsageError         a call or command asks for something that does not exist
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

__all__ = [
    "DocumentError",
    "FairleadError",
    "Problem",
    "RecordError",
    "StoreError",
    "UsageError",
    "nearest_name",
]


def nearest_name(found: str, allowed: Iterable[str]) -> str | None:
    """Return the allowed name closest to `found`, or None when nothing is close.

    A name without its entity (`scroe` for `lead.score`) is compared with the last part of each name too.
    """
    names = list(allowed)
    tail = found.rpartition(".")[2]
    # one entity in common makes two names long alike, and says nothing about the rest of them
    close = [
        name
        for name in difflib.get_close_matches(found, names, n=5, cutoff=0.6)
        if "." not in name or _likeness(tail, name.rpartition(".")[2]) >= 0.5
    ]
    if close:
        # of names that are equally alike, one that goes on where `found` ends, and then the first
        close.sort(key=names.index)
        return max(close, key=lambda name: (_likeness(found, name), name.startswith(found)))
    by_tail = {name.rsplit(".", 1)[-1]: name for name in names}
    close = difflib.get_close_matches(tail, list(by_tail), n=1, cutoff=0.6)
    return by_tail[close[0]] if close else None


def _likeness(one: str, other: str) -> float:
    return difflib.SequenceMatcher(None, other, one).ratio()


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong, with its place and its remedy.

    `message` is lower case, quotes names in backticks and never shows a host-language type. `pointer` is
    an RFC 6901 JSON pointer; `line` and `column` count from 1 and are None where the source is not text.
    """

    code: str
    message: str
    pointer: str = ""
    found: str | None = None
    allowed: tuple[str, ...] = ()
    nearest: str | None = None
    remedy: str | None = None
    file: str | None = None
    line: int | None = None
    column: int | None = None

    def at(self, *, file: str | None, line: int | None, column: int | None) -> Problem:
        """Return the same problem with its place in a text."""
        return replace(self, file=file, line=line, column=column)

    def as_json(self) -> dict[str, object]:
        """Return the problem as a JSON object; absent members are left out."""
        members: dict[str, object] = {
            "code": self.code,
            "message": self.message,
            "pointer": self.pointer,
            "file": self.file,
            "line": self.line,
            "column": self.column,
            "found": self.found,
            "allowed": list(self.allowed) or None,
            "nearest": self.nearest,
            "remedy": self.remedy,
        }
        return {key: value for key, value in members.items() if value is not None}

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)
        text = f"{place}: {self.message}" if place else self.message
        text += f" [{self.code}]"
        if self.pointer:
            text += f"\n  at {self.pointer}"
        if self.nearest is not None:
            text += f"\n  did you mean `{self.nearest}`?"
        elif self.allowed:
            shown = ", ".join(f"`{name}`" for name in self.allowed[:12])
            more = len(self.allowed) - 12
            text += f"\n  allowed: {shown}" + (f" and {more} more" if more > 0 else "")
        if self.remedy is not None:
            text += f"\n  remedy: {self.remedy}"
        return text


class FairleadError(Exception):
    """Base of every error that a user's input can cause."""


@dataclass(eq=False)
class _ProblemsError(FairleadError):
    problems: Sequence[Problem] = field(default_factory=tuple)

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)


class DocumentError(_ProblemsError):
    """A document is not valid; `problems` lists everything wrong with it."""


class RecordError(_ProblemsError):
    """One record does not fit the fact model; `problems` names each fact."""


class StoreError(_ProblemsError):
    """The store cannot be opened, read or written, or something in it is damaged."""


class UsageError(_ProblemsError):
    """A call or command asks for something that does not exist."""
