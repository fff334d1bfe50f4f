"""From a name to a resolved ruleset: overlays applied, fact model inside, digest taken."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from fairlead.documents.canonical import digest
from fairlead.documents.json_text import Document
from fairlead.documents.shapes import check_shape
from fairlead.facts.document import DocumentReference
from fairlead.facts.model import FactModel
from fairlead.problems import DocumentError, Problem, UsageError, nearest_name
from fairlead.ruleset.build import build_ruleset
from fairlead.ruleset.catalogue import FACT_MODELS, RULESETS, Catalogue, Found, split_version
from fairlead.ruleset.document import RulesetBody, check_resolved, check_ruleset
from fairlead.ruleset.extra_operators import called_operators, offered_operators
from fairlead.ruleset.lock import Lock
from fairlead.ruleset.names import PARAMETERS
from fairlead.ruleset.typed import Ruleset

# what only overlays and faulty documents need is imported where it is needed: it costs a tenth of a start
if TYPE_CHECKING:
    from fairlead.ruleset.overlay_document import RulesetOverlayDocument

__all__ = ["LONGEST_CHAIN", "Resolved", "build", "find_ruleset", "resolve", "resolve_found"]

#: how many documents may extend one another
LONGEST_CHAIN = 16

#: the rulesets built so far, by the text of their documents: the clients of one machine share what is
#: shipped; it starts again when it is full
_BUILT: dict[str, Ruleset] = {}
_MOST_BUILT = 100

Shape = TypeVar("Shape")


@dataclass(frozen=True)
class Resolved:
    """A ruleset with its overlays applied and its fact model inside.

    `document` is the resolved document (its places name the files that its parts were written in), `digest`
    its digest. `builds_on` are the documents it was made from that a lock file pins: all but a project's
    own topmost one.
    """

    body: RulesetBody
    document: Document
    model: FactModel
    digest: str
    builds_on: tuple[Found, ...]


@dataclass
class _Reading:
    """A ruleset on its way to a resolved one; `problems` is what is wrong so far, each in its place."""

    catalogue: Catalogue
    lock: Lock | None
    problems: list[Problem] = field(default_factory=list)
    builds_on: list[Found] = field(default_factory=list)
    left_out: set[str] = field(default_factory=set)
    removed: dict[str, str] = field(default_factory=dict)

    def read(self, top: Found) -> Resolved:
        """Resolve a ruleset; raise DocumentError where nothing is left to go on with."""
        if not top.own:
            self.build_on(top, top.document, "")
        document, body = self.rules(top)
        model_document, model = self.model(document)
        whole = Document.resolved(
            {**document.value, "model": model_document.value},
            file=top.document.file,
            origins={"": (document, ""), "/model": (model_document, "")},
        )
        if body is None:
            whole, checked_body = self.checked(whole, check_resolved)
            body = checked_body
        called = called_operators(body, offered_operators())
        if called:
            operators = {name: offered_operators()[name] for name in called}
            whole = Document.resolved(
                {**whole.value, "operators": operators}, file=whole.file, origins={"": (whole, "")}
            )
        builds_on = {(found.name, found.version): found for found in self.builds_on}
        return Resolved(body, whole, model, digest(whole.value), tuple(builds_on.values()))

    def rules(self, top: Found) -> tuple[Document, RulesetBody | None]:
        """Return the ruleset with its overlays applied; its form where it has no overlay."""
        overlays: list[tuple[Document, RulesetOverlayDocument]] = []
        chain = [top]
        while chain[-1].kind == "ruleset-overlay":
            from fairlead.ruleset.overlay_document import check_ruleset_overlay

            overlays.append(self.checked(chain[-1].document, check_ruleset_overlay))
            self.extend(chain, overlays[-1][1].extends, RULESETS)
        document, body = self.checked(chain[-1].document, check_ruleset)
        for overlay, shape in reversed(overlays):
            before = document
            document = self.applied(before, overlay, shape)
            gone = set(_readable(before.value)) - set(_readable(document.value))
            self.removed.update(dict.fromkeys(gone, f"`{overlay.value['name']}`"))
        return document, None if overlays else body

    def model(self, ruleset: Document) -> tuple[Document, FactModel]:
        """Return the fact model that a ruleset names, with its overlays applied."""
        chain = [self.follow(DocumentReference(**ruleset.value["model"]), ruleset, "/model", FACT_MODELS)]
        try:
            while chain[-1].kind == "fact-model-overlay":
                from fairlead.facts.overlay_document import FactModelOverlay

                shape = check_shape(FactModelOverlay, chain[-1].document)
                self.extend(chain, shape.extends, FACT_MODELS)
            document = chain[-1].document
            key = (chain[0].name, chain[0].version)
            known = self.catalogue.models.get(key)
            if len(chain) > 1:
                from fairlead.facts.overlay import apply_overlay

                document = apply_overlay(*(found.document for found in reversed(chain)))
            model = known or FactModel.from_document(document)
            self.catalogue.models[key] = model
            gone = set(_facts(chain[-1].document.value)) - set(_facts(document.value))
            self.removed.update(dict.fromkeys(gone, f"`{model.name}`"))
            return document, model
        except DocumentError as error:
            raise DocumentError(_in_order([*self.problems, *error.problems])) from None

    def extend(self, chain: list[Found], reference: DocumentReference, kinds: tuple[str, ...]) -> None:
        """Put the document that the last of a chain extends at its end."""
        source = chain[-1].document
        below = self.follow(reference, source, "/extends", kinds)
        if any((found.name, found.version) == (below.name, below.version) for found in chain):
            names = " extends ".join(f"`{found.name}`" for found in [*chain, below])
            self.stop(
                source, Problem("cycle", f"overlays extend each other in a circle: {names}", "/extends")
            )
        chain.append(below)
        if len(chain) > LONGEST_CHAIN:
            message = f"more than {LONGEST_CHAIN} documents extend one another"
            self.stop(chain[0].document, Problem("chain-too-long", message, "/extends"))

    def follow(
        self, reference: DocumentReference, source: Document, pointer: str, kinds: tuple[str, ...]
    ) -> Found:
        """Return the document that `source` refers to at `pointer`; raise DocumentError for none."""
        try:
            found = self.catalogue.find(reference.name, reference.version, kinds)
        except UsageError as error:
            member = "version" if error.problems[0].code == "unknown-version" else "name"
            self.stop(
                source, *(replace(problem, pointer=f"{pointer}/{member}") for problem in error.problems)
            )
        self.build_on(found, source, pointer)
        return found

    def build_on(self, found: Found, source: Document, pointer: str) -> None:
        """Note that the result is made from a document, and check that it is the pinned one."""
        self.builds_on.append(found)
        problem = self.lock.check(found) if self.lock is not None else None
        if problem is not None:
            # a mismatch has its place in the lock file already
            placed = [problem] if problem.file else source.locate([replace(problem, pointer=pointer)])
            self.problems.extend(placed)

    def stop(self, source: Document, *problems: Problem) -> NoReturn:
        """Raise everything that is wrong so far."""
        raise DocumentError(_in_order([*self.problems, *source.locate(problems)]))

    def checked(self, document: Document, check: Callable[[Document], Shape]) -> tuple[Document, Shape]:
        """Return a document and its form.

        Where the form is wrong, the problems are noted, and what is left without the faulty parts is
        returned, so that this is checked further. Raises DocumentError where too little is left.
        """
        try:
            # without its places, so that pointers lead into the document itself
            return document, check(Document(document.value))
        except DocumentError as error:
            found = error.problems
        from fairlead.ruleset.salvage import salvage

        self.problems.extend(document.locate(found))
        rest = salvage(document, found)
        if rest is not None:
            with suppress(DocumentError):
                shape = check(Document(rest.document.value))
                self.left_out |= rest.names
                return rest.document, shape
        raise DocumentError(_in_order(self.problems))

    def applied(self, base: Document, overlay: Document, shape: RulesetOverlayDocument) -> Document:
        """Return what an overlay makes of `base`; changes that cannot be made are noted and left out."""
        from fairlead.ruleset.overlay import apply_overlay
        from fairlead.ruleset.overlay_document import check_ruleset_overlay
        from fairlead.ruleset.salvage import salvage

        bare = Document(overlay.value)
        try:
            apply_overlay(base, bare, shape)
        except DocumentError as error:
            self.problems.extend(overlay.locate(error.problems))
            rest = salvage(overlay, error.problems)
            if rest is None:
                raise DocumentError(_in_order(self.problems)) from None
            self.left_out |= rest.names
            overlay, shape = rest.document, check_ruleset_overlay(rest.document)
        try:
            return apply_overlay(base, overlay, shape)
        except DocumentError:
            raise DocumentError(_in_order(self.problems)) from None

    def explained(self, problem: Problem) -> Problem:
        """Return a problem with what only the whole reading knows.

        Of a name that an overlay removed its remedy says so; of an operator, plug-ins may have the nearest.
        """
        if problem.code == "unknown-operator" and problem.found is not None:
            return _among_offered(problem, problem.found)
        overlay = self.removed.get(problem.found or "")
        if problem.code != "unknown-fact" or overlay is None:
            return problem
        remedy = f"{overlay} removes it; keep it, or replace what reads it here as well"
        return replace(problem, nearest=None, remedy=remedy)


def _among_offered(problem: Problem, found: str) -> Problem:
    """Return the problem of an unknown operator with those of plug-ins among what is allowed."""
    offered = offered_operators()
    if found in offered:
        remedy = "an operator of a plug-in is called by the decisions of a ruleset alone"
        return replace(problem, allowed=(), nearest=None, remedy=remedy)
    if not offered:
        return problem
    allowed = tuple(dict.fromkeys((*problem.allowed, *offered)))
    return replace(problem, allowed=allowed, nearest=nearest_name(found, allowed))


def _readable(ruleset: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names of a ruleset's decisions and parameters."""
    yield from (decision["name"] for decision in ruleset["decisions"])
    yield from (f"{PARAMETERS}{name}" for name in ruleset.get("parameters") or ())


def _facts(model: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names of a model's facts and aggregates."""
    for name, entity in model["entities"].items():
        yield from (f"{name}.{short}" for key in ("facts", "aggregates") for short in entity.get(key) or ())


def _in_order(problems: Iterable[Problem]) -> list[Problem]:
    """Return the problems in the order of their places, each once."""
    first: dict[tuple[object, ...], Problem] = {}
    for problem in problems:
        place = (problem.code, problem.file, problem.line, problem.column, problem.pointer)
        first.setdefault(place, problem)
    return sorted(first.values(), key=lambda each: (each.file or "", each.line or 0, each.column or 0))


def find_ruleset(
    name_or_path: str | Path, catalogue: Catalogue, lock: Lock | None = None, version: str | None = None
) -> Found:
    """Return the document of a ruleset: by name, by `name@version`, or by its file (`….json`).

    Of a shipped ruleset that a project pins the pinned version is taken, else the current one. Raises
    UsageError and DocumentError.
    """
    if isinstance(name_or_path, Path) or name_or_path.endswith(".json"):
        found = catalogue.at_path(Path(name_or_path), RULESETS)
        if version is not None and found.version != version:
            message = f"the document in `{found.document.file}` has version {found.version}, not {version}"
            problem = Problem("unknown-version", message, found=version, allowed=(found.version,))
            raise UsageError([problem])
        return found
    name, written = split_version(name_or_path)
    version = version if version is not None else written
    if version is None and lock is not None and name in lock.pins:
        current = catalogue.find(name, kinds=RULESETS)
        return current if current.own else catalogue.find(name, lock.pins[name].version, RULESETS)
    return catalogue.find(name, version, RULESETS)


def resolve_found(top: Found, catalogue: Catalogue, lock: Lock | None = None) -> Resolved:
    """Return a ruleset with its overlays applied and its fact model inside.

    With a lock, everything it builds on must be what is pinned. Raises DocumentError with every problem of
    the documents' form and of how they fit together.
    """
    reading = _Reading(catalogue, lock)
    resolved = reading.read(top)
    if reading.problems:
        raise DocumentError(_in_order(reading.problems))
    return resolved


def resolve(
    name_or_path: str | Path, catalogue: Catalogue, lock: Lock | None = None, version: str | None = None
) -> Resolved:
    """Find a ruleset and resolve it: `find_ruleset`, then `resolve_found`."""
    return resolve_found(find_ruleset(name_or_path, catalogue, lock, version), catalogue, lock)


def build(top: Found, catalogue: Catalogue, lock: Lock | None = None) -> Ruleset:
    """Return the typed ruleset of a document.

    Raises DocumentError with every problem at once: also where the form of a part is wrong, the other parts
    are typed.
    """
    reading = _Reading(catalogue, lock)
    resolved = reading.read(top)
    # the digest takes 5.0 for 5, which not every place of a document does: the text tells them apart
    text = json.dumps(resolved.document.value)
    known = _BUILT.get(text)
    if known is not None and not reading.problems:
        return known
    try:
        ruleset = build_ruleset(resolved.body, resolved.document, resolved.model, resolved.digest)
    except DocumentError as error:
        # what names a part that was left out is no problem of its own
        typed = [
            reading.explained(problem) for problem in error.problems if problem.found not in reading.left_out
        ]
        raise DocumentError(_in_order([*reading.problems, *typed])) from None
    if reading.problems:
        raise DocumentError(_in_order(reading.problems))
    if len(_BUILT) >= _MOST_BUILT:
        _BUILT.clear()
    _BUILT[text] = ruleset
    return ruleset
