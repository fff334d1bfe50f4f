"""Marks of people: what tells that two records may be of one person, without what it is.

A mark is the HMAC-SHA256 of an e-mail address, a telephone number, or a name with a year of birth, under a
random key of the store. Whoever sees marks alone, in an extract or a message, can neither read nor guess what
they are of, nor compare them with those of another store. Whoever has the whole store has the key too, and
finds what a mark is of by trying: there are not many telephone numbers. Marks are no anonymous data, and are
forgotten with the person.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, delete, select

from fairlead.facts.same_person import SHARED
from fairlead.store.attribution_schema import mark_key, person_marks
from fairlead.store.identity import Identity
from fairlead.store.records import Ref
from fairlead.store.statements import any_of, any_ref, insert_rows

__all__ = ["Marks"]

_REF = (person_marks.c.object, person_marks.c.crm_id)


class _Mark(NamedTuple):
    kind: str
    mark: str


class Marks:
    """The marks of people within one transaction."""

    def __init__(self, connection: Connection, identity: Identity) -> None:
        self._connection = connection
        self._identity = identity
        self._secret: bytes | None = None

    def put(self, keys: Mapping[Ref, Iterable[tuple[str, str]]]) -> list[tuple[Ref, Ref, tuple[str, ...]]]:
        """Keep what records can be told by, (kind, key) for each, in place of what was kept of them.

        Returns new suspicions: a record, the one that it may be of the same person as, and the kinds that
        they share. Of several that share one thing, each new one is told beside one that had it; two that
        shared something before are not told again. Nothing is kept of the forgotten.
        """
        lost = self._identity.forgotten(keys)
        wanted = {
            ref: {_Mark(kind, self._mark(kind, key)) for kind, key in each}
            for ref, each in keys.items()
            if ref not in lost
        }
        known = self._known(wanted)
        changed = {ref for ref, marks in wanted.items() if marks != known.get(ref, set())}
        for condition in any_ref(self._connection, _REF, changed):
            self._connection.execute(delete(person_marks).where(condition))
        rows = [
            {"object": ref.object, "crm_id": ref.id, "kind": each.kind, "mark": each.mark}
            for ref in sorted(changed)
            for each in sorted(wanted[ref])
        ]
        insert_rows(self._connection, person_marks, rows)
        added = {ref: new for ref in changed if (new := wanted[ref] - known.get(ref, set()))}
        holders = self._holders({each for ref in added for each in wanted[ref]})
        return list(_suspicions(wanted, added, holders))

    def suspected(self, ref: Ref) -> list[tuple[Ref, tuple[str, ...]]]:
        """Return the records that may be of the same person as one, each with the kinds that they share."""
        ref = self._identity.resolve(ref)
        marks = self._known([ref]).get(ref, set())
        shared: dict[Ref, set[str]] = {}
        for each, refs in self._holders(marks).items():
            for other in refs:
                if other != ref:
                    shared.setdefault(other, set()).add(each.kind)
        return [(other, _in_order(kinds)) for other, kinds in sorted(shared.items())]

    def suspected_all(self, refs: Iterable[Ref]) -> dict[Ref, list[Ref]]:
        """Return the records that may be of the same people as these, which are live ids, by these."""
        known = self._known(refs)
        holders = self._holders(set().union(*known.values()))
        found = {
            ref: sorted({other for each in marks for other in holders.get(each, ())} - {ref})
            for ref, marks in known.items()
        }
        return {ref: others for ref, others in found.items() if others}

    def _known(self, refs: Iterable[Ref]) -> dict[Ref, set[_Mark]]:
        found: dict[Ref, set[_Mark]] = {}
        for condition in any_ref(self._connection, _REF, refs):
            for row in self._connection.execute(select(person_marks).where(condition)).all():
                found.setdefault(Ref(row.object, row.crm_id), set()).add(_Mark(row.kind, row.mark))
        return found

    def _holders(self, marks: set[_Mark]) -> dict[_Mark, list[Ref]]:
        these = any_of(self._connection, person_marks.c.mark, sorted(each.mark for each in marks))
        query = select(person_marks).where(these).order_by(*_REF)
        found: dict[_Mark, list[Ref]] = {}
        for row in self._connection.execute(query).all():
            found.setdefault(_Mark(row.kind, row.mark), []).append(Ref(row.object, row.crm_id))
        return found

    def _mark(self, kind: str, key: str) -> str:
        if self._secret is None:
            self._secret = self._connection.execute(select(mark_key.c.key)).scalar_one()
        return hmac.new(self._secret, f"{kind}\0{key}".encode(errors="surrogatepass"), "sha256").hexdigest()


def _suspicions(
    wanted: Mapping[Ref, set[_Mark]],
    added: Mapping[Ref, set[_Mark]],
    holders: Mapping[_Mark, Sequence[Ref]],
) -> Iterator[tuple[Ref, Ref, tuple[str, ...]]]:
    # who had it before, or else the first of those that came with it at once
    first = {
        each: next((ref for ref in refs if each not in added.get(ref, ())), refs[0])
        for each, refs in holders.items()
    }
    members = {each: frozenset(refs) for each, refs in holders.items()}
    for ref in sorted(added):
        for other in sorted({first[each] for each in added[ref]} - {ref}):
            shared = [each for each in wanted[ref] if other in members[each]]
            if all(each in added[ref] or each in added.get(other, ()) for each in shared):
                yield ref, other, _in_order({each.kind for each in shared})


def _in_order(kinds: set[str]) -> tuple[str, ...]:
    return tuple(kind for kind in SHARED if kind in kinds)
