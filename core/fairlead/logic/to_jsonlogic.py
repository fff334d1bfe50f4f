"""Writing JSONLogic: a typed term back to the JSON that reads as the same term."""

from __future__ import annotations

from typing import Any

from fairlead.facts.types import (
    DateTimeType,
    DateType,
    DecimalType,
    ListType,
    MoneyType,
    Type,
)
from fairlead.facts.values import decimal_text, json_from_internal
from fairlead.logic.terms import Apply, Element, Literal, Missing, Quantifier, Term, Variable

__all__ = ["to_jsonlogic"]


def to_jsonlogic(term: Term) -> Any:
    """Return the JSONLogic form of a term; `from_jsonlogic` in the same scope gives the term back."""
    if term.called is not None:
        return {term.called.operator.name: [to_jsonlogic(operand) for operand in term.called.operands]}
    if isinstance(term, Literal):
        return _literal(term.type, term.value)
    if isinstance(term, Variable):
        return {"var": term.name}
    if isinstance(term, Element):
        return {"var": ""}
    if isinstance(term, Quantifier):
        return {term.kind: [to_jsonlogic(term.source), to_jsonlogic(term.body)]}
    if isinstance(term, Missing):
        names = [variable.name for variable in term.variables]
        return {"missing": names} if term.at_least is None else {"missing_some": [term.at_least, names]}
    assert isinstance(term, Apply)
    operands = [to_jsonlogic(argument) for argument in term.arguments]
    if term.operator == "widen":
        return operands[0]
    if term.operator == "list":
        return operands
    if term.operator == "default":
        return {"var": [operands[0]["var"], operands[1]]}
    if term.operator == "absent":
        return {"absent": operands[0]["var"]}
    if term.options:
        operands.append(dict(term.options))
    return {term.operator: operands}


def _literal(type_: Type, value: Any) -> Any:
    if isinstance(type_, DecimalType):
        return {"decimal": decimal_text(value, type_.scale)}
    if isinstance(type_, MoneyType):
        return {"money": [decimal_text(value, type_.scale), type_.currency]}
    if isinstance(type_, DateType):
        return {"date": json_from_internal(type_, value)}
    if isinstance(type_, DateTimeType):
        return {"date_time": json_from_internal(type_, value)}
    if isinstance(type_, ListType):
        return [_literal(type_.item, item) for item in value] if type_.item is not None else []
    return value
