"""From a resolved document to a typed ruleset: parameters, order of evaluation, names, decisions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from fairlead.documents.json_text import Document
from fairlead.facts.model import FactModel
from fairlead.facts.types import BOOLEAN
from fairlead.facts.values import UnfitValue, internal_from_json
from fairlead.logic.extra_operators import ExtraOperators
from fairlead.logic.from_jsonlogic import read_expression
from fairlead.logic.scope import Scope
from fairlead.logic.terms import Term, Variable
from fairlead.problems import DocumentError, Problem, nearest_name
from fairlead.ruleset.build_decisions import build_decision, declared_type
from fairlead.ruleset.build_programme import build_attribution, build_settlement
from fairlead.ruleset.decisions import DecisionPart, RewardPart
from fairlead.ruleset.document import ParameterPart, RulesetBody
from fairlead.ruleset.evaluation_order import in_evaluation_order
from fairlead.ruleset.extra_operators import typed_operators
from fairlead.ruleset.names import PARAMETERS, TIME, expressions_of, names_read, scope_for, settings_of
from fairlead.ruleset.reading import Reading
from fairlead.ruleset.typed import Decision, Parameter, Ruleset

__all__ = ["aggregate_filters", "build_ruleset", "in_place", "typed_parameters"]

#: the most names of a circle that a problem shows
_MOST_SHOWN = 8


def build_ruleset(body: RulesetBody, source: Document, model: FactModel, digest: str) -> Ruleset:
    """Return the typed ruleset of a resolved document.

    What the parts of a document must agree on among themselves (ids, order, keys that go together) has
    been checked before (`fairlead.ruleset.consistency`).
    `source` is the resolved document (its places name the files things were written in), `digest` its
    digest. Raises DocumentError with everything that is wrong.
    """
    problems: list[Problem] = []
    parameters = typed_parameters(body.parameters, problems)
    filters = aggregate_filters(model, problems)
    ordered, decisions = _decisions(body, model, parameters, typed_operators(source), problems)
    settlement = build_settlement(body, parameters, problems)
    if problems:
        raise DocumentError(source.locate(in_place(problems)))
    return Ruleset(
        name=body.name,
        version=body.version,
        title=body.title,
        about=body.about,
        effective_from=body.effective.first if body.effective is not None else None,
        effective_to=body.effective.to if body.effective is not None else None,
        model=model,
        parameters=parameters,
        decisions=tuple(decisions[name] for name in ordered),
        document_order=tuple(part.name for part in body.decisions),
        document=source.value,
        digest=digest,
        aggregate_filters=filters,
        attribution=build_attribution(body.attribution),
        settlement=settlement,
    )


def in_place(problems: Iterable[Problem]) -> list[Problem]:
    """Return the problems in document order, each once."""

    def key(problem: Problem) -> list[tuple[int, int, str]]:
        steps = problem.pointer.split("/")
        return [(0, int(step), "") if step.isdigit() else (1, 0, step) for step in steps]

    return sorted(dict.fromkeys(problems), key=key)


def typed_parameters(parts: Mapping[str, ParameterPart], problems: list[Problem]) -> dict[str, Parameter]:
    """Return the parameters with internal values; what is no value of its type is added to `problems`."""
    parameters = {}
    for name, part in parts.items():
        type_ = part.to_type()
        pointer = f"/parameters/{name}"
        dated: list[tuple[date | None, Any, str]] = []
        if part.dated is not None:
            dated = [
                (entry.first, entry.value, f"{pointer}/dated/{index}/value")
                for index, entry in enumerate(part.dated)
            ]
        elif part.value is not None:
            dated = [(None, part.value, f"{pointer}/value")]
        low, high = part.bounds()
        values: list[tuple[date | None, Any]] = []
        for first, raw, place in dated:
            try:
                values.append((first, internal_from_json(type_, raw, zone=None, low=low, high=high)))
            except UnfitValue as unfit:
                problems.append(unfit.problem(f"{PARAMETERS}{name}", place))
        parameters[name] = Parameter(name, type_, part.title, tuple(values))
    return parameters


def aggregate_filters(model: FactModel, problems: list[Problem]) -> dict[str, Term]:
    """Type the filters of the model's aggregates; they read the related record and the time."""
    filters: dict[str, Term] = {}
    for entity in model.entities.values():
        for aggregate in entity.aggregates.values():
            if aggregate.where is None:
                continue
            facts = model.visible(aggregate.record)
            own = [
                Variable(type_, name, "fact")
                for name, type_ in facts.items()
                if name.split(".", 1)[0] == aggregate.record
            ]
            pointer = f"/model{aggregate.pointer}/where"
            term = read_expression(aggregate.where, Scope.of([*own, *TIME]), pointer, problems)
            if term is None:
                continue
            if term.type != BOOLEAN:
                problems.append(
                    Problem(
                        code="wrong-type",
                        message=f"a filter is a condition, found {term.type}",
                        pointer=pointer,
                        found=str(term.type),
                    )
                )
            filters[aggregate.name] = term
    return filters


def _decisions(
    body: RulesetBody,
    model: FactModel,
    parameters: Mapping[str, Parameter],
    operators: ExtraOperators,
    problems: list[Problem],
) -> tuple[Sequence[str], dict[str, Decision]]:
    parts: dict[str, DecisionPart] = {}
    pointers: dict[str, str] = {}
    for index, part in enumerate(body.decisions):
        pointer = f"/decisions/{index}"
        problem = _name_problem(part.name, model, pointer)
        if problem is not None:
            problems.append(problem)
        if part.name not in parts and part.name.split(".", 1)[0] in model.entities:
            parts[part.name] = part
            pointers[part.name] = pointer
    reads = {name: _reads(part, parts) for name, part in parts.items()}
    ordered, circles = in_evaluation_order(reads)
    problems.extend(
        Problem(
            code="cycle",
            message="decisions read each other in a circle: " + _shown(circle),
            pointer=f"{pointers[circle[0]]}/name",
            found=circle[0],
            remedy="let one of them read facts instead",
        )
        for circle in circles
    )
    rewards = frozenset(name for name, part in parts.items() if isinstance(part, RewardPart))
    strict = _reaching(rewards, reads)
    settings = settings_of(parameters)
    reading = Reading(model, problems)
    # those in a circle have their declared type from the start, so that what reads them is still checked
    own_only = {name for circle in circles for name in circle}
    decided = {name: Variable(declared_type(parts[name]), name, "decision") for name in own_only - rewards}
    decisions: dict[str, Decision] = {}
    for name in ordered:
        part = parts[name]
        scope = scope_for(
            name.split(".", 1)[0], model, decided.values(), frozenset(own_only), settings, rewards
        )
        scope = replace(scope, operators=operators)
        decision = build_decision(reading, part, scope, name in strict, pointers[name])
        if decision is not None:
            decisions[name] = decision
        # a decision with a problem keeps its declared type, so that those that read it are still checked
        type_ = decision.type if decision is not None else declared_type(part)
        if name not in rewards:
            decided[name] = Variable(type_, name, "decision")
        if _own_only(part):
            own_only.add(name)
    return ordered, decisions


def _shown(circle: Sequence[str]) -> str:
    names = [f"`{name}`" for name in circle]
    if len(names) > _MOST_SHOWN:
        names[_MOST_SHOWN // 2 : -_MOST_SHOWN // 2] = ["…"]
    return " reads ".join(names)


def _name_problem(name: str, model: FactModel, pointer: str) -> Problem | None:
    entity, short = name.split(".", 1)
    if entity not in model.entities:
        return Problem(
            code="unknown-entity",
            message=f"`{entity}` is not an entity of the fact model",
            pointer=f"{pointer}/name",
            found=entity,
            allowed=tuple(model.entities),
            nearest=nearest_name(entity, model.entities),
        )
    if short in model.entities[entity].facts or short in model.entities[entity].aggregates:
        return Problem(
            code="duplicate-name",
            message=f"`{name}` is a fact already; a decision needs a name of its own",
            pointer=f"{pointer}/name",
            found=name,
        )
    return None


def _reads(part: DecisionPart, parts: Mapping[str, DecisionPart]) -> list[str]:
    """Return the decisions that a decision reads, in an order that depends on the document alone."""
    read = (name for raw in expressions_of(part) for name in names_read(raw) if name in parts)
    return list(dict.fromkeys(read))


def _reaching(rewards: Iterable[str], reads: Mapping[str, Iterable[str]]) -> set[str]:
    """Return the decisions that reach a reward, the rewards included."""
    reached: set[str] = set()
    waiting = list(rewards)
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting.extend(reads.get(name, ()))
    return reached


def _own_only(part: DecisionPart) -> bool:
    """Tell whether a decision reads nothing but facts and decisions of its own entity, and settings."""
    entity = part.name.split(".", 1)[0]
    times = {variable.name for variable in TIME}
    for raw in expressions_of(part):
        for name in names_read(raw):
            if name.startswith(PARAMETERS) or name in times or name == "":
                continue
            if name.split(".", 1)[0] != entity:
                return False
    return True
