"""Why something is held: a code, a sentence, what is missing, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["HoldReason"]


@dataclass(frozen=True, slots=True)
class HoldReason:
    """One thing that stands against paying an entry.

    `code` is stable; `text` and `remedy` are by language, English always among them. `missing` are facts that
    are absent. `source` says where it comes from: `programme` (a check behind `payable_when`), the name of
    a policy pack with its obligation, `attribution`, `settlement`, or `ledger`.
    """

    code: str
    text: Mapping[str, str]
    source: str
    missing: tuple[str, ...] = ()
    remedy: Mapping[str, str] | None = None
    citation: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the reason as the ledger keeps it."""
        value: dict[str, Any] = {"code": self.code, "text": dict(self.text), "source": self.source}
        if self.missing:
            value["missing"] = list(self.missing)
        if self.remedy is not None:
            value["remedy"] = dict(self.remedy)
        if self.citation:
            value["citation"] = self.citation
        return value
