"""Extra operators mean the same in every back end: random definitions, operands and records.

The random rulesets of the other agreement tests call extra operators too; here every decision is a call.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from tests.audit.test_encoding import agree
from tests.columns.frames import assert_agreement
from tests.engine.test_agreement import assert_agreement as assert_agrees_with_reference
from tests.strategies import (
    RATES,
    TITLE,
    TermMaker,
    moments,
    operators_of,
    records,
    ruleset,
    variables_in_scope,
)

from fairlead.engine import Program
from fairlead.logic.extra_operators import ExtraOperators
from fairlead.logic.problems import IllTyped
from fairlead.logic.terms import Term, Variable
from fairlead.ruleset.typed import Decision, Formula, Ruleset

RELAXED = settings(deadline=None, suppress_health_check=list(HealthCheck))


def formula(name: str, value: Term) -> Formula:
    return Formula(
        name=f"lead.{name}",
        type=value.type,
        title=TITLE,
        description=TITLE,
        strict=False,
        pointer="",
        value=value,
    )


@st.composite
def called(draw: st.DrawFn) -> Ruleset:
    """Return a ruleset whose decisions `lead.call_…` are calls of extra operators.

    `lead.operand_…` are the operands on their own, and `lead.through_…` calls the operator with those.
    """
    decisions: list[Decision] = []
    for number, operator in enumerate(operators_of(draw)):
        maker = TermMaker(draw, variables_in_scope("lead"), [])
        try:
            call = maker.call(operator, 1)
        except IllTyped:
            continue
        assert call.called is not None or call.children[0].called is not None
        written = call.called or call.children[0].called
        assert written is not None
        decisions.append(formula(f"call_{number}", call))
        names = []
        for place, operand in enumerate(written.operands):
            name = f"operand_{number}_{place}"
            decisions.append(formula(name, operand))
            names.append(Variable(operand.type, f"lead.{name}", "decision"))
        again = ExtraOperators({operator.name: operator})
        try:
            decisions.append(formula(f"through_{number}", again.call(operator.name, names, 48)))
        except IllTyped:
            # an `if` as an operand takes its parameter's type, and as a decision of its own it does not
            assume(False)
    assume(decisions)
    return ruleset(decisions)


several = st.lists(records(), min_size=1, max_size=4)
Rows = list[dict[str, dict[str, Any]]]


@settings(RELAXED, max_examples=30)
@given(called(), several, moments)
def test_polars_agrees_with_the_engine(rules: Ruleset, rows: Rows, as_of: datetime) -> None:
    assert_agreement("polars", rules, rows, as_of)


@settings(RELAXED, max_examples=20)
@given(called(), several, moments)
def test_duckdb_agrees_with_the_engine(rules: Ruleset, rows: Rows, as_of: datetime) -> None:
    assert_agreement("duckdb", rules, rows, as_of)


@settings(RELAXED, max_examples=60)
@given(called(), records(), moments)
def test_the_engine_agrees_with_the_reference(
    rules: Ruleset, record: dict[str, dict[str, Any]], as_of: datetime
) -> None:
    assert_agrees_with_reference(Program(rules), record, as_of)


@settings(RELAXED, max_examples=40)
@given(called(), records(), moments)
def test_the_audit_agrees_with_the_reference(
    rules: Ruleset, record: dict[str, dict[str, Any]], as_of: datetime
) -> None:
    assume(record.get("lead") is not None)
    agree(rules, record, as_of)


@settings(RELAXED, max_examples=120)
@given(called(), records(), moments)
def test_a_call_means_its_definition_over_the_values_of_its_operands(
    rules: Ruleset, record: dict[str, dict[str, Any]], as_of: datetime
) -> None:
    result = Program(rules).evaluate_checked(record, as_of, RATES)

    for name, value in result.decisions.items():
        if name.startswith("lead.call_"):
            through = name.replace("call", "through")
            assert result.decisions[through] == value
            assert set(result.undetermined.get(through, ())) == set(result.undetermined.get(name, ()))
