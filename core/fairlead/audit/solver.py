"""Asking an SMT solver so that the answer depends on the question alone.

A question is written as SMT-LIB 2 text and read into a context of its own, so that no question sees what was
asked before it. The limit is a number of the solver's own resource units, never a clock, and the seed is
fixed: the same question has the same answer on each machine.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import z3

__all__ = ["DEFAULT_LIMIT", "Answer", "Assignment", "Question", "Wish", "solver_name"]

#: resource units that one question may cost; some seconds on a slow machine
DEFAULT_LIMIT = 20_000_000
#: resource units that each step on the way to plainer values may cost
_STEP_LIMIT = 1_000_000

#: the values of named constants: integers and booleans
Assignment = Mapping[str, int | bool]


def solver_name() -> str:
    """Return the solver's name and version."""
    return f"Z3 {z3.get_version_string()}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the solver said: `yes` (with `values`), `no`, or `unknown` with the reason in `why`.

    `steps` is what it spent, in resource units.
    """

    verdict: str
    steps: int
    values: Assignment | None = None
    why: str = ""

    @property
    def yes(self) -> bool:
        """Tell whether there is such a case."""
        return self.verdict == "yes"

    @property
    def no(self) -> bool:
        """Tell whether there is no such case."""
        return self.verdict == "no"


class Question:
    """Whether all `conditions` can hold together; `name` is what the file of the question is called."""

    def __init__(self, name: str, conditions: Iterable[z3.BoolRef]) -> None:
        self.name = name
        solver = z3.Solver()
        solver.add(*conditions)
        self.text = f"; {name}\n(set-logic ALL)\n{_body(solver)}"

    @property
    def digest(self) -> str:
        """The SHA-256 of the text, `sha256:` and 64 hex digits."""
        return "sha256:" + hashlib.sha256(self.text.encode()).hexdigest()

    def ask(self, limit: int = DEFAULT_LIMIT, wishes: Sequence[Sequence[Wish]] = ()) -> Answer:
        """Solve it; of a `yes`, make the wishes come true as far as they can.

        Groups of wishes are taken one after the other. In a group all are tried together, then each half,
        down to the single wish, which is dropped where it cannot hold with those that are kept. A wish about
        something that an earlier one settled is passed over.
        """
        context = z3.Context()
        solver = z3.Solver(ctx=context)
        solver.set("random_seed", 0)
        solver.set("rlimit", limit)
        before = _steps(solver)
        solver.from_string(self.text)
        result = solver.check()
        steps = _steps(solver) - before
        if result == z3.unsat:
            return Answer("no", steps)
        if result != z3.sat:
            return Answer("unknown", steps, why=_reason(solver))
        solver.set("rlimit", _STEP_LIMIT)
        granting = _Granting(solver, context)
        for group in wishes:
            granting.grant([wish for wish in group if wish.about not in granting.settled])
        return Answer("yes", steps, values=_values(granting.model))


@dataclass(frozen=True, slots=True)
class Wish:
    """A condition on named constants that a case should meet if it can.

    `about` is what it settles. All of `values` are to be had by the constants of their names; of the booleans
    named in `some_of` at most `most` are true.
    """

    about: str
    values: tuple[tuple[str, int | bool], ...] = ()
    some_of: tuple[str, ...] = ()
    most: int = 0

    def within(self, context: z3.Context) -> z3.BoolRef:
        """Return the condition in a solver's context."""
        parts = [_constant(name, value, context) == value for name, value in self.values]
        if self.some_of:
            parts.append(z3.AtMost(*(z3.Bool(name, context) for name in self.some_of), self.most))
        return z3.And(*parts) if len(parts) > 1 else parts[0]


class _Granting:
    """Adds wishes to a solver that has a model, one group after the other."""

    def __init__(self, solver: z3.Solver, context: z3.Context) -> None:
        self._solver = solver
        self._context = context
        self.model = solver.model()
        self.settled: set[str] = set()

    def grant(self, wishes: Sequence[Wish]) -> None:
        """Grant as many wishes of a group as can be."""
        if not wishes:
            return
        conditions = [wish.within(self._context) for wish in wishes]
        if all(z3.is_true(self.model.eval(each, model_completion=True)) for each in conditions):
            self._keep(wishes, conditions)
            return
        if self._solver.check(*conditions) == z3.sat:
            self.model = self._solver.model()
            self._keep(wishes, conditions)
            return
        if len(wishes) > 1:
            half = len(wishes) // 2
            self.grant(wishes[:half])
            self.grant(wishes[half:])

    def _keep(self, wishes: Sequence[Wish], conditions: Sequence[z3.BoolRef]) -> None:
        self._solver.add(*conditions)
        self.settled.update(wish.about for wish in wishes)


def _constant(name: str, value: int | bool, context: z3.Context) -> z3.ExprRef:
    return z3.Bool(name, context) if isinstance(value, bool) else z3.Int(name, context)


def _body(solver: z3.Solver) -> str:
    text: str = solver.to_smt2()
    return "\n".join(line for line in text.splitlines() if not line.startswith(";")) + "\n"


def _steps(solver: z3.Solver) -> int:
    statistics = solver.statistics()
    return int(statistics.get_key_value("rlimit count")) if "rlimit count" in statistics.keys() else 0  # noqa: SIM118 - it is no mapping


def _reason(solver: z3.Solver) -> str:
    said = solver.reason_unknown()
    if "max. resource limit" in said or "canceled" in said or "resource" in said:
        return "the solver's limit was reached"
    return f"the solver could not tell ({said})"


def _values(model: z3.ModelRef) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for declaration in model.decls():
        if declaration.arity():
            continue
        value = model[declaration]
        if z3.is_int_value(value):
            values[declaration.name()] = value.as_long()
        elif z3.is_true(value) or z3.is_false(value):
            values[declaration.name()] = z3.is_true(value)
    return values
