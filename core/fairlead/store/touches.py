"""Touches: when a lead came with a code, kept as it was seen and never changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, select

from fairlead.store.attribution_schema import touches
from fairlead.store.codes import code_key
from fairlead.store.identity import Identity
from fairlead.store.records import Ref, Touch, Way
from fairlead.store.statements import any_ref, insert_rows
from fairlead.store.stored_values import fingerprint, from_micros, micros, tidy

__all__ = ["Touches"]

#: a longer key is kept as its digest: an index takes no more of one
_LONGEST_KEY = 255


class Touches:
    """The touches of leads within one transaction."""

    def __init__(self, connection: Connection, identity: Identity) -> None:
        self._connection = connection
        self._identity = identity

    def add(self, found: Sequence[Touch]) -> int:
        """Keep touches and return how many of them are new; nothing is kept of the forgotten."""
        lost = self._identity.forgotten(touch.ref for touch in found)
        rows = {
            (touch.ref.object, touch.ref.id, _key(touch), micros(touch.at)): touch
            for touch in found
            if touch.ref not in lost
        }
        for condition in any_ref(
            self._connection, (touches.c.object, touches.c.crm_id), {touch.ref for touch in found}
        ):
            query = select(touches.c.object, touches.c.crm_id, touches.c.code_key, touches.c.at)
            for row in self._connection.execute(query.where(condition)).all():
                rows.pop((row.object, row.crm_id, row.code_key, row.at), None)
        insert_rows(
            self._connection,
            touches,
            [
                {
                    "object": object_,
                    "crm_id": id_,
                    "code_key": key,
                    "at": at,
                    "code": tidy(touch.code),
                    "way": touch.way.value,
                    "seen_at": micros(touch.seen_at),
                }
                for (object_, id_, key, at), touch in rows.items()
            ],
        )
        return len(rows)

    def of(self, refs: Iterable[Ref]) -> dict[Ref, list[Touch]]:
        """Return the touches of leads, the earliest first, with those of the ids merged into them.

        A lead without any has no key. A touch has the id that the lead lives on as.
        """
        asked = set(refs)
        lives_on = self._identity.resolve_all(asked)
        owners = {lives_on.get(ref, ref) for ref in asked}
        under = self._identity.merged_into(owners) | {owner: owner for owner in owners}
        found: dict[Ref, list[Touch]] = {}
        for condition in any_ref(self._connection, (touches.c.object, touches.c.crm_id), under):
            query = (
                select(touches).where(condition).order_by(touches.c.at, touches.c.seen_at, touches.c.code_key)
            )
            for row in self._connection.execute(query).all():
                owner = under[Ref(row.object, row.crm_id)]
                at, seen_at = from_micros(row.at), from_micros(row.seen_at)
                found.setdefault(owner, []).append(Touch(owner, row.code, Way(row.way), at, seen_at))
        for each in found.values():
            each.sort(key=lambda touch: (touch.at, touch.seen_at, touch.code))
        return {ref: found[owner] for ref in asked if (owner := lives_on.get(ref, ref)) in found}


def _key(touch: Touch) -> str:
    # an address may tell capitals apart, a code does not
    text = tidy(touch.code.strip() if touch.way is Way.URL else code_key(touch.code))
    return text if len(text) <= _LONGEST_KEY else fingerprint(text)
