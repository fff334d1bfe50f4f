"""What changed between two versions of what a project runs on, in the order in which it matters.

Labels and mappings come first: a fact without labels that is read from the invoice's field would defeat
every proof. Then the facts themselves, parameters, rules and policy packs. All functions are over resolved
documents and return `Difference`s.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fairlead.ruleset.differences import (
    Difference,
    differences,
    member_differences,
    named_differences,
)

__all__ = [
    "SECTIONS",
    "ChangeSection",
    "document_change",
    "fact_changes",
    "in_sections",
    "label_changes",
    "mapping_changes",
    "pack_changes",
    "parameter_changes",
    "rule_changes",
    "ruleset_changes",
]

_Document = Mapping[str, Any]

#: what changes are listed under, in order
SECTIONS = {
    "labels": "labels: what facts reveal",
    "mapping": "mappings: where facts are read from",
    "facts": "facts",
    "parameters": "parameters",
    "rules": "rules",
    "packs": "policy packs",
}
#: the kinds of thing that a difference of the fact model is about
_OF_MODEL = frozenset({"fact model", "label", "entity", "fact", "aggregate", "link", "related list"})
#: what says of a fact which labels it has, and where they come from
_OF_LABELS = frozenset({"labels", "reviewed_by", "derived_from"})
#: what a record of these brings in or takes away carries labels as well
_LABELLED = frozenset({"entity", "fact", "aggregate"})
#: what an aggregate counts decides which labels reach it
_READS = frozenset({"of", "value", "where", "window", "function"})
_IDENTITY = frozenset({"fairlead", "kind", "name", "version"})


@dataclass(frozen=True)
class ChangeSection:
    """The changes of one kind; `key` is one of SECTIONS."""

    key: str
    changes: tuple[Difference, ...]

    @property
    def title(self) -> str:
        """What the section is about."""
        return SECTIONS[self.key]


def label_changes(old: _Document, new: _Document) -> list[Difference]:
    """Return what changed in what facts reveal: labels, who reviewed them, and what facts are derived from.

    Also facts and aggregates that come or go, and what an aggregate reads. `old` and `new` are resolved
    rulesets.
    """
    return [each for each in differences(old, new) if _is_label_change(each)]


def fact_changes(old: _Document, new: _Document) -> list[Difference]:
    """Return what else changed in the fact model of two resolved rulesets."""
    return [each for each in differences(old, new) if each.what in _OF_MODEL and not _is_label_change(each)]


def parameter_changes(old: _Document, new: _Document) -> list[Difference]:
    """Return which parameters of two resolved rulesets changed."""
    return [each for each in differences(old, new) if each.what == "parameter"]


def rule_changes(old: _Document, new: _Document) -> list[Difference]:
    """Return what changed in the decisions of two resolved rulesets, and in the rulesets themselves."""
    return [each for each in differences(old, new) if each.what not in _OF_MODEL and each.what != "parameter"]


def mapping_changes(old: _Document, new: _Document) -> list[Difference]:
    """Return what changed in where facts are read from; two mappings of a CRM, or two of an export."""
    before, after = _sources(old), _sources(new)
    found = list(named_differences(before, after, "fact"))
    apart = _IDENTITY | {"objects", "facts"}
    found += member_differences(old, new, "mapping", f"`{new['name']}`", apart)
    rest, other = ({name: _without_facts(part) for name, part in _objects(each)} for each in (old, new))
    found += named_differences(rest, other, "object")
    return found


def pack_changes(old: _Document, new: _Document) -> list[Difference]:
    """Return what changed between two versions of a policy pack: figures and obligations."""
    name = f"`{new['name']}`"
    found = list(
        named_differences(old.get("parameters") or {}, new.get("parameters") or {}, "figure", f" of {name}")
    )
    before, after = ({each["id"]: each for each in part["obligations"]} for part in (old, new))
    found += named_differences(before, after, "obligation", f" of {name}")
    apart = _IDENTITY | {"parameters", "obligations"}
    found += member_differences(old, new, "policy pack", name, apart)
    return found


def in_sections(found: Iterable[tuple[str, Iterable[Difference]]]) -> list[ChangeSection]:
    """Return changes by the key of their section, in the order of SECTIONS, each once, no section empty."""
    made: dict[str, dict[str, Difference]] = {key: {} for key in SECTIONS}
    for key, changes in found:
        # rulesets of one project share a fact model
        made[key].update((each.text, each) for each in changes)
    return [ChangeSection(key, tuple(listed.values())) for key, listed in made.items() if listed]


def ruleset_changes(old: _Document, new: _Document) -> Iterator[tuple[str, list[Difference]]]:
    """Yield the changes between two resolved rulesets with the key of their section."""
    yield "labels", label_changes(old, new)
    yield "facts", fact_changes(old, new)
    yield "parameters", parameter_changes(old, new)
    yield "rules", rule_changes(old, new)


def document_change(what: str, name: str, old: _Document | None, new: _Document | None) -> Difference:
    """Return that a whole document came or went; one of the two is None."""
    if old is None:
        return Difference("added", what, f"`{name}`", new=_version(new))
    return Difference("removed", what, f"`{name}`", old=_version(old))


def _version(document: _Document | None) -> str:
    return f"version {document['version']}" if document is not None else ""


def _is_label_change(difference: Difference) -> bool:
    if difference.what == "label":
        return True
    if difference.what not in _LABELLED:
        return False
    if difference.action != "changed" or difference.member in _OF_LABELS:
        return True
    return difference.what == "aggregate" and difference.member in _READS


def _objects(mapping: _Document) -> Iterator[tuple[str, _Document]]:
    yield from (mapping.get("objects") or {}).items()


def _sources(mapping: _Document) -> dict[str, Any]:
    """Return where each fact is read from: of an export's mapping as it stands, of a CRM's by object."""
    found = dict(mapping.get("facts") or {})
    for object_, part in _objects(mapping):
        for entity, embodied in part["entities"].items():
            for short, source in embodied["facts"].items():
                found[f"{entity}.{short}` of `{object_}"] = source
    return found


def _without_facts(part: _Document) -> dict[str, Any]:
    entities = {
        name: {key: value for key, value in each.items() if key != "facts"}
        for name, each in part["entities"].items()
    }
    return {**part, "entities": entities}
