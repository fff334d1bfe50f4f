"""The columnar algebra: what every back end of tables can do exactly, and nothing else.

A node is a column: booleans, whole numbers, texts, or lists of these; null is unknown. Dates are days since
1970-01-01, instants microseconds since then, exact numbers units of their scale. Each number carries the
least and the highest value that it can have, so that a back end picks a width that cannot overflow; no node
raises for a row. Nodes are made by `Algebra` alone, which folds constants and shares equal nodes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from fairlead.columns.nodes import WIDEST, Kind, Node, TooWideError, balanced

__all__ = ["Algebra"]

#: what Python counts 1970-01-01 as
_FIRST_ORDINAL = date(1970, 1, 1).toordinal()


class Algebra:
    """Makes nodes; equal ones are one object."""

    def __init__(self) -> None:
        self._made: dict[tuple[Any, ...], Node] = {}
        self._quantifiers = 0
        self.true = self._node("constant", Kind.BOOLEAN, extra=True, nullable=False)
        self.false = self._node("constant", Kind.BOOLEAN, extra=False, nullable=False)

    def _node(
        self,
        op: str,
        kind: Kind,
        args: Sequence[Node] = (),
        extra: Any = None,
        *,
        nullable: bool | None = None,
        reach: tuple[int, int] = (0, 0),
        item: Kind | None = None,
        bound: frozenset[int] = frozenset(),
    ) -> Node:
        key = (op, kind, tuple(map(id, args)), type(extra), extra, item, reach)
        found = self._made.get(key)
        if found is None:
            low, high = reach
            if low < -WIDEST or high > WIDEST:
                raise TooWideError
            if nullable is None:
                nullable = any(arg.nullable for arg in args)
            elements = frozenset().union(*(arg.elements for arg in args), bound)
            found = Node(op, kind, tuple(args), extra, nullable, low, high, item, elements)
            self._made[key] = found
        return found

    # leaves

    def boolean(self, value: bool) -> Node:
        """Return a constant boolean."""
        return self.true if value else self.false

    def number(self, value: int) -> Node:
        """Return a constant number."""
        return self._node("constant", Kind.NUMBER, extra=value, nullable=False, reach=(value, value))

    def text(self, value: str) -> Node:
        """Return a constant text."""
        return self._node("constant", Kind.TEXT, extra=value, nullable=False)

    def null(self, kind: Kind, item: Kind | None = None) -> Node:
        """Return the column that is unknown everywhere."""
        return self._node("null", kind, nullable=True, item=item)

    def fact(
        self,
        name: str,
        part: str,
        kind: Kind,
        reach: tuple[int, int] = (0, 0),
        item: Kind | None = None,
        *,
        nullable: bool = True,
    ) -> Node:
        """Return the column of a fact, or of a part of it (`units`, `currency`)."""
        return self._node("fact", kind, extra=(name, part), nullable=nullable, reach=reach, item=item)

    # truth

    def not_(self, test: Node) -> Node:
        """Return Kleene's `not`."""
        if test.op == "constant":
            return self.boolean(not test.extra)
        if test.is_null_constant:
            return test
        if test.op == "not":
            return test.args[0]
        return self._node("not", Kind.BOOLEAN, [test])

    def and_(self, *tests: Node) -> Node:
        """Return Kleene's `and`."""
        return self._junction("and", tests, decisive=False)

    def or_(self, *tests: Node) -> Node:
        """Return Kleene's `or`."""
        return self._junction("or", tests, decisive=True)

    def _junction(self, op: str, tests: Iterable[Node], *, decisive: bool) -> Node:
        kept: dict[int, Node] = {}
        for test in tests:
            for part in test.args if test.op == op else (test,):
                if part.constant(decisive):
                    return part
                if not part.constant(not decisive):
                    kept[id(part)] = part
        parts = list(kept.values())
        if not parts:
            return self.boolean(not decisive)
        return parts[0] if len(parts) == 1 else self._node(op, Kind.BOOLEAN, parts)

    def is_null(self, node: Node) -> Node:
        """Tell where a column is unknown."""
        if not node.nullable:
            return self.false
        if node.is_null_constant:
            return self.true
        if node.op in _STRICT:
            return self.or_(*(self.is_null(arg) for arg in node.args))
        return self._node("is_null", Kind.BOOLEAN, [node], nullable=False)

    def is_known(self, node: Node) -> Node:
        """Tell where a column is known."""
        return self.not_(self.is_null(node))

    def is_true(self, test: Node) -> Node:
        """Return the test with false where it is unknown."""
        return self.coalesce(test, self.false)

    def is_false(self, test: Node) -> Node:
        """Tell where a test is known to be false."""
        return self.is_true(self.not_(test))

    def compare(self, op: str, left: Node, right: Node) -> Node:
        """Compare two columns of one kind by `==`, `!=`, `<`, `<=`, `>` or `>=`."""
        if left.op == "constant" and right.op == "constant":
            return self.boolean(_COMPARE[op](left.extra, right.extra))
        if left.is_null_constant or right.is_null_constant:
            return self.null(Kind.BOOLEAN)
        return self._node(op, Kind.BOOLEAN, [left, right])

    def member(self, item: Node, values: Iterable[Any]) -> Node:
        """Tell whether texts or numbers are among constants."""
        members = tuple(dict.fromkeys(values))
        if item.op == "constant":
            return self.boolean(item.extra in members)
        if item.is_null_constant:
            return self.null(Kind.BOOLEAN)
        if not members:
            return self.case([(self.is_known(item), self.false)], self.null(Kind.BOOLEAN))
        if len(members) == 1:
            return self.compare("==", item, self.same_kind(item, members[0]))
        return self._node("member", Kind.BOOLEAN, [item], members)

    def same_kind(self, like: Node, value: Any) -> Node:
        """Return a constant of the kind of another column."""
        kind = like.item if like.kind is Kind.LIST else like.kind
        if kind is Kind.BOOLEAN:
            return self.boolean(value)
        return self.number(value) if kind is Kind.NUMBER else self.text(value)

    # choices

    def case(self, branches: Iterable[tuple[Node, Node]], otherwise: Node) -> Node:
        """Return the value after the first test that is true; unknown tests are passed over."""
        kept: list[tuple[Node, Node]] = []
        for asked, value in branches:
            test = asked.args[0] if asked.op == "coalesce" and asked.args[1].constant(False) else asked
            if test.constant(True):
                otherwise = value
                break
            if not test.constant(False) and not test.is_null_constant:
                kept.append((test, value))
        while kept and kept[-1][1] is otherwise:
            kept.pop()
        if not kept:
            return otherwise
        if len(kept) == 1 and kept[0][1].constant(True) and otherwise.constant(False):
            return self.is_true(kept[0][0])
        refuted = len(kept) == 1 and kept[0][1].constant(False) and otherwise.constant(True)
        if refuted and not kept[0][0].nullable:
            return self.not_(kept[0][0])
        values = [*(value for _, value in kept), otherwise]
        sample = next((value for value in values if not value.is_null_constant), otherwise)
        known = [value for value in values if not value.is_null_constant]
        reach = (min((v.low for v in known), default=0), max((v.high for v in known), default=0))
        return self._node(
            "case",
            sample.kind,
            [node for pair in kept for node in pair] + [otherwise],
            nullable=any(value.nullable for value in values),
            reach=reach,
            item=next((value.item for value in known if value.item is not None), None),
        )

    def coalesce(self, node: Node, fallback: Node) -> Node:
        """Return the column, or another where it is unknown."""
        if not node.nullable:
            return node
        if node.is_null_constant:
            return fallback
        if fallback.is_null_constant:
            return node
        reach = (min(node.low, fallback.low), max(node.high, fallback.high))
        return self._node(
            "coalesce",
            node.kind,
            [node, fallback],
            nullable=fallback.nullable,
            reach=reach,
            item=node.item or fallback.item,
        )

    def unless(self, test: Node, value: Node) -> Node:
        """Return the value, unknown where the test is true."""
        return self.case([(test, self.null(value.kind, value.item))], value)

    def where(self, test: Node, value: Node) -> Node:
        """Return the value, unknown where the test is not true."""
        return self.case([(test, value)], self.null(value.kind, value.item))

    # numbers

    def _folded(self, args: Sequence[Node], value: Any) -> Node | None:
        if any(arg.is_null_constant for arg in args):
            return self.null(Kind.NUMBER)
        if all(arg.op == "constant" for arg in args):
            return self.number(value(*(arg.extra for arg in args)))
        return None

    def add(self, left: Node, right: Node) -> Node:
        """Return the sum."""
        folded = self._folded((left, right), lambda a, b: a + b)
        if folded is not None:
            return folded
        if left.op == "constant" and left.extra == 0:
            return right
        if right.op == "constant" and right.extra == 0:
            return left
        reach = (left.low + right.low, left.high + right.high)
        return self._node("+", Kind.NUMBER, [left, right], reach=reach)

    def total(self, nodes: Iterable[Node]) -> Node:
        """Return the sum of all."""
        return balanced(self.add, [self.number(0), *nodes])

    def subtract(self, left: Node, right: Node) -> Node:
        """Return the difference."""
        folded = self._folded((left, right), lambda a, b: a - b)
        if folded is not None:
            return folded
        if right.op == "constant" and right.extra == 0:
            return left
        reach = (left.low - right.high, left.high - right.low)
        return self._node("-", Kind.NUMBER, [left, right], reach=reach)

    def negative(self, node: Node) -> Node:
        """Return the number with its sign turned."""
        return self.subtract(self.number(0), node)

    def multiply(self, left: Node, right: Node) -> Node:
        """Return the product."""
        folded = self._folded((left, right), lambda a, b: a * b)
        if folded is not None:
            return folded
        for one, other in ((left, right), (right, left)):
            if one.op == "constant" and one.extra == 1:
                return other
        ends = [a * b for a in (left.low, left.high) for b in (right.low, right.high)]
        return self._node("*", Kind.NUMBER, [left, right], reach=(min(ends), max(ends)))

    def divide(self, top: Node, bottom: Node) -> Node:
        """Return the whole quotient; `top` is never negative and `bottom` positive or unknown."""
        assert top.low >= 0
        assert bottom.low >= 0
        folded = self._folded((top, bottom), lambda a, b: a // b)
        if folded is not None:
            return folded
        if bottom.op == "constant" and bottom.extra == 1:
            return top
        reach = (0, top.high // max(bottom.low, 1))
        return self._node("div", Kind.NUMBER, [top, bottom], reach=reach)

    def modulo(self, top: Node, bottom: Node) -> Node:
        """Return the rest of that division."""
        assert top.low >= 0
        assert bottom.low >= 0
        folded = self._folded((top, bottom), lambda a, b: a % b)
        if folded is not None:
            return folded
        reach = (0, max(min(top.high, bottom.high - 1), 0))
        return self._node("mod", Kind.NUMBER, [top, bottom], reach=reach)

    def absolute(self, node: Node) -> Node:
        """Return the number without its sign."""
        if node.low >= 0:
            return node
        negative = self.compare("<", node, self.number(0))
        reach = (0, max(-node.low, node.high, 0))
        return self.assume(self.case([(negative, self.negative(node))], node), reach)

    def within(self, node: Node, low: int, high: int) -> Node:
        """Return the number, unknown where it is outside low..high."""
        if (low <= node.low and node.high <= high) or node.is_null_constant:
            return node
        if node.low > high or node.high < low:
            return self.null(Kind.NUMBER)
        reach = (max(node.low, low), min(node.high, high))
        return self._node("within", Kind.NUMBER, [node], (low, high), nullable=True, reach=reach)

    def clamp(self, node: Node, low: int | None, high: int | None) -> Node:
        """Return the number, or the bound that it is beyond."""
        branches = []
        least, most = node.low, node.high
        if low is not None and node.low < low:
            branches.append((self.compare("<", node, self.number(low)), self.number(low)))
            least, most = low, max(most, low)
        if high is not None and most > high:
            # the upper bound comes last, so it holds where the two contradict each other
            if least > high:
                return (
                    self.where(self.is_known(node), self.number(high)) if node.nullable else self.number(high)
                )
            branches.append((self.compare(">", node, self.number(high)), self.number(high)))
            most = high
        if not branches:
            return node
        return self.assume(self.case(branches, node), (least, most))

    def assume(self, node: Node, reach: tuple[int, int]) -> Node:
        """Return the number with bounds that it is known to keep."""
        low, high = max(reach[0], node.low), min(reach[1], node.high)
        if low > high or (low, high) == (node.low, node.high) or node.op in ("constant", "null"):
            return node
        return self._node("assume", Kind.NUMBER, [node], reach=(low, high))

    def date_part(self, part: str, day: Node) -> Node:
        """Return the `year`, `month` or `day` of a day."""
        reach = {"year": (1, 9999), "month": (1, 12), "day": (1, 31)}[part]
        if day.is_null_constant:
            return self.null(Kind.NUMBER)
        if day.op == "constant":
            return self.number(getattr(date.fromordinal(_FIRST_ORDINAL + day.extra), part))
        return self._node("date_part", Kind.NUMBER, [day], part, reach=reach)

    # texts

    def contains(self, text: Node, part: Node) -> Node:
        """Tell whether a text has another inside it."""
        if text.is_null_constant or part.is_null_constant:
            return self.null(Kind.BOOLEAN)
        return self._node("contains", Kind.BOOLEAN, [text, part])

    def concatenate(self, texts: Sequence[Node]) -> Node:
        """Return the texts, one after the other."""
        if any(text.is_null_constant for text in texts):
            return self.null(Kind.TEXT)
        return self._node("concatenate", Kind.TEXT, texts)

    def length(self, text: Node) -> Node:
        """Return how many code points a text has."""
        if text.is_null_constant:
            return self.null(Kind.NUMBER)
        return self._node("length", Kind.NUMBER, [text], reach=(0, 2**31 - 1))

    def piece(self, text: Node, begin: Node, count: Node) -> Node:
        """Return `count` code points of a text from `begin` on; neither is negative."""
        if any(node.is_null_constant for node in (text, begin, count)):
            return self.null(Kind.TEXT)
        return self._node("piece", Kind.TEXT, [text, begin, count])

    # lists

    def listed(self, items: Sequence[Node], *, compact: bool = False) -> Node:
        """Return a list of columns: unknown where an item is, or with `compact` without such items."""
        sample = next((item for item in items if not item.is_null_constant), None)
        known = [item for item in items if not item.is_null_constant]
        if sample is None or (not compact and len(known) < len(items)):
            return self.null(Kind.LIST, items[0].kind if items else Kind.TEXT)
        reach = (min(item.low for item in known), max(item.high for item in known))
        nullable = not compact and any(item.nullable for item in items)
        op = "compact" if compact else "list"
        return self._node(op, Kind.LIST, known, nullable=nullable, reach=reach, item=sample.kind)

    def constant_list(self, values: tuple[Any, ...], item: Kind) -> Node:
        """Return a constant list."""
        numbers = values if item is Kind.NUMBER else ()
        reach = (min(numbers, default=0), max(numbers, default=0))
        return self._node("constant", Kind.LIST, extra=values, nullable=False, reach=reach, item=item)

    def new_quantifier(self) -> int:
        """Return the number of a new quantifier, for its elements."""
        self._quantifiers += 1
        return self._quantifiers

    def element(self, quantifier: int, position: int, of: Node) -> Node:
        """Return the current element of a list that a quantifier is about."""
        return self._node(
            "element",
            of.item or Kind.TEXT,
            extra=(quantifier, position),
            nullable=False,
            reach=(of.low, of.high),
            bound=frozenset([quantifier]),
        )

    def any_of(self, quantifier: int, lists: Sequence[Node], body: Node) -> Node:
        """Return Kleene's `or` of the body over the elements of lists of one length."""
        if any(node.is_null_constant for node in lists):
            return self.null(Kind.BOOLEAN)
        if quantifier not in body.elements:
            some = [(self.is_null(lists[0]), self.null(Kind.BOOLEAN)), (self.is_empty(lists[0]), self.false)]
            return self.case(some, body)
        elements = frozenset().union(*(node.elements for node in lists), body.elements) - {quantifier}
        key = ("any_of", quantifier, tuple(map(id, lists)), id(body))
        if key not in self._made:
            nullable = body.nullable or any(node.nullable for node in lists)
            args = (*lists, body)
            self._made[key] = Node(
                "any_of", Kind.BOOLEAN, args, quantifier, nullable, elements=frozenset(elements)
            )
        return self._made[key]

    def is_empty(self, node: Node) -> Node:
        """Tell whether a list has no elements."""
        if node.is_null_constant:
            return self.null(Kind.BOOLEAN)
        if node.op == "constant":
            return self.boolean(not node.extra)
        if node.op == "list":
            return self.case([(self.is_known(node), self.false)], self.null(Kind.BOOLEAN))
        return self._node("is_empty", Kind.BOOLEAN, [node])


#: unknown exactly where an argument is
_STRICT = frozenset(
    (
        *("not", "==", "!=", "<", "<=", ">", ">=", "member", "+", "-", "*", "assume", "date_part"),
        *("contains", "concatenate", "length", "is_empty", "list"),
    )
)

_COMPARE: dict[str, Any] = {
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}
