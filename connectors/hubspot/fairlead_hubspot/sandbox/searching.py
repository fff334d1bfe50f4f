"""The search of the CRM: filters, one sort, pages, and its ceilings."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from fairlead_hubspot.sandbox.answers import Refusal
from fairlead_hubspot.sandbox.checking import instant_ms
from fairlead_hubspot.sandbox.tables import Row, Table

__all__ = ["MOST_RESULTS", "Found", "search"]

#: pages, results of one query, groups, filters of a group, filters in all: the smallest ceilings documented
MOST_PER_PAGE, MOST_RESULTS = 200, 10_000
_MOST_GROUPS, _MOST_IN_GROUP, _MOST_FILTERS, _LONGEST_QUERY = 5, 6, 18, 3_000
_OPERATORS = frozenset(
    (
        "BETWEEN",
        "CONTAINS_TOKEN",
        "EQ",
        "GT",
        "GTE",
        "HAS_PROPERTY",
        "IN",
        "LT",
        "LTE",
        "NEQ",
        "NOT_CONTAINS_TOKEN",
        "NOT_HAS_PROPERTY",
        "NOT_IN",
    )
)

Found = tuple[int, list[Row], int | None]
_Value = float | str | None
_Test = Callable[[_Value], bool]


def search(table: Table, wanted: Mapping[str, Any]) -> Found:
    """Return the number of records found, those of the page, and where the next page begins.

    Raises Refusal in HubSpot's words for what is beyond a ceiling or not understood.
    """
    limit, after = _page(wanted)
    groups = _groups(table, wanted)
    name, descending = _sort(table, wanted)
    query = str(wanted.get("query") or "")
    if len(query) > _LONGEST_QUERY:
        raise _problem(f"query must be at most {_LONGEST_QUERY} characters")
    ids, low, high = _candidates(table, groups, name, descending, query)
    start, end = (low, high)
    total = max(end - start, 0)
    chosen = ids[start + after : min(start + after + limit, end)]
    if descending and name == "hs_object_id":
        last = end - after
        chosen = ids[max(last - limit, start) : last][::-1]
    rows = [table.rows[id_] for id_ in chosen]
    following = after + limit if after + limit < total else None
    return total, rows, following


def _candidates(
    table: Table, groups: list[list[dict[str, Any]]], sort: str, descending: bool, query: str
) -> tuple[list[int], int, int]:
    """Return ids in the order of the search and the range of them that matches."""
    low, high = 0, None
    if len(groups) == 1 and sort == "hs_object_id":
        rest = []
        for each in groups[0]:
            bound = _id_bound(each)
            if bound is None:
                rest.append(each)
            elif each["operator"] in ("GT", "GTE"):
                low = max(low, bound)
            else:
                high = bound if high is None else min(high, bound)
        groups = [rest] if rest else []
    if not groups and not query and not table.overlays and sort == "hs_object_id":
        return (table.ids, *table.between(table.ids, low, high))
    key = json.dumps([groups, sort, descending, query], sort_keys=True)
    ids = table.matching(key, lambda: _matching(table, groups, sort, descending, query))
    if sort == "hs_object_id":
        return (ids, *table.between(ids, low, high))
    return ids, 0, len(ids)


def _matching(
    table: Table, groups: list[list[dict[str, Any]]], sort: str, descending: bool, query: str
) -> list[int]:
    tests = [[(each["propertyName"], _test(table, each)) for each in group] for group in groups]
    stamps = [
        float(instant_ms(str(each["value"])) or 0)
        for each in (groups[0] if len(groups) == 1 else ())
        if each["propertyName"] == table.stamp and each["operator"] in ("GT", "GTE")
    ]
    ids = table.since(int(max(stamps))) if stamps else table.ids
    found = []
    for id_ in dict.fromkeys(ids):
        seen = _seen(table, id_)
        if seen is None or (query and not _has_token(table, id_, query)):
            continue
        if not tests or any(all(test(seen(name)) for name, test in group) for group in tests):
            found.append(id_)
    if sort == "hs_object_id":
        return sorted(found)
    shown: dict[int, Any] = {
        id_: _comparable(table, sort, table.value(table.rows[id_], sort)) for id_ in found
    }
    filled = sorted((id_ for id_ in found if shown[id_] is not None), key=lambda id_: (shown[id_], id_))
    empty = [id_ for id_ in found if shown[id_] is None]
    return [*reversed(filled), *empty] if descending else [*filled, *empty]


def _seen(table: Table, id_: int) -> Callable[[str], _Value] | None:
    """Return how the search reads a record, which may lag behind; None where it does not know it yet."""
    row = table.rows.get(id_)
    overlay = table.overlays.get(id_)
    if row is None or (overlay is not None and overlay.updated is None):
        return None

    def read(name: str) -> _Value:
        if name == "hs_object_id":
            return float(row.id)
        if name == table.stamp:
            return float(row.updated if overlay is None else overlay.updated or 0)
        if overlay is not None and name in overlay.values:
            return _comparable(table, name, overlay.values[name])
        return _comparable(table, name, table.value(row, name))

    return read


def _comparable(table: Table, name: str, value: str | None) -> _Value:
    if value is None:
        return None
    match table.properties.get(name, {}).get("type"):
        case "number":
            return float(value)
        case "datetime" | "date":
            ms = instant_ms(value)
            return None if ms is None else float(ms)
    return value


def _test(table: Table, wanted: Mapping[str, Any]) -> _Test:
    name, operator = wanted["propertyName"], wanted["operator"]

    def read(text: Any) -> _Value:
        try:
            return _comparable(table, name, None if text is None else str(text))
        except ValueError:
            raise _problem(f"{text} is not a valid value for {name}") from None

    value, top = read(wanted.get("value")), read(wanted.get("highValue"))
    values = {read(each) for each in wanted.get("values") or ()}
    if table.properties.get(name, {}).get("type") == "string" and operator in ("IN", "NOT_IN"):
        # strings are lower-cased in the index, and what they are compared with is not
        return lambda held: (str(held).lower() in values) == (operator == "IN") if held else False
    tests: dict[str, _Test] = {
        "EQ": lambda held: held == value,
        "NEQ": lambda held: held != value,
        "GT": lambda held: _above(held, value, equal=False),
        "GTE": lambda held: _above(held, value, equal=True),
        "LT": lambda held: _above(value, held, equal=False),
        "LTE": lambda held: _above(value, held, equal=True),
        "BETWEEN": lambda held: _above(held, value, equal=True) and _above(top, held, equal=True),
        "IN": lambda held: held in values,
        "NOT_IN": lambda held: held is not None and held not in values,
        "HAS_PROPERTY": lambda held: held is not None,
        "NOT_HAS_PROPERTY": lambda held: held is None,
        "CONTAINS_TOKEN": lambda held: str(value).strip("*").lower() in str(held or "").lower(),
        "NOT_CONTAINS_TOKEN": lambda held: str(value).strip("*").lower() not in str(held or "").lower(),
    }
    return tests[operator]


def _above(one: _Value, other: _Value, *, equal: bool) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return one >= other if equal else one > other
    if isinstance(one, str) and isinstance(other, str):
        return one >= other if equal else one > other
    return False


def _has_token(table: Table, id_: int, query: str) -> bool:
    names = ("firstname", "lastname", "email", "phone", "name", "domain", "dealname")
    held = " ".join(table.rows[id_].values.get(name, "") for name in names).lower()
    return all(word in held for word in query.lower().split())


def _id_bound(wanted: Mapping[str, Any]) -> int | None:
    """Return the first or last id that a filter on the id admits; None for any other filter."""
    if wanted["propertyName"] != "hs_object_id" or wanted["operator"] not in ("GT", "GTE", "LT", "LTE"):
        return None
    try:
        bound = int(wanted["value"])
    except (KeyError, TypeError, ValueError):
        raise _problem("hs_object_id is compared with a whole number") from None
    return bound + {"GT": 1, "LT": -1}.get(wanted["operator"], 0)


def _page(wanted: Mapping[str, Any]) -> tuple[int, int]:
    try:
        limit = int(wanted.get("limit") or 10)
        after = int(wanted.get("after") or 0)
    except (TypeError, ValueError):
        raise _problem("limit and after are whole numbers") from None
    if not 1 <= limit <= MOST_PER_PAGE:
        raise _problem(f"limit must be between 1 and {MOST_PER_PAGE}")
    if after + limit > MOST_RESULTS:
        raise _problem(f"a query returns at most {MOST_RESULTS} results: after and limit go beyond it")
    return limit, after


def _groups(table: Table, wanted: Mapping[str, Any]) -> list[list[dict[str, Any]]]:
    groups = [group.get("filters") or [] for group in wanted.get("filterGroups") or []]
    filters = [each for group in groups for each in group]
    if len(groups) > _MOST_GROUPS or len(filters) > _MOST_FILTERS:
        raise _problem("too many filter groups or filters")
    if any(len(group) > _MOST_IN_GROUP for group in groups):
        raise _problem(f"a filter group has at most {_MOST_IN_GROUP} filters")
    for each in filters:
        if each.get("operator") not in _OPERATORS:
            raise _problem(f"{each.get('operator')} is not an operator")
        if each.get("propertyName") not in table.properties:
            raise _problem(f"there is no property {each.get('propertyName')} to filter by")
    return groups


def _sort(table: Table, wanted: Mapping[str, Any]) -> tuple[str, bool]:
    sorts = wanted.get("sorts") or []
    if len(sorts) > 1:
        raise _problem("only one sort is supported")
    if not sorts:
        return "hs_object_id", False
    first = sorts[0]
    if isinstance(first, str):
        return first.lstrip("-"), first.startswith("-")
    name = first.get("propertyName", "")
    if name not in table.properties:
        raise _problem(f"there is no property {name} to sort by")
    return name, first.get("direction") == "DESCENDING"


def _problem(message: str) -> Refusal:
    return Refusal(400, "VALIDATION_ERROR", f"There was a problem with the request: {message}")
