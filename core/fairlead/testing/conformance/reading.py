"""Reading through a connector with everything that the contract asks of a page checked on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

import pytest

from fairlead.plugins.connector import Connector
from fairlead.plugins.records import Deletion, DeletionPage, Page, ReadQuery, Record, Scalar

__all__ = ["Deletions", "Reading", "difference", "expect", "read_deletions", "read_through", "word"]

#: pages in a row that bring nothing new: more than any overlap, a reader goes round in circles
_MOST_REPEATED = 50
#: more than any case has
_MOST_DELETION_PAGES = 100
_LONGEST_CURSOR = 4_000
_WORDS: Mapping[type, str] = {
    bool: "true or false",
    int: "a whole number",
    Decimal: "a decimal",
    str: "a text",
    datetime: "a date-time",
    date: "a date",
    tuple: "a list of options",
    type(None): "empty",
}


def expect(condition: bool, text: str) -> None:
    """Fail the test with a text for the connector's author unless the condition holds."""
    __tracebackhide__ = True
    if not condition:
        pytest.fail(text)


@dataclass(frozen=True, slots=True)
class Reading:
    """What one pass of `read_changes` gave."""

    pages: tuple[Page, ...]

    @property
    def records(self) -> tuple[Record, ...]:
        """Every record, as often as it came."""
        return tuple(record for page in self.pages for record in page.records)

    @property
    def latest(self) -> dict[str, Record]:
        """The last version of each record, by id."""
        return {record.id: record for record in self.records}

    @property
    def versions(self) -> set[tuple[str, datetime]]:
        """Which version of which record came."""
        return {(record.id, record.modified_at) for record in self.records}

    @property
    def cursor(self) -> str:
        """Where the next run goes on."""
        return self.pages[-1].cursor


def read_through(
    connector: Connector,
    query: ReadQuery,
    cursor: str | None = None,
    since: datetime | None = None,
    *,
    after_first: Callable[[Page], None] | None = None,
) -> Reading:
    """Read to the end and check each page; `after_first` is called before the second page is asked for."""
    __tracebackhide__ = True
    pages: list[Page] = []
    seen: set[tuple[str, datetime]] = set()
    repeated = 0
    for page in connector.read_changes(query, cursor, since):
        expect(not pages or not pages[-1].last, "a page came after the one that says it is the `last`")
        _check(page.cursor)
        for record in page.records:
            _check_record(record, query)
        pages.append(page)
        if len(pages) == 1 and after_first is not None:
            after_first(page)
        versions = {(record.id, record.modified_at) for record in page.records}
        repeated = repeated + 1 if versions and versions <= seen else 0
        seen |= versions
        expect(
            repeated < _MOST_REPEATED,
            f"{_MOST_REPEATED} pages in a row brought only what had come before: does reading stand still "
            "where many records share one modification stamp?",
        )
    expect(
        bool(pages),
        "`read_changes` gave no page: also without any change there is a last page, because its cursor is "
        "where the next run goes on",
    )
    expect(pages[-1].last, "the last page that came does not say that it is the `last`")
    return Reading(tuple(pages))


@dataclass(frozen=True, slots=True)
class Deletions:
    """What one pass of `read_deletions` gave."""

    pages: tuple[DeletionPage, ...]

    @property
    def by_id(self) -> dict[str, Deletion]:
        """The deletions by the id of the record that is gone."""
        return {each.id: each for page in self.pages for each in page.deletions}

    @property
    def cursor(self) -> str:
        """Where the next run goes on."""
        return self.pages[-1].cursor


def read_deletions(connector: Connector, object_: str, cursor: str | None = None) -> Deletions:
    """Read the deletions to the end and check each page."""
    __tracebackhide__ = True
    pages: list[DeletionPage] = []
    for page in connector.read_deletions(object_, cursor):
        expect(not pages or not pages[-1].last, "a page came after the one that says it is the `last`")
        _check(page.cursor)
        for each in page.deletions:
            expect(
                each.object == object_, f"a deletion in `{each.object}` came where `{object_}` was asked for"
            )
        pages.append(page)
        expect(len(pages) < _MOST_DELETION_PAGES, f"{_MOST_DELETION_PAGES} pages of deletions and no end")
    expect(bool(pages), "`read_deletions` gave no page: also without deletions there is a last page")
    expect(pages[-1].last, "the last page of deletions that came does not say that it is the `last`")
    return Deletions(tuple(pages))


def difference(found: Mapping[str, Record], truth: Mapping[str, Record], *, only: Iterable[str] = ()) -> str:
    """Return in words how records as read differ from the sandbox's; empty where they do not.

    `only` names the ids to compare; without it both sides are to have the same ids.
    """
    chosen = set(only) or set(found) | set(truth)
    lines: list[str] = []
    for id_ in sorted(chosen):
        if id_ not in found:
            lines.append(f"record {id_} was not read")
        elif id_ not in truth:
            lines.append(f"record {id_} was read, but the sandbox does not have it")
        else:
            lines.extend(f"record {id_}: {text}" for text in _differences(found[id_], truth[id_]))
    more = len(lines) - 8
    return "\n".join(lines[:8] + ([f"and {more:,} more"] if more > 0 else []))


def word(value: Scalar) -> str:
    """Return a value with its kind, as a failure text shows it."""
    return "empty" if value is None else f"{_WORDS[type(value)]} {value!r}"


def _differences(found: Record, truth: Record) -> Iterable[str]:
    if found.problem is not None:
        yield f"came with the problem `{found.problem}`"
        return
    for name, value in truth.values.items():
        other = found.values.get(name)
        if type(other) is not type(value) or other != value:
            yield f"field `{name}` was read as {word(other)}; the sandbox holds {word(value)}"
    for name, ids in truth.links.items():
        if set(found.links.get(name, ())) != set(ids):
            yield f"link `{name}` was read as {found.links.get(name, ())}; the sandbox holds {ids}"
    if abs((found.modified_at - truth.modified_at).total_seconds()) >= 1:
        yield f"was changed at {truth.modified_at.isoformat()}, not at {found.modified_at.isoformat()}"


def _check(cursor: str) -> None:
    __tracebackhide__ = True
    expect(cursor != "", "a page's cursor is to be a text that is not empty")
    expect(
        len(cursor) <= _LONGEST_CURSOR,
        f"a cursor of {len(cursor):,} characters; at most {_LONGEST_CURSOR:,} are kept",
    )


def _check_record(record: Record, query: ReadQuery) -> None:
    __tracebackhide__ = True
    expect(
        record.object == query.object,
        f"a record of `{record.object}` came where `{query.object}` was asked for",
    )
    expect(record.modified_at.tzinfo is not None, f"the modification stamp of record {record.id} has no zone")
    if record.problem is not None:
        return
    missing = sorted(set(query.fields) - set(record.values))
    expect(
        not missing,
        f"record {record.id} has no key for {', '.join(f'`{name}`' for name in missing)}: `values` has one "
        "for every field asked for, None where it is empty",
    )
    for name, value in record.values.items():
        # the message takes longer than the question
        if type(value) not in _WORDS:
            expect(
                False,
                f"field `{name}` of record {record.id} came as `{type(value).__name__}`, which is not one of "
                "the kinds that `Scalar` lists",
            )
        if isinstance(value, datetime):
            expect(
                value.tzinfo is not None, f"field `{name}` of record {record.id} is a date-time with no zone"
            )
