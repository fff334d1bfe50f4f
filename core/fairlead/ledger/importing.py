"""Importing partners, agreements, introductions, disclosures: matched with what is known, never over it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from fairlead.documents.found import found_text
from fairlead.facts.model import FactModel
from fairlead.facts.values import UnfitValue, internal_from_json
from fairlead.files.entity_file import EntityFile, TableKind
from fairlead.files.entity_headings import KnownColumns
from fairlead.files.rejects import Reject
from fairlead.ledger.known_records import (
    IMPORTED,
    KnownRecords,
    Match,
    Unmatched,
    import_id,
    is_imported,
    object_of,
)
from fairlead.problems import Problem
from fairlead.store import Due, MirrorRecord, Ref
from fairlead.store.codes import code_key

__all__ = ["ENTITIES", "Change", "ImportedFile", "Importer", "Line", "Outcome", "record_kinds", "refused"]

#: what a file of records can be about, with its entity, in the order in which files are taken
ENTITIES = {
    "partners": "partner",
    "agreements": "agreement",
    "introductions": "introduction",
    "disclosures": "disclosure",
}
#: what two records without ids are the same by: the links, and the first of the facts that is stated
_IDENTITY: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "agreement": (("partner",), ("version", "effective_from", "signed_on")),
    "introduction": (("lead", "partner"), ("introduced_on",)),
    "disclosure": (("lead", "partner"), ("given_at",)),
}
#: what a record of an entity cannot do without
_NEEDED: Mapping[str, tuple[str, ...]] = {"agreement": ("partner",), "introduction": ("partner",)}
_HEALTH = "special_category"
_LONGEST_ID, _LONGEST_CODE = 200, 64


class Outcome(StrEnum):
    """What becomes of a row.

    NEW        there is no such record: it is added
    SAME       everything that the row says is known
    CHANGED    an imported record says something else: it takes what the row says
    DIFFERENT  the CRM's record says something else, and stays as it is
    """

    NEW = "new"
    SAME = "same"
    CHANGED = "changed"
    DIFFERENT = "different"


@dataclass(frozen=True, slots=True)
class Change:
    """A fact or link that is otherwise in the file; the values are JSON, None is absent."""

    name: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Line:
    """What becomes of a row: `label` is what people call its record, `by` what it was matched by."""

    line: int
    outcome: Outcome
    label: str
    by: str | None = None
    changes: tuple[Change, ...] = ()


@dataclass
class ImportedFile:
    """A file with what becomes of its rows: read = the lines by outcome + the rejects.

    `codes` are the tracking codes that were adopted, `leads` how many patients are known by their id alone.
    """

    file: EntityFile
    lines: list[Line] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)
    leads: int = 0

    def count(self, outcome: Outcome) -> int:
        """Return how many rows come to an outcome."""
        return sum(line.outcome is outcome for line in self.lines)

    def check(self) -> None:
        """Assert that every row is accounted for."""
        assert self.file.read == len(self.lines) + len(self.rejects), "every row is accounted for"


def record_kinds(model: FactModel) -> list[TableKind]:
    """Return what files of records can be about, with the columns that they can have."""
    found = []
    for name, entity in ENTITIES.items():
        facts = model.entities[entity].facts.values()
        health = frozenset(fact.name for fact in facts if _HEALTH in fact.labels)
        found.append(TableKind(name, KnownColumns(model, entity, withheld=health)))
    return found


def refused(line: int, problems: Sequence[Problem], row: Mapping[str, Any]) -> Reject:
    """Return a row that is not taken."""
    return Reject(line, problems, json.dumps(row, ensure_ascii=False))


@dataclass
class _Row:
    """A row on its way: the facts of its own entity, and the records that it refers to."""

    line: int
    raw: Mapping[str, Mapping[str, Any]]
    entity: str
    facts: dict[str, Any]
    links: dict[str, Ref] = field(default_factory=dict)
    #: leads that are known by this row alone, and introductions that get their disclosure by it
    others: list[MirrorRecord] = field(default_factory=list)


class Importer:
    """Takes files into the mirror within one transaction, which a preview undoes.

    What the CRM holds is matched and never written over; everything else becomes records under objects of
    their own. `counted` are the partners (by id) whose introductions before a day an opening has counted.
    """

    def __init__(
        self, known: KnownRecords, model: FactModel, now: datetime, counted: Mapping[str, date] | None = None
    ) -> None:
        self._known = known
        self._model = model
        self._now = now
        self._counted = counted or {}
        self._seen: dict[tuple[str, str], int] = {}
        self._touched: set[tuple[str, str]] = set()

    def take(self, file: EntityFile) -> ImportedFile:
        """Take the rows of a file. Raises StoreError where the database refuses."""
        done = ImportedFile(file, rejects=list(file.rejects))
        entity = ENTITIES[file.kind]
        self._seen.clear()
        self._prefetch(entity, file)
        keys: dict[tuple[str, str], Line] = {}
        raws = dict(file.rows)
        for line, raw in file.rows:
            try:
                key, taken = self._take(done, entity, line, raw)
            except Unmatched as unmatched:
                done.rejects.append(refused(line, unmatched.problems, raw))
                continue
            done.lines.append(taken)
            keys[key] = taken
        for key in self._known.write():
            if key in keys:
                lost = keys[key]
                done.lines.remove(lost)
                message = f"`{lost.label}` is about a person who was forgotten"
                done.rejects.append(
                    refused(lost.line, [Problem("person-forgotten", message)], raws[lost.line])
                )
        done.rejects.sort(key=lambda each: each.line)
        self._known.tx.due.set([Due(entity, id_, self._now) for entity, id_ in sorted(self._touched)])
        done.check()
        return done

    def _prefetch(self, entity: str, file: EntityFile) -> None:
        wanted: dict[str, set[str]] = {}
        links = self._model.entities[entity].links
        for _, raw in file.rows:
            for key, facts in raw.items():
                if facts.get("id") is not None:
                    target = links[key].entity if key in links else key
                    wanted.setdefault(target, set()).add(facts["id"])
        for target, ids in wanted.items():
            self._known.prefetch(target, ids)

    def _take(
        self, done: ImportedFile, entity: str, line: int, raw: Mapping[str, Mapping[str, Any]]
    ) -> tuple[tuple[str, str], Line]:
        row = _Row(line, raw, entity, dict(raw.get(entity, {})))
        self._check_texts(row)
        match = self._match(row)
        own = match.record if match is not None else self._new(row)
        key = entity, own.id
        if key in self._seen:
            message = f"the row is about the same {entity} as line {self._seen[key]}"
            raise Unmatched(Problem("duplicate-id", message, remedy="leave one of the two"))
        changes = self._changes(row, match.record) if match is not None else ()
        if match is None:
            self._refuse_counted(row)
        outcome = Outcome.NEW if match is None else Outcome.SAME
        if match is not None and changes:
            outcome = Outcome.CHANGED if is_imported(match.record) else Outcome.DIFFERENT
        if match is None or is_imported(match.record):
            self._connect(row, own)
        else:
            row.others.clear()
        self._seen[key] = line
        if outcome is Outcome.CHANGED:
            facts = {**own.facts, **{name: value for name, value in row.facts.items() if name != "id"}}
            links = {**own.links, **row.links}
            person = links.get("lead") or own.person
            own = replace(own, modified_at=self._now, facts=facts, links=links, person=person)
        if outcome in (Outcome.NEW, Outcome.CHANGED):
            self._known.put(own)
            self._touch(own)
        for other in row.others:
            self._known.put(other)
            done.leads += other.entity == "lead"
        self._adopt(done, row, own)
        label = own.facts.get("code") or own.facts.get("name") or own.id.removeprefix(IMPORTED)
        return key, Line(line, outcome, str(label), match.by if match is not None else None, changes)

    def _check_texts(self, row: _Row) -> None:
        problems = [
            Problem(
                "bad-record-id",
                f"`{key}.{name}` is longer than {longest} characters",
                found=found_text(facts[name]),
            )
            for key, facts in row.raw.items()
            for name, longest in (("id", _LONGEST_ID), ("code", _LONGEST_CODE))
            if len(facts.get(name) or "") > longest
        ]
        if problems:
            raise Unmatched(*problems)

    def _match(self, row: _Row) -> Match | None:
        """Return the record that a row is about, its links resolved; None for a new one."""
        if row.entity == "partner":
            return self._known.partner(row.facts)
        self._resolve(row)
        if row.facts.get("id") is not None:
            found = self._known.get(row.entity, row.facts["id"])
            return Match(found, "id") if found is not None else None
        links, name = self._identity(row)
        candidates = [
            each
            for each in self._known.related(row.entity, links[0], row.links[links[0]].id)
            if each.facts.get(name) == row.facts[name]
            and all(each.links.get(link) == row.links.get(link) for link in links)
        ]
        if len(candidates) > 1:
            said = " and ".join(f"`{each.ref}`" for each in candidates)
            remedy = "give the `id` of the one that is meant"
            raise Unmatched(Problem("ambiguous-match", f"{said} are both like it", remedy=remedy))
        return Match(candidates[0], name) if candidates else None

    def _identity(self, row: _Row) -> tuple[tuple[str, ...], str]:
        """Return the links and the fact that a row without an id is known by."""
        links, names = _IDENTITY[row.entity]
        name = next((name for name in names if row.facts.get(name) is not None), None)
        missing = [link for link in links if link not in row.links]
        if name is None or missing:
            needed = " and ".join(f"`{each}`" for each in [*missing, *([] if name else names[:1])])
            message = f"nothing tells which {row.entity} it is: it has no `id`, and no {needed}"
            raise Unmatched(Problem("missing-identity", message, remedy="give an `id` that stays the same"))
        return links, name

    def _resolve(self, row: _Row) -> None:
        entity = self._model.entities[row.entity]
        for name, link in entity.links.items():
            stated = row.raw.get(name)
            if not stated:
                continue
            if link.entity == "partner":
                row.links[name] = self._known.linked_partner(stated).ref
            elif stated.get("id") is not None:
                row.links[name] = self._linked(row, link.entity, stated["id"])
        code = row.facts.get("tracking_code")
        if "partner" in entity.links and "partner" not in row.links and code:
            row.links["partner"] = self._known.linked_partner({"code": code}).ref
        introduction = row.links.get("introduction")
        if introduction is not None:
            of = self._known.get("introduction", introduction.id)
            assert of is not None
            for name in ("lead", "partner"):
                target = of.links.get(name)
                if target is not None:
                    row.links.setdefault(name, target)
        missing = [each for each in _NEEDED.get(row.entity, ()) if each not in row.links]
        if missing and not (row.facts.get("id") and self._known.get(row.entity, row.facts["id"])):
            message = f"the {row.entity} names no `{missing[0]}`"
            raise Unmatched(Problem("missing-identity", message, remedy="give the partner's code or id"))

    def _linked(self, row: _Row, entity: str, id_: str) -> Ref:
        found = self._known.get(entity, id_)
        if found is None and entity == "lead":
            # a patient of whom nothing is known but the id
            new = import_id(id_)
            found = MirrorRecord("lead", new, Ref(object_of("lead"), new), self._now, {"id": new}, {}, None)
            row.others.append(found)
        if found is None:
            message = f"there is no {entity} `{found_text(id_)}`"
            remedy = f"import the {entity} first, or correct the reference"
            raise Unmatched(Problem("unknown-record", message, found=found_text(id_), remedy=remedy))
        return found.ref

    def _new(self, row: _Row) -> MirrorRecord:
        stated = row.facts.get("id")
        if stated is None and row.entity == "partner":
            stated = row.facts.get("code")
            if stated is None and row.facts.get("name") is None:
                message = "the row has neither an id nor a code nor a name of the partner"
                raise Unmatched(Problem("missing-identity", message, remedy="give the partner's code"))
            stated = stated or _digest([row.facts["name"]])
        elif stated is None:
            links, name = self._identity(row)
            stated = _digest([*(row.links[link].id for link in links), row.facts[name]])
        id_ = import_id(stated)
        person = row.links.get("lead") if row.entity not in ("partner", "agreement") else None
        facts = {**row.facts, "id": id_}
        return MirrorRecord(
            row.entity, id_, Ref(object_of(row.entity), id_), self._now, facts, dict(row.links), person
        )

    def _changes(self, row: _Row, known: MirrorRecord) -> tuple[Change, ...]:
        found = []
        for name, value in row.facts.items():
            before = known.facts.get(name)
            if name == "code" and before is None and not is_imported(known):
                # the next sync writes it there
                continue
            if name != "id" and not self._equal(row.entity, name, before, value):
                found.append(Change(f"{row.entity}.{name}", before, value))
        for name, target in row.links.items():
            linked = known.links.get(name)
            if linked != target:
                found.append(Change(name, linked.id if linked is not None else None, target.id))
        return tuple(found)

    def _equal(self, entity: str, name: str, one: Any, other: Any) -> bool:
        fact = self._model.entities[entity].facts.get(name)
        if one == other or one is None or fact is None:
            return bool(one == other)
        if (entity, name) == ("partner", "code"):
            return code_key(str(one)) == code_key(str(other))
        try:
            return bool(internal_from_json(fact.type, one) == internal_from_json(fact.type, other))
        except UnfitValue:
            return False

    def _connect(self, row: _Row, own: MirrorRecord) -> None:
        """Let the introduction that a disclosure is of know it."""
        target = row.links.get("introduction") if row.entity == "disclosure" else None
        if target is None:
            return
        introduction = self._known.get("introduction", target.id)
        assert introduction is not None
        before = introduction.links.get("disclosure")
        if before == own.ref:
            return
        if before is not None:
            message = f"the introduction `{introduction.id}` has the disclosure `{before.id}`"
            remedy = "an introduction has one disclosure: give the `id` of that one"
            raise Unmatched(Problem("ambiguous-match", message, found=found_text(own.id), remedy=remedy))
        if not is_imported(introduction):
            message = f"the CRM holds the introduction `{introduction.id}`, and nothing is written over it"
            remedy = "record the disclosure in the CRM"
            raise Unmatched(Problem("held-by-crm", message, found=found_text(own.id), remedy=remedy))
        links = {**introduction.links, "disclosure": own.ref}
        row.others.append(replace(introduction, modified_at=self._now, links=links))

    def _refuse_counted(self, row: _Row) -> None:
        """Refuse an introduction that an opening has counted already, without naming it."""
        day, partner = row.facts.get("introduced_on"), row.links.get("partner")
        if row.entity != "introduction" or day is None or partner is None:
            return
        first = self._counted.get(partner.id)
        if first is not None and date.fromisoformat(day) < first:
            message = f"the opening as of {first} has counted the partner's introductions before that day"
            remedy = "import introductions before the opening, or leave out those that it counted"
            raise Unmatched(Problem("already-opened", message, found=day, remedy=remedy))

    def _touch(self, record: MirrorRecord) -> None:
        """Let what is decided of the CRM's partners and leads be decided anew: they have a record more."""
        for name in ("partner", "lead"):
            target = record.links.get(name)
            if target is not None and not target.object.startswith(IMPORTED):
                self._touched.add((name, target.id))

    def _adopt(self, done: ImportedFile, row: _Row, own: MirrorRecord) -> None:
        code = row.facts.get("code") if row.entity == "partner" else None
        if code is None or (not is_imported(own) and own.facts.get("code")):
            return
        if self._known.adopt(code, own):
            done.codes.append(code)
            if not is_imported(own):
                self._touched.add(("partner", own.id))


def _digest(parts: Iterable[Any]) -> str:
    text = json.dumps(list(parts), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:24]
