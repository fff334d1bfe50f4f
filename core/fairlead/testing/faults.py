"""Faults that a sandbox commits on request."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

__all__ = ["Fault", "FaultKind", "fault_from_json"]

#: `status` answers with a status and body and does nothing; `html` and `invalid_json` answer 200 with what is
#: no JSON; `reset_before` and `reset_after` cut the connection before or after the call took effect;
#: `hang_before` and `hang_after` do the same after a silence
FaultKind = Literal[
    "status", "html", "invalid_json", "reset_before", "reset_after", "hang_before", "hang_after"
]
_KINDS = frozenset(get_args(FaultKind))


@dataclass
class Fault:
    """A fault for the next calls that match.

    `method` and `path` (a regular expression, found anywhere in the path) choose the calls; the first `skip`
    of them go well, the next `times` fail. `status`, `body` and `headers` are the answer of the kind
    `status`; `seconds` is how long the kinds that hang stay silent.
    """

    kind: FaultKind
    path: str = ""
    method: str | None = None
    skip: int = 0
    times: int = 1
    status: int = 503
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 5.0

    def strikes(self, method: str, path: str) -> bool:
        """Tell whether this call fails, and count it."""
        if self.times <= 0 or (self.method is not None and self.method != method):
            return False
        if not re.search(self.path, path):
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        self.times -= 1
        return True


def fault_from_json(value: Mapping[str, Any]) -> Fault:
    """Return the fault that a control request describes; raises ValueError in words."""
    known = set(Fault.__dataclass_fields__)
    unknown = sorted(set(value) - known)
    if unknown:
        raise ValueError(f"unknown members: {', '.join(unknown)}; known are {', '.join(sorted(known))}")
    if value.get("kind") not in _KINDS:
        raise ValueError(f"`kind` is one of {', '.join(sorted(_KINDS))}")
    try:
        re.compile(value.get("path", ""))
    except (TypeError, re.error):
        raise ValueError("`path` is a regular expression") from None
    for name in ("skip", "times", "status", "seconds"):
        if not isinstance(value.get(name, 0), int | float):
            raise ValueError(f"`{name}` is a number")
    return Fault(**value)
