"""The hash chain of the decision log: what an entry's hash covers."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from fairlead.documents.canonical import digest
from fairlead.store.stored_values import from_micros

__all__ = ["GENESIS", "Head", "entry_hash"]

#: what the first entry names as the hash before it
GENESIS = "sha256:" + "0" * 64


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the log: how many entries it has, and the hash of the last one."""

    count: int
    hash: str


def entry_hash(entry: Any, *, seq: int | None = None) -> str:
    """Return the hash of an entry as stored (a row or anything with its members), at `seq` if given.

    It is the digest of the canonical JSON of every member, with the text of the decisions as it stands and
    the SHA-256 of the sealed part, so that the chain can be checked after the key was destroyed.
    """
    return digest(
        {
            "seq": entry.seq if seq is None else seq,
            "at": from_micros(entry.at).isoformat(timespec="microseconds"),
            "run": entry.run,
            "entity": entry.entity,
            "id": entry.id,
            "person": entry.person,
            "ruleset": entry.ruleset,
            "model": entry.model,
            "semantics": entry.semantics,
            "approval": entry.approval,
            "decisions": entry.decisions,
            "sealed": "sha256:" + hashlib.sha256(entry.sealed).hexdigest(),
            "previous": entry.previous,
        }
    )
