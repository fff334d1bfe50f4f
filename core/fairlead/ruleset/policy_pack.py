"""A policy pack after loading: dated obligations with citations, typed against a fact model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from fairlead.facts.model import FactModel
from fairlead.logic.terms import Term
from fairlead.ruleset.catalogue import Catalogue, Found, split_version
from fairlead.ruleset.typed import Parameter, Texts

__all__ = [
    "PACK_FOLDER",
    "POLICY_PACKS",
    "PackEvidence",
    "PackGuard",
    "PackObligation",
    "PackParameter",
    "PackProperty",
    "PolicyPack",
    "find_pack",
    "load_pack",
    "type_pack",
]

#: the kind of document, and the folder below a rulesets folder that packs stand in
POLICY_PACKS = ("policy-pack",)
PACK_FOLDER = "policies"


@dataclass(frozen=True, slots=True)
class PackParameter(Parameter):
    """A dated figure of a pack; `source` says where it was seen, `confidence` is high, medium or low."""

    source: str
    confidence: str


@dataclass(frozen=True, slots=True)
class PackProperty:
    """What is to be shown over all inputs.

    `options` has every option of the kind under its key in the document (`in` of `monotone` under `fact`),
    defaults included: expressions are terms, numbers Decimals, lists tuples, `facts` of `disclosed_before` a
    mapping. `value` of `reachable` and `needs` is JSON: its type is that of the decision. `pointer` is the
    place in the pack's document.
    """

    kind: str
    options: Mapping[str, Any]
    pointer: str


@dataclass(frozen=True, slots=True)
class PackGuard:
    """What must be true of each record, and why one that does not meet it is held."""

    requirement: Term
    text: Texts
    pointer: str


@dataclass(frozen=True, slots=True)
class PackEvidence:
    """A document that must exist; `fact` is where a record says so, None where no fact does."""

    id: str
    title: Texts
    fact: str | None


@dataclass(frozen=True, slots=True)
class PackObligation:
    """One obligation.

    `entity` is what a case is; `applies_when` is read about it and holds the pack's condition as well, None
    where it applies to every case. `parameters` are the pack's parameters that its expressions read.
    `effective_to` is the first day on which it is no longer law. `asks` lists `property`, `guard`, `evidence`
    as they are there. `pointer` is the place in the pack's document.
    """

    id: str
    title: Texts
    text: Texts
    citation: str
    source: str
    binds: str
    force: str
    effective_from: date | None
    effective_to: date | None
    governing: str
    entity: str
    applies_when: Term | None
    confidence: str
    reviewed_by: str | None
    checks: tuple[str, ...]
    advice: Texts | None
    property: PackProperty | None
    guard: PackGuard | None
    evidence: tuple[PackEvidence, ...]
    parameters: tuple[str, ...]
    pointer: str

    # no property: the field of that name hides the decorator here
    def asks(self) -> tuple[str, ...]:
        """Return what it asks for: `property`, `guard`, `evidence`."""
        asked = (("property", self.property), ("guard", self.guard), ("evidence", self.evidence))
        return tuple(name for name, part in asked if part)

    def in_force(self, day: date) -> bool:
        """Tell whether it is law on a day."""
        begun = self.effective_from is None or self.effective_from <= day
        return begun and (self.effective_to is None or day < self.effective_to)


@dataclass(frozen=True, slots=True)
class PolicyPack:
    """The obligations of one place or code, typed against `model`.

    `applies_when` is read about `entity`. `document` is the JSON document as written, `digest` its SHA-256,
    `file` what problems call its file.
    """

    name: str
    version: str
    title: Texts
    about: Texts
    entity: str
    applies_when: Term | None
    parameters: Mapping[str, PackParameter]
    obligations: tuple[PackObligation, ...]
    model: FactModel = field(repr=False)
    document: Mapping[str, Any] = field(repr=False, compare=False)
    digest: str
    file: str | None

    def obligation(self, name: str) -> PackObligation:
        """Return the obligation `name`; raise KeyError where there is none."""
        for obligation in self.obligations:
            if obligation.id == name:
                return obligation
        raise KeyError(name)

    def doubts(self, obligation: PackObligation) -> tuple[str, ...]:
        """Return what keeps an obligation from being proved: its id, and parameters, of low confidence."""
        doubted = [obligation.id] if obligation.confidence == "low" else []
        doubted += [
            f"parameters.{name}"
            for name in obligation.parameters
            if self.parameters[name].confidence == "low"
        ]
        return tuple(doubted)


def find_pack(name_or_path: str | Path, catalogue: Catalogue) -> Found:
    """Return the document of a pack: by name, by `name@version`, or by its file (`….json`).

    A name without a folder is that of a pack in `policies/`. Raises UsageError for an unknown name, with the
    nearest one, and DocumentError where the document cannot be read.
    """
    if isinstance(name_or_path, Path) or name_or_path.endswith(".json"):
        return catalogue.at_path(Path(name_or_path), POLICY_PACKS)
    name, version = split_version(name_or_path)
    if "/" not in name:
        name = f"{PACK_FOLDER}/{name}"
    return catalogue.find(name, version, POLICY_PACKS)


def load_pack(
    name_or_path: str | Path, roots: Iterable[Path] = (), model: FactModel | None = None
) -> PolicyPack:
    """Return a policy pack by name (`policies/us-stark`, or `us-stark`), by `name@version`, or from its file.

    `roots` are folders of documents that come before the shipped ones. `model` is the fact model that its
    expressions are read against, such as that of the ruleset that is audited; without it the model that the
    pack names is taken. Raises UsageError for an unknown name, and DocumentError with every problem at once:
    also for a fact or label that the pack needs and the model lacks.
    """
    folders = list(roots)
    found = find_pack(name_or_path, Catalogue(folders))
    if model is None:
        from fairlead.ruleset.models import load_model
        from fairlead.ruleset.policy_pack_document import check_policy_pack

        reference = check_policy_pack(found.document).model
        model = load_model(f"{reference.name}@{reference.version}", folders)
    return type_pack(found, model)


def type_pack(found: Found, model: FactModel) -> PolicyPack:
    """Return the pack of a document, typed against a model; raise DocumentError with every problem."""
    from fairlead.ruleset.policy_pack_build import build_pack
    from fairlead.ruleset.policy_pack_document import check_policy_pack

    return build_pack(check_policy_pack(found.document), found.document, model, found.digest)
