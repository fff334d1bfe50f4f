"""Approvals: reading them, whether they stand, and the gate that lets only approved rules run."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fairlead.documents.json_text import Document, read_document
from fairlead.documents.shapes import check_shape
from fairlead.problems import DocumentError, Problem, UsageError
from fairlead.project.approval_document import AcceptedRisk, ApprovalDocument
from fairlead.project.binding import Binder, Bound
from fairlead.project.envelope import Envelope, SignaturePart, read_envelope
from fairlead.project.register import REGISTER_FILE, Register, read_register
from fairlead.ruleset.typed import Ruleset

if TYPE_CHECKING:
    from fairlead.project.project import Project

__all__ = [
    "APPROVALS_FOLDER",
    "Approval",
    "Approvals",
    "document_path",
    "find_obligations",
    "is_approval",
    "read_approval",
    "signature_problems",
    "signing_problems",
]

#: the folder of approvals in a project's folder, and that of the documents they are about
APPROVALS_FOLDER = "approvals"
_DOCUMENTS = "documents"

_APPROVE = "run `fairlead approve` with the key of an approver"


@dataclass(frozen=True)
class Approval:
    """An approval as read from its file; that its form is right says nothing about its signatures."""

    path: Path
    envelope: Envelope
    document: ApprovalDocument

    @cached_property
    def digest(self) -> str:
        """The digest of what is signed."""
        return self.envelope.digest

    @property
    def approvers(self) -> tuple[SignaturePart, ...]:
        """The signatures as approver."""
        return tuple(each for each in self.envelope.signatures if each.role == "approver")

    @property
    def signed_at(self) -> datetime:
        """When the last signature was made."""
        return max(each.moment for each in self.envelope.signatures)

    @property
    def text(self) -> str:
        """What results say of the approval."""
        first = self.approvers[0]
        return f"approved by {first.name} on {first.day} ({self.digest})"


def is_approval(envelope: Envelope) -> bool:
    """Tell whether a signed document says that it is an approval."""
    return envelope.payload.get("kind") == "approval"


def read_approval(path: Path, document: Document | None = None) -> Approval:
    """Return the approval in a file. Raises DocumentError with every problem of its form."""
    document = read_document(path) if document is None else document
    envelope = read_envelope(document)
    try:
        shape = check_shape(ApprovalDocument, Document(envelope.payload, file=str(path)))
    except DocumentError as error:
        raise DocumentError(
            document.locate(
                replace(problem, pointer=f"/payload{problem.pointer}") for problem in error.problems
            )
        ) from None
    return Approval(path, envelope, shape)


def signature_problems(approval: Approval, register: Register) -> Iterator[Problem]:
    """Yield why the signatures of an approval do not count, by the register of people."""
    document = approval.document
    state = document.register_
    if state.root != register.root:
        yield _register_mismatch("the approval was made with another register of people", state.root)
        return
    if not register.had(state.entries, state.head):
        message = (
            f"the register had {state.entries:,} entries when the approval was made, and these are not in it "
            "any more: its end was cut off or written anew"
        )
        yield _register_mismatch(message, state.head)
    for signature in approval.envelope.signatures:
        problem = register.fault(approval.envelope, signature)
        if problem is not None:
            yield replace(problem, remedy=_APPROVE)
        if signature.person == document.author and signature.role != "author":
            message = f"`{signature.person}` is the author, and signs as {signature.role}"
            remedy = "let somebody else than the author approve it"
            yield Problem("same-person", message, found=signature.person, remedy=remedy)
        if signature.role == "author" and signature.person != document.author:
            message = f"`{signature.person}` signs as author, and the author is `{document.author}`"
            yield Problem("same-person", message, found=signature.person)
    author = register.people.get(document.author)
    if author is None or "author" not in author.roles_at(approval.signed_at):
        message = f"the register has no `{document.author}` with the role `author`"
        yield Problem("unknown-signer", message, found=document.author, remedy="name who wrote the rules")
    if not approval.approvers:
        message = "nobody has signed as approver"
        yield Problem("role-missing", message, found="approver", remedy=_APPROVE)
    approvers = {each.person for each in approval.approvers}
    for risk in document.accepted:
        if risk.by not in approvers:
            message = f"`{risk.finding}` is accepted by `{risk.by}`, who has not signed as approver"
            yield Problem("role-missing", message, found=risk.by, remedy=_APPROVE)


def signing_problems(approval: Approval, register: Register) -> list[Problem]:
    """Return why the signatures so far do not count; that an approver may still sign is no problem yet."""
    return [
        problem
        for problem in signature_problems(approval, register)
        if approval.approvers or (problem.code, problem.found) != ("role-missing", "approver")
    ]


def find_obligations(
    finding: str, packs: Mapping[str, Mapping[str, Any]], rulesets: Collection[str]
) -> list[tuple[str, Mapping[str, Any]]]:
    """Return the obligations that a finding's id names, each with its pack, from packs as documents.

    The id is the last part of the pack's name, the obligation's id, the ruleset and, where there is one, the
    decision, with colons between them. A finding about another ruleset than these names none.
    """
    pack, obligation, ruleset, *_ = [*finding.split(":"), "", ""]
    return [
        (name, each)
        for name, document in packs.items()
        if name.rpartition("/")[2] == pack and ruleset in rulesets
        for each in document["obligations"]
        if each["id"] == obligation
    ]


def forbidden_risks(document: ApprovalDocument, bound: Bound) -> Iterator[Problem]:
    """Yield the accepted risks that nobody can accept."""
    packs = {each.name: bound.documents[each.digest] for each in bound.packs}
    for risk in document.accepted:
        named = find_obligations(risk.finding, packs, [each.name for each in document.rulesets])
        if (risk.pack, risk.obligation) not in {(name, each["id"]) for name, each in named}:
            message = f"`{risk.finding}` is no finding about `{risk.obligation}` of `{risk.pack}`"
            yield Problem("unknown-finding", message, found=risk.finding)
        for name, obligation in named:
            if obligation["force"] == "forbid":
                yield not_acceptable(risk.finding, name, obligation)


def not_acceptable(finding: str, pack: str, obligation: Mapping[str, Any]) -> Problem:
    """Return that a finding about what is forbidden cannot be accepted."""
    message = f"`{finding}` cannot be accepted: `{obligation['id']}` of `{pack}` forbids it"
    remedy = f"change the rule; see {obligation['citation']}"
    return Problem("cannot-accept", message, found=finding, remedy=remedy)


class Approvals:
    """The approvals of a project, and which of them lets a ruleset run on a day.

    The register is verified whole when it is read; what is read once is kept as it was.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self.folder = project.folder / APPROVALS_FOLDER
        self.binder = Binder(project)
        self._found: dict[tuple[str, date], Approval] = {}

    @cached_property
    def register(self) -> Register:
        """The register of people. Raises DocumentError where it is not whole, or not the project's."""
        path = self._project.folder / REGISTER_FILE
        if not path.is_file():
            message = f"the project has no register of people: there is no file `{path}`"
            remedy = "begin one with `fairlead register init`"
            raise DocumentError([Problem("no-such-file", message, file=str(path), remedy=remedy)])
        register = read_register(path)
        named = self._project.settings.register_root
        if named is not None and named != register.root:
            message = f"the register in `{path}` is not the one that the project names"
            raise DocumentError([replace(_register_mismatch(message, register.root), file=str(path))])
        return register

    @cached_property
    def _read(self) -> tuple[list[Approval], list[tuple[Path, tuple[Problem, ...]]]]:
        """Return the approvals, the newest first, and the files that hold none with their problems."""
        good, broken = [], []
        for path in sorted(self.folder.glob("*.json")):
            try:
                good.append(read_approval(path))
            except DocumentError as error:
                broken.append((path, tuple(error.problems)))
        good.sort(key=lambda each: (each.signed_at, each.path.name), reverse=True)
        return good, broken

    @property
    def all(self) -> list[Approval]:
        """All approvals that can be read, the newest first."""
        return self._read[0]

    @property
    def unreadable(self) -> list[tuple[Path, tuple[Problem, ...]]]:
        """The files among the approvals that are none, with their problems."""
        return self._read[1]

    def refusals(self, approval: Approval, bound: Bound, day: date) -> list[Problem]:
        """Return why an approval does not let what is bound run on a day; none where it does."""
        problems = [*signature_problems(approval, self.register), *self.mismatches(approval, bound, day)]
        return [replace(problem, file=str(approval.path)) for problem in problems]

    def mismatches(self, approval: Approval, bound: Bound, day: date) -> list[Problem]:
        """Return in what an approval does not fit what is bound on a day, whoever signed it."""
        problems = list(bound.mismatches(approval.document))
        if not problems:
            problems += forbidden_risks(approval.document, bound)
            problems += _beyond(approval, bound, day)
        return problems

    def accepted(self, ruleset: Ruleset, day: date) -> list[tuple[AcceptedRisk, str]]:
        """Return the findings about a ruleset that are accepted on a day, each with the approver's name.

        They are those of the approval that lets the ruleset run; none where there is none.
        """
        try:
            approval = self.find(ruleset, day)
        except (DocumentError, UsageError):
            return []
        names = {each.person: each.name for each in approval.approvers}
        return [(risk, names[risk.by]) for risk in approval.document.accepted]

    def find(self, ruleset: Ruleset, day: date) -> Approval:
        """Return the newest approval that lets a ruleset run on a day. Raises UsageError where none does."""
        key = (ruleset.digest, day)
        if key not in self._found:
            self._found[key] = self._searched(ruleset, day)
        return self._found[key]

    def _searched(self, ruleset: Ruleset, day: date) -> Approval:
        candidates = [each for each in self.all if each.document.ruleset(ruleset.name) is not None]
        # a register that is missing or not whole is said first: nothing can be approved with it
        _ = self.register
        if not candidates:
            message = f"`{ruleset.name}` {ruleset.version} is not approved, and the project demands approval"
            problem = Problem("not-approved", message, found=ruleset.digest, remedy=_APPROVE)
            broken = [each for _, problems in self.unreadable for each in problems]
            raise UsageError([problem, *broken])
        bound = self.binder.bind([ruleset], day)
        newest: list[Problem] = []
        for approval in candidates:
            problems = self.refusals(approval, bound, day)
            if not problems:
                return approval
            newest = newest or problems
        raise UsageError(newest)


def _beyond(approval: Approval, bound: Bound, day: date) -> Iterator[Problem]:
    """Yield why an approval does not cover a day."""
    covers = approval.document.covers
    inside = [
        each
        for each in sorted(bound.changes())
        if (covers.first is None or each > covers.first) and (covers.until is None or each < covers.until)
    ]
    if inside:
        message = f"the approval goes beyond {inside[0]}, when something dated in what it is about changes"
        yield Problem("approval-expired", message, found=str(inside[0]), remedy=_APPROVE)
    elif covers.until is not None and day >= covers.until:
        message = f"the approval expired on {covers.until}; {day} was asked for"
        yield Problem("approval-expired", message, found=str(day), remedy=_APPROVE)
    elif not covers.covers(day):
        message = f"the approval covers days from {covers.first} on; {day} was asked for"
        yield Problem("approval-expired", message, found=str(day), remedy=_APPROVE)


def _register_mismatch(message: str, found: str) -> Problem:
    remedy = "put the register back as it was; its copies and `fairlead register show` tell"
    return Problem("register-mismatch", message, found=found, remedy=remedy)


def document_path(folder: Path, digest: str) -> Path:
    """Return where a project keeps a document that an approval is about."""
    return folder / APPROVALS_FOLDER / _DOCUMENTS / f"{digest.partition(':')[2]}.json"
