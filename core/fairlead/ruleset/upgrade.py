"""Upgrading a project to the current versions of what it builds on.

A plan is made from the project's own documents as they would be; applying it writes those texts and the
lock. A dry run is a plan that is not applied.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from json import JSONDecoder
from pathlib import Path
from typing import Any

from fairlead.documents.found import found_text
from fairlead.documents.positions import offsets
from fairlead.problems import DocumentError, Problem, UsageError, nearest_name
from fairlead.ruleset.catalogue import FACT_MODELS, RULESETS, Catalogue, Found, version_order
from fairlead.ruleset.consistency import PAYING
from fairlead.ruleset.differences import Difference, as_text, differences
from fairlead.ruleset.document import Pin
from fairlead.ruleset.lock import Lock, pin, write_lock, write_text
from fairlead.ruleset.resolve import Resolved, resolve_found

__all__ = [
    "Edit",
    "OverlayNote",
    "PinChange",
    "RulesetUpgrade",
    "UpgradePlan",
    "apply_upgrade",
    "current_pins",
    "plan_upgrade",
]


@dataclass(frozen=True)
class Edit:
    """A version that is rewritten in one of the project's own documents."""

    path: Path
    name: str
    pointer: str
    refers_to: str
    old: str
    new: str


@dataclass(frozen=True)
class PinChange:
    """A pin that is added (`old` None), removed (`new` None) or changed."""

    name: str
    old: Pin | None
    new: Pin | None

    @property
    def is_edit(self) -> bool:
        """Whether the document is another one under the version that was pinned."""
        return self.old is not None and self.new is not None and self.old.version == self.new.version


@dataclass(frozen=True)
class OverlayNote:
    """A change of an overlay that meets something new in what it extends.

    `case` is `vanished` (what it changes is gone), `taken` (what it adds is there already) or `changed`
    (what it replaces or removes is no longer what it was). `old` and `new` are the texts of that thing in
    the extended document before and after; `nearest` is the nearest id that is there now and `nearest_text`
    its text.
    """

    overlay: str
    pointer: str
    case: str
    what: str
    id: str
    old: str | None
    new: str | None
    nearest: str | None = None
    nearest_text: str | None = None

    @property
    def text(self) -> str:
        """The note in a line of plain English."""
        subject = f"`{self.id}`" if self.what == self.id else f"{self.what} `{self.id}`"
        if self.case == "vanished":
            hint = f"; the nearest is {self.nearest_text}" if self.nearest_text is not None else ""
            return f"{subject}, which the overlay changes, is gone: it was {self.old}{hint}"
        if self.case == "taken":
            return f"{subject}, which the overlay adds, is there already: {self.new}"
        return f"{subject}, which the overlay changes, was {self.old} and is now {self.new}"

    def as_json(self) -> dict[str, str]:
        """Return the note as a JSON object; absent members are left out."""
        members = {
            "overlay": self.overlay,
            "pointer": self.pointer,
            "case": self.case,
            "what": self.what,
            "id": self.id,
            "old": self.old,
            "new": self.new,
            "nearest": self.nearest,
            "nearest_text": self.nearest_text,
            "text": self.text,
        }
        return {key: value for key, value in members.items() if value is not None}


@dataclass(frozen=True)
class RulesetUpgrade:
    """What an upgrade changes in one ruleset: its differences, and why it cannot be made where it cannot.

    `before` are the problems because of which the old version could not be compared.
    """

    name: str
    differences: tuple[Difference, ...]
    notes: tuple[OverlayNote, ...]
    problems: tuple[Problem, ...]
    before: tuple[Problem, ...]


@dataclass(frozen=True)
class UpgradePlan:
    """What an upgrade would do: `texts` are whole new texts by file, `pins` the whole new lock."""

    edits: tuple[Edit, ...]
    texts: Mapping[Path, str]
    pins: Mapping[str, Pin]
    pin_changes: tuple[PinChange, ...]
    rulesets: tuple[RulesetUpgrade, ...]

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Why the upgrade cannot be made, located in the documents as they would be."""
        return tuple(dict.fromkeys(problem for each in self.rulesets for problem in each.problems))

    @property
    def edited(self) -> tuple[PinChange, ...]:
        """The documents that were edited after they were pinned, without a new version."""
        return tuple(change for change in self.pin_changes if change.is_edit)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do."""
        return not self.texts and not self.pin_changes


def plan_upgrade(catalogue: Catalogue, lock: Lock, names: Iterable[str] = ()) -> UpgradePlan:
    """Return what bringing a project to the current versions would change.

    `catalogue` has the project's folders; `names` are the shipped rulesets that the project runs as they
    are. Raises DocumentError where a document of the project cannot be read.
    """
    edits = [edit for found in catalogue.own(RULESETS + FACT_MODELS) for edit in _edits(found, catalogue)]
    texts = _rewritten(edits)
    later = catalogue.with_edits(texts)
    rulesets = []
    builds_on: list[Found] = []
    for found, old in _tops(later, catalogue, lock, names):
        upgraded, resolved = _compared(found, old, later, catalogue)
        rulesets.append(upgraded)
        builds_on.extend(resolved.builds_on if resolved is not None else ())
    builds_on.extend(_built_on_by_others(later, names))
    pins = pin(builds_on)
    changed = [
        PinChange(name, lock.pins.get(name), pins.get(name))
        for name in sorted({*lock.pins, *pins})
        if lock.pins.get(name) != pins.get(name)
    ]
    return UpgradePlan(tuple(edits), texts, pins, tuple(changed), tuple(rulesets))


def apply_upgrade(plan: UpgradePlan, lock_path: Path, *, dry_run: bool = False) -> None:
    """Write what a plan says: the project's documents, then the lock; nothing with `dry_run`.

    Raises DocumentError, before anything is written, where the plan has problems.
    """
    if plan.problems:
        raise DocumentError(plan.problems)
    if dry_run:
        return
    for path, text in plan.texts.items():
        write_text(path, text)
    if plan.pin_changes or not lock_path.exists():
        write_lock(lock_path, plan.pins)


def current_pins(catalogue: Catalogue, names: Iterable[str] = ()) -> dict[str, Pin]:
    """Return the pins of a project as its documents stand, without upgrading them. Raises DocumentError."""
    builds_on: list[Found] = []
    for found in catalogue.own(RULESETS):
        builds_on.extend(resolve_found(found, catalogue).builds_on)
    return pin([*builds_on, *_built_on_by_others(catalogue, names)])


def _edits(found: Found, catalogue: Catalogue) -> Iterable[Edit]:
    """Yield the versions in a document that are older than the current one of what they refer to."""
    for key in ("extends", "model"):
        reference = found.document.value.get(key)
        if not isinstance(reference, dict):
            continue
        name, version = reference.get("name"), reference.get("version")
        if not isinstance(name, str) or not isinstance(version, str):
            continue
        try:
            current = catalogue.find(name).version
            newer = version_order(current) > version_order(version)
        except (UsageError, ValueError):
            # the resolution says what is wrong with the reference
            continue
        if newer:
            yield Edit(found.path, found.name, f"/{key}/version", name, version, current)


def _rewritten(edits: Iterable[Edit]) -> dict[Path, str]:
    """Return the files' texts with the versions in place and every other character as it was."""
    texts: dict[Path, str] = {}
    for edit in edits:
        text = texts[edit.path] if edit.path in texts else edit.path.read_bytes().decode("utf-8")
        start = offsets(text.removeprefix("\ufeff"), [edit.pointer])[edit.pointer][0]
        start += text.startswith("\ufeff")
        _, end = JSONDecoder().raw_decode(text, start)
        texts[edit.path] = f'{text[:start]}"{edit.new}"{text[end:]}'
    return texts


def _tops(
    later: Catalogue, catalogue: Catalogue, lock: Lock, names: Iterable[str]
) -> Iterable[tuple[Found, Found | None]]:
    """Yield (the ruleset to be, the ruleset that is) for all that a project runs."""
    own = {found.name: found for found in catalogue.own(RULESETS)}
    for found in later.own(RULESETS):
        yield found, own.get(found.name)
    for name in sorted(set(names) - set(own)):
        pinned = lock.pins.get(name)
        old = None
        if pinned is not None and pinned.version in catalogue.versions(name):
            old = catalogue.find(name, pinned.version, RULESETS)
        yield later.find(name, kinds=RULESETS), old


def _compared(
    found: Found, old: Found | None, later: Catalogue, catalogue: Catalogue
) -> tuple[RulesetUpgrade, Resolved | None]:
    before = after = None
    problems: tuple[Problem, ...] = ()
    unread: tuple[Problem, ...] = ()
    try:
        after = resolve_found(found, later)
    except DocumentError as error:
        problems = tuple(error.problems)
    try:
        before = resolve_found(old, catalogue) if old is not None else None
    except DocumentError as error:
        unread = tuple(error.problems)
    different: list[Difference] = []
    if before is not None and after is not None:
        different = differences(before.document.value, after.document.value)
    notes = _notes(found, old, later, catalogue) if old is not None else ()
    return RulesetUpgrade(found.name, tuple(different), tuple(notes), problems, unread), after


def _built_on_by_others(catalogue: Catalogue, names: Iterable[str]) -> Iterable[Found]:
    """Yield what older versions build on: a project's own, and all versions of what it runs as shipped."""
    own = {found.name: found.version for found in catalogue.own(RULESETS)}
    for name in sorted({*own, *names}):
        for version in catalogue.versions(name):
            if own.get(name) != version:
                older = catalogue.find(name, version, RULESETS)
                yield from resolve_found(older, catalogue).builds_on


# what an overlay's changes meet


def _base(found: Found, catalogue: Catalogue) -> dict[str, Any] | None:
    """Return the resolved document that an overlay extends."""
    reference = found.document.value.get("extends")
    try:
        below = catalogue.find(reference["name"], reference["version"], RULESETS)
        value: dict[str, Any] = resolve_found(below, catalogue).document.value
    except (UsageError, DocumentError, TypeError, KeyError):
        return None
    return value


def _notes(found: Found, old: Found, later: Catalogue, catalogue: Catalogue) -> Iterable[OverlayNote]:
    if found.kind != "ruleset-overlay" or found.document.value.get("extends") == old.document.value.get(
        "extends"
    ):
        return []
    before, after = _base(old, catalogue), _base(found, later)
    changes = found.document.value.get("changes")
    if before is None or after is None or not isinstance(changes, list):
        return []
    notes = []
    for index, change in enumerate(changes):
        note = _note(change, before, after) if isinstance(change, dict) else None
        if note is not None:
            case, what, name, pointer, nearest = note
            notes.append(
                OverlayNote(
                    overlay=found.name,
                    pointer=f"/changes/{index}{pointer}",
                    case=case,
                    what=what,
                    id=name,
                    old=_text(_things(before, change, what).get(name)),
                    new=_text(_things(after, change, what).get(name)),
                    nearest=nearest,
                    nearest_text=_text(_things(after, change, what).get(nearest or "")),
                )
            )
    return notes


def _text(value: Any) -> str | None:
    return as_text(value) if value is not None else None


def _things(base: Mapping[str, Any], change: Mapping[str, Any], what: str) -> dict[str, Any]:
    """Return the things by id among which a change looks for its own."""
    decisions = {decision["name"]: decision for decision in base["decisions"]}
    if what == "decision":
        return decisions
    if what == "parameter":
        return dict(base.get("parameters", {}))
    if what in PAYING:
        # there is one of each: it has no other name
        return {what: base[what]} if base.get(what) is not None else {}
    decision = decisions.get(str(change.get("decision")), {})
    return {item["id"]: item for item in decision.get(f"{what}s", ())}


def _note(
    change: Mapping[str, Any], before: Mapping[str, Any], after: Mapping[str, Any]
) -> tuple[str, str, str, str, str | None] | None:
    """Return (case, what, id, pointer below the change, nearest id), or None where all is as before."""
    what = str(change.get("what"))
    own, place = (what, "/what") if what in PAYING else (change.get("id"), "/id")
    looked_up = [(what, own, place)]
    if "decision" in change:
        looked_up.insert(0, ("decision", change["decision"], "/decision"))
    position = change.get("position")
    if isinstance(position, dict):
        looked_up.extend((what, name, f"/position/{key}") for key, name in position.items())
    for kind, name, pointer in looked_up:
        old, new = _things(before, change, kind), _things(after, change, kind)
        if isinstance(name, str) and name in old and name not in new:
            return "vanished", kind, name, pointer, nearest_name(found_text(name), new)
    value = change.get("value")
    if change.get("action") == "add":
        name = own or (value.get("name") or value.get("id") if isinstance(value, dict) else None)
        if name in _things(after, change, what) and name not in _things(before, change, what):
            return "taken", what, str(name), "/value", None
        return None
    name = str(own)
    was, now = _things(before, change, what).get(name), _things(after, change, what).get(name)
    return ("changed", what, name, place, None) if was != now else None
