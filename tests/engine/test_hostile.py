"""A ruleset is untrusted: none of its text becomes source, and its size is no way to break the compiler."""

from __future__ import annotations

import ast
import keyword
import re
from typing import Any

import pytest
from tests.engine.rules import (
    NOON,
    PAGES,
    RECORDS,
    apply,
    check,
    decide,
    formula,
    read,
    row,
    score_row,
    scorecard,
    table,
    text,
    whole,
)
from tests.strategies import TITLE, ruleset

from fairlead.engine import Program, codegen
from fairlead.engine.runtime import NAMES
from fairlead.facts.types import BOOLEAN, TEXT, IntegerType
from fairlead.logic import factory
from fairlead.logic.terms import Literal, Variable
from fairlead.ruleset.typed import Decision, Group, Parameter

HOSTILE = [
    "__import__('os').system('true')",
    "'); raise SystemExit #",
    '"""',
    "\\",
    "a\nb\r\u2028c",
    "{0.__class__}",
    "%s%n",
    "naïve ☃ \U0001f600 \u202e",
    "None",
    "mask",
    "record",
    "reasons",
    "f1",
    "run",
    "lambda",
    "x" * 100_000,
    *keyword.kwlist,
]

#: what a name in generated code may be
GENERATED = re.compile(r"[a-z][0-9]+|make|run|record|recorded|mask|reasons|decisions|rates|as_of|as_of_date")


@pytest.mark.parametrize("name", HOSTILE, ids=lambda name: ascii(name)[:30])
def test_hostile_names_and_values_are_values_only(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    trees: list[ast.Module] = []

    def spy(tree: ast.Module, *rest: Any) -> Any:
        trees.append(tree)
        return compile(tree, *rest)

    monkeypatch.setattr(codegen, "compile", spy, raising=False)
    fact = Variable(TEXT, f"lead.{name}", "fact")
    flag = Variable(BOOLEAN, f"lead.{name}?", "fact")
    limit = Variable(IntegerType(), f"parameters.{name}", "parameter")
    rows = (
        score_row(name, apply("==", fact, text(name)), 5, name),
        score_row(f"{name}2", flag, apply("+", limit, whole(1)), None),
    )
    card = scorecard(*rows, name=f"lead.{name}_score", groups=(Group(name, None, 4),))
    band = table(
        "unique",
        row(name, apply(">", read(card), whole(1)), apply("cat", fact, text(name)), name),
        name=f"lead.{name}",
    )
    parameters = {name: Parameter(name, IntegerType(), TITLE, ((None, 2),))}
    program = Program(ruleset([card, band], parameters=parameters))
    result = program.evaluate_checked({"lead": {name: name, f"{name}?": True}}, NOON)
    assert result.decisions == {f"lead.{name}_score": 7, f"lead.{name}": name + name}
    assert result.reasons == [f"because_{name}", f"because_{name}2", name]
    assert result.trace().decisions[f"lead.{name}"].facts == {f"lead.{name}": name}

    assert len(trees) == 2
    for tree in trees:
        assert identifiers(tree) <= set(NAMES) | {
            found for found in identifiers(tree) if GENERATED.fullmatch(found)
        }


def identifiers(tree: ast.AST) -> set[str]:
    found = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    found |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    return found | {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_generated_code_sees_no_built_in_names() -> None:
    assert NAMES["__builtins__"] == {}


def many(policy: str, strict: bool, **members: Any) -> Decision:
    rows = [row(f"r{i}", apply("==", PAGES, whole(i)), whole(i), f"c{i}") for i in range(1500)]
    return table(policy, *rows, type_=IntegerType(), strict=strict, otherwise=whole(-1), **members)


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("policy", ["first", "unique", "any"])
def test_a_table_of_1500_rows(policy: str, strict: bool) -> None:
    decision = many(policy, strict)
    last = decide(decision, pages=1499)
    assert (last.decisions["lead.band"], last.reasons) == (1499, ["c1499"])
    assert decide(decision, pages=1000000).decisions["lead.band"] == -1
    unknown = decide(decision)
    assert unknown.decisions["lead.band"] == (None if strict else -1)
    assert unknown.unknown_rows["lead.band"] == tuple(f"r{i}" for i in range(1500))


def test_a_scorecard_of_1500_rows_that_are_unknown_one_by_one() -> None:
    facts = [Variable(BOOLEAN, f"lead.b{i}", "fact") for i in range(1500)]
    card = scorecard(*(score_row(f"r{i}", fact, 1) for i, fact in enumerate(facts)))
    known: dict[str, Any] = {f"b{i}": True for i in range(0, 1500, 2)}
    result = decide(card, **known)
    assert result.decisions == {"lead.score": 750}
    assert result.unknown_rows["lead.score"] == tuple(f"r{i}" for i in range(1, 1500, 2))


def test_a_long_chain_of_decisions() -> None:
    decisions: list[Decision] = [formula(apply("cat", text("a"), text("b")), "lead.d0")]
    decisions += [check(RECORDS, "lead.c0")]
    for number in range(1, 1500):
        before = Variable(BOOLEAN, f"lead.c{number - 1}", "decision")
        decisions.append(check(apply("!", before), f"lead.c{number}"))
    result = decide(*decisions)
    assert {str(cause) for cause in result.undetermined["lead.c1499"]} == {"absent lead.records"}
    assert decide(*decisions, records=True).decisions["lead.c1499"] is False


def test_very_large_whole_numbers_stay_exact() -> None:
    large = Literal(IntegerType(), 2**63 - 1)
    assert decide(formula(factory.apply("-", [large, whole(1)]))).decisions == {"lead.value": 2**63 - 2}
