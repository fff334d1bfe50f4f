"""A slow, obvious interpreter of typed rulesets, written from the specification and not from the engine.

It works on exact fractions, evaluates everything, and returns for each term its value and the causes of its
being unknown. The engine is compared with it on random terms, rulesets and records.
"""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fractions import Fraction
from math import floor
from typing import Any

from fairlead.facts.types import DecimalType, IntegerType, ListType, MoneyType, Type
from fairlead.logic.terms import Apply, Element, Literal, Missing, Quantifier, Term, Variable
from fairlead.ruleset.typed import Check, Decision, Formula, Reward, Ruleset, Scorecard, Table

Causes = frozenset[tuple[str, str]]
#: a value (None is unknown) and why it is unknown
Outcome = tuple[Any, Causes]

NOTHING: Causes = frozenset()


def lift(type_: Type, value: Any) -> Any:
    """Return an internal value with its numbers as fractions."""
    if value is None:
        return None
    if isinstance(type_, MoneyType) and type_.currency is None:
        return Fraction(value[0], 10**type_.scale), value[1]
    if isinstance(type_, DecimalType | MoneyType):
        return Fraction(value, 10**type_.scale)
    if isinstance(type_, IntegerType):
        return Fraction(value)
    if isinstance(type_, ListType):
        return tuple(lift(type_.item, item) for item in value) if type_.item is not None else ()
    return value


def lower(type_: Type, value: Any) -> Any:
    """Return the internal value of a lifted one."""
    if value is None:
        return None
    if isinstance(type_, MoneyType) and type_.currency is None:
        return whole(value[0] * 10**type_.scale), value[1]
    if isinstance(type_, DecimalType | MoneyType):
        return whole(value * 10**type_.scale)
    if isinstance(type_, IntegerType):
        return whole(value)
    if isinstance(type_, ListType):
        return tuple(lower(type_.item, item) for item in value) if type_.item is not None else ()
    return value


def whole(number: Fraction) -> int:
    assert number.denominator == 1, f"{number} was rounded where no rule says so"
    return number.numerator


def rounded(number: Fraction, scale: int, mode: str) -> Fraction:
    units = number * 10**scale
    below = floor(units)
    rest = units - below
    if rest:
        half = Fraction(1, 2)
        up = {
            "floor": False,
            "ceiling": True,
            "down": units < 0,
            "up": units > 0,
            "half_up": rest > half or (rest == half and units > 0),
            "half_down": rest > half or (rest == half and units < 0),
            "half_even": rest > half or (rest == half and below % 2 == 1),
        }[mode]
        below += up
    return Fraction(below, 10**scale)


def months_later(day: date, months: int) -> date:
    count = day.year * 12 + (day.month - 1) + months
    year, month = count // 12, count % 12 + 1
    if not 1 <= year <= 9999:
        raise OverflowError
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


@dataclass
class Answer:
    """What the reference gives for a decision."""

    value: Any = None
    causes: Causes = NOTHING
    conflict: tuple[str, ...] = ()
    unknown_rows: tuple[str, ...] = ()
    reasons: list[str] = field(default_factory=list)


@dataclass
class Reference:
    """Evaluates one record."""

    ruleset: Ruleset
    record: Mapping[str, Mapping[str, Any]]
    as_of: datetime
    as_of_date: date
    rates: Mapping[tuple[str, str], list[tuple[date, int, int]]] = field(default_factory=dict)
    answers: dict[str, Answer] = field(default_factory=dict)

    def run(self) -> dict[str, Answer]:
        """Return the answers in document order."""
        for decision in self.ruleset.decisions:
            if self.record.get(decision.entity) is not None:
                self.answers[decision.name] = self.decide(decision)
        return {name: self.answers[name] for name in self.ruleset.document_order if name in self.answers}

    # terms

    def read(self, variable: Variable) -> Outcome:
        kind, name = variable.origin, variable.name
        if kind == "time":
            return (self.as_of if name == "as_of" else self.as_of_date), NOTHING
        if kind == "decision":
            entity = name.split(".")[0]
            if self.record.get(entity) is None:
                return None, frozenset({("absent", entity)})
            answer = self.answers[name]
            if answer.conflict:
                return None, frozenset({("conflict", name)})
            return answer.value, answer.causes if answer.value is None else NOTHING
        if kind == "parameter":
            value = None
            for first, dated in self.ruleset.parameters[name.split(".", 1)[1]].values:
                if first is None or first <= self.as_of_date:
                    value = dated
        else:
            key, short = name.split(".", 1)
            value = (self.record.get(key) or {}).get(short)
        if value is None:
            return None, frozenset({("absent", name)})
        return lift(variable.type, value), NOTHING

    def term(self, term: Term, element: Any = None) -> Outcome:
        if isinstance(term, Literal):
            return lift(term.type, term.value), NOTHING
        if isinstance(term, Variable):
            return self.read(term)
        if isinstance(term, Element):
            return element, NOTHING
        if isinstance(term, Missing):
            absent = [name.name for name in term.variables if self.read(name)[0] is None]
            if term.at_least is not None and len(term.variables) - len(absent) >= term.at_least:
                absent = []
            return tuple(absent), NOTHING
        if isinstance(term, Quantifier):
            return self.quantifier(term, element)
        assert isinstance(term, Apply)
        operands = [self.term(argument, element) for argument in term.arguments]
        values = [value for value, _ in operands]
        if term.operator == "if":
            return self.chain(operands)
        if term.operator == "absent":
            return values[0] is None, NOTHING
        if term.operator == "default":
            if values[0] is not None:
                return values[0], NOTHING
            return values[1], union(operands) if values[1] is None else NOTHING
        if term.operator in ("and", "or"):
            decisive = term.operator == "or"
            if decisive in values:
                return decisive, NOTHING
            return (None, union(operands)) if None in values else (not decisive, NOTHING)
        if None in values:
            return None, union(operands)
        value, cause = self.strict(term, values)
        return value, frozenset({cause}) if cause else NOTHING

    def chain(self, operands: list[Outcome]) -> Outcome:
        index = 0
        while index + 1 < len(operands):
            condition, causes = operands[index]
            if condition is None:
                return None, causes
            if condition:
                return operands[index + 1]
            index += 2
        return operands[index] if index < len(operands) else (None, frozenset({("no_branch", "")}))

    def quantifier(self, term: Quantifier, element: Any) -> Outcome:
        source, causes = self.term(term.source, element)
        if source is None:
            return None, causes
        results = [self.term(term.body, item) for item in source]
        values = [value for value, _ in results]
        if term.kind == "all":
            if not values or False in values:
                return False, NOTHING
            return (None, union(results)) if None in values else (True, NOTHING)
        if True in values:
            return term.kind == "some", NOTHING
        return (None, union(results)) if None in values else (term.kind == "none", NOTHING)

    def strict(self, term: Apply, values: list[Any]) -> tuple[Any, tuple[str, str] | None]:
        operator, result = term.operator, term.type
        match operator:
            case "!":
                return not values[0], None
            case "==" | "!=" | "<" | "<=" | ">" | ">=":
                return compared(operator, *values)
            case "in":
                return contained(*values)
            case "+" | "-" | "*":
                return self.bounded(result, arithmetic(operator, values))
            case "/" | "%":
                return divided(term, *values)
            case "min":
                return min(values), None
            case "max":
                return max(values), None
            case "round":
                options = dict(term.options)
                return self.bounded(result, rounded(values[0], options["scale"], options["rounding"]))
            case "widen":
                return widened(term.arguments[0].type, result, values[0]), None
            case "cat":
                return "".join(values), None
            case "substr":
                return substr(values)
            case "list":
                return tuple(values), None
            case "convert":
                return self.convert(term, values)
        return timely(operator, values)

    def bounded(self, type_: Type, number: Fraction) -> tuple[Any, tuple[str, str] | None]:
        if isinstance(type_, IntegerType) and not -(2**63) <= number < 2**63:
            return None, ("overflow", "")
        return number, None

    def convert(self, term: Apply, values: list[Any]) -> tuple[Any, tuple[str, str] | None]:
        money, day = values
        source = term.arguments[0].type
        assert isinstance(source, MoneyType)
        assert isinstance(term.type, MoneyType)
        amount, currency = (money, source.currency) if source.currency else money
        target = dict(term.options)["currency"]
        rate = Fraction(1)
        if currency != target:
            in_force = [rate for rate in self.rates.get((currency, target), []) if rate[0] <= day]
            if not in_force:
                return None, ("no_rate", f"{currency}>{target}")
            _, numerator, scale = in_force[-1]
            rate = Fraction(numerator, 10**scale)
        result = rounded(amount * rate, term.type.scale, dict(term.options)["rounding"])
        return (
            (None, ("overflow", ""))
            if abs(result) * 10**term.type.scale >= 10**term.type.precision
            else (result, None)
        )

    # decisions

    def decide(self, decision: Decision) -> Answer:
        match decision:
            case Formula():
                value, causes = self.term(decision.value)
                return Answer(value, causes)
            case Check():
                value, causes = self.term(decision.requirement)
                return Answer(value, causes, reasons=[decision.reason.code] if value is False else [])
            case Scorecard():
                return self.scorecard(decision)
            case Table():
                return self.table(decision)
        assert isinstance(decision, Reward)
        return self.reward(decision)

    def scorecard(self, card: Scorecard) -> Answer:
        scale = card.type.scale if isinstance(card.type, DecimalType) else 0
        unknown: list[str] = []
        causes: set[tuple[str, str]] = set()
        sums = {group.id: Fraction(0) for group in card.groups}
        total = Fraction(card.initial, 10**scale)
        hits: list[tuple[Fraction, int, str]] = []
        for place, row in enumerate(card.rows):
            state, why = self.term(row.when)
            points, why_points = self.term(row.points)
            if state is None or (state and points is None):
                unknown.append(row.id)
                causes |= why if state is None else why_points
            elif state:
                hits.append((-points, place, row.reason.code))
                if row.group is None:
                    total += points
                else:
                    sums[row.group] += points
        for group in card.groups:
            total += clamped(sums[group.id], group.minimum, group.maximum, scale)
        total = clamped(total, card.minimum, card.maximum, scale)
        answer = Answer(total, unknown_rows=tuple(unknown), reasons=[code for _, _, code in sorted(hits)])
        if card.strict and unknown:
            answer.value, answer.causes, answer.reasons = None, frozenset(causes), []
        elif isinstance(card.type, IntegerType) and not -(2**63) <= total < 2**63:
            answer.value, answer.causes, answer.reasons = None, frozenset({("overflow", "")}), []
        return answer

    def table(self, table: Table) -> Answer:
        states = [self.term(row.when) for row in table.rows]
        looked_at = len(states)
        if table.hit_policy == "first":
            looked_at = next((i + 1 for i, (state, _) in enumerate(states) if state), looked_at)
        unknown = [i for i in range(looked_at) if states[i][0] is None]
        answer = Answer(unknown_rows=tuple(table.rows[i].id for i in unknown))
        why_unknown = union([states[i] for i in unknown])
        if table.strict and unknown:
            answer.causes = why_unknown
            return answer
        true = [table.rows[i] for i in range(looked_at) if states[i][0]]
        if table.hit_policy == "unique" and len(true) > 1:
            answer.conflict = tuple(row.id for row in true)
            return answer
        counting = table.aggregate == "count"
        outputs: list[Outcome] = [
            (1, NOTHING) if counting or row.then is None else self.term(row.then) for row in true
        ]
        values = [value for value, _ in outputs]
        if None in values:
            answer.causes = union(outputs)
            return answer
        if table.hit_policy == "any" and any(value != values[0] for value in values):
            answer.conflict = tuple(row.id for row in true)
            return answer
        if not true and table.aggregate not in ("sum", "count"):
            return self.otherwise(table, answer, why_unknown)
        if table.aggregate in ("sum", "count"):
            answer.value = sum(values)
        else:
            answer.value = {"min": min, "max": max}.get(str(table.aggregate), lambda given: given[0])(values)
        if table.aggregate == "sum" and isinstance(table.type, IntegerType):
            answer.value, cause = self.bounded(table.type, Fraction(answer.value))
            answer.causes = frozenset({cause}) if cause else NOTHING
        if answer.value is not None:
            answer.reasons = [row.reason.code for row in true if row.reason is not None]
        return answer

    def otherwise(self, table: Table, answer: Answer, why_unknown: Causes) -> Answer:
        if table.otherwise is None:
            answer.causes = why_unknown | {("no_matching_row", table.name)}
            return answer
        answer.value, answer.causes = self.term(table.otherwise)
        if answer.value is not None and table.otherwise_reason is not None:
            answer.reasons = [table.otherwise_reason.code]
        return answer

    def reward(self, reward: Reward) -> Answer:
        amount, why_amount = self.term(reward.amount)
        accrues, why_accrues = self.term(reward.accrues_when)
        payable, _ = self.term(reward.payable_when)
        reversed_, _ = self.term(reward.reversed_when)
        payee = (self.record.get(reward.payee) or {}).get("id")
        parts = (("payable_when", payable), ("reversed_when", reversed_))
        answer = Answer(unknown_rows=tuple(name for name, state in parts if state is None))
        if accrues is None:
            answer.causes = why_accrues
        elif accrues and (amount is None or payee is None):
            absent_payee = frozenset({("absent", f"{reward.payee}.id")})
            answer.causes = why_amount | (absent_payee if payee is None else NOTHING)
        else:
            answer.value = (payee, amount, accrues, payable, reversed_)
            answer.reasons = [reward.reason.code] if accrues and reward.reason is not None else []
        return answer


def union(outcomes: list[Outcome]) -> Causes:
    return NOTHING.union(*(causes for value, causes in outcomes if value is None))


def clamped(number: Fraction, minimum: int | None, maximum: int | None, scale: int) -> Fraction:
    if minimum is not None:
        number = max(number, Fraction(minimum, 10**scale))
    if maximum is not None:
        number = min(number, Fraction(maximum, 10**scale))
    return number


def arithmetic(operator: str, values: list[Any]) -> Fraction:
    if operator == "-":
        negative: Fraction = -values[-1]
        return negative if len(values) == 1 else values[0] + negative
    result = Fraction(0 if operator == "+" else 1)
    for value in values:
        result = result + value if operator == "+" else result * value
    return result


def widened(actual: Type, wanted: Type, value: Any) -> Any:
    if isinstance(actual, ListType) and isinstance(wanted, ListType):
        if actual.item is None or wanted.item is None:
            return value
        return tuple(widened(actual.item, wanted.item, item) for item in value)
    if not isinstance(actual, MoneyType) or not isinstance(wanted, MoneyType):
        return value
    return (value, actual.currency) if actual.currency is not None and wanted.currency is None else value


def compared(operator: str, left: Any, right: Any) -> tuple[Any, tuple[str, str] | None]:
    if isinstance(left, tuple):
        if left[1] != right[1]:
            return None, ("currency_mismatch", "")
        left, right = left[0], right[0]
    if operator == "==":
        return left == right, None
    if operator == "!=":
        return left != right, None
    answers = {"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}
    return answers[operator], None


def contained(item: Any, container: Any) -> tuple[Any, tuple[str, str] | None]:
    if item in container:
        return True, None
    if isinstance(item, tuple) and any(other[1] != item[1] for other in container):
        return None, ("currency_mismatch", "")
    return False, None


def divided(term: Apply, top: Fraction, bottom: Fraction) -> tuple[Any, tuple[str, str] | None]:
    if bottom == 0:
        return None, ("division_by_zero", "")
    if term.operator == "/":
        options = dict(term.options)
        return rounded(top / bottom, options["scale"], options["rounding"]), None
    left = abs(top) % abs(bottom)
    return (-left if top < 0 else left), None


def substr(values: list[Any]) -> tuple[Any, tuple[str, str] | None]:
    text, start, *length = values
    start = int(start)
    begin = max(len(text) + start, 0) if start < 0 else start
    rest = text[begin:]
    if length:
        count = int(length[0])
        rest = rest[: max(len(rest) + count, 0)] if count < 0 else rest[:count]
    return (rest, None) if rest else (None, ("empty_text", ""))


def timely(operator: str, values: list[Any]) -> tuple[Any, tuple[str, str] | None]:
    first, second = values
    if operator in ("add_days", "add_months"):
        try:
            later = first + timedelta(days=int(second)) if operator == "add_days" else None
            return later or months_later(first, int(second)), None
        except OverflowError:
            return None, ("overflow", "")
    if operator == "add_hours":
        try:
            return first + timedelta(hours=int(second)), None
        except OverflowError:
            return None, ("overflow", "")
    seconds = {"days_between": 86400, "hours_between": 3600, "minutes_between": 60, "seconds_between": 1}
    span = second - first
    exact = Fraction(span.days * 86400 + span.seconds) + Fraction(span.microseconds, 10**6)
    return Fraction(floor(exact / seconds[operator])), None
