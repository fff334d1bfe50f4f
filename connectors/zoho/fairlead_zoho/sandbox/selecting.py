"""Running a COQL query over a module."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import Any

from fairlead.plugins.records import Scalar
from fairlead_zoho.sandbox.coql import Comparison, Condition, Junction, Literal_, Query
from fairlead_zoho.sandbox.errors import Refusal
from fairlead_zoho.sandbox.schema import FieldDef, parse_instant
from fairlead_zoho.sandbox.store import Row, Table

__all__ = ["run_query"]

Test = Callable[[Row], bool]


def run_query(query: Query, table: Table, fields: dict[str, FieldDef]) -> tuple[list[Row], bool]:
    """Return the rows of a query and whether there are more; converted leads are not shown.

    `fields` are those that the caller's profile sees. Raises Refusal.
    """
    for name in (*query.columns, *(name for name, _ in query.order)):
        _column(name, fields)
    test = _test(query.condition, fields)
    candidates, sorted_by_id = _candidates(query, table)
    found: Iterator[Row] = (row for row in candidates if row.became is None and test(row))
    if not sorted_by_id:
        found = iter(_sorted(found, query))
    page = list(islice(found, query.offset, query.offset + query.limit + 1))
    return page[: query.limit], len(page) > query.limit


def _column(name: str, fields: dict[str, FieldDef]) -> FieldDef | None:
    base, _, part = name.partition(".")
    if name == "id":
        return None
    definition = fields.get(base)
    if definition is None or (
        part and (part != "id" or definition.data_type not in ("lookup", "ownerlookup"))
    ):
        raise Refusal(400, "INVALID_QUERY", {"column_name": name}, "column given seems to be invalid")
    return definition


def _candidates(query: Query, table: Table) -> tuple[Iterable[Row], bool]:
    """Return rows among which the result is, and whether they come in the order asked for."""
    by_id = query.order in ((), (("id", False),))
    above, since = -1, None
    for each in _conjuncts(query.condition):
        if each.column == "id" and each.operator in ("=", "in"):
            wanted = each.value if isinstance(each.value, tuple) else (each.value,)
            ids = sorted({int(str(value)) for value in wanted if str(value).isdigit()})
            return (table.rows[id_] for id_ in ids if id_ in table.rows), by_id
        if each.column == "id" and each.operator in (">", ">=") and str(each.value).isdigit():
            above = max(above, int(str(each.value)) - (each.operator == ">="))
        if each.column == "Modified_Time" and each.operator in (">", ">=") and isinstance(each.value, str):
            since = parse_instant(each.value) or since
    if since is not None and table.how_many_since(since) * 4 < len(table.rows):
        return table.changed_since(since), False
    return table.after(above), by_id


def _conjuncts(condition: Condition) -> Iterator[Comparison]:
    match condition:
        case Comparison():
            yield condition
        case Junction(word="and"):
            yield from _conjuncts(condition.left)
            yield from _conjuncts(condition.right)


def _sorted(rows: Iterator[Row], query: Query) -> list[Row]:
    found = sorted(rows, key=lambda row: row.id)
    for name, descending in reversed(query.order):
        found.sort(key=lambda row, name=name: _order_key(row, name), reverse=descending)  # type: ignore[misc]
    return found


def _order_key(row: Row, name: str) -> tuple[bool, Any]:
    value = row.id if name == "id" else row.get(name)
    return (value is not None, value)


def _test(condition: Condition, fields: dict[str, FieldDef]) -> Test:
    if isinstance(condition, Junction):
        left, right = _test(condition.left, fields), _test(condition.right, fields)
        if condition.word == "and":
            return lambda row: left(row) and right(row)
        return lambda row: left(row) or right(row)
    definition = _column(condition.column, fields)
    if definition is not None and definition.data_type == "textarea":
        details = {"column_name": condition.column, "data_type": "textarea"}
        raise Refusal(400, "INVALID_QUERY", details, "data type not supported")
    name = condition.column.partition(".")[0]
    read: Callable[[Row], Any] = (lambda row: row.id) if definition is None else (lambda row: row.get(name))
    if condition.operator in ("is null", "is not null"):
        empty = condition.operator == "is null"
        return lambda row: (read(row) is None) is empty
    negated = condition.operator.startswith("not ") or condition.operator == "!="
    test = _value_test(condition.operator.removeprefix("not "), condition, definition)
    return lambda row: (value := read(row)) is not None and test(value) is not negated


def _value_test(operator: str, condition: Comparison, definition: FieldDef | None) -> Callable[[Any], bool]:
    def one(value: Literal_) -> Any:
        return _typed(value, condition.column, definition)

    if operator == "in":
        assert isinstance(condition.value, tuple)
        wanted = {one(value) for value in condition.value}
        return lambda value: value in wanted
    if operator == "between":
        assert isinstance(condition.value, tuple)
        low, high = (one(value) for value in condition.value)
        return lambda value: bool(low <= value <= high)
    if operator == "like":
        pattern = re.compile(re.escape(str(condition.value)).replace("%", ".*"), re.IGNORECASE | re.DOTALL)
        return lambda value: pattern.fullmatch(str(value)) is not None
    limit = one(condition.value)
    match operator:
        case "=" | "!=":
            return lambda value: bool(value == limit)
        case ">":
            return lambda value: bool(value > limit)
        case ">=":
            return lambda value: bool(value >= limit)
        case "<":
            return lambda value: bool(value < limit)
    return lambda value: bool(value <= limit)


def _typed(value: Literal_, column: str, definition: FieldDef | None) -> Scalar:
    """Return a literal as the column stores it; raises Refusal."""
    kind = "id" if definition is None else definition.data_type
    match kind, value:
        case "id", int():
            return value
        case "id", str() if value.isdigit():
            return int(value)
        case "datetime", str() if (instant := parse_instant(value)) is not None:
            return instant
        case "date", str() if re.fullmatch(r"\d{4}-\d\d-\d\d", value):
            return date.fromisoformat(value)
        case "integer" | "bigint" | "double" | "currency", int() | float():
            return Decimal(str(value))
        case "boolean", bool():
            return value
        case "lookup" | "ownerlookup", int() | str():
            return str(value)
        case "text" | "email" | "phone" | "website" | "picklist" | "multiselectpicklist", str():
            return value
    details = {"column_name": column, "expected_data_type": kind}
    raise Refusal(400, "INVALID_QUERY", details, "value given seems to be invalid for the column")
