"""What an approval binds: every document that decides, the mapping, the zone and what rules mean."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fairlead.documents.canonical import digest
from fairlead.documents.json_text import Document, read_document
from fairlead.engine.semantics import SEMANTICS
from fairlead.plugins.manager import connector, load_plugins
from fairlead.problems import DocumentError, Problem
from fairlead.project.approval_document import (
    ApprovalDocument,
    BoundDocument,
    BoundMapping,
    BoundRuleset,
    Covers,
)
from fairlead.ruleset.catalogue import Found
from fairlead.ruleset.crm_mapping_document import check_crm_mapping
from fairlead.ruleset.mapping_document import check_mapping
from fairlead.ruleset.typed import Reward, Ruleset

if TYPE_CHECKING:
    from fairlead.project.project import Project

__all__ = ["Binder", "Bound", "dated_changes", "days_between"]

_APPROVE = "`fairlead approve` shows what changed, and approves it"
_NOT_IN_FORCE = frozenset({"not-yet-effective", "no-longer-effective"})


@dataclass(frozen=True)
class Bound:
    """What is bound on a day; `documents` are all of them, by digest."""

    project: str
    zone: str
    rulesets: tuple[BoundRuleset, ...]
    rewards: tuple[BoundDocument, ...]
    packs: tuple[BoundDocument, ...]
    mappings: tuple[BoundMapping, ...]
    documents: Mapping[str, Any] = field(repr=False)
    semantics: str = SEMANTICS

    def mismatches(self, approved: ApprovalDocument) -> Iterator[Problem]:
        """Yield what is not as it was approved; of the approved rulesets those are compared that are here."""
        for what, old, new in (
            ("project", approved.project, self.project),
            ("time zone", approved.zone, self.zone),
            ("version of the rules language", approved.semantics, self.semantics),
        ):
            if old != new:
                yield _mismatch(f"the {what} is `{new}`; approved is `{old}`", new)
        for ruleset in self.rulesets:
            before = approved.ruleset(ruleset.name)
            if before is None:
                yield _mismatch(f"`{ruleset.name}` is not approved", ruleset.name)
            elif before != ruleset:
                yield _mismatch(_about_ruleset(before, ruleset), ruleset.digest)
        yield from _changed("ruleset with rewards", approved.rewards, self.rewards)
        yield from _changed("policy pack", approved.packs, self.packs)
        yield from _changed("mapping", approved.mappings, self.mappings)

    def changes(self) -> set[date]:
        """Return the days on which something dated in the bound documents changes."""
        wanted = {each.digest for each in (*self.rulesets, *self.rewards, *self.packs)}
        return {day for each in wanted for day in dated_changes(self.documents[each])}


class Binder:
    """Finds what is bound in a project; what is read once is kept as it was."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._rewards: dict[date, tuple[Ruleset, ...]] = {}

    def bind(self, rulesets: Iterable[Ruleset], day: date) -> Bound:
        """Return what is bound when these rulesets are approved, or run, on a day.

        Raises DocumentError and UsageError where a document of the project is broken or missing.
        """
        chosen = list(rulesets)
        rewards = self._with_rewards(day)
        packs = self._packs
        documents: dict[str, Any] = {each.digest: each.document for each in (*chosen, *rewards)}
        documents |= {found.digest: found.document.value for found in packs}
        documents |= {each.digest: document.value for each, document in self._mappings}
        return Bound(
            self._project.name,
            self._project.settings.zone,
            tuple(map(_of_ruleset, chosen)),
            tuple(sorted(map(_of_document, rewards), key=_named)),
            tuple(sorted(map(_of_document, packs), key=_named)),
            tuple(mapping for mapping, _ in self._mappings),
            documents,
        )

    def _with_rewards(self, day: date) -> tuple[Ruleset, ...]:
        """Return the project's rulesets that pay, in the versions in force on a day."""
        if day not in self._rewards:
            found = []
            for name in self._project.ruleset_names:
                try:
                    ruleset = self._project.ruleset(name, as_of=day)
                except DocumentError as error:
                    if {problem.code for problem in error.problems} <= _NOT_IN_FORCE:
                        continue
                    raise
                if any(isinstance(decision, Reward) for decision in ruleset.decisions):
                    found.append(ruleset)
            self._rewards[day] = tuple(found)
        return self._rewards[day]

    @cached_property
    def _packs(self) -> tuple[Found, ...]:
        """The project's policy packs, each of the right form."""
        from fairlead.ruleset.policy_pack_document import check_policy_pack

        packs = self._project.pack_documents()
        for found in packs:
            check_policy_pack(found.document)
        return tuple(packs)

    @cached_property
    def _mappings(self) -> tuple[tuple[BoundMapping, Document], ...]:
        """The mappings of the project's folder, and the connector's own where that is used."""
        folder = self._project.folder
        paths = set((folder / "mappings").glob("*.json"))
        settings = self._project.settings.connector
        shipped: Path | None = None
        if settings is not None:
            own = folder / (settings.mapping or f"mappings/{settings.name}.json")
            if own.is_file():
                paths.add(own)
            else:
                shipped = connector(load_plugins(), settings.name).mapping
        found = [_of_mapping(path, _relative(path, folder)) for path in sorted(paths)]
        if shipped is not None:
            found.append(_of_mapping(shipped, None))
        return tuple(found)


def dated_changes(document: Mapping[str, Any]) -> set[date]:
    """Return the days on which a ruleset or policy pack changes: parameters, obligations, being in force."""
    days: set[date] = set()
    for parameter in (document.get("parameters") or {}).values():
        days |= {date.fromisoformat(each["from"]) for each in parameter.get("dated") or ()}
    for part in (document, *(document.get("obligations") or ())):
        effective = part.get("effective") or {}
        days |= {date.fromisoformat(effective[key]) for key in ("from", "to") if effective.get(key)}
    return days


def days_between(changes: Iterable[date], day: date) -> Covers:
    """Return the days around a day on which nothing changes."""
    listed = sorted(changes)
    first = max((each for each in listed if each <= day), default=None)
    until = min((each for each in listed if each > day), default=None)
    return Covers.model_validate({"from": _text(first), "until": _text(until)})


def _text(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _relative(path: Path, folder: Path) -> str:
    with suppress(ValueError):
        return path.relative_to(folder).as_posix()
    return path.as_posix()


def _of_mapping(path: Path, file: str | None) -> tuple[BoundMapping, Document]:
    document = read_document(path)
    is_crm = isinstance(document.value, dict) and document.value.get("kind") == "crm-mapping"
    shape = check_crm_mapping(document) if is_crm else check_mapping(document)
    bound = BoundMapping(name=shape.name, version=shape.version, digest=digest(document.value), file=file)
    return bound, document


def _of_document(document: Any) -> BoundDocument:
    return BoundDocument(name=document.name, version=document.version, digest=document.digest)


def _of_ruleset(ruleset: Ruleset) -> BoundRuleset:
    return BoundRuleset(
        name=ruleset.name,
        version=ruleset.version,
        digest=ruleset.digest,
        model=_of_document(ruleset.model),
        parameters=digest(ruleset.document.get("parameters") or {}),
    )


def _named(bound: BoundDocument) -> str:
    return bound.name


def _about_ruleset(before: BoundRuleset, now: BoundRuleset) -> str:
    """Say in what a ruleset differs, the facts and their labels first."""
    if before.model != now.model:
        return f"the fact model of `{now.name}`, with its labels, is not what was approved"
    if before.parameters != now.parameters:
        return f"the parameters of `{now.name}` are not what was approved"
    return f"`{now.name}` {now.version} is not what was approved"


def _changed(what: str, approved: Sequence[BoundDocument], now: Sequence[BoundDocument]) -> Iterator[Problem]:
    for each in now:
        if each not in approved:
            known = each.name in {other.name for other in approved}
            said = "is not what was approved" if known else "is not part of what was approved"
            yield _mismatch(f"the {what} `{each.name}` {said}", each.digest)
    for each in approved:
        if each.name not in {other.name for other in now}:
            yield _mismatch(f"the {what} `{each.name}` was approved and is not there any more", each.name)
    if len(approved) != len(now) and not {each.name for each in now} ^ {each.name for each in approved}:
        yield _mismatch(f"the number of {what}s is not what was approved", str(len(now)))


def _mismatch(message: str, found: str) -> Problem:
    return Problem("approval-mismatch", message, found=found, remedy=_APPROVE)
