"""Records that were not evaluated: which line, why, what to do, and the line as it was read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fairlead.documents.positions import split_pointer
from fairlead.problems import Problem

__all__ = ["LONGEST_INPUT", "Reject"]

#: how much of the input a reject keeps, in characters
LONGEST_INPUT = 4000


@dataclass(frozen=True, slots=True)
class Reject:
    """One record that was not evaluated; `problems` holds at least one problem."""

    line: int
    problems: Sequence[Problem]
    text: str

    def as_json(self) -> dict[str, Any]:
        """Return the members of the rejects file; further problems of the record stand in `also`."""
        first, *others = (_members(problem) for problem in self.problems)
        members: dict[str, Any] = {"line": self.line, **first}
        if others:
            members["also"] = others
        text = self.text.rstrip("\r\n")
        members["input"] = text if len(text) <= LONGEST_INPUT else text[: LONGEST_INPUT - 1] + "…"
        return members

    def json_line(self) -> str:
        """Return the line of the rejects file."""
        # bytes that are no UTF-8 were read as half surrogate pairs; escaped they can be written
        return json.dumps(self.as_json(), ensure_ascii=True) + "\n"


def _members(problem: Problem) -> dict[str, Any]:
    parts = split_pointer(problem.pointer)
    return {
        "code": problem.code,
        "fact": ".".join(parts[:2]) if parts else None,
        "message": problem.message,
        "found": problem.found,
        "nearest": problem.nearest,
        "remedy": problem.remedy,
    }
