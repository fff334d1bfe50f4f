"""Every value that a rule computes lies within the type that its term was given when the ruleset loaded."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.engine.rules import formula
from tests.strategies import RATES, moments, records, rulesets
from tests.strategies import ruleset as make_ruleset

from fairlead.engine import Program
from fairlead.engine.nodes import Node
from fairlead.engine.recording import Frame, Recording
from fairlead.facts.types import (
    BOOLEAN,
    DATE,
    DATE_TIME,
    DecimalType,
    IntegerType,
    ListType,
    MoneyType,
    OneOfType,
    Type,
)
from fairlead.facts.values import ROUNDING_MODES
from fairlead.logic import factory
from fairlead.logic.problems import IllTyped
from fairlead.logic.terms import Apply, Quantifier, Term, Variable
from fairlead.ruleset.typed import Ruleset


def within(type_: Type, value: Any) -> bool:
    """Tell whether an internal value is one of a type."""
    match type_:
        case IntegerType(low=low, high=high):
            return type(value) is int and low <= value <= high
        case DecimalType(precision=precision):
            return type(value) is int and abs(value) < 10**precision
        case MoneyType(currency=None, precision=precision):
            units, currency = value
            return type(units) is int and abs(units) < 10**precision and len(currency) == 3
        case MoneyType(precision=precision):
            return type(value) is int and abs(value) < 10**precision
        case OneOfType(values=values):
            return value in values
        case ListType(item=None):
            return bool(value == ())
        case ListType(item=Type() as item):
            return type(value) is tuple and all(within(item, element) for element in value)
    kinds = {BOOLEAN: bool, DATE: date, DATE_TIME: datetime}
    return type(value) is kinds.get(type_, str) and value != ""


def values_in(recording: Recording, node: Node, frame: Frame | None = None) -> Iterator[tuple[Term, Any]]:
    """Yield every term below a node with each value that it had."""
    value = recording.value(node, frame)
    if value is not None:
        yield node.term, value
    frames: list[Frame | None] = [frame]
    if isinstance(node.term, Quantifier):
        yield from values_in(recording, node.children[0], frame)
        frames = list(recording.frames(node, frame))
    for child in node.children[1 if isinstance(node.term, Quantifier) else 0 :]:
        for inner in frames:
            yield from values_in(recording, child, inner)


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(rulesets(depth=3), records(), moments)
def test_no_value_leaves_its_type(
    ruleset: Ruleset, record: dict[str, dict[str, Any]], as_of: datetime
) -> None:
    recording = Program(ruleset).trace(record, as_of, RATES).recording
    for nodes in recording.nodes.values():
        for root in nodes.roots:
            for term, value in values_in(recording, root):
                assert within(term.type, value), (term, value)
        value = recording.decision_value(nodes.decision.name)
        assert value is None or within(nodes.decision.type, value)


@cache
def numbers_of(type_: Type) -> st.SearchStrategy[int]:
    """Return the values of a number type that are most likely to be too large: its ends, and around 0."""
    if isinstance(type_, IntegerType):
        low, high = type_.low, type_.high
    else:
        assert isinstance(type_, DecimalType | MoneyType)
        high = 10**type_.precision - 1
        low = -high
    near = [low, low + 1, -2, -1, 0, 1, 2, high - 1, high]
    return st.sampled_from([value for value in near if low <= value <= high])


_ENDS = st.sampled_from(
    (-(2**63), -(2**62), -(2**32), -1000, -7, -1, 0, 1, 9, 10, 99, 2**31, 2**62, 2**63 - 1)
)
_PRECISIONS = st.sampled_from((1, 2, 5, 17, 18, 19, 37, 38))
_COUNTS, _ROUNDINGS = st.sampled_from((2, 3, 10, 11)), st.sampled_from(ROUNDING_MODES)


@st.composite
def number_types(draw: st.DrawFn) -> Type:
    """Return a number type of any range or width."""
    if draw(st.booleans()):
        low, high = sorted((draw(_ENDS), draw(_ENDS)))
        return IntegerType(low, high)
    precision = draw(_PRECISIONS)
    scale = draw(st.integers(0, min(precision, 6)))
    return MoneyType("USD", precision, scale) if draw(st.booleans()) else DecimalType(precision, scale)


_TYPES = number_types()


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data(), st.sampled_from(("+", "-", "*", "/", "%", "min", "max", "round")))
def test_arithmetic_at_the_ends_of_its_operands_stays_within_its_type(
    data: st.DataObject, operator: str
) -> None:
    count = {"/": 2, "%": 2, "round": 1, "-": data.draw(st.integers(1, 2))}.get(operator)
    types = [data.draw(_TYPES) for _ in range(count or data.draw(_COUNTS))]
    names = [f"lead.n{index}" for index in range(len(types))]
    operands = [Variable(type_, name, "fact") for type_, name in zip(types, names, strict=True)]
    options = {"scale": data.draw(st.integers(0, 3)), "rounding": data.draw(_ROUNDINGS)}
    try:
        term = factory.apply(operator, operands, options if operator in ("/", "round") else {})
    except IllTyped:
        return
    facts = {name[5:]: data.draw(numbers_of(type_)) for type_, name in zip(types, names, strict=True)}
    checked = isinstance(term, Apply) and term.checked
    value = internal_value(term, facts)
    if value is not None:
        assert within(term.type, value)
    elif operator in ("/", "%"):
        assert facts["n1"] == 0 or checked
    else:
        assert checked


def internal_value(term: Term, facts: dict[str, Any]) -> Any:
    """Return the internal value of a term for a lead with these facts."""
    program = Program(make_ruleset([formula(term)]))
    trace = program.trace({"lead": facts}, datetime(2026, 11, 21, tzinfo=UTC))
    return trace.recording.decision_value("lead.value")
