"""Pseudonyms: who has the key can find a patient behind one, and nobody else."""

from __future__ import annotations

import hashlib
import hmac

__all__ = ["KEY_BYTES", "Pseudonyms"]

KEY_BYTES = 32
#: hex digits of a pseudonym: 64 bits, so that two people of one facility never share one by chance
_SHOWN = 16


class Pseudonyms:
    """Gives the same pseudonym for the same id under the same key (HMAC-SHA256)."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def of(self, kind: str, id_: str) -> str:
        """Return the pseudonym of a record, such as `lead-0123456789abcdef`; empty for no id."""
        if not id_:
            return ""
        digest = hmac.new(self._key, f"{kind}\0{id_}".encode(), hashlib.sha256).hexdigest()
        return f"{kind}-{digest[:_SHOWN]}"
