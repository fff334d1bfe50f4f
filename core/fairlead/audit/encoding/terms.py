"""Typed expressions as SMT terms."""

from __future__ import annotations

from collections.abc import Callable

import z3

from fairlead.audit.encoding.calendar import Calendar
from fairlead.audit.encoding.conditions import TRUE, all_of, any_of, implies, negate
from fairlead.audit.encoding.operators import OPERATORS
from fairlead.audit.encoding.space import Space, Undecidable
from fairlead.audit.encoding.values import ListValue, Symbolic, Value, listed, literal
from fairlead.logic.terms import Apply, Element, Literal, Missing, Quantifier, Term, Variable

__all__ = ["Terms"]


class Terms:
    """Encodes terms; `read` gives the value of a name. Raises Undecidable for what has no exact encoding."""

    def __init__(self, space: Space, read: Callable[[Variable], Symbolic]) -> None:
        self.space = space
        self.calendar = Calendar(space)
        self._read = read
        self._encoded: dict[int, tuple[Term, Symbolic]] = {}

    def value(self, term: Term) -> Value:
        """Return the value of a term that is no list."""
        encoded = self.encode(term)
        if not isinstance(encoded, Value):
            raise Undecidable("a list where a single value is expected")
        return encoded

    def encode(self, term: Term, element: Symbolic | None = None) -> Symbolic:
        """Return the value of a term; `element` is the current one of the nearest quantifier."""
        if element is not None:
            return self._made(term, element)
        if id(term) not in self._encoded:
            self._encoded[id(term)] = (term, self._made(term, None))
        return self._encoded[id(term)][1]

    def _made(self, term: Term, element: Symbolic | None) -> Symbolic:
        match term:
            case Literal():
                return literal(self.space, term.type, term.value)
            case Variable():
                return self._read(term)
            case Element():
                assert element is not None
                return element
            case Missing():
                return self._missing(term)
            case Quantifier():
                return self._quantifier(term, element)
            case Apply():
                operands = [self.encode(argument, element) for argument in term.arguments]
                if term.operator not in OPERATORS:
                    raise Undecidable(f"the operator `{term.operator}`")
                return OPERATORS[term.operator](self, term, operands)
        raise Undecidable(f"a term of kind {type(term).__name__.lower()}")

    def _missing(self, term: Missing) -> ListValue:
        absent = [(variable.name, negate(self._read(variable).known)) for variable in term.variables]
        enough: z3.BoolRef = z3.BoolVal(False)
        if term.at_least is not None:
            enough = z3.PbLe([(each, 1) for _, each in absent], len(absent) - term.at_least)
        return listed(
            TRUE,
            [
                (all_of((each, negate(enough))), Value(TRUE, z3.IntVal(self.space.text(name))))
                for name, each in absent
            ],
        )

    def _quantifier(self, term: Quantifier, element: Symbolic | None) -> Value:
        source = self.encode(term.source, element)
        assert isinstance(source, ListValue)
        if source.items is None:
            raise Undecidable(f"`{term.kind}` over a list of free values")
        bodies = [(held, self._boolean(term.body, item)) for held, item in source.items]
        true = any_of(all_of((held, body.known, body.term)) for held, body in bodies)
        false = any_of(all_of((held, body.known, negate(body.term))) for held, body in bodies)
        settled = all_of(implies(held, body.known) for held, body in bodies)
        if term.kind == "all":
            empty = negate(any_of(held for held, _ in bodies))
            refused = any_of((false, empty))
            return Value(all_of((source.known, any_of((refused, settled)))), negate(refused))
        found = true if term.kind == "some" else negate(true)
        return Value(all_of((source.known, any_of((true, settled)))), found)

    def _boolean(self, body: Term, item: Symbolic) -> Value:
        encoded = self.encode(body, item)
        assert isinstance(encoded, Value)
        return encoded
