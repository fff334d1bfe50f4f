"""From a CRM's records to entities with facts and links, as a mapping says."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from pathlib import Path
from typing import Any

from fairlead.documents.canonical import digest
from fairlead.documents.json_text import Document, read_document
from fairlead.documents.positions import join_pointer
from fairlead.facts.check import compile_check
from fairlead.facts.model import FactModel
from fairlead.facts.same_person import email_key, name_key, phone_key
from fairlead.facts.types import (
    BooleanType,
    DateTimeType,
    DateType,
    DecimalType,
    IntegerType,
    ListType,
    MoneyType,
    OneOfType,
    Type,
)
from fairlead.facts.values import UnfitValue
from fairlead.plugins.fields import FieldKind, ObjectInfo
from fairlead.plugins.records import Link, ReadQuery, Record, Scalar
from fairlead.problems import DocumentError, Problem, RecordError, nearest_name
from fairlead.ruleset.crm_mapping_document import (
    AfterConversion,
    EntityPart,
    FactSource,
    ObjectPart,
    check_crm_mapping,
)
from fairlead.ruleset.crm_mapping_fit import RECORD, crm_mapping_problems
from fairlead.store import Ref

__all__ = [
    "BECAME",
    "RECORD",
    "CrmMapping",
    "EntityRecord",
    "Unmapped",
    "covers_health",
    "load_crm_mapping",
    "unknown_field",
]

#: what a converted record became stands beside the facts of its main entity
BECAME = "@became"
#: kinds of field that can hold values of a type; what is left out here takes any text
_FITTING: Mapping[type, frozenset[FieldKind]] = {
    BooleanType: frozenset({FieldKind.BOOLEAN}),
    IntegerType: frozenset({FieldKind.INTEGER, FieldKind.DECIMAL}),
    DecimalType: frozenset({FieldKind.INTEGER, FieldKind.DECIMAL}),
    MoneyType: frozenset({FieldKind.INTEGER, FieldKind.DECIMAL}),
    DateType: frozenset({FieldKind.DATE, FieldKind.DATE_TIME}),
    DateTimeType: frozenset({FieldKind.DATE_TIME}),
    ListType: frozenset({FieldKind.MANY_OF, FieldKind.ONE_OF, FieldKind.TEXT}),
}


@dataclass(frozen=True, slots=True)
class EntityRecord:
    """An entity that a record embodies: facts in JSON form, the ids that its links point to.

    `withheld` names facts that were left out because nobody consents to keeping them.
    """

    entity: str
    id: str
    facts: Mapping[str, Any]
    links: Mapping[str, str]
    withheld: tuple[str, ...] = ()


class Unmapped(Exception):
    """A record cannot be mapped: `problems` says which field and why."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(problem.message for problem in problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class _Object:
    part: ObjectPart
    query: ReadQuery
    entities: Mapping[str, EntityPart]
    #: by entity: the facts that need a live consent
    special: Mapping[str, frozenset[str]] = field(default_factory=dict)


class CrmMapping:
    """A mapping that fits a fact model.

    `zone` is the project's: where an instant becomes a date, its day is taken there.
    """

    def __init__(self, document: Document, model: FactModel, zone: tzinfo = UTC) -> None:
        self.document = check_crm_mapping(document)
        self._source = document
        self.source = document.value
        self.digest = digest(document.value)
        self._model = model
        self._zone = zone
        problems = list(crm_mapping_problems(self.document, model))
        if problems:
            raise DocumentError(document.locate(problems))
        self._objects = {name: self._compiled(name, part) for name, part in self.document.objects.items()}
        self._check = compile_check(model, zone)

    @property
    def objects(self) -> tuple[str, ...]:
        """The API names of the objects that are read, in document order."""
        return tuple(self._objects)

    @property
    def described(self) -> tuple[str, ...]:
        """The API names of the objects that are read or written."""
        parts = self.document.objects.values()
        into = [part.after_conversion.object for part in parts if part.after_conversion is not None]
        return tuple(dict.fromkeys((*self._objects, *into)))

    def after_conversion(self, object_: str) -> AfterConversion | None:
        """Return where the results of converted records of an object go; None where they end."""
        return self.document.objects[object_].after_conversion

    def locate(self, problems: Sequence[Problem]) -> list[Problem]:
        """Return problems of the mapping with their places in its file."""
        return self._source.locate(problems)

    def query(self, object_: str) -> ReadQuery:
        """Return what is read of an object, without fields of results."""
        return self._objects[object_].query

    def entities(self, object_: str) -> tuple[str, ...]:
        """Return the entities that records of an object embody, the main one first."""
        return tuple(self._objects[object_].entities)

    def object_of(self, entity: str) -> str | None:
        """Return the object whose records embody an entity; the first one, where several do."""
        return next((name for name, each in self._objects.items() if entity in each.entities), None)

    def embodied_in(self, object_: str, entity: str) -> bool:
        """Tell whether records of an object embody an entity."""
        return entity in self._objects[object_].entities

    def in_scope(self, record: Record) -> bool:
        """Tell whether the mapping's filter lets a record in."""
        only = self._objects[record.object].part.only
        if only is None:
            return True
        found = record.values.get(only.field)
        return any(each in only.values for each in (found if isinstance(found, tuple) else (found,)))

    def health_fields(self, object_: str) -> frozenset[str]:
        """Return the fields of an object that facts about health are read from."""
        compiled = self._objects[object_]
        return frozenset(
            name
            for entity, part in compiled.entities.items()
            for short in compiled.special[entity]
            for name in _fields_of(part.facts[short])
        )

    def unkept_fields(self, object_: str) -> frozenset[str]:
        """Return the fields of an object that are read and never kept as they are without a fact of them."""
        compiled = self._objects[object_]
        told_by = {name for _, name in _told_by(compiled.part)}
        kept = {
            name
            for entity, part in compiled.entities.items()
            for source in part.facts.values()
            for name in _fields_of(source)
        }
        return self.health_fields(object_) | (told_by - kept)

    def same_person(self, record: Record, country: str | None) -> list[tuple[str, str]]:
        """Return what a record's person is told by, as (kind, key); `country` is where the person lives."""
        part = self._objects[record.object].part.same_person
        if part is None:
            return []

        def texts(names: Sequence[str] | None) -> list[str]:
            return [str(record.values[name]) for name in names or () if record.values.get(name) is not None]

        born = str(record.values.get(part.born)) if part.born is not None else None
        found = [
            *(("email", email_key(each)) for each in texts(part.email)),
            *(("phone", phone_key(each, country)) for each in texts(part.phone)),
            ("name_and_birth_year", name_key(" ".join(texts(part.name)), born)),
        ]
        return [(kind, key) for kind, key in found if key is not None]

    def consented_elsewhere(self) -> Iterator[tuple[str, str, str | None, frozenset[str]]]:
        """Yield health facts of records that embody no consent: object, entity, its link to the lead, facts.

        The link is None for the lead itself. Facts of what has no link to a lead are never kept.
        """
        for object_, compiled in self._objects.items():
            if "consent" in compiled.entities:
                continue
            for entity, special in compiled.special.items():
                link = self._link_to_lead(entity, compiled)
                if special and (entity == "lead" or link is not None):
                    yield object_, entity, link, special

    def lead_of(self, record: Record, entity: str, link: str | None) -> Ref | None:
        """Return the lead's record that an entity of a record is about, by its link to it."""
        if link is None:
            return Ref(record.object, record.id)
        through = self._objects[record.object].entities[entity].links[link]
        targets = record.links.get(through)
        return Ref(self._objects[record.object].part.links[through].object, targets[0]) if targets else None

    def _link_to_lead(self, entity: str, compiled: _Object) -> str | None:
        links = self._model.entities[entity].links
        own = compiled.entities[entity].links
        return next((name for name in own if links[name].entity == "lead" and own[name] != RECORD), None)

    def map(self, record: Record, covered: Collection[str] = ()) -> list[EntityRecord]:
        """Return the entities that a record embodies.

        Facts with the label `special_category` are left out unless a live consent covers health data: the
        one that the record embodies or, where its object embodies none, one of the lead that the facts are
        about. `covered` has the ids of such leads. Raises Unmapped with everything that does not fit.
        """
        if record.problem is not None:
            problem = record.problem
            raise Unmapped([Problem(problem.code, problem.message, found=problem.field)])
        compiled = self._objects[record.object]
        problems: list[Problem] = []
        facts: dict[str, dict[str, Any]] = {}
        for entity, part in compiled.entities.items():
            if part.present is not None and all(record.values.get(name) is None for name in part.present):
                continue
            facts[entity] = {"id": record.id}
            for short, source in part.facts.items():
                try:
                    value = self._value(entity, short, source, record.values)
                except UnfitValue as unfit:
                    problems.append(unfit.problem(f"{entity}.{short}", f"/{source.field}"))
                    continue
                if value is not None:
                    facts[entity][short] = value
        for entity, values in facts.items():
            try:
                self._check({entity: values})
            except RecordError as error:
                problems.extend(error.problems)
        if problems:
            raise Unmapped(problems)
        return list(self._with_links(record, compiled, facts, covered))

    def kind_problems(self, objects: Sequence[ObjectInfo]) -> list[Problem]:
        """Return what keeps the mapping from an account: objects and fields missing or of another kind."""
        known = {each.name: each for each in objects}
        problems: list[Problem] = []
        for name, compiled in self._objects.items():
            pointer = join_pointer(["objects", name])
            if name not in known:
                problems.append(_unknown_object(name, pointer))
                continue
            into = compiled.part.after_conversion
            if into is not None and into.object not in known:
                pointer = join_pointer(["objects", name, "after_conversion", "object"])
                problems.append(_unknown_object(into.object, pointer))
            for entity, part in compiled.entities.items():
                for short, source in part.facts.items():
                    place = join_pointer(["objects", name, "entities", entity, "facts", short])
                    problems.extend(self._field_problems(known[name], entity, short, source, place))
            for place, each in _told_by(compiled.part):
                if known[name].field(each) is None:
                    at = f"{join_pointer(['objects', name, 'same_person'])}/{place}"
                    problems.append(unknown_field(known[name], each, at, "take it out of `same_person`"))
        return problems

    def _field_problems(
        self, object_: ObjectInfo, entity: str, short: str, source: FactSource, pointer: str
    ) -> Iterator[Problem]:
        type_ = self._fact_type(entity, short)
        for name in _fields_of(source):
            found = object_.field(name)
            if found is None:
                remedy = "provision it, name another field, or take the fact out of the mapping"
                yield unknown_field(object_, name, pointer, remedy)
                continue
            if name == source.currency_field or source.values is not None:
                continue
            fitting = _FITTING.get(type(type_))
            if fitting is not None and found.kind not in fitting:
                yield Problem(
                    "wrong-field-kind",
                    f"the field `{object_.name}.{name}` holds {found.kind.replace('_', ' ')}, "
                    f"which `{entity}.{short}` cannot be read from",
                    pointer,
                    found=found.kind.value,
                    allowed=tuple(sorted(kind.value for kind in fitting)),
                    remedy="name a field of a kind that fits, or map its values",
                )

    def unmapped_options(self, object_: ObjectInfo) -> dict[str, tuple[str, ...]]:
        """Return the option values of a described object that a fact cannot be read from, by field."""
        unmapped: dict[str, tuple[str, ...]] = {}
        compiled = self._objects[object_.name]
        for entity, part in compiled.entities.items():
            for short, source in part.facts.items():
                described = object_.field(source.field) if source.field else None
                type_ = self._fact_type(entity, short)
                if described is None or not described.options or not isinstance(type_, OneOfType):
                    continue
                known = set(type_.values) if source.values is None else set(source.values)
                left = tuple(option.value for option in described.options if option.value not in known)
                if left:
                    unmapped[described.name] = left
        return unmapped

    def _compiled(self, name: str, part: ObjectPart) -> _Object:
        fields: dict[str, None] = {}
        if part.only is not None:
            fields[part.only.field] = None
        fields.update((each, None) for _, each in _told_by(part))
        special: dict[str, frozenset[str]] = {}
        for entity, entity_part in part.entities.items():
            fields.update(dict.fromkeys(entity_part.present or ()))
            for source in entity_part.facts.values():
                fields.update(dict.fromkeys(_fields_of(source)))
            special[entity] = frozenset(
                short
                for short in entity_part.facts
                if "special_category" in self._model.labels_of(f"{entity}.{short}")
            )
        links = tuple(Link(link, each.object, each.via) for link, each in part.links.items())
        return _Object(part, ReadQuery(name, tuple(fields), links), dict(part.entities), special)

    def _with_links(
        self,
        record: Record,
        compiled: _Object,
        facts: Mapping[str, dict[str, Any]],
        covered: Collection[str],
    ) -> Iterator[EntityRecord]:
        own = covers_health(facts.get("consent"), record.modified_at.date())
        for entity, values in facts.items():
            consented = own
            if "consent" not in compiled.entities:
                link = self._link_to_lead(entity, compiled)
                lead = self.lead_of(record, entity, link) if entity == "lead" or link is not None else None
                consented = lead is not None and lead.id in covered
            withheld = () if consented else tuple(sorted(compiled.special[entity] & values.keys()))
            links: dict[str, str] = {}
            for link, through in compiled.entities[entity].links.items():
                if through == RECORD:
                    target = self._model.entities[entity].links[link].entity
                    if target in facts:
                        links[link] = record.id
                elif record.links.get(through):
                    links[link] = record.links[through][0]
            kept = {short: value for short, value in values.items() if short not in withheld}
            yield EntityRecord(entity, record.id, kept, links, withheld)

    def _fact_type(self, entity: str, short: str) -> Type:
        return self._model.entities[entity].facts[short].type

    def _value(self, entity: str, short: str, source: FactSource, values: Mapping[str, Scalar]) -> Any:
        """Return the JSON form of a fact; raises UnfitValue."""
        if source.constant is not None:
            return source.constant
        if source.fields is not None:
            return " ".join(str(values[name]) for name in source.fields if values.get(name)) or None
        value = values.get(source.field or "")
        if value is None:
            return None
        if source.values is not None:
            key = str(value).lower() if isinstance(value, bool) else str(value)
            if key in source.values:
                return source.values[key]
            if source.other == "absent":
                return None
            raise UnfitValue(
                "unknown-option",
                "has an option value that the mapping does not have",
                key,
                allowed=tuple(source.values),
                remedy="add the value to the mapping, or set `other` to `absent`",
            )
        return self._plain(self._fact_type(entity, short), value, source, values)

    def _plain(self, type_: Type, value: Scalar, source: FactSource, values: Mapping[str, Scalar]) -> Any:
        match type_:
            case MoneyType():
                stated = values.get(source.currency_field) if source.currency_field else None
                currency = stated or source.currency
                if currency is None:
                    return None
                return {"amount": str(value), "currency": str(currency)}
            case DateType() if isinstance(value, datetime):
                return value.astimezone(self._zone).date().isoformat()
            case IntegerType() if isinstance(value, Decimal) and value == value.to_integral_value():
                return int(value)
            case ListType():
                return list(value) if isinstance(value, tuple) else [str(value)]
        if isinstance(value, datetime | date):
            return value.isoformat()
        if isinstance(value, tuple):
            return list(value)
        if isinstance(value, bool) or isinstance(type_, IntegerType):
            return value
        return str(value)


def load_crm_mapping(path: Path, model: FactModel, zone: tzinfo = UTC) -> CrmMapping:
    """Return the mapping in a file; raises DocumentError with every problem of it."""
    return CrmMapping(read_document(path), model, zone)


def _unknown_object(name: str, pointer: str) -> Problem:
    return Problem(
        "unknown-object",
        f"the account has no object `{name}` that the integration user can see",
        pointer,
        found=name,
        remedy="take it out of the mapping, or give the user access to it",
    )


def unknown_field(object_: ObjectInfo, name: str, pointer: str, remedy: str) -> Problem:
    """Return the problem of a field that an object does not have, as far as is seen."""
    return Problem(
        "unknown-field",
        f"`{object_.name}` has no field `{name}` that the integration user can see",
        pointer,
        found=name,
        nearest=nearest_name(name, [each.name for each in object_.fields]),
        remedy=remedy,
    )


def covers_health(consent: Mapping[str, Any] | None, day: date) -> bool:
    """Tell whether a consent covers health data and stands on a day."""
    if consent is None or not consent.get("given_on") or consent.get("withdrawn"):
        return False
    ends = consent.get("expires_on")
    return bool(consent.get("covers_health_data")) and (ends is None or str(ends) >= day.isoformat())


def _told_by(part: ObjectPart) -> Iterator[tuple[str, str]]:
    """Yield the place within `same_person` and the name of each field that people are told by."""
    told_by = part.same_person
    if told_by is None:
        return
    for kind, names in (("email", told_by.email), ("phone", told_by.phone), ("name", told_by.name)):
        for position, name in enumerate(names or ()):
            yield f"{kind}/{position}", name
    if told_by.born is not None:
        yield "born", told_by.born


def _fields_of(source: FactSource) -> list[str]:
    named = [source.field] if source.field else list(source.fields or ())
    return [*named, source.currency_field] if source.currency_field else named
