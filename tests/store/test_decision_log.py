"""The decision log: appended, chained, anchored, and readable while the person's key exists."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from tests.store.samples import AT, HOUR, MODEL, RULESET, contact, decided, unguard

from fairlead.problems import StoreError, UsageError
from fairlead.store import RunState, Store

ZEROS = "sha256:" + "0" * 64


def append(store: Store, *ids: str) -> None:
    with store.transaction() as tx:
        tx.log.append([decided(id_) for id_ in ids], run=None, at=AT)


def lines(anchor: Path) -> list[tuple[int, str]]:
    return [(line["count"], line["hash"]) for line in map(json.loads, anchor.read_text().splitlines())]


def test_an_entry_is_read_as_it_was_appended(store: Store) -> None:
    with store.transaction() as tx:
        run = tx.runs.start("sync", at=AT)
        head = tx.log.append([decided("1", inputs={"lead.name": "Ana"}), decided("2")], run=run, at=AT)
        entry = tx.log.entry(1)
    assert (entry.seq, entry.at, entry.run, entry.entity, entry.id) == (1, AT, run, "lead", "1")
    assert (entry.ruleset, entry.model, entry.semantics, entry.approval) == (
        RULESET,
        MODEL,
        "1",
        "unapproved",
    )
    assert entry.inputs == {"lead.name": "Ana"}
    assert entry.decisions == {"lead.score": 40, "lead.band": "warm"}
    assert entry.reasons == ("direct_channel",)
    assert (entry.erased, entry.note, entry.previous) == (False, None, ZEROS)
    assert head.count == 2


def test_each_entry_names_the_hash_of_the_one_before(store: Store) -> None:
    append(store, "1", "2")
    append(store, "1")
    with store.reading() as tx:
        first, second, third = tx.log.entries()
        assert (second.previous, third.previous) == (first.hash, second.hash)
        assert tx.log.head().hash == third.hash
        assert [entry.seq for entry in tx.log.entries(entity="lead", id_="1")] == [1, 3]
        assert list(tx.log.entries(entity="partner")) == []


def test_the_hash_covers_what_the_documentation_says(store: Store) -> None:
    append(store, "1")
    with store._engine.connect() as connection:
        row = connection.execute(text("SELECT * FROM decision_log")).mappings().one()
    program = (
        "import hashlib, json, sys; e = json.load(sys.stdin); "
        "print('sha256:' + hashlib.sha256("
        "json.dumps(e, sort_keys=True, separators=(',', ':')).encode()).hexdigest())"
    )
    members = {name: row[name] for name in row if name not in ("hash", "sealed", "at")}
    members["at"] = "2026-11-21T09:30:00.000000+00:00"
    sealed = subprocess.run(["sha256sum"], input=bytes(row["sealed"]), capture_output=True, check=True)
    members["sealed"] = "sha256:" + sealed.stdout[:64].decode()
    run = subprocess.run(
        [sys.executable, "-c", program], input=json.dumps(members), capture_output=True, text=True, check=True
    )
    assert row["hash"] == run.stdout.strip()


def test_nothing_personal_stands_in_clear(store: Store) -> None:
    with store.transaction() as tx:
        tx.log.append([decided("1", inputs={"lead.name": "Ana Quintero"})], run=None, at=AT)
    with store._engine.connect() as connection:
        row = connection.execute(text("SELECT * FROM decision_log")).one()
    stored = " ".join(str(bytes(part) if isinstance(part, memoryview) else part) for part in row)

    assert row.decisions == '{"lead.band":"warm"}'
    for personal in ("Quintero", "direct_channel", "lead.score"):
        assert personal not in stored


def test_the_same_inputs_are_never_sealed_alike(store: Store) -> None:
    append(store, "1", "1")
    with store._engine.connect() as connection:
        first, second = connection.execute(text("SELECT sealed FROM decision_log")).scalars()
    assert bytes(first) != bytes(second)


def test_the_log_refuses_to_be_changed(store: Store) -> None:
    append(store, "1")
    statements = ["UPDATE decision_log SET approval = 'x'", "DELETE FROM decision_log"]
    if store._engine.dialect.name == "postgresql":
        statements.append("TRUNCATE decision_log")
    for statement in statements:
        with pytest.raises(DBAPIError, match="append-only"), store._engine.begin() as connection:
            connection.execute(text(statement))


def test_a_missing_entry_is_named(store: Store) -> None:
    with pytest.raises(UsageError) as error, store.reading() as tx:
        tx.log.entry(7)
    assert [problem.code for problem in error.value.problems] == ["unknown-entry"]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE decision_log SET sealed = (SELECT sealed FROM decision_log WHERE seq = 2) WHERE seq = 1",
        "UPDATE person_keys SET key = NULL, key_id = 'k'",
    ],
    ids=["another entry's content", "another key"],
)
def test_a_damaged_entry_is_refused(store: Store, change: str) -> None:
    append(store, "1", "1")
    unguard(store, "decision_log")
    with store._engine.connect() as connection:
        if store._engine.dialect.name == "sqlite":
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
            connection.exec_driver_sql("BEGIN")
        else:
            connection.execute(text("SET session_replication_role = replica"))
        connection.execute(text(change))
        connection.commit()
        connection.invalidate()
    with pytest.raises(StoreError) as error, store.reading() as tx:
        tx.log.entry(1)
    [problem] = error.value.problems
    assert (problem.code, problem.found) == ("log-damaged", "entry 1")


def test_the_end_of_a_run_is_anchored(store: Store, anchor: Path) -> None:
    append(store, "1", "2")
    assert lines(anchor) == [(0, ZEROS)]
    with store.transaction() as tx:
        run = tx.runs.start("sync", at=AT)
        tx.runs.end(run, RunState.DONE, {}, at=AT)
    with store.reading() as tx:
        assert lines(anchor) == [(0, ZEROS), (2, tx.log.head().hash)]


def test_every_ten_entries_are_anchored_where_ten_are_asked_for(store: Store, anchor: Path) -> None:
    for number in range(25):
        append(store, str(number))
    assert [count for count, _ in lines(anchor)] == [0, 10, 20]


def test_closing_anchors_the_rest(open_store: Callable[[], Store], anchor: Path) -> None:
    store = open_store()
    append(store, "1", "2", "3")
    store.close()
    assert [count for count, _ in lines(anchor)] == [0, 3]
    open_store().close()
    assert [count for count, _ in lines(anchor)] == [0, 3]


def test_a_transaction_that_fails_anchors_nothing(store: Store, anchor: Path) -> None:
    def fail() -> None:
        with store.transaction() as tx:
            tx.log.append([decided(str(number)) for number in range(20)], run=None, at=AT)
            tx.runs.get(99)

    with pytest.raises(UsageError):
        fail()
    assert lines(anchor) == [(0, ZEROS)]
    assert store.verify().head.count == 0


def test_an_anchor_that_cannot_be_written_leaves_the_commit(store: Store, anchor: Path) -> None:
    anchor.unlink()
    anchor.mkdir()
    with pytest.raises(StoreError) as error:
        append(store, *map(str, range(10)))
    [problem] = error.value.problems
    assert (problem.code, problem.file) == ("anchor-failed", str(anchor))
    with store.reading() as tx:
        assert tx.log.head().count == 10


def test_two_writers_make_one_chain(open_store: Callable[[], Store], url: str) -> None:
    from concurrent.futures import ThreadPoolExecutor

    stores = [open_store(), open_store()]

    def write(number: int) -> None:
        append(stores[number % 2], str(number))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(40)))
    verification = stores[0].verify()
    assert (verification.head.count, verification.findings) == (40, ())


def test_an_entry_about_a_forgotten_person_is_refused_before_anything_is_appended(store: Store) -> None:
    append(store, "1")
    store.forget(contact("1"), at=AT + HOUR)
    with pytest.raises(UsageError) as error:
        append(store, "2", "1")
    assert [problem.code for problem in error.value.problems] == ["person-forgotten"]
    assert store.verify().head.count == 1


def test_a_long_log_is_read_in_order(store: Store) -> None:
    with store.transaction() as tx:
        tx.log.append(
            [replace(decided("1"), inputs={"number": number}) for number in range(1, 1300)], run=None, at=AT
        )
        assert [entry.inputs for entry in tx.log.entries()] == [{"number": n} for n in range(1, 1300)]
