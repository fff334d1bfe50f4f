"""Running scenarios: does a ruleset decide each given record as is expected."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from fairlead.engine.program import Program
from fairlead.engine.results import Result, json_value
from fairlead.engine.trace import Trace
from fairlead.problems import Problem, RecordError, UsageError, nearest_name
from fairlead.ruleset.scenarios import ScenarioPart, ScenariosDocument

__all__ = ["Mismatch", "ScenarioResult", "run_scenarios"]

#: what a mismatch shows for a decision that has no value
_UNDETERMINED = {"undetermined": True}
_CONFLICT = {"conflict": True}


@dataclass(frozen=True, slots=True)
class Mismatch:
    """Something that is not as expected.

    `subject` is a decision, `reasons` or `missing`, or `given` where the record does not fit the fact model.
    `expected` and `found` are JSON values; `hint` says more where there is more to say.
    """

    subject: str
    expected: Any
    found: Any
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class ScenarioResult:
    """How one scenario went; `trace` is None where the record does not fit the fact model."""

    name: str
    mismatches: tuple[Mismatch, ...]
    trace: Trace | None

    @property
    def passed(self) -> bool:
        """Whether all is as expected."""
        return not self.mismatches


def run_scenarios(program: Program, scenarios: ScenariosDocument) -> list[ScenarioResult]:
    """Run the scenarios of a document, in order; each is decided by itself."""
    return [_run(program, scenario, scenario.as_of or scenarios.as_of) for scenario in scenarios.scenarios]


def _run(program: Program, scenario: ScenarioPart, as_of: date) -> ScenarioResult:
    try:
        result = program.evaluate(scenario.given, as_of)
    except RecordError as error:
        found = tuple(
            Mismatch("given", None, problem.found, _with_nearest(problem)) for problem in error.problems
        )
        return ScenarioResult(scenario.name, found, None)
    except UsageError as error:
        found = tuple(Mismatch("as_of", None, problem.found, problem.message) for problem in error.problems)
        return ScenarioResult(scenario.name, found, None)
    mismatches = list(_decisions(program, scenario.expect, result))
    if scenario.reasons is not None and scenario.reasons != result.reasons:
        mismatches.append(Mismatch("reasons", list(scenario.reasons), list(result.reasons)))
    if scenario.missing is not None and sorted(scenario.missing) != result.missing:
        mismatches.append(Mismatch("missing", sorted(scenario.missing), result.missing))
    return ScenarioResult(scenario.name, tuple(mismatches), result.trace())


def _with_nearest(problem: Problem) -> str:
    """Return what is wrong, with the name or value that was probably meant."""
    nearest = f"; did you mean `{problem.nearest}`?" if problem.nearest is not None else ""
    return problem.message + nearest


def _decisions(program: Program, expect: Mapping[str, Any], result: Result) -> Iterable[Mismatch]:
    for name, expected in expect.items():
        if name not in program.decisions:
            nearest = nearest_name(name, program.decisions)
            hint = f"there is no decision `{name}`"
            yield Mismatch(
                name, expected, None, hint if nearest is None else f"{hint}; did you mean `{nearest}`?"
            )
            continue
        found = _found(name, result)
        if not _is_as_expected(expected, found):
            yield Mismatch(name, expected, found, _hint(name, result))


def _found(name: str, result: Result) -> Any:
    if name in result.conflicts:
        return _CONFLICT
    if name not in result.decisions:
        return None
    value = result.decisions[name]
    return _UNDETERMINED if value is None else json_value(value)


def _hint(name: str, result: Result) -> str | None:
    if name in result.conflicts:
        return "rows true together: " + ", ".join(result.conflicts[name])
    if name in result.undetermined:
        return "because of " + ", ".join(str(cause) for cause in result.undetermined[name])
    if name not in result.decisions:
        return f"the record has no {name.partition('.')[0]}"
    return None


def _is_as_expected(expected: Any, found: Any) -> bool:
    """Compare JSON values; of a reward only the members that are expected count."""
    if isinstance(expected, dict) and isinstance(found, dict) and "accrues" in found:
        return all(member in found and _is_same(value, found[member]) for member, value in expected.items())
    return _is_same(expected, found)


def _is_same(expected: Any, found: Any) -> bool:
    # true is no 1 in JSON
    return type(expected) is type(found) and bool(expected == found)
