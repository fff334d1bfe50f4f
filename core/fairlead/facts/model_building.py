"""From the document of a fact model to the model, with every problem of the document at once."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from fairlead.documents.canonical import digest
from fairlead.documents.json_text import Document
from fairlead.documents.positions import join_pointer
from fairlead.documents.shapes import check_shape
from fairlead.facts.document import (
    AggregateDeclaration,
    EntityDeclaration,
    FactDeclaration,
    FactModelDocument,
    RollingWindow,
)
from fairlead.facts.model import Aggregate, Entity, Fact, FactModel, Link, Related, Window
from fairlead.facts.types import (
    BOOLEAN,
    INT64_HIGH,
    MAX_DIGITS,
    DateTimeType,
    DateType,
    DecimalType,
    IntegerType,
    MoneyType,
    Type,
)
from fairlead.problems import DocumentError, Problem, nearest_name

__all__ = ["build"]

#: names that expressions use for other things than records
_RESERVED = frozenset({"as_of", "as_of_date", "parameters"})

#: the digits that adding up makes room for: more records than fit into memory
_DIGITS_OF_A_SUM = 10

_Entities = dict[str, EntityDeclaration]


@lru_cache(maxsize=8)
def build(document: Document) -> FactModel:
    """Return the model of a document, the same each time; raise DocumentError with every problem."""
    shape = check_shape(FactModelDocument, document)
    builder = _Builder(shape)
    model = FactModel(
        name=shape.name,
        version=shape.version,
        title=shape.title,
        about=shape.about,
        labels=shape.labels,
        entities={name: builder.entity(name) for name in shape.entities},
        document=document.value,
        digest=digest(document.value),
    )
    if not builder.problems:
        builder.check_cycles(model)
    if builder.problems:
        raise DocumentError(document.locate(builder.problems))
    return model


class _Builder:
    def __init__(self, shape: FactModelDocument) -> None:
        self._labels = shape.labels
        self._entities: _Entities = shape.entities
        self._link_targets: dict[str, str] = {}
        self._known_facts = [
            f"{name}.{short}"
            for name, entity in shape.entities.items()
            for short in (*entity.facts, *entity.aggregates)
        ]
        self.problems: list[Problem] = []

    def _problem(
        self,
        code: str,
        message: str,
        path: Iterable[str | int],
        *,
        found: str | None = None,
        allowed: Iterable[str] = (),
        remedy: str | None = None,
    ) -> None:
        names = tuple(allowed)
        nearest = nearest_name(found, names) if found is not None and names else None
        self.problems.append(
            Problem(
                code, message, join_pointer(path), found=found, allowed=names, nearest=nearest, remedy=remedy
            )
        )

    def entity(self, name: str) -> Entity:
        """Return one entity and note what is wrong with it."""
        declared = self._entities[name]
        path = ("entities", name)
        if name in _RESERVED:
            self._problem("bad-name", f"the name `{name}` is reserved", path, found=name)
        self._check_distinct(declared, path)
        identity = declared.facts.get("id")
        if identity is None or identity.type != "text":
            message = f"the entity `{name}` has no text fact `id`"
            self._problem("missing-id-fact", message, (*path, "facts"), remedy="add the fact `id`")
        return Entity(
            name=name,
            title=declared.title,
            description=declared.description,
            links={short: self._link(name, short) for short in declared.links},
            related={short: self._related(name, short) for short in declared.related},
            facts={
                short: self._fact(name, short, declaration) for short, declaration in declared.facts.items()
            },
            aggregates={
                short: self._aggregate(name, short, declaration)
                for short, declaration in declared.aggregates.items()
            },
        )

    def _check_distinct(self, declared: EntityDeclaration, path: tuple[str, ...]) -> None:
        seen: dict[str, str] = {}
        for kind in ("facts", "aggregates", "links", "related"):
            for short in getattr(declared, kind):
                if short in seen:
                    message = f"the name `{short}` is already taken in `{seen[short]}`"
                    self._problem("duplicate-name", message, (*path, kind, short), found=short)
                seen.setdefault(short, kind)

    def _check_entity(self, name: str, path: tuple[str, ...]) -> bool:
        if name in self._entities:
            return True
        message = f"the entity `{name}` is not in the model"
        self._problem("unknown-entity", message, path, found=name, allowed=self._entities)
        return False

    def _link(self, entity: str, short: str) -> Link:
        declared = self._entities[entity].links[short]
        path = ("entities", entity, "links", short)
        self._check_entity(declared.entity, (*path, "entity"))
        if short in _RESERVED:
            self._problem("bad-name", f"the name `{short}` is reserved", path, found=short)
        # a record has one place for each key, so a key can stand for one entity only
        if short == entity:
            message = f"the link `{short}` has the name of its own entity"
            self._problem("ambiguous-name", message, path, found=short, remedy="rename the link")
        elif short in self._entities and declared.entity != short:
            message = f"the link `{short}` leads to `{declared.entity}` and not to the entity `{short}`"
            self._problem("ambiguous-name", message, path, found=short, remedy="rename the link")
        elif self._link_targets.setdefault(short, declared.entity) != declared.entity:
            other = self._link_targets[short]
            message = f"the link `{short}` leads to `{declared.entity}` here and to `{other}` elsewhere"
            self._problem("ambiguous-name", message, path, found=short, remedy="rename one of the links")
        return Link(short, declared.entity, declared.description)

    def _related(self, entity: str, short: str) -> Related:
        declared = self._entities[entity].related[short]
        path = ("entities", entity, "related", short)
        if self._check_entity(declared.entity, (*path, "entity")):
            links = self._entities[declared.entity].links
            if declared.link not in links:
                message = f"the entity `{declared.entity}` has no link `{declared.link}`"
                self._problem("unknown-link", message, (*path, "link"), found=declared.link, allowed=links)
            elif links[declared.link].entity != entity:
                message = (
                    f"the link `{declared.link}` of `{declared.entity}` leads to "
                    f"`{links[declared.link].entity}`, not back to `{entity}`"
                )
                self._problem("wrong-link", message, (*path, "link"), found=declared.link)
        return Related(short, declared.entity, declared.link, declared.description)

    def _checked_labels(self, labels: list[str], path: tuple[str, ...]) -> tuple[str, ...]:
        for index, label in enumerate(labels):
            if label not in self._labels:
                message = f"the label `{label}` is not declared"
                self._problem(
                    "unknown-label", message, (*path, "labels", index), found=label, allowed=self._labels
                )
        return tuple(dict.fromkeys(labels))

    def _fact(self, entity: str, short: str, declared: FactDeclaration) -> Fact:
        path = ("entities", entity, "facts", short)
        for index, parent in enumerate(declared.derived_from):
            if parent not in self._known_facts:
                message = f"the fact `{parent}` is not in the model"
                self._problem(
                    "unknown-fact",
                    message,
                    (*path, "derived_from", index),
                    found=parent,
                    allowed=self._known_facts,
                )
        low, high = declared.bounds()
        return Fact(
            name=f"{entity}.{short}",
            type=declared.to_type(),
            low=low,
            high=high,
            title=declared.title,
            description=declared.description,
            labels=self._checked_labels(declared.labels, path),
            reviewed_by=declared.reviewed_by,
            derived_from=tuple(dict.fromkeys(declared.derived_from)),
            known_at_decision=declared.known_at_decision,
        )

    def _aggregate(self, entity: str, short: str, declared: AggregateDeclaration) -> Aggregate:
        path = ("entities", entity, "aggregates", short)
        related = self._entities[entity].related
        record = related[declared.of].entity if declared.of in related else ""
        if not record:
            message = f"the entity `{entity}` has no related list `{declared.of}`"
            self._problem("unknown-related", message, (*path, "of"), found=declared.of, allowed=related)
        window = None
        if declared.window is not None:
            rolling = declared.window if isinstance(declared.window, RollingWindow) else None
            window = Window(
                kind=declared.window.kind,
                unit=None if isinstance(declared.window, RollingWindow) else declared.window.unit,
                days=rolling.days if rolling else None,
                months=rolling.months if rolling else None,
                on=declared.window.on,
            )
            on_type = self._related_type(record, window.on, (*path, "window", "on"))
            if on_type is not None and not isinstance(on_type, DateType):
                message = f"a window needs a date; `{window.on}` is {on_type}"
                self._problem("wrong-fact-type", message, (*path, "window", "on"), found=window.on)
        value_type = None
        if declared.value is not None:
            value_type = self._related_type(record, declared.value, (*path, "value"))
        return Aggregate(
            name=f"{entity}.{short}",
            type=self._aggregate_type(declared, value_type, path),
            title=declared.title,
            description=declared.description,
            labels=self._checked_labels(declared.labels, path),
            reviewed_by=declared.reviewed_by,
            function=declared.function,
            of=declared.of,
            record=record,
            value=declared.value,
            where=declared.where,
            window=window,
            pointer=join_pointer(path),
        )

    def _related_type(self, record: str, name: str, path: tuple[str, ...]) -> Type | None:
        """Return the type of a fact of the related entity, or None after noting that there is none."""
        if record not in self._entities:
            return None
        facts = self._entities[record].facts
        prefix, _, short = name.partition(".")
        if prefix == record and short in facts:
            return facts[short].to_type()
        self._problem(
            "unknown-fact",
            f"`{name}` is not a fact of `{record}`",
            path,
            found=name,
            allowed=[f"{record}.{fact}" for fact in facts],
        )
        return None

    def _aggregate_type(
        self, declared: AggregateDeclaration, value_type: Type | None, path: tuple[str, ...]
    ) -> Type:
        if declared.function == "count":
            return IntegerType(0, INT64_HIGH)
        if declared.function == "exists" or value_type is None:
            return BOOLEAN
        if declared.function == "sum":
            match value_type:
                case IntegerType():
                    return IntegerType()
                case DecimalType(precision=precision, scale=scale):
                    return DecimalType(min(precision + _DIGITS_OF_A_SUM, MAX_DIGITS), scale)
                case MoneyType(currency=str() as currency, precision=precision, scale=scale):
                    return MoneyType(currency, min(precision + _DIGITS_OF_A_SUM, MAX_DIGITS), scale)
            wanted = "a number, or money whose currency the model states"
        elif isinstance(value_type, DateType | DateTimeType):
            return value_type
        else:
            wanted = "a date or a date-time"
        message = f"`{declared.function}` needs {wanted}; `{declared.value}` is {value_type}"
        self._problem("wrong-fact-type", message, (*path, "value"), found=declared.value)
        return value_type

    def check_cycles(self, model: FactModel) -> None:
        """Note each circle of derivations once, at its first member in document order."""
        finished: set[str] = set()
        for start in self._known_facts:
            # a depth-first walk with its own stack: a chain may be as long as the document
            way: dict[str, None] = {}
            waiting: list[tuple[str, bool]] = [(start, False)]
            while waiting:
                name, leaving = waiting.pop()
                if leaving:
                    finished.add(way.popitem()[0])
                elif name in way:
                    passed = list(way)
                    self._note_cycle(model, [*passed[passed.index(name) :], name])
                elif name not in finished:
                    way[name] = None
                    waiting.append((name, True))
                    waiting.extend((parent, False) for parent in _parents(model, name))

    def _note_cycle(self, model: FactModel, circle: list[str]) -> None:
        entity, _, short = circle[0].partition(".")
        is_fact = short in model.entities[entity].facts
        path = ("entities", entity, "facts" if is_fact else "aggregates", short)
        shown = " → ".join(f"`{name}`" for name in circle)
        self._problem(
            "cycle",
            f"these derive from each other in a circle: {shown}",
            (*path, "derived_from") if is_fact else path,
            found=circle[0],
        )


def _parents(model: FactModel, name: str) -> list[str]:
    current = model.get(name)
    if current is None:
        return []
    return [parent for parent in current.derived_from if model.get(parent) is not None]
