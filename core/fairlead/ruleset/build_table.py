"""From the parts of a decision table to a typed one: cells become conditions, outputs one type."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from fairlead.documents.found import found_text
from fairlead.facts.types import BOOLEAN, IntegerType, MoneyType, Type
from fairlead.logic import factory
from fairlead.logic.conversion import conform, join, narrowed, unwidened, widen
from fairlead.logic.from_jsonlogic import read_expression
from fairlead.logic.numbers import is_number, scale_of
from fairlead.logic.scope import Scope
from fairlead.logic.terms import Apply, Literal, Term
from fairlead.ruleset.decisions import TablePart, TableRowPart
from fairlead.ruleset.reading import Reading, reason_of
from fairlead.ruleset.typed import Table, TableRow

__all__ = ["build_table", "table_type"]

_RANGE = {"at_least": ">=", "above": ">", "at_most": "<=", "below": "<"}


def table_type(part: TablePart) -> Type:
    """Return the type a table declares, or the number of its rows under collect count."""
    return IntegerType(0, len(part.rows)) if part.aggregate == "count" else part.result.to_type()


def build_table(
    reading: Reading, part: TablePart, scope: Scope, pointer: str, common: dict[str, Any]
) -> Table | None:
    """Build a decision table."""
    before = len(reading.problems)
    counting = part.aggregate == "count"
    wanted = table_type(part)
    reading.unbounded(part.result, f"{pointer}/result")
    conditions = [
        _row_condition(reading, row, scope, f"{pointer}/rows/{index}") for index, row in enumerate(part.rows)
    ]
    outputs = [
        None
        if counting
        else reading.output(row.then, scope, f"{pointer}/rows/{index}/then", part.result, wanted)
        for index, row in enumerate(part.rows)
    ]
    otherwise = reason = None
    if part.otherwise is not None and part.otherwise != "undetermined":
        otherwise = reading.output(
            part.otherwise.then, scope, f"{pointer}/otherwise/then", part.result, wanted
        )
        reason = reason_of(part.otherwise.reason)
    if len(reading.problems) > before:
        return None
    values = [term for term in (*outputs, otherwise) if term is not None]
    if not counting:
        joined = join(term.type for term in values)
        assert joined is not None
        wanted = narrowed(wanted, joined)
        outputs = [widen(term, wanted) if term is not None else None for term in outputs]
        otherwise = widen(otherwise, wanted) if otherwise is not None else None
    type_ = wanted
    if part.aggregate in ("sum", "min", "max"):
        summed = _collected(reading, part, wanted, len(part.rows), f"{pointer}/result")
        if summed is None:
            return None
        type_ = summed
    rows = tuple(
        TableRow(row.id, when, then, reason_of(row.reason), f"{pointer}/rows/{index}")
        for index, (row, when, then) in enumerate(zip(part.rows, conditions, outputs, strict=True))
        if when is not None
    )
    return Table(
        **common,
        type=type_,
        hit_policy=part.hit_policy,
        aggregate=part.aggregate,
        rows=rows,
        otherwise=otherwise,
        otherwise_reason=reason,
    )


def _collected(reading: Reading, part: TablePart, output: Type, rows: int, pointer: str) -> Type | None:
    """Return the type of collected outputs; refuse what cannot be added or ordered."""
    samples = [factory.variable("output", output, "decision")] * (rows if part.aggregate == "sum" else 2)
    operator = "+" if part.aggregate == "sum" else str(part.aggregate)
    term = reading.attempt(pointer, lambda: factory.apply(operator, samples))
    if term is not None and isinstance(output, IntegerType) and part.aggregate == "sum":
        assert isinstance(term.type, IntegerType)
        return IntegerType(min(term.type.low, output.low, 0), max(term.type.high, output.high, 0))
    return term.type if term is not None else None


def _row_condition(reading: Reading, row: TableRowPart, scope: Scope, pointer: str) -> Term | None:
    """Return a table row's cells and `when` as one condition."""
    parts: list[Term | None] = []
    for name, cell in (row.cells or {}).items():
        place = f"{pointer}/cells/{name.replace('~', '~0').replace('/', '~1')}"
        subject = reading.name(name, scope, place)
        if subject is None:
            parts.append(None)
            continue
        parts.extend(_cell(reading, subject, cell, scope, place))
    if row.when is not None:
        parts.append(reading.condition(row.when, scope, f"{pointer}/when"))
    if any(part is None for part in parts):
        return None
    terms = [part for part in parts if part is not None]
    return factory.apply("and", terms) if len(terms) > 1 else terms[0]


def _cell(reading: Reading, subject: Term, cell: Any, scope: Scope, place: str) -> list[Term | None]:
    """Return the conditions that a cell states about one name."""
    if cell is True:
        return [reading.attempt(place, lambda: conform(subject, BOOLEAN))]
    if cell is False:
        return [reading.attempt(place, lambda: factory.apply("!", (subject,)))]
    if isinstance(cell, Mapping) and any(key in _RANGE for key in cell):
        conditions = [
            _compared(reading, _RANGE[key], subject, bound, scope, f"{place}/{key}")
            for key, bound in cell.items()
        ]
        if _is_empty(conditions):
            reading.refuse(
                place,
                "inconsistent-range",
                "no value lies in this range",
                found=" and ".join(f"{key} {found_text(bound)}" for key, bound in cell.items()),
            )
        return conditions
    return [_compared(reading, "in" if isinstance(cell, list) else "==", subject, cell, scope, place)]


def _is_empty(conditions: Sequence[Term | None]) -> bool:
    """Tell whether a lower and an upper bound on one subject, both constant, leave no value between them."""
    ends = {condition.operator[0]: condition for condition in conditions if isinstance(condition, Apply)}
    if len(ends) < 2:
        return False
    low, high = (_constant(ends[side].arguments[1]) for side in "><")
    if low is None or high is None or low[0] != high[0]:
        return False
    strict = ends[">"].operator == ">" or ends["<"].operator == "<"
    return bool(low[1] > high[1] or (low[1] == high[1] and strict))


def _constant(term: Term) -> tuple[str | None, Any] | None:
    """Return the currency, if any, and the ordered value of a constant; None for any other term."""
    term = unwidened(term)
    if not isinstance(term, Literal):
        return None
    currency = term.type.currency if isinstance(term.type, MoneyType) else None
    return currency, Fraction(term.value, 10 ** scale_of(term.type)) if is_number(term.type) else term.value


def _compared(
    reading: Reading, operator: str, subject: Term, raw: Any, scope: Scope, place: str
) -> Term | None:
    """Return `subject operator value`."""
    value = read_expression(raw, scope, place, reading.problems)
    if value is None:
        return None
    return reading.attempt(place, lambda: factory.apply(operator, (subject, value)))
