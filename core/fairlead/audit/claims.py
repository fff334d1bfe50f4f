"""A property of one or two cases, ready to be asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import z3

from fairlead.audit.cases import Outcome
from fairlead.audit.findings import Difference

__all__ = ["Claim"]


@dataclass(slots=True)
class Claim:
    """A property of one or two cases, ready to be asked.

    `violation` is what must not be. Each of `antecedents`, words and a condition, must be possible, or the
    proof would be empty; so must `pays`, that something is paid, of a property about pay: in the cases that
    the obligation is for, or with `pays_anywhere` in any. `wishes` are conditions that a counterexample
    should meet. `broken` tells, of the replayed cases, whether they break the property, and `sentence` says
    how.
    """

    violation: z3.BoolRef
    broken: Callable[[Sequence[Outcome]], bool]
    sentence: Callable[[Sequence[Outcome], Sequence[Difference]], str]
    antecedents: list[tuple[str, z3.BoolRef]] = field(default_factory=list)
    pays: z3.BoolRef | None = None
    pays_anywhere: bool = False
    wishes: list[z3.BoolRef] = field(default_factory=list)
    currency: str | None = None
