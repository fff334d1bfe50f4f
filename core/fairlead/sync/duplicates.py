"""People who may be there twice: kept as marks, reported once for each new pair, never merged."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime

from fairlead.store import Ref, Transaction
from fairlead.store.cursors import ALL, SUSPECTED

__all__ = ["forget_told", "suspected_duplicates", "untold_duplicates"]

#: the code of the notes
_SUSPECTED = "suspected-duplicate"

_SHARED = {
    "email": "the same e-mail address",
    "phone": "the same telephone number",
    "name_and_birth_year": "the same name and year of birth",
}

#: code, record and words
Note = tuple[str, str, str]


def suspected_duplicates(
    tx: Transaction, keys: Mapping[Ref, list[tuple[str, str]]], *, at: datetime
) -> list[Note]:
    """Keep what records are told by; return notes of those that may be of the same person as another."""
    found = [
        (_SUSPECTED, str(ref), f"may be of the same person as {other}: {_shared(kinds)}")
        for ref, other, kinds in tx.marks.put(keys)
    ]
    if found:
        tx.cursors.set(ALL, SUSPECTED, json.dumps([*untold_duplicates(tx), *found]), at=at)
    return found


def _shared(kinds: tuple[str, ...]) -> str:
    return " and ".join(_SHARED[kind] for kind in kinds)


def untold_duplicates(tx: Transaction) -> list[Note]:
    """Return the notes of runs that were cut short before anybody was told."""
    kept = tx.cursors.get(ALL, SUSPECTED)
    return [(code, ref, said) for code, ref, said in json.loads(kept)] if kept else []


def forget_told(tx: Transaction) -> None:
    """Keep that all notes stand in the report of a run that ended."""
    tx.cursors.clear(ALL, SUSPECTED)
