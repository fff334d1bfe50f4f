"""Which combinations of a scorecard's rows reach a value: all of them, counted, and the smallest."""

from __future__ import annotations

from typing import Any

import z3

from fairlead.audit.bench import Bench
from fairlead.audit.cases import SymbolicCase
from fairlead.audit.encoding import Space, Value
from fairlead.audit.encoding.values import is_true, literal
from fairlead.audit.words import joined
from fairlead.facts.values import internal_from_json
from fairlead.ruleset.typed import Decision, Scorecard

__all__ = ["smallest_combinations"]

#: more combinations than this are not counted, and fewer smallest ones are listed
_MOST_COUNTED = 4096
_MOST_LISTED = 16
#: resource units for each step
_LIMIT = 1_000_000


def smallest_combinations(bench: Bench, subject: Decision, wanted: Any) -> tuple[str, ...]:
    """Return, in sentences, the combinations of the rows of a scorecard that let `subject` be `wanted`.

    The scorecard is `subject` itself or the one that it reads; without one there is nothing to combine.
    """
    names = [subject.name, *sorted(bench.taints.reading(subject.name).decisions)]
    card = next((each for name in names if isinstance(each := bench.ruleset.decision(name), Scorecard)), None)
    if card is None:
        return ()
    period = bench.periods(bench.taints.reading(subject.name))[-1]
    case = SymbolicCase(Space(), bench.ruleset, subject.entity, "a", period)
    rows = [
        (row.id, row.reason.text["en"], is_true(case.decider.row(card.name, row.id))) for row in card.rows
    ]
    said = literal(case.space, subject.type, internal_from_json(subject.type, wanted))
    value = case.decider.single(subject.name)
    assert isinstance(said, Value)
    reached = z3.And(value.known, value.term == said.term)
    known = [case.decider.row(card.name, row.id).known for row in card.rows]
    solver = z3.Solver()
    solver.set("rlimit", _LIMIT)
    solver.set("random_seed", 0)
    solver.add(*case.domain(case.facts.values), *case.space.definitions, *known)
    for number, (_, _, hit) in enumerate(rows):
        solver.add(z3.Bool(f"row{number}") == hit)
    flags = [z3.Bool(f"row{number}") for number in range(len(rows))]
    smallest = _smallest(solver, flags, reached)
    if smallest is None:
        return ()
    said_rows = [" + ".join(rows[number][1] for number in sorted(each)) for each in smallest]
    listed = tuple(f"Reached with: {each}." for each in said_rows)
    counts = _counted(solver, flags, reached)
    if counts is None:
        return listed
    title = card.title["en"]
    always = set.intersection(*smallest) if smallest else set()
    common = joined([rows[number][1] for number in sorted(always)])
    sentence = f"{counts[0]} of the {counts[1]} combinations of rows of “{title}” reach it"
    return (sentence + (f"; all of them hold: {common}." if common else "."), *listed)


def _smallest(solver: z3.Solver, flags: list[z3.BoolRef], reached: z3.BoolRef) -> list[set[int]] | None:
    """Return the smallest sets of true rows that can reach the value; None where the limit is hit."""
    found: list[set[int]] = []
    solver.push()
    solver.add(reached)
    try:
        while len(found) < _MOST_LISTED:
            result = solver.check()
            if result == z3.unsat:
                return sorted(found, key=lambda each: (len(each), sorted(each)))
            if result != z3.sat:
                return None
            model = solver.model()
            true = {number for number, flag in enumerate(flags) if z3.is_true(model[flag])}
            for number in sorted(true, reverse=True):
                off = [z3.Not(flag) for place, flag in enumerate(flags) if place not in true - {number}]
                if solver.check(*off) == z3.sat:
                    kept = solver.model()
                    true = {place for place, flag in enumerate(flags) if z3.is_true(kept[flag])}
            found.append(true)
            if not true:
                return found
            solver.add(z3.Or(*(z3.Not(flags[number]) for number in sorted(true))))
        return None
    finally:
        solver.pop()


def _counted(solver: z3.Solver, flags: list[z3.BoolRef], reached: z3.BoolRef) -> tuple[int, int] | None:
    """Return how many combinations of rows reach the value, and how many there are at all."""
    counts = []
    for condition in (reached, z3.BoolVal(True)):
        solver.push()
        solver.add(condition)
        count = 0
        while count <= _MOST_COUNTED:
            result = solver.check()
            if result != z3.sat:
                break
            model = solver.model()
            count += 1
            solver.add(z3.Or(*(z3.Not(flag) if z3.is_true(model[flag]) else flag for flag in flags)))
        solver.pop()
        if count > _MOST_COUNTED or result == z3.unknown:
            return None
        counts.append(count)
    return counts[0], counts[1]
