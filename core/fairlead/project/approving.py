"""Making an approval: what is bound, what changed since the last one, and the signed file."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from fairlead.documents.canonical import digest
from fairlead.documents.json_text import Document, read_document
from fairlead.documents.shapes import check_shape
from fairlead.problems import DocumentError, Problem, UsageError
from fairlead.project.approval_document import ApprovalDocument, BoundDocument, BoundMapping
from fairlead.project.approvals import (
    Approval,
    document_path,
    find_obligations,
    not_acceptable,
    signature_problems,
    signing_problems,
)
from fairlead.project.binding import Bound, days_between
from fairlead.project.changes import (
    ChangeSection,
    document_change,
    in_sections,
    mapping_changes,
    pack_changes,
    ruleset_changes,
)
from fairlead.project.envelope import Envelope, Role, Signer, sign
from fairlead.project.project import Project
from fairlead.ruleset.differences import Difference
from fairlead.ruleset.lock import write_text

__all__ = ["Draft", "Risk", "draft_approval", "write_approval"]

Compare = Callable[[Mapping[str, Any], Mapping[str, Any]], Iterable[tuple[str, list[Difference]]]]


@dataclass(frozen=True)
class Risk:
    """A finding that is to be accepted, until a day."""

    finding: str
    reason: str
    until: date


@dataclass(frozen=True)
class Draft:
    """An approval before it is signed.

    `previous` is the last approval whose signatures stand, `changes` what is different from it; `missing` are
    documents of it that are not kept any more, so that nothing can be said about them.
    """

    payload: Mapping[str, Any]
    document: ApprovalDocument
    bound: Bound
    previous: Approval | None
    changes: tuple[ChangeSection, ...]
    missing: tuple[str, ...]


def draft_approval(
    project: Project,
    names: Sequence[str],
    *,
    author: str,
    approver: str,
    at: datetime,
    expires: date | None = None,
    risks: Sequence[Risk] = (),
) -> Draft:
    """Return what a person would sign at an instant.

    `names` are rulesets, all of the project's where it is empty. The approval covers the days around that of
    `at` on which nothing dated changes, at most until `expires` and the first day on which a risk is no
    longer accepted. Raises UsageError and DocumentError where a document is broken, `expires` or a risk is
    over already, or a risk cannot be accepted.
    """
    approvals = project.approvals
    register = approvals.register
    author, approver = register.person(author).id, register.person(approver).id
    day = project.day_of(at)
    rulesets = [project.ruleset(name, as_of=day) for name in names or project.ruleset_names]
    # everything wrong with the packs is said before anybody signs
    project.packs(as_of=day)
    bound = approvals.binder.bind(rulesets, day)
    ends = [each for each in (expires, *(risk.until for risk in risks)) if each is not None]
    for end in ends:
        if end <= day:
            message = f"{end} is over: the approval would cover no day"
            raise UsageError([Problem("wrong-usage", message, found=str(end), remedy="name a later day")])
    covers = days_between({*bound.changes(), *project.version_changes(), *ends}, day)
    previous = _previous(project, [ruleset.name for ruleset in rulesets])
    payload = {
        "fairlead": 1,
        "kind": "approval",
        "project": bound.project,
        "zone": bound.zone,
        "semantics": bound.semantics,
        "register": {"root": register.root, "entries": register.count, "head": register.head},
        "author": author,
        "rulesets": _as_json(bound.rulesets),
        "rewards": _as_json(bound.rewards),
        "packs": _as_json(bound.packs),
        "mappings": _as_json(bound.mappings),
        "covers": covers.model_dump(mode="json", by_alias=True),
        "accepted": list(_accepted(risks, bound, approver)),
        "previous": previous.digest if previous is not None else None,
    }
    document = check_shape(ApprovalDocument, Document(payload))
    changes, missing = _since(project.folder, previous, bound)
    return Draft(payload, document, bound, previous, tuple(changes), tuple(missing))


def write_approval(project: Project, draft: Draft, signer: Signer, role: Role, at: datetime) -> Approval:
    """Sign a draft, keep the documents that it is about, and return the approval with its file.

    Raises UsageError where it would not count: signed by its author as approver, without the role, with a key
    that is not valid. Nothing is written then.
    """
    envelope = Envelope(draft.payload, (sign(draft.payload, signer, role, at),))
    day = at.astimezone(UTC).date()
    short = draft.document.rulesets[0].name.rpartition("/")[2]
    path = project.folder / "approvals" / f"{short}-{day}-{envelope.digest.partition(':')[2][:12]}.json"
    approval = Approval(path, envelope, draft.document)
    problems = signing_problems(approval, project.approvals.register)
    if problems:
        raise UsageError(problems)
    if path.exists():
        message = f"there is a file `{path}` already"
        raise UsageError([Problem("file-exists", message, file=str(path))])
    for known, value in draft.bound.documents.items():
        kept = document_path(project.folder, known)
        kept.parent.mkdir(parents=True, exist_ok=True)
        if not kept.exists():
            write_text(kept, json.dumps(value, indent=1, ensure_ascii=False) + "\n")
    write_text(path, envelope.text())
    return approval


def _as_json(bound: Sequence[BoundDocument]) -> list[dict[str, Any]]:
    return [each.model_dump(mode="json") for each in bound]


def _accepted(risks: Sequence[Risk], bound: Bound, approver: str) -> Iterator[dict[str, Any]]:
    packs = {each.name: bound.documents[each.digest] for each in bound.packs}
    for risk in risks:
        named = find_obligations(risk.finding, packs, [each.name for each in bound.rulesets])
        if not named:
            message = f"`{risk.finding}` names no obligation of the project's policy packs"
            remedy = "give the id of a finding as `fairlead audit` prints it"
            allowed = tuple(packs)
            problem = Problem("unknown-finding", message, found=risk.finding, allowed=allowed, remedy=remedy)
            raise UsageError([problem])
        for name, obligation in named:
            if obligation["force"] == "forbid":
                raise UsageError([not_acceptable(risk.finding, name, obligation)])
        if not risk.reason.strip():
            message = f"`{risk.finding}` is accepted without a reason"
            raise UsageError([Problem("empty-value", message, remedy="give `--reason TEXT`")])
        (name, obligation), *_ = named
        yield {
            "finding": risk.finding,
            "pack": name,
            "obligation": obligation["id"],
            "by": approver,
            "reason": risk.reason,
            "until": risk.until.isoformat(),
        }


def _previous(project: Project, names: Sequence[str]) -> Approval | None:
    """Return the last approval whose signatures stand, of these rulesets where there is one."""
    standing = [
        each
        for each in project.approvals.all
        if not any(signature_problems(each, project.approvals.register))
    ]
    about = [each for each in standing if any(each.document.ruleset(name) for name in names)]
    return next(iter(about or standing), None)


def _since(folder: Path, previous: Approval | None, bound: Bound) -> tuple[list[ChangeSection], list[str]]:
    """Return what changed since an approval, and the documents of it that are not kept any more."""
    if previous is None:
        return [], []
    kept = _Kept(folder, bound)
    old = previous.document
    found: list[tuple[str, list[Difference]]] = []
    for before, now in _pairs({each.name: each for each in old.rulesets}, _by_name(bound.rulesets)):
        found += kept.compared("rules", "ruleset", before, now, ruleset_changes)
    for before, now in _pairs(_by_name(old.packs), _by_name(bound.packs)):
        found += kept.compared("packs", "policy pack", before, now, _pack)
    for before, now in _pairs(_by_file(old.mappings), _by_file(bound.mappings)):
        found += kept.compared("mapping", "mapping", before, now, _mapping)
    return in_sections(found), kept.missing


class _Kept:
    """The documents of the last approval, as they were kept, and those of now."""

    def __init__(self, folder: Path, bound: Bound) -> None:
        self._folder = folder
        self._bound = bound
        self.missing: list[str] = []

    def compared(
        self,
        section: str,
        what: str,
        before: BoundDocument | None,
        now: BoundDocument | None,
        compare: Compare,
    ) -> Iterator[tuple[str, list[Difference]]]:
        """Yield what changed in one document, with the keys of the sections."""
        if before is not None and now is not None and before.digest == now.digest:
            return
        old = self._old(before)
        new = None if now is None else self._bound.documents[now.digest]
        if before is not None and old is None:
            self.missing.append(f"{before.name} {before.version}")
        elif old is None or new is None:
            either = before or now
            assert either is not None
            yield section, [document_change(what, either.name, old, new)]
        else:
            yield from compare(old, new)

    def _old(self, bound: BoundDocument | None) -> Mapping[str, Any] | None:
        if bound is None:
            return None
        try:
            value = read_document(document_path(self._folder, bound.digest)).value
        except DocumentError:
            return None
        # what was changed since is not what was approved
        return value if digest(value) == bound.digest else None


def _pack(old: Any, new: Any) -> Iterator[tuple[str, list[Difference]]]:
    yield "packs", pack_changes(old, new)


def _mapping(old: Any, new: Any) -> Iterator[tuple[str, list[Difference]]]:
    yield "mapping", mapping_changes(old, new)


def _by_name(bound: Sequence[BoundDocument]) -> dict[str, BoundDocument]:
    return {each.name: each for each in bound}


def _by_file(bound: Sequence[BoundMapping]) -> dict[str, BoundDocument]:
    return {each.file or each.name: each for each in bound}


def _pairs(
    old: Mapping[str, BoundDocument], new: Mapping[str, BoundDocument]
) -> Iterator[tuple[BoundDocument | None, BoundDocument | None]]:
    for name in [*new, *(name for name in old if name not in new)]:
        yield old.get(name), new.get(name)
