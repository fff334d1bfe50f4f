"""Who may read what: the names that a decision's expressions read, and the scope it reads them in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from fairlead.facts.model import FactModel
from fairlead.facts.types import DATE, DATE_TIME, Type
from fairlead.logic.scope import Scope
from fairlead.logic.terms import Variable
from fairlead.ruleset.decisions import (
    CheckPart,
    DecisionPart,
    FormulaPart,
    RewardPart,
    ScorecardPart,
    TablePart,
)
from fairlead.ruleset.typed import Parameter

__all__ = ["PARAMETERS", "TIME", "expressions_of", "names_read", "scope_for", "settings_of"]

#: the prefix of parameters in expressions
PARAMETERS = "parameters."
#: the names of the time that a record is evaluated at
TIME = (Variable(DATE_TIME, "as_of", "time"), Variable(DATE, "as_of_date", "time"))

_NAMING = ("var", "absent", "missing", "missing_some")


def names_read(raw: Any) -> Iterator[str]:
    """Yield every name that a raw expression reads; wrong shapes are passed over (the reader says them)."""
    stack = [raw]
    while stack:
        current = stack.pop()
        if isinstance(current, list):
            stack.extend(current)
        elif isinstance(current, Mapping):
            for key, value in current.items():
                if key == "var" and isinstance(value, list):
                    # what stands after the name is a fallback, not a name
                    yield from _texts(value[:1])
                elif key in _NAMING:
                    yield from _texts(value)
                stack.append(value)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def expressions_of(decision: DecisionPart) -> Iterator[Any]:
    """Yield every raw expression of a decision; cells and decay dates as the names they read."""
    match decision:
        case ScorecardPart():
            for row in decision.rows:
                yield from (row.when, row.points)
                if row.decay is not None:
                    yield {"var": row.decay.since}
        case TablePart():
            for table_row in decision.rows:
                yield from (table_row.when, table_row.then)
                yield [{"var": name} for name in table_row.cells or ()]
            if decision.otherwise is not None and decision.otherwise != "undetermined":
                yield decision.otherwise.then
        case FormulaPart():
            yield decision.value
        case CheckPart():
            yield decision.requirement
        case RewardPart():
            yield from (decision.amount, decision.accrues_when, decision.payable_when, decision.reversed_when)
            yield from (cap.maximum for cap in decision.caps)


def settings_of(parameters: Mapping[str, Parameter]) -> list[Variable]:
    """Return the names by which expressions read the parameters."""
    return [Variable(each.type, f"{PARAMETERS}{name}", "parameter") for name, each in parameters.items()]


def scope_for(
    entity: str,
    model: FactModel,
    decided: Iterable[Variable],
    own_only: frozenset[str],
    parameters: Iterable[Variable],
    rewards: frozenset[str],
) -> Scope:
    """Return what an expression about `entity` may read.

    `decided` are the decisions already typed; those about a linked entity are readable where they read
    nothing but that entity (`own_only`), because only then is the link's record enough to decide them.
    """
    facts = model.visible(entity)
    variables = {name: Variable(type_, name, "fact") for name, type_ in facts.items()}
    hidden = _out_of_sight(entity, model, facts)
    links = {link.entity for name, link in model.entities[entity].links.items() if name == link.entity}
    for variable in decided:
        about = variable.name.split(".", 1)[0]
        if about == entity or (about in links and variable.name in own_only):
            variables[variable.name] = variable
        elif about in links:
            hidden[variable.name] = (
                f"`{variable.name}` reads more than its own {about}; read what it needs as facts"
            )
        else:
            hidden[variable.name] = f"a decision about {entity} reads no decision about {about}"
    for name in rewards:
        hidden[name] = "a reward is read by the ledger alone"
    variables.update((variable.name, variable) for variable in parameters)
    variables.update((variable.name, variable) for variable in TIME)
    return Scope(variables, hidden)


def _out_of_sight(entity: str, model: FactModel, facts: Mapping[str, Type]) -> dict[str, str]:
    hidden = {}
    for other in model.entities.values():
        for short in (*other.facts, *other.aggregates):
            name = f"{other.name}.{short}"
            if name not in facts:
                hidden[name] = (
                    f"{entity} has no link to {other.name}; declare an aggregate over related records, "
                    "or a link, in the fact model"
                )
    return hidden
