"""Cursors, due records, runs, and the archive of documents."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from tests.store.samples import AT, HOUR, unguard

from fairlead.problems import StoreError, UsageError
from fairlead.store import CHANGES, DELETIONS, Due, RunState, Store

#: `printf '{"a":1,"b":[true,"x"]}' | sha256sum`
DOCUMENT = {"b": [True, "x"], "a": 1}
DIGEST = "sha256:63e8063d9dc6f0fd5a24b4706818a165fd57c3531b74466cf5dea62bff09b0b6"


def test_a_cursor_is_kept_per_object_and_kind(store: Store) -> None:
    with store.transaction() as tx:
        assert tx.cursors.get("contacts", CHANGES) is None
        tx.cursors.set("contacts", CHANGES, "one", at=AT)
        tx.cursors.set("contacts", CHANGES, "two", at=AT)
        tx.cursors.set("contacts", DELETIONS, "three", at=AT)
    with store.transaction() as tx:
        assert tx.cursors.get("contacts", CHANGES) == "two"
        assert tx.cursors.get("contacts", DELETIONS) == "three"
        assert tx.cursors.get("companies", CHANGES) is None
        tx.cursors.clear("contacts", CHANGES)
        assert tx.cursors.get("contacts", CHANGES) is None


def test_the_last_full_reconciliation_is_remembered(store: Store) -> None:
    with store.transaction() as tx:
        assert tx.cursors.reconciled("contacts") is None
        tx.cursors.set_reconciled("contacts", at=AT)
        assert tx.cursors.reconciled("contacts") == AT


def test_due_records_come_in_pages_earliest_first(store: Store) -> None:
    with store.transaction() as tx:
        tx.due.set([Due("lead", "2", AT), Due("lead", "1", AT), Due("lead", "3", AT - HOUR)])
        tx.due.set([Due("partner", "9", AT + HOUR), Due("lead", "4", AT - HOUR), Due("lead", "4", AT)])
        pages = list(tx.due.before(AT, page=2))
    assert pages == [
        [Due("lead", "3", AT - HOUR), Due("lead", "1", AT)],
        [Due("lead", "2", AT), Due("lead", "4", AT)],
    ]


def test_a_page_of_due_records_can_be_cleared_before_the_next_is_read(store: Store) -> None:
    with store.transaction() as tx:
        tx.due.set([Due("lead", str(number), AT) for number in range(5)])
        seen = []
        for page in tx.due.before(AT, page=2):
            seen += [due.id for due in page]
            tx.due.clear("lead", [due.id for due in page])
        assert seen == ["0", "1", "2", "3", "4"]
        assert list(tx.due.before(AT)) == []


def test_a_run_ends_with_its_report(store: Store) -> None:
    with store.transaction() as tx:
        run = tx.runs.start("sync", at=AT)
        assert tx.runs.get(run).state is RunState.RUNNING
        tx.runs.end(run, RunState.DONE, {"read": 3}, at=AT + HOUR)
        ended = tx.runs.get(run)
        assert (ended.kind, ended.started, ended.ended) == ("sync", AT, AT + HOUR)
        assert (ended.state, ended.report) == (RunState.DONE, {"read": 3})
        with pytest.raises(UsageError, match="is not running"):
            tx.runs.end(run, RunState.DONE, {}, at=AT)
        with pytest.raises(UsageError, match="there is no run 99"):
            tx.runs.get(99)


def test_a_run_that_was_cut_short_is_failed_by_the_next(store: Store) -> None:
    with store.transaction() as tx:
        run = tx.runs.start("sync", at=AT)
    with store.transaction() as tx:
        assert tx.runs.fail_abandoned(at=AT + HOUR) == [run]
        assert tx.runs.fail_abandoned(at=AT + HOUR) == []
        assert [entry.state for entry in tx.runs.latest()] == [RunState.FAILED]


def test_calls_of_the_last_24_hours_are_added_up(store: Store) -> None:
    with store.transaction() as tx:
        assert tx.runs.used_today(AT) == 0
        first = tx.runs.start("sync", at=AT)
        tx.runs.add_calls(first, 30, at=AT)
        tx.runs.add_calls(first, 20, at=AT + HOUR)
        second = tx.runs.start("sync", at=AT + HOUR)
        tx.runs.add_calls(second, 7, at=AT + 2 * HOUR)
        assert tx.runs.used_today(AT + 2 * HOUR) == 57
        # the first run called last 24 hours and a half ago, the second less than that
        assert tx.runs.used_today(AT + HOUR + timedelta(hours=24, minutes=30)) == 7
        assert tx.runs.used_today(AT + 26 * HOUR) == 0


def test_a_document_is_archived_once_by_the_digest_of_its_canonical_form(store: Store) -> None:
    with store.transaction() as tx:
        digest = tx.archive.put(DOCUMENT, at=AT)
        assert tx.archive.put({"a": 1, "b": [True, "x"]}, at=AT + HOUR) == digest
        assert digest == DIGEST
        assert tx.archive.get(digest) == {"a": 1, "b": [True, "x"]}
        assert list(tx.archive.digests()) == [digest]
        with pytest.raises(UsageError, match="no document of this digest"):
            tx.archive.get("sha256:0")


def test_the_archive_refuses_to_be_changed(store: Store) -> None:
    with store.transaction() as tx:
        tx.archive.put(DOCUMENT, at=AT)
    for statement in ("UPDATE archive SET at = 0", "DELETE FROM archive"):
        with pytest.raises(DBAPIError, match="append-only"), store._engine.begin() as connection:
            connection.execute(text(statement))


def test_a_document_that_was_changed_in_the_archive_is_refused(store: Store) -> None:
    with store.transaction() as tx:
        digest = tx.archive.put(DOCUMENT, at=AT)
    unguard(store, "archive")
    with store._engine.begin() as connection:
        connection.execute(text("UPDATE archive SET document = :other"), {"other": b'{"a":2}'})
    with pytest.raises(StoreError) as error, store.reading() as tx:
        tx.archive.get(digest)
    [problem] = error.value.problems
    assert (problem.code, problem.allowed) == ("archive-damaged", (DIGEST,))
