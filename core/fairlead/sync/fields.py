"""The fields of ours in a CRM: which there are for a project, and what each result puts into them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from fairlead.documents.texts import pick
from fairlead.engine import RewardResult
from fairlead.facts.model import Fact
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
from fairlead.facts.values import Money
from fairlead.plugins.fields import FieldKind, FieldSpec, Option, Purpose
from fairlead.plugins.records import Scalar
from fairlead.problems import DocumentError
from fairlead.ruleset.crm_mapping_document import FactSource
from fairlead.ruleset.crm_mapping_fit import override_problems
from fairlead.ruleset.typed import Check, Decision, Reward
from fairlead.sync.ledger_results import LedgerFields, ledger_fields
from fairlead.sync.mapping import CrmMapping
from fairlead.sync.overrides import OverrideFields
from fairlead.sync.plan import EntityPlan, Plan

__all__ = [
    "CHECK_STATES",
    "REWARD_STATES",
    "ResultFields",
    "input_specs",
    "own_fields",
    "result_fields",
]

#: what a check's field says; an undetermined one is empty
CHECK_STATES = ("passed", "failed")
#: what a reward's field says: not earned, earned and held, earned and payable, taken back
REWARD_STATES = ("not_earned", "held", "payable", "reversed")
#: characters of a text field, and of reasons in words: the smallest ceilings of the three CRMs
_TEXT_LENGTH = 255
_REASONS_LENGTH = 32_000
#: digits of an amount: what all three CRMs keep exactly as a number
_AMOUNT_DIGITS = 15

Put = Callable[[Any], Scalar]


@dataclass(frozen=True, slots=True)
class _Slot:
    """One field of a decision: its specification and how the decision's value is put into it."""

    spec: FieldSpec
    put: Put


@dataclass(frozen=True, slots=True)
class ResultFields:
    """The fields that results of one object go to.

    `by_decision` has the fields of each decision, `reasons` the field for reasons in words, by entity,
    `overrides` those with which people override a decision: people fill them, Fairlead never does. `ledger`
    are those that the ledger fills.
    """

    object: str
    by_decision: Mapping[str, tuple[_Slot, ...]]
    reasons: Mapping[str, FieldSpec]
    overrides: Mapping[str, OverrideFields]
    ledger: LedgerFields

    @property
    def specs(self) -> tuple[FieldSpec, ...]:
        """All fields that results go to, in the order of the decisions."""
        slots = [slot.spec for slots in self.by_decision.values() for slot in slots]
        return (*slots, *self.reasons.values(), *self.ledger.specs)

    @property
    def names(self) -> tuple[str, ...]:
        """The API names of the fields that results go to."""
        return tuple(spec.name for spec in self.specs)

    @property
    def override_specs(self) -> tuple[FieldSpec, ...]:
        """The fields of all overrides."""
        return tuple(spec for each in self.overrides.values() for spec in each.specs)

    def moved_to(self, object_: str, entities: Collection[str]) -> ResultFields:
        """Return the same fields of another object, for the results of some entities, without overrides."""
        by_decision = {
            name: tuple(replace(slot, spec=replace(slot.spec, object=object_)) for slot in slots)
            for name, slots in self.by_decision.items()
            if name.partition(".")[0] in entities
        }
        reasons = {
            entity: replace(spec, object=object_)
            for entity, spec in self.reasons.items()
            if entity in entities
        }
        return ResultFields(object_, by_decision, reasons, {}, self.ledger.moved_to(object_, tuple(entities)))

    def values(self, decision: str, value: Any) -> Iterator[tuple[str, Scalar]]:
        """Yield (field, value) for a decision's result; an undetermined one empties its fields."""
        for slot in self.by_decision.get(decision, ()):
            yield slot.spec.name, slot.put(value)

    def reasons_value(self, entity: str, texts: list[str]) -> tuple[str, Scalar]:
        """Return (field, value) for reasons in words, one to a line."""
        text = "\n".join(texts)
        return self.reasons[entity].name, text[:_REASONS_LENGTH] or None


def result_fields(
    plan: Plan,
    mapping: CrmMapping,
    field_name: Callable[[str], str],
    language: str,
    *,
    shipped: bool = False,
) -> dict[str, ResultFields]:
    """Return the result fields by object, with those that override them, and those of converted records.

    A decision's field is named after it (`lead.score` is `score`); where two entities of one object decide
    something of the same name, the later one's field begins with its entity. The overrides of a `shipped`
    mapping may name what the project does not decide. Raises DocumentError for overrides that cannot be.
    """
    problems = list(override_problems(mapping.document, _decisions(plan), shipped=shipped))
    if problems:
        raise DocumentError(mapping.locate(problems))
    made: dict[str, ResultFields] = {}
    for object_ in plan.objects:
        maker = _Maker(object_, mapping, field_name, language)
        for entity_plan in plan.of_object(object_):
            maker.add(entity_plan)
        ledger = ledger_fields(plan, mapping, object_, field_name, language)
        made[object_] = ResultFields(object_, maker.by_decision, maker.reasons, maker.overrides, ledger)
        after = mapping.after_conversion(object_)
        if after is not None:
            made[after.object] = made[object_].moved_to(after.object, after.entities)
    return made


def _decisions(plan: Plan) -> dict[str, Decision]:
    return {
        name: program.ruleset.decision(name)
        for entity_plan in plan.entities.values()
        for program, names in entity_plan.programs
        for name in names
    }


class _Maker:
    def __init__(
        self, object_: str, mapping: CrmMapping, field_name: Callable[[str], str], language: str
    ) -> None:
        self._object = object_
        self._is_patient = mapping.embodied_in(object_, "lead")
        self._named = mapping.document.results
        self._field_name = field_name
        self._language = language
        self._taken: set[str] = set()
        self.by_decision: dict[str, tuple[_Slot, ...]] = {}
        self.reasons: dict[str, FieldSpec] = {}
        self.overrides: dict[str, OverrideFields] = {}
        self._overridden = mapping.document.overridden

    def add(self, plan: EntityPlan) -> None:
        for program, names in plan.programs:
            for name in names:
                if name in self.by_decision or (name in self._named and self._named[name] is None):
                    continue
                decision = program.ruleset.decision(name)
                base = self._base(plan.entity, name.partition(".")[2])
                self.by_decision[name] = tuple(self._slots(decision, base))
                if name in self._overridden:
                    self.overrides[name] = self._override(decision, base, self.by_decision[name][0].spec)
        base = self._base(plan.entity, "reasons")
        text = "Reasons in words (Fairlead)" if base == "reasons" else f"{plan.entity} reasons (Fairlead)"
        self.reasons[plan.entity] = self._spec(
            base, text[:1].upper() + text[1:], FieldKind.LONG_TEXT, length=_REASONS_LENGTH
        )

    def _base(self, entity: str, short: str) -> str:
        base = short if short not in self._taken else f"{entity}_{short}"
        self._taken.add(base)
        return base

    def _override(self, decision: Decision, base: str, result: FieldSpec) -> OverrideFields:
        entity = decision.name.partition(".")[0]

        def spec(end: str, said: str, kind: FieldKind, description: str) -> FieldSpec:
            length = _TEXT_LENGTH if kind is FieldKind.TEXT else None
            made = self._spec(
                self._base(entity, f"{base}_{end}"), f"{result.label}: {said}", kind, length=length
            )
            return replace(made, purpose="override", description=description)

        value = spec("override", "set by hand", result.kind, "Counts in the place of Fairlead's own result.")
        return OverrideFields(
            decision.name,
            result.label,
            result.name,
            replace(value, options=result.options, scale=result.scale, precision=result.precision),
            spec("override_reason", "why by hand", FieldKind.TEXT, "Why, without a word about health."),
            spec("override_until", "by hand until", FieldKind.DATE, "The last day. Empty: until taken back."),
            self._overridden[decision.name],
        )

    def _slots(self, decision: Decision, base: str) -> Iterator[_Slot]:
        label = pick(decision.title, self._language)
        label = label[:1].upper() + label[1:]
        name = self._named.get(decision.name)
        if isinstance(decision, Check):
            spec = self._spec(base, label, FieldKind.ONE_OF, name, options=_options(CHECK_STATES))
            yield _Slot(spec, _check_state)
            return
        if isinstance(decision, Reward):
            state = self._spec(
                f"{base}_state", f"{label}: state", FieldKind.ONE_OF, options=_options(REWARD_STATES)
            )
            yield _Slot(state, _reward_state)
            # where the introduction is the patient's own record, no amount stands beside the patient
            if not self._is_patient:
                yield from self._money(base, label, decision.type, name, _reward_amount)
            return
        if isinstance(decision.type, MoneyType):
            yield from self._money(base, label, decision.type, name, lambda value: value)
            return
        kind, options, put = _kind(decision.type)
        scale = decision.type.scale if isinstance(decision.type, DecimalType) else None
        length = _TEXT_LENGTH if kind is FieldKind.TEXT else None
        yield _Slot(self._spec(base, label, kind, name, options=options, scale=scale, length=length), put)

    def _money(
        self, base: str, label: str, type_: Type, name: str | None, amount: Callable[[Any], Money | None]
    ) -> Iterator[_Slot]:
        scale = type_.scale if isinstance(type_, MoneyType) else 2
        currency = type_.currency if isinstance(type_, MoneyType) else None
        said = f"{label} ({currency})" if currency else label

        def units(value: Any) -> Scalar:
            found = amount(value)
            return None if found is None else found.amount

        def unit(value: Any) -> Scalar:
            found = amount(value)
            return None if found is None else found.currency

        yield _Slot(self._spec(base, said, FieldKind.DECIMAL, name, scale=scale), units)
        if currency is None:
            spec = self._spec(f"{base}_currency", f"{label}: currency", FieldKind.TEXT, length=3)
            yield _Slot(spec, unit)

    def _spec(
        self,
        base: str,
        label: str,
        kind: FieldKind,
        name: str | None = None,
        *,
        options: tuple[Option, ...] = (),
        length: int | None = None,
        scale: int | None = None,
    ) -> FieldSpec:
        return FieldSpec(
            object=self._object,
            name=name or self._field_name(base),
            label=label,
            kind=kind,
            purpose="result",
            description="Written by Fairlead. What is typed here is overwritten.",
            options=options,
            length=length,
            precision=_AMOUNT_DIGITS if kind is FieldKind.DECIMAL else None,
            scale=scale,
        )


def own_fields(field_name: Callable[[str], str]) -> Callable[[str], bool]:
    """Return what tells by its name whether a field is one of ours."""
    prefix, _, suffix = field_name("\0").partition("\0")
    return lambda name: name.startswith(prefix) and name.endswith(suffix)


def input_specs(
    mapping: CrmMapping, plan: Plan, field_name: Callable[[str], str], language: str
) -> list[FieldSpec]:
    """Return the fields of ours that people fill in: those that the mapping names and a stock CRM lacks.

    They are known by their names: what `field_name` gives for the base that is left of it.
    """
    is_ours = own_fields(field_name)
    specs: dict[tuple[str, str], FieldSpec] = {}
    for object_ in mapping.objects:
        part = mapping.document.objects[object_]
        for link, each in part.links.items():
            if each.via is not None:
                found = _link(object_, link, each.via, each.object)
                if is_ours(found.name):
                    specs[object_, found.name] = found
        for entity, entity_part in part.entities.items():
            for short, source in entity_part.facts.items():
                fact = plan.model.entities[entity].facts[short]
                for spec in _inputs(object_, fact, source, language):
                    if is_ours(spec.name):
                        specs.setdefault((object_, spec.name), spec)
    return list(specs.values())


def _link(object_: str, link: str, name: str, target: str) -> FieldSpec:
    label = link.replace("_", " ").capitalize()
    description = "Filled by Fairlead from the tracking code, or by hand."
    return FieldSpec(object_, name, label, FieldKind.LINK, "input", description=description, links_to=target)


def _inputs(object_: str, fact: Fact, source: FactSource, language: str) -> Iterator[FieldSpec]:
    title = pick(fact.title, language)
    title = title[:1].upper() + title[1:]
    description = pick(fact.description, language)
    if source.field is not None:
        kind, options, _ = _kind(fact.type)
        if isinstance(fact.type, BooleanType):
            kind, options = FieldKind.BOOLEAN, ()
        if source.values is not None:
            options = tuple(Option(value, _said(value)) for value in source.values)
        unique = fact.name == "partner.code"
        yield _input(object_, source.field, title, kind, description, options, unique=unique, type_=fact.type)
    if source.currency_field is not None:
        yield _input(
            object_, source.currency_field, f"{title}: currency", FieldKind.TEXT, description, (), length=3
        )


def _input(
    object_: str,
    name: str,
    label: str,
    kind: FieldKind,
    description: str,
    options: tuple[Option, ...],
    *,
    unique: bool = False,
    length: int | None = None,
    type_: Type | None = None,
) -> FieldSpec:
    purpose: Purpose = "input"
    scale = type_.scale if isinstance(type_, DecimalType | MoneyType) else None
    return FieldSpec(
        object=object_,
        name=name,
        label=label,
        kind=kind,
        purpose=purpose,
        description=description,
        options=options,
        length=(length or _TEXT_LENGTH) if kind is FieldKind.TEXT else None,
        precision=_AMOUNT_DIGITS if kind is FieldKind.DECIMAL else None,
        scale=scale,
        unique=unique,
    )


def _kind(type_: Type) -> tuple[FieldKind, tuple[Option, ...], Put]:
    match type_:
        case BooleanType():
            # a checkbox knows no third state; an undetermined result has to be empty
            return FieldKind.ONE_OF, _options(("yes", "no")), _yes_or_no
        case IntegerType():
            return FieldKind.INTEGER, (), _same
        case DecimalType() | MoneyType():
            return FieldKind.DECIMAL, (), _same
        case OneOfType(values=values):
            return FieldKind.ONE_OF, _options(values), _same
        case DateType():
            return FieldKind.DATE, (), _same
        case DateTimeType():
            return FieldKind.DATE_TIME, (), _same
        case ListType():
            return FieldKind.TEXT, (), _joined
    return FieldKind.TEXT, (), _cut


def _options(values: tuple[str, ...]) -> tuple[Option, ...]:
    return tuple(Option(value, _said(value)) for value in values)


def _said(value: str) -> str:
    text = value.replace("_", " ")
    return text[:1].upper() + text[1:]


def _same(value: Scalar) -> Scalar:
    return value


def _cut(value: Any) -> Scalar:
    return None if value is None else str(value)[:_TEXT_LENGTH]


def _joined(value: Any) -> Scalar:
    return None if value is None else "; ".join(str(item) for item in value)[:_TEXT_LENGTH] or None


def _yes_or_no(value: bool | None) -> Scalar:
    return None if value is None else "yes" if value else "no"


def _check_state(value: bool | None) -> Scalar:
    return None if value is None else CHECK_STATES[0] if value else CHECK_STATES[1]


def _reward_state(value: RewardResult | None) -> Scalar:
    if value is None:
        return None
    if not value.accrues:
        return "not_earned"
    if value.reversed:
        return "reversed"
    return "payable" if value.payable and value.reversed is False else "held"


def _reward_amount(value: RewardResult | None) -> Money | None:
    return value.amount if value is not None and value.accrues else None


def shown(value: Scalar) -> str:
    """Return a field's value as a person reads it in a dry run."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return "; ".join(value)
    return str(value)
