"""Table rows as boxes: for each fact that is read, a range or a set of values.

Overlaps are found by a sweep over the ends of the ranges, with one bit for each row: the work grows with rows
times columns, not with pairs of rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fairlead.audit.encoding.values import LAST_DAY, LAST_INSTANT, microseconds
from fairlead.facts.model import Aggregate, Fact
from fairlead.facts.types import (
    BooleanType,
    DateTimeType,
    DateType,
    DecimalType,
    IntegerType,
    MoneyType,
    OneOfType,
    Type,
)
from fairlead.logic.terms import Apply, Literal, Term, Variable

__all__ = ["Box", "Boxes", "Span", "boxes_of", "number_of"]


@dataclass(frozen=True, slots=True)
class Span:
    """Numbers from `low` to `high`, both included; where `high` is below `low` there are none."""

    low: int
    high: int

    def meet(self, other: Span) -> Span:
        """Return what lies in both."""
        return Span(max(self.low, other.low), min(self.high, other.high))

    @property
    def empty(self) -> bool:
        """Tell whether nothing lies in it."""
        return self.high < self.low


#: what a row asks of each fact: ascending spans that do not touch; a fact left out may have any value
Box = Mapping[str, tuple[Span, ...]]


def number_of(type_: Type, internal: Any) -> int | None:
    """Return an internal value as a number that keeps its order; None for a type without one."""
    match type_:
        case BooleanType():
            return int(internal)
        case IntegerType() | DecimalType():
            return int(internal)
        case MoneyType(currency=str()):
            return int(internal)
        case DateType():
            return int(internal.toordinal())
        case DateTimeType():
            return microseconds(internal)
        case OneOfType(values=values):
            return values.index(internal) if internal in values else None
    return None


def range_of(fact: Fact | Aggregate) -> Span | None:
    """Return the numbers that input checking admits of a fact; None for a type without an order."""
    type_ = fact.type
    low, high = (fact.low, fact.high) if isinstance(fact, Fact) else (None, None)
    match type_:
        case BooleanType():
            return Span(0, 1)
        case IntegerType():
            return Span(type_.low, type_.high)
        case DecimalType(precision=digits) | MoneyType(currency=str(), precision=digits):
            most = 10**digits - 1
            return Span(-most if low is None else low, most if high is None else high)
        case DateType():
            return Span(1, LAST_DAY)
        case DateTimeType():
            return Span(0, LAST_INSTANT)
        case OneOfType(values=values):
            return Span(0, len(values) - 1)
    return None


def boxes_of(conditions: Sequence[Term], ranges: Mapping[str, Span]) -> list[Box] | None:
    """Return the box of each condition; None where one of them is no box over facts with an order.

    `ranges` are the facts that may be read.
    """
    boxes = []
    for condition in conditions:
        box = _box(condition, ranges)
        if box is None:
            return None
        boxes.append(box)
    return boxes


def _box(condition: Term, ranges: Mapping[str, Span]) -> Box | None:
    spans: dict[str, tuple[Span, ...]] = {}
    for atom in _conjuncts(condition):
        found = _atom(atom, ranges)
        if found is None:
            return None
        name, allowed = found
        before = spans.get(name, (ranges[name],))
        met = [one.meet(other) for one in before for other in allowed]
        spans[name] = tuple(sorted((each for each in met if not each.empty), key=lambda each: each.low))
    return spans


def _conjuncts(term: Term) -> Iterator[Term]:
    if isinstance(term, Apply) and term.operator == "and":
        for each in term.arguments:
            yield from _conjuncts(each)
    else:
        yield term


_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}


def _atom(term: Term, ranges: Mapping[str, Span]) -> tuple[str, tuple[Span, ...]] | None:
    """Return the fact of a comparison with a constant, and the numbers that it allows."""
    if isinstance(term, Variable) and isinstance(term.type, BooleanType) and term.name in ranges:
        return term.name, (Span(1, 1),)
    if not isinstance(term, Apply):
        return None
    if term.operator == "!" and isinstance(term.arguments[0], Variable):
        name = term.arguments[0].name
        return (name, (Span(0, 0),)) if name in ranges else None
    if len(term.arguments) != 2:
        return None
    left, right = term.arguments
    operator = term.operator
    if isinstance(left, Literal) and operator in _TURNED:
        left, right, operator = right, left, _TURNED[operator]
    if not (isinstance(left, Variable) and isinstance(right, Literal) and left.name in ranges):
        return None
    whole = ranges[left.name]
    if operator == "in":
        numbers = [number_of(left.type, each) for each in right.value]
        return left.name, tuple(Span(each, each) for each in sorted({n for n in numbers if n is not None}))
    number = number_of(left.type, right.value)
    if operator in ("==", "!="):
        if number is None:
            return left.name, () if operator == "==" else (whole,)
        if operator == "==":
            return left.name, (Span(number, number),)
        return left.name, (Span(whole.low, number - 1), Span(number + 1, whole.high))
    if number is None:
        return None
    spans = {
        "<": Span(whole.low, number - 1),
        "<=": Span(whole.low, number),
        ">": Span(number + 1, whole.high),
        ">=": Span(number, whole.high),
    }
    return (left.name, (spans[operator],)) if operator in spans else None


class Boxes:
    """The rows of a table as boxes; `ranges` is what each fact may be at all, `columns` the facts in use."""

    def __init__(self, boxes: Sequence[Box], ranges: Mapping[str, Span]) -> None:
        self.boxes = boxes
        self.ranges = ranges
        self.columns = sorted({name for box in boxes for name in box})

    def empty(self) -> list[int]:
        """Return the rows that no input matches."""
        return [place for place, box in enumerate(self.boxes) if any(not spans for spans in box.values())]

    def meeting(self) -> list[int]:
        """Return for each row the rows that it shares an input with, as bits; a row meets itself."""
        count = len(self.boxes)
        everything = (1 << count) - 1
        met = [everything] * count
        for place in self.empty():
            met[place] = 0
        for column in self.columns:
            for place, mask in enumerate(self._meeting_in(column)):
                met[place] &= mask
        return met

    def _meeting_in(self, column: str) -> list[int]:
        whole = (self.ranges[column],)
        spans = [(span, place) for place, box in enumerate(self.boxes) for span in box.get(column, whole)]
        # a span meets those that begin no later than it ends, less those that end before it begins
        by_low = sorted(spans, key=lambda each: each[0].low)
        by_high = sorted(spans, key=lambda each: each[0].high)
        begun, ended = _masks(by_low), _masks(by_high)
        lows = [span.low for span, _ in by_low]
        highs = [span.high for span, _ in by_high]
        met = [0] * len(self.boxes)
        from bisect import bisect_left, bisect_right

        single = all(len(box.get(column, whole)) == 1 for box in self.boxes)
        for span, place in spans:
            if single:
                early = ended[bisect_left(highs, span.low)]
                met[place] |= begun[bisect_right(lows, span.high)] & ~early
            else:
                met[place] |= _one_by_one(span, spans)
        return met

    def gap_script(self) -> str:
        """Return SMT-LIB 2 commands that hold for the inputs which no row matches."""
        lines = []
        for column in self.columns:
            whole = self.ranges[column]
            lines.append(f"(declare-const |{column}| Int)")
            lines.append(f"(assert (<= {_numeral(whole.low)} |{column}| {_numeral(whole.high)}))")
        for box in self.boxes:
            outside = [
                part
                for column, spans in box.items()
                for part in self._outside(column, spans, self.ranges[column])
            ]
            lines.append(f"(assert (or false {' '.join(outside)}))")
        return "\n".join(lines) + "\n"

    @staticmethod
    def _outside(column: str, spans: Sequence[Span], whole: Span) -> Iterator[str]:
        """Yield what places a value outside of spans; one that is the whole range has no outside."""
        if not spans:
            yield "true"
        elif len(spans) == 1:
            (span,) = spans
            if span.low > whole.low:
                yield f"(< |{column}| {_numeral(span.low)})"
            if span.high < whole.high:
                yield f"(> |{column}| {_numeral(span.high)})"
        else:
            beyond = (
                f"(or (< |{column}| {_numeral(span.low)}) (> |{column}| {_numeral(span.high)}))"
                for span in spans
            )
            yield f"(and {' '.join(beyond)})"

    def point(self, rows: Sequence[int]) -> dict[str, int]:
        """Return the smallest input that all of the rows match; they must share one."""
        chosen = {}
        for column in self.columns:
            spans: tuple[Span, ...] = (self.ranges[column],)
            for place in rows:
                allowed = self.boxes[place].get(column, spans)
                spans = tuple(met for one in spans for other in allowed if not (met := one.meet(other)).empty)
            best = min(spans, key=lambda each: abs(_nearest_zero(each)))
            chosen[column] = _nearest_zero(best)
        return chosen


def _numeral(number: int) -> str:
    return str(number) if number >= 0 else f"(- {-number})"


def _nearest_zero(span: Span) -> int:
    return min(max(0, span.low), span.high)


def _masks(spans: Sequence[tuple[Span, int]]) -> list[int]:
    """Return the bits of the first 0, 1, 2, … spans."""
    masks = [0]
    for _, place in spans:
        masks.append(masks[-1] | 1 << place)
    return masks


def _one_by_one(span: Span, spans: Sequence[tuple[Span, int]]) -> int:
    met = 0
    for other, place in spans:
        if not span.meet(other).empty:
            met |= 1 << place
    return met
