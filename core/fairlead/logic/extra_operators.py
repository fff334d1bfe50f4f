"""Calls of extra operators: each becomes the term that it stands for, with its operands filled in.

A plug-in defines an operator by a term, so there is one place where it means anything: here. What this
returns is in the operators of the language, and every back end has those already.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from fairlead.logic import factory
from fairlead.logic.conversion import conform, unwidened, widen
from fairlead.logic.problems import IllTyped, at_operand
from fairlead.logic.terms import Apply, Call, Element, ExtraOperator, Quantifier, Term, Variable

__all__ = ["IN_BRACES", "MOST_TERMS", "ExtraOperators", "filled", "measured"]

#: the most terms that the calls of one document become together; a call in a call counts in both
MOST_TERMS = 100_000

#: the name of a parameter in the words of an operator
IN_BRACES = re.compile(r"\{([a-z][a-z0-9_]*)\}")


def filled(words: str, operands: Mapping[str, str]) -> str:
    """Return the words of a call: those of its operands in the place of the parameters' names."""
    return IN_BRACES.sub(lambda name: operands[name[1]], words)


@dataclass(slots=True)
class ExtraOperators:
    """The extra operators that one document may call, by name.

    `left` counts down how many terms its calls may still become.
    """

    known: Mapping[str, ExtraOperator] = field(default_factory=dict)
    left: int = MOST_TERMS

    def call(self, name: str, operands: Sequence[Term], levels: int) -> Term:
        """Return what a call stands for; it nests at most `levels` deep.

        Raises IllTyped for operands that do not fit, and for a call that becomes too large or too deep.
        """
        operator = self.known[name]
        term = _expanded(operator, operands)
        size, height = measured(term)
        if height > levels:
            raise IllTyped(
                "too-deep",
                f"what `{name}` stands for nests deeper than an expression may",
                remedy="name an operand as a formula and read that",
            )
        self.left -= size
        if self.left < 0:
            raise IllTyped(
                "expansion-too-large",
                f"the calls of extra operators in one document become more than {MOST_TERMS} terms",
                remedy="name what is repeated as a formula and read that",
            )
        return term


def measured(term: Term) -> tuple[int, int]:
    """Return how many terms there are in a term, and how many levels are below it.

    A term that stands in several places counts in each; widening, which nobody writes, is no level.
    """
    known: dict[int, tuple[int, int]] = {}

    def measure(part: Term) -> tuple[int, int]:
        if id(part) not in known:
            below = [measure(child) for child in part.children]
            level = not (isinstance(part, Apply) and part.operator == "widen")
            deepest = max((height + level for _, height in below), default=0)
            known[id(part)] = 1 + sum(size for size, _ in below), deepest
        return known[id(part)]

    return measure(term)


def _expanded(operator: ExtraOperator, operands: Sequence[Term]) -> Term:
    wanted = len(operator.parameters)
    if len(operands) != wanted:
        names = ", ".join(f"`{parameter.name}`" for parameter in operator.parameters)
        raise IllTyped(
            "wrong-operand-count",
            f"`{operator.name}` takes {wanted} operand{'s' if wanted != 1 else ''} ({names}), "
            f"found {len(operands)}",
        )
    given = [
        _operand(operator, position, operand, parameter)
        for position, (operand, parameter) in enumerate(zip(operands, operator.parameters, strict=True))
    ]
    term = _Filling(operator, given).fill(operator.definition)
    call = Call(operator, tuple(map(unwidened, given)))
    if isinstance(term, Apply) and term.operator == "widen":
        # below the widening, which nobody writes and some take away
        return replace(term, arguments=(replace(term.arguments[0], called=call),))
    return replace(term, called=call)


def _operand(operator: ExtraOperator, position: int, operand: Term, parameter: Variable) -> Term:
    """Return an operand as a value of its parameter's type."""
    try:
        with at_operand(position):
            return conform(operand, parameter.type)
    except IllTyped as error:
        error.message = f"operand `{parameter.name}` of `{operator.name}`: {error.message}"
        raise


class _Filling:
    """One call: the definition is gone through with an operand for each parameter."""

    def __init__(self, operator: ExtraOperator, given: Sequence[Term]) -> None:
        self._operator = operator
        self._given = given
        self._position = {parameter.name: place for place, parameter in enumerate(operator.parameters)}

    def fill(self, term: Term, *, for_each: bool = False) -> Term:
        """Return a term of the definition with the operands in it.

        `for_each` is True inside `all`, `some` and `none`.
        """
        match term:
            case Variable():
                return self._operand(term, for_each)
            case Quantifier():
                source = self.fill(term.source, for_each=for_each)
                return factory.quantifier(term.kind, source, self.fill(term.body, for_each=True))
            case Apply(operator="widen", arguments=(Variable() as name,)):
                return widen(unwidened(self._operand(name, for_each)), term.type)
            case Apply(operator="absent", arguments=(Variable() as name,)):
                return replace(term, arguments=(self._name(name),))
            case Apply(operator="default", arguments=(known, fallback)):
                asked = unwidened(known)
                assert isinstance(asked, Variable)
                self._name(asked)
                filled_in = self.fill(known, for_each=for_each), self.fill(fallback, for_each=for_each)
                return replace(term, arguments=filled_in)
            case Apply():
                operands = tuple(self.fill(operand, for_each=for_each) for operand in term.arguments)
                return replace(term, arguments=operands)
        return term

    def _operand(self, name: Variable, for_each: bool) -> Term:
        place = self._position[name.name]
        operand = self._given[place]
        if for_each and _reads_element(operand):
            raise IllTyped(
                "wrong-operand",
                f"`{self._operator.name}` asks `{name.name}` for each element of a list of its own: "
                '`{"var": ""}` would be that element here',
                argument=place,
            )
        return operand

    def _name(self, parameter: Variable) -> Variable:
        """Return the name that an operand is, where the definition asks whether it is absent."""
        place = self._position[parameter.name]
        name = unwidened(self._given[place])
        if not isinstance(name, Variable):
            raise IllTyped(
                "wrong-operand",
                f"`{self._operator.name}` asks whether `{parameter.name}` is absent: it takes the name of a "
                "fact or decision",
                remedy='write {"var": "lead.budget"}',
                argument=place,
            )
        return name


def _reads_element(term: Term) -> bool:
    """Tell whether a term reads the element of a list that stands outside it."""
    if isinstance(term, Quantifier):
        return _reads_element(term.source)
    return isinstance(term, Element) or any(map(_reads_element, term.children))
