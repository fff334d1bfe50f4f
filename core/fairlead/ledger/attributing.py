"""Whom an introduction belongs to: as the ledger keeps it already, or as the programme says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fairlead.ledger.reasons import HoldReason
from fairlead.ledger.subjects import SubjectRecord
from fairlead.store import Transaction

__all__ = ["Attributor", "Found"]


@dataclass(frozen=True, slots=True)
class Found:
    """Whom a subject belongs to.

    `payee` is None where nobody is known. `is_new` tells that the ledger does not keep it yet, `revision`
    under which number it does or would. `reasons` stand against paying it, as of now.
    """

    payee: str | None
    revision: int
    is_new: bool
    content: Mapping[str, Any] = field(default_factory=dict)
    reasons: tuple[HoldReason, ...] = ()


class Attributor:
    """Finds whom subjects belong to. What the ledger keeps is never changed: it gets a new revision."""

    def find(self, tx: Transaction, entity: str, records: Mapping[str, SubjectRecord]) -> dict[str, Found]:
        """Return whom each of these records belongs to."""
        kept = tx.book.attributions(entity, records)
        found = {}
        for id_, record in records.items():
            known = kept.get(id_)
            if known is not None:
                found[id_] = Found(known.payee, known.revision, False, known.content)
            else:
                payee = record.linked("partner") or None
                found[id_] = Found(payee, 1, True, {"way": "partner_link"})
        return found
