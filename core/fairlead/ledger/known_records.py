"""The records that rows of an imported file are matched with: by id, tracking code or exact name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from fairlead.documents.found import found_text
from fairlead.problems import Problem, nearest_name
from fairlead.project.assembling import all_records
from fairlead.store import MirrorRecord, Put, Ref, Transaction
from fairlead.store.codes import code_key

__all__ = ["IMPORTED", "KnownRecords", "Match", "Unmatched", "import_id", "is_imported", "object_of"]

#: what objects and ids of imported records begin with, so that no sync takes them for records of the CRM
IMPORTED = "import-"


class Unmatched(Exception):
    """A row cannot be put to a record, for these reasons."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__(problems[0].message)
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Match:
    """A record, and by what it was found: `id`, `code`, `name` or what identifies it otherwise."""

    record: MirrorRecord
    by: str


def object_of(entity: str) -> str:
    """Return the object that imported records of an entity are of."""
    return f"{IMPORTED}{entity}s"


def import_id(stated: str) -> str:
    """Return the id under which what a file calls so is kept."""
    return IMPORTED + stated


def is_imported(record: MirrorRecord) -> bool:
    """Tell whether a record came from a file and not from the CRM."""
    return record.ref.object.startswith(IMPORTED)


@dataclass
class KnownRecords:
    """The records of the mirror, and those that an import is about to add."""

    tx: Transaction
    now: datetime
    _records: dict[tuple[str, str], MirrorRecord | None] = field(default_factory=dict)
    _by_ref: dict[Ref, MirrorRecord] = field(default_factory=dict)
    _codes: dict[str, list[str]] = field(default_factory=dict)
    _names: dict[str, list[str]] = field(default_factory=dict)
    _waiting: dict[tuple[str, str], MirrorRecord] = field(default_factory=dict)
    _owners: dict[str, Ref | None] = field(default_factory=dict)
    _related: dict[tuple[str, str, str], dict[str, MirrorRecord]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for page in all_records(self.tx, "partner"):
            for record in page.values():
                self._keep(record)

    def prefetch(self, entity: str, ids: Iterable[str]) -> None:
        """Look up the records that rows call so, all at once."""
        if entity == "partner":
            return
        wanted = {
            each for id_ in ids for each in (id_, import_id(id_)) if (entity, each) not in self._records
        }
        if not wanted:
            return
        found = self.tx.mirror.records(entity, wanted)
        for id_ in wanted:
            self._records[entity, id_] = found.get(id_)

    def get(self, entity: str, id_: str) -> MirrorRecord | None:
        """Return the record that a file calls so: the CRM's of that id, else the imported one."""
        self.prefetch(entity, [id_])
        return self._records.get((entity, id_)) or self._records.get((entity, import_id(id_)))

    def put(self, record: MirrorRecord) -> None:
        """Add a record, or put it in the place of another one; it is written by `write`."""
        if record.entity == "partner":
            self._forget_keys(record)
            self._keep(record)
        self._records[record.entity, record.id] = record
        self._waiting[record.entity, record.id] = record
        for link, target in record.links.items():
            known = self._related.get((record.entity, link, target.id)) if target is not None else None
            if known is not None:
                known[record.id] = record

    def write(self) -> set[tuple[str, str]]:
        """Write what was put; return those (entity, id) that were left out: their person was forgotten."""
        waiting = list(self._waiting.values())
        outcomes = self.tx.mirror.put(waiting)
        self._waiting.clear()
        lost = set()
        for record, outcome in zip(waiting, outcomes, strict=True):
            if outcome is Put.FORGOTTEN:
                lost.add((record.entity, record.id))
                self._records[record.entity, record.id] = None
        return lost

    def partner(self, stated: Mapping[str, Any]) -> Match | None:
        """Return the partner that a row is about, by its facts `id`, `code` and `name`; None for a new one.

        Raises Unmatched where several may be meant, or the code is somebody else's.
        """
        id_, code, name = (stated.get(key) for key in ("id", "code", "name"))
        by_code = self.owner(code) if code else None
        by_id = self.get("partner", id_) if id_ else None
        if by_id is not None:
            if by_code is not None and by_code.ref != by_id.ref:
                raise Unmatched(self.taken(str(code), by_code))
            return Match(by_id, "id")
        if by_code is not None:
            return Match(by_code, "code")
        if code and self._owner_ref(code) is not None:
            raise Unmatched(self.taken(code, None))
        return self._by_name(str(name), code, stated) if name else None

    def _by_name(self, name: str, code: str | None, stated: Mapping[str, Any]) -> Match | None:
        found = [self._records["partner", id_] for id_ in self._names.get(name, ())]
        candidates = [
            each
            for each in found
            # a file tells its own partners apart by ids and codes
            if each is not None and not (is_imported(each) and (stated.get("id") or code))
        ]
        other_code = [each for each in candidates if code and each.facts.get("code")]
        if len(candidates) > 1 or other_code:
            said = ", ".join(_shown(each) for each in candidates)
            what = f"{len(candidates)} partners have" if len(candidates) > 1 else "a partner has"
            remedy = "give the `id` of the one that is meant, or correct the code or the name"
            raise Unmatched(
                Problem("ambiguous-match", f"{what} this name: {said}", found=found_text(name), remedy=remedy)
            )
        return Match(candidates[0], "name") if candidates else None

    def linked_partner(self, stated: Mapping[str, Any]) -> MirrorRecord:
        """Return the partner that a row refers to; an id may be a code or an exact name as well."""
        id_, code, name = (stated.get(key) for key in ("id", "code", "name"))
        found: list[MirrorRecord] = []
        if id_:
            by_id = self.get("partner", id_) or self.owner(id_)
            found += [by_id] if by_id is not None else self._named(id_)
        if code and (owner := self.owner(code)) is not None:
            found.append(owner)
        if not found and name:
            found += self._named(name)
        refs = {each.ref for each in found}
        shown = str(id_ or code or name)
        if len(refs) > 1:
            said = ", ".join(_shown(each) for each in found)
            remedy = "give the `id` of the partner that is meant"
            message = f"several partners may be meant: {said}"
            raise Unmatched(Problem("ambiguous-match", message, found=found_text(shown), remedy=remedy))
        if not found:
            known = [*self._codes, *self._names]
            raise Unmatched(
                Problem(
                    "unknown-record",
                    f"there is no partner `{found_text(shown)}`",
                    found=found_text(shown),
                    nearest=nearest_name(shown[:100], known),
                    remedy="import the partner first, or correct the reference",
                )
            )
        return found[0]

    def owner(self, code: str) -> MirrorRecord | None:
        """Return the partner that a tracking code belongs to."""
        ref = self._owner_ref(code)
        if ref is not None:
            return self._by_ref.get(ref)
        stated = self._codes.get(code_key(code), [])
        return self._records["partner", stated[0]] if stated else None

    def adopt(self, code: str, partner: MirrorRecord) -> bool:
        """Keep that a code is a partner's; return whether that was not known before."""
        new = self._owner_ref(code) is None
        if new:
            self._owners[code_key(code)] = self.tx.codes.register(code, partner.ref, at=self.now)
        return new

    def _owner_ref(self, code: str) -> Ref | None:
        key = code_key(code)
        if key not in self._owners:
            self._owners[key] = self.tx.codes.owner(code)
        return self._owners[key]

    def taken(self, code: str, owner: MirrorRecord | None) -> Problem:
        """Return the problem that a code belongs to somebody else; None is a partner who is gone."""
        whose = _shown(owner) if owner is not None else f"`{self._owner_ref(code)}`, who is gone"
        message = f"the code `{found_text(code)}` belongs to {whose}"
        remedy = "a code is one partner's for good: give this partner another one"
        return Problem("code-taken", message, found=found_text(code), remedy=remedy)

    def related(self, entity: str, link: str, id_: str) -> Sequence[MirrorRecord]:
        """Return the records whose link points to an id, those not written yet included."""
        key = entity, link, id_
        if key not in self._related:
            found = self.tx.mirror.related(entity, link, [id_]).get(id_, ())
            waiting = (
                each
                for each in self._waiting.values()
                if each.entity == entity and (to := each.links.get(link)) is not None and to.id == id_
            )
            self._related[key] = {each.id: each for each in (*found, *waiting)}
        return [
            each
            for each in self._related[key].values()
            if (target := each.links.get(link)) is not None and target.id == id_
        ]

    def _named(self, name: str) -> list[MirrorRecord]:
        found = (self._records["partner", id_] for id_ in self._names.get(name, ()))
        return [each for each in found if each is not None]

    def _keep(self, record: MirrorRecord) -> None:
        self._records["partner", record.id] = record
        self._by_ref[record.ref] = record
        if record.facts.get("code"):
            self._codes.setdefault(code_key(str(record.facts["code"])), []).append(record.id)
        if record.facts.get("name"):
            self._names.setdefault(str(record.facts["name"]), []).append(record.id)

    def _forget_keys(self, record: MirrorRecord) -> None:
        before = self._records.get(("partner", record.id))
        if before is None:
            return
        for key, index in (
            (code_key(str(before.facts.get("code"))), self._codes),
            (str(before.facts.get("name")), self._names),
        ):
            if record.id in index.get(key, ()):
                index[key].remove(record.id)


def _shown(partner: MirrorRecord) -> str:
    code = partner.facts.get("code")
    return f"`{partner.ref}`" + (f" with the code `{found_text(str(code))}`" if code else "")
