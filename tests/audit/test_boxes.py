"""The sweep over boxes finds what looking at every point finds."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations, product
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.audit.boxes import Box, Boxes, Span, boxes_of
from fairlead.facts.types import BOOLEAN, IntegerType, ListType, OneOfType, Type
from fairlead.logic import factory
from fairlead.logic.terms import Literal, Term, Variable

COLUMNS = {"lead.a": Span(0, 5), "lead.b": Span(-2, 3), "lead.c": Span(0, 1)}


@st.composite
def spans(draw: st.DrawFn, whole: Span) -> tuple[Span, ...]:
    """Return ascending spans that do not touch, now and then none."""
    points = sorted(draw(st.sets(st.integers(whole.low, whole.high), max_size=4)))
    found: list[Span] = []
    for point in points:
        if found and found[-1].high >= point - 1:
            found[-1] = Span(found[-1].low, point)
        else:
            found.append(Span(point, point))
    return tuple(found)


@st.composite
def boxes(draw: st.DrawFn) -> list[Box]:
    count = draw(st.integers(1, 7))
    return [
        {name: draw(spans(whole)) for name, whole in COLUMNS.items() if draw(st.booleans())}
        for _ in range(count)
    ]


POINTS = [
    dict(zip(COLUMNS, values, strict=True))
    for values in product(*(range(span.low, span.high + 1) for span in COLUMNS.values()))
]


def inside(box: Box, point: dict[str, int]) -> bool:
    return all(any(span.low <= point[name] <= span.high for span in allowed) for name, allowed in box.items())


@settings(max_examples=150, deadline=None)
@given(boxes())
def test_rows_meet_exactly_where_a_point_lies_in_both(rows: list[Box]) -> None:
    swept = Boxes(rows, COLUMNS)
    met = swept.meeting()
    for one, other in combinations(range(len(rows)), 2):
        shared = any(inside(rows[one], point) and inside(rows[other], point) for point in POINTS)
        assert bool(met[one] >> other & 1) == shared
        assert bool(met[other] >> one & 1) == shared
        if shared:
            point = dict.fromkeys(COLUMNS, 0) | swept.point((one, other))
            assert inside(rows[one], point)
            assert inside(rows[other], point)
            both = [each for each in POINTS if inside(rows[one], each) and inside(rows[other], each)]
            for name in swept.point((one, other)):
                assert abs(point[name]) == min(abs(each[name]) for each in both)


@settings(max_examples=100, deadline=None)
@given(boxes())
def test_a_row_is_empty_exactly_where_no_point_lies_in_it(rows: list[Box]) -> None:
    swept = Boxes(rows, COLUMNS)
    empty = [place for place, box in enumerate(rows) if not any(inside(box, point) for point in POINTS)]
    assert swept.empty() == empty
    # a row meets itself where anything lies in it
    assert [place for place, mask in enumerate(swept.meeting()) if not mask >> place & 1] == empty


SMALL, CHANNEL = IntegerType(0, 5), OneOfType(("web", "phone", "mail"))
TYPES: dict[str, Type] = {"lead.n": SMALL, "lead.channel": CHANNEL, "lead.flag": BOOLEAN}
RANGES = {"lead.n": Span(0, 5), "lead.channel": Span(0, 2), "lead.flag": Span(0, 1)}
ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda one, other: one < other,
    "<=": lambda one, other: one <= other,
    ">": lambda one, other: one > other,
    ">=": lambda one, other: one >= other,
    "==": lambda one, other: one == other,
    "!=": lambda one, other: one != other,
}


@st.composite
def atoms(draw: st.DrawFn) -> tuple[Term, Any]:
    """Return a condition of one fact, and what tells of a record whether it holds."""
    kind = draw(st.sampled_from(("number", "turned", "choice", "in", "flag", "not")))
    if kind in ("flag", "not"):
        flag = Variable(BOOLEAN, "lead.flag", "fact")
        if kind == "flag":
            return flag, lambda record: record["lead.flag"]
        return factory.apply("!", [flag]), lambda record: not record["lead.flag"]
    if kind in ("number", "turned"):
        operator, number = draw(st.sampled_from(list(ORDERS))), draw(st.integers(-1, 7))
        sides = [Variable(SMALL, "lead.n", "fact"), Literal(IntegerType(), number)]
        test = ORDERS[operator]
        if kind == "turned":
            return factory.apply(operator, sides[::-1]), lambda record: test(number, record["lead.n"])
        return factory.apply(operator, sides), lambda record: test(record["lead.n"], number)
    channel = Variable(CHANNEL, "lead.channel", "fact")
    if kind == "choice":
        operator, value = draw(st.sampled_from(("==", "!="))), draw(st.sampled_from(CHANNEL.values))
        test = ORDERS[operator]
        return (
            factory.apply(operator, [channel, Literal(CHANNEL, value)]),
            lambda record: test(record["lead.channel"], value),
        )
    values = draw(st.lists(st.sampled_from(CHANNEL.values), min_size=1, max_size=3, unique=True))
    listed = Literal(ListType(CHANNEL), tuple(values))
    return factory.apply("in", [channel, listed]), lambda record: record["lead.channel"] in values


@settings(max_examples=200, deadline=None)
@given(st.lists(atoms(), min_size=1, max_size=4))
def test_a_condition_is_read_as_the_box_of_the_records_that_meet_it(parts: list[tuple[Term, Any]]) -> None:
    terms = [term for term, _ in parts]
    condition = terms[0] if len(terms) == 1 else factory.apply("and", terms)
    read = boxes_of([condition], RANGES)
    assert read is not None
    (box,) = read
    for number, channel, flag in product(range(6), range(3), (False, True)):
        record = {"lead.n": number, "lead.channel": CHANNEL.values[channel], "lead.flag": flag}
        point = {"lead.n": number, "lead.channel": channel, "lead.flag": int(flag)}
        assert inside(box, point) == all(test(record) for _, test in parts)
