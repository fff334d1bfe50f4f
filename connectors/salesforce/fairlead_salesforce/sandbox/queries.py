"""Answering queries: which records, in which order, and how they are written."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from fairlead_salesforce.sandbox.ids import full_id
from fairlead_salesforce.sandbox.org import Org
from fairlead_salesforce.sandbox.refusals import Refused
from fairlead_salesforce.sandbox.schema import Field
from fairlead_salesforce.sandbox.soql import (
    Comparison,
    Condition,
    Logical,
    Query,
    QuerySyntaxError,
    parse,
)
from fairlead_salesforce.sandbox.tables import Row, Table, wire_instant

__all__ = ["Prepared", "prepare"]

_Test = Callable[[Row], bool]
_Getter = Callable[[Row], Any]
#: what a path has at its end where a lookup on the way is empty
_NOBODY = object()
_STAMPS = ("SystemModstamp", "LastModifiedDate")


@dataclass(frozen=True, slots=True)
class Prepared:
    """A query that was checked against the org, with the records that it found."""

    query: Query
    table: Table
    rows: list[Row]
    getters: tuple[tuple[tuple[str, ...], _Getter], ...]

    def render(self, rows: Iterable[Row], version: str) -> list[dict[str, Any]]:
        """Return records as the REST API writes them, related ones nested."""
        return [self._rendered(row, version) for row in rows]

    def _rendered(self, row: Row, version: str) -> dict[str, Any]:
        name = self.table.name
        found: dict[str, Any] = {
            "attributes": {"type": name, "url": f"/services/data/v{version}/sobjects/{name}/{row.id}"}
        }
        for path, get in self.getters:
            value = get(row)
            place = found
            for step in path[:-1]:
                if value is _NOBODY:
                    place.setdefault(step, None)
                    break
                if place.get(step) is None:
                    place[step] = {}
                place = place[step]
            else:
                place[path[-1]] = value
        return found

    def cells(self, rows: Iterable[Row]) -> Iterator[list[str]]:
        """Yield records as rows of a CSV file, the names first."""
        yield [".".join(path) for path, _ in self.getters]
        for row in rows:
            yield [_cell(get(row)) for _, get in self.getters]


def _cell(value: Any) -> str:
    if value is None or value is _NOBODY:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and value.endswith(".000+0000"):
        return value.removesuffix("+0000") + "Z"
    return str(value)


def prepare(org: Org, text: str, *, deleted: bool) -> Prepared:
    """Run a query; `deleted` finds records in the bin as well. Raises Refused."""
    try:
        query = parse(text)
    except QuerySyntaxError as error:
        raise Refused("MALFORMED_QUERY", str(error)) from None
    table = org.table(query.object)
    runner = _Runner(org, table, text)
    getters = tuple((runner.spelled(path), runner.getter(path)) for path in query.paths)
    test = runner.test(query.where) if query.where is not None else None
    first, last = _bounds(query.where)
    rows = [
        row
        for row in table.in_order(first, last)
        if (deleted or row.deleted_at is None) and (test is None or test(row))
    ]
    ordered = [".".join(order.path).lower() for order in query.order]
    if query.order and not (
        ordered in (["systemmodstamp"], ["systemmodstamp", "id"])
        and not any(order.descending for order in query.order)
    ):
        for order in reversed(query.order):
            runner.sort(rows, order.path, order.descending, order.nulls_last)
    if query.offset:
        del rows[: query.offset]
    if query.limit is not None:
        del rows[query.limit :]
    return Prepared(query, table, rows, getters)


def _bounds(where: Condition | None) -> tuple[int | None, int | None]:
    """Return the stamps between which all records lie that a condition can be true for."""
    first: int | None = None
    last: int | None = None
    parts = where.parts if isinstance(where, Logical) and where.operator == "and" else (where,)
    for part in parts:
        if not isinstance(part, Comparison) or not isinstance(part.value, datetime):
            continue
        if part.path[-1].lower() != "systemmodstamp" or len(part.path) > 1:
            continue
        seconds = int(part.value.timestamp())
        if part.operator in (">", ">=", "="):
            first = seconds if first is None else max(first, seconds)
        if part.operator in ("<", "<=", "="):
            last = seconds if last is None else min(last, seconds)
    return first, last


class _Runner:
    def __init__(self, org: Org, table: Table, text: str) -> None:
        self._org = org
        self._table = table
        self._text = text

    def spelled(self, path: tuple[str, ...]) -> tuple[str, ...]:
        """Return a path in the spelling of the schema."""
        links, field = self._resolve(path)
        return (*[str(link.relationship) for link, _ in links], field.name)

    def _resolve(self, path: tuple[str, ...]) -> tuple[list[tuple[Field, Table]], Field]:
        table = self._table
        links: list[tuple[Field, Table]] = []
        for step in path[:-1]:
            link = next(
                (
                    field
                    for field in self._org.visible(table).values()
                    if (field.relationship or "").lower() == step.lower()
                ),
                None,
            )
            if link is None:
                raise Refused(
                    "INVALID_FIELD",
                    f"\n{self._text}\nERROR at Row:1:Column:1\nDidn't understand relationship '{step}' in "
                    "field path. If you are attempting to use a custom relationship, be sure to append the "
                    "'__r' after the custom relationship name. Please reference your WSDL or the describe "
                    "call for the appropriate names.",
                )
            table = self._org.table(link.references[0])
            links.append((link, table))
        field = self._org.visible(table).get(path[-1].lower())
        if field is None:
            raise Refused(
                "INVALID_FIELD",
                f"\n{self._text}\n{'^':>20}\nERROR at Row:1:Column:20\nNo such column '{path[-1]}' on entity "
                f"'{table.name}'. If you are attempting to use a custom field, be sure to append the '__c' "
                "after the custom field name. Please reference your WSDL or the describe call for the "
                "appropriate names.",
            )
        return links, field

    def getter(self, path: tuple[str, ...]) -> _Getter:
        """Return what reads a field of a record, over its lookups."""
        links, field = self._resolve(path)
        table = self._table
        name = field.name
        if not links:
            return lambda row: table.value(row, name)

        def get(row: Row) -> Any:
            here, current = table, row
            for link, target in links:
                id_ = here.value(current, link.name)
                found = target.rows.get(id_) if id_ else None
                if found is None:
                    return _NOBODY
                here, current = target, found
            return here.value(current, name)

        return get

    def test(self, condition: Condition) -> _Test:
        """Return what tells whether a condition is true for a record."""
        if isinstance(condition, Logical):
            tests = [self.test(part) for part in condition.parts]
            match condition.operator:
                case "and":
                    return lambda row: all(test(row) for test in tests)
                case "or":
                    return lambda row: any(test(row) for test in tests)
            return lambda row: not tests[0](row)
        return self._comparison(condition)

    def _comparison(self, condition: Comparison) -> _Test:
        _, field = self._resolve(condition.path)
        if field.type == "textarea":
            raise Refused(
                "INVALID_FIELD",
                f"\n{self._text}\nfield '{field.name}' can not be filtered in a query call",
            )
        get = self.getter(condition.path)
        if isinstance(condition.value, tuple):
            values = {self._literal(field, value) for value in condition.value}
            if condition.operator == "in":
                return lambda row: _folded(get(row)) in values
            return lambda row: _folded(get(row)) not in values
        value = self._literal(field, condition.value)
        if len(condition.path) == 1 and field.name in _STAMPS and isinstance(condition.value, datetime):
            seconds = int(condition.value.timestamp())
            compare = _COMPARE[condition.operator]
            return lambda row: compare(row.stamp, seconds)
        match condition.operator:
            case "=":
                return lambda row: _folded(get(row)) == value
            case "!=":
                return lambda row: _folded(get(row)) != value
            case "like":
                pattern = _pattern(str(value))
                return lambda row: pattern.fullmatch(str(_folded(get(row)) or "")) is not None
        compare = _COMPARE[condition.operator]
        if value is None:
            raise Refused("MALFORMED_QUERY", f"value of filter criterion for field '{field.name}' is null")
        case_matters = field.type in ("id", "reference")
        wanted = condition.value if case_matters else value
        if case_matters:
            wanted = full_id(str(wanted))

        def ordered(row: Row) -> bool:
            found = get(row)
            if found is None or found is _NOBODY:
                return False
            return compare(found if case_matters else _folded(found), wanted)

        return ordered

    def _literal(self, field: Field, value: Any) -> Any:
        """Return a literal as the field's values compare with it; raises Refused for another type."""
        wanted: tuple[type, ...]
        match field.type:
            case "boolean":
                wanted = (bool,)
            case "datetime":
                wanted = (datetime,)
            case "date":
                wanted = (date,)
            case "double" | "currency" | "percent" | "int":
                wanted = (float,)
            case _:
                wanted = (str,)
        if value is None:
            return None
        if not isinstance(value, wanted) or (field.type == "date" and isinstance(value, datetime)):
            raise Refused(
                "INVALID_FIELD",
                f"\n{self._text}\nvalue of filter criterion for field '{field.name}' must be of type "
                f"{field.type} and should {'not ' if wanted != (str,) else ''}be enclosed in quotes",
            )
        if isinstance(value, datetime):
            return wire_instant(int(value.timestamp())).casefold()
        if isinstance(value, date):
            return value.isoformat()
        if field.type in ("id", "reference"):
            return full_id(str(value)).casefold()
        return _folded(value)

    def sort(self, rows: list[Row], path: tuple[str, ...], descending: bool, nulls_last: bool) -> None:
        """Put records in the order of a field, those without a value first or last."""
        raw = self.getter(path)
        is_id = self._resolve(path)[1].type in ("id", "reference")

        def get(row: Row) -> Any:
            value = raw(row)
            return value if is_id and value is not _NOBODY else _folded(value)

        empty = [row for row in rows if get(row) is None]
        filled = sorted((row for row in rows if get(row) is not None), key=get, reverse=descending)
        rows[:] = [*filled, *empty] if nulls_last or descending else [*empty, *filled]


def _folded(value: Any) -> Any:
    """Return a value as SOQL compares it: texts without regard to case."""
    if value is _NOBODY:
        return None
    return value.casefold() if isinstance(value, str) else value


def _pattern(value: str) -> re.Pattern[str]:
    parts = re.split(r"(\\[_%]|%|_)", value)
    wild = {"%": ".*", "_": ".", "\\_": "_", "\\%": "%"}
    return re.compile("".join(wild.get(part, re.escape(part)) for part in parts), re.DOTALL)


_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda one, other: one == other,
    "!=": lambda one, other: one != other,
    "<": lambda one, other: one < other,
    "<=": lambda one, other: one <= other,
    ">": lambda one, other: one > other,
    ">=": lambda one, other: one >= other,
}
