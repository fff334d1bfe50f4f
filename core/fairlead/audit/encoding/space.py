"""What all cases of one question share: the numbers of texts, functions without a formula, definitions."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import z3

from fairlead.facts.currencies import currency_codes

__all__ = ["Space", "Undecidable"]


class Undecidable(Exception):
    """A term has no exact encoding; the message names it in words."""


class Space:
    """The shared part of an encoding.

    Texts are numbered: two texts are equal where their numbers are; `texts` are those that rules name.
    Numbers and the names of helper constants follow from what they stand for, so that a question reads the
    same whatever was asked before; `used` names the helper constants of the current question.
    """

    def __init__(self) -> None:
        self.texts: dict[int, str] = {}
        self.currencies = sorted(currency_codes())
        self._currency_numbers = {code: number for number, code in enumerate(self.currencies)}
        self._definitions: dict[str, list[z3.BoolRef]] = {}
        self.used: dict[str, None] = {}

    def text(self, value: str) -> int:
        """Return the number of a text."""
        number = int.from_bytes(hashlib.sha256(value.encode()).digest()[:6], "big")
        if self.texts.setdefault(number, value) != value:
            raise Undecidable("two texts with one number")
        return number

    def currency(self, code: str) -> int:
        """Return the number of a currency."""
        return self._currency_numbers[code]

    @property
    def definitions(self) -> list[z3.BoolRef]:
        """The conditions that fix the helper constants in use; they hold in every case."""
        return [each for name in self.used for each in self._definitions[name]]

    def helper(self, purpose: str, sort: z3.SortRef, about: Sequence[z3.ExprRef]) -> tuple[z3.ExprRef, bool]:
        """Return the helper constant for a purpose about some terms, and whether it is new."""
        said = "|".join(each.sexpr() for each in about)
        name = f"{purpose}!{hashlib.sha256(said.encode()).hexdigest()[:12]}"
        new = name not in self._definitions
        if new:
            self._definitions[name] = []
        self.used[name] = None
        return z3.Const(name, sort), new

    def define(self, helper: z3.ExprRef, condition: z3.BoolRef) -> None:
        """Let a condition hold wherever a helper constant is used."""
        self._definitions[helper.decl().name()].append(condition)

    def applied(self, function: str, sort: z3.SortRef, arguments: Sequence[z3.ExprRef]) -> z3.ExprRef:
        """Return the value of a function of which only this is known: equal arguments give equal values.

        It stands for what has no exact formula (texts cut and joined, rates of exchange): a proof holds for
        every such function, and a counterexample counts only once the engine has replayed it.
        """
        result, new = self.helper(function, sort, arguments)
        if new:
            sorts = [argument.sort() for argument in arguments]
            self.define(result, result == z3.Function(function, *sorts, sort)(*arguments))
        return result
