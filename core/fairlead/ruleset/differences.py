"""What is different between two resolved rulesets, in words."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fairlead.documents.canonical import digest
from fairlead.ruleset.consistency import PAYING

__all__ = ["Difference", "as_text", "differences", "member_differences", "named_differences"]

#: lists whose items have an id, by the kind of item
_ITEMS = {"rows": "row", "groups": "group", "caps": "cap"}
#: the parts of an entity, by the kind of part
_ENTITY_PARTS = {"facts": "fact", "aggregates": "aggregate", "links": "link", "related": "related list"}
#: what says which document it is, and not what it does
_IDENTITY = frozenset({"fairlead", "kind", "name", "version", "lineage"})
_APART = frozenset({"decisions", "parameters", "model", "operators", *PAYING})

_Part = Mapping[str, Any]


@dataclass(frozen=True)
class Difference:
    """One thing that is `added`, `removed` or `changed`.

    `what` is the kind of thing (`row`, `parameter`, `decision`, `fact`, ...), `name` says which, `member` is
    the key that changed. `old` and `new` are the texts before and after.
    """

    action: str
    what: str
    name: str
    member: str | None = None
    old: str | None = None
    new: str | None = None

    @property
    def text(self) -> str:
        """The difference in a line of plain English."""
        subject = f"{self.what} {self.name}".strip()
        if self.action == "added":
            return f"{subject} added: {self.new}"
        if self.action == "removed":
            return f"{subject} removed: {self.old}"
        if self.old is None:
            return f"{subject}: {self.member} added: {self.new}"
        if self.new is None:
            return f"{subject}: {self.member} removed: {self.old}"
        return f"{subject}: {self.member} changed from {self.old} to {self.new}"

    def as_json(self) -> dict[str, str]:
        """Return the difference as a JSON object; absent members are left out."""
        members = {
            "action": self.action,
            "what": self.what,
            "name": self.name,
            "member": self.member,
            "old": self.old,
            "new": self.new,
            "text": self.text,
        }
        return {key: value for key, value in members.items() if value is not None}


def as_text(value: Any) -> str:
    """Return a part of a document as one line of text."""
    if isinstance(value, str):
        return f"“{value}”"
    return json.dumps(value, ensure_ascii=False)


def _optional_text(part: _Part, key: str) -> str | None:
    return as_text(part[key]) if key in part else None


def _same(old: Any, new: Any) -> bool:
    # not `==`: there true equals 1
    return digest(old) == digest(new)


def member_differences(
    old: _Part, new: _Part, what: str, name: str, apart: frozenset[str] = frozenset()
) -> Iterator[Difference]:
    """Yield what changed among the keys of one thing."""
    for key in [*old, *(key for key in new if key not in old)]:
        if key in apart or (key in old and key in new and _same(old[key], new[key])):
            continue
        yield Difference("changed", what, name, key, _optional_text(old, key), _optional_text(new, key))


def named_differences(
    old: Mapping[str, Any], new: Mapping[str, Any], what: str, suffix: str = ""
) -> Iterator[Difference]:
    """Yield what changed among things that have names."""
    for key, part in old.items():
        name = f"`{key}`{suffix}"
        if key not in new:
            yield Difference("removed", what, name, old=as_text(part))
        elif isinstance(part, Mapping) and isinstance(new[key], Mapping):
            yield from member_differences(part, new[key], what, name)
        elif not _same(part, new[key]):
            yield Difference("changed", what, name, "text", as_text(part), as_text(new[key]))
    for key, part in new.items():
        if key not in old:
            yield Difference("added", what, f"`{key}`{suffix}", new=as_text(part))


def _by(items: Any, key: str) -> dict[str, _Part]:
    return {item[key]: item for item in items or ()}


def _order(old: Mapping[str, Any], new: Mapping[str, Any], what: str, name: str) -> Iterator[Difference]:
    before = [key for key in old if key in new]
    after = [key for key in new if key in old]
    if before != after:
        yield Difference("changed", what, name, "order", ", ".join(before), ", ".join(after))


def _decisions(old: Mapping[str, _Part], new: Mapping[str, _Part]) -> Iterator[Difference]:
    for name, decision in old.items():
        if name not in new:
            yield Difference("removed", "decision", f"`{name}`", old=as_text(decision))
            continue
        other = new[name]
        if decision["kind"] != other["kind"]:
            kinds = decision["kind"], other["kind"]
            yield Difference("changed", "decision", f"`{name}`", "kind", *kinds)
            continue
        yield from member_differences(decision, other, "decision", f"`{name}`", frozenset(_ITEMS))
        for key, what in _ITEMS.items():
            before, after = _by(decision.get(key), "id"), _by(other.get(key), "id")
            yield from named_differences(before, after, what, f" of `{name}`")
            if key == "rows":
                yield from _order(before, after, "rows of", f"`{name}`")
    for name, decision in new.items():
        if name not in old:
            yield Difference("added", "decision", f"`{name}`", new=as_text(decision))


def _paying(what: str, old: _Part | None, new: _Part | None) -> Iterator[Difference]:
    if old is not None and new is not None:
        yield from member_differences(old, new, what, "")
    elif old is not None:
        yield Difference("removed", what, "", old=as_text(old))
    elif new is not None:
        yield Difference("added", what, "", new=as_text(new))


def _model(old: _Part, new: _Part) -> Iterator[Difference]:
    names = [f"`{model['name']}` {model['version']}" for model in (old, new)]
    if names[0] != names[1]:
        yield Difference("changed", "fact model", "", "document", *names)
    yield from named_differences(old.get("labels", {}), new.get("labels", {}), "label")
    for entity, part in old["entities"].items():
        other = new["entities"].get(entity)
        if other is None:
            yield Difference("removed", "entity", f"`{entity}`", old=as_text(part))
            continue
        yield from member_differences(part, other, "entity", f"`{entity}`", frozenset(_ENTITY_PARTS))
        for key, what in _ENTITY_PARTS.items():
            before, after = (
                {f"{entity}.{short}": value for short, value in each.get(key, {}).items()}
                for each in (part, other)
            )
            yield from named_differences(before, after, what)
    for entity, part in new["entities"].items():
        if entity not in old["entities"]:
            yield Difference("added", "entity", f"`{entity}`", new=as_text(part))


def differences(old: _Part, new: _Part) -> list[Difference]:
    """Return what is different between two resolved ruleset documents, in document order.

    Names, versions and lineage are left out: they say which document it is, not what it does.
    """
    found = list(member_differences(old, new, "ruleset", "", _IDENTITY | _APART))
    found.extend(named_differences(old.get("parameters", {}), new.get("parameters", {}), "parameter"))
    found.extend(named_differences(old.get("operators", {}), new.get("operators", {}), "operator"))
    before, after = _by(old["decisions"], "name"), _by(new["decisions"], "name")
    found.extend(_decisions(before, after))
    for key in PAYING:
        found.extend(_paying(key, old.get(key), new.get(key)))
    found.extend(_model(old["model"], new["model"]))
    return found
