"""What the CRM holds in our result fields, as last read or written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from fairlead.store.identity import Identity
from fairlead.store.records import Ref
from fairlead.store.schema import held
from fairlead.store.statements import any_ref, upsert
from fairlead.store.stored_values import check_id, chunks, json_text, json_value, micros

__all__ = ["Held"]

_PUT_AT_ONCE = 1000


class Held:
    """The held values within one transaction."""

    def __init__(self, connection: Connection, identity: Identity) -> None:
        self._connection = connection
        self._identity = identity

    def put(self, values: Mapping[Ref, Mapping[str, Any]], *, at: datetime) -> None:
        """Keep what was read of our result fields, in place of what was known; forgotten people have none."""
        stamp = micros(at)
        for part in chunks(list(values), _PUT_AT_ONCE):
            lost = self._identity.forgotten(part)
            upsert(
                self._connection,
                held,
                [
                    {
                        "object": ref.object,
                        "crm_id": check_id(ref.id, what=f"`{ref.object}`"),
                        "fields": json_text(values[ref]),
                        "at": stamp,
                    }
                    for ref in part
                    if ref not in lost
                ],
            )

    def get(self, refs: Iterable[Ref]) -> dict[Ref, dict[str, Any]]:
        """Return the held values; a CRM record of which nothing is known has no key."""
        return {
            Ref(row.object, row.crm_id): json_value(row.fields)
            for condition in any_ref(self._connection, (held.c.object, held.c.crm_id), set(refs))
            for row in self._connection.execute(select(held).where(condition)).all()
        }
