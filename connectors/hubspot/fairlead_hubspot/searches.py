"""Reading through the search: keyset by id, so that no ceiling and no equal stamp matters.

A page is the records whose id is above the last one's, in the order of ids: the ceiling of 10,000 results of
one query is never met, however many records share a stamp. Several stretches of ids are read side by side;
pages at an offset mark where they begin, and are themselves part of what is read, so that no call is spent
on finding the marks. What the offset pages might pass over is read by id in between.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from fairlead_hubspot.client import SEARCH_PAGE, HubSpotClient, results_of
from fairlead_hubspot.cursors import Lane

__all__ = ["Found", "Search", "search_pages"]

#: stretches read side by side: enough to use five searches a second where each takes one
_LANES = 5
_CEILING = 10_000


@dataclass(frozen=True, slots=True)
class Search:
    """What is searched: an object type, properties, and filters besides those on the id."""

    object: str
    properties: tuple[str, ...]
    filters: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """A page of results, and the stretches that are to be read after it."""

    rows: list[dict[str, Any]]
    lanes: tuple[Lane, ...]


_Answer = tuple[list[dict[str, Any]], int]


def search_pages(client: HubSpotClient, search: Search, lanes: Sequence[Lane]) -> Iterator[Found]:
    """Yield what the stretches hold; the last page leaves none.

    One round of calls is under way while the one before it is worked on.
    """
    pool = ThreadPoolExecutor(max_workers=_LANES, thread_name_prefix="hubspot-search")
    try:
        following = _submit(pool, client, search, tuple(lanes))
        while following:
            found = _collect(following, tuple(lanes))
            lanes = found[-1].lanes
            following = _submit(pool, client, search, tuple(lanes)) if lanes else []
            yield from found
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _submit(
    pool: ThreadPoolExecutor, client: HubSpotClient, search: Search, lanes: tuple[Lane, ...]
) -> list[Future[_Answer]]:
    """Ask for the next page of each stretch, or for marks along the only one."""
    if len(lanes) == 1:
        return [pool.submit(_page, client, search, lanes[0], offset) for offset in _offsets(lanes[0])]
    return [pool.submit(_page, client, search, lane, 0) for lane in lanes]


def _offsets(lane: Lane) -> list[int]:
    """Return where along a stretch pages are read at once: at least two pages lie between two marks."""
    pages = -(-min(lane.left or 0, _CEILING) // SEARCH_PAGE)
    parts = min(_LANES, pages // 2)
    if parts < 2:
        return [0]
    apart = -(-pages // parts)
    return [part * apart * SEARCH_PAGE for part in range(parts) if part * apart < pages]


def _collect(following: list[Future[_Answer]], lanes: tuple[Lane, ...]) -> list[Found]:
    answers = [each.result() for each in following]
    if len(lanes) == 1 and len(answers) > 1:
        return _marked(answers, lanes[0])
    found = []
    left = list(lanes)
    for lane, (rows, total) in zip(lanes, answers, strict=True):
        place = left.index(lane)
        rest = _rest(lane, rows, total)
        left[place : place + 1] = [] if rest is None else [rest]
        found.append(Found(rows, tuple(left)))
    return found


def _marked(answers: list[_Answer], lane: Lane) -> list[Found]:
    """Cut a stretch at the pages that were read along it."""
    found: list[Found] = []
    done: list[Lane] = []
    marks = [answer for answer in answers if answer[0]]
    for place, (rows, total) in enumerate(marks):
        last = _id(rows[-1])
        if place + 1 < len(marks):
            done.append(Lane(last, _id(marks[place + 1][0][0])))
            left = (*done[:-1], Lane(last, lane.end))
        else:
            rest = _rest(lane, rows, total)
            left = (*done, *(() if rest is None else (rest,)))
        found.append(Found(rows, left))
    if not found:
        return [Found([], ())]
    return found


def _rest(lane: Lane, rows: list[dict[str, Any]], total: int) -> Lane | None:
    """Return what is left of a stretch after a page of it."""
    if total <= len(rows) or not rows:
        return None
    return Lane(_id(rows[-1]), lane.end, total - len(rows))


def _page(client: HubSpotClient, search: Search, lane: Lane, offset: int) -> _Answer:
    filters = [*search.filters, {"propertyName": "hs_object_id", "operator": "GT", "value": str(lane.after)}]
    if lane.end is not None:
        filters.append({"propertyName": "hs_object_id", "operator": "LT", "value": str(lane.end)})
    body: dict[str, Any] = {
        "filterGroups": [{"filters": filters}],
        "sorts": [{"propertyName": "hs_object_id", "direction": "ASCENDING"}],
        "properties": list(search.properties),
        "limit": SEARCH_PAGE,
    }
    if offset:
        body["after"] = str(offset)
    answer = client.send("search", "POST", client.paths.objects(search.object, "/search"), body)
    rows = results_of(answer)
    return rows, int(answer.get("total", 0)) - offset


def _id(row: Mapping[str, Any]) -> int:
    return int(row["id"])
