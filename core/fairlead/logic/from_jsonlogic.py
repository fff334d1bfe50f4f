"""Reading JSONLogic: raw JSON to typed terms, every problem with its place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from fairlead.documents.found import found_text
from fairlead.facts.types import DATE, DATE_TIME, ListType, Type
from fairlead.logic import factory
from fairlead.logic.conversion import time_literal
from fairlead.logic.operators import ALIASES, LEFT_OUT, OPERATORS
from fairlead.logic.problems import IllTyped
from fairlead.logic.scope import Scope
from fairlead.logic.terms import Term, Variable
from fairlead.problems import DocumentError, Problem, nearest_name

__all__ = ["RESERVED", "from_jsonlogic", "read_expression"]

#: deeper expressions are refused; the generated code and the solver recurse over them
MAX_DEPTH = 48

#: looking for a name takes milliseconds, and a document may have a hundred thousand wrong ones
_MOST_NEAREST = 100

_QUANTIFIERS = ("all", "some", "none")
_LITERAL_FORMS = ("decimal", "date", "date_time", "money")
_SPECIAL = ("var", "missing", "missing_some", *_QUANTIFIERS, *_LITERAL_FORMS)

#: what expressions have a meaning for already, or refuse by name: no other operator is called so
RESERVED = frozenset(
    (
        *(*OPERATORS, *ALIASES, *LEFT_OUT, *_SPECIAL),
        *(option for operator in OPERATORS.values() for option in operator.options),
    )
)


def from_jsonlogic(raw: Any, scope: Scope) -> Term:
    """Return the typed term of a JSONLogic expression; raise DocumentError with every problem."""
    problems: list[Problem] = []
    term = read_expression(raw, scope, "", problems)
    if term is None or problems:
        raise DocumentError(problems)
    return term


def read_expression(raw: Any, scope: Scope, pointer: str, problems: list[Problem]) -> Term | None:
    """Return the typed term, or None after adding what is wrong to `problems`.

    `pointer` is the place of `raw` in its document.
    """
    return _Reader(scope, problems).read(raw, pointer, 0)


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")


@dataclass
class _Reader:
    scope: Scope
    problems: list[Problem]
    elements: list[Type] = field(default_factory=list)

    def refuse(self, pointer: str, code: str, message: str, **more: Any) -> None:
        self.problems.append(Problem(code=code, message=message, pointer=pointer, **more))

    def nearest(self, found: str, allowed: Iterable[str]) -> str | None:
        """Return the nearest name; a document that is wrong everywhere gets it for its first problems."""
        return nearest_name(found[:200], allowed) if len(self.problems) < _MOST_NEAREST else None

    def read(self, raw: Any, pointer: str, depth: int) -> Term | None:
        if depth > MAX_DEPTH:
            self.refuse(
                pointer,
                "too-deep",
                f"an expression nests at most {MAX_DEPTH} deep",
                remedy="name a part of it as a formula and read that",
            )
            return None
        if isinstance(raw, list):
            items = self.read_operands(raw, pointer, depth, listed=True)
            return self.build(pointer, True, lambda: factory.list_of(items)) if items is not None else None
        if not isinstance(raw, Mapping):
            if raw is None:
                self.refuse(
                    pointer,
                    "wrong-literal",
                    "null is not a value",
                    found="null",
                    remedy='ask {"absent": "..."} whether a fact is absent',
                )
                return None
            return self.build(pointer, None, lambda: factory.literal(raw))
        if len(raw) != 1 or not all(isinstance(key, str) for key in raw):
            self.refuse(
                pointer,
                "wrong-expression",
                f"an expression has exactly one operator, found {len(raw)} keys",
                found=", ".join(f"`{found_text(key)}`" for key in list(raw)[:4]) or "none",
                remedy='write {"operator": [operands]}; join conditions with `and` or `or`',
            )
            return None
        ((operator, operands),) = raw.items()
        place = f"{pointer}/{_escaped(operator)}"
        return self.read_operator(operator, operands, place, depth)

    def read_operator(self, operator: str, operands: Any, place: str, depth: int) -> Term | None:
        if operator == "var":
            return self.read_variable(operands, place, depth)
        if operator in ("missing", "missing_some"):
            return self.read_missing(operator, operands, place)
        if operator in _QUANTIFIERS:
            return self.read_quantifier(operator, operands, place, depth)
        if operator in _LITERAL_FORMS:
            return self.read_literal(operator, operands, place)
        if operator in self.scope.operators.known:
            return self.read_call(operator, operands, place, depth)
        name = ALIASES.get(operator, operator)
        if name not in OPERATORS:
            allowed = (*OPERATORS, *_SPECIAL, *self.scope.operators.known)
            if operator in LEFT_OUT:
                self.refuse(
                    place,
                    "operator-left-out",
                    f"`{operator}` is not part of this profile of JSONLogic",
                    found=operator,
                    remedy=LEFT_OUT[operator],
                )
            else:
                self.refuse(
                    place,
                    "unknown-operator",
                    f"`{found_text(operator)}` is not an operator",
                    found=found_text(operator),
                    allowed=allowed,
                    nearest=self.nearest(operator, allowed),
                )
            return None
        if name == "absent":
            variable = self.read_name(operands, place)
            return factory.apply("absent", [variable]) if variable is not None else None
        return self.read_application(name, operands, place, depth)

    def read_application(self, name: str, operands: Any, place: str, depth: int) -> Term | None:
        listed = isinstance(operands, list)
        values = operands if listed else [operands]
        options = None
        if listed and values and OPERATORS[name].options and _is_settings(values[-1], name):
            options, values = values[-1], values[:-1]
        known = self.read_operands(values, place, depth, listed=listed)
        if known is None:
            return None
        return self.build(place, listed, lambda: factory.apply(name, known, options))

    def read_call(self, name: str, operands: Any, place: str, depth: int) -> Term | None:
        """Read a call of an extra operator."""
        listed = isinstance(operands, list)
        known = self.read_operands(operands if listed else [operands], place, depth, listed=listed)
        if known is None:
            return None
        levels = MAX_DEPTH - depth
        return self.build(place, listed, lambda: self.scope.operators.call(name, known, levels))

    def read_operands(self, values: list[Any], place: str, depth: int, *, listed: bool) -> list[Term] | None:
        terms = [
            self.read(value, f"{place}/{index}" if listed else place, depth + 1)
            for index, value in enumerate(values)
        ]
        known = [term for term in terms if term is not None]
        return known if len(known) == len(terms) else None

    def build(self, place: str, listed: bool | None, make: Any) -> Term | None:
        """Make a term; turn a typing error into a problem at the operand at fault."""
        try:
            term: Term = make()
        except IllTyped as error:
            # an operand that stands without its list has no position of its own
            path = error.path if listed else error.path[1:]
            self.problems.append(error.problem("/".join((place, *map(str, path)))))
            return None
        return term

    def read_variable(self, operands: Any, place: str, depth: int) -> Term | None:
        values = operands if isinstance(operands, list) else [operands]
        if not values or (len(values) == 1 and values[0] in ("", None)):
            return self.read_element(place)
        name = self.read_name(values[:1], place)
        if len(values) < 2:
            return name
        if len(values) > 2:
            self.refuse(place, "wrong-operand-count", "`var` takes a name and perhaps a fallback")
            return None
        fallback = self.read(values[1], f"{place}/1", depth + 1)
        if name is None or fallback is None:
            return None
        return self.build(place, True, lambda: factory.default(name, fallback))

    def read_element(self, place: str) -> Term | None:
        """Read `{"var": ""}`: the element of the nearest list, else the scope's own value."""
        if self.elements:
            return factory.element(self.elements[-1])
        if "" in self.scope.variables:
            return self.scope.variables[""]
        self.refuse(
            place,
            "wrong-operand",
            "an empty name is the element inside `all`, `some` and `none`; here it names nothing",
            remedy='write {"var": "lead.channel"}',
        )
        return None

    def read_name(self, operands: Any, place: str) -> Variable | None:
        values = operands if isinstance(operands, list) else [operands]
        if len(values) != 1 or not _is_name(values[0]):
            self.refuse(
                place,
                "wrong-operand",
                "a name is written out, it is never computed",
                remedy='write {"var": "lead.channel"}',
            )
            return None
        return self.look_up(str(values[0]), place)

    def look_up(self, name: str, place: str) -> Variable | None:
        found = self.scope.variables.get(name)
        if found is not None:
            return found
        shown = found_text(name)
        if name in self.scope.hidden:
            self.refuse(
                place,
                "name-not-readable",
                f"`{shown}` cannot be read here",
                found=shown,
                remedy=self.scope.hidden[name],
            )
            return None
        allowed = tuple(self.scope.variables)
        self.refuse(
            place,
            "unknown-fact",
            f"`{shown}` is not a fact, decision or parameter that can be read here",
            found=shown,
            allowed=allowed,
            nearest=self.nearest(name, allowed),
        )
        return None

    def read_missing(self, operator: str, operands: Any, place: str) -> Term | None:
        at_least = None
        names, at = operands, place
        if operator == "missing_some":
            if not isinstance(operands, list) or len(operands) != 2 or not isinstance(operands[0], int):
                self.refuse(place, "wrong-operand", "`missing_some` takes a number and a list of names")
                return None
            at_least, names, at = operands[0], operands[1], f"{place}/1"
        if isinstance(names, str):
            names = [names]
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            self.refuse(
                at,
                "wrong-operand",
                "a name is written out, it is never computed",
                remedy=f'write {{"{operator}": ...}} with a list of names in quotes',
            )
            return None
        variables = [self.look_up(name, f"{at}/{index}") for index, name in enumerate(names)]
        known = [variable for variable in variables if variable is not None]
        if len(known) < len(variables):
            return None
        return self.build(place, True, lambda: factory.missing(known, at_least))

    def read_quantifier(self, kind: str, operands: Any, place: str, depth: int) -> Term | None:
        if not isinstance(operands, list) or len(operands) != 2:
            self.refuse(place, "wrong-operand-count", f"`{kind}` takes a list and a condition")
            return None
        source = self.read(operands[0], f"{place}/0", depth + 1)
        if source is None:
            return None
        if not isinstance(source.type, ListType) or source.type.item is None:
            self.refuse(
                f"{place}/0", "wrong-type", f"`{kind}` takes a list of values first", found=str(source.type)
            )
            return None
        self.elements.append(source.type.item)
        body = self.read(operands[1], f"{place}/1", depth + 1)
        self.elements.pop()
        if body is None:
            return None
        return self.build(place, True, lambda: factory.quantifier(kind, source, body))

    def read_literal(self, form: str, operands: Any, place: str) -> Term | None:
        if form == "money":
            if not (
                isinstance(operands, list)
                and len(operands) == 2
                and all(isinstance(part, str) for part in operands)
            ):
                self.refuse(
                    place,
                    "wrong-literal",
                    "money is an amount and a currency, both in quotes",
                    remedy='write {"money": ["500.00", "USD"]}',
                )
                return None
            return self.build(place, None, lambda: factory.money(*operands))
        if not isinstance(operands, str):
            self.refuse(
                place,
                "wrong-literal",
                f"`{form}` takes one text",
                remedy=f'write {{"{form}": "..."}} with the value in quotes',
            )
            return None
        if form == "decimal":
            return self.build(place, None, lambda: factory.decimal(operands))
        type_ = DATE if form == "date" else DATE_TIME
        return self.build(place, None, lambda: time_literal(operands, type_))


def _is_name(value: Any) -> bool:
    # JSONLogic writes the place in a list as a number; a number too large for one is no name
    return isinstance(value, str) or (type(value) is int and value.bit_length() <= 64)


def _is_settings(value: Any, name: str) -> bool:
    """Tell whether the last operand is an operator's settings and not an expression."""
    if not isinstance(value, Mapping):
        return False
    if not all(isinstance(key, str) for key in value):
        return False
    return len(value) != 1 or next(iter(value)) in OPERATORS[name].options
