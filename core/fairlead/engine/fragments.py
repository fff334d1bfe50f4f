"""Pieces of generated code: an expression, and the names that must hold a value for it to be evaluated.

Three-valued logic in two-valued code: a fragment is never evaluated before its guards were tested, so the
common case of a complete record costs one test per fact.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass

from fairlead.engine import tree

__all__ = ["Fragment", "Test", "atom_name", "both", "comparison", "either", "inverse", "merged"]


@dataclass(frozen=True, slots=True)
class Fragment:
    """A value: `value` may be evaluated, and is known, where every name in `guards` holds a value.

    Where a guard is empty the term is unknown (of a `Test` that is not strict: may be unknown).
    """

    value: ast.expr
    guards: tuple[str, ...] = ()

    def holds(self) -> ast.expr:
        """Test that the value may be evaluated."""
        return tree.all_of(tree.is_not_none(guard) for guard in self.guards)

    def lacks(self) -> ast.expr:
        """Test that a guard is empty."""
        return tree.any_of(tree.is_none(guard) for guard in self.guards)


@dataclass(frozen=True, slots=True)
class Test(Fragment):
    """A boolean: `true` and `false` may always be evaluated, and tell whether it is known to be so.

    `strict` is True where an empty guard makes it unknown, whatever the other operands are. `direct` is
    True where `true` tests no guard.
    """

    true: ast.expr = tree.NONE
    false: ast.expr = tree.NONE
    strict: bool = True
    direct: bool = False

    def unknown(self) -> ast.expr:
        """Test, where `true` did not hold, that the value is unknown."""
        if self.strict:
            return self.lacks()
        return tree.all_of((self.lacks(), tree.negate(self.false)))


def atom_name(fragment: Fragment) -> str | None:
    """Return the name that the fragment is, where it is no more than a name."""
    return fragment.value.id if isinstance(fragment.value, ast.Name) else None


def merged(fragments: Iterable[Fragment]) -> tuple[str, ...]:
    """Return the guards of several fragments, each once."""
    return tuple(dict.fromkeys(guard for fragment in fragments for guard in fragment.guards))


def comparison(
    value: ast.expr, guards: tuple[str, ...], *, safe: bool = False, safe_opposite: ast.expr | None = None
) -> Test:
    """Return a strict test.

    `safe` says that `value` is false, and does no harm, on empty guards; `safe_opposite` is a test of the
    contrary with the same virtue.
    """
    if not guards:
        return Test(value, (), value, tree.negate(value), direct=True)
    holds = [tree.is_not_none(guard) for guard in guards]
    opposite = safe_opposite if safe_opposite is not None else tree.all_of((*holds, tree.negate(value)))
    true = value if safe else tree.all_of((*holds, value))
    return Test(value, guards, true, opposite, direct=safe)


def inverse(test: Test) -> Test:
    """Return Kleene's `not`."""
    return Test(tree.negate(test.value), test.guards, test.false, test.true, test.strict)


def both(tests: list[Test]) -> Test:
    """Return Kleene's `and`."""
    return _combined(tests, conjunction=True)


def either(tests: list[Test]) -> Test:
    """Return Kleene's `or`."""
    return _combined(tests, conjunction=False)


def _combined(tests: list[Test], *, conjunction: bool) -> Test:
    join, other = (tree.all_of, tree.any_of) if conjunction else (tree.any_of, tree.all_of)
    guards = merged(tests)
    value = join(test.value for test in tests)
    if all(test.strict and set(test.guards) == set(guards) for test in tests):
        # all operands are unknown together, as in a range of one fact
        return comparison(value, guards, safe=all(test.direct for test in tests))
    return Test(
        value,
        guards,
        join(test.true for test in tests),
        other(test.false for test in tests),
        strict=False,
        direct=all(test.direct for test in tests),
    )
