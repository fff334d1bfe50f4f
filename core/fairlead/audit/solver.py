"""Asking an SMT solver so that the answer depends on the question alone.

A question is written as SMT-LIB 2 text and read into a context of its own, so that no question sees what was
asked before it. The limit is a number of the solver's own resource units, never a clock, and the seed is
fixed: the same question has the same answer on each machine.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import z3

from fairlead.audit.standard_text import standard_text

__all__ = ["DEFAULT_LIMIT", "Answer", "Assignment", "Question", "Wish", "Wishes", "solver_name"]

#: resource units that one question may cost; some seconds on a slow machine
DEFAULT_LIMIT = 20_000_000
#: resource units that each step on the way to plainer values may cost
_STEP_LIMIT = 1_000_000

#: a constant of a model, as text: its name, in bars where it has to be, and its value
_CONSTANT = re.compile(
    r"\(define-fun (?:\|([^|]*)\||([^\s()|]+)) \(\) (?:Int|Bool)\s+(true|false|[0-9]+|\(- [0-9]+\))\)"
)

#: a name that the writer gives to a shared part; what is quoted is a name of ours
_SHARED_PART = re.compile(r"\|[^|]*\||([$?])x[0-9]+")

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


#: makes groups of wishes, once it is known that there is a case
Wishes = Callable[[], "Sequence[Sequence[Wish]]"]


class Question:
    """Conditions that hold, as SMT-LIB 2 commands, among them what some flags stand for.

    What is asked is whether all flags that are named can hold. `name` is what the files of the question are
    called. One solver answers all that is asked of a question, in the order in which it is asked.
    """

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self._text = f"(set-logic ALL)\n{text}"
        self._context: z3.Context | None = None
        self._solver: z3.Solver | None = None

    @classmethod
    def of(cls, name: str, conditions: Iterable[z3.BoolRef], asked: Mapping[str, z3.BoolRef]) -> Question:
        """Return the question of conditions, and of those that are asked for by their flags."""
        writer = z3.Solver()
        writer.add(*conditions)
        writer.add(*(z3.Bool(flag) == condition for flag, condition in asked.items()))
        return cls(name, _body(writer))

    def script(self, *flags: str) -> str:
        """Return the SMT-LIB 2 script that asks whether the conditions of these names can hold."""
        asserted = "".join(f"(assert |{flag}|)\n" for flag in flags)
        return f"; {self.name}\n{self._standard}{asserted}(check-sat)\n"

    @cached_property
    def _standard(self) -> str:
        return standard_text(self._text)

    def digest(self, *flags: str) -> str:
        """Return the SHA-256 of the script, `sha256:` and 64 hex digits."""
        return "sha256:" + hashlib.sha256(self.script(*flags).encode()).hexdigest()

    def ask(self, *flags: str, limit: int = DEFAULT_LIMIT, wishes: Wishes | None = None) -> Answer:
        """Ask whether the conditions of these names can hold.

        With `wishes` a `yes` comes with values. Groups of wishes are taken one after the other. In a group
        all are tried together, then each half, down to the single wish, which is dropped where it cannot hold
        with those that are kept. A wish about something that an earlier one settled is passed over.
        """
        context, solver = self._opened()
        solver.set("rlimit", limit)
        before = _steps(solver)
        asked = [z3.Bool(flag, context) for flag in flags]
        result = solver.check(*asked)
        steps = _steps(solver) - before
        if result == z3.unsat:
            return Answer("no", steps)
        if result != z3.sat:
            return Answer("unknown", steps, why=_reason(solver))
        if wishes is None:
            return Answer("yes", steps)
        model = solver.model()
        solver.push()
        solver.add(*asked)
        solver.set("rlimit", _STEP_LIMIT)
        granting = _Granting(solver, context, model)
        for group in wishes():
            granting.grant([wish for wish in group if wish.about not in granting.settled])
        solver.pop()
        return Answer("yes", steps, values=_values(granting.model))

    def _opened(self) -> tuple[z3.Context, z3.Solver]:
        if self._context is None or self._solver is None:
            self._context = z3.Context()
            self._solver = z3.Solver(ctx=self._context)
            self._solver.set("random_seed", 0)
            self._solver.from_string(self._text)
        return self._context, self._solver


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

    def within(self, context: z3.Context) -> list[z3.BoolRef]:
        """Return the condition in a solver's context, as parts."""
        parts = []
        for name, value in self.values:
            if isinstance(value, bool):
                flag = z3.Bool(name, context)
                parts.append(flag if value else z3.Not(flag))
            else:
                parts.append(z3.Int(name, context) == value)
        if self.some_of:
            parts.append(z3.AtMost(*(z3.Bool(name, context) for name in self.some_of), self.most))
        return parts


class _Granting:
    """Adds wishes to a solver that has a model, one group after the other."""

    def __init__(self, solver: z3.Solver, context: z3.Context, model: z3.ModelRef) -> None:
        self._solver = solver
        self._context = context
        self.model = model
        self.settled: set[str] = set()

    def grant(self, wishes: Sequence[Wish]) -> None:
        """Grant as many wishes of a group as can be."""
        self._grant([(wish, wish.within(self._context)) for wish in wishes])

    def _grant(self, wishes: Sequence[tuple[Wish, list[z3.BoolRef]]]) -> None:
        if not wishes:
            return
        conditions = [part for _, parts in wishes for part in parts]
        if self._solver.check(*conditions) == z3.sat:
            self.model = self._solver.model()
            self._solver.add(*conditions)
            self.settled.update(wish.about for wish, _ in wishes)
        elif len(wishes) > 1:
            half = len(wishes) // 2
            self._grant(wishes[:half])
            self._grant(wishes[half:])


def _body(solver: z3.Solver) -> str:
    numbers: dict[str, str] = {}

    def named(found: re.Match[str]) -> str:
        if found[1] is None:
            return found[0]
        return f"{found[1]}x{numbers.setdefault(found[0], str(len(numbers)))}"

    # the names of shared parts tell how many terms were made before: they are numbered anew
    text: str = _SHARED_PART.sub(named, solver.to_smt2())
    lines = (line for line in text.splitlines() if not line.startswith((";", "(check-sat)", "(set-info")))
    return "\n".join(lines) + "\n"


def _steps(solver: z3.Solver) -> int:
    statistics = solver.statistics()
    return int(statistics.get_key_value("rlimit count")) if "rlimit count" in statistics.keys() else 0  # noqa: SIM118 - it is no mapping


def _reason(solver: z3.Solver) -> str:
    said = solver.reason_unknown()
    if "max. resource limit" in said or "canceled" in said or "resource" in said:
        return "the solver's limit was reached"
    return f"the solver could not tell ({said})"


def _values(model: z3.ModelRef) -> dict[str, int | bool]:
    """Return the values of constants; read from the model's text, which is many times faster than asking."""
    values: dict[str, int | bool] = {}
    for quoted, plain, value in _CONSTANT.findall(model.sexpr()):
        name = quoted or plain
        if value in ("true", "false"):
            values[name] = value == "true"
        else:
            digits = value.removeprefix("(- ").removesuffix(")")
            values[name] = -int(digits) if value.startswith("(") else int(digits)
    return values
