"""The names an expression may read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from fairlead.logic.extra_operators import ExtraOperators
from fairlead.logic.terms import Variable

__all__ = ["Scope"]


@dataclass(frozen=True, slots=True)
class Scope:
    """Names with their types and origins.

    `hidden` maps names that exist but may not be read here to the reason why not. `operators` are the extra
    operators that may be called.
    """

    variables: Mapping[str, Variable]
    hidden: Mapping[str, str] = field(default_factory=dict)
    operators: ExtraOperators = field(default_factory=ExtraOperators)

    @classmethod
    def of(cls, variables: Iterable[Variable]) -> Scope:
        """Make a scope from variables."""
        return cls({variable.name: variable for variable in variables})
