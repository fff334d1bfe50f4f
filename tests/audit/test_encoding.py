"""The SMT terms of a ruleset give what the engine gives, for random rulesets and records."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import z3
from hypothesis import HealthCheck, event, given, settings
from tests.reference import Reference, lower
from tests.strategies import FACTS, RATES, moments, records, rulesets

from fairlead.audit.encoding import Decider, Facts, ListValue, Space, Time, Undecidable, Value
from fairlead.audit.encoding.conditions import all_of, negate
from fairlead.audit.encoding.values import equal, literal, microseconds
from fairlead.audit.taint import terms_of
from fairlead.facts.model import Entity, Fact, FactModel, Link
from fairlead.facts.types import ListType, Type
from fairlead.logic.terms import Apply, walk
from fairlead.ruleset.typed import Reward, Ruleset

TITLE = {"en": "title"}
#: of these the encoding knows only that equal arguments give equal values
UNINTERPRETED = {"cat", "substr", "convert"}


def model() -> FactModel:
    facts: dict[str, dict[str, Fact]] = {"lead": {}, "partner": {}}
    for name, type_ in FACTS.items():
        entity, _, short = name.partition(".")
        facts[entity][short] = Fact(name, type_, None, None, TITLE, TITLE, (), None, (), True)
    links = {"partner": Link("partner", "partner", TITLE)}
    entities = {
        name: Entity(name, TITLE, TITLE, links if name == "lead" else {}, {}, facts[name], {})
        for name in facts
    }
    return cast(FactModel, SimpleNamespace(entities=entities, get=lambda name: None))


def fixed(space: Space, facts: Facts, record: dict[str, dict[str, Any]]) -> list[z3.BoolRef]:
    """Return what makes the facts that were read those of a record."""
    conditions: list[z3.BoolRef] = []
    for key, exists in facts.exists.items():
        conditions.append(exists == (record.get(key) is not None))
    for name, value in facts.values.items():
        key, _, short = name.partition(".")
        internal = (record.get(key) or {}).get(short)
        conditions.append(value.known == (internal is not None))
        if internal is None:
            continue
        type_ = facts.fact(name).type
        wanted = literal(space, type_, internal)
        if isinstance(value, Value):
            assert isinstance(wanted, Value)
            conditions.append(equal(value, wanted))
        else:
            conditions += listed_as(space, value, type_, internal)
    return conditions


def listed_as(space: Space, value: ListValue, type_: Type, internal: tuple[Any, ...]) -> list[z3.BoolRef]:
    assert isinstance(type_, ListType)
    assert isinstance(type_.item, Type)
    items = [literal(space, type_.item, each) for each in internal]
    singles = [each for each in items if isinstance(each, Value)]
    if value.items is not None:
        return [held == any_equal(item, singles) for held, item in value.items]
    return [answer == any_equal(wanted, singles) for wanted, answer in value.asked]


def any_equal(one: Value, others: list[Value]) -> z3.BoolRef:
    return z3.Or(*(equal(one, other) for other in others)) if others else z3.BoolVal(False)


def state(space: Space, value: Value | ListValue, type_: Type, wanted: Any) -> z3.BoolRef:
    """Return that a value is what the reference says."""
    if wanted is None:
        return negate(value.known)
    if isinstance(value, ListValue):
        return value.known
    said = literal(space, type_, wanted)
    assert isinstance(said, Value)
    return all_of((value.known, equal(value, said)))


def operators_of(ruleset: Ruleset) -> set[str]:
    """Return the operators of which the encoding computes nothing, among those that a ruleset applies."""
    found = set()
    for decision in ruleset.decisions:
        for term in (each for top in terms_of(decision) for each in walk(top)):
            if not isinstance(term, Apply):
                continue
            in_text = term.operator == "in" and not isinstance(term.arguments[1].type, ListType)
            if term.operator in UNINTERPRETED or in_text:
                found.add(term.operator)
    return found


def agree(ruleset: Ruleset, record: dict[str, dict[str, Any]], as_of: datetime) -> None:
    day = as_of.astimezone(UTC).date()
    answers = Reference(ruleset, record, as_of, day, RATES).run()
    exact = not operators_of(ruleset)
    for name, answer in answers.items():
        decision = ruleset.decision(name)
        space = Space()
        facts = Facts(space, model(), "lead", "x")
        time = Time("x", 1, 3652059)
        decider = Decider(ruleset, facts, time, day)
        wanted: Any
        try:
            value = decider.decision(name)
            if isinstance(decision, Reward):
                _, amount, accrues, *_ = answer.value or (None, None, None)
                wanted = None if answer.value is None else lower(decision.type, amount) if accrues else 0
            else:
                wanted = lower(decision.type, answer.value)
            said = state(space, value, decision.type, wanted)
            conditions = [*fixed(space, facts, record), *space.definitions]
        except Undecidable:
            event("undecidable")
            continue
        solver = z3.Solver()
        solver.add(time.as_of == microseconds(as_of), time.as_of_date == day.toordinal(), *conditions)
        assert solver.check(said) == z3.sat, f"{name}: the encoding refuses {wanted!r}"
        if exact and isinstance(value, Value):
            event("exact")
            other = solver.check(negate(said))
            assert other == z3.unsat, f"{name}: the encoding admits something else than {wanted!r}"


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(rulesets(), records(), moments)
def test_terms_give_what_the_reference_gives(
    ruleset: Ruleset, record: dict[str, dict[str, Any]], as_of: datetime
) -> None:
    if record.get("lead") is not None:
        agree(ruleset, record, as_of)
