"""Questions are written in SMT-LIB 2 that any solver reads: what Z3 alone knows is said otherwise."""

from __future__ import annotations

import pytest
import z3

from fairlead.audit.standard_text import standard_text


@pytest.mark.parametrize(
    ("text", "standard"),
    [
        ("(assert (and a b))", "(assert (and a b))"),
        ("(assert ((_ at-most 1) a b))", "(assert (<= (+ 0 (ite a 1 0) (ite b 1 0)) 1))"),
        ("(assert ((_ at-least 2) |a (b) c| b))", "(assert (>= (+ 0 (ite |a (b) c| 1 0) (ite b 1 0)) 2))"),
        (
            "(not ((_ at-most 1) (or a b) ((_ at-most 0) c) d)) e",
            "(not (<= (+ 0 (ite (or a b) 1 0) (ite (<= (+ 0 (ite c 1 0)) 0) 1 0) (ite d 1 0)) 1)) e",
        ),
    ],
)
def test_counted_conditions_become_sums(text: str, standard: str) -> None:
    assert standard_text(text) == standard


@pytest.mark.parametrize("most", [0, 1, 2, 3])
def test_a_sum_says_the_same_as_what_it_stands_for(most: int) -> None:
    names = z3.Bools("a b c")
    counted = z3.PbLe([(z3.And(names[0], names[1]), 1), (names[1], 1), (z3.Not(names[2]), 1)], most)
    solver = z3.Solver()
    solver.add(counted)
    text = solver.to_smt2()
    assert "at-most" in text
    (read,) = z3.parse_smt2_string(standard_text(text))
    unlike = z3.Solver()
    unlike.add(read != counted)
    assert unlike.check() == z3.unsat
