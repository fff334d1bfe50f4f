"""The compiled engine gives what the reference interpreter gives, for random rulesets and records."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.reference import Answer, Reference, lower
from tests.strategies import RATES, moments, records, records_for, rulesets

from fairlead.engine import Program, load
from fairlead.engine.results import RewardResult
from fairlead.facts.values import public_from_internal
from fairlead.ruleset.typed import Decision, Reward, Ruleset

SHIPPED = Path(__file__).parents[2] / "rulesets" / "medical-travel"


@cache
def shipped(name: str) -> Program:
    return load(f"medical-travel/{name}")


def public(decision: Decision, answer: Answer) -> Any:
    if answer.value is None:
        return None
    if isinstance(decision, Reward):
        payee, amount, *states = answer.value
        paid = public_from_internal(decision.type, lower(decision.type, amount))
        return RewardResult(payee, paid, *states)
    return public_from_internal(decision.type, lower(decision.type, answer.value))


def assert_agreement(program: Program, record: dict[str, dict[str, Any]], as_of: datetime) -> None:
    ruleset = program.ruleset
    result = program.evaluate_checked(record, as_of, RATES)
    day = as_of.astimezone(UTC).date()
    answers = Reference(ruleset, record, as_of, day, RATES).run()

    wanted = {name: public(ruleset.decision(name), answer) for name, answer in answers.items()}
    assert dict(result.decisions) == wanted
    assert list(result.decisions) == list(wanted)
    assert {name: type(value) for name, value in result.decisions.items()} == {
        name: type(value) for name, value in wanted.items()
    }
    assert result.reasons == [code for answer in answers.values() for code in answer.reasons]
    assert result.conflicts == {name: a.conflict for name, a in answers.items() if a.conflict}
    assert result.unknown_rows == {name: a.unknown_rows for name, a in answers.items() if a.unknown_rows}
    undetermined = {name: set(a.causes) for name, a in answers.items() if a.value is None and not a.conflict}
    assert {name: set(causes) for name, causes in result.undetermined.items()} == undetermined


@settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
@given(rulesets(), records(), moments)
def test_decisions_reasons_causes_and_unknown_rows_agree(
    ruleset: Ruleset, record: dict[str, dict[str, Any]], as_of: datetime
) -> None:
    assert_agreement(Program(ruleset), record, as_of)


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(rulesets(depth=3), records(), moments)
def test_tracing_changes_nothing(
    ruleset: Ruleset, record: dict[str, dict[str, Any]], as_of: datetime
) -> None:
    program = Program(ruleset)
    decisions, reasons, unknown = program.runner(as_of, RATES)(record)
    trace = program.trace(record, as_of, RATES)
    assert {name: decision.value for name, decision in trace.decisions.items()} == decisions
    assert trace.reasons == reasons
    marks = set(program.marks.decode(unknown))
    assert marks == set(trace.recording.marks.decode(trace.recording.mask))


@pytest.mark.parametrize("name", sorted(path.stem for path in SHIPPED.glob("*.json") if path.stem != "facts"))
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_shipped_rulesets_agree(name: str, data: st.DataObject) -> None:
    program = shipped(name)
    record = data.draw(records_for(program.ruleset))
    as_of = data.draw(moments)
    assert_agreement(program, record, as_of)
