"""Reading the expressions of a document's decisions, collecting what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from fairlead.facts.document import IntegerKeys, ListKeys, TypeDeclaration
from fairlead.facts.model import FactModel
from fairlead.facts.types import BOOLEAN, MAX_DIGITS, MoneyType, Type
from fairlead.logic.conversion import conform
from fairlead.logic.from_jsonlogic import read_expression
from fairlead.logic.numbers import digits_before_point
from fairlead.logic.problems import IllTyped
from fairlead.logic.scope import Scope
from fairlead.logic.terms import Term
from fairlead.problems import Problem
from fairlead.ruleset.parts import ReasonPart
from fairlead.ruleset.typed import Reason

__all__ = ["Reading", "reason_of", "unheld_bounds"]

Made = TypeVar("Made")


@dataclass
class Reading:
    """One document being read; what is wrong is added to `problems`.

    Pointers are places in the resolved document.
    """

    model: FactModel
    problems: list[Problem] = field(default_factory=list)

    def refuse(self, pointer: str, code: str, message: str, **more: Any) -> None:
        """Add a problem."""
        self.problems.append(Problem(code=code, message=message, pointer=pointer, **more))

    def attempt(self, pointer: str, make: Callable[[], Made]) -> Made | None:
        """Make a term or a type, or add what is wrong."""
        try:
            return make()
        except IllTyped as error:
            self.problems.append(error.problem(pointer))
            return None

    def expression(self, raw: Any, scope: Scope, pointer: str, wanted: Type | None = None) -> Term | None:
        """Read an expression, as a value of `wanted` where that is given."""
        term = read_expression(raw, scope, pointer, self.problems)
        if term is None or wanted is None:
            return term
        return self.attempt(pointer, lambda: conform(term, wanted))

    def condition(self, raw: Any, scope: Scope, pointer: str) -> Term | None:
        """Read an expression that must be boolean."""
        return self.expression(raw, scope, pointer, BOOLEAN)

    def name(self, name: str, scope: Scope, pointer: str) -> Term | None:
        """Read a bare name that stands at `pointer`."""
        found: list[Problem] = []
        term = read_expression({"var": name}, scope, "", found)
        self.problems.extend(replace(problem, pointer=pointer) for problem in found)
        return term

    def output(
        self, raw: Any, scope: Scope, pointer: str, declaration: TypeDeclaration, wanted: Type
    ) -> Term | None:
        """Read an output as a value of the declared type, whose digits grow where none were declared."""
        term = read_expression(raw, scope, pointer, self.problems)
        if term is None:
            return None
        return self.attempt(pointer, lambda: conform(term, _room(wanted, declaration, term.type)))

    def unbounded(self, declaration: TypeDeclaration, pointer: str) -> None:
        """Refuse a range on a result that is no whole number: nothing could hold the value to it."""
        self.problems.extend(unheld_bounds("result", declaration, pointer))


def unheld_bounds(what: str, declaration: TypeDeclaration, pointer: str) -> Iterator[Problem]:
    """Yield a problem for each bound of a type that nothing holds its values to: all but whole numbers."""
    items = declaration.items if isinstance(declaration, ListKeys) else declaration
    if isinstance(items, IntegerKeys) or declaration.bounds() == (None, None):
        return
    place = f"{pointer}/items" if items is not declaration else pointer
    for key in ("minimum", "maximum"):
        if getattr(items, key, None) is not None:
            yield Problem(
                code="unexpected-key",
                message=f"a {what} that is {declaration.to_type()} has no `{key}`",
                pointer=f"{place}/{key}",
                found=key,
                remedy="bound the expression with `min` and `max`",
            )


def reason_of(part: ReasonPart | None) -> Reason | None:
    """Return the reason of a part, or None where it states none."""
    return Reason(part.code, part.text) if part is not None else None


def _room(wanted: Type, declaration: TypeDeclaration, actual: Type) -> Type:
    """Return the wanted type with as many digits as the value needs, where the document declares none."""
    open_ended = "precision" not in declaration.model_fields_set
    if open_ended and isinstance(wanted, MoneyType) and isinstance(actual, MoneyType):
        digits = max(digits_before_point(actual), digits_before_point(wanted))
        return MoneyType(wanted.currency, min(digits + wanted.scale, MAX_DIGITS), wanted.scale)
    return wanted
