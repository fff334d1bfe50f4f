"""Terms to code: one emitter for the fast function and for the one that also records a trace."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from fairlead.engine import tree
from fairlead.engine.fragments import Fragment, Test, atom_name, comparison, inverse
from fairlead.engine.nodes import Node
from fairlead.engine.operators import OPERATORS
from fairlead.engine.runtime import public_form
from fairlead.facts.types import BOOLEAN, DecimalType, ListType, MoneyType, Type
from fairlead.logic.terms import Apply, Element, Literal, Missing, Quantifier, Term, Variable

__all__ = ["RECORDED", "Emitter", "frames_key"]

#: the generated name of the mapping slot -> value that a trace is made from
RECORDED = "recorded"

#: longer chains of `if` are not nested into one expression
_SHORT_CHAIN = 6


def frames_key(slot: int) -> int:
    """Return where a trace keeps what was recorded for each element of the quantifier at `slot`."""
    return -1 - slot


class Emitter:
    """Writes statements into `block` and returns fragments.

    `names` maps a variable's full name to the generated name that holds its value; `empty` are the
    generated names that may hold nothing. With `tracing`, every term is evaluated into a name of its own
    and recorded.
    """

    def __init__(self, *, tracing: bool) -> None:
        self.tracing = tracing
        self.block: list[ast.stmt] = []
        self.names: dict[str, str] = {}
        self.empty: set[str] = set()
        self.pool: dict[str, Any] = {}
        self._bound: dict[object, str] = {}
        self._count = 0
        self._recorded = RECORDED
        self._elements: list[str] = []

    # blocks and names

    def fresh(self, prefix: str = "t") -> str:
        """Return a generated name that nothing else has."""
        self._count += 1
        return f"{prefix}{self._count}"

    def emit(self, *statements: ast.stmt) -> None:
        """Add statements to the current block."""
        self.block.extend(statements)

    @contextmanager
    def into(self) -> Iterator[list[ast.stmt]]:
        """Collect what is emitted in a block of its own."""
        outer, self.block = self.block, []
        try:
            yield self.block
        finally:
            self.block = outer

    @contextmanager
    def knowing(self, names: set[str]) -> Iterator[None]:
        """Take the names to hold values while the body is emitted."""
        outer, self.empty = self.empty, self.empty - names
        try:
            yield
        finally:
            self.empty = outer

    def constant(self, value: Any) -> ast.expr:
        """Return a constant of any internal value; those that a tree cannot hold are bound by name."""
        if _plain(value):
            return tree.constant(value)
        return self.bound((type(value), value), value)

    def bound(self, key: object, value: Any) -> ast.expr:
        """Return the generated global name of a value; one for each key."""
        if key not in self._bound:
            self._bound[key] = self.fresh("k")
            self.pool[self._bound[key]] = value
        return tree.name(self._bound[key])

    def public(self, type_: Type, fragment: Fragment) -> ast.expr:
        """Return the public form of a fragment that is a name; None where it is unknown."""
        if not isinstance(type_, DecimalType | MoneyType | ListType):
            return fragment.value
        value = tree.call(self.bound(type_, public_form(type_)), fragment.value)
        return tree.choose(fragment.holds(), value, tree.NONE) if fragment.guards else value

    # terms

    def term(self, node: Node) -> Fragment:
        """Emit a term."""
        fragment = self._term(node)
        if not self.tracing or isinstance(node.term, Literal):
            return fragment
        fragment = self.held(fragment)
        self.emit(tree.store(tree.name(self._recorded), tree.constant(node.slot), fragment.value))
        return fragment

    def test(self, node: Node) -> Test:
        """Emit a boolean term."""
        fragment = self.term(node)
        return fragment if isinstance(fragment, Test) else self.atom_test(fragment)

    def held(self, fragment: Fragment) -> Fragment:
        """Return the fragment as a name that holds its value or nothing."""
        own = atom_name(fragment)
        if own is not None and fragment.guards in ((), (own,)):
            return fragment
        return self.hold(self.value_or_none(fragment), maybe=bool(fragment.guards), like=fragment)

    def hold(self, value: ast.expr, *, maybe: bool, like: Fragment | None = None) -> Fragment:
        """Put a value into a new name; `maybe` says that it can be None."""
        target = self.fresh()
        self.emit(tree.assign(target, value))
        held = Fragment(tree.name(target), (target,) if maybe else ())
        return self.atom_test(held) if isinstance(like, Test) else held

    def value_or_none(self, fragment: Fragment) -> ast.expr:
        """Return an expression that is None where the fragment is unknown."""
        if not fragment.guards or fragment.guards == (atom_name(fragment),):
            return fragment.value
        if isinstance(fragment, Test) and not fragment.strict:
            unless_false = tree.choose(fragment.false, tree.constant(False), tree.NONE)
            return tree.choose(fragment.true, tree.constant(True), unless_false)
        return tree.choose(fragment.holds(), fragment.value, tree.NONE)

    def atom_test(self, fragment: Fragment) -> Test:
        """Return the test that a name which holds a boolean, or nothing, is true."""
        value = fragment.value
        opposite = tree.compare(value, "is", tree.constant(False))
        return comparison(value, fragment.guards, safe=True, safe_opposite=opposite)

    def read(self, name: str, term: Term) -> Fragment:
        """Return the value of a name in scope."""
        target = self.names[name]
        fragment = Fragment(tree.name(target), (target,) if target in self.empty else ())
        return self.atom_test(fragment) if term.type == BOOLEAN else fragment

    def branch(self, test: Test, then: Sequence[ast.stmt], unknown: Sequence[ast.stmt] = ()) -> None:
        """Run `then` where the test is true and `unknown` where it is unknown."""
        if not test.guards:
            self.emit(tree.when(test.value, then))
        elif not unknown:
            self.emit(tree.when(test.true, then))
        elif test.strict and not test.direct:
            self.emit(tree.when(test.lacks(), unknown, [tree.when(test.value, then)]))
        else:
            self.emit(tree.when(test.true, then, [tree.when(test.unknown(), unknown)]))

    def _term(self, node: Node) -> Fragment:
        term = node.term
        match term:
            case Literal():
                fragment = Fragment(self.constant(term.value))
                if term.type == BOOLEAN:
                    return comparison(fragment.value, ())
                return fragment
            case Variable():
                return self.read(term.name, term)
            case Element():
                element = Fragment(tree.name(self._elements[-1]))
                return comparison(element.value, ()) if term.type == BOOLEAN else element
            case Missing():
                return self._missing(node, term)
            case Quantifier():
                return self._quantifier(node, term)
            case Apply(operator="if"):
                return self._if(node)
            case Apply(operator="default"):
                return self._default(node)
            case Apply():
                return self._apply(node, term)
        raise AssertionError(f"no code for {type(term)}")

    def _apply(self, node: Node, term: Apply) -> Fragment:
        operands = [self.term(child) for child in node.children]
        if term.operator not in ("and", "or", "!"):
            # an empty guard of Kleene's operators need not make them unknown, of all others it does
            operands = [
                self.held(operand) if isinstance(operand, Test) and not operand.strict else operand
                for operand in operands
            ]
        return OPERATORS[term.operator](self, term, operands)

    def _missing(self, node: Node, term: Missing) -> Fragment:
        values = [self.term(child).value for child in node.children]
        names = tuple(variable.name for variable in term.variables)
        return Fragment(
            tree.call(
                "absent_names",
                tree.constant(names),
                tree.display(values),
                tree.constant(term.at_least),
            )
        )

    def _default(self, node: Node) -> Fragment:
        first = self.held(self.term(node.children[0]))
        with self.into() as block:
            fallback = self.term(node.children[1])
        boolean = node.term.type == BOOLEAN
        if not first.guards:
            return first
        if not block and not fallback.guards:
            value = tree.choose(tree.is_not_none(first.guards[0]), first.value, fallback.value)
            return comparison(value, ()) if boolean else Fragment(value)
        result = self.fresh()
        self.emit(tree.assign(result, first.value))
        block.append(tree.assign(result, self.value_or_none(fallback)))
        self.emit(tree.when(tree.is_none(result), block))
        held = Fragment(tree.name(result), (result,) if fallback.guards else ())
        return self.atom_test(held) if boolean else held

    def _if(self, node: Node) -> Fragment:
        children = node.children
        pairs = [(children[i], children[i + 1]) for i in range(0, len(children) - 1, 2)]
        last = children[-1] if len(children) % 2 else None
        boolean = node.term.type == BOOLEAN
        if not self.tracing and last is not None and _is_ladder(pairs, last):
            pure = self._pure_if(pairs, last)
            if pure is not None:
                return comparison(pure.value, pure.guards) if boolean else pure
        result, pending = self.fresh(), self.fresh()
        maybe = last is None
        self.emit(tree.assign(result, tree.NONE), tree.assign(pending, tree.constant(True)))
        for index, (condition, value) in enumerate(pairs):
            with self.into() as step:
                test = self.test(condition)
                with self.into() as chosen:
                    fragment = self.term(value)
                    self.emit(tree.assign(result, self.value_or_none(fragment)))
                maybe = maybe or bool(fragment.guards) or bool(test.guards)
                done = tree.assign(pending, tree.constant(False))
                self.branch(test, [*chosen, done], [done])
            self.emit(*(step if index == 0 else [tree.when(tree.name(pending), step)]))
        if last is not None:
            with self.into() as chosen:
                fragment = self.term(last)
                self.emit(tree.assign(result, self.value_or_none(fragment)))
            maybe = maybe or bool(fragment.guards)
            self.emit(tree.when(tree.name(pending), chosen))
        held = Fragment(tree.name(result), (result,) if maybe else ())
        return self.atom_test(held) if boolean else held

    def _pure_if(self, pairs: list[tuple[Node, Node]], last: Node) -> Fragment | None:
        """Return a choice among constants as one expression, where the conditions are unknown together."""
        with self.into() as block:
            tests = [self.test(condition) for condition, _ in pairs]
        guards = tests[0].guards
        if block or not all(test.strict and set(test.guards) <= set(guards) for test in tests):
            return None
        chain = self.term(last).value
        for test, (_, value) in zip(reversed(tests), reversed(pairs), strict=True):
            chain = tree.choose(test.value, self.term(value).value, chain)
        return Fragment(chain, guards)

    def _quantifier(self, node: Node, term: Quantifier) -> Fragment:
        source = self.held(self.term(node.children[0]))
        result, element = self.fresh(), self.fresh("x")
        start: ast.expr = tree.constant(term.kind == "none")
        if term.kind == "all":
            start = tree.choose(source.value, tree.constant(True), tree.constant(False))
        with self.into() as whole:
            self.emit(tree.assign(result, start))
            frames, outer = self.fresh(), self._recorded
            if self.tracing:
                key = tree.constant(frames_key(node.slot))
                self.emit(
                    tree.assign(frames, tree.display((), mutable=True)),
                    tree.store(tree.name(outer), key, tree.name(frames)),
                )
                self._recorded = self.fresh()
            self._elements.append(element)
            with self.into() as body:
                if self.tracing:
                    append = tree.method(tree.name(frames), "append", tree.name(self._recorded))
                    self.emit(tree.assign(self._recorded, tree.mapping(())), tree.expression(append))
                test = self.test(node.children[1])
                settled = [tree.assign(result, tree.constant(term.kind == "some")), tree.stop()]
                unsettled = [tree.assign(result, tree.NONE)]
                if term.kind == "all":
                    test = inverse(test)
                self.branch(test, settled, unsettled)
            self._elements.pop()
            self._recorded = outer
            self.emit(tree.for_each(element, source.value, body))
        if source.guards:
            whole = [tree.when(source.holds(), whole, [tree.assign(result, tree.NONE)])]
        self.emit(*whole)
        maybe = bool(source.guards) or bool(test.guards)
        return self.atom_test(Fragment(tree.name(result), (result,) if maybe else ()))


def _plain(value: Any) -> bool:
    if isinstance(value, tuple | frozenset):
        return all(_plain(item) for item in value)
    return value is None or type(value) in (bool, int, str)


def _is_ladder(pairs: list[tuple[Node, Node]], last: Node) -> bool:
    """Tell whether a chain chooses among a few constants by plain conditions, as the steps of a decay do.

    Conditions that hold a chain or a quantifier are left out: they need statements, and trying each twice
    would double the work at every level.
    """
    if len(pairs) > _SHORT_CHAIN or not isinstance(last.term, Literal):
        return False
    return all(
        isinstance(value.term, Literal) and not any(_needs_statements(node) for node in condition.walk())
        for condition, value in pairs
    )


def _needs_statements(node: Node) -> bool:
    term = node.term
    return isinstance(term, Quantifier) or (isinstance(term, Apply) and term.operator in ("if", "default"))
