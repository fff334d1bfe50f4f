"""Proposing a mapping: the connector's default one, fitted to what an account has. Nothing is guessed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from fairlead.documents.json_text import Document
from fairlead.documents.positions import split_pointer
from fairlead.facts.types import OneOfType
from fairlead.plugins.fields import ObjectInfo, Option
from fairlead.problems import Problem, UsageError
from fairlead.sync.fields import own_fields
from fairlead.sync.mapping import RECORD, CrmMapping
from fairlead.sync.session import Session, failing_calls

__all__ = ["LeftOut", "Proposal", "Unfilled", "propose"]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What the default mapping reads and the proposal does not: an object, entity or fact, and why."""

    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Unfilled:
    """Option values of a field that are read as absent until a person says what they mean for a fact."""

    object: str
    field: str
    fact: str
    options: tuple[Option, ...]


@dataclass
class Proposal:
    """A mapping document for one account, and what a person should look at."""

    document: dict[str, Any]
    left_out: list[LeftOut] = field(default_factory=list)
    unfilled: list[Unfilled] = field(default_factory=list)
    notes: list[Problem] = field(default_factory=list)


def propose(session: Session) -> Proposal:
    """Fit the session's mapping to its account and return the outcome; nothing is written.

    Facts whose fields the account lacks, or has in a kind that cannot be read, are left out, but for fields
    of ours: those are provisioned. Option values that nothing maps are added as absent. Raises UsageError
    where the account cannot be asked.
    """
    with failing_calls():
        described = {each.name: each for each in session.connector.describe(session.mapping.described)}
    maker = _Maker(session, described)
    maker.leave_out()
    maker.fill()
    maker.look()
    # whatever was left out, what is proposed fits the model
    CrmMapping(Document(maker.proposal.document), maker.model, session.project.zone)
    return maker.proposal


class _Maker:
    def __init__(self, session: Session, described: Mapping[str, ObjectInfo]) -> None:
        self._mapping = session.mapping
        self._described = described
        self._is_ours: Callable[[str], bool] = own_fields(session.connector.field_name)
        plan = session.plan(session.clock(), draft=True)
        self.model = plan.model
        document = session.mapping.document.model_dump(mode="json", exclude_unset=True)
        decided = [name for each in plan.programs for name in each.decisions]
        if "overrides" in document:
            document["overrides"] = [
                each
                for each in document["overrides"]
                if (each if isinstance(each, str) else each["decision"]) in decided
            ]
        self.proposal = Proposal({**document, "name": f"mappings/{session.info.name}", "version": "1.0.0"})

    @property
    def _objects(self) -> dict[str, Any]:
        objects: dict[str, Any] = self.proposal.document["objects"]
        return objects

    def leave_out(self) -> None:
        """Take out what the account does not have."""
        for problem in self._mapping.kind_problems(list(self._described.values())):
            place = split_pointer(problem.pointer)
            if place[2:3] == ["after_conversion"]:
                self._leave_out_conversion(place[1], problem.message)
            elif place[2:3] == ["same_person"]:
                self._leave_out_told_by(place[1], place[3], str(problem.found), problem.message)
            elif problem.code == "unknown-object":
                self._leave_out_object(place[1], problem)
            else:
                self._leave_out_fact(place[1], place[3], place[5], problem)
        for name, part in self._objects.items():
            for entity in [entity for entity in part["entities"] if self._is_never_there(name, entity)]:
                del part["entities"][entity]
                why = f"`{name}` has none of the fields that tell that it is there"
                self.proposal.left_out.append(LeftOut(f"{name}: {entity}", why))
            for each in part["entities"].values():
                if each.get("present"):
                    each["present"] = [field for field in each["present"] if self._has(name, field)]
                links = each.get("links", {})
                for link in [link for link, through in links.items() if not self._leads(part, each, link)]:
                    del links[link]
        for name in [name for name, part in self._objects.items() if not part["entities"]]:
            del self._objects[name]
        for name, part in self._objects.items():
            after = part.get("after_conversion")
            if after is not None and not set(after["entities"]) <= set(part["entities"]):
                self._leave_out_conversion(name, f"`{name}` does not embody what would go there")
        if not self._objects:
            message = "the account has none of the objects that the default mapping reads"
            remedy = "give the integration user access to them, or write a mapping"
            raise UsageError([Problem("unknown-object", message, remedy=remedy)])
        codes = self.proposal.document.get("tracking_code")
        if codes is not None and not {"lead", "partner"} <= self._entities():
            del self.proposal.document["tracking_code"]

    def _leave_out_object(self, name: str, problem: Problem) -> None:
        self.proposal.left_out.append(LeftOut(name, problem.message))
        del self._objects[name]
        for part in self._objects.values():
            links = part.get("links", {})
            for link in [link for link, target in links.items() if target["object"] == name]:
                del links[link]

    def _leave_out_conversion(self, name: str, why: str) -> None:
        del self._objects[name]["after_conversion"]
        self.proposal.left_out.append(LeftOut(f"{name}: results of converted records", why))

    def _leave_out_told_by(self, name: str, kind: str, field_name: str, why: str) -> None:
        told_by = self._objects[name].get("same_person", {})
        if kind in ("name", "born"):
            gone = [told_by.pop(each, None) for each in ("name", "born")]
            if gone == [None, None]:
                # another field of the two was missing as well
                return
        else:
            told_by[kind].remove(field_name)
            if not told_by[kind]:
                del told_by[kind]
        if not told_by:
            del self._objects[name]["same_person"]
        self.proposal.left_out.append(LeftOut(f"{name}: people told by `{field_name}`", why))

    def _leave_out_fact(self, name: str, entity: str, short: str, problem: Problem) -> None:
        facts = self._objects[name]["entities"][entity]["facts"]
        source = facts.get(short)
        if source is None:
            # its amount was missing, and its currency is too
            return
        lacking = str(problem.found) if problem.code == "unknown-field" else source.get("field")
        if lacking is None or self._is_ours(lacking):
            return
        if lacking in source.get("fields", ()) and len(source["fields"]) > 1:
            source["fields"].remove(lacking)
            return
        del facts[short]
        self.proposal.left_out.append(LeftOut(f"{name}: {entity}.{short}", problem.message))

    def _is_never_there(self, name: str, entity: str) -> bool:
        present = self._objects[name]["entities"][entity].get("present")
        return present is not None and not any(self._has(name, each) for each in present)

    def _has(self, object_: str, name: str) -> bool:
        return self._is_ours(name) or self._described[object_].field(name) is not None

    def _leads(self, part: Mapping[str, Any], entity_part: Mapping[str, Any], link: str) -> bool:
        """Tell whether a link of an entity still leads anywhere."""
        through = entity_part["links"][link]
        if through != RECORD:
            return through in part.get("links", {})
        entity = next(name for name, each in part["entities"].items() if each is entity_part)
        return self.model.entities[entity].links[link].entity in part["entities"]

    def _entities(self) -> set[str]:
        return {entity for part in self._objects.values() for entity in part["entities"]}

    def fill(self) -> None:
        """Add the option values that nothing maps as absent, so that none is refused in silence later."""
        for name, entity, short, source in self._sources():
            described = self._described[name].field(source.get("field") or "")
            if described is None or not described.options:
                continue
            values = self._known(entity, short, source)
            if values is None:
                continue
            left = tuple(option for option in described.options if option.value not in values)
            if left:
                source["values"] = {**values, **dict.fromkeys(option.value for option in left)}
                fact = f"{entity}.{short}"
                self.proposal.unfilled.append(Unfilled(name, described.name, fact, left))

    def _known(self, entity: str, short: str, source: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return what option values mean already; None where any text is a value of the fact."""
        if "values" in source:
            return dict(source["values"])
        type_ = self.model.entities[entity].facts[short].type
        return {value: value for value in type_.values} if isinstance(type_, OneOfType) else None

    def _sources(self) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
        for name, part in self._objects.items():
            for entity, each in part["entities"].items():
                for short, source in each["facts"].items():
                    yield name, entity, short, source

    def look(self) -> None:
        """Note filters that the account cannot fulfil: without them, other records would be read."""
        for name, part in self._objects.items():
            only = part.get("only")
            if only is None:
                continue
            described = self._described[name].field(only["field"])
            options = [option.value for option in described.options] if described is not None else []
            missing = [value for value in only["values"] if options and value not in options]
            if described is None or missing:
                said = f"`{name}` is read only where `{only['field']}` is {_listed(only['values'])}, and "
                lacks = "has no such field" if described is None else f"has no option {_listed(missing)}"
                self.proposal.notes.append(
                    Problem(
                        "unknown-field" if described is None else "unknown-option",
                        f"{said}the account {lacks}",
                        found=only["field"],
                        remedy=f"say in `only` of `{name}` which records are meant",
                    )
                )


def _listed(values: Iterable[object]) -> str:
    return " or ".join(f"`{value}`" for value in values)
