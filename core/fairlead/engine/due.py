"""The next instant at which time alone can change a result.

Exact where a count of days, hours, minutes or seconds, or a date that is shifted, is compared with something
that time does not move; elsewhere possibly early, never late. The pass walks the terms with the values that
a traced run recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any

from fairlead.engine.nodes import DecisionNodes, Node
from fairlead.engine.recording import Frame, Recording
from fairlead.engine.runtime import add_months
from fairlead.facts.types import DateTimeType, DateType, DecimalType, IntegerType, MoneyType
from fairlead.logic.numbers import scale_of
from fairlead.logic.terms import Apply, Quantifier, Variable

__all__ = ["Due", "start_of_day"]

_A_DAY = timedelta(days=1)
_AN_INSTANT = timedelta(microseconds=1)
_FIRST_INSTANT = datetime.min.replace(tzinfo=UTC)
_LAST_INSTANT = datetime.max.replace(tzinfo=UTC)
#: operators that move a date or an instant by a count
_SHIFTS = ("add_days", "add_hours", "add_months")
_UNITS = {
    "hours_between": timedelta(hours=1),
    "minutes_between": timedelta(minutes=1),
    "seconds_between": timedelta(seconds=1),
}
#: the comparison with its sides exchanged
_EXCHANGED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}

#: operators that are known where their operands are
_STEADY = ("+", "-", "*", "min", "max", "widen", "days_between", *_UNITS)

#: an instant, or None for never
Moment = datetime | None


class _NotMonotone(Exception):
    """The term is none whose way through time is known."""


def start_of_day(day: date, zone: tzinfo) -> datetime:
    """Return the first instant of a day in a zone, in UTC; raise OverflowError at the calendar's ends."""
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)


def _earliest(moments: Iterable[Moment]) -> Moment:
    return min((moment for moment in moments if moment is not None), default=None)


def _latest(moments: Iterable[Moment]) -> Moment:
    """Return the last of the moments; never is later than any."""
    known = list(moments)
    return None if None in known else max(moment for moment in known if moment is not None)


class Due:
    """The way of one recorded result through time."""

    def __init__(self, recording: Recording, zone: tzinfo) -> None:
        self._recording = recording
        self._zone = zone
        self._decisions: dict[str, Moment] = {}
        for name, nodes in recording.nodes.items():
            self._decisions[name] = self._decision(nodes) if nodes.timed else None

    def moment(self) -> Moment:
        """Return the next instant at which a decision can change."""
        return _earliest(self._decisions.values())

    def _decision(self, nodes: DecisionNodes) -> Moment:
        # a term that was not reached matters only after one that was has changed
        return _earliest(self._change(root, None) for root in nodes.roots if self._recording.reached(root))

    def _after(self, moment: Moment) -> Moment:
        return moment if moment is not None and moment > self._recording.as_of else None

    def _start(self, day: date) -> Moment:
        try:
            return start_of_day(day, self._zone)
        except OverflowError:
            return None

    def _change(self, node: Node, frame: Frame | None) -> Moment:
        """Return when the term can next change, or have other causes."""
        if not node.timed:
            return None
        match node.term:
            case Variable() as variable:
                return self._variable_change(variable)
            case Quantifier():
                source, body = node.children
                frames = self._recording.frames(node, frame)
                return _earliest(
                    [self._change(source, frame), *(self._change(body, element) for element in frames)]
                )
            case Apply(operator="and" | "or"):
                return self._kleene(node, frame)
            case Apply(operator="if"):
                return _earliest(self._if(node, frame))
            case Apply() as term if term.operator != "default":
                if self._stays_unknown(node, frame):
                    return None
                return (self._comparison if term.operator in _EXCHANGED else self._steps)(node, frame)
        return self._any_child(node, frame)

    def _stays_unknown(self, node: Node, frame: Frame | None) -> bool:
        """Tell whether a fixed operand leaves the term unknown, and for the same causes always."""
        fixed = [child for child in node.children if not child.timed]
        unknown = any(self._recording.value(child, frame) is None for child in fixed)
        return unknown and all(_steady(child) for child in node.children if child.timed)

    def _any_child(self, node: Node, frame: Frame | None) -> Moment:
        return _earliest(
            self._change(child, frame) for child in node.children if self._recording.reached(child, frame)
        )

    def _variable_change(self, variable: Variable) -> Moment:
        if variable.origin == "decision":
            return self._decisions.get(variable.name)
        try:
            if variable.name == "as_of":
                return self._recording.as_of + _AN_INSTANT
            return self._start(self._recording.as_of_date + _A_DAY)
        except OverflowError:
            return None

    def _kleene(self, node: Node, frame: Frame | None) -> Moment:
        """As long as one operand decides, the others do not matter."""
        assert isinstance(node.term, Apply)
        deciding = node.term.operator == "or"
        decided = [child for child in node.children if self._recording.value(child, frame) is deciding]
        if decided:
            return _latest(self._change(child, frame) for child in decided)
        return self._any_child(node, frame)

    def _if(self, node: Node, frame: Frame | None) -> Iterator[Moment]:
        children = node.children
        for index in range(0, len(children) - 1, 2):
            yield self._change(children[index], frame)
            state = self._recording.value(children[index], frame)
            if state is None:
                return
            if state:
                yield self._change(children[index + 1], frame)
                return
        if len(children) % 2:
            yield self._change(children[-1], frame)

    def _comparison(self, node: Node, frame: Frame | None) -> Moment:
        assert isinstance(node.term, Apply)
        operator = node.term.operator
        moving, fixed = node.children
        if fixed.timed:
            moving, fixed, operator = fixed, moving, _EXCHANGED[operator]
        if fixed.timed or self._recording.value(moving, frame) is None:
            return self._any_child(node, frame)
        limit = self._recording.value(fixed, frame)
        if limit is None:
            return self._any_child(node, frame)
        try:
            return self._crossings(moving, self._thresholds(fixed, operator, limit), frame)
        except _NotMonotone:
            return self._any_child(node, frame)

    def _thresholds(self, fixed: Node, operator: str, limit: Any) -> list[Any]:
        """Return the values that a number or date must come to for the comparison to turn."""
        following: Any
        try:
            match fixed.term.type:
                case DateType():
                    following = limit + _A_DAY
                case DateTimeType():
                    following = limit + _AN_INSTANT
                case IntegerType() | DecimalType():
                    following = limit + 1
                case MoneyType(currency=str()):
                    following = limit + 1
                case _:
                    raise _NotMonotone
        except OverflowError:
            following = None
        wanted = {"<": [limit], ">=": [limit], "<=": [following], ">": [following]}
        return [value for value in wanted.get(operator, [limit, following]) if value is not None]

    def _steps(self, node: Node, frame: Frame | None) -> Moment:
        """Return when a term that moves in steps takes the next one."""
        value = self._recording.value(node, frame)
        try:
            if value is None:
                raise _NotMonotone
            return self._crossings(node, self._thresholds(node, "==", value), frame)
        except _NotMonotone:
            return self._any_child(node, frame)

    def _crossings(self, node: Node, values: list[Any], frame: Frame | None) -> Moment:
        found = [self._after(self._crossing(node, value, frame)) for value in values]
        found += [self._after(edge) for edge in self._edges(node, frame)]
        return _earliest(found)

    def _crossing(self, node: Node, value: Any, frame: Frame | None) -> Moment:
        """Return the one instant, past or future, at which `term >= value` turns; None for never."""
        term = node.term
        if isinstance(term, Variable) and term.origin == "time":
            moment: Moment = value if term.name == "as_of" else self._start(value)
            return moment
        if not isinstance(term, Apply) or term.operator not in _INVERSES:
            raise _NotMonotone
        moving = [place for place, child in enumerate(node.children) if child.timed]
        values = [self._recording.value(child, frame) for child in node.children]
        fixed = [known for place, known in enumerate(values) if place not in moving]
        if len(moving) != 1 or None in fixed or (term.checked and isinstance(term.type, IntegerType)):
            raise _NotMonotone
        place = moving[0]
        try:
            limit = _INVERSES[term.operator](node, place, fixed, value)
        except OverflowError:
            return None
        return self._crossing(node.children[place], limit, frame) if limit is not None else None

    def _edges(self, node: Node, frame: Frame | None) -> Iterator[Moment]:
        """Yield when a shifted date enters or leaves the calendar."""
        for part in node.walk():
            term = part.term
            if not isinstance(term, Apply) or term.operator not in _SHIFTS:
                continue
            day, shift = part.children
            count = self._recording.value(shift, frame)
            if not day.timed or shift.timed or count is None:
                continue
            edge = _calendar_edge(term.operator, count)
            if edge is not None:
                yield self._crossing(day, edge, frame)


def _steady(node: Node) -> bool:
    """Tell whether time changes the value of a term only, not whether or why it is unknown."""
    return all(
        not part.timed
        or (isinstance(part.term, Variable) and part.term.origin == "time")
        or (isinstance(part.term, Apply) and part.term.operator in _STEADY and not part.term.checked)
        for part in node.walk()
    )


def _calendar_edge(operator: str, count: int) -> date | None:
    """Return the first day or instant from which the shifted one is in the calendar, or no longer is."""
    try:
        if operator == "add_hours":
            span = timedelta(hours=count)
            return _LAST_INSTANT - span + _AN_INSTANT if count > 0 else _FIRST_INSTANT - span
        if operator == "add_days":
            return date.max - timedelta(count - 1) if count > 0 else date.min - timedelta(count)
        month = 12 * (date.max.year + 1) - count if count > 0 else 12 * date.min.year - count
        return date(month // 12, month % 12 + 1, 1)
    except (OverflowError, ValueError):
        return None


def _inverse_widen(node: Node, _place: int, _fixed: list[Any], value: Any) -> Any:
    actual, wanted = node.children[0].term.type, node.term.type
    if not isinstance(wanted, IntegerType | DecimalType):
        raise _NotMonotone
    return -(-value // 10 ** (scale_of(wanted) - scale_of(actual)))


def _inverse_sum(_node: Node, _place: int, fixed: list[Any], value: Any) -> Any:
    return value - sum(fixed)


def _inverse_difference(_node: Node, place: int, fixed: list[Any], value: Any) -> Any:
    if not fixed:
        return 1 - value
    return value + fixed[0] if place == 0 else fixed[0] - value + 1


def _inverse_days(_node: Node, place: int, fixed: list[Any], value: Any) -> Any:
    if place == 1:
        return fixed[0] + timedelta(value)
    return fixed[0] - timedelta(value) + _A_DAY


def _inverse_elapsed(node: Node, place: int, fixed: list[Any], value: Any) -> Any:
    assert isinstance(node.term, Apply)
    span = value * _UNITS[node.term.operator]
    return fixed[0] + span if place == 1 else fixed[0] - span + _AN_INSTANT


def _inverse_add_days(_node: Node, place: int, fixed: list[Any], value: Any) -> Any:
    return value - timedelta(fixed[0]) if place == 0 else (value - fixed[0]).days


def _inverse_add_hours(_node: Node, place: int, fixed: list[Any], value: Any) -> Any:
    hour = timedelta(hours=1)
    return value - fixed[0] * hour if place == 0 else -((fixed[0] - value) // hour)


def _inverse_add_months(_node: Node, place: int, fixed: list[Any], value: Any) -> Any:
    if place != 0:
        raise _NotMonotone
    months = fixed[0]

    def reaches(day: date) -> bool:
        shifted = add_months(day, months)
        return months > 0 if shifted is None else bool(shifted >= value)

    # months clamp, so the day is searched around the one that the months give
    day = add_months(value, -months)
    if day is None:
        return None
    while day > date.min and reaches(day - _A_DAY):
        day -= _A_DAY
    while not reaches(day):
        day += _A_DAY
    return day


#: operators that never go back while one operand never does, or never go on while it does: from the value
#: that the result is to reach to the one that the moving operand must reach
_INVERSES: dict[str, Callable[[Node, int, list[Any], Any], Any]] = {
    "+": _inverse_sum,
    "-": _inverse_difference,
    "add_days": _inverse_add_days,
    "add_hours": _inverse_add_hours,
    "add_months": _inverse_add_months,
    "days_between": _inverse_days,
    **dict.fromkeys(_UNITS, _inverse_elapsed),
    "widen": _inverse_widen,
}
