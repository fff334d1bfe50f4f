"""The archive: every document that decided anything, by digest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from fairlead.documents.canonical import canonical_bytes
from fairlead.problems import Problem, StoreError, UsageError
from fairlead.store.schema import archive
from fairlead.store.statements import insert_missing
from fairlead.store.stored_values import micros

__all__ = ["Archive"]

_PAGE = 500


class Archive:
    """The archive within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, document: Any, *, at: datetime) -> str:
        """Keep a document's canonical JSON and return its digest; one that is there already stays."""
        content = canonical_bytes(document)
        digest = _digest(content)
        insert_missing(self._connection, archive, [{"digest": digest, "document": content, "at": micros(at)}])
        return digest

    def has(self, digest: str) -> bool:
        """Tell whether the document of a digest is kept."""
        query = select(archive.c.digest).where(archive.c.digest == digest)
        return self._connection.scalar(query) is not None

    def get(self, digest: str) -> Any:
        """Return the document of a digest, verified.

        Raises UsageError where there is none, and StoreError where it is not what the digest says.
        """
        content = self._connection.scalar(select(archive.c.document).where(archive.c.digest == digest))
        if content is None:
            raise UsageError(
                [Problem("unknown-digest", "no document of this digest is in the archive", found=digest)]
            )
        if _digest(content) != digest:
            raise StoreError(
                [
                    Problem(
                        "archive-damaged",
                        "the document in the archive is not the one that was put there",
                        found=_digest(content),
                        allowed=(digest,),
                        remedy="restore the table `archive` from a backup",
                    )
                ]
            )
        return json.loads(content)

    def digests(self) -> Iterator[str]:
        """Yield the digests of all documents, in order."""
        after = ""
        while True:
            found = list(
                self._connection.scalars(
                    select(archive.c.digest)
                    .where(archive.c.digest > after)
                    .order_by(archive.c.digest)
                    .limit(_PAGE)
                )
            )
            yield from found
            if len(found) < _PAGE:
                return
            after = found[-1]


def _digest(content: bytes) -> str:
    return "sha256:" + hashlib.sha256(content).hexdigest()
