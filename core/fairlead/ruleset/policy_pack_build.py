"""From a policy pack's document to typed obligations, read against a fact model."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from functools import cached_property
from typing import Any

from fairlead.documents.found import found_text
from fairlead.documents.json_text import Document
from fairlead.facts.model import FactModel
from fairlead.facts.types import (
    BOOLEAN,
    DATE_TIME,
    DateTimeType,
    DecimalType,
    IntegerType,
    MoneyType,
    OneOfType,
    Type,
)
from fairlead.logic import factory
from fairlead.logic.scope import Scope
from fairlead.logic.terms import Term, Variable, walk
from fairlead.problems import DocumentError, Problem, nearest_name
from fairlead.ruleset.build import in_place, typed_parameters
from fairlead.ruleset.names import PARAMETERS, scope_for
from fairlead.ruleset.policy_pack import (
    PackEvidence,
    PackGuard,
    PackObligation,
    PackParameter,
    PackProperty,
    PolicyPack,
)
from fairlead.ruleset.policy_pack_document import (
    CaseCapPart,
    ClawbackNeutralPart,
    DisclosedBeforePart,
    ImpliesPart,
    IndependentPart,
    ItemCapPart,
    MonotonePart,
    NeedsPart,
    NeverPaidPart,
    NoCliffPart,
    NoPositiveCorrelationPart,
    ObligationPart,
    PeriodCapPart,
    PolicyPackDocument,
    PropertyPart,
)
from fairlead.ruleset.reading import Reading

__all__ = ["GOVERNING_FACTS", "build_pack"]

#: the fact that holds a governing date; release and payment are governed by the day of evaluation
GOVERNING_FACTS = {"introduction": "introduction.introduced_on", "disclosure": "disclosure.given_at"}

#: options that are exact numbers
_NUMBERS = ("factor", "minimum", "maximum")


def build_pack(body: PolicyPackDocument, source: Document, model: FactModel, digest: str) -> PolicyPack:
    """Return the typed pack of a document; raise DocumentError with everything that is wrong."""
    return _PackReading(body, model).build(source, digest)


def _anything(type_: Type) -> bool:
    return True


def _is_money(type_: Type) -> bool:
    return isinstance(type_, MoneyType)


def _is_moment(type_: Type) -> bool:
    return isinstance(type_, DateTimeType)


def _is_choice(type_: Type) -> bool:
    return isinstance(type_, OneOfType)


def _is_whole_number(type_: Type) -> bool:
    return isinstance(type_, IntegerType)


class _PackReading:
    """A pack being typed; what is wrong is added to `problems`."""

    def __init__(self, body: PolicyPackDocument, model: FactModel) -> None:
        self.body = body
        self.model = model
        self.problems: list[Problem] = []
        self.reading = Reading(model, self.problems)
        self._scopes: dict[str, Scope] = {}

    def build(self, source: Document, digest: str) -> PolicyPack:
        """Return the pack."""
        body = self.body
        parameters = self.parameters
        applies = None
        if self.known_entity(body.entity, "/entity") and body.applies_when is not None:
            applies = self.reading.condition(body.applies_when, self.scope(body.entity), "/applies_when")
        obligations = [
            self.obligation(part, f"/obligations/{index}", applies)
            for index, part in enumerate(body.obligations)
        ]
        if self.problems:
            raise DocumentError(source.locate(in_place(self.problems)))
        return PolicyPack(
            name=body.name,
            version=body.version,
            title=body.title,
            about=body.about,
            entity=body.entity,
            applies_when=applies,
            parameters=parameters,
            obligations=tuple(each for each in obligations if each is not None),
            model=self.model,
            document=source.value,
            digest=digest,
            file=source.file,
        )

    @cached_property
    def parameters(self) -> dict[str, PackParameter]:
        """The pack's figures with internal values."""
        typed = typed_parameters(self.body.parameters, self.problems)
        return {
            name: PackParameter(name, each.type, each.title, each.values, part.source, part.confidence)
            for (name, part), each in zip(self.body.parameters.items(), typed.values(), strict=True)
        }

    def known_entity(self, entity: str, pointer: str) -> bool:
        """Tell whether the model has an entity, or refuse it."""
        known = self.model.entities
        if entity not in known:
            self.reading.refuse(
                pointer,
                "unknown-entity",
                f"`{entity}` is not an entity of the fact model",
                found=entity,
                allowed=tuple(known),
                nearest=nearest_name(entity, known),
            )
        return entity in known

    def scope(self, entity: str) -> Scope:
        """Return what an expression about an entity may read: its facts, its links' facts, the figures."""
        if entity not in self._scopes:
            settings = [
                Variable(each.type, f"{PARAMETERS}{name}", "parameter")
                for name, each in self.parameters.items()
            ]
            self._scopes[entity] = scope_for(entity, self.model, (), frozenset(), settings, frozenset())
        return self._scopes[entity]

    def obligation(
        self, part: ObligationPart, pointer: str, pack_applies: Term | None
    ) -> PackObligation | None:
        """Return the typed obligation, or None after adding what is wrong."""
        own = part.entity is not None and part.entity != self.body.entity
        entity = part.entity if part.entity is not None else self.body.entity
        if own and not self.known_entity(entity, f"{pointer}/entity"):
            return None
        if entity not in self.model.entities:
            return None
        before = len(self.problems)
        scope = self.scope(entity)
        self.governing(part, entity, pointer)
        conditions = [] if own or pack_applies is None else [pack_applies]
        if part.applies_when is not None:
            condition = self.reading.condition(part.applies_when, scope, f"{pointer}/applies_when")
            conditions += [condition] if condition is not None else []
        asked = None
        if part.ask is not None:
            place = f"{pointer}/property"
            options = _Options(self, part.ask, entity, place).read()
            asked = PackProperty(part.ask.kind, options, place)
        guard = None
        if part.guard is not None:
            place = f"{pointer}/guard"
            requirement = self.reading.condition(part.guard.requirement, scope, f"{place}/requirement")
            guard = PackGuard(requirement, part.guard.text, place) if requirement is not None else None
        for index, item in enumerate(part.evidence):
            if item.fact is not None:
                self.fact(item.fact, entity, f"{pointer}/evidence/{index}/fact", _anything, "")
        if len(self.problems) > before:
            return None
        applies = None
        if conditions:
            applies = conditions[0] if len(conditions) == 1 else factory.apply("and", conditions)
        effective = part.effective
        return PackObligation(
            id=part.id,
            title=part.title,
            text=part.text,
            citation=part.citation,
            source=part.source,
            binds=part.binds,
            force=part.force,
            effective_from=effective.first if effective is not None else None,
            effective_to=effective.to if effective is not None else None,
            governing=part.governing,
            entity=entity,
            applies_when=applies,
            confidence=part.confidence,
            reviewed_by=part.reviewed_by,
            checks=tuple(part.checks),
            advice=part.advice,
            property=asked,
            guard=guard,
            evidence=tuple(PackEvidence(item.id, item.title, item.fact) for item in part.evidence),
            parameters=_parameters_read(
                [
                    applies,
                    guard.requirement if guard is not None else None,
                    *(asked.options.values() if asked else ()),
                ]
            ),
            pointer=pointer,
        )

    def governing(self, part: ObligationPart, entity: str, pointer: str) -> None:
        """Refuse a governing date that a case does not have."""
        fact = GOVERNING_FACTS.get(part.governing)
        if fact is not None and fact not in self.model.visible(entity):
            self.reading.refuse(
                f"{pointer}/governing",
                "name-not-readable",
                f"the governing date `{part.governing}` is `{fact}`, which {entity} cannot read",
                found=part.governing,
                allowed=("release", "payment"),
                remedy="use `release` or `payment`, which are governed by the day of evaluation",
            )

    def fact(
        self, name: str, entity: str, pointer: str, fits: Callable[[Type], bool], wanted: str
    ) -> Type | None:
        """Return the type of a fact that is named at `pointer`, or None after refusing it."""
        term = self.reading.name(name, self.scope(entity), pointer)
        if term is None:
            return None
        if not fits(term.type):
            self.reading.refuse(
                pointer,
                "wrong-fact-type",
                f"`{name}` is {term.type}; {wanted} is needed here",
                found=str(term.type),
            )
            return None
        return term.type


def _parameters_read(options: Iterable[Any]) -> tuple[str, ...]:
    names = {
        each.name.removeprefix(PARAMETERS): None
        for option in options
        if isinstance(option, Term)
        for each in walk(option)
        if isinstance(each, Variable) and each.origin == "parameter"
    }
    return tuple(names)


class _Options:
    """The options of one property being read."""

    def __init__(self, pack: _PackReading, part: PropertyPart, entity: str, pointer: str) -> None:
        self.pack = pack
        self.part = part
        self.entity = entity
        self.pointer = pointer

    def read(self) -> Mapping[str, Any]:
        """Return the options by name; what is wrong is added to the problems."""
        part = self.part
        options: dict[str, Any] = {}
        for name, declared in type(part).model_fields.items():
            value = getattr(part, name)
            if name == "kind" or (value is None and not declared.is_required()):
                continue
            options[name] = tuple(value) if isinstance(value, list) and name != "value" else value
        for key in _NUMBERS:
            if type(options.get(key)) in (int, str) and not isinstance(part, PeriodCapPart | ItemCapPart):
                options[key] = Decimal(options[key])
        self.typed(options)
        return options

    def typed(self, options: dict[str, Any]) -> None:
        """Replace expressions by their terms, and check the facts and labels that are named."""
        match self.part:
            case IndependentPart() | NoPositiveCorrelationPart() | NeedsPart():
                self.label(options["label"], "label")
            case DisclosedBeforePart():
                options["facts"] = self.disclosure(self.part.facts.model_dump())
            case ImpliesPart():
                options["requirement"] = self.condition("requirement")
            case NeverPaidPart():
                options["when"] = self.condition("when")
            case PeriodCapPart() | ItemCapPart():
                if "maximum" in options:
                    options["maximum"] = self.expression("maximum", _is_money, "money")
            case CaseCapPart():
                options["share"] = self.expression("share", _is_share, "a decimal")
                self.fact(self.part.cost, "cost", _is_money, "money")
            case ClawbackNeutralPart():
                for index, label in enumerate(self.part.labels):
                    self.label(label, f"labels/{index}")
                self.choices(
                    self.part.cause, "cause", {f"causes/{i}": each for i, each in enumerate(self.part.causes)}
                )
            case NoCliffPart():
                self.fact(self.part.count, "count", _is_whole_number, "a whole number")
            case MonotonePart():
                self.fact(self.part.fact, "in", _anything, "")

    def condition(self, key: str) -> Term | None:
        """Read the condition at a key."""
        scope = self.pack.scope(self.entity)
        return self.pack.reading.expression(getattr(self.part, key), scope, f"{self.pointer}/{key}", BOOLEAN)

    def expression(self, key: str, fits: Callable[[Type], bool], wanted: str) -> Term | None:
        """Read the expression at a key, whose type must fit."""
        place = f"{self.pointer}/{key}"
        term = self.pack.reading.expression(getattr(self.part, key), self.pack.scope(self.entity), place)
        if term is not None and not fits(term.type):
            message = f"this is {term.type}; {wanted} is needed here"
            self.pack.reading.refuse(place, "wrong-type", message, found=str(term.type))
            return None
        return term

    def fact(self, name: str, key: str, fits: Callable[[Type], bool], wanted: str) -> Type | None:
        """Check the fact that is named at a key."""
        return self.pack.fact(name, self.entity, f"{self.pointer}/{key}", fits, wanted)

    def label(self, label: str, key: str) -> None:
        """Check that the model declares a label."""
        known = self.pack.model.labels
        if label not in known:
            self.pack.reading.refuse(
                f"{self.pointer}/{key}",
                "unknown-label",
                f"`{label}` is not a label of the fact model",
                found=label,
                allowed=tuple(known),
                nearest=nearest_name(label, known),
            )

    def disclosure(self, facts: dict[str, str]) -> dict[str, str]:
        """Check the facts of a disclosure."""
        for key in ("given_at", "recorded_at", "decided_at"):
            self.fact(facts[key], f"facts/{key}", _is_moment, str(DATE_TIME))
        self.choices(
            facts["state"], "facts/state", {f"facts/{key}": facts[key] for key in ("undecided", "decided")}
        )
        return facts

    def choices(self, name: str, key: str, values: Mapping[str, str]) -> None:
        """Check a fact that is one of listed texts, and the values of it that are named by their places."""
        type_ = self.fact(name, key, _is_choice, "one of listed texts")
        if not isinstance(type_, OneOfType):
            return
        for place, value in values.items():
            if value not in type_.values:
                self.pack.reading.refuse(
                    f"{self.pointer}/{place}",
                    "unknown-value",
                    f"`{found_text(value)}` is not one of the values of `{name}`",
                    found=found_text(value),
                    allowed=type_.values,
                    nearest=nearest_name(value[:200], type_.values),
                )


def _is_share(type_: Type) -> bool:
    return isinstance(type_, DecimalType | IntegerType)
