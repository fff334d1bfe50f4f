"""The register of people: who may sign as what, with which keys, and since when.

It is an append-only list of signed changes. The first entry makes its signer the first registrar and is
signed with the key it brings; each later one is signed by a registrar and holds the digest of the one before
it. The register is verified whole whenever it is read, so that no entry can be edited, removed or put in
between. That its end was not cut off, and that it was not replaced as a whole, only something outside can
tell: approvals name how far the register had come, and a project may name its first entry.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from fairlead.documents.canonical import digest
from fairlead.documents.json_text import Document, read_document
from fairlead.documents.positions import join_pointer
from fairlead.documents.shapes import check_shape
from fairlead.problems import DocumentError, Problem, UsageError, nearest_name
from fairlead.project.envelope import Envelope, Role, SignaturePart, Signer, is_genuine, sign
from fairlead.project.keys import key_id
from fairlead.project.register_document import (
    AddKey,
    AddPerson,
    Change,
    KeyPart,
    RegisterDocument,
    RegisterEntry,
    RevokeKey,
    SetRoles,
)
from fairlead.ruleset.lock import write_text

__all__ = [
    "REGISTER_FILE",
    "HeldKey",
    "Person",
    "Register",
    "append_change",
    "begin_register",
    "read_register",
]

#: the file in a project's folder
REGISTER_FILE = "people.json"


@dataclass
class HeldKey:
    """A key of a person, and its revocation where there is one."""

    part: KeyPart
    revoked: RevokeKey | None = None

    @property
    def id(self) -> str:
        """The id of the key."""
        return key_id(self.part.public)


@dataclass
class Person:
    """A person of the register; `roles` are (from this instant on, roles), oldest first."""

    id: str
    name: str
    roles: list[tuple[datetime, frozenset[str]]]
    keys: dict[str, HeldKey] = field(default_factory=dict)

    def roles_at(self, moment: datetime) -> frozenset[str]:
        """Return what the person may sign as at an instant."""
        return next((roles for since, roles in reversed(self.roles) if since <= moment), frozenset())

    @property
    def current_roles(self) -> frozenset[str]:
        """What the person may sign as now."""
        return self.roles[-1][1]


class Register:
    """A register that was verified whole; `file` is what problems call it.

    Raises DocumentError (`register-damaged`, …) with the first entry that is not as it was written.
    """

    def __init__(self, document: Document) -> None:
        self.file = document.file
        self.people: dict[str, Person] = {}
        self._digests: list[str] = []
        self._last: datetime | None = None
        shape = check_shape(RegisterDocument, document)
        for number, signed in enumerate(shape.entries):
            written = document.value["entries"][number]
            envelope = Envelope(written["payload"], tuple(signed.signatures))
            problem = self._take(number, envelope)
            if problem is not None:
                raise DocumentError(document.locate([problem]))
            self._digests.append(digest(written))

    @property
    def root(self) -> str:
        """The digest of the first entry: which register this is."""
        return self._digests[0]

    @property
    def count(self) -> int:
        """The number of entries."""
        return len(self._digests)

    @property
    def head(self) -> str:
        """The digest of the last entry."""
        return self._digests[-1]

    def had(self, count: int, head: str) -> bool:
        """Tell whether the register once had that many entries, of which this was the last."""
        return 0 < count <= self.count and self._digests[count - 1] == head

    def person(self, name: str) -> Person:
        """Return a person by id. Raises UsageError for an unknown one."""
        if name not in self.people:
            message = f"the register knows no `{name}`"
            raise UsageError(
                [
                    Problem(
                        "unknown-signer",
                        message,
                        found=name,
                        allowed=tuple(self.people),
                        nearest=nearest_name(name[:100], self.people),
                        remedy="give the id of a person in the register; `fairlead register show` lists them",
                        file=self.file,
                    )
                ]
            )
        return self.people[name]

    def signer(self, person: str, private: Any) -> Signer:
        """Return a person of the register with the private key. Raises UsageError where it is not theirs."""
        known = self.person(person)
        signer = Signer(known.id, known.name, private)
        if key_id(signer.public) not in known.keys:
            message = f"the key is none of `{person}`"
            remedy = "name the file of a key that the register has for this person"
            raise UsageError([Problem("unknown-signer", message, found=person, remedy=remedy)])
        return signer

    def fault(self, envelope: Envelope, signature: SignaturePart) -> Problem | None:
        """Return why a signature does not count; None where it does.

        It counts where the person is in the register under that name, the key was theirs and valid on the day
        of the signature, it is not revoked for that day, the person had the role then, and the signature is
        that of the key over this payload and these statements.
        """
        who = f"`{signature.person}`"
        person = self.people.get(signature.person)
        if person is None:
            return Problem("unknown-signer", f"the register knows no {who}", found=signature.person)
        held = person.keys.get(signature.key)
        if held is None or person.name != signature.name:
            what = "name" if held is not None else "key"
            return Problem("unknown-signer", f"the {what} is not one that the register has for {who}")
        if not is_genuine(envelope.payload, signature, held.part.public):
            return Problem(
                "bad-signature",
                f"the signature of {who} is not one over this document: one of the two was changed or forged",
            )
        if not held.part.covers(signature.day):
            return Problem(
                "key-not-valid",
                f"the key of {who} was not valid on {signature.day}",
                found=str(signature.day),
            )
        if held.revoked is not None:
            problem = _revoked(held.revoked, envelope, signature)
            if problem is not None:
                return problem
        if signature.role not in person.roles_at(signature.moment):
            return Problem(
                "role-missing",
                f"{who} did not have the role `{signature.role}` on {signature.day}",
                found=signature.role,
                allowed=tuple(sorted(person.roles_at(signature.moment))),
            )
        return None

    def _take(self, number: int, envelope: Envelope) -> Problem | None:
        """Take an entry; return what is wrong with it, with its place."""
        place: tuple[str | int, ...] = ("entries", number)
        payload = join_pointer([*place, "payload"])
        try:
            entry = check_shape(RegisterEntry, Document(envelope.payload))
        except DocumentError as error:
            first = error.problems[0]
            return Problem(first.code, first.message, payload + first.pointer, found=first.found)
        previous = self._digests[-1] if self._digests else None
        if entry.number != number or entry.previous != previous:
            return Problem(
                "register-damaged",
                f"entry {number} does not follow the one before it: an entry was changed, removed or added",
                payload,
            )
        if len(envelope.signatures) != 1:
            return Problem("register-damaged", f"entry {number} is not signed once", join_pointer(place))
        (signature,) = envelope.signatures
        if self._last is not None and signature.moment < self._last:
            return Problem(
                "register-damaged",
                f"entry {number} is dated before the one that it follows",
                join_pointer([*place, "signatures", 0, "at"]),
                found=signature.at,
            )
        if signature.role != "registrar":
            message = f"entry {number} is not signed as a registrar"
            return Problem("register-damaged", message, join_pointer([*place, "signatures", 0, "role"]))
        if number == 0:
            # the first one vouches for itself
            problem = self._root_fault(entry.change, signature) or self._change(entry.change, signature)
            problem = problem or self.fault(envelope, signature)
        else:
            problem = self.fault(envelope, signature) or self._change(entry.change, signature)
        if problem is not None:
            message = f"entry {number} does not count: {problem.message}"
            return Problem(problem.code, message, join_pointer(place), found=problem.found)
        self._last = signature.moment
        return None

    @staticmethod
    def _root_fault(change: Change, signature: SignaturePart) -> Problem | None:
        if (
            not isinstance(change, AddPerson)
            or change.person != signature.person
            or "registrar" not in change.roles
        ):
            return Problem("register-damaged", "the first entry adds a registrar, who signs it")
        return None

    def _change(self, change: Change, signature: SignaturePart) -> Problem | None:
        """Make a change; return why it cannot be made."""
        if isinstance(change, AddPerson):
            if change.person in self.people:
                message = f"`{change.person}` is in the register already"
                return Problem("duplicate-id", message, found=change.person)
            problem = self._key_taken(change.key)
            if problem is None:
                held = HeldKey(change.key)
                roles = [(signature.moment, frozenset[str](change.roles))]
                self.people[change.person] = Person(change.person, change.name, roles, {held.id: held})
            return problem
        person = self.people.get(change.person)
        if person is None:
            return Problem("unknown-signer", f"the register knows no `{change.person}`", found=change.person)
        if isinstance(change, SetRoles):
            person.roles.append((signature.moment, frozenset[str](change.roles)))
            return None
        if isinstance(change, AddKey):
            problem = self._key_taken(change.key)
            if problem is None:
                held = HeldKey(change.key)
                person.keys[held.id] = held
            return problem
        held_key = person.keys.get(change.key)
        if held_key is None:
            return Problem("unknown-id", f"`{person.id}` has no key `{change.key}`", found=change.key)
        if held_key.revoked is not None:
            return Problem("no-change", f"the key `{change.key}` is revoked already", found=change.key)
        held_key.revoked = change
        return None

    def _key_taken(self, key: KeyPart) -> Problem | None:
        owner = self.owner(key.public)
        if owner is None:
            return None
        message = f"the key is that of `{owner}` already: two names with one key are one person"
        return Problem("key-in-use", message, found=owner)

    def owner(self, public: str) -> str | None:
        """Return whose key a public key is, revoked or not; None for nobody's."""
        id_ = key_id(public)
        return next((person.id for person in self.people.values() if id_ in person.keys), None)


def _revoked(revocation: RevokeKey, envelope: Envelope, signature: SignaturePart) -> Problem | None:
    who = f"`{signature.person}`"
    if signature.day >= revocation.revoked_on:
        message = f"the key of {who} is revoked since {revocation.revoked_on}: {revocation.reason}"
        return Problem("key-revoked", message, found=str(signature.day))
    if revocation.known is not None and envelope.digest not in revocation.known:
        message = (
            f"the key of {who} is revoked ({revocation.reason}), and this document is none of those that are "
            "known to have been signed before"
        )
        return Problem("key-revoked", message, found=envelope.digest)
    return None


def read_register(path: Path) -> Register:
    """Return the register in a file, verified whole. Raises DocumentError."""
    return Register(read_document(path))


def begin_register(path: Path, person: AddPerson, signer: Signer, at: datetime) -> Register:
    """Write a new register whose first entry adds its signer as registrar.

    Raises UsageError where there is one already, DocumentError where it would not be one.
    """
    if path.exists():
        message = f"there is a register in `{path}` already"
        remedy = "add to it with `fairlead register add`"
        raise UsageError([Problem("file-exists", message, file=str(path), remedy=remedy)])
    return _written(path, [], person, signer, at)


def append_change(path: Path, change: Change, signer: Signer, at: datetime) -> Register:
    """Add a change, signed by a registrar, to a register and return it as it then is.

    Raises DocumentError where the register is not whole, or would not be with the change.
    """
    document = read_document(path)
    Register(document)
    return _written(path, document.value["entries"], change, signer, at)


def _written(
    path: Path, entries: Iterable[Mapping[str, Any]], change: Change, signer: Signer, at: datetime
) -> Register:
    entries = list(entries)
    payload = {
        "fairlead": 1,
        "kind": "register-entry",
        "number": len(entries),
        "previous": digest(entries[-1]) if entries else None,
        "change": change.model_dump(mode="json", exclude_none=True),
    }
    role: Role = "registrar"
    signed = Envelope(payload, (sign(payload, signer, role, at),)).as_json()
    value = {"fairlead": 1, "kind": "register", "entries": [*entries, signed]}
    text = json.dumps(value, indent=2, ensure_ascii=False) + "\n"
    # what would not be read again is never written
    try:
        register = Register(Document(value, file=str(path)))
    except DocumentError as error:
        raise UsageError([_without_place(problem) for problem in error.problems]) from None
    write_text(path, text)
    return register


def _without_place(problem: Problem) -> Problem:
    return Problem(
        problem.code,
        problem.message,
        found=problem.found,
        allowed=problem.allowed,
        nearest=problem.nearest,
        remedy=problem.remedy,
    )
