"""The typed intermediate representation of expressions.

Terms are immutable and are made only by `fairlead.logic.factory`, which type-checks: an ill-typed term
cannot exist. A back end (engine, columns, audit, English) is a function over these five classes.

The value of a term is an internal value of its type (`fairlead.facts.types`) or unknown.

A call of an extra operator is no class of its own. It stands expanded, in the operators of the language, and
its outermost term keeps the call: what computes or proves never sees an operator that it does not know, and
what writes says it in the operator's own words.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from fairlead.facts.types import Type

__all__ = [
    "Apply",
    "Call",
    "Element",
    "ExtraOperator",
    "Literal",
    "Missing",
    "Quantifier",
    "Term",
    "Variable",
    "walk",
]


@dataclass(frozen=True, slots=True)
class Term:
    """A typed expression.

    `called` is the call of an extra operator that this term stands for. Terms that compute the same are
    equal, called or written out.
    """

    type: Type
    called: Call | None = field(default=None, kw_only=True, compare=False, repr=False)

    @property
    def children(self) -> tuple[Term, ...]:
        """The terms directly below this one, in order."""
        return ()


@dataclass(frozen=True, slots=True)
class Literal(Term):
    """A constant; `value` is the internal value of `type`, never absent."""

    value: Any


@dataclass(frozen=True, slots=True)
class Variable(Term):
    """A name read from the scope: a fact, an earlier decision, a parameter, or the time.

    `name` is the full name (`lead.channel`, `parameters.hot_above`, `as_of`). `origin` is one of
    `fact`, `decision`, `parameter`, `time`.
    """

    name: str
    origin: str


@dataclass(frozen=True, slots=True)
class Element(Term):
    """The current element inside the nearest enclosing quantifier: `{"var": ""}`."""


@dataclass(frozen=True, slots=True)
class Apply(Term):
    """An operator applied to arguments; `operator` is a key of `fairlead.logic.operators.OPERATORS`.

    `checked` is True where the result can leave the range of `type` and a back end must then yield
    unknown with the cause `overflow`. `options` are the operator's static settings, sorted by name
    (for `/` and `round`: `(("rounding", "half_even"), ("scale", 2))`).
    """

    operator: str
    arguments: tuple[Term, ...]
    options: tuple[tuple[str, Any], ...] = ()
    checked: bool = False

    @property
    def children(self) -> tuple[Term, ...]:
        """The operands."""
        return self.arguments

    def option(self, name: str) -> Any:
        """Return the static setting `name`."""
        return dict(self.options)[name]


@dataclass(frozen=True, slots=True)
class Quantifier(Term):
    """`all`, `some` or `none` over a list; `body` is a boolean term that reads `Element`."""

    kind: str
    source: Term
    body: Term

    @property
    def children(self) -> tuple[Term, ...]:
        """The list, then the condition."""
        return (self.source, self.body)


@dataclass(frozen=True, slots=True)
class Missing(Term):
    """The names among `variables` that are absent, as a list of text; always known.

    With `at_least` n (`missing_some`), the empty list once n of them are present.
    """

    variables: tuple[Variable, ...]
    at_least: int | None = None

    @property
    def children(self) -> tuple[Term, ...]:
        """The names asked for."""
        return self.variables


@dataclass(frozen=True, slots=True)
class ExtraOperator:
    """An operator that a plug-in defines by a term of the language.

    `definition` reads nothing but `parameters`, whose origin is `operand`. `words` is the sentence of a call
    per language tag, with the parameters' names in braces; `title` what the operator is called.
    """

    name: str
    title: Mapping[str, str]
    parameters: tuple[Variable, ...]
    words: Mapping[str, str]
    definition: Term


@dataclass(frozen=True, slots=True)
class Call:
    """An extra operator with its operands, as it was written; one operand for each parameter."""

    operator: ExtraOperator
    operands: tuple[Term, ...]


def walk(term: Term) -> Iterator[Term]:
    """Yield the term and everything below it, parents first, left to right."""
    stack = [term]
    while stack:
        current = stack.pop()
        yield current
        stack.extend(reversed(current.children))
