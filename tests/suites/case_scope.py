"""A published case as a scope and a record: types are taken from the case's own data.

- Nested objects and lists become dotted names (`pie.filling`, `1.1`); a scalar that is all the data is `""`.
- A list of scalars of one type is also a list. An empty list has the type that the suite gives its name
  elsewhere. An object is no value, nor is a list of objects: the profile has none.
- null and the empty text are absent. A name that is read and absent is text, or has its fallback's type.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from fairlead.engine.program import Program
from fairlead.facts.model import FactModel
from fairlead.facts.types import BOOLEAN, TEXT, IntegerType, ListType, Type
from fairlead.logic import Scope, from_jsonlogic
from fairlead.logic.factory import variable
from fairlead.logic.terms import Term
from fairlead.problems import DocumentError
from fairlead.ruleset.typed import Formula, Ruleset

#: operators whose second operand is read once for each element of the first
_OVER_ELEMENTS = ("all", "some", "none", "map", "filter", "reduce")


@dataclass(frozen=True)
class Case:
    """One published case."""

    rule: Any
    data: Any
    expected: Any


@dataclass(frozen=True)
class Answer:
    """What became of a case: the codes it was refused with, or its value (None is unknown)."""

    refused: tuple[str, ...] = ()
    value: Any = None


def _type_of(value: Any) -> Type | None:
    if isinstance(value, bool):
        return BOOLEAN
    if isinstance(value, int):
        return IntegerType()
    if isinstance(value, str):
        return TEXT
    if isinstance(value, list) and value:
        types = {_type_of(item) for item in value}
        (only, *others) = types
        if not others and only is not None and not isinstance(only, ListType):
            return ListType(only)
    return None


def names_with_values(data: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield each dotted name in the data with what stands there."""
    if data is None or data == "":
        return
    yield prefix, data
    members: Iterable[tuple[Any, Any]] = ()
    if isinstance(data, dict):
        members = data.items()
    elif isinstance(data, list):
        members = enumerate(data)
    for key, value in members:
        yield from names_with_values(value, f"{prefix}.{key}" if prefix else str(key))


def types_of_names(cases: Iterable[Case]) -> dict[str, Type]:
    """Return the type of each name that is a list somewhere in the suite."""
    found: dict[str, Type] = {}
    for case in cases:
        for name, value in names_with_values(case.data):
            type_ = _type_of(value)
            if isinstance(type_, ListType):
                found.setdefault(name, type_)
    return found


def names_read(rule: Any) -> Iterator[tuple[str, Any]]:
    """Yield the names that a rule reads outside the elements of lists, with their literal fallbacks."""
    if isinstance(rule, list):
        for part in rule:
            yield from names_read(part)
    if not isinstance(rule, dict):
        return
    for operator, operands in rule.items():
        listed = operands if isinstance(operands, list) else [operands]
        if operator == "var":
            name = listed[0] if listed else ""
            if name is None or isinstance(name, str | int):
                yield str(name if name is not None else ""), listed[1] if len(listed) > 1 else None
        elif operator in ("missing", "missing_some"):
            names = listed[-1] if operator == "missing_some" else listed
            yield from ((name, None) for name in names if isinstance(name, str))
        else:
            yield from names_read(listed[:1] if operator in _OVER_ELEMENTS else listed)


def evaluate_expression(term: Term, values: Mapping[str, Any]) -> Any:
    """Return the value that the engine gives a formula of the term; None is unknown."""
    said = {"en": "case"}
    formula = Formula("suite_case.answer", term.type, said, said, False, "", term)
    model = FactModel("suite/facts", "1.0.0", said, said, {}, {}, {}, "")
    ruleset = Ruleset(
        "suite/case", "1.0.0", said, said, None, None, model, {}, (formula,), (formula.name,), {}, ""
    )
    record: dict[str, dict[str, Any]] = {"suite_case": {}}
    for name, value in values.items():
        key, _, short = name.partition(".")
        record.setdefault(key, {})[short] = value
    run = Program(ruleset).runner(datetime(2026, 1, 1, tzinfo=UTC))
    decisions, _, _ = run(record)
    return decisions[formula.name]


def answer(case: Case, types: Mapping[str, Type]) -> Answer:
    """Read a case in the scope of its own data and evaluate it; `types` are those of empty lists."""
    values: dict[str, Any] = {}
    declared: dict[str, Type] = {}
    unusable = set()
    for name, value in names_with_values(case.data):
        type_ = types.get(name) if value == [] else _type_of(value)
        if type_ is None:
            unusable.add(name)
            continue
        declared[name] = type_
        values[name] = tuple(value) if isinstance(value, list) else value
    for name, fallback in names_read(case.rule):
        if name not in unusable:
            declared.setdefault(name, _type_of(fallback) or TEXT)
    scope = Scope.of(variable(name, type_, "fact") for name, type_ in declared.items())
    try:
        term = from_jsonlogic(case.rule, scope)
    except DocumentError as error:
        return Answer(refused=tuple(problem.code for problem in error.problems))
    return Answer(value=evaluate_expression(term, values))


def same(found: Any, expected: Any) -> bool:
    """Tell whether two values are the same JSON: true is not 1."""
    if isinstance(found, list) and isinstance(expected, list):
        return len(found) == len(expected) and all(map(same, found, expected))
    return type(found) is type(expected) and found == expected
