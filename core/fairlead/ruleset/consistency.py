"""What the parts of one document must agree on, beyond the form of each.

These checks read the JSON itself and pass over what has the wrong form, so that they find their problems
also in a document whose form is wrong elsewhere. Pointers lead into that JSON.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise
from typing import Any

from fairlead.documents.found import found_text
from fairlead.documents.positions import join_pointer
from fairlead.facts.currencies import POINTS
from fairlead.problems import Problem, nearest_name

__all__ = [
    "PAYING",
    "overlay_problems",
    "policy_pack_problems",
    "rates_problems",
    "ruleset_problems",
    "scenarios_problems",
]

_DECIMAL = re.compile(r"-?[0-9]{1,38}(\.[0-9]{1,38})?")
#: the keys of a ruleset that say how its rewards are paid
PAYING = ("attribution", "settlement")
#: what an obligation asks for
_ASKED = ("property", "guard", "evidence")


def _members(value: Any, key: str) -> list[tuple[int, dict[str, Any]]]:
    """Return (index, object) for the objects in the list at `key`."""
    found = value.get(key) if isinstance(value, dict) else None
    if not isinstance(found, list):
        return []
    return [(index, item) for index, item in enumerate(found) if isinstance(item, dict)]


def _has(owner: dict[str, Any], key: str) -> bool:
    # null stands for a key that is left out
    return owner.get(key) is not None


def _number(value: Any) -> Decimal | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    if isinstance(value, str) and _DECIMAL.fullmatch(value):
        return Decimal(value)
    return None


def _duplicates(owner: Any, key: str, id_key: str, what: str, pointer: str) -> Iterator[Problem]:
    seen: dict[str, int] = {}
    for index, item in _members(owner, key):
        name = item.get(id_key)
        if not isinstance(name, str):
            continue
        if name in seen:
            first = join_pointer([key, seen[name]])
            yield Problem(
                "duplicate-id",
                f"{what} `{found_text(name)}` stands twice; the first is at `{pointer}{first}`",
                f"{pointer}{join_pointer([key, index, id_key])}",
                found=found_text(name),
                remedy="rename one of the two, or remove it",
            )
        seen.setdefault(name, index)


def _range(owner: dict[str, Any], pointer: str) -> Iterator[Problem]:
    low, high = _number(owner.get("minimum")), _number(owner.get("maximum"))
    if low is not None and high is not None and low > high:
        yield Problem(
            "inconsistent-range",
            f"the minimum {low} lies above the maximum {high}",
            f"{pointer}/minimum",
            found=str(low),
        )


def _ascending(owner: Any, key: str, by: str, pointer: str) -> Iterator[Problem]:
    entries = [(index, item[by]) for index, item in _members(owner, key) if type(item.get(by)) in (int, str)]
    for (_, before), (index, current) in pairwise(entries):
        if type(before) is type(current) and current <= before:
            yield Problem(
                "wrong-order",
                f"`{by}` {found_text(current)} does not come after {found_text(before)}",
                f"{pointer}{join_pointer([key, index, by])}",
                found=found_text(current),
                remedy=f"order the entries by `{by}`, each value once",
            )


def _one_of_two(owner: dict[str, Any], one: str, other: str, pointer: str) -> Iterator[Problem]:
    if one in owner and _has(owner, other):
        yield Problem(
            "unexpected-key",
            f"either `{one}` or `{other}` is allowed, not both",
            f"{pointer}/{other}",
            found=other,
            remedy="keep one of the two",
        )
    elif one not in owner and not _has(owner, other):
        yield Problem(
            "missing-key",
            f"one of the keys `{one}` and `{other}` is missing",
            f"{pointer}/{one}",
            allowed=(one, other),
        )


def _unexpected(pointer: str, key: str, why: str) -> Problem:
    return Problem(
        "unexpected-key", f"the key `{key}` does not belong here: {why}", f"{pointer}/{key}", found=key
    )


def _missing(pointer: str, key: str, why: str, allowed: tuple[str, ...] = ()) -> Problem:
    return Problem("missing-key", f"the key `{key}` is missing: {why}", f"{pointer}/{key}", allowed=allowed)


def _scorecard(card: dict[str, Any], pointer: str) -> Iterator[Problem]:
    yield from _duplicates(card, "rows", "id", "the row", pointer)
    yield from _duplicates(card, "groups", "id", "the group", pointer)
    yield from _range(card, pointer)
    groups = []
    for index, group in _members(card, "groups"):
        yield from _range(group, f"{pointer}/groups/{index}")
        if isinstance(group.get("id"), str):
            groups.append(group["id"])
    for index, row in _members(card, "rows"):
        place = f"{pointer}/rows/{index}"
        name = row.get("group")
        if isinstance(name, str) and name not in groups:
            yield Problem(
                "unknown-group",
                f"there is no group `{found_text(name)}` in this scorecard",
                f"{place}/group",
                found=found_text(name),
                allowed=tuple(groups),
                nearest=nearest_name(name, groups),
            )
        decay = row.get("decay")
        if isinstance(decay, dict):
            yield from _ascending(decay, "steps", "after_days", f"{place}/decay")


def _table(table: dict[str, Any], pointer: str) -> Iterator[Problem]:
    yield from _duplicates(table, "rows", "id", "the row", pointer)
    collects = table.get("hit_policy") == "collect"
    aggregate = table.get("aggregate") if collects else None
    if collects and not _has(table, "aggregate"):
        why = "the hit policy `collect` needs one"
        yield _missing(pointer, "aggregate", why, ("sum", "min", "max", "count"))
    if not collects and _has(table, "aggregate"):
        yield _unexpected(pointer, "aggregate", "only the hit policy `collect` has one")
    if aggregate in ("sum", "count"):
        if _has(table, "otherwise"):
            yield _unexpected(pointer, "otherwise", f"where nothing is collected the {aggregate} is 0")
    elif not _has(table, "otherwise") and "hit_policy" in table and (aggregate is not None or not collects):
        yield Problem(
            "missing-key",
            "the key `otherwise` is missing: a table says what holds where no row matches",
            f"{pointer}/otherwise",
            remedy='add "otherwise": {"then": …}, or "otherwise": "undetermined"',
        )
    for index, row in _members(table, "rows"):
        place = f"{pointer}/rows/{index}"
        if not _has(row, "cells") and not _has(row, "when"):
            yield Problem(
                "missing-key",
                "a row of a table needs `cells` or `when`",
                f"{place}/cells",
                allowed=("cells", "when"),
                remedy="add a condition; what holds where no row matches stands in `otherwise`",
            )
        if aggregate == "count" and _has(row, "then"):
            yield _unexpected(place, "then", "under `count` rows are counted and have no output")
        elif aggregate != "count" and not _has(row, "then"):
            yield _missing(place, "then", "a row of a table has an output")


def _decision(decision: dict[str, Any], pointer: str) -> Iterator[Problem]:
    kind = decision.get("kind")
    if kind == "scorecard":
        yield from _scorecard(decision, pointer)
    elif kind == "table":
        yield from _table(decision, pointer)
    elif kind == "reward":
        yield from _duplicates(decision, "caps", "id", "the cap", pointer)
        yield from _benefit(decision, pointer)
    yield from _points_within(decision, pointer)


def _gives_points(decision: dict[str, Any]) -> bool:
    return decision.get("kind") == "reward" and decision.get("currency") == POINTS


def _benefit(reward: dict[str, Any], pointer: str) -> Iterator[Problem]:
    benefit = reward.get("benefit")
    kind = benefit.get("kind", "money") if isinstance(benefit, dict) else "money"
    if isinstance(benefit, dict) and kind == "money" and _has(benefit, "expires_after_months"):
        yield _unexpected(f"{pointer}/benefit", "expires_after_months", "money does not expire")
    currency = reward.get("currency")
    if isinstance(currency, str) and (kind == "points") != (currency == POINTS):
        yield Problem(
            "wrong-benefit",
            f"the benefit is {found_text(kind)}, the currency `{found_text(currency)}`",
            f"{pointer}/currency",
            found=found_text(currency),
            allowed=(POINTS,) if kind == "points" else (),
            remedy='points are counted in `PTS`: write "benefit": {"kind": "points"} and "currency": "PTS"',
        )


def _points_within(decision: dict[str, Any], pointer: str) -> Iterator[Problem]:
    """Find points where none are given: outside a reward of points, and where something is converted."""
    stack: list[tuple[Any, str, bool, bool]] = [(decision, pointer, _gives_points(decision), False)]
    while stack:
        current, place, allowed, converted = stack.pop()
        if isinstance(current, list):
            stack.extend((item, f"{place}/{index}", allowed, converted) for index, item in enumerate(current))
        elif isinstance(current, dict):
            money = current.get("money")
            if not allowed and isinstance(money, list) and POINTS in money:
                yield _points_elsewhere(f"{place}/money")
            elif converted and current.get("currency") == POINTS:
                yield _points_elsewhere(f"{place}/currency")
            else:
                for key, item in current.items():
                    below = f"{place}{join_pointer([key])}"
                    # no rate leads to points or from them
                    inside = converted or key == "convert"
                    stack.append((item, below, allowed and not inside, inside))


def _points_elsewhere(pointer: str) -> Problem:
    return Problem(
        "points-elsewhere",
        f"`{POINTS}` are points, which only a reward of points counts, and which are not converted",
        pointer,
        found=POINTS,
        remedy="write an amount of money, or a number",
    )


def _repeated(owner: Any, key: str, pointer: str) -> Iterator[Problem]:
    listed = owner.get(key)
    seen: set[str] = set()
    for index, item in enumerate(listed if isinstance(listed, list) else ()):
        if isinstance(item, str) and item in seen:
            place = f"{pointer}/{key}/{index}"
            yield Problem(
                "duplicate-id",
                f"`{found_text(item)}` stands twice",
                place,
                found=found_text(item),
                remedy="remove one of the two",
            )
        elif isinstance(item, str):
            seen.add(item)


def _attribution(part: dict[str, Any], pointer: str) -> Iterator[Problem]:
    for key in ("by", "holds"):
        yield from _repeated(part, key, pointer)
    by, holds = part.get("by"), part.get("holds")
    reads_url = isinstance(by, list) and "url" in by
    if reads_url and not _has(part, "url_parameter"):
        why = "`url` is in `by`, and the code in an address stands in a parameter"
        yield _missing(pointer, "url_parameter", why)
    if not reads_url and isinstance(by, list) and _has(part, "url_parameter"):
        yield _unexpected(pointer, "url_parameter", "`url` is not in `by`")
    if isinstance(holds, list) and "late_code" in holds and not _has(part, "late_code_days"):
        yield _missing(pointer, "late_code_days", "`late_code` is in `holds`")


def _paying(value: dict[str, Any]) -> Iterator[Problem]:
    """Check the parts that the ledger alone reads."""
    attribution = value.get("attribution")
    if isinstance(attribution, dict):
        yield from _attribution(attribution, "/attribution")
    decisions = value.get("decisions")
    if isinstance(decisions, list) and not any(
        decision.get("kind") == "reward" for _, decision in _members(value, "decisions")
    ):
        for key in PAYING:
            if _has(value, key):
                yield _unexpected("", key, "the ruleset has no reward")


def _effective(value: dict[str, Any], pointer: str = "") -> Iterator[Problem]:
    effective = value.get("effective")
    if not isinstance(effective, dict):
        return
    first, last = effective.get("from"), effective.get("to")
    if isinstance(first, str) and isinstance(last, str) and last <= first:
        yield Problem(
            "inconsistent-range",
            f"`to` {found_text(last)} does not come after `from` {found_text(first)}",
            f"{pointer}/effective/to",
            found=found_text(last),
            remedy="`to` is the first day no longer in force",
        )


def _parameters(value: dict[str, Any]) -> Iterator[Problem]:
    parameters = value.get("parameters")
    for name, parameter in parameters.items() if isinstance(parameters, dict) else ():
        if isinstance(parameter, dict):
            pointer = join_pointer(["parameters", name])
            yield from _one_of_two(parameter, "value", "dated", pointer)
            yield from _ascending(parameter, "dated", "from", pointer)


def ruleset_problems(value: Any) -> list[Problem]:
    """Return what does not agree in a ruleset's JSON."""
    if not isinstance(value, dict):
        return []
    problems = [*_effective(value), *_parameters(value)]
    problems.extend(_duplicates(value, "decisions", "name", "the decision", ""))
    for index, decision in _members(value, "decisions"):
        problems.extend(_decision(decision, f"/decisions/{index}"))
    problems.extend(_paying(value))
    return problems


def rates_problems(value: Any) -> list[Problem]:
    """Return what does not agree in the JSON of a rates document."""
    problems = []
    seen: set[tuple[str, str, str]] = set()
    for index, rate in _members(value, "rates"):
        key = (str(rate.get("from")), str(rate.get("to")), str(rate.get("on")))
        pointer = f"/rates/{index}"
        if key in seen:
            message = f"the rate from `{key[0]}` to `{key[1]}` on {key[2]} stands twice"
            problems.append(Problem("duplicate-id", message, f"{pointer}/on", found=key[2]))
        seen.add(key)
        if key[0] == key[1] and isinstance(rate.get("from"), str):
            message = f"a rate from `{key[0]}` to itself has no use"
            problems.append(Problem("invalid-value", message, f"{pointer}/to", found=key[1]))
        number = _number(rate.get("rate"))
        if number is not None and number <= 0:
            message = f"the rate {number} is not above 0"
            problems.append(Problem("invalid-value", message, f"{pointer}/rate", found=str(number)))
    return problems


def scenarios_problems(value: Any) -> list[Problem]:
    """Return what does not agree in the JSON of a scenarios document."""
    return list(_duplicates(value, "scenarios", "name", "the scenario", ""))


def overlay_problems(value: Any) -> list[Problem]:
    """Return what does not agree in the JSON of an overlay."""
    return list(_effective(value)) if isinstance(value, dict) else []


def policy_pack_problems(value: Any) -> list[Problem]:
    """Return what does not agree in the JSON of a policy pack."""
    if not isinstance(value, dict):
        return []
    problems = [*_parameters(value), *_duplicates(value, "obligations", "id", "the obligation", "")]
    for index, obligation in _members(value, "obligations"):
        pointer = f"/obligations/{index}"
        problems.extend(_effective(obligation, pointer))
        problems.extend(_duplicates(obligation, "evidence", "id", "the item", pointer))
        if not any(_has(obligation, key) and obligation[key] != [] for key in _ASKED):
            problems.append(
                Problem(
                    "missing-key",
                    "an obligation asks for a property, a guard or evidence",
                    f"{pointer}/property",
                    allowed=_ASKED,
                    remedy="add at least one of the three",
                )
            )
        asked = obligation.get("property")
        if isinstance(asked, dict) and asked.get("kind") == "bounded":
            problems.extend(_range(asked, f"{pointer}/property"))
            if not _has(asked, "minimum") and not _has(asked, "maximum"):
                why = "a result is bounded by one at least"
                problems.append(_missing(f"{pointer}/property", "maximum", why, ("minimum", "maximum")))
    return problems
