"""The guards of policy packs, checked on each record by the engine's own compiled code.

A guard is a check decision of a ruleset that is made for it; there is no second interpreter. Whatever is not
known counts against the record: an unknown condition, an unknown requirement, a missing governing date.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, tzinfo
from functools import cached_property
from typing import Any

from fairlead.engine.program import Checked, Program
from fairlead.engine.results import Result
from fairlead.facts.check import compile_check
from fairlead.facts.model import FactModel
from fairlead.facts.types import BOOLEAN
from fairlead.logic.factory import literal
from fairlead.logic.terms import Term
from fairlead.problems import Problem, UsageError
from fairlead.ruleset.build import aggregate_filters
from fairlead.ruleset.policy_pack import PackObligation, PolicyPack
from fairlead.ruleset.policy_pack_build import GOVERNING_FACTS
from fairlead.ruleset.typed import Check, Parameter, Reason, Ruleset, Texts

__all__ = ["EvidenceResult", "GuardResult", "Guards"]

#: programs kept for one pack, by the values that its parameters have on a day
_KEPT_PROGRAMS = 64


@dataclass(frozen=True, slots=True)
class EvidenceResult:
    """A document that must exist, as a record shows it.

    `present` is None where no fact holds it: it is kept elsewhere, and nothing is said about it here.
    """

    id: str
    title: Texts
    fact: str | None
    present: bool | None


@dataclass(frozen=True, slots=True)
class GuardResult:
    """What one obligation says of one record.

    `applies` is None where it is unknown. `passed` is True only where the obligation is known not to apply or
    not to be in force, or where its requirement is known to be met and every document that a fact could hold
    is there. `missing` are the absent facts, and parameters without a value, that this is unknown for.
    `governing_date` is the day whose law holds, None where the record does not have it; `in_force` is None
    then. `text` says why a record that does not meet the requirement is held, and `why` what stands against
    this one, in sentences.
    """

    pack: str
    obligation: str
    applies: bool | None
    passed: bool
    missing: tuple[str, ...]
    text: Texts
    citation: str
    evidence: tuple[EvidenceResult, ...]
    governing_date: date | None
    in_force: bool | None
    why: tuple[str, ...]


class Guards:
    """The obligations of several packs that ask for a guard or for evidence.

    The packs must have been read against `model`. `zone` is the time zone in which days begin and end. With
    `every` the obligations that ask nothing of a record are there as well: whether they apply is said. Raises
    UsageError for a pack that was read against another model, and for an unknown zone.
    """

    def __init__(
        self,
        packs: Sequence[PolicyPack],
        model: FactModel,
        zone: str | tzinfo = "UTC",
        *,
        every: bool = False,
    ) -> None:
        problems = [_other_model(pack, model) for pack in packs if pack.model.digest != model.digest]
        if problems:
            raise UsageError(problems)
        self._packs = [_GuardedPack(pack, zone, every=every) for pack in packs]
        self._model = model
        self._zone = Program(_ruleset(model), zone).zone
        self._check = compile_check(model, self._zone)

    def check(
        self, record: Mapping[str, Any], as_of: date | datetime, entity: str = "introduction"
    ) -> list[GuardResult]:
        """Check a raw record against every obligation about `entity`, in the order of the packs.

        Raises RecordError with everything wrong with the record.
        """
        return self.check_checked(self._check(record), as_of, entity)

    def check_checked(
        self,
        checked: Checked,
        as_of: date | datetime,
        entity: str = "introduction",
        *,
        law: date | None = None,
    ) -> list[GuardResult]:
        """Check a record that input checking has passed; by the law of the day `law`, where it is given."""
        today = as_of
        if isinstance(as_of, datetime):
            moment = as_of if as_of.tzinfo is not None else as_of.replace(tzinfo=self._zone)
            today = moment.astimezone(self._zone).date()
        return [
            result
            for pack in self._packs
            for result in pack.results(checked, as_of, today, entity, self._zone, law)
        ]

    @cached_property
    def reader(self) -> Program:
        """The program that a file of records is read for: it knows the entities and what is read of them."""
        parameters = {
            name: Parameter(name, each.type, each.title, ())
            for pack in self._packs
            for name, each in pack.pack.parameters.items()
        }
        decisions = [
            replace(decision, name=f"{decision.name}_{number}")
            for number, pack in enumerate(self._packs)
            for decision in (*pack.decisions, *pack.records)
        ]
        filters = aggregate_filters(self._model, [])
        return Program(_ruleset(self._model, decisions, parameters, filters=filters), self._zone)


def _other_model(pack: PolicyPack, model: FactModel) -> Problem:
    return Problem(
        "different-models",
        f"the pack `{pack.name}` was read against `{pack.model.name}`, not against `{model.name}`",
        found=pack.model.name,
        allowed=(model.name,),
        remedy="load the pack with the model of the records",
    )


def _ruleset(
    model: FactModel,
    decisions: Sequence[Check] = (),
    parameters: Mapping[str, Parameter] | None = None,
    pack: PolicyPack | None = None,
    filters: Mapping[str, Term] | None = None,
) -> Ruleset:
    nothing = {"en": ""}
    return Ruleset(
        name=pack.name if pack is not None else model.name,
        version=pack.version if pack is not None else model.version,
        title=pack.title if pack is not None else nothing,
        about=pack.about if pack is not None else nothing,
        effective_from=None,
        effective_to=None,
        model=model,
        parameters=parameters or {},
        decisions=tuple(decisions),
        document_order=tuple(decision.name for decision in decisions),
        document=pack.document if pack is not None else {},
        digest=pack.digest if pack is not None else model.digest,
        aggregate_filters=filters or {},
    )


class _GuardedPack:
    """The guards of one pack, compiled once for each set of values that its parameters have."""

    def __init__(self, pack: PolicyPack, zone: str | tzinfo, *, every: bool = False) -> None:
        self.pack = pack
        self._zone = zone
        self._programs: dict[tuple[Any, ...], Program] = {}
        self._asked = [
            (index, obligation)
            for index, obligation in enumerate(pack.obligations)
            if every or obligation.guard is not None or obligation.evidence
        ]

    def results(
        self,
        checked: Checked,
        as_of: date | datetime,
        today: date,
        entity: str,
        zone: tzinfo,
        law: date | None = None,
    ) -> Iterator[GuardResult]:
        """Yield what each obligation about `entity` says of a record, by the law of its day or of `law`."""
        decided: dict[tuple[Any, ...], Result] = {}
        for index, obligation in self._asked:
            if obligation.entity != entity:
                continue
            day = _governing_day(obligation, checked, today, zone)
            values = self._values_on(law or day or today)
            if values not in decided:
                decided[values] = self._program(values).evaluate_checked(checked, as_of)
            yield self._result(index, obligation, checked, day, law or day, decided[values])

    def _values_on(self, day: date) -> tuple[Any, ...]:
        return tuple(parameter.on(day) for parameter in self.pack.parameters.values())

    def _program(self, values: tuple[Any, ...]) -> Program:
        program = self._programs.get(values)
        if program is None:
            parameters = {
                name: Parameter(name, each.type, each.title, () if value is None else ((None, value),))
                for (name, each), value in zip(self.pack.parameters.items(), values, strict=True)
            }
            ruleset = _ruleset(
                self.pack.model,
                self.decisions,
                parameters,
                self.pack,
                aggregate_filters(self.pack.model, []),
            )
            if len(self._programs) >= _KEPT_PROGRAMS:
                self._programs.clear()
            program = self._programs[values] = Program(ruleset, self._zone)
        return program

    @cached_property
    def decisions(self) -> tuple[Check, ...]:
        """The conditions and requirements of the guards as checks."""
        return tuple(
            _check(obligation, index, part, term)
            for index, obligation in self._asked
            for part, term in _terms(obligation)
        )

    @property
    def records(self) -> tuple[Check, ...]:
        """A check that is always true about each entity that an obligation is about."""
        return tuple(
            _check(obligation, index, "record", literal(value=True)) for index, obligation in self._asked
        )

    def _result(
        self,
        index: int,
        obligation: PackObligation,
        checked: Checked,
        day: date | None,
        law: date | None,
        result: Result,
    ) -> GuardResult:
        terms = dict(_terms(obligation))
        values = {part: result.decisions[_name(obligation, index, part)] for part in terms}
        in_force = obligation.in_force(law) if law is not None else None
        applies: bool | None = values.get("applies", True)
        if in_force is False:
            applies = False
        evidence = tuple(
            EvidenceResult(item.id, item.title, item.fact, _present(checked, item.fact))
            for item in obligation.evidence
        )
        why, unknown = [], []
        if in_force is False:
            why.append(f"it is not law on {law}")
        elif applies is not False:
            if day is None:
                why.append(f"its governing date, `{GOVERNING_FACTS[obligation.governing]}`, is missing")
                unknown.append(GOVERNING_FACTS[obligation.governing])
            if applies is None:
                why.append("whether it applies is not known")
            if values.get("guard", True) is None:
                why.append("whether its requirement is met is not known")
            elif values.get("guard", True) is False:
                why.append("its requirement is not met")
            why += [
                f"`{item.fact}` does not show it: {item.title['en']}"
                for item in evidence
                if item.present is False
            ]
            unknown += [
                cause.subject
                for part, value in values.items()
                if value is None
                for cause in result.undetermined[_name(obligation, index, part)]
                if cause.kind == "absent"
            ]
        return GuardResult(
            pack=self.pack.name,
            obligation=obligation.id,
            applies=applies,
            passed=applies is False or not why,
            missing=tuple(dict.fromkeys(unknown)),
            text=obligation.guard.text if obligation.guard is not None else obligation.text,
            citation=obligation.citation,
            evidence=evidence,
            governing_date=day,
            in_force=in_force,
            why=tuple(why),
        )


def _terms(obligation: PackObligation) -> Iterator[tuple[str, Term]]:
    if obligation.applies_when is not None:
        yield "applies", obligation.applies_when
    if obligation.guard is not None:
        yield "guard", obligation.guard.requirement


def _check(obligation: PackObligation, index: int, part: str, requirement: Term) -> Check:
    return Check(
        name=_name(obligation, index, part),
        type=BOOLEAN,
        title=obligation.title,
        description=obligation.text,
        strict=True,
        pointer=obligation.pointer,
        requirement=requirement,
        severity="error",
        citation=obligation.citation,
        reason=Reason(part, obligation.title),
    )


def _name(obligation: PackObligation, index: int, part: str) -> str:
    return f"{obligation.entity}.policy_{part}_{index}"


def _governing_day(obligation: PackObligation, checked: Checked, today: date, zone: tzinfo) -> date | None:
    """Return the day whose law holds for a record, or None where the record does not have it."""
    fact = GOVERNING_FACTS.get(obligation.governing)
    if fact is None:
        return today
    value = _value(checked, fact)
    return value.astimezone(zone).date() if isinstance(value, datetime) else value


def _value(checked: Checked, name: str) -> Any:
    key, _, short = name.partition(".")
    return checked.get(key, {}).get(short)


def _present(checked: Checked, fact: str | None) -> bool | None:
    """Tell whether a record shows a document: the fact has a value, and is not false."""
    if fact is None:
        return None
    value = _value(checked, fact)
    return value is not None and value is not False
