"""Extra operators: from what plug-ins announce into the resolved ruleset, and from there to typed ones.

A resolved ruleset holds the definition of each operator that it calls. So its digest changes with a
definition, an approval binds it, and what is in the archive runs without the plug-in as it did with it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

import pluggy

from fairlead.documents.found import found_text
from fairlead.documents.json_text import Document
from fairlead.documents.positions import join_pointer
from fairlead.documents.shapes import check_shape
from fairlead.facts.document import ListKeys
from fairlead.logic.conversion import conform, unwidened
from fairlead.logic.extra_operators import IN_BRACES, ExtraOperators, measured
from fairlead.logic.from_jsonlogic import RESERVED, read_expression
from fairlead.logic.problems import IllTyped
from fairlead.logic.scope import Scope
from fairlead.logic.terms import Element, ExtraOperator, Literal, Missing, Term, Variable, walk
from fairlead.plugins.hookspecs import OperatorInfo
from fairlead.plugins.manager import code_alone, installed_plugins, operators
from fairlead.problems import DocumentError, Problem, UsageError, nearest_name
from fairlead.ruleset.document import RulesetBody
from fairlead.ruleset.names import expressions_of
from fairlead.ruleset.operator_document import OperatorPart, OperatorParts
from fairlead.ruleset.reading import unheld_bounds

__all__ = ["MOST_IN_DEFINITION", "called_operators", "offered_operators", "typed_operators"]

#: how large and how deep a definition may be
MOST_IN_DEFINITION = 256
_DEEPEST_DEFINITION = 16

_MEMBERS = ("title", "parameters", "result", "words", "definition")


def offered_operators() -> Mapping[str, Any]:
    """Return the operators that installed plug-ins announce, as they stand in a resolved ruleset, by name.

    Raises UsageError with everything that is wrong with any of them, each with its plug-in.
    """
    return _offered(installed_plugins())


@lru_cache(maxsize=1)
def _offered(manager: pluggy.PluginManager) -> Mapping[str, Any]:
    parts: dict[str, Any] = {}
    problems: list[Problem] = []
    for info, provider in operators(manager):
        try:
            part = _part(info, provider)
            typed_operators(Document({"operators": {info.name: part}}, file=f"plug-in {provider}"))
        except (DocumentError, UsageError) as error:
            problems.extend(error.problems)
        else:
            parts[info.name] = part
    if problems:
        raise UsageError(problems)
    return parts


def _part(info: OperatorInfo, provider: str) -> dict[str, Any]:
    """Return what a plug-in says of an operator as JSON; raise UsageError where it is none."""
    stated = {key: getattr(info, key) for key in _MEMBERS}
    if isinstance(info.parameters, Mapping):
        stated["parameters"] = [{"name": name, "type": type_} for name, type_ in info.parameters.items()]
    part = {}
    for key, value in stated.items():
        try:
            part[key] = json.loads(json.dumps(value, allow_nan=False, default=_as_json))
        except (TypeError, ValueError, RecursionError):
            part[key] = None
        if part[key] is None:
            problem = Problem(
                "wrong-type",
                f"`{key}` of an operator is JSON",
                join_pointer(["operators", info.name, key]),
                file=f"plug-in {provider}",
            )
            raise UsageError([code_alone(info.name, provider) if key == "definition" else problem])
    return part


def _as_json(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError


def called_operators(body: RulesetBody, offered: Iterable[str]) -> list[str]:
    """Return which of the operators that are offered the decisions of a ruleset call, by name."""
    names = frozenset(offered)
    found: set[str] = set()
    waiting: list[Any] = []
    for decision in body.decisions if names else ():
        waiting.extend(expressions_of(decision))
    while waiting:
        raw = waiting.pop()
        if isinstance(raw, list):
            waiting.extend(raw)
        elif isinstance(raw, Mapping):
            if len(raw) == 1:
                found |= names & raw.keys()
            waiting.extend(raw.values())
    return sorted(found)


def typed_operators(document: Document) -> ExtraOperators:
    """Return the extra operators of a resolved ruleset; raise DocumentError with everything that is wrong."""
    stated = document.value.get("operators")
    if stated is None:
        return ExtraOperators()
    place = Document({"operators": stated}, file=document.file)
    known: dict[str, ExtraOperator] = {}
    problems: list[Problem] = []
    for name, part in check_shape(OperatorParts, place).operators.items():
        before = len(problems)
        problems.extend(_misnamed(name))
        operator = _typed(name, part, problems)
        if operator is not None and len(problems) == before:
            known[name] = operator
    if problems:
        raise DocumentError(place.locate(problems))
    return ExtraOperators(known)


def _misnamed(name: str) -> Iterator[Problem]:
    if name in RESERVED:
        yield Problem(
            "bad-name",
            f"`{name}` has a meaning in the language already",
            join_pointer(["operators", name]),
            found=name,
            remedy="give the operator a name of its own",
        )


def _typed(name: str, part: OperatorPart, problems: list[Problem]) -> ExtraOperator | None:
    """Return the typed operator, or None after adding what is wrong."""
    pointer = join_pointer(["operators", name])
    parameters = tuple(Variable(each.type.to_type(), each.name, "operand") for each in part.parameters)
    for index, each in enumerate(part.parameters):
        place = f"{pointer}/parameters/{index}"
        problems.extend(unheld_bounds("parameter", each.type, f"{place}/type"))
        if each.name in {other.name for other in part.parameters[:index]}:
            message = f"there are two parameters `{each.name}`"
            problems.append(Problem("duplicate-name", message, f"{place}/name", found=each.name))
    problems.extend(unheld_bounds("result", part.result, f"{pointer}/result"))
    if isinstance(part.result, ListKeys):
        message = "the result of an operator is a single value"
        problems.append(Problem("wrong-type", message, f"{pointer}/result", found="list"))
    for language, words in part.words.items():
        problems.extend(_ill_worded(words, parameters, join_pointer(["operators", name, "words", language])))
    found: list[Problem] = []
    definition = _definition(name, part, parameters, f"{pointer}/definition", found)
    problems.extend(_explained(problem, name) for problem in found)
    return None if definition is None else ExtraOperator(name, part.title, parameters, part.words, definition)


def _ill_worded(words: str, parameters: Iterable[Variable], pointer: str) -> Iterator[Problem]:
    names = [parameter.name for parameter in parameters]
    said = IN_BRACES.findall(words)
    rest = IN_BRACES.sub("", words)
    if "{" in rest or "}" in rest:
        remedy = "write the name of a parameter in braces, and no other braces"
        message = "a brace stands alone"
        yield Problem("invalid-value", message, pointer, found=found_text(words), remedy=remedy)
    for name in dict.fromkeys(said):
        if name not in names:
            yield Problem(
                "unknown-value",
                f"`{found_text(name)}` is not a parameter",
                pointer,
                found=found_text(name),
                allowed=tuple(names),
                nearest=nearest_name(name[:200], names),
            )
    for name in names:
        if name not in said:
            message, remedy = f"the words leave out `{name}`", f"write `{{{name}}}` where it belongs"
            yield Problem("unused-parameter", message, pointer, found=name, remedy=remedy)


def _definition(
    name: str, part: OperatorPart, parameters: tuple[Variable, ...], pointer: str, problems: list[Problem]
) -> Term | None:
    """Return the definition as a value of the result's type, or None after adding what is wrong."""
    term = read_expression(part.definition, Scope.of(parameters), pointer, problems)
    if term is None:
        return None
    if isinstance(unwidened(term), Variable | Literal | Element):
        message = "a definition applies an operator; this one only repeats a parameter or a value"
        problems.append(Problem("wrong-expression", message, pointer))
        return None
    parts = list(walk(term))
    if any(isinstance(each, Missing) for each in parts):
        remedy = 'ask {"absent": "..."} for each parameter'
        message = "`missing` lists names, and a parameter has none"
        problems.append(Problem("wrong-operand", message, pointer, remedy=remedy))
    read = {each.name for each in parts if isinstance(each, Variable)}
    for index, parameter in enumerate(parameters):
        if parameter.name not in read:
            place = join_pointer(["operators", name, "parameters", str(index)])
            message = f"the definition does not read `{parameter.name}`"
            remedy = "read it, or leave the parameter out"
            problems.append(Problem("unused-parameter", message, place, found=parameter.name, remedy=remedy))
    size, height = measured(term)
    if size > MOST_IN_DEFINITION:
        message = f"a definition has at most {MOST_IN_DEFINITION} terms, this one has {size}"
        problems.append(Problem("expansion-too-large", message, pointer, found=str(size)))
    if height > _DEEPEST_DEFINITION:
        message = f"a definition nests at most {_DEEPEST_DEFINITION} deep, this one {height}"
        problems.append(Problem("too-deep", message, pointer, found=str(height)))
    try:
        return conform(term, part.result.to_type())
    except IllTyped as error:
        problems.append(error.problem("/".join((pointer, *map(str, error.path)))))
        return None


def _explained(problem: Problem, name: str) -> Problem:
    """Return a problem of a definition that calls what is no operator of the language with what to do."""
    if problem.code != "unknown-operator":
        return problem
    remedy = "a definition is written in the operators of the language alone"
    if problem.found == name:
        message = f"the definition of `{name}` calls `{name}`"
        return Problem("cycle", message, problem.pointer, found=name, remedy=remedy)
    return replace(problem, remedy=remedy)
