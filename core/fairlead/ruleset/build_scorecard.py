"""From the parts of a scorecard to a typed one: every number on one scale, decay part of the points."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fairlead.facts.types import MAX_DIGITS, DecimalType, IntegerType, Type
from fairlead.logic import factory
from fairlead.logic.conversion import join, widen
from fairlead.logic.numbers import digits_before_point, scale_of
from fairlead.logic.scope import Scope
from fairlead.logic.terms import Apply, Literal, Term
from fairlead.ruleset.decisions import DecayPart, ScorecardPart, ScoreRowPart
from fairlead.ruleset.reading import Reading
from fairlead.ruleset.typed import Group, Reason, Scorecard, ScoreRow

__all__ = ["build_scorecard"]


def build_scorecard(
    reading: Reading, part: ScorecardPart, scope: Scope, pointer: str, common: dict[str, Any]
) -> Scorecard | None:
    """Build a scorecard; all numbers come to one scale."""
    before = len(reading.problems)
    read = [_score_row(reading, row, scope, f"{pointer}/rows/{index}") for index, row in enumerate(part.rows)]
    bounds = [part.initial, part.minimum, part.maximum]
    bounds += [bound for group in part.groups for bound in (group.minimum, group.maximum)]
    numbers = [_number(bound) for bound in bounds if bound is not None]
    known = [pair for pair in read if pair is not None]
    if len(reading.problems) > before or len(known) < len(read):
        return None
    joined = reading.attempt(
        pointer, lambda: join([points.type for _, points in known] + [number.type for number in numbers])
    )
    if joined is None:
        return None
    scale = scale_of(joined)
    rows = tuple(
        ScoreRow(
            id=row.id,
            when=when,
            points=widen(points, joined),
            group=row.group,
            reason=Reason(row.reason.code, row.reason.text),
            pointer=f"{pointer}/rows/{index}",
        )
        for index, (row, (when, points)) in enumerate(zip(part.rows, known, strict=True))
    )
    typed_groups = tuple(
        Group(group.id, _units(group.minimum, scale), _units(group.maximum, scale)) for group in part.groups
    )
    initial, minimum, maximum = (_units(n, scale) for n in (part.initial, part.minimum, part.maximum))
    low, high = _span(rows, typed_groups, initial or 0, minimum, maximum)
    digits = len(str(max(abs(low), abs(high))))
    if digits > (18 if isinstance(joined, IntegerType) else MAX_DIGITS):
        reading.refuse(
            pointer,
            "too-many-digits",
            "the score can need more digits than are exact",
            remedy="declare smaller ranges on the facts, or bound the card with `maximum`",
        )
        return None
    type_: Type = (
        IntegerType(low, high)
        if isinstance(joined, IntegerType)
        else DecimalType(max(digits, scale, 1), scale)
    )
    if len(reading.problems) > before:
        return None
    return Scorecard(
        **common,
        type=type_,
        initial=initial or 0,
        minimum=minimum,
        maximum=maximum,
        groups=typed_groups,
        rows=rows,
    )


def _score_row(reading: Reading, row: ScoreRowPart, scope: Scope, pointer: str) -> tuple[Term, Term] | None:
    """Return a row's condition and its points with decay."""
    when = reading.condition(row.when, scope, f"{pointer}/when")
    if isinstance(row.points, int | str) and not isinstance(row.points, bool):
        raw = row.points
        points: Term | None = reading.attempt(f"{pointer}/points", lambda: _number(raw))
    else:
        points = reading.expression(row.points, scope, f"{pointer}/points")
    if points is not None and not isinstance(points.type, IntegerType | DecimalType):
        reading.refuse(
            f"{pointer}/points",
            "wrong-type",
            f"points are a number, found {points.type}",
            found=str(points.type),
        )
        return None
    if row.decay is not None and points is not None:
        points = _faded(reading, points, row.decay, scope, f"{pointer}/decay")
    return (when, points) if when is not None and points is not None else None


def _faded(reading: Reading, points: Term, decay: DecayPart, scope: Scope, pointer: str) -> Term | None:
    """Return the points times the factor of the last step reached."""
    since = reading.name(decay.since, scope, f"{pointer}/since")
    today = scope.variables["as_of_date"]
    age = since and reading.attempt(f"{pointer}/since", lambda: factory.apply("days_between", (since, today)))
    if age is None:
        return None
    return reading.attempt(pointer, lambda: factory.apply("*", (points, _factor(age, decay))))


def _factor(age: Term, decay: DecayPart) -> Term:
    """Return the factor of the last step that an age in days has reached; 1 before the first."""
    branches: list[Term] = []
    for step in reversed(decay.steps):
        reached = factory.apply(">=", (age, factory.literal(step.after_days)))
        branches += [reached, _number(step.factor)]
    return factory.apply("if", (*branches, factory.literal(1)))


def _number(raw: int | str) -> Literal:
    if isinstance(raw, int):
        return factory.literal(raw)
    number = factory.decimal(raw)
    # without digits after the point it is a whole number, in quotes or not
    return number if scale_of(number.type) else factory.literal(number.value)


def _units(raw: int | str | None, scale: int) -> int | None:
    """Return a number of a document in units of 10**-scale."""
    if raw is None:
        return None
    number = _number(raw)
    units: int = number.value * 10 ** (scale - scale_of(number.type))
    return units


def _ends(points: Term) -> tuple[int, int]:
    """Return the least and most units that a points term can have."""
    if isinstance(points, Literal):
        return points.value, points.value
    if isinstance(points, Apply) and points.operator == "widen":
        low, high = _ends(points.arguments[0])
        factor = 10 ** (scale_of(points.type) - scale_of(points.arguments[0].type))
        return low * factor, high * factor
    if isinstance(points.type, IntegerType):
        return points.type.low, points.type.high
    most = 10 ** (digits_before_point(points.type) + scale_of(points.type)) - 1
    return -most, most


def _span(
    rows: Sequence[ScoreRow],
    groups: Sequence[Group],
    initial: int,
    minimum: int | None,
    maximum: int | None,
) -> tuple[int, int]:
    """Return the lowest and highest score that the rows and bounds allow."""
    sums: dict[str | None, tuple[int, int]] = {}
    for row in rows:
        low, high = _ends(row.points)
        group_low, group_high = sums.get(row.group, (0, 0))
        sums[row.group] = (group_low + min(low, 0), group_high + max(high, 0))
    for group in groups:
        low, high = sums.get(group.id, (0, 0))
        sums[group.id] = (
            _bounded(low, group.minimum, group.maximum),
            _bounded(high, group.minimum, group.maximum),
        )
    lowest = initial + sum(low for low, _ in sums.values())
    highest = initial + sum(high for _, high in sums.values())
    return _bounded(lowest, minimum, maximum), _bounded(highest, minimum, maximum)


def _bounded(value: int, minimum: int | None, maximum: int | None) -> int:
    if maximum is not None:
        value = min(value, maximum)
    return max(value, minimum) if minimum is not None else value
